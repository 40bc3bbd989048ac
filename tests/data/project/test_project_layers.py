"""A project file takes in whatever the description names: each key has a way in, and what is built holds no way out."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pydantic import Field

from beatplanner.data.description.models import SECTIONS
from beatplanner.data.description.raw import read_raw
from beatplanner.data.description.read import read_description
from beatplanner.data.description.sections.base import IdLayer, TablePath
from beatplanner.data.description.sections.beats import Beats
from beatplanner.data.project.build import build
from beatplanner.data.project.layers import WRITERS, file_keys
from beatplanner.data.town.forum_tables import read_forum_tables
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.service_tables import read_service_tables
from conftest import write_grid_town

MORE = """
[forum]
contacts = { path = "phones.csv", columns = { phone = "number" } }
hours = "hours.csv"
[service]
roads = { path = "roads.gpkg" }
calls = "calls.csv"
"""


def places(value: Any, name: str = "path"):
    """Yield every place of a file in what a project file holds of its description."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, key)
    elif name == "path":
        yield value


def test_every_key_that_names_a_file_has_a_way_in():
    keys = list(file_keys())
    assert len(keys) == len(set(keys)) > 35
    assert set(keys) == set(WRITERS), "say in data/project/layers.py how a new key gets into a project file"


def test_a_new_key_is_found(monkeypatch):
    class More(Beats):
        patrols: dict[str, TablePath] | None = None
        rivers: tuple[IdLayer, ...] = Field(default=())

    monkeypatch.setitem(SECTIONS, "beats", More)
    assert {"beats.patrols", "beats.rivers"} == set(file_keys()) - set(WRITERS)


def test_a_project_file_needs_none_of_the_files_that_it_was_built_from(tmp_path):
    town = write_grid_town(tmp_path / "layers")
    folder = town.folder
    (folder / "phones.csv").write_text("area,number,post\nWest,02 111,Main Street 1\n", "utf-8")
    (folder / "hours.csv").write_text("station,hours\nOld station,Mon 9-12\n", "utf-8")
    (folder / "calls.csv").write_text("unit,per_hour\n1,0.5\n2,0.25\n", "utf-8")
    town.project.write_text(town.project.read_text("utf-8") + MORE, "utf-8")
    before = read_town(read_description(town.project))
    file = tmp_path / "town.gpkg"
    build(town.project, file)
    shutil.rmtree(folder)
    assert {str(p) for p in places(read_raw(file))} == {"town.gpkg"}
    after = read_town(read_description(file))
    assert read_forum_tables(after).contacts.iloc[0].tolist() == ["West", "02 111", "Main Street 1"]
    service = read_service_tables(after)
    assert service is not None
    assert after.description.service.roads.path == Path("town.gpkg")
    assert len(after.units) == len(before.units)
