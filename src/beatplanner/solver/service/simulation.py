"""A seeded simulation of the same system: it knows no independence between servers, and any distribution of the time on scene.

Calls come one after the other by an exponential clock; each goes to the first free server of its atom, waits (first come, first served;
`waits_by_priority` says what priorities make of the waits) or is lost. Times on scene are exponential, or lognormal with a given coefficient of variation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beatplanner.solver.compiled import njit
from beatplanner.solver.service.dispatch import sent
from beatplanner.solver.service.system import ServiceFlows, ServiceSystem, idle, nobody, unstable

# Calls before the figures count, as a share of all; and groups of calls whose spread gives the intervals.
WARM_UP, BATCHES = 0.1, 20


@dataclass(frozen=True)
class Simulated:
    """Flows of a simulation with what they are worth.

    Attributes
    ----------
    flows
        The figures.
    calls
        Calls that were counted.
    half_width
        Half of the 95 % interval of the own share, the busy share, the mean minutes and the wait share, by these names.
    """

    flows: ServiceFlows
    calls: int
    half_width: dict[str, float]


def simulate(
    system: ServiceSystem, own: np.ndarray, *, calls: int = 200_000, seed: int = 0, variation: float = 1.0
) -> Simulated:
    """Simulate a system.

    Parameters
    ----------
    system
        The system.
    own
        (N, n) bool: whether a server is of an atom's beat; for the interval of the own share.
    calls
        Calls to draw.
    seed
        The same seed gives the same figures.
    variation
        Coefficient of variation of the time on scene: 1 for exponential times, else lognormal ones.

    Returns
    -------
    Simulated
    """
    if system.servers == 0:
        return Simulated(nobody(system), 0, {})
    if system.total <= 0:
        return Simulated(idle(system), 0, {})
    if system.waits and system.total * float(system.mean_service(None).mean()) >= system.servers:
        return Simulated(unstable(system), 0, {})
    random = np.random.default_rng(seed)
    gaps, atom, number = _calls(system, calls, random)
    calls = len(atom)
    mean = system.scene_minutes / 60.0
    if variation == 1.0:
        scene = random.exponential(mean, calls)
    else:
        sigma = np.sqrt(np.log1p(variation**2))
        scene = random.lognormal(np.log(mean) - sigma**2 / 2, sigma, calls)
    travel = system.minutes / 60.0 if system.travel_counts else np.zeros_like(system.minutes)
    server, wait, used = _run(np.cumsum(gaps), atom, scene, travel, system.order.astype(np.int64), system.waits)
    first = int(WARM_UP * calls)
    return _counted(system, own, atom[first:], number[first:], server[first:], wait[first:], used[first:], gaps[first:])


def _calls(system: ServiceSystem, calls: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw requests: hours since the one before, atom, and how many come together; who comes with others comes at the same moment."""
    if system.together is None:
        gaps = random.exponential(1.0 / system.total, calls)
        return gaps, random.choice(len(system.calls), size=calls, p=system.calls / system.total), np.ones(calls, int)
    rate = system.together.ravel()
    gaps = random.exponential(1.0 / rate.sum(), calls)
    kind = random.choice(len(rate), size=calls, p=rate / rate.sum())
    number = kind % system.together.shape[1] + 1
    spread = np.zeros(number.sum())
    spread[np.cumsum(number) - number] = gaps
    return spread, np.repeat(kind // system.together.shape[1], number), np.repeat(number, number)


@njit(cache=True)
def _run(when: np.ndarray, atom: np.ndarray, scene: np.ndarray, travel: np.ndarray, order: np.ndarray, waits: bool):
    """Return the server of each call (-1 for a lost one), its wait, and how long it kept the server busy; all in hours."""
    servers = travel.shape[0]
    until = np.zeros(servers)
    count = len(when)
    server, wait, used = np.full(count, -1), np.zeros(count), np.zeros(count)
    for c in range(count):
        now, place = when[c], atom[c]
        chosen = sent(order[place], until, now, waits)
        if chosen < 0:
            continue
        wait[c] = max(0.0, until[chosen] - now)
        server[c] = chosen
        used[c] = scene[c] + travel[chosen, place]
        until[chosen] = now + wait[c] + used[c]
    return server, wait, used


def _by_number(system: ServiceSystem, number: np.ndarray, answered: np.ndarray, wait: np.ndarray) -> np.ndarray | None:
    if system.together is None:
        return None
    most = system.together.shape[1]
    count = np.maximum(np.bincount(number, minlength=most + 1)[1:], 1)
    rows = [wait > 0, ~answered, 60.0 * wait]
    return np.array([np.bincount(number, weights=row, minlength=most + 1)[1:] / count for row in rows])


def _counted(
    system: ServiceSystem,
    own: np.ndarray,
    atom: np.ndarray,
    number: np.ndarray,
    server: np.ndarray,
    wait: np.ndarray,
    used: np.ndarray,
    gaps: np.ndarray,
) -> Simulated:
    n, total = system.servers, system.total
    hours = float(gaps.sum())
    answered = server >= 0
    flow = np.zeros(system.minutes.shape)
    np.add.at(flow, (server[answered], atom[answered]), 1.0 / len(atom) * total)
    busy = np.bincount(server[answered], weights=used[answered], minlength=n) / hours
    flows = ServiceFlows(
        flow,
        np.minimum(busy, 1.0),
        float((wait > 0).mean()),
        float((~answered).mean()),
        float(60.0 * wait[answered].mean() if answered.any() else 0.0),
        by_number=_by_number(system, number, answered, wait),
    )
    groups = np.arange(len(atom)) * BATCHES // len(atom)
    mine = np.zeros(len(atom))
    mine[answered] = own[server[answered], atom[answered]]
    way = np.zeros(len(atom))
    way[answered] = system.minutes[server[answered], atom[answered]]

    def half(values: np.ndarray, weights: np.ndarray) -> float:
        means = np.bincount(groups, weights=values, minlength=BATCHES) / np.maximum(
            np.bincount(groups, weights=weights, minlength=BATCHES), 1e-12
        )
        return float(2.093 * means.std(ddof=1) / np.sqrt(BATCHES))  # Student's t with 19 degrees of freedom

    one = answered.astype(float)
    return Simulated(
        flows,
        len(atom),
        {
            "own_share": half(mine, one),
            "busy_share": half(used / n, gaps),
            "mean_minutes": half(way, one),
            "wait_share": half((wait > 0) * 1.0, np.ones(len(atom))),
        },
    )
