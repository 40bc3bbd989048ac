"""The pointer that moves stations: a site is dragged to another one, or clicked open or closed."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from beatplanner.ui.desktop.map.by_hand import far_enough
from beatplanner.ui.desktop.plain_text import literal

# How near the pointer must be to a site, in pixels; and how near to one lies what is called by its name.
NEAR, SAME = 14.0, 1.0
OPEN, CLOSED, OVER = QColor("#08306b"), QColor("#6b6b6b"), QColor("#d7191c")
OPEN_DARK, CLOSED_DARK = QColor("#ffffff"), QColor("#c8c8c8")


class SiteTool:
    """Drag an open site to another one; a click opens a closed site or closes an open one."""

    cursor = Qt.CursorShape.PointingHandCursor

    def __init__(self, panel: Any) -> None:
        self.panel = panel
        self.taken, self.over = -1, -1
        self.at: tuple[float, float] | None = None
        self.begun: tuple[float, float] | None = None

    def _site(self, x: float, y: float) -> int:
        """Return the site whose mark or name is at a place; -1 for none."""
        judge, view = self.panel.judge, self.panel.map
        site, metres = judge.nearest(x, y)
        if metres * view.scale <= NEAR:
            return site
        named = view.named_at(x, y)
        site, metres = (-1, np.inf) if named is None else judge.nearest(*named)
        return site if metres * view.scale <= SAME else -1

    def _point_at(self, site: int) -> None:
        """Mark a site, and say what a click on it does."""
        if site == self.over:
            return
        self.over = site
        self.panel.map.update()
        self.panel.map.setToolTip(literal(self.panel.click_words(site)) if site >= 0 else "")

    def press(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> bool:
        """Take the site under the pointer."""
        self.taken = self._site(x, y)
        self._point_at(self.taken)
        self.at = self.begun = (x, y)
        return self.taken >= 0

    def move(self, x: float, y: float, pressed: bool) -> bool:
        """Tell what would be if the site went to the one nearest to the pointer."""
        self.at = (x, y)
        if not pressed or self.taken < 0:
            self._point_at(self._site(x, y))
            return False
        view, begun = self.panel.map, self.begun
        if begun is not None and not far_enough((x - begun[0]) * view.scale, (y - begun[1]) * view.scale):
            return True
        self.begun = None
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
        self.taken = -1
        self._point_at(-1)
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
            self._point_at(-1)

    def finish(self) -> None:
        """Nothing is left open."""

    def cancel(self) -> None:
        """Let the site go where it was."""
        self.taken = -1
        self._point_at(-1)
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
