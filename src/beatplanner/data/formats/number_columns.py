"""Numbers as people write them: decimal commas and thousands separators, told apart by the whole column."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Blanks of every width, apostrophes and low lines that part thousands; the signs for minus that word processors put in.
GROUPING = re.compile(r"(?<=\d)[\s\u00a0\u2007\u2009\u202f'’_](?=\d{3}(?!\d))")
MINUS = str.maketrans({"−": "-", "–": "-", "‒": "-"})
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?")
SEPARATED = re.compile(r"[+-]?\d[\d.,]*")


@dataclass(frozen=True)
class NumberColumn:
    """Parsed numbers.

    Attributes
    ----------
    values
        (n,) NaN where a text is no number.
    failed
        Positions of texts that are no numbers.
    torn
        Positions of numbers that could mean two things, where the column does not tell which.
    note
        What had to be decided, in a sentence, or an empty text.
    """

    values: np.ndarray
    failed: list[int]
    torn: list[int]
    note: str


def parse_numbers(texts: Sequence[str], *, whole: bool, own: str = "") -> NumberColumn:
    """Return texts as numbers.

    “1.234,5” and “1,234.5” say themselves which sign is the decimal one, and so do “0,25”, “12,5” and “1.234.567”. “1.234” does not: it
    follows the others of its column. Where none of them says, it is one thousand two hundred and thirty-four in a column of `whole`
    numbers such as residents, and of money, which has no thousandths; it is a bit more than one elsewhere. Who types in a window whose
    language has a decimal sign of its own, `own`, means that one where the texts do not say it.

    Examples
    --------
    >>> parse_numbers(["1.234", "2,5"], whole=False).values.tolist()
    [1234.0, 2.5]
    >>> parse_numbers(["1.234", "987"], whole=True).values.tolist()
    [1234.0, 987.0]
    """
    n = len(texts)
    failed: list[int] = []
    unsure: list[tuple[int, str]] = []
    values = np.full(n, np.nan)
    votes = {".": 0, ",": 0}
    for i, text in enumerate(texts):
        plain = GROUPING.sub("", text.strip().translate(MINUS))
        decimal = _decimal(plain)
        if decimal == "?":
            unsure.append((i, plain))
            continue
        number = _number(plain, decimal)
        if number is None or not math.isfinite(number):
            failed.append(i)
        else:
            values[i] = number
            if decimal and SEPARATED.fullmatch(plain):
                votes[decimal] += 1
    torn: list[int] = []
    note, decimal = "", "."
    if unsure:
        signs = {"." if "." in plain else "," for _, plain in unsure}
        if votes["."] and votes[","]:
            torn = [i for i, _ in unsure]
        elif votes["."] or votes[","]:
            decimal = "." if votes["."] else ","
        elif whole:
            note = f"“{unsure[0][1]}” and the like were read as thousands"
            decimal = ","
        elif own:
            decimal = own
        else:
            decimal = "."
            if len(signs) == 2:
                torn = [i for i, _ in unsure]
            else:
                note = f"“{unsure[0][1]}” and the like were read with decimals, not as thousands"
        for i, plain in [] if torn else unsure:
            sign = "." if "." in plain else ","
            decided = votes["."] or votes[","]
            thousands = (whole and not decided) or ((decided or own) and sign != decimal)
            values[i] = float(plain.replace(sign, "" if thousands else "."))
    return NumberColumn(values, failed, torn, note)


def read_number(text: str, *, whole: bool) -> float:
    """Return a number that a person typed alone, where no column tells which sign is the decimal one.

    A point is one, as programs write it, and so is a comma that cannot part thousands. Of `whole` numbers either parts thousands.

    Raises
    ------
    ValueError
        With a sentence: it is no number, is not whole, is too large, or could mean two.

    Examples
    --------
    >>> read_number("0,05", whole=False), read_number("61.125", whole=False), read_number("1 000", whole=True)
    (0.05, 61.125, 1000.0)
    """
    plain = GROUPING.sub("", text.strip().translate(MINUS))
    if not whole and "," in plain and _decimal(plain) == "?":
        point, joined = plain.replace(",", "."), plain.replace(",", "")
        raise ValueError(f"“{text}” could be {point} or {joined}: write it in one of these ways")
    found = parse_numbers([text], whole=whole)
    if found.failed:
        raise ValueError(f"“{text}” is no number")
    number = float(found.values[0])
    if abs(number) >= 2**53:  # from here on not every whole number is one of its own
        raise ValueError(f"“{text}” is too large a number")
    if whole and not number.is_integer():
        raise ValueError(f"“{text}” is no whole number")
    return number


def typed_number(text: str, *, whole: bool, own: str = "") -> float | None:
    """Return a number that somebody types in a window, whose language tells which sign is the decimal one; None where the text is none, or not yet.

    Parameters
    ----------
    text
        What was typed, without a unit.
    whole
        Whether it is a number without decimals, or money.
    own
        The decimal sign of the language of the window.

    Examples
    --------
    >>> [typed_number(t, whole=False, own=",") for t in ("1,5", "1.5", "1.234", "1 000")]
    [1.5, 1.5, 1234.0, 1000.0]
    """
    found = parse_numbers([text], whole=whole, own=own)
    return None if found.failed or found.torn else float(found.values[0])


def _decimal(text: str) -> str:
    """Return the decimal sign that a text shows, ``""`` where it has none, ``"?"`` where it may be either."""
    dots, commas = text.count("."), text.count(",")
    if not dots and not commas:
        return ""
    if dots and commas:
        return "." if text.rfind(".") > text.rfind(",") else ","
    sign, count = (".", dots) if dots else (",", commas)
    if count > 1:
        return "," if sign == "." else "."
    before, after = text.split(sign)
    before = before.lstrip("+-")
    if len(after) == 3 and after.isdigit() and before.isdigit() and len(before) <= 3 and not before.startswith("0"):
        return "?"
    return sign


def _number(text: str, decimal: str) -> float | None:
    if decimal and SEPARATED.fullmatch(text):
        other = "," if decimal == "." else "."
        whole, _, part = text.rpartition(decimal) if decimal in text else (text, "", "")
        groups = whole.lstrip("+-").split(other)
        # thousands stand in threes, or it is no number that anyone meant
        if (
            decimal in whole
            or (len(groups) > 1 and (any(len(g) != 3 for g in groups[1:]) or len(groups[0]) > 3))
            or other in part
        ):
            return None
        text = whole.replace(other, "") + (f".{part}" if part else "")
    elif decimal == ",":
        text = text.replace(",", ".")
    if not PLAIN.fullmatch(text):
        # what float() also knows, such as inf and nan, is told as what it is
        try:
            number = float(text)
        except ValueError:
            return None
        return None if math.isfinite(number) else number
    return float(text)
