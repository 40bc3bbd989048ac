"""The typed shape of the key ``stations.phases`` of a summary: in which years stations open."""

from __future__ import annotations

from typing_extensions import TypedDict


class PhaseYear(TypedDict):
    """What opens in a year, what it costs, and whom it serves."""

    year: int
    opened: list[str]
    open: int
    spent: float
    budget: float
    residents_within_limit: float
    objective: float


class Phases(TypedDict):
    """The years in which stations open."""

    years: list[PhaseYear]
    objective: float
    lower_bound: float
