"""Who is paid in each year of a budget: the roster by month, in posts, in training and without a post, and the courses that begin.

A year of the budget is the twelve months from the day and month of the plan's start. An officer is paid from joining until leaving, a part of a month by its
days. Who joins untrained begins a course of ``training_months`` on joining; who has a later ``trained_on`` began it so many
months before; who names neither is trained, as for the postings::

    officer-years paid = Σ over officers and months of days employed / days of the month / 12
    in posts           = the part of them in months of a posting (before the plan: in one of today's beats)
    in training        = the part of the rest between the course's first and last day
    in the pool        = the rest of those who stand in for others
    without a post     = what is left
    full time          = officer-years paid × the share of full time of the roster's column ``share``
    vacant             = Σ over months and beats of max(0, posts that exist − officers of the beat at work) / 12

Until a beat starts, and in the months of its first handover, only the posts of today's officers in it exist, as for the postings.

Months beyond the officers' plan are as its last one.
"""

from __future__ import annotations

import datetime as dt
import itertools
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.budget import Budget
from beatplanner.data.description.sections.officers import Officers
from beatplanner.data.formats.cells import is_missing, text_cell
from beatplanner.data.formats.frames import day_if_any, day_of, records
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.town.personnel import absences
from beatplanner.planning.officers.cover import in_pool

if TYPE_CHECKING:
    from beatplanner.data.formats.frames import Row


@dataclass(frozen=True)
class Payroll:
    """Officer-years by year, (T,) each, and the salaries and courses that go with them.

    Attributes
    ----------
    paid, posted, training, spare, vacant
        As in the module's docstring, in officer-years.
    pool, full_time
        In the pool, and of all who are paid in full-time equivalents.
    salaries, spare_money
        Of all who are paid and of those without a post, at the prices of the first year.
    courses
        Courses that begin in the year.
    """

    paid: np.ndarray
    posted: np.ndarray
    training: np.ndarray
    spare: np.ndarray
    vacant: np.ndarray
    salaries: np.ndarray
    spare_money: np.ndarray
    courses: np.ndarray
    pool: np.ndarray
    full_time: np.ndarray


def first_days(rules: Description) -> list[dt.date]:
    """Return the first day of each month of the budget, and of the one after it."""
    budget, officers = rules.budget, rules.officers
    assert budget is not None
    begin = officers.start if officers is not None else dt.date(budget.first_year or 2000, 1, 1)
    first = pd.Timestamp(begin) + pd.DateOffset(years=(budget.first_year or begin.year) - begin.year)
    return [(first + pd.DateOffset(months=m)).date() for m in range(12 * budget.years + 1)]


def salary(row: Row, rules: Budget) -> float:
    """Return what an officer costs in a year: the share of full time of the grade's salary and of the allowances, own allowances, and the employer's part."""
    grade = _text(row.get("grade"))
    base = rules.grades.get(grade, rules.officer_salary) if grade else rules.officer_salary
    own = _text(row.get("allowances"))
    return ((base + rules.allowances) * share_of_full_time(row) + float(own or 0.0)) * (1 + rules.employer_part)


def one_officer(rules: Budget) -> float:
    """Return what an officer of full time costs in a year of whom nothing more is known."""
    return salary({}, rules)


def share_of_full_time(row: Row) -> float:
    """Return an officer's share of full time; all of it where nothing is said."""
    return float(_text(row.get("share")) or 1.0)


def payroll(
    tables: PlanTables, rules: Description, *, today: bool = False, starts: dict[str, str | None] | None = None
) -> Payroll | None:
    """Return the payroll of a plan's roster; None where there is none.

    Parameters
    ----------
    tables, rules
        Of the plan.
    today
        Whether everybody stays where they are today.
    starts
        Day on which each beat starts, None for never; all start with the plan where a beat is missing.
    """
    officers, budget, roster = rules.officers, rules.budget, tables.roster
    if officers is None or budget is None or roster is None:
        return None
    days = first_days(rules)
    rows = records(roster)
    employed = np.array([_employed(r, days) for r in rows]).reshape(len(rows), -1)
    posted, vacant = _posted(tables, rows, officers, days, today, starts or {})
    courses = [_course(r, officers) for r in rows]
    learning = np.zeros(employed.shape)
    begun = np.zeros(budget.years)
    for o, course in enumerate(courses):
        if course is not None:
            learning[o] = _overlap(*course, days)
            m = bisect_right(days, course[0]) - 1
            leaves = day_if_any(rows[o].get("leaves_on"))
            if 0 <= m < len(days) - 1 and course[0] >= days[0] and (leaves is None or leaves > course[0]):
                begun[m // 12] += 1
    posted = np.minimum(posted, employed)
    learning = np.minimum(learning, employed - posted)
    spare = employed - posted - learning
    pooled = np.where(in_pool(roster)[:, None], spare, 0.0)
    spare = spare - pooled
    share = np.array([share_of_full_time(r) for r in rows])[:, None]
    pay = np.array([salary(r, budget) for r in rows])[:, None]

    def years(values: np.ndarray) -> np.ndarray:
        return values.reshape(budget.years, 12).sum(axis=1) / 12

    return Payroll(
        paid=years((employed).sum(axis=0)),
        posted=years((posted).sum(axis=0)),
        training=years((learning).sum(axis=0)),
        spare=years((spare).sum(axis=0)),
        vacant=years(vacant),
        salaries=years((employed * pay).sum(axis=0)),
        spare_money=years((spare * pay).sum(axis=0)),
        courses=begun,
        pool=years(pooled.sum(axis=0)),
        full_time=years((employed * share).sum(axis=0)),
    )


def _employed(row: Row, days: list[dt.date]) -> np.ndarray:
    """Return the share of each month in which an officer is paid."""
    return _overlap(
        day_if_any(row.get("joins_on")) or dt.date.min, day_if_any(row.get("leaves_on")) or dt.date.max, days
    )


def _overlap(first: dt.date, last: dt.date, days: list[dt.date]) -> np.ndarray:
    """Return the share of each month's days from one day until another, half-open."""
    return np.array([max(0, (min(last, b) - max(first, a)).days) / (b - a).days for a, b in itertools.pairwise(days)])


def _course(row: Row, rules: Officers) -> tuple[dt.date, dt.date] | None:
    """Return the first and the last day (half-open) of the course that an officer still needs at the plan's start; None for who is trained."""
    if not rules.training_months:
        return None
    joins, trained = day_if_any(row.get("joins_on")), day_if_any(row.get("trained_on"))
    if trained is not None:
        begin = (pd.Timestamp(trained) - pd.DateOffset(months=rules.training_months)).date()
        begin = begin if joins is None or joins > trained else max(begin, joins)
        return None if trained <= rules.start else (begin, trained)
    if joins is None:
        return None
    end = (pd.Timestamp(joins) + pd.DateOffset(months=rules.training_months)).date()
    return None if end <= rules.start else (joins, end)


def _posted(
    tables: PlanTables,
    rows: list[Row],
    officers: Officers,
    days: list[dt.date],
    today: bool,
    starts: dict[str, str | None],
) -> tuple[np.ndarray, np.ndarray]:
    """Return whether each officer holds a post in each month, (O, M), and the vacant posts of each month, (M,)."""
    months = len(days) - 1
    held = np.zeros((len(rows), months))
    number = {str(r["officer"]): o for o, r in enumerate(rows)}
    here = [_text(r.get("beat")) != "" for r in rows]
    begin = next((m for m, d in enumerate(days) if d >= officers.start), months)
    before = months if today else begin
    held[here, :before] = 1.0
    vacant = np.zeros(months)
    table = tables.assignments
    if today or table is None or tables.beats is None:
        return held, vacant
    end = min(months, begin + 12 * officers.years)
    posts = {str(b): float(p) for b, p in zip(tables.beats["beat"], tables.beats["posts"], strict=True)}
    staff = {b: np.zeros(months) for b in posts}
    work = np.array([[not _away(r, d) for d in days[:-1]] for r in rows], float).reshape(len(rows), months)
    for r in records(table):
        a, z = (bisect_left(days, day_of(r[k])) for k in ("start", "end"))
        o, span = number.get(str(r["officer"])), slice(min(a, months), min(z, months))
        if o is not None:
            held[o, span] = 1.0
            if str(r["beat"]) in staff:
                staff[str(r["beat"])][span] += work[o, span]
    for r in [] if tables.cover is None else records(tables.cover):
        a, z = (bisect_left(days, day_of(r[k])) for k in ("start", "end"))
        staff[str(r["beat"])][min(a, months) : min(z, months)] += 1.0
    standing = _standing(tables, rows, officers)
    for beat, count in posts.items():
        start = starts.get(beat, officers.start.isoformat())
        opens = months if start is None else bisect_left(days, dt.date.fromisoformat(start))
        until = begin if opens <= begin else months if start is None else opens + officers.handover_months
        there = np.full(months, count)
        there[:until] = min(count, float(standing.get(beat, 0)))
        vacant[begin:end] += np.maximum(0.0, there - staff[beat])[begin:end]
    if begin < end < months:
        held[:, end:] = held[:, end - 1 : end]
        vacant[end:] = vacant[end - 1]
    return held, vacant


def _standing(tables: PlanTables, rows: list[Row], rules: Officers) -> dict[str, int]:
    """Return how many of today's officers each beat of the plan has in the first month, those of beats that are gone where most of their residents are."""
    assert tables.beats is not None
    known = {str(b) for b in tables.beats["beat"]}
    units = tables.units
    people = units["population"].fillna(1.0) if units["population"].notna().all() else pd.Series(1.0, units.index)
    before, now = units["current"].map(_id), units["beat"].map(_id)
    second = (pd.Timestamp(rules.start) + pd.DateOffset(months=1)).date()
    found: dict[str, int] = {}
    for r in rows:
        today, leaves = _id(r.get("beat")), day_if_any(r.get("leaves_on"))
        if not today or (leaves is not None and leaves < second):
            continue
        if today not in known:
            inside = (before == today).to_numpy()
            if not inside.any():
                continue
            today = str(people[inside].groupby(now[inside]).sum().idxmax())
        found[today] = found.get(today, 0) + 1
    return found


def _id(value: object) -> str:
    return text_cell(value) or ""


def _away(row: Row, day: dt.date) -> bool:
    return any(first <= day < last for first, last, _ in absences(row))


def _text(value: object) -> str:
    return "" if is_missing(value) else str(value)
