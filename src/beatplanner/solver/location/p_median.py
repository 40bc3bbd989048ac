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
4. Branch and bound, best bound first: a site is opened in one branch and closed in the other, and each branch raises its bound by a few
   steps from the multipliers of its parent. Since a step only reads the two or three sites that matter to a demand, thousands of
   branches a second are looked at.
5. Where many rules make that bound weak, what is left goes as a small exact model in the radius form (García, Labbé and Marín 2011) through
   PuLP to HiGHS: Z_S = 1 where no site of the set S is open, Z_{S+j} ≥ Z_S − y_j; demands with the same nearest sites share their Z.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pulp

from beatplanner.solver.highs import solve
from beatplanner.solver.location.p_median_kernels import CLOSED, FREE, OPEN, ascend, exchange_gains, reduced_costs
from beatplanner.solver.location.site_rules import SiteRules, Sites

# The bound is raised in slices of so many steps, in which the newest subgradient has these weights; and so in a branch.
SLICE, ALPHAS, ROUNDS, PATIENCE = 50, (0.1, 0.1, 0.05, 0.05, *[0.03] * 8, *[0.02] * 12), 4, 20
BRANCH_STEPS, BRANCH_ALPHA = 60, 0.1
# Branches looked at: a limit that gives the same answer on every machine.
NODES = 40_000
# Branches after which a problem with more rules than the count is tried as an exact model, of at most so many sets S.
EXACT_AFTER, SET_LIMIT, MIP_NODES = 60, 20_000, 20_000
EXACT_SHARE = 0.8  # of the time that is left
# A plan is proven where the relative gap is at most this.
PROVEN = 1e-7
# Random changes of the best plan that are tried, and plans of bounds that break a rule and are mended.
SHAKES, SHAKE_EVERY, MENDED = 16, 40, 40
# Plans of a bound that cost more than this above the best one, as a share, are not bettered.
NEAR = 0.004


def total_cost(cost: np.ndarray, chosen: np.ndarray) -> float:
    """Return the cost of all demand at its cheapest chosen site; `cost` is (n, m)."""
    return float(cost[:, chosen].min(axis=1).sum())


@dataclass
class _Near:
    """The sites nearest to each demand: `site` and `cost` (n, k) in rising order, `cap` (n,) the cost of the next one."""

    site: np.ndarray
    cost: np.ndarray
    cap: np.ndarray

    @classmethod
    def of(cls, cost: np.ndarray, most: int) -> _Near:
        n, m = cost.shape
        k = min(m, most)
        if k < m:
            site = np.argpartition(cost, k, axis=1)[:, : k + 1]
            order = np.argsort(np.take_along_axis(cost, site, axis=1), axis=1, kind="stable")
            site = np.take_along_axis(site, order, axis=1)
            cap = cost[np.arange(n), site[:, k]]
            site = site[:, :k]
        else:
            site = np.argsort(cost, axis=1, kind="stable")
            cap = cost[np.arange(n), site[:, -1]]
        return cls(site.astype(np.int32), np.take_along_axis(cost, site, axis=1), cap)


def exchange(
    cost: np.ndarray,
    chosen: np.ndarray,
    rules: SiteRules,
    near: _Near | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> np.ndarray:
    """Exchange one open site for a closed one as long as that lowers the cost and keeps the rules.

    Parameters
    ----------
    cost
        (n, m) cost of demand i at site j, finite.
    chosen
        Open sites that keep the rules.
    rules
        The rules.
    near
        The nearest sites of each demand; all of them where None.
    stop
        True ends the search.

    Returns
    -------
    numpy.ndarray
        Open sites, sorted.
    """
    chosen = np.array(chosen, np.int64)
    m = cost.shape[1]
    if not 0 < len(chosen) < m or not len(cost):
        return np.sort(chosen)
    near = near or _Near.of(cost, m)
    while not stop():
        place = np.full(m, -1, np.int64)
        place[chosen] = np.arange(len(chosen))
        gain, less, loss, total = exchange_gains(near.cost, near.site, cost, chosen, place)
        better = np.where(rules.exchanges(chosen), gain[None, :] + less - loss[:, None], -np.inf)
        out, into = np.unravel_index(int(np.argmax(better)), better.shape)
        if better[out, into] <= 1e-9 * max(1.0, total):
            break
        chosen[out] = into
    return np.sort(chosen)


def greedy(cost: np.ndarray, rules: SiteRules) -> np.ndarray | None:
    """Open the site that lowers the cost most, one after the other; None where no choice keeps the rules."""
    chosen = [int(j) for j in np.flatnonzero(rules.kept)]
    count = rules.count if rules.count is not None else len(chosen)
    near = cost[:, chosen].min(axis=1) if chosen else None
    worth = np.zeros(cost.shape[1])
    for rank in range(len(chosen), count):
        total = cost.sum(axis=0) if near is None else np.minimum(near[:, None], cost).sum(axis=0)
        total[chosen] = np.inf
        j = int(np.argmin(total))
        worth[j] = -(2.0 + count - rank)
        chosen.append(j)
        near = cost[:, j] if near is None else np.minimum(near, cost[:, j])
    picked = np.array(sorted(chosen), int)
    return picked if rules.met(picked) else rules.cheapest(worth)


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
    tell: Callable[[float, float], None] = lambda best, bound: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Sites:
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
    tell
        Called with the best cost and the bound.
    cancelled
        True ends the search.

    Returns
    -------
    Sites

    Raises
    ------
    ValueError
        Where no choice of sites keeps the rules.
    """
    return _Search(cost, rules, seconds, threads, seed, gap, nodes, exact_after, tell, cancelled).run(start)


class _Search:
    """One search: the best plan, the best bound, and which sites are known to be open or closed in any better plan."""

    def __init__(
        self, cost, rules: SiteRules, seconds, threads, seed, gap, nodes, exact_after, tell, cancelled
    ) -> None:
        if rules.count is None:
            raise ValueError("the number of sites must be given")
        self.cost, self.rules, self.count = np.ascontiguousarray(cost, float), rules, rules.count
        self.threads, self.seed, self.gap, self.nodes, self.tell = threads, seed, gap, nodes, tell
        self.exact_after = EXACT_AFTER if exact_after is None and not rules.only_count else exact_after
        self.cancelled = cancelled
        self.end = time.monotonic() + seconds
        n, m = cost.shape
        self.state = np.where(rules.kept, OPEN, FREE).astype(np.int8)
        self.near = _Near.of(self.cost, self._list_length(m))
        # where every cost is a whole number so is every plan's, and a bound may be rounded up
        sample = self.cost[:: max(1, n // 50)]
        self.whole = bool((sample == np.floor(sample)).all() and (cost == np.floor(cost)).all())
        self.best = np.empty(0, int)
        self.best_cost, self.bound = np.inf, -np.inf
        self.tried: set[bytes] = set()
        self.mended = 0
        self.rows = _side_rows(rules)
        self.random = np.random.default_rng(seed)
        self.told = 0.0

    def _list_length(self, sites: int) -> int:
        return int(np.ceil(3.5 * sites / max(1, self.count))) + 8

    def stop(self) -> bool:
        return self.cancelled() or time.monotonic() > self.end

    @property
    def limit(self) -> float:
        """A bound from which on no plan is better than the best known one by more than the gap."""
        slack = self.gap * abs(self.best_cost)
        return self.best_cost - max(slack, 1 - 1e-6 if self.whole else 0.0)

    def raise_bound(self, bound: float) -> None:
        """Take a proven bound."""
        if self.whole and np.isfinite(bound):
            bound = float(np.ceil(bound - 1e-6 * max(1.0, abs(bound)) * 1e-3 - 1e-6))
        self.bound = max(self.bound, min(bound, self.best_cost))
        if time.monotonic() - self.told > 0.2:
            self.told = time.monotonic()
            self.tell(self.best_cost, self.bound)

    def proven(self) -> bool:
        return self.best_cost - self.bound <= self.gap * abs(self.best_cost) + 1e-12

    def consider(self, chosen: np.ndarray, near: float = np.inf) -> None:
        """Take a plan that keeps the rules, better it by exchanges, and remember it where it is the best."""
        key = np.sort(chosen).astype(np.int64).tobytes()
        if key in self.tried:
            return
        self.tried.add(key)
        value = total_cost(self.cost, chosen)
        if not value <= self.best_cost * (1 + near):
            return
        chosen = exchange(self.cost, chosen, self.rules, self.near, self.stop)
        value = total_cost(self.cost, chosen)
        if value < self.best_cost:
            self.best, self.best_cost = np.sort(chosen), value

    def run(self, start: np.ndarray | None) -> Sites:
        first = greedy(self.cost, self.rules)
        if first is None:
            raise ValueError("no choice of sites keeps the rules")
        self.consider(first)
        if start is not None and self.rules.met(start):
            self.consider(start)
        if self.count == self.cost.shape[1] or not len(self.cost):
            return Sites(self.best, self.best_cost, self.best_cost)
        if self.count == 0:
            return Sites(self.best, self.best_cost, None)
        second = np.partition(self.cost[:, self.best], min(1, self.count - 1), axis=1)[:, : min(2, self.count)]
        self.span = _spans(second[:, -1] - self.near.cost[:, 0])
        u, lam, often = second.mean(axis=1), np.zeros(len(self.rows.right)), np.full(len(self.state), -1.0)
        self.root(u, lam, often)
        self.draw(often, SHAKES)
        self.shake(SHAKES)
        for _ in range(ROUNDS):
            if self.proven() or self.stop() or not self.shrink():
                break
            bound, _ = self.ascend(self.state, u, lam, often, 2 * SLICE, ALPHAS[-1], 0.1)
            self.raise_bound(bound)
        if not self.proven() and not self.stop():
            self.branch(u, lam, often)
        self.bound = min(self.bound, self.best_cost)
        self.tell(self.best_cost, self.bound)
        return Sites(self.best, self.best_cost, self.bound if np.isfinite(self.bound) else None)

    # ---- the bound

    def ascend(self, state, u, lam, often, steps: int, alpha: float, scale: float) -> tuple[float, float]:
        """Raise the bound of a state of the sites; `state`, `u`, `lam` and `often` are changed. Returns the bound and the last length."""
        np.clip(u, self.near.cost[:, 0], self.near.cap, out=u)
        r = self.rows
        bound, scale, opened = ascend(
            self.near.cost, self.near.site, self.near.cap, self.span, u, state, self.count, self.best_cost, self.limit, steps, alpha, scale,
            PATIENCE, often, r.start, r.site, r.value, r.right, r.scale, lam,
        )  # fmt: skip
        if np.isfinite(bound):
            self.plan_of(opened)
        return float(bound), float(scale)

    def root(self, u: np.ndarray, lam: np.ndarray, often: np.ndarray) -> None:
        """Raise the bound of the whole problem, with plans on the way, and fix sites."""
        scale, before = 0.1, -np.inf
        for part, alpha in enumerate(ALPHAS):
            bound, scale = self.ascend(self.state, u, lam, often, SLICE, alpha, scale)
            self.raise_bound(bound)
            if self.proven() or self.stop():
                return
            # the sites that the mean of the bounds opens most are a good plan
            rank = np.where(self.state == OPEN, 2.0, np.where(self.state == CLOSED, -1.0, often))
            self.plan_of(np.sort(np.argsort(-rank, kind="stable")[: self.count]), near=np.inf)
            if part % 4 == 3:
                self.shrink()
                if bound - before < 0.02 * (self.best_cost - bound):
                    return
                before = bound

    def plan_of(self, opened: np.ndarray, near: float = NEAR) -> None:
        """Consider the sites of a bound as a plan; where they break a rule, the nearest choice that does not.

        Exchanges are tried where the plan costs at most `near` more than the best one, as a share.
        """
        if self.rules.met(opened):
            self.consider(opened, near)
        elif not self.rules.only_count and self.mended < MENDED:
            key = b"mended" + np.sort(opened).tobytes()
            if key in self.tried:
                return
            self.tried.add(key)
            self.mended += 1
            score = np.ones(len(self.state))
            score[opened] = -1.0
            choice = self.rules.cheapest(score, seed=self.seed, cancelled=self.cancelled)
            if choice is not None:
                self.consider(choice)

    def shrink(self) -> bool:
        """Take closed sites out of the lists of nearest ones; tell whether many were."""
        live = np.flatnonzero(self.state != CLOSED)
        listed = len(np.unique(self.near.site))
        if len(live) > 0.9 * listed:
            return False
        keep = np.union1d(live, self.best)
        near = _Near.of(self.cost[:, keep], self._list_length(len(keep)))
        self.near = _Near(keep[near.site].astype(np.int32), near.cost, near.cap)
        return True

    # ---- branch and bound

    def branch(self, u: np.ndarray, lam: np.ndarray, often: np.ndarray) -> None:
        """Split on a site that the bound is unsure of, best bound first, until every part is proven no better."""
        serial = 0
        heap = [(self.bound, serial, self.state.copy(), u.astype(np.float32), lam, often)]
        tried_exact = False
        for node in range(self.nodes):
            if not heap or self.stop():
                break
            if node % SHAKE_EVERY == SHAKE_EVERY - 1:
                self.shake(3)
                self.draw(heap[0][5], 5)
            bound, _, state, u, lam, often = heapq.heappop(heap)
            self.raise_bound(bound)
            if bound >= self.limit:
                heap = []
                break
            if not tried_exact and self.exact_after is not None and node >= self.exact_after:
                tried_exact = True
                if self.exact(u.astype(float), lam):
                    return
            free = np.flatnonzero(state == FREE)
            if not len(free):
                continue
            doubt = np.abs(often[free] - 0.5)
            j = int(free[np.argmin(doubt)])
            for value in (OPEN, CLOSED):
                child = state.copy()
                child[j] = value
                child_u, child_lam, child_often = u.astype(float), lam.copy(), often.copy()
                child_often[j] = value == OPEN
                found, _ = self.ascend(child, child_u, child_lam, child_often, BRANCH_STEPS, BRANCH_ALPHA, 0.1)
                child_bound = max(found, bound)
                if child_bound < self.limit:
                    settled = (child == OPEN).sum() >= self.count or (child != CLOSED).sum() <= self.count
                    if settled:
                        self.plan_of(
                            np.flatnonzero(child == OPEN if (child == OPEN).sum() >= self.count else child != CLOSED)
                        )
                        continue
                    serial += 1
                    heapq.heappush(
                        heap, (child_bound, serial, child, child_u.astype(np.float32), child_lam, child_often)
                    )
        if not heap:
            self.raise_bound(self.limit if not self.whole else self.best_cost)
            self.bound = max(self.bound, self.limit)
        else:
            self.raise_bound(min(h[0] for h in heap))

    # ---- the exact model

    def exact(self, multiplier: np.ndarray, lam: np.ndarray) -> bool:
        """Solve what is left as a mixed-integer model; tell whether it was small enough and solved."""
        live = np.flatnonzero(self.state != CLOSED)
        cost = self.cost[:, live]
        fixed = self.state[live] == OPEN
        n = len(cost)
        base = cost[:, fixed].min(axis=1) if fixed.any() else np.full(n, np.inf)
        # a demand cannot go farther than this in a better plan
        reach = multiplier + max(0.0, self.best_cost - self.bound_at(multiplier, lam)) + 1e-9 * (1 + self.best_cost)
        most = min(len(live), 1 + int((cost <= np.minimum(base, reach)[:, None]).sum(axis=1).max()))
        near = _Near.of(cost, most)
        constant = float(near.cost[:, 0].sum())
        sets: dict[tuple[int, tuple[int, ...]], int] = {}
        parent: list[
            tuple[int, tuple[int, ...]]
        ] = []  # of each set: the set without its last sites (-1: empty), and those
        weight: list[float] = []
        covers: set[int] = set()
        for i in range(n):
            at, k = -1, 0
            while k < most:
                here = near.cost[i, k]
                if here >= base[i]:
                    break
                if here > reach[i]:
                    covers.add(at)  # one of the sites so far must be open
                    break
                last = k + 1
                while last < most and near.cost[i, last] == here:
                    last += 1
                step = (at, tuple(sorted(near.site[i, k:last].tolist())))
                if step not in sets:
                    if len(parent) >= SET_LIMIT:
                        return False
                    sets[step] = len(parent)
                    parent.append(step)
                    weight.append(0.0)
                at, k = sets[step], last
                after = near.cost[i, k] if k < most else (near.cap[i] if most < len(live) else np.inf)
                if not np.isfinite(min(after, base[i])):
                    covers.add(at)
                    break
                weight[at] += min(after, base[i]) - here
        return self._solve(live, fixed, parent, weight, covers - {-1}, constant)

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

    def _solve(self, live, fixed, parent, weight, covers, constant) -> bool:
        left = EXACT_SHARE * (self.end - time.monotonic())
        if left < 0.05:
            return False
        # the model is measured so that the best plan has an objective of 100,000, far above HiGHS's tolerances
        scale = 1e5 / max(self.best_cost - constant, 1e-9)
        model = pulp.LpProblem("p_median", pulp.LpMinimize)
        y = {j: pulp.LpVariable(f"y_{j}", int(fixed[j]), 1, pulp.LpInteger) for j in range(len(live))}
        z: list[pulp.LpVariable] = []
        for k, (before, sites) in enumerate(parent):
            variable = pulp.LpVariable(f"z_{k}", 0, 0 if k in covers else 1)
            z.append(variable)
            added = [(variable, 1), *((y[j], 1) for j in sites)]
            model += pulp.LpAffineExpression(added if before < 0 else [*added, (z[before], -1)]) >= (
                1 if before < 0 else 0
            )
        self.rules.restricted(live).add_to(model, y)
        model.setObjective(pulp.LpAffineExpression([(v, w * scale) for v, w in zip(z, weight, strict=True) if w > 0]))
        best = np.isin(live, self.best)
        start = {y[j]: float(best[j]) for j in y} if best.sum() == len(self.best) else None
        outcome = solve(
            model, seconds=left, threads=self.threads, seed=self.seed, gap=self.gap / 2, start=start, cancelled=self.cancelled,
            max_nodes=MIP_NODES,
        )  # fmt: skip
        if outcome.status == "infeasible":
            self.bound = self.best_cost  # no better plan is left
            return True
        if outcome.objective is not None:
            self.consider(live[[j for j, v in y.items() if (v.varValue or 0) > 0.5]])
        if outcome.bound is not None:
            # what was left out is no better than the best known plan
            self.raise_bound(constant + (outcome.bound - 1e-3) / scale)
        return outcome.status == "optimal"

    # ---- plans from shaken ones

    def shake(self, times: int) -> None:
        """Exchange a few sites of the best plan at random and better the result."""
        live = self.state != CLOSED
        for k in range(times):
            if self.stop() or self.proven():
                return
            chosen = self.best.copy()
            for _ in range(2 + k % max(2, min(6, self.count // 2))):
                pairs = np.argwhere(self.rules.exchanges(chosen) & live[None, :])
                if not len(pairs):
                    break
                out, into = pairs[self.random.integers(len(pairs))]
                chosen[out] = into
            self.consider(chosen)

    def draw(self, often: np.ndarray, times: int) -> None:
        """Draw sites at random, each about as often as the bound opens it, and better the choice."""
        for _ in range(times):
            if self.stop() or self.proven():
                return
            score = np.where(
                self.state == CLOSED, -1.0, np.clip(often, 0, 1) + self.random.uniform(-0.45, 0.45, len(often))
            )
            score[self.rules.kept] = 2.0
            chosen = np.sort(np.argsort(-score, kind="stable")[: self.count])
            if self.rules.met(chosen):
                self.consider(chosen)


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


def _side_rows(rules: SiteRules) -> _SideRows:
    m = len(rules.kept)
    rows: list[tuple[np.ndarray, np.ndarray, float]] = []
    if np.isfinite(rules.budget):
        rows.append((np.arange(m), rules.price.astype(float), float(rules.budget)))
    for group in rules.cliques():
        rows.append((np.array(group), np.ones(len(group)), 1.0))
    if rules.area is not None:
        for a in rules.needed:
            inside = np.flatnonzero(rules.area == a)
            rows.append((inside, -np.ones(len(inside)), -1.0))
    sites = [site for site, _, _ in rows]
    values = [value for _, value, _ in rows]
    return _SideRows(
        np.r_[0, np.cumsum([len(s) for s in sites])].astype(np.int64),
        np.concatenate([np.empty(0, np.int64), *sites]).astype(np.int64),
        np.concatenate([np.empty(0), *values]).astype(float),
        np.array([b for _, _, b in rows], float),
        np.array([max(1e-12, float(np.sqrt((v**2).mean()))) for v in values], float),
    )
