"""Starts for a search: districts grown from seeds, from today's districts and around locked units, connected but not yet balanced."""

from __future__ import annotations

import heapq
from collections.abc import Callable

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

# Units up to which pieces are walked through.
FEW_UNITS = 200


class LocksApartError(ValueError):
    """Units locked to one label cannot be joined into one district; `label` says which."""

    def __init__(self, label: int) -> None:
        super().__init__(f"units locked to label {label} cannot be joined")
        self.label = label


class NoRoomError(ValueError):
    """The locked units leave no room for so many districts."""


class Graph:
    """Adjacency as compressed rows, with the border length and tail of each directed edge."""

    def __init__(self, n: int, edges: np.ndarray, border: np.ndarray) -> None:
        both = np.concatenate([edges, edges[:, ::-1]]) if len(edges) else np.empty((0, 2), int)
        # a link has no border but must stand in the sparse matrix, so lengths are kept apart from the structure
        length = np.concatenate([border, border])
        order = np.lexsort((both[:, 1], both[:, 0])) if len(both) else np.empty(0, int)
        both, length = both[order], length[order]
        self.indptr = np.searchsorted(both[:, 0], np.arange(n + 1)).astype(np.int64)
        self.indices = both[:, 1].astype(np.int64)
        self.tails = both[:, 0].astype(np.int64)
        self.length = length.astype(float)
        self.matrix = sparse.csr_matrix((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(n, n))
        self.n = n

    def neighbours(self, i: int) -> np.ndarray:
        """Return the units adjacent to unit `i`."""
        return self.indices[self.indptr[i] : self.indptr[i + 1]]

    def components(self) -> np.ndarray:
        """Return the piece of the map that each unit is in, (n,)."""
        return csgraph.connected_components(self.matrix, directed=False)[1]

    def pieces_of(self, units: np.ndarray) -> np.ndarray:
        """Return the connected piece that each of some units is in, numbered as their first units come, (m,)."""
        if len(units) > FEW_UNITS:
            return csgraph.connected_components(self.matrix[units][:, units], directed=False)[1]
        # to cut a few units out of a sparse matrix takes a hundred times as long as to walk through them
        missing = {i: at for at, i in enumerate(units.tolist())}
        piece, made = np.empty(len(units), np.int32), 0
        while missing:
            first, at = next(iter(missing.items()))
            del missing[first]
            piece[at], todo = made, [first]
            while todo:
                i = todo.pop()
                for v in self.indices[self.indptr[i] : self.indptr[i + 1]].tolist():
                    if (at := missing.pop(v, None)) is not None:
                        piece[at] = made
                        todo.append(v)
            made += 1
        return piece

    def holds_together(self, district: np.ndarray) -> bool:
        """Tell whether every district, (n,) of each unit, is connected."""
        inside = district[self.tails] == district[self.indices]
        ends = (self.tails[inside], self.indices[inside])
        graph = sparse.csr_matrix((np.ones(int(inside.sum())), ends), shape=(self.n, self.n))
        return csgraph.connected_components(graph, directed=False)[0] == len(np.unique(district))


def share_out(
    weight: np.ndarray,
    count: int,
    lower: float = 0.0,
    upper: float = np.inf,
    most: np.ndarray | None = None,
    fewest: np.ndarray | None = None,
) -> np.ndarray | None:
    """Share `count` out to parts by weight, at least one each, within bounds of a share where they are given.

    Each next one goes to the part with the greatest weight per share already given (Sainte-Laguë would round; here the worst
    load is made least, as officers feel it).

    Parameters
    ----------
    weight
        (p,) weight of each part.
    count
        Shares to give, at least p.
    lower, upper
        Bounds of the weight of a share.
    most
        (p,) greatest number that a part can take; None for no limit.
    fewest
        (p,) least number that a part must take; None for one.

    Returns
    -------
    numpy.ndarray or None
        (p,) shares, or None where no sharing keeps the bounds.
    """
    least = np.ones(len(weight), int)
    if 0.0 < upper < np.inf:
        least = np.maximum(1, np.ceil(weight / upper - 1e-9)).astype(int)
    if fewest is not None:
        least = np.maximum(least, fewest)
    room = np.full(len(weight), count) if most is None else most
    most = np.minimum(room, np.floor(weight / lower + 1e-9).astype(int)) if lower > 0 else room
    if (least > most).any() or least.sum() > count or most.sum() < count:
        return None
    given = least.copy()
    while given.sum() < count:
        load = np.where(given < most, weight / given, -1.0)
        given[int(np.argmax(load))] += 1
    return given


class Growth:
    """Grows districts for one problem; the same generator gives the same districts.

    Parameters
    ----------
    weight, xy
        (n,) workload and (n, 2) points of the units.
    graph
        Their adjacency.
    residents, current, locked
        (n,) residents, today's label and locked label of each unit (-1 for none).
    part, share
        (n,) piece of the map that each unit is in, and (p,) districts of each piece.
    random
        Source of chance.
    """

    def __init__(
        self,
        weight: np.ndarray,
        xy: np.ndarray,
        graph: Graph,
        residents: np.ndarray,
        current: np.ndarray,
        locked: np.ndarray,
        part: np.ndarray,
        share: np.ndarray,
        random: np.random.Generator,
    ) -> None:
        self.weight, self.xy, self.graph, self.residents = weight, xy, graph, residents
        self.current, self.locked, self.part, self.share, self.random = current, locked, part, share, random

    def grow(self, from_today: bool) -> tuple[np.ndarray, np.ndarray]:
        """Make connected districts from seeds; the lightest district takes its nearest free neighbour first."""
        n = len(self.weight)
        district = np.full(n, -1)
        label: list[int] = []
        groups = [np.flatnonzero(self.locked == g) for g in np.unique(self.locked[self.locked >= 0])]
        for units in groups:
            district[self.join(units, district)] = len(label)
            label.append(int(self.locked[units[0]]))
        if from_today:
            pieces: list[tuple[int, np.ndarray]] = []
            for g in np.unique(self.current[self.current >= 0]):
                if g in label:
                    free = np.flatnonzero((self.current == g) & (district < 0))
                    district[self.touching(free, district, label.index(g))] = label.index(g)
                    continue
                free = np.flatnonzero((self.current == g) & (district < 0))
                if len(free):
                    pieces.append((g, self.largest_piece(free)))
            pieces.sort(key=lambda p: -float(self.residents[p[1]].sum()))
            room = self.share.copy()
            for k in range(len(label)):
                room[self.part[np.flatnonzero(district == k)[0]]] -= 1
            for g, piece in pieces:
                if room[self.part[piece[0]]] > 0:
                    room[self.part[piece[0]]] -= 1
                    district[piece] = len(label)
                    label.append(int(g))
        have = np.zeros(len(self.share), int)
        near = np.full(n, np.inf)
        for k in range(len(label)):
            first = int(np.flatnonzero(district == k)[0])
            have[self.part[first]] += 1
            near = np.minimum(near, self.squared_from(first))
        if (have > self.share).any():
            raise NoRoomError
        for p, wanted in enumerate(self.share):
            for _ in range(wanted - have[p]):
                free = np.flatnonzero((self.part == p) & (district < 0))
                u = self.spread_seed(free, near) if len(free) else self.split_off(p, district)
                district[u] = len(label)
                label.append(-1)
                near = np.minimum(near, self.squared_from(u))
        self.fill(district, len(label))
        return district, np.array(label)

    def squared_from(self, unit: int) -> np.ndarray:
        """Return the squared distance of every unit from one, (n,)."""
        return ((self.xy - self.xy[unit]) ** 2).sum(axis=1)

    def spread_seed(self, free: np.ndarray, near: np.ndarray) -> int:
        """Pick a free unit with chance by workload × squared distance to the nearest seed (k-means++)."""
        chance = self.weight[free] + 1e-12
        if np.isfinite(near[free]).all():
            chance = chance * near[free]
        if chance.sum() <= 0:
            chance = np.ones(len(free))
        return int(self.random.choice(free, p=chance / chance.sum()))

    def split_off(self, part: int, district: np.ndarray) -> int:
        """Pick a unit that the heaviest district of a piece can give up and stay connected."""
        loads = np.bincount(district[self.part == part], weights=self.weight[self.part == part])
        sizes = np.bincount(district[self.part == part], minlength=len(loads))
        for k in np.argsort(-np.where(sizes > 1, loads, -1.0)):
            members = np.flatnonzero((district == k) & (self.locked < 0))
            self.random.shuffle(members)
            for u in members:
                rest = np.flatnonzero((district == k) & (np.arange(len(district)) != u))
                if len(rest) and len(self.largest_piece(rest)) == len(rest):
                    return int(u)
        raise NoRoomError

    def fill(self, district: np.ndarray, count: int) -> None:
        """Give every free unit to a district, the lightest taking its nearest free neighbour first."""
        graph = self.graph
        load = np.bincount(district[district >= 0], weights=self.weight[district >= 0], minlength=count)
        seat = np.array([np.flatnonzero(district == k)[0] for k in range(count)])
        frontier: list[list[tuple[float, int]]] = [[] for _ in range(count)]

        def offer(k: int, i: int) -> None:
            for v in graph.neighbours(i):
                if district[v] < 0:
                    heapq.heappush(frontier[k], (float(np.hypot(*(self.xy[v] - self.xy[seat[k]]))), int(v)))

        for i in np.flatnonzero(district >= 0):
            offer(int(district[i]), int(i))
        queue = [(float(load[k]), k) for k in range(count)]
        heapq.heapify(queue)
        while queue:
            _, k = heapq.heappop(queue)
            while frontier[k]:
                _, v = heapq.heappop(frontier[k])
                if district[v] < 0:
                    district[v] = k
                    load[k] += self.weight[v]
                    offer(k, v)
                    heapq.heappush(queue, (float(load[k]), k))
                    break

    def largest_piece(self, units: np.ndarray) -> np.ndarray:
        """Return the connected piece of `units` with the most residents."""
        piece = self.graph.pieces_of(units)
        weight = np.bincount(piece, weights=self.residents[units] + 1e-9)
        return units[piece == int(np.argmax(weight))]

    def touching(self, units: np.ndarray, district: np.ndarray, k: int) -> np.ndarray:
        """Return those of `units` that are connected with district k through `units`."""
        both = np.concatenate([np.flatnonzero(district == k), units])
        piece = self.graph.pieces_of(both)
        return both[piece == piece[0]]

    def join(self, units: np.ndarray, district: np.ndarray) -> np.ndarray:
        """Return `units` with the free units that connect them by shortest paths."""
        chosen = {int(units[0])}
        open_units = (district < 0) & ((self.locked < 0) | np.isin(np.arange(len(district)), units))
        free = np.flatnonzero(open_units)
        place = {int(u): i for i, u in enumerate(free)}
        matrix = self.graph.matrix[free][:, free]
        for u in units[1:]:
            if int(u) in chosen:
                continue
            hops, before = csgraph.dijkstra(
                matrix, indices=np.array(place[int(u)]), unweighted=True, return_predecessors=True
            )
            near = min(chosen, key=lambda c: (hops[place[c]], c))
            if not np.isfinite(hops[place[near]]):
                raise LocksApartError(int(self.locked[units[0]]))
            step = place[near]
            while step != place[int(u)]:
                chosen.add(int(free[step]))
                step = before[step]
            chosen.add(int(u))
        return np.array(sorted(chosen))


def halved(
    weight: np.ndarray, xy: np.ndarray, graph: Graph, part: np.ndarray, share: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Make connected districts by halving each piece of the map across its longer side until one district is left.

    Workload and number of districts are shared out at every halving, so no region is left with too much or too little, which growth from
    seeds leaves behind in large towns and moves of single units mend slowly.

    Parameters
    ----------
    weight, xy
        (n,) workload and (n, 2) points of the units.
    graph
        Their adjacency.
    part, share
        (n,) piece of the map that each unit is in, and (p,) districts of each piece.
    random
        Turns the cuts a little.

    Returns
    -------
    numpy.ndarray
        (n,) district 0..K-1 of each unit.

    Raises
    ------
    ValueError
        Where a piece of the map cannot be halved.
    """
    district = np.full(graph.n, -1)
    # a unit without workload still has its place
    load = np.maximum(weight, 1e-6 * max(float(weight.mean()), 1e-300))
    waiting = [(np.flatnonzero(part == p), int(k)) for p, k in enumerate(share)]
    made = 0
    while waiting:
        units, k = waiting.pop()
        if k == 1:
            district[units] = made
            made += 1
            continue
        points = xy[units] - np.average(xy[units], axis=0, weights=load[units])
        spread = (points * load[units, None]).T @ points
        axis = np.linalg.eigh(spread)[1][:, 1]
        turn = random.normal(0.0, 0.25)
        axis = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ axis
        order = np.argsort(points @ axis, kind="stable")
        through = np.cumsum(load[units][order])
        first = np.zeros(len(units), bool)
        first[order[through <= through[-1] * (k // 2) / k]] = True
        if not first.any():
            first[order[0]] = True
        # pieces cut off from the rest of a half join the other, which surrounds them
        within = graph.matrix[units][:, units]
        for side in (True, False):
            members = np.flatnonzero(first == side)
            piece = csgraph.connected_components(within[members][:, members], directed=False)[1]
            main = np.argmax(np.bincount(piece, weights=load[units[members]]))
            first[members[piece != main]] = not side
        halves = units[first], units[~first]
        if not len(halves[1]):
            raise ValueError("a piece of the map cannot be halved")
        wanted = round(k * float(load[halves[0]].sum()) / float(load[units].sum()))
        one = min(max(1, k - len(halves[1]), wanted), k - 1, len(halves[0]))
        waiting += [(halves[0], one), (halves[1], k - one)]
    return district


def grown_from(
    centres: np.ndarray, graph: Graph, metres: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> np.ndarray | None:
    """Make connected districts around centres, each unit joining the nearest that reaches it; None where some unit is never reached.

    Parameters
    ----------
    centres
        (K,) units.
    graph
        Adjacency.
    metres
        Gives the distances from some units to some centres.

    Returns
    -------
    numpy.ndarray or None
        (n,) district 0..K-1 of each unit.
    """
    district = np.full(graph.n, -1)
    queue = [(-1.0, int(c), k) for k, c in enumerate(centres)]
    heapq.heapify(queue)
    while queue:
        _, i, k = heapq.heappop(queue)
        if district[i] >= 0:
            continue
        district[i] = k
        around = graph.neighbours(i)
        around = around[district[around] < 0]
        for j, far in zip(around, metres(around, np.full(len(around), centres[k])), strict=True):
            heapq.heappush(queue, (float(far), int(j), k))
    return district if (district >= 0).all() else None
