"""What the map on screen says in one language, and what it shows beside the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import shapely


@dataclass(frozen=True)
class MapWords:
    """What the map says, in one language.

    Attributes
    ----------
    language
        BCP 47.
    texts
        By the names that the template uses.
    decision, made, review
        Who decided, when the map was made, and a warning about the translation (may be empty).
    residents
        By beat: what is shown of its residents; empty where they are unknown.
    figures
        By beat: the shown number, or None where it is hidden.
    station, forum
        By beat: its station and its next forum, in words.
    walk, why
        (n,) of each unit: its way to a station, and why it is in its beat, in words.
    questions
        Questions and answers.
    card_title, card
        How the map was made: a title, and blocks of text and tables.
    names
        What each beat is called.
    groups
        What each sector and command is called, by the column of the beats and its id.
    cards
        By beat: ``name``, and ``rows`` of a heading and lines: what a click on it tells.
    """

    language: str
    texts: Mapping[str, str]
    decision: str
    made: str
    review: str
    residents: Mapping[str, str]
    figures: Mapping[str, int | None]
    station: Mapping[str, str]
    forum: Mapping[str, str]
    walk: Sequence[str]
    why: Sequence[str]
    questions: Sequence[tuple[str, str]]
    card_title: str
    card: Sequence[Mapping[str, Any]]
    names: Mapping[str, str]
    groups: Mapping[str, Mapping[str, str]]
    cards: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Sign:
    """A station or a place where forums meet, with what a click on it tells.

    Attributes
    ----------
    kind
        ``there``, ``new`` and ``closes`` (of today, not of the plan) of stations, ``venue`` of forums.
    at
        Its place, metres of the plan's CRS.
    name, said
        What it is called, and what it is, in words.
    rows
        Headings with their lines.
    beats
        Ids of the beats whose forum meets here.
    """

    kind: str
    at: tuple[float, float]
    name: str
    said: str
    rows: Sequence[Sequence[Any]]
    beats: Sequence[str] = ()


@dataclass(frozen=True)
class Ground:
    """What the map shows beside the plan, in the plan's CRS: named streets with the beats that they run through, rivers, and signs.

    Attributes
    ----------
    streets
        Name, ids of beats, the beats in words, lines.
    waters
        Lines; None where there are none.
    signs
        Stations and the places where forums meet.
    """

    streets: Sequence[tuple[str, Sequence[str], str, shapely.Geometry]] = ()
    waters: gpd.GeoSeries | None = None
    signs: Sequence[Sign] = ()
