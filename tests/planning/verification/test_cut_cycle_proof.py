"""That two beats have no less border than is claimed: what the checker finds by rings, against every partition and on larger maps against the solver."""

import math

import numpy as np
import pytest
from plane_maps import cut_of, drawn, fits, least_of

from beatplanner.planning.verification import cut_cycle_proof
from beatplanner.planning.verification.cut_cycle_proof import no_ring_below
from beatplanner.planning.verification.cut_proof import prove_cut
from beatplanner.planning.verification.travel_pairs import Area
from beatplanner.solver.districts.cut_classes import CutMap
from beatplanner.solver.districts.cut_cycle import Cycles
from beatplanner.solver.districts.problem import connected


def _area(area: CutMap, *, count: int = 2) -> Area:
    free, weight = np.full(len(area.weight), -1), area.weight
    bounds = area.lower, area.upper
    return Area(weight, lambda a, b: 0.0 * (a + b), area.edges, count, *bounds, weight, free, free, border=area.border)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_proven_is_what_every_partition_says(seed):
    area, least = drawn(seed), least_of(drawn(seed))
    whole = connected(np.zeros(len(area.weight), int), area.edges)
    if not whole or math.isinf(least):
        # of a map in pieces nothing is said
        assert no_ring_below(_area(area), 100.0) is whole
        return
    assert no_ring_below(_area(area), least) and no_ring_below(_area(area), 0.9 * least)
    for more in (1e-6, 1e-3, 0.1, 3.0):
        assert not no_ring_below(_area(area), least * (1 + more) + 1e-9)
    assert not no_ring_below(_area(area), math.inf)


def test_three_beats_and_maps_that_cross_are_left_to_others():
    area = drawn(3)
    assert no_ring_below(_area(area), 1e-6) and not no_ring_below(_area(area, count=3), 1e-6)
    pairs = np.array([(a, b) for a in range(5) for b in range(a)])
    free = np.full(5, -1)
    assert not no_ring_below(_area(CutMap(np.ones(5), pairs, np.ones(10), 2, 1.0, 4.0, free)), 1.0)
    assert no_ring_below(_area(CutMap(np.ones(5), pairs[1:], np.ones(9), 2, 1.0, 4.0, free)), 3.0)


def test_two_beats_of_hundreds_of_units_need_no_certificate(monkeypatch: pytest.MonkeyPatch):
    rng = np.random.default_rng(5)
    at = np.arange(14 * 12)
    right, down = at[at % 14 < 13], at[: 14 * 11]
    edges = np.concatenate([np.column_stack([right, right + 1]), np.column_stack([down, down + 14])])
    weight = np.round(rng.lognormal(4, 0.5, len(at)))
    mean = weight.sum() / 2
    area = CutMap(weight, edges, np.ones(len(edges)), 2, 0.99 * mean, 1.01 * mean, np.full(len(at), -1))
    least, district = Cycles(area, lambda: False).run(math.inf, 250)
    assert district is not None and cut_of(area, district) == least and fits(area, district)
    assert prove_cut(_area(area), least - 1) == least - 1 and prove_cut(_area(area), least) == least
    # a plan has as much, so that nobody may claim more
    assert prove_cut(_area(area), least + 1) < least
    # a run with little time proves less, and claims no more than that
    assert prove_cut(_area(area), least, None, 500) < least == prove_cut(_area(area), least, None, 10**9)
    for limit, most in (("MOST_STEPS", 500), ("MOST_WAYS", 500)):
        monkeypatch.setattr(cut_cycle_proof, limit, most)
        assert prove_cut(_area(area), least) < least
        monkeypatch.undo()
