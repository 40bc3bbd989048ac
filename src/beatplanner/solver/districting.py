"""Districts: connected, balanced, little changed where wished, with a proven gap.

Model::

    min  Σ_i w_i d(i, centre of i's district)        objective "travel"; or Σ shared border between districts, "cut"
    s.t. every unit in exactly one of K districts; each district connected in the adjacency graph;
         L ≤ workload of a district ≤ U; the centre of a district is its best member;
         units locked to a label are together, those locked to different labels apart;
         residents whose district's label differs from their unit's current one ≤ budget.

Method: several starts grown from spread seeds (and from today's districts), each improved by annealing
(`local_search`); then a Lagrangian bound with reduced-cost fixing (`district_bound`), and an exact model with contiguity cuts on
what is left (`district_exact`). The bound is valid for the whole problem: every step relaxes it and fixes only what cannot be in a
better plan.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csgraph

from beatplanner.solver import local_search
from beatplanner.solver.district_bound import lagrangian_bound
from beatplanner.solver.district_exact import exact_districts

Progress = Callable[[str, float | None, float | None, float], None]

# Above this many units distances are computed from coordinates as they are needed, and no exact model is tried:
# a matrix of all pairs would take 200 MB and more.
DENSE_LIMIT = 5_000
EXACT_LIMIT = 2_000
PROOF_NODES = 300


class LocksApartError(ValueError):
    """Units locked to one label cannot be joined into one district; `label` says which."""

    def __init__(self, label: int) -> None:
        super().__init__(f"units locked to label {label} cannot be joined")
        self.label = label


class NoRoomError(ValueError):
    """The locked units leave no room for so many districts."""


@dataclass(frozen=True)
class DistrictingProblem:
    """One municipality's units, to be made into districts.

    Attributes
    ----------
    weight
        (n,) workload, not negative.
    xy
        (n, 2) representative points, metres.
    edges
        (m, 2) adjacent units.
    border
        (m,) shared border, metres.
    count
        Number of districts K, 1..n.
    lower, upper
        Bounds of a district's workload.
    distance
        (n, n) metres from unit i to centre j as ``distance[i, j]``, or None for the straight line.
    by_cut
        Minimise the border between districts instead of travel.
    residents
        (n,) residents (or workload where they are unknown), for the budget.
    current
        (n,) label of today's district, -1 where there is none.
    budget
        Residents that may change label; None for no limit.
    locked
        (n,) label that the unit must have, -1 where free. Labels of `locked` and `current` are the same.
    """

    weight: np.ndarray
    xy: np.ndarray
    edges: np.ndarray
    border: np.ndarray
    count: int
    lower: float
    upper: float
    distance: np.ndarray | None = None
    by_cut: bool = False
    residents: np.ndarray = field(default_factory=lambda: np.empty(0))
    current: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    budget: float | None = None
    locked: np.ndarray = field(default_factory=lambda: np.empty(0, int))


@dataclass(frozen=True)
class Districts:
    """The best districts found.

    Attributes
    ----------
    district
        (n,) district of each unit, 0..K-1.
    centre
        (K,) centre unit of each district.
    label
        (K,) label of today's district that each carries on, -1 for a new one.
    objective
        Travel or cut of these districts.
    lower_bound
        Proven bound on the objective of any districts that keep the rules; None where none was computed.
    outside
        Workload outside the bounds, summed over districts; 0 where the rules are kept.
    moved
        Residents whose label changes.
    infeasible
        Whether it is proven that no districts keep the rules.
    """

    district: np.ndarray
    centre: np.ndarray
    label: np.ndarray
    objective: float
    lower_bound: float | None
    outside: float
    moved: float
    infeasible: bool


class _Graph:
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
        return self.indices[self.indptr[i] : self.indptr[i + 1]]

    def components(self) -> np.ndarray:
        return csgraph.connected_components(self.matrix, directed=False)[1]


def connected(district: np.ndarray, edges: np.ndarray) -> bool:
    """Tell whether every district is connected in the graph of `edges`, (m, 2)."""
    inside = edges[district[edges[:, 0]] == district[edges[:, 1]]] if len(edges) else np.empty((0, 2), int)
    graph = sparse.csr_matrix((np.ones(len(inside)), (inside[:, 0], inside[:, 1])), shape=(len(district),) * 2)
    return csgraph.connected_components(graph, directed=False)[0] == len(np.unique(district))


def share_out(
    weight: np.ndarray, count: int, lower: float = 0.0, upper: float = np.inf, most: np.ndarray | None = None
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

    Returns
    -------
    numpy.ndarray or None
        (p,) shares, or None where no sharing keeps the bounds.
    """
    least = (
        np.maximum(1, np.ceil(weight / upper - 1e-9)).astype(int) if np.isfinite(upper) else np.ones(len(weight), int)
    )
    room = np.full(len(weight), count) if most is None else most
    most = np.minimum(room, np.floor(weight / lower + 1e-9).astype(int)) if lower > 0 else room
    if (least > most).any() or least.sum() > count or most.sum() < count:
        return None
    given = least.copy()
    while given.sum() < count:
        load = np.where(given < most, weight / given, -1.0)
        given[int(np.argmax(load))] += 1
    return given


def solve_districts(
    problem: DistrictingProblem,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    effort: float = 1.0,
    prove: bool = True,
    nodes: int = PROOF_NODES,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Districts:
    """Find balanced connected districts and a proven bound on what any could reach.

    Parameters
    ----------
    problem
        What to solve.
    seconds
        Limit of wall time; the best districts so far are returned when it ends.
    threads
        Threads of the exact model.
    seed
        Seed of the annealing; the same seed gives the same districts unless the time limit cuts the search.
    effort
        Multiplies the number of moves tried.
    prove
        Whether to compute a bound.
    nodes
        Branch-and-bound nodes after which the exact model ends, so that it ends at the same plan everywhere.
    progress
        Called with phase, best objective, bound and seconds.
    cancelled
        Asked often; True ends the search.

    Returns
    -------
    Districts
        Always connected; `outside` tells whether the balance is kept.
    """
    begin = time.monotonic()

    def stop() -> bool:
        return cancelled() or time.monotonic() - begin > seconds

    def tell(phase: str, best: float | None, bound: float | None) -> None:
        if progress is not None:
            progress(phase, best, bound, time.monotonic() - begin)

    search = _Search(problem, seed)
    search_seconds = seconds * (0.55 if prove else 1.0)
    best = search.run(effort, lambda: cancelled() or time.monotonic() - begin > search_seconds, tell)
    bound: float | None = None
    infeasible = search.parts is None
    kept = best.outside <= 1e-9 * problem.upper * problem.count and search.within_budget(best)
    if prove and not problem.by_cut and len(problem.weight) <= DENSE_LIMIT and not stop():
        value, better, infeasible = _prove(
            problem, search, best, kept, begin, seconds, stop, threads, seed, nodes, tell
        )
        bound = value
        if better is not None:
            best, kept = better, True
    if kept and bound is not None:
        bound = min(bound, best.objective)
    tell("beats", best.objective if kept else None, bound)
    return Districts(
        best.district, best.centre, best.label, best.objective, bound, best.outside, best.moved,
        infeasible=infeasible and not kept,
    )  # fmt: skip


@dataclass(frozen=True)
class _Found:
    district: np.ndarray
    centre: np.ndarray
    label: np.ndarray
    objective: float
    outside: float
    moved: float


class _Search:
    """Starts grown from seeds and improved by annealing."""

    def __init__(self, problem: DistrictingProblem, seed: int) -> None:
        n = len(problem.weight)
        self.problem = problem
        self.random = np.random.default_rng(seed)
        self.graph = _Graph(n, problem.edges, problem.border)
        self.distance = (
            problem.distance if problem.distance is not None
            else _straight(problem.xy) if n <= DENSE_LIMIT else np.empty((0, 0))
        )  # fmt: skip
        none = np.full(n, -1)
        self.current = problem.current if len(problem.current) else none
        self.locked = problem.locked if len(problem.locked) else none
        self.residents = problem.residents if len(problem.residents) else problem.weight
        self.part = self.graph.components()
        loads = np.bincount(self.part, weights=problem.weight)
        # None where the pieces of the map cannot each hold a whole number of districts within the bounds
        self.parts = share_out(loads, problem.count, problem.lower, problem.upper)
        share = self.parts if self.parts is not None else share_out(loads, problem.count)
        if share is None:
            raise ValueError("there are more pieces of the map than districts")
        self.share: np.ndarray = share

    def within_budget(self, found: _Found) -> bool:
        return self.problem.budget is None or found.moved <= self.problem.budget * (1 + 1e-9) + 1e-9

    def run(self, effort: float, stop: Callable[[], bool], tell: Callable[..., None]) -> _Found:
        n, count = len(self.problem.weight), self.problem.count
        if count == n or count == int(self.part.max()) + 1 == 1:
            return self.found(np.arange(n) if count == n else np.zeros(n, int), None)
        proposals = int(effort * max(500_000, 20_000 * n))
        today = bool((self.current >= 0).any())
        best: _Found | None = None
        starts = 4 if n <= EXACT_LIMIT else 2
        for start in range(starts):
            if best is not None and stop():
                break
            from_today = today and (start == 0 or self.problem.budget is not None)
            district, label = self.grow(from_today)
            found = self.anneal(district, label, proposals, stop, gentle=from_today and self.problem.budget is not None)
            if best is None or self.rank(found) < self.rank(best):
                best = found
            tell("beats", best.objective if self.rank(best)[0] == 0 else None, None)
        assert best is not None
        return best

    def rank(self, found: _Found) -> tuple[float, float]:
        over = 0.0 if self.problem.budget is None else max(0.0, found.moved - self.problem.budget)
        slack = 1e-9 * self.problem.upper * self.problem.count
        breach = (0.0 if found.outside <= slack else found.outside / self.problem.upper) + (
            0.0 if self.within_budget(found) else over / max(1.0, float(self.residents.sum()))
        )
        return (breach, found.objective)

    def grow(self, from_today: bool) -> tuple[np.ndarray, np.ndarray]:
        """Make connected districts from seeds; the lightest district takes its nearest free neighbour first."""
        problem = self.problem
        n = len(problem.weight)
        district = np.full(n, -1)
        label: list[int] = []
        groups = [np.flatnonzero(self.locked == g) for g in np.unique(self.locked[self.locked >= 0])]
        for units in groups:
            district[self.join(units, district)] = len(label)
            label.append(int(self.locked[units[0]]))
        if from_today:
            pieces = []
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
        for k in range(len(label)):
            have[self.part[np.flatnonzero(district == k)[0]]] += 1
        for p, wanted in enumerate(self.share):
            for _ in range(wanted - have[p]):
                free = np.flatnonzero((self.part == p) & (district < 0))
                if len(free):
                    seeds = np.array([np.flatnonzero(district == k)[0] for k in range(len(label))], int)
                    u = self.spread_seed(free, seeds)
                else:
                    u = self.split_off(p, district)
                district[u] = len(label)
                label.append(-1)
        self.fill(district, len(label))
        return district, np.array(label)

    def spread_seed(self, free: np.ndarray, seeds: np.ndarray) -> int:
        """Pick a free unit with chance by workload × squared distance to the nearest seed (k-means++)."""
        xy, weight = self.problem.xy, self.problem.weight[free] + 1e-12
        if len(seeds):
            near = np.min(((xy[free][:, None] - xy[seeds][None]) ** 2).sum(axis=2), axis=1)
            chance = weight * near
        else:
            chance = weight
        if chance.sum() <= 0:
            chance = np.ones(len(free))
        return int(self.random.choice(free, p=chance / chance.sum()))

    def split_off(self, part: int, district: np.ndarray) -> int:
        """Pick a unit that the heaviest district of a piece can give up and stay connected."""
        loads = np.bincount(district[self.part == part], weights=self.problem.weight[self.part == part])
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
        problem, graph = self.problem, self.graph
        load = np.bincount(district[district >= 0], weights=problem.weight[district >= 0], minlength=count)
        seat = np.array([np.flatnonzero(district == k)[0] for k in range(count)])
        frontier: list[list[tuple[float, int]]] = [[] for _ in range(count)]

        def offer(k: int, i: int) -> None:
            for v in graph.neighbours(i):
                if district[v] < 0:
                    heapq.heappush(frontier[k], (float(np.hypot(*(problem.xy[v] - problem.xy[seat[k]]))), int(v)))

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
                    load[k] += problem.weight[v]
                    offer(k, v)
                    heapq.heappush(queue, (float(load[k]), k))
                    break

    def largest_piece(self, units: np.ndarray) -> np.ndarray:
        piece = csgraph.connected_components(self.graph.matrix[units][:, units], directed=False)[1]
        weight = np.bincount(piece, weights=self.residents[units] + 1e-9)
        return units[piece == int(np.argmax(weight))]

    def touching(self, units: np.ndarray, district: np.ndarray, k: int) -> np.ndarray:
        """Return those of `units` that are connected with district k through `units`."""
        both = np.concatenate([np.flatnonzero(district == k), units])
        piece = csgraph.connected_components(self.graph.matrix[both][:, both], directed=False)[1]
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
            hops, before = csgraph.dijkstra(matrix, indices=place[int(u)], unweighted=True, return_predecessors=True)
            near = min(chosen, key=lambda c: (hops[place[c]], c))
            if not np.isfinite(hops[place[near]]):
                raise LocksApartError(int(self.locked[units[0]]))
            step = place[near]
            while step != place[int(u)]:
                chosen.add(int(free[step]))
                step = before[step]
            chosen.add(int(u))
        return np.array(sorted(chosen))

    def anneal(
        self, district: np.ndarray, label: np.ndarray, proposals: int, stop: Callable[[], bool], *, gentle: bool
    ) -> _Found:
        problem, graph = self.problem, self.graph
        n, count = len(problem.weight), problem.count
        district = district.astype(np.int64)
        members = np.zeros((count, n), np.int32)
        size, slot = np.zeros(count, np.int64), np.zeros(n, np.int64)
        total, near = np.zeros(count), np.zeros(n)
        centre, cost = np.zeros(count, np.int64), np.zeros(count)
        mark, stack = np.zeros(n, np.int64), np.zeros(n, np.int64)
        best = district.copy()
        tally = np.zeros(local_search.TALLY_SLOTS)
        budget = -1.0 if problem.budget is None else float(problem.budget)
        fixed = self.locked >= 0
        tally[local_search.BEST_OUTSIDE] = np.inf
        tally[local_search.BEST_COST] = np.inf

        def refresh() -> None:
            """Recompute the figures from the districts, so that rounding never adds up."""
            local_search.measure(
                self.distance, problem.xy, problem.weight, district, members, size, slot, total, near, centre, cost
            )
            tally[local_search.COST] = self.cut(district) if problem.by_cut else cost.sum()
            tally[local_search.OUTSIDE] = _outside(total, problem.lower, problem.upper)
            known = self.current >= 0
            tally[local_search.MOVED] = self.residents[known & (self.current != label[district])].sum()

        refresh()
        scale = tally[local_search.COST] / n
        tally[local_search.WEIGHT_PENALTY] = 2.0 * tally[local_search.COST] / max(problem.weight.sum(), 1e-12)
        tally[local_search.MOVE_PENALTY] = 2.0 * tally[local_search.COST] / max(float(self.residents.sum()), 1e-12)
        hot, cold = (0.05 if gentle else 0.5) * scale, 0.003 * scale
        chunk = min(proposals, 100_000)
        cooling = (cold / hot) ** (1.0 / proposals)
        temperature = hot
        arguments = (
            self.distance, problem.xy, problem.weight, problem.lower, problem.upper, graph.indptr, graph.indices,
            graph.length, graph.tails, problem.by_cut, fixed, self.residents.astype(float), self.current,
            label, budget, district, members, size, slot, total, near, centre, cost, mark, stack, best, tally,
        )  # fmt: skip
        for _ in range(0, proposals, chunk):
            seed = int(self.random.integers(2**31))
            temperature = local_search.anneal(seed, chunk, temperature, cooling, *arguments, True)
            refresh()
            if stop():
                break
        # a last descent from the best state, at almost no heat, with the rules held firmly
        district[:] = best
        refresh()
        tally[local_search.WEIGHT_PENALTY] *= 10.0
        tally[local_search.MOVE_PENALTY] *= 10.0
        seed = int(self.random.integers(2**31))
        local_search.anneal(seed, chunk, 1e-3 * cold, 1.0, *arguments, False)
        return self.found(best, label)

    def cut(self, district: np.ndarray) -> float:
        edges = self.problem.edges
        return float(self.problem.border[district[edges[:, 0]] != district[edges[:, 1]]].sum()) if len(edges) else 0.0

    def found(self, district: np.ndarray, label: np.ndarray | None) -> _Found:
        """Measure districts afresh, with the labels that move the fewest residents."""
        problem = self.problem
        n, count = len(problem.weight), problem.count
        total, near = np.zeros(count), np.zeros(n)
        centre, cost = np.zeros(count, np.int64), np.zeros(count)
        local_search.measure(
            self.distance, problem.xy, problem.weight, district.astype(np.int64), np.zeros((count, n), np.int32),
            np.zeros(count, np.int64), np.zeros(n, np.int64), total, near, centre, cost,
        )  # fmt: skip
        label = best_labels(district, count, self.current, self.residents, self.locked)
        known = self.current >= 0
        moved = float(self.residents[known & (self.current != label[district])].sum())
        objective = self.cut(district) if problem.by_cut else float(cost.sum())
        return _Found(district.copy(), centre, label, objective, _outside(total, problem.lower, problem.upper), moved)


def best_labels(
    district: np.ndarray, count: int, current: np.ndarray, residents: np.ndarray, locked: np.ndarray
) -> np.ndarray:
    """Give each district the label of today's district so that the fewest residents change label.

    Parameters
    ----------
    district
        (n,) new district of each unit.
    count
        Number of new districts.
    current
        (n,) label of today's district, -1 for none.
    residents
        (n,) residents.
    locked
        (n,) label that a unit's district must bear, -1 where free.

    Returns
    -------
    numpy.ndarray
        (K,) label of each district, -1 for a new one.
    """
    labels = np.unique(np.concatenate([current[current >= 0], locked[locked >= 0]]))
    if not len(labels):
        return np.full(count, -1)
    shared = np.zeros((count, len(labels)))
    known = current >= 0
    np.add.at(shared, (district[known], np.searchsorted(labels, current[known])), residents[known] + 1e-9)
    held = locked >= 0
    shared[district[held], np.searchsorted(labels, locked[held])] += 1e12
    rows, columns = linear_sum_assignment(-shared)
    label = np.full(count, -1)
    fits = shared[rows, columns] > 0
    label[rows[fits]] = labels[columns[fits]]
    return label


def _straight(xy: np.ndarray) -> np.ndarray:
    return np.hypot(xy[:, None, 0] - xy[None, :, 0], xy[:, None, 1] - xy[None, :, 1])


def _outside(total: np.ndarray, lower: float, upper: float) -> float:
    return float(np.maximum(0.0, total - upper).sum() + np.maximum(0.0, lower - total).sum())


def _prove(problem, search, best, kept, begin, seconds, stop, threads, seed, nodes, tell):
    """Bound the travel from below, and close the gap where the problem is small enough."""
    cost = (search.distance * problem.weight[:, None]).T.copy()
    allowed = reachable_pairs(search.graph.matrix, problem.weight, problem.upper, search.locked)
    known = best.objective if kept else np.inf
    bound = lagrangian_bound(
        cost, allowed, problem.weight, problem.count, problem.lower, problem.upper, known, stop=stop
    )
    tell("beats: bound", known if kept else None, bound.value)
    if not np.isfinite(bound.value):
        return None, None, True
    value, better, infeasible = bound.value, None, False
    if len(problem.weight) <= EXACT_LIMIT and not stop() and (not kept or known - value > 1e-4 * known):
        exact = exact_districts(
            cost, bound, problem, search.graph.matrix, known, (best.district, best.centre) if kept else None,
            search.locked, until=begin + seconds, stop=stop, threads=threads, seed=seed, nodes=nodes,
            tell=lambda b, v: tell("beats: proof", b, v),
        )  # fmt: skip
        value = max(value, exact.bound)
        infeasible = exact.infeasible
        if exact.district is not None:
            candidate = search.found(exact.district, None)
            if search.rank(candidate) < search.rank(best):
                better = candidate
    return (value if np.isfinite(value) else None), better, infeasible


def reachable_pairs(matrix: sparse.csr_matrix, weight: np.ndarray, upper: float, locked: np.ndarray) -> np.ndarray:
    """Tell which units can share a district at all: the lightest connection between them weighs at most `upper`.

    Parameters
    ----------
    matrix
        (n, n) adjacency.
    weight
        (n,) workload.
    upper
        Greatest workload of a district.
    locked
        (n,) labels; units with different ones are never together.

    Returns
    -------
    numpy.ndarray
        (n, n) bool, symmetric.
    """
    tails, heads = matrix.nonzero()
    arcs = sparse.csr_matrix((weight[heads] + 1e-12, (tails, heads)), shape=matrix.shape)
    path = csgraph.dijkstra(arcs, limit=upper * (1 + 1e-9))
    allowed = path + weight[:, None] <= upper * (1 + 1e-6)
    np.fill_diagonal(allowed, True)
    apart = (locked[:, None] >= 0) & (locked[None, :] >= 0) & (locked[:, None] != locked[None, :])
    return allowed & ~apart
