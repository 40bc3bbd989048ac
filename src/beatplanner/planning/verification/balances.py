"""Checks of what beats balance beside their hours: amounts, bounds and deviations, counted anew from the units."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

from beatplanner.data.findings import amount_text
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger, is_number, same

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

# Which column of the units an amount is; others are in a column of their own.
COLUMNS = {"residents": "population", "calls": "incidents"}
# Share of a mean up to which sums of amounts are compared.
ROUNDED = 1e-6


def amounts_of(evidence: Evidence) -> dict[str, np.ndarray]:
    """Return each amount that the rules balance beside the hours, (n,), by its name; NaN where the units do not tell it."""
    rules, units = evidence.rules.beats, evidence.units
    found: dict[str, np.ndarray] = {}
    for name in {} if rules is None else rules.balances:
        column = COLUMNS.get(name, f"amount_{name}")
        if name == "area":
            found[name] = shapely.area(units.geometry.to_numpy()) / 1e6
        elif column in units.columns:
            found[name] = units[column].to_numpy(float)
        else:
            found[name] = np.full(len(units), np.nan)
    return found


def _municipalities(evidence: Evidence) -> np.ndarray:
    return evidence.units["municipality"].fillna("").astype(str).to_numpy(object)


def _rows(evidence: Evidence) -> list[tuple[tuple[str, str], Claims]]:
    """Return each row that the summary has of a further balance, with its municipality and name."""
    rows = list_of(section_of(evidence.summary, "beats"), "balances")
    return [((str(r.get("municipality") or ""), str(r.get("amount"))), r) for r in rows]


def _claimed(evidence: Evidence) -> dict[tuple[str, str], Claims]:
    return dict(_rows(evidence))


def _held(evidence: Evidence, place: str, amount: np.ndarray) -> dict[str, float]:
    """Return what each beat of a municipality has of an amount."""
    inside = _municipalities(evidence) == place
    beats = evidence.units["beat"].astype(str).to_numpy(object)
    return {b: math.fsum(amount[inside & (beats == b)].tolist()) for b in sorted(set(beats[inside]))}


def widest_bounds(evidence: Evidence) -> dict[tuple[str, str], tuple[float, float]]:
    """Return by municipality and name the bounds of a beat's amount, by the rules or by the wider tolerance that is told where they clash."""
    rules, claimed = evidence.rules.beats, _claimed(evidence)
    found: dict[tuple[str, str], tuple[float, float]] = {}
    for name, amount in amounts_of(evidence).items():
        assert rules is not None
        for place in sorted(set(_municipalities(evidence))):
            held = _held(evidence, place, amount)
            mean, said = math.fsum(held.values()) / len(held), claimed.get((place, name), {}).get("tolerance")
            wide = max(rules.balances[name], float(said)) if is_number(said) else rules.balances[name]
            found[place, name] = max(0.0, mean * (1 - wide)), mean * (1 + wide)
    return found


def check_balances(ledger: Ledger, evidence: Evidence, claims: Claims, met: bool) -> None:
    """Check that beats keep the further balances, and what the summary tells of them."""
    rules, claimed = evidence.rules.beats, _claimed(evidence)
    if rules is None or not (rules.balances or claims.get("balances")):
        return
    broken: list[str] = []
    wrong: list[str] = []
    looked_at = 0
    places = sorted(set(_municipalities(evidence)))
    for name, amount in amounts_of(evidence).items():
        asked = rules.balances[name]
        for place in places:
            held, row = _held(evidence, place, amount), claimed.get((place, name), {})
            mean, said = math.fsum(held.values()) / len(held), row.get("tolerance")
            tolerance = float(said) if is_number(said) else math.nan
            if not tolerance >= asked - 1e-12 or (met and not same(tolerance, asked)):
                wrong.append(f"{name} in “{place}”: a tolerance of {said}, and the rule is {asked}.")
                tolerance = asked
            figures = {
                "asked": asked,
                "lower": max(0.0, mean * (1 - tolerance)),
                "upper": mean * (1 + tolerance),
                "max_deviation": max(abs(v / mean - 1) for v in held.values()) if mean > 0 else 0.0,
            }
            wrong += [
                f"{name} in “{place}”: {key} is {row.get(key)}, and {amount_text(value, 6)} was found."
                for key, value in figures.items()
                if not same(row.get(key), value)
            ]
            looked_at += len(held)
            for beat, value in held.items():
                if not figures["lower"] - ROUNDED * mean <= value <= figures["upper"] + ROUNDED * mean:
                    broken.append(
                        f"{evidence.beat_name(beat)} has {amount_text(value)} of {name}, not between {amount_text(figures['lower'])} and "
                        f"{amount_text(figures['upper'])}."
                    )
    wrong += [
        f"{name} in “{place}” is told, and no rule balances it."
        for place, name in claimed
        if name not in rules.balances or place not in places
    ]
    rows = [key for key, _ in _rows(evidence)]
    wrong += [
        f"{name} in “{place}” is told more than once." for place, name in claimed if rows.count((place, name)) > 1
    ]
    ledger.each("beats.balances_told", "further balances as the rules have them", wrong, max(1, len(claimed)), "rows")
    said = "every beat within the further balances" + ("" if met else ", as far as they were relaxed")
    ledger.each("beats.balances", said, broken, looked_at, "sums")
