"""Many lines are a list: all of them are there, on a part of the screen."""

from __future__ import annotations

import pytest

QtWidgets = pytest.importorskip("PySide6.QtWidgets")

from beatplanner.ui.desktop.toolkit import lines_dialog
from beatplanner.ui.words import clash_lines, lines_of_many


def test_clashes_of_many_municipalities_are_a_list_that_scrolls(qtbot, monkeypatch):
    window, seen = QtWidgets.QWidget(), []
    qtbot.addWidget(window)
    monkeypatch.setattr(lines_dialog.LinesDialog, "exec", lambda dialog: dialog.show() or seen.append(dialog))
    where = ". ".join(f"In M{k}: 4 beats cannot be drawn: no such beats exist" for k in range(80))
    clash = f"{where}. The smallest number that would do in all of them is 3."
    lines_dialog.show_many(window, "The rules cannot all be met", clash_lines(clash))
    (dialog,) = seen
    table, room = dialog.table, dialog.screen().availableGeometry()
    assert dialog.head.text() == "The rules cannot all be met: 80 in the list."
    said = [[table.item(r, c).text() for c in range(table.columnCount())] for r in range(table.rowCount())]
    way = "The smallest number that would do in all of them is 3."
    # what would do for all of them stands once, and beside its own where there are several
    assert len(said) == 80 and said[79] == ["M79", "4 beats cannot be drawn: no such beats exist."]
    assert dialog.way.text() == f"What to do: {way}"
    rows = lines_of_many(
        [*clash_lines(clash), "In N: no two beats.", "The smallest number that would do is 1.", "Else."]
    )
    assert [row.do for row in rows[-3:]] == [way, "The smallest number that would do is 1.", ""]
    # all of it is reached, on at most two thirds of the screen
    assert dialog.height() <= room.height() * 2 / 3 and table.verticalScrollBar().maximum() > 0
    dialog.close()
    # other long lists lose none of their lines either, and need no place
    lines_dialog.show_many(window, "This cannot be opened", [f"{k} is not there." for k in range(30)])
    table = seen[1].table
    assert (table.rowCount(), table.columnCount()) == (30, 1) and table.item(29, 0).text() == "29 is not there."
    seen[1].close()
