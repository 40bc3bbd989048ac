"""What tells of persons lies apart from the plan, which says that it is internal."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree as ET
from contextlib import closing
from pathlib import Path

import pyogrio
import pytest

from beatplanner.data.result.folder import read_result
from beatplanner.planning.verification import verify

pytestmark = pytest.mark.usefixtures("bare_plans")


@pytest.fixture(scope="module")
def plan(planned_here):
    return planned_here.folder / "plan"


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
    assert "internal" in project.findtext("title").casefold()
    assert all("INTERNAL" in layer.findtext("abstract") for layer in project.iter("maplayer"))


def test_qgis_3_16_reads_each_symbol_and_each_beat_is_hatched(plan):
    with closing(sqlite3.connect(plan / "plan.gpkg")) as database:
        styles = dict(database.execute("SELECT f_table_name, styleQML FROM layer_styles"))
    # before 3.20 QGIS knows no <Option> in a symbol and draws all in its own default
    assert {"beats", "stations", "units"} <= set(styles)
    # what an expression gives has another form, which every QGIS 3 reads
    given = "<data_defined_properties>.*?</data_defined_properties>|<dd_properties>.*?</dd_properties>|<callout.*?</callout>"
    assert not [name for name, style in styles.items() if "<Option" in re.sub(given, "", style)]
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


@pytest.mark.parametrize("language", ["mk", "sq", "sr-Latn"])
def test_the_project_in_qgis_speaks_the_language_of_the_force(plan, tmp_path, language):
    from beatplanner.data.publish.translation import Speech
    from beatplanner.data.result.qgis_project import write_qgis_project

    shutil.copytree(plan, tmp_path / "shown")
    said = Speech(language)
    write_qgis_project(tmp_path / "shown" / "plan.qgs", read_result(plan), said)
    project = ET.parse(tmp_path / "shown" / "plan.qgs").getroot()
    columns = [(a.get("field"), a.get("name")) for a in project.iter("alias")]
    assert len(columns) > 30 and all(name and name.casefold() != field and "_" not in name for field, name in columns)
    shown = [g.get("name") for g in project.iter("layer-tree-group") if g.get("name")]
    shown += [m.findtext("layername") for m in project.iter("maplayer")] + [name for _, name in columns]
    shown += [c.get("label") for c in project.iter("category") if c.get("value") in ("today", "new")]
    shown += [x.get("name") for x in project.iter("Layout")]
    shown += [i.get("labelText") for i in project.iter("LayoutItem") if i.get("labelText")]
    texts = " ".join(shown)
    assert (
        "⟦" not in texts
        and "Internal" not in texts
        and "Station" not in texts
        and "Beat" not in texts.replace("'Beat '", "")
    )
    assert {said.text(w) for w in ("Beats", "Stations", "Areas", "A3 overview", "Atlas of beats")} <= set(shown)
    # the layers' system is the project's, and each sheet names it
    assert sum("EPSG:32634" in text for text in shown) == 2


def test_each_station_has_a_letter_in_its_sign_and_each_sheet_lists_what_it_stands_for(plan, tmp_path):
    from beatplanner.data.result.qgis_project import write_qgis_project
    from beatplanner.data.result.styles import station_letters

    shutil.copytree(plan, tmp_path / "shown")
    tables = read_result(plan)
    write_qgis_project(tmp_path / "shown" / "plan.qgs", tables)
    project = ET.parse(tmp_path / "shown" / "plan.qgs").getroot()
    letters = station_letters(tables)
    assert sorted(letters) == sorted(tables.stations["station"].astype(str)) and len(set(letters.values())) == len(
        letters
    )
    stations = next(m for m in project.iter("maplayer") if m.findtext("id") == "beatplanner_stations")
    for symbol in stations.findall("renderer-v2/symbols/symbol"):
        written = symbol.find("layer[@class='FontMarker']/data_defined_properties//Option[@name='expression']").get(
            "value"
        )
        assert all(f"= '{s}' THEN '{sign}'" in written for s, sign in letters.items())
    overview, atlas = (i.get("labelText") for i in project.iter("LayoutItem") if i.get("id") == "lists")
    names = dict(zip(tables.stations["station"].astype(str), tables.stations["name"].astype(str), strict=True))
    assert all(f"{sign} {names[s]}" in overview for s, sign in letters.items())
    titled = zip(tables.beats["beat"].astype(str), tables.beats["name"].astype(str), strict=True)
    assert all(f"{beat} {name}" in overview for beat, name in titled)
    assert "aggregate('beatplanner_stations'" in atlas and "intersects($geometry, @shown)" in atlas


def test_letters_of_stations_are_not_read_as_numbers_and_go_on_after_the_last(plan):
    from dataclasses import replace

    from beatplanner.data.result.styles import station_letters

    tables = read_result(plan)
    many = tables.stations.iloc[[0] * 60].assign(station=[str(k) for k in range(60)])
    found = list(station_letters(replace(tables, stations=many)).values())
    assert found[:9] == list("ABCDEFGHJ") and found[23:26] == ["Z", "AA", "AB"] and len(set(found)) == 60
    assert not {"I", "O"} & set("".join(found))
    assert station_letters(replace(tables, stations=None)) == {}


def test_beats_too_small_for_their_numbers_have_a_sheet_on_which_they_are_larger():
    import shapely

    from beatplanner.data.result.qgis_layouts import dense_parts

    def town(x, y, side, many):
        return [
            shapely.box(x + i * side, y + j * side, x + (i + 1) * side, y + (j + 1) * side)
            for i in range(many)
            for j in range(many)
        ]

    large, first, second = town(0, 0, 20_000, 2), town(40_100, 100, 300, 3), town(80_000, 30_000, 300, 3)
    assert dense_parts(large, 150_000, 392, 210) == []
    # one small beat alone stands at the end of a line
    assert dense_parts([*large, first[0]], 150_000, 392, 210) == []
    assert dense_parts([*large, *first], 150_000, 392, 210) == [(40_100, 100, 41_000, 1000)]
    both = dense_parts([*large, *first, *second], 150_000, 392, 210)
    assert sorted(both) == [(40_100, 100, 41_000, 1000), (80_000, 30_000, 80_900, 30_900)]


QGIS_SCRIPT = """
import sys
from qgis.core import QgsApplication, QgsLayoutExporter, QgsProject
from qgis.PyQt.QtGui import QImage
application = QgsApplication([], False)
application.initQgis()
log = []
QgsApplication.messageLog().messageReceived.connect(lambda text, tag, level: log.append((tag, text)))
project = QgsProject.instance()
assert project.read(sys.argv[1])
layers = project.mapLayers().values()
assert layers and all(layer.isValid() for layer in layers), [layer.name() for layer in layers]
for layout in project.layoutManager().printLayouts():
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 25
    atlas = layout.atlas()
    if atlas.enabled():
        atlas.updateFeatures()
        atlas.seekTo(0)
        scale = layout.itemById("map").scale()
        assert abs(scale / 250 - round(scale / 250)) < 1e-3, scale
    told = layout.itemById("lists").currentText()
    # a page of the atlas lists what its own map shows
    assert "[" not in told and ("Stations: " in told or atlas.enabled()), told
    file = sys.argv[2] + layout.name().split()[0] + ".png"
    assert QgsLayoutExporter(layout).exportToImage(file, settings) == QgsLayoutExporter.Success
    picture = QImage(file)
    colours = {picture.pixel(x, y) for x in range(0, picture.width(), 7) for y in range(0, picture.height(), 7)}
    assert len(colours) > 20, "an empty sheet"
    print(layout.name(), atlas.enabled())
assert not log, log
"""


@pytest.mark.skipif(not Path("/usr/bin/qgis_process").exists(), reason="there is no QGIS on this machine")
def test_qgis_opens_the_project_without_a_word_and_prints_both_layouts(plan, tmp_path):
    from beatplanner.data.result.qgis_project import write_ground, write_qgis_project

    shutil.copytree(plan, tmp_path / "shown")
    tables, plan = read_result(plan), tmp_path / "shown"
    write_ground(plan / "plan_ground.gpkg", tables, None, None)
    write_qgis_project(plan / "plan.qgs", tables, draft=["DRAFT", "The places of 2 stations & more are open."])
    printed = re.findall(r'labelText="([^"]*)"', (plan / "plan.qgs").read_text(encoding="utf-8"))
    # both sheets say it: across the map, and why above it
    assert printed.count("DRAFT") == 2
    assert printed.count("DRAFT. The places of 2 stations &amp; more are open.") == 2
    (tmp_path / "look.py").write_text(QGIS_SCRIPT, encoding="utf-8")
    kept = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    run = [
        "/usr/bin/python3",
        str(tmp_path / "look.py"),
        str(plan / "plan.qgs"),
        str(tmp_path) + "/",
    ]
    ended = subprocess.run(run, env=kept, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == ["A3 overview False", "Atlas of beats True"]
