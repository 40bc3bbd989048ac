"""Beats that start later than the plan: their posts are held by stand-ins until then, so that the postings of a roll-out are those of its dates.

Until a beat starts, today's officers go on serving its residents: nobody moves them before (`held_until_start`). Posts that it has beyond theirs do not exist yet. To the solver such a post is held by
somebody who lives there, speaks all that is needed and leaves ``handover_months`` after the start, so that a successor begins on the day of the start. The
first ``handover_months`` of a beat that starts later are therefore no vacancy. A beat that never starts keeps its stand-ins to the end.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np

from beatplanner.solver.officers.problem import FREE, TenureProblem

NEVER = 10_000


def opening_months(beats: gpd.GeoDataFrame, dates: Sequence[dt.date]) -> np.ndarray:
    """Return the month in which each beat starts, (B,); 0 where it starts with the plan, `NEVER` where it never does."""
    if "starts" not in beats:
        return np.zeros(len(beats), int)
    found: list[int] = []
    for day in beats["starts"]:
        never = day is None or day != day
        found.append(NEVER if never else bisect_left(dates[:-1], dt.date.fromisoformat(str(day))))
    return np.array(found, int)


def held_until_start(problem: TenureProblem, opens: np.ndarray) -> TenureProblem:
    """Return the problem in which today's officers of a beat that starts later stay in it until then.

    Who must leave by another rule (a maximum tenure, a couple in one beat) is moved all the same, and what is frozen elsewhere, as by an order, stands.

    Parameters
    ----------
    problem
        Of the roster.
    opens
        (B,) month in which each beat starts.
    """
    beat = np.arange(len(problem.posts)) if problem.beat is None else problem.beat
    home, months = problem.home, problem.months
    # both serve there today: who joins later does not send anybody away
    apart = {
        o
        for pair in problem.couples
        for o in pair
        if all(home[p] >= 0 for p in pair) and len({int(beat[home[p]]) for p in pair}) == 1
    }
    frozen = np.full((len(home), months), FREE) if problem.frozen is None else problem.frozen.copy()
    for o, place in enumerate(home):
        if place < 0 or o in apart:
            continue
        until = min(int(opens[beat[place]]), int(problem.last[o]), months)
        if problem.max_tenure is not None:
            until = min(until, max(0, problem.max_tenure - int(problem.served[o])))
        elsewhere = np.flatnonzero((frozen[o] != FREE) & (frozen[o] != place))
        frozen[o, : min([until, *elsewhere[:1]])] = place
    return replace(problem, frozen=frozen) if (frozen != FREE).any() else problem


def with_stand_ins(problem: TenureProblem, opens: np.ndarray) -> TenureProblem:
    """Return the problem with a stand-in behind the last officer for each post that does not exist yet.

    Parameters
    ----------
    problem
        Of the roster.
    opens
        (B,) month in which each beat starts.
    """
    beat = np.arange(len(problem.posts)) if problem.beat is None else problem.beat
    held = np.bincount(problem.home[(problem.home >= 0) & (problem.last > 0)], minlength=len(problem.posts))
    waiting = np.where(opens[beat] > 0, np.maximum(0, problem.posts - held), 0)
    place = np.repeat(np.arange(len(problem.posts)), waiting)
    n, months = len(place), problem.months
    if not n:
        return problem
    until = opens[beat[place]]
    last = np.where(until >= months, months + NEVER, until + problem.handover)
    places = len(problem.posts)

    def more(values: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
        return None if values is None else np.concatenate([values, rows.astype(values.dtype)])

    published = np.full((n, months), -1)
    for k in range(n):
        published[k, : min(months, last[k])] = place[k]
    kept = {
        "first": np.zeros(n, int),
        "last": last,
        "home": place,
        "rooted": np.ones(n, bool),
        # no maximum tenure ends the stand-in for a post that does not exist yet
        "served": np.full(n, problem.min_tenure if problem.max_tenure is None else -NEVER),
        "kilometres": np.zeros((n, places)),
        "has": np.ones((n, problem.has.shape[1]), bool),
        "allowed": np.zeros((n, places), bool),
        "unpreferred": np.zeros((n, places), bool),
        "below": np.zeros((n, places), bool),
        "works": np.ones((n, months), bool),
        "frozen": np.full((n, months), FREE),
        "published": published,
        "ordered": np.full(n, -1),
        "carried": np.zeros(n, bool),
    }
    return replace(problem, **{name: more(getattr(problem, name), rows) for name, rows in kept.items()})
