"""Cases from public bug reports and real files, each with its value; see `docs/data.md`."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.formats.datums import datum_doubt, disputed_change
from beatplanner.data.formats.declared_encodings import layer_encoding
from beatplanner.data.formats.geopackages import write_layer
from beatplanner.data.formats.ids import id_advice, match_ids
from beatplanner.data.formats.layers import read_layer, read_table
from beatplanner.data.guided_import.checks import check
from beatplanner.data.guided_import.doubts import import_doubts
from beatplanner.data.guided_import.draft import ImportDraft, unused_files
from beatplanner.data.guided_import.guessing import guess_columns, guess_role
from beatplanner.data.guided_import.looks import look_at
from beatplanner.data.guided_import.repairs import fix
from beatplanner.data.town.read_town import read_town

pytestmark = pytest.mark.usefixtures("bare_plans")

D_MGI = (
    'PROJCS["MGI_Balkans_7",GEOGCS["GCS_MGI",DATUM["D_MGI",SPHEROID["Bessel_1841",6377397.155,299.1528128]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",7500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",21.0],PARAMETER["Scale_Factor",0.9999],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)


def grid(side=4, crs=32634):
    x, y = 540_000, 4_650_000
    shapes = [
        shapely.box(
            x + 500 * (i % side), y + 500 * (i // side), x + 500 * (i % side) + 500, y + 500 * (i // side) + 500
        )
        for i in range(side * side)
    ]
    frame = gpd.GeoDataFrame({"unit": [str(i + 1) for i in range(side * side)], "pop": 100}, geometry=shapes, crs=32634)
    return frame.to_crs(crs)


def project(folder, text):
    file = folder / "project.toml"
    file.write_text('[project]\nname = "case"\n' + text, encoding="utf-8")
    return file


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
    assert match_ids(["mk-1", "MK 02"], ["MK-01", "MK-02"]).positions == [0, 1]
    assert "Did you mean" not in id_advice("99", ["98", "97"], ["98"])
    assert "Did you mean" in id_advice("Čaer", ["Čair", "Karpoš"], [])


# ---- places


@pytest.mark.parametrize("text", [D_MGI, "EPSG:31277", "EPSG:31276", "EPSG:4312"])
def test_a_datum_that_is_not_shifted_is_told_with_metres_and_the_right_code(text):
    crs = CRS.from_user_input(text)
    middle = gpd.GeoSeries([shapely.Point(21.48, 42.0)], crs=4326).to_crs(crs)[0]
    doubt = datum_doubt(crs, np.array([[middle.x, middle.y]]))
    right = {"EPSG:31276": "EPSG:8678", "EPSG:4312": "EPSG:3906"}.get(text, "EPSG:6316")
    assert doubt is not None
    assert doubt.code == right
    # what all changes registered there but one say; of that one see below
    # of EPSG:4312 PROJ takes the change that is meant for Austria
    assert doubt.metres == pytest.approx(331 if text == "EPSG:4312" else 440, abs=15)
    assert f"{doubt.metres:,.0f} m" in doubt.what
    assert right in doubt.mend


@pytest.mark.parametrize("code", [6316, 32634, 4326, 3857, 28404, 3909, 23034])
def test_a_datum_that_is_shifted_is_no_doubt(code):
    middle = gpd.GeoSeries([shapely.Point(21.48, 42.0)], crs=4326).to_crs(code)[0]
    assert datum_doubt(CRS.from_epsg(code), np.array([[middle.x, middle.y]])) is None


BALKANS_7 = "+proj=tmerc +lat_0=0 +lon_0=21 +k=0.9999 +x_0=7500000 +y_0=0 +ellps=bessel +units=m +towgs84={} +no_defs"


@pytest.mark.parametrize(
    ("towgs84", "metres"),
    [
        ("0,0,0", 446),
        ("577.326,90.129,463.919,5.137,1.474,5.297,2.4232", 330),
        ("521.748,229.489,590.921,4.029,4.488,-15.521,-9.78", 0),
    ],
)
def test_a_change_that_a_file_brings_along_is_told_where_no_registered_one_agrees(towgs84, metres):
    # zeros, and what is meant for Austria
    crs = CRS.from_user_input(BALKANS_7.format(towgs84))
    told = disputed_change(crs, np.array([[7_535_000.0, 4_651_000.0]]))
    assert (told is None) == (metres == 0)
    if told is not None:
        assert told.metres == pytest.approx(metres, abs=5) and f"{told.metres:,.0f} m" in told.what
        assert "TOWGS84" in told.what and 'crs = "EPSG:6316"' in told.mend


@pytest.mark.parametrize(
    ("grid", "place", "right", "metres"),
    [
        # a neighbour's datum may have the better figures
        ("EPSG:3836", (19.82, 41.33), "EPSG:3334", 141),
        # no system of the place has this grid: the change goes with it
        ("EPSG:31267", (20.46, 44.8), "+proj=tmerc", 427),
    ],
)
def test_the_right_code_is_of_the_same_datum_or_a_text_where_there_is_none(grid, place, right, metres):
    crs = CRS.from_user_input(grid)
    middle = gpd.GeoSeries([shapely.Point(place)], crs=4326).to_crs(crs)[0]
    doubt = datum_doubt(crs, np.array([[middle.x, middle.y]]))
    assert doubt is not None and doubt.code.startswith(right) and doubt.metres == pytest.approx(metres, abs=5)
    # what is offered is right by the same measure
    again = CRS.from_user_input(doubt.code)
    assert datum_doubt(again, np.array([[middle.x, middle.y]])) is None
    assert disputed_change(again, np.array([[middle.x, middle.y]])) is None


MACEDONIAN = "+proj=tmerc +lat_0=0 +lon_0=21 +k=0.9999 +x_0=7500000 +ellps=bessel +towgs84=521.748,229.489,590.921,4.029,4.488,-15.521,-9.78"


@pytest.mark.parametrize(("written", "share"), [(MACEDONIAN, "25% here"), ("EPSG:6316", "100% inside")])
def test_where_registered_changes_of_a_datum_disagree_the_other_layers_decide(tmp_path, written, share):
    frame = gpd.GeoDataFrame(
        {"unit": range(1, 17), "pop": 100},
        geometry=[shapely.box(x, y, x + 500, y + 500) for y in range(0, 2000, 500) for x in range(0, 2000, 500)],
        crs=32634,
    ).assign(geometry=lambda f: f.translate(540_000, 4_650_000))
    middles = frame.centroid.to_crs(4326)
    pd.DataFrame({"type": "theft", "lon": middles.x, "lat": middles.y}).to_csv(tmp_path / "i.csv", index=False)
    frame.to_crs(written).set_crs(6316, allow_override=True).to_file(tmp_path / "units.gpkg")
    text = '[units]\npath = "units.gpkg"\nid = "unit"\npopulation = "pop"\n[incidents]\npath = "i.csv"\nx = "lon"\ny = "lat"\ncrs = "EPSG:4326"\ncategory = "type"\n'
    file = project(tmp_path, text)
    (note,) = [n for n in read_town(read_description(file)).notes if "1,622 m" in n.what]
    assert share in note.what
    if written == "EPSG:6316":
        assert note.severity == "info"
        return
    assert note.severity == "warning" and note.asked
    mended = fix(file, check).description
    town = read_town(read_description(mended))
    assert (town.incidents["unit"] >= 0).all() if "unit" in town.incidents else len(town.incidents) == 16


def test_the_layer_that_all_others_contradict_is_exchanged_and_only_when_allowed(tmp_path):
    frame = grid(crs=4326)
    middle = frame.geometry.centroid
    swapped = frame.set_geometry(
        gpd.GeoSeries(shapely.transform(frame.geometry.to_numpy(), lambda c: c[:, ::-1]), crs=4326)
    )
    swapped.to_file(tmp_path / "units.geojson", driver="GeoJSON")
    pd.DataFrame({"lon": middle.x, "lat": middle.y, "type": "theft"}).to_csv(tmp_path / "incidents.csv", index=False)
    file = project(
        tmp_path,
        '[units]\npath = "units.geojson"\nid = "unit"\npopulation = "pop"\n'
        '[incidents]\npath = "incidents.csv"\nx = "lon"\ny = "lat"\ncrs = "EPSG:4326"\ncategory = "type"\n',
    )
    told = [n for n in check(file) if n.severity == "error"]
    assert [n.file for n in told] == ["units.geojson"]
    assert fix(file, check, lambda note: False).description is None
    fixed = fix(file, check, lambda note: True)
    town = read_town(read_description(fixed.description))
    assert town.crs.to_epsg() == 32634
    assert (town.incidents["unit"] >= 0).all()
    # columns that say nothing of themselves: neither is changed
    frame = pd.read_csv(tmp_path / "incidents.csv").rename(columns={"lon": "a", "lat": "b"})
    frame.to_csv(tmp_path / "incidents.csv", index=False)
    file.write_text(file.read_text().replace('"lon"', '"a"').replace('"lat"', '"b"'))
    (told,) = [n for n in check(file) if n.severity == "error"]
    assert "nothing tells in which" in told.what
    assert not told.fix


# ---- texts


@pytest.mark.parametrize(
    ("names", "written", "cpg", "read"),
    [
        (["Чаир", "Карпош", "Ѓорче Петров"], "cp1251", "1252", "cp1251"),
        (["Чаир", "Карпош"], "utf-8", "ISO-8859-1", "utf-8"),
        (["Чаир", "Карпош"], "cp1251", "UTF-8", "cp1251"),
        (["Petrović", "Čačak", "Niš"], "cp1250", "ISO-8859-1", "cp1250"),
        (["Évry", "Orléans", "Besançon"], "cp1252", "1252", "cp1252"),
        (["Gjilan", "Pejë", "Prizren"], "cp1252", "1252", "cp1252"),
    ],
)
def test_letters_decide_whatever_a_cpg_says(tmp_path, names, written, cpg, read):
    grid(2).iloc[: len(names)].assign(unit=names).to_file(tmp_path / "u.shp", encoding=written)
    (tmp_path / "u.cpg").write_text(cpg)
    page, told = layer_encoding(tmp_path / "u.shp")
    assert page == read
    assert bool(told) == (read != "cp1252")


CYRILLIC = ["Чаир", "Карпош", "Ѓорче Петров", "Кисела Вода"]
FRENCH = ["Évry", "Orléans", "Besançon", "Nîmes"]


@pytest.mark.parametrize("kind", ["mif", "tab", "gml", "kml", "geojson", "dbf", "csv"])
@pytest.mark.parametrize(
    ("names", "written", "said"),
    [
        (CYRILLIC, "cp1251", "cp1252"),
        (CYRILLIC, "cp1251", "utf-8"),
        (CYRILLIC, "utf-8", "cp1252"),
        (["Čačak", "Niš", "Požarevac", "Petrović"], "cp1250", "cp1252"),
        (FRENCH, "cp1252", "cp1252"),
    ],
)
def test_letters_decide_in_every_format(tmp_path, kind, names, written, said):
    frame = grid(2).assign(unit=names)
    file = tmp_path / f"u.{kind}"
    charset = {"cp1252": "WindowsLatin1", "utf-8": "UTF-8"}[said]
    if kind in ("mif", "tab"):
        # bytes pass unchanged where nothing is said
        raw = [n.encode(written).decode("latin1") for n in names]
        frame.assign(unit=raw).to_file(file, driver="MapInfo File", encoding="latin1")
        file.write_bytes(file.read_bytes().replace(b"Neutral", charset.encode()))
    elif kind == "gml":
        frame.to_file(file, driver="GML")
        file.write_bytes(file.read_text("utf-8").replace("utf-8", said, 1).encode(written))
    elif kind == "kml":
        places = frame.to_crs(4326).representative_point()
        marks = [
            f"<Placemark><name>{n}</name><Point><coordinates>{p.x},{p.y}</coordinates></Point></Placemark>"
            for n, p in zip(names, places, strict=True)
        ]
        text = f'<?xml version="1.0" encoding="{said}"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{"".join(marks)}</Document></kml>'
        file.write_bytes(text.encode(written))
    elif kind == "geojson":
        frame.to_crs(4326).to_file(file)
        file.write_bytes(file.read_text("utf-8").encode(written))
    elif kind == "dbf":
        frame.to_file(tmp_path / "u.shp", encoding=written)
        (tmp_path / "u.cpg").write_text(said)
    else:
        file.write_bytes("\n".join(["unit;pop", *(f"{n};100" for n in names)]).encode(written))
    column = "Name" if kind == "kml" else "unit"
    if kind in ("dbf", "csv"):
        found, where = read_table(file, None, [column])
    else:
        found, where = read_layer(file, None, [column])
    assert found[column].tolist() == names
    # JSON is UTF-8 by rule, and text tables say nothing
    if kind not in ("geojson", "csv"):
        assert bool([n for n in where.notes if "letters" in n.what]) == (written != said)


@pytest.mark.parametrize(
    "said", ["zlib", "idna", "punycode", "undefined", "utf-7", "unicode_escape", "cp037", "utf-16"]
)
def test_an_encoding_that_is_no_code_page_is_not_asked(tmp_path, said):
    place = "<Placemark><name>Чаир, Скопје</name><Point><coordinates>21.4,42</coordinates></Point></Placemark>"
    text = f'<?xml version="1.0" encoding="{said}"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{place}</Document></kml>'
    (tmp_path / "u.kml").write_bytes(text.encode("cp1251"))
    assert read_layer(tmp_path / "u.kml", None, ["Name"])[0]["Name"].tolist() == ["Чаир, Скопје"]


@pytest.mark.parametrize("page", ["utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32-be"])
def test_two_or_four_bytes_a_letter_are_read_and_hide_no_link(tmp_path, page):
    place = "<Placemark><name>Чаир</name><Point><coordinates>21.4,42</coordinates></Point></Placemark>"
    text = f'<?xml version="1.0" encoding="UTF-16"?>%s<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{place}</Document></kml>'
    (tmp_path / "u.kml").write_bytes((text % "").encode(page))
    assert read_layer(tmp_path / "u.kml", None, ["Name"])[0]["Name"].tolist() == ["Чаир"]
    (tmp_path / "u.kml").write_bytes((text % '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///x">]>').encode(page))
    with pytest.raises(InputError, match="where else they are"):
        read_layer(tmp_path / "u.kml", None, ["Name"])


def test_numbers_of_a_mapinfo_table_are_no_letters(tmp_path):
    frame = grid(2).assign(pop=[40_000 + i * 250 for i in range(4)], area=0.2, unit=CYRILLIC)
    frame[["pop", "area", "unit", "geometry"]].to_file(tmp_path / "u.tab", driver="MapInfo File", encoding="UTF-8")
    found, _ = read_layer(tmp_path / "u.tab", None, ["unit"])
    assert found["unit"].tolist() == CYRILLIC


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
    told = " ".join(n.what for n in town.notes if n.severity == "warning")
    assert "“B”" in told
    assert "“C”" in told
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
    (told,) = [n for n in where.notes if "was left out" in n.what]
    assert "row 3" in told.what


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
    code, _, told = command("new", *files, "-o", out, "--beats", 2)
    assert code == 1
    assert "notes.csv" in told
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
    code, said, told = command("stale", tmp_path / "a")
    assert code == 0
    assert "changed" not in said + told
    assert command("project", "scenario", tmp_path / "town.gpkg", "other", "--set", "beats.tolerance=0.4")[0] == 0
    assert "changed on" not in "".join(command("stale", tmp_path / "a")[1:])
    code, said, told = command("compare", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "c")
    assert code == 0
    assert "changed" not in said + told
    robustness = json.loads((tmp_path / "c" / "comparison.json").read_text()).get("robustness")
    assert robustness is not None
    code, said, told = command("verify", tmp_path / "a")
    assert code == 0, said + told


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
