"""Repair and solving on from a drawing in a child process, so that the window never waits and cancelling is immediate."""

from __future__ import annotations

import multiprocessing
import queue
import time
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from beatplanner.planning.drawing import Drawing

POLL_MS = 60
Job = Literal["repair", "improve"]


def _child(drawing: Drawing, job: Job, seconds: float, messages: Any) -> None:
    """Work in the child and send what happens; every message is (kind, content)."""
    from beatplanner.planning.beats import plan_beats
    from beatplanner.planning.mending import repair

    last = 0.0

    def progress(phase: str, best: float | None, bound: float | None, spent: float) -> None:
        nonlocal last
        if time.monotonic() - last > 0.05:
            last = time.monotonic()
            messages.put(("progress", (phase, best, bound, spent)))

    try:
        if job == "repair":
            found = repair(drawing, seconds=seconds, progress=progress)
            messages.put(("finished", (found.moves, found.words, found.left)))
            return
        town = drawing.drawn_town()
        plan = plan_beats(town, drawing.workload, seconds=seconds, start=drawing.beat, progress=progress)
        before = drawing.beat
        moves = {int(u): str(plan.beat[u]) for u in range(len(before)) if plan.beat[u] != before[u]}
        messages.put(("finished", (moves, (), plan.clashes)))
    except Exception as error:  # whatever it is, the window says so instead of waiting for ever
        from beatplanner.ui.crash_report import write_crash_report

        report = write_crash_report(type(error), error.__traceback__)
        where = f" A report that holds no data of yours is in {report}" if report else ""
        messages.put(("refused", f"This stopped by an error of the program ({type(error).__name__}).{where}"))


class DrawingProcess(QObject):
    """One repair, or one run that solves on.

    Signals
    -------
    progressed
        Phase, best objective or None, bound or None, seconds.
    finished
        The job, moves (position of a unit: beat), what moves in words, and the rules that are still broken or clash.
    refused
        A sentence that says why there is nothing.
    """

    progressed = Signal(str, object, object, float)
    finished = Signal(str, object, object, object)
    refused = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process: Any = None
        self._messages: Any = None
        self._job = ""
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self._process is not None

    def start(self, drawing: Drawing, job: Job, seconds: float) -> None:
        """Start; what is drawn is copied to the child."""
        context = multiprocessing.get_context("spawn")
        self._messages, self._job = context.Queue(), job
        self._process = context.Process(target=_child, args=(drawing, job, seconds, self._messages), daemon=True)
        self._process.start()
        self._timer.start()

    def cancel(self) -> None:
        """End it at once; the drawing stays as it is."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._close()

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
                self.progressed.emit(*content)
                continue
            self._process.join()
            self._close()
            if kind == "finished":
                self.finished.emit(self._job, *content)
            else:
                self.refused.emit(content)
            return
        if self._process is not None and not self._process.is_alive() and self._messages.empty():
            self._close()
            self.refused.emit("This ended without a result; the computer may be short of memory.")
