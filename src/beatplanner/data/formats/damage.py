"""Files that cannot be what their ending says, told in words: each is looked at from outside, by its first bytes, its length, and a database's own check.

A reader that fails speaks the words of its library; what is said instead is here. What passes may still hold nonsense, which is for the readers to tell.
"""

from __future__ import annotations

import codecs
import json
import sqlite3
import struct
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from beatplanner.data.causes import cause
from beatplanner.data.endings import PACKAGES, PROJECT_ENDING
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.narrowing import is_dict, is_sequence
from beatplanner.data.paths import leads_to_server, part_of, read_only_uri, whole_path

DATABASES, TABLES = (*PACKAGES, ".sqlite"), (".xlsx", ".xlsm", ".xlsb", ".ods", ".kmz")
KINDS = {
    PROJECT_ENDING: "a project",
    ".gpkg": "a GeoPackage",
    ".sqlite": "a database",
    ".xlsx": "an Excel workbook",
    ".xlsm": "an Excel workbook",
    ".xls": "an Excel workbook",
    ".xlsb": "an Excel workbook",
    ".ods": "a spreadsheet",
    ".kmz": "a KMZ file",
    ".geojson": "a GeoJSON file",
    ".json": "a JSON file",
    ".shp": "a shapefile",
    ".tif": "a raster",
    ".tiff": "a raster",
    **dict.fromkeys((".csv", ".tsv", ".txt"), "a table"),
}
AGAIN = "Get it again from where it came from, or take it from a backup"
NOTHING = "there is nothing in it"
SQLITE = b"SQLite format 3\0"
# Of a workbook of before 2007, and of one that is protected by a password.
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OVERWRITTEN = "parts of it are overwritten"
# Larger databases are looked at by their beginning and length only, and larger texts by their end.
WHOLE_DATABASE, WHOLE_TEXT = 20_000_000, 5_000_000
SHAPEFILE = 9994
RASTERS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
TEXTS = (".csv", ".tsv", ".txt")
# How much of a text is looked at; how a text begins that has two or four bytes a letter.
TEXT_SAMPLE, TWO_BYTES = 1 << 16, (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
# All bytes but the signs that no text has in any code page: controls that neither part lines nor end a file nor change letters.
NOT_IN_NOISE = bytes(b for b in range(256) if b >= 32 or b in b"\t\n\v\f\r\x1a\x1b")
# Noise has a tenth of such signs and all kinds of them; a damaged place, or one that parts cells, has few kinds.
NOISY_KINDS, NOISY_SHARE = 4, 0.01
# How files begin that are no text, whatever their name ends in.
NO_TEXTS = (SQLITE, COMPOUND, b"PK\x03\x04", b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"\0\0\x27\x0a", *RASTERS)


def damaged(path: Path) -> Note | None:
    """Return what is wrong with a file that is there and cannot be what its ending says; None where nothing is seen."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None or not path.is_file():
        return None
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(100)
        if not size:
            return problem(f"{path.name} is empty: there is nothing in it", AGAIN)
        fault = _fault(path, head, size)
    except OSError as error:
        return problem(f"{path.name} cannot be read ({cause(error)})", "Close it elsewhere, or look at its rights")
    return None if not fault else problem(f"{path.name} is damaged: {fault}, so it cannot be used as {kind}", AGAIN)


def damaged_layers(folder: Path, rules: Mapping[str, object]) -> dict[Path, Note]:
    """Return what is wrong with each file that a project's rules name, in order and each once; files of other computers are not touched."""
    paths = dict.fromkeys(folder / name for name in _named(rules) if not leads_to_server(name))
    return {path: note for path in paths if (note := damaged(path)) is not None}


def _named(rules: Any) -> Iterator[str]:
    if isinstance(rules, str):
        if Path(rules).suffix.lower() in KINDS and len(rules) < 1000 and "\n" not in rules:
            yield rules
    elif is_dict(rules):
        for inner in rules.values():
            yield from _named(inner)
    elif is_sequence(rules):
        for inner in rules:
            yield from _named(inner)


def refuse_unreadable(path: Path, named: str = "") -> None:
    """Raise an `InputError` for a file that is gone, is a folder, or may not be read: a reader would take it for damaged, or for one of its own faults."""
    try:
        with path.open("rb") as stream:
            stream.read(1)
    except OSError as error:
        # of a folder Windows says that access was denied
        why = "it is a folder" if path.is_dir() else cause(error)
        mend = "Give the file itself" if path.is_dir() else "Close it elsewhere, or look at its rights"
        raise InputError(problem(f"the file cannot be read ({why})", mend, file=named or path.name)) from None


def _fault(path: Path, head: bytes, size: int) -> str:
    """Return what is wrong, as a part of a sentence; "" for nothing."""
    ending = path.suffix.lower()
    if ending in DATABASES:
        return _of_database(path, head, size)
    if ending in TABLES:
        whole = zipfile.is_zipfile(path) or head[:8] == COMPOUND
        return "" if whole else _of_archive(head)
    if ending == ".xls":
        return "" if head[:8] == COMPOUND or zipfile.is_zipfile(path) or _is_text(head) else _of_archive(head)
    if ending in (".geojson", ".json"):
        return _of_json(path, size)
    if ending == ".shp":
        return _of_shapefile(path, head, size)
    if ending in TEXTS:
        return "its beginning is not that of such a file" if head.startswith(NO_TEXTS) else _of_text(path)
    return "" if head[:4] in RASTERS else "its beginning is not that of a raster"


def seen_fault(path: Path) -> str:
    """Return what is wrong with a file as it is seen from outside, as a part of a sentence; "" where nothing is, or its kind is not known here."""
    try:
        with path.open("rb") as stream:
            size = path.stat().st_size
            if not size:
                return NOTHING
            return _fault(path, stream.read(100), size) if path.suffix.lower() in KINDS else ""
    except OSError:
        return ""


def unreadable(path: Path) -> Note:
    """Return what to tell of a file whose reader has failed: what is seen from outside, else that its inside is damaged."""
    kind = KINDS.get(path.suffix.lower(), "a file of this kind")
    fault = seen_fault(path) or OVERWRITTEN
    return problem(f"the file is damaged and cannot be read as {kind}: {fault}", AGAIN, file=path.name)


def _is_text(head: bytes) -> bool:
    return bool(head) and all(b >= 32 or b in b"\t\r\n" for b in head)


def _of_archive(head: bytes) -> str:
    """Return what is wrong with a file that should be an archive and is none."""
    if head[:2] == b"PK":
        return "its end or its beginning is missing"
    return "it is plain text" if _is_text(head) else "its beginning is not that of such a file"


def _of_shapefile(path: Path, head: bytes, size: int) -> str:
    if len(head) < 100 or struct.unpack(">i", head[:4])[0] != SHAPEFILE:
        return "its beginning is not that of a shapefile"
    # its length is told in words of two bytes
    missing = _missing_part(size, 2 * struct.unpack(">i", head[24:28])[0])
    table = part_of(path, ".dbf")
    if missing or table is None:
        return missing
    with table.open("rb") as stream:
        start = stream.read(12)
    rows, first, row = struct.unpack("<IHH", start[4:]) if len(start) == 12 else (1, 0, 0)
    # of the last row some programs leave out the blanks at its end
    broken = len(start) < 12 or table.stat().st_size < first + max(rows - 1, 0) * row
    return "the end of its table (.dbf) is missing" if broken else ""


def _missing_part(size: int, whole: int) -> str:
    """Return how much of a file is there that tells its own length; "" where all is."""
    if size >= whole:
        return ""
    # what is there is never told as nothing, and what is not whole never as all
    if 100 * size < whole:
        return "hardly any of it is there and the rest is missing"
    return f"{size * 100 // whole / 100:.0%} of it is there and the rest is missing"


def _of_database(path: Path, head: bytes, size: int) -> str:
    if head[:16] != SQLITE:
        return "its beginning is not that of such a file"
    page, pages = struct.unpack(">H", head[16:18])[0], struct.unpack(">I", head[28:32])[0]
    page = 65_536 if page == 1 else page
    missing = _missing_part(size, page * pages)
    if missing and not path.with_name(path.name + "-wal").exists():
        return missing
    if size > WHOLE_DATABASE:
        return ""
    try:
        with closing(sqlite3.connect(read_only_uri(whole_path(path)), uri=True)) as database:
            said = database.execute("PRAGMA quick_check(1)").fetchone()
    except UnicodeDecodeError:
        # the fault itself is told with a name of broken letters
        return OVERWRITTEN
    except sqlite3.DatabaseError as error:
        # a file that another program holds is not damaged
        return "" if "locked" in str(error) or "unable to open" in str(error) else OVERWRITTEN
    return "" if said is None or said[0] == "ok" else OVERWRITTEN


def _of_text(path: Path) -> str:
    """Return what is wrong with a text that has, again and again, several of the signs that no text has: what was packed, locked or overwritten has all of them."""
    with path.open("rb") as stream:
        content = stream.read(TEXT_SAMPLE)
    if content.startswith(TWO_BYTES) or content.count(0) > len(content) / 10:
        # of two or four bytes a letter, which hold what one byte a letter cannot; zeros in place of text are told by its reader
        return ""
    found = Counter(content.translate(None, NOT_IN_NOISE))
    return "it is not text" if len(found) >= NOISY_KINDS and found.total() > NOISY_SHARE * len(content) else ""


def _of_json(path: Path, size: int) -> str:
    if size > WHOLE_TEXT:
        with path.open("rb") as stream:
            stream.seek(-100, 2)
            return "" if stream.read().rstrip().endswith((b"}", b"]")) else "it breaks off"
    try:
        json.loads(path.read_text("utf-8-sig"))
    except UnicodeDecodeError:
        return "it is not text"
    except RecursionError as error:
        return cause(error)
    except ValueError as error:
        return cause(error) if isinstance(error, json.JSONDecodeError) else "it has a mistake"
    return ""
