"""Dates of officers that contradict each other or the plan: refused where no plan can be right, told where it can."""

from __future__ import annotations

import datetime as dt
import unicodedata

import pandas as pd

from beatplanner.data.description.sections.officers import Officers
from beatplanner.data.errors import Note
from beatplanner.data.formats.frames import records
from beatplanner.data.formats.source import Place


def check_dates(found: pd.DataFrame, where: Place, rules: Officers) -> list[Note]:
    """Return errors and warnings on the dates of a roster and of the plan's rules.

    Parameters
    ----------
    found
        ``officer``, ``beat``, ``since``, ``joins_on``, ``leaves_on``, ``trained_on``.
    where
        Of the roster.
    rules
        For start, years and tenure.
    """
    notes: list[Note] = []
    today = dt.date.today()
    for i, r in enumerate(records(found)):
        place = {"row": where.rows[i]}
        who, since, joins, leaves = r["officer"], r["since"], r["joins_on"], r["leaves_on"]
        if r["beat"] is not None and since is not None and since > rules.start:
            what = f"{who} is in beat {r['beat']} only since {since}, after the plan starts on {rules.start}"
            notes.append(
                _contradiction(
                    since <= today,
                    what,
                    "Give the beat of the day on which the plan starts, or a later start",
                    where,
                    i,
                    "since",
                )
            )
        if r["beat"] is not None and joins is not None and joins > rules.start:
            what = f"{who} holds a post in beat {r['beat']} today and joins only on {joins}"
            if joins <= today:
                what = f"{who} joins on {joins}, after the plan starts on {rules.start}, and holds a post in beat {r['beat']}"
            notes.append(
                _contradiction(
                    joins <= today,
                    what,
                    "Take the beat or the day of joining away, or give a later start",
                    where,
                    i,
                    "joins_on",
                )
            )
        elif since is not None and joins is not None and joins > since:
            what = f"{who} joins on {joins}, after holding a post since {since}"
            notes.append(where.problem(what, "Correct one of the dates", **place, field="joins_on"))
        if since is not None and leaves is not None and leaves <= since:
            what = f"{who} leaves on {leaves}, before holding the post since {since}"
            notes.append(where.problem(what, "Correct one of the dates", **place, field="leaves_on"))
        elif leaves is not None and leaves <= rules.start:
            what = f"{who} has left by {leaves}, before the plan starts on {rules.start}, and counts nowhere"
            notes.append(
                Note(
                    "warning",
                    what,
                    "Take the row away, or correct the day",
                    where.file,
                    where.layer,
                    where.rows[i],
                    "leaves_on",
                )
            )
    notes += _names(found, where)
    if rules.start < today:
        notes.append(
            Note(
                "warning",
                f"the plan starts on {rules.start}, which is past; postings of months gone by cannot be made any more",
                "Give a later start",
                field="officers.start",
            )
        )
    if rules.min_tenure_months > 12 * rules.years:
        what = f"a tenure of {rules.min_tenure_months} months is longer than the plan of {12 * rules.years}, so that no new posting can be seen to last so long"
        notes.append(
            Note("warning", what, "Plan for more years, or for a shorter tenure", field="officers.min_tenure_months")
        )
    return notes


def _contradiction(past: bool, what: str, mend: str, where: Place, i: int, field: str) -> Note:
    """Return an error, or a warning where it is the plan's start that is past, and not the officer's day that is wrong."""
    return Note("warning" if past else "error", what, mend, where.file, where.layer, where.rows[i], field)


def _names(found: pd.DataFrame, where: Place) -> list[Note]:
    """Warn of officers whose names differ in capitals, spaces or accents only."""
    seen: dict[str, str] = {}
    notes: list[Note] = []
    for i, name in enumerate(found["officer"]):
        bare = "".join(c for c in unicodedata.normalize("NFKD", str(name).casefold()) if not unicodedata.combining(c))
        key = " ".join(bare.split())
        if key in seen and seen[key] != name:
            what = f"“{name}” and “{seen[key]}” may be one officer"
            notes.append(
                Note(
                    "warning",
                    what,
                    "Keep one row, or tell them apart by a number",
                    where.file,
                    where.layer,
                    where.rows[i],
                    "officer",
                )
            )
        seen.setdefault(key, str(name))
    return notes
