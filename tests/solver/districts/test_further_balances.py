"""Several balances at once: districts keep all of them, tiny cases reach the optimum found by enumeration, and no bound lies above it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_districting import cut, enumerate_best, grid_problem, travel

from beatplanner.solver.districts.few_plans import FewPlans
from beatplanner.solver.districts.nearest import NearestProblem, nearest_districts
from beatplanner.solver.districts.problem import Amounts, Balance, keeps_amounts
from beatplanner.solver.districts.search import Search
from beatplanner.solver.districts.sites import joined
from beatplanner.solver.districts.solve import CUT, MOVES, TRAVEL, DistrictingProblem, connected, solve_districts


def with_balance(problem: DistrictingProblem, tolerance: float, seed: int = 7) -> DistrictingProblem:
    """Add a balance of an amount that the workload says nothing of."""
    amount = np.random.default_rng(seed).uniform(1, 20, len(problem.weight))
    mean = amount.sum() / problem.count
    kept = Balance("residents", amount, mean * (1 - tolerance), mean * (1 + tolerance))
    return replace(problem, balances=(*problem.balances, kept))


def within(problem: DistrictingProblem, district: np.ndarray) -> bool:
    for kept in problem.balances:
        held = np.bincount(district, weights=kept.amount, minlength=problem.count)
        if held.min() < kept.lower - 1e-6 or held.max() > kept.upper + 1e-6:
            return False
    return True


def best_within(problem: DistrictingProblem, measure) -> float:
    return enumerate_best(problem, lambda p, d: measure(p, d) if within(p, d) else np.inf)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("goal", [TRAVEL, CUT])
def test_tiny_cases_reach_the_best_plan_that_keeps_all_balances(seed, goal):
    problem = with_balance(replace(grid_problem(3, 3, 3, 0.35, seed), goal=goal), 0.25)
    measure = cut if goal == CUT else travel
    best, freer = best_within(problem, measure), enumerate_best(problem, measure)
    found = solve_districts(problem, seconds=1e6, effort=0.02)
    assert connected(found.district, problem.edges)
    if np.isinf(best):
        assert np.isfinite(freer)
        assert found.outside > 0
        assert found.lower_bound is None or found.infeasible
        return
    assert within(problem, found.district)
    assert found.outside <= 1e-9 * problem.upper * problem.count
    assert found.objective == pytest.approx(best)
    # the proof is of the whole problem: it closes though the plan without the balance is better
    assert found.lower_bound == pytest.approx(best, rel=1e-4)
    assert found.lower_bound <= best * (1 + 1e-9)


def test_none_at_all_is_proven_where_only_the_further_balance_allows_none():
    problem = with_balance(grid_problem(2, 3, 2, 0.35, 1), 0.002)
    assert np.isfinite(enumerate_best(problem, travel))
    assert np.isinf(best_within(problem, travel))
    found = solve_districts(problem, seconds=1e6, effort=0.02)
    assert found.infeasible
    assert not within(problem, found.district)


def test_two_further_balances_in_measures_of_their_own():
    problem = with_balance(with_balance(grid_problem(8, 8, 4, 0.1, 3), 0.08, 1), 0.08, 2)
    # counted in thousands, it counts as much as before
    thousand = problem.balances[1]
    large = Balance("drive", thousand.amount * 1e3, thousand.lower * 1e3, thousand.upper * 1e3)
    problem = replace(problem, balances=(problem.balances[0], large))
    found = solve_districts(problem, seconds=1e6, effort=0.05, prove=False)
    assert found.outside <= 1e-9 * problem.upper * problem.count
    assert within(problem, found.district)
    assert not within(problem, np.repeat(np.arange(4), 16))
    amounts = Amounts.of(problem)
    assert amounts.of_unit.sum(axis=0) == pytest.approx([problem.weight.sum()] * 2)


def test_fewest_moves_keep_the_further_balance():
    problem = with_balance(grid_problem(6, 6, 4, 0.3, 5), 0.15)
    today = np.repeat([0, 0, 0, 1, 1, 1], 6) * 2 + np.tile([0, 0, 0, 1, 1, 1], 6)
    assert not within(problem, today)
    moving = replace(problem, goal=MOVES, current=today, residents=problem.balances[0].amount)
    found = solve_districts(moving, seconds=1e6, effort=0.05, prove=False)
    assert within(problem, found.district)
    assert keeps_amounts(found.district, problem)
    assert not keeps_amounts(today, problem)


def test_the_nearest_districts_keep_the_further_balance():
    problem = with_balance(grid_problem(4, 4, 2, 0.4, 2), 0.05)
    wish = np.repeat([0, 1], 8)
    assert not within(problem, wish)
    asked = NearestProblem(
        wish=wish,
        allowed=np.ones((16, 2), bool),
        weight=problem.weight,
        lower=np.full(2, problem.lower),
        upper=np.full(2, problem.upper),
        residents=np.ones(16),
        edges=problem.edges,
        locked=np.full(16, -1),
        current=np.full(16, -1),
        balances=problem.balances,
    )
    district, bound = nearest_districts(asked, seconds=1e6)
    assert district is not None and bound is not None
    assert within(problem, district)
    assert connected(district, problem.edges)
    assert (district != wish).sum() == pytest.approx(bound, abs=0.1)


def test_the_one_plan_of_few_is_found_and_none_is_proven_in_few_nodes():
    # eight units in four pairs: one plan of all that hours allow keeps the balance
    weight = np.array([13.512, 96.656, 26.335, 67.503, 76.432, 92.721, 22.126, 25.752])
    problem = replace(grid_problem(4, 2, 4, 0.4, 0), weight=weight, lower=63.156, upper=147.363)
    pairs = replace(problem, balances=(Balance("members", np.ones(8), 1.8, 2.2),))
    best = best_within(pairs, travel)
    found = solve_districts(pairs, seconds=1e6, effort=0.02, nodes=60)
    assert found.objective == pytest.approx(best)
    assert found.lower_bound == pytest.approx(best, rel=1e-4)
    # an amount in one unit alone, of which each district should have a share
    alone = replace(pairs, balances=(*pairs.balances, Balance("drive", np.eye(8)[7], 0.2, 0.3)))
    assert solve_districts(alone, seconds=1e6, effort=0.02, nodes=60).infeasible
    # and one that no Lagrangian of hours sees: three units in each of four districts of eight
    three = replace(problem, balances=(Balance("members", np.ones(8), 1.0, 1.5),))
    assert solve_districts(three, seconds=1e6, effort=0.02, nodes=60).infeasible


def test_plans_are_gone_through_in_each_zone_and_within_the_steps():
    problem = with_balance(grid_problem(3, 3, 3, 0.35, 1), 0.25)
    search = Search(problem, 0, 1)
    sites = joined([s for s, _ in search.all_sites(40).parts()])
    zone, need = np.zeros(len(sites.centre), int), np.array([3])
    best = best_within(problem, travel)
    whole = FewPlans(sites, zone, need, problem, search.graph).run(np.inf, 10**6)
    assert whole.whole
    assert whole.cost == pytest.approx(best)
    assert whole.district is not None
    assert travel(problem, whole.district) == pytest.approx(best)
    # nothing is below the best, and what is cut short says so
    assert FewPlans(sites, zone, need, problem, search.graph).run(best * (1 - 1e-9), 10**6).district is None
    assert not FewPlans(sites, zone, need, problem, search.graph).run(np.inf, 5).whole
    # a zone without districts has none of the sites used
    north = (sites.centre >= 3).astype(int)
    bounded = FewPlans(sites, north, np.array([3, 0]), problem, search.graph).run(np.inf, 10**6)
    assert bounded.whole
    assert bounded.cost >= whole.cost
