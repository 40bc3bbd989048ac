"""The tables of a pack, the sheets that a forum fills in, the run card, and the map layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.publish.public.figures import counted, of_force, on_map, rule
from beatplanner.data.publish.public.forum_files import SHEETS, TWIN_HEADINGS
from beatplanner.data.result.alphabet import natural
from beatplanner.data.result.cells import HIDDEN
from beatplanner.data.result.names import beat_title
from beatplanner.planning.forum.public.blocks import Block
from beatplanner.planning.forum.public.card_file import card_json, enter_numbers
from beatplanner.planning.forum.public.content import PackContent
from beatplanner.planning.forum.public.press import Press
from beatplanner.planning.forum.public.questions import questions, why_here
from beatplanner.planning.forum.public.sectors import sector_and_command
from beatplanner.planning.forum.public.town_pages import area_title, old_new_pairs, run_card, street_index
from beatplanner.planning.forum.public.wording import LEVEL_TITLES, theme_name

# What codes in the tables say, in the workbooks beside them.
CODES = {
    "level": {
        "town": "The whole town",
        "municipality": "Municipality",
        "beat": "Beat",
        "neighbourhood": LEVEL_TITLES["neighbourhood"],
        "region": LEVEL_TITLES["region"],
    },
    "within_walk": {"yes": "yes", "no": "no"},
}
Table = tuple[Sequence[str], Sequence[Sequence[Any]]]


def write_sheets(press: Press, content: PackContent) -> None:
    """Write tables and sheets, which are said in one language."""
    t, figures, plan = content.speech, content.figures, content.plan
    tables = _areas(press, content) | _forums(press, content) | _questions(press, content)
    streets = street_index(content)
    if streets:
        tables["streets.csv"] = (["street", "beats"], streets)
    back = content.tables.report_back
    if len(back):
        rows = [tuple(t.given("" if v is None else v) for v in back.iloc[i]) for i in range(len(back))]
        tables["report_back.csv"] = (list(back.columns), rows)
    heads = {c: t.text(said) for c, said in TWIN_HEADINGS.items()}
    cells = {c: {code: t.text(said) for code, said in codes.items()} for c, codes in CODES.items()}
    # themes and what the force wrote are called in the workbooks as in the pack
    cells["theme"] = {theme: t.given(theme_name(t, theme)) for theme in figures.concerns}
    for column in back.columns:
        cells[column] = {str(v): t.worded(v) for v in back[column] if str(v) in t.terms}
    card = _lines(run_card(content))
    sheets = {name: t.text(said) for name, said in SHEETS.items()}
    press.tables(tables, heads, cells, card, sheets)
    # a wider forum is found again by its title, which is the same in every language of the pack
    forums = list(
        dict.fromkeys((t.given(m.area or m.title), area_title(content, m)) for m in content.meetings_in_order)
    )
    press.minutes(
        "minutes.xlsx",
        [heads.get(c, c) for c in back.columns],
        forums,
        t.text(
            "Write one row for each thing that the forum asked for. Give this file to the planner: the next pack tells what was done."
        ),
        card,
        sheets,
    )
    guide = t.text(
        "Write another beat beside each area that should change, and leave the others empty. Give this file to the planner."
    )
    units = [(u, n, b or "") for u, n, b in zip(plan.units["unit"], figures.name, figures.beat, strict=True)]
    beats = [(str(b.beat), _beat_name(content, b)) for b in content.beats]
    press.proposal("proposal.xlsx", heads, units, beats, guide, card, sheets)


def write_records(press: Press, content: PackContent, languages: Sequence[Mapping[str, object]]) -> None:
    """Write the run card, which knows the languages that were written, and the map layers."""
    press.json("run_card.json", run_card_json(press, content, languages))
    press.layers("public.gpkg", public_layers(press, content))


def _beat_name(content: PackContent, beat: Any) -> str:
    """Return a beat's name beside its number; one without a name of its own is called by its number, in the pack's language."""
    t, number, name = content.speech, str(beat.beat), str(beat.name)
    return t.given(name if beat_title(number, name) != number else t.text("Beat {name}", name=t.given(number)))


def _lines(blocks: Sequence[Block]) -> list[list[str]]:
    """Return the blocks of a page as the lines of a sheet."""
    lines: list[list[str]] = []
    for block in blocks:
        if block["kind"] == "table":
            lines += [block["header"], *block["rows"]]
        elif block["kind"] == "list":
            lines += [[item] for item in block["items"]]
        else:
            lines.append([block["text"]])
    return lines


def cell(press: Press, content: PackContent, *key: str) -> Any:
    """Return a figure of residents as a table shows it: ``*`` where it is hidden, empty where there is none."""
    if key not in content.figures.residents:
        return ""
    value = content.figures.residents[key]
    return HIDDEN if value is None else press.register.cell(counted(value))


def _areas(press: Press, content: PackContent) -> dict[str, Table]:
    figures, register = content.figures, press.register
    for names in (figures.unit, figures.name, figures.current, figures.beat, figures.municipality):
        for name in {n for n in names if n}:
            register.enter("given", name)
    walk, groups = figures.within is not None, list(content.plan.groups)
    beats = [
        (
            b.beat,
            _beat_name(content, b),
            b.municipality,
            cell(press, content, "beat", str(b.beat)),
            register.cell(of_force(int(b.posts))),
            *sector_and_command(content, b).values(),
            *([cell(press, content, "within", str(b.beat))] if walk else []),
        )
        for b in content.beats
    ]
    units = [
        (u, n, c or "", b or "", m, *((["yes" if w else "no"]) if walk else []))
        for u, n, c, b, m, w in zip(
            content.plan.units["unit"],
            figures.name,
            figures.current,
            figures.beat,
            figures.municipality,
            figures.within or [None] * len(figures.unit),
            strict=True,
        )
    ]
    tables: dict[str, Table] = {
        "beats.csv": (
            ["beat", "name", "municipality", "residents", "posts", *groups, *(["within_walk"] if walk else [])],
            beats,
        ),
        "units.csv": (
            ["unit", "name", "old_beat", "new_beat", "municipality", *(["within_walk"] if walk else [])],
            units,
        ),
    }
    if figures.residents:
        everywhere = [("", *(cell(press, content, key) for key in ("town", "within_town", "moved")))]
        rows = [
            (m, cell(press, content, "municipality", m), "", "")
            for m in sorted({m for m in figures.municipality if m}, key=natural)
        ]
        tables["municipalities.csv"] = (["municipality", "residents", "within_walk", "moved"], [*rows, *everywhere])
    pairs = old_new_pairs(content)
    if pairs:
        tables["old_new.csv"] = (
            ["old_beat", "new_beat", "residents"],
            [(o, n, cell(press, content, "pair", o, n)) for o, n in pairs],
        )
    if figures.concerns:
        tables["concerns.csv"] = (
            ["level", "area", "theme", "incidents"],
            [
                (
                    key[0],
                    key[1] if len(key) > 1 else "",
                    register.enter("given", theme),
                    HIDDEN if value is None else register.cell(counted(value)),
                )
                for theme, values in figures.concerns.items()
                for key, value in values.items()
            ],
        )
    return tables


def _forums(press: Press, content: PackContent) -> dict[str, Table]:
    t, register = content.speech, press.register

    def number(value: float, digits: int) -> Any:
        return "" if np.isnan(value) else register.cell(on_map(round(value, digits)))

    rows = [
        (
            m.level,
            content.level_title(m.level),
            m.area,
            area_title(content, m),
            t.given(m.venue or ""),
            register.enter("force", m.first.isoformat()) if m.first else "",
            t.given(m.time),
            register.cell(rule(m.meetings)),
            register.cell(rule(m.members)),
            number(m.walkers, 2),
            number(m.farthest_km, 1),
            number(m.travel_cost, 2),
            number(m.year_cost, 2),
            t.given(content.settings.currency),
        )
        for m in content.meetings_in_order
    ]
    header = [
        "level",
        "forum",
        "area",
        "name",
        "venue",
        "date",
        "time",
        "meetings_a_year",
        "members",
        "share_who_walk",
        "farthest_km",
        "travel_cost",
        "year_cost",
        "currency",
    ]
    invited = [
        (content.level_title(m.level), m.area, area_title(content, m), t.given(t.known(role)), register.cell(rule(n)))
        for m in content.meetings_in_order
        for role, n in m.seats
    ]
    return {"forums.csv": (header, rows), "invitations.csv": (["forum", "area", "name", "role", "seats"], invited)}


def _questions(press: Press, content: PackContent) -> dict[str, Table]:
    t, figures = content.speech, content.figures
    why = t.text("Why is my place in this beat?")
    rows: list[Sequence[Any]] = [("", "", q, a) for q, a in questions(content)]
    answers = why_here(content, range(len(figures.unit)))
    rows += [(b, n, why, answer) for b, n, answer in zip(figures.beat, figures.name, answers, strict=True)]
    return {"questions.csv": (["beat", "place", "question", "answer"], rows)}


def run_card_json(press: Press, content: PackContent, languages: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """Return the run card of a pack."""
    settings, register, figures = content.settings, press.register, content.figures
    who = content.speech.own(settings.decided_by)
    run_card = card_json(
        register,
        content.card,
        project=content.plan.project,
        feasible=content.plan.feasible,
        made_by=settings.made_by,
        decided_by=who,
        languages=languages,
        draft=content.plan.draft,
    )
    run_card["accepted_sites"] = [register.enter("given", s) for s in content.plan.accepted]
    period = None if figures.period is None else dict(figures.period)
    enter_numbers(register, "rule", period)
    for theme in figures.sensitive:
        register.enter("given", theme)
    run_card["privacy"] = {
        "threshold": register.cell(rule(figures.threshold)),
        "sensitive": sorted(figures.sensitive),
        "period": period,
    }
    return run_card


def public_layers(press: Press, content: PackContent) -> dict[str, gpd.GeoDataFrame]:
    """Return the map layers: units, beats with what is shown of their residents, and stations."""
    plan, figures = content.plan, content.figures
    units = gpd.GeoDataFrame(
        plan.units[[c for c in ("unit", "name", "municipality", "current", "beat", "geometry") if c in plan.units]]
    )
    beats = gpd.GeoDataFrame(plan.beats[["beat", "name", "municipality", "posts", *plan.groups, "geometry"]])
    if figures.residents:
        shown: list[float] = []
        for beat in beats["beat"].astype(str):
            value = figures.value("beat", beat)
            shown.append(np.nan if value is None else float(press.register.cell(counted(value))))
        beats.insert(3, "residents", pd.Series(shown, index=beats.index))
    layers = {"units": units, "beats": beats}
    layers |= {f"{level}s": areas.rename(columns={"group": level}) for level, areas in plan.groups.items()}
    if plan.stations is not None:
        named = [content.station_names[str(s)] for s in plan.stations["station"]]
        layers["stations"] = gpd.GeoDataFrame(plan.stations[["existing", "geometry"]].assign(station=named))
    return {name: _texts(frame) for name, frame in layers.items()}


def _texts(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer whose columns are text or numbers."""
    found = frame.copy()
    for column in found.columns.drop("geometry"):
        if not pd.api.types.is_numeric_dtype(found[column]):
            found[column] = [None if v is None or v != v else str(v) for v in found[column]]
    return found
