"""What lies on what on a map on paper: read from its SVG, the letters as wide as their font has them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from html import unescape
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import shapely
from PIL import ImageFont
from shapely.geometry.base import BaseGeometry

from beatplanner.data.publish.public.pack_pdf import font_folder
from beatplanner.data.publish.public.plan import PublicPlan

TEXT = re.compile(
    r'<text x="([-\d.]+)" y="([-\d.]+)" (?:text-anchor="(\w+)" )?font-size="([\d.]+)" font-family="[^"]*"( font-weight="bold")?([^>]*)>([^<]*)</text>'
)
STATION = re.compile(r'<path d="(M[^"]*)" fill="#\w+" stroke="#fff" stroke-width="0.5"/>')
RING = re.compile(r'<circle cx="([-\d.]+)" cy="([-\d.]+)" r="(2[.\d]*)" fill="#fff"')
LEADER = re.compile(r'<path d="M([-\d.]+) ([-\d.]+)L([-\d.]+) ([-\d.]+)" stroke="#\w+" stroke-width="0.2"/>')
# What is less than so many millimetres apart reads as one.
CLEAR = 0.15


class MappedTown(SimpleNamespace):
    """What the maps ask of a plan, without the rest of one."""

    borders, land = PublicPlan.borders, PublicPlan.land


@cache
def _font(bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_folder() / f"DejaVuSans{'-Bold' if bold else ''}.ttf"), 200)


@dataclass(frozen=True)
class Line:
    """A line of text: where it stands, the size of its letters and the box of its ink, mm, turned as it is."""

    text: str
    x: float
    y: float
    size: float
    box: BaseGeometry


def _lines(svg: str) -> list[Line]:
    found: list[Line] = []
    for x, y, anchor, size, bold, rest, raw in TEXT.findall(svg):
        if 'fill="none"' in rest:
            continue
        text, scale = unescape(raw), float(size) / 200
        left, top, right, bottom = (scale * v for v in _font(bool(bold)).getbbox(text, anchor="ls"))
        centred = "middle" in (anchor, *re.findall(r'text-anchor="(\w+)"', rest))
        start = float(x) - (scale * _font(bool(bold)).getlength(text) / 2 if centred else 0.0)
        box: BaseGeometry = shapely.box(start + left, float(y) + top, start + right, float(y) + bottom)
        turned = re.search(r"rotate\(([-\d.]+) ([-\d.]+) ([-\d.]+)\)", rest)
        if turned:
            angle, at = math.radians(float(turned[1])), np.array([float(turned[2]), float(turned[3])])
            turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
            box = shapely.transform(box, lambda c, at=at, turn=turn: (c - at) @ turn + at)
        found.append(Line(text, float(x), float(y), float(size), box))
    return found


def written(svg: str) -> list[tuple[str, BaseGeometry]]:
    """Return each line of text and the box of its ink, mm."""
    return [(line.text, line.box) for line in _lines(svg)]


def signs(svg: str) -> list[BaseGeometry]:
    """Return the signs of stations and forums, mm."""
    found: list[BaseGeometry] = []
    for d in STATION.findall(svg):
        x = y = 0.0
        points: list[tuple[float, float]] = []
        for step, values in re.findall(r"([MlhvLH])([-\d. ]*)", d):
            v = [float(n) for n in values.split()]
            if step in "ML":
                x, y = v
            elif step == "l":
                x, y = x + v[0], y + v[1]
            else:
                x, y = (x + v[0], y) if step == "h" else (x, y + v[0])
            points.append((x, y))
        found.append(shapely.Polygon(points))
    return found + [shapely.Point(float(x), float(y)).buffer(float(r)) for x, y, r in RING.findall(svg)]


def labels(svg: str) -> list[tuple[str, BaseGeometry]]:
    """Return the labels with all their lines: those of one label follow each other, 1.2 of the letters' size apart around one place."""
    found: list[tuple[str, BaseGeometry]] = []
    last: Line | None = None
    for line in _lines(svg):
        if last is not None and line.x == last.x and abs(line.y - last.y - 1.2 * line.size) < 0.02:
            found[-1] = f"{found[-1][0]} {line.text}", shapely.union_all([found[-1][1], line.box])
        else:
            found.append((line.text, line.box))
        last = line
    return found


def touching(svg: str, clear: float = CLEAR) -> list[tuple[str, str]]:
    """Return the labels that are not clear of each other, of a sign, or of the line to another name, by so many mm."""
    texts = labels(svg)
    found = [(a, b) for (a, one), (b, other) in combinations(texts, 2) if shapely.distance(one, other) < clear]
    drawn = signs(svg)
    found += [(t, "a sign") for t, box in texts for sign in drawn if shapely.distance(box, sign) < clear]
    for values in LEADER.findall(svg):
        x, y, to_x, to_y = map(float, values)
        line = shapely.LineString([(x, y), (to_x, to_y)])
        # a line ends in its own name, which lies over it
        others = [(t, b) for t, b in texts if not b.buffer(1.0).contains(shapely.Point(to_x, to_y))]
        found += [(t, "the line to a name") for t, box in others if shapely.intersects(box, line)]
    return found
