"""Officers: a roster and beats turned into postings that last, and postings turned back into names and dates.

Months are counted from the plan's start; an officer is available in a month when they are in the force and trained on its first day and have
not left before its end. A posting that goes on from today is written from the plan's start; the months served before it count for
tenure. Figures, as `beatplanner verify` recomputes them:

- vacant months: posts without an officer at work, summed over beats and months;
- tenure violations: postings that end before the minimum tenure though their officer stays in the force and the plan goes on,
  those of today that end at once among them;
- rotations: postings away from the beat held today, and for officers without one those beyond their first;
- language gaps: beats and months in which a language that at least a tenth of residents speak is spoken by none of the beat's officers;
- gender gaps: where a mix is wished, beats of two posts and more and months without a woman or without a man;
- home kilometres: straight line from home to the beat's centre unit, for each month of a posting; 0 where the home is unknown;
- unpreferred months: months in beats that an officer who named some did not name;
- changed months: months of the published plan that are not served as published.

Handover: a posting that begins after the start fills a post that was vacant the month before, or begins `handover_months` before a predecessor's
ends, unless the officer was not available earlier. A beat has more officers than posts only in such an overlap, or where it has them today.
Officers follow the residents they know: who serves a beat that exists no more is taken over by the beat where most of its residents are now.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import did_you_mean
from beatplanner.data.town.town import Town
from beatplanner.planning.officers.openings import opening_months, with_stand_ins
from beatplanner.planning.officers.trust import relationship_years
from beatplanner.planning.officers.ways_out import Trials, with_officer, with_shorter_tenure, with_speaker, without
from beatplanner.planning.proof import Progress, Proof, silent
from beatplanner.solver.officers.assign import assign, prepare
from beatplanner.solver.officers.figures import Breach, breaches, broken_tenures, gap_months, measure, staffed
from beatplanner.solver.officers.problem import FREE, Posting, Postings, PriceProof, TenureProblem, Weights

DAYS_A_MONTH = 365.25 / 12
# Months for which an ordered posting is fixed.
ORDER_MONTHS = 12


@dataclass(frozen=True)
class OfficerPlan:
    """The postings.

    Attributes
    ----------
    assignments
        ``officer``, ``beat``, ``start``, ``end`` (ISO dates, half-open), ``post`` (1, 2, … within the beat), a row a posting.
    proof
        Status, objective and bound.
    figures
        The step's other keys of ``summary.json``.
    clashes
        Rules that the postings break, each with officer, beat and month, and the cheapest way out.
    notes
        What the roster cannot do, and where.
    certificate
        Multipliers that prove the bound, as far as it can be checked: by place (of `places_of`), month and language; None where there is no bound.
    """

    assignments: pd.DataFrame
    proof: Proof
    figures: dict[str, Any]
    clashes: tuple[str, ...]
    notes: tuple[Note, ...]
    certificate: PriceProof | None = None

    @property
    def feasible(self) -> bool:
        """Whether every rule is met."""
        return not self.clashes

    def as_summary(self) -> dict[str, Any]:
        """Return the step's part of ``summary.json``."""
        return {**self.proof.as_summary(), **self.figures}


def month_starts(start: dt.date, months: int) -> list[dt.date]:
    """Return the first day of each month of the plan and of the one after, (months + 1,)."""
    first = pd.Timestamp(start)
    return [(first + pd.DateOffset(months=t)).date() for t in range(months + 1)]


def plan_officers(
    town: Town,
    beats: gpd.GeoDataFrame,
    unit_beat: np.ndarray | None = None,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> OfficerPlan:
    """Assign the roster's officers to the beats' posts.

    Parameters
    ----------
    town
        The town, with a roster.
    beats
        The beats, as `PlanTables.beats`.
    unit_beat
        (n,) beat of each unit, by which relationships are counted; none are where it is None.
    seconds
        Limit of wall time.
    threads, seed
        Given to the solver.
    progress
        Called with phase, best objective, bound and seconds.
    cancelled
        True ends the search.

    Returns
    -------
    OfficerPlan

    Raises
    ------
    InputError
        Where an officer's beat is neither one of today's nor one of the plan's.
    """
    progress("officers: getting ready, which takes longer the first time", None, None, 0.0)
    prepare()
    begin = time.monotonic()
    rules = town.description.officers
    assert rules is not None
    dates = month_starts(rules.start, rules.years * 12)
    if unit_beat is not None:
        town = replace(town, units=town.units.assign(beat=unit_beat))
    problem_, places = _problem(town, beats, dates)
    problem_ = with_stand_ins(problem_, opening_months(beats, dates))

    def tell(best: float, bound: float | None) -> None:
        progress("officers", best, bound, time.monotonic() - begin)

    # a tenth is kept for ways out of what cannot be done, each of which is solved with
    found = assign(problem_, seconds=0.9 * seconds, threads=threads, seed=seed, tell=tell, cancelled=cancelled)
    taken = time.monotonic() - begin
    trials = Trials(problem_, found.postings, begin + seconds, threads=threads, seed=seed, cancelled=cancelled)
    return _plan_of(town, beats, places, problem_, found, dates, taken, progress, trials)


def _plan_of(
    town, beats, places, problem_, found: Postings, dates, seconds: float, progress: Progress, trials: Trials
) -> OfficerPlan:
    rules = town.description.officers
    figures = measure(problem_, found.postings)
    wrong = breaches(problem_, found.postings)
    proof = Proof.of(figures.objective(problem_.weights), found.lower_bound, seconds, not wrong)
    progress("officers", proof.objective, proof.lower_bound, proof.seconds)
    summary = {
        "posts": int(problem_.posts.sum()),
        "vacant_months": figures.vacant_months,
        "rotations": figures.rotations,
        "tenure_violations": figures.tenure_violations,
        "language_gaps": figures.language_gaps,
        "gender_gaps": figures.gender_gaps,
        "home_km_months": figures.home_km_months,
        "unpreferred_months": figures.unpreferred_months,
        "changed_months": figures.changed_months,
        "officers": len(town.roster),
        "months": problem_.months,
        "weights": rules.weights.model_dump(),
        "broken_rules": _broken_rules(town, beats, places, wrong, dates),
        "rules_kept": {"kept": "yes", "impossible": "proven impossible", "not found": "not found, not proven"}[
            found.rules
        ],
    }
    assignments = _assignments(town, beats, places, problem_, found, dates)
    if town.special_posts is not None:
        summary["special_posts"] = town.special_posts.to_dict("records")
    if "beat" in town.units and town.units["current"].notna().any():
        summary |= relationship_years(town.units, town.roster, assignments, beats, rules)
    return OfficerPlan(
        assignments,
        proof,
        summary,
        _clashes(town, beats, places, problem_, found, wrong, dates, trials),
        _notes(town, beats, places, problem_, found, dates, trials),
        None if proof.lower_bound is None else found.proof,
    )


@dataclass(frozen=True)
class Places:
    """The posts by beat and by what they ask of their holder: position of the beat, and requirements as text, ``""`` for none."""

    beat: np.ndarray
    requires: tuple[str, ...]
    posts: np.ndarray


def places_of(town: Town, beats: gpd.GeoDataFrame) -> Places:
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
    for row in () if town.special_posts is None else town.special_posts.itertuples(index=False):
        if row.beat not in position:
            mend = did_you_mean(row.beat, position) or "Name a beat of the plan"
            raise InputError(problem(f"there is no beat “{row.beat}”", mend, file=source, field="beat"))
        here = special.setdefault(position[row.beat], {})
        here[row.requires] = here.get(row.requires, 0) + row.posts
    beat, requires, posts = [], [], []
    for i, total in enumerate(beats["posts"].to_numpy(int)):
        asked = special.get(i, {})
        if sum(asked.values()) > total:
            what = (
                f"{beats['name'].iat[i]} has {total} posts, and {sum(asked.values())} that ask for something are named"
            )
            raise InputError(problem(what, "Plan more posts, or name fewer", file=source, field="posts"))
        for text, number in [("", total - sum(asked.values())), *sorted(asked.items())]:
            beat.append(i)
            requires.append(text)
            posts.append(number)
    return Places(np.array(beat), tuple(requires), np.array(posts))


def _qualifies(row: Any, requires: str) -> bool:
    """Return whether an officer has what a post asks for: languages, ``licence``, ``woman`` or ``man``."""
    has = {*row.languages, *(("licence",) if row.licence else ()), {"f": "woman", "m": "man"}.get(row.gender or "", "")}
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
    return {str(old): str(part.idxmax()[1]) for old, part in shares.groupby(level=0)}


def _problem(town: Town, beats: gpd.GeoDataFrame, dates: list[dt.date]) -> tuple[TenureProblem, Places]:
    roster, rules = town.roster, town.description.officers
    assert roster is not None and rules is not None
    places = places_of(town, beats)
    place = {b: i for i, b in enumerate(beats["beat"])}
    todays = {b for b in town.units["current"] if isinstance(b, str)}
    follow = {old: new for old, new in follows(town, beats).items() if old in todays}
    languages = list(town.groups)
    months = len(dates) - 1
    first, last, beat, rooted, served, carried = [], [], [], [], [], []
    works = np.ones((len(roster), months), bool)
    for i, row in enumerate(roster.itertuples(index=False)):
        known = row.beat is not None and (row.beat in place or row.beat in todays)
        if row.beat is not None and not known:
            mend = did_you_mean(row.beat, [*place, *todays]) or "Name one of today's beats, or leave the cell empty"
            what = f"{row.officer} is in beat “{row.beat}”, which is neither one of today's beats nor of the plan's"
            raise InputError(problem(what, mend, file=rules.path.name, field="beat"))
        ready = _ready(row, rules.training_months)
        here = place.get(row.beat, -1) if row.beat is not None else -1
        if here < 0 and row.beat in follow and (ready is None or ready <= dates[0]):
            here = place[follow[row.beat]]
        beat.append(here)
        rooted.append(row.beat is not None)
        carried.append(here >= 0 and row.beat not in place)
        # whoever holds a beat today serves already
        first.append(0 if beat[-1] >= 0 else int(np.searchsorted(dates[:-1], ready)) if ready else 0)
        last.append(
            months + 10_000 if row.leaves_on is None else int(np.searchsorted(dates, row.leaves_on, side="right")) - 1
        )
        days = (dates[0] - row.since).days if row.since is not None else 0
        served.append(max(0, int(days / DAYS_A_MONTH + 1e-9)))
        if row.absent_from is not None and row.absent_until is not None:
            from_, until = (int(np.searchsorted(dates[:-1], d)) for d in (row.absent_from, row.absent_until))
            works[i, from_:until] = False
    qualified = np.array(
        [[_qualifies(r, text) for text in places.requires] for r in roster.itertuples(index=False)], bool
    )
    home = _home_places(places, beat, served, qualified)
    units = town.units.set_index(town.units["unit"].astype(str))
    centre = units.loc[beats["centre_unit"].astype(str), ["x", "y"]].to_numpy(float)
    homes = roster[["x", "y"]].to_numpy(float)
    km = np.hypot(homes[:, None, 0] - centre[None, :, 0], homes[:, None, 1] - centre[None, :, 1]) / 1000
    speaks = [
        [*(g in r.languages for g in languages), r.gender == "f", r.gender == "m"]
        for r in roster.itertuples(index=False)
    ]
    mixed = beats["posts"].to_numpy(int) >= 2 if rules.gender_mix else np.zeros(len(beats), bool)
    needs = [
        [*(g in text.split(";") for g in languages), m, m] for text, m in zip(beats["languages"], mixed, strict=True)
    ]
    unpreferred = np.array(
        [[bool(r.prefers) and b not in r.prefers for b in beats["beat"]] for r in roster.itertuples(index=False)], bool
    )
    number = {name: i for i, name in enumerate(roster["officer"])}
    couples = sorted(
        {
            (min(i, number[q]), max(i, number[q]))
            for i, r in enumerate(roster.itertuples(index=False))
            for q in r.not_with
            if number[q] != i
        }
    )
    frozen, published = _published(town, beats, places, home, qualified, first, last, dates)
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
        needs=np.array(needs, bool).reshape(len(beats), -1),
        aspect=np.array([0] * len(languages) + [1, 1]),
        min_tenure=rules.min_tenure_months,
        handover=rules.handover_months,
        weights=Weights(**w.model_dump()),
        beat=places.beat,
        allowed=qualified,
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
    )
    return found, places


def _ordered(roster: pd.DataFrame, dates: list[dt.date]) -> np.ndarray:
    return np.array([-1 if d is None else int(np.searchsorted(dates[:-1], d)) for d in roster["ordered_on"]])


def _home_places(places: Places, beat: list[int], served: list[int], qualified: np.ndarray) -> np.ndarray:
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
    town, beats, places: Places, home, qualified, first, last, dates
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
    for row in table.itertuples(index=False):
        if row.officer not in number or row.beat not in position:
            continue
        o, b = number[row.officer], position[row.beat]
        named[o] = True
        start, end = (int(np.searchsorted(dates[:-1], d)) for d in (row.start, row.end))
        start, end = max(start, 0 if home[o] >= 0 else first[o]), min(end, last[o], months)
        here = [p for p in range(len(places.posts)) if places.beat[p] == b and qualified[o, p]]
        if home[o] >= 0 and places.beat[home[o]] == b:
            here = [int(home[o])]
        if here and start < end:
            best = max(here, key=lambda p: len(places.requires[p]) if row.requires == places.requires[p] else -1)
            published[o, start:end] = best
    frozen = np.full((len(roster), months), FREE)
    frozen[named, : rules.freeze_months] = published[named, : rules.freeze_months]
    for o, t in enumerate(_ordered(roster, dates)):
        if t >= 0:
            # an order holds for a year, and the postings before it stay
            frozen[o, : t + ORDER_MONTHS] = published[o, : t + ORDER_MONTHS]
    return frozen, published


def _ready(row: Any, training_months: int) -> dt.date | None:
    """Return the day from which an officer may take a post; None for from the start."""
    if row.trained_on is not None:
        return max(row.trained_on, row.joins_on or row.trained_on)
    if row.joins_on is not None:
        return (pd.Timestamp(row.joins_on) + pd.DateOffset(months=training_months)).date()
    return None


def _assignments(
    town, beats, places: Places, problem_: TenureProblem, found: Postings, dates: list[dt.date]
) -> pd.DataFrame:
    post = _posts(places, problem_, found.postings)
    rows = [
        (
            town.roster["officer"].iat[p.officer],
            beats["beat"].iat[places.beat[p.place]],
            dates[p.begin].isoformat(),
            dates[p.end].isoformat(),
            post[p],
            places.requires[p.place],
        )
        for p in sorted(found.postings, key=lambda p: (places.beat[p.place], post[p], p.begin))
        if p.officer < len(town.roster)
    ]
    return pd.DataFrame(rows, columns=["officer", "beat", "start", "end", "post", "requires"])


def _posts(places: Places, problem_: TenureProblem, postings: list[Posting]) -> dict[Posting, int]:
    """Give each posting a post of its beat: the one that was free the longest, so that a successor follows a predecessor."""
    post: dict[Posting, int] = {}
    used: dict[int, int] = {}
    for place in range(len(places.posts)):
        beat = int(places.beat[place])
        base = used.get(beat, 0)
        free_at = [0] * int(places.posts[place])
        for p in sorted((p for p in postings if p.place == place), key=lambda p: (p.begin, p.officer)):
            ready = [k for k, t in enumerate(free_at) if t <= p.begin + problem_.handover]
            if not ready:
                free_at.append(0)
                ready = [len(free_at) - 1]
            k = min(ready, key=lambda k: (-free_at[k], k))
            free_at[k] = p.end
            post[p] = base + k + 1
        used[beat] = base + len(free_at)
    return post


def _clashes(
    town, beats, places: Places, problem_, found: Postings, wrong: list[Breach], dates, trials: Trials
) -> tuple[str, ...]:
    """Say which rules are broken: officer, beat, month, and the cheapest way out."""
    names, told = town.roster["officer"], []

    def where(place: int) -> str:
        return str(beats["name"].iat[places.beat[place]])

    broken = broken_tenures(problem_, found.postings)
    for o, p, t, served in broken[:20]:
        told.append(
            f"Minimum tenure: {names.iat[o]} leaves {where(p)} in {dates[t]:%B %Y} after {served} of {problem_.min_tenure} months."
        )
    if broken:
        first, least = min(t for _, _, t, _ in broken), min(served for *_, served in broken)
        which = "this post" if len(broken) == 1 else f"these {len(broken)} posts"
        which = which if all(problem_.home[o] == p for o, p, _, _ in broken) else "the force"
        ways = [
            (f"a minimum tenure of {least} instead of {problem_.min_tenure} months for {which}", with_shorter_tenure(problem_, broken)),
            (f"one more trained officer by {dates[first]:%B %Y}", with_officer(problem_, first)),
        ]  # fmt: skip
        told[-1] += f" Cheapest way out: {trials.mends(ways, 'tenure')}."
    said = {
        "couple": "{o} and the officer they must not share a beat with are both in {p} from {t}. Cheapest way out: {w}",
        "moves": "more than {n} officers move in {t}. Cheapest way out: {w}",
        "half": "more than half of the officers of {p} change in the 12 months from {t}. Cheapest way out: accept it for this beat, as in this plan",
        "frozen": "{o} cannot serve in {p} in {t} as published. Cheapest way out: {w}",
        "maximum": "{o} would be in {p} beyond the maximum tenure from {t}. Cheapest way out: {w}",
    }
    seen: set[tuple[str, int, int]] = set()
    for breach in wrong:
        key = (breach.rule, breach.officer, breach.month if breach.rule == "moves" else breach.place)
        if key in seen:
            continue
        seen.add(key)
        way = {
            "couple": "lift the rule for them",
            "moves": f"at most {(problem_.moves_a_month or 0) + 1} moves a month",
            "frozen": "publish this officer's postings anew from then on",
            "maximum": "let them stay for longer",
        }.get(breach.rule, "")
        if way:
            changed = without(problem_, breach.rule, breach.officer, breach.month)
            way = trials.mends([(way, changed)], breach.rule, breach.officer)
        text = said.get(breach.rule, "the rule “" + breach.rule + "” is broken in {p} in {t}")
        told.append(
            "Officers: "
            + text.format(
                o=names.iat[breach.officer] if 0 <= breach.officer < len(names) else "", p=where(breach.place) if breach.place >= 0 else "the beat",
                t=f"{dates[breach.month]:%B %Y}", n=problem_.moves_a_month, w=way,
            ) + "."
        )  # fmt: skip
    if wrong and found.rules == "not found":
        told.append(
            "Officers: no postings that keep these rules were found in the time there was; it is not proven that there are none. Give more time with "
            "--time-limit."
        )
    return tuple(told)


def _broken_rules(town, beats, places: Places, wrong: list[Breach], dates) -> list[dict[str, str | None]]:
    """Return the hard rules that the postings break as ``rule``, ``officer``, ``beat`` and ``month``, which `verify` counts again."""
    return [
        {
            "rule": b.rule,
            "officer": town.roster["officer"].iat[b.officer] if 0 <= b.officer < len(town.roster) else None,
            "beat": str(beats["beat"].iat[places.beat[b.place]]) if b.place >= 0 else None,
            "month": dates[b.month].isoformat(),
        }
        for b in wrong
    ]


def _runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """Return the spans of True in a row of flags, half-open."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _notes(
    town, beats, places: Places, problem_: TenureProblem, found: Postings, dates: list[dt.date], trials: Trials
) -> tuple[Note, ...]:
    """Say where posts stay vacant and languages unspoken, why, and the cheapest way out."""
    notes = []
    rules = town.description.officers
    ahead = rules.training_months + rules.handover_months
    vacant = np.maximum(0, problem_.posts[:, None] - staffed(problem_, found.postings))
    month = np.arange(problem_.months)
    able = ((problem_.first[:, None] <= month) & (month < problem_.last[:, None]) & problem_.arrays.works).sum(axis=0)
    short = np.maximum(0, problem_.posts.sum() - able)
    if short.any():
        worst = int(np.argmax(short))
        notes.append(
            Note("warning", f"There are {problem_.posts.sum()} posts, but too few trained officers in {int((short > 0).sum())} of "
                 f"{problem_.months} months; {short[worst]} are missing in {dates[worst]:%B %Y}",
                 f"Recruit {short.max()} more who are trained by {dates[int(np.flatnonzero(short)[0])]:%B %Y}, or plan fewer posts")
        )  # fmt: skip
    checked = ""
    if vacant.any():
        first = int(np.flatnonzero(vacant.sum(axis=0))[0])
        checked = (
            trials.lessens(with_officer(problem_, first), "vacant_months", "vacant post-months in all")
            or "which lessens little"
        )
    for p in np.flatnonzero(vacant.sum(axis=1)):
        spans = _runs(vacant[p] > 0)
        begin, end = spans[0]
        name = f"{beats['name'].iat[places.beat[p]]}" + (
            f" (post for {places.requires[p]})" if places.requires[p] else ""
        )
        when = (pd.Timestamp(dates[begin]) - pd.DateOffset(months=ahead)).date()
        way = f"one more officer trained by {dates[begin]:%B %Y}" + (
            f", so in training from {when:%B %Y}" if when > dates[0] else ""
        )
        if begin == int(np.flatnonzero(vacant.sum(axis=0))[0]):
            way += f" ({checked})"
        notes.append(
            Note("warning", f"{name} has {int(vacant[p].sum())} vacant post-months, the first from {dates[begin]:%B %Y} to {dates[end - 1]:%B %Y}",
                 f"Cheapest way out: {way}")
        )  # fmt: skip
    lacking = gap_months(problem_, found.postings)
    for k, language in enumerate(town.groups):
        months = lacking[:, k].sum(axis=1)
        worst = [int(b) for b in np.argsort(-months, kind="stable") if months[b]]
        if not worst:
            continue
        gaps = [
            f"{beats['name'].iat[b]} ({months[b]} months from {dates[int(np.argmax(lacking[b, k]))]:%B %Y})"
            for b in worst
        ]
        text = f"No officer speaks {language} in {', '.join(gaps[:5])}" + (
            f" and {len(gaps) - 5} more beats" if len(gaps) > 5 else ""
        )
        speaking = (
            (problem_.first[:, None] <= month) & (month < problem_.last[:, None]) & problem_.has[:, k][:, None]
        ).sum(axis=0)
        fewest, wanted = int(np.argmin(speaking)), int(problem_.needs[:, k].sum())
        text += (
            f". {wanted} beats need {language}, and {int(problem_.has[: len(town.roster), k].sum())} officers of {len(town.roster)} speak it, "
            f"{speaking[fewest]} of them there in {dates[fewest]:%B %Y}"
        )
        notes.append(Note("warning", text, _language_way(town, beats, places, found, worst, lacking, k, dates, trials)))
    return tuple(notes)


def _language_way(town, beats, places: Places, found: Postings, worst, lacking, k: int, dates, trials: Trials) -> str:
    """Say who should learn a language: of the beats that lack it the longest, the holder who serves the most of that time."""
    language, ways = list(town.groups)[k], []
    for b in worst[:2]:
        served: dict[int, int] = {}
        for p in found.postings:
            if places.beat[p.place] == b and p.officer < len(town.roster):
                served[p.officer] = served.get(p.officer, 0) + int(lacking[b, k, p.begin : p.end].sum())
        if served:
            o = max(served, key=lambda o: (served[o], -o))
            ways.append((f"{town.roster['officer'].iat[o]} in {beats['name'].iat[b]} learns {language}", o, b))
    for text, o, b in ways:
        first = f"{dates[int(np.argmax(lacking[b, k]))]:%B %Y}"
        checked = trials.lessens(
            with_speaker(trials.problem, o, k), "language_gaps", "months without a language in all"
        )
        if checked is not None:
            return f"Cheapest way out: {text} by {first} ({checked})"
    return f"Train more speakers of {language}; no single one of those who serve there would mend it"
