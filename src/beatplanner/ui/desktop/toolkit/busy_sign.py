"""A bar and a button in the status line, seen while something beside the window takes its time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, SignalInstance
from PySide6.QtWidgets import QProgressBar, QPushButton, QStatusBar

# What takes no longer, in milliseconds, needs no sign.
LATE_MS = 300


class BusySign(QObject):
    """Shows that work is under way, after a moment, with what stops it.

    Parameters
    ----------
    status
        The line that it stands in.
    busy_changed
        Told whether work is under way.
    words
        On the button.
    stop
        Called when it is pressed.

    Attributes
    ----------
    bar, button
        What is seen.
    """

    def __init__(
        self, status: QStatusBar, busy_changed: SignalInstance, words: str, stop: Callable[[], object]
    ) -> None:
        super().__init__(status)
        self.status, self.said = status, ""
        self.bar, self.button = QProgressBar(), QPushButton(words)
        self.bar.setRange(0, 0)
        self.bar.setMaximumWidth(120)
        self.bar.setTextVisible(False)
        self.button.clicked.connect(lambda: stop())
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(LATE_MS)
        self._late.timeout.connect(self._show)
        for widget in (self.bar, self.button):
            status.addPermanentWidget(widget)
            widget.hide()
        busy_changed.connect(self._follow)

    def says(self, words: str) -> None:
        """Say what is done while work is under way."""
        self.said = words
        self.bar.setAccessibleName(words)

    def _show(self) -> None:
        self.bar.show()
        self.button.show()
        if self.said:
            self.status.showMessage(self.said)

    def _follow(self, busy: bool) -> None:
        if busy:
            self._late.start()
            return
        self._late.stop()
        self.bar.hide()
        self.button.hide()
        if self.said and self.status.currentMessage() == self.said:
            self.status.clearMessage()
