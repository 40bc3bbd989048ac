"""Pairs of districts that are parted anew: never worse than what is known, and no pair is left that has less border."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from beatplanner.solver.districts import parting, rounds
from beatplanner.solver.districts.annealing import CUT
from beatplanner.solver.districts.cut_classes import CutMap
from beatplanner.solver.districts.cut_cycle import Cycles
from beatplanner.solver.districts.parting import parted_anew
from beatplanner.solver.districts.problem import Balance, DistrictingProblem, connected, keeps_amounts
from beatplanner.solver.districts.search import Search
from beatplanner.solver.districts.solve import solve_districts

WIDE, HIGH, COUNT = 12, 10, 4
AT = np.arange(WIDE * HIGH)
# four strips, each three columns wide
STRIPS = AT % WIDE // 3


def _grid(weight: np.ndarray, tolerance: float) -> DistrictingProblem:
    right, down = AT[AT % WIDE < WIDE - 1], AT[: WIDE * (HIGH - 1)]
    edges = np.concatenate([np.column_stack([right, right + 1]), np.column_stack([down, down + WIDE])])
    xy, mean = np.column_stack([AT % WIDE, AT // WIDE]) * 1000.0, weight.sum() / COUNT
    bounds = mean * (1 - tolerance), mean * (1 + tolerance)
    return DistrictingProblem(weight, xy, edges, np.ones(len(edges)), COUNT, *bounds, goal=CUT)


def _from_strips(problem: DistrictingProblem, effort: float = 1.0):
    search = Search(problem, 1, 1)
    return search, parted_anew(search, search.found(STRIPS), effort, lambda: False)


def test_no_pair_of_districts_is_left_that_has_less_border():
    problem = _grid(np.random.default_rng(3).integers(8, 13, len(AT)) * 1.0, 0.05)
    search, found = _from_strips(problem)
    assert search.keeps_rules(search.found(STRIPS)) and search.keeps_rules(found)
    assert connected(found.district, problem.edges) and found.objective < 0.9 * 3 * HIGH
    for one, other in itertools.combinations(range(COUNT), 2):
        units = np.flatnonzero((found.district == one) | (found.district == other))
        place = np.full(len(AT), -1)
        place[units] = np.arange(len(units))
        edges = place[problem.edges]
        edges = edges[(edges >= 0).all(axis=1)]
        side = found.district[units]
        now = float((side[edges[:, 0]] != side[edges[:, 1]]).sum())
        free, metres = np.full(len(units), -1), np.ones(len(edges))
        area = CutMap(problem.weight[units], edges, metres, 2, problem.lower, problem.upper, free)
        assert Cycles(area, lambda: False).run(now, 100)[1] is None


def test_without_work_and_under_rules_on_labels_nothing_changes():
    problem = _grid(np.ones(len(AT)), 0.05)
    assert (_from_strips(problem, 0.0)[1].district == STRIPS).all()
    locked = np.full(len(AT), -1)
    locked[0] = 0
    for other in (replace(problem, locked=locked), replace(problem, current=STRIPS, budget=200.0)):
        assert (_from_strips(other)[1].district == STRIPS).all()


def test_further_balances_are_kept():
    # each strip has its share of trips, and of the districts with less border few have
    trips = np.where(AT // WIDE < 2, 10.0, 1.0)
    balance = Balance("trips", trips, 0.9 * trips.sum() / COUNT, 1.1 * trips.sum() / COUNT)
    problem = replace(_grid(np.ones(len(AT)), 0.05), balances=(balance,))
    search, found = _from_strips(problem)
    assert search.keeps_rules(found) and keeps_amounts(found.district, problem)


def test_what_the_walks_found_is_parted_anew(monkeypatch: pytest.MonkeyPatch):
    problem = _grid(np.random.default_rng(3).integers(8, 13, len(AT)) * 1.0, 0.05)
    monkeypatch.setattr(Search, "run", lambda search, *_: search.found(STRIPS))
    monkeypatch.setattr(rounds, "ROUNDS", 0)
    found = solve_districts(problem, seconds=1e6, prove=False)
    assert found.outside == 0.0 and found.objective < 0.9 * 3 * HIGH
    monkeypatch.setattr(parting, "STEPS", 0)
    assert solve_districts(problem, seconds=1e6, prove=False).objective == 3 * HIGH
