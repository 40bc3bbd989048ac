"""The bound on the order in which stations open: all orders that could cost less are gone through; it needs no certificate.

Only numpy is used. Sets of new stations are numbers, bit k for the k-th of them.
"""

from __future__ import annotations

import numpy as np

# New stations up to which all sets of them are looked at, and sets that are tried for a year before it is given up.
MOST_NEW, STEPS = 14, 400_000
# Homes whose cost with all sets is held at once.
AT_ONCE = 200
# Money that a limit may be missed by, as a share of all budgets: rounding.
MONEY = 1e-6


class TooManyOrdersError(Exception):
    """The orders are too many to be gone through."""


def cheaper_order(
    cost: np.ndarray,
    unreached: np.ndarray,
    standing: np.ndarray,
    opening: np.ndarray,
    yearly: np.ndarray,
    budgets: np.ndarray,
    pilot: np.ndarray,
    below: float,
) -> float | None:
    """Return what an order costs that costs less than `below` and asks for no more money than the latest one; None where there is none.

    Parameters
    ----------
    cost
        (n, p) what each home costs in a year at each station.
    unreached
        (n,) the same where none is open.
    standing, pilot
        (p,) open from the start; new ones that open before all other new ones.
    opening, yearly
        (p,) price of opening (0 of those that stand), and of each year open.
    budgets
        (T,) money of each year; what is left of one may be spent later.
    below
        Orders that cost as much, or more, are not looked for.

    Raises
    ------
    TooManyOrdersError
        Where there are more than `MOST_NEW` new stations, or it takes too many steps.
    """
    new, years = np.flatnonzero(~standing), len(budgets)
    if len(new) > MOST_NEW:
        raise TooManyOrdersError
    worth = _of_sets(cost[:, new], np.minimum(unreached, cost[:, standing].min(axis=1, initial=np.inf)))
    bits = (np.arange(1 << len(new))[:, None] >> np.arange(len(new))) & 1
    opened, running = bits @ opening[new], bits @ yearly[new]
    stands = float(yearly[standing].sum())
    every, pilots = (1 << len(new)) - 1, int((1 << np.flatnonzero(pilot[new])).sum())
    limits = _limits(float(opening[new].sum()), float(yearly[new].sum()), stands, budgets)
    # whatever was open before, a set that is open in a year has cost this much by its end
    sets = np.arange(every + 1)
    able = [opened + running + stands * (t + 1) <= limits[t] for t in range(years)]
    able[-1] &= sets == every
    others = (sets & ~pilots) > 0
    rest = np.zeros(years + 1)
    for t in range(years - 1, -1, -1):
        rest[t] = rest[t + 1] + worth[able[t]].min(initial=np.inf)
    steps, found = 0, None
    stack = [(0, 0, 0.0, 0.0)]
    while stack:
        t, before, run, value = stack.pop()
        if t == years:
            found = value if found is None else min(found, value)
            continue
        fits = able[t] & ((sets & before) == before) & (opened + run + running + stands <= limits[t])
        fits &= value + worth + rest[t + 1] < below
        if t < years - 1 and pilots & ~before:
            fits &= ~others
        ways = np.flatnonzero(fits)
        steps += len(ways) + 1
        if steps > STEPS:
            raise TooManyOrdersError
        stack += [
            (t + 1, int(s), run + float(running[s]) + stands, value + float(worth[s]))
            for s in ways[np.argsort(-worth[ways])]
        ]
        if found is not None:
            return found
    return found


def _limits(opening: float, yearly: float, stands: float, budgets: np.ndarray) -> np.ndarray:
    """Return what may be spent by the end of each year: the budgets, and what lacks even where everything opens in the last year."""
    spent = np.cumsum(np.full(len(budgets), stands))
    spent[-1] += opening + yearly
    slack = MONEY * max(1.0, float(budgets.sum()))
    lack = np.maximum.accumulate(np.maximum(0.0, spent - np.cumsum(budgets)))
    return np.cumsum(budgets) + np.where(lack > slack, lack, 0.0) + slack


def _of_sets(cost: np.ndarray, nearest: np.ndarray) -> np.ndarray:
    """Return what a year costs with each set of stations beside those that stand, (2^k,); `nearest` is each home's cost with those alone."""
    total = np.zeros(1 << cost.shape[1])
    for k in range(0, len(cost), AT_ONCE):
        least = nearest[None, k : k + AT_ONCE]
        for j in range(cost.shape[1]):
            least = np.concatenate([least, np.minimum(least, cost[None, k : k + AT_ONCE, j])])
        total += least.sum(axis=1)
    return total
