"""Blocks of a page: headings, paragraphs, tables; and names in the order in which people look for them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

Block = dict[str, Any]

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


def heading(text: str) -> Block:
    """Make a heading."""
    return {"kind": "heading", "text": text}


def paragraph(text: str) -> Block:
    """Make a paragraph."""
    return {"kind": "text", "text": text}


def table(
    header: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = (), widths: Sequence[float] = ()
) -> Block:
    """Make a table; `numbers` are columns set to the right."""
    block: Block = {"kind": "table", "header": list(header), "rows": [list(r) for r in rows], "numbers": list(numbers)}
    return block | ({"widths": list(widths)} if widths else {})


def capital(text: str) -> str:
    """Return a text that begins with a capital letter, as a sentence does."""
    return f"{text[:1].upper()}{text[1:]}"


def natural(text: str) -> tuple[Any, ...]:
    """Return a key by which “Kej 9” comes before “Kej 10”, “Čair” after “Centar” and “Ѓорче” after “Дуќан”."""
    parts = [p for p in re.split(r"(\d+)", unicodedata.normalize("NFC", text)) if p]
    return tuple((0, int(p), "") if p.isdigit() else (1, 0, "".join(map(_placed, p.casefold()))) for p in parts)


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
