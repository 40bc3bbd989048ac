"""What mouse, wheel and keys do on the map: move it, pick what is under the pointer, and lend the pointer to a tool."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget


def far_enough(across: float, down: float) -> bool:
    """Return whether a pointer that went so many pixels drags; a hand that shakes while it clicks does not."""
    return abs(across) + abs(down) >= QApplication.startDragDistance()


class ByHand:
    """The map under the user's hand; it needs what `MapView` has."""

    def mousePressEvent(self: Any, event: Any) -> None:  # noqa: N802 - Qt's name
        """Begin to drag, or let the tool begin."""
        self._drag, self._moved = event.position(), False
        self.setFocus()
        tool, left = self.tool, event.button() == Qt.MouseButton.LeftButton
        x, y = self.to_map(event.position())
        if tool is not None and left and tool.press(x, y, event.modifiers()):
            self._drag = None
            self.update()

    def mouseMoveEvent(self: Any, event: Any) -> None:  # noqa: N802 - Qt's name
        """Drag the map, let the tool go on, or tell what is under the pointer."""
        at = event.position()
        x, y = self.to_map(at)
        held = bool(event.buttons() & (Qt.MouseButton.LeftButton | Qt.MouseButton.MiddleButton))
        if self._drag is not None and held:
            step = at - self._drag
            if self._moved or far_enough(step.x(), step.y()):
                self._moved = True
                self._drag = at
                self.pan(step.x(), step.y())
            return
        if self.tool is not None and self.tool.move(x, y, bool(event.buttons() & Qt.MouseButton.LeftButton)):
            self.update()
        self.pointed.emit(x, y)
        self.hovered.emit(self.content.unit_at(x, y) if self.scenario.is_open else -1)

    def leaveEvent(self: Any, _event: Any) -> None:  # noqa: N802 - Qt's name
        """Let the tool show nothing where the pointer was, and nothing be said of a unit."""
        self.hovered.emit(-1)
        if self.tool is not None:
            self.tool.leave()
            self.update()

    def mouseReleaseEvent(self: Any, event: Any) -> None:  # noqa: N802 - Qt's name
        """Pick a beat where the mouse was clicked without dragging."""
        if self.tool is not None and event.button() == Qt.MouseButton.LeftButton and self._drag is None:
            if self.tool.release(*self.to_map(event.position())):
                self.update()
            return
        if self._drag is not None and not self._moved and self.scenario.is_open:
            unit = self.unit_at(event.position())
            number = int(self.content.label[unit]) if unit >= 0 else -1
            self.select(self.content.ids[number] if number >= 0 else "")
            self.beat_picked.emit(self.selected)
            more = bool(event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier))
            if more and unit >= 0:
                self.select_units(np.array([unit]), more=True)
            elif len(self.selected_units):
                self.select_units(np.array([], int))
        self._drag = None

    def mouseDoubleClickEvent(self: Any, event: Any) -> None:  # noqa: N802 - Qt's name
        """End what a tool draws, else zoom in."""
        if self.tool is not None:
            self.tool.finish()
            self.update()
        else:
            self.zoom(1.6, event.position())

    def wheelEvent(self: Any, event: Any) -> None:  # noqa: N802 - Qt's name
        """Zoom about the pointer."""
        self.zoom(1.0015 ** event.angleDelta().y(), event.position())

    def keyPressEvent(self: Any, event: Any) -> None:  # noqa: N802 - Qt's name
        """Move by the arrow keys, zoom by plus and minus, end or drop what a tool draws."""
        step = {
            Qt.Key.Key_Left: (60, 0),
            Qt.Key.Key_Right: (-60, 0),
            Qt.Key.Key_Up: (0, 60),
            Qt.Key.Key_Down: (0, -60),
        }.get(event.key())
        if step is not None:
            self.pan(*step)
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1.5)
        elif event.key() == Qt.Key.Key_Minus:
            self.zoom(1 / 1.5)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.tool is not None:
            self.tool.finish()
            self.update()
        elif event.key() == Qt.Key.Key_Escape and self.tool is not None:
            self.tool.cancel()
            self.use(None)
        else:
            QWidget.keyPressEvent(self, event)
