"""Queues, orders of opening and fair sites of nothing: nobody calls, one officer, all alike, no money, nobody lives there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beatplanner.solver.location.fair_sites import FairRule, fair_sites
from beatplanner.solver.location.p_median import p_median
from beatplanner.solver.location.phasing import phase
from beatplanner.solver.location.rollout import rollout, served
from beatplanner.solver.location.site_rules import SiteRules
from beatplanner.solver.service.approximate import approximate
from beatplanner.solver.service.hypercube import hypercube
from beatplanner.solver.service.simulation import simulate
from beatplanner.solver.service.system import ServiceSystem, preference


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 4),
    st.integers(1, 4),
    st.sampled_from(["none", "one", "alike"]),
    st.sampled_from([0.0, 10.0]),
    st.booleans(),
    st.booleans(),
)
def test_queues_of_nothing(servers, atoms, kind, minutes, travel, waits):
    calls = {"none": np.zeros(atoms), "one": 0.2 * (np.arange(atoms) == 0), "alike": np.full(atoms, 0.1)}[kind]
    ways = np.full((servers, atoms), minutes)
    own = np.arange(servers)[:, None] == np.arange(atoms)[None, :]
    system = ServiceSystem(calls, preference(ways, own), ways, 30.0, travel, waits)
    found = [approximate(system), hypercube(system), simulate(system, own, calls=500).flows]
    for flows in found:
        assert np.isfinite(flows.flow).all() and np.isfinite(flows.busy).all()
        assert ((flows.busy >= 0) & (flows.busy <= 1)).all()
        if kind == "none":
            assert flows.flow.sum() == 0
    if servers and kind != "none":
        exact = found[1]
        answered = exact.flow.sum() + calls.sum() * exact.lost_share
        assert answered == pytest.approx(calls.sum())
        # twins in place and order are busy alike in both models
        assert found[0].busy.sum() == pytest.approx(exact.busy.sum(), rel=0.02)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3), st.integers(1, 3), st.sampled_from([0.0, 5.0]), st.sampled_from([0.0, 1.0]))
def test_orders_of_opening_without_money_or_people(stations, years, money, people):
    zero = np.zeros(stations)
    found = phase(
        np.zeros((2, stations)),
        np.full(2, people),
        zero > 0,
        zero + money,
        zero,
        np.zeros(years),
        zero > 0,
        seconds=1e6,
    )
    assert ((found.year >= 0) & (found.year < years)).all()
    assert found.lower_bound <= found.objective + 1e-6
    # without money everything opens in the last year, with nothing to pay at once
    assert found.objective == pytest.approx(2 * people * (years - 1) if money else 0.0)
    assert found.extra[-1] == pytest.approx(money * stations)


@pytest.mark.parametrize("residents", [[0.0, 0.0], [5.0, 0.0]])
@pytest.mark.parametrize("funds", [0.0, 1.0, 9.0])
def test_roll_outs_of_nobody_and_nothing(residents, funds):
    lives = np.array(residents)
    money = np.full((1, 2), funds)
    found = rollout(lives, np.ones((1, 2, 2)), np.ones(2), money, np.zeros(2), np.inf, np.zeros(2, bool))
    assert found.served == served(lives, found.start, 2) == (0.0 if funds < 1 else 2 * lives.sum())
    assert found.upper_bound is None or found.upper_bound >= found.served - 1e-6


@pytest.mark.parametrize("groups", [np.zeros((1, 3)), np.ones((1, 3)), np.zeros((0, 3))])
@pytest.mark.parametrize("metres", [np.zeros((3, 2)), np.full((3, 2), 100.0)])
def test_fair_sites_of_nobody_and_twins(groups, metres):
    for people in (np.zeros(3), np.ones(3)):
        rules, fair = SiteRules.plain(2, 1), FairRule(groups * people, people, 0.1)
        start = p_median(metres * people[:, None], rules, seconds=1e6)
        found, kept = fair_sites(
            metres, lambda ways, people=people: people @ ways, rules, fair, start, linear=True, seconds=1e6
        )
        assert kept and len(found.open) == 1
        assert found.objective == pytest.approx(float((metres[:, 0] * people).sum()))
