"""The small files of a forum pack: tables, the sheet of a counter-proposal, minutes to fill in, run card, the gate's record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from beatplanner.data.result.cells import (
    RUN_CARD,
    add_card,
    fit_heading,
    fit_pages,
    safe_cell,
    sheet_name,
    without_nan,
    write_csv,
    write_twin,
)

PROPOSAL = ("unit", "name", "beat", "proposed_beat")
# Letters of a line of the sheet that says how to fill in a workbook.
GUIDE_WIDTH = 60
# Headings of what forums fill in; what they are called is read back by its meaning (see `column_words`).
HEADINGS = {
    "forum": "Forum",
    "asked_on": "Asked on",
    "asked": "Asked for",
    "action": "What was done",
    "responsible": "Responsible",
    "due": "Due",
    "done_on": "Done on",
    "result": "Outcome",
    "unit": "Unit",
    "name": "Name",
    "beat": "Beat",
    "proposed_beat": "Proposed beat",
}
# Headings of the workbooks beside the tables; those of HEADINGS where a column stands there.
TWIN_HEADINGS = {
    **HEADINGS,
    "municipality": "Municipality",
    "residents": "Residents",
    "posts": "Officers' posts",
    "sector": "Sector",
    "command": "Command",
    "within_walk": "Within a walk of a station",
    "old_beat": "Beat today",
    "new_beat": "New beat",
    "moved": "Residents who change beat",
    "level": "Level",
    "area": "Area",
    "theme": "Theme",
    "incidents": "Incidents",
    "venue": "Place",
    "date": "Date",
    "time": "Time",
    "meetings_a_year": "Meetings a year",
    "members": "Members",
    "share_who_walk": "Share who can walk",
    "farthest_km": "Longest way, km",
    "travel_cost": "Travel, a meeting",
    "year_cost": "Cost, a year",
    "currency": "Currency",
    "role": "Role",
    "seats": "Seats",
    "place": "Place",
    "question": "Question",
    "answer": "Answer",
    "street": "Street",
    "beats": "Beats",
}

# Names of sheets: those of tables by the name of their file, and of what stands beside them.
SHEETS = {
    "beats": "Beats",
    "units": "Areas and their beats",
    "old_new": "Old and new beats",
    "municipalities": "Municipalities",
    "concerns": "What people reported",
    "streets": "Streets and their beats",
    "forums": "Forums",
    "invitations": "Invitations",
    "questions": "Questions and answers",
    "report_back": "What was done",
    "minutes": "Minutes",
    "proposal": "Proposal",
    "help": "How to fill it in",
    "run card": RUN_CARD,
}

# Columns whose numbers are names.
ID_COLUMNS = ("unit", "beat", "old_beat", "new_beat", "area", "name", "place")


def write_tables(
    folder: Path,
    tables: Mapping[str, tuple[Sequence[str], Sequence[Sequence[Any]]]],
    heads: Mapping[str, str],
    cells: Mapping[str, Mapping[str, str]],
    card: Sequence[Sequence[str]],
    sheets: Mapping[str, str],
) -> None:
    """Write tables as CSV, and as a workbook with the run card beside each: name of the CSV file: header and rows; `heads` are columns in words, `cells` what codes in a column say, `sheets` names of sheets as `SHEETS` has them."""
    for name, (header, rows) in tables.items():
        write_csv(folder / name, list(header), rows)
        said = [[cells.get(h, {}).get(v, v) for h, v in zip(header, row, strict=True)] for row in rows]
        ids = [k for k, h in enumerate(header) if h in ID_COLUMNS]
        file = (folder / name).with_suffix(".xlsx")
        titles = (sheets.get(file.stem, ""), sheets["run card"])
        write_twin(file, [heads.get(h, h) for h in header], said, ids, card, titles)


def write_json(path: Path, content: Any) -> None:
    """Write JSON that people can read."""
    path.write_text(json.dumps(without_nan(content), indent=2, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def write_minutes(
    path: Path,
    columns: Sequence[str],
    forums: Sequence[tuple[str, str]],
    guide: str,
    card: Sequence[Sequence[str]],
    sheets: Mapping[str, str],
) -> None:
    """Write the sheet on which a forum notes what it asked and what came of it; the next pack tells it from there.

    Parameters
    ----------
    path
        The workbook.
    columns
        Those in which a forum's minutes are read back.
    forums
        Id and name of each area.
    guide
        How to fill it in.
    card
        The run card of the plan, line by line.
    sheets
        Names of sheets, as `SHEETS` has them.
    """
    import openpyxl

    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = sheet_name(sheets["minutes"])
    _head(sheet, columns, (16, 12, 40, 40, 20, 12, 12, 30))
    for area, _ in forums:
        sheet.append([safe_cell(area)])
    _guide(book, [guide, "", *[f"{area} = {name}" for area, name in forums]], sheets["help"])
    add_card(book, card, sheets["run card"])
    fit_pages(book)
    book.save(path)


def write_proposal(
    path: Path,
    columns: Mapping[str, str],
    units: Sequence[tuple[Any, str, str]],
    beats: Sequence[tuple[str, str]],
    guide: str,
    card: Sequence[Sequence[str]],
    sheets: Mapping[str, str],
) -> None:
    """Write the sheet of a counter-proposal: one row a unit, with the list of beats to choose from.

    Parameters
    ----------
    path
        The workbook.
    columns
        The heading of each of `PROPOSAL`.
    units
        Id, name and planned beat of each unit.
    beats
        Id and name of each beat.
    guide
        How to fill it in.
    card
        The run card of the plan, line by line.
    sheets
        Names of sheets, as `SHEETS` has them.
    """
    import openpyxl
    from openpyxl.styles import Alignment

    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = sheet_name(sheets["proposal"])
    _head(sheet, [columns[c] for c in PROPOSAL], (12, 30, 12, 16))
    for unit, name, beat in units:
        sheet.append([safe_cell(unit), safe_cell(name), safe_cell(beat), None])
        # an id is no quantity: to the right it would run into the name
        sheet.cell(sheet.max_row, 1).alignment = Alignment(horizontal="left")
    other: Any = book.create_sheet(sheet_name(sheets["beats"], book.sheetnames))
    _head(other, [columns["beat"], columns["name"]], (12, 30))
    for beat, name in beats:
        other.append([safe_cell(beat), safe_cell(name)])
    from openpyxl.utils import quote_sheetname
    from openpyxl.worksheet.datavalidation import DataValidation

    choice = DataValidation(
        type="list",
        formula1=f"={quote_sheetname(other.title)}!$A$2:$A${len(beats) + 1}",
        allow_blank=True,
        sqref=f"D2:D{len(units) + 1}",
    )
    sheet.add_data_validation(choice)
    _guide(book, [guide], sheets["help"])
    add_card(book, card, sheets["run card"])
    fit_pages(book)
    book.save(path)


def _head(sheet: Any, header: Sequence[str], widths: Sequence[int]) -> None:
    from openpyxl.styles import Alignment, Font

    sheet.append(list(header))
    for cell, width in zip(sheet[1], widths, strict=True):
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[cell.column_letter].width = width
    fit_heading(sheet)
    sheet.freeze_panes = "A2"


def _guide(book: Any, lines: Sequence[str], title: str) -> None:
    from openpyxl.styles import Alignment

    sheet = book.create_sheet(sheet_name(title, book.sheetnames))
    # narrower than the paper whatever the font: some programs scale no sheet of one column, and cut it
    sheet.column_dimensions["A"].width = GUIDE_WIDTH
    for line in lines:
        sheet.append([safe_cell(line)])
    for row in sheet.iter_rows():
        row[0].alignment = Alignment(wrap_text=True)
