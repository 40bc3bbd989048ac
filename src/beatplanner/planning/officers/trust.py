"""Relationship-years: residents times the years that their officer has been known, one figure for beats and officers.

An officer knows the residents of today's beat for the months served there. A relationship is kept where the officer whose posting begins with the
plan serves the beat that the resident's unit now belongs to; it is lost where lines moved away from the officer or the officer from the beat::

    today = Σ_o Σ_u in today's beat of o  residents_u × months_o / 12
    kept  = the same sum over units whose new beat o serves in the first month
    lost by lines = the part of `today` in units whose new beat is not the one that o's own carries on to; the rest is lost by moves

On a later day the residents of the beat that o serves are known for the months of the posting, and those whom o served before the plan for these months
too; who came with new lines is known from the plan's start only (`known_years`). An order that moves o loses this sum.

Where lines alone are planned, `kept` is what is kept if every officer stays: the price of a change of lines, before anybody moves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from beatplanner.data.formats.cells import is_missing

if TYPE_CHECKING:
    from beatplanner.data.description.sections.officers import Officers


def months_served(since: object, start: object) -> int:
    """Return the whole calendar months from a day to the plan's start, 0 where it is unknown or later."""
    if is_missing(since):
        return 0
    one, other = pd.Timestamp(str(since)), pd.Timestamp(str(start))
    return max(0, 12 * (other.year - one.year) + other.month - one.month - (other.day < one.day))


def known_years(units: pd.DataFrame, officer: Any, beat: str, begin: object, day: object, start: object) -> np.ndarray:
    """Return for how many years an officer has known the residents of each unit on a day, (n,); 0 in units that they do not serve.

    Parameters
    ----------
    units
        ``beat`` and ``current``.
    officer
        A row of the roster, with ``beat`` and ``since``.
    beat, begin
        Of the posting in which they serve on that day.
    day, start
        The day, and the plan's first.
    """
    here = units["beat"].astype(str).to_numpy() == str(beat)
    years = here * (months_served(begin, day) / 12)
    if (
        pd.Timestamp(str(begin)) == pd.Timestamp(str(start))
        and officer["beat"] is not None
        and not pd.isna(officer["beat"])
    ):
        # residents of the beat that they served before the plan, whatever it is called now
        before = units["current"].astype(object).to_numpy() == str(officer["beat"])
        years = years + (here & before) * (months_served(officer["since"], start) / 12)
    return years


def relationship_years_of(
    units: pd.DataFrame, officer: Any, beat: str, begin: object, day: object, start: object
) -> float:
    """Return the residents × years that an officer has known them on a day; parameters as of `known_years`, units also with ``population``."""
    people = units["population"].fillna(1.0).to_numpy(float)
    return float(people @ known_years(units, officer, beat, begin, day, start))


def relationship_years(
    units: pd.DataFrame, roster: pd.DataFrame, assignments: pd.DataFrame, beats: pd.DataFrame, rules: Officers
) -> dict[str, float]:
    """Return ``relationship_years_today``, ``…_kept``, ``…_lost_by_lines``, ``…_lost_by_moves`` at the plan's first month.

    Parameters
    ----------
    units
        ``beat``, ``current`` and ``population`` (1 a unit where unknown).
    roster
        ``officer``, ``beat``, ``since``.
    assignments
        ``officer``, ``beat``, ``start``.
    beats
        ``beat``.
    rules
        For the plan's start.
    """
    first = assignments[assignments["start"] == rules.start.isoformat()]
    serves = {str(o): str(b) for o, b in zip(first["officer"], first["beat"], strict=True)}
    return _figures(units, roster, {str(b) for b in beats["beat"]}, rules, serves)


def relationship_years_of_lines(
    units: pd.DataFrame, roster: pd.DataFrame, known: set[str], rules: Officers
) -> dict[str, float]:
    """Return ``relationship_years_today``, ``…_kept``, ``…_lost_by_lines`` where every officer stays with the beat that today's carries on to.

    Parameters
    ----------
    units, roster, rules
        As for `relationship_years`.
    known
        The new beats.
    """
    found = _figures(units, roster, known, rules, None)
    return {k: v for k, v in found.items() if k != "relationship_years_lost_by_moves"}


def _figures(
    units: pd.DataFrame, roster: pd.DataFrame, known: set[str], rules: Officers, serves: dict[str, str] | None
) -> dict[str, float]:
    people = units["population"].fillna(1.0).to_numpy(float)
    now, before = units["beat"].to_numpy(object), units["current"].to_numpy(object)
    today = kept = lines = 0.0
    for officer, beat, since in zip(roster["officer"], roster["beat"], roster["since"], strict=True):
        years = months_served(since, rules.start) / 12
        inside = before == beat
        if beat is None or not years or not inside.any():
            continue
        carried = str(beat)
        if carried not in known:
            living: np.ndarray = people[inside]
            lives_on: np.ndarray = now[inside].astype(str)
            carried = str(pd.Series(living).groupby(lives_on).sum().idxmax())
        mine = carried if serves is None else serves.get(str(officer))
        today += years * float(people[inside].sum())
        row = {"beat": beat, "since": since}
        kept += 0.0 if mine is None else relationship_years_of(units, row, mine, rules.start, rules.start, rules.start)
        lines += years * float(people[inside & (now.astype(str) != carried) & (now != mine)].sum())
    # what sums in floating point leave behind is lost by nobody
    moves = today - kept - lines
    moves = 0.0 if abs(moves) <= 1e-9 * today else moves
    return {
        "relationship_years_today": today,
        "relationship_years_kept": kept,
        "relationship_years_lost_by_lines": lines,
        "relationship_years_lost_by_moves": moves,
    }
