"""Prices of the balances beside the workload: the bound of the whole problem, whose plans keep these too.

A further balance asks of each site s that L y_s ≤ Σ_i a_i x_is ≤ U y_s. With a price η_s of any sign on it, its pairs cost η_s a_i more and its centre
max(η_s L, η_s U) less; a plan that keeps the balance costs no more so than it does, so that whatever is proven with such costs holds for it. Prices are
part of the cost of the pairs, which rounds, tree and certificate take as they are.

For each site that matters, the best price of an amount is sought along a line: the site's knapsack is concave in it, and its slope is what the
knapsack holds less what it may. Where the slope turns, both knapsacks in parts give the one that keeps the balance, which the multipliers of units
are moved by (`bound.subgradient`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.compiled import njit
from beatplanner.solver.districts.bound import Bound, Relaxation, best_sites, bound_of_pairs, knapsacks, subgradient
from beatplanner.solver.districts.evidence import BalancePrices
from beatplanner.solver.districts.sites import SitePairs

if TYPE_CHECKING:
    from beatplanner.solver.districts.problem import DistrictingProblem

# Pairs up to which prices are sought, steps of the ascent, and of the one after it.
MOST_PAIRS, STEPS, MORE_STEPS = 1_000_000, 400, 60
# Doublings until the slope turns, halvings after it, and what the first step is of the dearest pair over the greatest amount.
DOUBLINGS, HALVINGS, FIRST = 24, 14, 0.02
# Share by which a bound must be above all plans for there to be none.
HAIR = 1e-6
# How often the sites of least value are chosen anew in a step; the share by which prices must lift the bound to be taken.
CHOICES, RISE = 8, 1e-7


@njit(cache=True, nogil=True)
def _price_row(
    s: int,
    start: np.ndarray,
    unit: np.ndarray,
    plain: np.ndarray,
    amount: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    prices: np.ndarray,
    cost: np.ndarray,
):
    """Fill the cost of a site's pairs at its prices, (B,)."""
    for p in range(start[s], start[s + 1]):
        c = plain[p]
        for b in range(prices.shape[0]):
            c += prices[b] * amount[unit[p], b]
        cost[p] = c
    for b in range(prices.shape[0]):
        cost[start[s]] -= max(prices[b] * low[b], prices[b] * high[b])


@njit(cache=True, nogil=True)
def _fill_costs(
    start: np.ndarray,
    unit: np.ndarray,
    plain: np.ndarray,
    amount: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    prices: np.ndarray,
    cost: np.ndarray,
):
    for s in range(start.shape[0] - 1):
        _price_row(s, start, unit, plain, amount, low, high, prices[s], cost)


@njit(cache=True, nogil=True)
def _slope_at(
    price: float,
    b: int,
    s: int,
    start: np.ndarray,
    unit: np.ndarray,
    plain: np.ndarray,
    cost: np.ndarray,
    moved: np.ndarray,
    weight: np.ndarray,
    multiplier: np.ndarray,
    moves: float,
    lower: float,
    upper: float,
    value: np.ndarray,
    share: np.ndarray,
    critical: np.ndarray,
    amount: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    prices: np.ndarray,
):
    """Solve a site where amount `b` has a price; return the slope of its value there."""
    prices[s, b] = price
    _price_row(s, start, unit, plain, amount, low, high, prices[s], cost)
    knapsacks(start, unit, cost, moved, weight, multiplier, moves, lower, upper, s, s + 1, value, share, critical)
    held = 0.0
    for p in range(start[s], start[s + 1]):
        held += share[p] * amount[unit[p], b]
    if price > 0.0:
        return held - high[b]
    if price < 0.0:
        return held - low[b]
    return max(0.0, held - high[b]) + min(0.0, held - low[b])


@njit(cache=True, nogil=True)
def _tune(
    sites: np.ndarray,
    start: np.ndarray,
    unit: np.ndarray,
    plain: np.ndarray,
    cost: np.ndarray,
    moved: np.ndarray,
    weight: np.ndarray,
    multiplier: np.ndarray,
    moves: float,
    lower: float,
    upper: float,
    value: np.ndarray,
    share: np.ndarray,
    critical: np.ndarray,
    amount: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    prices: np.ndarray,
):
    """Find the best prices of some sites, one amount after the other; fill their costs, values and parts."""
    row = (start, unit, plain, cost, moved, weight, multiplier, moves, lower, upper, value, share, critical)
    row_amount = (amount, low, high, prices)
    for s in sites:
        first, last = start[s], start[s + 1]
        for b in range(amount.shape[1]):
            hair = 1e-9 * high[b] + 1e-300
            now = prices[s, b]
            slope = _slope_at(now, b, s, *row, *row_amount)
            if abs(slope) <= hair or not np.isfinite(value[s]):
                continue
            dearest, most = 0.0, 0.0
            for p in range(first, last):
                dearest, most = max(dearest, abs(plain[p])), max(most, amount[unit[p], b])
            if dearest <= 0.0 or most <= 0.0:
                continue
            size = dearest / most
            way = 1.0 if slope > 0.0 else -1.0
            best, best_price = value[s], now
            step = max(FIRST * size, 0.25 * abs(now))
            # uphill until the slope turns; `before` is where it had not, `after` where it has
            before, after, turned = now, now, False
            up, down = abs(slope), 0.0
            parts, others = share[first:last].copy(), share[first:last].copy()
            for _ in range(DOUBLINGS):
                price = before + way * step
                if before * price < 0.0:
                    # the bounds change where the price has none
                    price = 0.0
                slope = _slope_at(price, b, s, *row, *row_amount)
                if value[s] > best:
                    best, best_price = value[s], price
                if slope * way <= hair:
                    after, down, turned = price, abs(slope), True
                    others[:] = share[first:last]
                    break
                before, up = price, abs(slope)
                parts[:] = share[first:last]
                step *= 2.0
            for _ in range(HALVINGS):
                if not turned or down <= hair or abs(after - before) <= 1e-6 * size:
                    break
                price = (before + after) / 2
                slope = _slope_at(price, b, s, *row, *row_amount)
                if value[s] > best:
                    best, best_price = value[s], price
                if slope * way > hair:
                    before, up = price, abs(slope)
                    parts[:] = share[first:last]
                else:
                    after, down = price, abs(slope)
                    others[:] = share[first:last]
            _slope_at(best_price, b, s, *row, *row_amount)
            if turned:
                # of the two the mixture that keeps the balance
                part = down / (up + down)
                share[first:last] = part * parts + (1.0 - part) * others


class Priced(Relaxation):
    """The knapsacks of sites, those chosen each at its best prices.

    Parameters
    ----------
    sites
        Without prices.
    problem
        With further balances.
    threads
        As for `Relaxation`.
    """

    def __init__(self, sites: SitePairs, problem: DistrictingProblem, threads: int) -> None:
        self.amount = np.ascontiguousarray(np.column_stack([b.amount for b in problem.balances]), float)
        self.low = np.array([b.lower for b in problem.balances], float)
        self.high = np.array([b.upper for b in problem.balances], float)
        self.plain = sites.paid
        own = replace(sites, cost=self.plain.copy(), plain=self.plain)
        super().__init__(own, problem.weight, problem.count, problem.lower, problem.upper, threads)
        self.prices = np.zeros((len(sites.centre), len(problem.balances)))
        self.kept = self.prices.copy()
        self.at: tuple[np.ndarray, float] = (np.zeros(len(problem.weight)), 0.0)

    def solve(self, multiplier: np.ndarray, price: float) -> None:
        """Fill the value of each site, at the prices that it has."""
        super().solve(multiplier, price)
        self.at = multiplier, price

    def keep(self) -> None:
        """Keep the prices in hand: no others gave a bound as great."""
        self.kept = self.prices.copy()

    def chosen(self) -> np.ndarray:
        """Return the sites of least value once each of them has its best prices."""
        s, tuned = self.sites, np.zeros(len(self.value), bool)
        chosen = best_sites(self.value, s.label, self.count)
        for _ in range(CHOICES):
            new = chosen[~tuned[chosen] & np.isfinite(self.value[chosen])]
            if not len(new):
                break
            _tune(
                new,
                s.start,
                s.unit,
                self.plain,
                s.cost,
                s.moved,
                self.weight,
                *self.at,
                self.lower,
                self.upper,
                self.value,
                self.share,
                self.critical,
                self.amount,
                self.low,
                self.high,
                self.prices,
            )
            tuned[new] = True
            chosen = best_sites(self.value, s.label, self.count)
        return chosen

    def priced(self) -> tuple[SitePairs, BalancePrices]:
        """Return the sites with the prices kept in their costs, and these."""
        sites, cost = self.sites, np.empty(len(self.sites.unit))
        _fill_costs(sites.start, sites.unit, self.plain, self.amount, self.low, self.high, self.kept, cost)
        bears = np.flatnonzero((self.kept != 0).any(axis=1))
        named = np.column_stack([sites.centre, sites.label])[bears].astype(np.int64)
        return replace(sites, cost=cost), BalancePrices(named, self.kept[bears])


def balanced_bound(
    sites: SitePairs,
    problem: DistrictingProblem,
    start: Bound,
    best_known: float,
    *,
    threads: int,
    stop: Callable[[], bool],
) -> tuple[Bound, BalancePrices] | None:
    """Bound the cost of districts that keep the further balances too.

    Parameters
    ----------
    sites
        All of them.
    problem
        The `DistrictingProblem`, with further balances.
    start
        The bound without them, which the ascent begins at.
    best_known
        Cost of a known plan, inf where none is known.
    threads
        Threads; they do not change the bound.
    stop
        Asked at every step; True ends the ascent.

    Returns
    -------
    tuple or None
        The bound, its sites with the prices in their costs, and the prices; None where they do not lift it, or there are too many pairs.
    """
    if len(sites.unit) > MOST_PAIRS or stop():
        return None
    dearest = np.zeros(len(problem.weight))
    np.maximum.at(dearest, sites.unit, sites.paid)
    # no plan costs more than each unit in its dearest site: a bound above that says that there is none
    most = float(dearest.sum()) * (1 + HAIR) + HAIR
    known, best_known = best_known, min(best_known, most)
    relaxation = Priced(sites, problem, threads)
    found = subgradient(
        relaxation.sites,
        problem.weight,
        problem.count,
        problem.lower,
        problem.upper,
        best_known,
        problem.budget,
        STEPS,
        threads,
        start.multiplier,
        start.price,
        stop,
        relaxation,
    )
    if found is None or found[0] <= start.value + RISE * abs(start.value):
        return None
    own, prices = relaxation.priced()
    if found[0] >= most and not np.isfinite(known):
        nothing = own.keep(np.zeros(len(own.unit), bool))
        return Bound(np.inf, nothing, found[1], found[2]), prices
    bound = bound_of_pairs(
        own, problem, best_known, steps=MORE_STEPS, threads=threads, multiplier=found[1], price=found[2], stop=stop
    )
    return (bound, prices) if bound.value > start.value else None
