"""All plans of a small municipality, gone through beat by beat: what no multiplier says of tight tolerances, counting does.

Every connected set of units whose hours, further balances and locks a beat could have is listed by its first unit; a plan is put together of them, always
with the first unit that is in none of its beats yet. Where residents who change beat count, a beat comes once for each of today's that it could carry on, each of which
is carried on once at most. Only numpy and the standard library are used, and nothing of what found the certificate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from beatplanner.planning.verification.travel_lagrangian import ROUNDING
from beatplanner.planning.verification.travel_pairs import SLACK, Area

# Units up to which it is tried; connected sets, sets of beats and comparisons after which it is given up.
WHOLE_UNITS = 24
MOST_SETS, MOST_CHOICES, MOST_LOOKS = 2_500_000, 300_000, 200_000_000
# Units and today's beats that a choice has room for.
MOST_BITS = 62
# Sum of multipliers that is taken, as a multiple of the travel.
LARGEST = 1e3
# Rows of a table at once.
ROWS = 40_000


class _TooManyError(Exception):
    """There are more sets or choices than are gone through."""


def least_of_all(area: Area, u: np.ndarray, bound: float, *, priced: bool = False) -> float:
    """Return the least cost of any plan, `bound` at most; -inf where there is too much to go through.

    Parameters
    ----------
    area
        The municipality.
    u
        (n,) multipliers: any are valid, good ones leave less to go through.
    bound
        What is claimed: plans that cost as much need not be told apart.
    priced
        Whether it counts which of today's beats a beat carries on.
    """
    n = len(area.weight)
    if n > WHOLE_UNITS or not (priced or (area.budget is None and area.price == 0 and not area.by_moves)):
        return -math.inf
    if priced and n + len(_today(area)) > MOST_BITS:
        return -math.inf
    one, centre = np.repeat(np.arange(n), n), np.tile(np.arange(n), n)
    travel = (area.weight[one] * area.metres(one, centre)).reshape(n, n)
    # multipliers beyond all measure would leave nothing of what they are added to
    size = _size(area, travel)
    if not math.isfinite(size):
        return -math.inf
    u = np.asarray(u, float)
    u = u if np.isfinite(u).all() and float(np.abs(u).sum()) <= LARGEST * size else np.zeros(n)
    try:
        return _Plans(area, travel, u, bound, priced=priced).least()
    except _TooManyError:
        return -math.inf


def _today(area: Area) -> list[int]:
    """Return today's beats that a beat could carry on, by their numbers."""
    return sorted({int(g) for g in np.concatenate([area.current, area.locked]) if g >= 0})


def _size(area: Area, travel: np.ndarray) -> float:
    """Return what no plan costs more than."""
    people = math.fsum(area.residents.tolist())
    return people if area.by_moves else float(travel.max(axis=1).sum()) + area.price * people


class _Plans:
    def __init__(self, area: Area, travel: np.ndarray, u: np.ndarray, bound: float, *, priced: bool) -> None:
        self.today = _today(area) if priced else None
        self.most_moved = math.inf if area.budget is None else area.budget * (1 + 1e-9) + 1e-6
        self.area, self.n, self.bound = area, len(area.weight), bound
        self.order = self._along()
        self.u, self.weight = u[self.order], area.weight[self.order]
        self.travel = travel[np.ix_(self.order, self.order)]
        place = np.argsort(self.order)
        self.near = [0] * self.n
        for a, b in place[area.edges].reshape(-1, 2).tolist():
            self.near[a] |= 1 << b
            self.near[b] |= 1 << a
        self.sets = 0
        # of each first unit: the beats as bits with the number of today's above them, what they cost beside the multipliers, the least first, what they cost, and whom they move
        self.beats = [self._beats(first) for first in range(self.n)]
        self.last = [self._by_units(*rows) for rows in self.beats]
        self.least_beside = min((float(worth[0]) for _, worth, _, _ in self.beats if len(worth)), default=math.inf)
        self.looks = 0

    def _by_units(
        self, units: np.ndarray, _: np.ndarray, cost: np.ndarray, moved: np.ndarray
    ) -> dict[int, list[tuple[int, float, float]]]:
        """Return beats by their units: the bit of the one of today's that is carried on, what it costs, and whom it moves."""
        found: dict[int, list[tuple[int, float, float]]] = {}
        full = (1 << self.n) - 1
        for one, paid, gone in zip(units.tolist(), cost.tolist(), moved.tolist(), strict=True):
            found.setdefault(one & full, []).append((one & ~full, paid, gone))
        return found

    def _along(self) -> np.ndarray:
        """Return the units so that each stands beside those before it that touch it, the one with the most of them first."""
        touching = [set[int]() for _ in range(self.n)]
        for a, b in self.area.edges.tolist():
            touching[int(a)].add(int(b))
            touching[int(b)].add(int(a))
        order: list[int] = []
        left = set(range(self.n))
        while left:
            near = {v for i in order for v in touching[i]} & left
            one = min(near or left, key=lambda i: (len(touching[i] & left), i))
            order.append(one)
            left.remove(one)
        return np.array(order, np.int64)

    def _beats(self, first: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return the beats that could be whose first unit is `first`, what they cost beside the multipliers, what they cost, and whom they move."""
        upper, lower = self.area.upper * (1 + SLACK), self.area.lower - SLACK * self.area.upper
        after = (1 << self.n) - (1 << first)
        units, hours = np.array([1 << first]), np.array([self.weight[first]])
        near, found = np.array([self.near[first] & after]), list[np.ndarray]()
        units, hours, near = units[hours <= upper], hours[hours <= upper], near[hours <= upper]
        while len(units):
            self.sets += len(units)
            if self.sets > MOST_SETS:
                raise _TooManyError
            found.append(units[hours >= lower])
            rows: list[np.ndarray] = []
            for v in range(first + 1, self.n):
                may = (near & ~units & (1 << v) != 0) & (hours + self.weight[v] <= upper)
                if may.any():
                    rows.append(
                        np.stack([units[may] | (1 << v), np.flatnonzero(may), np.full(int(may.sum()), v, np.int64)])
                    )
            if not rows:
                break
            grown, before, added = np.concatenate(rows, axis=1)
            _, one = np.unique(grown, return_index=True)
            units, before, added = grown[one], before[one], added[one]
            hours = hours[before] + self.weight[added]
            near = near[before] | (np.array(self.near, np.int64)[added] & after)
        return self._costs(np.concatenate([np.empty(0, np.int64), *found]))

    def _costs(self, units: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return those of some sets that keep the further balances and the locks, what they cost beside the multipliers, what they cost, and whom they move."""
        n, order, area = self.n, self.order, self.area
        rows = [(np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0))]
        for begin in range(0, len(units), ROWS):
            some = units[begin : begin + ROWS]
            inside = (some[:, None] & (1 << np.arange(n)) != 0).astype(float)
            may = np.ones(len(some), bool)
            for amount, lower, upper in area.balances:
                held = inside @ amount[order]
                may &= (held >= lower - SLACK * upper) & (held <= upper + SLACK * upper)
            own = np.full(len(some), -1)
            for label in sorted({int(g) for g in area.locked if g >= 0}):
                of_label = area.locked[order] == label
                has = inside[:, of_label].sum(axis=1)
                # all that are locked to a beat are together, and with none of another
                may &= (has == 0) | ((has == of_label.sum()) & (own < 0))
                own[has > 0] = label
            some, inside, own = some[may], inside[may], own[may]
            travel = np.where(inside > 0, inside @ self.travel, np.inf).min(axis=1, initial=np.inf)
            worth = inside @ self.u
            for which, bit, moved in self._carried(inside, own):
                cost = moved if area.by_moves else travel[which] + area.price * moved
                rows.append((some[which] | bit, cost - worth[which], cost, moved))
        of, beside, cost, moved = (np.concatenate([r[k] for r in rows]) for k in range(4))
        rank = np.argsort(beside, kind="stable")
        return of[rank], beside[rank], cost[rank], moved[rank]

    def _carried(self, inside: np.ndarray, own: np.ndarray) -> Iterator[tuple[np.ndarray, int, np.ndarray]]:
        """Give which of some sets could carry on each of today's beats, or none, the bit of that beat, and the residents of these sets who change beat then.

        A set that holds units locked to a beat, `own`, carries on that one alone; others only such of which they hold residents: no other saves anybody a change.
        """
        if self.today is None:
            yield np.arange(len(own)), 0, np.zeros(len(own))
            return
        current, people = self.area.current[self.order], self.area.residents[self.order]
        all_of = inside @ np.where(current >= 0, people, 0.0)
        new = np.flatnonzero(own < 0)
        yield new, 0, all_of[new]
        for k, label in enumerate(self.today):
            stay = inside @ np.where(current == label, people, 0.0)
            which = np.flatnonzero((own == label) | ((own < 0) & (stay > 0)))
            yield which, 1 << (self.n + k), (all_of - stay)[which]

    def least(self) -> float:
        """Return the least cost of a plan, the claim at most."""
        base = math.fsum(self.u.tolist())
        # what rounding may add to a sum of so many terms
        hair = ROUNDING * self.n * (math.fsum(abs(self.u).tolist()) + _size(self.area, self.travel))
        full, least = (1 << self.n) - 1, self.bound
        seen: dict[tuple[int, int], list[tuple[float, float]]] = {}
        # units that are in beats with today's beats that are carried on, what these cost beside the multipliers and in all, whom they move, and beats that are missing
        stack = [(0, 0.0, 0.0, 0.0, self.area.count)]
        kept = 0
        while stack:
            held, beside, cost, gone, missing = stack.pop()
            if any(c < cost and g <= gone for c, g in seen.get((held, missing), [])):
                continue
            first = (~held & (held + 1)).bit_length() - 1
            if missing == 1:
                for bit, paid, moved in self.last[first].get(full & ~held, []):
                    whole = cost + paid
                    if not bit & held and gone + moved <= self.most_moved and whole < least * (1 - ROUNDING):
                        least = whole * (1 - ROUNDING)
                continue
            units, worth, costs, moves = self.beats[first]
            end = int(np.searchsorted(worth, least + hair - base - beside - (missing - 1) * self.least_beside))
            self.looks += end + 1
            if self.looks > MOST_LOOKS or kept > MOST_CHOICES:
                raise _TooManyError
            may = (units[:end] & held == 0) & (moves[:end] + gone <= self.most_moved)
            for k in np.flatnonzero(may)[::-1].tolist():
                more, paid, moved = held | int(units[k]), cost + float(costs[k]), gone + float(moves[k])
                before = seen.setdefault((more, missing - 1), [])
                # who moves no fewer and costs as much is no better; whom all may move, cost alone tells apart
                out = moved if self.most_moved < math.inf else 0.0
                if more & full != full and not any(c <= paid and g <= out for c, g in before):
                    before[:] = [(c, g) for c, g in before if c < paid or g < out] + [(paid, out)]
                    kept += 1
                    stack.append((more, beside + float(worth[k]), paid, out, missing - 1))
        return least
