"""Postings are dragged in the Gantt by mouse and keys; the rules answer at once; undo, repair and acceptance give a plan that the checker passes."""

from __future__ import annotations

import json
import shutil

import pytest

QtCore = pytest.importorskip("PySide6.QtCore")
QtWidgets = pytest.importorskip("PySide6.QtWidgets")
QtGui = pytest.importorskip("PySide6.QtGui")

from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run
from beatplanner.ui.desktop.panels.gantt import FILLS
from beatplanner.ui.desktop.window.theme import DARK, LIGHT, palette_of
from conftest import ROSTER, write_grid_town, write_roster

Key, Keys = QtCore.Qt.Key, QtCore.Qt.KeyboardModifier
SPARE = [[name, None, None, "sq", "m", 21.49, 42.0, "2025-01-01", None, None] for name in ("Filip", "Goran")]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    made = write_grid_town(tmp_path_factory.mktemp("posted"))
    write_roster(made.path("officers.xlsx"), [*ROSTER, *SPARE])
    run(made.project, made.path("plan"), pack=False)
    return made


@pytest.fixture
def window(make_window, town):
    made = make_window()
    made.open(town.project)
    made.scenario.take(town.path("plan"))
    made.actions_by_name["show_postings"].trigger()
    QtWidgets.QApplication.processEvents()
    return made


def whole(panel):
    """The number of a posting over the whole plan, of an officer who is new in the beat."""
    roster = panel.judge.roster
    return next(
        n
        for n, p in enumerate(panel.postings)
        if (p.start, p.end) == (0, 24) and not isinstance(roster[p.officer]["beat"], str)
    )


def drag(panel, qtbot, number, part, months=0, row=0):
    gantt = panel.gantt
    gantt.choose(number)
    box = gantt.bar(number)
    x = {"start": box.left() + 2, "end": box.right() - 2, "all": box.center().x()}[part]
    begin = QtCore.QPoint(int(x), int(box.center().y()))
    end = begin + QtCore.QPoint(round(months * gantt.month_width), row * gantt.line)
    view = gantt.viewport()
    qtbot.mousePress(view, QtCore.Qt.MouseButton.LeftButton, pos=begin)
    qtbot.mouseMove(view, end)
    QtWidgets.QApplication.processEvents()
    # the offscreen platform sends no move while a button is down
    event = QtCore.QEvent.Type.MouseMove
    from PySide6.QtGui import QMouseEvent

    at = QtCore.QPointF(end)
    gantt.mouseMoveEvent(
        QMouseEvent(event, at, at, QtCore.Qt.MouseButton.NoButton, QtCore.Qt.MouseButton.LeftButton, Keys.NoModifier)
    )
    qtbot.mouseRelease(view, QtCore.Qt.MouseButton.LeftButton, pos=end)


def test_the_end_of_a_posting_is_dragged_and_the_rules_answer(window, qtbot):
    panel = window.gantt
    assert not panel.buttons["accept"].isEnabled()
    number = whole(panel)
    officer = panel.postings[number].officer
    drag(panel, qtbot, number, "end", months=-17)
    assert panel.postings[number].end == 7
    said = panel.answer.toPlainText()
    assert f"{officer} leaves " in said and "after 7 of 12 months" in said
    assert "is empty: August 2027 to December 2028" in said
    assert "vacant months: 0 → 17" in said
    assert panel.buttons["accept"].isEnabled()
    panel.undo()
    assert panel.postings[number].end == 24
    panel.redo()
    assert panel.postings[number].end == 7


def test_what_was_dragged_over_another_posting_stays_in_view(window, qtbot):
    panel, gantt = window.gantt, window.gantt.gantt
    number = whole(panel)
    drag(panel, qtbot, number, "all", row=-1 if gantt.row_of(panel.postings[number]) else 1)
    gantt.choose(-1)
    box = gantt.bar(number)
    # away from the grip at its end, and from the names
    at = box.right() - 1.5 * gantt.month_width, box.top() + 5
    assert gantt.posting_at(*at)[0] == number
    fill = FILLS[gantt.order[panel.postings[number].officer] % len(FILLS)]
    seen = gantt.viewport().grab().toImage().pixelColor(round(at[0]), round(at[1]))
    assert seen.name() == QtGui.QColor(fill).name()


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_months_without_an_officer_are_seen_on_either_ground(window, colours):
    panel, gantt = window.gantt, window.gantt.gantt
    gantt.setPalette(palette_of(colours))
    number = whole(panel)
    gantt.choose(number)
    panel.move_posting(number, 0, -17, "", 0)
    box = gantt.bar(number)
    empty = QtCore.QRect(int(box.right()) + 8, int(box.top()) + 4, int(6 * gantt.month_width), int(box.height()) - 8)
    seen = gantt.viewport().grab(empty).toImage()
    lights = {
        sum(w * c**2.2 for w, c in zip((0.2126, 0.7152, 0.0722), seen.pixelColor(x, y).getRgbF()[:3], strict=True))
        for x in range(seen.width())
        for y in range(seen.height())
    }
    # what is drawn stands out from its ground by 3 to 1 (WCAG 2.2, 1.4.11)
    assert (max(lights) + 0.05) / (min(lights) + 0.05) >= 3


def test_a_posting_goes_to_another_post_and_what_cannot_be_is_said(window, qtbot):
    panel = window.gantt
    number = whole(panel)
    row = panel.gantt.row_of(panel.postings[number])
    to = -1 if row else 1
    drag(panel, qtbot, number, "all", row=to)
    assert panel.postings[number].beat == panel.gantt.rows[row + to].beat
    assert "✖" in panel.answer.toPlainText() and " officers in " in panel.answer.toPlainText()
    assert not panel.buttons["accept"].isEnabled()
    panel.repair()
    qtbot.waitUntil(lambda: "This is the plan now" in panel.answer.toPlainText(), timeout=120_000)
    assert verify(window.scenario.result).ok
    assert not window.told


def test_repair_reads_the_project_that_is_open_not_where_its_plan_was_made(window, town, tmp_path, qtbot):
    folder = shutil.copytree(town.path("plan"), tmp_path / "plan")
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    summary["description_file"] = str(tmp_path / "gone" / "project.toml")
    (folder / "summary.json").write_text(json.dumps(summary), "utf-8")
    window.scenario.take(folder)
    QtWidgets.QApplication.processEvents()
    panel = window.gantt
    number = whole(panel)
    drag(panel, qtbot, number, "all", row=-1 if panel.gantt.row_of(panel.postings[number]) else 1)
    panel.repair()
    qtbot.waitUntil(lambda: window.told or "This is the plan now" in panel.answer.toPlainText(), timeout=120_000)
    assert not window.told


def test_keys_do_what_the_mouse_does(window, qtbot):
    panel = window.gantt
    gantt = panel.gantt
    qtbot.keyClick(gantt, Key.Key_Down)
    assert gantt.chosen >= 0
    number = whole(panel)
    gantt.choose(number)
    qtbot.keyClick(gantt, Key.Key_Left, Keys.ShiftModifier)
    assert panel.postings[number].end == 23
    qtbot.keyClick(gantt, Key.Key_Right, Keys.ShiftModifier | Keys.ControlModifier)
    assert panel.postings[number].start == 1
    qtbot.keyClick(gantt, Key.Key_Left, Keys.AltModifier)
    assert (panel.postings[number].start, panel.postings[number].end) == (0, 22)
    assert panel.postings[number].officer in gantt.accessibleDescription()


def test_officers_as_rows_and_a_table_for_who_cannot_see_bars(window):
    panel = window.gantt
    panel.rows_by.setCurrentIndex(1)
    assert [r.officer for r in panel.gantt.rows] == list(panel.judge.roster)
    panel.rows_by.setCurrentIndex(2)
    assert panel.pages.currentWidget() is panel.table
    assert panel.table.rowCount() == len(panel.postings)
    panel.table.setCurrentCell(1, 0)
    assert panel.gantt.chosen == 1


def test_the_choice_of_rows_is_as_wide_as_its_words(window):
    panel = window.gantt
    panel.resize(1900, 240)
    panel.layout().activate()
    assert panel.rows_by.width() == panel.rows_by.sizeHint().width()
    assert panel.buttons["accept"].geometry().right() > panel.width() - 12


def test_a_change_names_the_beat_in_the_windows_language(window):
    from beatplanner.ui.desktop.window.languages import install_language

    panel = window.gantt
    application = QtWidgets.QApplication.instance()
    try:
        install_language(application, "mk")
        panel.move_posting(whole(panel), 0, -1, "", 0)
        words = panel.changes()[-1].words
        assert "реон" in words and "beat" not in words
    finally:
        install_language(application, "en")
        QtCore.QLocale.setDefault(QtCore.QLocale.c())


def test_what_is_accepted_is_the_plan_with_its_reason_in_the_history(window, qtbot, monkeypatch):
    panel = window.gantt
    number = whole(panel)
    panel.move_posting(number, 0, -17, "", 0)
    asked = []
    monkeypatch.setattr(
        QtWidgets.QInputDialog, "getText", lambda *a, **_: asked.append(a[2]) or ("needed at the school", True)
    )
    panel.accept()
    qtbot.waitUntil(lambda: not panel.work.busy and len(panel.steps) == 1, timeout=120_000)
    assert "Why is this done?" in asked[0] and "after 7 of 12 months" in asked[0]
    assert verify(window.scenario.result).ok
    assert window.scenario.plan.summary["edited_postings"]["reason"] == "needed at the school"
    entry = next(e for e in reversed(window.scenario.document.content.history) if "Postings moved" in e.what)
    assert entry.reason == "needed at the school"
    assert not window.saved


def test_a_plan_without_officers_says_so(window, town, tmp_path):
    run(town.project, tmp_path / "beats", steps=("beats",), pack=False)
    window.saved = True
    window.open(tmp_path / "beats")
    assert "has no officers" in window.gantt.answer.toPlainText()
    assert window.gantt.postings == []
