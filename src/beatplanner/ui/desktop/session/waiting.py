"""Waiting for a child with the window alive: it paints on, says after a moment what it does, and can be stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from beatplanner.data.errors import StoppedError
from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.session.child_process import ChildTask

# What takes no longer, in milliseconds, needs no words.
QUIET_MS = 300
# How often the window is let go on while it works itself, in seconds.
BREATH = 0.05


class BusyBox(QDialog):
    """Says what is being done and for how long, with a button that stops it."""

    def __init__(self, words: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle("beatplanner")
        self.setModal(True)
        self.begun = time.monotonic()
        self.words = Label(words)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.words.setMinimumWidth(300)
        self.spent = Label()
        self.spent.setTextFormat(Qt.TextFormat.PlainText)
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setAccessibleName(words)
        self.stop = QPushButton(self.tr("Stop"))
        self.stop.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.spent, 1)
        row.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.addWidget(self.words)
        column.addWidget(bar)
        column.addLayout(row)
        self._clock = QTimer(self)
        self._clock.setInterval(500)
        self._clock.timeout.connect(self._tick)
        self._clock.start()

    def _tick(self) -> None:
        self.spent.setText(self.tr("{0} s").format(int(time.monotonic() - self.begun)))


def wait_for(parent: QWidget | None, words: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a child and return its result, or raise its error; `words` say what is done.

    Raises
    ------
    InputError
        As the function raises it.
    StoppedError
        Where the user stopped it.
    """
    task, loop = ChildTask(), QEventLoop()
    found: list[Any] = []
    errors: list[Exception] = []
    task.finished.connect(lambda result: (found.append(result), loop.quit()))
    task.failed.connect(lambda error: (errors.append(error), loop.quit()))
    task.start(function, *arguments)
    quiet = QTimer()
    quiet.setSingleShot(True)
    quiet.timeout.connect(loop.quit)
    quiet.start(QUIET_MS)
    # nobody presses anything within a blink; what is pressed is kept for afterwards
    loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
    quiet.stop()
    stopped: list[bool] = []
    if not found and not errors:
        box = BusyBox(words, parent)
        box.rejected.connect(lambda: (stopped.append(True), loop.quit()))
        box.show()
        loop.exec()
        # who pressed Stop while the result was taken from the child wants none of it either
        QApplication.processEvents()
        box.rejected.disconnect()
        box.close()
        box.deleteLater()
    task.cancel()
    task.deleteLater()
    if stopped or not (found or errors):
        raise StoppedError
    if errors:
        raise errors[0]
    return found[0]


@contextmanager
def working(parent: QWidget | None, words: str) -> Generator[Callable[[], None]]:
    """Let the window paint on while it does something itself, in parts; `words` say what.

    Yields a function to be called after each part. It raises `StoppedError` where the user has stopped the work.
    """
    begun = breath = time.monotonic()
    box: BusyBox | None = None
    stopped: list[bool] = []

    def pause() -> None:
        nonlocal box, breath
        now = time.monotonic()
        if box is None and now - begun > QUIET_MS / 1000:
            box = BusyBox(words, parent)
            box.rejected.connect(lambda: stopped.append(True))
            box.show()
        if box is not None and now - breath > BREATH:
            QApplication.processEvents()
            breath = time.monotonic()
        if stopped:
            raise StoppedError

    try:
        yield pause
    finally:
        if box is not None:
            box.close()
            box.deleteLater()
