"""Units of a map that a branching has joined into classes, and which classes are kept apart: the nodes of the tree over the least border (`cut_tree`)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

# Bounds of workload are met within this share, as districts are.
SLACK = 1e-9


@dataclass(frozen=True)
class CutMap:
    """A map whose border between districts is bounded.

    Attributes
    ----------
    weight
        (n,) workload.
    edges, border
        (m, 2) adjacent units and (m,) their border.
    count, lower, upper
        Number of districts, and bounds of a district's workload.
    locked
        (n,) label that a unit must have, -1 where free.
    """

    weight: np.ndarray
    edges: np.ndarray
    border: np.ndarray
    count: int
    lower: float
    upper: float
    locked: np.ndarray

    @cached_property
    def laplacian(self) -> np.ndarray:
        """(n, n) of the borders."""
        n = len(self.weight)
        matrix = np.zeros((n, n))
        a, b = self.edges.T
        np.add.at(matrix, (a, b), -self.border)
        np.add.at(matrix, (b, a), -self.border)
        matrix[np.diag_indices(n)] = -matrix.sum(axis=1)
        return matrix


@dataclass(frozen=True)
class Classes:
    """Units joined to classes, in the order of their first units.

    Attributes
    ----------
    of
        (n,) class of each unit.
    weight
        (m,) workload of each class.
    apart
        (m, m) whether two classes share no district.
    dead
        Whether no districts are left.
    """

    of: np.ndarray
    weight: np.ndarray
    apart: np.ndarray
    dead: bool

    @property
    def number(self) -> int:
        """How many classes there are."""
        return len(self.weight)

    @property
    def member(self) -> np.ndarray:
        """(n, m) 1 where a unit is in a class."""
        found = np.zeros((len(self.of), self.number))
        found[np.arange(len(self.of)), self.of] = 1.0
        return found


def first_classes(area: CutMap) -> Classes:
    """Return each unit as a class, those locked to one label as one."""
    n = len(area.weight)
    key = np.where(area.locked >= 0, n + area.locked, np.arange(n))
    _, first, of = np.unique(key, return_index=True, return_inverse=True)
    label = area.locked[first]
    apart = (label[:, None] >= 0) & (label[None] >= 0) & (label[:, None] != label[None])
    return _settled(area, of, apart)


def branched(area: CutMap, classes: Classes, one: int, other: int, *, joined: bool) -> Classes:
    """Return the classes where two units are together, or apart."""
    a, b = sorted((int(classes.of[one]), int(classes.of[other])))
    apart = classes.apart.copy()
    if not joined:
        apart[a, b] = apart[b, a] = True
        return _settled(area, classes.of, apart)
    if apart[a, b]:
        return Classes(classes.of, classes.weight, apart, dead=True)
    apart[a] |= apart[b]
    apart[:, a] |= apart[:, b]
    of = np.where(classes.of == b, a, classes.of)
    return _settled(area, of - (of > b), np.delete(np.delete(apart, b, axis=0), b, axis=1))


def _settled(area: CutMap, of: np.ndarray, apart: np.ndarray) -> Classes:
    """Return classes in the order of their first units, with those apart that are too heavy together or too far from each other."""
    _, first = np.unique(of, return_index=True)
    order = np.argsort(first)
    rank = np.empty(len(order), int)
    rank[order] = np.arange(len(order))
    of, apart = rank[of], apart[np.ix_(order, order)]
    weight = np.bincount(of, weights=area.weight)
    most, least = area.upper * (1 + SLACK), area.lower * (1 - SLACK)
    apart = apart | (_lightest_paths(area, of, weight) > most)
    np.fill_diagonal(apart, False)
    within = weight + (~apart @ weight) - weight
    dead = bool((weight > most).any() or len(weight) < area.count or (within < least).any())
    return Classes(of, weight, apart, dead or _too_many(apart, area.count))


def _lightest_paths(area: CutMap, of: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return (m, m) what the lightest path of classes between two weighs, both ends counted."""
    m = len(weight)
    path = np.full((m, m), np.inf)
    a, b = of[area.edges[:, 0]], of[area.edges[:, 1]]
    path[a, b] = path[b, a] = weight[a] + weight[b]
    np.fill_diagonal(path, weight)
    for k in range(m):
        np.minimum(path, path[:, k, None] + path[None, k] - weight[k], out=path)
    return path


def _too_many(apart: np.ndarray, count: int) -> bool:
    """Tell whether more classes than there are districts are found that are all apart."""
    for a in range(len(apart)):
        left, size = apart[a].copy(), 1
        while left.any():
            b = int(np.argmax(left))
            left &= apart[b]
            size += 1
        if size > count:
            return True
    return False
