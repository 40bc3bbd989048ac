"""The exact model of districts on the pairs that a bound could not exclude, with contiguity by cuts.

Model: that of `district_bound` on the remaining pairs of unit and site, with x_is ≤ y_s, and for a unit i that is not adjacent to the
centre of site s the separator cuts (Carvajal et al. 2013; Oehrlein and Haunert 2017; Validi, Buchanan and Lykhovyd 2022)::

    x_is ≤ Σ_{c in C} x_cs      for each set C of the site's units that separates i from its centre

of which only those are added that a solution breaks. The graph in which C separates is that of the site's remaining units, so that C
holds only units that the district could have. Each solve is a relaxation of the whole problem without the pairs that no better plan
can have, so its dual bound is valid for the whole problem, whatever the cuts still missing.

The model goes to HiGHS as arrays: building it through PuLP took longer than many of the solves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush

import highspy
import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from beatplanner.solver.district_bound import Bound, lagrangian_bound
from beatplanner.solver.district_growth import Graph
from beatplanner.solver.district_sites import Sites, pairs_in_reach

# The model is not tried above this many pairs: the first relaxation alone would take minutes.
MODEL_LIMIT = 120_000
GAP = 1e-4
CUT_ROUNDS = 30
_STATUS = highspy.HighsModelStatus


@dataclass(frozen=True)
class Exact:
    """What the exact model gave: districts better than those known (or None), and a proven bound (-inf where none)."""

    district: np.ndarray | None
    bound: float
    infeasible: bool


def exact_districts(
    bound: Bound,
    problem,
    graph: Graph,
    best_known: float,
    until: float,
    stop: Callable[[], bool],
    *,
    threads: int,
    seed: int,
    nodes: int,
    tell: Callable[[float | None, float], None],
) -> Exact:
    """Close the gap on the pairs left open.

    Parameters
    ----------
    bound
        What the Lagrangian left open, and its bound.
    problem
        The `DistrictingProblem`.
    graph
        Adjacency of the units.
    best_known
        Cost of the best plan known, inf for none.
    until
        `time.monotonic` at which to end.
    stop
        Asked between solves; True ends.
    threads
        Of the Lagrangian.
    seed
        Given to HiGHS.
    nodes
        Branch-and-bound nodes over all solves after which to end.
    tell
        Called with best and bound after each solve.

    Returns
    -------
    Exact
        Districts found better than those known, and the bound.
    """
    bound = _narrowed(bound, problem, graph, best_known, threads, stop)
    lower_bound, sites = bound.value, bound.sites
    if sites is None:
        return Exact(None, min(lower_bound, best_known), False)
    if _nothing_left(sites, problem):
        return Exact(None, best_known, not np.isfinite(best_known))
    if len(sites.unit) > MODEL_LIMIT or stop():
        return Exact(None, min(lower_bound, best_known), False)
    shown = best_known if np.isfinite(best_known) else None
    value = lower_bound
    while True:
        model = _Model(sites, problem, graph, seed)
        for _ in range(CUT_ROUNDS):
            if stop():
                return Exact(None, min(lower_bound, best_known), False)
            model.solve(until - time.monotonic())
            status = model.highs.getModelStatus()
            if status == _STATUS.kInfeasible:
                return Exact(None, max(lower_bound, best_known), not np.isfinite(best_known))
            if status != _STATUS.kOptimal:
                return Exact(None, min(lower_bound, best_known), False)
            value = model.highs.getObjectiveValue() * (1 - 1e-9)
            lower_bound = max(lower_bound, min(best_known, value))
            tell(shown, lower_bound)
            if lower_bound >= best_known * (1 - GAP):
                return Exact(None, lower_bound, False)
            if not model.cut(model.values()):
                break
        # the relaxation with cuts excludes more than the Lagrangian could; a smaller model pays at every node of the tree
        kept = (model.values() > 1e-9) | (value + model.reduced_costs() <= best_known)
        smaller = sites.keep(kept)
        smaller = smaller.keep(pairs_in_reach(smaller, graph.indptr, graph.indices, problem.weight, problem.upper))
        if _nothing_left(smaller, problem):
            return Exact(None, best_known, not np.isfinite(best_known))
        if len(smaller.unit) > 0.85 * len(sites.unit):
            break
        sites = smaller
    return _Tree(model, problem, best_known, lower_bound).search(until, stop, nodes, tell)


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


class _Model:
    """The relaxation with the cuts found so far, kept in one HiGHS model; column p is pair p of the sites."""

    def __init__(self, sites: Sites, problem, graph: Graph, seed: int) -> None:
        self.n, self.sites = len(problem.weight), sites
        self.site = sites.site_of_pair
        self.matrix = graph.matrix
        pairs, height = len(sites.unit), len(sites.centre)
        column = np.arange(pairs)
        head = sites.start[:-1]
        weight = problem.weight[sites.unit].astype(float)
        rest = np.setdiff1d(column, head)
        label = np.flatnonzero(sites.label >= 0)
        labels, of_label = np.unique(sites.label[label], return_inverse=True)
        infinite = highspy.kHighsInf

        def block(rows, columns, values, height):
            return sparse.coo_matrix((values, (rows, columns)), shape=(height, pairs))

        loads = block(self.site, column, weight, height)
        blocks = [
            (block(sites.unit, column, np.ones(pairs), self.n), 1.0, 1.0),
            (loads - block(np.arange(height), head, np.full(height, problem.upper), height), -infinite, 0.0),
            (loads - block(np.arange(height), head, np.full(height, problem.lower), height), 0.0, infinite),
            (block(np.zeros(height, int), head, np.ones(height), 1), float(problem.count), float(problem.count)),
            (block(of_label, head[label], np.ones(len(label)), len(labels)), -infinite, 1.0),
        ]
        links = len(rest)
        link_rows = np.concatenate([np.arange(links), np.arange(links)])
        link_columns = np.concatenate([rest, head[self.site[rest]]])
        blocks.append((block(link_rows, link_columns, np.repeat([1.0, -1.0], links), links), -infinite, 0.0))
        if problem.budget is not None:
            blocks.append((block(np.zeros(pairs, int), column, sites.moved, 1), -infinite, float(problem.budget)))
        rows = sparse.vstack([b for b, _, _ in blocks]).tocsr()
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = pairs, rows.shape[0]
        model.col_cost_ = sites.cost
        model.col_lower_, model.col_upper_ = np.zeros(pairs), np.ones(pairs)
        model.row_lower_ = np.concatenate([np.full(b.shape[0], low) for b, low, _ in blocks])
        model.row_upper_ = np.concatenate([np.full(b.shape[0], high) for b, _, high in blocks])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = rows.indptr, rows.indices, rows.data
        self.highs = highspy.Highs()
        # one thread: the simplex of several takes other paths, and a plan must not depend on them
        options = {"output_flag": False, "threads": 1, "random_seed": seed % 2**31, "presolve": "off"}
        for name, value in options.items():
            self.highs.setOptionValue(name, value)
        # HiGHS keeps its worker threads between runs and refuses a run with another number of them
        self.highs.resetGlobalScheduler(True)
        self.highs.passModel(model)
        self.allowed = np.ones(pairs, bool)
        self.known_cuts: set[tuple[int, ...]] = set()

    def solve(self, seconds: float, iterations: int = 2**31 - 1) -> None:
        # HiGHS counts time over all runs of a model
        self.highs.setOptionValue("time_limit", self.highs.getRunTime() + max(0.05, seconds))
        self.highs.setOptionValue("simplex_iteration_limit", iterations)
        self.highs.run()

    def allow(self, allowed: np.ndarray) -> None:
        """Leave only the pairs of a mask, (P,) bool, in the model."""
        changed = np.flatnonzero(allowed != self.allowed).astype(np.int32)
        if len(changed):
            self.highs.changeColsBounds(len(changed), changed, np.zeros(len(changed)), allowed[changed].astype(float))
            self.allowed = allowed.copy()

    def values(self) -> np.ndarray:
        """Return x of every pair, (P,)."""
        return np.array(self.highs.getSolution().col_value)

    def reduced_costs(self) -> np.ndarray:
        """Return the reduced cost of every pair in the last solution, (P,)."""
        return np.array(self.highs.getSolution().col_dual)

    def cut(self, x: np.ndarray) -> int:
        """Add a separator cut for each piece of a site's units that is apart from its centre; return how many."""
        added = 0
        start, unit = self.sites.start, self.sites.unit
        for s in np.unique(self.site[x > 1e-6]):
            columns = np.arange(start[s], start[s + 1])
            members = unit[columns]
            near = self.matrix[members][:, members]
            held = np.flatnonzero(x[columns] > 1e-6)
            if held[0] != 0:
                continue
            piece = csgraph.connected_components(near[held][:, held], directed=False)[1]
            for p in np.unique(piece[piece != piece[0]]):
                apart = held[piece == p]
                top = int(apart[np.argmax(x[columns[apart]])])
                separator = _separator(near, apart)
                key = (int(columns[top]), *(int(columns[c]) for c in separator))
                if key in self.known_cuts:
                    continue
                self.known_cuts.add(key)
                values = np.array([1.0] + [-1.0] * len(separator))
                self.highs.addRow(-highspy.kHighsInf, 0.0, len(key), np.array(key, dtype=np.int32), values)
                added += 1
        return added


class _Tree:
    """Branch and bound over the relaxation.

    A node is the set of pairs that it still allows. Branching splits the sites of one unit in two by a line across the map, each half
    a child: the unit's centre lies on one side or on the other. That moves the bound of both children, where branching on a single
    pair leaves one of them as it was (Ryan and Foster 1981 for the idea of branching on sets). Nodes are taken best bound first.
    """

    CANDIDATES = 4
    TRIAL_ITERATIONS = 60

    def __init__(self, model: _Model, problem, best: float, lower_bound: float) -> None:
        self.model, self.sites, self.site = model, model.sites, model.site
        self.xy = problem.xy
        self.best, self.district = best, None
        self.lower_bound = lower_bound
        self.closed = np.inf  # least bound of the nodes that were cut off

    def search(self, until: float, stop: Callable[[], bool], nodes: int, tell: Callable[..., None]) -> Exact:
        """Work through the tree until it is empty, the nodes are used up or the time is."""
        open_nodes = [(self.lower_bound, 0, np.packbits(self.model.allowed))]
        pairs, taken = len(self.site), 0
        while open_nodes and not stop():
            bound, _, packed = heappop(open_nodes)
            self.raise_bound(min(bound, self.closed), tell)
            if bound >= self.enough():
                self.closed = min(self.closed, bound)
                continue
            if taken >= nodes:
                heappush(open_nodes, (bound, -1, packed))
                break
            taken += 1
            allowed = np.unpackbits(packed, count=pairs).astype(bool)
            solved = self.solve(allowed, bound, until, stop)
            if solved is None:
                heappush(open_nodes, (bound, -1, packed))
                break
            value, x, allowed = solved
            if x is None:
                self.closed = min(self.closed, value)
                continue
            for side, child in enumerate(self.branch(x, allowed)):
                heappush(open_nodes, (value, 2 * taken + side, np.packbits(child)))
        left = min([node[0] for node in open_nodes], default=np.inf)
        self.raise_bound(min(left, self.closed, self.best), tell)
        nothing = not open_nodes and not np.isfinite(min(self.closed, self.best))
        return Exact(self.district, min(self.lower_bound, self.best), nothing)

    def enough(self) -> float:
        return self.best * (1 - GAP / 2)

    def raise_bound(self, bound: float, tell: Callable[..., None]) -> None:
        if np.isfinite(bound) and bound > self.lower_bound * (1 + 1e-6):
            tell(self.best if np.isfinite(self.best) else None, min(bound, self.best))
        self.lower_bound = max(self.lower_bound, min(bound, self.best))

    def solve(self, allowed: np.ndarray, bound: float, until: float, stop: Callable[[], bool]):
        """Solve a node with the cuts that it needs.

        Returns its bound, the pairs' values (None where the node holds nothing better) and the pairs still allowed; None when the
        time is up.
        """
        model = self.model
        model.allow(allowed)
        turn = 0
        while True:
            turn += 1
            if stop():
                return None
            model.solve(until - time.monotonic())
            status = model.highs.getModelStatus()
            if status == _STATUS.kInfeasible:
                return np.inf, None, allowed
            if status != _STATUS.kOptimal:
                return None
            bound = max(bound, model.highs.getObjectiveValue() * (1 - 1e-9))
            if bound >= self.enough():
                return bound, None, allowed
            x = model.values()
            whole = np.abs(x - np.round(x)).max() < 1e-6
            added = model.cut(np.round(x) if whole else x)
            if whole and not added:
                self.accept(np.flatnonzero(x > 0.5))
                return bound, None, allowed
            # a whole solution leaves nothing to branch on: it is cut off until it is connected, however long that takes
            if not whole and (not added or turn >= CUT_ROUNDS):
                break
        # what would lift the bound above the best known plan is in no better plan of this node
        return bound, x, allowed & ((x > 1e-9) | (bound + model.reduced_costs() <= self.best))

    def accept(self, taken: np.ndarray) -> None:
        objective = float(self.sites.cost[taken].sum())
        if objective < self.best:
            self.best = objective
            district = np.empty(self.model.n, int)
            district[self.sites.unit[taken]] = np.unique(self.site[taken], return_inverse=True)[1]
            self.district = district

    def branch(self, x: np.ndarray, allowed: np.ndarray) -> list[np.ndarray]:
        """Return the children of a node: of a few units whose centre is undecided, those whose split lifts the bound most."""
        model, sites = self.model, self.sites
        fractional = np.flatnonzero((x > 1e-6) & (x < 1 - 1e-6))
        splits = []
        for i in np.unique(sites.unit[fractional]):
            pairs = fractional[sites.unit[fractional] == i]
            at, share = self.xy[sites.centre[self.site[pairs]]], x[pairs]
            middle = np.average(at, axis=0, weights=share)
            spread = (at - middle) * np.sqrt(share)[:, None]
            if not np.abs(spread).max() > 0:
                continue
            direction = np.linalg.svd(spread, full_matrices=False)[2][0]
            along = (at - middle) @ direction
            # the gap between neighbours along the line that has the most even shares on both sides
            order = np.argsort(along)
            before = np.cumsum(share[order])[:-1]
            cut = int(np.argmin(np.abs(before - share.sum() / 2)))
            edge = (along[order][cut] + along[order][cut + 1]) / 2
            even = min(before[cut], share.sum() - before[cut])
            worth = even * float(np.sqrt((spread**2).sum())) * float(sites.cost[pairs].max() + 1.0)
            splits.append((worth, int(i), middle, direction, edge))
        if not splits:
            # only centres of one place are left open (labels): decide the most open pair itself
            pair = int(fractional[np.argmin(np.abs(x[fractional] - 0.5))])
            without, within = allowed.copy(), allowed.copy()
            without[pair] = False
            within[(sites.unit == sites.unit[pair]) & (np.arange(len(x)) != pair)] = False
            return [without, within]
        splits.sort(key=lambda s: (-s[0], s[1]))
        basis = model.highs.getBasis()
        value = model.highs.getObjectiveValue()
        best_children, best_score = [], -np.inf
        for _, i, middle, direction, edge in splits[: self.CANDIDATES]:
            own = np.flatnonzero((sites.unit == i) & allowed)
            beyond = (self.xy[sites.centre[self.site[own]]] - middle) @ direction > edge
            children, gains = [], []
            for side in (own[beyond], own[~beyond]):
                child = allowed.copy()
                child[side] = False
                children.append(child)
                model.allow(child)
                model.solve(30.0, self.TRIAL_ITERATIONS)
                infeasible = model.highs.getModelStatus() == _STATUS.kInfeasible
                gain = self.best - value if infeasible else model.highs.getObjectiveValue() - value
                gains.append(max(gain, 1e-6 * abs(value)))
                model.highs.setBasis(basis)
            score = min(gains) * max(gains)
            if score > best_score:
                best_children, best_score = children, score
        return best_children


def _separator(near: sparse.csr_matrix, units: np.ndarray) -> np.ndarray:
    """Return the neighbours of the connected `units` from which the centre, place 0, can be reached without passing another."""
    border = np.setdiff1d(near[units].indices, units)
    outside = np.setdiff1d(np.arange(near.shape[0]), np.concatenate([units, border]))
    if not len(outside) or outside[0] != 0:
        return border
    piece = csgraph.connected_components(near[outside][:, outside], directed=False)[1]
    beyond = outside[piece == piece[0]]
    return border[np.isin(border, near[beyond].indices)]
