"""The sections of a description as they stand in its file, unchecked."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import sqlite3
import tomllib
from pathlib import Path
from typing import Any

from beatplanner.data.description.version import PROJECT, version_of
from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import did_you_mean
from beatplanner.data.formats.fingerprint import fingerprint
from beatplanner.data.formats.geopackages import opened_database
from beatplanner.data.narrowing import Table, is_dict, is_sequence
from beatplanner.data.paths import whole_path

# How the parser of TOML says what is wrong, and what a planner is told.
FAULTS = {
    r"Unterminated|Illegal character '\\n'|Expected ['\"](?:\"|'+)['\"]": "a quotation mark is opened and not closed",
    r"Unclosed|Expected '\]": "a bracket is opened and not closed",
    r"Duplicate|Cannot": "a key or a section stands there a second time",
    r"Expected '='": "an equals sign is missing after a key",
    r"Expected newline": "there is more on the line than a value",
    r"Invalid statement|Invalid initial": "a key is missing, or has signs for which it must stand in quotes",
    r"Unescaped|Escaped|Invalid hex": "a backslash stands alone in a text, where two are needed",
    r"Invalid date": "a date is none of the calendar",
    r"Invalid value": "a value is missing, or is a text without quotes",
    r"Illegal|Found invalid": "there is a sign that no text may hold",
}


def read_raw(path: Path) -> Table:
    """Return the sections of a description or project file as they stand there, unchecked; InputError where it is neither."""
    file = whole_path(path)
    if not file.is_file():
        what = "this is a folder, not a project" if file.is_dir() else "there is no such file"
        mend = nearest_file(file) or "Give the path of a project description"
        raise InputError(problem(what, mend, file=path, gone=not file.is_dir()))
    stored = stored_description(file)
    if stored is None:
        return read_toml(file)
    # which version wrote it is known by its tables; a newer one is refused before its content is taken for ours
    version_of(file)
    return into_file(json.loads(stored), file.name)


def read_as_json(path: Path) -> Table:
    """Return what `read_raw` does as JSON: days and times of TOML as the text that a project file keeps for them."""
    return _as_json(read_raw(path))


def _as_json(value: Any) -> Any:
    if is_dict(value):
        return {key: _as_json(inner) for key, inner in value.items()}
    if is_sequence(value):
        return [_as_json(inner) for inner in value]
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def into_file(value: Any, name: str) -> Any:
    """Return a stored description whose layers lie in the file as it is called now: it may have been renamed."""
    if not is_dict(value):
        return value
    found = {key: into_file(inner, name) for key, inner in value.items()}
    if isinstance(found.get("path"), str) and "layer" in found and not Path(found["path"]).is_absolute():
        found["path"] = name
    return found


def stored_description(path: Path) -> str | None:
    """Return the description (JSON text) inside a project file, or None where the file is none."""
    with path.open("rb") as stream:
        if stream.read(16) != b"SQLite format 3\x00":
            return None
    try:
        with opened_database(path) as database:
            query = f"SELECT description FROM {PROJECT}"  # noqa: S608 - a constant
            return database.execute(query).fetchone()[0]
    except (sqlite3.Error, TypeError):
        return None


def description_hash(path: Path) -> str:
    """Return the hash by which a description is known again: of the file's bytes, or of a project file's layers together with its rules; OSError as `fingerprint`."""
    found = fingerprint(path)
    stored = stored_description(path)
    if stored is None:
        return found
    # keys in one order, and layers by the name that the file has now
    rules = json.dumps(into_file(json.loads(stored), path.name), sort_keys=True)
    return hashlib.sha256(f"{found} {rules}".encode()).hexdigest()


def read_toml(file: Path) -> Table:
    """Return the tables of a TOML file; InputError with the row where it is damaged."""
    content = file.read_bytes()
    if content.startswith(b"SQLite format 3\x00"):
        mend = "Give the TOML description, or a project file made by “beatplanner build”"
        raise InputError(problem("this GeoPackage is not a beatplanner project", mend, file=file.name))
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        row = str(content[: error.start].count(b"\n") + 1)
        mend = "Save it as UTF-8 in your editor"
        raise InputError(problem("the text is not UTF-8", mend, file=file.name, row=row)) from None
    except RecursionError:
        what = "this is not valid TOML: lists or tables are nested hundreds of times"
        raise InputError(problem(what, "Write it anew", file=file.name)) from None
    except tomllib.TOMLDecodeError as error:
        text = str(error)
        place = re.search(r"at line (\d+), column (\d+)", text)
        lines = content.count(b"\n") + 1
        row = place[1] if place else str(lines) if "end of document" in text else ""
        fault = next((own for said, own in FAULTS.items() if re.match(said, text)), "it has a mistake")
        mend = "Text stands in quotes, sections in [brackets], and each key stands once as key = value"
        what = f"this is not valid TOML: {fault}"
        if place is not None and int(place[2]) > 1:
            what = f"this is not valid TOML: before or in column {place[2]}, {fault}"
        raise InputError(problem(what, mend, file=file.name, row=row)) from None


def nearest_file(path: Path) -> str:
    """Return the sentence that proposes the file of the same folder whose name is nearest."""
    if not file_exists(path.parent) or not path.parent.is_dir():
        return f"There is no folder “{str(path.parent)[-200:]}”"
    return did_you_mean(path.name, sorted(p.name for p in path.parent.iterdir()))


def file_exists(path: Path) -> bool:
    """Say whether a file is there; no where its name cannot be one."""
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no system can hold
        return False
