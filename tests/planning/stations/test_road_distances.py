"""Beats by distances along roads: longer than straight lines, checked by `verify`, and told where no road joins two units."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run
from conftest import CRS, SIDE, SOUTH, WEST, write_grid_town

pytestmark = pytest.mark.usefixtures("bare_plans")


def with_roads(folder, *, whole: bool):
    town = write_grid_town(folder)
    ends = [SIDE * k for k in range(5)]
    streets = [shapely.linestrings([(WEST, SOUTH + e), (WEST + 4 * SIDE, SOUTH + e)]) for e in ends]
    # without its avenues the town's streets do not meet
    avenues = [shapely.linestrings([(WEST + e, SOUTH), (WEST + e, SOUTH + 4 * SIDE)]) for e in ends]
    gpd.GeoDataFrame(geometry=streets + (avenues if whole else []), crs=CRS).to_file(folder / "streets.gpkg")
    text = town.project.read_text(encoding="utf-8")
    town.project.write_text(
        text.replace("tolerance = 0.25\n", 'tolerance = 0.25\nroads = { path = "streets.gpkg" }\n'), encoding="utf-8"
    )
    return town


def test_travel_follows_the_roads(tmp_path):
    straight = run(write_grid_town(tmp_path / "a").project, tmp_path / "straight", steps=("beats",))
    roads = run(with_roads(tmp_path / "b", whole=True).project, tmp_path / "roads", steps=("beats",))
    assert roads["beats"]["objective"] > 1.05 * straight["beats"]["objective"]
    assert any(i["role"] == "beats.roads" for i in roads["inputs"])
    verdict = verify(tmp_path / "roads")
    assert verdict.ok, [str(c) for c in verdict.failed]


def test_units_that_no_road_joins_are_named(tmp_path):
    town = with_roads(tmp_path / "b", whole=False)
    summary = run(town.project, tmp_path / "out", steps=("beats",))
    assert any("no road joins" in n["text"] and "Улица" in n["text"] for n in summary["notes"])
    assert verify(tmp_path / "out").ok


def test_roads_and_a_table_of_distances_contradict(tmp_path):
    town = with_roads(tmp_path / "b", whole=True)
    text = town.project.read_text(encoding="utf-8")
    town.project.write_text(text.replace('roads = { path = "streets', 'distances = "d.csv"\nroads = { path = "streets'))
    with pytest.raises(InputError, match="given twice"):
        read_description(town.project)
