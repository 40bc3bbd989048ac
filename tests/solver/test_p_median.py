"""Sites: optima by enumeration, with kept sites, budgets and limits; bounds never above them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beatplanner.solver.covering import coverage, fewest, p_center
from beatplanner.solver.p_median import p_median, total_cost


def case(seed: int, n: int = 14, m: int = 9):
    random = np.random.default_rng(seed)
    homes, sites = random.random((n, 2)) * 1000, random.random((m, 2)) * 1000
    metres = np.hypot(*(homes[:, None] - sites[None]).transpose(2, 0, 1))
    people = random.integers(1, 100, n).astype(float)
    price = random.integers(1, 10, m).astype(float)
    kept = np.zeros(m, bool)
    kept[random.integers(m)] = True
    return metres, people, price, kept


def choices(m: int, count: int, kept, price, budget):
    for chosen in combinations(range(m), count):
        chosen = np.array(chosen)
        if set(np.flatnonzero(kept)) <= set(chosen) and price[chosen].sum() <= budget:
            yield chosen


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 9999), count=st.integers(1, 5), tight=st.booleans())
def test_p_median_is_optimal_and_its_bound_true(seed, count, tight):
    metres, people, price, kept = case(seed)
    cheapest = price[kept].sum() + np.sort(price[~kept])[: count - 1].sum()
    budget = cheapest + 3 if tight else np.inf
    cost = metres * people[:, None]
    best = min(total_cost(cost, c) for c in choices(9, count, kept, price, budget))
    found = p_median(cost, count, kept, price, budget, seconds=20)
    assert found.objective == pytest.approx(best)
    assert found.objective == pytest.approx(total_cost(cost, found.open))
    assert found.lower_bound <= best * (1 + 1e-9)
    assert found.lower_bound == pytest.approx(best, rel=1e-4)
    assert len(found.open) == count
    assert kept[found.open].sum() == kept.sum()
    assert price[found.open].sum() <= budget


def test_p_median_of_a_town_with_many_sites_is_proven():
    metres, people, price, kept = case(1, 200, 60)
    found = p_median(metres * people[:, None], 8, kept, price, seconds=60)
    assert (found.objective - found.lower_bound) / found.objective <= 1e-4


def test_a_budget_that_cannot_reach_is_refused():
    metres, people, price, kept = case(3)
    with pytest.raises(ValueError, match="budget"):
        p_median(metres * people[:, None], 4, kept, price, 0.5, seconds=5)


@pytest.mark.parametrize("seed", range(8))
def test_coverage_fewest_and_p_center_are_optimal(seed):
    metres, people, price, kept = case(seed)
    within, count = metres <= 350, 3
    found = coverage(within, people, count, kept, price, np.inf, seconds=20)
    best = min(people[~within[:, c].any(axis=1)].sum() for c in choices(9, count, kept, price, np.inf))
    assert found.objective == pytest.approx(best) == pytest.approx(found.lower_bound, abs=1e-6)

    found = fewest(within, kept, price, np.inf, seconds=20)
    wanted = within.any(axis=1)
    sizes = [
        k for k in range(1, 10) for c in choices(9, k, kept, price, np.inf) if within[wanted][:, c].any(axis=1).all()
    ]
    assert found.objective == min(sizes) == found.lower_bound

    found = p_center(metres, count, kept, price, np.inf, seconds=20)
    best = min(metres[:, c].min(axis=1).max() for c in choices(9, count, kept, price, np.inf))
    assert found.objective == pytest.approx(best) == pytest.approx(found.lower_bound)


def test_p_center_says_where_nobody_can_reach_all():
    metres = np.array([[1.0, np.inf, np.inf], [np.inf, 1.0, np.inf], [np.inf, np.inf, 1.0], [np.inf, np.inf, np.inf]])
    none = np.zeros(3, bool)
    assert p_center(metres, 2, none, np.zeros(3), np.inf, seconds=5) is None
    assert p_center(metres, 3, none, np.zeros(3), np.inf, seconds=5).objective == 1.0
