"""The typed shape of ``service.json``, and of the key ``service`` of a summary: what the service picture says, by key.

Keys that stand in some pictures only, or that an older beatplanner did not write, are not required.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

Method = Literal["exact", "approximate", "simulate"]


class ServiceFigures(TypedDict):
    """Figures over some calls and some officers' time; None where they are not known. Officers have no shares of calls that wait or are lost."""

    own_share: float | None
    cross_share: float | None
    busy_share: float | None
    wait_share: float | None
    lost_share: float | None
    mean_minutes: float | None
    median_minutes: float | None
    p90_minutes: float | None
    mean_wait_minutes: float | None
    away_share: float | None
    people_share: float | None
    backup_share: NotRequired[float | None]


class BeatFigures(ServiceFigures):
    """Figures of a beat; calls and hours are told over the week, not in one shift."""

    calls_a_week: NotRequired[float]
    duty_hours_a_week: NotRequired[float]


class ServerFigures(ServiceFigures):
    """Figures of an officer on duty, and the beat, None where he or she has none."""

    beat: str | None


class MeasuredInShift(TypedDict, total=False):
    """What some pictures alone measure in a shift: fates of calls by the officers that they need, and how near simulated figures are."""

    by_officers: dict[str, dict[str, float]]
    half_width: dict[str, float]


class ShiftFigures(ServiceFigures, MeasuredInShift):
    """Figures of a shift, or of a period where shifts overlap (then with its `shifts`)."""

    name: str
    hours_a_week: float
    calls_an_hour: float
    servers_on_duty: float
    beats: dict[str, BeatFigures]
    servers: dict[str, ServerFigures]
    mean_wait_minutes_by_priority: NotRequired[dict[str, float]]
    relief_factor: NotRequired[float | None]
    shifts: NotRequired[list[str]]


class TodayOfShift(ServiceFigures):
    """Figures of today's beats in a shift."""

    name: str
    servers_on_duty: float


class TodayFigures(ServiceFigures):
    """Figures of today's beats in short, beside a plan's."""

    method: Method
    nobody_share: dict[str, float]
    shifts: list[TodayOfShift]


class HeldFigures(TypedDict):
    """What the posts that are held come to over some months; minutes and shares of calls where they were counted."""

    posts_held: float
    nobody_share: dict[str, float]
    own_share: NotRequired[float | None]
    wait_share: NotRequired[float | None]
    lost_share: NotRequired[float | None]
    mean_minutes: NotRequired[float | None]
    mean_wait_minutes: NotRequired[float | None]
    people_share: NotRequired[float | None]
    overloaded_share: NotRequired[float]


class HeldInYear(HeldFigures):
    """The same of a year, which begins on `first`; `on_duty` by shift or period."""

    year: int
    first: str
    on_duty: dict[str, float]


class Vacancies(HeldFigures):
    """Who is on duty by the postings of the officers' plan."""

    posts: int
    months: int
    years: list[HeldInYear]
    method: NotRequired[Method]
    months_between: NotRequired[int]


class CountedFigures(TypedDict):
    """The figures of `Vacancies` that are counted from calls; None where none came or nobody answered."""

    own_share: float | None
    wait_share: float | None
    lost_share: float | None
    mean_minutes: float | None
    mean_wait_minutes: float | None
    people_share: float | None
    overloaded_share: float


class CountedMonths(CountedFigures):
    """The same over all months, and how they were counted."""

    method: Method
    months_between: int


class RestOfPattern(TypedDict):
    """The rest that a pattern of shifts leaves, in hours, and the keys of the rules that it breaks."""

    days: list[str]
    between_shifts: float | None
    weekly: float | None
    hours_a_week: float
    broken: list[str]


class StandardKept(TypedDict):
    """Shares that a standard asks for, as they are with some officers on duty."""

    within_share: float | None
    own_share: float | None
    people_share: float | None


class ShiftProposed(TypedDict):
    """The fewest officers of a shift who keep the standard; None where none were found."""

    name: str
    on_duty_now: int
    kept_now: bool
    now: StandardKept
    status: Literal["none", "fewest", "found", "impossible"]
    on_duty: int | None
    at_least: int | None
    limited_by: str | None
    exact: bool | None
    proposed: StandardKept | None
    officers_now: dict[str, int]
    officers: dict[str, int] | None


class ShiftStarts(TypedDict):
    """The best starts of shifts by the calls of each hour."""

    starts: list[str]
    officer_hours_a_week: int
    officer_hours_a_week_now: int


class OfficersProposed(TypedDict):
    """The officers that are proposed for a standard, by shift, and the posts that they make."""

    standard: dict[str, float]
    shifts: list[ShiftProposed]
    posts: dict[str, float] | None
    posts_now: float
    shift_starts: ShiftStarts | None


class Abstraction(TypedDict):
    """The share of duty away from the beat; what was used stands there where a plan was made with the counted share."""

    assumed: float
    counted: float
    officers_required_assumed: int
    officers_required_counted: int
    used: NotRequired[float]
    officers_required_used: NotRequired[int]
    rounds: NotRequired[int]
    agrees: NotRequired[bool]


class SeedOfPicture(TypedDict, total=False):
    """The seed of a simulation."""

    seed: int


class PeriodsOfPicture(TypedDict, total=False):
    """The periods that shifts which overlap make."""

    periods: list[ShiftFigures]


class ServiceContent(ServiceFigures, SeedOfPicture, PeriodsOfPicture):
    """Figures of the whole week, and of its shifts, beats and officers."""

    method: Method
    calls_a_week: float
    outside_share: float
    week: list[float] | None
    nobody_share: dict[str, float]
    servers_from_posts: bool
    beats: dict[str, BeatFigures]
    servers: dict[str, ServerFigures]
    shifts: list[ShiftFigures]
    notes: list[str]
    queue: NotRequired[str]
    travel_counts: NotRequired[bool]
    backup_minutes: NotRequired[float]
    today: NotRequired[TodayFigures]
    pattern: NotRequired[RestOfPattern]
    vacancies: NotRequired[Vacancies]
    abstraction: NotRequired[Abstraction]
    proposal: NotRequired[OfficersProposed]


class LineRuleFound(TypedDict):
    """What became of a rule of the service for the lines of beats; no bound is computed."""

    rule: str
    asked: float
    before: float
    found: float
    beat: str
    kept: bool
    lower_bound: None


class LinesFound(TypedDict):
    """What became of all of them, and what redrawing cost (``beats.lines``)."""

    shift: str | None
    rules: list[LineRuleFound]
    max_deviation_before: float
    max_deviation: float
    objective_before: float
    objective: float
    units_changed: int
    cut_short: NotRequired[bool]


class MinutesSought(TypedDict):
    """What redrawing for the least minutes gained and costs (``beats.least_minutes``)."""

    status: Literal["sought", "more calls than can be answered"]
    minutes_before: float | None
    minutes: float | None
    lower_bound: None
    gap: None
    max_deviation_before: float
    max_deviation: float
    objective_before: float
    objective: float
    units_changed: int
    looks: int
    cut_short: bool
    method: NotRequired[Method]
    by_time: NotRequired[bool]


class MinutesNotSought(TypedDict):
    """Why beats were not redrawn for the least minutes; with the most officers on duty where those are too many."""

    status: Literal["rules clash", "too many officers on duty", "no call comes"]
    on_duty: NotRequired[int]


LeastMinutes = MinutesSought | MinutesNotSought


def service_in(summary: Mapping[str, Any]) -> ServiceContent | None:
    """Return the key ``service`` of a summary as read; None where a plan has none."""
    found: ServiceContent | None = summary.get("service")
    return found
