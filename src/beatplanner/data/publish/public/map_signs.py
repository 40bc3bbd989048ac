"""What is drawn and named on a sheet: fills, rivers, stations, names of beats, places, stations and streets, none on another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from beatplanner.data.formats import geometry
from beatplanner.data.formats.frames import each_row
from beatplanner.data.publish.public.map_labels import (
    WHOLE,
    Box,
    Named,
    beside_points,
    box_of,
    is_free,
    line_boxes,
    placed,
)
from beatplanner.data.publish.public.map_sheet import ACCENT, DARK, OPENED, PATTERNS, WATER, PaperSheet

# So much of a place's name lies in the place itself: it may reach over the thin border of an area, as on any map of a town.
PLACE_OWN = 0.35
# A river is told from the border above it by standing out so far on both sides of it, mm; shorter stretches (mm) are crossings.
RIVER_EDGE, RIVER_LEAST = 0.45, 3.0
# Letters of a station's name, mm: read at arm's length on any pattern.
STATION_NAME = 2.7
# Lines of the border of a sector and of a command, one over the other: colour and mm.
GROUP_LINES = {"sector": ((DARK, 1.3),), "command": ((DARK, 2.4), ("#fff", 1.0))}
# Square millimetres of a beat that a sheet shows a part of, from which on the part is named.
LEAST_PIECE = 40.0


def mark_part(sheet: PaperSheet, box: Box, letter: str) -> None:
    """Mark a part that has a sheet of its own, with the letter of that sheet."""
    (left, top), (right, bottom) = sheet.mm(np.array([[box[0], box[3]], [box[2], box[1]]]))
    size = 3.4
    edge = 0.5
    # no name lies on the line around the part
    frame = [
        (left - edge, top - edge, right + edge, top + edge),
        (left - edge, bottom - edge, right + edge, bottom + edge),
        (left - edge, top, left + edge, bottom),
        (right - edge, top, right + edge, bottom),
    ]
    sheet.taken += frame
    sheet.frames += frame
    corners = [(left, top - 3.2), (right, top - 3.2), (left, bottom + 3.2), (right, bottom + 3.2)]
    corners += [(left + 2.6, top + 3.2), (right - 2.6, top + 3.2)]
    sheet.parts.append(
        f'<rect x="{left:.2f}" y="{top:.2f}" width="{right - left:.2f}" height="{bottom - top:.2f}" fill="none" stroke="{OPENED}" stroke-width="0.5"/>'
    )
    sheet.shown.add("larger")
    for x, y in corners:
        found = box_of(letter, x, y, size, bold=True)
        if is_free(found, sheet.taken, sheet.width, sheet.height):
            sheet.write(letter, x, y, size, bold=True, colour=OPENED)
            sheet.taken.append(found)
            return
    sheet.write(letter, *corners[0], size, bold=True, colour=OPENED)


def _on_sheet(shape: shapely.Geometry, sheet: PaperSheet) -> BaseGeometry:
    """Return the largest part of a shape, in millimetres of the sheet."""
    largest: BaseGeometry = max(shapely.get_parts(shape), key=lambda p: p.area)
    return shapely.transform(largest, sheet.mm)


def place_names(sheet: PaperSheet, own: gpd.GeoDataFrame, numbered: bool) -> list[tuple[int, str]]:
    """Write the names of a beat's places, or their numbers where a name has no room; return these numbers with the names."""
    names = [str(n) for n in own["name"]]
    shapes = [_on_sheet(s, sheet) for s in own.geometry]
    middles = np.array([shapely.get_coordinates(shapely.point_on_surface(s))[0] for s in shapes])
    # the widest number keeps the room: which one it is depends on what else has none
    texts = [(n, "88" if numbered else None) for n in names]
    beat = shapely.union_all([shapely.transform(s, sheet.mm) for s in own.geometry])
    found = placed(shapes, middles, texts, 2.6, sheet.taken, sheet.width, sheet.height, PLACE_OWN, beat)
    listed: list[tuple[int, str]] = []
    for name, at in zip(names, found, strict=True):
        if at is None:
            continue
        text, x, y, end = at
        if text.replace("\n", " ") != name:
            listed.append((len(listed) + 1, name))
            text = str(len(listed))
        _write_placed(sheet, (text, x, y, end), 2.6)
    return listed


def neighbour_names(sheet: PaperSheet, parts: Sequence[BaseGeometry], texts: Sequence[tuple[str, str]]) -> None:
    """Write the names of the beats around one, in full or short, each inside its own lines; what has no room is left out."""
    size = 2.8
    shapes = [_on_sheet(p, sheet) for p in parts]
    middles = np.array([shapely.get_coordinates(shapely.point_on_surface(s))[0] for s in shapes])
    used = list(sheet.taken)
    for shape, middle, forms in zip(shapes, middles, texts, strict=True):
        for text in forms:
            at = placed([shape], middle[None, :], [(text, None)], size, used, sheet.width, sheet.height, WHOLE)[0]
            if at is not None:
                sheet.write(at[0], at[1], at[2], size, colour="#4d4d4d")
                used.append(box_of(at[0], at[1], at[2], size, bold=True))
                break
    sheet.taken[:] = used


def river_under(sheet: PaperSheet, waters: gpd.GeoSeries | None, borders: Iterable[BaseGeometry], width: float) -> None:
    """Draw a river wider where a border of so many mm runs along it, so that both are seen."""
    if waters is None or not len(waters):
        return
    river = geometry.intersection(geometry.union(waters.to_numpy()), sheet.frame)
    near = shapely.buffer(shapely.boundary(np.array(list(borders), dtype=object)), width * sheet.per_mm)
    along = [p for p in shapely.get_parts(geometry.intersection(river, geometry.union(near))) if "Line" in p.geom_type]
    merged: Iterable[BaseGeometry] = (
        shapely.get_parts(shapely.line_merge(shapely.multilinestrings(along))) if along else []
    )
    stretches = [p for p in merged if p.length >= RIVER_LEAST * sheet.per_mm]
    for stretch in stretches:
        sheet.draw(stretch, line=WATER, width=width + 2 * RIVER_EDGE)
    if stretches:
        sheet.shown.add("river_border")


def draw_fill(sheet: PaperSheet, shape: shapely.Geometry, colour: str, number: int) -> None:
    """Fill a beat with its colour and its pattern."""
    sheet.draw(shape, fill=colour)
    if PATTERNS[number]:
        sheet.draw(shape, fill=f"url(#p{number})")


def draw_lines(
    sheet: PaperSheet, shapes: Iterable[BaseGeometry | None], colour: str, width: float, dash: str = ""
) -> None:
    """Draw lines as one, so that those that lie on each other are drawn once."""
    shapes = [s for s in shapes if s is not None and not s.is_empty]
    if shapes:
        sheet.draw(
            geometry.union(shapely.get_parts(np.array(shapes, dtype=object))), line=colour, width=width, dash=dash
        )


def draw_ground(
    sheet: PaperSheet, streets: gpd.GeoDataFrame | None, waters: gpd.GeoSeries | None, width: float
) -> None:
    """Draw rivers and streets."""
    if waters is not None and len(waters):
        sheet.draw(geometry.union(waters.to_numpy()), line=WATER, width=4 * width)
        if waters.intersects(sheet.frame).any():
            sheet.shown.add("water")
    if streets is not None and len(streets):
        lines = shapely.MultiLineString(list(shapely.get_parts(streets.geometry.to_numpy())))
        sheet.draw(lines, line="#8c8c8c", width=width)
        sheet.shown.add("street")


def draw_stations(sheet: PaperSheet, stations: gpd.GeoDataFrame | None, size: float) -> None:
    """Draw stations: a filled square where one is today, with a white cross where it closes, a filled diamond for a new one, so that grey tells them apart."""
    for s, x, y in _stations_there(sheet, stations, size):
        r = size / 2
        closes = bool(getattr(s, "closes", False))
        d = (
            f"M{x - r:.2f} {y - r:.2f}h{size}v{size}h-{size}Z"
            if s.existing
            else f"M{x:.2f} {y - 1.3 * r:.2f}l{1.3 * r:.2f} {1.3 * r:.2f}l-{1.3 * r:.2f} {1.3 * r:.2f}l-{1.3 * r:.2f} -{1.3 * r:.2f}Z"
        )
        sheet.parts.append(
            f'<path d="{d}" fill="{ACCENT if s.existing else OPENED}" stroke="#fff" stroke-width="0.5"/>'
        )
        if closes:
            i = 0.6 * r
            sheet.parts.append(
                f'<path d="M{x - i:.2f} {y - i:.2f}l{2 * i:.2f} {2 * i:.2f}m0 {-2 * i:.2f}l{-2 * i:.2f} {2 * i:.2f}" fill="none" stroke="#fff" stroke-width="0.45"/>'
            )
        sheet.hold_sign(x, y, 1.3 * r)
        sheet.shown.add("closes" if closes else "today" if s.existing else "new")


def _stations_there(
    sheet: PaperSheet, stations: gpd.GeoDataFrame | None, size: float
) -> Iterable[tuple[Any, float, float]]:
    """Yield the stations whose sign lies whole in the frame, each with its place in mm."""
    for s in () if stations is None else each_row(stations):
        x, y = sheet.mm(np.array([[s.geometry.x, s.geometry.y]]))[0]
        if sheet.holds(float(x), float(y), 0.65 * size):
            yield s, float(x), float(y)


def write_station_names(
    sheet: PaperSheet,
    stations: gpd.GeoDataFrame | None,
    names: Mapping[str, str],
    size: float,
    borders: BaseGeometry | None = None,
    home: BaseGeometry | None = None,
    *,
    lines: bool = True,
) -> tuple[list[str], list[Box]]:
    """Write the names of stations where they hide nothing, borders (mm) only where there is no other room; return those that have no room, and their places (metres); `home` and `lines` as for `names_beside`."""
    drawn = list(_stations_there(sheet, stations, size))
    there = [s for s in drawn if str(s[0].station) in names]
    others = [(x, y) for s, x, y in drawn if str(s.station) not in names]
    there.sort(key=lambda s: not s[0].existing)
    texts = [names[str(s.station)] for s, *_ in there]
    colours = [ACCENT if s.existing else OPENED for s, *_ in there]
    missing = names_beside(
        sheet,
        [(x, y) for _, x, y in there],
        texts,
        STATION_NAME,
        0.65 * size,
        colours,
        borders,
        home,
        others,
        lines=lines,
    )
    boxes = [cast(Box, tuple(map(float, there[k][0].geometry.bounds))) for k in missing]
    return [texts[k] for k in missing], boxes


def borders_on(sheet: PaperSheet, areas: Sequence[BaseGeometry] | np.ndarray) -> BaseGeometry:
    """Return the borders of areas as they lie on a sheet, mm."""
    lines = shapely.boundary(np.array(areas, dtype=object))
    cut = geometry.intersection(lines, sheet.frame) if len(lines) else lines
    return shapely.transform(shapely.union_all(cut), sheet.mm)


def names_beside(
    sheet: PaperSheet,
    points: Sequence[tuple[float, float]],
    texts: Sequence[str],
    size: float,
    reach: float,
    colours: Sequence[str],
    borders: BaseGeometry | None = None,
    home: BaseGeometry | None = None,
    others: Sequence[tuple[float, float]] = (),
    *,
    lines: bool = True,
) -> list[int]:
    """Write names beside symbols, within the beat `home` (metres) for those that lie in it, nearer than to the symbols `others` (mm), and at the end of a line where `lines` may be drawn; return the positions of those that had no room."""
    area = None if home is None else shapely.transform(home, sheet.mm)
    frame = sheet.width, sheet.height
    found = beside_points(
        points, texts, size, reach, sheet.taken, *frame, borders, sheet.frames, area, others, lines=lines
    )
    missing: list[int] = []
    for k, (at, point, colour) in enumerate(zip(found, points, colours, strict=True)):
        if at is None:
            missing.append(k)
            continue
        text, x, y, line = at
        if line:
            sheet.parts.append(
                f'<path d="M{point[0]:.2f} {point[1]:.2f}L{x:.2f} {y:.2f}" stroke="{colour}" stroke-width="0.2"/>'
            )
        sheet.write(text, x, y, size, colour=colour, plate=True)
        sheet.taken.append(box_of(text, x, y, size))
        if line:
            sheet.taken += line_boxes(*point, sheet.taken[-1])
    return missing


def area_names(
    sheet: PaperSheet, areas: gpd.GeoDataFrame, labels: Mapping[str, str], size: float
) -> tuple[list[str], list[Box]]:
    """Write the name of each area where it hides nothing, or its number, or a number at the end of a line.

    Returns
    -------
    tuple
        The names that are not written in full, and the boxes of their areas (metres).
    """
    shapes: list[shapely.Polygon] = []
    ids: list[str] = []
    boxes: list[Box] = []
    frame = sheet.frame
    for beat, shape in zip(areas["beat"].astype(str), areas.geometry, strict=True):
        parts = [p for p in shapely.get_parts(geometry.intersection(shape, frame)) if p.geom_type == "Polygon"]
        largest = shapely.transform(max(parts, key=lambda p: p.area), sheet.mm) if parts else None
        # of a beat that lies elsewhere a sliver at the edge of the sheet needs no name
        if largest is not None and (largest.area >= LEAST_PIECE or frame.contains(shape)):
            shapes.append(largest)
            ids.append(beat)
            boxes.append(cast(Box, tuple(map(float, shape.bounds))))
    middles = np.array([shapely.get_coordinates(shapely.maximum_inscribed_circle(s))[0] for s in shapes])
    found = placed(shapes, middles, [(labels[b], b) for b in ids], size, sheet.taken, sheet.width, sheet.height)
    listed: list[tuple[tuple[bool, int, str], str]] = []
    cramped: list[Box] = []
    for beat, at, box in zip(ids, found, boxes, strict=True):
        if at is None or at[0].replace("\n", " ") != labels[beat]:
            number = beat.isdecimal()
            listed.append(((not number, int(beat) if number else 0, beat), labels[beat]))
            cramped.append(box)
        if at is not None:
            _write_placed(sheet, at, size)
    return [name for _, name in sorted(listed)], cramped


def draw_groups(sheet: PaperSheet, groups: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Draw the borders of sectors as thick lines, and those of commands as double ones, so that grey tells them apart; one alone has none."""
    for level, lines in GROUP_LINES.items():
        there = groups.get(level)
        if there is not None and len(there) > 1:
            borders = shapely.boundary(there.geometry.to_numpy())
            for colour, width in lines:
                draw_lines(sheet, borders, colour, width)
            sheet.shown.add(level)


def group_names(sheet: PaperSheet, groups: Mapping[str, gpd.GeoDataFrame], size: float) -> None:
    """Write the id of each sector and command on a plate in its area, where that hides nothing; a page of the pack tells which beats are in it."""
    for level in GROUP_LINES:
        there = groups.get(level)
        if there is None or len(there) < 2:
            continue
        seen = zip(there["group"], there.geometry, strict=True)
        cut = [(str(group), geometry.intersection(shape, sheet.frame)) for group, shape in seen]
        named = [(group, _on_sheet(shape, sheet)) for group, shape in cut if shape.area > 0]
        shapes = [shape for _, shape in named]
        middles = np.array([shapely.get_coordinates(shapely.point_on_surface(s))[0] for s in shapes]).reshape(-1, 2)
        texts = [(group, None) for group, _ in named]
        found = placed(shapes, middles, texts, size, sheet.taken, sheet.width, sheet.height, WHOLE)
        for at in found:
            if at is not None:
                sheet.write(at[0], at[1], at[2], size, bold=True, colour=ACCENT, plate=True)
                sheet.taken.append(box_of(at[0], at[1], at[2], size, bold=True))


def _write_placed(sheet: PaperSheet, at: Named, size: float) -> None:
    """Write a name of an area where it was placed, with the line to its area where there is one."""
    text, x, y, end = at
    if end is not None:
        sheet.parts.append(
            f'<path d="M{end[0]:.2f} {end[1]:.2f}L{x:.2f} {y:.2f}" stroke="{DARK}" stroke-width="0.2"/>'
            f'<circle cx="{end[0]:.2f}" cy="{end[1]:.2f}" r="0.5" fill="{DARK}"/>'
        )
    sheet.write(text, x, y, size, bold=True)
    sheet.taken.append(box_of(text, x, y, size, bold=True))
    if end is not None:
        sheet.taken += line_boxes(*end, sheet.taken[-1])


def write_street_names(sheet: PaperSheet, streets: gpd.GeoDataFrame, shape: shapely.Geometry) -> None:
    """Write the names of streets along them inside a beat, the longest first, each once."""
    named = streets[streets["name"].notna()]
    if named.empty:
        return
    cut = geometry.intersection(named.geometry.to_numpy(), shape)
    length = shapely.length(cut)
    done: set[str] = set()
    edge = shapely.boundary(shape)
    names = [str(name) for name in named["name"]]
    shortest = min(map(len, names))
    for i in np.argsort(-length, kind="stable"):
        name = names[int(i)]
        # most streets of a town have no part on this sheet, or too little for any name
        if length[i] / sheet.per_mm < 1.2 * shortest:
            break
        if name in done or length[i] / sheet.per_mm < 1.2 * len(name):
            continue
        part: BaseGeometry = max(shapely.get_parts(cut[i]), key=lambda p: p.length)
        for share in (0.5, 0.3, 0.7):
            a, b, c = (
                np.array(shapely.line_interpolate_point(part, min(max(share + d, 0.0), 1.0), normalized=True).coords[0])
                for d in (-0.08, 0.0, 0.08)
            )
            dx, dy = (c - a) * [1, -1]
            turn = math.degrees(math.atan2(dy, dx))
            turn = turn - 180 if turn > 90 else turn + 180 if turn < -90 else turn
            normal = np.array([-(c - a)[1], (c - a)[0]]) / max(float(np.hypot(*(c - a))), 1e-9)
            if shapely.distance(shapely.Point(b), edge) < 1.2 * sheet.per_mm:
                # the name of a street on the border stands inside, and does not hide the border
                inner = [p for k in (1, -1) if shapely.contains_xy(shape, *(p := b + k * 2.4 * sheet.per_mm * normal))]
                b = inner[0] if inner else b
            x, y = sheet.mm(b[None])[0]
            if sheet.label(name, x, y, 2.0, colour="#3d3d3d", turn=turn if abs(turn) > 0.5 else 0.6):
                done.add(name)
                break
