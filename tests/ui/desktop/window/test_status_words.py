"""What the status line says of a run and of the unit at the pointer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hand_edits import paint

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from beatplanner.ui.desktop.toolkit.called import called


@pytest.fixture
def window(planned_window):
    return planned_window


def test_step_seconds_and_bar_of_a_run_stand_in_the_status_line_whatever_is_said_there(window, qtbot):
    window.actions_by_name["show_charts"].trigger()
    qtbot.waitUntil(lambda: window.phase.visibleRegion().isEmpty(), timeout=120_000)
    window.begun, window.limit, window.steps_ahead = 0.0, 300.0, ["beats", "officers"]
    window.bar.setRange(0, 1000)
    window.bar.setValue(400)
    window._show_progress("officers", 10.0, 9.0, 1.0)
    window._show_unit(0)
    window._say_run()
    mark = window.run_mark
    assert mark.isVisible() and mark.value() == 400 and mark.maximum() == 1000
    assert mark.format().startswith("Step 2 of 3: Officers · ") and mark.format().endswith(" of 300 s")
    window._stopped("Cancelled.")
    assert not mark.isVisible()


def test_what_is_said_of_the_unit_at_the_pointer_follows_plan_and_drawing(window):
    status = window.statusBar()
    unit, before = paint(window)
    window._show_unit(unit)
    drawn = window.scenario.shown_beat_of_unit()[unit]
    assert f"in the plan: beat {before}" in status.currentMessage()
    # another plan is in view, where nothing is drawn
    window.scenario.take(window.scenario.result)
    assert status.currentMessage().endswith(f"Beat {before}") and drawn != before
    status.showMessage("Saved")
    window.refresh()
    assert status.currentMessage() == "Saved"


def test_a_drawing_that_was_made_the_plan_is_told_as_drawn_and_not_as_what_was_found(window):
    clash = "Beat 1 is in two parts"
    summary = {**window.scenario.plan.summary, "clashes": [clash], "unproven_clashes": [clash]}
    found = replace(window.scenario.plan, summary=summary)
    drawn = replace(found, summary={**summary, "drawn": {"how": "keep"}})
    assert window._clash_title(found) == "No plan that keeps all rules was found"
    assert window._clash_title(drawn) == "The plan as drawn does not keep all rules"
    window.scenario.plan = drawn
    assert window._figures().endswith("As drawn: Beat 1 is in two parts.")


def test_a_beat_without_a_name_is_called_alike_everywhere():
    assert [called("1401", name) for name in ("", "1401", "Beat 1401", "Center")] == ["Beat 1401"] * 3 + ["Center"]


def test_the_chart_of_a_run_has_the_clock_of_its_box(window, monkeypatch):
    window.limit, window.steps_ahead, window.search_from = 300.0, ["beats", "officers"], 50.0
    monkeypatch.setattr(window, "spent", lambda: 147.0)
    window._show_progress("beats", 10.0, 9.0, 149.0)
    assert window.chart.series["beats"].seconds == 97.0 and "97 of 300 s" in window.phase.text()
