"""Where a layer came from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


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
