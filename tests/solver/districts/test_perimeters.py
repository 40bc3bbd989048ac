"""The bound on the border of three districts and more by the cycles around one: never above the best partition, and the checker's the same."""

import math

import numpy as np
import pytest
from plane_maps import least_of, to_part

from beatplanner.planning.verification.arrays import MalformedError
from beatplanner.planning.verification.cut_cycle_proof import prove_rings
from beatplanner.planning.verification.cut_proof import prove_cut
from beatplanner.planning.verification.travel_pairs import Area
from beatplanner.planning.whole.cut_proofs import packed_rings
from beatplanner.solver.districts.annealing import CUT
from beatplanner.solver.districts.cut_bound import eigenvalue_bound
from beatplanner.solver.districts.cut_classes import CutMap
from beatplanner.solver.districts.evidence import Perimeters
from beatplanner.solver.districts.perimeters import perimeter_bound
from beatplanner.solver.districts.problem import DistrictingProblem
from beatplanner.solver.districts.solve import solve_districts

NODES = 250


def _area(area: CutMap) -> Area:
    free, bounds = np.full(len(area.weight), -1), (area.lower, area.upper)
    weight, metres = area.weight, area.border
    return Area(weight, lambda a, b: 0.0 * (a + b), area.edges, area.count, *bounds, weight, free, free, border=metres)


@pytest.mark.parametrize("part", range(4))
def test_no_partition_has_less_border(part):
    near = 0
    for seed in range(part, 16, 4):
        area = to_part(seed, 3 + seed % 2)
        least = least_of(area)
        known = least if math.isfinite(least) else float(area.border.sum())
        for upto in (known, known + 2, 0.7 * known):
            bound, held = perimeter_bound(area, upto, NODES, lambda: False)
            assert 0.0 <= bound <= min(least * (1 + 1e-9), upto)
            if held is not None:
                assert prove_rings(_area(area), packed_rings(held)) >= bound * (1 - 1e-9)
        near += bound > 0.5 * upto
    assert near > 0


def _grid(wide: int, high: int, count: int, tolerance: float) -> DistrictingProblem:
    rng, at = np.random.default_rng(5), np.arange(wide * high)
    right, down = at[at % wide < wide - 1], at[: wide * (high - 1)]
    edges = np.concatenate([np.column_stack([right, right + 1]), np.column_stack([down, down + wide])])
    weight = np.round(rng.lognormal(4, 0.5, len(at)))
    # a town in one corner
    weight[(at % wide < 4) & (at // wide < 4)] *= 6
    mean, xy = weight.sum() / count, np.column_stack([at % wide, at // wide]) * 1000.0
    bounds = mean * (1 - tolerance), mean * (1 + tolerance)
    return DistrictingProblem(weight, xy, edges, np.ones(len(edges)), count, *bounds, goal=CUT)


def test_four_districts_of_hundreds_of_units_have_a_bound_that_is_checked():
    problem = _grid(16, 14, 4, 0.02)
    found = solve_districts(problem, seconds=1e6, effort=0.01, seed=1)
    eigen = eigenvalue_bound(problem.weight, problem.edges, problem.border, 4, problem.lower)
    assert found.evidence is not None and found.evidence.way == "rings" and found.evidence.rings is not None
    assert found.outside == 0.0 and found.lower_bound is not None
    assert max(2 * eigen, 0.6 * found.objective) < found.lower_bound <= found.objective
    bounds, locked = (problem.lower, problem.upper), np.full(len(problem.weight), -1)
    area = _area(CutMap(problem.weight, problem.edges, problem.border, 4, *bounds, locked))
    held, value = found.evidence.rings, found.lower_bound
    assert prove_cut(area, value, packed_rings(held)) == value
    # the anchor is worth something, and nobody may claim that rings are longer than they are
    assert held.other > held.one
    for forged in (
        Perimeters(held.anchor, held.piece, held.one + 1, held.other),
        Perimeters(held.anchor, held.piece, held.one, held.other + 1),
        Perimeters(held.anchor, math.inf, math.inf, math.inf),
    ):
        assert prove_cut(area, value + 1, packed_rings(forged)) < value
    with pytest.raises(MalformedError):
        prove_cut(area, value, packed_rings(Perimeters(len(problem.weight), held.piece, held.one, held.other)))


def test_the_perimeter_is_that_of_two_cycles_where_the_others_are_apart():
    # of five districts in a row of 5 × 2 each but the last ones has two cycles of length 2
    wide, at = 10, np.arange(20)
    right, down = at[at % wide < wide - 1], at[:wide]
    edges = np.concatenate([np.column_stack([right, right + 1]), np.column_stack([down, down + wide])])
    area = CutMap(np.ones(20), edges, np.ones(len(edges)), 5, 4.0, 4.0, np.full(20, -1))
    bound, held = perimeter_bound(area, 8.0, NODES, lambda: False)
    # the best is 8; each is counted with the shortest cycle around one
    assert held is not None and held.piece == 2 and held.border(5, whole=True) == bound and 5 <= bound <= 8


def test_without_work_little_is_said():
    problem = _grid(16, 14, 3, 0.02)
    area = CutMap(problem.weight, problem.edges, problem.border, 3, problem.lower, problem.upper, problem.locked)
    assert perimeter_bound(area, 40.0, NODES, lambda: True)[0] == 0.0
    crossing = np.array([(a, b) for a in range(5) for b in range(a)])
    five = CutMap(np.ones(5), crossing, np.ones(10), 3, 1.0, 3.0, np.full(5, -1))
    assert perimeter_bound(five, 8.0, NODES, lambda: False) == (0.0, None)
