"""A queueing system of servers on duty and calls from places, and what it amounts to.

The words are Larson's (Larson, R. C. 1974, "A hypercube queuing model for facility location and redistricting in urban emergency
services", Computers & Operations Research 1): servers (officers or cars on duty) wait at places; calls arrive from atoms (the units) as
Poisson processes; each call goes to the first free server of its atom's order of preference; a call that finds all servers busy waits,
first come, first served, or is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Digits of a minute below which two ways are equally long: coordinates come with rounding.
ALIKE = 6


@dataclass(frozen=True)
class ServiceSystem:
    """N servers and n atoms in one shift.

    Attributes
    ----------
    calls
        (n,) calls an hour from each atom.
    order
        (n, N) servers by rising preference rank of each atom: ``order[u, 0]`` is asked first.
    minutes
        (N, n) travel minutes from the place where a server waits to an atom.
    scene_minutes
        Mean minutes on scene; exponentially distributed.
    travel_counts
        Whether travel is added to the time that a server is busy.
    waits
        Whether calls wait where all are busy; else they are lost.
    together
        (n, M) calls an hour by the officers that they need at once, 1 … M, where some need several; `calls` then counts each as often as
        it needs an officer. None where each needs one.
    """

    calls: np.ndarray
    order: np.ndarray
    minutes: np.ndarray
    scene_minutes: float
    travel_counts: bool = False
    waits: bool = True
    together: np.ndarray | None = None

    def of_numbers(self, fates: np.ndarray) -> np.ndarray:
        """Return figures of each atom's requests, (k, n), by those of requests that come alone, in pairs, and so on, (k, M)."""
        assert self.together is not None
        requests = self.together * np.arange(1, int(self.together.shape[1]) + 1)
        mix = np.divide(requests, self.calls[:, None], out=np.zeros(requests.shape), where=self.calls[:, None] > 0)
        return fates @ mix.T

    @property
    def servers(self) -> int:
        """Number of servers N."""
        return self.order.shape[1]

    @property
    def total(self) -> float:
        """Calls an hour from all atoms."""
        return float(self.calls.sum())

    def mean_service(self, flow: np.ndarray | None) -> np.ndarray:
        """Return the hours that each server is busy with a call, (N,).

        Parameters
        ----------
        flow
            (N, n) calls an hour that each server answers at each atom; None before it is known, and then all atoms count alike.
        """
        base = np.full(self.servers, self.scene_minutes / 60.0)
        if not self.travel_counts:
            return base
        weight = np.broadcast_to(self.calls, self.minutes.shape) if flow is None else flow
        sums = weight.sum(axis=1)
        travel = np.divide((weight * self.minutes).sum(axis=1), sums, out=self.minutes.mean(axis=1), where=sums > 0)
        return base + travel / 60.0


@dataclass(frozen=True)
class ServiceFlows:
    """What a system amounts to in its steady state.

    Attributes
    ----------
    flow
        (N, n) calls an hour that server i answers at atom u, waiting ones included.
    busy
        (N,) share of the time that each server is busy.
    wait_share
        Share of calls that wait.
    lost_share
        Share of calls that are lost.
    mean_wait_minutes
        Mean wait before a server is sent, over all calls.
    by_number
        (3, M) share that waits, share that is lost and mean wait in minutes of the requests of calls that need 1 … M officers; None where
        each call needs one.
    states
        (2^N,) probabilities of the sets of busy servers, that of all of them without a queue; of the exact model alone.
    stable
        Whether the servers can answer the calls at all; where not, calls wait longer and longer, and no figure holds.
    apart
        Of an approximation by formulas: how far at most the busy share of a server that the equations solve for is from the work of its calls.
    drawn
        Whether an approximation drew states, or calls, in place of its formulas.
    """

    flow: np.ndarray
    busy: np.ndarray
    wait_share: float
    lost_share: float
    mean_wait_minutes: float
    stable: bool = True
    states: np.ndarray | None = None
    by_number: np.ndarray | None = None
    apart: float = 0.0
    drawn: bool = False

    def of_atoms(self, system: ServiceSystem) -> np.ndarray:
        """Return the share that waits, the share that is lost and the mean wait in minutes of each atom's requests, (3, n)."""
        if self.by_number is None or not self.stable:
            alike = np.array([self.wait_share, self.lost_share, self.mean_wait_minutes])
            return np.broadcast_to(alike[:, None], (3, len(system.calls)))
        return system.of_numbers(self.by_number)


def unstable(system: ServiceSystem) -> ServiceFlows:
    """Return what is known where more calls come than the servers can answer: everybody is busy, and every call waits."""
    nothing = np.full((system.servers, len(system.calls)), np.nan)
    return ServiceFlows(nothing, np.ones(system.servers), 1.0, 0.0, np.inf, stable=False)


def idle(system: ServiceSystem) -> ServiceFlows:
    """Return the flows of a system that nobody calls."""
    return ServiceFlows(np.zeros(system.minutes.shape), np.zeros(system.servers), 0.0, 0.0, 0.0)


def nobody(system: ServiceSystem) -> ServiceFlows:
    """Return what holds where nobody is on duty: no call is answered."""
    return ServiceFlows(np.zeros((0, len(system.calls))), np.zeros(0), 0.0, 1.0, 0.0, stable=False)


def preference(minutes: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return the order in which servers are asked: own ones first, the nearest first; ties by the servers' order.

    Parameters
    ----------
    minutes
        (N, n) travel minutes; those that differ by rounding alone are alike.
    own
        (N, n) bool: whether a server is of the atom's beat.

    Returns
    -------
    numpy.ndarray
        (n, N) servers.
    """
    ids = np.broadcast_to(np.arange(len(minutes))[:, None], minutes.shape)
    return np.lexsort((ids, np.round(minutes, ALIKE), ~own), axis=0).T.copy()


def waits_by_priority(system: ServiceSystem, flows: ServiceFlows, calls: dict[int, float]) -> dict[int, float]:
    """Return the mean wait in minutes of the requests of each priority, over all of them, where urgent ones are taken from the queue first.

    While all servers are busy one is free after 1 / Σ μ_i on average, whichever it is, so that the waits are those of a queue with
    priorities that do not interrupt (Cobham 1954, "Priority assignment in waiting line problems", Operations Research 2)::

        W_k = P(all busy) / Σ μ / ((1 − σ_(k−1)) (1 − σ_k)),      σ_k = Σ_(j ≤ k) λ_j / Σ μ

    Where calls need several officers at once, the same proportions are taken between priorities, and the mean wait is that of the flows.

    Parameters
    ----------
    system, flows
        A system whose calls wait, and its steady state.
    calls
        Requests an hour by priority, 1 the most urgent; they sum to the system's.
    """
    rate = float((1.0 / system.mean_service(flows.flow)).sum())
    found: dict[int, float] = {}
    before = 0.0
    for priority in sorted(calls):
        after = before + calls[priority] / rate
        found[priority] = 60.0 * flows.wait_share / rate / ((1 - before) * (1 - after))
        before = after
    if system.together is not None:
        mean = sum(calls[k] * w for k, w in found.items()) / sum(calls.values())
        found = {k: w * flows.mean_wait_minutes / mean if mean > 0 else 0.0 for k, w in found.items()}
    return found
