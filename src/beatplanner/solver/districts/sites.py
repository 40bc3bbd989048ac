"""Sites: the districts that could be, each a centre unit with the units within its reach.

A unit can only share a district with a centre if the lightest connection between them weighs at most what a district may weigh.
That leaves some hundred units for each centre, whatever the size of the map, so memory grows with units, not with units × units.

Where labels matter (a change budget, locked units) a centre has a site for each label that its district could carry, so that the
residents whose label changes are a plain sum over the pairs of unit and site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise

import numpy as np

from beatplanner.solver.compiled import njit

# Centres whose sites are made at a time, and pairs up to which all are kept in memory (some 40 bytes each).
STEP = 250
KEPT_PAIRS = 8_000_000


@dataclass(frozen=True)
class SitePairs:
    """Pairs of unit and site in compressed rows: site s has the pairs ``start[s] … start[s + 1] - 1``, the first its centre.

    Attributes
    ----------
    centre
        (S,) centre unit of each site.
    label
        (S,) label that its district carries, -1 for none of today's.
    start
        (S + 1,) first pair of each site.
    unit
        (P,) unit of each pair.
    cost
        (P,) cost of the unit in the site.
    moved
        (P,) residents of the unit if its label changes there, else 0.
    plain
        (P,) cost of each pair where `cost` has prices of further balances in it (`balance_prices`); None where it has none.
    """

    centre: np.ndarray
    label: np.ndarray
    start: np.ndarray
    unit: np.ndarray
    cost: np.ndarray
    moved: np.ndarray
    plain: np.ndarray | None = None

    @property
    def paid(self) -> np.ndarray:
        """(P,) what each pair adds to the cost of a plan."""
        return self.cost if self.plain is None else self.plain

    @property
    def site_of_pair(self) -> np.ndarray:
        """(P,) site of each pair."""
        return np.repeat(np.arange(len(self.centre)), np.diff(self.start))

    def surviving(self, pairs: np.ndarray) -> np.ndarray:
        """Return the pairs of a mask whose site has its centre in it, (P,) bool."""
        return pairs & np.repeat(pairs[self.start[:-1]], np.diff(self.start))

    def keep(self, pairs: np.ndarray) -> SitePairs:
        """Return the sites with the pairs of a mask, (P,) bool, alone; a site whose centre is not kept goes altogether."""
        alive = pairs[self.start[:-1]]
        kept = self.surviving(pairs)
        count = np.bincount(self.site_of_pair[kept], minlength=len(self.centre))[alive]
        return SitePairs(
            self.centre[alive],
            self.label[alive],
            np.concatenate([[0], np.cumsum(count)]),
            self.unit[kept],
            self.cost[kept],
            self.moved[kept],
            None if self.plain is None else self.plain[kept],
        )


@njit(cache=True, nogil=True)
def _reach(
    indptr: np.ndarray,
    indices: np.ndarray,
    weight: np.ndarray,
    upper: float,
    first: int,
    last: int,
    start: np.ndarray,
    unit: np.ndarray,
    ordered: bool,
):
    """List the units within reach of the centres `first` … `last - 1`, the centre first; return the number of pairs.

    With `ordered` no unit before the centre is in its reach.
    """
    n = weight.shape[0]
    path = np.full(n, np.inf)
    filled = 0
    for j in range(first, last):
        start[j - first] = filled
        path[j] = weight[j]
        heap = [(weight[j], j)]
        begin = filled
        while len(heap) > 0:
            d, i = heappop(heap)
            if d > path[i]:
                continue
            if filled >= unit.shape[0]:
                return -1
            unit[filled] = i
            filled += 1
            # a unit of no weight would come up again at the same distance; a mark below any distance ends that
            path[i] = -1.0
            for e in range(indptr[i], indptr[i + 1]):
                v = indices[e]
                t = d + weight[v]
                if t <= upper and t < path[v] and (v > j or not ordered):
                    path[v] = t
                    heappush(heap, (t, v))
        for m in range(begin, filled):
            i = unit[m]
            path[i] = np.inf
            for e in range(indptr[i], indptr[i + 1]):
                path[indices[e]] = np.inf
    start[last - first] = filled
    return filled


class AllSites:
    """Every site of a problem, made a few hundred centres at a time, so that memory does not grow with their number.

    Parameters
    ----------
    indptr, indices
        Adjacency as compressed rows.
    weight
        (n,) workload.
    upper
        Greatest workload of a district.
    metres
        Function of two arrays of units that gives their distances.
    residents, current, locked
        (n,) residents, today's label and locked label (-1 for none) of each unit.
    with_budget
        Whether labels of today matter; else only locked labels do.
    count_moves
        Whether the cost is the residents that change label instead of travel. Then any member may be the centre, and the first one is.
    price
        Cost for each resident whose label changes, added to the travel.
    nearest
        Number of units of each centre that are marked as near.
    """

    def __init__(
        self,
        indptr: np.ndarray,
        indices: np.ndarray,
        weight: np.ndarray,
        upper: float,
        metres: Callable[[np.ndarray, np.ndarray], np.ndarray],
        residents: np.ndarray,
        current: np.ndarray,
        locked: np.ndarray,
        *,
        with_budget: bool,
        count_moves: bool,
        nearest: int,
        price: float = 0.0,
    ) -> None:
        self.indptr, self.indices, self.weight, self.upper = indptr, indices, weight, upper * (1 + 1e-6)
        self.metres, self.residents, self.current, self.locked = metres, residents, current, locked
        self.with_budget, self.count_moves, self.nearest, self.price = with_budget, count_moves, nearest, price
        self.made: list[tuple[SitePairs, np.ndarray]] | None = None

    def parts(self) -> Iterator[tuple[SitePairs, np.ndarray]]:
        """Yield the sites of some centres, and for each pair whether the unit is near, (P,) bool; kept where they are few."""
        if self.made is not None:
            yield from self.made
            return
        kept: list[tuple[SitePairs, np.ndarray]] = []
        pairs = 0
        for first in range(0, len(self.weight), STEP):
            part = self._part(first, min(first + STEP, len(self.weight)))
            pairs += len(part[0].unit)
            if pairs <= KEPT_PAIRS:
                kept.append(part)
            yield part
        if pairs <= KEPT_PAIRS:
            self.made = kept

    def _part(self, first: int, last: int) -> tuple[SitePairs, np.ndarray]:
        room = (last - first) * min(len(self.weight), 1_000)
        while True:
            start, unit = np.zeros(last - first + 1, np.int64), np.zeros(room, np.int64)
            found = _reach(
                self.indptr, self.indices, self.weight, self.upper, first, last, start, unit, self.count_moves
            )
            if found >= 0:
                return self._labelled(np.arange(first, last), start, unit[:found])
            room *= 4

    def _labelled(self, centres: np.ndarray, start: np.ndarray, unit: np.ndarray) -> tuple[SitePairs, np.ndarray]:
        """Make the sites of some centres from the units within their reach: one without a label and one for each that matters."""
        locked, current = self.locked, self.current
        row = np.repeat(np.arange(len(centres)), np.diff(start))
        metres = self.metres(unit, centres[row])
        rank, numbers = np.empty(len(unit), np.int64), np.arange(int(np.diff(start).max(initial=0)))
        for first, last in pairwise(start.tolist()):
            # row by row, which takes a third of sorting all of them at once
            rank[first:last][np.argsort(metres[first:last], kind="stable")] = numbers[: last - first]
        here, there = locked[centres[row]], locked[unit]
        fits = (here < 0) | (there < 0) | (here == there)
        rows = [np.column_stack([np.arange(len(centres)), np.full(len(centres), -1)])]
        for label in [locked, current] if self.with_budget else [locked]:
            has = fits & (label[unit] >= 0)
            rows.append(np.unique(np.column_stack([row[has], label[unit][has]]), axis=0))
        of, label = np.unique(np.concatenate(rows), axis=0).T
        # a locked centre has the site of its own label alone
        right = ((locked[centres[of]] < 0) | (locked[centres[of]] == label)) & (self.weight[centres[of]] <= self.upper)
        of, label = of[right], label[right]
        length = np.diff(start)[of]
        begin = np.concatenate([[0], np.cumsum(length)])
        pair = np.arange(int(begin[-1])) - np.repeat(begin[:-1], length) + np.repeat(start[of], length)
        members, carried = unit[pair], np.repeat(label, length)
        moved = np.where((current[members] >= 0) & (current[members] != carried), self.residents[members], 0.0)
        cost = moved if self.count_moves else self.weight[members] * metres[pair] + self.price * moved
        near = rank[pair] < self.nearest
        near[begin[:-1]] = True
        # units locked to a label are in the site of that label, all of them, and in no other
        allowed = (locked[members] < 0) | (locked[members] == carried)
        site = np.repeat(np.arange(len(of)), length)
        held = np.bincount(locked[locked >= 0], minlength=int(label.max(initial=-1)) + 2)
        inside = np.bincount(site[allowed], weights=locked[members[allowed]] >= 0, minlength=len(of))
        complete = (label < 0) | (inside >= held[label])
        mask = allowed & complete[site]
        near |= locked[members] >= 0
        sites = SitePairs(centres[of], label, begin, members, np.ascontiguousarray(cost, float), moved.astype(float))
        return sites.keep(mask), near[sites.surviving(mask)]


def joined(parts: Sequence[SitePairs]) -> SitePairs:
    """Return the sites of several parts as one."""
    offset = np.cumsum([0] + [len(p.unit) for p in parts])
    return SitePairs(
        np.concatenate([p.centre for p in parts]),
        np.concatenate([p.label for p in parts]),
        np.concatenate([p.start[:-1] + o for p, o in zip(parts, offset, strict=False)] + [offset[-1:]]),
        np.concatenate([p.unit for p in parts]),
        np.concatenate([p.cost for p in parts]),
        np.concatenate([p.moved for p in parts]),
        None if all(p.plain is None for p in parts) else np.concatenate([p.paid for p in parts]),
    )


@njit(cache=True, nogil=True)
def _connected_pairs(
    start: np.ndarray,
    unit: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    weight: np.ndarray,
    upper: float,
    kept: np.ndarray,
):
    n = weight.shape[0]
    path = np.full(n, np.inf)
    place = np.full(n, -1)
    for s in range(start.shape[0] - 1):
        for p in range(start[s], start[s + 1]):
            place[unit[p]] = p
        j = unit[start[s]]
        path[j] = weight[j]
        heap = [(weight[j], j)]
        while len(heap) > 0:
            d, i = heappop(heap)
            if d > path[i] or kept[place[i]]:
                continue
            kept[place[i]] = True
            for e in range(indptr[i], indptr[i + 1]):
                v = indices[e]
                if place[v] >= 0 and not kept[place[v]]:
                    t = d + weight[v]
                    if t <= upper and t < path[v]:
                        path[v] = t
                        heappush(heap, (t, v))
        for p in range(start[s], start[s + 1]):
            place[unit[p]] = -1
            path[unit[p]] = np.inf


def pairs_in_reach(
    sites: SitePairs, indptr: np.ndarray, indices: np.ndarray, weight: np.ndarray, upper: float
) -> np.ndarray:
    """Tell which pairs can still be connected with their centre by units of the same site and at most `upper` workload.

    Parameters
    ----------
    sites
        The sites.
    indptr, indices
        Adjacency as compressed rows.
    weight
        (n,) workload.
    upper
        Greatest workload of a district.

    Returns
    -------
    numpy.ndarray
        (P,) bool.
    """
    kept = np.zeros(len(sites.unit), np.bool_)
    _connected_pairs(sites.start, sites.unit, indptr, indices, weight, upper * (1 + 1e-6), kept)
    return kept
