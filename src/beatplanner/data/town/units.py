"""Reads the units: ids, polygons in the planning CRS, names, municipalities and residents."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import listed
from beatplanner.data.formats import geometry
from beatplanner.data.formats.cells import numbers, texts
from beatplanner.data.formats.datums import accuracy_offline, same_datum, utm_of
from beatplanner.data.formats.frames import crs_of
from beatplanner.data.formats.layers import crs_from, read_layer
from beatplanner.data.formats.polygons import polygons_of
from beatplanner.data.formats.source import Place
from beatplanner.data.town.coverage import mend_coverage
from beatplanner.data.town.exchanged import with_doubted_axes
from beatplanner.data.town.reading import Reading
from beatplanner.data.town.residents import read_residents
from beatplanner.data.town.where import disputed_units, guess_units

# Units farther than this from the middle of the others, in km, are in the wrong place on earth.
FAR_UNITS_KM = 1_000


def read_units(reading: Reading) -> tuple[gpd.GeoDataFrame, bool]:
    """Read the units into the planning CRS.

    Returns
    -------
    tuple
        The units as in `Town`, with ``current`` and ``locked`` empty; and whether their ids are whole numbers in the file.
    """
    rules = reading.description.units
    columns = [
        rules.id,
        rules.name,
        rules.population,
        rules.municipality,
        rules.workload,
        *rules.amounts.values(),
        *(() if rules.population_table else rules.groups.values()),
    ]
    frame, where = read_layer(
        reading.description.path(rules.path),
        rules.layer,
        [c for c in columns if c],
        rules.crs,
        guess_units(reading),
        whole=True,
    )
    where = with_doubted_axes(reading, frame, disputed_units(reading, frame, where))
    frame, where = reading.noting((frame, where))
    rows = len(frame)
    frame, where, in_layer = _without_empty(reading, frame, where)
    ids, whole = _unit_ids(frame[rules.id], where)
    shapes, mended = polygons_of(frame, where, [f"unit {i}" for i in ids])
    crs = _planning_crs(reading, frame, where)
    _note_accuracy(reading, crs_of(frame), crs, shapes, where)
    moved = gpd.GeoSeries(shapes, crs=frame.crs).to_crs(crs)
    polygons = np.array(moved.array, dtype=object)
    # a change of CRS moves points, and may cross a thin polygon's border over itself
    crossed = np.flatnonzero(~shapely.is_valid(polygons))
    polygons[crossed] = geometry.valid(polygons[crossed])
    _check_places(polygons, ids, where)
    repaired = [f"{mended:,} polygons crossed themselves and were mended"] if mended else []
    polygons = _as_coverage(reading, polygons, frame, ids, where, repaired)
    reading.findings.add(where.fact(r, "warning") for r in repaired)
    n = len(ids)
    inner = shapely.point_on_surface(polygons)
    municipality = _municipalities(reading, frame, where)
    data: dict[str, object] = {
        "unit": ids,
        "name": _unit_names(reading, frame, ids, municipality),
        "municipality": municipality,
    }
    group_sums: dict[str, np.ndarray] = {}
    with reading.findings.keep():
        residents = read_residents(reading, frame, polygons, ids, in_layer, crs, where)
        data["population"], group_sums = residents.people, residents.groups
    data["workload"] = np.full(n, np.nan)
    if rules.workload:
        with reading.findings.keep():
            data["workload"] = _measured(reading, frame, rules.workload, where)
    data["current"], data["locked"] = None, None
    for group, column in rules.groups.items():
        if group in group_sums:
            data[f"group_{group}"] = group_sums[group]
            continue
        with reading.findings.keep():
            notes: list[Note] = []
            data[f"group_{group}"] = numbers(frame[column], where, least=0, empty=0.0, whole=True, notes=notes)
            reading.findings.add(notes)
    for name, column in rules.amounts.items():
        with reading.findings.keep():
            data[f"amount_{name}"] = _measured(reading, frame, column, where)
    data["x"], data["y"] = shapely.get_x(inner), shapely.get_y(inner)
    reading.findings.raise_if_any()
    units = gpd.GeoDataFrame(data, geometry=polygons, crs=crs)
    for column in ("current", "locked"):
        units[column] = units[column].astype(object)
    _check_groups(reading, units, where)
    where = replace(where, notes=(*where.notes, *(where.fact(r) for r in repaired)))
    reading.record("units", rules.path, rows, n, where)
    return units, whole


def _measured(reading: Reading, frame: gpd.GeoDataFrame, column: str, where: Place) -> np.ndarray:
    """Return a column of hours or further amounts; one that is used of residents too means the same in both uses."""
    rules, decided = reading.description.units, list[Note]()
    whole = column in {rules.population, *rules.groups.values()}
    found = numbers(frame[column], where, least=0, whole=whole, notes=decided)
    reading.findings.add(decided)
    return found


def _without_empty(reading: Reading, frame: gpd.GeoDataFrame, where: Place) -> tuple[gpd.GeoDataFrame, Place, float]:
    """Leave out rows that hold nothing: no polygon and no residents, or the same as another row in everything; give the residents of all rows."""
    rules = reading.description.units
    people, in_layer = None, 0.0
    if rules.population:
        # a column that is no number is told later, with its rows, and so is what is decided of it
        with contextlib.suppress(InputError):
            people = numbers(frame[rules.population], where, empty=0.0, whole=True, notes=[])
            in_layer = float(people.sum())
    shapes = frame.geometry.to_numpy().copy()
    for i in np.flatnonzero(shapely.get_type_id(shapes) == 7):
        # a collection of a polygon and its label or outline
        parts = shapely.get_parts(shapes[i])
        areas = parts[np.isin(shapely.get_type_id(parts), [3, 6])]
        if len(areas):
            shapes[i] = geometry.union(areas)
    frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    no_polygon = shapely.is_missing(shapes) | shapely.is_empty(shapes) | ~np.isin(shapely.get_type_id(shapes), [3, 6])
    unused = no_polygon & ((people == 0) if people is not None else pd.isna(frame[rules.id]).to_numpy())
    if no_polygon.all():
        unused[:] = False
    same = pd.DataFrame({c: frame[c].astype(str).to_numpy() for c in frame.columns if c != frame.geometry.name})
    same["shape"] = shapely.to_wkb(shapes)
    twice = same.duplicated().to_numpy() & ~unused
    notes: list[Note] = []
    if unused.any():
        what = f"{int(unused.sum()):,} rows without a polygon and without residents were left out"
        notes.append(where.fact(what, "warning"))
    if twice.any():
        what = f"{int(twice.sum()):,} rows stand twice, alike in everything, and were counted once"
        notes.append(where.fact(what, "warning"))
    if not notes:
        return frame, where, in_layer
    reading.findings.add(notes)
    kept = np.flatnonzero(~(unused | twice))
    rows = tuple(where.rows[i] for i in kept)
    return frame.iloc[kept].reset_index(drop=True), replace(where, rows=rows, notes=(*where.notes, *notes)), in_layer


def _as_coverage(
    reading: Reading, polygons: np.ndarray, frame: gpd.GeoDataFrame, ids: list[str], where: Place, repaired: list[str]
) -> np.ndarray:
    """Close gaps and overlaps between units within the limit; what is left of them is a doubt."""
    rules = reading.description.units
    names = [n or i for n, i in zip(texts(frame[rules.name]) if rules.name else ids, ids, strict=True)]
    found = mend_coverage(polygons, names, rules.mend_metres)
    repaired += found.notes
    for what in found.left:
        reading.findings.add([where.fact(what, "warning", "Correct their borders in QGIS", field="geometry")])
    polygons = found.polygons
    # borders that match to the last digit cannot overlap; only the others are looked at
    at = np.arange(len(polygons)) if found.matched is None else np.flatnonzero(~found.matched)
    a, b = shapely.STRtree(polygons[at]).query(polygons[at], predicate="overlaps")
    a, b = at[a[a < b]], at[b[a < b]]
    common = shapely.area(geometry.intersection(polygons[a], polygons[b]))
    much = np.flatnonzero(common > 0.01 * np.minimum(shapely.area(polygons[a]), shapely.area(polygons[b])))
    if len(much):
        first = much[np.argmax(common[much])]
        what = (
            f"{len(much):,} pairs of units overlap, most of all {names[a[first]]} and {names[b[first]]} by "
            f"{common[first]:,.0f} m²"
        )
        reading.findings.note("warning", what, "Check their borders", file=where.file, layer=where.layer)
    return polygons


def _note_accuracy(reading: Reading, crs: CRS, planned: CRS, shapes: np.ndarray, where: Place) -> None:
    """Say how exact a change of datum is without a grid that would have to be downloaded."""
    if crs.geodetic_crs is None or same_datum(crs, planned):
        return
    box = geometry.frame_of(shapes)
    bounds = gpd.GeoSeries([box], crs=crs).to_crs(4326).total_bounds
    if not np.isfinite(bounds).all():
        return
    here, better = accuracy_offline(crs, planned, *(float(v) for v in bounds))
    if here is not None and here >= 0.5:
        more = f"; a grid that is not here would give {better:g} m" if better is not None else ""
        what = (
            f"its places are exact to about {here:g} m after the change from {crs.geodetic_crs.name} to "
            f"{planned.name}{more}"
        )
        reading.findings.add([where.fact(what)])


def _unit_ids(values: pd.Series, where: Place) -> tuple[list[str], bool]:
    """Return the ids, and whether they are whole numbers in the file."""
    found = texts(values)
    empty = [i for i, v in enumerate(found) if v is None]
    if empty:
        what = f"{len(empty):,} units have no id"
        raise InputError(where.problem(what, "Give each unit an id", row=where.rows[empty[0]], field=str(values.name)))
    counts = pd.Series(found).value_counts()
    double = counts[counts > 1]
    if len(double):
        what = f"ids must be unique, and {len(double):,} are not: {listed(double.index)}"
        raise InputError(where.problem(what, "Give each unit an id of its own", field=str(values.name)))
    whole = pd.api.types.is_integer_dtype(values) or (
        pd.api.types.is_float_dtype(values) and bool((values % 1 == 0).all())
    )
    return [str(v) for v in found], whole


def _planning_crs(reading: Reading, frame: gpd.GeoDataFrame, where: Place) -> CRS:
    given = reading.description.project.crs
    try:
        best = utm_of(frame)
    except (RuntimeError, ValueError):
        what = f"the coordinates do not lie on earth in the layer's CRS ({frame.crs})"
        raise guess_units(reading, what)(frame, where) from None
    if given is None:
        reading.findings.note("info", f"Planned in {best.to_string()}, in metres")
        return best
    crs = crs_from(given, file=reading.description.file.name, field="project.crs")
    if not crs.is_projected or any(abs(axis.unit_conversion_factor - 1) > 1e-9 for axis in crs.axis_info):
        what = f"{given} ({crs.name}) is not in metres, and the planning CRS must be"
        mend = f'Give crs = "{best.to_string()}" ({best.name}), or leave it out; layers may be in any CRS'
        raise InputError(problem(what, mend, file=reading.description.file.name, field="project.crs"))
    return crs


def _check_places(polygons: np.ndarray, ids: list[str], where: Place) -> None:
    centres = shapely.get_coordinates(shapely.centroid(polygons))
    if not np.isfinite(centres).all():
        bad = int(np.flatnonzero(~np.isfinite(centres).all(axis=1))[0])
        raise InputError(
            where.problem(f"unit {ids[bad]} does not lie on earth in the layer's CRS", "Set the right CRS")
        )
    apart = np.hypot(*(centres - np.median(centres, axis=0)).T) / 1000
    far = np.flatnonzero(apart > FAR_UNITS_KM)
    if len(far):
        what = (
            f"unit {ids[far[0]]} lies {apart[far[0]]:,.0f} km from the middle of the others ({len(far):,} such units)"
        )
        raise InputError(where.problem(what, "Correct its polygon", row=where.rows[int(far[0])], field="geometry"))
    # the same polygon lies in the same frame, to the rounding of its corners
    frames = pd.DataFrame(shapely.bounds(polygons).round(3)).groupby([0, 1, 2, 3]).indices
    twice = [
        (ids[int(i)], ids[int(j)])
        for alike in frames.values()
        for n, i in enumerate(alike)
        for j in alike[n + 1 :]
        if shapely.equals(polygons[i], polygons[j])
    ]
    if twice:
        what = f"units {twice[0][0]} and {twice[0][1]} are the same polygon ({len(twice):,} such pairs)"
        raise InputError(where.problem(what, "Take one out", field="geometry"))


def _municipalities(reading: Reading, frame: gpd.GeoDataFrame, where: Place) -> list[str]:
    column = reading.description.units.municipality
    if column is None:
        return [""] * len(frame)
    found = texts(frame[column])
    empty = [i for i, v in enumerate(found) if v is None]
    if empty:
        what = f"{len(empty):,} units have no municipality"
        reading.findings.add([where.problem(what, "Name one for each unit", row=where.rows[empty[0]], field=column)])
    return [v or "" for v in found]


def _unit_names(reading: Reading, frame: gpd.GeoDataFrame, ids: list[str], municipality: list[str]) -> list[str]:
    column = reading.description.units.name
    if column is None:
        return [f"{m} {i}" if m else i for m, i in zip(municipality, ids, strict=True)]
    return [name or i for name, i in zip(texts(frame[column]), ids, strict=True)]


def _check_groups(reading: Reading, units: gpd.GeoDataFrame, where: Place) -> None:
    for group, column in reading.description.units.groups.items():
        more = int((units[f"group_{group}"] > units["population"] + 0.5).sum())
        if more:
            what = f"{more:,} units have more {group} speakers than residents"
            reading.findings.note("warning", what, "Check the column", file=where.file, field=column)
