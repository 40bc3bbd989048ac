"""Names on the map: of beats, stations, units and streets, each where it collides with nothing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPainterPathStroker, QTransform

from beatplanner.ui.desktop.map.map_content import MapContent
from beatplanner.ui.desktop.map.view import View, round_pen

if TYPE_CHECKING:
    from beatplanner.data.town.street_names import NamedStreets

# Streets whose names are tried in one picture, how far apart the same name stands again, in its own lengths, and how straight a street must
# be below it: the direct way over the way along.
MOST_STREETS, AGAIN, STRAIGHT = 500, 6.0, 0.97
STREET, STREET_DARK = "#4a4038", "#cfc8bf"
# Of a name that does not fit in its area: how much smaller it is tried; and how much of a name must lie in the area to fit.
SMALL, FITS = 0.84, 0.93
# So many names stand beside their areas at most.
MOST_LED = 60
# Where in its area a name is tried, in its own widths and heights from the middle; to which sides of a small area, and how far.
ABOUT = [(dx, dy) for dy in (0.0, -0.5, 0.5, -1.0, 1.0) for dx in (0.0, -0.25, 0.25)]
SIDES = [
    (0, -1),
    (0, 1),
    (1, 0),
    (-1, 0),
    (1, -1),
    (-1, -1),
    (1, 1),
    (-1, 1),
    (0.5, -1),
    (-0.5, -1),
    (0.5, 1),
    (-0.5, 1),
]
REACHES = (1.0, 2.0, 3.5, 5.0, 7.0, 10.0, 14.0)


@dataclass
class Name:
    """A name on the map.

    Attributes
    ----------
    text, x, y
        What is written, and the place it belongs to, metres.
    area
        What is called so; a name that does not fit in it is written smaller, in two lines or beside it with a line to its place. None for a point.
    """

    text: str
    x: float
    y: float
    area: shapely.Geometry | None = None


class Written(NamedTuple):
    """A name as it stands in a picture.

    Attributes
    ----------
    letters, box
        Where, pixels of the picture.
    at
        The point that it is the name of, metres; None of an area.
    """

    letters: QPainterPath
    box: QRectF
    at: tuple[float, float] | None


def beat_names(content: MapContent) -> list[Name]:
    """Return the names of beats and where they stand, those of large beats first."""
    size = [0.0 if s is None else float(shapely.area(s)) for s in content.shapes]
    found = []
    for k in np.argsort(-np.array(size), kind="stable") if size else []:
        at = content.anchor(int(k))
        if at is not None:
            found.append(Name(content.beat_name(int(k)), *at, content.shapes[int(k)]))
    return found


def draw_names(
    painter: QPainter,
    view: View,
    names: list[Name],
    taken: list[QRectF],
    size: float,
    *,
    bold: bool = False,
    below: bool = False,
    written: list[Written] | None = None,
) -> Iterator[None]:
    """Write names where they collide with nothing: in place, else a little above, below or beside; else not at all; pauses now and then.

    `written` takes their letters.
    """
    whole, small = _Face(painter, view, size, bold), _Face(painter, view, SMALL * size, bold)
    room = _Room(view, taken)

    def write(found: tuple[QPainterPath, QRectF], *lines: QRectF, at: tuple[float, float] | None = None) -> None:
        letters, box = found
        room.take(box.adjusted(-3 * view.dot, -view.dot, 3 * view.dot, view.dot), *lines)
        _write(painter, view, letters)
        if written is not None:
            written.append(Written(letters, letters.boundingRect() if lines else box, at))

    outside: list[Name] = []
    for number, name in enumerate(names):
        in_place = _beside(view, name, whole, room, below) if name.area is None else None
        found = in_place if name.area is None else _inside(view, name, (whole, small), room)
        if found is not None:
            write(found, at=(name.x, name.y) if name.area is None else None)
        elif name.area is not None:
            outside.append(name)
        if number % 20 == 19:
            yield
    # only now is it known what is free beside them; of very many small beats the rest is named where the map is nearer
    for number, name in enumerate(outside[:MOST_LED]):
        led = _led(view, name, small, room)
        if led is not None:
            write(led[:2], *led[2])
        if number % 10 == 9:
            yield


class _Room:
    """What is free on a picture.

    Parameters
    ----------
    taken
        Boxes with something in them; what is taken is added.
    """

    def __init__(self, view: View, taken: list[QRectF]) -> None:
        self.frame = QRectF(0, 0, view.width, view.height)
        self.taken = taken
        self._edges = np.array([_edges(t) for t in taken], float).reshape(-1, 4)

    def take(self, *boxes: QRectF) -> None:
        """Put something into boxes."""
        self.taken.extend(boxes)
        self._edges = np.vstack([self._edges, [_edges(b) for b in boxes]])

    def free(self, box: QRectF) -> bool:
        """Tell whether a box is on the picture and nothing is in it."""
        left, top, right, bottom = _edges(box)
        e = self._edges
        hit = (e[:, 0] < right) & (e[:, 2] > left) & (e[:, 1] < bottom) & (e[:, 3] > top)
        return self.frame.contains(box) and not hit.any()

    def crossed(self, points: np.ndarray) -> bool:
        """Tell whether any of some points, (n, 2), lies in something."""
        x, y, e = points[:, :1], points[:, 1:], self._edges
        return bool(((x > e[:, 0]) & (x < e[:, 2]) & (y > e[:, 1]) & (y < e[:, 3])).any())


def _edges(box: QRectF) -> tuple[float, float, float, float]:
    return box.left(), box.top(), box.right(), box.bottom()


class _Face:
    """Letters of one size.

    Attributes
    ----------
    gap
        How far beside its place a name stands, pixels.
    """

    def __init__(self, painter: QPainter, view: View, size: float, bold: bool) -> None:
        self.font = QFont(painter.font())
        self.font.setPixelSize(max(6, round(size * view.letter_dot)))
        self.font.setBold(bold)
        self.metrics = QFontMetricsF(self.font)
        self.gap = 9.0 * view.dot

    def size(self, lines: list[str]) -> tuple[float, float]:
        """Return how wide and high lines are."""
        return max(map(self.metrics.horizontalAdvance, lines)), self.metrics.height() * len(lines)

    def letters(self, lines: list[str], box: QRectF) -> QPainterPath:
        """Return lines, each in the middle of a box."""
        found, high = QPainterPath(), self.metrics.height()
        for k, line in enumerate(lines):
            left = box.center().x() - self.metrics.horizontalAdvance(line) / 2
            found.addText(QPointF(left, box.top() + k * high + self.metrics.ascent()), self.font, line)
        found.setFillRule(Qt.FillRule.WindingFill)
        return found


def _halves(text: str) -> list[str]:
    """Return a text in two lines of about the same length; in one where it is a single word."""
    spaces = [k for k, letter in enumerate(text) if letter == " "]
    if not spaces:
        return [text]
    at = min(spaces, key=lambda k: abs(len(text) - 1 - 2 * k))
    return [text[:at], text[at + 1 :]]


def _inside(view: View, name: Name, faces: tuple[_Face, _Face], room: _Room) -> tuple[QPainterPath, QRectF] | None:
    """Return a name's letters inside its area, in the largest form that fits there; None where none does."""
    at = view.pixel(name.x, name.y)
    for lines, face in itertools.product(([name.text], _halves(name.text)), faces):
        wide, high = face.size(lines)
        for dx, dy in ABOUT:
            box = QRectF(at.x() + (dx - 0.5) * wide, at.y() + (dy - 0.5) * high, wide, high)
            if room.free(box) and _share(view, name.area, box) >= FITS:
                return face.letters(lines, box), box
    return None


def _share(view: View, area: shapely.Geometry | None, box: QRectF) -> float:
    """Return how much of a box on the map lies in an area."""
    west, _, _, north = view.edges
    left, right = west + box.left() / view.scale, west + box.right() / view.scale
    top, bottom = north - box.top() / view.scale, north - box.bottom() / view.scale
    x0, y0, x1, y1 = shapely.bounds(area)
    reach = max(0.0, min(x1, right) - max(x0, left)) * max(0.0, min(y1, top) - max(y0, bottom))
    if reach < FITS * (right - left) * (top - bottom):
        # not even in the box around the area
        return 0.0
    # what is prepared once is asked quickly in each picture
    shapely.prepare(area)
    x, y = np.meshgrid(np.linspace(left, right, 9), np.linspace(bottom, top, 3))
    return float(np.mean(shapely.contains_xy(area, x.ravel(), y.ravel())))


def _beside(view: View, name: Name, face: _Face, room: _Room, below: bool) -> tuple[QPainterPath, QRectF] | None:
    """Return a name's letters at its place or beside it; None where nothing is free there."""
    at = view.pixel(name.x, name.y)
    wide, high = face.size([name.text])
    gap = face.gap
    places = [(0.0, 0.0), (0.0, -high), (0.0, high), (wide / 2 + gap, 0.0), (-wide / 2 - gap, 0.0)]
    if below:
        places = [(0.0, high / 2 + gap), (0.0, -high / 2 - gap), (wide / 2 + gap, 0.0), (-wide / 2 - gap, 0.0)]
    for dx, dy in places:
        box = QRectF(at.x() + dx - wide / 2, at.y() + dy - high / 2, wide, high)
        if room.free(box):
            return face.letters([name.text], box), box
    return None


def _led(view: View, name: Name, face: _Face, room: _Room) -> tuple[QPainterPath, QRectF, list[QRectF]] | None:
    """Return a name's letters beside its area with a line to it, so that nobody takes it for a neighbour's, and the places along the line."""
    at = view.pixel(name.x, name.y)
    wide, high = face.size([name.text])
    for reach in REACHES:
        far = high + reach * face.gap
        for x, y in SIDES:
            box = QRectF(at.x() + x * (wide / 2 + far) - wide / 2, at.y() + y * far - high / 2, wide, high)
            if not room.free(box):
                continue
            thick = 4.0 * view.dot
            end = QPointF(min(max(at.x(), box.left()), box.right()), min(max(at.y(), box.top()), box.bottom()))
            along = _steps(at, end, thick)
            if room.crossed(np.array(along)):
                continue
            letters = face.letters([name.text], box)
            letters.addPath(_leader(view, at, end))
            return letters, box, [QRectF(u - thick / 2, v - thick / 2, thick, thick) for u, v in along]
    return None


def _leader(view: View, at: QPointF, end: QPointF) -> QPainterPath:
    """Return a line from a place, with a dot there, to the edge of a name."""
    line = QPainterPath(at)
    line.lineTo(end)
    pen = QPainterPathStroker()
    pen.setWidth(1.2 * view.dot)
    drawn = pen.createStroke(line)
    drawn.addEllipse(at, 2.2 * view.dot, 2.2 * view.dot)
    drawn.setFillRule(Qt.FillRule.WindingFill)
    return drawn


def _write(painter: QPainter, view: View, letters: QPainterPath) -> None:
    painter.setPen(round_pen(view.paper if view.dark else "white", 3.5 * view.dot))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(letters)
    painter.fillPath(letters, QColor(view.ink))


def draw_outline(
    painter: QPainter, view: View, outline: QPainterPath, seen: View | None, written: list[Written]
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
    for letters, box, _ in written:
        if outline.intersects(place.mapRect(box)):
            _write(painter, view, place.map(letters))


def draw_streets(
    painter: QPainter, view: View, streets: NamedStreets, taken: list[QRectF], size: float
) -> Iterator[None]:
    """Write names along the streets that are long enough for them and straight where they stand, the longest first; pauses now and then."""
    font = QFont(painter.font())
    font.setPixelSize(max(6, round(size * view.letter_dot)))
    font.setItalic(True)
    metrics = QFontMetricsF(font)
    frame = QRectF(0, 0, view.width, view.height)
    boxes = streets.boxes
    west, south, east, north = view.window
    seen = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    # no name is shorter than this; what is shorter need not be looked at
    seen &= streets.lengths * view.scale > 3 * size * view.letter_dot
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
