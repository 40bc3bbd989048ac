"""Exchanges of one open site for a closed one, all at once: the quick way to a good p-median.

The gain of closing site r and opening site j is, over all demand (Whitaker 1983; Resende and Werneck 2007)::

    gain(j) − loss(r) + extra(j, r)

with gain(j) = Σ max(0, d1 − c_ij), loss(r) = Σ_{r nearest} (d2 − d1) and extra the part of that loss which j
makes good; d1 and d2 are the costs at the nearest and second nearest open site. Only sites that cost less than d2
count, so demand is kept with its sites in rising order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from beatplanner.solver.site_rules import SiteRules

# An exchange must better the cost by more than this share, and the limits by more than this much of their largest
# coefficient: rounding must not make the search go round in circles.
LEAST_GAIN = 1e-10
LEAST_MEND = 1e-9


@dataclass(frozen=True)
class Ranked:
    """Cost of demand at sites, each row in rising order.

    Attributes
    ----------
    site
        (n, m) int32, sites from the cheapest to the dearest.
    cost
        (n, m) their costs.
    """

    site: np.ndarray
    cost: np.ndarray

    @classmethod
    def of(cls, cost: np.ndarray) -> Ranked:
        """Rank a cost matrix (n, m); equal costs keep the order of the sites."""
        site = np.argsort(cost, axis=1, kind="stable").astype(np.int32)
        return cls(site, np.take_along_axis(cost, site, axis=1))


@njit(cache=True)
def _nearest(site, cost, is_open, first, first_cost, second_cost):
    """Fill in each demand's nearest open site, its cost and that of the second nearest; return the total."""
    total = 0.0
    for i in range(site.shape[0]):
        seen = 0
        # with a single open site, losing it would cost more than any other site
        second_cost[i] = 2.0 * cost[i, -1] + 1.0
        for k in range(site.shape[1]):
            j = site[i, k]
            if is_open[j]:
                if seen == 0:
                    first[i], first_cost[i] = j, cost[i, k]
                    total += cost[i, k]
                    seen = 1
                else:
                    second_cost[i] = cost[i, k]
                    break
    return total


@njit(cache=True)
def _gains(site, cost, place, first, first_cost, second_cost, gain, loss, extra):
    """Fill in gain (m,), loss (p,) and extra (m, p)."""
    gain[:] = 0.0
    loss[:] = 0.0
    extra[:] = 0.0
    for i in range(site.shape[0]):
        d1, d2 = first_cost[i], second_cost[i]
        r = place[first[i]]
        loss[r] += d2 - d1
        for k in range(site.shape[1]):
            c = cost[i, k]
            if c >= d2:
                break
            j = site[i, k]
            if c < d1:
                gain[j] += d1 - c
                extra[j, r] += d2 - d1
            else:
                extra[j, r] += d2 - c


@njit(cache=True)
def _excess(load, j, r, limits, at_most):
    """Return by how much the limits are passed after r closes and j opens."""
    total = 0.0
    for q in range(load.shape[0]):
        over = load[q] + limits[q, j] - limits[q, r] - at_most[q]
        if over > 0.0:
            total += over
    return total


@njit(cache=True)
def _exchange(site, cost, chosen, kept, limits, at_most, least_gain):
    """Exchange until nothing betters, changing `chosen`; return the cost and the excess over the limits."""
    n, m, p = site.shape[0], site.shape[1], chosen.shape[0]
    first, first_cost, second_cost = np.zeros(n, np.int64), np.zeros(n), np.zeros(n)
    gain, loss, extra = np.zeros(m), np.zeros(p), np.zeros((m, p))
    is_open, place = np.zeros(m, np.bool_), np.zeros(m, np.int64)
    load = np.zeros(limits.shape[0])
    while True:
        is_open[:] = False
        load[:] = 0.0
        for r in range(p):
            is_open[chosen[r]] = True
            place[chosen[r]] = r
            load += limits[:, chosen[r]]
        total = _nearest(site, cost, is_open, first, first_cost, second_cost)
        _gains(site, cost, place, first, first_cost, second_cost, gain, loss, extra)
        excess = 0.0
        for q in range(load.shape[0]):
            excess += max(0.0, load[q] - at_most[q])
        best_j, best_r, best_excess, best = -1, -1, excess, least_gain * (abs(total) + 1e-300)
        for j in range(m):
            if is_open[j]:
                continue
            for r in range(p):
                worth = gain[j] - loss[r] + extra[j, r]
                if kept[chosen[r]] or (excess == 0.0 and worth <= best):
                    continue
                after = _excess(load, j, chosen[r], limits, at_most)
                if after < best_excess - LEAST_MEND or (after <= best_excess and worth > best):
                    best_j, best_r, best_excess, best = j, r, after, worth
        if best_j < 0:
            return total, excess
        chosen[best_r] = best_j


def exchange(ranked: Ranked, chosen: np.ndarray, rules: SiteRules) -> tuple[np.ndarray, float] | None:
    """Exchange open sites for closed ones, best first, as long as that lowers the cost.

    Parameters
    ----------
    ranked
        Costs of n demands at m sites.
    chosen
        Open sites to start from, the kept ones among them. Limits that they pass are mended first.
    rules
        The rules; the number of sites stays as it is.

    Returns
    -------
    (numpy.ndarray, float) or None
        Open sites in rising order and their total cost; None where exchanges could not mend the limits.
    """
    result = np.array(chosen, dtype=np.int64)
    if len(result) == 0:
        return None
    scale = np.maximum(1e-12, np.abs(rules.limits).max(axis=1, initial=0.0))
    limits = np.ascontiguousarray(rules.limits / scale[:, None])
    at_most = (rules.at_most + rules.tolerance) / scale
    total, excess = _exchange(ranked.site, ranked.cost, result, rules.kept, limits, at_most, LEAST_GAIN)
    return (np.sort(result), float(total)) if excess == 0.0 else None


def grow(cost: np.ndarray, count: int, kept: np.ndarray) -> np.ndarray:
    """Open the kept sites, then one by one the site that lowers the total cost most; `cost` is (n, m)."""
    chosen = [int(j) for j in np.flatnonzero(kept)]
    near = cost[:, chosen].min(axis=1) if chosen else cost.max(axis=1)
    while len(chosen) < count:
        total = np.minimum(near[:, None], cost).sum(axis=0)
        total[chosen] = np.inf
        chosen.append(int(np.argmin(total)))
        near = np.minimum(near, cost[:, chosen[-1]])
    return np.array(sorted(chosen), dtype=int)


def total_cost(cost: np.ndarray, chosen: np.ndarray) -> float:
    """Return the cost of all demand at its cheapest chosen site; `cost` is (n, m)."""
    return float(cost[:, chosen].min(axis=1).sum())
