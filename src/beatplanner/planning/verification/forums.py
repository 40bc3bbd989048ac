"""Checks of where forums meet and what that costs: every way, price and choice of a place is worked out anew from the inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from beatplanner.data.description.listed_ids import stations_as_known
from beatplanner.data.errors import InputError
from beatplanner.data.findings import amount_text
from beatplanner.data.formats.content import content_of, state_of
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.data.town.forum_tables import read_venues
from beatplanner.data.town.town import Town
from beatplanner.data.walking_limit import edge_of
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger, missing, same, text

if TYPE_CHECKING:
    from beatplanner.data.formats.frames import Row

# Buildings outside an area without one of its own that are looked at, and what a metre on foot counts among buildings that cost the same.
NEAREST, METRE = 10, 1e-6
# Metres within which a building lies on a border.
BORDER = 0.01


@dataclass(frozen=True)
class Buildings:
    """Buildings by name, place (v, 2) and price, and from each unit to each the metres and what there and back costs, (n, v)."""

    name: list[str]
    xy: np.ndarray
    price: np.ndarray
    metres: np.ndarray
    fare: np.ndarray


def check_forums(ledger: Ledger, evidence: Evidence) -> None:
    """Check ``summary["forums"]``."""
    claimed, rules, town = evidence.summary.get("forums"), evidence.rules, evidence.town
    if claimed is None:
        return
    if rules.forum is None or rules.budget is None or evidence.beats is None:
        ledger.add(
            "forums.ways", False, "places of forums", "no forums", "The rules have no forums that a budget pays."
        )
        return
    if town is None:
        ledger.unchecked("forums.ways", "where forums meet", "The inputs are gone or have changed.")
        return
    listed = claimed["listed"]
    if (listed is None) != (rules.forum.venues is None):
        of = "no list of buildings" if rules.forum.venues is None else "a list of buildings"
        ledger.add("forums.ways", False, "no list" if listed is None else "a list of buildings", f"the rules name {of}")
        return
    if listed is not None and not _is_the_list(town, listed):
        ledger.unchecked("forums.ways", "where forums meet", "The list of buildings is gone or has changed.")
        return
    try:
        places = {kind: _places(evidence, town, today=kind == "today") for kind in ("plan", "today")}
    except InputError as error:
        ledger.unchecked("forums.ways", "where forums meet", str(error.problems[0]))
        return
    wrong: list[str] = []
    units = evidence.units
    now = np.array([None if missing(b) else str(text(b)) for b in units["beat"]], dtype=object)
    old = np.array([None if missing(b) else str(text(b)) for b in units["current"]], dtype=object)
    towns = units["municipality"].astype(str).to_numpy(object)
    inside: dict[tuple[str, str, str], np.ndarray] = {("plan", "region", ""): np.ones(len(units), bool)}
    inside |= {("plan", "neighbourhood", str(b)): now == str(b) for b in evidence.beats.index}
    inside |= {("plan", "municipality", m): towns == m for m in set(towns)}
    inside |= {("today", "neighbourhood", b): old == b for b in {b for b in old if b is not None}}
    rows = [(kind, r) for kind in ("plan", "today") for r in claimed[kind]]
    said = [(kind, r["level"], r["area"]) for kind, r in rows]
    if sorted(said) != sorted(inside):
        wrong.append(f"{len(inside):,} forums are to be planned, each once, and {len(said):,} are told.")
    for key, (_, row) in zip(said, rows, strict=True):
        if key in inside:
            wrong += _faults(evidence, places[key[0]], key, row, inside[key])
    ledger.each("forums.ways", "places, ways and costs of forums", wrong, len(rows), "forums")


def _is_the_list(town: Town, known: str) -> bool:
    """Tell whether the list of buildings is that of the plan, which knows it by its content, or by its bytes where plans are older."""
    venues = town.description.forum.venues if town.description.forum is not None else None
    assert venues is not None
    path = town.description.path(venues.path)
    return content_of(path) == known or state_of(path, known) == "unchanged"


def _places(evidence: Evidence, town: Town, *, today: bool) -> Buildings:
    """Return where forums may meet: in the listed buildings, else at the sites of stations that nobody made up or that a person has named.

    Those of a plan do not meet in a station that it closes; those of today may.
    """
    rules = evidence.rules.forum
    assert rules is not None
    listed = read_venues(town)
    home = evidence.units[["x", "y"]].to_numpy(float)
    on_foot = None
    if listed is not None:
        name, xy, price = (
            [str(n) for n in listed["venue"]],
            listed[["x", "y"]].to_numpy(float),
            listed["cost"].to_numpy(float),
        )
    else:
        sites = town.sites
        if sites is None:
            return Buildings([], np.zeros((0, 2)), np.zeros(0), np.zeros((len(home), 0)), np.zeros((len(home), 0)))
        ids = [str(s) for s in sites["station"]]
        given = evidence.rules.stations
        accepted = {} if given is None else stations_as_known(given, ids).accepted
        stays = (
            set(ids) if today else set(ids) - set(map(str, list_of(section_of(evidence.summary, "stations"), "closed")))
        )
        use = [k for k, s in enumerate(sites["state"]) if (s != "generated" or ids[k] in accepted) and ids[k] in stays]
        own = list(sites["name"]) if "name" in sites else ids
        name = [accepted.get(ids[k]) or (own[k] if isinstance(own[k], str) and own[k] else ids[k]) for k in use]
        xy, price = sites[["x", "y"]].to_numpy(float)[use], np.zeros(len(use))
        if town.homes is not None and town.walks is not None:
            on_foot = _mean_walks(town.homes["unit"].to_numpy(int), town.walks[:, use], len(home))
    metres = 1.3 * np.sqrt(((home[:, None, :] - xy[None, :, :]) ** 2).sum(axis=2))
    if on_foot is not None:
        metres = np.where(np.isnan(on_foot), metres, on_foot)
    stations = section_of(evidence.summary, "stations")
    walkable = edge_of(stations.get("walk_minutes", 20.0) / 60 * stations.get("walk_kmh", 4.5) * 1000)
    fare = np.where(metres <= walkable, 0.0, metres / 500 * rules.cost_per_km)
    return Buildings(name, xy, price, metres, fare)


def _mean_walks(unit: np.ndarray, walks: np.ndarray, count: int) -> np.ndarray:
    """Return the mean walk from the homes of each unit, (count, v), NaN where none has a way."""
    found = np.full((count, walks.shape[1]), np.nan)
    for u in np.unique(unit):
        ways = walks[unit == u]
        able = np.isfinite(ways)
        some = able.any(axis=0)
        found[u, some] = np.where(able, ways, 0.0).sum(axis=0)[some] / able.sum(axis=0)[some]
    return found


def _faults(
    evidence: Evidence, places: Buildings, key: tuple[str, str, str], row: Row, inside: np.ndarray
) -> list[str]:
    """Return what is wrong with one forum."""
    rules = evidence.rules.forum
    assert rules is not None
    level = {"neighbourhood": rules.neighbourhood, "municipality": rules.municipality, "region": rules.region}[key[1]]
    where = f"The {key[1]} forum of “{key[2]}” ({key[0]})"
    if (row["members"], row["meetings_a_year"]) != (level.members, level.meetings_a_year):
        return [f"{where} has other members or meetings than the rules say."]
    at = [
        j
        for j, n in enumerate(places.name)
        if n == row["venue"] and math.dist(places.xy[j], (row["x"], row["y"])) < 0.01
    ]
    if not at:
        return [f"{where} meets at “{row['venue']}”, which is no building for forums."]
    ways, fare = places.metres[inside].mean(axis=0), places.fare[inside].mean(axis=0)
    travel = level.members * fare
    year = level.meetings_a_year * (travel + places.price)
    faults = [
        f"{where}: {amount_text(said, 6)} is claimed, {amount_text(found, 6)} was found."
        for said, found in ((row["travel_cost"], travel[at[0]]), (row["year_cost"], year[at[0]]))
        if not same(said, found)
    ]
    pool = range(len(places.name)) if key[1] == "region" else _pool(_shape(evidence, key, inside), places, at[0], ways)
    worth = travel + level.members * METRE * ways + places.price
    if pool is None:
        faults.append(f"{where} meets outside its area though there is a building in it.")
    elif worth[at[0]] > min(worth[j] for j in pool) * (1 + 1e-9) + 1e-6:
        faults.append(f"{where} would cost its members less elsewhere.")
    return faults


def _shape(evidence: Evidence, key: tuple[str, str, str], inside: np.ndarray) -> Any:
    """Return the area of a forum; that of a municipality is its beats'."""
    beats = evidence.beats
    assert beats is not None
    if key[1] == "municipality":
        return shapely.union_all(beats.geometry.to_numpy()[(beats["municipality"].astype(str) == key[2]).to_numpy()])
    return shapely.union_all(evidence.units.geometry.to_numpy()[inside])


def _pool(shape: Any, places: Buildings, at: int, ways: np.ndarray) -> Sequence[int] | None:
    """Return the buildings among which that `at` is to be the cheapest, None where it may not be taken; one on the border may count as inside or not."""
    there = [shapely.Point(xy) for xy in places.xy]
    sure = [j for j, p in enumerate(there) if shape.contains(p) and shape.boundary.distance(p) > BORDER]
    near = [j for j, p in enumerate(there) if shape.distance(p) <= BORDER]
    if at in near:
        return sure or [at]
    return None if sure else np.argsort(ways, kind="stable")[:NEAREST].tolist()
