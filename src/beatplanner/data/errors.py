"""The one error type for input that cannot be used, and the notes for input that is merely doubtful."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Note:
    """What is wrong or doubtful at one place of the input, and how to mend it.

    Parameters
    ----------
    severity
        ``"error"``: the input cannot be used; ``"warning"``: a doubt; ``"info"``: a fact worth knowing.
    what
        What is wrong, in a sentence without a final full stop.
    mend
        What to do about it; empty where nothing needs doing.
    file, layer, row, field
        The place: file name, layer or sheet, row or id as the user knows it, column or key.
    fix
        Keys of the description and the values that mend it, where that is certain enough for ``check --fix``.
    asked
        Whether that mend moves a layer that has a place already, so that ``check --fix`` asks first.
    gone
        Whether a file is not where it was, and nothing that is written is wrong.
    """

    severity: Severity
    what: str
    mend: str = ""
    file: str | Path = ""
    layer: str = ""
    row: str = ""
    field: str = ""
    fix: tuple[tuple[str, str], ...] = ()
    asked: bool = False
    gone: bool = False

    def __str__(self) -> str:
        places = [
            str(self.file) if self.file else "",
            f"layer “{self.layer}”" if self.layer else "",
            f"row {self.row}" if self.row else "",
            f"field “{self.field}”" if self.field else "",
        ]
        place = ", ".join(p for p in places if p)
        text = f"{place}: {self.what}" if place else self.what
        return as_sentence(f"{text}. {self.mend}" if self.mend else text)


def as_sentence(text: str) -> str:
    """Return a text with a full stop, where it does not end a sentence already; in lists all lines end alike."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


class InputError(Exception):
    """The input cannot be used: carries every problem found, not only the first.

    Parameters
    ----------
    problems
        One or more notes of severity ``"error"``.
    """

    def __init__(self, *problems: Note) -> None:
        super().__init__("\n".join(str(p) for p in problems))
        self.problems: tuple[Note, ...] = problems

    def __reduce__(self) -> tuple[type[InputError], tuple[Note, ...]]:
        """Cross to another process with its notes, not with their text only."""
        return type(self), self.problems


class EndedEarlyError(InputError):
    """The user ended a search before it kept the rules, and what it has is not worth an older result."""


class StoppedError(InputError):
    """The user stopped what was waited for; nothing is wrong, and nothing has changed."""

    def __init__(self, *_: Note) -> None:
        super().__init__(problem("this was stopped; nothing has changed"))


def problem(
    what: str,
    mend: str = "",
    *,
    file: str | Path = "",
    layer: str = "",
    row: str = "",
    field: str = "",
    gone: bool = False,
) -> Note:
    """Make a note of severity ``"error"``; see `Note` for the parameters."""
    return Note("error", what, mend, file, layer, row, field, gone=gone)
