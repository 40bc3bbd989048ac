"""New Haven by keyboard alone: open, plan, end the run, paint, repair, save and print; no pointer, and no method of the window is called.

    python -m benchmarks.window_keys [--seconds 20]

The project is built from ../shared/newhaven first. Keys go to whatever has the focus, as from a keyboard; where a key does nothing the script ends
with what it waited for.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from benchmarks.new_haven import FOLDER, LAYERS
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QMessageBox

PROJECT = (
    LAYERS
    + """[workload]
community_hours_per_1000 = 120
[beats]
count = 8
tolerance = 0.15
"""
)


class Keyboard:
    """Presses keys, and waits for what they do.

    Attributes
    ----------
    steps
        What was done, with its seconds.
    heard
        Messages that came up on the way.
    """

    def __init__(self, window: Any, patience: float) -> None:
        self.window, self.patience = window, patience
        self.steps: list[tuple[str, float]] = []
        self.heard: list[str] = []
        self._messages = QTimer()
        self._messages.setInterval(200)
        self._messages.timeout.connect(self._read_message)
        self._messages.start()

    def _read_message(self) -> None:
        """Read a message that has come up, and press Enter as who has read it does."""
        found = QApplication.activeModalWidget()
        if isinstance(found, QMessageBox):
            self.heard.append(found.text())
            QTest.keyClick(found, Qt.Key.Key_Return)

    def press(self, keys: str) -> None:
        """Press a combination such as ``"Ctrl+S"`` where the focus is."""
        both = QKeySequence(keys)[0]  # type: ignore[index]
        if QApplication.activeWindow() is None:
            # what a desktop does once a dialog is gone
            self.window.activateWindow()
            QApplication.processEvents()
        target = QApplication.focusWidget() or QApplication.activeModalWidget() or self.window
        QTest.keyClick(target, both.key(), both.keyboardModifiers())
        QApplication.processEvents()

    def write(self, text: str) -> None:
        """Type a text where the focus is."""
        QTest.keyClicks(QApplication.focusWidget() or self.window, text)
        QApplication.processEvents()

    def until(self, what: str, holds: Callable[[], bool]) -> None:
        """Wait until something holds; the script ends where it does not in time."""
        begun = time.monotonic()
        while not holds():
            if time.monotonic() - begun > self.patience:
                print(f"waited in vain: {what}")
                sys.stdout.flush()
                os._exit(1)
            QApplication.processEvents()
            time.sleep(0.01)
        self.steps.append((what, time.monotonic() - begun))

    def in_dialog(self, kind: type, keys: Callable[[Any], None]) -> None:
        """Once a dialog of this kind has come up, press keys in it; called before it is opened, since a dialog keeps its caller."""

        def look() -> None:
            found, focus = QApplication.activeModalWidget(), QApplication.focusWidget()
            if found is not None and isinstance(found, kind):
                if focus is not None and found.isAncestorOf(focus):
                    keys(found)
                    return
                if not found.isActiveWindow():
                    # what a desktop does with a dialog that has come up
                    found.activateWindow()
            QTimer.singleShot(50, look)

        QTimer.singleShot(50, look)


def write_project(folder: Path) -> Path:
    """Build New Haven's project file."""
    from beatplanner.data.project.build import build

    description = folder / "newhaven.toml"
    description.write_text(PROJECT.format(data=FOLDER.as_posix()), encoding="utf-8")
    build(description, folder / "newhaven.gpkg")
    return folder / "newhaven.gpkg"


def to_keep(window: Any, seconds: float) -> bool:
    """Whether the run has drawn a best plan and worked so long: on a busy machine the time alone may pass before the search has begun."""
    return window.map.content.found is not None and window.spent() > seconds


def go(window: Any, keys: Keyboard, project: Path, out: Path, seconds: float) -> list[str]:
    """Go the whole way; return what was wrong."""

    def give(path: Path) -> Callable[[Any], None]:
        def keys_in(_: Any) -> None:
            keys.write(str(path))
            keys.press("Return")

        return keys_in

    keys.in_dialog(QFileDialog, give(project))
    keys.press("Ctrl+O")
    keys.until("the project is open", lambda: window.scenario.is_open)
    keys.press("F5")
    keys.until("planning has begun", lambda: window.solving.running)
    keys.until("there is a best plan to keep", lambda: to_keep(window, seconds) or not window.solving.running)
    if window.solving.running:
        keys.press("Ctrl+F5")
    keys.until("planned", lambda: not window.solving.running)
    if window.scenario.plan is None:
        return [f"no plan: {window.phase.text()}"]
    # a unit, found by its id, into a beat that it does not touch: that breaks a rule, whatever was planned, so that there is something to repair
    edges, beat = window.scenario.town.edges, window.scenario.beat_of_unit()
    a = 0
    beside = {*edges["b"][edges["a"] == a], *edges["a"][edges["b"] == a], a}
    b = next(i for i in range(len(beat)) if beat[i] not in {beat[k] for k in beside})
    keys.press("Ctrl+F")
    keys.until("the search has the focus", window.place_search.hasFocus)
    keys.write(str(window.scenario.units["unit"].iloc[a]))
    keys.press("Return")
    keys.until("the unit is selected", lambda: a in window.map.selected_units)
    panel = window.drawing_panel
    for _ in range(40):
        # on to the panel of drawing, and in it to the list of beats
        if panel.beat.hasFocus():
            break
        keys.press("F6" if not panel.isAncestorOf(window.focusWidget() or window) else "Tab")
    keys.until("the list of beats has the focus", panel.beat.hasFocus)
    keys.press("Home")
    for _ in range(panel.beat.count()):
        if panel.chosen() == beat[b]:
            break
        keys.press("Down")
    keys.press("P")
    keys.until("the unit is painted", lambda: window.draft.count == 1)
    keys.press("Ctrl+M")
    keys.until("repaired", lambda: not panel.process.running and bool(panel.note.text()))
    keys.press("Ctrl+S")
    keys.until("saved", lambda: not window.session.work.busy and not window.scenario.document.dirty)
    page = out / "newhaven.pdf"

    def print_it(_: Any) -> None:
        keys.in_dialog(QFileDialog, give(page))
        keys.press("Return")

    keys.in_dialog(QDialog, print_it)
    keys.press("Ctrl+P")
    keys.until("printed", page.is_file)
    wrong = []
    if window.draft.count < 1:
        wrong.append("the painted unit is no longer in the draft")
    if page.read_bytes()[:5] != b"%PDF-":
        wrong.append("the page is no PDF")
    return wrong


def main() -> None:
    """Go the way, and say how long each step took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--patience", type=float, default=300.0)
    chosen = parser.parse_args()
    if not FOLDER.is_dir():
        sys.exit("the New Haven layers are not on this computer")

    application = QApplication([])
    application.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    from beatplanner.ui.desktop.session.collector import Collector
    from beatplanner.ui.desktop.window.main_window import MainWindow

    Collector(application)
    errors: list[str] = []
    sys.excepthook = lambda kind, error, _: errors.append(f"{kind.__name__}: {error}")
    with tempfile.TemporaryDirectory() as folder:
        project = write_project(Path(folder))
        window = MainWindow()
        window.resize(1366, 768)
        window.show()
        window.activateWindow()
        keys = Keyboard(window, chosen.patience)
        keys.until("the window has the focus", lambda: QApplication.focusWidget() is not None)
        wrong = go(window, keys, project, Path(folder), chosen.seconds)
        window.saved = True
        window.close()
    for what, spent in keys.steps:
        print(f"{spent:7.1f} s  {what}")
    for text in keys.heard:
        print(f"told: {text}")
    for text in [*wrong, *errors]:
        print(text)
    print(f"by keyboard alone: {len(wrong)} wrong, {len(errors)} errors")
    sys.stdout.flush()
    os._exit(1 if wrong or errors else 0)


if __name__ == "__main__":
    main()
