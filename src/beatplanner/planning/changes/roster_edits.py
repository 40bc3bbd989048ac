"""Postings moved by hand: what the rules say of them at once, and the plan that comes of it.

The judge is the checker of `planning.verification`, so that what is told while a posting is dragged is what `verify` will say of the plan. Rules that no plan
may break (one post at a time, trained before the post, handover, no more officers than posts, and the options that a force switched on) stop an edit from being
accepted; tenures, vacancies and languages are told with their cost, and a tenure that is cut short needs a reason.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import pandas as pd

from beatplanner.data.description.models import Description
from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.formats.cells import counts, dates, texts
from beatplanner.data.formats.frames import records
from beatplanner.data.formats.ids import id_advice, match_ids
from beatplanner.data.paths import whole_path
from beatplanner.data.publish.everything import write_everything
from beatplanner.data.result.draft import BROKEN
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.history import ChangedPostings, EditedPostings
from beatplanner.data.result.json_files import write_audit
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.service_files import keep_service, write_service
from beatplanner.planning.changes.judged_rules import judged_rules
from beatplanner.planning.changes.replanning import FIGURES as PRICED
from beatplanner.planning.changes.replanning import changed_postings
from beatplanner.planning.officers.roster_problem import month_starts
from beatplanner.planning.proof import Proof, Unproven, rules_in_summary, unproven_of
from beatplanner.planning.verification.evidence import Evidence, with_text_ids
from beatplanner.planning.verification.officer_months import months_at_work
from beatplanner.planning.verification.tenures import impossible_above, short_tenures
from beatplanner.planning.whole.country import write_country
from beatplanner.planning.whole.summarise import sum_up
from beatplanner.planning.whole.verdict import write_verdict

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


FIGURES = {
    **{k: v for k, v in PRICED.items() if k != "changed_months"},
    "gender_gaps": "months without a woman or a man",
}
TENURE = "Minimum tenure: "


@dataclass(frozen=True)
class EditedPosting:
    """An officer in a post of a beat from one month to another, half-open, counted from the plan's first month."""

    officer: str
    beat: str
    post: int
    start: int
    end: int
    requires: str = ""


@dataclass(frozen=True)
class RosterJudgement:
    """What the rules say.

    Attributes
    ----------
    broken
        Sentences on rules that no plan may break, but for what the published plan breaks too.
    before
        Sentences on these, which the postings break as the published plan does.
    kept_again
        For whom, or where, the published plan breaks such a rule and the postings do not.
    cut
        Sentences on tenures that are cut short, by officer, beat and month.
    empty
        Sentences on posts that stay empty.
    figures
        By the keys of `FIGURES`, and ``objective``.
    reason_needed
        Whether a tenure is cut short that the published plan did not cut.
    """

    broken: tuple[str, ...]
    before: tuple[str, ...]
    kept_again: tuple[str, ...]
    cut: dict[tuple[str, int, int], str]
    empty: tuple[str, ...]
    figures: dict[str, float]
    reason_needed: bool

    @property
    def costs(self) -> tuple[str, ...]:
        """What does not forbid the postings, and is paid for them."""
        return (*self.before, *self.cut.values(), *self.empty)


def rules_of(tables: PlanTables) -> Description:
    """Return the rules that a plan was made by."""
    return Description.model_validate(tables.summary.get("rules", {}))


def months_of(tables: PlanTables) -> list[dt.date]:
    """Return the first day of each month of the plan, and of the one after."""
    officers = rules_of(tables).officers
    assert officers is not None
    return month_starts(officers.start, 12 * officers.years)


def postings_of(tables: PlanTables, table: pd.DataFrame | None = None) -> list[EditedPosting]:
    """Return the postings of a plan, or of a table with its columns, by beat, post and time.

    Raises
    ------
    InputError
        Where a posting begins or ends within a month, or outside the plan.
    """
    month = {day.isoformat(): m for m, day in enumerate(months_of(tables))}
    rows = tables.assignments if table is None else table
    assert rows is not None
    found: list[Any] = []
    for number, r in enumerate(records(rows), 1):
        start, end = (str(r[k])[:10] for k in ("start", "end"))
        for key, day in (("start", start), ("end", end)):
            if day not in month:
                raise InputError(
                    problem(
                        f"“{day}” is no first day of a month of the plan",
                        f"Give days such as {next(iter(month))}",
                        row=str(number),
                        field=key,
                    )
                )
        requires = r.get("requires")
        post = r.get("post")
        found.append(
            EditedPosting(
                str(r["officer"]),
                str(r["beat"]),
                int(post) if post is not None and post == post else 1,
                month[start],
                month[end],
                "" if requires is None or requires != requires else str(requires),
            )
        )
    return sorted(found, key=lambda p: (p.beat, p.post, p.start))


def table_of(postings: Sequence[EditedPosting], tables: PlanTables) -> pd.DataFrame:
    """Return postings as the layer ``assignments`` has them."""
    days = [d.isoformat() for d in months_of(tables)]
    rows = [(p.officer, p.beat, days[p.start], days[p.end], p.post, p.requires) for p in postings if p.start < p.end]
    return pd.DataFrame(rows, columns=["officer", "beat", "start", "end", "post", "requires"])


def _with_ids(beats: pd.DataFrame) -> dict[str, str]:
    """Return what a sentence calls beats, by id: by name and number."""
    rows = zip(beats["beat"].astype(str), beats["name"].astype(str), strict=True)
    return {b: f"{n} (beat {b})" if n != b else f"beat {b}" for b, n in rows}


class Judge:
    """Says what the rules make of postings.

    Parameters
    ----------
    tables
        The published plan.
    file
        Named in errors.

    Attributes
    ----------
    published, as_published, before
        The published postings, what the rules make of them, and their figures.

    Raises
    ------
    InputError
        Where the plan has no officers.
    """

    def __init__(self, tables: PlanTables, file: Path | None = None) -> None:
        if (
            tables.assignments is None
            or tables.roster is None
            or tables.beats is None
            or "officers" not in tables.summary
        ):
            raise InputError(problem("this plan has no officers", "Give a plan with officers", file=file or ""))
        self.tables, self.rules = tables, rules_of(tables)
        assert self.rules.officers is not None
        self.units, self.beats, self.edges = with_text_ids(tables)
        self.days = months_of(tables)
        assert self.beats is not None
        self.name = _with_ids(self.beats)
        self.posts = {str(b): int(p) for b, p in zip(tables.beats["beat"], tables.beats["posts"], strict=True)}
        self.roster = {str(r["officer"]): r for r in records(tables.roster)}
        self.published = postings_of(tables)
        self.cut_before: frozenset[tuple[str, int, int]] = frozenset()
        self.as_published = self(self.published)
        self.before = self.as_published.figures
        self.cut_before = frozenset(self.as_published.cut)

    def call(self, names: Mapping[str, str]) -> bool:
        """Let the rules call beats by these names, by id; return whether one is new, and what was judged is to be judged anew."""
        assert self.beats is not None
        self.beats = self.beats.assign(
            name=[names.get(str(b)) or n for b, n in zip(self.beats["beat"], self.beats["name"], strict=True)]
        )
        before, self.name = self.name, _with_ids(self.beats)
        if before == self.name:
            return False
        self.as_published = self(self.published)
        return True

    def _evidence(self, postings: Sequence[EditedPosting]) -> Evidence:
        tables = replace(self.tables, assignments=table_of(postings, self.tables))
        return Evidence(self.units, self.beats, self.edges, tables, tables.summary, self.rules, None)

    def __call__(self, postings: Sequence[EditedPosting]) -> RosterJudgement:
        """Judge postings."""
        evidence = self._evidence(postings)
        found, values = judged_rules(evidence)
        keys = (
            *FIGURES,
            "objective",
            "home_km_months",
            "unpreferred_months",
            "speaker_months",
            "must_months",
            "relationship_years_kept",
        )
        figures = {k: values[f"officers.{k}"] for k in keys if f"officers.{k}" in values}
        cut = self._cut(postings, evidence)
        empty, reason_needed = tuple(self._empty(postings)), not cut.keys() <= self.cut_before
        return RosterJudgement(found.broken, found.before, found.kept_again, cut, empty, figures, reason_needed)

    def _month(self, month: int) -> str:
        return f"{self.days[month]:%B %Y}"

    def _cut(self, postings: Sequence[EditedPosting], evidence: Evidence) -> dict[tuple[str, int, int], str]:
        """Say who leaves a beat before the minimum tenure, as the checker counts them."""
        rules, beats = self.rules.officers, list(self.posts)
        assert rules is not None
        found: dict[tuple[str, int, int], str] = {}
        least = rules.min_tenure_months
        for officer, beat, month, stayed in self._short(postings, evidence):
            found[officer, beat, month] = (
                f"{officer} leaves {self.name[beats[beat]]} in {self._month(month)} after {stayed} of {least} months: {least - stayed} too few."
            )
        return found

    def _short(self, postings: Sequence[EditedPosting], evidence: Evidence) -> list[tuple[str, int, int, int]]:
        """Return the tenures that are cut short, as of the checker's `short_tenures`."""
        rules, beats = self.rules.officers, list(self.posts)
        assert rules is not None
        rows = [
            (p.officer, beats.index(p.beat), p.start, p.end)
            for p in postings
            if p.officer in self.roster and p.beat in self.posts
        ]
        return short_tenures(rows, self.roster, self.days, beats, rules.min_tenure_months, evidence)

    def longest_tenure(self, postings: Sequence[EditedPosting]) -> dict[str, int | None] | None:
        """Return ``officers.longest_tenure`` as the summary tells it; None where no tenure is cut short."""
        rules, evidence = self.rules.officers, self._evidence(postings)
        assert rules is not None
        stays = [stayed for *_, stayed in self._short(postings, evidence)]
        above = impossible_above(evidence, self.roster, self.days, list(self.posts), rules)
        return {"found": min(stays), "impossible_above": above} if stays else None

    def _empty(self, postings: Sequence[EditedPosting]) -> list[str]:
        """Return where posts stay empty; who stands in fills them, as in the checker's count."""
        found: list[Any] = []
        months = len(self.days) - 1
        first = np.array([day.isoformat() for day in self.days[:-1]])
        cover = [] if self.tables.cover is None else records(self.tables.cover)
        for beat, posts in self.posts.items():
            held = np.zeros(months, int)
            for p in postings:
                if p.beat == beat and p.officer in self.roster:
                    held[p.start : p.end] += months_at_work(self.roster[p.officer], self.days)[p.start : p.end]
            for r in cover:
                if str(r["beat"]) == beat:
                    held += (first >= str(r["start"])) & (first < str(r["end"]))
            empty = np.flatnonzero(held < posts)
            if len(empty):
                runs = np.split(empty, np.flatnonzero(np.diff(empty) > 1) + 1)
                spans = [
                    f"{self._month(int(r[0]))}" + (f" to {self._month(int(r[-1]))}" if len(r) > 1 else "") for r in runs
                ]
                more = f" and {len(spans) - 3} times more" if len(spans) > 3 else ""
                found.append(f"A post of {self.name[beat]} is empty: {', '.join(spans[:3])}{more}.")
        return found


def moved(
    postings: Sequence[EditedPosting],
    number: int,
    *,
    start: int = 0,
    end: int = 0,
    beat: str = "",
    post: int = 0,
    months: int,
) -> list[EditedPosting]:
    """Return postings with one of them moved.

    Parameters
    ----------
    postings, number
        Which of them.
    start, end
        Months by which it begins and ends later.
    beat, post
        Where it goes; "" and 0 for where it is.
    months
        Of the plan; nothing leaves it, and a posting keeps a month at least.
    """
    found = list(postings)
    p = found[number]
    begin = min(max(0, p.start + start), months - 1)
    stop = min(max(begin + 1, p.end + end), months)
    begin = min(begin, stop - 1)
    found[number] = replace(p, start=begin, end=stop, beat=beat or p.beat, post=post or p.post)
    return found


class Accepted(TypedDict):
    """What came of postings by hand: the new plan's summary, the officers whose postings differ, and what the rules say of them."""

    summary: Claims
    diff: list[ChangedPostings]
    judgement: RosterJudgement


def accept(folder: Path, out: Path, postings: Sequence[EditedPosting], *, reason: str = "", by: str = "") -> Accepted:
    """Write a plan with postings that were moved by hand.

    Parameters
    ----------
    folder
        The published plan, which stays as it is.
    out
        Folder of the new plan.
    postings
        All of them.
    reason, by
        Kept in the plan and in ``audit.jsonl``; a reason is needed where a tenure is cut short.

    Returns
    -------
    dict
        ``summary``, ``diff`` (as of `replanning.replan`) and ``judgement``.

    Raises
    ------
    InputError
        Where a rule is broken that no plan may break, or the reason is missing.
    """
    begin = time.monotonic()
    before = read_result(folder)
    judge = Judge(before, folder)
    judgement = judge(postings)
    if judgement.broken:
        raise InputError(
            *(
                problem(
                    text.rstrip("."),
                    "Move the posting again, or let “Repair” find the fewest changes that keep the rules",
                )
                for text in judgement.broken
            )
        )
    if judgement.kept_again:
        # its clashes, and what is proven of them, are those of the published plan
        what = f"the published plan breaks a rule for {judgement.kept_again[0]}, and these postings keep it"
        raise InputError(problem(what, "Take them with “Repair” (--repair), which makes figures and clashes anew"))
    if judgement.reason_needed and not reason.strip():
        mend = "Give a reason; it is kept with the plan"
        raise InputError(problem("a tenure is cut short, and nobody says why", mend, field="--reason"))
    was, kept = before.summary["officers"], "relationship_years_kept"
    # the checker counts in numbers with a point; what was a whole number stays one
    figures = {
        k: int(v) if type(was[k]) is int and v == int(v) else v for k, v in judgement.figures.items() if k in was
    }
    # the bound holds for every plan that keeps the rules; those that the published plan breaks this one breaks too
    bound, sound = was.get("lower_bound"), was.get("status") not in BROKEN
    impossible = was.get("status") == "infeasible"
    proof = Proof.of(judgement.figures["objective"], bound, time.monotonic() - begin, sound, impossible).as_summary()
    officers = {**was, **figures, **proof}
    officers.pop("longest_tenure", None)
    if (tenure := judge.longest_tenure(postings)) is not None:
        officers["longest_tenure"] = tenure
    if proof["lower_bound"] is None:
        officers = {k: v for k, v in officers.items() if k != "certified_bound"} | {"certified": None}
    if "relationship_years_lost_by_moves" in was:
        officers["relationship_years_lost_by_moves"] += was[kept] - figures[kept]
    table = table_of(postings, before)
    diff = changed_postings(before.assignments, table, before)  # type: ignore[arg-type]
    # a tenure that is cut short is a clash, as in every other plan
    of_officers = [c for c in before.summary.get("clashes_of_officers", []) if not c.startswith(TENURE)]
    of_officers += [Unproven(TENURE + text) for text in judgement.cut.values()]
    others = set(before.summary.get("clashes_of_officers", []))
    clashes = [c for c in before.summary.get("clashes", []) if c not in others] + of_officers
    edited: EditedPostings = {
        "from": str(whole_path(folder)),
        "diff": diff,
        "reason": reason,
        "by": by,
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "told": [*judgement.costs],
    }
    summary = {
        **before.summary,
        "officers": officers,
        **rules_in_summary(clashes, unproven_of(before.summary)),
        "clashes_of_officers": [str(c) for c in of_officers],
        "edited_postings": edited,
    }
    proofs = (
        before.proofs
        if proof["lower_bound"] is not None
        else {k: v for k, v in before.proofs.items() if k != "officers"}
    )
    _write(folder, out, replace(before, assignments=table, summary=summary, proofs=proofs))
    return {"summary": summary, "diff": diff, "judgement": judgement}


def _write(folder: Path, out: Path, written: PlanTables) -> None:
    """Write a plan with other postings than that of a folder, which has the same beats and posts."""
    from beatplanner.planning.service.vacancies import vacancies_again

    summary = written.summary
    rules = rules_of(written).model_copy(update={"folder": Path(str(summary.get("description_file", "."))).parent})
    # who is on duty follows the postings; the figures with all posts held are the same
    duty = vacancies_again(folder, rules, written)
    if duty is not None:
        summary["service"] = duty[0]
    summed_up = sum_up(written, rules, int(summary.get("seed", 0)))

    def finish(part: Path) -> None:
        if summed_up is not None:
            write_country(part, written, summed_up)
        keep_service(folder, part)
        if duty is not None:
            write_service(part, *duty)
        write_verdict(part)
        write_audit(folder, part, [{"edited_postings": summary["edited_postings"]}])

    write_everything(out, written, also=finish)


def read_postings(path: Path, tables: PlanTables) -> tuple[list[EditedPosting], list[Note]]:
    """Read a table of postings: ``officer``, ``beat``, ``start``, ``end`` and, where it matters, ``post`` and ``requires``.

    Returns
    -------
    tuple of list of Posting and list of Note
        And what is told of the table's columns.

    Raises
    ------
    InputError
        Where the table cannot be read, a column is missing, or an officer, beat or day is unknown.
    """
    from beatplanner.data.town.columns import mapped_table

    own = () if tables.assignments is None else tuple(map(str, tables.assignments.columns))
    frame, where, of_columns = mapped_table(
        path, None, ["officer", "beat", "start", "end"], ["post", "requires"], beside=own
    )
    judge = Judge(tables, path)
    for field, known, mend in (
        ("officer", judge.roster, "Use names of the roster"),
        ("beat", judge.posts, "Use beats of the plan"),
    ):
        found, ids = texts(frame[field]), [str(k) for k in known]
        match = match_ids(found, ids)
        for i in match.missing[:1]:
            officer = name = found[i] or ""
            what = f"there is no officer “{officer}”" if field == "officer" else f"there is no beat “{name}”"
            advice = id_advice(name, ids, [f for f in found if f]) or mend
            raise InputError(where.problem(what, advice, row=where.rows[i], field=field))
        if match.note:
            of_columns.append(where.fact(match.note, "warning", field=field))
        frame[field] = [ids[p] for p in match.positions if p is not None]
    for field in ("start", "end"):
        frame[field] = [None if d is None else d.isoformat() for d in dates(frame[field], where, of_columns)]
    if "post" in frame:
        frame["post"] = counts(frame["post"], where, least=1, empty=1, notes=of_columns)
    return postings_of(tables, frame), of_columns
