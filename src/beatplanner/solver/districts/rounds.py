"""Districts with less border by rounds from the best plan: two neighbours are parted at random, and a short lukewarm walk over the whole map follows.

How the districts lie around each other is what a walk hardly changes once it has cooled, and what two walks mostly differ in. To draw a random tree of two
neighbours and to cut it (`recombination.py`) changes it at once, at the price of a ragged border between the two, which the walk then straightens while the rest
of the map gives way. A plan that is no worse is gone on from; after many rounds in vain the end of another walk is, in turn, best first.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from beatplanner.solver.clock import read_clock
from beatplanner.solver.districts.annealing import CUT
from beatplanner.solver.districts.recombination import recombinations
from beatplanner.solver.districts.search import LARGE, MOVES_PER_SECOND

if TYPE_CHECKING:
    from beatplanner.solver.districts.search import Found, Search

# Rounds at the usual effort, those in vain after which another plan is gone on from, and those without a better best after which there are no more.
ROUNDS, IDLE, VAIN = 400, 30, 150
# Moves of a walk for each unit, and its first heat, as a share of that of a walk from the start.
MOVES_OF_A_ROUND, LUKEWARM = 5_000, 0.25
# How many more moves there are in a second than in a walk for the travel: most find both units in one district.
QUICKER = 10
# How far out of balance two districts may be parted, as a share of the bounds: the walk brings them back.
LOOSE = 0.1
# One round in so many parts two pairs.
TWICE = 3


def walked_on(
    search: Search, best: Found, effort: float, seconds: float, begin: float, cancelled: Callable[[], bool]
) -> Found:
    """Return the best districts that rounds from `best` come to, or `best`.

    Parameters
    ----------
    search
        With the problem, of the least border without rules on labels.
    best
        The best so far.
    effort
        Multiplies the rounds.
    seconds, begin
        Limit of the whole search, and when it began. The rounds are as many as an ordinary machine makes in half of it, so that they are the same ones on most.
    cancelled
        Asked before each round.
    """
    problem = search.problem
    n, count = len(problem.weight), problem.count
    plain = problem.goal == CUT and not search.by_label and not (search.locked >= 0).any()
    if not plain or not 1 < count < n or n > LARGE:
        return best
    moves = max(search.chunk, MOVES_OF_A_ROUND * n)
    # a handful of units is searched through in a moment
    usual, most = effort * ROUNDS * min(1.0, (n / 60) ** 2), seconds / 2 * QUICKER * MOVES_PER_SECOND / moves
    rounds, until = int(min(usual, most)), begin + seconds
    random = np.random.default_rng([search.seed, 10**6 + 1])
    others = {f.district.tobytes(): f for f in search.walked if f.district.tobytes() != best.district.tobytes()}
    starts = itertools.cycle(sorted(others.values(), key=lambda f: (search.rank(f), f.district.tobytes())))
    now, vain, idle = best, 0, 0
    for _ in range(rounds):
        if cancelled() or read_clock(cancelled) > until or vain >= VAIN:
            break
        made = _parted(search, now.district, random)
        found = search.anneal(made, now.label, moves, until, cancelled, random, heat=LUKEWARM, odd=True)
        idle = 0 if search.rank(found) < search.rank(now) else idle + 1
        now, vain = (found if search.rank(found) <= search.rank(now) else now), vain + 1
        if search.rank(now) < search.rank(best):
            best, vain = now, 0
            if search.seen is not None:
                search.seen(best.district)
        if idle >= IDLE:
            now, idle = next(starts, best), 0
    return best


def _parted(search: Search, district: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return districts of which one pair of neighbours, now and then two, is parted by a random tree; those given where no tree does it."""
    problem, amounts = search.problem, search.amounts
    further = [
        (amount, low * (1 - LOOSE), high * (1 + LOOSE))
        for amount, low, high in zip(amounts.of_unit.T, amounts.lower, amounts.upper, strict=True)
    ]
    for _ in range(1 + (random.integers(TWICE) == 0)):
        made = recombinations(
            district,
            problem.edges,
            problem.weight,
            problem.lower * (1 - LOOSE),
            problem.upper * (1 + LOOSE),
            steps=1,
            every=1,
            rng=random,
            further=further,
        )
        district = made[0] if made else district
    return district
