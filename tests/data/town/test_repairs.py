"""Borders, residents, incidents, coordinates: what is mended is told, what a person decides is asked, and nobody is lost."""

from __future__ import annotations

import json
import tomllib

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.formats.coordinates import degrees, parse_mgrs
from beatplanner.data.formats.crs_guess import CERTAIN, guess_crs
from beatplanner.data.formats.datums import accuracy_offline
from beatplanner.data.guided_import.checks import check
from beatplanner.data.town.addresses import evened, match_addresses
from beatplanner.data.town.categories import STANDARD, personal, proposed
from beatplanner.data.town.coverage import mend_coverage
from beatplanner.data.town.population import join_table, split_census, whole_parts
from beatplanner.data.town.read_town import read_town
from conftest import CRS, SIDE, SOUTH, WEST


def read(town):
    return read_town(read_description(town.project))


def said(found) -> str:
    return "\n".join(str(n) for n in found.notes)


# ---- borders


def grid(n: int = 4) -> np.ndarray:
    return np.array([shapely.box(100 * c, 100 * r, 100 * (c + 1), 100 * (r + 1)) for r in range(n) for c in range(n)])


def test_a_sound_coverage_is_not_touched():
    cells = grid()
    found = mend_coverage(cells, [str(i) for i in range(16)], 2.0)
    assert (shapely.to_wkb(found.polygons) == shapely.to_wkb(cells)).all()
    assert found.notes == found.left == ()


def test_gaps_overlaps_and_slivers_are_closed():
    cells = grid()
    cells[5] = shapely.box(100.8, 100, 200, 200)  # a gap
    cells[10] = shapely.box(199, 200, 300, 300)  # an overlap
    cells[0] = shapely.MultiPolygon([cells[0], shapely.box(-50, -50, -49, -48)])  # a sliver far away
    found = mend_coverage(cells, [f"u{i}" for i in range(16)], 2.0)
    assert shapely.coverage_is_valid(found.polygons, gap_width=2.0)
    assert shapely.area(found.polygons).sum() == pytest.approx(160_000)
    assert "u0" in found.notes[0]
    assert "closed" in found.notes[1]
    assert not found.left


def test_what_is_too_wrong_is_left_and_named():
    cells = grid()
    cells[5] = shapely.box(150, 100, 260, 200)
    found = mend_coverage(cells, [f"u{i}" for i in range(16)], 2.0)
    assert shapely.equals(found.polygons[[5, 6]], cells[[5, 6]]).all()
    assert "u6 (60%)" in found.left[0]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-1.5, 1.5), st.floats(-1.5, 1.5)), min_size=16, max_size=16),
    st.lists(st.integers(0, 5000), min_size=16, max_size=16),
)
def test_mending_conserves_units_and_their_order(shifts, people):
    cells = np.array([shapely.transform(c, lambda p, s=s: p + s) for c, s in zip(grid(), shifts, strict=True)])
    found = mend_coverage(cells, [str(i) for i in range(16)], 4.0)
    assert len(found.polygons) == 16
    assert shapely.is_valid(found.polygons).all()
    assert not shapely.is_empty(found.polygons).any()
    # each unit stays where it was, so residents that stand beside it stay with it
    before, after = shapely.centroid(cells), shapely.centroid(found.polygons)
    assert shapely.distance(before, after).max() < 5
    assert np.abs(shapely.area(found.polygons) - shapely.area(cells)).max() <= max(1.0, 0.05 * 10_000)


def test_residents_are_conserved_when_units_are_mended(town):
    frame = town.units()
    shapes = frame.geometry.to_numpy().copy()
    x, y, z, w = shapes[5].bounds
    shapes[5] = shapely.box(x + 0.9, y, z, w)
    shapes[6] = shapely.Polygon([(x + 500, y), (x + 1000, w), (x + 1000, y), (x + 500, w)])  # a bow
    empty = gpd.GeoDataFrame(
        {"unit": [99], "place": ["Езеро"], "pop": [0], "pop_sq": [0], "muni": ["West"]}, geometry=[None], crs=CRS
    )
    frame = pd.concat([frame.set_geometry(gpd.GeoSeries(shapes, crs=CRS)), frame.iloc[[3]], empty], ignore_index=True)
    town.write_units(gpd.GeoDataFrame(frame, crs=CRS))
    found = read(town)
    assert len(found.units) == 16
    assert found.units["population"].sum() == 1900
    text = said(found)
    for words in ("crossed themselves", "closed", "counted once", "without a polygon", "in rows that stand twice"):
        assert words in text
    card = next(s for s in found.sources if s.role == "units")
    assert (card.rows_in, card.rows_used) == (18, 16)
    assert len(card.repaired) >= 4


def test_a_link_of_an_island_holds_when_a_person_says_so(town):
    frame = town.units()
    shapes = frame.geometry.to_numpy().copy()
    shapes[0] = shapely.transform(shapes[0], lambda c: c - [900, 900])
    town.write_units(frame.set_geometry(gpd.GeoSeries(shapes, crs=CRS)))
    found = read(town)
    (link,) = found.proposals["links"].itertuples(index=False)
    assert "proposed" in said(found)
    pair = {link[0], link[1]}
    assert "1" in pair
    for accept, kept in (("yes", 1), ("no", 0)):
        town.path("links.csv").write_text(
            f"from,to,accept,reason\n{link[0]},{link[1]},{accept},ferry\n9,12,yes,bridge", encoding="utf-8"
        )
        if accept == "yes":
            town.swap("[beats]", '[beats]\ndecided_links = "links.csv"')
        again = read(town)
        links = again.edges[again.edges["kind"] == "link"]
        assert len(links) == kept + 1
        assert "ferry" in said(again)
        assert "proposed" not in said(again)


# ---- residents


@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=40), st.integers(0, 1_000_000))
def test_whole_parts_add_up_to_the_person(shares, total):
    parts = whole_parts(np.array(shares), float(total))
    assert parts.sum() == total
    assert (parts == np.floor(parts)).all()
    exact = np.array(shares) / sum(shares) * total
    assert np.abs(parts - exact).max() < 1 + 1e-6 * total


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 9999), min_size=4, max_size=4), st.floats(30, 170), st.floats(30, 170))
def test_a_census_split_over_newer_units_loses_nobody(residents, x, y):
    areas = grid(2)
    units = np.array(
        [shapely.box(0, 0, x, y), shapely.box(x, 0, 200, y), shapely.box(0, y, x, 200), shapely.box(x, y, 200, 200)]
    )
    found = split_census(areas, np.array(residents, float), units)
    assert found.people.sum() == sum(residents)
    assert found.outside == 0


def test_buildings_say_where_in_an_area_people_live():
    areas, units = (
        np.array([shapely.box(0, 0, 100, 100)]),
        np.array([shapely.box(0, 0, 90, 100), shapely.box(90, 0, 100, 100)]),
    )
    houses = np.array([shapely.Point(95, 10 + 10 * i) for i in range(3)] + [shapely.Point(10, 10)])
    assert split_census(areas, np.array([100.0]), units).people.tolist() == [90, 10]
    assert split_census(areas, np.array([100.0]), units, houses).people.tolist() == [25, 75]


def test_a_census_older_than_the_units(town):
    census = gpd.GeoDataFrame(
        {"ea": [1, 2], "people": [1001, 500]},
        geometry=[
            shapely.box(WEST, SOUTH, WEST + 4 * SIDE, SOUTH + 2 * SIDE),
            shapely.box(WEST, SOUTH + 2 * SIDE, WEST + 4 * SIDE, SOUTH + 4 * SIDE),
        ],
        crs=CRS,
    )
    census.to_file(town.path("census.gpkg"))
    town.swap('population = "pop"\n', 'census = { path = "census.gpkg", id = "ea", population = "people" }\n')
    town.swap('groups = { sq = "pop_sq" }\n', "")
    found = read(town)
    assert found.units["population"].sum() == 1501
    assert set(found.units["population"][:8]) == {125, 126}
    assert "were split by area" in said(found)


def test_residents_from_a_table_of_ages(town):
    rows = ["code;male 0-14;male 15+;female;sq"]
    rows += [f"{n + 1:03d};10;20;{1000 if n == 0 else 30};5" for n in range(15)]
    rows += ["Total;150;300;1.420;75", "777;1;1;1;0"]
    town.path("ages.csv").write_text("\n".join(rows), encoding="utf-8")
    town.swap(
        'population = "pop"\n',
        'population_table = { path = "ages.csv", key = "code", residents = ["male 0-14", "male 15+", "female"] }\n',
    )
    town.swap('groups = { sq = "pop_sq" }', 'groups = { sq = "sq" }')
    found = read(town)
    assert found.units["population"].sum() == 15 * 60 + 970
    assert found.units["group_sq"].sum() == 75
    text = said(found)
    for words in ("leading zeros", "totals was left out (Total)", "777", "1 units have no row: 16"):
        assert words in text


def test_a_table_of_a_row_for_each_age_is_added_up():
    found = join_table(["1", "2"], ["1", "1", "2", None], np.array([[5.0], [6.0], [7.0], [0.0]]))
    assert found.sums[:, 0].tolist() == [11, 7]


# ---- coordinates


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42°05′24″N", 42.09),
        ("21 30.0 W", -21.5),
        ("N 42 05 24", 42.09),
        ("-21:30:00", -21.5),
        ("42° 5,4' N", 42.09),
        ("12:75:00", None),
        ("x", None),
    ],
)
def test_degrees_minutes_and_seconds(text, value):
    assert degrees(text) == (value if value is None else pytest.approx(value))


def test_mgrs_against_known_places():
    # 42° north, 93° west is the example of the library mgrs; a square in the south; and a spoiled one
    found = parse_mgrs(["15TWG0000049776", "56HLH 3412", "nowhere", None])
    assert found[0] == pytest.approx([-93.0, 42.0], abs=2e-5)
    there = Transformer.from_crs(32756, 4326, always_xy=True).transform(334_500, 6_212_500)
    assert found[1] == pytest.approx(there, abs=1e-6)
    assert np.isnan(found[2:]).all()


@pytest.mark.parametrize(
    ("code", "place"),
    [
        (6316, (21, 42.6)),
        (3857, (21, 42.6)),
        (32634, (21, 42.6)),
        (28408, (44.8, 41.7)),
        (7693, (72, 41)),
        (6870, (19.8, 41.3)),
        (28412, (69.2, 41.3)),
    ],
)
def test_systems_of_the_region_are_guessed(code, place):
    rng = np.random.default_rng(1)
    others = np.array(place) + rng.uniform(-0.1, 0.1, (200, 2))
    points = np.column_stack(Transformer.from_crs(4326, code, always_xy=True).transform(*(others[::2] + 0.005).T))
    codes = [g.code for g in guess_crs(points, others)]
    assert f"EPSG:{code}" in codes[:3]
    swapped = guess_crs(points[:, ::-1], others)[0]
    assert swapped.swapped
    assert sum(g.probability for g in guess_crs(points, others)) <= 1


def test_what_nothing_fits_is_not_guessed():
    assert guess_crs(np.array([[5.0, 5.0]] * 5), np.array([[21.0, 42.0]] * 5)) == []
    assert all(g.probability < CERTAIN for g in guess_crs(np.array([[7_500_000.0, 4_650_000.0]] * 5), None))


def test_the_accuracy_of_a_datum_shift_is_known():
    here, _ = accuracy_offline(pyproj.CRS(6316), pyproj.CRS(32634), 20.5, 42.2, 21.5, 42.9)
    assert 0.5 <= here <= 10


def test_units_without_crs_are_placed_by_the_others(town):
    frame = town.units().to_crs(6316)
    frame.to_file(town.path("units.shp"), encoding="UTF-8")
    town.path("units.prj").unlink()
    town.swap("units.gpkg", "units.shp")
    with pytest.raises(InputError, match=r"EPSG:6316.*%"):
        read(town)
    town.swap('id = "unit"', 'crs = "EPSG:6316"\nid = "unit"')
    found = read(town)
    assert "exact to about" in said(found)
    assert (found.incidents["unit"] >= 0).all()


# ---- incidents


def incidents(town, rows: list[str], keys: str = "") -> None:
    town.path("incidents.csv").write_text("\n".join(rows), encoding="utf-8")
    if keys:
        town.swap('time = "when"', f'time = "when"\n{keys}')


def place_of(n: int) -> str:
    x, y = WEST + 250 + 500 * (n % 4), SOUTH + 250 + 500 * (n // 4)
    return "{:.6f},{:.6f}".format(*Transformer.from_crs(CRS, 4326, always_xy=True).transform(x, y))


def test_records_count_once_for_each_kind(town):
    rows = [f"theft,2025-01-0{1 + n % 9} 10:00,{place_of(n % 16)},R{n // 2}" for n in range(20)]
    rows += [
        f"noise,2025-01-01 10:00,{place_of(1)},R0",
        "theft,2025-05-05 10:00,,,R99",
        f"theft,2025-05-05 10:00,{place_of(2)},R99",
    ]
    incidents(town, ["type,when,lon,lat,record", *rows], 'record = "record"')
    found = read(town)
    assert len(found.incidents) == 12
    assert found.incidents["x"].notna().all()
    assert "11 rows repeat a record" in said(found)
    assert "record" not in found.incidents


def test_several_time_columns_midnight_and_the_future(town):
    rows = [
        f"theft,{'' if n % 2 else f'0{1 + n % 9}.03.2025'},17:4{n % 10},2025-04-01T0{n % 10}:00,{place_of(n % 16)}"
        for n in range(20)
    ]
    rows += [f"noise,05.05.2025,,,{place_of(3)}"] * 10 + [f"noise,05.05.2225,,,{place_of(3)}"]
    incidents(town, ["type,when,hour,reported,lon,lat", *rows], 'time_of_day = "hour"\ntime_else = ["reported"]')
    with pytest.raises(InputError, match=r"05\.05\.2225"):
        read(town)
    rows[-1] = rows[-1].replace("2225", "2125")
    incidents(town, ["type,when,hour,reported,lon,lat", *rows])
    found = read(town)
    assert found.incidents["time"].notna().all()
    assert found.incidents["time"].dt.hour.value_counts().idxmax() == 17
    text = said(found)
    for words in ("10 incidents have their time from “reported”", "0:00", "in the future"):
        assert words in text


def test_incidents_piled_on_a_station_are_found(town):
    rows = [f"theft,2025-0{1 + n % 9}-01,{place_of(n % 16)}" for n in range(160)]
    spread = [
        f"theft,2025-0{1 + n % 9}-01,{float(place_of(n % 16).split(',')[0]) + n * 1e-5:.6f},{place_of(n % 16).split(',')[1]}"
        for n in range(200)
    ]
    incidents(town, ["type,when,lon,lat", *spread, *[f"theft,2025-01-01,{place_of(0)}"] * 60])
    notes = "\n".join(str(n) for n in check(town.project))
    assert "piled: 61 on one spot at the station Old station" in notes
    incidents(town, ["type,when,lon,lat", *rows])
    assert "piled" not in "\n".join(str(n) for n in check(town.project))


def test_kinds_are_mapped_by_a_table_that_a_user_edits(town):
    town.path("kinds.csv").write_text("category,standard\nTHEFT,burglary\nnoise,\n", encoding="utf-8")
    town.swap('category = "type"', 'category = "type"\ncategories = "kinds.csv"')
    found = read(town)
    assert found.incidents["category"].value_counts().to_dict() == {"burglary": 32, "noise": 32}
    assert "have no row: noise" in said(found)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Burglary - dwelling", "burglary"),
        ("Тешка кражба", "burglary"),
        ("кражба", "theft"),
        ("Krađa automobila", "theft"),
        ("Nasilje u porodici", "domestic violence"),
        ("Saobraćajna nezgoda", "traffic collision"),
        ("Vjedhje", "theft"),
        ("VANDALISM", "vandalism"),
        ("xyz", ""),
    ],
)
def test_kinds_are_proposed_in_the_languages_of_the_region(word, kind):
    assert proposed(word)[0] == kind
    assert kind in STANDARD or kind == ""


def test_free_text_is_no_kind_of_incident():
    assert not personal(["theft", "noise"] * 50)
    assert "different values" in personal([f"Petar {n} said that" for n in range(100)])
    assert "telephone" in personal(["theft +389 70 123 456", "noise", "noise 070/123-456"] * 30)


def test_addresses_are_matched_and_never_guessed_in_silence(town):
    streets = ["Маршал Тито", "Партизанска", "Илинденска"]
    g = ["street,no,lon,lat"] + [
        f"{s},{n},{place_of(4 * k + n % 4)}" for k, s in enumerate(streets) for n in range(1, 9)
    ]
    town.path("addresses.csv").write_text("\n".join(g), encoding="utf-8")
    rows = [f"theft,2025-01-0{1 + n},ul. Maršal Tito br. {1 + n}" for n in range(8)] + [
        "noise,2025-02-01,Partizanska 77",
        "noise,2025-02-01,Pertizanska 3",
        "noise,2025-02-02,Nowhere",
    ]
    town.path("incidents.csv").write_text("\n".join(["type,when,address", *rows]), encoding="utf-8")
    town.swap(
        'x = "lon"\ny = "lat"\ncrs = "EPSG:4326"',
        'address = "address"\ngazetteer = { path = "addresses.csv", address = "street", number = "no", x = "lon", y = "lat", crs = "EPSG:4326" }',
    )
    found = read(town)
    assert found.incidents["x"].notna().sum() == 8
    proposals = found.proposals["matches"].set_index("address")
    assert proposals.loc["Pertizanska 3", "match"] == "Партизанска 3"
    assert 0.75 < proposals.loc["Pertizanska 3", "score"] < 1
    town.path("matches.csv").write_text(
        "address,match,score,accept\nPertizanska 3,Партизанска 3,0.9,yes\nPartizanska 77,Партизанска 7,0.8,",
        encoding="utf-8",
    )
    town.swap('time = "when"', 'time = "when"\nmatches = "matches.csv"')
    assert read(town).incidents["x"].notna().sum() == 9


def test_spelling_of_addresses_is_evened():
    assert evened("ул. „Маршал Тито“ бр. 5") == evened("Maršal Tito 5")
    assert evened("Đorđa 5 a") == evened("Ђорђа 5а")
    assert match_addresses(["Ulica 1"], [])[0].at == -1


# ---- check --fix


def test_fix_mends_what_is_certain_in_a_copy(town, command):
    town.swap('x = "lon"\ny = "lat"', 'x = "lat"\ny = "lon"')
    frame = town.units().to_crs(3857)
    frame.to_file(town.path("units.shp"), encoding="UTF-8")
    town.path("units.prj").unlink()
    town.swap("units.gpkg", "units.shp")
    before = {p: p.read_bytes() for p in town.folder.rglob("*") if p.is_file()}
    code, out, _ = command("check", town.project)
    assert code == 1
    assert "--fix" in out
    code, out, error = command("check", town.project, "--fix", "--json")
    assert code == 0, out
    assert isinstance(json.loads(out), list)
    assert "units.crs = “EPSG:3857”" in error
    fixed = tomllib.loads(town.path("project-fixed.toml").read_text(encoding="utf-8"))
    assert fixed["units"]["crs"] == "EPSG:3857"
    assert (fixed["incidents"]["x"], fixed["incidents"]["y"]) == ("lon", "lat")
    assert {p: p.read_bytes() for p in before} == before
    made = {p.name for p in town.folder.rglob("*")} - {p.name for p in before}
    assert made == {"project-fixed.toml", "project-fixed", "categories.csv"}
    # what a person wrote into a table stays
    table = town.path("project-fixed") / "categories.csv"
    table.write_text(table.read_text("utf-8-sig").replace("theft,,", "theft,burglary,"), encoding="utf-8")
    assert command("check", town.project, "--fix")[0] == 0
    assert "theft,burglary" in table.read_text("utf-8-sig")


def test_fix_writes_mended_units(town, command):
    frame = town.units()
    shapes = frame.geometry.to_numpy().copy()
    x, y, z, w = shapes[5].bounds
    shapes[5] = shapely.box(x + 0.9, y, z, w)
    town.write_units(frame.set_geometry(gpd.GeoSeries(shapes, crs=CRS)))
    assert command("check", town.project, "--fix")[0] == 0
    mended = gpd.read_file(town.path("project-fixed") / "units.gpkg")
    assert shapely.coverage_is_valid(mended.geometry.to_numpy())
    assert mended["pop"].sum() == frame["pop"].sum()
    found = read_town(read_description(town.path("project-fixed.toml")))
    assert "closed" not in said(found)


def test_fix_of_what_only_people_can_mend_changes_nothing(town, command):
    town.swap('population = "pop"', 'population = "people"')
    code, _, error = command("check", town.project, "--fix")
    assert code == 1
    assert "Nothing could be mended" in error
    assert not town.path("project-fixed.toml").exists()


def test_check_knows_uneven_reports_old_data_and_water(town):
    frame = town.units()
    frame["pop"] = 500
    frame.loc[15, "pop"] = 0
    shapes = frame.geometry.to_numpy().copy()
    x, y, z, w = shapes[15].bounds
    shapes[15] = shapely.box(x, y, z + 1500, w + 1500)
    town.write_units(frame.set_geometry(gpd.GeoSeries(shapes, crs=CRS)))
    incidents(
        town,
        ["type,when,lon,lat"]
        + [f"theft,2019-0{1 + n % 9}-01,{place_of([0, 1, 4, 5][n % 4] if n % 20 else 2)}" for n in range(200)],
    )
    notes = "\n".join(str(n) for n in check(town.project))
    for words in ("differ", "West", "The newest incident is of 1 September 2019", "neither residents nor incidents"):
        assert words in notes
