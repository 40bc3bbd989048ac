"""What all sums of a budget share: its years, their prices, and who pays which line."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.budget import BUDGET_LINES, Budget
from beatplanner.data.errors import InputError, problem
from beatplanner.planning.whole.areas import SALARIES, TRAINING
from beatplanner.planning.whole.payroll import Payroll, first_days


@dataclass(frozen=True)
class BudgetFrame:
    """What all sums of a budget share: labels of its years, prices, the share of each line and year by payer, (P, L, T), what each payer has, and the plan's first year."""

    labels: list[str]
    rise: np.ndarray
    payers: list[str]
    paid: np.ndarray
    funds: np.ndarray
    ceiling: np.ndarray
    first: int

    def by_payer(self, spent: np.ndarray) -> np.ndarray:
        """Return what each payer pays in each year, (P, T), of money by line and year."""
        return np.einsum("plt,lt->pt", self.paid, spent)


def budget_frame(description: Description) -> BudgetFrame:
    """Return the years, prices and payers of a budget; `description.checks` has refused what contradicts itself."""
    rules = description.budget
    assert rules is not None
    days = first_days(description)
    whole = days[0].month == days[0].day == 1 or description.officers is None
    labels = [f"{d.year}" if whole else f"{d.year}/{(d.year + 1) % 100:02d}" for d in days[:-1:12]]
    if description.officers is None and rules.first_year is None:
        labels = [str(t + 1) for t in range(rules.years)]
    of_line = {line: str(getattr(rules.payers, line)) for line in BUDGET_LINES}
    payers = sorted({*of_line.values(), *([rules.then] if rules.ends else list[str]())})
    first = 0 if description.officers is None else description.officers.start.year - days[0].year
    return BudgetFrame(
        labels,
        (1 + rules.inflation) ** np.arange(rules.years),
        payers,
        _shares(rules, of_line, payers, days),
        np.array([yearly(rules.funds.get(p), rules.years, f"budget.funds.{p}") for p in payers]),
        yearly(rules.ceiling, rules.years, "budget.ceiling"),
        first,
    )


def _shares(rules: Budget, of_line: dict[str, str], payers: list[str], days: list[dt.date]) -> np.ndarray:
    """Return the share of each line and year that a payer pays, (P, L, T): until the last day of the payer's money, then the one that follows."""
    found = np.zeros((len(payers), len(BUDGET_LINES), rules.years))
    for k, line in enumerate(BUDGET_LINES):
        end = rules.ends.get(of_line[line])
        for t in range(rules.years):
            first, after = days[12 * t], days[12 * t + 12]
            part = 1.0 if end is None else min(1.0, max(0.0, ((end - first).days + 1) / (after - first).days))
            found[payers.index(of_line[line]), k, t] += part
            if part < 1.0:
                found[payers.index(rules.then), k, t] += 1.0 - part
    return found


def yearly(value: float | list[float] | None, years: int, key: str) -> np.ndarray:
    """Return an amount of each year, (years,); one number counts for every year, None is no limit; InputError where a list has another number of years."""
    if value is None:
        return np.full(years, np.inf)
    if isinstance(value, list):
        if len(value) != years:
            raise InputError(
                problem(
                    f"{len(value)} amounts are given for {years} years",
                    "Give one a year, or one number for all",
                    field=key,
                )
            )
        return np.array(value, float)
    return np.full(years, float(value))


def staff_money(people: Payroll | None, rules: Budget) -> np.ndarray:
    """Return salaries and courses of the roster by line and year at the prices of the first year, (L, T)."""
    money = np.zeros((len(BUDGET_LINES), rules.years))
    if people is not None:
        money[SALARIES], money[TRAINING] = people.salaries, people.courses * rules.training_seat
    return money
