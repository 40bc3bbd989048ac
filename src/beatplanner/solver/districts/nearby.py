"""The bound of `bound` for large maps, over the pairs near enough to matter at the multipliers.

With straight-line distances and without labels a pair of unit i and centre j costs w_i d_ij, and its ratio in the knapsack of j at multipliers u is
d_ij − u_i / w_i. All pairs with a ratio of at most C ≥ 0 are those with d_ij ≤ u_i / w_i + C: few, whatever the size of the map. Those beyond are stood in for
by one unit of any workload with the ratio C, which is cheaper than each of them. So every v_s is met or undercut, and the bound holds. As in
`sites` a pair counts only where unit and centre are connected by at most what a district may weigh.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from beatplanner.solver.clock import watch
from beatplanner.solver.compiled import njit
from beatplanner.solver.districts.bound import LOOKS, Bound, best_sites, relaxed, subgradient
from beatplanner.solver.districts.sites import SitePairs

if TYPE_CHECKING:
    from beatplanner.solver.districts.growth import Graph
    from beatplanner.solver.districts.problem import DistrictingProblem

# Pairs at most, some 60 bytes each; how far beyond what pays is looked, as a share of the mean multiplier of a workload.
PAIRS, BEYOND = 40_000_000, 1.0
# Steps of the first ascent and of the second, on the pairs that the first leaves.
FIRST_STEPS, MORE_STEPS = 500, 150


@njit(cache=True, nogil=True)
def connected_pairs(
    indptr: np.ndarray,
    indices: np.ndarray,
    weight: np.ndarray,
    upper: float,
    start: np.ndarray,
    unit: np.ndarray,
    kept: np.ndarray,
):
    """Tell which pairs are connected by at most `upper` workload, units of other pairs included; a site's first pair is its centre."""
    n = weight.shape[0]
    path = np.full(n, np.inf)
    wanted = np.full(n, -1)
    met = np.zeros(n, np.int64)
    for s in range(start.shape[0] - 1):
        left = start[s + 1] - start[s]
        for p in range(start[s], start[s + 1]):
            wanted[unit[p]] = p
        j = unit[start[s]]
        path[j] = weight[j]
        met[0] = j
        number = 1
        heap = [(weight[j], j)]
        while len(heap) > 0 and left > 0:
            d, i = heappop(heap)
            if d > path[i]:
                continue
            path[i] = -1.0
            if wanted[i] >= 0:
                kept[wanted[i]] = True
                left -= 1
            for e in range(indptr[i], indptr[i + 1]):
                v = indices[e]
                t = d + weight[v]
                if t <= upper and t < path[v]:
                    if path[v] == np.inf:
                        met[number] = v
                        number += 1
                    path[v] = t
                    heappush(heap, (t, v))
        for m in range(number):
            path[met[m]] = np.inf
        for p in range(start[s], start[s + 1]):
            wanted[unit[p]] = -1


def pairs_within(problem: DistrictingProblem, graph: Graph, radius: np.ndarray) -> SitePairs | None:
    """Return each centre with the connected units that are within their radius, (n,), of it; None where these are too many."""
    n, tree = len(problem.weight), cKDTree(problem.xy)
    number = np.asarray(tree.query_ball_point(problem.xy, radius, return_length=True), np.int64)
    if int(number.sum()) > PAIRS:
        return None
    centre = np.concatenate([np.asarray(c, np.int64) for c in tree.query_ball_point(problem.xy, radius)])
    unit = np.repeat(np.arange(n), number)
    order = np.lexsort((unit, unit != centre, centre))
    unit, centre = unit[order], centre[order]
    start = np.concatenate([[0], np.cumsum(np.bincount(centre, minlength=n))])
    upper = problem.upper * (1 + 1e-6)
    kept = np.zeros(len(unit), np.bool_)
    connected_pairs(graph.indptr, graph.indices, problem.weight, upper, start, unit, kept)
    metres = np.hypot(*(problem.xy[unit] - problem.xy[centre]).T)
    cost = problem.weight[unit] * metres
    sites = SitePairs(np.arange(n), np.full(n, -1), start, unit, cost, np.zeros(len(unit)))
    return sites.keep(kept & (problem.weight[centre] <= upper))


def _with_stand_in(sites: SitePairs, n: int, ratio: float, upper: float) -> SitePairs:
    """Return the sites with one more unit, n, that stands in for all that are not among the pairs."""
    end = sites.start[1:]
    unit = np.insert(sites.unit, end, n)
    cost = np.insert(sites.cost, end, ratio * upper)
    start = sites.start + np.arange(len(sites.start))
    return SitePairs(sites.centre, sites.label, start, unit, cost, np.zeros(len(unit)))


def over_all(
    problem: DistrictingProblem, graph: Graph, multiplier: np.ndarray, threads: int
) -> tuple[float, SitePairs] | None:
    """Return the bound that multipliers, (n,), prove, and the pairs that matter there; None where these are too many."""
    weight, n = problem.weight, len(problem.weight)
    ratio = np.where(weight > 0, multiplier / np.maximum(weight, 1e-300), 0.0)
    beyond = BEYOND * float(multiplier.sum() / max(weight.sum(), 1e-300))
    sites = pairs_within(problem, graph, np.maximum(ratio, 0.0) + max(beyond, 0.0))
    if sites is None or len(sites.centre) < problem.count:
        return None
    whole = _with_stand_in(sites, n, max(beyond, 0.0), problem.upper)
    value = relaxed(
        whole,
        np.append(weight, problem.upper),
        problem.count,
        problem.lower,
        problem.upper,
        np.append(multiplier, 0.0),
        threads,
    )
    chosen = best_sites(value, sites.label, problem.count)
    return float(multiplier.sum() + value[chosen].sum()), sites


def nearby_bound(
    problem: DistrictingProblem,
    graph: Graph,
    best_known: float,
    *,
    threads: int,
    multiplier: np.ndarray | None,
    stop: Callable[[], bool],
) -> Bound:
    """Bound the travel of districts in a large map from below.

    Parameters
    ----------
    problem
        A `DistrictingProblem` of travel in a straight line, without budget, price or locks.
    graph
        Adjacency of the units.
    best_known
        Cost of a known plan, for the length of steps; inf where none is known.
    threads
        They do not change the bound.
    multiplier
        (n,) to go on from, or None.
    stop
        True ends the ascent.

    Returns
    -------
    Bound
        Without sites, as they would be too many for a search; -inf where there was no time for any.
    """
    weight, n = problem.weight, len(problem.weight)
    limit, nothing = watch(stop), Bound(-np.inf, None, np.zeros(len(problem.weight)), 0.0)
    begin = limit.clock()
    reach = np.sqrt(4.0 / max(1, problem.count) * np.ptp(problem.xy[:, 0]) * np.ptp(problem.xy[:, 1]) / np.pi)
    near = pairs_within(problem, graph, np.full(n, reach))
    looks = LOOKS * (limit.clock() - begin)
    climbing = limit.also(lambda: limit.left() < looks)
    best, hurried = nothing, False
    for steps in (FIRST_STEPS, MORE_STEPS):
        if near is None or limit():
            break
        found = subgradient(
            near,
            weight,
            problem.count,
            problem.lower,
            problem.upper,
            best_known,
            None,
            steps,
            threads,
            multiplier,
            0.0,
            climbing,
        )
        hurried = climbing() if steps == FIRST_STEPS else hurried
        if found is None:
            break
        # a unit without workload costs nothing anywhere, and any multiplier of its own but 0 only lowers the bound
        multiplier = np.where(weight > 0, found[1], 0.0)
        now = over_all(problem, graph, multiplier, threads)
        if now is None:
            break
        if now[0] > best.value:
            best = Bound(now[0], None, multiplier, 0.0)
        near = now[1]
        if climbing() or now[0] >= found[0] - 1e-4 * abs(found[0]):
            break
    return replace(best, hurried=hurried and bool(np.isfinite(best.value)))
