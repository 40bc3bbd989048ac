"""A map that is not there yet says that it is drawn; a fault of the program while it is painted is told, and ends nothing else."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)

from PySide6.QtGui import QColor

from beatplanner.ui.desktop.map import cartography, map_view


@pytest.fixture
def window(make_window, planned_once):
    window = make_window()
    window.open(planned_once.folder / "plan")
    return window


def test_a_map_that_takes_its_time_says_that_it_is_drawn(window, qtbot, monkeypatch):
    view, said = window.map, []
    tr = view.tr
    monkeypatch.setattr(view, "tr", lambda text: (said.append(text), tr(text))[1])
    # while the window is still busy with another town
    view.announce()
    assert said == ["The map is being drawn…"] and view._picture is None
    # and where the first picture is not there in time; it follows by itself
    monkeypatch.setattr(map_view, "FIRST", 0.0)
    said.clear()
    view.redraw()
    view._picture = None
    view.repaint()
    qtbot.waitUntil(lambda: view._picture is not None, timeout=120_000)
    assert "The map is being drawn…" in said
    said.clear()
    view.repaint()
    assert "The map is being drawn…" not in said


def test_a_fault_while_the_map_is_painted_is_told_once_and_ends_no_program(window, qtbot, monkeypatch):
    def steps(painter, *_words, **_more):
        painter.fillRect(0, 0, 5, 5, QColor("red"))
        yield
        raise ZeroDivisionError

    monkeypatch.setattr(cartography, "steps", steps)
    # drawn in slices, from the window's own loop
    window.map._cost = 10 * map_view.AT_ONCE
    with qtbot.captureExceptions() as errors:
        window.map._begin_picture()
        qtbot.waitUntil(lambda: window.map._next is None, timeout=120_000)
        window.map.repaint()
        window.map.repaint()
    assert [kind for kind, *_ in errors] == [ZeroDivisionError]
    assert not window.map._picture.paintingActive() and not window.map.paintingActive()
    # the same of what is written around the map, of which a picture is begun
    monkeypatch.setattr(map_view, "boxes_around", lambda *_words, **_more: 1 // 0)
    with pytest.raises(ZeroDivisionError) as kept:
        window.map._begin_picture()
    window.map.repaint()
    del kept
    # once the fault is gone the map is whole again
    monkeypatch.undo()
    window.map._begin_picture()
    qtbot.waitUntil(lambda: window.map._next is None, timeout=120_000)
    assert window.map._picture.toImage().pixelColor(2, 2) != QColor("red")
