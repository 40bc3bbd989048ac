"""[country]: what a ministry has for all municipalities."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from beatplanner.data.description.sections.base import Input, Layer, Section, Whole
from beatplanner.data.description.sections.rule import Rule


class Regions(Layer):
    """Which region each municipality lies in: the columns with both names."""

    municipality: str
    region: str


class Country(Section):
    """What a ministry has for all municipalities: officers to share out, at least so many each, and the regions to sum up by."""

    officers: Annotated[
        Whole | None,
        Rule(
            "Officers of the country",
            "{value} officers are shared out among the municipalities",
            unit="officers",
            high=100_000,
            step=10,
            off="officers are not shared out among municipalities",
            why="A ministry has so many officers, and each municipality asks for more: shared out by work, nobody can say that another was preferred.",
            source="Off: the ministry knows its own.",
            check="country.shares",
        ),
    ] = None
    minimum: Annotated[
        Whole,
        Rule(
            "Officers of a municipality at least",
            "each municipality gets {value} officers at least",
            unit="officers",
            high=100,
            why="By work alone a small municipality would get nobody, and then nobody comes when something happens.",
            source="2: an assumption; with one there is nobody on two days of three.",
            check="country.shares",
        ),
    ] = 2
    set_posts: Annotated[
        bool,
        Field(strict=True),
        Rule(
            "Posts from the share-out",
            "",
            choices={
                True: "a beat has the posts that the share-out gives it",
                False: "a beat has the posts that the rules of officers say",
            },
            why="Officers that are shared out are planned as posts only where somebody says so.",
            source="Off: posts stay as the rules of officers say.",
        ),
    ] = False
    regions: Annotated[
        Regions | None,
        Input("Table of municipalities and the region of each; costs and officers are summed up by region."),
    ] = None
