"""Shifts and the hours of the week that they cover.

Where shifts overlap, the week is cut into periods: hours in which the same shifts are on duty. Each period is a system of its own, with
the officers of all its shifts; a shift's figures are those of its periods.

An hour of the week is 0 (Monday 00:00–01:00) to 167 (Sunday 23:00–24:00).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beatplanner.data.description.sections.service import WEEKDAYS, Service, Shift

HOURS = 168


@dataclass(frozen=True)
class ShiftHours:
    """One shift, or hours that several are on duty in.

    Attributes
    ----------
    name
        As the description calls it; names of several joined by " + ".
    covered
        (168,) share of each hour of the week that it covers, 0–1.
    shifts
        Names of the shifts on duty.
    """

    name: str
    covered: np.ndarray
    shifts: tuple[str, ...]

    @property
    def hours_a_week(self) -> float:
        """Hours of the week that the shift covers."""
        return float(self.covered.sum())


def shift_hours(rules: Service) -> tuple[ShiftHours, ...]:
    """Return the shifts with their hours; where some overlap, the periods that they make, in the order of the shifts."""
    present = np.zeros((len(rules.shifts), HOURS * 60), bool)
    for number, shift in enumerate(rules.shifts):
        present[number, _minutes(shift)] = True
    kinds, kind = np.unique(present, axis=1, return_inverse=True)
    found: list[tuple[list[int], ShiftHours]] = []
    for number, members in enumerate(kinds.T):
        if members.any():
            minutes = np.flatnonzero(kind.ravel() == number)
            names = tuple(s.name for s, there in zip(rules.shifts, members, strict=True) if there)
            hours = np.bincount(minutes // 60, minlength=HOURS) / 60.0
            found.append((np.flatnonzero(members).tolist(), ShiftHours(" + ".join(names), hours, names)))
    return tuple(hours for _, hours in sorted(found, key=lambda f: f[0]))


def overlap(hours: Sequence[ShiftHours]) -> bool:
    """Tell whether officers of several shifts are on duty at once."""
    return any(len(h.shifts) > 1 for h in hours)


def _minutes(shift: Shift) -> np.ndarray:
    start, end = (int(t.split(":")[0]) * 60 + int(t.split(":")[1]) for t in (shift.start, shift.end))
    length = end - start if end > start else end + 1440 - start
    days = [WEEKDAYS.index(d) for d in shift.days]
    return np.unique([(day * 1440 + start + m) % (HOURS * 60) for day in days for m in range(length)])
