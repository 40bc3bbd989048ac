"""Checks of the units: nobody lost, nobody counted twice, and the workload by its formulas.

The formulas, done here a second time on purpose::

    incidents a year = incidents / calendar years covered, each day of a year being 1/365 or 1/366 of it
    reactive hours   = Σ over categories: incidents a year × hours per incident
    community hours  = residents / 1,000 × community hours per 1,000 residents
    workload         = reactive + community hours, or the ready-made workload, and the fixed hours of mobile-outreach stops
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections import Counter, defaultdict

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.formats import geometry
from beatplanner.data.town.town import Town
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger, missing

# Areas are compared in shares of themselves: reading and writing may move a corner by a fraction of a millimetre.
AREA_SHARE = 1e-6


def check_units(ledger: Ledger, evidence: Evidence) -> None:
    """Check the units against each other and, where the inputs are there, against those."""
    units = evidence.units
    count = Counter(units["unit"])
    ledger.each(
        "units.once",
        "every unit stands once",
        [f"Unit {unit} stands {n:,} times." for unit, n in count.items() if n > 1 or unit is None],
        len(units),
        "units",
    )
    if evidence.beats is not None:
        homeless = np.flatnonzero(evidence.district < 0)
        ledger.each(
            "units.beat",
            "every unit is in one beat that exists",
            [
                f"{evidence.place(u)} is in “{units['beat'].iat[u]}”, which is no beat of the plan."
                for u in homeless.tolist()
            ],
            len(units),
            "units",
        )
    inside = shapely.covers(units.geometry.to_numpy(), shapely.points(units["x"], units["y"]))
    ledger.each(
        "units.point",
        "every unit's point is inside it",
        [f"The point of {evidence.place(u)} is outside its polygon." for u in np.flatnonzero(~inside).tolist()],
        len(units),
        "units",
    )
    parts = units["reactive_hours"].to_numpy(float) + units["community_hours"].to_numpy(float) + _fixed(units)
    ledger.pairs(
        "units.workload_parts",
        "workload is reactive, community and fixed hours together",
        ((evidence.place(u), w, p) for u, (w, p) in enumerate(zip(units["workload"], parts, strict=True))),
        "units",
        "hours a year",
    )
    if evidence.tables.stations is None:
        named = [
            f"{evidence.place(u)} has a station or a walk, and there are no stations."
            for u, (s, w) in enumerate(
                zip(
                    units.get("station", [None] * len(units)),
                    units.get("walk_minutes", [None] * len(units)),
                    strict=True,
                )
            )
            if not (missing(s) and missing(w))
        ]
        ledger.each("stations.nearest", "no stations, no walks", named, len(units), "units")
        ledger.each("stations.walk_minutes", "no stations, no walks", named, len(units), "units")
    if evidence.rules.stations is None or evidence.rules.stations.mobile is None:
        other = [
            f"{evidence.place(u)} has {h:,.1f} fixed hours, and nothing needs them."
            for u, h in enumerate(_fixed(units))
            if abs(h) > 1e-9
        ]
        ledger.each("units.fixed_hours", "no stops, no fixed hours", other, len(units), "units")
    if evidence.town is None:
        ledger.unchecked(
            "units.inputs",
            "units, population and workload are those of the inputs",
            "The inputs are not there as they were.",
        )
        return
    _check_against_inputs(ledger, evidence, evidence.town)


def _check_against_inputs(ledger: Ledger, evidence: Evidence, town: Town) -> None:
    units = evidence.units
    given = town.units.set_index("unit")
    lost = [f"Unit {u} of the inputs is not in the plan." for u in given.index.difference(pd.Index(units["unit"]))]
    extra = [f"Unit {u} is not in the inputs." for u in pd.Index(units["unit"]).difference(given.index)]
    if not ledger.each("units.inputs", "the units of the inputs", lost + extra, len(given), "units"):
        return
    town_place = pd.Series(np.arange(len(given)), index=given.index)
    order = town_place.loc[list(units["unit"])].to_numpy()
    source = town.units.take(order).reset_index(drop=True)
    names = evidence.places
    ledger.pairs(
        "units.population",
        "each unit has the residents of the inputs",
        zip(names, units["population"], source["population"], strict=True),
        "units",
        "residents",
    )
    ledger.number(
        "units.population_total",
        float(units["population"].sum()),
        float(town.units["population"].sum()),
        "residents",
    )
    for group in town.groups:
        column = f"group_{group}"
        if column in units.columns:
            ledger.pairs(
                f"units.{column}",
                "each unit has the residents of the inputs",
                zip(names, units[column], source[column], strict=True),
                "units",
                "residents",
            )
    for column in [f"amount_{name}" for name in town.description.units.amounts]:
        said = units[column] if column in units.columns else [None] * len(units)
        rows = zip(names, said, source[column], strict=True)
        ledger.pairs(f"units.{column}", "each unit has the amount of the inputs", rows, "units")
    for column, what in (("municipality", "municipality"), ("current", "today's beat")):
        wrong = [
            f"{name}: {what} is “{said}” in the plan, “{was}” in the inputs."
            for name, said, was in zip(names, units[column], source[column], strict=True)
            if ("" if missing(said) else str(said)) != ("" if missing(was) else str(was))
        ]
        ledger.each(f"units.{column}", f"each unit has the {what} of the inputs", wrong, len(units), "units")
    _check_places(ledger, units, source, names)
    _check_hours(ledger, units, town, order, names)


def _check_places(ledger: Ledger, units: gpd.GeoDataFrame, source: gpd.GeoDataFrame, names: list[str]) -> None:
    """Check that each unit has the polygon and the representative point of the inputs."""
    apart: np.ndarray = geometry.symmetric_difference(units.geometry.to_numpy(), source.geometry.to_numpy())
    differing = shapely.area(apart)
    area = shapely.area(source.geometry.to_numpy())
    ledger.each(
        "units.polygon",
        "each unit has the polygon of the inputs",
        [
            f"The polygon of {names[u]} is another by {differing[u]:,.0f} m²."
            for u in np.flatnonzero(differing > AREA_SHARE * area + 0.01)
        ],
        len(units),
        "units",
    )
    moved = np.hypot(*(units[["x", "y"]].to_numpy(float) - source[["x", "y"]].to_numpy(float)).T)
    ledger.each(
        "units.xy",
        "each unit has the representative point of the inputs",
        [f"The point of {names[u]} is {moved[u]:,.1f} m away." for u in np.flatnonzero(~(moved < 0.01))],
        len(units),
        "units",
    )


def _check_hours(ledger: Ledger, units: pd.DataFrame, town: Town, order: np.ndarray, names: list[str]) -> None:
    """Check incidents and hours of each unit by the formula; `order` is the unit's place in the town."""
    incidents, reactive, community, how = _hours(town)
    if "incidents" in units.columns:
        ledger.pairs(
            "units.incidents",
            f"incidents a year, {how}",
            zip(names, units["incidents"], incidents[order], strict=True),
            "units",
        )
    for column, hours in (("reactive_hours", reactive), ("community_hours", community)):
        ledger.pairs(
            f"units.{column}",
            f"by the formula, {how}" if column == "reactive_hours" else "by the formula",
            zip(names, units[column], hours[order], strict=True),
            "units",
            "hours a year",
        )
    ledger.pairs(
        "units.workload",
        "by the formula",
        zip(names, units["workload"], (reactive + community)[order] + _fixed(units), strict=True),
        "units",
        "hours a year",
    )


def _fixed(units: pd.DataFrame) -> np.ndarray:
    """Return the fixed hours of each unit; those of mobile-outreach stops are checked with the stations."""
    return units["fixed_hours"].to_numpy(float) if "fixed_hours" in units.columns else np.zeros(len(units))


def _hours(town: Town) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """Return incidents, reactive and community hours a year of each unit of the town, and how the year was found."""
    rules = town.description.workload
    n = len(town.units)
    incidents, reactive = np.zeros(n), np.zeros(n)
    how = "without incidents"
    points = town.incidents
    if points is not None:
        factors, how = _incidents_a_year(town)
        hours_of: defaultdict[str, float] = defaultdict(lambda: rules.default_hours)
        hours_of.update({category.strip().casefold(): hours for category, hours in rules.hours.items()})
        for unit, category, factor in zip(points["unit"], points["category"], factors, strict=True):
            if unit >= 0:
                incidents[unit] += factor
                reactive[unit] += factor * hours_of["" if missing(category) else category.strip().casefold()]
    residents = town.units["population"].to_numpy(float)
    community = np.where(np.isnan(residents), 0.0, residents) * rules.community_hours_per_1000 / 1000.0
    ready = town.units["workload"].to_numpy(float)
    if not np.isnan(ready).any():
        return incidents, ready, np.zeros(n), "with the ready-made workload"
    return incidents, reactive, community, how


def _incidents_a_year(town: Town) -> tuple[np.ndarray, str]:
    """Return the incidents a year that each recorded one stands for, (m,), and how that was found.

    Which months the records cover is read with them (`Town.recorded`); the years that this makes are counted here again. Kinds that are
    recorded over a part of that time stand for at least as many as the others.
    """
    points, recorded = town.incidents, town.recorded
    assert points is not None and recorded is not None
    read = points["a_year"].to_numpy(float)
    days = town.description.incidents.days if town.description.incidents else None
    if days is not None:
        whole = round(days / 365.25)
        years = whole if whole >= 1 and 365 * whole <= days <= 366 * whole else days / 365.25
        return np.full(len(points), 1 / years), f"scaled from {days:g} days"
    if recorded.months.empty:
        return np.ones(len(points)), "taken as those of one year, since they have no times"
    years = 0.0
    for start, end in recorded.runs:
        for year in range(start.year, end.year + 1):
            length = 366 if calendar.isleap(year) else 365
            inside = min(end, dt.date(year + 1, 1, 1)) - max(start, dt.date(year, 1, 1))
            years += max(inside.days, 0) / length
    factor = 1 / round(years, 9)
    dated = points["time"].notna().to_numpy()
    day = points["time"].dt.date.to_numpy()
    counted = np.array(
        [not d or any(a <= t < b for a, b in recorded.runs) for t, d in zip(day, dated, strict=True)], bool
    )
    own = counted & (read > factor * (1 + 1e-9))
    return np.where(own, read, np.where(counted, factor, 0.0)), f"scaled from {years:.3f} calendar years"
