"""Texts that are never markup: a name, a path or a note of somebody's file is shown letter by letter, whatever it holds.

Qt takes a text of a label, a tooltip or a message for HTML where it looks like it, and then reads the pictures that it names, from a
disk or a server. What holds texts of data is made here, so that no place can forget it; a test looks through the sources and all widgets.
"""

from __future__ import annotations

import html
import re
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import QLabel, QMessageBox, QTextBrowser, QWidget

# Letters of a word that fit into the narrowest panel, and what lets a longer one go on in the next line.
LONGEST_WORD, MAY_BREAK = 24, "\u200b"


def literal(text: str) -> str:
    """Return a text that Qt shows letter by letter also where it guesses what a text is."""
    if not GuiQt.mightBeRichText(text):
        return text
    return f'<span style="white-space: pre-wrap">{html.escape(text)}</span>'


def breakable(text: str) -> str:
    """Return a text for a list, in which a word that is wider than a panel, such as a path or a coordinate system, goes on in the next line.

    Lists wrap at words only, and cut off what does not fit.
    """
    if not any(len(word) > LONGEST_WORD for word in text.split()):
        return text
    parts = []
    for part in re.split(r"(\s+)", text):
        if len(part) > LONGEST_WORD and not part.isspace():
            part = re.sub(r"(?<=[,;/\\_=&?.])(?=[^\s,;/\\_=&?.])", MAY_BREAK, part)
            part = MAY_BREAK.join(
                re.sub(f"(.{{{LONGEST_WORD}}})(?=.)", rf"\1{MAY_BREAK}", piece) for piece in part.split(MAY_BREAK)
            )
        parts.append(part)
    return "".join(parts)


class Label(QLabel):
    """A label whose text is never markup."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)


class Browser(QTextBrowser):
    """Shows markup of the program itself, in which texts of data are escaped; it reads no picture, style or page from anywhere."""

    def loadResource(self, _kind: int, _name: Any) -> Any:  # noqa: N802 - Qt's name
        """Read nothing."""
        return None


def question(parent: QWidget | None, title: str, text: str, *buttons: Any) -> Any:
    """Ask; as `QMessageBox.question`, but one that names no buttons asks whether something may be lost: Enter and Esc say no, and lose nothing."""
    no = QMessageBox.StandardButton.No
    chosen = buttons or (QMessageBox.StandardButton.Yes | no, no)
    return QMessageBox.question(parent, title, literal(text), *chosen)  # type: ignore[arg-type]
