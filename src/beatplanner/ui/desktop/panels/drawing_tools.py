"""The tools that draw on the map: brush, link, barrier, and what takes them away again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from beatplanner.ui.desktop.map.map_view import MapView
from beatplanner.ui.desktop.map.view import INK, View
from beatplanner.ui.desktop.toolkit.amount_words import amount_word
from beatplanner.ui.desktop.toolkit.figures_text import percent
from beatplanner.ui.desktop.toolkit.in_language import translated

if TYPE_CHECKING:
    # what counts is loaded with the first stroke
    from beatplanner.planning.beats.drawing import Drawing
    from beatplanner.planning.beats.drawn_figures import DrawnFigures

# A click takes the line within so many pixels.
NEAR = 12.0
# Pixels of the bar that shows how full a beat is, and of its row; the most beats that have one, and the most rows where more than two have any.
BAR_WIDTH, BAR_ROW = 90, 18
MOST_BARS, MOST_ROWS = 5, 12


@dataclass(frozen=True)
class FullBar:
    """How full a beat is of one amount: what it has, what the rules allow, the mean, whether that is kept, and what is said beside it."""

    has: float
    lower: float
    upper: float
    mean: float
    kept: bool
    text: str


def bars_of(figures: DrawnFigures, row: int) -> list[FullBar]:
    """Return the bars of one beat: its hours, and below them each amount that is balanced beside them."""
    hours, low, high, mean = (float(v[row]) for v in (figures.hours, figures.lower, figures.upper, figures.mean))
    # as the rules' own check: what lies on the limit keeps it
    kept = low * (1 - 1e-9) <= hours <= high * (1 + 1e-9)
    off, beat = percent(figures.deviation[row], 1, sign=True), figures.beat[row]
    more = [b.of(row) for b in figures.balances]
    text = f"{beat}  {translated('Hours')}  {off}" if more else f"{beat}  {off}"
    return [
        FullBar(hours, low, high, mean, kept, text),
        *(
            FullBar(
                b.held,
                b.lower,
                b.upper,
                b.mean,
                not b.broken,
                f"{amount_word(b.name)}  {percent(b.deviation, 1, sign=True)}",
            )
            for b in more
        ),
    ]


class Brush:
    """Paint units into a beat.

    Parameters
    ----------
    view
        The map.
    drawing, beat
        Return what is drawn on, and the beat that is painted.
    radius
        Returns the brush's radius in pixels; 0 paints the unit under the pointer.
    touched, lifted
        Called after each touch, with the units, and when the brush is lifted.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(
        self,
        view: MapView,
        drawing: Callable[[], Drawing | None],
        beat: Callable[[], str],
        radius: Callable[[], int],
        touched: Callable[[np.ndarray], None],
        lifted: Callable[[], None],
    ) -> None:
        self.map, self.drawing, self.beat, self.radius, self.touched, self.lifted = (
            view,
            drawing,
            beat,
            radius,
            touched,
            lifted,
        )
        self.at: tuple[float, float] | None = None
        self.down = False
        # positions of the beats that the stroke takes from, or would
        self.from_: list[int] = []

    def press(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> bool:
        """Put the brush down."""
        drawing, beat = self.drawing(), self.beat()
        if drawing is None or not beat or self.map.content.unit_at(x, y) < 0:
            return False
        drawing.begin(beat)
        self.down, self.at, self.from_ = True, None, []
        self._touch(x, y)
        return True

    def move(self, x: float, y: float, pressed: bool) -> bool:
        """Paint along the way from the last place, so that a quick hand leaves no gaps."""
        if self.down and pressed:
            self._touch(x, y)
        else:
            self.at = (x, y)
        return True

    def _touch(self, x: float, y: float) -> None:
        drawing = self.drawing()
        if drawing is None:
            return
        metres = self.radius() / self.map.scale
        before = self.at or (x, y)
        steps = max(1, int(np.ceil(np.hypot(x - before[0], y - before[1]) / max(metres, 4 / self.map.scale))))
        found = [
            self.map.content.units_near(
                before[0] + (x - before[0]) * s / steps, before[1] + (y - before[1]) * s / steps, metres
            )
            for s in range(1, min(steps, 60) + 1)
        ]
        self.at = (x, y)
        units = np.concatenate(found)
        before_it = drawing.label[units].tolist()
        self.from_ += [k for k in dict.fromkeys(before_it) if k not in self.from_]
        changed = drawing.touch(units)
        if len(changed):
            self.touched(changed)

    def release(self, x: float, y: float) -> bool:
        """Lift the brush."""
        if self.down:
            self.down = False
            self.lifted()
        return True

    def leave(self) -> None:
        """Show no brush; one that is down goes on outside."""
        if not self.down:
            self.at, self.from_ = None, []

    def finish(self) -> None:
        """Nothing is left open."""

    def cancel(self) -> None:
        """Lift the brush; what was painted stays and can be undone."""
        if self.down:
            self.down = False
            self.lifted()

    def paint(self, painter: QPainter, view: View) -> None:
        """Draw the brush's outline, the units that it would paint, and how full the beat is."""
        drawing, beat = self.drawing(), self.beat()
        if self.at is None or drawing is None:
            return
        at = view.pixel(*self.at)
        if not self.down:
            near = self.map.content.units_near(*self.at, self.radius() / self.map.scale)
            would = near[drawing.label[near] != drawing.ids.index(beat)] if beat in drawing.ids else near
            self.from_ = list(dict.fromkeys(drawing.label[would].tolist()))
            if len(would):
                painter.setPen(QPen(QColor(view.ink), 1.6, Qt.PenStyle.DashLine))
                painter.setBrush(QColor(255, 255, 255, 70))
                painter.drawPath(self.map.path_of_units(view, would))
        if self.radius() > 0:
            for colour, width in (("white", 3.0), (INK, 1.2)):
                painter.setPen(QPen(QColor(colour), width))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(at, float(self.radius()), float(self.radius()))
        self._paint_balance(painter, view, at, drawing, beat)

    def _paint_balance(self, painter: QPainter, view: View, at: QPointF, drawing: Drawing, beat: str) -> None:
        """Draw what the painted beat has, and those that it takes from, between what the rules allow, beside the pointer."""
        figures = drawing.figures()
        beats = [beat, *(drawing.ids[k] for k in self.from_ if 0 <= k < len(drawing.ids) and drawing.ids[k] != beat)]
        most = min(MOST_BARS, max(2, MOST_ROWS // (1 + len(figures.balances))))
        rows = [figures.beat.index(b) for b in beats if b in figures.beat][:most]
        if not rows:
            return
        bars = [bar for row in rows for bar in bars_of(figures, row)]
        wide = max(painter.fontMetrics().horizontalAdvance(bar.text) for bar in bars)
        away = max(18.0, float(self.radius()) * 0.7 + 8)
        box = QRectF(at.x() + away, at.y() + away, BAR_WIDTH + wide + 20, BAR_ROW * len(bars) + 6)
        box.moveRight(min(box.right(), view.width - 6))
        box.moveBottom(min(box.bottom(), view.height - 6))
        ink = QColor(view.ink)
        painter.setPen(QPen(ink, 0.6))
        painter.setBrush(QColor(38, 42, 46, 235) if view.dark else QColor(255, 255, 255, 235))
        painter.drawRoundedRect(box, 3, 3)
        for k, bar in enumerate(bars):
            line = QRectF(box.left() + 6, box.top() + 3 + k * BAR_ROW, box.width() - 12, BAR_ROW)
            self._paint_bar(painter, QRectF(line.left(), line.top() + 4, BAR_WIDTH, BAR_ROW - 8), bar, ink)
            painter.setPen(ink)
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, bar.text)

    def _paint_bar(self, painter: QPainter, box: QRectF, bar: FullBar, ink: QColor) -> None:
        """Draw how full one beat is; the two marks are what the rules allow."""
        top = bar.upper if np.isfinite(bar.upper) else 2 * bar.mean
        if top <= 0:
            return
        span = 1.25 * max(top, bar.has)
        painter.fillRect(box, QColor("#e4e4e4" if ink.lightnessF() < 0.5 else "#565c62"))
        painter.fillRect(
            QRectF(box.left(), box.top(), box.width() * bar.has / span, box.height()),
            QColor("#2e8b57" if bar.kept else "#c0392b"),
        )
        painter.setPen(QPen(ink, 1.4))
        for limit in (bar.lower, top):
            x = box.left() + box.width() * limit / span
            painter.drawLine(QPointF(x, box.top() - 2), QPointF(x, box.bottom() + 2))


class LinkTool:
    """Draw a link from one unit to another: press on the one, release on the other, or click both."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, view: MapView, drawn: Callable[[int, int], None]) -> None:
        self.map, self.drawn = view, drawn
        self.first = -1
        self.at: tuple[float, float] | None = None

    def press(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> bool:
        """Take the first unit, or the second."""
        unit = self.map.content.unit_at(x, y)
        if unit < 0:
            return False
        if self.first >= 0 and unit != self.first:
            self._end(unit)
        else:
            self.first = unit
        return True

    def move(self, x: float, y: float, pressed: bool) -> bool:
        """Show the link to the pointer."""
        self.at = (x, y)
        return self.first >= 0

    def release(self, x: float, y: float) -> bool:
        """End on another unit."""
        unit = self.map.content.unit_at(x, y)
        if self.first >= 0 and unit >= 0 and unit != self.first:
            self._end(unit)
        return True

    def _end(self, unit: int) -> None:
        first, self.first = self.first, -1
        self.drawn(first, unit)

    def leave(self) -> None:
        """Show no link to the pointer."""
        self.at = None

    def finish(self) -> None:
        """Nothing is left open."""

    def cancel(self) -> None:
        """Drop the link."""
        self.first = -1

    def paint(self, painter: QPainter, view: View) -> None:
        """Draw the link to the pointer."""
        if self.first >= 0 and self.at is not None:
            painter.setPen(QPen(QColor("#b35806"), 3.0, Qt.PenStyle.DashLine))
            start = view.pixel(*self.map.content.middle[self.first])
            painter.drawLine(start, view.pixel(*self.at))
            painter.setBrush(QColor("#b35806"))
            painter.drawEllipse(start, 4.5, 4.5)


class BarrierTool:
    """Draw a barrier by clicking its corners; a double click or Enter ends it. What it parts is shown meanwhile."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(
        self, view: MapView, drawing: Callable[[], Drawing | None], drawn: Callable[[np.ndarray], None]
    ) -> None:
        self.map, self.drawing, self.drawn = view, drawing, drawn
        self.line: list[tuple[float, float]] = []
        self.at: tuple[float, float] | None = None

    def press(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> bool:
        """Add a corner."""
        if not self.line or np.hypot(x - self.line[-1][0], y - self.line[-1][1]) * self.map.scale > 3:
            self.line.append((x, y))
        return True

    def move(self, x: float, y: float, pressed: bool) -> bool:
        """Show the barrier to the pointer."""
        self.at = (x, y)
        return bool(self.line)

    def release(self, x: float, y: float) -> bool:
        """Nothing; corners are set where the button goes down."""
        return True

    def leave(self) -> None:
        """End the barrier at its last corner."""
        self.at = None

    def finish(self) -> None:
        """End the barrier."""
        line, self.line = self.line, []
        if len(line) > 1:
            self.drawn(np.array(line))

    def cancel(self) -> None:
        """Drop the barrier."""
        self.line = []

    def paint(self, painter: QPainter, view: View) -> None:
        """Draw the barrier, and a cross on each way that it closes."""
        if not self.line:
            return
        corners = self.line + ([self.at] if self.at else [])
        painter.setPen(QPen(QColor("#2166ac"), 3.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF([view.pixel(x, y) for x, y in corners]))
        drawing = self.drawing()
        if drawing is None or len(corners) < 2:
            return
        painter.setPen(QPen(QColor("#d7191c"), 2.2))
        for a, b in drawing.parted_by(np.array(corners)):
            middle = view.pixel(*((drawing.points[a] + drawing.points[b]) / 2))
            for dx, dy in ((5, 5), (5, -5)):
                painter.drawLine(middle + QPointF(-dx, -dy), middle + QPointF(dx, dy))


class RemoveTool:
    """Take away the drawn link or barrier that is clicked."""

    cursor = Qt.CursorShape.PointingHandCursor

    def __init__(self, view: MapView, drawing: Callable[[], Drawing | None], removed: Callable[[list], None]) -> None:
        self.map, self.drawing, self.removed = view, drawing, removed

    def press(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> bool:
        """Take away what lies under the pointer; all borders that one line closed go together."""
        import shapely

        drawing = self.drawing()
        if drawing is None:
            return False
        here, best = shapely.Point(x, y), (NEAR / self.map.scale, None)
        for drawn in [*drawing.links.values(), *drawing.closed.values()]:
            if len(drawn.line) > 1:
                metres = shapely.LineString(drawn.line).distance(here)
                if metres <= best[0]:
                    best = (metres, drawn)
        if best[1] is None:
            return False
        pairs = [p for p, d in [*drawing.links.items(), *drawing.closed.items()] if d is best[1]]
        self.removed(pairs)
        return True

    def move(self, x: float, y: float, pressed: bool) -> bool:
        """Nothing."""
        return False

    def release(self, x: float, y: float) -> bool:
        """Nothing."""
        return True

    def leave(self) -> None:
        """Nothing is shown at the pointer."""

    def finish(self) -> None:
        """Nothing is left open."""

    def cancel(self) -> None:
        """Nothing is left open."""

    def paint(self, painter: QPainter, view: View) -> None:
        """Nothing is drawn."""
