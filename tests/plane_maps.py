"""Small maps in the plane, to be parted into two districts or more, and the least border that all partitions say."""

import math
from dataclasses import replace

import numpy as np
from benchmarks.claims import every_partition
from scipy.spatial import Delaunay

from beatplanner.solver.districts.cut_classes import CutMap
from beatplanner.solver.districts.problem import connected


def drawn(seed: int) -> CutMap:
    """Return a map of eight to eleven units in the plane: some links left out down to bridges, some twice, units without work and ones that hang on one link."""
    rng = np.random.default_rng(seed)
    n, hanging = 8 + seed % 3, seed % 2
    whole, bounds = seed % 4 < 2, (0.02, 0.1, 0.3, 0.95)
    triangles = Delaunay(rng.uniform(size=(n, 2))).simplices
    edges = np.unique(
        np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])), axis=0
    )
    tree = np.unique([min(map(tuple, edges[(edges == v).any(axis=1)].tolist())) for v in range(n)], axis=0)
    kept = edges[rng.random(len(edges)) > (0.0, 0.3, 0.6)[seed % 3]]
    edges = np.concatenate([kept, tree, kept[:2, ::-1], np.array([(v, n) for v in range(hanging)], int).reshape(-1, 2)])
    n += hanging
    border = rng.integers(0, 4, len(edges)) * 1.0 if whole else rng.uniform(0.3, 1.5, len(edges)) * 300
    weight = rng.integers(5, 30, n) * 1.0 if whole else np.round(rng.lognormal(3, 0.4, n), 1)
    weight[seed % n] = 0.0
    mean, tolerance = weight.sum() / 2, bounds[seed % 4] if seed % 7 else 0.999
    return CutMap(weight, edges, border, 2, mean * (1 - tolerance), mean * (1 + tolerance), np.full(n, -1))


def to_part(seed: int, count: int) -> CutMap:
    """Return such a map to be parted into more districts, one in four within wide bounds."""
    two = drawn(seed)
    mean, tolerance = two.weight.sum() / count, (0.1, 0.3, 0.9, 0.5)[seed % 4]
    border = two.border if seed % 5 else np.ones(len(two.border))
    return replace(two, border=border, count=count, lower=mean * (1 - tolerance), upper=mean * (1 + tolerance))


def around_each_other(hub: float, ring: float) -> CutMap:
    """Return a heavy unit and two rings of four units around it, to be parted into three; `hub` is the border of the heavy unit with each, `ring` that between two units of a ring.

    Where that is long, the best districts lie around each other, and the cycles between them have no face in common.
    """
    links = [((0, k), hub) for k in range(1, 5)] + [((k, k + 4), 2.0) for k in range(1, 5)]
    links += [((first + k, first + (k + 1) % 4), ring) for first in (1, 5) for k in range(4)]
    weight = np.array([4.0] + [1.0] * 8)
    edges, border = np.array([pair for pair, _ in links]), np.array([length for _, length in links])
    return CutMap(weight, edges, border, 3, 4.0, 4.0, np.full(9, -1))


def in_a_row() -> CutMap:
    """Return nine units in a row, to be parted into three: the cycles between those are loops."""
    links = np.array([(k, k + 1) for k in range(8)])
    return CutMap(np.ones(9), links, np.arange(8.0), 3, 3.0, 3.0, np.full(9, -1))


def cut_of(area: CutMap, district: np.ndarray) -> float:
    """Return the border between districts, (n,)."""
    return float(area.border[district[area.edges[:, 0]] != district[area.edges[:, 1]]].sum())


def fits(area: CutMap, district: np.ndarray) -> bool:
    """Tell whether districts keep the bounds and hold together."""
    load = np.bincount(district, weights=area.weight, minlength=area.count)
    slack = 1e-9 * area.upper
    inside = load.min() >= area.lower - slack and load.max() <= area.upper + slack
    return bool(inside) and connected(district, area.edges)


def least_of(area: CutMap) -> float:
    """Return the least border of all partitions into districts, inf where none keep the bounds."""
    plans = every_partition(len(area.weight), area.count)
    loads = [(plans == k) @ area.weight for k in range(area.count)]
    slack = 1e-6 * area.upper
    inside = (np.minimum.reduce(loads) >= area.lower - slack) & (np.maximum.reduce(loads) <= area.upper + slack)
    plans = plans[inside].astype(int)
    cut = np.zeros(len(plans))
    for (a, b), length in zip(area.edges, area.border, strict=True):
        cut += length * (plans[:, a] != plans[:, b])
    least = math.inf
    # the shortest first; what is as long but for the last digits is added up as all others are
    for number in np.argsort(cut, kind="stable"):
        if cut[number] > least + 1e-6:
            break
        if cut_of(area, plans[number]) < least and fits(area, plans[number]):
            least = cut_of(area, plans[number])
    return least
