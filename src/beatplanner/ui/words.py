"""Figures and proofs in words, for command line and window."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from beatplanner.data.result.draft import proven_gap, reported_gap, standing_of
from beatplanner.data.result.draft_reason import gap_words
from beatplanner.planning.progress import split_unit

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


# A gap at which a plan counts as optimal, as in the contract's status.
OPTIMAL_GAP = 1e-4


# A wider gap says that the proof has not begun, not how good the plan is.
WORTH_TELLING = 0.9


def progress_line(phase: str, best: float | None, bound: float | None) -> str:
    """Say in one line how far a phase is; a phase may bear the unit of its numbers in brackets."""
    phase, unit = split_unit(phase)
    unit = f" {unit}" if unit else ""
    if best is None:
        return phase
    if bound is None:
        return f"{phase}: best {best:,.0f}{unit}"
    gap = max(0.0, (best - bound) / best) if best > 0 else max(0.0, best - bound)
    if gap <= OPTIMAL_GAP:
        return f"{phase}: best {best:,.0f}{unit}, proven optimal"
    if gap > WORTH_TELLING:
        return f"{phase}: best {best:,.0f}{unit}, no useful bound yet"
    return f"{phase}: best {best:,.0f}{unit}, proven at least {bound:,.0f} (gap {gap_words(gap)})"


def proof_in_few_words(step: Claims) -> str:
    """Return what is proven of a step, in a few words."""
    if step["status"] == "infeasible":
        return "rules relaxed"
    if step["status"] == "unknown":
        return "rules relaxed, as no plan that keeps them was found"
    gap, reported = proven_gap(step), reported_gap(step)
    more = (
        "" if reported is None else f"; the search reports at most {gap_words(reported)}, which “verify” cannot check"
    )
    if gap is None:
        return f"no bound that can be checked{more}" if more else "no bound computed"
    if standing_of(step) == "best":
        return "proven optimal"
    hurried = "; the time cut the proof short, a longer limit tells more" if step.get("proof_cut_short") else ""
    return f"within {gap_words(gap)} of the best possible{hurried}{more}"


def many(number: float, word: str) -> str:
    """Return a number with its noun in the singular or plural."""
    return f"{number:,.0f} {word}" + ("" if number == 1 else "s")


def short(value: Any) -> str:
    """Return a value as a table cell."""
    if isinstance(value, float):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "…"


# Where a message on rules that clash begins with another municipality, or with what would do.
PARTS_OF_CLASH = re.compile(r"(?<=\.) (?=In [^:.]{1,80}: |The smallest )")


def clash_lines(text: str) -> list[str]:
    """Return a message on rules that clash as lines: one a municipality, and one of what would do."""
    return PARTS_OF_CLASH.split(text)


# The municipality that a line of such a message is about, and how the line begins that says what would do.
PLACE_OF_CLASH, WAY_OF_CLASH = re.compile(r"In ([^:.]{1,80}): "), re.compile(r"The smallest ")


class LineOfMany(NamedTuple):
    """One line of many: the municipality that it is about, what is wrong, and what to do; "" where that is not known."""

    place: str
    what: str
    do: str


def lines_of_many(lines: Iterable[str]) -> list[LineOfMany]:
    """Return lines of `clash_lines`, or others, by what they are about; what would do stands beside each line that it is told of."""
    found: list[LineOfMany] = []
    open_from = 0
    for line in lines:
        if WAY_OF_CLASH.match(line) and len(found) > open_from:
            found[open_from:] = [row._replace(do=line) for row in found[open_from:]]
            open_from = len(found)
            continue
        place = PLACE_OF_CLASH.match(line)
        if place is None:
            # a clash of the whole town: what would do for others is no way out of it
            open_from = len(found)
        what = line if place is None else line[place.end() :]
        found.append(LineOfMany("" if place is None else place[1], what, ""))
    return found
