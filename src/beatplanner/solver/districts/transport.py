"""Districts around given centres, nearly the cheapest there are: a transport problem, and a small model for what it splits.

With the centres given, units that can be split make a transport problem (Hess et al. 1965)::

    min  Σ_ik c_ik x_ik    s.t. Σ_k x_ik = 1,  L ≤ Σ_i w_i x_ik ≤ U,  x ≥ 0

which splits fewer units than there are districts. The best centres of what it gives are the next centres, until they stay. Then whole units: of each
unit those districts alone that cost little more than its own (by reduced cost), and contiguity by neighbours nearer to the centre (Zoltners and Sinha
1983), along the edges of the map, which leaves out some connected districts but hardly any good one::

    x_ik ≤ Σ_{c in N} x_ck     for the neighbours N of unit i that are nearer to the centre of district k than i is

and where that has no solution, by separators that are added as solutions break it::

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
from scipy.sparse import csgraph

from beatplanner.solver.clock import watch
from beatplanner.solver.districts.growth import Graph
from beatplanner.solver.highs import solve

if TYPE_CHECKING:
    from beatplanner.solver.districts.problem import DistrictingProblem

# Times that centres are moved, and that separators are added; nodes and gap of each model.
MOVES, ROUNDS, MODEL_NODES, MODEL_GAP = 12, 12, 60, 2e-5
# What a unit may cost more in a district than where the transport problem has it, as shares of the whole: tried in turn.
SLACKS = (1e-5, 1e-4, 1e-3)


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
        if key in self.made:
            return self.made[key]
        made = self._of_slacks(centres, cost, x, extra / max(1e-300, value))
        if made is not None:
            self.best = min(self.best, float(cost[np.arange(len(made)), made].sum()))
        if not self.stop():
            # what the time cut short may be tried again
            self.made[key] = made
        return made

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

    def _of_slacks(self, centres: np.ndarray, cost: np.ndarray, x: np.ndarray, extra: np.ndarray) -> np.ndarray | None:
        """Return whole units' districts, of models of more and more pairs until more cannot better them; None where none has a solution."""
        nearer, best, least = self._nearer(centres), None, np.inf
        value = float((cost * x).sum())
        for by_separators in (False, True):
            for slack in SLACKS:
                # the last takes long, and is for want of any other
                if self.stop() or (best is not None and slack == SLACKS[-1]):
                    return best
                made = self._whole(centres, cost, x, extra <= slack, None if by_separators else nearer)
                if made is not None and (paid := float(cost[np.arange(len(made)), made].sum())) < least:
                    best, least = made, paid
                # a pair left out costs more than that by itself
                if least <= value * (1.0 + slack):
                    return best
            if best is not None:
                return best
        return best

    def _nearer(self, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return how far along the edges each unit is from each centre, (n, K), and its neighbour on the way there, negative where there is none."""
        xy, graph = self.problem.xy, self.graph
        length = np.hypot(*(xy[graph.tails] - xy[graph.indices]).T)
        # units at one point are still one after the other
        length += 1e-6 * max(1e-300, float(length.mean())) if len(length) else 0.0
        links = sparse.csr_matrix((length, (graph.tails, graph.indices)), shape=(graph.n, graph.n))
        far, way = csgraph.dijkstra(links, indices=centres, return_predecessors=True)
        return far.T, way.T

    def _whole(
        self,
        centres: np.ndarray,
        cost: np.ndarray,
        x: np.ndarray,
        near: np.ndarray,
        nearer: tuple[np.ndarray, np.ndarray] | None,
    ) -> np.ndarray | None:
        """Return whole units' districts among the pairs of a mask, (n, K), nearly the cheapest; None where the model has none.

        With `nearer`, from `_nearer`, each unit has a neighbour of its district that is nearer to the centre; else separators are added.
        """
        count = len(centres)
        near = near | (x > 1e-9)
        near[centres] = np.eye(count, dtype=bool)
        if nearer is not None:
            self._with_ways(near, x > 0.5, nearer[1], centres)
        alone = near.sum(axis=1) == 1
        district = np.where(alone, near.argmax(axis=1), -1)
        free = np.flatnonzero(~alone)
        model, var = self._model(cost, near, alone)
        if nearer is not None and not self._by_way(model, var, district, centres, nearer[0]):
            return None
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

    def _model(
        self, cost: np.ndarray, near: np.ndarray, alone: np.ndarray
    ) -> tuple[pulp.LpProblem, dict[tuple[int, int], pulp.LpVariable]]:
        """Return the transport problem of whole units among the pairs of a mask, (n, K), and its variables; units without a choice are in their districts."""
        problem, count = self.problem, near.shape[1]
        load = np.bincount(near[alone].argmax(axis=1), weights=problem.weight[alone], minlength=count)
        free: list[int] = np.flatnonzero(~alone).tolist()
        model: pulp.LpProblem = pulp.LpProblem("whole", pulp.LpMinimize)
        var = {
            (i, int(k)): pulp.LpVariable(f"x_{i}_{k}", cat=pulp.LpBinary) for i in free for k in np.flatnonzero(near[i])
        }
        scale = max(1e-300, float(cost.mean()))
        model += pulp.LpAffineExpression([(v, float(cost[i, k]) / scale) for (i, k), v in var.items()])
        for i in free:
            model += pulp.lpSum(var[i, int(k)] for k in np.flatnonzero(near[i])) == 1
        mean = max(1e-300, float(problem.weight.mean()))
        for k in range(count):
            terms = [(v, float(problem.weight[i]) / mean) for (i, m), v in var.items() if m == k]
            model += pulp.LpAffineExpression(terms) <= float(problem.upper - load[k]) / mean
            model += pulp.LpAffineExpression(terms) >= float(problem.lower - load[k]) / mean
        return model, var

    def _with_ways(self, near: np.ndarray, taken: np.ndarray, way: np.ndarray, centres: np.ndarray) -> None:
        """Let a mask of pairs, (n, K), have the ways to the centres of the units that are taken there, (n, K); all centres keep their own."""
        for k in range(len(centres)):
            led = np.zeros(len(near), bool)
            for i in np.flatnonzero(taken[:, k]).tolist():
                v = int(way[i, k])
                while v >= 0 and not led[v] and v not in centres:
                    led[v] = near[v, k] = True
                    v = int(way[v, k])

    def _by_way(
        self,
        model: pulp.LpProblem,
        var: dict[tuple[int, int], pulp.LpVariable],
        district: np.ndarray,
        centres: np.ndarray,
        far: np.ndarray,
    ) -> bool:
        """Add that each unit has a neighbour of its district nearer to the centre; tell whether those without a choice may have one."""
        for k, centre in enumerate(centres.tolist()):
            for i in range(self.graph.n):
                own = var.get((i, k))
                if i == centre or (own is None and district[i] != k):
                    continue
                ways = [int(v) for v in self.graph.neighbours(i) if far[v, k] < far[i, k]]
                if any(district[v] == k for v in ways):
                    continue
                open_ways = [var[v, k] for v in ways if (v, k) in var]
                if own is None and not open_ways:
                    return False
                model += (1 if own is None else own) <= pulp.lpSum(open_ways)
        return True

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
