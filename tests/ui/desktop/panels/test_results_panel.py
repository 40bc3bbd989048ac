"""Cards, charts, warnings and proof follow map and table, and the checker's verdict comes by itself."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

QtCore = pytest.importorskip("PySide6.QtCore")
QtWidgets = pytest.importorskip("PySide6.QtWidgets")
from PySide6.QtGui import QGuiApplication

from beatplanner.planning.whole.run import run
from beatplanner.ui.desktop.toolkit import recent
from beatplanner.ui.desktop.window.main_window import MainWindow
from conftest import let_go, write_grid_town


@pytest.fixture
def window(make_window, qtbot, planned_once):
    made = make_window()
    made.open(planned_once.folder / "plan")
    qtbot.waitUntil(lambda: made.results.book is not None, timeout=120_000)
    return made


def test_a_row_brings_its_card_and_marks_its_bar(window):
    results = window.results
    window.table.selectRow(1)
    beat = window.table_model.beat(window.sorted_model.mapToSource(window.sorted_model.index(1, 0)).row())
    assert results.beat == beat
    card, plan = results.card.card, window.scenario.plan.beats.set_index("beat").loc[beat]
    assert card.beat == beat and card.name == plan["name"]
    assert results.charts.marked == beat
    results.step(1)
    assert results.beat != beat
    results.step(-1)
    assert results.beat == beat


def test_a_bar_picks_the_beat_on_map_and_in_the_table(window):
    results = window.results
    results.tabs.setCurrentWidget(results.charts)
    results.charts.bars.picked.emit("3")
    row = window.table.selectionModel().selectedRows()[0]
    assert window.table_model.beat(window.sorted_model.mapToSource(row).row()) == "3"
    assert window.map.selected == "3"
    assert results.card.card.beat == "3"


def test_the_pages_are_reached_by_keys(window, qtbot):
    results = window.results
    window.activateWindow()
    qtbot.waitUntil(lambda: QtWidgets.QApplication.activeWindow() is window, timeout=120_000)
    pages = (results.charts, results.service, results.warnings, results.proof, results.card)
    for key, page in zip("23451", pages, strict=True):
        # wherever the keys are, and whatever lies over the results
        window.map.setFocus()
        results.dock.hide()
        qtbot.keyClick(window.map, getattr(QtCore.Qt.Key, f"Key_{key}"), QtCore.Qt.KeyboardModifier.ControlModifier)
        assert results.tabs.currentWidget() is page and page.isVisible(), key
        assert results.tabs.tabBar().hasFocus()
    # the arrows go on from there
    qtbot.keyClick(results.tabs.tabBar(), QtCore.Qt.Key.Key_Right)
    assert results.tabs.currentWidget() is results.charts


def test_every_measure_has_a_bar_for_each_beat(window):
    charts = window.results.charts
    assert charts.measure.count() >= 4
    for k in range(charts.measure.count()):
        charts.measure.setCurrentIndex(k)
        assert charts.bars.model().rowCount() == len(window.scenario.plan.beats)
        assert charts.note.text()


def test_a_check_can_be_stopped_and_begun_again(window, qtbot):
    proof = window.results.proof
    qtbot.waitUntil(lambda: proof.verdict is not None, timeout=120_000)
    window.actions_by_name["verify_plan"].trigger()
    assert proof.process.running and proof.again.isEnabled() and proof.again.text() == "Stop"
    qtbot.mouseClick(proof.again, QtCore.Qt.MouseButton.LeftButton)
    assert not proof.process.running and proof.verdict is None
    assert proof.banner.text().startswith("Stopped") and proof.again.text() == "Check again"
    qtbot.mouseClick(proof.again, QtCore.Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: proof.verdict is not None and proof.verdict["ok"], timeout=120_000)
    assert proof.again.text() == "Check again" and proof.again.isEnabled()


def test_the_verdict_comes_by_itself_and_a_wrong_figure_is_named(window, qtbot, planned_once, tmp_path):
    import shutil

    proof = window.results.proof
    qtbot.waitUntil(lambda: proof.verdict is not None, timeout=120_000)
    assert proof.verdict["ok"]
    text = proof.page.toPlainText()
    assert "Beats" in text and "proven best" in text and "What this means" in text
    wrong = tmp_path / "wrong"
    shutil.copytree(planned_once.folder / "plan", wrong)
    summary = json.loads((wrong / "summary.json").read_text("utf-8"))
    summary["officers"]["rotations"] += 5
    (wrong / "summary.json").write_text(json.dumps(summary), "utf-8")
    window.open(wrong)
    qtbot.waitUntil(lambda: proof.verdict is not None and not proof.verdict["ok"], timeout=120_000)
    assert any("rotations" in f["name"] for f in proof.verdict["failed"])
    assert "rotations" in proof.banner.text() + proof.page.toPlainText()


def test_the_card_is_copied_without_names(window):
    window.results.choose("1")
    window.results.copy()
    text = QGuiApplication.clipboard().text()
    assert window.scenario.plan.beats.set_index("beat").loc["1", "name"] in text
    for officer in window.scenario.plan.roster["officer"]:
        assert officer not in text


def test_a_panel_that_is_worked_in_is_not_covered(window):
    window.actions_by_name["show_postings"].trigger()
    QtWidgets.QApplication.processEvents()
    window.map.beat_picked.emit("2")
    assert window.results.beat == "2"
    assert not window.gantt.visibleRegion().isEmpty()


def test_the_service_of_the_plan_stands_beside_today(qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(recent, "_file", lambda: tmp_path / "recent.json")
    town = write_grid_town(tmp_path / "town")
    with town.project.open("a", encoding="utf-8") as stream:
        stream.write(
            '\n[service]\nshifts = [ { name = "day", start = "07:00", end = "19:00" },'
            ' { name = "night", start = "19:00", end = "07:00" } ]\n'
        )
    run(town.project, town.folder / "plan", pack=False)
    claims = json.loads((town.folder / "plan" / "service.json").read_text("utf-8"))
    made = MainWindow()
    qtbot.addWidget(made, before_close_func=let_go)
    made.resize(1366, 768)
    made.show()
    made.open(town.folder / "plan")
    qtbot.waitUntil(lambda: made.results.book is not None, timeout=120_000)
    page = made.results.service
    made.results.tabs.setCurrentWidget(page)
    assert sum(page.clock.week) == pytest.approx(claims["calls_a_week"])
    assert page.shift.count() == 3 and {b.key for b in page.bars.bars.bars} == set(claims["beats"])
    page.shift.setCurrentIndex(1)
    page.measure.setCurrentIndex(page.measure.findData("own_share"))
    assert page.values() == {b: f["own_share"] for b, f in claims["shifts"][0]["beats"].items()}
    shown = [page.table.itemAt(i).widget().text() for i in range(page.table.count())]
    assert f"{100 * claims['shifts'][0]['own_share']:.0f}\N{NO-BREAK SPACE}%" in shown
    assert f"{100 * claims['today']['shifts'][0]['own_share']:.0f}\N{NO-BREAK SPACE}%" in shown
    # figures of the shift before do not stand below, and a long name of a shift does not push the clock out of the panel
    inside = page.clock.parentWidget()
    shown = [page.table.itemAt(i).widget() for i in range(page.table.count())]
    stale = [w for w in inside.findChildren(QtWidgets.QLabel) if w not in (page.said, page.notes, *shown)]
    assert stale and all(w.isHidden() for w in stale)
    wide = inside.minimumSizeHint().width()
    page.shift.setItemText(1, "day " * 30)
    page.on_map.setText("figure " * 30)
    assert inside.minimumSizeHint().width() == wide
    # the keys go from cell to cell, and tell each
    page.clock.setFocus()
    qtbot.keyClick(page.clock, QtCore.Qt.Key.Key_Right)
    qtbot.keyClick(page.clock, QtCore.Qt.Key.Key_Down)
    assert page.clock.at_ == 24 and "01:00" in page.clock.cell(24)
    page.bars.picked.emit("3")
    assert made.map.selected == "3"
    # the map is shaded by the figure of the shift that is chosen
    content, layer = made.map.content, made.map.stack["Service"]
    page.on_map.click()
    shaded = content.figures[layer.figure][0]
    assert layer.visible and shaded == pytest.approx(100 * page.values()[content.ids[content.label[0]]])
    before = layer.figure
    page.shift.setCurrentIndex(2)
    assert layer.figure != before and before not in content.figures and layer.figure in content.figures
    # what is drawn is counted after every stroke, and stands beside plan and today
    panel = made.drawing_panel
    # what it is counted from is read once the drawing begins: the first stroke waits for its figures alone
    panel.begin()
    qtbot.waitUntil(lambda: made.results.live.ready, timeout=60_000)
    unit = 0
    to = next(b for b in content.ids if b != content.ids[content.label[unit]])
    panel.edit(lambda d: d.paint([unit], to))
    qtbot.waitUntil(lambda: page.before is not None, timeout=60_000)
    assert page.before == claims and page.service["beats"] != claims["beats"]
    heads = [page.table.itemAtPosition(0, c).widget().text() for c in range(4)]
    assert heads[1:] == ["Drawn", "The plan", "Today"]
    # and nothing says that the figures were the plan's
    assert made.results.of_plan.isHidden()
    panel.actions_["draw_undo"].trigger()
    assert page.before is None and page.service == claims
    # the map is made anew with every rule that is changed: what is ticked is still seen
    made.scenario.changed()
    assert page.on_map.isChecked() and layer.visible and layer.figure in made.map.content.figures
    page.on_map.click()
    assert not layer.visible


def test_a_plan_without_shifts_says_so(window):
    assert "[service]" in window.results.service.said.text()
    assert window.results.service.bars.isHidden()


def test_no_word_of_a_warning_is_wider_than_its_list(window):
    from beatplanner.planning.whole.plan_warnings import PlanWarning
    from beatplanner.ui.desktop.plain_text import LONGEST_WORD, MAY_BREAK, breakable

    text = (
        'if it is moved, give "+proj=tmerc +towgs84=521.748,229.489,590.921,4.029,4.488,-15.521,-9.78 +no_defs" '
        + "x" * 90
    )
    page = window.results.warnings
    page.take([PlanWarning("warning", text, (), ())])
    shown = page.list.item(0).text()
    assert shown.replace(MAY_BREAK, "") == text
    assert max(len(part) for part in shown.replace(MAY_BREAK, " ").split()) <= LONGEST_WORD
    assert breakable("North of the river, 1,234 residents") == "North of the river, 1,234 residents"
    page.list.setFixedWidth(240)
    widest = max(page.list.fontMetrics().horizontalAdvance(p) for p in shown.replace(MAY_BREAK, " ").split())
    assert widest < page.list.viewport().width() - 40


def test_each_warning_is_as_high_as_its_lines(qapp):
    from beatplanner.planning.whole.plan_warnings import PlanWarning
    from beatplanner.ui.desktop.panels.warnings_page import WarningsPage

    text = " ".join(["The change of the datum puts its places about 1,623 m from where the others put them."] * 6)
    page = WarningsPage()
    page.resize(320, 500)
    page.take([PlanWarning("warning", text, (), ()) for _ in range(5)])
    page.show()
    qapp.processEvents()
    view = page.list
    rows = [view.visualItemRect(view.item(k)) for k in range(2)]
    # the height that was kept for an item is that which it is drawn in
    assert rows[1].top() - rows[0].top() == rows[0].height() + 2 * view.spacing()
    assert rows[0].width() <= view.viewport().width() - view.spacing()
    # nothing of the text is left over below
    beside = view.iconSize().width() + 40
    lines = view.fontMetrics().boundingRect(0, 0, view.viewport().width() - beside, 10_000, 0x1000, text).height()
    assert rows[0].height() >= lines
    page.close()


def test_what_is_chosen_of_charts_and_service_is_read_whole(window):
    from PySide6.QtWidgets import QStyle, QStyleOptionComboBox

    results = window.results
    for page in (results.charts, results.service):
        results.tabs.setCurrentWidget(page)
        page.resize(310, 600)
        page.layout().activate()
        box = page.measure
        option = QStyleOptionComboBox()
        option.initFrom(box)
        field = box.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, box
        )
        assert box.count() > 3
        # each stands on a line of its own
        other = page.order if page is results.charts else page.shift
        assert not other.isVisibleTo(page) or other.y() != box.y()
        assert field.width() > 0.75 * page.width()


def test_the_objective_has_a_unit(window):
    proof = window.results.proof
    said = "\n".join(line for _, _, lines in proof.steps(window.scenario.plan.summary) for line in lines)
    assert "hours × metres, lower bound " in said


def test_a_doubt_is_as_high_as_its_text_beside_the_scroll_bar(qapp):
    from types import SimpleNamespace

    from PySide6.QtWidgets import QStackedWidget

    from beatplanner.data.guided_import.doubts import Doubt
    from beatplanner.ui.desktop.guided_import.doubts_page import DoubtsPage

    page = DoubtsPage(SimpleNamespace(draft=None, pages=QStackedWidget(), enable=lambda: None))  # type: ignore[arg-type]
    page.resize(420, 260)
    page.show()
    text = " ".join(["The change of the datum puts its places about 1,623 m from where the others put them."] * 3)
    page._show([Doubt("warning", text) for _ in range(8)])
    qapp.processEvents()
    view = page.list
    assert view.verticalScrollBar().isVisible()
    for row in range(view.count()):
        widget = view.itemWidget(view.item(row))
        assert widget.width() <= view.viewport().width()
        assert widget.height() >= widget.layout().heightForWidth(view.viewport().width())
    page.close()


def test_the_parts_of_the_hours_sum_to_the_total_that_is_shown(window):
    """Rounded one by one 144.7 and 800.6 are 145 and 801, of 945 hours."""
    book, words = window.results.book, window.results.card.words
    card = replace(book.card("1"), hours=945.3, reactive=144.7, community=800.6, fixed=0.0)
    work = next(s for s in words.sections(card, book) if s.key == "work")
    assert any("145 for incidents, 800 for people, not calls" in line for line in work.lines), work.lines
    assert "945 officer hours a year" in work.lines[0]


def test_what_failed_is_read_whole_however_much_it_is(window, qtbot):
    results = window.results
    proof = results.proof
    qtbot.waitUntil(lambda: proof.verdict is not None)
    results.tabs.setCurrentWidget(proof)
    results.dock.show()
    results.dock.raise_()
    qtbot.waitUntil(proof.isVisible)
    long = "beat 1 (Kej): 341.4400 hours a year is claimed, 383.5500 hours a year was found. "
    failed = [{"name": f"beats.figure {k}", "detail": 3 * long} for k in range(20)]
    proof._take({**proof.verdict, "ok": False, "checks": 200, "failed": failed})
    qtbot.waitUntil(lambda: proof.banner.heightForWidth(proof.banner.width()) <= proof.banner.height())
    assert "And 17 more." in proof.banner.text()
    said = proof.page.toPlainText()
    assert all(f"figure {k}:" in said for k in range(12)) and "And 8 more." in said and "figure 12:" not in said


def test_before_there_is_a_plan_each_page_says_so(make_window, qtbot, tmp_path):
    town = write_grid_town(tmp_path)
    with town.project.open("a", encoding="utf-8") as stream:
        stream.write('\n[service]\nshifts = [{ name = "all", start = "00:00", end = "24:00" }]\n')
    made = make_window()
    made.open(town.project)
    made.map.select(made.map.content.ids[0])
    results = made.results
    for shown in (results.card.name.text(), results.charts.note.text(), results.service.said.text()):
        assert shown.startswith("There is no plan yet.")
