"""Postings that were dragged become the plan with all that was changed beside them, and what does not is told and stays."""

from __future__ import annotations

import os
import shutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from hand_edits import move_posting

QtWidgets = pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from beatplanner.data.errors import InputError, problem
from beatplanner.data.project.content import DRAFT
from beatplanner.planning.verification import verify
from beatplanner.ui.desktop.toolkit.in_language import in_language
from beatplanner.ui.desktop.window.main_window import MainWindow


@pytest.fixture
def told():
    return []


@pytest.fixture
def window(make_window, qtbot, tmp_path, monkeypatch, project_once, told):
    monkeypatch.setattr(MainWindow, "show_lines", lambda self, title, lines: told.append((title, lines)))
    monkeypatch.setattr(MainWindow, "answer", lambda self, box: QtWidgets.QMessageBox.StandardButton.Yes)
    window = make_window((1200, 700))
    window.open(shutil.copyfile(project_once, tmp_path / "town.gpkg"))
    qtbot.waitUntil(lambda: not window.draft._later.isActive() and not window.results.work.busy, timeout=120_000)
    return window


def break_a_rule(panel) -> None:
    """Drag a posting over a post that somebody holds."""
    first = panel.postings[0]
    other = next(p for p in panel.postings if p.beat != first.beat)
    panel.move_posting(0, 0, 0, other.beat, other.post)
    assert panel.judged.broken


def test_rules_and_postings_become_the_plan_together(window, qtbot, told):
    assert window.rule_panel.set({"officers.min_tenure_months": 7}) == ""
    move_posting(window)
    wishes = window.gantt.wishes()
    assert window.make_draft_the_plan() and window.solving.running
    qtbot.waitUntil(lambda: not window.solving.running and not window.gantt.work.busy, timeout=120_000)
    plan = window.scenario.plan
    assert plan.summary["rules"]["officers"]["min_tenure_months"] == 7
    assert plan.summary["replanned"]["changes"] == [] and verify(window.scenario.result).ok
    rows = plan.assignments[["officer", "beat", "start", "end"]].astype(str)
    there = {tuple(row) for row in rows.itertuples(index=False)}
    named = [line for title, lines in told if "not as they were dragged" in title for line in lines]
    assert len(named) == sum(tuple(one) not in there for one in wishes.dragged)
    assert window.draft.count == 0 and window.badge.isHidden() and DRAFT not in window.scenario.document.content.state


def test_postings_that_cannot_be_laid_down_stay_changes_of_the_new_plan(window, qtbot, monkeypatch, told):
    assert window.rule_panel.set({"officers.min_tenure_months": 7}) == ""
    move_posting(window)
    dragged = window.gantt.postings
    before = window.scenario.plan_shown
    refused = InputError(problem("the roster is gone", "Bring it back"))
    monkeypatch.setattr(window.gantt.work, "run", lambda done, failed, *_: failed(refused))
    assert window.make_draft_the_plan()
    qtbot.waitUntil(lambda: not window.solving.running and window.making is None, timeout=120_000)
    assert window.scenario.plan_shown != before
    assert window.scenario.plan.summary["rules"]["officers"]["min_tenure_months"] == 7
    assert [c.kind for c in window.draft.done] == ["postings"] and window.gantt.postings == dragged
    assert window.badge.text() == "1 change not in the plan" and window.draft.kept_on(before) == 0
    assert "roster is gone" in told[-1][1][0] and "stay as changes of it" in told[-1][1][1]


def test_postings_of_other_months_stay_changes_of_the_plan_before(window, qtbot, told):
    years = window.scenario.document.rules()["officers"]["years"]
    assert window.rule_panel.set({"officers.years": years + 1}) == ""
    move_posting(window)
    before = window.scenario.plan_shown
    window.gantt._replan = lambda *_: window.gantt._refused(InputError(problem("no", "no")))
    assert window.make_draft_the_plan()
    qtbot.waitUntil(lambda: not window.solving.running and window.making is None, timeout=120_000)
    assert window.scenario.plan_shown != before
    assert window.draft.count == 0 and window.draft.kept_on(before) == 1
    assert "the plan before it" in told[-1][1][1]


def test_postings_that_break_a_rule_say_so_and_are_no_plan(window, told):
    window.gantt._begin(window.scenario.plan)
    break_a_rule(window.gantt)
    assert not window.make_draft_the_plan()
    title, lines = told[-1]
    assert title == "These postings cannot be the plan"
    broken = [in_language(text) for text in window.gantt.judged.broken]
    assert lines[: len(broken)] == broken and "Repair" in lines[-1]
    assert window.draft.count == 1 and not window.gantt.work.busy


def cut_a_tenure_short(panel, plan) -> bool:
    """Let a posting of somebody who has no beat today end after seven months; tell whether that costs a tenure."""
    panel._begin(plan)
    least = panel.judge.rules.officers.min_tenure_months
    roster = panel.judge.roster
    at = next(
        n
        for n, p in enumerate(panel.postings)
        if p.end - p.start >= least and not isinstance(roster[p.officer]["beat"], str)
    )
    posting = panel.postings[at]
    panel.move_posting(at, 0, posting.start + 7 - posting.end, "", 0)
    return any(f"of {least} months" in text for text in panel.costs())


def test_the_question_names_what_is_broken_and_a_tenure_that_is_cut_short(window, monkeypatch):
    panel = window.gantt
    assert cut_a_tenure_short(panel, window.scenario.plan)
    assert window.rule_panel.set({"beats.tolerance": 0.4}) == ""
    asked = []
    no = QtWidgets.QMessageBox.StandardButton.No
    monkeypatch.setattr(window, "answer", lambda box: (asked.append(box), no)[1])
    assert not window.make_draft_the_plan() and not window.solving.running
    assert all(text in asked[0].text() for text in panel.costs())
    assert "as far as the rules allow" in asked[0].text()
    assert "breaks rules" not in asked[0].text() and asked[0].defaultButton() is asked[0].button(no)
    assert window.draft.count == 2


def test_a_plan_of_postings_is_seen_in_the_status_line_and_can_be_stopped(window, qtbot, monkeypatch):
    import time

    from beatplanner.ui.desktop.panels import jobs

    panel = window.gantt
    move_posting(window)
    monkeypatch.setattr(panel, "_let", lambda out, planned, *_: panel.work.run(print, print, time.sleep, 600.0))
    monkeypatch.setattr(jobs, "accept_postings", time.sleep)
    monkeypatch.setattr(QtWidgets.QInputDialog, "getText", lambda *_, **__: ("needed", True))
    assert window.make_draft_the_plan() and not window.make_draft_the_plan()
    qtbot.waitUntil(panel.sign.button.isVisible, timeout=120_000)
    assert panel.sign.bar.isVisible() and window.statusBar().currentMessage() == "Making these postings the plan…"
    panel.sign.button.click()
    assert not panel.work.busy and not panel.sign.button.isVisible() and window.draft.count == 1
    assert "stay as changes" in window.statusBar().currentMessage()


def test_a_tenure_that_rules_and_postings_cut_short_asks_for_a_reason_which_is_kept(window, monkeypatch, told):
    panel = window.gantt
    assert cut_a_tenure_short(panel, window.scenario.plan) and panel.judged.reason_needed
    assert window.rule_panel.set({"beats.tolerance": 0.4}) == ""
    asked, answers = [], [("", False), ("  ", True), (" needed at the school ", True)]
    monkeypatch.setattr(QtWidgets.QInputDialog, "getText", lambda *a, **_: asked.append(a[2]) or answers.pop(0))
    began, jobs_run = [], []
    monkeypatch.setattr(window, "begin_run", lambda *_, **__: began.append(True))
    # given up, and left empty: nothing begins
    assert not window.make_draft_the_plan() and not told
    assert not window.make_draft_the_plan() and "nobody says why" in told[-1][1][0]
    assert not began and window.draft.count == 2
    assert window.make_draft_the_plan() and began and not answers
    assert all("The reason is kept with the plan." in words for words in asked)
    monkeypatch.setattr(panel.work, "run", lambda done, failed, job, *given: jobs_run.append((job.__name__, given[-1])))
    window.making()
    assert jobs_run == [("replan_postings", "needed at the school")]
    window.making = None


def test_a_reason_is_kept_with_postings_that_are_laid_down_on_a_plan(planned_once, tmp_path):
    from beatplanner.data.result.folder import read_result
    from beatplanner.ui.desktop.panels.jobs import replan_postings

    folder = planned_once.folder / "plan"
    wished = read_result(folder).assignments
    replan_postings(folder, tmp_path / "out", wished, planned_once.project, "needed at the school")
    assert read_result(tmp_path / "out").summary["replanned"]["reason"] == "needed at the school"
