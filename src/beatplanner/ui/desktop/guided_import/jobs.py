"""What the guided import lets a child do: look into files, draw, check and write. A draft crosses there and back; tables stay where they were read."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beatplanner.data.errors import InputError

if TYPE_CHECKING:
    from beatplanner.data.guided_import.doubts import Doubt
    from beatplanner.data.guided_import.draft import ImportDraft

# tables that this child has read: by file and layer, with the time of the file
_tables: dict[tuple[Path, str | None], tuple[float, Any]] = {}


def bare(draft: ImportDraft) -> ImportDraft:
    """Return a draft as it goes to a child: without its tables."""
    found = copy.copy(draft)
    found.frames = {}
    return found


def _time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return -1.0


def _with_tables(draft: ImportDraft) -> ImportDraft:
    draft.frames = {key: table for key, (time, table) in _tables.items() if time == _time(key[0])}
    return draft


def _kept(draft: ImportDraft) -> dict[Any, Any]:
    """Keep the tables here for the next piece of work; return those of the draft's layers."""
    for key, table in draft.frames.items():
        _tables[key] = (_time(key[0]), table)
    return dict(draft.frames)


def take_in(draft: ImportDraft, files: list[Path]) -> tuple[ImportDraft, list[str]]:
    """Look into files; return the draft with them, and what is wrong with the others, for the window to tell: a child has no language."""
    draft = _with_tables(draft)
    problems: list[str] = []
    try:
        draft.add(files)
    except InputError as error:
        problems = [str(p) for p in error.problems]
    _kept(draft)
    return draft, problems


def layers_to_draw(draft: ImportDraft, roles: tuple[str, ...]) -> list[tuple[str, str, Any]]:
    """Return title, role and shapes of every layer that has a place, as it is mended."""
    import numpy as np

    draft, found = _with_tables(draft), []
    for source in draft.sources:
        if source.role in roles and source.has_place and (source.crs or source.look.crs):
            frame = draft.located(source)
            found.append((source.look.title, source.role, np.asarray(frame.geometry.array, dtype=object)))
    _kept(draft)
    return found


def checked_draft(draft: ImportDraft) -> tuple[ImportDraft, list[Doubt]]:
    """Return the draft with its tables, and what is wrong or doubtful."""
    from beatplanner.data.guided_import.doubts import import_doubts

    draft = _with_tables(draft)
    doubts = import_doubts(draft)
    _kept(draft)
    return draft, doubts


def write(draft: ImportDraft, out: Path) -> Path:
    """Write the project; return its file."""
    from beatplanner.data.guided_import.staging import write_project

    out.parent.mkdir(parents=True, exist_ok=True)
    write_project(_with_tables(draft), out)
    return out
