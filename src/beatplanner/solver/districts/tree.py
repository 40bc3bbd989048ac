"""Branch and bound over the sites that a bound could not exclude: the proof of districts, and sometimes better ones.

A node is the set of pairs (unit, site) that it still allows; its bound is the Lagrangian with whole units (`district_knapsack`), raised
from its parent's multipliers, where districts are large by space dilation first (`dilation`). Branching splits the sites of one unit in two by a line across the map, each half a child: the unit's
centre lies on one side or on the other (Ryan and Foster 1981 for branching on sets). Where districts are large, it may part the sites of a zone
in two instead, with a child for each number of districts that have their centre on one side: once each district has a zone of its own, which
shrinks, its relaxation is nearly exact. A node ends when its bound reaches the best plan
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
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.districts.bound import Bound, bound_of_pairs
from beatplanner.solver.districts.evidence import KEPT_NUMBERS, BoundEvidence, Cut, End, Multipliers, Node
from beatplanner.solver.districts.few_plans import FEW_PAIRS, MOST_STEPS_OF_ALL, FewPlans
from beatplanner.solver.districts.growth import Graph
from beatplanner.solver.districts.node import GAP, LocalNode, OpenNode, Shared
from beatplanner.solver.districts.sites import SitePairs, pairs_in_reach

if TYPE_CHECKING:
    from beatplanner.solver.districts.problem import DistrictingProblem

# Pairs of a node of usual size.
NODE_PAIRS = 3_000
# Nodes worked on at a time, whatever the number of threads.
BATCH = 4
# Steps of the first node, and of every other before and after new cuts.
ROOT_STEPS, FIRST_STEPS, MORE_STEPS = 1_500, 60, 40
# Nodes between plans that are walked from the centres of the node in hand, the first of them from the root.
IMPROVE_EVERY = 48


@dataclass(frozen=True)
class Exact:
    """What the search gave: districts better than those known (or None), a proven bound (-inf where none), and what proves it."""

    district: np.ndarray | None
    bound: float
    infeasible: bool
    evidence: BoundEvidence


class Unfinished:
    """A search that may go on: its tree, and the multipliers that excluded pairs before it."""

    def __init__(self) -> None:
        self.tree: _Tree | None = None
        self.rounds: tuple[Multipliers, ...] = ()


def exact_districts(
    bound: Bound,
    problem: DistrictingProblem,
    graph: Graph,
    best_known: float,
    stop: Callable[[], bool],
    *,
    threads: int,
    nodes: int,
    progress: Callable[[float | None, float], None],
    improve: Callable[[np.ndarray], tuple[np.ndarray, float] | None] | None = None,
    kept: Unfinished | None = None,
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
    progress
        Called with best and bound whenever the bound rises.
    improve
        Called now and then with the centres (K,) that the relaxation uses most; returns districts that keep the rules and their cost, or None.
    kept
        What an earlier search that ended for want of time left, and this one leaves in turn; None keeps nothing.

    Returns
    -------
    Exact
        Districts found better than those known, and the bound.
    """
    if kept is not None and kept.tree is not None:
        kept.tree.go_on(best_known, stop, threads)
        exact = kept.tree.search(nodes, progress, improve)
        return replace(exact, evidence=replace(exact.evidence, rounds=kept.rounds))
    bound, rounds = _narrowed(bound, problem, graph, best_known, threads, stop)
    sites = bound.sites
    if sites is None:
        value = min(bound.value, best_known)
        return Exact(None, value, False, BoundEvidence(value, rounds=rounds))
    if _nothing_left(sites, problem):
        return Exact(None, best_known, not np.isfinite(best_known), BoundEvidence(best_known, rounds=rounds))
    if stop():
        value = min(bound.value, best_known)
        return Exact(None, value, False, BoundEvidence(value, rounds=rounds))
    tree = _Tree(bound, problem, graph, best_known, stop, threads)
    if kept is not None:
        kept.tree, kept.rounds = tree, rounds
    exact = tree.search(nodes, progress, improve)
    return replace(exact, evidence=replace(exact.evidence, rounds=rounds))


def _nothing_left(sites: SitePairs, problem: DistrictingProblem) -> bool:
    """Tell whether no plan better than the known one can be made of these sites."""
    return len(sites.centre) < problem.count or len(np.unique(sites.unit)) < len(problem.weight)


def _narrowed(
    bound: Bound, problem: DistrictingProblem, graph: Graph, best_known: float, threads: int, stop: Callable[[], bool]
) -> tuple[Bound, tuple[Multipliers, ...]]:
    """Drop the pairs that lost their connection with the centre as others were excluded, and bound again while that helps.

    Returns also the multipliers that excluded pairs, in order.
    """
    if bound.rounds:
        # the ascent narrowed them itself
        return bound, bound.rounds
    rounds = [Multipliers(bound.multiplier, bound.price)]
    for _ in range(3):
        sites = bound.sites
        if sites is None:
            break
        before = len(sites.unit)
        kept = pairs_in_reach(sites, graph.indptr, graph.indices, problem.weight, problem.upper)
        sites = sites.keep(kept)
        if _nothing_left(sites, problem) or stop() or not np.isfinite(best_known):
            return Bound(bound.value, sites, bound.multiplier, bound.price), tuple(rounds)
        again = bound_of_pairs(
            sites,
            problem,
            best_known,
            steps=150,
            threads=threads,
            multiplier=bound.multiplier,
            price=bound.price,
            stop=stop,
        )
        rounds.append(Multipliers(again.multiplier, again.price))
        if not np.isfinite(again.value):
            return Bound(best_known, again.sites, again.multiplier, again.price), tuple(rounds)
        value = max(bound.value, min(again.value, best_known))
        bound = Bound(value, again.sites, again.multiplier, again.price)
        if again.sites is None or len(again.sites.unit) > 0.97 * before:
            break
    return bound, tuple(rounds)


@dataclass(frozen=True)
class _Worked:
    bound: float
    end: End
    children: list[OpenNode]
    district: np.ndarray | None
    cost: float
    cuts: list[tuple[int, ...]]
    centres: np.ndarray | None = None  # (K,) used most by the relaxation
    dual: tuple[np.ndarray, dict[tuple[int, ...], float]] | None = None  # multipliers as they stood, and of cuts
    steps: int = 0  # of counting the plans left


class _Tree(Shared):
    """The search; see the module.

    Parameters
    ----------
    bound
        What the Lagrangian of `district_bound` left open, with its sites, multipliers and value.
    problem, graph, best_known, stop
        As for `Shared`.
    threads
        Nodes worked on at the same time.
    """

    def __init__(
        self,
        bound: Bound,
        problem: DistrictingProblem,
        graph: Graph,
        best_known: float,
        stop: Callable[[], bool],
        threads: int,
    ):
        assert bound.sites is not None
        super().__init__(bound.sites, problem, graph, best_known, bound.value, stop)
        self.threads = threads
        self.district: np.ndarray | None = None
        everything = np.packbits(np.ones(len(self.site), bool))
        self.root = OpenNode(bound.value, everything, np.append(bound.multiplier, bound.price * self.largest), {})
        self.closed = np.inf  # least bound of the nodes that ended
        self.steps_left = MOST_STEPS_OF_ALL  # of counting plans
        self.used = 0.0  # nodes worked on, larger ones counting for more
        self.log = ProofLog(self)
        self.waiting: list[tuple[float, int, OpenNode]] = [(self.root.bound, 0, self.root)]
        self.known: set[tuple[int, ...]] = set()
        self.next_try = 0.0

    def go_on(self, best_known: float, stop: Callable[[], bool], threads: int) -> None:
        """Get ready to search further where time ended an earlier search; a better plan may have been found meanwhile."""
        self.stop, self.threads = stop, threads
        self.halt[0] = False
        if best_known < self.best:
            self.best, self.district = best_known, None

    def search(
        self,
        nodes: int,
        progress: Callable[[float | None, float], None],
        improve: Callable[[np.ndarray], tuple[np.ndarray, float] | None] | None = None,
    ) -> Exact:
        """Work through the tree until it is empty, `nodes` are used up or `stop` says so."""
        waiting, known, walking = self.waiting, self.known, None
        with self.watched(), ThreadPoolExecutor(self.threads) as pool:
            while waiting and self.used < nodes and not self.stop():
                batch: list[tuple[float, int, OpenNode]] = []
                while waiting and len(batch) < BATCH:
                    entry = heappop(waiting)
                    if entry[0] >= self.enough():
                        self.close(entry)
                    else:
                        batch.append(entry)
                working = [node for *_, node in batch]
                self.used += sum(max(1.0, int(np.bitwise_count(n.packed).sum()) / NODE_PAIRS) for n in working)
                centres = None
                # all of a batch end before any is heard: what one found must not reach the others, or the clock would choose the tree
                for entry, worked in zip(batch, list(pool.map(self.work, working)), strict=True):
                    if worked is None:
                        heappush(waiting, entry)
                        continue
                    centres = worked.centres if centres is None else centres
                    self.steps_left -= worked.steps
                    if worked.district is not None and worked.cost < self.best:
                        self.best, self.district = worked.cost, worked.district
                    if not worked.children:
                        self.closed = min(self.closed, worked.bound)
                    for child in self.log.worked(entry[2], worked):
                        heappush(waiting, (child.bound, child.place, child))
                    for cut in worked.cuts:
                        if cut not in known:
                            known.add(cut)
                            self.cuts.append(cut)
                self.heard(walking)
                walking = None
                if improve is not None and centres is not None and self.used >= self.next_try and not self.stop():
                    # it walks beside the next batch, and is heard after that
                    self.next_try = self.used + IMPROVE_EVERY
                    walking = pool.submit(improve, centres)
                left = waiting[0][0] if waiting else np.inf
                self.raise_bound(min(left, self.closed, self.best), progress)
            self.heard(walking)
        while waiting and waiting[0][0] >= self.enough():
            self.close(heappop(waiting))
        self.raise_bound(min(waiting[0][0] if waiting else np.inf, self.closed, self.best), progress)
        nothing = not waiting and not np.isfinite(min(self.closed, self.best))
        value = np.inf if nothing else min(self.lower_bound, self.best)
        return Exact(self.district, min(self.lower_bound, self.best), nothing, self.log.evidence(value))

    def heard(self, walking: Future[tuple[np.ndarray, float] | None] | None) -> None:
        """Take over what a walk beside the search found, if it is better."""
        walked = None if walking is None else walking.result()
        if walked is not None and walked[1] < self.best:
            self.district, self.best = walked

    def close(self, entry: tuple[float, int, OpenNode]) -> None:
        """End a node whose bound is enough."""
        self.closed = min(self.closed, entry[0])
        self.log.ended(entry[2])

    @contextmanager
    def watched(self) -> Generator[None]:
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

    def raise_bound(self, bound: float, progress: Callable[[float | None, float], None]) -> None:
        if np.isfinite(bound) and bound > self.lower_bound * (1 + 1e-6):
            progress(self.best if np.isfinite(self.best) else None, min(bound, self.best))
        self.lower_bound = max(self.lower_bound, min(bound, self.best))

    # ---- one node

    def work(self, node: OpenNode) -> _Worked | None:
        """Bound a node and split it; None where the time ran out before."""
        if self.stop():
            return None
        at_root = node is self.root
        pairs = np.unpackbits(node.packed, count=len(self.site)).astype(bool)
        local = LocalNode(self, pairs, node)
        if local.empty:
            return _Worked(np.inf, "empty", [], None, np.inf, [])
        bound = max(node.bound, local.climb(ROOT_STEPS if at_root else FIRST_STEPS, 1.0 if at_root else 0.3))
        found: list[tuple[int, ...]] = []
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
        dual = local.multipliers()
        best = min(self.best, cost)
        if bound >= best * (1 - GAP / 2):
            return _Worked(bound, "bound", [], district, cost, found, dual=dual)
        centres = local.centres()
        local.narrow(best)
        if local.empty:
            return _Worked(best, "empty", [], district, cost, found, dual=dual)
        if len(local.pairs) == local.n:
            leaf, leaf_cost = local.leaf()
            if leaf_cost < cost:
                district, cost = leaf, leaf_cost
            return _Worked(max(bound, min(best, leaf_cost)), "plan", [], district, cost, found, dual=dual)
        if self.stop():
            return None
        steps = 0
        # what the Lagrangian leaves out: further balances, and hours where no plan is known that keeps them
        if (self.problem.balances or not np.isfinite(best)) and self.steps_left > 0 and len(local.pairs) <= FEW_PAIRS:
            few = FewPlans(local.sites, local.zone, local.need, self.problem, self.graph).run(best)
            steps = few.steps
            if few.cost < cost:
                district, cost = few.district, few.cost
            if few.whole:
                return _Worked(max(bound, min(best, cost)), "plan", [], district, cost, found, dual=dual, steps=steps)
        return _Worked(bound, "split", local.split(bound), district, cost, found, centres, dual, steps)


class ProofLog:
    """Writes down what each node's bound rests on, as `BoundEvidence` has it."""

    def __init__(self, tree: _Tree) -> None:
        self.tree = tree
        self.nodes: list[Node] = [Node(-1, -1, np.empty((0, 2), int), None, tree.root.bound, "open")]
        self.place: dict[tuple[int, ...], int] = {}
        self.numbers, self.whole = 0, True

    def worked(self, node: OpenNode, worked: _Worked) -> list[OpenNode]:
        """Note how a node ended, and its children; return these with their places."""
        parent = self.nodes[node.place]
        dual = parent.multipliers if worked.dual is None else self._kept(*worked.dual)
        self.nodes[node.place] = replace(
            parent, multipliers=dual, bound=max(parent.bound, worked.bound), end=worked.end
        )
        children: list[OpenNode] = []
        for child in worked.children:
            child = replace(child, place=len(self.nodes))
            children.append(child)
            self.nodes.append(self._node(node.place, child))
        return children

    def _node(self, parent: int, child: OpenNode) -> Node:
        """Return what is written down of a new node."""
        sites, dual = self.tree.sites, self._kept(child.dual, child.cuts)
        named = np.column_stack([sites.centre, sites.label])
        if child.part is not None:
            return Node(parent, -1, named[:0], dual, child.bound, "open", named[child.part], child.need[-1])
        assert child.gone is not None
        return Node(parent, child.unit, named[self.tree.site[child.gone]], dual, child.bound, "open")

    def ended(self, node: OpenNode) -> None:
        """Note that a waiting node's bound is enough."""
        self.nodes[node.place] = replace(self.nodes[node.place], end="bound")

    def _kept(self, dual: np.ndarray, cuts: dict[tuple[int, ...], float]) -> Multipliers | None:
        self.numbers += len(dual) + 2 * len(cuts)
        if self.numbers > KEPT_NUMBERS:
            self.whole = False
        if not self.whole:
            return None
        place = [self.place.setdefault(c, len(self.place)) for c in cuts]
        return Multipliers(
            dual[:-1].astype(np.float32),
            float(dual[-1]) / self.tree.largest,
            np.array(place, int),
            np.array(list(cuts.values()), float),
        )

    def evidence(self, bound: float) -> BoundEvidence:
        """Return the tree as it proves `bound`."""
        if not self.whole:
            return BoundEvidence(bound, complete=False)
        sites, site = self.tree.sites, self.tree.site
        cuts = tuple(
            Cut(
                int(sites.centre[site[p[0]]]),
                int(sites.label[site[p[0]]]),
                int(sites.unit[p[0]]),
                tuple(int(sites.unit[q]) for q in p[1:]),
            )
            for p in self.place
        )
        return BoundEvidence(bound, nodes=tuple(self.nodes), cuts=cuts)
