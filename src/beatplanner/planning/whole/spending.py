"""What beats that have started cost, by line and year."""

from __future__ import annotations

import numpy as np

from beatplanner.data.description.sections.budget import Budget
from beatplanner.planning.whole.areas import (
    VEHICLES,
    RolloutAreas,
    fleet,
    whole_vehicles,
)


def spending(areas: RolloutAreas, start: np.ndarray, staff: np.ndarray, rules: Budget, rise: np.ndarray) -> np.ndarray:
    """Return what each line costs in each year, (L, T), in the prices of each year.

    Parameters
    ----------
    areas
        Costs of the beats.
    start
        (B,) year in which each starts, -1 for never.
    staff
        (L, T) salaries and courses of the roster.
    rules, rise
        The budget, and its prices.
    """
    on, year = np.flatnonzero(start >= 0), np.arange(rules.years)
    money = staff + areas.fixed + areas.waiting[:, start < 0].sum(axis=1) + areas.started[:, on, start[on]].sum(axis=1)
    need = fleet_need(areas, start, year)
    whole = whole_vehicles(need)
    money[VEHICLES] = fleet(whole, rules.vehicle_years) * rules.vehicle_price + whole * rules.vehicle_yearly
    return money * rise


def fleet_need(areas: RolloutAreas, start: np.ndarray, year: np.ndarray) -> np.ndarray:
    """Return the vehicles that are needed in each year, (T,), whole or not."""
    begun = (start[:, None] >= 0) & (start[:, None] <= year)
    return np.where(begun, areas.need[:, 1:], areas.need[:, :1]).sum(axis=0)
