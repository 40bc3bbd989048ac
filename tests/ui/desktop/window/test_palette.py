"""The command palette finds and does every action of the window, by keyboard alone."""

from __future__ import annotations

import pytest

QtCore = pytest.importorskip("PySide6.QtCore")
from beatplanner.ui.desktop.window.main_window import MainWindow
from beatplanner.ui.desktop.window.palette import ActionTable, Palette, actions_of, rank
from conftest import let_go


@pytest.fixture
def window(qtbot):
    made = MainWindow()
    qtbot.addWidget(made, before_close_func=let_go)
    made.show()
    return made


def test_words_fit_without_accents_and_in_any_order():
    assert rank("zoom", "Zoom in") == 0
    assert rank("in zo", "Zoom in") == 1
    assert rank("casija", "Stara Čašija") == 1
    assert rank("print", "Zoom in") is None


def test_every_action_of_the_menus_is_found_and_no_key_serves_two(window):
    names = [action.text() for _, action in actions_of(window)]
    assert {"Open project…", "Plan", "Find an action…"} <= set(names)
    assert {a.text() for a in window.actions_by_name.values()} <= set(names)
    keys = [k for _, action in actions_of(window) if (k := action.shortcut().toString())]
    assert len(set(keys)) == len(keys)


def test_typing_marks_the_best_and_enter_does_it(window, qtbot, monkeypatch):
    done = []
    window.actions_by_name["show_about"].triggered.disconnect()
    window.actions_by_name["show_about"].triggered.connect(lambda: done.append("about"))
    palette = Palette(window)
    qtbot.addWidget(palette)
    palette.show()
    qtbot.keyClicks(palette.field, "about")
    assert palette.chosen() is window.actions_by_name["show_about"]
    qtbot.keyClick(palette.field, QtCore.Qt.Key.Key_Return)
    assert done == ["about"]
    assert not palette.isVisible()


def test_what_cannot_be_done_now_stands_last_and_is_not_done(window, qtbot):
    palette = Palette(window)
    qtbot.addWidget(palette)
    palette.show()
    enabled = [
        bool(palette.list.item(r).flags() & QtCore.Qt.ItemFlag.ItemIsEnabled) for r in range(palette.list.count())
    ]
    assert enabled == sorted(enabled, reverse=True)
    assert not all(enabled)
    palette.list.setCurrentRow(palette.list.count() - 1)
    palette.do()
    assert palette.isVisible()
    qtbot.keyClick(palette.field, QtCore.Qt.Key.Key_Up)
    assert palette.list.currentRow() == palette.list.count() - 2
    qtbot.keyClicks(palette.field, "xyzzy")
    assert palette.list.count() == 0
    assert "Nothing" in palette.about.text()


def test_the_table_of_actions_tells_menu_keys_and_help(window, qtbot):
    table = ActionTable(window).table
    rows = [[table.item(r, c).text() for c in range(4)] for r in range(table.rowCount())]
    assert len(rows) == len(actions_of(window))
    assert ["Help", "Find an action", "Ctrl+K", "Find any action by a few letters of its words."] in rows
    assert all(menu and action and tells.endswith(".") for menu, action, _, tells in rows)
