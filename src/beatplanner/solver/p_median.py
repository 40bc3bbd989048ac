"""The p-median problem: p sites that make the total way of all people to their nearest one least.

Model (ReVelle and Swain 1970), with y_j = 1 where site j opens and x_ij = 1 where demand i goes to it::

    min  Σ_ij c_ij x_ij
    s.t. Σ_j x_ij = 1,  x_ij ≤ y_j,  Σ_j y_j = p,  y_j = 1 for kept sites,  Σ_j f_j y_j ≤ budget,  y binary

Method: relaxing Σ_j x_ij = 1 with multipliers u leaves Σ_i u_i + the p least of ρ_j = Σ_i min(0, c_ij − u_i), a bound that a subgradient
raises (Cornuéjols, Fisher and Nemhauser 1977); each step's sites are a plan, which exchanges of one site for another better (Teitz and Bart
1968, with the gain of all exchanges at once as in Whitaker 1983). Sites and pairs whose reduced cost exceeds what is left of the gap are fixed,
and the model on what remains is solved exactly where it is small enough. The relaxation ignores the budget, so its bound holds with one too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pulp

from beatplanner.solver.highs import solve

# The exact model is built up to this many pairs of demand and site.
PAIR_LIMIT = 400_000
STEPS = 600


@dataclass(frozen=True)
class Sites:
    """Open sites, the objective with them, and a proven bound (None where none was computed)."""

    open: np.ndarray
    objective: float
    lower_bound: float | None


def total_cost(cost: np.ndarray, chosen: np.ndarray) -> float:
    """Return the cost of all demand at its cheapest chosen site; `cost` is (n, m)."""
    return float(cost[:, chosen].min(axis=1).sum())


def exchange(
    cost: np.ndarray, chosen: np.ndarray, kept: np.ndarray, price: np.ndarray, budget: float,
    stop: Callable[[], bool] = lambda: False,
) -> np.ndarray:  # fmt: skip
    """Exchange one open site for a closed one as long as that lowers the cost.

    Parameters
    ----------
    cost
        (n, m) cost of demand i at site j, finite.
    chosen
        Open sites.
    kept
        (m,) bool: sites that stay open.
    price
        (m,) price of opening a site.
    budget
        Greatest sum of prices; inf for none.
    stop
        True ends the search.

    Returns
    -------
    numpy.ndarray
        Open sites, sorted.
    """
    chosen = np.array(chosen, int)
    if len(chosen) == 0:
        return chosen
    closed_count = cost.shape[1] - len(chosen)
    since = 0
    while since < closed_count and not stop():
        for j in np.setdiff1d(np.arange(cost.shape[1]), chosen):
            if since >= closed_count or stop():
                break
            order = np.argpartition(cost[:, chosen], min(1, len(chosen) - 1), axis=1) if len(chosen) > 1 else None
            at = np.argmin(cost[:, chosen], axis=1)
            first = cost[np.arange(len(cost)), chosen[at]]
            second = (
                cost[np.arange(len(cost)), chosen[order[:, 1]]] if order is not None else np.full(len(cost), np.inf)
            )
            nearer = cost[:, j] < first
            gain = (first - cost[:, j])[nearer].sum()
            lost = np.where(nearer, 0.0, np.minimum(second, cost[:, j]) - first)
            loss = np.bincount(at, weights=lost, minlength=len(chosen))
            allowed = ~kept[chosen] & (price[chosen].sum() - price[chosen] + price[j] <= budget + 1e-9)
            loss = np.where(allowed, loss, np.inf)
            out = int(np.argmin(loss))
            if gain - loss[out] > 1e-9 * max(1.0, first.sum()):
                chosen[out] = j
                since = 0
            else:
                since += 1
    return np.sort(chosen)


def within_budget(chosen: np.ndarray, kept: np.ndarray, price: np.ndarray, budget: float) -> np.ndarray | None:
    """Replace dear sites by the cheapest closed ones until the budget holds; None where it cannot."""
    picked = [int(j) for j in chosen]
    while price[picked].sum() > budget + 1e-9:
        closed = np.setdiff1d(np.arange(len(price)), picked)
        open_ = [j for j in picked if not kept[j]]
        if not open_ or not len(closed):
            return None
        dear, cheap = max(open_, key=lambda j: price[j]), int(closed[np.argmin(price[closed])])
        if price[cheap] >= price[dear]:
            return None
        picked[picked.index(dear)] = cheap
    return np.array(sorted(picked), int)


def p_median(
    cost: np.ndarray,
    count: int,
    kept: np.ndarray,
    price: np.ndarray,
    budget: float = np.inf,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    tell: Callable[[float, float], None] = lambda best, bound: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Sites:
    """Choose `count` sites of least total cost, with a proven bound.

    Parameters
    ----------
    cost
        (n, m) cost of demand i at site j, finite and not negative.
    count
        Sites to open, at least the number of kept ones.
    kept
        (m,) bool: sites that stay open.
    price, budget
        (m,) price of each site, and the greatest sum.
    seconds
        Limit of wall time.
    threads, seed
        Given to HiGHS.
    tell
        Called with the best cost and the bound.
    cancelled
        True ends the search.

    Returns
    -------
    Sites

    Raises
    ------
    ValueError
        Where the budget does not reach for any `count` sites.
    """
    end = time.monotonic() + seconds

    def stop() -> bool:
        return cancelled() or time.monotonic() > end

    m = cost.shape[1]
    start = _greedy(cost, count, kept)
    fitting = within_budget(start, kept, price, budget)
    if fitting is None:
        raise ValueError("the budget does not reach for so many sites")
    best = exchange(cost, fitting, kept, price, budget, stop)
    best_cost = total_cost(cost, best)
    if count == m:
        return Sites(best, best_cost, best_cost)
    bound, multiplier = -np.inf, cost.min(axis=1) + 1e-9
    near = np.partition(cost[:, best], min(1, count - 1), axis=1)[:, : min(2, count)]
    multiplier = near.mean(axis=1)
    best_multiplier, scale, stalled = multiplier.copy(), 1.5, 0
    for step in range(STEPS):
        value = np.minimum(0.0, cost - multiplier[:, None]).sum(axis=0)
        opened = _least(value, count, kept)
        now = float(multiplier.sum() + value[opened].sum())
        if now > bound + 1e-9 * abs(bound if np.isfinite(bound) else 1.0):
            bound, best_multiplier, stalled = now, multiplier.copy(), 0
        else:
            stalled += 1
            if stalled >= 12:
                scale, stalled, multiplier = scale / 1.7, 0, best_multiplier.copy()
        if step % 25 == 0:
            tried = within_budget(opened, kept, price, budget)
            if tried is not None and total_cost(cost, tried) < 1.05 * best_cost:
                tried = exchange(cost, tried, kept, price, budget, stop)
                if total_cost(cost, tried) < best_cost - 1e-9:
                    best, best_cost = tried, total_cost(cost, tried)
            tell(best_cost, min(bound, best_cost))
        slope = 1.0 - (cost[:, opened] < multiplier[:, None]).sum(axis=1)
        square = float(slope @ slope)
        if square == 0 or bound >= best_cost * (1 - 1e-7) or scale < 1e-3 or stop():
            break
        multiplier = np.maximum(0.0, multiplier + scale * (1.01 * best_cost - now) / square * slope)
    if bound < best_cost * (1 - 1e-7) and not stop():
        found = _exact(
            cost, count, kept, price, budget, best, best_cost, bound, best_multiplier, end, threads, seed, cancelled
        )
        best, best_cost, bound = found.open, found.objective, max(bound, found.lower_bound or -np.inf)
    bound = min(bound, best_cost)
    tell(best_cost, bound)
    return Sites(best, best_cost, bound)


def _greedy(cost: np.ndarray, count: int, kept: np.ndarray) -> np.ndarray:
    chosen = [int(j) for j in np.flatnonzero(kept)]
    near = cost[:, chosen].min(axis=1) if chosen else np.full(len(cost), np.inf)
    while len(chosen) < count:
        total = np.minimum(near[:, None], cost).sum(axis=0)
        total[chosen] = np.inf
        j = int(np.argmin(total))
        chosen.append(j)
        near = np.minimum(near, cost[:, j])
    return np.array(sorted(chosen), int)


def _least(value: np.ndarray, count: int, kept: np.ndarray) -> np.ndarray:
    """Return the kept sites and the others of least value, `count` in all."""
    ranked = np.argsort(np.where(kept, -np.inf, value), kind="stable")
    return ranked[:count]


def _exact(
    cost, count, kept, price, budget, best, best_cost, bound, multiplier, end, threads, seed, cancelled
) -> Sites:
    """Solve the model on the sites and pairs that reduced costs leave open."""
    value = np.minimum(0.0, cost - multiplier[:, None]).sum(axis=0)
    opened = _least(value, count, kept)
    base = float(multiplier.sum() + value[opened].sum())
    rest = np.setdiff1d(np.arange(len(value)), opened)
    limit = best_cost * (1 + 1e-9)
    free = opened[~kept[opened]]
    last = value[free].max() if len(free) else -np.inf
    usable = np.zeros(len(value), bool)
    usable[opened] = True
    usable[rest] = base + value[rest] - last <= limit
    pairs = usable[None, :] & (base + np.maximum(0.0, cost - multiplier[:, None]) <= limit)
    unchanged = Sites(best, best_cost, None)
    if pairs.sum() > PAIR_LIMIT or end - time.monotonic() < 0.05:
        return unchanged
    if not pairs.any(axis=1).all():
        return Sites(best, best_cost, best_cost)  # no better plan is left
    model = pulp.LpProblem("p_median", pulp.LpMinimize)
    sites = np.flatnonzero(usable)
    y = {int(j): pulp.LpVariable(f"y_{j}", int(kept[j]), 1, pulp.LpInteger) for j in sites}
    terms, start = [], {y[j]: float(j in set(best.tolist())) for j in y}
    row, column = np.nonzero(pairs)
    of_row: dict[int, list] = {}
    for i, j in zip(row.tolist(), column.tolist(), strict=True):
        x = pulp.LpVariable(f"x_{i}_{j}", 0, 1)
        of_row.setdefault(i, []).append(x)
        terms.append((x, float(cost[i, j])))
        model += x <= y[j]
    for xs in of_row.values():
        model += pulp.lpSum(xs) == 1
    model += pulp.lpSum(y.values()) == count
    if np.isfinite(budget):
        model += pulp.LpAffineExpression([(v, float(price[j])) for j, v in y.items()]) <= budget
    model.setObjective(pulp.LpAffineExpression(terms))
    outcome = solve(
        model, seconds=end - time.monotonic(), threads=threads, seed=seed, gap=1e-6, start=start, cancelled=cancelled,
        max_nodes=20_000,
    )  # fmt: skip
    if outcome.status == "infeasible":
        return Sites(best, best_cost, best_cost)
    if outcome.objective is not None:
        chosen = np.array(sorted(j for j, v in y.items() if (v.varValue or 0) > 0.5), int)
        if total_cost(cost, chosen) < best_cost:
            best, best_cost = chosen, total_cost(cost, chosen)
    # what was left out is no better than the best known plan, so the model's bound holds up to that
    return Sites(best, best_cost, None if outcome.bound is None else min(outcome.bound * (1 - 1e-9), best_cost))
