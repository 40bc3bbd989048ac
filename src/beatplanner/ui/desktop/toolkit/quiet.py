"""Labels that say something of less weight."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QLabel

# Of 255.
STRENGTH = 165


def quiet(label: QLabel) -> None:
    """Show a label less strongly, yet readable in light and dark, also where the theme changes while it is seen."""
    _Follows(label).paint()


class _Follows(QObject):
    """Mixes a label's colour anew where the theme changes: a colour that was set stays as it is."""

    def __init__(self, label: QLabel) -> None:
        super().__init__(label)
        self.label = label
        label.installEventFilter(self)

    def paint(self) -> None:
        """Take the theme's colour, less of it."""
        palette = self.label.palette()
        colour = QApplication.palette(self.label).color(QPalette.ColorRole.WindowText)
        colour.setAlpha(STRENGTH)
        if palette.color(QPalette.ColorRole.WindowText) != colour:
            palette.setColor(QPalette.ColorRole.WindowText, colour)
            self.label.setPalette(palette)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Follow the theme."""
        if event.type() in (QEvent.Type.ApplicationPaletteChange, QEvent.Type.PaletteChange):
            self.paint()
        return False
