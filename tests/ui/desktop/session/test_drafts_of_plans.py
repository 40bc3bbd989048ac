"""What is drawn on one plan of a project stays with it: it is told where another plan comes into view, and found again."""

from __future__ import annotations

import os
import shutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from hand_edits import move_station, paint

QtWidgets = pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)


@pytest.fixture
def window(make_window, project_once, tmp_path, qtbot):
    window = make_window((1200, 700))
    window.open(shutil.copyfile(project_once, tmp_path / "town.gpkg"))
    qtbot.waitUntil(lambda: not window.draft._later.isActive() and not window.results.work.busy, timeout=120_000)
    return window


def test_what_was_drawn_before_a_new_plan_is_told_and_found_again(window, tmp_path, qtbot):
    dock = window.findChild(QtWidgets.QDockWidget, "project")
    before, folder = window.scenario.plan_shown, shutil.copytree(window.scenario.result, tmp_path / "plan")

    def rows() -> list[str]:
        dock.show()
        dock.load()
        return [dock.plans.item(k).text() for k in range(dock.plans.count())]

    def shown(plan: int) -> None:
        dock._show_plan(plan)
        qtbot.waitUntil(lambda: not window.draft._later.isActive(), timeout=120_000)

    # drawn on today's beats and on a plan, each before another plan is made
    shown(0)
    unit, _ = paint(window)
    drawn = str(window.drawing_panel.drawing.beat[unit])
    shown(before)
    assert not window.draft.count
    move_station(window)
    window._take_result(folder, True, [])
    assert not window.draft.count and "Kept with the plan before: 1 change not in the plan." in window.phase.text()
    assert "Officers: " in window.phase.text()
    new, old, today = rows()
    assert "change" not in new and "1 change not in the plan" in old
    assert "Today's beats" in today and "1 change not in the plan" in today
    shown(before)
    # how a run ended is said of its plan, and of no other
    assert window.phase.text() == "Not running." and not window.chart.isVisible()
    assert [c.kind for c in window.draft.done] == ["stations"]
    shown(0)
    assert [c.kind for c in window.draft.done] == ["beats"] and str(window.drawing_panel.drawing.beat[unit]) == drawn
    assert "▶ Today's beats" in rows()[-1]
    window.draft.undo()
    shown(before)
    assert len(rows()) == 2


def test_the_plan_in_view_of_each_scenario_comes_back_with_its_draft(window, tmp_path, qtbot, monkeypatch):
    dock, document = window.findChild(QtWidgets.QDockWidget, "project"), window.scenario.document
    before, folder = window.scenario.plan_shown, shutil.copytree(window.scenario.result, tmp_path / "plan")
    window._take_result(folder, True, [])
    dock._try(lambda d: d.add_scenario("Few"))
    latest = window.scenario.plan_shown
    assert latest != before
    window.save_project()
    qtbot.waitUntil(lambda: not window.session.work.busy and not document.dirty, timeout=120_000)
    dock._show_plan(before)
    # who only looked at another plan has nothing to lose
    assert not document.dirty and window.may_leave()
    qtbot.waitUntil(lambda: not window.draft._later.isActive(), timeout=120_000)
    move_station(window)
    dock._activate("")
    assert window.scenario.plan_shown == latest and not window.draft.count
    dock._activate("Few")
    assert window.scenario.plan_shown == before
    window.save_project()
    qtbot.waitUntil(lambda: not window.session.work.busy and not document.dirty, timeout=120_000)
    window.open(document.file)
    qtbot.waitUntil(lambda: not window.draft._later.isActive(), timeout=120_000)
    assert window.scenario.document is not document and window.scenario.plan_shown == before
    assert window.draft.count == 1 and window.badge.text() == "1 change not in the plan"


def test_another_number_of_stations_becomes_the_rule_and_marks_no_plan(window, monkeypatch):
    move_station(window)
    asked = []
    no = QtWidgets.QMessageBox.StandardButton.No
    monkeypatch.setattr(window, "answer", lambda box: (asked.append(box.text()), no)[1])
    assert not window.make_draft_the_plan()
    assert "the rule says" in asked[0] and "The number of stations becomes the rule." in asked[0]
    assert "marked" not in asked[0]
