"""Checks of the stations: the nearest open one of each home, the walks, the rules, the figures, phases and mobile outreach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from beatplanner.data.formats import geometry
from beatplanner.data.formats.frames import each_row
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.walking_limit import edge_of
from beatplanner.planning.verification.evidence import Evidence, as_text
from beatplanner.planning.verification.ledger import Ledger, missing
from beatplanner.planning.verification.outreach import check_phases, check_stops, in_plan_order
from beatplanner.planning.verification.station_access import check_access, check_groups, mean_minutes
from beatplanner.planning.verification.station_rules import check_station_rules
from beatplanner.planning.verification.walks import HomeWalks

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

# Metres along a road may miss the straight line by the rounding of its corners.
SLACK = 0.01


def check_stations(ledger: Ledger, evidence: Evidence) -> None:
    """Check the stations and the claims of ``summary["stations"]``."""
    claims, tables = evidence.summary.get("stations"), evidence.tables
    stations, sites, rules = tables.stations, tables.sites, evidence.rules.stations
    if claims is None or stations is None or sites is None or rules is None:
        return
    if claims.get("homes") is not None and tables.homes is None:
        _homes_are_elsewhere(ledger, tables)
        return
    names = [str(s) for s in stations["station"]]
    walks = _walks(evidence, names)
    _check_homes(ledger, evidence, walks)
    _check_walks(ledger, evidence, walks, names)
    ledger.number("stations.count", claims.get("count"), len(names))
    chosen = {str(s) for s, c in zip(sites["station"], sites["chosen"], strict=True) if c}
    odd = [f"{s} is marked as chosen in one of the layers stations and sites only." for s in chosen ^ set(names)]
    ledger.each("stations.sites", "stations are the sites that were chosen", odd, len(names), "stations")
    least = walks.least
    reached = np.isfinite(least)
    check_station_rules(ledger, evidence, walks, names, claims)
    _check_nearest(ledger, evidence, walks, names, least, reached)
    minutes = least / (rules.walk_kmh * 1000 / 60)
    _check_unit_minutes(ledger, evidence, walks, minutes, reached)
    within = reached & (minutes <= edge_of(rules.walk_minutes))
    for column in ("residents", "residents_within_limit", "mean_walk_minutes"):
        # a home that two stations are equally near to counts where the plan says
        mine = [walks.station == s for s in names]
        if column == "mean_walk_minutes":
            found = [mean_minutes(minutes[m & reached], walks.people[m & reached]) for m in mine]
        else:
            found = [float(walks.people[m & within if column == "residents_within_limit" else m].sum()) for m in mine]
        ledger.pairs(
            f"stations.{column}",
            "of those nearest to it",
            zip(names, stations[column], found, strict=True),
            "stations",
        )
    people = walks.people
    ledger.number(
        "stations.mean_walk_minutes",
        claims.get("mean_walk_minutes"),
        mean_minutes(minutes[reached], people[reached]),
        "minutes",
    )
    ledger.number(
        "stations.share_within_limit",
        claims.get("share_within_limit"),
        float(people[within].sum() / people.sum()) if people.sum() > 0 else 0.0,
    )
    if "unreachable_residents" in claims:
        ledger.number(
            "stations.unreachable_residents",
            claims["unreachable_residents"],
            float(people[~reached].sum()),
            "residents",
        )
    _check_objective(ledger, evidence, walks, claims, least, reached, within)
    check_groups(ledger, evidence, walks, claims, minutes, reached)
    check_access(ledger, evidence, walks, minutes, reached)
    _check_effects(ledger, evidence, walks, names)
    _check_catchments(ledger, evidence, names)
    check_phases(ledger, evidence, walks, names, claims)
    check_stops(ledger, evidence, walks, reached, claims)


def _walks(evidence: Evidence, names: list[str]) -> HomeWalks:
    """Return the homes of the plan, each unit being one where there are none finer; ways are inf where a pair is missing."""
    units, table, homes = evidence.units, evidence.tables.walks, evidence.tables.homes
    place = {u: i for i, u in enumerate(units["unit"])}
    if homes is None:
        unit, xy, people = np.arange(len(units)), units[["x", "y"]].to_numpy(float), evidence.people
        said, minutes = as_text(units["station"]).to_numpy(object), units["walk_minutes"].to_numpy(float)
    else:
        homes = homes.sort_values("home")
        unit = np.array([place.get(u, 0) for u in as_text(homes["unit"])], int)
        xy, people = np.column_stack([homes.geometry.x, homes.geometry.y]), homes["residents"].to_numpy(float)
        said, minutes = as_text(homes["station"]).to_numpy(object), homes["walk_minutes"].to_numpy(float)
    metres = np.full((len(unit), len(names)), np.inf)
    station = {s: j for j, s in enumerate(names)}
    if table is not None:
        row = table["home"].to_numpy(int) - 1
        column = np.array([station.get(str(s), -1) for s in table["station"]], int)
        owner = np.array([place.get(u, -1) for u in as_text(table["unit"])], int)
        good = (column >= 0) & (row >= 0) & (row < len(unit))
        good[good] &= unit[row[good]] == owner[good]
        metres[row[good], column[good]] = table["metres"].to_numpy(float)[good]
    return HomeWalks(unit, xy, people, metres, said, minutes)


def _homes_are_elsewhere(ledger: Ledger, tables: PlanTables) -> None:
    """Tell that a plan was handed on without the homes that its walks begin at; a plan that has walks of its own needs none."""
    if tables.walks is not None:
        ledger.add(
            "stations.homes", False, "homes", "none", "The summary tells of homes, and the walks begin at units."
        )
        return
    why = "people.gpkg, which holds the homes and their walks, is not beside the plan, so walks and what follows from them cannot be checked."
    ledger.unchecked("stations.homes", "the stations' figures", why)


def _check_homes(ledger: Ledger, evidence: Evidence, walks: HomeWalks) -> None:
    """Check that the homes of each unit hold its residents, and that there are as many as the summary tells."""
    known, claimed = evidence.tables.homes, evidence.summary["stations"].get("homes")
    # plans of older versions tell of none
    if claimed is not None or known is None:
        ledger.number("stations.homes", claimed, None if known is None else len(known))
    if known is None:
        return
    found = np.bincount(walks.unit, weights=walks.people, minlength=len(evidence.units))
    rows = ((evidence.place(u), p, f) for u, (p, f) in enumerate(zip(evidence.people, found, strict=True)))
    ledger.pairs("homes.residents", "the homes of a unit hold its residents", rows, "units", "residents")
    gap = shapely.distance(evidence.units.geometry.to_numpy()[walks.unit], shapely.points(walks.xy))
    wrong = [
        f"A home of {evidence.place(int(walks.unit[h]))} lies {gap[h]:,.0f} m outside of it."
        for h in np.flatnonzero(gap > 1500)
    ]
    ledger.each("homes.place", "homes lie at their unit", wrong, len(gap), "homes")


def _check_walks(ledger: Ledger, evidence: Evidence, walks: HomeWalks, names: list[str]) -> None:
    """Check the walks against straight lines, and against the inputs where they are there."""
    stations, rules, metres = evidence.tables.stations, evidence.rules.stations, walks.metres
    assert stations is not None and rules is not None
    table = evidence.tables.walks
    if table is not None:
        twice = table[table.duplicated(["home", "station"])]
        wrong = [
            f"The walk from home {h} to {s} stands twice." for h, s in zip(twice["home"], twice["station"], strict=True)
        ]
        ledger.each("walks.once", "each walk once", wrong, len(table), "walks")
    at = np.column_stack([stations.geometry.x, stations.geometry.y])
    straight = np.hypot(*(walks.xy[:, None] - at[None]).transpose(2, 0, 1))
    if rules.distances is None:
        short = np.argwhere(metres < straight * (1 - 1e-6) - SLACK)
        wrong = [
            f"{evidence.place(int(walks.unit[h]))} to {names[j]}: {metres[h, j]:,.0f} m is less than the straight line."
            for h, j in short
        ]
        ledger.each("walks.straight", "no walk is shorter than the straight line", wrong, metres.size, "walks")
    if rules.reach_minutes is not None:
        longest = edge_of(rules.reach_minutes * rules.walk_kmh * 1000 / 60)
        far = metres[np.isfinite(metres)] > longest
        wrong = [f"{int(far.sum()):,} walks are longer than stations.reach_minutes allows."] if far.any() else []
        ledger.each("walks.reach", "no walk is longer than the reach", wrong, metres.size, "walks")
    town = evidence.town
    if town is None or town.walks is None or town.sites is None:
        return
    site = {str(s): j for j, s in enumerate(town.sites["station"])}
    gone = [n for n in names if n not in site]
    if gone or len(walks.unit) != len(town.walks):
        ledger.each(
            "walks.inputs",
            "stations are sites of the inputs",
            [f"{n} is no site of the inputs." for n in gone] or ["The homes are not those of the inputs."],
            len(names),
            "stations",
        )
        return
    given = in_plan_order(evidence, town)[:, [site[n] for n in names]]
    with np.errstate(invalid="ignore"):
        off = ~((np.abs(metres - given) <= 1e-6 * given + SLACK) | (np.isinf(metres) & np.isinf(given)))
    wrong = [
        f"{evidence.place(int(walks.unit[h]))} to {names[j]}: {metres[h, j]:,.0f} m in the plan, {given[h, j]:,.0f} m by the inputs."
        for h, j in np.argwhere(off)
    ]
    ledger.each("walks.inputs", "the walks of the inputs", wrong, metres.size, "walks")


def _check_nearest(
    ledger: Ledger, evidence: Evidence, walks: HomeWalks, names: list[str], least: np.ndarray, reached: np.ndarray
) -> None:
    wrong: list[str] = []
    place = {s: j for j, s in enumerate(names)}
    for h, said in enumerate(walks.station):
        where = evidence.place(int(walks.unit[h])) if missing(said) or str(said) not in place else ""
        if missing(said):
            if reached[h]:
                wrong.append(f"{where} can reach {names[int(np.argmin(walks.metres[h]))]}, but is said to reach none.")
        elif str(said) not in place or walks.metres[h, place[str(said)]] > least[h] * (1 + 1e-9) + 1e-6:
            wrong.append(f"{said} is not the nearest open station of {evidence.place(int(walks.unit[h]))}.")
    ledger.each("stations.nearest", "each home has its nearest open station", wrong, len(walks.unit), "homes")


def _check_unit_minutes(
    ledger: Ledger, evidence: Evidence, walks: HomeWalks, minutes: np.ndarray, reached: np.ndarray
) -> None:
    units = evidence.units
    if evidence.tables.homes is not None:
        rows = (
            (evidence.place(int(walks.unit[h])), walks.minutes[h], minutes[h] if reached[h] else None)
            for h in range(len(minutes))
        )
        ledger.pairs("homes.walk_minutes", "metres by walking speed", rows, "homes", "minutes")
    n = len(units)
    weight = np.where(reached, walks.people, 0.0)
    total = np.bincount(walks.unit, weights=weight, minlength=n)
    mean = np.bincount(walks.unit, weights=weight * np.where(reached, minutes, 0.0), minlength=n) / np.maximum(
        total, 1e-300
    )
    plain = np.bincount(walks.unit, weights=reached, minlength=n)
    # a unit without residents walks from its only point
    alone = np.bincount(walks.unit, weights=np.where(reached, minutes, 0.0), minlength=n) / np.maximum(plain, 1)
    found = np.where(total > 0, mean, alone)
    rows = (
        (evidence.place(u), units["walk_minutes"].iat[u], found[u] if plain[u] else None)
        for u in range(n)
        if total[u] > 0 or plain[u] <= 1
    )
    ledger.pairs("stations.walk_minutes", "mean of the unit's homes", rows, "units", "minutes")


def _check_objective(
    ledger: Ledger,
    evidence: Evidence,
    walks: HomeWalks,
    claims: Claims,
    least: np.ndarray,
    reached: np.ndarray,
    within: np.ndarray,
) -> None:
    rules, people, town = evidence.rules.stations, walks.people, evidence.town
    assert rules is not None
    if rules.objective == "coverage":
        found = float(people[~within].sum())
    elif rules.objective == "fewest":
        found = float(claims.get("count") or 0)
    elif rules.objective == "p-center" and (reached | (people <= 0)).all():
        found = float(least[reached & (people > 0)].max()) if (reached & (people > 0)).any() else 0.0
    else:
        found = float((people[reached] * least[reached]).sum())
        if not reached.all():
            if town is None or town.walks is None or len(town.walks) != len(people):
                ledger.unchecked(
                    "stations.objective",
                    claims.get("objective"),
                    "Who could reach a closed site needs the inputs.",
                )
                return
            given = in_plan_order(evidence, town)
            longest = float(given[np.isfinite(given)].max())
            ledger.number("stations.unreached_metres", claims.get("unreached_metres"), 2 * longest, "m")
            could = np.isfinite(given).any(axis=1)
            if rules.objective == "p-center":
                cut_off = could & ~reached & (people > 0)
                found = 2 * longest if cut_off.any() else float(least[reached & (people > 0)].max())
            else:
                found += float(people[~reached & could].sum()) * 2 * longest
    ledger.number("stations.objective", claims.get("objective"), found)


def _check_effects(ledger: Ledger, evidence: Evidence, walks: HomeWalks, names: list[str]) -> None:
    """Check what opening or closing each site would change, by doing it."""
    sites, rules, town = evidence.tables.sites, evidence.rules.stations, evidence.town
    assert sites is not None and rules is not None
    if "change_minutes" not in sites:
        return
    if town is None or town.walks is None or town.sites is None or len(town.walks) != len(walks.people):
        ledger.unchecked("sites.effects", "what each site would change", "The walks to closed sites need the inputs.")
        return
    given, place = in_plan_order(evidence, town), {str(s): j for j, s in enumerate(town.sites["station"])}
    is_open = np.isin(np.arange(int(given.shape[1])), [place[n] for n in names if n in place])
    speed = rules.walk_kmh * 1000 / 60
    limit = edge_of(rules.walk_minutes * speed)
    before = given[:, is_open].min(axis=1)
    rows: list[tuple[str, float, float]] = []
    for row in each_row(sites):
        j = place.get(str(row.station))
        if j is None:
            continue
        other = is_open.copy()
        other[j] = not other[j]
        after = given[:, other].min(axis=1) if other.any() else np.full(len(given), np.inf)
        both = np.isfinite(before) & np.isfinite(after)
        people = walks.people
        mean = (mean_minutes(after[both], people[both]) or 0.0) - (mean_minutes(before[both], people[both]) or 0.0)
        rows.append((f"{row.station}, minutes", row.change_minutes, mean / speed))
        rows.append(
            (
                f"{row.station}, residents within the limit",
                row.change_within_limit,
                float(people[after <= limit].sum() - people[before <= limit].sum()),
            )
        )
        rows.append(
            (
                f"{row.station}, residents who reach one",
                row.change_reached,
                float(people[np.isfinite(after)].sum() - people[np.isfinite(before)].sum()),
            )
        )
        changed = (after != before) & (np.isfinite(after) | np.isfinite(before))
        rows.append((f"{row.station}, residents affected", row.residents_affected, float(people[changed].sum())))
    ledger.pairs("sites.effects", "what opening or closing it changes", rows, "figures")


def _check_catchments(ledger: Ledger, evidence: Evidence, names: list[str]) -> None:
    """Check that the areas hold their station and each other, and are no larger than a straight walk allows."""
    table, stations, rules = evidence.tables.catchments, evidence.tables.stations, evidence.rules.stations
    if table is None or stations is None or rules is None:
        return
    wrong: list[str] = []
    for name, place in zip(names, stations.geometry, strict=True):
        rows = table[table["station"].astype(str) == name].sort_values("minutes")
        if len(rows) != len(rules.bands):
            wrong.append(f"{name} has {len(rows)} catchments, not {len(rules.bands)}.")
            continue
        if [float(m) for m in rows["minutes"]] != sorted(float(b) for b in rules.bands):
            wrong.append(
                f"{name} has catchments of {', '.join(f'{m:g}' for m in rows['minutes'])} minutes, not of {', '.join(f'{b:g}' for b in rules.bands)}."
            )
        inner: shapely.Geometry | None = None
        areas: list[shapely.Geometry | None] = list(rows.geometry.to_numpy())
        for minutes, area in zip(rows["minutes"], areas, strict=True):
            reach = geometry.buffer(place, minutes * rules.walk_kmh * 1000 / 60 + 80)
            if rules.distances is None and area is not None and shapely.area(geometry.difference(area, reach)) > 100:
                wrong.append(f"The {minutes:g}-minute catchment of {name} goes farther than one can walk.")
            if (
                inner is not None
                and area is not None
                and shapely.area(geometry.difference(inner, area)) > 1 + 0.02 * shapely.area(inner)
            ):
                wrong.append(f"The {minutes:g}-minute catchment of {name} does not hold the smaller one.")
            inner = area
    ledger.each("catchments", "areas on foot, the smaller inside the greater", wrong, len(table), "catchments")
