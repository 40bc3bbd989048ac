"""Which unit may be in the beat of which site: pairs that no better plan has are left out, by reach, links and price."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np

# Bounds of workload are met within this share, as plans are.
SLACK = 1e-9


# Pairs up to which a problem is checked.
MOST_PAIRS = 3_000_000


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


class TooLargeError(Exception):
    """The problem has more pairs than are checked."""


@dataclass
class Pairs:
    """Pairs of unit and site, sorted by site; `links` are pairs of the same site whose units are adjacent."""

    site: np.ndarray
    unit: np.ndarray
    cost: np.ndarray
    moved: np.ndarray
    weight: np.ndarray
    centre: np.ndarray  # (S,) of each site
    label: np.ndarray
    links: np.ndarray = field(default_factory=lambda: np.empty((2, 0), np.int64))  # (2, m)

    own: np.ndarray = field(init=False)  # (P,) whether a pair is that of a site's centre

    def __post_init__(self) -> None:
        self.own = self.unit == self.centre[self.site]


def reaches(area: Area) -> list[np.ndarray]:
    """Return the units that can share a beat with each unit: the lightest connection weighs at most what a beat may.

    Raises
    ------
    TooLargeError
        Where there are more than `MOST_PAIRS`.
    """
    n, most = len(area.weight), area.upper * (1 + 1e-6)
    near: list[list[int]] = [[] for _ in range(n)]
    for a, b in area.edges.tolist():
        near[int(a)].append(b)
        near[int(b)].append(a)
    found: list[np.ndarray] = []
    weight, total = area.weight.tolist(), 0
    for j in range(n):
        done: set[int] = set()
        path, heap = {j: weight[j]}, [(weight[j], j)]
        while heap:
            d, i = heappop(heap)
            if i in done:
                continue
            done.add(i)
            for v in near[i]:
                t = d + weight[v]
                if t <= most and t < path.get(v, math.inf) and (v > j or not area.by_moves):
                    path[v] = t
                    heappush(heap, (t, v))
        found.append(np.array(sorted(done), np.int64))
        total += len(done)
        if total > MOST_PAIRS:
            raise TooLargeError
    return found


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
    """Return the pairs with what connects them within their sites."""
    key = pairs.site * n + pairs.unit
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    found: list[np.ndarray] = []
    for a, b in ((0, 1), (1, 0)):
        start = np.searchsorted(edges[:, a], np.arange(n + 1), sorter=np.argsort(edges[:, a], kind="stable"))
        by = edges[np.argsort(edges[:, a], kind="stable")][:, b]
        times = np.diff(start)[pairs.unit]
        one = np.repeat(np.arange(len(pairs.unit)), times)
        offset = np.arange(len(one)) - np.repeat(np.cumsum(times) - times, times)
        other = by[np.repeat(start[pairs.unit], times) + offset]
        want = pairs.site[one] * n + other
        at = np.minimum(np.searchsorted(ordered, want), len(ordered) - 1)
        there = ordered[at] == want
        found.append(np.stack([one[there], order[at[there]]]))
    pairs.links = np.concatenate(found, axis=1)
    return pairs


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
    )


def connected(pairs: Pairs, alive: np.ndarray) -> np.ndarray:
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
    one, other = pairs.links
    here = alive[one] & alive[other]
    one, other = one[here], other[here]
    path, most = np.where(alive & pairs.own, pairs.weight, np.inf), upper * (1 + 1e-6)
    # links by the pair that they begin at: only what became lighter is gone on from
    order = np.argsort(one, kind="stable")
    one, other = one[order], other[order]
    start = np.searchsorted(one, np.arange(len(path) + 1))
    lighter = np.flatnonzero(np.isfinite(path))
    while len(lighter):
        times = start[lighter + 1] - start[lighter]
        at = np.arange(int(times.sum())) + np.repeat(start[lighter] - np.cumsum(times) + times, times)
        onto = other[at]
        longer = np.repeat(path[lighter], times) + pairs.weight[onto]
        better = (longer <= most) & (longer < path[onto])
        onto, longer = onto[better], longer[better]
        np.minimum.at(path, onto, longer)
        lighter = np.unique(onto)
    return alive & np.isfinite(path)


def surviving(pairs: Pairs, alive: np.ndarray) -> np.ndarray:
    """Return the pairs of a mask whose site still has its centre."""
    has = np.zeros(len(pairs.centre), bool)
    has[pairs.site[alive & pairs.own]] = True
    return alive & has[pairs.site]


def is_empty(area: Area, pairs: Pairs) -> bool:
    """Tell whether some unit has no site left, or there are fewer sites than beats."""
    return len(np.unique(pairs.site)) < area.count or len(np.unique(pairs.unit)) < len(area.weight)
