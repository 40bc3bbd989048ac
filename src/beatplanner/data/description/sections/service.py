"""[service]: when calls come and who answers them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from beatplanner.data.description.sections.base import Layer, Positive, Section, TablePath

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Shift(Section):
    """Hours that officers are on duty; one that ends before it starts goes on into the next day. ``days`` are those on which it starts."""

    name: Annotated[str, Field(min_length=1)]
    start: Annotated[str, Field(pattern=r"^([01]?\d|2[0-3]):[0-5]\d$")]
    end: Annotated[str, Field(pattern=r"^(([01]?\d|2[0-3]):[0-5]\d|24:00)$")]
    days: Annotated[tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...], Field(min_length=1)] = (
        WEEKDAYS
    )


WHOLE_DAY = Shift(name="all day", start="00:00", end="24:00")


class ServiceStandard(Section):
    """What each shift shall keep, so that the fewest officers on duty can be proposed; at least one share.

    Attributes
    ----------
    minutes, within_share
        At least this share of calls is answered at once by somebody at most so many minutes away; a call that waits is not.
    own_share
        Of the calls answered, at least this share by an officer of the caller's beat.
    people_share
        At least this share of the time on duty is not spent on calls.
    """

    minutes: Positive | None = None
    within_share: Annotated[float, Field(gt=0, le=1, strict=True)] | None = None
    own_share: Annotated[float, Field(gt=0, le=1, strict=True)] | None = None
    people_share: Annotated[float, Field(gt=0, lt=1, strict=True)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if (self.minutes is None) != (self.within_share is None):
            raise ValueError("minutes and within_share belong together: 0.9 within 15 minutes")
        if self.within_share is None and self.own_share is None and self.people_share is None:
            raise ValueError("give at least one of within_share (with minutes), own_share and people_share")
        return self


class Service(Section):
    """When calls come and who answers them; ``docs/service.md`` explains the model.

    Attributes
    ----------
    shifts
        Hours on duty; the whole week where none are given.
    speed_kmh, detour
        Of the straight line between units, or of the roads.
    roads, minutes
        A layer of roads that travel is measured along, or a table of units: columns ``from``, ``to``, ``minutes``.
    calls
        Ready-made rates: columns ``unit``, ``per_hour``, optionally ``shift`` and ``category``; else from the incidents' times.
    categories
        Columns ``category``, ``minutes_on_scene``, optionally ``officers`` (sent to a call) and ``priority`` (1 is the most urgent).
    servers
        Columns ``server``, ``beat`` (empty for a car that several beats share), ``unit`` (where it waits), optionally ``shift``; else the
        posts on duty.
    minutes_on_scene
        Where `categories` says nothing.
    travel_counts
        Whether travel is added to the time that an officer is busy.
    order
        Whom a call goes to: the own beat's free servers, the nearest first, then the nearest free of others.
    queue
        Whether a call waits, first come, first served, or is lost where all are busy.
    standard
        What each shift shall keep; the fewest officers on duty that keep it are then proposed.
    """

    shifts: Annotated[tuple[Shift, ...], Field(min_length=1, max_length=21)] = (WHOLE_DAY,)
    speed_kmh: Annotated[float, Field(gt=0, le=200, strict=True)] = 30.0
    detour: Annotated[float, Field(ge=1, le=5, strict=True)] = 1.3
    roads: Layer | None = None
    minutes: TablePath | None = None
    calls: TablePath | None = None
    categories: TablePath | None = None
    servers: TablePath | None = None
    minutes_on_scene: Positive = 30.0
    travel_counts: Annotated[bool, Field(strict=True)] = False
    order: Literal["own-nearest"] = "own-nearest"
    queue: Literal["wait", "lost"] = "wait"
    standard: ServiceStandard | None = None
