"""Files of others that try to act: links, schemes, VRT spellings, views, zip tricks. Each is made by code; none may read, write or connect.

``python -m benchmarks.hostile_files`` makes all of them, lets ``check`` read each in a process of its own that the operating system ends when
it asks for a connection, and prints a table. ``tests/benchmarks/test_hostile_files.py`` runs the same set.

Notes
-----
The guard is a seccomp filter (Linux): ``connect``, ``sendto``, ``sendmmsg`` and ``bind`` end the process with SIGSYS, whatever library asks.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import sqlite3
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

SECRET = "the-secret-of-another-file"
SERVER = "http://127.0.0.1:9/"
# Numbers of connect, sendto, sendmmsg, bind by machine, and its audit number. Source: the kernel's tables of system calls.
CALLS = {"x86_64": ((42, 44, 307, 49), 0xC000003E), "aarch64": ((203, 206, 269, 200), 0xC00000B7)}
SQUARE = [[[21.4, 42.0], [21.41, 42.0], [21.41, 42.01], [21.4, 42.01], [21.4, 42.0]]]
Maker = Callable[[Path], Path]


def guarded_system() -> tuple[tuple[int, ...], int] | None:
    """Return the numbers of system calls on this system; None where it has no such guard."""
    return CALLS.get(platform.machine()) if sys.platform == "linux" else None


def guard() -> bool:
    """End this process where it asks for a connection from now on; False where the system has no such guard."""
    known = guarded_system()
    if known is None:
        return False
    calls, machine = known
    kill, allow = 0x80000000, 0x7FFF0000
    load, equal, back = 0x20, 0x15, 0x06
    lines = [(load, 0, 0, 4), (equal, 1, 0, machine), (back, 0, 0, allow), (load, 0, 0, 0)]
    for i, call in enumerate(calls):
        lines.append((equal, len(calls) - i, 0, call))
    lines += [(back, 0, 0, allow), (back, 0, 0, kill)]
    program = b"".join(struct.pack("<HBBI", *line) for line in lines)
    buffer = ctypes.create_string_buffer(program)

    class Filter(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    held = Filter(len(lines), ctypes.cast(buffer, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.byref(held), 0, 0) == 0


# ---- the files


def feature_collection(**more: object) -> str:
    feature = {
        "type": "Feature",
        "properties": {"unit": "a", "pop": 5},
        "geometry": {"type": "Polygon", "coordinates": SQUARE},
    }
    return json.dumps({"type": "FeatureCollection", **more, "features": [feature]})


def text_file(name: str, content: str | bytes) -> Maker:
    def make(folder: Path) -> Path:
        data = content.encode("utf-8") if isinstance(content, str) else content
        data = data.replace(b"@SECRET@", str(folder.parent / "secret.geojson").encode())
        (folder / name).write_bytes(data)
        return folder / name

    return make


def links() -> Iterator[tuple[str, Maker]]:
    """GeoJSON and its relatives whose CRS, schema or data are said to be elsewhere."""
    for kind in ("link", "url", "URL", "Link", "esriwkt", "ogcwkt", "proj4"):
        for suffix in ("geojson", "json"):
            crs = {"type": kind, "properties": {"href": f"{SERVER}{kind}.prj", "url": SERVER, "type": "ogcwkt"}}
            yield f"crs {kind} {suffix}", text_file(f"u.{suffix}", feature_collection(crs=crs))
    for name in (
        SERVER,
        f"{SERVER}x.wkt",
        "/vsicurl/" + SERVER,
        "urn:ogc:def:crs:" + SERVER,
        "file://@SECRET@",
        "@SECRET@",
        "http://www.opengis.net/def/crs/EPSG/0/99999",
    ):
        yield (
            f"crs name {name[:25]}",
            text_file("u.geojson", feature_collection(crs={"type": "name", "properties": {"name": name}})),
        )
    spelled = feature_collection(crs={"type": "link", "properties": {"href": SERVER}})
    for old, new in (
        ('"crs"', '"\\u0063rs"'),
        ('"link"', '"\\u006cink"'),
        ('"href"', '"\\u0068ref"'),
        ('"type": "link"', '"type"\t:\r\n"link"'),
    ):
        yield f"crs spelled {new[:12]!r}", text_file("u.geojson", spelled.replace(old, new))
    yield (
        "crs at the end",
        text_file(
            "u.geojson",
            feature_collection()[:-1] + ', "crs": {"type": "link", "properties": {"href": "' + SERVER + '"}}}',
        ),
    )
    for member in (
        "$schema",
        "links",
        "next",
        "@context",
        "collections",
        "stac_version",
        "conformsTo",
        "tiles",
        "describedby",
    ):
        yield f"member {member}", text_file("u.geojson", feature_collection(**{member: f"{SERVER}{member}"}))
    yield (
        "tilejson",
        text_file("u.json", json.dumps({"tilejson": "3.0.0", "tiles": [f"{SERVER}{{z}}/{{x}}/{{y}}.pbf"]})),
    )
    yield "esri service", text_file("u.json", json.dumps({"currentVersion": 10, "url": SERVER, "layers": [{"id": 0}]}))
    yield (
        "gdal pipeline",
        text_file(
            "u.json", json.dumps({"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline read {SERVER}"})
        ),
    )


def schemes() -> Iterator[tuple[str, Maker]]:
    """GML and KML with schemes, entities, links and includes."""
    body = (
        '<gml:featureMember><ogr:u fid="1"><ogr:geom><gml:Polygon srsName="{srs}"><gml:exterior><gml:LinearRing><gml:posList>21.4 42 21.41 42 21.41 42.01 21.4 42'
        "</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></ogr:geom><ogr:unit>a</ogr:unit>{more}</ogr:u></gml:featureMember>"
    )

    def gml(attributes: str = "", more: str = "", srs: str = "EPSG:4326", before: str = "") -> str:
        return (
            f'<?xml version="1.0"?>{before}<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml" '
            f'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" {attributes}>'
            + body.format(srs=srs, more=more)
            + "</ogr:FeatureCollection>"
        )

    for place in (
        f"{SERVER}u.xsd",
        "https://127.0.0.1:9/u.xsd",
        "ftp://127.0.0.1:9/u.xsd",
        "file://@SECRET@",
        "@SECRET@",
        "/vsicurl/" + SERVER,
        "../../etc/passwd",
    ):
        yield (
            f"gml scheme {place[:22]}",
            text_file("u.gml", gml(f'xsi:schemaLocation="http://ogr.maptools.org/ {place}"')),
        )
        yield (
            f"gml scheme without a namespace {place[:22]}",
            text_file("u.gml", gml(f'xsi:noNamespaceSchemaLocation="{place}"')),
        )
        yield f"gml xlink {place[:22]}", text_file("u.gml", gml(more=f'<ogr:more xlink:href="{place}#a"/>'))
        yield f"gml srs {place[:22]}", text_file("u.gml", gml(srs=place))
    yield (
        "gml wfs",
        text_file(
            "u.gml",
            gml(
                f'xsi:schemaLocation="http://ogr.maptools.org/ {SERVER}?SERVICE=WFS&amp;REQUEST=DescribeFeatureType&amp;TYPENAME=u"'
            ),
        ),
    )
    for entity in (
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file://@SECRET@">]>',
        f'<!DOCTYPE a SYSTEM "{SERVER}a.dtd">',
        f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{SERVER}p">%p;]>',
        '<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;&l;&l;&l;&l;&l;&l;&l;"><!ENTITY x "&m;&m;&m;&m;&m;&m;&m;&m;&m;&m;">]>',
    ):
        yield f"gml entity {entity[14:34]}", text_file("u.gml", gml(before=entity, more="<ogr:x>&x;</ogr:x>"))
        yield (
            f"gml entity far down {entity[14:34]}",
            text_file("u.gml", gml(before=f"<!--{' ' * 9000}-->{entity}", more="<ogr:x>&x;</ogr:x>")),
        )
    for inner in (
        f"<NetworkLink><Link><href>{SERVER}</href></Link></NetworkLink>",
        "<NetworkLink><Link><href>@SECRET@</href></Link></NetworkLink>",
        f"<Style><IconStyle><Icon><href>{SERVER}i.png</href></Icon></IconStyle></Style>",
        f'<Schema name="{SERVER}"/>',
        f"<GroundOverlay><Icon><href>{SERVER}</href></Icon></GroundOverlay>",
        f"<PhotoOverlay><Icon><href>{SERVER}</href></Icon></PhotoOverlay>",
        f"<Placemark><styleUrl>{SERVER}s.kml#a</styleUrl><Point><coordinates>21.4,42</coordinates></Point></Placemark>",
        f'<Placemark><ExtendedData><SchemaData schemaUrl="{SERVER}"/></ExtendedData><Point><coordinates>21.4,42</coordinates></Point></Placemark>',
    ):
        yield (
            f"kml {inner[1:28]}",
            text_file(
                "u.kml",
                f'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{inner}</Document></kml>',
            ),
        )


def code_pages() -> Iterator[tuple[str, Maker]]:
    """XML and names whose links stand in letters that are read only after the file is turned into UTF-8 or copied."""
    place = "<Placemark><name>Чаир, Скопје</name><Point><coordinates>21.4,42</coordinates></Point></Placemark>"
    entity = '<!DOCTYPE a [<!ENTITY x SYSTEM "file://@SECRET@">]>'
    link = "<NetworkLink><Link><href>http://127.0.0.1:9/</href></Link></NetworkLink>"
    for page in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-16"):
        for what, before, inner in (("entity", entity, place), ("link", "", link)):
            for suffix in ("kml", "gml"):
                text = f'<?xml version="1.0" encoding="UTF-16"?>{before}<kml><Document>{inner}</Document></kml>'
                yield f"{what} in {page} {suffix}", text_file(f"u.{suffix}", text.encode(page))
    for page in ("zlib", "rot13", "idna", "punycode", "hex", "undefined", "unicode_escape", "utf-7", "cp037", "utf-16"):
        hidden = {"utf-7": entity.replace("<", "+ADw-"), "unicode_escape": entity.replace("<", "\\x3c")}.get(page, "")
        head = f'<?xml version="1.0" encoding="{page}"?>{hidden}<kml><Document>'
        yield f"declared {page}", text_file("u.kml", (head + place + "</Document></kml>").encode("cp1251"))
    square = feature_collection().encode()
    for name in ("u!.geojson", "/vsizip!u.geojson", "u.zip!u.geojson", "!"):
        yield f"named {name}", text_file(name.replace("/", "_"), square)


def spellings() -> Iterator[tuple[str, Maker]]:
    """Descriptions of data elsewhere under names of formats that are read."""
    vrt = '<OGRVRTDataSource><OGRVRTLayer name="u"><SrcDataSource>@SECRET@</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    raster = '<VRTDataset rasterXSize="9" rasterYSize="9"><VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename>@SECRET@</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>'
    for before in (
        "",
        "\x01",
        "\x1e",
        "\x0c",
        "\ufeff",
        " " * 5000,
        "\n\n",
        "{",
        "[",
        '{"a":1}',
        "!table\n",
        "Version 300\n",
        "fgb",
        "<!-- -->",
        "<?xml version='1.0'?>",
    ):
        for suffix in ("geojson", "kml", "gml", "tab", "mif", "fgb"):
            yield f"vrt after {before[:8]!r} as {suffix}", text_file(f"u.{suffix}", before + vrt)
    for suffix in ("shp", "gpkg", "csv", "dbf", "osm.pbf", "tif", "xlsx", "zip", "topojson", "geojsonl", "txt"):
        yield f"vrt as {suffix}", text_file(f"u.{suffix}", vrt)
        yield f"raster vrt as {suffix}", text_file(f"u.{suffix}", raster)
    for word in (
        f"<OGRWFSDataSource><URL>{SERVER}</URL></OGRWFSDataSource>",
        f"<WFS>{SERVER}</WFS>",
        f'<GDAL_WMS><Service name="TMS"><ServerUrl>{SERVER}</ServerUrl></Service></GDAL_WMS>',
        f"<OGCAPIDataset>{SERVER}</OGCAPIDataset>",
        f"<WMTS>{SERVER}</WMTS>",
        f"<WCS_GDAL><ServiceURL>{SERVER}</ServiceURL></WCS_GDAL>",
    ):
        for suffix in ("gml", "kml", "geojson"):
            yield f"{word[1:14]} as {suffix}", text_file(f"u.{suffix}", word)
    for inner in (
        'Definition View\nOpen Table "@SECRET@"',
        "Definition Table\nType LINKED",
        'Definition Table\nType NATIVE\n"\\IsSeamless" = "TRUE"',
        f'Definition Table\nType WFS "{SERVER}"',
        'Definition Table\nFile "@SECRET@"\nType RASTER',
        'create view x as\nOpen Table "@SECRET@"',
    ):
        yield f"tab {inner[:30]!r}", text_file("u.tab", f"!table\n!version 300\n!charset Neutral\n\n{inner}\n")


def databases() -> Iterator[tuple[str, Maker]]:
    """GeoPackages whose SQL works when they are read."""
    endless = "WITH RECURSIVE c(fid) AS (SELECT 1 UNION ALL SELECT fid + 1 FROM c) SELECT fid, NULL AS geom, 'a' AS unit FROM c"
    huge = "SELECT 1 AS fid, zeroblob(900000000) AS geom, 'a' AS unit"
    for what, query in (
        ("endless", endless),
        ("huge", huge),
        ("random", "SELECT 1 AS fid, randomblob(500000000) AS geom, hex(randomblob(400000000)) AS unit"),
        ("join", "SELECT a.unit FROM u a, u b, u c, u d, u e, u f, u g, u h"),
        ("attached", "SELECT * FROM other.units"),
    ):
        yield f"view {what} beside", package([f"CREATE VIEW v AS {query}", *CONTENTS.format("v").split(";")])
        yield (
            f"view {what} alone",
            package(
                [
                    f"CREATE VIEW v AS {query}",
                    *CONTENTS.format("v").split(";"),
                    "DELETE FROM gpkg_contents WHERE table_name = 'u'",
                ]
            ),
        )
        yield (
            f"view {what} as the contents",
            package(["ALTER TABLE gpkg_contents RENAME TO was", f"CREATE VIEW gpkg_contents AS {query}"]),
        )
        yield (
            f"view {what} as the systems",
            package(["ALTER TABLE gpkg_spatial_ref_sys RENAME TO was", f"CREATE VIEW gpkg_spatial_ref_sys AS {query}"]),
        )
        yield (
            f"view {what} as the columns",
            package(
                ["ALTER TABLE gpkg_geometry_columns RENAME TO was", f"CREATE VIEW gpkg_geometry_columns AS {query}"]
            ),
        )
        yield f"view {what} as a project", package([f"CREATE VIEW beatplanner_project AS {query}"])
    yield "computed column", package(["ALTER TABLE u ADD COLUMN big AS (zeroblob(900000000))"])
    yield "computed text", package(["ALTER TABLE u ADD COLUMN big TEXT AS (hex(zeroblob(400000000)))"])
    for module in (
        "fts5(a)",
        "rtree(id, a, b)",
        "VirtualOGR('@SECRET@')",
        "csv(filename='/etc/passwd')",
        "VirtualShape('/etc/passwd', 'utf-8', 4326)",
    ):
        yield (
            f"virtual {module[:12]}",
            package(
                [
                    f"PRAGMA writable_schema = ON; INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0, 'CREATE VIRTUAL TABLE v USING {module.replace(chr(39), chr(39) * 2)}')"
                ]
            ),
        )
    for definition in (SERVER, f'PROJCS["{SERVER}"]', "@SECRET@", "/vsicurl/" + SERVER, "x" * 2_000_000):
        yield (
            f"system {definition[:20]}",
            package(
                [
                    f"UPDATE gpkg_spatial_ref_sys SET definition = '{definition}', organization = 'x', organization_coordsys_id = 77777 WHERE srs_id = 4326"
                ]
            ),
        )
    yield "trigger", package(["CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT load_extension('/tmp/x'); END"])
    yield "write-ahead log", package(["PRAGMA journal_mode = WAL"])
    yield "hot journal", journal


CONTENTS = (
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('{0}', 'features', '{0}', 4326);"
    "INSERT INTO gpkg_geometry_columns VALUES ('{0}', 'geom', 'GEOMETRY', 4326, 0, 0)"
)


def sound_package(path: Path) -> Path:
    import geopandas as gpd
    import shapely

    gpd.GeoDataFrame({"unit": ["a"], "pop": [5]}, geometry=[shapely.Polygon(SQUARE[0])], crs=4326).to_file(
        path, layer="u", driver="GPKG"
    )
    return path


def package(statements: list[str]) -> Maker:
    def make(folder: Path) -> Path:
        path = sound_package(folder / "u.gpkg")
        database = sqlite3.connect(path)
        for statement in statements:
            text = statement.replace("@SECRET@", str(folder.parent / "secret.geojson"))
            try:
                database.executescript(text) if ";" in text and "TRIGGER" not in text else database.execute(text)
            except sqlite3.Error:
                # what this SQLite does not let be written, another may
                continue
        database.commit()
        database.close()
        return path

    return make


def journal(folder: Path) -> Path:
    path = sound_package(folder / "u.gpkg")
    (folder / "u.gpkg-journal").write_bytes(
        b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + b"\x00\x00\x00\x01" * 5 + b"\x00" * 5000
    )
    return path


def archives() -> Iterator[tuple[str, Maker]]:
    """Zipped folders that lead out, unpack to much, or hold other than they say."""
    inner = feature_collection().encode()

    def zipped(*members: tuple[str, bytes], attribute: int | None = None, name: str = "u.zip") -> Maker:
        def make(folder: Path) -> Path:
            with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
                for member, content in members:
                    entry = zipfile.ZipInfo(member)
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    if attribute is not None:
                        entry.external_attr = attribute << 16
                    archive.writestr(
                        entry, content.replace(b"@SECRET@", str(folder.parent / "secret.geojson").encode())
                    )
            return folder / name

        return make

    for member in (
        "../u.geojson",
        "..\\u.geojson",
        "/tmp/u.geojson",
        "a/../../u.geojson",
        "C:\\u.geojson",
        "\\\\server\\share\\u.geojson",
        "u.geojson\x00.txt",
        "con.geojson",
        "a" * 400 + ".geojson",
        "u.geojson:stream",
        "./.../u.geojson",
        "~/u.geojson",
    ):
        yield f"zip {member[:20]!r}", zipped((member, inner))
    yield "zip symlink", zipped(("u.geojson", b"@SECRET@"), attribute=0o120777)
    yield (
        "zip symlink dbf",
        zipped(("u.dbf", b"@SECRET@"), ("u.shp", b"\x00\x00\x27\x0a" + b"\x00" * 100), attribute=0o120777),
    )
    yield "zip bomb", zipped(("u.geojson", b" " * 150_000_000))
    yield "zip in zip", zipped(("u.zip", inner), ("v.zip", inner))
    yield "zip with vrt", zipped(("u.vrt", b"<OGRVRTDataSource/>"))
    yield (
        "kmz with link",
        zipped(
            (
                "doc.kml",
                f'<kml xmlns="http://www.opengis.net/kml/2.2"><NetworkLink><Link><href>{SERVER}</href></Link></NetworkLink></kml>'.encode(),
            ),
            name="u.kmz",
        ),
    )
    yield "zip of many", zipped(*((f"{i}.geojson", b"{}") for i in range(6000)))
    yield "zip twice", zipped(("u.geojson", inner), ("u.geojson", b"{}"))
    workbook = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet>&x;</worksheet>'
    yield (
        "workbook entity",
        zipped(("xl/workbook.xml", workbook.encode()), ("xl/worksheets/sheet1.xml", workbook.encode()), name="u.xlsx"),
    )


def every_file() -> dict[str, Maker]:
    """Return the makers of all files by name."""
    return {
        f"{family.__name__}: {name}": make
        for family in (links, schemes, code_pages, spellings, databases, archives)
        for name, make in family()
    }


# ---- reading one


def read_one(folder: Path, path: Path) -> list[str]:
    """Read a file as units, as incidents and by a look, in this process; return what is said."""
    from beatplanner.data.errors import InputError
    from beatplanner.data.guided_import.checks import check
    from beatplanner.data.guided_import.draft import ImportDraft

    said = []
    column = 'population_raster = "' + path.name + '"' if path.suffix == ".tif" else ""
    units = path.name if path.suffix != ".tif" else "../sound.gpkg"
    file = folder / "project.toml"
    file.write_text(f'[project]\nname = "x"\n[units]\npath = "{units}"\nid = "unit"\n{column}\n', encoding="utf-8")
    said += [str(n) for n in check(file)]
    file.unlink()
    draft = ImportDraft()
    try:
        draft.add([path])
        said += [s.look.title for s in draft.sources]
        said += [str(v) for s in draft.sources for c in s.look.columns for v in c.samples]
    except InputError as error:
        said += [str(n) for n in error.problems]
    if path.suffix in (".gpkg", ".json", ".csv"):
        said += [str(n) for n in check(path)]
    return said


def main() -> None:
    """Make every file and read each in a guarded process; print what was said."""
    import tempfile

    with tempfile.TemporaryDirectory() as home:
        bad = 0
        for name, found in run_all(Path(home)):
            bad += bool(found)
            print(f"{'BAD ' if found else 'ok  '}{name}{': ' + found if found else ''}")
        print(f"{bad} of {len(every_file())} files did something")


def run_all(home: Path, names: list[str] | None = None, seconds: float = 120.0) -> Iterator[tuple[str, str]]:
    """Yield each file's name and what was wrong with its reading; empty where nothing was."""
    (home / "secret.geojson").write_text(
        feature_collection(name=SECRET).replace('"a"', f'"{SECRET}"'), encoding="utf-8"
    )
    sound_package(home / "sound.gpkg")
    # what reads is loaded once: each child is a copy of this process
    read_one(home, home / "sound.gpkg")
    makers = every_file()
    for i, name in enumerate(names or makers):
        folder = home / str(i)
        folder.mkdir()
        path = makers[name](folder)
        yield name, _guarded(folder, path, seconds)


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _guarded(folder: Path, path: Path, seconds: float) -> str:
    """Read a file in a child of this process under the guard; return what was wrong, in words."""
    before = _contents(folder)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(read)
            import resource  # not on Windows

            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
            guard()
            said = read_one(folder, path)
            os.write(write, json.dumps(said)[:60_000].encode())
            status = 0
        except BaseException as error:
            os.write(write, repr(error)[:2000].encode())
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        text = stream.read().decode("utf-8", errors="replace")
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        what = {31: "asked for a connection", 24: "did not end", 9: "did not end"}
        return what.get(os.WTERMSIG(status), f"died of signal {os.WTERMSIG(status)}")
    if os.WEXITSTATUS(status):
        return f"ended in an error of the program: {text}"
    if SECRET in text:
        return "read another file"
    if not json.loads(text if text.endswith("]") else "[1]"):
        return "said nothing"
    return "" if _contents(folder) == before else "changed what lies beside it"


if __name__ == "__main__":
    main()
