"""Edits of a plan by hand as a file: a JSON list that the desktop writes, that people can read, and that the command line replays.

Each edit is an object with ``kind`` and what that kind needs::

    {"kind": "paint",   "units": ["17", "18"], "beat": "3"}       units go to a beat
    {"kind": "split",   "units": ["17", "18"], "beat": "12"}      units become a beat of their own, with this id
    {"kind": "merge",   "beats": ["3", "4"]}                      the later beats become part of the first
    {"kind": "lock",    "units": ["17"]}                          units stay in their beat, whatever is solved or painted
    {"kind": "unlock",  "units": ["17"]}
    {"kind": "link",    "pairs": [["17", "30"]], "what": "bridge", "reason": "footbridge opened in May"}
    {"kind": "barrier", "pairs": [["17", "18"]], "what": "railway", "reason": "no crossing", "line": [[x, y], …]}
    {"kind": "remove",  "pairs": [["17", "30"]]}                  a drawn link or barrier is taken away again
    {"kind": "repair",  "moves": {"17": "3"}}                     what a repair moved, unit: beat
    {"kind": "take",    "moves": {"17": "3"}}                     what was taken from a solved plan

and, where known, ``reason``, ``author`` and ``time`` (ISO, UTC). Ids are those of the user's layers, as text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from beatplanner.data.causes import cause
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.narrowing import is_dict, is_list
from beatplanner.data.output_place import write_file

Kind = Literal["paint", "split", "merge", "lock", "unlock", "link", "barrier", "remove", "repair", "take"]
VERSION = 1


class Edit(BaseModel):
    """One edit; see the module for what each kind needs."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    kind: Kind
    units: tuple[str, ...] = ()
    beat: str = ""
    beats: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    moves: dict[str, str] = Field(default_factory=dict[str, str])
    line: tuple[tuple[float, float], ...] = ()
    what: str = ""
    reason: str = ""
    author: str = ""
    time: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the edit as plain values without what is empty."""
        return self.model_dump(mode="json", exclude_defaults=True)


def write_edits(path: Path, edits: Sequence[Edit]) -> None:
    """Write edits, beside first and then swapped in.

    Raises
    ------
    InputError
        Where the file cannot be written.
    """
    content = {"version": VERSION, "edits": [e.as_json() for e in edits]}
    write_file(path, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8"))


def read_edits(path: Path) -> list[Edit]:
    """Read edits.

    Raises
    ------
    InputError
        Where the file is missing or no list of edits, or was written by a newer version.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(problem(f"the edits cannot be read ({cause(error)})", "Check the path", file=path)) from None
    except ValueError as error:
        raise InputError(problem(f"this is no JSON ({cause(error)})", "Give edits.json of a plan", file=path)) from None
    if is_dict(content):
        if content.get("version", VERSION) != VERSION:
            raise InputError(
                problem(
                    f"these edits are of version {content.get('version')}, and this program knows {VERSION}",
                    "Use a newer beatplanner",
                    file=path,
                )
            )
        content = content.get("edits")
    if not is_list(content):
        raise InputError(problem("there is no list of edits here", 'Give {"version": 1, "edits": [ … ]}', file=path))
    found: list[Edit] = []
    wrong: list[Note] = []
    for number, item in enumerate(content, 1):
        try:
            found.append(Edit.model_validate(item))
        except ValidationError as error:
            first = error.errors()[0]
            wrong.append(
                problem(
                    "this edit lacks what it needs, or has what it may not have",
                    "See the guide for what each kind of edit needs",
                    file=path,
                    row=str(number),
                    field=".".join(str(s) for s in first["loc"]),
                )
            )
    if wrong:
        raise InputError(*wrong)
    return found
