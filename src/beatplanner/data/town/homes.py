"""Where residents live inside the units: from a population raster, a layer of points, or one point a unit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.formats.cells import numbers
from beatplanner.data.formats.frames import crs_of
from beatplanner.data.formats.points import read_points
from beatplanner.data.formats.rasters import opened_raster
from beatplanner.data.town.reading import Reading, unit_positions

# Cells of a raster are put together until there are at most this many homes: enough for minutes, few enough for a laptop.
HOME_LIMIT = 12_000


def read_homes(reading: Reading, units: gpd.GeoDataFrame) -> pd.DataFrame | None:
    """Return where residents live inside the units; one point a unit where nothing finer is given."""
    rules = reading.description.units
    if reading.description.stations is None:
        return None
    if rules.homes is not None:
        layer = rules.homes
        frame, where = reading.noting(
            read_points(
                reading.description.path(layer.path),
                layer.layer,
                None,
                None,
                layer.crs,
                [layer.unit, layer.residents],
                crs_of(units),
                "units.homes",
            )
        )
        unit = unit_positions(frame[layer.unit], units, where)
        notes: list[Note] = []
        people = numbers(frame[layer.residents], where, least=0, whole=True, notes=notes)
        reading.findings.add(notes)
        reading.record("units.homes", layer.path, len(frame))
        found = _homes_of_layer(frame, unit, people, units, lambda i: f"{where.file}, row {where.rows[i]}")
    elif rules.population_raster is not None and reading.description.stations.distances is None:
        found = _homes_of_raster(reading.description.path(rules.population_raster), units)
    else:
        return _one_home_a_unit(units)
    reading.findings.note(
        "info", f"Walks start from {len(found):,} points inside the {len(units):,} units, weighed by residents"
    )
    return found


def _one_home_a_unit(units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the representative point of each unit as its only home."""
    return pd.DataFrame({"unit": np.arange(len(units)), "x": units["x"], "y": units["y"], "share": 1.0})


def _filled(values: Any) -> np.ndarray:
    """Return the numbers of a raster's cells, 0 where there is none; numpy annotates masked arrays in part only."""
    return np.asarray(values.filled(0.0) if hasattr(values, "filled") else values, float)


def _homes_of_raster(path: Path, units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return weighted points inside the units, by exactextract: a cell counts in each unit by the part that lies in it.

    Cells are put together on squares, each at the mean place of its residents, so that at most `HOME_LIMIT` points are left.

    Returns
    -------
    pandas.DataFrame
        ``unit`` (position), ``x``, ``y`` (metres), ``share`` of the unit's residents; every unit has one row at least.
    """
    with opened_raster(path) as raster:
        # a heavy library, and few projects have a raster
        from exactextract import exact_extract

        crs = raster.crs
        shapes = gpd.GeoDataFrame(geometry=gpd.GeoSeries(units.geometry).to_crs(crs.to_wkt()))
        cells: Any = exact_extract(raster, shapes, ["values", "coverage", "center_x", "center_y"], output="pandas")
    unit = np.repeat(np.arange(len(units)), [len(v) for v in cells["values"]])
    people = np.nan_to_num(np.concatenate([_filled(v) for v in cells["values"]]))
    people = np.clip(people, 0, None) * np.concatenate(cells["coverage"].to_list())
    points = gpd.GeoSeries(
        gpd.points_from_xy(np.concatenate(cells["center_x"].to_list()), np.concatenate(cells["center_y"].to_list())),
        crs=crs.to_wkt(),
    ).to_crs(crs_of(units))
    found = pd.DataFrame({"unit": unit, "x": points.x, "y": points.y, "people": people})
    found = found[found["people"] > 0]
    side = 50.0
    while True:
        groups = [found["unit"], np.floor(found["x"] / side), np.floor(found["y"] / side)]
        weighed = found.assign(x=found["x"] * found["people"], y=found["y"] * found["people"])
        merged = weighed.groupby(groups, sort=True)[["x", "y", "people"]].sum()
        if len(merged) <= max(HOME_LIMIT, 3 * len(units)):
            break
        side *= 1.25
    merged["x"] /= merged["people"]
    merged["y"] /= merged["people"]
    merged.index.names = ["unit", "column", "row"]
    return _with_every_unit(merged.reset_index()[["unit", "x", "y", "people"]], units)


def _homes_of_layer(
    frame: pd.DataFrame, unit: np.ndarray, people: np.ndarray, units: gpd.GeoDataFrame, name: Callable[[int], str]
) -> pd.DataFrame:
    """Return the points of a layer as homes.

    Parameters
    ----------
    frame
        ``x``, ``y``, metres.
    unit, people
        (h,) position of the unit, and residents, of each point.
    name
        Names the file and row of a point.

    Raises
    ------
    InputError
        Where a point lies far outside its unit.
    """
    gap = shapely.distance(units.geometry.to_numpy()[unit], shapely.points(frame[["x", "y"]].to_numpy(float)))
    far = np.flatnonzero(gap > 1000)
    if len(far):
        i = int(far[0])
        what = f"a home of {units['name'].iat[unit[i]]} lies {gap[i] / 1000:,.1f} km outside of it ({len(far):,} such homes)"
        raise InputError(problem(what, "Check its unit and coordinates", file=name(i)))
    found = pd.DataFrame({"unit": unit, "x": frame["x"], "y": frame["y"], "people": people})
    return _with_every_unit(found[found["people"] > 0], units)


def _with_every_unit(found: pd.DataFrame, units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Turn residents into shares of the unit's; a unit without any gets its representative point."""
    absent = np.setdiff1d(np.arange(len(units)), found["unit"])
    empty = pd.DataFrame(
        {"unit": absent, "x": units["x"].to_numpy()[absent], "y": units["y"].to_numpy()[absent], "people": 1.0}
    )
    every = pd.concat([found, empty], ignore_index=True).sort_values("unit", kind="stable", ignore_index=True)
    total = every.groupby("unit")["people"].transform("sum")
    return pd.DataFrame(
        {"unit": every["unit"].astype(int), "x": every["x"], "y": every["y"], "share": every["people"] / total}
    )
