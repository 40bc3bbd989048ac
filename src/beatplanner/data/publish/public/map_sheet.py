"""A sheet of a map: millimetres of paper over the ground at a round scale, its grid, and what is drawn and written on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

import numpy as np
import shapely
from pyproj import CRS, Proj, Transformer
from shapely.geometry.base import BaseGeometry

from beatplanner.data.formats import geometry
from beatplanner.data.publish.public.map_labels import Box, box_of, is_free
from beatplanner.data.publish.public.map_margin import grid

DARK, GREY, LIGHT, WATER, ACCENT, OPENED = "#1a1a1a", "#7a7a7a", "#b5b5b5", "#3a6ea5", "#08306b", "#b2182b"
FONT = "DejaVu Sans"
# Round scales, as printed maps have them.
STEPS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5)
# One pattern for each fill of `colours.FILLS`: lines of the pattern's tile of 3 mm.
PATTERNS = (
    "",
    "M0 3L3 0",
    "M0 0L3 3",
    "M0 1.5H3",
    "M1.5 0V3",
    "M.6 .6h.5M2.1 2.1h.5",
    "M0 1.5H3M1.5 0V3",
    "M0 3L3 0M0 0L3 3",
)
# Paths keep this many digits of a millimetre and no point closer to its line than this.
FINENESS = 0.04
# A sheet that moves over the land tries so many places a side.
MOVES = 9
# Room for the sign of a place that a sheet is moved to show, from the place to the frame, mm.
SIGN = 3.0


@dataclass(frozen=True)
class SheetDrawing:
    """A map on paper.

    Attributes
    ----------
    svg
        The picture, `width` × `height` mm.
    width, height
        Millimetres.
    scale
        N of 1 : N, true on the ground at the middle of the map.
    listed
        Areas whose name had no room and that stand there with their number, or with none.
    numbers
        What stands at the lines of the grid, kilometres.
    step
        Metres between these lines.
    unnamed
        Stations whose name had no room.
    places
        Places that stand there with a number: the number and the name.
    shown
        What a legend explains: ``area``, ``border``, ``fill``, ``street``, ``water``, ``river_border``, ``line``, ``today``, ``new``, ``venue``, ``larger``,
        ``sector``, ``command``.
    parts
        Dense parts for sheets of their own: west, south, east, north in metres.
    """

    svg: str
    width: float
    height: float
    scale: float
    listed: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    step: float = 0.0
    unnamed: tuple[str, ...] = ()
    places: tuple[tuple[int, str], ...] = ()
    shown: frozenset[str] = frozenset()
    parts: tuple[Box, ...] = ()


@dataclass
class PaperSheet:
    """A frame of paper over the ground, and what is drawn on it."""

    west: float
    north: float
    per_mm: float
    width: float
    height: float
    parts: list[str] = field(default_factory=list[str])
    taken: list[Box] = field(default_factory=list[Box])
    # those of them that a line to a name may cross
    frames: list[Box] = field(default_factory=list[Box])
    shown: set[str] = field(default_factory=set[str])
    # boxes of the signs of stations and forums, which are among the taken ones
    signs: list[Box] = field(default_factory=list[Box])

    # the paths of shapes, by id
    paths: dict[int, tuple[shapely.Geometry, str]] = field(default_factory=dict[int, tuple[shapely.Geometry, str]])

    def __post_init__(self) -> None:
        # what is written at the grid stays readable
        self.ticks, self.numbers, self.step = grid(self.west, self.north, self.per_mm, self.width, self.height)
        self.taken += [number.box for number in self.numbers]

    @property
    def frame(self) -> BaseGeometry:
        """The ground that the sheet shows."""
        south, east = self.north - self.height * self.per_mm, self.west + self.width * self.per_mm
        return shapely.box(self.west, south, east, self.north)

    def mm(self, coordinates: np.ndarray) -> np.ndarray:
        """Return (n, 2) places of the ground in millimetres of the sheet."""
        return (coordinates - [self.west, self.north]) * [1.0, -1.0] / self.per_mm

    def holds(self, x: float, y: float, reach: float) -> bool:
        """Return whether a sign that reaches so far from its place (all in mm) lies whole in the frame."""
        return reach <= x <= self.width - reach and reach <= y <= self.height - reach

    def path(self, shape: shapely.Geometry) -> str:
        """Return the path of lines or polygons, in millimetres; of a shape that is drawn in several ways it is made once."""
        if id(shape) not in self.paths:
            # the shape is kept, so that no other one gets its id
            self.paths[id(shape)] = shape, self._path(shape)
        return self.paths[id(shape)][1]

    def _path(self, shape: shapely.Geometry) -> str:
        shape = shapely.simplify(shape, FINENESS * self.per_mm)
        frame = shapely.box(
            self.west - 5 * self.per_mm,
            self.north - (self.height + 5) * self.per_mm,
            self.west + (self.width + 5) * self.per_mm,
            self.north + 5 * self.per_mm,
        )
        if not frame.contains(shape):
            shape = geometry.intersection(shape, frame)
        rings: list[tuple[np.ndarray, bool]] = []
        for part in shapely.get_parts(shape):
            if part.geom_type == "Polygon":
                rings += [(shapely.get_coordinates(r), True) for r in (part.exterior, *part.interiors)]
            elif part.geom_type in {"LineString", "LinearRing"}:
                rings.append((shapely.get_coordinates(part), False))
        text: list[str] = []
        for points, closed in rings:
            at: list[list[float]] = np.round(self.mm(points), 2).tolist()
            text.append("M" + "L".join(f"{x:g} {y:g}" for x, y in at) + ("Z" if closed else ""))
        return "".join(text)

    def draw(
        self, shape: shapely.Geometry, *, fill: str = "none", line: str = "none", width: float = 0.2, dash: str = ""
    ) -> None:
        """Draw lines or polygons."""
        d = self.path(shape)
        if d:
            dashes = f' stroke-dasharray="{dash}"' if dash else ""
            self.parts.append(
                f'<path d="{d}" fill="{fill}" stroke="{line}" stroke-width="{width}" stroke-linejoin="round"{dashes}/>'
            )

    def label(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        *,
        bold: bool = False,
        colour: str = DARK,
        turn: float = 0.0,
        above: bool = False,
    ) -> bool:
        """Write a text around a place, where nothing is written yet; return whether it was."""
        _, _, half, tall = box_of(text, 0.0, 0.0, size, bold=bold)
        c, s = abs(math.cos(math.radians(turn))), abs(math.sin(math.radians(turn)))
        wide, high = half * c + tall * s, half * s + tall * c
        tries = [(x, y)]
        if not turn:
            x = min(max(x, wide + 0.5), self.width - wide - 0.5) if 2 * wide < self.width else x
            d = 1.6 * size
            tries = (
                [(x, y - d), (x, y + d)] if above else [(x, y), (x, y - d), (x, y + d), (x, y - 2 * d), (x, y + 2 * d)]
            )
        for left, top in tries:
            box = (left - wide, top - high, left + wide, top + high)
            if is_free(box, self.taken, self.width, self.height):
                x, y = left, top
                self.taken.append((x - wide, y - high, x + wide, y + high))
                self.write(text, x, y, size, bold=bold, colour=colour, turn=turn)
                return True
        return False

    def write(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        *,
        bold: bool = False,
        colour: str = DARK,
        turn: float = 0.0,
        plate: bool = False,
    ) -> None:
        """Write a text around a place, with a halo; on a white plate where what lies under it is busy."""
        if plate:
            left, top, right, bottom = box_of(text, x, y, size, bold=bold)
            self.parts.append(
                f'<rect x="{left:.2f}" y="{top:.2f}" width="{right - left:.2f}" height="{bottom - top:.2f}" rx="0.5" fill="#fff" stroke="{colour}" stroke-width="0.15"/>'
            )
        rotate = f' transform="rotate({turn:.1f} {x:.2f} {y:.2f})"' if turn else ""
        weight = ' font-weight="bold"' if bold else ""
        lines = text.split("\n")
        for k, line in enumerate(lines):
            base = y + (0.36 + 1.2 * (k - (len(lines) - 1) / 2)) * size
            same = f'x="{x:.2f}" y="{base:.2f}" font-size="{size}" font-family="{FONT}"{weight} text-anchor="middle"{rotate}'
            self.parts.append(
                f'<text {same} fill="none" stroke="#fff" stroke-width="{0.28 * size:.2f}" stroke-linejoin="round">{escape(line)}</text>'
            )
            self.parts.append(f'<text {same} fill="{colour}">{escape(line)}</text>')

    def hold_sign(self, x: float, y: float, reach: float) -> None:
        """Keep the box of a sign free."""
        box = (x - reach, y - reach, x + reach, y + reach)
        self.signs.append(box)
        self.taken.append(box)

    def draw_grid(self) -> None:
        """Draw the short lines of the grid, and its numbers where no sign lies: the other numbers tell those between them."""
        self.parts += self.ticks
        for number in self.numbers:
            if is_free(number.box, self.signs, self.width, self.height, edge=0.0):
                self.parts += number.drawn

    def svg(self) -> str:
        """Return the sheet as a picture."""
        tiles = "".join(
            f'<pattern id="p{i}" width="3" height="3" patternUnits="userSpaceOnUse"><path d="{d}" stroke="#4d4d4d" stroke-width="0.16" fill="none"/></pattern>'
            for i, d in enumerate(PATTERNS)
            if d
        )
        frame = f'<rect x="0.15" y="0.15" width="{self.width - 0.3:g}" height="{self.height - 0.3:g}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width:g}mm" height="{self.height:g}mm" viewBox="0 0 {self.width:g} {self.height:g}">'
            f'<defs>{tiles}<clipPath id="frame">{frame}/></clipPath></defs>{frame} fill="#fff"/>'
            f'<g clip-path="url(#frame)">{"".join(self.parts)}</g>{frame} fill="none" stroke="{DARK}" stroke-width="0.3"/></svg>'
        )


def ground_per_map_metre(crs: CRS, x: float, y: float) -> float:
    """Return the true metres on the ground of one metre of the projection, at a place."""
    try:
        lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
        factor = Proj(crs).get_factors(lon, lat).meridional_scale
    except Exception:  # PROJ knows no factors of a local engineering CRS, whose metres are ground metres
        return 1.0
    return 1.0 / factor if math.isfinite(factor) and 0.1 < factor < 10 else 1.0


def round_scale(bounds: Sequence[float], width: float, height: float, ground: float = 1.0) -> float:
    """Return the N of the largest round scale 1 : N at which bounds (metres) fit a frame (mm)."""
    west, south, east, north = bounds
    needed = 1000 * ground * max((east - west) / width, (north - south) / height, 1e-6)
    power = 10.0 ** math.floor(math.log10(needed))
    return next(s * p for p in (power, 10 * power) for s in STEPS if s * p >= needed * (1 - 1e-9))


def sheet_of(bounds: Sequence[float], width: float, height: float, scale: float, ground: float) -> PaperSheet:
    """Return a sheet with the bounds in its middle."""
    west, south, east, north = bounds
    per_mm = scale / 1000 / ground
    return PaperSheet(
        (west + east) / 2 - width / 2 * per_mm, (south + north) / 2 + height / 2 * per_mm, per_mm, width, height
    )


def filled_sheet(
    bounds: Sequence[float],
    width: float,
    height: float,
    scale: float,
    ground: float,
    land: BaseGeometry,
    wanted: Sequence[tuple[float, float]] = (),
    slack: float = 0.0,
) -> PaperSheet:
    """Return the sheet with the bounds on it that shows as little as possible of what is not on the map.

    A part at the edge of a town leaves half of its sheet white where it lies in the middle; the sheet moves over the land as far as
    the bounds stay on it. Between alike ones the one with the bounds nearest its middle is taken.

    Parameters
    ----------
    bounds
        West, south, east, north in metres; the whole of it stays on the sheet.
    width, height
        Of the frame, mm.
    scale, ground
        The N of 1 : N, and true metres of one metre of the projection.
    land
        What has something to show.
    wanted
        Places that are shown where there is room, metres.
    slack
        Metres at the edge of the bounds that may lie outside where more of these places are seen so.
    """
    west, south, east, north = bounds
    middle = sheet_of(bounds, width, height, scale, ground)
    per_mm = middle.per_mm
    wide, high = width * per_mm, height * per_mm
    spare_x, spare_y = max(wide - (east - west), 0.0) / 2, max(high - (north - south), 0.0) / 2
    outline, sign = shapely.simplify(land, per_mm), SIGN * per_mm
    steps = np.linspace(-1.0, 1.0, MOVES)
    best, most, found = -math.inf, 0, middle
    # the edge around the bounds is given up only where more of the wanted places are seen so
    for more in (0.0, slack) if slack and wanted else (0.0,):
        least = most + 1 if more else 0
        for dx in steps:
            for dy in steps:
                left, top = middle.west + dx * (spare_x + more), middle.north + dy * (spare_y + more)
                shown = shapely.clip_by_rect(outline, left, top - high, left + wide, top).area / (wide * high)
                seen = sum(
                    left + sign <= x <= left + wide - sign and top - high + sign <= y <= top - sign for x, y in wanted
                )
                score = shown + 0.3 * seen / max(len(wanted), 1) - 0.02 * math.hypot(dx, dy)
                if seen >= least and score > best + 1e-9:
                    best, most, found = score, seen, PaperSheet(left, top, per_mm, width, height)
        if most == len(wanted):
            break
    return found


def paper_frame(bounds: Sequence[float], frames: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the frame (width and height, mm) in which bounds are largest, of alike ones the first."""
    return min(frames, key=lambda f: round_scale(bounds, *f))
