"""That three beats have no less border than is claimed: what the checker finds by rings, against every partition and on larger maps against the solver."""

import math

import numpy as np
import pytest
from plane_maps import around_each_other, cut_of, fits, in_a_row, least_of, to_part

from beatplanner.planning.verification import cut_cycle_proof, cut_three_proof
from beatplanner.planning.verification.cut_proof import prove_cut
from beatplanner.planning.verification.cut_three_proof import no_three_below
from beatplanner.planning.verification.travel_pairs import Area
from beatplanner.solver.districts.cut_classes import CutMap
from beatplanner.solver.districts.cut_three import ThreeDistricts
from beatplanner.solver.districts.problem import connected


def _area(area: CutMap, *, count: int = 3) -> Area:
    free, weight = np.full(len(area.weight), -1), area.weight
    bounds = area.lower, area.upper
    return Area(weight, lambda a, b: 0.0 * (a + b), area.edges, count, *bounds, weight, free, free, border=area.border)


@pytest.mark.parametrize("seed", range(32))
def test_what_is_proven_is_what_every_partition_says(seed):
    area = to_part(seed, 3)
    least = least_of(area)
    whole = connected(np.zeros(len(area.weight), int), area.edges)
    if not whole or math.isinf(least):
        # of a map in pieces nothing is said
        assert no_three_below(_area(area), 100.0) is whole
        return
    assert no_three_below(_area(area), least) and no_three_below(_area(area), 0.9 * least)
    for more in (1e-3, 0.1, 3.0):
        assert not no_three_below(_area(area), least * (1 + more) + 1e-3)
    assert not no_three_below(_area(area), math.inf)


def test_beats_around_each_other_and_in_a_row():
    for area, least in ((around_each_other(1.0, 10.0), 12.0), (around_each_other(1.5, 10.0), 14.0), (in_a_row(), 7.0)):
        assert least_of(area) == least
        assert no_three_below(_area(area), least) and not no_three_below(_area(area), least + 0.01)


def test_two_beats_and_maps_that_cross_are_left_to_others():
    pairs = np.array([(a, b) for a in range(5) for b in range(a)])
    five = CutMap(np.ones(5), pairs, np.ones(10), 3, 1.0, 3.0, np.full(5, -1))
    assert not no_three_below(_area(five), 1.0) and not no_three_below(_area(five, count=2), 1.0)
    plane = CutMap(np.ones(5), pairs[1:], np.ones(9), 3, 1.0, 3.0, np.full(5, -1))
    assert no_three_below(_area(plane), 6.0) is (least_of(plane) >= 6.0)
    assert no_three_below(_area(CutMap(np.ones(5), pairs, np.ones(10), 3, 1.8, 1.9, np.full(5, -1))), 1.0)


def test_three_beats_of_more_than_a_hundred_units_need_no_certificate(monkeypatch: pytest.MonkeyPatch):
    rng, at = np.random.default_rng(5), np.arange(14 * 11)
    right, down = at[at % 14 < 13], at[: 14 * 10]
    edges = np.concatenate([np.column_stack([right, right + 1]), np.column_stack([down, down + 14])])
    weight = np.round(rng.lognormal(4, 0.5, len(at)))
    mean = weight.sum() / 3
    area = CutMap(weight, edges, np.ones(len(edges)), 3, 0.97 * mean, 1.03 * mean, np.full(len(at), -1))
    least, district = ThreeDistricts(area, lambda: False).run(math.inf, 250)
    assert district is not None and cut_of(area, district) == least and fits(area, district)
    assert prove_cut(_area(area), least - 1) == least - 1 and prove_cut(_area(area), least) == least
    # a plan has as much, so that nobody may claim more
    assert prove_cut(_area(area), least + 1) < least
    # a run with little time proves less, and claims no more than that
    assert prove_cut(_area(area), least, None, 500) < least == prove_cut(_area(area), least, None, 10**9)
    for module, limit in ((cut_three_proof, "MOST_STEPS"), (cut_cycle_proof, "MOST_WAYS")):
        monkeypatch.setattr(module, limit, 500)
        assert prove_cut(_area(area), least) < least
        monkeypatch.undo()
