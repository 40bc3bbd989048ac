"""A proven lower bound on the travel of balanced districts, by Lagrangian relaxation of the assignment.

Model (Hess et al. 1965), with x_ij = 1 where unit i belongs to the district whose centre is unit j::

    min  Σ_ij c_ij x_ij
    s.t. Σ_j x_ij = 1                       every unit in one district          (multiplier u_i)
         L x_jj ≤ Σ_i w_i x_ij ≤ U x_jj     balance
         Σ_j x_jj = K,  x_ij ≤ x_jj,  x binary

Relaxing the first line with any u leaves, for every centre j, a knapsack

    v_j(u) = min { Σ_i (c_ij − u_i) x_i : L ≤ Σ_i w_i x_i ≤ U, x_j = 1, 0 ≤ x ≤ 1 }

solved by sorting, and the bound is Σ_i u_i + the K smallest v_j. Contiguity only enters by leaving out pairs that no connected district of
weight at most U can join; the bound holds for the contiguous problem, since it relaxes it. Multipliers by subgradient steps (Held, Wolfe
and Crowder 1974).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit

FORBIDDEN = np.inf


@njit(cache=True)
def _knapsacks(cost, allowed, weight, multiplier, lower, upper, value, share, order, ratio):
    """Fill v_j and the fractional knapsack of every centre; `share[j, i]` is x_ij. A centre that cannot reach L gets inf."""
    n = weight.shape[0]
    for j in range(n):
        share[j, :] = 0.0
        if not allowed[j, j]:
            value[j] = np.inf
            continue
        total = weight[j]
        v = cost[j, j] - multiplier[j]
        share[j, j] = 1.0
        m = 0
        for i in range(n):
            if i == j or not allowed[j, i]:
                continue
            reduced = cost[j, i] - multiplier[i]
            if weight[i] <= 0.0:
                if reduced < 0.0:
                    v += reduced
                    share[j, i] = 1.0
                continue
            ratio[m] = reduced / weight[i]
            order[m] = i
            m += 1
        rank = np.argsort(ratio[:m])
        for r in range(m):
            i = order[rank[r]]
            room = upper - total
            if ratio[rank[r]] >= 0.0:
                room = lower - total
            if room <= 0.0:
                break
            take = min(1.0, room / weight[i])
            v += take * weight[i] * ratio[rank[r]]
            total += take * weight[i]
            share[j, i] = take
        value[j] = v if total >= lower * (1.0 - 1e-12) and total <= upper * (1.0 + 1e-12) else np.inf


@dataclass(frozen=True)
class Bound:
    """A proven lower bound and what it leaves open.

    Attributes
    ----------
    value
        Lower bound on the travel; inf where the relaxation already shows that no plan exists.
    centres
        (n,) whether the unit may still be a centre in a plan better than the upper bound.
    pairs
        (n, n) whether unit i may still belong to centre j in such a plan, as ``pairs[j, i]``.
    """

    value: float
    centres: np.ndarray
    pairs: np.ndarray


def lagrangian_bound(
    cost: np.ndarray,
    allowed: np.ndarray,
    weight: np.ndarray,
    count: int,
    lower: float,
    upper: float,
    best_known: float,
    *,
    steps: int = 400,
    stop: Callable[[], bool] = lambda: False,
) -> Bound:
    """Bound the travel of `count` districts from below.

    Parameters
    ----------
    cost
        (n, n) cost of unit i at centre j, as ``cost[j, i]``.
    allowed
        (n, n) whether unit i can be with centre j at all, as ``allowed[j, i]``.
    weight
        (n,) workload.
    count
        Number of districts.
    lower, upper
        Bounds of a district's workload.
    best_known
        Travel of a known plan, for step lengths and for fixing by reduced cost; inf where none is known.
    steps
        Subgradient steps.
    stop
        Asked at every step; True ends the search with the best bound so far.

    Returns
    -------
    Bound
        The greatest bound met, and the centres and pairs that it could not exclude.
    """
    n = len(weight)
    share = np.zeros((n, n))
    value = np.zeros(n)
    order = np.zeros(n, dtype=np.int64)
    ratio = np.zeros(n)
    reachable = np.where(allowed, cost, np.inf)
    # a first guess: what the unit would cost at its nearest few centres
    near = np.sort(reachable, axis=0)
    multiplier = near[min(n - 1, max(1, n // (2 * count)))].copy()
    multiplier[~np.isfinite(multiplier)] = 0.0
    target = best_known if np.isfinite(best_known) else 1.2 * float(multiplier.sum())
    best, best_multiplier = -np.inf, multiplier.copy()
    scale, stalled = 1.5, 0
    for _ in range(steps):
        _knapsacks(cost, allowed, weight, multiplier, lower, upper, value, share, order, ratio)
        chosen = np.argpartition(value, count - 1)[:count] if count < n else np.arange(n)
        bound = float(multiplier.sum() + value[chosen].sum())
        if not np.isfinite(bound):
            return Bound(np.inf, np.zeros(n, bool), np.zeros((n, n), bool))
        if bound > best + 1e-7 * abs(best if np.isfinite(best) else bound):
            best, best_multiplier, stalled = bound, multiplier.copy(), 0
        else:
            stalled += 1
            if stalled >= 15:
                scale, stalled = scale / 1.6, 0
                multiplier = best_multiplier.copy()
                if scale < 1e-3:
                    break
                continue
        if not np.isfinite(best_known) and bound > 0.95 * target:
            target = 1.05 * bound / 0.95
        slope = 1.0 - share[chosen].sum(axis=0)
        square = float(slope @ slope)
        if square < 1e-12 or best >= target * (1 - 1e-9) or stop():
            break
        multiplier = multiplier + scale * (target - bound) / square * slope
    return _fix(cost, allowed, weight, best_multiplier, count, lower, upper, best_known, value, share, order, ratio)


def _fix(cost, allowed, weight, multiplier, count, lower, upper, best_known, value, share, order, ratio) -> Bound:
    """Exclude centres and pairs whose presence alone would lift the bound above the best known travel."""
    n = len(weight)
    _knapsacks(cost, allowed, weight, multiplier, lower, upper, value, share, order, ratio)
    ranked = np.sort(value)
    bound = float(multiplier.sum() + ranked[:count].sum())
    limit = best_known * (1 + 1e-9)
    # forcing j in drops the last of the chosen ones, unless j is among them
    with_centre = bound + np.maximum(0.0, value - ranked[count - 1])
    centres = with_centre <= limit
    # forcing x_ij = 1 on a fractional knapsack costs at least the unit's reduced cost at the critical ratio
    reduced = cost - multiplier[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        per_weight = np.where(weight[None, :] > 0, reduced / weight[None, :], 0.0)
    taken = share > 0
    worst_taken = np.where(taken & ~np.eye(n, dtype=bool), per_weight, -np.inf).max(axis=1, initial=-np.inf)
    # multiplier of the knapsack row: the critical ratio; 0 where neither bound binds
    loads = share @ weight
    critical = np.where(loads >= upper * (1 - 1e-9), np.minimum(worst_taken, 0.0), 0.0)
    critical = np.where((loads <= lower * (1 + 1e-9)) & (worst_taken > 0), worst_taken, critical)
    extra = np.maximum(0.0, reduced - critical[:, None] * weight[None, :])
    extra[taken] = 0.0
    pairs = allowed & centres[:, None] & (with_centre[:, None] + extra <= limit)
    np.fill_diagonal(pairs, centres)
    return Bound(bound, centres, pairs)
