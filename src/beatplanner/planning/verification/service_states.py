"""The balance equations of officers on duty, solved level by level, with numpy alone.

States with equally many busy officers do not lead to each other: a sweep solves each level by the two beside it, up and down in turn, and
then scales the levels so that as much goes up from one as comes down from the next. It ends where what the equations lack is `LACK` of the flow.
"""

from __future__ import annotations

import numpy as np

LACK, SWEEPS = 1e-12, 5_000
CALIBRATED, ROUNDS = 1e-10, 200


def first_free(order: np.ndarray) -> np.ndarray:
    """Return the first officer of each unit's order, (N, n), who is free in each state, (2^N, n); N where nobody is."""
    n, units = map(int, order.shape)
    states = np.arange(1 << n)
    found = np.full((1 << n, units), n, np.int8)
    for rank in range(n - 1, -1, -1):
        free = states[:, None] >> order[rank][None, :] & 1 == 0
        found = np.where(free, order[rank][None, :].astype(np.int8), found)
    return found


def steady(first: np.ndarray, rate: np.ndarray, speed: np.ndarray) -> np.ndarray:
    """Return the probability of each set of busy officers, (2^N,), without a queue.

    Parameters
    ----------
    first
        As `first_free`.
    rate
        (n,) calls an hour.
    speed
        (N,) calls an hour that each officer can answer.

    Raises
    ------
    ValueError
        Where the sweeps do not end.
    """
    n, size = len(speed), len(first)
    states = np.arange(size)
    busy = (states[:, None] >> np.arange(n) & 1).astype(bool)
    level = busy.sum(axis=1)
    # (2^N, N) calls an hour that make each officer busy
    up = np.stack([(first == i) @ rate for i in range(n)], axis=1)
    leaves = up.sum(axis=1) + busy @ speed
    other = states[:, None] ^ (1 << np.arange(n))[None, :]
    # what comes in from each neighbour: a call that makes i busy, or i who is done
    gain = np.where(busy, up[other, np.arange(n)], speed[None, :])
    levels = [np.flatnonzero(level == k) for k in range(n + 1)]
    p = np.full(size, 1.0 / size)
    for _ in range(SWEEPS):
        for k in (*range(n + 1), *range(n - 1, -1, -1)):
            at = levels[k]
            p[at] = (gain[at] * p[other[at]]).sum(axis=1) / leaves[at]
        rises = np.array([float(p[at] @ up[at].sum(axis=1)) for at in levels])
        falls = np.array([float(p[at] @ (busy[at] @ speed)) for at in levels])
        scale = np.ones(n + 1)
        for k in range(n):
            scale[k + 1] = scale[k] * rises[k] / falls[k + 1] if falls[k + 1] > 0 else 0.0
        p *= scale[level]
        p /= p.sum()
        lack = np.abs((gain * p[other]).sum(axis=1) - leaves * p).sum()
        if lack <= LACK * float(leaves @ p):
            return p
    raise ValueError("the balance equations were not solved")


def queue_of_full(
    p: np.ndarray, total: float, speed: np.ndarray, waits: bool
) -> tuple[np.ndarray, float, float, float]:
    """Return the states with the queue after the full one, and the shares that wait and are lost, and the mean wait in minutes."""
    if not waits:
        return p, 0.0, float(p[-1]), 0.0
    ratio = total / float(speed.sum())
    p = p / (1 + p[-1] * ratio / (1 - ratio))
    return p, float(p[-1]) / (1 - ratio), 0.0, 60.0 * float(p[-1]) * ratio / (1 - ratio) ** 2 / total


def answered(first: np.ndarray, p: np.ndarray, rate: np.ndarray, speed: np.ndarray, waiting: float) -> np.ndarray:
    """Return the calls an hour that each officer answers in each unit, (N, n): those that somebody free takes, and of those that wait."""
    share = np.stack([p[:-1] @ (first[:-1] == i) for i in range(len(speed))])
    return (share + waiting * (speed / speed.sum())[:, None]) * rate
