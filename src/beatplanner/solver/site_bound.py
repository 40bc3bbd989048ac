"""A proven lower bound for the p-median problem, by Lagrangian relaxation of "everyone goes to one site".

With multipliers u of Σ_j x_ij = 1 and λ ≥ 0 of the limits A y ≤ b, what is left is to choose the sites of least

    ρ_j = Σ_i min(0, c_ij − u_i) + Σ_r λ_r A_rj

and the bound is Σ_i u_i − λ·b + Σ ρ_j of those sites (Cornuéjols, Fisher and Nemhauser 1977). Multipliers by subgradient
steps from the best ones along an average of the slopes met, which also estimates the linear relaxation's sites (the
volume algorithm, Barahona and Anbil 2000). Sites whose forced opening or closing lifts the bound above a known plan
are settled for good.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from beatplanner.solver.site_exchange import Ranked
from beatplanner.solver.site_rules import SiteRules

# What is known of a site: it may be either, it is open in every better plan, it is closed in every better plan.
FREE, OPEN, CLOSED = 0, 1, -1

# Greatest share of the latest slope in the direction.
MEMORY = 0.1
# Step lengths, as a share of Polyak's: by how much they change where the bound rises or stalls, and when to end.
LENGTHEN, SHORTEN = 1.1, 0.66
LEAST_SCALE = 1e-4


@dataclass(frozen=True)
class Bound:
    """A bound and what it was found with.

    Attributes
    ----------
    value
        Lower bound on the cost of every choice of sites that agrees with the states; inf where there is none.
    multiplier
        (n,) u at the bound.
    limit_multiplier
        (r,) λ at the bound.
    reduced
        (m,) ρ at the bound.
    chosen
        (m,) bool: the sites of least ρ.
    average
        (m,) average of the choices met, 0 to 1: about what the linear relaxation opens.
    scale
        Step length to go on with.
    """

    value: float
    multiplier: np.ndarray
    limit_multiplier: np.ndarray
    reduced: np.ndarray
    chosen: np.ndarray
    average: np.ndarray
    scale: float


@njit(cache=True)
def _reduce(site, cost, multiplier, reduced):
    """Fill in ρ without the limits; return Σ u."""
    reduced[:] = 0.0
    total = 0.0
    for i in range(site.shape[0]):
        u = multiplier[i]
        total += u
        for k in range(site.shape[1]):
            r = cost[i, k] - u
            if r >= 0.0:
                break
            reduced[site[i, k]] += r
    return total


@njit(cache=True)
def _slope(site, cost, multiplier, chosen, slope):
    """Fill in 1 − Σ_j x_ij of the relaxed choice."""
    for i in range(site.shape[0]):
        u, left = multiplier[i], 1.0
        for k in range(site.shape[1]):
            if cost[i, k] >= u:
                break
            if chosen[site[i, k]]:
                left -= 1.0
        slope[i] = left


@njit(cache=True)
def _choose(reduced, state, count, key, chosen):
    """Choose the open sites and the free ones of least ρ; return the sum of their ρ."""
    for j in range(len(state)):
        key[j] = -np.inf if state[j] == OPEN else np.inf if state[j] == CLOSED else reduced[j]
    rank = np.argsort(key)
    chosen[:] = False
    total = 0.0
    for k in range(count):
        chosen[rank[k]] = True
        total += reduced[rank[k]]
    return total


@njit(cache=True)
def _mix(slope, way, limit_slope, limit_way, memory):
    """Move the direction to the shortest mix of itself and the slope; return the slope's share and whether they agree."""
    slopes, ways, both = 1e-30, 1e-30, 0.0
    for i in range(len(slope)):
        slopes += slope[i] * slope[i]
        ways += way[i] * way[i]
        both += slope[i] * way[i]
    for q in range(len(limit_slope)):
        slopes += limit_slope[q] * limit_slope[q]
        ways += limit_way[q] * limit_way[q]
        both += limit_slope[q] * limit_way[q]
    apart = slopes - 2.0 * both + ways
    share = (ways - both) / apart if apart > 1e-12 else 1.0
    share = min(max(share, 0.1 * memory), memory)
    for i in range(len(slope)):
        way[i] += share * (slope[i] - way[i])
    for q in range(len(limit_slope)):
        limit_way[q] += share * (limit_slope[q] - limit_way[q])
    return share, both > 0.0


@njit(cache=True)
def _ascend(site, cost, limits, at_most, state, count, target, multiplier, limit_multiplier, steps, scale, patience):
    """Raise the bound from given multipliers; see `Relaxation.ascend`."""
    n, m, rows = site.shape[0], state.shape[0], limits.shape[0]
    u, v = multiplier.copy(), limit_multiplier.copy()
    best, best_u, best_v = -np.inf, u.copy(), v.copy()
    reduced, best_reduced, key = np.zeros(m), np.zeros(m), np.zeros(m)
    chosen, best_chosen, average = np.zeros(m, np.bool_), np.zeros(m, np.bool_), np.zeros(m)
    slope, way, limit_slope, limit_way = np.zeros(n), np.zeros(n), np.zeros(rows), np.zeros(rows)
    stalled, mark, memory = 0, -np.inf, MEMORY
    for step in range(steps):
        now = _reduce(site, cost, u, reduced)
        for q in range(rows):
            now -= v[q] * at_most[q]
            for j in range(m):
                reduced[j] += v[q] * limits[q, j]
        now += _choose(reduced, state, count, key, chosen)
        _slope(site, cost, u, chosen, slope)
        for q in range(rows):
            limit_slope[q] = -at_most[q]
            for j in range(m):
                if chosen[j]:
                    limit_slope[q] += limits[q, j]
            if v[q] <= 0.0 and limit_slope[q] < 0.0:
                limit_slope[q] = 0.0
        if step == 0:
            way[:], limit_way[:] = slope, limit_slope
        share, agree = _mix(slope, way, limit_slope, limit_way, memory)
        for j in range(m):
            average[j] += (1.0 if step == 0 else share) * ((1.0 if chosen[j] else 0.0) - average[j])
        if now > best + 1e-7 * abs(best):
            stalled = 0
            if agree:
                scale = min(2.0, LENGTHEN * scale)
        else:
            stalled += 1
        if step == 0 or now > best:
            best = now
            best_u[:], best_v[:], best_reduced[:], best_chosen[:] = u, v, reduced, chosen
            if best >= target:
                break
        if stalled >= patience:
            scale, stalled = SHORTEN * scale, 0
            if scale < LEAST_SCALE:
                break
        if step % 100 == 99:
            if step > 200 and best < mark + 3e-5 * abs(mark):
                memory = max(0.5 * memory, 1e-3)
            mark = best
        square = 0.0
        for i in range(n):
            square += way[i] * way[i]
        for q in range(rows):
            square += limit_way[q] * limit_way[q]
        if square < 1e-12:
            break
        length = scale * (target + 0.002 * abs(target) - best) / square
        for i in range(n):
            u[i] = max(cost[i, 0], best_u[i] + length * way[i])
        for q in range(rows):
            v[q] = max(0.0, best_v[q] + length * limit_way[q])
    return best, best_u, best_v, best_reduced, best_chosen, average, scale


@dataclass(frozen=True)
class Relaxation:
    """The relaxed problem, ready for `ascend`: ranked costs, and limits scaled to the size of the other multipliers."""

    ranked: Ranked
    limits: np.ndarray
    at_most: np.ndarray
    count: int

    @classmethod
    def of(cls, ranked: Ranked, rules: SiteRules) -> Relaxation:
        """Prepare a problem with a fixed number of sites."""
        if rules.count is None:
            raise ValueError("the relaxation needs the number of sites")
        largest = np.maximum(1e-12, np.abs(rules.limits).max(axis=1, initial=0.0))
        scale = np.sqrt(len(ranked.site) / rules.count) / largest
        limits = np.ascontiguousarray(rules.limits * scale[:, None])
        return cls(ranked, limits, (rules.at_most + rules.tolerance) * scale, rules.count)

    def start(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return multipliers to start from: halfway between the nearest and second nearest of these open sites."""
        is_open = np.isin(self.ranked.site, chosen)
        at = np.argmax(is_open, axis=1)
        rows = np.arange(len(at))
        first = self.ranked.cost[rows, at]
        is_open[rows, at] = False
        second = np.where(is_open.any(axis=1), self.ranked.cost[rows, np.argmax(is_open, axis=1)], 2 * first)
        return (first + second) / 2, np.zeros(len(self.at_most))

    def ascend(
        self,
        state: np.ndarray,
        target: float,
        multiplier: np.ndarray,
        limit_multiplier: np.ndarray,
        *,
        steps: int,
        scale: float,
        patience: int,
    ) -> Bound:
        """Raise the bound by subgradient steps.

        Parameters
        ----------
        state
            (m,) int8: `FREE`, `OPEN` or `CLOSED`.
        target
            Cost of a known plan; the ascent ends where the bound reaches it.
        multiplier, limit_multiplier
            (n,) and (r,) where to start.
        steps, scale, patience
            Most steps; first step length; steps without a better bound after which the length is halved.

        Returns
        -------
        Bound
        """
        if (state == OPEN).sum() > self.count or (state != CLOSED).sum() < self.count:
            return Bound(np.inf, multiplier, limit_multiplier, np.zeros(len(state)), state == OPEN, state == OPEN)
        found = _ascend(
            self.ranked.site, self.ranked.cost, self.limits, self.at_most, state, self.count, target, multiplier,
            limit_multiplier, steps, scale, patience,
        )  # fmt: skip
        return Bound(*found)

    def impossible(self, state: np.ndarray) -> bool:
        """Tell whether some limit is passed by every choice of sites that agrees with the states."""
        fixed, free = state == OPEN, state == FREE
        more = self.count - int(fixed.sum())
        if more < 0 or more > free.sum():
            return True
        if not len(self.limits):
            return False
        least = np.sort(self.limits[:, free], axis=1)[:, :more].sum(axis=1)
        return bool((self.limits[:, fixed].sum(axis=1) + least > self.at_most).any())


def settle(state: np.ndarray, bound: Bound, best_cost: float) -> np.ndarray:
    """Settle the sites that no plan better than the best known can open or close.

    Parameters
    ----------
    state
        (m,) states that the bound was found with.
    bound
        The bound.
    best_cost
        Cost of the best plan known.

    Returns
    -------
    numpy.ndarray
        (m,) states.
    """
    settled = state.copy()
    free = state == FREE
    inside, outside = free & bound.chosen, free & ~bound.chosen
    if inside.any():
        settled[outside & (bound.value + bound.reduced - bound.reduced[inside].max() > best_cost)] = CLOSED
    if outside.any():
        settled[inside & (bound.value - bound.reduced + bound.reduced[outside].min() > best_cost)] = OPEN
    return settled
