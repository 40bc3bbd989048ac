"""One draft: painted beats, moved stations and dragged postings are undone in one order, kept with the project, and made the plan together."""

from __future__ import annotations

import os
import shutil
from types import SimpleNamespace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from hand_edits import move_posting, move_station, paint
from window_runs import map_has_half

QtWidgets = pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from benchmarks.window_walks import stale
from PySide6 import QtCore
from PySide6.QtGui import QKeySequence

from beatplanner.ui.desktop.session.session import OpenTown
from beatplanner.ui.desktop.window.main_window import MainWindow


@pytest.fixture
def open_window(make_window, qtbot, tmp_path, monkeypatch, project_once):
    monkeypatch.setattr(MainWindow, "show_lines", lambda self, title, lines: pytest.fail(f"{title}: {lines}"))
    project = shutil.copyfile(project_once, tmp_path / "town.gpkg")

    def make(path=project) -> MainWindow:
        window = make_window((1200, 700))
        window.open(path)
        qtbot.waitUntil(lambda: not window.draft._later.isActive() and not window.results.work.busy, timeout=120_000)
        return window

    return make


def test_one_order_of_undo_over_all_kinds_with_names_and_places(open_window):
    window = open_window()
    undo, redo = window.actions_by_name["draw_undo"], window.actions_by_name["draw_redo"]
    assert not undo.isEnabled() and not window.badge.isVisible()
    unit, before = paint(window)
    stations = move_station(window)
    move_posting(window)
    assert window.badge.isVisible() and window.badge.text() == "3 changes not in the plan"
    assert [c.kind for c in window.draft.done] == ["beats", "stations", "postings"]
    assert undo.text().startswith("Undo: Posting:")
    assert {k.toString() for k in redo.shortcuts()} == {QKeySequence("Ctrl+Y").toString(), "Ctrl+Shift+Z"}
    undo.trigger()
    assert len(window.gantt.steps) == 1 and window.stations.chosen == stations
    assert undo.text().startswith("Undo: Stations: opened")
    undo.trigger()
    assert window.stations.chosen != stations and undo.text().startswith("Undo: Painted")
    # what is undone is shown: a place out of view comes into it
    window.map.zoom_to((0.0, 0.0, 10.0, 10.0))
    undo.trigger()
    assert str(window.drawing_panel.drawing.beat[unit]) == before
    x, y = window.map.content.middle[unit]
    assert window.map.rect().contains(window.map.to_widget(x, y).toPoint())
    assert not undo.isEnabled() and not window.badge.isVisible()
    for _ in range(3):
        redo.trigger()
    assert window.draft.count == 3 and not redo.isEnabled()
    undo.trigger()
    paint(window)
    assert not redo.isEnabled(), "a new change ends what can be made again"


def test_a_draft_is_saved_recovered_and_asked_for(open_window, qtbot, monkeypatch, tmp_path):
    window = open_window()
    unit, _ = paint(window)
    painted = str(window.drawing_panel.drawing.beat[unit])
    stations = move_station(window)
    move_posting(window)
    asked = []
    monkeypatch.setattr(
        QtWidgets.QMessageBox,
        "question",
        lambda *a, **k: (asked.append(a[2]), QtWidgets.QMessageBox.StandardButton.Cancel)[1],
    )
    assert not window.may_leave()
    assert "3 changes not in the plan" in asked[0]
    window.save_project()
    qtbot.waitUntil(lambda: not window.session.work.busy and not window.scenario.document.dirty, timeout=120_000)
    window.close()
    again = open_window()
    assert [c.kind for c in again.draft.done] == ["beats", "stations", "postings"]
    assert str(again.drawing_panel.drawing.beat[unit]) == painted and again.stations.chosen == stations
    assert len(again.gantt.steps) == 2 and again.badge.text() == "3 changes not in the plan"
    again.actions_by_name["draw_undo"].trigger()
    assert len(again.gantt.steps) == 1 and again.draft.count == 2


def test_a_plan_of_moved_stations_that_is_cancelled_leaves_the_rules_as_they_were(open_window, monkeypatch):
    window = open_window()
    document = window.scenario.document
    monkeypatch.setattr(MainWindow, "answer", lambda self, box: QtWidgets.QMessageBox.StandardButton.Yes)
    before = document.rules()
    move_station(window)
    broken = window.draft.broken()
    assert window.make_draft_the_plan() and window.solving.running
    assert document.rules() == before
    # what is being planned would be in the plan all the same; what is changed since is undone
    undo, drop = window.actions_by_name["draw_undo"], window.actions_by_name["drop_draft"]
    assert not undo.isEnabled() and not drop.isEnabled() and not window.draft.undo()
    paint(window)
    assert undo.isEnabled() and window.draft.undo() and not undo.isEnabled() and window.draft.count == 1
    told = len(document.content.history)
    window.drop_run()
    assert document.rules() == before and len(document.content.history) == told
    assert window.draft.count == 1 and window.draft.broken() == broken
    assert undo.isEnabled() and drop.isEnabled() and window.draft.undo() and window.draft.count == 0


def test_tables_status_and_figures_read_the_draft_and_mark_what_changed(open_window):
    window = open_window()
    unit, before = paint(window)
    to = str(window.drawing_panel.drawing.beat[unit])
    table = window.table_model
    figures = window.drawing_panel.drawing.figures()
    rows = {table.beat(r): r for r in range(table.rowCount())}
    hours = table.data(table.index(rows[to], 3))
    assert hours == f"{figures.hours[figures.beat.index(to)]:,.0f}"
    font = table.data(table.index(rows[to], 3), QtWidgets.QApplication.instance() and 6)
    assert font is not None and font.bold()
    assert "In the plan:" in table.data(table.index(rows[to], 3), 3)
    assert f"Beat {to}" in window.scenario.unit_text(
        unit
    ) and f"in the plan: beat {before}" in window.scenario.unit_text(unit)
    assert "As drawn:" in window.figures.text()
    # cards and charts are counted from the same tables, and mark what the plan has otherwise
    results = window.results
    results.charts.choose("hours")
    bar = next(b for b in results.charts.bars.bars.bars if b.key == to)
    hours = float(figures.hours[figures.beat.index(to)])
    assert bar.value == hours and bar.before != bar.value and "in the plan:" in bar.tip
    results.show_beat(to)
    assert results.card.card.hours == hours
    said = [label.text() for label in results.card.body.findChildren(QtWidgets.QLabel)]
    assert any("As drawn, not in the plan yet" in text and " → " in text for text in said)
    stations = move_station(window)
    assert len(window.map.content.points["Stations"]) == len(stations)
    assert "As moved:" in window.figures.text() and results.book.tables.stations.shape[0] == len(stations)
    assert stale(window) == []
    window.draft.undo()
    assert len(window.map.content.points["Stations"]) == len(window.scenario.plan.stations)
    window.draft.undo()
    assert results.card.card.hours != hours and not results.book.drawn
    assert "As drawn:" not in window.figures.text()
    assert table.data(table.index(rows[to], 3), 6) is None


def test_broken_rules_are_shown_before_the_draft_becomes_the_plan(open_window, monkeypatch):
    window = open_window()
    window.drawing_panel.begin()
    beat = window.drawing_panel.drawing.beats_in_use()[0]
    home = window.drawing_panel.drawing.municipality[window.drawing_panel.drawing.members(beat)[0]]
    import numpy as np

    others = np.flatnonzero(
        (window.drawing_panel.drawing.municipality == home) & (window.drawing_panel.drawing.beat != beat)
    )
    window.drawing_panel.edit(lambda d: d.paint(others[:-1].tolist(), beat))
    assert window.draft.broken()
    shown = []
    monkeypatch.setattr(
        window, "answer", lambda box: (shown.append(box.text()), QtWidgets.QMessageBox.StandardButton.No)[1]
    )
    assert not window.make_draft_the_plan()
    assert "These rules are broken:" in shown[0] and "hours a year" in shown[0]
    assert "marked as one that breaks rules" in shown[0]
    assert not window.solving.running and window.draft.count == 1


@pytest.mark.parametrize("seed", [0, 1])
def test_a_random_walk_over_all_actions_leaves_nothing_stale_and_loses_no_change(open_window, monkeypatch, seed):
    from benchmarks.window_dialogs import no_dialogs
    from benchmarks.window_walks import walk

    window = open_window()
    no_dialogs(monkeypatch.setattr)
    assert walk(window, seed, 20) == []


@pytest.mark.parametrize("options", [{"edits": [], "plan_from": None, "author": ""}, {}])
def test_a_walk_gives_a_run_what_it_takes(options):
    import inspect

    from benchmarks.window_walks import SEARCH, at_work

    from beatplanner.planning.changes.mending import mend
    from beatplanner.planning.whole.run import run

    begun: list[dict] = []
    idle = SimpleNamespace(running=False, busy=False)
    window = SimpleNamespace(
        solving=SimpleNamespace(running=False, start=lambda _, **given: begun.append(given)),
        drawing_panel=SimpleNamespace(process=idle),
        gantt=SimpleNamespace(work=idle),
    )
    window.run_plan = lambda: window.solving.start("town", **options)
    at_work(window, SimpleNamespace(choice=lambda _: "plan"))
    assert begun[0]["time_limit"] == SEARCH
    inspect.signature(mend if "edits" in options else run).bind("town", "out", **begun[0])


def test_a_walk_sees_what_is_refused_in_a_box(qapp):
    from benchmarks.window_dialogs import BROKEN, _answered

    box = QtWidgets.QMessageBox
    with pytest.raises(AssertionError, match="cannot be opened"):
        _answered(box(box.Icon.Warning, "This cannot be opened", "This cannot be opened", box.StandardButton.Ok))
    agreed = (box(box.Icon.Warning, title, title, box.StandardButton.Ok) for title in BROKEN)
    asks = box(box.Icon.Warning, "", "All the same?", box.StandardButton.Yes | box.StandardButton.No)
    assert {_answered(each) for each in (*agreed, asks)} == {box.StandardButton.Yes}


def test_openings_readings_and_saves_under_stress_collect_in_the_windows_thread_only(qtbot, tmp_path, project_once):
    import gc
    import time

    from benchmarks.window_stress import stress, under_stress

    gc.collect()
    with under_stress(2) as wrong:
        # what is looked for is found: with Python's own collector it runs in the threads
        gc.enable()
        while not any("the collector ran in the thread churn" in text for text in wrong):
            time.sleep(0.01)
        gc.disable()
    assert any("the collector ran in the thread churn" in text for text in wrong)
    assert stress(shutil.copyfile(project_once, tmp_path / "town.gpkg"), 2, 2) == []


def test_the_sample_town_opens_with_its_plan_made_once(open_window, monkeypatch, tmp_path, project_once):
    from beatplanner.planning.whole import sample_plan
    from beatplanner.ui.desktop.window import main_window, tour

    window = open_window()
    monkeypatch.setattr(main_window, "user_documents_path", lambda: tmp_path)
    monkeypatch.setattr(tour, "begin_once", lambda _: None)
    there = tmp_path / "beatplanner sample town" / sample_plan.NAME
    there.parent.mkdir()
    shutil.copyfile(project_once, there)
    # what is there is kept, whatever was done in it
    assert sample_plan.planned_sample(there.parent) == there
    window.map.select(window.map.content.ids[0])
    window.table_filter.setText(window.map.content.ids[0])
    window.drawing_panel.reason.setText("the school is there")
    window.open_sample_town()
    assert window.scenario.project == there and window.scenario.plan is not None
    # what was chosen and typed belongs to the project before, though a beat of this one has the same number
    assert window.map.selected == window.table_filter.text() == window.drawing_panel.reason.text() == ""
    # files are taken wherever they are let go
    assert window.rule_panel.fields
    takes = [w for w in window.findChildren(QtWidgets.QLineEdit) if w.acceptDrops()]
    assert window.acceptDrops() and takes == []


def test_by_keys_alone_a_beat_is_painted_undone_and_panels_are_reached(open_window, qtbot):
    from PySide6.QtCore import Qt

    window = open_window()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=120_000)
    window.map.setFocus()
    reached, docks = set(), {d.objectName(): d for d in window.findChildren(QtWidgets.QDockWidget)}
    for _ in range(len(window.panels()) + 1):
        qtbot.keyClick(QtWidgets.QApplication.focusWidget() or window, Qt.Key.Key_F6)
        now = QtWidgets.QApplication.focusWidget()
        assert now is not None
        reached |= {name for name, dock in docks.items() if dock.isAncestorOf(now)} or {type(now).__name__}
    # panels that lie behind another, too
    assert {"MapView", "layers", "draw and mend", "results", "rules", "stations"} <= reached
    for view in window.findChildren(QtWidgets.QAbstractItemView):
        assert not view.tabKeyNavigation(), view.accessibleName()
    for action in window.menuBar().actions():
        assert "&" in action.text(), action.text()
    titles = [a.text()[a.text().index("&") + 1].casefold() for a in window.menuBar().actions()]
    assert len(set(titles)) == len(titles)
    for action in window.menuBar().actions():
        menu = action.menu()
        words = [a.text() for a in menu.actions()]
        menu.aboutToShow.emit()
        lettered = [a.text().replace("&&", "") for a in menu.actions() if a.text()]
        letters = [t[t.index("&") + 1].casefold() for t in lettered if "&" in t]
        assert len(letters) == len(lettered) == len(set(letters)), lettered
        menu.aboutToHide.emit()
        assert [a.text() for a in menu.actions()] == words
    entries = [[a for a in m.menu().actions() if a.text()] for m in window.menuBar().actions()]
    assert entries[0][-1] is window.actions_by_name["close"] and entries[1][0] is window.actions_by_name["draw_undo"]


def test_the_map_has_half_of_a_small_window_and_postings_the_width_below(open_window):
    window = open_window()
    window.resize(1366, 768)
    QtWidgets.QApplication.processEvents()
    for dock in window.findChildren(QtWidgets.QDockWidget):
        if dock.isVisible():
            # the panel of results is the widest
            dock.raise_()
            QtWidgets.QApplication.processEvents()
            assert map_has_half(window), dock.objectName()
    window.actions_by_name["show_postings"].trigger()
    QtWidgets.QApplication.processEvents()
    assert window.gantt.width() >= window.map.width()
    chart = window.gantt.gantt
    assert chart.horizontalScrollBar().maximum() == 0 and chart.fitted


def test_panels_that_go_with_their_window_share_no_room(qapp):
    from shiboken6 import delete

    from beatplanner.ui.desktop.window.room import RoomForMap

    # as where the program ends with a window that nobody closed
    window = QtWidgets.QMainWindow()
    dock = QtWidgets.QDockWidget(window)
    window.addDockWidget(QtCore.Qt.DockWidgetArea.BottomDockWidgetArea, dock)
    room = RoomForMap(window, dock, QtWidgets.QWidget(window))
    delete(window)
    room._look()


def test_a_name_and_a_colour_belong_to_the_beat(open_window, monkeypatch):
    from beatplanner.ui.desktop.panels.drawing_dialogs import NameDialog

    window = open_window()
    beat = window.map.content.ids[0]
    # the beat that is lit up is meant, not the one in the list to paint into
    window.drawing_panel.choose(window.map.content.ids[1])
    window.select_row(beat)
    monkeypatch.setattr(NameDialog, "ask", classmethod(lambda *_: ("Old Mill", "#123456")))
    window.actions_by_name["draw_name"].trigger()
    assert window.map.content.names[beat] == "Old Mill" and window.map.content.own_colours[beat] == "#123456"
    rows = {window.table_model.beat(r): r for r in range(window.table_model.rowCount())}
    assert window.table_model.data(window.table_model.index(rows[beat], 1)) == "Old Mill"
    assert window.scenario.document.description().beats.names == {beat: "Old Mill"}
    other = next(b for b in window.map.content.ids if b != beat)
    window.map.select(other)
    window.actions_by_name["draw_name"].trigger()
    assert "Another beat is called" in window.drawing_panel.note.text()
    # a new beat is proposed a name from the places in it, which no other beat has
    drawing = window.drawing_panel.begin()
    largest = max(drawing.beats_in_use(), key=lambda b: len(drawing.members(b)))
    window.drawing_panel.edit(lambda d: d.split(d.halves(largest)))
    new = drawing.ids[-1]
    assert "Улица" in window.map.content.names[new]
    known = [n.casefold() for n in window.map.content.names.values()]
    assert len(set(known)) == len(known)


def test_names_and_colours_are_undone_counted_recovered_and_made_the_plan(open_window, qtbot, monkeypatch):
    from beatplanner.data.project import journal
    from beatplanner.data.project.document import ProjectDocument
    from beatplanner.ui.desktop.panels.drawing_dialogs import NameDialog

    window = open_window()
    document, content = window.scenario.document, window.map.content
    document.add_scenario("wider", {"beats": {"tolerance": 0.3, "names": {content.ids[0]: "Of the scenario"}}})
    document.activate("")
    beat, planned, undo = content.ids[0], content.names[content.ids[0]], window.actions_by_name["draw_undo"]

    def said(where: str) -> tuple[str, str, str]:
        rows = {window.table_model.beat(r): r for r in range(window.table_model.rowCount())}
        table = window.table_model.data(window.table_model.index(rows[beat], 1))
        return table, window.map.content.names[beat], window.results.book.names[beat]

    unit, before = paint(window)
    window.select_row(beat)
    for name, colour in (("Old Mill", ""), ("Old Mill", "#123456")):
        monkeypatch.setattr(NameDialog, "ask", classmethod(lambda *_, found=(name, colour): found))
        window.actions_by_name["draw_name"].trigger()
    assert [c.kind for c in window.draft.done] == ["beats", "names", "names"]
    assert window.badge.text() == "3 changes not in the plan" and str(window.drawing_panel.drawing.beat[unit]) != before
    assert set(said("as named")) == {"Old Mill"}
    # it holds in every scenario, also where one said otherwise
    assert document.description("wider").beats.names[beat] == "Old Mill" == document.description("").beats.names[beat]
    window.map.zoom_to((0.0, 0.0, 10.0, 10.0))
    assert undo.text() == f"Undo: Beat {beat} has the colour #123456"
    undo.trigger()
    assert beat not in window.map.content.own_colours and set(said("without its colour")) == {"Old Mill"}
    x, y = window.map.content.anchor(content.ids.index(beat))
    assert window.map.rect().contains(window.map.to_widget(x, y).toPoint())
    undo.trigger()
    assert set(said("before")) == {planned} and document.description().beats.names == {}
    window.actions_by_name["draw_redo"].trigger()
    assert set(said("again")) == {"Old Mill"} and window.draft.count == 2
    # a crash loses neither the name nor that it can be taken back
    document._journal.flush()
    copy = ProjectDocument.open(document.file, editing=False)
    with monkeypatch.context() as m:
        m.setattr(journal, "is_running", lambda _: False)
        recovery = next(r for r in journal.recoveries(document.file))
        # the start page counts as the badge does, and the scenario
        assert recovery.changes == window.draft.count + 1
        copy.recover(recovery)
    # and so does the history
    changes = copy.content.history[-1].what
    assert changes == f"Recovered {recovery.changes} changes after the program ended unexpectedly"
    assert recovery.changes < len(recovery.done)
    assert copy.description().beats.names == {beat: "Old Mill"}
    assert copy.content.state["draft"]["1"]["names"] == [{"beat": beat, "before": ["", ""], "after": ["Old Mill", ""]}]
    # a change of the beat calls it by the name that it has now, and still does when the project is opened again
    words = [c.words for c in window.draft.done]
    assert words[0].endswith("(Old Mill)") == (window.drawing_panel.drawing.edits[0].beat == beat)
    window.save_project()
    qtbot.waitUntil(lambda: not window.session.work.busy and not document.dirty, timeout=120_000)
    window.close()
    window = open_window()
    assert [c.words for c in window.draft.done] == words
    assert [c.kind for c in window.draft.done] == ["beats", "names"] and set(said("reopened")) == {"Old Mill"}
    window.actions_by_name["draw_undo"].trigger()
    assert set(said("taken back")) == {planned}
    window.select_row(beat)
    window.draft.drop()
    window.actions_by_name["draw_name"].trigger()
    assert [c.kind for c in window.draft.done] == ["names"]
    assert window.make_draft_the_plan()
    qtbot.waitUntil(lambda: not window.solving.running, timeout=120_000)
    qtbot.waitUntil(lambda: not window.draft._later.isActive() and not window.results.work.busy, timeout=120_000)
    plan = window.scenario.plan.beats.set_index("beat")
    assert plan.loc[beat, "name"] == "Old Mill" and plan.loc[beat, "colour"] == "#123456" and not window.draft.count


def test_the_walk_by_keyboard_ends_no_run_before_it_has_a_plan():
    """However long a run takes to begin on a busy machine."""
    from types import SimpleNamespace

    from benchmarks.window_keys import to_keep

    def run(found, seconds):
        return SimpleNamespace(map=SimpleNamespace(content=SimpleNamespace(found=found)), spent=lambda: seconds)

    assert not to_keep(run(None, 99.0), 20.0)
    assert not to_keep(run([0], 5.0), 20.0)
    assert to_keep(run([0], 99.0), 20.0)


def test_the_plan_in_view_stays_readable_after_a_save(open_window):
    """A save begins a new journal and deletes the old one: comparing, making the draft the plan and checking again read the plan in view."""
    from beatplanner.data.result.folder import read_result

    window = open_window()
    folder = window.scenario.result
    for _ in range(2):
        drawing = window.drawing_panel.begin()
        a, b = drawing.edges[["a", "b"]].to_numpy(int)[0]
        window.drawing_panel.edit(lambda d, a=int(a), b=int(b): d.paint([a], str(d.beat[b])))
        window.draft.drop()
        assert window.session.save_and_wait(None)
        assert window.scenario.result == folder == window.scenario.document.plan_folder(window.scenario.plan_shown)
        assert read_result(folder).summary == window.scenario.plan.summary
    window.saved = True


@pytest.mark.parametrize(
    ("clash", "told"),
    [({}, True), ({"smallest_budget": {"found": 0.2}}, True), ({"smallest_tolerance": {"found": 0.126}}, False)],
)
def test_hours_of_a_relaxed_plan_are_not_told_as_rules(clash, told):
    row = {"municipality": "West", "beats": 29, "lower": 496.0, "upper": 639.0}
    town = OpenTown()
    town.plan = SimpleNamespace(summary={"beats": {"municipalities": [row], **clash}})
    assert town.hours_of_beats() == ([("West", 29, 496.0, 639.0)] if told else [])


def test_changes_call_beats_by_the_names_in_force(qapp):
    from types import SimpleNamespace

    from beatplanner.ui.desktop.session.draft import Change, Draft

    names = ["2"]

    def part(kind, words):
        nothing = lambda: None  # noqa: E731
        return SimpleNamespace(
            changes=lambda: [Change(kind, w()) for w in words],
            as_json=list,
            take_back=nothing,
            make_again=nothing,
            stays=False,
        )

    painted, named = [lambda: f"Painted to beat {names[-1]}"], []
    scenario = SimpleNamespace(document=None, plan_shown=0, taken=0)
    draft = Draft(scenario)
    draft.parts |= {"beats": part("beats", painted), "names": part("names", named)}
    draft.add(Change("beats", "Painted to beat 2"))
    names.append("Old Mill")
    named.append(lambda: "Beat 2 is called Old Mill")
    draft.add(Change("names", "Beat 2 is called Old Mill"))
    assert [c.words for c in draft.done] == ["Painted to beat Old Mill", "Beat 2 is called Old Mill"]
    names.pop(), named.pop()
    draft.undo()
    assert [c.words for c in draft.done] == ["Painted to beat 2"]
