"""A plan as the tables that are written, and what each beat is there: its polygon, posts, languages and first day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.colours import beat_colours, today_colours, with_shown
from beatplanner.data.description.models import Description
from beatplanner.data.formats import geometry
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.sections import section_of
from beatplanner.data.town.town import Town
from beatplanner.planning.stations.access import access_shares
from beatplanner.planning.whole.country import shared_posts
from beatplanner.planning.whole.levels import with_levels
from beatplanner.planning.whole.plan import Plan
from beatplanner.planning.whole.proofs import with_proofs
from beatplanner.planning.workload import covered_share

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims
    from beatplanner.planning.beats.plan import BeatPlan
    from beatplanner.planning.stations.plan import StationPlan
    from beatplanner.planning.whole.rollout import RolloutPlan


# A language is looked after in a beat where at least this share of its residents speak it.
LANGUAGE_SHARE = 0.10


def beats_with_starts(
    beats: gpd.GeoDataFrame, rollout: RolloutPlan | None, description: Description
) -> gpd.GeoDataFrame:
    """Return the beats with ``starts``, the day on which each does (None for never), where a roll-out sets it."""
    if rollout is None:
        return beats
    from beatplanner.planning.whole.payroll import first_days

    days = first_days(description)
    return beats.assign(
        starts=pd.Series([None if s < 0 else days[12 * int(s)].isoformat() for s in rollout.start], dtype=object)
    )


def beat_polygons(town: Town, beats: BeatPlan, shown: Mapping[str, object] | None = None) -> gpd.GeoDataFrame:
    """Return the beats as polygons with the columns of `PlanTables.beats`; `shown` are the colours that they were drawn with, by id.

    Compactness is Polsby–Popper's: 4π × area / perimeter².
    """
    table = beats.table
    units, ids = town.units, table["beat"].to_numpy(object)
    shapes = np.array([geometry.dissolve(units.geometry.to_numpy()[beats.beat == b]) for b in ids], dtype=object)
    posts = posts_of_beats(town.description, table)
    frame = pd.DataFrame(
        {
            "beat": ids,
            "name": table["name"],
            "municipality": table["municipality"],
            "centre_unit": _unit_ids(town, table["centre"].to_numpy(int)),
            "workload": table["workload"],
            "deviation": table["deviation"],
            "population": table["population"],
            "officers_required": table["officers_required"],
            "compactness": 4 * np.pi * shapely.area(shapes) / np.maximum(shapely.length(shapes), 1e-9) ** 2,
            "posts": posts,
            "languages": languages_of_beats(town, beats.beat, ids),
            "moved_in": table["moved_in"],
            "exact_officers": table["exact_officers"],
            "committed_share": table["committed_share"],
            "covered_share": covered_share(posts, town.description.workload),
        }
    )
    found = gpd.GeoDataFrame(frame, geometry=shapes, crs=town.crs)
    rules = town.description.beats
    today = today_colours(units["current"].to_numpy(object), units.geometry.to_numpy())
    colours = beat_colours(found, None if rules is None else rules.colours, with_shown(today, shown or {}))
    return found.assign(colour=[colours[str(b)] for b in ids])


def posts_of_beats(description: Description, table: pd.DataFrame) -> np.ndarray:
    """Return the posts of each beat, (K,): those of the rules, or of the share-out where it sets them."""
    has, rules = description.country, description.officers
    if has is not None and has.set_posts and has.officers is not None:
        shared = shared_posts(table, has)
        return np.array([shared[str(b)] for b in table["beat"]], int)
    if rules is None or rules.posts_per_beat == "auto":
        return table["officers_required"].to_numpy(int)
    return np.full(len(table), int(rules.posts_per_beat))


def languages_of_beats(town: Town, beat: np.ndarray, ids: np.ndarray) -> list[str]:
    """Return the languages that at least a tenth of each beat's residents speak, joined by semicolons."""
    people = town.units["population"].to_numpy(float)
    spoken: list[str] = []
    for b in ids:
        inside = beat == b
        residents = people[inside].sum()
        speakers = {g: town.units[f"group_{g}"].to_numpy(float)[inside].sum() for g in town.groups}
        spoken.append(";".join(g for g, s in speakers.items() if residents > 0 and s >= LANGUAGE_SHARE * residents))
    return spoken


def _unit_ids(town: Town, positions: np.ndarray) -> np.ndarray:
    """Return ids of units as the user's file has them: whole numbers or text."""
    ids = town.units["unit"].to_numpy(object)[positions]
    return ids.astype(np.int64) if town.unit_ids_are_whole_numbers else ids


def tables(plan: Plan, summary: Claims) -> PlanTables:
    """Return the plan as the tables that are written to ``plan.gpkg``."""
    town, stations = plan.town, plan.stations
    everywhere = np.arange(len(town.units))
    units = town.units.drop(columns=["locked"]).assign(
        unit=_unit_ids(town, everywhere),
        beat=plan.beats.beat if plan.beats is not None else None,
        workload=plan.workload.hours,
        reactive_hours=plan.workload.reactive,
        community_hours=plan.workload.community,
        fixed_hours=plan.workload.fixed_hours,
        incidents=plan.workload.incidents,
        station=None,
        walk_minutes=np.nan,
    )
    sites: gpd.GeoDataFrame | None = None
    points: gpd.GeoDataFrame | None = None
    walks: pd.DataFrame | None = None
    more: _StationTables = {}
    if stations is not None and town.sites is not None and town.walks is not None and town.homes is not None:
        names = town.sites["station"].to_numpy(object)
        units["station"] = np.where(stations.nearest >= 0, names[stations.nearest], np.array(None))
        units["walk_minutes"] = stations.minutes
        points = _points(stations.stations, town)
        considered = town.sites.assign(chosen=np.isin(np.arange(len(names)), stations.open)).join(stations.effects)
        considered["unit"] = _unit_ids(town, considered["unit"].to_numpy(int))
        sites = _points(considered, town)
        home, site = np.nonzero(np.isfinite(town.walks[:, stations.open]))
        chosen, of_home = np.asarray(stations.open)[site], town.homes["unit"].to_numpy(int)
        walks = pd.DataFrame(
            {
                "unit": _unit_ids(town, of_home[home]),
                "station": names[chosen],
                "metres": town.walks[home, chosen],
                "home": home + 1,
            }
        )
        more = _station_tables(plan, stations, names)
    parts = town.part_links
    inner = np.empty(0, int) if parts is None else np.unique(parts["unit"].to_numpy(int))
    a, b = (np.r_[town.edges[c].to_numpy(int), inner] for c in ("a", "b"))
    edges = pd.DataFrame(
        {
            "unit_a": _unit_ids(town, a),
            "unit_b": _unit_ids(town, b),
            "metres": np.r_[town.edges["metres"].to_numpy(float), np.zeros(len(inner))],
            "kind": [*town.edges["kind"], *["link"] * len(inner)],
        }
    )
    beats = (
        None
        if plan.beats is None
        else beats_with_starts(
            beat_polygons(town, plan.beats, section_of(section_of(summary, "drawn"), "colours")),
            plan.rollout,
            town.description,
        )
    )
    layers: dict[str, gpd.GeoDataFrame] = {}
    if beats is not None and plan.levels:
        beats, layers = with_levels(beats, plan.levels)
    if plan.rollout is not None and points is not None and beats is not None and "opens" not in points:
        points = gpd.GeoDataFrame(points.assign(opens=_opens(points, units, beats, sites)))
    order = [c for c in ("unit", "beat", "workload", "population") if c in units]
    units = units[order + [c for c in units.columns if c not in order]]
    made = PlanTables(
        units=gpd.GeoDataFrame(units, geometry="geometry", crs=town.crs),
        beats=beats,
        stations=points,
        assignments=None if plan.officers is None else plan.officers.assignments,
        cover=None if plan.officers is None else plan.officers.cover,
        edges=edges,
        sites=sites,
        walks=walks,
        roster=town.roster,
        summary=summary,
        sectors=layers.get("sectors"),
        commands=layers.get("commands"),
        **more,
    )
    return with_proofs(made, plan)


def _opens(
    points: gpd.GeoDataFrame, units: pd.DataFrame, beats: gpd.GeoDataFrame, sites: gpd.GeoDataFrame | None
) -> pd.Series:
    """Return the year in which each new station opens, which is that of the beat it lies in; NaN for those of today and those that never do."""
    assert sites is not None
    start = dict(zip(beats["beat"].astype(str), beats["starts"], strict=True))
    beat = dict(zip(units["unit"].astype(str), units["beat"].astype(str), strict=True))
    where = {str(s): start.get(beat.get(str(u), "")) for s, u in zip(sites["station"], sites["unit"], strict=True)}
    found = [None if old else where[str(s)] for s, old in zip(points["station"], points["existing"], strict=True)]
    return pd.Series([np.nan if d is None else float(str(d)[:4]) for d in found], index=points.index)


class _StationTables(TypedDict, total=False):
    """Further tables of the stations."""

    homes: gpd.GeoDataFrame | None
    access: pd.DataFrame
    catchments: gpd.GeoDataFrame | None
    stops: gpd.GeoDataFrame | None


def _station_tables(plan: Plan, stations: StationPlan, names: np.ndarray) -> _StationTables:
    """Return the further tables of the stations: homes, access, catchments and mobile-outreach stops."""
    town, rules = plan.town, plan.town.description.stations
    assert town.homes is not None and rules is not None
    homes = None
    if len(town.homes) > len(town.units):
        homes = _points(
            town.homes.assign(
                home=np.arange(1, len(town.homes) + 1),
                unit=_unit_ids(town, town.homes["unit"].to_numpy(int)),
                residents=stations.people,
                station=np.where(stations.home_nearest >= 0, names[stations.home_nearest], np.array(None)),
                walk_minutes=stations.home_minutes,
            )[["home", "unit", "residents", "station", "walk_minutes", "x", "y"]],
            town,
        )
    stops = None
    if stations.stops is not None and len(stations.stops):
        stops = _points(stations.stops.assign(unit=_unit_ids(town, stations.stops["unit"].to_numpy(int))), town)
    beat = None if plan.beats is None else plan.beats.beat
    access = access_shares(town, stations.people, stations.home_minutes, list(rules.bands), beat)
    return {"homes": homes, "access": access, "catchments": stations.catchments, "stops": stops}


def _points(frame: pd.DataFrame, town: Town) -> gpd.GeoDataFrame:
    """Return a table with ``x`` and ``y`` as points."""
    x, y = frame["x"].to_numpy(float), frame["y"].to_numpy(float)
    geometry = shapely.points(np.column_stack([x, y]))
    return gpd.GeoDataFrame(frame.drop(columns=["x", "y"]), geometry=geometry, crs=town.crs)
