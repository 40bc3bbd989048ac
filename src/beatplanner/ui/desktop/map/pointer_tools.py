"""Tools that any map has: selecting round units, and measuring."""

from __future__ import annotations

import numpy as np
import shapely
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from beatplanner.ui.desktop.map.map_view import MapView
from beatplanner.ui.desktop.map.view import INK, View
from beatplanner.ui.desktop.toolkit.figures_text import number


class Lasso:
    """Select units by drawing round them, or by a box.

    Parameters
    ----------
    view
        The map.
    box
        A box from corner to corner instead of a free line.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, view: MapView, *, box: bool = False) -> None:
        self.map, self.box = view, box
        self.line: list[tuple[float, float]] = []
        self.more = False

    def press(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> bool:
        """Begin."""
        self.more = bool(modifiers & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier))
        self.line = [(x, y)]
        return True

    def move(self, x: float, y: float, pressed: bool) -> bool:
        """Go on."""
        if not pressed or not self.line:
            return False
        self.line.append((x, y))
        return True

    def corners(self) -> list[tuple[float, float]]:
        """Return the outline."""
        if self.box and len(self.line) > 1:
            (a, b), (c, d) = self.line[0], self.line[-1]
            return [(a, b), (c, b), (c, d), (a, d)]
        return self.line

    def release(self, x: float, y: float) -> bool:
        """Select what lies inside; a click selects the unit under it."""
        corners, self.line = self.corners(), []
        area = shapely.Polygon(corners).buffer(0) if len(corners) > 2 else None
        if area is not None and area.area * self.map.scale**2 > 9:
            found = self.map.content.units_in(area)
        else:
            unit = self.map.content.unit_at(x, y)
            found = np.array([unit] if unit >= 0 else [], int)
        self.map.select_units(found, more=self.more)
        return True

    def leave(self) -> None:
        """Nothing is shown at the pointer."""

    def finish(self) -> None:
        """Nothing is left open."""

    def cancel(self) -> None:
        """Drop the line."""
        self.line = []

    def paint(self, painter: QPainter, view: View) -> None:
        """Draw the outline."""
        if len(self.line) > 1:
            painter.setPen(QPen(QColor("#c51b7d"), 1.8, Qt.PenStyle.DashLine))
            painter.setBrush(QColor(197, 27, 125, 30))
            painter.drawPolygon(QPolygonF([view.pixel(x, y) for x, y in self.corners()]))


class Measure:
    """Measure a way, or the area that it goes round, by clicking its corners."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, view: MapView) -> None:
        self.map = view
        self.line: list[tuple[float, float]] = []
        self.end: tuple[float, float] | None = None
        self.done = False

    def press(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> bool:
        """Add a corner; after the end begin anew."""
        if self.done:
            self.line, self.done = [], False
        self.line.append((x, y))
        return True

    def move(self, x: float, y: float, pressed: bool) -> bool:
        """Show the way to the pointer."""
        self.end = None if self.done else (x, y)
        return bool(self.line)

    def release(self, x: float, y: float) -> bool:
        """Nothing; corners are set where the button goes down."""
        return True

    def leave(self) -> None:
        """End the way at its last corner."""
        self.end = None

    def finish(self) -> None:
        """End the way; what was measured stays on the map."""
        self.done, self.end = True, None

    def cancel(self) -> None:
        """Drop the way."""
        self.line, self.end, self.done = [], None, False

    def text(self) -> str:
        """Return what was measured, in words."""
        corners = self.line + ([self.end] if self.end else [])
        metres = float(np.hypot(*np.diff(np.array(corners), axis=0).T).sum()) if len(corners) > 1 else 0.0
        length = f"{number(metres / 1000, 2)} km" if metres >= 1000 else f"{number(metres)} m"
        if len(corners) < 3:
            return length
        area = shapely.Polygon(corners).area
        return f"{length}  ·  {number(area / 1e6, 2)} km²" if area >= 1e5 else f"{length}  ·  {number(area)} m²"

    def paint(self, painter: QPainter, view: View) -> None:
        """Draw the way and what it measures."""
        corners = self.line + ([self.end] if self.end else [])
        if not corners:
            return
        points = [view.pixel(x, y) for x, y in corners]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in (("white", 5.0), ("#1a1a1a", 2.0)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawPolyline(QPolygonF(points))
        painter.setBrush(QColor("white"))
        for point in points[: len(self.line)]:
            painter.drawEllipse(point, 3.5, 3.5)
        if len(points) > 1:
            text = self.text()
            box = QRectF(painter.fontMetrics().boundingRect(text)).adjusted(-6, -3, 6, 3)
            box.moveTopLeft(points[-1] + QPointF(12, 10))
            box.moveRight(min(box.right(), view.width - 4))
            box.moveBottom(min(box.bottom(), view.height - 4))
            painter.fillRect(box, QColor(255, 255, 255, 235))
            painter.setPen(QColor(INK))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
