"""Names of streets for the map, from the layers of roads that a project has; nothing is planned by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.base import Layer
from beatplanner.data.errors import InputError
from beatplanner.data.formats.cells import is_missing
from beatplanner.data.formats.extracts import is_openstreetmap
from beatplanner.data.formats.layers import read_layer
from beatplanner.data.town.roads import named_streets
from beatplanner.data.town.town import Town

# Columns in which road layers keep the name of a street: OpenStreetMap, TIGER, INSPIRE and cadastres of the region.
NAME_COLUMNS = (
    "name",
    "street",
    "street_name",
    "streetname",
    "road_name",
    "fullname",
    "st_name",
    "str_name",
    "roadname",
    "naziv",
    "ime",
    "ulica",
    "naziv_ulice",
    "emri",
    "rruga",
    "emertimi",
    "назив",
    "име",
    "улица",
    "denumire",
    "strada",
    "nume",
)


@dataclass(frozen=True)
class NamedStreets:
    """Streets by name.

    Attributes
    ----------
    names
        (s,) names; one of several pieces stands once a piece.
    lines
        (s,) pieces, planning CRS, metres, the longest first.
    """

    names: tuple[str, ...]
    lines: np.ndarray

    @cached_property
    def lengths(self) -> np.ndarray:
        """Length of each piece, metres, (s,)."""
        return shapely.length(self.lines)

    @cached_property
    def boxes(self) -> np.ndarray:
        """West, south, east, north of each piece, (s, 4)."""
        return shapely.bounds(self.lines).reshape(-1, 4)


def street_names(town: Town) -> NamedStreets | None:
    """Return the streets of a town that have a name; None where no layer of roads names any, or none can be read.

    The map is the better for them, and does without: what is wrong with the layer is said by what plans with it.
    """
    for layer, column in _layers(town.description):
        try:
            found = _read(town, layer, column)
        except (InputError, OSError, ValueError):
            continue
        if found is not None:
            return found
    return None


def _layers(d: Description) -> list[tuple[Layer, str | None]]:
    """Return the layers that may name streets, and the column where the project gives it."""
    found: list[tuple[Layer, str | None]] = []
    if d.forum is not None and d.forum.streets is not None:
        found.append((d.forum.streets, d.forum.streets.name))
    for section in (d.stations, d.beats, d.service):
        roads = getattr(section, "roads", None)
        if roads is not None and not isinstance(roads, bool):
            found.append((roads, None))
    return found


def _read(town: Town, layer: Layer, column: str | None) -> NamedStreets | None:
    path = town.description.path(layer.path)
    if is_openstreetmap(path):
        frame, _ = named_streets(path, layer, town.units.geometry)
        column = "name"
    else:
        named = _column_of_names if column is None else [column]
        frame, _ = read_layer(path, layer.layer, named, layer.crs)
        column = column or next(iter(_column_of_names([str(c) for c in frame.columns])), None)
        if column is None:
            return None
    return merged(gpd.GeoDataFrame(frame.to_crs(town.crs)), column)


def _column_of_names(there: Sequence[str]) -> list[str]:
    """Return the column of names of a layer's columns, alone, if there is one."""
    by_fold = {c.casefold(): c for c in there}
    return [by_fold[c] for c in NAME_COLUMNS if c in by_fold][:1]


def merged(frame: gpd.GeoDataFrame, column: str) -> NamedStreets | None:
    """Return the lines of a layer joined by name; None where none has one."""
    names = np.array(["" if is_missing(v) else " ".join(str(v).split()) for v in frame[column]], dtype=object)
    lines = np.asarray(frame.geometry.array, dtype=object)
    good = (names != "") & np.isin(shapely.get_type_id(lines), [1, 5]) & ~shapely.is_empty(lines)
    if not good.any():
        return None
    parts, of = shapely.get_parts(shapely.force_2d(lines[good]), return_index=True)
    kinds, number = np.unique(names[good][of].astype(str), return_inverse=True)
    order = np.argsort(number, kind="stable")
    streets = shapely.line_merge(shapely.multilinestrings(parts[order], indices=number[order]))
    pieces, street = shapely.get_parts(streets, return_index=True)
    longest = np.argsort(-shapely.length(pieces), kind="stable")
    return NamedStreets(tuple(str(kinds[k]) for k in street[longest]), pieces[longest])
