"""What the bound on the border may take of a run's time."""

import numpy as np
import pytest

from beatplanner.solver.clock import Watch, now
from beatplanner.solver.districts import cut_ways
from beatplanner.solver.districts.annealing import CUT
from beatplanner.solver.districts.problem import DistrictingProblem
from beatplanner.solver.districts.search import Search
from beatplanner.solver.districts.solve import UNLIMITED_NODES, solve_districts


def _strips(wide: int, high: int, count: int) -> tuple[DistrictingProblem, np.ndarray]:
    """Return a grid of equal units, and districts that keep the rules: its strips."""
    at = np.arange(wide * high)
    right, down = at[at % wide < wide - 1], at[: wide * (high - 1)]
    edges = np.concatenate([np.column_stack([right, right + 1]), np.column_stack([down, down + wide])])
    xy = np.column_stack([at % wide, at // wide]) * 100.0
    mean, border = len(at) / count, np.full(len(edges), 100.0)
    bounds = 0.9 * mean, 1.1 * mean
    return DistrictingProblem(np.ones(len(at)), xy, edges, border, count, *bounds, goal=CUT), at * count // len(at)


def _prove(problem: DistrictingProblem, district: np.ndarray, seconds: float) -> float:
    """Return the bound where other ways than eigenvalues have no time."""
    search = Search(problem, 0, 1)
    evidence, _ = cut_ways.prove_cut(problem, search, search.found(district), seconds, lambda: True, 1, 1)
    return evidence.bound


def test_eigenvalues_are_not_begun_where_the_time_is_too_short_for_them(monkeypatch):
    # nothing ends them: 5,000 units took 107 s at a time limit of 5 s
    problem, district = _strips(25, 40, 10)
    asked: list[int] = []
    monkeypatch.setattr(cut_ways, "eigenvalue_bound", lambda weight, *_: asked.append(len(weight)) or 7.0)
    assert _prove(problem, district, 0.5) == _prove(problem, district, -1.0) == 0.0 and asked == []
    assert _prove(problem, district, 60.0) == 7.0 and asked == [1_000]
    # of a few units nobody waits for them, however late it is
    problem, district = _strips(6, 10, 3)
    assert _prove(problem, district, -1.0) == 7.0 and asked == [1_000, 60]


def test_a_bound_that_nobody_computed_is_none(monkeypatch):
    problem, district = _strips(6, 10, 3)
    nothing = cut_ways.BoundEvidence(0.0, way="eigenvalues")
    monkeypatch.setattr("beatplanner.solver.districts.solve.prove_cut", lambda *_, **__: (nothing, None))
    found = solve_districts(problem, seconds=1e6, effort=0.01, start=district)
    assert found.objective > 0 and found.lower_bound is None and found.evidence is None
    # one district has no border, and 0 is the least
    whole, district = _strips(6, 10, 1)
    found = solve_districts(whole, seconds=1e6, effort=0.01, start=district)
    assert found.objective == found.lower_bound == pytest.approx(0.0)


@pytest.mark.parametrize(("wide", "high", "count"), [(4, 5, 2), (4, 5, 3), (5, 8, 4), (3, 4, 3)])
def test_nothing_is_set_up_for_a_proof_whose_time_is_over(monkeypatch, wide, high, count):
    # 80 municipalities took 5 s more than their limit for models that none of them went through
    problem, district = _strips(wide, high, count)
    made: list[str] = []

    def model(name: str):
        real = getattr(cut_ways, name)

        def make(*given, **more):
            made.append(name)
            return real(*given, **more)

        return make

    for name in ("Cycles", "ThreeDistricts", "Frontier", "CutTree", "LabelModel", "CutModel"):
        monkeypatch.setattr(cut_ways, name, model(name))
    search = Search(problem, 0, 1)
    found = search.found(district)
    assert cut_ways.first_cut(problem, search, found, lambda: True, 1) is found
    cut_ways.prove_cut(problem, search, found, 60.0, lambda: True, 1, 1)
    assert made == []
    cut_ways.prove_cut(problem, search, found, 60.0, lambda: False, 1, 1)
    assert made


def test_without_a_time_limit_eigenvalues_are_computed_however_late_it_is(monkeypatch):
    problem, district = _strips(25, 40, 10)
    monkeypatch.setattr(cut_ways, "eigenvalue_bound", lambda *_: 7.0)
    search = Search(problem, 0, 1)
    found, late = search.found(district), Watch(end=now() - 1.0)
    for timed, bound in ((False, 7.0), (True, 0.0)):
        assert cut_ways.prove_cut(problem, search, found, 0.0, late, 1, 1, timed=timed)[0].bound == bound
    # who stops a run waits for nothing
    assert cut_ways.prove_cut(problem, search, found, 0.0, lambda: True, 1, 1, timed=False)[0].bound == 0.0


def test_who_names_a_time_is_known_by_the_nodes(monkeypatch):
    problem, district = _strips(6, 10, 3)
    asked: list[bool] = []

    def prove(*_, timed: bool):
        asked.append(timed)
        return cut_ways.BoundEvidence(0.0, way="eigenvalues"), None

    monkeypatch.setattr("beatplanner.solver.districts.solve.prove_cut", prove)
    for nodes in (UNLIMITED_NODES, 10):
        solve_districts(problem, seconds=1e6, effort=0.01, start=district, nodes=nodes)
    assert asked == [True, False]
