"""All plans of a small municipality, gone through beat by beat: what no multiplier says of tight tolerances, counting does.

Every connected set of units whose hours, further balances and locks a beat could have is listed by its first unit; a plan is put together of them, always
with the first unit that is in none of its beats yet. Only numpy and the standard library are used, and nothing of what found the certificate.
"""

from __future__ import annotations

import math

import numpy as np

from beatplanner.planning.verification.travel_lagrangian import ROUNDING
from beatplanner.planning.verification.travel_pairs import SLACK, Area

# Units up to which it is tried; connected sets, sets of beats and comparisons after which it is given up.
WHOLE_UNITS = 24
MOST_SETS, MOST_CHOICES, MOST_LOOKS = 2_500_000, 300_000, 200_000_000
# Sum of multipliers that is taken, as a multiple of the travel.
LARGEST = 1e3
# Rows of a table at once.
ROWS = 40_000


class _TooManyError(Exception):
    """There are more sets or choices than are gone through."""


def least_of_all(area: Area, u: np.ndarray, bound: float) -> float:
    """Return the least cost of any plan, `bound` at most; -inf where there is too much to go through.

    Parameters
    ----------
    area
        The municipality; with residents who change beat in its cost or its rules nothing is said.
    u
        (n,) multipliers: any are valid, good ones leave less to go through.
    bound
        What is claimed: plans that cost as much need not be told apart.
    """
    n = len(area.weight)
    if n > WHOLE_UNITS or area.budget is not None or area.price != 0 or area.by_moves:
        return -math.inf
    one, centre = np.repeat(np.arange(n), n), np.tile(np.arange(n), n)
    travel = (area.weight[one] * area.metres(one, centre)).reshape(n, n)
    # multipliers beyond all measure would leave nothing of what they are added to
    size = float(travel.max(axis=1).sum())
    if not math.isfinite(size):
        return -math.inf
    u = np.asarray(u, float)
    u = u if np.isfinite(u).all() and float(np.abs(u).sum()) <= LARGEST * size else np.zeros(n)
    try:
        return _Plans(area, travel, u, bound).least()
    except _TooManyError:
        return -math.inf


class _Plans:
    def __init__(self, area: Area, travel: np.ndarray, u: np.ndarray, bound: float) -> None:
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
        # of each first unit: the beats as bits, what they cost beside the multipliers, the least first, and what they cost
        self.beats = [self._beats(first) for first in range(self.n)]
        self.last = [dict(zip(units.tolist(), cost.tolist(), strict=True)) for units, _, cost in self.beats]
        self.least_beside = min((float(worth[0]) for _, worth, _ in self.beats if len(worth)), default=math.inf)
        self.looks = 0

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

    def _beats(self, first: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the beats that could be whose first unit is `first`, what they cost beside the multipliers, and what they cost."""
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

    def _costs(self, units: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return those of some sets that keep the further balances and the locks, what they cost beside the multipliers, and what they cost."""
        n, order, area = self.n, self.order, self.area
        kept, costs, beside = [np.empty(0, np.int64)], [np.empty(0)], [np.empty(0)]
        for begin in range(0, len(units), ROWS):
            some = units[begin : begin + ROWS]
            inside = (some[:, None] & (1 << np.arange(n)) != 0).astype(float)
            may = np.ones(len(some), bool)
            for amount, lower, upper in area.balances:
                held = inside @ amount[order]
                may &= (held >= lower - SLACK * upper) & (held <= upper + SLACK * upper)
            locks = np.zeros(len(some), np.int64)
            for label in sorted({int(g) for g in area.locked if g >= 0}):
                of_label = area.locked[order] == label
                has = inside[:, of_label].sum(axis=1)
                may &= (has == 0) | (has == of_label.sum())
                locks += has > 0
            may &= locks <= 1
            cost = np.where(inside > 0, inside @ self.travel, np.inf).min(axis=1, initial=np.inf)
            kept.append(some[may])
            costs.append(cost[may])
            beside.append((cost - inside @ self.u)[may])
        of, worth, cost = np.concatenate(kept), np.concatenate(beside), np.concatenate(costs)
        rank = np.argsort(worth, kind="stable")
        return of[rank], worth[rank], cost[rank]

    def least(self) -> float:
        """Return the least cost of a plan, the claim at most."""
        base = math.fsum(self.u.tolist())
        # what rounding may add to a sum of so many terms
        hair = ROUNDING * self.n * (math.fsum(abs(self.u).tolist()) + float(self.travel.max(axis=1).sum()))
        full, least = (1 << self.n) - 1, self.bound
        seen: dict[tuple[int, int], float] = {}
        # units that are in beats, what these cost beside the multipliers and in all, and beats that are missing
        stack = [(0, 0.0, 0.0, self.area.count)]
        while stack:
            held, beside, cost, missing = stack.pop()
            if cost > seen.get((held, missing), math.inf):
                continue
            first = (~held & (held + 1)).bit_length() - 1
            if missing == 1:
                whole = cost + self.last[first].get(full & ~held, math.inf)
                if whole < least * (1 - ROUNDING):
                    least = whole * (1 - ROUNDING)
                continue
            units, worth, costs = self.beats[first]
            end = int(np.searchsorted(worth, least + hair - base - beside - (missing - 1) * self.least_beside))
            self.looks += end + 1
            if self.looks > MOST_LOOKS or len(seen) > MOST_CHOICES:
                raise _TooManyError
            for k in np.flatnonzero(units[:end] & held == 0)[::-1].tolist():
                more, paid = held | int(units[k]), cost + float(costs[k])
                key = (more, missing - 1)
                if more != full and paid < seen.get(key, math.inf):
                    seen[key] = paid
                    stack.append((more, beside + float(worth[k]), paid, missing - 1))
        return least
