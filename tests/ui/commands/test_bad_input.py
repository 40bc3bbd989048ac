"""Bad input of every kind: exit code 1, a message that names the place, never a traceback, nothing written."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from conftest import CRS, ROSTER, SOUTH, WEST, GridTown, write_roster


def change_units(**columns):
    def change(town: GridTown) -> None:
        frame = town.units()
        for name, value in columns.items():
            frame[name] = value(frame) if callable(value) else value
        town.write_units(frame)

    return change


def first(column, value):
    def make(frame):
        values = frame[column].astype(object).copy()
        values.iloc[2] = value
        return values

    return make


def text(old: str, new: str, file: str = "project.toml"):
    return lambda town: town.swap(old, new, file)


def geometry(make):
    def change(town: GridTown) -> None:
        frame = town.units()
        shapes = frame.geometry.to_numpy().copy()
        shapes[2] = make(shapes)
        town.write_units(frame.set_geometry(gpd.GeoSeries(shapes, crs=CRS)))

    return change


def write(file: str, content: str | bytes):
    def change(town: GridTown) -> None:
        data = content if isinstance(content, bytes) else content.encode("utf-8")
        town.path(file).write_bytes(data)

    return change


def roster(row: int, column: int, value):
    def change(town: GridTown) -> None:
        rows = [list(r) for r in ROSTER]
        rows[row][column] = value
        write_roster(town.path("officers.xlsx"), rows)

    return change


def without_crs(town: GridTown) -> None:
    frame = town.units()
    for suffix in ("shp", "shx", "dbf", "prj", "cpg"):
        town.path(f"units.{suffix}").unlink(missing_ok=True)
    frame.to_file(town.path("units.shp"))
    town.path("units.prj").unlink()
    town.swap("units.gpkg", "units.shp")


def empty_units(town: GridTown) -> None:
    town.write_units(town.units().iloc[:0])


def two_layers(town: GridTown) -> None:
    town.units().to_file(town.path("units.gpkg"), layer="again")


def points_as_units(town: GridTown) -> None:
    frame = town.units()
    town.write_units(frame.set_geometry(frame.representative_point()))


def far_units(shapes):
    return shapely.transform(shapes[2], lambda c: c + [0.0, 2_000_000.0])


def points_as_roads(town: GridTown) -> None:
    frame = gpd.GeoDataFrame({"kind": ["x"]}, geometry=[shapely.Point(WEST, SOUTH)], crs=CRS)
    town.path("roads.gpkg").unlink()
    frame.to_file(town.path("roads.gpkg"))


def old_beats_elsewhere(town: GridTown) -> None:
    frame = gpd.GeoDataFrame({"beat": [1]}, geometry=[shapely.box(0, 0, 10, 10)], crs=CRS)
    town.path("old.gpkg").unlink()
    frame.to_file(town.path("old.gpkg"))


def key(section_line: str, line: str):
    return lambda town: town.swap(section_line, f"{section_line}\n{line}")


def with_table(key_line: str, file: str, content: str):
    def change(town: GridTown) -> None:
        town.path(file).write_text(content, encoding="utf-8")
        section = "[stations]" if "site" in content.split("\n")[0] else "[beats]"
        if section == "[stations]":
            town.swap('roads = { path = "roads.gpkg" }\n', "")
        town.swap(section, f"{section}\n{key_line}")

    return change


# name: (change, words that the message must hold)
KINDS = {
    "broken toml": (text("count = 4", "count = = 4"), ["project.toml", "row", "TOML"]),
    "toml not utf-8": (write("project.toml", b'[project]\nname = "\xff\xfe"'), ["project.toml", "UTF-8"]),
    "empty toml": (write("project.toml", ""), ["project.toml", "units"]),
    "unknown key": (text("tolerance = 0.25", "tolerence = 0.25"), ["project.toml", "beats.tolerence", "tolerance"]),
    "unknown section": (text("[stations]", "[station]"), ["project.toml", "station", "stations"]),
    "missing key": (text('id = "unit"\n', ""), ["project.toml", "units.id"]),
    "wrong type": (text("tolerance = 0.25", 'tolerance = "wide"'), ["beats.tolerance", "number"]),
    "tolerance above one": (text("tolerance = 0.25", "tolerance = 25"), ["beats.tolerance"]),
    "count of zero": (text("count = 4", "count = 0"), ["beats.count"]),
    "count in words": (text("count = 4", 'count = "four"'), ["beats.count", "auto"]),
    "unknown objective": (key("[beats]", 'objective = "travle"'), ["beats.objective", "travel"]),
    "date in local format": (text("start = 2027-01-01", 'start = "1.1.2027"'), ["officers.start"]),
    "years of zero": (text("years = 2", "years = 0"), ["officers.years"]),
    "negative hours": (text("theft = 0.75", "theft = -1"), ["workload.hours"]),
    "missing file": (text('"units.gpkg"', '"unit.gpkg"'), ["project.toml", "unit.gpkg", "units.gpkg"]),
    "project is a folder": (lambda town: (town.project.unlink(), town.project.mkdir()), ["project.toml"]),
    "budget of change without today's beats": (
        lambda town: (
            town.swap('current = { path = "old.gpkg", id = "beat" }', "max_moved = 0.1"),
            town.path("old.gpkg").unlink(),
        ),
        ["beats.max_moved"],
    ),
    "stations without a number": (text("count = 2", ""), ["stations.count"]),
    "planning crs in degrees": (key('name = "Grid"', 'crs = "EPSG:4326"'), ["project.crs", "metres", "EPSG:32634"]),
    "planning crs in feet": (key('name = "Grid"', 'crs = "EPSG:26756"'), ["project.crs", "metres"]),
    "unknown crs": (key('name = "Grid"', 'crs = "EPSG:99999999"'), ["project.crs", "CRS"]),
    "unknown crs of points": (text('crs = "EPSG:4326"', 'crs = "lonlat"'), ["crs", "lonlat"]),
    "missing layer": (
        text('path = "units.gpkg"', 'path = "units.gpkg"\nlayer = "unts"'),
        ["units.gpkg", "unts", "units"],
    ),
    "several layers": (two_layers, ["units.gpkg", "layer"]),
    "missing column": (text('population = "pop"', 'population = "popp"'), ["units.gpkg", "popp", "pop"]),
    "empty layer": (empty_units, ["units.gpkg", "empty"]),
    "no crs": (without_crs, ["units.shp", "CRS"]),
    "not a map file": (write("units.gpkg", "nothing of the kind"), ["units.gpkg", "cannot be read"]),
    "truncated map file": (
        lambda t: t.path("units.gpkg").write_bytes(t.path("units.gpkg").read_bytes()[:3000]),
        ["units.gpkg"],
    ),
    "duplicate id": (change_units(unit=first("unit", 1)), ["units.gpkg", "unique", "1"]),
    "missing id": (change_units(unit=first("unit", None)), ["units.gpkg", "unit"]),
    "text in a number": (
        change_units(pop=lambda f: [str(v) if i else "many" for i, v in enumerate(f["pop"])]),
        ["units.gpkg", "pop", "many"],
    ),
    "negative population": (change_units(pop=first("pop", -5)), ["units.gpkg", "pop", "-5"]),
    "missing population": (change_units(pop=first("pop", None)), ["units.gpkg", "pop", "empty"]),
    "infinite population": (change_units(pop=lambda f: [np.inf, *f["pop"][1:]]), ["units.gpkg", "pop"]),
    "missing municipality": (change_units(muni=first("muni", None)), ["units.gpkg", "muni"]),
    "points for units": (points_as_units, ["units.gpkg", "Point", "polygon"]),
    "missing geometry": (geometry(lambda s: None), ["units.gpkg", "geometry"]),
    "empty geometry": (geometry(lambda s: shapely.Polygon()), ["units.gpkg", "geometry"]),
    "same polygon twice": (geometry(lambda s: s[1]), ["units.gpkg", "same polygon"]),
    "unit far away": (geometry(far_units), ["units.gpkg", "km"]),
    "text in a coordinate": (
        write("incidents.csv", "type,when,lon,lat\ntheft,2025-01-01,east,42.0"),
        ["incidents.csv", "lon", "east"],
    ),
    "coordinates in metres called degrees": (
        write("incidents.csv", f"type,when,lon,lat\ntheft,2025-01-01,{WEST},{SOUTH}"),
        ["incidents.csv", "longitude"],
    ),
    "x and y swapped": (text('x = "lon"\ny = "lat"', 'x = "lat"\ny = "lon"'), ["incidents.csv", "swapped"]),
    "all incidents far away": (
        write("incidents.csv", "type,when,lon,lat\ntheft,2025-01-01,2.0,3.0"),
        ["incidents.csv", "outside"],
    ),
    "time of a week": (
        lambda t: t.swap("2025-01-11T10:00", "2025-W02 10h", "incidents.csv"),
        ["incidents.csv", "when", "2025-W02"],
    ),
    "empty table": (write("incidents.csv", ""), ["incidents.csv"]),
    "table without rows": (write("incidents.csv", "type,when,lon,lat\n"), ["incidents.csv", "rows"]),
    "column of a table missing": (text('category = "type"', 'category = "typ"'), ["incidents.csv", "typ", "type"]),
    "site without coordinates": (lambda t: t.swap(f"{WEST + 250}", "", "sites.csv"), ["sites.csv", "coordinates"]),
    "site far away": (
        write("sites.csv", "site,x,y,cost\nA,540250,4650250,1\nB,540250,9650250,1"),
        ["sites.csv", "site B", "km"],
    ),
    "site twice": (
        write("sites.csv", "site,x,y,cost\nA,540250,4650250,1\nA,540350,4650250,1"),
        ["A", "stands in"],
    ),
    "negative cost": (write("sites.csv", "site,x,y,cost\nA,540250,4650250,-1"), ["sites.csv", "cost", "-1"]),
    "roads that are points": (points_as_roads, ["roads.gpkg", "lines"]),
    "today's beats elsewhere": (old_beats_elsewhere, ["old.gpkg", "outside"]),
    "broken workbook": (write("officers.xlsx", "not a workbook"), ["officers.xlsx", "workbook"]),
    "missing sheet": (
        text('path = "officers.xlsx"', 'path = "officers.xlsx"\nlayer = "staff"'),
        ["officers.xlsx", "staff"],
    ),
    "roster without officers": (roster(0, 0, "shoes"), ["officers.xlsx", "officer"]),
    "officer twice": (roster(2, 0, "Ana"), ["officers.xlsx", "Ana", "twice"]),
    "officer without a name": (roster(2, 0, None), ["officers.xlsx", "officer"]),
    "unknown beat of an officer": (roster(1, 1, 99), ["officers.xlsx", "Ana", "99", "beat"]),
    "no date in the roster": (roster(1, 2, "31.31.2025"), ["officers.xlsx", "since", "31.31.2025"]),
    "leave before join": (roster(5, 9, "2027-01-15"), ["officers.xlsx", "Elena", "leaves"]),
    "text in a home coordinate": (roster(1, 5, "home"), ["officers.xlsx", "x", "home"]),
    "unknown unit in a table of edges": (
        with_table('adjacency = "edges.csv"', "edges.csv", "from,to\n1,2\n1,77"),
        ["edges.csv", "77"],
    ),
    "distances that miss a pair": (
        with_table('distances = "dist.csv"', "dist.csv", "from,to,metres\n1,2,500"),
        ["dist.csv", "pairs"],
    ),
    "negative distance": (
        with_table('distances = "walk.csv"', "walk.csv", "unit,site,metres\n1,School 1,-5"),
        ["walk.csv", "metres", "-5"],
    ),
    "unknown site in a table of walks": (
        with_table('distances = "walk.csv"', "walk.csv", "unit,site,metres\n1,School 9,500"),
        ["walk.csv", "School 9"],
    ),
    "unit locked twice": (
        with_table('locked = { path = "locked.csv" }', "locked.csv", "unit,beat\n1,1\n1,2"),
        ["locked.csv", "locked"],
    ),
    "unknown unit locked": (
        with_table('locked = { path = "locked.csv" }', "locked.csv", "unit,beat\n55,1"),
        ["locked.csv", "55"],
    ),
    "no workload at all": (
        lambda t: (
            t.swap('population = "pop"\n', ""),
            t.swap('groups = { sq = "pop_sq" }\n', ""),
            t.swap(t.project.read_text("utf-8").split("[incidents]")[1].split("[workload")[0], ""),
            t.swap("[incidents]", ""),
        ),
        ["workload"],
    ),
}


def test_there_are_at_least_fifty_kinds():
    assert len(KINDS) >= 50


@pytest.mark.parametrize("kind", KINDS)
def test_bad_input_gives_a_message_that_names_the_place(kind, town, command):
    change, words = KINDS[kind]
    change(town)
    out = town.folder / "out"
    code, said, error = command("plan", town.project, "--out", out)
    assert code == 1, error
    assert "Traceback" not in error + said
    assert "an error of its own" not in error
    missing = [w for w in words if w not in error]
    assert not missing, f"{missing} not in: {error}"
    assert not out.exists()


def test_check_tells_problems_without_raising(town, command):
    town.swap('population = "pop"', 'population = "popp"')
    code, said, _ = command("check", town.project)
    assert code == 1
    assert "popp" in said


def test_every_problem_is_told_at_once(town, command):
    town.swap("tolerance = 0.25", "tolerance = 7")
    town.swap('"roads.gpkg"', '"rods.gpkg"')
    town.swap("years = 2", 'years = "two"')
    code, _, error = command("plan", town.project, "--out", town.folder / "out")
    assert code == 1
    assert all(w in error for w in ("beats.tolerance", "rods.gpkg", "officers.years"))


@pytest.mark.parametrize(
    "arguments", [["plan"], ["plan", "p.toml"], ["frobnicate"], ["plan", "p.toml", "--out", "o", "--seed", "x"]]
)
def test_wrong_command_lines_exit_with_two(arguments, command):
    assert command(*arguments)[0] == 2


@pytest.mark.parametrize("name", ["none.csv", "none.xlsx", "none.gpkg"])
def test_a_table_that_is_not_there_is_told_and_no_error_of_the_program(name, planned_once, tmp_path, command):
    plan, missing = planned_once.folder / "plan", tmp_path / name
    for arguments in (("postings", plan, "--table", missing), ("survey", plan, missing, "--out", tmp_path / "out")):
        code, _, error = command(*arguments)
        assert code == 1, error
        assert name in error and "there is no such file" in error


def test_a_folder_of_something_else_is_never_overwritten(town, command):
    out = town.folder / "holiday"
    out.mkdir()
    (out / "picture.jpg").write_bytes(b"precious")
    code, _, error = command("beats", town.project, "--out", out)
    assert code == 1
    assert "holiday" in error
    assert (out / "picture.jpg").read_bytes() == b"precious"
