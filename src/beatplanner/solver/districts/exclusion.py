"""Which pairs no plan better than a known one can have: reduced-cost fixing at the multipliers of `knapsack.ascend`."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np

from beatplanner.solver.compiled import njit
from beatplanner.solver.districts.knapsack import fractional, price_sites

# A change in `knapsack` needs this module's compiled copies deleted (`__pycache__/*.nb*`): numba looks at each function's own file only.


@njit(cache=True, nogil=True)
def _along_ways(
    first: int,
    last: int,
    unit: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    extra: np.ndarray,
    most: float,
    place: np.ndarray,
    way: np.ndarray,
):
    """Fill what each pair `first` … `last - 1` of a site, the centre first, costs with the units that join it to the centre, inf above `most`.

    `extra` is what each costs by itself, 0 at least; `place`, (n,), is scratch full of -1 and left so.
    """
    for p in range(first, last):
        place[unit[p]] = p
        way[p] = np.inf
    way[first] = 0.0
    heap = [(0.0, first)]
    while len(heap) > 0:
        d, p = heappop(heap)
        if d > way[p]:
            continue
        for e in range(indptr[unit[p]], indptr[unit[p] + 1]):
            q = int(place[indices[e]])
            if q >= 0:
                t = float(d + extra[q])
                if t < way[q] and t <= most:
                    way[q] = t
                    heappush(heap, (t, q))
    for p in range(first, last):
        place[unit[p]] = -1


@njit(cache=True, nogil=True)
def excludable(
    start: np.ndarray,
    unit: np.ndarray,
    cost: np.ndarray,
    moved: np.ndarray,
    label: np.ndarray,
    zone: np.ndarray,
    need: np.ndarray,
    weight: np.ndarray,
    lower: float,
    upper: float,
    budget: float,
    cut_start: np.ndarray,
    cut_pair: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    dual: np.ndarray,
    limit: float,
    kept: np.ndarray,
):
    """Tell which pairs could be in a plan of at most `limit`, by what forcing each in adds to the bound of `dual`.

    Parameters as for `knapsack.ascend`, and the map's adjacency as compressed rows; `kept`, (P,) bool, is written. A unit forced into a site has units
    of the site with it that join it to the centre: together they cost at least their reduced costs at the site's balance row, where these are positive,
    along the cheapest way, and the site at least what it has above the worst of the chosen. Returns the bound.
    """
    n, sites, pairs, cuts = weight.shape[0], start.shape[0] - 1, unit.shape[0], cut_start.shape[0] - 1
    value, row, share = np.zeros(sites), np.zeros(sites), np.zeros(pairs)
    chosen = np.zeros(need.sum(), np.int64)
    reduced = np.zeros(pairs)
    largest = 1.0
    if budget >= 0.0:
        largest = max(1.0, moved.max())
    price = dual[n + cuts] / largest
    for p in range(pairs):
        reduced[p] = cost[p] + price * moved[p] - dual[unit[p]]
    for c in range(cuts):
        mu = dual[n + c]
        if mu > 0.0:
            reduced[cut_pair[cut_start[c]]] += mu
            for q in range(cut_start[c] + 1, cut_start[c + 1]):
                reduced[cut_pair[q]] -= mu
    total = price_sites(start, unit, reduced, weight, label, zone, need, lower, upper, row, value, share, chosen)
    kept[:] = False
    if total == np.inf:
        return np.inf
    bound = total
    for i in range(n):
        bound += dual[i]
    if budget >= 0.0:
        bound -= price * budget
    end = np.cumsum(need)
    taken = np.zeros(sites, np.bool_)
    for s in chosen:
        taken[s] = True
    longest = 0
    for s in range(sites):
        longest = max(longest, start[s + 1] - start[s])
    at, ratio = np.empty(longest, np.int64), np.empty(longest)
    extra, way, place = np.zeros(pairs), np.zeros(pairs), np.full(n, -1)
    for s in range(sites):
        if need[zone[s]] == 0:
            continue
        # without this site, the others cost at least the bound less the worst of its zone's, or less its own value
        others = bound - (value[s] if taken[s] else value[chosen[end[zone[s]] - 1]])
        whole = value[s]
        split, sigma = fractional(start, unit, reduced, weight, lower, upper, s, at, ratio)
        if others + max(whole, split) > limit:
            continue
        for p in range(start[s], start[s + 1]):
            extra[p] = max(0.0, reduced[p] - sigma * weight[unit[p]])
        _along_ways(start[s], start[s + 1], unit, indptr, indices, extra, limit - others - split, place, way)
        for p in range(start[s], start[s + 1]):
            kept[p] = others + split + way[p] <= limit
        kept[start[s]] = True
    return bound
