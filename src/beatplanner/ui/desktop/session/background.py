"""Saving in a thread, its result handed back to the window: what is written is at hand already, and what is half written must not be killed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot


class Background(QObject):
    """Runs one piece of work after another, so that no two touch the same thing at once.

    Signals
    -------
    busy_changed
        Whether work is under way.
    """

    busy_changed = Signal(bool)
    _ended = Signal(int, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="beatplanner")
        self._open: dict[int, tuple[Callable[[Any], None], Callable[[Exception], None]]] = {}
        self._count = 0
        self._ended.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Whether work is under way."""
        return bool(self._open)

    def run(self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Do `work` in a thread, then call `done` with its result, or `failed` with its error, in the window's thread."""
        self._count += 1
        number = self._count
        self._open[number] = (done, failed)
        self.busy_changed.emit(True)
        self._pool.submit(work).add_done_callback(lambda future: self._deliver(number, future))

    def _deliver(self, number: int, future: Future[Any]) -> None:
        try:
            self._ended.emit(number, future)
        except RuntimeError:
            # the window was closed meanwhile
            return

    @Slot(int, object)
    def _take(self, number: int, future: Future[Any]) -> None:
        then = self._open.pop(number, None)
        if then is None:
            return
        self.busy_changed.emit(self.busy)
        error = future.exception()
        if error is None:
            then[0](future.result())
        elif isinstance(error, Exception):
            then[1](error)

    def wait(self) -> None:
        """Wait for what is under way and take no more; its results are not handed back."""
        self._open.clear()
        self._pool.shutdown(wait=True, cancel_futures=True)
