"""Prices for the bound of `bound` by column generation over officers' series of postings (Dantzig and Wolfe 1960).

The master is the linear program in which each officer takes a mixture of series λ_os that were met so far::

    min  w_v Σ v_pt + Σ_a w_a Σ g_abt + Σ_os c_os λ_os
    s.t. Σ at work λ + v_pt ≥ posts_p            α       Σ at work, not yet handing over λ ≤ posts_p + surplus_p    β
         Σ begins λ ≤ v_p,t−1 + Σ ends λ         γ       Σ has k λ + g_abt ≥ 1                                      δ
         Σ_s λ_os = 1                                    Σ_p v_pt ≥ posts − officers at work
         Σ rotates λ ≤ m + x_t                   μ

with a dear x_t, as the plan that it begins with may have more moves than a month allows. Its prices go to `bound`, whose cheapest series are
the next columns. Four things make it quick:

- The dual is what is solved: a new series is a row there, after which the dual simplex goes on from where it was.
- Prices between those of the best bound so far and the master's are tried first (Wentges 1997), as the master's alone swing.
- Months are taken together at first: the rows of 20 months are added up, then those of 6, 2 and 1. That leaves a relaxation, so every bound holds, and
  a master a tenth as large whose prices are nearly right. The last row, on a shortage, is kept by month, as sums would hide it.
- Series that have become dear are dropped.

By month the master's mixture is often whole: each officer with one series, which is then the optimum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import highspy
import numpy as np

from beatplanner.solver.highs_session import own_limit, quiet_highs
from beatplanner.solver.officers.prices import limits_moves
from beatplanner.solver.officers.state import SERIES, needs_handover, series_cost

if TYPE_CHECKING:
    from beatplanner.solver.officers.prices import PostMultipliers
    from beatplanner.solver.officers.problem import Arrays

Series = tuple[tuple[int, int, int], ...]
# Months that are taken together, one after the other.
BLOCKS = (20, 6, 2, 1)
SMOOTHING, LESS = 0.8, 0.3
# Relative difference of master and bound at which the last round ends, and those before it; series an officer kept after and within a round.
CLOSE, ROUGHLY = 2e-5, 1e-3
# … and, as most of an objective may be vacancies that nobody can fill, how much of what is above them may be left before the last round.
COARSE = 0.03
# Officers × places × months above which the rows stay coarse: a master by fewer months would take longer than it could help.
LARGE = 10_000_000
KEPT, MOST = 12, 40
# Series an officer that are told at the end.
WHOLE = 20
# Share of the time after which a master is given up: the next would take as long.
LONGEST = 0.15


def stays_coarse(a: Arrays) -> bool:
    """Return whether a problem is so large that its rows are never those of single months."""
    return a.cost.size * a.months > LARGE


def dearest_move(a: Arrays) -> float:
    """Return more than a move can save: a post that is filled for all months, and what a series costs beside it."""
    return a.months * a.vacant + SERIES * (a.broken + a.rotation)


class Master:
    """The dual of the master with rows of `block` months: a variable a price, a row a series.

    Parameters
    ----------
    a, short
        The problem, and by month the posts that nobody can fill.
    block
        Months that are added up.
    """

    def __init__(self, a: Arrays, short: np.ndarray, block: int) -> None:
        self.a, self.block = a, block
        places, months, infinite = len(a.posts), a.months, highspy.kHighsInf
        self.wants = [(int(b), int(k)) for b, k in np.argwhere(a.needs)]
        limited = limits_moves(a)
        kinds = 3 * places + len(self.wants) + limited
        piece = np.arange(months) // block
        pieces = int(piece[-1]) + 1
        # (kinds, T) the variable of each price by month; after them one an officer and one a month of shortage
        self.price = np.arange(kinds)[:, None] * pieces + piece
        self.officers = kinds * pieces
        self.shortage = self.officers + len(a.first)
        # after them what prices of languages are beyond what each lack costs by itself, where a beat needs several
        several = [
            i
            for i, (b, k) in enumerate(self.wants)
            if a.lack[b, k] > 0 and (a.needs[b] & (a.aspect == a.aspect[k])).sum() > 1
        ]
        shared = [int(v) for i in several for v in np.unique(self.price[3 * places + i])]
        self.beyond = {v: self.shortage + months + j for j, v in enumerate(shared)}
        number = self.shortage + months + len(shared)
        worth, lower, upper = np.zeros(number), np.zeros(number), np.full(number, infinite)
        length = np.bincount(piece)
        span = places * pieces
        worth[:span] = (a.posts[:, None] * length).reshape(-1)
        worth[span : 2 * span] = ((a.posts + a.surplus)[:, None] * length).reshape(-1)
        moves = self.officers - limited * pieces
        worth[3 * span : moves] = np.tile(length, len(self.wants))
        worth[moves : self.officers] = a.moves * length[: limited * pieces]
        worth[self.officers : self.shortage] = 1.0
        worth[self.shortage : self.shortage + months] = short
        # room and handover are at most, so their prices enter with the other sign; an officer's series is one exactly
        lower[span : 3 * span], upper[span : 3 * span] = -infinite, 0.0
        lower[moves : self.officers], upper[moves : self.officers] = -dearest_move(a), 0.0
        lower[self.officers : self.shortage] = -infinite
        self.highs = quiet_highs(presolve="off", threads=1)
        none = np.zeros(0, np.int32)
        self.highs.addCols(number, -worth, lower, upper, 0, np.zeros(number, np.int32), none, np.zeros(0))
        self.costs = np.zeros(0)
        self._slacks(short)
        self.series: list[tuple[int, Series]] = []
        self.known: set[tuple[int, Series]] = set()
        self.objective = np.inf
        self.reduced, self.value = np.zeros(0), np.zeros(0)

    def _slacks(self, short: np.ndarray) -> None:
        """Add what vacant posts and gaps let prices be at most; those with the same entries are one row."""
        a, places = self.a, len(self.a.posts)
        made: dict[tuple[int, ...], tuple[float, list[float]]] = {}
        for p in np.flatnonzero(a.posts):
            for t in range(a.months):
                entries = {int(self.price[p, t]): 1.0}
                if t + 1 < a.months:
                    entries[int(self.price[2 * places + p, t + 1])] = -1.0
                if short[t]:
                    entries[self.shortage + t] = 1.0
                made[tuple(entries)] = a.vacant, list(entries.values())
        place = {pair: i for i, pair in enumerate(self.wants)}
        for b in range(a.beats):
            for aspect in range(2):
                kinds = np.flatnonzero(a.needs[b] & (a.aspect == aspect)).tolist()
                shared = [k for k in kinds if len(kinds) > 1 and a.lack[b, k] > 0]
                for t in range(a.months if len(kinds) else 0):
                    price = {k: int(self.price[3 * places + place[b, k], t]) for k in kinds}
                    for k in shared:
                        # what lacks costs by itself, and what is beyond that is the gap's part
                        beyond = self.beyond[price[k]]
                        made[price[k], beyond] = float(a.lack[b, k]), [1.0, -1.0]
                        price[k] = beyond
                    alone = float(a.lack[b, kinds[0]]) if len(kinds) == 1 else 0.0
                    made[tuple(price.values())] = float(a.gap[aspect]) + alone, [1.0] * len(price)
        self.slacks = len(made)
        self._append([(cost, list(rows), values) for rows, (cost, values) in made.items()])

    def _append(self, rows: list[tuple[float, list[int], list[float]]]) -> None:
        if not rows:
            return
        cost = np.array([c for c, _, _ in rows])
        start = np.concatenate([[0], np.cumsum([len(i) for _, i, _ in rows])[:-1]]).astype(np.int32)
        index = np.array([i for _, some, _ in rows for i in some], np.int32)
        value = np.array([v for _, _, some in rows for v in some])
        self.costs = np.concatenate([self.costs, cost])
        self.highs.addRows(len(rows), np.full(len(rows), -highspy.kHighsInf), cost, len(index), start, index, value)

    def add(self, series: list[tuple[int, Series]]) -> int:
        """Add series of officers; return how many are new."""
        new: list[tuple[float, list[int], list[float]]] = []
        for one in series:
            if one not in self.known:
                self.known.add(one)
                self.series.append(one)
                new.append(self._row(*one))
        self._append(new)
        return len(new)

    def _row(self, o: int, series: Series) -> tuple[float, list[int], list[float]]:
        a, h, places = self.a, self.a.handover, len(self.a.posts)
        rows: list[np.ndarray] = []
        ones: list[int] = []
        moved = bool(a.rooted[o])
        for p, b, e in series:
            stays = b == 0 and p == a.home[o]
            if limits_moves(a) and moved and not stays:
                rows.append(self.price[-1, [b]])
            moved = True
            works = a.works[o, b:e]
            until = max(b, e - h) if e < a.months else e
            there = [
                p,
                *(3 * places + i for i, (beat, k) in enumerate(self.wants) if beat == a.beat[p] and a.has[o, k]),
            ]
            counts = works[: until - b] & (a.back[o, b:until] != p)
            rows += [self.price[r, b:e][works] for r in there] + [self.price[places + p, b:until][counts]]
            if needs_handover(a, o, b) and not stays:
                rows.append(self.price[2 * places + p, [b]])
            if h and e < a.months and e - h >= 1:
                ones.append(int(self.price[2 * places + p, e - h]))
            if h:
                ones += self.price[2 * places + p, b + 1 : e][a.falls[o, b + 1 : e]].tolist()
        found, count = np.unique(np.concatenate([np.zeros(0, int), *rows]), return_counts=True)
        entries = dict(zip(found.tolist(), count.astype(float).tolist(), strict=True))
        for r in ones:
            entries[r] = entries.get(r, 0.0) - 1.0
        entries = {r: v for r, v in entries.items() if v}
        entries[self.officers + o] = 1.0
        place, begin, end = (np.array([s[i] for s in series], np.int64) for i in range(3))
        return float(series_cost(a, o, place, begin, end, len(series))), list(entries), list(entries.values())

    def solve(self, seconds: float) -> list[np.ndarray] | None:
        """Solve the linear program; return its prices α, β, γ, δ, μ by month, or None where it was not solved in time."""
        self.highs.setOptionValue("time_limit", self.highs.getRunTime() + own_limit(seconds))
        self.highs.run()
        if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        a, places = self.a, len(self.a.posts)
        self.objective = -self.highs.getInfo().objective_function_value
        solution = self.highs.getSolution()
        self.value = -np.asarray(solution.row_dual)[self.slacks :]
        self.reduced = (self.costs - np.asarray(solution.row_value))[self.slacks :]
        price = np.asarray(solution.col_value)[self.price]
        delta = np.zeros((a.beats, a.has.shape[1], a.months))
        for i, (b, k) in enumerate(self.wants):
            delta[b, k] = price[3 * places + i]
        gamma = -price[2 * places : 3 * places] if a.handover else np.zeros((places, a.months))
        mu = -price[-1] if limits_moves(a) else np.zeros(a.months)
        return [price[:places], -price[places : 2 * places], gamma, delta, mu]

    def cheapest(self, number: int) -> list[tuple[int, Series]]:
        """Return the series of least reduced cost, and those that were not priced yet."""
        priced: list[int] = np.argsort(self.reduced, kind="stable")[:number].tolist()
        return [self.series[i] for i in priced] + self.series[len(self.reduced) :]


@dataclass(frozen=True)
class Mixture:
    """What a master ends with.

    Attributes
    ----------
    shares
        (officer, series, share), shares above 0 that sum to 1 for each officer.
    series
        (officer, series) that were met, those of least reduced cost first.
    """

    shares: list[tuple[int, Series, float]]
    series: list[tuple[int, Series]]

    @staticmethod
    def of(master: Master) -> Mixture:
        """Return the mixture of a master that was solved."""
        shares = [(*c, float(x)) for c, x in zip(master.series, master.value, strict=True) if x > 1e-6]
        return Mixture(shares, master.cheapest(WHOLE * len(master.a.first)))


def raise_bound(
    a: Arrays,
    prices: PostMultipliers,
    known: list[tuple[int, int, int, int]],
    target: float,
    left: Callable[[], float],
    *,
    most: int,
    progress: Callable[[], None] = lambda: None,
) -> Mixture:
    """Raise the bound of `prices` by column generation.

    Parameters
    ----------
    a
        The problem.
    prices
        Whose bound and multipliers get better.
    known
        (officer, place, begin, end) of a plan that keeps posts, room and handovers.
    target
        The objective of that plan; no bound beyond it is sought.
    left
        Seconds that are left; the rounds end where there are none, or a master takes too large a share of them.
    most
        Masters solved at most, a limit that gives the same answer on every machine.
    progress
        Called after each master.

    Returns
    -------
    Mixture
        Of the last master.
    """
    longest, base = LONGEST * left(), prices.bound
    mine: dict[int, list[tuple[int, int, int]]] = {}
    for o, p, b, e in known:
        mine.setdefault(o, []).append((p, b, e))
    first = [(o, tuple(mine.get(o, ()))) for o in range(len(a.first))]
    pool: list[tuple[int, Series]] = []
    mixture = Mixture([(o, s, 1.0) for o, s in first], first)
    blocks = [b for b in BLOCKS if b < a.months] or [1]
    if stays_coarse(a):
        blocks = blocks[:1]
    for block in blocks if a.months > 24 else [1]:
        master = Master(a, prices.short, block)
        master.add(first)
        master.add(pool)
        enough = CLOSE * abs(prices.bound)
        if block > 1:
            enough = min(ROUGHLY * abs(prices.bound), COARSE * (target - base))
        while most > 0:
            duals = master.solve(min(longest, left()))
            most -= 1
            if duals is None:
                return mixture
            mixture = Mixture.of(master)
            new, smoothing = 0, SMOOTHING
            while not new:
                prices.price([smoothing * x + (1 - smoothing) * y for x, y in zip(prices.best, duals, strict=True)])
                new = master.add(_met(prices))
                if smoothing <= 0:
                    break
                smoothing = smoothing - LESS if smoothing > LESS else 0.0
            progress()
            if not new or master.objective - prices.bound <= enough or prices.bound >= target * (1 - CLOSE):
                break
            if left() <= 0:
                return mixture
            if len(master.series) > MOST * len(a.first):
                kept = master.cheapest(MOST // 3 * len(a.first))
                master = Master(a, prices.short, block)
                master.add(first)
                master.add(kept)
        if most <= 0 or prices.bound >= target * (1 - CLOSE):
            break
        pool = master.cheapest(KEPT * len(a.first))
    return mixture


def _met(prices: PostMultipliers) -> list[tuple[int, Series]]:
    """Return each officer's cheapest series as it was last priced, but those that hold a beat twice."""
    beat = prices.a.beat
    found: list[tuple[int, Series]] = []
    for o, n in enumerate(prices.number.tolist()):
        series: Series = tuple((p, b, e) for p, b, e in prices.series[o, : max(n, 0)].tolist())
        if n >= 0 and len({int(beat[p]) for p, _, _ in series}) == n:
            found.append((o, series))
    return found
