"""When calls come: calls an hour from each unit in each shift, and the week that they make.

A unit's calls a year are those of the workload (`planning.workload`), by category. Each category's calls are spread over the 168 hours
of the week by the times of its incidents in the whole town, smoothed over neighbouring hours and days of a kind as far as that lowers
the expected error: of the kernels of `KERNELS` and the groups of days of `POOLS`, the one with the least Σ (s_h − c_h)² + 2 Σ K_hh c_h − Σ c_h, an unbiased estimate of the squared error for
Poisson counts c and smoothed counts s = K c. The hours of the week sum to the year's calls. An incident without an hour, and the excess
of incidents at exactly midnight (many systems write 00:00 where they know the day alone), follow the others of their category.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.formats.frames import each_row
from beatplanner.data.town.service_tables import ServiceTables
from beatplanner.data.town.town import Town
from beatplanner.planning.service.hours import HOURS, ShiftHours, overlap
from beatplanner.planning.workload import plan_workload

WEEKS_A_YEAR = 365.25 / 7
# Days whose hours may be taken to be alike: none; working days and weekends; working days, Saturday, Sunday; all.
POOLS = (tuple((d,) for d in range(7)), ((0, 1, 2, 3, 4), (5,), (6,)), ((0, 1, 2, 3, 4), (5, 6)), (tuple(range(7)),))
# Hours to each side over which a category is smoothed, triangular.
WIDTHS = (0, 1, 2, 3, 4, 6)


def _kernels() -> tuple[np.ndarray, ...]:
    """Return the triangular kernels K, and each applied again to what it leaves, 2 K − K², which flattens peaks and valleys less (Tukey's twicing)."""
    found: list[np.ndarray] = []
    for width in WIDTHS:
        kernel = 1.0 + width - np.abs(np.arange(-width, width + 1))
        kernel /= kernel.sum()
        found.append(kernel)
        if width:
            found.append(2 * np.pad(kernel, width) - np.convolve(kernel, kernel))
    return tuple(found)


KERNELS = _kernels()
# Incidents at exactly 00:00 are taken for unknown hours where they are this many times those of the fullest other hour.
MIDNIGHT_EXCESS = 2.0
FEWEST_TIMES = 20


@dataclass(frozen=True)
class Demand:
    """When calls come.

    Attributes
    ----------
    calls
        (S, n) requests for an officer an hour in each shift, from each unit: a call that needs two officers counts twice.
    week
        (168,) calls a week by hour, of all units; NaN in every hour where only rates by shift are known.
    scene_minutes
        (S,) mean minutes on scene of the requests of each shift.
    outside
        Share of the calls that come when no shift is on duty.
    yearly
        (n,) calls a year of each unit, all hours.
    together
        (S, n, M) calls an hour by the officers that they need at once, 1 … M; None where each needs one.
    by_priority
        By priority, 1 the most urgent: (S,) requests an hour in each shift.
    notes
        What was assumed.
    """

    calls: np.ndarray
    week: np.ndarray
    scene_minutes: np.ndarray
    outside: float
    yearly: np.ndarray
    by_priority: dict[int, np.ndarray]
    notes: tuple[Note, ...]
    together: np.ndarray | None = None


def _together(by_officers: dict[int, np.ndarray]) -> np.ndarray | None:
    """Return `Demand.together` of calls an hour, (S, n), by the officers that they need."""
    most = max(by_officers, default=1)
    if most == 1:
        return None
    nothing = np.zeros_like(by_officers[most])
    return np.stack([by_officers.get(k, nothing) for k in range(1, most + 1)], axis=-1)


def demand(town: Town, tables: ServiceTables, shifts: tuple[ShiftHours, ...]) -> Demand:
    """Return when calls come, by the table of rates where there is one, else by the incidents.

    Raises
    ------
    InputError
        Where neither is there, or rates by shift are given for shifts that overlap.
    """
    if tables.calls is not None:
        if overlap(shifts) and tables.calls["shift"].notna().any():
            raise InputError(
                problem(
                    "rates by shift say nothing of hours in which several shifts are on duty",
                    "Leave the column “shift” out, or cut the shifts where they meet",
                    file=town.description.file,
                    field="service.calls",
                )
            )
        found = _from_rates(town, tables, shifts)
    elif town.incidents is not None:
        found = _from_incidents(town, tables, shifts)
    else:
        raise InputError(
            problem(
                "nothing says when calls come",
                "Give [incidents] with times, or service.calls with rates",
                file=town.description.file,
                field="service",
            )
        )
    if found.calls.sum() <= 0:
        empty = "no call comes in any shift: the service is empty, and officers on duty have all their time for people"
        note = Note("warning", empty, "Check the times and the rates", file=town.description.file, field="service")
        found = replace(found, notes=(*found.notes, note))
    return found


def _kind(tables: ServiceTables, category: str) -> tuple[float, int, int]:
    return tables.categories.get(category.strip().casefold(), (tables.rules.minutes_on_scene, 1, 1))


def _from_rates(town: Town, tables: ServiceTables, shifts: tuple[ShiftHours, ...]) -> Demand:
    table = tables.calls
    assert table is not None
    n = len(town.units)
    calls, work = np.zeros((len(shifts), n)), np.zeros(len(shifts))
    single = np.zeros((len(shifts), n))
    urgent: dict[int, np.ndarray] = {}
    by_officers: dict[int, np.ndarray] = {}
    for row in each_row(table):
        minutes, officers, priority = _kind(tables, str(row.category))
        of_number = by_officers.setdefault(officers, np.zeros((len(shifts), n)))
        of_priority = urgent.setdefault(priority, np.zeros(len(shifts)))
        for s, shift in enumerate(shifts):
            if row.shift is None or row.shift == shift.name:
                single[s, row.unit] += row.per_hour
                of_number[s, row.unit] += row.per_hour
                calls[s, row.unit] += row.per_hour * officers
                work[s] += row.per_hour * officers * minutes
                of_priority[s] += row.per_hour * officers
    total = calls.sum(axis=1)
    scene = np.divide(work, total, out=np.full(len(shifts), tables.rules.minutes_on_scene), where=total > 0)
    hours = np.array([s.hours_a_week for s in shifts])
    week, outside = np.full(HOURS, np.nan), 0.0
    if table["shift"].isna().all():
        week = np.full(HOURS, float(table["per_hour"].sum()))
        outside = max(0.0, 1.0 - float(hours.sum()) / HOURS)
    return Demand(
        calls,
        week,
        scene,
        outside if outside > 1e-9 else 0.0,
        (single * hours[:, None]).sum(axis=0) * WEEKS_A_YEAR,
        urgent,
        (),
        _together(by_officers),
    )


def _from_incidents(town: Town, tables: ServiceTables, shifts: tuple[ShiftHours, ...]) -> Demand:
    points = town.incidents
    assert points is not None
    n = len(town.units)
    inside = points[points["unit"] >= 0]
    yearly = plan_workload(town).incidents
    count = np.bincount(inside["unit"].to_numpy(int), minlength=n)
    factor = np.divide(yearly, count, out=np.zeros(n), where=count > 0)
    covered = np.array([s.covered for s in shifts])
    calls, work, week = np.zeros((len(shifts), n)), np.zeros(len(shifts)), np.zeros(HOURS)
    single = np.zeros(len(shifts))
    urgent: dict[int, np.ndarray] = {}
    by_officers: dict[int, np.ndarray] = {}
    notes: list[Note] = []
    all_hours, hidden = hours_of_week(inside["time"])
    if hidden:
        notes.append(
            Note(
                "info",
                f"{hidden:,} incidents at exactly midnight are taken to have no hour, and follow the hours of the others",
            )
        )
    if len(all_hours) < FEWEST_TIMES:
        notes.append(
            Note(
                "warning",
                f"only {len(all_hours):,} incidents have an hour: calls are taken to come evenly over the week"
                if len(all_hours)
                else "no incident has an hour: calls are taken to come evenly over the week",
                "Name the column with the time as incidents.time",
                field="service",
            )
        )
    town_profile = profile(all_hours)
    for category, rows in inside.groupby("category", sort=True):
        hours, _ = hours_of_week(rows["time"])
        shape = profile(hours) if len(hours) >= FEWEST_TIMES else town_profile
        of_unit = np.bincount(rows["unit"].to_numpy(int), minlength=n) * factor
        minutes, officers, priority = _kind(tables, str(category))
        # calls in one hour of duty: those of the week's covered hours, over the hours covered
        in_shift = covered @ shape
        duty = covered.sum(axis=1)
        rate = (
            np.divide(in_shift, duty, out=np.zeros(len(shifts)), where=duty > 0)[:, None]
            * of_unit[None, :]
            / WEEKS_A_YEAR
        )
        calls += rate * officers
        by_officers[officers] = by_officers.get(officers, np.zeros_like(rate)) + rate
        work += rate.sum(axis=1) * officers * minutes
        urgent[priority] = urgent.get(priority, np.zeros(len(shifts))) + rate.sum(axis=1) * officers
        single += in_shift * of_unit.sum()
        week += shape * of_unit.sum() / WEEKS_A_YEAR
    total = calls.sum(axis=1)
    scene = np.divide(work, total, out=np.full(len(shifts), tables.rules.minutes_on_scene), where=total > 0)
    outside = max(0.0, 1.0 - float(single.sum()) / float(yearly.sum())) if yearly.sum() > 0 else 0.0
    known = outside if outside > 1e-9 else 0.0
    return Demand(calls, week, scene, known, yearly, urgent, tuple(notes), _together(by_officers))


def hours_of_week(times: pd.Series) -> tuple[np.ndarray, int]:
    """Return the hours of the week, 0–167, of the times that have one, and how many at midnight were taken to have none."""
    known = times.dropna()
    hour, weekday = known.dt.hour.to_numpy(int), known.dt.day_of_week.to_numpy(int)
    midnight = ((known.dt.hour == 0) & (known.dt.minute == 0) & (known.dt.second == 0)).to_numpy()
    sharp = ((known.dt.minute == 0) & (known.dt.second == 0)).to_numpy() & ~midnight
    fullest = (
        max(np.bincount(hour[sharp], minlength=24).max(), np.bincount(hour[~midnight], minlength=24).max() / 12.0)
        if len(known)
        else 0
    )
    if midnight.sum() > MIDNIGHT_EXCESS * max(fullest, 1.0):
        return (weekday * 24 + hour)[~midnight], int(midnight.sum())
    return weekday * 24 + hour, 0


def profile(hours: np.ndarray) -> np.ndarray:
    """Return the share of the week's calls in each hour, (168,), which sums to 1; even where no hour is known."""
    counts = np.bincount(hours, minlength=HOURS).astype(float)
    total = counts.sum()
    if total < FEWEST_TIMES:
        return np.full(HOURS, 1.0 / HOURS)
    best, least = counts, np.inf
    for pool in POOLS:
        # hours of days that are taken to be alike share their mean
        days = counts.reshape(7, 24)
        alike = np.concatenate([np.tile(days[list(group)].mean(axis=0), (len(group), 1)) for group in pool]).ravel()
        size = np.repeat([len(group) for group in pool for _ in group], 24)
        for kernel in KERNELS:
            reach = len(kernel) // 2
            steps = range(-reach, reach + 1)
            smooth = np.sum([w * np.roll(alike, step) for w, step in zip(kernel, steps, strict=True)], axis=0)
            risk = float(((smooth - counts) ** 2).sum() + 2 * kernel[reach] * (counts / size).sum() - total)
            if risk < least - 1e-9:
                best, least = np.maximum(smooth, 0.0), risk
    return best / best.sum()
