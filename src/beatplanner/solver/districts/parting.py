"""Districts with less border by parting pairs of them anew: the units of two neighbours are given the best two districts that they allow (`cut_cycle.py`).

A walk moves a unit at a time and ends where no unit does better; the border between two districts of some hundred units is moved as a whole here,
and to the best place that it has. The best plans of all walks are gone on from, until no pair has anything better or the work is used up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.districts.annealing import CUT
from beatplanner.solver.districts.cut_classes import CutMap
from beatplanner.solver.districts.cut_cycle import Cycles

if TYPE_CHECKING:
    from beatplanner.solver.districts.search import Found, Search

# Steps of all pairs at the usual effort, those of one pair in nodes, and those that drawing a map is worth for each edge.
STEPS, NODES_OF_A_PAIR, STEPS_OF_AN_EDGE = 16_000_000, 20, 50


def parted_anew(search: Search, best: Found, effort: float, stop: Callable[[], bool]) -> Found:
    """Return the best districts that come of parting pairs anew, from the best walks on.

    Parameters
    ----------
    search
        With the problem, of the least border without rules on labels, and what its walks found.
    best
        The best so far.
    effort
        Multiplies the work.
    stop
        Asked before each pair.
    """
    problem = search.problem
    if (
        problem.goal != CUT
        or search.by_label
        or (search.locked >= 0).any()
        or not 2 < problem.count < len(problem.weight)
    ):
        return best
    pairs = _Pairs(search, STEPS * effort, stop)
    starts = {f.district.tobytes(): f for f in (best, *search.walked) if search.keeps_rules(f)}
    for found in sorted(starts.values(), key=lambda f: (search.rank(f), f.district.tobytes())):
        if pairs.left > 0 and not stop():
            best = min(best, pairs.improved(found), key=search.rank)
    return best


class _Pairs:
    def __init__(self, search: Search, steps: float, stop: Callable[[], bool]) -> None:
        self.search, self.left, self.stop = search, steps, stop
        # pairs that are parted as well as can be, by their units
        self.done = set[bytes]()

    def improved(self, found: Found) -> Found:
        """Return districts of which no pair can be parted better, or those at the end of the work."""
        edges, district = self.search.problem.edges, found.district
        while self.left > 0 and not self.stop():
            ends = np.sort(district[edges], axis=1)
            ends, border = ends[ends[:, 0] != ends[:, 1]], self.search.problem.border[ends[:, 0] != ends[:, 1]]
            pairs, place = np.unique(ends, axis=0, return_inverse=True)
            between = np.bincount(place.ravel(), weights=border, minlength=len(pairs))
            # the longest border first
            better = (self._parted(district, *map(int, pairs[k])) for k in np.argsort(-between, kind="stable"))
            after = next((d for d in better if d is not None), None)
            if after is None:
                break
            found = min(found, self.search.found(after), key=self.search.rank)
            district = found.district
        return found

    def _parted(self, district: np.ndarray, one: int, other: int) -> np.ndarray | None:
        """Return districts with less border between two of them, None where there are none or the work ended."""
        problem = self.search.problem
        units = np.flatnonzero((district == one) | (district == other))
        if self.left <= 0 or self.stop() or units.tobytes() in self.done:
            return None
        place = np.full(len(district), -1)
        place[units] = np.arange(len(units))
        edges = place[problem.edges]
        inside = (edges >= 0).all(axis=1)
        edges, border = edges[inside], problem.border[inside]
        now = float(border[district[units][edges[:, 0]] != district[units][edges[:, 1]]].sum())
        free = np.full(len(units), -1)
        area = CutMap(problem.weight[units], edges, border, 2, problem.lower, problem.upper, free)
        cycles = Cycles(area, self.stop)
        _, sides = cycles.run(now, NODES_OF_A_PAIR)
        self.left -= cycles.spent + STEPS_OF_AN_EDGE * len(edges)
        self.done.add(units.tobytes())
        if sides is None:
            return None
        made = district.copy()
        made[units] = np.where(sides == 0, one, other)
        # further balances are none of the cycles'
        return (
            made if self.search.rank(self.search.found(made)) < self.search.rank(self.search.found(district)) else None
        )
