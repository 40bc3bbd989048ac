"""Repair and solving on from a drawing in a child process, so that the window never waits and cancelling is immediate."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, Signal

from beatplanner.ui.desktop.session.child_process import ChildProcess, Line, of_error

if TYPE_CHECKING:
    from beatplanner.planning.beats.drawing import Drawing

Job = Literal["repair", "improve"]


def _child(drawing: Drawing, job: Job, seconds: float, messages: Line) -> None:
    """Work in the child and send what happens; every message is (kind, content)."""
    from beatplanner.planning.beats.drawn_rules import drawn_town, with_drawn_ids
    from beatplanner.planning.beats.plan import objective_of, plan_beats
    from beatplanner.planning.changes.repair import repair
    from beatplanner.planning.progress import of_run, unit_of_beats

    last = 0.0

    def progress(phase: str, best: float | None, bound: float | None, spent: float) -> None:
        nonlocal last
        if time.monotonic() - last > 0.05:
            last = time.monotonic()
            messages.put(("progress", (phase, best, bound, spent)))

    try:
        run_progress = of_run(progress, time.monotonic, drawing.town.description)
        if job == "repair":
            found = repair(drawing, seconds=seconds, progress=run_progress)
            messages.put(("finished", (found.moves, found.words, found.left, found.cut, None)))
            return
        town = drawn_town(drawing)
        plan = plan_beats(town, drawing.workload, seconds=seconds, start=drawing.beat, progress=run_progress)
        before, after = drawing.beat, with_drawn_ids(drawing, plan.beat)
        moves = {int(u): str(after[u]) for u in range(len(before)) if after[u] != before[u]}
        was, now = (objective_of(town, drawing.workload, label) for label in (before, plan.beat))
        messages.put(("finished", (moves, (), plan.clashes, False, (was, now, unit_of_beats(town.description)))))
    except Exception as error:  # whatever it is, the window says so instead of waiting for ever
        messages.put(("refused", of_error(error)))


class DrawingProcess(ChildProcess):
    """One repair, or one run that solves on.

    Signals
    -------
    progressed
        Phase, best objective or None, bound or None, seconds.
    finished
        The job, moves (position of a unit: beat), what moves in words, the rules that are still broken or clash, whether the time ended a repair,
        and, of solving on, the objective before and after, and its unit.
    refused
        A sentence that says why there is nothing.
    """

    progressed = Signal(str, object, object, float)
    finished = Signal(str, object, object, object, bool, object)
    refused = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.job = ""

    def start(self, drawing: Drawing, job: Job, seconds: float) -> None:
        """Start; what is drawn is copied to the child."""
        self.job = job
        self.begin(_child, drawing, job, seconds)

    def heard(self, content: Any) -> None:
        """Tell how far it is."""
        self.progressed.emit(*content)

    def ended(self, kind: str, content: Any) -> None:
        """Tell what moves, or why nothing does."""
        if kind == "finished":
            self.finished.emit(self.job, *content)
        else:
            self.refused.emit(content)

    def died(self) -> None:
        """Tell that nothing came of it."""
        self.refused.emit("This ended without a result; the computer may be short of memory.")
