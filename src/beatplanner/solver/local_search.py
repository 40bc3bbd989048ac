"""Simulated annealing over contiguous districts: shifts of border units, compiled with numba.

A move takes one unit on the border of its district to a neighbouring district. Both stay connected, which is tested
on the district that loses the unit by a search that stops as soon as the unit's neighbours have found each other. The centre of a
district is its best member (the 1-median), kept exact at every move in time proportional to the district.

The move is taken by the Metropolis rule on: cost + λ · (weight outside the bounds) + μ · (residents moved above the
budget). λ and μ rise while the walk is outside the rules and fall while it is inside, so that it lives near the edge of what is
allowed, where the good plans are (strategic oscillation; Glover 1989). The best state that keeps every rule is kept.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# Slots of the `tally` array that the kernel keeps between calls.
COST, OUTSIDE, MOVED, BEST_COST, BEST_OUTSIDE, WEIGHT_PENALTY, MOVE_PENALTY = range(7)
TALLY_SLOTS = 7


@njit(cache=True, inline="always")
def _metres(distance, xy, i, j):
    if distance.shape[0] > 0:
        return distance[i, j]
    dx = xy[i, 0] - xy[j, 0]
    dy = xy[i, 1] - xy[j, 1]
    return np.sqrt(dx * dx + dy * dy)


@njit(cache=True)
def stays_connected(unit, district, indptr, indices, mark, stamp, stack):
    """Tell whether the unit's district is connected without it; `mark`, `stamp` and `stack` are scratch space."""
    own = district[unit]
    first = -1
    wanted = 0
    for e in range(indptr[unit], indptr[unit + 1]):
        v = indices[e]
        if district[v] == own:
            wanted += 1
            if first < 0:
                first = v
            mark[v] = -stamp
    if wanted <= 1:
        return wanted == 1
    found = 1
    mark[first] = stamp
    mark[unit] = stamp
    top = 0
    stack[0] = first
    while top >= 0:
        v = stack[top]
        top -= 1
        for e in range(indptr[v], indptr[v + 1]):
            x = indices[e]
            if district[x] != own or mark[x] == stamp:
                continue
            if mark[x] == -stamp:
                found += 1
                if found == wanted:
                    return True
            mark[x] = stamp
            top += 1
            stack[top] = x
    return False


@njit(cache=True)
def measure(distance, xy, weight, district, members, size, slot, total, near, centre, cost):
    """Fill the bookkeeping of a state from `district` alone.

    Parameters
    ----------
    distance, xy
        (n, n) metres, or an empty array and (n, 2) coordinates in metres.
    weight
        (n,) workload.
    district
        (n,) district of each unit, 0..K-1.
    members, size, slot, total, near, centre, cost
        Written: (K, n) members of each district, (K,) their number, (n,) place among the members, (K,) workload, (n,) cost
        of the unit's district were the unit its centre, (K,) best centre, (K,) cost with it.
    """
    count = size.shape[0]
    size[:] = 0
    total[:] = 0.0
    for i in range(district.shape[0]):
        k = district[i]
        members[k, size[k]] = i
        slot[i] = size[k]
        size[k] += 1
        total[k] += weight[i]
    for k in range(count):
        cost[k] = np.inf
        for a in range(size[k]):
            j = members[k, a]
            s = 0.0
            for b in range(size[k]):
                i = members[k, b]
                s += weight[i] * _metres(distance, xy, i, j)
            near[j] = s
            if s < cost[k]:
                cost[k] = s
                centre[k] = j


@njit(cache=True, inline="always")
def _outside(total, lower, upper):
    if total > upper:
        return total - upper
    if total < lower:
        return lower - total
    return 0.0


@njit(cache=True)
def anneal(
    seed, proposals, temperature, cooling, distance, xy, weight, lower, upper, indptr, indices, length, tails,
    by_cut, fixed, residents, label_of_unit, label_of_district, budget, district, members, size, slot, total, near,
    centre, cost, mark, stack, best, tally, adapt,
):  # fmt: skip
    """Walk `proposals` moves from the state in `district`; see the module for the rule.

    All arrays are changed in place; `best` receives the best district of each unit that keeps the rules, or, while none does, the
    one with the least weight outside the bounds. `tally` holds the figures named above.
    """
    np.random.seed(seed)
    edges = indices.shape[0]
    stamp = 1
    mark[:] = 0
    for _ in range(proposals):
        temperature *= cooling
        e = np.random.randint(edges)
        u = tails[e]
        v = indices[e]
        a = district[u]
        b = district[v]
        if a == b or fixed[u] or size[a] == 1:
            continue
        w = weight[u]
        outside = (
            _outside(total[a] - w, lower, upper) + _outside(total[b] + w, lower, upper)
            - _outside(total[a], lower, upper) - _outside(total[b], lower, upper)
        )  # fmt: skip
        moved = 0.0
        if budget >= 0.0 and label_of_unit[u] >= 0:
            was = label_of_unit[u] != label_of_district[a]
            will = label_of_unit[u] != label_of_district[b]
            moved = residents[u] * ((1.0 if will else 0.0) - (1.0 if was else 0.0))
        over = 0.0
        if budget >= 0.0:
            over = max(0.0, tally[MOVED] + moved - budget) - max(0.0, tally[MOVED] - budget)
        own = 0.0
        cost_a = 0.0
        cost_b = 0.0
        centre_a = centre[a]
        centre_b = centre[b]
        if by_cut:
            change = 0.0
            for f in range(indptr[u], indptr[u + 1]):
                d = district[indices[f]]
                if d == a:
                    change += length[f]
                elif d == b:
                    change -= length[f]
        else:
            cost_a = np.inf
            for m in range(size[a]):
                j = members[a, m]
                if j != u:
                    s = near[j] - w * _metres(distance, xy, u, j)
                    if s < cost_a:
                        cost_a = s
                        centre_a = j
            cost_b = np.inf
            for m in range(size[b]):
                j = members[b, m]
                own += weight[j] * _metres(distance, xy, j, u)
                s = near[j] + w * _metres(distance, xy, u, j)
                if s < cost_b:
                    cost_b = s
                    centre_b = j
            if own < cost_b:
                cost_b = own
                centre_b = u
            change = cost_a + cost_b - cost[a] - cost[b]
        delta = change + tally[WEIGHT_PENALTY] * outside + tally[MOVE_PENALTY] * over
        if delta > 0.0 and np.random.random() >= np.exp(-delta / temperature):
            continue
        stamp += 1
        if not stays_connected(u, district, indptr, indices, mark, stamp, stack):
            continue
        if not by_cut:
            for m in range(size[a]):
                j = members[a, m]
                near[j] -= w * _metres(distance, xy, u, j)
            for m in range(size[b]):
                j = members[b, m]
                near[j] += w * _metres(distance, xy, u, j)
            near[u] = own
            cost[a] = cost_a
            cost[b] = cost_b
            centre[a] = centre_a
            centre[b] = centre_b
        last = members[a, size[a] - 1]
        members[a, slot[u]] = last
        slot[last] = slot[u]
        size[a] -= 1
        members[b, size[b]] = u
        slot[u] = size[b]
        size[b] += 1
        total[a] -= w
        total[b] += w
        district[u] = b
        tally[COST] += change
        tally[OUTSIDE] += outside
        tally[MOVED] += moved
        slack = 1e-9 * upper
        inside = tally[OUTSIDE] <= slack and (budget < 0.0 or tally[MOVED] <= budget + 1e-9)
        if adapt:
            if tally[OUTSIDE] > slack:
                tally[WEIGHT_PENALTY] *= 1.0005
            else:
                tally[WEIGHT_PENALTY] /= 1.0005
            if budget >= 0.0:
                if tally[MOVED] > budget + 1e-9:
                    tally[MOVE_PENALTY] *= 1.0005
                else:
                    tally[MOVE_PENALTY] /= 1.0005
        if inside:
            if tally[BEST_OUTSIDE] > 0.0 or tally[COST] < tally[BEST_COST] - 1e-9 * abs(tally[BEST_COST]):
                tally[BEST_COST] = tally[COST]
                tally[BEST_OUTSIDE] = 0.0
                best[:] = district
        elif tally[BEST_OUTSIDE] > 0.0:
            breach = tally[OUTSIDE]
            if budget >= 0.0:
                breach += max(0.0, tally[MOVED] - budget) * upper / max(1.0, residents.sum())
            if breach < tally[BEST_OUTSIDE] * (1.0 - 1e-9):
                tally[BEST_OUTSIDE] = breach
                tally[BEST_COST] = tally[COST]
                best[:] = district
    return temperature
