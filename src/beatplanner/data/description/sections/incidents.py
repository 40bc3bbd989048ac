"""[incidents]: what was recorded, where and when."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from beatplanner.data.description.sections.base import Input, PointTable, Positive, TablePath


class Gazetteer(PointTable):
    """Addresses with their places: the columns with the street, and with the house number where it has one of its own."""

    address: str
    number: str | None = None


class Incidents(PointTable):
    """Recorded incidents: points with an optional category and time, and nothing else; what each key is stands beside it."""

    category: Annotated[str | None, Input("Column of the kind.")] = None
    categories: Annotated[
        TablePath | None,
        Input("Table that a user edits with what each kind counts as: columns `category` and `standard`."),
    ] = None
    time: Annotated[str | None, Input("Column of the day and hour.")] = None
    time_of_day: Annotated[str | None, Input("Column of the hour, where it has one of its own.")] = None
    time_else: Annotated[
        list[str], Input("Columns that are taken, in this order, where the column of the time is empty.")
    ] = Field(default_factory=list)
    timezone: Annotated[
        str | None,
        Input("The place's time zone, such as `Europe/Skopje`: times with an offset are turned into its clock."),
    ] = None
    record: Annotated[
        str | None,
        Input(
            "Column of the record number: an incident that stands in several rows counts once. It is used for this only."
        ),
    ] = None
    address: Annotated[str | None, Input("Column of the address. It is used for finding the place only.")] = None
    gazetteer: Annotated[Gazetteer | None, Input("Addresses with their places.")] = None
    matches: Annotated[
        TablePath | None,
        Input(
            "Table that a user edits with which doubtful addresses hold: columns `address`, `match`, `score`, `accept`."
        ),
    ] = None
    days: Annotated[Positive | None, Input("Days that the records cover, where they have no times.")] = None
    first: Annotated[
        dt.date | None,
        Input("The first day that the records cover, where a person knows better than their times tell."),
    ] = None
    last: Annotated[dt.date | None, Input("The last day that the records cover, likewise.")] = None
    seasonal: Annotated[list[str], Input("Kinds that come in a season, not since their recording began.")] = Field(
        default_factory=list
    )
