"""What the checker found: one entry a claim, with what is claimed, what was found, and where they differ."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

# Numbers in files are written in full, so only the order of summation may differ.
RELATIVE = 1e-6
ABSOLUTE = 1e-6

# Status of a step whose plan does not keep all rules: proven that none does, or none was found.
RELAXED = ("infeasible", "unknown")


# Figures are told with twelve digits: the last may be off by half of a unit.
DIGITS_SLACK = 1e-11


def whole_months(since: object, until: object) -> int:
    """Return the whole calendar months from one day (a date, or text that begins with one) to another; 0 where the second is not later."""
    (y, m, d), (v, n, e) = ((int(x) for x in day_text(day).split("-")) for day in (since, until))
    return max(0, 12 * (v - y) + n - m - (e < d))


State = Literal["checked", "wrong", "not checked"]
NOT_CHECKED: Literal["not checked"] = "not checked"

# How many of the places that differ are named; the rest are counted.
NAMED = 5


@dataclass(frozen=True)
class Check:
    """One claim and what became of it.

    Attributes
    ----------
    name
        The claim, such as ``"beats.max_deviation"``.
    claimed, found
        What the files say, and what was computed anew; words or numbers as text.
    ok
        Whether nothing is wrong. A claim that cannot be checked, because an input is gone, is no failure, but it is not shown as one that holds:
        see `state`.
    detail
        Where they differ, in sentences with names of places; empty where there is nothing to add.
    """

    name: str
    claimed: str
    found: str
    ok: bool
    detail: str = ""

    @property
    def state(self) -> State:
        """``"checked"``, ``"wrong"`` or ``"not checked"``."""
        return "wrong" if not self.ok else NOT_CHECKED if self.found == NOT_CHECKED else "checked"

    def __str__(self) -> str:
        text = f"{self.state} {self.name}: {self.claimed}"
        if self.found != self.claimed:
            text += f"; found {self.found}"
        return f"{text}. {self.detail}" if self.detail else text


@dataclass(frozen=True)
class Verdict:
    """Every check of a result folder.

    Attributes
    ----------
    ok
        Whether no claim was found wrong.
    checks
        In the order of the summary: the summary itself, inputs, units, beats, stations, officers.
    """

    ok: bool
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The claims that were found wrong."""
        return tuple(check for check in self.checks if not check.ok)

    @property
    def unchecked(self) -> tuple[Check, ...]:
        """The claims that could not be checked, with the reason in `Check.detail`."""
        return tuple(check for check in self.checks if check.state == NOT_CHECKED)


class Ledger:
    """Collects checks."""

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.values: dict[str, float] = {}  # what was found, in full, by the claim's name

    def verdict(self) -> Verdict:
        """Close the ledger."""
        return Verdict(all(check.ok for check in self.checks), tuple(self.checks))

    def add(self, name: str, ok: bool, claimed: Any, found: Any, detail: str = "") -> bool:
        """Enter a check; `claimed` and `found` are put in words. Returns `ok`."""
        self.checks.append(Check(name, value_in_words(claimed), value_in_words(found), bool(ok), detail))
        return bool(ok)

    def number(self, name: str, claimed: Any, found: float | None, unit: str = "", detail: str = "") -> bool:
        """Enter a check that two numbers agree; None agrees with None only. Returns whether they do."""
        ok = same(claimed, found)
        if found is not None:
            self.values[name] = float(found)
        said, was = value_in_words(claimed), value_in_words(found)
        if not ok and said == was:
            said, was = repr(claimed), repr(found)
        tail = f" {unit}" if unit else ""
        self.checks.append(
            Check(
                name,
                said + tail,
                was + tail,
                ok,
                detail if detail or ok else f"{said}{tail} is claimed, {was}{tail} was found.",
            )
        )
        return ok

    def each(self, name: str, claimed: str, wrong: Iterable[str], of: int, what: str) -> bool:
        """Enter a check of many places at once.

        Parameters
        ----------
        name
            The claim.
        claimed
            What holds for every place, in words.
        wrong
            One sentence for each place where it does not hold.
        of
            How many places there are.
        what
            What the places are, in the plural.

        Returns
        -------
        bool
            Whether it holds everywhere.
        """
        sentences = list(wrong)
        found = f"all {of:,} {what}" if not sentences else f"not so for {len(sentences):,} of {of:,} {what}"
        detail = " ".join(sentences[:NAMED])
        if len(sentences) > NAMED:
            detail += f" And {len(sentences) - NAMED:,} more."
        return self.add(name, not sentences, claimed, found, detail)

    def pairs(self, name: str, claimed: str, rows: Iterable[tuple[str, Any, Any]], what: str, unit: str = "") -> bool:
        """Enter a check that a number agrees in every row; `rows` are (name of the place, claimed, found)."""
        rows = list(rows)
        tail = f" {unit}" if unit else ""
        wrong = [
            f"{place}: {value_in_words(said)}{tail} is claimed, {value_in_words(was)}{tail} was found."
            for place, said, was in rows
            if not same(said, was)
        ]
        return self.each(name, claimed, wrong, len(rows), what)

    def state(self, name: str) -> State | None:
        """Return what became of a claim, the worst where it was entered more than once; None where it was not entered."""
        found = [c.state for c in self.checks if c.name == name]
        return next((s for s in ("wrong", "checked", NOT_CHECKED) if s in found), None)  # type: ignore[return-value]

    def unchecked(self, name: str, claimed: Any, why: str) -> None:
        """Enter a claim that cannot be checked; it does not fail."""
        self.checks.append(Check(name, value_in_words(claimed), NOT_CHECKED, True, why))


def is_number(value: Any) -> TypeGuard[float]:
    """Return whether `value` is a finite number, truth values aside."""
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        return False
    return math.isfinite(float(value))


def date_of(value: object) -> dt.date | None:
    """Return a day as a table or the summary has it; None where it is empty."""
    return None if missing(value) or not str(value) else dt.date.fromisoformat(day_text(value))


def day_text(value: object) -> str:
    """Return a day in ten letters, without the midnight behind it; a text with anything else behind it stays as it is, and is no day."""
    day, behind = str(value)[:10], str(value)[10:]
    return day if behind[1:9] in ("", "00:00:00") and behind[:1] in ("", " ", "T") else str(value)


def missing(value: Any) -> bool:
    """Return whether a cell is empty: None, NaN or a pandas NA."""
    if type(value) is str:
        return False
    return (
        value is None or (hasattr(value, "__float__") and math.isnan(float(value))) or type(value).__name__ == "NAType"
    )


def same(claimed: Any, found: Any, relative: float = RELATIVE, absolute: float = ABSOLUTE) -> bool:
    """Return whether two numbers agree but for rounding; two missing ones do, a missing and a given one do not."""
    if missing(claimed) or missing(found):
        return missing(claimed) and missing(found)
    if not is_number(claimed) or not is_number(found):
        return False
    return math.isclose(float(claimed), float(found), rel_tol=relative, abs_tol=absolute)


def value_in_words(value: Any) -> str:
    """Put a value in words: thousands separators, at most four decimals, “none” for a missing one."""
    if isinstance(value, str):
        return value
    if missing(value):
        return "none"
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if is_number(value):
        number = float(value)
        if number == int(number):
            return f"{int(number):,}"
        # no power of ten: it is no number to those who read it, nor to the templates of other languages
        return (
            f"{number:,.4f}"
            if abs(number) >= 1e-3
            else f"{number:.{3 - math.floor(math.log10(abs(number)))}f}".rstrip("0")
        )
    return str(value)


def text(value: Any) -> str | None:
    """Return an id as text, as the town has it; None where there is none."""
    if type(value) is str:
        return value
    if missing(value):
        return None
    if is_number(value) and not isinstance(value, str) and float(value) == int(value):
        return str(int(value))
    return str(value)


def tells(number: str, values: Iterable[Any]) -> bool:
    """Return whether a number in a sentence, such as ``1,315``, ``45%`` or ``2.83`` (million), is one of the values but for its rounding."""
    plain = number.rstrip("%").rstrip(",").replace(",", "")
    digits = len(plain.partition(".")[2])
    said, half = float(plain), 0.5 * 10.0**-digits * (1 + 1e-6) + 1e-9
    if number.endswith("%"):
        return any(abs(100 * float(v) - said) <= half for v in values if is_number(v))
    scales = (1.0, 1e-6) if digits else (1.0,)
    return any(abs(float(v) * k - said) <= half for v in values if is_number(v) for k in scales)
