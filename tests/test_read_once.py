"""A town is read once while its files are the same, and anew where one of them, or the description, is another."""

from __future__ import annotations

import os
import shutil
import sys

import pandas as pd
import pytest
from read_once import ReadOnce, Shelf

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.town.read_town import read_town
from conftest import GridTown


@pytest.fixture
def reader():
    """Return an active reader, and the list of what it read."""
    read = []

    def counted(description):
        read.append(description)
        return read_town(description)

    once = ReadOnce(counted)
    once.forget(active=True)
    return once, read


def test_the_same_files_are_read_once_into_a_town_for_each(town, reader):
    once, read = reader
    description = read_description(town.project)
    first, second = once(description), once(read_description(town.project))
    assert len(read) == 1
    pd.testing.assert_frame_equal(pd.DataFrame(first.units), pd.DataFrame(second.units))
    assert (first.sources, first.notes, first.crs) == (second.sources, second.notes, second.crs)
    # who changes the own town changes no other's
    second.units["population"] = 0
    assert once(description).units["population"].sum() == first.units["population"].sum() > 0


def test_what_was_changed_is_read_anew(town, reader):
    once, read = reader
    once(read_description(town.project))
    town.swap("theft,2025-01", "theft,2025-02", "incidents.csv")
    once(read_description(town.project))
    town.swap("tolerance = 0.25", "tolerance = 0.3")
    assert once(read_description(town.project)).description.beats.tolerance == 0.3
    # a file that nothing uses is told of
    town.path("left.csv").write_text("a\n1\n", "utf-8")
    assert any("left.csv" in note.what for note in once(read_description(town.project)).notes)
    assert len(read) == 4
    town.path("roads.gpkg").write_bytes(b"nothing")
    with pytest.raises(InputError):
        once(read_description(town.project))


@pytest.mark.skipif(
    sys.platform == "win32", reason="Windows tells when a file was made, not when anything of it changed"
)
def test_a_file_of_the_same_length_and_time_of_writing_is_read_anew(town, reader):
    once, read = reader
    once(read_description(town.project))
    table = town.path("incidents.csv")
    before, length = table.stat().st_mtime_ns, table.stat().st_size
    town.swap("theft,2025-01", "noise,2025-01", "incidents.csv")
    os.utime(table, ns=(before, before))
    assert (table.stat().st_mtime_ns, table.stat().st_size) == (before, length)
    kinds = [once(read_description(town.project)).incidents["category"].value_counts()["noise"] for _ in range(2)]
    assert kinds[0] == kinds[1] > 32 and len(read) == 2


def test_nothing_is_kept_for_another_test_nor_where_it_is_not_asked_for(town, reader):
    once, read = reader
    description = read_description(town.project)
    once(description)
    once.forget(active=False)
    assert [once(description), once(description)] and len(read) == 3


def test_a_copy_is_read_from_the_shelf_with_its_own_places_and_time(town, reader, tmp_path):
    once, read = reader
    once.shelf = Shelf(tmp_path)
    first = once(read_description(town.project))
    copy = GridTown(shutil.copytree(town.folder, tmp_path / "copy", copy_function=shutil.copyfile))
    os.utime(copy.path("units.gpkg"), (1_000_000_000, 1_000_000_000))
    once.forget(active=True)
    second = once(read_description(copy.project))
    assert len(read) == 1
    pd.testing.assert_frame_equal(pd.DataFrame(first.units), pd.DataFrame(second.units))
    units = {source.role: source for source in second.sources}["units"]
    assert units.path == copy.path("units.gpkg") and units.modified.startswith("2001")
    anew = read_town(read_description(copy.project))
    assert (second.sources, second.notes, second.crs) == (anew.sources, anew.notes, anew.crs)
    copy.swap("theft,2025-01", "theft,2025-02", "incidents.csv")
    once.forget(active=True)
    once(read_description(copy.project))
    copy.swap("tolerance = 0.25", "tolerance = 0.3")
    once(read_description(copy.project))
    assert len(read) == 3


def test_a_town_with_a_file_elsewhere_is_not_kept(town, reader, tmp_path):
    once, read = reader
    once.shelf = Shelf(tmp_path / "shelf")
    once.shelf.folder.mkdir()
    town.path("sites.csv").rename(tmp_path / "sites.csv")
    town.swap('path = "sites.csv"', 'path = "../sites.csv"')
    for _ in range(2):
        once.forget(active=True)
        once(read_description(town.project))
    assert len(read) == 2 and not list(once.shelf.folder.iterdir())
