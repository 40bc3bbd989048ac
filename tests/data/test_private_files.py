"""Files that take their place when they are whole: a change is kept or dropped whole, and does not wait for the disk."""

import os
import sqlite3
from contextlib import closing

import geopandas as gpd
import pytest
import shapely

from beatplanner.data.formats.drivers import SETTINGS
from beatplanner.data.formats.geopackages import append_layer, plain_geopackage
from beatplanner.data.private_files import private_database


def test_a_change_is_kept_whole_or_not_at_all_and_leaves_no_file_beside(tmp_path):
    path = tmp_path / "plan.gpkg"
    with private_database(path) as database:
        database.execute("CREATE TABLE kept (a)")
        assert database.execute("PRAGMA synchronous").fetchone() == (0,)
    with pytest.raises(ZeroDivisionError), private_database(path) as database:
        database.execute("CREATE TABLE dropped (a)")
        database.execute("INSERT INTO kept VALUES (1)")
        raise ZeroDivisionError
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("kept",)]
        assert database.execute("SELECT * FROM kept").fetchall() == []
    assert [p.name for p in tmp_path.iterdir()] == ["plan.gpkg"]


def test_a_file_with_a_log_of_changes_is_copied_in_one_change(tmp_path, monkeypatch):
    package = tmp_path / "open.gpkg"
    frame = gpd.GeoDataFrame({"a": [1, 2]}, geometry=shapely.points([[0, 0], [1, 1]]), crs=3857)
    append_layer(package, "one", frame)
    append_layer(package, "two", frame)
    said = []
    with closing(sqlite3.connect(package)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE late (a)")
        writer.commit()
        plain = sqlite3.connect

        def watched(target, *args, **more):
            database = plain(target, *args, **more)
            database.set_trace_callback(lambda statement: said.append((str(target), statement)))
            return database

        monkeypatch.setattr(sqlite3, "connect", watched)
        (tmp_path / "copy").mkdir()
        with plain_geopackage(package, tmp_path / "copy") as copy, closing(plain(copy)) as read:
            assert read.execute("SELECT count(*) FROM late").fetchone() == (0,)
            assert not read.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    of_copy = [statement for target, statement in said if target == str(copy)]
    assert sum(s.startswith("DROP TRIGGER") for s in of_copy) >= 12
    assert sum(s.startswith(("BEGIN", "COMMIT")) for s in of_copy) == 2


def test_gdal_does_not_wait_for_the_disk_after_each_layer():
    assert SETTINGS["OGR_SQLITE_SYNCHRONOUS"] == os.environ["OGR_SQLITE_SYNCHRONOUS"] == "OFF"
