"""The checker in a child process: it may take a while, and the window never waits."""

from __future__ import annotations

import multiprocessing
import queue
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

POLL_MS = 80


def _child(folder: str, messages: Any) -> None:
    """Check in the child and send the verdict; the message is (kind, content)."""
    from beatplanner.data.errors import InputError
    from beatplanner.planning.verdict import examine

    try:
        messages.put(("finished", examine(Path(folder))))
    except InputError as error:
        messages.put(("refused", str(error.problems[0])))
    except Exception as error:  # whatever it is, the window says so instead of waiting for ever
        from beatplanner.ui.crash_report import write_crash_report

        write_crash_report(type(error), error.__traceback__)
        messages.put(("refused", type(error).__name__))


class VerifyProcess(QObject):
    """One check of a result folder.

    Signals
    -------
    finished
        The folder and its verdict, as `planning.verdict.examine` gives it.
    refused
        The folder and why it cannot be checked; "" where the child ended without a word.
    """

    finished = Signal(Path, dict)
    refused = Signal(Path, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: Any = None
        self._messages: Any = None
        self._folder = Path()
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def running(self) -> bool:
        """Whether a check is under way."""
        return self._process is not None

    def start(self, folder: Path) -> None:
        """Begin; a check that is under way ends."""
        self.cancel()
        context = multiprocessing.get_context("spawn")
        self._folder, self._messages = folder, context.Queue()
        self._process = context.Process(target=_child, args=(str(folder), self._messages), daemon=True)
        self._process.start()
        self._timer.start()

    def cancel(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._close()

    def _close(self) -> None:
        self._timer.stop()
        self._process = None

    def _poll(self) -> None:
        if self._process is None:
            return
        try:
            kind, content = self._messages.get_nowait()
        except queue.Empty:
            if not self._process.is_alive():
                self._close()
                self.refused.emit(self._folder, "")
            return
        self._process.join()
        self._close()
        if kind == "finished":
            self.finished.emit(self._folder, content)
        else:
            self.refused.emit(self._folder, content)
