"""Names on the map: of beats, stations, units and streets, each where it collides with nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import shapely
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QTransform

from beatplanner.ui.desktop.map.map_content import MapContent
from beatplanner.ui.desktop.map.view import View, round_pen

if TYPE_CHECKING:
    from beatplanner.data.town.street_names import Streets

# Streets whose names are tried in one picture, how far apart the same name stands again, in its own lengths, and how straight a street must
# be below it: the direct way over the way along.
MOST_STREETS, AGAIN, STRAIGHT = 500, 6.0, 0.97
STREET, STREET_DARK = "#4a4038", "#cfc8bf"


def beat_names(content: MapContent) -> list[tuple[str, float, float]]:
    """Return the names of beats and where they stand, those of large beats first."""
    size = [0.0 if s is None else float(shapely.area(s)) for s in content.shapes]
    found = []
    for k in np.argsort(-np.array(size), kind="stable") if size else []:
        at = content.anchor(int(k))
        if at is not None:
            found.append((content.beat_name(int(k)), *at))
    return found


def draw_names(
    painter: QPainter,
    view: View,
    names: list[tuple[str, float, float]],
    taken: list[QRectF],
    size: float,
    *,
    bold: bool = False,
    below: bool = False,
    written: list[tuple[QPainterPath, QRectF]] | None = None,
) -> None:
    """Write names where they collide with nothing: in place, else a little above, below or beside; else not at all. `written` takes their letters."""
    font = QFont(painter.font())
    font.setPixelSize(max(6, round(size * view.dot)))
    font.setBold(bold)
    metrics = QFontMetricsF(font)
    frame = QRectF(0, 0, view.width, view.height)
    for text, x, y in names:
        at = view.pixel(x, y)
        wide, high = metrics.horizontalAdvance(text), metrics.height()
        gap = 9.0 * view.dot
        places = [(0.0, 0.0), (0.0, -high), (0.0, high), (wide / 2 + gap, 0.0), (-wide / 2 - gap, 0.0)]
        if below:
            places = [(0.0, high / 2 + gap), (0.0, -high / 2 - gap), (wide / 2 + gap, 0.0), (-wide / 2 - gap, 0.0)]
        for dx, dy in places:
            box = QRectF(at.x() + dx - wide / 2, at.y() + dy - high / 2, wide, high)
            if frame.contains(box) and not any(box.intersects(other) for other in taken):
                break
        else:
            continue
        taken.append(box.adjusted(-3 * view.dot, -view.dot, 3 * view.dot, view.dot))
        letters = QPainterPath()
        letters.addText(QPointF(box.left(), box.top() + metrics.ascent()), font, text)
        _write(painter, view, letters)
        if written is not None:
            written.append((letters, box))


def _write(painter: QPainter, view: View, letters: QPainterPath) -> None:
    painter.setPen(round_pen(view.paper if view.dark else "white", 3.5 * view.dot))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(letters)
    painter.fillPath(letters, QColor(view.ink))


def draw_outline(
    painter: QPainter, view: View, outline: QPainterPath, seen: View | None, written: list[tuple[QPainterPath, QRectF]]
) -> None:
    """Draw the outline of what is lit up over the map, and again the names that it would cross, so that each is read whole.

    Parameters
    ----------
    outline
        In pixels of `view`.
    seen, written
        The view of the picture below, and the names that stand in it.
    """
    for colour, width in (("white", 6.0), ("#d7191c", 3.0)):
        painter.setPen(round_pen(colour, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(outline)
    if seen is None:
        return
    west, _, _, north = seen.edges
    corner, stretch = view.pixel(west, north), view.scale / seen.scale
    place = QTransform.fromTranslate(corner.x(), corner.y()).scale(stretch, stretch)
    for letters, box in written:
        if outline.intersects(place.mapRect(box)):
            _write(painter, view, place.map(letters))


def draw_streets(painter: QPainter, view: View, streets: Streets, taken: list[QRectF], size: float) -> Iterator[None]:
    """Write names along the streets that are long enough for them and straight where they stand, the longest first; pauses now and then."""
    font = QFont(painter.font())
    font.setPixelSize(max(6, round(size * view.dot)))
    font.setItalic(True)
    metrics = QFontMetricsF(font)
    frame = QRectF(0, 0, view.width, view.height)
    boxes = streets.boxes
    west, south, east, north = view.window
    seen = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    # no name is shorter than this; what is shorter need not be looked at
    seen &= streets.lengths * view.scale > 3 * size * view.dot
    for number, k in enumerate(np.flatnonzero(seen)[:MOST_STREETS]):
        line: shapely.LineString = streets.lines[k]  # type: ignore[assignment]
        text, length = streets.names[k], float(streets.lengths[k])
        wide = metrics.horizontalAdvance(text)
        if length * view.scale < 1.1 * wide:
            continue
        half, count = wide / view.scale / 2, max(1, int(length * view.scale / (AGAIN * wide)))
        for middle in _stands(length, count, half):
            if _along(painter, view, font, metrics, text, line, middle, half, frame, taken) and count == 1:
                break
        if number % 40 == 39:
            yield
    yield


def _stands(length: float, count: int, half: float) -> list[float]:
    """Return where a name may stand, metres from the beginning of its street: in the middle of so many parts, or else a little aside."""
    if count > 1:
        return [length * (k + 0.5) / count for k in range(count)]
    return [m for m in (length / 2, length / 4, 3 * length / 4) if half <= m <= length - half]


def _along(
    painter: QPainter,
    view: View,
    font: QFont,
    metrics: QFontMetricsF,
    text: str,
    line: shapely.LineString,
    middle: float,
    half: float,
    frame: QRectF,
    taken: list[QRectF],
) -> bool:
    """Write a name along a street where it is straight there and the place is free; return whether it was written."""
    a, b = shapely.get_coordinates(shapely.line_interpolate_point(line, [middle - half, middle + half]))
    if np.hypot(*(b - a)) < 2 * half * STRAIGHT:
        return False
    if b[0] < a[0]:
        # a name is read from the left to the right
        a, b = b, a
    first, last = view.pixel(*a), view.pixel(*b)
    dx, dy = last.x() - first.x(), last.y() - first.y()
    angle = math.degrees(math.atan2(dy, dx))
    at = view.pixel(*shapely.get_coordinates(shapely.line_interpolate_point(line, middle))[0])
    wide, high = metrics.horizontalAdvance(text), metrics.height()
    turn = QTransform().translate(at.x(), at.y()).rotate(angle)
    places = [QRectF(x - high / 2, y - high / 2, high, high) for x, y in _steps(first, last, high)]
    if not all(frame.contains(p) for p in places) or any(p.intersects(t) for p in places for t in taken):
        return False
    taken.extend(places)
    letters = QPainterPath()
    letters.addText(QPointF(-wide / 2, metrics.ascent() - high / 2), font, text)
    letters = turn.map(letters)
    painter.setPen(round_pen(view.paper if view.dark else "white", 2.6 * view.dot))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(letters)
    painter.fillPath(letters, QColor(STREET_DARK if view.dark else STREET))
    return True


def _steps(first: QPointF, last: QPointF, high: float) -> list[tuple[float, float]]:
    """Return points along a name, a letter's height apart: squares about them cover it whichever way it lies."""
    count = max(2, math.ceil(math.hypot(last.x() - first.x(), last.y() - first.y()) / high) + 1)
    share = np.linspace(0, 1, count)
    x, y = first.x() + share * (last.x() - first.x()), first.y() + share * (last.y() - first.y())
    return list(zip(x.tolist(), y.tolist(), strict=True))
