"""Looks through everything that people are shown of results, JSON too, for figures that nobody would write and for “1 beats”."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import openpyxl

UNROUNDED = re.compile(r"\d\.\d{9,}|\d\.?\d*e-\d\d")
PLURAL = re.compile(
    r"(?<![\d.,\-–])1 (?:vacant |broken |new |whole |paid |trained )?(?:rotations|tenures|beats|officers|stations|months|posts|residents|hours|years|units|moves|vehicles|municipalities|forums|meetings|minutes|"
    r"places|seats|recruits|people|appeals|supervisors|draws|figures|speakers|beat-months|post-months|changes|classes)\b"
)


def faults(folder: Path) -> list[str]:
    """Return what is wrong in tables, pages and workbooks under a folder, with the file."""
    found = []
    for file in sorted(folder.rglob("*")):
        kind = file.suffix.casefold()
        texts: list[str] = []
        if kind == ".csv":
            with file.open(encoding="utf-8-sig", newline="") as stream:
                texts = [cell for row in csv.reader(stream) for cell in row]
            if file.parent.name == "service":
                # rates from which figures are computed again: as many digits as JSON has
                found += [f"{file.relative_to(folder)}: {t}" for t in texts if _dust(t)]
                continue
        elif kind == ".xlsx":
            for sheet in openpyxl.load_workbook(file):
                for row in sheet.iter_rows():
                    for cell in row:
                        value = cell.value
                        if isinstance(value, str):
                            texts.append(value)
                        elif isinstance(value, float) and cell.number_format == "General":
                            texts.append(repr(value))
        elif kind == ".json":
            for value in _values(json.loads(file.read_text(encoding="utf-8"))):
                if isinstance(value, str):
                    texts.append(value)
                elif isinstance(value, float) and float(f"{value:.12g}") != value:
                    found.append(f"{file.relative_to(folder)}: {value!r}")
        elif kind in (".html", ".htm"):
            page = file.read_text(encoding="utf-8")
            page = re.sub(r"(?s)<(script|style|svg)\b.*?</\1>", " ", page)
            # a cell, a paragraph or a line is a text of its own
            page = re.sub(r"</?(?:b|i|a|em|strong|span|small|code)\b[^>]*>", "", page)
            texts = [" ".join(unescape(t).split()) for t in re.split(r"<[^>]+>", page)]
        for text in texts:
            for pattern in (UNROUNDED, PLURAL):
                found += [
                    f"{file.relative_to(folder)}: “{m[0]}” in “{_around(text, m)}”" for m in pattern.finditer(text)
                ]
    return found


def _dust(text: str) -> bool:
    """Tell whether a cell is a number with more than twelve digits."""
    try:
        return float(f"{float(text):.12g}") != float(text)
    except ValueError:
        return False


def _values(content: object) -> Iterator[object]:
    """Yield each value of a JSON structure; names of keys are none."""
    if isinstance(content, dict | list):
        for one in content.values() if isinstance(content, dict) else content:
            yield from _values(one)
    else:
        yield content


def _around(text: str, match: re.Match[str]) -> str:
    return text[max(0, match.start() - 40) : match.end() + 40]
