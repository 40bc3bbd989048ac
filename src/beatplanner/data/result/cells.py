"""Cells that no spreadsheet takes for a formula, and numbers that JSON can hold and people can read."""

from __future__ import annotations

import csv
import datetime as dt
import math
import re
from collections.abc import Collection, Iterable, Sequence
from copy import copy
from pathlib import Path
from typing import Any

import pandas as pd

from beatplanner.data.narrowing import is_dict, is_sequence, is_tuple


def cell_text(value: Any) -> str | None:
    """Return a value as text of a table's cell; None where there is nothing."""
    # no time is one of datetime's kind to pandas
    if value is None or (isinstance(value, float) and math.isnan(value)) or value is pd.NaT:
        return None
    if is_tuple(value):
        return ";".join(value) or None
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return str(value)


# What the sheet with the run card is called, in English.
RUN_CARD = "Run card"
# What stands in a public table in place of a count that is not told.
HIDDEN = "*"
# Significant digits of a number in JSON: what sums in floating point leave behind them is none of the figure, as in 17282.159999999996.
DIGITS = 12


def without_nan(value: Any, digits: int | None = None) -> Any:
    """Return a structure for JSON in which numbers that are not finite are null, numpy's are plain, and none has more than so many digits."""
    if is_dict(value):
        return {str(k): without_nan(v, digits) for k, v in value.items()}
    if is_sequence(value):
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


# With these a spreadsheet takes a text for a formula.
FORMULA = frozenset("=+-@\t\r")


def safe_cell(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value[:1] in FORMULA:
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


def given_text(cell: str) -> str:
    """Return the text that `safe_cell` was given."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA else cell


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table that `write_csv` wrote, by column, cells as it was given them.

    A cell that is missing at the end of a row is empty, and what a row has beyond the columns is left out.

    Raises
    ------
    OSError, UnicodeDecodeError, csv.Error
        Where it cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [{k: given_text(v or "") for k, v in row.items() if k} for row in csv.DictReader(stream)]


def read_frame(path: Path, words: Collection[str]) -> pd.DataFrame:
    """Return a table of numbers and names that `write_csv` wrote.

    Parameters
    ----------
    path
        The file.
    words
        Columns that hold names, also where they look like numbers or like “NA”; a table need not have each. Elsewhere stand numbers or days.

    Returns
    -------
    pandas.DataFrame
        NaN where a cell is empty, and nowhere else.

    Raises
    ------
    OSError, ValueError
        Where it cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        columns = next(csv.reader(stream), list[str]())
    frame = pd.read_csv(
        path,
        dtype=dict.fromkeys(words, str),
        encoding="utf-8-sig",
        keep_default_na=False,
        na_values={c: [""] if c in words else ["", "nan"] for c in columns},
    )
    for column in frame.columns.intersection(list(words)):
        frame[column] = frame[column].map(given_text, na_action="ignore")
    return frame


def fit_pages(book: Any) -> None:
    """Let each sheet of a workbook print on pages of its whole width, with its first row on each and their number below."""
    from openpyxl.worksheet.properties import PageSetupProperties

    for sheet in book.worksheets:
        fit_rows(sheet)
        sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
        sheet.page_setup.orientation = "landscape" if sheet.max_column > 6 else "portrait"
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.print_title_rows = "1:1"
        sheet.oddFooter.center.text = "&A, &P / &N"


# Points of a line of a workbook, and by how much bold letters are wider than the plain ones that a column's width counts.
LINE, BOLD, WRAPPED = 15.0, 1.25, 1.1


def _lines(text: str, width: float, wide: float) -> int:
    """Return how many lines a text has in a column, both in letters; a letter counts as `wide`."""
    room, found = max(1.0, width - 1), 0
    for part in text.split("\n"):
        row, used = 1, 0.0
        for word in part.split():
            needed = wide * len(word)
            if used and used + 1 + needed > room:
                row, used = row + 1, 0.0
            used += needed + (1 if used else 0)
            row += int(used // room) if used > room else 0
        found += row
    return found


def fit_heading(sheet: Any) -> None:
    """Give the first row of a sheet the height that its headings need in their columns, whatever program opens it."""
    needed = [_lines(str(c.value or ""), sheet.column_dimensions[c.column_letter].width, BOLD) for c in sheet[1]]
    sheet.row_dimensions[1].height = LINE * max(needed, default=1) + 2


def fit_rows(sheet: Any) -> None:
    """Give rows whose texts have several lines the height for them: a program that prints a workbook it never showed does not."""
    for row in sheet.iter_rows():
        wrapped = [c for c in row if c.alignment.wrap_text and isinstance(c.value, str)]
        needed = [_lines(c.value, sheet.column_dimensions[c.column_letter].width, WRAPPED) for c in wrapped]
        if sheet.row_dimensions[row[0].row].height is None and max(needed, default=1) > 1:
            sheet.row_dimensions[row[0].row].height = LINE * max(needed)


def sheet_name(text: str, others: Iterable[str] = ()) -> str:
    """Return a text as the name of a sheet: without signs that are not allowed there, in 31 letters at most, and unlike the `others`."""
    taken = {other.casefold() for other in others}
    plain = " ".join(re.sub(r"[\[\]:*?/\\]", " ", text).split()).strip("'")
    name, number = plain[:31].strip(), 1
    while not name or name.casefold() in taken:
        number += 1
        name = f"{plain[: 31 - len(str(number)) - 1].strip()} {number}".strip()
    return name


def add_card(book: Any, card: Sequence[Sequence[str]], title: str = RUN_CARD) -> None:
    """Add the run card, line by line, as a sheet of its own, with a title in the workbook's language."""
    from openpyxl.styles import Alignment

    sheet = book.create_sheet(sheet_name(title, book.sheetnames))
    for column, width in zip("ABC", (60, 24, 24), strict=True):
        sheet.column_dimensions[column].width = width
    for line in card:
        sheet.append([safe_cell(cell) for cell in line])
    for row in sheet.iter_rows():
        row[0].alignment = Alignment(wrap_text=True, vertical="top")


def write_twin(
    path: Path,
    header: Sequence[str],
    rows: Sequence[Sequence[Any]],
    ids: Iterable[int] = (),
    card: Sequence[Sequence[str]] = (),
    titles: tuple[str, str] = ("", RUN_CARD),
) -> None:
    """Write a table of a CSV file as a workbook beside it, for people.

    Parameters
    ----------
    path
        The workbook.
    header
        Headings in words.
    rows
        The cells of the CSV file. A column in which all is a number, or hidden, holds numbers, one of days (ISO) holds days; a number with a leading zero is a text.
    ids
        Columns whose numbers are names, and no quantities.
    card
        The run card of the plan, line by line, on a sheet of its own; none without it.
    titles
        Of the sheet and of the run card's, in the workbook's language; without one the table is called as its file.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    columns, names = [_values([row[k] for row in rows]) for k in range(len(header))], set(ids)
    columns = [_numbered(column) if k in names else column for k, column in enumerate(columns)]
    book = Workbook()
    sheet: Any = book.active
    sheet.title = sheet_name(titles[0] or path.stem)
    sheet.append([safe_cell(h) for h in header])
    for row in zip(*columns, strict=True):
        sheet.append([safe_cell(v) if v is not None else None for v in row])
    for k, (column, said) in enumerate(zip(columns, header, strict=True)):
        counted = k not in names and any(isinstance(v, int | float) and not isinstance(v, bool) for v in column)
        longest = max((len(str(v)) for v in column if v is not None), default=0)
        # a column is as wide as the longest word above it, and a long text has lines
        word = max((BOLD * len(w) for w in str(said).split()), default=0.0)
        sheet.column_dimensions[get_column_letter(k + 1)].width = min(WIDEST, max(12.0, longest + 2, word + 2))
        # a number stands to the right, but not at the text beside it
        side = Alignment(
            horizontal="right" if counted else "left", indent=int(counted), wrap_text=longest > WIDEST, vertical="top"
        )
        # cells alike share a style: to look for it among all takes longer than all else of a cell
        styles: dict[str, Any] = {}
        for (cell,) in sheet.iter_rows(min_row=2, min_col=k + 1, max_col=k + 1):
            kind = str(cell.value.__class__)
            if kind in styles:
                cell._style = copy(styles[kind])
                continue
            cell.alignment = side
            if counted and isinstance(cell.value, int):
                cell.number_format = "#,##0"
            styles[kind] = cell._style
        head = sheet.cell(1, k + 1)
        head.font = Font(bold=True)
        head.alignment = Alignment(horizontal=side.horizontal, indent=side.indent, wrap_text=True, vertical="top")
    fit_heading(sheet)
    sheet.freeze_panes = "A2"
    if card:
        add_card(book, card, titles[1])
    fit_pages(book)
    book.save(path)


# The widest column, in letters.
WIDEST = 60.0
NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d+)?")
DAY = re.compile(r"(?:19|20)\d\d-\d\d-\d\d")


def _numbered(column: Sequence[Any]) -> list[Any]:
    """Return names of places in which those that are numbers are numbers, beside others; not where one begins with zero."""
    digits = [v for v in column if isinstance(v, str) and v.isdecimal()]
    if any(str(int(v)) != v for v in digits):
        return list(column)
    return [int(v) if isinstance(v, str) and v.isdecimal() else v for v in column]


def _values(column: Sequence[Any]) -> list[Any]:
    """Return a column of a table as cells of a workbook: numbers or days where all that is told are, else as it stands; None where empty."""
    said = [None if v is None or v == "" or (isinstance(v, float) and math.isnan(v)) else v for v in column]
    texts = [v for v in said if isinstance(v, str) and v != HIDDEN]
    if texts and all(DAY.fullmatch(v) for v in texts):
        try:
            return [dt.date.fromisoformat(v) if isinstance(v, str) and v != HIDDEN else v for v in said]
        except ValueError:
            return said
    if not texts or not all(NUMBER.fullmatch(v) for v in texts):
        return said
    return [(float(v) if "." in v else int(v)) if isinstance(v, str) and v != HIDDEN else v for v in said]
