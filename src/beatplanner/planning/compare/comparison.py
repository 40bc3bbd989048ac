"""Plans side by side, today's always first: every figure by block, what changes for whom, and the maps' data.

Figures are computed from the tables of the plans alone, so that a comparison can be checked without its inputs. Plans with different numbers of
beats are compared by people and by officers, never by a beat's number::

    hours per officer of a beat  = workload of the beat / its posts (of today's beats: the roster's officers in it)
    protected community hours    = Σ over beats min(promised, max(0, posts × hours on the beat × (1 − admin share) − reactive − fixed))
    residents who change officer = residents of today's beats none of whose officers serves their new beat in the first month
    mean way                     = Σ workload × metres to the beat's centre unit / Σ workload
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from beatplanner.data.description.models import Description
from beatplanner.data.description.scenarios import stale
from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import listed
from beatplanner.data.paths import relative_or_whole
from beatplanner.data.publish.comparison_files import check_comparison_place, money_in_words, write_comparison
from beatplanner.data.result.folder import read_result, without_nan
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning.officers.trust import relationship_years
from beatplanner.planning.whole.budget import today_money
from beatplanner.planning.whole.versions import versions
from beatplanner.planning.workload import hours_on_the_beat, officers_required

TODAY = "Today"
# An officer has too much to do where the beat's hours per officer are so much above the mean of all officers.
OVERLOAD = 0.10
# A figure of the best plan is told as better than today's only where the difference is not rounding.
MEANINGFUL = 0.005


@dataclass(frozen=True)
class Figure:
    """A row of the comparison.

    Attributes
    ----------
    key, label
        Its name in files and for people.
    kind
        ``"number"``, ``"decimal"``, ``"share"``, ``"yes"``, ``"text"`` or ``"money"``.
    better
        ``"less"``, ``"more"``, or ``""`` where neither is better.
    help
        What it means, for those who ask.
    """

    key: str
    label: str
    kind: str = "number"
    better: str = ""
    help: str = ""


BLOCKS: tuple[tuple[str, tuple[Figure, ...]], ...] = (
    ("Rules kept", (
        Figure("rules_met", "All rules of the plan are met", "yes", "more"),
        Figure("tolerance", "Balance that is asked for, ±", "share"),
        Figure("beats_outside", "Beats outside that balance", "number", "less"),
        Figure("beats_in_pieces", "Beats that are not in one piece", "number", "less", "A river without a crossing and a municipal border divide."),
        Figure("beats_across", "Beats across a municipal border", "number", "less"),
    )),
    ("Fairness of work", (
        Figure("beats", "Beats"),
        Figure("hours_per_officer_max", "Hours a year of the officer with the most work", "number", "less", "Workload of the beat shared by its officers."),
        Figure("worst_beat", "… in the beat", "text"),
        Figure("hours_per_officer_mean", "Hours a year per officer, mean", "number", "", "Beats without an officer are left out."),
        Figure("hours_per_officer_min", "Hours a year of the officer with the least work", "number"),
        Figure("beats_without_officer", "Beats without an officer", "number", "less"),
        Figure("max_deviation", "Greatest deviation of a beat from its municipality's mean", "share", "less"),
        Figure("people_in_balance", "Residents who live in a beat within ±{band}", "share", "more", "The loosest balance that any of these plans was asked for."),
        Figure("people_overloaded", "Residents whose officers have over 10 % more work than the average", "share", "less"),
        Figure("residents_per_officer_max", "Most residents per officer", "number", "less"),
        Figure("mean_way", "Mean way from a beat's centre to its work, m", "number", "less"),
    )),
    ("Access on foot", (
        Figure("stations", "Stations"),
        Figure("mean_walk", "Mean walk to a station, minutes", "decimal", "less"),
        Figure("within_limit", "Residents within the walking limit", "share", "more"),
        Figure("walking_limit", "The walking limit, minutes"),
        Figure("unreached", "Residents who reach none on foot", "number", "less"),
    )),
    ("Trust", (
        Figure("relationship_kept", "Relationship-years kept", "share", "more", "Residents × years that they have known their officer."),
        Figure("change_officer", "Residents who get officers they do not know", "number", "less"),
        Figure("change_officer_share", "… as a share", "share", "less"),
        Figure("rotations", "Moves of officers between beats, whole period", "number", "less"),
        Figure("vacant_months", "Post-months without an officer, whole period", "number", "less"),
    )),
    ("Disruption", (
        Figure("moved_residents", "Residents who change beat", "number", "less"),
        Figure("moved_share", "… as a share", "share", "less"),
        Figure("moved_units", "Units that change beat", "number", "less"),
        Figure("officers_moved", "Officers who start in another beat than today's", "number", "less"),
    )),
    ("Officers, stations and money", (
        Figure("posts", "Officers' posts"),
        Figure("officers_required", "Officers that the workload asks for", "number", "less"),
        Figure("new_stations", "New stations"),
        Figure("closed_stations", "Stations that close"),
        Figure("station_cost", "Cost of stations", "money", "less"),
    )),
    ("Community hours protected", (
        Figure("community_promised", "Hours a year promised to residents", "number"),
        Figure("community_protected", "Hours a year that calls leave for them", "number", "more", "Counted beat by beat, at most what is promised there."),
        Figure("community_share", "Share of the promise that can be kept", "share", "more"),
    )),
    ("Robustness", (
        Figure("robust_share", "Draws in which every beat stays within ±{band}", "share", "more", "Other weeks, and ±20 % work in each category."),
        Figure("robust_worst", "… in which the least steady beat does", "share", "more"),
        Figure("robust_deviation", "Greatest deviation in 19 of 20 draws", "share", "less"),
        Figure("back_cast", "Greatest deviation had the lines existed in the first half of the records", "share", "less"),
    )),
    ("Proof", (
        Figure("beats_gap", "Beats: at most so far above the best possible", "share", "less"),
        Figure("stations_gap", "Stations: at most so far above the best possible", "share", "less"),
        Figure("officers_gap", "Officers: at most so far above the best possible", "share", "less"),
        Figure("beats_objective", "Beats: the objective"),
        Figure("beats_bound", "Beats: proven that no plan is below"),
    )),
)  # fmt: skip


@dataclass
class Column:
    """A plan, or today's, as the comparison sees it.

    Attributes
    ----------
    name, about
        What people call it, and what it is about.
    tables
        Of the plan; for today's those of the first plan.
    rules
        The plan's rules.
    beat
        (n,) beat of each unit, None where none, in the order of the first plan's units.
    posts
        Officers' posts of each beat.
    open
        Its stations; None where none are known.
    today
        Whether this is today's plan.
    folder
        Of the plan; None for today's.
    band
        The loosest balance that any of the compared plans was asked for, by which all are measured.
    figures
        By key.
    """

    name: str
    about: str
    tables: PlanTables
    rules: Description
    beat: np.ndarray
    posts: dict[str, float]
    open: tuple[str, ...] | None
    today: bool = False
    folder: Path | None = None
    band: float = 0.0
    stale: tuple[str, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def units(self) -> pd.DataFrame:
        """The plan's units."""
        return self.tables.units


def read_columns(folders: Sequence[Path]) -> list[Column]:
    """Read plans and put today's before them.

    Parameters
    ----------
    folders
        Result folders of plans for the same units.

    Returns
    -------
    list of Column
        Today's first, then one a folder; without figures.

    Raises
    ------
    InputError
        Where a folder is no result, has no beats, or has other units than the first.
    """
    now = versions()
    columns: list[Column] = []
    for folder in folders:
        tables = read_result(folder)
        tables.units["unit"] = _text(tables.units["unit"])
        if columns:
            tables = _aligned(tables, columns[0].units, folder)
        if tables.beats is None:
            raise InputError(
                problem("this plan has no beats to compare", "Plan the beats too, or give today's", file=folder)
            )
        rules = Description.model_validate(tables.summary.get("rules", {}))
        told = rules.scenario
        names = [c.name for c in columns]
        name = told.name if told is not None and told.name else folder.resolve().name
        if name in names or name == TODAY:
            name = f"{name} ({folder.resolve().name})"
        columns.append(
            Column(
                name=name,
                about=told.about if told is not None and told.about else "",
                tables=tables,
                rules=rules,
                beat=np.array(_text(tables.units["beat"]), dtype=object),
                posts={str(b): float(p) for b, p in zip(tables.beats["beat"], tables.beats["posts"], strict=True)},
                open=None if tables.stations is None else tuple(tables.stations["station"].astype(str)),
                folder=folder.resolve(),
                stale=tuple(str(n) for n in stale(tables.summary, now) if n.severity == "warning"),
            )
        )
    columns = [_today(columns), *columns]
    asked = [c.rules.beats.tolerance for c in columns if c.rules.beats is not None]
    for column in columns:
        column.band = max(asked, default=0.0)
    return columns


def _today(columns: Sequence[Column]) -> Column:
    """Return today's plan: its beats, the roster's officers in them, and the stations that stand."""
    first = columns[0]
    beat = np.array(_text(first.units["current"]), dtype=object)
    roster = first.tables.roster
    posts: dict[str, float] = {}
    ids = sorted({b for b in beat if b is not None})
    if roster is not None:
        start = first.rules.officers.start.isoformat() if first.rules.officers is not None else "9999"
        here = [str(b) for b, j in zip(roster["beat"], roster["joins_on"], strict=True) if b and (not j or j <= start)]
        posts = {b: float(here.count(b)) for b in ids}
    elif ids:
        units = first.units
        group = [beat == b for b in ids]
        reactive = units["reactive_hours"].to_numpy(float) + units["fixed_hours"].to_numpy(float)
        needed = officers_required(
            np.array([reactive[g].sum() for g in group]),
            np.array([units["community_hours"].to_numpy(float)[g].sum() for g in group]),
            first.rules.workload,
        )
        posts = {b: float(n) for b, n in zip(ids, needed, strict=True)}
    sites = first.tables.sites
    standing = None if sites is None else tuple(sites.loc[sites["existing"], "station"].astype(str))
    return Column(TODAY, "The beats, stations and officers of today.", first.tables, first.rules, beat, posts, standing, today=True)  # fmt: skip


def _aligned(tables: PlanTables, reference: pd.DataFrame, folder: Path) -> PlanTables:
    units = tables.units.set_index("unit", drop=False)
    absent = [u for u in reference["unit"] if u not in units.index]
    more = [u for u in units.index if u not in set(reference["unit"])]
    if absent or more:
        what = f"it lacks unit {absent[0]}" if absent else f"it has unit {more[0]} besides"
        raise InputError(
            problem(f"this plan is not for the same units as the first: {what}", "Compare plans of one project",
                    file=folder / "plan.gpkg", layer="units", field="unit")
        )  # fmt: skip
    walks = tables.walks
    if walks is not None and tables.homes is None:
        # homes are then rows of the units, whose order changes
        row = pd.Index(reference["unit"]).get_indexer(pd.Index(tables.units["unit"]))
        walks = walks.assign(home=row[walks["home"].to_numpy(int) - 1] + 1)
    return replace(tables, units=units.loc[list(reference["unit"])].reset_index(drop=True), walks=walks)


def _text(column: pd.Series) -> pd.Series:
    def plain(value: Any) -> str | None:
        if value is None or (isinstance(value, float) and np.isnan(value)):
            return None
        return str(int(value)) if isinstance(value, float | np.floating) and float(value).is_integer() else str(value)

    return pd.Series([plain(v) for v in column], index=column.index, dtype=object)


# ---- figures


def figures(column: Column, columns: Sequence[Column]) -> dict[str, Any]:
    """Return every figure of a column by key; None where it cannot be known.

    Parameters
    ----------
    column
        The plan.
    columns
        All of the comparison; today's stations may need the walks of another plan.
    """
    return {
        **_of_beats(column),
        **_of_access(column, columns),
        **_of_officers(column),
        **_of_changes(column),
        **_of_proof(column),
        **_of_money(column),
    }


def people(units: pd.DataFrame) -> np.ndarray:
    """Return residents, (n,); workload where residents are unknown."""
    residents = units["population"].to_numpy(float)
    return units["workload"].to_numpy(float) if np.isnan(residents).any() else residents


def _of_beats(c: Column) -> dict[str, Any]:
    units, rules = c.units, c.rules
    tolerance = None if rules.beats is None or c.today else rules.beats.tolerance
    inside = np.array([b is not None for b in c.beat])
    ids = sorted(set(c.beat[inside]))
    if not ids:
        return {"tolerance": tolerance}
    at = pd.Index(ids).get_indexer(pd.Index(c.beat[inside]))

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(at, weights=values[inside], minlength=len(ids))

    hours, residents = total(units["workload"].to_numpy(float)), total(people(units))
    reactive = (
        total((units["reactive_hours"] + units["fixed_hours"]).to_numpy(float)) + rules.workload.fixed_hours_per_beat
    )
    community = total(units["community_hours"].to_numpy(float))
    posts = np.array([c.posts.get(b, 0.0) for b in ids])
    municipality = municipality_of(units["municipality"].astype(str).to_numpy(object)[inside], at, units["workload"].to_numpy(float)[inside], len(ids))  # fmt: skip
    mean = pd.Series(hours).groupby(municipality).transform("mean").to_numpy(float)
    deviation = np.divide(hours, mean, out=np.ones(len(ids)), where=mean > 0) - 1
    manned = posts > 0
    load = np.divide(hours, posts, out=np.full(len(ids), np.nan), where=manned)
    found: dict[str, Any] = {
        "beats": len(ids),
        "tolerance": tolerance,
        "beats_outside": None if tolerance is None else int((np.abs(deviation) > tolerance + 1e-9).sum()),
        "people_in_balance": float(residents[np.abs(deviation) <= c.band + 1e-9].sum() / residents.sum()) if c.band else None,
        "beats_in_pieces": _in_pieces(c, inside, at, len(ids)),
        "beats_across": sum(len(set(units["municipality"][inside][at == k])) > 1 for k in range(len(ids))),
        "max_deviation": float(np.abs(deviation).max()),
        "beats_without_officer": int((~manned).sum()),
        "posts": float(posts.sum()),
        "officers_required": int(officers_required(reactive - rules.workload.fixed_hours_per_beat, community, rules.workload).sum()),
    }  # fmt: skip
    if manned.any():
        k = int(np.nanargmax(load))
        average = float(hours[manned].sum() / posts[manned].sum())
        found |= {
            "hours_per_officer_max": float(load[k]),
            "worst_beat": beat_name(c, ids[k]),
            "hours_per_officer_mean": average,
            "hours_per_officer_min": float(np.nanmin(load)),
            "people_overloaded": float(residents[np.nan_to_num(load, nan=np.inf) > (1 + OVERLOAD) * average].sum() / residents.sum()),
            "residents_per_officer_max": float((residents[manned] / posts[manned]).max()) if not np.isnan(units["population"]).any() else None,
        }  # fmt: skip
    capacity = posts * hours_on_the_beat(rules.workload) * (1 - rules.workload.admin_share) - reactive
    protected = float(np.minimum(community, np.maximum(0.0, capacity)).sum())
    promised = float(community.sum())
    found |= {
        "community_promised": promised,
        "community_protected": protected,
        "community_share": protected / promised if promised else None,
        "mean_way": _mean_way(c, inside, at, ids),
    }
    return found


def municipality_of(names: np.ndarray, at: np.ndarray, hours: np.ndarray, count: int) -> np.ndarray:
    """Return the municipality with most of each beat's work, (count,)."""
    shared = pd.Series(hours + 1e-9).groupby([at, names]).sum()
    return np.array([shared[k].idxmax() for k in range(count)], dtype=object)


def _in_pieces(c: Column, inside: np.ndarray, at: np.ndarray, count: int) -> int:
    """Count the beats that the plan's adjacency does not join."""
    place = {u: i for i, u in enumerate(c.units["unit"])}
    edges = c.tables.edges
    a, b = (np.array([place.get(u, -1) for u in _text(edges[k])], dtype=int) for k in ("unit_a", "unit_b"))
    district = np.full(len(inside), -1)
    district[inside] = at
    within = (a >= 0) & (b >= 0)
    within[within] = (district[a[within]] == district[b[within]]) & (district[a[within]] >= 0)
    graph = coo_array((np.ones(within.sum()), (a[within], b[within])), shape=(len(inside), len(inside)))
    piece = connected_components(graph, directed=False)[1]
    return sum(len(set(piece[district == k])) > 1 for k in range(count))


def _mean_way(c: Column, inside: np.ndarray, at: np.ndarray, ids: list[str]) -> float | None:
    """Return Σ workload × metres to the centre / Σ workload; None where distances are not straight lines."""
    rules = c.rules.beats
    if rules is None or rules.distances is not None or rules.roads is not None:
        return None
    hours, xy = c.units["workload"].to_numpy(float)[inside], c.units[["x", "y"]].to_numpy(float)[inside]
    travel = 0.0
    for k in range(len(ids)):
        here = np.flatnonzero(at == k)
        apart = np.hypot(*(xy[here][:, None] - xy[here][None]).transpose(2, 0, 1))
        travel += float((apart * hours[here]).sum(axis=1).min())
    return travel / float(hours.sum()) if hours.sum() > 0 else None


def beat_name(c: Column, beat: str) -> str:
    """Name a beat for people."""
    beats = c.tables.beats
    if not c.today and beats is not None:
        name = dict(zip(beats["beat"].astype(str), beats["name"], strict=True)).get(beat)
        if name and str(name) != beat:
            return f"{name} (beat {beat})" if f"({beat})" not in str(name) else str(name)
    return f"beat {beat}"


def _of_access(c: Column, columns: Sequence[Column]) -> dict[str, Any]:
    rules, tables = c.rules.stations, c.tables
    if rules is None or c.open is None or tables.walks is None:
        return {}
    weight, of_unit = homes_of(tables)
    metres = nearest_walk(c, columns, len(weight))
    sites = tables.sites
    standing = set() if sites is None else set(sites.loc[sites["existing"], "station"].astype(str))
    found: dict[str, Any] = {"stations": len(c.open), "walking_limit": rules.walk_minutes, "new_stations": len(set(c.open) - standing),
                             "closed_stations": len(standing - set(c.open)),
                             "station_cost": 0.0 if c.today else tables.summary.get("stations", {}).get("cost")}  # fmt: skip
    if metres is None:
        return found
    minutes = metres / (rules.walk_kmh * 1000 / 60)
    reached = np.isfinite(minutes)

    def share(of: np.ndarray, limit: float) -> float | None:
        return float(of[reached & (minutes <= limit * (1 + 1e-12))].sum() / of.sum()) if of.sum() > 0 else None

    found |= {
        "mean_walk": float(np.average(minutes[reached], weights=weight[reached])) if weight[reached].sum() > 0 else None,
        "within_limit": share(weight, rules.walk_minutes),
        "unreached": float(weight[~reached].sum()),
    }  # fmt: skip
    for band in rules.bands:
        found[f"within_{band:g}"] = share(weight, band)
    inside = np.bincount(of_unit, weights=weight, minlength=len(tables.units))
    for group in c.rules.units.groups:
        speakers = tables.units[f"group_{group}"].to_numpy(float)
        part = np.divide(weight, inside[of_unit], out=np.zeros(len(weight)), where=inside[of_unit] > 0)
        here = speakers[of_unit] * part
        found[f"within_limit_{group}"] = share(here, rules.walk_minutes)
        able = float(here[reached].sum())
        found[f"mean_walk_{group}"] = float((minutes[reached] * here[reached]).sum() / able) if able > 0 else None
    return found


def homes_of(tables: PlanTables) -> tuple[np.ndarray, np.ndarray]:
    """Return the residents of each home and the position of its unit, (h,) each."""
    if tables.homes is None:
        return people(tables.units), np.arange(len(tables.units))
    place = {u: i for i, u in enumerate(tables.units["unit"])}
    unit = np.array([place[u] for u in _text(tables.homes["unit"])])
    return tables.homes["residents"].to_numpy(float), unit


def nearest_walk(c: Column, columns: Sequence[Column], count: int) -> np.ndarray | None:
    """Return the metres from each home to the nearest station of a column, (count,), inf where none is reached; None where a walk is unknown."""
    metres = np.full(count, np.inf)
    wanted = set(c.open or ())
    for source in [p for p in columns if not p.today] if c.today else [c]:
        walks, known = source.tables.walks, set(source.open or ()) & wanted
        if not known or walks is None or len(homes_of(source.tables)[0]) != count:
            continue
        here = walks[walks["station"].astype(str).isin(known)]
        np.minimum.at(metres, here["home"].to_numpy(int) - 1, here["metres"].to_numpy(float))
        wanted -= known
    return metres if not wanted and c.open else None


def _of_officers(c: Column) -> dict[str, Any]:
    tables, rules = c.tables, c.rules.officers
    if tables.roster is None or rules is None:
        return {}
    if c.today:
        return {"relationship_kept": 1.0, "change_officer": 0.0, "change_officer_share": 0.0, "officers_moved": 0}
    if tables.assignments is None or tables.beats is None:
        return {}
    claims = tables.summary.get("officers", {})
    found: dict[str, Any] = {"rotations": claims.get("rotations"), "vacant_months": claims.get("vacant_months")}
    years = relationship_years(tables.units, tables.roster, tables.assignments, tables.beats, rules)
    if years["relationship_years_today"] > 0:
        found["relationship_kept"] = years["relationship_years_kept"] / years["relationship_years_today"]
    first = tables.assignments[tables.assignments["start"].astype(str) == rules.start.isoformat()]
    serves: dict[str, set[str]] = {}
    for officer, beat in zip(first["officer"].astype(str), first["beat"].astype(str), strict=True):
        serves.setdefault(beat, set()).add(officer)
    before: dict[str, set[str]] = {}
    for officer, beat in zip(tables.roster["officer"].astype(str), tables.roster["beat"], strict=True):
        if beat is not None:
            before.setdefault(str(beat), set()).add(officer)
    weight, current = people(tables.units), _text(tables.units["current"])
    known = np.array([b is not None and b in before for b in current])
    lost = np.array([k and not before[str(b)] & serves.get(str(n), set()) for k, b, n in zip(known, current, c.beat, strict=True)], dtype=bool)  # fmt: skip
    if known.any():
        found |= {
            "change_officer": float(weight[lost].sum()),
            "change_officer_share": float(weight[lost].sum() / weight[known].sum()),
        }
    at = {o: b for b, who in serves.items() for o in who}
    found["officers_moved"] = sum(at.get(o, b) != b for b, who in before.items() for o in who)
    return found


def _of_changes(c: Column) -> dict[str, Any]:
    current = np.array(_text(c.units["current"]), dtype=object)
    known = np.array([b is not None for b in current])
    if not known.any():
        return {}
    weight = people(c.units)
    moved = known & (current != c.beat)
    return {
        "moved_residents": float(weight[moved].sum()),
        "moved_share": float(weight[moved].sum() / weight[known].sum()),
        "moved_units": int(moved.sum()),
    }


def _of_proof(c: Column) -> dict[str, Any]:
    if c.today:
        return {}
    summary = c.tables.summary
    found: dict[str, Any] = {"rules_met": bool(summary["feasible"])}
    for step in ("beats", "stations", "officers"):
        found[f"{step}_gap"] = summary.get(step, {}).get("gap")
    found |= {
        "beats_objective": summary.get("beats", {}).get("objective"),
        "beats_bound": summary.get("beats", {}).get("lower_bound"),
    }
    return found


def _of_money(c: Column) -> dict[str, Any]:
    """Return what the plan costs by year, from the budget that was made with it; today's from its officers and stations."""
    rules, told = c.rules.budget, c.tables.summary.get("budget")
    if rules is None or told is None:
        return {}
    total = today_money(sum(c.posts.values()), len(c.open or ()), rules) if c.today else told["total"]
    found: dict[str, Any] = {f"money_{year}": float(v) for year, v in zip(told["years"], total, strict=True)}
    found["money_total"] = float(sum(total))
    found["residents_unfunded"] = 0.0 if c.today else float(sum(u["residents"] for u in told["unfunded"]))
    return found


def moves(c: Column) -> list[dict[str, Any]]:
    """Return the old–new table of a plan: from which of today's beats to which of its own, residents and units, the most first."""
    current = _text(c.units["current"])
    frame = pd.DataFrame({"from": current, "to": c.beat, "residents": people(c.units), "units": 1})
    frame = frame[frame["from"].notna() & (frame["from"] != frame["to"])]
    rows = frame.groupby(["from", "to"], as_index=False).sum().sort_values(["residents", "from", "to"], ascending=[False, True, True])  # fmt: skip
    return [
        {
            "from": str(r["from"]),
            "to": str(r["to"]),
            "to_name": beat_name(c, str(r["to"])),
            "residents": float(r["residents"]),
            "units": int(r["units"]),
        }
        for r in rows.to_dict("records")
    ]


def places(c: Column) -> list[dict[str, Any]]:
    """Return where a plan changes: by municipality, residents who change beat and their share."""
    current = np.array(_text(c.units["current"]), dtype=object)
    known = np.array([b is not None for b in current])
    weight = people(c.units)
    moved = known & (current != c.beat)
    frame = pd.DataFrame({"municipality": c.units["municipality"].astype(str), "residents": np.where(known, weight, 0.0), "moved": np.where(moved, weight, 0.0)})  # fmt: skip
    rows = frame.groupby("municipality", as_index=False).sum().sort_values(["moved", "municipality"], ascending=[False, True])  # fmt: skip
    return [{k: (v if isinstance(v, str) else float(v)) for k, v in r.items()} for r in rows.to_dict("records")]


# ---- the whole comparison


def blocks(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Return the rows by block, those without any figure left out; the columns' figures must be there."""
    more = {"Access on foot": _access_rows(columns), "Officers, stations and money": _money_rows(columns)}
    found = []
    for title, rows in BLOCKS:
        told = []
        for f in (*rows, *more.get(title, ())):
            values = [c.figures.get(f.key) for c in columns]
            if any(v is not None for v in values):
                label = f.label.replace("{band}", f"{columns[0].band:.0%}")
                told.append({"key": f.key, "label": label, "kind": f.kind, "better": f.better, "help": f.help, "values": values})  # fmt: skip
        if told:
            found.append({"title": title, "rows": told})
    return found


def _access_rows(columns: Sequence[Column]) -> list[Figure]:
    keys = list(dict.fromkeys(k for c in columns for k in c.figures))
    rows = [Figure(k, f"Residents within {k.removeprefix('within_')} minutes", "share", "more") for k in keys if k.startswith("within_") and k.removeprefix("within_").replace(".", "").isdigit()]  # fmt: skip
    for group in dict.fromkeys(g for c in columns for g in c.rules.units.groups):
        name = group[:1].upper() + group[1:]
        rows += [
            Figure(f"within_limit_{group}", f"{name} speakers within the walking limit", "share", "more"),
            Figure(f"mean_walk_{group}", f"{name} speakers' mean walk, minutes", "decimal", "less"),
        ]
    return rows


def _money_rows(columns: Sequence[Column]) -> list[Figure]:
    years = sorted({k for c in columns for k in c.figures if k.startswith("money_")})
    rows = [
        Figure(
            k, "Money over all years" if k == "money_total" else f"Money in {k.removeprefix('money_')}", "money", "less"
        )
        for k in years
    ]
    return [*rows, Figure("residents_unfunded", "Residents whose area the money does not reach", "number", "less")]  # fmt: skip


def compare(
    folders: Sequence[Path],
    out: Path,
    *,
    draws: int = 200,
    seed: int = 0,
    curve: Path | None = None,
    prices: Path | None = None,
) -> dict[str, Any]:
    """Compare plans and write ``comparison.json``, ``comparison.html`` and ``comparison.xlsx``.

    Parameters
    ----------
    folders
        Two result folders or more.
    out
        Folder of the comparison.
    draws, seed
        Of the robustness.
    curve, prices
        Folders that ``beatplanner curve`` and ``beatplanner prices`` made, to be told too.

    Returns
    -------
    dict
        The content of ``comparison.json``.

    Raises
    ------
    InputError
        Where the plans cannot be compared.
    """
    from beatplanner.planning.compare.robustness import robustness_figures

    check_comparison_place(out)
    columns = read_columns(folders)
    for column in columns:
        column.figures = figures(column, columns)
    told = robustness_figures(columns, draws=draws, seed=seed)
    content = as_content(columns, out, {"draws": draws, "seed": seed, **told})
    if curve is not None:
        content["curve"] = without_nan(_curve(curve, out))
    if prices is not None:
        content["prices"] = _prices(prices, out)
    write_comparison(out, content, columns[0].tables.units, [map_of(c, columns) for c in columns], _beat_rows(columns))
    return content


def _curve(folder: Path, out: Path) -> list[dict[str, Any]]:
    """Return the points of a curve of change budgets: what each allows, moves and buys, and where its plan is."""
    rows = []
    for place in sorted(folder.glob("moved-*")):
        if not (place / "summary.json").is_file():
            continue
        tables = read_result(place)
        told, limit = tables.summary["beats"], (tables.summary["rules"].get("beats") or {}).get("max_moved")
        hours = float(tables.units["workload"].sum())
        travel = (tables.summary["rules"].get("beats") or {}).get("objective") == "travel" and hours > 0
        bound = told["lower_bound"]
        rows.append(
            {"budget": "free" if limit is None else f"{limit:.0%}", "moved_share": told["moved_share"], "max_deviation": told["max_deviation"],
             "travel": told["objective"], "mean_way": told["objective"] / hours if travel else None,
             "mean_way_bound": bound / hours if travel and bound is not None else None, "feasible": bool(tables.summary["feasible"]),
             "folder": relative_or_whole(place.resolve(), out.resolve())}
        )  # fmt: skip
    if not rows:
        raise InputError(
            problem("there is no curve in this folder", "Give one that “beatplanner curve” made", file=folder)
        )
    return sorted(rows, key=lambda r: float("inf") if r["budget"] == "free" else float(r["budget"].rstrip("%")))


def _prices(folder: Path, out: Path) -> dict[str, Any]:
    """Return the sentences of the prices of rules, and where their plans are."""
    try:
        content = json.loads((folder / "prices.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(
            problem("there are no prices in this folder", "Give one that “beatplanner prices” made", file=folder)
        ) from None
    return {"sentences": content["sentences"], "folder": relative_or_whole(folder.resolve(), out.resolve())}


def map_of(c: Column, columns: Sequence[Column]) -> dict[str, Any]:
    """Return what a map of the plan shows: beat, hours per officer and walk of each unit, and the stations."""
    frame = pd.DataFrame({"beat": c.beat, "workload": c.units["workload"].to_numpy(float)})
    hours = frame.groupby("beat")["workload"].sum()
    load = [hours[b] / c.posts[b] if b is not None and c.posts.get(b) else None for b in c.beat]
    walk = np.full(len(c.beat), np.nan)
    if c.rules.stations is not None and c.open is not None:
        weight, of_unit = homes_of(c.tables)
        metres = nearest_walk(c, columns, len(weight))
        if metres is not None:
            able = np.isfinite(metres)
            # units without residents count their homes alike
            count = np.bincount(of_unit, weights=weight, minlength=len(walk))[of_unit]
            each = np.where(able, np.where(count > 0, weight, 1.0), 0.0)
            total = np.bincount(of_unit, weights=each, minlength=len(walk))
            way = np.bincount(of_unit[able], weights=(each * np.where(able, metres, 0.0))[able], minlength=len(walk))
            speed = c.rules.stations.walk_kmh * 1000 / 60
            walk = np.divide(way, total * speed, out=np.full(len(walk), np.nan), where=total > 0)
    spots = []
    sites = c.tables.sites
    if sites is not None and c.open is not None:
        here = sites[sites["station"].astype(str).isin(c.open)]
        labels = here["name"] if "name" in here else here["station"]
        spots = list(zip(here.geometry.x, here.geometry.y, labels.astype(str), here["existing"], strict=True))
    return {"beat": list(c.beat), "load": load, "walk": walk, "stations": spots}


def _beat_rows(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Return one row a beat and plan, for the workbook."""
    rows = []
    for c in columns:
        frame = pd.DataFrame(
            {"beat": c.beat, "workload": c.units["workload"].to_numpy(float), "residents": people(c.units)}
        )
        for beat, r in frame[frame["beat"].notna()].groupby("beat"):
            rows.append(
                {"column": c.name, "beat": beat, "name": beat_name(c, str(beat)), "workload": float(r["workload"].sum()),
                 "residents": float(r["residents"].sum()), "posts": c.posts.get(str(beat), 0.0)}
            )  # fmt: skip
    return rows


def as_content(columns: Sequence[Column], out: Path, robustness: dict[str, Any]) -> dict[str, Any]:
    """Return the content of ``comparison.json``."""
    out = out.resolve()
    told = []
    for c in columns:
        folder = None if c.folder is None else relative_or_whole(c.folder, out)
        entry: dict[str, Any] = {"name": c.name, "about": c.about, "today": c.today, "folder": folder, "stale": list(c.stale)}  # fmt: skip
        if c.folder is not None:
            entry |= {
                "plan_sha256": _hash(c.folder / "plan.gpkg"),
                "summary_sha256": _hash(c.folder / "summary.json"),
                "report": (c.folder / "report.html").is_file(),
                "clashes": list(c.tables.summary.get("clashes", [])),
            }
        told.append(entry)
    first = columns[0]
    content = {
        "version": 1,
        "project": str(first.tables.summary.get("project", "")),
        "residents": float(people(first.units).sum()),
        "counted_in": "hours of work" if np.isnan(first.units["population"].to_numpy(float)).any() else "residents",
        "columns": told,
        "blocks": blocks(columns),
        "sentences": [sentences(c, columns[0]) for c in columns],
        "moves": [moves(c) for c in columns],
        "places": [places(c) for c in columns],
        "robustness": robustness,
        "budgets": [None if c.today else c.tables.summary.get("budget") for c in columns],
        "versions": versions(),
    }
    return without_nan(content)


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sentences(c: Column, today: Column) -> list[str]:
    """Say what a plan does in sentences that need no table; each names today's figure where there is one."""
    f, t = c.figures, today.figures

    def was(key: str, text: str) -> str:
        return "" if c.today or t.get(key) is None else f" (today {text.format(t[key])})"

    found = []
    if f.get("hours_per_officer_max") is not None:
        text = f"The officer with the most work has {f['hours_per_officer_max']:,.0f} hours a year"
        found.append(text + (was("hours_per_officer_max", "{:,.0f}")) + f"; the average is {f['hours_per_officer_mean']:,.0f}.")  # fmt: skip
    if f.get("community_share") is not None:
        found.append(f"{f['community_share']:.0%} of the hours promised to residents can be kept{was('community_share', '{:.0%}')}.")  # fmt: skip
    if f.get("within_limit") is not None:
        found.append(f"{f['within_limit']:.0%} of residents walk at most {f['walking_limit']:g} minutes to a station{was('within_limit', '{:.0%}')}.")  # fmt: skip
    if c.today:
        return found
    if f.get("moved_share") is not None:
        text = f"{f['moved_residents']:,.0f} residents ({f['moved_share']:.0%}) change beat"
        if f.get("change_officer") is not None:
            text += f"; {f['change_officer']:,.0f} get officers they do not know"
        found.append(text + ".")
    if f.get("posts") is not None:
        text = f"It needs {f['posts']:,.0f} officers{was('posts', '{:,.0f}')}"
        if f.get("station_cost"):
            text += f" and {money_in_words(f['station_cost'])} {currency(c)} for stations"
        found.append(text + ".")
    if f.get("money_total") is not None:
        years = len(c.tables.summary["budget"]["years"])
        found.append(
            f"It costs {f['money_total']:,.0f} {currency(c)} over {years} years{was('money_total', '{:,.0f}')}."
        )
        late = [u["area"] for u in c.tables.summary["budget"]["unfunded"]]
        if late:
            found.append(f"The money does not reach {listed(late, 4)}.")
    if f.get("rules_met") is False:
        found.append("Not all of its rules can be met: " + " ".join(c.tables.summary.get("clashes", [])[:1]))
    return found


def currency(c: Column) -> str:
    """Return the currency of the project's money."""
    if c.rules.budget is not None:
        return c.rules.budget.currency
    return c.rules.forum.currency if c.rules.forum is not None else "EUR"


def read_comparison(folder: Path) -> dict[str, Any]:
    """Read ``comparison.json``.

    Raises
    ------
    InputError
        Where the folder holds no comparison.
    """
    file = folder / "comparison.json"
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        assert isinstance(content["columns"], list)
    except (OSError, ValueError, KeyError, TypeError, AssertionError):
        raise InputError(
            problem("this folder holds no comparison", "Give one that “beatplanner compare” made", file=file)
        ) from None
    return content
