"""Colours that are set once follow the theme: Qt tells a widget with a style sheet of its own nothing of another palette."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget


class _Follows(QObject):
    """Paints a widget anew with every palette of the application, as long as the widget lives."""

    def __init__(self, widget: QWidget, paint: Callable[[], object]) -> None:
        super().__init__(widget)
        self._paint, self._painting = paint, False
        widget.installEventFilter(self)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.paletteChanged.connect(self._changed)

    @Slot()
    def _changed(self) -> None:
        if not self._painting:
            self._painting = True
            try:
                self._paint()
            finally:
                self._painting = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Follow a palette of the widget's own, too."""
        if event.type() == QEvent.Type.PaletteChange:
            self._changed()
        return False


def follow_theme(widget: QWidget, paint: Callable[[], object]) -> None:
    """Call `paint` now, and whenever the theme changes; it sets colours of the widget by `QApplication.palette()`."""
    paint()
    _Follows(widget, paint)
