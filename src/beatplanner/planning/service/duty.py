"""Who is on duty: servers of each shift, where they wait and whose they are.

Where no table of servers is given, they follow from the posts. By a pattern of duty (`pattern`) each shift has its share of a beat's posts.
Without one the officers of a beat with P posts are on duty for
P × annual hours × (1 − absence) a year. These hours are shared out to the shifts in proportion to the calls in each, and rounded to whole
officers so that no beat and no shift gains or loses as much as one. A beat may have nobody of its own in a shift: that is what few posts mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from beatplanner.data.description.sections.service import Service
from beatplanner.data.description.sections.workload import Workload
from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import did_you_mean
from beatplanner.data.formats.ids import as_known
from beatplanner.data.town.service_tables import ServiceTables
from beatplanner.data.town.town import Town
from beatplanner.planning.service.demand import WEEKS_A_YEAR
from beatplanner.planning.service.hours import ShiftHours, overlap
from beatplanner.planning.service.pattern import part_on_duty


@dataclass(frozen=True)
class Duty:
    """Who is on duty.

    Attributes
    ----------
    servers
        One table a shift: ``server`` (text), ``beat`` (text or None), ``unit`` (position where it waits); by a table also ``speed_kmh``.
    from_posts
        Whether they were worked out from the posts.
    """

    servers: tuple[pd.DataFrame, ...]
    from_posts: bool


def duty(
    town: Town,
    tables: ServiceTables,
    shifts: tuple[ShiftHours, ...],
    beat: np.ndarray,
    posts: dict[str, int],
    calls: np.ndarray,
) -> Duty:
    """Return who is on duty.

    Parameters
    ----------
    town, tables, shifts
        The town, its tables of the service, and the shifts.
    beat
        (n,) beat of each unit (text), None where it has none.
    posts
        Posts of each beat.
    calls
        (S, n) calls an hour.

    Raises
    ------
    InputError
        Where a server is of a beat that is not there.
    """
    known = [b for b in dict.fromkeys(beat) if b is not None]
    if tables.servers is not None:
        servers = tables.servers.assign(
            beat=pd.Series(as_known(list(tables.servers["beat"]), known)[0], index=tables.servers.index, dtype=object)
        )
        for name in servers["beat"].dropna().unique():
            if name not in known:
                mend = did_you_mean(str(name), known) or "Leave the cell empty for a car that several beats share"
                raise InputError(
                    problem(f"there is no beat “{name}”", mend, file=town.description.file, field="service.servers")
                )
        found: list[pd.DataFrame] = []
        for shift in shifts:
            mine = servers["shift"].isna() | servers["shift"].isin(shift.shifts)
            there = (
                servers.loc[mine, ["server", "beat", "unit", "speed_kmh"]]
                .sort_values("server", kind="stable")
                .drop_duplicates()
                .reset_index(drop=True)
            )
            twice = there["server"][there["server"].duplicated()]
            if len(twice):
                what = f"the server “{twice.iat[0]}” waits at two places while {shift.name} are on duty"
                mend = "Give the servers of shifts that overlap names of their own"
                raise InputError(problem(what, mend, file=town.description.file, field="service.servers"))
            found.append(there)
        return Duty(tuple(found), from_posts=False)
    return Duty(_from_posts(town, tables.rules, shifts, beat, posts, calls), from_posts=True)


def numbers_on_duty(
    rules: Service,
    workload: Workload,
    shifts: Sequence[ShiftHours],
    beat: np.ndarray,
    posts: dict[str, int],
    calls: np.ndarray,
) -> tuple[list[str], list[str], np.ndarray]:
    """Return the shifts' names, the beats, and whole officers on duty by the posts, (shifts, beats).

    Parameters
    ----------
    rules, workload
        Pattern of duty; annual hours and absence.
    shifts
        Shifts, or the periods that they make.
    beat
        (n,) beat of each unit, None where it has none.
    posts
        Posts of each beat.
    calls
        (S, n) calls an hour in each of `shifts`.
    """
    known = [b for b in dict.fromkeys(beat) if b is not None]
    names = list(dict.fromkeys(name for s in shifts for name in s.shifts))
    # hours of each period in each shift: alike where none overlap
    hours = np.array([[s.hours_a_week if name in s.shifts else 0.0 for s in shifts] for name in names])
    length = hours.sum(axis=1)
    of_beats = hours @ _calls_of_beats(calls, beat, known) / np.maximum(length, 1e-12)[:, None]
    if rules.pattern:
        held = np.array([posts.get(b, 0) for b in known])
        mean = np.array([part_on_duty(rules, name, workload) for name in names])[:, None] * held
    else:
        mean = mean_on_duty(posts, known, length, of_beats, workload)
        mean *= _at_once(mean, hours > 0, posts, known, workload)[:, None]
    return names, known, whole_officers(mean, length[:, None] * of_beats)


def _from_posts(
    town: Town,
    rules: Service,
    shifts: Sequence[ShiftHours],
    beat: np.ndarray,
    posts: dict[str, int],
    calls: np.ndarray,
) -> tuple[pd.DataFrame, ...]:
    names, known, number = numbers_on_duty(rules, town.description.workload, shifts, beat, posts, calls)
    centre = waiting_places(town, beat, known)
    several = overlap(shifts)

    def there(names_now: tuple[str, ...]) -> pd.DataFrame:
        rows = [
            (f"{b}-{k + 1} {name}" if several else f"{b}-{k + 1}", b, centre[b])
            for name in names_now
            for i, b in enumerate(known)
            for k in range(number[names.index(name), i])
        ]
        # ties between servers go by their ids
        return pd.DataFrame(sorted(rows), columns=["server", "beat", "unit"]).astype({"unit": int})

    return tuple(there(s.shifts) for s in shifts)


def waiting_places(town: Town, beat: np.ndarray, known: list[str]) -> dict[str, int]:
    """Return the unit at the centre of each beat, where its officers wait: the least way to the beat's residents, straight line."""
    points, weight = town.points(), town.units["population"].fillna(0).to_numpy(float) + 1e-9
    centre: dict[str, int] = {}
    for b in known:
        units = np.flatnonzero(beat == b)
        apart = np.hypot(
            points[units, None, 0] - points[None, units, 0], points[units, None, 1] - points[None, units, 1]
        )
        centre[b] = int(units[np.argmin(weight[units] @ apart)])
    return centre


def _calls_of_beats(calls: np.ndarray, beat: np.ndarray, known: list[str]) -> np.ndarray:
    place = {b: i for i, b in enumerate(known)}
    found = np.zeros((len(calls), len(known)))
    for u, b in enumerate(beat):
        if b is not None:
            found[:, place[b]] += calls[:, u]
    return found


def hours_a_post(rules: Workload) -> float:
    """Return the hours a week that one post is on duty: annual hours less absence."""
    return rules.annual_hours * (1 - rules.absence) / WEEKS_A_YEAR


def mean_on_duty(
    posts: dict[str, int], known: list[str], hours: np.ndarray, calls: np.ndarray, rules: Workload
) -> np.ndarray:
    """Return officers on duty on average, (S, K): the hours of each beat's posts, shared out to the shifts by all calls of each.

    No shift has more on duty than the posts that are not absent, however few hours it has.

    Parameters
    ----------
    posts, known
        Posts of each beat, and the beats in order.
    hours
        (S,) hours a week of each shift.
    calls
        (S, K) calls an hour of each beat.
    rules
        Annual hours and absence.
    """
    share = (calls * hours[:, None]).sum(axis=1) + 1e-12
    length, most = np.maximum(hours, 1e-12), 1 - rules.absence
    on_duty = np.zeros(len(hours))
    full = np.zeros(len(hours), bool)
    # a shift of few hours cannot take more officers than there are: what is left over goes to the others
    while not full.all():
        left = hours_a_post(rules) - (on_duty * length)[full].sum()
        on_duty[~full] = left * share[~full] / share[~full].sum() / length[~full]
        over = ~full & (on_duty > most)
        if not over.any():
            break
        on_duty[over], full = most, full | over
    return on_duty[:, None] * np.array([posts.get(b, 0) for b in known])[None, :]


def _at_once(
    mean: np.ndarray, there: np.ndarray, posts: dict[str, int], known: list[str], rules: Workload
) -> np.ndarray:
    """Return the part of its officers that each shift keeps, (S,): shifts that overlap have no more at once than there are."""
    most = sum(posts.get(b, 0) for b in known) * (1 - rules.absence)
    part = np.ones(len(mean))
    for period in there.T:
        now = float((mean.sum(axis=1) * part)[period].sum())
        if now > most + 1e-9:
            part[period] *= most / now
    return part


def whole_officers(mean: np.ndarray, calls: np.ndarray) -> np.ndarray:
    r"""Return whole officers on duty, (S, K).

    A table of fractions m is rounded so that each entry, each beat's sum, each shift's sum and the sum of all lie within one of the table's;
    such a rounding always exists [1]_. Of all of them one is taken with the most calls in shifts in which an officer of the own beat is on duty:

    .. math::  \max \sum_{sb} \frac{c_{sb}}{\lfloor m_{sb} \rfloor + 1} x_{sb}

    over the vertices of a transportation polytope, which are whole. So no beat whose posts fill a shift is left without one for the sake of
    busier beats.

    Parameters
    ----------
    mean
        (S, K) officers on duty on average.
    calls
        (S, K) calls a week of each beat in each shift.

    References
    ----------
    .. [1] M. Bacharach, "Matrix rounding problems", Management Science 12 (1966), 732–742.
    """
    shifts, beats = mean.shape
    whole = round(float(mean.sum()))
    if whole == 0:
        return np.zeros(mean.shape, int)
    value = calls / (_least(mean) + 1)
    # beats and shifts that are alike keep their order
    value = value / max(value.max(), 1e-12) - 1e-6 * np.arange(mean.size).reshape(mean.shape) / mean.size
    of_shift = sparse.kron(sparse.eye(shifts), np.ones((1, beats)))
    of_beat = sparse.kron(np.ones((1, shifts)), sparse.eye(beats))
    both = np.r_[mean.sum(axis=1), mean.sum(axis=0)]
    found = milp(
        -value.ravel(),
        integrality=np.ones(mean.size, int),
        bounds=Bounds(_least(mean).ravel(), _most(mean).ravel()),
        constraints=[
            LinearConstraint(sparse.vstack([of_shift, of_beat]).tocsr(), _least(both), _most(both)),
            LinearConstraint(np.ones((1, mean.size)), whole, whole),
        ],
    )
    assert found.x is not None, "a table of fractions can always be rounded so"
    return np.round(found.x).astype(int).reshape(mean.shape)


def _least(of: np.ndarray) -> np.ndarray:
    return np.floor(of + 1e-9)


def _most(of: np.ndarray) -> np.ndarray:
    return np.ceil(of - 1e-9)
