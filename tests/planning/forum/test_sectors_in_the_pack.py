"""Sectors and commands in the public pack: said and drawn where the plan has them, as the plan has them, and nowhere else."""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from beatplanner.data.formats.geopackages import append_layer
from beatplanner.data.publish.public.map_signs import GROUP_LINES
from beatplanner.data.publish.public.pack_maps import draw_town
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.draft import draft_reasons
from beatplanner.data.result.draft_reason import draft_sentences
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.qgis_project import write_qgis_project
from beatplanner.planning.forum.forum_pack import town_of, write_pack
from beatplanner.planning.forum.public_plan import public_plan
from beatplanner.planning.forum.read_back import texts_of

OUTCOME = {"ok": True, "checks": 1, "unchecked": []}


@pytest.fixture(scope="module")
def packs(planned_once, tmp_path_factory) -> dict[str, Path]:
    """Return packs of the grid town's four beats: in two sectors of two commands, in two sectors alone, and in none."""
    tables, town = read_result(planned_once.path("plan")), town_of(read_result(planned_once.path("plan")), Path())
    assert tables.beats is not None
    beats = tables.beats
    sector = ["S2" if b in ("1", "2") else "S1" for b in beats["beat"].astype(str)]
    command = ["C2" if s == "S2" else "C1" for s in sector]
    of = {
        "commands": beats.assign(sector=sector, command=command),
        "sectors": beats.assign(sector=sector),
        "none": beats,
    }
    found: dict[str, Path] = {}
    for name, texts in of.items():
        folder = tmp_path_factory.mktemp(name) / "plan"
        shutil.copytree(planned_once.path("plan"), folder)
        assert write_pack(folder, replace(tables, beats=gpd.GeoDataFrame(texts)), town, verdict=OUTCOME) == []
        found[name] = folder / "forum"
    return found


def rows_of(pack: Path, name: str) -> list[dict[str, str]]:
    with (pack / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_tables_and_layers_tell_the_sector_and_the_command_of_each_beat(packs):
    for row in rows_of(packs["commands"], "beats.csv"):
        assert (row["sector"], row["command"]) == (("S2", "C2") if row["beat"] in ("1", "2") else ("S1", "C1"))
    assert "command" not in rows_of(packs["sectors"], "beats.csv")[0]
    assert "sector" not in rows_of(packs["none"], "beats.csv")[0]
    layers = packs["commands"] / "public.gpkg"
    beats, sectors = gpd.read_file(layers, layer="beats"), gpd.read_file(layers, layer="sectors")
    assert list(sectors["sector"]) == ["S1", "S2"] and set(sectors.columns) == {"sector", "geometry"}
    for name, shape in zip(sectors["sector"], sectors.geometry, strict=True):
        own = beats.geometry[(beats["sector"] == name).to_numpy()]
        assert shapely.equals(shape.normalize(), own.union_all().normalize()) or shape.area == pytest.approx(
            own.area.sum()
        )
    assert "sectors" not in set(gpd.list_layers(packs["none"] / "public.gpkg")["name"])


def page(pack: Path) -> str:
    return (pack / "map.html").read_text(encoding="utf-8")


def record(text: str, name: str) -> dict:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_map_on_screen_draws_and_names_them_and_each_beats_card_tells_its_own(packs):
    text = page(packs["commands"])
    groups = record(text, "words")["groups"]
    assert [g["kind"] for g in groups] == ["sector", "command"]
    assert [n["text"] for n in groups[0]["labels"]] and {n["beat"] for n in groups[1]["labels"]} == {"C1", "C2"}
    for kind in ("sector", "command"):
        assert f'data-kind="{kind}"' in text
    for beat, card in record(text, "cards").items():
        rows = dict(card["rows"])
        own = ("S2", "C2") if beat in ("1", "2") else ("S1", "C1")
        assert rows["Sector"][0].startswith(f"{own[0]}: ") and rows["Command"] == [f"{own[1]}: Sector {own[0]}"]
        assert len(rows["Sector"][0].split(", ")) == 2
    bare = page(packs["none"])
    assert record(bare, "words")["groups"] == [] and 'data-kind="sector"' not in bare
    assert all("Sector" not in dict(c["rows"]) for c in record(bare, "cards").values())


def test_the_pages_on_paper_say_where_each_beat_is_and_which_beats_are_together(packs):
    pages = " ".join(texts_of(packs["commands"] / "beat_pages.docx"))
    assert pages.count("This beat is in sector S1, which is in command C1.") == 2
    alone = " ".join(texts_of(packs["sectors"] / "beat_pages.docx"))
    assert alone.count("This beat is in sector S2.") == 2 and "command" not in alone.casefold().replace("commander", "")
    assert "in sector" not in " ".join(texts_of(packs["none"] / "beat_pages.docx"))
    assert all((pack / "pack.pdf").stat().st_size > 10_000 for pack in packs.values())


def test_a_map_on_paper_draws_borders_between_groups_and_none_around_one_alone(planned_once):
    tables = read_result(planned_once.path("plan"))
    assert tables.beats is not None
    two = np.where(np.arange(len(tables.beats)) < 2, "S1", "S2")
    drawn = {}
    for name, sector, command in (("two", two, "C1"), ("one", "S1", "C1")):
        plan = public_plan(replace(tables, beats=gpd.GeoDataFrame(tables.beats.assign(sector=sector, command=command))))
        labels = {str(b): str(b) for b in plan.beats["beat"]}
        drawn[name] = draw_town(plan, plan.beats, labels, width=269.0, height=354.0, groups=plan.groups)
    assert {"sector", "command"} & drawn["two"].shown == {"sector"}
    assert not {"sector", "command"} & drawn["one"].shown
    width = GROUP_LINES["sector"][0][1]
    assert f'stroke-width="{width}"' in drawn["two"].svg and f'stroke-width="{width}"' not in drawn["one"].svg
    assert drawn["two"].svg.count(">S1<") == 2 and ">S1<" not in drawn["one"].svg


def test_the_map_book_draws_and_names_them_over_the_beats(planned_once, tmp_path):
    shutil.copytree(planned_once.path("plan"), tmp_path / "plan")
    tables = read_result(tmp_path / "plan")
    assert tables.beats is not None
    two = np.where(np.arange(len(tables.beats)) < 2, "S1", "S2")
    of = tables.beats.assign(sector=two)
    sectors = gpd.GeoDataFrame(of[["sector", "geometry"]].dissolve("sector").reset_index())
    append_layer(tmp_path / "plan" / "plan.gpkg", "sectors", sectors)
    project = tmp_path / "plan" / "plan.qgs"
    write_qgis_project(project, replace(tables, beats=gpd.GeoDataFrame(of), sectors=sectors))
    text = project.read_text(encoding="utf-8")
    order = re.findall("<item>beatplanner_(.*?)</item>", text)
    assert order.index("sectors") < order.index("beats") and "commands" not in order
    # in the tree of layers, and in the legends of the overview and of the page of each beat
    assert text.count('<layer-tree-layer id="beatplanner_sectors" name="Sectors"') >= 3
    layer = re.search(r"<maplayer[^>]*><id>beatplanner_sectors</id>.*?</maplayer>", text, re.DOTALL)
    assert layer is not None and "fieldName='\"sector\"'" in layer[0] and 'name="Sector"' in layer[0]


@pytest.mark.parametrize(
    ("gap", "status", "kind"),
    [(0.01, "feasible", None), (0.2, "feasible", "gap"), (None, "feasible", "unsolved"), (None, "unknown", "unsolved")],
)
def test_a_plan_whose_sectors_are_far_from_the_best_or_have_no_bound_says_so(planned_once, gap, status, kind):
    tables = read_result(planned_once.path("plan"))
    bound = None if gap is None else 100.0 * (1 - gap)
    level = {"status": status, "objective": 100.0, "lower_bound": bound, "gap": gap, "certified": gap and True}
    before = draft_reasons(tables)
    claims = draft_reasons(replace(tables, summary={**tables.summary, "sectors": level}))
    assert [(r.kind, r.step) for r in claims if r not in before] == ([(kind, "sectors")] if kind else [])
    assert all(
        "Sectors" in sentence for sentence in draft_sentences([r for r in claims if r not in before], Speech("en"))
    )
