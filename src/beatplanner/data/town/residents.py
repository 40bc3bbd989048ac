"""How many people live in each unit, to the person, from whatever gives them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
from pyproj import CRS

from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.formats.cells import numbers, texts
from beatplanner.data.formats.layers import read_layer, read_table
from beatplanner.data.formats.polygons import polygons_of
from beatplanner.data.formats.rasters import opened_raster
from beatplanner.data.formats.source import Place
from beatplanner.data.town.population import join_table, split_census
from beatplanner.data.town.reading import Reading, read_shapes

# Cells of a raster that are read at once at most, and more residents than any country has.
MOST_CELLS = 60_000_000
MOST_PEOPLE = 2e9


@dataclass(frozen=True)
class Residents:
    """Residents of the units.

    Attributes
    ----------
    people
        (n,) residents; NaN in every row where they are unknown.
    groups
        (n,) residents of each language that came with them in a table.
    """

    people: np.ndarray
    groups: dict[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])


def read_residents(
    reading: Reading,
    frame: gpd.GeoDataFrame,
    polygons: np.ndarray,
    ids: list[str],
    in_layer: float,
    crs: CRS,
    where: Place,
) -> Residents:
    """Read the residents of the units: from their own column, a raster, a table by code, or an older census.

    Parameters
    ----------
    reading, frame, where
        The units' layer as read.
    polygons, ids
        (n,) polygons in the planning CRS, and ids.
    in_layer
        Residents in all rows of the layer, those left out among them.
    crs
        The planning CRS.
    """
    rules = reading.description.units
    if rules.population_raster:
        return Residents(_of_raster(reading, polygons, crs))
    if rules.population_table:
        return _of_table(reading, ids)
    if rules.census:
        return Residents(_of_census(reading, polygons, crs))
    if not rules.population:
        reading.findings.note(
            "warning",
            "Residents are unknown: plans count workload where they would count people",
            "Name the column as units.population",
            file=where.file,
        )
        return Residents(np.full(len(frame), np.nan))
    notes: list[Note] = []
    people = numbers(frame[rules.population], where, least=0, whole=True, notes=notes)
    reading.findings.add(notes)
    twice = f" ({in_layer - people.sum():,.0f} in rows that stand twice)" if in_layer != people.sum() else ""
    reading.findings.note(
        "info",
        f"Residents: {in_layer:,.0f} in the layer{twice}, {people.sum():,.0f} in the plan",
        file=where.file,
    )
    return Residents(people)


def _of_table(reading: Reading, ids: list[str]) -> Residents:
    """Add up the residents of a table by unit; groups whose columns stand in it are kept for the units."""
    rules = reading.description.units.population_table
    assert rules is not None
    columns = list(dict.fromkeys([*rules.residents, *reading.description.units.groups.values()]))
    frame, where = reading.noting(read_table(reading.description.path(rules.path), rules.layer, [rules.key, *columns]))
    notes: list[Note] = []
    values = np.column_stack([numbers(frame[c], where, least=0, empty=0.0, whole=True, notes=notes) for c in columns])
    found = join_table(ids, texts(frame[rules.key]), values)
    notes += [where.fact(f, field=rules.key) for f in found.facts]
    notes += [
        where.fact(f, "warning", "Correct the codes; units without a row have no residents", field=rules.key)
        for f in found.doubts
    ]
    sums = np.nan_to_num(found.sums)
    people = sums[:, [columns.index(c) for c in rules.residents]].sum(axis=1)
    if not people.any():
        raise InputError(
            where.problem(
                "no row of the table belongs to a unit",
                "Name the column with the units' ids as key",
                field=rules.key,
            )
        )
    groups = {g: sums[:, columns.index(c)] for g, c in reading.description.units.groups.items()}
    in_table = values[:, [columns.index(c) for c in rules.residents]].sum()
    notes.append(where.fact(f"Residents: {in_table:,.0f} in the rows of the table, {people.sum():,.0f} in the plan"))
    reading.findings.add(notes)
    where = replace(where, notes=(*where.notes, *notes))
    reading.record(
        "units.population_table", rules.path, len(frame), int(np.isfinite(found.sums).any(axis=1).sum()), where
    )
    return Residents(people, groups)


def _of_census(reading: Reading, polygons: np.ndarray, crs: CRS) -> np.ndarray:
    """Split the residents of an older census over the units, to the person."""
    rules = reading.description.units.census
    assert rules is not None
    frame, where = reading.noting(
        read_layer(reading.description.path(rules.path), rules.layer, [rules.id, rules.population], rules.crs)
    )
    names = [f"census area {v}" for v in texts(frame[rules.id])]
    shapes, _ = polygons_of(frame, where, names)
    areas = np.asarray(gpd.GeoSeries(shapes, crs=frame.crs).to_crs(crs).array, dtype=object)
    notes: list[Note] = []
    residents = numbers(frame[rules.population], where, least=0, whole=True, notes=notes)
    reading.findings.add(notes)
    buildings = (
        None if rules.buildings is None else read_shapes(reading, "units.census.buildings", rules.buildings, crs)
    )
    found = split_census(areas, residents, polygons, buildings)
    by = "area" if buildings is None else "the buildings in each part"
    what = (
        f"Residents: {residents.sum():,.0f} in the census, {found.people.sum():,.0f} in the plan; {found.split[0]:,} areas with "
        f"{found.split[1]:,.0f} residents lie in several units and were split by {by}, so that their units' numbers are estimates"
    )
    notes = [where.fact(what, "warning" if found.split[0] else "info")]
    if found.outside:
        notes.append(
            where.fact(
                f"{found.outside:,.0f} residents live in census areas that meet no unit",
                "warning",
                "Check that the units cover the town",
            )
        )
    if not found.people.any():
        raise InputError(where.problem("no census area with residents meets a unit", "Check its CRS"))
    reading.findings.add(notes)
    reading.record("units.census", rules.path, len(frame), where=replace(where, notes=(*where.notes, *notes)))
    return found.people


def _of_raster(reading: Reading, polygons: np.ndarray, crs_of_polygons: CRS) -> np.ndarray:
    """Add up the cells of a population raster inside the units."""
    rules = reading.description.units
    path = reading.description.path(rules.population_raster or Path())
    with opened_raster(path) as raster:
        import rasterio.windows
        from exactextract import exact_extract

        # a decorator makes its classes, which hides their arguments from a checker of types
        windows: Any = rasterio.windows
        crs, size = raster.crs, raster.width * raster.height
        if crs is None:
            raise InputError(problem("the raster has no CRS", "Set it in QGIS and export it again", file=path.name))
        shapes = gpd.GeoSeries(polygons, crs=crs_of_polygons).to_crs(crs.to_wkt())
        window = None
        if size > MOST_CELLS:
            # the raster of a country: only what lies around the units is read
            whole = windows.Window(0, 0, raster.width, raster.height)
            window = windows.from_bounds(*shapes.total_bounds, raster.transform).intersection(whole)
            if window.width * window.height > MOST_CELLS:
                what = f"the raster has {window.width * window.height:,.0f} cells around the units"
                raise InputError(problem(what, "Give a coarser one, of 100 m for instance", file=path.name))
        band = raster.read(1, masked=True, window=window).astype(float)
        sums: Any = exact_extract(raster, gpd.GeoDataFrame(geometry=shapes), ["sum"], output="pandas")
        found = sums["sum"].to_numpy(float)
    people = np.nan_to_num(found, posinf=0.0, neginf=0.0)
    people = np.where(people < 0, 0.0, people)
    cells = band.filled(0)
    total = float(cells[np.isfinite(cells)].clip(min=0).sum())
    around = "in the raster" if window is None else "in the raster around the units"
    reading.findings.note(
        "info",
        f"Residents: {total:,.0f} {around}, {people.sum():,.0f} inside the units "
        f"({total - people.sum():,.0f} live in cells outside)",
        file=path.name,
    )
    if people.sum() <= 0 or people.sum() > MOST_PEOPLE:
        what = (
            "no resident of the raster lives in any unit"
            if people.sum() <= 0
            else f"the raster has {people.sum():,.0g} residents in the units"
        )
        raise InputError(problem(what, "Check its CRS, extent and unit", file=path.name))
    reading.record("units.population_raster", rules.population_raster or Path(), band.size)
    return people
