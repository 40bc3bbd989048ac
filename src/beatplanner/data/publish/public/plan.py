"""What of a plan is public: names, lines, places, posts and ways, and none of its counts or hours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypedDict

import geopandas as gpd
import pandas as pd
import shapely

from beatplanner.data.formats import geometry
from beatplanner.data.result.alphabet import natural
from beatplanner.data.result.draft_reason import Reason

# Columns that the public layers may have; what is not here stays in the office.
UNIT_COLUMNS = ("unit", "name", "municipality", "current", "beat", "x", "y", "station", "walk_minutes", "geometry")
BEAT_COLUMNS = ("beat", "name", "colour", "municipality", "centre_unit", "posts", "sector", "command", "geometry")
# Those of them that tell in which sector and which command a beat is, where a plan has any.
GROUP_COLUMNS = ("sector", "command")
STATION_COLUMNS = ("station", "name", "existing", "near", "geometry")


@dataclass(frozen=True)
class OfficerFacts:
    """What a plan's postings come to, counted from the postings themselves and never from the rule.

    Attributes
    ----------
    first_day, last_day
        Of the plan.
    tenure_months
        The rule that `served` is held against.
    leaving, served
        Officers' stays in a beat that end within the plan, and how many of them have lasted for `tenure_months` or longer by then; `served` is None
        where it is not known of some since when they have been there.
    handovers, together
        Changes of a post from one officer to another, and how many of them have at least one day on which both are there.
    """

    first_day: dt.date
    last_day: dt.date
    tenure_months: int
    leaving: int
    served: int | None
    handovers: int
    together: int


@dataclass(frozen=True)
class StationWay:
    """A station of a beat.

    Attributes
    ----------
    station
        Its id.
    share
        Of the beat's places that reach a station on foot: those that reach this one first.
    minutes
        The mean of these on foot; NaN where it is the first of none.
    """

    station: str
    share: float
    minutes: float


@dataclass(frozen=True)
class PublicPlan:
    """The plan as the public may see it.

    Attributes
    ----------
    project
        Its name.
    feasible
        Whether every rule is kept.
    units, beats, stations
        Polygons, polygons and points with `UNIT_COLUMNS`, `BEAT_COLUMNS` and `STATION_COLUMNS`. ``walk_minutes`` is the mean over the places of a
        unit, each counted once, whoever lives there. ``name`` of a station is None where nobody has accepted its made-up place, which is then told as
        somewhere ``near`` an area. `stations` is None where there are none.
    walk_minutes
        The walking limit; None where there are no stations.
    deviation_limit
        No beat's work differs by more than this share from its municipality's mean, rounded up to steps of 5 %; None where nothing is known.
    contiguous
        Whether each beat is in one piece.
    work_spread
        By how much the work hours of one officer in the busiest beat exceed those in the quietest one, a share rounded up to wide steps; None where
        nothing is known.
    own_municipality
        Whether no beat crosses a municipal border.
    officers
        What was measured of the postings; None without officers.
    ways
        By beat: the stations that its places reach first, the one of most places first, then those that lie in it.
    draft
        Why this is a draft; empty where it is none.
    accepted
        Stations at generated places that a person accepted.
    closed
        By the beat that each lies in: the names of today's stations that the plan closes.
    closing
        These stations, with `STATION_COLUMNS`; None where there are none.
    """

    project: str
    feasible: bool
    units: gpd.GeoDataFrame
    beats: gpd.GeoDataFrame
    stations: gpd.GeoDataFrame | None
    walk_minutes: float | None = None
    deviation_limit: float | None = None
    contiguous: bool = True
    work_spread: float | None = None
    own_municipality: bool = True
    officers: OfficerFacts | None = None
    ways: Mapping[str, Sequence[StationWay]] = field(default_factory=dict[str, Sequence[StationWay]])
    draft: Sequence[Reason] = ()
    accepted: Sequence[str] = ()
    closed: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    closing: gpd.GeoDataFrame | None = None

    def __post_init__(self) -> None:
        for frame, allowed in (
            (self.units, UNIT_COLUMNS),
            (self.beats, BEAT_COLUMNS),
            (self.stations, STATION_COLUMNS),
            (self.closing, STATION_COLUMNS),
        ):
            strange = [] if frame is None else [c for c in frame.columns if c not in allowed]
            if strange:
                raise ValueError(f"not public: {strange}")

    @cached_property
    def borders(self) -> shapely.Geometry:
        """The borders of all units, each line once; put together once for all maps of the town."""
        return geometry.union(shapely.get_parts(shapely.boundary(self.units.geometry.to_numpy())))

    @cached_property
    def land(self) -> shapely.Geometry:
        """All beats as one area."""
        return geometry.dissolve(self.beats.geometry.to_numpy())

    @cached_property
    def groups(self) -> dict[str, gpd.GeoDataFrame]:
        """The sectors and the commands that beats are in, by their column, those that the plan has: ``group`` and polygons, made of the beats."""
        found: dict[str, gpd.GeoDataFrame] = {}
        for column in GROUP_COLUMNS:
            if column in self.beats and self.beats[column].notna().all():
                areas = geometry.dissolved(gpd.GeoDataFrame(self.beats[[column, "geometry"]]), column)
                order = sorted(range(len(areas)), key=lambda k: natural(str(areas[column].iloc[k])))
                found[column] = gpd.GeoDataFrame(areas.iloc[order].rename(columns={column: "group"}))
        return found

    @property
    def stations_today(self) -> gpd.GeoDataFrame | None:
        """The stations of today, those that the plan closes marked in ``closes``; None where there are none."""
        kept = None if self.stations is None else self.stations[self.stations["existing"].astype(bool)]
        frames = [
            frame[["station", "name", "existing", "geometry"]].assign(closes=closes)
            for frame, closes in ((kept, False), (self.closing, True))
            if frame is not None and len(frame)
        ]
        return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True)) if frames else None


@dataclass(frozen=True)
class Successor:
    """Who comes after a holder of a post, as far as the public is told.

    Attributes
    ----------
    first_day
        In the post.
    days_together, days_vacant
        Days on which both are there, and days on which nobody is.
    """

    first_day: dt.date
    days_together: int
    days_vacant: int


@dataclass(frozen=True)
class Posted:
    """A post at the plan's beginning and its holder: what is shown of one who consented, else the number of the post.

    Attributes
    ----------
    post
        Number within the beat.
    held
        Whether somebody holds it when the plan begins.
    since
        The holder's first day in the post; in the beat, where an officer who consented was there before; None for a post that is not held.
    last_day
        Of the holder in the post; None where the plan ends first, or nobody holds it.
    next
        Who comes after, or first; None where nobody does within the plan.
    languages
        That the officer speaks.
    name, contact, photo
        None without consent; a photo is a file name and a picture made anew.
    was_here
        Whether the officer worked in this beat before.
    """

    post: int
    held: bool
    since: dt.date | None
    last_day: dt.date | None
    next: Successor | None
    languages: tuple[str, ...] = ()
    name: str | None = None
    contact: str | None = None
    photo: tuple[str, bytes] | None = None
    was_here: bool = False


@dataclass(frozen=True)
class PublicMeeting:
    """A forum as the public sees it; costs are for members who come from all places alike.

    Attributes
    ----------
    level, area, title, venue, first, time, meetings, members, seats, at
        As those of a planned forum.
    walkers
        Share of places from which the venue is within the walking limit; NaN where unknown.
    farthest_km, travel_cost, year_cost
        The longest way; what travel costs a meeting, and all meetings a year. NaN where no venue is known.
    """

    level: str
    area: str
    title: str
    venue: str | None
    first: dt.date | None
    time: str
    meetings: int
    members: int
    walkers: float
    farthest_km: float
    travel_cost: float
    year_cost: float
    seats: tuple[tuple[str, int], ...]
    at: tuple[float, float]


@dataclass(frozen=True)
class PublicTables:
    """The force's own tables for the pack: `report_back`, `partners`, `hours`, `contacts`, lines of streets and waters, and `houses` with their street and number."""

    report_back: pd.DataFrame
    partners: pd.DataFrame
    hours: Mapping[str, str]
    streets: gpd.GeoDataFrame | None
    waters: gpd.GeoSeries | None
    contacts: pd.DataFrame = field(default_factory=pd.DataFrame)
    houses: pd.DataFrame | None = None


@dataclass(frozen=True)
class PackSettings:
    """What the force set for the pack; the keys of the section ``[forum]`` of the same names."""

    threshold: int
    made_by: str | None
    decided_by: Any
    decided_on: dt.date | None
    source: Any
    contact: str | None
    objections_until: dt.date | None
    cost_per_km: float
    currency: str
    level_names: Mapping[str, str | Mapping[str, str] | None]
    map_url: str | None = None


class PublicSource(TypedDict):
    """A file that the plan was made from, as the public is told of it; see `Card.data`."""

    role: str
    name: str | Mapping[str, str]
    date: str
    seal: str


class PublicVerdict(TypedDict):
    """What the checker found, as the public is told it: claims that could not be checked count for themselves."""

    ok: bool
    checks: int
    not_checked: int


# ``from`` is a word of the language.
RecordedPeriod = TypedDict("RecordedPeriod", {"from": str | None, "to": str | None, "days": float | None})


class PublicPeriod(RecordedPeriod):
    """The days of the records, and whether they are those of a year."""

    year: bool


@dataclass(frozen=True)
class Card:
    """How the pack was made, without anything that tells of the data but their kind and date.

    Attributes
    ----------
    data
        ``role``, ``name`` (as the force or the layer's title has it, or empty), ``date`` (of the records, or as the force declares it: an ISO day, a
        year, or empty; never that of the file) and ``seal`` of each file. The seal proves, to who has the file and the office's key, that it was this file; by
        itself it tells nothing of it.
    rules
        Numbers and choices of the description, by section.
    gaps
        By step; None where no bound was computed.
    verdict
        ``ok`` and ``checks``; None where nobody checked.
    versions, seed
        Of what computed.
    """

    data: Sequence[PublicSource]
    rules: Mapping[str, Mapping[str, Any]]
    gaps: Mapping[str, float | None]
    verdict: PublicVerdict | None
    versions: Mapping[str, str]
    seed: int
    made: str = ""

    def without_rule(self, key: str) -> Card:
        """Return the card without the rules of a key."""
        kept = {section: {k: v for k, v in rules.items() if k != key} for section, rules in self.rules.items()}
        return replace(self, rules=kept)


@dataclass(frozen=True)
class PublicFigures:
    """What passed the gate, and nothing else.

    Attributes
    ----------
    threshold
        Counts from 1 to this less one are hidden.
    residents
        By key: the count, or None where it is hidden.
    concerns
        The same by theme.
    sensitive
        Themes that are told for municipalities only.
    period
        ``from``, ``to`` (ISO, the first and the last day of a month), ``days`` (True where they cover a year); None without incidents.
    unit, name, municipality, beat, current, within
        (n,) of each unit; `within` is None where there are no stations.
    """

    threshold: int
    residents: Mapping[tuple[str, ...], int | None]
    concerns: Mapping[str, Mapping[tuple[str, ...], int | None]]
    sensitive: frozenset[str]
    period: PublicPeriod | None
    unit: Sequence[str] = field(default_factory=list[str])
    name: Sequence[str] = field(default_factory=list[str])
    municipality: Sequence[str] = field(default_factory=list[str])
    beat: Sequence[str | None] = field(default_factory=list[str | None])
    current: Sequence[str | None] = field(default_factory=list[str | None])
    within: Sequence[bool] | None = None

    def value(self, *key: str) -> int | None:
        """Return a figure of residents: None where it is hidden or unknown."""
        return self.residents.get(key)

    def share(self, part: tuple[str, ...], whole: tuple[str, ...]) -> float | None:
        """Return a share of residents that follows from two shown figures; None where one is hidden or both parts may not be told."""
        inside, total = self.residents.get(part), self.residents.get(whole)
        if part not in self.residents and whole in self.residents:
            # no unit at all is in this part
            inside = 0
        return None if inside is None or not total else inside / total

    @property
    def hidden(self) -> tuple[int, int]:
        """How many figures are hidden, and how many there are, which everybody can count in the tables."""
        every = [v for values in (self.residents, *self.concerns.values()) for v in values.values()]
        return sum(v is None for v in every), len(every)
