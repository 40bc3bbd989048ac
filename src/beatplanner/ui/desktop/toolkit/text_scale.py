"""By how much the user's text is larger than the system's."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication


def text_scale() -> float:
    """Return by how much the text of the window is larger than the system's."""
    application = QApplication.instance()
    usual = None if application is None else application.property("usual text size")
    return 1.0 if usual is None else QApplication.font().pointSizeF() / float(usual)
