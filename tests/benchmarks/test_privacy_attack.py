"""The attacker of benchmarks/privacy.py finds nothing in 30 towns, and finds what a gate that does nothing would give away."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np

from conftest import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
import privacy


def test_nothing_hidden_is_found_in_30_towns():
    found = [privacy.attack_town(seed, largest=4) for seed in range(30)]
    assert [text for f in found for text in f.narrow] == []
    assert sum(f.targets for f in found) > 100
    assert sum(not f.stopped for f in found) > 10


def test_the_attacker_finds_what_is_given_away(monkeypatch):
    """Without the second hiding, and with it but a share of a hidden count told, the same attack succeeds."""

    def only_the_small_ones(counts, cells, names, k, what="residents", key=b""):
        values = {c.key: float(counts[c.members].sum()) for c in cells if not c.before}
        return replace(privacy.Gate({}), values={key: None if 0 < v < k else round(v) for key, v in values.items()})

    monkeypatch.setattr(privacy, "pass_gate", only_the_small_ones)
    found = [privacy.attack_town(seed, largest=4) for seed in range(10)]
    assert sum(len(f.narrow) for f in found) > 5


def test_the_attacker_finds_what_measures_of_work_would_give_away(monkeypatch):
    monkeypatch.setattr(privacy, "tells_a_count", lambda *_: False)
    assert privacy.attack_town(3, largest=4).narrow


def test_a_rounded_share_narrows_what_it_is_of():
    cell = privacy.Cell("t", "r", ("beat", "1"), np.arange(3), before="p", shown=100)
    hidden = privacy.Cell("t", "r", ("within", "1"), np.array([0]), before="p", shown=None)
    target = np.array([1.0, 0, 0])
    assert privacy.Attacker(3, [cell, hidden], []).by_whole_numbers(target) == (1, 100)
    assert privacy.Attacker(3, [cell, hidden], [(np.array([0]), np.arange(3), 0.03)]).by_whole_numbers(target) == (3, 3)
