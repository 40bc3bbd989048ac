"""A roster and beats as the solver's problem: months, places, who may serve where, languages, what is frozen.

Months are counted from the plan's start; an officer is available in a month when they are in the force and trained on its first day and have
not left before its end.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import did_you_mean
from beatplanner.data.formats.frames import each_row
from beatplanner.data.town.personnel import absences
from beatplanner.data.town.town import Town
from beatplanner.planning.officers.trust import months_served
from beatplanner.solver.officers.problem import FREE, TenureProblem, Weights

# Months for which an ordered posting is fixed.
ORDER_MONTHS = 12


def month_starts(start: dt.date, months: int) -> list[dt.date]:
    """Return the first day of each month of the plan and of the one after, (months + 1,)."""
    first = pd.Timestamp(start)
    return [(first + pd.DateOffset(months=t)).date() for t in range(months + 1)]


@dataclass(frozen=True)
class PostGroups:
    """The posts by beat and by what they ask of their holder: position of the beat, and requirements as text, ``""`` for none."""

    beat: np.ndarray
    requires: tuple[str, ...]
    posts: np.ndarray


def post_groups(town: Town, beats: gpd.GeoDataFrame) -> PostGroups:
    """Return the places of the beats; a beat without special posts is one.

    Raises
    ------
    InputError
        Where a table of special posts names an unknown beat, or more posts than the beat has.
    """
    rules = town.description.officers
    assert rules is not None
    source = rules.posts.path.name if rules.posts is not None else ""
    special: dict[int, dict[str, int]] = {}
    position = {b: i for i, b in enumerate(beats["beat"])}
    for row in () if town.special_posts is None else each_row(town.special_posts):
        if row.beat not in position:
            mend = did_you_mean(row.beat, position) or "Name a beat of the plan"
            raise InputError(problem(f"there is no beat “{row.beat}”", mend, file=source, field="beat"))
        here = special.setdefault(position[row.beat], {})
        here[row.requires] = here.get(row.requires, 0) + row.posts
    beat: list[int] = []
    requires: list[str] = []
    posts: list[int] = []
    for i, total in enumerate(beats["posts"].to_numpy(int)):
        asked = special.get(i, {})
        if sum(asked.values()) > total:
            what = (
                f"{beats['name'].iat[i]} has {total} posts, and {sum(asked.values())} that ask for something are named"
            )
            raise InputError(problem(what, "Plan more posts, or name fewer", file=source, field="posts"))
        # a row that asks for nothing names posts like the others
        asked = {text: number for text, number in asked.items() if text}
        for text, number in [("", total - sum(asked.values())), *sorted(asked.items())]:
            beat.append(i)
            requires.append(text)
            posts.append(number)
    return PostGroups(np.array(beat), tuple(requires), np.array(posts))


def is_qualified(row: Any, requires: str) -> bool:
    """Return whether an officer has what a post asks for: languages, ``licence``, ``woman`` or ``man``."""
    rank = getattr(row, "rank", None)
    has = {
        *row.languages,
        *((rank,) if rank else ()),
        *(("licence",) if row.licence else ()),
        {"f": "woman", "m": "man"}.get(row.gender or "", ""),
    }
    return all(word in has for word in requires.split(";") if word)


def follows(town: Town, beats: gpd.GeoDataFrame) -> dict[str, str]:
    """Return the beat of the plan in which most residents of each of today's beats that exist no more are now."""
    units, known = town.units, set(beats["beat"])
    if "beat" not in units:
        return {}
    people = units["population"].fillna(1.0) if town.has_population else pd.Series(1.0, units.index)
    gone = units["current"].notna() & ~units["current"].isin(known)
    if not gone.any():
        return {}
    shares = people[gone].groupby([units["current"][gone], units["beat"][gone]]).sum()
    return {str(old): str(cast("tuple[str, str]", part.idxmax())[1]) for old, part in shares.groupby(level=0)}


def speakers_of(town: Town, beats: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the residents of each beat by language, (B, K), and all of them, (B,); zeros where it is not known which units a beat has."""
    found, people = np.zeros((len(beats), len(town.groups))), np.zeros(len(beats))
    if "beat" not in town.units or not town.has_population:
        return found, people
    of = town.units["beat"].astype(str)
    for i, beat in enumerate(beats["beat"].astype(str)):
        inside = town.units[(of == beat).to_numpy()]
        people[i] = float(inside["population"].sum())
        found[i] = [float(inside[f"group_{g}"].sum()) for g in town.groups]
    return found, people


def problem_of(town: Town, beats: gpd.GeoDataFrame, dates: list[dt.date]) -> tuple[TenureProblem, PostGroups]:
    """Return the solver's problem and its places.

    Raises
    ------
    InputError
        Where an officer's beat is neither one of today's nor one of the plan's, or special posts name what is not there.
    """
    roster, rules = town.roster, town.description.officers
    assert roster is not None and rules is not None
    places = post_groups(town, beats)
    place = {b: i for i, b in enumerate(beats["beat"])}
    todays = {b for b in town.units["current"] if isinstance(b, str)}
    follow = {old: new for old, new in follows(town, beats).items() if old in todays}
    languages = list(town.groups)
    months = len(dates) - 1
    first: list[int] = []
    last: list[int] = []
    beat: list[int] = []
    rooted: list[bool] = []
    served: list[int] = []
    carried: list[bool] = []
    works = np.ones((len(roster), months), bool)
    for i, row in enumerate(each_row(roster)):
        known = row.beat is not None and (row.beat in place or row.beat in todays)
        if row.beat is not None and not known:
            mend = did_you_mean(row.beat, [*place, *todays]) or "Name one of today's beats, or leave the cell empty"
            what = f"{row.officer} is in beat “{row.beat}”, which is neither one of today's beats nor of the plan's"
            raise InputError(problem(what, mend, file=rules.path.name, field="beat"))
        ready = ready_from(row, rules.training_months)
        here = place.get(row.beat, -1) if row.beat is not None else -1
        if here < 0 and row.beat in follow and (ready is None or ready <= dates[0]):
            here = place[follow[row.beat]]
        beat.append(here)
        rooted.append(row.beat is not None)
        carried.append(here >= 0 and row.beat not in place)
        # whoever holds a beat today serves already
        first.append(0 if beat[-1] >= 0 else bisect_left(dates[:-1], ready) if ready else 0)
        last.append(months + 10_000 if row.leaves_on is None else bisect_right(dates, row.leaves_on) - 1)
        served.append(months_served(row.since, dates[0]))
        for begin, end, _ in absences(row._asdict()):
            from_, until = (bisect_left(dates[:-1], d) for d in (begin, end))
            works[i, from_:until] = False
    qualified = np.array([[is_qualified(r, text) for text in places.requires] for r in each_row(roster)], bool)
    home = _home_places(places, beat, served, qualified)
    units = town.units.set_index(town.units["unit"].astype(str))
    centre = units.loc[list(beats["centre_unit"].astype(str)), ["x", "y"]].to_numpy(float)
    homes = roster[["x", "y"]].to_numpy(float)
    km = np.hypot(homes[:, None, 0] - centre[None, :, 0], homes[:, None, 1] - centre[None, :, 1]) / 1000
    speaks = [[*(g in r.languages for g in languages), r.gender == "f", r.gender == "m"] for r in each_row(roster)]
    mixed = beats["posts"].to_numpy(int) >= 2 if rules.gender_mix else np.zeros(len(beats), bool)
    needs = [
        [*(g in text.split(";") for g in languages), m, m] for text, m in zip(beats["languages"], mixed, strict=True)
    ]
    unpreferred = np.array(
        [[bool(r.prefers) and b not in r.prefers for b in beats["beat"]] for r in each_row(roster)], bool
    )
    number = {name: i for i, name in enumerate(roster["officer"])}
    couples = sorted(
        {
            (min(i, number[q]), max(i, number[q]))
            for i, r in enumerate(each_row(roster))
            for q in r.not_with
            if number[q] != i
        }
    )
    speakers, residents = speakers_of(town, beats)
    spoken = np.array(needs, bool).reshape(len(beats), -1)
    people = np.where(spoken, np.hstack([speakers, np.zeros((len(beats), 2))]), 0.0)
    must = None
    if rules.must_language_share is not None:
        must = (people >= rules.must_language_share * residents[:, None]) & (people > 0)
    # who is of the pool holds no post of their own
    last = [0 if getattr(row, "pool", False) in (True, 1) else t for row, t in zip(each_row(roster), last, strict=True)]
    frozen, published = _published(town, beats, places, home, qualified, first, last, dates)
    frozen = _with_notice(rules.notice_months, frozen, home, last, months, couples, rules.max_tenure_months, served)
    may = qualified & _may_serve(roster, beats, km, rules.max_home_km)[:, places.beat]
    w = rules.weights
    found = TenureProblem(
        posts=places.posts,
        months=months,
        first=np.array(first),
        last=np.maximum(np.array(last), 0),
        home=home,
        rooted=np.array(rooted),
        served=np.array(served),
        kilometres=np.nan_to_num(km)[:, places.beat],
        has=np.array(speaks, bool).reshape(len(roster), -1),
        needs=spoken,
        speakers=people if people.any() else None,
        must=must,
        aspect=np.array([0] * len(languages) + [1, 1]),
        min_tenure=rules.min_tenure_months,
        handover=rules.handover_months,
        weights=Weights(**w.model_dump()),
        beat=places.beat,
        allowed=may,
        unpreferred=unpreferred[:, places.beat] if unpreferred.any() else None,
        works=works,
        frozen=frozen,
        published=published,
        ordered=_ordered(roster, dates),
        max_tenure=rules.max_tenure_months,
        carried=np.array(carried),
        couples=tuple(couples),
        moves_a_month=rules.moves_a_month,
        half_a_year=rules.half_a_year,
        below=_below(roster, beats, rules.worst_wish)[:, places.beat] if rules.worst_wish is not None else None,
        most_moves=rules.most_moves,
    )
    return found, places


def _with_notice(
    notice: int,
    frozen: np.ndarray | None,
    home: np.ndarray,
    last: Sequence[int],
    months: int,
    couples: Iterable[tuple[int, int]],
    longest: int | None,
    served: Sequence[int],
) -> np.ndarray | None:
    """Return what is frozen with the months of notice, in which nobody is moved from today's beat.

    Who must leave by another rule (a maximum tenure, a couple in one beat) is moved all the same.
    """
    if not notice:
        return frozen
    found = np.full((len(home), months), FREE) if frozen is None else frozen.copy()
    apart = {o for a, b in couples for o in (a, b) if home[a] >= 0 and home[a] == home[b]}
    for o, place in enumerate(home):
        if place < 0 or o in apart:
            continue
        until = min(notice, last[o], months)
        if longest is not None:
            until = min(until, max(0, longest - served[o]))
        here = found[o, :until]
        here[here == FREE] = place
    return found


def _may_serve(roster: pd.DataFrame, beats: gpd.GeoDataFrame, km: np.ndarray, most: float | None) -> np.ndarray:
    """Return to which beats an officer may be moved, (O, B): hardship and an upheld appeal keep them where they are or wish to be, and a limit keeps the way short."""
    found = np.ones((len(roster), len(beats)), bool)
    for o, r in enumerate(each_row(roster)):
        if getattr(r, "hardship", False) in (True, 1) or getattr(r, "appeal", None) == "upheld":
            found[o] = [b in r.prefers for b in beats["beat"]]
            if r.beat is None and not r.prefers:
                found[o] = True  # there is nothing that they could keep
    if most is not None:
        found &= ~(np.nan_to_num(km) > most)
    return found


def _below(roster: pd.DataFrame, beats: gpd.GeoDataFrame, worst: int) -> np.ndarray:
    """Return which beats are none of the first `worst` wishes of an officer who has some, (O, B)."""
    rows = [[bool(r.prefers) and b not in r.prefers[:worst] for b in beats["beat"]] for r in each_row(roster)]
    return np.array(rows, bool).reshape(len(roster), len(beats))


def _ordered(roster: pd.DataFrame, dates: list[dt.date]) -> np.ndarray:
    return np.array([-1 if d is None else bisect_left(dates[:-1], d) for d in roster["ordered_on"]])


def _home_places(places: PostGroups, beat: list[int], served: list[int], qualified: np.ndarray) -> np.ndarray:
    """Return the place that each of today's holders has, (O,): special posts first, to those who have what they ask for."""
    home = np.full(len(beat), -1)
    free = places.posts.copy()
    for p in sorted(range(len(places.posts)), key=lambda p: (places.requires[p] == "", p)):
        here = [o for o in np.argsort(-np.array(served), kind="stable") if beat[o] == places.beat[p] and home[o] < 0]
        for o in here:
            if places.requires[p] == "" or (qualified[o, p] and free[p] > 0):
                home[o] = p
                free[p] -= 1
    return home


def _published(
    town: Any,
    beats: gpd.GeoDataFrame,
    places: PostGroups,
    home: np.ndarray,
    qualified: np.ndarray,
    first: Sequence[int],
    last: Sequence[int],
    dates: list[dt.date],
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Return (O, T) what is frozen and what was published, or None where no plan was published."""
    rules, table = town.description.officers, town.published
    if table is None:
        return None, None
    months, roster = len(dates) - 1, town.roster
    number = {name: i for i, name in enumerate(roster["officer"])}
    position = {b: i for i, b in enumerate(beats["beat"])}
    published = np.full((len(roster), months), -1)
    named = np.zeros(len(roster), bool)
    for row in each_row(table):
        if row.officer not in number or row.beat not in position:
            continue
        o, b = number[row.officer], position[row.beat]
        named[o] = True
        start, end = (bisect_left(dates[:-1], d) for d in (row.start, row.end))
        start, end = max(start, 0 if home[o] >= 0 else first[o]), min(end, last[o], months)
        here = [p for p in range(len(places.posts)) if places.beat[p] == b and qualified[o, p]]
        if home[o] >= 0 and places.beat[home[o]] == b:
            here = [int(home[o])]
        if here and start < end:
            # the post as it was published, where the beat still has it; else one that nobody else was published in
            taken = (published[:, start:end] == np.array(here)[:, None, None]).sum(axis=1).max(axis=1)
            free = [taken[k] < places.posts[p] for k, p in enumerate(here)]
            best = max(range(len(here)), key=lambda k: (free[k], row.requires == places.requires[here[k]], -k))
            published[o, start:end] = here[best]
    frozen = np.full((len(roster), months), FREE)
    frozen[named, : rules.freeze_months] = published[named, : rules.freeze_months]
    for o, t in enumerate(_ordered(roster, dates)):
        if t >= 0:
            # an order holds for a year, and the postings before it stay
            frozen[o, : t + ORDER_MONTHS] = published[o, : t + ORDER_MONTHS]
    return frozen, published


def ready_from(row: Any, training_months: int) -> dt.date | None:
    """Return the day from which an officer may take a post; None for from the start."""
    if row.trained_on is not None:
        return max(row.trained_on, row.joins_on or row.trained_on)
    if row.joins_on is not None:
        return (pd.Timestamp(row.joins_on) + pd.DateOffset(months=training_months)).date()
    return None
