"""Python's cyclic collector, kept to the window's thread.

By itself it runs in whatever thread has just made enough objects, and destroys there what it finds: widgets and timers of Qt too, which may be
destroyed in their own thread only. A window that was closed while a thread read layers so ended the whole program. Here the collector is off,
and a timer of the window's thread does its work at the same thresholds.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 400


class Collector(QObject):
    """Collects in the thread that it lives in, as long as it lives; while it does no other thread collects."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the oldest generation that has reached its threshold, and the younger ones."""
        for generation in (2, 1, 0):
            limit = gc.get_threshold()[generation]
            if limit and gc.get_count()[generation] > limit:
                gc.collect(generation)
                return

    def stop(self) -> None:
        """Give the collector back to Python."""
        self._timer.stop()
        gc.enable()
