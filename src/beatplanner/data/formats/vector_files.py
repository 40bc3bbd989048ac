"""What stands between a file as it comes and GDAL: the right kind of file, a shapefile's code page and missing parts, names cut short."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyogrio

from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.archives import unpacked
from beatplanner.data.formats.text_tables import CYRILLIC, code_page

# What GDAL finds odd in a file that it can read all the same is no business of a planner.
warnings.filterwarnings("ignore", category=RuntimeWarning, module="pyogrio")

# How files of a kind begin. GDAL goes by the content, so that a file named .gpkg could make it read a web service: it never sees such.
BEGINNINGS = {
    ".gpkg": (b"SQLite format 3\x00",), ".sqlite": (b"SQLite format 3\x00",), ".shp": (b"\x00\x00\x27\x0a",), ".fgb": (b"fgb",),
".geojson": (b"{", b"["), ".json": (b"{", b"["), ".geojsonl": (b"{", b"\x1e"), ".topojson": (b"{",),
    ".tif": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"), ".kml": (b"<",), ".gml": (b"<",), ".gpx": (b"<",), ".tab": (b"!",), ".mif": (b"Version", b"VERSION", b"version"),
}  # fmt: skip
# Descriptions of data elsewhere: on a server, or in another file.
ELSEWHERE = (b"<ogrvrt", b"<vrtdataset", b"<ogrwfs", b"<wfs", b"<wms", b"<gdal_", b"gdal_streamed_alg", b"<gdaltileindex", b"<wcs", b"<ogc_api",
             b"<!entity")  # fmt: skip
TEXT_KINDS = {".geojson", ".json", ".geojsonl", ".topojson", ".kml", ".gml", ".gpx", ".tab", ".mif", ".xml", ".vrt", ""}
MOST_BYTES = 4 << 30
# Code pages that a DBF's 30th byte names; others are not trusted, as many programs write anything there.
LANGUAGE_BYTES = {0xC8: "cp1250", 0xC9: "cp1251", 0x26: "cp866", 0x65: "cp866"}
SHAPEFILE_NAME = 10


@contextmanager
def opened(path: Path, layer: str | None = None) -> Iterator[Path]:
    """Give the file that GDAL may read: looked at, unpacked where it is zipped, and copied where GDAL would write beside it.

    Raises
    ------
    InputError
        Where the file is not what its name says, or describes data elsewhere.
    """
    with unpacked(path, layer) as inner:
        check_kind(inner, path)
        alone = inner.suffix.lower() == ".shp" and not _part(inner, ".shx")
        # a missing .shx is made anew, and GML gets a scheme beside it: both belong into a folder of ours
        if alone or inner.suffix.lower() == ".gml":
            with tempfile.TemporaryDirectory(
                prefix=f"beatplanner-{os.getpid()}-", ignore_cleanup_errors=True
            ) as folder:
                for part in (
                    p for p in inner.parent.glob(f"{_escaped(inner.stem)}.*") if p.is_file() and p.suffix != ".gfs"
                ):
                    shutil.copyfile(part, Path(folder) / part.name)
                if alone:
                    pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": "YES"})
                try:
                    yield Path(folder) / inner.name
                finally:
                    pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": None})
        else:
            yield inner


def _escaped(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _part(path: Path, suffix: str) -> Path | None:
    """Return another part of a shapefile, whatever the case of its ending."""
    for spelled in (suffix, suffix.upper()):
        part = path.with_suffix(spelled)
        if part.is_file():
            return part
    return None


def check_kind(path: Path, named: Path) -> None:
    """Refuse a file whose content is not what its name says, in words; `named` is the file that the user gave."""
    if path.is_dir():
        if not any(path.glob("*.gdbtable")):
            raise InputError(problem("this is a folder without a layer", "Name the file in it", file=named.name))
        return
    if path.stat().st_size == 0:
        raise InputError(problem("the file cannot be read: it is empty", "Export it again", file=named.name))
    if path.stat().st_size > MOST_BYTES:
        raise InputError(problem("the file has more than 4 GB", "Cut out the town in QGIS", file=named.name))
    suffix = path.suffix.lower().replace(".tiff", ".tif")
    with path.open("rb") as stream:
        start = stream.read(4096)
    begins = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    wanted = BEGINNINGS.get(suffix)
    if wanted and not begins.startswith(wanted) and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        what = f"the file cannot be read: its name ends in {suffix}, but its content is {_kind(start)}"
        raise InputError(problem(what, "Export it again, or give it the right ending", file=named.name))
    if suffix in TEXT_KINDS or begins.startswith((b"<", b"{")):
        folded = start.lower()
        if any(word in folded for word in ELSEWHERE):
            what = "the file does not hold the data but says where else they are"
            raise InputError(
                problem(what, "Export the data themselves; nothing is fetched over the network", file=named.name)
            )


def _kind(start: bytes) -> str:
    for begins, words in (
        (b"PK\x03\x04", "a zipped folder or workbook"), (b"SQLite", "a GeoPackage or database"), (b"%PDF", "a PDF"), (b"\xd0\xcf\x11\xe0", "an old "
         "Office document"), (b"<", "XML or HTML"), (b"{", "JSON"), (b"\x00\x00\x27\x0a", "a shapefile"), (b"\x89PNG", "a picture"),
        (b"\xff\xd8", "a picture"),
    ):  # fmt: skip
        if start.lstrip().startswith(begins):
            return words
    return "something else"


def shapefile_encoding(path: Path) -> tuple[str | None, str]:
    """Return the code page of a shapefile's texts where GDAL would not know it, and a sentence that says so.

    A ``.cpg`` file is believed unless the texts contradict it.
    """
    table = _part(path, ".dbf") if path.suffix.lower() == ".shp" else path if path.suffix.lower() == ".dbf" else None
    if table is None:
        return None, ""
    with table.open("rb") as stream:
        content = stream.read(8_000_000)
    start = int.from_bytes(content[8:10], "little") if len(content) > 32 else 0
    texts, names = content[start:], content[32:start]
    if not any(b > 127 for b in texts) and not any(b > 127 for b in names):
        return None, ""
    said = _part(path, ".cpg")
    # texts are cut to their column, if need be through a letter: a few broken ones are no proof
    broken = texts.decode("utf-8", errors="replace").count("\ufffd")
    wide = sum(b >= 0xC0 for b in texts)
    is_utf8 = wide > 0 and broken <= 0.02 * wide
    if said is not None:
        word = said.read_bytes()[:40].decode("ascii", errors="replace").strip().upper().replace("-", "")
        if word not in {"UTF8", "65001"} or is_utf8 or not wide:
            return None, ""
    elif is_utf8:
        return "utf-8", "the shapefile has no .cpg file; its texts are UTF-8"
    if len(content) > 30 and content[29] in LANGUAGE_BYTES and said is None:
        return LANGUAGE_BYTES[content[29]], ""
    page = code_page(texts)
    why = "its .cpg file says UTF-8, which the texts are not" if said is not None else "the shapefile has no .cpg file"
    return page, f"{why}; they were read as {CYRILLIC.get(page, page)}, by their letters"


def matched(wanted: Sequence[str], found: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Match wanted columns to those of a file: exact, but for case, or cut short as shapefiles do.

    Returns
    -------
    tuple of dict and list of str
        The file's name for each wanted one that is there; and sentences about those that are not spelled alike.
    """
    names, facts = {}, []
    taken = set(wanted) & set(found)
    for want in dict.fromkeys(wanted):
        if want in found:
            names[want] = want
            continue
        free = [f for f in found if f not in taken]
        alike = [f for f in free if f.strip().casefold() == want.strip().casefold()]
        # ten bytes: a Cyrillic name is cut to five letters, at the end perhaps with a number where two would be the same
        alike = alike or [
            f for f in free if 9 <= len(f.encode()) <= SHAPEFILE_NAME and len(want.encode()) > len(f.encode())
            and want.casefold().startswith(f.casefold())
        ]  # fmt: skip
        if len(alike) == 1:
            names[want] = alike[0]
            taken.add(alike[0])
            facts.append(f"the column “{want}” is called “{alike[0]}” in the file")
    return names, facts
