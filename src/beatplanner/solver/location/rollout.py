"""In which year each area starts, so that residents are served as early as the money and the training seats of each year allow.

Model, with y_at = 1 where area a starts in year t (0, 1, …, T−1)::

    max  Σ_a Σ_t residents_a × (T − t) × y_at
    s.t. Σ_t y_at ≤ 1
         base_p[t] + Σ_a Σ_{s ≤ t} cost_p[a, s, t] × y_as ≤ fund_p[t]   for each payer p and year t
         Σ_a seats_a × y_at ≤ seats_t
         Σ_{s ≤ t} y_bs ≤ Σ_{s < t} y_as                                for each pilot a and other area b

Money that is not spent in a year is gone, as in most public budgets. Ties are broken towards fewer, earlier starts by the order of the areas.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pulp

from beatplanner.solver.highs import solve

NODES = 20_000


@dataclass(frozen=True)
class Rollout:
    """Year in which each area starts (-1: not within the horizon), (A,); resident-years served; and the proven upper bound on them."""

    start: np.ndarray
    served: float
    upper_bound: float | None


def rollout(
    residents: np.ndarray,
    cost: np.ndarray,
    rise: np.ndarray,
    funds: np.ndarray,
    seats: np.ndarray,
    seats_a_year: float,
    pilots: np.ndarray,
    *,
    base: np.ndarray | None = None,
    first: int = 0,
    seconds: float = 30.0,
    seed: int = 0,
) -> Rollout:
    """Choose the years in which areas start.

    Parameters
    ----------
    residents
        (A,) residents of each area.
    cost
        (P, A, T) money that payer p owes for area a in its t-th year, at the prices of the first year; or (P, A, T, T) money that an area which starts in
        year s costs more in year t than if it never did, in the prices of year t.
    rise
        (T,) prices of each year against the first, for the first form.
    funds
        (P, T) money of each payer and year; inf for no limit.
    seats
        (A,) training seats that an area needs in the year in which it starts.
    seats_a_year
        Seats there are in a year; inf for no limit.
    pilots
        (A,) bool: start before all others.
    base
        (P, T) money that is owed whatever starts; none where None.
    first
        Year before which nothing starts.
    seconds, seed
        Of the solver; the search ends after a fixed number of nodes.

    Returns
    -------
    Rollout
    """
    payers, areas, years = cost.shape[:3]
    if cost.ndim == 3:
        cost = _by_start(cost, rise)
    owed = np.zeros((payers, years)) if base is None else base
    model = pulp.LpProblem("rollout", pulp.LpMaximize)
    y = [[pulp.LpVariable(f"y_{a}_{t}", 0, 1, pulp.LpInteger) for t in range(years)] for a in range(areas)]
    scale = max(1.0, float(residents.sum()))
    model.setObjective(
        pulp.LpAffineExpression(
            [
                (y[a][t], float((residents[a] / scale * 1e4 + 1e-3) * (years - t)))
                for a in range(areas)
                for t in range(years)
            ]
        )
    )
    for a in range(areas):
        model += pulp.lpSum(y[a]) <= 1
        if first:
            model += pulp.lpSum(y[a][:first]) == 0
    for p in range(payers):
        for t in range(years):
            if np.isfinite(funds[p, t]):
                spent = [
                    (y[a][s], float(cost[p, a, s, t])) for a in range(areas) for s in range(t + 1) if cost[p, a, s, t]
                ]
                model += pulp.LpAffineExpression(spent) <= float(funds[p, t] - owed[p, t])
    if np.isfinite(seats_a_year):
        for t in range(years):
            model += pulp.lpSum(float(seats[a]) * y[a][t] for a in range(areas) if seats[a] > 0) <= float(seats_a_year)
    for a in np.flatnonzero(pilots):
        for b in np.flatnonzero(~pilots):
            for t in range(years):
                model += pulp.lpSum(y[b][: t + 1]) <= pulp.lpSum(y[a][:t])
    found = solve(model, seconds=seconds, seed=seed, gap=1e-6, max_nodes=NODES)
    start = np.full(areas, -1)
    if found.objective is not None:
        for a in range(areas):
            for t in range(years):
                if round(y[a][t].varValue or 0.0):
                    start[a] = t
    upper = None if found.bound is None else float(found.bound) * scale / 1e4
    return Rollout(start, served(residents, start, years), upper)


def _by_start(cost: np.ndarray, rise: np.ndarray) -> np.ndarray:
    """Return costs by age, (P, A, T), as costs by year of start and year, (P, A, T, T)."""
    years = cost.shape[2]
    found = np.zeros((*cost.shape, years))
    for s in range(years):
        found[:, :, s, s:] = cost[:, :, : years - s] * rise[s:]
    return found


def served(residents: np.ndarray, start: np.ndarray, years: int) -> float:
    """Return the resident-years served."""
    return float((residents * np.where(start >= 0, years - start, 0)).sum())
