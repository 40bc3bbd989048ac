"""Cells that no spreadsheet takes for a formula, and numbers that JSON can hold and people can read."""

from __future__ import annotations

import csv
import datetime as dt
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd


def _plain(value: Any) -> str | None:
    if isinstance(value, tuple):
        return ";".join(value) or None
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NaT:
        return None
    return str(value)


# What stands in a public table in place of a count that is not told.
HIDDEN = "*"
# Significant digits of a number in JSON: what sums in floating point leave behind them is none of the figure, as in 17282.159999999996.
DIGITS = 12


def without_nan(value: Any, digits: int | None = None) -> Any:
    """Return a structure for JSON in which numbers that are not finite are null, numpy's are plain, and none has more than so many digits."""
    if isinstance(value, dict):
        return {str(k): without_nan(v, digits) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(v, digits) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return None
    return value if digits is None else float(f"{value:.{digits}g}")


def readable(value: Any) -> Any:
    """Return a structure for JSON that people may read: as `without_nan`, with at most `DIGITS` digits a number."""
    return without_nan(value, DIGITS)


def safe_cell(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return "'" + value
    if isinstance(value, float):
        # what sums in floating point leave behind the sixth decimal is nothing to show: 17282.159999999996
        return "" if math.isnan(value) else value if math.isinf(value) else round(value, 6) or 0.0
    return "" if value is None else value


def write_csv(path: Path, header: list[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a table that a spreadsheet opens rightly: UTF-8 with a mark, no cell a formula."""
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows([safe_cell(v) for v in row] for row in rows)


def fit_pages(book: Any) -> None:
    """Let each sheet of a workbook print on pages of its whole width, with its first row on each and their number below."""
    from openpyxl.worksheet.properties import PageSetupProperties

    for sheet in book.worksheets:
        sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
        sheet.page_setup.orientation = "landscape" if sheet.max_column > 6 else "portrait"
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.print_title_rows = "1:1"
        sheet.oddFooter.center.text = "&A, &P of &N"


def write_twin(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write a table of a CSV file as a workbook beside it, for people.

    Parameters
    ----------
    path
        The workbook.
    header
        Headings in words.
    rows
        The cells of the CSV file. A column in which all is a number, or hidden, holds numbers; a number with a leading zero is a text.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    columns = [_numbers([row[k] for row in rows]) for k in range(len(header))]
    book = Workbook()
    sheet: Any = book.active
    sheet.title = path.stem[:31]
    sheet.append([safe_cell(h) for h in header])
    for k, (cell, column) in enumerate(zip(sheet[1], columns, strict=True), 1):
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        longest = max((len(str(v)) for v in column if v is not None), default=0)
        sheet.column_dimensions[get_column_letter(k)].width = min(60, max(12, longest + 2))
    for row in zip(*columns, strict=True):
        sheet.append([safe_cell(v) if v is not None else None for v in row])
    sheet.freeze_panes = "A2"
    fit_pages(book)
    book.save(path)


NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d+)?")


def _numbers(column: Sequence[Any]) -> list[Any]:
    """Return a column of a table as cells of a workbook: numbers where all that is told are, else as it stands; None where empty."""
    said = [None if v is None or v == "" or (isinstance(v, float) and math.isnan(v)) else v for v in column]
    texts = [v for v in said if isinstance(v, str) and v != HIDDEN]
    if not texts or not all(NUMBER.fullmatch(v) for v in texts):
        return said
    return [(float(v) if "." in v else int(v)) if isinstance(v, str) and v != HIDDEN else v for v in said]
