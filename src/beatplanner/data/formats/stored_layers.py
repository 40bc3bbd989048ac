"""The layers of a result, read by SQLite at once: GDAL opens the whole file anew for each of its dozen layers. What others wrote GDAL alone reads.

What is not stored as the program stores it (columns of other kinds, numbers kept as text, views, curves) is left to GDAL, and so are large tables,
of which Python would hold every cell twice.
"""

from __future__ import annotations

import functools
import sqlite3
import struct
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.errors import GEOSException, ShapelyError

from beatplanner.data.formats.geopackages import is_logged, opened_database

# Rows beyond which a table is GDAL's.
MOST_ROWS = 20_000
# Bytes of the box in the head of a geometry, by its code; bits of the head for a geometry of another kind and an empty one.
_BOXES, _OTHER = (0, 32, 48, 48, 64), 0b110000
# Kinds of cells by what SQLite was told of a column.
_KINDS: dict[str, type] = {"INTEGER": int, "REAL": float, "TEXT": str, "BOOLEAN": int}
# What stands for the number of a system that is none; GeoPackages number theirs from -1.
_NO_SYSTEM = -2


class _OtherwiseError(Exception):
    """A layer is not as the program stores one."""


def read_stored(path: Path, names: Collection[str]) -> dict[str, pd.DataFrame]:
    """Read layers and tables that the program wrote.

    Parameters
    ----------
    path
        A GeoPackage.
    names
        The layers that are wanted; of these the file may lack some.

    Returns
    -------
    dict of str to pandas.DataFrame
        Those that are there, with geometries as ``geopandas.GeoDataFrame``; texts are objects, None where empty.

    Raises
    ------
    pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError
        Where the file is broken.
    """
    found: dict[str, pd.DataFrame] = {}
    try:
        left = _read_by_sqlite(path, names, found)
    except (OSError, sqlite3.Error):
        left = [n for n in (str(name) for name, _ in pyogrio.list_layers(path)) if n in names]
    for name in left:
        found[name] = with_none(pyogrio.read_dataframe(path, layer=name))
    return {name: found[name] for name in names if name in found}


def with_none(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose cells without a number or geometry are objects, None where empty."""
    for column in frame.columns.drop("geometry", errors="ignore"):
        if not pd.api.types.is_numeric_dtype(frame[column]):
            frame[column] = frame[column].astype(object).where(frame[column].notna(), None)
    return frame


@dataclass(frozen=True)
class _Stored:
    """A layer or table whose scheme is as the program writes one.

    Attributes
    ----------
    name
        The layer.
    key
        The column of the rows' numbers, in whose order they are read.
    kinds
        What SQLite was told of each other column, but for the geometry.
    geometry
        The column of geometries; "" for a table.
    system
        The number that the file gives to the layer's system.
    """

    name: str
    key: str
    kinds: dict[str, str]
    geometry: str
    system: int


class _Scheme:
    """What a GeoPackage says of its layers: kinds of tables and views by name, those that are registered, and the columns of geometries."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database
        kinds = database.execute("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')").fetchall()
        self.kinds: dict[str, str] = {str(name): str(kind) for name, kind in kinds}
        self.there = [
            str(r[0])
            for r in database.execute(
                "SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes') AND table_name <> 'ogr_empty_table'"
            )
        ]
        self.geometries: dict[str, tuple[str, int]] = {
            str(r[0]): (str(r[1]), r[2] if isinstance(r[2], int) else _NO_SYSTEM)
            for r in database.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns")
        }

    def layer(self, name: str) -> _Stored:
        """Return a layer that is there.

        Raises
        ------
        _OtherwiseError
            Where the program would not have made it so.
        """
        # kinds of columns beyond SQLite's own are told there
        if self.kinds.get(name) != "table" or "gpkg_data_columns" in self.kinds:
            raise _OtherwiseError
        geometry, system = self.geometries.get(name, ("", 0))
        columns = self.database.execute(f"PRAGMA table_xinfo({_quoted(name)})").fetchall()
        keys = [c for c in columns if c[5]]
        if len(keys) != 1 or str(keys[0][2]) != "INTEGER" or any(c[6] for c in columns):
            raise _OtherwiseError
        kinds = {str(c[1]): str(c[2]) for c in columns if not c[5] and c[1] != geometry}
        if not set(kinds.values()) <= set(_KINDS) or "geometry" in kinds or not (kinds or geometry):
            raise _OtherwiseError
        # by the key's own name: any of SQLite's names for it may be that of a column
        key = str(keys[0][1])
        most = self.database.execute(f"SELECT max({_quoted(key)}) FROM {_quoted(name)}").fetchone()[0]  # noqa: S608 - quoted
        if most is not None and most > MOST_ROWS:
            raise _OtherwiseError
        return _Stored(name, key, kinds, geometry, system)


def _read_by_sqlite(path: Path, names: Collection[str], found: dict[str, pd.DataFrame]) -> list[str]:
    """Put the layers that are as the program stores them into `found`; return those that are there and left to GDAL."""
    if is_logged(path):
        raise OSError
    left: list[str] = []
    with opened_database(path) as database:
        scheme = _Scheme(database)
        for name in (n for n in names if n in scheme.there):
            try:
                found[name] = _table(database, scheme.layer(name))
            except (_OtherwiseError, GEOSException, ShapelyError):
                left.append(name)
    return left


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _table(database: sqlite3.Connection, layer: _Stored) -> pd.DataFrame:
    asked = [*layer.kinds, *([layer.geometry] if layer.geometry else [])]
    columns, name, key = ", ".join(map(_quoted, asked)), _quoted(layer.name), _quoted(layer.key)
    rows = database.execute(f"SELECT {columns} FROM {name} ORDER BY {key}").fetchall()  # noqa: S608 - quoted
    cells: list[tuple[Any, ...]] = list(zip(*rows, strict=True)) if rows else [()] * len(asked)
    frame = pd.DataFrame(
        {column: _column(kind, values) for (column, kind), values in zip(layer.kinds.items(), cells, strict=False)},
        index=pd.RangeIndex(len(rows)),
    )
    if not layer.geometry:
        return frame
    return gpd.GeoDataFrame(frame, geometry=_shapes(cells[-1]), crs=_crs(database, layer.system))


def _column(kind: str, cells: tuple[Any, ...]) -> pd.Series | np.ndarray:
    """Return a column as GDAL would: whole numbers are floats where one is missing."""
    kinds = set(map(type, cells))
    if not kinds <= {_KINDS[kind], type(None)}:
        raise _OtherwiseError
    if kind == "TEXT":
        # a zero ends a text of GDAL's; letters that are none it tells of
        if any(c is not None and ("\0" in c or "\ufffd" in c) for c in cells):
            raise _OtherwiseError
        return pd.Series(cells, dtype=object)
    if kind == "BOOLEAN":
        if not set(cells) <= {0, 1}:
            raise _OtherwiseError
        return np.array(cells, dtype=bool)
    if kind == "INTEGER" and type(None) not in kinds:
        return np.array(cells, dtype=np.int64)
    return np.array(cells, dtype=float)


def _shapes(cells: tuple[Any, ...]) -> np.ndarray:
    """Return geometries; source of their head: OGC 12-128r18, GeoPackage 1.3, clause 2.1.3."""
    found: list[bytes | None] = []
    for cell in cells:
        if cell is None:
            found.append(None)
            continue
        if not isinstance(cell, bytes) or cell[:3] != b"GP\0" or cell[3] & _OTHER or (cell[3] >> 1 & 7) >= len(_BOXES):
            raise _OtherwiseError
        begin = 8 + _BOXES[cell[3] >> 1 & 7]
        if len(cell) < begin + 5 or not _is_plain(cell, begin):
            raise _OtherwiseError
        found.append(cell[begin:])
    shapes = np.empty(len(found), dtype=object)
    shapes[:] = found
    return shapely.from_wkb(shapes)


def _is_plain(cell: bytes, begin: int) -> bool:
    """Tell whether a geometry is a point, line or polygon, or several, in two dimensions."""
    kind = struct.unpack_from("<I" if cell[begin] else ">I", cell, begin + 1)[0]
    return cell[begin] <= 1 and 1 <= kind <= 6


def _crs(database: sqlite3.Connection, srs: int) -> CRS:
    """Return a system by its code; one of another register, of a scheme's own, or that GDAL replaces by its successor, is GDAL's to tell."""
    row = database.execute(
        "SELECT organization, organization_coordsys_id FROM gpkg_spatial_ref_sys WHERE srs_id = ?", [srs]
    ).fetchone()
    if row is None or str(row[0]).upper() != "EPSG" or row[1] != srs:
        raise _OtherwiseError
    try:
        crs = _by_code(srs)
    except (CRSError, ValueError, TypeError):
        raise _OtherwiseError from None
    if crs.is_deprecated:
        raise _OtherwiseError
    return crs


@functools.lru_cache(maxsize=64)
def _by_code(code: int) -> CRS:
    return CRS.from_epsg(code)
