"""A run is drawn, waits and goes on, says what it has and what it lacks; leaving it asks."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hand_edits import paint
from window_runs import wait_for_plan

QtCore = pytest.importorskip("PySide6.QtCore")
QtWidgets = pytest.importorskip("PySide6.QtWidgets")

from beatplanner.planning.progress import CERTIFICATES, CHECK, PAPERS, Unmet
from beatplanner.ui.desktop.panels.run_chart import RunChart, Series, seconds_said
from beatplanner.ui.desktop.session import solving
from beatplanner.ui.desktop.toolkit.in_language import in_language
from beatplanner.ui.desktop.window import run_actions
from beatplanner.ui.desktop.window.languages import install_language
from beatplanner.ui.words import clash_lines


@pytest.fixture
def window(planned_window):
    return planned_window


def buttons_of_run(window):
    """Return the boxes of the buttons of the run in the window."""
    buttons = (window.plan_button, window.pause_button, window.cancel_button, window.enough_button)
    QtWidgets.QApplication.processEvents()
    return [QtCore.QRect(b.mapTo(window, QtCore.QPoint(0, 0)), b.size()) for b in buttons]


def test_a_run_is_drawn_waits_and_goes_on(window, qtbot):
    places = buttons_of_run(window)
    window.run_plan()
    window.solving.pause(True)
    window.enable_actions()
    assert window.pause_button.text() == "Go on"
    window._tick()
    assert window.solving.running and window.solving.paused
    window.pause_plan()
    assert window.pause_button.text() == "Pause" and "Paused" not in window.phase.text()
    wait_for_plan(qtbot, window)
    assert {"beats of West", "beats of Исток", "stations", "officers"} <= set(window.chart.series)
    assert all(s.best for s in window.chart.series.values())
    assert window.chart.isVisibleTo(window)
    # neither the chart nor the figures of the plan move the buttons
    assert window.figures.text()
    for before, now in zip(places, buttons_of_run(window), strict=True):
        # a scroll bar takes a little of their width
        assert now.top() == before.top() and now.contains(before.center())
    # as many parts were written as were told before
    assert len(window.written) == window.parts > 3
    said = window.phase.text()
    assert "Beats: proven best" in said and "\n" not in said and said.count(".") == 1, said
    assert not window.pause_button.isEnabled()


def test_beats_that_a_run_finds_never_hide_those_that_are_drawn_meanwhile(window, monkeypatch):
    content, panel = window.map.content, window.drawing_panel

    def find() -> bool:
        window.solving.found.emit(np.arange(4), np.arange(4) % 2)
        return content.found is not None

    assert find()
    # the map is of what is drawn as soon as the brush is in hand
    panel.begin()
    panel.use_brush(True)
    assert content.found is None and not find()
    window.map.use(None)
    assert find()
    # and where something was changed without it while the run goes on
    with monkeypatch.context() as run:
        run.setattr(type(window.solving), "running", True)
        paint(window)
    assert content.found is None and not find()
    # the next run is seen again
    window._stopped("")
    assert find()


def test_steps_seconds_and_bar_only_go_forward(window, monkeypatch):
    begun = []
    monkeypatch.setattr(window.solving, "start", lambda *_, **__: begun.append(True))
    window.begin_run("town.toml")
    window.solving.limited.emit(100.0, ["beats", "stations", "officers"], 5)
    told = [
        ("preparing", None),
        ("reading", None),
        ("beats [hours × metres]: search", 9e6),
        ("stations of West [residents × metres]: search", 8e6),
        ("beats [hours × metres]: proof", 7e6),
        ("officers: search", None),
        ("stations of West [residents × metres]: proof", 6e6),
        ("writing: the plan is checked", None),
        ("beats [hours × metres]: proof", 7e6),
    ]
    lines = []
    for phase, best in told:
        window.solving.progressed.emit(phase, best, None, 1.0)
        lines.append(window.phase.text().splitlines())
    steps = [line[0] for line in lines]
    # beats and stations are planned side by side: whichever tells something, the steps are both, and go back never
    assert steps[2:5] == ["Steps 1 and 2 of 4: Beats, Stations"] * 3
    assert [line[2] for line in lines[2:4]] == ["Beats", "Stations: West"]
    assert steps[5:7] == ["Step 3 of 4: Officers"] * 2 and set(steps[7:]) == {
        "Step 4 of 4: Checking and writing the plan"
    }
    # what an earlier step finds is told as that step's
    assert "7,000 hours × km" in lines[4][3] and lines[6][2] == "Stations: West"
    # a clock that is set back moves nothing back; how long reading took on this machine is left out
    window.step_running, window.search_from = "officers", 0.0
    monkeypatch.setattr(type(window.solving), "running", True)
    values = []
    for spent in (40.0, 30.0, 50.0):
        monkeypatch.setattr(window, "spent", lambda s=spent: s)
        window._tick()
        values.append(window.bar.value())
    monkeypatch.undo()
    assert values == [400, 400, 500]


def test_a_paused_run_goes_on_to_say_how_far_it_is(window, monkeypatch):
    monkeypatch.setattr(window.solving, "start", lambda *_, **__: None)
    window.begin_run("town.toml")
    window.solving.limited.emit(100.0, ["officers"], 5)
    monkeypatch.setattr(window, "spent", lambda: 7.0)
    window.search_from = 0.0
    window.solving.progressed.emit("officers [points]: search", 50.0, 45.0, 1.0)
    running = window.phase.text().splitlines()
    held = []
    monkeypatch.setattr(type(window.solving), "running", True)
    monkeypatch.setattr(type(window.solving), "paused", property(lambda _: bool(held)))
    monkeypatch.setattr(window.solving, "pause", lambda on: held.append(on) if on else held.clear())
    window.pause_plan()
    assert running[0] == "Step 1 of 2: Officers" and "7 of 100 s" in running and len(running) == 4
    kept = "What was found is kept; the time limit waits too."
    assert window.phase.text().splitlines() == [f"Paused: {running[0]}", *running[1:], kept]
    # what arrives late, told before the run knew that it waits, is shown as well
    window.solving.progressed.emit("officers [points]: search", 48.0, 45.0, 1.0)
    assert "48 points" in window.phase.text() and window.phase.text().startswith("Paused: ")
    window.pause_plan()
    assert not window.phase.text().startswith("Paused")
    # no run is there when the window closes
    monkeypatch.undo()


def test_who_presses_plan_stays_at_the_buttons_of_the_run(window, monkeypatch, qtbot):
    monkeypatch.setattr(window.solving, "start", lambda *_, **__: None)
    window.rules.setText("\n".join(f"• rule {k}" for k in range(200)))
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: QtWidgets.QApplication.activeWindow() is window, timeout=120_000)
    area = window.plan_button.parentWidget()
    while not isinstance(area, QtWidgets.QScrollArea):
        area = area.parentWidget()
    qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() > 500, timeout=120_000)
    window.plan_button.setFocus()
    monkeypatch.setattr(type(window.solving), "running", True)
    window.begin_run("town.toml")
    # the next one that Qt finds is below the rules, where the panel would scroll to
    QtWidgets.QApplication.processEvents()
    assert window.pause_button.hasFocus() and area.verticalScrollBar().value() == 0
    window.stopped_early = True
    window.enable_actions()
    assert window.cancel_button.hasFocus()
    # behind a question the window keeps for itself where the keys will go
    asked = QtWidgets.QDialog(window)
    asked.setModal(True)
    asked.show()
    asked.activateWindow()
    qtbot.waitUntil(lambda: QtWidgets.QApplication.activeWindow() is asked, timeout=120_000)
    monkeypatch.setattr(type(window.solving), "running", False)
    window.enable_actions()
    assert window.focusWidget() is window.plan_button
    asked.close()
    qtbot.waitUntil(lambda: QtWidgets.QApplication.activeWindow() is window, timeout=120_000)
    monkeypatch.undo()
    window.enable_actions()
    assert window.plan_button.hasFocus()


def test_what_comes_before_the_search_takes_nothing_of_its_seconds(window, monkeypatch):
    monkeypatch.setattr(window.solving, "start", lambda *_, **__: None)
    window.begin_run("town.toml")
    monkeypatch.setattr(type(window.solving), "running", True)
    window.solving.limited.emit(100.0, ["beats"], 5)
    lines, busy, values = [], [], []
    phases = ("preparing", "reading", "beats", "beats", CERTIFICATES, "writing")
    for spent, phase in zip((60.0, 90.0, 95.0, 120.0, 125.0, 130.0), phases, strict=True):
        monkeypatch.setattr(window, "spent", lambda s=spent: s)
        window.solving.progressed.emit(phase, None, None, 0.0)
        window._tick()
        lines.append(window.phase.text().splitlines())
        busy.append(window.bar.maximum() == 0)
        values.append(window.bar.value())
    monkeypatch.undo()
    assert lines[0] == ["Getting ready to compute…", "60 s"] and lines[1] == ["Reading the layers…", "90 s"]
    assert lines[2] == ["Step 1 of 2: Beats", "0 of 100 s"] and lines[3] == ["Step 1 of 2: Beats", "25 of 100 s"]
    assert lines[4] == ["Working out what proves the bounds…", "30 of 100 s"]
    assert lines[5] == ["Step 2 of 2: Checking and writing the plan", "0 s"]
    assert busy == [True, True, False, False, False, False] and values[2:5] == [0, 250, 300]


def test_a_run_says_that_no_plan_keeps_the_rules_yet_and_which(window, monkeypatch):
    monkeypatch.setattr(window.solving, "start", lambda *_, **__: None)

    def said():
        return window.phase.text().replace("\xa0", " ")

    window.begin_run("town.toml")
    window.solving.limited.emit(100.0, ["beats"], 5)
    window.solving.progressed.emit("beats of West", None, None, 1.0)
    assert "No plan that keeps" not in said()
    window.solving.unmet.emit("West", Unmet(deviation=0.126, tolerance=0.05))
    head = "No plan that keeps all rules has been found yet: "
    assert said().endswith(f"{head}West: a beat's work is 12.6 % from the mean, and at most 5.0 % is allowed.")
    # of several the worst is told, and how many more there are
    window.solving.unmet.emit("Исток", Unmet(deviation=0.3, tolerance=0.05))
    assert f"{head}Исток: a beat's work is 30.0 %" in said() and said().endswith(" And 1 more.")
    window.solving.unmet.emit("", Unmet(moved=0.5, budget=0.1))
    assert f"{head}50.0 % of residents change beat, and at most 10.0 % may. And 2 more." in said()
    # beside it no gap is told, which would be that of wider rules
    window.solving.progressed.emit("beats of West [hours × metres]: proof", 100.0, 99.0, 1.0)
    assert "best possible" not in said()
    drawn = window.chart.series["beats of West"]
    assert not drawn.best and drawn.bound and drawn.gap is None
    window.solving.progressed.emit("beats of East [hours × metres]: proof", 100.0, 99.0, 1.0)
    assert window.chart.series["beats of East"].gap == pytest.approx(0.01)
    for place in ("West", "Исток", ""):
        window.solving.unmet.emit(place, None)
    window.solving.progressed.emit("beats of West [hours × metres]: proof", 100.0, 99.0, 1.0)
    assert "No plan that keeps" not in said() and "at most 1.0 % from the best possible plan" in said()
    assert drawn.gap == pytest.approx(0.01)
    window.solving.progressed.emit("beats of West [hours × metres]: proof", 100.0, 100.0, 1.0)
    assert said().endswith("Proven best.")
    # a hair too much is not told as no more than is allowed; what is written is what there is
    window.solving.unmet.emit("West", Unmet(deviation=0.10003, tolerance=0.1))
    window.solving.progressed.emit(PAPERS, None, None, 1.0)
    told = "No plan that keeps all rules was found: West: a beat's work is 10.003 % from the mean, and at most 10.000 %"
    assert told in said()
    # nothing of it is said of the next run
    window.solving.unmet.emit("West", Unmet(deviation=0.126, tolerance=0.05))
    window.begin_run("town.toml")
    assert "No plan that keeps" not in said()


def test_writing_is_a_step_of_its_own_whose_bar_counts_parts(window, monkeypatch):
    # as a window says it that speaks English; which one the tests before have left does not matter
    monkeypatch.setattr(run_actions, "language_in_words", {"mk": "Macedonian", "sq": "Albanian"}.__getitem__)
    monkeypatch.setattr(window.solving, "start", lambda *_, **__: None)
    monkeypatch.setattr(window.solving, "finish_early", lambda: None)
    window.begin_run("town.toml")
    monkeypatch.setattr(type(window.solving), "running", True)
    window.solving.limited.emit(100.0, ["beats"], 5)

    def at(spent, phase=None):
        monkeypatch.setattr(window, "spent", lambda: spent)
        if phase is not None:
            window.solving.progressed.emit(phase, None, None, 0.0)
        window._tick()
        return window.bar.value() / window.bar.maximum()

    at(0.0, "beats")
    assert at(30.0) == 0.3
    window.finish_early()
    # who has ended the search is not shown how its limit runs out
    assert at(60.0) == 0.3
    assert at(70.0, "writing") == 0.0 and at(95.0) == 0.0
    parts = [PAPERS, CHECK, "writing: the maps of the pack", "writing: the pack in mk", "writing: the pack in sq"]
    assert [at(96.0, part) for part in parts] == [0.0, 0.2, 0.4, 0.6, 0.8]
    assert at(500.0, "writing: the pack in sq (24 of 41 pages)") == 0.8
    # there is no search any more that could end early
    assert not window.enough_button.isEnabled() and not window.actions_by_name["finish_early"].isEnabled()
    lines = window.phase.text().splitlines()
    assert lines == [
        "Step 2 of 2: Checking and writing the plan",
        "430 s",
        "Part 5 of 5: the pack in the language Albanian",
        "pages: 24 of 41",
    ]
    monkeypatch.undo()


def test_a_second_run_begins_with_the_beats_of_the_plan_that_is_shown(window, monkeypatch):
    begun = []
    monkeypatch.setattr(window.solving, "start", lambda *_, **options: begun.append(options))
    window.run_plan()
    assert begun[0]["start_from"] == window.scenario.result
    window.scenario.plan = None
    window.run_plan()
    assert begun[1] == {}


def test_the_clock_of_a_paused_run_stands_still():
    import time

    from beatplanner.ui.desktop.session.solving import _Pause

    class Paused:
        looks = 0

        def is_set(self):
            # it looks ten times a second
            self.looks += 1
            return self.looks <= 4

    pause, real = _Pause(Paused()), time.perf_counter
    begin, begun = pause.clock(), real()
    pause.wait()
    assert real() - begun >= 0.4
    # of what was waited the clock knows nothing
    assert pause.clock() - begin < (real() - begun) - 0.39
    assert time.monotonic.__module__ == "time"  # the clock of everybody else is not touched


def test_a_long_run_is_not_thrown_away_by_one_key(window, qtbot, monkeypatch):
    asked, answer = [], QtWidgets.QMessageBox.StandardButton
    monkeypatch.setattr(run_actions, "ASK_AFTER", 0.0)
    monkeypatch.setattr(QtWidgets.QMessageBox, "question", lambda *a: asked.append(a) or answer.No)
    window.run_plan()
    window.solving.pause(True)
    window.cancel_plan()
    assert asked and window.solving.running
    # closing asks too, and staying keeps the run
    window.close()
    assert len(asked) == 2 and window.isVisible() and window.solving.running
    monkeypatch.setattr(QtWidgets.QMessageBox, "question", lambda *a: answer.Yes)
    window.cancel_plan()
    assert not window.solving.running


def test_the_gap_is_shaded_only_where_plan_and_bound_are_known(qtbot):
    chart = RunChart()
    qtbot.addWidget(chart)
    for seconds, best, bound in ((10.0, None, 90.0), (20.0, None, 100.0), (40.0, 115.0, 101.0), (50.0, 112.0, 101.0)):
        chart.add("beats: proof", seconds, best, bound)
    chart.resize(300, 160)
    chart.show()
    picture = chart.grab().toImage()
    ground = picture.pixelColor(1, 80)
    assert ground.isValid()

    def drawn(share):
        x = round(4 + share * (picture.width() - 8))
        return sum(picture.pixelColor(x, y) != ground for y in range(40, picture.height() - 30))

    # before there is a plan a column has the line of the bound alone, after it what lies between too
    assert drawn(0.7) <= 6 < drawn(0.9)


def test_lines_of_the_chart_never_get_worse_and_the_gap_is_theirs(qtbot):
    series = Series()
    for seconds, best, bound in ((0.1, 200.0, None), (0.2, None, 50.0), (0.3, 120.0, 90.0), (0.4, 130.0, 80.0)):
        series.add(seconds, best, bound)
    assert [v for _, v in series.best] == [200.0, 120.0, 120.0]
    assert [v for _, v in series.bound] == [50.0, 90.0, 90.0]
    assert series.gap == pytest.approx(0.25)
    low, high = series.limits()
    assert low < 90 and high > 120
    chart = RunChart()
    qtbot.addWidget(chart)
    chart.add("beats: proof", 1.0, 100.0, 99.0)
    # while it is sought nobody has checked it, as the box of the run says
    assert chart.in_words("beats") == "At most 1.0\xa0% from the best possible plan, not checked yet"
    before = QtCore.QLocale()
    QtCore.QLocale.setDefault(QtCore.QLocale("mk"))
    try:
        assert "1,0\xa0%" in chart.in_words("beats")
        assert (seconds_said(9.04), seconds_said(74.2)) == ("9,0", "74")
    finally:
        QtCore.QLocale.setDefault(before)
    # in the end it says what the plan says: not all that the search told of the bound may be certified
    chart.settle("beats", 100.0, 98.0)
    assert chart.series["beats"].gap == pytest.approx(0.02)
    chart.settle("beats", 7.0, 1.0)
    chart.settle("stations", 7.0, 1.0)
    assert chart.series["beats"].gap == pytest.approx(0.02) and "stations" not in chart.series
    chart.add("officers: proof", 1.0, 5.0, None)
    chart.settle("officers", 5.0, None)
    assert chart.in_words("officers") == "A plan is found; nothing is proven yet."
    chart.resize(260, 140)
    chart.show()
    picture = chart.grab().toImage()
    colours = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    assert "#d95f0e" in colours


def test_a_bound_of_minus_infinity_is_told_as_none(window):
    window.chart.clear()
    window._show_progress("stations: bound [residents × metres]", 5.0, float("-inf"), 1.0)
    assert window.chart.accessibleDescription() == "A plan is found; nothing is proven yet."
    assert "best possible" not in window.run_words


def test_a_run_ends_with_the_gaps_of_all_steps_and_municipalities(window, qtbot, monkeypatch):
    monkeypatch.setattr(window.solving, "start", lambda *_, **__: None)
    window.begin_run("town.toml")
    found = {"A": (100.0, 100.0), "B": (100.0, 90.0), "C": (100.0, None)}
    for place, (best, bound) in found.items():
        window.solving.progressed.emit(f"beats of {place} [hours × metres]: bound", best, bound, 1.0)
    assert window.chart.title() == "Beats: C"
    window.solving.unmet.emit("D", Unmet(deviation=0.2, tolerance=0.1))
    window.solving.progressed.emit("beats of D [hours × metres]: bound", 100.0, 99.0, 1.0)
    steps = {"stations": {"status": "feasible", "gap": 0.02}, "officers": {"status": "optimal", "gap": 1e-9}}
    # what the search alone told of a municipality is not told as the plan's figure, which comes from what can be checked
    unchecked = {"status": "optimal", "gap": 0.0, "objective": 100.0, "certified": False, "certified_bound": 96.0}
    shown = {g.name: g.words.replace("\xa0", " ") for g in window._gaps({"beats": unchecked, **steps})}
    assert (shown["Beats"], shown["Beats: A"], shown["Stations"]) == ("4.0 %", "proven best, not checked", "2.0 %")
    best = {g.name: g.words for g in window._gaps({"beats": {"status": "optimal", "gap": 0.0}})}
    assert (best["Beats"], best["Beats: A"]) == ("proven best", "proven best")
    gaps = {g.name: g for g in window._gaps({"beats": {"status": "infeasible", "gap": None}, **steps})}
    words = {name: g.words.replace("\xa0", " ") for name, g in gaps.items()}
    assert words == {
        "Beats: A": "proven best, not checked",
        "Beats: B": "10.0 %, not checked",
        "Beats: C": "no bound",
        "Beats: D": "rules relaxed",
        "Stations": "2.0 %",
        "Officers": "proven best",
    }
    low = window.chart.sizeHint().height()
    window.chart.end(list(gaps.values()))
    # what nothing is known of comes first
    assert [g.name for g in window.chart.gaps[:3]] == ["Beats: C", "Beats: D", "Beats: B"]
    assert "Stations: 2.0" in window.chart.accessibleDescription()
    window.chart.resize(300, window.chart.sizeHint().height())
    seen = window.chart.grab().toImage()
    window.chart.end([replace(g, gap=0.0, words="") for g in gaps.values()])
    assert window.chart.grab().toImage() != seen
    # one step alone keeps its line of time, and the next run begins with it
    window.chart.end([gaps["Stations"]])
    assert not window.chart.gaps and window.chart.sizeHint().height() == low
    # with the plan's figure, whatever the search told of its own lines
    assert window.chart.accessibleDescription().replace("\xa0", " ") == "Stations: 2.0 %"
    assert window.chart._below(window.chart.series[window.chart.step]).replace("\xa0", " ") == "gap 2.0 %"


def test_a_clash_of_several_municipalities_is_told_one_a_line():
    said = "In Gazi Baba: 4 beats cannot be drawn: no such beats exist. In Tetovo: 4 beats were not found. The smallest tolerance found is ±9.0%."
    lines = clash_lines(said)
    assert [line.split()[1] for line in lines] == ["Gazi", "Tetovo:", "smallest"] and " ".join(lines) == said


def test_a_fault_of_the_program_is_no_fault_of_the_input(window, planned_once, monkeypatch, qapp, tmp_path):
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    sent, said = [], []
    monkeypatch.setattr("beatplanner.planning.whole.run.run", fail)
    line = SimpleNamespace(put=sent.append, enough=threading.Event(), paused=threading.Event())
    solving._child(planned_once.project, str(tmp_path / "plan"), {}, line)
    monkeypatch.setattr(
        window, "show_lines", lambda title, lines: said.append((title, [in_language(t) for t in lines]))
    )
    install_language(qapp, "mk")
    try:
        window.solving.ended(*sent[-1])
        window.solving.died()
    finally:
        install_language(qapp, "en")
    assert said[0][1][0].startswith("Ова запре поради грешка на програмата (ZeroDivisionError)."), said
    assert " A report" not in said[0][1][0] and "Planning" not in said[1][1][0]
    window.solving.ended(*sent[-1])
    assert said[2][0] == "beatplanner met an error of its own"
    assert "There is no new plan." in window.phase.text()


def test_a_run_is_followed_in_the_status_line_where_its_box_is_behind_another_panel(window):
    dock = next(d for d in window.findChildren(QtWidgets.QDockWidget) if d.isAncestorOf(window.phase))
    dock.show()
    dock.raise_()
    QtWidgets.QApplication.processEvents()
    status = window.statusBar()
    status.clearMessage()
    window._say_run()
    assert window.phase.isVisible() and not status.currentMessage()
    dock.hide()
    assert not window.phase.isVisible()
    window._show_progress("beats", 10.0, 9.0, 1.0)
    assert status.currentMessage() == window.phase.text().replace("\n", " · ")
    # what is pointed at comes first, and the run after it
    window._show_unit(0)
    said = status.currentMessage()
    window._say_run()
    assert said and status.currentMessage() == said
    window.map.leaveEvent(None)
    assert not status.currentMessage()
    window._say_run()
    assert status.currentMessage()
    window._stopped("Cancelled.")
    assert status.currentMessage() == "Cancelled."
