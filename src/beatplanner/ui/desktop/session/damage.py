"""Files that cannot be what their ending says: told by name and kind, all of them at once, before anything tries to read them.

A reader meets one broken file, in the words of its library, and stops. Here each file is looked at from outside: its first bytes, its length,
and for a database its own check of itself. What passes may still hold nonsense; that is for the readers to tell.
"""

from __future__ import annotations

import json
import sqlite3
import struct
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from beatplanner.data.endings import PACKAGES, PROJECT_ENDING
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.paths import whole_path
from beatplanner.ui.desktop.session.foreign_paths import leads_to_server

DATABASES, TABLES = (*PACKAGES, ".sqlite"), (".xlsx", ".ods", ".kmz")
KINDS = {
    PROJECT_ENDING: "a project",
    ".gpkg": "a GeoPackage",
    ".sqlite": "a database",
    ".xlsx": "an Excel workbook",
    ".ods": "a spreadsheet",
    ".kmz": "a KMZ file",
    ".geojson": "a GeoJSON file",
    ".json": "a JSON file",
    ".shp": "a shapefile",
    ".tif": "a raster",
    ".tiff": "a raster",
}
AGAIN = "Get it again from where it came from, or take it from a backup"
SQLITE = b"SQLite format 3\0"
# Larger databases are looked at by their beginning and length only, and larger texts by their end.
WHOLE_DATABASE, WHOLE_TEXT = 20_000_000, 5_000_000
SHAPEFILE = 9994
RASTERS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


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
        return problem(
            f"{path.name} cannot be read ({error.strerror or error})", "Close it elsewhere, or look at its rights"
        )
    return None if not fault else problem(f"{path.name} is damaged: {fault}, so it cannot be used as {kind}", AGAIN)


def _fault(path: Path, head: bytes, size: int) -> str:
    """Return what is wrong, as a part of a sentence; "" for nothing."""
    ending = path.suffix.lower()
    if ending in DATABASES:
        return _of_database(path, head, size)
    if ending in TABLES:
        return "" if zipfile.is_zipfile(path) else "its end or its beginning is missing"
    if ending in (".geojson", ".json"):
        return _of_json(path, size)
    if ending == ".shp":
        return (
            ""
            if len(head) >= 100 and struct.unpack(">i", head[:4])[0] == SHAPEFILE
            else "its beginning is not that of a shapefile"
        )
    return "" if head[:4] in RASTERS else "its beginning is not that of a raster"


def _of_database(path: Path, head: bytes, size: int) -> str:
    if head[:16] != SQLITE:
        return "its beginning is not that of such a file"
    page, pages = struct.unpack(">H", head[16:18])[0], struct.unpack(">I", head[28:32])[0]
    page = 65_536 if page == 1 else page
    if pages and size < page * pages and not path.with_name(path.name + "-wal").exists():
        return f"{size / (page * pages):.0%} of it is there and the rest is missing"
    if size > WHOLE_DATABASE:
        return ""
    try:
        with closing(sqlite3.connect(f"{whole_path(path).as_uri()}?mode=ro", uri=True)) as database:
            said = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        # a file that another program holds is not damaged
        return "" if "locked" in str(error) or "unable to open" in str(error) else "parts of it are overwritten"
    return "" if said is None or said[0] == "ok" else "parts of it are overwritten"


def _of_json(path: Path, size: int) -> str:
    if size > WHOLE_TEXT:
        with path.open("rb") as stream:
            stream.seek(-100, 2)
            return "" if stream.read().rstrip().endswith((b"}", b"]")) else "it breaks off"
    try:
        json.loads(path.read_text("utf-8-sig"))
    except UnicodeDecodeError:
        return "it is not text"
    except ValueError as error:
        line = getattr(error, "lineno", 0)
        return f"it breaks off or has a mistake in line {line}" if line else "it has a mistake"
    return ""


def damaged_layers(folder: Path, rules: dict[str, Any]) -> list[Note]:
    """Return what is wrong with each file that a project's rules name, in order and each once; files of other computers are not touched."""
    found: dict[str, Note | None] = {}
    for name in _paths(rules):
        path = folder / name
        if leads_to_server(name) or str(path) in found:
            continue
        found[str(path)] = damaged(path)
    return [note for note in found.values() if note is not None]


def _paths(rules: Any) -> Iterator[str]:
    if isinstance(rules, str):
        if Path(rules).suffix.lower() in KINDS and len(rules) < 1000 and "\n" not in rules:
            yield rules
    elif isinstance(rules, dict):
        for inner in rules.values():
            yield from _paths(inner)
    elif isinstance(rules, list | tuple):
        for inner in rules:
            yield from _paths(inner)


def refuse_what_is_no_project(path: Path) -> None:
    """Raise an `InputError` in words for a file that is damaged, or of a kind that holds no project."""
    note = damaged(path)
    if note is not None:
        raise InputError(note)
    ending = path.suffix.lower()
    if not path.is_file() or ending == ".toml":
        return
    layers = "Press New from layers and choose it there, or open the project that uses it"
    if ending in PACKAGES:
        from beatplanner.data.project.build import is_project_file

        if not is_project_file(path):
            raise InputError(problem(f"{path.name} is a GeoPackage of map layers, not a project", layers))
    elif ending in KINDS or ending in (".csv", ".tsv", ".txt", ".kml", ".gpx", ".dbf", ".xls"):
        raise InputError(problem(f"{path.name} is {KINDS.get(ending, 'a table or a layer')}, not a project", layers))


def in_plain_words(path: Path, error: InputError) -> InputError:
    """Return an error of a settings file that is no such file in words for a planner: the name, the kind, the line."""
    found = []
    for note in error.problems:
        if note.what.startswith("this is not valid TOML") or "is not UTF-8" in note.what:
            where = f" in line {note.row}" if note.row else ""
            what = f"{path.name} is not a readable project settings file: it has a mistake{where}"
            mend = (
                "Open it in a text editor: each line is a name, an equals sign and a value, and text stands in quotes"
            )
            found.append(problem(what, mend))
        else:
            found.append(note)
    return InputError(*found)
