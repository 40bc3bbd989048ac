"""When shifts start: the officers that each hour's work makes necessary, and the division of the day that covers them at the fewest hours."""

from __future__ import annotations

import numpy as np

from beatplanner.solver.service.erlang import erlang_c
from beatplanner.solver.service.staffing import SLACK, Standard


def need_by_hour(work: np.ndarray, standard: Standard, most: int = 10_000) -> np.ndarray:
    """Return the officers that each hour's work alone makes necessary.

    Parameters
    ----------
    work
        (H,) requests an hour × hours on scene.
    standard
        `people_share` gives N ≥ a / (1 − p), `within_share` 1 − C(N, a) ≥ q.
    most
        Where nothing below is enough.

    Returns
    -------
    numpy.ndarray
        (H,) int, at least 1.
    """
    found = np.ones(len(work), int)
    for h, a in enumerate(work):
        number = max(1, int(np.floor(a)) + 1)
        if standard.people_share is not None:
            number = max(number, int(np.ceil(a / max(1 - standard.people_share, 1e-9) - 1e-9)))
        if standard.within_share is not None:
            while number < most and 1 - erlang_c(number, float(a)) < standard.within_share - SLACK:
                number += 1
        found[h] = number
    return found


def shift_starts(need: np.ndarray, shifts: int, shortest: int, longest: int) -> tuple[tuple[int, ...], int]:
    """Return the whole hours at which shifts start so that the fewest officer hours a week cover every hour's need.

    Parameters
    ----------
    need
        (168,) officers needed by hour of the week.
    shifts
        Shifts a day; each starts at the same hour every day and ends where the next starts.
    shortest, longest
        Hours that a shift may last.

    Returns
    -------
    tuple
        The starts in rising order, and the officer hours a week; all divisions of the day are looked at. No starts where none fits.
    """
    peak = np.tile(need.reshape(7, 24), (1, 2))
    # a shift that runs over midnight belongs to the day on which it starts
    peak[:, 24:] = np.roll(peak[:, :24], -1, axis=0)
    cost = {
        (start, length): int(peak[:, start : start + length].max(axis=1).sum()) * length
        for start in range(24)
        for length in range(shortest, longest + 1)
    }
    best: tuple[tuple[int, ...], int] = ((), np.iinfo(np.int64).max)

    def go(first: int, at: int, starts: tuple[int, ...], spent: int) -> None:
        nonlocal best
        left = first + 24 - at
        if len(starts) == shifts:
            if left == 0 and spent < best[1]:
                best = (tuple(sorted(s % 24 for s in starts)), spent)
            return
        for length in range(shortest, min(longest, left) + 1):
            go(first, at + length, (*starts, at), spent + cost[at % 24, length])

    for first in range(min(24, longest)):
        go(first, first, (), 0)
    return best if best[0] else ((), 0)
