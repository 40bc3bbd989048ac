"""Events of a window, heard by their kind: one filter for all who listen, since each filter of ours costs at every event."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget


class WindowEvents(QObject):
    """Tells of events of a window as they come, before the window has them."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._heard: dict[QEvent.Type, list[Callable[[], None]]] = {}
        window.installEventFilter(self)

    def on(self, hear: Callable[[], None], *kinds: QEvent.Type) -> None:
        """Call a function at each event of some kinds; who asked last is called first, as Qt does with filters."""
        for kind in kinds:
            self._heard.setdefault(kind, []).insert(0, hear)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Call who listens."""
        for hear in self._heard.get(event.type(), ()):
            hear()
        return False


def events_of(window: QWidget) -> WindowEvents:
    """Return the one filter of a window's events."""
    found = window.findChild(WindowEvents, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return WindowEvents(window) if found is None else found
