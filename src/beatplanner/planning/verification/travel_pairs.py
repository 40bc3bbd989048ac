"""Which unit may be in the beat of which site: pairs that no better plan has are left out, by reach, links and price."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

# Bounds of workload are met within this share, as plans are.
SLACK = 1e-9


# Pairs up to which a problem is checked.
MOST_PAIRS = 3_000_000

# Sites times units whose pairs are numbered at once.
TABLE = 500_000

# Units times units whose paths are sought at once, and units at most.
PATHS_AT_ONCE, SOURCES_AT_ONCE = 6_000_000, 2_048

# Units from which it is seen first whether the pairs are far too many: so many times as many as are checked.
SAMPLE, FAR_TOO_MANY = 16, 2


@dataclass(frozen=True)
class Area:
    """One municipality as the checker has it.

    Attributes
    ----------
    weight
        (n,) hours of each unit.
    metres
        Function of units and units to metres, both arrays of one length.
    edges
        (m, 2) adjacent units.
    count, lower, upper
        Beats, and the bounds of a beat's hours.
    residents, current, locked
        (n,) residents; number of today's beat and of the beat that the unit is locked to, -1 for none.
    budget
        Residents that may change beat; None for no limit.
    price
        What a resident who changes beat adds to the cost: the price common to municipalities that share a budget.
    border
        (m,) metres of border of each of `edges`.
    balances
        What beats balance beside their hours: (n,) amounts, and the bounds of a beat's.
    by_moves
        Whether the cost is the residents who change beat instead of travel. Any unit would do as centre then; the first one of a beat is.
    """

    weight: np.ndarray
    metres: Callable[[np.ndarray, np.ndarray], np.ndarray]
    edges: np.ndarray
    count: int
    lower: float
    upper: float
    residents: np.ndarray
    current: np.ndarray
    locked: np.ndarray
    budget: float | None = None
    price: float = 0.0
    border: np.ndarray = field(default_factory=lambda: np.empty(0))
    by_moves: bool = False
    balances: tuple[tuple[np.ndarray, float, float], ...] = ()

    def uneven(self, beat: np.ndarray) -> bool:
        """Tell whether beats, (n,) of whatever numbers, break one of the further balances by more than rounding."""
        _, district = np.unique(beat, return_inverse=True)
        for amount, lower, upper in self.balances:
            held = np.bincount(district, weights=amount)
            if held.min() < lower - SLACK * upper or held.max() > upper + SLACK * upper:
                return True
        return False


class TooLargeError(Exception):
    """The problem has more pairs than are checked."""


@dataclass
class Pairs:
    """Pairs of unit and site, sorted by site; `links` are pairs of the same site whose units are adjacent, by the first of the two.

    `cost` has the prices of further balances in it, `paid` is what a plan pays.
    """

    site: np.ndarray
    unit: np.ndarray
    cost: np.ndarray
    moved: np.ndarray
    weight: np.ndarray
    centre: np.ndarray  # (S,) of each site
    label: np.ndarray
    links: np.ndarray = field(default_factory=lambda: np.empty((2, 0), np.int64))  # (2, m)
    plain: np.ndarray | None = None  # (P,) cost without these prices, where there are some

    own: np.ndarray = field(init=False)  # (P,) whether a pair is that of a site's centre

    def __post_init__(self) -> None:
        self.own = self.unit == self.centre[self.site]

    @property
    def paid(self) -> np.ndarray:
        """(P,) what each pair adds to the cost of a plan."""
        return self.cost if self.plain is None else self.plain


def reaches(area: Area) -> list[np.ndarray]:
    """Return the units that can share a beat with each unit: the lightest connection weighs at most what a beat may.

    Paths from many units at once: a unit is looked at again, in the order of the map, as long as one of its neighbours has become lighter.

    Raises
    ------
    TooLargeError
        Where there are more than `MOST_PAIRS`.
    """
    n, most = len(area.weight), area.upper * (1 + 1e-6)
    near = [np.array(sorted(units), np.int64) for units in _neighbours(n, area.edges)]
    order = _along_the_map(near)
    if n * n > MOST_PAIRS and not area.by_moves:
        some = order[np.linspace(0, n - 1, SAMPLE).astype(int)].tolist()
        # what is not checked in the end takes no time before
        if sum(_reached(area, near, j, most) for j in some) * n > FAR_TOO_MANY * MOST_PAIRS * len(some):
            raise TooLargeError
    found = [np.arange(0)] * n
    total, at_once = 0, max(1, min(SOURCES_AT_ONCE, PATHS_AT_ONCE // n))
    for first in range(0, n, at_once):
        sources = order[first : first + at_once]
        path = _lightest(area, near, order, sources, most)
        for k, j in enumerate(sources.tolist()):
            found[j] = np.flatnonzero(np.isfinite(path[:, k]))
        total += int(np.isfinite(path).sum())
        if total > MOST_PAIRS:
            raise TooLargeError
    return found


def _neighbours(n: int, edges: np.ndarray) -> list[set[int]]:
    near: list[set[int]] = [set() for _ in range(n)]
    for a, b in edges.tolist():
        near[int(a)].add(int(b))
        near[int(b)].add(int(a))
    return near


def _along_the_map(near: list[np.ndarray]) -> np.ndarray:
    """Return the units in an order in which neighbours stand close to each other."""
    order: list[int] = []
    seen = [False] * len(near)
    for i in range(len(near)):
        if seen[i]:
            continue
        seen[i], at = True, len(order)
        order.append(i)
        while at < len(order):
            for v in near[order[at]].tolist():
                if not seen[v]:
                    seen[v] = True
                    order.append(v)
            at += 1
    return np.array(order, np.int64)


def _reached(area: Area, near: list[np.ndarray], source: int, most: float) -> int:
    """Return how many units a unit reaches within a weight, the lightest path first."""
    weight = area.weight.tolist()
    path, done = {source: weight[source]}, set[int]()
    heap = [(weight[source], source)]
    while heap:
        value, i = heapq.heappop(heap)
        if i in done:
            continue
        done.add(i)
        for v in near[i].tolist():
            longer = value + weight[v]
            if longer <= most and longer < path.get(v, math.inf):
                path[v] = longer
                heapq.heappush(heap, (longer, v))
    return len(done)


def _lightest(area: Area, near: list[np.ndarray], order: np.ndarray, sources: np.ndarray, most: float) -> np.ndarray:
    """Return the weight of the lightest path to each unit from some, (n, sources), both ends counted; inf where it is over `most`."""
    n, column = len(area.weight), np.arange(len(sources))
    path = np.full((n, len(sources)), np.inf)
    path[sources, column] = area.weight[sources]
    again = np.zeros(n, bool)
    for j in sources.tolist():
        again[near[j]] = True
    while again.any():
        for i in order[again[order]].tolist():
            again[i] = False
            longer = path[near[i]].min(axis=0) + area.weight[i]
            better = (longer < path[i]) & (longer <= most)
            if area.by_moves:
                better &= sources < i
            if better.any():
                path[i, better] = longer[better]
                again[near[i]] = True
        order = order[::-1]
    return path


def all_pairs(area: Area, priced: bool) -> Pairs:
    """Return every pair that a plan could use; `priced` says whether it counts which of today's beats a beat carries on.

    Raises
    ------
    TooLargeError
        Where there are more than `MOST_PAIRS`.
    """
    reach, n = reaches(area), len(area.weight)
    locked, current = area.locked, area.current
    held = {int(g): int((locked == g).sum()) for g in np.unique(locked[locked >= 0])}
    sites: list[tuple[int, int]] = []
    parts: list[np.ndarray] = []
    total = 0
    for j in range(n):
        if area.weight[j] > area.upper * (1 + 1e-6):
            continue
        here = reach[j]
        labels = {int(g) for g in locked[here] if g >= 0} | {-1}
        if priced:
            labels |= {int(g) for g in current[here] if g >= 0}
        for g in sorted(labels):
            if locked[j] >= 0 and locked[j] != g:
                continue
            members = here[(locked[here] < 0) | (locked[here] == g)]
            if g in held and int((locked[members] == g).sum()) < held[g]:
                continue  # the beat of this label must hold all that is locked to it
            total += len(members)
            if total > MOST_PAIRS:
                raise TooLargeError
            sites.append((j, g))
            parts.append(members)
    size = np.array([len(p) for p in parts], np.int64)
    unit = np.concatenate([np.empty(0, np.int64), *parts])
    site = np.repeat(np.arange(len(sites)), size)
    centre, label = np.array(sites, np.int64).reshape(-1, 2).T
    change = (current[unit] >= 0) & (current[unit] != label[site])
    moved = np.where(change, area.residents[unit], 0.0)
    cost = moved if area.by_moves else area.weight[unit] * area.metres(unit, centre[site]) + area.price * moved
    return Pairs(site, unit, cost, moved, area.weight[unit], centre, label)


def with_links(pairs: Pairs, edges: np.ndarray, n: int) -> Pairs:
    """Return the pairs with what connects them within their sites, by the pair that a link begins at."""
    # neighbours of each unit, one unit after another
    both = np.concatenate([edges, edges[:, ::-1]])
    by_unit = np.argsort(both[:, 0], kind="stable")
    start = np.searchsorted(both[by_unit, 0], np.arange(n + 1))
    near, found = both[by_unit, 1], [np.empty((2, 0), np.int64)]
    sites = max(1, TABLE // n)
    table = np.full(sites * n, -1, np.int64)
    for first in range(0, len(pairs.centre), sites):
        # the number of each pair of these sites, by site and unit
        low, high = (int(k) for k in np.searchsorted(pairs.site, (first, first + sites)))
        unit, row = pairs.unit[low:high], (pairs.site[low:high] - first) * n
        table[row + unit] = np.arange(low, high)
        times = np.diff(start)[unit]
        one: np.ndarray = np.repeat(np.arange(high - low), times)
        at = np.arange(len(one)) + np.repeat(start[unit] - np.cumsum(times) + times, times)
        other = table[row[one] + near[at]]
        found.append(np.stack([one + low, other])[:, other >= 0])
        table[row + unit] = -1
    pairs.links = np.concatenate(found, axis=1)
    return pairs


def linked_subset(pairs: Pairs, mask: np.ndarray) -> Pairs:
    """Return the pairs of a mask alone, with those of their links that join two of them."""
    left, number = subset(pairs, mask), np.cumsum(mask) - 1
    one, other = pairs.links
    both = mask[one] & mask[other]
    left.links = np.stack([number[one[both]], number[other[both]]])
    return left


def subset(pairs: Pairs, mask: np.ndarray) -> Pairs:
    """Return the pairs of a mask alone, with the numbers of their sites as they were."""
    return Pairs(
        pairs.site[mask],
        pairs.unit[mask],
        pairs.cost[mask],
        pairs.moved[mask],
        pairs.weight[mask],
        pairs.centre,
        pairs.label,
        plain=None if pairs.plain is None else pairs.plain[mask],
    )


def joined_pairs(pairs: Pairs, alive: np.ndarray) -> np.ndarray:
    """Return the pairs of a mask that are joined to their centre by others of it and the same site, (P,) bool."""
    one, other = pairs.links
    here = alive[one] & alive[other]
    one, other = one[here], other[here]
    reached = alive & pairs.own
    while len(one):
        left = ~reached[other]
        one, other = one[left], other[left]
        new = other[reached[one]]
        if not len(new):
            break
        reached[new] = True
    return reached


def in_reach(pairs: Pairs, alive: np.ndarray, upper: float) -> np.ndarray:
    """Return the pairs of a mask that a path of it and the same site joins to the centre with at most `upper` hours, (P,) bool."""
    most = np.full(len(alive), upper * (1 + 1e-6))
    return alive & np.isfinite(_least_paths(pairs, alive, pairs.weight, pairs.weight, most))


def within_price(pairs: Pairs, alive: np.ndarray, extra: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Return the pairs of a mask that a path of it and the same site joins to the centre at a price below `most`, (P,) bool.

    `extra`, (P,), is the price of each pair of the path, 0 at least; the centre has none. `most`, (P,), is the same for all pairs of a site.
    """
    path = _least_paths(pairs, alive, np.zeros(len(alive)), extra, most)
    return alive & np.isfinite(path) & (path < most)


def _least_paths(pairs: Pairs, alive: np.ndarray, first: np.ndarray, step: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Return the least sum along a path of a mask from each site's centre, (P,), inf where it is over `most`; it begins with `first` of the centre."""
    one, other = pairs.links
    here = alive[one] & alive[other]
    one, other = one[here], other[here]
    path = np.where(alive & pairs.own, first, np.inf)
    # links by the pair that they begin at: only what became less is gone on from
    start = np.r_[0, np.cumsum(np.bincount(one, minlength=len(path)))]
    less = np.flatnonzero(np.isfinite(path))
    while len(less):
        times = start[less + 1] - start[less]
        at = np.arange(int(times.sum())) + np.repeat(start[less] - np.cumsum(times) + times, times)
        onto = other[at]
        longer = np.repeat(path[less], times) + step[onto]
        better = (longer <= most[onto]) & (longer < path[onto])
        onto, longer = onto[better], longer[better]
        np.minimum.at(path, onto, longer)
        new = np.zeros(len(path), bool)
        new[onto] = True
        less = np.flatnonzero(new)
    return path


def surviving(pairs: Pairs, alive: np.ndarray) -> np.ndarray:
    """Return the pairs of a mask whose site still has its centre."""
    has = np.zeros(len(pairs.centre), bool)
    has[pairs.site[alive & pairs.own]] = True
    return alive & has[pairs.site]


def is_empty(area: Area, pairs: Pairs) -> bool:
    """Tell whether some unit has no site left, or there are fewer sites than beats."""
    return len(np.unique(pairs.site)) < area.count or len(np.unique(pairs.unit)) < len(area.weight)
