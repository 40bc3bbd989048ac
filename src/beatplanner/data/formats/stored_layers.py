"""Layers that this program wrote into a GeoPackage, read back by one connection: GDAL opens the whole file anew for each of them.

What is not stored as the program stores it (columns of other kinds, numbers kept as text, views, curves) is left to GDAL, and so are large tables,
of which Python would hold every cell twice.
"""

from __future__ import annotations

import functools
import sqlite3
import struct
from collections.abc import Collection
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


def _read_by_sqlite(path: Path, names: Collection[str], found: dict[str, pd.DataFrame]) -> list[str]:
    """Put the layers that are as the program stores them into `found`; return those that are there and left to GDAL."""
    if is_logged(path):
        raise OSError
    left: list[str] = []
    with opened_database(path) as database:
        kinds = dict(
            database.execute("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')").fetchall()
        )
        there = [str(r[0]) for r in database.execute("SELECT table_name FROM gpkg_contents")]
        geometries: dict[str, tuple[str, int]] = {
            str(r[0]): (str(r[1]), int(r[2]))
            for r in database.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns")
        }
        for name in (n for n in names if n in there):
            try:
                # kinds of columns beyond SQLite's own are told there
                if kinds.get(name) != "table" or "gpkg_data_columns" in kinds:
                    raise _OtherwiseError
                found[name] = _table(database, name, *geometries.get(name, ("", 0)))
            except (_OtherwiseError, GEOSException, ShapelyError):
                left.append(name)
    return left


def _table(database: sqlite3.Connection, name: str, geometry: str, srs: int) -> pd.DataFrame:
    quoted = '"' + name.replace('"', '""') + '"'
    columns = database.execute(f"PRAGMA table_xinfo({quoted})").fetchall()
    keys = [c for c in columns if c[5]]
    if len(keys) != 1 or str(keys[0][2]) != "INTEGER" or any(c[6] for c in columns):
        raise _OtherwiseError
    most = database.execute(f"SELECT max(rowid) FROM {quoted}").fetchone()[0]  # noqa: S608 - quoted
    if most is not None and most > MOST_ROWS:
        raise _OtherwiseError
    kinds = {str(c[1]): str(c[2]) for c in columns if not c[5] and c[1] != geometry}
    if not kinds or not set(kinds.values()) <= set(_KINDS):
        raise _OtherwiseError
    wanted = ", ".join('"' + c.replace('"', '""') + '"' for c in [*kinds, *([geometry] if geometry else [])])
    rows = database.execute(f"SELECT {wanted} FROM {quoted}").fetchall()  # noqa: S608 - quoted
    cells: list[tuple[Any, ...]] = list(zip(*rows, strict=True)) if rows else [()] * (len(kinds) + bool(geometry))
    frame = pd.DataFrame(
        {column: _column(kind, values) for (column, kind), values in zip(kinds.items(), cells, strict=False)},
        index=pd.RangeIndex(len(rows)),
    )
    if not geometry:
        return frame
    return gpd.GeoDataFrame(frame, geometry=_shapes(cells[-1]), crs=_crs(database, srs))


def _column(kind: str, cells: tuple[Any, ...]) -> pd.Series | np.ndarray:
    """Return a column as GDAL would: whole numbers are floats where one is missing."""
    kinds = set(map(type, cells))
    if not kinds <= {_KINDS[kind], type(None)}:
        raise _OtherwiseError
    if kind == "TEXT":
        if any(c is not None and "\0" in c for c in cells):
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
    return 1 <= kind <= 6


def _crs(database: sqlite3.Connection, srs: int) -> CRS:
    """Return a system by its code; one of another register, or of a scheme's own, is GDAL's to tell."""
    row = database.execute(
        "SELECT organization, organization_coordsys_id FROM gpkg_spatial_ref_sys WHERE srs_id = ?", [srs]
    ).fetchone()
    if row is None or str(row[0]).upper() != "EPSG":
        raise _OtherwiseError
    try:
        return _by_code(int(row[1]))
    except (CRSError, ValueError, TypeError):
        raise _OtherwiseError from None


@functools.lru_cache(maxsize=64)
def _by_code(code: int) -> CRS:
    return CRS.from_epsg(code)
