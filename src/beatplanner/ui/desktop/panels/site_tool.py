"""The pointer that moves stations: a site is dragged to another one, or clicked open or closed."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

# How near the pointer must be to a site, in pixels.
NEAR = 14.0
OPEN, CLOSED, OVER = QColor("#08306b"), QColor("#6b6b6b"), QColor("#d7191c")
OPEN_DARK, CLOSED_DARK = QColor("#ffffff"), QColor("#c8c8c8")


class SiteTool:
    """Drag an open site to another one; a click opens a closed site or closes an open one."""

    cursor = Qt.CursorShape.PointingHandCursor

    def __init__(self, panel: Any) -> None:
        self.panel = panel
        self.taken, self.over = -1, -1
        self.at: tuple[float, float] | None = None

    def _site(self, x: float, y: float) -> int:
        judge = self.panel.judge
        site, metres = judge.nearest(x, y)
        return site if metres * self.panel.map.scale <= NEAR else -1

    def press(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> bool:
        """Take the site under the pointer."""
        self.taken = self.over = self._site(x, y)
        self.at = (x, y)
        return self.taken >= 0

    def move(self, x: float, y: float, pressed: bool) -> bool:
        """Tell what would be if the site went to the one nearest to the pointer."""
        self.at = (x, y)
        if not pressed or self.taken < 0:
            self.over = self._site(x, y)
            return False
        if self.taken in self.panel.chosen:
            closed = np.ones(len(self.panel.judge.ids), bool)
            closed[self.panel.chosen] = False
            closed[self.taken] = True
            self.over = self.panel.judge.nearest(x, y, closed)[0]
            self.panel.try_out(self.taken, self.over)
        return True

    def release(self, x: float, y: float) -> bool:
        """Move the site, or open or close it where it was only clicked."""
        taken, over = self.taken, self.over
        self.taken = self.over = -1
        if taken < 0:
            return False
        if over >= 0 and over != taken and taken in self.panel.chosen:
            self.panel.swap(taken, over)
        else:
            self.panel.toggle(taken)
        return True

    def leave(self) -> None:
        """Mark no site; one that is dragged stays on its way."""
        if self.taken < 0:
            self.over = -1

    def finish(self) -> None:
        """Nothing is left open."""

    def cancel(self) -> None:
        """Let the site go where it was."""
        self.taken = self.over = -1
        self.panel.show_figures()

    def paint(self, painter: QPainter, view: Any) -> None:
        """Draw all sites; open ones full, the one that is dragged on its way."""
        judge, chosen = self.panel.judge, set(self.panel.chosen)
        for k, (x, y) in enumerate(judge.xy):
            place = view.pixel(x, y)
            rim = (OPEN_DARK if view.dark else OPEN) if k in chosen else (CLOSED_DARK if view.dark else CLOSED)
            painter.setPen(QPen(OVER if k == self.over else rim, 2.5 if k == self.over else 1.6))
            painter.setBrush(
                OPEN if k in chosen else QColor(30, 34, 38, 170) if view.dark else QColor(255, 255, 255, 200)
            )
            # the closed ones are many: they leave names free
            side = 7.0 if k == self.over else 6.0 if k in chosen else 4.0
            painter.drawRect(int(place.x() - side), int(place.y() - side), int(2 * side), int(2 * side))
        if self.taken >= 0 and self.at is not None and self.over != self.taken:
            painter.setPen(QPen(OVER, 2, Qt.PenStyle.DashLine))
            start, end = view.pixel(*judge.xy[self.taken]), view.pixel(*judge.xy[self.over])
            painter.drawLine(QPointF(start), QPointF(end))
