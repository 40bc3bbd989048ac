"""Checks of what the service tells of vacant posts: posts held month by month from the postings, and who is on duty by them.

How fractions of officers are rounded has many solutions; that of the plan stands in ``service/held.csv``, and is held against the fractions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from beatplanner.data.result.sections import list_of, section_of
from beatplanner.data.result.service_files import HELD, HELD_SUMS, HELD_WAYS
from beatplanner.planning.verification.ledger import Ledger
from beatplanner.planning.verification.service_figures import Period
from beatplanner.planning.verification.service_held import check_held

if TYPE_CHECKING:
    from beatplanner.data.result.plan_tables import PlanTables
    from beatplanner.data.result.summary import Claims

# Version of results since which vacancies are told.
SINCE = 4
WEEK_HOURS, WEEKS_A_YEAR = 168.0, 365.25 / 7


def check_vacancies(
    ledger: Ledger,
    tables: PlanTables,
    read: dict[str, pd.DataFrame],
    periods: list[Period],
    written: int,
) -> None:
    """Check the key ``vacancies`` of the service.

    Parameters
    ----------
    ledger
        Takes the verdicts.
    tables
        The plan.
    read
        Tables by their files: who is on duty (``first``, ``until``, ``shift``, ``beat``, ``on_duty``), what minutes and shares are summed from, and
        the ways of the officers (`service_held`), as far as there are some.
    periods
        Hours and calls of the shifts, or of the periods that they make.
    written
        Version of the result.
    """
    table = read.get(HELD)
    rules, service = section_of(tables.summary, "rules"), tables.summary["service"]
    claimed, officers = service.get("vacancies"), rules.get("officers")
    due = bool(service.get("servers_from_posts")) and officers is not None
    if not due or tables.assignments is None or tables.beats is None:
        ledger.add("service.vacancies", claimed is None, "nothing", "nothing, without postings of posts")
        return
    if claimed is None and written < SINCE:
        why = f"The result was written by an older version of the program (results of version {written}), which did not tell of them."
        ledger.unchecked("service.vacancies", "who is on duty by the postings", why)
        return
    if claimed is None or officers is None:
        ledger.add("service.vacancies", False, "nothing", "who is on duty by the postings")
        return
    beats, posts = tables.beats["beat"].astype(str).tolist(), tables.beats["posts"].to_numpy(int)
    first = pd.Timestamp(str(officers["start"]))
    days = [(first + pd.DateOffset(months=m)).date().isoformat() for m in range(12 * int(officers["years"]))]
    held = np.array([_held(tables.assignments, day, beats, posts) for day in days])
    years = [(y, slice(12 * k, 12 * k + 12)) for k, y in enumerate(claimed["years"])]
    rows = [("posts", claimed["posts"], int(posts.sum())), ("months", claimed["months"], len(days))]
    rows += [("years", len(years), int(officers["years"])), ("posts held", claimed["posts_held"], _mean(held))]
    rows += [(f"posts held in year {y['year']}", y["posts_held"], _mean(held[part])) for y, part in years]
    ledger.pairs("service.vacancies.held", "posts are held by the postings", rows, "figures")
    named = [(y["year"], y["first"]) for y, _ in years]
    called = [(k + 1, day) for k, day in enumerate(days[::12])]
    ledger.add("service.vacancies.years", named == called, named, called)
    if table is None:
        why = "So many beats and months make a table too large to keep."
        ledger.unchecked("service.vacancies", "who is on duty by the postings", why)
        return
    there = _there(table, days, beats, [p.name for p in periods])
    hours = np.array([p.hours for p in periods])
    nobody = 1.0 - ((there > 0) * hours[None, :, None]).sum(axis=1) / WEEK_HOURS
    rows = [(f"beat {b}", claimed["nobody_share"].get(b), float(nobody[:, k].mean())) for k, b in enumerate(beats)]
    for y, part in years:
        rows += [
            (f"beat {b} in year {y['year']}", y["nobody_share"].get(b), float(nobody[part, k].mean()))
            for k, b in enumerate(beats)
        ]
        rows += [
            (f"on duty in {p.name} in year {y['year']}", y["on_duty"].get(p.name), _mean(there[part, s]))
            for s, p in enumerate(periods)
        ]
    ledger.pairs("service.vacancies", "who is on duty by the postings", rows, "figures")
    check_held(ledger, tables, read.get(HELD_SUMS), read.get(HELD_WAYS), there, days, periods)
    if service.get("periods"):
        why = "Where shifts overlap, the officers of a period are the sum of its shifts', which are not kept apart."
        ledger.unchecked("service.vacancies.on_duty", "officers on duty follow from the posts held", why)
        return
    wrong = list(_wrongly_rounded(there, held, _part_on_duty(rules, periods), days, (beats, periods)))
    ledger.each("service.vacancies.on_duty", "officers on duty follow from the posts held", wrong, len(days), "months")


def _mean(numbers: np.ndarray) -> float:
    return float(numbers.sum(axis=1).mean())


def _held(assignments: pd.DataFrame, day: str, beats: list[str], posts: np.ndarray) -> list[int]:
    now = [
        str(b)
        for b, a, z in zip(assignments["beat"], assignments["start"], assignments["end"], strict=True)
        if str(a) <= day < str(z)
    ]
    return [min(now.count(b), int(p)) for b, p in zip(beats, posts, strict=True)]


def _there(table: pd.DataFrame, days: list[str], beats: list[str], shifts: list[str]) -> np.ndarray:
    """Return officers on duty in each month, shift and beat, (T, S, K)."""
    found = np.zeros((len(days), len(shifts), len(beats)), int)
    for first, until, shift, beat, number in table.itertuples(index=False):
        if shift in shifts and beat in beats:
            months = [t for t, day in enumerate(days) if str(first) <= day < str(until)]
            found[months, shifts.index(shift), beats.index(beat)] += int(number)
    return found


def _part_on_duty(rules: Claims, periods: list[Period]) -> np.ndarray:
    """Return the officers on duty that one post means in each shift, (S,): by the pattern, else by its hours, most where most calls come."""
    workload = rules["workload"]
    there = 1.0 - float(workload["absence"])
    pattern = list_of(section_of(rules, "service"), "pattern")
    if pattern:
        return np.array([there * pattern.count(p.name) / len(pattern) for p in periods])
    length = np.array([p.hours for p in periods])
    calls = np.array([float(p.rate[[b is not None for b in p.beat]].sum()) * p.hours for p in periods]) + 1e-12
    paid = float(workload["annual_hours"]) * there / WEEKS_A_YEAR
    if there * length.sum() <= paid:
        return np.full(len(length), there)
    # the level of hours a call at which all paid hours are used up, none above a shift's own
    low, high = 0.0, float((there * length / calls).max())
    for _ in range(200):
        level = (low + high) / 2
        used = float((np.minimum(level * calls / length, there) * length).sum())
        low, high = (level, high) if used < paid else (low, level)
    return np.minimum(high * calls / length, there)


def _wrongly_rounded(
    there: np.ndarray, held: np.ndarray, part: np.ndarray, days: list[str], names: tuple[list[str], list[Period]]
) -> Iterator[str]:
    """Yield the months in which who is on duty is not the posts held, rounded so that no beat or shift gains or loses one."""
    beats, periods = names
    for t, day in enumerate(days):
        mean = np.outer(part, held[t])
        off = np.abs(there[t] - mean)
        if (off >= 1 - 1e-6).any():
            s, k = np.unravel_index(int(off.argmax()), off.shape)
            yield (
                f"From {day} {there[t, s, k]} officers of {beats[k]} are on duty in {periods[s].name}, and {mean[s, k]:.2f} by the posts held."
            )
        elif any((np.abs(there[t].sum(axis=a) - mean.sum(axis=a)) >= 1 - 1e-6).any() for a in (0, 1)):
            yield f"From {day} the officers of a beat or a shift are not those of the posts held."
