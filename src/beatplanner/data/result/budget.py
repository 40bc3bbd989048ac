"""The typed shape of the key ``budget`` of a summary: what a plan costs, who pays, and what the money does not reach.

Lists are by year, in the order of ``years``. Keys that an older beatplanner did not write are not required.
"""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class Lacked(TypedDict):
    """Money that a payer lacks in a year; ``"all"`` where it is the ceiling that is too low."""

    payer: str
    year: str
    amount: float


class Blocked(TypedDict):
    """Why the pilots, or what stands today, cannot be paid."""

    pilots: list[str]
    start: str | None
    lacks: list[Lacked]
    waiting: int
    sentence: str
    proven: NotRequired[bool]
    prices_of: NotRequired[str]
    today: NotRequired[list[Lacked]]


class AreaStarts(TypedDict):
    """When an area starts; None for never."""

    area: str
    year: str | None
    beats: list[str]
    residents: float
    seats: float


class BeatStarts(TypedDict):
    """When a beat starts; None for never."""

    beat: str
    name: str
    municipality: str
    year: str | None
    date: str | None
    residents: float
    pilot: bool


class Unfunded(TypedDict):
    """An area that never starts, what it costs, and what it lacks in the year in which it lacks least."""

    area: str
    residents: float
    beats: list[str]
    seats: float
    first_year: float
    yearly: float
    start: str
    lacks: list[Lacked]
    lacks_in_all: float
    waits_for_pilot: bool


class Limits(TypedDict):
    """What the money reaches and what it does not; `idle` is what is left by year, None where nothing limits it."""

    starts: list[AreaStarts]
    beat_starts: list[BeatStarts]
    unfunded: list[Unfunded]
    blocked: Blocked | None
    idle: list[float | None] | None


class RolloutBound(TypedDict):
    """The bound on the resident-years, and what of it is proven."""

    resident_years_bound: float | None
    certified: NotRequired[bool | None]
    certified_bound: NotRequired[float]


class ForumsMoney(TypedDict):
    """By which rule forums are counted, and what more they would cost at the flat price."""

    rule: str
    flat_price: float
    all_at_once: list[float]
    more_at_flat_price: dict[str, list[float]]


class PoolPaid(TypedDict, total=False):
    """Officer-years in the pool, and of full time, where there is a pool or part time."""

    in_pool: list[float]
    full_time: list[float]


class PeoplePaid(PoolPaid):
    """Officer-years by year beside the posts, and the money of those without a post and of the vacant posts."""

    paid: list[float]
    in_posts: list[float]
    in_training: list[float]
    without_post: list[float]
    posts: list[float]
    vacant: list[float]
    courses: list[float]
    money_without_post: list[float]
    money_of_posts: list[float]
    money_of_vacant: list[float]


class SeatsShort(TypedDict):
    """A year in which more courses begin than there are seats."""

    year: str
    courses: float
    seats: float


class DonorEnds(TypedDict):
    """A payer whose money ends, who pays then, and what falls on them by year."""

    payer: str
    on: str
    then: str
    falls_on: list[float]


class Procured(TypedDict):
    """What must be ordered by when, and whether that is before the plan starts."""

    what: str
    number: int
    needed_on: str
    order_by: str
    before_start: bool


class BudgetContent(RolloutBound, Limits):
    """The plan's budget."""

    currency: str
    years: list[str]
    prices_of: str
    rise: list[float]
    one_officer: float
    lines: dict[str, list[float]]
    payers: dict[str, list[float]]
    total: list[float]
    all_at_once: list[float]
    today: list[float]
    today_lines: dict[str, list[float]]
    capital: list[float]
    economic: dict[str, list[float]]
    function: str
    functional: dict[str, list[float]]
    people: PeoplePaid | None
    residents_served: list[float]
    beats_started: list[int]
    stations_open: list[int]
    resident_years: float
    limited: bool
    forums: ForumsMoney
    seats_short: NotRequired[list[SeatsShort]]
    donor_ends: NotRequired[list[DonorEnds]]
    procurement: NotRequired[list[Procured]]
