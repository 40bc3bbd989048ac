"""Workbooks (XLSX, XLS, ODS): the header is looked for, merged cells are filled, and a sheet that would not fit into memory is refused."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import did_you_mean, listed
from beatplanner.data.formats.damage import refuse_unreadable, unreadable
from beatplanner.data.formats.text_tables import HEADER_DEPTH, MOST_ROWS, header_row

WORKBOOKS = {".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"}
# A sheet is laid out in memory with its empty cells: at most so many, and so many bytes unpacked.
MOST_CELLS = 20_000_000
MOST_UNPACKED = 1 << 30
MOST_RATIO = 400
CELL = re.compile(rb'<c\b[^>]{0,200}?\br="([A-Z]{1,3})(\d{1,7})"')
REPEATED = re.compile(rb'number-(rows|columns)-repeated="(\d{1,12})"')


@dataclass(frozen=True)
class Sheet:
    """A sheet before its columns are chosen: cells as in the file (None where empty), its name, the header's row (from 1), and facts."""

    frame: pd.DataFrame
    name: str
    header: int
    facts: tuple[str, ...]


def _named(sheet: str, names: Sequence[str], path: Path) -> str:
    """Return the sheet of a name, whatever its case: no workbook has two that differ in that alone.

    Raises
    ------
    InputError
        Where there is none.
    """
    found = sheet if sheet in names else next((n for n in names if n.casefold() == sheet.casefold()), None)
    if found is None:
        hint = did_you_mean(sheet, names) or f"The sheets are: {listed(names)}"
        raise InputError(problem(f"there is no sheet “{sheet}”", hint, file=path.name, layer=sheet))
    return found


def read_workbook(path: Path, sheet: str | None, wanted: Sequence[str] | None) -> Sheet:
    """Read one sheet.

    Parameters
    ----------
    path
        The file.
    sheet
        Name of the sheet; where None, the one that holds the wanted names best, else the first.
    wanted
        Names that the header should hold, by which it is found; only their cells are kept. None keeps all.

    Raises
    ------
    InputError
        Where it is no workbook, protected by a password, without such a sheet or empty, or too large.
    """
    # a compiled reader, and only few projects bring workbooks
    import python_calamine

    _check_size(path)
    mend = "Open it in a spreadsheet program and save it as .xlsx"
    facts: list[str] = []
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            names = book.sheet_names
            sheet = None if sheet is None else _named(sheet, names, path)
            if not names:
                raise InputError(problem("the workbook has no sheets", mend, file=path.name))
            if sheet is None and wanted and len(names) > 1:
                sheet, facts = _sheet_with(book, names, wanted)
            table = book.get_sheet_by_name(sheet or names[0])
            rows = [list(r) for r in table.to_python(skip_empty_area=False, nrows=MOST_ROWS + HEADER_DEPTH + 1)]
            merged = table.merged_cell_ranges or []
        if path.suffix.lower() == ".ods":
            merged = _merged_in_ods(path, sheet or names[0])
    except InputError:
        raise
    except python_calamine.PasswordError:
        raise InputError(
            problem("the workbook is protected by a password", "Save it without one", file=path.name)
        ) from None
    except BaseException as error:
        # the compiled reader reports some broken archives as a panic, which is no Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise InputError(unreadable(path)) from None
    name = sheet or names[0]
    # a heading over several columns is no cell of theirs, so only what is merged downwards is filled, in its first column
    filled = 0
    for (top, left), (bottom, _) in merged:
        if top < bottom < len(rows):
            for r in range(top + 1, bottom + 1):
                if left < len(rows[r]) and rows[r][left] == "":
                    rows[r][left] = rows[top][left]
                    filled += 1
    cells = [[None if c == "" else c for c in row] for row in rows]
    at = header_row(cells, wanted or ())
    if at < 0:
        raise InputError(problem("the sheet is empty", "Give a sheet with a header row", file=path.name, layer=name))
    if len(cells) - at > MOST_ROWS:
        raise InputError(
            problem(f"the sheet has more than {MOST_ROWS:,} rows", "Export one year a file", file=path.name)
        )
    if at > 0 and any(c is not None for row in cells[:at] for c in row):
        facts.append(f"the header stands in row {at + 1}; the rows above it were left out")
    if filled:
        facts.append(f"{filled:,} cells under merged ones were filled with their value")
    header = [str(c).strip() if c is not None else f"column {i + 1}" for i, c in enumerate(cells[at])]
    body = cells[at + 1 :]
    while body and not any(c is not None for c in body[-1]):
        body.pop()
    keep = set(header) if wanted is None else {w.strip() for w in wanted}
    columns: dict[str, list[Any]] = {}
    for i, column in enumerate(header):
        if column not in columns:
            columns[column] = [row[i] for row in body] if column in keep else [None] * len(body)
    frame = pd.DataFrame(columns, dtype=object)
    blank = [not any(c is not None for c in row) for row in body]
    frame.index = pd.RangeIndex(at + 2, at + 2 + len(body))
    return Sheet(frame[[not b for b in blank]], name, at + 1, tuple(facts))


def _sheet_with(book: Any, names: list[str], wanted: Sequence[str]) -> tuple[str | None, list[str]]:
    """Return the only sheet whose first rows hold most of the wanted names, where that is not the first one, and a sentence that says so."""
    sought = {w.strip().casefold() for w in wanted}
    held: list[int] = []
    for name in names:
        rows = book.get_sheet_by_name(name).to_python(nrows=HEADER_DEPTH)
        held.append(max((len(sought & {str(c).strip().casefold() for c in row}) for row in rows), default=0))
    best = max(held)
    if best <= held[0] or held.count(best) > 1:
        return None, []
    name = names[held.index(best)]
    return name, [f"of {len(names)} sheets “{name}” was read, which has the columns that are needed"]


def sheet_names(path: Path) -> list[str]:
    """Return the names of a workbook's sheets; InputError where it cannot be read."""
    import python_calamine

    _check_size(path)
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            return list(book.sheet_names)
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise InputError(unreadable(path)) from None


def every_sheet(path: Path) -> list[tuple[str, list[list[Any]]]]:
    """Return the cells of each sheet, "" where empty, without empty rows and cells at their ends; InputError where it cannot be read."""
    import python_calamine

    _check_size(path)
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            sheets = [(str(n), book.get_sheet_by_name(n).to_python(skip_empty_area=False)) for n in book.sheet_names]
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise InputError(unreadable(path)) from None
    found: list[tuple[str, list[list[Any]]]] = []
    for name, cells in sheets:
        rows = [_without_end(row) for row in cells]
        found.append((name, rows[: next((i for i in range(len(rows), 0, -1) if rows[i - 1]), 0)]))
    return found


def _without_end(row: Sequence[Any]) -> list[Any]:
    return list(row[: next((i for i in range(len(row), 0, -1) if row[i - 1] != ""), 0)])


def _merged_in_ods(path: Path, sheet: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return the cells of an ODS sheet that are merged downwards, as first and last row and column; the compiled reader does not tell them."""
    # compiled, and without annotations
    from lxml import etree

    table = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
    with zipfile.ZipFile(path) as archive:
        content = archive.read("content.xml")
    if b"number-rows-spanned" not in content:
        return []
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    found: list[tuple[tuple[int, int], tuple[int, int]]] = []
    for page in etree.fromstring(content, parser).iter(f"{table}table"):
        if page.get(f"{table}name") != sheet:
            continue
        row = 0
        for line in page.iter(f"{table}table-row"):
            column = 0
            for cell in line:
                down = int(cell.get(f"{table}number-rows-spanned", 1))
                if down > 1:
                    right = int(cell.get(f"{table}number-columns-spanned", 1))
                    found.append(((row, column), (row + down - 1, column + right - 1)))
                column += int(cell.get(f"{table}number-columns-repeated", 1))
            row += int(line.get(f"{table}number-rows-repeated", 1))
    return found


def _check_size(path: Path) -> None:
    """Refuse a workbook whose unpacked sheets, or the cells that they span, would not fit into memory, and one that may not be read at all."""
    refuse_unreadable(path)
    if not zipfile.is_zipfile(path):
        if path.stat().st_size > MOST_UNPACKED // 4:
            raise InputError(problem("the workbook is too large", "Save it as CSV", file=path.name))
        return
    try:
        with zipfile.ZipFile(path) as archive:
            packed = path.stat().st_size
            total = 0
            for member in archive.infolist():
                last_row = last_column = rows = 0
                rest = b""
                with archive.open(member) as stream:
                    is_sheet = "sheet" in member.filename.lower() and member.filename.lower().endswith(".xml")
                    is_content = member.filename.lower() == "content.xml"
                    while chunk := stream.read(1 << 20):
                        total += len(chunk)
                        if total > MOST_UNPACKED or (total > 1 << 27 and total > MOST_RATIO * packed):
                            raise InputError(
                                problem(
                                    f"the workbook unpacks to more than {total / 1e6:,.0f} MB",
                                    "Save the sheet as CSV",
                                    file=path.name,
                                )
                            )
                        window = rest + chunk
                        rest = chunk[-256:]
                        if is_sheet:
                            for letters, number in CELL.findall(window):
                                last_row = max(last_row, int(number))
                                last_column = max(last_column, _column(letters))
                        if is_content:
                            for kind, number in REPEATED.findall(window):
                                if kind == b"rows":
                                    rows = max(rows, int(number))
                                else:
                                    last_column = max(last_column, int(number))
                if last_row * last_column > MOST_CELLS or rows > 2_000_000 or last_column > 100_000:
                    what = f"a sheet spans {max(last_row, rows):,} rows and {last_column:,} columns, most of them empty"
                    raise InputError(
                        problem(what, "Delete the empty rows and columns, or save it as CSV", file=path.name)
                    )
    except InputError:
        raise
    except Exception:  # a broken archive raises whatever the step that met it raises
        raise InputError(unreadable(path)) from None


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number
