"""The fewest officers on duty, against enumeration; shift starts, against all divisions of the day."""

from __future__ import annotations

import numpy as np
import pytest

from beatplanner.solver.service.erlang import erlang_b, erlang_c
from beatplanner.solver.service.fewest import _Bounds, fewest_officers
from beatplanner.solver.service.shift_starts import need_by_hour, shift_starts
from beatplanner.solver.service.staffing import ShiftCalls, Standard, keeps, measure_staffing

MOST = 5


def staffings(total, parts):
    if parts == 1:
        return [[total]]
    return [[first, *rest] for first in range(total + 1) for rest in staffings(total - first, parts - 1)]


@pytest.mark.parametrize("seed", range(30))
def test_the_fewest_are_those_of_enumeration(seed):
    rng = np.random.default_rng(seed)
    beats, atoms, cars = int(rng.integers(1, 4)), int(rng.integers(3, 7)), int(rng.integers(0, 2))
    points = rng.random((atoms, 2)) * 10

    def way(places):
        return (np.hypot(places[:, None, 0] - points[None, :, 0], places[:, None, 1] - points[None, :, 1]) * 3).reshape(
            len(places), atoms
        )

    shift = ShiftCalls(
        rng.random(atoms) * rng.choice([0.1, 0.5, 1.0]),
        rng.integers(-1 if rng.random() < 0.2 else 0, beats, atoms),
        way(rng.random((beats, 2)) * 10),
        way(rng.random((cars, 2)) * 10),
        float(rng.choice([20, 45])),
        bool(rng.random() < 0.4),
        bool(rng.random() < 0.7),
    )
    standard = Standard(
        float(rng.choice([8, 15, 30])),
        float(rng.choice([0.5, 0.7, 0.9])) if rng.random() < 0.7 else None,
        float(rng.choice([0.4, 0.6, 0.8])) if rng.random() < 0.6 else None,
        float(rng.choice([0.3, 0.5, 0.7])),
    )
    best = next(
        (
            number
            for number in range(max(cars, 1), MOST + 1)
            for m in staffings(number - cars, beats)
            if keeps(measure_staffing(shift, np.array(m), standard.minutes), standard)
        ),
        None,
    )
    found = fewest_officers(shift, standard, most=MOST)
    if best is None:
        assert found.officers is None
        assert found.at_least is None or found.at_least <= MOST + 1
    else:
        assert found.officers is not None and found.officers.sum() + cars == best and found.proven
        assert found.at_least is not None and found.at_least <= best
        assert found.measured is not None and keeps(found.measured, standard)


def test_erlang_by_hand():
    # M/M/2/2 with one Erlang: (1/2) / (1 + 1 + 1/2) = 0.2; M/M/2 that waits: 1/3
    assert erlang_b(2, 1.0) == pytest.approx(0.2) and erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert erlang_c(2, 2.0) == 1.0


def test_time_for_people_by_hand():
    # two calls an hour of 30 minutes are one officer's work: 40 % for people needs 1 / 0.6, so two
    shift = ShiftCalls(np.array([1.0, 1.0]), np.array([0, 0]), np.zeros((1, 2)), np.zeros((0, 2)), 30.0)
    found = fewest_officers(shift, Standard(people_share=0.4), most=10)
    assert found.officers is not None and found.officers.tolist() == [2] and found.at_least == 2 and found.proven
    assert need_by_hour(np.array([1.0, 0.0]), Standard(people_share=0.4)).tolist() == [2, 1]


def test_places_that_reach_too_few_calls_are_impossible():
    shift = ShiftCalls(np.array([1.0, 1.0]), np.array([0, 0]), np.array([[1.0, 20.0]]), np.zeros((0, 2)), 30.0)
    found = fewest_officers(shift, Standard(minutes=15, within_share=0.9), most=10)
    assert found.officers is None and found.at_least is None and found.proven and found.limited_by == "within_share"


def test_shifts_start_where_the_need_changes():
    need = np.ones(168, int)
    for day in range(7):
        need[day * 24 + 10 : day * 24 + 22] = 5
    starts, hours = shift_starts(need, 2, 6, 12)
    assert starts == (10, 22) and hours == 7 * (12 * 5 + 12 * 1)
    # every division of the day into two shifts of 12 hours
    least = min(
        7 * 12 * sum(max(need[(s + h) % 24] for h in range(12)) for s in (first, first + 12)) for first in range(12)
    )
    assert hours == least
    assert shift_starts(need, 5, 6, 12) == ((), 0)


def lost(rate: float, minutes: float = 0.0, *, travel: bool = False) -> ShiftCalls:
    """One beat with one unit, whose calls of 30 minutes are lost where all are busy."""
    return ShiftCalls(
        np.array([rate]), np.array([0]), np.full((1, 1), minutes), np.zeros((0, 1)), 30.0, travel, waits=False
    )


def test_where_calls_are_lost_erlang_says_how_many_leave_time_for_people():
    # two Erlangs: 1, 2, 3 and 4 officers lose 2/3, 0.4, 4/19 and 2/21 of them, and are busy 2/3, 0.6, 10/19 and 19/42 of their time
    for share, officers in ((0.4, 2), (0.45, 3), (0.5, 4)):
        found = fewest_officers(lost(4.0), Standard(people_share=share), most=10)
        assert found.officers is not None and found.at_least == officers == found.officers.sum() and found.proven
    # 30 minutes on the way are as much work as 30 more on scene, and no officer is nearer
    for travels, scene in ((lost(2.0, 30.0, travel=True), lost(4.0)),):
        assert fewest_officers(travels, Standard(people_share=0.5), most=10).at_least == 4
        assert fewest_officers(scene, Standard(people_share=0.5), most=10).at_least == 4


@pytest.mark.parametrize("several", [False, True])
def test_no_staffing_is_less_busy_than_the_bound_says(several):
    """Every staffing of random shifts, whose beats differ in calls and ways: with travel counted and not, calls that wait and are lost."""
    rng, near, looked = np.random.default_rng(7), 0, 0
    for case in range(12):
        beats, atoms = int(rng.integers(1, 4)), int(rng.integers(3, 7))
        calls = rng.random((atoms, 2 if several else 1)) * rng.choice([0.3, 1.0])
        rate = calls @ np.arange(1, calls.shape[1] + 1)
        minutes = rng.uniform(2, 25, (beats, atoms))
        shift = ShiftCalls(
            rate,
            rng.integers(0, beats, atoms),
            minutes,
            rng.uniform(2, 25, (case % 2, atoms)),
            30.0,
            case % 3 == 0,
            case % 4 == 3,
            calls if several else None,
        )
        for number in range(1, 5):
            bounds = _Bounds(shift, Standard(people_share=0.5), number)
            for m in staffings(number - len(shift.shared), beats) if number > len(shift.shared) else []:
                people = measure_staffing(shift, np.array(m), None).people_share
                if people is not None:
                    looked, near = looked + 1, near + (1 - people - bounds.busy / number < 0.01)
                    assert 1 - people >= bounds.busy / number - 1e-7
    # where travel does not count it is no bound but the share itself
    assert looked > 100 and near > looked / 3
