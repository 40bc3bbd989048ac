"""The exact model of districts on the pairs that a bound could not exclude, with contiguity by cuts.

Model: Hess's (see `district_bound`) on the remaining pairs, with x_ij ≤ x_jj, units locked to one label together, and for a unit i and a
centre j that are not adjacent the separator cuts (Carvajal et al. 2013; Oehrlein and Haunert 2017; Validi, Buchanan and Lykhovyd 2022)::

    x_ij ≤ Σ_{c in C} x_cj      for each set C of units that separates i from j

of which only those are added that a solution breaks. Each solve is a relaxation of the whole problem with the pairs excluded that no
better plan can have, so its dual bound is valid for the whole problem, whatever the cuts still missing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np
import pulp
from scipy import sparse
from scipy.sparse import csgraph

from beatplanner.solver.district_bound import Bound

# The model is not tried above this many pairs: building and the first relaxation alone would take minutes.
PAIR_LIMIT = 60_000
GAP = 1e-4


@dataclass(frozen=True)
class Exact:
    """What the exact model gave: districts better than those known (or None), and a proven bound (-inf where none)."""

    district: np.ndarray | None
    bound: float
    infeasible: bool


class _Model:
    """The relaxation with the cuts found so far, kept in one HiGHS model."""

    def __init__(self, cost, pairs, weight, count, lower, upper, locked, threads, seed) -> None:
        self.n = len(weight)
        centres = np.flatnonzero(np.diag(pairs))
        model = pulp.LpProblem("districts", pulp.LpMinimize)
        x = {(int(j), int(i)): pulp.LpVariable(f"x_{j}_{i}", 0, 1, pulp.LpBinary)
             for j in centres for i in np.flatnonzero(pairs[j])}  # fmt: skip
        model += pulp.lpSum(float(cost[j, i]) * v for (j, i), v in x.items())
        of_unit: list[list[int]] = [[] for _ in range(self.n)]
        of_centre: dict[int, list[int]] = {int(j): [] for j in centres}
        for j, i in x:
            of_unit[i].append(j)
            of_centre[j].append(i)
        for i in range(self.n):
            model += pulp.lpSum(x[j, i] for j in of_unit[i]) == 1
        for j, members in of_centre.items():
            load = pulp.lpSum(float(weight[i]) * x[j, i] for i in members)
            model += load <= upper * x[j, j]
            model += load >= lower * x[j, j]
        for j, i in x:
            if i != j:
                model += x[j, i] <= x[j, j]
        model += pulp.lpSum(x[j, j] for j in of_centre) == count
        for g in np.unique(locked[locked >= 0]):
            first, *others = (int(u) for u in np.flatnonzero(locked == g))
            for u in others:
                for j in of_centre:
                    a, b = x.get((j, first)), x.get((j, u))
                    if a is not None or b is not None:
                        model += (a if a is not None else 0) == (b if b is not None else 0)
        solver = pulp.HiGHS(msg=False, threads=threads, random_seed=seed, mip_rel_gap=GAP / 2)
        solver.createAndConfigureSolver(model)
        solver.buildSolverModel(model)
        self.highs: highspy.Highs = model.solverModel
        # the annealed plan is hard to beat; the time goes into the bound
        self.highs.setOptionValue("mip_heuristic_effort", 0.01)
        self.column = {pair: v.index for pair, v in x.items()}
        self.pair = np.array(sorted(self.column, key=lambda p: self.column[p]), dtype=int).reshape(-1, 2)
        self.cut_rows: set[tuple[int, int, tuple[int, ...]]] = set()

    def relax(self, relaxed: bool) -> None:
        kind = highspy.HighsVarType.kContinuous if relaxed else highspy.HighsVarType.kInteger
        columns = np.arange(len(self.pair), dtype=np.int32)
        self.highs.changeColsIntegrality(len(columns), columns, np.full(len(columns), kind))

    def solve(self, seconds: float, nodes: int, stop: Callable[[], bool]) -> None:
        self.highs.setOptionValue("time_limit", max(0.1, seconds))
        self.highs.setOptionValue("mip_max_nodes", nodes)
        self.highs.run()

    def values(self) -> np.ndarray:
        """Return x as an (n, n) array, ``[j, i]``."""
        x = np.zeros((self.n, self.n))
        x[self.pair[:, 0], self.pair[:, 1]] = self.highs.getSolution().col_value
        return x

    def start_from(self, district: np.ndarray, centre: np.ndarray) -> None:
        """Give HiGHS a known plan to beat, where all its pairs are in the model."""
        columns = [self.column.get((int(centre[district[i]]), i)) for i in range(self.n)]
        if any(c is None for c in columns):
            return
        solution = highspy.HighsSolution()
        value = np.zeros(len(self.pair))
        value[columns] = 1.0
        solution.col_value = list(value)
        self.highs.setSolution(solution)

    def cut(self, x: np.ndarray, matrix: sparse.csr_matrix) -> int:
        """Add a separator cut for each piece of a centre's units that is apart from the centre; return how many."""
        added = 0
        for j in np.flatnonzero(np.diag(x) > 1e-6):
            held = np.flatnonzero(x[j] > 1e-6)
            piece = csgraph.connected_components(matrix[held][:, held], directed=False)[1]
            home = piece[np.searchsorted(held, j)]
            for p in np.unique(piece[piece != home]):
                units = held[piece == p]
                i = int(units[np.argmax(x[j, units])])
                separator = _separator(matrix, units, int(j))
                key = (int(j), i, tuple(int(c) for c in separator))
                if key in self.cut_rows:
                    continue
                self.cut_rows.add(key)
                inside = [self.column[(int(j), int(c))] for c in separator if (int(j), int(c)) in self.column]
                columns = np.array([self.column[(int(j), i)], *inside], dtype=np.int32)
                values = np.array([1.0] + [-1.0] * len(inside))
                self.highs.addRow(-highspy.kHighsInf, 0.0, len(columns), columns, values)
                added += 1
        return added


def _separator(matrix: sparse.csr_matrix, units: np.ndarray, centre: int) -> np.ndarray:
    """Return the neighbours of the connected `units` from which `centre` can be reached without passing another."""
    border = np.setdiff1d(matrix[units].indices, units)
    outside = np.setdiff1d(np.arange(matrix.shape[0]), np.concatenate([units, border]))
    piece = csgraph.connected_components(matrix[outside][:, outside], directed=False)[1]
    at = int(np.searchsorted(outside, centre))
    if at >= len(outside) or outside[at] != centre:
        return border
    beyond = outside[piece == piece[at]]
    return border[np.isin(border, matrix[beyond].indices)]


def exact_districts(
    cost: np.ndarray,
    bound: Bound,
    problem,
    matrix: sparse.csr_matrix,
    best_known: float,
    known: tuple[np.ndarray, np.ndarray] | None,
    locked: np.ndarray,
    *,
    until: float,
    stop: Callable[[], bool],
    threads: int,
    seed: int,
    nodes: int,
    tell: Callable[[float | None, float], None],
) -> Exact:
    """Close the gap on the pairs left open.

    Parameters
    ----------
    cost
        (n, n) cost ``[j, i]`` of unit i at centre j.
    bound
        What the Lagrangian left open, and its bound.
    problem
        The `DistrictingProblem`.
    matrix
        (n, n) adjacency.
    best_known
        Travel of the best plan known, inf for none.
    known
        That plan's district of each unit and centre of each district.
    locked
        (n,) labels of locked units, -1 where free.
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
    lower_bound = bound.value
    if int(bound.pairs.sum()) > PAIR_LIMIT:
        return Exact(None, lower_bound, False)
    if int(np.diag(bound.pairs).sum()) < problem.count or not bound.pairs.any(axis=0).all():
        # nothing better than the known plan is left
        return Exact(None, best_known, not np.isfinite(best_known))
    model = _Model(
        cost, bound.pairs, problem.weight, problem.count, problem.lower, problem.upper, locked, threads, seed
    )
    statuses = highspy.HighsModelStatus
    best, best_district = best_known, None
    model.relax(True)
    for _ in range(30):
        if stop() or time.monotonic() >= until:
            return Exact(None, lower_bound, False)
        model.solve(until - time.monotonic(), 0, stop)
        status = model.highs.getModelStatus()
        if status == statuses.kInfeasible:
            return Exact(None, max(lower_bound, best_known), not np.isfinite(best_known))
        if status != statuses.kOptimal:
            return Exact(None, lower_bound, False)
        lower_bound = max(lower_bound, min(best_known, model.highs.getObjectiveValue() * (1 - 1e-9)))
        tell(best if np.isfinite(best) else None, lower_bound)
        if not model.cut(model.values(), matrix):
            break
    model.relax(False)
    while not stop() and time.monotonic() < until and nodes > 0 and not lower_bound >= best * (1 - GAP):
        if known is not None:
            model.start_from(*known)
        model.solve(until - time.monotonic(), nodes, stop)
        info, status = model.highs.getInfo(), model.highs.getModelStatus()
        nodes -= max(1, int(info.mip_node_count))
        if status == statuses.kInfeasible:
            return Exact(best_district, best, not np.isfinite(best))
        lower_bound = max(lower_bound, min(best, info.mip_dual_bound * (1 - 1e-9)))
        tell(best if np.isfinite(best) else None, lower_bound)
        if info.primal_solution_status != 2:
            break
        x = np.round(model.values())
        if not model.cut(x, matrix):
            centre_of = np.argmax(x, axis=0)
            centres, district = np.unique(centre_of, return_inverse=True)
            objective = float(cost[centre_of, np.arange(len(centre_of))].sum())
            if objective < best:
                best, best_district, known = objective, district, (district, centres)
            if status == statuses.kOptimal:
                lower_bound = max(lower_bound, min(best, info.mip_dual_bound))
            break
        if status != statuses.kOptimal:
            break
    return Exact(best_district, min(lower_bound, best), False)
