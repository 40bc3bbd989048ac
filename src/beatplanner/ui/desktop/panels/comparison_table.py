"""The figures of a comparison in the window's language: the workbook's catalogue has their labels, the window's what is said beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QLocale

from beatplanner.data.publish.comparison_words import beat_said, fields_said
from beatplanner.data.publish.templates import filled
from beatplanner.data.publish.translation import LOCALES, Speech
from beatplanner.data.result.draft_reason import gap_said
from beatplanner.ui.desktop.toolkit.figures_text import NONE, number, percent

if TYPE_CHECKING:
    from beatplanner.data.result.comparison import FigureRow


def speech() -> Speech:
    """Return the catalogue of figures in the window's language."""
    name = QLocale().bcp47Name()
    code = {"sr": "sr-Cyrl"}.get(name, name)
    return Speech(next((c for c in (code, code.partition("-")[0]) if c in LOCALES), "en"))


def label(said: Speech, row: FigureRow) -> str:
    """Return what a row is called, also in a comparison of an older beatplanner, which is English."""
    if "words" not in row:
        return row["label"]
    return filled(said.known(row["words"]), fields_said(said, row.get("fields", {})))


def figure(said: Speech, value: Any, kind: str) -> str:
    """Return a figure as people read it, written as the window writes figures."""
    if value is None:
        return NONE
    if kind == "yes":
        return said.text("yes" if value else "no")
    if kind == "text":
        return str(beat_said(said, value))
    if kind == "gap":
        return gap_said(value, percent)
    if kind == "share":
        return percent(value, 1 if 0 < abs(value) < 0.0995 or 0.995 < value < 1 else 0)
    return number(value, 1 if kind == "decimal" else 0)
