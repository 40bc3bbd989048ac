"""Bounds on the border between districts: one by eigenvalues for any size, one by a model of HiGHS for small maps.

Eigenvalues (Donath and Hoffman 1973, with workload in place of numbers of units). Let A be the Laplacian of the borders and D = diag(w + δ). The
indicators x_k of the districts are orthogonal in D and x_k' D x_k ≥ L, so that for the eigenvalues 0 = λ_1 ≤ λ_2 ≤ … of A v = λ D v (Ky Fan)::

    cut = ½ Σ_k x_k' A x_k ≥ ½ L Σ_{k ≤ K} λ_k

Model, on roots j, where a district's root is its first unit (which breaks the symmetry; Validi and Buchanan 2022)::

    min  Σ_e b_e y_e
    s.t. Σ_j x_ij = 1;  x_ij ≤ x_jj;  Σ_j x_jj = K;  L x_jj ≤ Σ_i w_i x_ij ≤ U x_jj;  x_ij = 0 for i < j
         y_e ≥ x_ij − x_kj,  y_e ≥ x_kj − x_ij       for e = {i, k} and every j
         x_ij ≤ Σ_{c in C} x_cj                       for separators C of i and j, added where a solution breaks contiguity

and with a change budget, z_jg whether the district of root j carries label g on, and k_ij whether unit i keeps its label g(i) there::

         Σ_g z_jg ≤ x_jj;  Σ_j z_jg ≤ 1;  k_ij ≤ x_ij;  k_ij ≤ z_j,g(i);  Σ_ij residents_i k_ij ≥ residents of today's districts − budget

The first leaves change budgets and locks out: that relaxes the problem, so the bound holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pulp
from scipy import linalg

from beatplanner.solver.clock import read_clock
from beatplanner.solver.districts.problem import Amounts
from beatplanner.solver.highs import solve

if TYPE_CHECKING:
    from beatplanner.solver.districts.problem import DistrictingProblem

# Units up to which eigenvalues of a full matrix are computed (a minute and 200 MB), and up to which the model is tried.
EIGEN_UNITS, MODEL_UNITS = 5_000, 24
# Cubes of units a second of the processor that eigenvalues take, with those of a certificate: 0.8 s for 1,000 units and 2.3 s for 1,500, which the
# checker evaluates too, 14 s for 3,000 and 31 s for 5,000, which it does not. Nothing ends them, so this is the least of what was measured.
EIGEN_SPEED = 1.2e9
# Nodes of each model, and rounds of separators.
MODEL_NODES, ROUNDS = 300, 20
# What a unit without workload weighs in D, as a share of the mean.
NO_WORK = 1e-6


def eigenvalue_seconds(units: int) -> float:
    """Return about how long `eigenvalue_bound` takes, with its certificate."""
    return units**3 / EIGEN_SPEED


def eigenvalue_bound(weight: np.ndarray, edges: np.ndarray, border: np.ndarray, count: int, lower: float) -> float:
    """Bound the border between districts from below by eigenvalues.

    Parameters
    ----------
    weight
        (n,) workload.
    edges, border
        (m, 2) adjacent units and (m,) their border.
    count, lower
        Number of districts and least workload of one.

    Returns
    -------
    float
        0 where nothing is known.
    """
    n = len(weight)
    if n > EIGEN_UNITS or lower <= 0.0 or not len(edges) or count < 2:
        return 0.0
    a, b = edges.T
    laplacian = np.zeros((n, n))
    np.add.at(laplacian, (a, b), -border)
    np.add.at(laplacian, (b, a), -border)
    laplacian[np.diag_indices(n)] = -laplacian.sum(axis=1)
    root = 1.0 / np.sqrt(weight + NO_WORK * weight.mean())
    scaled = laplacian * root[:, None] * root[None, :]
    values = linalg.eigvalsh(scaled, subset_by_index=(0, count - 1))
    # the error of a symmetric eigenvalue is of the size of rounding times the norm
    slack = 1e-12 * float(np.abs(scaled).sum(axis=1).max())
    return max(0.0, 0.5 * lower * float(np.maximum(values - slack, 0.0).sum()))


class CutModel:
    """The model of a small map; see the module. Arrays as in `DistrictingProblem`."""

    def __init__(self, problem: DistrictingProblem, neighbours: list[np.ndarray]) -> None:
        self.problem, self.neighbours = problem, neighbours
        n = self.n = len(problem.weight)
        self.model: pulp.LpProblem = pulp.LpProblem("cut", pulp.LpMinimize)
        self.x = {(i, j): pulp.LpVariable(f"x_{i}_{j}", cat=pulp.LpBinary) for j in range(n) for i in range(j, n)}
        cut = [pulp.LpVariable(f"y_{e}", 0.0, 1.0) for e in range(len(problem.edges))]
        self.model += pulp.lpSum(float(m) * y for m, y in zip(problem.border, cut, strict=True))
        for i in range(n):
            self.model += pulp.lpSum(self.x[i, j] for j in range(i + 1)) == 1
        amounts = Amounts.of(problem)
        for j in range(n):
            root = self.x[j, j]
            for i in range(j + 1, n):
                self.model += self.x[i, j] <= root
            load = pulp.lpSum(float(problem.weight[i]) * self.x[i, j] for i in range(j, n))
            slack = 1e-9 * problem.upper
            self.model += load >= (problem.lower - slack) * root
            self.model += load <= (problem.upper + slack) * root
            for amount, low, high in zip(amounts.of_unit.T, amounts.lower, amounts.upper, strict=True):
                held = pulp.lpSum(float(amount[i]) * self.x[i, j] for i in range(j, n))
                self.model += held >= (float(low) - slack) * root
                self.model += held <= (float(high) + slack) * root
        self.model += pulp.lpSum(self.x[j, j] for j in range(n)) == problem.count
        for (i, k), y in zip(problem.edges.tolist(), cut, strict=True):
            for j in range(max(i, k) + 1):
                one, other = self.x.get((i, j)), self.x.get((k, j))
                if one is None or other is None:
                    self.model += y >= (one or other or 0.0)
                else:
                    self.model += y >= one - other
                    self.model += y >= other - one
        self._locks()
        if problem.budget is not None:
            self._budget(problem.budget)

    def _budget(self, budget: float) -> None:
        """At most so many residents change their label."""
        problem = self.problem
        locked = problem.locked if len(problem.locked) else np.full(self.n, -1)
        labels = sorted({int(g) for g in (*problem.current, *locked) if g >= 0})
        carries = {(j, g): pulp.LpVariable(f"z_{j}_{g}", cat=pulp.LpBinary) for j in range(self.n) for g in labels}
        for j in range(self.n):
            self.model += pulp.lpSum(carries[j, g] for g in labels) <= self.x[j, j]
        for g in labels:
            self.model += pulp.lpSum(carries[j, g] for j in range(self.n)) <= 1
        kept: list[pulp.LpAffineExpression] = []
        for i in range(self.n):
            if locked[i] >= 0:
                for j in range(i + 1):
                    self.model += self.x[i, j] <= carries[j, int(locked[i])]
            if problem.current[i] < 0 or problem.residents[i] <= 0:
                continue
            for j in range(i + 1):
                keeps = pulp.LpVariable(f"k_{i}_{j}", 0.0, 1.0)
                self.model += keeps <= self.x[i, j]
                self.model += keeps <= carries[j, int(problem.current[i])]
                kept.append(float(problem.residents[i]) * keeps)
        known = float(problem.residents[problem.current >= 0].sum())
        self.model += pulp.lpSum(kept) >= known - budget * (1 + 1e-9) - 1e-6

    def _locks(self) -> None:
        locked = self.problem.locked if len(self.problem.locked) else np.full(self.n, -1)
        held = np.flatnonzero(locked >= 0)
        for a in held:
            for b in held[held > a]:
                for j in range(b + 1):
                    one, other = self.x.get((int(a), j), 0), self.x[int(b), j]
                    self.model += (one == other) if locked[a] == locked[b] else (one + other <= 1)  # pyright: ignore[reportOperatorIssue]

    def bound(self, seconds: float, threads: int, stop: Callable[[], bool]) -> tuple[float | None, np.ndarray | None]:
        """Return the bound (inf where no districts exist, None where nothing is known) and optimal districts, or None."""
        begin, best = read_clock(stop), None
        for _ in range(ROUNDS):
            left = seconds - (read_clock(stop) - begin)
            if left <= 0.0 or stop():
                break
            outcome = solve(self.model, seconds=left, threads=threads, gap=1e-6, cancelled=stop, max_nodes=MODEL_NODES)
            if outcome.status == "infeasible":
                return np.inf, None
            if outcome.bound is not None:
                best = max(best or 0.0, outcome.bound)
            if outcome.status != "optimal":
                break
            root = np.full(self.n, -1)
            for (i, j), x in self.x.items():
                if (x.varValue or 0.0) > 0.5:
                    root[i] = j
            if not self._cut_off(root):
                return best, np.unique(root, return_inverse=True)[1]
        return best, None

    def _cut_off(self, root: np.ndarray) -> bool:
        """Add a separator for every piece of a district without its root; tell whether there was one."""
        added = False
        for j in np.unique(root):
            joined = self._reached(int(j), root == j)
            apart = np.flatnonzero((root == j) & ~joined)
            while len(apart):
                piece = self._reached(int(apart[0]), (root == j) & ~joined)
                around = {int(v) for u in np.flatnonzero(piece) for v in self.neighbours[u] if not piece[v]}
                for i in np.flatnonzero(piece):
                    self.model += self.x[int(i), int(j)] <= pulp.lpSum(self.x[v, int(j)] for v in around if v >= j)
                added = True
                apart = apart[~piece[apart]]
        return added

    def _reached(self, unit: int, inside: np.ndarray) -> np.ndarray:
        seen = np.zeros(self.n, bool)
        seen[unit] = True
        todo = [unit]
        while todo:
            for v in self.neighbours[todo.pop()]:
                if inside[v] and not seen[v]:
                    seen[v] = True
                    todo.append(int(v))
        return seen
