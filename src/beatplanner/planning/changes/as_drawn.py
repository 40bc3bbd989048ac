"""A plan as it is drawn: its tables with the beats, stations and postings that were changed by hand since.

What a planner looks at while drawing (table, cards, charts, map) is counted from these tables in the same way as from a plan's own, so that no two
of them can disagree. What only a plan can say (bounds, catchments, forums) is left out rather than carried along.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.walking_limit import edge_of
from beatplanner.planning.beats.amounts import balance_rows
from beatplanner.planning.beats.drawing import Drawing
from beatplanner.planning.changes.drawn_levels import with_drawn_levels
from beatplanner.planning.stations.access import access_shares
from beatplanner.planning.stations.plan import by_unit
from beatplanner.planning.stations.site_edits import SiteJudge
from beatplanner.planning.whole.tables import languages_of_beats, posts_of_beats

if TYPE_CHECKING:
    from beatplanner.data.formats.frames import Row

Shapes = Callable[[list[str], np.ndarray], Sequence[shapely.Geometry | None]]


def as_drawn(
    plan: PlanTables,
    shapes: Shapes,
    *,
    drawing: Drawing | None = None,
    sites: tuple[SiteJudge, Sequence[int]] | None = None,
    assignments: pd.DataFrame | None = None,
    names: Mapping[str, str] | None = None,
) -> PlanTables:
    """Return a plan's tables as they are changed by hand.

    Parameters
    ----------
    plan
        The plan that was drawn on; its units stand in the order of the town's.
    shapes
        Returns the polygons of beats: given their ids and the number of each unit's beat, (n,).
    drawing
        Painted beats; None where they are the plan's.
    sites
        The judge of sites and the positions of the open ones; None where stations are the plan's.
    assignments
        Postings as they were dragged; None where they are the plan's.
    names
        Of beats that are called otherwise than in the plan, by id.
    """
    found = plan
    if drawing is not None:
        found = _with_beats(found, drawing, shapes)
    if names and found.beats is not None:
        beats = found.beats
        found = replace(
            found,
            beats=beats.assign(name=[names.get(str(b), n) for b, n in zip(beats["beat"], beats["name"], strict=True)]),
        )
    if sites is not None and plan.stations is not None:
        found = _with_stations(found, *sites)
    elif drawing is not None and plan.access is not None:
        found = replace(found, access=_access_by_homes(found))
    return found if assignments is None else replace(found, assignments=assignments)


def _with_beats(plan: PlanTables, drawing: Drawing, shapes: Shapes) -> PlanTables:
    f, town = drawing.figures(), drawing.town
    ids = list(f.beat)
    first = np.array([drawing.members(b)[0] for b in ids], int)
    every = dict(zip(drawing.ids, shapes(drawing.ids, drawing.label), strict=True))
    polygons = np.array([every[b] for b in ids], dtype=object)
    frame = pd.DataFrame(
        {
            "beat": ids,
            "name": [drawing.names.get(b) or f"Beat {b}" for b in ids],
            "municipality": drawing.municipality[first],
            "workload": f.hours,
            "deviation": f.deviation,
            "population": f.residents,
            "officers_required": f.officers,
            "moved_in": f.moved_in,
            "compactness": 4 * np.pi * shapely.area(polygons) / np.maximum(shapely.length(polygons), 1e-9) ** 2,
        }
    )
    frame["posts"] = posts_of_beats(town.description, frame)
    frame["languages"] = languages_of_beats(town, drawing.beat, np.array(ids, object))
    summary = copy.copy(plan.summary)
    summary["beats"] = {**summary.get("beats", {}), "municipalities": _limits(frame, drawing)}
    if summary["beats"].get("balances"):
        summary["beats"]["balances"] = balance_rows(town, drawing.workload, drawing.beat, {})
    # what is proven of sectors and commands is of the plan's
    for level in ("sectors", "commands"):
        summary.pop(level, None)
    drawn = replace(
        plan,
        units=plan.units.assign(beat=drawing.beat),
        beats=gpd.GeoDataFrame(frame, geometry=polygons, crs=town.crs),
        summary=summary,
    )
    return with_drawn_levels(drawn, plan, drawing)


def _limits(beats: pd.DataFrame, drawing: Drawing) -> list[dict[str, object]]:
    """Return what the rules allow by municipality, as a summary has it; empty without rules."""
    rules, f = drawing.town.description.beats, drawing.figures()
    if rules is None or not np.isfinite(f.upper).all():
        return []
    found: list[dict[str, object]] = []
    for name in dict.fromkeys(beats["municipality"]):
        here = np.flatnonzero((beats["municipality"] == name).to_numpy())
        found.append(
            {
                "municipality": name,
                "beats": len(here),
                "lower": float(f.lower[here[0]]),
                "upper": float(f.upper[here[0]]),
                "tolerance": float(rules.tolerance),
            }
        )
    return found


def _with_stations(plan: PlanTables, judge: SiteJudge, chosen: Sequence[int]) -> PlanTables:
    town, open_ = judge.town, np.asarray(sorted(set(chosen)), int)
    homes, sites, rules = town.homes, town.sites, judge.rules
    assert homes is not None and sites is not None and plan.stations is not None
    count = len(homes)
    if len(open_):
        ways = judge.walks[:, open_]
        nearest = np.where(np.isfinite(ways.min(axis=1)), open_[ways.argmin(axis=1)], -1)
        metres = np.where(nearest >= 0, ways.min(axis=1), np.nan)
    else:
        nearest, metres = np.full(count, -1), np.full(count, np.nan)
    minutes, near = metres / judge.metres_a_minute, np.nan_to_num(metres, nan=np.inf) <= judge.limit
    people, unit = judge.people, homes["unit"].to_numpy(int)
    names = sites["station"].to_numpy(object)
    of_unit, unit_minutes = by_unit(len(town.units), unit, nearest, minutes, people, homes["share"].to_numpy(float))
    station = np.full(len(of_unit), None, object)
    station[of_unit >= 0] = names[of_unit[of_unit >= 0]]
    units = plan.units.assign(station=station, walk_minutes=unit_minutes)
    rows: list[Row] = []
    for j in open_:
        mine = nearest == j
        here = float(people[mine].sum())
        rows.append(
            {
                "station": names[j],
                "existing": bool(judge.standing[j]),
                "residents_within_limit": float(people[mine & near].sum()),
                "mean_walk_minutes": float((people * minutes)[mine].sum() / here) if here > 0 else np.nan,
                "residents": here,
                "cost": float(judge.price[j]),
                "name": judge.labels[j],
            }
        )
    points = gpd.GeoDataFrame(
        pd.DataFrame(
            rows,
            columns=["station", "existing", "residents_within_limit", "mean_walk_minutes", "residents", "cost", "name"],
        ),
        geometry=gpd.points_from_xy(*judge.xy[open_].T),
        crs=town.crs,
    )
    beat = units["beat"].astype(str).to_numpy(object) if plan.beats is not None else None
    access = access_shares(town, people, np.where(nearest >= 0, minutes, np.nan), list(rules.bands), beat)
    able = float(people[nearest >= 0].sum())
    summary = copy.copy(plan.summary)
    summary["stations"] = {
        **summary.get("stations", {}),
        "count": len(open_),
        "mean_walk_minutes": float(np.nansum(people * minutes)) / able if able > 0 else None,
        "share_within_limit": float(people[near].sum()) / judge.total if judge.total else 0.0,
    }
    return replace(plan, units=units, stations=points, access=access, catchments=None, summary=summary)


def _access_by_homes(plan: PlanTables) -> pd.DataFrame | None:
    """Return the shares within each band for the beats as they are drawn, counted at the homes where the plan has them."""
    known, homes = plan.access, plan.homes
    if known is None or homes is None:
        # counted from the units themselves
        return None
    beat = dict(zip(plan.units["unit"].astype(str), plan.units["beat"].astype(str), strict=True))
    of_home = homes["unit"].astype(str).map(beat).to_numpy(object)
    people, minutes = homes["residents"].to_numpy(float), homes["walk_minutes"].to_numpy(float)
    bands = known.loc[known["kind"] == "all", "minutes"].to_numpy(float)
    rows: list[tuple[str, str, float, float, float]] = []
    for name in sorted(set(of_home)):
        weight = np.where(of_home == name, people, 0.0)
        for band in bands:
            inside = np.isnan(minutes) if np.isnan(band) else minutes <= edge_of(band)
            value, total = float(weight[inside].sum()), float(weight.sum())
            rows.append(("beat", name, band, value, value / total if total > 0 else np.nan))
    own = pd.DataFrame(rows, columns=known.columns)
    return pd.concat([known[known["kind"] != "beat"], own], ignore_index=True)
