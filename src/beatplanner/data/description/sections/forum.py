"""[forum]: what a forum gets."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from beatplanner.data.description.sections.base import Layer, NonNegative, PointTable, Section, TablePath

LANGUAGES = ("en", "sq", "sr-Latn", "sr-Cyrl", "mk", "ro", "ru")


def _languages(value: Any) -> Any:
    """Check languages of the forum pack, given as one or as a list."""
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list | tuple) or not found or any(v not in LANGUAGES for v in found):
        raise ValueError(f"give languages out of {', '.join(LANGUAGES)}")
    return tuple(found)


def _words(value: Any) -> Any:
    """Check words that people read: one text, or one for each language."""
    texts = list(value.values()) if isinstance(value, dict) else [value]
    if not texts or not all(isinstance(v, str) and v for v in texts):
        raise ValueError("give text in quotes, or a table of it by language")
    if isinstance(value, dict) and any(k not in LANGUAGES for k in value):
        raise ValueError(f"give languages out of {', '.join(LANGUAGES)}")
    return value


Words = Annotated[str | dict[str, str], BeforeValidator(_words)]


class Streets(Layer):
    """Named streets, for the maps and the street index; ``name`` is their column."""

    name: str


class Venues(PointTable):
    """Public buildings where forums can meet; ``cost`` is the column with the price of an evening."""

    id: str
    cost: str | None = None


class SourceOf(Section):
    """What people are told of a source: its name, and the day or the year that its data are as of."""

    name: Words | None = None
    as_of: dt.date | Annotated[int, Field(ge=1800, le=2200, strict=True)] | None = None


class ForumLevel(Section):
    """One level of forums."""

    name: Words | None = None  # the local name, such as "Citizen Advisory Group"
    members: Annotated[int, Field(ge=1, le=500, strict=True)] = 15
    meetings_a_year: Annotated[int, Field(ge=1, le=52, strict=True)] = 6
    first: dt.date | None = None  # the first meeting after the plan
    time: str = "18:00"


class Forum(Section):
    """What a forum gets: languages, privacy, meetings, and the tables that the pack tells from."""

    languages: Annotated[tuple[str, ...], BeforeValidator(_languages, json_schema_input_type=str | tuple[str, ...])] = (
        "en",
    )
    catalogues: dict[str, Path] = Field(default_factory=dict)  # a force's own .po file for a language
    terms: dict[str, Words] = Field(default_factory=dict)  # another word for a text of the catalogue
    threshold: Annotated[int, Field(ge=3, le=20, strict=True)] = 5
    themes: dict[str, str] = Field(default_factory=dict)  # category of incidents: theme that people know it by
    sensitive: tuple[str, ...] = ()  # more categories that are told for the municipality only
    published_before: tuple[Path, ...] = ()  # earlier packs and other scenarios that people have
    made_by: str | None = None
    decided_by: Words | None = None
    decided_on: dt.date | None = None
    source: Words | None = None
    sources: dict[str, SourceOf] = Field(default_factory=dict)  # by section or key, such as "units" or "beats.current"
    contact: str | None = None  # where objections go
    objections_until: dt.date | None = None
    streets: Streets | None = None
    consents: TablePath | None = None  # officer, name, contact, photo, agreed_on, until
    report_back: TablePath | None = None  # forum, asked_on, asked, action, responsible, due, done_on, result
    partners: TablePath | None = None  # kind, name, area, does
    hours: TablePath | None = None  # station, hours
    contacts: TablePath | None = None  # area, phone, post: of the officers' role, whoever holds it
    map_url: str | None = None  # where map.html is put; beat pages have its QR code
    venues: Venues | None = None
    roles: tuple[str, ...] = ()  # who is invited beside the residents, in place of the usual roles
    cost_per_km: NonNegative = 0.15
    currency: str = "EUR"
    neighbourhood: ForumLevel = ForumLevel()
    municipality: ForumLevel = ForumLevel(members=25, meetings_a_year=4)
    region: ForumLevel = ForumLevel(members=20, meetings_a_year=2)
