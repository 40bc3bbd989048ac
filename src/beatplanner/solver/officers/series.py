"""The cheapest series of postings of one officer: a shortest path over months, at prices that the postings of the others make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.officers.state import (
    FREE,
    INFINITE,
    PENALTY,
    SERIES,
    kernel,
    layer_after,
    layers_of,
    needs_handover,
)

if TYPE_CHECKING:
    from beatplanner.solver.officers.problem import Arrays
    from beatplanner.solver.officers.state import State


@kernel
def series(
    a: Arrays,
    o: int,
    month_cost: np.ndarray,
    full_cost: np.ndarray,
    begin_cost: np.ndarray,
    end_cost: np.ndarray,
    move_cost: np.ndarray,
    looked: np.ndarray,
    value: np.ndarray,
    step_place: np.ndarray,
    step_end: np.ndarray,
    out: np.ndarray,
):
    """Find the cheapest series of postings of o and write it to `out`, (SERIES + 1, 3); return its cost and number.

    A posting of p in months b..e−1 costs begin_cost[p, b] + Σ month_cost[p, b..e−1] + Σ full_cost over the same months, the last h left out
    where it ends before the horizon, + end_cost[p, e] + a broken tenure + move_cost[b] for a rotation. Only places that are `looked` at, (P,), are begun in. `value`, `step_place`
    and `step_end` are scratch space, (1 + layers, T + 1), a row for each state before a posting: nowhere yet, then by rotations where they are limited. A beat held twice is told by a cost of INFINITE and a number of −1, and the second
    posting there stands in the last row of `out`.
    """
    places, months = month_cost.shape
    stop, h = a.stop[o], a.handover
    if stop <= 0:
        return 0.0, 0
    pinned = a.pinned[o]
    layers = layers_of(a)
    for r in range(layers + 1):
        value[r, stop] = 0.0
    for t in range(stop - 1, -1, -1):
        held = pinned and a.frozen[o, t] >= 0
        for r in range(layers + 1):
            value[r, t] = INFINITE if held else value[r, t + 1]
            step_place[r, t] = -1
            step_end[r, t] = t + 1
        if t < a.first[o]:
            continue
        handed = needs_handover(a, o, t)
        for after in range(1, layers + 1):
            best, best_place, best_end = INFINITE, -1, -1
            for p in range(places):
                if not looked[p] or not a.allowed[o, p]:
                    continue
                if pinned and a.frozen[o, t] != FREE and a.frozen[o, t] != a.beat[p]:
                    continue
                start = begin_cost[p, t] if handed else 0.0
                if start >= PENALTY * 1e3:
                    continue
                total = start
                for e in range(t + 1, stop + 1):
                    if pinned and a.frozen[o, e - 1] != FREE and a.frozen[o, e - 1] != a.beat[p]:
                        break
                    if e > t + a.longest:
                        if not pinned or a.frozen[o, e - 1] != a.beat[p]:
                            break
                        total += PENALTY
                    total += month_cost[p, e - 1]
                    if e - 1 - h >= t:
                        total += full_cost[p, e - 1 - h]
                    if total >= INFINITE * 0.1:
                        break
                    if e < months:
                        if e - t < h or value[after, e] >= INFINITE:
                            continue
                        here = total + end_cost[p, e] + value[after, e]
                        if e < stop and e - t < a.tenure:
                            here += a.broken
                    else:
                        here = total
                        for u in range(max(t, e - h), e):
                            here += full_cost[p, u]
                    if here < best:
                        best, best_place, best_end = here, p, e
            for r in range(layers + 1):
                # what is frozen may force a rotation beyond the most
                forced = held and layer_after(a, r) < 0
                if after != (layers if forced else layer_after(a, r)):
                    continue
                here = best + (move_cost[t] if r >= 1 else 0.0) + (PENALTY if forced else 0.0)
                if best_place >= 0 and here < value[r, t] - 1e-12:
                    value[r, t] = here
                    step_place[r, t] = best_place
                    step_end[r, t] = best_end
    history = 1 if a.rooted[o] else 0
    home = a.home[o]
    t, number = 0, 0
    best = value[history, 0]
    if home >= 0:
        best = value[1, 0] + (a.broken if a.served[o] < a.tenure else 0.0) + end_cost[home, 0]
        stay, total = 0, a.carried[o]
        limit = max(a.longest - a.served[o], h)
        for e in range(1, stop + 1):
            if pinned and a.frozen[o, e - 1] != FREE and a.frozen[o, e - 1] != a.beat[home]:
                break
            if e > limit:
                if not pinned or a.frozen[o, e - 1] != a.beat[home]:
                    break
                total += PENALTY
            total += month_cost[home, e - 1]
            if e - 1 - h >= 0:
                total += full_cost[home, e - 1 - h]
            if total >= INFINITE * 0.1:
                break
            if e < months:
                here = total + end_cost[home, e] + value[1, e]
                if e < stop and a.served[o] + e < a.tenure:
                    here += a.broken
            else:
                here = total
                for u in range(max(0, e - h), e):
                    here += full_cost[home, u]
            if here < best - 1e-12:
                best, stay = here, e
        if stay > 0:
            out[0, 0], out[0, 1], out[0, 2] = home, 0, stay
            number, t, history = 1, stay, 1
    if best >= INFINITE * 0.1:
        return INFINITE, 0
    while t < stop:
        p, e = step_place[history, t], step_end[history, t]
        if p >= 0:
            if number >= SERIES:
                return INFINITE, 0
            for i in range(number):
                if a.beat[out[i, 0]] == a.beat[p]:
                    out[SERIES, 0], out[SERIES, 1], out[SERIES, 2] = p, t, e
                    return INFINITE, -1
            out[number, 0], out[number, 1], out[number, 2] = p, t, e
            number += 1
            following = layer_after(a, history)
            history = following if following > 0 else layers
        t = e
    return best, number


@kernel
def price_for(
    a: Arrays,
    s: State,
    o: int,
    month_cost: np.ndarray,
    full_cost: np.ndarray,
    begin_cost: np.ndarray,
    move_cost: np.ndarray,
    looked: np.ndarray,
):
    """Price every place that is `looked` at, and today's, and each month for o, whose postings are struck out, by what the others leave."""
    kinds = a.has.shape[1]
    places, months = month_cost.shape
    h = a.handover
    for p in range(places):
        b = a.beat[p]
        if a.home[o] != p and not (looked[p] and a.allowed[o, p]):
            continue
        wanted = False
        for k in range(kinds):
            wanted = wanted or (a.needs[b, k] and a.has[o, k])
        room = a.posts[p] + a.surplus[p]
        for t in range(months):
            c = a.cost[o, p]
            full_cost[p, t] = 0.0
            if a.works[o, t]:
                if s.filled[p, t] < a.posts[p]:
                    c -= a.vacant
                if s.load[p, t] >= room and a.back[o, t] != p:
                    full_cost[p, t] = INFINITE
                if wanted:
                    for aspect in range(2):
                        lacks, mends = False, True
                        for k in range(kinds):
                            if a.needs[b, k] and a.aspect[k] == aspect and s.covered[b, k, t] == 0:
                                lacks = True
                                mends = mends and a.has[o, k]
                        if lacks and mends:
                            c -= a.gap[aspect]
                    for k in range(kinds):
                        if a.has[o, k] and s.covered[b, k, t] == 0:
                            c -= a.lack[b, k]
            if a.changed > 0 and a.published[o, t] == a.beat[p]:
                c -= a.changed
            month_cost[p, t] = c
            begin_cost[p, t] = 0.0
            if h > 0 and t > 0:
                slots = max(0, a.posts[p] - s.filled[p, t - 1]) - s.begun[p, t]
                if t + h < months:
                    slots += s.ends[p, t + h]
                if slots <= 0:
                    begin_cost[p, t] = INFINITE
    for j in range(a.partner.shape[1]):
        q = a.partner[o, j]
        if q < 0:
            break
        grace = 0
        if a.home[o] >= 0 and a.home[q] >= 0 and a.beat[a.home[o]] == a.beat[a.home[q]]:
            grace = a.grace
        for i in range(s.number[q]):
            for p in range(places):
                if a.beat[p] == a.beat[s.place[q, i]]:
                    for t in range(max(grace, s.begin[q, i]), s.end[q, i]):
                        month_cost[p, t] += PENALTY
    for t in range(months):
        move_cost[t] = a.rotation + (PENALTY if s.moved[t] >= a.moves else 0.0)
