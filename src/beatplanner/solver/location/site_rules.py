"""Rules that a choice of sites keeps, whatever its objective.

With y_j = 1 where site j opens::

    Σ_j y_j = count,   y_j = 1 for kept sites,   Σ_j f_j y_j ≤ budget,
    y_i + y_j ≤ 1  for sites too close to each other,   Σ_{j in area} y_j ≥ 1  for each area that needs one,   y binary

A site that costs something to close has f_j less that cost, and the budget is lowered by the sum of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.highs import solve
from beatplanner.solver.location.site_tree import SideRow, SiteProof

if TYPE_CHECKING:
    import pulp

# Limit of a model over the sites alone: such a model is tiny, and this only guards against the unforeseen.
RULE_SECONDS, RULE_NODES = 20.0, 50_000


@dataclass(frozen=True)
class OpenSites:
    """Open sites, the objective with them, a proven bound (None where none was computed), and what proves it.

    A `proof` of less than `lower_bound` says that the rest was proven by HiGHS, which leaves nothing that can be checked.
    """

    open: np.ndarray
    objective: float
    lower_bound: float | None
    proof: SiteProof | None = None


def _none() -> np.ndarray:
    return np.empty((0, 2), int)


@dataclass(frozen=True)
class SiteRules:
    """What a choice among m sites keeps.

    Attributes
    ----------
    kept
        (m,) bool: sites that stay open.
    count
        Exactly this many open, kept ones included; None for any number.
    price
        (m,) price of an open site; may be negative where closing one costs.
    budget
        Greatest sum of prices.
    apart
        (k, 2) pairs of sites of which at most one opens.
    area
        (m,) area of each site, 0, 1, …; -1 where it is in none that matters.
    needed
        Areas in which at least one site opens.
    """

    kept: np.ndarray
    count: int | None
    price: np.ndarray
    budget: float = np.inf
    apart: np.ndarray = field(default_factory=_none)
    area: np.ndarray | None = None
    needed: tuple[int, ...] = ()

    @classmethod
    def plain(cls, sites: int, count: int | None) -> SiteRules:
        """Return rules that only count."""
        return cls(np.zeros(sites, bool), count, np.zeros(sites))

    @property
    def only_count(self) -> bool:
        """Whether no rule but the count and the kept sites holds."""
        return not (np.isfinite(self.budget) or len(self.apart) or self.needed)

    def replace(self, **changes: object) -> SiteRules:
        """Return the rules with some of them changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def restricted(self, sites: np.ndarray) -> SiteRules:
        """Return the rules for some of the sites, positions that hold every kept one; the others stay closed."""
        place = np.full(len(self.kept), -1)
        place[sites] = np.arange(len(sites))
        apart = place[self.apart]
        return replace(
            self,
            kept=self.kept[sites],
            price=self.price[sites],
            apart=apart[(apart >= 0).all(axis=1)],
            area=None if self.area is None else self.area[sites],
        )

    def met(self, chosen: np.ndarray) -> bool:
        """Tell whether a choice keeps every rule."""
        is_open = np.zeros(len(self.kept), bool)
        is_open[chosen] = True
        return bool(
            (self.count is None or len(chosen) == self.count)
            and is_open[self.kept].all()
            and self.price[chosen].sum() <= self.budget + 1e-6
            and not is_open[self.apart].all(axis=1).any()
            and (not self.needed or set(self.needed) <= {int(a) for a in self._area()[chosen]})
        )

    def exchanges(self, chosen: np.ndarray) -> np.ndarray:
        """Tell which exchanges of one open site for a closed one keep the rules, (len(chosen), m) bool."""
        m = len(self.kept)
        allowed = np.repeat(~self.kept[chosen][:, None], m, axis=1)
        allowed[:, chosen] = False
        if np.isfinite(self.budget):
            spare = self.budget + 1e-6 - self.price[chosen].sum()
            allowed &= self.price[None, :] - self.price[chosen][:, None] <= spare
        if len(self.apart):
            place = np.full(m, -1)
            place[chosen] = np.arange(len(chosen))
            clash = np.zeros((len(chosen), m), bool)
            for one, other in (self.apart.T, self.apart.T[::-1]):
                near = place[one] >= 0
                clash[place[one[near]], other[near]] = True
            # a site may come in where none that it is too close to stays
            allowed &= clash.sum(axis=0)[None, :] - clash <= 0
        if self.needed:
            area = self._area()
            there = np.bincount(area[chosen][area[chosen] >= 0], minlength=int(area.max()) + 1)
            alone = np.isin(area[chosen], self.needed) & (there[area[chosen]] == 1)
            allowed &= ~alone[:, None] | (area[None, :] == area[chosen][:, None])
        return allowed

    def _area(self) -> np.ndarray:
        return np.full(len(self.kept), -1) if self.area is None else self.area

    def add_to(self, model: pulp.LpProblem, y: dict[int, pulp.LpVariable]) -> None:
        """Add the rules to a model; sites without a variable stay closed."""
        import pulp

        for j, variable in y.items():
            if self.kept[j]:
                variable.lowBound = 1
        if self.count is not None:
            model += pulp.lpSum(y.values()) == self.count
        if np.isfinite(self.budget):
            model += pulp.LpAffineExpression([(v, float(self.price[j])) for j, v in y.items()]) <= float(self.budget)
        for group in self.cliques():
            model += pulp.lpSum(y[j] for j in group if j in y) <= 1
        area = self._area()
        for a in self.needed:
            model += pulp.lpSum(y[j] for j in y if area[j] == a) >= 1

    def cliques(self) -> Iterator[list[int]]:
        """Yield groups of sites that are all too close to each other and hold every such pair: stronger than pairs."""
        near: dict[int, set[int]] = {}
        for a, b in self.apart.tolist():
            near.setdefault(a, set()).add(b)
            near.setdefault(b, set()).add(a)
        covered: set[tuple[int, int]] = set()
        for a, b in self.apart.tolist():
            if (min(a, b), max(a, b)) in covered:
                continue
            group, common = [a, b], near[a] & near[b]
            while common:
                j = min(common)
                group.append(j)
                common = common & near[j]
            covered |= {(min(i, j), max(i, j)) for i in group for j in group if i < j}
            yield sorted(group)

    def rows(self) -> tuple[SideRow, ...]:
        """Return the rules beyond the count as rows Σ value_j y_j ≤ right."""
        found: list[SideRow] = []
        if np.isfinite(self.budget):
            found.append(SideRow("budget", np.arange(len(self.kept)), self.price.astype(float), float(self.budget)))
        for group in self.cliques():
            found.append(SideRow("apart", np.array(group), np.ones(len(group)), 1.0))
        area = self._area()
        for a in self.needed:
            inside = np.flatnonzero(area == a)
            found.append(SideRow("area", inside, -np.ones(len(inside)), -1.0))
        return tuple(found)

    def cheapest(
        self,
        score: np.ndarray,
        *,
        most: int | None = None,
        seed: int = 0,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> np.ndarray | None:
        """Return the choice that keeps the rules with the least sum of scores; None where none was found, as of `cheapest_proven`.

        Parameters
        ----------
        score
            (m,) score of an open site.
        most
            At most this many sites.
        """
        return self.cheapest_proven(score, most=most, seed=seed, cancelled=cancelled)[0]

    def cheapest_proven(
        self,
        score: np.ndarray,
        *,
        most: int | None = None,
        seed: int = 0,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> tuple[np.ndarray | None, bool]:
        """Return what `cheapest` does, and whether it is proven: that no choice is cheaper, or where there is None, that none keeps the rules."""
        import pulp

        if self.only_count and self.count is not None:
            if not self.kept.sum() <= self.count <= len(self.kept):
                return None, True
            return np.sort(np.argsort(np.where(self.kept, -np.inf, score), kind="stable")[: self.count]), True
        model: pulp.LpProblem = pulp.LpProblem("rules", pulp.LpMinimize)
        y = {j: pulp.LpVariable(f"y_{j}", 0, 1, pulp.LpInteger) for j in range(len(self.kept))}
        self.add_to(model, y)
        if most is not None:
            model += pulp.lpSum(y.values()) <= most
        model.setObjective(pulp.LpAffineExpression([(v, float(score[j])) for j, v in y.items()]))
        outcome = solve(model, seconds=RULE_SECONDS, seed=seed, gap=1e-9, cancelled=cancelled, max_nodes=RULE_NODES)
        if outcome.objective is None:
            return None, outcome.status == "infeasible"
        return np.array([j for j, v in y.items() if (v.varValue or 0) > 0.5], int), outcome.status == "optimal"
