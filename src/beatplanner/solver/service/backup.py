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
    if system.servers == 0 or not flows.stable or flows.lost_share >= 1:
        return np.zeros(len(system.calls))
    waiting, lost, _ = flows.of_atoms(system)
    answered = 1.0 - lost
    if flows.states is not None:
        alone = np.ones((len(system.calls), 1))
        calls = alone if system.together is None else system.together
        requests = calls @ np.arange(1.0, calls.shape[1] + 1)
        share = np.divide(calls, requests[:, None], out=np.zeros(calls.shape), where=requests[:, None] > 0)
        return _exact(system.order, flows.states, near, share) / answered
    rows = np.arange(len(system.calls))[:, None]
    busy = np.where(near[rows, system.order], flows.busy[system.order], 1.0)
    after = np.ones(busy.shape)
    after[:, :-1] = np.cumprod(busy[:, :0:-1], axis=1)[:, ::-1]
    share = flows.flow[system.order, rows]
    total = share.sum(axis=1)
    with_other = (share * (1.0 - after)).sum(axis=1)
    at_once = 1.0 - waiting / answered
    return at_once * np.divide(with_other, total, out=np.zeros(len(total)), where=total > 0)


@njit(cache=True)
def _exact(order: np.ndarray, states: np.ndarray, near: np.ndarray, share: np.ndarray):
    """`share` is (n, M): calls by the officers that they need, for one request; whoever of them is still free is another."""
    atoms, servers = order.shape
    found = np.zeros(atoms)
    for u in range(atoms):
        for state in range(2**servers - 1):
            rank = 0
            for k in range(share.shape[1]):
                while rank < servers and state >> order[u, rank] & 1:
                    rank += 1
                first = rank
                rank += 1
                if first >= servers:
                    break
                for r in range(first + 1, servers):
                    i = order[u, r]
                    if not state >> i & 1 and near[u, i]:
                        found[u] += states[state] * share[u, k:].sum()
                        break
    return found
