"""What all pages of the guided import share, and what they ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtWidgets import (
    QLabel,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from beatplanner.ui.desktop.map.preview_map import PreviewMap
from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.session.child_process import Work


class Wizard(Protocol):
    """What a page asks of the guided import that it is a step of."""

    draft: Any
    map: PreviewMap
    work: Work
    pages: QStackedWidget

    @property
    def steps(self) -> Sequence[Page]:
        """The pages, in their order."""
        ...

    def add_files(self, files: list[Path]) -> None:
        """Look into files, and into those of folders."""
        ...

    def take(self, draft: Any) -> None:
        """Go on with the draft that a child gives back."""
        ...

    def refresh_map(self) -> None:
        """Draw the layers anew."""
        ...

    def show_table(self, source: Any, rows: tuple[int, ...] = ()) -> None:
        """Show a layer's table, or only some of its rows."""
        ...

    def enable(self) -> None:
        """Enable the buttons that can be pressed now."""
        ...

    def say(self, text: str) -> None:
        """Show a message beside the buttons."""
        ...

    def listed(self, lines: Sequence[str]) -> str:
        """Return all that is wrong, a line each."""
        ...

    def failed(self, error: Exception) -> None:
        """Say what went wrong in the child."""
        ...

    def go(self, step: int) -> None:
        """Show a step."""
        ...


class Page(QWidget):
    """One step: `enter` shows the draft, `leave` takes what was typed."""

    def __init__(self, wizard: Wizard) -> None:
        super().__init__()
        self.wizard = wizard
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 4, 8, 0)

    @property
    def draft(self):
        """The draft."""
        return self.wizard.draft

    def enter(self) -> None:
        """Show the draft as it is."""

    def leave(self) -> None:
        """Take what was typed into the draft."""

    def problems(self) -> list[str]:
        """Return what was typed and cannot be taken, and why: the step is not left with it."""
        return []

    def is_complete(self) -> bool:
        """Whether the next step can be taken."""
        return True

    def text(self, words: str) -> QLabel:
        """Add a line of explanation."""
        label = Label(words)
        label.setWordWrap(True)
        self.column.addWidget(label)
        return label
