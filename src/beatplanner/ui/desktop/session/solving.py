"""Planning in a child process: the window never waits, and cancelling is immediate."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from beatplanner.planning.progress import Unmet
from beatplanner.ui.desktop.session.child_process import ChildProcess, Line, of_error

# The best beats so far are shown so often at most.
LOOK_SECONDS = 0.7
# Marks what is told of rules that are not kept yet.
UNMET = "unmet"


def step_of(phase: str) -> str:
    """Return the step that a phase belongs to: its first word, such as “beats” of “beats of West: bound”."""
    return phase.replace(":", " ").split()[0]


class _Pause:
    """Lets the child wait while the user has paused it; its clock stands still meanwhile, so that no time limit runs out."""

    def __init__(self, paused: Any) -> None:
        self.paused, self.since, self.waited = paused, None, 0.0
        self.lock = threading.Lock()

    def clock(self) -> float:
        """Return the seconds that were not waited; all limits of the solvers are read from it."""
        with self.lock:
            return (time.monotonic() if self.since is None else self.since) - self.waited

    def wait(self) -> None:
        """Wait as long as the run is paused; several threads of a run may, and the wait counts once."""
        while self.paused.is_set():
            with self.lock:
                self.since = time.monotonic() if self.since is None else self.since
            time.sleep(0.1)
        with self.lock:
            if self.since is not None:
                self.waited, self.since = self.waited + time.monotonic() - self.since, None


def _child(project: Any, out: str, options: dict[str, Any], messages: Line) -> None:
    """Plan in the child and send what happens; every message is (kind, content).

    Once `enough` of the messages' line is set every step takes the best that it has; while `paused` is set nothing is done.
    """
    enough, pause = messages.enough, _Pause(messages.paused)
    from beatplanner.data.errors import InputError
    from beatplanner.data.side_work import usable_cores
    from beatplanner.planning.changes.mending import mend
    from beatplanner.planning.whole.plan import DEFAULT_TIME_LIMIT
    from beatplanner.planning.whole.run import run
    from beatplanner.solver.clock import Watch

    last, held = 0.0, None

    def progress(phase: str, best: float | None, bound: float | None, seconds: float) -> None:
        nonlocal last, held
        pause.wait()
        if held is not None and held[0].partition(":")[0] != phase.partition(":")[0]:
            send_held()
        held = (phase, best, bound, seconds)
        if time.monotonic() - last > 0.05 or best is None:
            last = time.monotonic()
            send_held()

    def send_held() -> None:
        """Send what was told last; of many that come at once the last of each step counts."""
        nonlocal held
        if held is not None:
            messages.put(("progress", held))
            held = None

    def cancelled() -> bool:
        pause.wait()
        return bool(enough.is_set())

    shown = 0.0

    def look(units: Any, district: Any) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown > LOOK_SECONDS:
            shown = now
            messages.put(("progress", ("", units, district)))

    broken: dict[str, Unmet | None] = {}

    def unmet(municipality: str, lacking: Unmet | None) -> None:
        if municipality not in broken or broken[municipality] != lacking:
            broken[municipality] = lacking
            messages.put(("progress", (UNMET, municipality, lacking)))

    from beatplanner.planning.beats.looking_on import LOOKING_ON, Onlooker

    looking = LOOKING_ON.set(Onlooker(look, unmet))
    try:
        limit = options.get("time_limit") or DEFAULT_TIME_LIMIT
        messages.put(("progress", (None, float(limit), *_steps(project, options))))
        # with edits the plan is what was drawn, without it is solved anew
        job = mend if "edits" in options else run
        options.setdefault("threads", usable_cores())
        summary = job(project, Path(out), progress=progress, cancelled=Watch(cancelled, pause.clock), **options)
        send_held()
        messages.put(("finished", (summary["feasible"], list(summary["clashes"]))))
    except InputError as error:
        messages.put(("refused", [str(note) for note in error.problems]))
    except Exception as error:  # whatever it is, the window says so instead of waiting for ever
        messages.put(("failed", of_error(error)))
    finally:
        LOOKING_ON.reset(looking)


def _steps(project: Any, options: Mapping[str, Any]) -> tuple[list[str], int]:
    """Return the steps that are planned, in order, and of how many parts writing is."""
    from beatplanner.data.description.models import Description
    from beatplanner.data.description.read import read_description
    from beatplanner.planning.whole.writing import parts_of_writing

    description = project if isinstance(project, Description) else read_description(Path(project))
    asked = options.get("steps", ("beats", "stations", "officers"))
    # what is drawn needs no search for beats
    steps = [s for s in asked if getattr(description, s) is not None and not (s == "beats" and "edits" in options)]
    return steps, parts_of_writing(description)


class SolveProcess(ChildProcess):
    """One run of the main job.

    Signals
    -------
    limited
        Seconds that the run may take, its steps in order, and of how many parts writing is; once, as it begins.
    found
        Beats so far: positions of units, and the number of the beat of each.
    unmet
        A municipality ("" for the whole town), and by how much its best beats so far break the rules (`Unmet`); None where they keep them.
    progressed
        Phase, best objective or None, bound or None, seconds.
    finished
        The result folder, whether all rules are met, and the clashes in words.
    refused
        Sentences that say why there is no plan: of the input.
    failed
        A sentence that says so of the program, or of the computer.
    """

    limited = Signal(float, list, int)
    found = Signal(object, object)
    unmet = Signal(str, object)
    progressed = Signal(str, object, object, float)
    finished = Signal(Path, bool, list)
    refused = Signal(list)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        # none until a run begins: what is deleted with one must be its own
        self._folder: Path | None = None

    def start(self, project: Any, **options: Any) -> None:
        """Start planning a project (its path, or a description) into a temporary folder; `options` are those of `planning.plan.run`."""
        self._folder = Path(tempfile.mkdtemp(prefix=f"beatplanner-{os.getpid()}-")) / "plan"
        self.begin(_child, project, str(self._folder), options)

    @property
    def paused(self) -> bool:
        """Whether the run waits."""
        return self._worker is not None and bool(self._worker.paused.is_set())

    def pause(self, on: bool) -> None:
        """Let the run wait, or go on; what it has found stays, and its time limit waits too."""
        if self._worker is not None:
            (self._worker.paused.set if on else self._worker.paused.clear)()

    def finish_early(self) -> None:
        """Let this step and those that follow take the best that they have at once."""
        if self._worker is not None:
            self._worker.enough.set()
            self._worker.paused.clear()

    def cancel(self) -> None:
        """End the run at once; nothing of it is kept."""
        if self.running:
            super().cancel()
            if self._folder is not None:
                shutil.rmtree(self._folder.parent, ignore_errors=True)

    def heard(self, content: Any) -> None:
        """Tell how far it is."""
        if content[0] is None:
            self.limited.emit(*content[1:])
        elif content[0] == "":
            self.found.emit(*content[1:])
        elif content[0] == UNMET:
            self.unmet.emit(*content[1:])
        else:
            self.progressed.emit(*content)

    def ended(self, kind: str, content: Any) -> None:
        """Tell the result, or why there is none."""
        if kind == "finished":
            self.finished.emit(self._folder, *content)
        else:
            (self.failed if kind == "failed" else self.refused).emit(content)

    def died(self) -> None:
        """Tell that there is none."""
        self.failed.emit("Planning ended without a result; the computer may be short of memory.")
