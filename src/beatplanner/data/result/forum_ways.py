"""The typed shape of the key ``forums`` of a summary: where forums meet and what that costs."""

from __future__ import annotations

from typing_extensions import TypedDict


class ForumWay(TypedDict):
    """A forum: where it meets (metres), and what its meetings cost in the currency of the forums."""

    level: str
    area: str
    venue: str | None
    x: float
    y: float
    members: int
    meetings_a_year: int
    travel_cost: float
    year_cost: float


class ForumWays(TypedDict):
    """By what the list of buildings is known again, None without one; the forums of the pack, and those of today's beats in the same buildings."""

    listed: str | None
    plan: list[ForumWay]
    today: list[ForumWay]
