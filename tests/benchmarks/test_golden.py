"""The golden run: what differs is told, what is expected is left out, and only with an entry of the changelog."""

from __future__ import annotations

import importlib

import pytest
from benchmarks.golden import SHOWN, Expected, compare
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
    assert '- "count": 3' in said and '+ "count": 4' in said
    assert "1 lines gone, 1 new" in said, "seconds are no difference"
    assert compare(old, old, Expected(None), SHOWN) == 0


def test_expected_differences_are_left_out_and_others_are_not(folders, tmp_path, capsys):
    known = (
        'files = ["summary.json"]\nlines = [\'"count"\']',
        'files = ["*.csv"]\norder = true',
        'files = ["gone.*"]\nonly = "old"',
    )
    assert compare(*folders, expected(tmp_path, *known), SHOWN) == 0
    assert "0 equal, 3 with differences that are expected, 0 with others" in capsys.readouterr().out
    for i in range(3):
        assert compare(*folders, expected(tmp_path, *known[:i], *known[i + 1 :]), SHOWN) == 1


def test_a_difference_that_no_entry_of_the_changelog_tells_is_refused(tmp_path):
    (tmp_path / "expected.toml").write_text('[[difference]]\nentry = "no such words"\nfiles = ["*"]', "utf-8")
    with pytest.raises(SystemExit, match="no such words"):
        Expected(tmp_path / "expected.toml")


def test_the_measures_of_work_are_those_of_the_solvers():
    for room, measures in SMALL.items():
        module = importlib.import_module(f"beatplanner.solver.{room}")
        for name in measures:
            assert hasattr(module, name), f"{room} has no {name}"
