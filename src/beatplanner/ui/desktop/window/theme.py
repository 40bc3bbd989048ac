"""Light and dark, and the size of all text; the map keeps its own light paper, so that its colours mean the same in both."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from beatplanner.ui.desktop.toolkit.outlines import draw_outlines

THEMES = ("system", "light", "dark")
# Text stands out from its ground by 4.5 to 1 at least (WCAG 2.2, 1.4.3).
LIGHT = {
    "Window": "#efefef",
    "WindowText": "#1a1a1a",
    "Base": "#ffffff",
    "AlternateBase": "#f5f5f5",
    "Text": "#1a1a1a",
    "Button": "#efefef",
    "ButtonText": "#1a1a1a",
    "ToolTipBase": "#ffffe6",
    "ToolTipText": "#1a1a1a",
    "Highlight": "#1f5f9e",
    "HighlightedText": "#ffffff",
    "Link": "#0b4f8a",
    "PlaceholderText": "#595959",
    "Light": "#ffffff",
    "Midlight": "#e3e3e3",
    "Mid": "#c8c8c8",
    "Dark": "#9f9f9f",
    "BrightText": "#ffffff",
}
DARK = {
    "Window": "#2b2b2b",
    "WindowText": "#f0f0f0",
    "Base": "#1e1e1e",
    "AlternateBase": "#262626",
    "Text": "#f0f0f0",
    "Button": "#3a3a3a",
    "ButtonText": "#f0f0f0",
    "ToolTipBase": "#3a3a3a",
    "ToolTipText": "#f0f0f0",
    "Highlight": "#2f6fb0",
    "HighlightedText": "#ffffff",
    "Link": "#8cc0ff",
    "PlaceholderText": "#b0b0b0",
    "Light": "#505050",
    "Midlight": "#444444",
    "Mid": "#4a4a4a",
    "Dark": "#181818",
    "BrightText": "#ffffff",
}


def palette_of(colours: dict[str, str]) -> QPalette:
    """Return a palette; what is disabled is fainter."""
    palette = QPalette()
    for role, colour in colours.items():
        palette.setColor(QPalette.ColorRole[role], QColor(colour))
    faint = QColor(colours["PlaceholderText"])
    for role in ("WindowText", "Text", "ButtonText"):
        palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole[role], faint)
    return palette


def apply_theme(application: QApplication, theme: str) -> None:
    """Use a theme of `THEMES` for all windows; ``"system"`` leaves a system alone that was never overruled."""
    overruled = bool(application.property("theme overruled"))
    if theme in ("light", "dark") or application.style().name().casefold() == "fusion":
        # the style that takes a palette on every system; one of the system's own stays where no theme is asked for
        draw_outlines(application)
    if theme not in ("light", "dark"):
        if overruled:
            application.styleHints().setColorScheme(Qt.ColorScheme.Unknown)
            application.setPalette(QPalette())
            application.setProperty("theme overruled", False)
        return
    # frames and menus that the system draws
    application.styleHints().setColorScheme(Qt.ColorScheme.Dark if theme == "dark" else Qt.ColorScheme.Light)
    application.setPalette(palette_of(DARK if theme == "dark" else LIGHT))
    application.setProperty("theme overruled", True)


def apply_text_size(application: QApplication, per_cent: int) -> None:
    """Scale all text; 100 is the system's size."""
    usual = application.property("usual text size")
    if usual is None:
        usual = application.font().pointSizeF()
        application.setProperty("usual text size", usual)
    font = application.font()
    font.setPointSizeF(float(usual) * per_cent / 100)
    application.setFont(font)
