"""What takes long at the window is stopped by a button; it says so, and nothing is lost."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="Qt's system libraries are missing", exc_type=ImportError)


def test_stopping_the_making_of_a_project_keeps_what_was_chosen(make_window, town, qtbot, tmp_path):
    window = make_window()
    wizard = window.new_from_layers([town.path("units.gpkg"), town.path("incidents.csv")])
    qtbot.waitUntil(lambda: not wizard.work.busy, timeout=120_000)
    wizard.draft.rules.name = "Ново"
    wizard.go(len(wizard.steps) - 1)
    out = tmp_path / "made" / "Ново.beatplan"
    wizard.steps[-1].place.setText(str(out))
    wizard.next_button.click()
    assert wizard.making == out and wizard.cancel_button.text() == "Stop"
    wizard.cancel_button.click()
    # the import stands where it was
    assert wizard.isVisible() and not wizard.work.busy and wizard.making is None
    assert wizard.message.text().startswith("Stopped; no project was made")
    assert wizard.cancel_button.text() == "Cancel" and wizard.next_button.isEnabled()
    assert [s.role for s in wizard.draft.sources] == ["units", "incidents"]
    assert not out.exists() and not (out.parent.exists() and list(out.parent.iterdir()))
    # and makes it once it may
    wizard.next_button.click()
    qtbot.waitUntil(lambda: window.scenario.is_open, timeout=120_000)
    assert [p.name for p in out.parent.iterdir() if p.suffix == ".beatplan"] == [out.name]
    assert wizard.project == out and not wizard.isVisible()
    window.saved = True
