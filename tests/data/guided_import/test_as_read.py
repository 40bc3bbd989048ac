"""A table means the same in the guided import as where a description names it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
from shapely.geometry import box

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.guided_import.draft import ImportDraft
from beatplanner.data.guided_import.staging import stage, staged_description
from beatplanner.data.town.read_town import read_town

SIDE = 0.01
IDS = [f"{n:03d}" for n in range(1, 5)]
CENSUS = 'population_table = { path = "%s", key = "unit", residents = ["residents"] }\n'
ROSTER = '[officers]\npath = "%s"\ncrs = "EPSG:4326"\nstart = 2027-01-01\n'
INCIDENTS = '[incidents]\npath = "%s"\nx = "%s"\ny = "%s"\n'


def write(file: Path, columns: dict) -> None:
    if file.suffix == ".csv":
        pd.DataFrame(columns, dtype=object).to_csv(file, index=False, sep=";")
        return
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [list(columns), *zip(*columns.values(), strict=True)]:
        sheet.append(row)
    book.save(file)


def both_doors(folder: Path, table: str, columns: dict, of_units: str, section: str):
    """Return the town as its description reads it, and as the guided import guesses it."""
    people = {} if of_units else {"residents": 100}
    shapes = [
        box(21.4 + SIDE * (i % 2), 42 + SIDE * (i // 2), 21.41 + SIDE * (i % 2), 42.01 + SIDE * (i // 2))
        for i in range(4)
    ]
    units = gpd.GeoDataFrame({"unit": IDS, **people}, geometry=shapes, crs="EPSG:4326")
    units.to_file(folder / "units.gpkg")
    write(folder / table, columns)
    more = of_units or 'population = "residents"\n'
    text = f'[project]\nname = "t"\n[units]\npath = "units.gpkg"\nid = "unit"\n{more}{section}'
    (folder / "project.toml").write_text(text, encoding="utf-8")
    draft = ImportDraft()
    draft.add([folder / "units.gpkg", folder / table])
    draft.rules.start = "2027-01-01"
    staged = staged_description(stage(draft, folder / "staged"))
    return read_town(read_description(folder / "project.toml")), read_town(staged)


@pytest.mark.parametrize("file", ["census.csv", "census.xlsx"])
@pytest.mark.parametrize(
    ("cells", "total"),
    [
        (["1.234", "987", "1.234.567", "5"], 1_236_793),
        # a number of a workbook shows no sign, so that it does not tell what a text means
        (["1.234", 2.5, 1000, "2,345"], {"census.xlsx": 4581.5, "census.csv": 3348.734}),
        (["1,234", "2.345", "10", "20"], 3609),
        (["1.234", "..", "n/a", "-"], 1234),
        # as many as days since 1900, or as years, and no times
        ([30_123, 45_000, 61_000, 29_000], 165_123),
        (["30123.0", "45000.0", "61000.0", "29000.5"], 165_123.5),
        ([1990, 2001, None, 2010], 6001),
    ],
)
def test_residents(tmp_path, file, cells, total):
    written, guided = both_doors(tmp_path, file, {"unit": IDS, "residents": cells}, CENSUS % file, "")
    expected = total[file] if isinstance(total, dict) else total
    assert written.units["population"].sum() == pytest.approx(expected)
    assert guided.units["population"].tolist() == written.units["population"].tolist()


@pytest.mark.parametrize("file", ["officers.csv", "officers.xlsx"])
@pytest.mark.parametrize(
    ("officers", "since", "days"),
    [
        ([7, 8, None], [dt.date(2026, 3, 12), dt.date(2026, 4, 3), None], ["2026-03-12", "2026-04-03"]),
        (["007", "07", "7"], ["n/a", "01.02.2026", "0000-00-00"], [None, "2026-02-01", None]),
        (["a", "b", "c"], [46093, "12.03.2026", dt.date(2026, 4, 3)], ["2026-03-12", "2026-03-12", "2026-04-03"]),
        (["a", "b", "c"], [2019, 2020, 2021], ["2019-01-01", "2020-01-01", "2021-01-01"]),
    ],
)
def test_rosters(tmp_path, file, officers, since, days):
    rows = [i for i in range(3) if officers[i] is not None]
    columns = {
        "officer": [officers[i] for i in rows],
        "beat": ["01", "02", "01"][: len(rows)],
        "since": [since[i] for i in rows],
        "languages": ["sr;ro", "mk", "sq"][: len(rows)],
        "x": ["21°24'18\"E", "21°24'50\"E", "21°24'55\"E"][: len(rows)],
        "y": ["42°00'18\"N", "42°00'50\"N", "42°00'55\"N"][: len(rows)],
    }
    written, guided = both_doors(tmp_path, file, columns, "", ROSTER % file)
    assert [None if d is None else str(d) for d in written.roster["since"]] == days
    assert written.roster["officer"].tolist() == [str(o) for o in columns["officer"]]
    for column in ("officer", "since", "languages", "x", "y"):
        assert guided.roster[column].tolist() == written.roster[column].tolist(), column


@pytest.mark.parametrize(
    "cells",
    [
        ["42.005, 21.405", "42.015, 21.415"],
        ["42.005; 21.405", "(42.015;21.415)"],
        ["42,005; 21,405", "42,015 21,415"],
        ["34TEM3353850410", "34T EM 34361 51525"],
    ],
)
def test_both_coordinates_in_one_column(tmp_path, cells):
    columns = {"place": cells, "type": ["theft", "theft"], "occurred": ["2026-03-12", "2026-03-13"]}
    section = INCIDENTS % ("incidents.csv", "place", "place")
    written, guided = both_doors(tmp_path, "incidents.csv", columns, "", section)
    assert written.incidents["unit"].tolist() == [0, 3]
    assert np.array_equal(written.incidents[["x", "y"]], guided.incidents[["x", "y"]])
    kinds = [n.what for n in written.notes if n.what.startswith("coordinates were read")]
    assert kinds == ["coordinates were read as " + ("MGRS references" if "T" in cells[0] else "pairs of degrees")]


def test_one_column_of_places_may_be_both_and_another_is_one_only(tmp_path):
    write(tmp_path / "a.csv", {"place": ["42.005, 21.405", "42.015, 21.415"], "lon": [21, 22], "lat": [42, 42]})
    draft = ImportDraft()
    (source,) = draft.add([tmp_path / "a.csv"])
    draft.set_role(source, "incidents")
    assert (source.columns["x"], source.columns["y"]) == ("lon", "lat")
    draft.set_column(source, "x", "place")
    draft.set_column(source, "y", "place")
    assert (source.columns["x"], source.columns["y"]) == ("place", "place")
    draft.set_column(source, "x", "lat")
    draft.set_column(source, "y", "lat")
    assert "x" not in source.columns


def test_homes_that_are_no_degrees_are_at_no_endless_distance(tmp_path):
    columns = {"officer": ["a", "b"], "beat": ["01", "02"], "x": [534123, 534223], "y": [4650123, 4650223]}
    with pytest.raises(InputError, match=r"x 534123, y 4\.65012e\+06 is no longitude and latitude \(2 such rows\)"):
        both_doors(tmp_path, "officers.csv", columns, "", ROSTER % "officers.csv")


def test_rows_of_separators_below_a_table_are_none(tmp_path):
    """A spreadsheet that is saved as CSV has such rows where cells below the table were once used."""
    columns = {"officer": ["a", "b", None, None], "beat": ["01", "", None, None], "languages": ["mk", None, None, None]}
    for written in both_doors(tmp_path, "officers.csv", columns, "", ROSTER % "officers.csv"):
        assert written.roster["officer"].tolist() == ["a", "b"]
        assert written.roster["beat"].tolist() == ["01", None]


def test_a_crs_that_somebody_knows_better_than_the_file_holds_for_roads_and_barriers_too(tmp_path):
    shapes = [box(540_000 + 500 * i, 4_650_000, 540_500 + 500 * i, 4_650_500) for i in range(4)]
    units = gpd.GeoDataFrame({"unit": IDS, "residents": 100}, geometry=shapes, crs="EPSG:32634")
    units.to_file(tmp_path / "units.gpkg")
    units.assign(geometry=units.boundary).set_crs("EPSG:32633", allow_override=True).to_file(tmp_path / "roads.gpkg")
    units.assign(geometry=units.centroid).to_file(tmp_path / "sites.gpkg")
    draft = ImportDraft()
    draft.add([tmp_path / f"{name}.gpkg" for name in ("units", "roads", "sites")])
    for source, role in zip(draft.sources, ("units", "roads", "candidates"), strict=True):
        draft.set_role(source, role)
    draft.set_crs(draft.sources[1], "EPSG:32634")
    staged = staged_description(stage(draft, tmp_path / "staged"))
    assert staged.stations is not None and staged.stations.roads is not None
    assert staged.stations.roads.crs == "EPSG:32634"
