"""The exact model of `tenure` over the pairs of officer and place that the bound cannot exclude, solved by HiGHS.

A pair is left out where every series with a posting there costs, at the prices of `bound`, so much more than the officer's cheapest
one that the plan could not be better than the one known (reduced-cost fixing); so are the months in which a posting cannot begin. The
model is therefore exact: the least of its bound and of the known objective is a bound on the whole problem. Where too many pairs are left, the
dearest are left out and the model only looks for better postings.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import highspy
import numpy as np

from beatplanner.solver.clock import watch
from beatplanner.solver.highs_session import end_at, quiet_highs
from beatplanner.solver.officers.exact_changes import ChangeColumns, change_rows, summed
from beatplanner.solver.officers.prices import limits_moves
from beatplanner.solver.officers.problem import UNLIMITED
from beatplanner.solver.officers.sparse_model import SparseModel

if TYPE_CHECKING:
    from beatplanner.solver.officers.prices import PostMultipliers
    from beatplanner.solver.officers.problem import Arrays

FREE = -2
# Pairs × months up to which the model is tried whole, and to which it is cut otherwise; branch-and-bound nodes.
WHOLE, CUT = 25_000, 20_000
NODES = 20_000
GAP = 5e-5
# Gap at which a model that is not whole is not tried.
ENOUGH = 0.01


@dataclass(frozen=True)
class ExactSolution:
    """What came of the exact model.

    Attributes
    ----------
    postings
        (officer, place, begin, end), or None where no solution was found.
    bound
        Proven for the whole problem, or None.
    impossible
        Whether it is proven that no postings keep the rules.
    """

    postings: list[tuple[int, int, int, int]] | None
    bound: float | None
    impossible: bool = False


def solve(
    a: Arrays,
    known: list[tuple[int, int, int, int]],
    best: float,
    prices: PostMultipliers,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    effort: float = 1.0,
    strict: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
) -> ExactSolution:
    """Solve the exact model.

    Parameters
    ----------
    a
        The problem.
    known
        Postings with the objective `best`; none where no postings that keep the rules are known.
    best
        Objective to beat; inf without known postings, when nothing is left out.
    prices
        Multipliers and their bound.
    seconds
        Limit of wall time.
    threads, seed
        Given to HiGHS.
    effort
        Scales the number of nodes.
    cancelled
        True ends the solve.

    strict
        Whether a vacancy that nobody has is told from one that is paid for, so that no handover is bought by it; needs more columns.

    Returns
    -------
    Solved
    """
    clock = watch(cancelled).clock
    end = clock() + seconds
    if seconds <= 0.5:
        return ExactSolution(None, None)
    pairs, whole = _pairs(a, known, best, prices)
    if not whole and known and best - prices.bound <= ENOUGH * best:
        # it would prove nothing, and what the search has is good
        return ExactSolution(None, None)
    if _contradicts(a, pairs):
        return ExactSolution(None, None, whole and math.isinf(best))
    model = SparseModel()
    columns = _columns(a, model, pairs)
    if columns is None:
        return ExactSolution(None, None, whole and math.isinf(best))
    _rows(a, model, columns, strict)
    if clock() >= end:
        return ExactSolution(None, None)
    highs = quiet_highs(
        threads=threads,
        mip_rel_gap=GAP,
        mip_abs_gap=1e-6,
        random_seed=seed % 2**31,
        mip_max_nodes=max(1, int(effort * NODES)),
    )
    highs.passModel(model.highs())
    if known:
        index, value = _start(a, columns, known)
        highs.setSolution(len(index), index, value)

    end_at(highs, end, cancelled)
    highs.run()
    info = highs.getInfo()
    status = highs.getModelStatus()
    if whole and status == highspy.HighsModelStatus.kInfeasible:
        # without known postings no rule was left out; with them nothing better is left, as these are not cut off by rounding alone
        return ExactSolution(None, None, math.isinf(best))
    bound = min(best, info.mip_dual_bound + columns.constant) if whole and math.isfinite(info.mip_dual_bound) else None
    if info.primal_solution_status != 2:
        return ExactSolution(None, bound)
    return ExactSolution(_postings(columns, np.asarray(highs.getSolution().col_value)), bound)


def _contradicts(a: Arrays, pairs: dict[tuple[int, int], np.ndarray]) -> bool:
    """Whether a month is frozen to a beat in which the officer cannot serve then."""
    beats = {(o, int(a.beat[p])) for o, p in pairs}
    for o in np.flatnonzero(a.pinned):
        for t in np.flatnonzero(a.frozen[o] >= 0):
            if t >= a.stop[o] or (int(o), int(a.frozen[o, t])) not in beats:
                return True
    return False


def _pairs(
    a: Arrays, known: list[tuple[int, int, int, int]], best: float, prices: PostMultipliers
) -> tuple[dict[tuple[int, int], np.ndarray], bool]:
    """Return the months in which a posting may begin, (T,) bool, for each pair that is left; and whether the model is exact with them."""
    spare = best - prices.bound + 1e-6 * abs(best) + 1e-6
    quick = (a.longest >= a.months + a.served) & np.isfinite(best)
    used = {(o, p) for o, p, _, _ in known}
    left: list[tuple[float, int, int, np.ndarray]] = []
    for o in range(len(a.first)):
        if a.stop[o] <= 0:
            continue
        least, starts = 0.0, None
        if quick[o]:
            least, starts = prices.starts(o)
        for p in range(len(a.posts)):
            if a.home[o] == p:
                left.append((-1.0, o, p, np.zeros(a.months, bool)))
                continue
            if not a.allowed[o, p]:
                continue
            month = np.arange(a.months)
            may = (month >= a.first[o]) & (month < a.stop[o])
            over = 0.0
            if starts is not None:
                may &= starts[p] - least <= spare
                over = float(starts[p].min()) - least
            if may.any() or (o, p) in used:
                for q, r, b, _ in known:
                    if (q, r) == (o, p):
                        may[b] = True
                        over = -1.0
                left.append((over, o, p, may))
    size = sum(int(m.sum()) + a.months for _, _, _, m in left)
    whole = size <= WHOLE
    if not whole:
        left.sort(key=lambda x: (x[0], x[1], x[2]))
        total = np.cumsum([int(m.sum()) + a.months for _, _, _, m in left])
        number = max(int(np.searchsorted(total, CUT)), sum(x[0] < 0 for x in left))
        left = left[:number]
    return {(o, p): m for _, o, p, m in sorted(left, key=lambda x: (x[1], x[2]))}, whole


def _columns(a: Arrays, model: SparseModel, pairs: dict[tuple[int, int], np.ndarray]) -> ChangeColumns | None:
    """Return the columns of the pairs, None where what is frozen leaves none."""
    found = ChangeColumns({}, {}, {}, [[] for _ in a.posts])
    several = Counter((o, int(a.beat[p])) for o, p in pairs)
    for (o, p), may in pairs.items():
        stop, stays = int(a.stop[o]), a.home[o] == p
        if stays:
            low, high = np.ones(stop), np.ones(stop)
        else:
            low, high = np.zeros(stop), np.maximum.accumulate(may[:stop]).astype(float)
        month_cost = np.full(stop, a.cost[o, p])
        if a.changed > 0:
            month_cost[a.published[o, :stop] == a.beat[p]] -= a.changed
        frozen = a.frozen[o, :stop]
        e_low, e_high = np.zeros(stop), high.copy()
        if not stays:
            e_high[0] = 0.0
        held = np.flatnonzero(frozen == a.beat[p])
        away = np.flatnonzero((frozen != FREE) & (frozen != a.beat[p]))
        choice = len(held) and several[o, int(a.beat[p])] > 1
        if choice:
            pass  # in which of the beat's places is told by `_frozen_rows`
        elif len(held):
            low[held[0] :] = 1.0
            high[: held[0]] = np.where(np.isin(np.arange(int(held[0])), away), 0.0, high[: held[0]])
            e_high[: held[-1] + 1] = 0.0
            for t in away[away > held[-1]][:1]:
                e_low[t:] = 1.0
        elif len(away) and not stays:
            # begins after the frozen months, or not at all
            high[: away[-1] + 1] = 0.0
            e_high[: away[-1] + 1] = 0.0
        elif len(away):
            e_low[away[0] :] = 1.0
        between = len(held) and not choice and np.isin(np.arange(int(held[0]), int(held[-1])), away).any()
        if between or (low > high).any() or (e_low > e_high).any():
            return None
        s = model.columns(stop, low, high, month_cost, True)
        e = model.columns(stop, e_low, e_high, -month_cost, True)
        if stays and a.carried[o] and stop:
            model.cost[e[0]] -= float(a.carried[o])
            found.constant += float(a.carried[o])
        found.begins[o, p], found.ends[o, p] = s, e
        found.broken[o, p] = int(model.columns(1, 0, 1, a.broken)[0])
        found.by_place[p].append(o)
    if a.changed > 0:
        for o in range(len(a.first)):
            span = slice(0 if a.home[o] >= 0 else int(a.first[o]), int(a.stop[o]))
            found.constant += a.changed * float((a.published[o, span] >= 0).sum())
    return found


def _rows(a: Arrays, model: SparseModel, c: ChangeColumns, strict: bool) -> None:
    infinite, h = highspy.kHighsInf, a.handover
    shortest = max(1, h)
    by_officer: dict[int, list[int]] = {}
    for (o, p), s in c.begins.items():
        by_officer.setdefault(o, []).append(p)
        e, z, stays = c.ends[o, p], c.broken[o, p], a.home[o] == p
        for t in range(len(s)):
            if t:
                model.row([s[t - 1], s[t]], [1, -1], -infinite, 0)
                model.row([e[t - 1], e[t]], [1, -1], -infinite, 0)
            if not stays:
                before = t - shortest
                model.row([e[t], s[before]] if before >= 0 else [e[t]], [1, -1] if before >= 0 else [1], -infinite, 0)
            before = t - a.tenure
            if stays:
                if t + a.served[o] < a.tenure:
                    model.row([e[t], z], [1, -1], -infinite, 0)
                if t >= max(a.longest - a.served[o], h):
                    model.row([e[t]], [1], 1, 1)
            elif a.tenure > shortest:
                model.row(
                    [e[t], z, s[before]] if before >= 0 else [e[t], z],
                    [1, -1, -1] if before >= 0 else [1, -1],
                    -infinite,
                    0,
                )
            if not stays and t - a.longest >= 0:
                model.row([e[t], s[t - a.longest]], [1, -1], 0, infinite)
        if not stays and shortest > 1 and len(s) < a.months:
            # who leaves does not begin within the shortest posting before
            early = int(s[len(s) - shortest]) if len(s) >= shortest else None
            model.row(
                [int(s[-1]), int(e[-1])] + ([] if early is None else [early]),
                [1.0, -1.0] + ([] if early is None else [-1.0]),
                -infinite,
                0,
            )
    for o, places in by_officer.items():
        for t in range(int(a.stop[o])):
            model.row(
                [int(x[o, p][t]) for p in places for x in (c.begins, c.ends)], [1.0, -1.0] * len(places), -infinite, 1
            )
        new = [int(c.begins[o, p][-1]) for p in places if p != a.home[o]]
        if a.most < UNLIMITED and new:
            model.row(new, [1.0] * len(new), -infinite, a.most + (0 if a.rooted[o] else 1))
        if a.rooted[o]:
            for s in new:
                model.cost[s] += a.rotation
        elif len(new) > 1:
            r = int(model.columns(1, 0, infinite, a.rotation)[0])
            model.row([*new, r], [1.0] * len(new) + [-1.0], -infinite, 1)
        for b in {int(a.beat[p]) for p in places}:
            same = [int(c.begins[o, p][-1]) for p in places if a.beat[p] == b]
            if len(same) > 1:
                model.row(same, [1.0] * len(same), -infinite, 1)
    _frozen_rows(a, model, c)
    _place_rows(a, model, c, strict)
    _coverage_rows(a, model, c)
    _other_rows(a, model, c, by_officer)


def _present(c: ChangeColumns, pairs: list[tuple[int, int]], t: int) -> tuple[list[int], list[float]]:
    columns = [int(x[pair][t]) for pair in pairs for x in (c.begins, c.ends)]
    return columns, [1.0, -1.0] * len(pairs)


def _frozen_rows(a: Arrays, model: SparseModel, c: ChangeColumns) -> None:
    """Hold who must serve a beat of several places in one of these, whichever it is."""
    of: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for o, p in c.begins:
        of.setdefault((o, int(a.beat[p])), []).append((o, p))
    for (o, b), pairs in of.items():
        frozen = a.frozen[o, : int(a.stop[o])]
        if len(pairs) > 1 and (frozen == b).any():
            for t in np.flatnonzero(frozen != FREE):
                served = float(frozen[t] == b)
                model.row(*_present(c, pairs, int(t)), served, served)


def _place_rows(a: Arrays, model: SparseModel, c: ChangeColumns, strict: bool) -> None:
    infinite, h, months = highspy.kHighsInf, a.handover, a.months
    for p in range(len(a.posts)):
        posts = int(a.posts[p])
        vacancy = model.columns(months, 0, posts, a.vacant)
        for t in range(months):
            there = [(o, p) for o in c.by_place[p] if t < a.stop[o]]
            working = [pair for pair in there if a.works[pair[0], t]]
            columns, values = _present(c, working, t)
            if posts:
                model.row([*columns, int(vacancy[t])], [*values, 1.0], posts, infinite)
                if strict:
                    # vacancy = max(0, posts − officers at work), by whether there is one
                    some = int(model.columns(1, 0, 1, 0.0, True)[0])
                    most = float(max(0, len(working) - posts))
                    model.row([int(vacancy[t]), some], [1.0, -float(posts)], -infinite, 0.0)
                    model.row([*columns, int(vacancy[t]), some], [*values, 1.0, most], -infinite, posts + most)
            counting = [pair for pair in working if a.back[pair[0], t] != p]
            columns = [int(c.begins[pair][t]) for pair in counting]
            columns += [c.ended(pair, min(t + h, months - 1)) for pair in counting]
            columns, values = summed(columns, [1.0] * len(counting) + [-1.0] * len(counting))
            if counting:
                model.row(columns, values, -infinite, posts + int(a.surplus[p]))
            if h and t:
                begun = [(o, p) for o, _ in there if a.first[o] <= t - h and a.home[o] != p and a.ordered[o] != t]
                if begun:
                    columns = [int(c.begins[pair][u]) for pair in begun for u in (t, t - 1)]
                    values = [1.0, -1.0] * len(begun)
                    if t + h < months:
                        for o in c.by_place[p]:
                            if t + h - 1 < a.stop[o]:
                                columns += [c.ended((o, p), t + h), int(c.ends[o, p][t + h - 1])]
                                values += [-1.0, 1.0]
                    for o, _ in there:
                        if a.falls[o, t]:
                            columns += [int(c.begins[o, p][t - 1]), int(c.ends[o, p][t])]
                            values += [-1.0, 1.0]
                    columns, values = summed([*columns, int(vacancy[t - 1])], [*values, -1.0])
                    model.row(columns, values, -infinite, 0)


def _coverage_rows(a: Arrays, model: SparseModel, c: ChangeColumns) -> None:
    infinite = highspy.kHighsInf
    for b in range(a.beats):
        for aspect in range(2):
            kinds = np.flatnonzero(a.needs[b] & (a.aspect == aspect))
            if not len(kinds):
                continue
            gap = model.columns(a.months, 0, 1, float(a.gap[aspect]))
            alone = {int(k): model.columns(a.months, 0, 1, float(a.lack[b, k])) for k in kinds if a.lack[b, k] > 0}
            for t in range(a.months):
                pairs = [
                    (o, int(p))
                    for p in np.flatnonzero(a.beat == b)
                    for o in c.by_place[p]
                    if t < a.stop[o] and a.works[o, t]
                ]
                for k in kinds:
                    columns, values = _present(c, [pair for pair in pairs if a.has[pair[0], k]], t)
                    lacks = alone.get(int(k), gap)
                    model.row([*columns, int(lacks[t])], [*values, 1.0], 1, infinite)
                    if lacks is not gap:
                        model.row([int(gap[t]), int(lacks[t])], [1.0, -1.0], 0, infinite)


def _other_rows(a: Arrays, model: SparseModel, c: ChangeColumns, by_officer: dict[int, list[int]]) -> None:
    infinite = highspy.kHighsInf
    for o in range(len(a.first)):
        for q in a.partner[o]:
            if q <= o:
                continue
            same_home = a.home[o] >= 0 and a.home[q] >= 0 and a.beat[a.home[o]] == a.beat[a.home[q]]
            for b in range(a.beats):
                mine = [(o, p) for p in by_officer.get(o, []) if a.beat[p] == b]
                theirs = [(int(q), p) for p in by_officer.get(int(q), []) if a.beat[p] == b]
                if mine and theirs:
                    for t in range(a.grace if same_home else 0, int(min(a.stop[o], a.stop[q]))):
                        columns, values = _present(c, mine + theirs, t)
                        model.row(columns, values, -infinite, 1)
    if limits_moves(a):
        _move_rows(a, model, c, by_officer)
    if a.half:
        change_rows(a, model, c)


def _move_rows(a: Arrays, model: SparseModel, c: ChangeColumns, by_officer: dict[int, list[int]]) -> None:
    """Limit the rotations that begin in a month; who serves nowhere today rotates from the second posting on."""
    infinite = highspy.kHighsInf
    for t in range(a.months):
        columns: list[int] = []
        values: list[float] = []
        for o, places in by_officer.items():
            new = [p for p in places if p != a.home[o] and t < len(c.begins[o, p])]
            begins = [int(c.begins[o, p][u]) for p in new for u in ((t, t - 1) if t else (t,))]
            signs = [1.0, -1.0][: 2 if t else 1] * len(new)
            if a.rooted[o]:
                columns += begins
                values += signs
            elif t and len(places) > 1 and new:
                second = int(model.columns(1, 0, 1)[0])
                for p in places:
                    earlier, sum_of = summed(
                        [*begins, int(c.begins[o, p][min(t, len(c.begins[o, p])) - 1]), second], [*signs, 1.0, -1.0]
                    )
                    model.row(earlier, sum_of, -infinite, 1.0)
                columns.append(second)
                values.append(1.0)
        if columns:
            model.row(columns, values, -infinite, a.moves)


def _start(a: Arrays, c: ChangeColumns, known: list[tuple[int, int, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    held = {(o, p): (b, e) for o, p, b, e in known}
    index: list[np.ndarray] = []
    value: list[np.ndarray] = []
    for pair, s in c.begins.items():
        span = held.get(pair)
        stays = a.home[pair[0]] == pair[1]
        month = np.arange(len(s))
        index += [s, c.ends[pair]]
        if span is None:
            value += [np.full(len(s), float(stays)), np.full(len(s), float(stays))]
        else:
            value += [(month >= span[0]).astype(float), (month >= span[1]).astype(float)]
    return np.concatenate(index).astype(np.int32), np.concatenate(value)


def _postings(c: ChangeColumns, value: np.ndarray) -> list[tuple[int, int, int, int]]:
    found: list[tuple[int, int, int, int]] = []
    for (o, p), s in c.begins.items():
        held = np.flatnonzero(np.round(value[s]) - np.round(value[c.ends[o, p]]) > 0.5)
        if len(held):
            found.append((o, p, int(held[0]), int(held[-1]) + 1))
    return sorted(found, key=lambda x: (x[0], x[2]))
