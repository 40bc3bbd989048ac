"""Which pairs of unit and site a certificate is about: those within reach, and what joins them as rounds leave fewer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from beatplanner.planning.verification import travel_bound, travel_pairs
from beatplanner.planning.verification.travel_pairs import (
    Area,
    TooLargeError,
    all_pairs,
    in_reach,
    linked_subset,
    reaches,
    subset,
    with_links,
)


def _area(seed: int, *, by_moves: bool = False) -> Area:
    """Return a map of 30 units that hangs together, with some 70 borders, hours between 0 and 9."""
    random = np.random.default_rng(seed)
    n, at = 30, random.random((30, 2)) * 5000
    chain = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)
    edges = np.unique(np.sort(np.concatenate([chain, random.integers(0, n, (45, 2))]), axis=1), axis=0)
    edges = edges[edges[:, 0] != edges[:, 1]]
    weight, nobody = np.round(random.random(n) * 9, 1), np.full(n, -1)
    return Area(
        weight,
        lambda a, b: np.hypot(*(at[a] - at[b]).T),
        edges,
        5,
        10.0,
        20.0,
        np.ones(n),
        nobody,
        nobody,
        by_moves=by_moves,
    )


def _lightest(area: Area, j: int) -> np.ndarray:
    """Return the weight of the lightest path from a unit to each, over units after it alone where moves are counted: again and again along each border."""
    path = np.full(len(area.weight), np.inf)
    path[j] = area.weight[j]
    for _ in area.weight:
        for a, b in np.concatenate([area.edges, area.edges[:, ::-1]]).tolist():
            if b > j or not area.by_moves:
                path[b] = min(path[b], path[a] + area.weight[b])
    return path


@pytest.mark.parametrize("by_moves", [False, True])
@pytest.mark.parametrize("at_once", [512, 7])
def test_what_is_within_reach_is_what_the_lightest_path_says(monkeypatch, by_moves, at_once):
    monkeypatch.setattr(travel_pairs, "SOURCES_AT_ONCE", at_once)
    for seed in range(5):
        area = _area(seed, by_moves=by_moves)
        for j, found in enumerate(reaches(area)):
            assert found.tolist() == np.flatnonzero(_lightest(area, j) <= area.upper * (1 + 1e-6)).tolist()


@pytest.mark.parametrize("table", [500_000, 70])
def test_links_of_fewer_pairs_are_those_that_a_search_finds(monkeypatch, table):
    monkeypatch.setattr(travel_pairs, "TABLE", table)
    area = _area(1)
    pairs = with_links(all_pairs(area, False), area.edges, 30)
    joined = {tuple(sorted(e)) for e in area.edges.tolist()}
    here = {(s, u): k for k, (s, u) in enumerate(zip(pairs.site.tolist(), pairs.unit.tolist(), strict=True))}
    wanted = {(k, here[s, v]) for (s, u), k in here.items() for v in range(30) if (s, v) in here}
    wanted = {(k, m) for k, m in wanted if tuple(sorted((pairs.unit[k], pairs.unit[m]))) in joined}
    assert sorted(map(tuple, pairs.links.T.tolist())) == sorted(wanted)
    mask = np.random.default_rng(2).random(len(pairs.site)) < 0.7
    again, left = with_links(subset(pairs, mask), area.edges, 30), linked_subset(pairs, mask)
    assert sorted(map(tuple, left.links.T.tolist())) == sorted(map(tuple, again.links.T.tolist()))
    every = np.ones(len(left.site), bool)
    assert in_reach(left, every, 12.0).tolist() == in_reach(again, every, 12.0).tolist()
    assert in_reach(left, every, 12.0).tolist() == in_reach(pairs, mask, 12.0)[mask].tolist()


@pytest.mark.parametrize("few", [0.75, 2.0])
def test_a_certificate_is_checked_with_one_search_for_links(monkeypatch, few):
    """However many rounds there are: the search was half of what a certificate of 1,000 units cost."""
    area, asked = _area(3), []
    search = with_links
    monkeypatch.setattr(travel_bound, "FEW", few)
    monkeypatch.setattr(travel_bound, "with_links", lambda *a: asked.append(len(a[0].site)) or search(*a))
    rounds = np.zeros((6, 30), np.int64)
    none = np.zeros(0, np.int64)
    proof = {
        **dict.fromkeys(("parent", "unit", "need", "cut_unit", "cut_node", "cut_of"), none),
        **{key: np.zeros(1, np.int64) for key in ("gone_start", "part_start", "cut_start")},
        **{key: np.zeros((0, 2), np.int64) for key in ("gone", "part")},
        "multiplier": np.zeros((0, 30), np.int64),
        "price": np.zeros(0),
        "cut_price": np.zeros(0),
        "cut": np.zeros((0, 3), np.int64),
        "step": np.ones(1),
        "round_multiplier": rounds,
        "round_price": np.zeros(6),
    }
    travel_bound.prove(area, proof, False, 1e9)
    assert len(asked) == 1


def test_what_has_far_too_many_pairs_is_not_looked_at(monkeypatch):
    area = _area(3)
    pairs, n = sum(map(len, reaches(area))), len(area.weight)
    looked: list[int] = []
    lightest = travel_pairs._lightest

    def counted(*given: Any) -> np.ndarray:
        looked.append(1)
        return lightest(*given)

    monkeypatch.setattr(travel_pairs, "_lightest", counted)
    # all units are asked, so that this is no guess
    monkeypatch.setattr(travel_pairs, "SAMPLE", n)
    for most, far in ((pairs // 2 - 1, True), (pairs // 2 + n, False)):
        monkeypatch.setattr(travel_pairs, "MOST_PAIRS", most)
        looked.clear()
        with pytest.raises(TooLargeError):
            reaches(area)
        assert bool(looked) != far
    monkeypatch.setattr(travel_pairs, "MOST_PAIRS", pairs)
    assert sum(map(len, reaches(area))) == pairs
