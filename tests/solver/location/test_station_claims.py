"""Stations' claims against enumeration, with ways that do not exist and rules that clash."""

from __future__ import annotations

import pytest
from benchmarks.claims_stations import KINDS, wrong_claims


@pytest.mark.parametrize("kind", KINDS)
def test_no_claim_is_wrong(kind):
    for seed in range(1000, 1025):
        assert not wrong_claims(seed, kind), (kind, seed)
