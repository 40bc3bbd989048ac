"""What the personnel office gets: ``officers.xlsx``, ``handovers.ics`` and a job description for each post."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from beatplanner.data.formats.frames import day_if_any, day_of, records
from beatplanner.data.publish.draft_words import card_of_paper
from beatplanner.data.publish.force_language import force_speech
from beatplanner.data.publish.job_descriptions import write_jobs
from beatplanner.data.publish.moves import Move, posting_changes
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.cells import RUN_CARD
from beatplanner.data.result.draft import as_proven
from beatplanner.data.result.draft_reason import gap_at_most, gap_digits
from beatplanner.data.result.names import beat_title
from beatplanner.data.result.officer_weights import FIGURE_OF_WEIGHT
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.postings import DAY, changes_of, open_posts, plan_span, served_until
from beatplanner.data.result.supervision import AS_ONE, COUNTS, FORCE, supervision_rows

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


# Words of the workbook that the catalogues have: headings, and what the program itself writes into cells. Names of sheets stay, as scripts read them.
# Names of the workbook's sheets.
SHEETS = (
    "Postings",
    "Handovers",
    "Moves",
    "Roster",
    "Vacant posts",
    "Figures",
    "Temporary postings",
    "Supervision",
    "Appeals",
    RUN_CARD,
)
WORDS = (
    *SHEETS,
    "Officer",
    "Beat",
    "Beat name",
    "Post",
    "First day",
    "Last day",
    "Then",
    "Post asks for",
    "Leaves",
    "Comes",
    "Days together",
    "Days vacant",
    "Beat today",
    "Since",
    "Languages",
    "Gender",
    "Trained on",
    "Joins on",
    "Leaves on",
    "In this plan",
    "Figure",
    "Value",
    "About",
    "What",
    "From beat",
    "To beat",
    "On",
    "Reason",
    "Years in the service",
    "Somebody junior stays in the beat that is left",
    "Stands in",
    "For",
    "From",
    "Area",
    "Officers at their posts",
    "Supervisors",
    "Needed",
    "Missing",
    "Made on",
    "State",
)
# Figures of the summary as people read them; each one else has its name there.
FIGURES = {
    "status": "Result of the search",
    "objective": "Objective, in points",
    "lower_bound": "Proven that no plan is below, in points",
    "gap": "At most so far above the best possible",
    "reported_gap": "At most so far above the best possible, by the search alone, not checked",
    "seconds": "Seconds of search",
    "posts": "Officers' posts",
    "officers": "Officers of the roster",
    "months": "Months of the plan",
    "vacant_months": "Post-months without an officer, whole period",
    "rotations": "Moves of officers between beats, whole period",
    "tenure_violations": "Postings that end before the minimum tenure",
    "language_gaps": "Beat-months in which nobody speaks a language of the beat",
    "speaker_months": "Residents × months without an officer who speaks their language",
    "must_months": "Beat-months without a language that must be spoken",
    "gender_gaps": "Beat-months without a woman or without a man",
    "home_km_months": "Kilometres from home × months",
    "unpreferred_months": "Months in beats that officers did not wish for",
    "changed_months": "Months that differ from the published plan",
    "rules_kept": "Rules that no plan may break are kept",
    "relationship_years_today": "Relationship-years today",
    "relationship_years_kept": "Relationship-years kept",
    "relationship_years_lost_by_lines": "Relationship-years lost because lines move",
    "relationship_years_lost_by_moves": "Relationship-years lost because officers move",
    "relationship_years_lost_by_order": "Relationship-years lost by the order",
    "certified": "The bound can be checked",
    "certified_bound": "Proven that no plan is below, as far as it can be checked, in points",
}
POINTS = "Points each: {figure}"
VALUES = {
    "optimal": "proven best",
    "feasible": "not proven best",
    "infeasible": "rules were relaxed",
    "unknown": "no plan found that keeps all rules",
    "yes": "yes",
    "proven impossible": "proven impossible",
    "not found, not proven": "not found, not proven",
}
PLAN_ENDS = "the plan ends"
CELLS = (
    "posted",
    "reserve",
    "vacant post",
    "nobody: vacant",
    "yes",
    "no",
    FORCE,
    AS_ONE,
    "open",
    "upheld",
    "rejected",
    PLAN_ENDS,
)
# Of the calendar of handovers.
CALENDAR = (
    "Handover in {beat}, post {post}: {leaves} to {comes}",
    "{comes} begins in {beat}, post {post}",
    "{leaves} leaves {beat}, post {post}: no successor",
    "Last day of {officer}: {date}",
    "First day of {officer}: {date}",
    "Days together: {days}.",
    "Days without an officer: {days}.",
)
HEAD = "08306B"


def write_officers_pack(folder: Path, tables: PlanTables) -> None:
    """Write the workbook, the calendar and the job descriptions of a plan with officers.

    Parameters
    ----------
    folder
        The result folder.
    tables
        The plan.

    Raises
    ------
    InputError
        Where the force's own template cannot be used.
    """
    if tables.assignments is None or tables.beats is None or tables.roster is None:
        return
    _write_workbook(folder / "officers.xlsx", tables)
    _write_calendar(folder / "handovers.ics", tables)
    write_jobs(folder / "job_descriptions", tables, names(tables))


def names(tables: PlanTables) -> dict[str, str]:
    """Return what each beat is called."""
    assert tables.beats is not None
    pairs = zip(tables.beats["beat"].astype(str), tables.beats["name"].astype(str), strict=True)
    return {beat: beat_title(beat, name) for beat, name in pairs}


def _number(value: Any) -> Any:
    """Return an id as a number where it is one, so that a sheet sorts it as such."""
    text = "" if value is None or value != value else str(value)
    return int(text) if text.isdecimal() and text == str(int(text)) else text


def plan_months(tables: PlanTables) -> list[str]:
    """Return the first day of each month of the plan and of the one after, ISO."""
    rules = tables.summary["rules"]["officers"]
    first = pd.Timestamp(rules["start"])
    return [(first + pd.DateOffset(months=t)).date().isoformat() for t in range(12 * rules["years"] + 1)]


def vacant_posts(tables: PlanTables) -> pd.DataFrame:
    """Return how many posts are vacant by beat (row) and month (column); officers who are absent do not fill theirs, and posts that a roll-out opens later are none yet."""
    # what reads a roster brings GDAL and the models of a description, which no report of stations or beats needs
    from beatplanner.data.town.personnel import absences

    assert tables.beats is not None and tables.assignments is not None and tables.roster is not None
    months = plan_months(tables)[:-1]
    off = {str(r["officer"]): absences(r) for r in records(tables.roster)}
    count = pd.DataFrame(0, index=tables.beats["beat"].astype(str), columns=months)
    for r in records(tables.assignments):
        away = [(a.isoformat(), z.isoformat()) for a, z, _ in off.get(str(r["officer"]), [])]
        there = [m for m in months if str(r["start"]) <= m < str(r["end"]) and not any(a <= m < z for a, z in away)]
        count.loc[str(r["beat"]), there] += 1
    for r in [] if tables.cover is None else records(tables.cover):
        count.loc[str(r["beat"]), [m for m in months if str(r["start"]) <= m < str(r["end"])]] += 1
    return count.rsub(open_posts(tables)).clip(lower=0)


def _write_workbook(path: Path, tables: PlanTables) -> None:
    import openpyxl
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    from beatplanner.data.result.cells import fit_heading, safe_cell, sheet_name

    assert tables.assignments is not None and tables.roster is not None and tables.beats is not None
    name, book = names(tables), openpyxl.Workbook()
    book.remove(book.worksheets[0])
    speech = _speech(tables)
    said = {} if speech.language == "en" else {word: speech.text(word) for word in (*WORDS, *CELLS)}

    def sheet(title: str, header: list[str], rows: list[list[Any]], widths: list[int]) -> Any:
        page = book.create_sheet(sheet_name(said.get(title, title), book.sheetnames))
        page.append([said.get(v, v) for v in header])
        for row in rows:
            page.append([safe_cell(said[v] if v in CELLS and said else v) for v in row])
        for cell in page[1]:
            cell.font, cell.fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", fgColor=HEAD)
            cell.alignment = Alignment(vertical="center", wrap_text=True)
        for i, width in enumerate(widths, 1):
            page.column_dimensions[get_column_letter(i)].width = width
        fit_heading(page)
        for line in page.iter_rows(min_row=2):
            for cell in line:
                if isinstance(cell.value, dt.date | int | float):
                    # beside what stands to the right it would look glued to it
                    cell.alignment = Alignment(horizontal="left")
        page.freeze_panes = "B2"
        # on paper: all columns on one page's width, the heading on every page
        page.page_setup.orientation, page.page_setup.paperSize = "landscape", page.PAPERSIZE_A4
        page.page_setup.fitToHeight, page.sheet_properties.pageSetUpPr.fitToPage = 0, True
        page.print_title_rows = "1:1"
        page.oddFooter.center.text = "&A, &P / &N"
        if rows:
            page.auto_filter.ref = page.dimensions
        return page

    # the end of the plan is nobody's last day: nothing is planned for the time after
    served, over = served_until(tables), plan_span(tables)[1]
    postings = [
        [
            r["officer"],
            _number(r["beat"]),
            name.get(str(r["beat"])),
            r["post"],
            day_if_any(r["start"]),
            served[i] - DAY,
            r.get("requires") or "",
            PLAN_ENDS if served[i] >= over else "",
        ]
        for i, r in tables.assignments.sort_values(["officer", "start"]).to_dict("index").items()
    ]
    sheet(
        "Postings",
        ["Officer", "Beat", "Beat name", "Post", "First day", "Last day", "Post asks for", "Then"],
        postings,
        [26, 8, 26, 7, 12, 14, 20, 16],
    )
    changes = [
        [
            name.get(c.beat, c.beat),
            c.post,
            c.leaves or ("vacant post" if c.days_vacant else "–"),
            c.last_day,
            c.comes or ("nobody: vacant" if c.days_vacant else "–"),
            c.first_day,
            c.days_together if c.leaves and c.comes else None,
            c.days_vacant,
        ]
        for c in changes_of(tables)
    ]
    sheet(
        "Handovers",
        ["Beat", "Post", "Leaves", "Last day", "Comes", "First day", "Days together", "Days vacant"],
        changes,
        [26, 7, 26, 12, 26, 12, 10, 10],
    )
    _personnel_sheets(sheet, tables)
    posted = {str(o) for o in tables.assignments["officer"]}
    people = [
        [
            r["officer"],
            _number(r["beat"]),
            day_if_any(r["since"]),
            # read back as a roster: in its own words
            "; ".join(_spoken(r["languages"])),
            r["gender"],
            day_if_any(r["trained_on"]),
            day_if_any(r["joins_on"]),
            day_if_any(r["leaves_on"]),
            "posted" if str(r["officer"]) in posted else "reserve",
        ]
        for r in records(tables.roster)
    ]
    sheet(
        "Roster",
        [
            "Officer",
            "Beat today",
            "Since",
            "Languages",
            "Gender",
            "Trained on",
            "Joins on",
            "Leaves on",
            "In this plan",
        ],
        people,
        [26, 10, 12, 20, 8, 12, 12, 12, 12],
    )
    gaps = vacant_posts(tables)
    counts: list[list[Any]] = gaps.to_numpy().tolist()
    rows = [[name.get(b, b), *[v or None for v in line]] for b, line in zip(gaps.index, counts, strict=True)]
    page = sheet("Vacant posts", ["Beat", *[m[:7] for m in gaps.columns]], rows, [26, *[4] * len(gaps.columns)])
    for cell in page[1][1:]:
        cell.alignment = Alignment(text_rotation=90, vertical="bottom")
    page.row_dimensions[1].height = 60
    page.page_setup.paperSize = page.PAPERSIZE_A3
    red = PatternFill("solid", fgColor="F4B6B0")
    for line in page.iter_rows(min_row=2, min_col=2):
        for cell in line:
            if cell.value:
                cell.fill = red
    _figures_sheet(sheet, tables.summary["officers"], speech)
    rows = [list(row) for row in card_of_paper(tables, speech)]
    sheet(RUN_CARD, ["About", "What"], rows, [28, 60])
    book.save(path)


def _spoken(spoken: Any) -> list[str]:
    """Return the roster's own words for languages, which a table has in one cell or as a list."""
    names = spoken.split(";") if isinstance(spoken, str) else spoken or ()
    return [str(n) for n in names if str(n).strip()]


def _speech(tables: PlanTables) -> Speech:
    """Return the force's language, the first that its forums speak."""
    return force_speech(tables.summary)


def _figures_sheet(sheet: Any, figures: Claims, speech: Speech) -> None:
    """Write the figures of the officers' step, and what each of them weighs."""
    from openpyxl.styles import Alignment

    def named(key: str) -> str:
        return speech.text(FIGURES[key]) if key in FIGURES else key.replace("_", " ")

    rows: list[list[float | str] | list[int | str] | list[str]] = []
    formats: list[str] = []
    for key, value in as_proven(figures).items():
        if isinstance(value, bool):
            rows.append([named(key), speech.text("yes" if value else "no")])
        elif key in ("gap", "reported_gap") and isinstance(value, int | float):
            # as everywhere
            most = gap_at_most(value)
            rows.append([named(key), most])
            formats.append(f"0.{'0' * gap_digits(most)}%")
            continue
        elif isinstance(value, int | float | str):
            word = VALUES.get(value) if isinstance(value, str) else None
            rows.append([named(key), value if word is None else speech.text(word)])
        else:
            continue
        formats.append("#,##0")
    for key, value in figures["weights"].items():
        rows.append([speech.text(POINTS, figure=named(FIGURE_OF_WEIGHT.get(str(key)) or str(key))), value])
        formats.append("#,##0.00#")
    # nothing is cut, in whichever language
    widths = [max(least, *(len(str(row[i])) + 2 for row in rows)) for i, least in enumerate((58, 20))]
    page = sheet("Figures", ["Figure", "Value"], rows, widths)
    for (cell,), form in zip(page.iter_rows(min_row=2, min_col=2, max_col=2), formats, strict=True):
        cell.alignment = Alignment(horizontal="right")
        if isinstance(cell.value, float):
            cell.number_format = form


def _reason(move: Move, speech: Speech) -> str:
    """Return why somebody is moved, in the force's language."""
    return "; ".join(speech.text(text, **fields) for text, fields in move["reasons"])


def _personnel_sheets(sheet: Any, tables: PlanTables) -> None:
    """Write who is moved and why, and, where the roster has them, temporary postings, supervisors and appeals."""
    name, section, speech = names(tables), tables.summary["officers"], _speech(tables)
    found = posting_changes(tables)
    head = ["Officer", "From beat", "To beat", "On", "Reason"]
    aged = any(m["years"] is not None for m in found)
    rows = [
        [
            m["officer"],
            _number(m["from"]) if m["from"] else "–",
            name.get(m["to"], m["to"]),
            day_if_any(m["on"]),
            _reason(m, speech),
        ]
        + ([m["years"], "–" if m["junior_stays"] is None else "yes" if m["junior_stays"] else "no"] if aged else [])
        for m in found
    ]
    more = ["Years in the service", "Somebody junior stays in the beat that is left"] if aged else []
    sheet("Moves", [*head, *more], rows, [26, 12, 26, 12, 56, *([12, 20] if aged else [])])
    if tables.cover is not None:
        rows = [
            [
                r["officer"],
                r["for_officer"],
                name.get(str(r["beat"])),
                day_if_any(r["start"]),
                day_of(r["end"]) - DAY,
            ]
            for r in records(tables.cover.sort_values(["start", "officer"]))
        ]
        head = ["Stands in", "For", "Beat", "From", "Last day"]
        sheet("Temporary postings", head, rows, [26, 26, 26, 12, 14])
    if section.get("supervision"):
        rows = [[r[k] for k in ("area", *COUNTS)] for r in supervision_rows(section["supervision"])]
        head = ["Area", "Officers at their posts", "Supervisors", "Needed", "Missing"]
        sheet("Supervision", head, rows, [44, 14, 14, 12, 12])
    assert tables.roster is not None
    if section.get("appeals"):
        rows = [
            [r["officer"], day_if_any(r.get("appeal_on")), r["appeal"]]
            for r in records(tables.roster)
            if r.get("appeal")
        ]
        sheet("Appeals", ["Officer", "Made on", "State"], rows, [26, 12, 14])


def _fill(component: Any, values: Mapping[str, object]) -> None:
    """Write values into a calendar or one of its entries; icalendar annotates none."""
    for name, value in values.items():
        component.add(name, value)


def _write_calendar(path: Path, tables: PlanTables) -> None:
    import icalendar

    calendar = icalendar.Calendar()
    _fill(calendar, {"prodid": "-//beatplanner//handovers//EN", "version": "2.0"})
    name, speech = names(tables), _speech(tables)
    # the day on which the plan was made, so that the stamp lies in the past and a second run writes the same file
    made = dt.date.fromisoformat(str(tables.summary.get("made_on") or plan_months(tables)[0]))
    for c in changes_of(tables):
        event = icalendar.Event()
        beat, until = name.get(c.beat, c.beat), c.day + DAY
        sentences: list[str] = []
        both, comes, leaves, last, first, together, vacant = CALENDAR
        where = {"beat": beat, "post": c.post, "comes": c.comes, "leaves": c.leaves}
        if c.comes and c.leaves:
            title = speech.text(both, **where)
            assert c.last_day is not None
            until = max(until, c.last_day + DAY)
        else:
            title = speech.text(comes if c.comes else leaves, **where)
        if c.last_day:
            sentences.append(speech.text(last, officer=c.leaves, date=speech.date(c.last_day)))
        if c.first_day:
            sentences.append(speech.text(first, officer=c.comes, date=speech.date(c.first_day)))
        if c.comes and c.leaves:
            sentences.append(speech.text(together, days=c.days_together))
        if c.days_vacant:
            sentences.append(speech.text(vacant, days=c.days_vacant))
        entry: dict[str, object] = {
            "summary": title,
            "description": "\n".join(sentences),
            "dtstart": c.day,
            "dtend": until,
            "transp": "TRANSPARENT",
            "dtstamp": dt.datetime.combine(made, dt.time(), dt.UTC),
            "uid": f"{c.day}-{abs(lasting_number(f'{c.beat} {c.post} {c.leaves} {c.comes}')):x}@beatplanner",
        }
        _fill(event, entry)
        calendar.add_component(event)
    path.write_bytes(calendar.to_ical())


def lasting_number(text: str) -> int:
    """Return a number for a text that is the same in every run."""
    import hashlib

    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big")
