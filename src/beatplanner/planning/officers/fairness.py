"""Wishes that a plan cannot give though nobody may be moved below them: who stays where they did not wish to be, and who has no post for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.errors import Note
from beatplanner.data.formats.frames import each_row
from beatplanner.planning.officers.roster_problem import PostGroups
from beatplanner.solver.officers.figures import stays_in
from beatplanner.solver.officers.problem import Postings, TenureProblem

# Names in a note at most.
NAMED = 12


def wish_notes(
    town: Any, beats: Any, places: PostGroups, problem: TenureProblem, found: Postings, dates: list[dt.date]
) -> list[Note]:
    """Say by name who serves below the last wish that may be given since they do today, and why, and whom no such wish lets serve.

    Parameters
    ----------
    town, beats, places, problem, found, dates
        As in `clashes.notes_of`.

    Returns
    -------
    list of Note
        Empty where no such rule is set, or every wish is given.
    """
    if problem.below is None:
        return []
    wish = town.description.officers.worst_wish
    stay: list[str] = []
    for p in found.postings:
        if p.officer < len(town.roster) and stays_in(problem, p) and problem.below[p.officer, p.place]:
            who, where = town.roster["officer"].iat[p.officer], beats["name"].iat[places.beat[p.place]]
            why = _why(problem, p.officer, p.end, dates)
            stay.append(f"{who} in {where} ({why})")
    notes: list[Note] = []
    if stay:
        who = _listed(stay)
        what = f"Below wish {wish}, since they serve there today: {who}"
        mend = "More posts in the beats that they wish for, a shorter minimum tenure, or a later notice lets them move"
        notes.append(Note("warning", what, mend))
    none = _without_post(town, problem, found)
    if none:
        who = _listed(none)
        what = f"No post, since no beat of the first {wish} wishes is one that they may take: {who}"
        notes.append(Note("warning", what, "Ask them for other wishes, or give a greater officers.worst_wish"))
    return notes


def _listed(names: list[str]) -> str:
    n = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {n} more" if n > 0 else "")


def _why(problem: TenureProblem, o: int, end: int, dates: list[dt.date]) -> str:
    """Say what keeps an officer in today's beat until month `end`: what is fixed, the minimum tenure, or that no wish is free."""
    a = problem.arrays
    fixed = np.flatnonzero(a.frozen[o] == a.beat[a.home[o]])
    ripe = problem.min_tenure - int(problem.served[o])
    if len(fixed) and int(fixed[-1]) + 1 >= min(end, ripe):
        return f"fixed until {dates[int(fixed[-1]) + 1]:%B %Y}"
    if end <= ripe:
        day = (pd.Timestamp(dates[0]) + pd.DateOffset(months=ripe)).date()
        return f"the minimum tenure lasts until {day:%B %Y}"
    if end < a.months:
        return f"until {dates[end]:%B %Y}"
    return "no post that they wish for falls free, or others would pay for it"


def _without_post(town: Any, problem: TenureProblem, found: Postings) -> list[str]:
    """Return who holds no post since none of the first wishes is a place that they may take."""
    a, serving = problem.arrays, {p.officer for p in found.postings}
    assert problem.below is not None
    able = (a.first < a.stop) & ~a.allowed.any(axis=1) & problem.below.any(axis=1)
    names = [r.officer for r in each_row(town.roster)]
    return [str(names[o]) for o in np.flatnonzero(able[: len(names)]) if int(o) not in serving]
