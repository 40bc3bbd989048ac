"""Letters of menus: as many entries have one as can."""

import pytest

from beatplanner.ui.desktop.window.menus import with_mnemonics


@pytest.mark.parametrize(
    ("texts", "lettered"),
    [
        (["Zoom in", "Zoom out"], ["&Zoom in", "Zoom &out"]),
        # the first makes room for the second, which has no other letter
        (["Ab", "A"], ["A&b", "&A"]),
        (["Ab", "Ba", "A"], ["&Ab", "&Ba", "A"]),
        # what has a letter keeps it, and an ampersand that is seen is none
        (["Ab", "&A && b"], ["A&b", "&A && b"]),
        (["Запад", "Запис"], ["&Запад", "З&апис"]),
    ],
)
def test_an_entry_has_no_letter_only_where_none_is_left(texts, lettered):
    assert with_mnemonics(texts) == lettered
