"""Compiled loops of `p_median`: the bound's subgradient and the gains of exchanges.

Each demand's sites stand in rising order of cost, so that a loop over them ends at the first one that cannot matter.
"""

from __future__ import annotations

import numpy as np
from numba import njit

FREE, OPEN, CLOSED = 0, 1, 2


@njit(cache=True)
def reduced_costs(near_cost, near_site, u, state, rho):
    """Fill ρ_j = Σ_i min(0, c_ij − u_i) for sites that are not closed."""
    rho[:] = 0.0
    n, k = near_cost.shape
    for i in range(n):
        for r in range(k):
            c = near_cost[i, r]
            if c >= u[i]:
                break
            j = near_site[i, r]
            if state[j] != CLOSED:
                rho[j] += c - u[i]


@njit(cache=True)
def ascend(
    near_cost, near_site, cap, u, state, count, upper, limit, steps, scale, least_scale, patience, row_start, row_site, row_value, right,
    row_scale, lam,
):  # fmt: skip
    """Raise the Lagrangian bound by a subgradient from the multipliers `u` (n,) of demands and `lam` (r,) of rules Σ a_j y_j ≤ right.

    Parameters
    ----------
    near_cost, near_site, cap
        (n, k) sites of each demand in rising order, and the cost (n,) of the next one.
    state
        (m,) FREE, OPEN or CLOSED; sites that the bound proves open or closed are marked.
    count
        Sites that open.
    upper, limit
        Cost of the best plan known, and the bound from which on no plan is better.
    steps, scale, least_scale, patience
        Of the subgradient.

    Returns
    -------
    tuple
        The bound, its multipliers u and lam, how often each site was open (m,), and the sites of the best bound (count,).
    """
    n, m = near_cost.shape[0], state.shape[0]
    k = near_cost.shape[1]
    rows = right.shape[0]
    rho, rank = np.empty(m), np.empty(m)
    best, best_u, best_lam = -np.inf, u.copy(), lam.copy()
    often, best_open = np.zeros(m), np.zeros(count, np.int64)
    direction, side = np.zeros(n), np.zeros(rows)
    is_open = np.zeros(m, np.bool_)
    stalled, taken = 0, 0.0
    infeasible = False
    for _ in range(steps):
        reduced_costs(near_cost, near_site, u, state, rho)
        for q in range(rows):
            if lam[q] > 0.0:
                for e in range(row_start[q], row_start[q + 1]):
                    rho[row_site[e]] += lam[q] * row_value[e]
        able, forced = 0, 0
        for j in range(m):
            if state[j] == OPEN:
                rank[j] = -np.inf
                forced += 1
                able += 1
            elif state[j] == CLOSED:
                rank[j] = np.inf
            else:
                rank[j] = rho[j]
                able += 1
        if forced > count or able < count:
            infeasible = True
            break
        order = np.argsort(rank, kind="mergesort")
        now = 0.0
        for i in range(n):
            now += u[i]
        for r in range(count):
            now += rho[order[r]]
        for q in range(rows):
            now -= lam[q] * right[q]
        if now > best + 1e-9 * abs(now):
            stalled = 0 if now - best > 2e-5 * (abs(upper - best) + 1e-12) else stalled + 1
            best = now
            best_u[:] = u
            best_lam[:] = lam
            best_open[:] = order[:count]
        else:
            stalled += 1
        for j in range(m):
            is_open[j] = False
        for r in range(count):
            is_open[order[r]] = True
        taken = 0.9 * taken + 1.0
        for j in range(m):
            often[j] = 0.9 * often[j] + (1.0 if is_open[j] else 0.0)
        if now >= limit:
            break
        # what any better plan opens or closes
        if count > forced and able > count:
            last, following = rho[order[count - 1]], rho[order[count]]
            for r in range(forced, count):
                if now - rho[order[r]] + following > limit:
                    state[order[r]] = OPEN
            for r in range(count, able):
                if now + rho[order[r]] - last > limit:
                    state[order[r]] = CLOSED
        if stalled >= patience:
            scale /= 1.7
            stalled = 0
            u[:] = best_u
            lam[:] = best_lam
            direction[:] = 0.0
            if scale < least_scale:
                break
            continue
        square = 0.0
        for i in range(n):
            slope = 1.0
            for r in range(k):
                if near_cost[i, r] >= u[i]:
                    break
                if is_open[near_site[i, r]]:
                    slope -= 1.0
            # a step against its forerunner zigzags: a part of that one is kept (Camerini, Fratta and Maffioli 1975)
            direction[i] = slope + 0.3 * direction[i]
            square += direction[i] * direction[i]
        for q in range(rows):
            value = -right[q]
            for e in range(row_start[q], row_start[q + 1]):
                if is_open[row_site[e]]:
                    value += row_value[e]
            side[q] = value
            square += (value / row_scale[q]) ** 2
        if square == 0.0:
            break
        length = scale * (upper * 1.002 - now) / square
        for i in range(n):
            value = u[i] + length * direction[i]
            u[i] = min(max(value, near_cost[i, 0]), cap[i])
        for q in range(rows):
            lam[q] = max(0.0, lam[q] + length * side[q] / (row_scale[q] * row_scale[q]))
    if infeasible:
        best = np.inf
    if taken > 0.0:
        for j in range(m):
            often[j] /= taken
    return best, best_u, best_lam, often, best_open


@njit(cache=True)
def exchange_gains(near_cost, near_site, cost, chosen, place):
    """Return what each exchange saves, in parts: of each site coming in (m,), of each pair (p, m), and the loss of each going out (p,).

    `place` (m,) is the position of a site in `chosen`, -1 where it is closed. The last value is the cost of the choice.
    """
    n, k = near_cost.shape
    m, p = place.shape[0], chosen.shape[0]
    gain, less, loss = np.zeros(m), np.zeros((p, m)), np.zeros(p)
    total = 0.0
    for i in range(n):
        first, second, at = np.inf, np.inf, -1
        for r in range(k):
            q = place[near_site[i, r]]
            if q >= 0:
                if at < 0:
                    first, at = near_cost[i, r], q
                else:
                    second = near_cost[i, r]
                    break
        if second == np.inf:
            # the list ended before the second open site
            first, second, at = np.inf, np.inf, -1
            for q in range(p):
                c = cost[i, chosen[q]]
                if c < first:
                    second, first, at = first, c, q
                elif c < second:
                    second = c
            if second == np.inf:
                second = first
                for j in range(m):
                    second = max(second, cost[i, j])
        total += first
        loss[at] += second - first
        for r in range(k):
            c = near_cost[i, r]
            if c >= second:
                break
            j = near_site[i, r]
            if place[j] < 0:
                if c < first:
                    gain[j] += first - c
                    less[at, j] += second - first
                else:
                    less[at, j] += second - c
    return gain, less, loss, total
