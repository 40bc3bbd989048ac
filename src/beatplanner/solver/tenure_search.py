"""Large rosters: each officer's best series of postings by dynamic programming, in a search over all and in a bound.

With the posts of the others held fixed, an officer's best postings are a shortest path over months, where a posting of beat b in months
a..e−1 is one step. The search takes out one to three officers, puts them back one after the other by that path, and keeps what lowers the
objective and breaks no rule. The bound prices each post-month and language (multipliers α in [0, w_v] and δ in [0, w_g]) and lets every
officer take the path that is cheapest for them::

    Σ_bt posts_b α_bt + Σ_blt δ_blt + Σ_o min over paths (months, less what they earn, + rotations + broken tenures)

which is no more than the optimum, as capacity, handover and "once in each beat" are left out; a subgradient raises it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

INFINITE = 1e18


@njit(cache=True)
def best_path(
    month_cost,
    may_begin,
    first,
    last,
    home,
    rooted,
    served,
    min_tenure,
    broken_cost,
    rotation_cost,
    begin,
    end,
    value,
    step_beat,
    step_end,
):
    """Find an officer's cheapest postings and write them to `begin` and `end`, (B,) each, −1 for none; return their cost.

    `month_cost` is (B, T), `may_begin` (B, T) bool; `value`, `step_beat` and `step_end` are scratch space, (2, T + 1). Beats held twice
    are told by a return of INFINITE.
    """
    beats, months = month_cost.shape
    stop = min(last, months)
    begin[:] = -1
    end[:] = -1
    if stop <= 0:
        return 0.0
    for h in range(2):
        value[h, stop] = 0.0
    for t in range(stop - 1, -1, -1):
        for h in range(1, -1, -1):
            value[h, t] = value[h, t + 1]
            step_beat[h, t] = -1
            step_end[h, t] = t + 1
            if t < first:
                continue
            start_cost = rotation_cost if h == 1 else 0.0
            for b in range(beats):
                if not may_begin[b, t]:
                    continue
                total = start_cost
                for e in range(t + 1, stop + 1):
                    total += month_cost[b, e - 1]
                    if total >= INFINITE:
                        break
                    here = total + value[1, e]
                    if e - t < min_tenure and e < stop:
                        here += broken_cost
                    if here < value[h, t] - 1e-12:
                        value[h, t] = here
                        step_beat[h, t] = b
                        step_end[h, t] = e
    history = 1 if rooted else 0
    t = 0
    best = value[history, 0]
    if home >= 0:
        best = value[1, 0] + (broken_cost if served < min_tenure else 0.0)
        stay = 0
        total = 0.0
        for e in range(1, stop + 1):
            total += month_cost[home, e - 1]
            if total >= INFINITE:
                break
            here = total + value[1, e]
            if served + e < min_tenure and e < stop:
                here += broken_cost
            if here < best - 1e-12:
                best = here
                stay = e
        if stay > 0:
            begin[home] = 0
            end[home] = stay
            t = stay
    while t < stop:
        b = step_beat[history, t]
        e = step_end[history, t]
        if b >= 0:
            if begin[b] >= 0:
                return INFINITE
            begin[b] = t
            end[b] = e
            history = 1
        t = e
    return best


@njit(cache=True)
def lower_bound(
    posts, first, last, home, rooted, served, kilometres, speaks, needs, min_tenure, weights, months, steps, target
):
    """Return the best bound that `steps` subgradient steps find; `target` is the objective of known postings."""
    officers, beats = kilometres.shape
    languages = needs.shape[1]
    vacant, broken, gap, rotation, km = weights
    alpha = np.zeros((beats, months))
    delta = np.zeros((beats, languages, months))
    best_alpha, best_delta = alpha.copy(), delta.copy()
    price = np.zeros((beats, months))
    every = np.ones((beats, months), np.bool_)
    begin, end = np.zeros(beats, np.int64), np.zeros(beats, np.int64)
    value = np.zeros((2, months + 1))
    step_beat, step_end = np.zeros((2, months + 1), np.int64), np.zeros((2, months + 1), np.int64)
    best = -INFINITE
    scale = 1.0
    stalled = 0
    for _ in range(steps):
        total = 0.0
        slope_alpha = np.zeros((beats, months))
        slope_delta = np.zeros((beats, languages, months))
        for b in range(beats):
            for t in range(months):
                total += posts[b] * alpha[b, t]
                slope_alpha[b, t] = posts[b]
                if alpha[b, t] >= vacant:
                    slope_alpha[b, t] = 0.0  # a vacancy costs as much as the post is priced at: it may stay vacant
                for k in range(languages):
                    if needs[b, k]:
                        total += delta[b, k, t]
                        slope_delta[b, k, t] = 1.0
        for o in range(officers):
            for b in range(beats):
                for t in range(months):
                    c = km * kilometres[o, b] - alpha[b, t]
                    for k in range(languages):
                        if needs[b, k] and speaks[o, k]:
                            c -= delta[b, k, t]
                    price[b, t] = c
            # a path with a beat held twice only makes the bound lower, never wrong
            stop = min(last[o], months)
            found = best_path(
                price,
                every,
                first[o],
                last[o],
                home[o],
                rooted[o],
                served[o],
                min_tenure,
                broken,
                rotation,
                begin,
                end,
                value,
                step_beat,
                step_end,
            )
            if found >= INFINITE:
                found = value[1 if rooted[o] else 0, 0]
                if home[o] >= 0:
                    found = value[1, 0]
                    running = 0.0
                    for e in range(1, stop + 1):
                        running += price[home[o], e - 1]
                        if running + value[1, e] < found:
                            found = running + value[1, e]
            total += found
            for b in range(beats):
                if begin[b] >= 0:
                    for t in range(begin[b], end[b]):
                        slope_alpha[b, t] -= 1.0
                        for k in range(languages):
                            if needs[b, k] and speaks[o, k]:
                                slope_delta[b, k, t] -= 1.0
        if total > best + 1e-9 * abs(total):
            best = total
            best_alpha[:] = alpha
            best_delta[:] = delta
            stalled = 0
        else:
            stalled += 1
            if stalled >= 10:
                scale /= 1.5
                stalled = 0
                alpha[:] = best_alpha
                delta[:] = best_delta
                if scale < 1e-3:
                    break
                continue
        square = (slope_alpha**2).sum() + (slope_delta**2).sum()
        if square < 1e-9 or best >= target - 1e-9 * abs(target):
            break
        size = scale * (1.02 * target + 1.0 - total) / square
        for b in range(beats):
            for t in range(months):
                alpha[b, t] = min(vacant, max(0.0, alpha[b, t] + size * slope_alpha[b, t]))
                for k in range(languages):
                    if needs[b, k]:
                        delta[b, k, t] = min(gap, max(0.0, delta[b, k, t] + size * slope_delta[b, k, t]))
    return best


@njit(cache=True)
def worth(
    begin,
    end,
    posts,
    first,
    last,
    home,
    rooted,
    served,
    kilometres,
    speaks,
    needs,
    min_tenure,
    handover,
    weights,
    months,
    surplus,
):
    """Return the objective of postings, (O, B) begins and ends with −1 for none; INFINITE where they break a rule."""
    officers, beats = begin.shape
    languages = needs.shape[1]
    vacant, broken, gap, rotation, km = weights
    total = 0.0
    count = np.zeros((beats, months), np.int64)
    over = np.zeros((beats, months), np.int64)
    begun = np.zeros((beats, months + 1), np.int64)
    ended = np.zeros((beats, months + 1), np.int64)
    spoken = np.zeros((beats, languages, months), np.int64)
    for o in range(officers):
        moves = 0
        stays = False
        stop = min(last[o], months)
        for b in range(beats):
            if begin[o, b] < 0:
                continue
            a, e = begin[o, b], end[o, b]
            kept = home[o] == b and a == 0
            stays = stays or kept
            if not kept:
                moves += 1
                if handover > 0 and a > 0 and first[o] <= a - handover:
                    begun[b, a] += 1
            if e < months:
                ended[b, e] += 1
                for t in range(max(0, e - handover), e):
                    over[b, t] += 1
            if e < stop and e - a + (served[o] if kept else 0) < min_tenure:
                total += broken
            total += km * kilometres[o, b] * (e - a)
            for t in range(a, e):
                count[b, t] += 1
                for k in range(languages):
                    if speaks[o, k]:
                        spoken[b, k, t] += 1
        if home[o] >= 0 and not stays and last[o] > 0 and served[o] < min_tenure:
            total += broken
        total += rotation * (moves if rooted[o] else max(0, moves - 1))
    for b in range(beats):
        for t in range(months):
            if count[b, t] > posts[b] + surplus[b] + over[b, t]:
                return INFINITE
            if t > 0 and begun[b, t] > 0:
                filled = max(0, posts[b] - count[b, t - 1])
                if t + handover < months:
                    filled += ended[b, t + handover]
                if begun[b, t] > filled:
                    return INFINITE
            total += vacant * max(0, posts[b] - count[b, t])
            for k in range(languages):
                if needs[b, k] and spoken[b, k, t] == 0:
                    total += gap
    return total


@njit(cache=True)
def search(
    begin, end, posts, first, last, home, rooted, served, kilometres, speaks, needs, min_tenure, handover, weights, months, surplus, seed,
    rounds, heat,
):  # fmt: skip
    """Better postings in place for `rounds` rounds; return the objective. `begin` and `end` are (O, B), −1 for none."""
    np.random.seed(seed)
    officers, beats = begin.shape
    languages = needs.shape[1]
    vacant, broken, gap, rotation, km = weights
    now = worth(
        begin,
        end,
        posts,
        first,
        last,
        home,
        rooted,
        served,
        kilometres,
        speaks,
        needs,
        min_tenure,
        handover,
        weights,
        months,
        surplus,
    )
    best, best_begin, best_end = now, begin.copy(), end.copy()
    price = np.zeros((beats, months))
    may_begin = np.zeros((beats, months), np.bool_)
    value = np.zeros((2, months + 1))
    step_beat, step_end = np.zeros((2, months + 1), np.int64), np.zeros((2, months + 1), np.int64)
    out = np.zeros(4, np.int64)
    kept_begin, kept_end = np.zeros((4, beats), np.int64), np.zeros((4, beats), np.int64)
    temperature = heat
    for r in range(rounds):
        temperature = heat * (1.0 - r / rounds) ** 2
        size = 1 + np.random.randint(3)
        size = min(size, officers)
        near = np.random.randint(beats)
        for i in range(size):
            o = np.random.randint(officers)
            if i > 0 and np.random.random() < 0.7:
                # someone of the same beat as the first, so that a handover can move as a whole
                for _ in range(8):
                    o = np.random.randint(officers)
                    if begin[o, near] >= 0:
                        break
            out[i] = o
            twice = False
            for j in range(i):
                twice = twice or out[j] == o
            if twice:
                size = i
                break
            kept_begin[i] = begin[o]
            kept_end[i] = end[o]
            begin[o, :] = -1
            end[o, :] = -1
            if i == 0:
                for b in range(beats):
                    if kept_begin[0, b] >= 0 and np.random.random() < 0.7:
                        near = b
        legal = True
        order = np.random.permutation(size)
        for i in order:
            o = out[i]
            count = np.zeros((beats, months), np.int64)
            over = np.zeros((beats, months), np.int64)
            spoken = np.zeros((beats, languages, months), np.int64)
            free = np.zeros((beats, months + 1), np.int64)
            for q in range(officers):
                for b in range(beats):
                    if begin[q, b] < 0:
                        continue
                    a, e = begin[q, b], end[q, b]
                    if e < months:
                        for t in range(max(0, e - handover), e):
                            over[b, t] += 1
                        if e - handover >= 0:
                            free[b, e - handover] += 1
                    if handover > 0 and a > 0 and not (home[q] == b and a == 0) and first[q] <= a - handover:
                        free[b, a] -= 1
                    for t in range(a, e):
                        count[b, t] += 1
                        for k in range(languages):
                            if speaks[q, k]:
                                spoken[b, k, t] += 1
            for b in range(beats):
                for t in range(months):
                    c = km * kilometres[o, b]
                    if count[b, t] < posts[b]:
                        c -= vacant
                    elif count[b, t] >= posts[b] + surplus[b] + over[b, t]:
                        c = INFINITE
                    for k in range(languages):
                        if needs[b, k] and speaks[o, k] and spoken[b, k, t] == 0:
                            c -= gap
                    price[b, t] = c
                    vacant_before = max(0, posts[b] - count[b, t - 1]) if t > 0 else 1
                    may_begin[b, t] = (
                        t == 0 or handover == 0 or first[o] > t - handover or vacant_before + free[b, t] > 0
                    )
            found = best_path(
                price,
                may_begin,
                first[o],
                last[o],
                home[o],
                rooted[o],
                served[o],
                min_tenure,
                broken,
                rotation,
                begin[o],
                end[o],
                value,
                step_beat,
                step_end,
            )
            if found >= INFINITE:
                legal = False
                break
        after = INFINITE
        if legal:
            after = worth(
                begin,
                end,
                posts,
                first,
                last,
                home,
                rooted,
                served,
                kilometres,
                speaks,
                needs,
                min_tenure,
                handover,
                weights,
                months,
                surplus,
            )
        if after < INFINITE and (after <= now or np.random.random() < np.exp(-(after - now) / max(temperature, 1e-9))):
            now = after
            if now < best - 1e-9:
                best = now
                best_begin[:] = begin
                best_end[:] = end
        else:
            for i in range(size):
                begin[out[i]] = kept_begin[i]
                end[out[i]] = kept_end[i]
    begin[:] = best_begin
    end[:] = best_end
    return best
