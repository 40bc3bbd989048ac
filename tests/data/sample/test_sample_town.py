"""The sample town: a sound map, the same for the same seed, and one that can be planned."""

from __future__ import annotations

import re

import geopandas as gpd
import map_boxes
import networkx as nx
import numpy as np
import openpyxl
import pytest
import shapely

from beatplanner.data.description.read import read_description
from beatplanner.data.publish.public.plan import PublicPlan
from beatplanner.data.sample.sample_town import write_sample_town
from beatplanner.data.town.forum_tables import read_forum_tables
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.forum.public.maps import Maps
from beatplanner.planning.forum.public_plan import public_tables


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    write_sample_town(folder)
    return folder


@pytest.fixture(scope="module")
def town(folder):
    return read_town(read_description(folder / "project.toml"))


def test_units_cover_the_region_once(town):
    shapes = town.units.geometry.to_numpy()
    assert 290 <= len(shapes) <= 310
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(shapely.area(shapes).sum(), rel=1e-6)
    assert town.units["municipality"].nunique() == 3


def test_municipalities_and_todays_beats_are_in_one_piece(town):
    graph = nx.Graph(town.edges[["a", "b"]].to_numpy().tolist())
    for column in ("municipality", "current"):
        for _, group in town.units.groupby(column):
            assert nx.is_connected(graph.subgraph(group.index.tolist()))
    assert town.units["current"].nunique() == 14
    assert (town.edges["kind"] == "border").all()


def test_a_doubt_that_the_other_layers_decide_is_told_once(town):
    """The usual change of MGI 1901 is disputed by 1.6 km; incidents and stations in WGS 84 decide it for the census, nothing does for the beats."""
    notes = [(n.severity, str(n.file)) for n in town.notes if "of the register EPSG" in n.what]
    assert sorted(notes) == [("info", "census.gpkg"), ("warning", "beats_today.shp")]


def test_people_incidents_and_groups_add_up(town):
    for group in ("albanian", "romani"):
        assert (town.units[f"group_{group}"] <= town.units["population"]).all()
        assert town.units[f"group_{group}"].sum() > 1_000
    assert town.units["population"].sum() == pytest.approx(90_000, rel=0.01)
    assert (town.incidents["unit"] < 0).sum() == 20
    assert town.incidents["category"].nunique() == 10
    assert 360 <= (town.incidents["time"].max() - town.incidents["time"].min()).days <= 366
    assert list(town.incidents.columns) == ["x", "y", "unit", "category", "time", "a_year"]


def test_one_walks_over_the_river_by_the_bridges(town, folder):
    river = gpd.read_file(folder / "water.gpkg", layer="river").geometry.iloc[0]
    roads = gpd.read_file(folder / "roads.gpkg")
    over = roads[roads.intersects(river)]
    assert set(over["kind"]) == {"bridge"}
    assert len(over) == 3
    assert np.isfinite(town.walks).all()
    assert town.sites["existing"].sum() == 3
    assert len(town.sites) == 43


def test_formats_and_grids_are_mixed(folder):
    kinds = {p.suffix for p in folder.iterdir()}
    assert {".gpkg", ".shp", ".csv", ".geojson", ".xlsx", ".toml"} <= kinds
    grids = {gpd.read_file(folder / n).crs.to_epsg() for n in ("census.gpkg", "roads.gpkg", "stations.geojson")}
    assert len(grids) == 3


def test_same_seed_same_town(folder, tmp_path):
    write_sample_town(tmp_path)
    for name in ("incidents.csv", "sites.csv", "project.toml"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    first, second = (gpd.read_file(f / "census.gpkg") for f in (folder, tmp_path))
    assert first.equals(second)
    books = [openpyxl.load_workbook(f / "officers.xlsx").active for f in (folder, tmp_path)]
    rosters = [[[c.value for c in row] for row in book] for book in books]
    assert rosters[0] == rosters[1]
    assert len(rosters[0]) == 41


def test_the_sample_town_carries_scenarios_that_tell_a_story(tmp_path):
    from beatplanner.data.description.scenarios import find_scenarios
    from beatplanner.data.sample.sample_town import write_sample_town

    found = find_scenarios(write_sample_town(tmp_path / "town"))
    # today's plan needs no file: it stands first in every comparison
    assert [s.name for s in found] == ["Balanced", "Least change", "More stations", "Fewer officers"]
    assert all(s.about for s in found)
    assert "stations.count: 6 → 9" in found[2].changes and "beats.count: 15 → 12" in found[3].changes


def test_each_optional_key_and_column_has_an_example(folder):
    """What a personnel and a budget office may add stands in the sample town or one of its scenarios."""
    from beatplanner.data.description.scenarios import find_scenarios
    from beatplanner.data.town.columns import PERSONNEL_COLUMNS as COLUMNS

    texts = [folder / "project.toml", *(s.file for s in find_scenarios(folder / "project.toml"))]
    said = "\n".join(f.read_text(encoding="utf-8") for f in texts)
    keys = (
        "grades allowances employer_part training_seats functions ends vehicle_lead_months station_lead_months supervisor_ranks"
        " span_of_control class_size drop_out notice_months moves_a_month max_home_km"
    )
    assert [k for k in keys.split() if f"\n{k} = " not in said] == []
    sheet = openpyxl.load_workbook(folder / "officers.xlsx").active
    head, *rows = ([c.value for c in row] for row in sheet)
    assert [c for c in COLUMNS if c not in head] == []
    for column in COLUMNS:
        assert any(row[head.index(column)] not in (None, "") for row in rows), column
    # what would change the plan too much stands there to be tried, and can be as it stands
    project = folder / "project.toml"
    text = project.read_text(encoding="utf-8")
    try:
        project.write_text(re.sub(r"\n# (?=\w+ = )", "\n", text), encoding="utf-8")
        tried = read_description(project)
    finally:
        project.write_text(text, encoding="utf-8")
    assert tried.officers.max_tenure_months == 84 and tried.officers.must_language_share == 0.5
    assert tried.budget.ceiling == 900000 and tried.budget.pilots == ["Podmostje"] and tried.budget.start_together


def test_no_label_of_any_map_of_the_town_touches_another_or_a_sign(town):
    """All maps of a pack, with today's beats as the new ones: overview, dense parts, sheet and map of each beat."""
    units = town.units.assign(beat=town.units["current"].astype(str))[["unit", "name", "current", "beat", "geometry"]]
    # names as long as a plan gives them
    beats = units[["beat", "geometry"]].dissolve("beat").reset_index()
    names = {b: f"{n} ({b})" for b, n in units.groupby("beat")["name"].first().items()}
    sites = town.sites[town.sites["existing"] | (np.arange(len(town.sites)) % 4 == 0)]
    stations = gpd.GeoDataFrame(
        sites[["station", "name", "existing"]].assign(near=""),
        geometry=gpd.points_from_xy(sites["x"], sites["y"]),
        crs=units.crs,
    )
    plan = PublicPlan("T", True, gpd.GeoDataFrame(units), beats, stations)
    maps = Maps(
        plan,
        public_tables(read_forum_tables(town)),
        [],
        names,
        dict(zip(stations["station"], stations["name"], strict=True)),
    )
    drawn = [d for pair in maps.towns for d in pair]
    drawn += [maps.beat(b, frame) for b in names for frame in (maps.sheets[b], maps.frame_of(b))]
    written = 0
    for drawing in drawn:
        assert map_boxes.touching(drawing.svg) == []
        written += len(map_boxes.labels(drawing.svg))
    assert len(drawn) >= 30 and written > 800
