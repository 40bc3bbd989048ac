"""What of the map is seen and at which scale, with the colours of paper and ink; everything that draws on it asks this."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainterPath, QPen

from beatplanner.ui.desktop.map.rings import Rings

BACKGROUND, INK = "#f5f6f7", "#1a1a1a"
DARK_BACKGROUND, DARK_INK = "#1f2328", "#f0f0f0"

# Metres a pixel down to which borders have their whole width, and what is left of it from far away.
NEAR, THINNEST = 20.0, 0.45


def room(box: tuple[float, float, float, float], size: QSize) -> float:
    """Return the pixels a metre at which west, south, east, north just fit a widget of this size."""
    west, south, east, north = box
    return min(size.width() / max(east - west, 1.0), max(1, size.height()) / max(north - south, 1.0))


@dataclass(frozen=True)
class View:
    """What is seen.

    Attributes
    ----------
    centre
        (2,) metres.
    scale
        Pixels a metre.
    width, height
        Pixels.
    dot
        Pixels of what is one pixel wide on a screen; greater on paper.
    dark
        Whether the paper is dark, as a screen in the dark theme has it; a print never is.
    letters
        By how much letters are larger than usual, as the user's text is; on paper they are not.
    """

    centre: np.ndarray
    scale: float
    width: float
    height: float
    dot: float = 1.0
    dark: bool = False
    letters: float = 1.0

    @property
    def letter_dot(self) -> float:
        """Pixels of what is one pixel high in letters of the usual size."""
        return self.dot * self.letters

    def line(self, width: float) -> float:
        """Return the pixels of a border that is so many wide from near: over a whole country it is thinner, within bounds."""
        metres_a_dot = self.dot / self.scale
        return width * self.dot * min(1.0, max(THINNEST, (NEAR / metres_a_dot) ** 0.35))

    @property
    def ink(self) -> str:
        """Colour of lines and letters."""
        return DARK_INK if self.dark else INK

    @property
    def paper(self) -> str:
        """Colour of what lies under everything, and around letters."""
        return DARK_BACKGROUND if self.dark else BACKGROUND

    @property
    def offset(self) -> tuple[float, float]:
        """Pixel of the map's origin."""
        return self.width / 2 - self.centre[0] * self.scale, self.height / 2 + self.centre[1] * self.scale

    @property
    def window(self) -> tuple[float, float, float, float]:
        """West, south, east, north of what is seen, metres, with a little more for thick lines."""
        x, y = (self.width / 2 + 20) / self.scale, (self.height / 2 + 20) / self.scale
        return self.centre[0] - x, self.centre[1] - y, self.centre[0] + x, self.centre[1] + y

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the picture itself, metres."""
        x, y = self.width / 2 / self.scale, self.height / 2 / self.scale
        return self.centre[0] - x, self.centre[1] - y, self.centre[0] + x, self.centre[1] + y

    def pixel(self, x: float, y: float) -> QPointF:
        """Return the pixel at map coordinates."""
        left, top = self.offset
        return QPointF(left + x * self.scale, top - y * self.scale)

    def path(self, rings: Rings, only: np.ndarray | None = None, least: float = 1.2) -> QPainterPath:
        """Return outlines in pixels."""
        return rings.path(self.scale, self.offset, self.window, only, least * self.dot)


def round_pen(colour: str | QColor, width: float) -> QPen:
    """Return a pen with round ends and corners."""
    return QPen(QColor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
