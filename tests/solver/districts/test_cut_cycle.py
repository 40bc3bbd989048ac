"""The least border of two districts by cycles of the dual: against every partition of small maps, and where the work ends it early."""

import math

import numpy as np
import pytest
from plane_maps import cut_of, drawn, fits, least_of

from beatplanner.solver.districts import cut_cycle
from beatplanner.solver.districts.annealing import CUT
from beatplanner.solver.districts.cut_classes import CutMap
from beatplanner.solver.districts.cut_cycle import Cycles
from beatplanner.solver.districts.planar import dual_of
from beatplanner.solver.districts.problem import DistrictingProblem, connected
from beatplanner.solver.districts.solve import solve_districts

NODES = 250


def _cycles(area: CutMap) -> Cycles:
    return Cycles(area, lambda: False)


@pytest.mark.parametrize("seed", range(40))
def test_the_least_border_is_that_of_every_partition_whatever_is_known(seed):
    area = drawn(seed)
    least, cycles = least_of(area), _cycles(area)
    if cycles.dual is None:
        assert not connected(np.zeros(len(area.weight), int), area.edges)
        return
    bound, district = cycles.run(math.inf, NODES)
    assert bound == pytest.approx(least)
    if math.isinf(least):
        assert district is None
        return
    for known in (math.inf, least * 1.001 + 1, least * 3 + 1):
        bound, district = _cycles(area).run(known, NODES)
        assert bound == pytest.approx(least) and bound <= least
        assert district is not None and fits(area, district) and cut_of(area, district) == pytest.approx(least)
    # nothing is below the best, nor is more claimed than was asked for
    for share in (1.0, 0.5):
        bound, district = _cycles(area).run(share * least, NODES)
        assert district is None and bound == pytest.approx(share * least) and bound <= share * least


def test_the_maps_are_of_every_kind():
    areas = [drawn(seed) for seed in range(40)]
    duals = [(a, d) for a in areas if (d := _cycles(a).dual) is not None]
    leasts = [_cycles(a).run(math.inf, NODES)[0] for a, _ in duals]
    assert len(duals) > 30 and math.inf in leasts and 0.0 in leasts
    # bridges, faces that are passed from several sides, and parallel ways from one face to another
    assert any((d.tail == d.head).any() for _, d in duals)
    assert any(len({(int(a), int(b)) for a, b in zip(d.tail, d.head, strict=True)}) < len(d.tail) for _, d in duals)


def test_what_crosses_or_falls_apart_has_no_dual():
    pairs = np.array([(a, b) for a in range(5) for b in range(a)])
    assert dual_of(np.ones(5), pairs, np.ones(10)) is None
    assert dual_of(np.ones(5), pairs[1:], np.ones(9)) is not None
    assert dual_of(np.ones(6), pairs[1:], np.ones(9)) is None
    area = CutMap(np.ones(5), pairs, np.ones(10), 2, 1.0, 4.0, np.full(5, -1))
    assert _cycles(area).run(7.0, NODES) == (0.0, None)


def _grid(wide: int, high: int, tolerance: float) -> DistrictingProblem:
    rng = np.random.default_rng(5)
    at = np.arange(wide * high)
    right, down = at[at % wide < wide - 1], at[: wide * (high - 1)]
    edges = np.concatenate([np.column_stack([right, right + 1]), np.column_stack([down, down + wide])])
    weight = np.round(rng.lognormal(4, 0.5, wide * high))
    mean, xy = weight.sum() / 2, np.column_stack([at % wide, at // wide]) * 1000.0
    lower, upper = mean * (1 - tolerance), mean * (1 + tolerance)
    return DistrictingProblem(weight, xy, edges, np.ones(len(edges)), 2, lower, upper, goal=CUT)


def test_two_districts_of_hundreds_of_units_are_proven_and_found_where_the_search_finds_none():
    for problem, effort in ((_grid(16, 12, 0.02), 0.02), (_grid(14, 10, 0.0002), 0.0)):
        found = solve_districts(problem, seconds=1e6, effort=effort, seed=1)
        assert found.outside == 0.0 and found.lower_bound == found.objective
        assert found.evidence is not None and found.evidence.way == "plans"


def test_the_bound_stays_valid_where_the_work_ends_it(monkeypatch: pytest.MonkeyPatch):
    problem = _grid(12, 12, 0.01)
    area = CutMap(problem.weight, problem.edges, problem.border, 2, problem.lower, problem.upper, problem.locked)
    least, _ = _cycles(area).run(math.inf, NODES)
    seen = set[float]()
    for steps in (0, 3_000, 10_000, 30_000, 100_000, 300_000):
        monkeypatch.setattr(cut_cycle, "MOST_STEPS", steps)
        bound, district = _cycles(area).run(least + 3, NODES)
        assert bound <= least and (district is None or cut_of(area, district) < least + 3)
        seen.add(bound)
    assert len(seen) > 2
    monkeypatch.undo()
    # faces are begun from fewer at a time where their paths are many, and given up where those of one are too many
    for paths, ends in ((20_000, True), (60, False)):
        monkeypatch.setattr(cut_cycle, "MOST_PATHS", paths)
        bound, _ = _cycles(area).run(least, NODES)
        assert (bound == least) is ends and bound <= least
