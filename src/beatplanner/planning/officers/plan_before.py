"""The postings of the plan that a run begins from: no run ends with worse ones where they keep all rules that hold now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import geopandas as gpd
import pandas as pd

from beatplanner.data.formats.frames import records
from beatplanner.planning.officers.roster_problem import PostGroups
from beatplanner.solver.officers.figures import breaches, measure
from beatplanner.solver.officers.problem import Posting, Postings, TenureProblem


def postings_of_before(
    assignments: pd.DataFrame | None,
    roster: pd.DataFrame,
    beats: gpd.GeoDataFrame,
    places: PostGroups,
    dates: Sequence[dt.date],
) -> list[Posting]:
    """Return the postings of another plan as those of this one; none where it has an officer, a beat, a post or a month that this one has not."""
    if assignments is None:
        return []
    officer = {str(o): k for k, o in enumerate(roster["officer"])}
    beat = [str(b) for b in beats["beat"]]
    place = {(beat[int(b)], what): k for k, (b, what) in enumerate(zip(places.beat, places.requires, strict=True))}
    month = {day.isoformat(): t for t, day in enumerate(dates)}
    found: list[Posting] = []
    for row in records(assignments):
        requires = row.get("requires")
        post = str(row["beat"]), requires if isinstance(requires, str) else ""
        who, begin, end = (
            officer.get(str(row["officer"])),
            month.get(str(row["start"])[:10]),
            month.get(str(row["end"])[:10]),
        )
        if who is None or begin is None or end is None or post not in place:
            return []
        found.append(Posting(who, place[post], begin, end))
    return sorted(found, key=lambda p: (p.officer, p.begin))


def not_worse(
    problem: TenureProblem,
    found: Postings,
    before: Sequence[Posting],
    officers: int,
    promises: Callable[[list[Posting]], object],
) -> Postings:
    """Return what was found, or the postings of the plan before where these keep all rules and are better.

    Parameters
    ----------
    problem
        What was solved.
    found
        What the search found, with a bound that holds for all postings.
    before
        Postings of the plan before.
    officers
        How many the roster has: who stands in from the pool comes behind them, and does so as found.
    promises
        Tells what of `promises` postings break; empty for nothing.
    """
    kept = [*before, *(p for p in found.postings if p.officer >= officers)]
    if not before or breaches(problem, kept) or promises(kept):
        return found
    worth = measure(problem, kept).objective(problem.weights)
    clean = not breaches(problem, found.postings) and not promises(found.postings)
    if clean and measure(problem, found.postings).objective(problem.weights) <= worth:
        return found
    bound = found.lower_bound
    if bound is None and found.proof is not None:
        bound = found.proof.bound
    return Postings(kept, None if bound is None else max(0.0, min(bound, worth)), found.proof)
