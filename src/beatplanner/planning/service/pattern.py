"""A pattern of duty, such as four days on and four days off: who is on duty by it, and whether it leaves enough rest.

Every officer works the same cycle of days, each beginning it on another day, so that of P officers P × (days of a shift in the cycle) ÷ (days of
the cycle) × (1 − absence) are on duty in a shift on average. The rest is that of the cycle, repeated:

- between shifts: the least hours from the end of a shift to the start of the next;
- in a week: the longest rest without a break in the seven days from the start of a shift, least of all such weeks;
- hours a week: those of the cycle × 7 ÷ its days.

The starting values are the least that Directive 2003/88/EC lets members of the European Union ask for (articles 3, 5 and 6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from beatplanner.data.description.sections.service import OFF, WEEKDAYS, Service, Shift
from beatplanner.data.description.sections.workload import Workload
from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import did_you_mean
from beatplanner.data.result.service import RestOfPattern
from beatplanner.planning.service.demand import WEEKS_A_YEAR

DAY, WEEK = 1440, 7 * 1440


@dataclass(frozen=True)
class CycleRest:
    """What a cycle leaves.

    Attributes
    ----------
    between_shifts, weekly
        Least hours of rest; None where nobody works a second shift.
    hours_a_week
        Hours of work in a mean week.
    """

    between_shifts: float | None
    weekly: float | None
    hours_a_week: float


def check_pattern(rules: Service, file: Any) -> None:
    """Raise InputError where a pattern names a shift that is not there, or one that is not there every day."""
    if not rules.pattern:
        return
    shifts = {s.name: s for s in rules.shifts}
    for name in dict.fromkeys(rules.pattern):
        if name == OFF:
            continue
        if name not in shifts:
            mend = did_you_mean(name, [*shifts, OFF]) or f"The shifts are: {', '.join(shifts)}; a free day is “{OFF}”"
            raise InputError(problem(f"there is no shift “{name}”", mend, file=file, field="service.pattern"))
        if len(set(shifts[name].days)) < len(WEEKDAYS):
            what = f"the shift “{name}” is not there every day, and a pattern goes through all days"
            raise InputError(problem(what, "Leave its days out, or the pattern", file=file, field="service.pattern"))
    if set(rules.pattern) == {OFF}:
        raise InputError(
            problem("nobody works in this pattern", "Name shifts in it", file=file, field="service.pattern")
        )


def part_on_duty(rules: Service, shift: str, workload: Workload) -> float:
    """Return the share of the posts that a pattern has on duty in a shift."""
    return rules.pattern.count(shift) / len(rules.pattern) * (1 - workload.absence)


def relief_factor(rules: Service, shift: str, hours_a_week: float, workload: Workload, covered: float) -> float | None:
    """Return the posts on the payroll that keep one officer on duty in a shift: by the pattern, else by paid hours less absence.

    `covered` are the hours of the week in which any shift is on duty: a post gives no more hours than these, less absence.
    None where the pattern has nobody in the shift.
    """
    if not rules.pattern:
        there = 1 - workload.absence
        return hours_a_week / min(workload.annual_hours * there / WEEKS_A_YEAR, covered * there)
    part = part_on_duty(rules, shift, workload)
    return 1.0 / part if part > 0 else None


def long_shifts(rules: Service) -> list[str]:
    """Say of shifts that are too long for the rest between two shifts where somebody works them two days in a row; by a pattern `told` does.

    One that goes round the clock says only that somebody always is on duty.
    """
    if rules.pattern:
        return []
    notes: list[str] = []
    for shift in rules.shifts:
        start, end = _times(shift)
        length = (end - start) / 60.0
        if 24.0 - length < rules.rest.between_shifts - 1e-9 and length < 24.0:
            notes.append(
                f"The shift “{shift.name}” lasts {length:g} hours: who works it two days in a row has {24.0 - length:g} hours of rest, and"
                f" {rules.rest.between_shifts:g} are asked for; cut it in two, or give a pattern."
            )
    return notes


def rest_of(pattern: tuple[str, ...], shifts: tuple[Shift, ...]) -> CycleRest:
    """Return the rest that a cycle leaves, by the times of its shifts."""
    times = {s.name: _times(s) for s in shifts}
    days = len(pattern)
    # the cycle over and over, so that every week that begins in its first round is whole
    rounds = 1 + -(-15 // days)
    work = [
        (d * DAY + times[name][0], d * DAY + times[name][1]) for d, name in enumerate(pattern * rounds) if name != OFF
    ]
    first = sum(name != OFF for name in pattern)
    hours = sum(end - start for start, end in work[:first]) / 60.0 * 7 / days
    if len(work) < 2:
        return CycleRest(None, None, hours)
    between = max(0, min(work[k + 1][0] - work[k][1] for k in range(first)))
    weekly = WEEK
    for k in range(first):
        until = work[k][0] + WEEK
        longest, free = 0, work[k][1]
        for start, end in work[k + 1 :]:
            longest = max(longest, min(start, until) - free)
            free = max(free, end)
            if start >= until:
                break
        weekly = min(weekly, longest)
    return CycleRest(between / 60.0, weekly / 60.0, hours)


def _times(shift: Shift) -> tuple[int, int]:
    start, end = (int(t.split(":")[0]) * 60 + int(t.split(":")[1]) for t in (shift.start, shift.end))
    return start, end if end > start else end + DAY


def rest_section(rules: Service, workload: Workload) -> tuple[RestOfPattern | None, list[str]]:
    """Return what ``service.json`` says of a pattern, and sentences on the rest that it breaks; None without a pattern."""
    if not rules.pattern:
        return None, []
    found, asked = rest_of(rules.pattern, rules.shifts), rules.rest
    broken: list[str] = []
    notes: list[str] = []
    if found.between_shifts is not None and found.between_shifts < asked.between_shifts - 1e-9:
        broken.append("between_shifts")
        notes.append(
            f"The pattern leaves {found.between_shifts:g} hours of rest between two shifts, and {asked.between_shifts:g} are asked for."
        )
    if found.weekly is not None and found.weekly < asked.weekly - 1e-9:
        broken.append("weekly")
        notes.append(
            f"The pattern leaves {found.weekly:g} hours of rest without a break in some week, and {asked.weekly:g} are asked for."
        )
    if found.hours_a_week > asked.hours_a_week + 1e-9:
        broken.append("hours_a_week")
        notes.append(
            f"The pattern has {found.hours_a_week:.1f} hours of work a week, and at most {asked.hours_a_week:g} are asked for."
        )
    annual = found.hours_a_week * WEEKS_A_YEAR
    if abs(annual - workload.annual_hours) > 0.02 * workload.annual_hours:
        notes.append(
            f"The pattern has {annual:,.0f} hours of work a year before absence, and the workload is counted with {workload.annual_hours:,.0f} paid hours."
        )
    return {
        "days": list(rules.pattern),
        "between_shifts": found.between_shifts,
        "weekly": found.weekly,
        "hours_a_week": found.hours_a_week,
        "broken": broken,
    }, notes
