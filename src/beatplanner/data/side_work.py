"""Work that other processes of this computer do while this one goes on, such as writing pages.

A task is given away and taken back: who takes a task that nobody has begun does it at once, so that a program without other processes does the
same work in the order in which it takes it, and a process that is lost costs time only. A task is a function of a module, does the same when it
is done twice, and takes and returns what can be pickled.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import signal
import threading
import warnings
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

# Beyond that many, the pages of a plan wait for their maps and not for a process.
MOST = 3
# What the writer of a report loads: half of what a short run loads at all.
REPORT = ("beatplanner.data.publish.warm", "beatplanner.data.publish.papers")


# Called with how many of how many pages a task has done, also across processes.
PageProgress = Callable[[int, int], None]
PAGE_PROGRESS: ContextVar[PageProgress | None] = ContextVar("PAGE_PROGRESS", default=None)


def pages_done(done: int, pages: int) -> None:
    """Show who waits for this work how far it is; nobody where nobody asked."""
    progress = PAGE_PROGRESS.get()
    if progress is not None:
        progress(done, pages)


@contextmanager
def page_progress(progress: PageProgress | None) -> Generator[None]:
    """Have `progress` called with the pages that the work inside has done."""
    before = PAGE_PROGRESS.set(progress)
    try:
        yield
    finally:
        PAGE_PROGRESS.reset(before)


def usable_cores() -> int:
    """Return the processors that this process may use; a container or a job may be given fewer than there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # Windows and macOS know no affinity of this kind


@dataclass(frozen=True)
class PagesDone:
    """What a process says of its task before it is done."""

    done: int
    pages: int


@dataclass(eq=False)
class Task:
    """A piece of work that was given away; `SideWork.give` makes it."""

    what: Callable[..., Any]
    arguments: tuple[Any, ...]
    side: SideWork
    progress: PageProgress | None = None
    begun: bool = False
    lost: bool = False
    result: Any = None
    error: BaseException | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def collect(self) -> Any:
        """Return what came of it; where nobody has begun, or the process was lost, it is done here.

        Raises
        ------
        Exception
            That of the work.
        """
        if not self.side.withdraw(self):
            self.ended.wait()
        if not self.ended.is_set() or self.lost:
            self.lost, self.error = False, None
            try:
                with page_progress(self.progress or PAGE_PROGRESS.get()):
                    self.result = self.what(*self.arguments)
            except Exception as error:
                self.error = error
            self.ended.set()
        if self.error is not None:
            raise self.error
        return self.result

    def drop(self) -> None:
        """See that nobody is at it any more, whatever came of it."""
        if not self.side.withdraw(self):
            self.ended.wait()


class SideWork:
    """Gives work to other processes; use it as `side_work` makes it.

    Parameters
    ----------
    processes
        How many; none where all is done when it is taken.
    warm
        Modules that each loads before its first task.

    Notes
    -----
    What they load is loaded beside what this process does; a module that a task needs and that is not among it is loaded then.
    """

    def __init__(self, processes: int = 0, warm: Sequence[str] = ()) -> None:
        self.lock = threading.Condition()
        self.waiting: deque[Task] = deque()
        self.closed = False
        self.threads: list[threading.Thread] = []
        self.add(processes, warm)

    def add(self, processes: int, warm: Sequence[str] = ()) -> None:
        """Start further processes, which load modules before their first task; at most `MOST` in all, none in a process without children."""
        if multiprocessing.current_process().daemon:
            return
        for _ in range(min(processes, MOST - len(self.threads))):
            thread = threading.Thread(target=self._work, args=(tuple(warm),), daemon=True)
            self.threads.append(thread)
            thread.start()

    def give(self, what: Callable[..., Any], *arguments: Any, progress: PageProgress | None = None) -> Task:
        """Give a piece of work away; `progress` is called with the pages that are done and those that there are, from any thread."""
        task = Task(what, arguments, self, progress)
        with self.lock:
            self.waiting.append(task)
            self.lock.notify()
        return task

    def withdraw(self, task: Task) -> bool:
        """Take a task that nobody has begun out of the row; False where somebody has."""
        with self.lock:
            if task.begun:
                return False
            task.begun = True
            self.waiting.remove(task)
            return True

    def close(self) -> None:
        """End the processes; what waits is left to who takes it."""
        with self.lock:
            self.closed = True
            self.lock.notify_all()

    def _work(self, warm: tuple[str, ...]) -> None:
        """Keep one process at work."""
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=_serve, args=(there, warm), daemon=True)
        try:
            process.start()
        except OSError:
            # no memory or no process left: this process does everything
            return
        there.close()
        try:
            while (task := self._next()) is not None and self._done(task, here):
                pass
        finally:
            # a process that reads from a closed pipe ends, also where this one was killed
            here.close()
            process.join(1.0)
            if process.is_alive():
                process.terminate()

    def _next(self) -> Task | None:
        with self.lock:
            while not self.waiting and not self.closed:
                self.lock.wait()
            if self.closed:
                return None
            task = self.waiting.popleft()
            task.begun = True
            return task

    def _done(self, task: Task, pipe: Any) -> bool:
        """Have a task done; False where the process is lost."""
        try:
            pipe.send((task.what, task.arguments))
            while isinstance(heard := pipe.recv(), PagesDone):
                if task.progress is not None:
                    task.progress(heard.done, heard.pages)
            task.result, task.error = heard
        except (OSError, EOFError):
            task.lost = True
            return False
        except Exception as error:
            # what cannot be pickled is a fault of the program, told to who takes the task
            task.error = error
        finally:
            task.ended.set()
        return True


def _serve(pipe: Any, warm: tuple[str, ...]) -> None:
    """Do tasks until the pipe is closed."""
    # Ctrl+C is for the process that gave the work
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # as in the process that gave the work
    gc.set_threshold(50_000, 10, 10)
    warnings.simplefilter("ignore")
    # what is loaded stays: neither now nor later is it looked through for circles
    gc.disable()
    for module in warm:
        with suppress(ImportError):
            importlib.import_module(module)
    gc.freeze()
    gc.enable()
    with suppress(EOFError, OSError):
        while True:
            what, arguments = pipe.recv()
            result, failed = None, None
            try:
                with page_progress(lambda done, pages: pipe.send(PagesDone(done, pages))):
                    result = what(*arguments)
            except Exception as error:
                failed = error
            pipe.send((result, failed))


@contextmanager
def side_work(processes: int, warm: Sequence[str] = ()) -> Generator[SideWork]:
    """Start processes for side work, at most `MOST`; none where this process may have no children."""
    side = SideWork(processes, warm)
    try:
        yield side
    finally:
        side.close()
