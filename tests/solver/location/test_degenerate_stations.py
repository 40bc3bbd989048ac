"""Stations and officers of nothing: one demand, one site, nobody, all alike, twin points, every site open, no posts, one month."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beatplanner.solver.location.covering import coverage, fewest, p_center
from beatplanner.solver.location.p_median import p_median
from beatplanner.solver.location.site_rules import SiteRules
from beatplanner.solver.officers.assign import assign
from beatplanner.solver.officers.figures import measure
from beatplanner.solver.officers.problem import TenureProblem


def walks(n: int, m: int, kind: str) -> np.ndarray:
    number = np.arange(n)[:, None] - np.arange(m)[None, :]
    return {
        "none": 0.0 * number,
        "alike": 100.0 + 0.0 * number,
        "line": 100.0 * np.abs(number),
        "twins": 100.0 * np.abs(number // 2),
    }[kind]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 6),
    st.integers(1, 5),
    st.integers(1, 5),
    st.sampled_from(["none", "alike", "line", "twins"]),
    st.sampled_from(["none", "alike", "one"]),
)
def test_sites_of_nothing_are_those_of_enumeration(n, m, count, kind, people):
    count = min(count, m)
    metres = walks(n, m, kind)
    weight = {"none": np.zeros(n), "alike": np.ones(n), "one": (np.arange(n) == 0).astype(float)}[people]
    within, rules = metres <= 100.0, SiteRules.plain(m, count)
    sets = [np.array(c) for c in combinations(range(m), count)]
    for found, worth in (
        (
            p_median(metres * weight[:, None], rules, seconds=1e6),
            lambda c: (metres * weight[:, None])[:, c].min(axis=1).sum(),
        ),
        (coverage(within, weight, rules, seconds=1e6), lambda c: weight[~within[:, c].any(axis=1)].sum()),
        (p_center(metres, rules, seconds=1e6), lambda c: metres[:, c].min(axis=1).max()),
    ):
        best = min(worth(c) for c in sets)
        assert found.objective == pytest.approx(best, abs=1e-6)
        assert worth(found.open) == pytest.approx(best, abs=1e-6)
        assert found.lower_bound is not None and found.lower_bound <= best + 1e-6
    least = fewest(within, SiteRules.plain(m, None), seconds=1e6)
    covers = [k for k in range(1, m + 1) for c in combinations(range(m), k) if within[:, c].any(axis=1).all()]
    if covers:
        assert least is not None and len(least.open) == min(covers)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2), st.integers(0, 2), st.integers(1, 3), st.sampled_from([0, 1]))
def test_officers_of_nothing_leave_as_few_months_empty_as_there_are(posts, officers, months, handover):
    one = np.ones(officers, int)
    problem = TenureProblem(
        posts=np.array([posts, 0]),
        months=months,
        first=0 * one,
        last=months * one,
        home=-1 * one,
        rooted=one > 1,
        served=0 * one,
        kilometres=np.zeros((officers, 2)),
        has=np.zeros((officers, 0), bool),
        needs=np.zeros((2, 0), bool),
        aspect=np.zeros(0, int),
        min_tenure=0,
        handover=handover,
    )
    found = assign(problem, seconds=1e6, effort=0.05)
    figures = measure(problem, found.postings)
    assert figures.vacant_months == months * max(0, posts - officers)
    assert found.lower_bound is None or found.lower_bound <= figures.objective(problem.weights) + 1e-6
