"""The least border of districts of a map of some dozen units, by going through all plans from one side of the map to the other.

Units are given districts one after another. Of a part of the map what follows depends on is little: which units of its *frontier* (those with
neighbours to come) share a district and are joined already, how many districts are closed (have no unit in the frontier, and so none to come: a
connected district with units on both sides has one there), and the workload of the open ones. Parts that agree in this are one *state*, with the least
border of them. Workloads agree roughly at first: a state has them between two numbers, so that its border is a bound from below. A pass from the last unit to the
first says what each state costs more at least; where both together reach what is known, no better plan goes through the state. The next round
parts the states that are left by finer workloads, till none is left, or the workloads are exact and the least border is that of a plan.

This is a decision diagram that is refined (Bergman, Cire, van Hoeve and Hooker 2016, Decision Diagrams for Optimization), with the states of the
frontier-based search of Kawahara, Horiyama, Hotta and Minato (2017, Generating all patterns of graph partitions within a disparity bound).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.districts.cut_classes import SLACK, CutMap

if TYPE_CHECKING:
    from beatplanner.solver.districts.problem import DistrictingProblem

# Units and districts up to which it is tried, and units that a frontier may have.
MOST_UNITS, MOST_DISTRICTS, MOST_FRONTIER = 120, 8, 12
# States after one unit, and steps from state to state in all, after which it ends; steps for each node that a model may have.
MOST_STATES, MOST_STEPS, STEPS_OF_A_NODE = 400_000, 60_000_000, 40_000
# Parts of a mean district by which workloads agree in the rounds; None: always; infinite: exactly.
PARTS = (None, 4.0, 16.0, 64.0, 256.0, np.inf)
# Nothing is sought from this share below what is known: rounding of sums.
CLOSED = 1e-9
# How much more a state counts for each unit of its frontier, by which an order is chosen.
GROWTH = 2.5
# Bits in which a number of a frontier's unit or district is written.
BITS = 4


@dataclass(frozen=True)
class Unit:
    """A unit in the order: what of the frontier before it it touches, and what is left of it and the frontier.

    Attributes
    ----------
    unit
        Which one.
    touched
        Places in the frontier of its neighbours, and the border with each.
    leaving, staying
        Places in the frontier, of which this unit is the last, that have no neighbours to come, and the others.
    rest
        Workload of the units to come.
    """

    unit: int
    touched: tuple[tuple[int, float], ...]
    leaving: tuple[int, ...]
    staying: tuple[int, ...]
    rest: float


@dataclass
class States:
    """States after a unit: (s, f) pieces and districts of the frontier, both numbered by their first units; (s, K) bounds of open districts' workload."""

    piece: np.ndarray
    district: np.ndarray
    closed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    border: np.ndarray
    # the state of the round before of which each is a part
    whole: np.ndarray

    def __len__(self) -> int:
        return len(self.border)

    def of(self, rows: np.ndarray) -> States:
        """Return some of the states."""
        kept = (self.piece, self.district, self.closed, self.low, self.high, self.border, self.whole)
        return States(*(a[rows] for a in kept))


@dataclass
class FrontierLayer:
    """What is kept of the steps to the states after a unit: from which state, with which district of the frontier, to which state, at which border."""

    state: np.ndarray
    choice: np.ndarray
    target: np.ndarray
    border: np.ndarray
    # of each state after the unit: the least border still to come
    ahead: np.ndarray = field(default_factory=lambda: np.empty(0))


def suits_frontier(problem: DistrictingProblem, locked: np.ndarray) -> bool:
    """Tell whether all plans of a problem may be gone through: small, few districts, each with some work, and no rule on labels."""
    small = 1 < problem.count <= MOST_DISTRICTS and problem.count < len(problem.weight) <= MOST_UNITS
    plain = problem.budget is None and problem.price == 0.0 and not (locked >= 0).any()
    return small and plain and problem.lower > 0.0 and len(problem.edges) > 0


class Frontier:
    """All plans of a map; see the module. Locks, budgets and what a plan costs beside its border are left out, which relaxes the problem."""

    def __init__(self, area: CutMap, near: list[np.ndarray], stop: Callable[[], bool]) -> None:
        self.area, self.stop, self.count = area, stop, area.count
        slack = SLACK * area.upper
        self.lower, self.upper = area.lower - slack, area.upper + slack
        self.near = [sorted({int(v) for v in row}) for row in near]
        self.units = self._units()
        self.below, self.left = np.inf, 0

    @property
    def width(self) -> int:
        """Units that the frontier has at most."""
        return max(len(u.staying) for u in self.units)

    def run(self, known: float, nodes: int) -> tuple[float, np.ndarray | None]:
        """Return a bound on the border and the best districts, or None where none below `known` were found.

        The bound is inf where no districts keep the balance, and `known` at most otherwise; `nodes` limits the work.
        """
        self.left = min(MOST_STEPS, STEPS_OF_A_NODE * nodes)
        if self.width > MOST_FRONTIER:
            return 0.0, None
        if np.isfinite(known):
            return self._below(known)
        everything = max(1.0, float(self.area.border.sum()))
        known = everything / 4
        while True:
            bound, district = self._below(known)
            if district is not None or bound < known * (1 - 2 * CLOSED):
                return bound, district
            if known > everything:
                return np.inf, None
            known *= 2

    def _below(self, known: float) -> tuple[float, np.ndarray | None]:
        """Return a bound that is `known` at most, and the best districts below that."""
        border = self.area.border
        whole = bool((border == np.round(border)).all())
        self.below = np.ceil(known * (1 - SLACK)) - 0.5 if whole else known * (1 - CLOSED)
        layers, best = None, 0.0
        mean = float(self.area.weight.sum()) / self.count
        for parts in PARTS:
            layers = self._round(layers, None if parts is None else mean / parts)
            if layers is None:
                return best * (1 - SLACK), None
            least = float(layers[0].ahead[0])
            if least >= self.below:
                return known if whole else self.below, None
            best = max(best, least)
        assert layers is not None
        return best if whole else best * (1 - SLACK), self._plan(layers)

    def _round(self, before: list[FrontierLayer] | None, step: float | None) -> list[FrontierLayer] | None:
        """Return the steps of all parts of the map, None where there are too many. The first layer has the state before the first unit."""
        none = np.empty(0, np.int32)
        empty, zero = np.zeros((1, 0), np.int8), np.zeros(1)
        loads = np.zeros((1, self.count))
        states = States(empty, empty, np.zeros(1, np.int8), loads, loads, zero, np.zeros(1, np.int32))
        layers, sizes = [FrontierLayer(none, none, none, np.empty(0))], [1]
        for k, unit in enumerate(self.units):
            if self.stop():
                return None
            states, layer = self._after(states, unit, None if before is None else before[k + 1], step)
            self.left -= len(layer.state)
            if len(states) > MOST_STATES or self.left < 0:
                return None
            layers.append(layer)
            sizes.append(len(states))
        ahead = np.where(states.closed == self.count, 0.0, np.inf)
        for k in range(len(layers) - 1, 0, -1):
            layer = layers[k]
            layer.ahead = ahead
            ahead = np.full(sizes[k - 1], np.inf)
            np.minimum.at(ahead, layer.state, layer.border + layer.ahead[layer.target])
        layers[0].ahead = ahead
        return layers

    def _after(
        self, states: States, unit: Unit, before: FrontierLayer | None, step: float | None
    ) -> tuple[States, FrontierLayer]:
        """Give a unit each district of the frontier, or a new one; return the states and the steps to them."""
        row, choice = self._choices(states, unit)
        border = np.zeros(len(row))
        for place, metres in unit.touched:
            border += metres * (states.district[row, place] != choice)
        total = states.border[row] + border
        if before is None:
            whole, ahead = np.zeros(len(row), np.int32), 0.0
        else:
            whole = _followed(before, states.whole[row], choice)
            ahead = np.where(whole >= 0, before.ahead[whole] if len(before.ahead) else 0.0, np.inf)
        fits = total + ahead < self.below
        row, choice, border = row[fits], choice[fits], border[fits]
        made = states.of(row)
        made.border, made.whole = total[fits], whole[fits]
        right = self._settle(made, unit, choice)
        row, choice, border, made = row[right], choice[right], border[right], made.of(right)
        keys = [made.whole] if before is not None else [_packed(made.piece), _packed(made.district), made.closed]
        if step is not None:
            for k in range(self.count):
                keys.append(made.low[:, k] if step == 0.0 else np.floor(made.low[:, k] / step))
                keys.append(made.high[:, k] if step == 0.0 else np.floor((made.high[:, k] - made.low[:, k]) / step))
        first, order, target = _alike(keys, len(row))
        merged = made.of(order[first])
        if len(first):
            merged.low = np.minimum.reduceat(made.low[order], first, axis=0)
            merged.high = np.maximum.reduceat(made.high[order], first, axis=0)
            merged.border = np.minimum.reduceat(made.border[order], first)
        return merged, FrontierLayer(row.astype(np.int32), choice.astype(np.int8), target.astype(np.int32), border)

    def _choices(self, states: States, unit: Unit) -> tuple[np.ndarray, np.ndarray]:
        """Return states and districts that a unit may have there; a new one has the number after the open ones."""
        weight = float(self.area.weight[unit.unit])
        opened = states.district.max(axis=1, initial=-1).astype(int) + 1
        rows: list[np.ndarray] = []
        for d in range(self.count):
            fits = (d < opened) | ((d == opened) & (states.closed + opened < self.count))
            rows.append(np.flatnonzero(fits & (states.low[:, d] + weight <= self.upper)))
        return np.concatenate(rows), np.repeat(np.arange(self.count), [len(r) for r in rows])

    def _settle(self, made: States, unit: Unit, choice: np.ndarray) -> np.ndarray:
        """Bring states to what they are with their unit's district, and return those that may become a plan."""
        k, weight = np.arange(len(choice)), float(self.area.weight[unit.unit])
        made.low[k, choice] += weight
        made.high[k, choice] = np.minimum(self.upper, made.high[k, choice] + weight)
        width = made.piece.shape[1]
        piece = np.column_stack([made.piece, np.full(len(choice), width, np.int8)])
        district = np.column_stack([made.district, choice.astype(np.int8)])
        for place, _ in unit.touched:
            old = np.where(district[:, place] == choice, piece[:, place], -1)
            piece[piece == old[:, None]] = width
        right, left = np.ones(len(choice), bool), list(range(width + 1))
        for place in unit.leaving:
            left.remove(place)
            own = district[:, place].astype(int)
            alone = ~(piece[:, left] == piece[:, place, None]).any(axis=1)
            others = (district[:, left] == own[:, None]).any(axis=1)
            closes = alone & ~others
            # a piece that is left behind never joins its district
            right &= ~(alone & others) & (~closes | (made.high[k, own] >= self.lower))
            made.closed += closes
            made.low[k[closes], own[closes]] = made.high[k[closes], own[closes]] = 0.0
        made.piece, _ = _numbered(piece[:, left], width + 1)
        made.district, place_of = _numbered(district[:, left], self.count)
        low, high = np.zeros_like(made.low), np.zeros_like(made.high)
        for d in range(self.count):
            rows = np.flatnonzero(place_of[:, d] >= 0)
            low[rows, place_of[rows, d]] = made.low[rows, d]
            high[rows, place_of[rows, d]] = made.high[rows, d]
        made.low, made.high = low, high
        opened = (place_of >= 0).sum(axis=1)
        still = np.arange(self.count) < opened[:, None]
        new = self.count - made.closed - opened
        need = (np.maximum(0.0, self.lower - high) * still).sum(axis=1) + new * self.lower
        room = ((self.upper - low) * still).sum(axis=1) + new * self.upper
        slack = 1e-9 * (self.count * self.upper + unit.rest)
        return np.flatnonzero(right & (new >= 0) & (need <= unit.rest + slack) & (room >= unit.rest - slack))

    def _plan(self, layers: list[FrontierLayer]) -> np.ndarray:
        """Return the districts of the least border, (n,)."""
        district = np.empty(len(self.units), int)
        state, opened, made = 0, list[int](), 0
        front = list[int]()
        for unit, layer in zip(self.units, layers[1:], strict=True):
            steps = np.flatnonzero(layer.state == state)
            step = int(steps[np.argmin(layer.border[steps] + layer.ahead[layer.target[steps]])])
            choice, state = int(layer.choice[step]), int(layer.target[step])
            if choice == len(opened):
                opened.append(made)
                made += 1
            district[unit.unit] = opened[choice]
            front.append(opened[choice])
            front = [front[place] for place in unit.staying]
            opened = list(dict.fromkeys(front))
        return district

    def _units(self) -> list[Unit]:
        """Return the units in the best order that is found; the first one will do where there is no time."""
        n, best, most = len(self.near), list[int](), np.inf
        for start in range(n):
            if best and self.stop():
                break
            order, value = self._order(start, most)
            if value < most:
                best, most = order, value
        border: dict[tuple[int, int], float] = {}
        for (a, b), metres in zip(self.area.edges.tolist(), self.area.border.tolist(), strict=True):
            border[a, b] = border[b, a] = border.get((a, b), 0.0) + metres
        units: list[Unit] = []
        front, done, rest = list[int](), set[int](), float(self.area.weight.sum())
        for u in best:
            done.add(u)
            rest -= float(self.area.weight[u])
            touched = tuple((p, border[u, v]) for p, v in enumerate(front) if (u, v) in border)
            front.append(u)
            staying = tuple(p for p, v in enumerate(front) if not done.issuperset(self.near[v]))
            leaving = tuple(p for p in range(len(front)) if p not in staying)
            units.append(Unit(u, touched, leaving, staying, max(0.0, rest)))
            front = [front[p] for p in staying]
        return units

    def _order(self, start: int, most: float) -> tuple[list[int], float]:
        """Return an order from a unit, each next one that which leaves the smallest frontier, and what it counts; it ends where that is too much."""
        n, value = len(self.near), 0.0
        order, done, front = list[int](), set[int](), list[int]()
        unit = start
        while True:
            order.append(unit)
            done.add(unit)
            front = [v for v in [*front, unit] if not done.issuperset(self.near[v])]
            value += GROWTH ** len(front)
            if value >= most or len(order) == n:
                return order, value
            beside = {v for f in front for v in self.near[f] if v not in done} or set(range(n)) - done
            ranked: list[tuple[int, int, int]] = []
            for v in beside:
                after = sum(any(x not in done and x != v for x in self.near[f]) for f in front)
                after += not done.issuperset(self.near[v])
                age = min((p for p, f in enumerate(front) if v in self.near[f]), default=n)
                ranked.append((after, age, v))
            unit = min(ranked)[2]


def _followed(before: FrontierLayer, state: np.ndarray, choice: np.ndarray) -> np.ndarray:
    """Return the states to which steps of the round before led, -1 where there was none."""
    wide = int(max(before.choice.max(initial=0), choice.max(initial=0))) + 1
    after = np.full((int(max(before.state.max(initial=0), state.max(initial=0))) + 1, wide), -1, np.int32)
    after[before.state, before.choice] = before.target
    return after[state, choice]


def _packed(numbers: np.ndarray) -> np.ndarray:
    """Return rows of small numbers as one number each."""
    code = np.zeros(len(numbers), np.int64)
    for column in numbers.T:
        code = (code << BITS) | column
    return code


def _numbered(labels: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return labels numbered along each row by their first places, and the new number of each old one, -1 where it is not there."""
    new, count = np.full((len(labels), most), -1, np.int8), np.zeros(len(labels), np.int8)
    out, k = np.empty_like(labels), np.arange(len(labels))
    for p, column in enumerate(labels.T):
        first = new[k, column] < 0
        new[k[first], column[first]] = count[first]
        count += first
        out[:, p] = new[k, column]
    return out, new


def _alike(keys: list[np.ndarray], number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where each group of equal keys begins in an order, that order, and the group of each."""
    order = np.lexsort(keys) if number else np.empty(0, int)
    new = np.zeros(number, bool)
    new[:1] = True
    for key in keys:
        new[1:] |= np.diff(key[order]) != 0
    group = np.empty(number, int)
    group[order] = np.cumsum(new) - 1
    return np.flatnonzero(new), order, group
