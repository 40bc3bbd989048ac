"""What a planner asks of one beat: people, work, problems, officers, languages, the way to a station, forum, partners, neighbours, who moved.

Everything is counted from the plan's tables and its town; nothing is planned here. A `BeatBook` counts what needs a look at every incident or unit
once for all beats, so that turning from one card to the next costs nothing.

Sensitive kinds of incidents (domestic, sexual, hate, minors) are told for the municipality only, here too: a card is often shown to others.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import shapely

from beatplanner.data.description.sections.forum import Forum
from beatplanner.data.errors import InputError
from beatplanner.data.publish.public.plan import RecordedPeriod
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.sections import ruled_hours, section_of
from beatplanner.data.result.service_files import fates, nobody_share, response_minutes
from beatplanner.data.result.station_names import station_names
from beatplanner.data.town.forum_tables import ForumTables
from beatplanner.data.town.town import Town
from beatplanner.planning.beats.held_balances import BeatBalance, HeldBalance, balances_of_plan
from beatplanner.planning.forum.beat_facts import forum_tables_of, languages_of, partners_of, walk_of
from beatplanner.planning.forum.beat_figures import beat_figures, walking_limit
from beatplanner.planning.forum.forums import Meeting, meetings_of
from beatplanner.planning.forum.themes import is_sensitive, period_of

HOURS, WEEKDAYS = 24, 7


@dataclass(frozen=True)
class ShownPosting:
    """An officer in a post.

    Attributes
    ----------
    officer
        As the roster calls them.
    start, end
        First day, and the first day that no longer belongs to it.
    to_the_end
        Whether it ends only because the plan does.
    languages
        That the officer speaks.
    """

    officer: str
    start: dt.date
    end: dt.date
    to_the_end: bool
    languages: tuple[str, ...]


@dataclass(frozen=True)
class Spoken:
    """A language of a beat: residents, their share of all, and how many of its first officers speak it."""

    language: str
    residents: float
    share: float
    officers: int


@dataclass(frozen=True)
class BeatIncidents:
    """Recorded incidents of a beat.

    Attributes
    ----------
    by_category
        Kind and number, most first, without the sensitive ones.
    by_hour, by_weekday
        Without the sensitive ones: 24 hours from midnight, 7 days from Monday; None where the records do not tell.
    sensitive
        Kind and number in the whole municipality.
    period
        ``from``, ``to`` (ISO or None), ``days`` (None where unknown).
    """

    by_category: tuple[tuple[str, int], ...]
    by_hour: tuple[int, ...] | None
    by_weekday: tuple[int, ...] | None
    sensitive: tuple[tuple[str, int], ...]
    period: RecordedPeriod


@dataclass(frozen=True)
class BeatCard:
    """One beat.

    Attributes
    ----------
    beat, name, municipality, sector, command
        Who it is; sector and command are None where the plan has none.
    units, area_km2
        Number of its units, and its area.
    residents
        None where they are unknown.
    hours, mean, lower, upper, deviation
        Officer hours a year; the mean of its municipality's beats; the limits that the rules set (None where the beats were given); the signed share.
    balances
        What it has of the amounts that the rules balance beside the hours.
    reactive, community, fixed
        What the hours are for.
    officers_required, posts
        Officers that the work needs, and posts planned.
    holders
        The postings of each post, in the order of time; empty where a post is never filled; None where officers were not planned.
    languages
        Those of at least a tenth of the residents.
    station, minutes, limit, share_within, share_cut_off
        The nearest station for most, mean minutes to it, the walking limit in minutes, shares of residents within it and of those who reach no
        station on foot; None where unknown.
    problems
        None where there are no incidents.
    service
        Of the service picture, for the whole week: ``response_minutes``, ``own_share``, ``mean_minutes``, ``p90_minutes``, ``away_share``, ``people_share``, ``wait_share`` and ``lost_share``
        (None where unknown, or where the queue has no such calls) and ``nobody_share``; None without one, and as drawn.
    meeting
        The beat's forum; None where it could not be planned.
    partners
        Kind, name, what they do.
    neighbours
        Beats that touch it: id and metres of shared border (0: by a link only), longest first.
    from_today
        Today's beats that its residents come from: id and residents (units where residents are unknown), most first; empty without today's beats.
    moved_in, moved_out
        Residents who come from another of today's beats, and who leave today's beat of this number; None where unknown.
    """

    beat: str
    name: str
    municipality: str
    sector: str | None
    command: str | None
    units: int
    area_km2: float
    residents: float | None
    hours: float
    mean: float
    lower: float | None
    upper: float | None
    deviation: float
    balances: tuple[BeatBalance, ...]
    reactive: float
    community: float
    fixed: float
    officers_required: int
    posts: int
    holders: tuple[tuple[ShownPosting, ...], ...] | None
    languages: tuple[Spoken, ...]
    station: str | None
    minutes: float | None
    limit: float | None
    share_within: float | None
    share_cut_off: float | None
    problems: BeatIncidents | None
    service: dict[str, float | None] | None
    meeting: Meeting | None
    partners: tuple[tuple[str, str, str], ...]
    neighbours: tuple[tuple[str, float], ...]
    from_today: tuple[tuple[str, float], ...]
    moved_in: float | None
    moved_out: float | None


@dataclass(frozen=True)
class _Counts:
    """Recorded incidents by beat (rows, in the order of the plan's beats) and category, hour, weekday."""

    categories: list[str]
    sensitive: np.ndarray
    by_category: np.ndarray
    by_hour: np.ndarray | None
    by_weekday: np.ndarray | None
    period: RecordedPeriod


@dataclass(frozen=True)
class _Recorded:
    """Recorded incidents as numbers: kind, hour and day of the week of each (−1 where unknown or sensitive), and whether hours are told at all."""

    categories: list[str]
    sensitive: np.ndarray
    code: np.ndarray
    hour: np.ndarray
    day: np.ndarray
    by_hour: bool
    period: RecordedPeriod


@dataclass
class BeatBook:
    """The cards of a plan.

    Attributes
    ----------
    tables
        A plan with beats.
    town
        Its town; None where its inputs are gone, and then there are no incidents and no forums.
    problem
        Why a card lacks something, in a sentence; empty where nothing is amiss.
    drawn
        Whether the tables are as drawn by hand and no plan yet: forums are planned anew with the plan.
    """

    tables: PlanTables
    town: Town | None
    problem: str = ""
    drawn: bool = False
    _made: dict[str, BeatCard] = field(default_factory=dict[str, BeatCard])

    def __post_init__(self) -> None:
        if self.town is not None and [str(u) for u in self.tables.units["unit"]] != list(self.town.units["unit"]):
            self.town = None
            self.problem = "The units have changed since this plan was made: problems and forums are not shown."

    def as_drawn(self, tables: PlanTables) -> BeatBook:
        """Return the book of the same plan as it is drawn by hand; what does not depend on beats is not counted again."""
        # beats that are only called otherwise are those of the plan, with its forums
        drawn = any(
            getattr(tables, f.name) is not getattr(self.tables, f.name) for f in fields(tables) if f.name != "beats"
        )
        book = BeatBook(tables, self.town, self.problem, drawn=drawn)
        for name in ("_recorded", "_ends"):
            if name in vars(self):
                vars(book)[name] = vars(self)[name]
        return book

    def read(self) -> BeatBook:
        """Count and read everything now, such as in a thread; return the book."""
        _ = self.counts, self.forums, self.figures, self.balances, self._edges, self._unit
        return self

    @cached_property
    def ids(self) -> list[str]:
        """The beats, in the plan's order."""
        assert self.tables.beats is not None
        return [str(b) for b in self.tables.beats["beat"]]

    @cached_property
    def station_titles(self) -> dict[str, str]:
        """What each station is called, as on the maps: a made-up place that nobody has accepted by what lies near."""
        return station_names(self.tables)

    @cached_property
    def place(self) -> dict[str, int]:
        """Row of each beat."""
        return {b: i for i, b in enumerate(self.ids)}

    @cached_property
    def names(self) -> dict[str, str]:
        """Name of each beat."""
        assert self.tables.beats is not None
        return dict(zip(self.ids, self.tables.beats["name"].astype(str), strict=True))

    @cached_property
    def figures(self) -> pd.DataFrame:
        """See `beat_figures`."""
        return beat_figures(self.tables)

    @cached_property
    def balances(self) -> tuple[HeldBalance, ...]:
        """See `balances_of_plan`."""
        return balances_of_plan(self.tables)

    @cached_property
    def _unit(self) -> np.ndarray:
        """Row of the beat of each unit, (n,); −1 for none."""
        return np.array([self.place.get(str(b), -1) for b in self.tables.units["beat"]], int)

    @cached_property
    def _ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the units at the ends of each border, (m, 2), −1 for none, and its metres, (m,)."""
        place = {u: i for i, u in enumerate(self.tables.units["unit"].astype(str))}
        edges = self.tables.edges
        ends = [edges[c].astype(str).map(place).fillna(-1).to_numpy(int) for c in ("unit_a", "unit_b")]
        return np.column_stack(ends), edges["metres"].to_numpy(float)

    @cached_property
    def _edges(self) -> dict[tuple[int, int], float]:
        """Metres of border between two beats, by their rows, the smaller first."""
        ends, metres = self._ends
        beats = np.sort(np.where(ends >= 0, self._unit[ends], -1), axis=1)
        apart = (beats[:, 0] >= 0) & (beats[:, 0] != beats[:, 1])
        pairs, of = np.unique(beats[apart], axis=0, return_inverse=True)
        total = np.bincount(of.ravel(), weights=metres[apart], minlength=len(pairs))
        return {(a, b): m for (a, b), m in zip(pairs.tolist(), total.tolist(), strict=True)}

    @cached_property
    def _recorded(self) -> _Recorded | None:
        """Recorded incidents as numbers, whatever the beats are; None where there are none."""
        if self.town is None or self.town.incidents is None or not len(self.town.incidents):
            return None
        frame = self.town.incidents
        code, names = pd.factorize(frame["category"].astype(str).str.strip(), sort=True)
        categories = [str(n) for n in names]
        rules = self.town.description.forum or Forum()
        sensitive = np.array([is_sensitive(c, rules.sensitive) for c in categories], bool)
        time = frame["time"]
        timed = time.notna().to_numpy() & ~sensitive[code]
        hour, day = np.full(len(frame), -1, np.int8), np.full(len(frame), -1, np.int8)
        hour[timed] = time.dt.hour.to_numpy()[timed].astype(np.int8)
        day[timed] = time.dt.day_of_week.to_numpy()[timed].astype(np.int8)
        # dates without a time of day are all midnight
        by_hour = bool((hour > 0).any() or (time.dt.minute.to_numpy()[timed] > 0).any()) if timed.any() else False
        period = period_of(self.town) or {"from": None, "to": None, "days": None}
        return _Recorded(categories, sensitive, code.astype(np.int32), hour, day, by_hour, period)

    @cached_property
    def counts(self) -> _Counts | None:
        """Recorded incidents by beat; None where there are none."""
        r = self._recorded
        if r is None:
            return None
        assert self.town is not None and self.town.incidents is not None
        unit = self.town.incidents["unit"].to_numpy(int)
        beat = np.where(unit >= 0, self._unit[unit], -1)
        known, timed = beat >= 0, (beat >= 0) & (r.day >= 0)
        rows, shape = len(self.ids), max(len(r.categories), 1)

        def table(code: np.ndarray, of: np.ndarray, width: int) -> np.ndarray:
            return np.bincount(beat[of] * width + code[of], minlength=rows * width).reshape(rows, width)

        return _Counts(
            r.categories,
            r.sensitive,
            table(r.code, known, shape),
            table(r.hour, timed, HOURS) if r.by_hour and timed.any() else None,
            table(r.day, timed, WEEKDAYS) if timed.any() else None,
            r.period,
        )

    @cached_property
    def forums(self) -> tuple[ForumTables, list[Meeting]] | None:
        """Tables and meetings of the forums; None where the town or the tables cannot be read, or beats are drawn and their forums not planned."""
        if self.town is None or self.drawn:
            return None
        try:
            extra = forum_tables_of(self.town, self.tables)
        except InputError as error:
            self.problem = str(error.problems[0])
            return None
        return extra, meetings_of(self.tables, self.town, extra)

    def card(self, beat: str) -> BeatCard:
        """Return the card of a beat."""
        if beat not in self._made:
            self._made[beat] = self._make(beat)
        return self._made[beat]

    def _make(self, beat: str) -> BeatCard:
        tables, k = self.tables, self.place[beat]
        assert tables.beats is not None
        row, figures = tables.beats.iloc[k], self.figures.iloc[k]
        mine: np.ndarray = self._unit == k
        own = tables.units[mine]
        municipality = str(row["municipality"] or "")
        limits = next(
            (m for m in ruled_hours(tables.summary) if str(m["municipality"] or "") == municipality),
            None,
        )
        hours, deviation = float(row["workload"]), float(row["deviation"])
        walk = walk_of(tables, beat)
        meeting, partners = None, ()
        if self.forums is not None:
            extra, meetings = self.forums
            meeting = next((m for m in meetings if m.level == "neighbourhood" and m.area == beat), None)
            here = partners_of(extra, beat, str(row["name"]), municipality)
            partners = tuple((str(p.kind), str(p.name or ""), str(p.does or "")) for p in here.itertuples(index=False))
        ground: shapely.Geometry = row.geometry
        holders = holders_of(tables, beat, int(row["posts"]))
        near = [(b if a == k else a, m) for (a, b), m in self._edges.items() if k in (a, b)]
        return BeatCard(
            beat=beat,
            name=str(row["name"]),
            municipality=municipality,
            sector=str(row["sector"]) if "sector" in row.index else None,
            command=str(row["command"]) if "command" in row.index else None,
            units=len(own),
            area_km2=float(shapely.area(ground)) / 1e6,
            residents=_known(row["population"]),
            hours=hours,
            mean=_mean(tables, municipality),
            lower=None if limits is None else float(limits["lower"]),
            upper=None if limits is None else float(limits["upper"]),
            deviation=deviation,
            balances=tuple(b.of(k) for b in self.balances),
            reactive=_total(own, "reactive_hours"),
            community=_total(own, "community_hours"),
            fixed=_total(own, "fixed_hours"),
            officers_required=int(row["officers_required"]),
            posts=int(row["posts"]),
            holders=holders,
            languages=_spoken(own, str(row["languages"] or ""), holders),
            station=None if walk is None else self.station_titles.get(walk[0], walk[0]),
            minutes=None if walk is None else walk[1],
            limit=walking_limit(tables),
            share_within=_known(figures["share_within"]),
            share_cut_off=_known(figures["share_cut_off"]),
            problems=self._problems(k, municipality),
            service=None if self.drawn else _service_of(tables, beat),
            meeting=meeting,
            partners=partners,
            neighbours=tuple((self.ids[o], m) for o, m in sorted(near, key=lambda n: (-n[1], n[0]))),
            from_today=_from_today(own),
            moved_in=_known(row["moved_in"]),
            moved_out=_known(figures["moved_out"]),
        )

    def _problems(self, k: int, municipality: str) -> BeatIncidents | None:
        counts, beats = self.counts, self.tables.beats
        if counts is None or beats is None:
            return None
        here = counts.by_category[k]
        shown = [(c, int(n)) for c, n, s in zip(counts.categories, here, counts.sensitive, strict=True) if n and not s]
        same = (beats["municipality"].astype(object).fillna("").astype(str) == municipality).to_numpy()
        around = counts.by_category[same].sum(axis=0)
        hidden = [(c, int(n)) for c, n, s in zip(counts.categories, around, counts.sensitive, strict=True) if n and s]
        return BeatIncidents(
            by_category=tuple(sorted(shown, key=lambda p: (-p[1], p[0]))),
            by_hour=None if counts.by_hour is None else tuple(int(v) for v in counts.by_hour[k]),
            by_weekday=None if counts.by_weekday is None else tuple(int(v) for v in counts.by_weekday[k]),
            sensitive=tuple(sorted(hidden, key=lambda p: (-p[1], p[0]))),
            period=counts.period,
        )


def _known(value: Any) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None


def _total(own: pd.DataFrame, column: str) -> float:
    return float(np.nansum(own[column].to_numpy(float))) if column in own else 0.0


def _mean(tables: PlanTables, municipality: str) -> float:
    beats = tables.beats
    assert beats is not None
    same = beats["municipality"].astype(object).fillna("").astype(str) == municipality
    return float(beats.loc[same, "workload"].mean())


def holders_of(tables: PlanTables, beat: str, posts: int) -> tuple[tuple[ShownPosting, ...], ...] | None:
    """Return the postings of each post of a beat, in the order of time; None where officers were not planned."""
    frame = tables.assignments
    if frame is None:
        return None
    last = max((str(e) for e in frame["end"]), default="")
    found: list[list[ShownPosting]] = [[] for _ in range(posts)]
    there = frame[frame["beat"].astype(str) == beat].sort_values(["post", "start"], kind="stable")
    for row in there.itertuples(index=False):
        number = int(row.post)  # type: ignore[arg-type]
        while len(found) < number:
            found.append([])
        start, end = dt.date.fromisoformat(str(row.start)), dt.date.fromisoformat(str(row.end))
        spoken = tuple(languages_of(tables, str(row.officer)))
        found[number - 1].append(ShownPosting(str(row.officer), start, end, str(row.end) == last, spoken))
    return tuple(tuple(p) for p in found)


def _spoken(
    own: pd.DataFrame, languages: str, holders: tuple[tuple[ShownPosting, ...], ...] | None
) -> tuple[Spoken, ...]:
    """Return the languages of a beat that need an officer who speaks them, with who does at the plan's beginning."""
    residents = float(np.nansum(own["population"].to_numpy(float)))
    first = [post[0] for post in holders or () if post]
    found: list[Spoken] = []
    for language in [w for w in languages.split(";") if w]:
        speakers = _total(own, f"group_{language}")
        number = sum(language in p.languages for p in first)
        found.append(Spoken(language, speakers, speakers / residents if residents > 0 else np.nan, number))
    return tuple(sorted(found, key=lambda s: (-s.residents, s.language)))


def _service_of(tables: PlanTables, beat: str) -> dict[str, float | None] | None:
    service = section_of(tables.summary, "service")
    own = service.get("beats", {}).get(beat)
    if own is None:
        return None
    kept = {**own, "response_minutes": response_minutes(own), "nobody_share": nobody_share(service).get(beat)}
    return kept | dict.fromkeys({"wait_share", "lost_share"} - set(fates(service)))


def _from_today(own: pd.DataFrame) -> tuple[tuple[str, float], ...]:
    if "current" not in own or own["current"].isna().all():
        return ()
    known = own[own["current"].notna()]
    people = known["population"].to_numpy(float)
    weight = np.nan_to_num(people) if np.isfinite(people).any() else np.ones(len(known))
    total = pd.Series(weight).groupby(known["current"].astype(str).to_numpy(object)).sum()
    return tuple((str(b), float(v)) for b, v in sorted(total.items(), key=lambda p: (-p[1], str(p[0]))) if v > 0)
