"""Work in a child process: the window never waits for it, and it ends at once where the user says so."""

from __future__ import annotations

import multiprocessing
import queue
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer

POLL_MS = 60


class ChildProcess(QObject):
    """One piece of work in a child, which sends messages (kind, content): any number of ``"progress"``, then one of another kind.

    A subclass takes the messages: `told` each progress, `ended` the last one, and `died` where the child ended without one.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: Any = None
        self._messages: Any = None
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self._process is not None

    def begin(self, work: Callable[..., None], *arguments: Any) -> None:
        """Start `work`, a function of a module, with the arguments and the queue for its messages."""
        context = multiprocessing.get_context("spawn")
        self._messages = context.Queue()
        self._process = context.Process(target=work, args=(*arguments, self._messages), daemon=True)
        self._process.start()
        self._timer.start()

    def cancel(self) -> None:
        """End it at once; nothing of it is kept."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._close()

    def told(self, content: Any) -> None:
        """Take a progress."""

    def ended(self, kind: str, content: Any) -> None:
        """Take the last message."""
        raise NotImplementedError

    def died(self) -> None:
        """Take that there will be none."""
        raise NotImplementedError

    def _close(self) -> None:
        self._timer.stop()
        self._process = None

    def _poll(self) -> None:
        while self._process is not None:
            try:
                kind, content = self._messages.get_nowait()
            except queue.Empty:
                break
            if kind == "progress":
                self.told(content)
                continue
            self._process.join()
            self._close()
            self.ended(kind, content)
            return
        if self._process is not None and not self._process.is_alive() and self._messages.empty():
            self._close()
            self.died()


def of_error(error: Exception, what: str) -> str:
    """Leave a report of an error of the program and return the sentence that the window says; `what` stopped by it."""
    from beatplanner.ui.crash_report import write_crash_report

    report = write_crash_report(type(error), error.__traceback__)
    where = f" A report that holds no data of yours is in {report}" if report else ""
    return f"{what} stopped by an error of the program ({type(error).__name__}).{where}"
