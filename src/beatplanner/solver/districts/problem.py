"""What a districting problem is, and what its districts are: the data that search, bounds and planning share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from beatplanner.solver.districts.annealing import TRAVEL
from beatplanner.solver.districts.evidence import BoundEvidence
from beatplanner.solver.districts.growth import Graph


class Measured(Protocol):
    """Districts whose figures are known."""

    @property
    def outside(self) -> float:
        """Workload outside the bounds."""
        ...

    @property
    def moved(self) -> float:
        """Residents whose label changes."""
        ...


@dataclass(frozen=True)
class Balance:
    """An amount beside the workload that districts share evenly.

    Attributes
    ----------
    name
        What it is.
    amount
        (n,) of each unit, not negative.
    lower, upper
        Bounds of a district's amount.
    """

    name: str
    amount: np.ndarray
    lower: float
    upper: float


@dataclass(frozen=True)
class DistrictingProblem:
    """One municipality's units, to be made into districts.

    Attributes
    ----------
    weight
        (n,) workload, not negative.
    xy
        (n, 2) representative points, metres.
    edges
        (m, 2) adjacent units.
    border
        (m,) shared border, metres.
    count
        Number of districts K, 1..n.
    lower, upper
        Bounds of a district's workload.
    distance
        (n, n) metres from unit i to centre j as ``distance[i, j]``, or None for the straight line.
    goal
        What to minimise: `TRAVEL` to the centres, the border between districts (`CUT`), or the residents that change label (`MOVES`).
    residents
        (n,) residents (or workload where they are unknown), for the budget.
    current
        (n,) label of today's district, -1 where there is none.
    budget
        Residents that may change label; None for no limit.
    locked
        (n,) label that the unit must have, -1 where free. Labels of `locked` and `current` are the same.
    price
        What each resident that changes label adds to the objective of `TRAVEL` and `CUT`: the price common to municipalities that share a budget.
    balances
        Amounts that districts balance beside the workload.
    """

    weight: np.ndarray
    xy: np.ndarray
    edges: np.ndarray
    border: np.ndarray
    count: int
    lower: float
    upper: float
    distance: np.ndarray | None = None
    goal: int = TRAVEL
    residents: np.ndarray = field(default_factory=lambda: np.empty(0))
    current: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    budget: float | None = None
    locked: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    price: float = 0.0
    balances: tuple[Balance, ...] = ()

    def __post_init__(self) -> None:
        # the kernels would be compiled once more for bounds that are whole numbers
        object.__setattr__(self, "lower", float(self.lower))
        object.__setattr__(self, "upper", float(self.upper))


@dataclass(frozen=True)
class Amounts:
    """The further balances of a problem as arrays, each in the measure of workload, so that what is outside can be added up.

    Attributes
    ----------
    of_unit
        (n, B) amounts.
    lower, upper
        (B,) bounds.
    """

    of_unit: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    @classmethod
    def of(cls, problem: DistrictingProblem) -> Amounts:
        """Return the amounts of a problem; its workload has as much in all as each of them."""
        columns: list[np.ndarray] = []
        bounds: list[tuple[float, float]] = []
        work = float(problem.weight.sum())
        for balance in problem.balances:
            whole = float(balance.amount.sum())
            scale = work / whole if work > 0 and whole > 0 else 1.0
            columns.append(balance.amount * scale)
            bounds.append((balance.lower * scale, balance.upper * scale))
        units = len(problem.weight)
        of_unit = np.ascontiguousarray(np.column_stack(columns), float) if columns else np.zeros((units, 0))
        lower, upper = (np.array([b[k] for b in bounds], float) for k in range(2))
        return cls(of_unit, lower, upper)

    def outside(self, district: np.ndarray, count: int) -> float:
        """Return how much of all amounts is outside the bounds of districts, (n,) of 0..K-1."""
        found = 0.0
        for amount, low, high in zip(self.of_unit.T, self.lower, self.upper, strict=True):
            total = np.bincount(district, weights=amount, minlength=count)
            found += float(np.maximum(0.0, total - high).sum() + np.maximum(0.0, low - total).sum())
        return found


def keeps_amounts(district: np.ndarray, problem: DistrictingProblem) -> bool:
    """Tell whether districts keep every balance but that of the workload, to rounding."""
    if not problem.balances:
        return True
    slack = 1e-9 * max(problem.upper, 1e-300) * problem.count
    return Amounts.of(problem).outside(district, problem.count) <= slack


@dataclass(frozen=True)
class Districts:
    """The best districts found.

    Attributes
    ----------
    district
        (n,) district of each unit, 0..K-1.
    centre
        (K,) centre unit of each district.
    label
        (K,) label of today's district that each carries on, -1 for a new one.
    objective
        Travel, border or residents moved, as the problem's goal has it, and the price of the residents moved.
    lower_bound
        Proven bound on the objective of any districts that keep the rules; None where none was computed.
    outside
        Workload outside the bounds, summed over districts, and so of further balances; 0 where the rules are kept.
    moved
        Residents whose label changes.
    infeasible
        Whether it is proven that no districts keep the rules.
    evidence
        What proves `lower_bound` or `infeasible`; None where neither was proven.
    hurried
        Whether the bound's ascent was cut short by the time, so that it says little.
    """

    district: np.ndarray
    centre: np.ndarray
    label: np.ndarray
    objective: float
    lower_bound: float | None
    outside: float
    moved: float
    infeasible: bool
    evidence: BoundEvidence | None = None
    hurried: bool = False


def connected(district: np.ndarray, edges: np.ndarray) -> bool:
    """Tell whether every district is connected in the graph of `edges`, (m, 2)."""
    return int(pieces_of(district, edges).max(initial=-1)) + 1 == len(np.unique(district))


def pieces_of(district: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the number of the connected piece of its district that each unit is in, (n,); pieces are numbered from 0 over all districts."""
    inside = edges[district[edges[:, 0]] == district[edges[:, 1]]] if len(edges) else np.empty((0, 2), int)
    graph = sparse.csr_matrix(
        (np.ones(len(inside)), (inside[:, 0], inside[:, 1])), shape=(len(district), len(district))
    )
    return csgraph.connected_components(graph, directed=False)[1]


def pieces(problem: DistrictingProblem) -> list[np.ndarray]:
    """Return the connected pieces of the map, arrays of units, the one with the most workload first."""
    label = Graph(len(problem.weight), problem.edges, problem.border).components()
    parts = [np.flatnonzero(label == p) for p in np.unique(label)]
    return sorted(parts, key=lambda units: -float(problem.weight[units].sum()))


def keeps_balance(found: Measured, problem: DistrictingProblem) -> bool:
    """Tell whether no district is outside the bounds by more than rounding."""
    return found.outside <= 1e-9 * problem.upper * problem.count


def keeps_budget(found: Measured, problem: DistrictingProblem) -> bool:
    """Tell whether no more residents move than the budget allows."""
    return problem.budget is None or found.moved <= problem.budget * (1 + 1e-9) + 1e-9
