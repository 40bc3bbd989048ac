"""Whether the window survives other threads: it is opened, filled, read anew and closed hundreds of times while threads make garbage.

    python benchmarks/window_stress.py [--rounds N] [--threads N] [--own-collector] [--town PROJECT]

Each round makes a window with all its panels, opens a town and closes it, which leaves widgets in cycles of references. Meanwhile threads make
cycles of their own as quickly as they can, with a threshold of a few objects, so that Python's collector would begin in them at every moment.
Qt's own messages of objects in a wrong thread end the program. ``--own-collector`` leaves the collector to Python, as it was before
`ui.desktop.session.collector`, and counts how often it began in a thread that is not the window's.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def make_garbage(stop: threading.Event) -> None:
    """Make cycles until told to stop."""
    while not stop.is_set():
        for _ in range(2_000):
            cycle: list[object] = []
            cycle.append(cycle)
        time.sleep(0)


def fatal(_kind: object, _context: object, message: str) -> None:
    """End the program at a message of Qt that tells of a wrong thread."""
    if any(words in message for words in ("thread", "QThread", "QBasicTimer")):
        sys.stderr.write(f"Qt: {message}\n")
        sys.stderr.flush()
        os._exit(3)


def stress(rounds: int, threads: int, town: Path | None, *, own_collector: bool = False) -> int:
    """Open and close windows; return how many objects were collected in other threads than this one."""
    from PySide6.QtCore import qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    from beatplanner.data.sample.sample_town import write_sample_town
    from beatplanner.ui.desktop.session.collector import Collector
    from beatplanner.ui.desktop.window.main_window import MainWindow

    found = QApplication.instance()
    application = found if isinstance(found, QApplication) else QApplication([])
    here, elsewhere = threading.get_ident(), 0

    def seen(phase: str, _about: dict[str, int]) -> None:
        nonlocal elsewhere
        if phase == "start" and threading.get_ident() != here:
            elsewhere += 1

    before, was = qInstallMessageHandler(fatal), gc.get_threshold()
    collector = None if own_collector else Collector()
    gc.callbacks.append(seen)
    gc.set_threshold(50, 2, 2)
    stop = threading.Event()
    makers = [threading.Thread(target=make_garbage, args=(stop,), daemon=True) for _ in range(threads)]
    for maker in makers:
        maker.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            project = town or write_sample_town(Path(folder) / "town")
            for number in range(rounds):
                window = MainWindow()
                window.show()
                if number % 10 == 0:
                    window.scenario.open(project)
                    window.scenario.reread()
                for _ in range(3):
                    application.processEvents()
                window.saved = True
                window.close()
                # a window in a cycle is what the collector finds
                window.itself = window  # type: ignore[attr-defined]
                del window
                if number % 50 == 0:
                    sys.stderr.write(f"{number} ")
                    sys.stderr.flush()
    finally:
        stop.set()
        for maker in makers:
            maker.join()
        gc.set_threshold(*was)
        gc.callbacks.remove(seen)
        if collector is not None:
            collector.stop()
        qInstallMessageHandler(before)
    return elsewhere


def main() -> None:
    """Run it and say how it ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--threads", type=int, default=3)
    parser.add_argument("--own-collector", action="store_true")
    parser.add_argument("--town", type=Path)
    chosen = parser.parse_args()
    elsewhere = stress(chosen.rounds, chosen.threads, chosen.town, own_collector=chosen.own_collector)
    print(f"{chosen.rounds} windows; the collector ran {elsewhere} times in other threads; nothing was destroyed there")
    sys.stdout.flush()
    os._exit(0 if not elsewhere or chosen.own_collector else 1)


if __name__ == "__main__":
    main()
