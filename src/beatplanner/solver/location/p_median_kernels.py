"""Compiled loops of `p_median`: the bound's subgradient and the gains of exchanges.

Each demand's sites stand in rising order of cost, so that a loop over them ends at the first one that cannot matter.
"""

from __future__ import annotations

import numpy as np

from beatplanner.solver.looped import looped

FREE, OPEN, CLOSED = 0, 1, 2


@looped("near_cost")
def reduced_costs(near_cost: np.ndarray, near_site: np.ndarray, u: np.ndarray, state: np.ndarray, rho: np.ndarray):
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


@looped("near_cost", "steps")
def ascend(
    near_cost: np.ndarray,
    near_site: np.ndarray,
    cap: np.ndarray,
    span: np.ndarray,
    u: np.ndarray,
    state: np.ndarray,
    count: int,
    upper: float,
    limit: float,
    steps: int,
    alpha: float,
    scale: float,
    patience: int,
    often: np.ndarray,
    row_start: np.ndarray,
    row_site: np.ndarray,
    row_value: np.ndarray,
    right: np.ndarray,
    row_scale: np.ndarray,
    lam: np.ndarray,
):
    """Raise the Lagrangian bound by the volume algorithm (Barahona and Anbil 2000).

    Steps go from the best multipliers along a mean of subgradients, in which the newest has the weight `alpha`; the same mean of the sites
    opened comes near to the fractional optimum.

    Parameters
    ----------
    near_cost, near_site, cap
        (n, k) sites of each demand in rising order, and the cost (n,) of the next one.
    span
        (n,) what a multiplier is measured in: a city's moves farther in a step than a hamlet's.
    u, lam
        (n,) multipliers of demands and (r,) of rules Σ a_j y_j ≤ right; the best ones afterwards.
    state
        (m,) FREE, OPEN or CLOSED; sites that the bound proves open or closed are marked.
    count
        Sites that open.
    upper, limit
        Cost of the best plan known, and the bound from which on no plan is better.
    steps, alpha, scale, patience
        Steps at most, weight of the newest, first length of a step, and steps without gain after which that is shortened.
    often
        (m,) share in which each site was open, carried on; negative where unknown.

    Returns
    -------
    tuple
        The bound (inf where the state allows no plan), the length of a step at the end, and the sites of the best bound (count,).
    """
    n, m = near_cost.shape[0], state.shape[0]
    k = near_cost.shape[1]
    rows = right.shape[0]
    rho, rank = np.empty(m), np.empty(m)
    best, best_u, best_lam = -np.inf, u.copy(), lam.copy()
    best_open = np.zeros(count, np.int64)
    slope, mean = np.zeros(n), np.zeros(n)
    side, side_mean = np.zeros(rows), np.zeros(rows)
    is_open = np.zeros(m, np.bool_)
    stalled = 0
    for step in range(steps):
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
            best = np.inf
            break
        order = np.argsort(rank, kind="mergesort")
        now = 0.0
        for i in range(n):
            now += u[i]
        for r in range(count):
            now += rho[order[r]]
        for q in range(rows):
            now -= lam[q] * right[q]
        is_open[:] = False
        for r in range(count):
            is_open[order[r]] = True
        along, square = 0.0, 0.0
        for i in range(n):
            value = 1.0
            for r in range(k):
                if near_cost[i, r] >= u[i]:
                    break
                if is_open[near_site[i, r]]:
                    value -= 1.0
            slope[i] = value * span[i]
            along += slope[i] * mean[i]
        for q in range(rows):
            value = -right[q]
            for e in range(row_start[q], row_start[q + 1]):
                if is_open[row_site[e]]:
                    value += row_value[e]
            side[q] = value / row_scale[q]
            along += side[q] * side_mean[q]
        if now > best:
            if step > 0 and along >= 0.0:
                scale = min(scale * 1.1, 2.0)
            stalled = 0 if now - best > 1e-6 * abs(upper - now) else stalled + 1
            best = float(now)
            best_u[:] = u
            best_lam[:] = lam
            best_open[:] = order[:count]
        else:
            stalled += 1
        if stalled >= patience:
            scale = scale * 0.66
            stalled = 0
            if scale < 1e-4:
                break
        weight = 1.0 if step == 0 else alpha
        for i in range(n):
            mean[i] += weight * (slope[i] - mean[i])
            square += mean[i] * mean[i]
        for q in range(rows):
            side_mean[q] += weight * (side[q] - side_mean[q])
            square += side_mean[q] * side_mean[q]
        for j in range(m):
            value = 1.0 if is_open[j] else 0.0
            often[j] = value if often[j] < 0.0 else often[j] + alpha * (value - often[j])
        if best >= limit or square < 1e-18:
            break
        length = scale * (upper - best) / square
        for i in range(n):
            u[i] = min(max(best_u[i] + length * mean[i] * span[i], near_cost[i, 0]), cap[i])
        for q in range(rows):
            lam[q] = max(0.0, best_lam[q] + length * side_mean[q] / row_scale[q])
    u[:] = best_u
    lam[:] = best_lam
    if best < limit:
        _fix(near_cost, near_site, u, state, count, best, limit, row_start, row_site, row_value, lam, rho)
    return best, scale, best_open


@looped("near_cost")
def _fix(
    near_cost: np.ndarray,
    near_site: np.ndarray,
    u: np.ndarray,
    state: np.ndarray,
    count: int,
    bound: float,
    limit: float,
    row_start: np.ndarray,
    row_site: np.ndarray,
    row_value: np.ndarray,
    lam: np.ndarray,
    rho: np.ndarray,
):
    """Mark sites that every plan better than `limit` opens or closes, by the reduced costs at the multipliers of a bound."""
    reduced_costs(near_cost, near_site, u, state, rho)
    m, able, forced = state.shape[0], 0, 0
    for q in range(lam.shape[0]):
        if lam[q] > 0.0:
            for e in range(row_start[q], row_start[q + 1]):
                rho[row_site[e]] += lam[q] * row_value[e]
    rank = np.empty(m)
    for j in range(m):
        forced += state[j] == OPEN
        able += state[j] != CLOSED
        rank[j] = -np.inf if state[j] == OPEN else (np.inf if state[j] == CLOSED else rho[j])
    if forced >= count or able <= count:
        return
    order = np.argsort(rank, kind="mergesort")
    last, following = rho[order[count - 1]], rho[order[count]]
    for r in range(forced, count):
        if bound - rho[order[r]] + following > limit:
            state[order[r]] = OPEN
    for r in range(count, able):
        if bound + rho[order[r]] - last > limit:
            state[order[r]] = CLOSED


@looped("near_cost")
def exchange_gains(
    near_cost: np.ndarray, near_site: np.ndarray, cost: np.ndarray, chosen: np.ndarray, place: np.ndarray
):
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
