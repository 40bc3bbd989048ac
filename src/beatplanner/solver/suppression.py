"""Hiding figures of published tables so that nobody can work out a small count.

Model. The counts that no published figure divides further are *atoms* x ∈ ℕⁿ (the people of an area between old and new lines, the incidents
of one theme there). A figure i is a sum of atoms, vᵢ = Sᵢ x. Some figures are shown, the others hidden; zeros are always shown. An attacker who
has every table and knows these rules knows of the atoms just that they lie in ::

    P(shown) = { x ≥ 0,  Sᵢ x = vᵢ for shown i,  Sᵢ x ≥ 1 for hidden i }

and finds for a hidden count q·x the interval [min q·x, max q·x] over P by linear programming; every subtraction of published figures is a
combination of those equations, so it finds nothing that this interval does not. A table is safe where the whole numbers of the interval of each
hidden figure and of each atom of 1..k−1 span at least k (sliding protection: Fischetti and Salazar 2001).

Method. Figures of 1..k−1 are hidden (primary). For a count q whose interval is too narrow, the cheapest further hiding is sought by the
linear programme of Kelly, Golden and Assad (1992), here with both ends of the interval at once::

    min  Σ wᵢ (|Sᵢ a − vᵢ| + |Sᵢ b − vᵢ|)     over a, b ≥ 0
    s.t. q·a − q·b ≥ k,  Sᵢ a = Sᵢ b = vᵢ for figures that cannot be hidden (published before, or zero),  Sᵢ a, Sᵢ b ≥ 1 for the others

whose figures with a deviation are hidden (secondary); wᵢ is the information that is lost. What turns out to have been hidden needlessly is shown
again, the most informative first, as long as no interval becomes too narrow; so the result cannot be improved by showing any single figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

# Variables of one linear programme of the attack at most; more targets are attacked in several.
BLOCK = 30_000
# Up to so many variables the linear programme is solved as it is, since taking it apart costs more.
SMALL_BLOCK = 3_000
ROUNDS = 60
SLACK = 1e-6


@dataclass(frozen=True)
class Protection:
    """Which figures are hidden.

    Attributes
    ----------
    hidden
        (m,) bool.
    primary
        (m,) bool: hidden for being small; the other hidden ones protect these.
    leaks
        Counts that stay too narrow whatever is hidden, since figures published before give them away: rows of the matrix of targets,
        figures first (0..m−1), then atoms (m..m+n−1).
    """

    hidden: np.ndarray
    primary: np.ndarray
    leaks: tuple[int, ...]


def attack(
    sums: sparse.csr_array, values: np.ndarray, hidden: np.ndarray, targets: sparse.csr_array, *, most: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return what an attacker learns of each target: the least and the greatest value that the shown figures leave possible.

    Parameters
    ----------
    sums
        (m, n) of 0 and 1: the atoms that each figure adds up.
    values
        (m,) the figures; those of hidden ones are not used.
    hidden
        (m,) bool.
    targets
        (t, n) counts to find.
    most
        No atom is larger than this.

    Returns
    -------
    tuple of numpy.ndarray
        (t,) lower and (t,) upper ends.

    Raises
    ------
    ValueError
        Where the shown figures contradict each other.
    """
    t = targets.shape[0]
    if 2 * t * sums.shape[1] <= SMALL_BLOCK:
        return _ends(sums[~hidden], values[~hidden], sums[hidden], targets.toarray(), most)
    low, high = np.zeros(t), np.zeros(t)
    shown, right = _reduced(sums, values, hidden)
    rest = _smallest(sums[hidden])
    # areas that no equation joins are attacked apart: a country falls into its municipalities
    joined = sparse.vstack([shown, rest], format="csr")
    _, piece = connected_components(joined.T @ joined, directed=False)
    groups: dict[bytes, list[int]] = {}
    for i in range(t):
        groups.setdefault(np.unique(piece[targets[[i]].indices]).tobytes(), []).append(i)
    for pieces, members in groups.items():
        atoms = np.flatnonzero(np.isin(piece, np.frombuffer(pieces, dtype=piece.dtype)))
        own, right_own = _within(shown, right, atoms)
        others, _ = _within(rest, np.zeros(rest.shape[0]), atoms)
        size = max(1, BLOCK // max(1, 2 * len(atoms)))
        for first in range(0, len(members), size):
            some = members[first : first + size]
            part = targets[some][:, atoms].toarray()
            low[some], high[some] = _ends(own, right_own, others, part, most)
    return low, high


def _ends(
    shown: sparse.csr_array, right: np.ndarray, rest: sparse.csr_array, targets: np.ndarray, most: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the targets' intervals, all found by one linear programme of blocks."""
    count, n = targets.shape
    copies = sparse.eye_array(2 * count)
    found = linprog(
        np.concatenate([targets.ravel(), -targets.ravel()]),
        A_eq=sparse.kron(copies, shown, format="csr") if shown.shape[0] else None,
        b_eq=np.tile(right, 2 * count) if shown.shape[0] else None,
        A_ub=sparse.kron(copies, -rest, format="csr") if rest.shape[0] else None,
        b_ub=np.full(2 * count * rest.shape[0], -1.0) if rest.shape[0] else None,
        bounds=(0, most),
        method="highs",
    )
    if found.x is None:
        raise ValueError("the shown figures contradict each other")
    at = found.x.reshape(2 * count, n)
    return (targets * at[:count]).sum(axis=1), (targets * at[count:]).sum(axis=1)


def _rows(matrix: sparse.csr_array) -> list[frozenset[int]]:
    """Return the atoms of each row."""
    return [frozenset(matrix.indices[a:b].tolist()) for a, b in pairwise(matrix.indptr)]


def _matrix(rows: list[frozenset[int]], n: int) -> sparse.csr_array:
    """Return rows of atoms as a matrix."""
    index = np.array([a for row in rows for a in sorted(row)], int)
    pointer = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(int)
    return sparse.csr_array((np.ones(len(index)), index, pointer), shape=(len(rows), n))


def _reduced(sums: sparse.csr_array, values: np.ndarray, hidden: np.ndarray) -> tuple[sparse.csr_array, np.ndarray]:
    """Return the shown figures less those shown ones that they hold, an equivalent system in which far less hangs together.

    Raises
    ------
    ValueError
        Where a total differs from what it is the sum of.
    """
    order = [i for i in np.argsort(np.diff(sums.indptr), kind="stable") if not hidden[i]]
    every = _rows(sums)
    holding: dict[int, list[int]] = {}
    rows, right = [], []
    for i in order:
        left, value = set(every[i]), float(values[i])
        for a in sorted(every[i]):
            # the largest figure of this atom that fits; figures come by size, so the last one does first
            fitting = next((j for j in reversed(holding.get(a, [])) if every[j] <= left), None) if a in left else None
            if fitting is not None:
                left -= every[fitting]
                value -= float(values[fitting])
        if left:
            rows.append(frozenset(left))
            right.append(value)
        elif abs(value) > SLACK:
            raise ValueError("the shown figures contradict each other")
        for a in every[i]:
            holding.setdefault(a, []).append(int(i))
    return _matrix(rows, sums.shape[1]), np.array(right)


def _smallest(hidden: sparse.csr_array) -> sparse.csr_array:
    """Return the hidden figures that hold no other: that those are at least 1 says it of the larger ones too."""
    kept: list[frozenset[int]] = []
    for row in sorted(set(_rows(hidden)), key=lambda r: (len(r), sorted(r))):
        if not any(other <= row for other in kept):
            kept.append(row)
    return _matrix(kept, hidden.shape[1])


def _within(matrix: sparse.csr_array, right: np.ndarray, atoms: np.ndarray) -> tuple[sparse.csr_array, np.ndarray]:
    """Return the rows about some atoms, over these alone."""
    part = matrix[:, atoms]
    there = np.flatnonzero(np.diff(part.indptr))
    return part[there], right[there]


def spans(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return how far the whole numbers of each interval reach, (t,)."""
    return np.floor(high + SLACK) - np.ceil(low - SLACK)


def protect(
    sums: sparse.csr_array,
    atoms: np.ndarray,
    k: int,
    *,
    weight: np.ndarray | None = None,
    fixed: np.ndarray | None = None,
    hidden_before: np.ndarray | None = None,
) -> Protection:
    """Choose which figures to hide.

    Parameters
    ----------
    sums
        (m, n) of 0 and 1: the atoms that each figure adds up.
    atoms
        (n,) true counts, whole.
    k
        Counts of 1..k−1 are small.
    weight
        (m,) information that hiding a figure loses; log₂(1 + value) where none is given.
    fixed
        (m,) bool: published before, so it cannot be changed any more.
    hidden_before
        (m,) bool: of those, the ones that were hidden then.

    Returns
    -------
    Protection
    """
    m, n = sums.shape
    values = sums @ atoms
    fixed = np.zeros(m, bool) if fixed is None else fixed
    hidden = np.zeros(m, bool) if hidden_before is None else hidden_before & fixed
    weight = np.log2(1.0 + values) if weight is None else weight
    small = (values > 0) & (values < k)
    primary = small & ~fixed
    leaks = {int(i) for i in np.flatnonzero(small & fixed & ~hidden)}
    hidden = (hidden | primary) & (values > 0)
    every = sparse.vstack([sums, sparse.eye_array(n, format="csr")], format="csr")
    slivers = m + np.flatnonzero((atoms > 0) & (atoms < k))
    most = float(atoms.sum() + 10 * k)

    def narrow(now: np.ndarray) -> np.ndarray:
        wanted = np.concatenate([np.flatnonzero(now), slivers]).astype(int)
        wanted = wanted[~np.isin(wanted, list(leaks))]
        if not len(wanted):
            return wanted
        span = spans(*attack(sums, values, now, every[wanted], most=most))
        return wanted[np.argsort(span, kind="stable")][: int((span < k).sum())]

    span = k
    for _ in range(ROUNDS):
        found = narrow(hidden)
        if not len(found):
            break
        before = hidden
        for target in found:
            more = _cheapest_hiding(sums, values, hidden, fixed, weight, every[[target]], span, most)
            if more is None:
                leaks.add(int(target))
            else:
                hidden = hidden | more
        # where the ends of an interval are no whole numbers, what spans k holds one whole number less
        span = span if (hidden != before).any() else span + 1
    else:
        # never seen; hiding everything that can be hidden is always as safe as it gets
        hidden = hidden | (~fixed & (values > 0))
    secondary = np.flatnonzero(hidden & ~primary & ~fixed)
    for i in secondary[np.argsort(-weight[secondary], kind="stable")]:
        tried = hidden.copy()
        tried[i] = False
        if not len(narrow(tried)):
            hidden = tried
    return Protection(hidden, primary, tuple(sorted(leaks)))


def _cheapest_hiding(
    sums: sparse.csr_array,
    values: np.ndarray,
    hidden: np.ndarray,
    fixed: np.ndarray,
    weight: np.ndarray,
    target: sparse.csr_array,
    k: int,
    most: float,
) -> np.ndarray | None:
    """Return the figures to hide, (m,) bool, so that the target's interval spans k; None where nothing does."""
    n = sums.shape[1]
    bound = ~hidden & (fixed | (values == 0))
    free = np.flatnonzero(~hidden & ~bound)
    f = len(free)
    two = sparse.eye_array(2)
    # variables: a, b (n each), then the deviations of the free figures under a and under b, upward and downward
    equal = [sparse.hstack([sparse.kron(two, sums[bound]), sparse.csr_array((2 * int(bound.sum()), 4 * f))])]
    right = [np.tile(values[bound], 2)]
    deviation = sparse.eye_array(2 * f)
    equal.append(sparse.hstack([sparse.kron(two, sums[free]), -deviation, deviation]))
    right.append(np.tile(values[free], 2))
    positive = sums[~bound]
    less = [sparse.hstack([sparse.kron(two, -positive), sparse.csr_array((2 * positive.shape[0], 4 * f))])]
    limit = [np.full(2 * positive.shape[0], -1.0)]
    less.append(sparse.hstack([-target, target, sparse.csr_array((1, 4 * f))]))
    limit.append(np.array([-float(k)]))
    found = linprog(
        np.concatenate([np.zeros(2 * n), np.tile(weight[free] + 1e-6, 4)]),
        A_eq=sparse.vstack(equal, format="csr"),
        b_eq=np.concatenate(right),
        A_ub=sparse.vstack(less, format="csr"),
        b_ub=np.concatenate(limit),
        bounds=[(0, most)] * (2 * n) + [(0, None)] * (4 * f),
        method="highs",
    )
    if found.x is None:
        return None
    moved = found.x[2 * n :].reshape(4, f).sum(axis=0) > SLACK
    more = np.zeros(len(values), bool)
    more[free[moved]] = True
    return more
