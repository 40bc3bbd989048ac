"""A search over officers' series of postings: one to three are taken out and put back by a shortest path, cooled.

With the postings of the others held fixed, the best series of one officer is a shortest path over months in which a posting of place p in
months a..e−1 is one step; a step is closed where the place is full, where nobody hands over and no post is vacant, or where the month is
frozen. What breaks a rule that others might have to give way for (couples, moves a month, changes in a beat) costs `PENALTY`, so that the best
relaxed plan is found where they cannot be kept. All counts are kept up to date, so that a step looks at the places it touches only.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from beatplanner.solver.officers.problem import Arrays

# Compiled once on a machine and kept on disk; what C code alone would call is left out, which takes a tenth off that time.
kernel = njit(cache=True, error_model="numpy", no_cfunc_wrapper=True)  # pyright: ignore[reportCallIssue]

INFINITE = 1e15
PENALTY = 1e7
RETRIES = 12  # series tried where a beat comes twice
SERIES = 8  # postings of an officer at most
# Between plans of equal worth officers stay: what a posting that ends before its officer leaves costs in the search alone.
EARLY = 1e-3
FREE = -2
WINDOW = 12
MOVES_A_CALL = 2_000


class State(NamedTuple):
    """Postings, and the counts that follow from them."""

    place: np.ndarray  # (O, SERIES)
    begin: np.ndarray
    end: np.ndarray
    number: np.ndarray  # (O,)
    filled: np.ndarray  # (P, T) at work
    load: np.ndarray  # (P, T) at work, but in the handover
    ends: np.ndarray  # (P, T + 4) postings that end, and holders who fall sick h months before
    begun: np.ndarray  # (P, T) postings that begin and need a handover
    covered: np.ndarray  # (B, K, T)
    moved: np.ndarray  # (T,) rotations that begin
    chosen: np.ndarray  # (B, T) ends by choice
    forced: np.ndarray  # (B, T)
    place_cost: np.ndarray  # (P,)
    beat_cost: np.ndarray  # (B,)
    own: np.ndarray  # (O,)


def empty_state(a: Arrays) -> State:
    """Return a state without postings."""
    officers, places, kinds = len(a.first), len(a.posts), a.has.shape[1]
    return State(
        np.full((officers, SERIES), -1, np.int64),
        np.zeros((officers, SERIES), np.int64),
        np.zeros((officers, SERIES), np.int64),
        np.zeros(officers, np.int64),
        np.zeros((places, a.months), np.int64),
        np.zeros((places, a.months), np.int64),
        np.zeros((places, a.months + 4), np.int64),
        np.zeros((places, a.months), np.int64),
        np.zeros((a.beats, kinds, a.months), np.int64),
        np.zeros(a.months, np.int64),
        np.zeros((a.beats, a.months), np.int64),
        np.zeros((a.beats, a.months), np.int64),
        np.zeros(places),
        np.zeros(a.beats),
        np.zeros(officers),
    )


@kernel
def needs_handover(a, o, t):
    """Whether a posting of o that begins in month t needs one to hand over or a vacant post."""
    return t > 0 and a.handover > 0 and a.first[o] <= t - a.handover and a.ordered[o] != t


@kernel
def apply(a, s, o, sign):
    """Enter (sign 1) or strike out (sign −1) the postings of o in the counts."""
    months, h = a.months, a.handover
    kept = False
    before = a.rooted[o]
    for i in range(s.number[o]):
        p, b, e = s.place[o, i], s.begin[o, i], s.end[o, i]
        beat = a.beat[p]
        stay = b == 0 and p == a.home[o]
        kept = kept or stay
        until = e - h if e < months else e
        for t in range(b, e):
            if a.works[o, t]:
                s.filled[p, t] += sign
                if t < until and a.back[o, t] != p:
                    s.load[p, t] += sign
                for k in range(a.has.shape[1]):
                    if a.has[o, k]:
                        s.covered[beat, k, t] += sign
            elif t > b and a.falls[o, t]:
                # a stand-in begins as a successor would
                s.ends[p, t + h] += sign
        if e < months:
            s.ends[p, e] += sign
            if e == a.stop[o] or (a.frozen[o, e] != FREE and a.frozen[o, e] != p):
                s.forced[beat, e] += sign
            else:
                s.chosen[beat, e] += sign
        if not stay and needs_handover(a, o, b):
            s.begun[p, b] += sign
        if not stay and before:
            s.moved[b] += sign
        before = True
    if a.home[o] >= 0 and a.stop[o] > 0 and not kept:
        if a.frozen[o, 0] != FREE and a.frozen[o, 0] != a.home[o]:
            s.forced[a.beat[a.home[o]], 0] += sign
        else:
            s.chosen[a.beat[a.home[o]], 0] += sign


@kernel
def over_maximum(a, o, place, begin, end, number):
    """Return the months that postings of o last beyond the maximum, which frozen months may force."""
    months = 0
    for i in range(number):
        stay = begin[i] == 0 and place[i] == a.home[o]
        limit = max(a.longest - a.served[o], a.handover) if stay else a.longest
        months += max(0, end[i] - begin[i] - limit)
    return months


@kernel
def series_cost(a, o, place, begin, end, number):
    """Return what a series of postings of o costs by itself; a month beyond the maximum costs `PENALTY`."""
    total = PENALTY * over_maximum(a, o, place, begin, end, number)
    kept = False
    moves = 0
    for i in range(number):
        stay = begin[i] == 0 and place[i] == a.home[o]
        kept = kept or stay
        if not stay:
            moves += 1
        else:
            total += a.carried[o]
        served = end[i] - begin[i] + (a.served[o] if stay else 0)
        if end[i] < a.stop[o] and served < a.tenure:
            total += a.broken
        total += a.cost[o, place[i]] * (end[i] - begin[i])
    if a.home[o] >= 0 and a.stop[o] > 0 and not kept and a.served[o] < a.tenure:
        total += a.broken
    total += a.rotation * (moves if a.rooted[o] else max(0, moves - 1))
    if a.changed > 0:
        for t in range(0 if a.home[o] >= 0 else a.first[o], a.stop[o]):
            if a.published[o, t] >= 0:
                there = False
                for i in range(number):
                    if begin[i] <= t < end[i]:
                        there = place[i] == a.published[o, t]
                if not there:
                    total += a.changed
    return total


@kernel
def own_cost(a, s, o):
    """Return what the postings of o cost by themselves, with what an early end costs in the search."""
    total = series_cost(a, o, s.place[o], s.begin[o], s.end[o], s.number[o])
    kept = False
    for i in range(s.number[o]):
        kept = kept or (s.begin[o, i] == 0 and s.place[o, i] == a.home[o])
        if s.end[o, i] < a.stop[o]:
            total += EARLY
    if a.home[o] >= 0 and a.stop[o] > 0 and not kept:
        total += EARLY
    return total


@kernel
def place_worth(a, s, p):
    """Return what a place costs for vacant posts; INFINITE where it is too full or a handover lacks."""
    total = 0.0
    h = a.handover
    for t in range(a.months):
        if s.load[p, t] > a.posts[p] + a.surplus[p]:
            return INFINITE
        if t > 0 and s.begun[p, t] > 0:
            slots = max(0, a.posts[p] - s.filled[p, t - 1])
            if t + h < a.months:
                slots += s.ends[p, t + h]
            if s.begun[p, t] > slots:
                return INFINITE
        if s.filled[p, t] < a.posts[p]:
            total += a.vacant * (a.posts[p] - s.filled[p, t])
    return total


@kernel
def beat_worth(a, s, b, limit):
    """Return what a beat costs for what nobody there has, and for too many changes."""
    total = 0.0
    kinds = a.has.shape[1]
    for aspect in range(2):
        wanted = False
        for k in range(kinds):
            wanted = wanted or (a.needs[b, k] and a.aspect[k] == aspect)
        if wanted:
            for t in range(a.months):
                for k in range(kinds):
                    if a.needs[b, k] and a.aspect[k] == aspect and s.covered[b, k, t] == 0:
                        total += a.gap[aspect]
                        break
    for k in range(kinds):
        if a.lack[b, k] > 0:
            for t in range(a.months):
                if s.covered[b, k, t] == 0:
                    total += a.lack[b, k]
    if a.half:
        for t in range(max(1, a.months - WINDOW + 1)):
            chosen, forced = 0, 0
            for u in range(t, min(t + WINDOW, a.months)):
                chosen += s.chosen[b, u]
                forced += s.forced[b, u]
            if chosen > 0 and chosen + forced > limit:
                total += PENALTY * min(chosen, chosen + forced - limit)
    return total


@kernel
def other_penalties(a, s):
    """Return the penalties of couples and of rotations beyond the limit."""
    total = 0.0
    for t in range(a.months):
        if s.moved[t] > a.moves:
            total += PENALTY * (s.moved[t] - a.moves)
    if a.partner.shape[1] > 0 and a.partner.max() >= 0:
        for o in range(len(a.first)):
            for j in range(a.partner.shape[1]):
                q = a.partner[o, j]
                if q > o:
                    grace = 0
                    if a.home[o] >= 0 and a.home[q] >= 0 and a.beat[a.home[o]] == a.beat[a.home[q]]:
                        grace = a.grace
                    for i in range(s.number[o]):
                        for m in range(s.number[q]):
                            if a.beat[s.place[o, i]] == a.beat[s.place[q, m]]:
                                low = max(grace, s.begin[o, i], s.begin[q, m])
                                high = min(s.end[o, i], s.end[q, m])
                                if high > low:
                                    total += PENALTY * (high - low)
    return total


@kernel
def series(a, o, month_cost, full_cost, begin_cost, end_cost, move_cost, value, step_place, step_end, out):
    """Find the cheapest series of postings of o and write it to `out`, (SERIES + 1, 3); return its cost and number.

    A posting of p in months b..e−1 costs begin_cost[p, b] + Σ month_cost[p, b..e−1] + Σ full_cost over the same months, the last h left out
    where it ends before the horizon, + end_cost[p, e] + a broken tenure + move_cost[b] for a rotation. `value`, `step_place`
    and `step_end` are scratch space, (2, T + 1). A beat held twice is told by a cost of INFINITE and a number of −1, and the second
    posting there stands in the last row of `out`.
    """
    places, months = month_cost.shape
    stop, h = a.stop[o], a.handover
    if stop <= 0:
        return 0.0, 0
    pinned = a.pinned[o]
    for r in range(2):
        value[r, stop] = 0.0
    for t in range(stop - 1, -1, -1):
        for r in range(2):
            held = pinned and a.frozen[o, t] >= 0
            value[r, t] = INFINITE if held else value[r, t + 1]
            step_place[r, t] = -1
            step_end[r, t] = t + 1
        if t < a.first[o]:
            continue
        best, best_place, best_end = INFINITE, -1, -1
        handed = needs_handover(a, o, t)
        for p in range(places):
            if not a.allowed[o, p]:
                continue
            if pinned and a.frozen[o, t] != FREE and a.frozen[o, t] != p:
                continue
            start = begin_cost[p, t] if handed else 0.0
            if start >= PENALTY * 1e3:
                continue
            total = start
            for e in range(t + 1, stop + 1):
                if pinned and a.frozen[o, e - 1] != FREE and a.frozen[o, e - 1] != p:
                    break
                if e > t + a.longest:
                    if not pinned or a.frozen[o, e - 1] != p:
                        break
                    total += PENALTY
                total += month_cost[p, e - 1]
                if e - 1 - h >= t:
                    total += full_cost[p, e - 1 - h]
                if total >= INFINITE * 0.1:
                    break
                if e < months:
                    if e - t < h or value[1, e] >= INFINITE:
                        continue
                    here = total + end_cost[p, e] + value[1, e]
                    if e < stop and e - t < a.tenure:
                        here += a.broken
                else:
                    here = total
                    for u in range(max(t, e - h), e):
                        here += full_cost[p, u]
                if here < best:
                    best, best_place, best_end = here, p, e
        for r in range(2):
            here = best + (move_cost[t] if r == 1 else 0.0)
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
            if pinned and a.frozen[o, e - 1] != FREE and a.frozen[o, e - 1] != home:
                break
            if e > limit:
                if not pinned or a.frozen[o, e - 1] != home:
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
            history = 1
        t = e
    return best, number


@kernel
def price_for(a, s, o, month_cost, full_cost, begin_cost, move_cost):
    """Price every place and month for o, whose postings are struck out, by what the others leave."""
    kinds = a.has.shape[1]
    places, months = month_cost.shape
    h = a.handover
    for p in range(places):
        b = a.beat[p]
        if not a.allowed[o, p] and a.home[o] != p:
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
            if a.changed > 0 and a.published[o, t] == p:
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


@kernel
def run(a, s, seed, moves, hot, cold, limit, best, best_place, best_begin, best_end, best_number):
    """Make `moves` moves at a falling temperature; `best…` hold the best postings met. Return the objective now and the best."""
    np.random.seed(seed)
    officers, places, months = len(a.first), len(a.posts), a.months
    month_cost, full_cost = np.zeros((places, months)), np.zeros((places, months))
    begin_cost, end_cost = np.zeros((places, months)), np.zeros((places, months + 1))
    move_cost = np.zeros(months)
    value = np.zeros((2, months + 1))
    step_place, step_end = np.zeros((2, months + 1), np.int64), np.zeros((2, months + 1), np.int64)
    out = np.zeros((SERIES + 1, 3), np.int64)
    chosen, order = np.zeros(3, np.int64), np.zeros(3, np.int64)
    old_place, old_begin = np.zeros((3, SERIES), np.int64), np.zeros((3, SERIES), np.int64)
    old_end, old_number, old_own = np.zeros((3, SERIES), np.int64), np.zeros(3, np.int64), np.zeros(3)
    touched = np.zeros(places, np.bool_)
    touched_beat = np.zeros(a.beats, np.bool_)
    plain = a.moves >= 10_000 and a.partner.max() < 0
    others = 0.0 if plain else other_penalties(a, s)
    now = s.place_cost.sum() + s.beat_cost.sum() + s.own.sum() + others
    old_cost, old_beat = np.zeros(places), np.zeros(a.beats)
    for move in range(moves):
        temperature = hot * (cold / hot) ** (move / moves)
        size = min(officers, 1 + np.random.randint(3))
        touched.fill(False)
        near = -1
        count = 0
        aimed = np.random.random() < 0.4
        if aimed:
            # a place with vacant posts, and somebody who holds none
            for _ in range(8):
                p = np.random.randint(places)
                if s.place_cost[p] > 0:
                    near = p
                    break
        for i in range(size):
            o = np.random.randint(officers)
            if aimed and i == 0:
                for _ in range(8):
                    q = np.random.randint(officers)
                    if s.number[q] == 0 and a.stop[q] > a.first[q]:
                        o = q
                        break
            if i > 0 and near >= 0 and np.random.random() < 0.7:
                # someone of the same place, so that a handover can move as a whole
                for _ in range(4 * officers // max(1, places) + 8):
                    q = np.random.randint(officers)
                    found = False
                    for j in range(s.number[q]):
                        found = found or s.place[q, j] == near
                    if found:
                        o = q
                        break
            twice = False
            for j in range(count):
                twice = twice or chosen[j] == o
            if twice or a.stop[o] <= 0:
                continue
            chosen[count] = o
            old_number[count] = s.number[o]
            old_own[count] = s.own[o]
            for j in range(s.number[o]):
                old_place[count, j], old_begin[count, j], old_end[count, j] = s.place[o, j], s.begin[o, j], s.end[o, j]
                touched[s.place[o, j]] = True
            if a.home[o] >= 0:
                touched[a.home[o]] = True
            if s.number[o] > 0 and (near < 0 or np.random.random() < 0.3):
                near = s.place[o, np.random.randint(s.number[o])]
            if near < 0:
                near = np.random.randint(places)
            apply(a, s, o, -1)
            s.number[o] = 0
            count += 1
        legal = True
        for i in range(count):
            j = np.random.randint(i + 1)
            order[i] = order[j]
            order[j] = i
        done = 0
        for m in range(count):
            i = order[m]
            o = chosen[i]
            price_for(a, s, o, month_cost, full_cost, begin_cost, move_cost)
            end_cost.fill(EARLY)
            for p in range(places):
                end_cost[p, a.stop[o]] = 0.0
            if temperature > 1e-6 and np.random.random() < 0.3:
                # a place made dear for once, so that the search sees second-best series
                p = np.random.randint(places)
                if old_number[i] > 0:
                    p = old_place[i, np.random.randint(old_number[i])]
                for t in range(months):
                    month_cost[p, t] += 0.3 * a.vacant
            found, number = INFINITE, -1
            for _ in range(RETRIES):
                found, number = series(
                    a, o, month_cost, full_cost, begin_cost, end_cost, move_cost, value, step_place, step_end, out
                )
                if number >= 0:
                    break
                # a beat twice: the second posting there is closed
                for t in range(out[SERIES, 1], out[SERIES, 2]):
                    month_cost[out[SERIES, 0], t] = INFINITE
            if found >= INFINITE:
                legal = False
                break
            s.number[o] = number
            for j in range(number):
                s.place[o, j], s.begin[o, j], s.end[o, j] = out[j, 0], out[j, 1], out[j, 2]
                touched[out[j, 0]] = True
            apply(a, s, o, 1)
            s.own[o] = own_cost(a, s, o)
            done += 1
        after = INFINITE
        fresh = others
        touched_beat.fill(False)
        if legal:
            after = now
            for i in range(count):
                after += s.own[chosen[i]] - old_own[i]
            for p in range(places):
                if touched[p]:
                    touched_beat[a.beat[p]] = True
                    old_cost[p] = s.place_cost[p]
                    worth = place_worth(a, s, p)
                    if worth >= INFINITE:
                        legal = False
                        break
                    after += worth - old_cost[p]
            if legal:
                for b in range(a.beats):
                    if touched_beat[b]:
                        old_beat[b] = beat_worth(a, s, b, limit[b])
                        after += old_beat[b] - s.beat_cost[b]
                fresh = 0.0 if plain else other_penalties(a, s)
                after += fresh - others
        if legal and (after <= now + 1e-9 or np.random.random() < np.exp(-(after - now) / temperature)):
            now = after
            others = fresh
            for p in range(places):
                if touched[p]:
                    s.place_cost[p] = place_worth(a, s, p)
            for b in range(a.beats):
                if touched_beat[b]:
                    s.beat_cost[b] = old_beat[b]
            if now < best - 1e-7:
                best = now
                # by element: a slice's check of shapes alone takes seconds to compile
                for q in range(officers):
                    best_number[q] = s.number[q]
                    for j in range(SERIES):
                        best_place[q, j], best_begin[q, j], best_end[q, j] = s.place[q, j], s.begin[q, j], s.end[q, j]
        else:
            for m in range(done):
                apply(a, s, chosen[order[m]], -1)
            for i in range(count):
                o = chosen[i]
                s.number[o] = old_number[i]
                s.own[o] = old_own[i]
                for j in range(old_number[i]):
                    s.place[o, j], s.begin[o, j], s.end[o, j] = old_place[i, j], old_begin[i, j], old_end[i, j]
                apply(a, s, o, 1)
    return now, best


@kernel
def enter_all(a, s, limit):
    """Count every posting of a state whose counts are empty, and return the objective."""
    for o in range(len(a.first)):
        apply(a, s, o, 1)
        s.own[o] = own_cost(a, s, o)
    for p in range(len(a.posts)):
        s.place_cost[p] = place_worth(a, s, p)
    for b in range(a.beats):
        s.beat_cost[b] = beat_worth(a, s, b, limit[b])
    return s.place_cost.sum() + s.beat_cost.sum() + s.own.sum() + other_penalties(a, s)


class Search:
    """The search with its best postings so far.

    Parameters
    ----------
    a
        The problem.
    seed
        The same seed gives the same postings.
    """

    def __init__(self, a: Arrays, seed: int) -> None:
        self.a = a
        self.random = np.random.default_rng(seed)
        self.limit = np.maximum(1, np.bincount(a.beat, weights=a.posts, minlength=a.beats).astype(np.int64) // 2)
        self.best = np.inf
        self.kept: tuple[np.ndarray, ...] = ()
        self._begin(self._start())

    def _begin(self, state: State) -> None:
        """Start from postings that keep posts, room and handovers; they are the best where they are better."""
        a = self.a
        self.state = state
        enter_all(a, state, self.limit)
        self._fill()
        s = self.state = self._fresh(state)
        worth = float(enter_all(a, s, self.limit))
        if worth < self.best:
            self.best = worth
            self.kept = (s.place.copy(), s.begin.copy(), s.end.copy(), s.number.copy())

    def start_from(self, postings: list[tuple[int, int, int, int]]) -> None:
        """Start from (officer, place, begin, end) by officer and month; what breaks posts, room or handovers is taken out."""
        s = empty_state(self.a)
        for o, p, b, e in postings:
            i = s.number[o]
            s.place[o, i], s.begin[o, i], s.end[o, i] = p, b, e
            s.number[o] += 1
        self._drop_illegal(s)
        self._begin(s)

    def _start(self) -> State:
        """Return today's postings, as long as officers, the maximum and frozen months let them, and what is frozen."""
        a = self.a
        s = empty_state(a)
        grace = np.full(len(a.first), a.months)
        for o in range(len(a.first)):
            for q in a.partner[o]:
                if q > o and a.home[o] >= 0 and a.home[q] >= 0 and a.beat[a.home[o]] == a.beat[a.home[q]]:
                    grace[q] = a.grace
        rows = np.full((len(a.first), a.months), -1)
        for o in range(len(a.first)):
            row = rows[o]
            wished = a.changed > 0 and (a.published[o] >= 0).any()
            if wished:
                row[:] = a.published[o]
            elif a.home[o] >= 0 and a.changed <= 0:
                row[:] = a.home[o]
            elif a.home[o] >= 0:
                row[: a.grace] = a.home[o]
            if a.home[o] >= 0 and row[0] == a.home[o]:
                row[max(a.longest - a.served[o], a.handover) :] = np.where(
                    row[max(a.longest - a.served[o], a.handover) :] == a.home[o],
                    -1,
                    row[max(a.longest - a.served[o], a.handover) :],
                )
                row[grace[o] :] = np.where(row[grace[o] :] == a.home[o], -1, row[grace[o] :])
            row[a.stop[o] :] = -1
            if a.home[o] < 0:
                row[: a.first[o]] = -1
            fixed = a.frozen[o] != FREE
            row[:] = np.where(fixed, a.frozen[o], row)
            if fixed.any():
                # after the last frozen month a posting goes on, and a beat that was left is not held again
                last = int(np.flatnonzero(fixed)[-1])
                for t in range(last + 1, a.stop[o]):
                    if row[last] >= 0 and not wished:
                        row[t] = row[last]
                for p in {int(v) for v in row[: last + 1] if v >= 0} - {int(row[last])}:
                    row[last + 1 :][row[last + 1 :] == p] = -1
            self._end_at_the_maximum(o, row)
        self._make_room(rows)
        for o in range(len(a.first)):
            edges = np.flatnonzero(np.diff(rows[o], prepend=-9, append=-9))
            for b, e in itertools.pairwise(edges):
                if rows[o, b] >= 0 and s.number[o] < SERIES:
                    i = s.number[o]
                    s.place[o, i], s.begin[o, i], s.end[o, i] = rows[o, b], b, e
                    s.number[o] += 1
        self._drop_illegal(s)
        return s

    def _end_at_the_maximum(self, o: int, row: np.ndarray) -> None:
        """End postings of a row at the maximum, but in frozen months."""
        a = self.a
        for b, e in itertools.pairwise(np.flatnonzero(np.diff(row, prepend=-9, append=-9)).tolist()):
            stay = b == 0 and row[b] == a.home[o]
            until = b + (max(int(a.longest - a.served[o]), a.handover) if stay else a.longest)
            for t in range(until, e if row[b] >= 0 else 0):
                if a.frozen[o, t:e].max(initial=FREE) == FREE:
                    row[t:e] = -1
                    break

    def _fresh(self, s: State) -> State:
        """Return a state with the same postings and empty counts."""
        found = empty_state(self.a)
        found.place[:], found.begin[:], found.end[:], found.number[:] = s.place, s.begin, s.end, s.number
        return found

    def _fill(self) -> None:
        """Fill each vacant post, month by month, with the nearest officer who holds none, speakers of what the beat lacks first."""
        a, s = self.a, self.state
        for t in range(a.months):
            for p in np.flatnonzero(s.filled[:, t] < a.posts):
                b = a.beat[p]
                for _ in range(int(a.posts[p] - s.filled[p, t])):
                    free = (s.number == 0) & ~a.pinned & (a.first <= t) & (t < a.stop) & a.allowed[:, p] & (a.home < 0)
                    if not free.any():
                        break
                    lacks = a.needs[b] & (s.covered[b, :, t] == 0)
                    order = np.lexsort((a.cost[:, p], -(a.has & lacks).sum(axis=1)))
                    o = int(next(q for q in order if free[q]))
                    early = t - a.handover
                    begins = [early] if early > 0 and s.ends[p, t] > 0 and a.first[o] <= early else []
                    for begin in [*begins, t, t + 1]:
                        end = int(min(a.stop[o], begin + a.longest))
                        if begin >= end or (end - begin < a.handover and end < a.months):
                            continue
                        s.place[o, 0], s.begin[o, 0], s.end[o, 0], s.number[o] = p, begin, end, 1
                        apply(a, s, o, 1)
                        if place_worth(a, s, p) < INFINITE:
                            break
                        apply(a, s, o, -1)
                        s.number[o] = 0

    def _make_room(self, rows: np.ndarray) -> None:
        """Cut postings that are not frozen where a place would hold too many."""
        a = self.a
        for p in range(len(a.posts)):
            for t in range(a.months):
                here = np.flatnonzero((rows[:, t] == p) & a.works[:, t] & (a.back[:, t] != p))
                over = len(here) - int(a.posts[p] + a.surplus[p])
                if over <= 0:
                    continue
                # an overlap at the end of a posting is room, not too many
                handing = [
                    o for o in here if t + a.handover < a.months and (rows[o, t : t + a.handover + 1] != p).any()
                ]
                over -= len(handing)
                free = [o for o in here if (a.frozen[o, t:] == FREE).all() and o not in handing]
                for o in sorted(free, key=lambda o: (rows[o, 0] == p, a.served[o]))[: max(0, over)]:
                    rows[o, t:] = -1

    def _drop_illegal(self, s: State) -> None:
        """Take out postings that are not frozen until no place breaks a rule that the search keeps."""
        a = self.a
        for _ in range(4 * len(a.first) + 4):
            trial = empty_state(a)
            trial.place[:], trial.begin[:], trial.end[:], trial.number[:] = s.place, s.begin, s.end, s.number
            enter_all(a, trial, self.limit)
            bad = np.flatnonzero(trial.place_cost >= INFINITE * 0.5)
            if not len(bad):
                return
            for p in bad:
                new = [(o, i) for o in range(len(a.first)) for i in range(s.number[o]) if s.place[o, i] == p]
                new = [(o, i) for o, i in new if (a.frozen[o, s.begin[o, i] : s.end[o, i]] == FREE).all()]
                # those that begin in the plan first, then today's
                new.sort(key=lambda x: -s.begin[x])
                for o, i in new[:1]:
                    for j in range(i, s.number[o] - 1):
                        s.place[o, j], s.begin[o, j], s.end[o, j] = (
                            s.place[o, j + 1],
                            s.begin[o, j + 1],
                            s.end[o, j + 1],
                        )
                    s.number[o] -= 1

    def improve(self, moves: int, stop: Callable[[], bool], until: float, heat: float) -> None:
        """Search for `moves` moves, or until `stop` or the time `until`; `heat` from 1 (hot) to 0."""
        a, s = self.a, self.state
        scale = max(a.rotation, float(a.gap.max() + a.lack.max()) if a.needs.any() else 0.0, 1e-3)
        hot = scale * max(heat, 0.02)
        calls = max(1, -(-moves // MOVES_A_CALL))
        for call in range(calls):
            if stop() or time.monotonic() > until:
                break
            # each call cools from where the last one stopped
            high = max(1e-4, hot * (1 - call / calls) ** 2)
            low = max(1e-5, hot * (1 - (call + 1) / calls) ** 2)
            seed = int(self.random.integers(2**31))
            _, self.best = run(a, s, seed, min(moves, MOVES_A_CALL), high, low, self.limit, self.best, *self.kept)
        self._restore()

    def _restore(self) -> None:
        """Go back to the best postings."""
        s = empty_state(self.a)
        s.place[:], s.begin[:], s.end[:], s.number[:] = self.kept
        self.best = float(enter_all(self.a, s, self.limit))
        self.state = s

    @property
    def penalty(self) -> bool:
        """Whether the best postings break a rule that is penalised."""
        return self.best >= PENALTY * 0.5 and self._penalised() > 0

    def _penalised(self) -> float:
        soft = sum(
            float(beat_worth(self.a._replace(half=False), self.state, b, self.limit[b])) for b in range(self.a.beats)
        )
        s, a = self.state, self.a
        over = sum(over_maximum(a, o, s.place[o], s.begin[o], s.end[o], s.number[o]) for o in range(len(a.first)))
        return float(s.beat_cost.sum()) - soft + float(other_penalties(a, s)) + PENALTY * over

    def postings(self) -> list[tuple[int, int, int, int]]:
        """Return (officer, place, begin, end) of the best postings, by officer and month."""
        place, begin, end, number = self.kept
        found: list[tuple[Any, ...]] = [
            (o, int(place[o, i]), int(begin[o, i]), int(end[o, i]))
            for o in range(len(number))
            for i in range(number[o])
        ]
        return sorted(found, key=lambda p: (p[0], p[2]))
