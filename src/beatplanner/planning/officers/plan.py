"""Officers: a roster and beats turned into postings that last, and postings turned back into names and dates.

Months are counted from the plan's start; an officer is available in a month when they are in the force and trained on its first day and have
not left before its end. A posting that goes on from today is written from the plan's start; the months served before it count for
tenure. Figures, as `beatplanner verify` recomputes them:

- vacant months: posts without an officer at work, summed over beats and months;
- tenure violations: postings that end before the minimum tenure though their officer stays in the force and the plan goes on,
  those of today that end at once among them;
- rotations: postings away from the beat held today, and for officers without one those beyond their first;
- language gaps: beats and months in which a language that at least a tenth of residents speak is spoken by none of the beat's officers;
- speaker months: residents who speak such a language × months in which none of the beat's officers does; must months: those beat-months of a language
  where more speak it than `must_language_share`;
- gender gaps: where a mix is wished, beats of two posts and more and months without a woman or without a man;
- home kilometres: straight line from home to the beat's centre unit, for each month of a posting; 0 where the home is unknown;
- unpreferred months: months in beats that an officer who named some did not name;
- changed months: months of the published plan that are not served as published.

Handover: a posting that begins after the start fills a post that was vacant the month before, or begins `handover_months` before a predecessor's
ends, unless the officer was not available earlier. A beat has more officers than posts only in such an overlap, or where it has them today.
Officers follow the residents they know: who serves a beat that exists no more is taken over by the beat where most of its residents are now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.errors import Note
from beatplanner.data.formats.frames import records
from beatplanner.data.town.town import Town
from beatplanner.planning.officers.clashes import broken_rules, clashes_of, longest_tenure, notes_of
from beatplanner.planning.officers.cover import Cover, cover_figures, cover_of, cover_table, with_cover
from beatplanner.planning.officers.languages import language_needs
from beatplanner.planning.officers.openings import held_until_start, opening_months, with_stand_ins
from beatplanner.planning.officers.personnel import personnel_figures, personnel_warnings
from beatplanner.planning.officers.plan_before import not_worse, postings_of_before
from beatplanner.planning.officers.promises import broken_promises
from beatplanner.planning.officers.roster_problem import PostGroups, month_starts, problem_of
from beatplanner.planning.officers.trust import relationship_years
from beatplanner.planning.officers.ways_out import Trials
from beatplanner.planning.proof import Progress, Proof, silent
from beatplanner.solver.clock import read_clock
from beatplanner.solver.officers.assign import assign
from beatplanner.solver.officers.figures import breaches, broken_tenures, measure
from beatplanner.solver.officers.problem import Posting, Postings, PriceProof, TenureProblem


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
        Rules that the postings break, each with officer, beat and month, and the cheapest way out.
    notes
        What the roster cannot do, and where.
    certificate
        Multipliers that prove the bound, as far as it can be checked: by place (of `post_groups`), month and language; None where there is no bound.
    cover
        Temporary postings from the pool, as of `cover.cover_table`; None without a pool.
    """

    assignments: pd.DataFrame
    proof: Proof
    figures: dict[str, object]
    clashes: tuple[str, ...]
    notes: tuple[Note, ...]
    certificate: PriceProof | None = None
    cover: pd.DataFrame | None = None

    @property
    def feasible(self) -> bool:
        """Whether every rule is met."""
        return not self.clashes

    def as_summary(self) -> dict[str, object]:
        """Return the step's part of ``summary.json``."""
        return {**self.proof.as_summary(), **self.figures}


def plan_officers(
    town: Town,
    beats: gpd.GeoDataFrame,
    unit_beat: np.ndarray | None = None,
    before: pd.DataFrame | None = None,
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
    unit_beat
        (n,) beat of each unit, by which relationships are counted; none are where it is None.
    before
        Postings of another plan, as `PlanTables.assignments`: the new ones are no worse where those keep all rules.
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
    begin = read_clock(cancelled)
    rules = town.description.officers
    assert rules is not None
    dates = month_starts(rules.start, rules.years * 12)
    if unit_beat is not None:
        town = replace(town, units=town.units.assign(beat=unit_beat))
    problem_, places = problem_of(town, beats, dates)
    cover = cover_of(town, problem_, places)
    opens = opening_months(beats, dates)
    problem_ = with_stand_ins(held_until_start(with_cover(problem_, cover), opens), opens)

    def search_progress(best: float, bound: float | None) -> None:
        progress("officers", best, bound, read_clock(cancelled) - begin)

    # a tenth is kept for ways out of what cannot be done, each of which is solved with
    found = assign(
        problem_, seconds=0.9 * seconds, threads=threads, seed=seed, progress=search_progress, cancelled=cancelled
    )
    assert town.roster is not None
    known = postings_of_before(before, town.roster, beats, places, dates)
    broken = partial(broken_promises, town, beats, places, problem_, dates=dates)
    found = not_worse(problem_, found, known, len(town.roster), broken)
    taken = read_clock(cancelled) - begin

    def report() -> None:
        progress(
            "officers: ways out of what cannot be done, each solved with", None, None, read_clock(cancelled) - begin
        )

    until = begin + seconds
    trials = Trials(problem_, found.postings, until, threads=threads, seed=seed, cancelled=cancelled, report=report)
    return _plan_of(town, beats, places, problem_, found, dates, taken, progress, trials, cover)


def _plan_of(
    town: Any,
    beats: Any,
    places: PostGroups,
    problem_: TenureProblem,
    found: Postings,
    dates: list[dt.date],
    seconds: float,
    progress: Progress,
    trials: Trials,
    cover: list[Cover],
) -> OfficerPlan:
    rules = town.description.officers
    figures = measure(problem_, found.postings)
    promised = broken_promises(town, beats, places, problem_, found.postings, dates)
    wrong = [*breaches(problem_, found.postings), *promised]
    objective = figures.objective(problem_.weights)
    proof = Proof.closing(
        "officers",
        objective,
        found.lower_bound,
        seconds,
        not wrong,
        progress,
        bool(promised) or found.rules == "impossible",
    )
    summary: dict[str, object] = {
        "posts": int(problem_.posts.sum()),
        "vacant_months": figures.vacant_months,
        "rotations": figures.rotations,
        "tenure_violations": figures.tenure_violations,
        "language_gaps": figures.language_gaps,
        "gender_gaps": figures.gender_gaps,
        "speaker_months": figures.speaker_months,
        "must_months": figures.must_months,
        "home_km_months": figures.home_km_months,
        "unpreferred_months": figures.unpreferred_months,
        "changed_months": figures.changed_months,
        "officers": len(town.roster),
        "months": problem_.months,
        "weights": rules.weights.model_dump(),
        "broken_rules": broken_rules(town, beats, places, wrong, dates),
        "rules_kept": {"kept": "yes", "impossible": "proven impossible", "not found": "not found, not proven"}[
            "impossible" if promised else found.rules
        ],
    }
    broken = broken_tenures(problem_, found.postings)
    if broken:
        # a minimum tenure that these postings keep, and above which none can
        summary["longest_tenure"] = {
            "found": min(served for *_, served in broken),
            "impossible_above": longest_tenure(problem_),
        }
    summary |= cover_figures(problem_, cover, town.roster)
    if town.groups:
        summary["languages"] = language_needs(town, beats, problem_, dates)
    assignments = _assignments(town, beats, places, problem_, found, dates)
    staff = personnel_figures(town.roster, assignments, beats, rules)
    summary.update(staff)
    if town.special_posts is not None:
        summary["special_posts"] = records(town.special_posts)
    if "beat" in town.units and town.units["current"].notna().any():
        summary |= relationship_years(town.units, town.roster, assignments, beats, rules)
    return OfficerPlan(
        assignments,
        proof,
        summary,
        clashes_of(town, beats, places, problem_, found, wrong, dates, trials, promised),
        (
            *notes_of(town, beats, places, problem_, found, dates, trials),
            *personnel_warnings(town.roster, assignments, staff, rules, in_sectors="sector" in beats),
        ),
        None if proof.lower_bound is None else found.proof,
        cover_table(town, beats, places, cover, dates),
    )


def _assignments(
    town: Any, beats: Any, places: PostGroups, problem_: TenureProblem, found: Postings, dates: list[dt.date]
) -> pd.DataFrame:
    # who stands in from the pool holds no post of his own: it is the one of the officer who is away
    postings = [p for p in found.postings if p.officer < len(town.roster)]
    post = _posts(places, problem_, postings)
    rows = [
        (
            town.roster["officer"].iat[p.officer],
            beats["beat"].iat[places.beat[p.place]],
            dates[p.begin].isoformat(),
            dates[p.end].isoformat(),
            post[p],
            places.requires[p.place],
        )
        for p in sorted(postings, key=lambda p: (places.beat[p.place], post[p], p.begin))
    ]
    return pd.DataFrame(rows, columns=["officer", "beat", "start", "end", "post", "requires"])


def _posts(places: PostGroups, problem_: TenureProblem, postings: list[Posting]) -> dict[Posting, int]:
    """Give each posting a post of its beat: the one that was free the longest, so that a successor follows a predecessor."""
    post: dict[Posting, int] = {}
    used: dict[int, int] = {}
    left: dict[int, list[int]] = {}
    for place in range(len(places.posts)):
        beat = int(places.beat[place])
        base = used.get(beat, 0)
        # who holds a post that asks for what they have not leaves it to who has it
        free_at = left.pop(beat, [])
        free_at += [0] * (int(places.posts[place]) - len(free_at))
        here = sorted((p for p in postings if p.place == place), key=lambda p: (p.begin, p.officer))
        # of more officers than posts on the first day those who stay hold the posts, so that none stands empty once the others have left
        first = [p for p in here if p.begin == 0]
        stay = set(sorted(first, key=lambda p: -p.end)[: len(free_at)])
        for p in sorted(here, key=lambda p: (p.begin, p.begin == 0 and p not in stay)):
            ready = [k for k, t in enumerate(free_at) if t <= p.begin + problem_.handover]
            if not ready:
                free_at.append(0)
                ready = [len(free_at) - 1]
            k = min(ready, key=lambda k: (-free_at[k], k))
            free_at[k] = p.end
            post[p] = base + k + 1
        if places.posts[place]:
            used[beat] = base + len(free_at)
        else:
            left[beat] = free_at
    return post
