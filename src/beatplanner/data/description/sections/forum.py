"""[forum]: what a forum gets."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from beatplanner.data.description.sections.base import Input, Layer, NonNegative, PointTable, Section, TablePath
from beatplanner.data.description.sections.incidents import Gazetteer
from beatplanner.data.description.sections.rule import Rule
from beatplanner.data.narrowing import is_dict, is_sequence

LANGUAGES = ("en", "sq", "sr-Latn", "sr-Cyrl", "mk", "ro", "ru")


def _languages(value: Any) -> Any:
    """Check languages of the forum pack, given as one or as a list."""
    found = [value] if isinstance(value, str) else value
    if not is_sequence(found) or not found or any(v not in LANGUAGES for v in found):
        raise ValueError(f"give languages out of {', '.join(LANGUAGES)}, but found {{found}}")
    return tuple(found)


def _words(value: Any) -> Any:
    """Check words that people read: one text, or one for each language."""
    texts = list(value.values()) if is_dict(value) else [value]
    if not texts or not all(isinstance(v, str) and v for v in texts):
        raise ValueError("give text in quotes, or a table of it by language, but found {found}")
    if is_dict(value) and any(k not in LANGUAGES for k in value):
        raise ValueError(f"give languages out of {', '.join(LANGUAGES)}, but found {{found}}")
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
    """What a forum gets: languages, privacy, meetings, and the tables that the pack tells from; what each key is stands beside it."""

    languages: Annotated[
        tuple[str, ...],
        BeforeValidator(_languages, json_schema_input_type=str | tuple[str, ...]),
        Rule(
            "Languages of the pack",
            "the forums' pack is written in {value}",
            why="Who cannot read a plan cannot object to it. The law of a place often names the languages.",
            source="English where nothing is said; out of en, sq, sr-Latn, sr-Cyrl, mk, ro and ru.",
        ),
    ] = ("en",)
    catalogues: Annotated[
        dict[str, Path],
        Input("A force's own translations: language and the .po file that is read in place of the program's."),
    ] = Field(default_factory=dict)
    terms: Annotated[
        dict[str, Words],
        Input('Another word for a text of the pack, for all languages or for one: `"Beat" = { en = "Ward" }`.'),
    ] = Field(default_factory=dict)
    threshold: Annotated[
        int,
        Field(ge=3, le=20, strict=True),
        Rule(
            "Smallest count that is told",
            "no count from 1 to below {value} is told to a forum",
            unit="people",
            low=3,
            high=20,
            why="Who knows the street knows whom a count of one or two is about.",
            source="5: practice of statistical offices (ONS and ICO tell no count below 5).",
        ),
    ] = 5
    themes: Annotated[
        dict[str, str],
        Rule(
            "Themes of incidents",
            "kinds and the theme that people know them by: {value}",
            off="only kinds that are common are told by their own name",
            why="Residents know a burglary, not the code that it is recorded by; and a rare code may name a person or a house.",
            source="None: only the force knows what its codes mean.",
        ),
    ] = Field(default_factory=dict)
    sensitive: Annotated[
        tuple[str, ...],
        Rule(
            "Sensitive kinds",
            "told for whole municipalities only: {value}, beside those known by their words",
            off="told for whole municipalities only: the kinds known by their words",
            why="A count of domestic violence by beat points at a house.",
            source="None beside violence in the family, sexual offences, hate and what concerns children, which are known by their words.",
        ),
    ] = ()
    published_before: Annotated[
        tuple[Path, ...],
        Input("Earlier packs and other scenarios that people have: no two of them together may tell a small count."),
    ] = ()
    made_by: Annotated[str | None, Input("Who made the plan, as the pack tells it.")] = None
    decided_by: Annotated[
        Words | None, Input("Who decides on the plan, as the pack tells it; by language where it is a table.")
    ] = None
    decided_on: Annotated[dt.date | None, Input("The day of the decision.")] = None
    source: Annotated[Words | None, Input("Where the data come from, as the pack tells it.")] = None
    sources: Annotated[
        dict[str, SourceOf],
        Input("What people are told of a source, by section or key such as `units` or `beats.current`."),
    ] = Field(default_factory=dict)
    contact: Annotated[str | None, Input("Where objections go.")] = None
    objections_until: Annotated[dt.date | None, Input("The last day for objections.")] = None
    streets: Annotated[Streets | None, Input("Layer of named streets, for the maps and the index of streets.")] = None
    addresses: Annotated[
        Gazetteer | None,
        Input("Addresses with their places, for house numbers in the index of streets; else those of the incidents."),
    ] = None
    consents: Annotated[
        TablePath | None,
        Input(
            "Table of officers who agreed to be named: officer, name, contact, photo, agreed_on, until; nobody else is named."
        ),
    ] = None
    report_back: Annotated[
        TablePath | None,
        Input(
            "Table of what forums asked and what came of it: forum, asked_on, asked, action, responsible, due, done_on, result."
        ),
    ] = None
    partners: Annotated[TablePath | None, Input("Table of who else helps: kind, name, area, does.")] = None
    hours: Annotated[TablePath | None, Input("Table of opening hours: station, hours.")] = None
    contacts: Annotated[
        TablePath | None, Input("Table of how officers are reached, whoever holds the post: area, phone, post.")
    ] = None
    map_url: Annotated[str | None, Input("Where map.html is put; the pages of beats have its QR code.")] = None
    venues: Annotated[
        Venues | None, Input("Public buildings where forums can meet; else the sites of the stations.")
    ] = None
    roles: Annotated[
        tuple[str, ...],
        Rule(
            "Who is invited",
            "invited beside the residents: {value}",
            off="invited beside the residents: the usual roles",
            why="A forum without the school, the youth and the minorities speaks for those who always come.",
            source="None: the usual roles of local safety forums, which the invitation lists.",
        ),
    ] = ()
    cost_per_km: Annotated[
        NonNegative,
        Rule(
            "Paid for a kilometre",
            "a member who cannot walk to a meeting is paid {value} for a kilometre",
            money="forum.currency",
            unit="a kilometre",
            high=1000,
            step=0.05,
            why="Members come from all places alike only where the way is paid.",
            source="0.15: an assumption; set what your administration pays.",
        ),
    ] = 0.15
    currency: Annotated[
        str,
        Rule(
            "Currency of the forums",
            "what forums cost is told in {value}",
            why="A sum without its currency is no sum.",
            source="EUR: an assumption.",
        ),
    ] = "EUR"
    neighbourhood: Annotated[
        ForumLevel,
        Rule(
            "Forums of a beat",
            "forums of a beat: {value}",
            why="Few enough to be heard, often enough to be answered.",
            source="15 members, six meetings a year: an assumption close to community safety councils of the region.",
        ),
    ] = ForumLevel()
    municipality: Annotated[
        ForumLevel,
        Rule(
            "Forums of a municipality",
            "forums of a municipality: {value}",
            why="What no single beat can solve goes to the mayor's table.",
            source="25 members, four meetings a year: an assumption close to municipal safety councils.",
        ),
    ] = ForumLevel(members=25, meetings_a_year=4)
    region: Annotated[
        ForumLevel,
        Rule(
            "Forums of a region",
            "forums of a region: {value}",
            why="What no municipality can solve alone is told to whoever leads the region.",
            source="20 members, two meetings a year: an assumption.",
        ),
    ] = ForumLevel(members=20, meetings_a_year=2)
