"""What a staffing of a shift amounts to: officers of each beat on duty, who wait at one place, and the standard that they keep or miss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beatplanner.solver.service.approximate import approximate
from beatplanner.solver.service.hypercube import hypercube
from beatplanner.solver.service.system import ServiceFlows, ServiceSystem, preference

# Officers up to which a staffing is measured exactly.
EXACT_SERVERS = 12
SLACK = 1e-9


@dataclass(frozen=True)
class Standard:
    """What a shift must keep; None where nothing is asked.

    Attributes
    ----------
    minutes, within_share
        At least this share of the requests is answered at once by somebody at most so many minutes away.
    own_share
        Of the requests answered, at least this share by an officer of the caller's beat.
    people_share
        At least this share of the time on duty is not spent on calls.
    """

    minutes: float | None = None
    within_share: float | None = None
    own_share: float | None = None
    people_share: float | None = None


@dataclass(frozen=True)
class ShiftCalls:
    """Calls and places of one shift.

    Attributes
    ----------
    calls
        (n,) requests an hour from each atom.
    beat
        (n,) beat of each atom, 0 … K − 1; -1 where it has none.
    minutes
        (K, n) travel from the place where the officers of each beat wait.
    shared
        (F, n) travel from the places of cars that several beats share.
    scene_minutes, travel_counts, waits, together
        As for `ServiceSystem`.
    """

    calls: np.ndarray
    beat: np.ndarray
    minutes: np.ndarray
    shared: np.ndarray
    scene_minutes: float
    travel_counts: bool = False
    waits: bool = True
    together: np.ndarray | None = None

    @property
    def beats(self) -> int:
        """Number of beats K."""
        return len(self.minutes)

    def system(self, officers: np.ndarray) -> tuple[ServiceSystem, np.ndarray]:
        """Return the queueing system of a staffing, and whose its servers are, (N, n) bool."""
        of = np.repeat(np.arange(self.beats), officers)
        minutes = np.vstack([self.minutes[of], self.shared])
        own = np.vstack([of[:, None] == self.beat[None, :], np.zeros(self.shared.shape, bool)])
        order = preference(minutes, own)
        return ServiceSystem(
            self.calls, order, minutes, self.scene_minutes, self.travel_counts, self.waits, self.together
        ), own


@dataclass(frozen=True)
class MeasuredStaffing:
    """What a staffing amounts to; None where nothing can be measured."""

    within_share: float | None
    own_share: float | None
    people_share: float | None
    exact: bool


def measure_staffing(shift: ShiftCalls, officers: np.ndarray, minutes: float | None) -> MeasuredStaffing:
    """Measure a staffing.

    Parameters
    ----------
    shift
        Calls and places.
    officers
        (K,) of each beat.
    minutes
        T, for `MeasuredStaffing.within_share`.
    """
    system, own = shift.system(officers)
    exact = system.servers <= EXACT_SERVERS
    if not system.servers:
        return MeasuredStaffing(None, None, 1.0 if system.total <= 0 else None, exact)
    flows = hypercube(system) if exact else approximate(system)
    if not flows.stable or system.total <= 0:
        return MeasuredStaffing(None, None, 1.0 if system.total <= 0 else None, exact)
    within = None if minutes is None else within_share(system, flows, minutes)
    answered = float(flows.flow.sum())
    return MeasuredStaffing(
        within, float(flows.flow[own].sum()) / answered if answered > 0 else None, 1.0 - float(flows.busy.mean()), exact
    )


def within_share(system: ServiceSystem, flows: ServiceFlows, minutes: float) -> float:
    """Return the share of all requests that are answered at once by an officer at most `minutes` away."""
    near = system.minutes <= minutes + 1e-9
    rate = 1.0 / system.mean_service(flows.flow)
    waited = (rate / rate.sum())[:, None] * flows.of_atoms(system)[0] * system.calls
    return float(np.maximum(flows.flow - waited, 0.0)[near].sum()) / system.total


def keeps(measured: MeasuredStaffing, standard: Standard) -> bool:
    """Whether what was measured keeps a standard."""
    return shortfall(measured, standard) <= SLACK


def shortfall(measured: MeasuredStaffing, standard: Standard) -> float:
    """Return by how much a standard is missed, relative and summed over its parts; infinite where nothing could be measured."""
    found = 0.0
    for wanted, value in (
        (standard.within_share, measured.within_share),
        (standard.own_share, measured.own_share),
        (standard.people_share, measured.people_share),
    ):
        if wanted is not None:
            if value is None:
                return np.inf
            found += max(0.0, wanted - value) / max(wanted, 1e-9)
    return found
