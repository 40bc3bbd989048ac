"""In which year each station of a final set opens, so that residents gain most as early as possible.

Model, with s_jt = 1 where station j is open in year t, and Z_St = 1 where no station of the set S is open then (radius form, see `p_median`)::

    min  Σ_t Σ_i c_i(nearest open in t)
    s.t. s_jt ≥ s_j,t−1,  s_jT = 1,  s_j0 = 1 for stations that stand,
         Σ_{r ≤ t} (opening costs of those opened in r + yearly costs of those open in r) ≤ Σ_{r ≤ t} budget_r + e_t,
         pilots open before all others

Money that is left goes into the next year. The extra money e is as little as will do: what lacks where everything opens in the last year, as no other
order has spent less by the end of any year. It is zero where the budgets suffice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.highs import solve

if TYPE_CHECKING:
    import pulp

NODES = 5_000


@dataclass(frozen=True)
class Phasing:
    """The order of opening.

    Attributes
    ----------
    year
        (p,) year of each station: 0, 1, …; -1 where it stands already.
    extra
        (T,) extra money needed by the end of each year.
    objective, lower_bound
        The cost of all years, and what every order costs at least that asks for as little extra money; for these stations, not for others.
    """

    year: np.ndarray
    extra: np.ndarray
    objective: float
    lower_bound: float


def phase(
    cost: np.ndarray,
    unreached: np.ndarray,
    standing: np.ndarray,
    opening: np.ndarray,
    yearly: np.ndarray,
    budgets: np.ndarray,
    pilots: np.ndarray,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Phasing:
    """Spread the opening of stations over years.

    Parameters
    ----------
    cost
        (n, p) cost of demand i at station j in a year.
    unreached
        (n,) cost of demand i in a year in which no station is open.
    standing
        (p,) bool: open from the start.
    opening, yearly
        (p,) cost of opening a station, and of each year in which it is open.
    budgets
        (T,) money of each year.
    pilots
        (p,) bool: opened before the others.
    seconds, threads, seed, cancelled
        As for `p_median`.

    Returns
    -------
    Phasing
        Where nothing better was found in time, everything opens in the last year.
    """
    import pulp

    p, years = len(standing), len(budgets)
    late = np.where(standing, -1, years - 1)
    extra = _extra(late, opening, yearly, budgets)
    model: pulp.LpProblem = pulp.LpProblem("phases", pulp.LpMinimize)
    s = [
        [pulp.LpVariable(f"s_{j}_{t}", int(standing[j] or t == years - 1), 1, pulp.LpInteger) for t in range(years)]
        for j in range(p)
    ]
    for j in range(p):
        for t in range(1, years):
            model += s[j][t] >= s[j][t - 1]
    for t in range(years):
        spent = pulp.LpAffineExpression()
        for j in range(p):
            if not standing[j]:
                spent += float(opening[j]) * s[j][t]
            spent += pulp.lpSum(float(yearly[j]) * s[j][r] for r in range(t + 1))
        model += spent <= float(budgets[: t + 1].sum() + extra[t]) + 1e-6 * max(1.0, float(budgets.sum()))
        for a in np.flatnonzero(pilots & ~standing):
            for b in np.flatnonzero(~pilots & ~standing):
                # another one may open in the year after the pilots, or in the last year, when all must be open
                model += s[b][t] <= (s[a][t - 1] if t else 0) if t < years - 1 or years == 1 else s[b][t] <= s[a][t]
    weights, sets = _sets(cost, unreached)
    z: dict[tuple[int, int], pulp.LpVariable] = {}
    for t in range(years):
        for k, (before, j) in enumerate(sets):
            z[k, t] = pulp.LpVariable(f"z_{k}_{t}", 0, 1)
            model += z[k, t] >= (z[before, t] if before >= 0 else 1) - s[j][t]
    scale = 1e5 / max(float(weights.sum()), 1e-9)
    model.setObjective(
        pulp.LpAffineExpression(
            [(z[k, t], float(w * scale)) for t in range(years) for k, w in enumerate(weights) if w > 0]
        )
    )
    best = solve(model, seconds=seconds, threads=threads, seed=seed, gap=1e-6, cancelled=cancelled, max_nodes=NODES)
    # with every station open from the first year nobody walks less
    base = float(years * np.minimum(cost.min(axis=1), unreached).sum())
    bound = base if best.bound is None else max(base, base + (best.bound - 1e-3) / scale)
    year = late
    if best.objective is not None:
        # a choice that nothing depends on is left out of the model, and keeps its least value
        opened = np.array(
            [[round(float((v.lowBound if v.varValue is None else v.varValue) or 0.0)) for v in row] for row in s]
        )
        year = np.where(standing, -1, years - opened.sum(axis=1))
    return Phasing(year, extra, total(cost, unreached, year, years), bound)


def _extra(year: np.ndarray, opening: np.ndarray, yearly: np.ndarray, budgets: np.ndarray) -> np.ndarray:
    """Return what money lacks by the end of each year, (T,)."""
    spent = [float(opening[year == t].sum() + yearly[year <= t].sum()) for t in range(len(budgets))]
    lack = np.maximum.accumulate(np.maximum(0.0, np.cumsum(spent) - np.cumsum(budgets)))
    return np.where(lack > 1e-6 * max(1.0, float(budgets.sum())), lack, 0.0)


def total(cost: np.ndarray, unreached: np.ndarray, year: np.ndarray, years: int) -> float:
    """Return the cost of all years, each with the stations open in it."""
    value = 0.0
    for t in range(years):
        there = year <= t
        value += float(np.minimum(cost[:, there].min(axis=1), unreached).sum() if there.any() else unreached.sum())
    return value


def _sets(cost: np.ndarray, unreached: np.ndarray) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Return what it costs where no station of a set is open, and the sets, each one site more than another (-1: the empty one)."""
    known: dict[tuple[int, int], int] = {}
    weights: list[float] = []
    order = np.argsort(cost, axis=1, kind="stable")
    for i in range(len(cost)):
        at = -1
        for k, j in enumerate(order[i]):
            step = (at, int(j))
            if step not in known:
                known[step] = len(weights)
                weights.append(0.0)
            at = known[step]
            here = cost[i, j]
            after = cost[i, order[i, k + 1]] if k + 1 < cost.shape[1] else np.inf
            weights[at] += max(0.0, min(after, unreached[i]) - here)
            if after >= unreached[i]:
                break
    return np.array(weights), list(known)
