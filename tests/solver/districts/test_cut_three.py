"""The least border of three districts by short cycles and what parts the rest: against every partition of small maps, and where the work ends it early."""

import math
from dataclasses import replace

import numpy as np
import pytest
from plane_maps import around_each_other, cut_of, fits, in_a_row, least_of, to_part

from beatplanner.solver.districts import cut_three
from beatplanner.solver.districts.annealing import CUT
from beatplanner.solver.districts.cut_classes import CutMap
from beatplanner.solver.districts.cut_three import ThreeDistricts
from beatplanner.solver.districts.problem import DistrictingProblem, connected
from beatplanner.solver.districts.solve import solve_districts

NODES = 250


def _three(area: CutMap) -> ThreeDistricts:
    return ThreeDistricts(area, lambda: False)


@pytest.mark.parametrize("seed", range(32))
def test_the_least_border_is_that_of_every_partition_whatever_is_known(seed):
    area = to_part(seed, 3)
    least = least_of(area)
    if _three(area).dual is None:
        assert not connected(np.zeros(len(area.weight), int), area.edges)
        return
    bound, district = _three(area).run(math.inf, NODES)
    assert bound == pytest.approx(least)
    if math.isinf(least):
        assert district is None
        return
    for known in (math.inf, least * 1.001 + 1, least * 3 + 1):
        bound, district = _three(area).run(known, NODES)
        assert bound == pytest.approx(least) and bound <= least
        assert district is not None and fits(area, district) and cut_of(area, district) == pytest.approx(least)
    # nothing is below the best, nor is more claimed than was asked for
    for share in (1.0, 0.5):
        bound, district = _three(area).run(share * least, NODES)
        assert district is None and bound == pytest.approx(share * least) and bound <= share * least


def test_districts_may_lie_around_each_other_or_in_a_row():
    for area, least in ((around_each_other(1.0, 10.0), 12.0), (around_each_other(1.5, 10.0), 14.0), (in_a_row(), 7.0)):
        assert least_of(area) == least
        for known in (math.inf, least + 1, least):
            bound, district = _three(area).run(known, NODES)
            assert bound == pytest.approx(least) and (district is None) is (known == least)
    apart = around_each_other(1.0, 0.25)
    assert least_of(apart) < 12.0 and _three(apart).run(math.inf, NODES)[0] == pytest.approx(least_of(apart))


def test_what_crosses_or_falls_apart_is_left_to_others():
    pairs = np.array([(a, b) for a in range(5) for b in range(a)])
    area = CutMap(np.ones(5), pairs, np.ones(10), 3, 1.0, 3.0, np.full(5, -1))
    assert _three(area).run(9.0, NODES) == (0.0, None)
    assert _three(replace(area, edges=pairs[:3], border=np.ones(3))).run(9.0, NODES) == (0.0, None)
    assert _three(replace(area, lower=1.8, upper=1.9)).run(9.0, NODES)[0] == math.inf


def _grid(wide: int, high: int, tolerance: float) -> DistrictingProblem:
    rng, at = np.random.default_rng(5), np.arange(wide * high)
    right, down = at[at % wide < wide - 1], at[: wide * (high - 1)]
    edges = np.concatenate([np.column_stack([right, right + 1]), np.column_stack([down, down + wide])])
    weight = np.round(rng.lognormal(4, 0.5, len(at)))
    mean, xy = weight.sum() / 3, np.column_stack([at % wide, at // wide]) * 1000.0
    bounds = mean * (1 - tolerance), mean * (1 + tolerance)
    return DistrictingProblem(weight, xy, edges, np.ones(len(edges)), 3, *bounds, goal=CUT)


def test_three_districts_are_proven_and_found_where_the_search_finds_none():
    for problem, effort in ((_grid(14, 11, 0.03), 0.02), (_grid(13, 10, 0.01), 0.0)):
        found = solve_districts(problem, seconds=1e6, effort=effort, seed=1)
        assert found.outside == 0.0 and found.lower_bound == found.objective
        assert found.evidence is not None and found.evidence.way == "plans"


def test_the_bound_stays_valid_where_the_work_ends_it(monkeypatch: pytest.MonkeyPatch):
    problem = _grid(12, 11, 0.02)
    area = CutMap(problem.weight, problem.edges, problem.border, 3, problem.lower, problem.upper, problem.locked)
    least, _ = _three(area).run(math.inf, NODES)
    seen = set[float]()
    for known in (least + 3, math.inf):
        for steps in (0, 3_000, 10_000, 30_000, 100_000, 300_000):
            monkeypatch.setattr(cut_three, "MOST_STEPS", steps)
            bound, district = _three(area).run(known, NODES)
            assert bound <= least and (district is None or cut_of(area, district) < known)
            seen.add(bound)
        monkeypatch.undo()
    assert len(seen) > 3
    assert ThreeDistricts(area, lambda: True).run(least, NODES)[0] == 0.0
