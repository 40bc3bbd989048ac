"""The roll-out over years against enumeration, and the share of neutral plans."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.claims_rollout import best_of, choices_of, instance, wrong_claims

from beatplanner.planning.verification.rollout_proof import bound_of, evaluate
from beatplanner.planning.whole.rollout import RolloutPlan
from beatplanner.solver.districts.recombination import percentile, recombinations
from beatplanner.solver.location.rollout import rollout, served
from beatplanner.solver.location.rollout_tree import rollout_tree


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


def test_no_bound_of_a_certificate_is_wrong():
    tight = [wrong_claims(seed) for seed in range(1000, 1030)]
    assert not [w for wrong, _ in tight for w in wrong] and sum(close for _, close in tight) == 30


# vehicles and seats; pilots besides; three payers and residents that are no whole numbers
@pytest.mark.parametrize("seed", [1033, 1043, 1001])
def test_a_tampered_certificate_denies_no_roll_out(seed):
    s = instance(seed)
    best, arrays = best_of(s), rollout_tree(choices_of(s), best_of(s) or 0.0)
    assert best and bound_of(s, evaluate(s, arrays)) == pytest.approx(best, rel=1e-6) and len(arrays["leaf"]) > 1
    refused = worse = 0
    random = np.random.default_rng(seed)
    prices = ("money", "seats", "need", "needed", "buy", "bought")
    for _ in range(150):
        false = {key: array.copy() for key, array in arrays.items()}
        key = str(random.choice(list(false)))
        at = tuple(int(random.integers(n)) for n in false[key].shape)
        if key in prices:
            false[key][at] = random.choice([0.0, -1.0, false[key][at] * 0.5, false[key][at] * 2 + 1])
        else:
            false[key][at] += random.choice([-1, 1])
        try:
            bound = evaluate(s, false)
        except (ValueError, KeyError, IndexError):
            refused += 1
            continue
        assert bound >= best * (1 - 1e-9), (key, at)
        worse += bound > best * (1 + 1e-6)
    assert refused > 10 and worse > 2


def test_a_certificate_of_beats_in_another_order_proves_the_same():
    s = instance(1043)
    best = best_of(s) or 0.0
    arrays, random = rollout_tree(choices_of(s), best), np.random.default_rng(0)
    groups = len(s.residents)
    # the first group has two beats; a certificate that is not reordered with them is of other groups
    group = np.array([0, *range(groups)])
    made, unlike = RolloutPlan(np.arange(groups + 1), best, True, arrays, group), 0
    for _ in range(6):
        order = random.permutation(groups + 1)
        now = made.in_order(order)
        first = list(dict.fromkeys(group[order].tolist()))
        moved = replace(
            s,
            residents=s.residents[first],
            seats=s.seats[first],
            pilot=s.pilot[first],
            more=s.more[:, first],
            extra=s.extra[first],
        )
        assert (now.start == order).all() and now.group.tolist() == [first.index(g) for g in group[order]]
        assert bound_of(moved, evaluate(moved, now.proof)) == pytest.approx(best, rel=1e-6)
        unlike += evaluate(moved, arrays) > best * (1 + 1e-6)
    assert unlike > 2


def test_a_certificate_without_a_leaf_or_with_a_shorter_array_is_broken():
    s = instance(1043)
    arrays = rollout_tree(choices_of(s), best_of(s) or 0.0)
    prices = ("leaf", "money", "seats", "need", "needed", "buy", "bought")
    last = len(arrays["parent"]) - 1
    without = {k: a[arrays["leaf"] != last] if k in prices else a for k, a in arrays.items()}
    cut = without | {k: arrays[k][:-1] for k in ("parent", "variable", "least", "most")}
    endless = arrays | {"money": np.full_like(arrays["money"], np.inf)}
    for false in (without, cut, endless, arrays | {"need": arrays["need"][:, :-1]}):
        with pytest.raises(ValueError):
            evaluate(s, false)


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


def test_neutral_districts_balance_further_amounts_as_well():
    import networkx as nx

    graph = nx.convert_node_labels_to_integers(nx.grid_2d_graph(8, 8))
    edges, weight = np.array(graph.edges), np.ones(64)
    start, second = np.arange(64) // 16, 1.0 + np.arange(64) % 3

    def most_of(further) -> tuple[float, int]:
        walk = np.random.default_rng(3)
        met = recombinations(start, edges, weight, 12, 20, steps=120, every=5, rng=walk, further=further)
        held = [np.bincount(d, weights=second, minlength=4) for d in met]
        return max(float(np.abs(h / second.sum() * 4 - 1).max()) for h in held), len({tuple(d) for d in met})

    share = float(second.sum()) / 4
    free, (tight, plans) = most_of(())[0], most_of([(second, 0.93 * share, 1.07 * share)])
    assert free > 0.07 >= tight and plans > 6


def test_percentile_counts_ties_half():
    assert percentile(np.array([1.0, 2.0, 2.0, 3.0]), 2.0) == 0.5
