"""Colours of words that are good, wrong or doubtful: each is read on the ground of the light and of the dark theme."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QLabel

from beatplanner.ui.desktop.toolkit.themed import follow_theme

# On light and on dark ground; text stands out from either by 4.5 to 1 at least (WCAG 2.2, 1.4.3).
SIGNALS = {
    "good": ("#1b6e3c", "#7fd19b"),
    "wrong": ("#a3141c", "#ff9a90"),
    "doubt": ("#7a4a00", "#f0b860"),
    "fact": ("#1f5f9e", "#8cc0ff"),
}


def signal(kind: str, palette: QPalette) -> QColor:
    """Return the colour of words of a kind (`SIGNALS`) on the ground of a palette."""
    dark = palette.color(QPalette.ColorRole.Base).lightnessF() < 0.5
    return QColor(SIGNALS[kind][dark])


def signal_words(label: QLabel, kind: str, more: str = "") -> None:
    """Let a label's words have the colour of a kind, in every theme; `more` is further style."""

    def paint() -> None:
        label.setStyleSheet(f"color: {signal(kind, QApplication.palette()).name()}; {more}")

    follow_theme(label, paint)
