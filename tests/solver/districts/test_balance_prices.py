"""Prices of the further balances: they lift the bound, never above the best plan by enumeration, and the checker proves it from the certificate alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.checker_area import area_of
from test_districting import enumerate_best, grid_problem, travel
from test_further_balances import best_within, with_balance

from beatplanner.planning.verification.arrays import MalformedError
from beatplanner.planning.verification.beats_proof import prove_part
from beatplanner.planning.whole.beat_proofs import packed
from beatplanner.solver.districts.balance_prices import balanced_bound
from beatplanner.solver.districts.bound import lagrangian_bound
from beatplanner.solver.districts.evidence import BoundEvidence, Multipliers
from beatplanner.solver.districts.problem import Balance
from beatplanner.solver.districts.search import Search
from beatplanner.solver.districts.sites import SitePairs, joined
from beatplanner.solver.districts.solve import DistrictingProblem, solve_districts


def all_sites(problem: DistrictingProblem) -> SitePairs:
    return joined([s for s, _ in Search(problem, 0, 1).all_sites(40).parts()])


def bounds(problem: DistrictingProblem, known: float):
    """Return the bound without prices, and what prices make of it."""
    sites = all_sites(problem)
    start = lagrangian_bound(
        [(sites, np.ones(len(sites.unit), bool))].__iter__,
        problem.weight,
        problem.count,
        problem.lower,
        problem.upper,
        known,
        budget=problem.budget,
    )
    return start, balanced_bound(sites, problem, start, known, threads=1, stop=lambda: False)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("several", [1, 2])
def test_prices_lift_the_bound_and_never_above_the_best_plan(seed, several):
    problem = grid_problem(3, 4, 2, 0.4, seed)
    for b in range(several):
        problem = with_balance(problem, 0.1 + 0.05 * b, seed + 11 * b)
    best, freer = best_within(problem, travel), enumerate_best(problem, travel)
    assert freer < best < np.inf
    start, found = bounds(problem, best)
    assert start.value <= freer * (1 + 1e-9)
    assert found is not None
    bound, prices = found
    assert start.value < bound.value <= best * (1 + 1e-9)
    # the certificate proves as much, whatever the checker has of the tree
    evidence = BoundEvidence(bound.value, rounds=(Multipliers(bound.multiplier, bound.price),), balance=prices)
    arrays, area = packed(evidence), area_of(problem)
    assert min(prove_part(area, arrays, False, bound.value), bound.value) == pytest.approx(bound.value, rel=1e-4)
    without = {k: v for k, v in arrays.items() if not k.startswith("balance_")}
    assert prove_part(area, without, False, bound.value) <= freer * (1 + 1e-9)


@pytest.mark.parametrize("seed", [2])
def test_a_change_budget_and_further_balances_are_bounded_together(seed):
    today = np.repeat([0, 1], 6)
    problem = with_balance(grid_problem(3, 4, 2, 0.4, seed), 0.1, seed)
    people = problem.balances[0].amount

    def moved(district: np.ndarray) -> float:
        return min(float(people[district != today].sum()), float(people[1 - district != today].sum()))

    def within(p: DistrictingProblem, d: np.ndarray) -> float:
        return travel(p, d) if moved(d) <= 0.35 * people.sum() else np.inf

    problem = replace(problem, residents=people, current=today, budget=0.35 * float(people.sum()))
    best = best_within(problem, within)
    assert np.isfinite(best)
    start, found = bounds(problem, best)
    assert start.value <= best * (1 + 1e-9)
    assert found is None or found[0].value <= best * (1 + 1e-9)
    solved = solve_districts(problem, seconds=1e6, effort=0.02)
    assert solved.objective == pytest.approx(best)
    assert solved.lower_bound == pytest.approx(best, rel=1e-4)
    assert solved.evidence is not None
    proven = prove_part(area_of(problem), packed(solved.evidence), True, solved.evidence.bound)
    assert best * (1 - 1e-3) <= proven <= best * (1 + 1e-9)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3, 1e12, 1e200])
@pytest.mark.parametrize("claim", [1.0, 1.05, np.inf])
def test_no_prices_of_a_forger_prove_what_is_not_so(scale, claim):
    problem = with_balance(grid_problem(3, 4, 2, 0.4, 3), 0.1, 5)
    best, area = best_within(problem, travel), area_of(problem)
    start, found = bounds(problem, best)
    assert found is not None
    for draw in range(6):
        random = np.random.default_rng(draw)
        site = np.column_stack([np.arange(12), np.full(12, -1)])
        price = random.normal(0, scale, (12, 1)) * np.abs(found[1].price).max()
        forged = packed(BoundEvidence(best, rounds=(Multipliers(start.multiplier * random.uniform(0.5, 1.5)),)))
        forged |= {"balance_site": site, "balance_price": price}
        assert min(prove_part(area, forged, False, best * claim), best * claim) <= best * (1 + 1e-9)


def test_prices_have_a_form():
    problem = with_balance(grid_problem(3, 4, 2, 0.4, 3), 0.1, 5)
    best, area = best_within(problem, travel), area_of(problem)
    found = bounds(problem, best)[1]
    assert found is not None
    whole = packed(BoundEvidence(best, rounds=(Multipliers(found[0].multiplier),), balance=found[1]))
    site, price = whole["balance_site"], whole["balance_price"]
    for wrong in (
        {"balance_price": np.column_stack([price, price])},
        {"balance_price": price[1:]},
        {"balance_site": site + 100},
        {"balance_site": np.repeat(site[:1], len(site), axis=0)},
    ):
        with pytest.raises(MalformedError):
            prove_part(area, whole | wrong, False, best)
    for gone in ("balance_site", "balance_price"):
        with pytest.raises(MalformedError):
            prove_part(area, {k: v for k, v in whole.items() if k != gone}, False, best)


def test_the_tree_closes_with_prices_and_its_certificate_stands():
    # more units than are gone through one by one, and a balance that costs a tenth
    problem = with_balance(grid_problem(6, 6, 3, 0.1, 2), 0.02, 4)
    found = solve_districts(problem, seconds=1e6, effort=0.05, nodes=400)
    assert found.evidence is not None and found.lower_bound is not None
    assert found.outside <= 1e-9 * problem.upper * problem.count
    plain = solve_districts(replace(problem, balances=()), seconds=1e6, effort=0.05, nodes=400)
    assert plain.objective * 1.01 < found.objective
    # most of what the balance costs is proven
    assert found.lower_bound > plain.objective + 0.7 * (found.objective - plain.objective)
    proven = prove_part(area_of(problem), packed(found.evidence), False, found.lower_bound)
    assert proven >= found.lower_bound * (1 - 1e-3)


@pytest.mark.parametrize("seed", range(6))
def test_without_a_known_plan_no_bound_is_above_the_best(seed):
    # three units in four have nothing of the amount
    problem = grid_problem(3, 4, 2, 0.3, seed)
    amount = np.random.default_rng(seed).uniform(1, 9, 12) * (np.arange(12) % 4 == seed % 4)
    mean = amount.sum() / 2
    problem = replace(problem, balances=(Balance("drive", amount, mean * 0.7, mean * 1.3),))
    start, found = bounds(problem, np.inf)
    assert start.value <= best_within(problem, travel) * (1 + 1e-9)
    assert found is None or start.value < found[0].value <= best_within(problem, travel) * (1 + 1e-9)


def test_a_bound_above_all_plans_says_that_there_are_none_and_the_checker_sees_it():
    # by their hours districts have two units each, and should have three
    problem = grid_problem(2, 13, 13, 0.5, 1)
    problem = replace(problem, balances=(Balance("members", np.ones(26), 3.0, 9.0),), weight=np.full(26, 10.0))
    problem = replace(problem, lower=15.0, upper=25.0)
    found = solve_districts(problem, seconds=1e6, effort=0.02, nodes=1)
    assert found.infeasible
    assert found.evidence is not None and not found.evidence.nodes
    arrays, area = packed(found.evidence), area_of(problem)
    assert prove_part(area, arrays, False, np.inf) == np.inf
    without = {k: v for k, v in arrays.items() if not k.startswith("balance_")}
    assert prove_part(area, without, False, np.inf) < np.inf
    assert prove_part(replace(area, balances=((np.ones(26), 2.0, 9.0),)), arrays, False, np.inf) < np.inf
