"""The readers of public points and plain tables, and a p-median of such a file."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks import tsplib

from beatplanner.solver.location.p_median import p_median
from beatplanner.solver.location.site_rules import SiteRules

FILE = "NAME : tiny\nDIMENSION : 3\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 3.0e0 4\n3 1 1\nEOF\n"


def test_points_are_read_and_ways_are_cut_off(tmp_path):
    (tmp_path / "tiny.tsp").write_text(FILE, encoding="ascii")
    assert tsplib.read(tmp_path / "tiny.tsp").tolist() == [[0, 5, 1], [5, 0, 3], [1, 3, 0]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("NAME : x", "DIMENSION"),
        (FILE.replace(": 3", ": 4"), "announced"),
        (FILE.replace("3 1 1", "3 1"), "announced"),
        (FILE.replace("EUC_2D", "GEO"), "straight lines"),
    ],
)
def test_what_is_wrong_with_points_is_said(text, words):
    with pytest.raises(ValueError, match=words):
        tsplib.points(text)


def test_a_plain_table_is_read():
    cost, count = tsplib.table("2 3 1\n1 2 3\n4 5 6\n")
    assert (cost.tolist(), count) == ([[1, 2, 3], [4, 5, 6]], 1)
    assert tsplib.table("1 1\n7")[1] is None
    with pytest.raises(ValueError, match="announced"):
        tsplib.table("2 2\n1 2 3")
    with pytest.raises(ValueError, match="first line"):
        tsplib.table("2\n1 2")


def test_points_in_clusters_are_proven_best_with_a_tree():
    random = np.random.default_rng(4)
    place = (random.random((9, 1, 2)) * 2_000 + random.normal(0, 150, (9, 20, 2))).reshape(-1, 2).round()
    found = p_median(tsplib.straight(place), SiteRules.plain(len(place), 14), seconds=1e6)
    assert found.proof is not None
    assert np.ceil(found.proof.bound) == found.objective == found.lower_bound


@pytest.mark.parametrize("gap", [3e-3, 0.01, 0.03])
@pytest.mark.parametrize("seed", range(6))
def test_a_bound_proves_no_more_than_what_was_closed_on_its_way(seed, gap):
    # a coarse gap closes branches that hold better plans: once any is closed, the limit of closing is all that is known
    place = (np.random.default_rng(seed).random((60, 2)) * 1_000).round()
    found = p_median(tsplib.straight(place), SiteRules.plain(60, 6), seconds=1e6, gap=gap)
    assert found.proof is not None and found.lower_bound is not None
    if len(found.proof.tree.parent) > 1:
        assert found.lower_bound <= np.ceil(found.objective * (1 - gap))
    assert found.lower_bound >= found.objective * (1 - gap) - 1e-6
