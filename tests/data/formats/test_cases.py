"""Cases from public bug reports and real files, each with its value; see `docs/data.md`."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from layer_cases import grid, project

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.formats.geopackages import write_layer
from beatplanner.data.formats.ids import id_advice, match_ids
from beatplanner.data.formats.layers import read_layer
from beatplanner.data.guided_import.checks import check
from beatplanner.data.guided_import.doubts import import_doubts
from beatplanner.data.guided_import.draft import ImportDraft, unused_files
from beatplanner.data.guided_import.guessing import guess_columns, guess_role
from beatplanner.data.guided_import.looks import look_at
from beatplanner.data.town.read_town import read_town

pytestmark = pytest.mark.usefixtures("bare_plans")


# ---- one reader of numbers


def test_thousands_of_a_region_are_thousands_by_every_door(tmp_path, command):
    frame = grid().assign(pop=["1.234" if i % 2 else "987" for i in range(15)] + ["1.234.567"])
    people = 7 * 1234 + 8 * 987 + 1_234_567
    frame.to_file(tmp_path / "units.geojson", driver="GeoJSON")
    out = tmp_path / "town.gpkg"
    assert command("new", tmp_path / "units.geojson", "-o", out, "--beats", 2, "--mend")[0] == 0
    assert read_town(read_description(out)).units["population"].sum() == people
    file = project(tmp_path, '[units]\npath = "units.geojson"\nid = "unit"\npopulation = "pop"\n')
    assert read_town(read_description(file)).units["population"].sum() == people


def test_a_missing_number_is_told_and_never_counted_as_one(tmp_path):
    grid().assign(pop=[-999, *[100] * 15]).to_file(tmp_path / "units.gpkg")
    file = project(tmp_path, '[units]\npath = "units.gpkg"\nid = "unit"\npopulation = "pop"\n')
    assert any("stands for a missing number" in n.what for n in check(file))
    file = project(
        tmp_path,
        '[units]\npath = "units.gpkg"\nid = "unit"\npopulation_table = { path = "c.csv", key = "k", residents = ["r"] }\n',
    )
    pd.DataFrame({"k": range(1, 17), "r": [-9999, "n/a", *["1.200"] * 14]}).to_csv(tmp_path / "c.csv", index=False)
    town = read_town(read_description(file))
    assert town.units["population"].sum() == 14 * 1200
    assert any("−" not in n.what and "2 cells hold" in n.what for n in town.notes)


def test_ids_join_wholly_or_not_at_all():
    assert match_ids(["1.0", "02", None, "7"], ["1", "2", "3"]).positions == [0, 1, None, None]
    assert match_ids(["1", "2"], ["01", "02"]).positions == [0, 1]
    # "1" and "01" are two units here: nothing but what is written counts
    assert match_ids(["1", "01", "1.0"], ["1", "01"]).positions == [0, 1, None]
    # our tables keep a spreadsheet from taking an id for a formula
    assert match_ids(["'-7", "NA", "'=x"], ["-7", "NA", "=x"]).positions == [0, 1, 2]
    assert match_ids(["mk-1", "MK 02"], ["MK-01", "MK-02"]).positions == [0, 1]
    assert "Did you mean" not in id_advice("99", ["98", "97"], ["98"])
    assert "Did you mean" in id_advice("Čaer", ["Čair", "Karpoš"], [])


# ---- one broken row


def with_a_broken_ring(path, table, row, wkb):
    import sqlite3

    with sqlite3.connect(path) as database:
        database.create_function("ST_IsEmpty", 1, lambda g: 0)
        for f in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(f, 1, lambda g: 0.0)
        old = database.execute(f"SELECT geom FROM {table} WHERE fid = ?", [row]).fetchone()[0]
        database.execute(f"UPDATE {table} SET geom = ? WHERE fid = ?", [old[:40] + wkb, row])


def ring(*points) -> bytes:
    import struct

    return struct.pack("<BIII", 1, 3, 1, len(points)) + b"".join(struct.pack("<dd", *p) for p in points)


def test_one_broken_ring_is_mended_or_left_out_and_named(tmp_path):
    grid().to_file(tmp_path / "units.gpkg", layer="units")
    middle = grid().geometry.centroid.buffer(50)
    sites = gpd.GeoDataFrame({"site": list("ABCD")}, geometry=middle.iloc[:4].to_list(), crs=32634)
    sites.to_file(tmp_path / "sites.gpkg", layer="sites")
    x, y = 540_750.0, 4_650_250.0
    with_a_broken_ring(tmp_path / "sites.gpkg", "sites", 2, ring((x, y), (x + 50, y), (x + 50, y + 50), (x, y + 60)))
    with_a_broken_ring(tmp_path / "sites.gpkg", "sites", 3, ring((x, y), (x + 50, y)))
    file = project(
        tmp_path,
        '[units]\npath = "units.gpkg"\nid = "unit"\npopulation = "pop"\n[stations]\ncount = 1\ncandidates = { path = "sites.gpkg", id = "site" }\n',
    )
    town = read_town(read_description(file))
    assert town.sites["station"].tolist() == ["A", "B", "D"]
    notes = " ".join(n.what for n in town.notes if n.severity == "warning")
    assert "“B”" in notes
    assert "“C”" in notes
    # a unit is never left out with its residents
    with_a_broken_ring(tmp_path / "units.gpkg", "units", 3, ring((x, y), (x + 50, y)))
    assert any(n.severity == "error" and "unit 3" in n.what for n in check(file))


# ---- roles


def test_a_line_to_a_place_beyond_the_earth_is_left_out_and_named(tmp_path):
    lines = [shapely.LineString([(540_000, 4_650_000 + k), (541_000, 4_650_000)]) for k in range(4)]
    lines[2] = shapely.LineString([(1e300, 0), (1, 1)])
    gpd.GeoDataFrame({"class": "street"}, geometry=lines, crs=32634, index=range(4)).to_file(tmp_path / "roads.gpkg")
    frame, where = read_layer(tmp_path / "roads.gpkg", None, [], None)
    assert len(frame) == 3
    (note,) = [n for n in where.notes if "was left out" in n.what]
    assert "row 3" in note.what


def test_settlements_with_residents_are_no_crimes(tmp_path):
    rng = np.random.default_rng(0)
    points = gpd.GeoDataFrame(
        {"name": [f"Selo {i}" for i in range(400)], "population": rng.integers(0, 900, 400)},
        geometry=gpd.points_from_xy(rng.uniform(21, 22, 400), rng.uniform(41, 42, 400)),
        crs=4326,
    )
    points.to_file(tmp_path / "places.gpkg")
    role, why = guess_role(look_at(tmp_path / "places.gpkg")[0])
    assert role == ""
    assert "settlements" in why


def test_a_census_table_by_code_is_used_and_a_statistical_district_is_no_municipality(tmp_path, command):
    frame = grid().drop(columns="pop")
    frame["unit"] = [f"{i + 1:02}" for i in range(16)]
    frame["stat_district"] = [f"D{i // 4}" for i in range(16)]
    frame.to_file(tmp_path / "areas.gpkg")
    pd.DataFrame({"code": range(1, 17), "residents": "1.100", "households": 300}).to_csv(
        tmp_path / "t1.csv", index=False
    )
    assert "municipality" not in guess_columns(look_at(tmp_path / "areas.gpkg")[0], "units")
    out = tmp_path / "town.gpkg"
    code, said, _ = command("new", tmp_path, "-o", out, "--beats", 2, "--mend")
    assert code == 0
    assert "Residents (table by code)" in said
    assert read_town(read_description(out)).units["population"].sum() == 16 * 1100


def test_a_file_that_is_not_used_stops_new_unless_one_says_so(tmp_path, command):
    grid().to_file(tmp_path / "units.gpkg")
    pd.DataFrame({"remark": ["a", "b"]}).to_csv(tmp_path / "notes.csv", index=False)
    files = [tmp_path / "units.gpkg", tmp_path / "notes.csv"]
    out = tmp_path / "town.gpkg"
    code, _, stderr = command("new", *files, "-o", out, "--beats", 2)
    assert code == 1
    assert "notes.csv" in stderr
    assert not out.exists()
    assert command("new", *files, "-o", out, "--beats", 2, "--yes")[0] == 0
    draft = ImportDraft()
    draft.add(files)
    assert [f.name for f in unused_files(draft)] == ["notes.csv"]


# ---- one fingerprint


@pytest.mark.usefixtures("without_pack")
def test_a_plan_of_a_project_file_is_not_out_of_date_at_once(tmp_path, command):
    frame = grid(3)
    frame.to_file(tmp_path / "units.gpkg")
    middle = frame.to_crs(4326).geometry.centroid
    rows = [(p.x, p.y, "theft", f"2025-{m + 1:02}-05 10:00") for p in middle for m in range(12)]
    pd.DataFrame(rows, columns=["lon", "lat", "type", "time"]).to_csv(tmp_path / "i.csv", index=False)
    file = project(
        tmp_path,
        '[units]\npath = "units.gpkg"\nid = "unit"\npopulation = "pop"\n[incidents]\npath = "i.csv"\nx = "lon"\ny = "lat"\n'
        'crs = "EPSG:4326"\ncategory = "type"\ntime = "time"\n[beats]\ncount = 2\ntolerance = 0.3\n',
    )
    assert command("build", file, "-o", tmp_path / "town.gpkg")[0] == 0
    for name in "ab":
        assert command("beats", tmp_path / "town.gpkg", "--out", tmp_path / name, "--seed", ord(name))[0] == 0
    code, stdout, stderr = command("stale", tmp_path / "a")
    assert code == 0
    assert "changed" not in stdout + stderr
    assert command("project", "scenario", tmp_path / "town.gpkg", "other", "--set", "beats.tolerance=0.4")[0] == 0
    assert "changed on" not in "".join(command("stale", tmp_path / "a")[1:])
    code, stdout, stderr = command("compare", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "c")
    assert code == 0
    assert "changed" not in stdout + stderr
    robustness = json.loads((tmp_path / "c" / "comparison.json").read_text()).get("robustness")
    assert robustness is not None
    code, stdout, stderr = command("verify", tmp_path / "a")
    assert code == 0, stdout + stderr


def test_feet_under_degrees_are_told(tmp_path):
    frame = gpd.GeoDataFrame(
        {"site": list("abcdef")}, geometry=gpd.points_from_xy(range(900, 906), range(500, 506)), crs=4326
    )
    frame.to_file(tmp_path / "sites.geojson", driver="GeoJSON")
    grid().to_file(tmp_path / "units.gpkg")
    draft = ImportDraft()
    draft.add([tmp_path / "units.gpkg", tmp_path / "sites.geojson"])
    assert any(d.severity == "error" and "do not lie on earth" in d.text for d in import_doubts(draft))


@pytest.mark.parametrize("name", ["fid", "FID", "geom", "ogc_fid", "geometry_2"])
def test_a_column_that_a_database_keeps_for_itself_is_a_column(tmp_path, command, name):
    frame = grid(3, crs=4326).rename(columns={"unit": name})
    frame[name] = frame[name].astype(float) * 2
    frame.to_file(tmp_path / "blocks.geojson")
    code, _, err = command(
        "new",
        tmp_path / "blocks.geojson",
        "-o",
        tmp_path / "town.gpkg",
        "--yes",
        "--column",
        f"blocks.geojson:id={name}",
    )
    assert code == 0, err
    town = read_town(read_description(tmp_path / "town.gpkg"))
    assert town.units["unit"].tolist() == [str(2 * i) for i in range(1, 10)]
    assert town.units["population"].sum() == 900


def test_columns_that_differ_by_capitals_only_are_told(tmp_path):
    frame = grid(2).assign(POP=1)
    with pytest.raises(InputError, match="“pop” and “POP” differ by capitals only"):
        write_layer(frame, tmp_path / "x.gpkg", "x")


def test_a_table_without_numbers_holds_no_residents(tmp_path):
    grid(2).rename(columns={"pop": "x"}).drop(columns="x").to_file(tmp_path / "blocks.gpkg")
    (tmp_path / "people.csv").write_text("nr;fullname\n1;A B\n2;C D\n3;E F\n4;G H\n", encoding="utf-8")
    draft = ImportDraft()
    draft.add([tmp_path / "blocks.gpkg", tmp_path / "people.csv"])
    assert [s.role for s in draft.sources] == ["units", ""]


@pytest.mark.parametrize("kind", ["geojson", "gpkg", "shp"])
def test_an_exclamation_mark_in_a_name_is_no_zipped_folder(tmp_path, kind):
    folder = tmp_path / "new! data"
    folder.mkdir()
    grid(2).to_crs(4326).to_file(tmp_path / f"blocks.{kind}")
    for part in tmp_path.glob("blocks.*"):
        part.rename(folder / f"!{part.name}")
    (look,) = look_at(folder / f"!blocks.{kind}")
    assert (look.rows, look.geometry) == (4, "polygon")
    found, _ = read_layer(folder / f"!blocks.{kind}", None, ["unit"])
    assert found["unit"].astype(str).tolist() == ["1", "2", "3", "4"]


def test_one_layer_that_cannot_be_read_does_not_take_the_others_with_it(tmp_path):
    file = tmp_path / "all.gpkg"
    grid().to_file(file, layer="units")
    grid(2).to_file(file, layer="broken")
    x, y = 540_750.0, 4_650_250.0
    for row in range(1, 5):
        with_a_broken_ring(file, "broken", row, ring((x, y), (x + 50, y)))
    (look,) = look_at(file)
    assert look.layer == "units" and look.rows == 16
    assert any("“broken” beside it is left out" in t for t in look.notes)


def test_a_measure_names_no_area(tmp_path):
    frame = (
        grid(3)
        .drop(columns="unit")
        .assign(title=[f"Place {i}" for i in range(9)], perimeter=[i + 0.5 for i in range(9)])
    )
    frame.rename(columns={"title": "NAME"}).to_file(tmp_path / "blocks.gpkg")
    (look,) = look_at(tmp_path / "blocks.gpkg")
    assert guess_columns(look, "units")["id"] == "NAME"


def with_bytes(path, table):
    import sqlite3

    with sqlite3.connect(path) as database:
        for name in [r[0] for r in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]:
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute(f"ALTER TABLE {table} ADD COLUMN picture BLOB")
        database.execute(f"UPDATE {table} SET picture = ? WHERE fid > 1", [b"\xff\xd8\xff"])


def test_a_column_of_bytes_is_empty_and_no_crash(tmp_path):
    grid(2).to_file(tmp_path / "blocks.gpkg", layer="blocks")
    with_bytes(tmp_path / "blocks.gpkg", "blocks")
    (look,) = look_at(tmp_path / "blocks.gpkg")
    assert look.column("picture").kind == "empty" and guess_columns(look, "units")["id"] == "unit"
    found, _ = read_layer(tmp_path / "blocks.gpkg", None, ["picture"])
    assert found["picture"].isna().all()
