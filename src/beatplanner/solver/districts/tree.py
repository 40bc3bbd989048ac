"""Branch and bound over the sites that a bound could not exclude: the proof of districts, and sometimes better ones.

A node is the set of pairs (unit, site) that it still allows; its bound is the Lagrangian with whole units (`district_knapsack`), raised
from its parent's multipliers. Branching splits the sites of one unit in two by a line across the map, each half a child: the unit's
centre lies on one side or on the other (Ryan and Foster 1981 for branching on sets). A node ends when its bound reaches the best plan
known, when it leaves nothing, or when its relaxed solution keeps every rule.

Contiguity: pairs that lost their connection within their site are dropped at every node, which alone makes the search exact, since a node
whose units have one site each is connected or empty; and where the mean of the ascent breaks them, separator cuts (Carvajal et al.
2013; Oehrlein and Haunert 2017; Validi, Buchanan and Lykhovyd 2022) join the Lagrangian with multipliers of their own (relax-and-cut,
Lucena 2005)::

    x_is ≤ Σ_{c in C} x_cs      for a set C of the site's units that separates i from its centre

Nodes are taken in batches of a fixed size, best bound first, so that the number of threads changes nothing but the time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
from numba import njit

from beatplanner.solver.districts.bound import Bound, lagrangian_bound, spans
from beatplanner.solver.districts.growth import Graph
from beatplanner.solver.districts.knapsack import ascend, excludable
from beatplanner.solver.districts.sites import Sites, pairs_in_reach

GAP = 1e-4
# Pairs of a node of usual size.
NODE_PAIRS = 3_000
# Nodes worked on at a time, whatever the number of threads.
BATCH = 4
# Steps of the first node, of every other before and after new cuts, and of each trial of a split.
ROOT_STEPS, FIRST_STEPS, MORE_STEPS, TRIAL_STEPS = 1_500, 60, 40, 12
CANDIDATES = 5
# Nodes between plans that are walked from the centres of the node in hand, the first of them from the root.
IMPROVE_EVERY = 48
# Cost of a pair that a trial leaves out: above any plan's, and far from the limits of floating point.
FORBIDDEN = 1e30


@dataclass(frozen=True)
class Exact:
    """What the search gave: districts better than those known (or None), and a proven bound (-inf where none)."""

    district: np.ndarray | None
    bound: float
    infeasible: bool


def exact_districts(
    bound: Bound,
    problem,
    graph: Graph,
    best_known: float,
    stop: Callable[[], bool],
    *,
    threads: int,
    nodes: int,
    tell: Callable[[float | None, float], None],
    improve: Callable[[np.ndarray], tuple[np.ndarray, float] | None] | None = None,
) -> Exact:
    """Close the gap on the pairs that a bound left open.

    Parameters
    ----------
    bound
        What the Lagrangian of `district_bound` left open, and its bound.
    problem
        The `DistrictingProblem`.
    graph
        Adjacency of the units.
    best_known
        Cost of the best plan known, inf for none.
    stop
        Asked between nodes; True ends.
    threads
        Nodes worked on at the same time; they change nothing but the time.
    nodes
        Nodes of up to `NODE_PAIRS` pairs after which to end; a larger node counts for more, so that the time is much the same.
    tell
        Called with best and bound whenever the bound rises.
    improve
        Called now and then with the centres (K,) that the relaxation uses most; returns districts that keep the rules and their cost, or None.

    Returns
    -------
    Exact
        Districts found better than those known, and the bound.
    """
    bound = _narrowed(bound, problem, graph, best_known, threads, stop)
    sites = bound.sites
    if sites is None:
        return Exact(None, min(bound.value, best_known), False)
    if _nothing_left(sites, problem):
        return Exact(None, best_known, not np.isfinite(best_known))
    if stop():
        return Exact(None, min(bound.value, best_known), False)
    return _Tree(bound, problem, graph, best_known, stop, threads).search(nodes, tell, improve)


def _nothing_left(sites: Sites, problem) -> bool:
    """Tell whether no plan better than the known one can be made of these sites."""
    return len(sites.centre) < problem.count or len(np.unique(sites.unit)) < len(problem.weight)


def _narrowed(bound: Bound, problem, graph: Graph, best_known: float, threads: int, stop: Callable[[], bool]) -> Bound:
    """Drop the pairs that lost their connection with the centre as others were excluded, and bound again while that helps."""
    for _ in range(3):
        sites = bound.sites
        if sites is None:
            return bound
        before = len(sites.unit)
        kept = pairs_in_reach(sites, graph.indptr, graph.indices, problem.weight, problem.upper)
        sites = sites.keep(kept)
        if _nothing_left(sites, problem) or stop() or not np.isfinite(best_known):
            return Bound(bound.value, sites, bound.multiplier, bound.price)
        everything = [(sites, np.ones(len(sites.unit), bool))]
        again = lagrangian_bound(
            everything.__iter__, problem.weight, problem.count, problem.lower, problem.upper, best_known, budget=problem.budget,
            steps=150, threads=threads, multiplier=bound.multiplier, price=bound.price, stop=stop,
        )  # fmt: skip
        if not np.isfinite(again.value):
            return Bound(best_known, again.sites, again.multiplier, again.price)
        value = max(bound.value, min(again.value, best_known))
        bound = Bound(value, again.sites, again.multiplier, again.price)
        if again.sites is None or len(again.sites.unit) > 0.97 * before:
            break
    return bound


@dataclass(frozen=True)
class _Node:
    bound: float
    packed: np.ndarray  # the pairs still allowed, as bits
    dual: np.ndarray  # multipliers of units and budget
    cuts: dict[tuple[int, ...], float]  # cuts that matter, with their multipliers


@dataclass(frozen=True)
class _Worked:
    bound: float
    children: list[_Node]
    district: np.ndarray | None
    cost: float
    cuts: list[tuple[int, ...]]
    centres: np.ndarray | None = None  # (K,) used most by the relaxation


@njit(cache=True, nogil=True)
def _apart(start, unit, mean, indptr, indices, s, least, place, state, stack, separator):
    """Find a piece of a site's used units that is apart from the centre, and what separates it.

    Returns the heaviest pair of the piece (-1 for none) and the number of pairs written to `separator`.
    """
    a, b = start[s], start[s + 1]
    for p in range(a, b):
        place[unit[p]] = p
        state[unit[p]] = 0
    # 1: joined to the centre by used units
    top = 0
    stack[0] = unit[a]
    state[unit[a]] = 1
    while top >= 0:
        i = stack[top]
        top -= 1
        for e in range(indptr[i], indptr[i + 1]):
            v = indices[e]
            if place[v] >= 0 and state[v] == 0 and mean[place[v]] > least:
                state[v] = 1
                top += 1
                stack[top] = v
    heaviest = -1
    for p in range(a, b):
        if state[unit[p]] == 0 and mean[p] > least and (heaviest < 0 or mean[p] > mean[heaviest]):
            heaviest = p
    found = 0
    if heaviest >= 0:
        # 2: its piece; 3: the border of that
        top = 0
        stack[0] = unit[heaviest]
        state[unit[heaviest]] = 2
        while top >= 0:
            i = stack[top]
            top -= 1
            for e in range(indptr[i], indptr[i + 1]):
                v = indices[e]
                if place[v] >= 0 and state[v] != 2 and state[v] != 3:
                    if mean[place[v]] > least and state[v] == 0:
                        state[v] = 2
                        top += 1
                        stack[top] = v
                    else:
                        state[v] = 3
        # 4: what the centre reaches without passing the border; the border's units beside it separate
        centre = unit[a]
        if state[centre] != 3:
            top = 0
            stack[0] = centre
            state[centre] = 4
            while top >= 0:
                i = stack[top]
                top -= 1
                for e in range(indptr[i], indptr[i + 1]):
                    v = indices[e]
                    if place[v] < 0:
                        continue
                    if state[v] == 3:
                        state[v] = 5
                        separator[found] = place[v]
                        found += 1
                    elif state[v] == 0 or state[v] == 1:
                        state[v] = 4
                        top += 1
                        stack[top] = v
        else:
            heaviest = -1
    for p in range(a, b):
        place[unit[p]] = -1
    return heaviest, found


class _Tree:
    """The search; see the module.

    Parameters
    ----------
    bound
        What the Lagrangian of `district_bound` left open, with its sites, multipliers and value.
    problem
        The `DistrictingProblem`.
    graph
        Adjacency of the units.
    best_known
        Cost of the best plan known, inf for none.
    stop
        Asked between nodes; True ends.
    threads
        Nodes worked on at the same time.
    """

    def __init__(self, bound: Bound, problem, graph: Graph, best_known: float, stop: Callable[[], bool], threads: int):
        assert bound.sites is not None
        self.sites: Sites = bound.sites
        self.site = self.sites.site_of_pair
        self.problem, self.graph, self.stop, self.threads = problem, graph, stop, threads
        self.xy = problem.xy
        self.span = spans(problem.weight)
        self.best, self.district = best_known, None
        self.lower_bound = bound.value
        self.root = _Node(
            bound.value,
            np.packbits(np.ones(len(self.site), bool)),
            np.append(bound.multiplier, bound.price * self._largest(self.sites)),
            {},
        )
        self.closed = np.inf  # least bound of the nodes that ended
        self.halt = np.zeros(1, np.bool_)
        self.used = 0.0  # nodes worked on, larger ones counting for more
        self.cuts: list[tuple[int, ...]] = []

    def _largest(self, sites: Sites) -> float:
        return 1.0 if self.problem.budget is None else max(1.0, float(sites.moved.max(initial=0.0)))

    def enough(self) -> float:
        return self.best * (1 - GAP / 2)

    def search(self, nodes: int, tell: Callable[[float | None, float], None], improve=None) -> Exact:
        """Work through the tree until it is empty, `nodes` are used up or `stop` says so."""
        waiting: list[tuple[float, int, _Node]] = [(self.root.bound, 0, self.root)]
        known: set[tuple[int, ...]] = set()
        born, next_try, walking = 0, 0.0, None
        with self.watched(), ThreadPoolExecutor(self.threads) as pool:
            while waiting and self.used < nodes and not self.stop():
                batch = []
                while waiting and len(batch) < BATCH:
                    entry = heappop(waiting)
                    if entry[0] >= self.enough():
                        self.closed = min(self.closed, entry[0])
                    else:
                        batch.append(entry)
                working = [node for *_, node in batch]
                self.used += sum(max(1.0, int(np.bitwise_count(n.packed).sum()) / NODE_PAIRS) for n in working)
                centres = None
                for entry, worked in zip(batch, pool.map(self.work, working), strict=True):
                    if worked is None:
                        heappush(waiting, entry)
                        continue
                    centres = worked.centres if centres is None else centres
                    if worked.district is not None and worked.cost < self.best:
                        self.best, self.district = worked.cost, worked.district
                    if not worked.children:
                        self.closed = min(self.closed, worked.bound)
                    for child in worked.children:
                        born += 1
                        heappush(waiting, (child.bound, born, child))
                    for cut in worked.cuts:
                        if cut not in known:
                            known.add(cut)
                            self.cuts.append(cut)
                walked = None if walking is None else walking.result()
                walking = None
                if walked is not None and walked[1] < self.best:
                    self.district, self.best = walked
                if improve is not None and centres is not None and self.used >= next_try and not self.stop():
                    # it walks beside the next batch, and is heard after that
                    next_try = self.used + IMPROVE_EVERY
                    walking = pool.submit(improve, centres)
                left = waiting[0][0] if waiting else np.inf
                self.raise_bound(min(left, self.closed, self.best), tell)
            walked = None if walking is None else walking.result()
            if walked is not None and walked[1] < self.best:
                self.district, self.best = walked
        nothing = not waiting and not np.isfinite(min(self.closed, self.best))
        return Exact(self.district, min(self.lower_bound, self.best), nothing)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Let `stop` end an ascent under way, which in a large problem takes long, while the body runs."""
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.05):
                if self.stop():
                    self.halt[0] = True
                    return

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()

    def raise_bound(self, bound: float, tell: Callable[[float | None, float], None]) -> None:
        if np.isfinite(bound) and bound > self.lower_bound * (1 + 1e-6):
            tell(self.best if np.isfinite(self.best) else None, min(bound, self.best))
        self.lower_bound = max(self.lower_bound, min(bound, self.best))

    # ---- one node

    def work(self, node: _Node) -> _Worked | None:
        """Bound a node and split it; None where the time ran out before."""
        if self.stop():
            return None
        at_root = node is self.root
        pairs = np.unpackbits(node.packed, count=len(self.site)).astype(bool)
        local = _Local(self, pairs, node)
        if local.empty:
            return _Worked(np.inf, [], None, np.inf, [])
        bound, found = max(node.bound, local.climb(ROOT_STEPS if at_root else FIRST_STEPS, 1.0 if at_root else 0.3)), []
        for _ in range(20 if at_root else 2):
            if bound >= self.enough() or not np.isfinite(bound) or self.stop():
                break
            new = local.separate()
            found += new
            if not new:
                break
            local.add(new)
            bound = max(bound, local.climb(200 if at_root else MORE_STEPS, 0.2))
        district, cost = local.plan()
        best = min(self.best, cost)
        if bound >= best * (1 - GAP / 2):
            return _Worked(bound, [], district, cost, found)
        centres = local.centres()
        local.narrow(best)
        if local.empty:
            return _Worked(best, [], district, cost, found)
        if len(local.pairs) == local.n:
            leaf, leaf_cost = local.leaf()
            if leaf_cost < cost:
                district, cost = leaf, leaf_cost
            return _Worked(max(bound, min(best, leaf_cost)), [], district, cost, found)
        if self.stop():
            return None
        return _Worked(self.best, local.split(bound), district, cost, found, centres)


class _Local:
    """One node's sites in compressed rows of their own, with its cuts and multipliers."""

    def __init__(self, tree: _Tree, pairs: np.ndarray, node: _Node) -> None:
        self.tree, self.problem = tree, tree.problem
        self.n = len(self.problem.weight)
        self.empty = False
        self.dual = node.dual
        self.mu = dict.fromkeys(tree.cuts, 0.0) | node.cuts
        self.whole_found = False
        self._take(pairs)

    def _take(self, pairs: np.ndarray) -> None:
        """Keep the pairs of a mask over all pairs that are connected with their centre, and make the arrays of the kernel."""
        problem, tree = self.problem, self.tree
        while True:
            self.pairs = np.flatnonzero(tree.sites.surviving(pairs))
            self.sites = tree.sites.keep(pairs)
            if len(self.sites.centre) < problem.count or not np.bincount(self.sites.unit, minlength=self.n).all():
                self.empty = True
                return
            reach = pairs_in_reach(self.sites, tree.graph.indptr, tree.graph.indices, problem.weight, problem.upper)
            if reach.all():
                break
            pairs = np.zeros(len(pairs), bool)
            pairs[self.pairs[reach]] = True
        self.mask = np.zeros(len(pairs), bool)
        self.mask[self.pairs] = True
        self.mean = np.zeros(len(self.pairs))
        self.whole = np.zeros(len(self.pairs))
        self._compress_cuts()

    def _compress_cuts(self) -> None:
        place = np.full(len(self.tree.site), -1)
        place[self.pairs] = np.arange(len(self.pairs))
        rows, flat = [0], []
        self.active = []
        for cut in self.mu:
            here = place[list(cut)]
            if here[0] >= 0:
                self.active.append(cut)
                flat += [int(here[0]), *(int(h) for h in here[1:] if h >= 0)]
                rows.append(len(flat))
        self.cut_start, self.cut_pair = np.array(rows), np.array(flat, dtype=np.int64)

    def _arguments(self):
        s, problem = self.sites, self.problem
        budget = -1.0 if problem.budget is None else float(problem.budget)
        return (
            s.start, s.unit, s.cost, s.moved, s.label, problem.weight, problem.count, problem.lower, problem.upper, budget,
            self.cut_start, self.cut_pair,
        )  # fmt: skip

    def _full_dual(self) -> np.ndarray:
        return np.concatenate([self.dual[: self.n], [self.mu[c] for c in self.active], self.dual[self.n :]])

    def _aims(self) -> tuple[float, float]:
        """Return what the bound is hoped to reach, and what is enough."""
        tree = self.tree
        if np.isfinite(tree.best):
            return tree.best, tree.enough()
        return 1.02 * abs(tree.lower_bound) + 1.0, np.inf

    def climb(self, steps: int, scale: float) -> float:
        """Raise the bound and keep the best multipliers; return the bound."""
        bound, dual, found = ascend(
            *self._arguments(), self.tree.span, self._full_dual(), *self._aims(), steps, scale, max(8, steps // 40), self.tree.halt, self.mean,
            self.whole,
        )  # fmt: skip
        self.whole_found = self.whole_found or found
        self.dual = np.append(dual[: self.n], dual[-1])
        for c, value in zip(self.active, dual[self.n : -1], strict=True):
            self.mu[c] = float(value)
        return bound

    def centres(self) -> np.ndarray:
        """Return the centres, (K,), that the mean of the ascent uses most, each once."""
        used = np.bincount(self.sites.centre, weights=self.mean[self.sites.start[:-1]], minlength=self.n)
        return np.argsort(-used, kind="stable")[: self.problem.count]

    def separate(self) -> list[tuple[int, ...]]:
        """Return new cuts, of pairs in the tree's numbers, that the mean breaks.

        They separate in the graph of all the tree's pairs, so that they hold in every node.
        """
        sites, graph = self.tree.sites, self.tree.graph
        mean = np.zeros(len(self.tree.site))
        mean[self.pairs] = self.mean
        place, state = np.full(self.n, -1), np.zeros(self.n, np.int64)
        stack, separator = np.zeros(self.n, np.int64), np.zeros(self.n, np.int64)
        new = []
        heads = self.sites.start[:-1]
        for k in self.tree.site[self.pairs[heads[self.mean[heads] > 0.02]]]:
            for least in (0.02, 0.3):
                top, found = _apart(
                    sites.start, sites.unit, mean, graph.indptr, graph.indices, k, least, place, state, stack, separator
                )
                if top < 0:
                    continue
                chosen = np.sort(separator[:found])
                if mean[top] > mean[chosen].sum() + 0.05:
                    cut = (int(top), *(int(p) for p in chosen))
                    if cut not in self.mu:
                        new.append(cut)
        return list(dict.fromkeys(new))

    def add(self, cuts: list[tuple[int, ...]]) -> None:
        self.mu |= dict.fromkeys(cuts, 0.0)
        self._compress_cuts()

    def plan(self) -> tuple[np.ndarray | None, float]:
        """Return the districts of a relaxed solution that kept every row, where they are connected."""
        if not self.whole_found:
            return None, np.inf
        s = self.sites
        taken = np.flatnonzero(self.whole > 0.5)
        district = np.empty(self.n, int)
        site = s.site_of_pair[taken]
        used, district[s.unit[taken]] = np.unique(site, return_inverse=True)
        # a leaf can be left with more sites than there may be districts
        if len(taken) != self.n or len(used) != self.problem.count or not self.tree.graph.holds_together(district):
            return None, np.inf
        load = np.bincount(district, weights=self.problem.weight)
        slack = 1e-9 * self.problem.upper
        if load.min() < self.problem.lower - slack or load.max() > self.problem.upper + slack:
            return None, np.inf
        return district, float(s.cost[taken].sum())

    def narrow(self, best: float) -> None:
        """Drop the pairs that no better plan of this node can have."""
        if not np.isfinite(best):
            return
        kept = np.zeros(len(self.pairs), np.bool_)
        mean = self.mean
        excludable(*self._arguments(), self._full_dual(), best * (1 + 1e-9), kept)
        if kept.all():
            return
        before = self.pairs
        pairs = np.zeros(len(self.tree.site), bool)
        pairs[before[kept]] = True
        self._take(pairs)
        if not self.empty:
            full = np.zeros(len(self.tree.site))
            full[before] = mean
            self.mean = full[self.pairs]

    def leaf(self) -> tuple[np.ndarray | None, float]:
        """Return the only plan left where every unit has one site, if it keeps the rules."""
        self.whole[:] = 1.0
        self.whole_found = True
        moved = float(self.sites.moved.sum())
        if self.problem.budget is not None and moved > self.problem.budget * (1 + 1e-9) + 1e-9:
            return None, np.inf
        return self.plan()

    def split(self, bound: float) -> list[_Node]:
        """Return the children of the split, among a few, that lifts the bound most."""
        tree, s = self.tree, self.sites
        best_children, best_score = [], -np.inf
        most = tree.best if np.isfinite(tree.best) else bound + abs(bound)
        for unit, beyond in self.candidates():
            own = s.unit == unit
            children, gains = [], []
            for gone in (own & beyond, own & ~beyond):
                value, dual, mu = self.trial(gone)
                value = max(bound, value)
                gains.append(min(value, most) - bound)
                if value < tree.enough():
                    pairs = self.mask.copy()
                    pairs[self.pairs[gone]] = False
                    children.append(_Node(value, np.packbits(pairs), dual, mu))
            floor = 1e-7 * abs(bound)
            score = max(min(gains), floor) * max(max(gains), floor)
            if score > best_score:
                best_children, best_score = children, score
            if not children:
                break
        return best_children

    def trial(self, gone: np.ndarray) -> tuple[float, np.ndarray, dict[tuple[int, ...], float]]:
        """Bound the node without some pairs, (P,) bool, in a few steps; return also the multipliers of units and of cuts."""
        arguments = list(self._arguments())
        # a price that no plan pays keeps the pairs out and the arrays as they are
        arguments[2] = np.where(gone, FORBIDDEN, self.sites.cost)
        bound, dual, _ = ascend(
            *arguments, self.tree.span, self._full_dual(), *self._aims(), TRIAL_STEPS, 0.15, TRIAL_STEPS, self.tree.halt, np.zeros(len(gone)),
            np.zeros(len(gone)),
        )  # fmt: skip
        mu = {c: float(m) for c, m in zip(self.active, dual[self.n : -1], strict=True) if m > 0.0}
        return bound, np.append(dual[: self.n], dual[-1]), mu

    def candidates(self) -> list[tuple[int, np.ndarray]]:
        """Return a few units with the pairs, (P,) bool, whose centre is beyond a line: those whose centre is most undecided first."""
        s, mean, xy = self.sites, self.mean, self.tree.xy
        at = xy[s.centre[s.site_of_pair]]
        share = np.where((mean > 0.02) & (mean < 0.98), mean, 0.0)

        def total(values: np.ndarray) -> np.ndarray:
            return np.bincount(s.unit, weights=share * values, minlength=self.n)

        mass = np.maximum(total(np.ones(len(share))), 1e-12)
        middle = np.column_stack([total(at[:, 0]), total(at[:, 1])]) / mass[:, None]
        off = at - middle[s.unit]
        xx, yy, both = (total(off[:, a] * off[:, b]) for a, b in ((0, 0), (1, 1), (0, 1)))
        worth = np.sqrt(np.maximum(xx + yy, 0.0)) * (self.problem.weight + 1e-9)
        angle = 0.5 * np.arctan2(2 * both, xx - yy)
        ranked = []
        for i in np.argsort(-worth, kind="stable")[: 3 * CANDIDATES]:
            if worth[i] <= 1e-9 * max(1.0, float(worth.max())):
                break
            pairs = np.flatnonzero((s.unit == i) & (share > 0))
            along = off[pairs] @ np.array([np.cos(angle[i]), np.sin(angle[i])])
            order = np.argsort(along, kind="stable")
            before = np.cumsum(share[pairs][order])
            even = np.minimum(before[:-1], before[-1] - before[:-1])
            gap = along[order][1:] > along[order][:-1] + 1e-9
            if not gap.any():
                continue
            cut = int(np.argmax(np.where(gap, even, -1.0)))
            edge = (along[order][cut] + along[order][cut + 1]) / 2
            ranked.append((float(worth[i] * even[cut]), int(i), edge))
        ranked.sort(key=lambda r: (-r[0], r[1]))
        found = []
        for _, i, edge in ranked[:CANDIDATES]:
            found.append((i, off @ np.array([np.cos(angle[i]), np.sin(angle[i])]) > edge))
        return found or self.any_split()

    def any_split(self) -> list[tuple[int, np.ndarray]]:
        """Return a split of the unit with the most sites, whatever the mean says."""
        s = self.sites
        unit = int(np.argmax(np.bincount(s.unit, minlength=self.n)))
        own = np.flatnonzero(s.unit == unit)
        at = self.tree.xy[s.centre[s.site_of_pair[own]]]
        axis = int(np.argmax(np.ptp(at, axis=0)))
        first = own[np.lexsort((own, at[:, axis]))[: len(own) // 2]]
        beyond = np.zeros(len(s.unit), bool)
        beyond[first] = True
        return [(unit, beyond)]
