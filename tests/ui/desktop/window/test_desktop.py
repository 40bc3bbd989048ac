"""The window, driven as a user would, on Qt's offscreen platform."""

from __future__ import annotations

import os
import shutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import subprocess
import sys
import time

import numpy as np
import pytest
from window_runs import wait_for_plan

QtWidgets = pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6.QtCore import QPoint, Qt, QTimer

from beatplanner.ui.desktop.session import session
from beatplanner.ui.desktop.toolkit import recent
from beatplanner.ui.desktop.toolkit.actions import ACTIONS
from beatplanner.ui.desktop.window import main_window
from beatplanner.ui.desktop.window.main_window import MainWindow


@pytest.fixture(scope="module")
def planned(planned_here):
    return planned_here


@pytest.fixture
def window(make_window):
    return make_window((1200, 700))


def test_every_action_has_words_and_a_method():
    assert len({a.name for a in ACTIONS}) == len(ACTIONS)
    keys = [a.shortcut for a in ACTIONS if a.shortcut]
    assert len(set(keys)) == len(keys)
    for action in ACTIONS:
        assert action.help.endswith(".")
        assert callable(getattr(MainWindow, action.name))


def test_start_page_then_result(window, planned):
    assert window.pages.currentIndex() == 0
    window.open(planned.folder / "plan")
    assert window.pages.currentIndex() == 1
    assert window.table_model.rowCount() == 4
    assert "4 beats" in window.figures.text()
    assert "Grid" in window.windowTitle()
    assert recent.recent_projects() == [planned.folder / "plan"]


def test_before_there_is_a_plan_the_table_has_todays_beats(window, planned, qtbot):
    window.open(planned.project)
    assert window.scenario.plan is None
    qtbot.waitUntil(lambda: window.table_model.rowCount() == 4, timeout=120_000)
    cells = {
        window.table_model.headerData(c, Qt.Orientation.Horizontal).replace("\n", " "): [
            window.table_model.data(window.table_model.index(r, c)) for r in range(4)
        ]
        for c in range(window.table_model.columnCount())
    }
    assert cells["Beat"] == ["1", "2", "3", "4"] and set(cells["Municipality"]) == {"West", "Исток"}
    assert sum(int(n) for n in cells["Residents"]) == round(window.scenario.town.units["population"].sum())
    assert all(cells["Hours a year"]) and all("%" in d for d in cells["Deviation"])
    assert window.table_pages.currentWidget() is window.table
    # a beat of the table is that of the map
    window.table.selectRow(2)
    assert window.map.selected == window.beat_at(window.table.currentIndex())
    # what is drawn is compared with today
    painted = int(np.flatnonzero(window.scenario.beat_of_unit() == "1")[0])
    window.drawing_panel.edit(lambda d: d.paint([painted], "2"))
    tips = [
        window.table_model.data(window.table_model.index(0, c), Qt.ItemDataRole.ToolTipRole)
        for c in range(window.table_model.columnCount())
    ]
    assert any(tip and "Today: " in tip for tip in tips) and not any(tip and "In the plan" in tip for tip in tips)
    window.draft.drop()
    # the plan's take their place
    window.scenario.take(planned.folder / "plan")
    assert window.today.beats is None and window.table_model.rowCount() == 4
    assert all(cell for cell in (window.table_model.data(window.table_model.index(r, 8)) for r in range(4)))


def test_figures_of_today_stay_and_are_marked_until_those_by_other_rules_are_there(window, planned, qtbot):
    window.open(planned.project)
    model, today = window.table_model, window.today
    assert window.counting.isVisible()
    qtbot.waitUntil(lambda: model.rowCount() == 4 and not today.counting, timeout=120_000)
    at = [column for _, column, _ in model.columns].index("workload")

    def hours(role=Qt.ItemDataRole.UserRole):
        return [model.data(model.index(r, at), role) for r in range(4)]

    before = hours()
    assert not window.counting.isVisible() and set(hours(Qt.ItemDataRole.ForegroundRole)) == {None}
    field = next(f for f in window.rule_panel.fields if f.rule.key == "workload.community_hours_per_1000")
    field.number.setValue(field.number.value() + 500)
    field.timer.timeout.emit()
    # no event has come from the child yet
    assert today.counting and hours() == before and window.counting.isVisible()
    faint = window.palette().placeholderText().color().name()
    assert {brush.color().name() for brush in hours(Qt.ItemDataRole.ForegroundRole)} == {faint}
    assert all("computed again" in tip for tip in hours(Qt.ItemDataRole.ToolTipRole))
    # what is drawn meanwhile is compared with nothing that is old
    painted = int(np.flatnonzero(window.scenario.beat_of_unit() == "1")[0])
    window.drawing_panel.edit(lambda d: d.paint([painted], "2"))
    assert today.counting and window.scenario.drawn.changed
    assert set(hours(Qt.ItemDataRole.ToolTipRole)) == set(hours(Qt.ItemDataRole.ForegroundRole)) == {None}
    window.actions_by_name["draw_undo"].trigger()
    qtbot.waitUntil(lambda: not today.counting, timeout=120_000)
    assert all(now > was for now, was in zip(hours(), before, strict=True))
    assert not window.counting.isVisible() and set(hours(Qt.ItemDataRole.ForegroundRole)) == {None}
    window.draft.drop()
    # a plan's take their place
    window.scenario.take(planned.folder / "plan")
    assert today.beats is None and not today.counting and not window.counting.isVisible()


def test_without_any_beats_the_table_says_so_and_offers_to_plan(window, town, monkeypatch):
    town.swap('current = { path = "old.gpkg", id = "beat" }\n', "")
    window.open(town.project)
    assert window.table_pages.currentWidget() is not window.table
    assert "no beats of today, and there is no plan yet" in window.no_beats.text()
    monkeypatch.setattr(window.solving, "start", lambda *_, **__: None)
    monkeypatch.setattr(type(window.solving), "running", False)
    window.first_plan.click()
    monkeypatch.setattr(type(window.solving), "running", True)
    window.enable_actions()
    assert "The first plan is being made" in window.no_beats.text() and not window.first_plan.isEnabled()
    monkeypatch.undo()


def test_hover_click_and_table_belong_together(window, planned, qtbot):
    window.open(planned.folder / "plan")
    window.map.fit()
    x, y = window.scenario.units[["x", "y"]].iloc[5]
    at = window.map.to_widget(x, y).toPoint()
    with qtbot.waitSignal(window.map.hovered, timeout=120_000) as hovered:
        qtbot.mouseMove(window.map, at + QPoint(3, 0))
        qtbot.mouseMove(window.map, at)
    assert hovered.args == [5]
    qtbot.mouseClick(window.map, Qt.MouseButton.LeftButton, pos=at)
    beat = str(window.scenario.units["beat"].iloc[5])
    assert window.map.selected == beat
    row = window.sorted_model.mapToSource(window.table.currentIndex()).row()
    assert window.table_model.beat(row) == beat
    window.table.selectRow((window.table.currentIndex().row() + 1) % 4)
    assert window.map.selected != beat


def test_zoom_pan_and_layers_change_the_picture(window, planned, qtbot):
    window.open(planned.folder / "plan")
    before = window.map.grab().toImage()
    window.zoom_in()
    scale = window.map.scale
    assert window.map.grab().toImage() != before
    window.zoom_all()
    assert window.map.scale < scale
    shown = window.map.grab().toImage()
    window.map.stack.change("Beats", visible=False)
    assert window.map.grab().toImage() != shown
    centre = window.map.centre.copy()
    qtbot.keyClick(window.map, Qt.Key.Key_Right)
    assert window.map.centre[0] > centre[0]


def test_plan_in_a_child_process_then_save_and_open_again(window, planned, qtbot, tmp_path):
    window.open(planned.project)
    assert window.scenario.plan is None
    assert not window.actions_by_name["save_result"].isEnabled()
    found = []
    window.solving.found.connect(lambda units, district: found.append((units, window.map.content.found.copy())))
    window.run_plan()
    assert window.solving.running
    assert window.cancel_button.isEnabled()
    wait_for_plan(qtbot, window)
    assert window.scenario.plan is not None
    assert found, "the best plan so far was seen on the map"
    assert (found[0][1][found[0][0]] >= 0).all()
    assert window.map.content.found is None
    assert not window.saved
    assert window.save_to(tmp_path / "saved")
    assert window.saved
    window.open(tmp_path / "saved")
    assert window.table_model.rowCount() == 4
    window.verify_plan()
    assert window.told == []


def test_cancel_keeps_the_plan_in_force(window, planned, qtbot):
    window.open(planned.folder / "plan")
    before = window.scenario.plan
    window.run_plan()
    with qtbot.waitSignal(window.solving.progressed, timeout=120_000):
        pass
    window.cancel_plan()
    assert not window.solving.running
    assert window.scenario.plan is before
    assert "kept" in window.phase.text()


def test_bad_input_is_told_in_words(window, planned, qtbot, tmp_path):
    shutil.copytree(planned.folder, tmp_path / "copy")
    project = tmp_path / "copy" / "project.toml"
    window.open(project)
    project.write_text(project.read_text("utf-8").replace('"pop"', '"popp"'), encoding="utf-8")
    window.run_plan()
    with qtbot.waitSignal(window.solving.refused, timeout=120_000):
        pass
    assert "popp" in window.told[-1][1][0]
    window.open(project)
    assert "popp" in window.told[-1][1][0]
    assert window.scenario.is_open


def test_closing_while_planning_asks(window, planned, qtbot, monkeypatch):
    window.open(planned.project)
    window.run_plan()
    asked = []
    answer = QtWidgets.QMessageBox.StandardButton.No
    monkeypatch.setattr(main_window.QMessageBox, "question", lambda *a: asked.append(a) or answer)
    assert not window.close()
    assert len(asked) == 1
    assert window.solving.running
    # it said "Press Plan" while the plan was under way
    assert "being made" in window.figures.text()
    window.solving.cancel()
    window.enable_actions()
    assert "Press Plan" in window.figures.text()


def test_the_table_is_filtered_and_copied_as_it_is_seen(window, planned):
    window.open(planned.folder / "plan")
    rows = window.sorted_model.rowCount()
    name = str(window.scenario.plan.beats["name"].iat[1])
    window.table_filter.setText(name.upper())
    assert 0 < window.sorted_model.rowCount() < rows
    window.copy_table()
    lines = [line.split("\t") for line in QtWidgets.QApplication.clipboard().text().splitlines()]
    assert len(lines) == window.sorted_model.rowCount() + 1
    assert lines[0][:4] == ["Beat", "Name", "Municipality", "Hours a year"]
    beat = window.scenario.plan.beats.set_index("beat").loc[lines[1][0]]
    assert float(lines[1][3]) == pytest.approx(beat["workload"])
    window.table_filter.setText("")
    assert window.sorted_model.rowCount() == rows


def test_beats_are_sorted_by_the_alphabet_of_the_language(qapp):
    from PySide6.QtGui import QStandardItem, QStandardItemModel

    from beatplanner.ui.desktop.panels.beat_table import SortedBeats
    from beatplanner.ui.desktop.window.languages import install_language

    install_language(qapp, "mk")
    try:
        table, values = QStandardItemModel(), ["Чаир", "Центар 10", 12, "Ѓорче", 2, "Аеродром", "Центар 2", "Гази"]
        for value in values:
            item = QStandardItem()
            item.setData(value, Qt.ItemDataRole.UserRole)
            table.appendRow(item)
        beats = SortedBeats()
        beats.setSourceModel(table)
        beats.sort(0)
        found = [beats.index(r, 0).data(Qt.ItemDataRole.UserRole) for r in range(len(values))]
        assert found == [2, 12, "Аеродром", "Гази", "Ѓорче", "Центар 2", "Центар 10", "Чаир"]
    finally:
        install_language(qapp, "en")


def test_good_enough_takes_the_best_plan_so_far(window, planned, qtbot):
    window.open(planned.project)
    messages = []

    def enough(*_progress):
        # pressed when the beats are told first: a small town may be planned before anybody looks again
        if window.step_running != "beats" or messages:
            return
        window.finish_early()
        # a run that ends is neither ended again nor made to wait
        messages.append(window.phase.text())
        messages.append([window.actions_by_name[n].isEnabled() for n in ("finish_early", "pause_plan", "cancel_plan")])

    window.solving.progressed.connect(enough)
    window.run_plan()
    wait_for_plan(qtbot, window)
    assert "Taking the best plan so far" in messages[0]
    assert messages[1] == [False, False, True]
    assert not window.solving.running
    assert window.scenario.plan is not None
    assert not window.saved


@pytest.mark.parametrize("step", ["", "reading", "preparing"])
def test_good_enough_before_the_search_ends_at_once(window, planned, step):
    window.open(planned.project)
    window.run_plan()
    window.step_running = step
    window.actions_by_name["finish_early"].trigger()
    # the layers are still read: there is nothing to keep, and nothing to wait for
    assert not window.solving.running and window.scenario.plan is None
    assert "no plan to keep yet" in window.phase.text()
    assert window.saved and window.plan_button.isEnabled() and not window.enough_button.isEnabled()


def read_when_the_window_was_free(description, folder):
    """What the child does in place of reading: it waits until the window has been free often enough."""
    while not description.file.with_name("enough").exists():
        time.sleep(0.01)
    return session._read_project(description, folder)


def test_the_window_goes_on_while_a_town_is_read(window, town, monkeypatch):
    monkeypatch.setattr(session, "_read_project", read_when_the_window_was_free)
    ticks, enough = [], town.path("enough")

    def tick():
        ticks.append(enough.exists())
        if len(ticks) == 20:
            enough.touch()

    timer = QTimer()
    timer.setInterval(20)
    timer.timeout.connect(tick)
    timer.start()
    window.open(town.project)
    timer.stop()
    assert window.scenario.town is not None
    # the window that waits for the child would have waited for ever
    assert ticks[:20] == [False] * 20


def test_an_error_while_reading_is_told_as_ever(window, town):
    town.swap('population = "pop"', 'population = "people"')
    window.open(town.project)
    assert window.told and "people" in window.told[0][1][0]
    assert not window.scenario.is_open


def test_the_window_stands_without_what_only_a_town_needs():
    """A second of imports goes unnoticed once a town is read, but not before the window is there."""
    late = (
        "geopandas",
        "pandas",
        "scipy",
        "numba",
        "pulp",
        "highspy",
        "pydantic",
        "babel",
        "beatplanner.planning.whole.run",
    )
    made = "w = MainWindow(); print([m for m in late if m in sys.modules])"
    code = f"import sys; from PySide6.QtWidgets import QApplication; a = QApplication([]); from beatplanner.ui.desktop.window.main_window import MainWindow; late = {late}; {made}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_a_message_that_is_longer_than_its_place_ends_in_dots_before_what_stands_beside_it(make_window, planned, qtbot):
    window = make_window()
    window.resize(1366, 768)
    window.open(planned.folder / "plan")
    window.show()
    bar, words = (
        window.statusBar(),
        "Outside the municipality of this beat: " + ", ".join(f"unit {k}" for k in range(99)),
    )
    window.coordinates.setText("42.01859° N  21.01192° E")
    bar.showMessage(words)
    qtbot.waitUntil(lambda: bar.room().right() < window.coordinates.geometry().left())
    said = bar.said()
    assert said != words and said.endswith("…")
    assert bar.fontMetrics().horizontalAdvance(said) <= bar.room().width()
    # what comes beside it later takes of its place at once
    window.coordinates.setText("42.01859° N  21.01192° E  ·  E 500,987  N 4,651,840 m")
    qtbot.waitUntil(lambda: len(bar.said()) < len(said))
    bar.showMessage("Saved")
    assert bar.said() == "Saved"
    assert bar.currentMessage() == "Saved"
