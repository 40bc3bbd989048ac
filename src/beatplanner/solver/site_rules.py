"""Which choices of sites are allowed: how many, which stay open, and linear limits such as a budget."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pulp

from beatplanner.solver.highs import solve

# Rounding of sums of prices must not forbid a choice that costs exactly the budget.
SLACK = 1e-9


@dataclass(frozen=True)
class Sites:
    """Open sites, the objective with them, and a proven lower bound (None where none was computed)."""

    open: np.ndarray
    objective: float
    lower_bound: float | None


@dataclass(frozen=True)
class SiteRules:
    """The rules of a choice of sites.

    Attributes
    ----------
    kept
        (m,) bool: sites that stay open.
    count
        Exactly this many open sites; None for any number.
    limits
        (r, m) left sides of linear limits on the open sites: a row of prices is a budget, a row of -1 at the sites
        of a municipality asks for one there, a row of 1 at sites too close to each other allows one of them.
    at_most
        (r,) right sides.
    """

    kept: np.ndarray
    count: int | None
    limits: np.ndarray
    at_most: np.ndarray

    @classmethod
    def of(
        cls,
        kept: np.ndarray,
        count: int | None = None,
        price: np.ndarray | None = None,
        budget: float = np.inf,
    ) -> SiteRules:
        """Make rules with at most a budget."""
        rules = cls(np.asarray(kept, bool), count, np.zeros((0, len(kept))), np.zeros(0))
        return rules if price is None or not np.isfinite(budget) else rules.with_limit(price, budget)

    def with_limit(self, row: np.ndarray, at_most: float) -> SiteRules:
        """Return the rules with one more limit."""
        limits = np.vstack([self.limits, np.asarray(row, float)[None, :]])
        return SiteRules(self.kept, self.count, limits, np.append(self.at_most, float(at_most)))

    def with_count(self, count: int | None) -> SiteRules:
        """Return the rules with another number of sites."""
        return SiteRules(self.kept, count, self.limits, self.at_most)

    def among(self, sites: np.ndarray) -> SiteRules:
        """Return the rules where only the sites at these positions may open; the kept ones are among them."""
        return SiteRules(self.kept[sites], self.count, self.limits[:, sites], self.at_most)

    @property
    def tolerance(self) -> np.ndarray:
        """(r,) by how much rounding may pass each limit."""
        largest = np.abs(self.limits).max(axis=1, initial=0.0)
        return SLACK * np.maximum(1.0, np.maximum(np.abs(self.at_most), largest))

    def allow(self, chosen: np.ndarray) -> bool:
        """Tell whether the rules allow these open sites."""
        if self.count is not None and len(chosen) != self.count:
            return False
        is_open = np.zeros(len(self.kept), bool)
        is_open[chosen] = True
        within = self.limits[:, chosen].sum(axis=1) <= self.at_most + self.tolerance
        return bool(is_open[self.kept].all() and within.all())

    def model(self, name: str) -> tuple[pulp.LpProblem, list[pulp.LpVariable]]:
        """Return a PuLP model (to be minimised) of the rules, and its variables: 1 where a site is open."""
        model = pulp.LpProblem(name, pulp.LpMinimize)
        y = [pulp.LpVariable(f"y_{j}", int(keep), 1, pulp.LpInteger) for j, keep in enumerate(self.kept)]
        if self.count is not None:
            model += pulp.lpSum(y) == self.count
        for row, most in zip(self.limits, self.at_most, strict=True):
            used = np.flatnonzero(row)
            model += pulp.LpAffineExpression([(y[j], float(row[j])) for j in used]) <= float(most)
        return model, y

    def cheapest(
        self,
        weight: np.ndarray,
        *,
        seconds: float = 10.0,
        seed: int = 0,
        cancelled: Callable[[], bool] | None = None,
    ) -> Sites | None:
        """Find the allowed sites of least total weight.

        Parameters
        ----------
        weight
            (m,) weight of each open site.
        seconds, seed, cancelled
            As for `solve`.

        Returns
        -------
        Sites or None
            None where no choice is allowed; without sites where none was found in time.
        """
        model, y = self.model("cheapest")
        terms = [(v, float(w)) for v, w in zip(y, weight, strict=True)]
        model.setObjective(pulp.LpAffineExpression(terms))
        outcome = solve(model, seconds=seconds, seed=seed, gap=1e-6, cancelled=cancelled)
        if outcome.status == "infeasible":
            return None
        if outcome.objective is None:
            return Sites(np.empty(0, int), np.inf, outcome.bound)
        return Sites(opened(y), outcome.objective, outcome.bound)


def opened(y: list[pulp.LpVariable]) -> np.ndarray:
    """Return the positions of the sites that a solved model opens."""
    return np.array([j for j, v in enumerate(y) if (v.varValue or 0) > 0.5], dtype=int)


class Clock:
    """When a search must end."""

    def __init__(self, seconds: float, cancelled: Callable[[], bool] = lambda: False) -> None:
        self.begin = time.monotonic()
        self.end = self.begin + seconds
        self.cancelled = cancelled

    def left(self) -> float:
        """Return the seconds left."""
        return self.end - time.monotonic()

    def over(self) -> bool:
        """Tell whether time is up or the search was cancelled."""
        return self.left() <= 0 or self.cancelled()
