"""GeoPackages of others: SQLite runs what a file holds (views, triggers, computed columns), so that only plain tables of it are read.

A file with views or triggers is copied without them before GDAL sees it, and so is one with a write-ahead log, beside which even a reader writes.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.formats.damage import unreadable
from beatplanner.data.paths import read_only_uri, whole_path
from beatplanner.data.private_files import private_database

# Longest cell, longest statement of a scheme, steps of SQLite between two looks at the clock, and seconds that a question may take.
MOST_CELL, MOST_STATEMENT, STEPS, SECONDS = 1 << 28, 1 << 20, 200_000, 20.0


def is_logged(path: Path) -> bool:
    """Tell whether a database keeps a write-ahead log beside it."""
    with path.open("rb") as stream:
        return stream.read(20)[18:] == b"\x02\x02"


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", errors="replace")


@contextmanager
def opened_database(path: Path, seconds: float = SECONDS) -> Generator[sqlite3.Connection]:
    """Open a database of others for reading: it runs no code of its own, and no question to it lasts.

    Raises
    ------
    sqlite3.Error
        Where it is gone or broken, or a question takes longer than `seconds`, or a cell is larger than `MOST_CELL`.
    """
    until = time.monotonic() + seconds
    # beside a file with a write-ahead log even a reader writes, unless it is told that nobody else does
    alone = path.is_file() and is_logged(path) and not path.with_name(f"{path.name}-wal").is_file()
    uri = read_only_uri(whole_path(path)) + ("&immutable=1" if alone else "")
    with closing(sqlite3.connect(uri, uri=True)) as database:
        database.text_factory = _text
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_CELL)
        database.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, MOST_STATEMENT)
        database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        database.set_progress_handler(lambda: time.monotonic() > until, STEPS)
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA query_only = ON")
        yield database


def _unreadable(path: Path, error: Exception) -> Note:
    """Return what to tell of a GeoPackage that SQLite does not read."""
    if "locked" in str(error):
        # a file that another program holds is not damaged
        held = "the file cannot be read: another program is writing into it"
        return problem(held, "Close it there, then try again", file=path.name)
    return unreadable(path)


def _look(path: Path) -> tuple[list[str], bool]:
    """Return the views of a file, and whether GDAL needs a copy of it; InputError where its own tables are none, or it is broken."""
    try:
        with opened_database(path) as database:
            scheme = database.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master").fetchall()
            kinds = {str(name).casefold(): kind for kind, name, _ in scheme if kind in ("table", "view")}
            wrong = [n for n, kind in kinds.items() if n.startswith(("gpkg_", "beatplanner_")) and kind != "table"]
            if wrong:
                what = f"“{wrong[0]}” is a view where a GeoPackage has a table"
                raise InputError(problem(what, "Export the layer again", file=path.name))
            virtual = [
                n
                for kind, n, sql in scheme
                if kind == "table"
                and str(sql).lstrip().casefold().startswith("create virtual table")
                and " rtree" not in str(sql).casefold()
            ]
            if virtual:
                what = f"the table “{virtual[0]}” is a virtual one, made by a program when it is read"
                raise InputError(problem(what, "Export the layer alone from QGIS", file=path.name))
            for name in [str(r[0]) for r in database.execute("SELECT table_name FROM gpkg_contents")]:
                if kinds.get(name.casefold()) != "table":
                    continue
                quoted = '"' + name.replace('"', '""') + '"'
                computed = [r[1] for r in database.execute(f"PRAGMA table_xinfo({quoted})") if r[6] in (2, 3)]
                if computed:
                    what = f"the column “{computed[0]}” is computed when it is read"
                    raise InputError(problem(what, "Export the layer again from QGIS", file=path.name, layer=name))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise InputError(_unreadable(path, error)) from None
    views = [str(name) for kind, name, _ in scheme if kind == "view"]
    # GDAL's own triggers keep an index and a count; they run when a row is written, never when one is read
    return views, bool(views) or is_logged(path)


@contextmanager
def plain_geopackage(path: Path, folder: Path) -> Generator[Path]:
    """Give a GeoPackage that holds tables alone: the file itself, or a copy in `folder`.

    Raises
    ------
    InputError
        Where it is broken, or cannot be read without running what it holds.
    """
    target = folder / path.name
    log = path.with_name(f"{path.name}-wal")
    if log.is_file():
        shutil.copyfile(path, target)
        shutil.copyfile(log, target.with_name(log.name))
        views, _ = _look(target)
    else:
        views, copy = _look(path)
        if not copy:
            yield path
            return
        shutil.copyfile(path, target)
    try:
        with private_database(target) as database:
            for kind, name in database.execute("SELECT type, name FROM sqlite_master").fetchall():
                if kind in ("view", "trigger"):
                    quoted = '"' + str(name).replace('"', '""') + '"'
                    database.execute(f"DROP {kind.upper()} IF EXISTS {quoted}")
            for name in views:
                for table in ("gpkg_contents", "gpkg_geometry_columns"):
                    database.execute(f"DELETE FROM {table} WHERE lower(table_name) = lower(?)", [name])  # noqa: S608 - constants
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise InputError(_unreadable(path, error)) from None
    yield target


# Every GDAL of a QGIS from 3.16 reads this version of GeoPackages without a warning.
_DATASET = {"VERSION": "1.2"}


def append_layer(path: Path, layer: str, frame: pd.DataFrame) -> None:
    """Write a layer or table of our own into a GeoPackage, which is made where it does not exist."""
    there = path.exists()
    pyogrio.write_dataframe(
        frame, path, layer=layer, driver="GPKG", append=there, dataset_options=None if there else _DATASET
    )


def write_layer(frame: pd.DataFrame, path: Path, layer: str) -> None:
    """Write a layer or table into a GeoPackage, whatever its columns are called.

    GDAL keeps a number of its own in ``fid`` and the geometry in ``geom``: a column of such a name, which many programs export, makes them
    get another.

    Raises
    ------
    InputError
        Where two columns differ by capitals only, which a database takes for one.
    """
    names = [str(c) for c in frame.columns]
    if isinstance(frame, gpd.GeoDataFrame):
        names.remove(str(frame.geometry.name))
    taken = [n.casefold() for n in names]
    twice = next((n for i, n in enumerate(taken) if n in taken[:i]), None)
    if twice is not None:
        alike = " and ".join(f"“{n}”" for n in names if n.casefold() == twice)
        raise InputError(
            problem(f"the columns {alike} differ by capitals only", "Call one of them otherwise", layer=layer)
        )
    options: dict[str, str] = {}
    for key, name in (("FID", "fid"), ("GEOMETRY_NAME", "geom")):
        if name in taken:
            options[key] = next(f"{name}_{i}" for i in range(2, len(taken) + 3) if f"{name}_{i}" not in taken)
    pyogrio.write_dataframe(
        frame, path, layer=layer, driver="GPKG", append=path.exists(), layer_options=options or None
    )
