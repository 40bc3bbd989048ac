"""Saving with the window free: layers are read in a child, the file is written in a thread, and either can be stopped before the old one is replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEventLoop, QObject, Signal

from beatplanner.ui.desktop.session.background import Background
from beatplanner.ui.desktop.session.child_process import ChildTask

if TYPE_CHECKING:
    from beatplanner.data.project.save_job import SaveJob


class Saving(QObject):
    """Saves, one after another.

    Signals
    -------
    busy_changed
        Whether one is under way.
    """

    busy_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._writing = Background(self)
        self._reading = ChildTask(self)
        self._reading.finished.connect(self._read)
        self._reading.failed.connect(lambda error: self._end(1, error))
        self._job: SaveJob | None = None
        self._then: tuple[Callable[[Any], None], Callable[[Exception], None]] | None = None

    @property
    def busy(self) -> bool:
        """Whether a save is under way."""
        return self._job is not None

    def run(self, job: SaveJob, done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Write a save, then call `done`, or `failed` with its error; both in the window's thread."""
        from beatplanner.data.project.save_job import build_base

        self._job, self._then = job, (done, failed)
        self.busy_changed.emit(True)
        if job.description is not None:
            # reading all layers takes long, and a thread cannot be stopped in it
            self._reading.start(build_base, job.description, job.built)
        else:
            self._write(built=False)

    def _read(self, _: object) -> None:
        self._write(built=True)

    def _write(self, *, built: bool) -> None:
        job = self._job
        if job is not None:
            self._writing.run(
                lambda: job.write(built=built), lambda found: self._end(0, found), lambda error: self._end(1, error)
            )

    def _end(self, which: int, content: Any) -> None:
        then, self._then, self._job = self._then, None, None
        self.busy_changed.emit(False)
        if then is not None:
            then[which](content)

    def stop(self) -> None:
        """Stop the save that is under way, unless its file is in its place by then; the last saved state is untouched."""
        job = self._job
        if job is None:
            return
        job.stop()
        if self._reading.running:
            self._reading.cancel()
            job.built.unlink(missing_ok=True)
            self._write(built=True)

    def wait_until_done(self) -> None:
        """Wait for the save that is under way, the window alive."""
        loop = QEventLoop()
        self.busy_changed.connect(lambda busy: None if busy else loop.quit())
        while self.busy:
            loop.exec()

    def wait(self) -> None:
        """Wait for what is under way and take no more; its results are not handed back."""
        self._then = None
        self._reading.cancel()
        self._writing.wait()
