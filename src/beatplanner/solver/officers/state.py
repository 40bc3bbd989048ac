"""Postings with the counts that follow from them, what they cost, and what breaks a rule that others might have to give way for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from beatplanner.solver.compiled import kernels

if TYPE_CHECKING:
    from beatplanner.solver.officers.problem import Arrays

# A change here needs the compiled copies of the other modules deleted (`__pycache__/*.nb*`): numba looks at each function's own file only.
# Compiled once on a machine and kept on disk; what C code alone would call is left out, which takes a tenth off that time.
kernel = kernels(error_model="numpy", no_cfunc_wrapper=True)

INFINITE = 1e15
PENALTY = 1e7
SERIES = 8  # postings of an officer at most
# Between plans of equal worth officers stay: what a posting that ends before its officer leaves costs in the search alone.
EARLY = 1e-3
FREE = -2
WINDOW = 12
UNLIMITED = 10_000  # as in `problem`


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
def needs_handover(a: Arrays, o: int, t: int):
    """Whether a posting of o that begins in month t needs one to hand over or a vacant post."""
    return t > 0 and a.handover > 0 and a.first[o] <= t - a.handover and a.ordered[o] != t


@kernel
def apply(a: Arrays, s: State, o: int, sign: int):
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
            if e == a.stop[o] or (a.frozen[o, e] != FREE and a.frozen[o, e] != a.beat[p]):
                s.forced[beat, e] += sign
            else:
                s.chosen[beat, e] += sign
        if not stay and needs_handover(a, o, b):
            s.begun[p, b] += sign
        if not stay and before:
            s.moved[b] += sign
        before = True
    if a.home[o] >= 0 and a.stop[o] > 0 and not kept:
        if a.frozen[o, 0] != FREE and a.frozen[o, 0] != a.beat[a.home[o]]:
            s.forced[a.beat[a.home[o]], 0] += sign
        else:
            s.chosen[a.beat[a.home[o]], 0] += sign


@kernel
def over_maximum(a: Arrays, o: int, place: np.ndarray, begin: np.ndarray, end: np.ndarray, number: int):
    """Return the months that postings of o last beyond the maximum, which frozen months may force."""
    months = 0
    for i in range(number):
        stay = begin[i] == 0 and place[i] == a.home[o]
        limit = max(a.longest - a.served[o], a.handover) if stay else a.longest
        months += max(0, end[i] - begin[i] - limit)
    return months


@kernel
def over_most(a: Arrays, o: int, place: np.ndarray, begin: np.ndarray, number: int):
    """Return the rotations of o beyond the most that an officer may have, which frozen months may force."""
    moves = 0
    for i in range(number):
        if begin[i] > 0 or place[i] != a.home[o]:
            moves += 1
    return max(0, (moves if a.rooted[o] else max(0, moves - 1)) - a.most)


@kernel
def layers_of(a: Arrays):
    """Return how many states there are after a posting: one where rotations are not limited, else one for each number of them."""
    return 1 if a.most >= UNLIMITED else a.most + 1


@kernel
def layer_after(a: Arrays, r: int):
    """Return the state after a posting that begins in state r, 0 for who has served nowhere; −1 where none may begin."""
    if r == 0 or a.most >= UNLIMITED:
        return 1
    return r + 1 if r <= a.most else -1


@kernel
def series_cost(a: Arrays, o: int, place: np.ndarray, begin: np.ndarray, end: np.ndarray, number: int):
    """Return what a series of postings of o costs by itself; a month beyond the maximum and a rotation beyond the most cost `PENALTY` each."""
    total = PENALTY * (over_maximum(a, o, place, begin, end, number) + over_most(a, o, place, begin, number))
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
                        there = a.beat[place[i]] == a.published[o, t]
                if not there:
                    total += a.changed
    return total


@kernel
def own_cost(a: Arrays, s: State, o: int):
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
def place_worth(a: Arrays, s: State, p: int):
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
def beat_worth(a: Arrays, s: State, b: int, limit: int):
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
def other_penalties(a: Arrays, s: State):
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
def enter_all(a: Arrays, s: State, limit: np.ndarray):
    """Count every posting of a state whose counts are empty, and return the objective."""
    # not a number that stands in the call: see `annealing.run`
    enter = int(np.int64(1))
    for o in range(len(a.first)):
        apply(a, s, o, enter)
        s.own[o] = own_cost(a, s, o)
    for p in range(len(a.posts)):
        s.place_cost[p] = place_worth(a, s, p)
    for b in range(a.beats):
        s.beat_cost[b] = beat_worth(a, s, b, limit[b])
    return s.place_cost.sum() + s.beat_cost.sum() + s.own.sum() + other_penalties(a, s)
