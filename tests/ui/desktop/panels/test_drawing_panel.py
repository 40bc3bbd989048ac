"""Draw and mend on the real window: brush, lock, link, barrier, undo, repair, solving on, and the plan that comes of it."""

from __future__ import annotations

import itertools
import os
from types import SimpleNamespace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from window_runs import wait_for_plan

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6.QtCore import QPoint, Qt

from beatplanner.data.result.folder import read_result
from beatplanner.planning.progress import split_unit
from beatplanner.planning.verification import verify
from beatplanner.ui.desktop.panels.drawing_dialogs import ReasonDialog
from beatplanner.ui.desktop.panels.drawing_menu import ACTIONS
from beatplanner.ui.desktop.session import drawing_process
from beatplanner.ui.desktop.session.edit_words import edit_in_words


@pytest.fixture(scope="module")
def planned(planned_here):
    return planned_here


@pytest.fixture
def window(make_window, planned):
    window = make_window()
    window.open(planned.folder / "plan")
    window.map.fit()
    window.drawing_panel.dock.raise_()
    yield window
    window.drawing_panel.process.cancel()


def at(window, unit):
    return window.map.to_widget(*window.map.content.middle[unit]).toPoint()


def do(window, name):
    action = window.actions_by_name[name]
    assert action.isEnabled(), name
    action.trigger()


def stroke(window, qtbot, beat, *units):
    """Paint as a hand does: choose the beat, press on the first unit, move over the others, let go."""
    panel = window.drawing_panel
    panel.choose(beat)
    if not window.actions_by_name["draw_brush"].isChecked():
        do(window, "draw_brush")
    qtbot.mousePress(window.map, Qt.MouseButton.LeftButton, pos=at(window, units[0]))
    for unit in units[1:]:
        qtbot.mouseMove(window.map, at(window, unit))
    qtbot.mouseRelease(window.map, Qt.MouseButton.LeftButton, pos=at(window, units[-1]))


def test_every_action_has_words_and_keys_of_its_own(window):
    assert {a.name for a in ACTIONS} == set(window.drawing_panel.actions_)
    keys = [a.shortcut().toString() for a in window.actions_by_name.values() if not a.shortcut().isEmpty()]
    assert len(set(keys)) == len(keys)
    assert all(a.help.endswith(".") for a in ACTIONS)


def test_a_stroke_shows_figures_flashes_what_breaks_and_is_undone(window, qtbot):
    panel = window.drawing_panel
    shown = window.map.grab().toImage()
    drawing = panel.begin()
    before = drawing.beat.copy()
    stroke(window, qtbot, "1", 13)
    assert drawing.beat[13] == "1"
    assert not panel.warning.isHidden()
    assert "falls into 2 pieces" in panel.warning.text()
    assert set(window.map.flashing.tolist()) == set(drawing.figures().adrift.tolist())
    assert not window.saved
    row = list(drawing.figures().beat).index("1")
    assert panel.table.item(row, 1).text() == f"{drawing.figures().hours[row]:,.0f}"
    scale = window.map.scale
    do(window, "draw_show_broken")
    assert window.map.scale > scale
    assert window.map.grab().toImage() != shown
    do(window, "draw_undo")
    np.testing.assert_array_equal(drawing.beat, before)
    assert panel.warning.isHidden()
    assert len(window.map.flashing) == 0
    do(window, "draw_redo")
    assert [h["kind"] for h in panel.history] == ["paint", "undo", "redo"]
    assert all(h["time"] for h in panel.history)


def test_the_beat_that_is_chosen_to_paint_is_the_one_of_table_and_card(window, qtbot):
    panel, results = window.drawing_panel, window.results
    ids = window.map.content.ids
    for beat in (ids[1], ids[0]):
        panel.beat.setCurrentIndex(panel.beat.findData(beat))
        panel.beat.activated.emit(panel.beat.currentIndex())
        assert window.map.selected == beat
        assert window.beat_at(window.table.currentIndex()) == beat
        assert [window.beat_at(i) for i in window.table.selectionModel().selectedRows()] == [beat]
        assert results.beat == beat and panel.chosen() == beat
    stroke(window, qtbot, ids[1], 0)
    row = next(r for r in range(panel.table.rowCount()) if panel.table.item(r, 0).text() == ids[1])
    panel.table.selectRow(row)
    assert results.beat == window.map.selected == window.beat_at(window.table.currentIndex()) == ids[1]


def test_the_brush_is_taken_for_the_beat_that_was_lit_up_last(window, qtbot):
    panel, brush, ids = window.drawing_panel, window.actions_by_name["draw_brush"], window.map.content.ids
    for beat in (ids[1], ids[0]):
        window.select_row(beat)
        brush.trigger()
        assert panel.chosen() == beat
        brush.trigger()
    # a click on the map by a hand that shakes is one, too, and counts before the key that comes after it
    here = at(window, int(np.flatnonzero(window.map.content.label == 1)[0]))
    qtbot.mousePress(window.map, Qt.MouseButton.LeftButton, pos=here)
    qtbot.mouseMove(window.map, here + QPoint(4, 3))
    qtbot.mouseRelease(window.map, Qt.MouseButton.LeftButton, pos=here + QPoint(4, 3))
    brush.trigger()
    assert panel.chosen() == window.map.selected == ids[1]


def test_one_stroke_over_many_units_is_one_edit_with_its_reason(window, qtbot):
    panel = window.drawing_panel
    panel.reason.setText("market day")
    drawing = panel.begin()
    stroke(window, qtbot, "1", 9, 12, 13)
    assert set(drawing.beat[[9, 12, 13]]) == {"1"}
    assert len(drawing.edits) == 1
    assert drawing.edits[0].reason == "market day"


def test_what_is_refused_is_said(window, qtbot):
    panel = window.drawing_panel
    window.map.select_units(np.array([2]))
    panel.choose("1")
    do(window, "draw_paint_selection")
    assert "never cross" in panel.note.text()
    assert not panel.drawing.can_undo
    window.map.select_units(np.array([0, 1]))
    do(window, "draw_lock")
    assert panel.drawing.locked[[0, 1]].all()
    panel.choose("2")
    do(window, "draw_paint_selection")
    assert "Locked" in panel.note.text()
    do(window, "draw_unlock")
    assert not panel.drawing.locked.any()


def test_split_halve_and_merge(window, monkeypatch):
    from beatplanner.ui.desktop.panels import drawing_edits

    panel = window.drawing_panel
    window.map.select_units(np.array([0, 1]))
    do(window, "draw_split")
    assert panel.drawing.beats_in_use() == ["1", "2", "3", "4", "5"]
    assert panel.beat.count() == 5
    panel.choose("4")
    do(window, "draw_halve")
    assert panel.table.rowCount() == 6
    monkeypatch.setattr(drawing_edits.QInputDialog, "getItem", lambda *a, **k: (a[3][0], True))
    panel.choose("4")
    do(window, "draw_merge")
    assert panel.table.rowCount() == 5
    assert panel.drawing.edits[-1].kind == "merge"
    # a click on the map lights up a beat and leaves the list: what is lit up is what is halved and locked
    panel.choose("1")
    window.map.select("3")
    before = {b: set(panel.drawing.members(b)) for b in panel.drawing.beats_in_use()}
    do(window, "draw_lock")
    assert set(np.flatnonzero(panel.drawing.locked)) == before["3"]
    do(window, "draw_unlock")
    do(window, "draw_halve")
    assert set(panel.drawing.members("1")) == before["1"]
    assert set(panel.drawing.members("3")) < before["3"]


def test_a_beat_that_is_gone_is_neither_merged_nor_halved_nor_locked(window, monkeypatch):
    from beatplanner.ui.desktop.panels import drawing_edits

    panel, asked = window.drawing_panel, []
    monkeypatch.setattr(
        drawing_edits.QInputDialog, "getItem", lambda *a, **k: (asked.append(a[2]), (a[3][0], False))[1]
    )
    monkeypatch.setattr(panel.named, "ask", asked.append)
    window.map.select_units(np.array([0, 1]))
    do(window, "draw_split")
    window.map.select("5")
    do(window, "draw_undo")
    # its making was taken back: what is done is done to the beat in the list
    assert window.map.selected == "5" and panel.chosen() in panel.drawing.beats_in_use()
    do(window, "draw_merge")
    do(window, "draw_name")
    assert panel.drawing.name(panel.chosen()) in asked[0] and asked[1] == panel.chosen()
    do(window, "draw_redo")
    window.map.select_units(np.array([0, 1]))
    panel.choose("1")
    do(window, "draw_paint_selection")
    # it has lost its last unit
    window.map.select("5")
    monkeypatch.setattr(panel, "chosen", lambda: "5")
    done = len(panel.drawing.done)
    for name in ("draw_merge", "draw_halve", "draw_lock", "draw_unlock"):
        panel.note.clear()
        do(window, name)
        assert panel.note.text() == "Choose a beat of a project first.", name
    assert len(panel.drawing.done) == done and len(asked) == 2


def test_links_and_barriers_need_a_reason_and_stand_on_the_map(window, qtbot, monkeypatch):
    panel = window.drawing_panel
    monkeypatch.setattr(ReasonDialog, "ask", classmethod(lambda *a: ("ferry", "runs daily")))
    do(window, "draw_link")
    qtbot.mousePress(window.map, Qt.MouseButton.LeftButton, pos=at(window, 0))
    qtbot.mouseMove(window.map, at(window, 12))
    qtbot.mouseRelease(window.map, Qt.MouseButton.LeftButton, pos=at(window, 12))
    assert (0, 12) in panel.drawing.links
    assert len(window.map.content.lines["Links"].feature) == 1
    do(window, "draw_barrier")
    middle = (at(window, 0) + at(window, 1)) / 2
    size = at(window, 1).x() - at(window, 0).x()
    for dy in (-size / 3, size / 3):
        point = middle.__class__(middle.x(), round(middle.y() + dy))
        qtbot.mouseClick(window.map, Qt.MouseButton.LeftButton, pos=point)
    window.map.grab()
    qtbot.keyClick(window.map, Qt.Key.Key_Return)
    assert list(panel.drawing.closed) == [(0, 1)]
    assert panel.drawing.closed[0, 1].reason == "runs daily"
    do(window, "draw_remove")
    qtbot.mouseClick(window.map, Qt.MouseButton.LeftButton, pos=middle)
    assert not panel.drawing.closed
    monkeypatch.setattr(ReasonDialog, "ask", classmethod(lambda *a: None))
    panel._link_drawn(2, 14)
    assert (2, 14) not in panel.drawing.links


def test_the_dialog_asks_for_a_reason(window, qtbot):
    dialog = ReasonDialog("Link", "From here to there.", ("bridge",), window)
    qtbot.addWidget(dialog)
    assert not dialog.ok.isEnabled()
    qtbot.keyClicks(dialog.reason, "new bridge")
    assert dialog.ok.isEnabled()


def test_what_solving_on_has_found_bears_its_unit(window, monkeypatch):
    told = []
    monkeypatch.setattr(drawing_process, "time", SimpleNamespace(monotonic=itertools.count().__next__))
    line = SimpleNamespace(put=lambda message: told.append(message))
    drawing_process._child(window.drawing_panel.begin(), "improve", 3.0, line)
    assert told[-1][0] == "finished"
    # and what was gained is told in it: an hour of work lies nearer to its centre, or as near
    before, after, unit = told[-1][1][-1]
    assert unit == "hours × metres" and 0 < after <= before
    assert before == pytest.approx(window.scenario.plan.summary["beats"]["objective"])
    phases = [content[0] for kind, content in told if kind == "progress" and content[1] is not None]
    assert phases and {split_unit(phase)[1] for phase in phases} == {"hours × metres"}


def test_repair_solving_on_and_the_plan_that_comes_of_it(window, qtbot):
    panel = window.drawing_panel
    stroke(window, qtbot, "1", 13)
    drawing = panel.drawing
    window.map.select_units(np.array([0]))
    do(window, "draw_lock")
    do(window, "draw_repair")
    assert panel.process.running
    with qtbot.waitSignal(panel.process.finished, timeout=120_000):
        pass
    assert drawing.figures().broken == ()
    assert drawing.edits[-1].kind == "repair"
    assert "Moved to restore the rules:\n• " in panel.note.text()
    # one line says what moved, also where the panel is hidden
    assert window.statusBar().currentMessage().startswith(panel.note.text().replace("\n• ", " ", 1).split("\n")[0])
    assert ".." not in window.statusBar().currentMessage()
    assert set(window.map.selected_units.tolist()) == {drawing.place[u] for u in drawing.edits[-1].moves}
    do(window, "draw_undo")
    assert drawing.figures().broken
    do(window, "draw_redo")
    locked = drawing.beat[0]
    panel._start("improve", 3.0)
    with qtbot.waitSignal(panel.process.finished, timeout=120_000):
        pass
    assert drawing.beat[0] == locked
    # one line says what moved, also where the panel is hidden
    said = panel.note.text().replace("\n• ", " ", 1).split("\n")[0]
    assert said.startswith(("Moved by solving on: ", "Nothing better was found."))
    assert window.statusBar().currentMessage().startswith(said)
    assert drawing.figures().broken == ()
    edits = drawing.edits
    do(window, "draw_keep")
    wait_for_plan(qtbot, window)
    assert window.scenario.result is not None
    assert verify(window.scenario.result).ok
    drawn = read_result(window.scenario.result).summary["drawn"]["edits"]
    assert [e["kind"] for e in drawn] == [e.kind for e in edits]
    assert panel.drawing is None
    assert len(panel.history) >= len(edits)


def test_what_was_drawn_is_told_by_the_names_of_its_places(window, qtbot):
    panel, units = window.drawing_panel, window.scenario.town.units
    units["name"] = [f"Place {u}" for u in units["unit"]]
    stroke(window, qtbot, "1", 13)
    drawing = panel.drawing
    drawing.call({"1": "Old mill"})
    change = panel.changes()[-1].words
    assert change == f"Painted: unit Place {drawing.unit_ids[13]} to beat 1 (Old mill)"
    # an edit of units that are gone has only their ids
    assert edit_in_words({"kind": "lock", "units": ["gone"]}, drawing) == "Locked: unit gone"


def test_a_repair_is_stopped_at_once(window, qtbot):
    panel = window.drawing_panel
    stroke(window, qtbot, "1", 13)
    repair, improve = panel.buttons["draw_repair"], panel.buttons["draw_improve"]
    own = repair.text()
    do(window, "draw_repair")
    # what is at work can be stopped where it was begun, and nothing else is begun beside it
    assert repair.text() == "Stop" and repair.isEnabled()
    assert improve.text() == "Improve from here" and not improve.isEnabled()
    # who has the panel hidden sees what is at work, whatever else the line says
    panel.dock.hide()
    window.statusBar().clearMessage()
    assert panel.at_work.text() == "Repair: at work" and panel.at_work.isVisibleTo(window)
    # and stops it there
    assert panel.stop_work.isVisibleTo(window) and panel.stop_work.text() == "Stop"
    panel.stop_work.click()
    assert not panel.stop_work.isVisibleTo(window) and not panel.process.running
    do(window, "draw_repair")
    panel.dock.show()
    do(window, "draw_repair")
    assert not panel.at_work.isVisibleTo(window)
    assert not panel.process.running and repair.text() == own == "Repair"
    assert "Stopped" in panel.note.text() and panel.note.isVisibleTo(panel)
    assert panel.note.y() < min(panel.headline.y(), panel.warning.y(), panel.table.y())
    assert len(panel.drawing.edits) == 1


def test_what_a_repair_found_is_not_laid_on_another_drawing(window, qtbot):
    panel = window.drawing_panel
    stroke(window, qtbot, "1", 13)
    do(window, "draw_repair")
    # what the badge offers also while the repair is under way
    window.draft.drop()
    panel.process.cancel()
    before = panel.drawing.beat.tolist()
    other = next(b for b in before if b != before[0])
    panel._take("repair", {0: other}, (), ())
    assert panel.drawing.beat.tolist() == before
    assert not window.draft.count
    assert "changed meanwhile" in panel.note.text()


def test_a_repair_that_leaves_a_rule_broken_says_so_first(window, qtbot):
    panel = window.drawing_panel
    stroke(window, qtbot, "1", 13)
    panel._sought_from = panel.drawing.edits
    unit, beat = next((u, b) for u, b in enumerate(panel.drawing.beat.tolist()) if b != "1")
    assert beat != "1"
    panel._take("repair", {unit: "1"}, ("1 unit moves.",), ("Beat 1 has too much.", "Beat 2 has too little."), True)
    lines = panel.note.text().split("\n")
    assert lines[:2] == ["Still broken: Beat 1 has too much.", "Still broken: Beat 2 has too little."]
    assert lines[2:] == [
        "The time ended the repair; pressed again it goes on from here.",
        "Moved toward the rules:",
        "• 1 unit moves.",
    ]
    assert window.statusBar().currentMessage().startswith("Still broken: Beat 1 has too much. Still broken")
    panel._sought_from = panel.drawing.edits
    panel._take("repair", {}, (), ("Beat 1 has too much.",), False)
    assert panel.note.text() == "No change was found that restores the rules.\nStill broken: Beat 1 has too much."


def test_a_project_without_beats_cannot_be_drawn_on(window):
    window.scenario.town = None
    window.scenario.changed()
    assert window.drawing_panel.begin() is None
    assert "cannot be drawn on" in window.drawing_panel.headline.text()
    assert not window.actions_by_name["draw_brush"].isEnabled()


@pytest.mark.parametrize(("language", "wide"), [("en", 276), ("mk", 276), ("sq", 276), ("en", 700)])
def test_no_column_of_the_live_figures_is_out_of_view(qapp, language, wide):
    from types import SimpleNamespace

    from beatplanner.ui.desktop.panels.live_table import DEVIATION, LiveTable
    from beatplanner.ui.desktop.window.languages import install_language

    install_language(qapp, language)
    try:
        table = LiveTable()
        table.resize(wide + 2, 200)
        table.show()
        beats = ["1", "Ѓорче Петров"]
        figures = np.array([4996.0, 12641.0])
        one = np.ones(2)
        table.fill(
            SimpleNamespace(
                beat=beats,
                hours=figures,
                deviation=np.array([-0.188, 0.025]),
                officers=4 * one,
                residents=5 * figures,
                moved_in=figures,
                lower=0 * one,
                upper=1e9 * one,
                pieces=np.ones(2, int),
                balances=(),
            )
        )
        head = table.horizontalHeader()
        assert head.length() <= table.viewport().width() and all(table.columnWidth(k) > 20 for k in range(6))
        # every figure is whole, and what a sign stands for is told
        for k in range(1, 6):
            assert max(table.sizeHintForColumn(k), head.sectionSizeHint(k)) <= table.columnWidth(k)
        assert table.item(1, 0).toolTip().endswith("Ѓорче Петров")
        heading = table.horizontalHeaderItem(DEVIATION)
        assert heading.text() == "±\xa0%" and len(heading.toolTip()) > 6
        assert table.item(0, DEVIATION).text().startswith("−18")
        # letters are smaller only where there is no room
        assert (head.font().pointSizeF() == table.font().pointSizeF()) is (wide == 700)
        table.deleteLater()
    finally:
        install_language(qapp, "en")


def test_what_solving_on_gained_is_told_in_its_unit(window, qtbot):
    panel = window.drawing_panel
    drawing = panel.begin()
    unit = int(np.flatnonzero(drawing.beat.astype(str) != "1")[0])
    panel._sought_from = drawing.edits
    panel._take("improve", {unit: "1"}, ("1 unit moves.",), (), False, (1_250_000.0, 1_200_000.0, "hours × metres"))
    gained = "Objective, less is better: 1,250 → 1,200 hours × km (−4.0\u00a0%)."
    assert panel.note.text().splitlines()[:2] == [gained, "Moved by solving on:"]
    assert window.statusBar().currentMessage().startswith(gained)
    assert panel._gain((1_250_000.0, 1_249_900.0, "metres")) == [
        "Objective, less is better: 1,250.00 → 1,249.90 km (−0.008\u00a0%)."
    ]


def test_what_a_tool_shows_at_the_pointer_goes_with_it(qtbot):
    from types import SimpleNamespace

    from beatplanner.ui.desktop.map.by_hand import ByHand
    from beatplanner.ui.desktop.map.pointer_tools import Measure
    from beatplanner.ui.desktop.panels.drawing_tools import BarrierTool, Brush, LinkTool

    painted, heard = [], []
    hovered = SimpleNamespace(emit=heard.append)
    view = SimpleNamespace(scale=1.0, tool=None, update=lambda: painted.append(1), hovered=hovered)
    brush = Brush(view, lambda: None, lambda: "1", lambda: 9, print, lambda: None)
    tools = [brush, LinkTool(view, print), BarrierTool(view, lambda: None, print), Measure(view)]
    for tool in tools:
        tool.move(3.0, 4.0, False)
        view.tool = tool
        ByHand.leaveEvent(view, None)
        assert (tool.end if isinstance(tool, Measure) else tool.at) is None
    assert len(painted) == len(tools) and heard == [-1] * len(tools)
    # a stroke goes on where the pointer is led out and back
    brush.down, brush.at = True, (3.0, 4.0)
    brush.leave()
    assert brush.at == (3.0, 4.0)
