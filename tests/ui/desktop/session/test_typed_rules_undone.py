"""Rules that are typed are changes of the one draft: undone and made again among the others, by name, with a jump to their field."""

from __future__ import annotations

import os
import shutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from hand_edits import paint

QtWidgets = pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from benchmarks.window_walks import stale
from PySide6 import QtCore


@pytest.fixture
def open_window(make_window, qtbot, tmp_path, project_once):
    project = shutil.copyfile(project_once, tmp_path / "town.gpkg")

    def make():
        window = make_window()
        window.open(project)
        qtbot.waitUntil(lambda: not window.draft._later.isActive() and not window.results.work.busy, timeout=120_000)
        return window

    return make


def rule(window, key):
    """Return the field of a rule."""
    return next(f for f in window.rule_panel.fields if f.rule.key == key)


def type_tolerance(window, per_cent: float) -> None:
    """Type a tolerance, as it is once typing rests."""
    field = rule(window, "beats.tolerance")
    field.number.setValue(per_cent)
    field.timer.timeout.emit()


def test_typed_rules_stand_in_the_one_order_of_undo_and_jump_to_their_field(open_window, qtbot):
    window = open_window()
    undo, redo, panel = window.actions_by_name["draw_undo"], window.actions_by_name["draw_redo"], window.rule_panel
    rules, label = lambda: window.scenario.document.rules()["beats"], lambda: window.drawing_panel.drawing.beat.tolist()
    before = rules()["tolerance"]
    paint(window)
    first = label()
    type_tolerance(window, 31)
    assert label() == first, "with other rules the drawing stays"
    paint(window)
    second = label()
    type_tolerance(window, 32)
    rule(window, "officers.half_a_year").on.click()
    assert [c.kind for c in window.draft.done] == ["beats", "rules", "beats", "rules", "rules"]
    assert window.badge.text() == "5 changes not in the plan"
    panel.dock.hide()
    undo.trigger()
    # it is told by its name, and seen in its field, which stood below “More rules”
    assert "half_a_year" not in window.scenario.document.rules()["officers"]
    assert not panel.dock.isHidden() and panel.more.isChecked()
    entry = rule(window, "officers.half_a_year")
    qtbot.waitUntil(lambda: not entry.visibleRegion().isEmpty(), timeout=120_000)
    assert undo.text().startswith("Undo: Balance: each beat within ±32 % of")
    for _ in range(4):
        undo.trigger()
    assert rules()["tolerance"] == before and not undo.isEnabled() and not window.badge.isVisible()
    # what was undone is made again across the changes of rules between
    for kind, tolerance, beats in (
        ("beats", before, first),
        ("rules", 0.31, first),
        ("beats", 0.31, second),
        ("rules", 0.32, second),
        ("rules", 0.32, second),
    ):
        assert redo.isEnabled() and window.draft.undone[-1].kind == kind
        redo.trigger()
        assert (rules()["tolerance"], label()) == (tolerance, beats)
    assert not redo.isEnabled() and stale(window) == []
    assert window.scenario.document.rules()["officers"]["half_a_year"] is True
    said = [e.what for e in window.scenario.document.content.history if e.what.startswith("Taken back: Balance")]
    assert said == [
        "Taken back: Balance: each beat within ±32 % of its municipality's mean work",
        "Taken back: Balance: each beat within ±31 % of its municipality's mean work",
    ]


def test_typed_rules_are_undone_after_a_crash_by_the_keys_but_not_while_a_plan_is_made_of_them(
    open_window, qtbot, monkeypatch
):
    from beatplanner.data.project import journal

    window = open_window()
    type_tolerance(window, 31)
    type_tolerance(window, 33)
    window.draft.undo()
    window.scenario.document.close(keep_journal=True)
    monkeypatch.setattr(journal, "is_running", lambda pid: False)
    (left,) = journal.recoveries()
    assert left.changes == 1, "what is told to be lost is what the badge counted"
    window.saved = True
    monkeypatch.setattr(QtWidgets.QMessageBox, "question", lambda *a, **k: QtWidgets.QMessageBox.StandardButton.Yes)
    window.close()
    again = open_window()
    assert again.badge.text() == "1 change not in the plan"
    field, undo = rule(again, "beats.tolerance"), again.actions_by_name["draw_undo"]
    assert field.number.value() == 31
    monkeypatch.setattr(again.solving, "start", lambda *_, **__: None)
    monkeypatch.setattr(type(again.solving), "running", property(lambda _: True))
    again.enable_actions()
    assert not undo.isEnabled() and not again.draft.undo() and not again.actions_by_name["drop_draft"].isEnabled()
    monkeypatch.setattr(type(again.solving), "running", property(lambda _: False))
    again.enable_actions()
    # keys pressed in a field whose number is a rule already are the window's
    pressed = []
    undo.triggered.connect(lambda: pressed.append(1))
    again.actions_by_name["change_rules"].trigger()
    again.activateWindow()
    field.number.setFocus()
    qtbot.waitUntil(field.number.hasFocus, timeout=120_000)
    qtbot.keyClick(field.number, "Z", QtCore.Qt.KeyboardModifier.ControlModifier)
    assert pressed and again.scenario.document.rules()["beats"]["tolerance"] == 0.25
    # while something is typed they are the field's
    field.number.setValue(40)
    qtbot.keyClick(field.number, "Z", QtCore.Qt.KeyboardModifier.ControlModifier)
    assert len(pressed) == 1


def test_days_in_a_description_are_rules_like_those_of_a_project_file(make_window, qtbot, tmp_path):
    from beatplanner.data.sample.sample_town import write_sample_town

    window = make_window()
    window.open(write_sample_town(tmp_path / "town"))
    qtbot.waitUntil(lambda: not window.draft._later.isActive(), timeout=120_000)
    document = window.scenario.document
    # the end of a fund is a day in a table: nobody typed anything
    assert window.rule_panel.commit() == []
    assert window.draft.count == 0 and not document.dirty and window.scenario.to_plan() == document.file
    start = rule(window, "officers.start")
    before = start.text.text()
    start.text.setText("1 March 2027")
    assert window.rule_panel.commit() == []
    assert document.rules()["officers"]["start"] == "2027-03-01" and window.draft.count == 1
    window.actions_by_name["draw_undo"].trigger()
    assert start.text.text() == before and window.draft.count == 0


def test_rules_typed_in_one_scenario_stay_changes_while_another_is_worked_on(open_window, qtbot):
    window = open_window()
    document, undo = window.scenario.document, window.actions_by_name["draw_undo"]

    def tolerance():
        return document.rules("")["beats"]["tolerance"]

    before = tolerance()
    type_tolerance(window, 31)
    paint(window)

    def use(name):
        window.session.dock._activate(name)
        qtbot.waitUntil(lambda: not window.draft._later.isActive(), timeout=120_000)

    document.add_scenario("Wide")
    use("Wide")
    type_tolerance(window, 35)
    use("")
    assert [c.kind for c in window.draft.done] == ["rules", "beats"] and tolerance() == 0.31
    undo.trigger()
    undo.trigger()
    assert tolerance() == before and document.rules("Wide")["beats"]["tolerance"] == 0.35
    use("Wide")
    assert [c.kind for c in window.draft.done] == ["rules"]
    undo.trigger()
    assert document.rules("Wide")["beats"]["tolerance"] == 0.31


def test_rules_typed_in_a_scenario_are_undone_under_its_new_name(open_window, qtbot, monkeypatch):
    """The draft knew a scenario by its name alone: with another one the rules typed in it could be undone no more once it was opened again."""
    window = open_window()
    document, dock = window.scenario.document, window.session.dock
    for name in ("Other", "Third"):
        dock._try(lambda document, name=name: document.add_scenario(name))

    def show(name):
        document.activate(name)
        window.scenario.reread()
        qtbot.waitUntil(lambda: not window.draft._later.isActive(), timeout=120_000)

    before = window.scenario.document.rules()["beats"]["tolerance"]
    show("Other")
    type_tolerance(window, 31)
    dock._try(lambda document: document.rename_scenario("Other", "Wide"))
    show("Third")
    assert window.draft.count == 0
    type_tolerance(window, 33)
    dock._try(lambda document: document.rename_scenario("Wide", "Wider"))
    type_tolerance(window, 34)
    show("Wider")
    assert [c.kind for c in window.draft.done] == ["rules"] and document.rules()["beats"]["tolerance"] == 0.31
    assert window.draft.undo() and document.rules()["beats"]["tolerance"] == before
    show("Third")
    assert window.draft.count == 2


def test_a_field_says_what_the_rule_is_again_once_all_is_undone(open_window, qtbot):
    window = open_window()
    field, undo = rule(window, "beats.tolerance"), window.actions_by_name["draw_undo"]

    def refuse() -> None:
        field.number.lineEdit().setText("12,345")
        field.commit()
        assert field.refused and "12,345" in field.wrong.text()

    before = field.number.text()
    type_tolerance(window, 31)
    refuse()
    # the number that it stands in the place of is taken back
    undo.trigger()
    assert field.number.text() == before and not field.refused and not field.wrong.text()
    # of another rule it says nothing, until nothing is changed any more
    rule(window, "officers.half_a_year").on.click()
    rule(window, "officers.half_a_year").on.click()
    refuse()
    undo.trigger()
    assert field.refused
    undo.trigger()
    assert field.number.text() == before and not field.refused and not field.wrong.text()
    assert window.draft.count == 0
