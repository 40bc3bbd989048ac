"""What the proof of the officers' bound knows of one officer, the places that special posts make of beats, and what a published plan asks."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from dataclasses import dataclass, replace

import numpy as np

from beatplanner.data.formats.cells import read_truth
from beatplanner.data.formats.frames import Row, records
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import text

# A month that is not frozen, and months for which an ordered posting is fixed.
FREE, ORDER_MONTHS = -2, 12


@dataclass(frozen=True)
class Officer:
    """What the rules say of one officer; months count from the plan's start."""

    first: int  # first month in which a post may be taken
    stop: int  # first month after the last
    home: int  # place held today, -1 for none
    carried: bool  # today's beat exists no more, and `home` carries it on
    rooted: bool  # serves today, so that every new posting is a rotation
    served: int  # months in today's beat
    ordered: int  # month of an ordered posting, -1 for none
    works: np.ndarray  # (T,) at work
    cost: np.ndarray  # (P,) of a month in each beat by itself
    has: np.ndarray  # (K,) languages and sexes
    may: np.ndarray  # (P,) may be moved there
    kept: int = (
        0  # months in which today's post must be held: notice, and until a holder whose post is stood in for is back
    )
    pinned: int = -1  # the one beat that a stand-in serves from first to stop
    published: np.ndarray | None = None  # (T,) beat in the published plan, -1 for none
    frozen: np.ndarray | None = None  # (T,) beat that must be served, -1 for none, FREE for any
    welcomes: tuple[int, ...] = ()  # months, besides that of the handover, in which a successor of a stand-in may begin


@dataclass(frozen=True)
class PostGroups:
    """Posts by beat and by what they ask of their holder: (P,) position of the beat, what is asked (none: ""), and how many."""

    beat: np.ndarray
    asks: tuple[str, ...]
    posts: np.ndarray


def post_groups(evidence: Evidence, ids: list[str], posts: np.ndarray) -> PostGroups:
    """Return the places, beat by beat: first the posts that ask for nothing."""
    table = None if evidence.town is None else evidence.town.special_posts
    asked: dict[int, dict[str, int]] = {}
    for row in [] if table is None else records(table):
        if not str(row["requires"]):
            continue
        here = asked.setdefault(ids.index(str(row["beat"])), {})
        here[str(row["requires"])] = here.get(str(row["requires"]), 0) + int(row["posts"])
    rows: list[tuple[int, str, int]] = []
    for b, total in enumerate(posts):
        own = asked.get(b, {})
        rows += [(b, "", int(total) - sum(own.values())), *((b, ask, n) for ask, n in sorted(own.items()))]
    return PostGroups(
        np.array([r[0] for r in rows], int), tuple(r[1] for r in rows), np.array([r[2] for r in rows], int)
    )


def qualifies(row: Row, asks: str) -> bool:
    """Tell whether an officer has all that a post asks for."""
    has = {text(row.get("rank")) or "", *str(text(row.get("languages")) or "").split(";")}
    has |= {{"f": "woman", "m": "man"}.get(text(row.get("gender")) or "", "")}
    if read_truth(row.get("licence")):
        has.add("licence")
    return all(word in has for word in asks.split(";") if word)


def home_places(places: PostGroups, rows: list[Row], officers: list[Officer]) -> list[Officer]:
    """Return the officers with the place that each holds today: special posts go first to who has what they ask for, the longest in the beat before others."""
    home, free = [-1] * len(officers), places.posts.copy()
    for p in sorted(range(len(free)), key=lambda p: (places.asks[p] == "", p)):
        here = [o for o, x in enumerate(officers) if x.home == places.beat[p] and home[o] < 0]
        for o in sorted(here, key=lambda o: -officers[o].served):
            if places.asks[p] == "" or (qualifies(rows[o], places.asks[p]) and free[p] > 0):
                home[o] = p
                free[p] -= 1
    found: list[Officer] = []
    for row, x, p in zip(rows, officers, home, strict=True):
        able = np.array([qualifies(row, asks) for asks in places.asks], bool)
        found.append(replace(x, home=p, may=x.may[places.beat] & able, cost=x.cost[places.beat]))
    return found


def with_published(
    evidence: Evidence,
    places: PostGroups,
    rows: list[Row],
    officers: list[Officer],
    days: list[dt.date],
    ids: list[str],
) -> list[Officer]:
    """Return the officers with what was published of them, and the months in which that must stay."""
    rules, table = evidence.rules.officers, None if evidence.town is None else evidence.town.published
    if rules is None or rules.published is None or table is None:
        return officers
    given: dict[str, list[Row]] = {}
    for r in records(table):
        if str(r["beat"]) in ids:
            given.setdefault(str(r["officer"]), []).append(r)
    found: list[Officer] = []
    for row, x in zip(rows, officers, strict=True):
        name, months = str(row["officer"]), len(days) - 1
        plan, frozen = np.full(months, -1), np.full(months, FREE)
        for r in given.get(name, []):
            beat = ids.index(str(r["beat"]))
            start, end = (bisect_left(days[:-1], r[key]) for key in ("start", "end"))
            start, end = max(start, 0 if x.home >= 0 else x.first), min(end, x.stop, months)
            of = [asks for b, asks in zip(places.beat, places.asks, strict=True) if b == beat]
            at_home = x.home >= 0 and places.beat[x.home] == beat
            if start < end and (at_home or any(qualifies(row, asks) for asks in of)):
                plan[start:end] = beat
        if name in given:
            frozen[: rules.freeze_months] = plan[: rules.freeze_months]
        if x.ordered >= 0:
            frozen[: x.ordered + ORDER_MONTHS] = plan[: x.ordered + ORDER_MONTHS]
        elsewhere = np.flatnonzero((frozen != FREE) & (frozen != (places.beat[x.home] if x.home >= 0 else -1)))
        kept = min([x.kept, *elsewhere[:1].tolist()])
        found.append(replace(x, published=plan, frozen=frozen, kept=kept))
    return found
