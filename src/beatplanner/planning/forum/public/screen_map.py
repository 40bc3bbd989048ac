"""What the map on screen says: its words, the cards that a click opens, the signs of stations and forums."""

from __future__ import annotations

from typing import Any

import numpy as np

from beatplanner.data.formats.frames import each_row
from beatplanner.data.publish.public.figures import counted, on_map
from beatplanner.data.publish.public.map_words import Ground, MapWords, Sign
from beatplanner.planning.forum.public.beat_page import officer_lines, walk
from beatplanner.planning.forum.public.blocks import capital
from beatplanner.planning.forum.public.content import PackContent
from beatplanner.planning.forum.public.questions import questions, why_here
from beatplanner.planning.forum.public.sectors import group_name, group_rows
from beatplanner.planning.forum.public.town_pages import run_card


def _texts(content: PackContent) -> dict[str, str]:
    t = content.speech
    return {
        "title": content.title,
        "find": t.text("Street, place, beat or station"),
        "here": t.text("About this place"),
        "before": t.text("Today's beats"),
        "after": t.text("New beats"),
        "beat": t.text("Beat"),
        "beats": t.text("The beats"),
        "municipality": t.text("Municipality"),
        "sector": t.text("Sector"),
        "command": t.text("Command"),
        "sector_border": t.text("Border of a sector"),
        "command_border": t.text("Border of a command"),
        "residents": t.text("Residents"),
        "posts": t.text("Officers' posts"),
        "station": t.text("Station"),
        "forum": t.text("Your next forum"),
        "where": t.text("Which beat is my place in?"),
        "place": t.text("Place"),
        "why": t.text("Why?"),
        "questions": t.text("Questions answered"),
        "station_today": t.text("Station there today"),
        "station_new": t.text("New station"),
        "station_closes": t.text("Station of today that closes"),
        "draft": " ".join(content.draft),
        "draft_word": content.draft_word,
        "map": t.text("Map of the beats"),
        "zoom_in": t.text("Zoom in"),
        "zoom_out": t.text("Zoom out"),
        "venue": t.text("Where the forum meets"),
        "water": t.text("River or other barrier"),
        "street": t.text("{street} runs through: {beats}.", street="{street}", beats="{beats}"),
        "hidden": content.hidden_note(),
        "propose": t.text("Propose another line"),
        "propose_help": t.text(
            "Choose a beat, press “Paint” and touch the areas that should belong to it. “Save” makes a small file on this device; nothing is sent. Give it to your forum or to the police."
        ),
        "propose_beat": t.text("Beat"),
        "propose_paint": t.text("Paint"),
        "propose_undo": t.text("Undo"),
        "propose_save": t.text("Save"),
        "found": t.text("{place} is in beat {beat}.", place="{place}", beat="{beat}"),
        "then": t.text("Today's beat") + ": {beat}.",
        "nothing": t.text("Nothing is called “{name}” here.", name="{name}"),
        "piled": t.text("Beats close together here: {beats}.", beats="{beats}"),
        "painted": t.text("Areas that you changed: {n}.", n="{n}"),
    }


def _walks(content: PackContent) -> list[str]:
    """Return each place's way to a station, in words."""
    t, plan = content.speech, content.plan
    walks: list[str] = []
    for u in each_row(plan.units):
        if plan.stations is None:
            walks.append("")
        elif u.station is None or not np.isfinite(u.walk_minutes):
            walks.append(t.text("No station can be reached on foot."))
        else:
            walks.append(
                t.count(
                    "One minute on foot to {station}.",
                    "{n} minutes on foot to {station}.",
                    on_map(max(1, round(u.walk_minutes))),
                    station=content.station_names.get(str(u.station), t.given(u.station)),
                )
            )
    return walks


def map_words(content: PackContent) -> MapWords:
    """Return what the map on screen says."""
    t, plan = content.speech, content.plan
    ids = [str(b.beat) for b in content.beats]
    found = {str(b.beat): walk(content, str(b.beat)) for b in content.beats}
    meetings = {i: content.meeting_of(i) for i in ids}
    known = content.figures.residents
    return MapWords(
        language=t.language,
        texts=_texts(content),
        decision=content.decision,
        made=content.made,
        review=content.review_note(),
        residents={i: content.residents("beat", i) for i in ids if ("beat", i) in known},
        figures={
            i: None if (v := known["beat", i]) is None else t.register.cell(counted(v))
            for i in ids
            if ("beat", i) in known
        },
        station={i: "" if w is None else capital(content.station_names[w[0]]) for i, w in found.items()},
        forum={i: capital(content.when_and_where(m)) for i, m in meetings.items() if m is not None},
        walk=_walks(content),
        why=why_here(content, range(len(plan.units))),
        questions=questions(content),
        card_title=t.text("How this pack was made"),
        card=run_card(content),
        names=content.names,
        groups={
            level: {str(g): group_name(content, level, str(g)) for g in areas["group"]}
            for level, areas in plan.groups.items()
        },
        cards={str(b.beat): _card(content, b) for b in content.beats},
    )


def _card(content: PackContent, beat: Any) -> dict[str, object]:
    """Return what a click on a beat tells: posts, stations, forum."""
    t, ident = content.speech, str(beat.beat)
    rows: list[list[list[str] | str]] = []
    officers = officer_lines(content, ident)
    if officers:
        rows.append([t.text("Your officers"), officers])
    rows += [[heading, list(lines)] for heading, lines in group_rows(content, beat)]
    stations: list[str] = []
    for way in content.plan.ways.get(ident, ()):
        name = content.station_names[way.station]
        stations.append(f"{capital(name)}. {_open(content, way.station)}")
    if stations:
        rows.append([t.text("Your station"), stations])
    meeting = content.meeting_of(ident)
    if meeting is not None:
        rows.append([t.text("Your next forum"), [capital(content.when_and_where(meeting))]])
    return {"name": t.text("Beat {name}", name=content.names[ident]), "rows": rows}


def ground(content: PackContent) -> Ground:
    """Return what the map on screen shows beside the plan."""
    streets = [(s.name, s.beats, s.said, s.lines) for s in content.streets]
    return Ground(streets, content.tables.waters, [*_station_signs(content), *_forum_signs(content)])


def _station_signs(content: PackContent) -> list[Sign]:
    """Return the stations with what a click on each tells: when it is open, and whose first station it is."""
    found: list[Sign] = []
    t, plan = content.speech, content.plan
    for s in () if plan.stations is None else each_row(plan.stations):
        ident = str(s.station)
        said, name = (
            t.text("Station there today") if s.existing else t.text("New station"),
            content.station_names[ident],
        )
        rows = [[said, [_open(content, ident)]]]
        first = [content.names[b] for b, w in plan.ways.items() if w and w[0].share and w[0].station == ident]
        if first:
            rows.append([t.text("Beats that reach it first"), sorted(first)])
        title = capital(name)
        found.append(Sign("there" if s.existing else "new", (s.geometry.x, s.geometry.y), title, said, rows))
    # those that close stand on the map of today, where there is one
    today = "current" in plan.units and bool(plan.units["current"].notna().any())
    for s in each_row(plan.closing) if today and plan.closing is not None else ():
        said, name = t.text("Station of today that closes"), t.given(s.name)
        hours = content.hours_of(str(s.station)) or content.hours_of(str(s.name))
        rows = [[said, [t.text("Open: {hours}.", hours=hours)] if hours else []]]
        found.append(Sign("closes", (s.geometry.x, s.geometry.y), capital(name), said, rows))
    return found


def _forum_signs(content: PackContent) -> list[Sign]:
    """Return the places where forums of beats meet, with all the forums that meet in each."""
    t, said = content.speech, content.speech.text("Where the forum meets")
    at: dict[tuple[float, float], list[Any]] = {}
    for m in content.meetings:
        if m.level == "neighbourhood" and m.venue and all(np.isfinite(m.at)):
            at.setdefault((float(m.at[0]), float(m.at[1])), []).append(m)
    found: list[Sign] = []
    for place, meetings in at.items():
        rows = [
            [t.text("Beat {name}", name=content.names[m.area]), [capital(content.when_and_where(m))]] for m in meetings
        ]
        beats = [m.area for m in meetings]
        found.append(Sign("venue", place, t.given(meetings[0].venue or ""), said, rows, beats))
    return found


def _open(content: PackContent, station: str) -> str:
    t, hours = content.speech, content.hours_of(station)
    return t.text("Open: {hours}.", hours=hours) if hours else t.text("Opening hours are not fixed yet.")
