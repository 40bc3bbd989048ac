"""What stands between a file as it comes and GDAL: the right kind of file, missing parts, names cut short."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyogrio

from beatplanner.data.endings import PACKAGES, PROJECT_ENDING
from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.archives import unpacked
from beatplanner.data.formats.damage import refuse_unreadable, seen_fault, unreadable
from beatplanner.data.formats.declared_encodings import MOST_TEXT, TEXTS, as_unicode, mapinfo_by_letters
from beatplanner.data.formats.geopackages import plain_geopackage
from beatplanner.data.paths import part_of

# What GDAL finds odd in a file that it can read all the same is no business of a planner.
warnings.filterwarnings("ignore", category=RuntimeWarning, module="pyogrio")

# How files of a kind begin. GDAL goes by the content, so that a file named .gpkg could make it read a web service: it never sees such.
BEGINNINGS = {
    ".gpkg": (b"SQLite format 3\x00",),
    PROJECT_ENDING: (b"SQLite format 3\x00",),
    ".sqlite": (b"SQLite format 3\x00",),
    ".shp": (b"\x00\x00\x27\x0a",),
    ".fgb": (b"fgb",),
    ".geojson": (b"{", b"["),
    ".json": (b"{", b"["),
    ".geojsonl": (b"{", b"\x1e"),
    ".topojson": (b"{",),
    ".tif": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
    ".kml": (b"<",),
    ".gml": (b"<",),
    ".gpx": (b"<",),
    ".osm": (b"<",),
    ".tab": (b"!",),
    ".mif": (b"version",),
}
# Descriptions of data elsewhere: on a server, or in another file.
ELSEWHERE = (
    b"<ogrvrt",
    b"<vrtdataset",
    b"<ogrwfs",
    b"<wfs",
    b"<wms",
    b"<gdal_",
    b"gdal_streamed_alg",
    b"<gdaltileindex",
    b"<wcs",
    b"<ogc_api",
    b"<!entity",
)
# What leads elsewhere further down: a `crs` that is a link, or is spelled so that nobody finds it; a DTD; a MapInfo table that is a view.
_JSON = re.compile(
    rb'"crs"\s*:\s*\{[^{}]{0,300}"type"\s*:\s*"(?!name"|epsg")|"crs"\s*:\s*\{[^{}]{0,200}\{[^{}]{0,200}"href"|'
    rb"\\u00(?:4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])",
    re.IGNORECASE,
)
_XML = re.compile(rb"<!(?:doctype|entity)|<networklink\b", re.IGNORECASE)
_MAPINFO = re.compile(
    rb"isseamless|(?:definition|create)\s+view|open\s+table|type\s+(?:linked|odbc|wms|wfs|raster|grid)", re.IGNORECASE
)
LINKS_OF_KIND = {
    ".geojson": _JSON,
    ".json": _JSON,
    ".geojsonl": _JSON,
    ".topojson": _JSON,
    ".kml": _XML,
    ".gml": _XML,
    ".tab": _MAPINFO,
}
TEXT_KINDS = {".geojson", ".json", ".geojsonl", ".topojson", ".kml", ".gml", ".gpx", ".tab", ".mif", ".xml", ".vrt", ""}
MOST_BYTES = 4 << 30
SHAPEFILE_NAME = 10


@contextmanager
def opened(path: Path, layer: str | None = None) -> Generator[Path]:
    """Give the file that GDAL may read: looked at, unpacked where it is zipped, and copied where GDAL would write beside it or follow links.

    Raises
    ------
    InputError
        Where the file is not what its name says, or describes data elsewhere.
    """
    with unpacked(path, layer) as inner:
        check_kind(inner, path)
        alone = inner.suffix.lower() == ".shp" and not part_of(inner, ".shx")
        suffix = inner.suffix.lower()
        with tempfile.TemporaryDirectory(prefix=f"beatplanner-{os.getpid()}-", ignore_cleanup_errors=True) as folder:
            if "!" in str(inner) and "!" not in folder:
                # what stands behind it would be taken for a member of a zipped folder
                with opened(_named_plainly(inner, Path(folder))) as plain:
                    yield plain
            elif suffix in PACKAGES:
                with plain_geopackage(inner, Path(folder)) as plain:
                    yield plain
            elif suffix == ".gml" or (suffix in TEXTS and inner.stat().st_size <= MOST_TEXT):
                read = inner.read_bytes()
                content = as_unicode(read, suffix)
                if suffix == ".gml":
                    # GML gets a scheme beside it, and names one elsewhere: it is read without
                    content = _without_links(content or read)
                if content is None:
                    yield inner
                else:
                    target = Path(folder) / inner.name
                    target.write_bytes(content)
                    # a link could stand in letters that only the other code page has
                    check_kind(target, path)
                    yield target
            elif suffix in (".tab", ".mif"):
                yield mapinfo_by_letters(inner, Path(folder))
            elif alone:
                # a missing .shx is made anew, in a folder of ours
                for part in (p for p in inner.parent.glob(f"{_escaped(inner.stem)}.*") if p.is_file()):
                    shutil.copyfile(part, Path(folder) / part.name)
                pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": "YES"})
                try:
                    yield Path(folder) / inner.name
                finally:
                    pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": None})
            else:
                yield inner


def _named_plainly(path: Path, folder: Path) -> Path:
    """Copy a file with its parts, or a geodatabase's folder, to where no name holds an exclamation mark."""
    target = folder / path.name.replace("!", "_")
    if path.is_dir():
        shutil.copytree(path, target)
        return target
    for part in (p for p in path.parent.iterdir() if p.stem == path.stem and p.is_file()):
        shutil.copyfile(part, folder / part.name.replace("!", "_"))
    return target


def _without_links(content: bytes) -> bytes:
    """Return GML whose places of schemes have another name, of the same length."""
    for word in ("schemaLocation", "noNamespaceSchemaLocation"):
        for code in ("utf-8", "utf-16-le", "utf-16-be"):
            content = content.replace(word.encode(code), (word[:-1] + "x").encode(code))
    return content


def _escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def check_kind(path: Path, named: Path) -> None:
    """Refuse a file whose content is not what its name says, in words; `named` is the file that the user gave."""
    if len(path.parts) > 1 and path.parts[1].casefold().startswith("vsi"):
        what = "the path begins with /vsi, which GDAL takes for a place elsewhere"
        raise InputError(problem(what, "Move the file into another folder", file=named.name))
    if path.is_dir():
        if not any(path.glob("*.gdbtable")):
            raise InputError(problem("this is a folder without a layer", "Name the file in it", file=named.name))
        return
    refuse_unreadable(path, named.name)
    if path.stat().st_size == 0:
        raise InputError(problem("the file cannot be read: it is empty", "Export it again", file=named.name))
    if path.stat().st_size > MOST_BYTES:
        raise InputError(problem("the file has more than 4 GB", "Cut out the town in QGIS", file=named.name))
    suffix = path.suffix.lower().replace(".tiff", ".tif")
    with path.open("rb") as stream:
        start = stream.read(4096)
    # without zeros, two or four bytes a letter are as one
    plain = start.replace(b"\x00", b"").lower() if suffix in TEXT_KINDS else start.lower()
    begins = (plain if suffix in TEXT_KINDS else start).lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    wanted = BEGINNINGS.get(suffix)
    if wanted and not begins.startswith(wanted):
        what = f"the file cannot be read: its name ends in {suffix}, but its content is {_kind(start)}"
        raise InputError(problem(what, "Export it again, or give it the right ending", file=named.name))
    if suffix == ".shp" and seen_fault(path):
        # GDAL reads what is there, as if there were no more
        raise InputError(unreadable(path))
    is_text = suffix in TEXT_KINDS or begins.startswith((b"<", b"{"))
    if is_text and (any(word in plain for word in ELSEWHERE) or _leads_elsewhere(path, suffix)):
        what = "the file does not hold all its data but says where else they are"
        mend = "Export the data themselves; nothing is fetched or read from elsewhere"
        raise InputError(problem(what, mend, file=named.name))


def _leads_elsewhere(path: Path, suffix: str) -> bool:
    """Tell whether a text names a server or another file: a CRS or a scheme by its link, entities, a table of tables."""
    wanted = LINKS_OF_KIND.get(suffix)
    if wanted is None:
        return False
    rest = b""
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 22):
            window = rest + chunk.replace(b"\x00", b"")
            if wanted.search(window):
                return True
            rest = window[-600:]
    return False


def _kind(start: bytes) -> str:
    for begins, words in (
        (b"PK\x03\x04", "a zipped folder or workbook"),
        (b"SQLite", "a GeoPackage or database"),
        (b"%PDF", "a PDF"),
        (b"\xd0\xcf\x11\xe0", "an old Office document"),
        (b"<", "XML or HTML"),
        (b"{", "JSON"),
        (b"\x00\x00\x27\x0a", "a shapefile"),
        (b"\x89PNG", "a picture"),
        (b"\xff\xd8", "a picture"),
    ):
        if start.lstrip().startswith(begins):
            return words
    return "something else"


def matched(wanted: Sequence[str], found: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Match wanted columns to those of a file: exact, but for case, or cut short as shapefiles do.

    Returns
    -------
    tuple of dict and list of str
        The file's name for each wanted one that is there; and sentences about those that are not spelled alike.
    """
    names: dict[str, str] = {}
    facts: list[str] = []
    taken = set(wanted) & set(found)
    for want in dict.fromkeys(wanted):
        if want in found:
            names[want] = want
            continue
        free = [f for f in found if f not in taken]
        alike = [f for f in free if f.strip().casefold() == want.strip().casefold()]
        # ten bytes: a Cyrillic name is cut to five letters, at the end perhaps with a number where two would be the same
        alike = alike or [
            f
            for f in free
            if 9 <= len(f.encode()) <= SHAPEFILE_NAME
            and len(want.encode()) > len(f.encode())
            and want.casefold().startswith(f.casefold())
        ]
        if len(alike) == 1:
            names[want] = alike[0]
            taken.add(alike[0])
            facts.append(f"the column “{want}” is called “{alike[0]}” in the file")
    return names, facts
