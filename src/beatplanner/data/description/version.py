"""Which format a project file has."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from beatplanner.data.errors import InputError, problem
from beatplanner.data.paths import read_only_uri, whole_path

# The newest format that this program reads and writes.
SCHEMA = 2
PROJECT, META = "beatplanner_project", "beatplanner_meta"


def open_read_only(path: Path) -> Any:
    """Open a database for reading only; closed at the end of a with block."""
    return closing(sqlite3.connect(read_only_uri(whole_path(path)), uri=True))


def version_of(path: Path) -> tuple[int, str]:
    """Return the schema version of a project file, and which save it is; version 0 where it is no project file.

    Raises
    ------
    InputError
        Where a newer beatplanner wrote it.
    """
    try:
        with path.open("rb") as stream:
            if stream.read(16) != b"SQLite format 3\x00":
                return 0, ""
        with open_read_only(path) as database:
            names = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
            if PROJECT not in names:
                return 0, ""
            meta = dict(database.execute(f"SELECT key, value FROM {META}")) if META in names else {}  # noqa: S608
    except (sqlite3.Error, OSError):
        return 0, ""
    number = meta.get("schema", "1")
    schema = int(number) if number.isdecimal() else SCHEMA + 1
    if schema > SCHEMA:
        raise InputError(
            problem(
                f"this project was saved by a newer beatplanner (its format is {number}; this program knows formats 1 to {SCHEMA})",
                "Update beatplanner, or ask for the project in the older format",
                file=path.name,
            )
        )
    return schema, meta.get("save_id", "")
