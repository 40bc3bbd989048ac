"""What each beat has of the amounts that are balanced beside the hours: of a drawing and of a plan's tables, counted in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.planning.beats.amounts import amount_in, bands, outside


@dataclass(frozen=True)
class BeatBalance:
    """One amount of one beat: what `HeldBalance` has in a row."""

    name: str
    held: float
    mean: float
    lower: float
    upper: float
    deviation: float
    broken: bool


@dataclass(frozen=True)
class HeldBalance:
    """One amount that is balanced beside the hours; arrays have a row for each beat.

    Attributes
    ----------
    name
        As the rules have it: ``residents``, ``area`` (km²), ``calls`` (incidents a year) or one of `units.amounts`.
    tolerance
        Share of the mean that the rules allow on both sides.
    held, mean, lower, upper
        (K,) what the beat has; its municipality's mean, and between what the tolerance lets it be.
    """

    name: str
    tolerance: float
    held: np.ndarray
    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    @property
    def deviation(self) -> np.ndarray:
        """Signed share of the mean, (K,)."""
        return np.divide(self.held, self.mean, out=np.ones(len(self.held)), where=self.mean > 0) - 1

    @property
    def broken(self) -> np.ndarray:
        """Whether the beat has more or less than the rules allow, (K,)."""
        return outside(self.held, self.lower, self.upper)

    def of(self, k: int) -> BeatBalance:
        """Return what the beat in a row has."""
        held, mean, lower, upper = (float(v[k]) for v in (self.held, self.mean, self.lower, self.upper))
        return BeatBalance(self.name, held, mean, lower, upper, float(self.deviation[k]), bool(self.broken[k]))


def held_balances(
    amounts: Mapping[str, np.ndarray], tolerances: Mapping[str, float], row: np.ndarray, municipality: np.ndarray
) -> tuple[HeldBalance, ...]:
    """Return what beats have of each amount.

    Parameters
    ----------
    amounts
        (n,) of the units, by name.
    tolerances
        Share of the mean that the rules allow, by the same names.
    row
        (n,) which beat a unit is in, 0..K-1; −1 for none.
    municipality
        (K,) of the beats.
    """
    _, town = np.unique(municipality.astype(str), return_inverse=True)
    inside = row >= 0
    found: list[HeldBalance] = []
    for name, amount in amounts.items():
        held = np.bincount(row[inside], weights=amount[inside], minlength=len(municipality))
        mean = (np.bincount(town, weights=held) / np.bincount(town))[town]
        share = tolerances[name]
        found.append(HeldBalance(name, share, held, mean, *bands(mean, share)))
    return tuple(found)


def balances_of_plan(tables: PlanTables) -> tuple[HeldBalance, ...]:
    """Return what a plan's beats, in their order, have of the amounts that its rules balance beside the hours; nothing where they balance none."""
    beats, units = tables.beats, tables.units
    rows = list_of(section_of(tables.summary, "beats"), "balances")
    asked = {str(r["amount"]): float(r["asked"]) for r in rows}
    if beats is None or not asked:
        return ()
    amounts: dict[str, np.ndarray] = {}
    for name in asked:
        of_units = amount_in(units, name)
        if of_units is not None:
            amounts[name] = of_units
    place = {str(b): k for k, b in enumerate(beats["beat"])}
    row = np.array([place.get(str(b), -1) for b in units["beat"]], int)
    return held_balances(amounts, asked, row, beats["municipality"].astype(object).fillna("").to_numpy(object))
