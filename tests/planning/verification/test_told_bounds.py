"""What a summary says of a bound whose certificate proves less than the solver saw."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from beatplanner.planning.whole.proofs import _certify


def claims_of(status: str, bound: float, proves: float) -> dict:
    """Return the claims of beats that cost 1,000, with a certificate."""
    claims = {"status": status, "objective": 1_000.0, "lower_bound": bound, "gap": 1 - bound / 1_000.0}
    tables = SimpleNamespace(proofs={})
    arrays = {"proves": np.array([proves])}
    _certify(SimpleNamespace(tables=tables), "beats", claims, arrays)  # type: ignore[arg-type]
    assert float(tables.proofs["beats"]["bound"][0]) == claims.get("certified_bound", claims["lower_bound"])
    return claims


def test_a_gap_is_that_of_the_certificate_or_is_told_not_to_be():
    # a plan that the tree proves best to 0.005 %, and the certificate to 0.022 %, is still called best, and that nobody can check it
    best = claims_of("optimal", 999.95, 999.78)
    assert (
        best["certified"] is False
        and best["certified_bound"] == pytest.approx(999.78)
        and best["lower_bound"] == 999.95
    )
    # where both call it best, or neither, the certificate's bound stands in place of the solver's
    for status, bound, proves in (("optimal", 999.95, 999.92), ("feasible", 998.0, 997.0)):
        claims = claims_of(status, bound, proves)
        assert (
            claims["certified"] is True
            and claims["lower_bound"] == pytest.approx(proves)
            and "certified_bound" not in claims
        )
        assert claims["gap"] == pytest.approx(1 - proves / 1_000.0, rel=1e-5)
    # more than half a percent of the objective is not given away for that
    far = claims_of("feasible", 998.0, 990.0)
    assert far["certified"] is False and far["lower_bound"] == 998.0 and far["certified_bound"] == pytest.approx(990.0)


def test_a_bound_that_is_the_objective_leaves_no_gap_whichever_way_its_last_digit_is_rounded():
    objective = 6_049_492.193318062
    claims = {"status": "optimal", "objective": objective, "lower_bound": objective, "gap": 0.0}
    evidence = SimpleNamespace(tables=SimpleNamespace(proofs={}))
    _certify(evidence, "beats", claims, {"proves": np.array([objective])})  # type: ignore[arg-type]
    assert claims["certified"] is True and claims["lower_bound"] > objective and claims["gap"] == 0.0
