"""Checks of a comparison's page and workbook against its figures."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beatplanner.data.publish.comparison_words import beat_said, in_words, label_said
from beatplanner.data.publish.force_language import content_speech
from beatplanner.data.result.draft_reason import gap_at_most
from beatplanner.planning.verification.ledger import Ledger, is_number, same, value_in_words

if TYPE_CHECKING:
    from beatplanner.data.result.comparison import Comparison


class _Rows(HTMLParser):
    """Collects the cells of each row of a page's tables, help texts left out."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open, self.hidden = False, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
            self.open = True
        elif tag == "span" and ("class", "help") in attrs:
            self.hidden = 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.open = False
        elif tag == "span":
            self.hidden = 0

    def handle_data(self, data: str) -> None:
        if self.open and not self.hidden:
            self.rows[-1][-1] += data


def check_page(ledger: Ledger, path: Path, content: Comparison) -> None:
    """Find every figure of the comparison again in its page."""
    if not path.is_file():
        ledger.add("comparison.html", False, "a page", "not there")
        return
    parser = _Rows()
    parser.feed(path.read_text(encoding="utf-8"))
    rows = [[cell.strip() for cell in row] for row in parser.rows]
    wrong: list[str] = []
    count, said = 0, content_speech(content)
    for block in content["blocks"]:
        for r in block["rows"]:
            count += 1
            wanted = [label_said(said, r), *(in_words(v, r["kind"], said) for v in r["values"])]
            if wanted not in rows:
                wrong.append(f"{r['label']} does not stand in the page as {', '.join(wanted[1:])}.")
    ledger.each("comparison.html", "every figure stands in the page", wrong, count, "rows")


def check_workbook(ledger: Ledger, path: Path, content: Comparison) -> None:
    """Find every figure again in the workbook, its formulas worked out."""
    if not path.is_file():
        ledger.add("comparison.xlsx", False, "a workbook", "not there")
        return
    import openpyxl

    book = openpyxl.load_workbook(path)
    # figures, then beats: their names are those of the language
    (sheet, beats), said = book.worksheets[:2], content_speech(content)
    wrong: list[str] = []
    count = 0
    # rows come in the order of the file
    cells = iter(tuple(sheet.iter_rows(min_row=2)))
    for block in content["blocks"]:
        next(cells)
        for r in block["rows"]:
            row = next(cells)
            for k, value in enumerate(r["values"]):
                count += 1
                cell = row[1 + k].value
                found = _evaluated(cell, beats, row, sheet) if isinstance(cell, str) and cell.startswith("=") else cell
                if r["kind"] == "yes" and value is not None:
                    value = said.text("yes" if value else "no")
                elif r["kind"] == "gap" and value is not None:
                    value = gap_at_most(value)
                elif r["kind"] == "text":
                    value = beat_said(said, value)
                alike = same(value, found) if is_number(value) else (found in (value, f"'{value}"))
                if not alike:
                    wrong.append(
                        f"{r['label']}, {content['columns'][k]['name']}: {value_in_words(value)} is told, the workbook gives {value_in_words(found)}."
                    )
    ledger.each("comparison.xlsx", "every figure stands in the workbook, formulas worked out", wrong, count, "cells")


def _evaluated(formula: str, beats: Any, row: Any, sheet: Any) -> float | None:
    """Work out one of the workbook's own kinds of formula."""
    name = re.escape(beats.title)
    span = re.findall(rf"(?:'{name}'|\b{name})!([A-H])(\d+):[A-H](\d+)", formula)
    if not span:
        quotient = re.fullmatch(r"=([A-Z]+)(\d+)/([A-Z]+)(\d+)", formula)
        if quotient is None:
            return None
        over = sheet[f"{quotient[3]}{quotient[4]}"].value
        return float(sheet[f"{quotient[1]}{quotient[2]}"].value) / float(over)
    first, last = int(span[0][1]), int(span[0][2])
    hours = [float(beats[f"D{r}"].value) for r in range(first, last + 1)]
    posts = [float(beats[f"F{r}"].value) for r in range(first, last + 1)]
    load = [h / q for h, q in zip(hours, posts, strict=True) if q > 0]
    if formula.startswith("=ROWS"):
        return float(len(hours))
    if formula.startswith("=MAX"):
        return max(load)
    if formula.startswith("=MIN"):
        return min(load)
    if formula.startswith("=SUMIF"):
        return math.fsum(h for h, q in zip(hours, posts, strict=True) if q > 0) / math.fsum(posts)
    if formula.startswith("=SUM"):
        return math.fsum(posts)
    return float(posts.count(0.0)) if formula.startswith("=COUNTIF") else None
