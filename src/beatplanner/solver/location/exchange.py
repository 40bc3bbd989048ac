"""Plans of sites by the cheapest site one after the other, and exchanges of one site for another (Teitz and Bart 1968; Resende and Werneck 2007)."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from beatplanner.solver.location.p_median_kernels import exchange_gains
from beatplanner.solver.location.site_rules import SiteRules


def total_cost(cost: np.ndarray, chosen: np.ndarray) -> float:
    """Return the cost of all demand at its cheapest chosen site; `cost` is (n, m)."""
    return float(cost[:, chosen].min(axis=1).sum())


@dataclass
class Near:
    """The sites nearest to each demand: `site` and `cost` (n, k) in rising order, `cap` (n,) the cost of the next one."""

    site: np.ndarray
    cost: np.ndarray
    cap: np.ndarray

    @classmethod
    def of(cls, cost: np.ndarray, most: int) -> Near:
        """Return the `most` sites nearest to each demand, by cost (n, m)."""
        n, m = cost.shape
        k = min(m, most)
        if k < m:
            site = np.argpartition(cost, k, axis=1)[:, : k + 1]
            order = np.argsort(np.take_along_axis(cost, site, axis=1), axis=1, kind="stable")
            site = np.take_along_axis(site, order, axis=1)
            cap = cost[np.arange(n), site[:, k]]
            site = site[:, :k]
        else:
            site = np.argsort(cost, axis=1, kind="stable")
            cap = cost[np.arange(n), site[:, -1]]
        return cls(site.astype(np.int32), np.take_along_axis(cost, site, axis=1), cap)


def exchange(
    cost: np.ndarray,
    chosen: np.ndarray,
    rules: SiteRules,
    near: Near | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> np.ndarray:
    """Exchange one open site for a closed one as long as that lowers the cost and keeps the rules.

    Parameters
    ----------
    cost
        (n, m) cost of demand i at site j, finite.
    chosen
        Open sites that keep the rules.
    rules
        The rules.
    near
        The nearest sites of each demand; all of them where None.
    stop
        True ends the search.

    Returns
    -------
    numpy.ndarray
        Open sites, sorted.
    """
    chosen = np.array(chosen, np.int64)
    m = cost.shape[1]
    if not 0 < len(chosen) < m or not len(cost):
        return np.sort(chosen)
    near = near or Near.of(cost, m)
    while not stop():
        place = np.full(m, -1, np.int64)
        place[chosen] = np.arange(len(chosen))
        gain, less, loss, total = exchange_gains(near.cost, near.site, cost, chosen, place)
        better = np.where(rules.exchanges(chosen), gain[None, :] + less - loss[:, None], -np.inf)
        out, into = np.unravel_index(int(np.argmax(better)), better.shape)
        if better[out, into] <= 1e-9 * max(1.0, total):
            break
        chosen[out] = into
    return np.sort(chosen)


def greedy(cost: np.ndarray, rules: SiteRules) -> np.ndarray | None:
    """Open the site that lowers the cost most, one after the other; None where no choice keeps the rules."""
    chosen = [int(j) for j in np.flatnonzero(rules.kept)]
    count = rules.count if rules.count is not None else len(chosen)
    near = cost[:, chosen].min(axis=1) if chosen else None
    worth, heap = np.zeros(cost.shape[1]), []
    for rank in range(len(chosen), count):
        if near is None:
            j = int(np.argmin(cost.sum(axis=0)))
            near = cost[:, j].copy()
        else:
            if not heap:
                saved = [float(np.maximum(0.0, near - cost[:, j]).sum()) for j in range(cost.shape[1])]
                heap = [(-saved[j], j) for j in range(cost.shape[1]) if j not in set(chosen)]
                heapq.heapify(heap)
            # what a site saves only falls as others open, so that most are not looked at again (Minoux 1978)
            while True:
                j = heap[0][1]
                saved = (-float(np.maximum(0.0, near - cost[:, j]).sum()), j)
                if len(heap) == 1 or saved <= min(heap[1:3]):
                    break
                heapq.heapreplace(heap, saved)
            heapq.heappop(heap)
            near = np.minimum(near, cost[:, j])
        worth[j] = -(2.0 + count - rank)
        chosen.append(j)
    picked = np.array(sorted(chosen), int)
    return picked if rules.met(picked) else rules.cheapest(worth)
