"""The balances of a municipality's problem beside that of hours, and the same with other tolerances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from beatplanner.planning.beats.amounts import deviation, within
from beatplanner.solver.districts.problem import Balance, DistrictingProblem


def balance(name: str, amount: np.ndarray, count: int, tolerance: float) -> Balance:
    """Return the bounds of `count` districts that share an amount, (n,) of their units, each within a share of the mean."""
    return Balance(name, amount, *within(amount, count, tolerance))


def balances_of(
    amounts: Mapping[str, np.ndarray], tolerances: Mapping[str, float], units: np.ndarray, count: int
) -> tuple[Balance, ...]:
    """Return the balances of one municipality, whose units are at positions `units` and make `count` beats."""
    return tuple(balance(name, amount[units], count, tolerances[name]) for name, amount in amounts.items())


def tolerance_of(kept: Balance, count: int) -> float:
    """Return within which share of the mean a balance holds districts."""
    mean = float(kept.amount.sum()) / count
    return kept.upper / mean - 1 if mean > 0 else 0.0


def with_tolerances(problem: DistrictingProblem, tolerances: Mapping[str, float]) -> DistrictingProblem:
    """Return a problem whose balances hold districts within other shares of the mean."""
    changed = (balance(b.name, b.amount, problem.count, tolerances[b.name]) for b in problem.balances)
    return replace(problem, balances=tuple(changed))


def of_count(problem: DistrictingProblem, count: int) -> DistrictingProblem:
    """Return a problem with another number of districts, its balances within the same shares of the new mean."""
    changed = (balance(b.name, b.amount, count, tolerance_of(b, problem.count)) for b in problem.balances)
    return replace(problem, count=count, balances=tuple(changed))


def deviations(problem: DistrictingProblem, district: np.ndarray) -> dict[str, float]:
    """Return by which share of the mean the districts, (n,) of 0..K-1, are off each balance at most."""
    return {b.name: deviation(b.amount, district, problem.count) for b in problem.balances}
