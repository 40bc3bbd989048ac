"""The comparison as a workbook: figures with live formulas and stored values, the beats, and who moves."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beatplanner.data.output_place import move
from beatplanner.data.publish.comparison_words import beat_said, label_said
from beatplanner.data.publish.force_language import content_speech
from beatplanner.data.publish.sentence_templates import in_language, without_keys
from beatplanner.data.result.cells import RUN_CARD, safe_cell, sheet_name
from beatplanner.data.result.draft_reason import gap_at_most, gap_digits

if TYPE_CHECKING:
    from beatplanner.data.result.comparison import BeatRow, Comparison

# Headings, names of sheets and what the program itself writes into cells, which the catalogues have beside titles and labels of the figures.
SHEETS = ("Comparison", "Beats", "Who moves", "About the comparison", RUN_CARD)
BEATS = (
    "Plan",
    "Beat",
    "Name",
    "Hours a year",
    "Residents",
    "Officers",
    "Hours per officer",
    "Residents per officer",
)
MOVES = ("Plan", "From beat", "To beat", "Name", "Residents", "Units")
AGAINST, ALL, TODAY = "{plan} against today", "{plan}: all", "Today"
BEATS_OF_TODAY = "The beats, stations and officers of today."
# Points of a line of text.
LINE = 15.0
FORMULAS = (
    "Cells that begin with = are formulas: change hours or officers in the sheet “{sheet}” and the comparison follows."
)
WORDS = (*dict.fromkeys((*BEATS, *MOVES, *SHEETS)), AGAINST, ALL, TODAY, "Project", "Plans", FORMULAS, "yes", "no")


def write_workbook(  # noqa: C901 - one step a sheet
    path: Path,
    content: Comparison,
    beats: Sequence[BeatRow],
    cards: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (),
) -> None:
    """Write the workbook: figures with the differences to today as formulas, the beats with hours per officer as formulas, who moves, and run cards."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter as letter
    from openpyxl.utils import quote_sheetname
    from openpyxl.worksheet.properties import PageSetupProperties

    said = content_speech(content)
    names = [c["name"] for c in content["columns"]]
    shown = {c["name"]: said.text(TODAY) if c["today"] else c["name"] for c in content["columns"]}
    book = Workbook()
    # what each formula gives, so that who reads values alone finds them
    known: dict[str, dict[str, float | str]] = {"Comparison": {}, "Beats": {}, "Who moves": {}}
    titles: dict[str, str] = {}
    for name in SHEETS:
        titles[name] = sheet_name(said.text(name), titles.values())
    bold, grey = Font(bold=True), PatternFill("solid", fgColor="E8EDF3")

    # the column that names plans has room for all of them, within bounds
    of_plan = min(44.0, max(20.0, *(1.3 * len(n) for n in shown.values())))

    def head(sheet: Any, cells: Sequence[Any], widths: Sequence[float], numbers: str = "") -> None:
        sheet.append([safe_cell(v) for v in cells])
        for cell in sheet[sheet.max_row]:
            # a heading of numbers stands over them
            side = "right" if cell.column_letter in numbers.split() else "left"
            cell.font, cell.fill = bold, grey
            cell.alignment = Alignment(horizontal=side, wrap_text=True, vertical="top")
        for k, width in enumerate(widths, 1):
            # no heading is cut inside a word
            word = max((len(w) for w in str(sheet.cell(sheet.max_row, k).value or "").split()), default=0)
            sheet.column_dimensions[letter(k)].width = max(width, 1.5 * word)
        sheet.freeze_panes = f"B{sheet.max_row + 1}"

    main = book.active
    assert main is not None
    main.title = titles["Comparison"]
    listing = book.create_sheet(titles["Beats"])
    head(
        listing,
        [said.text(v) for v in BEATS],
        (of_plan, 10, 28, 14, 12, 12, 16, 18),
        "D E F G H",
    )

    def unnamed(b: BeatRow) -> str:
        """Return what a beat is called: by its number, in the force's language, where it has no name."""
        plain = said.language == "en" or b["name"] != f"beat {b['beat']}"
        return str(beat_said(said, b["name"])) if plain else f"{said.text('Beat')} {b['beat']}"

    span: dict[str, list[int]] = {}
    # a beat's number is a number where all are
    numbered = all(str(b["beat"]).isdecimal() and str(int(b["beat"])) == str(b["beat"]) for b in beats)
    for b in beats:
        row = listing.max_row + 1
        span.setdefault(b["column"], [row, row])[1] = row
        beat = int(b["beat"]) if numbered else safe_cell(b["beat"])
        listing.append(
            [
                safe_cell(shown[b["column"]]),
                beat,
                safe_cell(unnamed(b)),
                *(safe_cell(b[k]) for k in ("workload", "residents", "posts")),
                f'=IF(F{row}>0,D{row}/F{row},"")',
                f'=IF(F{row}>0,E{row}/F{row},"")',
            ]
        )
        if b["posts"]:
            known["Beats"] |= {f"G{row}": b["workload"] / b["posts"], f"H{row}": b["residents"] / b["posts"]}
        else:
            known["Beats"] |= {f"G{row}": "", f"H{row}": ""}
        for k in ("D", "E", "G", "H"):
            listing[f"{k}{row}"].number_format = "#,##0"
    # figures that the sheet of beats gives are formulas on it
    live = {
        "beats": "=ROWS({beats}!B{a}:B{z})",
        "hours_per_officer_max": "=MAX({beats}!G{a}:G{z})",
        "hours_per_officer_min": "=MIN({beats}!G{a}:G{z})",
        "hours_per_officer_mean": '=SUMIF({beats}!F{a}:F{z},">0",{beats}!D{a}:D{z})/SUM({beats}!F{a}:F{z})',
        "posts": "=SUM({beats}!F{a}:F{z})",
        "beats_without_officer": "=COUNTIF({beats}!F{a}:F{z},0)",
        "community_share": None,
        "change_officer_share": None,
    }
    against = [said.text(AGAINST, plan=n) for n in names[1:]]
    head(
        main,
        [content.get("project_said") or content["project"], *(shown[n] for n in names), *against],
        [58, *[18] * (2 * len(names))],
        " ".join(letter(2 + k) for k in range(2 * len(names))),
    )
    formats = {"share": "0.0%", "gap": "0.0%", "number": "#,##0", "decimal": "#,##0.0", "money": "#,##0"}
    lines: dict[str, int] = {}
    for block in content["blocks"]:
        main.append([safe_cell(said.text(block["title"]))])
        main.cell(main.max_row, 1).font = bold
        for r in block["rows"]:
            line = main.max_row + 1
            lines[r["key"]] = line
            cells: list[Any] = [safe_cell(label_said(said, r))]
            for k, value in enumerate(r["values"]):
                template = live.get(r["key"])
                if value is None:
                    cells.append(None)
                elif template and names[k] in span:
                    a, z = span[names[k]]
                    cells.append(template.format(a=a, z=z, beats=quote_sheetname(listing.title)))
                elif r["key"] == "community_share" and "community_protected" in lines:
                    column = letter(2 + k)
                    cells.append(f"={column}{lines['community_protected']}/{column}{lines['community_promised']}")
                elif r["kind"] == "gap":
                    cells.append(gap_at_most(value))
                elif r["kind"] == "yes":
                    cells.append(said.text("yes" if value else "no"))
                else:
                    cells.append(safe_cell(beat_said(said, value)))
            for k, value in enumerate(r["values"]):
                if isinstance(cells[1 + k], str) and cells[1 + k].startswith("="):
                    known["Comparison"][f"{letter(2 + k)}{line}"] = float(value)
            if r["kind"] in formats and r["values"][0] is not None:
                for k in range(1, len(names)):
                    if r["values"][k] is not None:
                        known["Comparison"][f"{letter(1 + len(names) + k)}{line}"] = float(r["values"][k]) - float(
                            r["values"][0]
                        )
                    cells.append(None if r["values"][k] is None else f"={letter(2 + k)}{line}-B{line}")
            main.append(cells)
            for cell in main[line][1:]:
                digits = gap_digits(cell.value) if r["kind"] == "gap" and isinstance(cell.value, float) else 1
                cell.number_format = formats.get(r["kind"], "General") if digits == 1 else "0.00%"
                cell.alignment = Alignment(horizontal="right")
    moves = book.create_sheet(titles["Who moves"])
    head(moves, [said.text(v) for v in MOVES], (of_plan, 12, 12, 28, 12, 12), "E F")
    for name, rows in zip(names, content["moves"], strict=True):
        start = moves.max_row + 1
        for m in rows:
            ends = [
                int(m[k]) if str(m[k]).isdecimal() and str(int(m[k])) == m[k] else safe_cell(m[k])
                for k in ("from", "to")
            ]
            sentencen_move = (beat_said(said, m["to_name"]), m["residents"], m["units"])
            moves.append([safe_cell(shown[name]), *ends, *map(safe_cell, sentencen_move)])
        if rows:
            end = moves.max_row
            known["Who moves"] |= {
                f"E{end + 1}": sum(m["residents"] for m in rows),
                f"F{end + 1}": sum(m["units"] for m in rows),
            }
            moves.append(
                [
                    safe_cell(said.text(ALL, plan=shown[name])),
                    None,
                    None,
                    None,
                    f"=SUM(E{start}:E{end})",
                    f"=SUM(F{start}:F{end})",
                ]
            )
            for cell in moves[moves.max_row]:
                cell.font = bold
    for row in moves.iter_rows(min_row=2, min_col=5, max_col=6):
        for cell in row:
            cell.number_format = "#,##0"
    about = book.create_sheet(titles["About the comparison"])
    for line in (
        (said.text("Project"), content.get("project_said") or content["project"]),
        (said.text("Plans"), None),
        *(
            (shown[c["name"]], said.text(BEATS_OF_TODAY) if c["today"] else c["about"] or c["folder"])
            for c in content["columns"]
        ),
        (None, None),
        (said.text(FORMULAS, sheet=listing.title), None),
    ):
        about.append([safe_cell(v) if v is not None else None for v in line])
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = 28, 80
    if cards:
        sheet = book.create_sheet(titles[RUN_CARD])
        head(sheet, [said.text(v) for v in ("Plan", "About", "What")], (of_plan, 28, 60))
        for name, rows in cards:
            for what, says in rows:
                sentencen_move = without_keys(in_language(says, said.language), said.language)
                sheet.append([safe_cell(name), safe_cell(what), safe_cell(sentencen_move)])
    for sheet, ids in ((listing, "B"), (moves, "B"), (moves, "C")):
        for cell in sheet[ids][1:]:
            # a number that names a beat is no amount, and does not lean on the name beside it
            cell.alignment = Alignment(horizontal="left")
    for sheet in book.worksheets:
        _give_room(sheet, ("A", "B", "C") if sheet.title in (about.title, titles[RUN_CARD]) else ())
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.print_title_rows = "1:1"
        footer = sheet.oddFooter
        assert footer is not None and footer.center is not None
        footer.center.text = "&A, &P / &N"
    book.save(path)
    _store(path, [*known.values(), *[{}] * (len(book.worksheets) - len(known))])


def _give_room(sheet: Any, long: Sequence[str]) -> None:
    """Wrap the texts of the columns `long`, and give each row the height of its wrapped texts: not every program does that by itself."""
    from openpyxl.styles import Alignment

    for row in sheet.iter_rows():
        most = 1
        for cell in row:
            if not isinstance(cell.value, str) or cell.value.startswith("="):
                continue
            if cell.column_letter in long:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
            if cell.alignment.wrapText:
                # bold letters, and Cyrillic ones, are wider than what a column's width counts
                width = max(4.0, sheet.column_dimensions[cell.column_letter].width / 1.3)
                most = max(most, lines_of(cell.value, width))
        if most > 1:
            sheet.row_dimensions[row[0].row].height = LINE * most


def lines_of(text: str, width: float) -> int:
    """Return how many lines a text takes where a line has room for so many letters; a longer word is cut."""
    lines, used = 1, 0.0
    for word in text.split():
        n = len(word)
        if used and used + 1 + n > width:
            lines, used = lines + 1, 0.0
        lines += int(max(0.0, n - 1) // width) if n > width else 0
        used = used + n + (1 if used else 0)
    return lines


def _store(path: Path, known: Sequence[dict[str, float | str]]) -> None:
    """Write the values of formulas into the sheets of a workbook, in their order; openpyxl writes formulas alone."""
    part = path.with_suffix(".part")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            data = old.read(item)
            sheet = re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", item.filename)
            values = known[int(sheet[1]) - 1] if sheet else {}
            if values:
                text = data.decode("utf-8")

                def stored(m: re.Match[str], values: dict[str, float | str] = values) -> str:
                    value = values.get(m[2])
                    if value == "":
                        # what a formula gives as an empty text is one
                        return f'{m[1][:-1]} t="str">{m[3]}<v></v></c>'
                    return m[0] if value is None else f"{m[1]}{m[3]}<v>{value!r}</v></c>"

                data = re.sub(r'(<c r="([A-Z]+\d+)"[^>]*>)(<f>[^<]*</f>)<v\s*(?:/>|></v>)</c>', stored, text).encode(
                    "utf-8"
                )
            new.writestr(item, data)
    move(part, path)
