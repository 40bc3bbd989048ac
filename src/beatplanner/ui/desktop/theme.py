"""Light and dark, and the size of all text; the map keeps its own light paper, so that its colours mean the same in both."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

SCHEMES = {"system": Qt.ColorScheme.Unknown, "light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}


def apply_theme(application: QApplication, theme: str) -> None:
    """Use a theme of `SCHEMES` for all windows; another name is the system's."""
    scheme = SCHEMES.get(theme, Qt.ColorScheme.Unknown)
    if scheme != Qt.ColorScheme.Unknown and application.style().name().casefold() != "fusion":
        # the style that has both on every system
        application.setStyle("Fusion")
    application.styleHints().setColorScheme(scheme)
    if scheme != Qt.ColorScheme.Unknown:
        application.setPalette(application.style().standardPalette())


def is_dark(application: QApplication) -> bool:
    """Tell whether text is lighter than what it stands on."""
    palette = application.palette()
    return palette.windowText().color().lightness() > palette.window().color().lightness()


def apply_text_size(application: QApplication, per_cent: int) -> None:
    """Scale all text; 100 is the system's size."""
    usual = application.property("usual text size")
    if usual is None:
        usual = application.font().pointSizeF()
        application.setProperty("usual text size", usual)
    font = application.font()
    font.setPointSizeF(float(usual) * per_cent / 100)
    application.setFont(font)
