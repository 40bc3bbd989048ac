"""Blocks of a page: headings, paragraphs, tables."""

from __future__ import annotations

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


def capital(text: str) -> str:
    """Return a text that begins with a capital letter, as a sentence does."""
    return f"{text[:1].upper()}{text[1:]}"
