"""The least border of small maps by going through all plans: against every partition, and where the work ends it early."""

import math

import numpy as np
import pytest
from plane_maps import cut_of, least_of

from beatplanner.solver.districts import cut_frontier
from beatplanner.solver.districts.annealing import CUT
from beatplanner.solver.districts.cut_classes import CutMap
from beatplanner.solver.districts.cut_frontier import Frontier
from beatplanner.solver.districts.problem import DistrictingProblem, connected
from beatplanner.solver.districts.solve import solve_districts

NODES = 250


def _map(seed: int, *, whole: bool) -> CutMap:
    """Return a map of eight or nine units with some borders twice, units without work and, now and then, two pieces."""
    rng = np.random.default_rng(seed)
    n, count = 8 + seed % 2, 2 + seed % 3
    edges = [(i, i + 1) for i in range(n - 1) if (i + 1) % 3] + [(i, i + 3) for i in range(n - 3)]
    edges += [(0, 4), (1, 0)]
    edges = np.array([e for e in edges if rng.random() > 0.15])
    border = rng.integers(1, 4, len(edges)) * 1.0 if whole else rng.uniform(0.3, 1.5, len(edges)) * 300
    weight = np.round(rng.lognormal(3, 0.4, n), 1)
    weight[seed % n] = 0.0
    mean, tolerance = weight.sum() / count, float(rng.choice([0.05, 0.15, 0.4]))
    return CutMap(weight, edges, border, count, mean * (1 - tolerance), mean * (1 + tolerance), np.full(n, -1))


def _frontier(area: CutMap) -> Frontier:
    near = [np.unique(area.edges[(area.edges == i).any(axis=1)]) for i in range(len(area.weight))]
    return Frontier(area, [v[v != i] for i, v in enumerate(near)], lambda: False)


@pytest.mark.parametrize("seed", range(16))
def test_the_least_border_is_that_of_every_partition_whatever_is_known(seed):
    area = _map(seed, whole=seed % 4 < 2)
    least = least_of(area)
    bound, district = _frontier(area).run(math.inf, NODES)
    assert bound == pytest.approx(least, rel=3e-5)
    if math.isinf(least):
        assert district is None
        return
    for known in (math.inf, least * 1.001 + 1, least * 3):
        bound, district = _frontier(area).run(known, NODES)
        assert bound <= least and bound == pytest.approx(least, rel=3e-5)
        assert district is not None and connected(district, area.edges)
        assert cut_of(area, district) == pytest.approx(least)
        load = np.bincount(district, weights=area.weight, minlength=area.count)
        assert load.min() >= area.lower - 1e-6 and load.max() <= area.upper + 1e-6
    # nothing is below the best, nor is more claimed than was asked for
    bound, district = _frontier(area).run(least, NODES)
    assert district is None and least * (1 - 3e-5) <= bound <= least
    bound, district = _frontier(area).run(0.5 * least, NODES)
    assert district is None and bound <= 0.5 * least


def test_some_maps_have_districts_and_some_have_none():
    found = [math.isinf(_frontier(_map(seed, whole=True)).run(math.inf, NODES)[0]) for seed in range(16)]
    assert True in found and False in found


def _grid(wide: int, high: int, count: int, tolerance: float) -> DistrictingProblem:
    rng = np.random.default_rng(5)
    n = wide * high
    at = np.arange(n)
    right, down = at[at % wide < wide - 1], at[: n - wide]
    edges = np.concatenate([np.column_stack([right, right + 1]), np.column_stack([down, down + wide])])
    weight = np.round(rng.lognormal(4, 0.5, n))
    mean = weight.sum() / count
    xy = np.column_stack([at % wide, at // wide]) * 1000.0
    border = np.ones(len(edges))
    return DistrictingProblem(
        weight, xy, edges, border, count, mean * (1 - tolerance), mean * (1 + tolerance), goal=CUT
    )


def test_the_least_border_of_some_dozen_units_is_proven():
    found = solve_districts(_grid(6, 8, 3, 0.005), seconds=1e6, effort=0.05, seed=1)
    assert found.outside == 0.0 and found.lower_bound == found.objective
    assert found.evidence is not None and found.evidence.way == "plans"


def test_districts_are_found_where_the_search_finds_none():
    found = solve_districts(_grid(6, 5, 5, 0.01), seconds=1e6, effort=0.0, seed=1)
    assert found.outside == 0.0 and found.lower_bound == found.objective


def test_the_bound_stays_valid_where_the_work_ends_it(monkeypatch: pytest.MonkeyPatch):
    problem = _grid(5, 6, 3, 0.02)
    area = CutMap(problem.weight, problem.edges, problem.border, 3, problem.lower, problem.upper, np.full(30, -1))
    least, _ = _frontier(area).run(math.inf, NODES)
    known, seen = least + 2, set[float]()
    for steps in (0, 1_000, 3_000, 10_000, 30_000):
        monkeypatch.setattr(cut_frontier, "MOST_STEPS", steps)
        bound, district = _frontier(area).run(known, NODES)
        assert bound <= least and (district is None or bound == least)
        seen.add(round(bound, 6))
    assert len(seen) > 2
    monkeypatch.setattr(cut_frontier, "MOST_FRONTIER", 2)
    assert _frontier(area).run(known, NODES) == (0.0, None)
