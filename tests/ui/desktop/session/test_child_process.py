"""Work in a child, waiting for it, and the collector that stays in the window's thread."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6.QtCore import QObject, QTimer, Signal

from beatplanner.data.errors import InputError, problem
from beatplanner.ui.desktop.session import child_process, solving, waiting
from beatplanner.ui.desktop.session.child_process import ChildTask, Work
from beatplanner.ui.desktop.session.solving import SolveProcess


def divide(one: int, other: int) -> float:
    return one / other


def refuse() -> None:
    raise InputError(problem("no such thing", "Do this", file="a.gpkg", layer="b"), problem("nor that"))


def sleep_long() -> None:
    time.sleep(600)


def die() -> None:
    os._exit(9)


def who() -> int:
    return os.getpid()


def test_one_child_does_one_work_after_another_and_hands_results_and_errors_back(qtbot):
    # a child that other tests have left may be near its last work, after which a fresh one comes
    while child_process._idle:
        child_process._idle.pop().end()
    work, told = Work(), []
    for function, arguments in (
        (divide, (6, 3)),
        (who, ()),
        (refuse, ()),
        (divide, (1, 0)),
        (who, ()),
        (die, ()),
        (divide, (4, 2)),
    ):
        work.run(told.append, told.append, function, *arguments)
    assert work.busy
    qtbot.waitUntil(lambda: not work.busy, timeout=120_000)
    assert told[0] == 2.0 and told[6] == 2.0
    assert told[1] == told[4] != os.getpid()
    # all notes of an error cross, with their places
    assert [(n.what, n.layer) for n in told[2].problems] == [("no such thing", "b"), ("nor that", "")]
    assert "error of the program (ZeroDivisionError)" in str(told[3])
    assert "ended without a result" in str(told[5])


def test_what_is_waited_for_can_be_stopped_and_the_next_work_is_not_hurt(qtbot, monkeypatch):
    monkeypatch.setattr(waiting, "QUIET_MS", 10)
    boxes = []

    class Stopped(waiting.BusyBox):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            boxes.append(self.words.text())
            QTimer.singleShot(0, self.stop.click)

    monkeypatch.setattr(waiting, "BusyBox", Stopped)
    with pytest.raises(waiting.StoppedError):
        waiting.wait_for(None, "Sleeping…", sleep_long)
    assert boxes == ["Sleeping…"]
    monkeypatch.undo()
    assert waiting.wait_for(None, "Dividing…", divide, 9, 3) == 3.0


def test_stop_counts_also_while_the_result_is_taken_and_the_window_stays_as_it_was(qtbot, monkeypatch):
    """The press waits in the queue while the window takes what the child sends; nothing of it may be shown then."""
    monkeypatch.setattr(waiting, "QUIET_MS", 1)
    boxes = []

    class Box(waiting.BusyBox):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            boxes.append(self)

    class Sent(QObject):
        finished, failed = Signal(object), Signal(object)
        cancelled = 0

        def start(self, *_):
            QTimer.singleShot(200, self.take)

        def take(self):
            QTimer.singleShot(0, boxes[0].stop.click)
            self.finished.emit("a town")

        def cancel(self):
            Sent.cancelled += 1

    monkeypatch.setattr(waiting, "BusyBox", Box)
    monkeypatch.setattr(waiting, "ChildTask", Sent)
    with pytest.raises(waiting.StoppedError):
        waiting.wait_for(None, "Reading…", divide, 1, 1)
    assert Sent.cancelled and not boxes[0].isVisible()


def test_a_task_that_is_cancelled_tells_nothing(qtbot):
    task, told = ChildTask(), []
    task.finished.connect(told.append)
    task.failed.connect(told.append)
    task.start(sleep_long)
    task.cancel()
    assert not task.running
    task.start(divide, 8, 2)
    qtbot.waitUntil(lambda: bool(told), timeout=120_000)
    assert told == [4.0]


def test_the_end_of_a_run_that_never_began_deletes_nothing(qtbot, monkeypatch, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    monkeypatch.chdir(tmp_path)
    process = SolveProcess()
    monkeypatch.setattr(SolveProcess, "running", True)
    process.cancel()
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_work_ends_without_a_report_where_the_window_was_killed(monkeypatch):
    ours, theirs = multiprocessing.Pipe()
    theirs.close()
    reports = []
    monkeypatch.setattr("beatplanner.ui.crash_report.write_crash_report", lambda *error: reports.append(error))
    line = child_process.Line(ours, threading.Event(), threading.Event())
    with pytest.raises(SystemExit):
        child_process._call(divide, (1, 2), line)
    with pytest.raises(SystemExit):
        solving._child("nowhere.toml", "nowhere", {}, line)
    assert reports == []
