"""The forum's interactive map: one HTML file with everything inside, which opens without a network and names no officer.

Its content policy lets nothing be loaded or sent, and runs only the scripts that were written here: each is named by its hash, so a script
that came in with a name of a place would not run even if it were not escaped.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from beatplanner.data.colours import beat_colours
from beatplanner.data.formats.frames import each_row
from beatplanner.data.formats.geometry import dissolve
from beatplanner.data.publish.public.map_words import Ground, MapWords
from beatplanner.data.publish.public.plan import PublicPlan

if TYPE_CHECKING:
    import folium
    import jinja2
    from shapely.geometry.base import BaseGeometry

# Borders are simplified by this share of the map's width, well below what a screen shows; digits give about a metre.
SIMPLIFY_SHARE = 1 / 4000
DIGITS = 5
# Corners of streets that a telephone draws without waiting.
MOST_CORNERS = 40_000
# A beat's name may stand at so many places of a grid of so many steps each way, so that it lies on no sign and no other name.
LABEL_STEPS, LABEL_PLACES = 9, 24
POLICY_PLACE = "BEATPLANNER-POLICY"


def write_forum_map(path: Path, plan: PublicPlan, words: MapWords, ground: Ground) -> None:
    """Write the map of a plan's beats and stations.

    Parameters
    ----------
    path
        The HTML file.
    plan
        A plan with beats. Of the units only names, shapes and beats are shown.
    words
        What it says.
    ground
        What lies under the borders.
    """
    # heavy libraries, wanted where a map is written only
    import folium

    templates = files("beatplanner.data") / "templates"
    units, beats, t = _simplified(plan.units), plan.beats, words.texts
    name_of = dict(words.names)
    colours = beat_colours(beats)
    shapes = _dissolved(units, "beat")
    west, south, east, north = shapely.total_bounds(units.geometry.to_numpy())
    view = folium.Map(
        tiles=None, control_scale=False, zoom_control=True, attribution_control=False, zoom_snap=0.25, zoom_delta=0.5
    )
    view.default_js, view.default_css = [], []
    new = folium.FeatureGroup(name="new")
    for b in beats.itertuples(index=False):
        beat = str(b.beat)
        text = f"<b>{escape(name_of[beat])}</b>"
        if words.residents.get(beat):
            text += f"<br>{escape(t['residents'])}: {escape(words.residents[beat])}"
        _add(new, shapes[beat], colours[beat], text, beat)
    new.add_to(view)
    old = None
    current = units["current"].dropna() if "current" in units else pd.Series(dtype=object)
    if len(current):
        old = folium.FeatureGroup(name="old", show=False)
        before = units[units["current"].notna()]
        for beat, shape in _dissolved(before, "current").items():
            _add(old, shape, "#f0f0f0", f"<b>{escape(t['before'])}: {escape(beat)}</b>")
        old.add_to(view)
    view.fit_bounds([[south, west], [north, east]])
    _plain_head(view)
    inner = shapely.point_on_surface(units.geometry.to_numpy())
    places: list[PlaceOnMap] = [
        {
            "unit": str(u.unit),
            "name": str(u.name),
            "beat": str(u.beat),
            "old": u.current if isinstance(getattr(u, "current", None), str) else "",
            "at": [round(p.y, DIGITS), round(p.x, DIGITS)],
            "walk": walk,
            "why": why,
            "shape": _rings(u.geometry),
        }
        for u, p, walk, why in zip(each_row(units), inner, words.walk, words.why, strict=True)
    ]
    # a mark that no name can hold tells our scripts from one that came in with a name
    own = secrets.token_hex(16)
    _render(view.get_root())
    parts = _parts(view)
    parts["head"] = parts["head"].replace("<style>", f"<style {own}>").replace("<script>", f"<script {own}>")
    page = _page_template().render(
        policy=POLICY_PLACE,
        own=own,
        language=words.language,
        t=t,
        project=plan.project,
        decision=words.decision,
        made=words.made,
        review=words.review,
        body=parts,
        leaflet_css=(templates / "leaflet" / "leaflet.css").read_text("utf-8"),
        leaflet_js=(templates / "leaflet" / "leaflet.js").read_text("utf-8"),
        map_name=view.get_name(),
        new_name=new.get_name(),
        old_name=old.get_name() if old is not None else "",
        names=sorted(
            {p["name"] for p in places}
            | set(name_of.values())
            | {street[0] for street in ground.streets}
            | {sign.name for sign in ground.signs}
        ),
        stations=plan.stations is not None,
        **{kind: any(sign.kind == kind for sign in ground.signs) for kind in ("there", "closes", "new")},
        residents=bool(words.residents),
        groups=list(words.groups),
        bordered=[level for level, called in words.groups.items() if len(called) > 1],
        municipalities=bool((beats["municipality"].astype(str) != "").any()),
        figures=_in_script(dict(words.figures)),
        streets_json=_in_script(_streets(ground, plan)),
        cards_json=_in_script({b: dict(c) for b, c in words.cards.items()}),
        venues=any(sign.kind == "venue" for sign in ground.signs),
        river=ground.waters is not None and len(ground.waters) > 0,
        draft_word=words.texts["draft_word"],
        places_json=_in_script(places),
        words=_in_script(
            {
                **t,
                "beats": name_of,
                "colours": colours,
                "labels": _labels(shapes, name_of),
                "groups": _groups(units, plan, words),
                "river": [] if ground.waters is None else _lines(ground.waters.to_numpy(), plan),
                "signs": [
                    {
                        "kind": sign.kind,
                        "at": _point(sign.at, plan),
                        "name": sign.name,
                        "said": sign.said,
                        "rows": sign.rows,
                        "beats": sign.beats,
                    }
                    for sign in ground.signs
                ],
            }
        ),
        beats=[
            {
                "beat": b.beat,
                "name": name_of[str(b.beat)],
                "municipality": b.municipality,
                "residents": words.residents.get(str(b.beat), ""),
                "posts": b.posts,
                "groups": {level: str(getattr(b, level)) for level in words.groups},
                "station": words.station.get(str(b.beat), ""),
                "forum": words.forum.get(str(b.beat), ""),
            }
            for b in beats.itertuples(index=False)
        ],
        places=sorted(
            ({**p, "beat_name": name_of.get(p["beat"], p["beat"])} for p in places), key=lambda p: str(p["name"])
        ),
        questions=words.questions,
        card_title=words.card_title,
        card=words.card,
        draft=t["draft"],
    )
    path.write_text(_with_policy(_with_plain_ids(page, view), own), encoding="utf-8", newline="\n")


def _groups(units: gpd.GeoDataFrame, plan: PublicPlan, words: MapWords) -> list[GroupsOnMap]:
    """Return the sectors and the commands of a plan, level by level, as Leaflet draws them; one alone is all that the map shows, and has no border."""
    found: list[GroupsOnMap] = []
    for level, called in words.groups.items():
        of_beat = dict(zip(plan.beats["beat"].astype(str), plan.beats[level].astype(str), strict=True))
        areas = _dissolved(units.assign(group=units["beat"].astype(str).map(of_beat)), "group")
        if len(areas) > 1:
            rings = [ring for shape in areas.values() for ring in _rings(shape)]
            found.append({"kind": level, "rings": rings, "labels": _labels(areas, dict(called))})
    return found


@cache
def _page_template() -> jinja2.Template:
    """Return the page's template, compiled once for all languages and packs of a process."""
    import jinja2

    text = (files("beatplanner.data") / "templates" / "forum_map.html").read_text("utf-8")
    return jinja2.Environment(autoescape=True).from_string(text)


def _with_plain_ids(page: str, view: folium.Map) -> str:
    """Return a page in which folium's random ids are numbers in the order of the page, so that the same plan gives the same page."""
    found: list[str] = []
    waiting: list[Any] = [view.get_root()]
    while waiting:
        element = waiting.pop()
        found.append(element._id)
        waiting.extend(element._children.values())
    known: dict[str, str] = {}
    return re.sub("|".join(found), lambda m: known.setdefault(m[0], f"{len(known):032x}"), page)


def _with_policy(page: str, own: str) -> str:
    """Return a page whose content policy lets nothing come from elsewhere, and lets only the marked scripts and styles run."""

    def hashes(tag: str) -> str:
        found = re.findall(rf"<{tag} {own}>(.*?)</{tag}>", page, re.DOTALL)
        digests = (hashlib.sha256(text.encode("utf-8")).digest() for text in found)
        return " ".join(dict.fromkeys(f"'sha256-{base64.b64encode(d).decode('ascii')}'" for d in digests))

    policy = f"default-src 'none'; script-src {hashes('script')}; style-src {hashes('style')}; img-src data:; base-uri 'none'; form-action 'none'"
    return page.replace(f" {own}>", ">").replace(POLICY_PLACE, policy, 1)


def _parts(view: folium.Map) -> dict[str, str]:
    figure: Any = view.get_root()
    return {
        "head": figure.header.render(),
        "html": figure.html.render(),
        "script": figure.script.render(),
    }


def _render(page: Any) -> None:
    """Let a page gather what it shows; what branca annotates leaves arguments open."""
    page.render()


def _plain_head(view: Any) -> None:
    """Take out of folium's page what would be loaded from elsewhere; the template brings it inline."""
    for child in list(view._children.values()):
        for attribute in ("default_js", "default_css"):
            if hasattr(child, attribute):
                setattr(child, attribute, [])


def _simplified(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the units in longitude and latitude with fewer vertices, borders still shared."""
    width = max(1.0, float(np.ptp(frame.total_bounds[[0, 2]])))
    shapes = shapely.coverage_simplify(frame.geometry.to_numpy(), width * SIMPLIFY_SHARE)
    frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    return frame.to_crs("EPSG:4326")


class PlaceOnMap(TypedDict):
    """A unit on the map: its beat, that of today, a point in it (latitude, longitude), what is said of it, and its rings."""

    unit: str
    name: str
    beat: str
    old: str
    at: list[float]
    walk: str
    why: str
    shape: list[Any]


class StreetOnMap(TypedDict):
    """A street that can be found: the beats that it runs through, what is said of it, and its lines."""

    name: str
    beats: list[str]
    said: str
    lines: list[Any]


class LabelOnMap(TypedDict):
    """A beat's name, and where it may stand (latitude, longitude), the best place first."""

    beat: str
    text: str
    at: list[list[float]]


class GroupsOnMap(TypedDict):
    """The sectors or the commands: their rings, and where their names may stand."""

    kind: str
    rings: list[Any]
    labels: list[LabelOnMap]


def _dissolved(units: gpd.GeoDataFrame, column: str) -> dict[str, shapely.Geometry]:
    found: dict[str, shapely.Geometry] = {}
    for beat, group in units.groupby(units[column].astype(str), sort=True):
        found[str(beat)] = dissolve(group.geometry.to_numpy())
    return found


def _rings(shape: shapely.Geometry) -> list[Any]:
    """Return a polygon as Leaflet draws it: parts of rings of latitude and longitude."""
    return [
        [[[round(y, DIGITS), round(x, DIGITS)] for x, y in ring.coords[:-1]] for ring in (p.exterior, *p.interiors)]
        for p in shapely.get_parts(shape)
    ]


def _add(group: folium.FeatureGroup, shape: shapely.Geometry, fill: str, text: str, beat: str = "") -> None:
    import folium

    geometry = json.loads(shapely.to_geojson(shapely.set_precision(shape, 10.0**-DIGITS)))
    style = {"fillColor": fill, "color": "#333333", "weight": 1.5, "fillOpacity": 0.65}

    def styled(_: Any) -> dict[str, str | float]:
        return style

    layer = folium.GeoJson(
        {"type": "Feature", "properties": {"beat": beat}, "geometry": geometry}, style_function=styled
    )
    folium.Tooltip(_for_template(text), sticky=True).add_to(layer)
    layer.add_to(group)


def _degrees(shapes: Any, plan: PublicPlan) -> np.ndarray:
    """Return shapes of the plan's CRS in longitude and latitude."""
    return gpd.GeoSeries(list(shapes), crs=plan.units.crs).to_crs("EPSG:4326").to_numpy()


def _point(at: tuple[float, float], plan: PublicPlan) -> list[float]:
    point: Any = _degrees([shapely.Point(at)], plan)[0]
    return [round(point.y, DIGITS), round(point.x, DIGITS)]


def _lines(shapes: Any, plan: PublicPlan) -> list[Any]:
    """Return lines (and the borders of areas) as Leaflet draws them, with fewer vertices, cut to what the map shows."""
    return [line for lines in _lines_of_each(shapes, plan) for line in lines]


def _lines_of_each(shapes: Any, plan: PublicPlan) -> list[list[Any]]:
    """Return what `_lines` does for each shape by itself, all brought to longitude and latitude at once."""
    west, south, east, north = plan.units.total_bounds
    frame = shapely.box(west, south, east, north).buffer(0.02 * max(east - west, north - south))
    shown: list[Any] = []
    of: list[int] = []
    for number, shape in enumerate(shapes):
        drawn: BaseGeometry = shape
        line = drawn if "Line" in drawn.geom_type else drawn.boundary
        cut = shapely.simplify(shapely.intersection(line, frame), max(1.0, (east - west) * SIMPLIFY_SHARE))
        parts = [p for p in shapely.get_parts(cut) if p.geom_type == "LineString" and not p.is_empty]
        shown += parts
        of += [number] * len(parts)
    found: list[list[Any]] = [[] for _ in shapes]
    for number, part in zip(of, _degrees(shown, plan) if shown else [], strict=True):
        found[number].append([[round(y, DIGITS), round(x, DIGITS)] for x, y in part.coords])
    return found


def _streets(ground: Ground, plan: PublicPlan) -> list[StreetOnMap]:
    """Return named streets; the longest are drawn, as many as a telephone draws at once, all are found."""
    found: list[StreetOnMap] = []
    corners = 0
    longest = sorted(ground.streets, key=lambda r: -float(shapely.length(r[-1])))
    of_each = _lines_of_each([lines for *_, lines in longest], plan)
    for (name, beats, said, _), drawn in zip(longest, of_each, strict=True):
        corners += sum(len(line) for line in drawn)
        if corners > MOST_CORNERS:
            drawn = [line[:1] + line[-1:] for line in drawn[:1]]
        found.append({"name": name, "beats": list(beats), "said": said, "lines": drawn})
    return sorted(found, key=lambda r: r["name"])


def _labels(shapes: Mapping[str, shapely.Geometry], names: Mapping[str, str]) -> list[LabelOnMap]:
    """Return where each beat's name may stand, the largest beat first: places inside the beat, the farthest from its border first."""
    found: list[LabelOnMap] = []
    for beat, shape in sorted(shapes.items(), key=lambda s: -float(shapely.area(s[1]))):
        main: BaseGeometry = max(shapely.get_parts(shape), key=lambda p: p.area)
        west, south, east, north = main.bounds
        steps = (np.arange(LABEL_STEPS) + 0.5) / LABEL_STEPS
        x, y = (a.ravel() for a in np.meshgrid(west + steps * (east - west), south + steps * (north - south)))
        grid = np.asarray(shapely.points(x, y), dtype=object)
        inside = grid[shapely.contains_properly(main, grid)]
        border = shapely.boundary(main)
        inside = inside[np.argsort(-shapely.distance(inside, border), kind="stable")]
        at = [
            [round(p.y, DIGITS), round(p.x, DIGITS)] for p in [*inside[:LABEL_PLACES], shapely.point_on_surface(main)]
        ]
        found.append({"beat": beat, "text": names.get(beat, beat), "at": at})
    return found


def _for_template(text: str) -> str:
    """Return HTML that folium may put between backquotes of a script."""
    return (
        text.replace("\\", "&#92;")
        .replace("`", "&#96;")
        .replace("${", "&#36;{")
        .replace("{{", "&#123;{")
        .replace("{%", "&#123;%")
    )


def _in_script(value: Any) -> str:
    """Return JSON that may stand in a script: no text in it can end the script."""
    text = json.dumps(value, ensure_ascii=False)
    return (
        text.replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )
