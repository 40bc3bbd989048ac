"""The least border of three districts and more of a map in the plane, bounded by the shortest cycles around one of them.

Each edge between districts is on the perimeter of two. The units beside a district D fall into pieces; each piece and the rest are both connected, so that the edges
between them are a simple cycle of the dual (`planar.py`), around as much workload as some whole number of districts may have. Let a be the
length of the shortest such cycle. Where the other districts are one piece, D's perimeter is one cycle, around as much as one district may have; else it is two cycles at least, and so
2 a. One unit r, the *anchor*, is in one district alone. With the shortest cycle around any one district, p, and around one without r, q (`cut_cycle.py`)::

    2 × border ≥ min(p, 2 a) + (K − 1) min(q, 2 a)

The anchor is taken deep inside all the districts that had the shortest cycles so far: where one district is a town of little border, no other is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from beatplanner.solver.districts.cut_classes import SLACK, CutMap
from beatplanner.solver.districts.cut_cycle import DualCycles
from beatplanner.solver.districts.evidence import Perimeters
from beatplanner.solver.districts.planar import dual_of

# Anchors that are tried, and the share of the nodes that each search for a cycle may have.
ANCHORS, SHARE = 4, 0.25


def around(weight: np.ndarray, count: int, lower: float, upper: float, districts: int) -> tuple[float, float]:
    """Return the bounds of the workload of so many districts, where the others keep theirs."""
    total, rest = float(weight.sum()), count - districts
    slack = SLACK * upper * count
    return max(districts * lower, total - rest * upper) - slack, min(districts * upper, total - rest * lower) + slack


def perimeter_bound(
    area: CutMap, known: float, nodes: int, stop: Callable[[], bool]
) -> tuple[float, Perimeters | None]:
    """Return a bound on the border between three districts or more, and what proves it, None where nothing is known.

    Parameters
    ----------
    area
        The map; its locks are left out.
    known
        Border of the best districts so far, finite; no more than that is bounded.
    nodes
        Limits the work.
    stop
        Asked often.
    """
    weight, count = area.weight, area.count
    sums = [around(weight, count, area.lower, area.upper, k) for k in range(1, count)]
    dual = dual_of(weight, area.edges, area.border) if count > 2 and sums[0][0] > 0.0 else None
    if dual is None or any(low > high for low, high in sums):
        return 0.0, None
    nodes, total = max(1, int(SHARE * nodes)), float(weight.sum())
    mean = 2 * known / count + 1.0
    # in the direction in which it has the root, the cycle of one district is that of all others
    single = (sums[0], (total - sums[0][1], total - sums[0][0]))
    one, arcs = DualCycles(dual, single, stop).run(mean, nodes)
    piece = one if count == 3 else min(one, DualCycles(dual, tuple(sums), stop).run(one, nodes)[0])
    whole = bool((dual.border == np.round(dual.border)).all())
    best = Perimeters(0, piece, one, one)
    inside = np.ones(len(weight), bool)
    for _ in range(ANCHORS):
        if arcs is None or best.border(count, whole=whole) >= known or stop():
            break
        inside = inside & _district(dual.sides(len(weight), np.array(arcs)), weight, sums[0])
        if not inside.any():
            break
        anchor = _deepest(inside, dual.edges)
        need = min(2 * piece, (2 * known - min(one, 2 * piece)) / (count - 1) + 1.0)
        other, arcs = DualCycles(dual.rooted(weight, anchor), (sums[0],), stop).run(need, nodes)
        best = max(best, Perimeters(anchor, piece, one, other), key=lambda p: p.border(count, whole=whole))
    return min(known, best.border(count, whole=whole)), best


def _district(sides: np.ndarray, weight: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
    """Return which units are on the side that may be one district."""
    load = np.bincount(sides, weights=weight, minlength=2)
    return sides == (0 if bounds[0] <= load[0] <= bounds[1] else 1)


def _deepest(inside: np.ndarray, edges: np.ndarray) -> int:
    """Return the unit that is the most steps from those outside."""
    a, b = edges.T
    graph = sparse.csr_matrix((np.ones(len(a)), (a, b)), shape=(len(inside), len(inside)))
    steps = csgraph.dijkstra(graph, False, np.flatnonzero(~inside), unweighted=True, min_only=True)
    return int(np.argmax(np.where(inside, steps, -1.0)))
