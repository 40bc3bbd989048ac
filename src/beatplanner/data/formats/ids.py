"""Ids of one table found among those of another, wholly or not at all by each rule: “1.0”, “01” and “1” are one where a whole column says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from beatplanner.data.findings import did_you_mean


@dataclass(frozen=True)
class IdMatch:
    """Ids found among others.

    Attributes
    ----------
    positions
        Place of each among the known ones, None where it is none of them.
    note
        How they had to be compared, in a sentence; empty where they are written alike.
    """

    positions: list[int | None]
    note: str

    @property
    def missing(self) -> list[int]:
        """Positions of those that were not found."""
        return [i for i, p in enumerate(self.positions) if p is None]


def _number(text: str) -> str:
    """Return a number without zeros in front and behind: a spreadsheet adds and takes both."""
    found = re.fullmatch(r"([+-]?)0*(\d+?)(?:[.,]0+)?", text)
    return f"{found[1]}{found[2]}" if found else text


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).casefold()


# From the strictest to the loosest; each is used for the whole column.
RULES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("", lambda text: text),
    # what our own tables put before an id, so that no spreadsheet takes it for a formula, is no part of it
    ("", lambda text: re.sub(r"^'(?=[=+\-@])", "", text)),
    (
        "ids were compared without leading zeros and without decimals behind, which a spreadsheet adds and takes",
        _number,
    ),
    ("ids were compared whatever their capitals and blanks", _folded),
    (
        "ids were compared as parts between signs, without zeros in front, whatever their capitals",
        lambda text: "-".join(_number(p) for p in re.split(r"[\s./_\-]+", text.casefold()) if p),
    ),
)


def match_ids(wanted: Sequence[str | None], known: Sequence[str | None]) -> IdMatch:
    """Find ids among known ones by the strictest rule that finds them all, else by the strictest of those that find most.

    A rule under which two known ids would be one is none.

    Examples
    --------
    >>> match_ids(["1.0", "02", None], ["1", "2", "3"]).positions
    [0, 1, None]
    """
    best = IdMatch([None] * len(wanted), "")
    for note, rule in RULES:
        place: dict[str, int] = {}
        for i, name in enumerate(known):
            if name is not None:
                place.setdefault(rule(name.strip()), i)
        if len(place) < sum(name is not None for name in known):
            continue
        found = IdMatch([None if w is None else place.get(rule(w.strip())) for w in wanted], note)
        if len(found.missing) < len(best.missing):
            best = found
    return best


def as_known(written: Sequence[str | None], known: Sequence[str | None]) -> tuple[list[str | None], IdMatch]:
    """Return ids as those that they are found among write them, one that is none of them as it stands, and how they were found.

    Examples
    --------
    >>> as_known(["7.0", "west", "9"], ["07", "West"])[0]
    ['07', 'west', '9']
    """
    match = match_ids(written, known)
    return [w if p is None else known[p] for w, p in zip(written, match.positions, strict=True)], match


def id_advice(unknown: str, known: Sequence[str], found: Sequence[str]) -> str:
    """Return what to do about an id that is not there: the likeliest one, or where it is none, what the ids look like."""
    if not re.fullmatch(r"[\d.,\s-]+", unknown):
        said = did_you_mean(unknown, known)
        if said:
            return said
    # a number is no misspelled other one: what to look at is the column
    few = ", ".join(f"“{k}”" for k in list(known)[:3])
    free = [k for k in known if k not in set(found)]
    return f"The ids look like {few}" + (f"; {len(free):,} of {len(known):,} are not in the table" if free else "")
