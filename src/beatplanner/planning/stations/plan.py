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

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import did_you_mean
from beatplanner.data.town.town import Town
from beatplanner.planning.proof import Progress, Proof, silent
from beatplanner.planning.stations.access import catchment_areas, groups_at_homes, people_at_homes, site_effects
from beatplanner.planning.stations.mobile_outreach import mobile_stops
from beatplanner.planning.stations.rules import StationRules, station_rules
from beatplanner.solver.location.covering import coverage, fewest, p_center
from beatplanner.solver.location.fair_sites import FairRule, fair_sites
from beatplanner.solver.location.p_median import exchange, greedy, p_median, total_cost
from beatplanner.solver.location.phasing import phase, total
from beatplanner.solver.location.site_rules import Sites

# Branches looked at where plans of equal worth are compared by walking: a better tie is welcome, its proof is not needed.
TIE_NODES = 3_000


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
    figures: dict[str, Any]
    clashes: tuple[str, ...]

    @property
    def feasible(self) -> bool:
        """Whether every rule is met."""
        return not self.clashes

    def as_summary(self) -> dict[str, Any]:
        """Return the step's part of ``summary.json``."""
        return {**self.proof.as_summary(), **self.figures}


def plan_stations(
    town: Town,
    people: np.ndarray,
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
    begin = time.monotonic()
    progress("stations", None, None, 0.0)
    rules = station_rules(town)
    at_home = people_at_homes(town, people)
    options: dict[str, Any] = {"threads": threads, "seed": seed, "cancelled": cancelled}
    choice = _Choice(
        town,
        at_home,
        rules,
        seconds,
        options,
        lambda best, low: progress("stations", best, low, time.monotonic() - begin),
    )
    found, clashes = choice.made()
    objective = choice.objective(found.open)
    bound = None if found.lower_bound is None else min(found.lower_bound, objective)
    proof = Proof.of(objective, bound, time.monotonic() - begin, not clashes)
    progress("stations", proof.objective, proof.lower_bound, proof.seconds)
    return _assemble(town, at_home, found.open, choice, proof, clashes, max(1.0, seconds - proof.seconds), options)


class _Choice:
    """One choice of sites: what the walks cost, and the objective."""

    def __init__(
        self, town: Town, people: np.ndarray, rules: StationRules, seconds: float, options: dict[str, Any], tell
    ) -> None:
        description, walks = town.description.stations, town.walks
        assert description is not None and walks is not None
        self.town, self.rules, self.description, self.options, self.tell = town, rules, description, options, tell
        self.end = time.monotonic() + seconds
        self.walks, self.people = walks, people
        self.reachable = np.isfinite(walks).any(axis=1)
        self.limit = description.walk_minutes * description.walk_kmh * 1000 / 60 * (1 + 1e-12)
        self.unreached = 2.0 * float(walks[np.isfinite(walks)].max()) if self.reachable.any() else 0.0
        # demand that counts: residents whom some site reaches
        self.rows = np.flatnonzero(self.reachable & (people > 0))
        self.weight = people[self.rows]
        self.metres = np.where(np.isfinite(walks[self.rows]), walks[self.rows], self.unreached)
        self.within = walks[self.rows] <= self.limit
        self.kind = description.objective
        self.clashes = list(rules.clashes)

    def left(self) -> float:
        return max(0.1, self.end - time.monotonic())

    @property
    def cost(self) -> np.ndarray:
        """Residents × metres, (rows, m)."""
        return self.metres * self.weight[:, None]

    def objective(self, chosen: np.ndarray) -> float:
        """Return the objective of a choice."""
        if self.kind == "fewest":
            return float(len(chosen))
        lost = float(self.people[~self.reachable].sum()) if self.kind == "coverage" else 0.0
        return float(self.worth(self.metres[:, chosen].min(axis=1)[:, None])[0]) + lost

    def worth(self, metres: np.ndarray) -> np.ndarray:
        """Turn ways (rows, k) into objectives (k,); for ``fewest`` residents that are not covered though some site could."""
        if self.kind == "p-median":
            return self.weight @ metres
        if self.kind == "p-center":
            return metres.max(axis=0) if len(metres) else np.zeros(metres.shape[1])
        far = metres > self.limit
        if self.kind == "fewest":
            far &= self.within.any(axis=1)[:, None]
        return self.weight @ far

    def made(self) -> tuple[Sites, tuple[str, ...]]:
        """Choose, and return the sites with the clashes."""
        rules = self.rules.sites
        if not len(self.rows):
            chosen = rules.cheapest(np.zeros(len(rules.kept)))
            assert chosen is not None
            return Sites(chosen, 0.0, None), tuple(self.clashes)
        found = getattr(self, "_" + self.kind.replace("-", "_"))()
        if self.description.group_excess is not None:
            found = self._fair(found)
        return found, tuple(self.clashes)

    def _p_median(self) -> Sites:
        return p_median(self.cost, self.rules.sites, seconds=self.left(), tell=self.tell, **self.options)

    def _coverage(self) -> Sites:
        lost = float(self.people[~self.reachable].sum())
        found = coverage(
            self.within,
            self.weight,
            self.rules.sites,
            seconds=0.7 * self.left(),
            tell=lambda a, b: self.tell(a + lost, b + lost),
            **self.options,
        )
        bound = None if found.lower_bound is None else found.lower_bound + lost
        return Sites(self._least_walking(found.open, ~self.within).open, found.objective + lost, bound)

    def _p_center(self) -> Sites:
        rules, walks = self.rules.sites, self.walks[self.rows]
        start = exchange(self.cost, found, rules) if (found := greedy(self.cost, rules)) is not None else None
        center = p_center(walks, rules, seconds=0.7 * self.left(), start=start, **self.options)
        if center is not None:
            return Sites(
                self._least_walking(center.open, walks > center.objective).open, center.objective, center.lower_bound
            )
        median = self._p_median()
        cut_off = ~np.isfinite(walks[:, median.open]).any(axis=1)
        more = fewest(
            np.isfinite(walks), rules.replace(count=None, budget=np.inf), seconds=self.left() / 2, **self.options
        )
        least = (
            f" The smallest number of stations that would do is {len(more.open)}."
            if more is not None and len(more.open)
            else ""
        )
        worst = int(self.town.homes["unit"].iat[self.rows[int(np.argmax(np.where(cut_off, self.weight, -1)))]])  # type: ignore[index]
        self.clashes.append(
            f"No {rules.count} stations reach everyone on foot, so the farthest walk has no end: {self.weight[cut_off].sum():,.0f} residents stay cut "
            f"off, as in {self.town.units['name'].iat[worst]}.{least}"
        )
        return Sites(median.open, median.objective, None)

    def _fewest(self) -> Sites:
        rules = self.rules.sites
        found = fewest(self.within, rules, seconds=0.6 * self.left(), **self.options)
        if found is None:
            found = self._fewest_relaxed()
        if not len(found.open):
            # no cover was found in time: the greatest coverage with every site that the rules allow
            every = rules.cheapest(-np.ones(len(rules.kept)))
            assert every is not None
            return Sites(every, float(len(every)), found.lower_bound)
        able = self.within.any(axis=1)[:, None]
        return Sites(self._least_walking(found.open, able & ~self.within).open, found.objective, found.lower_bound)

    def _fewest_relaxed(self) -> Sites:
        """Explain why no stations bring all coverable residents within the limit, and plan under the smallest relaxation."""
        rules, description = self.rules.sites, self.description
        said, ways = [], []
        for name, free in (
            (f"stations.budget = {description.budget or 0:,.0f}", rules.replace(budget=np.inf)),
            (f"stations.min_distance = {description.min_distance:,.0f} m", rules.replace(apart=np.empty((0, 2), int))),
            ("both of them", rules.replace(budget=np.inf, apart=np.empty((0, 2), int))),
        ):
            tried = fewest(self.within, free, seconds=self.left() / 3, **self.options)
            if tried is not None and len(tried.open):
                said.append(name)
                ways.append((tried, free))
                break
        found, free = ways[0]
        needed = self.rules.cost(found.open)
        way = f"A budget of {needed:,.0f} would do" if "budget" in said[0] else f"Without {said[0]} it can be done"
        self.clashes.append(
            f"{said[0]} does not allow stations that bring every coverable resident within {description.walk_minutes:g} minutes. {way}, with "
            f"{len(found.open)} stations."
        )
        self.rules = StationRules(free, self.rules.price, self.rules.closing, self.rules.clashes)
        return Sites(found.open, found.objective, None)

    def _least_walking(self, chosen: np.ndarray, breach: np.ndarray) -> Sites:
        """Among plans of equal worth take one with little walking: what breaks the objective weighs more than any walk."""
        cost = self.cost
        walking = total_cost(cost, chosen)
        whole = bool((self.weight == np.round(self.weight)).all()) or self.kind in ("p-center", "fewest")
        heavy = (walking + 1.0) / (1.0 if whole else max(1e-3, float(self.weight.min())))
        weight = np.ones(len(self.weight)) if self.kind in ("p-center", "fewest") else self.weight
        rules = self.rules.sites.replace(count=len(chosen))
        found = p_median(
            cost + heavy * breach * weight[:, None],
            rules,
            seconds=self.left(),
            start=chosen,
            gap=1e-10,
            nodes=TIE_NODES,
            **self.options,
        )
        before, after = ((weight * breach[:, c].all(axis=1)).sum() for c in (chosen, found.open))
        return found if after <= before + 1e-9 * max(1.0, before) else Sites(chosen, walking, None)

    def _fair(self, found: Sites) -> Sites:
        """Keep the rule that no group walks much farther than all."""
        excess = self.description.group_excess
        assert excess is not None
        groups = {g: w[self.rows] for g, w in groups_at_homes(self.town).items() if w[self.rows].sum() > 0}
        fair = FairRule(np.array(list(groups.values())).reshape(len(groups), len(self.rows)), self.weight, excess)
        if fair.met(self.metres[:, found.open].min(axis=1)):
            return found
        count, rules = len(found.open), self.rules.sites
        self.end = max(self.end, time.monotonic() + 2.0)
        fairer = found
        for more in range(count, len(rules.kept) + 1 if self.kind == "fewest" else count + 1):
            start = found.open if more == count else greedy(self.cost, rules.replace(count=more))
            if start is None:
                break
            fairer, met = fair_sites(
                self.metres, self.worth, rules.replace(count=more), fair, Sites(start, found.objective, found.lower_bound),
                linear=self.kind == "p-median", seconds=0.8 * self.left(), **self.options,
            )  # fmt: skip
            if met and (self.kind != "fewest" or fairer.objective <= 1e-9):
                return Sites(
                    fairer.open, fairer.objective, found.lower_bound if self.kind == "fewest" else fairer.lower_bound
                )
            if time.monotonic() > self.end:
                break
        metres = self.metres[:, fairer.open].min(axis=1)
        reached = (1 + excess) * (1 + float(fair.breach(metres[:, None])[0])) - 1
        mean = {g: float(w @ metres / w.sum()) for g, w in groups.items()}
        worst = max(mean, key=lambda g: mean[g])
        self.clashes.append(
            f"stations.group_excess = {excess:g}: no choice of {len(fairer.open)} sites was found in which the mean walk of every group is at most "
            f"{excess:.0%} above the average. The smallest excess that was found is {np.ceil(reached * 1000) / 1000:g}, for the group “{worst}”."
        )
        return Sites(fairer.open, fairer.objective, None)


def _assemble(
    town: Town, people, chosen, choice: _Choice, proof: Proof, clashes, seconds: float, options: dict[str, Any]
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
    opens = (
        _phases(town, people, chosen, choice, clashes, min(seconds, 60.0), options)
        if rules.phases is not None
        else None
    )
    rows = []
    for k, j in enumerate(chosen):
        mine = nearest == j
        residents = float(people[mine].sum())
        rows.append({
            "station": sites["station"].iat[j],
            "existing": bool(sites["existing"].iat[j]),
            "residents_within_limit": float(people[mine & near].sum()),
            "mean_walk_minutes": float((people * minutes)[mine].sum() / residents) if residents > 0 else np.nan,
            "residents": residents,
            "cost": float(choice.rules.price[j]),
            "name": str(sites["name"].iat[j]),
            "x": float(sites["x"].iat[j]),
            "y": float(sites["y"].iat[j]),
            **({} if opens is None else {"opens": opens["year"][k]}),
        })  # fmt: skip
    able = float(people[reached].sum())
    all_people = float(people.sum())
    stops, least_stops = None, None
    fixed = np.zeros(len(town.units))
    if rules.mobile is not None:
        stops, least_stops = mobile_stops(town, people, chosen, seconds=min(seconds, 30.0), **options)
        np.add.at(fixed, stops["unit"].to_numpy(int), stops["hours"].to_numpy(float))
    figures: dict[str, Any] = {
        "count": len(chosen),
        "mean_walk_minutes": float((people * minutes)[reached].sum() / able) if able > 0 else None,
        "share_within_limit": float(people[near].sum() / all_people) if all_people > 0 else 0.0,
        "cost": choice.rules.cost(chosen),
        "objective_kind": rules.objective,
        "walk_minutes": rules.walk_minutes,
        "walk_kmh": rules.walk_kmh,
        "unreachable_residents": float(people[~reached].sum()),
        "unreached_metres": choice.unreached,
        "sites": len(sites),
        "generated_sites": int((sites["state"] == "generated").sum()),
        "closed": [str(s) for s in sites["station"][sites["existing"] & ~np.isin(np.arange(len(sites)), chosen)]],
        "groups": {
            g: {"residents": float(w.sum()), "mean_walk_minutes": float((w * minutes)[reached].sum() / w[reached].sum()) if w[reached].sum() > 0 else None,
                "share_within_limit": float(w[near].sum() / w.sum()) if w.sum() > 0 else None}
            for g, w in groups_at_homes(town).items()
        },
    }  # fmt: skip
    if rules.group_excess is not None and len(choice.rows):
        ways = choice.metres[:, chosen].min(axis=1)
        mean = float(choice.weight @ ways / choice.weight.sum())
        found = [
            float(w[choice.rows] @ ways / w[choice.rows].sum())
            for w in groups_at_homes(town).values()
            if w[choice.rows].sum() > 0
        ]
        figures["group_excess"] = max(0.0, max(found, default=mean) / mean - 1) if mean > 0 else 0.0
    if opens is not None:
        figures["phases"] = {k: v for k, v in opens.items() if k != "year"}
    if stops is not None:
        figures["mobile"] = {
            "stops": len(stops), "least_stops": least_stops, "residents": float(stops["residents"].sum()),
            "hours_a_year": float(stops["hours"].sum()), "km_a_year": float(stops["km"].sum()),
        }  # fmt: skip
    unit_nearest, unit_minutes = _by_unit(
        len(town.units), homes["unit"].to_numpy(int), nearest, minutes, people, homes["share"].to_numpy(float)
    )
    if clashes and proof.status != "infeasible":
        proof = Proof.of(proof.objective, None, proof.seconds, False)
    return StationPlan(
        chosen, unit_nearest, unit_minutes, nearest, minutes, people, pd.DataFrame(rows), site_effects(walks, people, chosen, choice.limit, speed),
        catchment_areas(town, chosen), stops, fixed, proof, figures, tuple(clashes),
    )  # fmt: skip


def _by_unit(n: int, unit, nearest, minutes, people, share) -> tuple[np.ndarray, np.ndarray]:
    """Return the station of most residents and the mean minutes of each unit."""
    weight = np.where(people > 0, people, 1e-9 * share)
    there = nearest >= 0
    table = pd.DataFrame({"unit": unit[there], "station": nearest[there], "weight": weight[there]})
    best = table.groupby(["unit", "station"], as_index=False)["weight"].sum()
    best = best.sort_values(["unit", "weight", "station"], ascending=[True, False, True]).drop_duplicates("unit")
    station = np.full(n, -1)
    station[best["unit"].to_numpy(int)] = best["station"].to_numpy(int)
    total_weight = np.bincount(unit[there], weights=weight[there], minlength=n)
    walked = np.bincount(unit[there], weights=(weight * np.nan_to_num(minutes))[there], minlength=n)
    return station, np.where(total_weight > 0, walked / np.where(total_weight > 0, total_weight, 1.0), np.nan)


def _phases(
    town: Town, people, chosen, choice: _Choice, clashes: list[str], seconds: float, options
) -> dict[str, Any] | None:
    """Spread the opening over years; what is missing in the budgets becomes a clash."""
    description, sites = town.description.stations, town.sites
    assert description is not None and description.phases is not None and sites is not None
    rules = description.phases
    names = [str(s) for s in sites["station"]]
    for name in rules.pilots:
        if name not in names:
            raise InputError(
                problem(f"there is no site “{name}” to be a pilot", did_you_mean(name, names) or "Use the names of candidate sites",
                        file=town.description.file.name, field="stations.phases.pilots")
            )  # fmt: skip
    lost = [p for p in rules.pilots if p not in {names[j] for j in chosen}]
    if lost:
        clashes.append(
            f"stations.phases.pilots names {', '.join(lost)}, which the plan does not open. Make it an existing station, or choose another pilot."
        )
    standing = sites["existing"].to_numpy(bool)[chosen]
    budgets = np.array(rules.budgets, float)
    cost, unreached = choice.cost[:, chosen], choice.unreached * choice.weight
    opening, yearly = sites["cost"].to_numpy(float)[chosen], sites["yearly_cost"].to_numpy(float)[chosen]
    pilots = np.array([names[j] in rules.pilots for j in chosen])
    found = phase(
        cost, unreached, standing, np.where(standing, 0.0, opening), yearly, budgets, pilots, seconds=seconds, **options
    )
    if found is None:
        clashes.append("No order of opening was found in the time there was; give more with --time-limit.")
        return None
    first = rules.start or 1
    if found.extra[-1] > 1e-6 * max(1.0, budgets.sum()):
        short = ", ".join(f"{first + t}: {e:,.0f}" for t, e in enumerate(np.diff(np.r_[0.0, found.extra])) if e > 1e-6)
        clashes.append(
            f"stations.phases.budgets ({budgets.sum():,.0f} in all) do not pay for the {int((~standing).sum())} new stations and the running of those "
            f"open; the least that would do is {found.extra[-1]:,.0f} more ({short})."
        )
    years = []
    for t in range(len(budgets)):
        there = found.year <= t
        ways = (
            np.minimum(choice.metres[:, chosen[there]].min(axis=1), choice.unreached)
            if there.any()
            else np.full(len(choice.rows), choice.unreached)
        )
        new = (found.year == t) & ~standing
        years.append({
            "year": first + t, "opened": [names[j] for j in chosen[new]], "open": int(there.sum()),
            "spent": float(opening[new].sum() + yearly[there].sum()), "budget": float(budgets[t]),
            "residents_within_limit": float(choice.weight[ways <= choice.limit].sum()), "objective": float(choice.weight @ ways),
        })  # fmt: skip
    return {
        "year": [None if y < 0 else int(first + y) for y in found.year],
        "years": years,
        "objective": total(cost, unreached, found.year, len(budgets)),
        "lower_bound": None if found.lower_bound is None else min(found.lower_bound, found.objective),
    }
