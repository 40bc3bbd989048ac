"""Officers: a roster and beats turned into postings that last, and postings turned back into names and dates.

Months are counted from the plan's start; an officer is available in a month when they are in the force and trained on its first day and have
not left before its end. A posting that goes on from today is written from the plan's start; the months served before it count for
tenure. Figures, as `beatplanner verify` recomputes them:

- vacant months: posts without an officer, summed over beats and months;
- tenure violations: postings that end before the minimum tenure though their officer stays in the force and the plan goes on,
  those of today that end at once among them;
- rotations: postings away from the beat held today, and for officers without one those beyond their first;
- language gaps: beats, months and languages that at least a tenth of residents speak and none of the beat's officers;
- home kilometres: straight line from home to the beat's centre unit, for each month of a posting; 0 where the home is unknown.

Handover: a posting that begins after the start fills a post that was vacant the month before, or begins `handover_months` before a predecessor's
ends, unless the officer was not available earlier. A beat has more officers than posts only in such an overlap, or where it has them today.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.errors import InputError, Note, problem
from beatplanner.data.findings import did_you_mean
from beatplanner.data.town import Town
from beatplanner.planning.proof import Progress, Proof, silent
from beatplanner.solver.tenure import Posting, Postings, TenureProblem, assign, measure

DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True)
class OfficerPlan:
    """The postings.

    Attributes
    ----------
    assignments
        ``officer``, ``beat``, ``start``, ``end`` (ISO dates, half-open), ``post`` (1, 2, … within the beat), a row a posting.
    proof
        Status, objective and bound.
    figures
        The step's other keys of ``summary.json``.
    clashes
        Empty: what the roster cannot do is priced, not forbidden, and told in `notes`.
    notes
        What the roster cannot do, and where.
    """

    assignments: pd.DataFrame
    proof: Proof
    figures: dict[str, Any]
    clashes: tuple[str, ...]
    notes: tuple[Note, ...]

    @property
    def feasible(self) -> bool:
        """Whether every rule is met."""
        return not self.clashes

    def as_summary(self) -> dict[str, Any]:
        """Return the step's part of ``summary.json``."""
        return {**self.proof.as_summary(), **self.figures}


def month_starts(start: dt.date, months: int) -> list[dt.date]:
    """Return the first day of each month of the plan and of the one after, (months + 1,)."""
    first = pd.Timestamp(start)
    return [(first + pd.DateOffset(months=t)).date() for t in range(months + 1)]


def plan_officers(
    town: Town,
    beats: gpd.GeoDataFrame,
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> OfficerPlan:
    """Assign the roster's officers to the beats' posts.

    Parameters
    ----------
    town
        The town, with a roster.
    beats
        The beats, as `PlanTables.beats`.
    seconds
        Limit of wall time.
    threads, seed
        Given to the solver.
    progress
        Called with phase, best objective, bound and seconds.
    cancelled
        True ends the search.

    Returns
    -------
    OfficerPlan

    Raises
    ------
    InputError
        Where an officer's beat is neither one of today's nor one of the plan's.
    """
    begin = time.monotonic()
    rules = town.description.officers
    assert rules is not None
    dates = month_starts(rules.start, rules.years * 12)
    problem_ = _problem(town, beats, dates)

    def tell(best: float, bound: float | None) -> None:
        progress("officers", best, bound, time.monotonic() - begin)

    found = assign(problem_, seconds=seconds, threads=threads, seed=seed, tell=tell, cancelled=cancelled)
    figures = measure(problem_, found.postings)
    proof = Proof.of(figures.objective(problem_.weights), found.lower_bound, time.monotonic() - begin, True)
    progress("officers", proof.objective, proof.lower_bound, proof.seconds)
    summary = {
        "posts": int(problem_.posts.sum()),
        "vacant_months": figures.vacant_months,
        "rotations": figures.rotations,
        "tenure_violations": figures.tenure_violations,
        "language_gaps": figures.language_gaps,
        "home_km_months": figures.home_km_months,
        "officers": len(problem_.first),
        "months": problem_.months,
        "weights": rules.weights.model_dump(),
    }
    return OfficerPlan(
        _assignments(town, beats, problem_, found, dates),
        proof,
        summary,
        (),
        _notes(town, beats, problem_, found, dates),
    )


def _problem(town: Town, beats: gpd.GeoDataFrame, dates: list[dt.date]) -> TenureProblem:
    roster, rules = town.roster, town.description.officers
    assert roster is not None and rules is not None
    place = {b: i for i, b in enumerate(beats["beat"])}
    todays = {b for b in town.units["current"] if isinstance(b, str)}
    languages = list(town.groups)
    months = len(dates) - 1
    first, last, home, moved, served = [], [], [], [], []
    for row in roster.itertuples(index=False):
        known = row.beat is not None and (row.beat in place or row.beat in todays)
        if row.beat is not None and not known:
            mend = did_you_mean(row.beat, [*place, *todays]) or "Name one of today's beats, or leave the cell empty"
            what = f"{row.officer} is in beat “{row.beat}”, which is neither one of today's beats nor of the plan's"
            raise InputError(problem(what, mend, file=rules.path.name, field="beat"))
        home.append(place.get(row.beat, -1) if row.beat is not None else -1)
        moved.append(row.beat is not None and row.beat not in place)
        ready = _ready(row, rules.training_months)
        # whoever holds a beat today serves already
        first.append(0 if home[-1] >= 0 else int(np.searchsorted(dates[:-1], ready)) if ready else 0)
        last.append(
            months + 10_000 if row.leaves_on is None else int(np.searchsorted(dates, row.leaves_on, side="right")) - 1
        )
        days = (dates[0] - row.since).days if row.since is not None else 0
        served.append(max(0, int(days / DAYS_A_MONTH + 1e-9)))
    units = town.units.set_index(town.units["unit"].astype(str))
    centre = units.loc[beats["centre_unit"].astype(str), ["x", "y"]].to_numpy(float)
    homes = roster[["x", "y"]].to_numpy(float)
    km = np.hypot(homes[:, None, 0] - centre[None, :, 0], homes[:, None, 1] - centre[None, :, 1]) / 1000
    w = rules.weights
    return TenureProblem(
        posts=beats["posts"].to_numpy(int),
        months=months,
        first=np.array(first),
        last=np.maximum(np.array(last), 0),
        home=np.array(home),
        moved=np.array(moved),
        served=np.array(served),
        kilometres=np.nan_to_num(km),
        speaks=np.array([[g in spoken for g in languages] for spoken in roster["languages"]], bool).reshape(
            len(roster), len(languages)
        ),
        needs=np.array([[g in text.split(";") for g in languages] for text in beats["languages"]], bool).reshape(
            len(beats), len(languages)
        ),
        min_tenure=rules.min_tenure_months,
        handover=rules.handover_months,
        weights=(w.vacant_month, w.tenure_violation, w.language_gap, w.rotation, w.home_km_month),
    )


def _ready(row: Any, training_months: int) -> dt.date | None:
    """Return the day from which an officer may take a post; None for from the start."""
    if row.trained_on is not None:
        return max(row.trained_on, row.joins_on or row.trained_on)
    if row.joins_on is not None:
        return (pd.Timestamp(row.joins_on) + pd.DateOffset(months=training_months)).date()
    return None


def _assignments(town, beats, problem_: TenureProblem, found: Postings, dates: list[dt.date]) -> pd.DataFrame:
    post = _posts(problem_, found.postings)
    rows = [
        (
            town.roster["officer"].iat[p.officer],
            beats["beat"].iat[p.beat],
            dates[p.begin].isoformat(),
            dates[p.end].isoformat(),
            post[p],
        )
        for p in sorted(found.postings, key=lambda p: (p.beat, post[p], p.begin))
    ]
    return pd.DataFrame(rows, columns=["officer", "beat", "start", "end", "post"])


def _posts(problem_: TenureProblem, postings: list[Posting]) -> dict[Posting, int]:
    """Give each posting a post of its beat: the one that was free the longest, so that a successor follows a predecessor."""
    post: dict[Posting, int] = {}
    for b in range(len(problem_.posts)):
        free_at = [0] * max(1, int(problem_.posts[b]))
        for p in sorted((p for p in postings if p.beat == b), key=lambda p: (p.begin, p.officer)):
            ready = [k for k, t in enumerate(free_at) if t <= p.begin + problem_.handover]
            if not ready:
                free_at.append(0)
                ready = [len(free_at) - 1]
            k = min(ready, key=lambda k: (-free_at[k], k))
            free_at[k] = p.end
            post[p] = k + 1
    return post


def _notes(town, beats, problem_: TenureProblem, found: Postings, dates: list[dt.date]) -> tuple[Note, ...]:
    """Say where posts stay vacant and languages unspoken, and why."""
    notes = []
    present = np.zeros((len(problem_.posts), problem_.months), int)
    for p in found.postings:
        present[p.beat, p.begin : p.end] += 1
    vacant = np.maximum(0, problem_.posts[:, None] - present)
    month = np.arange(problem_.months)
    able = ((problem_.first[:, None] <= month) & (month < problem_.last[:, None])).sum(axis=0)
    short = np.maximum(0, problem_.posts.sum() - able)
    if short.any():
        worst = int(np.argmax(short))
        notes.append(
            Note("warning", f"There are {problem_.posts.sum()} posts, but too few trained officers in {int((short > 0).sum())} of "
                 f"{problem_.months} months; {short[worst]} are missing in {dates[worst]:%B %Y}", "Recruit and train earlier, or plan fewer posts")
        )  # fmt: skip
    for b in np.flatnonzero(vacant.sum(axis=1)):
        when = np.flatnonzero(vacant[b])
        notes.append(
            Note("warning", f"{beats['name'].iat[b]} has {int(vacant[b].sum())} vacant post-months, the first in {dates[when[0]]:%B %Y}")
        )  # fmt: skip
    for k, language in enumerate(town.groups):
        gaps = []
        for b in np.flatnonzero(problem_.needs[:, k]):
            spoken = np.zeros(problem_.months, bool)
            for p in found.postings:
                if p.beat == b and problem_.speaks[p.officer, k]:
                    spoken[p.begin : p.end] = True
            if not spoken.all():
                gaps.append(f"{beats['name'].iat[b]} ({int((~spoken).sum())} months)")
        if gaps:
            text = f"No officer speaks {language} in {', '.join(gaps[:5])}" + (
                f" and {len(gaps) - 5} more beats" if len(gaps) > 5 else ""
            )
            notes.append(Note("warning", text, f"Train or recruit officers who speak {language}"))
    return tuple(notes)
