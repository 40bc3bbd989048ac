"""What can be mended in a layer of a draft: a button's words, and how; staging carries it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.formats import geometry
from beatplanner.data.formats.cells import is_missing, read_numbers, read_times, texts
from beatplanner.data.formats.datums import utm_of
from beatplanner.data.guided_import.sources import NUMBERS, TIMES, WHOLE, DraftSource


@dataclass(frozen=True)
class Mend:
    """Something that staging can mend: a button's words, and how."""

    words: str
    do: Callable[[Any, DraftSource], Any]


def _number_ids(frame: Any, source: DraftSource) -> Any:
    """Give each row without an id of its own one; rows with a good one keep it."""
    column = source.columns["id"]
    found = texts(frame[column])
    taken = {v for v in found if v is not None}
    seen: set[str] = set()
    new: list[str] = []
    number = 1
    for value in found:
        if value is not None and value not in seen:
            new.append(value)
        else:
            root = value or "unit"
            while f"{root}-{number}" in taken:
                number += 1
            new.append(f"{root}-{number}")
            taken.add(new[-1])
        seen.add(new[-1])
    return frame.assign(**{column: new})


def _without_place(frame: Any, _source: DraftSource) -> Any:
    return frame[frame.geometry.notna() & ~frame.geometry.is_empty].reset_index(drop=True)


def _without_twins(frame: Any, _source: DraftSource) -> Any:
    double = pd.Series([g.normalize().wkb if g is not None else None for g in frame.geometry]).duplicated()
    return frame[~double.to_numpy()].reset_index(drop=True)


def _without_overlaps(frame: Any, _source: DraftSource) -> Any:
    """Give what two polygons share to the one that comes first."""
    drawn: list[shapely.Geometry] = list(frame.geometry)
    shapes = np.array([geometry.valid(g) for g in drawn], dtype=object)
    tree = shapely.STRtree(shapes)
    a, b = tree.query(shapes, predicate="overlaps")
    for first, second in sorted({(int(i), int(j)) for i, j in zip(a, b, strict=True) if i < j}):
        shapes[second] = geometry.difference(shapes[second], shapes[first])
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def _numbers_or_zero(frame: Any, source: DraftSource) -> Any:
    found: dict[str, object] = {}
    for meaning in NUMBERS:
        if meaning in source.columns:
            column = source.columns[meaning]
            values = read_numbers(frame[column], whole=meaning in WHOLE, coded=True).values
            found[column] = np.where(values >= 0, values, 0.0)
    return frame.assign(**found)


def _swapped(frame: Any, _source: DraftSource) -> Any:
    turned = shapely.transform(frame.geometry.to_numpy(), lambda c: c[:, ::-1])
    return frame.set_geometry(gpd.GeoSeries(turned, index=frame.index, crs=frame.crs))


def _without_wrong_times(frame: Any, source: DraftSource) -> Any:
    found: dict[str, object] = {}
    for meaning in TIMES:
        if meaning in source.columns:
            values = frame[source.columns[meaning]]
            right = read_times(values).values.notna().to_numpy()
            found[source.columns[meaning]] = values.astype(object).where(right, None)
    return frame.assign(**found)


def _first_of_each(frame: Any, source: DraftSource) -> Any:
    """Keep the first row of each officer, and none without a name."""
    names = pd.Series(texts(frame[source.columns["officer"]]), index=frame.index)
    return frame[names.notna() & ~names.duplicated()].reset_index(drop=True)


def _only_near(frame: Any, _source: DraftSource) -> Any:
    """Keep what lies within 20 km of the middle half of the layer."""
    centre = frame.geometry.to_crs(utm_of(frame)).centroid
    x, y = centre.x.to_numpy(float), centre.y.to_numpy(float)
    apart = np.hypot(x - np.nanmedian(x), y - np.nanmedian(y))
    return frame[apart <= max(20_000.0, 6 * float(np.nanmedian(apart)))].reset_index(drop=True)


def _municipality_filled(frame: Any, source: DraftSource) -> Any:
    """Name the municipality of a unit without one after that of the nearest unit."""
    column = source.columns["municipality"]
    empty = frame[column].map(is_missing).to_numpy(bool)
    if empty.all() or not empty.any():
        return frame
    centre = frame.geometry.representative_point()
    nearest = shapely.STRtree(centre[~empty].to_numpy()).nearest(centre[empty].to_numpy())
    values = frame[column].copy()
    values[empty] = frame.loc[~empty, column].to_numpy()[nearest]
    return frame.assign(**{column: values})


MENDS: dict[str, Mend] = {
    "ids": Mend("Give each an id of its own", _number_ids),
    "no_place": Mend("Leave out those without a place", _without_place),
    "twins": Mend("Keep one of each", _without_twins),
    "overlaps": Mend("Give what is shared to the first", _without_overlaps),
    "numbers": Mend("Count these cells as 0", _numbers_or_zero),
    "swap": Mend("Swap x and y", _swapped),
    "times": Mend("Leave these times empty", _without_wrong_times),
    "officers": Mend("Keep the first row of each", _first_of_each),
    "far": Mend("Leave out those far away", _only_near),
    "municipality": Mend("Take it from the nearest unit", _municipality_filled),
}
