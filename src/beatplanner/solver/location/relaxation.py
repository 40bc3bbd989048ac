"""The linear relaxation of a p-median with rows of rules and a coverage floor, by cuts, with multipliers that prove what it says.

With shares y_j of sites, ways θ_i of demands and shares v_g of demand that is beyond the limit (demands with the same sites within it are one g)::

    min  Σ_i θ_i
    s.t. θ_i ≥ c − Σ_j (c − c_ij)⁺ y_j          for each cost c of demand i (Benders' cuts; Duran-Mateluna, Ales and Elloumi 2023)
         v_g ≥ 1 − Σ_{j within reach of g} y_j,  Σ_g W_g v_g ≤ B  (the floor),  rows of the rules,  Σ_j y_j = count

Only cuts that a solution breaks are added. Their duals λ_ic give multipliers u_i = Σ_c λ_ic c (what is left of 1 goes to the nearest site), those of the
floor and of its rows μ and π_i: as (·)⁺ is convex, u_i + π_i and μ are multipliers of the Lagrangian in `site_tree`, with the costs
c_ij + μ w_i where j is beyond the limit of i, and prove the same. Rows may be broken at a high price, so that every branch has a solution.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from beatplanner.solver.clock import watch
from beatplanner.solver.highs_session import own_limit, quiet_highs
from beatplanner.solver.location.exchange import Near
from beatplanner.solver.location.site_tree import SideRow

# Rounds of cuts of one solve, how far a cut is broken as a share of the mean cost, and the price of breaking a row in plans.
ROUNDS, BROKEN, PRICE = 40, 1e-6, 4.0


@dataclass(frozen=True)
class Floor:
    """At most `most` of the weights (n,) may be of demand beyond the limit; `within` (n, m) tells which sites are not."""

    within: np.ndarray
    weight: np.ndarray
    most: float

    def lost(self, chosen: np.ndarray) -> float:
        """Return the weight beyond the limit of a choice."""
        return float(self.weight[~self.within[:, chosen].any(axis=1)].sum())

    def met(self, chosen: np.ndarray) -> bool:
        """Tell whether a choice keeps the floor, but for rounding."""
        return self.lost(chosen) <= self.most + 1e-9 * max(1.0, float(self.weight.sum()))

    @property
    def far(self) -> np.ndarray:
        """(n, m) the weight of a demand where a site is beyond its limit."""
        return np.where(self.within, 0.0, self.weight[:, None])

    @property
    def row(self) -> SideRow:
        """The row of the floor; its multiplier is a cost of each weight beyond the limit."""
        return SideRow("floor", np.empty(0, np.int64), np.empty(0), self.most)


@dataclass(frozen=True)
class RelaxedSites:
    """Shares of sites (m,), multipliers of demands (n,) and of the rows, and whether no cut was left."""

    share: np.ndarray
    u: np.ndarray
    lam: np.ndarray
    done: bool


class SiteRelaxation:
    """The program, kept between solves that differ in which sites are open and closed.

    Parameters
    ----------
    near
        Sites of each demand in rising order of cost; the bound is true however long the lists are.
    sites
        Sites in all.
    count
        Sites that open.
    rows
        Rows of the rules, without the floor.
    floor
        The floor; None for none.
    u
        (n,) multipliers to start from; the cuts at them are the first ones.
    """

    def __init__(
        self, near: Near, sites: int, count: int, rows: tuple[SideRow, ...], floor: Floor | None, u: np.ndarray
    ) -> None:
        self.near, self.m, self.n = near, sites, len(near.cost)
        self.scale = max(float(near.cost[:, min(1, near.cost.shape[1] - 1)].mean()), 1e-9)
        self.rows = rows
        self.levels: list[np.ndarray] = []  # of the cuts: demand and cost
        self.demands: list[np.ndarray] = []
        self.group = np.empty(0, int)
        highs = self.highs = quiet_highs(threads=1)
        infinite = highspy.kHighsInf
        price = PRICE * float(u.sum()) / self.scale
        lower = np.r_[np.zeros(sites), near.cost[:, 0] / self.scale, np.zeros(len(rows))]
        upper = np.r_[np.ones(sites), np.full(self.n + len(rows), infinite)]
        cost = np.r_[np.zeros(sites), np.ones(self.n), np.full(len(rows), price)]
        index, value, right, left = [np.arange(sites)], [np.ones(sites)], [float(count)], [float(count)]
        for q, row in enumerate(rows):
            size = self._size(row)
            index.append(np.r_[row.site, sites + self.n + q])
            value.append(np.r_[row.value / size, -1.0])
            left.append(-infinite)
            right.append(row.right / size)
        if floor is not None:
            first, group = np.unique(np.packbits(floor.within, axis=1), axis=0, return_index=True, return_inverse=True)[
                1:
            ]
            self.group, size = group.ravel(), float(floor.weight.mean())
            weight = np.bincount(self.group, weights=floor.weight) / size
            at, number = len(lower), len(first)
            lower, upper = np.r_[lower, np.zeros(number + 1)], np.r_[upper, np.full(number + 1, infinite)]
            cost = np.r_[cost, np.zeros(number), price]
            index.append(np.arange(at, at + number + 1))
            value.append(np.r_[weight, -1.0])
            left.append(-infinite)
            right.append(floor.most / size)
            self.weight, self.size = floor.weight, size
            for g, i in enumerate(first):
                index.append(np.r_[np.flatnonzero(floor.within[i]), at + g])
                value.append(np.ones(len(index[-1])))
                left.append(1.0)
                right.append(infinite)
        self.has_floor = floor is not None
        # its annotations ask for lists where it takes arrays
        lp: Any = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(cost), len(index)
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, lower, upper
        lp.row_lower_, lp.row_upper_ = np.array(left), np.array(right)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.r_[0, np.cumsum([len(i) for i in index])].astype(np.int32)
        lp.a_matrix_.index_ = np.concatenate(index).astype(np.int32)
        lp.a_matrix_.value_ = np.concatenate(value)
        highs.passModel(lp)
        self.until: Callable[[], bool] = lambda: False
        highs.cbSimplexInterrupt.subscribe(lambda event: event.interrupt() if self.until() else None)
        self.fixed = len(index)
        everyone = np.arange(self.n)
        self._cut(everyone, np.clip(u, near.cost[:, 0], near.cap))

    @staticmethod
    def _size(row: SideRow) -> float:
        return max(1e-12, float(np.sqrt((row.value**2).mean()))) if len(row.value) else 1.0

    def _cut(self, demand: np.ndarray, level: np.ndarray) -> None:
        """Add the cut of each demand at a cost."""
        saved = (level[:, None] - self.near.cost[demand]) / self.scale
        inside = saved > 0
        length = inside.sum(axis=1) + 1
        start = np.r_[0, np.cumsum(length)]
        index, value = np.empty(start[-1], np.int32), np.ones(start[-1])
        index[start[:-1]] = self.m + demand
        rest = np.ones(start[-1], bool)
        rest[start[:-1]] = False
        index[rest], value[rest] = self.near.site[demand][inside], saved[inside]
        self.highs.addRows(
            len(demand),
            level / self.scale,
            np.full(len(demand), highspy.kHighsInf),
            int(start[-1]),
            start[:-1].astype(np.int32),
            index,
            value,
        )
        self.demands.append(demand)
        self.levels.append(level)

    def solve(
        self,
        opened: np.ndarray,
        closed: np.ndarray,
        *,
        seconds: float,
        rounds: int = ROUNDS,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> RelaxedSites | None:
        """Solve with some sites (m,) open and some closed; None where not even the first program was solved in time."""
        until = watch(cancelled)
        until = self.until = until.until(until.clock() + seconds)
        self.highs.changeColsBounds(
            self.m, np.arange(self.m, dtype=np.int32), opened.astype(float), np.where(closed, 0.0, 1.0)
        )
        found: RelaxedSites | None = None
        for _ in range(rounds):
            if until():
                break
            self.highs.setOptionValue("time_limit", self.highs.getRunTime() + own_limit(until.left()))
            self.highs.run()
            if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                break
            solution = self.highs.getSolution()
            value = np.asarray(solution.col_value)
            share, way = value[: self.m], value[self.m : self.m + self.n] * self.scale
            at_site = np.maximum(0.0, share[self.near.site])
            total = np.cumsum(at_site, axis=1)
            rank = np.argmax(total >= 1 - 1e-9, axis=1)
            full = total[np.arange(self.n), rank] >= 1 - 1e-9
            level = np.where(full, self.near.cost[np.arange(self.n), rank], self.near.cap)
            least = level - (np.maximum(0.0, level[:, None] - self.near.cost) * at_site).sum(axis=1)
            broken = np.flatnonzero(least > way + BROKEN * self.scale)
            found = RelaxedSites(share, *self._multipliers(np.asarray(solution.row_dual)), not len(broken))
            if found.done:
                break
            self._cut(broken, level[broken])
        return found

    def _multipliers(self, dual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the multipliers of demands and rows that the duals stand for."""
        demand, level = np.concatenate(self.demands), np.concatenate(self.levels)
        share = np.maximum(0.0, dual[self.fixed :])
        total = np.bincount(demand, weights=share, minlength=self.n)
        u = np.bincount(demand, weights=share * level, minlength=self.n)
        u = u / np.maximum(1.0, total) + np.maximum(0.0, 1 - total) * self.near.cost[:, 0]
        at = 1 + len(self.rows)
        lam = np.maximum(0.0, -dual[1:at]) * self.scale / np.array([self._size(row) for row in self.rows] or 1.0)
        if self.has_floor:
            mu = max(0.0, -dual[at]) * self.scale / self.size
            pi = np.clip(dual[at + 1 : self.fixed] * self.scale, 0.0, None)
            # the row of a group weighs as much as its demands do together
            of = np.bincount(self.group, weights=self.weight)
            u = u + np.minimum(mu, pi[self.group] / np.maximum(of[self.group], 1e-300)) * self.weight
            lam = np.r_[lam[: len(self.rows)], mu]
        return u, lam[: len(self.rows) + self.has_floor]
