"""Set covers under rules: reductions, a small model for HiGHS, and a packing of fractions that proves where so many sites do not suffice.

Covers are reduced first, until nothing changes: a demand reached by all sites that another one is reached by is dropped (a dominated row); a site
that reaches no more than another, at no less cost and in the same area, is dropped (a dominated column); a demand with one site left opens it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np

from beatplanner.solver.clock import read_clock
from beatplanner.solver.highs import solve
from beatplanner.solver.highs_session import own_limit, quiet_highs
from beatplanner.solver.location.site_rules import SiteRules
from beatplanner.solver.location.site_tree import SiteTree, evaluate, single

if TYPE_CHECKING:
    import pulp

NODES = 50_000
# Rows are compared with each other up to this many at once; beyond, the larger half is left unreduced.
COMPARED = 6_000
# What a tree over costs of 0 and 1 must prove at least to say that somebody is left: far above rounding.
PROVES = 1e-5


@dataclass(frozen=True)
class Covered:
    """A cover (None where none was found), a bound on its number or price, and whether that is all proven."""

    open: np.ndarray | None
    bound: float
    proven: bool


class SetCover:
    """A set cover under rules, reduced.

    `rows` (k, m) are still to be covered, `ids` (k,) their positions in what was given; `live` (m,) sites are still in question, `open` (m,) ones
    open, and `forced` names the rows whose last site opened one.
    """

    def __init__(self, within: np.ndarray, rules: SiteRules) -> None:
        self.rules = rules
        self.open = rules.kept.copy()
        self.live = np.ones(within.shape[1], bool)
        self.impossible = not within.any(axis=1).all()
        self.ids = np.flatnonzero(~within[:, self.open].any(axis=1)) if self.open.any() else np.arange(len(within))
        rows = within[self.ids]
        first = np.unique(np.packbits(rows, axis=1), axis=0, return_index=True)[1] if len(rows) else np.empty(0, int)
        self.rows, self.ids, self.forced = rows[first], self.ids[first], np.empty(0, int)

    def reduce(self) -> None:
        """Drop dominated rows and columns and open sites that a row cannot do without, until nothing changes."""
        while not self.impossible and len(self.rows):
            before = (len(self.rows), int(self.live.sum()))
            self.reduce_rows()
            self._columns()
            single = np.flatnonzero(self.rows.sum(axis=1) == 1)
            if len(single):
                # of rows with the same site the first one stands for it
                single = single[np.unique(np.argmax(self.rows[single], axis=1), return_index=True)[1]]
                self.open |= self.rows[single].any(axis=0)
                self.forced = np.concatenate([self.forced, self.ids[single]])
                self._keep(np.asarray(~self.rows[:, self.open].any(axis=1)))
            if (len(self.rows), int(self.live.sum())) == before:
                return

    def _keep(self, kept: np.ndarray) -> None:
        self.rows, self.ids = self.rows[kept], self.ids[kept]

    def reduce_rows(self) -> None:
        """Drop rows that are covered wherever another one is."""
        size = self.rows.sum(axis=1)
        order = np.argsort(size, kind="stable")
        self._keep(order)
        size = size[order]
        few = self.rows[:COMPARED].astype(np.float32)
        common = few @ few.T
        # a later row that holds every site of an earlier one is covered with it
        contains = np.triu(common >= size[: len(few), None] - 0.5, 1)
        keep = np.ones(len(self.rows), bool)
        keep[: len(few)] = ~contains.any(axis=0)
        self._keep(keep)

    def _columns(self) -> None:
        live = np.flatnonzero(self.live & ~self.open)
        columns = self.rows[:, live].astype(np.float32)
        size = columns.sum(axis=0)
        common = columns.T @ columns
        inside = common >= size[:, None] - 0.5  # [a, b]: a reaches nothing that b does not
        np.fill_diagonal(inside, False)
        price, rules = self.rules.price[live], self.rules
        if np.isfinite(rules.budget):
            # a site that saves money (closing it costs more) may be open beside the one that stands in for it
            inside &= (price[:, None] >= price[None, :]) & (price[:, None] >= 0.0)
        if rules.needed and rules.area is not None:
            area = rules.area[live]
            inside &= (area[:, None] == area[None, :]) | (area[:, None] < 0)
        if len(rules.apart):
            # a site that is too close to another may not stand in for one that is not
            inside &= ~np.isin(live, rules.apart)[None, :]
        # of two that are alike the first stays
        alike = inside & inside.T
        inside &= ~alike | np.tril(alike, -1)
        gone = live[inside.any(axis=1)]
        self.live[gone] = False
        self.rows[:, gone] = False

    def solve(
        self,
        most: int | None,
        end: float,
        threads: int,
        seed: int,
        cancelled: Callable[[], bool],
        price: np.ndarray | None = None,
    ) -> Covered:
        """Choose the fewest sites, at most `most`; or with `price` (m,) the cheapest, for which the rules need a budget of any size."""
        import pulp

        if self.impossible:
            return Covered(None, np.inf, True)
        self.reduce()
        certain = int(self.open.sum())
        if most is not None and certain > most:
            return Covered(None, np.inf, True)
        if not len(self.rows) and self.rules.only_count and price is None:
            return Covered(np.flatnonzero(self.open), float(certain), True)
        # where the number is exact, a dominated site covers nothing that matters but may be the one that fills it up
        sites = np.flatnonzero(self.live | self.open | (self.rules.count is not None))
        model: pulp.LpProblem = pulp.LpProblem("cover", pulp.LpMinimize)
        y = {int(j): pulp.LpVariable(f"y_{j}", int(self.open[j]), 1, pulp.LpInteger) for j in sites}
        for row in self.rows:
            model += pulp.lpSum(y[int(j)] for j in np.flatnonzero(row)) >= 1
        self.rules.add_to(model, y)
        if most is not None:
            model += pulp.lpSum(y.values()) <= most
        if price is None:
            model.setObjective(pulp.lpSum(y.values()))
        else:
            model.setObjective(pulp.LpAffineExpression([(v, float(price[j])) for j, v in y.items()]))
        outcome = solve(
            model,
            seconds=max(0.1, end - read_clock(cancelled)),
            threads=threads,
            seed=seed,
            gap=1e-6,
            cancelled=cancelled,
            max_nodes=NODES,
        )
        if outcome.status == "infeasible":
            return Covered(None, np.inf, True)
        bound = -np.inf if outcome.bound is None else outcome.bound
        if price is None:
            bound = max(float(certain), np.ceil(bound - 1e-6))
        if outcome.objective is None:
            return Covered(None, float(bound), False)
        chosen = np.array([j for j, v in y.items() if (v.varValue or 0) > 0.5], int)
        worth = float(len(chosen) if price is None else price[chosen].sum())
        return Covered(chosen, float(min(bound, worth)), outcome.status == "optimal")


def unreached(
    within: np.ndarray,
    rules: SiteRules,
    count: int,
    *,
    seconds: float,
    at_most: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
) -> SiteTree | None:
    """Prove that `count` sites leave somebody out of reach, by the linear program of the most demand reached.

    Its dual is the leaf of a tree: weights of demand of which no `count` sites reach enough (a packing of fractions)::

        min Σ_i z_i   s.t. Σ_j a_ij y_j + z_i ≥ 1 (u_i),  rows of the rules (λ),  Σ_j y_j = count,  kept ≤ y ≤ 1,  z ≥ 0

    Parameters
    ----------
    within
        (n, m) bool.
    rules, count, at_most
        The rules on sites but for their number, and that number, exactly or at most.
    seconds, cancelled
        Limit of wall time, and whether to give up.

    Returns
    -------
    SiteTree or None
        None where the program proves nothing or took too long.
    """
    n, m = within.shape
    _, first = np.unique(np.packbits(within, axis=1), axis=0, return_index=True)
    rows, side = within[first], rules.rows()
    if seconds <= 0 or not n or cancelled():
        return None
    own, infinite = len(first), highspy.kHighsInf
    # its annotations ask for lists where it takes arrays
    lp: Any = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = m + own, own + len(side) + 1
    lp.col_cost_ = np.r_[np.zeros(m), np.ones(own)]
    lp.col_lower_ = np.r_[rules.kept.astype(float), np.zeros(own)]
    lp.col_upper_ = np.r_[np.ones(m), np.ones(own)]
    lp.row_lower_ = np.r_[np.ones(own), np.full(len(side), -infinite), -infinite if at_most else float(count)]
    lp.row_upper_ = np.r_[np.full(own, infinite), [row.right for row in side], float(count)]
    index: list[np.ndarray] = []
    value: list[np.ndarray] = []
    start = [0]
    for i, row in enumerate(rows):
        index.append(np.r_[np.flatnonzero(row), m + i])
        value.append(np.ones(len(index[-1])))
    for row in side:
        index.append(row.site)
        value.append(row.value)
    index.append(np.arange(int(m)))
    value.append(np.ones(int(m)))
    start += np.cumsum([len(i) for i in index]).tolist()
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.array(start, np.int32)
    lp.a_matrix_.index_ = np.concatenate(index).astype(np.int32)
    lp.a_matrix_.value_ = np.concatenate(value)
    highs = quiet_highs(threads=1, time_limit=own_limit(seconds))
    highs.passModel(lp)
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    dual = np.asarray(highs.getSolution().row_dual)
    u, lam = np.zeros(n), np.maximum(0.0, -dual[own : own + len(side)])
    u[first] = np.clip(dual[:own], 0.0, 1.0)
    tree = single(u, lam, side, count, 0.0, at_most=at_most)
    # the dual is rounded, so that what counts is what it proves
    proven = evaluate(tree, 1.0 - within, rules.kept)
    return replace(tree, bound=proven) if proven > PROVES else None
