"""Who stands in for whom: temporary postings from a named pool, apart from the rules of tenure.

Officers whose roster says ``pool`` hold no post of their own. In each month in which the holder of one of today's posts is away, somebody of the pool who is at
work and has what the post asks for stands in; in every month as many as can be (an assignment problem), then who stood in the month before, then speakers of what the beat
needs, then the nearest home::

    months covered = Σ over months of the largest matching of holders who are away with stand-ins who are there

To the solver a temporary posting is an officer of its own who is there for these months only: it fills the post and speaks its languages, ends by itself and so breaks
no tenure, and the holder, for whom the post is kept, goes on. Absences of holders who come later in the plan are no part of it: they are not known before the plan is.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.formats.cells import read_truth
from beatplanner.data.formats.frames import each_row
from beatplanner.data.town.town import Town
from beatplanner.planning.officers.roster_problem import PostGroups
from beatplanner.solver.officers.problem import FREE, TenureProblem

# Costs of a match: it is always worth it, going on with the same stand-in is worth more than any language, a language more than any way.
NONE, SAME, LANGUAGE = 1e9, 1e6, 1e3
COLUMNS = ["officer", "for_officer", "beat", "start", "end"]


@dataclass(frozen=True)
class Cover:
    """A temporary posting: `standin` holds `place` for `holder` in months begin <= t < end."""

    standin: int
    holder: int
    place: int
    begin: int
    end: int


def cover_of(town: Town, problem: TenureProblem, places: PostGroups) -> list[Cover]:
    """Return the temporary postings that the pool can give.

    Parameters
    ----------
    town
        With a roster.
    problem
        Of the roster, the pool's members in it without any month of their own.
    places
        Of the problem.
    """
    roster = town.roster
    assert roster is not None
    pool = in_pool(roster)
    if not pool.any():
        return []
    # loads half of scipy, which who pays officers without a pool does not need
    from scipy.optimize import linear_sum_assignment

    from beatplanner.planning.officers.roster_problem import is_qualified, ready_from

    rules = town.description.officers
    assert rules is not None
    rows = list(each_row(roster))
    members = [int(o) for o in np.flatnonzero(pool)]
    # away and still in the force, with a post today
    away = (problem.home >= 0)[:, None] & ~problem.arrays.works
    away &= np.arange(problem.months) < problem.last[:, None]
    # whom a published posting or an order takes elsewhere holds the post until then
    a = problem.arrays
    elsewhere = (a.frozen != FREE) & (a.frozen != a.beat[a.home][:, None])
    away &= ~np.logical_or.accumulate(elsewhere, axis=1)
    days = _days(town, problem.months)
    there = np.zeros((len(members), problem.months), bool)
    for k, o in enumerate(members):
        ready, leaves = ready_from(rows[o], rules.training_months), rows[o].leaves_on
        first = 0 if ready is None else bisect_left(days[:-1], ready)
        last = problem.months if leaves is None else bisect_right(days, leaves) - 1
        there[k, first : max(first, last)] = True
        there[k] &= problem.arrays.works[o]
    able = np.array([[is_qualified(rows[o], text) for text in places.requires] for o in members], bool)
    able &= ~_couples(problem, members)
    held: dict[int, int] = {}
    spans: dict[tuple[int, int], list[int]] = {}
    for t in range(problem.months):
        holders = [int(o) for o in np.flatnonzero(away[:, t])]
        before, held = held, {}
        free = [k for k in range(len(members)) if there[k, t]]
        if not holders or not free:
            continue
        cost = np.zeros((len(holders), len(free)))
        for i, o in enumerate(holders):
            place = int(problem.home[o])
            needs = problem.needs[places.beat[place]]
            for j, k in enumerate(free):
                speaks = int((needs & problem.has[members[k]]).sum())
                cost[i, j] = (
                    -NONE * able[k, place]
                    - SAME * (before.get(o) == k)
                    - LANGUAGE * speaks
                    + min(LANGUAGE / 2, float(problem.kilometres[members[k], place]))
                )
        for i, j in zip(*linear_sum_assignment(cost), strict=True):
            o, k = holders[i], free[j]
            if able[k, int(problem.home[o])]:
                held[o] = k
                spans.setdefault((members[k], o), []).append(t)
    found: list[Cover] = []
    for (standin, holder), months in spans.items():
        runs = np.split(np.array(months), np.flatnonzero(np.diff(months) > 1) + 1)
        place = int(problem.home[holder])
        found += [Cover(standin, holder, place, int(r[0]), int(r[-1]) + 1) for r in runs]
    return sorted(found, key=lambda c: (c.begin, c.holder))


def in_pool(roster: pd.DataFrame) -> np.ndarray:
    """Return who stands in for others and holds no post, (O,) bool."""
    if "pool" not in roster:
        return np.zeros(len(roster), bool)
    return np.array([read_truth(v) is True for v in roster["pool"]], bool)


def _days(town: Town, months: int) -> list[dt.date]:
    first = pd.Timestamp(town.description.officers.start)  # type: ignore[union-attr]
    return [(first + pd.DateOffset(months=t)).date() for t in range(months + 1)]


def _couples(problem: TenureProblem, members: list[int]) -> np.ndarray:
    """Return where a stand-in must not serve because of a couple: the places of today's beat of the other, (members, P)."""
    beat = np.arange(len(problem.posts)) if problem.beat is None else problem.beat
    found = np.zeros((len(members), len(problem.posts)), bool)
    for a, b in problem.couples:
        for one, other in ((a, b), (b, a)):
            if one in members and problem.home[other] >= 0:
                found[members.index(one)] |= beat == beat[problem.home[other]]
    return found


def with_cover(problem: TenureProblem, cover: list[Cover]) -> TenureProblem:
    """Return the problem with an officer behind the last for each temporary posting; whose post is covered keeps it until back."""
    n, months, places = len(cover), problem.months, len(problem.posts)
    if not n:
        return problem
    frozen = np.full((len(problem.first), months), FREE) if problem.frozen is None else problem.frozen.copy()
    for c in cover:
        frozen[c.holder, : min(c.end, int(problem.last[c.holder]))] = c.place
    behind = np.full((n, months), -1)
    for k, c in enumerate(cover):
        behind[k, c.begin : c.end] = c.place
    allowed = np.zeros((n, places), bool)
    allowed[np.arange(n), [c.place for c in cover]] = True
    standin = [c.standin for c in cover]
    begin, end = (np.array([getattr(c, key) for c in cover], int) for key in ("begin", "end"))
    more = {
        "first": begin,
        "last": end,
        "home": np.full(n, -1),
        "rooted": np.zeros(n, bool),
        "served": np.zeros(n, int),
        "kilometres": np.zeros((n, places)),
        "has": problem.has[standin],
        "allowed": allowed,
        "unpreferred": np.zeros((n, places), bool),
        "below": np.zeros((n, places), bool),
        "works": np.ones((n, months), bool),
        "published": behind,
        "ordered": begin,
        "carried": np.zeros(n, bool),
    }

    def joined(name: str, rows: np.ndarray) -> Any:
        values = getattr(problem, name)
        return None if values is None else np.concatenate([values, rows.astype(values.dtype)])

    return replace(problem, **{k: joined(k, v) for k, v in more.items()}, frozen=np.concatenate([frozen, behind]))


def cover_table(
    town: Town, beats: gpd.GeoDataFrame, places: PostGroups, cover: list[Cover], dates: list[dt.date]
) -> pd.DataFrame | None:
    """Return the temporary postings: ``officer`` (who stands in), ``for_officer``, ``beat``, ``start``, ``end``; None without a pool."""
    roster = town.roster
    assert roster is not None
    if not in_pool(roster).any():
        return None
    rows = [
        (
            roster["officer"].iat[c.standin],
            roster["officer"].iat[c.holder],
            str(beats["beat"].iat[places.beat[c.place]]),
            dates[c.begin].isoformat(),
            dates[c.end].isoformat(),
        )
        for c in cover
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def cover_figures(problem: TenureProblem, cover: list[Cover], roster: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Return ``cover`` of the summary: ``pool`` (officers), ``away_months`` of today's holders, ``covered_months``; nothing without a pool."""
    pool = in_pool(roster)
    if not pool.any():
        return {}
    count = len(roster)
    away = (problem.home[:count] >= 0)[:, None] & ~problem.arrays.works[:count]
    away &= np.arange(problem.months) < problem.last[:count, None]
    return {
        "cover": {
            "pool": int(pool.sum()),
            "away_months": int(away.sum()),
            "covered_months": int(sum(c.end - c.begin for c in cover)),
        }
    }
