"""Groups of officers who take each other's calls: exact inside, as if drawn at random outside.

Around each server stand the few others with whom it shares most calls. The states of such a group (who of it is busy) are a Markov chain
like that of the whole hypercube. Its rates need one thing from outside: the chance that the servers asked before, who are not of the
group, are all busy. With b of the m members busy, q given others of N equal servers are all busy with chance

    h(b, q) = Σ_k P_k C(N−m−q, k−b−q) / C(N, k)  ÷  Σ_k P_k C(N−m, k−b) / C(N, k),        P_k of M/M/N;

for servers who are not equal the odds of each next one, h(b, q) / h(b, q−1), are multiplied by ρ_j (1 − ρ̄) / (ρ̄ (1 − ρ_j)), ρ̄ being
what h(b, 1) gives on average. What is left out is that near ones outside are busy together with the group. In exact solutions of 9 to 14
servers the fault falls in proportion to the servers outside, so that two sizes of groups tell what none outside would give.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import gammaln

from beatplanner.solver.compiled import njit
from beatplanner.solver.service.erlang import birth_and_death
from beatplanner.solver.service.hypercube import balanced
from beatplanner.solver.service.system import ServiceFlows, ServiceSystem, unstable

# Sizes of the groups.
LARGE, SMALL = 8, 6
TOLERANCE, ROUNDS = 1e-8, 100


def by_groups(system: ServiceSystem) -> ServiceFlows:
    """Solve a system of few servers approximately; parameters and result as for `hypercube`.

    Up to `LARGE` servers the one group is the whole system.
    """
    n = system.servers
    large = _of_size(system, min(n, LARGE))
    if n <= LARGE or not large.stable:
        return large
    small = _of_size(system, SMALL)
    flow = np.maximum(large.flow + (n - LARGE) / (LARGE - SMALL) * (large.flow - small.flow), 0.0)
    answered = (1.0 - large.lost_share) * system.calls
    sums = flow.sum(axis=0)
    flow *= np.divide(answered, sums, out=np.zeros(len(sums)), where=sums > 0)
    busy = np.minimum(flow.sum(axis=1) * system.mean_service(flow), 1.0)
    return replace(large, flow=flow, busy=busy)


def _of_size(system: ServiceSystem, size: int) -> ServiceFlows:
    n, total = system.servers, system.total
    # atoms that ask in the same order count as one
    order, place = np.unique(system.order, axis=0, return_inverse=True)
    place = place.ravel()
    calls = np.bincount(place, weights=system.calls, minlength=len(order))
    service = system.mean_service(None)
    mean = float(service.mean())
    load = min(total * mean / n, 0.95)
    groups = servers_beside(order, calls, load, n, size)
    rho, usual = np.full(n, load), np.full(n, load)
    members = np.arange(int(2**size))
    number = np.array([int(state).bit_count() for state in members.tolist()])
    flow = np.zeros((n, len(system.calls)))
    waiting = lost = 0.0
    for _ in range(ROUNDS):
        load = total * mean / n
        if system.waits and load >= 1 - 1e-9:
            return unstable(system)
        level, waiting, lost = birth_and_death(n, total * mean, waits=system.waits)
        outside = others_busy(level, size, n - size)
        chance = steady(reach(order, calls, groups, rho, usual, outside), 1.0 / service[groups], waiting * load)
        fresh = np.clip(chance[:, members & 1 == 1].sum(axis=1), 1e-12, 1 - 1e-9)
        moved = float(np.abs(fresh - rho).max())
        rho = 0.3 * rho + 0.7 * fresh
        if size < n:
            usual = np.clip(chance @ outside[number, 0], 1e-12, 1 - 1e-12)
        share = answered_shares(order, groups, chance, rho, usual, outside)
        share *= (1.0 - waiting - lost) / np.maximum(share.sum(axis=1, keepdims=True), 1e-300)
        flow = np.zeros((n, len(system.calls)))
        flow[order[place].T, np.arange(len(place))[None, :]] = share[place].T * system.calls
        # whoever ends first takes the call that waited longest
        flow += (1.0 / service / (1.0 / service).sum())[:, None] * waiting * system.calls[None, :]
        again = system.mean_service(flow)
        moved = max(moved, float(np.abs(again / service - 1).max()))
        service = again
        mean = float((service * flow.sum(axis=1)).sum() / flow.sum())
        if moved <= TOLERANCE:
            break
    work = flow.sum(axis=1) * service
    wait = 60.0 * waiting * mean / (n * (1 - load)) if system.waits else 0.0
    apart = float(np.abs(work - rho).max())
    return ServiceFlows(flow, np.minimum(work, 1.0), waiting, lost, wait, apart=apart)


def servers_beside(order: np.ndarray, calls: np.ndarray, load: float, servers: int, size: int) -> np.ndarray:
    """Return each server and those with whom it shares most calls, (N, size) servers.

    Parameters
    ----------
    order, calls
        (G, N) servers that are asked one after the other, and (G,) calls an hour.
    load
        Mean share of the time that a server is busy: how likely a later one of the order is asked.
    servers, size
        N, and servers of a group, at most N.
    """
    shared = np.zeros((servers, servers))
    for i in range(order.shape[1]):
        for j in range(i):
            weight = calls * load ** (i + 0.5 * j)
            np.add.at(shared, (order[:, i], order[:, j]), weight)
            np.add.at(shared, (order[:, j], order[:, i]), weight)
    np.fill_diagonal(shared, np.inf)
    return np.argsort(-shared, axis=1, kind="stable")[:, :size].copy()


def others_busy(level: np.ndarray, members: int, most: int) -> np.ndarray:
    """Return h(b, q) / h(b, q − 1) for q = 1 … most, (members + 1, most), from P_0 … P_N (a queue's part in P_N); 0 where none can be."""
    n = len(level) - 1
    chance = level.copy()
    chance[-1] += 1.0 - level.sum()
    k = np.arange(n + 1)

    def log_choose(above: int, below: np.ndarray) -> np.ndarray:
        known = (below >= 0) & (below <= above)
        safe = np.where(known, below, 0)
        return np.where(known, gammaln(above + 1) - gammaln(safe + 1) - gammaln(above - safe + 1), -np.inf)

    with np.errstate(divide="ignore"):
        base = np.log(chance) - log_choose(n, k)
    found = np.zeros((members + 1, most))
    for b in range(members + 1):
        under = base + log_choose(n - members, k - b)
        high = under.max()
        if not np.isfinite(high):
            continue
        before = np.exp(under - high).sum()
        for q in range(most):
            over = base + log_choose(n - members - q - 1, k - b - q - 1)
            after = np.exp(over - high).sum()
            found[b, q] = min(after / before, 1.0) if before > 0 else 0.0
            before = after
    return found


@njit(cache=True)
def reach(
    order: np.ndarray, calls: np.ndarray, groups: np.ndarray, rho: np.ndarray, usual: np.ndarray, outside: np.ndarray
):
    """Return the calls an hour that reach each free member in each state of its group, (N, size, 2^size).

    Parameters
    ----------
    order, calls
        (G, N) servers in the order in which they are asked, and (G,) calls an hour.
    groups
        (N, size) members.
    rho
        (N,) busy share of each server.
    usual
        (N,) ρ̄ of each group.
    outside
        (size + 1, N − size) h(b, q) / h(b, q − 1).
    """
    servers, size = groups.shape
    ranks = order.shape[1]
    found = np.zeros((servers, size, 2**size))
    slot = np.full(servers, -1)
    for c in range(servers):
        for s in range(size):
            slot[groups[c, s]] = s
        for g in range(len(order)):
            for state in range(2**size):
                busy = 0
                for s in range(size):
                    busy += state >> s & 1
                chance, apart = 1.0, 0
                for r in range(ranks):
                    j = order[g, r]
                    s = slot[j]
                    if s >= 0:
                        if not state >> s & 1:
                            found[c, s, state] += calls[g] * chance
                            break
                    else:
                        alike = outside[busy, apart]
                        odds = alike * rho[j] * (1.0 - usual[c])
                        chance *= odds / max(odds + (1.0 - alike) * (1.0 - rho[j]) * usual[c], 1e-300)
                        apart += 1
        for s in range(size):
            slot[groups[c, s]] = -1
    return found


@njit(cache=True)
def answered_shares(
    order: np.ndarray, groups: np.ndarray, chance: np.ndarray, rho: np.ndarray, usual: np.ndarray, outside: np.ndarray
):
    """Return the share of the calls of each order that each of its servers answers, (G, N), from the group of the first server.

    Parameters
    ----------
    order, groups, rho, usual, outside
        As for `reach`.
    chance
        (N, 2^size) of the states of each group.
    """
    count, ranks = order.shape
    servers, size = groups.shape
    found = np.zeros((count, ranks))
    slot = np.full(servers, -1)
    for g in range(count):
        c = order[g, 0]
        for s in range(size):
            slot[groups[c, s]] = s
        for state in range(2**size):
            busy = 0
            for s in range(size):
                busy += state >> s & 1
            left, apart = 1.0, 0
            for r in range(ranks):
                j = order[g, r]
                s = slot[j]
                after = left
                if s >= 0:
                    if not state >> s & 1:
                        after = 0.0
                else:
                    alike = outside[busy, apart]
                    odds = alike * rho[j] * (1.0 - usual[c])
                    after = left * odds / max(odds + (1.0 - alike) * (1.0 - rho[j]) * usual[c], 1e-300)
                    apart += 1
                found[g, r] += chance[c, state] * (left - after)
                left = after
                if left <= 0:
                    break
        for s in range(size):
            slot[groups[c, s]] = -1
    return found


def steady(reached: np.ndarray, rate: np.ndarray, held: float) -> np.ndarray:
    """Return the chances of the states of each group, (N, 2^size).

    Parameters
    ----------
    reached
        (N, size, 2^size) calls an hour that reach each free member in each state.
    rate
        (N, size) calls an hour that each member ends.
    held
        Chance that a call waits: who ends one then takes it and stays busy. The chance that all members are busy holds it, and so much of it
        leads nowhere else.
    """
    # whoever waits keeps the state of all busy alive: less of it, the chances balance like those of a system without a queue
    p = (1.0 - held) * np.array([balanced(up, end) for up, end in zip(reached, rate, strict=True)])
    p[:, -1] += held
    p = np.maximum(p, 0.0)
    return p / p.sum(axis=1, keepdims=True)
