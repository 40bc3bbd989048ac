"""The peers' model of districts with further balances reaches what enumeration does, and what all are held against is the goal of the problem."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.peers import cost, highs_hess, travel

from beatplanner.solver.districts.problem import Balance, DistrictingProblem, connected
from beatplanner.solver.districts.solve import CUT


def ladder() -> DistrictingProblem:
    """Make eight units in two rows with an amount beside their work."""
    random = np.random.default_rng(5)
    edges = np.array(
        [*((i, i + 1) for i in range(3)), *((i, i + 1) for i in range(4, 7)), *((i, i + 4) for i in range(4))]
    )
    xy = np.column_stack([np.tile(np.arange(4), 2), np.repeat([0, 1], 4)]) * 100.0
    amount = random.uniform(1, 9, 8)
    held = Balance("residents", amount, 0.8 * amount.sum() / 2, 1.2 * amount.sum() / 2)
    work = random.uniform(5, 15, 8)
    mean = work.sum() / 2
    return DistrictingProblem(work, xy, edges, np.arange(10.0), 2, 0.7 * mean, 1.3 * mean, balances=(held,))


def best(problem: DistrictingProblem) -> float:
    found = np.inf
    for rest in itertools.product((0, 1), repeat=7):
        district = np.array((0, *rest))
        inside = [
            (problem.weight, problem.lower, problem.upper),
            *((b.amount, b.lower, b.upper) for b in problem.balances),
        ]
        loads = [(np.bincount(district, weights=a, minlength=2), low, high) for a, low, high in inside]
        if all((load >= low).all() and (load <= high).all() for load, low, high in loads) and connected(
            district, problem.edges
        ):
            found = min(found, cost(problem, district))
    return found


@pytest.mark.parametrize("by_table", [False, True])
def test_highs_finds_the_best_districts_that_keep_all_balances(by_table):
    problem = ladder()
    if by_table:
        apart = np.hypot(*(problem.xy[:, None] - problem.xy[None]).transpose(2, 0, 1)) ** 2
        problem = replace(problem, distance=apart)
    known = best(problem)
    assert known > best(replace(problem, balances=()))
    district, bound = highs_hess(problem, 60)
    assert district is not None and bound is not None
    assert travel(problem, district) == pytest.approx(known)
    assert bound == pytest.approx(known, rel=2e-4)


def test_the_border_is_what_districts_are_held_against_where_it_is_the_goal():
    problem = replace(ladder(), goal=CUT)
    assert cost(problem, np.array([0, 0, 1, 1, 0, 0, 1, 1])) == problem.border[1] + problem.border[4]
