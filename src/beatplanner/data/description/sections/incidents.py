"""[incidents]: what was recorded, where and when."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from beatplanner.data.description.sections.base import PointTable, Positive, TablePath


class Gazetteer(PointTable):
    """Addresses with their places: the columns with the street, and with the house number where it has one of its own."""

    address: str
    number: str | None = None


class Incidents(PointTable):
    """Recorded incidents: points with an optional category and time, and nothing else.

    Attributes
    ----------
    category, categories
        Column of the kind, and a table that a user edits with what each kind counts as: columns ``category`` and ``standard``.
    time, time_of_day, time_else
        Column of the day and hour; of the hour, where it has a column of its own; columns that are taken, in this order, where the first is empty.
    timezone
        The place's time zone, such as ``"Europe/Skopje"``: times with an offset are turned into its clock.
    record
        Column of the record number: an incident that stands in several rows counts once. It is used for this only.
    address, gazetteer, matches
        Column of the address, addresses with places, and a table that a user edits with which doubtful matches hold: columns ``address``,
        ``match``, ``score``, ``accept``. Addresses are used for this only.
    """

    category: str | None = None
    categories: TablePath | None = None
    time: str | None = None
    time_of_day: str | None = None
    time_else: list[str] = Field(default_factory=list)
    timezone: str | None = None
    record: str | None = None
    address: str | None = None
    gazetteer: Gazetteer | None = None
    matches: TablePath | None = None
    days: Positive | None = None  # the time span that the records cover, where no times exist
    first: dt.date | None = (
        None  # the first and last day that the records cover, where a person knows better than their times tell
    )
    last: dt.date | None = None
    seasonal: list[str] = Field(default_factory=list)  # kinds that come in a season, not since their recording began
