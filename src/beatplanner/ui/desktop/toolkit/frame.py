"""What tools and dialogs may ask of the window that they belong to."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow


class Frame(QMainWindow):
    """A window with named actions and a guide; `MainWindow` is the one that there is.

    Attributes
    ----------
    actions_by_name
        Its actions, by the names of their entries.
    """

    actions_by_name: dict[str, QAction]

    def open_guide(self) -> None:
        """Open the guide's page of the panel in view."""
        raise NotImplementedError
