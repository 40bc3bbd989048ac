"""The window comes back as it was left: its panel in front, and on a screen that there is."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

QtWidgets = pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest

from beatplanner.ui.desktop.window import place
from beatplanner.ui.desktop.window.theme import apply_text_size


@pytest.fixture(autouse=True)
def _kept_here(monkeypatch, tmp_path):
    monkeypatch.setattr(place, "_file", lambda: tmp_path / "window.json")


def in_front(window):
    return [d.objectName() for d in window.findChildren(QtWidgets.QDockWidget) if not d.visibleRegion().isEmpty()]


def test_the_panel_in_front_is_remembered(make_window, planned_once, qtbot):
    window = make_window()
    window.open(planned_once.folder / "plan")
    window.drawing_panel.dock.raise_()
    qtbot.waitUntil(lambda: in_front(window) == ["draw and mend"], timeout=120_000)
    place.keep_place(window)
    again = make_window()
    place.use_place(again)
    # a window that is closed on its start page forgets nothing
    place.keep_place(again)
    third = make_window()
    place.use_place(third)
    third.open(planned_once.folder / "plan")
    qtbot.waitUntil(lambda: in_front(third) == ["draw and mend"], timeout=120_000)
    # what is brought to the front after that stays there
    third.results.dock.raise_()
    third.refresh()
    qtbot.waitUntil(lambda: in_front(third) == ["results"], timeout=120_000)


@pytest.mark.parametrize("there", [QRect(9000, -4000, 700, 600), QRect(-3000, 0, 5000, 4000), QRect(10, 20, 700, 600)])
def test_a_window_of_a_screen_that_is_gone_lies_on_one_that_there_is(make_window, there):
    window = make_window()
    window.setGeometry(there)
    place.fit_to_screen(window)
    room = window.screen().availableGeometry()
    assert room.contains(window.geometry())
    assert (window.geometry() == there) is room.contains(there)


def test_the_panels_at_the_side_are_wider_in_a_wider_window(make_window, planned_once, qtbot):
    small, large = make_window((1366, 768)), make_window((1920, 1060))
    for window in (small, large):
        window.open(planned_once.folder / "plan")
    qtbot.waitUntil(lambda: small.side_width.width() == 350, timeout=120_000)
    qtbot.waitUntil(lambda: large.side_width.width() == 480, timeout=120_000)
    # and follow the window
    small.resize(1700, 800)
    qtbot.waitUntil(lambda: small.side_width.width() == 425, timeout=120_000)


def test_the_panels_at_the_side_are_wider_for_larger_text(make_window, planned_once, qtbot):
    application = QtWidgets.QApplication.instance()
    window = make_window((1366, 768))
    window.open(planned_once.folder / "plan")
    qtbot.waitUntil(lambda: window.side_width.width() == 350, timeout=120_000)
    try:
        apply_text_size(application, 130)
        qtbot.waitUntil(lambda: window.side_width.width() == 455, timeout=120_000)
        # and the map has more than half, however large the text is
        apply_text_size(application, 250)
        assert window.side_width.wanted() == round(0.45 * window.width())
    finally:
        apply_text_size(application, 100)
    window.resize(1366, 768)
    qtbot.waitUntil(lambda: window.side_width.width() == 350, timeout=120_000)


def test_a_width_that_was_dragged_is_remembered_and_no_longer_follows(make_window, planned_once, qtbot):
    window = make_window((1600, 900))
    window.open(planned_once.folder / "plan")
    qtbot.waitUntil(lambda: window.side_width.width() == 400, timeout=120_000)
    x, y = window.centralWidget().geometry().right() + 3, 400
    grip = QPoint(x, y)
    qtbot.mousePress(window, Qt.MouseButton.LeftButton, pos=grip)
    qtbot.mouseMove(window, grip - QPoint(40, 0))
    qtbot.mouseMove(window, grip - QPoint(60, 0))
    qtbot.waitUntil(lambda: window.side_width.width() > 420, timeout=120_000)
    qtbot.mouseRelease(window, Qt.MouseButton.LeftButton, pos=grip - QPoint(60, 0))
    dragged = window.side_width.dragged
    assert dragged == window.side_width.width() and dragged > 420
    window.resize(1800, 900)
    QtWidgets.QApplication.processEvents()
    place.keep_place(window)
    again = make_window((1800, 900))
    place.use_place(again)
    again.resize(1800, 900)
    again.open(planned_once.folder / "plan")
    qtbot.waitUntil(lambda: again.side_width.width() == dragged, timeout=120_000)
    # in a small window the map keeps its part
    again.side_width.dragged = 1000
    again.resize(1000, 700)
    assert again.side_width.wanted() == round(0.6 * again.width())


def test_the_height_of_the_table_that_was_dragged_is_remembered(make_window, planned_once):
    def split(window):
        return window.findChild(QtWidgets.QSplitter, place.MAP_AND_TABLE)

    window = make_window()
    window.open(planned_once.folder / "plan")
    assert place.border(window) is None
    grip, height = split(window).handle(1), split(window).sizes()[1]
    middle = grip.rect().center()
    for event in (QTest.mousePress, QTest.mouseMove, QTest.mouseRelease):
        at = middle if event is QTest.mousePress else middle - QPoint(0, 90)
        event(grip, *(() if event is QTest.mouseMove else (Qt.MouseButton.LeftButton,)), pos=at)
    dragged = split(window).sizes()[1]
    assert dragged > height + 60
    place.keep_place(window)
    again = make_window()
    place.use_place(again)
    again.open(planned_once.folder / "plan")
    assert abs(split(again).sizes()[1] - dragged) < 8
    # and it is kept by a window in which nobody drags it
    assert place.border(again) is not None
