"""That no beats have less border than is claimed: what the checker finds by going through all, against every partition and the solver."""

import math

import numpy as np
import pytest
from benchmarks.claims import partitions

from beatplanner.planning.verification import cut_sweep_proof, cut_three_proof
from beatplanner.planning.verification.cut_proof import WHOLE_UNITS, prove_cut
from beatplanner.planning.verification.cut_sweep_proof import none_below
from beatplanner.planning.verification.travel_pairs import Area
from beatplanner.solver.districts.problem import connected


def _area(edges: np.ndarray, border: np.ndarray, weight: np.ndarray, count: int, tolerance: float) -> Area:
    none, mean = np.full(len(weight), -1), weight.sum() / count
    lower, upper = mean * (1 - tolerance), mean * (1 + tolerance)
    return Area(weight, lambda a, b: 0.0 * (a + b), edges, count, lower, upper, weight, none, none, border=border)


def _map(seed: int) -> tuple[Area, float]:
    """Return a map of eight or nine units, some borders twice, one unit without hours, and its least border."""
    rng = np.random.default_rng(seed)
    n, count = 8 + seed % 2, 2 + seed % 3
    edges = [(i, i + 1) for i in range(n - 1) if (i + 1) % 3] + [(i, i + 3) for i in range(n - 3)] + [(0, 4), (1, 0)]
    edges = np.array([e for e in edges if rng.random() > 0.15])
    border, weight = rng.uniform(0.3, 1.5, len(edges)) * 300, np.round(rng.lognormal(3, 0.4, n), 1)
    weight[seed % n] = 0.0
    area = _area(edges, border, weight, count, float(rng.choice([0.05, 0.15, 0.4])))
    least = math.inf
    for part in partitions(n, count):
        loads = np.bincount(part, weights=weight, minlength=count)
        fits = (loads >= area.lower - 1e-9).all() and (loads <= area.upper + 1e-9).all()
        if fits and connected(np.array(part), edges):
            district = np.array(part)
            least = min(least, float(border[district[edges[:, 0]] != district[edges[:, 1]]].sum()))
    return area, least


@pytest.mark.parametrize("seed", range(16))
def test_what_is_proven_is_what_every_partition_says(seed):
    area, least = _map(seed)
    if math.isinf(least):
        assert none_below(area, math.inf) and none_below(area, 100.0)
        return
    assert none_below(area, least) and none_below(area, 0.9 * least)
    for more in (1e-6, 1e-3, 0.1, 3.0):
        assert not none_below(area, least * (1 + more))
    assert not none_below(area, math.inf)


def _grid(wide: int, high: int) -> Area:
    rng = np.random.default_rng(5)
    at = np.arange(wide * high)
    right, down = at[at % wide < wide - 1], at[: wide * (high - 1)]
    edges = np.concatenate([np.column_stack([right, right + 1]), np.column_stack([down, down + wide])])
    return _area(edges, np.ones(len(edges)), np.round(rng.lognormal(4, 0.5, wide * high)), 3, 0.01)


LEAST = 12.0  # of the grid, found and proven by the solver


def test_the_least_border_of_some_dozen_units_needs_no_certificate(monkeypatch: pytest.MonkeyPatch):
    area = _grid(6, 7)
    assert len(area.weight) > WHOLE_UNITS
    assert prove_cut(area, LEAST - 1) == LEAST - 1 and prove_cut(area, LEAST) == LEAST
    # a plan has as much, so that nobody may claim more
    assert prove_cut(area, LEAST + 1) < LEAST
    # three beats are proven by rings as well
    monkeypatch.setattr(cut_three_proof, "MOST_STEPS", 0)
    assert prove_cut(area, LEAST) == LEAST
    monkeypatch.setattr(cut_sweep_proof, "MOST_STEPS", 500)
    assert prove_cut(area, LEAST) < LEAST
