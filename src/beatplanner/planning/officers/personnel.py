"""What a personnel office counts beside posts: supervisors and whom they lead, part time, appeals; nothing where the roster has no such column.

supervisors needed = officers at their posts in the first month who do not supervise / span of control, rounded up
missing hours      = Σ over postings of months × (1 − share of full time)
"""

from __future__ import annotations

import math
from typing import TypedDict

import geopandas as gpd
import pandas as pd

from beatplanner.data.description.sections.officers import Officers
from beatplanner.data.errors import Note
from beatplanner.data.findings import listed
from beatplanner.data.formats.frames import records
from beatplanner.data.result.supervision import Supervision, missing_supervisors
from beatplanner.data.town.personnel import APPEALS


class PartTime(TypedDict):
    """How many work part time, and the post-months that are missing for it."""

    officers: int
    post_months_missing: float


class PersonnelFigures(TypedDict, total=False):
    """What the summary says of the staff, each where the roster has it."""

    ranks: dict[str, int]
    supervision: list[Supervision]
    part_time: PartTime
    appeals: dict[str, int]


def personnel_figures(
    roster: pd.DataFrame, assignments: pd.DataFrame, beats: gpd.GeoDataFrame, rules: Officers
) -> PersonnelFigures:
    """Return ``supervision``, ``part_time`` and ``appeals`` of the summary, those that the roster has columns for.

    Parameters
    ----------
    roster
        Of the town.
    assignments
        Postings, dates as ISO text.
    beats
        For their sectors, where there are any, or their municipalities.
    rules
        For the ranks that supervise, and the span.
    """
    found: PersonnelFigures = {}
    if "rank" in roster:
        ranks = roster["rank"].dropna().astype(str)
        found["ranks"] = {str(r): int(n) for r, n in sorted(ranks.value_counts().items())}
        if rules.span_of_control is not None:
            found["supervision"] = _supervision(roster, assignments, beats, rules)
    if "share" in roster:
        share = dict(zip(roster["officer"].astype(str), roster["share"].fillna(1.0).astype(float), strict=True))
        months = _months(assignments)
        lost = sum(m * (1 - share[str(o)]) for o, m in zip(assignments["officer"], months, strict=True))
        found["part_time"] = {"officers": sum(s < 1 for s in share.values()), "post_months_missing": float(lost)}
    if "appeal" in roster:
        found["appeals"] = {state: int((roster["appeal"] == state).sum()) for state in APPEALS}
    return found


def _months(assignments: pd.DataFrame) -> list[int]:
    start, end = pd.to_datetime(assignments["start"]), pd.to_datetime(assignments["end"])
    return [12 * (b.year - a.year) + b.month - a.month for a, b in zip(start, end, strict=True)]


def _supervision(
    roster: pd.DataFrame, assignments: pd.DataFrame, beats: gpd.GeoDataFrame, rules: Officers
) -> list[Supervision]:
    """Return a row for the force, and one a sector, a municipality where there are none, where there are several: officers led, supervisors, needed and missing."""
    assert rules.span_of_control is not None
    span, leads = rules.span_of_control, set(rules.supervisor_ranks)
    rank = dict(zip(roster["officer"].astype(str), roster["rank"], strict=True))
    first = assignments[assignments["start"].astype(str) == rules.start.isoformat()]
    areas = beats["sector" if "sector" in beats else "municipality"].astype(str)
    town = dict(zip(beats["beat"].astype(str), areas, strict=True))
    start = rules.start
    here = [
        str(r["officer"])
        for r in records(roster)
        if (r["joins_on"] is None or r["joins_on"] <= start) and (r["leaves_on"] is None or r["leaves_on"] > start)
    ]
    posted = {str(o): town[str(b)] for o, b in zip(first["officer"], first["beat"], strict=True)}

    def row(name: str, led: int, lead: int) -> Supervision:
        needed = math.ceil(led / span)
        return {"area": name, "officers": led, "supervisors": lead, "needed": needed, "missing": max(0, needed - lead)}

    led = [o for o in posted if rank[o] not in leads]
    rows = [row("", len(led), sum(rank[o] in leads for o in here))]
    names = sorted(set(town.values()))
    if len(names) > 1:
        for name in names:
            mine = [o for o, m in posted.items() if m == name]
            rows.append(row(name, sum(rank[o] not in leads for o in mine), sum(rank[o] in leads for o in mine)))
    return rows


def personnel_warnings(
    roster: pd.DataFrame,
    assignments: pd.DataFrame,
    figures: PersonnelFigures,
    rules: Officers,
    *,
    in_sectors: bool = False,
) -> list[Note]:
    """Say which supervisors are missing, what part time leaves open, which appeals wait, and which absences nobody covers; `in_sectors` where supervisors lead in one."""
    notes: list[Note] = []
    supervision = figures.get("supervision", [])
    short = missing_supervisors(supervision)
    if short:
        one, mend = supervision[0], f"Promote {_many(short, 'officer')}, or lead more by one"
        what = (
            f"{_many(one['officers'], 'officer')} at their posts need {_many(one['needed'], 'supervisor')} ({rules.span_of_control} each), "
            f"and there {'is' if one['supervisors'] == 1 else 'are'} {one['supervisors']}"
        )
        if one["missing"] < short:
            # the force has enough, or lacks fewer, where they cannot lead
            lack = [f"{r['area']} ({r['missing']})" for r in supervision[1:] if r["missing"]]
            what = f"Supervisors are missing in {listed(lack)}: one leads at most {_many(rules.span_of_control or 0, 'officer')}, in one municipality"
            if in_sectors:
                what = f"Supervisors are missing in {listed(lack)}: one leads at most {_many(rules.span_of_control or 0, 'officer')}, in one sector"
        notes.append(Note("warning", what, mend))
    part = figures.get("part_time")
    if part and part["post_months_missing"] > 0:
        what = (
            f"{_many(part['officers'], 'officer')} work{'s' if part['officers'] == 1 else ''} part time: their posts lack "
            f"{part['post_months_missing']:,.1f} months of full time in {_many(rules.years, 'year')}"
        )
        notes.append(Note("info", what, "Count posts held part time as such where the work needs a whole officer"))
    if "appeal" in roster:
        waiting = [str(o) for o, a in zip(roster["officer"], roster["appeal"], strict=True) if a == "open"]
        moved = _moved(roster, assignments, rules)
        if waiting:
            named = [f"{o} (the plan moves them)" if o in moved else o for o in waiting]
            count = _many(len(waiting), "appeal")
            what = f"{count} is open: {listed(named)}" if len(waiting) == 1 else f"{count} are open: {listed(named)}"
            mend = "Decide before the postings are published: “upheld” keeps an officer in today's beat"
            notes.append(Note("warning" if set(waiting) & moved else "info", what, mend))
    cover = figures.get("cover")
    if cover and cover["covered_months"] < cover["away_months"]:
        left = cover["away_months"] - cover["covered_months"]
        what = f"The pool of {_many(cover['pool'], 'officer')} covers {cover['covered_months']} of {_many(cover['away_months'], 'month')} in which holders are away"
        notes.append(Note("warning", what, f"Name more officers of the pool for {_many(left, 'month')}"))
    return notes


def _moved(roster: pd.DataFrame, assignments: pd.DataFrame, rules: Officers) -> set[str]:
    """Return who serves in another beat than today's in the plan."""
    today = dict(zip(roster["officer"].astype(str), roster["beat"], strict=True))
    return {
        str(o)
        for o, b in zip(assignments["officer"], assignments["beat"], strict=True)
        if today[str(o)] is not None and str(today[str(o)]) != str(b)
    }


def _many(number: float, word: str) -> str:
    return f"{number:,.0f} {word}" + ("" if number == 1 else "s")
