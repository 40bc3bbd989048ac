"""Every dialog by the keyboard alone: the focus goes round in it and is always seen, and Esc closes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from beatplanner.ui.desktop.map.export_panel import DataDialog, PrintDialog
from beatplanner.ui.desktop.panels.drawing_dialogs import WAYS, NameDialog, ReasonDialog
from beatplanner.ui.desktop.toolkit.focus import FocusRing
from beatplanner.ui.desktop.window.palette import ActionTable, Palette
from beatplanner.ui.desktop.window.settings import SettingsDialog

DIALOGS: dict[str, Callable[[Any], QDialog]] = {
    "palette": lambda window: Palette(window),
    "actions": lambda window: ActionTable(window),
    "print": lambda window: PrintDialog(window),
    "export": lambda window: DataDialog(window),
    "settings": lambda window: SettingsDialog(window),
    "reason": lambda window: ReasonDialog("A link", "Between which?", WAYS, window),
    "name": lambda window: NameDialog("1", "Kej", "", window),
}
# No dialog has more fields.
MOST = 60


@pytest.mark.parametrize("modal", [True, False])
@pytest.mark.parametrize("name", DIALOGS)
def test_tab_goes_round_in_a_dialog_and_esc_closes_it(planned_window, qtbot, name, modal):
    dialog = DIALOGS[name](planned_window)
    qtbot.addWidget(dialog)
    dialog.setModal(modal)
    dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(lambda: dialog.isAncestorOf(QApplication.focusWidget() or planned_window), timeout=120_000)
    met: list[Any] = []
    focus: Any = None
    for _ in range(MOST):
        focus = QApplication.focusWidget()
        assert focus is not None and dialog.isAncestorOf(focus) and focus.isVisible()
        (ring,) = dialog.findChildren(FocusRing)
        assert ring.isVisible() and ring.around is focus
        if met and focus is met[0]:
            break
        met.append(focus)
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    assert focus is met[0]
    QTest.keyClick(focus, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=120_000)


def test_tab_leaves_the_preview_of_the_layers_and_no_text_fills_it(planned_window, qtbot, town):
    units = town.units()
    units.loc[3, "place"] = "ж" * 300
    town.write_units(units)
    wizard = planned_window.new_from_layers([town.path("units.gpkg")])
    qtbot.addWidget(wizard)
    qtbot.waitUntil(lambda: not wizard.work.busy and wizard.table_model.rowCount() > 0)
    wizard.activateWindow()
    wizard.table.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is wizard.table)
    QTest.keyClick(wizard.table, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is not wizard.table
    head = wizard.table.horizontalHeader()
    assert max(head.sectionSize(k) for k in range(head.count())) < 400
