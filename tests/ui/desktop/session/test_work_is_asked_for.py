"""What works on the draft, or reads and writes, is not ended by another project without a word."""

from __future__ import annotations

import pytest

QtCore = pytest.importorskip("PySide6.QtCore")
QtGui = pytest.importorskip("PySide6.QtGui")
QtWidgets = pytest.importorskip("PySide6.QtWidgets")

from beatplanner.ui.desktop.window import draft_actions


@pytest.fixture
def window(planned_window):
    return planned_window


def test_what_works_is_asked_for_before_another_plan_or_project_ends_it(window, monkeypatch, tmp_path):
    asked, answers = [], [QtWidgets.QMessageBox.StandardButton.No] * 3
    monkeypatch.setattr(draft_actions, "question", lambda *a: (asked.append(a[2]), answers.pop(0))[1])
    panel, gantt, opened = window.drawing_panel, window.gantt, window.scenario.opened
    assert window.may_end_work() and not asked
    monkeypatch.setattr(type(panel.process), "running", True)
    panel.process.job = "improve"
    window.open(window.scenario.document.file)
    window.session.dock._show_plan(0)
    assert window.scenario.opened == opened and window.scenario.plan_shown and len(asked) == 2
    monkeypatch.setattr(type(panel.process), "running", False)
    gantt.work._then = (print, print)
    gantt.sign.says("Making these postings the plan…")
    window.open(window.scenario.document.file)
    gantt.work._then = None
    assert window.scenario.opened == opened
    assert asked == ["At work: Improve from here. Stop it?"] * 2 + ["At work: Making these postings the plan. Stop it?"]
    # a file that is dropped behind a dialog, which a print or a reading shows, opens nothing
    taken = []
    monkeypatch.setattr(window.start_page, "take_files", taken.append)
    files = QtCore.QMimeData()
    files.setUrls([QtCore.QUrl.fromLocalFile(str(tmp_path / "other.gpkg"))])
    dropped = QtGui.QDropEvent(
        QtCore.QPointF(5, 5),
        QtCore.Qt.DropAction.CopyAction,
        files,
        QtCore.Qt.MouseButton.LeftButton,
        QtCore.Qt.KeyboardModifier.NoModifier,
    )
    box = QtWidgets.QDialog(window)
    box.setModal(True)
    box.show()
    window.dropEvent(dropped)
    assert not taken
    box.close()
    window.dropEvent(dropped)
    assert len(taken) == 1
