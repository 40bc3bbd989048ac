"""The p-median problem: sites that make the total way of all people to their nearest one least.

Model (ReVelle and Swain 1970), with y_j = 1 where site j opens and x_ij = 1 where demand i goes to it::

    min  Σ_ij c_ij x_ij
    s.t. Σ_j x_ij = 1,  x_ij ≤ y_j,  Σ_j y_j = p,  y binary,  and the rules of `site_rules`

Method, in the order in which it is done; whatever proves the optimum ends it:

1. Greedy start, exchanges of one site for another with the gain of all of them at once (Teitz and Bart 1968; Resende and Werneck 2007).
2. A bound: relaxing Σ_j x_ij = 1 with multipliers u leaves Σ_i u_i + the p least of ρ_j = Σ_i min(0, c_ij − u_i), raised by a subgradient
   (Cornuéjols, Fisher and Nemhauser 1977). Rules beyond the count have multipliers λ ≥ 0 of their own. Only the sites nearest to each demand
   are looked at: u_i is held at or below the cost of the nearest site left out, so that the others add nothing and the bound stays true.
   The sites of a bound are a plan too, which exchanges better.
3. Sites that the bound proves open or closed in every better plan are fixed, which shortens each demand's list of sites.
4. The linear relaxation, solved by cuts from these multipliers on (`relaxation`), which gives the best ones there are and so fixes more.
5. Branch and bound, best bound first: a site is opened in one branch and closed in the other, and each branch raises its bound by the same
   program, or where it is too large by a few steps from the multipliers of its parent. Since a step only reads the two or three sites that
   matter to a demand, thousands of branches a second are looked at.
6. Where many rules make that bound weak, what is left goes as a small exact model in the radius form (García, Labbé and Marín 2011) through
   PuLP to HiGHS: Z_S = 1 where no site of the set S is open, Z_{S+j} ≥ Z_S − y_j; demands with the same nearest sites share their Z.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from beatplanner.solver.clock import read_clock
from beatplanner.solver.location.exchange import greedy
from beatplanner.solver.location.p_median_kernels import CLOSED, FREE, OPEN, ascend, reduced_costs
from beatplanner.solver.location.radius_form import radius_form, solve_radius_form
from beatplanner.solver.location.relaxation import SiteRelaxation
from beatplanner.solver.location.searched_plans import SearchedPlans
from beatplanner.solver.location.site_rules import OpenSites, SiteRules
from beatplanner.solver.location.site_tree import (
    INNER,
    NO_CHOICE,
    ONE_CHOICE,
    SideRow,
    SiteProof,
    SiteTree,
    TreeRecorder,
    evaluate,
    single,
)

# The bound is raised in slices of so many steps, in which the newest subgradient has these weights; and so in a branch.
SLICE, ALPHAS, ROUNDS, PATIENCE = 50, (0.1, 0.1, 0.05, 0.05, *[0.03] * 8, *[0.02] * 12), 4, 20
BRANCH_STEPS, BRANCH_ALPHA = 60, 0.1
# Branches looked at: a limit that gives the same answer on every machine.
NODES = 40_000
# Branches after which a problem with more rules than the count is tried as an exact model.
EXACT_AFTER = 60
EXACT_SHARE = 0.8  # of the time that is left
# A plan is proven where the relative gap is at most this.
PROVEN = 1e-7
# The linear relaxation is tried up to so many places in the lists of nearest sites; shares of the time that is left, and rounds of cuts, of the root's
# and of a branch's.
RELAXED_SIZE, RELAXED_SHARE, BRANCH_ROUNDS = 3_000_000, 0.4, 10
# Random changes of the best plan that are tried at first, and after how many branches again.
SHAKES, SHAKE_EVERY = 16, 40


def p_median(
    cost: np.ndarray,
    rules: SiteRules,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    start: np.ndarray | None = None,
    gap: float = PROVEN,
    nodes: int = NODES,
    exact_after: int | None = None,
    enough: float = np.inf,
    progress: Callable[[float, float], None] = lambda best, bound: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> OpenSites:
    """Choose sites of least total cost, with a proven bound.

    Parameters
    ----------
    cost
        (n, m) cost of demand i at site j, finite and not negative.
    rules
        The rules; their count is given.
    seconds
        Limit of wall time.
    threads, seed
        Given to HiGHS; the seed also shakes plans.
    start
        Open sites that keep the rules, to start from.
    gap
        Relative gap at which a plan counts as proven.
    nodes
        Branches looked at, at most.
    exact_after
        Branches after which the exact model is tried; None for `EXACT_AFTER` where more rules than the count hold, and never else.
    enough
        A bound that is enough: the search ends once it is proven.
    progress
        Called with the best cost and the bound.
    cancelled
        True ends the search.

    Returns
    -------
    Sites
        With the `SiteTree` that proves the bound, as a proof of the kind ``"p-median"``.

    Raises
    ------
    ValueError
        Where no choice of sites keeps the rules.
    """
    search = _Search(cost, rules, seconds, threads, seed, gap, nodes, exact_after, progress, cancelled, enough)
    return search.run(start)


@dataclass
class _Branch:
    """A part of the choices: its node in the tree, what is open and closed there, multipliers, and how often the bound opens each site."""

    node: int
    state: np.ndarray
    u: np.ndarray
    lam: np.ndarray
    often: np.ndarray


class _Search(SearchedPlans):
    """One search: the bound, by what it is raised, and the tree that proves it."""

    def __init__(
        self,
        cost: np.ndarray,
        rules: SiteRules,
        seconds: float,
        threads: int,
        seed: int,
        gap: float,
        nodes: int,
        exact_after: int | None,
        progress: Callable[[float, float], None],
        cancelled: Callable[[], bool],
        enough: float = np.inf,
    ) -> None:
        super().__init__(cost, rules, seconds, seed, gap, progress, cancelled, enough)
        self.threads, self.nodes = threads, nodes
        self.exact_after = EXACT_AFTER if exact_after is None and not rules.only_count else exact_after
        side = rules.rows()
        self.rows = _compressed(side)
        self.recorder = TreeRecorder(side, self.count)
        self.best_root: tuple[float, np.ndarray, np.ndarray] = (-np.inf, np.zeros(len(cost)), np.zeros(len(side)))
        self.first_root = self.best_root
        self.proven_by_tree = np.inf  # the least of the leaves that are not closed
        self.relaxation: SiteRelaxation | None = None

    def run(self, start: np.ndarray | None) -> OpenSites:
        first = greedy(self.cost, self.rules)
        if first is None:
            raise ValueError("no choice of sites keeps the rules")
        self.consider(first)
        if start is not None and self.rules.met(start):
            self.consider(start)
        if self.count == self.cost.shape[1] or not len(self.cost):
            self.bound = self.best_cost
            self.recorder.close(0, ONE_CHOICE)
            return self.found()
        second = np.partition(self.cost[:, self.best], min(1, self.count - 1), axis=1)[:, : min(2, self.count)]
        self.span = _spans(second[:, -1] - self.near.cost[:, 0])
        u, lam, often = second.mean(axis=1), np.zeros(len(self.rows.right)), np.full(len(self.state), -1.0)
        self.root(u, lam, often)
        self.draw(often, SHAKES)
        self.shake(SHAKES)
        for _ in range(ROUNDS):
            if self.proven() or self.stop() or not self.shrink():
                break
            self.raise_bound(self.ascend_root(u, lam, often, 2 * SLICE, ALPHAS[-1], 0.1)[0])
        if not self.proven() and not self.stop():
            self.relax(u, lam, often)
        if not self.proven() and not self.stop():
            self.branch(u, lam, often)
        self.bound = min(self.bound, self.best_cost)
        self.progress(self.best_cost, self.bound)
        return self.found()

    def found(self) -> OpenSites:
        """Return the best plan, its bound, and the tree that proves it."""
        recorder = self.recorder
        unbranched = recorder.tip == len(recorder.parent) - 1 and recorder.reason[recorder.tip] == INNER
        if unbranched and np.isfinite(self.best_root[0]):
            recorder.prove(recorder.tip, *self.best_root[1:])
            self.proven_by_tree = self.best_root[0]
        # every closed leaf proves the limit at least
        closed = self.best_cost if recorder.reason[0] == ONE_CHOICE else self.limit
        tree = recorder.tree(min(self.proven_by_tree, closed), self.whole, len(self.cost))
        if tree is None and np.isfinite(self.first_root[0]):
            tree = self.alone()
        proof = None if tree is None else SiteProof("p-median", tree.bound, tree)
        return OpenSites(self.best, self.best_cost, self.bound if np.isfinite(self.bound) else None, proof)

    def alone(self) -> SiteTree:
        """Return the best tree of one leaf, where the whole one is too large: later multipliers hold too, less what was fixed before them."""
        trees: list[SiteTree] = []
        for _, u, lam in (self.first_root, self.best_root):
            tree = single(u, lam, self.recorder.rows, self.count, 0.0, whole=self.whole)
            bound = evaluate(tree, self.cost, self.rules.kept)
            trees.append(replace(tree, bound=min(bound, self.best_cost)))
        return max(trees, key=lambda tree: tree.bound)

    # ---- the bound

    def ascend(
        self,
        state: np.ndarray,
        u: np.ndarray,
        lam: np.ndarray,
        often: np.ndarray,
        steps: int,
        alpha: float,
        scale: float,
    ) -> tuple[float, float]:
        """Raise the bound of a state of the sites; `state`, `u`, `lam` and `often` are changed. Returns the bound and the last length."""
        np.clip(u, self.near.cost[:, 0], self.near.cap, out=u)
        r = self.rows
        bound, scale, opened = ascend(
            self.near.cost,
            self.near.site,
            self.near.cap,
            self.span,
            u,
            state,
            self.count,
            self.best_cost,
            self.limit,
            steps,
            alpha,
            scale,
            PATIENCE,
            often,
            r.start,
            r.site,
            r.value,
            r.right,
            r.scale,
            lam,
        )
        if np.isfinite(bound):
            self.plan_of(opened)
        return float(bound), float(scale)

    def ascend_root(
        self, u: np.ndarray, lam: np.ndarray, often: np.ndarray, steps: int, alpha: float, scale: float
    ) -> tuple[float, float]:
        """Raise the bound of the root, and keep what fixes sites there."""
        before = self.state.copy()
        bound, scale = self.ascend(self.state, u, lam, often, steps, alpha, scale)
        if np.isfinite(bound):
            self.narrowed |= bool((before != self.state).any())
            self.recorder.tip = self.fixed(self.recorder.tip, before, self.state, u, lam)
            if bound > self.best_root[0]:
                self.best_root = (bound, u.copy(), lam.copy())
            if (before == np.where(self.rules.kept, OPEN, FREE)).all():
                # as long as nothing is fixed, the multipliers alone prove the bound
                self.first_root = max(self.first_root, (bound, u.copy(), lam.copy()), key=lambda found: found[0])
        return bound, scale

    def fixed(self, node: int, before: np.ndarray, after: np.ndarray, u: np.ndarray, lam: np.ndarray) -> int:
        """Enter what a bound fixed as branches; return the node that is left."""
        sites = np.flatnonzero(before != after)
        return self.recorder.fix(node, sites, after[sites] == OPEN, u, lam)

    def root(self, u: np.ndarray, lam: np.ndarray, often: np.ndarray) -> None:
        """Raise the bound of the whole problem, with plans on the way, and fix sites."""
        scale, before = 0.1, -np.inf
        for part, alpha in enumerate(ALPHAS):
            bound, scale = self.ascend_root(u, lam, often, SLICE, alpha, scale)
            self.raise_bound(bound)
            if self.proven() or self.stop():
                return
            # the sites that the mean of the bounds opens most are a good plan
            self.plan_of(self.rounded(often), near=np.inf)
            if part % 4 == 3:
                self.shrink()
                if bound - before < 0.02 * (self.best_cost - bound):
                    return
                before = bound

    def relax(self, u: np.ndarray, lam: np.ndarray, often: np.ndarray) -> None:
        """Raise the bound of the root by the linear relaxation, and keep that for the branches where it was solved in time."""
        for _ in range(2):
            if self.near.cost.size > RELAXED_SIZE or self.stop():
                return
            relaxation = SiteRelaxation(self.near, len(self.state), self.count, self.recorder.rows, None, u)
            seconds = RELAXED_SHARE * (self.end - read_clock(self.cancelled))
            solved = relaxation.solve(
                self.state == OPEN, self.state == CLOSED, seconds=seconds, cancelled=self.cancelled
            )
            if solved is None:
                return
            if self.bound_at(solved.u, solved.lam) > self.bound_at(u, lam):
                u[:], lam[:] = solved.u, solved.lam
            self.raise_bound(self.ascend_root(u, lam, often, 1, 0.0, 0.1)[0])
            often[:] = solved.share
            self.plan_of(self.rounded(often), near=np.inf)
            if not solved.done and self.stop():
                return
            self.relaxation = relaxation
            # once more with the sites that are left, where many were fixed
            if self.proven() or not self.shrink():
                return

    # ---- branch and bound

    def branch(self, u: np.ndarray, lam: np.ndarray, often: np.ndarray) -> None:
        """Split on a site that the bound is unsure of, best bound first, until every part is proven no better."""
        serial, recorder, self.narrowed = 0, self.recorder, True
        heap = [(self.bound, serial, _Branch(recorder.tip, self.state.copy(), u.astype(np.float32), lam, often))]
        tried_exact = done = False
        for node in range(self.nodes):
            if not heap or self.stop():
                break
            if node % SHAKE_EVERY == SHAKE_EVERY - 1:
                self.shake(3)
                self.draw(heap[0][2].often, 5)
            bound, _, at = heap[0]
            self.raise_bound(bound)
            if bound >= self.limit:
                break
            if not tried_exact and self.exact_after is not None and node >= self.exact_after:
                tried_exact = True
                done = self.exact(at.u.astype(float), at.lam)
                if done:
                    break
            heapq.heappop(heap)
            free = np.flatnonzero(at.state == FREE)
            if not len(free):
                recorder.close(at.node, ONE_CHOICE)
                continue
            j = int(free[np.argmin(np.abs(at.often[free] - 0.5))])
            for value, child in zip((OPEN, CLOSED), recorder.split(at.node, j), strict=True):
                found, made = self.child(at, bound, child, j, value)
                if made is not None:
                    serial += 1
                    heapq.heappush(heap, (max(found, bound), serial, made))
        left = min((h[0] for h in heap), default=np.inf)
        if left >= self.limit and not done:
            # no better plan is left
            self.raise_bound(min(self.enough, self.closed))
        elif not done:
            self.raise_bound(left)
        for _, _, at in heap:
            recorder.prove(at.node, at.u, at.lam)
            self.state = at.state
            self.proven_by_tree = min(self.proven_by_tree, self.bound_at(at.u.astype(float), at.lam))

    def child(self, at: _Branch, bound: float, node: int, site: int, value: int) -> tuple[float, _Branch | None]:
        """Bound a branch in which a site is open or closed; None where it is done with."""
        recorder = self.recorder
        state, u, lam, often = at.state.copy(), at.u.astype(float), at.lam.copy(), at.often.copy()
        state[site] = value
        often[site] = value == OPEN
        before = state.copy()
        solved = None
        if self.relaxation is not None and (state == OPEN).sum() <= self.count <= (state != CLOSED).sum():
            left = self.end - read_clock(self.cancelled)
            solved = self.relaxation.solve(
                state == OPEN, state == CLOSED, seconds=left, rounds=BRANCH_ROUNDS, cancelled=self.cancelled
            )
        if solved is None:
            found, _ = self.ascend(state, u, lam, often, BRANCH_STEPS, BRANCH_ALPHA, 0.1)
        else:
            u, lam, often = solved.u, solved.lam, solved.share
            found, _ = self.ascend(state, u, lam, often, 1, 0.0, 0.1)
        if not np.isfinite(found):
            recorder.close(node, NO_CHOICE)
            return found, None
        if found >= self.limit:
            recorder.prove(node, u, lam)
            return found, None
        node = self.fixed(node, before, state, u, lam)
        opened, able = state == OPEN, state != CLOSED
        if opened.sum() >= self.count or able.sum() <= self.count:
            self.plan_of(np.flatnonzero(opened if opened.sum() >= self.count else able))
            recorder.close(node, ONE_CHOICE)
            return found, None
        if found < bound:
            # the multipliers of the branch above prove more
            return found, _Branch(node, state, at.u, at.lam, often)
        return found, _Branch(node, state, u.astype(np.float32), lam, often)

    # ---- the exact model

    def exact(self, multiplier: np.ndarray, lam: np.ndarray) -> bool:
        """Solve what is left as a mixed-integer model; tell whether it was small enough and solved."""
        live = np.flatnonzero(self.state != CLOSED)
        # a demand cannot go farther than this in a better plan
        spare = max(0.0, self.best_cost - self.bound_at(multiplier, lam))
        reach = multiplier + spare + 1e-9 * (1 + self.best_cost)
        left = EXACT_SHARE * (self.end - read_clock(self.cancelled))
        until = read_clock(self.cancelled) + left
        form = radius_form(self.cost[:, live], self.state[live] == OPEN, reach)
        if form is None or left < 0.05:
            return False
        known = np.flatnonzero(np.isin(live, self.best)) if np.isin(self.best, live).all() else None
        found = solve_radius_form(
            form,
            self.rules.restricted(live),
            self.best_cost,
            known,
            seconds=until - read_clock(self.cancelled),
            threads=self.threads,
            seed=self.seed,
            gap=self.gap / 2,
            cancelled=self.cancelled,
        )
        if found.status == "infeasible":
            self.raise_bound(self.closed)  # no better plan is left
            return True
        if found.open is not None:
            self.consider(live[found.open])
        if found.bound is not None:
            # what was left out is no better than the best known plan
            self.raise_bound(found.bound)
        return found.status == "optimal"

    def bound_at(self, u: np.ndarray, lam: np.ndarray) -> float:
        """Return the bound at some multipliers."""
        rho = np.empty(len(self.state))
        u = np.clip(u, self.near.cost[:, 0], self.near.cap)
        reduced_costs(self.near.cost, self.near.site, u, self.state, rho)
        r = self.rows
        rho += np.bincount(r.site, weights=np.repeat(lam, np.diff(r.start)) * r.value, minlength=len(rho))
        rank = np.where(self.state == OPEN, -np.inf, np.where(self.state == CLOSED, np.inf, rho))
        opened = np.argsort(rank, kind="stable")[: self.count]
        return float(u.sum() + rho[opened].sum() - lam @ r.right)


def _spans(spread: np.ndarray) -> np.ndarray:
    """Return the units that multipliers are measured in, (n,) with a mean square of 1, from how much the cost of each demand varies.

    A city of a hundred thousand beside hamlets of twenty needs longer steps than they do; the fourth root did best on real countries
    and made towns, where no scaling at all left a country's bound below the trivial one.
    """
    span = np.maximum(spread, 1e-3 * spread.mean() + 1e-12) ** 0.25
    return span / np.sqrt((span**2).mean())


@dataclass(frozen=True)
class _SideRows:
    """Rules beyond the count as rows Σ a_j y_j ≤ right, in compressed form; `scale` is what a unit of each is measured in."""

    start: np.ndarray
    site: np.ndarray
    value: np.ndarray
    right: np.ndarray
    scale: np.ndarray


def _compressed(rows: tuple[SideRow, ...]) -> _SideRows:
    return _SideRows(
        np.r_[0, np.cumsum([len(r.site) for r in rows])].astype(np.int64),
        np.concatenate([np.empty(0, np.int64), *(r.site for r in rows)]).astype(np.int64),
        np.concatenate([np.empty(0), *(r.value for r in rows)]).astype(float),
        np.array([r.right for r in rows], float),
        np.array([max(1e-12, float(np.sqrt((r.value**2).mean()))) for r in rows], float),
    )
