"""Checks of what is told beside the stations: the years in which they open, and the stops of mobile outreach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from beatplanner.data.description.listed_ids import ids_as_known
from beatplanner.data.result.sections import list_of
from beatplanner.data.walking_limit import edge_of
from beatplanner.planning.verification.arrays import MalformedError, are_numbers
from beatplanner.planning.verification.evidence import Evidence, as_text
from beatplanner.planning.verification.ledger import (
    DIGITS_SLACK,
    RELAXED,
    Ledger,
    is_number,
    missing,
    same,
    value_in_words,
)
from beatplanner.planning.verification.phases_bound import MOST_NEW, TooManyOrdersError, cheaper_order
from beatplanner.planning.verification.proven import CannotProveError
from beatplanner.planning.verification.stations_proof import prove_stops
from beatplanner.planning.verification.walks import HomeWalks

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


def in_plan_order(evidence: Evidence, town: Any) -> np.ndarray:
    """Return the inputs' walks, (h, sites), in the order of the plan's homes."""
    if evidence.tables.homes is not None:
        return town.walks
    unit = {u: i for i, u in enumerate(town.units["unit"])}
    return town.walks[[unit[u] for u in evidence.units["unit"] if u in unit]]


def check_phases(ledger: Ledger, evidence: Evidence, walks: HomeWalks, names: list[str], claims: Claims) -> None:
    """Check money, pilots and objective of the years in which stations open."""
    stations, sites, rules = evidence.tables.stations, evidence.tables.sites, evidence.rules.stations
    said = claims.get("phases")
    if rules is not None and rules.phases is not None and said is None:
        ledger.add(
            "phases", False, "none", "years of opening", "The rules ask for years of opening, and none are told."
        )
    if said is None or stations is None or sites is None or rules is None or rules.phases is None:
        return
    first, budgets = rules.phases.start or 1, np.array(rules.phases.budgets, float)
    year = np.array([first - 1 if missing(y) else int(y) for y in stations["opens"]])
    standing = stations["existing"].to_numpy(bool)
    wrong = [
        f"{n} stands today but is said to open in {y}."
        for n, y, e in zip(names, year, standing, strict=True)
        if e and y >= first
    ]
    wrong += [
        f"{n} opens in no year of the plan."
        for n, y, e in zip(names, year, standing, strict=True)
        if not e and not first <= y < first + len(budgets)
    ]
    pilot = np.isin(names, ids_as_known(rules.phases.pilots, sites["station"].astype(str)))
    if (pilot & ~standing).any():
        last = year[pilot & ~standing].max()
        wrong += [
            f"{n} opens before a pilot."
            for n, y, e, p in zip(names, year, standing, pilot, strict=True)
            if not e and not p and y < last
        ]
    ledger.each("phases.years", "each new station opens once, pilots first", wrong, len(names), "stations")
    by = sites.assign(name=sites["station"].astype(str)).set_index("name")
    opening = np.where(standing, 0.0, by.loc[names, "cost"].to_numpy(float))
    yearly = by.loc[names, "yearly_cost"].to_numpy(float)
    spent = np.array(
        [opening[(year == first + t)].sum() + yearly[year <= first + t].sum() for t in range(len(budgets))]
    )
    ledger.pairs(
        "phases.spent",
        "opening and running",
        ((str(y["year"]), y["spent"], s) for y, s in zip(said["years"], spent, strict=True)),
        "years",
    )
    ledger.each(
        "phases.rows",
        "what opens in each year, and its budget",
        _odd_years(said, names, year - first, standing, first, budgets),
        len(budgets),
        "years",
    )
    if claims.get("status") not in RELAXED:
        over = [
            f"By {first + t} {s:,.0f} is spent of {b:,.0f}."
            for t, (s, b) in enumerate(zip(np.cumsum(spent), np.cumsum(budgets), strict=True))
            if s > b + 1e-3
        ]
        ledger.each("phases.budgets", "no more is spent than there is", over, len(budgets), "years")
    limit = edge_of(rules.walk_minutes * rules.walk_kmh * 1000 / 60)
    rows: list[tuple[str, float, float]] = []
    for t, row in enumerate(said["years"]):
        there = year <= first + t
        ways = walks.metres[:, there].min(axis=1) if there.any() else np.full(len(walks.people), np.inf)
        rows.append((str(row["year"]), row["residents_within_limit"], float(walks.people[ways <= limit].sum())))
    ledger.pairs("phases.within_limit", "residents within the limit", rows, "years", "residents")
    _check_order(ledger, evidence, walks, said, (year - first, standing, pilot & ~standing, opening, yearly, budgets))


def _odd_years(
    said: Claims, names: list[str], year: np.ndarray, standing: np.ndarray, first: int, budgets: np.ndarray
) -> list[str]:
    """Return the years that are told otherwise than the stations and the rules say."""
    wrong: list[str] = []
    if len(said["years"]) != len(budgets):
        return [f"{len(said['years'])} years are told, and there are {len(budgets)} budgets."]
    for t, row in enumerate(said["years"]):
        opened = sorted(n for n, y, e in zip(names, year, standing, strict=True) if y == t and not e)
        claimed = (row.get("year"), sorted(map(str, list_of(row, "opened"))), row.get("open"))
        if claimed != (first + t, opened, int((year <= t).sum())) or not same(row.get("budget"), budgets[t]):
            wrong.append(f"{first + t} is told with another year, budget, or other stations than open in it.")
    return wrong


def check_stops(ledger: Ledger, evidence: Evidence, walks: HomeWalks, reached: np.ndarray, claims: Claims) -> None:
    """Check hours and kilometres of mobile-outreach stops, that they flow into the workload, and that everybody cut off can reach one."""
    said, stops, rules, units = claims.get("mobile"), evidence.tables.stops, evidence.rules.stations, evidence.units
    stations = evidence.tables.stations
    if rules is not None and (said is None) != (rules.mobile is None):
        ledger.add("mobile", False, "stops" if said else "none", "the rules say otherwise")
    if said is None or rules is None or rules.mobile is None or stations is None:
        return
    m = rules.mobile
    cut_off = ~reached & (walks.people > 0)
    ledger.number("mobile.stops", said.get("stops"), 0 if stops is None else len(stops))
    _check_least_stops(ledger, evidence, cut_off, said)
    fixed = np.zeros(len(units))
    for key, column in (("hours_a_year", "hours"), ("km_a_year", "km")):
        ledger.number(f"mobile.{key}", said.get(key), 0.0 if stops is None else float(stops[column].sum()))
    if stops is not None:
        at = np.column_stack([stops.geometry.x, stops.geometry.y])
        office = np.column_stack([stations.geometry.x, stations.geometry.y])
        drive = rules.detour * np.hypot(*(at[:, None] - office[None]).transpose(2, 0, 1)).min(axis=1) / 1000
        hours = m.visits_per_year * (m.hours_per_visit + 2 * drive / m.drive_kmh)
        names = [str(s) for s in stops["stop"]]
        ledger.pairs(
            "mobile.km",
            "visits × there and back",
            zip(names, stops["km"], m.visits_per_year * 2 * drive, strict=True),
            "stops",
            "km",
        )
        ledger.pairs(
            "mobile.hours",
            "visits × (hours + drive)",
            zip(names, stops["hours"], hours, strict=True),
            "stops",
            "hours a year",
        )
        place = {u: i for i, u in enumerate(units["unit"])}
        np.add.at(fixed, [place[u] for u in as_text(stops["unit"])], hours)
        limit = (m.walk_minutes or rules.walk_minutes) * rules.walk_kmh * 1000 / 60
        least = (
            np.hypot(*(walks.xy[cut_off][:, None] - at[None]).transpose(2, 0, 1)).min(axis=1)
            if cut_off.any()
            else np.empty(0)
        )
        wrong = [
            f"No stop is near {evidence.place(int(walks.unit[h]))}."
            for h in np.flatnonzero(cut_off)[least > edge_of(limit)]
        ]
        ledger.each("mobile.reach", "everybody cut off has a stop near", wrong, int(cut_off.sum()), "homes")
        ledger.number("mobile.residents", said.get("residents"), float(walks.people[cut_off].sum()), "residents")
    else:
        ledger.number("mobile.residents", said.get("residents"), float(walks.people[cut_off].sum()), "residents")
    ledger.pairs(
        "units.fixed_hours",
        "hours of the stops in it",
        ((evidence.place(u), units["fixed_hours"].iat[u], fixed[u]) for u in range(len(units))),
        "units",
        "hours a year",
    )


def _check_order(
    ledger: Ledger, evidence: Evidence, walks: HomeWalks, said: Claims, order: tuple[np.ndarray, ...]
) -> None:
    """Check what the order of opening costs, by the year and in all, and that no order that pays as early costs less than the bound."""
    year, standing, pilot, opening, yearly, budgets = order
    far = evidence.summary["stations"].get("unreached_metres")
    if evidence.town is None or evidence.town.walks is None or len(evidence.town.walks) != len(walks.people):
        why = "Whom a closed site could reach needs the inputs, which are not there as they were."
        for name, claimed in (("objective", said.get("objective")), ("lower_bound", said.get("lower_bound"))):
            ledger.unchecked(f"phases.{name}", claimed, why)
        return
    # who reaches no site at all counts for nothing, whatever opens
    given = in_plan_order(evidence, evidence.town)
    counts = np.isfinite(given).any(axis=1) & (walks.people > 0)
    finite = given[np.isfinite(given)]
    ledger.number("stations.unreached_metres", far, 2 * float(finite.max()) if finite.size else 0.0, "metres")
    nobody = 2 * float(finite.max()) if finite.size else 0.0
    people, metres = walks.people[counts], np.minimum(walks.metres[counts], nobody)
    rows: list[tuple[str, float, float]] = []
    for t, row in enumerate(said["years"]):
        there = year <= t
        ways = metres[:, there].min(axis=1) if there.any() else np.full(len(people), nobody)
        rows.append((str(row["year"]), row["objective"], float(people @ ways)))
    ledger.pairs("phases.by_year", "residents × metres", rows, "years")
    total = float(sum(found for _, _, found in rows))
    ledger.number("phases.objective", said.get("objective"), total)
    bound = said.get("lower_bound")
    if not isinstance(bound, int | float) or bound > total * (1 + 1e-9) + 1e-6:
        ledger.add(
            "phases.lower_bound",
            False,
            bound,
            f"at most {value_in_words(total)}",
            "The bound is above what the order costs.",
        )
        return
    try:
        less = cheaper_order(
            people[:, None] * metres,
            people * nobody,
            standing,
            opening,
            yearly,
            budgets,
            pilot,
            bound * (1 - DIGITS_SLACK),
        )
    except TooManyOrdersError:
        ledger.unchecked(
            "phases.lower_bound",
            bound,
            f"The bound on the order of opening is computed anew for up to {MOST_NEW} new stations, as far as orders are few enough to be gone through.",
        )
        return
    detail = "" if less is None else f"An order that asks for no more money costs {value_in_words(less)}."
    ledger.add(
        "phases.lower_bound",
        less is None,
        f"no order below {value_in_words(bound)}",
        "none" if less is None else value_in_words(less),
        detail,
    )


def _check_least_stops(ledger: Ledger, evidence: Evidence, cut_off: np.ndarray, said: Claims) -> None:
    """Check that fewer stops do not reach all who are cut off."""
    claimed, name, arrays = said.get("least_stops"), "mobile.least_stops", evidence.tables.proofs.get("stops")
    needs = int(cut_off.any())
    if "least_stops" not in said:
        ledger.add(name, False, "nothing", "a number, or none", "The summary does not tell the least number of stops.")
        return
    if missing(claimed) or (is_number(claimed) and claimed <= needs):
        ledger.add(name, True, "nothing is proven" if missing(claimed) else claimed, f"at least {needs}")
        return
    if not is_number(claimed) or claimed > said.get("stops", 0):
        ledger.add(name, False, claimed, said.get("stops"), "No more stops can be needed than there are.")
        return
    if arrays is None:
        ledger.unchecked(name, claimed, "No certificate was written for this number; it is what the solver reports.")
        return
    try:
        town = evidence.town
        if evidence.tables.homes is None and town is not None:
            place = {u: i for i, u in enumerate(evidence.units["unit"])}
            cut_off = cut_off[[place[u] for u in town.units["unit"]]]
        if not are_numbers(arrays):
            raise MalformedError("values that are no numbers")
        with np.errstate(all="ignore"):
            found = prove_stops(evidence, arrays, cut_off)
    except CannotProveError as error:
        ledger.unchecked(name, claimed, str(error))
        return
    except (KeyError, IndexError, ValueError, TypeError, OverflowError) as error:
        ledger.add(name, False, claimed, "nothing", f"proof/stops.npz is broken ({type(error).__name__}).")
        return
    detail = "" if found >= claimed else f"The certificate proves that {found} are needed at least."
    ledger.add(name, found >= claimed, f"at least {value_in_words(claimed)}", f"at least {found}", detail)
