"""JSON files beside a plan: figures for people and programs, and the audit, one line for each change that was accepted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from beatplanner.data.result.cells import readable

AUDIT = "audit.jsonl"


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write figures as JSON that people may read; what is not a number is null."""
    text = json.dumps(readable(content), indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text, encoding="utf-8")


def write_audit(before: Path, part: Path, accepted: Sequence[Mapping[str, object]]) -> None:
    """Write into a new result what the one before it keeps of accepted changes, and those of now; nothing where there are none.

    Parameters
    ----------
    before, part
        The result that was changed, and the new one while it is written.
    accepted
        A line each.
    """
    kept = before / AUDIT
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.is_file() else []
    lines += [json.dumps(line, ensure_ascii=False) for line in accepted]
    if lines:
        (part / AUDIT).write_text("\n".join(lines) + "\n", encoding="utf-8")
