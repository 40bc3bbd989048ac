"""The bound on the border between beats by prices: what the tree finds, what its certificate proves, and what no forgery of it proves."""

import math

import numpy as np
import pytest
from benchmarks.claims import in_one_piece, partitions

from beatplanner.planning.verification.arrays import MalformedError
from beatplanner.planning.verification.cut_cone_proof import prove_cone
from beatplanner.planning.verification.travel_pairs import Area
from beatplanner.planning.whole.cut_proofs import packed_cone
from beatplanner.solver.districts.cut_classes import CutMap
from beatplanner.solver.districts.cut_tree import CutTree


def _map(seed: int, *, locks: bool) -> tuple[CutMap, Area, float]:
    """Return a map of nine or ten units, as the solver and as the checker have it, and its least border; inf where no beats keep the rules."""
    rng = np.random.default_rng(seed)
    wide, count = 3 + seed % 3, 2 + seed % 2
    n = 2 * wide + seed % 2
    edges = [(i, i + 1) for i in range(n - 1) if (i + 1) % wide] + [(i, i + wide) for i in range(n - wide)]
    edges = np.array([e for e in edges if rng.random() > 0.1 or e[0] == 0])
    border, weight = rng.uniform(0.3, 1.5, len(edges)) * 300, np.round(rng.lognormal(3, 0.4, n), 1)
    locked = np.full(n, -1)
    if locks:
        locked[rng.permutation(n)[:3]] = [0, 0, 1]
    mean, tolerance = weight.sum() / count, float(rng.choice([0.15, 0.4]))
    lower, upper = mean * (1 - tolerance), mean * (1 + tolerance)
    area = Area(weight, lambda a, b: 0.0 * (a + b), edges, count, lower, upper, weight, locked, locked, border=border)
    least = math.inf
    for part in partitions(n, count):
        loads = np.bincount(part, weights=weight, minlength=count)
        fits = (loads >= lower - 1e-9).all() and (loads <= upper + 1e-9).all()
        held = [(locked[i], part[i]) for i in range(n) if locked[i] >= 0]
        apart = all((a == b) == (g == h) for a, g in held for b, h in held)
        if fits and apart and all(_joined(np.flatnonzero(part == k), edges) for k in range(count)):
            least = min(least, float(border[part[edges[:, 0]] != part[edges[:, 1]]].sum()))
    return CutMap(weight, edges, border, count, lower, upper, locked), area, least


def _joined(units: np.ndarray, edges: np.ndarray) -> bool:
    near = [set[int]() for _ in range(edges.max() + 1)]
    for a, b in edges.tolist():
        near[a].add(b)
        near[b].add(a)
    return in_one_piece(units.tolist(), near)


def _tree(area: CutMap, known: float, nodes: int):
    near = [np.unique(area.edges[(area.edges == i).any(axis=1)]) for i in range(len(area.weight))]
    near = [v[v != i] for i, v in enumerate(near)]
    return CutTree(area, near, known, lambda: False).run(nodes)


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 6, 7])
def test_prices_prove_the_least_border_of_every_partition_and_never_more(seed):
    area, checked, least = _map(seed, locks=seed % 2 == 1)
    bound, district, tree = _tree(area, math.inf, 60)
    # with no plan known the tree finds the best, or that there is none
    assert bound == pytest.approx(least, rel=3e-5)
    if least < math.inf:
        assert district is not None
        found = area.border[district[area.edges[:, 0]] != district[area.edges[:, 1]]].sum()
        assert found == pytest.approx(least, rel=3e-5)
    proves = prove_cone(checked, packed_cone(tree))
    assert proves <= least * (1 + 1e-9) and (proves == bound or proves == pytest.approx(bound, rel=1e-6))


def test_a_map_whose_best_plan_the_relaxation_finds_is_closed_at_once():
    # prices of "1 at most", which no bound can use, once left it at a fifth below nothing
    area, checked, least = _map(110, locks=False)
    bound, _, tree = _tree(area, least, 1)
    assert least == pytest.approx(320.4404171, rel=1e-6) and bound == pytest.approx(least, rel=3e-5)
    assert prove_cone(checked, packed_cone(tree)) == pytest.approx(least, rel=3e-5)


def _forged(arrays: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return a certificate of which one array was changed."""
    key = str(rng.choice([k for k, v in arrays.items() if v.size]))
    array = arrays[key].copy()
    at = tuple(int(rng.integers(s)) for s in array.shape)
    way = rng.integers(4)
    if array.dtype == bool:
        array[at] = not array[at]
    elif way == 0:
        array[at] = -array[at]
    elif way == 1:
        array[at] += rng.integers(1, 4)
    elif way == 2:
        array = array[:-1]
    else:
        array = array * (2 if array.dtype.kind in "iu" else 1e3)
    return arrays | {key: array}


@pytest.mark.parametrize("seed", [1, 6])
def test_no_changed_price_or_leaf_proves_more_than_there_is(seed):
    area, checked, least = _map(seed, locks=seed % 2 == 1)
    _, _, tree = _tree(area, least, 12)
    arrays, rng = packed_cone(tree), np.random.default_rng(seed)
    outcomes = {"less": 0, "as before": 0, "no certificate": 0}
    sound = prove_cone(checked, arrays)
    for _ in range(150):
        try:
            proves = prove_cone(checked, _forged(arrays, rng))
        except MalformedError:
            outcomes["no certificate"] += 1
            continue
        assert proves <= least * (1 + 1e-9)
        outcomes["less" if proves < sound * (1 - 1e-9) else "as before"] += 1
    assert min(outcomes["less"], outcomes["no certificate"]) > 10
