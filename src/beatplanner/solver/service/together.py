"""The hypercube model where some calls need several officers at once.

A call that needs k officers sends the first k free servers of its atom's order in the same moment (Chelst and Barlach 1981, "Multiple unit
dispatches in emergency services: models to estimate system performance", Management Science 27), so that a state may jump up by several
servers; for those who are not free it waits, one by one, first come, first served, or goes without them. Requests that come together wait
more often than as many that come one by one, and send more officers abroad.

Up to the state in which all are busy, the states have the probabilities of the chain in which who cannot be sent is lost, since what comes
back from the queue always comes back to that state. The queue follows from cuts: of the states with at most m − 1 requests in the system,
as much flow goes up past m as comes down from m::

    Σ μ · P_m = Σ_{c < m} P_c Σ_{k ≥ m − c} x_k,      m > N,      x_k the calls an hour that need k officers
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from beatplanner.solver.compiled import njit
from beatplanner.solver.service.system import ServiceFlows, ServiceSystem, unstable

TOLERANCE, SWEEPS = 1e-14, 20_000
CALIBRATION, ROUNDS = 1e-11, 200
# The queue is followed until so small a share of its probability is left, or so far.
TAIL, LONGEST_QUEUE = 1e-15, 1_000_000


def hypercube_together(system: ServiceSystem) -> ServiceFlows:
    """Solve a system exactly in which calls need one or several officers; parameter and result as for `hypercube`."""
    assert system.together is not None
    n = system.servers
    order, place = np.unique(system.order, axis=0, return_inverse=True)
    place = place.ravel()
    calls = np.zeros((len(order), system.together.shape[1]))
    np.add.at(calls, place, system.together)
    states = np.arange(int(2**n))
    level = np.array([bin(s).count("1") for s in states])
    rows, columns, rates = _jumps(order, calls)
    jumps = sparse.csr_matrix((rates, (columns, rows)), shape=(2**n, 2**n))  # by the state that is reached
    jumps.sum_duplicates()
    up = np.full(2**n, calls.sum())
    up[-1] = 0.0
    service = system.mean_service(None)
    found = unstable(system)
    for _ in range(ROUNDS):
        rate = 1.0 / service
        if system.waits and system.total >= rate.sum() * (1 - 1e-12):
            return unstable(system)
        p = _balanced(jumps.indptr, jumps.indices, jumps.data, up, rate, level)
        found = _flows(system, order, calls, place, p, level, rate)
        again = system.mean_service(found.flow)
        if np.abs(again - service).max() <= CALIBRATION * service.max():
            break
        service = again
    return found


def queue_of(free: np.ndarray, calls: np.ndarray, rate: float, waits: bool) -> tuple[np.ndarray, float, float]:
    """Return what happens to requests by the number that come together.

    Parameters
    ----------
    free
        (N + 1,) weights of the numbers of busy servers without a queue.
    calls
        (M,) calls an hour by the officers that they need, 1 … M.
    rate
        Requests an hour that all servers together end.
    waits
        Whether there is a queue.

    Returns
    -------
    tuple
        (3, M) share that waits, share that is lost, mean wait in hours; the weight of `free` after the queue has its own; and the
        probability of a queue.
    """
    n, most = len(free) - 1, len(calls)
    p = _cuts(free, calls, rate) if waits else free.copy()
    p /= p.sum()
    found = np.zeros((3, most))
    count = np.arange(len(p))
    for k in range(1, most + 1):
        over = np.maximum(count[:, None] + np.arange(1, k + 1)[None, :] - n, 0)
        found[0 if waits else 1, k - 1] = p @ (over > 0).mean(axis=1)
        found[2, k - 1] = p @ over.mean(axis=1) / rate if waits else 0.0
    return found, float(p[: n + 1].sum() / free.sum()), float(p[n + 1 :].sum())


def equal_servers(servers: int, calls: np.ndarray, hours: float, waits: bool) -> np.ndarray:
    """Return `queue_of`, (3, M), of as many servers that each take `hours` for a request, wherever it comes from.

    Raises
    ------
    ValueError
        Where calls wait, and there are more than the servers can answer.
    """
    numbers = np.arange(1, len(calls) + 1)
    if waits and float(calls @ numbers) * hours >= servers:
        raise ValueError("more calls come than the servers can answer")
    p = np.zeros(servers + 1)
    p[0] = 1.0
    for m in range(1, servers + 1):
        past = [calls[max(m - c - 1, 0) :].sum() for c in range(m)]
        p[m] = float(p[:m] @ past) * hours / m
    return queue_of(p, calls, servers / hours, waits)[0]


@njit(cache=True)
def _cuts(free: np.ndarray, calls: np.ndarray, rate: float):
    """Return the weights of all numbers of requests in the system, those in a queue included."""
    most = len(calls)
    tail = np.zeros(most + 1)
    for k in range(most, 0, -1):
        tail[k - 1] = tail[k] + calls[k - 1]
    p = list(free)
    reached = free.sum()
    while len(p) < LONGEST_QUEUE:
        m = len(p)
        weight = 0.0
        for step in range(1, min(most, m) + 1):
            weight += p[m - step] * tail[step - 1]
        weight /= rate
        p.append(weight)
        reached += weight
        if weight <= TAIL * reached:
            break
    return np.array(p)


@njit(cache=True)
def _jumps(order: np.ndarray, calls: np.ndarray):
    """Return from which state to which calls lead, and how many an hour."""
    groups, servers = order.shape
    most = calls.shape[1]
    size = (2**servers - 1) * groups * most
    rows, columns, rates = np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size)
    at = 0
    for state in range(2**servers - 1):
        for g in range(groups):
            reached, rank = state, 0
            for k in range(most):
                while rank < servers and reached >> order[g, rank] & 1:
                    rank += 1
                if rank < servers:
                    reached |= 1 << order[g, rank]
                rows[at], columns[at], rates[at] = state, reached, calls[g, k]
                at += 1
    return rows, columns, rates


@njit(cache=True)
def _balanced(
    start: np.ndarray, source: np.ndarray, jump: np.ndarray, up: np.ndarray, rate: np.ndarray, level: np.ndarray
):
    """Return the probabilities of the states without a queue, (2^N,): sweeps, each followed by the balance of the numbers of busy servers."""
    count, servers = len(up), len(rate)
    down = np.zeros(count)
    for state in range(count):
        for i in range(servers):
            if state >> i & 1:
                down[state] += rate[i]
    order = np.argsort(level)
    p = np.full(count, 1.0 / count)
    for _ in range(SWEEPS):
        old = p.copy()
        for state in order:
            inflow = 0.0
            for e in range(start[state], start[state + 1]):
                inflow += jump[e] * p[source[e]]
            for i in range(servers):
                if not state >> i & 1:
                    inflow += rate[i] * p[state | 1 << i]
            p[state] = inflow / (up[state] + down[state])
        # what goes up past a number of busy servers comes down past it
        mass, falls = np.zeros(servers + 1), np.zeros(servers + 1)
        rises = np.zeros((servers + 1, servers + 1))
        for state in range(count):
            mass[level[state]] += p[state]
            falls[level[state]] += down[state] * p[state]
            for e in range(start[state], start[state + 1]):
                rises[level[source[e]], level[state]] += jump[e] * p[source[e]]
        scale = np.ones(servers + 1)
        for m in range(1, servers + 1):
            past = 0.0
            for c in range(m):
                past += scale[c] * rises[c, m:].sum()
            scale[m] = past / falls[m] if falls[m] > 0 else 1.0
        total = 0.0
        for state in range(count):
            p[state] *= scale[level[state]]
            total += p[state]
        moved = 0.0
        for state in range(count):
            p[state] /= total
            moved = max(moved, abs(p[state] - old[state]))
        if moved <= TOLERANCE:
            break
    return p


@njit(cache=True)
def _answers(order: np.ndarray, calls: np.ndarray, p: np.ndarray):
    """Return the requests an hour of each order that each server answers at once, (G, N)."""
    groups, servers = order.shape
    found = np.zeros((groups, servers))
    for g in range(groups):
        for state in range(2**servers - 1):
            reached, rank = state, 0
            for k in range(calls.shape[1]):
                while rank < servers and reached >> order[g, rank] & 1:
                    rank += 1
                if rank == servers:
                    break
                reached |= 1 << order[g, rank]
                found[g, order[g, rank]] += p[state] * calls[g, k:].sum()
    return found


def _flows(
    system: ServiceSystem,
    order: np.ndarray,
    calls: np.ndarray,
    place: np.ndarray,
    p: np.ndarray,
    level: np.ndarray,
    rate: np.ndarray,
) -> ServiceFlows:
    assert system.together is not None
    n = system.servers
    free = np.bincount(level, weights=p, minlength=n + 1)
    fates, weight, queue = queue_of(free, calls.sum(axis=0), float(rate.sum()), system.waits)
    p = p * weight
    # each atom's flow at once, by its own numbers of officers: orders are shared, numbers are not
    flow = np.zeros(system.minutes.shape)
    for k in range(calls.shape[1]):
        one = np.zeros((len(order), calls.shape[1]))
        one[:, k] = 1.0
        flow += _answers(order, one, p)[place].T * system.together[:, k][None, :]
    fates[2] *= 60.0
    share = system.of_numbers(fates)
    if system.waits:
        flow += share[0] * system.calls * (rate / rate.sum())[:, None]
    states = np.arange(int(2**n))
    busy = np.array([p[(states >> i) & 1 == 1].sum() for i in range(n)]) + queue
    waiting, lost, minutes = (share * system.calls).sum(axis=1) / system.total
    return ServiceFlows(flow, busy, float(waiting), float(lost), float(minutes), states=p, by_number=fates)
