"""A proven bound on the officers' objective: posts, room, handovers, languages and moves get prices, and each officer the series that is cheapest.

With multipliers α (posts), β (room), γ (handover), δ (what a beat needs) and μ (moves of a month, where they are limited to m) of at least 0, every
plan costs at least ::

    Σ posts_p α_pt − Σ (posts_p + surplus_p) β_pt + Σ δ_bkt − m Σ μ_t
      + Σ_o min over series of (their own cost, less α and δ and plus β of the months at work, plus γ_pb of a beginning, less γ_p,e−h of an end,
                                plus μ_b of a rotation)

      + Σ_t min { Σ_p (w_v − α_pt − γ_p,t+1) v_pt : v_pt ≤ posts_p, Σ_p v_pt ≥ Σ posts_p − officers at work in t }

where α_pt + γ_p,t+1 ≤ w_v and Σ_k of one aspect max(0, δ_bkt − l_bk) ≤ its weight, with l_bk what k costs by itself where it lacks in b, so that no vacancy
earns anything and gaps cost nothing more. The row on
officers at work follows from the others; it says at once what a shortage costs, which prices alone would learn slowly. Limits on
couples and changes, and "once in each beat", are left out, which only lowers the bound. Prices come from `tenure_columns`, but any prices prove a
bound. An officer's minimum takes O(P T): with prefix sums along months, the best end of a posting is a running minimum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.officers.series import series
from beatplanner.solver.officers.state import FREE, INFINITE, SERIES, kernel, layer_after, layers_of, needs_handover

if TYPE_CHECKING:
    from beatplanner.solver.officers.problem import Arrays


@kernel
def prefix_prices(
    a: Arrays,
    alpha: np.ndarray,
    beta: np.ndarray,
    delta: np.ndarray,
    signature: np.ndarray,
    gain: np.ndarray,
    room: np.ndarray,
):
    """Fill `gain` (signatures, P, T + 1), what an officer at work earns up to a month, and `room` (P, T + 1), what the room costs."""
    places, months = alpha.shape
    for p in range(places):
        b = a.beat[p]
        for t in range(months):
            room[p, t + 1] = room[p, t] + beta[p, t]
        for g in range(signature.shape[0]):
            for t in range(months):
                c = alpha[p, t]
                for k in range(signature.shape[1]):
                    if signature[g, k] and a.needs[b, k]:
                        c += delta[b, k, t]
                gain[g, p, t + 1] = gain[g, p, t] + c


@kernel
def is_special(a: Arrays, o: int):
    """Whether months of o are not as those of others: frozen, away, or compared with a published plan."""
    if a.pinned[o] or a.changed > 0:
        return True
    return not a.works[o].all()


@kernel
def own_prices(
    a: Arrays,
    o: int,
    gain: np.ndarray,
    room: np.ndarray,
    beta: np.ndarray,
    gamma: np.ndarray,
    own_gain: np.ndarray,
    own_room: np.ndarray,
    idle: np.ndarray,
):
    """Fill the prefix sums of o, (P, T + 1), and what o costs in a month without a post, (T,): none but in frozen months.

    What is frozen otherwise costs so much that no other series is cheaper.
    """
    places, months = beta.shape
    much = 10.0 * (months * (a.vacant + a.changed) + SERIES * (a.broken + a.rotation))
    for p in range(places):
        for t in range(months):
            c, r = 0.0, 0.0
            if a.works[o, t]:
                c += gain[p, t + 1] - gain[p, t]
                r = 0.0 if a.back[o, t] == p else beta[p, t]
            elif t > 0 and a.falls[o, t]:
                c += gamma[p, t]
            if a.changed > 0 and a.published[o, t] == a.beat[p]:
                c += a.changed
            if a.frozen[o, t] != FREE and a.frozen[o, t] != a.beat[p]:
                c -= much
            own_gain[p, t + 1] = own_gain[p, t] + c
            own_room[p, t + 1] = own_room[p, t] + r
    for t in range(months):
        idle[t] = much if a.frozen[o, t] >= 0 else 0.0


@kernel
def quick_series(
    a: Arrays,
    o: int,
    gain: np.ndarray,
    room: np.ndarray,
    gamma: np.ndarray,
    idle: np.ndarray,
    move_cost: np.ndarray,
    value: np.ndarray,
    step_place: np.ndarray,
    step_end: np.ndarray,
    suffix: np.ndarray,
    suffix_end: np.ndarray,
    out: np.ndarray,
    starts: np.ndarray,
):
    """As `tenure_search.series` at prices, in O(P T), for officers without a maximum.

    `gain` and `room` are (P, T + 1) prefix sums, `idle` (T,) the cost of a month without a post, `move_cost` (T,) that of a rotation; `starts` (layers, P, T), where it has rows, gets the cost
    from a beginning on, by the state after it: where the rotations of an officer are limited, as many as there may be and one more.
    """
    places, months = len(a.posts), a.months
    stop, first, h, least = a.stop[o], a.first[o], a.handover, a.tenure
    if stop <= 0:
        return 0.0, 0
    keep = starts.shape[0] > 0
    layers = layers_of(a)
    for r in range(layers + 1):
        value[r, stop] = 0.0
    shortest = max(1, h)
    ripe = max(least, shortest)
    last_room = stop if stop == months else max(0, stop - h)
    for after in range(1, layers + 1):
        for p in range(places):
            suffix[after - 1, 0, p] = INFINITE
            suffix[after - 1, 1, p] = INFINITE
            suffix_end[after - 1, 0, p] = stop
            suffix_end[after - 1, 1, p] = stop
    for t in range(stop - 1, -1, -1):
        for r in range(layers + 1):
            value[r, t] = value[r, t + 1] + idle[t]
            step_place[r, t] = -1
            step_end[r, t] = t + 1
        handed = needs_handover(a, o, t)
        open_ = t >= first
        e1, e2 = t + ripe, t + shortest
        for after in range(1, layers + 1):
            best, best_place, best_end = INFINITE, -1, -1
            ready, early, rest = suffix[after - 1, 0], suffix[after - 1, 1], value[after]
            for p in range(places):
                c = a.cost[o, p]
                if e1 < stop:
                    f = c * e1 - gain[p, e1] + room[p, e1 - h] + rest[e1]
                    if e1 - h >= 1:
                        f -= gamma[p, e1 - h]
                    if f < ready[p]:
                        ready[p] = f
                        suffix_end[after - 1, 0, p] = e1
                if e2 < stop and least > shortest:
                    f = c * e2 - gain[p, e2] + room[p, e2 - h] + rest[e2]
                    if e2 - h >= 1:
                        f -= gamma[p, e2 - h]
                    if f < early[p]:
                        early[p] = f
                        suffix_end[after - 1, 1, p] = e2
                if not open_ or not a.allowed[o, p]:
                    continue
                here, end = ready[p], suffix_end[after - 1, 0, p]
                if least > shortest and early[p] + a.broken < here:
                    here, end = early[p] + a.broken, suffix_end[after - 1, 1, p]
                if stop == months or stop - t >= shortest:
                    f = c * stop - gain[p, stop] + room[p, last_room]
                    if stop < months and stop - h >= 1:
                        f -= gamma[p, stop - h]
                    if f < here:
                        here, end = f, stop
                here += gain[p, t] - room[p, t] - c * t
                if handed:
                    here += gamma[p, t]
                if keep:
                    starts[after - 1, p, t] = here
                if here < best:
                    best, best_place, best_end = here, p, end
            for r in range(layers + 1):
                if layer_after(a, r) != after:
                    continue
                here = best + (move_cost[t] if r >= 1 else 0.0)
                if best_place >= 0 and here < value[r, t] - 1e-12:
                    value[r, t] = here
                    step_place[r, t] = best_place
                    step_end[r, t] = best_end
    history = 1 if a.rooted[o] else 0
    home = a.home[o]
    t, number = 0, 0
    best = value[history, 0]
    if home >= 0:
        c = a.cost[o, home]
        best = value[1, 0] + (a.broken if a.served[o] < least else 0.0)
        stay = 0
        for e in range(1, stop + 1):
            if e < months:
                here = a.carried[o] + c * e - gain[home, e] + room[home, max(0, e - h)] + value[1, e]
                if e - h >= 1:
                    here -= gamma[home, e - h]
                if e < stop and a.served[o] + e < least:
                    here += a.broken
            else:
                here = a.carried[o] + c * e - gain[home, e] + room[home, e]
            if here < best - 1e-12:
                best, stay = here, e
        if stay > 0:
            out[0, 0], out[0, 1], out[0, 2] = home, 0, stay
            number, t, history = 1, stay, 1
    while t < stop and number < SERIES:
        p, e = step_place[history, t], step_end[history, t]
        if p >= 0:
            out[number, 0], out[number, 1], out[number, 2] = p, t, e
            number += 1
            history = layer_after(a, history)
        t = e
    return best, number


@kernel
def priced_series(
    a: Arrays,
    o: int,
    g: int,
    alpha: np.ndarray,
    beta: np.ndarray,
    gamma: np.ndarray,
    delta: np.ndarray,
    gain: np.ndarray,
    room: np.ndarray,
    own_gain: np.ndarray,
    own_room: np.ndarray,
    idle: np.ndarray,
    month_cost: np.ndarray,
    begin_cost: np.ndarray,
    end_cost: np.ndarray,
    move_cost: np.ndarray,
    value: np.ndarray,
    step_place: np.ndarray,
    step_end: np.ndarray,
    suffix: np.ndarray,
    suffix_end: np.ndarray,
    out: np.ndarray,
    starts: np.ndarray,
):
    """Return the cheapest cost of a series of o at the prices, and its number of postings; the slower way where there is a maximum."""
    places, months = alpha.shape
    if a.longest >= months + a.served[o]:
        special = is_special(a, o)
        if special:
            own_prices(a, o, gain[g], room, beta, gamma, own_gain, own_room, idle)
        else:
            idle.fill(0.0)
        found, number = quick_series(
            a,
            o,
            own_gain if special else gain[g],
            own_room if special else room,
            gamma,
            idle,
            move_cost,
            value,
            step_place,
            step_end,
            suffix,
            suffix_end,
            out,
            starts,
        )
        if special and a.changed > 0:
            for t in range(0 if a.home[o] >= 0 else a.first[o], a.stop[o]):
                if a.published[o, t] >= 0:
                    found += a.changed
        return found, number
    full = np.zeros((places, months))
    for p in range(places):
        for t in range(months):
            c = a.cost[o, p]
            if a.works[o, t]:
                c -= gain[g, p, t + 1] - gain[g, p, t]
                full[p, t] = 0.0 if a.back[o, t] == p else beta[p, t]
            elif t > 0 and a.falls[o, t]:
                c -= gamma[p, t]
            if a.changed > 0 and a.published[o, t] == a.beat[p]:
                c -= a.changed
            month_cost[p, t] = c
            begin_cost[p, t] = gamma[p, t]
            end_cost[p, t] = -gamma[p, t - a.handover] if t - a.handover >= 1 else 0.0
    every = np.ones(places, np.bool_)
    found, number = series(
        a, o, month_cost, full, begin_cost, end_cost, move_cost, every, value, step_place, step_end, out
    )
    if found >= INFINITE:
        # a beat held twice: the path is no series, but its cost is still a bound
        number = -1
        history = 1 if a.rooted[o] or a.home[o] >= 0 else 0
        found = value[history, 0]
        home = a.home[o]
        if home >= 0:
            total = a.carried[o]
            for e in range(1, min(a.stop[o], max(a.longest - a.served[o], a.handover)) + 1):
                total += month_cost[home, e - 1]
                if e - 1 - a.handover >= 0:
                    total += full[home, e - 1 - a.handover]
                rest = value[1, e] + end_cost[home, e] if e < months else 0.0
                found = min(found, total + rest)
    if a.changed > 0:
        for t in range(0 if a.home[o] >= 0 else a.first[o], a.stop[o]):
            if a.published[o, t] >= 0:
                found += a.changed
    return found, number


@kernel
def price_all(
    a: Arrays,
    short: np.ndarray,
    group: np.ndarray,
    signature: np.ndarray,
    alpha: np.ndarray,
    beta: np.ndarray,
    gamma: np.ndarray,
    delta: np.ndarray,
    mu: np.ndarray,
    out: np.ndarray,
    number: np.ndarray,
):
    """Return the bound that the prices prove; `out` (O, SERIES + 1, 3) and `number` (O,) get each officer's cheapest series.

    A number of −1 says that the cheapest path holds a beat twice and so is no series; what it costs is still a bound.
    """
    places, months = alpha.shape
    gain = np.zeros((signature.shape[0], places, months + 1))
    room = np.zeros((places, months + 1))
    own_gain, own_room, idle = np.zeros((places, months + 1)), np.zeros((places, months + 1)), np.zeros(months)
    month_cost, begin_cost = np.zeros((places, months)), np.zeros((places, months))
    end_cost = np.zeros((places, months + 1))
    move_cost = a.rotation + mu
    layers = layers_of(a)
    value = np.zeros((layers + 1, months + 1))
    step_place, step_end = np.zeros((layers + 1, months + 1), np.int64), np.zeros((layers + 1, months + 1), np.int64)
    suffix, suffix_end = np.zeros((layers, 2, places)), np.zeros((layers, 2, places), np.int64)
    none = np.zeros((0, 0, 0))
    taken = np.zeros(places, np.bool_)
    total = 0.0
    for t in range(months):
        total -= a.moves * mu[t]
    for p in range(places):
        for t in range(months):
            total += a.posts[p] * alpha[p, t] - (a.posts[p] + a.surplus[p]) * beta[p, t]
    for b in range(a.beats):
        for k in range(delta.shape[1]):
            if a.needs[b, k]:
                for t in range(months):
                    total += delta[b, k, t]
    for t in range(months):
        missing = short[t]
        taken.fill(False)
        while missing > 0:
            cheap, where = INFINITE, -1
            for p in range(places):
                if not taken[p] and a.posts[p] > 0:
                    rest = a.vacant - alpha[p, t] - (gamma[p, t + 1] if t + 1 < months else 0.0)
                    if rest < cheap:
                        cheap, where = rest, p
            taken[where] = True
            total += cheap * min(missing, a.posts[where])
            missing -= min(missing, a.posts[where])
    prefix_prices(a, alpha, beta, delta, signature, gain, room)
    for o in range(len(a.first)):
        found, number[o] = priced_series(
            a,
            o,
            group[o],
            alpha,
            beta,
            gamma,
            delta,
            gain,
            room,
            own_gain,
            own_room,
            idle,
            month_cost,
            begin_cost,
            end_cost,
            move_cost,
            value,
            step_place,
            step_end,
            suffix,
            suffix_end,
            out[o],
            none,
        )
        total += found
    return total


@kernel
def through_costs(
    a: Arrays,
    o: int,
    g: int,
    alpha: np.ndarray,
    beta: np.ndarray,
    gamma: np.ndarray,
    delta: np.ndarray,
    mu: np.ndarray,
    gain: np.ndarray,
    room: np.ndarray,
    starts: np.ndarray,
):
    """Fill `starts` (P, T) with the cheapest cost at the prices of a series of o in which a posting begins in p in month t; return the least.

    Only for officers without a maximum. The stay in today's place is not among the starts; what is the same for all series of o is left out.
    """
    places, months = alpha.shape
    own_gain, own_room, idle = np.zeros((places, months + 1)), np.zeros((places, months + 1)), np.zeros(months)
    own_prices(a, o, gain[g], room, beta, gamma, own_gain, own_room, idle)
    move_cost = a.rotation + mu
    layers = layers_of(a)
    value = np.zeros((layers + 1, months + 1))
    step_place, step_end = np.zeros((layers + 1, months + 1), np.int64), np.zeros((layers + 1, months + 1), np.int64)
    suffix, suffix_end = np.zeros((layers, 2, places)), np.zeros((layers, 2, places), np.int64)
    out = np.zeros((SERIES + 1, 3), np.int64)
    starts.fill(INFINITE)
    onward = np.full((layers, places, months), INFINITE)
    least, _ = quick_series(
        a, o, own_gain, own_room, gamma, idle, move_cost, value, step_place, step_end, suffix, suffix_end, out, onward
    )
    stop, h, home = a.stop[o], a.handover, a.home[o]
    # the cheapest way to be free in a month, by the state before a posting
    free = np.full((layers + 1, months + 1), INFINITE)
    if home < 0:
        free[1 if a.rooted[o] else 0, 0] = 0.0
    else:
        free[1, 0] = a.broken if a.served[o] < a.tenure else 0.0
        c = a.cost[o, home]
        for e in range(1, stop):
            here = a.carried[o] + c * e - own_gain[home, e] + own_room[home, max(0, e - h)]
            if e - h >= 1:
                here -= gamma[home, e - h]
            if a.served[o] + e < a.tenure:
                here += a.broken
            free[1, e] = min(free[1, e], here)
    ripe, shortest = max(a.tenure, max(1, h)), max(1, h)
    # cheapest beginnings so far, by state after it and place: those ripe, and all
    ready, early = np.full((layers, places), INFINITE), np.full((layers, places), INFINITE)
    begun = np.full((layers, places, months), INFINITE)
    for t in range(stop):
        if t > 0:
            for r in range(layers + 1):
                free[r, t] = min(free[r, t], free[r, t - 1] + idle[t - 1])
            for p in range(places):
                if not a.allowed[o, p]:
                    continue
                c = a.cost[o, p]
                f = c * t - own_gain[p, t] + own_room[p, max(0, t - h)]
                if t - h >= 1:
                    f -= gamma[p, t - h]
                for j in range(layers):
                    if t - ripe >= 0:
                        ready[j, p] = min(ready[j, p], begun[j, p, t - ripe])
                    if t - shortest >= 0:
                        early[j, p] = min(early[j, p], begun[j, p, t - shortest])
                    free[j + 1, t] = min(free[j + 1, t], f + min(ready[j, p], early[j, p] + a.broken))
        if t < a.first[o]:
            continue
        handed = needs_handover(a, o, t)
        for j in range(layers):
            come = INFINITE
            for r in range(layers + 1):
                if layer_after(a, r) == j + 1:
                    come = min(come, free[r, t] + (move_cost[t] if r >= 1 else 0.0))
            for p in range(places):
                if a.allowed[o, p]:
                    c = a.cost[o, p]
                    here = come + own_gain[p, t] - own_room[p, t] - c * t
                    if handed:
                        here += gamma[p, t]
                    begun[j, p, t] = here
                    starts[p, t] = min(starts[p, t], onward[j, p, t] + come)
    return least
