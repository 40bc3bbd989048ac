"""Districts of nothing: one unit, one district, no work, nobody, all alike, twin points, as many districts as units, for every goal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_districting import enumerate_best, grid_problem, travel

from beatplanner.solver.districts import growth, search
from beatplanner.solver.districts.growth import Graph
from beatplanner.solver.districts.solve import (
    CUT,
    MOVES,
    TRAVEL,
    DistrictingProblem,
    NoRoomError,
    connected,
    solve_districts,
)


def path_problem(
    n: int, count: int, work: str, people: str, points: str, goal: int, budget: float | None, price: float, locks: int
):
    number = np.arange(n, dtype=float)
    weight = {
        "none": 0.0 * number,
        "equal": 1.0 + 0.0 * number,
        "one": (number == 0).astype(float),
        "some": (number % 3 == 0).astype(float),
    }[work]
    xy = {
        "twins": np.zeros((n, 2)),
        "line": np.column_stack([number, 0 * number]) * 100.0,
        "pairs": np.column_stack([number // 2, 0 * number]) * 100.0,
    }[points]
    mean = weight.sum() / count
    residents = {"none": 0.0 * number, "equal": 10.0 + 0.0 * number, "some": 10.0 * (number % 2)}[people]
    locked = np.full(n, -1)
    locked[: min(locks, n)] = 0
    edges = np.column_stack([np.arange(n - 1), np.arange(1, n)])
    return DistrictingProblem(
        weight=weight,
        xy=xy,
        edges=edges,
        border=np.where(np.arange(n - 1) % 2, 0.0, 100.0),
        count=count,
        lower=0.5 * mean,
        upper=1.5 * mean,
        goal=goal,
        residents=residents,
        current=np.minimum(np.arange(n) // 2, 2),
        budget=budget,
        price=price,
        locked=locked,
    )


@settings(max_examples=120, deadline=None)
@given(
    st.integers(1, 7),
    st.integers(1, 7),
    st.sampled_from(["none", "equal", "one", "some"]),
    st.sampled_from(["none", "equal", "some"]),
    st.sampled_from(["twins", "line", "pairs"]),
    st.sampled_from([TRAVEL, CUT, MOVES]),
    st.sampled_from([None, 0.0, 10.0]),
    st.sampled_from([0.0, 2.0]),
    st.integers(0, 2),
)
def test_nothing_to_divide_by(n, count, work, people, points, goal, budget, price, locks):
    count = min(n, count)
    problem = path_problem(n, count, work, people, points, goal, budget, price if goal == TRAVEL else 0.0, locks)
    try:
        found = solve_districts(problem, seconds=1e6, effort=0.1, nodes=50)
    except NoRoomError:
        assert locks
        return
    assert sorted(np.unique(found.district)) == list(range(count))
    assert connected(found.district, problem.edges)
    assert np.isfinite(found.objective)
    if found.lower_bound is not None:
        assert found.lower_bound <= found.objective + 1e-9 or found.outside > 0 or budget is not None
    if work == "none" and budget is None and not locks:
        # nothing to balance and nothing to travel: any districts do, and it is proven
        assert found.outside == 0.0 and not found.infeasible
        if goal == TRAVEL and price == 0.0:
            assert found.objective == found.lower_bound == pytest.approx(0.0)


def test_a_handful_of_units_takes_few_walks_and_moves(monkeypatch):
    """Eight units have some hundred plans: walks of thousands of moves a unit went through each a thousand times."""
    problem, done = grid_problem(2, 4, 3, 0.3), list[int]()
    anneal = search.local_search.anneal
    monkeypatch.setattr(
        search.local_search, "anneal", lambda seed, moves, *more: (done.append(moves), anneal(seed, moves, *more))[1]
    )
    found = solve_districts(problem, seconds=1e6, prove=False)
    assert travel(problem, found.district) == pytest.approx(enumerate_best(problem, travel))
    assert sum(done) <= 8 * 2 * search.HANDFUL * 8**2


def test_pieces_of_few_units_are_those_of_many(monkeypatch):
    random = np.random.default_rng(0)
    edges = random.integers(0, 60, (70, 2))
    graph = Graph(60, edges, np.ones(len(edges)))
    some = [random.permutation(60)[:m] for m in (1, 7, 30, 60)]
    walked = [graph.pieces_of(units) for units in some]
    monkeypatch.setattr(growth, "FEW_UNITS", 0)
    for units, pieces in zip(some, walked, strict=True):
        assert pieces.tolist() == graph.pieces_of(units).tolist()
