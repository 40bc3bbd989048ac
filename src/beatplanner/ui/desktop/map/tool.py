"""What a tool is that the map lends its pointer to."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from beatplanner.ui.desktop.map.view import View


class Tool(Protocol):
    """What the pointer does on the map, in place of moving it; coordinates are those of the map, metres.

    `press`, `move` and `release` return whether they used the event; what is not used moves the map.
    """

    cursor: Qt.CursorShape

    def press(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> bool:
        """Take the left button's going down."""
        ...

    def move(self, x: float, y: float, pressed: bool) -> bool:
        """Take a move of the pointer."""
        ...

    def release(self, x: float, y: float) -> bool:
        """Take the left button's going up."""
        ...

    def leave(self) -> None:
        """Show nothing at the pointer, which has left the map."""
        ...

    def finish(self) -> None:
        """End what was drawn, at a double click or Enter."""
        ...

    def cancel(self) -> None:
        """Drop what was drawn, at Escape."""
        ...

    def paint(self, painter: QPainter, view: View) -> None:
        """Draw over the map."""
        ...
