"""The service picture of beats: minutes to the caller, own officers, time left for people, by shift, beat and officer on duty.

Shares of calls (`own_share`, `cross_share`) are of the requests answered, `wait_share` and `lost_share` of all requests that come while
the shift is on duty; shares of time (`busy_share`, `away_share`, `people_share`) are of the hours on duty: busy with calls, busy with
calls of other beats, and not busy with calls. Minutes are the travel of the officer sent, from where he or she waits; waits stand apart.
A figure is None where nothing is there to measure it by: nobody on duty, no calls, or more calls than can be answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from beatplanner.data.description.sections.service import Service
from beatplanner.data.errors import InputError, problem
from beatplanner.data.result.service import (
    BeatFigures,
    MeasuredInShift,
    Method,
    PeriodsOfPicture,
    SeedOfPicture,
    ServerFigures,
    ServiceContent,
    ServiceFigures,
    ShiftFigures,
)
from beatplanner.data.town.service_tables import ServiceTables, read_service_tables
from beatplanner.data.town.town import Town
from beatplanner.planning.service.demand import Demand, demand
from beatplanner.planning.service.duty import Duty, duty
from beatplanner.planning.service.hours import ShiftHours, overlap, shift_hours
from beatplanner.planning.service.pattern import check_pattern
from beatplanner.solver.service.approximate import approximate
from beatplanner.solver.service.backup import backup_share
from beatplanner.solver.service.hypercube import MOST_SERVERS, hypercube
from beatplanner.solver.service.simulation import simulate
from beatplanner.solver.service.system import ServiceFlows, ServiceSystem, nobody, preference, waits_by_priority

# Servers up to which the exact model is used where no method is asked for.
EXACT_SERVERS = 12
SIMULATED_CALLS = 400_000
# How near drawn states are to long simulations (`benchmarks/service.py`).
DRAWN_WITHIN = 0.02


@dataclass(frozen=True)
class ShiftPicture:
    """One shift: its system, what it amounts to, whose the servers and atoms are, and how often backup is near."""

    hours: ShiftHours
    servers: pd.DataFrame
    system: ServiceSystem
    flows: ServiceFlows
    own: np.ndarray
    half_width: dict[str, float]
    backup: np.ndarray | None = None


@dataclass(frozen=True)
class ServicePicture:
    """All shifts.

    Attributes
    ----------
    method
        How the flows were found.
    shifts
        One a shift.
    beat
        (n,) beat of each unit.
    demand, duty
        What came in.
    seed
        Of a simulation.
    tables
        The rules and tables of the service.
    """

    method: Method
    shifts: tuple[ShiftPicture, ...]
    beat: np.ndarray
    demand: Demand
    duty: Duty
    seed: int
    tables: ServiceTables


@dataclass(frozen=True)
class ServiceInputs:
    """What the service of a town is counted from, whatever its beats: read once for today's beats and a plan's.

    Attributes
    ----------
    tables, shifts, demand
        The tables of the section, its shifts, and when calls come.
    """

    tables: ServiceTables
    shifts: tuple[ShiftHours, ...]
    demand: Demand


def read_inputs(town: Town) -> ServiceInputs:
    """Read what the service picture needs.

    Raises
    ------
    InputError
        Where nothing says when calls come, or a table cannot be used.
    """
    tables = read_service_tables(town)
    check_pattern(tables.rules, town.description.file)
    shifts = shift_hours(tables.rules)
    return ServiceInputs(tables, shifts, demand(town, tables, shifts))


def service_picture(
    town: Town,
    inputs: ServiceInputs,
    beat: np.ndarray,
    posts: dict[str, int],
    *,
    method: Method | None = None,
    seed: int = 0,
    calls: int = SIMULATED_CALLS,
    cancelled: Callable[[], bool] = lambda: False,
) -> ServicePicture:
    """Look at the service of beats.

    Parameters
    ----------
    town, inputs
        The town and what its service is counted from.
    beat
        (n,) beat of each unit, None where it has none.
    posts
        Posts of each beat, from which follows who is on duty where no servers are given.
    method
        The exact model where no shift has more than `EXACT_SERVERS` servers, else its approximation, unless one is asked for, here or by the rules.
    seed, calls
        Of a simulation: the same seed gives the same figures; calls drawn for each shift.
    cancelled
        Asked before each shift; True ends with InputError.

    Raises
    ------
    InputError
        Where the exact model is asked for with too many servers, or a server is of a beat that is not there.
    """
    file = town.description.file
    tables, shifts, wanted = inputs.tables, inputs.shifts, inputs.demand
    who = duty(town, tables, shifts, beat, posts, wanted.calls)
    most = max(len(s) for s in who.servers)
    if method is None and tables.rules.method != "auto":
        method = tables.rules.method
    if method is None:
        method = "exact" if most <= EXACT_SERVERS else "approximate"
    if method == "exact" and most > MOST_SERVERS:
        what = f"{most} officers are on duty at once, and the exact model can count {MOST_SERVERS}"
        raise InputError(problem(what, "Use --method approximate or simulate", file=file, field="--method"))
    found: list[ShiftPicture] = []
    for s, (hours, servers) in enumerate(zip(shifts, who.servers, strict=True)):
        if cancelled():
            raise InputError(problem("stopped before all shifts were counted", "Run it again"))
        system, own = queueing_system(town, tables, servers, beat, wanted, s)
        half: dict[str, float] = {}
        if not len(servers):
            flows = nobody(system)
        elif method == "simulate":
            drawn = simulate(system, own, calls=calls, seed=seed + s)
            flows, half = drawn.flows, drawn.half_width
        else:
            flows = hypercube(system) if method == "exact" else approximate(system)
        near = tables.rules.backup_minutes
        backup = None if near is None else backup_share(system, flows, near)
        found.append(ShiftPicture(hours, servers, system, flows, own, half, backup))
    return ServicePicture(method, tuple(found), beat, wanted, who, seed, tables)


def travel_minutes(town: Town, rules: Service, minutes: np.ndarray | None, units: np.ndarray) -> np.ndarray:
    """Return travel from some units to all, (N, n) minutes: by a table, else straight line × detour ÷ speed.

    Parameters
    ----------
    town, rules
        Places; detour and speed.
    minutes
        (n, n) of a table or roads, or None.
    units
        (N,) positions.
    """
    if minutes is not None:
        return minutes[units]
    points = town.points()
    metres = np.hypot(points[units, None, 0] - points[None, :, 0], points[units, None, 1] - points[None, :, 1])
    return metres * rules.detour / (rules.speed_kmh * 1000.0 / 60.0)


def queueing_system(
    town: Town, tables: ServiceTables, servers: pd.DataFrame, beat: np.ndarray, wanted: Demand, shift: int
) -> tuple[ServiceSystem, np.ndarray]:
    """Return the queueing system of a shift, and whether each server is of each unit's beat, (N, n) bool.

    Parameters
    ----------
    town, tables
        The town and the tables of its service.
    servers
        Who is on duty, as in `Duty`.
    beat
        (n,) beat of each unit, None where it has none.
    wanted, shift
        When calls come, and the position of the shift among its shifts.
    """
    minutes = travel_minutes(town, tables.rules, tables.minutes, servers["unit"].to_numpy(int))
    if "speed_kmh" in servers:
        # who walks or cycles takes the same way more slowly
        minutes = minutes * (tables.rules.speed_kmh / servers["speed_kmh"].to_numpy(float))[:, None]
    mine = servers["beat"].to_numpy(object)
    known = np.array([m is not None for m in mine], bool)
    own = (known[:, None] & (mine[:, None] == beat[None, :])).astype(bool).reshape(len(mine), len(beat))
    order = preference(minutes, own)
    return ServiceSystem(
        wanted.calls[shift],
        order,
        minutes,
        float(wanted.scene_minutes[shift]),
        tables.rules.travel_counts,
        tables.rules.queue == "wait",
        None if wanted.together is None else wanted.together[shift],
    ), own


def figures_of_service(picture: ServicePicture) -> ServiceContent:
    """Return the content of ``service.json``: the figures of the whole week, of each shift, and of its beats and servers."""
    periods = [_of_shift(s, picture.beat) for s in picture.shifts]
    for number, (s, period) in enumerate(zip(picture.shifts, periods, strict=True)):
        urgent = {k: float(v[number]) for k, v in picture.demand.by_priority.items()}
        if len(urgent) > 1 and s.system.waits and s.flows.stable and s.system.total > 0:
            waits = waits_by_priority(s.system, s.flows, urgent)
            period["mean_wait_minutes_by_priority"] = {str(k): w for k, w in waits.items()}
    shifts = periods if not overlap([s.hours for s in picture.shifts]) else _of_shifts(picture)
    whole = _together([(s, s.hours.hours_a_week) for s in picture.shifts])
    notes = [n.what for n in (*picture.tables.notes, *picture.demand.notes)]
    for s in picture.shifts:
        if len(s.servers) and not s.flows.stable:
            notes.append(
                f"In the shift “{s.hours.name}” more calls come than the officers on duty can answer: waits grow without end."
            )
        elif picture.method == "approximate" and s.flows.drawn and s.system.together is not None:
            notes.append(
                f"In the shift “{s.hours.name}” some calls need several officers at once, for whom there is no formula: calls were followed"
                " one by one, with a fixed seed; own share and minutes are near, not exact."
            )
        elif picture.method == "approximate" and s.flows.drawn:
            notes.append(
                f"In the shift “{s.hours.name}” officers are so busy, or calls so unevenly spread among them, that formulas are too far off: states"
                f" of who is busy were drawn in their place, with a fixed seed; own share and minutes within about {DRAWN_WITHIN:.0%}."
            )
        if not len(s.servers):
            notes.append(f"In the shift “{s.hours.name}” nobody is on duty.")
    if picture.demand.outside > 0:
        notes.append(f"{picture.demand.outside:.1%} of the calls come when no shift is on duty.")
    beats = [b for b in dict.fromkeys(picture.beat) if b is not None]
    present = {b: sum(s.hours.hours_a_week for s in picture.shifts if (s.servers["beat"] == b).any()) for b in beats}
    seed: SeedOfPicture = {"seed": picture.seed} if picture.method == "simulate" else {}
    overlapping: PeriodsOfPicture = {}
    if shifts is not periods:
        overlapping["periods"] = [
            {**p, "shifts": list(s.hours.shifts)} for p, s in zip(periods, picture.shifts, strict=True)
        ]
    return {
        "method": picture.method,
        **seed,
        **whole,
        "calls_a_week": sum(s.system.total * s.hours.hours_a_week for s in picture.shifts),
        "outside_share": picture.demand.outside,
        "week": None if np.isnan(picture.demand.week).any() else [float(v) for v in picture.demand.week],
        "nobody_share": {b: 1.0 - hours / 168.0 for b, hours in present.items()},
        "servers_from_posts": picture.duty.from_posts,
        "beats": {b: _of_beat(picture, b) for b in beats},
        "servers": _of_servers(picture),
        "shifts": shifts,
        **overlapping,
        "notes": notes,
    }


def _of_shifts(picture: ServicePicture) -> list[ShiftFigures]:
    """Return the figures of each shift where some overlap: of all calls of its hours, and of all who are on duty in them."""
    found: list[ShiftFigures] = []
    for name in dict.fromkeys(name for s in picture.shifts for name in s.hours.shifts):
        mine = [s for s in picture.shifts if name in s.hours.shifts]
        only = replace(picture, shifts=tuple(mine))
        hours = [(s, s.hours.hours_a_week) for s in mine]
        length = sum(h for _, h in hours)
        beats = [b for b in dict.fromkeys(picture.beat) if b is not None]
        found.append(
            {
                "name": name,
                "hours_a_week": length,
                **_together(hours),
                "calls_an_hour": sum(s.system.total * h for s, h in hours) / length,
                "servers_on_duty": sum(len(s.servers) * h for s, h in hours) / length,
                "beats": {b: _of_beat(only, b) for b in beats},
                "servers": _of_servers(only),
            }
        )
    return found


def _of_beat(picture: ServicePicture, beat: str) -> BeatFigures:
    """Return a beat's figures over the hours of a picture."""
    shifts, atoms = [(s, s.hours.hours_a_week) for s in picture.shifts], picture.beat == beat
    mine = [s.servers["beat"].to_numpy(object) == beat for s, _ in shifts]
    return {
        **_figures(shifts, [atoms] * len(shifts), mine),
        "calls_a_week": sum(float(s.system.calls[atoms].sum()) * h for s, h in shifts),
        "duty_hours_a_week": sum(float(m.sum()) * h for m, (_, h) in zip(mine, shifts, strict=True)),
    }


def _of_servers(picture: ServicePicture) -> dict[str, ServerFigures]:
    """Return the figures over the whole week of each server, in the shifts in which it is on duty."""
    found: dict[str, ServerFigures] = {}
    names = dict.fromkeys(str(n) for s in picture.shifts for n in s.servers["server"])
    everywhere = np.ones(len(picture.beat), bool)
    for name in names:
        here = [
            (s, (s.servers["server"].astype(str) == name).to_numpy())
            for s in picture.shifts
            if name in set(s.servers["server"].astype(str))
        ]
        figures = _figures(
            [(s, s.hours.hours_a_week) for s, _ in here],
            [everywhere] * len(here),
            [mine for _, mine in here],
            of_servers=True,
        )
        first, mine = here[0]
        found[name] = {"beat": first.servers["beat"].to_numpy(object)[mine][0], **figures}
    return found


def _of_shift(s: ShiftPicture, beat: np.ndarray) -> ShiftFigures:
    mine = s.servers["beat"].to_numpy(object)
    everywhere = np.ones(len(beat), bool)
    servers: dict[str, ServerFigures] = {}
    for i, name in enumerate(s.servers["server"]):
        one = np.arange(len(mine)) == i
        servers[str(name)] = {"beat": mine[i], **_figures([(s, 1.0)], [everywhere], [one], of_servers=True)}
    beats = [b for b in dict.fromkeys(beat) if b is not None]
    measured: MeasuredInShift = {}
    if s.flows.by_number is not None and s.flows.stable:
        keys = ("wait_share", "lost_share", "mean_wait_minutes")
        measured["by_officers"] = {
            str(k): dict(zip(keys, map(float, column), strict=True)) for k, column in enumerate(s.flows.by_number.T, 1)
        }
    if s.half_width:
        measured["half_width"] = s.half_width
    return {
        "name": s.hours.name,
        "hours_a_week": s.hours.hours_a_week,
        **_together([(s, 1.0)]),
        "calls_an_hour": s.system.total,
        "servers_on_duty": len(s.servers),
        **measured,
        "beats": {b: {**_figures([(s, 1.0)], [beat == b], [mine == b])} for b in beats},
        "servers": servers,
    }


def _together(shifts: list[tuple[ShiftPicture, float]]) -> ServiceFigures:
    atoms = [np.ones(len(s.system.calls), bool) for s, _ in shifts]
    return _figures(shifts, atoms, [np.ones(len(s.servers), bool) for s, _ in shifts])


def _figures(
    shifts: Sequence[tuple[ShiftPicture, float]],
    atoms: Sequence[np.ndarray],
    servers: Sequence[np.ndarray],
    *,
    of_servers: bool = False,
) -> ServiceFigures:
    """Return the figures of some atoms' calls and some servers' time, shifts weighted by hours.

    With `of_servers` the calls are those that the servers answer, wherever they come from.
    """
    answered = own = came = lost = waited = wait_time = busy = away = duty_time = backed = 0.0
    minutes: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    known, asked = True, any(s.backup is not None for s, _ in shifts)
    for (s, hours), atom, server in zip(shifts, atoms, servers, strict=True):
        total = float(s.system.calls[atom].sum()) * hours
        came += total
        duty_time += float(server.sum()) * hours
        if not s.flows.stable:
            # nobody on duty loses every call; too many calls leave nothing to measure
            lost += total * s.flows.lost_share
            if len(s.servers) and total > 0:
                known = False
            continue
        fates = (s.flows.of_atoms(s.system) * s.system.calls)[:, atom].sum(axis=1) * hours
        waited, lost, wait_time = waited + float(fates[0]), lost + float(fates[1]), wait_time + float(fates[2])
        flow = s.flows.flow[:, atom] * hours if not of_servers else s.flows.flow[server] * hours
        mine = s.own[:, atom] if not of_servers else s.own[server]
        travel = s.system.minutes[:, atom] if not of_servers else s.system.minutes[server]
        answered += float(flow.sum())
        own += float(flow[mine].sum())
        minutes.append(travel.ravel())
        weights.append(flow.ravel())
        if s.backup is not None and not of_servers:
            backed += float((flow.sum(axis=0) * s.backup[atom]).sum())
        busy += float(s.flows.busy[server].sum()) * hours
        service = s.system.scene_minutes / 60.0 + (s.system.minutes[server] / 60.0 if s.system.travel_counts else 0.0)
        abroad = s.flows.flow[server] * ~s.own[server] * service
        # a car that several beats share is away from nowhere
        has_beat = np.array([b is not None for b in s.servers["beat"].to_numpy(object)[server]], bool)
        away += float(abroad[has_beat].sum()) * hours

    def share(part: float, whole: float) -> float | None:
        return part / whole if known and whole > 0 else None

    middle, late, mean = (None, None, None)
    if known and answered > 0:
        m, w = np.concatenate(minutes), np.concatenate(weights)
        mean = float((m * w).sum() / w.sum())
        middle, late = (quantile(m, w, q) for q in (0.5, 0.9))
    found: ServiceFigures = {
        "own_share": share(own, answered),
        "cross_share": share(answered - own, answered),
        "busy_share": share(busy, duty_time),
        "wait_share": None if of_servers else share(waited, came),
        "lost_share": None if of_servers else share(lost, came),
        "mean_minutes": mean,
        "median_minutes": middle,
        "p90_minutes": late,
        "mean_wait_minutes": None if of_servers else share(wait_time, came),
        "away_share": share(away, duty_time),
        "people_share": share(duty_time - busy, duty_time),
    }
    if asked and not of_servers:
        found["backup_share"] = share(backed, answered)
    return found


def quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """Return the smallest value below or at which at least a share of the weights lies."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(reached, share - 1e-12)), len(order) - 1)])
