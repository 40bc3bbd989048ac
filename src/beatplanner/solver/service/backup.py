"""How often, when an officer answers a call, another is free near enough to help."""

from __future__ import annotations

import numpy as np

from beatplanner.solver.compiled import njit
from beatplanner.solver.service.system import ServiceFlows, ServiceSystem


def backup_share(system: ServiceSystem, flows: ServiceFlows, minutes: float) -> np.ndarray:
    """Return the share of each atom's answered requests at which another server is free within some minutes of it, (n,).

    A request that waited finds nobody else free. With the probabilities of the states the share is exact; without them it is that of
    servers who are busy independently of each other::

        Σ_k f_k (1 − Π_{j after k, near} ρ_j),        f_k the share of requests that the k-th server answers at once.

    Parameters
    ----------
    system, flows
        A system and its steady state.
    minutes
        Travel within which a server is near.
    """
    near = (system.minutes <= minutes).T.copy()
    answered = 1.0 - flows.lost_share
    if system.servers == 0 or not flows.stable or answered <= 0:
        return np.zeros(len(system.calls))
    if flows.states is not None:
        return _exact(system.order, flows.states, near) / answered
    rows = np.arange(len(system.calls))[:, None]
    busy = np.where(near[rows, system.order], flows.busy[system.order], 1.0)
    after = np.ones(busy.shape)
    after[:, :-1] = np.cumprod(busy[:, :0:-1], axis=1)[:, ::-1]
    share = flows.flow[system.order, rows]
    total = share.sum(axis=1)
    with_other = (share * (1.0 - after)).sum(axis=1)
    at_once = 1.0 - flows.wait_share / answered
    return at_once * np.divide(with_other, total, out=np.zeros(len(total)), where=total > 0)


@njit(cache=True)
def _exact(order, states, near):
    atoms, servers = order.shape
    found = np.zeros(atoms)
    for u in range(atoms):
        for state in range(2**servers - 1):
            first = -1
            for r in range(servers):
                i = order[u, r]
                if not state >> i & 1:
                    if first < 0:
                        first = i
                    elif near[u, i]:
                        found[u] += states[state]
                        break
    return found
