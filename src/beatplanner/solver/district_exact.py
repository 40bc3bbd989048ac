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

import highspy
import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from beatplanner.solver.district_bound import Bound, lagrangian_bound
from beatplanner.solver.district_growth import Graph
from beatplanner.solver.district_sites import Sites, pairs_in_reach

# The model is not tried above this many pairs: the first relaxation alone would take minutes.
MODEL_LIMIT = 60_000
GAP = 1e-4
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
    known: np.ndarray | None,
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
    known
        That plan's district of each unit, or None.
    until
        `time.monotonic` at which to end.
    stop
        Asked between solves; True ends.
    threads, seed
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
    model = _Model(sites, problem, graph, threads, seed)
    best, best_district = best_known, None
    shown = best if np.isfinite(best) else None
    model.relax(True)
    for _ in range(40):
        if stop():
            return Exact(None, min(lower_bound, best_known), False)
        model.solve(until - time.monotonic(), 0)
        status = model.highs.getModelStatus()
        if status == _STATUS.kInfeasible:
            return Exact(None, max(lower_bound, best_known), not np.isfinite(best_known))
        if status != _STATUS.kOptimal:
            return Exact(None, min(lower_bound, best_known), False)
        lower_bound = max(lower_bound, min(best_known, model.highs.getObjectiveValue() * (1 - 1e-9)))
        tell(shown, lower_bound)
        if lower_bound >= best * (1 - GAP) or not model.cut(model.values()):
            break
    model.relax(False)
    while not stop() and nodes > 0 and not lower_bound >= best * (1 - GAP):
        if known is not None:
            model.start_from(known)
        model.solve(until - time.monotonic(), nodes)
        info, status = model.highs.getInfo(), model.highs.getModelStatus()
        nodes -= max(1, int(info.mip_node_count))
        if status == _STATUS.kInfeasible:
            return Exact(best_district, best, not np.isfinite(best))
        lower_bound = max(lower_bound, min(best, info.mip_dual_bound * (1 - 1e-9)))
        tell(best if np.isfinite(best) else None, lower_bound)
        if info.primal_solution_status != 2:
            break
        x = np.round(model.values())
        if not model.cut(x):
            taken = np.flatnonzero(x)
            district = np.empty(model.n, int)
            district[sites.unit[taken]] = np.unique(model.site[taken], return_inverse=True)[1]
            objective = float(sites.cost[taken].sum())
            if objective < best:
                best, best_district, known = objective, district, district
            if status == _STATUS.kOptimal:
                lower_bound = max(lower_bound, min(best, info.mip_dual_bound))
            break
        if status != _STATUS.kOptimal:
            break
    return Exact(best_district, min(lower_bound, best), False)


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

    def __init__(self, sites: Sites, problem, graph: Graph, threads: int, seed: int) -> None:
        self.n, self.sites = len(problem.weight), sites
        self.site = sites.site_of_pair
        self.matrix = graph.matrix
        pairs, count = len(sites.unit), len(sites.centre)
        column = np.arange(pairs)
        head = sites.start[:-1]
        weight = problem.weight[sites.unit].astype(float)
        rest = np.setdiff1d(column, head)
        label = np.flatnonzero(sites.label >= 0)
        labels, of_label = np.unique(sites.label[label], return_inverse=True)
        infinite = highspy.kHighsInf

        def block(rows, columns, values, height):
            return sparse.coo_matrix((values, (rows, columns)), shape=(height, pairs))

        loads = block(self.site, column, weight, count)
        blocks = [
            (block(sites.unit, column, np.ones(pairs), self.n), 1.0, 1.0),
            (loads - block(np.arange(count), head, np.full(count, problem.upper), count), -infinite, 0.0),
            (loads - block(np.arange(count), head, np.full(count, problem.lower), count), 0.0, infinite),
            (block(np.zeros(count, int), head, np.ones(count), 1), float(problem.count), float(problem.count)),
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
        options = {"output_flag": False, "threads": threads, "random_seed": seed % 2**31, "mip_rel_gap": GAP / 2}
        # the annealed plan is hard to beat; the time goes into the bound
        options["mip_heuristic_effort"] = 0.01
        for name, value in options.items():
            self.highs.setOptionValue(name, value)
        # HiGHS keeps its worker threads between runs and refuses a run with another number of them
        self.highs.resetGlobalScheduler(True)
        self.highs.passModel(model)
        self.known_cuts: set[tuple[int, ...]] = set()

    def relax(self, relaxed: bool) -> None:
        kind = highspy.HighsVarType.kContinuous if relaxed else highspy.HighsVarType.kInteger
        columns = np.arange(len(self.site), dtype=np.int32)
        self.highs.changeColsIntegrality(len(columns), columns, np.full(len(columns), kind))

    def solve(self, seconds: float, nodes: int) -> None:
        self.highs.setOptionValue("time_limit", max(0.1, seconds))
        self.highs.setOptionValue("mip_max_nodes", nodes)
        self.highs.run()

    def values(self) -> np.ndarray:
        """Return x of every pair, (P,)."""
        return np.array(self.highs.getSolution().col_value)

    def start_from(self, district: np.ndarray) -> None:
        """Give HiGHS the assignment of a known plan to beat, with the sites that suit it, where they are all in the model."""
        sites = self.sites
        column: list[int] = []
        for k in np.unique(district):
            members = np.flatnonzero(district == k)
            inside = np.isin(sites.unit, members) & np.isin(sites.centre[self.site], members)
            full = np.bincount(self.site[inside], minlength=len(sites.centre)) == len(members)
            if not full.any():
                return
            cost = np.bincount(self.site[inside], weights=sites.cost[inside], minlength=len(sites.centre))
            site = int(np.argmin(np.where(full, cost, np.inf)))
            column += np.flatnonzero(inside & (self.site == site)).tolist()
        solution = highspy.HighsSolution()
        value = np.zeros(len(self.site))
        value[column] = 1.0
        solution.col_value = list(value)
        self.highs.setSolution(solution)

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


def _separator(near: sparse.csr_matrix, units: np.ndarray) -> np.ndarray:
    """Return the neighbours of the connected `units` from which the centre, place 0, can be reached without passing another."""
    border = np.setdiff1d(near[units].indices, units)
    outside = np.setdiff1d(np.arange(near.shape[0]), np.concatenate([units, border]))
    if not len(outside) or outside[0] != 0:
        return border
    piece = csgraph.connected_components(near[outside][:, outside], directed=False)[1]
    beyond = outside[piece == piece[0]]
    return border[np.isin(border, near[beyond].indices)]
