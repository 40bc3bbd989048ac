"""Stations are dragged on the map and ticked in the table; walks are told at once; what was drawn becomes the plan."""

from __future__ import annotations

import numpy as np
import pytest
from window_runs import wait_for_plan

QtCore = pytest.importorskip("PySide6.QtCore")
QtWidgets = pytest.importorskip("PySide6.QtWidgets")
from beatplanner.planning.verification import verify

Mods = QtCore.Qt.KeyboardModifier.NoModifier


@pytest.fixture(scope="module")
def town(planned_here):
    return planned_here


@pytest.fixture
def window(planned_window):
    made = planned_window
    made.map.fit()
    made.actions_by_name["show_stations"].trigger()
    QtWidgets.QApplication.processEvents()
    return made


def free(panel):
    """An open site that may close, and a closed one."""
    judge = panel.judge
    return next(s for s in panel.chosen if not judge.fixed[s]), next(
        s for s in range(len(judge.ids)) if s not in panel.chosen
    )


def test_the_name_of_a_station_is_told_in_no_language(window, monkeypatch):
    # a site of a register is called by its number, which is no amount
    monkeypatch.setattr("beatplanner.ui.desktop.map.map_content.in_language", lambda text: f"told {text}")
    content, plan = window.map.content, window.scenario.plan
    content.take_stations(plan)
    assert content.station_names == plan.stations["name" if "name" in plan.stations else "station"].astype(str).tolist()


def test_a_station_is_dragged_and_walks_are_told_on_the_way(window):
    panel = window.stations
    taken, over = free(panel)
    panel.use.setChecked(True)
    tool = window.map.tool
    before = panel.figures.text()
    assert tool.press(*panel.judge.xy[taken], Mods)
    assert tool.move(*panel.judge.xy[over], True)
    # on the way already, before anything is done
    assert panel.figures.text() != before and "→" in panel.figures.text()
    assert len(panel.steps) == 1
    window.map.grab()
    assert tool.release(*panel.judge.xy[over])
    assert over in panel.chosen and taken not in panel.chosen
    panel.undo()
    assert taken in panel.chosen
    assert "→" not in panel.figures.text()
    panel.redo()
    assert over in panel.chosen


def test_before_there_is_a_plan_the_map_shows_the_sites_that_are_open(make_window, town):
    window = make_window()
    window.open(town.project)
    assert window.scenario.plan is None
    window.actions_by_name["show_stations"].trigger()
    QtWidgets.QApplication.processEvents()
    panel, content = window.stations, window.map.content

    def seen():
        return {tuple(p) for p in content.points["Stations"].tolist()}

    def opened():
        return {tuple(panel.judge.xy[s].tolist()) for s in panel.chosen}

    before = opened()
    assert seen() == before
    # what is not planned yet breaks no rule of a plan
    nothing = "No stations are planned yet. Press Plan, or open sites by hand."
    assert panel.figures.text().startswith(f"{nothing}\nWith the stations that stand today:\n")
    assert "✖" not in panel.figures.text()
    closed = next(s for s in range(len(panel.judge.ids)) if s not in panel.chosen)
    panel.toggle(closed)
    assert len(opened()) == len(before) + 1 and seen() == opened()
    assert content.station_names == [panel.judge.labels[s] for s in panel.chosen]
    assert nothing not in panel.figures.text()
    window.draft.undo()
    assert seen() == before
    panel.steps, panel.before = [[]], panel.judge([])
    panel.show_figures()
    assert panel.figures.text() == nothing
    panel.steps = [[], [closed]]
    panel.show_figures()
    # nobody walked anywhere before
    assert nothing not in panel.figures.text() and "→" not in panel.figures.text()
    panel.steps = [sorted(panel.judge.standing.nonzero()[0].tolist())]
    window.saved = True


def test_escape_lets_it_go_where_it_was_and_a_click_opens(window):
    panel = window.stations
    taken, over = free(panel)
    panel.use.setChecked(True)
    tool = window.map.tool
    tool.press(*panel.judge.xy[taken], Mods)
    tool.move(*panel.judge.xy[over], True)
    tool.cancel()
    assert len(panel.steps) == 1 and "→" not in panel.figures.text()
    tool.press(*panel.judge.xy[over], Mods)
    tool.release(*panel.judge.xy[over])
    assert over in panel.chosen
    assert "3 stations are open, and the rule says 2." in panel.figures.text()
    # far from any site the map is moved as ever
    assert not tool.press(panel.judge.xy[0][0] + 1e6, panel.judge.xy[0][1], Mods)


def test_the_table_does_the_same_and_what_stands_today_may_not_close(window):
    panel = window.stations
    fixed = int(np.flatnonzero(panel.judge.fixed)[0])
    assert not panel.table.item(fixed, 1).flags() & QtCore.Qt.ItemFlag.ItemIsUserCheckable
    panel.toggle(fixed)
    assert fixed in panel.chosen
    assert "may not close" in window.statusBar().currentMessage()
    _, over = free(panel)
    panel.table.item(over, 1).setCheckState(QtCore.Qt.CheckState.Checked)
    assert over in panel.chosen


def test_what_was_drawn_becomes_the_plan_and_can_be_released(window, qtbot):
    panel = window.stations
    taken, over = free(panel)
    panel.swap(taken, over)
    wanted = {panel.judge.ids[s] for s in panel.chosen}
    panel.buttons["keep"].click()
    wait_for_plan(qtbot, window)
    assert {str(s) for s in window.scenario.plan.stations["station"]} == wanted
    assert verify(window.scenario.result).ok
    assert any("Stations by hand" in e.what for e in window.scenario.document.content.history)
    assert "held open by hand" in window.rules.text()
    assert not window.told
    window.actions_by_name["show_stations"].trigger()
    panel.buttons["release"].click()
    assert "held open by hand" not in window.rules.text()


def test_the_table_stays_under_the_pointer_where_the_figures_beside_it_wrap(window, qtbot):
    panel = window.stations
    window.show()
    qtbot.waitUntil(panel.table.isVisible, timeout=120_000)
    before = panel.table.mapTo(panel, QtCore.QPoint()).y()
    panel.figures.setText("\n".join(["a line that is there since a site was ticked"] * 4))
    QtWidgets.QApplication.processEvents()
    assert panel.table.mapTo(panel, QtCore.QPoint()).y() == before


def test_a_station_s_name_is_clicked_as_its_mark_is_and_the_tip_says_what_that_does(window, qtbot, monkeypatch):
    panel, view = window.stations, window.map
    window.show()
    panel.use.setChecked(True)
    qtbot.waitUntil(lambda: view._next is None and any(n.at for n in view._written), timeout=120_000)
    name = next(n for n in view._written if n.at is not None and not panel.judge.fixed[panel.judge.nearest(*n.at)[0]])
    site, label = panel.judge.nearest(*name.at)[0], panel.judge.labels[panel.judge.nearest(*name.at)[0]]
    inside = name.box.adjusted(2, 2, -2, -2)
    corners = [inside.topLeft(), inside.center(), inside.bottomRight()]
    at = max(corners, key=lambda p: QtCore.QLineF(p, view._seen.pixel(*name.at)).length()).toPoint()
    assert QtCore.QLineF(QtCore.QPointF(at), view._seen.pixel(*name.at)).length() > 14, "beside its mark"

    def move(place, *, pressed):
        view.tool.move(*view.to_map(QtCore.QPointF(place)), pressed)

    move(at, pressed=False)
    assert view.toolTip() == f"{label}: a click closes it; dragged to another site it moves there."
    qtbot.mouseClick(view, QtCore.Qt.MouseButton.LeftButton, pos=at)
    assert site not in panel.chosen
    # also by a hand that shakes
    mark = view._seen.pixel(*name.at).toPoint()
    qtbot.mousePress(view, QtCore.Qt.MouseButton.LeftButton, pos=mark)
    move(mark + QtCore.QPoint(2, 1), pressed=True)
    assert view.toolTip() == f"{label}: a click opens it."
    qtbot.mouseRelease(view, QtCore.Qt.MouseButton.LeftButton, pos=mark + QtCore.QPoint(2, 1))
    assert site in panel.chosen and len(panel.steps) == 3
    # it drags from as far on as the desktop asks for anything else, the map among it
    least, tried = QtWidgets.QApplication.startDragDistance(), []
    monkeypatch.setattr(panel, "try_out", lambda taken, over: tried.append((taken, over)))
    qtbot.mousePress(view, QtCore.Qt.MouseButton.LeftButton, pos=mark)
    for pixels in (least - 1, least + 1):
        assert tried == []
        move(mark + QtCore.QPoint(pixels, 0), pressed=True)
    assert [taken for taken, _ in tried] == [site]
    view.tool.cancel()
    panel.use.setChecked(False)
    assert view.toolTip() == ""
