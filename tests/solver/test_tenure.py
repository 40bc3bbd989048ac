"""Officers: every hard rule on random towns, exact optima by enumeration, bounds never above them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beatplanner.solver.tenure import Posting, TenureProblem, assign, broken_rules, measure, stay

WEIGHTS = (1000.0, 500.0, 50.0, 20.0, 0.01)


def random_problem(seed: int, officers: int, beats: int, months: int, **more) -> TenureProblem:
    random = np.random.default_rng(seed)
    first = np.where(random.random(officers) < 0.3, random.integers(0, months, officers), 0)
    last = np.where(random.random(officers) < 0.3, random.integers(1, months + 1, officers), months + 99)
    home = np.where(first == 0, random.integers(-1, beats, officers), -1)
    settings_ = {"min_tenure": int(random.integers(0, months)), "handover": int(random.integers(0, 2)), **more}
    return TenureProblem(
        posts=random.integers(1, 3, beats), months=months, first=first, last=last, home=home,
        moved=np.zeros(officers, bool), served=random.integers(0, 5, officers), kilometres=random.random((officers, beats)) * 9,
        speaks=random.random((officers, 1)) < 0.5, needs=random.random((beats, 1)) < 0.5, weights=WEIGHTS, **settings_,
    )  # fmt: skip


def possible_postings(problem: TenureProblem, officer: int):
    """Every legal series of at most one posting in each beat, for two beats."""
    beats, months = len(problem.posts), problem.months
    low, high = problem.first[officer], min(problem.last[officer], months)
    spans = [None] + [(a, z) for a in range(months) for z in range(a + 1, months + 1)]
    for choice in product(spans, repeat=beats):
        series = [Posting(officer, b, *span) for b, span in enumerate(choice) if span]
        if all(low <= p.begin and p.end <= high for p in series):
            if all(p.end <= q.begin or q.end <= p.begin for p in series for q in series if p is not q):
                yield series


@pytest.mark.parametrize("seed", range(12))
def test_reaches_the_optimum_found_by_enumeration(seed):
    problem = random_problem(seed, officers=2, beats=2, months=4)
    best = np.inf
    for pair in product(possible_postings(problem, 0), possible_postings(problem, 1)):
        postings = [*pair[0], *pair[1]]
        if not broken_rules(problem, postings):
            best = min(best, measure(problem, postings).objective(WEIGHTS))
    found = assign(problem, seconds=30)
    assert not broken_rules(problem, found.postings)
    assert measure(problem, found.postings).objective(WEIGHTS) == pytest.approx(best)
    assert found.lower_bound <= best + 1e-6
    assert found.lower_bound == pytest.approx(best, rel=1e-4, abs=1e-4)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 9999), officers=st.integers(1, 7), beats=st.integers(1, 4), months=st.integers(2, 14))
def test_hard_rules_hold_whatever_the_roster(seed, officers, beats, months):
    problem = random_problem(seed, officers, beats, months)
    found = assign(problem, seconds=20)
    assert not broken_rules(problem, found.postings)
    worth = measure(problem, found.postings).objective(WEIGHTS)
    assert found.lower_bound is not None
    assert found.lower_bound <= worth + 1e-6
    assert worth == pytest.approx(found.lower_bound, rel=2e-4, abs=1e-3)


def simple(**more) -> TenureProblem:
    values = {
        "posts": np.array([1, 1]), "months": 12, "first": np.array([0, 0, 0]), "last": np.array([99, 6, 99]), "home": np.array([0, 1, -1]),
        "moved": np.zeros(3, bool), "served": np.array([2, 20, 0]), "kilometres": np.zeros((3, 2)), "speaks": np.zeros((3, 0), bool),
        "needs": np.zeros((2, 0), bool), "min_tenure": 6, "handover": 1, "weights": WEIGHTS,
    }  # fmt: skip
    return TenureProblem(**{**values, **more})


def test_a_leaver_hands_over_to_a_successor_a_month_before():
    found = assign(simple(), seconds=20)
    assert Posting(1, 1, 0, 6) in found.postings
    assert Posting(2, 1, 5, 12) in found.postings
    assert measure(simple(), found.postings).vacant_months == 0


def test_a_young_posting_is_not_cut_to_speak_a_language():
    speaks, needs = np.array([[True], [False], [False]]), np.array([[False], [True]])
    found = assign(simple(speaks=speaks, needs=needs), seconds=20)
    figures = measure(simple(speaks=speaks, needs=needs), found.postings)
    assert figures.tenure_violations == 0
    # once the first officer has served six months, four of them in the plan, the move is worth its rotation
    assert any(p.officer == 0 and p.beat == 1 and p.begin >= 4 for p in found.postings)


def test_measures_count_what_the_contract_says():
    problem = simple()
    assert measure(problem, stay(problem)).vacant_months == 6
    early = [Posting(0, 0, 0, 2), Posting(0, 1, 2, 12)]
    figures = measure(problem, early)
    assert (figures.tenure_violations, figures.rotations) == (1, 1)  # the second officer had served long enough
    assert figures.vacant_months == 12
