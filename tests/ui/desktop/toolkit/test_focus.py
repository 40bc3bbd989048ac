"""Where the keys go: a dialog begins with its focus in view, and Enter presses the button that has it."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QInputDialog

from beatplanner.ui.desktop.guided_import.wizard import ImportWizard
from beatplanner.ui.desktop.toolkit.focus import FocusRing


@pytest.fixture
def wizard(make_window, town, qtbot):
    (town.folder / "officers.xlsx").unlink()
    wizard = make_window().new_from_layers([town.folder])
    qtbot.waitUntil(lambda: not wizard.work.busy, timeout=120_000)
    return wizard


def test_each_page_of_the_import_begins_with_its_focus_in_view(wizard, qtbot):
    wizard.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is wizard)
    for step in range(len(wizard.steps)):
        wizard.go(step)
        qtbot.waitUntil(lambda: not wizard.work.busy, timeout=120_000)
        focus = QApplication.focusWidget()
        assert focus is not None and wizard.steps[step].isAncestorOf(focus), step
        ring = wizard.findChild(FocusRing)
        assert ring is not None and ring.isVisible() and ring.around is focus, step


def test_enter_presses_the_button_that_has_the_focus_and_else_goes_on(wizard, qtbot):
    # once files are read the next page is next, and not more files
    assert wizard.focusWidget() is wizard.next_button
    QTest.keyClick(wizard.next_button, Qt.Key.Key_Return)
    QTest.keyClick(wizard.focusWidget(), Qt.Key.Key_Return)
    assert wizard.pages.currentIndex() == 2
    wizard.back_button.setFocus()
    QTest.keyClick(wizard.back_button, Qt.Key.Key_Return)
    assert wizard.pages.currentIndex() == 1


def test_a_dialog_of_qts_own_has_a_ring_too(make_window, qtbot):
    window = make_window()
    dialog = QInputDialog(window)
    qtbot.addWidget(dialog)
    dialog.setModal(True)
    dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(lambda: dialog.findChild(FocusRing) is not None)
    ring = dialog.findChild(FocusRing)
    assert ring is not None and ring.around is not None and dialog.isAncestorOf(ring.around)


def test_an_import_without_a_window_begins_with_its_focus_too(qtbot):
    wizard = ImportWizard()
    qtbot.addWidget(wizard)
    wizard.show()
    assert wizard.steps[0].isAncestorOf(wizard.focusWidget())


@pytest.mark.parametrize("key", [Qt.Key.Key_Tab, Qt.Key.Key_Backtab])
def test_tab_never_goes_behind_the_panel_in_front(planned_window, qtbot, key):
    # Qt counts them as visible: it only moves them out of the window
    window = planned_window
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=120_000)
    panel = window.findChild(QDockWidget, "rules")
    panel.raise_()
    qtbot.waitUntil(lambda: not panel.visibleRegion().isEmpty())
    behind = [d for d in window.findChildren(QDockWidget) if d.isVisible() and d.visibleRegion().isEmpty()]
    assert behind
    window.map.setFocus()
    way = []
    while not way or (way[-1] is not window.map and len(way) < 200):
        QTest.keyClick(QApplication.focusWidget() or window, key)
        way.append(QApplication.focusWidget())
        hidden = [d.objectName() for d in behind if way[-1] is not None and d.isAncestorOf(way[-1])]
        assert way[-1] is not None and not hidden, (way[-1], hidden)
    assert way[-1] is window.map and any(panel.isAncestorOf(w) for w in way), way
