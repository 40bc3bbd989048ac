"""Readers of vector layers and tables, strict about numbers and dates and plain about what is wrong."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.fingerprint import fingerprint
from beatplanner.data.town import Source

TEXT_TABLES = {".csv", ".tsv", ".txt"}
WORKBOOKS = {".xlsx", ".xlsm"}
# Characters that no text shows and that no XML may hold.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]+")


@dataclass(frozen=True)
class Place:
    """Where a column comes from: file and layer as the user knows them, and how its rows are named."""

    file: str
    layer: str
    rows: tuple[str, ...]

    def problem(self, what: str, mend: str = "", *, row: str = "", field: str = "") -> Note:
        """Make a note of severity ``"error"`` at this place."""
        return problem(what, mend, file=self.file, layer=self.layer, row=row, field=field)


def source_of(role: str, path: Path, rows_in: int, rows_used: int) -> Source:
    """Describe a file that was read: its hash, date and rows."""
    digest = fingerprint(path)
    modified = dt.datetime.fromtimestamp(path.stat().st_mtime, tz=dt.UTC).isoformat(timespec="seconds")
    return Source(role, path, digest, modified, rows_in, rows_used)


def is_table(path: Path) -> bool:
    """Tell whether a file is a table without geometry by its name."""
    return path.suffix.lower() in TEXT_TABLES | WORKBOOKS


def crs_from(text: str, *, file: str | Path, field: str) -> CRS:
    """Return the CRS that a key names; InputError where PROJ does not know it."""
    try:
        return CRS.from_user_input(text)
    except CRSError:
        raise InputError(
            problem(f"“{text}” is not a CRS that is known", 'Give a code such as "EPSG:4326"', file=file, field=field)
        ) from None


def read_layer(path: Path, layer: str | None, columns: Sequence[str]) -> tuple[gpd.GeoDataFrame, Place]:
    """Read a vector layer.

    Parameters
    ----------
    path
        Any vector format that GDAL reads.
    layer
        Layer of the file; may be None where the file has one only.
    columns
        The only columns that are read.

    Returns
    -------
    tuple of geopandas.GeoDataFrame and Place

    Raises
    ------
    InputError
        Where the file cannot be read, the layer or a column is missing, it is empty, or has no CRS or geometry.
    """
    layer = _chosen_layer(path, layer)
    where = Place(path.name, layer if layer != path.stem else "", ())
    try:
        info = pyogrio.read_info(path, layer=layer)
        _check_columns(columns, list(info["fields"]), where)
        frame = pyogrio.read_dataframe(path, layer=layer, columns=list(dict.fromkeys(columns)))
    except InputError:
        raise
    except Exception as error:  # GDAL's drivers raise whatever they like on broken files
        raise InputError(where.problem(f"the layer cannot be read ({_first_line(error)})", "Export it again")) from None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(where.problem("the layer has no geometry", "Give a layer of points, lines or polygons"))
    if frame.empty:
        raise InputError(where.problem("the layer is empty", "Give a layer with features"))
    if frame.crs is None:
        raise InputError(
            where.problem("the layer has no CRS, so its place on earth is unknown",
                          "Set the CRS in QGIS (Layer > Set CRS) and save it, or add the .prj file")
        )  # fmt: skip
    return frame, Place(where.file, where.layer, tuple(str(i + 1) for i in range(len(frame))))


def _chosen_layer(path: Path, layer: str | None) -> str:
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
    except Exception as error:  # as above
        what = f"the file cannot be read as a map layer ({_first_line(error)})"
        raise InputError(problem(what, "Open it in QGIS and export it as a GeoPackage", file=path.name)) from None
    inner = [name for name in layers if name not in {"layer_styles", "qgis_projects"}]
    if layer is not None:
        if layer not in layers:
            mend = did_you_mean(layer, layers) or f"The layers are: {listed(layers)}"
            raise InputError(problem(f"there is no layer “{layer}”", mend, file=path.name, layer=layer))
        return layer
    if len(inner) > 1:
        what = f"the file has {len(inner)} layers: {listed(inner)}"
        raise InputError(problem(what, 'Pick one with layer = "…"', file=path.name))
    if not inner:
        raise InputError(problem("the file has no layers", "Give a file with a layer", file=path.name))
    return inner[0]


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0].rstrip(".") if text else type(error).__name__


def _check_columns(wanted: Sequence[str], found: Sequence[str], where: Place) -> None:
    missing = [
        where.problem(
            f"there is no column “{name}”", did_you_mean(name, found) or f"The columns are: {listed(found)}", field=name
        )
        for name in dict.fromkeys(wanted)
        if name not in found
    ]
    if missing:
        raise InputError(*missing)


def read_table(
    path: Path, layer: str | None, columns: Sequence[str], optional: Sequence[str] = ()
) -> tuple[pd.DataFrame, Place]:
    """Read the named columns of a table: CSV, TSV, XLSX, or the attributes of any vector format.

    Parameters
    ----------
    path, layer
        File, and sheet or layer.
    columns
        Columns that must be there.
    optional
        Columns that are read where they are there.

    Returns
    -------
    tuple of pandas.DataFrame and Place
        Cells as in the file (text in a CSV), None where empty.

    Raises
    ------
    InputError
        As for `read_layer`.
    """
    suffix = path.suffix.lower()
    if suffix in WORKBOOKS:
        frame, sheet, first = _read_workbook(path, layer)
    elif suffix in TEXT_TABLES:
        frame, sheet, first = _read_text_table(path), "", 2
    else:
        sheet = _chosen_layer(path, layer)
        try:
            frame, first = pyogrio.read_dataframe(path, layer=sheet, read_geometry=False), 1
        except Exception as error:  # as in read_layer
            raise InputError(problem(f"the table cannot be read ({_first_line(error)})", file=path.name)) from None
        sheet = "" if sheet == path.stem else sheet
    where = Place(path.name, sheet, ())
    _check_columns(columns, [str(c) for c in frame.columns], where)
    frame = frame[[c for c in dict.fromkeys([*columns, *optional]) if c in frame.columns]]
    if frame.empty:
        raise InputError(where.problem("the table has no rows", "Give a table with rows below its header"))
    return frame, Place(path.name, sheet, tuple(str(first + i) for i in range(len(frame))))


def whole_table(path: Path, sheet: str | None) -> pd.DataFrame:
    """Read every column of a CSV, TSV or XLSX table, as `read_table` does the named ones."""
    return _read_workbook(path, sheet)[0] if path.suffix.lower() in WORKBOOKS else _read_text_table(path)


def _read_text_table(path: Path) -> pd.DataFrame:
    content = path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", errors="replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            # old Windows exports of the region: Cyrillic letters sit in the upper half of the code page, Latin ones seldom do
            high = sum(b >= 0xC0 for b in content)
            text = content.decode("cp1251" if high > 0.15 * len(content) else "cp1250", errors="replace")
    header = text.split("\n", 1)[0]
    separator = max(";,\t", key=header.count)
    try:
        frame = pd.read_csv(io.StringIO(text), sep=separator, dtype=str, keep_default_na=False, skipinitialspace=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        mend = "Save it as CSV with a header row and the same number of cells in each row"
        raise InputError(problem(f"the table cannot be read ({_first_line(error)})", mend, file=path.name)) from None
    frame.columns = [str(c).strip() for c in frame.columns]
    return frame.astype(object).where(frame != "", None)


def _read_workbook(path: Path, sheet: str | None) -> tuple[pd.DataFrame, str, int]:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        names = book.sheetnames
        if sheet is not None and sheet not in names:
            mend = did_you_mean(sheet, names) or f"The sheets are: {listed(names)}"
            raise InputError(problem(f"there is no sheet “{sheet}”", mend, file=path.name, layer=sheet))
        rows = list(book[sheet or names[0]].iter_rows(values_only=True))
    except InputError:
        raise
    except Exception as error:  # openpyxl raises whatever a broken archive makes it raise
        mend = "Open it in a spreadsheet program and save it as .xlsx"
        raise InputError(problem(f"the workbook cannot be read ({_first_line(error)})", mend, file=path.name)) from None
    first = next((i for i, row in enumerate(rows) if any(c is not None for c in row)), None)
    if first is None:
        raise InputError(
            problem("the sheet is empty", "Give a sheet with a header row", file=path.name, layer=sheet or "")
        )
    header = [str(c).strip() if c is not None else f"column {i + 1}" for i, c in enumerate(rows[first])]
    body = [row for row in rows[first + 1 :] if any(c is not None for c in row)]
    return pd.DataFrame(body, columns=header, dtype=object), sheet or names[0], first + 2


def is_missing(value: Any) -> bool:
    """Tell whether a cell is empty."""
    return (
        value is None
        or value is pd.NaT
        or (isinstance(value, float) and math.isnan(value))
        or str(value).strip() in {"", "<NA>"}
    )


def texts(values: pd.Series) -> list[str | None]:
    """Return cells as trimmed text, whole numbers without a decimal point, None where empty."""
    found: list[str | None] = []
    for value in values:
        if is_missing(value):
            found.append(None)
        elif isinstance(value, float | np.floating) and float(value).is_integer():
            found.append(str(int(value)))
        else:
            found.append(CONTROL.sub(" ", str(value)).strip())
    return found


def numbers(values: pd.Series, where: Place, *, least: float | None = None, empty: float | None = None) -> np.ndarray:
    """Return a column as finite numbers.

    Parameters
    ----------
    values
        Cells: numbers, or text with a decimal point or comma.
    where
        For messages.
    least
        Smallest number allowed.
    empty
        What an empty cell stands for; None where it is an error.

    Raises
    ------
    InputError
        Naming the first rows that hold no such number.
    """
    field, wrong = str(values.name), []
    found = np.empty(len(values))
    for i, value in enumerate(values):
        if is_missing(value):
            if empty is None:
                wrong.append((i, "is empty"))
            found[i] = np.nan if empty is None else empty
            continue
        try:
            number = float(value if not isinstance(value, str) else value.strip().replace(" ", "").replace(",", "."))
        except (TypeError, ValueError):
            wrong.append((i, f"holds the text “{value}” where a number is needed"))
            continue
        if not math.isfinite(number):
            wrong.append((i, f"holds {value}, which is no finite number"))
        elif least is not None and number < least:
            wrong.append((i, f"holds {number:g}, which is below {least:g}"))
        found[i] = number
    if wrong:
        _raise_rows(wrong, where, field, "Correct the cell")
    return found


def _raise_rows(wrong: list[tuple[int, str]], where: Place, field: str, mend: str) -> None:
    more = f"; so do {len(wrong) - 3:,} more rows" if len(wrong) > 3 else ""
    notes = [
        where.problem(what + (more if i == min(2, len(wrong) - 1) else ""), mend, row=where.rows[row], field=field)
        for i, (row, what) in enumerate(wrong[:3])
    ]
    raise InputError(*notes)


def dates(values: pd.Series, where: Place) -> list[dt.date | None]:
    """Return a column as dates, None where empty; InputError names rows that hold no ISO date."""
    found: list[dt.date | None] = []
    wrong = []
    for i, value in enumerate(values):
        if is_missing(value):
            found.append(None)
        elif isinstance(value, dt.datetime):
            found.append(value.date())
        elif isinstance(value, dt.date):
            found.append(value)
        else:
            try:
                found.append(dt.datetime.fromisoformat(str(value).strip()).date())
            except ValueError:
                wrong.append((i, f"holds “{value}”, which is no date such as 2027-01-31"))
                found.append(None)
    if wrong:
        _raise_rows(wrong, where, str(values.name), "Write dates as year-month-day")
    return found


def times(values: pd.Series, where: Place) -> pd.Series:
    """Return a column as local times without a zone, NaT where empty; InputError names rows that hold no ISO time."""
    cells = values.map(lambda v: None if is_missing(v) else v)
    text = cells.map(lambda v: v.isoformat() if isinstance(v, dt.date | dt.datetime) else v)
    text = text.map(lambda v: v if v is None else str(v).strip())
    # the zone is left out, as the hour on the user's own clock is what a planner means
    local = text.map(lambda v: v if v is None else pd.Series([v]).str.replace(r"(Z|[+-]\d\d:?\d\d)$", "", regex=True).iat[0]) \
        if text.astype(str).str.contains(r"\d(?:Z|[+-]\d\d:?\d\d)$", regex=True).any() else text  # fmt: skip
    found = pd.to_datetime(local, format="ISO8601", errors="coerce")
    bad = np.flatnonzero(found.isna().to_numpy() & cells.notna().to_numpy())
    if len(bad):
        wrong = [(int(i), f"holds “{cells.iat[i]}”, which is no time such as 2026-03-31T22:15") for i in bad]
        _raise_rows(wrong, where, str(values.name), "Write times as year-month-day hour:minute")
    return found


def read_points(
    path: Path,
    layer: str | None,
    x: str | None,
    y: str | None,
    crs: str | None,
    columns: Sequence[str],
    to: CRS,
    key: str,
) -> tuple[pd.DataFrame, Place]:
    """Read points from a table with coordinates or from a point layer, in the planning CRS.

    Parameters
    ----------
    path, layer
        The file.
    x, y, crs
        Columns of the coordinates and their CRS; None for a layer.
    columns
        The only other columns read.
    to
        CRS of the result, metres.
    key
        Key of the description, for messages, such as ``incidents``.

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
        east, north = numbers(frame[x], where, empty=np.nan), numbers(frame[y], where, empty=np.nan)
        given = crs_from(crs or "EPSG:4326", file=path.name, field=f"{key}.crs")
        if given.is_geographic:
            bad = np.flatnonzero((np.abs(east) > 180) | (np.abs(north) > 90))
            if len(bad):
                what = (
                    f"{x} {east[bad[0]]:g}, {y} {north[bad[0]]:g} is no longitude and latitude ({len(bad):,} such rows)"
                )
                mend = f"Set {key}.crs to the CRS that the numbers are in"
                raise InputError(where.problem(what, mend, row=where.rows[bad[0]], field=x))
        points = gpd.GeoSeries(gpd.points_from_xy(east, north), crs=given)
    else:
        frame, where = read_layer(path, layer, columns)
        shapes = frame.geometry
        if not set(shapes.geom_type.dropna()) <= {"Point", "MultiPoint"}:
            shapes = gpd.GeoSeries(shapes.representative_point(), crs=frame.crs)
        points = gpd.GeoSeries(shapes.centroid if (shapes.geom_type == "MultiPoint").any() else shapes, crs=frame.crs)
    there = points.to_crs(to)
    coordinates = np.column_stack([there.x.to_numpy(float), there.y.to_numpy(float)])
    coordinates[~np.isfinite(coordinates).all(axis=1)] = np.nan
    found = pd.DataFrame(frame[list(dict.fromkeys(columns))]).reset_index(drop=True)
    found.insert(0, "x", coordinates[:, 0])
    found.insert(1, "y", coordinates[:, 1])
    return found, where


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
        rows = [(int(i), f"{names[i]} has no geometry") for i in absent]
        _raise_rows(rows, where, "geometry", "Draw its polygon or take it out")
    if (~np.isfinite(shapely.bounds(shapes))).any():
        bad = int(np.flatnonzero(~np.isfinite(shapely.bounds(shapes)).all(axis=1))[0])
        raise InputError(
            where.problem(f"{names[bad]} has coordinates that are no numbers", row=where.rows[bad], field="geometry")
        )
    kinds = shapely.get_type_id(shapes)
    other = np.flatnonzero(~np.isin(kinds, [3, 6]))
    if len(other):
        rows = [(int(i), f"{names[i]} is a {shapes[i].geom_type}, not a polygon") for i in other]
        _raise_rows(rows, where, "geometry", "Give a layer of polygons")
    invalid = np.flatnonzero(~shapely.is_valid(shapes))
    shapes = shapes.copy()
    for i in invalid:
        parts = [
            g for g in shapely.get_parts(shapely.make_valid(shapes[i])) if g.geom_type in {"Polygon", "MultiPolygon"}
        ]
        shapes[i] = shapely.union_all(parts) if parts else shapely.Polygon()
        if shapes[i].is_empty:
            raise InputError(
                where.problem(f"{names[i]} is a broken polygon without area", row=where.rows[i], field="geometry")
            )
    return shapes, len(invalid)
