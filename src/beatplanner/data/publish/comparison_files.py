"""The comparison as files: JSON for programs, a page without a network for people, a workbook with live formulas for staff."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import jinja2
import numpy as np
import shapely

from beatplanner.data.formats import geometry
from beatplanner.data.output_place import check_folder_place, written_anew
from beatplanner.data.paths import whole_path
from beatplanner.data.publish.blocked_words import blocked_in_words
from beatplanner.data.publish.comparison_words import (
    ENGLISH,
    HEADLINE,
    TODAY,
    best,
    choose,
    in_words,
    label_said,
    signed_differences,
    verdicts,
)
from beatplanner.data.publish.comparison_workbook import BEATS_OF_TODAY, write_workbook
from beatplanner.data.publish.force_language import content_speech
from beatplanner.data.publish.page_templates import template_of
from beatplanner.data.publish.price_words import price_sentence
from beatplanner.data.publish.sentence_templates import in_language, without_keys
from beatplanner.data.publish.translation import Speech, in_own_percents
from beatplanner.data.result.schemas import hold

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from beatplanner.data.result.comparison import (
        BeatRow,
        BestPoint,
        ComparedColumn,
        Comparison,
        CurvePoint,
        Decision,
        FigureBlock,
        FigureRow,
        HeadlineRow,
        PlanMap,
        PricedRules,
        WorstPoint,
    )

SPAN = "{first} to {last}"
# What the script of the maps says.
SCRIPT = {
    "under": "under {n}",
    "hours": "{n} hours and more",
    "minutes": "{n} minutes and more",
    "nobody": "no officer",
    "unknown": "not known, or not on foot",
    "another": "another beat than in “{plan}”",
    "same": "the same beat",
    "old": "Station there today",
    "new": "New station",
    "residents": "{n} residents",
    "none": "no beat",
    "beat": "Beat {name}",
    "load": "{n} h per officer",
    "walk": "{n} min on foot",
}
WORDS = (
    *SCRIPT.values(),
    SPAN,
    BEATS_OF_TODAY,
    "{project}: one plan beside today's",
    "{project}: {n} plans beside today's",
)
# Width of the drawing that the maps are in; a tenth of it is told.
WIDTH = 1000.0
# Borders are simplified by so much of the drawing: nobody sees it, and a country stays small.
HAIR = 0.6


@dataclass(frozen=True)
class Said:
    """What a comparison says of its plans in the force's language: sentences of each column, why each plan (by name) is a draft, and what the check of each found: wrong, or else."""

    sentences: list[list[str]]
    unsolved: dict[str, list[str]]
    wrong: dict[str, str] = field(default_factory=dict[str, str])
    right: dict[str, str] = field(default_factory=dict[str, str])


def check_comparison_place(out: Path) -> None:
    """Refuse a folder that holds something that is no comparison.

    Raises
    ------
    InputError
        Saying why.
    """
    check_folder_place(out, "comparison.json")


def write_comparison(
    out: Path,
    content: Comparison,
    units: gpd.GeoDataFrame,
    maps: Sequence[PlanMap],
    beats: Sequence[BeatRow],
    cards: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (),
    words: Said | None = None,
) -> None:
    """Write ``comparison.json``, ``comparison.html`` and ``comparison.xlsx``; an older comparison is replaced only when all are written.

    Parameters
    ----------
    out
        The folder.
    content
        What goes into the JSON.
    units
        Polygons, with ``unit``, ``name``, ``municipality``, ``population``, ``workload``.
    maps
        For each column ``beat`` (text or None), ``load`` (hours per officer), ``walk`` (minutes) of each unit, and ``stations`` (x, y, name, existing).
    beats
        One row a beat and column: ``column``, ``beat``, ``name``, ``workload``, ``residents``, ``posts``.
    cards
        Name and run card of each plan, for the workbook.
    words
        What the page says in the force's language; what the JSON says where it is not given.
    """
    out = whole_path(out)
    check_comparison_place(out)
    with written_anew(out) as part:
        part.mkdir(parents=True)
        hold("comparison", content)
        text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
        (part / "comparison.json").write_text(text, encoding="utf-8")
        page = comparison_page(content, units, maps, words)
        (part / "comparison.html").write_text(page, encoding="utf-8")
        write_workbook(part / "comparison.xlsx", content, beats, cards)


# ---- the page


@cache
def _page_template() -> jinja2.Template:
    """Return the page's template, compiled once for all comparisons of a process."""
    known: Mapping[str, object] = {
        "in_language": in_language,
        "blocked_in_words": blocked_in_words,
        "verdicts": verdicts,
        "best": best,
        "signed": signed_differences,
        "english": ENGLISH,
    }
    return template_of("comparison.html", known)


def _said_on_the_page(say: Speech) -> dict[str, Callable[..., str]]:
    """Return what the template calls to say something in a language."""

    def clash(why: str) -> str:
        return without_keys(in_language(why, say.language), say.language)

    def figure(value: Any, kind: str) -> str:
        return in_words(value, kind, say)

    def label(row: FigureRow) -> str:
        return label_said(say, row)

    def helped(text: str) -> str:
        return in_own_percents(text if say.language == "en" else say.known(text), say.locale)

    def limit(budget: str) -> str:
        return _budget_said(budget, say)

    return {"clash": clash, "figure": figure, "label": label, "helped": helped, "limit": limit}


def comparison_page(
    content: Comparison, units: gpd.GeoDataFrame, maps: Sequence[PlanMap], words: Said | None = None
) -> str:
    """Return the page, in the language of the content: cards, headline figures, linked maps, every figure, and who moves where."""
    say = content_speech(content)
    content = _in_language(content, say, words)
    content = {**content, "blocks": _like_with_like(content)}
    templates = files("beatplanner.data") / "templates"
    script = (templates / "comparison.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    rows = {r["key"]: r for b in content["blocks"] for r in b["rows"]}
    headline = [
        _bars(rows[k]) | {"said": say.text(label) if label else label_said(say, rows[k])}
        for k, label in HEADLINE.items()
        if k in rows
    ]
    if "money_total" in rows:
        headline = [r for r in headline if r["key"] != "station_cost"]
    points = content.get("curve")
    curve = _curve_drawing(points, say) if points else None
    drawing = _drawing(content, units, maps) | {"group": say.group()}
    drawing["say"] = {k: say.text(v) for k, v in SCRIPT.items()}
    data = json.dumps(drawing, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _page_template().render(
        c=content,
        headline=headline,
        script=script,
        digest=digest,
        data=data.replace("</", "<\\/"),
        plans=content["columns"][1:],
        curve=curve,
        choices=choose(content, say),
        sentences=content["sentences"],
        wrong={} if words is None else words.wrong,
        right={} if words is None else words.right,
        prices=_prices(content.get("prices"), say),
        say=say,
        t=say.text,
        language=say.language,
        **_said_on_the_page(say),
        span=_span(content["money_years"], say),
        title=say.text(
            "{project}: one plan beside today's"
            if len(content["columns"]) == 2
            else "{project}: {n} plans beside today's",
            project=content.get("project_said") or content["project"],
            n=len(content["columns"]) - 1,
        ),
    )


def _in_language(content: Comparison, say: Speech, words: Said | None) -> Comparison:
    """Return the content with what it says of plans in a language, where it was told in that."""
    today: list[ComparedColumn] = [
        {**c, "name": say.text(TODAY), "about": say.text(BEATS_OF_TODAY)} if c["today"] else c
        for c in content["columns"]
    ]
    if words is None:
        return content
    name, said = content["columns"][0]["name"], today[0]["name"]

    def as_said(d: Decision) -> Decision:
        best: list[BestPoint] = [{**x, "next_plan": said} if x["next_plan"] == name else x for x in d["best"]]
        worst = d["worst"]
        if worst is not None and worst["best_plan"] == name:
            renamed: WorstPoint = {**worst, "best_plan": said}
            worst = renamed
        unsolved = words.unsolved.get(d["plan"], d.get("unsolved", []))
        return {**d, "unsolved": unsolved, "best": best, "worst": worst}

    decision = [as_said(d) for d in content["decision"]]
    return {**content, "columns": today, "decision": decision, "sentences": words.sentences}


def _prices(priced: PricedRules | None, say: Speech) -> list[str]:
    """Return what each rule costs in a language; as it stands where an older result has sentences alone."""
    if not priced:
        return []
    return [price_sentence(row, say) for row in priced["prices"]] if "prices" in priced else priced["sentences"]


def _span(years: Sequence[Any], say: Speech) -> str:
    if not years:
        return ""
    return f" ({years[0]})" if len(years) == 1 else f" ({say.text(SPAN, first=years[0], last=years[-1])})"


def _like_with_like(content: Comparison) -> list[FigureBlock]:
    """Return the blocks; money of a plan that lacks a step of another is held against nothing."""
    lacks = {p["plan"]: bool(p.get("lacks")) for p in content.get("decision", [])}
    unlike = [lacks.get(c["name"], False) for c in content["columns"]]
    blocks: list[FigureBlock] = []
    for b in content["blocks"]:
        rows: list[FigureRow] = [{**r, "unlike": unlike} if r["kind"] == "money" else r for r in b["rows"]]
        blocks.append({**b, "rows": rows})
    return blocks


def _bars(row: FigureRow) -> HeadlineRow:
    known = [abs(float(v)) for v in row["values"] if v is not None]
    top = 1.0 if row["kind"] == "share" else max(known, default=0.0)
    return {
        **row,
        "bars": [0 if v is None or not top else min(100.0, 100 * abs(float(v)) / top) for v in row["values"]],
    }


def _drawing(content: Comparison, units: gpd.GeoDataFrame, maps: Sequence[PlanMap]) -> dict[str, object]:
    """Return what the script draws: units once, and for each column its beats, loads, walks, outlines and stations."""
    west, south, east, north = units.total_bounds
    scale = WIDTH / max(east - west, north - south, 1e-9)
    matrix = np.array([west, north])

    def place(xy: np.ndarray) -> np.ndarray:
        return np.column_stack([(xy[:, 0] - matrix[0]) * scale, (matrix[1] - xy[:, 1]) * scale])

    flat = shapely.transform(shapely.force_2d(units.geometry.to_numpy()), place)
    simple = shapely.coverage_simplify(flat, HAIR) if shapely.coverage_is_valid(flat) else shapely.simplify(flat, HAIR)
    simple = np.where(shapely.is_empty(simple) | shapely.is_missing(simple), flat, simple)
    columns: list[dict[str, object]] = []
    for column, m in zip(content["columns"], maps, strict=True):
        beat = np.array(m["beat"], dtype=object)
        ids = sorted({b for b in beat if b is not None})
        outlines = [_path(_union(simple[beat == b])) for b in ids]
        spots: list[list[Any]] = []
        if m["stations"]:
            xy = place(np.array([[s[0], s[1]] for s in m["stations"]], float))
            spots = [
                [round(float(x), 1), round(float(y), 1), s[2], bool(s[3])]
                for (x, y), s in zip(xy, m["stations"], strict=True)
            ]
        columns.append(
            {
                "name": column["name"],
                "beat": [None if b is None else ids.index(b) for b in beat],
                "ids": ids,
                "load": _rounded(m["load"], 1),
                "walk": _rounded(m["walk"], 1),
                "lines": outlines,
                "stations": spots,
            }
        )
    return {
        "width": round((east - west) * scale, 1),
        "height": round((north - south) * scale, 1),
        "metres": 1 / scale,
        "paths": [_path(g) for g in simple],
        "names": [str(v) for v in units["name"]],
        "residents": _rounded(units["population"].to_numpy(float), 0),
        "columns": columns,
    }


def _union(shapes: np.ndarray) -> shapely.Geometry:
    return geometry.dissolve(geometry.valid(shapes))


def _path(shape: shapely.Geometry) -> str:
    parts: list[str] = []
    for polygon in shapely.get_parts(shape):
        rings: Iterable[BaseGeometry] = shapely.get_rings(polygon) if polygon.geom_type == "Polygon" else []
        for ring in rings:
            xy = np.round(shapely.get_coordinates(ring), 1)
            parts.append("M" + "L".join(f"{x:g} {y:g}" for x, y in xy[:-1]) + "Z")
    return "".join(parts)


def _rounded(values: Any, digits: int) -> list[float | None]:
    return [None if v is None or not np.isfinite(v) else round(float(v), digits) for v in values]


def _budget_said(budget: str, say: Speech) -> str:
    """Return how many residents may change beat, “10%” or “free”, as the language writes it."""
    return budget if budget == "free" else in_own_percents(budget, say.locale)


def _curve_drawing(rows: list[CurvePoint], say: Speech) -> dict[str, object]:
    """Return the change budget's curve as a line in a drawing of 640 × 260."""
    left, right, top, bottom = 62.0, 620.0, 18.0, 214.0
    # what could not meet its rules is no plan to choose: it is a hollow point beside the line
    moved = [float(r["moved_share"]) for r in rows]
    ways = [float(r["mean_way"]) if r["mean_way"] is not None else float(r["travel"]) for r in rows]
    far, low, high = max(*moved, 1e-9), min(ways), max(ways)
    span = max(high - low, 1e-9 * max(abs(high), 1.0))
    points = [
        (left + (right - left) * m / far, bottom - (bottom - top) * (w - low) / span)
        for m, w in zip(moved, ways, strict=True)
    ]
    return {
        "line": " ".join(f"{x:.1f},{y:.1f}" for (x, y), r in zip(points, rows, strict=True) if r["feasible"]),
        "points": [
            {
                "x": round(x, 1),
                "y": round(y, 1),
                "label": _budget_said(r["budget"], say),
                "folder": r["folder"],
                "feasible": r["feasible"],
            }
            for (x, y), r in zip(points, rows, strict=True)
        ],
        "low": say.number(low),
        "high": say.number(high),
        "far": say.percent(far),
        "none": say.percent(0.0),
    }
