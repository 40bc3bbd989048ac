"""Rounds from the best plan: never worse, always within the rules, the same for the same seed, and for the least border alone."""

from dataclasses import replace

import numpy as np
import pytest

from beatplanner.solver.districts import rounds
from beatplanner.solver.districts.annealing import CUT, TRAVEL
from beatplanner.solver.districts.problem import Balance, DistrictingProblem, connected, keeps_amounts
from beatplanner.solver.districts.rounds import walked_on
from beatplanner.solver.districts.search import Found, Search

WIDE, COUNT = 10, 4
AT = np.arange(WIDE * WIDE)
# four strips: 30 edges lie between them, and 20 between quarters
STRIPS = np.minimum(AT % WIDE * COUNT // WIDE, COUNT - 1)


@pytest.fixture(autouse=True)
def _short_walks(monkeypatch: pytest.MonkeyPatch):
    """A hundred units need few moves."""
    monkeypatch.setattr(rounds, "MOVES_OF_A_ROUND", 1_000)


def _grid(tolerance: float = 0.25, goal: int = CUT) -> DistrictingProblem:
    right, down = AT[AT % WIDE < WIDE - 1], AT[:-WIDE]
    edges = np.concatenate([np.column_stack([right, right + 1]), np.column_stack([down, down + WIDE])])
    weight, mean = np.ones(len(AT)), len(AT) / COUNT
    xy = np.column_stack([AT % WIDE, AT // WIDE]) * 1000.0
    bounds = mean * (1 - tolerance), mean * (1 + tolerance)
    return DistrictingProblem(weight, xy, edges, np.ones(len(edges)), COUNT, *bounds, goal=goal)


def _gone_on(problem: DistrictingProblem, effort: float = 0.1, seconds: float = 1e6, seed: int = 1):
    search = Search(problem, seed, 1)
    start = search.found(STRIPS)
    return search, start, walked_on(search, start, effort, seconds, 0.0, lambda: False)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_districts_come_to_lie_otherwise_around_each_other(seed):
    problem = _grid()
    search, start, found = _gone_on(problem, seed=seed)
    assert start.objective == 30 and search.keeps_rules(start)
    assert found.objective == 20 and search.keeps_rules(found) and connected(found.district, problem.edges)
    again = _gone_on(problem, seed=seed)[2]
    assert (again.district == found.district).all()


def test_further_balances_are_kept():
    odd = np.where(AT // WIDE < WIDE // 2, 3.0, 1.0)
    mean = odd.sum() / COUNT
    problem = replace(_grid(), balances=(Balance("odd", odd, mean * 0.75, mean * 1.25),))
    search, start, found = _gone_on(problem)
    assert search.keeps_rules(start) and search.keeps_rules(found)
    assert keeps_amounts(found.district, problem) and found.objective <= start.objective


@pytest.mark.parametrize(
    ("change", "effort", "seconds"),
    [
        ({"goal": TRAVEL}, 0.1, 1e6),
        ({"current": STRIPS, "budget": 3.0}, 0.1, 1e6),
        ({"locked": np.where(AT == 0, 0, -1), "current": STRIPS}, 0.1, 1e6),
        ({}, 0.0, 1e6),
        ({}, 0.1, 0.0),
    ],
)
def test_other_problems_are_left_as_they_are(change, effort, seconds):
    _, start, found = _gone_on(replace(_grid(), **change), effort, seconds)
    assert found is start


def test_pieces_of_the_map_that_touch_nowhere_have_nothing_to_part():
    problem = _grid()
    inside = STRIPS[problem.edges[:, 0]] == STRIPS[problem.edges[:, 1]]
    apart = replace(problem, edges=problem.edges[inside], border=problem.border[inside], lower=0.0, upper=100.0)
    _, start, found = _gone_on(apart)
    assert isinstance(found, Found) and found.objective == start.objective == 0
