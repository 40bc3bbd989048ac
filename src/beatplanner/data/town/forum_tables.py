"""The tables that a forum pack tells from: consents, report-back, partners, hours, venues, streets; read once, every problem told."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypedDict

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.base import Table
from beatplanner.data.description.sections.forum import Forum
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import Findings, did_you_mean
from beatplanner.data.formats.cells import dates, is_missing, numbers, texts
from beatplanner.data.formats.extracts import is_openstreetmap
from beatplanner.data.formats.frames import each_row
from beatplanner.data.formats.ids import as_known
from beatplanner.data.formats.layers import read_layer
from beatplanner.data.formats.plain_names import plain
from beatplanner.data.formats.points import read_points
from beatplanner.data.formats.source import Source, source_of
from beatplanner.data.town.addresses import evened
from beatplanner.data.town.columns import TABLES, described_table
from beatplanner.data.town.reading import known_ids
from beatplanner.data.town.roads import named_streets
from beatplanner.data.town.town import Town

PARTNER_KINDS = ("school", "health", "social services", "municipality", "other")
# How offices write them, in plain letters (see `plain`).
PARTNER_WORDS = {
    "school": "schools uciliste skola skolata shkolla shkolle scoala skola",
    "health": "clinic hospital zdravstvo zdravje bolnica ambulanta dom_zdravlja shendetesi shendetesia spital sanatate zdravoohranenie",
    "social services": "social social_work centar_za_socijalna_rabota centar_za_socijalni_rad sluzba_sociale asistenta_sociala",
    "municipality": "town_hall opstina opstinata komuna bashkia primaria municipiu administracija",
    "other": "drugo ostalo tjeter altele altul drugoe",
}
# A street and its house number, where both stand in one column.
HOUSE = re.compile(r"(.*\S)\s+(\d+\s?[^\W\d]?(?:[-/]\d+)?)")
PHOTOS = {".jpg", ".jpeg", ".png"}


@dataclass(frozen=True)
class ForumTables:
    """What the pack tells beside the plan.

    Attributes
    ----------
    consents
        One row an officer who agreed in writing: ``officer``, ``name``, ``contact`` (text or None), ``photo`` (path or None), ``agreed_on``,
        ``until`` (date or None).
    report_back
        What forums asked and what came of it, the columns of ``forum.report_back`` in `TABLES`; dates or None.
    partners
        ``kind`` (of `PARTNER_KINDS`), ``name``, ``area`` (a beat, a municipality, or None: everywhere), ``does``.
    hours
        Opening hours by station.
    contacts
        ``area`` (a beat, a municipality, or None: everywhere), ``phone`` and ``post`` (a post box or an address) of the officers' role.
    venues
        ``venue``, ``x``, ``y`` (planning CRS, metres), ``cost`` of an evening; None: the stations' sites.
    streets
        Lines in the planning CRS with ``name`` (text or None).
    waters
        Lines of the barriers, planning CRS.
    houses
        ``street`` (as in ``streets``), ``number``, ``x``, ``y`` (planning CRS, metres) of the known addresses in these streets.
    sources
        The files read.
    notes
        How columns were found, and which are not used.
    """

    consents: pd.DataFrame
    report_back: pd.DataFrame
    partners: pd.DataFrame
    hours: dict[str, str]
    venues: pd.DataFrame | None
    streets: gpd.GeoDataFrame | None
    waters: gpd.GeoSeries | None
    sources: tuple[Source, ...] = field(default=())
    notes: tuple[Note, ...] = field(default=())
    contacts: pd.DataFrame = field(default_factory=pd.DataFrame)
    houses: pd.DataFrame | None = None


def read_forum_tables(town: Town) -> ForumTables:
    """Read the tables of a town's section ``[forum]``; empty ones where the description has none.

    Raises
    ------
    InputError
        With every problem of every table.
    """
    d = town.description
    rules = d.forum or Forum()
    findings = Findings()
    sources: list[Source] = []

    def table(key: str, given: Table | None) -> tuple[pd.DataFrame, Any]:
        wanted = [c for columns in TABLES[f"forum.{key}"] for c in columns]
        if given is None:
            return pd.DataFrame({c: pd.Series(dtype=object) for c in wanted}), None
        frame, where, of_table = described_table(d, f"forum.{key}", given)
        findings.add(of_table)
        for column in wanted:
            if column not in frame:
                frame[column] = None
        sources.append(source_of(f"forum.{key}", d.path(given.path), len(frame), len(frame)))
        frame = frame[list(wanted)].reset_index(drop=True)
        decided: list[Note] = []
        for column in wanted:
            if column.endswith("_on") or column in ("due", "until"):
                with findings.keep():
                    frame[column] = pd.Series(dates(frame[column], where, decided), dtype=object)
            else:
                frame[column] = pd.Series(texts(frame[column]), dtype=object)
        findings.add(decided)
        return frame, where

    empty = pd.DataFrame()
    consents = report_back = partners = hours = empty
    with findings.keep():
        consents, where = table("consents", rules.consents)
        if where is not None:
            roster = [] if town.roster is None else [str(o) for o in town.roster["officer"]]
            officers, _ = known_ids(findings, list(consents["officer"]), roster, where, "officer")
            consents["officer"] = pd.Series(officers, dtype=object)
            _check_consents(consents, where, roster, d, findings)
            photos = [None if p is None else str(d.path(Path(p))) for p in consents["photo"]]
            consents["photo"] = pd.Series(photos, dtype=object)
    with findings.keep():
        report_back, _ = table("report_back", rules.report_back)
    with findings.keep():
        partners, where = table("partners", rules.partners)
        for i, kind in enumerate(partners["kind"]):
            if where is not None and kind_of_partner(kind) is None:
                mend = did_you_mean(str(kind), PARTNER_KINDS) or f"The kinds are: {', '.join(PARTNER_KINDS)}"
                findings.add([where.problem(f"“{kind}” is no kind of partner", mend, row=where.rows[i], field="kind")])
    with findings.keep():
        hours, _ = table("hours", rules.hours)
    contacts = empty
    with findings.keep():
        contacts, _ = table("contacts", rules.contacts)
    venues = None
    with findings.keep():
        venues = _venues(rules, town, d, sources, findings)
    streets = waters = None
    with findings.keep():
        streets = _streets(rules, town, d, sources, findings)
    with findings.keep():
        waters = _waters(town, d)
    houses = None
    with findings.keep():
        houses = _houses(
            rules, town, d, sources, findings, [] if streets is None else streets["name"].dropna().unique()
        )
    findings.raise_if_any()
    known = {str(s): str(h) for s, h in zip(hours["station"], hours["hours"], strict=True) if s and h}
    partners["kind"] = pd.Series([kind_of_partner(k) for k in partners["kind"]], dtype=object)
    origins = tuple(sources), tuple(findings.notes)
    return ForumTables(consents, report_back, partners, known, venues, streets, waters, *origins, contacts, houses)


def read_venues(town: Town) -> pd.DataFrame | None:
    """Read the list of buildings where forums can meet, as `ForumTables.venues`; None where the description has none.

    Raises
    ------
    InputError
        Where the list cannot be used.
    """
    # how it had to be read is told by `read_forum_tables`
    return _venues(town.description.forum or Forum(), town, town.description, [], Findings())


def sources_of_venues(town: Town) -> tuple[Source, ...]:
    """Return the file that `read_venues` reads; none where the description has no list of buildings."""
    sources: list[Source] = []
    _venues(town.description.forum or Forum(), town, town.description, sources, Findings())
    return tuple(sources)


def written_as_known(tables: ForumTables, areas: Sequence[str], stations: Sequence[str]) -> ForumTables:
    """Return tables whose areas and stations are written as a plan writes them, as far as it has them.

    Parameters
    ----------
    tables
        As they were read, before there was a plan.
    areas
        Ids and names of the plan's beats, and its municipalities.
    stations
        Ids and names of its stations.
    """

    def known(frame: pd.DataFrame, column: str) -> pd.DataFrame:
        found = as_known(list(frame[column]), list(dict.fromkeys(areas)))[0] if column in frame else []
        return frame.assign(**{column: pd.Series(found, index=frame.index, dtype=object)}) if found else frame

    names, _ = as_known(list(tables.hours), list(dict.fromkeys(stations)))
    return replace(
        tables,
        report_back=known(tables.report_back, "forum"),
        partners=known(tables.partners, "area"),
        contacts=known(tables.contacts, "area"),
        hours={str(name): hours for name, hours in zip(names, tables.hours.values(), strict=True)},
    )


def kind_of_partner(word: str | None) -> str | None:
    """Return which of `PARTNER_KINDS` a word of an office means, None where it means none."""
    text = plain(str(word or ""))
    found = [k for k, words in PARTNER_WORDS.items() if text == plain(k) or text in words.split()]
    return found[0] if found else None


def _check_consents(
    consents: pd.DataFrame, where: Any, known: Sequence[str], d: Description, findings: Findings
) -> None:
    for i, row in enumerate(each_row(consents)):
        place = where.rows[i]
        if row.officer not in known:
            mend = did_you_mean(str(row.officer), known) or "Use the names of the roster"
            findings.add(
                [where.problem(f"the roster has no officer “{row.officer}”", mend, row=place, field="officer")]
            )
        if row.agreed_on is None:
            what = f"{row.officer} has no date of consent, and nobody is shown without one"
            mend = "Give the day on which the officer agreed in writing"
            findings.add([where.problem(what, mend, row=place, field="agreed_on")])
        if row.photo is not None:
            photo = d.path(Path(row.photo))
            if photo.suffix.lower() not in PHOTOS or not photo.is_file():
                what = f"the photo “{row.photo}” does not exist or is neither JPEG nor PNG"
                mend = "Paths are relative to the project description"
                findings.add([where.problem(what, mend, row=place, field="photo")])


def _venues(rules: Forum, town: Town, d: Description, sources: list[Source], findings: Findings) -> pd.DataFrame | None:
    given = rules.venues
    if given is None:
        return None
    path = d.path(given.path)
    columns = [c for c in (given.id, given.cost) if c]
    frame, where = read_points(path, given.layer, given.x, given.y, given.crs, columns, town.crs, "forum.venues")
    findings.add(where.notes)
    sources.append(source_of("forum.venues", path, len(frame), len(frame)))
    names = texts(frame[given.id])
    there = np.asarray(np.isfinite(frame[["x", "y"]].to_numpy(float)).all(axis=1))
    bad = [i for i, n in enumerate(names) if n is None or not there[i]]
    if bad:
        what = "a venue needs a name and coordinates"
        raise InputError(where.problem(what, "Give both", row=where.rows[bad[0]], field=given.id))
    decided: list[Note] = []
    cost = numbers(frame[given.cost], where, least=0, empty=0.0, whole=True, notes=decided) if given.cost else 0.0
    findings.add(decided)
    return pd.DataFrame({"venue": names, "x": frame["x"], "y": frame["y"], "cost": cost})


def _houses(
    rules: Forum, town: Town, d: Description, sources: list[Source], findings: Findings, named: Iterable[str]
) -> pd.DataFrame | None:
    """Return the addresses that have a house number: in a column of its own, or as the last word with a digit of the address.

    Streets are called as in the layer of streets (`named`), whatever the spelling of the address; one that the layer writes in two ways
    has its addresses under both.
    """
    given = rules.addresses or (d.incidents.gazetteer if d.incidents else None)
    if given is None:
        return None
    path, columns = d.path(given.path), [c for c in (given.address, given.number) if c]
    frame, where = read_points(path, given.layer, given.x, given.y, given.crs, columns, town.crs, "forum.addresses")
    if rules.addresses is not None:
        findings.add(where.notes)
        sources.append(source_of("forum.addresses", path, len(frame), len(frame)))
    streets = texts(frame[given.address])
    if given.number:
        parted = list(zip(streets, texts(frame[given.number]), strict=True))
    else:
        cut = [HOUSE.fullmatch(s or "") for s in streets]
        parted = [(m[1], m[2].replace(" ", "")) if m else (None, None) for m in cut]
    found = pd.DataFrame(parted, columns=["street", "number"], dtype=object).assign(x=frame["x"], y=frame["y"])
    numbered = [bool(s and n and any(c.isdecimal() for c in n)) for s, n in parted]
    found = found[np.array(numbered, dtype=bool) & np.isfinite(found[["x", "y"]].to_numpy(float)).all(axis=1)]
    same: dict[str, list[str]] = defaultdict(list)
    for name in named:
        if even := evened(name):
            same[even].append(name)
    called = {s: same.get(evened(s), []) for s in found["street"].unique()}
    return found.assign(street=found["street"].map(called)).explode("street").dropna(subset="street")


def _streets(
    rules: Forum, town: Town, d: Description, sources: list[Source], findings: Findings
) -> gpd.GeoDataFrame | None:
    columns: list[str] = []
    if rules.streets is not None:
        layer, columns = rules.streets, [rules.streets.name]
    else:
        layer = (d.stations.roads if d.stations else None) or (d.beats.roads if d.beats else None)
    if layer is None:
        return None
    path = d.path(layer.path)
    if is_openstreetmap(path):
        columns = columns or ["name"]
        frame, where = named_streets(path, layer, town.units.geometry)
    else:
        frame, where = read_layer(path, layer.layer, columns, layer.crs)
    lines = frame.geometry.to_crs(town.crs)
    keep = ~(lines.isna() | lines.is_empty) & lines.geom_type.isin(["LineString", "MultiLineString"])
    if not keep.any():
        raise InputError(where.problem("the layer holds no lines", "Give a layer of streets"))
    names = [None if is_missing(v) else str(v).strip() or None for v in frame[columns[0]]] if columns else None
    if rules.streets is not None:
        findings.add(where.notes)
        sources.append(source_of("forum.streets", path, len(frame), int(keep.sum())))
    found = gpd.GeoDataFrame(
        {"name": pd.Series(names if names else [None] * len(frame), dtype=object)},
        geometry=lines.to_numpy(),
        crs=town.crs,
    )
    return gpd.GeoDataFrame(found[keep.to_numpy()].reset_index(drop=True))


def _waters(town: Town, d: Description) -> gpd.GeoSeries | None:
    if d.beats is None or d.beats.barriers is None:
        return None
    frame, _ = read_layer(d.path(d.beats.barriers.path), d.beats.barriers.layer, [], d.beats.barriers.crs)
    lines = frame.geometry.to_crs(town.crs)
    lines = lines[~(lines.isna() | lines.is_empty)]
    return gpd.GeoSeries(lines) if len(lines) else None


class Consented(TypedDict):
    """What may be shown of an officer who agreed."""

    name: str | None
    contact: str | None
    photo: str | None


def consented(tables: ForumTables, day: dt.date) -> dict[str, Consented]:
    """Return who may be named on a day: officer in the roster: what is shown (``name``, ``contact``, ``photo``)."""
    return {
        str(row.officer): {"name": row.name, "contact": row.contact, "photo": row.photo}
        for row in each_row(tables.consents)
        if row.agreed_on is not None and row.agreed_on <= day and (row.until is None or day < row.until)
    }


def folder_of_pack(path: Path) -> Path:
    """Return the ``forum`` folder of a result folder or of a pack itself.

    Raises
    ------
    InputError
        Where there is no pack.
    """
    for folder in (path / "forum", path):
        if (folder / "units.csv").is_file() and (folder / "beats.csv").is_file():
            return folder
    raise InputError(
        problem("there is no forum pack here", "Give a result folder, or the folder “forum” of one", file=path)
    )
