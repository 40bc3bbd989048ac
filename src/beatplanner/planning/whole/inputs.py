"""The inputs of a plan as ``summary.json`` lists them: each file that it was made from, by what it is known again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from beatplanner.data.description.models import Description
from beatplanner.data.formats.content import bound_content
from beatplanner.data.formats.fingerprint import fingerprint
from beatplanner.data.formats.source import Source
from beatplanner.data.result.sections import list_of

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


def hash_inputs(sources: Iterable[Source], description: Description) -> None:
    """Hash what the inputs say, which `put_inputs` then has at once: that is reading them once more, and no solving."""
    for source in sources:
        _content(source, description)


def put_inputs(summary: Claims, sources: Iterable[Source], description: Description) -> None:
    """Put files into the list of a summary's inputs, each in place of what it has of the same role.

    Parameters
    ----------
    summary
        The content of ``summary.json``; its key ``inputs`` is changed.
    sources
        The files, in order.
    description
        That of the plan: what a project file holds is known by the file itself.
    """
    read = list(sources)
    rows = [
        {
            "role": s.role,
            "path": str(s.path),
            "sha256": s.sha256,
            "content": _content(s, description),
            "modified": s.modified,
            "rows_in": s.rows_in,
            "rows_used": s.rows_used,
            "repaired": list(s.repaired),
            "columns_left_out": len(s.dropped),
            "newest": s.newest or None,
        }
        for s in read
    ]
    now = {s.role for s in read}
    summary["inputs"] = [row for row in list_of(summary, "inputs") if row.get("role") not in now] + rows


def _content(source: Source, description: Description) -> str | None:
    """Return the hash of what an input says; None where it is known by its bytes, is the project file itself, or is not what was read any more."""
    try:
        return (
            bound_content(source.path, source.sha256)
            if source.path != description.file and fingerprint(source.path) == source.sha256
            else None
        )
    except OSError:
        return None
