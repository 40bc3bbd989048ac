"""States drawn at random, where servers are so busy that no formula of the approximation is near enough.

The system is followed call by call. At every so many calls the order of *each* atom is looked at, not only that of the atom that called:
the share of looks at which a server is the first free one is the share of the atom's calls that it would answer (calls of a Poisson process
see the mean over time). All atoms' flows thus rest on all looks; they are scaled, by rows and columns in turn, to the calls that each
server answered at once, which vary least from draw to draw, and to those of each atom. How many calls wait or are lost is taken from Erlang's formulas.
The numbers are drawn with a fixed seed: the same system gives the same figures.
"""

from __future__ import annotations

import numpy as np

from beatplanner.solver.compiled import njit
from beatplanner.solver.service.dispatch import sent
from beatplanner.solver.service.erlang import birth_and_death
from beatplanner.solver.service.simulation import simulate
from beatplanner.solver.service.system import ServiceFlows, ServiceSystem, unstable
from beatplanner.solver.service.together import equal_servers

# Calls that are followed, at least and for each server; the first tenth only fills the system.
CALLS, CALLS_A_SERVER = 500_000, 2_000
# Looks at all atoms' orders, at most.
LOOKS = 20_000
# Rounds of scaling by rows and columns.
SCALED = 10


def by_drawn_states(system: ServiceSystem, seed: int = 0) -> ServiceFlows:
    """Solve a system by drawn states; parameter and result as for `approximate`."""
    n, total = system.servers, system.total
    random = np.random.default_rng(seed)
    calls = max(CALLS, CALLS_A_SERVER * n)
    order, place = np.unique(system.order, axis=0, return_inverse=True)
    place = place.ravel()
    gaps = random.exponential(1.0, calls)
    atom = random.choice(len(system.calls), size=calls, p=system.calls / total)
    scene = random.exponential(1.0, calls)
    # the work drawn is exactly the work expected: busy servers are rarely free, and how rarely hangs on nothing so much as on that
    when = np.cumsum(gaps / gaps.mean() / total)
    scene *= system.scene_minutes / 60.0 / scene.mean()
    travel = system.minutes / 60.0 if system.travel_counts else np.zeros_like(system.minutes)
    first = calls // 10
    answers, at_once = _looks(
        when, atom, scene, travel, system.order, order, system.waits, first, max(1, (calls - first) // LOOKS)
    )
    weight = np.bincount(place, weights=system.calls, minlength=len(order))
    share = _scaled(answers, weight, at_once)
    service, mean = system.mean_service(None), system.scene_minutes / 60.0
    flow, waiting, lost = np.zeros((n, len(system.calls))), 0.0, 0.0
    for _ in range(30 if system.travel_counts else 1):
        mean = float(service.mean()) if not flow.any() else float((service * flow.sum(axis=1)).sum() / flow.sum())
        if system.waits and total * mean / n >= 1 - 1e-9:
            return unstable(system)
        _, waiting, lost = birth_and_death(n, total * mean, waits=system.waits)
        rate = 1.0 / service
        flow = (share[place].T * (1.0 - waiting - lost) + (rate / rate.sum())[:, None] * waiting) * system.calls[
            None, :
        ]
        service = system.mean_service(flow)
    busy = np.minimum(flow.sum(axis=1) * service, 1.0)
    wait = 60.0 * waiting * mean / (n * (1 - total * mean / n)) if system.waits else 0.0
    return ServiceFlows(flow, busy, waiting, lost, wait, drawn=True)


def by_drawn_calls(system: ServiceSystem, seed: int = 0) -> ServiceFlows:
    """Solve a system in which calls need several officers by following calls; parameter and result as for `approximate`.

    How many requests wait or are lost is that of as many equal servers; who answers an atom's requests is as drawn.
    """
    assert system.together is not None
    n = system.servers
    drawn = simulate(
        system, np.zeros(system.minutes.shape, bool), calls=max(CALLS, CALLS_A_SERVER * n), seed=seed
    ).flows
    if not drawn.stable:
        return drawn
    service = system.mean_service(drawn.flow)
    mean = float((service * drawn.flow.sum(axis=1)).sum() / drawn.flow.sum())
    if system.waits and system.total * mean >= n * (1 - 1e-9):
        return unstable(system)
    fates = equal_servers(n, system.together.sum(axis=0), mean, system.waits)
    fates[2] *= 60.0
    share = system.of_numbers(fates)
    # an atom that hardly calls may not have been drawn: all answer it as they answer all
    flow = drawn.flow + 1e-12 * drawn.flow.sum(axis=1, keepdims=True) * system.calls / system.total
    sums = flow.sum(axis=0)
    flow *= np.divide(system.calls * (1.0 - share[1]), sums, out=np.zeros(len(sums)), where=sums > 0)
    busy = np.minimum(flow.sum(axis=1) * system.mean_service(flow), 1.0)
    waiting, lost, minutes = (share * system.calls).sum(axis=1) / system.total
    return ServiceFlows(flow, busy, float(waiting), float(lost), float(minutes), by_number=fates, drawn=True)


def _scaled(answers: np.ndarray, weight: np.ndarray, at_once: np.ndarray) -> np.ndarray:
    """Return shares of each order's calls by server, (G, N), whose sums by server are in proportion to the calls answered at once."""
    share = answers / np.maximum(answers.sum(axis=1, keepdims=True), 1e-300)
    share[answers.sum(axis=1) == 0] = at_once / max(at_once.sum(), 1.0)
    wanted = at_once / max(at_once.sum(), 1.0) * weight.sum()
    for _ in range(SCALED):
        sums = weight @ share
        share *= np.divide(wanted, sums, out=np.ones(len(sums)), where=sums > 0)
        share /= np.maximum(share.sum(axis=1, keepdims=True), 1e-300)
    return share


@njit(cache=True)
def _looks(
    when: np.ndarray,
    atom: np.ndarray,
    scene: np.ndarray,
    travel: np.ndarray,
    of_atom: np.ndarray,
    order: np.ndarray,
    waits: bool,
    first: int,
    every: int,
):
    """Return at how many looks each server was the first free one of each order, (G, N), and the calls that each answered at once."""
    groups, servers = order.shape
    found, until, at_once = np.zeros((groups, servers)), np.zeros(servers), np.zeros(servers)
    # what stands in a call is a type of its own, for which all that is called is compiled once more
    held = bool(np.bool_(False))
    for c in range(len(when)):
        now, u = when[c], atom[c]
        if c >= first and (c - first) % every == 0:
            for g in range(groups):
                free = sent(order[g], until, now, held)
                if free >= 0:
                    found[g, free] += 1.0
        chosen = sent(of_atom[u], until, now, waits)
        if chosen < 0:
            continue
        if c >= first and until[chosen] <= now:
            at_once[chosen] += 1.0
        until[chosen] = max(until[chosen], now) + scene[c] + travel[chosen, u]
    return found, at_once
