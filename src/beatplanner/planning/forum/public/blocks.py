"""Blocks of a page: headings, paragraphs, tables; and names in the order in which people look for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Block = dict[str, Any]


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


def natural(text: str) -> tuple[Any, ...]:
    """Return a key by which “Kej 9” comes before “Kej 10”."""
    return tuple((0, int(p), "") if p.isdigit() else (1, 0, p.casefold()) for p in re.split(r"(\d+)", text) if p)


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
