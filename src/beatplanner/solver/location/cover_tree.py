"""Whether so many sites can cover all: a search for a cover, and branches over the cover's linear program, whose duals prove that none does.

In a branch (some sites open, some closed) rows that an open site reaches are done with; the rest is reduced as in `set_cover` and relaxed::

    min Σ_j y_j   s.t. Σ_j a_ij y_j ≥ 1 for each row i that is left (u_i ≥ 0),   y ≥ 0

A dual u has Σ_i a_ij u_i ≤ 1 for every site, those too that were dropped as dominated. So Σ u above the number of sites that may still open
proves that they leave somebody, which is a leaf of a `SiteTree`; a row that has forced its only site counts as 1. Only the number of sites
and the kept ones are rules here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import highspy
import numpy as np

from beatplanner.solver.clock import watch
from beatplanner.solver.highs_session import own_limit, quiet_highs
from beatplanner.solver.location.cover_kernels import weighted_search
from beatplanner.solver.location.set_cover import PROVES, SetCover
from beatplanner.solver.location.site_rules import SiteRules
from beatplanner.solver.location.site_tree import SiteTree, TreeRecorder, evaluate, single

# Exchanges of the search for a cover, and branches: limits that give the same answer on every machine.
STEPS, NODES = 4_000, 3_000
# By how much the dual must be above the number of sites: far above rounding.
ABOVE = 1e-4


@dataclass(frozen=True)
class Decided:
    """A cover (None where none was found), and the tree that proves that there is none (None where nothing is proven)."""

    open: np.ndarray | None = None
    tree: SiteTree | None = None


def fractions(rows: np.ndarray, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the shares of sites (m,) of a least fractional cover of rows (n, m), each with a site, and its dual (n,); zeros where none was found."""
    n, m = len(rows), int(rows.shape[1])
    # its annotations ask for lists where it takes arrays
    lp: Any = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = m, n
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = np.ones(m), np.zeros(m), np.full(m, highspy.kHighsInf)
    lp.row_lower_, lp.row_upper_ = np.ones(n), np.full(n, highspy.kHighsInf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.r_[0, np.cumsum(rows.sum(axis=1))].astype(np.int32)
    lp.a_matrix_.index_ = np.nonzero(rows)[1].astype(np.int32)
    lp.a_matrix_.value_ = np.ones(int(rows.sum()))
    highs = quiet_highs(threads=1, time_limit=own_limit(seconds))
    highs.passModel(lp)
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return np.zeros(m), np.zeros(n)
    solution = highs.getSolution()
    return np.array(solution.col_value, float), np.maximum(0.0, np.array(solution.row_dual, float))


def packing(within: np.ndarray, rules: SiteRules, count: int) -> SiteTree | None:
    """Prove that `count` sites leave somebody, by more rows than may still open sites no two of which share one; None where greed finds too few.

    That is a dual of zeros and ones: weaker than the linear program and there at once, whatever the other rules are.
    """
    bare, u = np.asarray(~within[:, rules.kept].any(axis=1)), np.zeros(len(within))
    rest, side = count - int(rules.kept.sum()), rules.rows()
    order = np.argsort(within.sum(axis=1), kind="stable")
    within, bare = within[order], bare[order]
    while u.sum() <= rest:
        if not bare.any():
            return None
        i = int(np.argmax(bare))
        u[order[i]] = 1.0
        bare &= ~within[:, within[i]].any(axis=1)
        bare[i] = False
    return single(u, np.zeros(len(side)), side, count, float(u.sum() - rest))


def search_cover(within: np.ndarray, rules: SiteRules, count: int, seed: int) -> np.ndarray | None:
    """Look for at most `count` sites that cover every row of `within` (n, m); None where none was found."""
    cover = SetCover(within, rules.replace(count=None))
    if cover.impossible:
        return None
    cover.reduce()
    rest = count - int(cover.open.sum())
    if rest < 0 or (rest == 0 and len(cover.rows)):
        return None
    opened = np.flatnonzero(cover.open)
    if not len(cover.rows):
        return opened
    sites = np.flatnonzero(cover.rows.any(axis=0))
    rows = cover.rows[:, sites]
    if rest >= len(sites):
        return np.union1d(opened, sites)
    # the start: the site that covers most of what is left, one after the other
    bare = np.ones(len(rows), bool)
    start: list[int] = []
    for _ in range(rest):
        reach = rows[bare].sum(axis=0)
        reach[start] = -1
        start.append(int(np.argmax(reach)))
        bare &= ~rows[:, start[-1]]
    found, number = weighted_search(
        np.r_[0, np.cumsum(rows.sum(axis=1))].astype(np.int64),
        np.nonzero(rows)[1].astype(np.int64),
        np.r_[0, np.cumsum(rows.sum(axis=0))].astype(np.int64),
        np.nonzero(rows.T)[1].astype(np.int64),
        np.array(start, np.int64),
        STEPS,
        seed % 2**31,
    )
    return np.union1d(opened, sites[found]) if number == 0 else None


def decide_cover(
    within: np.ndarray,
    rules: SiteRules,
    count: int,
    *,
    seconds: float,
    nodes: int = NODES,
    at_most: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
) -> Decided:
    """Find at most `count` sites that cover every row, or prove that there are none.

    Parameters
    ----------
    within
        (n, m) bool.
    rules
        Only the kept sites count.
    count
        Sites that may be open, kept ones included.
    nodes
        Branches at most; 1 looks at the linear program alone.
    at_most
        How the tree says it: of `count` sites exactly, or at most.
    seconds, cancelled
        Limit of wall time, and whether to give up.

    Returns
    -------
    Decided
        Neither a cover nor a tree where the branches or the time did not do.
    """
    n, m = len(within), int(within.shape[1])
    rules = SiteRules.plain(m, None).replace(kept=rules.kept)
    if not within.any(axis=1).all():
        u = np.where(np.arange(n) == np.flatnonzero(~within.any(axis=1))[0], 1.0, 0.0)
        return Decided(tree=single(u, np.zeros(0), (), count, 1.0, at_most=at_most))
    base = SetCover(within, rules)
    base.reduce_rows()
    rows, ids = within[base.ids], base.ids
    recorder = TreeRecorder((), count, at_most)
    stack = [(0, rules.kept.copy(), np.zeros(m, bool))]
    until = watch(cancelled)
    until = until.until(until.clock() + seconds)
    for _ in range(nodes):
        if not stack:
            break
        node, opened, closed = stack.pop()
        if until():
            return Decided()
        left = rows & ~closed
        u, shares, cover = np.zeros(n), np.zeros(m), SetCover(left, rules.replace(kept=opened))
        if cover.impossible:
            u[ids[np.flatnonzero(~left.any(axis=1))[0]]] = 1.0
        else:
            cover.reduce()
            u[ids[cover.forced]] = 1.0
            if len(cover.rows):
                sites = np.flatnonzero(cover.rows.any(axis=0))
                shares[sites], dual = fractions(cover.rows[:, sites], until.left())
                u[ids[cover.ids]] = dual
        u /= max(1.0, float((u[ids] @ left[:, ~opened]).max(initial=0.0)))
        if cover.impossible or u.sum() > count - opened.sum() + ABOVE:
            recorder.prove(node, u, np.zeros(0))
            continue
        if not len(cover.rows):
            return Decided(np.flatnonzero(cover.open)) if cover.open.sum() <= count else Decided()
        unsure = np.flatnonzero((shares > 1e-6) & (shares < 1 - 1e-6))
        if not len(unsure):
            chosen = cover.open | (shares > 0.5)
            if within[:, chosen].any(axis=1).all() and chosen.sum() <= count:
                return Decided(np.flatnonzero(chosen))
            return Decided()
        j = int(unsure[np.argmax(shares[unsure])])
        opening, closing = recorder.split(node, j)
        stack.append((closing, opened, closed | (np.arange(m) == j)))
        stack.append((opening, opened | (np.arange(m) == j), closed))
    tree = None if stack else recorder.tree(0.0, False, n)
    if tree is None:
        return Decided()
    # the duals are rounded, so that what counts is what they prove
    proven = evaluate(tree, 1.0 - within, rules.kept)
    return Decided(tree=replace(tree, bound=proven) if proven > PROVES else None)
