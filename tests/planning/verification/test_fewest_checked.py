"""What the checker finds of the fewest officers, beside the solver and beside enumeration; neither knows the other's code."""

from __future__ import annotations

import numpy as np
import pytest

from beatplanner.planning.verification.service_fewest import WaitingPlaces, _of_shift, _too_few, measured_staffing
from beatplanner.solver.service.fewest import fewest_officers
from beatplanner.solver.service.staffing import ShiftCalls, Standard, measure_staffing


def random_shift(seed: int, several: bool) -> tuple[ShiftCalls, WaitingPlaces, Standard]:
    rng = np.random.default_rng(seed)
    beats, atoms, cars = int(rng.integers(1, 4)), int(rng.integers(3, 7)), int(rng.integers(0, 2))
    points = rng.random((atoms, 2)) * 10

    def way(number):
        at = rng.random((number, 2)) * 10
        return 3 * np.hypot(at[:, None, 0] - points[None, :, 0], at[:, None, 1] - points[None, :, 1])

    calls = rng.random((atoms, 2 if several else 1)) * rng.choice([0.1, 0.5])
    rate = calls @ np.arange(1, calls.shape[1] + 1)
    beat, near, car = rng.integers(0, beats, atoms), way(beats), way(cars)
    scene, travel, waits = float(rng.choice([20, 45])), bool(rng.random() < 0.4), bool(rng.random() < 0.7)
    shift = ShiftCalls(rate, beat, near, car, scene, travel, waits, calls if several else None)
    own = float(rng.choice([0.4, 0.6, 0.8])) if rng.random() < 0.7 else None
    standard = Standard(15.0, float(rng.choice([0.5, 0.7])), own, float(rng.choice([0.3, 0.5])))
    return shift, WaitingPlaces(rate, calls, beat, near, car, scene / 60, travel, waits), standard


@pytest.mark.parametrize("several", [False, True])
def test_the_checker_finds_what_the_solver_claims_and_nothing_more(several):
    claimed = 0
    for seed in range(12):
        shift, places, standard = random_shift(seed, several)
        asked = {k: v for k, v in vars(standard).items() if v is not None}
        found = fewest_officers(shift, standard, most=7)
        if found.officers is None or found.measured is None:
            continue
        again, said = measured_staffing(places, found.officers, standard.minutes), found.measured
        assert again is not None
        assert again == pytest.approx((said.within_share, said.own_share, said.people_share), abs=1e-7)
        claims = {
            "status": "fewest" if found.proven else "found",
            "on_duty": int(found.officers.sum()) + len(shift.shared),
            "at_least": found.at_least,
            "officers": {str(k): int(m) for k, m in enumerate(found.officers)},
            "proposed": vars(said),
        }
        assert _of_shift(claims, places, asked) == ([], True)
        # so many keep the standard, which the checker must not rule out
        assert _too_few(places, asked, claims["on_duty"], solve=True) is not None
        claimed += found.proven
    assert claimed >= 5


def test_a_staffing_of_eleven_officers_is_measured_as_by_the_solver():
    rng = np.random.default_rng(3)
    near, rate = rng.uniform(1, 20, (4, 9)), rng.uniform(0.5, 1.5, 9)
    beat = rng.integers(0, 4, 9)
    shift = ShiftCalls(rate, beat, near, np.zeros((0, 9)), 30.0)
    places = WaitingPlaces(rate, rate[:, None], beat, near, np.zeros((0, 9)), 0.5, False, True)
    said = measure_staffing(shift, np.array([4, 3, 2, 2]), 10.0)
    found = measured_staffing(places, np.array([4, 3, 2, 2]), 10.0)
    assert found == pytest.approx((said.within_share, said.own_share, said.people_share), abs=1e-9)
