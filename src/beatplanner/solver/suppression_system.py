"""The system of sums behind published figures: shown figures less those that they hold, and the parts that hang together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypedDict

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

SLACK = 1e-6


def _rows(matrix: sparse.csr_array) -> list[frozenset[int]]:
    """Return the atoms of each row."""
    return [frozenset(matrix.indices[a:b].tolist()) for a, b in pairwise(matrix.indptr)]


def _matrix(rows: list[frozenset[int]], n: int) -> sparse.csr_array:
    """Return rows of atoms as a matrix."""
    index = np.array([a for row in rows for a in sorted(row)], int)
    pointer = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(int)
    return sparse.csr_array((np.ones(len(index)), index, pointer), shape=(len(rows), n))


def reduced(sums: sparse.csr_array, values: np.ndarray, hidden: np.ndarray) -> tuple[sparse.csr_array, np.ndarray]:
    """Return the shown figures less those shown ones that they hold, an equivalent system in which far less hangs together.

    Raises
    ------
    ValueError
        Where a total differs from what it is the sum of.
    """
    by_size: list[int] = np.argsort(np.diff(sums.indptr), kind="stable").tolist()
    order = [i for i in by_size if not hidden[i]]
    every = _rows(sums)
    holding: dict[int, list[int]] = {}
    rows: list[frozenset[int]] = []
    right: list[float] = []
    for i in order:
        left: set[int] = set(every[i])
        value = float(values[i])
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


def smallest(hidden: sparse.csr_array) -> sparse.csr_array:
    """Return the hidden figures that hold no other: that those are at least 1 says it of the larger ones too."""
    kept: list[frozenset[int]] = []
    for row in sorted(set(_rows(hidden)), key=lambda r: (len(r), sorted(r))):
        if not any(other <= row for other in kept):
            kept.append(row)
    return _matrix(kept, hidden.shape[1])


def rows_of_atoms(
    matrix: sparse.csr_array, right: np.ndarray, atoms: np.ndarray
) -> tuple[sparse.csr_array, np.ndarray]:
    """Return the rows about some atoms, over these alone."""
    part = matrix[:, atoms]
    there = np.flatnonzero(np.diff(part.indptr))
    return part[there], right[there]


def copies(matrix: sparse.csr_array, count: int) -> sparse.csr_array:
    """Return a matrix so many times along the diagonal."""
    rows, columns = matrix.shape
    each = np.arange(count)[:, None]
    index = (matrix.indices[None].astype(np.int64) + columns * each).ravel()
    pointer = np.append(0, (matrix.indptr[1:][None].astype(np.int64) + matrix.nnz * each).ravel())
    return sparse.csr_array((np.tile(matrix.data, count), index, pointer), shape=(count * rows, count * columns))


def put_together(parts: Sequence[tuple[int, int, sparse.csr_array]], shape: tuple[int, int]) -> sparse.csr_array:
    """Return a matrix made of parts, each with the row and the column at which it begins; parts do not overlap."""
    triples = [(row, column, part.tocoo()) for row, column, part in parts]
    data = np.concatenate([part.data for *_, part in triples])
    rows = np.concatenate([part.row + row for row, _, part in triples])
    columns = np.concatenate([part.col + column for _, column, part in triples])
    return sparse.csr_array((data, (rows, columns)), shape=shape)


class Equations(TypedDict):
    """Sums that are known: equal·x = right; both None where none is."""

    equal: sparse.csr_array | None
    right: np.ndarray | None


def linear_programme(
    cost: np.ndarray,
    *,
    equal: sparse.csr_array | None,
    right: np.ndarray | None,
    less: sparse.csr_array | None,
    limit: np.ndarray | None,
    bounds: tuple[float, float] | Sequence[tuple[float, float | None]],
) -> np.ndarray | None:
    """Return an optimum of min cost·x with equal·x = right, less·x ≤ limit and x within bounds; None where there is none."""
    # scipy's annotations know dense matrices only; its solver takes sparse ones
    rows: dict[str, Any] = {"A_eq": equal, "b_eq": right, "A_ub": less, "b_ub": limit}
    return linprog(cost, **rows, bounds=bounds, method="highs").x


def joined_groups(rows: sparse.csr_array, targets: sparse.csr_array) -> list[tuple[np.ndarray, list[int]]]:
    """Return atoms that equations join, and the targets that lie in them: what nothing joins is attacked apart.

    Parameters
    ----------
    rows
        (r, n) the equations' matrix.
    targets
        (t, n) sums of atoms, a row each.

    Returns
    -------
    list of tuple
        Atoms, and positions of targets; every target stands once.
    """
    _, piece = connected_components(rows.T @ rows, directed=False)
    groups: dict[bytes, list[int]] = {}
    for i in range(targets.shape[0]):
        groups.setdefault(np.unique(piece[targets[[i]].indices]).tobytes(), []).append(i)
    return [
        (np.flatnonzero(np.isin(piece, np.frombuffer(pieces, dtype=piece.dtype))), members)
        for pieces, members in groups.items()
    ]
