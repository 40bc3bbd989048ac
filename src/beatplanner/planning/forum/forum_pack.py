"""The forum pack: gated, then written in each language as PDF, map, Word pages, picture and tables."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from beatplanner.data.description.models import Forum
from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.formats import geometry
from beatplanner.data.publish.beat_pages import write_beat_pages
from beatplanner.data.publish.before_planning import check_publishing
from beatplanner.data.publish.forum_files import run_card, write_json, write_minutes, write_proposal, write_tables
from beatplanner.data.publish.forum_map import MapWords, write_forum_map
from beatplanner.data.publish.forum_picture import write_picture
from beatplanner.data.publish.pack_maps import Drawing, draw_beat, draw_town
from beatplanner.data.publish.pack_pdf import script_of, write_pack_pdf
from beatplanner.data.publish.photos import clean_photo
from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.manifest import renew_manifest
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.qgis_project import write_qgis_project
from beatplanner.data.town.forum_tables import ForumTables, consented, read_forum_tables
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.town import Town
from beatplanner.planning.forum.forums import Meeting, meetings_of
from beatplanner.planning.forum.pack_content import PackContent
from beatplanner.planning.forum.pack_figures import PackFigures, decide
from beatplanner.planning.forum.privacy import AuditCheck, audit, hash_of, read_published

# Frames of the maps on paper, in mm: A3 lying, and A4 standing.
TOWN_FRAME = (392.0, 242.0)
BEAT_FRAME = (184.0, 210.0)
# The bar of 10 cm has so many parts.
PARTS = 5
STOPPED = "stopped.json"


def write_pack(
    folder: Path, tables: PlanTables, town: Town, *, verdict: dict[str, Any] | None, day: dt.date | None = None
) -> list[Note]:
    """Write a plan's forum pack into the folder ``forum`` of its result.

    Parameters
    ----------
    folder
        The result folder; what its folder ``forum`` holds is replaced.
    tables, town
        The plan and its town.
    verdict
        ``ok`` and ``checks`` of `verify`.
    day
        On which the pack is made; today where none is given.

    Returns
    -------
    list of Note
        Problems for which the pack was stopped; empty where it was written.

    Raises
    ------
    InputError
        Where a table of the section ``[forum]`` cannot be used.
    """
    forum = folder / "forum"
    forum.mkdir(parents=True, exist_ok=True)
    empty_pack(folder)
    rules = town.description.forum or Forum()
    if tables.beats is None:
        # stations alone need no pack, but what they were planned from is told all the same
        write_json(
            forum / "run_card.json",
            run_card(tables.summary, (), verdict, made_by=rules.made_by, decided_by=None, languages=()),
        )
        return []
    extra = read_forum_tables(town)
    earlier = [read_published(town.description.path(p)) for p in rules.published_before]
    figures = decide(tables, town, rules, earlier)
    if figures.leaks:
        return _stopped(forum, figures.leaks)
    meetings = meetings_of(tables, town, extra)
    day = day or dt.datetime.now().astimezone().date()
    version = importlib.metadata.version("beatplanner")
    known = []
    first: PackContent | None = None
    maps: _Maps | None = None
    for number, language in enumerate(rules.languages):
        catalogue = rules.catalogues.get(language)
        speech = Speech(language, rules.terms, None if catalogue is None else town.description.path(catalogue))
        content = PackContent(tables, town, rules, extra, figures, meetings, speech, day, verdict, version)
        first = first or content
        maps = maps or _Maps(tables, extra, meetings, content.names)
        _write_language(forum, content, maps, f".{language}" if number else "")
        known.append(
            {"language": language, "missing": sorted(speech.missing), "waiting_for_review": len(speech.unreviewed)}
        )
    assert first is not None
    _write_small_files(forum, first)
    card = run_card(
        tables.summary, extra.sources, verdict, made_by=rules.made_by, decided_by=first.decided_by, languages=known
    )
    write_json(forum / "run_card.json", card)
    write_qgis_project(folder / "plan.qgs", tables)
    _write_record(forum, figures, extra, day, [p.name for p in earlier])
    faults = [c for c in audit_pack(folder, tables, town) if not c.ok]
    return _stopped(forum, [f"{c.name}: {c.detail}" for c in faults]) if faults else []


def check_pack_inputs(town: Town) -> None:
    """Read what a pack will need, before anything is planned.

    Raises
    ------
    InputError
        Where a table of the section ``[forum]``, an earlier pack or a catalogue cannot be used.
    """
    check_publishing(town.description, read_forum_tables(town), photos=False)
    for path in (town.description.forum or Forum()).published_before:
        read_published(town.description.path(path))


def empty_pack(folder: Path) -> None:
    """Take every file out of a result's folder ``forum``."""
    for old in (folder / "forum").iterdir():
        if old.is_file():
            old.unlink()


def remake_pack(folder: Path, *, languages: Sequence[str] = (), day: dt.date | None = None) -> list[Note]:
    """Write the pack of a result anew, from its description as it is now: another language, new consents, new report-back.

    Parameters
    ----------
    folder
        A result folder.
    languages
        In place of the description's.
    day
        As for `write_pack`.

    Raises
    ------
    InputError
        Where the folder is no result, or its description is gone.
    """
    from beatplanner.planning.verification import verify

    tables = read_result(folder)
    if tables.beats is None:
        raise InputError(
            problem("this plan has no beats, so there is nothing to show", "Plan beats first", file=folder)
        )
    town = town_of(tables, folder)
    if languages:
        forum = Forum.model_validate(
            {**(town.description.forum or Forum()).model_dump(), "languages": tuple(languages)}
        )
        from dataclasses import replace

        town = replace(town, description=town.description.model_copy(update={"forum": forum}))
    found = verify(folder)
    forum, kept = folder / "forum", folder / f".forum.{os.getpid()}.old"
    try:
        if forum.exists():
            forum.rename(kept)
    except OSError:
        mend = "Close it and try again"
        raise InputError(problem("a file of the pack is open in another program", mend, file=forum)) from None
    try:
        stopped = write_pack(folder, tables, town, verdict={"ok": found.ok, "checks": len(found.checks)}, day=day)
    except BaseException:
        shutil.rmtree(forum, ignore_errors=True)
        if kept.exists():
            kept.rename(forum)
        raise
    shutil.rmtree(kept, ignore_errors=True)
    renew_manifest(folder, ["forum/", "plan.qgs"])
    return stopped


def town_of(tables: PlanTables, folder: Path) -> Town:
    """Read the town of a result from its description.

    Raises
    ------
    InputError
        Where the description is gone or cannot be used.
    """
    file = Path(str(tables.summary.get("description_file", "")))
    if not file.is_file():
        raise InputError(
            problem(
                f"the plan's description {file} is gone",
                "Put it back where it was, or plan again",
                file=folder / "summary.json",
            )
        )
    town = read_town(read_description(file))
    if [str(u) for u in tables.units["unit"]] != list(town.units["unit"]):
        raise InputError(problem("the units have changed since this plan was made", "Plan again", file=file))
    return town


def audit_pack(
    folder: Path, tables: PlanTables | None = None, town: Town | None = None, others: Sequence[Path] = ()
) -> list[AuditCheck]:
    """Audit a pack with all that its result folder tells; a folder ``forum`` alone is audited as an outsider would.

    Parameters
    ----------
    folder
        A result folder or a pack.
    tables, town
        Read from the folder where they are not given.
    others
        More packs that people have.
    """
    from beatplanner.planning.forum.privacy import whole

    if tables is None and (folder / "plan.gpkg").is_file() and (folder / "summary.json").is_file():
        tables = read_result(folder)
    if tables is None:
        return audit(folder, others)
    if town is None:
        try:
            town = town_of(tables, folder)
        except InputError:
            town = None
    counts = None
    if tables.units["population"].notna().all():
        counts = whole(tables.units["population"].to_numpy(float))
    officers = [] if tables.roster is None else [str(o) for o in tables.roster["officer"]]
    groups = [c.removeprefix("group_") for c in tables.units.columns if c.startswith("group_")]
    named: list[str] = []
    if town is not None:
        rules = town.description.forum or Forum()
        others = [*others, *(town.description.path(p) for p in rules.published_before)]
        day = dt.datetime.now().astimezone().date()
        for officer, shown in consented(read_forum_tables(town), day).items():
            named += [str(officer), str(shown["name"] or officer)]
    return audit(folder, others, counts, officers, named, groups)


def _stopped(forum: Path, leaks: Sequence[str]) -> list[Note]:
    """Leave no file of the pack, and say why."""
    empty_pack(forum.parent)
    mend = "Leave the earlier pack or scenario out where nobody has it, merge the small area into a neighbour, or draw the line elsewhere"
    notes = [problem(f"the forum pack was stopped: {leak}", mend, field="forum") for leak in leaks]
    write_json(forum / STOPPED, {"stopped": True, "reason": "the privacy gate failed; the plan's run says where"})
    return notes


class _Maps:
    """The maps of all languages: drawn once where they hold names only."""

    def __init__(
        self, tables: PlanTables, extra: ForumTables, meetings: Sequence[Meeting], names: dict[str, str]
    ) -> None:
        assert tables.beats is not None
        self.tables, self.extra = tables, extra
        self.names = names
        self.venues = {m.area: m.at for m in meetings if m.level == "neighbourhood"}
        self.today: gpd.GeoDataFrame | None = None
        units = tables.units
        if "current" in units and units["current"].notna().any():
            known = units[units["current"].notna()]
            self.today = geometry.dissolved(known, "current").rename(columns={"current": "beat"})
        common = {"width": TOWN_FRAME[0], "height": TOWN_FRAME[1], "streets": extra.streets, "waters": extra.waters}
        self.before: Drawing | None = None
        if self.today is not None:
            labels = {str(b): str(b) for b in self.today["beat"]}
            self.before = draw_town(tables, self.today, labels, stations=False, **common)
        self.after = draw_town(tables, tables.beats, self.names, today=self.today, **common)
        self.beats: dict[str, Drawing] = {}

    def beat(self, beat: str) -> Drawing:
        if beat not in self.beats:
            self.beats[beat] = draw_beat(
                self.tables, beat, width=BEAT_FRAME[0], height=BEAT_FRAME[1], streets=self.extra.streets,
                waters=self.extra.waters, names=self.names, venue=self.venues.get(beat),
            )  # fmt: skip
        return self.beats[beat]


def _write_language(forum: Path, content: PackContent, maps: _Maps, suffix: str) -> None:
    t, summary = content.speech, content.summary
    pictures: dict[str, bytes] = {**_keys()}
    photos: dict[str, str] = {}
    for shown in consented(content.extra, content.day).values():
        if shown["photo"] and shown["photo"] not in photos:
            photos[shown["photo"]] = f"photo{len(photos)}.jpg"
            pictures[photos[shown["photo"]]] = clean_photo(Path(shown["photo"]), content.town.description.path(Path()))
    sections: list[dict[str, Any]] = []

    def add_map(file: str, drawing: Drawing, title: str, alt: str, paper: str, key: list[dict[str, str]]) -> None:
        pictures[file] = drawing.svg.encode("utf-8")
        metres = drawing.scale / 10
        unit, each = (t.text("km"), 1000) if metres >= 1000 else (t.text("m"), 1)
        each_part = metres / PARTS / each
        ticks = [f"{t.number(q * each_part, _digits(each_part))} {unit}" if q else "0" for q in range(PARTS + 1)]
        sections.append({
            "kind": "map", "paper": paper, "title": title, "file": file, "alt": alt, "width": drawing.width, "height": drawing.height,
            "scale": t.text("Scale 1 : {n}", n=t.number(drawing.scale)), "ticks": ticks, "north": t.text("N"), "key": key,
            "bar": t.text("This bar measures 10 cm. If it does not, print at 100 %."),
            "lines": [content.source, f"{content.decision} {content.made}"],
        })  # fmt: skip

    labels = {
        "today": t.text("Station there today"), "new": t.text("New station"), "line": t.text("Today's lines"), "water": t.text("River or other barrier"),
        "border": t.text("Border of the beat"),
        "street": t.text("Street or road"), "venue": t.text("Where the forum meets"),
    }  # fmt: skip

    def key(*names: str) -> list[dict[str, str]]:
        return [{"file": f"key_{n}.svg", "label": labels[n]} for n in names]

    stations = content.tables.stations
    marks = (
        []
        if stations is None
        else [n for n, wanted in (("today", True), ("new", False)) if (stations["existing"] == wanted).any()]
    )
    ground = (["street"] if content.extra.streets is not None else []) + (
        ["water"] if content.extra.waters is not None else []
    )
    if maps.before is not None and maps.today is not None:
        title = t.text("Before: today's beats")
        alt = t.count(
            "Map of the town with its one beat of today.",
            "Map of the town with its {n} beats of today.",
            len(maps.today),
        )
        add_map("before.svg", maps.before, title, alt, "a3", key("border", *ground))
    title = t.text("After: the new beats")
    alt = t.count(
        "Map of the town with its one new beat.", "Map of the town with its {n} new beats.", len(content.beats)
    )
    add_map(
        "after.svg",
        maps.after,
        title,
        alt,
        "a3",
        key("border", *(["line"] if maps.today is not None else []), *marks, *ground),
    )
    pages = []
    for number, beat in enumerate(content.beats):
        name = content.names[str(beat.beat)]
        title = t.text("Beat {name}", name=content.titled(str(beat.beat)))
        title += f" · {beat.municipality}" if str(beat.municipality) else ""
        meeting = content.meeting_of(str(beat.beat))
        venue = ["venue"] if meeting is not None and meeting.venue else []
        alt = t.text("Map of beat {name} with its streets and places.", name=name)
        add_map(
            f"beat{number}.svg",
            maps.beat(str(beat.beat)),
            title,
            alt,
            "a4",
            key("border", *marks, *venue, *ground),
        )
        blocks = content.beat_page(beat, photos)
        sections.append({"kind": "page", "title": title, "blocks": blocks})
        pages.append((title, blocks))
    sections += [{"kind": "page", "title": heading, "blocks": blocks} for heading, blocks in content.pages()]
    unreviewed = t.text("Translation not reviewed") if content.review_note() else ""
    language, script = script_of(t.language)
    data = {
        "lang": language, "script": script, "title": content.title, "subtitle": content.decision, "project": summary["project"],
        "author": content.rules.made_by or "beatplanner", "cover": content.cover(), "sections": sections,
        "picture": {"file": "after.svg", "height": 88, "alt": t.text("The new beats, small")},
        "footer": " · ".join([summary["project"], content.made, *([unreviewed] if content.review_note() else [])]),
    }  # fmt: skip
    write_pack_pdf(forum / f"pack{suffix}.pdf", data, pictures)
    pages.append((t.text("How this pack was made"), content.run_card()))
    write_beat_pages(
        forum / f"beat_pages{suffix}.docx", pages, title=content.title, language=t.language, pictures=pictures
    )
    write_forum_map(forum / f"map{suffix}.html", content.tables, _map_words(content))
    lines = [content.decision, *(b["text"] for b in content.cover()[1:4] if b["kind"] == "text"), content.made]
    write_picture(
        forum / f"picture{suffix}.png", content.tables, title=content.title, subtitle=summary["project"], lines=lines
    )


def _digits(step: float) -> int:
    """Return how many digits after the point a step of the scale bar needs."""
    return next(d for d in range(4) if abs(step * 10**d - round(step * 10**d)) < 1e-9 or d == 3)


def _keys() -> dict[str, bytes]:
    """Return the small pictures of the key."""
    from beatplanner.data.publish.pack_maps import ACCENT, DARK, OPENED, WATER

    shapes = {
        "today": f'<rect x="3" y="1" width="3" height="3" fill="{ACCENT}"/>',
        "new": f'<path d="M4.5 .5L6.5 2.5L4.5 4.5L2.5 2.5Z" fill="{OPENED}"/>',
        "line": f'<path d="M0 2.5H9" stroke="{DARK}" stroke-width=".5" stroke-dasharray="1.6 1.2"/>',
        "street": '<path d="M0 2.5H9" stroke="#8c8c8c" stroke-width=".4"/>',
        "water": f'<path d="M0 2.5H9" stroke="{WATER}" stroke-width="1"/>',
        "border": f'<path d="M0 2.5H9" stroke="{DARK}" stroke-width="1"/>',
        "venue": f'<circle cx="4.5" cy="2.5" r="2" fill="#fff" stroke="{DARK}" stroke-width=".5"/><circle cx="4.5" cy="2.5" r=".8" fill="{DARK}"/>',
    }
    return {
        f"key_{name}.svg": f'<svg xmlns="http://www.w3.org/2000/svg" width="9mm" height="5mm" viewBox="0 0 9 5">{shape}</svg>'.encode()
        for name, shape in shapes.items()
    }


def _map_words(content: PackContent) -> MapWords:
    """Return what the map on screen says."""
    t, tables = content.speech, content.tables
    texts = {
        "title": content.title, "find": t.text("Find a place or a beat"), "before": t.text("Today's beats"), "after": t.text("New beats"),
        "beat": t.text("Beat"), "beats": t.text("The beats"), "municipality": t.text("Municipality"), "residents": t.text("Residents"),
        "posts": t.text("Officers' posts"), "station": t.text("Station"), "forum": t.text("Your next forum"), "where": t.text("Which beat is my place in?"),
        "place": t.text("Place"), "why": t.text("Why?"), "questions": t.text("Questions answered"), "station_today": t.text("Station there today"),
        "station_new": t.text("New station"), "infeasible": t.text("This draft does not keep every rule that was asked for."),
        "hidden": t.text("Figures from 1 to {most}, and those that would give them away, are not shown; {mark} stands in their place.", most=content.figures.threshold - 1, mark="*"),
        "propose": t.text("Propose another line"),
        "propose_help": t.text("Choose a beat, press “Paint” and touch the areas that should belong to it. “Save” makes a small file on this device; nothing is sent. Give it to your forum or to the police."),
        "propose_beat": t.text("Beat"), "propose_paint": t.text("Paint"), "propose_undo": t.text("Undo"), "propose_save": t.text("Save"),
        "found": t.text("{place} is in beat {beat}.", place="{place}", beat="{beat}"), "nothing": t.text("Nothing is called “{name}” here.", name="{name}"),
        "painted": t.text("Areas that you changed: {n}.", n="{n}"),
    }  # fmt: skip
    walks = []
    for u in tables.units.itertuples(index=False):
        if tables.stations is None:
            walks.append("")
        elif u.station is None or not np.isfinite(u.walk_minutes):
            walks.append(t.text("No station can be reached on foot."))
        else:
            walks.append(
                t.count(
                    "One minute on foot to {station}.",
                    "{n} minutes on foot to {station}.",
                    max(1, round(u.walk_minutes)),
                    station=u.station,
                )
            )
    ids = [str(b.beat) for b in content.beats]
    found = {str(b.beat): content.walk(b) for b in content.beats}
    meetings = {i: content.meeting_of(i) for i in ids}
    known = content.figures.residents.values
    return MapWords(
        language=t.language,
        texts=texts,
        decision=content.decision,
        made=content.made,
        review=content.review_note(),
        residents={i: content.residents("beat", i) for i in ids if ("beat", i) in known},
        figures={i: known["beat", i] for i in ids if ("beat", i) in known},
        station={i: "" if w is None else w[0] for i, w in found.items()},
        forum={i: content.when_and_where(m) for i, m in meetings.items() if m is not None},
        walk=walks,
        why=content.why_here(range(len(tables.units))),
        questions=content.questions(),
        card_title=t.text("How this pack was made"),
        card=content.run_card(),
    )


def _write_small_files(forum: Path, content: PackContent) -> None:
    """Write the tables, and the sheets that a forum fills in."""
    t, figures, tables = content.speech, content.figures, content.tables
    units = tables.units
    areas = figures.areas
    walk = areas.within is not None
    known = bool(figures.residents.values)
    beats = [
        (
            b.beat,
            b.name,
            b.municipality,
            figures.cell("beat", str(b.beat)),
            b.posts,
            *([figures.cell("within", str(b.beat))] if walk else []),
        )
        for b in content.beats
    ]
    rows: dict[str, tuple[Sequence[str], Sequence[Sequence[Any]]]] = {
        "beats.csv": (["beat", "name", "municipality", "residents", "posts", *(["within_walk"] if walk else [])], beats),
        "units.csv": (
            ["unit", "name", "old_beat", "new_beat", "municipality", *(["within_walk"] if walk else [])],
            [(u, n, c or "", b or "", m, *((["yes" if w else "no"]) if walk else []))
             for u, n, c, b, m, w in zip(units["unit"], areas.name, areas.current, areas.beat, areas.municipality, areas.within or [None] * len(units), strict=True)],
        ),
        "forums.csv": (
            ["level", "forum", "area", "name", "venue", "date", "time", "meetings_a_year", "members", "share_who_walk", "farthest_km", "travel_cost", "year_cost", "currency"],
            [(m.level, content.level_title(m.level), m.area, m.title, m.venue or "", m.first.isoformat() if m.first else "", m.time, m.meetings, m.members,
              content.walkers(m), _round(m.farthest_km, 1), _round(m.travel_cost, 2), _round(m.year_cost, 2), content.rules.currency) for m in content.meetings],
        ),
        "invitations.csv": (["forum", "area", "name", "role", "seats"], [(content.level_title(m.level), m.area, m.title, t.known(role), n) for m in content.meetings for role, n in m.seats]),
        "questions.csv": (["beat", "place", "question", "answer"], [
            *(("", "", q, a) for q, a in content.questions()),
            *((b, n, t.text("Why is my village in this beat?"), why) for b, n, why in zip(areas.beat, areas.name, content.why_here(range(len(units))), strict=True)),
        ]),
    }  # fmt: skip
    if known:
        names = sorted(set(areas.municipality))
        rows["municipalities.csv"] = (["municipality", "residents"], [
            *((m, figures.cell("municipality", m)) for m in names if m), ("", figures.cell("town")),
        ])  # fmt: skip
    pairs = content.old_new_rows()
    if pairs:
        rows["old_new.csv"] = (["old_beat", "new_beat", "residents"], pairs)
    if figures.concerns:
        rows["concerns.csv"] = (["level", "area", "theme", "incidents"], [
            (key[0], key[1] if len(key) > 1 else "", theme, "*" if value is None else value)
            for theme, gate in figures.concerns.items() for key, value in gate.values.items()
        ])  # fmt: skip
    streets = content.street_index()
    if streets:
        rows["streets.csv"] = (["street", "beats"], streets)
    back = content.extra.report_back
    if len(back):
        rows["report_back.csv"] = (list(back.columns), [tuple(back.iloc[i]) for i in range(len(back))])
    write_tables(forum, rows)
    forums = [(m.area or "region", m.title) for m in content.meetings]
    write_minutes(
        forum / "minutes.xlsx",
        forums,
        t.text(
            "Write one row for each thing that the forum asked for. Give this file to the planner: the next pack tells what was done."
        ),
    )
    guide = t.text(
        "Write another beat beside each area that should change, and leave the others empty. Give this file to the planner."
    )
    write_proposal(forum / "proposal.xlsx", [(u, n, b or "") for u, n, b in zip(units["unit"], areas.name, areas.beat, strict=True)],
                   [(str(b.beat), str(b.name)) for b in content.beats], guide)  # fmt: skip


def _round(value: float, digits: int) -> float | str:
    return "" if np.isnan(value) else round(value, digits)


def _write_record(forum: Path, figures: PackFigures, extra: ForumTables, day: dt.date, earlier: list[str]) -> None:
    """Write what the gate decided, and the hash of every file that passed it."""
    files = {p.name: hash_of(p) for p in sorted(forum.iterdir()) if p.is_file()}
    record = {
        "version": 1,
        "threshold": figures.threshold,
        "period": figures.period,
        "sensitive": sorted(figures.sensitive),
        "published_before": earlier,
        "tables": {
            what: {"figures": len(g.values), "hidden": g.hidden, "small": g.small, "information_lost": round(g.lost, 4), "small_areas_between_lines": list(g.slivers)}
            for what, g in figures.gates.items()
        },
        "files": files,
    }  # fmt: skip
    (forum / "privacy.json").write_text(json.dumps(record, indent=2, ensure_ascii=False), encoding="utf-8")
