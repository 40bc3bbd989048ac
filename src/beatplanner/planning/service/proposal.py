"""The fewest officers on duty in each shift that keep the standard of ``service.standard``, and when shifts should start.

Officers wait where those of their beat wait now, else at the beat's centre; cars that several beats share stay as they are. Each shift
is a problem of its own (`solver.service.fewest` has the model and the bounds), since nobody serves in two shifts at once. What the
officers on duty mean in posts follows from the relief factor of the shift (`pattern.relief_factor`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from beatplanner.data.result.service import OfficersProposed, ShiftProposed, StandardKept
from beatplanner.data.town.town import Town
from beatplanner.planning.service.duty import waiting_places
from beatplanner.planning.service.pattern import relief_factor
from beatplanner.planning.service.picture import ServicePicture, ShiftPicture, travel_minutes
from beatplanner.solver.service.fewest import Staffing, fewest_officers
from beatplanner.solver.service.shift_starts import need_by_hour, shift_starts
from beatplanner.solver.service.staffing import MeasuredStaffing, ShiftCalls, Standard, keeps, measure_staffing

# Whole hours that a proposed shift may last.
SHORTEST_SHIFT, LONGEST_SHIFT = 6, 12
# Officer hours that other starts of shifts must save to be spoken of.
WORTH = 0.02
# Officers on duty at once up to which to look, as a multiple of the beats, and at least so many.
MOST_A_BEAT, MOST = 6, 30


@dataclass(frozen=True)
class ShiftProposal:
    """One shift: today's officers on duty, what they keep, the fewest that keep the standard, and where those of each beat and the shared cars wait."""

    name: str
    hours_a_week: float
    now: np.ndarray
    shared: int
    kept_now: MeasuredStaffing
    staffing: Staffing
    places: np.ndarray


@dataclass(frozen=True)
class Proposal:
    """What was found for all shifts.

    Attributes
    ----------
    beats
        Names, in the order of the officers.
    standard
        What was asked.
    shifts
        One a shift.
    starts, start_hours, hours_now
        Whole hours at which as many shifts a day had better start, the officer hours a week that the need of each hour then asks for, and
        those with today's shifts; None where the week by hours is not known or today's shifts are not the same every day.
    relief
        Of each shift: posts on the payroll that keep one officer on duty; None where a pattern of duty has nobody there.
    """

    beats: list[str]
    standard: Standard
    shifts: tuple[ShiftProposal, ...]
    starts: tuple[int, ...] | None
    start_hours: int | None
    hours_now: int | None
    relief: tuple[float | None, ...]


def propose(town: Town, picture: ServicePicture, cancelled: Callable[[], bool]) -> Proposal | None:
    """Return the proposal, or None where no standard is asked for.

    Parameters
    ----------
    town
        For places and hours.
    picture
        The service as it is now.
    cancelled
        Asked between measurements.
    """
    asked = picture.tables.rules.standard
    if asked is None:
        return None
    standard = Standard(asked.minutes, asked.within_share, asked.own_share, asked.people_share)
    beats = [b for b in dict.fromkeys(picture.beat) if b is not None]
    shifts = tuple(_of_shift(town, picture, s, beats, standard, cancelled) for s in picture.shifts)
    starts, start_hours, hours_now = _starts(picture, standard)
    rules, workload = picture.tables.rules, town.description.workload
    hours = [s.hours for s in picture.shifts]
    covered = sum(h.hours_a_week for h in hours)
    relief = tuple(relief_factor(rules, h.name, h.hours_a_week, workload, covered) for h in hours)
    return Proposal(beats, standard, shifts, starts, start_hours, hours_now, relief)


def _of_shift(
    town: Town,
    picture: ServicePicture,
    s: ShiftPicture,
    beats: list[str],
    standard: Standard,
    cancelled: Callable[[], bool],
) -> ShiftProposal:
    place = {b: i for i, b in enumerate(beats)}
    mine = s.servers["beat"].to_numpy(object)
    units = s.servers["unit"].to_numpy(int)
    centres = waiting_places(town, picture.beat, beats)
    for b, unit in zip(mine[::-1], units[::-1], strict=True):
        if b is not None:
            centres[b] = int(unit)
    cars = np.array([u for b, u in zip(mine, units, strict=True) if b is None], int)
    rules, minutes = picture.tables.rules, picture.tables.minutes
    shift = ShiftCalls(
        s.system.calls,
        np.array([place.get(b, -1) for b in picture.beat]),
        travel_minutes(town, rules, minutes, np.array([centres[b] for b in beats], int)),
        travel_minutes(town, rules, minutes, cars),
        s.system.scene_minutes,
        s.system.travel_counts,
        s.system.waits,
        s.system.together,
    )
    now = np.array([int((mine == b).sum()) for b in beats])
    most = max(MOST, MOST_A_BEAT * len(beats), 2 * len(mine))
    return ShiftProposal(
        s.hours.name,
        s.hours.hours_a_week,
        now,
        len(cars),
        measure_staffing(shift, now, standard.minutes),
        fewest_officers(shift, standard, most=most, cancelled=cancelled),
        np.array([*(centres[b] for b in beats), *cars], int),
    )


def _starts(picture: ServicePicture, standard: Standard) -> tuple[tuple[int, ...] | None, int | None, int | None]:
    week = picture.demand.week
    covered = np.array([s.hours.covered for s in picture.shifts])
    daily = covered.reshape(len(covered), 7, 24)
    whole = np.isin(covered, (0.0, 1.0)).all() and (daily == daily[:, :1]).all() and (covered.sum(axis=0) == 1).all()
    if np.isnan(week).any() or len(picture.shifts) < 2 or not whole:
        return None, None, None
    scene = np.array([s.system.scene_minutes for s in picture.shifts]) / 60.0
    need = need_by_hour(week * (scene @ covered), standard)
    starts, hours = shift_starts(need, len(picture.shifts), SHORTEST_SHIFT, LONGEST_SHIFT)
    if not starts:
        return None, None, None
    now = 0
    for one in covered.astype(bool):
        day = one[:24]
        # a shift over midnight: its hours of the next day belong to the day on which it starts
        over = bool(day[0] and day[23] and not day.all())
        first = int(np.flatnonzero(~day)[-1]) + 1 if over else int(np.flatnonzero(day)[0])
        length = int(day.sum())
        days = np.array([[need[(d * 24 + first + h) % 168] for h in range(length)] for d in range(7)])
        now += int(days.max(axis=1).sum()) * length
    return starts, hours, now


def waiting_tables(proposal: Proposal, town: Town, picture: ServicePicture) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return where officers wait (``shift``, ``beat``, empty for a car; ``unit``), and travel from there (``from``, ``to``, ``minutes``)."""
    ids = town.units["unit"].to_numpy(object)
    where = pd.DataFrame(
        [
            (s.name, b, ids[u])
            for s in proposal.shifts
            for b, u in zip([*proposal.beats, *[None] * s.shared], s.places.tolist(), strict=True)
        ],
        columns=["shift", "beat", "unit"],
    )
    every = np.unique(np.concatenate([s.places for s in proposal.shifts]))
    minutes = travel_minutes(town, picture.tables.rules, picture.tables.minutes, every)
    ways = pd.DataFrame(
        {"from": np.repeat(ids[every], len(ids)), "to": np.tile(ids, len(every)), "minutes": minutes.ravel()}
    )
    return where, ways


def proposal_section(proposal: Proposal) -> OfficersProposed:
    """Return the key ``proposal`` of ``service.json``."""
    standard = {k: v for k, v in vars(proposal.standard).items() if v is not None}
    return {
        "standard": standard,
        "shifts": [_shift_section(proposal, s) for s in proposal.shifts],
        "posts": _posts(proposal),
        "posts_now": float(
            sum(s.now.sum() * (r or 0.0) for s, r in zip(proposal.shifts, proposal.relief, strict=True))
        ),
        "shift_starts": None
        if proposal.starts is None or proposal.start_hours is None or proposal.hours_now is None
        else {
            "starts": [f"{h:02d}:00" for h in proposal.starts],
            "officer_hours_a_week": proposal.start_hours,
            "officer_hours_a_week_now": proposal.hours_now,
        },
    }


def _posts(proposal: Proposal) -> dict[str, float] | None:
    posts = np.zeros(len(proposal.beats))
    for shift, relief in zip(proposal.shifts, proposal.relief, strict=True):
        officers = shift.staffing.officers
        if officers is None or (relief is None and officers.any()):
            return None
        posts += officers * (relief or 0.0)
    return dict(zip(proposal.beats, posts.tolist(), strict=True))


def _shift_section(proposal: Proposal, s: ShiftProposal) -> ShiftProposed:
    found = s.staffing

    def by_beat(officers: np.ndarray) -> dict[str, int]:
        return dict(zip(proposal.beats, officers.tolist(), strict=True))

    def shares(m: MeasuredStaffing) -> StandardKept:
        return {"within_share": m.within_share, "own_share": m.own_share, "people_share": m.people_share}

    status = "none" if found.officers is None else "fewest" if found.proven else "found"
    return {
        "name": s.name,
        "on_duty_now": int(s.now.sum()) + s.shared,
        "kept_now": keeps(s.kept_now, proposal.standard),
        "now": shares(s.kept_now),
        "status": "impossible" if found.officers is None and found.proven else status,
        "on_duty": None if found.officers is None else int(found.officers.sum()) + s.shared,
        "at_least": found.at_least,
        "limited_by": found.limited_by,
        "exact": None if found.measured is None else found.measured.exact,
        "proposed": None if found.measured is None else shares(found.measured),
        "officers_now": by_beat(s.now),
        "officers": None if found.officers is None else by_beat(found.officers),
    }


LIMITS = {
    "within_share": "too few calls are answered at once within the minutes",
    "own_share": "too few calls are answered by an officer of the caller's beat",
    "people_share": "too little time is left for people",
}


def sentences_of_proposal(found: OfficersProposed) -> list[str]:
    """Return what a proposal (`proposal_section`) says, a sentence a shift and two for the whole."""
    lines: list[str] = []
    for s in found["shifts"]:
        now = f"In the shift “{s['name']}” {_officers(s['on_duty_now'])} on duty today"
        now += ", enough to keep the standard" if s["kept_now"] else ", not enough to keep the standard"
        if s["status"] == "impossible":
            lines.append(
                f"{now}; no number of officers can, because too few calls are within the minutes of any place where officers wait."
            )
        elif s["status"] == "none":
            why = f": {LIMITS[s['limited_by']]}" if s["limited_by"] else ""
            lines.append(f"{now}; no staffing was found that does{why}.")
        elif s["status"] == "fewest":
            lines.append(f"{now}; {s['on_duty']} are the fewest that keep it (proven).")
        else:
            how = "" if s["exact"] else " (measured by the approximation)"
            lines.append(f"{now}; {s['on_duty']} keep it{how}, and fewer than {s['at_least']} cannot.")
    if found["posts"] is not None:
        total = sum(found["posts"].values())
        lines.append(
            f"On the payroll the officers proposed are {total:.1f} posts; those on duty today are {found['posts_now']:.1f}."
        )
    starts = found["shift_starts"]
    if starts is not None and starts["officer_hours_a_week"] <= (1 - WORTH) * starts["officer_hours_a_week_now"]:
        lines.append(
            f"Shifts that start at {', '.join(starts['starts'])} need {starts['officer_hours_a_week']:,} officer hours a week by the"
            f" calls of each hour, where today's hours need {starts['officer_hours_a_week_now']:,}."
        )
    return lines


def _officers(number: int) -> str:
    return "1 officer is" if number == 1 else f"{number} officers are"
