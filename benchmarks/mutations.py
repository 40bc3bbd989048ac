"""A small project in every format, and what breaks a file: for `hostile_input.py` and the tests."""

from __future__ import annotations

import re
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import shapely

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from extracts import write_extract

CRS = "EPSG:32634"
WEST, SOUTH, SIDE = 540_000.0, 4_650_000.0, 500.0
HEAD = """[project]
name = "Hostile"
[units]
path = "{units}"
id = "unit"
name = "place"
{population}
municipality = "muni"
[incidents]
path = "{incidents}"
category = "type"
time = "when"
{columns}
[beats]
count = 2
{roads}
"""
LONLAT = 'x = "lon"\ny = "lat"\ncrs = "EPSG:4326"'


def town() -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    number = np.arange(12)
    cells = [
        shapely.box(
            WEST + SIDE * (n % 4), SOUTH + SIDE * (n // 4), WEST + SIDE * (n % 4 + 1), SOUTH + SIDE * (n // 4 + 1)
        )
        for n in number
    ]
    units = gpd.GeoDataFrame(
        {
            "unit": number + 1,
            "place": [f"Улица {n}" for n in number],
            "pop": 100 + number,
            "muni": np.where(number < 6, "Ист", "Зап"),
        },
        geometry=cells,
        crs=CRS,
    )
    inner = units.representative_point().to_crs(4326)
    incidents = pd.DataFrame(
        {
            "type": ["theft", "noise", "=cmd|' /C calc'!A0"][n % 3],
            "when": f"2025-0{1 + n % 9}-11 1{n % 10}:00",
            "lon": f"{inner[n % 12].x:.6f}",
            "lat": f"{inner[n % 12].y:.6f}",
            "name": f"Petar Petrović {n}",
        }
        for n in range(48)
    )
    return units, incidents


def _units(name: str, **options) -> Callable[[Path], list[str]]:
    def write(folder: Path) -> list[str]:
        frame = town()[0]
        if options.get("driver") in {"LIBKML", "GeoJSON"}:
            frame = frame.to_crs(4326)
        before = set(folder.rglob("*"))
        frame.to_file(folder / name, **options)
        return sorted(str(p.relative_to(folder)) for p in set(folder.rglob("*")) - before if p.is_file())

    return write


def _zip_of_shapefile(folder: Path) -> list[str]:
    inner = folder / "inner"
    inner.mkdir()
    town()[0].to_file(inner / "units.shp", encoding="UTF-8")
    with zipfile.ZipFile(folder / "units.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(inner.iterdir()):
            archive.write(part, part.name)
    shutil.rmtree(inner)
    return ["units.zip"]


def _kmz(folder: Path) -> list[str]:
    town()[0].to_crs(4326).to_file(folder / "doc.kml", driver="LIBKML")
    with zipfile.ZipFile(folder / "units.kmz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "doc.kml", "doc.kml")
    (folder / "doc.kml").unlink()
    return ["units.kmz"]


def _text(name: str, sep: str, encoding: str) -> Callable[[Path], list[str]]:
    def write(folder: Path) -> list[str]:
        (folder / name).write_bytes(town()[1].to_csv(index=False, sep=sep).encode(encoding))
        return [name]

    return write


def _workbook(folder: Path) -> list[str]:
    book = openpyxl.Workbook()
    frame = town()[1]
    book.active.append(list(frame.columns))
    for row in frame.itertuples(index=False):
        book.active.append(list(row))
    book.active.merge_cells("A2:A4")
    book.save(folder / "incidents.xlsx")
    return ["incidents.xlsx"]


def _ods(folder: Path) -> list[str]:
    frame = town()[1]
    rows = [list(frame.columns), *frame.to_numpy().tolist()]
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{str(c).replace("&", "")}</text:p></table:table-cell>'
            for c in r
        )
        + "</table:table-row>"
        for r in rows
    )
    names = "".join(f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{names}><office:body><office:spreadsheet>'
        f'<table:table table:name="S">{cells}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    with zipfile.ZipFile(folder / "incidents.ods", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    return ["incidents.ods"]


def _points(name: str, **options) -> Callable[[Path], list[str]]:
    def write(folder: Path) -> list[str]:
        frame = town()[1]
        points = gpd.GeoDataFrame(
            frame, geometry=gpd.points_from_xy(frame.lon.astype(float), frame.lat.astype(float)), crs=4326
        )
        pyogrio.write_dataframe(points, folder / name, **options)
        return [name]

    return write


def _raster(folder: Path) -> list[str]:
    import rasterio

    cells = np.arange(64 * 64, dtype="float32").reshape(64, 64)
    place = rasterio.transform.from_origin(WEST, SOUTH + 3 * SIDE, 4 * SIDE / 64, 3 * SIDE / 64)
    with rasterio.open(
        folder / "people.tif",
        "w",
        driver="GTiff",
        width=64,
        height=64,
        count=1,
        dtype="float32",
        crs=CRS,
        transform=place,
    ) as raster:
        raster.write(cells, 1)
    return ["people.tif"]


def _osm(name: str) -> Callable[[Path], list[str]]:
    def write(folder: Path) -> list[str]:
        x0, y0 = town()[0].to_crs(4326).total_bounds[:2]
        nodes = {i + 1: (x0 + 0.004 * i, y0 + 0.003 * i) for i in range(5)}
        if name.endswith("pbf"):
            write_extract(folder / name, nodes, [(list(nodes), {"highway": "residential", "name": "Ulica"})])
            return [name]
        points = "".join(f'<node id="{i}" lat="{y:.6f}" lon="{x:.6f}" version="1"/>' for i, (x, y) in nodes.items())
        ways = (
            '<way id="9" version="1">'
            + "".join(f'<nd ref="{i}"/>' for i in nodes)
            + '<tag k="highway" v="residential"/></way>'
        )
        (folder / name).write_text(f'<?xml version="1.0"?><osm version="0.6">{points}{ways}</osm>', encoding="utf-8")
        return [name]

    return write


# format: (writer, which part of the project it is, the file that the description names)
FORMATS: dict[str, tuple[Callable[[Path], list[str]], str, str]] = {
    "gpkg": (_units("units.gpkg", driver="GPKG"), "units", "units.gpkg"),
    "shp": (_units("units.shp", driver="ESRI Shapefile", encoding="UTF-8"), "units", "units.shp"),
    "geojson": (_units("units.geojson", driver="GeoJSON"), "units", "units.geojson"),
    "kml": (_units("units.kml", driver="LIBKML"), "units", "units.kml"),
    "kmz": (_kmz, "units", "units.kmz"),
    "fgb": (_units("units.fgb", driver="FlatGeobuf"), "units", "units.fgb"),
    "gml": (_units("units.gml", driver="GML"), "units", "units.gml"),
    "tab": (_units("units.tab", driver="MapInfo File", encoding="UTF-8"), "units", "units.tab"),
    "mif": (_units("units.mif", driver="MapInfo File", encoding="UTF-8"), "units", "units.mif"),
    "gdb": (_units("units.gdb", driver="OpenFileGDB"), "units", "units.gdb"),
    "zip": (_zip_of_shapefile, "units", "units.zip"),
    "csv": (_text("incidents.csv", ",", "utf-8"), "incidents", "incidents.csv"),
    "tsv": (_text("incidents.tsv", "\t", "utf-16"), "incidents", "incidents.tsv"),
    "csv cp1250": (_text("incidents.csv", ";", "cp1250"), "incidents", "incidents.csv"),
    "xlsx": (_workbook, "incidents", "incidents.xlsx"),
    "ods": (_ods, "incidents", "incidents.ods"),
    "points gpkg": (_points("incidents.gpkg", driver="GPKG"), "points", "incidents.gpkg"),
    "points geojson": (_points("incidents.geojson", driver="GeoJSON"), "points", "incidents.geojson"),
    "tif": (_raster, "raster", "people.tif"),
    "osm": (_osm("roads.osm"), "roads", "roads.osm"),
    "osm.pbf": (_osm("roads.osm.pbf"), "roads", "roads.osm.pbf"),
    "toml": (lambda folder: ["project.toml"], "description", ""),
}


def write_project(folder: Path, kind: str) -> list[str]:
    """Write a sound project whose one part is of this format; return the files that may be broken."""
    folder.mkdir(parents=True, exist_ok=True)
    writer, part, name = FORMATS[kind]
    made = writer(folder)
    units, incidents = town()
    if part != "units":
        units.to_file(folder / "units.gpkg")
    if part not in ("incidents", "points"):
        incidents.to_csv(folder / "incidents.csv", index=False)
    (folder / "project.toml").write_text(
        HEAD.format(
            units=name if part == "units" else "units.gpkg",
            incidents=name if part in ("incidents", "points") else "incidents.csv",
            population=f'population_raster = "{name}"' if part == "raster" else 'population = "pop"',
            columns="" if part == "points" else LONLAT,
            roads=f'[stations]\ncount = 1\nroads = {{ path = "{name}" }}' if part == "roads" else "",
        ),
        encoding="utf-8",
    )
    return made


TOKENS = [
    b"NaN",
    b"inf",
    b"-inf",
    b"1e308",
    b"-1e308",
    b"1e999",
    b"9" * 400,
    b"=1+1",
    b"@SUM(A1)",
    b"\x00\x01\x02\x1b[31m",
    "\u202eevil\u202c".encode(),
    b"",
    b'"',
    b"'; DROP TABLE units; --",
    b"<script>alert(1)</script>",
    b"../../../../etc/passwd",
    b"&lol;",
    b"\xff\xfe",
    "😀".encode(),
    b"-0",
    b"0x7fffffff",
    b"1,5,7",
    b"181",
    b"null",
    b"true",
    b"[]",
    b"{}",
]


def _flip(data: bytearray, rng: np.random.Generator) -> bytearray:
    for at in rng.integers(0, len(data), int(rng.integers(1, 40))):
        data[at] = int(rng.integers(0, 256))
    return data


def _block(data: bytearray, rng: np.random.Generator) -> bytearray:
    at, size = int(rng.integers(0, len(data))), int(rng.integers(1, 400))
    data[at : at + size] = bytes(rng.integers(0, 256, size, dtype=np.uint8)) if rng.random() < 0.5 else b"\0" * size
    return data


def _token(data: bytearray, rng: np.random.Generator) -> bytearray:
    """Put something nasty in place of a number or a word."""
    spots = [m.span() for m in re.finditer(rb"[\w.+-]{2,}", bytes(data[:200_000]))]
    if not spots:
        return _flip(data, rng)
    for k in sorted(rng.choice(len(spots), min(len(spots), int(rng.integers(1, 4))), replace=False), reverse=True):
        a, b = spots[k]
        data[a:b] = TOKENS[int(rng.integers(0, len(TOKENS)))]
    return data


def _deep(data: bytearray, rng: np.random.Generator) -> bytearray:
    at, depth = int(rng.integers(0, len(data))), int(rng.integers(10, 5_000))
    opening = [b"[", b'{"a":', b"<a>", b"("][int(rng.integers(0, 4))]
    data[at:at] = opening * depth
    return data


MUTATIONS: dict[str, Callable[[bytearray, np.random.Generator], bytearray]] = {
    "truncated": lambda data, rng: data[: int(rng.integers(0, len(data)))],
    "bytes flipped": _flip,
    "one bit flipped": lambda data, rng: _bit(data, rng),
    "a block broken": _block,
    "wrong magic": lambda data, rng: bytearray(rng.integers(0, 256, 16, dtype=np.uint8).tobytes()) + data[16:],
    "beginning of another kind": lambda data, rng: (
        bytearray([b"PK\x03\x04", b"SQLite format 3\x00", b"<?xml", b"{", b"II*\x00", b"%PDF"][int(rng.integers(0, 6))])
        + data
    ),
    "a token replaced": _token,
    "a part doubled": lambda data, rng: _doubled(data, rng),
    "a part gone": lambda data, rng: _gone(data, rng),
    "nested deeply": _deep,
    "noise behind": lambda data, rng: data + bytes(rng.integers(0, 256, 5_000, dtype=np.uint8)),
}


def _bit(data: bytearray, rng: np.random.Generator) -> bytearray:
    data[int(rng.integers(0, len(data)))] ^= 1 << int(rng.integers(0, 8))
    return data


def _doubled(data: bytearray, rng: np.random.Generator) -> bytearray:
    a, b = sorted(rng.integers(0, len(data), 2).tolist())
    data[b:b] = data[a : min(b, a + 5_000)]
    return data


def _gone(data: bytearray, rng: np.random.Generator) -> bytearray:
    a = int(rng.integers(0, len(data)))
    del data[a : a + int(rng.integers(1, 2_000))]
    return data


def break_file(file: Path, rng: np.random.Generator) -> str:
    """Break a file; return how. Inside packed files the member is broken, too, as their checksums would find anything else at once."""
    kind = str(rng.choice(list(MUTATIONS)))
    if zipfile.is_zipfile(file) and rng.random() < 0.6:
        with zipfile.ZipFile(file) as archive:
            members = {n: archive.read(n) for n in archive.namelist()}
        name = str(rng.choice([n for n in members if members[n]]))
        members[name] = bytes(MUTATIONS[kind](bytearray(members[name]), rng))
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for n, content in members.items():
                archive.writestr(n, content)
        return f"{kind} inside {name}"
    content = bytearray(file.read_bytes())
    if content:
        file.write_bytes(bytes(MUTATIONS[kind](content, rng)))
    return kind
