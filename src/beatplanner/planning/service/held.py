"""The service with the officers who are there: minutes and shares of calls by the posts that the officers' plan fills, month by month.

Each way in which officers are on duty in a shift is one queueing system, solved once however many months have it: exactly where the picture
is, else by the approximation. Months are weighted alike. Where so many systems would take too long, every third month is looked at, every
sixth or the first of each year; where that is too much too, nothing is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.result.service import CountedFigures, CountedMonths
from beatplanner.solver.service.approximate import approximate
from beatplanner.solver.service.hypercube import MOST_SERVERS, hypercube
from beatplanner.solver.service.system import ServiceFlows, ServiceSystem, preference

# Months from one that is looked at to the next, and the work of all systems together at most: one is an exact system of twelve officers.
STEPS, MOST_WORK = (1, 3, 6, 12), 300.0
# What a system comes to in an hour, by the columns of the table.
SUMS = ("came", "answered", "own", "travel_minutes", "waited", "wait_minutes", "lost", "busy")


@dataclass(frozen=True)
class HeldInputs:
    """What the systems are made of.

    Attributes
    ----------
    calls, scene_minutes, together
        (S, n) requests an hour, (S,) minutes on scene, and (S, n, M) calls by the officers that they need, or None, of each shift or period.
    beat
        (n,) beat of each unit, None where it has none.
    units, places
        (n,) ids of the units, and (K,) those in which the officers of each beat wait.
    ways
        (K, n) minutes from where the officers of each beat wait.
    travel_counts, waits, exact
        As for `ServiceSystem`; whether systems are solved exactly, as far as they can be.
    """

    calls: np.ndarray
    scene_minutes: np.ndarray
    together: np.ndarray | None
    beat: np.ndarray
    units: list[str]
    places: list[str]
    ways: np.ndarray
    travel_counts: bool
    waits: bool
    exact: bool


def _work(inputs: HeldInputs, officers: int) -> float:
    if inputs.exact and officers <= MOST_SERVERS:
        return 2.0 ** (officers - 12) * (1.0 if inputs.together is None else 8.0)
    return max(1.0, (officers / 16.0) ** 2)


def figures_held(
    inputs: HeldInputs, beats: list[str], shifts: Sequence[str], hours: np.ndarray, there: np.ndarray, days: list[str]
) -> tuple[CountedMonths, list[CountedFigures], pd.DataFrame] | None:
    """Return the figures of all months and of each year, and a table of what they are summed from; None where it would take too long.

    Parameters
    ----------
    inputs
        Calls and ways.
    beats, shifts, hours
        Ids of the K beats, and names and hours a week of the S shifts or periods.
    there
        (T, S, K) officers on duty in each month.
    days
        First days of the months, and the day after the last.
    """
    asked = np.array(sorted(range(len(beats)), key=lambda k: f"{beats[k]}-"))
    for step in STEPS:
        months = range(0, len(there), step)
        systems = {(s, tuple(there[t, s].tolist())) for t in months for s in range(len(shifts))}
        if sum(_work(inputs, sum(number)) for _, number in systems) <= MOST_WORK:
            break
    else:
        return None
    known = {key: _sums(inputs, key[0], np.array(key[1]), beats, asked) for key in sorted(systems)}
    rows: list[tuple[Any, ...]] = []
    for t in months:
        until = days[min(t + step, len(there))]
        for s, name in enumerate(shifts):
            found = known[s, tuple(there[t, s].tolist())]
            sums = [None] * len(SUMS) if found is None else [found[k] for k in SUMS]
            rows.append((days[t], until, name, int(there[t, s].sum()), float(hours[s]), *sums))
    table = pd.DataFrame(rows, columns=["first", "until", "shift", "on_duty", "hours", *SUMS])
    method = "exact" if inputs.exact and int(there.sum(axis=2).max()) <= MOST_SERVERS else "approximate"
    section: CountedMonths = {"method": method, "months_between": step, **totals(table)}
    years = [
        totals(table[(table["first"] >= days[t]) & (table["first"] < days[t + 12])]) for t in range(0, len(there), 12)
    ]
    return section, years, table


def totals(table: pd.DataFrame) -> CountedFigures:
    """Return the figures of some rows of the table, as in ``service.json``; of the hours in which the officers there can answer the calls."""
    hours = table["hours"].to_numpy(float)
    answerable = table["came"].notna().to_numpy()
    sums = {k: float((table[k].to_numpy(float) * hours)[answerable].sum()) for k in (*SUMS, "on_duty")}

    def share(part: str, whole: str) -> float | None:
        return sums[part] / sums[whole] if sums[whole] > 0 else None

    busy = share("busy", "on_duty")
    return {
        "own_share": share("own", "answered"),
        "wait_share": share("waited", "came"),
        "lost_share": share("lost", "came"),
        "mean_minutes": share("travel_minutes", "answered"),
        "mean_wait_minutes": share("wait_minutes", "came"),
        "people_share": None if busy is None else 1.0 - busy,
        "overloaded_share": float(hours[~answerable].sum() / hours.sum()),
    }


def _sums(
    inputs: HeldInputs, shift: int, number: np.ndarray, beats: list[str], asked: np.ndarray
) -> dict[str, float] | None:
    """Return what a system comes to in an hour; None where more calls come than its officers can answer."""
    # ties go by the ids of the officers, which begin with their beat's
    of = np.repeat(asked, number[asked])
    minutes = inputs.ways[of]
    own = (np.array(beats, dtype=object)[of][:, None] == inputs.beat[None, :]).astype(bool).reshape(minutes.shape)
    system = ServiceSystem(
        inputs.calls[shift],
        preference(minutes, own),
        minutes,
        float(inputs.scene_minutes[shift]),
        inputs.travel_counts,
        inputs.waits,
        None if inputs.together is None else inputs.together[shift],
    )
    if not len(of) or system.total <= 0:
        found = dict.fromkeys(SUMS, 0.0)
        return {**found, "came": system.total, "lost": system.total}
    flows: ServiceFlows = hypercube(system) if inputs.exact and len(of) <= MOST_SERVERS else approximate(system)
    if not flows.stable:
        return None
    waited, lost, wait = ((flows.of_atoms(system) * system.calls).sum(axis=1)).tolist()
    return {
        "came": system.total,
        "answered": float(flows.flow.sum()),
        "own": float(flows.flow[own].sum()),
        "travel_minutes": float((flows.flow * minutes).sum()),
        "waited": waited,
        "wait_minutes": wait,
        "lost": lost,
        "busy": float(flows.busy.sum()),
    }


def table_of_ways(inputs: HeldInputs, beats: list[str]) -> pd.DataFrame:
    """Return the ways of the officers of each beat to each unit: ``beat``, ``from``, ``unit``, ``minutes``."""
    n = len(inputs.units)
    return pd.DataFrame(
        {
            "beat": np.repeat(np.array(beats, dtype=object), n),
            "from": np.repeat(np.array(inputs.places, dtype=object), n),
            "unit": np.tile(np.array(inputs.units, dtype=object), len(beats)),
            "minutes": inputs.ways.ravel(),
        }
    )
