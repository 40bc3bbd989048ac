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
At last the attacker of `suppression_whole`, who counts in whole numbers and knows how figures are chosen, tries; what is too narrow for that one is
protected by more.

An attacker who knows the weights could tell from what was hidden, and what was not, which values made that the cheapest choice. So a caller
gives weights that do not follow from the hidden values, and that nobody outside knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from beatplanner.solver.suppression_system import (
    SLACK,
    copies,
    joined_groups,
    linear_programme,
    put_together,
    reduced,
    rows_of_atoms,
    smallest,
)
from beatplanner.solver.suppression_whole import attack_whole, no_more_than_the_mark

# Variables of one linear programme of the attack at most; more targets are attacked in several.
BLOCK = 30_000
# Up to so many variables the linear programme is solved as it is, since taking it apart costs more.
SMALL_BLOCK = 3_000
ROUNDS = 60
# An interval of so many times k, found by linear programming, is taken as wide enough in whole numbers, too.
WIDE = 3


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
    shown, right = reduced(sums, values, hidden)
    rest = smallest(sums[hidden])
    # areas that no equation joins are attacked apart: a country falls into its municipalities
    for atoms, members in joined_groups(sparse.vstack([shown, rest], format="csr"), targets):
        own, right_own = rows_of_atoms(shown, right, atoms)
        others, _ = rows_of_atoms(rest, np.zeros(rest.shape[0]), atoms)
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
    count, n = len(targets), int(targets.shape[1])
    x = linear_programme(
        np.concatenate([targets.ravel(), -targets.ravel()]),
        equal=copies(shown, 2 * count) if shown.shape[0] else None,
        right=np.tile(right, 2 * count) if shown.shape[0] else None,
        less=copies(-rest, 2 * count) if rest.shape[0] else None,
        limit=np.full(2 * count * int(rest.shape[0]), -1.0) if rest.shape[0] else None,
        bounds=(0, most),
    )
    if x is None:
        raise ValueError("the shown figures contradict each other")
    at = x.reshape(2 * count, n)
    return (targets * at[:count]).sum(axis=1), (targets * at[count:]).sum(axis=1)


def reach_of_intervals(low: np.ndarray, high: np.ndarray) -> np.ndarray:
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
        span = reach_of_intervals(*attack(sums, values, now, every[wanted], most=most))
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

    def narrow_in_whole_numbers(now: np.ndarray) -> np.ndarray:
        wanted = np.concatenate([np.flatnonzero(now), slivers]).astype(int)
        wanted = wanted[~np.isin(wanted, list(leaks))]
        if len(wanted):
            wanted = wanted[reach_of_intervals(*attack(sums, values, now, every[wanted], most=most)) < WIDE * k]
        if not len(wanted):
            return wanted
        low, high, known = attack_whole(sums, values, now, every[wanted], k=k, most=most)
        stands_alone = (low <= 1) & (high >= k - 1)
        return wanted[known & (high - low < k) & ~stands_alone]

    for more in range(1, ROUNDS):
        found = narrow_in_whole_numbers(hidden)
        if not len(found):
            break
        before = hidden
        for target in found:
            added = _cheapest_hiding(sums, values, hidden, fixed, weight, every[[target]], k + more, most)
            hidden = hidden if added is None else hidden | added
        if (hidden == before).all() and more > k:
            # no wider interval helps: what else may be hidden is, and what whole numbers still tell then, other than the mark does, leaks
            hidden = hidden | (~fixed & (values > 0))
            found = narrow_in_whole_numbers(hidden)
            if len(found):
                system = (sums, values, hidden, every[found])
                low, high, _ = attack_whole(*system, k=k, most=most)
                leaks |= {int(t) for t in found[~no_more_than_the_mark(*system, low, high, k=k, most=most)]}
            break
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
    # variables: a, b (n each), then the deviations of the free figures under a and under b, upward and downward
    on, of_free, positive = sums[bound], sums[free], sums[~bound]
    each, rest, wide = on.shape[0], positive.shape[0], 2 * n + 4 * f
    one = sparse.eye_array(f, format="csr")
    equal: list[tuple[int, int, Any]] = []
    less: list[tuple[int, int, Any]] = [(2 * rest, 0, -target), (2 * rest, n, target)]
    for side in (0, 1):
        row = 2 * each + side * f
        equal += [(side * each, side * n, on), (row, side * n, of_free)]
        equal += [(row, 2 * n + side * f, -one), (row, 2 * n + (2 + side) * f, one)]
        less.append((side * rest, side * n, -positive))
    x = linear_programme(
        np.concatenate([np.zeros(2 * n), np.tile(weight[free] + 1e-6, 4)]),
        equal=put_together(equal, (2 * each + 2 * f, wide)),
        right=np.concatenate([np.tile(values[bound], 2), np.tile(values[free], 2)]),
        less=put_together(less, (2 * rest + 1, wide)),
        limit=np.append(np.full(2 * rest, -1.0), -float(k)),
        bounds=[(0, most)] * (2 * n) + [(0, None)] * (4 * f),
    )
    if x is None:
        return None
    moved = x[2 * n :].reshape(4, f).sum(axis=0) > SLACK
    more = np.zeros(len(values), bool)
    more[free[moved]] = True
    return more
