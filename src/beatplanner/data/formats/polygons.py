"""Geometries of a layer as valid polygons; what is broken is mended, or left out and named."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely

from beatplanner.data.errors import InputError
from beatplanner.data.formats import geometry
from beatplanner.data.formats.cells import raise_rows
from beatplanner.data.formats.source import Place

# Untangling takes time in the square of the crossings; no mistake in drawing makes so many.
TANGLED = 20_000
# Farther than any projection puts a place, in its units.
MOST_COORDINATE = 1e12


def polygons_of(frame: gpd.GeoDataFrame, where: Place, names: Sequence[str]) -> tuple[np.ndarray, int]:
    """Return the geometries as valid polygons, and how many had to be mended.

    Raises
    ------
    InputError
        Where a geometry is missing, empty or no polygon; features are named by `names`.
    """
    shapes = np.asarray(frame.geometry.array, dtype=object)
    absent = np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if len(absent):
        rows = [(i, f"{names[i]} has no geometry") for i in absent.tolist()]
        raise_rows(rows, where, "geometry", "Draw its polygon or take it out")
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    nowhere = ~(np.abs(coordinates) < MOST_COORDINATE).all(axis=1)
    if nowhere.any():
        bad = int(owner[np.flatnonzero(nowhere)[0]])
        what = f"{names[bad]} has coordinates that are no numbers of any place"
        raise InputError(where.problem(what, "Draw its polygon again", row=where.rows[bad], field="geometry"))
    kinds = shapely.get_type_id(shapes)
    other = np.flatnonzero(~np.isin(kinds, [3, 6]))
    if len(other):
        rows = [(i, f"{names[i]} is a {shapes[i].geom_type}, not a polygon") for i in other.tolist()]
        raise_rows(rows, where, "geometry", "Give a layer of polygons")
    invalid = np.flatnonzero(~shapely.is_valid(shapes))
    tangled = [
        (i, f"{names[i]} is a scribble that crosses itself some {n:,} times")
        for i in invalid.tolist()
        if (n := _crossings(shapes[i])) > TANGLED
    ]
    if tangled:
        raise_rows(tangled, where, "geometry", "Draw its polygon again")
    shapes = shapes.copy()
    shapes[invalid] = geometry.valid(shapes[invalid])
    for i in invalid.tolist():
        parts = [g for g in shapely.get_parts(shapes[i]) if g.geom_type in {"Polygon", "MultiPolygon"}]
        if not parts or shapely.is_empty(shapes[i]):
            raise InputError(
                where.problem(f"{names[i]} is a broken polygon without area", row=where.rows[i], field="geometry")
            )
        shapes[i] = parts[0] if len(parts) == 1 else geometry.union(np.array(parts, dtype=object))
    return shapes, len(invalid)


def _crossings(polygon: shapely.Geometry) -> int:
    """Estimate how often a polygon's border crosses itself, from a sample of its segments."""
    west, south, east, north = (float(v) for v in shapely.bounds(polygon))
    with np.errstate(all="ignore"):
        long = float(shapely.length(polygon)) > 1_000 * 2 * (east - west + north - south)
    if long:
        # so long a border in so small a frame: no need to look closer
        return int(shapely.get_num_coordinates(polygon))
    ends = [
        np.stack([c[:-1], c[1:]], axis=1)
        for c in (shapely.get_coordinates(r) for r in shapely.get_rings(polygon))
        if len(c) > 1
    ]
    if not ends:
        return 0
    segments = np.asarray(shapely.linestrings(np.concatenate(ends)), dtype=object)
    size = int(min(np.clip(2_000_000 / len(segments), 20, 400), len(segments)))
    sample = segments[np.linspace(0, len(segments) - 1, size).astype(int)]
    met = len(shapely.STRtree(segments).query(sample, predicate="crosses")[0])
    return round(met / len(sample) * len(segments) / 2)
