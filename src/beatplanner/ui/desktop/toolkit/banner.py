"""A notice on a ground of its own: good, wrong, or still waited for; dark where the window is."""

from __future__ import annotations

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication

from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.toolkit.themed import follow_theme

# Ground and text, light and dark; text stands out from its ground by 4.5 to 1 at least (WCAG 2.2, 1.4.3).
BANNERS = {
    "good": (("#e3f4e7", "#14532d"), ("#173323", "#a9e3bd")),
    "wrong": (("#fde0dd", "#67000d"), ("#4a1b1e", "#ffc4be")),
    "waiting": (("#fff3cd", "#5c4400"), ("#3f3312", "#f5d98b")),
}


class Banner(Label):
    """Words on a ground of a kind (`BANNERS`), which follows the theme.

    Attributes
    ----------
    kind
        Of `BANNERS`.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        follow_theme(self, self._paint)

    def is_about(self, kind: str) -> None:
        """Take the ground of a kind."""
        self.kind = kind
        self._paint()

    def _paint(self) -> None:
        # its own palette has the ground of the banner
        dark = QApplication.palette().color(QPalette.ColorRole.Base).lightnessF() < 0.5
        ground, text = BANNERS[self.kind][dark]
        style = f"QLabel {{ background: {ground}; color: {text}; border-radius: 4px; padding: 6px; }}"
        if style != self.styleSheet():
            self.setStyleSheet(style)
