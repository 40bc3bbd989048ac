"""Simulated annealing over contiguous districts: shifts of border units, compiled with numba.

A move takes one unit on the border of its district to a neighbouring district. Both stay connected, which is tested
on the district that loses the unit by a search that stops as soon as the unit's neighbours have found each other. The centre of a
district is its best member (the 1-median), kept exact at every move in time proportional to the district.

The move is taken by the Metropolis rule on: cost + λ · (weight outside the bounds) + μ · (residents moved above the
budget). Where districts balance further amounts, what of them is outside their bounds counts as weight does. λ and μ rise while the walk is outside the rules and fall while it is inside, so that it lives near the edge of what is
allowed, where the good plans are (strategic oscillation; Glover 1989). The best state that keeps every rule is kept.

The units of a district are a doubly linked list, so that memory grows with units alone.
"""

from __future__ import annotations

import numpy as np

from beatplanner.solver.compiled import njit

# What `cost` is: the travel to the centres, the border between districts, or the residents that change label.
TRAVEL, CUT, MOVES = range(3)
# Slots of the `tally` array that the kernel keeps between calls.
COST, OUTSIDE, MOVED, BEST_COST, BEST_OUTSIDE, WEIGHT_PENALTY, MOVE_PENALTY = range(7)
TALLY_SLOTS = 7


@njit(cache=True, inline="always")
def _metres(distance: np.ndarray, xy: np.ndarray, i: int, j: int):
    if distance.shape[0] > 0:
        return distance[i, j]
    dx = xy[i, 0] - xy[j, 0]
    dy = xy[i, 1] - xy[j, 1]
    return np.sqrt(dx * dx + dy * dy)


@njit(cache=True, nogil=True)
def stays_connected(
    unit: int,
    district: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    mark: np.ndarray,
    stamp: int,
    stack: np.ndarray,
):
    """Tell whether the unit's district is connected without it; `mark`, `stamp` and `stack` are scratch space."""
    own = district[unit]
    first = -1
    wanted = 0
    for e in range(indptr[unit], indptr[unit + 1]):
        v: int = indices[e]
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


@njit(cache=True, nogil=True)
def measure(
    distance: np.ndarray,
    xy: np.ndarray,
    weight: np.ndarray,
    district: np.ndarray,
    head: np.ndarray,
    after: np.ndarray,
    before: np.ndarray,
    size: np.ndarray,
    total: np.ndarray,
    near: np.ndarray,
    centre: np.ndarray,
    cost: np.ndarray,
):
    """Fill the bookkeeping of a state from `district` alone.

    Parameters
    ----------
    distance, xy
        (n, n) metres, or an empty array and (n, 2) coordinates in metres.
    weight
        (n,) workload.
    district
        (n,) district of each unit, 0..K-1.
    head, after, before, size, total, near, centre, cost
        Written: (K,) first unit of each district, (n,) next and previous unit of the same district or -1, (K,) their number, (K,)
        workload, (n,) cost of the unit's district were the unit its centre, (K,) best centre, (K,) cost with it.
    """
    count = size.shape[0]
    size[:] = 0
    total[:] = 0.0
    head[:] = -1
    for i in range(district.shape[0] - 1, -1, -1):
        k = district[i]
        after[i] = head[k]
        before[i] = -1
        if head[k] >= 0:
            before[head[k]] = i
        head[k] = i
        size[k] += 1
        total[k] += weight[i]
    for k in range(count):
        cost[k] = np.inf
        j: int = head[k]
        while j >= 0:
            s = 0.0
            i: int = head[k]
            while i >= 0:
                s += weight[i] * _metres(distance, xy, i, j)
                i = after[i]
            near[j] = s
            if s < cost[k]:
                cost[k] = s
                centre[k] = j
            j = after[j]


@njit(cache=True, inline="always")
def _outside(total: float, lower: float, upper: float):
    if total > upper:
        return total - upper
    if total < lower:
        return lower - total
    return 0.0


@njit(cache=True, inline="always")
def _amounts_outside(
    u: int, a: int, b: int, amounts: np.ndarray, held: np.ndarray, amount_lower: np.ndarray, amount_upper: np.ndarray
):
    """Return by how much more of further amounts is outside the bounds if unit `u` goes from `a` to `b`."""
    change = 0.0
    for c in range(amounts.shape[1]):
        m, low, high = amounts[u, c], amount_lower[c], amount_upper[c]
        change += (
            _outside(held[a, c] - m, low, high)
            + _outside(held[b, c] + m, low, high)
            - _outside(held[a, c], low, high)
            - _outside(held[b, c], low, high)
        )
    return change


@njit(cache=True, inline="always")
def _carry_amounts(u: int, a: int, b: int, amounts: np.ndarray, held: np.ndarray):
    """Take the further amounts of unit `u` from `a` to `b`."""
    for c in range(amounts.shape[1]):
        held[a, c] -= amounts[u, c]
        held[b, c] += amounts[u, c]


@njit(cache=True, nogil=True)
def _held(amounts: np.ndarray, district: np.ndarray, count: int):
    """Return the further amounts of each district, (K, B)."""
    held = np.zeros((count, amounts.shape[1]))
    for i in range(amounts.shape[0]):
        for c in range(amounts.shape[1]):
            held[district[i], c] += amounts[i, c]
    return held


@njit(cache=True, inline="always")
def _transfer(
    u: int,
    a: int,
    b: int,
    district: np.ndarray,
    head: np.ndarray,
    after: np.ndarray,
    before: np.ndarray,
    size: np.ndarray,
):
    """Take unit `u` from the list of district `a` to that of `b`."""
    if before[u] >= 0:
        after[before[u]] = after[u]
    else:
        head[a] = after[u]
    if after[u] >= 0:
        before[after[u]] = before[u]
    before[u] = -1
    after[u] = head[b]
    if head[b] >= 0:
        before[head[b]] = u
    head[b] = u
    size[a] -= 1
    size[b] += 1
    district[u] = b


@njit(cache=True, inline="always")
def _travel_without(
    u: int,
    w: float,
    k: int,
    distance: np.ndarray,
    xy: np.ndarray,
    head: np.ndarray,
    after: np.ndarray,
    near: np.ndarray,
    centre: np.ndarray,
):
    """Return cost and centre of district `k` without its unit `u`."""
    best, where = np.inf, centre[k]
    j: int = head[k]
    while j >= 0:
        if j != u:
            s = near[j] - w * _metres(distance, xy, u, j)
            if s < best:
                best, where = s, j
        j = after[j]
    return best, where


@njit(cache=True, inline="always")
def _travel_with(
    u: int,
    w: float,
    k: int,
    distance: np.ndarray,
    xy: np.ndarray,
    weight: np.ndarray,
    head: np.ndarray,
    after: np.ndarray,
    near: np.ndarray,
    centre: np.ndarray,
):
    """Return cost and centre of district `k` with `u` added, and the cost were `u` the centre."""
    best, where, own = np.inf, centre[k], 0.0
    j: int = head[k]
    while j >= 0:
        own += weight[j] * _metres(distance, xy, j, u)
        s = near[j] + w * _metres(distance, xy, u, j)
        if s < best:
            best, where = s, j
        j = after[j]
    if own < best:
        best, where = own, u
    return best, where, own


@njit(cache=True, inline="always")
def _cut_change(
    u: int, a: int, b: int, district: np.ndarray, indptr: np.ndarray, indices: np.ndarray, length: np.ndarray
):
    change = 0.0
    for f in range(indptr[u], indptr[u + 1]):
        d = district[indices[f]]
        if d == a:
            change += length[f]
        elif d == b:
            change -= length[f]
    return change


@njit(cache=True, inline="always")
def _update_travel(
    u: int,
    w: float,
    a: int,
    b: int,
    own: float,
    distance: np.ndarray,
    xy: np.ndarray,
    head: np.ndarray,
    after: np.ndarray,
    near: np.ndarray,
):
    """Bring `near` up to date for unit `u` going from `a` to `b`; called before the transfer."""
    j: int = head[a]
    while j >= 0:
        near[j] -= w * _metres(distance, xy, u, j)
        j = after[j]
    j = head[b]
    while j >= 0:
        near[j] += w * _metres(distance, xy, u, j)
        j = after[j]
    near[u] = own


@njit(cache=True, inline="always")
def _residents_moved(
    u: int, a: int, b: int, residents: np.ndarray, label_of_unit: np.ndarray, label_of_district: np.ndarray
):
    """Return by how many the residents whose label changes grow if unit `u` goes from `a` to `b`."""
    if label_of_unit[u] < 0:
        return 0.0
    was = label_of_unit[u] != label_of_district[a]
    will = label_of_unit[u] != label_of_district[b]
    return residents[u] * ((1.0 if will else 0.0) - (1.0 if was else 0.0))


@njit(cache=True, inline="always")
def _weigh(
    u: int,
    w: float,
    a: int,
    b: int,
    moved: float,
    goal: int,
    distance: np.ndarray,
    xy: np.ndarray,
    weight: np.ndarray,
    district: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    length: np.ndarray,
    head: np.ndarray,
    after: np.ndarray,
    near: np.ndarray,
    centre: np.ndarray,
    cost: np.ndarray,
):
    """Return the change of the objective if `u` goes from `a` to `b`, and for travel both costs and centres and `u`'s own cost."""
    if goal == CUT:
        change = _cut_change(u, a, b, district, indptr, indices, length)
        return change, cost[a], cost[b], centre[a], centre[b], 0.0
    if goal == MOVES:
        return moved, cost[a], cost[b], centre[a], centre[b], 0.0
    cost_a, centre_a = _travel_without(u, w, a, distance, xy, head, after, near, centre)
    cost_b, centre_b, own = _travel_with(u, w, b, distance, xy, weight, head, after, near, centre)
    return cost_a + cost_b - cost[a] - cost[b], cost_a, cost_b, centre_a, centre_b, own


@njit(cache=True, inline="always")
def _make(
    u: int,
    w: float,
    a: int,
    b: int,
    cost_a: float,
    cost_b: float,
    centre_a: int,
    centre_b: int,
    own: float,
    goal: int,
    distance: np.ndarray,
    xy: np.ndarray,
    district: np.ndarray,
    head: np.ndarray,
    after: np.ndarray,
    before: np.ndarray,
    size: np.ndarray,
    total: np.ndarray,
    near: np.ndarray,
    centre: np.ndarray,
    cost: np.ndarray,
):
    """Make the shift that `_weigh` weighed."""
    if goal == TRAVEL:
        _update_travel(u, w, a, b, own, distance, xy, head, after, near)
        cost[a] = cost_a
        cost[b] = cost_b
        centre[a] = centre_a
        centre[b] = centre_b
    _transfer(u, a, b, district, head, after, before, size)
    total[a] -= w
    total[b] += w


@njit(cache=True, nogil=True)
def anneal(
    seed: int,
    proposals: int,
    temperature: float,
    cooling: float,
    distance: np.ndarray,
    xy: np.ndarray,
    weight: np.ndarray,
    lower: float,
    upper: float,
    amounts: np.ndarray,
    amount_lower: np.ndarray,
    amount_upper: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    length: np.ndarray,
    tails: np.ndarray,
    goal: int,
    fixed: np.ndarray,
    residents: np.ndarray,
    label_of_unit: np.ndarray,
    label_of_district: np.ndarray,
    budget: float,
    price: float,
    district: np.ndarray,
    head: np.ndarray,
    after: np.ndarray,
    before: np.ndarray,
    size: np.ndarray,
    total: np.ndarray,
    near: np.ndarray,
    centre: np.ndarray,
    cost: np.ndarray,
    mark: np.ndarray,
    stack: np.ndarray,
    log_unit: np.ndarray,
    log_from: np.ndarray,
    best: np.ndarray,
    tally: np.ndarray,
    allowance: float,
    cool: float,
    adapt: float,
):
    """Walk `proposals` moves from the state in `district`; see the module for the rule.

    All arrays are changed in place; `best` receives the best district of each unit that keeps the rules, or, while none does, the
    one with the least weight outside the bounds. `tally` holds the figures named above. `log_unit` and `log_from`,
    (proposals,), are scratch space for the moves since the best state, which are undone at the end to find it again.
    `amounts`, (n, B), are what districts balance beside the weight, in its measure, each within its own bounds.
    `price` is part of the objective: what each resident moved costs. With `adapt` the penalties rise while a rule is broken and fall while it is kept; weight outside the bounds counts as broken from
    `allowance` for each degree above `cool` on, since of very many districts some are always a little outside while it is hot.
    """
    np.random.seed(seed)
    edges: int = indices.shape[0]
    stamp = 1
    mark[:] = 0
    since = -1
    held = _held(amounts, district, size.shape[0])
    for _ in range(proposals):
        temperature *= cooling
        e: int = np.random.randint(edges)
        u: int = tails[e]
        v: int = indices[e]
        a: int = district[u]
        b: int = district[v]
        if a == b or fixed[u] or size[a] == 1:
            continue
        w: float = weight[u]
        outside = (
            _outside(total[a] - w, lower, upper)
            + _outside(total[b] + w, lower, upper)
            - _outside(total[a], lower, upper)
            - _outside(total[b], lower, upper)
            + _amounts_outside(u, a, b, amounts, held, amount_lower, amount_upper)
        )
        moved = _residents_moved(u, a, b, residents, label_of_unit, label_of_district)
        over = 0.0
        if budget >= 0.0:
            over = max(0.0, tally[MOVED] + moved - budget) - max(0.0, tally[MOVED] - budget)
        change, cost_a, cost_b, centre_a, centre_b, own = _weigh(
            u,
            w,
            a,
            b,
            moved,
            goal,
            distance,
            xy,
            weight,
            district,
            indptr,
            indices,
            length,
            head,
            after,
            near,
            centre,
            cost,
        )
        change += price * moved
        delta = change + tally[WEIGHT_PENALTY] * outside + tally[MOVE_PENALTY] * over
        if delta > 0.0 and np.random.random() >= np.exp(-delta / temperature):
            continue
        stamp += 1
        if not stays_connected(u, district, indptr, indices, mark, stamp, stack):
            continue
        _make(
            u,
            w,
            a,
            b,
            cost_a,
            cost_b,
            centre_a,
            centre_b,
            own,
            goal,
            distance,
            xy,
            district,
            head,
            after,
            before,
            size,
            total,
            near,
            centre,
            cost,
        )
        _carry_amounts(u, a, b, amounts, held)
        if since >= 0:
            log_unit[since] = u
            log_from[since] = a
            since += 1
        tally[COST] += change
        tally[OUTSIDE] += outside
        tally[MOVED] += moved
        slack = 1e-9 * upper
        inside = tally[OUTSIDE] <= slack and (budget < 0.0 or tally[MOVED] <= budget + 1e-9)
        if adapt:
            if tally[OUTSIDE] > slack + allowance * (temperature - cool):
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
                since = 0
        elif tally[BEST_OUTSIDE] > 0.0:
            breach = tally[OUTSIDE]
            if budget >= 0.0:
                breach += max(0.0, tally[MOVED] - budget) * upper / max(1.0, residents.sum())
            if breach < tally[BEST_OUTSIDE] * (1.0 - 1e-9):
                tally[BEST_OUTSIDE] = breach
                tally[BEST_COST] = tally[COST]
                since = 0
    if since >= 0:
        best[:] = district
        for m in range(since - 1, -1, -1):
            best[log_unit[m]] = log_from[m]
    return temperature


@njit(cache=True, nogil=True)
def settle(
    distance: np.ndarray,
    xy: np.ndarray,
    weight: np.ndarray,
    lower: float,
    upper: float,
    amounts: np.ndarray,
    amount_lower: np.ndarray,
    amount_upper: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    length: np.ndarray,
    tails: np.ndarray,
    goal: int,
    fixed: np.ndarray,
    residents: np.ndarray,
    label_of_unit: np.ndarray,
    label_of_district: np.ndarray,
    district: np.ndarray,
    head: np.ndarray,
    after: np.ndarray,
    before: np.ndarray,
    size: np.ndarray,
    total: np.ndarray,
    near: np.ndarray,
    centre: np.ndarray,
    cost: np.ndarray,
    mark: np.ndarray,
    stack: np.ndarray,
):
    """Among plans of equal worth prefer those that move fewer residents, then those with less border.

    Takes every shift that keeps the rules and does not worsen the objective, and moves fewer residents or, at the same number,
    shortens the border between districts, until there is none; returns how many were made. It is for units without
    workload, such as parks and lakes, to which travel is indifferent, and for ties of the border.
    """
    mark[:] = 0
    stamp = 0
    made = 0
    held = _held(amounts, district, size.shape[0])
    for _ in range(50):
        before_pass = made
        for e in range(indices.shape[0]):
            u: int = tails[e]
            a: int = district[u]
            v: int = indices[e]
            b: int = district[v]
            if a == b or fixed[u] or size[a] == 1:
                continue
            w: float = weight[u]
            if w > 0.0 and (total[a] - w < lower or total[b] + w > upper):
                continue
            if _amounts_outside(u, a, b, amounts, held, amount_lower, amount_upper) > 0.0:
                continue
            moved = _residents_moved(u, a, b, residents, label_of_unit, label_of_district)
            if moved > 0.0:
                continue
            border = _cut_change(u, a, b, district, indptr, indices, length)
            change, cost_a, cost_b, centre_a, centre_b, own = _weigh(
                u,
                w,
                a,
                b,
                moved,
                goal,
                distance,
                xy,
                weight,
                district,
                indptr,
                indices,
                length,
                head,
                after,
                near,
                centre,
                cost,
            )
            if change > 1e-12 * (cost[a] + cost[b]) or (moved == 0.0 and border >= -1e-6):
                continue
            stamp += 1
            if not stays_connected(u, district, indptr, indices, mark, stamp, stack):
                continue
            _make(
                u,
                w,
                a,
                b,
                cost_a,
                cost_b,
                centre_a,
                centre_b,
                own,
                goal,
                distance,
                xy,
                district,
                head,
                after,
                before,
                size,
                total,
                near,
                centre,
                cost,
            )
            _carry_amounts(u, a, b, amounts, held)
            made += 1
        if made == before_pass:
            break
    return made
