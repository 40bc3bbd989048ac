"""The tour goes through the window by keys alone; F1 opens the page of the panel in view, and each page is there."""

from __future__ import annotations

import pytest

QtCore = pytest.importorskip("PySide6.QtCore")
QtWidgets = pytest.importorskip("PySide6.QtWidgets")
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent

from beatplanner.planning.whole.run import run
from beatplanner.ui.desktop.toolkit import guide_pages
from beatplanner.ui.desktop.window import tour
from beatplanner.ui.desktop.window.main_window import MainWindow
from conftest import ROOT, let_go, write_grid_town

Key = QtCore.Qt.Key


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    town = write_grid_town(tmp_path_factory.mktemp("toured"))
    run(town.project, town.folder / "plan", steps=("beats",), pack=False)
    return town.folder / "plan"


@pytest.fixture
def window(qtbot, tmp_path, monkeypatch, planned):
    monkeypatch.setattr("beatplanner.ui.desktop.toolkit.recent._file", lambda: tmp_path / "recent.json")
    monkeypatch.setattr(tour, "_seen", lambda: tmp_path / "settings" / "tour-seen")
    made = MainWindow()
    qtbot.addWidget(made, before_close_func=let_go)
    made.resize(1366, 768)
    made.show()
    made.open(planned)
    return made


def test_each_stop_is_lit_and_told_and_the_card_is_whole_in_the_window(window, qtbot):
    shown = tour.begin(window)
    assert len(shown.stops) == len(tour.STOPS)
    titles = []
    for number in range(len(shown.stops)):
        QtWidgets.QApplication.processEvents()
        titles.append(shown.title.text())
        assert not shown.lit().isEmpty(), titles[-1]
        assert shown.rect().contains(shown.card.geometry())
        assert shown.text.sizeHint().width() <= tour.WIDTH
        assert shown.text.text() in shown.next.accessibleName()
        if number:
            # the card does not lie on what it tells of, but where that fills the window
            assert not shown.card.geometry().intersects(shown.lit().adjusted(6, 6, -6, -6)) or shown.lit().width() > 600
        qtbot.keyClick(shown, Key.Key_Right)
    assert titles == [stop.title for stop in tour.STOPS]
    assert window.tour is None


def test_keys_go_back_and_leave(window, qtbot):
    shown = tour.begin(window)
    qtbot.keyClick(shown, Key.Key_Right)
    qtbot.keyClick(shown, Key.Key_Left)
    assert shown.number == 0
    window.resize(1200, 700)
    QtWidgets.QApplication.processEvents()
    assert shown.size() == window.size()
    qtbot.keyClick(shown, Key.Key_Escape)
    assert window.tour is None


def test_nothing_is_begun_behind_it_by_keys_or_a_file_that_is_dropped(window, qtbot, tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(window.start_page, "take_files", begun.append)
    monkeypatch.setattr(window.solving, "start", lambda *_, **__: begun.append("a run"))
    mime = QtCore.QMimeData()
    mime.setUrls([QtCore.QUrl.fromLocalFile(str(tmp_path / "other.gpkg"))])
    at, none = window.rect().center(), QtCore.Qt.KeyboardModifier.NoModifier
    drag = (QtCore.Qt.DropAction.CopyAction, mime, QtCore.Qt.MouseButton.LeftButton, none)

    def taken(widget):
        entered = QDragEnterEvent(at, *drag)
        QtWidgets.QApplication.sendEvent(widget, entered)
        QtWidgets.QApplication.sendEvent(widget, QDropEvent(QtCore.QPointF(at), *drag))
        return entered.isAccepted()

    shown = tour.begin(window)
    assert not taken(shown)
    qtbot.keyClick(shown, Key.Key_F5)
    assert begun == [] and window.tour is shown
    qtbot.keyClick(shown, Key.Key_Return)
    assert shown.number == 1
    qtbot.keyClick(shown, Key.Key_Escape)
    assert taken(window) and begun == [[tmp_path / "other.gpkg"]]


def test_it_comes_by_itself_once(window):
    tour.begin_once(window)
    assert window.tour is not None
    window.tour.end()
    tour.begin_once(window)
    assert window.tour is None


def test_every_page_is_in_the_guide():
    for page in guide_pages.PAGES.values():
        assert (ROOT / "docs" / f"{page}.md").is_file(), page


def test_f1_opens_the_page_of_the_panel_with_the_focus(window, tmp_path, monkeypatch):
    guide = tmp_path / "guide"
    guide.mkdir()
    for page in {*guide_pages.PAGES.values(), "index"}:
        (guide / f"{page}.html").touch()
    monkeypatch.setattr("beatplanner.ui.desktop.window.main_window.GUIDE", guide)
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.fileName()))
    for name, page in (("layers", "desktop"), ("draw and mend", "drawing"), ("results", "reading-a-plan")):
        dock = window.findChild(QtWidgets.QDockWidget, name)
        dock.show()
        dock.raise_()
        inside = next(
            w for w in dock.findChildren(QtWidgets.QWidget) if w.focusPolicy() != QtCore.Qt.FocusPolicy.NoFocus
        )
        monkeypatch.setattr(QtWidgets.QApplication, "focusWidget", staticmethod(lambda w=inside: w))
        window.actions_by_name["open_guide"].trigger()
        assert opened[-1] == f"{page}.html"
    (guide / "desktop.html").unlink()
    monkeypatch.setattr(QtWidgets.QApplication, "focusWidget", staticmethod(lambda: window.map))
    window.open_guide()
    assert opened[-1] == "index.html"
