"""What beats balance beside their hours: the amounts of the units, and how far beats are from sharing them evenly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import shapely

from beatplanner.data.town.town import Town
from beatplanner.planning.workload import WorkloadPlan

if TYPE_CHECKING:
    import geopandas as gpd

SQUARE_KM = 1e6
# Which column of the units an amount is; others are in a column of their own.
COLUMNS = {"residents": "population", "calls": "incidents"}
# Tolerances and budgets are relaxed to the next tenth of a percent above the smallest that a search finds a plan for.
STEP = 0.001
# Shares and sums are compared with limits up to this, for their rounding.
HAIR = 1e-9


def amounts_of(town: Town, workload: WorkloadPlan) -> dict[str, np.ndarray]:
    """Return each amount that the rules balance beside the hours, (n,) by its name: residents, km², incidents a year, or a column's numbers."""
    rules = town.description.beats
    found: dict[str, np.ndarray] = {}
    for name in {} if rules is None else rules.balances:
        of_units = np.asarray(workload.incidents, float) if name == "calls" else amount_in(town.units, name)
        assert of_units is not None, "the reader of units has refused what is missing"
        found[name] = of_units
    return found


def amount_in(units: gpd.GeoDataFrame, name: str) -> np.ndarray | None:
    """Return an amount of units, of a town or of a plan's tables, (n,) by its name; None where they do not tell it."""
    if name == "area":
        return shapely.area(units.geometry.to_numpy()) / SQUARE_KM
    column = COLUMNS.get(name, f"amount_{name}")
    return units[column].to_numpy(float) if column in units else None


def deviation(amount: np.ndarray, district: np.ndarray, count: int) -> float:
    """Return by which share of the mean districts are off in one amount at most."""
    total = np.bincount(district, weights=amount, minlength=count)
    mean = float(amount.sum()) / count
    return float(np.abs(total / mean - 1).max()) if mean > 0 else 0.0


def next_step(tolerance: float) -> float:
    """Return the next tenth of a percent, as a tolerance is entered."""
    return math.ceil(tolerance / STEP - 1e-6) * STEP


def band(mean: float, tolerance: float) -> tuple[float, float]:
    """Return between what a beat may have whose municipality has a mean."""
    return max(0.0, mean * (1 - tolerance)), mean * (1 + tolerance)


def bands(mean: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Return what `band` does of each of some means."""
    return np.maximum(0.0, mean * (1 - tolerance)), mean * (1 + tolerance)


def outside(held: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Return whether each amount is less or more than it may be, (K,) bool; rounding aside."""
    return (held > upper * (1 + HAIR)) | (held < lower * (1 - HAIR))


def within(amount: np.ndarray, count: int, tolerance: float) -> tuple[float, float]:
    """Return between what each of `count` beats has of an amount, (n,) of their units, within a share of the mean."""
    return band(float(amount.sum()) / count, tolerance)


class BalanceRow(TypedDict):
    """One further balance of one municipality, as ``summary.json`` has it."""

    municipality: str
    amount: str
    asked: float
    tolerance: float
    lower: float
    upper: float
    max_deviation: float


def balance_rows(
    town: Town, workload: WorkloadPlan, beat: np.ndarray, uneven: Mapping[tuple[str, str], float]
) -> list[BalanceRow]:
    """Return what the rules ask of each further balance, and what beats, (n,) ids, make of it.

    `uneven` are the tolerances that had to give, by municipality and name; beats that were drawn by hand and break one have the one that they need.
    """
    rules = town.description.beats
    municipality = town.units["municipality"].to_numpy(object)
    rows: list[BalanceRow] = []
    for name, amount in amounts_of(town, workload).items():
        assert rules is not None
        for place in sorted(set(municipality)):
            units = np.flatnonzero(municipality == place)
            ids, district = np.unique(beat[units].astype(str), return_inverse=True)
            off, asked = deviation(amount[units], district, len(ids)), rules.balances[name]
            kept = uneven.get((place, name), asked if off <= asked + STEP * STEP else next_step(off))
            lower, upper = within(amount[units], len(ids), kept)
            rows.append(
                BalanceRow(
                    municipality=place,
                    amount=name,
                    asked=asked,
                    tolerance=kept,
                    lower=lower,
                    upper=upper,
                    max_deviation=off,
                )
            )
    return rows
