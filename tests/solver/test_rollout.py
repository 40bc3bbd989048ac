"""The roll-out over years against enumeration, and the share of neutral plans."""

import itertools

import numpy as np
import pytest

from beatplanner.solver.districts.recombination import percentile, recombinations
from beatplanner.solver.location.rollout import rollout, served


def best_by_enumeration(residents, cost, rise, funds, seats, room, pilots):
    payers, areas, years = cost.shape
    best = -1.0
    for start in itertools.product(range(-1, years), repeat=areas):
        start = np.array(start)
        spent = np.zeros((payers, years))
        for a in range(areas):
            if start[a] >= 0:
                spent[:, start[a] :] += cost[:, a, : years - start[a]]
        if (spent * rise > funds + 1e-9).any():
            continue
        if any(seats[start == t].sum() > room + 1e-9 for t in range(years)):
            continue
        late = [years if s < 0 else s for s in start]
        others = [late[b] for b in range(areas) if not pilots[b] and start[b] >= 0]
        if others and any(late[a] >= min(others) for a in range(areas) if pilots[a]):
            continue
        best = max(best, served(residents, start, years))
    return best


@pytest.mark.parametrize("seed", range(6))
def test_as_good_as_enumeration(seed):
    rng = np.random.default_rng(seed)
    areas, years, payers = 4, 3, 2
    residents = rng.integers(100, 1000, areas).astype(float)
    cost = rng.uniform(5, 20, (payers, areas, years))
    rise = 1.05 ** np.arange(years)
    funds = rng.uniform(15, 60, (payers, years))
    seats, room = rng.integers(1, 5, areas).astype(float), 6.0
    pilots = np.array([seed % 2 == 0, False, False, False])
    found = rollout(residents, cost, rise, funds, seats, room, pilots)
    best = best_by_enumeration(residents, cost, rise, funds, seats, room, pilots)
    assert found.served == pytest.approx(best, rel=1e-4)
    assert found.upper_bound is not None and found.upper_bound >= best - 1e-6


def test_all_start_at_once_where_nothing_limits():
    none = np.full((1, 3), np.inf)
    found = rollout(np.array([5.0, 1.0]), np.ones((1, 2, 3)), np.ones(3), none, np.ones(2), np.inf, np.zeros(2, bool))
    assert (found.start == 0).all() and found.served == 18


def test_neutral_districts_stay_balanced_and_in_one_piece():
    import networkx as nx

    graph = nx.convert_node_labels_to_integers(nx.grid_2d_graph(8, 8))
    edges, weight = np.array(graph.edges), np.ones(64)
    start = np.arange(64) // 16
    met = recombinations(start, edges, weight, 14, 18, steps=60, every=5, rng=np.random.default_rng(3))
    assert len(met) == 12
    for district in met:
        load = np.bincount(district, minlength=4)
        assert load.min() >= 14 and load.max() <= 18
        assert all(nx.is_connected(graph.subgraph(np.flatnonzero(district == k))) for k in range(4))
    assert len({tuple(d) for d in met}) > 6
    again = recombinations(start, edges, weight, 14, 18, steps=60, every=5, rng=np.random.default_rng(3))
    assert all((a == b).all() for a, b in zip(met, again, strict=True))


def test_percentile_counts_ties_half():
    assert percentile(np.array([1.0, 2.0, 2.0, 3.0]), 2.0) == 0.5
