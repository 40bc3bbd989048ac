"""What a personnel office adds to the roster, all of it optional: pool, rank, part time, seniority, own allowances, hardship, time off, appeals."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.description.sections.officers import Officers
from beatplanner.data.errors import InputError, Note
from beatplanner.data.findings import Findings, did_you_mean
from beatplanner.data.formats.cells import dates, is_missing, numbers, read_times, texts
from beatplanner.data.formats.frames import day_if_any, records
from beatplanner.data.formats.plain_names import plain
from beatplanner.data.formats.source import Place
from beatplanner.data.town.reading import truths

APPEALS = ("open", "upheld", "rejected")
# A day is what has a digit and no blank, as an office writes it: 2027-05-01, 1.5.2027, 01/05/2027.
SPAN = re.compile(r"^(\d[\d./-]*?)\s*(?:\.\.|–|to)\s*(\d[\d./-]*)\s*(.*)$")
ISO_SPAN = re.compile(r"^(\d{4}-\d\d-\d\d)\s*/\s*(\d{4}-\d\d-\d\d)\s*(.*)$")


def read_personnel(frame: pd.DataFrame, where: Place, notes: list[Note]) -> pd.DataFrame:
    """Read the columns that are there.

    Parameters
    ----------
    frame, where
        The roster as it was read, by meanings.
    notes
        Takes in how dates were read.

    Returns
    -------
    pandas.DataFrame
        Those of `PERSONNEL_COLUMNS` that the file has: ``pool`` and ``hardship`` (bool), ``rank`` (text), ``share`` (of full time, over 0 to 1),
        ``seniority`` and ``appeal_on`` (date), ``allowances`` (a year), ``time_off`` (``from..until kind``, several by semicolon, half-open) and ``appeal`` (one
        of `APPEALS`); None or NaN where a cell is empty.

    Raises
    ------
    InputError
        Where a cell cannot be what its column says.
    """
    found, wrong = pd.DataFrame(index=frame.index), Findings()
    # what is wrong with each column and row is told at once
    for name in ("pool", "hardship"):
        with wrong.keep():
            if name in frame:
                found[name] = truths(frame[name], where)
    if "rank" in frame:
        found["rank"] = pd.Series(texts(frame["rank"]), dtype=object)
    with wrong.keep():
        if "share" in frame:
            found["share"] = _shares(frame["share"], where, notes, wrong)
    with wrong.keep():
        if "allowances" in frame:
            found["allowances"] = numbers(frame["allowances"], where, empty=np.nan, least=0, whole=True, notes=notes)
    for name in ("seniority", "appeal_on"):
        with wrong.keep():
            if name in frame:
                found[name] = pd.Series(dates(frame[name], where, notes), dtype=object)
    if "time_off" in frame:
        found["time_off"] = pd.Series(_times_off(frame["time_off"], where, notes, wrong), dtype=object)
    if "appeal" in frame:
        cells: list[str | None] = [None] * len(frame)
        for i, value in enumerate(frame["appeal"]):
            with wrong.keep():
                cells[i] = _appeal(value, where, i)
        found["appeal"] = pd.Series(cells, dtype=object)
    wrong.raise_if_any()
    return found


def _shares(column: pd.Series, where: Place, notes: list[Note], wrong: Findings) -> np.ndarray:
    """Return shares of full time; “50” and “50 %” are half of it."""
    share = numbers(column, where, empty=np.nan, notes=notes)
    share = np.where((share >= 10) & (share <= 100), share / 100, share)
    for i in np.flatnonzero((share <= 0) | (share > 1)).tolist():
        with wrong.keep():
            what = f"holds {column.iat[i]}, which is no share of full time"
            raise_at(where, what, "Give a number above 0 and up to 1, such as 0.5", i, "share")
    return share


def raise_at(where: Place, what: str, mend: str, i: int, field: str) -> None:
    """Raise InputError for a cell."""
    raise InputError(where.problem(what, mend, row=where.rows[i], field=field))


def _times_off(column: pd.Series, where: Place, notes: list[Note], wrong: Findings) -> list[str | None]:
    """Return the spans of each cell in one spelling; their days are read as any column of dates, all together."""
    spans = [
        (i, text.strip())
        for i, value in enumerate(column)
        if not is_missing(value)
        for text in str(value).split(";")
        if text.strip()
    ]
    parted = [SPAN.match(text) or ISO_SPAN.match(text) for _, text in spans]
    written = [None if m is None else m[k] for m in parted for k in (1, 2)]
    days = read_times(pd.Series(written, dtype=object))
    notes += [where.fact(w, "warning", field="time_off") for w in days.warnings]
    cells: list[list[str]] = [[] for _ in range(len(column))]
    for (i, text), match, first, last in zip(spans, parted, days.values[::2], days.values[1::2], strict=True):
        if match is None or pd.isna(first) or pd.isna(last) or last <= first:
            with wrong.keep():
                mend = "Give days and a kind, such as 2027-05-01..2027-09-01 parental, several by semicolon"
                raise_at(where, f"“{text}” is no time off", mend, i, "time_off")
            continue
        cells[i].append(f"{first:%Y-%m-%d}..{last:%Y-%m-%d} {match[3] or 'leave'}")
    return ["; ".join(parts) or None for parts in cells]


def _appeal(value: Any, where: Place, i: int) -> str | None:
    if is_missing(value):
        return None
    word = plain(str(value))
    if word not in APPEALS:
        mend = did_you_mean(word, APPEALS) or f"Write {', '.join(APPEALS[:2])} or {APPEALS[2]}, or leave the cell empty"
        raise_at(where, f"“{value}” is no state of an appeal", mend, i, "appeal")
    return word


def personnel_notes(found: pd.DataFrame, where: Place, rules: Officers) -> list[Note]:
    """Return what contradicts itself in these columns, and what a rule asks for that the roster lacks."""
    notes: list[Note] = []
    rows = records(found)
    for i, r in enumerate(rows):
        at = {"row": where.rows[i]}
        if r.get("pool") and r["beat"] is not None:
            what = f"{r['officer']} is in the pool of stand-ins and holds a post in beat {r['beat']}"
            notes.append(where.problem(what, "Take the beat or the pool away", **at, field="pool"))
        begun, joins = r.get("seniority"), r["joins_on"]
        if begun is not None and joins is not None and begun > joins:
            what = f"{r['officer']} counts as in the service since {begun}, after joining on {joins}"
            notes.append(where.problem(what, "Correct one of the dates", **at, field="seniority"))
        if r.get("appeal_on") is not None and r.get("appeal") is None:
            what = f"{r['officer']} appealed on {r['appeal_on']}, and its state is not said"
            notes.append(where.problem(what, f"Write {' or '.join(APPEALS)}", **at, field="appeal"))
    known = sorted({str(r["rank"]) for r in rows if r.get("rank") is not None})
    for rank in rules.supervisor_ranks:
        if rank not in known:
            what = f"nobody in the roster has the rank “{rank}”"
            mend = did_you_mean(rank, known) or "Name ranks as the roster's column “rank” has them"
            notes.append(where.problem(what, mend, field="rank"))
    if rules.span_of_control is not None and not rules.supervisor_ranks:
        mend = "Add supervisor_ranks = [ … ]"
        notes.append(
            where.problem("span_of_control needs to know who supervises", mend, field="officers.supervisor_ranks")
        )
    return notes


def absences(row: Mapping[str, object]) -> list[tuple[dt.date, dt.date, str]]:
    """Return when an officer is away, half-open, and why: the columns of sickness, and those of `time_off`."""
    found: list[tuple[dt.date, dt.date, str]] = []
    first, last = day_if_any(row.get("absent_from")), day_if_any(row.get("absent_until"))
    if first is not None and last is not None:
        found.append((first, last, "sick"))
    text = row.get("time_off")
    for part in "" if text is None or text != text else str(text).split(";"):
        if part.strip():
            days, _, kind = part.strip().partition(" ")
            a, _, b = days.partition("..")
            found.append((dt.date.fromisoformat(a), dt.date.fromisoformat(b), kind))
    return sorted(found)
