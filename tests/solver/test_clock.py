"""Limits are read from the clock that a run is given: these runs count the times they ask, and take no time at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from beatplanner.solver.clock import Watch, read_clock
from beatplanner.solver.districts.annealing import CUT
from beatplanner.solver.districts.cut_classes import CutMap
from beatplanner.solver.districts.cut_cone import ConeRelaxation
from beatplanner.solver.districts.cut_tree import CutTree
from beatplanner.solver.districts.solve import DistrictingProblem, connected, solve_districts
from beatplanner.solver.location.p_median import p_median
from beatplanner.solver.location.site_rules import SiteRules


class Counting:
    """A clock that goes on by a second each time it is read."""

    def __init__(self, step: float = 1.0) -> None:
        self.read, self.step = 0, step

    def __call__(self) -> float:
        self.read += 1
        return self.read * self.step


def grid(side: int = 8) -> DistrictingProblem:
    units = np.arange(side * side).reshape(side, side)
    edges = np.concatenate(
        [
            np.column_stack([units[:, :-1].ravel(), units[:, 1:].ravel()]),
            np.column_stack([units[:-1].ravel(), units[1:].ravel()]),
        ]
    )
    return DistrictingProblem(
        weight=1.0 + np.arange(side * side) % 5,
        xy=np.column_stack([units.ravel() % side, units.ravel() // side]) * 100.0,
        edges=edges,
        border=np.full(len(edges), 100.0),
        count=4,
        lower=40.0,
        upper=56.0,
    )


def test_a_watch_has_its_own_clock_and_ends():
    clock = Counting()
    watch = Watch(clock=clock)
    assert read_clock(watch) == 1.0
    early = watch.until(3.0)
    assert not early() and not early() and early()
    # what is asked of a shorter watch is read from the same clock
    assert read_clock(early.also(lambda: False)) == clock.read
    assert Watch(lambda: True)()
    assert watch.also(lambda: True)()


@pytest.mark.parametrize("seconds", [0.0, 3.0, 30.0])
def test_districts_end_by_the_clock_that_they_are_given(seconds):
    clock, problem = Counting(), grid()
    found = solve_districts(problem, seconds=seconds, cancelled=Watch(clock=clock), seed=1)
    assert connected(found.district, problem.edges)
    # a step of the search or of the bound is begun only while there is time, and reads the clock a few times
    assert clock.read <= seconds + 40
    assert found.lower_bound is None or found.lower_bound <= found.objective


def test_stations_end_by_the_clock_that_they_are_given():
    random, clock = np.random.default_rng(0), Counting(0.5)
    cost = random.uniform(1, 100, (60, 20))
    found = p_median(cost, SiteRules.plain(20, 4), seconds=10.0, cancelled=Watch(clock=clock))
    assert len(found.open) == 4 and clock.read < 200


def test_a_bound_that_had_no_time_to_rise_says_so():
    problem = grid()
    # as many seconds as the search takes by this clock and a few for the bound
    hurried = [
        found
        for seconds in range(4, 60, 4)
        if (found := solve_districts(problem, seconds=seconds, cancelled=Watch(clock=Counting()), seed=1)).lower_bound
        is not None
    ]
    assert any(found.hurried for found in hurried)
    assert not solve_districts(problem, seconds=1e6, nodes=5, seed=1).hurried


def test_least_border_ends_by_the_clock_and_says_that_its_bound_had_no_time():
    # a map of the size that prices prove, within a step of the ascent of when time ends
    problem = replace(grid(9), goal=CUT, lower=50.0, upper=74.0)
    for seconds in (3.0, 30.0, 60.0, 100.0):
        clock = Counting()
        found = solve_districts(problem, seconds=seconds, cancelled=Watch(clock=clock), seed=1)
        assert connected(found.district, problem.edges)
        assert clock.read <= seconds + 40
        assert found.lower_bound is not None and found.lower_bound < found.objective and found.hurried


def test_no_step_of_the_prices_of_a_border_is_made_after_the_time(monkeypatch):
    problem, steps, step = grid(9), [], ConeRelaxation._step
    area = CutMap(problem.weight, problem.edges, problem.border, 4, 50.0, 74.0, np.full(81, -1))

    def counted(relaxation):
        steps.append(relaxation)
        return step(relaxation)

    monkeypatch.setattr(ConeRelaxation, "_step", counted)
    near = [np.flatnonzero(row < 0) for row in area.laplacian]
    bound, district, tree = CutTree(area, near, np.inf, lambda: len(steps) >= 3).run(20)
    assert len(steps) == 3
    # what had no time proves nothing
    assert bound == -np.inf and district is None and tree.nodes[0].prices is None
