"""In which year each area starts, so that residents are served as early as the money and the training seats of each year allow.

Model, with y_at = 1 where area a starts in year t (0, 1, …, T−1)::

    max  Σ_a Σ_t residents_a × (T − t) × y_at
    s.t. Σ_t y_at ≤ 1
         base_p[t] + Σ_a Σ_{s ≤ t} cost_p[a, s, t] × y_as ≤ fund_p[t]   for each payer p and year t
         Σ_a seats_a × y_at ≤ seats_t
         v_t ≥ need_t + Σ_a Σ_{s ≤ t} need_ast × y_as, whole; b_t = max(0, v_t − Σ_{t−life < u < t} b_u)   vehicles that are needed, and bought
         Σ_{s ≤ t} y_bs ≤ Σ_{s < t} y_as                                for each pilot a and other area b

Money that is not spent in a year is gone, as in most public budgets. Ties are broken towards fewer, earlier starts by the order of the areas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.highs import solve
from beatplanner.solver.location.fleet import ROUNDING, Fleet

if TYPE_CHECKING:
    import pulp

NODES = 20_000


@dataclass(frozen=True)
class Rollout:
    """Year in which each area starts (-1: not within the horizon), (A,); resident-years served; and the proven upper bound on them."""

    start: np.ndarray
    served: float
    upper_bound: float | None
    proven: bool = False


def rollout(
    residents: np.ndarray,
    cost: np.ndarray,
    rise: np.ndarray,
    funds: np.ndarray,
    seats: np.ndarray,
    seats_a_year: float | np.ndarray,
    pilots: np.ndarray,
    *,
    base: np.ndarray | None = None,
    first: int = 0,
    seconds: float = 30.0,
    seed: int = 0,
    fleet: Fleet | None = None,
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
        Seats there are in a year, or in each, (T,); inf for no limit.
    pilots
        (A,) bool: start before all others.
    base
        (P, T) money that is owed whatever starts; none where None.
    first
        Year before which nothing starts.
    seconds, seed
        Of the solver; the search ends after a fixed number of nodes.
    fleet
        Whole vehicles, whose cost is not in `cost`; none where None.

    Returns
    -------
    Rollout
    """
    import pulp

    payers, areas, years = cost.shape[:3]
    if cost.ndim == 3:
        cost = _by_start(cost, rise)
    owed = np.zeros((payers, years)) if base is None else base
    model: pulp.LpProblem = pulp.LpProblem("rollout", pulp.LpMaximize)
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
    needed, bought = _vehicles(model, y, fleet, areas, years)
    for p in range(payers):
        for t in range(years):
            if np.isfinite(funds[p, t]):
                spent = [
                    (y[a][s], float(cost[p, a, s, t])) for a in range(areas) for s in range(t + 1) if cost[p, a, s, t]
                ]
                if fleet is not None:
                    spent += [(bought[t], float(fleet.price[p, t])), (needed[t], float(fleet.yearly[p, t]))]
                model += pulp.LpAffineExpression(spent) <= float(funds[p, t] - owed[p, t])
    room = np.broadcast_to(np.asarray(seats_a_year, float), years)
    for t in np.flatnonzero(np.isfinite(room)):
        model += pulp.lpSum(float(seats[a]) * y[a][t] for a in range(areas) if seats[a] > 0) <= float(room[t])
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
    mine = served(residents, start, years)
    return Rollout(start, mine, upper, upper is not None and upper <= mine * (1 + 1e-4) + 1e-3 * areas * years)


def _vehicles(
    model: pulp.LpProblem, y: list[list[pulp.LpVariable]], fleet: Fleet | None, areas: int, years: int
) -> tuple[list[pulp.LpVariable], list[pulp.LpVariable]]:
    """Add whole vehicles to the model; return those needed and those bought in each year."""
    import pulp

    if fleet is None:
        return [], []
    most = float(np.ceil(fleet.need.max() + np.maximum(0.0, fleet.more).sum(axis=0).max(initial=0.0))) + 1
    needed = [pulp.LpVariable(f"v_{t}", 0, most, pulp.LpInteger) for t in range(years)]
    bought = [pulp.LpVariable(f"b_{t}", 0, most) for t in range(years)]
    for t in range(years):
        terms = [(needed[t], 1.0)] + [
            (y[a][s], -float(fleet.more[a, s, t])) for a in range(areas) for s in range(t + 1) if fleet.more[a, s, t]
        ]
        # the whole number that is at least the need less its rounding, and less than one more
        model += pulp.LpAffineExpression(terms) >= float(fleet.need[t]) - ROUNDING - 1e-7
        model += pulp.LpAffineExpression(terms) <= float(fleet.need[t]) + 1 - ROUNDING + 1e-7
        # b_t = max(0, v_t − young): nothing is bought before it is needed
        young = pulp.lpSum(bought[max(0, t - fleet.life + 1) : t])
        buys = pulp.LpVariable(f"z_{t}", 0, 1, pulp.LpInteger)
        model += needed[t] - young - bought[t] <= 0
        model += bought[t] + young - needed[t] + 2 * most * buys <= 2 * most
        model += bought[t] - most * buys <= 0
    return needed, bought


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
