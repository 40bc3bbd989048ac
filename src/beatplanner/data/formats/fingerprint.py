"""By what an input is known again: the hash of a file, or that of the layers of a project file.

A project file also holds plans and a history, which grow without the layers changing: a plan stays the plan of its inputs.
"""

from __future__ import annotations

import errno
import hashlib
import sqlite3
import stat
from functools import lru_cache
from pathlib import Path

from beatplanner.data.formats.geopackages import opened_database

MOST_SECONDS = 600.0
# No layer is as large.
MOST_BYTES = 1 << 40
# Tables of a project that are no input.
NOT_LAYERS = ("beatplanner_", "plan_", "layer_styles", "qgis_projects")


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file, or of the layers of a project file; OSError where it cannot be read."""
    if path.is_dir():
        # a geodatabase: the hash over the hashes of its files
        every = (f"{p.name} {fingerprint(p)}" for p in sorted(path.iterdir()) if p.is_file())
        return hashlib.sha256("\n".join(every).encode()).hexdigest()
    state = path.stat()
    if not stat.S_ISREG(state.st_mode) or state.st_size > MOST_BYTES:
        # a pipe or a device has no end, and neither has what the system shows as a file; somebody else's plan may name one
        raise OSError(errno.EINVAL, "no file", str(path))
    return _fingerprint(path, state.st_mtime_ns, state.st_size)


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes; OSError where it cannot be read. Of inputs, `fingerprint` and `bound_content` are asked."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@lru_cache(maxsize=256)
def _fingerprint(path: Path, _modified: int, size: int) -> str:
    if not size:
        # the system shows what it goes on telling as an empty file
        return hashlib.sha256().hexdigest()
    with path.open("rb") as stream:
        if stream.read(16) == b"SQLite format 3\x00":
            found = _of_layers(path)
            if found is not None:
                return found
    return file_hash(path)


def _of_layers(path: Path) -> str | None:
    """Return the hash over the rows of all layers; None where the file is no project."""
    digest = hashlib.sha256()
    try:
        with opened_database(path, MOST_SECONDS) as database:
            there = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if "beatplanner_project" not in there:
                return None
            query = "SELECT table_name, srs_id FROM gpkg_contents ORDER BY table_name"
            for name, system in database.execute(query).fetchall():
                if name.startswith(NOT_LAYERS) or name not in there:
                    continue
                quoted = '"' + name.replace('"', '""') + '"'
                rows = database.execute(f"SELECT * FROM {quoted} ORDER BY rowid")  # noqa: S608 - quoted
                digest.update(repr((name, system, [c[0] for c in rows.description])).encode())
                for row in rows:
                    digest.update(repr(row).encode())
    except sqlite3.Error:
        return None
    return digest.hexdigest()
