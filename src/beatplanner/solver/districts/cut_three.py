"""The least border between three districts of a map that can be drawn in the plane: each short cycle of its dual around one district, and the best two in the rest.

Let three districts, each connected, have the border C. Some two of them are neighbours of each other and of the third, or one, the middle, lies between two that
are not.

*A district X has the least perimeter, of at most 2/3 C, and it is a simple cycle of the dual.* Each edge between districts is on two perimeters,
so that these come to 2 C. The middle's perimeter is that of the two others together, so that the least is another's too. Without a district that is no
middle what is left is connected, as the district is, and the edges between the two are a simple cycle (`planar.py`).

So all simple cycles around what one district may have are listed up to two thirds of the border that is known (`cut_cycle.py`), and
for each what is left of the map is parted into two, as well as can be, by the shortest cycle of its own dual: that is the first
one, with all faces around X made one. Nothing is relaxed: what is found is a plan, and where nothing is found there is none with less border.

Where X is the district with the least perimeter and the cycle that parts the other two does not pass the face that X left, it is the perimeter of one of
these, Z, and so no shorter than that of X. It is sought in the rest where the perimeter of X is no more than a third of what is known. Where it is
more, Z has less than two thirds, so that its perimeter is one of those that are listed: pairs of them without a common face, around different units, are
three districts.

Lengths of cycles rise. Once all of those shorter than ℓ are gone through, all other plans have a border of at least 3/2 ℓ: X has at least ℓ, or it has more than a
third of what is known, which is half of ℓ at least, and Z has ℓ.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from beatplanner.solver.districts.cut_classes import SLACK, CutMap
from beatplanner.solver.districts.cut_cycle import (
    CLOSED,
    FIRST,
    GROWTH,
    SHARE_OF_ALL,
    STEPS_OF_A_NODE,
    DualCycles,
    FaceNet,
    bound_at_once,
)
from beatplanner.solver.districts.planar import Dual, dual_of

# Steps in all, whatever nodes a model may have.
MOST_STEPS = 1_500_000_000
# Steps that it takes to draw what is left without a district, for each edge of the map.
STEPS_OF_AN_EDGE = 10


@dataclass(frozen=True)
class _Outline:
    """A district with a short cycle around it: how long that is, workload, (n,) which units are inside, and faces that it passes."""

    length: float
    load: float
    inside: np.ndarray
    faces: np.ndarray


class ThreeDistricts:
    """The best three districts of a map; see the module. Locks and budgets are left out, which relaxes the problem."""

    def __init__(self, area: CutMap, stop: Callable[[], bool]) -> None:
        self.area, self.stop, self.steps = area, stop, 0
        total, self.slack = float(area.weight.sum()), SLACK * area.upper
        self.least = max(area.lower, total - 2 * area.upper) - self.slack
        self.most = min(area.upper, total - 2 * area.lower) + self.slack
        self.dual: Dual | None = dual_of(area.weight, area.edges, area.border) if self.least > 0.0 else None
        self.best, self.district, self.whole = np.inf, None, False
        self.seen = set[bytes]()
        self.faces = self.dual.faces if self.dual is not None else 0
        self._outlines: list[_Outline] = []

    def run(self, known: float, nodes: int) -> tuple[float, np.ndarray | None]:
        """Return a bound on the border and the best districts, or None where none below `known` were found.

        The bound is inf where no districts keep the balance, and `known` at most otherwise; `nodes` limits the work.
        """
        if self.dual is None or self.least > self.most:
            return bound_at_once(self.least, self.most), None
        self.steps = min(MOST_STEPS, STEPS_OF_A_NODE * nodes)
        self.whole = bool((self.dual.border == np.round(self.dual.border)).all())
        everything = float(self.dual.border.sum()) / 2
        if np.isfinite(known):
            return self._below(self.dual, known, 0.0)
        bound, until = 0.0, SHARE_OF_ALL * everything
        while bound <= everything * (1 + CLOSED):
            until = max(until * GROWTH, until + 1.0 if self.whole else 0.0)
            bound, district = self._below(self.dual, np.ceil(until) if self.whole else until, bound)
            if district is not None or self.steps < 0:
                return bound, district
        # no plan has more border than there is
        return np.inf, None

    def _below(self, dual: Dual, known: float, bound: float) -> tuple[float, np.ndarray | None]:
        """Return the bound and districts of `run` for a finite border; `bound` is known already."""
        self.best, self.district = known, None
        self.seen.clear()
        self._outlines = []
        total = float(self.area.weight.sum())
        around = ((self.least, self.most), (total - self.most, total - self.least))
        cycles, net = DualCycles(dual, around, self.stop), FaceNet(dual)
        done, until = 0.0, FIRST * self._longest()
        while True:
            until = min(until, self._longest())
            # all cycles of at most that length where borders are whole numbers, all below it elsewhere
            below = np.floor(until) + 0.5 if self.whole else until
            cycles.steps = self.steps
            for length, arcs in cycles.every(net, done, below):
                self.steps = cycles.steps
                if self.steps >= 0 and length <= self._longest():
                    self._parted(dual, length, arcs)
                cycles.steps = self.steps
            self.steps = cycles.steps
            if self.steps >= 0:
                self._pairs(done)
            if self.steps < 0:
                return min(bound, self.best), self.district
            if until >= self._longest():
                return self.best * (1 if self.whole else 1 - CLOSED), self.district
            done = below
            now = np.ceil(1.5 * (np.floor(until) + 1)) if self.whole else 1.5 * until * (1 - CLOSED)
            bound, until = max(bound, now), max(until * GROWTH, until + 1.0 if self.whole else 0.0)

    def _longest(self) -> float:
        """Return how long a cycle may be around the district with the least perimeter of a plan better than the best."""
        return np.floor((2 * np.ceil(self.best) - 2) / 3 + 1e-6) if self.whole else 2 / 3 * self.best

    def _goal(self) -> float:
        """Return what the border of a plan better than the best is below."""
        return np.ceil(self.best) - 0.5 if self.whole else self.best * (1 - CLOSED)

    def _pairs(self, done: float) -> None:
        """Look at two districts whose cycles have no face in common, one of them at least no shorter than a length."""
        low, high = self.area.lower - self.slack, self.area.upper + self.slack
        total = float(self.area.weight.sum())
        held = self._outlines = sorted(self._outlines, key=lambda o: o.length)
        length, load = np.array([o.length for o in held]), np.array([o.load for o in held])
        units = np.array([np.packbits(o.inside) for o in held])
        faces = np.array([np.packbits(np.isin(np.arange(self.faces), o.faces)) for o in held])
        for k, one in enumerate(held):
            # those of a third of the border or less have been put beside any other
            if 3 * one.length * (1 - CLOSED) < self._goal():
                continue
            first = max(k + 1, int(np.searchsorted(length, done)) if one.length < done else 0)
            end = int(np.searchsorted(length, self._goal() - one.length))
            self.steps -= max(0, end - first)
            if end <= first or self.steps < 0:
                continue
            rest = total - one.load - load[first:end]
            fits = (rest >= low) & (rest <= high)
            fits &= ~((units[first:end] & units[k]).any(axis=1) | (faces[first:end] & faces[k]).any(axis=1))
            if fits.any():
                other = held[first + int(np.argmax(fits))]
                self.best = one.length + other.length
                self.district = one.inside + 2 * other.inside

    def _parted(self, dual: Dual, length: float, arcs: list[int]) -> None:
        """Part what is left without the units on one side of a cycle, where these are a district."""
        weight, (low, high) = self.area.weight, (self.least - self.slack, self.most + self.slack)
        sides = dual.sides(len(weight), np.array(arcs))
        load = np.bincount(sides, weights=weight, minlength=2)
        for side in np.flatnonzero((load >= low) & (load <= high)):
            inside = sides == side
            key = np.packbits(inside).tobytes()
            if key in self.seen or self.steps < 0:
                continue
            self.seen.add(key)
            self.steps -= STEPS_OF_AN_EDGE * len(dual.edges)
            self._outlines.append(_Outline(length, float(load[side]), inside, dual.tail[arcs]))
            self._rest(dual.outside(weight, inside), inside, float(load[1 - side]), length)

    def _rest(self, rest: Dual, inside: np.ndarray, load: float, length: float) -> None:
        """Part what is left without a district, where that is better than the best."""
        least = max(self.area.lower, load - self.area.upper) - self.slack
        most = min(self.area.upper, load - self.area.lower) + self.slack
        if least > most:
            return
        goal = self._goal()
        cycles = DualCycles(rest, ((least, most),), self.stop)
        arcs = cycles.shortest(goal - length, None if 3 * length * (1 - CLOSED) < goal else 0, self.steps)
        self.steps = cycles.steps
        if arcs is not None:
            self.district = np.zeros(len(inside), int)
            self.district[~inside] = 1 + rest.sides(int((~inside).sum()), np.array(arcs))
            a, b = self.area.edges.T
            self.best = float(self.area.border[self.district[a] != self.district[b]].sum())
