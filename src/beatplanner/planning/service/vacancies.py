"""Who is on duty by the officers' plan, month by month: posts that are vacant have nobody on duty.

A post is held in a month in which a posting of the plan is in force; more officers than posts, as in a handover, hold no more than the
posts, and who is away for long holds his or hers, since the workload's absence is counted beside it. In each month the posts that are held
are on duty as all posts are in the picture (`duty`): by the pattern, or by their hours. Months in which the same posts are held are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.result.cells import read_frame
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.service import (
    HeldFigures,
    HeldInYear,
    ServiceContent,
    ServiceFigures,
    Vacancies,
    service_in,
)
from beatplanner.data.result.service_files import CALLS, FOLDER, HELD, HELD_SUMS, HELD_WAYS, NAMES, response_minutes
from beatplanner.planning.service.duty import numbers_on_duty
from beatplanner.planning.service.held import HeldInputs, figures_held, table_of_ways
from beatplanner.planning.service.hours import HOURS, ShiftHours, shift_hours


def posts_held(assignments: pd.DataFrame, beats: list[str], posts: np.ndarray, months: list[str]) -> np.ndarray:
    """Return the posts that are held, (T, K).

    Parameters
    ----------
    assignments
        ``beat``, ``start`` and ``end`` of each posting, ISO dates, half-open.
    beats, posts
        Ids, and (K,) posts.
    months
        First days of the T months, ISO dates.
    """
    place, days = {b: k for k, b in enumerate(beats)}, np.array(months)
    held = np.zeros((len(months), len(beats)), int)
    for beat, start, end in assignments[["beat", "start", "end"]].astype(str).itertuples(index=False):
        if beat in place:
            held[(days >= start) & (days < end), place[beat]] += 1
    return np.minimum(held, posts)


def vacancies(
    description: Description,
    plan: PlanTables,
    shifts: Sequence[ShiftHours],
    beat: np.ndarray,
    calls: np.ndarray,
    inputs: Callable[[list[str]], HeldInputs | None] | None = None,
) -> tuple[Vacancies, dict[str, pd.DataFrame]] | None:
    """Return the key ``vacancies`` of ``service.json``, and who is on duty by months; None where nothing says who holds the posts.

    Parameters
    ----------
    description
        The rules of the plan.
    plan
        Its beats with their posts, and the postings.
    shifts
        Shifts, or the periods that they make.
    beat
        (n,) beat of each unit, None where it has none.
    calls
        (S, n) calls an hour in each of `shifts`.
    inputs
        Gives, by the ids of the beats, what minutes and shares of calls are counted from; without them these are not told.

    Returns
    -------
    tuple
        ``posts``, ``months``, ``posts_held`` (mean), ``nobody_share`` by beat over all months, and the same of each of ``years`` with
        ``on_duty`` by shift or period (mean officers), and of both the figures of `held`; tables by their files, of which that of who is
        on duty has ``first`` and ``until`` (half-open), ``shift``, ``beat``, ``on_duty``.
    """
    rules, service = description.officers, description.service
    if rules is None or service is None or service.servers is not None:
        return None
    if plan.assignments is None or plan.beats is None:
        return None
    days = [
        (pd.Timestamp(rules.start) + pd.DateOffset(months=m)).date().isoformat() for m in range(12 * rules.years + 1)
    ]
    beats, posts = plan.beats["beat"].astype(str).tolist(), plan.beats["posts"].to_numpy(int)
    held = posts_held(plan.assignments, beats, posts, days[:-1])
    hours = np.array([s.hours_a_week for s in shifts])
    known: dict[tuple[int, ...], np.ndarray] = {}

    def on_duty(now: tuple[int, ...]) -> np.ndarray:
        """Return officers on duty of each beat in each shift, (S, K)."""
        if now not in known:
            numbers = dict(zip(beats, now, strict=True))
            names, of, number = numbers_on_duty(service, description.workload, shifts, beat, numbers, calls)
            column = {b: k for k, b in enumerate(of)}
            # an empty beat has no units, and nobody on duty
            by_name = np.array([number[:, column[b]] if b in column else 0 * number[:, 0] for b in beats]).T
            known[now] = np.array([by_name[[names.index(n) for n in s.shifts]].sum(axis=0) for s in shifts])
        return known[now]

    there = np.array([on_duty(tuple(now)) for now in held.tolist()])
    nobody = 1.0 - np.einsum("tsk,s->tk", there > 0, hours) / HOURS

    def of(part: slice) -> HeldFigures:
        return {
            "posts_held": float(held[part].sum(axis=1).mean()),
            "nobody_share": dict(zip(beats, nobody[part].mean(axis=0).tolist(), strict=True)),
        }

    years: list[HeldInYear] = []
    for year in range(rules.years):
        part = slice(12 * year, 12 * year + 12)
        mean = dict(zip((s.name for s in shifts), there[part].sum(axis=2).mean(axis=0).tolist(), strict=True))
        years.append({"year": year + 1, "first": days[12 * year], **of(part), "on_duty": mean})
    section: Vacancies = {"posts": int(posts.sum()), "months": len(held), **of(slice(None)), "years": years}
    tables = {HELD: _table(days, beats, [s.name for s in shifts], held, there)}
    made_of = None if inputs is None else inputs(beats)
    found = None if made_of is None else figures_held(made_of, beats, [s.name for s in shifts], hours, there, days)
    if made_of is not None and found is not None:
        section = {**section, **found[0]}
        section["years"] = [{**year, **figures} for year, figures in zip(years, found[1], strict=True)]
        tables |= {HELD_SUMS: found[2], HELD_WAYS: table_of_ways(made_of, beats)}
    return section, tables


def _table(days: list[str], beats: list[str], shifts: list[str], held: np.ndarray, there: np.ndarray) -> pd.DataFrame:
    starts = [0, *(np.flatnonzero((held[1:] != held[:-1]).any(axis=1)) + 1).tolist(), len(held)]
    rows = [
        (days[a], days[z], shifts[s], beats[k], int(there[a, s, k]))
        for a, z in pairwise(starts)
        for s, k in np.argwhere(there[int(a)] > 0).tolist()
    ]
    return pd.DataFrame(rows, columns=["first", "until", "shift", "beat", "on_duty"])


def sentences_of_vacancies(section: Vacancies, full: ServiceFigures) -> list[str]:
    """Return what `vacancies` says beside the figures of all posts, `full`; nothing where every post is held in every month."""
    if section["posts_held"] >= section["posts"] - 1e-9:
        return []
    nobody = section["nobody_share"]
    mean, worst = sum(nobody.values()) / len(nobody), max(nobody, key=lambda b: nobody[b])
    year = min(section["years"], key=lambda y: y["posts_held"])
    return [
        f"The figures by shift are those with all {section['posts']:,} posts filled, and by the officers' plan {section['posts_held']:.1f} of them are"
        f" held on average, fewest in year {year['year']:,} ({year['posts_held']:.1f}): until they are filled fewer are on duty.",
        f"With the posts that the officers' plan fills month by month, no officer of the beat is on duty in {mean:.0%} of the week on"
        f" average over the beats, most in beat {worst} ({nobody[worst]:.0%}).",
        *_sentences_of_figures(section, full),
    ]


def _sentences_of_figures(section: Vacancies, full: ServiceFigures) -> list[str]:
    if "own_share" not in section or "overloaded_share" not in section:
        return [
            "Minutes and shares of calls with the posts that the officers' plan fills are not counted: so many officers would take too long."
        ]
    found: list[str] = []
    there, own, all_there, all_own = (
        response_minutes(section),
        section["own_share"],
        response_minutes(full),
        full["own_share"],
    )
    if there is not None and own is not None and all_there is not None and all_own is not None:
        found.append(
            f"With the posts that the officers' plan fills, somebody is there after {there:.1f} minutes on average ({all_there:.1f} with all"
            f" posts filled), and an officer of the beat answers {own:.0%} of the calls ({all_own:.0%})."
        )
    if section["overloaded_share"] > 0:
        found.append(
            f"In {section['overloaded_share']:.0%} of the hours on duty more calls come than the officers who are there by then can answer; these"
            " hours are left out of the minutes."
        )
    return found


def vacancies_again(
    folder: Path, description: Description, plan: PlanTables
) -> tuple[ServiceContent, dict[str, pd.DataFrame]] | None:
    """Return the service of a plan whose postings are others than those in a folder, and its tables; None where it tells nothing of vacancies.

    Parameters
    ----------
    folder
        The plan before, with the same beats and posts; the calls of each shift are read from it.
    description
        The rules of the plan.
    plan
        Its beats, the new postings, and the summary before.
    """
    before = service_in(plan.summary)
    if before is None or "vacancies" not in before or description.service is None:
        return None
    shifts = shift_hours(description.service)
    rates = read_frame(folder / FOLDER / CALLS, NAMES)
    units = plan.units["unit"].astype(str).tolist()
    by_shift = {str(name): rows.set_index("unit")["per_hour"] for name, rows in rates.groupby("shift")}
    calls = np.array([by_shift[s.name].reindex(units).fillna(0.0).to_numpy(float) for s in shifts])
    beat = np.array([b if isinstance(b, str) else None for b in plan.units["beat"]], dtype=object)
    ways = _inputs_again(folder, rates, before, shifts, units, beat, calls)
    again = vacancies(description, plan, shifts, beat, calls, ways)
    if again is None:
        return None
    gone = set(sentences_of_vacancies(before["vacancies"], before))
    notes = [n for n in before["notes"] if n not in gone] + sentences_of_vacancies(again[0], before)
    return {**before, "vacancies": again[0], "notes": notes}, again[1]


def _inputs_again(
    folder: Path,
    rates: pd.DataFrame,
    before: ServiceContent,
    shifts: Sequence[ShiftHours],
    units: list[str],
    beat: np.ndarray,
    calls: np.ndarray,
) -> Callable[[list[str]], HeldInputs | None]:
    """Return what gives the inputs of `held` from the tables of a plan."""

    def found(beats: list[str]) -> HeldInputs | None:
        file = folder / FOLDER / HELD_WAYS
        if not file.is_file():
            return None
        ways = read_frame(file, NAMES).set_index(["beat", "unit"])
        first = ways["from"].groupby(level="beat").first()
        by_unit = [rates[rates["shift"] == s.name].set_index("unit").reindex(units) for s in shifts]
        several = [c for c in rates.columns if str(c).startswith("calls_for_")]
        return HeldInputs(
            calls,
            np.array([float(t["minutes_on_scene"].iloc[0]) for t in by_unit]),
            np.array([t[several].to_numpy(float) for t in by_unit]) if several else None,
            beat,
            units,
            [str(first[b]) for b in beats],
            np.array([ways.loc[b]["minutes"].reindex(units).to_numpy(float) for b in beats]),
            bool(before.get("travel_counts")),
            before.get("queue") == "wait",
            before["method"] == "exact",
        )

    return found
