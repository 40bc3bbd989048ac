"""What a plan before was proven with holds for a new one of the same problem, and for no other."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.result.folder import read_result
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.verification.evidence import Evidence, with_text_ids
from beatplanner.planning.verification.ledger import Ledger
from beatplanner.planning.verification.proofs import check_proofs
from beatplanner.planning.whole import run as run_module
from beatplanner.planning.whole.kept_proofs import keep_proofs

STEPS = ("beats", "stations", "officers")


@pytest.fixture(scope="module")
def planned(planned_once):
    description = read_description(planned_once.project)
    return description, read_town(description), read_result(planned_once.folder / "plan")


def proven_less(before, steps=STEPS):
    """The same plan, as a run tells it that proved nearly nothing."""
    summary = copy.deepcopy(before.summary)
    for step in steps:
        summary[step] |= {"lower_bound": 0.0, "gap": 1.0, "certified": False, "status": "feasible"}
    return dataclasses.replace(before, summary=summary, proofs={})


def told(tables) -> dict[str, tuple]:
    return {s: tuple(tables.summary[s].get(k) for k in ("lower_bound", "gap", "certified", "status")) for s in STEPS}


def test_a_plan_that_is_kept_keeps_what_it_was_proven_with(planned):
    description, town, before = planned
    certified = [s for s in STEPS if before.summary[s]["certified"] and before.summary[s]["lower_bound"] > 0]
    assert "beats" in certified
    now = proven_less(before)
    keep_proofs(now, description, town, before)
    assert told(now) != told(proven_less(before))
    for step in certified:
        assert told(now)[step] == pytest.approx(told(before)[step], abs=1e-9), step
    units, beats, edges = with_text_ids(now)
    ledger = Ledger()
    check_proofs(ledger, Evidence(units, beats, edges, now, now.summary, description, town))
    assert [c for c in ledger.checks if not c.ok] == []


def test_of_a_bound_that_nobody_can_check_what_is_proven_of_it_is_kept(planned):
    description, town, before = planned
    now, summary = proven_less(before), copy.deepcopy(before.summary)
    true = summary["stations"]["lower_bound"]
    summary["stations"] |= {"certified": False, "certified_bound": true, "lower_bound": true * (1 + 1e-7)}
    keep_proofs(now, description, town, dataclasses.replace(before, summary=summary))
    assert now.summary["stations"]["lower_bound"] == true and now.summary["stations"]["certified"] is True
    # and without it nothing
    now = proven_less(before)
    del summary["stations"]["certified_bound"]
    keep_proofs(now, description, town, dataclasses.replace(before, summary=summary))
    assert now.summary["stations"]["lower_bound"] == 0.0 and "stations" not in now.proofs


def test_a_run_that_starts_from_a_plan_tells_what_that_proved(planned_once, planned, tmp_path, monkeypatch):
    of_run = run_module.tables
    monkeypatch.setattr(run_module, "tables", lambda plan, summary: proven_less(of_run(plan, summary), ["stations"]))
    plan = planned_once.folder / "plan"
    summary = run_module.run(planned_once.project, tmp_path / "out", steps=("stations",), start_from=plan, pack=False)
    before, now = planned[2].summary["stations"], read_result(tmp_path / "out").summary["stations"]
    assert before["certified"] and now["lower_bound"] == before["lower_bound"] and now["status"] == before["status"]
    assert (summary["stations"]["gap"], summary["stations"]["certified"]) == (pytest.approx(before["gap"]), True)


@pytest.mark.parametrize("other", ["rules", "inputs", "no inputs known"])
def test_of_another_problem_nothing_is_taken(planned, other):
    description, town, before = planned
    now, summary = proven_less(before), copy.deepcopy(before.summary)
    if other == "rules":
        summary["rules"]["beats"]["tolerance"] += 0.01
    else:
        summary["inputs"][0]["sha256"] = "0" * 64 if other == "inputs" else None
    as_before = told(now)
    keep_proofs(now, description, town, dataclasses.replace(before, summary=summary))
    assert told(now) == as_before and now.proofs == {}


def test_no_more_is_told_than_the_certificate_proves(planned):
    description, town, before = planned
    now, summary = proven_less(before), copy.deepcopy(before.summary)
    true = summary["beats"]["lower_bound"]
    # a summary that claims more than its proof, of a plan that is worse
    summary["beats"]["lower_bound"] = true * 1.2
    now.summary["beats"]["objective"] *= 1.5
    keep_proofs(now, description, town, dataclasses.replace(before, summary=summary))
    assert now.summary["beats"]["lower_bound"] == pytest.approx(true) and now.summary["beats"][
        "lower_bound"
    ] <= true * (1 + 1e-9)
    assert now.proofs["beats"]["bound"] == np.array([now.summary["beats"]["lower_bound"]])
