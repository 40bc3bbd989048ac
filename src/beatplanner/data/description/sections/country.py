"""[country]: what a ministry has for all municipalities."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from beatplanner.data.description.sections.base import Layer, Section, Whole


class Regions(Layer):
    """Which region each municipality lies in: the columns with both names."""

    municipality: str
    region: str


class Country(Section):
    """What a ministry has for all municipalities: officers to share out, at least so many each, and the regions to sum up by.

    With ``set_posts`` the posts of each beat are those that the share-out gives it, in place of ``officers.posts_per_beat``.
    """

    officers: Whole | None = None
    minimum: Whole = 2
    set_posts: Annotated[bool, Field(strict=True)] = False
    regions: Regions | None = None
