"""Labels that say something of less weight."""

from __future__ import annotations

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QLabel

from beatplanner.ui.desktop.toolkit.themed import follow_theme

# Of 255.
STRENGTH = 165


def quiet(label: QLabel) -> None:
    """Show a label less strongly, yet readable in light and dark, also where the theme changes while it is seen."""

    def paint() -> None:
        # the theme's colour, less of it
        palette = label.palette()
        colour = QApplication.palette(label).color(QPalette.ColorRole.WindowText)
        colour.setAlpha(STRENGTH)
        if palette.color(QPalette.ColorRole.WindowText) != colour:
            palette.setColor(QPalette.ColorRole.WindowText, colour)
            label.setPalette(palette)

    follow_theme(label, paint)
