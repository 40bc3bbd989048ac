"""Other ways to draw the same beats: known libraries where they are installed, and what a planner does by hand.

Each takes a problem and a number of seconds and returns the district of each unit, or None where it found nothing. Those that can keep the further balances of a
problem, its distances and the goal of the least border (`cost`, `Amounts.outside`); who knows no goal but places is held against it all the same.
"""

from __future__ import annotations

import importlib.util
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from beatplanner.solver.districts.problem import Amounts
from beatplanner.solver.districts.solve import CUT, DistrictingProblem


def travel(problem: DistrictingProblem, district: np.ndarray) -> float:
    """Return Σ workload × distance to the best centre of each district; any number of districts."""
    total = 0.0
    for k in np.unique(district):
        units = np.flatnonzero(district == k)
        if problem.distance is not None:
            total += float((problem.weight[units] @ problem.distance[np.ix_(units, units)]).min())
            continue
        blocks = np.array_split(units, 1 + len(units) ** 2 // 4_000_000)
        apart = (
            np.hypot(*(problem.xy[units][:, None] - problem.xy[block][None]).transpose(2, 0, 1)) for block in blocks
        )
        total += min(float((problem.weight[units] @ metres).min()) for metres in apart)
    return total


def cost(problem: DistrictingProblem, district: np.ndarray) -> float:
    """Return what districts cost by the problem's goal: travel, or the border between them."""
    if problem.goal != CUT:
        return travel(problem, district)
    return float(problem.border[district[problem.edges[:, 0]] != district[problem.edges[:, 1]]].sum())


def neighbours(problem: DistrictingProblem) -> dict[int, list[int]]:
    """Return the units adjacent to each."""
    near: dict[int, list[int]] = {i: [] for i in range(len(problem.weight))}
    for a, b in problem.edges:
        near[int(a)].append(int(b))
        near[int(b)].append(int(a))
    return near


def by_hand(problem: DistrictingProblem, seconds: float) -> np.ndarray | None:
    """Grow beats one after the other from the western edge until each has its share, and give what is left to the lightest neighbour."""
    n, mean = len(problem.weight), problem.weight.sum() / problem.count
    near = neighbours(problem)
    district, load = np.full(n, -1), np.zeros(problem.count)
    for k in range(problem.count):
        free = np.flatnonzero(district < 0)
        if not len(free):
            break
        seed = int(free[np.argmin(problem.xy[free, 0])])
        border = {seed}
        while border and load[k] < mean:
            u = min(border, key=lambda i: (np.hypot(*(problem.xy[i] - problem.xy[seed])), i))
            border.discard(u)
            district[u] = k
            load[k] += problem.weight[u]
            border |= {v for v in near[u] if district[v] < 0}
    left = list(np.flatnonzero(district < 0))
    while left:
        later = []
        for u in left:
            beside = {int(district[v]) for v in near[u] if district[v] >= 0}
            if beside:
                k = min(beside, key=lambda b: (load[b], b))
                district[u], load[k] = k, load[k] + problem.weight[u]
            else:
                later.append(u)
        if len(later) == len(left):
            return None
        left = later
    return district


def gerrychain_bursts(problem: DistrictingProblem, seconds: float) -> np.ndarray | None:
    """Recursive spanning-tree cuts, then short bursts of recombination on the goal; what is outside a further balance costs more than any plan."""
    import networkx as nx
    from gerrychain import Graph, Partition, constraints, updaters
    from gerrychain.optimization import SingleMetricOptimizer
    from gerrychain.partition import recursive_tree_part
    from gerrychain.proposals import recom

    end = time.process_time() + seconds
    plain = nx.Graph()
    for i, w in enumerate(problem.weight):
        plain.add_node(i, load=float(w))
    plain.add_edges_from((int(a), int(b)) for a, b in problem.edges)
    graph = Graph.from_networkx(plain)
    mean, slack = float(problem.weight.mean() * len(problem.weight) / problem.count), problem.upper
    tolerance = slack / mean - 1
    start = recursive_tree_part(graph, range(problem.count), mean, "load", tolerance * 0.9, rng=random.Random(1))

    def of(partition) -> np.ndarray:
        names = {node: graph.original_nx_node_id_for_internal_node_id(node) for node in partition.graph.node_indices}
        district = np.empty(len(problem.weight), int)
        for node, part in dict(partition.assignment.items()).items():
            district[names[node]] = part
        return district

    amounts, most = Amounts.of(problem), 100.0 * cost(problem, np.zeros(len(problem.weight), int)) + 1.0

    def measure(partition) -> float:
        district = of(partition)
        out = amounts.outside(district, problem.count) / max(problem.upper, 1e-12)
        return cost(problem, district) + (most * (1 + out) if out > 1e-9 else 0.0)

    first = Partition(graph, start, updaters={"load": updaters.Tally("load", alias="load")})

    def proposal(partition, **more):
        return recom(partition, pop_col="load", pop_target=mean, epsilon=tolerance, **more)

    within = constraints.within_percent_of_ideal_population(first, tolerance, "load")
    optimizer = SingleMetricOptimizer(proposal, [within], first, measure, maximize=False, rng=1)
    best, best_value = first, measure(first)
    for partition in optimizer.short_bursts(10, 1_000_000):
        value = measure(partition)
        if value < best_value:
            best, best_value = partition, value
        if time.process_time() > end:
            break
    return of(best)


def _frame(problem: DistrictingProblem):
    import geopandas as gpd
    import shapely
    from libpysal.weights import W

    frame = gpd.GeoDataFrame(
        {"load": problem.weight, "x": problem.xy[:, 0], "y": problem.xy[:, 1]}, geometry=shapely.points(problem.xy)
    )
    return frame, W(neighbours(problem), silence_warnings=True)


def spopt_max_p(problem: DistrictingProblem, seconds: float) -> np.ndarray | None:
    """Max-p regions with the least workload as threshold."""
    from spopt.region import MaxPHeuristic

    frame, w = _frame(problem)
    np.random.seed(1)
    model = MaxPHeuristic(frame, w, ["x", "y"], "load", problem.lower, 2, max_iterations_construction=20)
    model.solve()
    return np.asarray(model.labels_) if model.labels_ is not None else None


def spopt_skater(problem: DistrictingProblem, seconds: float) -> np.ndarray | None:
    """SKATER: the spanning tree of coordinates cut into regions."""
    from spopt.region import Skater

    frame, w = _frame(problem)
    model = Skater(frame, w, ["x", "y"], n_clusters=problem.count)
    model.solve()
    return np.asarray(model.labels_)


def spopt_k_means(problem: DistrictingProblem, seconds: float) -> np.ndarray | None:
    """Region k-means on the coordinates."""
    from spopt.region import RegionKMeansHeuristic

    _, w = _frame(problem)
    model = RegionKMeansHeuristic(problem.xy, problem.count, w, seed=1)
    model.solve()
    return np.asarray(model.labels_)


def cp_sat(problem: DistrictingProblem, seconds: float) -> np.ndarray | None:
    """Hess's model in CP-SAT; contiguity by separators that are added to each solution that lacks it."""
    from ortools.sat.python import cp_model

    end = time.monotonic() + seconds
    n = len(problem.weight)
    scale = 1000
    weight = np.round(problem.weight * scale).astype(int)
    apart = np.hypot(*(problem.xy[:, None] - problem.xy[None]).transpose(2, 0, 1))
    apart = apart if problem.distance is None else problem.distance
    cost = np.round(problem.weight[:, None] * apart).astype(int)
    model = cp_model.CpModel()
    x = [[model.new_bool_var("") for _ in range(n)] for _ in range(n)]
    for i in range(n):
        model.add_exactly_one(x[i])
        for j in range(n):
            model.add_implication(x[i][j], x[j][j])
    for j in range(n):
        load = sum(int(weight[i]) * x[i][j] for i in range(n))
        model.add(load <= int(problem.upper * scale) * x[j][j])
        model.add(load >= int(np.ceil(problem.lower * scale)) * x[j][j])
        for b in problem.balances:
            held = sum(round(float(b.amount[i]) * scale) * x[i][j] for i in range(n))
            model.add(held <= int(b.upper * scale) * x[j][j])
            model.add(held >= int(np.ceil(b.lower * scale)) * x[j][j])
    model.add(sum(x[j][j] for j in range(n)) == problem.count)
    model.minimize(sum(int(cost[i, j]) * x[i][j] for i in range(n) for j in range(n)))
    matrix = sparse.csr_matrix((np.ones(len(problem.edges)), problem.edges.T), shape=(n, n))
    matrix = ((matrix + matrix.T) > 0).tocsr()
    district: np.ndarray | None = None
    while time.monotonic() < end:
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = max(0.1, end - time.monotonic())
        solver.parameters.num_workers = 2
        if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            break
        centre = np.array([next(j for j in range(n) if solver.value(x[i][j])) for i in range(n)])
        district = np.unique(centre, return_inverse=True)[1]
        broken = False
        for j in np.unique(centre):
            members = np.flatnonzero(centre == j)
            piece = csgraph.connected_components(matrix[members][:, members], directed=False)[1]
            home = piece[np.searchsorted(members, j)]
            for p in np.unique(piece[piece != home]):
                units = members[piece == p]
                border = np.setdiff1d(matrix[units].indices, units)
                model.add_bool_or([x[int(units[0])][int(j)].negated(), *(x[int(c)][int(j)] for c in border)])
                broken = True
        if not broken:
            break
    return district


def _rows_of_hess(
    problem: DistrictingProblem, apart: np.ndarray
) -> tuple[np.ndarray, sparse.csc_matrix, np.ndarray, np.ndarray]:
    """Return cost, rows and their bounds of Hess's model: x_ij, unit i in the district of centre j, as variable i n + j."""
    n = len(problem.weight)
    every = sparse.identity(n, format="csr")
    of_unit = sparse.kron(every, np.ones((1, n)))
    centre = np.arange(n) * (n + 1)
    wide = sparse.csr_matrix((np.ones(n), (np.arange(n), centre)), shape=(n, n * n))
    blocks, low, high = (
        [of_unit, sparse.csr_matrix(wide.sum(axis=0))],
        [np.ones(n), [problem.count]],
        [np.ones(n), [problem.count]],
    )
    limits = [(problem.weight, problem.lower, problem.upper), *((b.amount, b.lower, b.upper) for b in problem.balances)]
    for amount, lower, upper in limits:
        held = sparse.kron(np.asarray(amount, float)[None], every)
        blocks += [held - lower * wide, held - upper * wide]
        low += [np.zeros(n), np.full(n, -np.inf)]
        high += [np.full(n, np.inf), np.zeros(n)]
    # a unit goes to a centre alone
    member = np.arange(n * n)
    pairs = sparse.csr_matrix((np.ones(n * n), (member, member)), shape=(n * n, n * n))
    blocks.append(pairs - sparse.csr_matrix((np.ones(n * n), (member, centre[member % n])), shape=(n * n, n * n)))
    low.append(np.full(n * n, -np.inf))
    high.append(np.zeros(n * n))
    rows = sparse.csc_matrix(sparse.vstack(blocks))
    return (problem.weight[:, None] * apart).ravel(), rows, np.concatenate(low), np.concatenate(high)


@dataclass(frozen=True)
class Modelled:
    """What HiGHS found of a model: the values of the variables (None without a plan) and the bound that it has proven."""

    x: np.ndarray | None
    bound: float | None


def highs(
    costs: np.ndarray,
    rows: sparse.csc_matrix,
    low: np.ndarray,
    high: np.ndarray,
    whole: np.ndarray,
    most: np.ndarray,
    seconds: float,
) -> Modelled:
    """Minimise in HiGHS, one thread, for so many seconds of the processor.

    Parameters
    ----------
    costs, whole, most
        (n,) of the variables: cost, whether whole, and upper bound; the lower one is 0.
    rows, low, high
        (m, n) rows and (m,) their bounds.
    seconds
        Limit; its own clock knows the wall's alone, and ends it at twenty times as many.
    """
    import highspy

    model: Any = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(costs), len(low)
    model.col_cost_, model.col_lower_, model.col_upper_ = (
        np.asarray(costs, float),
        np.zeros(len(costs)),
        np.asarray(most, float),
    )
    model.row_lower_, model.row_upper_ = np.asarray(low, float), np.asarray(high, float)
    model.integrality_ = [highspy.HighsVarType.kInteger if w else highspy.HighsVarType.kContinuous for w in whole]
    rows = sparse.csc_matrix(rows)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = rows.indptr, rows.indices, rows.data
    solver = highspy.Highs()
    solver.resetGlobalScheduler(True)
    for option, value in {
        "output_flag": False,
        "threads": 1,
        "mip_rel_gap": 1e-4,
        "time_limit": 20.0 * seconds,
    }.items():
        solver.setOptionValue(option, value)
    end = time.process_time() + seconds

    def interrupt(event) -> None:
        if time.process_time() > end:
            event.interrupt()

    solver.cbMipInterrupt.subscribe(interrupt)
    solver.cbSimplexInterrupt.subscribe(interrupt)
    solver.passModel(model)
    solver.run()
    info = solver.getInfo()
    found = info.primal_solution_status == 2  # kSolutionStatusFeasible
    bound = float(info.mip_dual_bound)
    return Modelled(np.array(solver.getSolution().col_value) if found else None, bound if np.isfinite(bound) else None)


def highs_hess(problem: DistrictingProblem, seconds: float) -> tuple[np.ndarray | None, float | None]:
    """Hess's model in HiGHS (one thread), contiguity by separators as in `cp_sat`; return the districts and the bound that HiGHS has."""
    n, end = len(problem.weight), time.process_time() + seconds
    apart = (
        problem.distance
        if problem.distance is not None
        else np.hypot(*(problem.xy[:, None] - problem.xy[None]).transpose(2, 0, 1))
    )
    cost_of, rows, low, high = _rows_of_hess(problem, apart)
    matrix = sparse.csr_matrix((np.ones(len(problem.edges)), problem.edges.T), shape=(n, n))
    matrix = ((matrix + matrix.T) > 0).tocsr()
    district: np.ndarray | None = None
    bound: float | None = None
    while time.process_time() < end:
        left = max(0.1, end - time.process_time())
        found = highs(cost_of, rows, low, high, np.ones(n * n), np.ones(n * n), left)
        if found.bound is not None:
            bound = max(bound or 0.0, found.bound)
        if found.x is None:
            break
        centre = found.x.reshape(n, n).argmax(axis=1)
        district = np.unique(centre, return_inverse=True)[1]
        more = []
        for j in np.unique(centre):
            members = np.flatnonzero(centre == j)
            piece = csgraph.connected_components(matrix[members][:, members], directed=False)[1]
            for p in np.unique(piece[piece != piece[np.searchsorted(members, j)]]):
                units = members[piece == p]
                border = np.setdiff1d(matrix[units].indices, units)
                at = np.r_[int(units[0]) * n + j, border * n + j]
                more.append(
                    sparse.csr_matrix(
                        (np.r_[1.0, -np.ones(len(border))], (np.zeros(len(at), int), at)), shape=(1, n * n)
                    )
                )
        if not more:
            return district, bound
        rows = sparse.csc_matrix(sparse.vstack([rows, *more]))
        low, high = np.r_[low, np.full(len(more), -np.inf)], np.r_[high, np.zeros(len(more))]
    # the last plan has a district in pieces
    return None, bound


# name, package that it needs, greatest number of units it is tried on, function
PEERS: list[tuple[str, str | None, int, Callable[[DistrictingProblem, float], np.ndarray | None]]] = [
    ("by hand", None, 1_000_000, by_hand),
    ("gerrychain", "gerrychain", 1_000, gerrychain_bursts),
    ("CP-SAT", "ortools", 130, cp_sat),
    ("spopt max-p", "spopt", 325, spopt_max_p),
    ("spopt SKATER", "spopt", 1_000, spopt_skater),
    ("spopt k-means", "spopt", 1_000, spopt_k_means),
]


def installed(package: str | None) -> bool:
    """Tell whether a peer can be run."""
    return package is None or importlib.util.find_spec(package) is not None
