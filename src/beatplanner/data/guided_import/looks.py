"""What a file looks like: its layers and sheets, their columns, and what their values are."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.archives import is_archive, members, unpacked
from beatplanner.data.formats.cells import marks_no_time, missing_cells, read_numbers, read_times, texts
from beatplanner.data.formats.coordinates import parse_degrees, parse_pairs
from beatplanner.data.formats.frames import code_of
from beatplanner.data.formats.layers import WholeLayer, is_table, whole_layers, whole_table
from beatplanner.data.formats.rasters import opened_raster
from beatplanner.data.formats.workbooks import WORKBOOKS, sheet_names
from beatplanner.data.paths import whole_path

RASTERS = {".tif", ".tiff"}
# Rows whose values are looked at; all rows are where it matters whether a value stands once.
LOOKED_AT = 4000
NUMBERS_FROM = 0.9  # share of the cells from which on a column holds numbers
# A day as a spreadsheet counts it, where other cells of the column are dates.
A_DAY_COUNTED = r"[2-7]\d{4}(?:[.,]\d+)?"
A_NUMBER = r"\d{5,}[.,]\d+|\d+[.,]0"
LIKE_A_TIME = r"\d\s?[./\-]\s?\d|^\d{8}$|\d\s*[^\W\d]{3,}|[^\W\d]{3,}\.?\s*\d"


@dataclass(frozen=True)
class ColumnLook:
    """What a column looks like.

    Attributes
    ----------
    name
        As in the file.
    kind
        ``"number"``, ``"text"``, ``"time"`` or ``"empty"``.
    distinct, empty
        Different values, and rows without one.
    low, high
        Least and greatest number; NaN where it holds none.
    whole
        Whether all its numbers are whole ones.
    samples
        A few different values.
    places
        Of a text: ``"degrees"`` where it holds degrees with minutes and seconds, ``"both"`` where it holds both coordinates; else empty.
    mostly_numbers
        Of a text: whether more than half of its cells can be read as numbers.
    """

    name: str
    kind: str
    distinct: int
    empty: int
    low: float
    high: float
    whole: bool
    samples: tuple[str, ...]
    places: str = ""
    mostly_numbers: bool = False


@dataclass(frozen=True)
class LayerLook:
    """What a layer or table looks like.

    Attributes
    ----------
    path, layer
        The file, and its layer or sheet (None where it has one only).
    geometry
        ``"polygon"``, ``"line"``, ``"point"``, ``"raster"``, or ``""`` for a table.
    crs
        As text such as ``EPSG:4326``; empty where it has none.
    rows
        How many there are.
    columns
        Without the geometry.
    box
        West, south, east, north in `crs`; empty for a table.
    notes
        What had to be found out or mended to read it.
    """

    path: Path
    layer: str | None
    geometry: str
    crs: str
    rows: int
    columns: tuple[ColumnLook, ...]
    box: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """How a user knows it."""
        return self.path.name if self.layer in (None, self.path.stem) else f"{self.path.name} – {self.layer}"

    def column(self, name: str | None) -> ColumnLook | None:
        """Return a column by its name, None where there is none."""
        return next((c for c in self.columns if c.name == name), None)


def look_at(path: Path) -> list[LayerLook]:
    """Look into a file: every layer or sheet of it.

    Raises
    ------
    InputError
        Where it cannot be read.
    """
    path = whole_path(path)
    suffix = path.suffix.lower()
    if not path.is_file() and suffix != ".gdb":
        raise InputError(problem("there is no such file", file=path))
    if suffix in RASTERS:
        return [_look_at_raster(path)]
    if is_archive(path):
        return [look for name in members(path) for look in _look_at_member(path, name)]
    if is_table(path):
        names: list[str | None] = list(sheet_names(path)) if suffix in WORKBOOKS else [None]
        return [_look_at_table(path, name) for name in (names if len(names) > 1 else [None])]
    found = whole_layers(path)
    if not found:
        raise InputError(problem("the file has no layers", "Give a file with a layer", file=path.name))
    return [_look_at_layer(path, layer, None if layer.alone else layer.name) for layer in found]


def _look_at_member(path: Path, name: str | None) -> list[LayerLook]:
    """Look into one file of a zipped folder; its name is its layer's where there are several."""
    with unpacked(path, name) as inner:
        if is_table(inner):
            return [_look_at_table(path, name)]
        if inner.suffix.lower() in RASTERS:
            # a raster is read from the disk while planning
            return []
        return [_look_at_layer(path, layer, name) for layer in whole_layers(inner)[:1]]


def _look_at_layer(path: Path, found: WholeLayer, layer: str | None) -> LayerLook:
    frame = found.frame
    geometry, crs, box = "", "", ()
    if isinstance(frame, gpd.GeoDataFrame):
        kinds = pd.Series(frame.geometry.geom_type).dropna().str.lower()
        counted = {g: int(kinds.str.contains(g).sum()) for g in ("polygon", "line", "point")}
        # a collection of polygons with their labels is one of polygons
        geometry = max(counted, key=lambda g: counted[g]) if any(counted.values()) else "polygon" if len(kinds) else ""
        crs = str(_code_of(frame.crs)) if frame.crs is not None and geometry else ""
        bounds = frame.total_bounds
        box = tuple(float(v) for v in bounds) if geometry and np.isfinite(bounds).all() else ()
    return LayerLook(path, layer, geometry, crs, len(frame), _columns(frame), box, found.notes)


def _code_of(crs: CRS) -> str:
    """Return a CRS as its code where it has one."""
    return code_of(crs, confidence=100) or crs.to_wkt()


def _look_at_table(path: Path, sheet: str | None) -> LayerLook:
    frame = whole_table(path, sheet)
    return LayerLook(path, sheet, "", "", len(frame), _columns(frame))


def _look_at_raster(path: Path) -> LayerLook:
    with opened_raster(path) as raster:
        crs = raster.crs.to_string() if raster.crs else ""
        return LayerLook(path, None, "raster", crs, raster.width * raster.height, (), tuple(raster.bounds))


def _columns(frame: pd.DataFrame) -> tuple[ColumnLook, ...]:
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    return tuple(_column(frame[name]) for name in frame.columns if name != geometry)


def _column(values: pd.Series) -> ColumnLook:
    cells = values[~missing_cells(values)]
    few = cells.iloc[:LOOKED_AT]
    # a mark such as “..” or “n/a” stands for a number or a time that is missing, and says nothing of the others
    read = read_numbers(few)
    read_cells, found = few[~read.missing], read.values[~read.missing]
    if len(read_cells) and np.isfinite(found).mean() <= NUMBERS_FROM:
        # that a column does not tell which sign is the decimal one makes it no text
        found = read_numbers(read_cells, whole=True).values
    share = np.isfinite(found).mean() if len(read_cells) else 0.0
    dated = few[~few.map(marks_no_time).to_numpy(bool)]
    times = len(dated) > 0 and _are_times(dated)
    kind = "empty" if not len(few) else "time" if times else "number" if share > NUMBERS_FROM else "text"
    numbers = found[np.isfinite(found)]
    samples = tuple(dict.fromkeys(str(v)[:40] for v in few.iloc[:200]))[:6]
    low, high = (float(numbers.min()), float(numbers.max())) if kind == "number" else (np.nan, np.nan)
    whole = bool(kind == "number" and (numbers % 1 == 0).all())
    return ColumnLook(
        str(values.name),
        kind,
        int(cells.astype(str).nunique()),
        int(len(values) - len(cells)),
        low,
        high,
        whole,
        samples,
        _places(read_cells) if kind == "text" else "",
        kind == "text" and share > 0.5,
    )


def _places(values: pd.Series) -> str:
    """Return which coordinates texts hold, as `ColumnLook.places`."""
    few = texts(values.iloc[:200])
    return "degrees" if parse_degrees(few) is not None else "both" if parse_pairs(few) is not None else ""


def _are_times(values: pd.Series) -> bool:
    """Tell whether at least 95 % of the cells are written as times; numbers are not, whatever they count, but among dates."""
    if pd.api.types.is_datetime64_any_dtype(values) or values.map(lambda v: isinstance(v, dt.date)).all():
        return True
    if pd.api.types.is_numeric_dtype(values):
        return False
    few = values.iloc[:500]
    # a year, a number of a house or a code alone is no time
    spelled = few.map(lambda v: isinstance(v, dt.date) or (isinstance(v, str) and _spells_a_time(v)))
    counted = few.map(lambda v: bool(re.fullmatch(A_DAY_COUNTED, str(v))))
    like = spelled | (counted & bool(spelled.any()))
    return bool(like.mean() > 0.95) and bool(read_times(few).values.notna().mean() >= 0.95)


def _spells_a_time(text: str) -> bool:
    """Tell whether a text is written as times are: “30123.0” of a spreadsheet counts something, and may count days."""
    return re.search(LIKE_A_TIME, text) is not None and re.fullmatch(A_NUMBER, text.strip()) is None
