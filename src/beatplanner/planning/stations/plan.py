"""Outreach stations: which sites to open so that people reach one on foot.

Objectives, all minimised, of the chosen stations and with everyone going to the nearest one:

- ``p-median``: Σ residents × metres. Residents whom some site reaches but no open one count ``unreached_metres`` each, twice the longest
  way there is, so that leaving them out never pays; residents whom no site reaches are left out, whatever the plan.
- ``coverage``: residents not within the walking limit; ties by least walking.
- ``p-center``: metres of the farthest resident whom some site reaches; ties by least walking.
- ``fewest``: the number of stations that bring all coverable residents within the limit; ties by least walking.

Rules on the sites are those of `station_rules`; the one on groups keeps every group's mean walk, counted as in the p-median, within a share of
the average.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.town.town import Town
from beatplanner.planning.proof import Progress, Proof, impossible, silent
from beatplanner.planning.stations.access import catchment_areas, groups_at_homes, people_at_homes, site_effects
from beatplanner.planning.stations.choice import SiteChoice, SolverOptions
from beatplanner.planning.stations.mobile_outreach import mobile_stops
from beatplanner.planning.stations.phases import opening_years
from beatplanner.planning.stations.rules import station_rules
from beatplanner.solver.clock import read_clock
from beatplanner.solver.location.site_tree import SiteProof

if TYPE_CHECKING:
    from beatplanner.data.formats.frames import Row


@dataclass(frozen=True)
class StationPlan:
    """The stations.

    Attributes
    ----------
    open
        Positions of the chosen sites in `Town.sites`.
    nearest, minutes
        (n,) position in `Town.sites` of the station nearest to most residents of a unit (-1 where none is reachable on foot), and mean walking
        minutes of those who reach one, NaN where none does.
    home_nearest, home_minutes
        (h,) the same for each home.
    people
        (h,) residents of each home.
    stations
        One row a station: ``station``, ``existing``, ``residents_within_limit``, ``mean_walk_minutes``, ``residents``, ``cost``, ``x``, ``y``, and
        ``opens`` (year) where phases are planned.
    effects
        One row a site; see `site_effects`.
    catchments
        See `catchment_areas`.
    stops
        Mobile-outreach stops; None where they are not planned. See `mobile_stops`.
    fixed_hours
        (n,) officer hours a year that the stops need.
    proof
        Status, objective and bound.
    figures
        The step's other keys of ``summary.json``.
    clashes
        Rules that cannot all be met, in words.
    certificate
        What proves the bound, as far as it can be checked, with a multiplier for each home; None where there is no bound.
    stops_proof
        What proves the least number of mobile-outreach stops, over the homes that no station reaches.
    """

    open: np.ndarray
    nearest: np.ndarray
    minutes: np.ndarray
    home_nearest: np.ndarray
    home_minutes: np.ndarray
    people: np.ndarray
    stations: pd.DataFrame
    effects: pd.DataFrame
    catchments: gpd.GeoDataFrame
    stops: pd.DataFrame | None
    fixed_hours: np.ndarray
    proof: Proof
    figures: dict[str, object]
    clashes: tuple[str, ...]
    certificate: SiteProof | None = None
    stops_proof: SiteProof | None = None

    @property
    def feasible(self) -> bool:
        """Whether every rule is met."""
        return not self.clashes

    def as_summary(self) -> dict[str, object]:
        """Return the step's part of ``summary.json``."""
        return {**self.proof.as_summary(), **self.figures}


def plan_stations(
    town: Town,
    people: np.ndarray,
    before: Collection[str] = (),
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = lambda: False,
) -> StationPlan:
    """Choose the stations.

    Parameters
    ----------
    town
        The town; its description has a section ``stations``, and it has sites and walks.
    people
        (n,) residents of each unit; workload where they are unknown.
    before
        Stations of another plan: the new ones are no worse where those keep all rules.
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
    StationPlan
        Always complete; `clashes` tells whether rules had to be relaxed.
    """
    begin = read_clock(cancelled)
    progress("stations", None, None, 0.0)
    rules = station_rules(town)
    at_home = people_at_homes(town, people)
    options: SolverOptions = {"threads": threads, "seed": seed, "cancelled": cancelled}
    choice = SiteChoice(
        town,
        at_home,
        rules,
        seconds,
        options,
        lambda best, low: progress("stations", best, low, read_clock(cancelled) - begin),
    )
    found, clashes = choice.made(before)
    taken = read_clock(cancelled) - begin
    objective, hopeless = choice.objective(found.open), impossible(clashes)
    proof = Proof.closing("stations", objective, found.lower_bound, taken, not clashes, progress, hopeless)
    plan = _assemble(town, at_home, found.open, choice, proof, clashes, max(1.0, seconds - proof.seconds), options)
    return plan if plan.proof.lower_bound is None else replace(plan, certificate=choice.certificate(found.proof))


def _assemble(
    town: Town,
    people: np.ndarray,
    chosen: np.ndarray,
    choice: SiteChoice,
    proof: Proof,
    clashes: Sequence[str],
    seconds: float,
    options: SolverOptions,
) -> StationPlan:
    sites, rules, walks, homes = town.sites, town.description.stations, town.walks, town.homes
    assert sites is not None and rules is not None and walks is not None and homes is not None
    speed = rules.walk_kmh * 1000 / 60
    to_open = walks[:, chosen]
    metres = to_open.min(axis=1)
    reached = np.isfinite(metres)
    nearest = np.where(reached, chosen[np.argmin(to_open, axis=1)], -1)
    minutes = np.where(reached, metres / speed, np.nan)
    near = reached & (metres <= choice.limit)
    clashes = list(clashes)
    opens, phases = (
        opening_years(town, people, chosen, choice, clashes, min(seconds, 60.0), options)
        if rules.phases is not None
        else (None, None)
    )
    rows: list[Row] = []
    for k, j in enumerate(chosen):
        mine = nearest == j
        residents = float(people[mine].sum())
        rows.append(
            {
                "station": sites["station"].iat[j],
                "existing": bool(sites["existing"].iat[j]),
                "residents_within_limit": float(people[mine & near].sum()),
                "mean_walk_minutes": float((people * minutes)[mine].sum() / residents) if residents > 0 else np.nan,
                "residents": residents,
                "cost": float(choice.rules.price[j]),
                "name": str(sites["name"].iat[j]),
                "x": float(sites["x"].to_numpy(float)[j]),
                "y": float(sites["y"].to_numpy(float)[j]),
                **({} if opens is None else {"opens": opens[k]}),
            }
        )
    able = float(people[reached].sum())
    all_people = float(people.sum())
    stops, least_stops, stops_proof = None, None, None
    fixed = np.zeros(len(town.units))
    if rules.mobile is not None:
        stops, least_stops, stops_proof = mobile_stops(town, people, chosen, seconds=min(seconds, 30.0), **options)
        np.add.at(fixed, stops["unit"].to_numpy(int), stops["hours"].to_numpy(float))
    figures: dict[str, object] = {
        "count": len(chosen),
        "mean_walk_minutes": float((people * minutes)[reached].sum() / able) if able > 0 else None,
        "share_within_limit": float(people[near].sum() / all_people) if all_people > 0 else 0.0,
        "cost": choice.rules.cost(chosen),
        "objective_kind": rules.objective,
        "walk_minutes": rules.walk_minutes,
        "walk_kmh": rules.walk_kmh,
        "unreachable_residents": float(people[~reached].sum()),
        "unreached_metres": choice.unreached,
        "homes": len(homes) if len(homes) > len(town.units) else None,
        "sites": len(sites),
        "generated_sites": int((sites["state"] == "generated").sum()),
        "closed": [str(s) for s in sites["station"][sites["existing"] & ~np.isin(np.arange(len(sites)), chosen)]],
        "groups": {
            g: {
                "residents": float(w.sum()),
                "mean_walk_minutes": float((w * minutes)[reached].sum() / w[reached].sum())
                if w[reached].sum() > 0
                else None,
                "share_within_limit": float(w[near].sum() / w.sum()) if w.sum() > 0 else None,
            }
            for g, w in groups_at_homes(town).items()
        },
    }
    if rules.group_excess is not None and len(choice.rows):
        ways = choice.metres[:, chosen].min(axis=1)
        mean = float(choice.weight @ ways / choice.weight.sum())
        found = [
            float(w[choice.rows] @ ways / w[choice.rows].sum())
            for w in groups_at_homes(town).values()
            if w[choice.rows].sum() > 0
        ]
        figures["group_excess"] = max(0.0, max(found, default=mean) / mean - 1) if mean > 0 else 0.0
    if phases is not None:
        figures["phases"] = phases
    if stops is not None:
        figures["mobile"] = {
            "stops": len(stops),
            "least_stops": least_stops,
            "residents": float(stops["residents"].sum()),
            "hours_a_year": float(stops["hours"].sum()),
            "km_a_year": float(stops["km"].sum()),
        }
    unit_nearest, unit_minutes = by_unit(
        len(town.units), homes["unit"].to_numpy(int), nearest, minutes, people, homes["share"].to_numpy(float)
    )
    if clashes:
        proof = Proof.of(proof.objective, None, proof.seconds, False, impossible(clashes))
    return StationPlan(
        chosen,
        unit_nearest,
        unit_minutes,
        nearest,
        minutes,
        people,
        pd.DataFrame(rows),
        site_effects(walks, people, chosen, choice.limit, speed),
        catchment_areas(town, chosen, options["threads"]),
        stops,
        fixed,
        proof,
        figures,
        tuple(clashes),
        stops_proof=stops_proof,
    )


def by_unit(
    n: int, unit: np.ndarray, nearest: np.ndarray, minutes: np.ndarray, people: np.ndarray, share: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the station of most residents (−1 for none) and the mean minutes of each unit (NaN for none), both (n,), from those of its homes, (h,)."""
    weight = np.where(people > 0, people, 1e-9 * share)
    there = nearest >= 0
    table = pd.DataFrame({"unit": unit[there], "station": nearest[there], "weight": weight[there]})
    best = table.groupby(["unit", "station"], as_index=False)["weight"].sum()
    best = (
        pd.DataFrame(best)
        .sort_values(by=["unit", "weight", "station"], ascending=[True, False, True])
        .drop_duplicates("unit")
    )
    station = np.full(n, -1)
    station[best["unit"].to_numpy(int)] = best["station"].to_numpy(int)
    total_weight = np.bincount(unit[there], weights=weight[there], minlength=n)
    walked = np.bincount(unit[there], weights=(weight * np.nan_to_num(minutes))[there], minlength=n)
    return station, np.where(total_weight > 0, walked / np.where(total_weight > 0, total_weight, 1.0), np.nan)
