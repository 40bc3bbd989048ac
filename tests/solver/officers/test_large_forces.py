"""Large forces: the same plan again where only some places are looked at, and prices that go on though most of the objective is vacancies."""

from __future__ import annotations

import pytest
from benchmarks.forces import force

from beatplanner.solver.officers import columns
from beatplanner.solver.officers.annealing import FEW
from beatplanner.solver.officers.figures import breaches, measure
from beatplanner.solver.officers.prices import PostMultipliers
from beatplanner.solver.officers.problem import Posting
from beatplanner.solver.officers.search import PostingSearch


def test_of_many_places_some_are_looked_at_and_the_plan_is_the_same_again():
    problem = force(FEW + 20, 250, 24, 1, 0)
    searches = [PostingSearch(problem.arrays, 3) for _ in range(2)]
    begun = searches[0].best
    for s in searches:
        s.improve(2_000, lambda: False, 0.0)
    assert searches[0].postings() == searches[1].postings()
    # the start is far from what a few moves find, and counts and costs that moves keep are those of the postings
    assert searches[0].best < 0.999 * begun
    found = [Posting(*p) for p in searches[0].postings()]
    assert not breaches(problem, found)
    assert measure(problem, found).objective(problem.weights) == pytest.approx(searches[0].best, abs=1.0)


def test_coarse_rows_go_on_where_most_of_the_objective_is_vacancies(monkeypatch):
    """A thousandth of all was more than all that is above the vacancies, so that the prices ended where they began."""
    monkeypatch.setattr(columns, "LARGE", 0)
    problem = force(20, 36, 36, 2, 0)
    a = problem.arrays
    search, prices = PostingSearch(a, 0), PostMultipliers(a)
    search.improve(4_000, lambda: False, 0.0)
    base = prices.bound
    columns.raise_bound(a, prices, search.postings(), search.best, lambda: 600.0, most=100)
    assert columns.stays_coarse(a) and search.best - base < 1e-3 * base
    assert prices.bound - base > 0.5 * (search.best - base)


def test_a_search_goes_back_to_its_best_plan():
    """The likeliest series of coarse rows are worse together than what the search had, and were gone on from."""
    problem = force(12, 16, 36, 1, 0)
    search = PostingSearch(problem.arrays, 0)
    search.improve(1_000, lambda: False, 0.0)
    best = search.best
    search.start_from([])
    search.go_back()
    assert search.best == best
    found = [tuple(p) for p in search.postings()]
    again = PostingSearch(problem.arrays, 0)
    again.start_from(found)
    assert search.state.own.sum() == pytest.approx(again.state.own.sum())
