"""Files that take their place when they are whole: a change is kept or dropped whole, and does not wait for the disk."""

import errno
import os
import sqlite3
from contextlib import closing

import geopandas as gpd
import pytest
import shapely

from beatplanner.data import private_files
from beatplanner.data.errors import InputError
from beatplanner.data.formats.drivers import SETTINGS
from beatplanner.data.formats.geopackages import append_layer, plain_geopackage
from beatplanner.data.output_place import swap_in, written_anew
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


def test_every_package_is_on_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    """GDAL does not wait for the disk, so that whatever is put in its place is flushed there: a plan's folder, a pack, an exported file."""
    flushed = []
    monkeypatch.setattr(private_files, "flush", lambda file: flushed.append((file.name, (tmp_path / "out").exists())))
    with written_anew(tmp_path / "out") as part:
        (part / "forum").mkdir(parents=True)
        for name in ("plan.gpkg", "forum/public.gpkg", "summary.json"):
            (part / name).write_bytes(b"")
    part = tmp_path / "part.gpkg"
    part.write_bytes(b"")
    swap_in(part, tmp_path / "map.gpkg")
    assert sorted(flushed) == [("part.gpkg", True), ("plan.gpkg", False), ("public.gpkg", False)]


def test_a_disk_that_does_not_take_a_package_is_told_and_the_old_stays(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    out, part = tmp_path / "map.gpkg", tmp_path / "part.gpkg"
    out.write_bytes(b"old")
    part.write_bytes(b"new")
    monkeypatch.setattr(private_files, "flush", full)
    with pytest.raises(InputError, match="room"):
        swap_in(part, out)
    assert out.read_bytes() == b"old"


def test_gdal_does_not_wait_for_the_disk_after_each_layer():
    assert SETTINGS["OGR_SQLITE_SYNCHRONOUS"] == os.environ["OGR_SQLITE_SYNCHRONOUS"] == "OFF"
