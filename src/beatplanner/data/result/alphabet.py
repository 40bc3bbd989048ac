"""Names in the order in which people look for them, and places that differ only by a number told together."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

# Letters whose place in the alphabets that have them does not follow from Unicode: each stands after the letter named.
AFTER = {
    "ґ": "г",
    "ѓ": "д1",
    "ђ": "д2",
    "є": "е",
    "ѕ": "з",
    "і": "и1",
    "ї": "и2",
    "ј": "и4",
    "љ": "л",
    "њ": "н",
    "ќ": "т1",
    "ћ": "т2",
    "ў": "у",
    "џ": "ч",
    "đ": "d",
    "ł": "l",
    "ı": "h",
}
# Sorts behind each letter.
LAST = "\uffff"


def natural(text: str) -> tuple[Any, ...]:
    """Return a key by which “Kej 9” comes before “Kej 10”, “Čair” after “Centar” and “Ѓорче” after “Дуќан”."""
    parts = [p for p in re.split(r"(\d+)", unicodedata.normalize("NFC", text)) if p]
    return tuple((0, int(p), "") if p.isdecimal() else (1, 0, "".join(map(_placed, p.casefold()))) for p in parts)


def _placed(letter: str) -> str:
    """Return what sorts as a letter does in the alphabets that have it: behind the letter that it is made of."""
    if letter in AFTER:
        return AFTER[letter][0] + LAST + AFTER[letter][1:]
    base, *marks = unicodedata.normalize("NFD", letter)
    # the third letter that is made of “и” is “й”
    return base + LAST + ("3" if letter == "й" else "".join(marks)) if marks else letter


def stem(name: str) -> tuple[str, str]:
    """Return a name without the number at its end, and the number."""
    found = re.fullmatch(r"(.*?)\s+(\d{1,4})", name)
    return (found[1], found[2]) if found else (name, "")


def ranges(numbers: Sequence[str]) -> str:
    """Return numbers as “1–4, 7”."""
    values = sorted(int(n) for n in numbers if n)
    spans: list[list[int]] = []
    for v in values:
        if spans and v == spans[-1][1] + 1:
            spans[-1][1] = v
        else:
            spans.append([v, v])
    return ", ".join(f"{a}" if a == b else f"{a}–{b}" for a, b in spans)


def places_listed(names: Iterable[str]) -> str:
    """Return places as “Kej 1–4, 7; Зелен Рид 2”: each once, in the order of the alphabet, none left out."""
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        place, number = stem(name)
        groups.setdefault(place, []).append(number)
    listed = [
        *(place for place, numbers in groups.items() if "" in numbers),
        *(f"{place} {ranges(numbers)}" for place, numbers in groups.items() if any(numbers)),
    ]
    return "; ".join(sorted(listed, key=natural))
