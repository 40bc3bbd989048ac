"""The hypercube queueing model, solved exactly.

Model (Larson 1974; state space of Larson & Odoni, *Urban Operations Research*, 1981, ch. 5): a state is the set B of busy servers.
With λ_u calls an hour from atom u and service rate μ_i of server i, the balance equations are::

    (Σ_u λ_u + Σ_{i∈B} μ_i) p(B) = Σ_{i∈B} p(B∖i) Σ_{u: i is the first server of u that is free in B∖i} λ_u + Σ_{i∉B} μ_i p(B∪i)

for B other than the set of all N servers. From there calls are lost, or wait in a queue that is first come, first served: its states
k = 1, 2, … have p(N, k) = p(N) ρ^k with ρ = λ / Σ μ_i, whatever the service rates, since the server that ends first takes the first call.
Where travel counts as time of service, the mean service time of a server is that of the calls that it answers: a fixed point.
"""

from __future__ import annotations

import numpy as np

from beatplanner.solver.compiled import njit
from beatplanner.solver.service.system import ServiceFlows, ServiceSystem, idle, nobody, unstable
from beatplanner.solver.service.together import hypercube_together

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
    if system.together is not None:
        return hypercube_together(system)
    # atoms that ask in the same order count as one
    order, place = np.unique(system.order, axis=0, return_inverse=True)
    place = place.ravel()
    upward = _upward(order, np.bincount(place, weights=system.calls, minlength=len(order)))
    service = system.mean_service(None)
    found = nobody(system)
    for _ in range(ROUNDS):
        if system.waits and system.total >= (1.0 / service).sum() * (1 - 1e-12):
            return unstable(system)
        found = _flows(system, order, place, balanced(upward, 1.0 / service), 1.0 / service)
        again = system.mean_service(found.flow)
        if np.abs(again - service).max() <= CALIBRATION * service.max():
            break
        service = again
    return found


@njit(cache=True)
def _upward(order: np.ndarray, calls: np.ndarray):
    """Return the rate at which each server becomes busy in each state, (N, 2^N)."""
    groups, servers = order.shape
    found = np.zeros((servers, 2**servers))
    for g in range(groups):
        for state in range(2**servers - 1):
            for r in range(servers):
                i = order[g, r]
                if not state >> i & 1:
                    found[i, state] += calls[g]
                    break
    return found


@njit(cache=True)
def _answers(order: np.ndarray, p: np.ndarray):
    """Return the share of the calls of each order that each server answers before all are busy, (G, N)."""
    groups, servers = order.shape
    found = np.zeros((groups, servers))
    for g in range(groups):
        for state in range(2**servers - 1):
            for r in range(servers):
                i = order[g, r]
                if not state >> i & 1:
                    found[g, i] += p[state]
                    break
    return found


@njit(cache=True)
def balanced(upward: np.ndarray, rate: np.ndarray):
    """Return the probabilities of the states without a queue, (2^N,), which sum to 1.

    Sweeps over the levels (states with equally many busy servers do not lead to each other), each followed by a correction that lets
    as much flow up as down between any two levels.
    """
    servers, count = upward.shape
    level = np.zeros(count, np.int64)
    down, up = np.zeros(count), np.zeros(count)
    for state in range(count):
        for i in range(servers):
            if state >> i & 1:
                level[state] += 1
                down[state] += rate[i]
            up[state] += upward[i, state]
    order = np.argsort(level)
    p = np.full(count, 1.0 / count)
    rises, falls, scale = np.zeros(servers + 1), np.zeros(servers + 1), np.ones(servers + 1)
    for _ in range(SWEEPS):
        moved = 0.0
        old = p.copy()
        for state in order:
            inflow = 0.0
            for i in range(servers):
                other = state ^ (1 << i)
                if state >> i & 1:
                    inflow += upward[i, other] * p[other]
                else:
                    inflow += rate[i] * p[other]
            p[state] = inflow / (up[state] + down[state])
        # level by level: what goes up from one comes down from the next
        rises[:], falls[:] = 0.0, 0.0
        for state in range(count):
            rises[level[state]] += up[state] * p[state]
            falls[level[state]] += down[state] * p[state]
        for k in range(servers):
            scale[k + 1] = scale[k] * rises[k] / falls[k + 1] if falls[k + 1] > 0 else 1.0
        total = 0.0
        for state in range(count):
            p[state] *= scale[level[state]]
            total += p[state]
        for state in range(count):
            p[state] /= total
            moved = max(moved, abs(p[state] - old[state]))
        if moved <= TOLERANCE:
            break
    return p


def _flows(
    system: ServiceSystem, order: np.ndarray, place: np.ndarray, p: np.ndarray, rate: np.ndarray
) -> ServiceFlows:
    servers, total = system.servers, system.total
    states = np.arange(int(2**servers))
    full = p[-1]
    ratio = total / rate.sum()
    # with a queue, the states of the queue come after the full one
    scale = 1.0 / (1.0 + full * ratio / (1.0 - ratio)) if system.waits else 1.0
    p = p * scale
    full = float(p[-1])
    flow = _answers(order, p)[place].T * system.calls[None, :]
    busy = np.array([p[(states >> i) & 1 == 1].sum() for i in range(servers)])
    if not system.waits:
        return ServiceFlows(flow, busy, 0.0, full, 0.0, states=p)
    waiting = full / (1.0 - ratio)
    # whoever ends first takes the call that waited longest
    flow += waiting * (rate / rate.sum())[:, None] * system.calls[None, :]
    busy += full * ratio / (1.0 - ratio)
    queue = full * ratio / (1.0 - ratio) ** 2
    return ServiceFlows(flow, busy, waiting, 0.0, 60.0 * queue / total if total else 0.0, states=p)
