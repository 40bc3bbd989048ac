"""Whether any beats of a municipality of some dozen units have less border than is claimed: all are gone through, from one side of the map to the other.

Units are put into beats one after another. Of the units done, those with neighbours to come are the *front*. Of what was done before, only this
matters for what follows: which units of the front share a beat, which of those are joined already, how many beats have no unit in the front
(they are closed, since a connected beat with units done and to come has one in it), and the hours of the open beats. Ways to get there that agree in
this are one state, with the least border of them. At first hours are left out, then they agree in ever finer steps, and at last exactly; a state
keeps the least and the most hours of its ways, so that nothing is left out that a plan could be. States from which the least border to come
leads to the claim or beyond are dropped, as are those that come of them in the next round. Where none is left there is no such plan.

No certificate is needed: the numbers are computed anew from the map. Only numpy and the standard library are used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beatplanner.planning.verification.travel_pairs import SLACK, Area

# Units and beats up to which it is tried, units of a front, states of one unit, and steps from state to state in all.
MOST_UNITS, MOST_BEATS, MOST_FRONT, MOST_STATES, MOST_STEPS = 120, 8, 12, 400_000, 24_000_000
# Parts of a mean beat in which hours agree, round by round; the first leaves them out, the last takes them as they are.
PARTS = (0, 3, 12, 48, 192, 768, -1)


@dataclass
class _States:
    """After some units: for each place of the front the first place of its beat and of its piece, and at the first place of a beat its hours."""

    beat: np.ndarray
    piece: np.ndarray
    least: np.ndarray
    most: np.ndarray
    closed: np.ndarray
    border: np.ndarray
    # state of the round before
    of: np.ndarray

    def rows(self, chosen: np.ndarray) -> _States:
        held = (self.beat, self.piece, self.least, self.most, self.closed, self.border, self.of)
        return _States(*(array[chosen] for array in held))


@dataclass
class _Steps:
    """From states of one unit to those of the next; `ahead` is the least border to come from each of the latter."""

    start: np.ndarray
    place: np.ndarray
    end: np.ndarray
    border: np.ndarray
    ahead: np.ndarray


def none_below(area: Area, claimed: float) -> bool:
    """Tell whether it is proven that no beats within the bounds have less border than `claimed`; False where it takes too long, too."""
    n = len(area.weight)
    if not 1 < area.count <= min(MOST_BEATS, n) or n > MOST_UNITS or not len(area.edges):
        return False
    sweep = _Sweep(area, claimed * (1 - 1e-12))
    if sweep.width > MOST_FRONT:
        return False
    known: list[_Steps] | None = None
    for parts in PARTS:
        step = 0.0 if parts < 0 else float(area.weight.sum()) / area.count / parts if parts else None
        known = sweep.once(known, step)
        if known is None:
            return False
        if not len(known[0].ahead) or known[0].ahead[0] >= sweep.below:
            return True
    return False


class _Sweep:
    def __init__(self, area: Area, below: float) -> None:
        self.weight, self.count, self.below = area.weight, area.count, below
        self.lower, self.upper = area.lower - SLACK * area.upper, area.upper * (1 + SLACK)
        self.near: list[dict[int, float]] = [{} for _ in range(len(area.weight))]
        ends: list[tuple[int, int]] = area.edges.tolist()
        borders: list[float] = area.border.tolist()
        for (a, b), metres in zip(ends, borders, strict=True):
            if a != b:
                self.near[a][b] = self.near[b][a] = self.near[a].get(b, 0.0) + metres
        found = [self._ordered(first) for first in range(len(self.near))]
        self.order = min(found)[1]
        self.width = max(len(front) for front in self._fronts(self.order))
        self.steps = MOST_STEPS

    def _fronts(self, order: list[int]) -> list[list[int]]:
        """Return the front after each unit."""
        done, front, fronts = set[int](), list[int](), list[list[int]]()
        for unit in order:
            done.add(unit)
            front = [v for v in [*front, unit] if self.near[v].keys() - done]
            fronts.append(front)
        return fronts

    def _ordered(self, first: int) -> tuple[float, list[int]]:
        """Return an order of units from a first one that keeps fronts small, and how many states its fronts may have."""
        order, done, value = [first], {first}, 0.0
        front = {first} if self.near[first] else set[int]()
        while len(order) < len(self.near):
            beside = {v for u in front for v in self.near[u] if v not in done} or set(range(len(self.near))) - done
            rank: dict[int, tuple[int, int, int]] = {}
            for v in beside:
                stays = sum(bool(self.near[u].keys() - done - {v}) for u in front) + bool(self.near[v].keys() - done)
                oldest = next((p for p, u in enumerate(order) if u in front and u in self.near[v]), len(order))
                rank[v] = (stays, oldest, v)
            unit = min(beside, key=rank.__getitem__)
            order.append(unit)
            done.add(unit)
            front = {v for v in front | {unit} if self.near[v].keys() - done}
            value += 2.5 ** len(front)
        return value, order

    def once(self, known: list[_Steps] | None, step: float | None) -> list[_Steps] | None:
        """Go through the map, and back for what is to come; None where there is too much. The first entry is before all units."""
        none, no = np.zeros((1, 0), np.int8), np.empty(0, np.int32)
        states = _States(none, none, none * 1.0, none * 1.0, np.zeros(1, np.int8), np.zeros(1), np.zeros(1, np.int32))
        way, sizes = [_Steps(no, no, no, np.empty(0), np.empty(0))], [1]
        front, rest = list[int](), float(self.weight.sum())
        for k, (unit, after) in enumerate(zip(self.order, self._fronts(self.order), strict=True)):
            rest = max(0.0, rest - float(self.weight[unit]))
            states, steps = self._put(states, unit, front, after, rest, None if known is None else known[k + 1], step)
            self.steps -= len(steps.start)
            if self.steps < 0 or len(states.border) > MOST_STATES:
                return None
            way.append(steps)
            sizes.append(len(states.border))
            front = after
        ahead = np.where(states.closed == self.count, 0.0, np.inf)
        for k in range(len(way) - 1, -1, -1):
            way[k].ahead = ahead
            if k:
                ahead = np.full(sizes[k - 1], np.inf)
                np.minimum.at(ahead, way[k].start, way[k].border + way[k].ahead[way[k].end])
        return way

    def _put(
        self,
        states: _States,
        unit: int,
        front: list[int],
        after: list[int],
        rest: float,
        known: _Steps | None,
        step: float | None,
    ) -> tuple[_States, _Steps]:
        """Put a unit into each beat of the front, and into one of its own."""
        width, hours = len(front), float(self.weight[unit])
        begins = states.beat == np.arange(width)
        open_beats = begins.sum(axis=1)
        chosen = [np.flatnonzero(begins[:, p] & (states.least[:, p] + hours <= self.upper)) for p in range(width)]
        chosen.append(np.flatnonzero((states.closed + open_beats < self.count) & (hours <= self.upper)))
        start, place = np.concatenate(chosen), np.repeat(np.arange(width + 1), [len(c) for c in chosen])
        border = np.zeros(len(start))
        for p, v in enumerate(front):
            if v in self.near[unit]:
                border += self.near[unit][v] * (states.beat[start, p] != place)
        total = states.border[start] + border
        if known is None:
            of, worth = np.zeros(len(start), np.int32), total < self.below
        else:
            table = np.full((int(states.of.max(initial=0)) + 1, width + 1), -1, np.int32)
            inside = known.start < len(table)
            table[known.start[inside], known.place[inside]] = known.end[inside]
            of = table[states.of[start], place]
            worth = of >= 0
            worth[worth] &= total[worth] + known.ahead[of[worth]] < self.below
        start, place, border = start[worth], place[worth], border[worth]
        new = states.rows(start)
        new.border, new.of = total[worth], of[worth]
        fits = self._bring(new, unit, front, after, place, rest)
        new, start, place, border = new.rows(fits), start[fits], place[fits], border[fits]
        marks: list[np.ndarray] = [new.of]
        if known is None:
            marks = [new.closed, *new.beat.T, *new.piece.T]
        if step is not None:
            for column in (*new.least.T, *(new.most - new.least).T):
                marks.append(np.floor(column / step) if step else column)
        order = np.lexsort(marks) if len(start) else np.empty(0, int)
        fresh = np.arange(len(start)) == 0
        for mark in marks:
            fresh[1:] |= np.diff(mark[order]) != 0
        end, first = np.empty(len(start), np.int32), np.flatnonzero(fresh)
        end[order] = np.cumsum(fresh) - 1
        one = new.rows(order[first])
        if len(first):
            one.least = np.minimum.reduceat(new.least[order], first, axis=0)
            one.most = np.maximum.reduceat(new.most[order], first, axis=0)
            one.border = np.minimum.reduceat(new.border[order], first)
        return one, _Steps(start.astype(np.int32), place.astype(np.int8), end, border, np.empty(0))

    def _bring(
        self, new: _States, unit: int, front: list[int], after: list[int], place: np.ndarray, rest: float
    ) -> np.ndarray:
        """Bring states to the front after a unit, and return which may still become a plan."""
        width, rows = len(front), np.arange(len(place))
        beat = np.column_stack([new.beat, place]).astype(np.int8)
        piece = np.column_stack([new.piece, np.full(len(place), width)]).astype(np.int8)
        least, most = (np.column_stack([a, np.zeros(len(place))]) for a in (new.least, new.most))
        least[rows, place] += self.weight[unit]
        most[rows, place] = np.minimum(self.upper, most[rows, place] + self.weight[unit])
        for p, v in enumerate(front):
            if v in self.near[unit]:
                ours, theirs = piece[:, width].copy(), np.where(beat[:, p] == place, piece[:, p], piece[:, width])
                low, high = np.minimum(ours, theirs), np.maximum(ours, theirs)
                piece = np.where(piece == high[:, None], low[:, None], piece)
        fits, closed = np.ones(len(place), bool), new.closed.copy()
        now = [*front, unit]
        left = list(range(width + 1))
        for p in [p for p, v in enumerate(now) if v not in after]:
            left.remove(p)
            same_beat, same_piece = beat[:, left] == beat[:, p, None], piece[:, left] == piece[:, p, None]
            last = ~same_beat.any(axis=1)
            fits &= last | same_piece.any(axis=1)
            fits &= ~last | (most[:, p] >= self.lower)
            closed += last
            for first, same in ((beat, same_beat), (piece, same_piece)):
                if not left:
                    break
                moves = (first[:, p] == p) & same.any(axis=1)
                heir = np.array(left)[same.argmax(axis=1)]
                if first is beat:
                    for load in (least, most):
                        load[rows[moves], heir[moves]] = load[moves, p]
                first[:] = np.where(moves[:, None] & (first == p), heir[:, None], first)
        number = np.zeros(width + 1, np.int8)
        number[left] = np.arange(len(left))
        new.beat, new.piece = number[beat[:, left]], number[piece[:, left]]
        begins = new.beat == np.arange(len(left))
        new.least, new.most = (np.where(begins, a[:, left], 0.0) for a in (least, most))
        new.closed = closed
        fresh = self.count - closed - begins.sum(axis=1)
        lacks = (np.maximum(0.0, self.lower - new.most) * begins).sum(axis=1) + fresh * self.lower
        takes = ((self.upper - new.least) * begins).sum(axis=1) + fresh * self.upper
        slack = SLACK * (self.count * self.upper + rest)
        return np.flatnonzero(fits & (fresh >= 0) & (lacks <= rest + slack) & (takes >= rest - slack))
