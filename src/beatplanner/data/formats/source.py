"""Where a layer came from, and where in it a message points."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from beatplanner.data.errors import Note, Severity, problem
from beatplanner.data.formats.fingerprint import fingerprint


@dataclass(frozen=True)
class Source:
    """A file that the town was read from, for the run card: what it was and whether it has changed since.

    Attributes
    ----------
    role
        The section of the description, such as ``"units"`` or ``"stations.candidates"``.
    path
        Absolute path.
    sha256
        Hash of the file's bytes.
    modified
        Time of the last change, ISO, UTC.
    rows_in, rows_used
        Features or rows read, and those that the town uses.
    repaired
        What had to be found out or mended to read it, in sentences.
    dropped
        Columns of the file that were not taken.
    newest
        The newest day that the data tell of, ISO; empty where they tell none.
    """

    role: str
    path: Path
    sha256: str
    modified: str
    rows_in: int
    rows_used: int
    repaired: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    newest: str = ""


@dataclass(frozen=True)
class Place:
    """Where a column comes from: file and layer as the user knows them, and how its rows are named.

    Attributes
    ----------
    notes
        What had to be found out or mended to read it.
    dropped
        Columns of the file that were not taken.
    found
        All columns of the file, where it is a table.
    """

    file: str
    layer: str
    rows: tuple[str, ...]
    notes: tuple[Note, ...] = ()
    dropped: tuple[str, ...] = ()
    found: tuple[str, ...] = ()

    def fact(self, what: str, severity: Severity = "info", mend: str = "", *, field: str = "") -> Note:
        """Make a note about how this place was read."""
        return Note(severity, what, mend, self.file, self.layer, "", field)

    def problem(self, what: str, mend: str = "", *, row: str = "", field: str = "") -> Note:
        """Make a note of severity ``"error"`` at this place."""
        return problem(what, mend, file=self.file, layer=self.layer, row=row, field=field)


def source_of(role: str, path: Path, rows_in: int, rows_used: int, where: Place | None = None) -> Source:
    """Describe a file that was read: its hash, date and rows, and what `where` knows was mended and left out."""
    newest = max((p.stat().st_mtime for p in path.rglob("*")), default=0.0) if path.is_dir() else path.stat().st_mtime
    modified = dt.datetime.fromtimestamp(newest, tz=dt.UTC).isoformat(timespec="seconds")
    repaired = () if where is None else tuple(n.what for n in where.notes)
    dropped = () if where is None else where.dropped
    return Source(role, path, fingerprint(path), modified, rows_in, rows_used, repaired, dropped)
