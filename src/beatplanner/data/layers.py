"""Reads vector layers and tables, in whatever format they come, and says plainly what is wrong with them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError
from pyproj import CRS
from pyproj.exceptions import CRSError

from beatplanner.data.errors import InputError, Note
from beatplanner.data.findings import Place, did_you_mean, listed

Kind = Literal["polygon", "line", "point"]
_TYPES: dict[Kind, tuple[str, ...]] = {
    "polygon": ("Polygon", "MultiPolygon"),
    "line": ("LineString", "MultiLineString", "LinearRing"),
    "point": ("Point", "MultiPoint"),
}
_TEXT_TABLES = (".csv", ".tsv", ".txt")
_SHEETS = (".xlsx", ".xlsm")
_UNREADABLE = (
    DataSourceError,
    DataLayerError,
    FieldError,
    GeometryError,
    UnicodeError,
    shapely.GEOSException,
)
_NOT_DATA = {"layer_styles", "qgis_projects"}  # what QGIS keeps beside the layers of a GeoPackage


def read_layer(
    path: Path,
    layer: str | None,
    *,
    role: str,
    columns: Sequence[str] = (),
    kinds: Sequence[Kind] = ("polygon", "line", "point"),
    crs: str | None = None,
) -> gpd.GeoDataFrame:
    """Read a vector layer: any format that GDAL reads, zipped or not.

    Parameters
    ----------
    path, layer
        The file, and its layer where it has several.
    role
        Key of the description that asks for it, such as ``"beats.current"``.
    columns
        Columns that it must have; no others are read.
    kinds
        The kinds of geometry that it may have.
    crs
        The CRS of a layer that brings none.

    Returns
    -------
    geopandas.GeoDataFrame
        In its own CRS, 2-D, no empty geometry; the index is the feature's number, from 1.

    Raises
    ------
    InputError
        The file is unreadable, the layer or a column is not there or not picked, the layer is empty, has no geometry,
        no CRS, or geometry of another kind.
    """
    place = Place(role, path.name, layer or "")
    if path.suffix.lower() in (*_TEXT_TABLES, *_SHEETS):
        raise place.error("this is a table; a layer with geometry is needed here", "Give a GeoPackage or Shapefile")
    source, name = _pick_layer(path, layer, place, with_geometry=True)
    frame = _read_features(path, source, name, columns, place, geometry=True)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise place.error("the layer has no geometry", "Pick a layer that has, with layer = …")
    if frame.crs is None and crs:
        frame = frame.set_crs(readable_crs(crs, place.role + ".crs", place.file))
    if frame.crs is None:
        raise place.error(
            "the layer says no coordinate system (CRS)",
            "Set it in QGIS (Layer, Set CRS of Layer) and save, or put its .prj file beside it",
        )
    return frame.set_geometry(_checked_geometry(frame.geometry, kinds, place))


def read_table(
    path: Path, layer: str | None, *, role: str, columns: Sequence[str] = (), optional: Sequence[str] = ()
) -> pd.DataFrame:
    """Read a table: CSV, TSV, XLSX, or the attributes of any layer that GDAL reads.

    Parameters
    ----------
    path, layer
        The file, and its layer or sheet where it has several.
    role
        Key of the description that asks for it.
    columns
        Columns that it must have; no others are read but the optional ones.
    optional
        Columns that it may have.

    Returns
    -------
    pandas.DataFrame
        Cells as they stand (text from text files); None where empty. The index is the row's number in the file.
        ``attrs["doubts"]`` lists notes (a guessed encoding), ``attrs["others"]`` the columns that were not read.

    Raises
    ------
    InputError
        The file is unreadable, the sheet or a column is not there or not picked, or it has no rows.
    """
    place = Place(role, path.name, layer or "")
    suffix = path.suffix.lower()
    doubts: list[Note] = []
    if suffix in _TEXT_TABLES:
        frame = _read_text_table(path, place, doubts)
    elif suffix in _SHEETS:
        frame = _read_sheet(path, layer, place)
    elif suffix == ".xls":
        raise place.error("this is the old Excel format", "Save it as .xlsx or .csv")
    else:
        source, name = _pick_layer(path, layer, place, with_geometry=False)
        known = list(pyogrio.read_info(source, layer=name)["fields"])
        wanted = [*columns, *(c for c in optional if c in known)]
        frame = pd.DataFrame(_read_features(path, source, name, wanted, place, geometry=False))
        frame.attrs["others"] = [c for c in known if c not in wanted]
        return frame
    _need_columns(list(frame.columns), columns, place)
    if frame.empty:
        raise place.error("the table has no rows", "Export it again with its rows, or take it out of the description")
    wanted = [*columns, *(c for c in optional if c in frame.columns and c not in columns)]
    others = [c for c in frame.columns if c not in wanted]
    frame = frame[list(dict.fromkeys(wanted))].astype(object)
    frame = frame.where(frame.notna(), None)
    frame.attrs = {"doubts": doubts, "others": others}
    return frame


def readable_crs(text: str, field: str, file: str = "") -> CRS:
    """Return the CRS that a text such as ``EPSG:4326`` names.

    Raises
    ------
    InputError
        There is no such CRS.
    """
    try:
        return CRS.from_user_input(text)
    except CRSError:
        mend = "Give a code such as EPSG:4326; https://epsg.io lists them"
        raise Place(field, file).error(f"there is no coordinate system “{text}”", mend, field=field) from None


def _pick_layer(path: Path, layer: str | None, place: Place, *, with_geometry: bool) -> tuple[str, str]:
    """Return what GDAL opens, and the layer's name in it."""
    source = _inside_zip(path, place) if path.suffix.lower() == ".zip" else str(path)
    try:
        found = pyogrio.list_layers(source)
    except _UNREADABLE:
        what = "the file is empty" if path.is_file() and path.stat().st_size == 0 else "the file cannot be read"
        mend = "It may be damaged or of another format than its name says; export it again, as GeoPackage"
        raise place.error(what, mend) from None
    names = [str(name) for name, _ in found]
    if layer is not None:
        if layer not in names:
            mend = did_you_mean(layer, names)
            raise place.error(f"there is no layer “{layer}”; the layers are: {listed(names)}", mend)
        return source, layer
    usable = [str(name) for name, kind in found if name not in _NOT_DATA and (kind or not with_geometry)]
    if not usable:
        raise place.error(
            "there is no layer with geometry" if names else "there is no layer in it", "Give another file"
        )
    if len(usable) > 1:
        mend = f'Pick one with layer = "{usable[0]}"'
        raise place.error(f"there are several layers: {listed(usable)}", mend)
    return source, usable[0]


def _inside_zip(path: Path, place: Place) -> str:
    """Return GDAL's name of the one data set in a ZIP file."""
    suffixes = (".shp", ".gpkg", ".geojson", ".json", ".fgb", ".kml")
    try:
        names = [n for n in zipfile.ZipFile(path).namelist() if not n.startswith("__MACOSX")]
    except (zipfile.BadZipFile, OSError):
        raise place.error("the ZIP file cannot be read", "It may be damaged; pack or download it again") from None
    data = [n for n in names if n.lower().endswith(suffixes)]
    if len(data) != 1:
        what = (
            f"there are several data sets in the ZIP file: {listed(data)}" if data else "there is no layer in the ZIP"
        )
        raise place.error(what, "Unpack it and give the file that you want")
    return f"/vsizip/{path.as_posix()}/{data[0]}"


def _read_features(
    path: Path, source: str, layer: str, columns: Sequence[str], place: Place, *, geometry: bool
) -> pd.DataFrame:
    try:
        info = pyogrio.read_info(source, layer=layer)
        _need_columns([str(f) for f in info["fields"]], columns, place)
        encoding = _dbf_encoding(path) if path.suffix.lower() == ".shp" else None
        frame = pyogrio.read_dataframe(
            source, layer=layer, columns=list(columns), read_geometry=geometry, encoding=encoding
        )
    except _UNREADABLE as error:
        raise place.error(f"the layer cannot be read ({error})", "It may be damaged; export it again") from None
    if frame.empty and not (len(frame) and not columns):
        raise place.error("the layer is empty", "Export it again with its features, or take it out of the description")
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    return frame


def _need_columns(known: list[str], wanted: Sequence[str], place: Place) -> None:
    missing = [c for c in dict.fromkeys(wanted) if c not in known]
    notes = []
    for column in missing:
        what = f"there is no column “{column}”; the columns are: {listed(known, 20)}"
        mend = did_you_mean(column, known) or f"Name one of them under [{place.role}], or add the column"
        notes.append(place.note("error", what, mend, field=column))
    if notes:
        raise InputError(*notes)


def _checked_geometry(shapes: gpd.GeoSeries, kinds: Sequence[Kind], place: Place) -> gpd.GeoSeries:
    flat = gpd.GeoSeries(shapely.force_2d(shapes.array), index=shapes.index, crs=shapes.crs)
    empty = flat.isna() | flat.is_empty
    if empty.all():
        raise place.error("no feature has a geometry", "Export the layer again, with its geometry")
    if empty.any():
        rows = listed(flat.index[empty])
        raise place.error(f"{empty.sum():,} features have no geometry", "Draw them or delete them", row=rows)
    allowed = [t for kind in kinds for t in _TYPES[kind]]
    other = ~flat.geom_type.isin([*allowed, "GeometryCollection"] if "polygon" in kinds else allowed)
    if other.any():
        found = listed(sorted(flat.geom_type[other].unique()))
        what = f"{' or '.join(kinds)}s are needed here, but {other.sum():,} of {len(flat):,} features are {found}"
        raise place.error(what, "Give another layer", row=listed(flat.index[other]))
    if not pd.Series(shapely.bounds(flat.array).sum(axis=1)).map(pd.notna).all():
        raise place.error("some coordinates are not numbers", "Export the layer again")
    _need_possible_coordinates(flat, place)
    return flat


def _need_possible_coordinates(shapes: gpd.GeoSeries, place: Place) -> None:
    """Refuse coordinates in metres that are labelled as degrees."""
    if shapes.crs is None or not shapes.crs.is_geographic:
        return
    bounds = shapes.bounds.abs()
    bad = (bounds[["minx", "maxx"]].max(axis=1) > 360) | (bounds[["miny", "maxy"]].max(axis=1) > 90)
    if bad.any():
        x, y = shapes.bounds.loc[bad.idxmax(), ["minx", "miny"]]
        what = f"coordinates such as {x:,.1f}, {y:,.1f} cannot be degrees, but its CRS ({shapes.crs.name}) says so"
        raise place.error(what, "Set the right CRS, or swap x and y", row=listed(bad.index[bad]))


def _read_text_table(path: Path, place: Place, doubts: list[Note]) -> pd.DataFrame:
    text = _decoded(path, place, doubts)
    head = next((line for line in text.splitlines() if line.strip()), "")
    if not head:
        raise place.error("the file is empty", "Export it again")
    delimiter = max(",;\t|", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows, numbers, header = [], [], None
    try:
        for cells in reader:
            cells = [c.strip() for c in cells]
            if not any(cells):
                continue
            if header is None:
                header = _header(cells, place)
                continue
            if any(cells[len(header) :]):
                what = f"the row has {len(cells)} cells, but there are {len(header)} columns"
                mend = "Put text that contains the separator in quotes, and write decimals with a point"
                raise place.error(what, mend, row=str(reader.line_num))
            rows.append([c or None for c in cells[: len(header)]] + [None] * (len(header) - len(cells)))
            numbers.append(reader.line_num)
    except csv.Error as error:
        raise place.error(f"the table cannot be read ({error})", "Export it again", row=str(reader.line_num)) from None
    frame = pd.DataFrame(rows, columns=header, index=numbers, dtype=object)
    return frame.apply(_decimal_points) if delimiter != "," and len(frame) else frame


def _decimal_points(cells: pd.Series) -> pd.Series:
    """Write decimal commas as points in a column of numbers; the separator of the file is not the comma."""
    filled = cells.dropna().astype(str)
    if filled.empty or not filled.str.fullmatch(r"[+-]?\d+(,\d+)?").all():
        return cells
    return cells.map(lambda c: c.replace(",", "."), na_action="ignore")


def _header(cells: Sequence[Any], place: Place) -> list[str]:
    names = ["" if c is None else str(c).strip() for c in cells]
    while names and not names[-1]:
        names.pop()
    twice = sorted({n for n in names if n and names.count(n) > 1})
    if twice:
        what = f"there are several columns named {listed(twice)}"
        raise place.error(what, "Give each column its own name", field=twice[0])
    return [name or f"column {number}" for number, name in enumerate(names, 1)]


def _decoded(path: Path, place: Place, doubts: list[Note]) -> str:
    content = path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in content[:4000]:
        raise place.error("this is not a text table", "Export it as CSV in UTF-8")
    else:
        encodings = ["utf-8-sig"]
    try:
        return content.decode(encodings[0])
    except UnicodeDecodeError:
        if encodings[0] == "utf-16":
            raise place.error("the text is damaged", "Export it as CSV in UTF-8") from None
    encoding = _likely_codepage(content)
    what = f"the text is not UTF-8; it was read as {encoding.replace('cp', 'Windows-')}"
    doubts.append(place.note("warning", what, "Look whether names are right; save the file as UTF-8 to be sure"))
    return content.decode(encoding, errors="replace")


def _likely_codepage(content: bytes) -> str:
    """Guess the Windows code page of text with letters beyond ASCII.

    Cyrillic words are runs of such letters, Latin words have single ones. Among the Latin pages the Central European
    one comes first, as its letters are those of the towns that this is made for; it lacks five of the byte values.
    """
    high = [i for i, byte in enumerate(content) if byte >= 0x80]
    in_runs = sum(1 for a, b in zip(high, high[1:], strict=False) if b == a + 1)
    if high and in_runs > 0.5 * len(high):
        return "cp1251"
    try:
        content.decode("cp1250")
    except UnicodeDecodeError:
        return "cp1252"
    return "cp1250"


def _dbf_encoding(path: Path) -> str | None:
    """Return the encoding of a Shapefile's attributes where neither a .cpg file nor the .dbf itself says it."""
    table = next((p for p in (path.with_suffix(s) for s in (".dbf", ".DBF")) if p.exists()), None)
    if table is None or any(path.with_suffix(s).exists() for s in (".cpg", ".CPG")):
        return None
    content = table.read_bytes()
    records = content[int.from_bytes(content[8:10], "little") :]
    if len(content) < 32 or content[29] != 0 or records.isascii():
        return None
    try:
        records.decode("utf-8")
    except UnicodeDecodeError:
        return _likely_codepage(records)
    return "utf-8"


def _read_sheet(path: Path, sheet: str | None, place: Place) -> pd.DataFrame:
    try:
        book = load_workbook(path, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError, ValueError, EOFError):
        raise place.error("the workbook cannot be read", "It may be damaged; save it again as .xlsx") from None
    names = [s.title for s in book.worksheets]
    if sheet is not None and sheet not in names:
        raise place.error(f"there is no sheet “{sheet}”; the sheets are: {listed(names)}", did_you_mean(sheet, names))
    filled = [s for s in book.worksheets if any(c is not None for row in s.iter_rows(values_only=True) for c in row)]
    if sheet is None and len(filled) > 1:
        what = f"there are several sheets: {listed(s.title for s in filled)}"
        raise place.error(what, f'Pick one with layer = "{filled[0].title}"')
    picked = [s for s in filled if sheet in (None, s.title)]
    if not picked:
        raise place.error("the sheet is empty", "Give another sheet")
    rows, numbers, header = [], [], None
    for number, cells in enumerate(picked[0].iter_rows(values_only=True), 1):
        cells = [c.strip() or None if isinstance(c, str) else c for c in cells]
        if all(c is None for c in cells):
            continue
        if header is None:
            header = _header(cells, place)
            continue
        rows.append((cells + [None] * len(header))[: len(header)])
        numbers.append(number)
    return pd.DataFrame(rows, columns=header, index=numbers, dtype=object)
