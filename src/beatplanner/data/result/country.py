"""The typed shape of the key ``country`` of a summary: what the roll-up of a whole country says in its last row."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class CountryShare(TypedDict):
    """How many of the officers that are shared out a municipality gets, beside the quota of its workload."""

    municipality: str
    hours: float
    quota: float
    officers: float


class CountryService(TypedDict, total=False):
    """The service of the whole country, where it is looked at: minutes until somebody is there, and shares of calls and of time."""

    service_minutes: float
    service_own: float
    service_people: float
    service_wait: float
    service_lost: float


class CountryContent(CountryService):
    """Sums over all municipalities; None where it is not known."""

    units: float
    beats: float
    residents: float | None
    hours: float
    officers_required: float | None
    posts: float | None
    officers_shared: float | None
    officers_missing: float | None
    officers_over: NotRequired[float | None]
    posts_unstaffed: NotRequired[float | None]
    stations: float | None
    money: float | None
    municipalities: int
    empty_beats: NotRequired[list[str]]
    shares: NotRequired[list[CountryShare]]
