"""That rules cannot be met is said where it is proven, and nowhere else; claims of roll-outs and workers against enumeration."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import typer
from benchmarks.claims_country import wrong_rollout, wrong_with_workers

from beatplanner.planning.beats.alone import _apart, _crowded
from beatplanner.planning.beats.conflicts import in_sentences
from beatplanner.planning.beats.municipality import Relaxed
from beatplanner.planning.officers.clashes import longest_tenure
from beatplanner.planning.proof import Proof, Unproven, clash_is_proven, impossible, rules_in_summary
from beatplanner.planning.verification.ledger import Ledger
from beatplanner.planning.verification.officer_posts import check_months
from beatplanner.planning.verification.summary import check_summary
from beatplanner.solver.districts.solve import DistrictingProblem
from beatplanner.solver.location.fair_sites import FairRule, none_is_fair
from beatplanner.solver.location.site_rules import SiteRules
from beatplanner.ui.commands.console import say_clashes


@pytest.mark.parametrize(
    ("below", "found", "proven"), [(None, 0.3, False), (0.15, 0.3, False), (0.2, 0.3, True), (0.25, 0.3, True)]
)
def test_a_tolerance_is_too_small_where_that_is_proven(below, found, proven):
    rules: Any = SimpleNamespace(tolerance=0.2, max_moved=0.2)
    said = in_sentences(rules, [Relaxed("A", "no such beats", below, found)], None)
    assert impossible(said) is proven
    # a budget is too small where more than it is proven to be needed
    said = in_sentences(rules, [], Relaxed("A", "", below, found))
    assert impossible(said) is (below == 0.25)
    assert ("not proven impossible" in said[0]) is (below != 0.25)


def test_a_clash_tells_rules_to_the_digit_and_bounds_no_farther_than_they_are_proven():
    rules: Any = SimpleNamespace(tolerance=0.0005, max_moved=0.0725)
    tolerance, budget = in_sentences(
        rules, [Relaxed("A", "no such beats", 0.123456, 0.1255)], Relaxed("", "", 0.09128, 0.1)
    )
    assert "is ±12.55%; less than ±12.34% is proven impossible" in tolerance
    assert budget.startswith("beats.max_moved = 7.25% is too small to balance the beats within ±0.05%")
    assert "would do is 10%; less than 9.12% is proven impossible" in budget


def test_status_sentence_and_exit_code_follow_what_is_proven(capsys):
    not_found, proven = [Unproven("nothing was found")], [Unproven("nothing was found"), "there is none"]
    assert Proof.of(1.0, 0.5, 0.0, False, impossible(not_found)).status == "unknown"
    assert Proof.of(1.0, 0.5, 0.0, False, impossible(proven)).status == "infeasible"
    for clashes, code, words in ((not_found, 5, "not proven"), (proven, 3, "cannot all be met")):
        summary = rules_in_summary(clashes)
        assert not summary["feasible"]
        assert clash_is_proven(summary) is (code == 3)
        # a plan that is read again knows which of its clashes were proven
        again = rules_in_summary(summary["clashes"], summary["unproven_clashes"])
        assert again == summary
        with pytest.raises(typer.Exit) as ended:
            say_clashes(summary)
        assert ended.value.exit_code == code
        assert words in capsys.readouterr().err


def judged(summary: dict[str, Any]) -> dict[str, bool]:
    ledger = Ledger()
    check_summary(ledger, summary)
    verdict = ledger.verdict()
    return {c.name: c.ok for c in verdict.checks} | {c.name: None for c in verdict.unchecked}  # type: ignore[dict-item]


def test_the_checker_asks_what_proves_that_rules_cannot_be_met():
    step = {"status": "infeasible", "objective": 1.0, "lower_bound": None, "gap": None, "seconds": 0.0}
    beats = {**step, "smallest_tolerance": {"impossible_below": 0.3, "found": 0.4}}
    summary = {"clashes": ["a"], "unproven_clashes": [], "feasible": False, "rules": {"beats": {"tolerance": 0.3}}}
    assert judged({**summary, "beats": beats})["summary.unproven_clashes"] is True
    # infeasible, though no clash is proven; and a clash that is none
    assert judged({**summary, "unproven_clashes": ["a"], "beats": beats})["summary.unproven_clashes"] is False
    assert judged({**summary, "unproven_clashes": ["b"], "beats": beats})["summary.unproven_clashes"] is False
    assert judged({**summary, "unproven_clashes": 7, "beats": beats})["summary.unproven_clashes"] is False
    # what no certificate proves is told as not checked
    assert judged({**summary, "beats": beats})["beats.status"] is True
    assert judged({**summary, "stations": step})["stations.status"] is None
    below = {**beats, "smallest_tolerance": {"impossible_below": 0.2, "found": 0.4}}
    assert judged({**summary, "beats": below})["beats.status"] is None


def test_months_of_broken_rules_of_beats_are_worked_out_or_listed():
    month = [f"2027-0{m}-01" for m in range(1, 7)]

    def judged_months(
        months_claimed: list[str], sure: set[str], possible: set[str] | None = None, *, known: bool = True
    ):
        rows = [{"rule": "capacity", "officer": None, "beat": "7", "month": m} for m in months_claimed]
        evidence: Any = SimpleNamespace(summary={"officers": {"broken_rules": rows}})
        ledger = Ledger()
        found = {"7": sure} if sure else {}
        check_months(
            ledger, evidence, "capacity", found, {"7": possible} if possible else None, unknown=() if known else ("7",)
        )
        verdict = ledger.verdict()
        listed = verdict.unchecked
        return [c.ok for c in verdict.checks if c not in listed], [str(c.claimed) for c in listed]

    assert judged_months([], set()) == ([], [])
    assert judged_months(month[:2], set(month[:2])) == ([True], [])
    # a month too many, one too few, another one, and a beat that is not told of
    for months_claimed in (month[:3], month[:1], [month[0], month[4]], []):
        assert judged_months(months_claimed, set(month[:2])) == ([False], [])
    assert judged_months(month[:3], set(month[:2]), set(month[:4])) == ([True], [f"capacity in 7 in {month[2]}"])
    assert judged_months(month[4:5], set(), set(month[:4])) == ([False], [])
    assert judged_months(month[:1], set(), known=False) == ([True], [f"capacity in 7 in {month[0]}"])


def strip(locked: list[int], count: int) -> DistrictingProblem:
    n = len(locked)
    line = np.arange(n)
    return DistrictingProblem(
        weight=np.ones(n),
        xy=np.column_stack([line, line]).astype(float),
        edges=np.column_stack([line[:-1], line[1:]]),
        border=np.ones(n - 1),
        count=count,
        lower=0.0,
        upper=float(n),
        locked=np.array(locked),
    )


def test_locks_are_apart_where_no_way_joins_them():
    assert _apart(strip([0, -1, 1, -1, 0], 2), 0)
    assert not _apart(strip([0, -1, -1, -1, 0], 2), 0)
    assert _crowded(strip([0, 1, 2, -1], 2))
    assert _crowded(strip([0, 0, 0, 0], 2))
    assert _crowded(strip([0, 0, 0, -1], 3))
    assert not _crowded(strip([0, 1, -1, -1], 2))
    assert not _crowded(strip([0, 0, 0, -1], 2))


def test_no_choice_is_fair_only_where_all_were_tried():
    metres = np.array([[0.0, 9.0, 9.0], [9.0, 0.0, 9.0], [9.0, 9.0, 0.0]])
    groups, people = np.array([[0.0, 0.0, 1.0]]), np.ones(3)
    two = SiteRules.plain(3, 2)
    assert not none_is_fair(metres, two, FairRule(groups, people, 0.1))
    far = np.array([[0.0, 9.0, 9.0], [9.0, 0.0, 9.0], [9.0, 9.0, 9.0]])
    assert none_is_fair(far, two, FairRule(groups, people, 0.1))
    # nobody has tried them where there is no number
    assert not none_is_fair(far, SiteRules.plain(3, None), FairRule(groups, people, 0.1))


def force(*, couples=((0, 1),), home=(0, 0), stop=(9, 9), pinned=False) -> Any:
    arrays = SimpleNamespace(
        home=np.array(home),
        beat=np.array([0, 1]),
        pinned=np.array([pinned, False]),
        stop=np.array(stop),
        grace=1,
        served=np.array([3, 5]),
    )
    return SimpleNamespace(couples=couples, arrays=arrays)


def test_two_who_must_part_bound_the_minimum_tenure():
    assert longest_tenure(force()) == 6
    # who leaves the force breaks nothing, and apart, frozen or not so wished nobody must leave
    for other in (force(stop=(9, 1)), force(home=(0, 1)), force(home=(0, -1)), force(pinned=True), force(couples=())):
        assert longest_tenure(other) is None


@pytest.mark.parametrize("first", range(0, 18, 6))
def test_no_claim_of_a_roll_out_is_wrong(first):
    for seed in range(first, first + 6):
        assert wrong_rollout(seed) == [], seed


@pytest.mark.parametrize("seed", [2])
def test_workers_claim_what_is_so(seed):
    assert wrong_with_workers(seed) == []
