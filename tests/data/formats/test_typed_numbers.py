"""Numbers that somebody types are read as those of files are, by the sign of the window's language where they do not say it themselves."""

from __future__ import annotations

import pytest

from beatplanner.data.findings import amount_text
from beatplanner.data.formats.number_columns import typed_number


@pytest.mark.parametrize(
    ("text", "own", "whole", "number"),
    [
        ("1,5", ".", False, 1.5),
        ("1,5", ",", False, 1.5),
        ("1.5", ",", False, 1.5),
        ("1.234", ",", False, 1234),
        ("1.234", ".", False, 1.234),
        ("1,234", ",", False, 1.234),
        ("1,234", ".", False, 1234),
        ("1.234", ",", True, 1234),
        ("1,234", ",", True, 1234),
        ("1 000", ".", False, 1000),
        ("1\u202f000,5", ",", False, 1000.5),
        ("−3", ".", True, -3),
    ],
)
def test_a_number_is_read_by_what_it_says_and_else_by_the_language(text, own, whole, number):
    assert typed_number(text, whole=whole, own=own) == number


@pytest.mark.parametrize("text", ["", "x", "1,2,3", "5 %", "inf", "1.2.3,4,5"])
def test_what_is_no_number_is_none(text):
    assert typed_number(text, whole=False, own=",") is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (412.23, "412.2"),
        (12345.6, "12,346"),
        (17.284, "17.28"),
        (0.7251, "0.7251"),
        (0.5, "0.5"),
        (0.0, "0"),
        (100, "100"),
    ],
)
def test_an_amount_is_never_told_by_a_power_of_ten(value, text):
    assert amount_text(value) == text
