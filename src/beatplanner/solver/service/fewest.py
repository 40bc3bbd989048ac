"""The fewest officers on duty in a shift that keep a standard of service, and a proof that fewer cannot.

Model. Beat b has m_b officers on duty, who wait at one place; cars that several beats share stand as given. With the measures of the
hypercube model (`hypercube`, or `approximate` beyond `EXACT_SERVERS` officers)::

    min  N = Σ_b m_b + shared cars
    s.t. within(m) ≥ q      requests answered at once by an officer at most T minutes away (waiting and lost ones are not)
         own(m)    ≥ o      requests that an officer of the caller's beat answers, of those answered
         people(m) ≥ p      time on duty not spent on calls
         more officers than work (calls wait no longer and longer)

No formula gives within(m) and own(m), but bounds hold for every m (a = requests an hour × hours on scene, w_b and a_b the beat's share
and work; C and B are Erlang's formulas):

- *people*: where calls wait, all requests are answered, so the busy officers are a on average, and N ≥ a / (1 − p). Where calls are lost, any
  free officer may be sent and none ends calls faster than on scene alone, so the number of busy ones is at least that of M/M/N/N, a (1 − B(N, a))
  on average (both count up at the same rate and, with as many busy, this one down no faster, so that it can be run beside the other and never
  falls below it; B holds for any time on scene of the same mean), and N ≥ a (1 − B(N, a)) / (1 − p). Where travel counts, a request of
  unit j also takes the way from the nearest place, at least: with a' = Σ_j requests × (hours on scene + that way) the busy ones are
  at least a' (fewer cannot answer all), or a' (1 − B(N, a″)) where calls are lost, since all units lose the same share, B(N, a″) at most with a″ at the longest way.
- *within*: who is asked while all are busy waits, which happens at least as often as C(N, a); so within ≤ (1 − C) × the share of the
  requests that have some officer's place within T.
- *own*: while an officer of b is free, every call of b goes to one of them, and an officer ends calls at most as fast as on scene
  alone; so the number of busy ones is at least that of M/M/m/m, and a call of b meets them all busy with at least B(m_b, a_b). Waiting
  calls go to whoever is free first: own ≤ Σ_b w_b [1 − B(m_b, a_b) + W m_b / N], W being the chance to wait.

Where some calls need several officers at once, the count of requests with an officer is that of as many equal servers whom requests reach
in groups (`together.equal_servers`), which takes the place of B and C, for each group by its size; a group of one is refused least.

An N is ruled out where no staffing satisfies the bounds. That is shown by enumeration: officers are given to one beat after the other, and a
branch ends where even the best of the rest (own: the largest sum, by dynamic programming; within: the calls that as many further places
reach at most) falls short. Only an N that is ruled out so within `MOST_BRANCHES` counts for `Staffing.at_least`, since the checker goes
through the same branches with code of its own; a small integer program skips numbers quickly, and gives the local search its start.
Where few enough ways to place N officers satisfy the bounds, all are measured, and "fewest" is proven; else a local search ends above.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pulp

from beatplanner.solver.highs import solve
from beatplanner.solver.service.erlang import erlang_b, erlang_c
from beatplanner.solver.service.staffing import (
    EXACT_SERVERS,
    SLACK,
    MeasuredStaffing,
    ShiftCalls,
    Standard,
    keeps,
    measure_staffing,
    shortfall,
)
from beatplanner.solver.service.together import equal_servers

# Ways to place officers of one number that are all measured; beyond, a local search looks.
MOST_WAYS = 400
# States of the exact model that all of them may have together, and branches of the enumeration: as many as the checker looks at.
MOST_STATES, MOST_BRANCHES = 200_000, 20_000
# Officers whose moves the local search measures at each number: so many moves times officers.
MOVES = 400
# What a number must fall short by to be ruled out: more than rounding, fixed points and the checker's own slack.
EDGE = 1e-6
NODES = 2_000


@dataclass(frozen=True)
class Staffing:
    """The fewest officers found.

    Attributes
    ----------
    officers
        (K,) officers of each beat on duty; None where no number up to the most tried keeps the standard.
    at_least
        Officers on duty, shared cars included, below which no staffing keeps the standard: proven. None where none keeps it with any
        number, since too few calls lie within the minutes of any place.
    measured
        Of `officers`.
    proven
        Whether this staffing, measured exactly, keeps the standard and none with fewer officers does: the number is `at_least`, or all
        ways between were measured exactly.
    limited_by
        ``"within_share"``, ``"own_share"`` or ``"people_share"``: what cannot be kept even by the most officers tried; None otherwise.
    """

    officers: np.ndarray | None
    at_least: int | None
    measured: MeasuredStaffing | None
    proven: bool
    limited_by: str | None = None


def fewest_officers(
    shift: ShiftCalls, standard: Standard, *, most: int, cancelled: Callable[[], bool] = lambda: False
) -> Staffing:
    """Find the fewest officers on duty that keep a standard.

    Parameters
    ----------
    shift
        Calls and places.
    standard
        What must be kept.
    most
        Officers on duty, shared cars included, up to which to look.
    cancelled
        Asked before each measurement; True ends the search with what is proven so far.

    Returns
    -------
    Staffing
    """
    shared = len(shift.shared)
    if shift.calls.sum() <= 0:
        # nobody calls: whoever is there has time for people
        none = np.zeros(shift.beats, int)
        if not shared and standard.people_share is not None:
            none[0] = 1
        return Staffing(none, int(none.sum()) + shared, measure_staffing(shift, none, standard.minutes), proven=True)
    if standard.within_share is not None and standard.minutes is not None:
        reached = (np.vstack([shift.minutes, shift.shared]) <= standard.minutes + 1e-9).any(axis=0)
        if float(shift.calls[reached].sum()) < (standard.within_share - SLACK) * float(shift.calls.sum()):
            return Staffing(None, None, None, proven=True, limited_by="within_share")
    least: int | None = None
    all_measured = True
    number = max(shared, 1) - 1
    while number < most:
        # with many officers one more or less is no news: the number found is then not the fewest, and does not say so
        number += 1 if least is None else max(1, number // 20)
        number = min(number, most)
        bounds = _Bounds(shift, standard, number)
        ways = bounds.ways()
        if ways is not None and not ways:
            continue
        if least is None:
            least = number
        start = bounds.any_staffing()
        if start is None:
            # no staffing by the integer program, and too many branches to show it
            all_measured = False
            continue
        found, whole = _look(shift, standard, bounds, start, ways, cancelled)
        if found is not None:
            result = measure_staffing(shift, found, standard.minutes)
            return Staffing(found, least, result, proven=result.exact and (all_measured or number == least))
        all_measured &= whole
        if cancelled():
            break
    best = measure_staffing(shift, _spread(shift, most - shared), standard.minutes)
    missed = [
        name
        for name in ("within_share", "own_share", "people_share")
        if getattr(standard, name) is not None
        and (getattr(best, name) is None or getattr(best, name) < getattr(standard, name) - SLACK)
    ]
    return Staffing(
        None, least if least is not None else most + 1, None, proven=False, limited_by=(missed or [None])[0]
    )


def _spread(shift: ShiftCalls, number: int) -> np.ndarray:
    """Officers in proportion to the calls of the beats, one each first."""
    calls = np.bincount(shift.beat[shift.beat >= 0], weights=shift.calls[shift.beat >= 0], minlength=shift.beats)
    found = np.zeros(shift.beats, int)
    for _ in range(number):
        found[int(np.argmax(np.where(found == 0, np.inf, 1.0) * (calls + 1e-12) / (found + 1)))] += 1
    return found


def _look(
    shift: ShiftCalls,
    standard: Standard,
    bounds: _Bounds,
    start: np.ndarray,
    ways: list[np.ndarray] | None,
    cancelled: Callable[[], bool],
) -> tuple[np.ndarray | None, bool]:
    """Return a staffing that keeps the standard, and where there is none whether all were measured exactly."""
    if ways is not None and bounds.number <= EXACT_SERVERS and len(ways) * _states(shift, bounds.number) <= MOST_STATES:
        for way in ways:
            if cancelled():
                return None, False
            if keeps(measure_staffing(shift, way, standard.minutes), standard):
                return way, True
        return None, True
    at, missed = start, shortfall(measure_staffing(shift, start, standard.minutes), standard)
    moves, most = 0, max(8, MOVES // bounds.number)
    while missed > SLACK and moves < most and not cancelled():
        better = False
        for giver, receiver in bounds.exchanges(at):
            if moves >= most or cancelled():
                break
            moves += 1
            way = at.copy()
            way[giver] -= 1
            way[receiver] += 1
            again = shortfall(measure_staffing(shift, way, standard.minutes), standard)
            if again < missed - 1e-12:
                at, missed, better = way, again, True
                break
        if not better:
            break
    return (at, False) if missed <= SLACK else (None, False)


class _Bounds:
    """What holds of every staffing with a number of officers; see the model above."""

    def __init__(self, shift: ShiftCalls, standard: Standard, number: int):
        self.shift, self.standard, self.number = shift, standard, number
        self.free = number - len(shift.shared)
        hours = shift.scene_minutes / 60.0
        total = float(shift.calls.sum())
        self.work = total * hours
        ways = np.vstack([shift.minutes, shift.shared])
        # hours of work that come in an hour, with the shortest ways where travel counts
        shortest = float(shift.calls @ ways.min(axis=0)) / 60.0 if shift.travel_counts else 0.0
        # slowest service: every request at the longest way
        longest = float(ways.max()) / 60.0 if shift.travel_counts else 0.0
        # (M,) shares that wait or are lost, of the requests of calls that need 1 … M officers
        together = shift.calls[:, None] if shift.together is None else shift.together
        least = _refused(number, together.sum(axis=0), hours, shift.waits)
        most = _refused(number, together.sum(axis=0), hours + longest, shift.waits)
        numbers = np.arange(1, int(together.shape[1]) + 1)
        mix = together.sum(axis=0) * numbers / total
        self.least_refused, self.most_refused, self.alone_refused = (
            float(mix @ least),
            float(mix @ most),
            float(least[0]),
        )
        # (officers) who are busy on average, at least
        answered = 1.0 if shift.waits else 1.0 - self.least_refused
        answered_far = 1.0 if shift.waits else 1.0 - float(most.max())
        self.busy = max(self.work * answered, (self.work + shortest) * answered_far)
        inside = shift.beat >= 0
        self.calls = np.bincount(shift.beat[inside], weights=shift.calls[inside], minlength=shift.beats)
        self.weight = self.calls / total
        # (K, free + 1) most that each number of officers lets a beat's own share be
        ratio = (hours + longest) / hours
        wait = float(most.max()) if shift.waits else 0.0
        of_beats = np.zeros((shift.beats, together.shape[1]))
        np.add.at(of_beats, shift.beat[inside], together[inside])
        counts = np.arange(self.free + 1)
        self.own = np.array(
            [
                [
                    0.0
                    if m == 0
                    else min(1.0, 1 - _overflow(int(m), calls, hours) + wait * min(1.0, ratio * m / number))
                    for m in counts
                ]
                for calls in of_beats
            ]
        ).reshape(shift.beats, self.free + 1)
        if not shift.waits:
            self.own /= max(1 - self.most_refused, 1e-12)
        self.near = self._near()

    def _near(self) -> np.ndarray | None:
        if self.standard.within_share is None or self.standard.minutes is None:
            return None
        return self.shift.minutes <= self.standard.minutes + 1e-9

    @property
    def possible(self) -> bool:
        """Whether the number alone may do."""
        if self.shift.waits and (self.number <= self.work or self.number < self.busy - EDGE):
            return False
        people = self.standard.people_share
        if people is not None and self.busy / self.number > 1 - people + EDGE:
            return False
        within = self.standard.within_share
        return within is None or 1 - self.least_refused >= within - EDGE

    def any_staffing(self) -> np.ndarray | None:
        """Return the staffing that the bounds like best, or None where they prove that there is none."""
        if not self.possible or self.free < 0:
            return None
        shift = self.shift
        if self.free == 0:
            return np.zeros(shift.beats, int)
        model: pulp.LpProblem = pulp.LpProblem("staffing", pulp.LpMaximize)
        x = [[pulp.LpVariable(f"x_{b}_{m}", cat="Binary") for m in range(1, self.free + 1)] for b in range(shift.beats)]
        for row in x:
            for less, more in pairwise(row):
                model += more <= less
        model += pulp.lpSum(v for row in x for v in row) == self.free
        gain = np.diff(np.minimum(self.own, 1.0), axis=1)
        own = pulp.lpSum(
            float(self.weight[b] * gain[b, m]) * x[b][m] for b in range(shift.beats) for m in range(self.free)
        )
        model += own
        if self.standard.own_share is not None:
            model += own >= self.standard.own_share - SLACK
        if self.near is not None and self.standard.within_share is not None:
            self._cover(model, x)
        outcome = solve(model, seconds=60.0, gap=1e-6, max_nodes=NODES)
        if outcome.status == "infeasible":
            return None
        if outcome.objective is None:
            return _spread(shift, self.free)
        return np.array([round(sum(v.varValue or 0.0 for v in row)) for row in x], int)

    def _cover(self, model: pulp.LpProblem, x: list[list[pulp.LpVariable]]) -> None:
        assert self.near is not None and self.standard.within_share is not None and self.standard.minutes is not None
        shift = self.shift
        by_car = (shift.shared <= self.standard.minutes + 1e-9).any(axis=0)
        # atoms that the same beats reach count as one
        sets, place = np.unique(self.near.T, axis=0, return_inverse=True)
        calls = np.bincount(place.ravel()[~by_car], weights=shift.calls[~by_car], minlength=len(sets))
        covered = [pulp.lpSum([])]
        for s, members in enumerate(sets):
            if calls[s] > 0 and members.any():
                y = pulp.LpVariable(f"y_{s}", 0, 1)
                model += y <= pulp.lpSum(x[b][0] for b in np.flatnonzero(members))
                covered.append(float(calls[s]) * y)
        total = float(shift.calls.sum())
        wanted = self.standard.within_share * total / max(1 - self.alone_refused, 1e-12)
        model += pulp.lpSum(covered) >= wanted - float(shift.calls[by_car].sum()) - SLACK * total

    def ways(self) -> list[np.ndarray] | None:
        """Return all staffings that the bounds admit; None where that takes too many branches, or more than `MOST_WAYS` are."""
        if not self.possible or self.free < 0:
            return []
        shift, standard = self.shift, self.standard
        value = self.weight[:, None] * np.minimum(self.own, 1.0)
        rest = _best_of_the_rest(value)
        wanted = -np.inf if standard.own_share is None else standard.own_share - EDGE
        covered: np.ndarray = np.zeros(0, bool)
        calls = np.zeros(0)
        near, least = np.zeros((shift.beats, 0), bool), -np.inf
        if self.near is not None and standard.within_share is not None and standard.minutes is not None:
            covered = np.asarray((shift.shared <= standard.minutes + 1e-9).any(axis=0))
            near, calls = self.near, shift.calls / shift.calls.sum()
            least = (standard.within_share - EDGE) / max(1 - self.alone_refused, 1e-12)
        found: list[np.ndarray] = []
        branches = 0
        stack: list[tuple[int, int, float, np.ndarray, tuple[int, ...]]] = [(0, self.free, 0.0, covered, ())]
        while stack:
            beat, free, own, reached, given = stack.pop()
            branches += 1
            if branches > MOST_BRANCHES or len(found) > MOST_WAYS:
                return None
            if own + rest[beat, free] < wanted or _most_covered(near[beat:], calls, reached, free) < least:
                continue
            if beat == shift.beats:
                found.append(np.array(given, int))
                continue
            for m in range(free + 1) if beat < shift.beats - 1 else (free,):
                there = reached | near[beat] if m else reached
                stack.append((beat + 1, free - m, own + float(value[beat, m]), there, (*given, m)))
        return found

    def exchanges(self, officers: np.ndarray) -> list[tuple[int, int]]:
        """Return moves of one officer between beats, the most promising by the bounds first."""
        gain = self.weight[:, None] * np.diff(np.minimum(self.own, 1.0), axis=1)
        rows = np.arange(len(officers))
        loss = np.where(officers > 0, gain[rows, np.maximum(officers - 1, 0)], np.inf)
        win = np.where(officers < self.free, gain[rows, np.minimum(officers, self.free - 1)], -np.inf)
        pairs = [(g, t) for g in rows[officers > 0].tolist() for t in rows.tolist() if t != g]
        return sorted(pairs, key=lambda p: (float(loss[p[0]] - win[p[1]]), p))


def _states(shift: ShiftCalls, number: int) -> int:
    """Return what it takes to solve a system of so many officers; the equations of calls for several are dense."""
    return 2**number if shift.together is None else max(2**number, 4**number // 100)


def _refused(servers: int, calls: np.ndarray, hours: float, waits: bool) -> np.ndarray:
    """Return the share of the requests that finds all of as many equal servers busy, (M,), by the officers that a call needs."""
    if len(calls) == 1:
        return np.array([(erlang_c if waits else erlang_b)(servers, float(calls[0]) * hours)])
    if waits and float(calls @ np.arange(1, len(calls) + 1)) * hours >= servers:
        return np.ones(len(calls))
    found = equal_servers(servers, calls, hours, waits)
    return found[0] + found[1]


def _overflow(servers: int, calls: np.ndarray, hours: float) -> float:
    """Return the share of a beat's requests that finds all officers of the beat busy, at least."""
    requests = calls * np.arange(1, len(calls) + 1)
    if requests.sum() <= 0:
        return 0.0
    return float(requests @ _refused(servers, calls, hours, False) / requests.sum())


def _best_of_the_rest(value: np.ndarray) -> np.ndarray:
    """Return the largest sum of `value`, (K, F + 1), that the beats from each on reach with each number of officers, (K + 1, F + 1)."""
    beats, most = value.shape
    found = np.full((beats + 1, most), -np.inf)
    found[beats, 0] = 0.0
    for b in range(beats - 1, -1, -1):
        for free in range(most):
            found[b, free] = (value[b, : free + 1] + found[b + 1, free::-1]).max()
    return found


def _most_covered(near: np.ndarray, calls: np.ndarray, reached: np.ndarray, free: int) -> float:
    """Return the calls that are reached, and those that so many of further places reach at most."""
    new = calls * ~reached
    each = np.sort(near @ new)[::-1][:free]
    return float(calls @ reached) + min(float(each.sum()), float(near.any(axis=0) @ new))
