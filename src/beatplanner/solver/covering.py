"""Covering problems: most people within a limit, the least farthest way, the fewest sites that reach all.

Models, with y_j = 1 where site j opens, a_ij = 1 where site j is within the limit of demand i::

    coverage  min Σ_i w_i z_i   s.t. z_i ≥ 1 − Σ_j a_ij y_j,  Σ_j y_j = p             (Church and ReVelle 1974)
    fewest    min Σ_j y_j       s.t. Σ_j a_ij y_j ≥ 1 for every coverable i            (Toregas et al. 1971)
    p-center  the least limit for which a cover with at most p sites exists            (bisection; Minieka 1970)

each with kept sites open and Σ_j f_j y_j ≤ budget. Demand that the same sites reach is one row.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pulp

from beatplanner.solver.highs import Outcome, solve
from beatplanner.solver.p_median import Sites

NODES = 20_000


class _Cover:
    """A model over sites with the kept ones open and the budget held."""

    def __init__(self, name: str, kept: np.ndarray, price: np.ndarray, budget: float) -> None:
        self.model = pulp.LpProblem(name, pulp.LpMinimize)
        self.y = [pulp.LpVariable(f"y_{j}", int(kept[j]), 1, pulp.LpInteger) for j in range(len(kept))]
        if np.isfinite(budget):
            self.model += pulp.LpAffineExpression([(y, float(f)) for y, f in zip(self.y, price, strict=True)]) <= budget

    def reach(self, row: np.ndarray) -> pulp.LpAffineExpression:
        return pulp.lpSum(self.y[j] for j in np.flatnonzero(row))

    def chosen(self) -> np.ndarray:
        return np.array([j for j, y in enumerate(self.y) if (y.varValue or 0) > 0.5], int)

    def solve(self, end: float, threads: int, seed: int, cancelled: Callable[[], bool]) -> Outcome:
        left = max(0.1, end - time.monotonic())
        return solve(
            self.model, seconds=left, threads=threads, seed=seed, gap=1e-6, cancelled=cancelled, max_nodes=NODES
        )


def coverage(
    within: np.ndarray, weight: np.ndarray, count: int, kept: np.ndarray, price: np.ndarray, budget: float,
    *, seconds: float, threads: int = 1, seed: int = 0, cancelled: Callable[[], bool] = lambda: False,
) -> Sites | None:  # fmt: skip
    """Choose `count` sites so that the least weight is out of reach.

    Parameters
    ----------
    within
        (n, m) bool: site j is within the limit of demand i.
    weight
        (n,) people.
    count, kept, price, budget, seconds, threads, seed, cancelled
        As for `p_median`.

    Returns
    -------
    Sites or None
        The objective is the weight out of reach; None where no plan was found in time.
    """
    rows, of = np.unique(within, axis=0, return_inverse=True)
    people = np.bincount(of.ravel(), weights=weight)
    cover = _Cover("coverage", kept, price, budget)
    lost = [pulp.LpVariable(f"z_{i}", 0, 1) for i in range(len(rows))]
    for row, z in zip(rows, lost, strict=True):
        cover.model += z + cover.reach(row) >= 1
    cover.model += pulp.lpSum(cover.y) == count
    cover.model.setObjective(pulp.LpAffineExpression([(z, float(p)) for z, p in zip(lost, people, strict=True)]))
    outcome = cover.solve(time.monotonic() + seconds, threads, seed, cancelled)
    if outcome.objective is None:
        return None
    chosen = cover.chosen()
    out_of_reach = float(weight[~within[:, chosen].any(axis=1)].sum())
    return Sites(chosen, out_of_reach, None if outcome.bound is None else max(0.0, min(outcome.bound, out_of_reach)))


def fewest(
    within: np.ndarray, kept: np.ndarray, price: np.ndarray, budget: float,
    *, seconds: float, threads: int = 1, seed: int = 0, most: int | None = None, cancelled: Callable[[], bool] = lambda: False,
) -> Sites | None:  # fmt: skip
    """Choose the fewest sites that reach all that any site reaches.

    Parameters
    ----------
    within
        (n, m) bool.
    kept, price, budget, seconds, threads, seed, cancelled
        As for `p_median`.
    most
        At most this many sites; None for no limit.

    Returns
    -------
    Sites or None
        None where it is proven that there is no such choice; with an empty choice where none was found in time.
    """
    rows = np.unique(within[within.any(axis=1) & ~within[:, kept].any(axis=1)], axis=0)
    cover = _Cover("fewest", kept, price, budget)
    for row in rows:
        cover.model += cover.reach(row) >= 1
    if most is not None:
        cover.model += pulp.lpSum(cover.y) <= most
    cover.model.setObjective(pulp.lpSum(cover.y))
    outcome = cover.solve(time.monotonic() + seconds, threads, seed, cancelled)
    if outcome.status == "infeasible":
        return None
    if outcome.objective is None:
        return Sites(np.empty(0, int), np.inf, outcome.bound)
    chosen = cover.chosen()
    bound = None if outcome.bound is None else float(np.ceil(outcome.bound - 1e-6))
    return Sites(chosen, float(len(chosen)), None if bound is None else min(bound, float(len(chosen))))


def p_center(
    metres: np.ndarray, count: int, kept: np.ndarray, price: np.ndarray, budget: float,
    *, seconds: float, threads: int = 1, seed: int = 0, cancelled: Callable[[], bool] = lambda: False,
) -> Sites | None:  # fmt: skip
    """Choose at most `count` sites so that the farthest demand has the least way.

    Parameters
    ----------
    metres
        (n, m) ways; inf where there is none. Demand that no site reaches is left out.
    count, kept, price, budget, seconds, threads, seed, cancelled
        As for `p_median`.

    Returns
    -------
    Sites or None
        The objective is the farthest way, metres; None where no choice reaches all that can be reached.
    """
    end = time.monotonic() + seconds
    reached = metres[np.isfinite(metres).any(axis=1)]
    limits = np.unique(reached[np.isfinite(reached)])
    low, high = -1, len(limits) - 1  # no cover is known at `low`, one at `high` once tested
    best: np.ndarray | None = None
    proven = True
    while best is None or high - low > 1:
        middle = high if best is None else (low + high) // 2
        found = fewest(
            reached <= limits[middle], kept, price, budget, seconds=max(0.1, (end - time.monotonic()) / 3), threads=threads,
            seed=seed, most=count, cancelled=cancelled,
        )  # fmt: skip
        # a smaller limit may leave demand that no site covers at all, which `fewest` would pass over
        complete = (reached <= limits[middle]).any(axis=1).all()
        if found is not None and len(found.open) and complete:
            best = found.open
            high = int(np.searchsorted(limits, reached[:, best].min(axis=1).max()))
        else:
            if best is None:
                return None
            proven = proven and (not complete or found is None)
            low = middle
    bound = float(limits[high]) if proven else None
    return Sites(best, float(limits[high]), bound)
