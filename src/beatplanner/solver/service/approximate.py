"""The hypercube model's approximation, for many servers.

Larson (1975, "Approximating the performance of urban emergency service systems", Operations Research 23) takes servers as busy
independently of each other but for a factor Q that holds what sampling without replacement from N equal servers would give; Jarvis
(1985, "Approximating the equilibrium behavior of multi-server loss systems", Management Science 31) lets service times differ::

    share of atom u's calls that its k-th server answers  ∝  Q(k) · (1 − ρ_k) · Π_{l<k} ρ_l,      k = 0, 1, …

    Q(j) = Σ_{k=j}^{N−1} P_k · [k (k−1) … (k−j+1)] / [N (N−1) … (N−j+1)] · (N−k)/(N−j)  /  (r^j (1 − r))

with P_k of the M/M/N system and r the mean share of the time that a server is busy. Neighbours are busy together more often than that:
who is busy sends calls next door. Up to `PAIRED` servers Q therefore gives way to pairs: c_ij = P(i and j busy) / (ρ_i ρ_j) is that of
the four states of i and j, whose rates are those of the calls that reach them; the joint probability of k servers is that of k drawn
from N equal ones, times ρ_l / r of each and the pairs' bonds relative to that of equal servers. The busy shares solve
ρ_i = V_i / (1 + V_i), V_i being the work offered to i while it is free (the mean of both ways to see it). The flows are then made to
answer exactly the calls that are not lost, by Erlang's formulas. Up to `GROUPED` servers groups of them take the place of pairs, and up to
`SOLVED` the balance equations themselves, which are solved sooner. Against exact solutions and long simulations, `benchmarks/service.py` says
how near it is.

Where officers are busy more than `DRAWN` of their time, far neighbours' calls tie all together; and where some have far more calls than others
the formulas contradict themselves: the busy share ρ_i that they solve for is not the work of the calls that they give to i. How far these are
apart foretells how far the figures are from the exact ones. In both cases drawn states take the place of formulas (`drawn`).
"""

from __future__ import annotations

import numpy as np

from beatplanner.solver.service.drawn import by_drawn_calls, by_drawn_states
from beatplanner.solver.service.erlang import birth_and_death
from beatplanner.solver.service.groups import by_groups
from beatplanner.solver.service.hypercube import hypercube
from beatplanner.solver.service.system import ServiceFlows, ServiceSystem, idle, nobody, unstable

# Servers up to which the balance equations are solved no later than formulas.
SOLVED = 12
# Servers up to which groups of them are looked at (`groups`), which is nearer and takes longer.
GROUPED = 16
# Servers up to which a system of calls that need several officers is solved exactly; beyond, its calls are followed one by one.
TOGETHER = 10
# Busy share from which on states are drawn, up to `PAIRED` servers and beyond.
DRAWN, DRAWN_BEYOND = 0.5, 0.3
# How far a server's busy share may be from the work of its calls where formulas are kept.
CONTRADICTS = 0.02
# Ranks of an atom's order beyond this are hardly ever asked; what is left falls to all alike.
RANKS, RANKS_OF_PAIRS = 40, 12
# Servers up to which pairs are looked at: memory grows with atoms × ranks × servers.
PAIRED = 64
# How far a pair's bond counts where more than two are busy, by their number; fitted to exact solutions of ten servers.
GAMMA = 1.25
TOLERANCE, ROUNDS = 1e-7, 500


def approximate(system: ServiceSystem) -> ServiceFlows:
    """Solve a system approximately; parameters and result as for `hypercube`, any number of servers."""
    n = system.servers
    if n == 0:
        return nobody(system)
    if system.total <= 0:
        return idle(system)
    if system.together is not None:
        return hypercube(system) if n <= TOGETHER else by_drawn_calls(system)
    if n <= SOLVED:
        return hypercube(system)
    if n > GROUPED and _too_busy(system):
        return by_drawn_states(system)
    found = by_groups(system) if n <= GROUPED else by_formulas(system)
    return by_drawn_states(system) if found.stable and found.apart > CONTRADICTS else found


def by_formulas(system: ServiceSystem) -> ServiceFlows:
    """Solve a system by Larson's and Jarvis's formulas, with pairs of servers up to `PAIRED`; parameter and result as for `hypercube`."""
    n, total = system.servers, system.total
    paired = n <= PAIRED
    ranks = min(n, RANKS_OF_PAIRS if paired else RANKS)
    # atoms that ask in the same order count as one
    order, place = np.unique(system.order[:, :ranks], axis=0, return_inverse=True)
    place = place.ravel()
    calls = np.bincount(place, weights=system.calls, minlength=len(order))
    service = system.mean_service(None)
    mean = float(service.mean())
    rho = np.full(n, min(0.95, total * mean / n))
    together = np.ones((n, n))
    flow = np.zeros((n, len(system.calls)))
    share = np.zeros(order.shape)
    waiting = lost = load = 0.0
    for _ in range(ROUNDS):
        load = total * mean / n
        if system.waits and load >= 1 - 1e-9:
            return unstable(system)
        level, waiting, lost = birth_and_death(n, total * mean, waits=system.waits)
        extra = total * waiting * (1.0 / service) / (1.0 / service).sum()
        factor = correction(level, load if system.waits else load * (1 - lost), ranks)
        all_busy = np.cumprod(np.hstack([np.ones((len(order), 1)), rho[order[:, :-1]]]), axis=1) * factor[None, :]
        offered = np.bincount(order.ravel(), weights=(all_busy * calls[:, None]).ravel(), minlength=n)
        if paired:
            all_busy, of_pairs, together = _pairs(order, calls, rho, together, 1.0 / service, level)
            offered = (offered + of_pairs) / 2
        fresh = np.minimum((offered + extra) * service / (1.0 + offered * service), 1 - 1e-9)
        moved = float(np.abs(fresh - rho).max())
        rho = 0.5 * rho + 0.5 * fresh
        if paired:
            # after the last rank, all are busy
            last = np.full((len(order), 1), waiting + lost if ranks == n else 0.0)
            share = np.maximum(all_busy - np.hstack([all_busy[:, 1:], last]), 0.0)
        else:
            share = all_busy * (1 - rho[order])
        # the first rank's share is exact where its busy share is; the others answer the rest
        answered = 1.0 - waiting - lost
        first = np.minimum(1 - rho[order[:, 0]], answered)
        rest = share[:, 1:].sum(axis=1)
        scale = np.divide(answered - first, rest, out=np.zeros(len(order)), where=rest > 0)
        share = np.column_stack([np.where(rest > 0, first, answered), share[:, 1:] * scale[:, None]])
        flow = _flow(order, share, place, system.calls, n)
        flow += (1.0 / service / (1.0 / service).sum())[:, None] * waiting * system.calls[None, :]
        service = system.mean_service(flow)
        mean = float((service * flow.sum(axis=1)).sum() / flow.sum())
        if moved <= TOLERANCE:
            break
    work = flow.sum(axis=1) * service
    wait = 60.0 * waiting * mean / (n * (1 - load)) if system.waits else 0.0
    apart = float(np.abs(work - rho).max())
    return ServiceFlows(flow, np.minimum(work, 1.0), waiting, lost, wait, apart=apart)


def _too_busy(system: ServiceSystem) -> bool:
    n = system.servers
    load = system.total * float(system.mean_service(None).mean()) / n
    if system.waits and load >= 1:
        return False
    return load > (DRAWN if n <= PAIRED else DRAWN_BEYOND)


def _flow(order: np.ndarray, share: np.ndarray, place: np.ndarray, calls: np.ndarray, servers: int) -> np.ndarray:
    flow = np.zeros((servers, len(calls)))
    rows = np.repeat(np.arange(len(calls)), order.shape[1])
    np.add.at(flow, (order[place].ravel(), rows), (share[place] * calls[:, None]).ravel())
    return flow


def _pairs(
    order: np.ndarray, calls: np.ndarray, rho: np.ndarray, together: np.ndarray, rate: np.ndarray, level: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return P(the first k servers are busy) for each order, the calls offered to each free server, and c of the pairs."""
    groups, ranks = len(order), int(order.shape[1])
    n = len(rho)
    rows = np.arange(groups)
    # k busy ones drawn from N equal servers, and how much more often than independent ones two of those are
    drawn = all_drawn_busy(level, min(ranks + 1, n))
    drawn = np.concatenate([drawn, np.zeros(ranks + 2 - len(drawn))])
    mean = max(drawn[1], 1e-12)
    usual = max(drawn[2] / mean**2, 1e-12) if n > 1 else 1.0
    pair = np.clip(together / usual, 0.2, 5.0)
    all_busy = np.ones((groups, ranks))
    product, beside, inside = np.ones(groups), np.ones((groups, n)), np.zeros((groups, n), bool)
    reach_busy, reach_free = np.zeros((n, n)), np.zeros((n, n))
    offered = np.zeros(n)
    for k in range(ranks):
        at = order[:, k]
        joint = np.minimum(drawn[k] * product, 1.0)
        if k:
            joint = np.minimum(joint, all_busy[:, k - 1])
        all_busy[:, k] = joint
        with_i = np.minimum(
            drawn[k + 1] * (product[:, None] * beside ** (1 / max(k, 1) ** GAMMA) * (rho / mean)[None, :]),
            np.minimum(joint[:, None], rho[None, :]),
        )
        if_busy = np.where(inside, joint[:, None], with_i) / rho[None, :]
        if_free = np.where(inside, 0.0, joint[:, None] - with_i) / np.maximum(1 - rho[None, :], 1e-12)
        np.add.at(reach_busy, at, calls[:, None] * if_busy)
        np.add.at(reach_free, at, calls[:, None] * if_free)
        np.add.at(offered, at, calls * if_free[rows, at])
        product = product * rho[at] / mean * beside[rows, at] ** (1 / max(k, 1) ** GAMMA)
        beside = beside * pair[at]
        inside[rows, at] = True
    # a server's calls do not depend on whether it is busy itself, and neither diagonal is used
    return all_busy, offered, 0.5 * together + 0.5 * _four_states(reach_free, reach_busy, rate)


def all_drawn_busy(level: np.ndarray, most: int) -> np.ndarray:
    """Return the chance that the first 0, 1, … `most` of a random order of N servers are busy, from P_0 … P_N (a queue's part in P_N)."""
    n = len(level) - 1
    k = np.arange(n + 1, dtype=float)
    chance = level.copy()
    chance[-1] += 1.0 - level.sum()
    found = [1.0]
    for j in range(most):
        chance = chance * np.maximum(k - j, 0.0) / (n - j)
        found.append(float(chance.sum()))
    return np.array(found)


def _four_states(reach_free: np.ndarray, reach_busy: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Return c_ij from the steady state of each pair: neither, i, j or both are busy, (N, N)."""
    n = len(rate)
    i_free, i_busy = reach_free, reach_busy  # [i, j]: calls that reach i while j is free, busy
    j_free, j_busy = reach_free.T, reach_busy.T
    up_i, up_j = rate[:, None] + np.zeros((n, n)), rate[None, :] + np.zeros((n, n))
    a = np.zeros((n, n, 4, 4))  # states 00, 10, 01, 11
    for source, target, speed in (
        (0, 1, i_free),
        (0, 2, j_free),
        (1, 3, j_busy),
        (2, 3, i_busy),
        (1, 0, up_i),
        (2, 0, up_j),
        (3, 2, up_i),
        (3, 1, up_j),
    ):
        a[:, :, target, source] += speed
        a[:, :, source, source] -= speed
    a[:, :, 3, :] = 1.0
    p = np.linalg.solve(a, np.broadcast_to(np.array([0.0, 0.0, 0.0, 1.0])[:, None], (n, n, 4, 1)))[..., 0]
    first, second = p[..., 1] + p[..., 3], p[..., 2] + p[..., 3]
    found = np.divide(p[..., 3], first * second, out=np.ones((n, n)), where=first * second > 0)
    np.fill_diagonal(found, 1.0)
    return found


def correction(level: np.ndarray, busy: float, ranks: int) -> np.ndarray:
    """Return Larson's factors Q(0) … Q(ranks − 1) from P_0 … P_N and the mean busy share."""
    n = len(level) - 1
    k = np.arange(n, dtype=float)
    chance = level[:n].copy()
    found = np.ones(ranks)
    for j in range(ranks):
        # chance: P_k and the first j of a random order are busy
        both = float((chance * (n - k) / (n - j)).sum())
        under = busy**j * (1 - busy)
        found[j] = both / under if under > 0 else (1.0 if j == 0 else 0.0)
        chance = chance * np.maximum(k - j, 0.0) / max(n - j, 1)
    return found
