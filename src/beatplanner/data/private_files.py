"""Files that nobody else has open until they are put in their place: written without waiting for the disk, and flushed once."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def private_database(path: Path) -> Generator[sqlite3.Connection]:
    """Open a database of ours for one change, which is kept where no error ends it.

    SQLite waits for the disk at the end of each change, so that a power cut leaves the old state or the new one. A file that takes its place only
    when it is whole needs none of these waits, some hundred a plan and up to 30 ms each: whoever puts it in its place calls `flush`.
    """
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = MEMORY")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN")
        with database:
            yield database


def flush_packages(place: Path) -> None:
    """Make the system write a GeoPackage, or each of a folder, to the disk: nothing that wrote them waited for it."""
    for file in [place] if place.is_file() else sorted(place.rglob("*.gpkg")):
        if file.suffix.lower() == ".gpkg":
            flush(file)


def flush(path: Path) -> None:
    """Make the system write a file to the disk."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
