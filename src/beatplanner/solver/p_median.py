"""The p-median problem: p sites that make the total way of all people to their nearest one least.

Model (ReVelle and Swain 1970), with y_j = 1 where site j opens and x_ij = 1 where demand i goes to it::

    min  Σ_ij c_ij x_ij
    s.t. Σ_j x_ij = 1,  x_ij ≤ y_j,  Σ_j y_j = p,  y_j = 1 for kept sites,  A y ≤ b,  y binary

Method:

1. Exchanges of sites give a good plan (`site_exchange`), a Lagrangian relaxation a bound (`site_bound`); sites chosen
   by the relaxation start further exchanges.
2. Sites that no better plan can open or close are settled; where little is left, the exact model below closes the gap.
3. Else branch and bound: a free site is opened or closed, and the relaxation goes on from its parent's multipliers.

The exact model is PuLP's on HiGHS, in the form that needs the fewest rows: with z_S = 1 where no site of S is open, and
S_ik the k nearest sites of demand i (Cornuéjols, Nemhauser and Wolsey 1980; Elloumi 2010; García, Labbé and Marín 2011)::

    min  Σ_i c_i(1) + Σ_ik (c_i(k+1) − c_i(k)) z_S_ik      s.t.  z_S ≥ z_{S∖j} − y_j,  z_∅ = 1

Demand that has the same k nearest sites, in whatever order, shares z_S (AlBdaiwi, Ghosh and Goldengorin 2011).
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pulp

from beatplanner.solver.highs import solve
from beatplanner.solver.site_bound import CLOSED, FREE, LEAST_SCALE, OPEN, Bound, Relaxation, settle
from beatplanner.solver.site_exchange import Ranked, exchange, grow, total_cost
from beatplanner.solver.site_rules import Clock, SiteRules, Sites

# A plan is called optimal at this proven gap; a little more work goes into proving it to the last digits.
GAP = 1e-4
FINE_GAP = 1e-7
# Branch-and-bound nodes after which GAP is enough.
FINE_NODES = 500

# Most sets S in the exact model (HiGHS takes seconds), and its nodes: a limit that is the same on every machine.
SET_LIMIT = 4_000
EXACT_NODES = 2_000
# Most memory for the multipliers of waiting nodes, bytes.
NODE_MEMORY = 500_000_000

ROOT_STEPS, ROOT_PATIENCE = 1_500, 12
NODE_STEPS, NODE_PATIENCE, NODE_SCALE = 60, 6, 0.2
# Root steps between two looks at what the relaxation chose.
BURST = 300


def p_median(
    cost: np.ndarray,
    rules: SiteRules,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    tell: Callable[[float, float], None] = lambda best, bound: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Sites | None:
    """Choose sites of least total cost, with a proven bound.

    Parameters
    ----------
    cost
        (n, m) cost of demand i at site j, finite and not negative.
    rules
        The rules, with the number of sites.
    seconds
        Limit of wall time; a first plan is made whatever it is.
    threads, seed
        Given to HiGHS.
    tell
        Called with the best cost and the bound.
    cancelled
        True ends the search.

    Returns
    -------
    Sites or None
        None where the rules allow no choice, or none was found in time. Without a time cut the same input gives the
        same sites.
    """
    clock = Clock(seconds, cancelled)
    cost = np.asarray(cost, float)
    search = _Search(cost[cost.any(axis=1)], rules, clock, threads, seed, tell)
    return search.run()


@dataclass(frozen=True)
class _Node:
    """States still to be explored, the bound of the parent and multipliers to go on from."""

    value: float
    state: np.ndarray
    multiplier: np.ndarray
    limit_multiplier: np.ndarray


class _Search:
    """One run of `p_median`."""

    def __init__(self, cost, rules: SiteRules, clock: Clock, threads: int, seed: int, tell) -> None:
        self.cost, self.rules, self.clock = cost, rules, clock
        self.threads, self.seed, self.tell = threads, seed, tell
        self.whole_numbers = bool((cost == np.round(cost)).all()) and float(cost.sum()) < 2**52
        self.ranked = Ranked.of(cost)
        self.names = np.arange(cost.shape[1])  # positions in the full problem of the sites still in play
        self.best: np.ndarray | None = None
        self.best_cost, self.bound = np.inf, 0.0
        self.tried: set[bytes] = set()

    # ---- plans

    def consider(self, chosen: np.ndarray) -> None:
        """Better a choice of sites by exchanges and keep it if it is the best; `chosen` are positions in play."""
        key = np.sort(chosen).tobytes()
        if key in self.tried:
            return
        self.tried.add(key)
        found = exchange(self.ranked, chosen, self.rules)
        if found is not None and found[1] < self.best_cost:
            self.best, self.best_cost = self.names[found[0]], found[1]
            self.tell(self.best_cost, min(self.bound, self.best_cost))

    def first_plan(self) -> bool:
        """Find any plan; return whether there is one."""
        rules = self.rules
        if rules.count is None:
            raise ValueError("the p-median problem needs the number of sites")
        if rules.count < rules.kept.sum() or rules.count > len(rules.kept):
            return False
        self.consider(grow(self.cost, rules.count, rules.kept))
        if self.best is None:
            allowed = rules.cheapest(self.cost.sum(axis=0), seconds=max(1.0, self.clock.left()), seed=self.seed)
            if allowed is None or not len(allowed.open):
                return False
            self.best, self.best_cost = allowed.open, total_cost(self.cost, allowed.open)
            self.consider(allowed.open)
        return True

    # ---- bounds

    def proven(self, bound: float) -> float:
        """Return what a computed bound proves, after rounding errors and, with whole costs, rounding up."""
        safe = bound - 1e-9 * abs(bound)
        return float(math.ceil(safe - 1e-6)) if self.whole_numbers and np.isfinite(safe) else safe

    def done(self, gap: float = FINE_GAP) -> bool:
        """Tell whether the gap is closed."""
        return self.bound >= self.best_cost * (1 - gap)

    def raise_bound(self, bound: float) -> None:
        """Take note of a proven bound of the whole problem."""
        self.bound = max(self.bound, min(self.proven(bound), self.best_cost))

    def run(self) -> Sites | None:
        if not self.first_plan():
            return None
        assert self.best is not None
        if len(self.cost) == 0 or len(self.best) in (0, self.cost.shape[1]):
            return Sites(np.sort(self.best), self.best_cost, self.best_cost)
        root, state = self.root()
        if not self.done():
            root, state = self.shrink(root, state)
        if not self.done() and not self.clock.over():
            if not (state == FREE).any():
                self.leaf(state)
                self.raise_bound(self.best_cost)
            elif not self.exact(root, state):
                self.branch(root, state)
        self.tell(self.best_cost, self.bound)
        return Sites(np.sort(self.best), self.best_cost, self.bound)

    def root(self) -> tuple[Bound, np.ndarray]:
        """Raise the bound of the whole problem in bursts, trying out what the relaxation chooses in between."""
        relaxation = Relaxation.of(self.ranked, self.rules)
        state = np.where(self.rules.kept, OPEN, FREE).astype(np.int8)
        u, v = relaxation.start(self.best)
        scale, best = 1.0, None
        for _ in range(ROOT_STEPS // BURST):
            found = relaxation.ascend(state, self.best_cost, u, v, steps=BURST, scale=scale, patience=ROOT_PATIENCE)
            if best is None or found.value >= best.value:
                best = found
            u, v, scale = best.multiplier, best.limit_multiplier, found.scale
            self.raise_bound(best.value)
            self.consider(np.flatnonzero(found.chosen))
            self.consider(np.argsort(-found.average, kind="stable")[: relaxation.count])
            state = settle(state, best, self.best_cost * (1 + 1e-9))
            self.tell(self.best_cost, self.bound)
            if self.done() or self.clock.over() or scale < LEAST_SCALE:
                break
        assert best is not None
        return best, state

    def shrink(self, root: Bound, state: np.ndarray) -> tuple[Bound, np.ndarray]:
        """Leave out the closed sites for good."""
        alive = np.flatnonzero(state != CLOSED)
        self.names, self.tried = self.names[alive], set()
        self.cost = np.ascontiguousarray(self.cost[:, alive])
        self.ranked = Ranked.of(self.cost)
        self.rules = self.rules.among(alive)
        of_alive = {"reduced": root.reduced[alive], "chosen": root.chosen[alive], "average": root.average[alive]}
        return replace(root, **of_alive), state[alive]

    # ---- what closes the gap

    def leaf(self, state: np.ndarray) -> None:
        """Look at the only choice that is left."""
        chosen = np.flatnonzero(state == OPEN)
        if self.rules.allow(chosen):
            cost = total_cost(self.cost, chosen)
            if cost < self.best_cost:
                self.best, self.best_cost = self.names[chosen], cost

    def branch(self, root: Bound, state: np.ndarray) -> None:
        """Branch and bound on sites, the node of the least bound first."""
        relaxation = Relaxation.of(self.ranked, self.rules)
        order = itertools.count()
        most = max(100, NODE_MEMORY // (4 * len(self.cost)))
        first = _Node(root.value, state, root.multiplier.astype(np.float32), root.limit_multiplier)
        heap = [(first.value, next(order), first)]
        nodes = 0
        while heap:
            self.raise_bound(heap[0][0])
            if self.done(FINE_GAP if nodes < FINE_NODES else GAP) or self.clock.over() or nodes >= most:
                return
            node = heapq.heappop(heap)[2]
            nodes += 1
            if relaxation.impossible(node.state):
                continue
            steps = 4 * NODE_STEPS if nodes == 1 else NODE_STEPS
            target = self.best_cost * (1 - FINE_GAP / 2)
            found = relaxation.ascend(
                node.state, target, node.multiplier.astype(float), node.limit_multiplier, steps=steps,
                scale=NODE_SCALE, patience=NODE_PATIENCE,
            )  # fmt: skip
            value = max(node.value, found.value)
            if self.proven(value) >= target:
                continue
            if nodes % 5 == 0 or nodes < 20:
                self.consider(np.flatnonzero(found.chosen))
            settled = settle(node.state, found, self.best_cost * (1 + 1e-9))
            free = np.flatnonzero(settled == FREE)
            if not len(free):
                self.leaf(settled)
                continue
            site = free[np.argmin(np.abs(found.average[free] - 0.5))]
            multiplier = found.multiplier.astype(np.float32)
            for fixed in (OPEN, CLOSED):
                child = settled.copy()
                child[site] = fixed
                heapq.heappush(heap, (value, next(order), _Node(value, child, multiplier, found.limit_multiplier)))
            if nodes % 20 == 0:
                self.tell(self.best_cost, self.bound)
        self.raise_bound(self.best_cost)

    def exact(self, root: Bound, state: np.ndarray) -> bool:
        """Solve the exact model on what is left, if that is little; return whether it closed the gap."""
        limit = self.best_cost * (1 + 1e-9)
        reach = (root.value + np.maximum(0.0, self.ranked.cost - root.multiplier[:, None]) <= limit).sum(axis=1)
        fixed = (state == OPEN)[self.ranked.site]
        # the nearest settled open site is the dearest that a demand may have to go to
        reach = np.minimum(reach, np.where(fixed.any(axis=1), np.argmax(fixed, axis=1) + 1, fixed.shape[1]))
        if (reach == 0).any():
            self.raise_bound(self.best_cost)
            return True
        built = _model(self.ranked, reach, self.rules, state)
        if built is None:
            return False
        model, y = built
        start = {v: float(self.names[j] in set(self.best)) for j, v in enumerate(y)} if self.best is not None else None
        outcome = solve(
            model, seconds=self.clock.left() / 2, threads=self.threads, seed=self.seed, gap=FINE_GAP, start=start,
            cancelled=self.clock.cancelled, max_nodes=EXACT_NODES,
        )  # fmt: skip
        if outcome.objective is not None:
            chosen = np.array([j for j, v in enumerate(y) if (v.varValue or 0) > 0.5], int)
            cost = total_cost(self.cost, chosen)
            if cost < self.best_cost and self.rules.allow(chosen):
                self.best, self.best_cost = self.names[chosen], cost
        # what was left out is no better than the best known plan, so the model's bound holds up to that
        if outcome.status == "infeasible":
            self.raise_bound(self.best_cost)
        elif outcome.bound is not None:
            self.raise_bound(outcome.bound)
        return self.done(2 * FINE_GAP)


def _model(
    ranked: Ranked, reach: np.ndarray, rules: SiteRules, state: np.ndarray
) -> tuple[pulp.LpProblem, list[pulp.LpVariable]] | None:
    """Build the exact model in which demand i goes to one of its `reach[i]` nearest sites; None where it is too large."""
    m = ranked.site.shape[1]
    deep = reach - 1  # sets needed: one less than the sites, since the last site serves where no other is open
    rows = np.repeat(np.arange(len(reach)), deep)
    ranks = np.arange(len(rows)) - np.repeat(np.cumsum(deep) - deep, deep)
    # sets get a random name, the exclusive or of its sites' names, so that order does not matter
    label = np.random.default_rng(1).integers(1, 2**63, m, dtype=np.uint64)
    names = np.bitwise_xor.accumulate(label[ranked.site], axis=1)
    found, first, of = np.unique(names[rows, ranks], return_index=True, return_inverse=True)
    if len(found) > SET_LIMIT:
        return None
    rise = np.bincount(of, weights=ranked.cost[rows, ranks + 1] - ranked.cost[rows, ranks], minlength=len(found))
    model, y = rules.model("p_median")
    for v, s in zip(y, state, strict=True):
        if s == OPEN:
            v.lowBound = 1
    z = [pulp.LpVariable(f"z_{s}", 0, 1) for s in range(len(found))]
    number = {int(name): s for s, name in enumerate(found)}
    for s, at in enumerate(first):
        i, k = rows[at], ranks[at]
        before = z[number[int(names[i, k - 1])]] if k else 1
        model += z[s] >= before - y[ranked.site[i, k]]
    # the last site that a demand may go to is open, or one before it is
    last = np.unique(
        np.column_stack(
            [names[np.arange(len(reach)), deep], ranked.site[np.arange(len(reach)), deep].astype(np.uint64)]
        ),
        axis=0,
        return_index=True,
    )[1]
    for i in last:
        k = deep[i]
        before = z[number[int(names[i, k - 1])]] if k else 1
        model += y[ranked.site[i, k]] >= before
    constant = float(ranked.cost[:, 0].sum())
    model.setObjective(pulp.LpAffineExpression([(v, float(r)) for v, r in zip(z, rise, strict=True)], constant))
    return model, y
