"""The pack's maps: drawings at an exact scale, as SVG, safe in black and white.

A map is made in millimetres of paper. Beats that touch differ in fill and in pattern, so that a photocopy still tells them apart; labels have
a white halo and never lie on one another.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Proj, Transformer
from shapely.geometry.base import BaseGeometry

from beatplanner.data.colours import beat_colours, beat_numbers
from beatplanner.data.formats import geometry
from beatplanner.data.formats.frames import crs_of, each_row
from beatplanner.data.publish.public.map_labels import box_of, placed
from beatplanner.data.publish.public.map_margin import grid
from beatplanner.data.publish.public.plan import PublicPlan

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
# Millimetres from the middle of a forum's sign to its ring, which goes around a station's sign.
RING = 2.9


@dataclass(frozen=True)
class Drawing:
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
    """

    svg: str
    width: float
    height: float
    scale: float
    listed: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    step: float = 0.0


@dataclass
class _Sheet:
    """A frame of paper over the ground, and what is drawn on it."""

    west: float
    north: float
    per_mm: float
    width: float
    height: float
    parts: list[str] = field(default_factory=list)
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    def mm(self, coordinates: np.ndarray) -> np.ndarray:
        return (coordinates - [self.west, self.north]) * [1.0, -1.0] / self.per_mm

    def path(self, shape: shapely.Geometry) -> str:
        """Return the path of lines or polygons, in millimetres."""
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
        text = []
        for points, closed in rings:
            at = np.round(self.mm(points), 2)
            text.append("M" + "L".join(f"{x:g} {y:g}" for x, y in at) + ("Z" if closed else ""))
        return "".join(text)

    def draw(
        self, shape: shapely.Geometry, *, fill: str = "none", line: str = "none", width: float = 0.2, dash: str = ""
    ) -> None:
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
        half, tall = 0.31 * size * len(text) * (1.08 if bold else 1.0), 0.62 * size
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
            inside = box[0] >= 0 and box[1] >= 0 and box[2] <= self.width and box[3] <= self.height
            free = all(box[2] < t[0] or box[0] > t[2] or box[3] < t[1] or box[1] > t[3] for t in self.taken)
            if inside and free:
                x, y = left, top
                self.taken.append((x - wide, y - high, x + wide, y + high))
                self.write(text, x, y, size, bold=bold, colour=colour, turn=turn)
                return True
        return False

    def write(
        self, text: str, x: float, y: float, size: float, *, bold: bool = False, colour: str = DARK, turn: float = 0.0
    ) -> None:
        """Write a text around a place, with a halo."""
        rotate = f' transform="rotate({turn:.1f} {x:.2f} {y:.2f})"' if turn else ""
        weight = ' font-weight="bold"' if bold else ""
        same = f'x="{x:.2f}" y="{y + 0.36 * size:.2f}" font-size="{size}" font-family="{FONT}"{weight} text-anchor="middle"{rotate}'
        self.parts.append(
            f'<text {same} fill="none" stroke="#fff" stroke-width="{0.28 * size:.2f}" stroke-linejoin="round">{escape(text)}</text>'
        )
        self.parts.append(f'<text {same} fill="{colour}">{escape(text)}</text>')

    def svg(self, clip: bool = True) -> str:
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


def _sheet(bounds: Sequence[float], width: float, height: float, scale: float, ground: float) -> _Sheet:
    """Return a sheet with the bounds in its middle."""
    west, south, east, north = bounds
    per_mm = scale / 1000 / ground
    return _Sheet(
        (west + east) / 2 - width / 2 * per_mm, (south + north) / 2 + height / 2 * per_mm, per_mm, width, height
    )


def fills_of(shapes: gpd.GeoDataFrame) -> dict[str, tuple[str, int]]:
    """Return the colour of each beat, and the number of its pattern."""
    numbers = beat_numbers(shapes)
    return {beat: (colour, numbers[beat]) for beat, colour in beat_colours(shapes).items()}


def draw_town(
    plan: PublicPlan,
    areas: gpd.GeoDataFrame,
    labels: dict[str, str],
    *,
    width: float,
    height: float,
    streets: gpd.GeoDataFrame | None = None,
    waters: gpd.GeoSeries | None = None,
    today: gpd.GeoDataFrame | None = None,
    stations: bool = True,
    names: Mapping[str, str] | None = None,
) -> Drawing:
    """Draw the whole town.

    Parameters
    ----------
    plan
        The plan.
    areas
        Today's or the new beats: ``beat`` and polygons.
    labels
        What is written in each.
    width, height
        Of the frame, mm.
    streets, waters
        Drawn thin below the borders.
    today
        Older lines, drawn dashed.
    stations
        Whether stations are drawn.
    names
        What each station is called.
    """
    bounds = plan.units.total_bounds
    ground = ground_per_map_metre(crs_of(plan.units), (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
    pad = 0.01 * max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    bounds = (bounds[0] - pad, bounds[1] - pad, bounds[2] + pad, bounds[3] + pad)
    scale = round_scale(bounds, width, height, ground)
    sheet = _sheet(bounds, width, height, scale, ground)
    fills = fills_of(areas)
    for beat, shape in zip(areas["beat"].astype(str), areas.geometry, strict=True):
        _fill(sheet, shape, *fills[beat])
    _ground(sheet, streets, waters, 0.12)
    _lines(sheet, shapely.get_parts(shapely.boundary(plan.units.geometry.to_numpy())), LIGHT, 0.08)
    if today is not None:
        _lines(sheet, shapely.boundary(today.geometry.to_numpy()), "#fff", 0.9)
        _lines(sheet, shapely.boundary(today.geometry.to_numpy()), DARK, 0.35, "1.6 1.2")
    for shape in areas.geometry:
        sheet.draw(shape, line=DARK, width=0.6)
    if stations:
        _stations(sheet, plan, size=2.6)
    size = 3.2 if len(areas) <= 60 else 2.2
    listed = _names(sheet, areas, labels, size)
    if stations and names is not None:
        _stations(sheet, plan, size=2.6, names=names, signs=False)
    return _finished(sheet, scale, listed)


def _finished(sheet: _Sheet, scale: float, listed: Sequence[str] = ()) -> Drawing:
    """Return the drawing of a sheet with its grid."""
    parts, numbers, step = grid(sheet.west, sheet.north, sheet.per_mm, sheet.width, sheet.height)
    sheet.parts += parts
    return Drawing(sheet.svg(), sheet.width, sheet.height, scale, tuple(listed), tuple(numbers), step)


def frame_of(bounds: Sequence[float], frames: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the frame (width and height, mm) in which bounds are largest, of alike ones the first."""
    return min(frames, key=lambda f: round_scale(bounds, *f))


def draw_beat(
    plan: PublicPlan,
    beat: str,
    *,
    width: float,
    height: float,
    streets: gpd.GeoDataFrame | None,
    waters: gpd.GeoSeries | None,
    names: dict[str, str],
    venue: tuple[float, float] | None = None,
    stations: Mapping[str, str] | None = None,
) -> Drawing:
    """Draw one beat with its streets, places, station and venue, and what lies around it.

    Parameters
    ----------
    plan
        The plan.
    beat
        Its id.
    width, height
        Of the frame, mm.
    streets
        Lines with ``name``.
    waters
        Rivers and other barriers.
    names
        Name of each beat.
    venue
        Where its forum meets, metres.
    stations
        What each station is called; they have no names where none are given.
    """
    beats = plan.beats
    ids = beats["beat"].astype(str)
    shape: BaseGeometry = beats.geometry[(ids == beat).to_numpy()].to_numpy()[0]
    west, south, east, north = shape.bounds
    pad = 0.04 * max(east - west, north - south, 100.0)
    bounds = (west - pad, south - pad, east + pad, north + pad)
    ground = ground_per_map_metre(crs_of(plan.units), (west + east) / 2, (south + north) / 2)
    scale = round_scale(bounds, width, height, ground)
    sheet = _sheet(bounds, width, height, scale, ground)
    frame = shapely.box(sheet.west, sheet.north - height * sheet.per_mm, sheet.west + width * sheet.per_mm, sheet.north)
    around = shapely.intersects(beats.geometry.to_numpy(), frame)
    for other in beats.geometry.to_numpy()[around]:
        sheet.draw(other, fill="#f1f1ee")
    sheet.draw(shape, fill="#fdf3d0")
    near = (
        None if streets is None else gpd.GeoDataFrame(streets[shapely.intersects(streets.geometry.to_numpy(), frame)])
    )
    seen = None if waters is None else gpd.GeoSeries(waters[shapely.intersects(waters.to_numpy(), frame)])
    _ground(sheet, near, seen, 0.3)
    own = plan.units[plan.units["beat"].astype(str) == beat]
    _lines(sheet, shapely.boundary(own.geometry.to_numpy()), GREY, 0.1, "0.6 0.6")
    for other in beats.geometry.to_numpy()[around]:
        sheet.draw(other, line=GREY, width=0.4)
    sheet.draw(shape, line=DARK, width=1.1)
    if venue is not None and all(math.isfinite(v) for v in venue):
        # a forum often meets in a station: the ring is drawn first, and wide enough to stand around the station's sign
        x, y = sheet.mm(np.array([venue]))[0]
        sheet.parts.append(
            f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{RING}" fill="#fff" stroke="{DARK}" stroke-width="0.5"/><circle cx="{x:.2f}" cy="{y:.2f}" r="0.8" fill="{DARK}"/>'
        )
        sheet.taken.append((x - RING, y - RING, x + RING, y + RING))
    _stations(sheet, plan, size=3.6, names=stations)
    inner = shapely.get_coordinates(shapely.point_on_surface(own.geometry.to_numpy()))
    order = np.argsort(-shapely.area(own.geometry.to_numpy()), kind="stable")
    for i in order:
        x, y = sheet.mm(inner[[i]])[0]
        sheet.label(str(own["name"].iloc[i]), x, y, 2.6, bold=True)
    if near is not None:
        _street_names(sheet, near, shape)
    for other_id, other in zip(ids[around], beats.geometry.to_numpy()[around], strict=True):
        part = geometry.intersection(other, frame)
        if other_id != beat and part.area > 0.01 * frame.area:
            x, y = sheet.mm(shapely.get_coordinates(shapely.point_on_surface(part)))[0]
            sheet.label(names.get(other_id, other_id), x, y, 2.8, colour="#4d4d4d")
    return _finished(sheet, scale)


def _fill(sheet: _Sheet, shape: shapely.Geometry, colour: str, number: int) -> None:
    sheet.draw(shape, fill=colour)
    if PATTERNS[number]:
        sheet.draw(shape, fill=f"url(#p{number})")


def _lines(sheet: _Sheet, shapes: Iterable[BaseGeometry | None], colour: str, width: float, dash: str = "") -> None:
    shapes = [s for s in shapes if s is not None and not s.is_empty]
    if shapes:
        sheet.draw(
            geometry.union(shapely.get_parts(np.array(shapes, dtype=object))), line=colour, width=width, dash=dash
        )


def _ground(sheet: _Sheet, streets: gpd.GeoDataFrame | None, waters: gpd.GeoSeries | None, width: float) -> None:
    if waters is not None and len(waters):
        sheet.draw(geometry.union(waters.to_numpy()), line=WATER, width=4 * width)
    if streets is not None and len(streets):
        lines = shapely.MultiLineString(list(shapely.get_parts(streets.geometry.to_numpy())))
        sheet.draw(lines, line="#8c8c8c", width=width)


def _stations(
    sheet: _Sheet, plan: PublicPlan, size: float, names: Mapping[str, str] | None = None, signs: bool = True
) -> None:
    """Draw stations: a filled square where one is today, a filled diamond for a new one, so that grey tells them apart."""
    if plan.stations is None:
        return
    for s in each_row(plan.stations):
        x, y = sheet.mm(np.array([[s.geometry.x, s.geometry.y]]))[0]
        if not (0 <= x <= sheet.width and 0 <= y <= sheet.height):
            continue
        r = size / 2
        d = (
            f"M{x - r:.2f} {y - r:.2f}h{size}v{size}h-{size}Z"
            if s.existing
            else f"M{x:.2f} {y - 1.3 * r:.2f}l{1.3 * r:.2f} {1.3 * r:.2f}l-{1.3 * r:.2f} {1.3 * r:.2f}l-{1.3 * r:.2f} -{1.3 * r:.2f}Z"
        )
        if signs:
            sheet.parts.append(
                f'<path d="{d}" fill="{ACCENT if s.existing else OPENED}" stroke="#fff" stroke-width="0.5"/>'
            )
            sheet.taken.append((x - 1.3 * r, y - 1.3 * r, x + 1.3 * r, y + 1.3 * r))
        if names is not None:
            sheet.label(names[str(s.station)], x, y, 2.4, colour=ACCENT if s.existing else OPENED, above=True)


def _names(sheet: _Sheet, areas: gpd.GeoDataFrame, labels: Mapping[str, str], size: float) -> list[str]:
    """Write the name of each area where it hides nothing, or its number, or a number at the end of a line; return what is not written in full."""
    shapes = []
    for shape in areas.geometry:
        largest = max(shapely.get_parts(shape), key=lambda p: p.area)
        shapes.append(shapely.transform(largest, sheet.mm))
    middles = np.array([shapely.get_coordinates(shapely.maximum_inscribed_circle(s))[0] for s in shapes])
    ids = [str(b) for b in areas["beat"]]
    found = placed(shapes, middles, [(labels[b], b) for b in ids], size, sheet.taken, sheet.width, sheet.height)
    listed = []
    for beat, middle, at in zip(ids, middles, found, strict=True):
        if at is None or at[0] != labels[beat]:
            listed.append(labels[beat])
        if at is None:
            continue
        text, x, y, line = at
        if line:
            sheet.parts.append(
                f'<path d="M{middle[0]:.2f} {middle[1]:.2f}L{x:.2f} {y:.2f}" stroke="{DARK}" stroke-width="0.2"/>'
                f'<circle cx="{middle[0]:.2f}" cy="{middle[1]:.2f}" r="0.5" fill="{DARK}"/>'
            )
        sheet.write(text, x, y, size, bold=True)
        sheet.taken.append(box_of(text, x, y, size, bold=True))
    return listed


def _street_names(sheet: _Sheet, streets: gpd.GeoDataFrame, shape: shapely.Geometry) -> None:
    named = streets[streets["name"].notna()]
    if named.empty:
        return
    cut = geometry.intersection(named.geometry.to_numpy(), shape)
    length = shapely.length(cut)
    done: set[str] = set()
    for i in np.argsort(-length, kind="stable"):
        name = str(named["name"].iloc[i])
        if name in done or length[i] / sheet.per_mm < 1.2 * len(name):
            continue
        part = max(shapely.get_parts(cut[i]), key=lambda p: p.length)
        for share in (0.5, 0.3, 0.7):
            a, b, c = (
                np.array(shapely.line_interpolate_point(part, np.clip(share + d, 0, 1), normalized=True).coords[0])
                for d in (-0.08, 0.0, 0.08)
            )
            dx, dy = (c - a) * [1, -1]
            turn = math.degrees(math.atan2(dy, dx))
            turn = turn - 180 if turn > 90 else turn + 180 if turn < -90 else turn
            x, y = sheet.mm(b[None])[0]
            if sheet.label(name, x, y, 2.0, colour="#3d3d3d", turn=turn if abs(turn) > 0.5 else 0.6):
                done.add(name)
                break
