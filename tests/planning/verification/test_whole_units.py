"""Knapsacks of whole units as the checker counts them, and units that the one beat of a zone must have."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from test_forged_proofs import LEAST, N, certificate, row_of_units

from beatplanner.planning.verification import travel_lagrangian
from beatplanner.planning.verification.travel_bound import prove
from beatplanner.planning.verification.travel_lagrangian import Zones, lagrangian, least_penalty, settled_pairs
from beatplanner.planning.verification.travel_pairs import all_pairs, with_links


def least_cover(penalty, load, need):
    """Return the least penalty of items that weigh enough, by enumeration."""
    taken = np.array(list(product([0, 1], repeat=len(load))))
    return (taken @ penalty)[taken @ load >= need].min(initial=np.inf)


@pytest.mark.parametrize("steps", [1, 3, 10, 4_000])
def test_a_knapsack_whose_steps_are_used_up_is_told_too_low_and_never_too_high(steps, monkeypatch):
    monkeypatch.setattr(travel_lagrangian, "KNAPSACK_STEPS", steps)
    random, short = np.random.default_rng(steps), 0
    for case in range(150):
        m = int(random.integers(1, 9))
        penalty = random.integers(0, 20, m).astype(float) if case % 2 else random.uniform(0, 5, m)
        load = random.integers(1, 20, m).astype(float)
        need = float(random.uniform(0.05, 1.1) * load.sum())
        found, truth = least_penalty(penalty.tolist(), load.tolist(), need), least_cover(penalty, load, need)
        assert found <= truth + 1e-9
        short += found < truth - 1e-9
        # more than nothing is known, however few the steps
        assert found > 0 or truth == 0 or steps == 1
    assert (short == 0) == (steps == 4_000)
    assert least_penalty([], [], 1.0) == np.inf


def test_a_knapsack_of_near_equal_units_is_solved():
    # depth first, as it was, these took more than 4,000 steps, after which units could be split
    random = np.random.default_rng(5)
    load = random.uniform(900.0, 1100.0, 60).round()
    penalty = load * random.uniform(0.99, 1.01, 60)
    need = 20_345.0
    found = least_penalty(penalty.tolist(), load.tolist(), need)
    order = np.argsort(penalty / load)
    whole = np.cumsum(load[order])
    k = int(np.searchsorted(whole, need))
    split = penalty[order][:k].sum() + (need - whole[k - 1]) * (penalty / load)[order][k]
    greedy = penalty[order][: k + 1].sum()
    assert split < found < greedy


def parted_row(u0: int) -> dict[str, np.ndarray]:
    """Return a tree for the row of units that parts the three sites of the west, with so much more for the first unit where each side has a beat."""
    west = np.column_stack([np.arange(3), np.full(3, -1)])
    u, weak = np.array([1000 + u0, 0, 1000, 1000, 0, 1000]), np.array([9000, -9000, 9000, -9000, 9000, -9000])
    return certificate(
        u=weak,
        parent=np.array([-1, 0, 0, 0]),
        unit=np.full(4, -1),
        multiplier=np.array([0 * u, 0 * u, u - weak, 0 * u], np.int64),
        price=np.zeros(4),
        gone_start=np.zeros(5, np.int64),
        part_start=np.array([0, 0, 3, 6, 9]),
        part=np.tile(west, (3, 1)),
        need=np.array([-1, 0, 1, 2]),
    )


@pytest.mark.parametrize("more", [-9_000, 0, 9_000])
def test_a_unit_that_the_one_beat_of_a_zone_must_have_counts_with_any_multiplier(more):
    # the first unit reaches sites of the west alone, which has one beat
    area, u = row_of_units(), np.array([1000.0 + more, 0, 1000, 1000, 0, 1000])
    pairs, zones = all_pairs(area, False), Zones((np.arange(N) > 2).astype(np.int64), (1, 1))
    must = np.isin(pairs.unit, [0, 5])
    assert lagrangian(area, pairs, u, 0.0, None, LEAST, zones, must).bound == pytest.approx(LEAST)
    without = lagrangian(area, pairs, u, 0.0, None, LEAST, zones).bound
    assert without == pytest.approx(LEAST) if more >= 0 else without < 0
    tree = parted_row(more)
    assert prove(area, tree, False, LEAST - 1e-6) >= LEAST - 1e-6
    assert prove(area, tree, False, 2 * LEAST) <= LEAST


def test_a_site_without_a_unit_that_its_zones_one_beat_must_have_is_none():
    area = row_of_units()
    pairs = with_links(all_pairs(area, False), area.edges, N)
    zones = Zones((np.arange(N) > 2).astype(np.int64), (1, 1))
    every = np.ones(len(pairs.site), bool)
    alive, must = settled_pairs(pairs, every, zones, N)
    # 0 and 5 reach the sites of one side alone, and all of these
    assert alive.all() and set(pairs.unit[must].tolist()) == {0, 5}
    without = every & ~((pairs.site == 2) & (pairs.unit == 0))
    alive, must = settled_pairs(pairs, without, zones, N)
    assert set(pairs.site[alive].tolist()) == {0, 1, 3, 4, 5}
    assert set(pairs.unit[alive][must].tolist()) == {0, 4, 5}
    # of two beats in one zone either may have them
    alive, must = settled_pairs(pairs, without, Zones(np.zeros(N, np.int64), (2,)), N)
    assert (alive == without).all() and not must.any()


def test_a_site_of_a_label_takes_the_place_of_the_site_that_carries_it():
    # both halves of the row are today's beats, and nobody may leave them; the western one is dear and the eastern one cheap at these multipliers
    area = replace(row_of_units(), current=np.repeat([0, 1], 3), budget=0.0)
    pairs, u = all_pairs(area, True), np.array([500.0, 0, 500, 1500, 0, 1500])
    found = lagrangian(area, pairs, u, 5_000.0, None, 2 * LEAST)
    assert found.bound == pytest.approx(LEAST)
    # with unit 3 as its centre the eastern beat costs 1,000 more than with unit 4, in whose place it comes, though less than the western one
    at_three = (pairs.centre[pairs.site] == 3) & (pairs.label[pairs.site] == 1) & pairs.own
    assert found.site[at_three] == pytest.approx(LEAST + 1_000.0)
