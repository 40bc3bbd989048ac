"""The reader of the OR-Library's p-median format, on generated files of that format."""

from __future__ import annotations

import importlib.util
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from beatplanner.solver.location.p_median import p_median
from beatplanner.solver.location.site_rules import SiteRules

_file = Path(__file__).parents[2] / "benchmarks" / "orlib.py"
_spec = importlib.util.spec_from_file_location("orlib", _file)
assert _spec is not None and _spec.loader is not None
orlib = importlib.util.module_from_spec(_spec)
sys.modules["orlib"] = orlib
_spec.loader.exec_module(orlib)


def test_a_later_edge_replaces_an_earlier_one():
    metres, count = orlib.parse("3 4 1\n1 2 5\n2 3 4\n2 1 9\n1 3 20\n")
    assert count == 1
    assert metres.tolist() == [[0, 9, 13], [9, 0, 4], [13, 4, 0]]


@pytest.mark.parametrize(
    ("text", "words"),
    [("3 1", "first line"), ("3 2 1\n1 2 5", "announced"), ("3 1 1\n1 4 5", "not among"), ("3 1 1\n1 2 5", "pieces")],
)
def test_what_is_wrong_with_a_file_is_said(text, words):
    with pytest.raises(ValueError, match=words):
        orlib.parse(text)


def test_the_known_optimum_goes_by_the_name(tmp_path):
    (tmp_path / "pmed7.txt").write_text(orlib.generate(20, 3, 1), encoding="ascii")
    assert orlib.read(tmp_path / "pmed7.txt").optimum == 5631
    (tmp_path / "mine.txt").write_text(orlib.generate(20, 3, 1), encoding="ascii")
    assert orlib.read(tmp_path / "mine.txt").optimum is None


@pytest.mark.parametrize("seed", range(5))
def test_generated_files_are_solved_to_their_optimum(seed):
    metres, count = orlib.parse(orlib.generate(30, 3, seed))
    best = min(metres[:, c].min(axis=1).sum() for c in combinations(range(30), count))
    found = p_median(metres, SiteRules.plain(30, count), seconds=1e6)
    assert found.objective == best == found.lower_bound


def test_a_larger_one_is_proven():
    metres, count = orlib.parse(orlib.generate(300, 30, 3))
    found = p_median(metres, SiteRules.plain(300, count), seconds=1e6)
    assert found.objective == found.lower_bound
    assert np.isfinite(found.objective)
