"""Districts: the rules always hold, tiny cases reach the optimum found by enumeration, and no bound lies above it."""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from beatplanner.solver.districts import annealing, search
from beatplanner.solver.districts.cut_bound import eigenvalue_bound
from beatplanner.solver.districts.search import Search
from beatplanner.solver.districts.solve import (
    CUT,
    MOVES,
    TRAVEL,
    DistrictingProblem,
    LocksApartError,
    best_labels,
    connected,
    share_out,
    solve_districts,
)


def grid_problem(rows: int, columns: int, count: int, tolerance: float, seed: int = 0, **more) -> DistrictingProblem:
    random = np.random.default_rng(seed)
    n = rows * columns
    place = np.arange(n).reshape(rows, columns)
    edges = np.concatenate(
        [
            np.column_stack([place[:, :-1].ravel(), place[:, 1:].ravel()]),
            np.column_stack([place[:-1].ravel(), place[1:].ravel()]),
        ]
    )
    xy = np.column_stack([place.ravel() % columns, place.ravel() // columns]) * 100.0
    weight = random.uniform(5, 15, n)
    mean = weight.sum() / count
    return DistrictingProblem(
        weight=weight,
        xy=xy,
        edges=edges,
        border=np.full(len(edges), 100.0),
        count=count,
        lower=mean * (1 - tolerance),
        upper=mean * (1 + tolerance),
        **more,
    )


def travel(problem: DistrictingProblem, district: np.ndarray) -> float:
    total = 0.0
    for k in range(problem.count):
        units = np.flatnonzero(district == k)
        apart = np.linalg.norm(problem.xy[units][:, None] - problem.xy[units][None], axis=2)
        total += (problem.weight[units] @ apart).min()
    return total


def cut(problem: DistrictingProblem, district: np.ndarray) -> float:
    return float(problem.border[district[problem.edges[:, 0]] != district[problem.edges[:, 1]]].sum())


def keeps_balance(problem: DistrictingProblem, district: np.ndarray) -> bool:
    loads = np.bincount(district, weights=problem.weight, minlength=problem.count)
    return bool((loads >= problem.lower - 1e-6).all() and (loads <= problem.upper + 1e-6).all())


def enumerate_best(problem: DistrictingProblem, measure) -> float:
    # every number of so many digits, the first of which is 0; balance and connection are looked at for all at once, as `keeps_balance` and `connected` do
    n, count = len(problem.weight), problem.count
    every = np.arange(count ** (n - 1))[:, None] // count ** np.arange(n - 2, -1, -1) % count
    every = np.column_stack([np.zeros(len(every), int), every])
    # of plans that differ in their numbers alone one: each number comes after the one before it
    every = every[(every[:, 1:] <= np.maximum.accumulate(every, axis=1)[:, :-1] + 1).all(axis=1)]
    inside = every[:, :, None] == np.arange(count)
    loads = np.einsum("pnk,n->pk", inside, problem.weight)
    kept = (loads >= problem.lower - 1e-6) & (loads <= problem.upper + 1e-6) & inside.any(axis=1)
    every = every[kept.all(axis=1)]
    return min((measure(problem, p) for p in every[_all_connected(every, problem.edges)]), default=np.inf)


def _all_connected(plans: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Tell of plans (p, n) in which every number stands whether each district hangs together: of each unit the least one that it reaches."""
    least = np.broadcast_to(np.arange(plans.shape[1]), plans.shape).copy()
    before = None
    while before is None or (least != before).any():
        before = least.copy()
        for a, b in edges:
            same = plans[:, a] == plans[:, b]
            least[same, a] = least[same, b] = np.minimum(least[same, a], least[same, b])
    return (least == np.arange(plans.shape[1])).sum(axis=1) == plans.max(axis=1, initial=0) + 1


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("count", [2, 3])
def test_reaches_the_optimum_of_tiny_cases_and_proves_it(seed, count):
    problem = grid_problem(3, 3, count, 0.25, seed)
    best = enumerate_best(problem, travel)
    found = solve_districts(problem, seconds=1e6, effort=0.02)
    if np.isinf(best):
        assert found.outside > 0
        assert found.lower_bound is None or found.infeasible
        return
    assert found.objective == pytest.approx(best)
    assert found.lower_bound == pytest.approx(best, rel=1e-4)
    assert found.lower_bound <= best * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_least_border_of_tiny_cases(seed):
    problem = replace(grid_problem(3, 3, 2, 0.3, seed), goal=CUT)
    best = enumerate_best(problem, cut)
    found = solve_districts(problem, seconds=1e6, effort=0.02)
    assert found.objective == pytest.approx(best)
    assert found.lower_bound == pytest.approx(best, rel=1e-4)
    assert found.lower_bound <= best * (1 + 1e-9)
    by_eigenvalues = eigenvalue_bound(problem.weight, problem.edges, problem.border, 2, problem.lower)
    assert 0.3 * best <= by_eigenvalues <= best


def test_bound_stays_below_better_plans_of_more_effort():
    problem = grid_problem(6, 7, 4, 0.08, seed=5)
    short = solve_districts(problem, seconds=1e6, effort=0.005)
    long = solve_districts(problem, seconds=1e6, effort=0.1, prove=False, seed=3)
    assert short.lower_bound is not None
    assert short.lower_bound <= long.objective * (1 + 1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(3, 6), columns=st.integers(3, 6), count=st.integers(2, 5))
def test_districts_are_connected_and_complete_whatever_the_graph(seed, rows, columns, count):
    problem = grid_problem(rows, columns, count, 0.2, seed)
    random = np.random.default_rng(seed)
    kept = random.random(len(problem.edges)) < 0.9
    edges = problem.edges[kept]
    pieces = 1 + max(int(p) for p in _pieces(len(problem.weight), edges))
    problem = replace(problem, edges=edges, border=problem.border[kept], count=max(count, pieces))
    found = solve_districts(problem, seconds=1e6, effort=0.01, prove=False, seed=seed)
    assert connected(found.district, problem.edges)
    assert set(found.district) == set(range(problem.count))
    loads = np.bincount(found.district, weights=problem.weight)
    outside = np.maximum(0, loads - problem.upper).sum() + np.maximum(0, problem.lower - loads).sum()
    assert found.outside == pytest.approx(outside, abs=1e-6)
    assert found.objective == pytest.approx(travel(problem, found.district))


def _pieces(n, edges):
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    return connected_components(sparse.csr_matrix((np.ones(len(edges)), edges.T), shape=(n, n)), directed=False)[1]


def test_same_seed_gives_the_same_districts():
    problem = grid_problem(6, 6, 4, 0.1, seed=2)
    first, second = (solve_districts(problem, seconds=1e6, effort=0.02, seed=9) for _ in range(2))
    assert (first.district == second.district).all()
    assert first.objective == second.objective


def test_locks_hold():
    problem = grid_problem(5, 5, 3, 0.25, seed=1)
    locked = np.full(25, -1)
    locked[[0, 4]] = 7  # two corners of the first row must share a district
    locked[24] = 3
    found = solve_districts(replace(problem, locked=locked), seconds=1e6, effort=0.02)
    assert found.district[0] == found.district[4] != found.district[24]
    assert found.label[found.district[0]] == 7
    assert found.label[found.district[24]] == 3
    assert connected(found.district, problem.edges)


def test_locks_that_others_keep_apart_are_named():
    problem = grid_problem(1, 5, 2, 0.9)
    locked = np.array([4, -1, 5, -1, 4])
    with pytest.raises(LocksApartError) as error:
        solve_districts(replace(problem, locked=locked), seconds=1e6, effort=0.01)
    assert error.value.label == 4


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_change_budget_holds_where_it_can(share):
    problem = grid_problem(6, 6, 4, 0.35, seed=3)
    current = np.repeat([0, 1, 2, 3], 9)  # bands of one and a half rows
    residents = np.full(36, 100.0)
    found = solve_districts(
        replace(problem, current=current, residents=residents, budget=share * 3600), seconds=1e6, effort=0.05
    )
    assert found.outside == 0
    assert found.moved <= share * 3600 + 1e-6
    assert found.moved == residents[current != found.label[found.district]].sum()


def test_impossible_balance_is_proven():
    problem = grid_problem(4, 4, 4, 0.2)
    heavy = problem.weight.copy()
    heavy[5] = heavy.sum()
    found = solve_districts(replace(problem, weight=heavy), seconds=1e6, effort=0.02)
    assert found.outside > 0
    assert found.infeasible


def test_labels_follow_most_residents():
    district = np.array([0, 0, 1, 1])
    current = np.array([5, 5, 5, 2])
    free = np.full(4, -1)
    assert list(best_labels(district, 2, current, np.array([1.0, 1, 9, 1]), free)) == [2, 5] or list(
        best_labels(district, 2, current, np.array([1.0, 1, 9, 1]), free)
    ) == [-1, 5]
    assert list(best_labels(district, 2, current, np.ones(4), free)) == [5, 2]


def test_share_out_gives_each_part_at_least_one_and_heeds_its_size():
    assert list(share_out(np.array([100.0, 10.0, 1.0]), 6)) == [4, 1, 1]
    assert list(share_out(np.array([100.0, 10.0]), 4, most=np.array([2, 5]))) == [2, 2]
    assert share_out(np.array([100.0, 10.0]), 1) is None
    assert share_out(np.array([100.0, 55.0]), 3, lower=45, upper=54) is None


def moved(problem: DistrictingProblem, district: np.ndarray) -> float:
    free = np.full(len(district), -1)
    label = best_labels(district, problem.count, problem.current, problem.residents, free)
    return float(problem.residents[problem.current != label[district]].sum())


def with_today(problem: DistrictingProblem, seed: int, budget: float | None) -> DistrictingProblem:
    random = np.random.default_rng(seed)
    n = len(problem.weight)
    bands = np.sort(np.arange(n) % problem.count)
    return replace(problem, current=bands, residents=random.integers(10, 99, n).astype(float), budget=budget)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.0, 0.15, 0.4])
def test_the_optimum_under_a_change_budget_is_found_and_proven(seed, share):
    problem = with_today(grid_problem(3, 3, 3, 0.35, seed), seed, None)
    budget = share * problem.residents.sum()

    def measure(p, district):
        return travel(p, district) if moved(p, district) <= budget + 1e-9 else np.inf

    best = enumerate_best(problem, measure)
    found = solve_districts(replace(problem, budget=budget), seconds=1e6, effort=0.02)
    if np.isinf(best):
        assert found.outside > 0 or found.moved > budget
        return
    assert found.objective == pytest.approx(best)
    assert best * (1 - 1e-4) <= found.lower_bound <= best * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_fewest_moved_residents_of_tiny_cases(seed):
    problem = with_today(grid_problem(3, 3, 3, 0.25, seed), seed, None)
    best = enumerate_best(problem, moved)
    found = solve_districts(replace(problem, goal=MOVES), seconds=1e6, effort=0.02)
    if np.isinf(best):
        assert found.outside > 0
        return
    assert found.objective == pytest.approx(best)
    assert found.lower_bound is not None
    assert found.lower_bound <= best + 1e-6


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    tolerance=st.floats(0.15, 0.6),
    share=st.sampled_from([None, 0.1, 0.3]),
    lock=st.booleans(),
    goal=st.sampled_from([TRAVEL, CUT]),
)
@example(seed=37, tolerance=0.5, share=0.1, lock=False, goal=CUT)  # a search alone found no plan here
@example(seed=7905, tolerance=0.5, share=0.3, lock=False, goal=TRAVEL)
def test_every_rule_holds_and_no_bound_lies_above_the_optimum(seed, tolerance, share, lock, goal):
    random = np.random.default_rng(seed)
    problem = with_today(grid_problem(3, 3, int(random.integers(2, 4)), tolerance, seed), seed, None)
    kept = random.random(len(problem.edges)) < 0.85
    problem = replace(problem, edges=problem.edges[kept], border=problem.border[kept], goal=goal)
    if len(set(_pieces(9, problem.edges))) > 1:
        return
    locked = np.full(9, -1)
    if lock:
        locked[random.integers(9)] = 0
    budget = None if share is None else share * problem.residents.sum()

    def measure(p, district):
        held = np.flatnonzero(locked >= 0)
        label = best_labels(district, p.count, p.current, p.residents, locked)
        if (label[district[held]] != locked[held]).any():
            return np.inf
        changed = p.residents[p.current != label[district]].sum()
        if budget is not None and changed > budget + 1e-9:
            return np.inf
        return travel(p, district) if goal == TRAVEL else cut(p, district)

    best = enumerate_best(problem, measure)
    found = solve_districts(replace(problem, locked=locked, budget=budget), seconds=1e6, effort=0.02, seed=seed)
    assert connected(found.district, problem.edges)
    if np.isinf(best):
        assert found.outside > 0 or found.moved > budget
        return
    assert keeps_balance(problem, found.district)
    assert (found.label[found.district[locked >= 0]] == locked[locked >= 0]).all()
    assert budget is None or found.moved <= budget + 1e-6
    assert found.objective >= best * (1 - 1e-9)
    if goal == TRAVEL:
        assert found.objective == pytest.approx(best, rel=1e-4)
        assert found.lower_bound <= best * (1 + 1e-9)
    assert not found.infeasible


def test_threads_do_not_change_the_plan():
    problem = with_today(grid_problem(7, 7, 5, 0.1, seed=4), 4, 600.0)
    one, two = (solve_districts(problem, seconds=1e6, effort=0.05, threads=t, nodes=5) for t in (1, 2))
    assert (one.district == two.district).all()
    assert one.lower_bound == two.lower_bound


def test_hot_walks_may_break_tight_bounds_for_a_while(monkeypatch):
    # bounds that leave less room than half a unit: a walk that must keep them, as every second one does, stands still while it could still move
    def walked() -> float:
        searches = [Search(grid_problem(12, 12, 6, 0.02, seed), 1, 1) for seed in range(3)]
        best = [s.run(0.02, 1e12, 0.0, None, lambda: False, lambda *_: None) for s in searches]
        assert all(s.keeps_rules(b) for s, b in zip(searches, best, strict=True))
        return sum(f.objective for s in searches for f in s.walked[::2] if s.keeps_rules(f))

    free = walked()
    monkeypatch.setattr(search, "UNIT_ALLOWANCE", 0.0)
    assert free < 0.997 * walked()


def test_a_start_is_never_lost():
    problem = grid_problem(7, 7, 5, 0.1, seed=4)
    good = solve_districts(problem, seconds=1e6, effort=0.2, prove=False)
    again = solve_districts(problem, seconds=1e6, effort=0.001, prove=False, seed=77, start=good.district)
    assert again.objective <= good.objective * (1 + 1e-9)


def test_todays_districts_that_keep_the_rules_are_never_lost():
    problem = grid_problem(7, 7, 5, 0.1, seed=4)
    good = solve_districts(problem, seconds=1e6, effort=0.2, prove=False)
    today = replace(problem, current=good.district, residents=np.full(49, 10.0))
    # stopped before a walk could cool down
    found = solve_districts(today, seconds=1e6, prove=False, cancelled=lambda: True)
    assert found.objective <= good.objective * (1 + 1e-9)
    # one that is locked to another district is no plan any more
    locked = np.full(49, -1)
    locked[0] = (good.district[0] + 1) % 5
    assert Search(replace(today, locked=locked), 0, 1).today() is None
    assert Search(replace(today, count=4), 0, 1).today() is None


def test_cancel_gives_the_best_so_far():
    problem = grid_problem(10, 10, 8, 0.1, seed=4)
    asked = []

    def cancelled() -> bool:
        asked.append(True)
        return len(asked) > 5

    found = solve_districts(problem, seconds=1e6, cancelled=cancelled)
    assert connected(found.district, problem.edges)
    assert set(found.district) == set(range(8))


def test_units_without_work_follow_todays_lines_then_the_shorter_border():
    problem = grid_problem(4, 6, 2, 0.3, seed=1)
    weight = np.full(24, 10.0)
    weight[[2, 3, 8, 9, 14, 15, 20, 21]] = 0.0  # two columns of parkland in the middle
    current = np.where(np.arange(24) % 6 < 4, 0, 1)
    found = solve_districts(
        replace(problem, weight=weight, lower=60, upper=100, current=current, residents=np.full(24, 5.0)),
        seconds=1e6,
        effort=0.02,
        prove=False,
    )
    assert found.moved == 0
    free = solve_districts(replace(problem, weight=weight, lower=60, upper=100), seconds=1e6, effort=0.02, prove=False)
    assert cut(problem, free.district) == 400.0


def test_bounds_in_whole_numbers_need_no_kernels_of_their_own():
    problem = grid_problem(4, 6, 2, 0.3, seed=1)
    exact, whole = (
        solve_districts(replace(problem, lower=low, upper=high), seconds=1e6, effort=0.02, prove=False)
        for low, high in ((80.0, 160.0), (80, 160))
    )
    assert whole.district.tolist() == exact.district.tolist()
    # one copy for each type of an argument: the bounds are of one
    for kernel in (annealing.anneal, annealing.settle):
        at = list(inspect.signature(kernel.py_func).parameters).index("lower")
        assert {str(kinds[at : at + 2]) for kinds in kernel.signatures} == {"(float64, float64)"}


def test_memory_of_the_sites_does_not_grow_with_units_squared():
    from beatplanner.solver.districts.growth import Graph
    from beatplanner.solver.districts.sites import AllSites

    pairs = []
    for side in (30, 60):
        problem = grid_problem(side, side, side * side // 8, 0.1)
        n = side * side
        graph = Graph(n, problem.edges, problem.border)
        none = np.full(n, -1)
        sites = AllSites(
            graph.indptr,
            graph.indices,
            problem.weight,
            problem.upper,
            lambda a, b: np.ones(len(a)),
            np.ones(n),
            none,
            none,
            with_budget=False,
            count_moves=False,
            nearest=100,
        )
        pairs.append(max(len(part.unit) for part, _ in sites.parts()) / min(n, 250))
    assert pairs[1] < 1.2 * pairs[0]
