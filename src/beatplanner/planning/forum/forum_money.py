"""What the forums of a plan, and of today's beats, cost where they meet: the same figures in the pack, the budget and the roll-out."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np

from beatplanner.data.formats import geometry
from beatplanner.data.formats.cells import texts
from beatplanner.data.formats.content import content_of
from beatplanner.data.formats.fingerprint import fingerprint
from beatplanner.data.result.forum_ways import ForumWay, ForumWays
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.town.forum_tables import read_venues
from beatplanner.data.town.town import Town
from beatplanner.planning.forum.forums import Meeting, closed_by, meeting_places, plan_forums


def forum_ways(tables: PlanTables, town: Town) -> ForumWays | None:
    """Return where forums meet and what that costs, as ``summary.json`` tells it under ``forums``.

    Parameters
    ----------
    tables
        A plan with beats; its summary with what stations say of walking.
    town
        Its town.

    Returns
    -------
    ForumWays or None
        ``listed``: by what the list of buildings is known again, None without one; ``plan``: the forums of the pack at all levels; ``today``: those of today's beats, planned alike in the same buildings. Each row has ``level``,
        ``area``, ``venue``, ``x``, ``y`` (metres), ``members``, ``meetings_a_year``, ``travel_cost`` (of one meeting) and ``year_cost``, in the
        currency of the forums. None where the description has no forums or no budget, or no place is known to meet in.

    Raises
    ------
    InputError
        Where the list of buildings cannot be used.
    """
    rules = town.description
    if rules.forum is None or rules.budget is None or tables.beats is None:
        return None
    listing, closed = read_venues(town), closed_by(tables)
    venues, walks = meeting_places(town, listing, closed)
    if venues is None or not len(venues):
        return None
    where = (rules.forum, venues, walks)
    alike = np.ones(len(tables.units))
    plan = plan_forums(tables, *where, members_from=alike)
    now = _today(tables)
    if closed:
        # what closes stands today
        where = (rules.forum, *meeting_places(town, listing))
    today = [] if now is None else plan_forums(now, *where, members_from=alike, levels=("neighbourhood",))
    listed = None if rules.forum.venues is None else rules.path(rules.forum.venues.path)
    return {
        "listed": None if listed is None else content_of(listed) or fingerprint(listed),
        "plan": [_forum_way(m) for m in plan],
        "today": [_forum_way(m) for m in today],
    }


def _today(tables: PlanTables) -> PlanTables | None:
    """Return the tables with today's beats in place of the plan's; None where there are none."""
    units = tables.units
    current = np.array([v or "" for v in texts(units["current"])], dtype=object)
    ids = sorted(set(current) - {""})
    if not ids:
        return None
    towns = units["municipality"].astype(str).to_numpy(object)
    shapes = [geometry.dissolve(units.geometry.to_numpy()[current == b]) for b in ids]
    beats = gpd.GeoDataFrame(
        {"beat": ids, "name": ids, "municipality": [towns[current == b][0] for b in ids]},
        geometry=shapes,
        crs=units.crs,
    )
    return replace(tables, units=units.assign(beat=current), beats=beats)


def _forum_way(meeting: Meeting) -> ForumWay:
    return {
        "level": meeting.level,
        "area": meeting.area,
        "venue": meeting.venue,
        "x": meeting.at[0],
        "y": meeting.at[1],
        "members": meeting.members,
        "meetings_a_year": meeting.meetings,
        "travel_cost": meeting.travel_cost,
        "year_cost": meeting.year_cost,
    }
