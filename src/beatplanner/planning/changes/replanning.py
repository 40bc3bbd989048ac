"""What happens after a plan was published: an officer leaves, is promoted or sick, or a ministry orders moves; and who is to be recruited.

A re-plan takes the published postings as wishes: every month that is not served as published costs `CHANGED_MONTH`, more than a language gap, so
that little changes, and what lies before the day of the change is frozen. An order fixes the moved officers in their new beats for a year; its price is
the difference of the figures and the relationship-years that the moved officers lose.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.description.sections.base import Table
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import did_you_mean
from beatplanner.data.formats.cells import read_truth
from beatplanner.data.formats.frames import records
from beatplanner.data.paths import whole_path
from beatplanner.data.publish.everything import write_everything
from beatplanner.data.result.ending import person_in_both
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.history import ChangedPostings, OfficerChange, Replanned
from beatplanner.data.result.json_files import write_audit
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.roster_files import PUBLISHED, ROSTER, roster_files
from beatplanner.data.result.sections import project_rules
from beatplanner.data.result.service_files import write_service
from beatplanner.data.town.columns import PERSONNEL_COLUMNS
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.roster import ROSTER_COLUMNS
from beatplanner.planning.changes.sharing_out import with_officers_proof, with_starts
from beatplanner.planning.officers.roster_problem import month_starts
from beatplanner.planning.officers.trust import relationship_years_of
from beatplanner.planning.proof import Progress, rules_in_summary, silent, unproven_of
from beatplanner.planning.whole.country import write_country
from beatplanner.planning.whole.run import make_officers
from beatplanner.planning.whole.served import put_lines_beside, service_inputs, service_of
from beatplanner.planning.whole.summarise import sum_up, summarise
from beatplanner.planning.whole.tables import tables
from beatplanner.planning.whole.verdict import write_verdict
from beatplanner.solver.clock import read_clock

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims

CHANGED_MONTH = 100.0
FIGURES = {
    "vacant_months": "vacant months",
    "tenure_violations": "broken tenures",
    "language_gaps": "language gaps",
    "rotations": "rotations",
    "changed_months": "changed months",
}


@dataclass(frozen=True)
class OfficerEvent:
    """What happens to an officer: ``"leaves"`` or ``"promoted"`` on `day`, ``"sick"`` from `day` until `until`, ``"moves"`` to `beat`."""

    kind: str
    officer: str
    day: dt.date
    until: dt.date | None = None
    beat: str | None = None


class ReplanFound(TypedDict):
    """What came of it: the new plan's summary, the officers whose postings differ, figures before and after, and the years of trust that orders lose."""

    summary: Claims
    diff: list[ChangedPostings]
    price: dict[str, tuple[float, float]]
    trust: float


def replan(
    folder: Path,
    out: Path | None,
    changes: Sequence[OfficerEvent],
    *,
    freeze_until: dt.date | None = None,
    reason: str = "",
    by: str = "",
    wished: pd.DataFrame | None = None,
    project: Path | None = None,
    time_limit: float = 60.0,
    seed: int = 0,
    threads: int = 1,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> ReplanFound:
    """Plan the officers anew with the fewest changes to a published plan.

    Parameters
    ----------
    folder
        The published plan.
    out
        Folder of the new plan; its roster and the published postings are written beside it. None shows what would be and leaves no file.
    changes
        What happens.
    freeze_until
        Months before this day stay as published; else those before the first change.
    reason, by
        Kept in the audit of a plan with ordered moves; the reason else beside what changed.
    wished
        Postings (as the layer ``assignments``) that are kept as far as the rules allow, in place of the published ones.
    project
        The description or project file that the inputs are read by; None takes the plan's, wherever that lies now.
    time_limit, seed, threads, progress, cancelled
        As for `plan.run`.

    Returns
    -------
    dict
        ``summary``, ``diff`` (rows of officer, before, after), ``price`` (figure: before, after), ``trust`` (relationship-years lost by moved officers).

    Raises
    ------
    InputError
        Where the plan has no officers, its inputs are gone, or a change names an unknown officer, beat or month.
    """
    begin = read_clock(cancelled)
    before = read_result(folder, project)
    rules = before.summary.get("rules", {})
    if before.assignments is None or before.roster is None or before.beats is None or "officers" not in before.summary:
        raise InputError(problem("this plan has no officers to plan anew", "Give a plan with officers", file=folder))
    file = Path(before.summary.get("description_file", ""))
    description = Description.model_validate(rules).model_copy(update={"folder": file.parent, "file": file})
    officers = description.officers
    assert officers is not None
    _check(before, changes, officers.start, officers.years, folder)
    moves = [c for c in changes if c.kind == "moves"]
    held = before if wished is None else replace(before, assignments=wished)
    roster = _changed_roster(before, changes)
    published = _published(held, moves, officers.start, officers.years)
    first = min([c.day for c in changes], default=officers.start) if freeze_until is None else freeze_until
    starts = month_starts(officers.start, officers.years * 12)
    # who leaves in a month is there until it begins, and the successor comes the handover before
    month = bisect_right(starts[:-1], first) - 1
    frozen = max(0, month - officers.handover_months * (freeze_until is None))
    with roster_files(out, roster, published) as inputs:
        changed = officers.model_copy(
            update={
                "path": inputs / ROSTER,
                "layer": None,
                "crs": str(before.units.crs),
                "published": Table(path=inputs / PUBLISHED),
                "freeze_months": frozen,
                "weights": officers.weights.model_copy(update={"changed_month": CHANGED_MONTH}),
            }
        )
        town = read_town(description.model_copy(update={"officers": changed}))
    inputs = service_inputs(town)
    plan = make_officers(
        town, before, time_limit=time_limit, seed=seed, threads=threads, progress=progress, cancelled=cancelled
    )
    summary = summarise(plan, seed=seed, threads=threads, time_limit=time_limit, seconds=read_clock(cancelled) - begin)
    # what changed in the project since the plan before is no rule of this one
    summary["project_rules"] = project_rules(before.summary)
    assert plan.officers is not None
    diff = changed_postings(before.assignments, plan.officers.assignments, before)
    was, now = before.summary["officers"], summary["officers"]
    price = {k: (float(was.get(k) or 0), float(now.get(k) or 0)) for k in FIGURES}
    trust = _trust_lost(before, moves, officers.start)
    replanned: Replanned = {
        "from": str(whole_path(folder)),
        "changes": [_as_row(c) for c in changes],
        "diff": diff,
        "price": price,
        "relationship_years_lost_by_order": trust,
    }
    summary["replanned"] = replanned
    if moves:
        replanned["audit"] = {
            "by": by,
            "reason": reason,
            "at": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
            "broken_rules": list(summary["clashes"]),
        }
    elif reason:
        replanned["reason"] = reason
    if out is not None:
        written = _beside_the_officers(before, tables(plan, summary))
        service = service_of(town, inputs, written, seed=seed)
        put_lines_beside(folder, written, service)
        summed_up = sum_up(written, town.description, seed)

        def finish(part: Path) -> None:
            if summed_up is not None:
                write_country(part, written, summed_up)
            if service is not None:
                write_service(part, *service)
            _write_also(part, written.summary, folder)

        write_everything(out, written, also=finish)
    return {"summary": summary, "diff": diff, "price": price, "trust": trust}


def _as_row(event: OfficerEvent) -> OfficerChange:
    until = None if event.until is None else str(event.until)
    return {"kind": event.kind, "officer": event.officer, "day": str(event.day), "until": until, "beat": event.beat}


def _beside_the_officers(before: PlanTables, now: PlanTables) -> PlanTables:
    """Return the new plan of officers with beats and stations as they were published, and what was told of them."""
    was, summary = before.summary, now.summary
    of_officers = set(was.get("clashes_of_officers", was.get("clashes", [])))
    clashes = [c for c in was.get("clashes", []) if c not in of_officers] + summary["clashes"]
    summary |= {k: was[k] for k in ("beats", "stations", "forums") if k in was}
    summary |= rules_in_summary(clashes, unproven_of(was, summary)) | person_in_both(was, summary)
    beats = before.beats if before.beats is None or now.beats is None else with_starts(before.beats, now.beats)
    return replace(
        before,
        assignments=now.assignments,
        cover=now.cover,
        roster=now.roster,
        beats=beats,
        summary=summary,
        proofs=with_officers_proof(before, now),
    )


def _write_also(part: Path, summary: Claims, folder: Path) -> None:
    write_verdict(part)
    section: Replanned = summary["replanned"]
    audit = section.get("audit")
    write_audit(folder, part, [{**audit, "orders": section["changes"], "price": section["price"]}] if audit else [])


def _check(before: PlanTables, changes: Sequence[OfficerEvent], start: dt.date, years: int, folder: Path) -> None:
    assert before.roster is not None and before.beats is not None
    names, beats = [str(o) for o in before.roster["officer"]], [str(b) for b in before.beats["beat"]]
    starts = month_starts(start, years * 12)
    wrong: list[Note] = []
    for c in changes:
        if c.officer not in names:
            wrong.append(
                problem(
                    f"there is no officer “{c.officer}”",
                    did_you_mean(c.officer, names) or "Use names of the roster",
                    file=folder,
                )
            )
        if c.beat is not None and c.beat not in beats:
            wrong.append(
                problem(
                    f"there is no beat “{c.beat}”", did_you_mean(c.beat, beats) or "Use beats of the plan", file=folder
                )
            )
        if not starts[0] <= c.day < starts[-1]:
            wrong.append(
                problem(
                    f"{c.day} is not in the plan, which runs from {starts[0]} to {starts[-1]}",
                    "Give a day inside",
                    file=folder,
                )
            )
        if c.until is not None and c.until <= c.day:
            wrong.append(
                problem(f"{c.officer} is sick from {c.day} until {c.until}", "Give the later day last", file=folder)
            )
    if wrong:
        raise InputError(*wrong)


def _changed_roster(before: PlanTables, changes: Sequence[OfficerEvent]) -> pd.DataFrame:
    """Return the roster with what happens entered."""
    assert before.roster is not None
    roster = before.roster.copy().astype(object)
    for c in ROSTER_COLUMNS:
        if c not in roster:
            roster[c] = None
    for c in ("licence", "pool", "hardship"):
        if c in roster:
            roster[c] = ["yes" if read_truth(v) else "no" for v in roster[c]]
    for change in changes:
        row = roster["officer"].astype(str) == change.officer
        if change.kind in ("leaves", "promoted"):
            roster.loc[row, "leaves_on"] = change.day.isoformat()
        elif change.kind == "sick" and change.until is not None:
            roster.loc[row, "absent_from"], roster.loc[row, "absent_until"] = (
                change.day.isoformat(),
                change.until.isoformat(),
            )
        elif change.kind == "moves":
            roster.loc[row, "ordered_on"] = change.day.isoformat()
    return roster[["officer", *ROSTER_COLUMNS, *(c for c in PERSONNEL_COLUMNS if c in roster)]]


def _published(before: PlanTables, moves: Sequence[OfficerEvent], start: dt.date, years: int) -> pd.DataFrame:
    """Return the published postings with the ordered moves in place of what they end."""
    assert before.assignments is not None
    starts = month_starts(start, years * 12)
    rows: list[tuple[str, str | None, str, str, str]] = []
    ordered = {c.officer: c for c in moves}
    for r in records(before.assignments):
        c = ordered.get(str(r["officer"]))
        begin, end = str(r["start"]), str(r["end"])
        if c is not None:
            cut = starts[bisect_left(starts, c.day)].isoformat()
            if begin >= cut:
                continue
            end = min(end, cut)
        rows.append((r["officer"], r["beat"], begin, end, r.get("requires") or ""))
    for c in moves:
        cut = starts[bisect_left(starts, c.day)].isoformat()
        rows.append((c.officer, c.beat, cut, starts[-1].isoformat(), ""))
    return pd.DataFrame(rows, columns=["officer", "beat", "start", "end", "requires"])


def changed_postings(before: pd.DataFrame, after: pd.DataFrame, plan: PlanTables) -> list[ChangedPostings]:
    """Return the officers whose postings differ, with both series in words."""
    name = (
        {}
        if plan.beats is None
        else dict(zip(plan.beats["beat"].astype(str), plan.beats["name"].astype(str), strict=True))
    )

    def series(frame: pd.DataFrame) -> dict[str, str]:
        words: dict[str, list[str]] = {}
        for r in records(frame.sort_values("start")):
            words.setdefault(str(r["officer"]), []).append(
                f"{name.get(str(r['beat']), r['beat'])} {r['start'][:7]} to {r['end'][:7]}"
            )
        return {o: ", ".join(w) for o, w in words.items()}

    old, new = series(before), series(after)
    return [
        {"officer": o, "before": old.get(o, "no post"), "after": new.get(o, "no post")}
        for o in sorted({*old, *new})
        if old.get(o) != new.get(o)
    ]


def _trust_lost(before: PlanTables, moves: Sequence[OfficerEvent], start: dt.date) -> float:
    """Return the residents × years known that moved officers leave behind, as `trust` counts them."""
    if before.assignments is None or before.roster is None:
        return 0.0
    roster = {str(r["officer"]): r for r in records(before.roster)}
    lost = 0.0
    for c in moves:
        for r in records(before.assignments):
            there = str(r["officer"]) == c.officer and str(r["start"]) <= c.day.isoformat() < str(r["end"])
            if there and str(r["beat"]) != c.beat:
                lost += relationship_years_of(before.units, roster[c.officer], str(r["beat"]), r["start"], c.day, start)
    return lost
