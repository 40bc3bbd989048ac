"""Officers' claims against enumerated series: no optimum, bound or impossibility that a model of another kind denies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.claims_officers import KINDS, optimum, random_problem, wrong_claims

from beatplanner.planning.officers.openings import NEVER, held_until_start
from beatplanner.solver.officers.assign import assign
from beatplanner.solver.officers.figures import breaches, measure
from beatplanner.solver.officers.problem import FREE, Posting, TenureProblem


def one_post_and_a_reserve(months: int, **more) -> TenureProblem:
    """One post, whose holder has served there for three months; a reserve stands by, and a posting lasts two months at least."""
    return TenureProblem(
        posts=np.array([1]),
        months=months,
        first=np.array([0, 0]),
        last=np.array([99, 99]),
        home=np.array([0, -1]),
        rooted=np.array([True, False]),
        served=np.array([3, 0]),
        kilometres=np.zeros((2, 1)),
        has=np.zeros((2, 0), bool),
        needs=np.zeros((1, 0), bool),
        aspect=np.zeros(0, int),
        min_tenure=2,
        **more,
    )


@pytest.mark.parametrize("kind", KINDS)
def test_no_claim_is_wrong(kind):
    for seed in range(1000, 1004):
        problem = random_problem(seed, kind)
        assert not wrong_claims(problem, effort=0.1), (kind, seed)


def test_who_falls_sick_in_the_last_months_is_stood_in_for_at_once():
    """The judge of rules alone refused it there, so that plans which keep all rules were told as not found."""
    works = np.ones((2, 6), bool)
    works[0, 5] = False
    problem = one_post_and_a_reserve(6, handover=2, works=works)
    assert not breaches(problem, [Posting(0, 0, 0, 6), Posting(1, 0, 5, 6)])
    early = breaches(problem, [Posting(0, 0, 0, 6), Posting(1, 0, 4, 6)])
    assert {(b.rule, b.month) for b in early} == {("handover", 4), ("capacity", 4)}
    assert not wrong_claims(problem, effort=0.1)
    # posts, couples, maximum tenure and limits of changes together: only the exact model finds what keeps them
    assert not wrong_claims(random_problem(770006, "all"), effort=0.1)


def frozen_to_the_maximum(until: int) -> TenureProblem:
    """One post, whose holder is frozen there until a month in which a maximum of 6 months is reached; a reserve stands by."""
    frozen = np.full((2, 8), FREE)
    frozen[0, :until] = 0
    return one_post_and_a_reserve(8, handover=1, frozen=frozen, max_tenure=6)


def test_no_progress_is_told_of_postings_that_break_a_rule():
    """Their penalties stood there as points: 1,000,000,010,100,040."""
    both = replace(frozen_to_the_maximum(3), frozen=np.zeros((2, 8), int))
    for problem in (both, frozen_to_the_maximum(3)):
        seen: list[float] = []
        found = assign(problem, seconds=1e6, effort=0.1, progress=lambda best, bound, to=seen: to.append(best))
        assert seen and max(seen) < 1e6
        assert seen[-1] == measure(problem, found.postings).objective(problem.weights)


def test_a_posting_that_is_frozen_ends_at_the_maximum():
    problem = frozen_to_the_maximum(3)
    found = assign(problem, seconds=1e6, effort=0.1)
    assert found.rules == "kept"
    assert not breaches(problem, found.postings)
    assert Posting(0, 0, 0, 3) in found.postings
    assert measure(problem, found.postings).vacant_months == 0


def test_a_rule_is_called_impossible_only_where_that_is_proven():
    problem = frozen_to_the_maximum(4)
    assert np.isinf(optimum(problem))
    found = assign(problem, seconds=1e6, effort=0.1)
    assert found.rules == "impossible"
    assert found.lower_bound is None
    assert {b.rule for b in breaches(problem, found.postings)} == {"maximum"}
    # without time nothing is proven, and nothing is said to be
    hasty = assign(problem, seconds=0.0)
    assert hasty.rules == "not found"


def test_only_who_serves_there_today_sends_a_partner_away_from_a_beat_that_waits():
    made = random_problem(0, "couples")
    months, n = made.months, len(made.first)
    given = {"last": np.full(n, 99), "couples": ((0, 1),), "max_tenure": None, "frozen": None}
    for home, stays in ((-1, True), (0, False), (1, True)):
        other = np.array([0, home, *[-1] * (n - 2)])
        held = held_until_start(replace(made, home=other, **given), np.full(len(made.posts), NEVER))
        frozen = np.full((n, months), FREE) if held.frozen is None else held.frozen
        assert (frozen[0] == (0 if stays else FREE)).all()


@pytest.mark.parametrize(
    ("seed", "rule", "off"), [(7, "min_tenure", 0), (14, "min_tenure", 0), (18, "couples", ()), (7, "handover", 0)]
)
def test_the_price_of_a_rule_lies_in_what_is_proven(seed, rule, off):
    """The bound leaves couples out and is true all the same: so is the interval of a price in a force with couples, and that of the couples themselves."""
    problem = random_problem(seed, "couples")
    assert problem.couples
    both = (problem, replace(problem, **{rule: off}))
    best = [optimum(p) for p in both]
    # neither is searched to its end, so that the proofs need not be tight
    found = [assign(p, seconds=1e6, effort=0.02) for p in both]
    worth = [measure(p, f.postings).objective(p.weights) for p, f in zip(both, found, strict=True)]
    bound = [f.lower_bound for f in found]
    slack = 1e-6 * best[0]
    assert all(b is not None and b <= x + slack for b, x in zip(bound, best, strict=True))
    price = best[0] - best[1]
    assert price > 1 and bound[0] - worth[1] - slack <= price <= worth[0] - bound[1] + slack
