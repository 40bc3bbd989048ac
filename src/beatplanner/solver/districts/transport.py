"""Districts around given centres, nearly the cheapest there are: a transport problem, and a small model for what it splits.

With the centres given, units that can be split make a transport problem (Hess et al. 1965)::

    min  Σ_ik c_ik x_ik    s.t. Σ_k x_ik = 1,  L ≤ Σ_i w_i x_ik ≤ U,  x ≥ 0

which splits fewer units than there are districts. The best centres of what it gives are the next centres, until they stay. Then whole units: of each
unit those districts alone that cost little more than its own (by reduced cost), and contiguity by separators that are added as solutions break it::

    x_ik ≤ Σ_{c in C} x_ck     for the units C around a piece of district k that is apart from its centre

What comes out keeps every rule. Nothing is proven by it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pulp
from scipy import sparse
from scipy.optimize import linprog

from beatplanner.solver.clock import watch
from beatplanner.solver.districts.growth import Graph
from beatplanner.solver.highs import solve

if TYPE_CHECKING:
    from beatplanner.solver.districts.problem import DistrictingProblem

# Times that centres are moved, and that separators are added; nodes and gap of each model.
MOVES, ROUNDS, MODEL_NODES, MODEL_GAP = 12, 12, 60, 2e-5
# What a unit may cost more in a district than where the transport problem has it, as shares of the whole: tried in turn.
SLACKS = (1e-4, 1e-3)


class Transport:
    """Makes districts around centres; see the module.

    Parameters
    ----------
    problem
        A `DistrictingProblem` of travel without labels.
    graph
        Adjacency of the units.
    metres
        Function of units and units to metres.
    stop
        True ends.
    """

    def __init__(
        self,
        problem: DistrictingProblem,
        graph: Graph,
        metres: Callable[[np.ndarray, np.ndarray], np.ndarray],
        stop: Callable[[], bool],
    ) -> None:
        self.problem, self.graph, self.metres, self.stop = problem, graph, metres, stop
        self.made: dict[tuple[int, ...], np.ndarray | None] = {}
        self.best = np.inf

    def around(self, centres: np.ndarray) -> list[np.ndarray]:
        """Return districts, (n,) of 0..K-1, that keep the rules: of centres (K,) as they are, and of those that they move to; none where none were found."""
        found: list[np.ndarray | None] = []
        first = True
        for _ in range(MOVES):
            split = self._split(centres)
            if split is None:
                break
            after = self.centres_of(split[1].argmax(axis=1), centres)
            stays = bool((after == centres).all())
            if first or stays:
                found.append(self._made(centres, *split))
            if stays:
                break
            centres, first = after, False
        return [district for district in found if district is not None]

    def _made(self, centres: np.ndarray, cost: np.ndarray, x: np.ndarray, extra: np.ndarray) -> np.ndarray | None:
        """Return whole units' districts of centres, None where none were found or where the split ones cost as much as the best known."""
        key, value = tuple(sorted(int(c) for c in centres)), float((cost * x).sum())
        if value >= self.best:
            return None
        if key not in self.made:
            self.made[key] = None
            for slack in SLACKS:
                if self.made[key] is None and not self.stop():
                    self.made[key] = self._whole(centres, cost, x, extra <= slack * value)
            made = self.made[key]
            if made is not None:
                self.best = min(self.best, float(cost[np.arange(len(made)), made].sum()))
        return self.made[key]

    def costs(self, centres: np.ndarray) -> np.ndarray:
        """Return the cost of each unit with each centre, (n, K)."""
        n, count = len(self.problem.weight), len(centres)
        unit, k = np.divmod(np.arange(n * count), count)
        return (self.problem.weight[unit] * self.metres(unit, centres[k])).reshape(n, count)

    def centres_of(self, district: np.ndarray, centres: np.ndarray) -> np.ndarray:
        """Return the best centre of each district; the old one of a district that has no units."""
        best = centres.copy()
        for k in range(len(centres)):
            units = np.flatnonzero(district == k)
            if len(units):
                one, other = np.repeat(units, len(units)), np.tile(units, len(units))
                metres = self.metres(one, other).reshape(len(units), len(units))
                best[k] = units[np.argmin(self.problem.weight[units] @ metres)]
        return best

    def _split(self, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Return costs, parts and reduced costs, each (n, K), of the transport problem; None where it has no solution."""
        problem, count = self.problem, len(centres)
        n, cost = len(problem.weight), self.costs(centres)
        scale, load = max(1e-300, float(cost.mean())), max(1e-300, float(problem.weight.mean()))
        rows = sparse.kron(problem.weight[None] / load, sparse.eye(count))
        least = np.zeros((n, count))
        least[centres, np.arange(count)] = 1.0
        # the types of scipy's stubs know no sparse rows
        solver: Any = linprog
        found = solver(
            cost.ravel() / scale,
            A_ub=sparse.vstack([rows, -rows]),
            b_ub=np.concatenate([np.full(count, problem.upper), np.full(count, -problem.lower)]) / load,
            A_eq=sparse.kron(sparse.eye(n), np.ones((1, count))),
            b_eq=np.ones(n),
            bounds=np.column_stack([least.ravel(), np.ones(n * count)]),
            method="highs",
        )
        if found.status != 0:
            return None
        shape = (n, count)
        return cost, found.x.reshape(shape), scale * np.maximum(found.lower.marginals, 0.0).reshape(shape)

    def _whole(self, centres: np.ndarray, cost: np.ndarray, x: np.ndarray, near: np.ndarray) -> np.ndarray | None:
        """Return whole units' districts among the pairs of a mask, (n, K), nearly the cheapest; None where the model has none."""
        problem, count = self.problem, len(centres)
        near = near | (x > 1e-9)
        near[centres] = np.eye(count, dtype=bool)
        alone = near.sum(axis=1) == 1
        district = np.where(alone, near.argmax(axis=1), -1)
        free = np.flatnonzero(~alone)
        load = np.bincount(district[alone], weights=problem.weight[alone], minlength=count)
        model: pulp.LpProblem = pulp.LpProblem("whole", pulp.LpMinimize)
        var = {
            (int(i), int(k)): pulp.LpVariable(f"x_{i}_{k}", cat=pulp.LpBinary)
            for i in free
            for k in np.flatnonzero(near[i])
        }
        scale = max(1e-300, float(cost.mean()))
        model += pulp.LpAffineExpression([(v, float(cost[i, k]) / scale) for (i, k), v in var.items()])
        for i in free:
            model += pulp.lpSum(var[int(i), int(k)] for k in np.flatnonzero(near[i])) == 1
        mean = max(1e-300, float(problem.weight.mean()))
        for k in range(count):
            terms = [(v, float(problem.weight[i]) / mean) for (i, m), v in var.items() if m == k]
            model += pulp.LpAffineExpression(terms) <= float(problem.upper - load[k]) / mean
            model += pulp.LpAffineExpression(terms) >= float(problem.lower - load[k]) / mean
        limit = watch(self.stop)
        for _ in range(ROUNDS):
            if limit():
                return None
            if len(free):
                gap = MODEL_GAP * float((cost * x).sum()) / max(1e-300, float((cost * x)[free].sum()))
                outcome = solve(
                    model,
                    seconds=min(limit.left(), 3600.0),
                    gap=min(0.5, gap),
                    cancelled=self.stop,
                    max_nodes=MODEL_NODES,
                )
                if outcome.objective is None:
                    return None
                for (i, k), v in var.items():
                    if (v.varValue or 0.0) > 0.5:
                        district[i] = k
            if not self._cut_off(model, var, district, centres):
                return district if self._balanced(district) else None
        return None

    def _balanced(self, district: np.ndarray) -> bool:
        load = np.bincount(district, weights=self.problem.weight, minlength=self.problem.count)
        slack = 1e-9 * self.problem.upper
        return load.min() >= self.problem.lower - slack and load.max() <= self.problem.upper + slack

    def _cut_off(
        self,
        model: pulp.LpProblem,
        var: dict[tuple[int, int], pulp.LpVariable],
        district: np.ndarray,
        centres: np.ndarray,
    ) -> bool:
        """Add a separator for each unit of each piece apart from its centre; tell whether there was a piece."""
        apart = False
        for k, centre in enumerate(centres.tolist()):
            own = district == k
            own &= ~self._reached(centre, own)
            while own.any():
                apart = True
                piece = self._reached(int(np.flatnonzero(own)[0]), own)
                around = {int(v) for u in np.flatnonzero(piece) for v in self.graph.neighbours(int(u)) if not piece[v]}
                ways = pulp.lpSum(var[v, k] for v in sorted(around) if (v, k) in var)
                for i in np.flatnonzero(piece).tolist():
                    # a unit without a choice is in the piece whatever the model does
                    model += var.get((i, k), 1) <= ways
                own &= ~piece
        return apart

    def _reached(self, unit: int, inside: np.ndarray) -> np.ndarray:
        seen = np.zeros(len(inside), bool)
        seen[unit] = True
        todo = [unit]
        while todo:
            for v in self.graph.neighbours(todo.pop()):
                if inside[v] and not seen[v]:
                    seen[v] = True
                    todo.append(int(v))
        return seen
