"""Equal servers: the M/M/N queue with an endless line, or with loss."""

from __future__ import annotations

import numpy as np


def birth_and_death(servers: int, offered: float, *, waits: bool) -> tuple[np.ndarray, float, float]:
    """Return P_0 … P_N of M/M/N, the share of calls that wait and the share that is lost (Erlang's C and B).

    Parameters
    ----------
    servers
        N.
    offered
        Erlangs: calls an hour times hours a call.
    waits
        With an endless queue, or with loss.
    """
    steps = np.concatenate([[0.0], np.cumsum(np.log(max(offered, 1e-300)) - np.log(np.arange(1, servers + 1)))])
    p = np.exp(steps - steps.max())
    tail = 0.0
    if waits:
        ratio = offered / servers
        tail = p[-1] * ratio / (1 - ratio)
    p, tail = p / (p.sum() + tail), tail / (p.sum() + tail)
    return (p, float(p[-1] + tail), 0.0) if waits else (p, 0.0, float(p[-1]))


def erlang_b(servers: int, offered: float) -> float:
    """Return the share of calls that M/M/m/m loses (Erlang's B)."""
    found = 1.0
    for m in range(1, servers + 1):
        found = offered * found / (m + offered * found)
    return found


def erlang_c(servers: int, offered: float) -> float:
    """Return the share of calls that wait in M/M/m (Erlang's C); 1 where there is more work than servers."""
    if servers <= offered:
        return 1.0
    lost = erlang_b(servers, offered)
    return lost / (1 - offered / servers * (1 - lost))
