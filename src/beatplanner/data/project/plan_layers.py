"""The layers of a project's plans, for QGIS and other programs: the plan itself stands as an archive in the same file."""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from beatplanner.data.formats.cells import text_cell
from beatplanner.data.private_files import private_database
from beatplanner.data.result.styles import add_styles, plan_styles, project_styles

# Layers and tables of a plan that are worth a look of their own.
LAYERS, TABLES = ("beats", "stations"), ("assignments",)


def prefix(plan: int) -> str:
    """Return how the names of a plan's layers begin."""
    return f"plan_{plan}_"


def write_layer_styles(path: Path) -> None:
    """Give the layers of a new project their styles."""
    add_styles(path, project_styles({str(name) for name, _ in pyogrio.list_layers(path)}))


def write_plan_layers(path: Path, plan: int, packed: Path, name: str) -> None:
    """Add a plan's layers to a project file that nobody else has open.

    Parameters
    ----------
    path
        The project file.
    plan, name
        Number and name of the plan.
    packed
        Its zipped result folder.
    """
    start = prefix(plan)
    beats = None
    with tempfile.TemporaryDirectory(prefix=f"beatplanner-{os.getpid()}-") as folder:
        with zipfile.ZipFile(packed) as archive:
            source = Path(archive.extract("plan.gpkg", folder))
        there = {str(layer) for layer, _ in pyogrio.list_layers(source)}
        for layer in (*LAYERS, *TABLES):
            if layer not in there:
                continue
            frame = pyogrio.read_dataframe(source, layer=layer)
            if layer == "beats":
                beats = frame
            pyogrio.write_dataframe(frame, path, layer=start + layer, driver="GPKG", append=True)
        units = pyogrio.read_dataframe(source, layer="units", read_geometry=False)
    _view_units(path, start, units)
    with private_database(path) as database:
        database.execute(
            "UPDATE gpkg_contents SET description = ? || ': ' || substr(table_name, ?) WHERE table_name GLOB ?",
            (name, len(start) + 1, f"{start}*"),
        )
        layers = {row[0] for row in database.execute("SELECT table_name FROM gpkg_contents")}
    add_styles(path, plan_styles(None if beats is None else gpd.GeoDataFrame(beats), start, layers))


def _view_units(path: Path, start: str, units: pd.DataFrame) -> None:
    """Add the units of a plan as a view that lays their figures over the project's own polygons, which stand there once."""
    with private_database(path) as database:
        stored = database.execute("SELECT description FROM beatplanner_project").fetchone()[0]
        rules = json.loads(stored)["units"]
        layer = rules.get("layer", "units")
        geometry = database.execute(
            "SELECT column_name, geometry_type_name, srs_id, z, m FROM gpkg_geometry_columns WHERE table_name = ?",
            (layer,),
        ).fetchone()
        if geometry is None:
            return
        key = next(row[1] for row in database.execute(f"PRAGMA table_info({_quoted(layer)})") if row[5])
        ids = database.execute(f"SELECT {_quoted(key)}, {_quoted(rules['id'])} FROM {_quoted(layer)}")  # noqa: S608 - quoted
        fid = {text_cell(value): number for number, value in ids}
        figures = [c for c in ("beat", "current", "workload", "population", "station", "walk_minutes") if c in units]
        kinds = {c: "REAL" if pd.api.types.is_numeric_dtype(units[c]) else "TEXT" for c in figures}
        values, view = f"{start}unit_values", f"{start}units"
        columns = ", ".join(f"{_quoted(c)} {kinds[c]}" for c in figures)
        database.execute(f"CREATE TABLE {_quoted(values)} (fid INTEGER PRIMARY KEY, unit TEXT, {columns})")
        for row in units[["unit", *figures]].itertuples(index=False):
            number = fid.get(text_cell(row[0]))
            if number is not None:
                cells = [None if pd.isna(v) else v for v in row[1:]]
                marks = ", ".join("?" * (len(figures) + 2))
                database.execute(f"INSERT INTO {_quoted(values)} VALUES ({marks})", (number, text_cell(row[0]), *cells))  # noqa: S608 - quoted
        chosen = ", ".join(f"v.{_quoted(c)}" for c in ("unit", *figures))
        database.execute(
            f"CREATE VIEW {_quoted(view)} AS SELECT u.{_quoted(key)} AS OGC_FID, u.{_quoted(geometry[0])} AS geom, {chosen} "  # noqa: S608 - quoted
            f"FROM {_quoted(values)} v JOIN {_quoted(layer)} u ON u.{_quoted(key)} = v.fid"
        )
        extent = database.execute(
            "SELECT min_x, min_y, max_x, max_y, srs_id FROM gpkg_contents WHERE table_name = ?", (layer,)
        ).fetchone()
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, min_x, min_y, max_x, max_y, srs_id) "
            "VALUES (?, 'features', ?, '', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?, ?, ?, ?, ?)",
            (view, view, *extent),
        )
        database.execute(
            "INSERT INTO gpkg_geometry_columns (table_name, column_name, geometry_type_name, srs_id, z, m) "
            "VALUES (?, 'geom', ?, ?, ?, ?)",
            (view, *geometry[1:]),
        )


def drop_plan_layers(path: Path, plans: set[int]) -> None:
    """Take the layers of plans out of a project file that nobody else has open."""
    for plan in sorted(plans):
        start = prefix(plan)
        with closing(sqlite3.connect(path)) as database:
            found = database.execute(
                "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name GLOB ?", (f"{start}*",)
            ).fetchall()
            listed = dict(database.execute("SELECT table_name, data_type FROM gpkg_contents"))
        for name, kind in found:
            if kind == "table" and name in listed:
                _drop_layer(path, name)
        with private_database(path) as database:
            for name, kind in found:
                if kind == "view" or name not in listed:
                    database.execute(f"DROP {kind.upper()} IF EXISTS {_quoted(name)}")
                database.execute("DELETE FROM gpkg_geometry_columns WHERE table_name = ?", (name,))
                database.execute("DELETE FROM gpkg_contents WHERE table_name = ?", (name,))
                if "layer_styles" in listed:
                    database.execute("DELETE FROM layer_styles WHERE f_table_name = ?", (name,))


def _drop_layer(path: Path, layer: str) -> None:
    """Drop a layer's table with its spatial index, which are plain tables and triggers to SQLite."""
    with private_database(path) as database:
        triggers = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (layer,)
        ).fetchall()
        for (name,) in triggers:
            database.execute(f"DROP TRIGGER {_quoted(name)}")
        geometry = database.execute(
            "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer,)
        ).fetchone()
        if geometry is not None:
            database.execute(f"DROP TABLE IF EXISTS {_quoted(f'rtree_{layer}_{geometry[0]}')}")
        for table in ("gpkg_extensions", "gpkg_ogr_contents"):
            there = database.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
            if there:
                database.execute(f"DELETE FROM {table} WHERE table_name = ?", (layer,))  # noqa: S608 - a constant
        database.execute(f"DROP TABLE {_quoted(layer)}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
