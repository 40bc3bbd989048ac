"""The least walking under a coverage floor: so large a share of people is within the limit, and then all walk as little as can be.

Model (a cooperative of coverage and p-median, after Church and ReVelle 1974), with N_i the sites within the limit of demand i::

    min  Σ_ij c_ij x_ij
    s.t. Σ_j x_ij = 1,  x_ij ≤ y_j,  Σ_i w_i z_i ≤ B,  z_i ≥ 1 − Σ_{j in N_i} y_j,  Σ_j y_j = p,  y binary,  and the rules of `site_rules`

The nearest open site is within the limit where any is, so that with a price μ ≥ 0 of each person beyond it the problem is a p-median with the costs
c_ij + μ w_i [j not in N_i], less μ B: the Lagrangian of `site_tree` with one row more. Plans are those of such p-medians for several μ, bettered by
exchanges that keep the floor. Bounds are those of the linear relaxation (`relaxation`) in a branch and bound over sites, best bound first; each leaf
has its own multipliers, μ among them, which anybody can evaluate.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from beatplanner.solver.clock import read_clock, watch
from beatplanner.solver.location.exchange import Near, exchange, greedy, total_cost
from beatplanner.solver.location.p_median import PROVEN, p_median
from beatplanner.solver.location.relaxation import Floor, SiteRelaxation
from beatplanner.solver.location.site_rules import OpenSites, SiteRules
from beatplanner.solver.location.site_tree import ONE_CHOICE, SiteProof, TreeRecorder, single

# Branches at most, halvings of the price of a person beyond the limit, and branches of the p-median without the floor.
NODES, HALVINGS, FREE_NODES = 3_000, 12, 200


def floor_sites(
    cost: np.ndarray,
    rules: SiteRules,
    floor: Floor,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    start: np.ndarray | None = None,
    gap: float = PROVEN,
    nodes: int = NODES,
    progress: Callable[[float, float], None] = lambda best, bound: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> OpenSites:
    """Choose sites of least total cost among those that keep a coverage floor.

    Parameters
    ----------
    cost
        (n, m) cost of demand i at site j, finite and not negative; rising with the way, so that sites within the limit cost less than others.
    rules
        The rules; their count is given.
    floor
        The floor.
    start
        Open sites that keep rules and floor, to start from.
    seconds, threads, seed, gap, nodes, progress, cancelled
        As for `p_median`.

    Returns
    -------
    Sites
        Empty where no plan that keeps the floor was found to start from; the bound holds in any case.

    Raises
    ------
    ValueError
        Where no choice of sites keeps the rules.
    """
    end = read_clock(cancelled) + seconds
    free = p_median(
        cost,
        rules,
        seconds=0.4 * seconds,
        threads=threads,
        seed=seed,
        start=start,
        gap=gap,
        nodes=FREE_NODES,
        cancelled=cancelled,
    )
    if floor.met(free.open):
        # the rule binds nothing: what is proven without it holds
        return free
    search = _FloorSearch(cost, rules, floor, end, gap, progress, cancelled)
    if start is not None and rules.met(start):
        search.consider(start)
    return search.run(free, nodes)


@dataclass
class _Node:
    """A branch: its node in the tree, the sites that are open and closed there, and the multipliers of its bound."""

    node: int
    opened: np.ndarray
    closed: np.ndarray
    u: np.ndarray
    lam: np.ndarray
    share: np.ndarray


class _FloorSearch:
    def __init__(
        self,
        cost: np.ndarray,
        rules: SiteRules,
        floor: Floor,
        end: float,
        gap: float,
        progress: Callable[[float, float], None],
        cancelled: Callable[[], bool],
    ) -> None:
        assert rules.count is not None
        self.cost, self.rules, self.floor, self.count = np.ascontiguousarray(cost, float), rules, floor, rules.count
        self.end, self.gap, self.progress, self.cancelled = end, gap, progress, cancelled
        self.far, self.rows = floor.far, (*rules.rows(), floor.row)
        self.near = Near.of(self.cost, cost.shape[1])
        self.until = watch(cancelled).until(end)
        self.best: np.ndarray | None = None
        self.best_cost, self.bound = np.inf, -np.inf
        self.tried: set[bytes] = set()

    @property
    def limit(self) -> float:
        return self.best_cost - self.gap * abs(self.best_cost) if np.isfinite(self.best_cost) else np.inf

    # ---- plans

    def consider(self, chosen: np.ndarray | None) -> None:
        """Take a choice that keeps the rules, better it by exchanges that keep the floor, and remember the best."""
        if chosen is None or not self.floor.met(chosen) or (key := np.sort(chosen).tobytes()) in self.tried:
            return
        self.tried.add(key)
        value = total_cost(self.cost, chosen)
        if value > self.best_cost * 1.02:
            return
        chosen = self.exchanged(chosen)
        value = total_cost(self.cost, chosen)
        if value < self.best_cost:
            self.best, self.best_cost = np.sort(chosen), value

    def exchanged(self, chosen: np.ndarray) -> np.ndarray:
        """Exchange one site for another as long as that lowers the cost and keeps rules and floor."""
        chosen, everyone = np.array(chosen, int), np.arange(len(self.cost))
        weight, most = self.floor.weight, self.floor.most + 1e-9 * max(1.0, float(self.floor.weight.sum()))
        while not self.until():
            ways, hits = self.cost[:, chosen], self.floor.within[:, chosen]
            at = np.argmin(ways, axis=1)
            first, number = ways[everyone, at], hits.sum(axis=1)
            second = np.partition(ways, 1, axis=1)[:, 1] if len(chosen) > 1 else np.full(len(ways), np.inf)
            allowed, best, pair = self.rules.exchanges(chosen), first.sum() * (1 - 1e-12) - 1e-9, None
            for out in range(len(chosen)):
                into = np.flatnonzero(allowed[out])
                left = np.where(at == out, second, first)
                bare = number - hits[:, out] == 0
                lost = weight[bare] @ ~self.floor.within[np.ix_(bare, into)]
                into = into[lost <= most]
                if not len(into):
                    continue
                value = np.minimum(left[:, None], self.cost[:, into]).sum(axis=0)
                k = int(np.argmin(value))
                if value[k] < best:
                    best, pair = float(value[k]), (out, int(into[k]))
            if pair is None:
                break
            chosen[pair[0]] = pair[1]
        return np.sort(chosen)

    def priced(self, price: float, start: np.ndarray | None) -> np.ndarray | None:
        """Return a plan of little cost where each person beyond the limit costs a price."""
        dear = self.cost + price * self.far
        chosen = greedy(dear, self.rules) if start is None else start
        return None if chosen is None else exchange(dear, chosen, self.rules, None, self.until)

    def ladder(self) -> None:
        """Find the least price at which a plan keeps the floor, by halving, and take the plans on the way."""
        high = 4.0 * float(self.cost.max()) / max(1e-9, float(self.floor.weight.mean()))
        low, start = 0.0, None
        for _ in range(HALVINGS):
            price = high if start is None else (low * high) ** 0.5 if low > 0 else high / 16
            chosen = self.priced(price, start)
            if chosen is None or self.until():
                return
            if self.floor.met(chosen):
                self.consider(chosen)
                high, start = price, chosen
            elif start is None:
                return
            else:
                low = price

    def rounded(self, node: _Node) -> None:
        """Take the sites with the largest shares as a plan, bettered at the price of the branch and a higher one."""
        chosen = self.rules.cheapest(np.where(node.opened, -2.0, -node.share))
        if chosen is None:
            return
        self.consider(chosen)
        for factor in (1.0, 1.5, 4.0):
            dear = self.priced(factor * float(node.lam[-1]), chosen)
            self.consider(dear)

    # ---- bounds

    def value(self, u: np.ndarray, lam: np.ndarray, opened: np.ndarray, closed: np.ndarray) -> tuple[float, np.ndarray]:
        """Return what multipliers prove of a branch, and what each site adds, (m,)."""
        rho = np.minimum(0.0, self.cost + lam[-1] * self.far - u[:, None]).sum(axis=0)
        for weight, row in zip(lam[:-1], self.rows[:-1], strict=True):
            rho[row.site] += weight * row.value
        rest = self.count - int(opened.sum())
        free = np.sort(rho[~opened & ~closed])
        if rest < 0 or rest > len(free):
            return np.inf, rho
        right = float(lam @ np.array([row.right for row in self.rows]))
        return float(u.sum() - right + rho[opened].sum() + free[:rest].sum()), rho

    def run(self, free: OpenSites, nodes: int) -> OpenSites:
        """Search; `free` is the best plan without the floor, whose bound holds here too."""
        self.bound = -np.inf if free.lower_bound is None else free.lower_bound
        self.ladder()
        if self.best is None:
            return OpenSites(np.empty(0, int), np.inf, free.lower_bound, free.proof)
        self.progress(self.best_cost, self.bound)
        n, m = len(self.cost), int(self.cost.shape[1])
        second = np.partition(self.cost[:, free.open], min(1, self.count - 1), axis=1)[:, : min(2, self.count)]
        relaxation = SiteRelaxation(self.near, m, self.count, self.rows[:-1], self.floor, second.mean(axis=1))
        recorder, serial, open_bound = TreeRecorder(self.rows, self.count), 0, np.inf
        root = _Node(0, self.rules.kept.copy(), np.zeros(m, bool), np.zeros(n), np.zeros(len(self.rows)), np.zeros(m))
        first = self.bounded(relaxation, recorder, root, -np.inf)
        root_proof: tuple[float, np.ndarray, np.ndarray] | None = None
        heap: list[tuple[float, int, _Node]] = []
        if first is not None:
            found, made = first
            if recorder.reason[0] != ONE_CHOICE:
                root_proof = (self.value(made.u, made.lam, self.rules.kept, np.zeros(m, bool))[0], made.u, made.lam)
            heap = [(found, serial, made)] if found < self.limit else []
            if not heap:
                recorder.prove(made.node, made.u, made.lam)
        cut_short = first is None
        for _ in range(nodes):
            if not heap or cut_short:
                break
            # what was closed costs the limit at least
            self.bound = max(self.bound, min(heap[0][0], self.limit))
            self.progress(self.best_cost, self.bound)
            if heap[0][0] >= self.limit or self.until():
                break
            found, _, at = heapq.heappop(heap)
            unsure = np.flatnonzero(~at.opened & ~at.closed)
            score = np.abs(at.share[unsure] - 0.5)
            j = int(unsure[np.argmin(score)])
            for value, node in zip((True, False), recorder.split(at.node, j), strict=True):
                mark = np.arange(m) == j
                child = _Node(
                    node,
                    at.opened | mark if value else at.opened,
                    at.closed if value else at.closed | mark,
                    at.u,
                    at.lam,
                    at.share,
                )
                outcome = self.bounded(relaxation, recorder, child, found)
                if outcome is None:  # no time: the multipliers of the branch above hold
                    outcome = (found, child)
                if outcome[0] >= self.limit:
                    if recorder.reason[outcome[1].node] != ONE_CHOICE:
                        recorder.prove(outcome[1].node, outcome[1].u, outcome[1].lam)
                    open_bound = min(open_bound, outcome[0])
                else:
                    serial += 1
                    heapq.heappush(heap, (outcome[0], serial, outcome[1]))
        for found, _, at in heap:
            recorder.prove(at.node, at.u, at.lam)
            open_bound = min(open_bound, found)
        return self.proven(recorder, cut_short, heap, root_proof, free)

    def proven(
        self,
        recorder: TreeRecorder,
        cut_short: bool,
        heap: list[tuple[float, int, _Node]],
        root: tuple[float, np.ndarray, np.ndarray] | None,
        free: OpenSites,
    ) -> OpenSites:
        """Return the best plan with the bound that the tree proves."""
        if not cut_short:
            least = min((h[0] for h in heap), default=np.inf)
            self.bound = max(self.bound, min(least, self.limit if np.isfinite(self.best_cost) else least))
        self.bound = min(self.bound, self.best_cost)
        tree = None if cut_short or not np.isfinite(self.bound) else recorder.tree(self.bound, False, len(self.cost))
        if tree is None and root is not None:
            value, u, lam = root
            tree = single(u, lam, self.rows, self.count, min(value, self.best_cost))
        proof = None if tree is None else SiteProof("p-median", tree.bound, tree)
        if free.proof is not None and (proof is None or free.proof.bound >= proof.bound):
            proof = free.proof
        bound = self.bound if np.isfinite(self.bound) else None
        if self.best is None:
            return OpenSites(np.empty(0, int), np.inf, bound, proof)
        return OpenSites(self.best, self.best_cost, bound, proof)

    def bounded(
        self, relaxation: SiteRelaxation, recorder: TreeRecorder, at: _Node, above: float
    ) -> tuple[float, _Node] | None:
        """Bound a branch, find plans there and fix sites; None where there was no time for it."""
        rest, free = self.count - int(at.opened.sum()), int((~at.opened & ~at.closed).sum())
        if rest < 0 or rest > free:
            recorder.prove(at.node, at.u, at.lam)  # no choice at all
            return np.inf, at
        if rest == 0 or rest == free:
            chosen = np.flatnonzero(at.opened | (~at.closed & (rest > 0)))
            keeps = self.rules.met(chosen) and self.floor.met(chosen)
            if keeps:
                self.consider(chosen)
            recorder.close(at.node, ONE_CHOICE)
            # a choice costs what it costs, and one that breaks a rule is none
            return (total_cost(self.cost, chosen) if keeps else np.inf), at
        solved = relaxation.solve(at.opened, at.closed, seconds=self.until.left(), cancelled=self.cancelled)
        if solved is None:
            return None
        bound, rho = self.value(solved.u, solved.lam, at.opened, at.closed)
        u, lam = solved.u, solved.lam
        if bound < above:
            # the multipliers of the branch above prove more
            u, lam = at.u, at.lam
            bound, rho = self.value(u, lam, at.opened, at.closed)
        made = _Node(at.node, at.opened, at.closed, u, lam, solved.share)
        if bound < self.limit:
            self.rounded(made)
        if bound < self.limit and np.isfinite(self.limit):
            self.fix(recorder, made, bound, rho)
        return bound, made

    def fix(self, recorder: TreeRecorder, at: _Node, bound: float, rho: np.ndarray) -> None:
        """Open and close sites that every better plan of a branch opens or closes."""
        free = np.flatnonzero(~at.opened & ~at.closed)
        rest = self.count - int(at.opened.sum())
        order = free[np.argsort(rho[free], kind="stable")]
        if not 0 < rest < len(order):
            return
        last, following = rho[order[rest - 1]], rho[order[rest]]
        opening = order[:rest][bound - rho[order[:rest]] + following > self.limit]
        closing = order[rest:][bound + rho[order[rest:]] - last > self.limit]
        sites = np.r_[opening, closing]
        at.node = recorder.fix(at.node, sites, np.arange(len(sites)) < len(opening), at.u, at.lam)
        at.opened, at.closed = at.opened.copy(), at.closed.copy()
        at.opened[opening], at.closed[closing] = True, True
