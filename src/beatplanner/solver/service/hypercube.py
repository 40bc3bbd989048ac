"""The hypercube queueing model, solved exactly.

Model (Larson 1974; state space of Larson & Odoni, *Urban Operations Research*, 1981, ch. 5): a state is the set B of busy servers.
With λ_u calls an hour from atom u and service rate μ_i of server i, the balance equations are::

    (Σ_u λ_u + Σ_{i∈B} μ_i) p(B) = Σ_{i∈B} p(B∖i) Σ_{u: i is the first server of u that is free in B∖i} λ_u + Σ_{i∉B} μ_i p(B∪i)

for B other than the set of all N servers. From there calls are lost, or wait in a queue that is first come, first served: its states
k = 1, 2, … have p(N, k) = p(N) ρ^k with ρ = λ / Σ μ_i, whatever the service rates, since the server that ends first takes the first call.
Where travel counts as time of service, the mean service time of a server is that of the calls that it answers: a fixed point.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from beatplanner.solver.service.system import ServiceFlows, ServiceSystem, idle, nobody, unstable

# States are 2^N: beyond this many servers the approximation takes over.
MOST_SERVERS = 14
TOLERANCE, SWEEPS = 1e-14, 20_000
CALIBRATION, ROUNDS = 1e-11, 200


def hypercube(system: ServiceSystem) -> ServiceFlows:
    """Solve a system exactly.

    Parameters
    ----------
    system
        At most `MOST_SERVERS` servers.

    Returns
    -------
    ServiceFlows

    Raises
    ------
    ValueError
        Where there are more servers.
    """
    n = system.servers
    if n > MOST_SERVERS:
        raise ValueError(f"the exact model has at most {MOST_SERVERS} servers")
    if n == 0:
        return nobody(system)
    if system.total <= 0:
        return idle(system)
    upward = _upward(system)
    service = system.mean_service(None)
    found = nobody(system)
    for _ in range(ROUNDS):
        if system.waits and system.total >= (1.0 / service).sum() * (1 - 1e-12):
            return unstable(system)
        found = _flows(system, _balanced(upward, 1.0 / service), 1.0 / service)
        again = system.mean_service(found.flow)
        if np.abs(again - service).max() <= CALIBRATION * service.max():
            break
        service = again
    return found


def first_free(order: np.ndarray) -> np.ndarray:
    """Return which server answers in each state, (n, 2^N); -1 in the state where all are busy."""
    n, servers = order.shape
    states = np.arange(2**servers)
    answering = np.full((n, 2**servers), -1, np.int8)
    for rank in range(servers - 1, -1, -1):
        server = order[:, rank]
        free = (states[None, :] >> server[:, None]) & 1 == 0
        answering = np.where(free, server[:, None].astype(np.int8), answering)
    return answering


def _upward(system: ServiceSystem) -> np.ndarray:
    """Return the rate at which each server becomes busy in each state, (N, 2^N)."""
    found = np.zeros((system.servers, 2**system.servers))
    orders, place = np.unique(system.order, axis=0, return_inverse=True)
    calls = np.bincount(place.ravel(), weights=system.calls, minlength=len(orders))
    states = np.arange(2**system.servers)
    for order, rate in zip(orders, calls, strict=True):
        answering = first_free(order[None, :])[0]
        known = answering >= 0
        np.add.at(found, (answering[known], states[known]), rate)
    return found


def _balanced(upward: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Return the probabilities of the states without a queue, (2^N,), which sum to 1.

    Sweeps over the levels (states with equally many busy servers do not lead to each other), each followed by a correction that lets
    as much flow up as down between any two levels.
    """
    servers, count = upward.shape
    states = np.arange(count)
    busy = (states[None, :] >> np.arange(servers)[:, None]) & 1 == 1
    level = busy.sum(axis=0)
    leaving = upward.sum(axis=0) + (busy * rate[:, None]).sum(axis=0)
    down = (busy * rate[:, None]).sum(axis=0)
    up = upward.sum(axis=0)
    p = np.full(count, 1.0 / count)
    below = [np.where(busy[i], states ^ (1 << i), -1) for i in range(servers)]
    above = [np.where(busy[i], -1, states | (1 << i)) for i in range(servers)]
    groups = [np.flatnonzero(level == k) for k in range(servers + 1)]
    for _ in range(SWEEPS):
        old = p.copy()
        for group in groups:
            inflow = np.zeros(len(group))
            for i in range(servers):
                under, over = below[i][group], above[i][group]
                inflow += np.where(under >= 0, upward[i, under] * p[under], 0.0) + np.where(
                    over >= 0, rate[i] * p[over], 0.0
                )
            p[group] = inflow / leaving[group]
        # level by level: what goes up from one comes down from the next
        for low, high in pairwise(groups):
            falls = float(down[high] @ p[high])
            if falls > 0:
                p[high] *= float(up[low] @ p[low]) / falls
        p /= p.sum()
        if np.abs(p - old).max() <= TOLERANCE:
            break
    return p


def _flows(system: ServiceSystem, p: np.ndarray, rate: np.ndarray) -> ServiceFlows:
    servers, total = system.servers, system.total
    states = np.arange(2**servers)
    full = p[-1]
    ratio = total / rate.sum()
    # with a queue, the states of the queue come after the full one
    scale = 1.0 / (1.0 + full * ratio / (1.0 - ratio)) if system.waits else 1.0
    p = p * scale
    full = float(p[-1])
    flow = np.zeros((servers, len(system.calls)))
    orders, place = np.unique(system.order, axis=0, return_inverse=True)
    for number, order in enumerate(orders):
        answering = first_free(order[None, :])[0]
        known = answering >= 0
        share = np.bincount(answering[known], weights=p[known], minlength=servers)
        atoms = np.flatnonzero(place.ravel() == number)
        flow[:, atoms] += share[:, None] * system.calls[None, atoms]
    busy = np.array([p[(states >> i) & 1 == 1].sum() for i in range(servers)])
    if not system.waits:
        return ServiceFlows(flow, busy, 0.0, full, 0.0)
    waiting = full / (1.0 - ratio)
    # whoever ends first takes the call that waited longest
    flow += waiting * (rate / rate.sum())[:, None] * system.calls[None, :]
    busy += full * ratio / (1.0 - ratio)
    queue = full * ratio / (1.0 - ratio) ** 2
    return ServiceFlows(flow, busy, waiting, 0.0, 60.0 * queue / total if total else 0.0)
