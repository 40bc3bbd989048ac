"""All plans of a small map: what going through them finds is what enumeration finds, it ends by counts, and the checker's own way agrees."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.checker_area import area_of
from test_districting import enumerate_best, grid_problem, keeps_balance, travel

from beatplanner.planning.verification.all_plans import least_of_all
from beatplanner.solver.districts import all_plans
from beatplanner.solver.districts.all_plans import Every, every_plan
from beatplanner.solver.districts.problem import Balance, DistrictingProblem, connected
from beatplanner.solver.districts.solve import MOVES, measured, solve_districts


def metres(problem: DistrictingProblem):
    return lambda a, b: np.hypot(*(problem.xy[a] - problem.xy[b]).T)


def tried(problem: DistrictingProblem, price: np.ndarray | None = None, known: float = np.inf) -> Every | None:
    n = len(problem.weight)
    locked = problem.locked if len(problem.locked) else np.full(n, -1)
    return every_plan(problem, metres(problem), locked, np.zeros(n) if price is None else price, known, lambda: False)


def found_in(problem: DistrictingProblem, price: np.ndarray | None = None, known: float = np.inf) -> Every:
    found = tried(problem, price, known)
    assert found is not None
    return found


def checked(problem: DistrictingProblem, bound: float, price: np.ndarray | None = None) -> float:
    return least_of_all(area_of(problem), np.zeros(len(problem.weight)) if price is None else price, bound)


def tight_town(n: int, count: int, tolerance: float, seed: int) -> DistrictingProblem:
    """Make a town of units at random places, each beside the nearest: no grid, so that many sets are connected."""
    random = np.random.default_rng(seed)
    xy = random.uniform(0, 1_000, (n, 2))
    apart = np.linalg.norm(xy[:, None] - xy[None], axis=2)
    joined = {(int(min(a, b)), int(max(a, b))) for a in range(n) for b in np.argsort(apart[a])[1:5]}
    # one piece: each unit is beside the nearest of those before it
    joined |= {(int(np.argmin(apart[a, :a])), a) for a in range(1, n)}
    edges = np.array(sorted(joined))
    weight = random.uniform(50, 150, n)
    mean = weight.sum() / count
    return DistrictingProblem(
        weight, xy, edges, np.full(len(edges), 100.0), count, mean * (1 - tolerance), mean * (1 + tolerance)
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("tolerance", [0.02, 0.1, 0.4])
def test_finds_the_best_plan_or_that_there_is_none_with_any_prices(seed, count, tolerance):
    problem = grid_problem(3, 3, count, tolerance, seed)
    best = enumerate_best(problem, travel)
    for price in (None, np.random.default_rng(seed).uniform(-500, 2_000, 9)):
        found = found_in(problem, price)
        assert found.cost == pytest.approx(best)
        # the checker's own way: no more than the best is proven, and the best is
        assert checked(problem, np.inf, price) == pytest.approx(best)
        if found.district is None:
            assert np.isinf(best)
            continue
        assert connected(found.district, problem.edges) and keeps_balance(problem, found.district)
        assert travel(problem, found.district) == pytest.approx(found.cost)
        assert checked(problem, 0.99 * best, price) == 0.99 * best
        assert checked(problem, found.cost, price) == found.cost
        assert checked(problem, 1.01 * best, price) < best * (1 + 1e-9)
        # where a plan as good is known none comes back
        known = found_in(problem, price, best * (1 - 1e-9))
        assert known.district is None and known.cost == best * (1 - 1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_further_balances_and_locks_are_kept(seed):
    problem = grid_problem(3, 3, 3, 0.5, seed)
    amount = np.random.default_rng(seed + 50).uniform(1, 20, 9)
    mean = amount.sum() / 3
    even = Balance("residents", amount, mean * 0.7, mean * 1.3)
    locked = np.array([0, -1, -1, -1, 0, -1, 1, -1, -1])

    def measure(p: DistrictingProblem, d: np.ndarray) -> float:
        held = np.bincount(d, weights=amount, minlength=3)
        kept = held.min() >= even.lower - 1e-6 and held.max() <= even.upper + 1e-6
        return travel(p, d) if kept and d[0] == d[4] != d[6] else np.inf

    held = replace(problem, balances=(even,), locked=locked)
    best = enumerate_best(problem, measure)
    assert found_in(held).cost == pytest.approx(best)
    assert checked(held, np.inf) == pytest.approx(best)


def least_moved(problem: DistrictingProblem, district: np.ndarray) -> float:
    """Return the residents of known beats who change beat where each district carries on one of today's, or none, in the best way."""
    known = problem.current >= 0
    all_of, labels = float(problem.residents[known].sum()), np.unique(problem.current[known]).tolist()
    stay = np.array(
        [
            [problem.residents[(district == k) & (problem.current == g)].sum() for g in labels]
            for k in range(problem.count)
        ]
    )
    # districts without a label of today take one that nobody has
    stay = np.column_stack([stay, np.zeros((problem.count, problem.count))])
    ways = itertools.permutations(range(stay.shape[1]), problem.count)
    return all_of - max(float(stay[np.arange(problem.count), list(way)].sum()) for way in ways)


def checked_by_label(problem: DistrictingProblem, bound: float, price: np.ndarray) -> float:
    area = replace(area_of(problem), by_moves=problem.goal == MOVES)
    return least_of_all(area, price, bound, priced=True)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("way", ["moves", "price", "budget", "tight budget", "locked", "balanced"])
def test_with_todays_beats_it_finds_what_enumeration_finds(seed, way):
    random = np.random.default_rng(seed + 20)
    problem = grid_problem(3, 3, 3, 0.5, seed)
    today = random.integers(-1, 3, 9)
    problem = replace(problem, current=today, residents=np.round(random.uniform(1, 40, 9)))
    known = float(problem.residents[today >= 0].sum())
    most = {"budget": 0.4, "tight budget": 0.15}.get(way, 1.0) * known
    if way in ("moves", "locked", "balanced"):
        problem = replace(problem, goal=MOVES)
    if way == "price":
        problem = replace(problem, price=25.0)
    if "budget" in way:
        problem = replace(problem, budget=most)
    if way == "balanced":
        amount = random.uniform(1, 20, 9)
        mean = amount.sum() / 3
        problem = replace(problem, balances=(Balance("drive", amount, 0.75 * mean, 1.25 * mean),))
    if way == "locked":
        # to the beat of today that the first unit is in, or to a new one
        problem = replace(problem, locked=np.where(np.arange(9) == 8, max(0, int(today[0])), -1))

    def measure(p: DistrictingProblem, d: np.ndarray) -> float:
        held = [np.bincount(d, weights=b.amount, minlength=3) for b in p.balances]
        if any(h.min() < b.lower - 1e-6 or h.max() > b.upper + 1e-6 for h, b in zip(held, p.balances, strict=True)):
            return np.inf
        moved = measured(p, d).moved
        if way != "locked":
            assert moved == pytest.approx(least_moved(p, d))
        if p.goal == MOVES:
            return moved
        return travel(p, d) + p.price * moved if moved <= most + 1e-9 else np.inf

    best = enumerate_best(problem, measure)
    locked = problem.locked if len(problem.locked) else np.full(9, -1)
    for price in (np.zeros(9), random.uniform(-20, 60, 9)):
        found = every_plan(problem, metres(problem), locked, price, np.inf, lambda: False, by_label=True)
        assert found is not None
        assert found.cost == pytest.approx(best)
        if found.district is not None:
            assert measure(problem, found.district) == pytest.approx(best)
        assert checked_by_label(problem, np.inf, price) == pytest.approx(best)
        if np.isfinite(best) and best > 0:
            assert checked_by_label(problem, 0.9 * best, price) == 0.9 * best
            assert checked_by_label(problem, 1.1 * best, price) <= best * (1 + 1e-9)
    solved = solve_districts(problem, seconds=1e6, effort=0.02, nodes=1)
    assert solved.infeasible == np.isinf(best)
    if np.isfinite(best):
        assert solved.objective == pytest.approx(best)
        assert solved.lower_bound == pytest.approx(best, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(("n", "count", "seed"), [(16, 3, 1), (20, 4, 2), (24, 3, 3), (24, 2, 4)])
def test_towns_under_a_tolerance_of_a_tenth_of_a_percent_are_closed(n, count, seed):
    problem = tight_town(n, count, 0.001, seed)
    found = solve_districts(problem, seconds=1e6, effort=0.02, nodes=1)
    # whatever a tree of one node would say, it is the best plan, or there is none
    if found.infeasible:
        assert checked(problem, np.inf) == np.inf
        return
    assert found.evidence is not None and found.lower_bound is not None
    assert found.outside <= 1e-9 * problem.upper * count
    assert found.objective - found.lower_bound <= 1e-4 * found.objective
    price = found.evidence.rounds[-1].unit
    assert checked(problem, found.objective * 1.001, price) == pytest.approx(found.objective, rel=1e-4)


def test_without_a_lower_bound_of_hours_districts_hold_a_unit_each_at_least():
    # with so wide a tolerance fewer districts than are asked for could hold everything
    problem = replace(grid_problem(2, 4, 4, 4.0, 3), lower=-10.0)
    best = enumerate_best(problem, travel)
    assert found_in(problem).cost == pytest.approx(best)
    assert checked(problem, np.inf) == pytest.approx(best)
    even = replace(problem, balances=(Balance("members", np.ones(8), 1.0, 8.0),))
    assert found_in(even).cost == pytest.approx(best)


def test_it_ends_by_counts_and_when_it_is_stopped(monkeypatch):
    problem = tight_town(20, 3, 0.3, 5)
    none = np.full(20, -1)
    assert every_plan(problem, metres(problem), none, np.zeros(20), np.inf, lambda: True) is None
    for name in ("MOST_SETS", "MOST_CHOICES", "MOST_LOOKS"):
        with monkeypatch.context() as patch:
            patch.setattr(all_plans, name, 20)
            assert tried(problem) is None
