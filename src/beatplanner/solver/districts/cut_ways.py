"""The bound on the border between districts, by the ways that a problem has: eigenvalues, the shortest cycle, all plans, prices, models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.clock import read_clock, watch
from beatplanner.solver.districts.cut_bound import MODEL_UNITS, CutModel, eigenvalue_bound, eigenvalue_seconds
from beatplanner.solver.districts.cut_classes import CutMap
from beatplanner.solver.districts.cut_cycle import Cycles
from beatplanner.solver.districts.cut_frontier import Frontier, suits_frontier
from beatplanner.solver.districts.cut_labels import LabelModel, suits_labels
from beatplanner.solver.districts.cut_three import ThreeDistricts
from beatplanner.solver.districts.cut_tree import CutTree, nodes_of, suits_prices
from beatplanner.solver.districts.evidence import BoundEvidence
from beatplanner.solver.districts.perimeters import perimeter_bound

if TYPE_CHECKING:
    from beatplanner.solver.districts.problem import DistrictingProblem
    from beatplanner.solver.districts.search import Found, Search

# A node of the model of least border counts for so many.
NODES_OF_A_CUT = 8
# Share of the time for going through all plans where the shortest cycles give a bound, too: what time ends leaves a weak one.
WHOLE_SHARE = 0.85
# Share of the time that eigenvalues may take, and seconds that nobody waits for.
EIGEN_SHARE, AT_ONCE = 0.8, 0.1
# Share of the time for the bound by prices, where the model on labels is asked too.
PRICES_SHARE = 0.4


def has_proof(problem: DistrictingProblem, search: Search) -> bool:
    """Tell whether a problem has more than eigenvalues, which takes its time."""
    small = len(problem.weight) <= MODEL_UNITS or _suits_prices(problem)
    return small or suits_labels(problem, search.locked) or _suits_cycle(problem, search.locked)


def _suits_prices(problem: DistrictingProblem) -> bool:
    """Tell whether the tree over pairs of units takes a problem."""
    return suits_prices(len(problem.weight), problem.count, problem.lower, len(problem.edges))


def _whole_ways(
    problem: DistrictingProblem, search: Search, stop: Callable[[], bool]
) -> Iterator[Cycles | ThreeDistricts | Frontier]:
    """Yield what knows the best districts of a problem where it ends, the quickest first; each is made when its turn comes, and none once the time is over."""
    if _suits_cycle(problem, search.locked) and not stop():
        area = _map(problem, search)
        yield Cycles(area, stop) if problem.count == 2 else ThreeDistricts(area, stop)
    if suits_frontier(problem, search.locked) and not stop():
        near = [search.graph.neighbours(i) for i in range(len(problem.weight))]
        yield Frontier(_map(problem, search), near, stop)


def _map(problem: DistrictingProblem, search: Search) -> CutMap:
    return CutMap(
        problem.weight, problem.edges, problem.border, problem.count, problem.lower, problem.upper, search.locked
    )


def first_cut(problem: DistrictingProblem, search: Search, best: Found, stop: Callable[[], bool], nodes: int) -> Found:
    """Return districts that keep the rules where the search found none and all plans can be gone through; else those that it found."""
    for way in _whole_ways(problem, search, stop):
        _, district = way.run(np.inf, nodes)
        if district is not None:
            return min(best, search.found(district), key=search.rank)
    return best


def prove_cut(
    problem: DistrictingProblem,
    search: Search,
    best: Found,
    seconds: float,
    stop: Callable[[], bool],
    threads: int,
    nodes: int,
    *,
    timed: bool = True,
) -> tuple[BoundEvidence, np.ndarray | None]:
    """Bound the border between districts by eigenvalues, the shortest cycle, prices, and all plans or a model where the map is small.

    Parameters
    ----------
    problem, search, best
        What to bound, with its search and the best districts that it found.
    seconds, stop, threads, nodes
        Limits of the work.
    timed
        Whether somebody named a time; else eigenvalues are computed however little of the usual time is left, so that the bound is the same everywhere.

    Returns
    -------
    tuple
        What proves the bound (inf where no districts keep the rules, 0 where nothing is known), and better districts or None.
    """
    n, begin, value = len(problem.weight), read_clock(stop), 0.0
    if eigenvalue_seconds(n) <= max(AT_ONCE, EIGEN_SHARE * seconds) or not (timed or watch(stop).cancelled()):
        value = eigenvalue_bound(problem.weight, problem.edges, problem.border, problem.count, problem.lower)
    evidence, better = BoundEvidence(value, problem.price, way="eigenvalues"), None
    kept, by_labels = search.keeps_rules(best), suits_labels(problem, search.locked)
    known = best.objective if kept else np.inf
    if known <= value * (1 + 1e-4):
        return evidence, None
    rings = problem.count > 2 and n > MODEL_UNITS and np.isfinite(known)
    whole_until = watch(stop).until(begin + WHOLE_SHARE * seconds) if rings else stop
    for way in _whole_ways(problem, search, whole_until):
        bound, better = way.run(known, nodes)
        if bound > value:
            value, evidence = bound, BoundEvidence(bound, problem.price, way="plans")
        if better is not None and not search.keeps_rules(search.found(better)):
            # it goes through the plans without the balances beside the workload
            better = None
        # either nothing is below what is known, or the best plan is there, or there was too much to go through
        if better is not None or known <= bound * (1 + 1e-4):
            return evidence, better
    if stop():
        return evidence, None
    if rings:
        bound, lengths = perimeter_bound(_map(problem, search), known, nodes, stop)
        if bound > value:
            value, evidence = bound, BoundEvidence(bound, problem.price, way="rings", rings=lengths)
        if known <= bound * (1 + 1e-4):
            return evidence, None
    if stop() or (n > MODEL_UNITS and not _suits_prices(problem)):
        return evidence, None
    neighbours = [search.graph.neighbours(i) for i in range(n)]
    if n > MODEL_UNITS:
        area = _map(problem, search)
        share = PRICES_SHARE if by_labels else 1.0
        until = watch(stop).until(begin + share * seconds)
        # what a plan costs beside its border, and what it may not, is no part of the tree
        bound, district, tree = CutTree(area, neighbours, known, until).run(nodes_of(n, nodes))
        better = district if district is not None and search.keeps_rules(search.found(district)) else None
        by_prices = replace(evidence, bound=bound, way="prices", cone=tree)
        # a bound of plans that were too many to go through all may be too much for the checker as well
        evidence = by_prices if bound > value else replace(evidence, cone=tree)
        if better is not None:
            best = min(best, search.found(better), key=search.rank)
            known = min(known, best.objective)
        if not by_labels or known <= bound * (1 + 1e-4) or stop():
            return evidence, better
    left = max(0.0, seconds - (read_clock(stop) - begin))
    if n > MODEL_UNITS:
        bound, district = LabelModel(problem, neighbours).bound(
            left, threads, stop, best.district if known < np.inf else None, nodes
        )
    else:
        bound, district = CutModel(problem, neighbours).bound(left, threads, stop)
    if bound is not None and bound * (1 - 1e-9) > evidence.bound:
        # HiGHS leaves no proof that can be written down
        evidence = BoundEvidence(
            bound * (1 - 1e-9), problem.price, way="model", complete=False, cone=evidence.cone, rings=evidence.rings
        )
    return evidence, better if district is None else district


def _suits_cycle(problem: DistrictingProblem, locked: np.ndarray) -> bool:
    """Tell whether a problem is that of two or three districts, each with some work, and no rule on labels."""
    plain = problem.budget is None and problem.price == 0.0 and not (locked >= 0).any()
    return (
        plain
        and problem.count in (2, 3)
        and problem.count < len(problem.weight)
        and problem.lower > 0.0
        and len(problem.edges) > 0
    )
