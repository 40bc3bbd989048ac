"""The plans of a search for sites: the best one known, how far from proven it is, and others got from bounds, by exchanges and at random."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from beatplanner.solver.clock import read_clock
from beatplanner.solver.location.exchange import Near, exchange, total_cost
from beatplanner.solver.location.p_median_kernels import CLOSED, FREE, OPEN
from beatplanner.solver.location.site_rules import SiteRules

# Plans of bounds that break a rule and are mended, at most.
MENDED = 40
# Plans of a bound that cost more than this above the best one, as a share, are not bettered.
NEAR = 0.004


class SearchedPlans:
    """The best plan, the best bound, and which sites are known to be open or closed in any better plan."""

    def __init__(
        self,
        cost: np.ndarray,
        rules: SiteRules,
        seconds: float,
        seed: int,
        gap: float,
        progress: Callable[[float, float], None],
        cancelled: Callable[[], bool],
        enough: float,
    ) -> None:
        if rules.count is None:
            raise ValueError("the number of sites must be given")
        self.cost, self.rules, self.count = np.ascontiguousarray(cost, float), rules, rules.count
        self.seed, self.gap, self.progress = seed, gap, progress
        self.cancelled, self.enough = cancelled, enough
        self.end = read_clock(self.cancelled) + seconds
        n, m = cost.shape
        self.state = np.where(rules.kept, OPEN, FREE).astype(np.int8)
        self.near = Near.of(self.cost, self._list_length(m))
        # where every cost is a whole number so is every plan's, and a bound may be rounded up
        sample = self.cost[:: max(1, n // 50)]
        self.whole = bool((sample == np.floor(sample)).all() and (cost == np.floor(cost)).all())
        self.best: np.ndarray = np.empty(0, int)
        self.best_cost, self.bound = np.inf, -np.inf
        # whether choices were closed or fixed away as no better than the limit: no bound on the rest proves more of them
        self.narrowed = False
        self.tried: set[bytes] = set()
        self.mended = 0
        self.random = np.random.default_rng(seed)
        self.reported_at = 0.0

    def _list_length(self, sites: int) -> int:
        return int(np.ceil(3.5 * sites / max(1, self.count))) + 8

    def stop(self) -> bool:
        """Say whether the search was cancelled or its time is over."""
        return self.cancelled() or read_clock(self.cancelled) > self.end

    @property
    def limit(self) -> float:
        """A bound from which on no plan is better than the best known one by more than the gap."""
        slack = self.gap * abs(self.best_cost)
        return min(self.enough, self.best_cost - max(slack, 1 - 1e-6 if self.whole else 0.0))

    @property
    def closed(self) -> float:
        """What every choice costs that was closed or fixed away, at least; limits only fall, as plans get better."""
        return float(np.ceil(self.limit)) if self.whole and np.isfinite(self.limit) else self.limit

    def raise_bound(self, bound: float) -> None:
        """Take a proven bound on the choices that are left."""
        if self.whole and np.isfinite(bound):
            bound = float(np.ceil(bound - 1e-6 * max(1.0, abs(bound)) * 1e-3 - 1e-6))
        self.bound = max(self.bound, min(bound, self.closed if self.narrowed else self.best_cost))
        if read_clock(self.cancelled) - self.reported_at > 0.2:
            self.reported_at = read_clock(self.cancelled)
            self.progress(self.best_cost, self.bound)

    def proven(self) -> bool:
        """Say whether no plan is better than the best by more than the gap, or the bound is enough."""
        return (
            self.bound >= self.enough or self.best_cost - self.bound <= (self.gap + 1e-12) * abs(self.best_cost) + 1e-12
        )

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

    def rounded(self, share: np.ndarray) -> np.ndarray:
        """Return the sites with the largest shares, those that are known to be open among them."""
        rank = np.where(self.state == OPEN, 2.0, np.where(self.state == CLOSED, -1.0, share))
        return np.sort(np.argsort(-rank, kind="stable")[: self.count])

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
        near = Near.of(self.cost[:, keep], self._list_length(len(keep)))
        self.near = Near(keep[near.site].astype(np.int32), near.cost, near.cap)
        return True

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
