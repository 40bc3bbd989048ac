"""Who is to be recruited: seeded draws of who leaves, the reserve that fills posts first, and the classes to order in whole people."""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.budget import Budget
from beatplanner.data.description.sections.officers import Officers
from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.cells import read_truth
from beatplanner.data.formats.frames import records
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.postings import open_posts
from beatplanner.planning.officers.roster_problem import month_starts


@dataclass(frozen=True)
class Succession:
    """Vacancies to come and what fills them, over seeded draws.

    Attributes
    ----------
    months
        ``month``, ``vacancies`` (mean), ``vacancies_p90``, and a column a language: vacancies in beats that would lose their last speaker.
    quarters
        ``quarter``, ``recruits`` (mean number to start training), ``recruits_p90``, ``seats`` (mean number in training), ``seats_p90``; none before the
        first day on which a class can still be ordered: who is needed earlier starts then.
    classes
        In whole people: ``year`` (of the start of training), ``language`` ("" for any), ``people`` (median), ``people_p90``, and ``order_by``, the last
        day (ISO) on which the class may start so that the first of them comes in time in half of the draws. With ``drop_out`` or ``class_size`` also
        ``to_start`` (who begin so that those of nine draws of ten end the course) and ``classes``; with seats in the budget ``seats`` and ``seats_missing``
        of the year, told in its first row.
    """

    months: pd.DataFrame
    quarters: pd.DataFrame
    classes: pd.DataFrame


def succession(folder: Path, *, attrition: float, draws: int, seed: int, today: dt.date | None = None) -> Succession:
    """Draw who leaves beyond the known leavers, fill posts from the reserve, and count the recruits that remain to be found.

    Parameters
    ----------
    folder
        A plan with officers.
    attrition
        Share of officers who leave in a year beyond those who are known to.
    draws
        Scenarios.
    seed
        The same seed gives the same draws.
    today
        No class is ordered before this day, nor before the plan starts; the plan's start where None.

    Returns
    -------
    Succession

    Raises
    ------
    InputError
        Where the plan has no officers.
    """
    plan = read_result(folder)
    if plan.assignments is None or plan.roster is None or plan.beats is None:
        raise InputError(problem("this plan has no officers", "Give a plan with officers", file=folder))
    rules = Description.model_validate(plan.summary["rules"]).officers
    assert rules is not None
    dates = month_starts(rules.start, rules.years * 12)
    months = len(dates) - 1
    languages = sorted({w for text in plan.beats["languages"].fillna("") for w in str(text).split(";") if w})
    force = _force(plan, plan.beats, records(plan.roster), records(plan.assignments), rules, dates)
    random = np.random.default_rng(seed)
    hazard = 1 - (1 - attrition) ** (1 / 12)
    ahead = rules.training_months + rules.handover_months
    earliest = 0 if today is None else bisect_left(dates[:-1], max(today, rules.start))
    vacant = np.zeros((draws, months))
    spoken = np.zeros((draws, len(languages), months))
    intake = np.zeros((draws, months))
    needed: list[tuple[int, int, str]] = []
    for d in range(draws):
        leaves = np.minimum(force.last, random.geometric(hazard, len(force.last)) if hazard > 0 else months)
        # before a class that is still to be ordered has ended, nobody comes out of one
        empty, recruits = _one_draw(force, leaves, min(earliest + ahead, months - 1))
        for t, lacking in empty:
            vacant[d, t] += 1
            for w in lacking:
                spoken[d, languages.index(w), t] += 1
        for t, lacking in recruits:
            intake[d, t] += 1
            needed.append((d, t, ";".join(lacking)))
    table = pd.DataFrame(
        {
            "month": [x.isoformat()[:7] for x in dates[:-1]],
            "vacancies": vacant.mean(axis=0),
            "vacancies_p90": [_most(n, 90) for n in vacant.T],
        }
    )
    for k, w in enumerate(languages):
        table[w] = spoken[:, k].mean(axis=0)
    # who is needed sooner than a class can be trained starts with the first that can be ordered
    start = np.maximum(np.arange(months) - ahead, earliest)
    return Succession(
        table,
        _quarters(rules.start, intake, start, earliest, rules.training_months),
        _pipeline(
            _classes(needed, draws, start, dates),
            rules,
            Description.model_validate(plan.summary["rules"]).budget,
            dates,
        ),
    )


@dataclass(frozen=True)
class _Force:
    """What is known before anybody leaves by chance: `where` (O, T) beat or −1, `first` and `last` month of service (O,), languages, and `posts` (B, T)."""

    where: np.ndarray
    first: np.ndarray
    last: np.ndarray
    speaks: list[set[str]]
    needs: list[list[str]]
    posts: np.ndarray


def _force(
    plan: PlanTables,
    beats: pd.DataFrame,
    roster: Sequence[Mapping[str, object]],
    assignments: Sequence[Mapping[str, object]],
    rules: Officers,
    dates: list[dt.date],
) -> _Force:
    """Return who is posted where, from when to when each officer serves, and what the beats need."""
    months = len(dates) - 1
    place = {str(b): i for i, b in enumerate(beats["beat"])}
    number = {str(r["officer"]): i for i, r in enumerate(roster)}
    where = np.full((len(roster), months), -1)
    for r in assignments:
        a, z = (bisect_left([d.isoformat() for d in dates], str(r[k])) for k in ("start", "end"))
        where[number[str(r["officer"])], a:z] = place[str(r["beat"])]
    needs = [[w for w in str(t or "").split(";") if w] for t in beats["languages"].fillna("")]
    speaks = [set(str(r["languages"] or "").split(";")) for r in roster]
    first, last = np.zeros(len(roster), int), np.full(len(roster), months)
    for i, r in enumerate(roster):
        if read_truth(r.get("pool")):
            # who stands in for others fills no post for good
            last[i] = 0
            continue
        if r["leaves_on"]:
            last[i] = max(0, bisect_right([d.isoformat() for d in dates], str(r["leaves_on"])) - 1)
        if ((where[i] < 0).all() or where[i, 0] < 0) and (r["trained_on"] or r["joins_on"]):
            day = pd.Timestamp(str(r["trained_on"] or r["joins_on"]))
            # trained before joining: there from the day of joining
            day = (
                max(day, pd.Timestamp(str(r["joins_on"] or day)))
                if r["trained_on"]
                else day + pd.DateOffset(months=rules.training_months)
            )
            first[i] = bisect_left([d.isoformat() for d in dates[:-1]], day.date().isoformat())
    return _Force(where, first, last, speaks, needs, open_posts(plan))


def _one_draw(
    force: _Force, leaves: np.ndarray, comes: int
) -> tuple[list[tuple[int, list[str]]], list[tuple[int, list[str]]]]:
    """Return the posts that fall vacant and that the reserve cannot fill, and the recruits to find: month and the languages that lack, each.

    A post that falls vacant before the month `comes` waits for its recruit until then; where the plan fills it sooner, none is needed.
    """
    officers, months = force.where.shape
    extra, number = np.full(officers, -1), len(force.posts)
    hired, waiting = np.zeros(number, int), np.zeros(number, int)
    taught: list[set[str]] = [set() for _ in range(number)]
    vacant: list[tuple[int, list[str]]] = []
    recruits: list[tuple[int, list[str]]] = []
    for t in range(months):
        here = np.where(t < leaves, np.where(force.where[:, t] >= 0, force.where[:, t], extra), -1)
        for b in range(number):
            missing = max(0, int(force.posts[b, t]) - int((here == b).sum()) - int(hired[b]))
            for _ in range(missing):
                lacking = _lacking(force, here, b, taught[b])
                reserve = [
                    o
                    for o in range(officers)
                    if here[o] < 0 and force.first[o] <= t < leaves[o] and (force.where[o, t:] < 0).all()
                ]
                if not reserve:
                    break
                best = min(reserve, key=lambda o: (-sum(w in force.speaks[o] for w in lacking), o))
                extra[best] = here[best] = b
                missing -= 1
            waiting[b] = min(waiting[b], missing)
            counted: set[str] = set()
            for _ in range(missing - waiting[b]):
                lacking = _lacking(force, here, b, taught[b] | counted)
                vacant.append((t, lacking))
                counted |= set(lacking)
            waiting[b] = missing
            if t >= comes:
                for _ in range(missing):
                    lacking = _lacking(force, here, b, taught[b])
                    recruits.append((t, lacking))
                    taught[b] |= set(lacking)
                hired[b] += missing
                waiting[b] = 0
    return vacant, recruits


def _lacking(force: _Force, here: np.ndarray, beat: int, taught: set[str]) -> list[str]:
    """Return the languages of a beat that none of those who serve there speaks, nor a recruit."""
    there = np.flatnonzero(here == beat)
    return [w for w in force.needs[beat] if w not in taught and not any(w in force.speaks[o] for o in there)]


def _quarters(first: dt.date, intake: np.ndarray, start: np.ndarray, earliest: int, training: int) -> pd.DataFrame:
    """Return who starts training and who is in training by quarter; `intake` (draws, T) by the month of need, `start` (T,) that of training."""
    rows: list[tuple[Any, ...]] = []
    months = len(start)
    begins = np.zeros((len(intake), months))
    for t in range(months):
        begins[:, start[t]] += intake[:, t]
    # in training in a quarter: who started in it, or not longer before it than training takes
    for q in range(earliest - earliest % 3, months, 3):
        starting = begins[:, q : q + 3].sum(axis=1)
        seats = begins[:, max(0, q - max(0, training - 1)) : q + 3].sum(axis=1)
        day = pd.Timestamp(first) + pd.DateOffset(months=q)
        name = f"{day.year} Q{(day.month - 1) // 3 + 1}"
        rows.append((name, starting.mean(), _most(starting, 90), seats.mean(), _most(seats, 90)))
    return pd.DataFrame(rows, columns=["quarter", "recruits", "recruits_p90", "seats", "seats_p90"])


def _classes(needed: list[tuple[int, int, str]], draws: int, start: np.ndarray, dates: list[dt.date]) -> pd.DataFrame:
    """Return the classes to order, by year and language, in whole people."""
    by: dict[tuple[int, str], list[tuple[int, int]]] = {}
    for d, t, language in needed:
        month = int(start[t])
        by.setdefault((dates[month].year, language), []).append((d, month))
    rows: list[tuple[Any, ...]] = []
    for (year, language), people in sorted(by.items()):
        number, first = np.zeros(draws), np.full(draws, len(dates))
        for d, month in people:
            number[d] += 1
            first[d] = min(first[d], month)
        if _most(number, 90) == 0:
            continue
        # the month by which half of the draws that need anybody need the first
        month = int(np.percentile(first[number > 0], 50, method="inverted_cdf"))
        rows.append((year, language, _most(number, 50), _most(number, 90), dates[month].isoformat()))
    return pd.DataFrame(rows, columns=["year", "language", "people", "people_p90", "order_by"])


def _pipeline(classes: pd.DataFrame, rules: Officers, budget: Budget | None, dates: list[dt.date]) -> pd.DataFrame:
    """Return the classes with who must begin them, how many there are, and the seats of each year, where the rules say so."""
    found = classes.copy()
    if not (rules.drop_out or rules.class_size or (budget is not None and budget.training_seats is not None)):
        return found
    start = [math.ceil(n / (1 - rules.drop_out) - 1e-9) for n in found["people_p90"]]
    found["to_start"] = start
    if rules.class_size:
        found["classes"] = [math.ceil(n / rules.class_size) for n in start]
    if budget is not None and budget.training_seats is not None:
        first = budget.first_year or rules.start.year
        given = budget.training_seats
        seats: list[int | None] = []
        for year in found["year"]:
            k = int(year) - first
            seats.append(given if isinstance(given, int) else given[k] if 0 <= k < len(given) else None)
        wanted = found.groupby("year")["to_start"].transform("sum")
        once = ~found["year"].duplicated()
        found["seats"] = [s if o else None for s, o in zip(seats, once, strict=True)]
        found["seats_missing"] = [
            max(0, int(w) - s) if o and s is not None else None for w, s, o in zip(wanted, seats, once, strict=True)
        ]
        found[["seats", "seats_missing"]] = found[["seats", "seats_missing"]].astype("Int64")
    return found


def _most(number: np.ndarray, percentile: float) -> int:
    """Return the whole number that so many per cent of the draws do not exceed."""
    return int(np.percentile(number, percentile, method="inverted_cdf"))
