"""The moves of the search: one to three officers are taken out and put back by their cheapest series, and worse postings are taken while it is hot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.officers.series import price_for, series
from beatplanner.solver.officers.state import (
    EARLY,
    INFINITE,
    SERIES,
    apply,
    beat_worth,
    kernel,
    layers_of,
    other_penalties,
    own_cost,
    place_worth,
)

if TYPE_CHECKING:
    from beatplanner.solver.officers.problem import Arrays
    from beatplanner.solver.officers.state import State

RETRIES = 12  # series tried where a beat comes twice
FEW, OTHERS = 200, 24  # places up to which a move looks at all of them; beyond, at some besides its own


@kernel
def run(
    a: Arrays,
    s: State,
    seed: int,
    moves: int,
    hot: float,
    cold: float,
    limit: np.ndarray,
    best: float,
    best_place: np.ndarray,
    best_begin: np.ndarray,
    best_end: np.ndarray,
    best_number: np.ndarray,
):
    """Make `moves` moves at a falling temperature; `best…` hold the best postings met. Return the objective now and the best."""
    np.random.seed(seed)
    officers, places, months = len(a.first), len(a.posts), a.months
    month_cost, full_cost = np.zeros((places, months)), np.zeros((places, months))
    begin_cost, end_cost = np.zeros((places, months)), np.zeros((places, months + 1))
    move_cost = np.zeros(months)
    rows = layers_of(a) + 1
    value = np.zeros((rows, months + 1))
    step_place, step_end = np.zeros((rows, months + 1), np.int64), np.zeros((rows, months + 1), np.int64)
    out = np.zeros((SERIES + 1, 3), np.int64)
    chosen, order = np.zeros(3, np.int64), np.zeros(3, np.int64)
    old_place, old_begin = np.zeros((3, SERIES), np.int64), np.zeros((3, SERIES), np.int64)
    old_end, old_number, old_own = np.zeros((3, SERIES), np.int64), np.zeros(3, np.int64), np.zeros(3)
    touched, looked = np.zeros(places, np.bool_), np.ones(places, np.bool_)
    touched_beat = np.zeros(a.beats, np.bool_)
    plain = a.moves >= 10_000 and a.partner.max() < 0
    # a number that stands in a call is a type of its own, for which all that is called is compiled once more
    enter, leave = int(np.int64(1)), int(np.int64(-1))
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
            o: int = np.random.randint(officers)
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
            apply(a, s, o, leave)
            s.number[o] = 0
            count += 1
        legal = True
        if places > FEW:
            # of very many places those that the move is about, and some others
            for p in range(places):
                looked[p] = touched[p] or p == near
            for _ in range(OTHERS):
                looked[np.random.randint(places)] = True
        for i in range(count):
            j = np.random.randint(i + 1)
            order[i] = order[j]
            order[j] = i
        done = 0
        for m in range(count):
            i: int = order[m]
            o = chosen[i]
            price_for(a, s, o, month_cost, full_cost, begin_cost, move_cost, looked)
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
                    a,
                    o,
                    month_cost,
                    full_cost,
                    begin_cost,
                    end_cost,
                    move_cost,
                    looked,
                    value,
                    step_place,
                    step_end,
                    out,
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
            apply(a, s, o, enter)
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
                i = order[m]
                apply(a, s, chosen[i], leave)
            for i in range(count):
                o = chosen[i]
                s.number[o] = old_number[i]
                s.own[o] = old_own[i]
                for j in range(old_number[i]):
                    s.place[o, j], s.begin[o, j], s.end[o, j] = old_place[i, j], old_begin[i, j], old_end[i, j]
                apply(a, s, o, enter)
    return now, best
