"""What a first-time planner stumbles over: the map beside an open panel, the first undo, a damaged file in the middle of work."""

from __future__ import annotations

import os
import shutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from window_runs import map_has_half

from conftest import write_grid_town

QtWidgets = pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDropEvent

from beatplanner.ui.desktop.map.map_view import MapView
from beatplanner.ui.desktop.session.session import OpenTown
from beatplanner.ui.desktop.window.languages import install_language
from beatplanner.ui.desktop.window.main_window import MainWindow


@pytest.fixture
def open_window(make_window, qtbot, tmp_path, project_once):
    project = shutil.copyfile(project_once, tmp_path / "town.gpkg")

    def make(size=(1366, 768)) -> MainWindow:
        window = make_window(size)
        window.open(project)
        qtbot.waitUntil(lambda: not window.draft._later.isActive() and not window.results.work.busy, timeout=120_000)
        return window

    yield make
    install_language(QtWidgets.QApplication.instance(), "en")


@pytest.mark.parametrize("language", ["en", "mk", "sq"])
def test_the_map_keeps_half_of_a_small_window_beside_the_postings(open_window, qtbot, language):
    install_language(QtWidgets.QApplication.instance(), language)
    window = open_window()
    action, panel = window.actions_by_name["show_postings"], window.gantt
    assert map_has_half(window) and window.table_panel.isVisible()
    action.trigger()
    qtbot.waitUntil(lambda: panel.isVisible() and map_has_half(window), timeout=120_000)
    chart = panel.gantt
    # some rows are seen, the others are scrolled to, with names that are whole and all years
    assert panel.width() == window.width() and chart.viewport().height() >= chart.head + 6 * chart.line
    assert chart.horizontalScrollBar().maximum() == 0
    widest = max(chart.fontMetrics().horizontalAdvance(row.title) for row in chart.rows)
    assert chart.side >= widest + 8
    for button in panel.findChildren(QtWidgets.QPushButton):
        assert button.width() >= button.fontMetrics().horizontalAdvance(button.text()), button.text()
    assert panel.answer.height() >= 3 * panel.answer.fontMetrics().lineSpacing()
    # a panel at the side that is called comes, and the map has half of the window still
    before = {d.objectName() for d in window.room.aside}
    window.drawing_panel.bring_up()
    qtbot.waitUntil(lambda: window.drawing_panel.isVisible() and map_has_half(window), timeout=120_000)
    # what gave way comes back as the panel goes
    panel.dock.hide()
    qtbot.waitUntil(lambda: window.table_panel.isVisible() and window.side.parent().isVisible(), timeout=120_000)
    docks = {d.objectName() for d in window.findChildren(QtWidgets.QDockWidget) if not d.isHidden()}
    assert before <= docks and map_has_half(window)
    # behind the one that was called meanwhile, and behind one that is called in the same moment
    assert not window.drawing_panel.visibleRegion().isEmpty()
    action.trigger()
    qtbot.waitUntil(lambda: panel.isVisible() and bool(window.room.aside), timeout=120_000)
    panel.dock.hide()
    window.stations.bring_up()
    qtbot.waitUntil(lambda: not window.room.aside and window.table_panel.isVisible(), timeout=120_000)
    QtWidgets.QApplication.processEvents()
    assert not window.stations.visibleRegion().isEmpty()


def test_a_town_is_as_large_again_once_the_panel_is_gone(qtbot):
    view = MapView(OpenTown())
    qtbot.addWidget(view)
    view.content.bounds = (0.0, 0.0, 4_000.0, 1_500.0)
    view.resize(1000, 600)
    view.show()
    view.zoom_to(view.content.bounds)
    before, seen = view.scale, []
    for size in ((1366, 380), (1000, 520), (400, 520), (1000, 600)):
        view.resize(*size)
        QtWidgets.QApplication.processEvents()
        # the whole town stays in view, and fills it
        seen.append(view.scale * max(4_000.0 / size[0], 1_500.0 / size[1]))
    assert view.scale == pytest.approx(before) and seen == pytest.approx([0.92] * 4)


def test_the_first_undo_after_a_name_was_given_takes_it_back(open_window, qtbot):
    from beatplanner.ui.desktop.panels.drawing_dialogs import NameDialog

    window = open_window()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=120_000)
    beat = window.map.content.ids[0]
    window.map.setFocus()
    window.select_row(beat)

    def write() -> None:
        dialog = QtWidgets.QApplication.activeModalWidget()
        if not isinstance(dialog, NameDialog):
            QTimer.singleShot(20, write)
            return
        qtbot.keyClicks(dialog.name, "Old Mill")
        qtbot.keyClick(dialog.name, Qt.Key.Key_Return)

    QTimer.singleShot(20, write)
    qtbot.keyClick(window.map, Qt.Key.Key_F2)
    assert window.map.content.names[beat] == "Old Mill" and window.draft.count == 1
    # the keys are the window's again, whatever the desktop does
    qtbot.waitUntil(window.isActiveWindow, timeout=120_000)
    focus = QtWidgets.QApplication.focusWidget()
    assert focus is not None and window.isAncestorOf(focus)
    qtbot.keyClick(focus, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.draft.count == 0 and window.map.content.names[beat] != "Old Mill"


def test_a_damaged_file_that_is_dropped_is_told_before_anything_is_asked(open_window, tmp_path, monkeypatch):
    window = open_window()
    window.scenario.document.name_beat(window.map.content.ids[0], "Old Mill", "", "named")
    window.saved = False
    asked = []
    monkeypatch.setattr(
        QtWidgets.QMessageBox,
        "question",
        lambda *a, **k: (asked.append(a[2]), QtWidgets.QMessageBox.StandardButton.Cancel)[1],
    )
    (tmp_path / "broken.gpkg").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    (tmp_path / "rules.toml").write_text('[units]\npath = "none.gpkg"\n', encoding="utf-8")
    for name in ("broken.gpkg", "rules.toml"):
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(tmp_path / name))])
        at = QPointF(QPoint(200, 200))
        buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        window.dropEvent(QDropEvent(at, Qt.DropAction.CopyAction, mime, buttons, keys))
    assert len(window.told) == 2 and "broken.gpkg is damaged" in window.told[0][1][0] and asked == []
    # what can be used asks, and what is open stays where the answer is no
    other = write_grid_town(tmp_path / "other")
    before = window.scenario.document
    window.open(other.project)
    assert len(asked) == 1 and "unsaved work" in asked[0]
    assert window.scenario.document is before and window.scenario.project.name == "town.gpkg"
    assert before.dirty and not window.saved


def test_a_recent_project_in_a_long_folder_keeps_both_ends_in_view(qtbot):
    from beatplanner.ui.desktop.window.start_page import _Choice, _InOneLine

    text = "30.11.2026 20:00 · /home/planner/" + "a long folder/" * 12 + "Tetovo"
    button = _Choice("Tetovo " * 20 + "2027", text, middle=True)
    qtbot.addWidget(button)
    button.resize(320, 60)
    button.show()
    for line, ends in zip(button.findChildren(_InOneLine), ("2027", "Tetovo"), strict=True):
        assert line.shown() != line.text() and "…" in line.shown() and line.shown().endswith(ends)
        assert line.fontMetrics().horizontalAdvance(line.shown()) <= line.width()
    button.resize(4000, 60)
    button.layout().activate()
    assert all(line.shown() == line.text() for line in button.findChildren(_InOneLine))
