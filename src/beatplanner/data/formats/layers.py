"""Readers of vector layers and tables, strict about numbers and dates and plain about what is wrong."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyogrio.raw
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.errors import GEOSException, ShapelyError

from beatplanner.data.causes import cause
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.formats.archives import unpacked
from beatplanner.data.formats.damage import seen_fault
from beatplanner.data.formats.datums import datum_doubt, disputed_change
from beatplanner.data.formats.declared_encodings import layer_encoding
from beatplanner.data.formats.drivers import VECTOR_DRIVERS
from beatplanner.data.formats.source import Place
from beatplanner.data.formats.text_tables import read_text_table
from beatplanner.data.formats.vector_files import matched, opened
from beatplanner.data.formats.workbooks import WORKBOOKS, read_workbook
from beatplanner.data.paths import part_of

TEXT_TABLES = {".csv", ".tsv", ".txt"}
MOST_FEATURES = 5_000_000
# Of rows whose geometry is broken at most so many, or this share, are left out; beyond, the layer is broken.
MOST_BROKEN, BROKEN_SHARE = 3, 0.1
NO_CRS = "the layer has no CRS, so its place on earth is unknown"
SET_CRS = 'Give crs = "EPSG:…" beside its path, or set the CRS in QGIS (Layer > Set CRS) and save it'


def is_table(path: Path) -> bool:
    """Tell whether a file is a table without geometry by its name."""
    return path.suffix.lower() in TEXT_TABLES | WORKBOOKS


def crs_from(text: str, *, file: str | Path, field: str) -> CRS:
    """Return the CRS that a key names; InputError where PROJ does not know it."""
    try:
        return CRS(text)
    except CRSError:
        raise InputError(
            problem(f"“{text}” is not a CRS that is known", 'Give a code such as "EPSG:4326"', file=file, field=field)
        ) from None


def read_layer(
    path: Path,
    layer: str | None,
    columns: Sequence[str] | Callable[[Sequence[str]], Sequence[str]],
    crs: str | None = None,
    guess: Callable[[gpd.GeoDataFrame, Place], InputError] | None = None,
    *,
    whole: bool = False,
) -> tuple[gpd.GeoDataFrame, Place]:
    """Read a vector layer.

    Parameters
    ----------
    path
        Any vector format that GDAL reads, a geodatabase's folder, or a zipped folder with one of them.
    layer
        Layer of the file; may be None where the file has one only.
    columns
        The only columns that are read; the result has them under these names, whatever case or cut the file gives them. Or what chooses them from
        those that the file has.
    crs
        The CRS that the coordinates are in, where the file has none or a wrong one.
    guess
        Makes the error for a layer without a CRS, with a proposal.
    whole
        Whether a row counts even where its geometry is broken beyond mending: it is kept without one, for the caller to judge.

    Returns
    -------
    tuple of geopandas.GeoDataFrame and Place

    Raises
    ------
    InputError
        Where the file cannot be read, the layer or a column is missing, it is empty, or has no CRS or geometry.
    """
    notes: list[Note] = []
    with opened(path, layer) as inner:
        member = layer if inner.name == path.name or layer not in {inner.name, inner.stem} else None
        chosen, info = _look(inner, member, path.name)
        where = Place(path.name, chosen if chosen not in (path.stem, inner.stem) else "", ())
        with errors_as("the layer cannot be read ({error})", where, inner):
            page, what = layer_encoding(inner)
            found = _fields(inner, chosen, page, where, info)
            wanted = columns(found) if callable(columns) else columns
            names, facts = matched(wanted, found)
            _check_columns([c for c in wanted if c not in names], found, where, inner)
            used = list(dict.fromkeys(names.values()))
            frame, broken = _features(inner, chosen, used, page, where, whole=whole)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(where.problem("the layer has no geometry", "Give a layer of points, lines or polygons"))
    if frame.empty:
        raise InputError(where.problem("the layer is empty", "Give a layer with features"))
    notes += [where.fact(f) for f in [what, *facts] if f]
    notes += [where.fact(f, "warning", "Draw it again in QGIS", field="geometry") for f in broken]
    frame = frame.rename(columns={v: k for k, v in names.items()})
    shapes = np.asarray(frame.geometry.array, dtype=object)
    if shapely.has_z(shapes).any():
        frame = frame.set_geometry(gpd.GeoSeries(shapely.force_2d(shapes), index=frame.index, crs=frame.crs))
    dropped = tuple(f for f in found if f not in used)
    where = Place(where.file, where.layer, tuple(str(i + 1) for i in frame.index), tuple(notes), dropped)
    frame = frame.reset_index(drop=True)
    if crs is not None:
        frame = frame.set_crs(crs_from(crs, file=path.name, field="crs"), allow_override=True)
    if frame.crs is None:
        raise guess(frame, where) if guess is not None else InputError(where.problem(NO_CRS, SET_CRS))
    some = frame.geometry.iloc[np.linspace(0, len(frame) - 1, min(len(frame), 100)).astype(int)].to_numpy()
    return frame, with_datum(where, frame.crs, shapely.get_coordinates(shapely.centroid(some)))


def with_datum(where: Place, crs: CRS, points: np.ndarray) -> Place:
    """Return a place with a warning where PROJ cannot shift the datum of a layer, or shifts it as nothing else does, so that it would lie off."""
    doubt = datum_doubt(crs, points) or disputed_change(crs, points)
    if doubt is None:
        return where
    note = Note("warning", doubt.what, doubt.mend, where.file, where.layer, "", "crs")
    return replace(where, notes=(*where.notes, note))


@contextmanager
def errors_as(what: str, where: Place, path: Path, mend: str = "Export it again") -> Generator[None]:
    """Tell as a sentence whatever GDAL's drivers raise on broken files, as `{error}`; its warnings are no business of a planner."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except InputError:
        raise
    except Exception as error:  # GDAL's drivers raise whatever they like on broken files
        raise InputError(where.problem(what.format(error=seen_fault(path) or cause(error)), mend)) from None


def check_driver(info: Mapping[str, object], where: Place) -> None:
    """Refuse what GDAL reads by a driver that is not ours: a second wall behind the list of drivers."""
    driver = info.get("driver")
    if driver is not None and driver not in VECTOR_DRIVERS:
        what = f"the file is of a kind that is not read here ({driver})"
        raise InputError(where.problem(what, "Export it as a GeoPackage from QGIS"))


def _fields(path: Path, layer: str, page: str | None, where: Place, info: Mapping[str, Any] | None = None) -> list[str]:
    """Return the columns of a layer; InputError where it is of a kind, or of a size, that is not read."""
    info = info or pyogrio.read_info(path, layer=layer, encoding=page)
    check_driver(info, where)
    if info["features"] > MOST_FEATURES:
        raise InputError(where.problem(f"the layer has {info['features']:,} features", "Cut out the town in QGIS"))
    return [str(f) for f in info["fields"]]


def _features(
    path: Path, layer: str, columns: list[str] | None, page: str | None, where: Place, *, whole: bool = False
) -> tuple[pd.DataFrame, list[str]]:
    """Read features; a row with a broken geometry is mended or left out, and named, where there are few of them.

    The index is the position in the file.
    """
    try:
        sound = _without_binary(pyogrio.read_dataframe(path, layer=layer, columns=columns, encoding=page))
        if whole or not isinstance(sound, gpd.GeoDataFrame) or not _nowhere(sound.geometry.to_numpy()).any():
            return sound, []
    except (GEOSException, ShapelyError):
        pass
    # geometries are asked for, so that they are there
    read: tuple[Any, Any, np.ndarray, list[np.ndarray]] = cast(
        Any, pyogrio.raw.read(path, layer=layer, columns=columns, encoding=page)
    )
    meta, _, wkb, values = read
    # of roads and barriers no column may be asked for, and rows there are all the same
    fields = dict(zip(meta["fields"], values, strict=True))
    frame = _without_binary(pd.DataFrame(fields, index=pd.RangeIndex(len(wkb))))
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    nowhere = np.zeros(len(shapes), bool) if whole else _nowhere(shapes)
    bad = np.flatnonzero((shapely.is_missing(shapes) & np.array([w is not None for w in wkb], bool)) | nowhere)
    if len(bad) > max(MOST_BROKEN, BROKEN_SHARE * len(shapes)) or len(bad) == len(shapes):
        what = f"the geometries of {len(bad):,} of {len(shapes):,} rows are broken"
        raise InputError(where.problem(what, "Export it again", row=str(bad[0] + 1), field="geometry"))
    notes: list[str] = []
    gone: list[int] = []
    for i in bad:
        try:
            shapes[i] = None if nowhere[i] else shapely.from_wkb(wkb[i], on_invalid="fix")
        except (GEOSException, ShapelyError):
            shapes[i] = None
        first = next((str(v) for v in frame.iloc[int(i)] if str(v) not in ("", "None", "nan")), "")
        name = f"row {i + 1} (“{first[:60]}”)" if first else f"row {i + 1}"
        # a ring of too few points has no area when it is closed
        shape: shapely.Geometry | None = shapes[i]
        flat = shapely.get_dimensions(shape) == 2 and not shapely.area(shape) > 0
        if shapes[i] is None or shapely.is_empty(shapes[i]) or flat:
            shapes[i] = None
            if not whole:
                gone.append(int(i))
            broken = f"the geometry of {name} is broken"
            notes.append(broken if whole else f"the geometry of {name} is broken; the row was left out")
        else:
            notes.append(
                f"the geometry of {name} was broken (a ring that is not closed, or of too few points) and was mended"
            )
    found = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=meta["crs"]), crs=meta["crs"])
    return found.drop(index=gone), notes


def _nowhere(shapes: np.ndarray) -> np.ndarray:
    """Tell which geometries have a coordinate that is no number, or beyond every system on Earth, (n,)."""
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    found = np.zeros(len(shapes), bool)
    # NaN is not below anything
    found[owner[~(np.abs(coordinates) < 1e9).all(axis=1)]] = True
    return found


def _without_binary(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose columns of bytes, such as pictures and signatures, are empty: they mean nothing here."""
    for name in frame.select_dtypes(object).columns:
        first = cast(Any, frame[name].first_valid_index())
        if first is not None and isinstance(frame.at[first, name], bytes | bytearray | memoryview):
            frame[name] = pd.Series([None] * len(frame), index=frame.index, dtype=object)
    return frame


def layer_names(path: Path) -> list[str]:
    """Return the layers of a file as `opened` gives it, without those that keep styles and projects; InputError where it cannot be read."""
    with errors_as("the file cannot be read as a map layer ({error})", Place(path.name, "", ()), path):
        every = [str(name) for name, _ in pyogrio.list_layers(path)]
    return [n for n in every if n not in {"layer_styles", "qgis_projects"} and not n.startswith("beatplanner_")]


@dataclass(frozen=True)
class WholeLayer:
    """A layer with all its columns, as it stands in the file.

    Attributes
    ----------
    name
        The layer's name.
    frame
        A GeoDataFrame where it has geometries; its CRS may be unknown.
    notes
        What had to be found out or mended to read it, in sentences; with the layers beside it that cannot be read.
    alone
        Whether the file has no other layer.
    """

    name: str
    frame: pd.DataFrame
    notes: tuple[str, ...]
    alone: bool = True


def whole_layers(path: Path, layer: str | None = None) -> list[WholeLayer]:
    """Read every layer of a file, or one, with all columns; as `read_layer` reads the named ones.

    Raises
    ------
    InputError
        As for `read_layer`, but for a missing CRS. Of several layers those that cannot be read are left out, unless none can.
    """
    with opened(path, layer) as inner:
        member = layer if inner.name == path.name or layer not in {inner.name, inner.stem} else None
        names = [_chosen_layer(inner, member, path.name)] if member is not None else layer_names(inner)
        found: list[WholeLayer] = []
        problems: list[Note] = []
        for name in names:
            try:
                found.append(_whole_layer(inner, name, Place(path.name, name, ()), alone=len(names) == 1))
            except InputError as error:
                problems += error.problems
        if problems and not found:
            raise InputError(*problems)
        if problems:
            beside = tuple(f"the layer “{n.layer}” beside it is left out: {n.what}" for n in problems)
            found[0] = replace(found[0], notes=(*found[0].notes, *beside))
        return found


def _whole_layer(path: Path, name: str, where: Place, *, alone: bool) -> WholeLayer:
    with errors_as("the layer cannot be read ({error})", where, path):
        page, what = layer_encoding(path)
        _fields(path, name, page, where)
        frame, broken = _features(path, name, None, page, where)
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = np.asarray(frame.geometry.array, dtype=object)
        if shapely.has_z(shapes).any():
            frame = frame.set_geometry(gpd.GeoSeries(shapely.force_2d(shapes), index=frame.index, crs=frame.crs))
    return WholeLayer(name, frame.reset_index(drop=True), tuple(f for f in [what, *broken] if f), alone)


def _look(path: Path, layer: str | None, named: str) -> tuple[str, Mapping[str, Any] | None]:
    """Return the layer that is meant, and what GDAL says of it where it was asked once: of the only layer, or of one by its name.

    Raises
    ------
    InputError
        Where it cannot be told.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # pyogrio warns where there are several
        warnings.simplefilter("error", UserWarning)
        try:
            info = pyogrio.read_info(path, layer=layer, encoding=layer_encoding(path)[0])
        except Exception:  # the list of layers tells what is wrong
            return _chosen_layer(path, layer, named), None
    name = str(info["layer_name"])
    return (name, info) if layer in (None, name) else (_chosen_layer(path, layer, named), None)


def _chosen_layer(path: Path, layer: str | None, named: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            layers = [str(name) for name, _ in pyogrio.list_layers(path)]
    except Exception as error:  # as above
        what = f"the file cannot be read as a map layer ({seen_fault(path) or cause(error)})"
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


def _check_columns(wanted: Sequence[str], found: Sequence[str], where: Place, path: Path) -> None:
    known = f"The columns are: {listed(found)}" if found else "Give a layer with columns"
    if path.suffix.lower() == ".shp" and not part_of(path, ".dbf"):
        known = f"They stand in {path.stem}.dbf, which is missing: copy all files of the shapefile"
    missing = [
        where.problem(f"there is no column “{name}”", did_you_mean(name, found) or known, field=name)
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
        facts: list[str] = []
        suffix = inner.suffix.lower()
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
            rows = [str(line) for line in table.rows]
        else:
            with opened(inner) as plain:
                name, info = _look(plain, member, path.name)
                with errors_as("the table cannot be read ({error})", Place(path.name, "", ()), inner):
                    page, what = layer_encoding(plain)
                    info = info or pyogrio.read_info(plain, layer=name, encoding=page)
                    check_driver(info, Place(path.name, "", ()))
                    frame = pyogrio.read_dataframe(plain, layer=name, read_geometry=False, encoding=page)
                    facts += [what] if what else []
            name = "" if name in (path.stem, inner.stem) else name
            rows = [str(i + 1) for i in range(len(frame))]
    where = Place(path.name, name, ())
    found = [str(c) for c in frame.columns]
    names, spelled = matched(wanted, found)
    _check_columns([c for c in columns if c not in names], found, where, path)
    used = [c for c in dict.fromkeys(wanted) if c in names]
    frame = pd.DataFrame({c: frame[names[c]] for c in used}, index=frame.index)
    if not rows:
        raise InputError(where.problem("the table has no rows", "Give a table with rows below its header"))
    dropped = tuple(f for f in found if f not in set(names.values()))
    notes = tuple(where.fact(f) for f in [*facts, *spelled])
    return frame, Place(path.name, name, tuple(rows), notes, dropped, tuple(found))


def whole_table(path: Path, sheet: str | None) -> pd.DataFrame:
    """Read every column of a text table or workbook, as `read_table` does the named ones."""
    with unpacked(path, sheet) as inner:
        member = sheet if inner == path or sheet not in {inner.name, inner.stem} else None
        if inner.suffix.lower() in WORKBOOKS:
            return read_workbook(inner, member, None).frame.reset_index(drop=True)
        if inner.suffix.lower() in TEXT_TABLES:
            return read_text_table(inner, None).frame
    # a table of a geodatabase in a zipped folder
    return whole_layers(path, sheet)[0].frame
