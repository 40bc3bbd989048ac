"""The cells of a rule have the keys of a spreadsheet."""

from __future__ import annotations

import pytest

QtCore = pytest.importorskip("PySide6.QtCore")
QtGui = pytest.importorskip("PySide6.QtGui")
QtWidgets = pytest.importorskip("PySide6.QtWidgets")

from beatplanner.data.description.rules import BY_KEY
from beatplanner.ui.desktop.panels.figure_grid import FigureGrid

CONTROL = QtCore.Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(qtbot):
    """A window whose F2, Ctrl+C and Ctrl+V are its own, around the hours by kind of incident."""
    window = QtWidgets.QMainWindow()
    qtbot.addWidget(window)
    window.taken = []
    for keys in ("F2", "Ctrl+C", "Ctrl+V"):
        action = QtGui.QAction(keys, window)
        action.setShortcut(keys)
        action.triggered.connect(lambda _=False, k=keys: window.taken.append(k))
        window.addAction(action)
    window.grid = FigureGrid(BY_KEY["workload.hours"], "Hours")
    window.grid.show_values({"theft": 1, "assault": 3})
    window.setCentralWidget(window.grid)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    window.grid.table.setFocus()
    qtbot.waitUntil(window.grid.table.hasFocus)
    return window


def test_rows_of_a_spreadsheet_are_pasted_as_one_change_and_copied_back(window, qtbot):
    grid, changes = window.grid, []
    grid.changed.connect(lambda: changes.append(grid.values()))
    QtWidgets.QApplication.clipboard().setText("assault\t3.5\r\nburglary\t2.25\r\n")
    grid.table.setCurrentCell(1, 0)
    qtbot.keyClick(grid.table, QtCore.Qt.Key.Key_V, CONTROL)
    assert changes == [{"theft": 1, "assault": 3.5, "burglary": 2.25}]
    # a column alone goes where the values are
    QtWidgets.QApplication.clipboard().setText("7\n8")
    grid.table.setCurrentCell(0, 1)
    qtbot.keyClick(grid.table, QtCore.Qt.Key.Key_V, CONTROL)
    assert changes[1:] == [{"theft": 7, "assault": 8, "burglary": 2.25}]
    grid.table.selectAll()
    qtbot.keyClick(grid.table, QtCore.Qt.Key.Key_C, CONTROL)
    assert QtWidgets.QApplication.clipboard().text() == "theft\t7\nassault\t8\nburglary\t2.25"
    assert not window.taken


def test_f2_types_into_the_cell_and_does_not_call_the_window(window, qtbot):
    table = window.grid.table
    table.setCurrentCell(0, 1)
    qtbot.keyClick(table, QtCore.Qt.Key.Key_F2)
    assert table.state() == QtWidgets.QAbstractItemView.State.EditingState
    assert not window.taken


def test_rows_are_pasted_where_their_given_names_stand_all_of_them_or_none(qtbot):
    grid, said = FigureGrid(BY_KEY["officers.weights"], "Weights"), []
    qtbot.addWidget(grid)
    grid.unfit.connect(said.append)
    grid.show_values({})
    table = grid.table

    def paste(text: str, column: int = 0) -> None:
        QtWidgets.QApplication.clipboard().setText(text)
        table.setCurrentCell(0, column)
        qtbot.keyClick(table, QtCore.Qt.Key.Key_V, CONTROL)

    # in an order of their own, as the window writes them and as the file does
    paste("Language gap\t7\nvacant_month\t5\t\n")
    assert grid.values() == {"vacant_month": 5, "language_gap": 7} and said == [""]
    paste("rotation\t1\nrotations\t2")
    paste("rotation\t1\nrotation\t2")
    paste("rotation\t1\t2")
    paste("1\n" * 11, 1)
    assert [text.split(":")[0] for text in said[1:]] == [
        "Nothing was pasted",
        "“rotation” is there twice.",
        "Nothing was pasted",
        "Nothing was pasted",
    ]
    assert "“rotations”" in said[1] and "wider" in said[3] and "longer" in said[4]
    assert grid.values() == {"vacant_month": 5, "language_gap": 7}


def test_undo_in_cells_that_are_refused_gives_them_up_and_undoes_nothing_else(planned_window, qtbot):
    panel = planned_window.rule_panel
    panel.bring_up("workload.hours")
    assert not panel.set({"workload.hours": {"theft": 2.0}})
    entry = next(e for e in panel.fields if e.rule.key == "workload.hours")
    entry.grid.put_down([["assault", "x"]])
    assert entry.refused and panel.refused()
    planned_window.show()
    override = QtGui.QKeyEvent(QtCore.QEvent.Type.ShortcutOverride, QtCore.Qt.Key.Key_Z, CONTROL)
    override.ignore()
    QtWidgets.QApplication.sendEvent(entry.grid.table, override)
    assert override.isAccepted()
    qtbot.keyClick(entry.grid.table, QtCore.Qt.Key.Key_Z, CONTROL)
    assert not entry.refused and entry.grid.values() == {"theft": 2.0} == panel.rules()["workload"]["hours"]


def test_of_a_table_only_the_rows_that_changed_since_the_plan_are_told(planned_window):
    panel = planned_window.rule_panel
    hours = {f"kind {k}": 1.0 for k in range(9)}
    panel.bring_up()
    panel.set({"workload.hours": hours})
    planned_window.scenario.plan.summary["rules"] = panel.rules()
    panel.set({"workload.hours": hours | {"kind 4": 3.75}})
    panel.load()
    told = panel.stale.text().splitlines()[1:]
    assert len(told) == 1 and told[0].count("kind 4") == 2 and "kind 5" not in told[0]
    assert "kind 4 1 →" in told[0] and told[0].endswith("kind 4 3.75")
    panel.set({"workload.hours": hours | {"robbery": 2.0}})
    panel.load()
    assert panel.stale.text().splitlines()[1].endswith("robbery 2") and ": – → " in panel.stale.text()


def test_a_name_that_stands_twice_is_told_as_the_window_calls_it(qtbot):
    kinds = {"theft": "кражба"}
    meant = {told: word for word, told in kinds.items()}
    words = (lambda word: kinds.get(word, word), lambda text: meant.get(text, text))
    grid = FigureGrid(BY_KEY["workload.hours"], "Hours", words)
    qtbot.addWidget(grid)
    grid.show_values({"theft": 1, "assault": 3})
    grid.table.item(1, 0).setText("кражба")
    with pytest.raises(ValueError, match="“кражба”"):
        grid.values()


def test_a_row_that_is_added_is_seen_in_the_grid_and_in_the_panel(window, qtbot):
    page, area = QtWidgets.QWidget(), QtWidgets.QScrollArea()
    area.setWidgetResizable(True)
    column = QtWidgets.QVBoxLayout(page)
    grid = FigureGrid(BY_KEY["workload.hours"], "Hours")
    for widget in (QtWidgets.QLabel("\n" * 30), grid, QtWidgets.QLabel("\n" * 30)):
        column.addWidget(widget)
    area.setWidget(page)
    window.setCentralWidget(area)
    window.resize(320, 200)
    grid.show_values({f"kind {k}": k for k in range(30)})
    QtWidgets.QApplication.processEvents()
    grid.add_row()
    last = grid.table.item(30, 0)

    def seen() -> bool:
        place = grid.table.visualItemRect(last)
        return grid.table.viewport().visibleRegion().contains(place)

    qtbot.waitUntil(seen, timeout=120_000)
