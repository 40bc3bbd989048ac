"""A bound on the border between districts by matrices that are positive semidefinite, with prices that anybody can evaluate.

X_ij = 1 where classes of units i and j share a district is Σ_k x_k x_k', for the indicators x_k of K districts. With A the Laplacian of the borders,
w the workload and L, U its bounds (Karisch and Rendl 1998, with workload; Ferreira et al. 1996 for connection)::

    min  ½ <A, X>
    s.t. X − J / K positive semidefinite,  X_ii = 1,  X ≥ 0,  X_ij = 0 where i and j are apart
         L ≤ X w ≤ U,  w'Xw ≤ (L + U) Σ w − K L U         since (load − L) (load − U) ≤ 0
         X_ij + X_ik − X_jk ≤ 1
         X_ij ≤ Σ_{c in C} X_ic                           for units C without which no path joins i and j

The latter two are added as they are violated. The method of multipliers (Boyd et al. 2011) splits X into a copy for the cone, one for the entries, one
for the workload and one for each added row. Whatever its prices are, they are a bound (`ConeMultipliers.value`): with u, α, γ ≥ 0, N ≥ 0 (but where apart), μ ≥ 0
and Z = ½ A − diag(u) + ½ (α w' + w α') + γ w w' − N + Σ μ rows, for m classes, since the trace of X − J / K is m (1 − 1 / K)::

    Σ Z / K + m (1 − 1 / K) min(0, least eigenvalue of Z) + Σ u − Σ max(α L, α U) − γ ((L + U) Σ w − K L U) − Σ μ right side
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from beatplanner.solver.districts.cut_classes import Classes, CutMap

# Steps of the method between two looks at its prices, and between two rounds of rows; rounds of a first and of a later relaxation.
LOOK, ROUND, ROUNDS, LATER = 25, 300, 10, 4
# How far a step goes beyond the new point, which is faster.
BEYOND = 1.6
# Rows added in a round, by how much they must be violated, and units that a separator may have.
ROWS, VIOLATED, WIDEST = 300, 1e-2, 12
# The share of a bound by which a round must better it.
WORTH = 2e-4
CLOSE = 2e-4


@dataclass
class Rows:
    """Rows found so far, by units: triangles (i, j, k), and separators (i, j, C)."""

    triangles: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])
    separators: list[tuple[int, int, tuple[int, ...]]] = field(default_factory=list[tuple[int, int, tuple[int, ...]]])
    number: dict[tuple[int, ...], int] = field(default_factory=dict[tuple[int, ...], int])

    def triangle(self, i: int, j: int, k: int) -> int:
        """Return the number of a triangle: even numbers are triangles, odd ones separators."""
        if (i, j, k) not in self.number:
            self.number[i, j, k] = 2 * len(self.triangles)
            self.triangles.append((i, j, k))
        return self.number[i, j, k]

    def separator(self, i: int, j: int, units: tuple[int, ...]) -> int:
        """Return the number of a separator."""
        if (i, j, -1, *units) not in self.number:
            self.number[i, j, -1, *units] = 2 * len(self.separators) + 1
            self.separators.append((i, j, units))
        return self.number[i, j, -1, *units]

    def terms(self, row: int, of: np.ndarray) -> tuple[list[tuple[int, int]], float] | None:
        """Return a row's pairs of classes, the first positive, and its right side; None where it says nothing of these classes."""
        if row % 2 == 0:
            i, j, k = (int(of[u]) for u in self.triangles[row // 2])
            return None if len({i, j, k}) < 3 else ([(i, j), (i, k), (j, k)], 1.0)
        one, other, units = self.separators[row // 2]
        i, j, around = int(of[one]), int(of[other]), sorted({int(of[c]) for c in units})
        return None if i == j or i in around or j in around else ([(i, j), *((i, c) for c in around)], 0.0)


@dataclass(frozen=True)
class ConeMultipliers:
    """Prices of a relaxation: u, α (m,), γ, N (m, m), and rows with their μ; see the module."""

    unit: np.ndarray
    load: np.ndarray
    total: float
    pair: np.ndarray
    rows: list[int]
    row_price: np.ndarray

    def value(self, area: CutMap, classes: Classes, rows: Rows) -> float:
        """Return the bound that these prices are."""
        member, weight, m, count = classes.member, classes.weight, classes.number, area.count
        z = 0.5 * member.T @ area.laplacian @ member
        z += 0.5 * (np.outer(self.load, weight) + np.outer(weight, self.load)) + self.total * np.outer(weight, weight)
        z -= self.pair + np.diag(self.unit)
        right = 0.0
        for row, price in zip(self.rows, self.row_price.tolist(), strict=True):
            terms = rows.terms(row, classes.of)
            if terms is None:
                continue
            pairs, side = terms
            for (i, j), sign in zip(pairs, signs(row, len(pairs)), strict=True):
                z[i, j] += 0.5 * sign * price
                z[j, i] += 0.5 * sign * price
            right += price * side
        square = (area.lower + area.upper) * float(weight.sum()) - count * area.lower * area.upper
        least = float(np.linalg.eigvalsh(z)[0]) - 1e-12 * float(np.abs(z).sum(axis=1).max())
        whole = float(z.sum()) / count + m * (1 - 1 / count) * min(0.0, least) + float(self.unit.sum())
        loads = float(np.maximum(self.load * area.lower, self.load * area.upper).sum())
        return whole - loads - self.total * square - right


def signs(row: int, length: int) -> list[float]:
    """Return the signs of a row's pairs: of a triangle all but the last are added, of a separator the first alone."""
    return [1.0, 1.0, -1.0] if row % 2 == 0 else [1.0] + [-1.0] * (length - 1)


@dataclass
class Point:
    """Where a relaxation ended, to go on from in its children: X, and prices of the cone, entries, loads, their square, and rows."""

    of: np.ndarray
    x: np.ndarray
    cone: np.ndarray
    entries: np.ndarray
    load: np.ndarray
    total: float
    rows: list[int]
    row_price: np.ndarray
    stiff: float


class ConeRelaxation:
    """The method of multipliers over the classes of a node; in units in which borders and workload are about 1."""

    x: np.ndarray
    stiff: float
    y_cone: np.ndarray
    y_entries: np.ndarray
    y_load: np.ndarray
    y_total: float
    y_rows: np.ndarray
    z_cone: np.ndarray
    z_entries: np.ndarray
    z_load: np.ndarray
    z_total: float
    z_rows: np.ndarray
    have: list[int]
    at: np.ndarray
    sign: np.ndarray
    used: np.ndarray
    side: np.ndarray
    length: np.ndarray
    inverse: np.ndarray
    loads_of: np.ndarray
    prices: ConeMultipliers | None

    def __init__(self, area: CutMap, classes: Classes, rows: Rows, near: list[np.ndarray], start: Point | None) -> None:
        self.area, self.classes, self.rows = area, classes, rows
        m = self.m = classes.number
        member = classes.member
        self.cost = 0.5 * member.T @ area.laplacian @ member
        self.unit = max(1e-300, float(np.linalg.norm(0.5 * area.laplacian)) / len(area.weight))
        self.cost /= self.unit
        self.norm = float(np.linalg.norm(classes.weight))
        self.w: np.ndarray = classes.weight / self.norm
        self.outer = np.outer(self.w, self.w)
        self.lower, self.upper = area.lower / self.norm, area.upper / self.norm
        total = float(classes.weight.sum()) / self.norm
        self.square = (self.lower + self.upper) * total - area.count * self.lower * self.upper
        self.flat = np.full((m, m), 1 / area.count)
        self.near = [
            np.unique(classes.of[np.concatenate([near[u] for u in np.flatnonzero(classes.of == c)])]) for c in range(m)
        ]
        self.best, self.prices = -np.inf, None
        self.first = [int(np.flatnonzero(classes.of == c)[0]) for c in range(m)]
        self._begin(start)

    def _begin(self, start: Point | None) -> None:
        m = self.m
        if start is None:
            self.x = np.eye(m) * (1 - 1 / self.area.count) + self.flat
            self.stiff = 30.0
            self.y_cone, self.y_entries, self.y_load, self.y_total = (
                np.zeros((m, m)),
                np.zeros((m, m)),
                np.zeros(m),
                0.0,
            )
            self._set_rows([], np.empty(0))
        else:
            # the classes of the parent, each in a class here
            old = len(start.x)
            onto = np.zeros((old, m))
            first = np.unique(start.of, return_index=True)[1]
            onto[np.arange(old), self.classes.of[first]] = 1.0
            share = onto / onto.sum(axis=0)
            self.x, self.stiff = share.T @ start.x @ share, start.stiff
            self.y_cone = onto.T @ start.cone @ onto / self.stiff
            self.y_entries = onto.T @ start.entries @ onto / self.stiff
            self.y_load = onto.T @ start.load * self.norm / self.stiff
            self.y_total = start.total * self.norm**2 / self.stiff
            self._set_rows(start.rows, start.row_price / self.stiff)
        self.z_cone, self.z_entries = self.x - self.flat, self.x.copy()
        self.z_load = self.x @ self.w
        self.z_total = float(self.w @ self.z_load)

    def _set_rows(self, rows: list[int], price: np.ndarray) -> None:
        """Have these rows, with these prices, and prepare the step for them."""
        found = [
            (r, p, t)
            for r, p in zip(rows, price.tolist(), strict=True)
            if (t := self.rows.terms(r, self.classes.of)) is not None
        ]
        self.have = [r for r, _, _ in found]
        wide = max((len(t[0]) for _, _, t in found), default=1)
        self.at = np.zeros((len(found), wide), np.int64)
        self.sign = np.zeros((len(found), wide))
        self.side = np.array([t[1] for _, _, t in found])
        for q, (row, _, (pairs, _)) in enumerate(found):
            self.at[q, : len(pairs)] = [i * self.m + j for i, j in pairs]
            self.sign[q, : len(pairs)] = signs(row, len(pairs))
        self.used = self.sign != 0
        self.length = self.used.sum(axis=1)
        self.y_rows = np.array([p for _, p, _ in found])[:, None] * self.sign if found else np.zeros((0, 1))
        self.z_rows = self.x.ravel()[self.at] * self.used
        # the step solves D x + ½ (a w' + w a') + c w w' = r with a = x w and c = w'a
        d = np.bincount(self.at.ravel(), weights=self.used.ravel().astype(float), minlength=self.m**2).reshape(
            self.m, self.m
        )
        self.inverse = 1.0 / (2.0 + 0.5 * (d + d.T))
        w, inverse = self.w, self.inverse
        squared = inverse @ w**2
        matrix = (
            np.eye(self.m) + 0.5 * np.diag(squared) + 0.5 * w[:, None] * inverse * w[None] + np.outer(w * squared, w)
        )
        self.loads_of = np.linalg.inv(matrix)

    def _step(self) -> tuple[float, float]:
        """Make one step; return how far the copies are from each other, and how far they moved."""
        w, outer, stiff = self.w, self.outer, self.stiff
        load = self.z_load - self.y_load
        r = self.z_cone + self.flat - self.y_cone + self.z_entries - self.y_entries - self.cost / stiff
        half = np.outer(load, 0.5 * w)
        r += half + half.T + (self.z_total - self.y_total) * outer
        if self.have:
            d = np.bincount(
                self.at.ravel(), weights=((self.z_rows - self.y_rows) * self.used).ravel(), minlength=self.m**2
            )
            d = d.reshape(self.m, self.m)
            r += 0.5 * (d + d.T)
        a = self.loads_of @ ((self.inverse * r) @ w)
        half = np.outer(a, 0.5 * w)
        x = self.x = self.inverse * (r - half - half.T - float(w @ a) * outer)
        load = x @ w
        more, less = BEYOND, 1 - BEYOND
        held = more * (x - self.flat) + less * self.z_cone + self.y_cone
        values, vectors = np.linalg.eigh(0.5 * (held + held.T))
        few = values < 0
        part = (vectors[:, few] * values[few]) @ vectors[:, few].T
        z_cone, self.y_cone = held - part, part
        held = more * x + less * self.z_entries + self.y_entries
        # that they are 1 at most follows from the cone; a price of it would be none of the bound's
        z_entries = np.maximum(held, 0.0)
        z_entries[self.classes.apart] = 0.0
        np.fill_diagonal(z_entries, 1.0)
        self.y_entries = held - z_entries
        held = more * load + less * self.z_load + self.y_load
        self.z_load = np.clip(held, self.lower, self.upper)
        self.y_load = held - self.z_load
        held = more * float(w @ load) + less * self.z_total + self.y_total
        self.z_total = min(held, self.square)
        self.y_total = held - self.z_total
        if self.have:
            held = (more * x.ravel()[self.at] + less * self.z_rows) * self.used + self.y_rows
            over = np.maximum(0.0, (held * self.sign).sum(axis=1) - self.side) / self.length
            self.y_rows = over[:, None] * self.sign
            self.z_rows = held - self.y_rows
        apart = float(np.linalg.norm(x - self.flat - z_cone) + np.linalg.norm(x - z_entries))
        moved = stiff * float(np.linalg.norm(z_cone - self.z_cone) + np.linalg.norm(z_entries - self.z_entries))
        self.z_cone, self.z_entries = z_cone, z_entries
        return apart, moved

    def _look(self) -> None:
        """Evaluate the prices, and keep them where they are the best."""
        scale = self.stiff * self.unit
        pair = -scale * self.y_entries
        pair = np.where(self.classes.apart, pair, np.maximum(pair, 0.0))
        np.fill_diagonal(pair, 0.0)
        prices = ConeMultipliers(
            -scale * np.diag(self.y_entries),
            scale * self.y_load / self.norm,
            scale * max(0.0, self.y_total) / self.norm**2,
            0.5 * (pair + pair.T),
            self.have,
            scale * (self.y_rows * self.sign).sum(axis=1) / np.maximum(1, self.length) if self.have else np.empty(0),
        )
        value = prices.value(self.area, self.classes, self.rows)
        if value > self.best:
            self.best, self.prices = value, prices

    def run(self, target: float, rounds: int, stop: Callable[[], bool], above: float = -np.inf) -> None:
        """Go on until the bound is `target`, or no better; it is to be better than `above` at least."""
        for k in range(rounds):
            before, apart, moved = self.best, np.inf, np.inf
            for step in range(1, ROUND + 1):
                # on a busy machine even a step is long
                if stop():
                    return
                apart, moved = self._step()
                if step % LOOK:
                    continue
                self._look()
                if self.best >= target:
                    return
                by = 1.5 if apart > 3 * moved else 1 / 1.5 if moved > 3 * apart else 1.0
                self.stiff *= by
                self.y_cone, self.y_entries, self.y_load = self.y_cone / by, self.y_entries / by, self.y_load / by
                self.y_total, self.y_rows = self.y_total / by, self.y_rows / by
                if max(apart, moved) < CLOSE:
                    break
            done = k + 1 == rounds or (k > 1 and self.best > above and self.best - before < WORTH * abs(self.best))
            if done or (not self._add() and max(apart, moved) < CLOSE):
                return

    def _add(self) -> bool:
        """Add violated rows in place of those that cost nothing; tell whether there were any."""
        x, first = self.x, self.first
        have = set(self.have)
        found = [self.rows.triangle(first[i], first[j], first[k]) for i, j, k in _triangles(x)]
        for i, j in self._separated():
            found.append(self.rows.separator(first[i], first[j], tuple(self._around(j))))
        new = [r for r in dict.fromkeys(found) if r not in have]
        if not new:
            return False
        price = (self.y_rows * self.sign).sum(axis=1) / np.maximum(1, self.length) if self.have else np.empty(0)
        kept = np.flatnonzero(price > 1e-9).tolist()
        self._set_rows([self.have[q] for q in kept] + new, np.concatenate([price[kept], np.zeros(len(new))]))
        return True

    def _around(self, j: int) -> list[int]:
        """Return the units that neighbour a class."""
        inside = self.classes.of == j
        around = np.zeros(len(inside), bool)
        a, b = self.area.edges.T
        around[b[inside[a]]] = True
        around[a[inside[b]]] = True
        return np.flatnonzero(around & ~inside).tolist()

    def _separated(self) -> list[tuple[int, int]]:
        """Return pairs of classes that share a district more than its neighbours let them."""
        beside = np.zeros((self.m, self.m))
        for j, near in enumerate(self.near):
            beside[near, j] = 1.0
        np.fill_diagonal(beside, 0.0)
        over = self.x - self.x @ beside
        over[beside > 0] = -1.0
        over[:, beside.sum(axis=0) > WIDEST] = -1.0
        np.fill_diagonal(over, -1.0)
        return [divmod(q, self.m) for q in _greatest(over.ravel(), ROWS // 3)]

    def point(self) -> Point:
        """Return where this ended."""
        s = self.stiff
        price = (self.y_rows * self.sign).sum(axis=1) / np.maximum(1, self.length) if self.have else np.empty(0)
        return Point(
            self.classes.of,
            self.x,
            s * self.y_cone,
            s * self.y_entries,
            s * self.y_load / self.norm,
            s * self.y_total / self.norm**2,
            self.have,
            s * price,
            s,
        )


def _greatest(over: np.ndarray, most: int) -> list[int]:
    """Return the places of the greatest violations."""
    most = min(most, int((over > VIOLATED).sum()))
    return np.argpartition(-over, most - 1)[:most].tolist() if most else []


def _triangles(x: np.ndarray) -> list[tuple[int, int, int]]:
    """Return classes i, j, k of which X_ij + X_ik − X_jk is most above 1."""
    j, k = np.triu_indices(len(x), 1)
    found: list[tuple[float, int, int, int]] = []
    for i in range(len(x)):
        over = x[i, j] + x[i, k] - x[j, k] - 1.0
        over[(j == i) | (k == i)] = -1.0
        found += [(-float(over[q]), i, int(j[q]), int(k[q])) for q in _greatest(over, ROWS)]
    return [(i, p, q) for _, i, p, q in sorted(found)[:ROWS]]
