"""Forums at three levels: where each meets, when, who is invited by role, and what the way there costs its members.

The venue of a forum is the 1-median over the public buildings of its area (Hakimi 1964), by what a meeting costs its members: who lives within
the walking limit walks, everybody else pays the way there and back, and the building has a price an evening. Forums are published, so their
members are expected from all places alike (`meetings_of`): a place that is chosen, and a cost that is told, by how many live where would be an
equation over the residents of single units.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely

from beatplanner.data.description.listed_ids import stations_as_known
from beatplanner.data.description.sections.forum import Forum, ForumLevel
from beatplanner.data.formats import geometry
from beatplanner.data.formats.frames import each_row
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.data.town.forum_tables import ForumTables
from beatplanner.data.town.town import Town
from beatplanner.data.walking_limit import edge_of

Level = Literal["neighbourhood", "municipality", "region"]
LEVELS: tuple[Level, ...] = ("neighbourhood", "municipality", "region")
# Buildings looked at from outside where an area has none of its own.
NEAREST_VENUES = 10
# A metre on foot counts this much money, so that among venues that cost the same the nearer one is taken.
METRE = 1e-6
WALK_MINUTES, WALK_KMH, DETOUR = 20.0, 4.5, 1.3
# Seats of a forum by role, beside those of residents; a force's own list takes their place.
ROLES: dict[Level, tuple[str, ...]] = {
    "neighbourhood": (
        "Community officers of the beat",
        "School",
        "Health centre",
        "Social services",
        "Municipality",
        "Young people",
        "Older people",
    ),
    "municipality": (
        "Head of the police station",
        "Mayor's office",
        "Schools",
        "Health centre",
        "Social services",
        "Women's organisations",
        "Young people",
    ),
    "region": (
        "Regional police commander",
        "Ministry of the interior",
        "Education authority",
        "Public health",
        "Social services",
    ),
}

RESIDENTS: dict[Level, str] = {
    "neighbourhood": "Residents",
    "municipality": "Members sent by the neighbourhood forums",
    "region": "Members sent by the municipal forums",
}


@dataclass(frozen=True)
class Meeting:
    """A forum: whom it is for, where and when it meets, and what that costs.

    Attributes
    ----------
    level
        Neighbourhood, municipality or region.
    area
        The beat's id, the municipality's name, or ``""`` for the region.
    title
        Name of the area in words.
    venue
        The building; None where there is none.
    first
        The first meeting; None where no date was given.
    time
        Time of the day, as given.
    meetings
        Meetings a year.
    members
        Seats.
    walkers
        Share of members who can walk there, 0..1; NaN where unknown.
    farthest_km
        The longest way to the venue, km.
    trip_cost, year_cost
        Travel reimbursed and the venue, for one meeting and a year, in the currency of the description; NaN without a venue.
    travel_cost
        The travel alone, for one meeting; NaN without a venue.
    seats
        Who is invited: role and number of seats.
    at
        The venue's place, metres; NaN where there is none.
    """

    level: Level
    area: str
    title: str
    venue: str | None
    first: dt.date | None
    time: str
    meetings: int
    members: int
    walkers: float
    farthest_km: float
    travel_cost: float
    trip_cost: float
    year_cost: float
    seats: tuple[tuple[str, int], ...]
    at: tuple[float, float]


def meetings_of(tables: PlanTables, town: Town, extra: ForumTables) -> list[Meeting]:
    """Plan the forums of a town in its venues; without a list of those they meet in one of the buildings that stations were looked for in."""
    return plan_forums(
        tables,
        town.description.forum or Forum(),
        *meeting_places(town, extra.venues, closed_by(tables)),
        members_from=np.ones(len(tables.units)),
    )


def venues_of(town: Town, extra: ForumTables) -> tuple[pd.DataFrame | None, np.ndarray | None]:
    """Return the buildings where forums may meet, and the ways there, as for `plan_forums`; of any plan, so those too that this one closes."""
    return meeting_places(town, extra.venues)


def closed_by(tables: PlanTables) -> frozenset[str]:
    """Return the stations that stand today and that a plan closes: nobody is asked to meet there."""
    return frozenset(map(str, list_of(section_of(tables.summary, "stations"), "closed")))


def meeting_places(
    town: Town, listed: pd.DataFrame | None, closed: frozenset[str] = frozenset()
) -> tuple[pd.DataFrame | None, np.ndarray | None]:
    """Return what `venues_of` does from the list of buildings alone, without stations that close; None: there is none."""
    venues, walks = listed, None
    if venues is None and town.sites is not None:
        rules = town.description.stations
        ids = town.sites["station"].astype(str)
        accepted = {} if rules is None else stations_as_known(rules, ids).accepted
        # nobody meets at a place that a program made up, until a person has looked at it and named it
        real = ((town.sites["state"] != "generated") | ids.isin(accepted)).to_numpy() & ~ids.isin(closed).to_numpy()
        own: pd.Series[Any] = town.sites.get("name", ids)
        names = [accepted.get(i) or (n if isinstance(n, str) and n else i) for i, n in zip(ids, own, strict=True)]
        venues = town.sites[["x", "y"]].assign(venue=names, cost=0.0)[real].reset_index(drop=True)
        walks = place_walks(town)
        walks = None if walks is None else walks[:, real]
    return venues, walks


def plan_forums(
    tables: PlanTables,
    rules: Forum,
    venues: pd.DataFrame | None,
    walks: np.ndarray | None,
    *,
    members_from: np.ndarray | None = None,
    levels: Sequence[Level] = LEVELS,
) -> list[Meeting]:
    """Plan the forums of all three levels.

    Parameters
    ----------
    tables
        A plan with beats.
    rules
        The section ``[forum]``.
    venues
        Public buildings: ``venue``, ``x``, ``y`` (metres), ``cost`` of an evening. None: there are none, and places are announced later.
    walks
        (n, v) metres on foot from each unit to each venue, inf where there is no way; None: straight line × 1.3.
    members_from
        (n,) in what proportion members come from each unit; as residents live where none is given, which nothing public may follow from.
    levels
        Which are planned.

    Returns
    -------
    list of Meeting
        Neighbourhoods first, then municipalities, then the region.
    """
    assert tables.beats is not None
    if venues is None:
        venues = pd.DataFrame({"venue": pd.Series(dtype=object), "x": [], "y": [], "cost": []}, dtype=float)
    units, beats = tables.units, tables.beats
    people = members_from
    if people is None:
        people = np.nan_to_num(units["population"].to_numpy(float))
        people = people if people.sum() > 0 else units["workload"].to_numpy(float)
    metres, on_foot, fare = ways_to(tables, rules, venues, walks)
    beat_of, muni_of = units["beat"].astype(str).to_numpy(object), units["municipality"].astype(str).to_numpy(object)
    points = np.asarray(shapely.points(venues[["x", "y"]].to_numpy(float)), dtype=object)
    found: list[Meeting] = []

    def add(
        level: Level, area: str, title: str, inside: np.ndarray, own: np.ndarray, number: int, rule: ForumLevel
    ) -> None:
        candidates = np.flatnonzero(own) if own.any() else _nearest(metres, inside, people)
        found.append(
            _meeting(
                level,
                area,
                title,
                np.flatnonzero(inside),
                candidates,
                people,
                metres,
                fare,
                on_foot,
                venues,
                rule,
                rules,
                number,
                tables,
            )
        )

    for number, b in enumerate(each_row(beats) if "neighbourhood" in levels else ()):
        inside = beat_of == str(b.beat)
        within = np.asarray(shapely.intersects(points, b.geometry)) if len(points) else np.zeros(0, bool)
        add("neighbourhood", str(b.beat), str(b.name), inside, within, number, rules.neighbourhood)
    for number, name in enumerate(sorted(set(muni_of)) if "municipality" in levels else ()):
        inside = muni_of == name
        shape = geometry.union(beats.geometry.to_numpy()[(beats["municipality"].astype(str) == name).to_numpy()])
        within = np.asarray(shapely.intersects(points, shape)) if len(points) else np.zeros(0, bool)
        add("municipality", name, name or tables.summary["project"], inside, within, number, rules.municipality)
    if "region" in levels:
        everywhere = np.ones(len(units), bool), np.ones(len(points), bool)
        add("region", "", tables.summary["project"], *everywhere, 0, rules.region)
    return found


def ways_to(
    tables: PlanTables, rules: Forum, venues: pd.DataFrame, walks: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return from each unit to each venue the metres, whether a member walks, and what there and back costs, all (n, v); `walks` as for `plan_forums`."""
    home, place = tables.units[["x", "y"]].to_numpy(float), venues[["x", "y"]].to_numpy(float)
    straight = DETOUR * np.hypot(home[:, None, 0] - place[None, :, 0], home[:, None, 1] - place[None, :, 1])
    metres = straight if walks is None else np.where(np.isfinite(walks), walks, straight)
    limit = tables.summary.get("stations", {}).get("walk_minutes", WALK_MINUTES)
    speed = tables.summary.get("stations", {}).get("walk_kmh", WALK_KMH)
    on_foot = metres <= edge_of(limit * speed * 1000 / 60)
    return metres, on_foot, np.where(on_foot, 0.0, 2 * metres / 1000 * rules.cost_per_km)


def place_walks(town: Town) -> np.ndarray | None:
    """Return the mean walk from the homes of each unit to each site, (n, sites) metres, each home counted once; inf where none reaches it."""
    if town.homes is None or town.walks is None:
        return None
    unit, able = town.homes["unit"].to_numpy(int), np.isfinite(town.walks)
    way, count = (np.zeros((len(town.units), town.walks.shape[1])) for _ in range(2))
    np.add.at(way, unit, np.where(able, town.walks, 0.0))
    np.add.at(count, unit, able)
    return np.divide(way, count, out=np.full(way.shape, np.inf), where=count > 0)


def _nearest(metres: np.ndarray, inside: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Return the venues that are nearest to an area without one."""
    if metres.shape[1] == 0:
        return np.zeros(0, int)
    weight = people[inside] if people[inside].sum() > 0 else np.ones(int(inside.sum()))
    return np.argsort((metres[inside] * weight[:, None]).sum(axis=0), kind="stable")[:NEAREST_VENUES]


def _meeting(
    level: Level,
    area: str,
    title: str,
    units: np.ndarray,
    candidates: np.ndarray,
    people: np.ndarray,
    metres: np.ndarray,
    fare: np.ndarray,
    on_foot: np.ndarray,
    venues: Any,
    rule: ForumLevel,
    rules: Forum,
    number: int,
    tables: PlanTables,
) -> Meeting:
    seats = _seats(level, rule, rules)
    first = rule.first
    if first is not None:
        # officers and ministry staff cannot be everywhere on one evening
        first += dt.timedelta(days=7 * (number % 4) + number // 4 % 5)
        first += dt.timedelta(days={5: 2, 6: 1}.get(first.weekday(), 0))
    unknown = float("nan")
    nowhere = Meeting(
        level=level,
        area=area,
        title=title,
        first=first,
        time=rule.time,
        meetings=rule.meetings_a_year,
        seats=seats,
        venue=None,
        members=rule.members,
        walkers=unknown,
        farthest_km=unknown,
        travel_cost=unknown,
        trip_cost=unknown,
        year_cost=unknown,
        at=(unknown, unknown),
    )
    if not len(candidates):
        return nowhere
    weight = people[units] if people[units].sum() > 0 else np.ones(len(units))
    share = weight / weight.sum()
    price = venues["cost"].to_numpy(float)[candidates]
    way = np.ix_(units, candidates)
    cost = rule.members * share[:, None] * (fare[way] + METRE * metres[way]) + share[:, None] * price[None, :]
    # of one site the p-median is the least column sum
    chosen = int(np.argmin(cost.sum(axis=0)))
    at = candidates[chosen]
    travel = float(rule.members * (share * fare[units, at]).sum())
    return replace(
        nowhere,
        venue=str(venues["venue"].iat[at]),
        walkers=float((share * on_foot[units, at]).sum()),
        farthest_km=float(metres[units, at].max() / 1000),
        travel_cost=travel,
        trip_cost=travel + float(price[chosen]),
        year_cost=rule.meetings_a_year * (travel + float(price[chosen])),
        at=(float(venues["x"].iat[at]), float(venues["y"].iat[at])),
    )


def _seats(level: Level, rule: ForumLevel, rules: Forum) -> tuple[tuple[str, int], ...]:
    """Share the seats out: one a role as far as half of them go, the others are the residents'."""
    roles: Sequence[str] = rules.roles or ROLES[level]
    taken = tuple(roles)[: rule.members // 2]
    return ((RESIDENTS[level], rule.members - len(taken)), *((role, 1) for role in taken))
