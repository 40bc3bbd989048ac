"""Stations' claims against enumeration, with ways that do not exist and rules that clash."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.claims_stations import KINDS, wrong_claims

from beatplanner.solver.location.covering import cheapest_cover, fewest
from beatplanner.solver.location.site_rules import SiteRules


@pytest.mark.parametrize("kind", KINDS)
def test_no_claim_is_wrong(kind):
    for seed in range(1000, 1025):
        assert not wrong_claims(seed, kind), (kind, seed)


def test_a_site_that_saves_money_is_not_left_out_for_one_that_reaches_as_much():
    # the second site reaches what the others do, and they pay for it: closing one costs more than it does
    within = np.array([[True, True, False], [False, True, True]])
    price = np.array([-5.0, 12.0, -4.0])
    for budget, sites in ((3.0, 2), (-9.0, 2), (-10.0, None)):
        found = fewest(within, SiteRules(np.zeros(3, bool), None, price, budget), seconds=1e6)
        assert (None if found is None else len(found.open)) == sites
    only = np.array([[False, True, False], [True, True, True]])
    for budget, sites in ((12.0, 1), (7.0, 2), (3.0, 3), (2.0, None)):
        found = fewest(only, SiteRules(np.zeros(3, bool), None, price, budget), seconds=1e6)
        assert (None if found is None else len(found.open)) == sites
    cheapest = cheapest_cover(only, SiteRules(np.zeros(3, bool), None, price), seconds=1e6)
    assert cheapest is not None and cheapest.objective == 3.0
