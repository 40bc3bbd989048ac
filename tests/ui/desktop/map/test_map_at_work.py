"""A map that is not there yet says that it is drawn."""

from __future__ import annotations

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)


@pytest.fixture
def window(make_window, planned_once):
    window = make_window()
    window.open(planned_once.folder / "plan")
    return window


def test_a_map_that_takes_its_time_says_that_it_is_drawn(window, qtbot, monkeypatch):
    from beatplanner.ui.desktop.map import map_view

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
