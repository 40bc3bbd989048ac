"""The proof of districts: whole-unit knapsacks never above the truth, and no bound above a plan that exists."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_districting import grid_problem

from beatplanner.solver.districts.knapsack import price_sites
from beatplanner.solver.districts.sites import AllSites
from beatplanner.solver.districts.solve import DistrictingProblem, solve_districts
from beatplanner.solver.districts.tree import _Tree, exact_districts


def true_value(reduced, weight, lower, upper) -> float:
    """Return the least reduced cost of a choice within the bounds that holds the first pair, by enumeration."""
    best = np.inf
    for rest in product([0, 1], repeat=len(weight) - 1):
        x = np.array([1, *rest])
        if lower <= x @ weight <= upper:
            best = min(best, float(x @ reduced))
    return best


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 9), st.floats(0.3, 0.9), st.floats(0.02, 0.4), st.floats(-30, 30))
def test_knapsacks_of_whole_units_lie_between_split_units_and_the_truth(seed, items, share, tolerance, guess):
    random = np.random.default_rng(seed)
    weight = random.uniform(0.2, 2.0, items)
    reduced = random.normal(0, 10, items)
    middle = share * weight.sum()
    lower, upper = middle * (1 - tolerance), middle * (1 + tolerance)
    truth = true_value(reduced, weight, lower, upper)
    value, share_of, chosen = np.zeros(1), np.zeros(items), np.zeros(1, np.int64)
    total = price_sites(
        np.array([0, items]),
        np.arange(items),
        reduced,
        weight,
        np.array([-1]),
        np.array([0]),
        np.array([1]),
        lower,
        upper,
        np.array([guess]),
        value,
        share_of,
        chosen,
    )
    assert total <= truth + 1e-9
    load = float(share_of @ weight)
    if np.isfinite(total) and lower - 1e-9 <= load <= upper + 1e-9:
        # what keeps both bounds is the truth, not only a bound on it
        assert total == pytest.approx(truth)
        assert float(share_of @ reduced) == pytest.approx(total)


def test_one_site_of_each_label_is_chosen():
    start, unit = np.array([0, 1, 2, 3]), np.arange(3)
    reduced, weight = np.array([-5.0, -4.0, -1.0]), np.ones(3)
    value, share, chosen = np.zeros(3), np.zeros(3), np.zeros(2, np.int64)
    arguments = (np.zeros(3, int), np.array([2]), 0.5, 1.5, np.zeros(3), value, share, chosen)
    assert price_sites(start, unit, reduced, weight, np.array([7, 7, -1]), *arguments) == pytest.approx(-6.0)
    assert sorted(chosen) == [0, 2]
    assert price_sites(start, unit, reduced, weight, np.array([7, 8, -1]), *arguments) == pytest.approx(-9.0)


def with_river(problem: DistrictingProblem, columns: int, bridges: list[int]) -> DistrictingProblem:
    """Cut a grid along its middle row, but for bridges at some columns."""
    rows = len(problem.weight) // columns
    bank = (rows // 2 - 1) * columns
    a, b = problem.edges.T
    across = (b - a == columns) & (a >= bank) & (a < bank + columns)
    kept = ~across | np.isin(a - bank, bridges)
    return replace(problem, edges=problem.edges[kept], border=problem.border[kept])


@pytest.mark.parametrize("seed", range(4))
def test_a_proof_from_a_poor_plan_agrees_with_one_from_a_good_plan(seed):
    problem = with_river(grid_problem(6, 8, 5, 0.08, seed), 8, [1, 6])
    good = solve_districts(problem, seconds=1e6, seed=seed, effort=1.0, nodes=20_000)
    assert good.lower_bound is not None and good.objective <= good.lower_bound * (1 + 2e-4)
    # told of a plan 3 % worse, the search must neither lose the better one nor prove more than it allows
    poor = _proof(problem, 1.03 * good.objective)
    assert poor.district is not None
    assert good.objective * (1 - 2e-4) <= poor.bound <= good.objective * (1 + 1e-9)


def _proof(problem: DistrictingProblem, best_known: float):
    from beatplanner.solver.districts.bound import lagrangian_bound
    from beatplanner.solver.districts.growth import Graph

    n = len(problem.weight)
    graph, none = Graph(n, problem.edges, problem.border), np.full(n, -1)

    def metres(a, b):
        return np.hypot(*(problem.xy[a] - problem.xy[b]).T)

    sites = AllSites(
        graph.indptr,
        graph.indices,
        problem.weight,
        problem.upper,
        metres,
        problem.weight,
        none,
        none,
        with_budget=False,
        count_moves=False,
        nearest=40,
    )
    bound = lagrangian_bound(
        sites.parts, problem.weight, problem.count, problem.lower, problem.upper, best_known, steps=200
    )
    return exact_districts(
        bound, problem, graph, best_known, lambda: False, threads=1, nodes=20_000, progress=lambda best, value: None
    )


def test_more_heavy_units_than_districts_is_proven_impossible():
    """Thirteen units of which no two may share a district, and ten districts: every leaf has more sites than allowed."""
    problem = grid_problem(3, 5, 10, 0.5)
    weight = np.full(15, 10.0)
    weight[[0, 14]] = 1.0
    mean = weight.sum() / 10
    problem = replace(problem, weight=weight, lower=0.5 * mean, upper=1.5 * mean)
    assert _proof(problem, np.inf).infeasible
    plan = solve_districts(problem, seconds=1e6, seed=0, effort=0.2)
    assert plan.infeasible
    assert plan.lower_bound is None


def test_no_node_of_a_batch_hears_of_another(monkeypatch):
    # what one node found would else reach the next or not, as the clock has it, and the tree with its bound would differ from run to run
    seen: list[float] = []
    problem, work = grid_problem(7, 7, 5, 0.1, seed=5), _Tree.work
    plan = solve_districts(problem, seconds=1e6, effort=0.05, prove=False).district

    def better_each_time(self, node):
        seen.append(self.best)
        done = work(self, node)
        time.sleep(0.02)  # long enough to be heard before the next one, if it were
        return replace(done, district=plan, cost=self.best * (1 - 1e-9))

    monkeypatch.setattr(_Tree, "work", better_each_time)
    solve_districts(problem, seconds=1e6, effort=0.05, nodes=9)
    # the root is alone, then its two children, then nodes by four
    batches = [seen[1:3], seen[3:7], seen[7:9]]
    assert [len(b) for b in batches] == [2, 4, 2]
    assert all(len(set(batch)) == 1 for batch in batches)
    assert len(set(seen)) == 4
