"""Points of a point layer, or of a table with coordinates in any spelling, in the planning CRS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from beatplanner.data.errors import InputError, Note
from beatplanner.data.formats.cells import MISSING_CODES, numbers, raise_rows, read_numbers, texts
from beatplanner.data.formats.coordinates import MGRS, parse_degrees, parse_pairs
from beatplanner.data.formats.layers import NO_CRS, SET_CRS, crs_from, read_layer, read_table, with_datum
from beatplanner.data.formats.source import Place


def read_points(
    path: Path,
    layer: str | None,
    x: str | None,
    y: str | None,
    crs: str | None,
    columns: Sequence[str],
    to: CRS,
    key: str,
    guess: Callable[[np.ndarray, Place, str], InputError] | None = None,
) -> tuple[pd.DataFrame, Place]:
    """Read points from a table with coordinates or from a point layer, in the planning CRS.

    Parameters
    ----------
    path, layer
        The file.
    x, y, crs
        Columns of the coordinates and their CRS; None for a layer, whose own CRS `crs` then overrides. The same column twice holds both:
        “latitude, longitude” or an MGRS reference.
    columns
        The only other columns read.
    to
        CRS of the result, metres.
    key
        Key of the description, for messages, such as ``incidents``.
    guess
        Makes the error for coordinates that lie in no or a wrong CRS, with a proposal, out of coordinates, place and what is wrong.

    Returns
    -------
    tuple of pandas.DataFrame and Place
        Columns ``x``, ``y`` (NaN where a cell is empty), then `columns` as in the file.

    Raises
    ------
    InputError
        As for `read_layer` and `numbers`, and where coordinates lie outside what the CRS allows.
    """
    if x is not None and y is not None:
        frame, where = read_table(path, layer, [x, y, *columns])
        given = crs_from(crs or "EPSG:4326", file=path.name, field=f"{key}.crs")
        east, north, given, notes = coordinates(frame, x, y, given, where)
        where = replace(where, notes=(*where.notes, *notes))
        if crs is None and given.is_geographic and not (x == y or notes) and guess is not None:
            raise guess(np.column_stack([east, north]), where, "the coordinates have no CRS")
        check_degrees((x, y), east, north, given, where, key, guess)
        points = gpd.GeoSeries(gpd.points_from_xy(east, north), crs=given)
        where = with_datum(where, given, np.column_stack([east, north]))
    else:

        def no_crs(frame: gpd.GeoDataFrame, where: Place) -> InputError:
            if guess is None:
                return InputError(where.problem(NO_CRS, SET_CRS))
            return guess(shapely.get_coordinates(shapely.centroid(frame.geometry.to_numpy())), where, NO_CRS)

        frame, where = read_layer(path, layer, columns, crs, no_crs)
        shapes = frame.geometry
        kinds = set(shapes.geom_type.dropna())
        if not kinds <= {"Point"}:
            inner = shapes.to_numpy().copy()
            there = ~(shapely.is_missing(inner) | shapely.is_empty(inner))
            area = there & (shapely.get_type_id(inner) != 0)
            many = area & (shapely.get_type_id(inner) == 4)
            inner[area & ~many] = shapely.point_on_surface(inner[area & ~many])
            inner[many] = shapely.centroid(inner[many])
            shapes = gpd.GeoSeries(inner, crs=frame.crs)
        inner = shapes.to_numpy()
        blank = shapely.is_missing(inner) | shapely.is_empty(inner)
        points = gpd.GeoSeries(
            np.where(blank, np.array(shapely.Point(np.nan, np.nan), dtype=object), inner), crs=frame.crs
        )
    there = points.to_crs(to)
    placed = np.column_stack([there.x.to_numpy(float), there.y.to_numpy(float)])
    placed[~np.isfinite(placed).all(axis=1)] = np.nan
    found = pd.DataFrame(frame[list(dict.fromkeys(columns))]).reset_index(drop=True)
    found.insert(0, "x", placed[:, 0])
    found.insert(1, "y", placed[:, 1])
    return found, where


def check_degrees(
    columns: tuple[str, str],
    east: np.ndarray,
    north: np.ndarray,
    given: CRS,
    where: Place,
    key: str,
    guess: Callable[[np.ndarray, Place, str], InputError] | None = None,
) -> None:
    """Raise InputError where coordinates of a geographic CRS are no longitudes and latitudes; parameters as in `read_points`."""
    bad = np.flatnonzero((np.abs(east) > 180) | (np.abs(north) > 90))
    if not given.is_geographic or not len(bad):
        return
    (x, y), first = columns, int(bad[0])
    what = f"{x} {east[first]:g}, {y} {north[first]:g} is no longitude and latitude ({len(bad):,} such rows)"
    if guess is not None and len(bad) > 0.5 * np.isfinite(east).sum():
        raise guess(np.column_stack([east, north]), where, what)
    mend = f"Set {key}.crs to the CRS that the numbers are in"
    raise InputError(where.problem(what, mend, row=where.rows[first], field=x))


@dataclass
class ColumnPoints:
    """Two columns, or one, read as coordinates.

    Attributes
    ----------
    east, north
        (n,) NaN where a cell is empty, unknown or no coordinate.
    degrees
        Whether their spelling says that they are longitude and latitude.
    wrong
        Column: position and sentence of each cell that is no coordinate.
    notes
        How they were read, in sentences.
    """

    east: np.ndarray
    north: np.ndarray
    degrees: bool = False
    wrong: dict[str, list[tuple[int, str]]] = field(default_factory=dict[str, list[tuple[int, str]]])
    notes: list[str] = field(default_factory=list[str])


def read_coordinates(frame: pd.DataFrame, x: str, y: str) -> ColumnPoints | None:
    """Return the coordinates that columns hold: numbers, degrees with minutes and seconds, or both in one column (the same name twice).

    None where one column is to hold both and holds neither pairs nor MGRS references.
    """
    if x == y:
        column = texts(frame[x])
        both = parse_pairs(column)
        if both is None:
            return None
        bad = [i for i in np.flatnonzero(~np.isfinite(both).all(axis=1)) if column[i] is not None]
        kind = "pairs of degrees" if not any(MGRS.match(t) for t in column if t is not None) else "MGRS references"
        found = ColumnPoints(both[:, 0], both[:, 1], True, {}, [f"coordinates were read as {kind}"])
        if bad:
            found.wrong[x] = [
                (int(i), f"holds “{str(column[i])[:60]}”, which is no coordinate like the others") for i in bad
            ]
        return found
    if not (pd.api.types.is_numeric_dtype(frame[x]) or pd.api.types.is_numeric_dtype(frame[y])):
        # a look at the first rows is enough to know plain numbers
        start = [parse_degrees(texts(frame[c].dropna().head(200))) for c in (x, y)]
        sides = [None if s is None else parse_degrees(texts(frame[c])) for s, c in zip(start, (x, y), strict=True)]
        if sides[0] is not None and sides[1] is not None:
            notes = ["coordinates were read as degrees, minutes and seconds"]
            found = ColumnPoints(sides[0], sides[1], True, {}, notes)
            for c, side in zip((x, y), (sides[0], sides[1]), strict=True):
                column = texts(frame[c])
                bad = [int(i) for i in np.flatnonzero(np.isnan(side)) if column[i] is not None]
                if bad:
                    found.wrong[c] = [
                        (i, f"holds “{str(column[i])[:60]}”, which is no degrees, minutes and seconds") for i in bad
                    ]
            return found
    cells = {c: read_numbers(frame[c]) for c in (x, y)}
    east, north = cells[x].values, cells[y].values
    found = ColumnPoints(east, north, False, {c: v.wrong for c, v in cells.items() if v.wrong})
    blank = np.isnan(east) | np.isnan(north)
    # 0, 0 lies in the sea: it is what programs write for “unknown”, as they do −999
    zero = (east == 0) & (north == 0) & ~blank
    coded = np.isin(east, MISSING_CODES) & np.isin(north, MISSING_CODES)
    east[zero | coded | blank], north[zero | coded | blank] = np.nan, np.nan
    if np.any((np.abs(east) > 180) | (np.abs(north) > 90)):
        # thousands may be meant: of degrees nobody writes any
        found.notes += dict.fromkeys(note for c in cells.values() for note in c.notes)
    if zero.any():
        found.notes.append(f"{int(zero.sum()):,} rows have the coordinates 0, 0, which stand for unknown")
    if coded.any():
        found.notes.append(f"{int(coded.sum()):,} rows have coordinates such as −999, which stand for unknown")
    return found


def coordinates(
    frame: pd.DataFrame, x: str, y: str, given: CRS, where: Place
) -> tuple[np.ndarray, np.ndarray, CRS, list[Note]]:
    """Return eastings and northings (NaN where empty), the CRS that they are in, and how they were read; InputError for what is none."""
    found = read_coordinates(frame, x, y)
    if found is None:
        first = next((t for t in texts(frame[x]) if t), "")
        what = f"“{first}” is neither “latitude, longitude” nor an MGRS reference"
        raise InputError(where.problem(what, "Give one column for x and one for y", row=where.rows[0], field=x))
    for column, wrong in found.wrong.items():
        raise_rows(wrong, where, column, "Correct the cell")
    if not found.degrees:
        # what is beyond any measure is told as such
        for name, found_here in ((x, found.east), (y, found.north)):
            numbers(pd.Series(np.where(np.isnan(found_here), 0.0, found_here), name=name), where, notes=[])
    in_degrees = found.degrees and (x == y or not given.is_geographic)
    notes = [where.fact(what, field=x) for what in found.notes]
    return found.east, found.north, CRS.from_epsg(4326) if in_degrees else given, notes
