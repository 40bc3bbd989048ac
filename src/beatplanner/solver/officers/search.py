"""A search over officers' series of postings: one to three are taken out and put back by a shortest path, cooled.

With the postings of the others held fixed, the best series of one officer is a shortest path over months in which a posting of place p in
months a..e−1 is one step; a step is closed where the place is full, where nobody hands over and no post is vacant, or where the month is
frozen. What breaks a rule that others might have to give way for (couples, moves a month, changes in a beat) costs `PENALTY`, so that the best
relaxed plan is found where they cannot be kept. All counts are kept up to date, so that a step looks at the places it touches only.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from beatplanner.solver.officers.annealing import run
from beatplanner.solver.officers.state import (
    FREE,
    INFINITE,
    PENALTY,
    SERIES,
    State,
    apply,
    beat_worth,
    empty_state,
    enter_all,
    other_penalties,
    over_maximum,
    over_most,
    place_worth,
)

if TYPE_CHECKING:
    from beatplanner.solver.officers.problem import Arrays

MOVES_A_CALL = 2_000


class PostingSearch:
    """The search with its best postings so far.

    Parameters
    ----------
    a
        The problem.
    seed
        The same seed gives the same postings.
    """

    def __init__(self, a: Arrays, seed: int) -> None:
        self.a = a
        self.random = np.random.default_rng(seed)
        self.limit = np.maximum(1, np.bincount(a.beat, weights=a.posts, minlength=a.beats).astype(np.int64) // 2)
        self.best = self._worth = np.inf
        self.kept: tuple[np.ndarray, ...] = ()
        self._begin(self._start())

    def _begin(self, state: State) -> None:
        """Start from postings that keep posts, room and handovers; they are the best where they are better."""
        a = self.a
        self.state = state
        enter_all(a, state, self.limit)
        self._fill()
        s = self.state = self._fresh(state)
        self._worth = float(enter_all(a, s, self.limit))
        if self._worth < self.best:
            self.best = self._worth
            self.kept = (s.place.copy(), s.begin.copy(), s.end.copy(), s.number.copy())

    def start_from(self, postings: list[tuple[int, int, int, int]]) -> None:
        """Start from (officer, place, begin, end) by officer and month; what breaks posts, room or handovers is taken out."""
        s = empty_state(self.a)
        for o, p, b, e in postings:
            i = s.number[o]
            s.place[o, i], s.begin[o, i], s.end[o, i] = p, b, e
            s.number[o] += 1
        self._drop_illegal(s)
        self._begin(s)

    def go_back(self) -> None:
        """Go on from the best postings where those started from are worse."""
        if self._worth > self.best:
            self._restore()

    def _start(self) -> State:
        """Return today's postings, as long as officers, the maximum and frozen months let them, and what is frozen."""
        a = self.a
        s = empty_state(a)
        grace = np.full(len(a.first), a.months)
        for o in range(len(a.first)):
            for q in a.partner[o]:
                if q > o and a.home[o] >= 0 and a.home[q] >= 0 and a.beat[a.home[o]] == a.beat[a.home[q]]:
                    grace[q] = a.grace
        rows = np.full((len(a.first), a.months), -1)
        for o in range(len(a.first)):
            row = rows[o]
            wished = a.changed > 0 and (a.published[o] >= 0).any()
            if wished:
                row[:] = a.asked[o]
            elif a.home[o] >= 0 and a.changed <= 0:
                row[:] = a.home[o]
            elif a.home[o] >= 0:
                row[: a.grace] = a.home[o]
            if a.home[o] >= 0 and row[0] == a.home[o]:
                row[max(a.longest - a.served[o], a.handover) :] = np.where(
                    row[max(a.longest - a.served[o], a.handover) :] == a.home[o],
                    -1,
                    row[max(a.longest - a.served[o], a.handover) :],
                )
                row[grace[o] :] = np.where(row[grace[o] :] == a.home[o], -1, row[grace[o] :])
            row[a.stop[o] :] = -1
            if a.home[o] < 0:
                row[: a.first[o]] = -1
            fixed = a.frozen[o] != FREE
            row[:] = np.where(fixed, a.asked[o], row)
            if fixed.any():
                # after the last frozen month a posting goes on, and a beat that was left is not held again
                last = int(np.flatnonzero(fixed)[-1])
                for t in range(last + 1, a.stop[o]):
                    if row[last] >= 0 and not wished:
                        row[t] = row[last]
                for p in {int(v) for v in row[: last + 1] if v >= 0} - {int(row[last])}:
                    row[last + 1 :][row[last + 1 :] == p] = -1
            self._end_at_the_maximum(o, row)
        self._make_room(rows)
        for o in range(len(a.first)):
            edges = np.flatnonzero(np.diff(rows[o], prepend=-9, append=-9))
            for b, e in itertools.pairwise(edges):
                if rows[o, b] >= 0 and s.number[o] < SERIES:
                    i = s.number[o]
                    s.place[o, i], s.begin[o, i], s.end[o, i] = rows[o, b], b, e
                    s.number[o] += 1
        self._drop_illegal(s)
        return s

    def _end_at_the_maximum(self, o: int, row: np.ndarray) -> None:
        """End postings of a row at the maximum, but in frozen months."""
        a = self.a
        for b, e in itertools.pairwise(np.flatnonzero(np.diff(row, prepend=-9, append=-9)).tolist()):
            stay = b == 0 and row[b] == a.home[o]
            until = b + (max(int(a.longest - a.served[o]), a.handover) if stay else a.longest)
            for t in range(until, e if row[b] >= 0 else 0):
                if a.frozen[o, t:e].max(initial=FREE) == FREE:
                    row[t:e] = -1
                    break

    def _fresh(self, s: State) -> State:
        """Return a state with the same postings and empty counts."""
        found = empty_state(self.a)
        found.place[:], found.begin[:], found.end[:], found.number[:] = s.place, s.begin, s.end, s.number
        return found

    def _fill(self) -> None:
        """Fill each vacant post, month by month, with the nearest officer who holds none, speakers of what the beat lacks first."""
        a, s = self.a, self.state
        still = a.rooted & (a.most < 1)
        for t in range(a.months):
            for p in np.flatnonzero(s.filled[:, t] < a.posts):
                b = a.beat[p]
                for _ in range(int(a.posts[p] - s.filled[p, t])):
                    free = (s.number == 0) & ~a.pinned & (a.first <= t) & (t < a.stop) & a.allowed[:, p] & (a.home < 0)
                    free &= ~still
                    if not free.any():
                        break
                    lacks = a.needs[b] & (s.covered[b, :, t] == 0)
                    order = np.lexsort((a.cost[:, p], -(a.has & lacks).sum(axis=1)))
                    o = int(next(q for q in order if free[q]))
                    early = t - a.handover
                    begins = [early] if early > 0 and s.ends[p, t] > 0 and a.first[o] <= early else []
                    for begin in [*begins, t, t + 1]:
                        end = int(min(a.stop[o], begin + a.longest))
                        if begin >= end or (end - begin < a.handover and end < a.months):
                            continue
                        s.place[o, 0], s.begin[o, 0], s.end[o, 0], s.number[o] = p, begin, end, 1
                        apply(a, s, o, 1)
                        if place_worth(a, s, int(p)) < INFINITE:
                            break
                        apply(a, s, o, -1)
                        s.number[o] = 0

    def _make_room(self, rows: np.ndarray) -> None:
        """Cut postings that are not frozen where a place would hold too many."""
        a = self.a
        for p in range(len(a.posts)):
            for t in range(a.months):
                here = np.flatnonzero((rows[:, t] == p) & a.works[:, t] & (a.back[:, t] != p))
                over = len(here) - int(a.posts[p] + a.surplus[p])
                if over <= 0:
                    continue
                # an overlap at the end of a posting is room, not too many
                handing = [
                    o for o in here if t + a.handover < a.months and (rows[o, t : t + a.handover + 1] != p).any()
                ]
                over -= len(handing)
                free = [o for o in here if (a.frozen[o, t:] == FREE).all() and o not in handing]
                for o in sorted(free, key=lambda o: (rows[o, 0] == p, a.served[o]))[: max(0, over)]:
                    rows[o, t:] = -1

    def _drop_illegal(self, s: State) -> None:
        """Take out postings that are not frozen until no place breaks a rule that the search keeps."""
        a = self.a
        for _ in range(4 * len(a.first) + 4):
            trial = empty_state(a)
            trial.place[:], trial.begin[:], trial.end[:], trial.number[:] = s.place, s.begin, s.end, s.number
            enter_all(a, trial, self.limit)
            bad = np.flatnonzero(trial.place_cost >= INFINITE * 0.5)
            if not len(bad):
                return
            for p in bad:
                new = [(o, i) for o in range(len(a.first)) for i in range(s.number[o]) if s.place[o, i] == p]
                new = [(o, i) for o, i in new if (a.frozen[o, s.begin[o, i] : s.end[o, i]] == FREE).all()]
                # those that begin in the plan first, then today's
                new.sort(key=lambda x: -s.begin[x])
                for o, i in new[:1]:
                    for j in range(i, s.number[o] - 1):
                        s.place[o, j], s.begin[o, j], s.end[o, j] = (
                            s.place[o, j + 1],
                            s.begin[o, j + 1],
                            s.end[o, j + 1],
                        )
                    s.number[o] -= 1

    def improve(self, moves: int, stop: Callable[[], bool], heat: float) -> None:
        """Search for `moves` moves, or until `stop`; `heat` from 1 (hot) to 0."""
        a, s = self.a, self.state
        scale: float = max(a.rotation, float(a.gap.max() + a.lack.max()) if a.needs.any() else 0.0, 1e-3)
        hot = scale * max(heat, 0.02)
        calls = max(1, -(-moves // MOVES_A_CALL))
        for call in range(calls):
            if stop():
                break
            # each call cools from where the last one stopped
            high = max(1e-4, hot * (1 - call / calls) ** 2)
            low = max(1e-5, hot * (1 - (call + 1) / calls) ** 2)
            seed = int(self.random.integers(2**31))  # pyright: ignore[reportUnknownArgumentType]  # numpy's stub
            _, self.best = run(a, s, seed, min(moves, MOVES_A_CALL), high, low, self.limit, self.best, *self.kept)
        self._restore()

    def _restore(self) -> None:
        """Go back to the best postings."""
        s = empty_state(self.a)
        s.place[:], s.begin[:], s.end[:], s.number[:] = self.kept
        self.best = float(enter_all(self.a, s, self.limit))
        self.state = s

    @property
    def penalty(self) -> bool:
        """Whether the best postings break a rule that is penalised."""
        return self.best >= PENALTY * 0.5 and self._penalised() > 0

    def _penalised(self) -> float:
        soft = sum(
            float(beat_worth(self.a._replace(half=False), self.state, b, self.limit[b])) for b in range(self.a.beats)
        )
        s, a = self.state, self.a
        over = sum(
            over_maximum(a, o, s.place[o], s.begin[o], s.end[o], s.number[o])
            + over_most(a, o, s.place[o], s.begin[o], s.number[o])
            for o in range(len(a.first))
        )
        return float(s.beat_cost.sum()) - soft + float(other_penalties(a, s)) + PENALTY * over

    def postings(self) -> list[tuple[int, int, int, int]]:
        """Return (officer, place, begin, end) of the best postings, by officer and month."""
        place, begin, end, number = self.kept
        found: list[tuple[Any, ...]] = [
            (o, int(place[o, i]), int(begin[o, i]), int(end[o, i]))
            for o in range(len(number))
            for i in range(number[o])
        ]
        return sorted(found, key=lambda p: (p[0], p[2]))
