"""The least border between two districts of a map that can be drawn in the plane: the shortest cycle of its dual around the right workload.

The edges between two connected districts are those that a simple cycle of the dual crosses, and the workload inside is the sum of what its arcs
bear (`planar.py`). So what is sought is the shortest simple cycle whose sum lies in the bounds. Faces are ranked; a cycle is sought from its first
face. Seen from there, its first part is the longest that is no longer than half of it, then comes one arc, and what is left is shorter than half. So all
simple paths from a face through later ones that are shorter than half of what is known are listed; each, with one arc more, is put
together with each that ends where the arc does, where the sums (sorted) differ by what a district may have and no face is passed twice. Nothing
is relaxed: what is found is a plan, and where nothing is found there is none that is shorter.

Lengths up to which cycles are sought rise, so that a bound is there wherever the work ends. Paths double with each two edges of border: some
hundred units with 20 or 30 edges between the districts are a matter of seconds.

Validi and Buchanan (2022, Mathematical Programming Computation 14:4) prove the same by integer programming; shortest cycles of the dual for minimum cuts of planar graphs are
Reif's (1983).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from beatplanner.solver.districts.cut_classes import SLACK, CutMap
from beatplanner.solver.districts.planar import Dual, dual_of

# Paths listed and pairs of them looked at, in all and for each node that a model may have; paths that are held at once.
MOST_STEPS, STEPS_OF_A_NODE, MOST_PATHS = 150_000_000, 400_000, 4_000_000
# The first length that is tried, as a share of what is known, or of all border; by how much it grows.
FIRST, SHARE_OF_ALL, GROWTH = 0.4, 1 / 64, 1.12
# Faces that are begun from together, pairs that are looked at together, and faces with more arcs than these come first.
TOGETHER, PAIRS, MANY = 16, 2_000_000, 6
# Nothing is sought from this share below what is known: rounding of sums.
CLOSED = 1e-9


@dataclass
class _Paths:
    """Simple paths, the shorter ones first: where they began (a number of the starts) and end, what they bear, how long they are.

    `before` is the path without its last arc, `arc` that arc, `through` (p, steps) the faces after the start, -1 beyond the end.
    """

    start: np.ndarray
    end: np.ndarray
    load: np.ndarray
    length: np.ndarray
    before: np.ndarray
    arc: np.ndarray
    through: np.ndarray

    def arcs(self, path: int) -> list[int]:
        """Return the arcs of a path."""
        found: list[int] = []
        while self.before[path] >= 0:
            found.append(int(self.arc[path]))
            path = int(self.before[path])
        return found


def bound_at_once(least: float, most: float) -> float:
    """Return the bound on a border where nothing is gone through: inf where a district could not have its workload, 0 where the map has no dual to look at."""
    return np.inf if least > most else 0.0


class Cycles:
    """The shortest cycle of a map's dual that parts it into two districts; see the module. Locks and budgets are left out, which relaxes the problem."""

    def __init__(self, area: CutMap, stop: Callable[[], bool]) -> None:
        self.area, self.stop, self.spent = area, stop, 0
        total, slack = float(area.weight.sum()), SLACK * area.upper
        self.least = max(area.lower, total - area.upper) - slack
        self.most = min(area.upper, total - area.lower) + slack
        self.dual: Dual | None = dual_of(area.weight, area.edges, area.border) if self.least > 0.0 else None

    def run(self, known: float, nodes: int) -> tuple[float, np.ndarray | None]:
        """Return a bound on the border and the best districts, or None where none below `known` were found.

        The bound is inf where no districts keep the balance, and `known` at most otherwise; `nodes` limits the work.
        """
        if self.dual is None or self.least > self.most:
            return bound_at_once(self.least, self.most), None
        rings = DualCycles(self.dual, ((self.least, self.most),), self.stop)
        bound, arcs = rings.run(known, nodes)
        self.spent = rings.spent
        return bound, None if arcs is None else self.dual.sides(len(self.area.weight), np.array(arcs))


class DualCycles:
    """The shortest simple cycles of a dual whose sums are between some bounds, each pair of them above 0."""

    def __init__(self, dual: Dual, bounds: tuple[tuple[float, float], ...], stop: Callable[[], bool]) -> None:
        self.dual, self.bounds, self.stop = dual, bounds, stop
        self.whole = bool((dual.border == np.round(dual.border)).all())
        self.below, self.steps, self.limit = np.inf, 0, 0

    @property
    def spent(self) -> int:
        """Steps that the last run took."""
        return self.limit - max(0, self.steps)

    def run(self, known: float, nodes: int) -> tuple[float, list[int] | None]:
        """Return a bound on the length and the arcs of the shortest cycle, or None where none below `known` was found.

        The bound is inf where there is no cycle, and `known` at most otherwise; `nodes` limits the work.
        """
        self.steps = self.limit = min(MOST_STEPS, STEPS_OF_A_NODE * nodes)
        net, everything = FaceNet(self.dual), float(self.dual.border.sum()) / 2
        bound, end = 0.0, known if np.isfinite(known) else everything * (1 + CLOSED) + 1.0
        until = FIRST * known if np.isfinite(known) else SHARE_OF_ALL * everything
        while True:
            until = min(end, max(1.0, np.ceil(until * (1 - SLACK))) if self.whole else until)
            self.below = np.ceil(until * (1 - SLACK)) - 0.5 if self.whole else until * (1 - CLOSED)
            # what nothing is below, if nothing is found
            reached = until if self.whole else self.below
            arcs = self._shortest(net)
            if arcs is not None:
                least = float(self.dual.border[arcs].sum()) * (1 if self.whole else 1 - CLOSED)
                return bound if self.steps < 0 else least, arcs
            if self.steps < 0:
                return bound, None
            if until >= end:
                return reached if np.isfinite(known) else np.inf, None
            bound, until = reached, max(until * GROWTH, until + 1.0 if self.whole else 0.0)

    def shortest(self, below: float, face: int | None, steps: int) -> list[int] | None:
        """Return the arcs of the shortest cycle below a length, through one face where one is given; None where there is none or the work ended."""
        self.steps = self.limit = steps
        self.below = below
        return self._shortest(FaceNet(self.dual, face))

    def every(self, net: FaceNet, least: float, below: float) -> Iterator[tuple[float, list[int]]]:
        """Yield length and arcs of all cycles from one length to below another; some twice, and not all where `steps` are negative at the end."""
        dual = self.dual
        self.below = below
        for loop in np.flatnonzero((dual.tail == dual.head) & self._right(dual.load)):
            if least <= dual.border[loop] < below:
                yield float(dual.border[loop]), [int(loop)]
        for starts, paths in self._begun(net):
            for pairs in self._fitting(net, starts, paths):
                yield from self._simple(paths, *pairs, least)

    def _right(self, load: np.ndarray) -> np.ndarray:
        """Return which sums are within some of the bounds."""
        return np.any([(load >= least) & (load <= most) for least, most in self.bounds], axis=0)

    def _shortest(self, net: FaceNet) -> list[int] | None:
        """Return the arcs of the shortest cycle below a length, None where there is none or the work ended."""
        dual, found = net.dual, None
        loops = np.flatnonzero((dual.tail == dual.head) & self._right(dual.load))
        if len(loops):
            best = int(loops[np.argmin(dual.border[loops])])
            if dual.border[best] < self.below:
                found, self.below = [best], float(dual.border[best])
        for starts, paths in self._begun(net):
            for pairs in self._fitting(net, starts, paths):
                best = next(self._simple(paths, *pairs, 0.0), None)
                if best is not None:
                    self.below, found = best
        return found

    def _begun(self, net: FaceNet) -> Iterator[tuple[np.ndarray, _Paths]]:
        """Yield some faces at a time, and the paths from them; `steps` are negative where the work ended."""
        groups = [net.order[k : k + TOGETHER] for k in range(0, len(net.order), TOGETHER)][::-1]
        while groups and self.steps >= 0:
            starts = groups.pop()
            paths = self._paths(net, starts)
            if paths is None and len(starts) > 1 and self.steps >= 0:
                groups += [starts[len(starts) // 2 :], starts[: len(starts) // 2]]
            elif paths is None or self.stop():
                self.steps = -1
            else:
                yield starts, paths

    def _paths(self, net: FaceNet, starts: np.ndarray) -> _Paths | None:
        """Return all simple paths from some faces through later ones that are shorter than half of what is sought, None where they are too many."""
        half = 0.5 * self.below * (1 + 1e-12)
        n = len(starts)
        no, zero = np.full(n, -1), np.zeros(n)
        level = _Paths(np.arange(n), starts, zero, zero, no, no, np.empty((n, 0), np.int32))
        levels, behind = [level], 0
        while len(level.end):
            row, arc = net.out(level.end)
            self.steps -= len(row)
            if self.steps < 0 or behind + len(row) > MOST_PATHS:
                return None
            to, length = net.dual.head[arc], level.length[row] + net.dual.border[arc]
            fits = (net.rank[to] > net.rank[starts[level.start[row]]]) & (length < half)
            row, arc, to, length = row[fits], arc[fits], to[fits], length[fits]
            fresh = ~(level.through[row] == to[:, None]).any(axis=1)
            row, arc, to, length = row[fresh], arc[fresh], to[fresh], length[fresh]
            through = np.column_stack([level.through[row], to.astype(np.int32)])
            level = _Paths(
                level.start[row], to, level.load[row] + net.dual.load[arc], length, row + behind, arc, through
            )
            behind += len(levels[-1].end)
            levels.append(level)
        wide = len(levels) - 1
        through = [np.pad(p.through, ((0, 0), (0, wide - p.through.shape[1])), constant_values=-1) for p in levels]
        held = [(p.start, p.end, p.load, p.length, p.before, p.arc, t) for p, t in zip(levels, through, strict=True)]
        return _Paths(*(np.concatenate(column) for column in zip(*held, strict=True)))

    def _fitting(
        self, net: FaceNet, starts: np.ndarray, paths: _Paths
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield what could be cycles with the right sum: paths, an arc on from each, and paths to where the arc leads."""
        dual = self.dual
        row, arc = net.out(paths.end)
        to, first = dual.head[arc], starts[paths.start[row]]
        # the arc leads to a later face that the path has not passed, or back to the start
        fits = (net.rank[to] >= net.rank[first]) & (dual.tail[arc] != to)
        fits &= ~(paths.through[row] == to[:, None]).any(axis=1)
        row, arc, to = row[fits], arc[fits], to[fits]
        load = paths.load[row] + dual.load[arc]
        values = np.unique(paths.load)
        stride = len(values) + 1
        key = (paths.start * dual.faces + paths.end) * stride + np.searchsorted(values, paths.load)
        order = np.argsort(key, kind="stable")
        key = key[order]
        group = (paths.start[row] * dual.faces + to) * stride
        for least, most in self.bounds:
            low = np.searchsorted(key, group + np.searchsorted(values, load - most, "left"), "left")
            high = np.searchsorted(key, group + np.searchsorted(values, load - least, "right"), "left")
            pairs = np.cumsum(high - low)
            done = 0
            while done < len(row) and self.steps >= 0:
                end = max(done + 1, int(np.searchsorted(pairs, (pairs[done - 1] if done else 0) + PAIRS, "right")))
                many = (high - low)[done:end]
                self.steps -= int(many.sum())
                one = np.repeat(np.arange(done, done + len(many)), many)
                within = np.arange(len(one)) - np.repeat(np.cumsum(many) - many, many)
                yield row[one], arc[one], order[low[one] + within]
                done = end

    def _simple(
        self, paths: _Paths, row: np.ndarray, arc: np.ndarray, other: np.ndarray, least: float
    ) -> Iterator[tuple[float, list[int]]]:
        """Yield length and arcs of the simple cycles among a path, an arc and another path back each, the shortest first, from one length to below another."""
        dual, m = self.dual, len(self.dual.edges)
        one, back, across = paths.length[row], paths.length[other], dual.border[arc]
        total = one + back + across
        # the first part is no longer than half, what comes after the arc is shorter than half
        halves = (2 * one <= total * (1 + 1e-12)) & (2 * back <= total * (1 + 1e-12))
        kept = np.flatnonzero((total >= least) & (total < self.below) & halves)
        kept = kept[np.argsort(total[kept], kind="stable")]
        for first in range(0, len(kept), 20_000):
            k = kept[first : first + 20_000]
            there, here = paths.through[row[k]], paths.through[other[k]]
            met = np.zeros(len(k), bool)
            for column in range(here.shape[1]):
                met |= (here[:, column] >= 0) & (there == here[:, column, None]).any(axis=1)
            for best in k[~met]:
                back_again = ((a + m) % (2 * m) for a in paths.arcs(int(other[best])))
                yield float(total[best]), [*paths.arcs(int(row[best])), int(arc[best]), *back_again]


class FaceNet:
    """Arcs of a dual by the faces that they leave, and the rank of each face: those with many arcs first, the others from one side to the other.

    Where a face is given, cycles are begun from it alone.
    """

    def __init__(self, dual: Dual, face: int | None = None) -> None:
        self.dual = dual
        # a loop is a cycle of its own
        own = np.flatnonzero(dual.tail != dual.head)
        self.arcs = own[np.argsort(dual.tail[own], kind="stable")]
        self.degree = np.bincount(dual.tail[own], minlength=dual.faces)
        self.begin = np.cumsum([0, *self.degree])
        if face is not None:
            self.order, self.rank = np.array([face]), np.ones(dual.faces, int)
            self.rank[face] = 0
            return
        last = self._sweep(0)[-1]
        place = np.empty(dual.faces, int)
        place[self._sweep(last)] = np.arange(dual.faces)
        self.order = np.lexsort((place, -np.where(self.degree > MANY, self.degree, 0)))
        self.rank = np.empty(dual.faces, int)
        self.rank[self.order] = np.arange(dual.faces)

    def _sweep(self, face: int) -> list[int]:
        """Return all faces, those nearer to one first."""
        order, seen = [face], {face}
        for f in order:
            for arc in self.arcs[self.begin[f] : self.begin[f + 1]]:
                to = int(self.dual.head[arc])
                if to not in seen:
                    seen.add(to)
                    order.append(to)
        return order

    def out(self, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the arcs out of some faces, and the row of each arc's face."""
        many = self.degree[faces]
        row = np.repeat(np.arange(len(faces)), many)
        return row, self.arcs[self.begin[faces][row] + np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many)]
