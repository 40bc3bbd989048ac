"""What tells of persons lies apart from the plan, which says that it is internal."""

from __future__ import annotations

import re
import shutil
import sqlite3
import xml.etree.ElementTree as ET
from contextlib import closing

import pyogrio
import pytest

from beatplanner.data.result.folder import read_result
from beatplanner.planning.verification import verify
from conftest import write_grid_town

pytestmark = pytest.mark.usefixtures("bare_plans")


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    from beatplanner.planning.whole.run import run

    town = write_grid_town(tmp_path_factory.mktemp("people"))
    run(town.project, town.folder / "plan", time_limit=5, pack=False)
    return town.folder / "plan"


def texts_of(path) -> str:
    with closing(sqlite3.connect(path)) as database:
        return "\n".join(database.iterdump())


def test_the_plan_keeps_the_ids_of_officers_only(plan):
    assert list(pyogrio.read_dataframe(plan / "plan.gpkg", layer="roster").columns) == ["officer"]
    with closing(sqlite3.connect(plan / "plan.gpkg")) as database:
        for table in ("roster", "assignments"):
            columns = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
            assert not columns & {"x", "y", "gender", "languages", "since", "trained_on", "joins_on", "leaves_on"}
    roster = read_result(plan).roster
    assert {"x", "y", "languages", "gender", "leaves_on"} <= set(roster.columns)


def test_both_files_say_that_they_are_internal(plan):
    for name in ("plan.gpkg", "people.gpkg"):
        said = pyogrio.read_info(plan / name, layer="roster")["dataset_metadata"]
        assert any("INTERNAL" in text for text in said.values())
        assert not (plan / f"{name}.aux.xml").exists()
        with closing(sqlite3.connect(plan / name)) as database:
            for (text,) in database.execute("SELECT description FROM gpkg_contents WHERE table_name != 'layer_styles'"):
                assert "INTERNAL" in text


def test_the_checker_reads_both_and_says_what_it_cannot_check_without(plan, tmp_path):
    assert verify(plan).ok
    shutil.copytree(plan, tmp_path / "alone")
    (tmp_path / "alone" / "people.gpkg").unlink()
    assert read_result(tmp_path / "alone").roster is None
    verdict = verify(tmp_path / "alone")
    assert verdict.ok
    assert any(c.found == "not checked" and "people.gpkg" in c.detail for c in verdict.checks)


def test_a_posting_that_was_changed_is_found_with_both_files(plan, tmp_path):
    shutil.copytree(plan, tmp_path / "changed")
    with closing(sqlite3.connect(tmp_path / "changed" / "people.gpkg")) as database, database:
        database.execute("UPDATE roster SET languages = '' WHERE languages IS NOT NULL")
    assert not verify(tmp_path / "changed").ok


def test_what_qgis_shows_says_internal(plan, tmp_path):
    from beatplanner.data.result.qgis_project import write_qgis_project

    shutil.copytree(plan, tmp_path / "shown")
    plan = tmp_path / "shown"
    write_qgis_project(plan / "plan.qgs", read_result(plan))
    project = ET.parse(plan / "plan.qgs").getroot()
    assert "internal" in project.findtext("title")
    assert all("INTERNAL" in layer.findtext("abstract") for layer in project.iter("maplayer"))


def test_qgis_3_16_reads_each_symbol_and_each_beat_is_hatched(plan):
    with closing(sqlite3.connect(plan / "plan.gpkg")) as database:
        styles = dict(database.execute("SELECT f_table_name, styleQML FROM layer_styles"))
    # before 3.20 QGIS knows no <Option> in a symbol and draws all in its own default
    assert {"beats", "stations", "units"} <= set(styles)
    assert not [name for name, style in styles.items() if "<Option" in style]
    beats = ET.fromstring(re.search("<qgis.*", styles["beats"], re.DOTALL).group())
    fills = beats.findall("renderer-v2/symbols/symbol")
    assert len(fills) == len(read_result(plan).beats)
    angles: dict[str, set[str]] = {}
    for fill in fills:
        assert [layer.get("class") for layer in fill.findall("layer")] == ["SimpleFill", "LinePatternFill"]
        colour = fill.find("layer/prop[@k='color']").get("v")
        angles.setdefault(colour, set()).add(fill.find("layer/prop[@k='angle']").get("v"))
    # a colour has one direction of lines, and no two colours share it
    assert all(len(found) == 1 for found in angles.values())
    assert len(set().union(*angles.values())) == len(angles)
