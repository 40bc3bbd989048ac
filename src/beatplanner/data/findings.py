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


# So many decimals a share in percents has at most: as many digits as a description keeps of it.
DECIMALS_OF_SHARE = 6


def decimals_of_share(share: float) -> int:
    """Return how many decimals a share has that somebody set, in percents.

    Examples
    --------
    >>> decimals_of_share(0.15), decimals_of_share(0.0005), decimals_of_share(0.1234)
    (0, 2, 2)
    """
    percents = 100 * share
    fits = (d for d in range(DECIMALS_OF_SHARE) if abs(percents - round(percents, d)) < 1e-9 * max(1.0, abs(percents)))
    return next(fits, DECIMALS_OF_SHARE)


def share_text(share: float) -> str:
    """Return a share that somebody set, a rule's, with the digits that it has.

    Examples
    --------
    >>> share_text(0.15), share_text(0.0005), share_text(0.075)
    ('15%', '0.05%', '7.5%')
    """
    return f"{share:.{decimals_of_share(share)}%}"


def decimals_apart(found: float, allowed: float, least: int = 0, kind: str = "f") -> int:
    """Return the decimals by which what was found is told from what a rule allows, as numbers or (`kind` “%”) in percents.

    Examples
    --------
    >>> decimals_apart(2179.9, 2179.6), decimals_apart(0.10003, 0.1, 1, "%")
    (1, 3)
    """
    apart = (d for d in range(least, DECIMALS_OF_SHARE) if f"{found:.{d}{kind}}" != f"{allowed:.{d}{kind}}")
    return next(apart, DECIMALS_OF_SHARE)


def decimals_beside(found: float, allowed: float) -> int:
    """Return the decimals in percents by which a share that was found is told from what a rule allows: those of the rule, and one, at least.

    Examples
    --------
    >>> decimals_beside(0.126, 0.05), decimals_beside(0.10003, 0.1), decimals_beside(0.0006, 0.0005)
    (1, 3, 2)
    """
    return decimals_apart(found, allowed, max(1, decimals_of_share(allowed)), "%")


def share_beside(found: float, allowed: float) -> str:
    """Return a share that was found with the digits that tell it from what a rule allows.

    Examples
    --------
    >>> share_beside(0.50004, 0.5)
    '50.004%'
    """
    return f"{found:.{decimals_beside(found, allowed)}%}"
