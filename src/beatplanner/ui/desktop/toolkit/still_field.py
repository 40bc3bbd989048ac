"""Fields within what is scrolled: the wheel moves the page, and never what a field says."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget

Field = TypeVar("Field", bound=QWidget)


def still(field: Field) -> Field:
    """Return a field that leaves the wheel to the area in which it is scrolled: who scrolls past would change it unseen; the arrows of the keys change it."""
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.installEventFilter(_LeavesTheWheel(field))
    return field


class _LeavesTheWheel(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Hand the wheel on to what the field stands in."""
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return False
