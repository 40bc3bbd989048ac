"""F1: the page of the guide that tells of the panel in view."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QDialog, QDockWidget, QWidget

from beatplanner.ui.desktop.toolkit.frame import Frame

# Panels by their object's name, dialogs by their class; the window itself by "".
PAGES = {
    "": "desktop",
    "StartPage": "first-hour",
    "project": "projects",
    "draw and mend": "drawing",
    "results": "reading-a-plan",
    "layers": "desktop",
    "gantt": "officers",
    "stations": "stations",
    "rules": "rules",
    "ImportWizard": "data",
    "ComparisonWindow": "scenarios",
    "PrintDialog": "desktop",
    "DataDialog": "desktop",
}


def page_of(widget: QWidget | None) -> str:
    """Return the page of what holds a widget: the nearest panel or dialog around it that has one."""
    while widget is not None:
        for name in (widget.objectName(), type(widget).__name__):
            if name and name in PAGES:
                return PAGES[name]
        widget = widget.parentWidget()
    return PAGES[""]


def page_in_view(window: QWidget) -> str:
    """Return the page of the dialog that is open, of the panel with the focus, or of the panel that lies on top at the side."""
    dialog = QApplication.activeModalWidget()
    if isinstance(dialog, QDialog):
        return page_of(dialog)
    focus = QApplication.focusWidget()
    found = page_of(focus)
    if found != PAGES[""] or (focus is not None and window.isAncestorOf(focus)):
        return found
    on_top = [d for d in window.findChildren(QDockWidget) if d.isVisible() and not d.visibleRegion().isEmpty()]
    return page_of(on_top[0]) if on_top else found


def file_of(guide: Path, page: str) -> Path | None:
    """Return a page's file; the first page where it is missing, None where there is no guide."""
    return next((p for p in (guide / f"{page}.html", guide / "index.html") if p.is_file()), None)


def explain(dialog: QDialog, window: Frame) -> None:
    """Let F1 open the guide from a dialog, which keeps the window's own keys from working."""
    QShortcut(QKeySequence("F1"), dialog).activated.connect(window.open_guide)
