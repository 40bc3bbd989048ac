"""The golden run: what differs is told, what is expected is left out, and only with an entry of the changelog."""

from __future__ import annotations

import importlib
import json
import sqlite3
import tomllib
from contextlib import closing

import openpyxl
import pytest
from benchmarks.golden import ROOT, SHOWN, Expected, compare, lock, text_of
from benchmarks.golden_plan import SMALL


@pytest.fixture
def folders(tmp_path):
    """Two results that differ in a figure, in the order of a list and by a file."""
    for name, figure, rows in (("old", 3, "a\nb\n"), ("new", 4, "b\na\n")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "summary.json").write_text(f'{{\n"same": 1,\n"seconds": {figure},\n"count": {figure}\n}}', "utf-8")
        (folder / "list.csv").write_text(rows, "utf-8")
    (tmp_path / "old" / "gone.txt").write_text("", "utf-8")
    return tmp_path / "old", tmp_path / "new"


def expected(tmp_path, *differences: str) -> Expected:
    path = tmp_path / "expected.toml"
    path.write_text("\n".join(f'[[difference]]\nentry = "Unreleased"\n{one}' for one in differences), "utf-8")
    return Expected(path)


def test_each_difference_is_told_and_a_run_of_its_own_is_none(folders, capsys):
    old, new = folders
    assert compare(old, new, Expected(None), SHOWN) == 1
    said = capsys.readouterr().out
    assert "only in old gone.txt" in said
    assert "differs list.csv in the order of its lines" in said
    assert "- .count = 3" in said and "+ .count = 4" in said
    assert "1 lines gone, 1 new" in said, "seconds are no difference"
    assert compare(old, old, Expected(None), SHOWN) == 0


def test_expected_differences_are_left_out_and_others_are_not(folders, tmp_path, capsys):
    known = (
        'files = ["summary.json"]\nlines = ["count"]',
        'files = ["*.csv"]\norder = true',
        'files = ["gone.*"]\nonly = "old"',
    )
    assert compare(*folders, expected(tmp_path, *known), SHOWN) == 0
    assert "0 equal, 3 with differences that are expected, 0 with others" in capsys.readouterr().out
    for i in range(3):
        assert compare(*folders, expected(tmp_path, *known[:i], *known[i + 1 :]), SHOWN) == 1


def test_other_words_are_allowed_and_a_figure_that_is_gone_is_not(tmp_path, capsys):
    pages = [tmp_path / name / "map.html" for name in ("old", "new")]
    for page, text in zip(
        pages, ("<b>12 minutes on foot, 77% walk 20</b>", "<i>On foot 12 minutes; 20 or less: 78%</i>"), strict=True
    ):
        page.parent.mkdir()
        page.write_text(f'<style>.a {{ width: {len(text)}px }}</style><p class="x1">{text}</p>', "utf-8")
    known = 'files = ["*.html"]\nwords = true'
    assert compare(pages[0].parent, pages[1].parent, expected(tmp_path, known), SHOWN) == 1
    said = capsys.readouterr().out
    assert "- number 77" in said
    assert "1 lines gone, 0 new" in said
    known += "\nlines = ['^number 77$']"
    assert compare(pages[0].parent, pages[1].parent, expected(tmp_path, known), SHOWN) == 0


def test_json_is_compared_by_its_keys_and_a_share_of_many_digits_is_no_hash(tmp_path, capsys):
    for name, share in (("old", 0.123456789012), ("new", 0.223456789012)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "service.json").write_text(
            json.dumps({"shifts": [{"own": share}], "hash": "a" * 64}), "utf-8"
        )
    assert compare(tmp_path / "old", tmp_path / "new", Expected(None), SHOWN) == 1
    assert "+ .shifts.0.own = 0.223456789012" in capsys.readouterr().out


def test_a_row_that_comes_in_between_is_one_difference(tmp_path, capsys):
    for name, keys in (("old", ("a", "c")), ("new", ("a", "b", "c"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "comparison.json").write_text(json.dumps([{"key": key} for key in keys]), "utf-8")
    assert compare(tmp_path / "old", tmp_path / "new", Expected(None), SHOWN) == 1
    assert "0 lines gone, 1 new" in capsys.readouterr().out


def test_every_expected_difference_stands_in_the_changelog():
    assert Expected(ROOT / "benchmarks" / "golden_expected.toml").known


def test_a_difference_that_no_entry_of_the_changelog_tells_is_refused(tmp_path):
    (tmp_path / "expected.toml").write_text('[[difference]]\nentry = "no such words"\nfiles = ["*"]', "utf-8")
    with pytest.raises(SystemExit, match="no such words"):
        Expected(tmp_path / "expected.toml")


def test_the_measures_of_work_are_those_of_the_solvers():
    for room, measures in SMALL.items():
        module = importlib.import_module(f"beatplanner.solver.{room}")
        for name in measures:
            assert hasattr(module, name), f"{room} has no {name}"


def test_units_are_locked_to_the_beats_of_a_plan(tmp_path):
    project, plan = tmp_path / "project.toml", tmp_path / "plan.gpkg"
    project.write_text('[units]\nid = "unit"\n\n[beats]\ncount = 2\n', "utf-8")
    with closing(sqlite3.connect(plan)) as base, base:
        base.execute("CREATE TABLE units (unit, beat)")
        base.executemany("INSERT INTO units VALUES (?, ?)", [(2, "1"), (1, "2, north")])
    lock(project, plan)
    beats = tomllib.loads(project.read_text("utf-8"))["beats"]
    assert beats == {"count": 2, "locked": {"path": "locked.csv", "unit": "unit", "beat": "beat"}}
    assert (tmp_path / "locked.csv").read_text("utf-8").splitlines() == ["unit,beat", '1,"2, north"', "2,1"]


def test_the_hash_of_the_rules_in_a_workbook_is_no_difference(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["plan", "Rules", "7cdf13f3ba"])
    book.active.append(["plan", "Beats", "7cdf13f3ba"])
    book.save(tmp_path / "comparison.xlsx")
    rows = text_of(tmp_path / "comparison.xlsx")
    assert rows == ["Sheet: ('plan', 'Rules', '<hash>')", "Sheet: ('plan', 'Beats', '7cdf13f3ba')"]
