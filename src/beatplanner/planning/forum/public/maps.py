"""The pages with maps on paper, and what is made of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import geopandas as gpd

from beatplanner.data.formats import geometry
from beatplanner.data.publish.public.beat_pages import as_pixels
from beatplanner.data.publish.public.figures import on_map
from beatplanner.data.publish.public.map_margin import legend
from beatplanner.data.publish.public.map_sheet import SheetDrawing, paper_frame
from beatplanner.data.publish.public.pack_maps import draw_beat, draw_town
from beatplanner.data.publish.public.pack_pdf import script_of
from beatplanner.data.publish.public.plan import PublicMeeting, PublicPlan, PublicTables
from beatplanner.data.publish.public.qr_code import qr_code
from beatplanner.data.result.names import municipality_beside
from beatplanner.data.side_work import PAGE_PROGRESS, PageProgress, SideWork, Task, pages_done
from beatplanner.planning.forum.public.beat_page import beat_page
from beatplanner.planning.forum.public.blocks import Block
from beatplanner.planning.forum.public.content import PackContent
from beatplanner.planning.forum.public.map_margins import (
    SIGNS,
    TOWN_FRAMES,
    coordinate_system,
    digits,
    names_on_map,
    sign_labels,
    town_maps,
)
from beatplanner.planning.forum.public.press import Press
from beatplanner.planning.forum.public.screen_map import ground, map_words
from beatplanner.planning.forum.public.sheet_frames import SHEET_FRAME, Frame
from beatplanner.planning.forum.public.town_pages import run_card, street_index, town_pages

# Frames of the maps of a beat on paper, in mm, and the paper of each; the one in which the map is largest is taken.
BEAT_FRAMES = {(184.0, 216.0): "a4", (271.0, 136.0): "a4 lying"}
# Beats that one process draws at once, at most.
MOST_OF_A_SHARE = 12
# Pages of a beat on paper: what to know, and its map.
PAGES = 2
# The bar of 10 cm has so many parts.
PARTS = 5


class Maps:
    """The maps of all languages: drawn once where they hold names only."""

    def __init__(
        self,
        plan: PublicPlan,
        tables: PublicTables,
        meetings: Sequence[PublicMeeting],
        names: dict[str, str],
        stations: dict[str, str],
        sheets: Mapping[str, Frame] | None = None,
    ) -> None:
        # the frames of the maps on the sheets, by beat
        self.sheets = sheets or {str(beat): SHEET_FRAME for beat in plan.beats["beat"]}
        self.plan, self.tables, self.meetings = plan, tables, meetings
        self.names, self.stations = names, stations
        self.venues = {m.area: (m.at, m.venue) for m in meetings if m.level == "neighbourhood"}
        self.today: gpd.GeoDataFrame | None = None
        units = plan.units
        if "current" in units and units["current"].notna().any():
            known = units[units["current"].notna()]
            self.today = geometry.dissolved(known, "current").rename(columns={"current": "beat"})
        self.beats: dict[tuple[str, tuple[float, float]], SheetDrawing] = {}
        # the maps of the sheets as a word processor shows them, by beat; made by `draw_all`
        self.pixels: dict[str, bytes] = {}

    @cached_property
    def towns(self) -> list[tuple[SheetDrawing | None, SheetDrawing]]:
        """The town today (None without beats of today) and as planned, then its dense parts on sheets of their own."""
        known, planned = self.today is not None, list(TOWN_FRAMES)
        frame = paper_frame(tuple(self.plan.units.total_bounds), planned)
        after = self._town(frame, planned=True)
        found = [(self._town(frame, planned=False, parts=after.parts) if known else None, after)]
        for part in after.parts:
            frame = paper_frame(part, planned)
            before = self._town(frame, planned=False, part=part) if known else None
            found.append((before, self._town(frame, planned=True, part=part)))
        return found

    def _town(self, frame: tuple[float, float], *, planned: bool, **which: Any) -> SheetDrawing:
        """Draw the town or a part of it, as planned or as it is today."""
        plan, tables = self.plan, self.tables
        common = {
            "width": frame[0],
            "height": frame[1],
            "streets": tables.streets,
            "waters": tables.waters,
        }
        if planned:
            common |= {"stations": plan.stations, "names": self.stations, "groups": plan.groups}
            return draw_town(plan, plan.beats, self.names, today=self.today, **common, **which)
        assert self.today is not None
        labels = {str(b): str(b) for b in self.today["beat"]}
        there = plan.stations_today
        if there is not None:
            known = {str(s): str(n) for s, n in zip(there["station"], there["name"], strict=True)}
            common |= {"stations": there, "names": {s: self.stations.get(s, n) for s, n in known.items()}}
        return draw_town(plan, self.today, labels, **common, **which)

    def naming(self, stations: dict[str, str]) -> Maps:
        """Return the maps with other words for stations: a site that is still to be chosen is named in each language."""
        return (
            self
            if stations == self.stations
            else Maps(self.plan, self.tables, self.meetings, self.names, stations, self.sheets)
        )

    def draw_all(self, side: SideWork, progress: PageProgress = lambda _done, _pages: None) -> None:
        """Draw all now, before the maps go to other processes, which draw some of the beats; `progress` is called with the pages of beats that have a map."""
        beats = [str(beat) for beat in self.plan.beats["beat"]]
        alone = not side.threads
        # in small shares, so that all end together; the towns are drawn here meanwhile
        few = len(beats) if alone else min(MOST_OF_A_SHARE, -(-len(beats) // (4 * (len(side.threads) + 1))))
        count, lock = dict.fromkeys(range(0, len(beats), few), 0), threading.Lock()

        def share_done(share: int, done: int, _: int) -> None:
            with lock:
                count[share] = done
                progress(sum(count.values()), PAGES * len(beats))

        given = [side.give(drawn, self, beats[k : k + few], progress=partial(share_done, k)) for k in count]
        try:
            _ = self.towns
            # the last ones are drawn here while others draw those before them
            for task in reversed(given):
                task.collect()
        except BaseException:
            for task in given:
                task.drop()
            raise
        for task in given:
            maps, pixels = task.collect()
            self.beats |= maps
            self.pixels |= pixels

    def frame_of(self, beat: str) -> tuple[float, float]:
        """Return the frame in which a beat is largest."""
        beats = self.plan.beats
        of_beat = beats[beats["beat"].astype(str) == beat]
        return paper_frame(tuple(of_beat.total_bounds), list(BEAT_FRAMES))

    def beat(self, beat: str, frame: tuple[float, float]) -> SheetDrawing:
        """Return the map of one beat in a frame, mm."""
        if (beat, frame) not in self.beats:
            at, venue = self.venues.get(beat, (None, None))
            self.beats[beat, frame] = draw_beat(
                self.plan,
                beat,
                width=frame[0],
                height=frame[1],
                streets=self.tables.streets,
                waters=self.tables.waters,
                names=self.names,
                venue=at,
                venue_name=venue,
                stations=self.stations,
                numbered=frame != self.sheets[beat],
            )
        return self.beats[beat, frame]


def drawn(
    maps: Maps, beats: Sequence[str]
) -> tuple[dict[tuple[str, tuple[float, float]], SheetDrawing], dict[str, bytes]]:
    """Return the maps of some beats by beat and frame, and those of their sheets as a word processor shows them."""
    found: dict[tuple[str, tuple[float, float]], SheetDrawing] = {}
    for done, beat in enumerate(beats, 1):
        for frame in (maps.sheets[beat], maps.frame_of(beat)):
            found[beat, frame] = maps.beat(beat, frame)
        pages_done(PAGES * done, PAGES * len(beats))
    return found, as_pixels({beat: d.svg.encode() for (beat, frame), d in found.items() if frame == maps.sheets[beat]})


def write_printed(press: Press, content: PackContent, maps: Maps, suffix: str, side: SideWork) -> Task:
    """Write what is printed in one language: the PDF, and the beat pages, which `side` may write meanwhile; take the task to have them."""
    t = content.speech
    pictures: dict[str, bytes] = {}
    pictures |= {o.photo[0]: o.photo[1] for posted in content.posted.values() for o in posted if o.photo}
    sections: list[Block] = []

    def enter(drawing: SheetDrawing) -> None:
        for number in (*drawing.numbers, *(str(k) for k, _ in drawing.places)):
            t.register.enter("map", number)

    def add_map(file: str, drawing: SheetDrawing, title: str, alt: str, paper: str) -> None:
        enter(drawing)
        pictures[file] = drawing.svg.encode("utf-8")
        metres = drawing.scale / 10
        unit, each = (t.text("km"), 1000) if metres >= 1000 else (t.text("m"), 1)
        each_part = metres / PARTS / each
        ticks = [f"{t.number(on_map(q * each_part), digits(each_part))} {unit}" if q else "0" for q in range(PARTS + 1)]
        sections.append(
            {
                "kind": "map",
                "paper": paper,
                "title": title,
                "file": file,
                "alt": alt,
                "width": drawing.width,
                "height": drawing.height,
                "scale": t.text("Scale 1 : {n}", n=t.number(on_map(drawing.scale))),
                "ticks": ticks,
                "north": t.text("N"),
                "key": key(drawing),
                "bar": t.text("This bar measures 10 cm. If it does not, print at {share}.", share=t.percent(on_map(1))),
                "lines": [
                    s
                    for s in (content.source, f"{content.decision} {content.made}", coordinate_system(content, drawing))
                    if s
                ],
                "listed": names_on_map(content, drawing),
            }
        )

    def key(drawing: SheetDrawing) -> Block:
        """Draw the legend of a map as one picture, which a screen reader reads as one."""
        names = [n for n in SIGNS if n in drawing.shown]
        file = f"key{int(drawing.width)}_{'_'.join(names)}.svg"
        drawn, height = legend([(SIGNS[n], labels[n]) for n in names], drawing.width)
        pictures[file] = drawn.encode("utf-8")
        return {"file": file, "width": drawing.width, "height": height, "alt": "; ".join(labels[n] for n in names)}

    labels = sign_labels(t)
    today = 0 if maps.today is None else len(maps.today)
    for map_ in town_maps(content, maps.towns, today):
        add_map(*map_)
    pages: list[tuple[str, list[Block]]] = []
    drawn_once: dict[str, bytes] = {}
    code = None
    if content.settings.map_url:
        code = "code.svg"
        pictures[code] = qr_code(content.settings.map_url)
    sheets: dict[str, int] = {}
    # each beat has its pages on paper, and one for a word processor, where the run card has one too
    on_paper = PAGES * len(content.beats)
    every = on_paper + len(content.beats) + 1
    progress = PAGE_PROGRESS.get()
    for number, beat in enumerate(content.beats):
        pages_done(PAGES * number, every)
        name = content.names[str(beat.beat)]
        title = t.text("Beat {name}", name=name)
        area = municipality_beside(name, str(beat.municipality))
        title += f" · {t.given(area)}" if area else ""
        alt = t.text("Map of beat {name} with its streets and places.", name=name)
        frame = maps.frame_of(str(beat.beat))
        small = maps.beat(str(beat.beat), maps.sheets[str(beat.beat)])
        pictures[f"small{number}.svg"] = small.svg.encode("utf-8")
        if str(beat.beat) in maps.pixels:
            drawn_once[f"small{number}.svg"] = maps.pixels[str(beat.beat)]
        enter(small)
        map_block = {
            "kind": "picture",
            "file": f"small{number}.svg",
            "width": small.width,
            "height": small.height,
            "alt": alt,
            "text": t.text("Scale 1 : {n}", n=t.number(on_map(small.scale))),
            "key": key(small),
        }
        blocks = [map_block, *beat_page(content, beat, code)]
        sheets[name] = len(sections)
        sections.append({"kind": "sheet", "title": title, "blocks": blocks})
        pages.append((title, blocks))
        add_map(
            f"beat{number}.svg",
            maps.beat(str(beat.beat), frame),
            title,
            alt,
            BEAT_FRAMES[frame],
        )
    sections += [
        {"kind": "page", "title": heading, "blocks": blocks} for heading, blocks in town_pages(content, sheets)
    ]
    pages_done(on_paper, every)
    begins = {s["title"]: k for k, s in enumerate(sections) if s["kind"] == "page"}
    drawn = [s for s in sections if s["kind"] == "map"]
    for n, s in enumerate(drawn, start=1):
        sheet = t.text("Sheet {n} of {all}", n=t.number(on_map(n)), all=t.number(on_map(len(drawn))))
        s["lines"].append(sheet)
    unreviewed = t.text("Translation not reviewed") if content.review_note() else ""
    language, script = script_of(t.language)
    data = {
        "lang": language,
        "script": script,
        "title": content.title,
        "subtitle": content.decision,
        "project": content.project,
        "author": content.settings.made_by or "beatplanner",
        "cover": content.cover(_contents(content, maps, begins, next(iter(sheets.values()), 0))),
        "draft": {"word": content.draft_word, "why": " ".join(content.draft)},
        "sections": sections,
        "picture": {"file": "after.svg", "height": 88, "alt": t.text("The new beats, small")},
        "footer": " · ".join([content.project, content.made, *([unreviewed] if content.review_note() else [])]),
    }
    pages.append((t.text("How this pack was made"), run_card(content)))
    draft = " ".join([content.draft_word, *content.draft]).strip()
    in_words = press.beat_pages(
        f"beat_pages{suffix}.docx",
        pages,
        title=content.title,
        language=t.language,
        pictures={**pictures, **drawn_once},
        draft=draft,
        side=side,
        progress=None if progress is None else lambda done, _: progress(on_paper + done, every),
    )
    try:
        press.pdf(f"pack{suffix}.pdf", data, pictures)
    except BaseException:
        in_words.drop()
        raise
    return in_words


def write_screens(press: Press, content: PackContent, suffix: str) -> None:
    """Write what is looked at on a screen in one language: the map and the picture."""
    plan = content.plan
    press.map(f"map{suffix}.html", replace(plan, project=content.project), map_words(content), ground(content))
    first_lines = [b["text"] for b in content.cover(()) if b["kind"] == "text"][1:4]
    press.picture(
        f"picture{suffix}.png",
        plan,
        title=content.title,
        subtitle=content.project,
        lines=[content.decision, *first_lines, content.made],
        names=content.names,
        draft=content.draft_word,
    )


def _contents(content: PackContent, maps: Maps, begins: Mapping[str, int], first_sheet: int) -> list[tuple[str, int]]:
    """Return what the pack has and the section in which each begins, by what was made for it."""
    t = content.speech
    before, after = maps.towns[0]
    same = before is not None and before.scale == after.scale
    found = [
        (
            t.text("Maps of the town, today and as planned, at the same scale")
            if same
            else t.text("A map of the town as planned"),
            0,
        ),
        (t.text("For each beat a sheet of what to know and a map"), first_sheet),
    ]
    of_places = (
        t.text("Which beat each place and each street belongs to")
        if street_index(content)
        else t.text("Which beat each place belongs to")
    )
    said = {
        t.text("Where do I belong?"): of_places,
        t.text("What changes"): t.text("What changes from today's beats to the new ones"),
        t.text("Questions answered"): t.text("Answers to questions"),
    }
    return found + [(said.get(title, title), section) for title, section in begins.items()]
