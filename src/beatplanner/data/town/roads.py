"""Reads roads and paths that people walk on, by a table of road classes that a user can edit."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from beatplanner.data.description.sections.base import Layer
from beatplanner.data.errors import InputError, Note
from beatplanner.data.formats.cells import missing_cells, numbers, read_truths, texts
from beatplanner.data.formats.extracts import is_openstreetmap, read_extract
from beatplanner.data.formats.layers import read_layer
from beatplanner.data.formats.source import Place
from beatplanner.data.town.columns import mapped_table
from beatplanner.data.town.walking_network import WalkingLines

# Columns in which road layers keep the class of a road; and those that say it is a bridge or a tunnel.
ROAD_CLASS_COLUMNS = ("highway", "kind", "fclass", "type")
LEVEL_COLUMNS = ("bridge", "tunnel")
# Roads of an extract are read this far around the units, in degrees.
MARGIN = 0.05
# Mean km/h of a car by OpenStreetMap's class of road, stops at crossings included: assumptions for towns, to be set by the force.
_CARS = {"motorway": 90, "trunk": 70, "primary": 45, "secondary": 40, "tertiary": 35}
DRIVING_KMH: dict[str, float] = {
    **_CARS,
    **{f"{name}_link": kmh * 0.7 for name, kmh in _CARS.items()},
    "unclassified": 30,
    "residential": 25,
    "living_street": 10,
    "service": 15,
    "track": 15,
    "road": 30,
    "ferry": 10,
    **dict.fromkeys(
        [
            "footway",
            "pedestrian",
            "path",
            "steps",
            "cycleway",
            "bridleway",
            "corridor",
            "platform",
            "elevator",
            "construction",
            "proposed",
            "raceway",
        ],
        0,
    ),
}


@dataclass(frozen=True)
class RoadClass:
    """Whether people walk on a class of roads, level metres for a metre of it, and minutes of waiting."""

    walked: bool
    factor: float = 1.0
    wait_minutes: float = 0.0


def default_classes() -> str:
    """Return the table of road classes that comes with beatplanner, as CSV."""
    return (files("beatplanner.data") / "road_classes.csv").read_text("utf-8")


def road_classes(table: Path | None) -> tuple[dict[str, RoadClass], list[Note]]:
    """Return the road classes by name in lower case, a user's before those that come with beatplanner; and how the table's columns were found; InputError names a row that says no class."""
    known = {
        r["class"]: RoadClass(r["walked"] == "yes", float(r["factor"]), float(r["wait_minutes"]))
        for r in csv.DictReader(io.StringIO(default_classes()))
    }
    if table is None:
        return known, []
    frame, where, notes = mapped_table(table, None, ["class", "walked"], ["factor", "wait_minutes"])
    factor = (
        numbers(frame["factor"], where, least=1, empty=1.0, notes=notes) if "factor" in frame else np.ones(len(frame))
    )
    wait = (
        numbers(frame["wait_minutes"], where, least=0, empty=0.0, notes=notes)
        if "wait_minutes" in frame
        else np.zeros(len(frame))
    )
    walked = read_truths(frame["walked"])
    empty = missing_cells(frame["walked"])
    for i, (name, yes) in enumerate(zip(texts(frame["class"]), walked, strict=True)):
        if name is None or yes is None or empty[i]:
            what = "no class is named" if name is None else f"“{frame['walked'].iat[i]}” is neither yes nor no"
            raise InputError(where.problem(what, "Write yes or no", row=where.rows[i], field="walked"))
        known[name.casefold()] = RoadClass(yes, float(factor[i]), float(wait[i]))
    return known, notes


def driving_classes(speed_kmh: float, own: dict[str, float]) -> dict[str, RoadClass]:
    """Return road classes for driving: a class's metres count as those that take as long at `speed_kmh`; 0 km/h is not driven on.

    Parameters
    ----------
    speed_kmh
        Of roads whose class is not known.
    own
        A user's km/h by class; they stand before `DRIVING_KMH`.
    """
    speeds = {**DRIVING_KMH, **{name.strip().casefold(): kmh for name, kmh in own.items()}}
    return {name: RoadClass(kmh > 0, speed_kmh / kmh if kmh > 0 else 1.0) for name, kmh in speeds.items()}


def read_roads(
    path: Path,
    layer: Layer,
    to: CRS,
    around: gpd.GeoSeries,
    metres_a_minute: float,
    classes: Path | None,
    driven: dict[str, RoadClass] | None = None,
) -> tuple[WalkingLines, Place, int, dict[str, int]]:
    """Read the roads that people walk on, or drive on.

    Parameters
    ----------
    path, layer
        The file, and the layer of it.
    to
        CRS of the result, metres.
    around
        Units, around which roads of an OpenStreetMap extract are read.
    metres_a_minute
        Walking speed, which turns waits into metres.
    classes
        A user's table of road classes.
    driven
        Road classes for driving, in place of those for walking.

    Returns
    -------
    tuple
        The roads, the layer, its number of rows, and how many rows of each class were left out.

    Raises
    ------
    InputError
        Where the layer cannot be read or holds no line that people walk on.
    """
    table, said = road_classes(classes) if driven is None else (driven, [])
    frame, where = _read_extract(path, layer, around) if is_openstreetmap(path) else _read_lines(path, layer)
    where = replace(where, notes=(*where.notes, *said))
    kind = (
        frame.pop("class").map(lambda v: "" if v is None or pd.isna(v) else str(v).strip().casefold()).to_numpy(object)
    )
    foot = frame.pop("foot").to_numpy(object) if "foot" in frame else np.full(len(frame), None)
    if driven is not None:
        foot = np.full(len(frame), None)
    rule = [table.get(k, RoadClass(True)) for k in kind]
    walked = np.array([(r.walked or f == "yes") and f != "no" for r, f in zip(rule, foot, strict=True)], bool)
    lines = np.asarray(frame.geometry.to_crs(to).array, dtype=object)
    usable = walked & np.isin(shapely.get_type_id(lines), [1, 5]) & ~shapely.is_empty(lines)
    if not usable.any():
        raise InputError(
            where.problem(
                f"the layer holds no lines that people {'walk' if driven is None else 'drive'} on",
                "Give a layer of roads and paths",
            )
        )
    gone, count = np.unique(kind[~walked].astype(str), return_counts=True)
    kept = np.flatnonzero(usable)
    roads = WalkingLines(
        lines[kept],
        frame["apart"].to_numpy(bool)[kept],
        np.array([1.0 if driven is not None else rule[i].factor for i in kept]),
        np.array([rule[i].wait_minutes * metres_a_minute for i in kept]),
        None if driven is None else np.array([rule[i].factor for i in kept]),
    )
    return roads, where, len(frame), dict(zip(gone.tolist(), count.tolist(), strict=True))


def named_streets(path: Path, layer: Layer, around: gpd.GeoSeries) -> tuple[gpd.GeoDataFrame, Place]:
    """Read the streets of an OpenStreetMap extract around the units, with their column ``name``."""
    return read_extract(path, layer.layer, ["name"], "highway IS NOT NULL", around)


def _class_and_levels(there: Sequence[str]) -> tuple[str | None, list[str]]:
    """Return the column of road classes, if any, and those of bridges and tunnels, of the columns of a layer."""
    by_fold = {c.casefold(): c for c in reversed(there)}
    kind = next((by_fold[c] for c in ROAD_CLASS_COLUMNS if c in by_fold), None)
    return kind, [by_fold[c] for c in LEVEL_COLUMNS if c in by_fold]


def _read_lines(path: Path, layer: Layer) -> tuple[gpd.GeoDataFrame, Place]:
    def chosen(there: Sequence[str]) -> list[str]:
        kind, levels = _class_and_levels(there)
        return [c for c in [kind, *levels] if c]

    frame, where = read_layer(path, layer.layer, chosen, layer.crs)
    kind, levels = _class_and_levels([str(c) for c in frame.columns])
    apart = np.zeros(len(frame), bool)
    for column in levels:
        # “viaduct” or “building_passage” is neither, and is apart as well
        apart |= np.array([said is not False for said in read_truths(frame[column])], bool)
    return gpd.GeoDataFrame({"class": frame[kind] if kind else None, "apart": apart}, geometry=frame.geometry), where


def _read_extract(path: Path, layer: Layer, around: gpd.GeoSeries) -> tuple[gpd.GeoDataFrame, Place]:
    """Read the ways of an OpenStreetMap extract that may be walked or driven on."""
    ways = 'highway IS NOT NULL OR other_tags LIKE \'%"route"=>"ferry"%\''
    frame, where = read_extract(path, layer.layer, ["highway", "other_tags"], ways, around, MARGIN)
    if frame.empty:
        raise InputError(
            where.problem("the extract holds no roads around the units", "Give the extract of this region")
        )
    tags = frame["other_tags"].map(lambda v: "" if v is None or pd.isna(v) else str(v))

    def tagged(key: str, *values: str) -> pd.Series:
        return tags.str.contains(f'"{key}"=>"(?:{"|".join(values)})"', regex=True)

    ferry = tagged("route", "ferry")
    kind = frame["highway"].astype(object).where(~ferry | frame["highway"].notna(), "ferry")
    level = (tags.str.contains('"bridge"=>"') & ~tagged("bridge", "no")) | (
        tags.str.contains('"tunnel"=>"') & ~tagged("tunnel", "no")
    )
    forbidden = tagged("foot", "no", "private") | (
        tagged("access", "no", "private") & ~tagged("foot", "yes", "designated", "permissive")
    )
    foot = np.where(forbidden, "no", np.where(tagged("foot", "yes", "designated", "permissive"), "yes", np.array(None)))
    found = gpd.GeoDataFrame(
        {"class": kind, "apart": level | ferry, "foot": foot}, geometry=frame.geometry, crs=frame.crs
    )
    return found, where
