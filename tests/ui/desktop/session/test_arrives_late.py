"""What comes back from a child belongs to the project, the plan and the draft that it was asked of, whatever is open, in view or changed by then."""

from __future__ import annotations

import os
import shutil
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from hand_edits import move_posting, move_station

QtWidgets = pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from beatplanner.ui.desktop.window import draft_actions
from beatplanner.ui.desktop.window.main_window import MainWindow

YES = QtWidgets.QMessageBox.StandardButton.Yes


@pytest.fixture
def project(project_once, tmp_path):
    return shutil.copyfile(project_once, tmp_path / "town.gpkg")


@pytest.fixture
def open_window(make_window, qtbot, monkeypatch):
    monkeypatch.setattr(MainWindow, "show_lines", lambda self, title, lines: pytest.fail(f"{title}: {lines}"))

    def make(path) -> MainWindow:
        window = make_window((1200, 700))
        window.open(path)
        settle(window, qtbot)
        return window

    return make


def settle(window, qtbot) -> None:
    qtbot.waitUntil(lambda: not window.draft._later.isActive() and not window.results.work.busy, timeout=120_000)


def borders(window) -> list[tuple[int, str]]:
    """Return units at a border and the beat beside each."""
    drawing = window.drawing_panel.begin()
    return [
        (a, str(drawing.beat[b]))
        for a, b in drawing.edges[["a", "b"]].to_numpy(int).tolist()
        if drawing.beat[a] != drawing.beat[b] and drawing.municipality[a] == drawing.municipality[b]
    ]


def paint(window, at: int = 0) -> tuple[int, str]:
    """Paint a unit at a border; return its position and its beat from now on."""
    unit, beat = borders(window)[at]
    assert window.drawing_panel.edit(lambda d: d.paint([unit], beat))
    return unit, beat


def plan_again(window) -> int:
    """Take the plan in view into the project once more, as another plan; return its number."""
    return window.scenario.document.add_plan(window.scenario.result).id


def come_as(folder, window, monkeypatch) -> None:
    """Let a result that is there stand for the one that a child would have made."""
    take = window.scenario.take
    monkeypatch.setattr(window.scenario, "take", lambda _, asked=None: take(folder, asked))


def test_a_change_made_before_the_kept_ones_are_laid_down_loses_none(open_window, project):
    """A key that was pressed while the window was busy comes before them."""
    window = open_window(project)
    first = paint(window)
    move_station(window)
    window.scenario.changed()
    second = paint(window, 1)
    assert [c.kind for c in window.draft.done] == ["beats", "stations", "beats"]
    drawing = window.drawing_panel.drawing
    assert [str(drawing.beat[u]) for u, _ in (first, second)] == [first[1], second[1]]
    window.scenario.changed()
    stations = move_station(window)
    window.scenario.changed()
    move_posting(window)
    assert [c.kind for c in window.draft.done] == ["beats", "stations", "beats", "stations", "postings"]
    window.scenario.changed()
    window.draft.undo()
    assert window.draft.count == 4 and window.stations.chosen == stations
    window.scenario.changed()
    window.draft.drop()
    assert not window.draft.count and "draft" not in window.scenario.document.content.state
    window.saved = True


def test_what_is_drawn_while_the_draft_is_made_the_plan_stays_a_draft(open_window, project, qtbot, monkeypatch):
    window = open_window(project)
    planned = paint(window)
    begun = []
    monkeypatch.setattr(window, "begin_run", lambda project, **options: begun.append(options))
    monkeypatch.setattr(window, "answer", lambda _: YES)
    assert window.make_draft_the_plan() and len(begun[0]["edits"]) == 1
    since = paint(window, 1)
    chosen = move_station(window)
    folder = window.scenario.result
    window._take_result(folder, True, [])
    settle(window, qtbot)
    assert window.scenario.plan_shown == 2
    assert [c.kind for c in window.draft.done] == ["beats", "stations"]
    drawing = window.drawing_panel.drawing
    assert str(drawing.beat[since[0]]) == since[1] and window.stations.chosen == chosen
    assert [e.units for e in drawing.edits] == [(str(drawing.town.units["unit"].iloc[since[0]]),)] != [planned]
    assert set(window.scenario.document.content.state["draft"]) == {"2"}
    window.saved = True


def test_postings_that_come_when_another_plan_is_in_view_take_no_draft_of_it(open_window, project, qtbot, monkeypatch):
    window = open_window(project)
    second = plan_again(window)
    move_posting(window)
    asked = []
    monkeypatch.setattr(window.gantt.work, "run", lambda done, *_: asked.append(done))
    window.gantt.repair()
    window.scenario.show_plan(second)
    settle(window, qtbot)
    paint(window)
    come_as(window.scenario.result, window, monkeypatch)
    asked[0]({"diff": []})
    settle(window, qtbot)
    drafts = window.scenario.document.content.state["draft"]
    assert set(drafts) == {str(second)}, "the postings of the first are a plan now; what was drawn on the second stays"
    window.saved = True


def test_postings_of_a_project_that_was_left_come_to_nothing(
    open_window, project, project_once, qtbot, tmp_path, monkeypatch
):
    monkeypatch.setattr(draft_actions, "question", lambda *_: YES)
    window = open_window(project)
    move_posting(window)
    window.saved = True
    took = []
    window.gantt.work.run(took.append, took.append, time.sleep, 600.0)
    window.open(shutil.copyfile(project_once, tmp_path / "other.gpkg"))
    settle(window, qtbot)
    assert not window.gantt.work.busy and not took


def test_the_history_takes_nothing_back_that_was_not(open_window, project, qtbot):
    """Each plan has its drawing; beginning another is no undoing of the first."""
    window = open_window(project)
    second = plan_again(window)
    paint(window)
    window.scenario.show_plan(second)
    settle(window, qtbot)
    paint(window, 1)
    changes = [e.what for e in window.scenario.document.content.history]
    assert not any(what.startswith("Taken back") for what in changes), changes
    window.scenario.show_plan(1)
    settle(window, qtbot)
    assert window.draft.count == 1
    changes = [e.what for e in window.scenario.document.content.history]
    assert not any(what.startswith("Taken back") for what in changes), changes
    assert sum(what.startswith("Painted") for what in changes) == 2, changes
    window.draft.undo()
    changes = [e.what for e in window.scenario.document.content.history]
    assert sum(what.startswith("Taken back") for what in changes) == 1, changes
    window.saved = True


def test_a_plan_belongs_to_the_scenario_that_was_planned(open_window, project, monkeypatch):
    window = open_window(project)
    document = window.scenario.document
    document.add_scenario("wider", {"beats": {"tolerance": 0.3}})
    monkeypatch.setattr(window.solving, "start", lambda *_, **__: None)
    window.run_plan()
    document.activate("")
    window._take_result(window.scenario.result, True, [])
    assert document.content.plans[window.scenario.plan_shown].scenario == "wider"
    window.saved = True


def test_a_rule_that_is_changed_while_a_description_is_saved_as_a_file_holds(town, tmp_path):
    from beatplanner.data.project.document import ProjectDocument

    document = ProjectDocument.open(town.project)
    job = document.prepare_save(tmp_path / "town.beatplan")
    document.change_rules({"beats": {"tolerance": 0.3}}, "wider")
    job.write()
    document.finish_save(job)
    assert document.rules()["beats"]["tolerance"] == 0.3 and document.dirty
    document.save()
    document.close()
    again = ProjectDocument.open(tmp_path / "town.beatplan", editing=False)
    assert again.rules()["beats"]["tolerance"] == 0.3


def test_a_draft_on_a_result_in_a_folder_is_asked_for_before_it_is_planned_again(
    open_window, planned_once, monkeypatch
):
    window = open_window(planned_once.folder / "plan")
    paint(window)
    begun, asked = [], []
    monkeypatch.setattr(window, "begin_run", lambda *_, **__: begun.append(1))
    answers = iter([QtWidgets.QMessageBox.StandardButton.No, YES])
    monkeypatch.setattr(QtWidgets.QMessageBox, "question", lambda *a, **_: (asked.append(a[2]), next(answers))[1])
    window.run_plan()
    assert not begun and "1 change not in the plan" in asked[0]
    window.run_plan()
    assert begun
    window.saved = True


def test_a_draft_that_was_given_up_does_not_come_back(open_window, planned_once, qtbot, monkeypatch):
    """Neither of a result in a folder nor of a project, where the same is opened again."""
    monkeypatch.setattr(QtWidgets.QMessageBox, "question", lambda *_, **__: YES)
    window = open_window(planned_once.folder / "plan")
    paint(window)
    move_posting(window)
    window.open(planned_once.folder / "plan")
    settle(window, qtbot)
    assert not window.draft.count and len(window.gantt.steps) <= 1 and window.badge.isHidden()


def test_a_plan_is_of_the_scenario_it_was_asked_for_whatever_that_is_called_by_then(open_window, project, monkeypatch):
    """A scenario renamed while it was planned lost its plan, and postings sought for one became a plan of the one in view."""
    window = open_window(project)
    document, began = window.scenario.document, []
    monkeypatch.setattr(window.solving, "start", lambda *_, **__: began.append("plan"))
    monkeypatch.setattr(window.gantt.work, "run", lambda done, *_: began.append(done))
    document.add_scenario("wider", {"beats": {"tolerance": 0.3}})
    folder = window.scenario.result
    window.run_plan()
    document.rename_scenario("wider", "widest")
    document.rename_scenario("widest", "by hand")
    document.activate("")
    window._take_result(folder, True, [])
    assert document.content.plans[window.scenario.plan_shown].scenario == "by hand"
    move_posting(window)
    come_as(folder, window, monkeypatch)
    window.gantt.repair()
    document.rename_scenario("by hand", "in the end")
    began[-1]({"diff": []})
    assert [p.scenario for p in document.content.plans.values()] == ["", "in the end", "in the end"]
    window.saved = True


def test_the_chart_of_a_run_ends_with_the_gap_of_the_plan(open_window, project):
    window = open_window(project)
    stations = window.scenario.plan.summary["stations"]
    stations["lower_bound"] = 0.9 * stations["objective"]
    window.chart.add("stations: proof", 1.0, stations["objective"], stations["objective"])
    window.end_run()
    assert window.chart.series["stations"].gap == pytest.approx(0.1)


def test_repaired_postings_take_no_painted_beats_with_them(open_window, project, qtbot, monkeypatch):
    """Repair makes a plan of the postings alone; the rest of the draft goes on, on that plan."""
    window = open_window(project)
    move_posting(window)
    unit, beat = paint(window)
    asked = []
    monkeypatch.setattr(window.gantt.work, "run", lambda done, *_: asked.append(done))
    folder = window.scenario.result
    window.gantt.repair()
    chosen = move_station(window)
    come_as(folder, window, monkeypatch)
    asked[0]({"diff": []})
    assert [c.kind for c in window.draft.done] == ["beats", "stations"]
    assert str(window.drawing_panel.drawing.beat[unit]) == beat and window.stations.chosen == chosen
    assert len(window.gantt.steps) <= 1
    assert sum(e.what.startswith("Painted") for e in window.scenario.document.content.history) == 1
    window.saved = True


def test_a_result_that_is_exported_saves_no_project(open_window, project, tmp_path):
    window = open_window(project)
    paint(window)
    folder = window.scenario.result
    assert window.save_to(tmp_path / "result") and (tmp_path / "result" / "summary.json").is_file()
    assert not window.saved and window.scenario.result == folder
    # what is not in it is told, and not to the next project
    assert window.statusBar().currentMessage() == (
        f"Saved without what was changed by hand (1 change not in the plan): {tmp_path / 'result'}"
    )
    window.saved = True
    window.open(tmp_path / "result", asked=True)
    assert window.statusBar().currentMessage() == ""
    window.saved = True


def test_a_scenario_that_cannot_be_read_is_not_in_view(open_window, project, monkeypatch):
    from beatplanner.data.errors import StoppedError

    window = open_window(project)
    messages = []
    monkeypatch.setattr(MainWindow, "show_lines", lambda self, title, lines: messages.append(title))
    document = window.scenario.document
    document.add_scenario("wider", {"beats": {"tolerance": 0.3}})
    document.activate("")

    def stopped(*_):
        raise StoppedError

    monkeypatch.setattr(window.scenario, "reading", stopped)
    window.session.dock._activate("wider")
    assert messages == ["This cannot be done"] and document.active == ""
    # nor is a plan that was made and is not read
    window._take_result(window.scenario.result, True, [])
    assert len(messages) == 2 and list(document.content.plans) == [1] and not window.making
    window.saved = True


def test_a_plan_that_is_removed_takes_its_draft_after_a_question_and_goes_out_of_view(
    open_window, project, monkeypatch
):
    """It stayed in view, and what was drawn on it since was kept where nobody would find it."""
    window = open_window(project)
    dock, asked = window.session.dock, []
    answers = iter([QtWidgets.QMessageBox.StandardButton.No, YES])
    monkeypatch.setattr(QtWidgets.QMessageBox, "question", lambda *a, **_: (asked.append(a[2]), next(answers))[1])
    monkeypatch.setattr(dock, "_chosen", lambda _: window.scenario.plan_shown)
    first, second = window.scenario.plan_shown, plan_again(window)
    window.scenario.show_plan(second)
    window.draft.settle()
    paint(window)
    content = window.scenario.document.content
    dock._remove_plan()
    assert second in content.plans and asked == [asked[0]] and "1 change not in the plan" in asked[0]
    dock._remove_plan()
    assert list(content.plans) == [first] and window.scenario.plan_shown == first and "draft" not in content.state
    window.draft.settle()
    assert not window.draft.count
    dock._remove_plan()
    assert not content.plans and window.scenario.plan is None and window.scenario.result is None
    assert "no plan" in window.figures.text()
    window.saved = True


def test_files_that_are_dropped_while_others_are_read_are_read_next(qtbot, town, monkeypatch):
    """The draft that a child gives back took the place of the one with the files before."""
    from beatplanner.ui.desktop.guided_import.wizard import ImportWizard

    wizard = ImportWizard(None)
    qtbot.addWidget(wizard)
    wizard.add_files([town.path("units.gpkg")])
    wizard.add_files([town.path("sites.csv")])
    wizard.add_files([town.path("incidents.csv")])
    qtbot.waitUntil(lambda: not wizard.work.busy and not wizard.waiting, timeout=120_000)
    assert sorted(s.look.path.name for s in wizard.draft.sources) == ["incidents.csv", "sites.csv", "units.gpkg"]
    wizard.work.stop()


def test_whoever_writes_the_history_it_is_in_view(project, open_window, qtbot):
    window = open_window(project)
    window.session.dock.show()
    document, shown = window.scenario.document, window.session.dock.history
    document.record("Noted by nobody's panel")
    document.keep("found", 1, "Kept by nobody's panel")
    for _ in range(3):
        QtWidgets.QApplication.processEvents()
    assert shown.rowCount() == len(document.content.history) and window.windowTitle().startswith("• ")
