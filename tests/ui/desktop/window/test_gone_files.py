"""A project whose files are gone says that, and blames no rule."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets")

from PySide6.QtGui import QDesktopServices

from beatplanner.data.errors import InputError, problem
from beatplanner.data.publish.sentence_templates import without_keys


def test_files_that_are_gone_are_no_wrong_rules(make_window, town):
    window = make_window()
    window.open(town.project)
    window.rule_panel.set({"beats.tolerance": 0.2})
    shutil.rmtree(town.folder)
    window.run_plan()
    ((title, lines),) = window.told
    assert title == "Files of this project are missing"
    assert any("units.gpkg” does not exist" in line for line in lines)
    # a rule is blamed where one is wrong, and neither where both are
    rule, gone = problem("too small", field="beats.tolerance"), problem("does not exist", field="a.path", gone=True)
    for notes, said in (((rule,), "These rules cannot be planned"), ((rule, gone), "The input cannot be used")):
        window.show_not_planned(InputError(*notes))
        assert window.told[-1][0] == said


def test_a_report_that_is_gone_says_so(make_window, planned_once, tmp_path, monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(Path(url.toLocalFile()).name))
    window = make_window()
    window.open(planned_once.folder / "plan")
    window.open_report()
    assert (opened, window.told) == (["report.html"], [])
    window.scenario.result = tmp_path / "gone"
    window.open_report()
    said = f"{tmp_path / 'gone' / 'report.html'}: it is not there."
    assert (opened, window.told) == (["report.html"], [("This cannot be opened", [said])])


@pytest.mark.parametrize(
    ("key", "words"),
    [("units.path", "Units, path"), ("officers.crs", "Officers, crs"), ("beats.current.path", "Current, path")],
)
def test_a_key_that_several_sections_have_says_of_which(key, words):
    assert without_keys(f"town.toml, field “{key}”: it is gone") == f"town.toml, field “{words}”: it is gone"
