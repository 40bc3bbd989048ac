"""A number that is typed into a rule is kept to the digit or refused in its place, and no field moves meanwhile."""

from __future__ import annotations

import pytest

QtCore = pytest.importorskip("PySide6.QtCore")
QtWidgets = pytest.importorskip("PySide6.QtWidgets")


@pytest.fixture
def window(planned_window):
    return planned_window


def field(window, key):
    return next(f for f in window.rule_panel.fields if f.rule.key == key)


def rules(window):
    return window.scenario.document.rules()


def type_over(entry, qtbot, text):
    """Type a text over a number, and leave its field."""
    entry.number.setFocus()
    entry.number.selectAll()
    qtbot.keyClicks(entry.number.lineEdit(), text)
    qtbot.keyClick(entry.number, QtCore.Qt.Key.Key_Return)


def test_a_number_is_a_rule_to_the_digit_or_is_refused_with_a_sentence(window, qtbot):
    window.actions_by_name["change_rules"].trigger()
    entry, walk = field(window, "beats.tolerance"), field(window, "stations.walk_minutes")
    type_over(entry, qtbot, "37,25")
    type_over(walk, qtbot, "12,5")
    assert window.rule_panel.commit() == []
    assert rules(window)["beats"]["tolerance"] == 0.3725 and rules(window)["stations"]["walk_minutes"] == 12.5
    assert "±37.25 %" in entry.sentence.text() and entry.number.text() == "37.25 %"
    for text in ("0,05", "1 2"):
        type_over(entry, qtbot, text)
        assert entry.number.text() == f"{text} %" and entry.wrong.isVisibleTo(entry)
        assert f"“{text}”" in entry.wrong.text() and len(window.rule_panel.commit()) == 1
        # what else is changed leaves it there, and no part of it is a rule
        type_over(walk, qtbot, "14")
        assert window.rule_panel.commit() == [f"{entry.label.text()}: {entry.wrong.text()}"]
        assert entry.number.text() == f"{text} %" and rules(window)["beats"]["tolerance"] == 0.3725
    assert not window.rules_are_taken()
    entry.back.click()
    assert entry.number.text() == "37.25 %" and not entry.wrong.isVisibleTo(entry)
    assert window.rule_panel.commit() == []


def test_no_field_moves_because_more_rules_have_changed_since_the_plan(window, qtbot):
    panel = window.rule_panel
    window.actions_by_name["change_rules"].trigger()
    entry = field(window, "beats.max_moved")

    def places():
        QtWidgets.QApplication.processEvents()
        return [f.mapTo(panel, QtCore.QPoint()).y() for f in panel.fields]

    before = places()
    for n, key in enumerate(
        ("beats.tolerance", "stations.walk_minutes", "officers.min_tenure_months", "officers.years"), 1
    ):
        panel.set({key: {"beats.tolerance": 0.4, "officers.years": 3}.get(key, 12 + n)})
        assert places() == before
    told = panel.stale.text().splitlines()
    assert len(told) == 5 and told[-1] == "And 1 more." and entry.isVisibleTo(panel)
