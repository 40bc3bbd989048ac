"""Layers that the program stored: read as GDAL reads them, without GDAL; what is stored otherwise is left to it."""

import datetime as dt
import shutil
import sqlite3
from contextlib import closing

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely

from beatplanner.data.description.read import read_description
from beatplanner.data.formats import stored_layers
from beatplanner.data.formats.geopackages import append_layer, plain_geopackage
from beatplanner.data.formats.layers import read_layer, read_table
from beatplanner.data.formats.stored_layers import read_stored, with_none
from beatplanner.data.result.folder import PERSONS, PLAIN, SPATIAL, plain_types, read_result
from beatplanner.data.town.read_town import read_town


def names_of(path):
    return [str(name) for name, _ in pyogrio.list_layers(path) if name != "layer_styles"]


def as_gdal_reads(path, name):
    return with_none(pyogrio.read_dataframe(path, layer=name))


def assert_as_gdal(path, name, frame):
    wanted = as_gdal_reads(path, name)
    assert type(frame) is type(wanted)
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(wanted))
    if isinstance(wanted, gpd.GeoDataFrame):
        assert isinstance(frame, gpd.GeoDataFrame)
        assert frame.crs == wanted.crs and frame.crs.to_string() == wanted.crs.to_string()
        assert (shapely.to_wkb(frame.geometry.to_numpy()) == shapely.to_wkb(wanted.geometry.to_numpy())).all()


def refuse(*_, **__):
    raise AssertionError("GDAL was asked")


def test_every_layer_of_a_plan_is_as_gdal_reads_it(planned_once):
    for file in ("plan.gpkg", "people.gpkg"):
        path = planned_once.path("plan") / file
        found = read_stored(path, names_of(path))
        assert list(found) == names_of(path)
        for name, frame in found.items():
            assert_as_gdal(path, name, frame)
    assert {*read_stored(planned_once.path("plan") / "plan.gpkg", ("units", "no such layer"))} == {"units"}


def test_a_result_is_read_without_gdal(planned_once, monkeypatch):
    monkeypatch.setattr(pyogrio, "read_dataframe", refuse)
    monkeypatch.setattr(pyogrio, "list_layers", refuse)
    tables = read_result(planned_once.path("plan"))
    assert len(tables.units) == 16 and tables.roster is not None and tables.stations is not None
    assert set(SPATIAL) | set(PLAIN) | set(PERSONS) >= {"units", "beats", "assignments", "roster"}


SQUARE = shapely.box(0, 0, 1, 1)
FRAMES = {
    "gaps": pd.DataFrame(
        {
            "whole": pd.array([1, None, 3], "Int64"),
            "part": [0.5, None, np.nan],
            "text": ["a", None, "Ж"],
            "yes": [True, False, True],
        }
    ),
    "all empty": pd.DataFrame({"text": pd.Series([None, None], dtype="str"), "part": [np.nan, np.nan]}),
    "truth with a gap": pd.DataFrame({"yes": pd.array([True, None], "boolean")}),
    "narrow": pd.DataFrame({"small": np.array([1, 2], np.int16), "half": np.array([0.25, 0.5], np.float32)}),
    "days": pd.DataFrame({"day": pd.to_datetime(["2027-01-31", None])}),
    "nobody": pd.DataFrame({"whole": np.array([], np.int64), "text": pd.Series([], dtype="str")}),
    "shapes": gpd.GeoDataFrame(
        {"n": [1, 2, 3]},
        geometry=[SQUARE, None, shapely.MultiPolygon([SQUARE, shapely.box(2, 2, 3, 3)])],
        crs="EPSG:3035",
    ),
    "heights": gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(1, 2, 3)], crs="EPSG:4326"),
    "empty shape": gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Polygon()], crs="EPSG:4326"),
    "own system": gpd.GeoDataFrame(
        {"n": [1]},
        geometry=[shapely.Point(1, 2)],
        crs="+proj=tmerc +lat_0=0 +lon_0=21.3 +k=0.9997 +x_0=500001 +ellps=bessel +units=m",
    ),
}


@pytest.mark.parametrize("name", FRAMES)
def test_any_frame_comes_back_as_from_gdal(tmp_path, name):
    path = tmp_path / "town.gpkg"
    append_layer(path, name, FRAMES[name])
    assert_as_gdal(path, name, read_stored(path, [name])[name])


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE t SET part = 'many'",
        "UPDATE t SET whole = 1.5",
        "UPDATE t SET text = x'00ff'",
        "UPDATE t SET yes = 7",
        "UPDATE t SET text = 'a' || char(0) || 'b'",
        "ALTER TABLE t ADD COLUMN more AS (whole + 1)",
        "ALTER TABLE t ADD COLUMN picture BLOB",
        "CREATE TABLE gpkg_data_columns (table_name TEXT, column_name TEXT, name TEXT, title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT)",
        "PRAGMA journal_mode = WAL",
    ],
)
def test_what_is_stored_otherwise_is_left_to_gdal(tmp_path, monkeypatch, change):
    path = tmp_path / "town.gpkg"
    append_layer(path, "t", pd.DataFrame({"whole": [1, 2], "part": [0.5, 1], "text": ["a", "b"], "yes": [True, False]}))
    with closing(sqlite3.connect(path)) as database:
        database.execute(change)
        database.commit()
    asked = []
    read = pyogrio.read_dataframe
    monkeypatch.setattr(pyogrio, "read_dataframe", lambda *a, **k: asked.append(k["layer"]) or read(*a, **k))
    frame = read_stored(path, ["t"])["t"]
    assert asked == ["t"]
    assert_as_gdal(path, "t", frame)


def test_large_tables_and_broken_files_are_gdals(tmp_path, planned_once, monkeypatch):
    path = planned_once.path("plan") / "plan.gpkg"
    monkeypatch.setattr(stored_layers, "MOST_ROWS", 4)
    asked = []
    read = pyogrio.read_dataframe
    monkeypatch.setattr(pyogrio, "read_dataframe", lambda *a, **k: asked.append(k["layer"]) or read(*a, **k))
    found = read_stored(path, ("units", "beats"))
    assert asked == ["units"] and [len(f) for f in found.values()] == [16, 4]
    broken = shutil.copy(path, tmp_path / "broken.gpkg")
    with broken.open("r+b") as stream:
        stream.write(b"no database")
    with pytest.raises(pyogrio.errors.DataSourceError):
        read_stored(broken, ["units"])


def test_a_copy_without_triggers_waits_for_no_disk(tmp_path, monkeypatch):
    path = tmp_path / "town.gpkg"
    append_layer(path, "shapes", FRAMES["shapes"])
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE VIEW seen AS SELECT * FROM shapes")
        database.commit()
    drops = []

    class Watched(sqlite3.Connection):
        def execute(self, statement, *more):
            if statement.startswith("DROP"):
                drops.append((self.in_transaction, super().execute("PRAGMA synchronous").fetchone()[0]))
            return super().execute(statement, *more)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, factory=Watched, **k))
    folder = tmp_path / "copy"
    folder.mkdir()
    with plain_geopackage(path, folder) as plain:
        assert plain != path and len(drops) > 5
        assert set(drops) == {(True, 0)}, "in one transaction, and without waiting"
        assert_as_gdal(plain, "shapes", as_gdal_reads(path, "shapes"))
        assert [f.name for f in folder.iterdir()] == ["town.gpkg"]


@pytest.mark.parametrize("change", ["organization = 'NONE'", "organization_coordsys_id = 32633"])
def test_a_system_of_another_register_is_gdals_to_tell(planned_once, tmp_path, change):
    path = shutil.copy(planned_once.path("units.gpkg"), tmp_path / "units.gpkg")
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"UPDATE gpkg_spatial_ref_sys SET {change} WHERE srs_id = 32634")
        database.commit()
    assert read_stored(path, ["units"])["units"].crs == pyogrio.read_dataframe(path).crs


@pytest.mark.parametrize("code", [31277, 31700, 3785])
def test_a_system_that_gdal_replaces_is_gdals_to_tell(tmp_path, code):
    path = tmp_path / "town.gpkg"
    append_layer(path, "shapes", FRAMES["shapes"])
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "INSERT INTO gpkg_spatial_ref_sys (srs_name, srs_id, organization, organization_coordsys_id, definition) VALUES ('x', ?, 'EPSG', ?, ?)",
            (code, code, pyproj.CRS(code).to_wkt("WKT1_GDAL")),
        )
        database.execute("UPDATE gpkg_contents SET srs_id = ?", (code,))
        database.execute("UPDATE gpkg_geometry_columns SET srs_id = ?", (code,))
        database.commit()
    wanted = pyogrio.read_dataframe(path).crs
    assert wanted.to_epsg() != code
    assert read_stored(path, ["shapes"])["shapes"].crs == wanted
    assert read_layer(path, None, ["n"], whole=True)[0].crs == wanted


@pytest.mark.parametrize("name", ["rowid", "ROWID", "oid", "_rowid_"])
def test_a_column_may_have_sqlites_name_of_a_row(tmp_path, name):
    path = tmp_path / "town.gpkg"
    append_layer(path, "t", pd.DataFrame({name: ["AAB", "AAC"], "n": [1, 2]}))
    assert_as_gdal(path, "t", read_stored(path, ["t"])["t"])
    assert read_table(path, None, [name])[0][name].tolist() == ["AAB", "AAC"]


@pytest.mark.parametrize("number", ["'none'", "NULL"])
def test_a_number_of_a_system_that_is_none_is_gdals_to_tell(tmp_path, number):
    path = tmp_path / "town.gpkg"
    append_layer(path, "shapes", FRAMES["shapes"])
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE loose AS SELECT * FROM gpkg_geometry_columns")
        database.execute("DROP TABLE gpkg_geometry_columns")
        database.execute("ALTER TABLE loose RENAME TO gpkg_geometry_columns")
        database.execute(f"UPDATE gpkg_geometry_columns SET srs_id = {number}")
        database.commit()
    assert_as_gdal(path, "shapes", read_stored(path, ["shapes"])["shapes"])


def test_a_geometry_in_an_order_of_bytes_that_is_none_is_gdals(tmp_path, monkeypatch):
    path = tmp_path / "town.gpkg"
    append_layer(path, "shapes", FRAMES["shapes"].iloc[:1])
    with closing(sqlite3.connect(path)) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        blob = database.execute("SELECT geom FROM shapes").fetchone()[0]
        begin = len(blob) - len(shapely.to_wkb(SQUARE))
        database.execute("UPDATE shapes SET geom = ?", (blob[:begin] + b"\x07" + blob[begin + 1 :],))
        database.commit()
    asked: list[str] = []
    monkeypatch.setattr(pyogrio, "read_dataframe", lambda *_, layer, **__: asked.append(layer) or FRAMES["shapes"])
    read_stored(path, ["shapes"])
    assert asked == ["shapes"]


def test_rows_stand_in_the_order_of_their_numbers_whatever_index_a_table_has(tmp_path):
    path = tmp_path / "town.gpkg"
    append_layer(path, "t", pd.DataFrame({"unit": ["c", "a", "b"]}))
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE INDEX units ON t (unit)")
        database.commit()
    assert read_stored(path, ["t"])["t"]["unit"].tolist() == ["c", "a", "b"]
    assert_as_gdal(path, "t", read_stored(path, ["t"])["t"])


def test_layers_of_a_town_are_gdals_alone_to_read(planned_once, monkeypatch):
    """What others wrote has one reader: SQLite is asked whether a file may be read, and for no feature."""
    asked = []

    class Watched(sqlite3.Connection):
        def execute(self, statement, *more):
            asked.append(statement)
            return super().execute(statement, *more)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, factory=Watched, **k))
    read_town(read_description(planned_once.project))
    assert asked and not [s for s in asked if any(f'FROM "{name}"' in s for name in ("units", "old", "roads"))]


def test_cells_of_a_result_are_texts_numbers_and_truths():
    frame = pd.DataFrame(
        {
            "text": ["a", None, float("nan"), pd.NaT, ("b", "c"), (), dt.date(2027, 1, 31), 7],
            "nothing": [None] * 8,
            "number": range(8),
            "yes": [True, False] * 4,
        }
    )
    before = frame.copy()
    plain = plain_types(frame)
    assert [str(d) for d in plain.dtypes] == ["str", "str", "int64", "bool"]
    assert [v if isinstance(v, str) else None for v in plain["text"]] == [
        "a",
        None,
        None,
        None,
        "b;c",
        None,
        "2027-01-31",
        "7",
    ]
    assert plain["nothing"].isna().all()
    pd.testing.assert_frame_equal(frame, before)
    assert [*plain_types(gpd.GeoDataFrame({"n": [1]}, geometry=[SQUARE]))] == ["n", "geometry"]
