"""The least border of districts by branch and bound: two units are together, or apart; each node has the bound of `cut_cone`.

What is kept proves the bound: the tree, and for each node whose prices count their numbers (`ConeTree`). Nodes with the lowest bound are looked at first.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from beatplanner.solver.districts.cut_classes import Classes, CutMap, branched, first_classes
from beatplanner.solver.districts.cut_cone import LATER, ROUNDS, ConeMultipliers, ConeRelaxation, Point, Rows

# Units up to which it is tried; numbers of prices that a tree may take up in all.
MOST_UNITS, MOST_NUMBERS = 200, 600_000
# Nodes for each of those that a proof of the usual size has, and units for which that holds: nodes of larger maps take longer.
NODES, OF_UNITS = 0.4, 45
# A tree is closed at this share below what is known, well within what counts as the best plan.
CLOSED = 2e-5
# Steps in which prices of pairs are kept, as shares of the greatest.
STEPS = 32_000


def suits_prices(units: int, count: int, lower: float, edges: int) -> bool:
    """Tell whether the tree takes a problem: of some size, with some work in each district, and with borders."""
    return 1 < count < units <= MOST_UNITS and lower > 0.0 and edges > 0


def nodes_of(units: int, nodes: int) -> int:
    """Return the nodes of a tree over so many units where a model may have `nodes`."""
    return max(1, int(NODES * nodes * min(1.0, (OF_UNITS / units) ** 2)))


@dataclass
class ConeNode:
    """A node of the tree.

    Attributes
    ----------
    parent, one, other, joined
        Place of the parent, and the two units that are together or apart here; -1 and False for the first.
    classes
        Of the units.
    value
        The greatest bound from the root to here; inf where no districts are left.
    prices
        Which prove a value of their own, or None.
    """

    parent: int
    one: int
    other: int
    joined: bool
    classes: Classes
    value: float
    prices: ConeMultipliers | None = None


@dataclass(frozen=True)
class ConeTree:
    """What proves a bound on the border: nodes, and the rows that their prices are about."""

    nodes: list[ConeNode]
    rows: Rows


@dataclass
class _Open:
    """What is known of an open node beside what is kept."""

    point: Point | None
    pair: tuple[int, int]


class CutTree:
    """Branch and bound over a map; see the module."""

    def __init__(self, area: CutMap, near: list[np.ndarray], known: float, stop: Callable[[], bool]) -> None:
        self.area, self.near, self.stop = area, near, stop
        self.rows, self.nodes = Rows(), list[ConeNode]()
        self.open = dict[int, _Open]()
        self.heap: list[tuple[float, int]] = []
        self.known, self.district = known, None
        self.numbers = 0

    def run(self, nodes: int) -> tuple[float, np.ndarray | None, ConeTree]:
        """Return the bound (inf where no districts keep the rules), better districts or None, and what proves the bound."""
        self._add(-1, -1, -1, False, first_classes(self.area), None, -np.inf)
        while self.heap and len(self.nodes) < nodes and self.numbers < MOST_NUMBERS and not self.stop():
            value, k = self.heap[0]
            if value >= self.target:
                break
            heapq.heappop(self.heap)
            node, held = self.nodes[k], self.open.pop(k)
            one, other = held.pair
            for joined in (True, False):
                classes = branched(self.area, node.classes, one, other, joined=joined)
                self._add(k, one, other, joined, classes, held.point, node.value)
        parents = {node.parent for node in self.nodes}
        least = min((node.value for k, node in enumerate(self.nodes) if k not in parents), default=np.inf)
        return least, self.district, ConeTree(self.nodes, self.rows)

    @property
    def target(self) -> float:
        """From which bound on a node need not be looked at."""
        return self.known * (1 - CLOSED)

    def _add(
        self, parent: int, one: int, other: int, joined: bool, classes: Classes, start: Point | None, above: float
    ) -> None:
        """Evaluate a node and keep it."""
        node = ConeNode(parent, one, other, joined, classes, above)
        self.nodes.append(node)
        if classes.dead:
            node.value = np.inf
            return
        if classes.number == self.area.count:
            node.value = max(above, self._plan(classes))
            return
        relaxation = ConeRelaxation(self.area, classes, self.rows, self.near, start)
        relaxation.run(self.target, ROUNDS if start is None else LATER, self.stop, above)
        if relaxation.prices is not None and relaxation.best > above:
            kept = rounded(relaxation.prices)
            value = kept.value(self.area, classes, self.rows)
            if value > above:
                node.value, node.prices = value, kept
                self.numbers += classes.number * (classes.number + 3) // 2
        if node.value < self.target:
            place = len(self.nodes) - 1
            self.open[place] = _Open(relaxation.point(), self._pair(classes, relaxation.x))
            heapq.heappush(self.heap, (node.value, place))

    def _pair(self, classes: Classes, x: np.ndarray) -> tuple[int, int]:
        """Return units of the two classes to branch on."""
        score = x * (1 - x) * np.add.outer(classes.weight, classes.weight)
        score[classes.apart] = -1.0
        np.fill_diagonal(score, -1.0)
        a, b = divmod(int(np.argmax(score)), len(x))
        return int(np.flatnonzero(classes.of == a)[0]), int(np.flatnonzero(classes.of == b)[0])

    def _plan(self, classes: Classes) -> float:
        """Return the border of the one plan that is left, inf where it breaks a rule, and keep it where it is better."""
        area, of = self.area, classes.of
        a, b = area.edges.T
        border = float(area.border[of[a] != of[b]].sum())
        if not all(self._connected(of == c) for c in range(classes.number)):
            return np.inf
        if border < self.known:
            self.known, self.district = border, of.copy()
        return border

    def _connected(self, inside: np.ndarray) -> bool:
        seen = np.zeros(len(inside), bool)
        todo = [int(np.argmax(inside))]
        seen[todo[0]] = True
        while todo:
            for v in self.near[todo.pop()]:
                if inside[v] and not seen[v]:
                    seen[v] = True
                    todo.append(int(v))
        return bool(seen[inside].all())


def rounded(prices: ConeMultipliers) -> ConeMultipliers:
    """Return prices as they are kept: of pairs in whole steps, and none that is nothing."""
    step = max(1e-300, float(np.abs(prices.pair).max(initial=0.0))) / STEPS
    used = prices.row_price > 1e-6 * prices.row_price.max(initial=0.0)
    rows = [r for r, u in zip(prices.rows, used.tolist(), strict=True) if u]
    return replace(prices, pair=np.round(prices.pair / step) * step, rows=rows, row_price=prices.row_price[used])
