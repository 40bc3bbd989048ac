"""A number that is typed into a rule is kept to the digit or refused in its place, and no field moves meanwhile."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

QtCore = pytest.importorskip("PySide6.QtCore")
QtWidgets = pytest.importorskip("PySide6.QtWidgets")

from rule_host import RuleHost

from beatplanner.data.description.rules import RULES, SECTIONS
from beatplanner.planning.rule_catalog import LARGEST, kept, limits_shown
from beatplanner.ui.desktop.panels.rule_field import RuleField


def allows(model, rule, shown):
    """Tell whether a description takes a number of a rule."""
    info = model.model_fields[rule.name]
    try:
        TypeAdapter(Annotated[info.annotation, *info.metadata]).validate_python(kept(rule, shown))
    except ValidationError:
        return False
    return True


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
    for text in ("0", "1 2"):
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


@pytest.mark.parametrize("rule", [r for r in RULES if r.kind in ("share", "whole", "number")], ids=lambda r: r.key)
def test_a_field_takes_what_a_description_may_have_and_arrows_lead_through_what_is_usual(rule, qtbot):
    entry = RuleField(RuleHost(), rule)
    qtbot.addWidget(entry)
    low, high = limits_shown(rule)
    model = SECTIONS[rule.section]
    for end, beyond in ((low, low - 1), (high, high + 1)):
        entry.number.setValue(end)
        assert entry.number.value() == end and not entry.number.problem()
        assert allows(model, rule, end)
        if end != LARGEST:
            assert not allows(model, rule, beyond)
    for end, steps in ((rule.low, -1), (rule.high, 1)):
        entry.number.setValue(end)
        entry.number.stepBy(steps)
        assert entry.number.value() == end, "by the arrows no farther than is usual"


def test_a_share_smaller_than_usual_is_shown_to_the_digit_typed_and_kept(window, qtbot):
    window.actions_by_name["change_rules"].trigger()
    entry = field(window, "beats.tolerance")
    window.rule_panel.set({"beats.tolerance": 0.00055})
    assert entry.number.text() == "0.055 %" and window.rule_panel.commit() == []
    assert rules(window)["beats"]["tolerance"] == 0.00055
    type_over(entry, qtbot, "0.05")
    assert rules(window)["beats"]["tolerance"] == 0.0005 and "±0.05 %" in entry.sentence.text()
    # back by the arrows, from where nobody usually is
    entry.number.stepBy(1)
    assert entry.number.text() == "1.05 %"
    # and by the keys none that is read as another than was meant, though the description may have it
    walk = field(window, "stations.walk_minutes")
    type_over(walk, qtbot, "12,500")
    assert "“12,500” is read as 12500" in walk.wrong.text() and walk.back.isEnabled()
    walk.back.click()
    window.rule_panel.set({"stations.walk_minutes": 12500})
    assert walk.number.text() == "12,500 minutes" and not walk.number.problem() and window.rule_panel.commit() == []


def test_a_number_is_no_rule_between_two_digits_but_once_it_is_entered_or_left(window, qtbot):
    window.actions_by_name["change_rules"].trigger()
    entry, other = field(window, "officers.min_tenure_months"), field(window, "stations.walk_minutes")
    before = rules(window)["officers"].get("min_tenure_months")
    for ways, tenure in (
        (lambda: qtbot.keyClick(entry.number, QtCore.Qt.Key.Key_Tab), 12),
        (other.number.setFocus, 13),
    ):
        entry.number.setFocus()
        entry.number.selectAll()
        qtbot.keyClicks(entry.number.lineEdit(), "1")
        # however slowly: nothing waits to be taken, and what is loaded meanwhile writes nothing over it
        assert not entry.timer.isActive() and rules(window)["officers"].get("min_tenure_months") == before
        window.rule_panel.load()
        assert entry.number.text().startswith("1 ") and "1 month" in entry.sentence.text()
        qtbot.keyClicks(entry.number.lineEdit(), str(tenure % 10))
        ways()
        before = rules(window)["officers"]["min_tenure_months"]
        assert before == tenure
    # what is typed when the plan is asked for counts
    entry.number.setFocus()
    entry.number.selectAll()
    qtbot.keyClicks(entry.number.lineEdit(), "14")
    assert window.rule_panel.commit() == [] and rules(window)["officers"]["min_tenure_months"] == 14
    window.draft.undo()
    assert rules(window)["officers"]["min_tenure_months"] == 13 and entry.number.value() == 13


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
