"""Work in a child process: the window never waits for it, and it ends at once where the user says so.

Children are kept: one that has ended its work waits for the next, so that only the first has to load what reads and plans. What stops work is
a kill; a new child takes its place when it is needed. What takes memory and time is there, and no thread of the window reads or plans.
"""

from __future__ import annotations

import multiprocessing
import pickle
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from beatplanner.data.causes import cause
from beatplanner.data.errors import InputError, problem

POLL_MS = 20
# So many children wait for work, and so much work a child does before a fresh one takes its place.
KEPT, JOBS = 1, 40
READY = "ready"


class Line:
    """What work in a child is given: messages to the window, and what the window wishes meanwhile."""

    def __init__(self, pipe: Any, enough: Any, paused: Any) -> None:
        self._pipe, self.enough, self.paused = pipe, enough, paused
        # steps and municipalities are planned side by side: two long messages at once would be one that nobody can read
        self._lock = threading.Lock()

    def put(self, message: tuple[str, Any]) -> None:
        """Send a message (kind, content); any thread may. Where the window is gone, killed perhaps, the work ends: that is no error of the program."""
        with self._lock:
            try:
                self._pipe.send(message)
            except (BrokenPipeError, ConnectionError):
                raise SystemExit from None


def _serve(pipe: Any, enough: Any, paused: Any) -> None:
    """Do one piece of work after another, until the window is gone."""
    pipe.send((READY, None))
    while True:
        try:
            work, arguments = pickle.loads(pipe.recv_bytes())  # noqa: S301 - from the window itself
            work(*arguments, Line(pipe, enough, paused))
        except (EOFError, BrokenPipeError, ConnectionError):
            return


class _Worker:
    """A child and the pipe to it."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.enough, self.paused = context.Event(), context.Event()
        self.process = context.Process(target=_serve, args=(other, self.enough, self.paused), daemon=True)
        self.process.start()
        other.close()
        self.ready, self.jobs = False, 0

    def end(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


_idle: list[_Worker] = []


def _worker() -> _Worker:
    while _idle:
        worker = _idle.pop()
        if worker.process.is_alive():
            return worker
        worker.end()
    return _Worker()


def keep_child_ready() -> None:
    """Let a child wait for the first work, with what reads layers loaded."""
    if not _idle:
        ChildTask().keep_alive(_load)


def _load() -> None:
    import beatplanner.data.result.folder
    import beatplanner.data.town.read_town  # noqa: F401 - what opening a project needs


class ChildProcess(QObject):
    """One piece of work in a child, which sends messages (kind, content): any number of ``"progress"``, then one of another kind.

    A subclass takes the messages: `heard` each progress, `ended` the last one, and `died` where the child ended without one.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker: _Worker | None = None
        self._packed = b""
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self._worker is not None

    def begin(self, work: Callable[..., None], *arguments: Any) -> None:
        """Start `work`, a function of a module, with the arguments and the `Line` for its messages; what was under way ends."""
        self.cancel()
        # what is sent is what is there now, also where the child is not ready yet
        self._packed = pickle.dumps((work, arguments), protocol=pickle.HIGHEST_PROTOCOL)
        self._worker = _worker()
        self._worker.enough.clear()
        self._worker.paused.clear()
        self._timer.start()
        if self._worker.ready:
            self._send()

    def _send(self) -> None:
        worker, job, self._packed = self._worker, self._packed, b""
        if worker is not None:
            worker.jobs += 1
            try:
                worker.pipe.send_bytes(job)
            except (OSError, ValueError):
                self._lost()

    def cancel(self) -> None:
        """End it at once; nothing of it is kept."""
        if self._worker is not None:
            self._worker.end()
            self._close()

    def heard(self, content: Any) -> None:
        """Take a progress."""

    def ended(self, kind: str, content: Any) -> None:
        """Take the last message."""
        raise NotImplementedError

    def died(self) -> None:
        """Take that there will be none."""
        raise NotImplementedError

    def _close(self) -> None:
        self._timer.stop()
        self._worker, self._packed = None, b""

    def _lost(self) -> None:
        if self._worker is not None:
            self._worker.end()
            self._close()
            self.died()

    def _poll(self) -> None:
        worker = self._worker
        while worker is not None and worker is self._worker:
            try:
                if not worker.pipe.poll():
                    if worker.process.is_alive():
                        return
                    # what came just before the end is still in the pipe
                    if not worker.pipe.poll():
                        self._lost()
                        return
                kind, content = worker.pipe.recv()
            except (EOFError, OSError):
                self._lost()
                return
            if kind == READY:
                worker.ready = True
                self._send()
            elif kind == "progress":
                self.heard(content)
            else:
                self._close()
                if len(_idle) < KEPT and worker.jobs < JOBS:
                    _idle.append(worker)
                else:
                    worker.end()
                self.ended(kind, content)
                return


def _call(function: Callable[..., Any], arguments: tuple[Any, ...], line: Line) -> None:
    """Call a function in the child and send what it returns, or why it returns nothing."""
    try:
        line.put(("finished", function(*arguments)))
    except InputError as error:
        line.put(("failed", error))
    except OSError as error:
        line.put(("failed", InputError(problem(cause(error), file=str(error.filename or "")))))
    except Exception as error:  # whatever it is, the window says so instead of waiting for ever
        line.put(("failed", InputError(problem(of_error(error).rstrip(".")))))


# tasks that nobody waits for, until they have ended
_alive: set[ChildTask] = set()


class ChildTask(ChildProcess):
    """One call of a function in a child.

    Signals
    -------
    finished
        What the function returned.
    failed
        The error, an `InputError`.
    """

    finished = Signal(object)
    failed = Signal(object)

    def start(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Call `function`, one of a module, with the arguments; both, and what it returns, cross to the child and back by pickle."""
        self.begin(_call, function, arguments)

    def keep_alive(self, function: Callable[..., Any]) -> None:
        """Call a function for what it leaves in the child; its result goes nowhere."""
        _alive.add(self)
        self.start(function)

    def ended(self, kind: str, content: Any) -> None:
        """Hand the result on."""
        _alive.discard(self)
        (self.finished if kind == "finished" else self.failed).emit(content)

    def died(self) -> None:
        """Say that there is none."""
        _alive.discard(self)
        why = "This ended without a result; the computer may be short of memory"
        self.failed.emit(InputError(problem(why, "Close other programs, then try again")))


class Work(QObject):
    """One call in a child after another, so that no two touch the same thing at once.

    Signals
    -------
    busy_changed
        Whether work is under way.
    """

    busy_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: deque[
            tuple[Callable[[Any], None], Callable[[Exception], None], Callable[..., Any], tuple[Any, ...]]
        ] = deque()
        self._then: tuple[Callable[[Any], None], Callable[[Exception], None]] | None = None
        self._task = ChildTask(self)
        self._task.finished.connect(lambda found: self._hand(0, found))
        self._task.failed.connect(lambda error: self._hand(1, error))

    @property
    def busy(self) -> bool:
        """Whether work is under way."""
        return self._then is not None

    def run(
        self,
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        function: Callable[..., Any],
        *arguments: Any,
    ) -> None:
        """Call `function` in a child, then `done` with its result, or `failed` with its `InputError`."""
        self._waiting.append((done, failed, function, arguments))
        if self._then is None:
            self._next()

    def _next(self) -> None:
        done, failed, function, arguments = self._waiting.popleft()
        self._then = (done, failed)
        self._task.start(function, *arguments)
        self.busy_changed.emit(True)

    def _hand(self, which: int, content: Any) -> None:
        then, self._then = self._then, None
        if self._waiting:
            self._next()
        else:
            self.busy_changed.emit(False)
        if then is not None:
            then[which](content)

    def stop(self) -> None:
        """End what is under way and take no more of it; its results are not handed back."""
        was, self._then = self.busy, None
        self._waiting.clear()
        self._task.cancel()
        if was:
            self.busy_changed.emit(False)


def of_error(error: Exception) -> str:
    """Leave a report of an error of the program and return the sentence that the window says."""
    from beatplanner.ui.crash_report import write_crash_report

    report = write_crash_report(type(error), error.__traceback__)
    where = f" A report that holds no data of yours is in {report}" if report else ""
    return f"This stopped because of an error of the program ({type(error).__name__}).{where}"
