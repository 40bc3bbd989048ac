"""Every format that offices hand over, written as they write it, gives the same town."""

from __future__ import annotations

import shutil
import zipfile

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.formats.cells import numbers, read_truth, read_truths
from beatplanner.data.formats.layers import read_layer, read_table
from beatplanner.data.formats.number_columns import parse_numbers
from beatplanner.data.formats.source import Place
from beatplanner.data.formats.text_tables import code_page, decode, read_text_table, separator_of
from beatplanner.data.formats.time_columns import parse_times
from beatplanner.data.formats.workbooks import read_workbook
from beatplanner.data.town.read_town import read_town

PLACES = [f"Улица {n + 1}" for n in range(16)]


def use_units(town, name: str, extra: str = "") -> None:
    town.swap('path = "units.gpkg"', f'path = "{name}"{extra}')


def as_driver(name: str, **options):
    def write(town) -> None:
        frame = town.units()
        if options.pop("lonlat", False):
            frame = frame.to_crs(4326)
        frame.to_file(town.path(name), **options)
        use_units(town, name)

    return write


def shapefile(town, encoding="UTF-8", cpg=True, prj=True, shx=True, columns=None) -> None:
    frame = town.units()
    if columns:
        frame = frame.rename(columns=columns)
    pyogrio.write_dataframe(frame, town.path("units.shp"), encoding=encoding)
    for suffix, kept in (("cpg", cpg), ("prj", prj), ("shx", shx)):
        if not kept:
            town.path(f"units.{suffix}").unlink()
    use_units(town, "units.shp", "" if prj else '\ncrs = "EPSG:32634"')


def kmz(town) -> None:
    frame = town.units().to_crs(4326)
    frame.to_file(town.path("doc.kml"), driver="LIBKML")
    with zipfile.ZipFile(town.path("units.kmz"), "w") as archive:
        archive.write(town.path("doc.kml"), "doc.kml")
    town.path("doc.kml").unlink()
    use_units(town, "units.kmz")


def zipped(town) -> None:
    shapefile(town)
    with zipfile.ZipFile(town.path("units.zip"), "w") as archive:
        for part in town.folder.glob("units.s*"):
            archive.write(part, f"export 2009/{part.name}")
        for suffix in ("dbf", "prj", "cpg"):
            archive.write(town.path(f"units.{suffix}"), f"export 2009/units.{suffix}")
        archive.writestr("__MACOSX/._units.shp", b"x")
    for part in town.folder.glob("units.[sdpc]*"):
        part.unlink()
    town.swap("units.shp", "units.zip")


def mixed_geojson(town) -> None:
    frame = town.units().to_crs(4326)
    label = gpd.GeoDataFrame({"place": ["Town"]}, geometry=[shapely.Point(21.5, 42)], crs=4326)
    shapes = list(frame.geometry)
    shapes[3] = shapely.GeometryCollection([shapes[3], shapes[3].centroid])
    pd.concat([frame.set_geometry(gpd.GeoSeries(shapes, crs=4326)), label]).to_file(town.path("units.geojson"))
    use_units(town, "units.geojson")


def three_dimensions(town) -> None:
    frame = town.units()
    town.write_units(frame.set_geometry(shapely.force_3d(frame.geometry.to_numpy(), 240.0)))


UNITS = {
    "flatgeobuf": as_driver("units.fgb", driver="FlatGeobuf"),
    "geojson": as_driver("units.geojson", lonlat=True),
    "gml": as_driver("units.gml", driver="GML"),
    "mapinfo tab": as_driver("units.tab", driver="MapInfo File", encoding="UTF-8"),
    "mapinfo mif": as_driver("units.mif", driver="MapInfo File", encoding="UTF-8"),
    "geodatabase": as_driver("units.gdb", driver="OpenFileGDB"),
    "kml": as_driver("units.kml", driver="LIBKML", lonlat=True),
    "kmz": kmz,
    "shapefile": shapefile,
    "shapefile without cpg, utf-8": lambda t: shapefile(t, cpg=False),
    "shapefile without cpg, cp1251": lambda t: shapefile(t, encoding="CP1251", cpg=False),
    "shapefile without prj": lambda t: shapefile(t, prj=False),
    "shapefile without shx": lambda t: shapefile(t, shx=False),
    "shapefile, column names cut": lambda t: (
        shapefile(t, columns={"muni": "municipali"}),
        t.swap('municipality = "muni"', 'municipality = "municipality"'),
    ),
    "zipped folder": zipped,
    "geojson with a label and a collection": mixed_geojson,
    "three dimensions": three_dimensions,
    "column names in capitals": lambda t: t.write_units(t.units().rename(columns={"pop": "POP"})),
    "numbers as text": lambda t: t.write_units(t.units().assign(pop=lambda f: f["pop"].map(lambda v: f"{v}.0 "))),
}


@pytest.mark.parametrize("kind", UNITS)
def test_units_of_every_format_are_the_same(kind, town):
    expected = read_town(read_description(town.project)).units
    UNITS[kind](town)
    before = {p.name for p in town.folder.rglob("*")}
    found = read_town(read_description(town.project)).units
    # FlatGeobuf keeps features in the order of their places
    found = found.sort_values("unit", key=lambda u: u.astype(int), ignore_index=True)
    assert found["unit"].tolist() == expected["unit"].tolist()
    assert found["name"].tolist() == PLACES
    assert found["municipality"].tolist() == expected["municipality"].tolist()
    assert found["population"].tolist() == expected["population"].tolist()
    assert shapely.distance(found.geometry.centroid.to_numpy(), expected.geometry.centroid.to_numpy()).max() < 1
    assert {p.name for p in town.folder.rglob("*")} == before, "nothing is written beside the input"


def incidents(town) -> pd.DataFrame:
    return pd.read_csv(town.path("incidents.csv"), dtype=str)


def as_text(town, sep=",", encoding="utf-8", decimal=".", above="", lineterminator="\n", quoted=False) -> None:
    frame = incidents(town)
    frame["type"] = frame["type"].map({"theft": "кражба", "noise": "врева"})
    frame["victim"] = "Петар\nПетровић; “x”, 5"
    for c in ("lon", "lat"):
        frame[c] = frame[c].str.replace(".", decimal)
    text = above + frame.to_csv(index=False, sep=sep, lineterminator=lineterminator, quoting=1 if quoted else 0)
    town.path("incidents.csv").write_bytes(text.encode(encoding))


def workbook(town, suffix="xlsx") -> None:
    frame = incidents(town)
    frame["type"] = frame["type"].map({"theft": "кражба", "noise": "врева"})
    frame = frame.sort_values("type", ignore_index=True, kind="stable")
    when = pd.to_datetime(frame["when"])
    # dates as the numbers that a spreadsheet holds
    frame["when"] = (when - pd.Timestamp("1899-12-30")) / pd.Timedelta(days=1)
    frame[["lon", "lat"]] = frame[["lon", "lat"]].astype(float)
    if suffix == "ods":
        title = pd.DataFrame([["Извештај за 2025", *[None] * 4], list(frame.columns)], columns=frame.columns)
        pd.concat([title, frame]).to_excel(town.path("incidents.ods"), index=False, header=False, engine="odf")
    else:
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.append(["Извештај за 2025"])
        sheet.merge_cells("A1:E1")
        sheet.append([])
        sheet.append(list(frame.columns))
        for row in frame.itertuples(index=False):
            sheet.append(list(row))
        # the kind stands once over all rows that have it
        first = 4
        for count in frame["type"].value_counts(sort=False):
            sheet.merge_cells(start_row=first, end_row=first + int(count) - 1, start_column=1, end_column=1)
            first += int(count)
        book.save(town.path("incidents.xlsx"))
    town.path("incidents.csv").unlink()
    town.swap('path = "incidents.csv"', f'path = "incidents.{suffix}"')


def degrees_minutes_seconds(town) -> None:
    def dms(text: str, letters: str) -> str:
        d = float(text)
        minutes = (d - int(d)) * 60
        return f"{int(d)}°{int(minutes):02d}'{(minutes - int(minutes)) * 60:06.3f}\"{letters}"

    frame = incidents(town)
    frame["lon"] = frame["lon"].map(lambda v: dms(v, "E"))
    frame["lat"] = frame["lat"].map(lambda v: dms(v, "N"))
    frame.to_csv(town.path("incidents.csv"), index=False)


def mgrs(town) -> None:
    frame = incidents(town)
    there = gpd.GeoSeries(gpd.points_from_xy(frame["lon"].astype(float), frame["lat"].astype(float)), crs=4326).to_crs(
        32634
    )
    # square EM: 500 to 600 km east, 4,600 to 4,700 km north
    frame["grid"] = [f"34T EM {int(p.x) - 500_000:05d} {int(p.y) - 4_600_000:05d}" for p in there]
    frame.to_csv(town.path("incidents.csv"), index=False)
    town.swap('x = "lon"\ny = "lat"\ncrs = "EPSG:4326"', 'x = "grid"\ny = "grid"')


def pairs(town) -> None:
    frame = incidents(town)
    frame["where"] = frame["lat"] + ", " + frame["lon"]
    frame.to_csv(town.path("incidents.csv"), index=False)
    town.swap('x = "lon"\ny = "lat"\ncrs = "EPSG:4326"', 'x = "where"\ny = "where"')


def zipped_table(town) -> None:
    with zipfile.ZipFile(town.path("incidents.zip"), "w") as archive:
        archive.write(town.path("incidents.csv"), "incidents.csv")
    town.path("incidents.csv").unlink()
    town.swap('path = "incidents.csv"', 'path = "incidents.zip"')


TABLES = {
    "semicolons and decimal commas": lambda t: as_text(t, sep=";", decimal=","),
    "tabs": lambda t: as_text(t, sep="\t"),
    "bars": lambda t: as_text(t, sep="|"),
    "commas, decimal commas in quotes": lambda t: as_text(t, decimal=",", quoted=True),
    "utf-8 with a mark": lambda t: as_text(t, encoding="utf-8-sig"),
    "utf-16": lambda t: as_text(t, encoding="utf-16", sep="\t"),
    "utf-16 without a mark": lambda t: as_text(t, encoding="utf-16-le", sep=";"),
    "cp1251": lambda t: as_text(t, encoding="cp1251", sep=";"),
    "title above the header": lambda t: as_text(t, above="Извештај;;;\n\n", sep=";"),
    "the separator named as Excel does": lambda t: as_text(t, above="sep=;\n", sep=";"),
    "line breaks of Windows": lambda t: as_text(t, lineterminator="\r\n"),
    "xlsx with a title, merged cells, numbers for dates": workbook,
    "degrees, minutes, seconds": degrees_minutes_seconds,
    "mgrs": mgrs,
    "latitude and longitude in one column": pairs,
    "zipped table": zipped_table,
}


@pytest.mark.parametrize("kind", TABLES)
def test_incidents_of_every_kind_of_table_are_the_same(kind, town):
    expected = read_town(read_description(town.project)).incidents
    TABLES[kind](town)
    found = read_town(read_description(town.project)).incidents
    assert found["time"].sort_values().dt.floor("min").tolist() == expected["time"].sort_values().tolist()
    assert np.sort(found["unit"]).tolist() == np.sort(expected["unit"]).tolist()
    assert found["category"].value_counts().tolist() == [32, 32]
    assert np.abs(np.sort(found["x"]) - np.sort(expected["x"])).max() < 1.5


def test_an_ods_sheet_is_read_with_its_merged_cells(town):
    # what LibreOffice writes, by hand: no library here writes ODS
    frame = incidents(town).sort_values("type", kind="stable")

    def cell(text: str, more: str = "") -> str:
        return f'<table:table-cell office:value-type="string"{more}><text:p>{text}</text:p></table:table-cell>'

    lines = [cell("Report"), "", "".join(cell(c) for c in ("type", "when", "lon", "lat"))]
    for n, row in enumerate(frame[["type", "when", "lon", "lat"]].itertuples(index=False)):
        # the kind stands once over all rows that have it
        first = (
            cell(row.type, ' table:number-rows-spanned="32" table:number-columns-spanned="1"')
            if n % 32 == 0
            else "<table:covered-table-cell/>"
        )
        lines.append(first + "".join(cell(c) for c in row[1:]))
    cells = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    names = "".join(f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{names}><office:body><office:spreadsheet><table:table table:name="S">{cells}'
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="1024"/></table:table-row>'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(town.path("incidents.ods"), "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    town.swap('path = "incidents.csv"', 'path = "incidents.ods"')
    found = read_town(read_description(town.project)).incidents
    assert found["category"].value_counts().to_dict() == {"noise": 32, "theft": 32}


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("Шаблон; Скопје; Ѓорче Петров", "cp1251"),
        ("Čačak; Đorđe; Niš; Žabljak", "cp1250"),
        ("Chişinău; Bălţi; Făleşti", "cp1250"),
        ("Ленинская улица, дом", "cp866"),
        ("Ленинская улица, дом", "koi8-r"),
        ("Genève; forêt; là; hôpital", "cp1252"),
        ("Čačak; Đorđe; Niš; Žabljak", "iso8859-2"),
        ("Čačak; Đorđe; Niš; Žabljak", "cp852"),
        ("Шаблон; Скопје; Велес", "mac-cyrillic"),
        ("Шаблон; Скопје; Ѓорче Петров", "cp855"),
        ("Łódź; Kraków; Wąchock; Gdańsk", "cp1250"),
        ("Pejë; Gjakovë; Kaçanik", "cp1250"),
    ],
)
def test_old_code_pages_are_told_by_their_letters(text, page):
    assert code_page(text.encode(page)) == page
    assert decode(text.encode(page)) == (text, page)


@pytest.mark.parametrize(
    ("line", "sign"),
    [("a;b;c\n1,5;2,5;3\n", ";"), ("a,b\n1,2\n", ","), ('a\tb\n"x;y"\t2\n', "\t"), ("a|b\n1|2\n", "|")],
)
def test_separators_are_found(line, sign):
    assert separator_of(line * 3) == sign


def test_numbers_follow_their_column():
    def read(*texts, whole=False):
        return parse_numbers(texts, whole=whole).values.tolist()

    assert read("1.234,5", "2.345") == [1234.5, 2345.0]
    assert read("1,234.5", "2,345") == [1234.5, 2345.0]
    assert read("1 234", "1\u00a0234", "1'234", "−5") == [1234.0, 1234.0, 1234.0, -5.0]
    assert read("1.234", "987", whole=True) == [1234.0, 987.0]
    assert read("42.123", "21.456") == [42.123, 21.456]
    assert parse_numbers(["1.5", "2,5", "1.234"], whole=False).torn == [2]
    assert parse_numbers(["x", "1,2,3", "1..2", "1e999"], whole=False).failed == [0, 1, 2, 3]
    where = Place("a.csv", "", ("2", "3"))
    with pytest.raises(InputError, match="which sign is the decimal one"):
        numbers(pd.Series(["1.5", "1,234", "2,5"], name="n"), Place("a.csv", "", ("2", "3", "4")), notes=[])
    with pytest.raises(InputError, match="beyond any measure"):
        numbers(pd.Series(["1", "1e308"], name="n"), where, notes=[])
    assert numbers(pd.Series(["1", None], name="n"), where, empty=0.0, notes=[]).tolist() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["31.12.2025 22:15", "1.2.2025"], ["2025-12-31T22:15", "2025-02-01"]),
        (["03/04/2025 1:05 PM", "03/25/2025"], ["2025-03-04T13:05", "2025-03-25"]),
        (["25/03/2025 13:05:10", "03/04/2025"], ["2025-03-25T13:05:10", "2025-04-03"]),
        (["5 мај 2025", "12. март 2024 10:05", "7 shtator 2023"], ["2025-05-05", "2024-03-12T10:05", "2023-09-07"]),
        ([45731.5, "20250131"], ["2025-03-15T12:00", "2025-01-31"]),
        (["31.12.25. 24:00", "2025/02/03"], ["2026-01-01", "2025-02-03"]),
        (["1735689600"], ["2025-01-01T01:00"]),
    ],
)
def test_times_in_local_formats(cells, expected):
    found = parse_times(pd.Series(cells, dtype=object), "Europe/Skopje")
    assert found.values.tolist() == [pd.Timestamp(t) for t in expected]
    assert not len(found.failed)


def test_time_zones_and_summer_time():
    cells = pd.Series(["2025-07-01T10:00:00Z", "2025-01-01T10:00+00:00", "2025-03-30T02:30", "2025-10-26T02:30"])
    found = parse_times(cells, "Europe/Skopje")
    assert found.values.dt.hour.tolist() == [12, 11, 2, 2]
    assert any("skipped" in w for w in found.warnings)
    assert any("comes twice" in f for f in found.facts)
    written = parse_times(cells[:2])
    assert written.values.dt.hour.tolist() == [10, 10]
    assert any("UTC" in w for w in written.warnings)


def test_a_date_that_may_be_two_is_told():
    found = parse_times(pd.Series(["03/04/2025", "05/06/2025"]))
    assert found.values.dt.month.tolist() == [4, 6]
    assert any("day or the month first" in w for w in found.warnings)


def write_zip(path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"../evil.gpkg": b"SQLite"}, "leads out"),
        ({"/etc/evil.gpkg": b"x"}, "leads out"),
        ({"C:\\evil.gpkg": b"x"}, "leads out"),
        ({"a.gpkg": b"\0" * 200_000_000}, "unpacks to"),
        ({"readme.md": b"x"}, "no layer"),
        ({"a.shp": b"x", "b.shp": b"x"}, "2 layers"),
    ],
)
def test_zipped_folders_are_looked_into_with_suspicion(members, words, tmp_path):
    (tmp_path / "in").mkdir()
    write_zip(tmp_path / "in" / "a.zip", members)
    with pytest.raises(InputError, match=words):
        read_layer(tmp_path / "in" / "a.zip", None, [])
    assert [p.name for p in tmp_path.rglob("*")] == ["in", "a.zip"]


def test_a_layer_of_a_zipped_folder_is_picked(town):
    for name in ("a", "b"):
        shutil.copy(town.path("units.gpkg"), town.path(f"{name}.gpkg"))
    write_zip(town.path("all.zip"), {f"{n}.gpkg": town.path(f"{n}.gpkg").read_bytes() for n in "ab"})
    frame, _ = read_layer(town.path("all.zip"), "b", ["unit"])
    assert len(frame) == 16


@pytest.mark.parametrize(
    "content",
    [
        b'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/vsicurl/http://example.org/a.shp</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>',
        b"<OGRWFSDataSource><URL>http://example.org/wfs</URL></OGRWFSDataSource>",
        b'{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline read http://example.org/a.geojson"}',
    ],
)
@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.kml", "a.vrt", "a"])
def test_no_file_makes_gdal_look_elsewhere(content, name, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=r"content is|where else they are"):
        read_layer(tmp_path / name, None, [])


def test_a_sheet_that_would_not_fit_into_memory_is_refused(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"] = "unit"
    book.active["XFD1048576"] = 1
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(InputError, match="spans 1,048,576 rows"):
        read_workbook(tmp_path / "a.xlsx", None, ["unit"])


def test_a_quote_that_is_never_closed_is_a_letter(tmp_path):
    (tmp_path / "a.csv").write_text('unit,size\n1,5" pipe\n2,3\n', encoding="utf-8")
    frame, _ = read_table(tmp_path / "a.csv", None, ["unit"])
    assert frame["unit"].tolist() == ["1", "2"]


def test_a_sheet_is_found_whatever_its_case(tmp_path):
    import openpyxl

    from beatplanner.data.formats.workbooks import read_workbook

    book = openpyxl.Workbook()
    book.active.title = "Записник"
    for row in (["forum", "asked"], ["1", "light"]):
        book.active.append(row)
    book.create_sheet("Other")
    book.save(tmp_path / "minutes.xlsx")
    assert read_workbook(tmp_path / "minutes.xlsx", "записник", None).name == "Записник"
    with pytest.raises(InputError, match="there is no sheet “Записници”"):
        read_workbook(tmp_path / "minutes.xlsx", "Записници", None)


def test_yes_and_no_are_read_alike_whatever_the_column():
    cells = pd.Series(["x", "Да", "po", "1.0", True, 1.0, "нет", "jo", "0.0", None, 0, "viaduct"], dtype=object)
    assert read_truths(cells) == [True] * 6 + [False] * 5 + [None]
    # whatever a plan's own files made of a truth: a layer, a workbook, a table of texts
    assert [read_truth(v) for v in (np.True_, "True", "1.0", 1, np.False_, "False", np.nan)] == [True] * 4 + [False] * 3


def test_residents_of_a_group_and_money_are_read_as_residents_are(town):
    """“1.234” beside “1.234”: one column was a thousand, and the other a bit more than one, without a word."""
    frame = town.units()
    frame["pop"], frame["pop_sq"] = "1.234", "1.100"
    town.write_units(frame)
    sites = town.path("sites.csv").read_text(encoding="utf-8").splitlines()
    rows = [sites[0], *(f"{line.rpartition(',')[0]},12.500" for line in sites[1:])]
    town.path("sites.csv").write_text("\n".join(rows), encoding="utf-8")
    found = read_town(read_description(town.project))
    assert set(found.units["population"]) == {1234} and set(found.units["group_sq"]) == {1100}
    assert set(found.sites.loc[~found.sites["existing"], "cost"]) == {12500}
    notes = [str(n) for n in found.notes if "read as thousands" in str(n)]
    assert len(notes) == 3 and all(any(word in t for t in notes) for word in ("“pop”", "“pop_sq”", "“cost”"))


def test_a_quotation_mark_that_never_ends_is_a_letter_wherever_it_stands(tmp_path):
    """One in a row below the header ended with a library's words of strings and tokens."""
    (tmp_path / "pipes.csv").write_text('unit;pop\nx;y\n"1;2\n', encoding="utf-8")
    table = read_text_table(tmp_path / "pipes.csv", None)
    assert table.frame["unit"].tolist() == ["x", '"1'] and table.frame["pop"].tolist() == ["y", "2"]
    assert any("never closed" in fact for fact in table.facts)


@pytest.mark.parametrize(
    "content",
    [
        bytes(10),
        bytes(300_000),
        bytes(4096) + b"a,b\n1,2\n",
        b"a,b\n1,2\n" + bytes(4096),
        "\ufeff".encode() + bytes(999),
    ],
)
def test_a_text_of_zeros_is_told_as_damaged(tmp_path, content):
    file = tmp_path / "calls.csv"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"calls\.csv: the file is damaged: it holds zeros in place of text"):
        read_text_table(file, None)


def test_a_text_padded_with_a_few_zeros_or_in_utf_16_is_read(tmp_path):
    file = tmp_path / "calls.csv"
    for content in (
        b"a,b\n1,2\n3,4\n" * 20 + bytes(9),
        "a,b\n1,2\n".encode("utf-16-le"),
        "a,b\n1,2\n".encode("utf-16"),
    ):
        file.write_bytes(content)
        assert list(read_text_table(file, None).frame.columns) == ["a", "b"]
