"""A tree that proves how many resident-years no roll-out exceeds: linear programmes over intervals of the model of `rollout`, with their duals.

Its variables are the year of each group (T: never), the vehicles needed in each year, whether any are bought in it, and the year of the last pilot. A node
keeps each within an interval; each leaf has multipliers of the rows, at least 0, for which the Lagrangian is its bound (``docs/proofs.md``).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

from beatplanner.solver.highs_session import quiet_highs
from beatplanner.solver.location.fleet import ROUNDING, Fleet

# Nodes of a tree, and columns of all its programmes: a limit that gives the same tree on every machine.
MOST_NODES, MOST_COLUMNS = 4_000, 2_000_000
# What a row may be broken by: as a share of a limit, as a sum, seats. A checker grants the same.
SHARE, SUM, SEATS = 1e-9, 1e-6, 1e-6
# A number that is nearer to a whole one is whole; a leaf whose bound is within this share above what is served is closed.
WHOLE, HAIR = 1e-6, 1e-9
# What it costs to break a row, as multiples of the most that can be served: such leaves prove that nothing fits.
PENALTY = 100.0
# Rows that are broken by more than this, scaled, cannot be kept.
BROKEN = 1e-8
INF = highspy.kHighsInf


@dataclass(frozen=True)
class Choices:
    """What `rollout` chooses, as it takes it; money by limits, (P, T), and (P, G, T, T).

    Attributes
    ----------
    residents, seats, pilots
        (G,).
    more, funds, owed
        Money more by year of start and year; what there is; and what is owed whatever starts.
    room
        (T,) seats.
    fleet
        Whole vehicles.
    first
        Year before which nothing starts.
    """

    residents: np.ndarray
    seats: np.ndarray
    pilots: np.ndarray
    more: np.ndarray
    funds: np.ndarray
    owed: np.ndarray
    room: np.ndarray
    fleet: Fleet
    first: int


@dataclass
class _Node:
    parent: int
    variable: int
    low: int
    high: int
    least: np.ndarray
    most: np.ndarray
    bound: float = np.inf
    prices: np.ndarray | None = None
    split: tuple[int, int] | None = None


def rollout_tree(choices: Choices, served: float, *, most_nodes: int = MOST_NODES) -> dict[str, np.ndarray]:
    """Return a tree that proves as much as its nodes allow.

    Parameters
    ----------
    choices
        What may start when.
    served
        Resident-years of a roll-out that was found: no leaf need prove less.
    most_nodes
        Nodes after which the tree is left as it is.

    Returns
    -------
    dict
        Nodes, and at each leaf the multipliers of the rows: ``parent``, ``variable``, ``least``, ``most``, ``leaf``, ``money``, ``seats``, ``need``,
        ``needed``, ``buy``, ``bought``.
    """
    model = _Relaxed(choices)
    columns = len(choices.residents) * len(choices.room)
    most_nodes = max(3, min(most_nodes, MOST_COLUMNS // max(1, columns)))
    whole = bool((choices.residents == np.round(choices.residents)).all())
    goal = np.floor(served + 1 - 1e-3) if whole else served * (1 + HAIR)
    least, most = model.intervals()
    nodes = [_Node(-1, -1, 0, 0, least, most)]
    model.solve(nodes[0])
    todo = [(-nodes[0].bound, 0)]
    while todo and len(nodes) < most_nodes:
        bound, k = heapq.heappop(todo)
        if -bound <= goal or (whole and -bound < goal + 1 - 1e-6):
            break
        node = nodes[k]
        if node.split is None:
            continue
        variable, at = node.split
        for low, high in ((int(node.least[variable]), at), (at + 1, int(node.most[variable]))):
            least, most = node.least.copy(), node.most.copy()
            least[variable], most[variable] = low, high
            child = _Node(k, variable, low, high, least, most)
            model.solve(child)
            child.bound = min(child.bound, node.bound)
            nodes.append(child)
            heapq.heappush(todo, (-child.bound, len(nodes) - 1))
        node.prices = None
    return model.arrays(nodes)


class _Relaxed:
    """The linear relaxation, solved for one node after the other."""

    def __init__(self, choices: Choices) -> None:
        self.choices = c = choices
        self.groups, self.years = len(c.residents), len(c.room)
        self.scale = max(1.0, float(c.residents.sum()))
        year = np.arange(self.years)
        self.worth = c.residents[:, None] * (self.years - year) / self.scale
        self.limited = np.argwhere(np.isfinite(c.funds))
        self.seated = np.flatnonzero(np.isfinite(c.room))
        self.columns = self.groups * self.years + 2 * self.years + 1
        rows, limits = self._rows()
        # rows by their size, so that breaking one costs as much as breaking another
        self.size = np.maximum(np.abs(rows).max(axis=1, initial=0.0), 1e-12)
        rows, self.limits = rows / self.size[:, None], limits / self.size
        rows[:, -1] = -1.0
        self.highs = quiet_highs(threads=1, presolve="off", solver="simplex")
        self._build(rows)

    def intervals(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the greatest value of each variable."""
        c, t = self.choices, self.years
        lowest = c.fleet.need + np.minimum(0.0, c.fleet.more).min(axis=1).sum(axis=0)
        highest = c.fleet.need + np.maximum(0.0, c.fleet.more).max(axis=1).sum(axis=0)
        least = [*np.full(self.groups, c.first), *np.ceil(lowest - 2 * ROUNDING), *np.zeros(t), c.first]
        most = [*np.full(self.groups, t), *np.ceil(highest), *np.ones(t), t]
        return np.array(least, np.int64), np.array(most, np.int64)

    def _rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Return rows, all of the form a x ≤ b, and their limits."""
        c, g, t = self.choices, self.groups, self.years
        count = len(self.limited) + len(self.seated) + 4 * t
        rows, limits = np.zeros((count, self.columns)), np.zeros(count)
        starts, v, b = rows[:, : g * t].reshape(count, g, t), rows[:, g * t : g * t + t], rows[:, g * t + t : -1]
        k = 0
        for p, year in self.limited:
            starts[k] = c.more[p, :, :, year]
            v[k, year], b[k, year] = c.fleet.yearly[p, year], c.fleet.price[p, year]
            limits[k] = c.funds[p, year] * (1 + SHARE) + SUM - c.owed[p, year]
            k += 1
        for year in self.seated:
            starts[k, :, year] = c.seats
            limits[k] = c.room[year] + SEATS
            k += 1
        self.first_of_vehicles = k
        for year in range(t):
            more = c.fleet.more[:, :, year] * (np.arange(t) <= year)
            starts[k + year], v[k + year, year] = more, -1.0
            limits[k + year] = -(c.fleet.need[year] - ROUNDING - SHARE)
            starts[k + t + year], v[k + t + year, year] = -more, 1.0
            limits[k + t + year] = c.fleet.need[year] + 1 - ROUNDING + SHARE
            young = slice(max(0, year - c.fleet.life + 1), year + 1)
            v[k + 2 * t + year, year], b[k + 2 * t + year, young] = 1.0, -1.0
            v[k + 3 * t + year, year], b[k + 3 * t + year, young] = -1.0, 1.0
        return rows, limits

    def _build(self, rows: np.ndarray) -> None:
        g, t = self.groups, self.years
        self.cost = cost = np.zeros(self.columns)
        cost[: g * t] = -self.worth.ravel()
        cost[-1] = PENALTY * t
        groups = np.zeros((g, self.columns))
        for k in range(g):
            groups[k, k * t : (k + 1) * t] = 1.0
        matrix = np.vstack([groups, rows])
        lp: Any = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = self.columns, len(matrix)
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros(self.columns), np.full(self.columns, INF)
        lp.row_lower_ = np.full(len(matrix), -INF)
        lp.row_upper_ = np.concatenate([np.ones(g), self.limits])
        self.row_bounds = np.array([lp.row_lower_, lp.row_upper_])
        at, of = np.nonzero(matrix.T)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = np.concatenate([[0], np.cumsum(np.bincount(at, minlength=self.columns))])
        lp.a_matrix_.index_, lp.a_matrix_.value_ = of, matrix.T[at, of]
        self.highs.passModel(lp)

    def solve(self, node: _Node) -> None:
        """Set the bound of a node, its multipliers, and where it would be split."""
        g, t = self.groups, self.years
        lower, upper = np.zeros(self.columns), np.full(self.columns, INF)
        may, must = self._may(node)
        if (node.least > node.most).any() or (must & ~may.any(axis=1)).any():
            node.bound, node.prices = -np.inf, np.zeros(len(self.limits))
            return
        upper[: g * t] = np.where(may, 1.0, 0.0).ravel()
        v = slice(g, g + t)
        lower[g * t : g * t + t], upper[g * t : g * t + t] = node.least[v], node.most[v]
        may_buy = node.most[g + t : g + 2 * t] > 0
        upper[g * t + t : -1] = np.where(may_buy, np.maximum(node.most[v], 0), 0)
        row_lower = np.concatenate([np.where(must, 1.0, -INF), np.full(len(self.limits), -INF)])
        row_upper = np.concatenate([np.ones(g), self.limits])
        buys = node.least[g + t : g + 2 * t] > 0
        row_upper[-t:] = np.where(buys, row_upper[-t:], INF)
        self.highs.changeColsBounds(self.columns, np.arange(self.columns, dtype=np.int32), lower, upper)
        now = np.array([row_lower, row_upper])
        for row in np.flatnonzero((now != self.row_bounds).any(axis=0)).tolist():
            self.highs.changeRowBounds(row, float(now[0, row]), float(now[1, row]))
        self.row_bounds = now
        self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            node.prices = np.zeros(len(self.limits))
            return
        solution = self.highs.getSolution()
        x, prices = np.array(solution.col_value), self._prices(buys)
        node.bound = -self.highs.getInfo().objective_function_value * self.scale
        if x[-1] > BROKEN:
            ray = self._nothing_fits(buys)
            if ray is not None:
                prices, node.bound = prices + ray, -np.inf
        node.prices = prices / self.size * self.scale
        node.split = self._split(node, x, may)

    def _prices(self, buys: np.ndarray) -> np.ndarray:
        """Return the multipliers of the rows, of the last solution."""
        prices = np.maximum(0.0, -np.array(self.highs.getSolution().row_dual)[self.groups :])
        prices[-self.years :] *= buys
        return prices

    def _nothing_fits(self, buys: np.ndarray) -> np.ndarray | None:
        """Return multipliers that prove that the rows cannot be kept: by how much they are broken at least, times enough; None where they can."""
        columns = np.arange(self.columns, dtype=np.int32)
        alone = np.zeros(self.columns)
        alone[-1] = 1.0
        self.highs.changeColsCost(self.columns, columns, alone)
        self.highs.run()
        least = self.highs.getInfo().objective_function_value
        prices = self._prices(buys)
        self.highs.changeColsCost(self.columns, columns, self.cost)
        return None if least <= BROKEN else prices * (PENALTY * self.years / least)

    def _may(self, node: _Node) -> tuple[np.ndarray, np.ndarray]:
        """Return in which years each group may start, (G, T), and which groups must."""
        c, g, t = self.choices, self.groups, self.years
        low, high = node.least[:g].copy(), node.most[:g].copy()
        if c.pilots.any():
            high[c.pilots] = np.minimum(high[c.pilots], node.most[-1])
            low[~c.pilots] = np.minimum(t, np.maximum(low[~c.pilots], node.least[-1] + 1))
        year = np.arange(t)
        return (year >= low[:, None]) & (year <= high[:, None]), high < t

    def _split(self, node: _Node, x: np.ndarray, may: np.ndarray) -> tuple[int, int] | None:
        """Return the variable that a node's children part, and the last value of the first child; None where nothing is left to part."""
        c, g, t = self.choices, self.groups, self.years
        if c.pilots.any() and node.least[-1] < node.most[-1]:
            # all else depends on it
            return 2 * t + g, int(node.least[-1])
        y, v, b = x[: g * t].reshape(g, t), x[g * t : g * t + t], x[g * t + t : -1]
        if c.fleet.price.any() or c.fleet.yearly.any():
            for year in range(t):
                low, high = int(node.least[g + year]), int(node.most[g + year])
                if low < high and abs(v[year] - round(v[year])) > WHOLE:
                    return g + year, min(high - 1, max(low, int(np.floor(v[year]))))
            for year in range(t):
                young = b[max(0, year - c.fleet.life + 1) : year + 1].sum()
                undecided = node.least[g + t + year] < node.most[g + t + year]
                if undecided and b[year] > WHOLE and young > v[year] + WHOLE:
                    return g + t + year, 0
        share = np.concatenate([y, 1.0 - y.sum(axis=1, keepdims=True)], axis=1)
        fraction = 1.0 - share.max(axis=1)
        fraction[node.least[:g] >= node.most[:g]] = 0.0
        weight = np.where(fraction > WHOLE, fraction * (c.residents + 1e-9), 0.0)
        if weight.max(initial=0.0) > 0:
            k = int(np.argmax(weight))
            # the middle of what the programme chose
            mean = int(np.searchsorted(np.cumsum(share[k]), 0.5 - WHOLE))
            return k, int(min(node.most[k] - 1, max(node.least[k], mean)))
        for k in (*range(g), *range(g, g + 2 * t)):
            if node.least[k] < node.most[k] and (k >= g or may[k].any()):
                return k, int((node.least[k] + node.most[k]) // 2)
        return None

    def arrays(self, nodes: list[_Node]) -> dict[str, np.ndarray]:
        """Return nodes as arrays."""
        t = self.years
        inner = {n.parent for n in nodes}
        leaf = [k for k in range(len(nodes)) if k not in inner]
        prices = np.array([nodes[k].prices for k in leaf]).reshape(len(leaf), len(self.limits))
        money, seats = np.zeros((len(leaf), *self.choices.funds.shape)), np.zeros((len(leaf), t))
        money[:, self.limited[:, 0], self.limited[:, 1]] = prices[:, : len(self.limited)]
        seats[:, self.seated] = prices[:, len(self.limited) : self.first_of_vehicles]
        rest = prices[:, self.first_of_vehicles :].reshape(len(leaf), 4, t)
        return {
            "parent": np.array([n.parent for n in nodes], np.int64),
            "variable": np.array([n.variable for n in nodes], np.int64),
            "least": np.array([n.low for n in nodes], np.int64),
            "most": np.array([n.high for n in nodes], np.int64),
            "leaf": np.array(leaf, np.int64),
            "money": money,
            "seats": seats,
            **{key: rest[:, k] for k, key in enumerate(("need", "needed", "buy", "bought"))},
        }
