"""Hundreds of openings, readings, saves and closings while other threads do their worst: no crash, no word from Qt, no collection outside the window's thread.

    python benchmarks/window_stress.py PROJECT.gpkg [--rounds 300] [--threads 3]

Python's cyclic collector runs in whatever thread made the last object, and destroys there what it finds. Here its thresholds are 1 and threads make
cycles all the time, so that it would run in them at once were it let; every message of Qt but the platform's own ends the run, and so does a
collection in another thread. A round opens the project (every third in a new window), sometimes stops the reading half way, paints, saves in the
background, and lets the window go with all its cycles.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# What the platform without a screen says of itself.
HARMLESS = ("propagateSizeHints", "QFontDatabase", "XDG_RUNTIME_DIR", "does not support")


@contextmanager
def under_stress(threads: int) -> Iterator[list[str]]:
    """Let threads make cycles; yields a list that gets every collection outside this thread, and every message of Qt."""
    from PySide6.QtCore import QtMsgType, qInstallMessageHandler

    wrong: list[str] = []
    main, stop = threading.get_ident(), threading.Event()

    def watch(phase: str, _: dict[str, int]) -> None:
        if phase == "start" and threading.get_ident() != main:
            wrong.append(f"the collector ran in the thread {threading.current_thread().name}")

    def hear(kind: QtMsgType, _: object, text: str) -> None:
        if kind != QtMsgType.QtDebugMsg and not any(word in text for word in HARMLESS):
            wrong.append(f"Qt: {text}")

    def churn() -> None:
        while not stop.is_set():
            # with thresholds of 1 a handful would do; millions would only fill the memory until the window's thread collects
            for _ in range(20):
                one: list[Any] = []
                one.append({"self": one, "more": [[] for _ in range(20)]})
            stop.wait(0.005)

    before, handler = gc.get_threshold(), qInstallMessageHandler(hear)
    gc.callbacks.append(watch)
    gc.set_threshold(1, 1, 1)
    workers = [threading.Thread(target=churn, name=f"churn {k}", daemon=True) for k in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield wrong
    finally:
        stop.set()
        for worker in workers:
            worker.join()
        gc.set_threshold(*before)
        gc.callbacks.remove(watch)
        qInstallMessageHandler(handler)


def stress(
    project: Path, rounds: int, threads: int = 3, after_round: Callable[[int], object] | None = None
) -> list[str]:
    """Go the rounds on a project file; return what was wrong, the first with its round. `after_round` hears of each round."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from beatplanner.ui.desktop.session.collector import Collector
    from beatplanner.ui.desktop.session.waiting import BusyBox
    from beatplanner.ui.desktop.window.main_window import MainWindow

    application = QApplication.instance()
    assert application is not None
    collector = Collector()
    window: MainWindow | None = None
    with under_stress(threads) as wrong:
        for number in range(rounds):
            if window is None or number % 3 == 0:
                window = MainWindow()
                window.show()
            if number % 5 == 4:
                # the reading is stopped as soon as it says that it reads
                def stop() -> None:
                    for box in QApplication.topLevelWidgets():
                        if isinstance(box, BusyBox):
                            box.reject()

                QTimer.singleShot(350, stop)
            window.saved = True
            window.open(project)
            if window.scenario.is_open and window.scenario.document is not None:
                panel = window.drawing_panel
                drawing = panel.begin()
                if drawing is not None:
                    a, b = drawing.edges[["a", "b"]].to_numpy(int)[number % len(drawing.edges)]
                    panel.edit(lambda d, a=int(a), b=int(b): d.paint([a], str(d.beat[b])))
                window.session.save(None)
            for _ in range(5):
                application.processEvents()
            if number % 3 == 2:
                while window.session.work.busy:
                    application.processEvents()
                window.solving.cancel()
                window.saved = True
                window.close()
                window.deleteLater()
                window = None
                application.processEvents()
            collector.collect()
            if after_round is not None:
                after_round(number)
            if wrong:
                return [f"round {number}: {text}" for text in wrong[:10]]
        if window is not None:
            window.saved = True
            window.close()
    collector.stop()
    return wrong


def main() -> None:
    """Go the rounds, and say what was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--threads", type=int, default=3)
    chosen = parser.parse_args()
    import faulthandler

    from PySide6.QtWidgets import QApplication, QMessageBox

    faulthandler.enable()
    _ = QApplication([])
    QMessageBox.question = staticmethod(lambda *_, **__: QMessageBox.StandardButton.No)
    errors: list[str] = []
    sys.excepthook = lambda kind, error, _: errors.append(f"{kind.__name__}: {error}")
    with tempfile.TemporaryDirectory() as folder:
        project = Path(shutil.copyfile(chosen.project, Path(folder) / "town.gpkg"))
        # who stops a long run knows how far it was
        wrong = stress(
            project,
            chosen.rounds,
            chosen.threads,
            lambda number: print(f"round {number + 1}: {len(errors)} errors", file=sys.stderr, flush=True),
        )
    for text in [*wrong, *errors[:10]]:
        print(text)
    print(f"{chosen.rounds} rounds: {len(wrong)} wrong, {len(errors)} errors")
    sys.stdout.flush()
    os._exit(1 if wrong or errors else 0)


if __name__ == "__main__":
    main()
