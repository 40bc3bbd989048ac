"""A plan to start from is never lost: no wider tolerance, no worse objective, no budget that it does not need; one that does not suit starts nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from beatplanner.planning.beats.alone import plan_alone
from beatplanner.planning.beats.balances import balance
from beatplanner.planning.beats.given_start import given_start
from beatplanner.planning.beats.looking_on import LOOKING_ON, Onlooker, unmet_by
from beatplanner.planning.beats.municipality import MunicipalityPlan, MunicipalityTask, Part, Setting
from beatplanner.planning.beats.shared_budget import share_budget
from beatplanner.planning.progress import Unmet
from beatplanner.solver.districts.solve import DistrictingProblem, measured, solve_districts

ROWS, COLUMNS, COUNT = 6, 6, 4
PLAN = MunicipalityTask("plan")


def part_of(tolerance: float, **more) -> Part:
    """A municipality of 36 units with uneven work, too uneven for beats that are nearly alike."""
    n = ROWS * COLUMNS
    place = np.arange(n).reshape(ROWS, COLUMNS)
    edges = np.concatenate(
        [
            np.column_stack([place[:, :-1].ravel(), place[:, 1:].ravel()]),
            np.column_stack([place[:-1].ravel(), place[1:].ravel()]),
        ]
    )
    weight = np.random.default_rng(1).uniform(5, 15, n)
    mean = float(weight.sum() / COUNT)
    problem = DistrictingProblem(
        weight=weight,
        xy=np.column_stack([place.ravel() % COLUMNS, place.ravel() // COLUMNS]) * 100.0,
        edges=edges,
        border=np.full(len(edges), 100.0),
        count=COUNT,
        lower=mean * (1 - tolerance),
        upper=mean * (1 + tolerance),
        **more,
    )
    away = np.zeros(n, bool)
    return Part("West", np.arange(n), problem, mean, tolerance, away)


def setting(start: np.ndarray | None) -> Setting:
    names = np.array([f"Unit {k}" for k in range(ROWS * COLUMNS)], dtype=object)
    return Setting(names, tuple("abcd"), 1, 0, 0, start)


def at_once(part: Part, start: np.ndarray | None, task: MunicipalityTask = PLAN) -> MunicipalityPlan:
    """Plan with hardly any moves: the user has pressed Stop."""
    return plan_alone(setting(start), (part, task), 1e6, lambda: True)


def ids(district: np.ndarray) -> np.ndarray:
    return np.array([f"Beat {k}" for k in district], dtype=object)


@pytest.fixture(scope="module")
def balanced() -> np.ndarray:
    """Districts that a search brought near to one another in work."""
    return solve_districts(part_of(0.004).problem, seconds=1e6, effort=0.1, prove=False).district


def deviation(part: Part, district: np.ndarray) -> float:
    return float(np.abs(np.bincount(district, weights=part.problem.weight) / part.mean - 1).max())


def test_no_wider_tolerance_is_told_than_that_of_the_plan_to_start_from(balanced):
    part = part_of(1e-6)
    had = deviation(part, balanced)
    alone, again = at_once(part, None), at_once(part, ids(balanced))
    assert alone.wider is not None and again.wider is not None
    # what a stopped search finds by itself is far worse
    assert alone.wider.found > 2 * had
    assert again.wider.found <= had + 0.001
    assert deviation(part, again.found.district) <= again.wider.found
    assert again.found.objective <= measured(part.problem, balanced).objective * (1 + 1e-9)


def test_where_it_keeps_the_rules_the_plan_is_no_worse(balanced):
    part = part_of(0.05)
    good = measured(part.problem, balanced)
    again = at_once(part, ids(balanced))
    assert again.wider is None and again.found.objective <= good.objective * (1 + 1e-9)
    assert at_once(part, None).found.objective > good.objective


def test_a_budget_that_it_keeps_does_not_have_to_be_raised(balanced):
    today = np.arange(ROWS * COLUMNS) // (ROWS * COLUMNS // COUNT)
    part = part_of(0.01, current=today, residents=np.full(ROWS * COLUMNS, 10.0))
    moved = measured(part.problem, balanced).moved
    task = MunicipalityTask("plan", budget=0.0)
    alone, again = at_once(part, None, task), at_once(part, ids(balanced), task)
    assert again.short is None or again.short.found <= moved + 0.001 * 360
    assert again.wider is None and alone.wider is not None


def test_what_does_not_suit_starts_nothing(balanced):
    part, beats = part_of(0.05), ids(balanced)
    assert given_start(setting(beats), part) is not None
    apart = beats.copy()
    apart[[0, -1]] = apart[[-1, 0]]
    fewer = np.where(beats == "Beat 3", "Beat 2", beats)
    unknown = beats.copy()
    unknown[5] = None
    for other in (apart, fewer, unknown, None):
        assert given_start(setting(other), part) is None
    # two units of one beat that are locked to different ones, and two of different beats that are locked to one
    same = np.flatnonzero(balanced == balanced[0])[:2]
    other = np.flatnonzero(balanced != balanced[0])[:1]
    for units, labels in ((same, (0, 1)), (np.r_[same[:1], other], (0, 0))):
        locked = np.full(len(balanced), -1)
        locked[units] = labels
        held = replace(part, problem=replace(part.problem, locked=locked))
        assert given_start(setting(beats), held) is None


def test_municipalities_that_share_a_budget_take_it_where_it_is_the_best_known(balanced):
    today = np.arange(ROWS * COLUMNS) // (ROWS * COLUMNS // COUNT)
    parts = [part_of(0.05, current=today, residents=np.full(ROWS * COLUMNS, 10.0)) for _ in range(2)]
    given = measured(parts[0].problem, balanced)
    rough = [at_once(p, None) for p in parts]
    free = [replace(a, found=replace(a.found, lower_bound=None, evidence=None)) for a in rough]
    budget = 2 * given.moved

    def each(pairs, share, phase):
        return [at_once(p, None, t) for p, t in pairs]

    def together(start):
        return share_budget(parts, free, budget, 720.0, tuple("abcd"), each, lambda: True, start)

    with_it = together([balanced, balanced])
    assert sum(d.moved for d in with_it.found) <= budget
    assert sum(d.objective for d in with_it.found) <= 2 * given.objective * (1 + 1e-9)


def test_by_how_much_the_rules_are_broken_is_told_of_hours_of_other_amounts_and_of_the_budget(balanced):
    n = ROWS * COLUMNS
    rows = np.arange(n) // (n // COUNT)
    part = part_of(0.05, current=rows, residents=np.full(n, 10.0))
    assert unmet_by(part, None, balanced) is None
    off = deviation(part, rows)
    assert off > 0.05
    assert unmet_by(part, None, rows) == Unmet(deviation=off, tolerance=0.05)
    moved = measured(part.problem, balanced).moved / 360
    assert unmet_by(part, 36.0, balanced) == Unmet(moved=moved, budget=0.1)
    assert unmet_by(part, 36.0, rows) == Unmet(deviation=off, tolerance=0.05)
    # all of an amount in one beat is three times the mean too much
    amount = np.where(balanced == 0, 1.0, 0.0)
    also = replace(part, problem=replace(part.problem, balances=(balance("area", amount, COUNT, 0.2),)))
    unmet = unmet_by(also, None, balanced)
    assert unmet is not None and (unmet.amount, unmet.deviation) == ("area", pytest.approx(3.0))
    assert unmet.tolerance == pytest.approx(0.2)


def test_who_looks_on_hears_of_rules_until_they_are_kept():
    heard: list[tuple[str, Unmet | None]] = []
    token = LOOKING_ON.set(Onlooker(lambda *_: None, lambda name, unmet: heard.append((name, unmet))))
    try:
        alone = at_once(part_of(1e-6), None)
        assert heard and all(name == "West" and unmet is not None for name, unmet in heard)
        # the last word is of the plan that came of it
        assert heard[-1][1] == unmet_by(part_of(1e-6), None, alone.found.district)
        heard.clear()
        at_once(part_of(0.9), None)
        assert heard[-1] == ("West", None)
    finally:
        LOOKING_ON.reset(token)
