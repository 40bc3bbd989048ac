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
