"""The least border of a few districts of a map of some dozen units, by a model of HiGHS on labels.

Model (Ferreira et al. 1996; Validi and Buchanan 2022), x_ik = 1 where unit i is in district k, y_ek = 1 where the first end of edge e alone is::

    min  Σ_ek b_e y_ek
    s.t. Σ_k x_ik = 1,  L ≤ Σ_i w_i x_ik ≤ U,  y_ek ≥ x_ik − x_jk      for e = {i, j}
         x_ik ≤ Σ_{j before i} x_j,k−1,  x_ik = 0 for the first k units   heavy units first: of plans that only swap labels one is left
         x_ik + x_jk ≤ 1 + Σ_{c in C} x_ck                               for units C that separate i and j, added where a solution is broken

It has n K variables where the model on roots (`cut_bound`) has n², and takes no budget, price or locks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pulp

from beatplanner.solver.clock import read_clock
from beatplanner.solver.districts.problem import Amounts
from beatplanner.solver.highs import solve

if TYPE_CHECKING:
    from beatplanner.solver.districts.problem import DistrictingProblem

# Units and districts up to which it is tried, and rounds of separators.
MOST_UNITS, MOST_DISTRICTS, ROUNDS = 120, 8, 20


def suits_labels(problem: DistrictingProblem, locked: np.ndarray) -> bool:
    """Tell whether the model takes a problem: small, few districts, each with some work, and no rule on labels."""
    small = len(problem.weight) <= MOST_UNITS and problem.count <= MOST_DISTRICTS
    plain = problem.budget is None and problem.price == 0.0 and not (locked >= 0).any()
    return small and plain and problem.lower > 0.0


class LabelModel:
    """The model of a small map; see the module. Arrays as in `DistrictingProblem`."""

    def __init__(self, problem: DistrictingProblem, neighbours: list[np.ndarray]) -> None:
        self.problem, self.neighbours = problem, neighbours
        n, count = self.n, self.count = len(problem.weight), problem.count
        self.place = np.empty(n, int)
        self.place[np.argsort(-problem.weight, kind="stable")] = np.arange(n)
        self.model: pulp.LpProblem = pulp.LpProblem("cut", pulp.LpMinimize)
        self.x = [[pulp.LpVariable(f"x_{i}_{k}", cat=pulp.LpBinary) for k in range(count)] for i in range(n)]
        ends: list[tuple[int, int]] = problem.edges.tolist()
        cut = [[pulp.LpVariable(f"y_{e}_{k}", 0.0, 1.0) for k in range(count)] for e in range(len(ends))]
        self.model += pulp.LpAffineExpression(
            [(y, float(b)) for b, row in zip(problem.border, cut, strict=True) for y in row]
        )
        mean, slack = max(1e-300, float(problem.weight.mean())), 1e-9 * problem.upper
        amounts = Amounts.of(problem)
        in_order: list[int] = np.argsort(self.place).tolist()
        for k in range(count):
            load = pulp.LpAffineExpression([(self.x[i][k], float(problem.weight[i]) / mean) for i in range(n)])
            self.model += load >= (problem.lower - slack) / mean
            self.model += load <= (problem.upper + slack) / mean
            for amount, low, high in zip(amounts.of_unit.T, amounts.lower, amounts.upper, strict=True):
                held = pulp.LpAffineExpression([(self.x[i][k], float(amount[i]) / mean) for i in range(n)])
                self.model += held >= (float(low) - slack) / mean
                self.model += held <= (float(high) + slack) / mean
            for (i, j), row in zip(ends, cut, strict=True):
                self.model += row[k] >= self.x[i][k] - self.x[j][k]
            for rank, i in enumerate(in_order):
                if k > rank:
                    self.model += self.x[i][k] == 0
                elif k:
                    self.model += self.x[i][k] <= pulp.lpSum(self.x[j][k - 1] for j in in_order[:rank])
        for i in range(n):
            self.model += pulp.lpSum(self.x[i]) == 1

    def bound(
        self, seconds: float, threads: int, stop: Callable[[], bool], known: np.ndarray | None, nodes: int
    ) -> tuple[float | None, np.ndarray | None]:
        """Return the bound (inf where no districts exist, None where nothing is known) and optimal districts, or None.

        `known`, (n,), are districts to start from; `nodes` limits each round.
        """
        begin, best = read_clock(stop), None
        start = None if known is None else self._start(known)
        for _ in range(ROUNDS):
            left = seconds - (read_clock(stop) - begin)
            if left <= 0.0 or stop():
                break
            outcome = solve(
                self.model, seconds=left, threads=threads, gap=1e-6, start=start, cancelled=stop, max_nodes=nodes
            )
            if outcome.status == "infeasible":
                return np.inf, None
            if outcome.bound is not None:
                best = max(best or 0.0, outcome.bound)
            if outcome.status != "optimal":
                break
            district = np.array([int(np.argmax([v.varValue or 0.0 for v in row])) for row in self.x])
            if not self._cut_off(district):
                return best, district
        return best, None

    def _start(self, known: np.ndarray) -> dict[pulp.LpVariable, float]:
        """Return the values of districts, numbered by their heaviest units."""
        first = np.full(self.count, self.n)
        np.minimum.at(first, known, self.place)
        label = np.argsort(np.argsort(first))[known]
        return {self.x[i][k]: float(label[i] == k) for i in range(self.n) for k in range(self.count)}

    def _cut_off(self, district: np.ndarray) -> bool:
        """Add separators for each piece of a district apart from its heaviest one; tell whether there was one."""
        added = False
        for k in range(self.count):
            pieces: list[np.ndarray] = []
            left = district == k
            while left.any():
                piece = self._reached(int(np.flatnonzero(left)[0]), left)
                pieces.append(piece)
                left = left & ~piece
            pieces.sort(key=lambda p: -float(self.problem.weight[p].sum()))
            for piece in pieces[1:]:
                added = True
                j = min(np.flatnonzero(pieces[0]).tolist(), key=lambda v: self.place[v])
                around = sorted({int(v) for u in np.flatnonzero(piece) for v in self.neighbours[u] if not piece[v]})
                for i in np.flatnonzero(piece).tolist():
                    for m in range(self.count):
                        ways = pulp.lpSum(self.x[c][m] for c in around)
                        self.model += self.x[i][m] + self.x[j][m] <= 1 + ways
        return added

    def _reached(self, unit: int, inside: np.ndarray) -> np.ndarray:
        seen, todo = np.zeros(self.n, bool), [unit]
        seen[unit] = True
        while todo:
            for v in self.neighbours[todo.pop()]:
                if inside[v] and not seen[v]:
                    seen[v] = True
                    todo.append(int(v))
        return seen
