"""Collects what is found while reading, so that every problem is told at once."""

from __future__ import annotations

import difflib
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from beatplanner.data.errors import InputError, Note, Severity


class Findings:
    """Problems, doubts and facts, gathered over several layers.

    Attributes
    ----------
    notes
        Warnings and facts, in the order found.
    problems
        Errors, in the order found.
    """

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.problems: list[Note] = []

    @contextmanager
    def keep(self) -> Generator[None]:
        """Keep the problems of an `InputError` and go on after the block."""
        try:
            yield
        except InputError as error:
            self.add(error.problems)

    def add(self, notes: Iterable[Note]) -> None:
        """Take in notes of any severity, each once."""
        for note in notes:
            found = self.problems if note.severity == "error" else self.notes
            if note not in found:
                found.append(note)

    def note(
        self,
        severity: Severity,
        what: str,
        mend: str = "",
        *,
        file: str | Path = "",
        layer: str | None = None,
        row: str = "",
        field: str = "",
    ) -> None:
        """Add one note; see `Note` for the parameters."""
        self.add([Note(severity, what, mend, file, layer or "", row, field)])

    def raise_if_any(self) -> None:
        """Raise `InputError` with every problem, where there is one."""
        if self.problems:
            raise InputError(*self.problems)


def nearest(wanted: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like the wanted one (case aside), or None where none is like it."""
    by_folded = {name.casefold(): name for name in reversed(list(known))}
    found = difflib.get_close_matches(wanted.casefold(), by_folded, n=1, cutoff=0.55)
    return by_folded[found[0]] if found else None


def did_you_mean(wanted: str, known: Iterable[str]) -> str:
    """Return the sentence that proposes the nearest known name, or an empty text."""
    name = nearest(wanted, known)
    return f"Did you mean “{name}”?" if name else ""


def listed(names: Iterable[object], most: int = 8) -> str:
    """Return names as “a, b, c and 4 more”."""
    every = [str(name) for name in names]
    if len(every) <= most:
        return ", ".join(every)
    return f"{', '.join(every[:most])} and {len(every) - most:,} more"


def amount_text(value: float, digits: int = 4) -> str:
    """Return an amount of anything with so many significant digits at least, and all those before the decimal point.

    Examples
    --------
    >>> amount_text(12345.6), amount_text(412.23), amount_text(0.5)
    ('12,346', '412.2', '0.5')
    """
    # what is smaller than one has no more decimals than its digits
    before = len(f"{abs(value):.0f}") if abs(value) >= 1 else 0
    text = f"{value:,.{max(0, digits - before)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
