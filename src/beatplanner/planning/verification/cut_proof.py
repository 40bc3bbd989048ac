"""The bound on the border between beats: by eigenvalues for any map, by prices where a certificate has them, by going through every plan where the map is small, or what parts two or three beats.

The first and the last (`cut_sweep_proof` has those of some dozen units, `cut_cycle_proof` those of two beats, `cut_three_proof` those of three) need no certificate: the numbers are computed anew from the map. Only numpy and the standard library are used here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from beatplanner.planning.verification.arrays import HAIR
from beatplanner.planning.verification.cut_cone_proof import has_prices, prove_cone
from beatplanner.planning.verification.cut_cycle_proof import has_rings, no_ring_below, prove_rings
from beatplanner.planning.verification.cut_sweep_proof import none_below
from beatplanner.planning.verification.cut_three_proof import no_three_below
from beatplanner.planning.verification.travel_pairs import SLACK, Area

# Units up to which eigenvalues are computed, and every plan is gone through; steps after which the latter is given up.
EIGEN_UNITS, WHOLE_UNITS, STEPS = 1_500, 40, 150_000
# What a unit without workload weighs, as a share of the mean.
NO_WORK = 1e-6


def prove_cut(area: Area, claimed: float, part: dict[str, np.ndarray] | None = None, steps: int | None = None) -> float:
    """Return a bound on the border between beats of one municipality: at least `claimed` where that can be proven.

    Parameters
    ----------
    area
        The municipality.
    claimed
        What is claimed; inf where it is claimed that there are no such beats.
    part
        Prices of a certificate, and lengths of rings of a certificate, where there are some; see `cut_cone_proof` and `cut_cycle_proof`.
    steps
        Ways of rings and pairs of them after which going through what parts two or three beats is given up; None for as many as the checker looks at.

    Raises
    ------
    MalformedError
        Where an array of the certificate is not as it must be.
    """
    value = eigenvalues(area)
    if part and has_prices(part) and value < claimed:
        value = max(value, prove_cone(area, part))
    if part and has_rings(part) and value < claimed:
        value = max(value, prove_rings(area, part))
    if value >= claimed or value >= claimed - HAIR * claimed:
        # by so little a claim may miss; what has to be gone through for the last digit may take minutes
        return value
    least = _Plans(area, claimed).least() if len(area.weight) <= WHOLE_UNITS else None
    if least is not None:
        return max(value, least)
    proven = no_ring_below(area, claimed, steps) or no_three_below(area, claimed, steps) or none_below(area, claimed)
    return claimed if proven else value


def eigenvalues(area: Area) -> float:
    """Return ½ L Σ λ_k over the K least eigenvalues of the borders' Laplacian, scaled by hours (Donath and Hoffman 1973)."""
    n, count = len(area.weight), area.count
    if n > EIGEN_UNITS or area.lower <= 0 or not len(area.edges) or count < 2:
        return 0.0
    a, b = area.edges.T
    matrix = np.zeros((n, n))
    np.add.at(matrix, (a, b), -area.border)
    np.add.at(matrix, (b, a), -area.border)
    matrix[np.diag_indices(n)] = -matrix.sum(axis=1)
    root = 1.0 / np.sqrt(area.weight + NO_WORK * area.weight.mean())
    matrix *= root[:, None] * root[None, :]
    # the error of an eigenvalue of a symmetric matrix is rounding times its norm
    error = max(1e-12, 1e-15 * n) * float(np.abs(matrix).sum(axis=1).max())
    values = np.maximum(np.linalg.eigvalsh(matrix)[:count] - error, 0.0)
    return max(0.0, 0.5 * area.lower * (1 - SLACK) * float(values.sum()))


class _Plans:
    """Every plan of a small municipality whose border is below a number, depth first over units in the order of their neighbours."""

    def __init__(self, area: Area, below: float) -> None:
        self.area, self.below, self.best = area, below * (1 - 1e-12), math.inf
        n = self.n = len(area.weight)
        self.near: list[list[tuple[int, float]]] = [[] for _ in range(n)]
        for a, b, metres in zip(*area.edges.T.tolist(), area.border.tolist(), strict=True):
            self.near[int(a)].append((b, metres))
            self.near[int(b)].append((a, metres))
        self.weight = area.weight.tolist()
        self.order = self._order()
        self.left = [0.0] * (n + 1)
        for k in range(n - 1, -1, -1):
            self.left[k] = self.left[k + 1] + self.weight[self.order[k]]
        slack = SLACK * area.upper
        self.lower, self.upper = area.lower - slack, area.upper + slack
        self.group, self.loads = [-1] * n, [0.0] * area.count
        self.lock_of, self.group_of_lock = [-1] * area.count, dict[int, int]()
        # borders of an unassigned unit with each group, and what it will cut at least
        self.toward = [[0.0] * area.count for _ in range(n)]
        self.least_cut = [0.0] * n
        self.steps = 0

    def least(self) -> float | None:
        """Return `below`, or the least border of a plan where that is less; None where it takes too long."""
        try:
            self._go(0, 0, 0.0, 0.0)
        except TimeoutError:
            return None
        return min(self.best, self.below / (1 - 1e-12))

    def _order(self) -> list[int]:
        """Return the units, each beside those before it as far as that is possible."""
        order: list[int] = []
        seen = [False] * self.n
        weight = [0.0] * self.n
        for _ in range(self.n):
            unit = max((i for i in range(self.n) if not seen[i]), key=lambda i: (weight[i], -i))
            seen[unit] = True
            order.append(unit)
            for v, metres in self.near[unit]:
                weight[v] += metres + 1e-9
        return order

    def _go(self, k: int, used: int, cut: float, ahead: float) -> None:
        self.steps += 1
        if self.steps > STEPS:
            raise TimeoutError
        if cut + ahead >= min(self.below, self.best):
            return
        missing = sum(max(0.0, self.lower - load) for load in self.loads)
        if missing > self.left[k] + SLACK * self.upper or self.area.count - used > self.n - k:
            return
        if k == self.n:
            if self._is_plan():
                self.best = cut
            return
        unit = self.order[k]
        ways = sorted(range(min(used + 1, self.area.count)), key=lambda g: -self.toward[unit][g])
        for g in ways:
            self._put(k, unit, g, max(used, g + 1), cut, ahead)

    def _put(self, k: int, unit: int, g: int, used: int, cut: float, ahead: float) -> None:
        """Put a unit into a group, go on, and take it out again."""
        if self.loads[g] + self.weight[unit] > self.upper:
            return
        lock = int(self.area.locked[unit])
        old_lock, old_group = self.lock_of[g], self.group_of_lock.get(lock, g)
        if lock >= 0 and (old_lock not in (-1, lock) or old_group != g):
            return
        known = lock in self.group_of_lock
        if lock >= 0:
            self.lock_of[g] = lock
            self.group_of_lock[lock] = g
        self.group[unit] = g
        old_load = self.loads[g]
        self.loads[g] += self.weight[unit]
        more = sum(self.toward[unit]) - self.toward[unit][g]
        changes: list[tuple[int, float, float]] = []
        after = ahead - self.least_cut[unit]
        for v, metres in self.near[unit]:
            if self.group[v] < 0:
                changes.append((v, self.toward[v][g], self.least_cut[v]))
                self.toward[v][g] += metres
                self.least_cut[v] = sum(self.toward[v]) - max(self.toward[v])
                after += self.least_cut[v] - changes[-1][2]
        self._go(k + 1, used, cut + more, max(0.0, after) * (1 - 1e-12))
        for v, was, least in reversed(changes):
            self.toward[v][g], self.least_cut[v] = was, least
        self.loads[g] = old_load
        self.group[unit] = -1
        self.lock_of[g] = old_lock
        if lock >= 0 and not known:
            del self.group_of_lock[lock]

    def _is_plan(self) -> bool:
        if any(load < self.lower for load in self.loads):
            return False
        for g in range(self.area.count):
            members = [i for i in range(self.n) if self.group[i] == g]
            if not members or len(self._reached(members[0], g)) < len(members):
                return False
        budget = self.area.budget
        return budget is None or self.fewest_moved() <= budget * (1 + 1e-9) + 1e-6

    def _reached(self, unit: int, g: int) -> set[int]:
        seen, todo = {unit}, [unit]
        while todo:
            for v, _ in self.near[todo.pop()]:
                if self.group[v] == g and v not in seen:
                    seen.add(v)
                    todo.append(v)
        return seen

    def fewest_moved(self) -> float:
        """Return the fewest residents who change beat where each group may carry on one of today's beats."""
        area = self.area
        known = float(area.residents[area.current >= 0].sum())
        kept: list[dict[int, float]] = [{} for _ in range(area.count)]
        for i, (g, label) in enumerate(zip(self.group, area.current.tolist(), strict=True)):
            if label >= 0:
                kept[g][label] = kept[g].get(label, 0.0) + float(area.residents[i])
        for g, lock in enumerate(self.lock_of):
            if lock >= 0:
                kept[g] = {lock: kept[g].get(lock, 0.0)}
        return known - _most_kept(kept, 0, frozenset())


def _most_kept(kept: Sequence[dict[int, float]], first: int, taken: frozenset[int]) -> float:
    """Return the most residents kept where the groups from `first` on carry on labels that are not taken."""
    if first == len(kept):
        return 0.0
    # a group without a label; those that are locked have one, which no other may carry
    best = _most_kept(kept, first + 1, taken)
    for label, people in kept[first].items():
        if label not in taken:
            best = max(best, people + _most_kept(kept, first + 1, taken | {label}))
    return best
