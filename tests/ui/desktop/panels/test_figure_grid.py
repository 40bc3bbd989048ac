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


@pytest.fixture
def shifts(planned_window):
    """The table of shifts of a planned town, with two of them; `paste` puts rows down from a cell on."""
    panel = planned_window.rule_panel
    said = [{"name": n, "start": s, "end": e} for n, s, e in (("a", "06:00", "14:00"), ("b", "14:00", "22:00"))]
    panel.bring_up("service.shifts")
    assert not panel.set({"service.shifts": said})
    entry = next(e for e in panel.fields if e.rule.key == "service.shifts")
    entry.paste = lambda text, row=0, column=0: (
        entry.grid.table.setCurrentCell(row, column),
        entry.grid.put_down([line.split("\t") for line in text.splitlines()]),
    )
    entry.parts = lambda: [[item[0] for item in row[:3]] for row in entry.grid.cells()]
    return entry


def test_names_of_columns_that_are_pasted_say_where_the_columns_are(qtbot):
    grid, said = FigureGrid(BY_KEY["service.shifts"], "Shifts"), []
    qtbot.addWidget(grid)
    grid.unfit.connect(said.append)
    grid.show_values([{"name": n, "start": s, "end": e} for n, s, e in (("a", "6", "14"), ("b", "14", "22"))])

    def pasted(text: str, column: int = 0) -> list[list[str]]:
        grid.table.setCurrentCell(0, column)
        grid.put_down([line.split("\t") for line in text.splitlines()])
        return [[*row.values()] for row in grid.values()]

    assert pasted("start\tend\tname\n07:00\t15:00\tday\n") == [["day", "07:00", "15:00"], ["b", "14", "22"]]
    assert pasted("End\n16:00\n23:00", 2) == [["day", "07:00", "16:00"], ["b", "14", "23:00"]]
    assert said == ["", ""]
    for text in ("name\tstart\tend\tofficers\nx\t01:00\t02:00\t3", "name\tstart\tend"):
        assert pasted(text)[0] == ["day", "07:00", "16:00"]
    assert "no column “officers”" in said[2] and said[3].startswith("Nothing was pasted")


@pytest.mark.parametrize(
    ("key", "text", "kept"),
    [
        ("workload.hours", "Name\tValue\ntheft\t2\n", {"theft": 2}),
        ("workload.hours", "name\thours\ntheft\t2\n", {"theft": 2}),
        ("officers.weights", "Value\tName\n7\tLanguage gap\n", {"language_gap": 7}),
        ("budget.ends", "name\tvalue\nUNDP\t2029-06-30\n", {"UNDP": "2029-06-30"}),
        # nothing but words: a row as any other
        ("forum.themes", "name\tburglary\n", {"name": "burglary"}),
    ],
)
def test_every_table_of_rules_takes_names_of_columns_as_such(qtbot, key, text, kept):
    grid = FigureGrid(BY_KEY[key], key)
    qtbot.addWidget(grid)
    grid.show_values({})
    grid.table.setCurrentCell(0, 0)
    grid.put_down([line.split("\t") for line in text.splitlines()])
    assert grid.values() == kept


def test_a_wrong_cell_that_is_pasted_is_told_and_marked_at_once_with_row_and_column(shifts, planned_window):
    told_before = shifts.sentence.text()
    shifts.paste("name\tstart\tend\nday\t06:00\t14.00\nnight\t22:00\t")
    # the empty cell first: without it there is no row
    assert shifts.refused and shifts.wrong.text().startswith("Row 2, “end”: nothing stands there yet")
    assert shifts.sentence.isHidden() and "values before stay in force" in shifts.wrong.text()
    shifts.grid.table.item(1, 2).setText("06:00")
    assert shifts.wrong.text().startswith("Row 1, “end”: give a time of day") and "“14.00”" in shifts.wrong.text()
    marked = [
        (r, c)
        for r in range(2)
        for c in range(4)
        if shifts.grid.table.item(r, c).data(QtCore.Qt.ItemDataRole.BackgroundRole) is not None
    ]
    assert marked == [(0, 2)]
    (line,) = planned_window.rule_panel.commit()
    assert "Row 1, “end”" in line and "=" not in line and "key" not in line
    shifts.grid.table.item(0, 2).setText("14:00")
    assert not shifts.refused and shifts.wrong.isHidden() and shifts.sentence.text() != told_before
    assert shifts.grid.table.item(0, 2).data(QtCore.Qt.ItemDataRole.BackgroundRole) is None
    # a row that is typed is waited for, and said to be
    shifts.grid.add_row()
    shifts.grid.table.item(2, 0).setText("c")
    assert shifts.wrong.isHidden() and shifts.sentence.text().startswith("Row 3, “start”: nothing stands there yet")
    # another rule that changes takes nothing of it away
    assert not planned_window.rule_panel.set({"beats.tolerance": 0.31})
    assert shifts.parts()[2] == ["c", "", ""]
    assert planned_window.rule_panel.commit() == [f"{shifts.label.text()}: Row 3, “start”: nothing stands there yet"]


def test_what_is_typed_and_wrong_is_undone_in_the_one_order_of_the_window(shifts, planned_window, qtbot):
    panel, draft = planned_window.rule_panel, planned_window.draft
    before, count = shifts.parts(), draft.count
    shifts.paste("day\t06:00\t14.00\nnight\t22:00\t")
    pasted = shifts.parts()
    assert not panel.set({"beats.tolerance": 0.31})
    shifts.grid.table.setCurrentCell(1, 0)
    shifts.grid.remove_row()
    shifts.grid.table.item(0, 2).setText("15:00")
    # the last of it is a rule again
    assert not shifts.refused and draft.count == count + 2
    seen = []
    for _ in range(4):
        assert planned_window.actions_by_name["draw_undo"].isEnabled() and draft.undo()
        seen.append((shifts.parts(), shifts.refused, panel.rules()["beats"]["tolerance"], draft.count - count))
    assert seen == [
        ([["day", "06:00", "14.00"]], True, 0.31, 1),
        (pasted, True, 0.31, 1),
        (pasted, True, 0.25, 0),
        (before, False, 0.25, 0),
    ]
    for state in [*seen[-2::-1], ([["day", "06:00", "15:00"]], False, 0.31, 2)]:
        draft.redo()
        assert (shifts.parts(), shifts.refused, panel.rules()["beats"]["tolerance"], draft.count - count) == state
    # Ctrl+Z in the table is the window's
    shifts.grid.table.item(0, 2).setText("x")
    override = QtGui.QKeyEvent(QtCore.QEvent.Type.ShortcutOverride, QtCore.Qt.Key.Key_Z, CONTROL)
    override.ignore()
    QtWidgets.QApplication.sendEvent(shifts.grid.table, override)
    assert not override.isAccepted() and draft.to_undo.field == "service.shifts"
    # and so is the way back
    shifts.back.click()
    assert not shifts.refused
    draft.undo()
    assert shifts.parts()[0][2] == "x" and shifts.refused


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
