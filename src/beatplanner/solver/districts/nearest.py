"""The districts nearest to a wish that keep the rules.

Model, with x_ib = 1 where unit i is in district b, over the districts B(i) of its municipality::

    min  Σ_i r_i (1 − x_i,wish(i))
    s.t. Σ_b x_ib = 1,  L_b ≤ Σ_i w_i x_ib ≤ U_b,  x_ib = 1 for locked units,
         l_cb ≤ Σ_i a_ci x_ib ≤ u_cb  for each further amount c that districts balance,
         Σ_i r_i (1 − x_i,current(i)) ≤ budget over units that have a district today,
         x_ib + x_jb − Σ_{s ∈ N(C)} x_sb ≤ 1  for each piece C of district b that i is in and j is not (j not in N(C) either)

The last rows are cuts for contiguity: what leads from i to j must pass the units N(C) around the piece. They are added as solutions break them
(as in Oehrlein and Haunert 2017), the model is solved again, and a solution without a lonely piece is the nearest. Every bound on the way is one
on the distance of any districts that keep the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
import pulp

from beatplanner.solver.clock import read_clock
from beatplanner.solver.districts.problem import Balance
from beatplanner.solver.highs import solve

# A unit without residents counts so much, so that nothing is changed that need not be.
EPSILON = 1e-3
GAP = 1e-6


@dataclass(frozen=True)
class NearestProblem:
    """A wish, and the rules.

    Attributes
    ----------
    wish
        (n,) wished district of each unit; −1 where the wish is none that the unit may have.
    allowed
        (n, K) bool: districts that a unit may be in.
    weight
        (n,) workload.
    lower, upper
        (K,) bounds of a district's workload.
    residents
        (n,) residents, for the distance and the budget.
    edges
        (m, 2) adjacent units.
    locked
        (n,) district that a unit must be in, −1 where free.
    current
        (n,) today's district, −1 where there is none and −2 where today's is none of these.
    budget
        Residents that may be in another district than today; None for no limit.
    balances
        Amounts that districts balance beside the workload.
    """

    wish: np.ndarray
    allowed: np.ndarray
    weight: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    residents: np.ndarray
    edges: np.ndarray
    locked: np.ndarray
    current: np.ndarray
    budget: float | None = None
    balances: tuple[Balance, ...] = ()


def nearest_districts(
    problem: NearestProblem,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[np.ndarray | None, float | None]:
    """Find the nearest districts.

    Parameters
    ----------
    problem
        The wish and the rules.
    seconds
        Limit of wall time.
    threads, seed
        Given to HiGHS.
    cancelled
        True ends the search.

    Returns
    -------
    tuple of numpy.ndarray and float
        (n,) districts, None where none were found; and a proven bound on the residents who must be elsewhere than wished, None where none was
        proven. Districts with a distance at the bound are the nearest.
    """
    end = read_clock(cancelled) + seconds
    n, count = problem.allowed.shape
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(problem.edges.tolist())
    model: pulp.LpProblem = pulp.LpProblem("nearest", pulp.LpMinimize)
    x = {
        (i, b): pulp.LpVariable(f"x_{i}_{b}", 0, 1, pulp.LpInteger)
        for i in range(n)
        for b in np.flatnonzero(problem.allowed[i]).tolist()
    }
    cost = problem.residents + EPSILON
    wished = [(x[i, w], -float(cost[i])) for i, w in enumerate(problem.wish.tolist()) if (i, w) in x]
    objective = pulp.LpAffineExpression(wished)
    objective.constant = float(cost.sum())
    model.setObjective(objective)
    for i in range(n):
        model += pulp.lpSum(x[i, b] for b in range(count) if (i, b) in x) == 1
        if problem.locked[i] >= 0 and (i, int(problem.locked[i])) in x:
            model += x[i, int(problem.locked[i])] == 1
    for b in range(count):
        load = pulp.LpAffineExpression([(x[i, b], float(problem.weight[i])) for i in range(n) if (i, b) in x])
        model += load >= float(problem.lower[b])
        if np.isfinite(problem.upper[b]):
            model += load <= float(problem.upper[b])
        for balance in problem.balances:
            # in shares of a district's mean, so that all rows are of one size
            mean = max(1e-300, float(balance.amount.sum()) / count)
            held = pulp.LpAffineExpression(
                [(x[i, b], float(balance.amount[i]) / mean) for i in range(n) if (i, b) in x]
            )
            model += held >= balance.lower / mean
            model += held <= balance.upper / mean
        model += pulp.lpSum(x[i, b] for i in range(n) if (i, b) in x) >= 1
    if problem.budget is not None:
        there = np.flatnonzero(problem.current != -1)
        stays = [
            (x[i, c], -float(problem.residents[i]))
            for i, c in zip(there.tolist(), problem.current[there].tolist(), strict=True)
            if (i, c) in x
        ]
        model += pulp.LpAffineExpression(stays) <= float(problem.budget - problem.residents[there].sum() + 1e-6)
    bound: float | None = None
    while read_clock(cancelled) < end and not cancelled():
        outcome = solve(
            model, seconds=end - read_clock(cancelled), threads=threads, seed=seed, gap=GAP, cancelled=cancelled
        )
        if outcome.bound is not None:
            found = max(0.0, outcome.bound - EPSILON * n)
            bound = found if bound is None else max(bound, found)
        if outcome.objective is None:
            return None, bound
        district = np.array(
            [next(b for b in range(count) if (i, b) in x and (x[i, b].varValue or 0) > 0.5) for i in range(n)]
        )
        cuts = list(_broken(district, graph, count))
        if not cuts:
            return district, bound
        for b, i, j, around in cuts:
            model += x[i, b] + x[j, b] - pulp.lpSum(x[s, b] for s in around if (s, b) in x) <= 1
    return None, bound


def _broken(district: np.ndarray, graph: nx.Graph[int], count: int) -> list[tuple[int, int, int, Sequence[int]]]:
    """Return the cuts that lonely pieces break: district, a unit of the piece, a unit of the main part, and the units around the piece."""
    cuts: list[tuple[int, int, int, Sequence[int]]] = []
    for b in range(count):
        members = np.flatnonzero(district == b).tolist()
        pieces = sorted(nx.connected_components(graph.subgraph(members)), key=len, reverse=True)
        for piece in pieces[1:]:
            around = sorted({v for u in piece for v in graph[u]} - piece)
            main = min(pieces[0])
            cuts += [(b, i, main, around) for i in sorted(piece)]
    return cuts
