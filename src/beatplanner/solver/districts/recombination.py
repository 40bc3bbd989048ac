"""Neutral districts: a chain of recombinations that knows balance and contiguity and nothing else.

A step joins two neighbouring districts, draws a random spanning tree of both, and cuts one of the tree's edges that leaves both sides within the bounds
of the workload (ReCom: DeFord, Duchin and Solomon, Harvard Data Science Review 3.1, 2021). The tree is the least one by random weights, which is not
uniform among trees but favours none of them. A step that finds no such edge leaves the districts as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree


def recombinations(
    district: np.ndarray,
    edges: np.ndarray,
    weight: np.ndarray,
    lower: float,
    upper: float,
    *,
    steps: int,
    every: int,
    rng: np.random.Generator,
    further: Sequence[tuple[np.ndarray, float, float]] = (),
    cancelled: Callable[[], bool] = lambda: False,
) -> list[np.ndarray]:
    """Walk from districts to others, and return those met.

    Parameters
    ----------
    district
        (n,) districts to start from, 0..K-1, each connected.
    edges
        (m, 2) adjacent units.
    weight
        (n,) workload.
    lower, upper
        Bounds of a district's workload; widened to hold those of the start.
    steps, every
        Steps of the chain, and after how many of them one is kept.
    rng
        Source of chance.
    further
        Amounts (n,) that are balanced beside the workload, each with the bounds of a district's; widened likewise.
    cancelled
        Asked at each step; True ends the walk.

    Returns
    -------
    list of numpy.ndarray
        (n,) each.
    """
    district = district.copy()
    amounts = np.column_stack([weight, *(amount for amount, *_ in further)])
    load = np.column_stack([np.bincount(district, weights=amount) for amount in amounts.T])
    least = np.minimum([lower, *(low for _, low, _ in further)], load.min(axis=0))
    most = np.maximum([upper, *(high for *_, high in further)], load.max(axis=0))
    kept: list[np.ndarray] = []
    for step in range(1, steps + 1):
        if cancelled():
            break
        a, b = district[edges[:, 0]], district[edges[:, 1]]
        border = np.flatnonzero(a != b)
        if not len(border):
            break
        # a pair of neighbours, each as likely as its shared border is long in edges
        pick = border[rng.integers(len(border))]
        pair = (int(a[pick]), int(b[pick]))
        found = _recombined(district, edges, amounts, pair, least, most, rng)
        if found is not None:
            units, side = found
            district[units] = np.where(side, pair[0], pair[1])
        if step % every == 0:
            kept.append(district.copy())
    return kept


def _recombined(
    district: np.ndarray,
    edges: np.ndarray,
    amounts: np.ndarray,
    pair: tuple[int, int],
    least: np.ndarray,
    most: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Split two districts anew; returns their units and which of them are the first's, or None where no edge balances all amounts, (n, A), within their bounds (A,)."""
    units = np.flatnonzero((district == pair[0]) | (district == pair[1]))
    place = np.full(len(district), -1)
    place[units] = np.arange(len(units))
    inside = (place[edges[:, 0]] >= 0) & (place[edges[:, 1]] >= 0)
    a, b = place[edges[inside, 0]], place[edges[inside, 1]]
    graph = coo_array((rng.uniform(0.5, 1.5, len(a)), (a, b)), shape=(len(units), len(units))).tocsr()
    tree = minimum_spanning_tree(graph)
    order, before = breadth_first_order(tree, int(rng.integers(len(units))), directed=False)
    if len(order) < len(units):
        return None
    below = amounts[units].astype(float)
    for u in order[:0:-1]:
        below[before[u]] += below[u]
    rest = amounts[units].sum(axis=0) - below
    within = ((below >= least - 1e-9) & (below <= most + 1e-9) & (rest >= least - 1e-9) & (rest <= most + 1e-9)).all(
        axis=1
    )
    fits = [u for u in order[1:] if within[u]]
    if not fits:
        return None
    cut = int(fits[rng.integers(len(fits))])
    side = np.zeros(len(units), bool)
    side[cut] = True
    for u in order[1:]:
        if u != cut and side[before[u]]:
            side[u] = True
    return units, side


def percentile(values: np.ndarray, value: float) -> float:
    """Return the share of `values` below `value`, ties counted half."""
    return (
        float((np.sum(values < value) + 0.5 * np.sum(values == value)) / len(values)) if len(values) else float("nan")
    )
