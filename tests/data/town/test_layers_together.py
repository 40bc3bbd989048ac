"""What a stranger's town tells only when its layers are seen together."""

from __future__ import annotations

import json
import warnings

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.formats.cells import read_numbers, read_times
from beatplanner.data.formats.layers import read_table
from beatplanner.data.formats.time_columns import parse_times
from beatplanner.data.guided_import.checks import check
from beatplanner.data.guided_import.draft import ImportDraft
from beatplanner.data.town.columns import mapped_table
from beatplanner.data.town.read_town import read_town

HEAD = '[project]\nname = "x"\n[units]\npath = "u.gpkg"\nid = "unit"\npopulation = "pop"\n'


@pytest.fixture
def sixteen(tmp_path):
    """Sixteen units in metres, in Skopje."""
    shapes = [shapely.box(x, y, x + 500, y + 500) for y in range(0, 2000, 500) for x in range(0, 2000, 500)]
    frame = gpd.GeoDataFrame({"unit": range(1, 17), "pop": 100}, geometry=shapes, crs=32634)
    frame.geometry = frame.translate(540_000, 4_650_000)
    frame.to_file(tmp_path / "u.gpkg")
    return frame


def test_units_in_metres_that_lie_right_outweigh_the_names_of_columns(sixteen, tmp_path):
    # the units lie in the middle of their own grid: exchanged degrees cannot have become such metres
    rows = [f"theft,{p.y},{p.x}" for p in sixteen.centroid.to_crs(4326)]
    (tmp_path / "i.csv").write_text("\n".join(["type,lon,lat", *rows]))
    incidents = '[incidents]\npath = "i.csv"\nx = "lon"\ny = "lat"\ncrs = "EPSG:4326"\ncategory = "type"\n'
    (tmp_path / "p.toml").write_text(HEAD + incidents)
    (problem,) = [n for n in check(tmp_path / "p.toml") if n.severity == "error"]
    assert problem.file == "i.csv" and 'x = "lat", y = "lon"' in problem.mend
    assert problem.asked


def test_a_town_without_work_is_told_before_it_is_planned(sixteen, tmp_path):
    (tmp_path / "p.toml").write_text(HEAD)
    assert not any("no work to plan with" in n.what for n in check(tmp_path / "p.toml"))
    sixteen.assign(pop=0).to_file(tmp_path / "u.gpkg")
    (note,) = [n for n in check(tmp_path / "p.toml") if "no work to plan with" in n.what]
    assert note.severity == "warning"


def test_incidents_in_a_hole_of_the_town_lie_as_far_away_as_its_units_do(sixteen, tmp_path):
    middles = [*sixteen.centroid]
    sixteen.drop(5).to_file(tmp_path / "u.gpkg")
    rows = [f"theft,{p.x},{p.y}" for p in middles for _ in range(4)]
    (tmp_path / "i.csv").write_text("\n".join(["type,x,y", *rows]))
    incidents = '[incidents]\npath = "i.csv"\nx = "x"\ny = "y"\ncrs = "EPSG:32634"\ncategory = "type"\n'
    (tmp_path / "p.toml").write_text(HEAD + incidents)
    (note,) = [n.what for n in check(tmp_path / "p.toml") if "outside every unit" in n.what]
    # the box around the town holds them: by it they were "up to 0.0 km away"
    assert "4 of 64 incidents" in note and "up to 0.3 km away" in note


def test_a_beat_of_today_without_a_place_is_left_out_and_named(sixteen, tmp_path):
    west, east = sixteen.total_bounds[0], sixteen.total_bounds[2]
    south, north = sixteen.total_bounds[1], sixteen.total_bounds[3]
    shapes = [shapely.box(a, south, a + (east - west) / 4, north) for a in np.linspace(west, east, 5)[:4]]
    old = gpd.GeoDataFrame({"beat": list("ABCD")}, geometry=shapes, crs=32634).to_crs(4326)
    content = json.loads(old.to_json())
    content["features"][2]["geometry"]["coordinates"][0][1][1] = float("nan")
    (tmp_path / "old.geojson").write_text(json.dumps(content))
    (tmp_path / "p.toml").write_text(HEAD + '[beats]\ncount = 2\ncurrent = { path = "old.geojson", id = "beat" }\n')
    found = check(tmp_path / "p.toml")
    assert not [n for n in found if n.severity == "error"]
    (note,) = [n for n in found if "was left out" in n.what]
    assert "row 3 (“C”)" in note.what
    assert any("4 units lie in none of today's beats" in n.what for n in found)


def test_beats_of_today_that_lie_on_each_other_are_no_split_units(sixteen, tmp_path):
    west, south, east, north = sixteen.total_bounds
    shapes = [shapely.box(west, south, west + 1500, north), shapely.box(west + 1000, south, east, north)]
    gpd.GeoDataFrame({"beat": ["A", "B"]}, geometry=shapes, crs=32634).to_file(tmp_path / "old.gpkg")
    (tmp_path / "p.toml").write_text(HEAD + '[beats]\ncount = 2\ncurrent = { path = "old.gpkg", id = "beat" }\n')
    found = check(tmp_path / "p.toml")
    (note,) = [n for n in found if "today's beats lie on each other in 4 units" in n.what]
    assert note.severity == "warning" and "3 (A, B)" in note.what
    assert not any("are split" in n.what for n in found)


def test_a_cross_in_a_roster_is_no_header(tmp_path):
    for mark in ("x", "Y", "since"):
        rows = "Службеник;Безбедносен реон;Во реонот од;Шеф\nА;W;27.01.2019;" + mark + "\nБ;E;3.5.2021;\n"
        (tmp_path / "o.csv").write_text(rows, encoding="utf-8")
        frame, _, _ = mapped_table(tmp_path / "o.csv", None, ["officer"], ["beat", "since", "x", "y"])
        assert frame["officer"].tolist() == ["А", "Б"], mark
        assert frame["since"].tolist() == ["27.01.2019", "3.5.2021"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("01-Jan-25 10.57", "2025-01-01 10:57"),
        ("31-DEC-99", "1999-12-31"),
        ("5 мај '24 7:05 PM", "2024-05-05 19:05"),
        ("Jan 25", None),
        ("Jan-25", "2025-01-01"),
        ("3. siječnja 2025. u 10:00", "2025-01-03 10:00"),
        ("03.01.2025 г. 22:15 ч.", "2025-01-03 22:15"),
        ("3.XII.2025", "2025-12-03"),
        ("31/12/2025 à 9h05", "2025-12-31 09:05"),
        ("2025-01-03 9h", "2025-01-03 09:00"),
        ("22:15 31.12.2025", "2025-12-31 22:15"),
        ("31.12.2025 - 22:15", "2025-12-31 22:15"),
        ("2025 JAN 03 2215", "2025-01-03 22:15"),
        ("20250103221500", "2025-01-03 22:15"),
        ("Fri Jan 03 2025 22:15:00 GMT+0100 (CET)", "2025-01-03 22:15"),
        ("III квартал 2025", "2025-07-01"),
        ("2. Quartal 2025", "2025-04-01"),
        ("Тримесечје 4/2025", "2025-10-01"),
        ("2025 година", "2025-01-01"),
        ("2025-W03", None),
    ],
)
def test_years_of_two_digits_behind_a_named_month(written, meant):
    found = parse_times(pd.Series([written])).values.iloc[0]
    assert found == pd.Timestamp(meant) if meant else pd.isna(found)


@pytest.mark.parametrize(("name", "used"), [("popis.csv", True), ("dwellings.csv", False)])
def test_the_total_of_a_census_by_code_is_its_residents(sixteen, tmp_path, name, used):
    sixteen.drop(columns="pop").rename(columns={"unit": "kod"}).to_file(tmp_path / "areas.gpkg")
    pd.DataFrame({"KOD": range(1, 17), "ukupno": 90, "m": 44, "z": 46}).to_csv(tmp_path / name, sep=";", index=False)
    draft = ImportDraft()
    draft.add([tmp_path / "areas.gpkg", tmp_path / name])
    found = draft.first("residents")
    assert (found is not None) == used
    if found is not None:
        assert found.columns == {"id": "KOD", "population": "ukupno"}


def test_a_day_first_column_stays_so_where_some_cells_hold_words():
    found = parse_times(pd.Series(["3.4.2025 10:00", "5.6.2025 г. 11:00 ч.", "13.1.2025 12:00"])).values
    assert found.dt.month.tolist() == [4, 6, 1]
    slashes = parse_times(pd.Series(["3/4/2025 10:00", "5/6/2025 11h", "1/13/2025 12:00"])).values
    assert slashes.dt.month.tolist() == [3, 5, 1]


@pytest.mark.parametrize(
    "hours", [["2215", "5", "905"], ["10:15 PM", "12:05 AM", "9:05 a.m."], ["22:15 ч.", "0.05", "9h05"]]
)
def test_hours_of_a_column_of_their_own(sixteen, tmp_path, hours):
    place = sixteen.centroid.to_crs(4326)[0]
    rows = [f"theft,{place.x},{place.y},05.03.2025,{h}" for h in hours]
    (tmp_path / "i.csv").write_text("\n".join(["type,lon,lat,day,hour", *rows]), encoding="utf-8")
    keys = '[incidents]\npath = "i.csv"\nx = "lon"\ny = "lat"\ncrs = "EPSG:4326"\ncategory = "type"\ntime = "day"\ntime_of_day = "hour"\n'
    (tmp_path / "p.toml").write_text(HEAD + keys)
    town = read_town(read_description(tmp_path / "p.toml"))
    assert town.incidents is not None
    assert town.incidents["time"].dt.strftime("%H:%M").tolist() == ["22:15", "00:05", "09:05"]


def test_the_sheet_that_holds_the_columns_is_read_and_named(tmp_path):
    book = openpyxl.Workbook()
    book.create_sheet("Info", 0).append(["Податоци за 2025"])
    del book["Sheet"]
    data = book.create_sheet("Data")
    data.append(["Реон", None, "кол"])
    for row in (["A", None, 1], [None, None, 2], ["B", None, 3]):
        data.append(row)
    # a name over two columns and two rows
    data.merge_cells("A2:B3")
    book.save(tmp_path / "b.xlsx")
    frame, where = read_table(tmp_path / "b.xlsx", None, ["Реон", "кол"])
    assert frame["Реон"].tolist() == ["A", "A", "B"] and where.layer == "Data"
    assert any("of 2 sheets “Data” was read" in n.what for n in where.notes)
    with pytest.raises(InputError, match="there is no column “x”"):
        read_table(tmp_path / "b.xlsx", None, ["x"])


@pytest.mark.parametrize(
    "mark", [-3.4028234663852886e38, -1.7976931348623157e308, -32768.0, -99.0, ":", "(null)", "нема"]
)
def test_marks_of_gis_programs_are_missing_numbers(mark):
    found = read_numbers(pd.Series([mark, 7], dtype=object), whole=True, coded=True)
    assert found.missing.tolist() == [True, False] and not found.wrong and "1 cells hold" in found.notes[0]


@pytest.mark.parametrize(
    "marks",
    [["-999", "n/a", "–"], [-999, -9999.0, pd.NA], ["-9999.0", "−999", ""], ["0000-00-00", "00.00.0000", "непознато"]],
)
def test_a_mark_of_a_missing_number_is_a_missing_time(marks):
    found = read_times(pd.Series(["31.12.2025 22:15", *marks], dtype=object))
    assert not len(found.failed)
    assert found.values.isna().tolist() == [False, True, True, True]
    assert not len(read_times(pd.Series([45000, -999])).failed)


@pytest.mark.parametrize("names", [("a", "b"), ("col1", "col2")])
def test_places_are_known_by_their_numbers_among_the_units(sixteen, tmp_path, names):
    places = sixteen.centroid.to_crs(4326)
    when = pd.date_range("2025-01-01", "2025-12-31", periods=96).strftime("%Y-%m-%d %H:%M")
    table = pd.DataFrame({names[1]: np.tile(places.y, 6), "kind": ["theft", "noise"] * 48, "when": when})
    table[names[0]] = np.tile(places.x, 6)
    table["rate"] = np.linspace(0.5, 9.5, 96)
    table.to_csv(tmp_path / "export.csv", index=False)
    draft = ImportDraft()
    draft.add([tmp_path / "u.gpkg", tmp_path / "export.csv"])
    found = draft.first("incidents")
    assert found is not None and (found.columns["x"], found.columns["y"]) == names and found.crs == "EPSG:4326"
    assert "are places among the units" in found.reason
    assert (found.columns["category"], found.columns["time"]) == ("kind", "when")
    # a measure that is no place is none
    table.drop(columns=names[0]).to_csv(tmp_path / "other.csv", index=False)
    draft.add([tmp_path / "other.csv"])
    assert not next(s for s in draft.sources if s.look.path.name == "other.csv").role


def test_a_wide_table_of_ages_is_added_up_without_a_word_of_a_library(sixteen, tmp_path):
    sixteen.drop(columns="pop").to_file(tmp_path / "u.gpkg")
    ages = [f"m {k}" for k in range(120)]
    unused = dict.fromkeys((f"c{k}" for k in range(300)), 0)
    pd.DataFrame({"code": range(1, 17)} | dict.fromkeys(ages, 1) | unused).to_csv(tmp_path / "census.csv", index=False)
    table = f'population_table = {{ path = "census.csv", key = "code", residents = {ages} }}\n'
    (tmp_path / "p.toml").write_text(HEAD.replace('population = "pop"\n', table.replace("'", '"')))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        town = read_town(read_description(tmp_path / "p.toml"))
    assert town.units["population"].sum() == 16 * 120
