"""What was promised to officers and cannot be kept with what else was promised: months of notice, and published posts that an officer may hold no more."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.data.formats.frames import each_row
from beatplanner.data.town.town import Town
from beatplanner.planning.officers.roster_problem import ORDER_MONTHS, PostGroups, is_qualified
from beatplanner.solver.officers.figures import Breach, stays_in
from beatplanner.solver.officers.problem import Posting, TenureProblem

if TYPE_CHECKING:
    import geopandas as gpd


def broken_promises(
    town: Town,
    beats: gpd.GeoDataFrame,
    places: PostGroups,
    problem: TenureProblem,
    postings: list[Posting],
    dates: list[dt.date],
) -> list[Breach]:
    """Return who is moved within the months of notice (``"notice"``), and whose published beat asks for what they have not (``"frozen"``).

    Both are certain, whatever the postings: a published plan goes before the notice, and nobody holds a post that asks for more.
    """
    return _early(town, problem, postings) + _unable(town, beats, places, problem, dates)


def _early(town: Town, problem: TenureProblem, postings: list[Posting]) -> list[Breach]:
    assert town.description.officers is not None and town.roster is not None
    found: list[Breach] = []
    notice, a = town.description.officers.notice_months, problem.arrays
    apart = {o for pair in problem.couples for o in pair if len({int(problem.home[x]) for x in pair}) == 1}
    for p in postings:
        o = p.officer
        if o >= len(town.roster) or a.home[o] < 0 or o in apart or stays_in(problem, p):
            continue
        if p.begin < min(notice, problem.months, max(0, int(a.longest - a.served[o]))):
            found.append(Breach("notice", o, p.place, p.begin))
    return found


def _unable(
    town: Town, beats: gpd.GeoDataFrame, places: PostGroups, problem: TenureProblem, dates: list[dt.date]
) -> list[Breach]:
    found: list[Breach] = []
    rules, a = town.description.officers, problem.arrays
    if town.published is None:
        return found
    assert rules is not None and town.roster is not None
    number = {name: i for i, name in enumerate(town.roster["officer"])}
    position = {b: i for i, b in enumerate(beats["beat"])}
    people = list(each_row(town.roster))
    for row in each_row(town.published):
        if row.officer not in number or row.beat not in position:
            continue
        o, here = number[row.officer], np.flatnonzero(places.beat == position[row.beat])
        if a.home[o] in here or any(is_qualified(people[o], places.requires[p]) for p in here):
            continue
        fixed = max(rules.freeze_months, int(a.ordered[o]) + ORDER_MONTHS if a.ordered[o] >= 0 else 0)
        start, end = (bisect_left(dates[:-1], d) for d in (row.start, row.end))
        start = max(start, 0 if a.home[o] >= 0 else int(a.first[o]))
        if start < min(end, int(a.stop[o]), fixed):
            found.append(Breach("frozen", o, int(here[0]), start))
    return found
