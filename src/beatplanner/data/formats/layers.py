"""Readers of vector layers and tables, strict about numbers and dates and plain about what is wrong."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from beatplanner.data.errors import InputError, Note, Severity, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.formats.archives import unpacked
from beatplanner.data.formats.coordinates import parse_degrees, parse_pairs
from beatplanner.data.formats.fingerprint import fingerprint
from beatplanner.data.formats.number_columns import parse_numbers
from beatplanner.data.formats.source import Source
from beatplanner.data.formats.text_tables import read_text_table
from beatplanner.data.formats.time_columns import parse_times
from beatplanner.data.formats.vector_files import check_kind, matched, opened, shapefile_encoding
from beatplanner.data.formats.workbooks import WORKBOOKS, read_workbook

TEXT_TABLES = {".csv", ".tsv", ".txt"}
MOST_FEATURES = 5_000_000
# Beyond any number of residents, hours, metres or money that a town has.
MOST = 1e15
# Untangling takes time in the square of the crossings; no mistake in drawing makes so many.
TANGLED = 20_000
NO_CRS = "the layer has no CRS, so its place on earth is unknown"
SET_CRS = 'Give crs = "EPSG:…" beside its path, or set the CRS in QGIS (Layer > Set CRS) and save it'
# Characters that no text shows and that no XML may hold.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]+")


@dataclass(frozen=True)
class Place:
    """Where a column comes from: file and layer as the user knows them, and how its rows are named.

    Attributes
    ----------
    told
        What had to be found out or mended to read it.
    dropped
        Columns of the file that were not taken.
    """

    file: str
    layer: str
    rows: tuple[str, ...]
    told: tuple[Note, ...] = ()
    dropped: tuple[str, ...] = ()

    def fact(self, what: str, severity: Severity = "info", mend: str = "", *, field: str = "") -> Note:
        """Make a note about how this place was read."""
        return Note(severity, what, mend, self.file, self.layer, "", field)

    def problem(self, what: str, mend: str = "", *, row: str = "", field: str = "") -> Note:
        """Make a note of severity ``"error"`` at this place."""
        return problem(what, mend, file=self.file, layer=self.layer, row=row, field=field)


def source_of(role: str, path: Path, rows_in: int, rows_used: int, where: Place | None = None) -> Source:
    """Describe a file that was read: its hash, date and rows, and what `where` knows was mended and left out."""
    newest = max((p.stat().st_mtime for p in path.rglob("*")), default=0.0) if path.is_dir() else path.stat().st_mtime
    modified = dt.datetime.fromtimestamp(newest, tz=dt.UTC).isoformat(timespec="seconds")
    repaired = () if where is None else tuple(n.what for n in where.told)
    dropped = () if where is None else where.dropped
    return Source(role, path, fingerprint(path), modified, rows_in, rows_used, repaired, dropped)


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


def read_layer(
    path: Path,
    layer: str | None,
    columns: Sequence[str],
    crs: str | None = None,
    guess: Callable[[gpd.GeoDataFrame, Place], InputError] | None = None,
) -> tuple[gpd.GeoDataFrame, Place]:
    """Read a vector layer.

    Parameters
    ----------
    path
        Any vector format that GDAL reads, a geodatabase's folder, or a zipped folder with one of them.
    layer
        Layer of the file; may be None where the file has one only.
    columns
        The only columns that are read; the result has them under these names, whatever case or cut the file gives them.
    crs
        The CRS that the coordinates are in, where the file has none or a wrong one.
    guess
        Makes the error for a layer without a CRS, with a proposal.

    Returns
    -------
    tuple of geopandas.GeoDataFrame and Place

    Raises
    ------
    InputError
        Where the file cannot be read, the layer or a column is missing, it is empty, or has no CRS or geometry.
    """
    told: list[Note] = []
    with opened(path, layer) as inner:
        member = layer if inner == path or layer not in {inner.name, inner.stem} else None
        chosen = _chosen_layer(inner, member, path.name)
        where = Place(path.name, chosen if chosen not in (path.stem, inner.stem) else "", ())
        try:
            page, what = shapefile_encoding(inner)
            info = pyogrio.read_info(inner, layer=chosen, encoding=page)
            found = [str(f) for f in info["fields"]]
            names, facts = matched(columns, found)
            _check_columns([c for c in columns if c not in names], found, where)
            if info["features"] > MOST_FEATURES:
                raise InputError(
                    where.problem(f"the layer has {info['features']:,} features", "Cut out the town in QGIS")
                )
            used = list(dict.fromkeys(names.values()))
            frame = pyogrio.read_dataframe(inner, layer=chosen, columns=used, encoding=page)
        except InputError:
            raise
        except Exception as error:  # GDAL's drivers raise whatever they like on broken files
            raise InputError(
                where.problem(f"the layer cannot be read ({_first_line(error)})", "Export it again")
            ) from None
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(where.problem("the layer has no geometry", "Give a layer of points, lines or polygons"))
    if frame.empty:
        raise InputError(where.problem("the layer is empty", "Give a layer with features"))
    told += [where.fact(f) for f in [what, *facts] if f]
    frame = frame.rename(columns={v: k for k, v in names.items()})
    shapes = np.asarray(frame.geometry.array, dtype=object)
    if shapely.has_z(shapes).any():
        frame = frame.set_geometry(gpd.GeoSeries(shapely.force_2d(shapes), index=frame.index, crs=frame.crs))
    dropped = tuple(f for f in found if f not in used)
    where = Place(where.file, where.layer, tuple(str(i + 1) for i in range(len(frame))), tuple(told), dropped)
    if crs is not None:
        frame = frame.set_crs(crs_from(crs, file=path.name, field="crs"), allow_override=True)
    if frame.crs is None:
        raise guess(frame, where) if guess is not None else InputError(where.problem(NO_CRS, SET_CRS))
    return frame, where


def _chosen_layer(path: Path, layer: str | None, named: str) -> str:
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
    except Exception as error:  # as above
        what = f"the file cannot be read as a map layer ({_first_line(error)})"
        raise InputError(problem(what, "Open it in QGIS and export it as a GeoPackage", file=named)) from None
    inner = [name for name in layers if name not in {"layer_styles", "qgis_projects"}]
    if layer is not None:
        if layer not in layers:
            mend = did_you_mean(layer, layers) or f"The layers are: {listed(layers)}"
            raise InputError(problem(f"there is no layer “{layer}”", mend, file=named, layer=layer))
        return layer
    if len(inner) > 1:
        what = f"the file has {len(inner)} layers: {listed(inner)}"
        raise InputError(problem(what, 'Pick one with layer = "…"', file=named))
    if not inner:
        raise InputError(problem("the file has no layers", "Give a file with a layer", file=named))
    return inner[0]


def _first_line(error: Exception) -> str:
    text = CONTROL.sub(" ", str(error)).strip().splitlines()
    return text[0].rstrip(".")[:300] if text else type(error).__name__


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
    """Read the named columns of a table: CSV, TSV, a workbook (XLSX, XLS, ODS), or the attributes of any vector format.

    Parameters
    ----------
    path, layer
        File, or zipped folder with one, and sheet or layer.
    columns
        Columns that must be there.
    optional
        Columns that are read where they are there.

    Returns
    -------
    tuple of pandas.DataFrame and Place
        Cells as in the file (text in a CSV), None where empty; columns are named as wanted.

    Raises
    ------
    InputError
        As for `read_layer`.
    """
    wanted = [*columns, *optional]
    with unpacked(path, layer) as inner:
        suffix, facts = inner.suffix.lower(), []
        member = layer if inner == path or layer not in {inner.name, inner.stem} else None
        if suffix in WORKBOOKS:
            # the sheet's own name, which the file's name may not stand for
            sheet = read_workbook(inner, member, wanted)
            frame, name, facts = sheet.frame, sheet.name, list(sheet.facts)
            rows = [str(i) for i in frame.index]
            frame = frame.reset_index(drop=True)
        elif suffix in TEXT_TABLES:
            table = read_text_table(inner, wanted)
            frame, name, facts = table.frame, "", list(table.facts)
            rows = [str(table.header + 1 + i) for i in range(len(frame))]
        else:
            check_kind(inner, path)
            name = _chosen_layer(inner, member, path.name)
            try:
                page, what = shapefile_encoding(inner)
                facts += [what] if what else []
                frame = pyogrio.read_dataframe(inner, layer=name, read_geometry=False, encoding=page)
            except Exception as error:  # as in read_layer
                raise InputError(problem(f"the table cannot be read ({_first_line(error)})", file=path.name)) from None
            name = "" if name in (path.stem, inner.stem) else name
            rows = [str(i + 1) for i in range(len(frame))]
    where = Place(path.name, name, ())
    found = [str(c) for c in frame.columns]
    names, spelled = matched(wanted, found)
    _check_columns([c for c in columns if c not in names], found, where)
    used = [c for c in dict.fromkeys(wanted) if c in names]
    frame = pd.DataFrame({c: frame[names[c]] for c in used})
    if frame.empty:
        raise InputError(where.problem("the table has no rows", "Give a table with rows below its header"))
    dropped = tuple(f for f in found if f not in set(names.values()))
    told = tuple(where.fact(f) for f in [*facts, *spelled])
    return frame, Place(path.name, name, tuple(rows), told, dropped)


def whole_table(path: Path, sheet: str | None) -> pd.DataFrame:
    """Read every column of a text table or workbook, as `read_table` does the named ones."""
    if path.suffix.lower() in WORKBOOKS:
        return read_workbook(path, sheet, None).frame.reset_index(drop=True)
    return read_text_table(path, None).frame


def is_missing(value: Any) -> bool:
    """Tell whether a cell is empty."""
    return (
        value is None
        or value is pd.NaT
        or (isinstance(value, float) and math.isnan(value))
        or str(value).strip() in {"", "<NA>"}
    )


def _each(values: pd.Series) -> tuple[np.ndarray, list[Any]]:
    """Return the position of each cell's value and the different values: a column of texts has few, and each is looked at once."""
    if pd.api.types.infer_dtype(values, skipna=True) == "string":
        codes, different = pd.factorize(values.to_numpy(object), use_na_sentinel=False)
        return codes, list(different)
    return np.arange(len(values)), list(values)


def missing_cells(values: pd.Series) -> np.ndarray:
    """Tell which cells are empty, (n,) bool."""
    codes, different = _each(values)
    return np.fromiter((is_missing(v) for v in different), bool, len(different))[codes]


def texts(values: pd.Series) -> list[str | None]:
    """Return cells as trimmed text, whole numbers without a decimal point, None where empty."""
    codes, different = _each(values)
    found: list[str | None] = []
    for value in different:
        if is_missing(value):
            found.append(None)
        elif isinstance(value, float | np.floating) and float(value).is_integer():
            found.append(str(int(value)))
        else:
            found.append(CONTROL.sub(" ", str(value)).strip())
    return found if len(found) == len(codes) else [found[c] for c in codes]


def numbers(
    values: pd.Series,
    where: Place,
    *,
    least: float | None = None,
    empty: float | None = None,
    whole: bool = False,
    told: list[Note] | None = None,
) -> np.ndarray:
    """Return a column as finite numbers.

    Parameters
    ----------
    values
        Cells: numbers, or text with a decimal point or comma and thousands separators.
    where
        For messages.
    least
        Smallest number allowed.
    empty
        What an empty cell stands for; None where it is an error.
    whole
        Whether whole numbers are expected, such as residents, so that “1.234” is likelier a thousand than a bit more than one.
    told
        Takes in notes about what had to be decided.

    Raises
    ------
    InputError
        Naming the first rows that hold no such number.
    """
    field, wrong = str(values.name), []
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_complex_dtype(values):
        found = values.to_numpy(float, na_value=np.nan, copy=True)
        missing = np.isnan(found)
        shown = found
    else:
        cells = values.to_numpy(object)
        missing = missing_cells(values)
        is_text = np.fromiter((isinstance(v, str) for v in cells), bool, len(cells)) & ~missing
        found, shown = np.full(len(cells), np.nan), cells
        for i in np.flatnonzero(~is_text & ~missing):
            try:
                found[i] = float(cells[i])
            except (TypeError, ValueError):
                wrong.append((int(i), f"holds “{cells[i]}” where a number is needed"))
        plain = None if whole and any("." in c for c in cells[is_text]) else _plain_numbers(cells[is_text])
        if plain is not None:
            found[is_text] = plain
            is_text = np.zeros(len(cells), bool)
        at = np.flatnonzero(is_text)
        parsed = parse_numbers(list(cells[at]), whole=whole)
        found[at] = parsed.values
        for i in parsed.failed:
            cell = str(cells[at[i]]).strip()
            if cell.lstrip("+-").lower() in {"nan", "inf", "infinity"} or _overflows(cell):
                wrong.append((int(at[i]), f"holds {cell}, which is no finite number"))
            else:
                wrong.append((int(at[i]), f"holds the text “{cell[:60]}” where a number is needed"))
        wrong += [
            (int(at[i]), f"holds “{cells[at[i]]}”, where the column does not tell which sign is the decimal one")
            for i in parsed.torn
        ]
        if parsed.told and told is not None:
            told.append(
                where.fact(parsed.told, "warning", "Write them without separators if that is wrong", field=field)
            )
    if empty is not None:
        found[missing] = empty
    else:
        wrong += [(int(i), "is empty") for i in np.flatnonzero(missing)]
    failed = {i for i, _ in wrong}
    with np.errstate(invalid="ignore"):
        wrong += [
            (int(i), f"holds {shown[i]}, which is no finite number")
            for i in np.flatnonzero(~np.isfinite(found) & ~missing)
            if i not in failed
        ]
        if least is not None:
            wrong += [(int(i), f"holds {found[i]:g}, which is below {least:g}") for i in np.flatnonzero(found < least)]
        wrong += [
            (int(i), f"holds {found[i]:g}, which is beyond any measure")
            for i in np.flatnonzero(np.isfinite(found) & (np.abs(found) > MOST))
        ]
    if wrong:
        _raise_rows(sorted(wrong), where, field, "Correct the cell")
    return found


def _plain_numbers(cells: np.ndarray) -> np.ndarray | None:
    """Return texts as numbers where all of them are written plainly, without separators that need thought; else None."""
    found = pd.to_numeric(pd.Series(cells, dtype=object), errors="coerce").to_numpy(float)
    return found if np.isfinite(found).all() else None


def _overflows(cell: str) -> bool:
    try:
        return not math.isfinite(float(cell))
    except ValueError:
        return False


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
        elif isinstance(value, int | float) and 10_959 <= value < 80_000:
            # a date of a spreadsheet whose cell was formatted as a number
            found.append(dt.date(1899, 12, 30) + dt.timedelta(days=int(value)))
        else:
            try:
                found.append(dt.datetime.fromisoformat(str(value).strip()).date())
            except ValueError:
                wrong.append((i, f"holds “{value}”, which is no date such as 2027-01-31"))
                found.append(None)
    if wrong:
        _raise_rows(wrong, where, str(values.name), "Write dates as year-month-day")
    return found


def times(values: pd.Series, where: Place, zone: str | None = None, told: list[Note] | None = None) -> pd.Series:
    """Return a column as local times without a zone, NaT where empty.

    Parameters
    ----------
    values
        Times in ISO or a local format, as dates, or as a spreadsheet's numbers.
    where
        For messages.
    zone
        Time zone of the place; times with an offset are turned into its clock. None takes the hour as it is written.
    told
        Takes in notes about what had to be decided.

    Raises
    ------
    InputError
        Naming the first rows that hold no time.
    """
    cells = values
    if not (pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values)):
        cells = values.astype(object).where(~missing_cells(values), None)
    parsed = parse_times(cells, zone)
    if len(parsed.failed):
        wrong = [
            (int(i), f"holds “{str(values.iat[i])[:60]}”, which is no time such as 2026-03-31T22:15")
            for i in parsed.failed
        ]
        _raise_rows(wrong, where, str(values.name), "Write times as year-month-day hour:minute")
    if told is not None:
        told += [where.fact(w, "warning", field=str(values.name)) for w in parsed.warnings]
        told += [where.fact(f, field=str(values.name)) for f in parsed.facts]
    return parsed.values


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
        east, north, given, told = _coordinates(frame, x, y, given, where)
        where = replace(where, told=(*where.told, *told))
        if crs is None and given.is_geographic and not (x == y or told) and guess is not None:
            raise guess(np.column_stack([east, north]), where, "the coordinates have no CRS")
        if given.is_geographic:
            bad = np.flatnonzero((np.abs(east) > 180) | (np.abs(north) > 90))
            if len(bad):
                what = (
                    f"{x} {east[bad[0]]:g}, {y} {north[bad[0]]:g} is no longitude and latitude ({len(bad):,} such rows)"
                )
                if guess is not None and len(bad) > 0.5 * np.isfinite(east).sum():
                    raise guess(np.column_stack([east, north]), where, what)
                mend = f"Set {key}.crs to the CRS that the numbers are in"
                raise InputError(where.problem(what, mend, row=where.rows[bad[0]], field=x))
        points = gpd.GeoSeries(gpd.points_from_xy(east, north), crs=given)
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
        points = gpd.GeoSeries(np.where(blank, shapely.Point(np.nan, np.nan), inner), crs=frame.crs)
    there = points.to_crs(to)
    coordinates = np.column_stack([there.x.to_numpy(float), there.y.to_numpy(float)])
    coordinates[~np.isfinite(coordinates).all(axis=1)] = np.nan
    found = pd.DataFrame(frame[list(dict.fromkeys(columns))]).reset_index(drop=True)
    found.insert(0, "x", coordinates[:, 0])
    found.insert(1, "y", coordinates[:, 1])
    return found, where


def _coordinates(
    frame: pd.DataFrame, x: str, y: str, given: CRS, where: Place
) -> tuple[np.ndarray, np.ndarray, CRS, list[Note]]:
    """Return eastings and northings (NaN where empty), the CRS that they are in, and how they were read."""
    lonlat = CRS.from_epsg(4326)
    if x == y:
        column = texts(frame[x])
        both = parse_pairs(column)
        if both is None:
            what = f"“{next((t for t in column if t), '')}” is neither “latitude, longitude” nor an MGRS reference"
            raise InputError(where.problem(what, "Give one column for x and one for y", row=where.rows[0], field=x))
        bad = [i for i in np.flatnonzero(~np.isfinite(both).all(axis=1)) if column[i] is not None]
        if bad:
            _raise_rows([(int(i), f"holds “{str(column[i])[:60]}”, which is no coordinate like the others") for i in bad], where, x,
                        "Correct the cell")  # fmt: skip
        kind = "MGRS references" if parse_degrees(column) is None and "," not in str(column[0]) else "pairs of degrees"
        return both[:, 0], both[:, 1], lonlat, [where.fact(f"coordinates were read as {kind}", field=x)]
    if not (pd.api.types.is_numeric_dtype(frame[x]) or pd.api.types.is_numeric_dtype(frame[y])):
        # a look at the first rows is enough to know plain numbers
        start = [parse_degrees(texts(frame[c].dropna().head(200))) for c in (x, y)]
        sides = [None if s is None else parse_degrees(texts(frame[c])) for s, c in zip(start, (x, y), strict=True)]
        if sides[0] is not None and sides[1] is not None:
            for c, found in zip((x, y), sides, strict=True):
                column = texts(frame[c])
                bad = [int(i) for i in np.flatnonzero(np.isnan(found)) if column[i] is not None]
                if bad:
                    _raise_rows([(i, f"holds “{str(column[i])[:60]}”, which is no degrees, minutes and seconds") for i in bad], where, c,
                                "Correct the cell")  # fmt: skip
            fact = where.fact("coordinates were read as degrees, minutes and seconds", field=x)
            return sides[0], sides[1], given if given.is_geographic else lonlat, [fact]
    east, north = numbers(frame[x], where, empty=np.nan), numbers(frame[y], where, empty=np.nan)
    blank = np.isnan(east) | np.isnan(north)
    # 0, 0 lies in the sea: it is what programs write for “unknown”
    zero = (east == 0) & (north == 0) & ~blank
    east[zero | blank], north[zero | blank] = np.nan, np.nan
    told = (
        [where.fact(f"{int(zero.sum()):,} rows have the coordinates 0, 0, which stand for unknown", field=x)]
        if zero.any()
        else []
    )
    return east, north, given, told


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
    tangled = [
        (int(i), f"{names[i]} is a scribble that crosses itself some {n:,} times")
        for i in invalid
        if (n := _crossings(shapes[i])) > TANGLED
    ]
    if tangled:
        _raise_rows(tangled, where, "geometry", "Draw its polygon again")
    shapes = shapes.copy()
    shapes[invalid] = shapely.make_valid(shapes[invalid], method="structure", keep_collapsed=False)
    for i in invalid:
        parts = [g for g in shapely.get_parts(shapes[i]) if g.geom_type in {"Polygon", "MultiPolygon"}]
        if not parts or shapely.is_empty(shapes[i]):
            raise InputError(
                where.problem(f"{names[i]} is a broken polygon without area", row=where.rows[i], field="geometry")
            )
        shapes[i] = parts[0] if len(parts) == 1 else shapely.union_all(parts)
    return shapes, len(invalid)


def _crossings(polygon: shapely.Geometry) -> int:
    """Estimate how often a polygon's border crosses itself, from a sample of its segments."""
    west, south, east, north = shapely.bounds(polygon)
    if shapely.length(polygon) > 1_000 * 2 * (east - west + north - south):
        # so long a border in so small a frame: no need to look closer
        return shapely.get_num_coordinates(polygon)
    ends = [
        np.stack([c[:-1], c[1:]], axis=1)
        for c in (shapely.get_coordinates(r) for r in shapely.get_rings(polygon))
        if len(c) > 1
    ]
    if not ends:
        return 0
    segments = shapely.linestrings(np.concatenate(ends))
    size = int(min(np.clip(2_000_000 / len(segments), 20, 400), len(segments)))
    sample = segments[np.linspace(0, len(segments) - 1, size).astype(int)]
    met = len(shapely.STRtree(segments).query(sample, predicate="crosses")[0])
    return round(met / len(sample) * len(segments) / 2)
