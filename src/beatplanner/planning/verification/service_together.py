"""The balance equations of officers of whom some calls need several at once, set up state by state and solved by one dense system."""

from __future__ import annotations

import numpy as np

from beatplanner.planning.verification.service_figures import Period

# The queue is followed until so small a share is left.
TAIL, LONGEST = 1e-14, 200_000


def solve_together(
    period: Period, order: np.ndarray, speed: np.ndarray, waits: bool, near: float | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return what the equations have of a period whose calls need one or several officers.

    Parameters
    ----------
    period
        With `together`.
    order
        (N, n) officers in the order in which each unit asks them.
    speed
        (N,) calls an hour that each officer can answer.
    waits
        Whether there is a queue.
    near
        Minutes within which another officer is near; None where nobody asks.

    Returns
    -------
    tuple
        (N, n) calls an hour that each answers; (3, M) shares that wait and are lost, and mean wait in minutes, of the requests of calls that
        need 1 … M officers; (n,) requests with another near, or None.
    """
    assert period.together is not None
    n, units = map(int, order.shape)
    calls, size = period.together, 1 << n
    every = np.arange(units)
    matrix = np.zeros((size, size))
    sent: list[list[np.ndarray]] = []
    for state in range(size):
        officers: list[np.ndarray] = []
        reached = np.full(units, state)
        for k in range(calls.shape[1]):
            free = (reached[None, :] >> order & 1) == 0
            who = np.where(free.any(axis=0), order[free.argmax(axis=0), every], n)
            reached = np.where(who < n, reached | (1 << who), reached)
            np.add.at(matrix[:, state], reached, calls[:, k])
            officers.append(who)
        sent.append(officers)
        matrix[state, state] -= calls.sum()
        for i in range(n):
            if state >> i & 1:
                matrix[state ^ (1 << i), state] += speed[i]
                matrix[state, state] -= speed[i]
    matrix[-1], last = 1.0, np.zeros(size)
    last[-1] = 1.0
    p = np.linalg.solve(matrix, last)
    busy = np.array([bin(s).count("1") for s in range(size)])
    needs = calls.sum(axis=0)
    count = count_of(list(np.bincount(busy, weights=p, minlength=n + 1)), needs, float(speed.sum()), waits)
    total = sum(count)
    fates = fates_of(count, needs, n, float(speed.sum()), waits)
    flow = np.zeros((n + 1, units))
    backed = np.zeros(units)
    close = (
        np.zeros(units, int) if near is None else ((period.minutes <= near) * (1 << np.arange(n))[:, None]).sum(axis=0)
    )
    for state in range(size - 1):
        taken = np.full(units, state)
        for k, who in enumerate(sent[state]):
            asked = p[state] / total * calls[:, k:].sum(axis=1)
            flow[who, every] += asked
            taken = np.where(who < n, taken | (1 << who), taken)
            backed += np.where((who < n) & ((close & ~taken) != 0), asked, 0.0)
    flow = flow[:n]
    requests = calls * np.arange(1, len(needs) + 1)
    flow += (requests @ fates[0])[None, :] * (speed / speed.sum())[:, None]
    return flow, fates, None if near is None else backed


def count_of(free: list[float], needs: np.ndarray, ended: float, waits: bool) -> list[float]:
    """Return the weights of all numbers of requests with an officer or in the queue, by those without a queue.

    Parameters
    ----------
    free
        Weights of 0 … N requests.
    needs
        (M,) calls an hour by the officers that they need.
    ended
        Requests an hour that all officers together end.
    waits
        Whether there is a queue.
    """
    count = list(free)
    more = np.cumsum(needs[::-1])[::-1]  # calls an hour that need at least so many
    while waits and len(count) < LONGEST:
        m = len(count)
        count.append(sum(count[m - step] * more[step - 1] for step in range(1, min(len(needs), m) + 1)) / ended)
        if count[-1] <= TAIL * sum(count):
            break
    return count


def fates_of(count: list[float], needs: np.ndarray, n: int, ended: float, waits: bool) -> np.ndarray:
    """Return the shares that wait and are lost, and the mean wait in minutes, of the requests of calls for 1 … M officers, (3, M)."""
    length = np.arange(len(count))
    share = np.array(count) / sum(count)
    fates = np.zeros((3, len(needs)))
    for k in range(1, len(needs) + 1):
        ahead = np.maximum(length[:, None] + np.arange(1, k + 1) - n, 0)
        fates[0 if waits else 1, k - 1] = share @ (ahead > 0).mean(axis=1)
        fates[2, k - 1] = 60.0 * float(share @ ahead.mean(axis=1)) / ended if waits else 0.0
    return fates
