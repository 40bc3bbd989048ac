"""A window that nobody sits at: its dialogs are dropped, its questions answered with yes, and what it refuses is an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# What a run tells at its end of a plan that was made all the same, as was agreed to, and why none is made of what breaks rules.
BROKEN = (
    "The plan as drawn does not keep all rules",
    "The rules cannot all be met",
    "Stopped before a plan that keeps all rules was found",
    "No plan that keeps all rules was found",
    "By these rules these postings are not as they were dragged",
    # postings that were dragged so far that they break a rule
    "These postings cannot be the plan",
)


def no_dialogs(put: Callable[[Any, str, Any], object] = setattr) -> None:
    """Let every dialog be dropped at once, and every question be answered with yes; `put` is `setattr`, or a test's own that is undone."""
    from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog, QMenu, QMessageBox

    yes = QMessageBox.StandardButton.Yes
    put(QDialog, "exec", lambda *_: 0)
    put(QMessageBox, "exec", _answered)
    put(QMessageBox, "question", staticmethod(lambda *_, **__: yes))
    put(QMessageBox, "information", staticmethod(lambda *_, **__: yes))
    put(QMessageBox, "warning", staticmethod(_warned))
    put(QMessageBox, "about", staticmethod(lambda *_: None))
    put(QMenu, "exec", lambda *_: None)
    for name in ("getText", "getItem"):
        put(QInputDialog, name, staticmethod(lambda *_, **__: ("", False)))
    for name in ("getOpenFileName", "getSaveFileName", "getOpenFileNames"):
        put(QFileDialog, name, staticmethod(lambda *_, **__: ("", "")))
    put(QFileDialog, "getExistingDirectory", staticmethod(lambda *_, **__: ""))


def _answered(box: Any) -> Any:
    """Answer a box that asks with yes; one that only tells what was refused ends the step as an error, unless it tells of a plan that breaks rules."""
    from beatplanner.ui.desktop.toolkit.in_language import translated

    tells = box.standardButtons() == box.StandardButton.Ok and box.icon() == box.Icon.Warning
    if tells and box.windowTitle() not in map(translated, BROKEN):
        _warned(box, box.windowTitle(), box.text())
    return box.StandardButton.Yes


def _warned(_: Any, title: str, text: str, *__: Any) -> None:
    """No action of a walk has a reason to be refused in a box: one ends the step as an error, instead of waiting for somebody to press a button."""
    raise AssertionError(f"{title}: {text}")
