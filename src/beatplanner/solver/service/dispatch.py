"""Who is sent to a call: the one rule that the simulation and the drawn states follow."""

from __future__ import annotations

import numpy as np

from beatplanner.solver.compiled import njit


@njit(cache=True)
def sent(order: np.ndarray, until: np.ndarray, now: float, waits: bool):
    """Return the server sent to a call, −1 where it is lost; compiled code calls it, with no truth that stands in the call itself.

    Parameters
    ----------
    order
        (N,) servers in the order in which the caller's atom asks them.
    until
        (N,) when each is free; one that is free at `now` is sent at once.
    now
        When the call comes.
    waits
        Whether a call waits where all are busy: first come, first served, so that whoever ends first is sent.
    """
    for i in order:
        if until[i] <= now:
            return i
    return np.argmin(until) if waits else -1
