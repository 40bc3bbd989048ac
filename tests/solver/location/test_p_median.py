"""Sites: optima by enumeration, with kept sites, budgets, distances, areas and groups; bounds never above them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from beatplanner.solver.location.covering import coverage, fewest, p_center
from beatplanner.solver.location.exchange import total_cost
from beatplanner.solver.location.fair_sites import FairRule, fair_sites
from beatplanner.solver.location.p_median import p_median
from beatplanner.solver.location.phasing import phase, total
from beatplanner.solver.location.site_rules import SiteRules
from beatplanner.solver.location.site_tree import evaluate


def case(seed: int, n: int = 14, m: int = 9):
    random = np.random.default_rng(seed)
    homes, sites = random.random((n, 2)) * 1000, random.random((m, 2)) * 1000
    metres = np.hypot(*(homes[:, None] - sites[None]).transpose(2, 0, 1))
    people = random.integers(1, 100, n).astype(float)
    price = random.integers(1, 10, m).astype(float)
    kept = np.zeros(m, bool)
    kept[random.integers(m)] = True
    close = np.argwhere(np.triu(np.hypot(*(sites[:, None] - sites[None]).transpose(2, 0, 1)) < 220, 1))
    area = (sites[:, 0] > 500).astype(int)
    return metres, people, price, kept, close, area


def choices(rules: SiteRules):
    m = len(rules.kept)
    for k in range(m + 1) if rules.count is None else [rules.count]:
        for chosen in combinations(range(m), k):
            if rules.met(np.array(chosen, int)):
                yield np.array(chosen, int)


def some_rules(seed: int, count: int, which: int) -> tuple[np.ndarray, np.ndarray, SiteRules]:
    metres, people, price, kept, close, area = case(seed)
    cheapest = price[kept].sum() + np.sort(price[~kept])[: count - 1].sum()
    rules = SiteRules(
        kept,
        count,
        price,
        budget=cheapest + 3 if which & 1 else np.inf,
        apart=close if which & 2 else np.empty((0, 2), int),
        area=area,
        needed=(0, 1) if which & 4 and len(np.unique(area)) == 2 else (),
    )
    return metres, people, rules


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 9999), count=st.integers(1, 5), which=st.integers(0, 7))
def test_p_median_is_optimal_and_its_bound_true(seed, count, which):
    metres, people, rules = some_rules(seed, count, which)
    cost = metres * people[:, None]
    plans = [total_cost(cost, c) for c in choices(rules)]
    if not plans:
        with pytest.raises(ValueError, match="rules"):
            p_median(cost, rules, seconds=1e6)
        return
    found = p_median(cost, rules, seconds=1e6)
    assert rules.met(found.open)
    assert found.objective == pytest.approx(min(plans))
    assert found.objective == pytest.approx(total_cost(cost, found.open))
    assert found.lower_bound <= min(plans) * (1 + 1e-9)
    assert found.lower_bound == pytest.approx(min(plans), rel=1e-4)
    assert found.proof is not None
    proven = evaluate(found.proof.tree, cost, rules.kept)
    assert proven >= found.proof.bound * (1 - 1e-9)
    assert proven <= min(plans) * (1 + 1e-9)


@pytest.mark.parametrize(("n", "m", "p"), [(200, 60, 8), (700, 90, 3), (300, 300, 40)])
def test_p_median_of_a_town_with_many_sites_is_proven(n, m, p):
    metres, people, *_ = case(1, n, m)
    found = p_median(metres * people[:, None], SiteRules.plain(m, p), seconds=1e6)
    assert (found.objective - found.lower_bound) / found.objective <= 1e-4
    assert evaluate(found.proof.tree, metres * people[:, None], np.zeros(m, bool)) >= found.lower_bound * (1 - 1e-6)


def test_a_country_of_cities_and_hamlets_is_proven_without_branches():
    """Costs over six orders of magnitude, and sites that crowd in towns."""
    random = np.random.default_rng(4)
    towns = random.uniform(0, 200_000, (40, 2))
    homes = np.concatenate([towns + 1, random.uniform(0, 200_000, (800, 2))])
    people = np.concatenate([random.lognormal(10, 0.8, 40), random.lognormal(4.5, 1.5, 800)])
    sites = np.repeat(towns, 4, axis=0) + random.normal(0, 300, (160, 2))
    cost = people[:, None] * np.hypot(*(homes[:, None] - sites[None]).transpose(2, 0, 1))
    rules = SiteRules(np.zeros(160, bool), 30, np.ones(160))
    found = p_median(cost, rules, seconds=1e6, nodes=0)
    assert found.lower_bound is not None
    assert found.objective == pytest.approx(total_cost(cost, found.open))
    assert found.objective <= found.lower_bound * (1 + 1e-4)


def test_the_same_seed_gives_the_same_sites():
    metres, people, *_ = case(5, 150, 40)
    one, two = (p_median(metres * people[:, None], SiteRules.plain(40, 6), seconds=1e6, seed=3) for _ in range(2))
    assert (one.open == two.open).all()
    assert one.lower_bound == two.lower_bound


def test_a_budget_that_cannot_reach_is_refused():
    metres, people, price, kept, *_ = case(3)
    with pytest.raises(ValueError, match="rules"):
        p_median(metres * people[:, None], SiteRules(kept, 4, price, 0.5), seconds=1e6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 9999), which=st.integers(0, 7))
@example(seed=2132, which=1)  # a budget that only a dominated site keeps, where the number of sites is exact
def test_coverage_fewest_and_p_center_are_optimal(seed, which):
    metres, people, rules = some_rules(seed, 3, which)
    plans = list(choices(rules))
    if not plans:
        return
    within = metres <= 350
    found = coverage(within, people, rules, seconds=1e6)
    best = min(people[~within[:, c].any(axis=1)].sum() for c in plans)
    assert rules.met(found.open)
    assert found.objective == pytest.approx(best) == pytest.approx(found.lower_bound, abs=1e-6)
    proven = evaluate(found.proof.tree, people[:, None] * ~within, rules.kept)
    assert found.proof.bound - 1e-6 <= proven <= best + 1e-6

    found = p_center(metres, rules, seconds=1e6)
    best = min(metres[:, c].min(axis=1).max() for c in plans)
    assert rules.met(found.open)
    assert found.objective == pytest.approx(best) == pytest.approx(found.lower_bound)
    # what is proven: nobody's way can be kept below the threshold for all
    assert found.proof.threshold == found.proof.bound <= best + 1e-9
    assert evaluate(found.proof.tree, (metres >= found.proof.threshold).astype(float), rules.kept) > 1e-6

    free = rules.replace(count=None)
    wanted = within.any(axis=1)
    sizes = [len(c) for c in choices(free) if within[wanted][:, c].any(axis=1).all()]
    found = fewest(within, free, seconds=1e6)
    if not sizes:
        assert found is None
    else:
        assert rules.replace(count=len(found.open)).met(found.open)
        assert found.objective == min(sizes) == found.lower_bound
        if found.proof is not None:
            assert found.proof.bound == found.proof.tree.count + 1 <= found.objective
            cost = (~within & wanted[:, None]).astype(float)
            assert evaluate(found.proof.tree, cost, free.kept) > 1e-6


@pytest.mark.parametrize("which", [0, 3, 7])
def test_every_objective_has_a_bound_though_nobody_waited(which):
    """Cancelled at once: no plan better than a first one, but a bound that is true."""
    metres, people, rules = some_rules(8, 3, which)
    plans = list(choices(rules))
    assert plans
    stop = {"seconds": 0.0, "cancelled": lambda: True}
    far = p_center(metres, rules, **stop)
    assert 0 < far.lower_bound <= min(metres[:, c].min(axis=1).max() for c in plans)
    cost = metres * people[:, None]
    assert 0 < p_median(cost, rules, **stop).lower_bound <= min(total_cost(cost, c) for c in plans) * (1 + 1e-9)
    within = metres <= 350
    lost = coverage(within, people, rules, **stop)
    assert lost.lower_bound <= min(people[~within[:, c].any(axis=1)].sum() for c in plans)
    few = fewest(within, rules.replace(count=None), **stop)
    assert few is None or few.lower_bound >= rules.kept.sum()


@pytest.mark.parametrize(("n", "p"), [(150, 5), (200, 20)])
def test_a_p_center_of_many_sites_is_proven_with_a_tree(n, p):
    metres, *_ = case(2, n, n)
    rules = SiteRules.plain(n, p)
    found = p_center(metres, rules, seconds=1e6)
    assert found.objective == found.lower_bound
    assert found.proof.bound >= 0.9 * found.objective
    assert evaluate(found.proof.tree, (metres >= found.proof.threshold).astype(float), rules.kept) > 1e-6


def test_p_center_says_where_nobody_can_reach_all():
    metres = np.array([[1.0, np.inf, np.inf], [np.inf, 1.0, np.inf], [np.inf, np.inf, 1.0], [np.inf, np.inf, np.inf]])
    assert p_center(metres, SiteRules.plain(3, 2), seconds=1e6) is None
    assert p_center(metres, SiteRules.plain(3, 3), seconds=1e6).objective == 1.0


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("excess", [0.0, 0.1, 0.4])
def test_no_group_walks_much_farther_than_all(seed, excess):
    metres, people, *_ = case(seed)
    random = np.random.default_rng(seed)
    groups = np.array([people * (random.random(len(people)) < 0.4), people * random.random(len(people)) * 0.3])
    rules, fair = SiteRules.plain(9, 3), FairRule(groups, people, excess)
    start = p_median(metres * people[:, None], rules, seconds=1e6)
    found, met = fair_sites(metres, lambda d: people @ d, rules, fair, start, linear=True, seconds=1e6)
    plans = [total_cost(metres * people[:, None], c) for c in choices(rules) if fair.met(metres[:, c].min(axis=1))]
    assert met == bool(plans)
    if plans:
        assert fair.met(metres[:, found.open].min(axis=1))
        assert found.objective == pytest.approx(min(plans))
        assert found.lower_bound <= min(plans) * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_opening_is_the_best_under_yearly_budgets(seed):
    from itertools import product

    metres, people, price, *_ = case(seed, m=4)
    cost, unreached = metres * people[:, None], people * 3000
    standing, pilots = np.array([True, False, False, False]), np.array([False, True, False, False])
    budgets = np.array([12.0, 8.0, 20.0])
    yearly = np.ones(4)
    best = np.inf
    for years in product(range(3), repeat=3):
        year = np.array([-1, *years])
        spent = [sum(price[j] for j in range(1, 4) if year[j] == t) + (year <= t).sum() for t in range(3)]
        # the others open after the pilot, or with it in the last year
        pilot_first = year[1] < year[2:].min() or (year[1:] == 2).all()
        if (np.cumsum(spent) <= np.cumsum(budgets) + 1e-9).all() and pilot_first:
            best = min(best, total(cost, unreached, year, 3))
    found = phase(cost, unreached, standing, price, yearly, budgets, pilots, seconds=1e6)
    if np.isfinite(best):
        assert found.extra.max() == pytest.approx(0, abs=1e-6)
        assert found.objective == pytest.approx(best)
        assert found.lower_bound == pytest.approx(found.objective, rel=1e-4)
    else:
        assert found.extra.max() > 0


def test_money_that_is_missing_is_said():
    metres, people, *_ = case(2, m=3)
    none = np.zeros(3, bool)
    found = phase(
        metres * people[:, None],
        people * 1e4,
        none,
        np.full(3, 10.0),
        np.zeros(3),
        np.array([10.0, 5.0]),
        none,
        seconds=1e6,
    )
    assert found.extra[-1] == pytest.approx(15.0)
