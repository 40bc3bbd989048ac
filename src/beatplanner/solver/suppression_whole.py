"""What an attacker finds who counts in whole numbers and knows how figures are chosen to be hidden.

People are whole, so the atoms x of `solver.suppression` are whole numbers; the ends of an interval found by linear programming may lie between
them, and the true interval of whole numbers may be much shorter. Besides, nothing is hidden without a reason: each group of hidden figures that
hangs together holds at least one count of 1..k−1, a figure or an area between lines (the minimality attack of Wong, Fu, Wang and Pei 2007, for
counts). So of a group the attacker knows ::

    x ∈ ℕⁿ,  Sᵢ x = vᵢ for shown i,  Sᵢ x ≥ 1 for hidden i,  zᵢ ∈ {0, 1},  Σ zᵢ ≥ 1,  zᵢ = 1 ⇒ 1 ≤ Sᵢ x ≤ k − 1

with i over hidden figures and atoms, and seeks the least and the greatest q·x, each by an integer programme. That a hidden count is one of 1..k−1 is what the mark in its place says
of a count that stands alone; nothing can keep that from an attacker who knows that nothing is hidden without a reason.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from beatplanner.solver.suppression_system import joined_groups, reduced, rows_of_atoms, smallest

# Groups with more atoms or more targets are attacked by linear programming alone; each programme ends after so many nodes.
MOST_ATOMS, MOST_TARGETS, NODES = 400, 400, 2_000


def attack_whole(
    sums: sparse.csr_array,
    values: np.ndarray,
    hidden: np.ndarray,
    targets: sparse.csr_array,
    *,
    k: int,
    most: float,
    minimal: bool = True,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what such an attacker learns of each target.

    Parameters
    ----------
    sums, values, hidden, targets, most
        As for `suppression.attack`.
    k
        Counts of 1..k−1 are hidden.
    minimal
        Whether the attacker knows, too, that nothing is hidden without a reason.

    Returns
    -------
    tuple of numpy.ndarray
        (t,) lower and (t,) upper ends, and (t,) whether they were found; where not, the group is too large and the ends are 0 and `most`.

    Raises
    ------
    ValueError
        Where no whole numbers fit the shown figures.
    """
    t = targets.shape[0]
    low, high, known = np.zeros(t), np.full(t, most), np.zeros(t, bool)
    shown, right = reduced(sums, values, hidden)
    rest = smallest(sums[hidden])
    for atoms, members in joined_groups(sparse.vstack([shown, rest], format="csr"), targets):
        if len(atoms) > MOST_ATOMS or len(members) > MOST_TARGETS:
            continue
        programme = _Programme(
            *rows_of_atoms(shown, right, atoms), *_hidden_within(sums, hidden, atoms), k if minimal else 0, most
        )
        for i in members:
            target = targets[[i]][:, atoms].toarray()[0]
            ends = programme.ends(target)
            if ends is not None:
                low[i], high[i], known[i] = *ends, True
    return low, high, known


def no_more_than_the_mark(
    sums: sparse.csr_array,
    values: np.ndarray,
    hidden: np.ndarray,
    targets: sparse.csr_array,
    low: np.ndarray,
    high: np.ndarray,
    *,
    k: int,
    most: float,
) -> np.ndarray:
    """Return which intervals say no more than the mark in the place of a count that stands alone does: that it is one of 1..k−1.

    That is the interval 1..k−1 itself, or one as wide of a count that differs from it by shown figures, such as a hidden total of a shown figure and
    a hidden one; who does not know that nothing is hidden without a reason finds an interval of k there.

    Parameters
    ----------
    sums, values, hidden, targets, k, most
        As for `attack_whole`.
    low, high
        (t,) what it found.

    Returns
    -------
    numpy.ndarray
        (t,) bool.
    """
    found = (low <= 1) & (high >= k - 1)
    others = np.flatnonzero(~found & (high - low >= k - 2) & (high - low < k))
    if len(others):
        least, greatest, known = attack_whole(sums, values, hidden, targets[others], k=k, most=most, minimal=False)
        found[others] = known & (greatest - least >= k)
    return found


def witness(
    sums: sparse.csr_array,
    values: np.ndarray,
    hidden: np.ndarray,
    direction: np.ndarray,
    least: np.ndarray,
    greatest: np.ndarray,
) -> np.ndarray:
    """Return whole numbers that the shown figures allow, the farthest in a direction: another town with the same tables.

    Parameters
    ----------
    sums, values, hidden
        As for `attack_whole`.
    direction
        (n,) any weights.
    least, greatest
        (n,) between which the atoms are sought.

    Returns
    -------
    numpy.ndarray
        (n,) atoms.

    Raises
    ------
    ValueError
        Where no whole numbers fit the shown figures.
    """
    inside, _ = _hidden_within(sums, hidden, np.arange(sums.shape[1]))
    programme = _Programme(sums[~hidden], values[~hidden], inside, False, 0, float(greatest.max()))
    answer = milp(
        -direction,
        constraints=programme.constraints,
        bounds=Bounds(least, greatest),
        integrality=np.ones(sums.shape[1], int),
    )
    if answer.x is None:
        raise ValueError("no whole numbers fit the shown figures")
    return np.round(answer.x)


def _hidden_within(sums: sparse.csr_array, hidden: np.ndarray, atoms: np.ndarray) -> tuple[sparse.csr_array, bool]:
    """Return the hidden figures that lie in some atoms only, over these; and whether others reach beyond them."""
    rows = sums[hidden]
    part = rows[:, atoms]
    there, whole = np.diff(part.indptr), np.diff(rows.indptr)
    return part[np.flatnonzero((there == whole) & (there > 0))], bool(((there < whole) & (there > 0)).any())


class _Programme:
    """The integer programme of one group."""

    def __init__(
        self, shown: sparse.csr_array, right: np.ndarray, inside: sparse.csr_array, beyond: bool, k: int, most: float
    ) -> None:
        n = inside.shape[1]
        # a hidden figure that reaches beyond the group is at least 1 there or elsewhere, so it says nothing here
        own = inside if inside.shape[0] else sparse.csr_array((0, n))
        # where one reaches beyond, it may be the small count itself
        asked = inside.shape[0] > 0 and k > 0 and not beyond
        candidates = sparse.vstack([own, sparse.eye_array(n, format="csr")], format="csr") if asked else None
        c = 0 if candidates is None else candidates.shape[0]
        rows: list[sparse.csr_array] = []
        low: list[np.ndarray] = []
        high: list[np.ndarray] = []

        def add(
            x_part: sparse.csr_array,
            z_part: sparse.csr_array | sparse.dia_array,
            least: np.ndarray,
            greatest: np.ndarray,
        ) -> None:
            rows.append(sparse.hstack([x_part, z_part], format="csr"))
            low.append(least)
            high.append(greatest)

        def nothing(m: int) -> sparse.csr_array:
            return sparse.csr_array((m, c))

        if shown.shape[0]:
            add(shown, nothing(shown.shape[0]), right, right)
        if own.shape[0]:
            add(own, nothing(own.shape[0]), np.ones(own.shape[0]), np.full(own.shape[0], np.inf))
        if candidates is not None:
            big = most * n
            add(candidates, big * sparse.eye_array(c), np.full(c, -np.inf), np.full(c, big + k - 1.0))
            add(candidates, -sparse.eye_array(c), np.zeros(c), np.full(c, np.inf))
            add(sparse.csr_array((1, n)), sparse.csr_array(np.ones((1, c))), np.ones(1), np.full(1, np.inf))
        self.n, self.c = n, c
        self.constraints = (
            LinearConstraint(sparse.vstack(rows, format="csc"), np.concatenate(low), np.concatenate(high))
            if rows
            else None
        )
        self.bounds = Bounds(np.zeros(n + c), np.concatenate([np.full(n, most), np.ones(c)]))

    def ends(self, target: np.ndarray) -> tuple[float, float] | None:
        """Return the least and the greatest value of a count; None where the programme did not end."""
        found: list[float] = []
        for sign in (1.0, -1.0):
            cost = np.concatenate([sign * target, np.zeros(self.c)])
            answer = milp(
                cost,
                constraints=self.constraints,
                bounds=self.bounds,
                integrality=np.ones(self.n + self.c, int),
                options={"node_limit": NODES, "mip_rel_gap": 0.0},
            )
            if answer.status == 2:
                raise ValueError("no whole numbers fit the shown figures")
            if answer.x is None:
                return None
            # where the search ended early the bound holds, and the found point shows what is possible
            found.append(float(target @ np.round(answer.x[: self.n])))
        return found[0], found[1]
