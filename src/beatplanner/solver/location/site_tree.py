"""Why no choice of sites costs less than a bound: a tree of branches that hold every choice, each with multipliers that anybody can evaluate.

With cost c_ij of demand i at site j, rows Σ_j a_qj y_j ≤ b_q that every choice keeps, and multipliers u_i of any sign and λ_q ≥ 0, a choice of
`count` sites in a branch (some sites open, some closed) costs at least ::

    Σ_i u_i − Σ_q λ_q b_q + Σ_{open} ρ_j + the least sum of ρ_j over the remaining number of sites that are free,
    ρ_j = Σ_i min(0, c_ij − u_i) + Σ_q λ_q a_qj

A site that was fixed is a branch too: the one in which it is the other way round has multipliers that prove it. So the tree is complete
where each inner node has two branches on one site, and what it proves is the least of its leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

# Leaves without multipliers: the branch allows no choice, or exactly one, whose cost is what it is.
INNER, NO_CHOICE, ONE_CHOICE = -1, -2, -3
# Numbers kept at most: a tree with more of them is given up for its root alone.
MOST_NUMBERS = 4_000_000


@dataclass(frozen=True)
class SideRow:
    """A row Σ value_j y_j ≤ right that follows from a rule: ``"budget"``, ``"apart"`` (all pairs too close) or ``"area"`` (one of them opens).

    The row ``"floor"`` has no sites of its own: Σ_i w_i [i has no open site within its limit] ≤ right. Its multiplier μ adds μ w_i to the cost of each
    site beyond the limit of i, since demand goes to such a site only where none is nearer.
    """

    kind: Literal["budget", "apart", "area", "floor"]
    site: np.ndarray
    value: np.ndarray
    right: float


@dataclass(frozen=True)
class SiteTree:
    """Branches that together hold every choice of sites.

    Attributes
    ----------
    parent, site, opened
        (K,) the node that each one is a branch of (-1 for the first, the root), and the site that is open or closed there.
    reason
        (K,) position of a leaf's multipliers; `INNER`, `NO_CHOICE` or `ONE_CHOICE`.
    u, lam
        (L, n) and (L, rows) multipliers.
    rows
        What the columns of `lam` belong to.
    count
        Sites that a choice opens.
    at_most
        Whether it may open fewer.
    bound
        What the leaves prove, before rounding up.
    whole
        Whether the cost of every choice is a whole number, so that the bound may be rounded up.
    """

    parent: np.ndarray
    site: np.ndarray
    opened: np.ndarray
    reason: np.ndarray
    u: np.ndarray
    lam: np.ndarray
    rows: tuple[SideRow, ...]
    count: int
    at_most: bool
    bound: float
    whole: bool


@dataclass(frozen=True)
class SiteProof:
    """What proves the bound on an objective of stations.

    Attributes
    ----------
    kind
        ``"p-median"``: the tree's costs are weight × metres. ``"coverage"``: the weight of demand that a site does not reach within the limit.
        ``"p-center"``: 1 where a site is at least `threshold` metres away, else 0; any bound above 0 says that every choice leaves somebody that far.
        ``"fewest"``: 1 where a site does not reach demand that some site reaches; above 0, `tree.count` sites do not suffice.
    bound
        On the objective.
    tree
        Over demand in the order in which it was given; see `SiteTree`.
    threshold
        Metres, for ``"p-center"``.
    groups
        (G,) multipliers of the rule on groups; demand i then weighs w_i + Σ_g λ_g (g_i / Σ g − (1 + x) w_i / Σ w) in a p-median.
    """

    kind: str
    bound: float
    tree: SiteTree
    threshold: float | None = None
    groups: np.ndarray | None = None


class TreeRecorder:
    """Keeps branches and multipliers as a search meets them."""

    def __init__(self, rows: tuple[SideRow, ...], count: int, at_most: bool = False) -> None:
        self.rows, self.count, self.at_most = rows, count, at_most
        self.parent, self.site, self.opened, self.reason = [-1], [-1], [False], [INNER]
        self.u: list[np.ndarray] = []
        self.lam: list[np.ndarray] = []
        self.tip = 0  # the node that holds every choice not yet fixed away
        self.full = False

    def _child(self, node: int, site: int, opened: bool, reason: int = INNER) -> int:
        self.parent.append(node)
        self.site.append(site)
        self.opened.append(opened)
        self.reason.append(reason)
        return len(self.parent) - 1

    def _multipliers(self, u: np.ndarray, lam: np.ndarray) -> int:
        if (len(self.u) + 1) * (len(u) + len(lam)) > MOST_NUMBERS:
            self.full = True
            return INNER
        self.u.append(np.array(u, float))
        self.lam.append(np.array(lam, float))
        return len(self.u) - 1

    def fix(self, node: int, sites: np.ndarray, opened: np.ndarray, u: np.ndarray, lam: np.ndarray) -> int:
        """Fix sites whose other branches the multipliers prove no better; return the node that is left."""
        if self.full or not len(sites):
            return node
        reason = self._multipliers(u, lam)
        for j, value in zip(sites.tolist(), opened.tolist(), strict=True):
            self._child(node, j, not value, reason)
            node = self._child(node, j, bool(value))
        return node

    def split(self, node: int, site: int) -> tuple[int, int]:
        """Return the branches of a node in which a site is open, and closed."""
        return self._child(node, site, True), self._child(node, site, False)

    def prove(self, node: int, u: np.ndarray, lam: np.ndarray) -> None:
        """Make a node a leaf with multipliers."""
        if not self.full:
            self.reason[node] = self._multipliers(u, lam)

    def close(self, node: int, reason: int) -> None:
        """Make a node a leaf that needs no multipliers."""
        self.reason[node] = reason

    def tree(self, bound: float, whole: bool, demands: int) -> SiteTree | None:
        """Return the tree; None where it became too large or a leaf lacks its reason."""
        parent = np.array(self.parent)
        reason = np.array(self.reason)
        inner = np.zeros(len(parent), bool)
        inner[parent[1:]] = True
        if self.full or (reason[~inner] == INNER).any():
            return None
        return SiteTree(
            parent,
            np.array(self.site),
            np.array(self.opened),
            np.where(inner, INNER, reason),
            np.array(self.u).reshape(len(self.u), demands),
            np.array(self.lam).reshape(len(self.lam), len(self.rows)),
            self.rows,
            self.count,
            self.at_most,
            bound,
            whole,
        )


def single(
    u: np.ndarray,
    lam: np.ndarray,
    rows: tuple[SideRow, ...],
    count: int,
    bound: float,
    *,
    at_most: bool = False,
    whole: bool = False,
) -> SiteTree:
    """Return the tree of one leaf."""
    recorder = TreeRecorder(rows, count, at_most)
    recorder.prove(0, u, lam)
    found = recorder.tree(bound, whole, len(u))
    assert found is not None
    return found


def evaluate(tree: SiteTree, cost: np.ndarray, kept: np.ndarray, far: np.ndarray | None = None) -> float:
    """Return what a tree proves for costs (n, m) and sites that stay open (m,), inf where it allows no choice at all.

    `far` (n, m) is the weight of a demand where a site is beyond its limit, for a row ``"floor"``.

    Raises
    ------
    ValueError
        Where it is no tree, or a multiplier of a row is negative.
    """
    inner = tree.reason == INNER
    for node in np.flatnonzero(inner):
        branches = np.flatnonzero(tree.parent == node)
        if len(branches) != 2 or len(set(tree.site[branches])) != 1 or tree.opened[branches].sum() != 1:
            raise ValueError("a node of the tree has not two branches on one site")
    if (tree.lam < 0).any():
        raise ValueError("a multiplier is negative")
    reduced: dict[int, np.ndarray] = {}
    least = np.inf
    for leaf in np.flatnonzero(~inner):
        state = np.where(kept, 1, 0)
        node, contradiction = int(leaf), False
        while tree.parent[node] >= 0:
            j, value = int(tree.site[node]), 1 if tree.opened[node] else -1
            contradiction |= state[j] == -value
            state[j] = value
            node = int(tree.parent[node])
        opened, free = state == 1, np.flatnonzero(state == 0)
        rest = tree.count - int(opened.sum())
        if contradiction or rest < 0 or (not tree.at_most and rest > len(free)):
            continue
        if tree.reason[leaf] == NO_CHOICE:
            raise ValueError("a branch is called empty and is not")
        if tree.reason[leaf] == ONE_CHOICE:
            if rest not in (0, len(free)) or tree.at_most:
                raise ValueError("a branch is said to hold one choice and holds more")
            chosen = opened | ((state == 0) & (rest > 0))
            broken = any(float(row.value @ chosen[row.site]) > row.right + 1e-6 for row in tree.rows)
            if far is not None:
                lost = float(far[:, chosen].min(axis=1).sum())
                broken |= any(row.kind == "floor" and lost > row.right * (1 + 1e-9) + 1e-6 for row in tree.rows)
            least = least if broken else min(least, float(cost[:, chosen].min(axis=1).sum()))
            continue
        k = int(tree.reason[leaf])
        if k not in reduced:
            dear = cost
            for weight, row in zip(tree.lam[k], tree.rows, strict=True):
                if row.kind == "floor" and far is not None:
                    dear = cost + weight * far
            rho = np.minimum(0.0, dear - tree.u[k][:, None]).sum(axis=0)
            for weight, row in zip(tree.lam[k], tree.rows, strict=True):
                rho[row.site] += weight * row.value
            reduced[k] = rho
        rho = reduced[k]
        rest_of = np.sort(rho[free])[: max(0, rest)]
        if tree.at_most:
            rest_of = np.minimum(rest_of, 0.0)
        right = float(tree.lam[k] @ np.array([row.right for row in tree.rows])) if tree.rows else 0.0
        least = min(least, float(tree.u[k].sum() - right + rho[opened].sum() + rest_of.sum()))
    return least
