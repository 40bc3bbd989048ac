"""The Lagrangian of balanced districts with whole units: knapsacks by branch and bound, and an ascent over the multipliers.

Model of a site s with pairs p, reduced costs r_p = c_p + λ m_p − u_i + (multipliers of the contiguity cuts), weights w_p::

    v_s = min { Σ_p r_p x_p : L ≤ Σ_p w_p x_p ≤ U, x_centre = 1, x binary }

Taking every pair of negative reduced cost breaks at most one of L and U. Mending that one at least cost is a covering knapsack over
the pairs that can mend it (drop some, or add some); the other side is relaxed, so the value never lies above v_s. Where the
search needs too many steps the fractional value stands. The bound of the multipliers is Σ_i u_i − λ B + the K smallest v_s with at most one of
each label; only sites whose fractional value is small enough to matter are solved with whole units (Barahona and Chudak 2005 for the idea of
lazy pricing). Whole units make the bound stronger than that of the linear relaxation, which splits them.
"""

from __future__ import annotations

import numpy as np

from beatplanner.solver.compiled import njit

# Steps of a knapsack's search after which its fractional value is taken.
KNAPSACK_STEPS = 5_000


@njit(cache=True, nogil=True)
def _cover(penalty: np.ndarray, load: np.ndarray, need: float, pick: np.ndarray, best_pick: np.ndarray):
    """Return the least Σ penalty x with Σ load x ≥ need, x binary, and the choice; items by penalty for each load, ascending.

    Depth first with the fractional bound (Horowitz and Sahni 1974); -1 where it needs too many steps, inf where nothing covers.
    """
    m = penalty.shape[0]
    best = np.inf
    pick[:] = 0
    depth, got, paid, steps = 0, 0.0, 0.0, 0
    down = True
    while True:
        if down:
            steps += 1
            if steps > KNAPSACK_STEPS:
                return -1.0
            if got >= need:
                if paid < best:
                    best = paid
                    best_pick[:depth] = pick[:depth]
                    best_pick[depth:] = 0
                down = False
            else:
                rest, bound, j = need - got, paid, depth
                while j < m and load[j] <= rest and bound < best:
                    rest -= load[j]
                    bound += penalty[j]
                    j += 1
                if rest > 0.0:
                    bound = bound + penalty[j] * rest / load[j] if j < m else np.inf
                if bound >= best * (1.0 - 1e-12) or bound == np.inf:
                    down = False
        if down:
            pick[depth] = 1
            got += load[depth]
            paid += penalty[depth]
            depth += 1
            continue
        depth -= 1
        while depth >= 0 and pick[depth] == 0:
            depth -= 1
        if depth < 0:
            return best
        pick[depth] = 0
        got -= load[depth]
        paid -= penalty[depth]
        depth += 1
        down = True


@njit(cache=True, nogil=True)
def mendable(
    start: np.ndarray,
    unit: np.ndarray,
    reduced: np.ndarray,
    weight: np.ndarray,
    lower: float,
    upper: float,
    s: int,
    at: np.ndarray,
    ratio: np.ndarray,
):
    """Return the value with every pair of negative reduced cost, what is missing to the bounds, and the pairs that can mend it.

    `need` is negative where pairs must be dropped, positive where some must be added; the first `m` of `at` are those pairs.
    """
    a, b = start[s], start[s + 1]
    total = float(weight[unit[a]])
    value = float(reduced[a])
    for p in range(a + 1, b):
        if reduced[p] < 0.0:
            value += float(reduced[p])
            total += float(weight[unit[p]])
    need = 0.0
    if total > upper:
        need = upper - total
    elif total < lower:
        need = lower - total
    m = 0
    if need != 0.0:
        for p in range(a + 1, b):
            w = weight[unit[p]]
            if w > 0.0 and (reduced[p] < 0.0) == (need < 0.0):
                at[m] = p
                ratio[m] = abs(reduced[p]) / w
                m += 1
    return value, need, m


@njit(cache=True, nogil=True)
def fractional(
    start: np.ndarray,
    unit: np.ndarray,
    reduced: np.ndarray,
    weight: np.ndarray,
    lower: float,
    upper: float,
    s: int,
    at: np.ndarray,
    ratio: np.ndarray,
):
    """Return the value of a site with units that can be split, and the multiplier of its balance row."""
    value, need, m = mendable(start, unit, reduced, weight, lower, upper, s, at, ratio)
    left = abs(need)
    critical = 0.0
    if left > 0.0:
        order = np.argsort(ratio[:m])
        for q in range(m):
            o = order[q]
            part = min(left, weight[unit[at[o]]])
            value += part * ratio[o]
            left -= part
            critical = ratio[o]
            if left <= 0.0:
                break
        if left > 1e-9 * upper:
            return np.inf, 0.0
        if need < 0.0:
            critical = -critical
    return value, critical


@njit(cache=True, nogil=True)
def _whole(
    start: np.ndarray,
    unit: np.ndarray,
    reduced: np.ndarray,
    weight: np.ndarray,
    lower: float,
    upper: float,
    s: int,
    at: np.ndarray,
    ratio: np.ndarray,
    share: np.ndarray,
):
    """Return the value of a site with whole units, and fill its part of `share`."""
    value, need, m = mendable(start, unit, reduced, weight, lower, upper, s, at, ratio)
    a, b = start[s], start[s + 1]
    share[a] = 1.0
    for p in range(a + 1, b):
        share[p] = 1.0 if reduced[p] < 0.0 else 0.0
    if need == 0.0:
        return value
    order = np.argsort(ratio[:m])
    pairs = at[:m][order]
    load, penalty = np.empty(m), np.empty(m)
    for q in range(m):
        load[q] = weight[unit[pairs[q]]]
        penalty[q] = abs(reduced[pairs[q]])
    pick, best_pick = np.zeros(m, np.int8), np.zeros(m, np.int8)
    left = abs(need) * (1.0 - 1e-12)
    paid = _cover(penalty, load, left, pick, best_pick)
    if paid == np.inf:
        return np.inf
    changed = 0.0 if need < 0.0 else 1.0
    if paid >= 0.0:
        for q in range(m):
            if best_pick[q] == 1:
                share[pairs[q]] = changed
        return value + paid
    for q in range(m):
        part = min(1.0, left / load[q])
        value += part * penalty[q]
        share[pairs[q]] = part if need > 0.0 else 1.0 - part
        left -= part * load[q]
        if left <= 0.0:
            break
    return value


@njit(cache=True, nogil=True)
def price_sites(
    start: np.ndarray,
    unit: np.ndarray,
    reduced: np.ndarray,
    weight: np.ndarray,
    label: np.ndarray,
    zone: np.ndarray,
    need: np.ndarray,
    lower: float,
    upper: float,
    row: np.ndarray,
    value: np.ndarray,
    share: np.ndarray,
    chosen: np.ndarray,
):
    """Choose the sites of least value, as many of each zone as it needs, with at most one of each label in it, and return the sum of their values.

    Parameters
    ----------
    start, unit
        (S + 1,) and (P,) pairs of the sites in compressed rows, the centre first.
    reduced
        (P,) reduced cost of each pair.
    weight
        (n,) workload.
    label
        (S,) label of each site, -1 for none.
    zone, need
        (S,) zone of each site, 0, 1, …, and (Z,) districts whose site is in each zone.
    lower, upper
        Bounds of a district.
    row
        (S,) a guess of the multiplier of each site's balance row, such as that of the last call; bettered where it mattered. Any guess gives a
        value that is not too high, in one pass without sorting, and only sites that it leaves small enough are solved.
    value, share, chosen
        Written: (S,) value of each site, of whole units where it mattered; (P,) part of each pair, of chosen sites only;
        (K,) the chosen sites, zone by zone, those of the least value first.

    Returns
    -------
    float
        inf where there are not so many sites that reach the bounds.
    """
    sites = start.shape[0] - 1
    longest = 0
    for s in range(sites):
        longest = max(longest, start[s + 1] - start[s])
    at, ratio = np.empty(longest, np.int64), np.empty(longest)
    for s in range(sites):
        sigma = row[s]
        v = reduced[start[s]] - sigma * weight[unit[start[s]]]
        for p in range(start[s] + 1, start[s + 1]):
            v += min(0.0, reduced[p] - sigma * weight[unit[p]])
        value[s] = v + sigma * (upper if sigma < 0.0 else lower)
    order = np.argsort(value)
    best = np.full(chosen.shape[0], np.inf)
    chosen[:] = -1
    end = np.cumsum(need)
    for q in range(sites):
        s = order[q]
        first, final = end[zone[s]] - need[zone[s]], end[zone[s]] - 1
        if final < first or value[s] >= best[final]:
            continue
        split, row[s] = fractional(start, unit, reduced, weight, lower, upper, s, at, ratio)
        if split >= best[final]:
            value[s] = split
            continue
        v = _whole(start, unit, reduced, weight, lower, upper, s, at, ratio, share)
        value[s] = v
        if v >= best[final]:
            continue
        last = final
        if label[s] >= 0:
            for k in range(first, final + 1):
                if chosen[k] >= 0 and label[chosen[k]] == label[s]:
                    last = k
                    break
            if best[last] <= v:
                continue
        while last > first and best[last - 1] > v:
            best[last] = best[last - 1]
            chosen[last] = chosen[last - 1]
            last -= 1
        best[last] = v
        chosen[last] = s
    return best.sum()


@njit(cache=True, nogil=True)
def ascend(
    start: np.ndarray,
    unit: np.ndarray,
    cost: np.ndarray,
    moved: np.ndarray,
    label: np.ndarray,
    zone: np.ndarray,
    need: np.ndarray,
    weight: np.ndarray,
    lower: float,
    upper: float,
    budget: float,
    cut_start: np.ndarray,
    cut_pair: np.ndarray,
    span: np.ndarray,
    dual: np.ndarray,
    target: float,
    enough: float,
    steps: int,
    scale: float,
    patience: int,
    halt: np.ndarray,
    mean: np.ndarray,
    whole: np.ndarray,
):
    """Raise the bound by deflected subgradient steps (Held, Wolfe and Crowder 1974; Camerini, Fratta and Maffioli 1975).

    Parameters
    ----------
    start, unit, cost, moved, label
        The sites: compressed rows, and cost and residents moved of each pair.
    zone, need
        Which zone each site is in, and how many districts have their site there.
    weight, lower, upper, budget
        (n,) workload, the districts' bounds, residents that may change label (negative for no limit).
    cut_start, cut_pair
        Contiguity cuts in compressed rows: x of the first pair ≤ Σ x of the others.
    span
        (n,) what the units' multipliers are measured in (`district_bound.spans`).
    dual
        (n + cuts + 1,) where to start from: multipliers of units, of cuts and of the budget.
    target
        What the bound is hoped to reach, such as the cost of a known plan.
    enough
        A bound at which to end.
    steps, scale, patience
        Steps, first step length as a share of Polyak's, and steps without progress after which it shrinks.
    halt
        (1,) bool: True, which another thread may set, ends the ascent at its next step.
    mean, whole
        Written: (P,) mean of the pairs' parts over the steps, later ones weighing more; (P,) the last part where it satisfied
        every relaxed row, else not changed.

    Returns
    -------
    tuple
        The greatest bound met (inf where no plan exists), its multipliers, and whether `whole` was written.
    """
    n, sites, pairs, cuts = weight.shape[0], start.shape[0] - 1, unit.shape[0], cut_start.shape[0] - 1
    size = n + cuts + 1
    value, row, share = np.zeros(sites), np.zeros(sites), np.zeros(pairs)
    chosen = np.zeros(need.sum(), np.int64)
    taken = np.zeros(sites, np.bool_)
    reduced = np.zeros(pairs)
    site = np.zeros(pairs, np.int64)
    for s in range(sites):
        site[start[s] : start[s + 1]] = s
    largest = 1.0
    if budget >= 0.0:
        largest = max(1.0, moved.max())
    best, best_dual = -np.inf, dual.copy()
    now = dual.copy()
    along, slope = np.zeros(size), np.zeros(size)
    stalled, mass, grow = 0, 0.0, 1.0
    mean[:] = 0.0
    written = False
    for _ in range(steps):
        price = now[size - 1] / largest
        for p in range(pairs):
            reduced[p] = cost[p] + price * moved[p] - now[unit[p]]
        for c in range(cuts):
            mu = now[n + c]
            if mu > 0.0:
                reduced[cut_pair[cut_start[c]]] += mu
                for q in range(cut_start[c] + 1, cut_start[c + 1]):
                    reduced[cut_pair[q]] -= mu
        total = price_sites(start, unit, reduced, weight, label, zone, need, lower, upper, row, value, share, chosen)
        if total == np.inf:
            return np.inf, best_dual, False
        bound = total
        for i in range(n):
            bound += now[i]
        if budget >= 0.0:
            bound -= price * budget
        if bound > best:
            stalled = 0 if bound > best + 1e-6 * abs(bound) else stalled + 1
            best = bound
            best_dual[:] = now
        else:
            stalled += 1
        if best >= enough or halt[0]:
            break
        taken[:] = False
        slope[:n] = 1.0
        grow *= 1.05
        mass += grow
        over = -budget
        for s in chosen:
            taken[s] = True
            for p in range(start[s], start[s + 1]):
                if share[p] > 0.0:
                    slope[unit[p]] -= share[p]
                    mean[p] += grow * share[p]
                    over += share[p] * moved[p]
        fits = True
        for c in range(cuts):
            first = cut_pair[cut_start[c]]
            h = share[first] if taken[site[first]] else 0.0
            if taken[site[first]] and (h > 0.0 or now[n + c] > 0.0):
                for q in range(cut_start[c] + 1, cut_start[c + 1]):
                    h -= share[cut_pair[q]]
            if h > 1e-9:
                fits = False
            slope[n + c] = h if h > 0.0 or now[n + c] > 0.0 else 0.0
        slope[size - 1] = 0.0
        if budget >= 0.0:
            if over > 1e-9 * (1.0 + budget):
                fits = False
            if over > 0.0 or now[size - 1] > 0.0:
                slope[size - 1] = over / largest
        if fits:
            for i in range(n):
                if abs(slope[i]) > 1e-9:
                    fits = False
                    break
        if fits:
            for p in range(pairs):
                whole[p] = share[p] if taken[site[p]] else 0.0
            written = True
        for i in range(n):
            slope[i] *= span[i]
        if stalled >= patience:
            scale /= 1.5
            stalled = 0
            now[:] = best_dual
            along[:] = 0.0
            if scale < 1e-3:
                break
            continue
        inner, length = 0.0, 0.0
        for i in range(size):
            inner += slope[i] * along[i]
            length += along[i] * along[i]
        turn = max(0.0, -1.5 * inner / length) if length > 0.0 else 0.0
        square = 0.0
        for i in range(size):
            along[i] = slope[i] + turn * along[i]
            square += along[i] * along[i]
        if square < 1e-12:
            break
        step = scale * max(target - bound, 1e-6 * abs(target)) / square
        for i in range(n):
            now[i] += step * along[i] * span[i]
        for i in range(n, size):
            now[i] = max(0.0, now[i] + step * along[i])
    if mass > 0.0:
        for p in range(pairs):
            mean[p] /= mass
    return best, best_dual, written
