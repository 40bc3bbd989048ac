"""Certificates that were made to deceive: what no plan keeps is not proven by numbers that name nothing, by halves of numbers or by a site told twice."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest

from beatplanner.planning.verification.arrays import MalformedError, are_numbers
from beatplanner.planning.verification.beats_proof import prove_together
from beatplanner.planning.verification.officers_proof import OfficerMultipliers, TenureRules, _waiting, cheapest
from beatplanner.planning.verification.proven import CannotProveError
from beatplanner.planning.verification.stations_proof import HomesAndSites, _own_rows, _tree, check_form
from beatplanner.planning.verification.travel_bound import prove
from beatplanner.planning.verification.travel_pairs import Area, Pairs, in_reach, with_links

# Six units in a row, a kilometre apart, two beats of three each: 4,000 is the least travel.
N, LEAST = 6, 4_000.0


def row_of_units() -> Area:
    edges = np.array([(i, i + 1) for i in range(N - 1)])
    nobody = np.full(N, -1)
    return Area(np.ones(N), lambda a, b: 1000.0 * np.abs(a - b), edges, 2, 3.0, 3.0, np.ones(N), nobody, nobody)


def certificate(u=(1000, 0, 1000, 1000, 0, 1000), **changes):
    """Return multipliers for a single node, with other arrays in place of its own."""
    none = np.zeros(0, np.int64)
    arrays = {
        "step": np.array([1.0]),
        "round_multiplier": np.array([u], np.int64),
        "round_price": np.zeros(1),
        "parent": np.array([-1]),
        "unit": np.array([-1]),
        "multiplier": np.zeros((1, len(u)), np.int64),
        "price": np.zeros(1),
        "gone_start": np.array([0, 0]),
        "gone": np.zeros((0, 2), np.int64),
        "part_start": np.array([0, 0]),
        "part": np.zeros((0, 2), np.int64),
        "need": np.array([-1]),
        "cut": np.zeros((0, 3), np.int64),
        "cut_start": np.array([0]),
        "cut_unit": none,
        "cut_node": none,
        "cut_of": none,
        "cut_price": np.zeros(0),
    }
    return arrays | changes


def cut(unit, separators, *, kind=np.int64, price=1e5):
    """Return a contiguity cut of a unit from the first one, as a certificate has it."""
    rows = [(unit + i, c, -1) for i in range(1) for c in range(N)]
    return {
        "cut": np.array(rows, kind),
        "cut_start": len(separators) * np.arange(N + 1),
        "cut_unit": np.tile(np.array(separators, np.int64), N),
        "cut_node": np.zeros(N, np.int64),
        "cut_of": np.arange(N),
        "cut_price": np.full(N, price),
    }


def test_a_true_certificate_proves_no_more_than_the_least_travel():
    area = row_of_units()
    assert 0 < prove(area, certificate(), False, LEAST) <= LEAST
    assert prove(area, certificate(), False, LEAST + 1) <= LEAST
    # a true cut, from the first unit to the third by the second, proves no more either
    true = {k: v[:1] for k, v in cut(2, [1]).items() if k != "cut_start"} | {"cut_start": np.array([0, 1])}
    assert prove(area, certificate(**true | {"cut_unit": np.array([1])}), False, 2 * LEAST) <= LEAST


@pytest.mark.parametrize(
    "forged",
    [
        # a multiplier of a unit that does not exist, which adds to the sum and is paid by nobody
        certificate(u=(1000, 0, 1000, 1000, 0, 1000, 9000)),
        # a unit past the end is a pair of the next site, which nothing connects
        certificate(**cut(N + 1, [])),
        # half a unit more is another number, which no path reaches, and the same pair
        certificate(**cut(1.5, [], kind=float)),
        # units past the end are those of other sites
        certificate(**cut(2, [N + 1])),
        certificate(**cut(2, [-N + 1])),
        certificate(multiplier=np.full((1, N), 0.5)),
        certificate(multiplier=np.zeros((2, N), np.int64)),
        certificate(step=np.array([1.0, 1.0])),
        certificate(round_price=np.zeros((1, 1))),
        certificate(gone_start=np.array([0, 1])),
        certificate(unit=np.array([N])),
        certificate(parent=np.array(["-1"])),
    ],
)
def test_a_forged_certificate_of_beats_is_told_as_broken(forged):
    with pytest.raises((MalformedError, IndexError)):
        prove(row_of_units(), forged, False, 2 * LEAST)


def test_a_price_on_moves_proves_nothing_where_no_budget_is_shared():
    # with a price each unit that leaves today's beat costs more, and only a shared budget takes that off again
    area = replace(row_of_units(), current=np.zeros(N, int))
    evidence = SimpleNamespace(rules=SimpleNamespace(beats=SimpleNamespace(max_moved=None, objective="travel")))
    inner = {f"p0.{k}": v for k, v in certificate(u=[9000] * N).items()}
    for price, most in ((0.0, LEAST), (8000.0, -math.inf)):
        arrays = inner | {"common_price": np.array([price]), "part_bound": np.array([9 * LEAST])}
        assert prove_together(evidence, [area], arrays, math.inf, 9 * LEAST) <= most


def sites_proof(**changes):
    """Return a tree of one leaf over three homes and three sites."""
    return {
        "kind": np.array(["p-median"]),
        "groups": np.zeros(0),
        "parent": np.array([-1]),
        "site": np.array([-1]),
        "opened": np.array([False]),
        "reason": np.array([0]),
        "step": np.zeros(1),
        "u": np.array([[1.0, 1.0, 1.0]]),
        "lam": np.zeros((1, 0)),
        "count": np.array([1]),
        "at_most": np.array([False]),
        "row_kind": np.zeros(0, str),
        "row_start": np.array([0]),
        "row_site": np.zeros(0, np.int64),
        "row_value": np.zeros(0),
        "row_right": np.zeros(0),
    } | changes


def two_leaves():
    """Return a tree for the row of units, whose root proves nothing: the first unit is in one of the first three sites, or of the others."""
    u, weak = np.array([1000, 0, 1000, 1000, 0, 1000]), np.array([9000, -9000, 9000, -9000, 9000, -9000])
    sites = np.column_stack([np.arange(N), np.full(N, -1)])
    return certificate(
        u=weak,
        parent=np.array([-1, 0, 0]),
        unit=np.array([-1, 0, 0]),
        multiplier=np.array([0 * u, u - weak, u - weak], np.int64),
        price=np.zeros(3),
        gone_start=np.array([0, 0, 3, 6]),
        gone=np.concatenate([sites[3:], sites[:3]]),
        part_start=np.zeros(4, np.int64),
        need=np.full(3, -1),
    )


def without_leaf(arrays, node):
    """Return a tree of beats without its last nodes, from `node` on."""
    found = arrays | {k: arrays[k][:node] for k in ("parent", "unit", "multiplier", "price", "need")}
    found |= {k: arrays[k][: node + 1] for k in ("gone_start", "part_start")}
    return found | {"gone": arrays["gone"][: arrays["gone_start"][node]]}


def proves_beats(arrays, bound):
    try:
        return prove(row_of_units(), arrays, False, bound) >= bound
    except (MalformedError, IndexError):
        return False


def test_a_tree_of_beats_without_a_leaf_with_a_digit_more_or_another_multiplier_is_caught():
    tree = two_leaves()
    bound = prove(row_of_units(), tree, False, LEAST)
    # sums are rounded down by a hair, and the claim has ten digits
    assert LEAST - 1e-6 < bound <= LEAST and proves_beats(tree, LEAST - 1e-6)
    assert not proves_beats(tree, LEAST + 1e-6)
    assert not any(proves_beats(without_leaf(tree, k), LEAST - 1e-6) for k in (1, 2))
    twice = tree | {"gone": np.concatenate([tree["gone"][:3], tree["gone"][:3]])}
    none = tree | {"gone": np.concatenate([tree["gone"][:3], tree["gone"][2:5]])}
    other = tree | {"multiplier": tree["multiplier"] * np.array([[1], [0], [1]])}
    assert not any(proves_beats(arrays, LEAST - 1e-6) for arrays in (twice, none, other))


def test_plans_that_a_leaf_has_left_are_counted_where_it_says_so():
    weak = certificate(u=np.array([9000, -9000, 9000, -9000, 9000, -9000]))
    assert not proves_beats(weak, LEAST - 1e-6)
    counted = weak | {"counted": np.array([0])}
    assert proves_beats(counted, LEAST - 1e-6) and not proves_beats(counted, LEAST + 1e-6)
    # where beats may not hold half of the units there is no plan at all, and so none below any claim
    crowded = replace(row_of_units(), upper=2.9)
    assert prove(crowded, counted, False, 5 * LEAST) >= 5 * LEAST
    assert not proves_beats(weak | {"counted": np.array([1])}, LEAST - 1e-6)


def test_all_plans_are_gone_through_where_it_says_so_whatever_the_multipliers():
    area, nobody = row_of_units(), np.zeros(0, np.int64)
    tree = dict.fromkeys(("parent", "unit", "need"), nobody) | {"multiplier": np.zeros((0, N), np.int64)}
    tree |= {"price": np.zeros(0), "gone_start": np.array([0]), "part_start": np.array([0])}
    for u in ((9000, -9000) * 3, (0,) * N, (1_000_000_000_000, -1_000_000_000_000) * 3):
        weak = certificate(u=u, **tree)
        assert prove(area, weak, False, LEAST) < LEAST
        every = weak | {"all_plans": np.array([1])}
        assert prove(area, every, False, LEAST) == LEAST
        assert prove(area, every, False, 2 * LEAST) == pytest.approx(LEAST)
        # where beats may not hold half of the units there is no plan at all
        assert prove(replace(area, upper=2.9), every, False, math.inf) == math.inf
        # residents who change beat are counted where it is told that they are, and no plan is missed for them
        assert prove(replace(area, budget=0.0), every, True, LEAST) == LEAST
        assert prove(replace(area, budget=0.0), every, False, LEAST) < LEAST
        today = replace(area, residents=np.ones(N), current=np.zeros(N, np.int64))
        assert prove(replace(today, budget=1.0), every, True, math.inf) == math.inf
        assert prove(replace(today, budget=N / 2), every, True, 2 * LEAST) == pytest.approx(LEAST)
    with pytest.raises(MalformedError):
        prove(area, certificate() | {"all_plans": np.array([1, 1])}, False, LEAST)


def test_a_tree_of_sites_without_a_leaf_with_a_digit_more_or_another_multiplier_is_caught():
    metres = np.array([[0.0, 4.0, 9.0], [4.0, 0.0, 3.0], [9.0, 3.0, 0.0]])
    tree = sites_proof(
        parent=np.array([-1, 0, 0]),
        site=np.array([-1, 1, 1]),
        opened=np.array([False, True, False]),
        reason=np.array([-1, -3, 0]),
        u=np.array([[9.0, 4.0, 9.0]]),
    )

    def proven(**changes):
        return _tree(tree | changes, metres, np.zeros(3, bool), 1, at_most=False)

    # the site in the middle is 7 from all, the others 12 and 13
    assert proven() == 7.0
    assert proven(u=np.ones((1, 3))) < 7.0
    assert proven(reason=np.array([-1, 0, 0]), u=np.array([[9.0, 5.0, 9.0]])) <= 7.0
    for k in (1, 2):
        assert proven(**{key: tree[key][:k] for key in ("parent", "site", "opened", "reason")}) == -math.inf
    assert proven(opened=np.array([False, True, True])) == -math.inf


def a_row(kind, site, value, right, price=1e6):
    return {
        "lam": np.array([[price]]),
        "row_kind": np.array([kind]),
        "row_start": np.array([0, len(site)]),
        "row_site": np.array(site),
        "row_value": np.array(value, float),
        "row_right": np.array([right], float),
    }


@pytest.mark.parametrize(
    "forged",
    [
        # a site that stands twice in a row could never be opened, or would cost twice
        a_row("apart", [1, 1], [1, 1], 1),
        a_row("area", [0, 0], [-1, -1], -1),
        a_row("budget", [0, 0, 0], [5, 5, 5], 5),
        a_row("apart", [1, -1], [1, 1], 1),
        a_row("apart", [1, 3], [1, 1], 1),
        a_row("apart", [0, 1], [1, 1], 1, price=-1.0),
        {"u": np.ones((1, 4))},
        {"u": np.ones((1, 1))},
        {"u": np.ones((1, 3, 1))},
        {"reason": np.array([0.0])},
        {"site": np.array([7])},
        {"count": np.array([1.5])},
        {"row_start": np.array([0, 0])},
    ],
)
def test_a_forged_certificate_of_stations_is_told_as_broken(forged):
    check_form(sites_proof(), 3, 3)
    with pytest.raises(MalformedError):
        check_form(sites_proof(**forged), 3, 3)


def test_a_price_that_is_wrong_by_rounding_is_worth_nothing():
    # two sites of the same cost and a budget for one: whatever the multiplier, an hair more in each price must not lift the bound
    kept = np.zeros(2, bool)
    sites = gpd.GeoDataFrame(
        {"cost": [5.0, 5.0], "existing": False, "state": "new"}, geometry=gpd.points_from_xy([0, 9], [0, 0])
    )
    rules = SimpleNamespace(budget=5.0, cost_years=0, min_distance=0, coverage_floor=None, one_per_municipality=False)
    evidence = SimpleNamespace(rules=SimpleNamespace(stations=rules), tables=SimpleNamespace(sites=sites))
    demand = HomesAndSites(np.ones(2), np.array([[0.0, 9.0], [9.0, 0.0]]), np.ones(2, bool), kept)
    for extra in (0.0, 5e-7):
        row = a_row("budget", [0, 1], [5.0 + extra, 5.0 + extra], 5.0 - 1e-10 * (extra > 0), price=1e9)
        arrays = sites_proof(u=np.full((1, 2), 9.0), **row)
        own = arrays | _own_rows(evidence, arrays, demand, 1)
        assert _tree(own, demand.metres, kept, 1, at_most=False) <= 9.0
    with pytest.raises(CannotProveError):
        _own_rows(evidence, sites_proof(**a_row("budget", [0, 1], [5.0, 6.0], 5.0)), demand, 1)


def test_rows_that_cancel_each_other_prove_nothing_by_rounding():
    # one of the first three sites opens, since they are an area and too close to each other: the rows take off what they add, whatever their multipliers
    metres = 1000.0 * np.array([[1.0, 9, 9, 5], [9, 1, 9, 5], [9, 9, 1, 5], [9, 9, 9, 1]])
    kept, least = np.zeros(4, bool), 12_000.0
    for more in (0, 8, 500):
        lam = np.array([2.0**54, *np.ones(more), 2.0**54 - (more + 1)]) * 1e6
        sign = np.array([1.0, *-np.ones(more + 1)])
        arrays = sites_proof(
            u=np.array([[5000.0, 5000, 5000, 1000]]),
            lam=lam[None],
            row_kind=np.where(sign > 0, "apart", "area"),
            row_start=3 * np.arange(len(lam) + 1),
            row_site=np.tile(np.arange(3), len(lam)),
            row_value=np.repeat(sign, 3),
            row_right=sign,
            count=np.array([2]),
        )
        assert _tree(arrays, metres, kept, 2, at_most=False) <= least
        plain = _tree(arrays | {"lam": np.zeros_like(arrays["lam"])}, metres, kept, 2, at_most=False)
        assert plain == pytest.approx(8_000.0)


@pytest.mark.parametrize("price", [0.0, 2.0**63, 2.0**63.5])
def test_cuts_that_cancel_each_other_prove_nothing_by_rounding(price):
    # ten units in a row, and each end is sure to be in the beat of its side: its cut adds to one unit what it takes from the next one
    n, apart = 10, 1025.0
    edges, nobody = np.array([(i, i + 1) for i in range(n - 1)]), np.full(n, -1)
    area = Area(np.ones(n), lambda a, b: apart * np.abs(a - b), edges, 2, 5.0, 5.0, np.ones(n), nobody, nobody)
    true, west = np.array([2050, 1025, 0, 1025, 2050, 2050, 1025, 0, 1025, 2050]), np.arange(5)
    u = np.where(np.isin(np.arange(n), [0, 1, 8, 9]) & (price > 0), true - 1100, true)
    tree = certificate(
        u=np.zeros(n, np.int64),
        parent=np.array([-1, 0, 0, 0]),
        unit=np.full(4, -1),
        multiplier=np.array([0 * u, u, 0 * u, 0 * u]),
        price=np.zeros(4),
        gone_start=np.zeros(5, np.int64),
        part_start=np.array([0, 0, 5, 10, 15]),
        part=np.tile(np.column_stack([west, nobody[:5]]), (3, 1)),
        need=np.array([-1, 1, 0, 2]),
        cut=np.array([(0, 2, -1), (9, 7, -1)]),
        cut_start=np.array([0, 1, 2]),
        cut_unit=np.array([1, 8]),
        cut_node=np.array([1, 1]),
        cut_of=np.array([0, 1]),
        cut_price=np.full(2, price),
    )
    least = 12 * apart
    for claim in (least * (1 - 1e-9), 1.01 * least, 1.1 * least):
        proven = prove(area, tree, False, claim)
        assert proven <= least
        assert proven >= claim or claim > least or price > 0


@pytest.mark.parametrize("closed, stop, welcomes", [(5, 5, (5,)), (8, 8, (7,)), (1, 1, (1,))])
def test_a_post_that_does_not_exist_yet_earns_what_its_months_are_worth(closed, stop, welcomes):
    # two posts of the second beat lack until it is handed over; a stand-in who is free to do nothing else leaves no bound above the truth
    places, months = 2, 8
    lacks = np.zeros((places, months), int)
    lacks[1, :closed] = 2
    found = _waiting(lacks, 1, SimpleNamespace(handover_months=1))
    assert [(o.pinned, o.stop, o.welcomes) for o in found] == [(1, stop, welcomes)] * 2
    random = np.random.default_rng(1)
    alpha, beta, gamma = random.uniform(0, 9, (3, places, months))
    needs = np.zeros((places, 3), bool)
    needs[1, 0] = True
    delta = random.uniform(0, 9, (places, 3, months))
    prices = OfficerMultipliers(alpha, beta, gamma, delta, np.zeros(months))
    earned = alpha[1, :stop].sum() + delta[1, 0, :stop].sum() + gamma[1, list(welcomes)].sum()
    if stop < months and stop > 1:
        earned += gamma[1, stop - 1]  # the successor's handover
    paid = beta[1, : stop if stop == months else stop - 1].sum()
    rules = TenureRules(36, None, 1, dict.fromkeys(("tenure_violation", "rotation", "vacant_month"), 9.0))
    value = cheapest(found[0], prices, needs, rules, np.arange(places))
    assert value == pytest.approx(paid - earned)


def test_numbers_that_are_none_are_no_numbers():
    for wrong in (math.nan, math.inf, -math.inf):
        assert not are_numbers({"part_bound": np.array([1.0, wrong])})
    assert are_numbers({"l0.limit_upto": np.array([math.inf]), "threshold": np.array([math.nan])})
    assert not are_numbers({"limit_upto": np.array([math.nan])})
    assert not are_numbers({"u": np.array([1 + 1j])})


def test_pairs_are_in_reach_by_the_lightest_path_however_late_it_is_found():
    # from unit 0 the straight way to 3 is too heavy, and the light one has three steps; 4 is joined to nothing
    edges = np.array([(0, 3), (0, 1), (1, 2), (2, 3), (3, 5)])
    weight = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 6.0])
    unit = np.arange(6)
    pairs = Pairs(np.zeros(6, int), unit, np.zeros(6), np.zeros(6), weight, np.zeros(1, int), np.full(1, -1))
    pairs = with_links(pairs, edges, 6)
    every = np.ones(6, bool)
    assert in_reach(pairs, every, 4.0).tolist() == [True, True, True, True, False, False]
    assert in_reach(pairs, every, 1.5).tolist() == [True, False, False, False, False, False]
    # the short way is 0, 3, 5 of 8; without it 0, 1, 2, 3, 5 of 10
    longer = with_links(pairs, edges[1:], 6)
    assert in_reach(longer, every, 9.0).tolist() == [True, True, True, True, False, False]
    assert in_reach(longer, every, 10.0).tolist() == [True, True, True, True, False, True]
    assert not in_reach(longer, unit > 0, 10.0).any()
