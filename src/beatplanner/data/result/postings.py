"""Changes of a post, read from the table of postings once for all that tell of them: report, pack, workbook, calendar, job descriptions.

Postings are half-open (`PlanTables.assignments`); what people read names the last day of somebody in a post, which is the day before.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.formats.frames import day_of, records
from beatplanner.data.result.plan_tables import PlanTables

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class PostChange:
    """What happens in a post at one time: somebody leaves, somebody comes, or both.

    Attributes
    ----------
    beat, post
        Where.
    leaves, comes
        As the roster calls them; None where nobody does.
    last_day
        Of who leaves; None where nobody does.
    first_day
        Of who comes; None where nobody does.
    days_together
        Days on which both are in the post.
    days_vacant
        Days on which nobody is, up to the plan's end where nobody comes.
    """

    beat: str
    post: int
    leaves: str | None
    comes: str | None
    last_day: dt.date | None
    first_day: dt.date | None
    days_together: int
    days_vacant: int

    @property
    def day(self) -> dt.date:
        """The day on which it begins: the first of the successor, else the first without the predecessor."""
        if self.first_day is not None:
            return self.first_day
        assert self.last_day is not None
        return self.last_day + DAY


def plan_span(tables: PlanTables) -> tuple[dt.date, dt.date]:
    """Return the first day of the plan's postings, and the first day after the plan."""
    rules = tables.summary["rules"]["officers"]
    first = pd.Timestamp(rules["start"])
    return first.date(), (first + pd.DateOffset(years=int(rules["years"]))).date()


def changes_of(tables: PlanTables) -> list[PostChange]:
    """Return every change of a post within the plan, by day, beat and post.

    Parameters
    ----------
    tables
        A plan with officers.

    Returns
    -------
    list of Change
        A post whose last holder leaves before the plan's end has a change without a successor.
    """
    assert tables.assignments is not None and tables.beats is not None
    begin, end = plan_span(tables)
    found: list[PostChange] = []
    frame = tables.assignments
    short, posts = _short_days(tables), dict(zip(tables.beats["beat"].astype(str), tables.beats["posts"], strict=True))
    asked = frame["requires"].fillna("").astype(str).ne("") if "requires" in frame else pd.Series(False, frame.index)
    special = set(frame["beat"][asked].astype(str))
    served = served_until(tables)
    for _, part in frame.sort_values(["start", "end"], kind="stable").groupby(["beat", "post"], sort=True):
        rows = [(r, day_of(r["start"]), served[i]) for i, r in zip(part.index, records(part), strict=True)]
        beat, post = str(rows[0][0]["beat"]), int(rows[0][0]["post"])
        # who is more than the beat has posts leaves none empty
        beyond = post > int(posts[beat]) and beat not in special

        def vacant(since: dt.date, until: dt.date, beat: str = beat, beyond: bool = beyond) -> int:
            return (
                0
                if beyond
                else sum((min(z, until) - max(a, since)).days for a, z in short[beat] if a < until and z > since)
            )

        covered, before = begin, None
        for row, start, until in rows:
            if start > begin:
                leaves = None if before is None else str(before["officer"])
                found.append(
                    PostChange(
                        beat,
                        post,
                        leaves,
                        str(row["officer"]),
                        None if before is None else covered - DAY,
                        start,
                        0 if before is None else max(0, (min(covered, until) - start).days),
                        vacant(covered, start),
                    )
                )
            if until >= covered or before is None:
                covered, before = until, row
        if before is not None and covered < end:
            found.append(
                PostChange(beat, post, str(before["officer"]), None, covered - DAY, None, 0, vacant(covered, end))
            )
    return sorted(found, key=lambda c: (c.day, c.beat, c.post))


def served_until(tables: PlanTables) -> dict[Any, dt.date]:
    """Return the first day after each posting as people know it, by row of the table of postings.

    Postings last whole months; who leaves the force within a month holds none in it, and yet is there until the day of leaving.
    """
    assert tables.assignments is not None
    _, end = plan_span(tables)
    leaves: dict[str, dt.date] = {}
    if tables.roster is not None and "leaves_on" in tables.roster:
        for r in records(tables.roster):
            if isinstance(r["leaves_on"], str | dt.date) and str(r["leaves_on"]):
                leaves[str(r["officer"])] = day_of(r["leaves_on"])
    found: dict[Any, dt.date] = {}
    for i, officer, until in zip(
        tables.assignments.index, tables.assignments["officer"], tables.assignments["end"], strict=True
    ):
        after, gone = day_of(until), leaves.get(str(officer))
        month_later = (pd.Timestamp(after) + pd.DateOffset(months=1)).date()
        found[i] = gone + DAY if gone is not None and after < gone < min(month_later, end) else after
    return found


def _short_days(tables: PlanTables) -> dict[str, list[tuple[dt.date, dt.date]]]:
    """Return the months in which a beat has fewer officers than posts that exist, by beat, each as its first day and the day after."""
    assert tables.assignments is not None and tables.beats is not None
    begin, end = plan_span(tables)
    days = [(pd.Timestamp(begin) + pd.DateOffset(months=m)).date() for m in range(months_between(begin, end) + 1)]
    lacking = open_posts(tables)
    row = {str(b): k for k, b in enumerate(tables.beats["beat"])}
    for r in records(tables.assignments):
        lacking[row[str(r["beat"])], bisect_left(days, day_of(r["start"])) : bisect_left(days, day_of(r["end"]))] -= 1
    return {b: [(days[m], days[m + 1]) for m in np.flatnonzero(lacking[k] > 0)] for b, k in row.items()}


def open_posts(tables: PlanTables) -> np.ndarray:
    """Return the posts that there are, by beat (in the order of the beats) and month of the plan, (B, T).

    Where a roll-out starts a beat later, its posts beyond those of today's officers exist from the end of the first handover on; never, where it never starts.
    """
    assert tables.beats is not None
    begin, end = plan_span(tables)
    days = [(pd.Timestamp(begin) + pd.DateOffset(months=m)).date() for m in range(months_between(begin, end))]
    posts = tables.beats["posts"].to_numpy(int)
    found = np.repeat(posts[:, None], len(days), axis=1)
    if "starts" not in tables.beats:
        return found
    held = _serving_today(tables, days[1])
    handover = int(tables.summary["rules"]["officers"]["handover_months"])
    for b, (beat, day) in enumerate(zip(tables.beats["beat"].astype(str), tables.beats["starts"], strict=True)):
        opens = len(days) if not day or day != day else bisect_left(days, day_of(day))
        if opens:
            until = len(days) if opens >= len(days) else opens + handover
            found[b, :until] = min(posts[b], held.count(beat))
    return found


def _serving_today(tables: PlanTables, after: dt.date) -> list[str]:
    """Return the beat of the plan of each officer who serves today and does not leave before a day; of a beat that is no more, where most of its residents are now."""
    assert tables.beats is not None and tables.roster is not None
    known, units = set(tables.beats["beat"].astype(str)), tables.units
    people = units["population"] if units["population"].notna().all() else pd.Series(1.0, units.index)
    found: list[str] = []
    for row in records(tables.roster):
        beat, leaves = row.get("beat"), row.get("leaves_on")
        if beat is None or beat != beat or (isinstance(leaves, str) and leaves and day_of(leaves) < after):
            continue
        if str(beat) not in known:
            inside = np.flatnonzero((units["current"] == beat).to_numpy())
            if not len(inside):
                continue
            lived = pd.DataFrame({"beat": units["beat"].astype(str), "people": people}).iloc[inside]
            beat = lived.groupby("beat")["people"].sum().idxmax()
        found.append(str(beat))
    return found


def months_between(start: dt.date, end: dt.date) -> int:
    """Return whole months from a day to the first day after."""
    return 12 * (end.year - start.year) + end.month - start.month - (end.day < start.day)


@dataclass(frozen=True)
class Stay:
    """An officer's time in a beat without a gap.

    Attributes
    ----------
    officer, beat
        Who and where.
    months
        Whole months from its beginning, before the plan where the roster tells it, to its end within the plan; None where nobody knows since when.
    ends
        Whether it ends before the plan does.
    """

    officer: str
    beat: str
    months: int | None
    ends: bool


def stays_of(tables: PlanTables) -> list[Stay]:
    """Return how long officers stay in their beats, postings of the same officer in one beat that follow each other as one."""
    assert tables.assignments is not None
    begin, end = plan_span(tables)
    since: dict[tuple[str, str], Any] = {}
    if tables.roster is not None:
        for r in records(tables.roster):
            since[str(r["officer"]), str(r.get("beat"))] = r.get("since")
    found: list[Stay] = []
    for (officer, beat), part in tables.assignments.groupby(["officer", "beat"], sort=True):
        spans: list[list[dt.date]] = []
        for r in records(part.sort_values("start")):
            start, until = day_of(r["start"]), day_of(r["end"])
            if spans and start <= spans[-1][1]:
                spans[-1][1] = max(spans[-1][1], until)
            else:
                spans.append([start, until])
        for start, until in spans:
            known: dt.date | None = start
            if start <= begin and (str(officer), str(beat)) in since:
                before = since[str(officer), str(beat)]
                known = min(start, day_of(before)) if before and before == before else None
            months = None if known is None else months_between(known, until)
            found.append(Stay(str(officer), str(beat), months, until < end))
    return found
