"""Shifts and the hours of the week that they cover.

An hour of the week is 0 (Monday 00:00–01:00) to 167 (Sunday 23:00–24:00).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from beatplanner.data.description.sections.service import WEEKDAYS, Service, Shift
from beatplanner.data.errors import InputError, problem

HOURS = 168
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class ShiftHours:
    """One shift.

    Attributes
    ----------
    name
        As the description calls it.
    covered
        (168,) share of each hour of the week that the shift covers, 0–1.
    """

    name: str
    covered: np.ndarray

    @property
    def hours_a_week(self) -> float:
        """Hours of the week that the shift covers."""
        return float(self.covered.sum())


def shift_hours(rules: Service, file: str | Path = "") -> tuple[ShiftHours, ...]:
    """Return the shifts with their hours.

    Raises
    ------
    InputError
        Where two shifts share a time at which both are on duty.
    """
    found: list[ShiftHours] = []
    minutes = np.full(HOURS * 60, -1)
    for number, shift in enumerate(rules.shifts):
        mine = _minutes(shift)
        other = minutes[mine]
        if (other >= 0).any():
            at = int(mine[np.argmax(other >= 0)])
            name = rules.shifts[int(other.max())].name
            what = f"the shifts “{name}” and “{shift.name}” overlap on {DAYS[at // 1440]} at {at % 1440 // 60:02d}:{at % 60:02d}"
            mend = "Cut them where they meet: a shift of the shared hours may have the servers of both"
            raise InputError(problem(what, mend, file=file, field="service.shifts"))
        minutes[mine] = number
        found.append(ShiftHours(shift.name, np.bincount(mine // 60, minlength=HOURS) / 60.0))
    return tuple(found)


def _minutes(shift: Shift) -> np.ndarray:
    start, end = (int(t.split(":")[0]) * 60 + int(t.split(":")[1]) for t in (shift.start, shift.end))
    length = end - start if end > start else end + 1440 - start
    days = [WEEKDAYS.index(d) for d in shift.days]
    return np.unique([(day * 1440 + start + m) % (HOURS * 60) for day in days for m in range(length)])
