"""Outreach stations: which sites to open so that people reach one on foot.

Objectives, all minimised, of the chosen stations and with everyone going to the nearest one:

- ``p-median``: Σ residents × metres. Residents whom some site reaches but no open one count ``unreached_metres`` each, twice the longest
  way there is, so that leaving them out never pays; residents whom no site reaches are left out, whatever the plan.
- ``coverage``: residents not within the walking limit; ties by least walking.
- ``p-center``: metres of the farthest resident whom some site reaches; ties by least walking.
- ``fewest``: the number of stations that bring all coverable residents within the limit; ties by least walking.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from beatplanner.data.town import Town
from beatplanner.planning.proof import Progress, Proof, silent
from beatplanner.solver.covering import coverage, fewest, p_center
from beatplanner.solver.p_median import Sites, exchange, p_median, total_cost, within_budget


@dataclass(frozen=True)
class StationPlan:
    """The stations.

    Attributes
    ----------
    open
        Positions of the chosen sites in `Town.sites`.
    nearest
        (n,) position in `Town.sites` of the nearest open station, -1 where none is reachable on foot.
    minutes
        (n,) walking minutes to it, NaN where none.
    stations
        One row a station: ``station``, ``existing``, ``residents_within_limit``, ``mean_walk_minutes``, ``residents``, ``cost``,
        ``x``, ``y``.
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
    stations: pd.DataFrame
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
    rules, sites, walks = town.description.stations, town.sites, town.walks
    assert rules is not None and sites is not None and walks is not None
    begin = time.monotonic()
    clashes: list[str] = []
    kept = sites["existing"].to_numpy(bool)
    price = sites["cost"].to_numpy(float)
    count = _count(rules.count, kept, clashes)
    budget = _budget(rules.budget, count if rules.objective != "fewest" else int(kept.sum()), kept, price, clashes)
    reachable = np.isfinite(walks).any(axis=1)
    longest = float(walks[np.isfinite(walks)].max()) if reachable.any() else 0.0
    penalty = 2.0 * longest
    limit = rules.walk_minutes * rules.walk_kmh * 1000 / 60
    metres = np.where(np.isfinite(walks), walks, penalty)
    cost = np.where(reachable[:, None], metres, 0.0) * people[:, None]
    within = walks <= limit * (1 + 1e-12)
    rest: dict[str, Any] = {"threads": threads, "seed": seed, "cancelled": cancelled}

    def ties(found: Sites, breach: np.ndarray) -> Sites:
        """Among plans of equal worth take one with little walking: what breaks the objective weighs more than any walk."""
        heavy = cost + breach * (1.0 + cost.max(axis=1).sum())
        chosen = exchange(heavy, found.open, kept, price, budget, cancelled)
        return (
            found
            if total_cost(heavy, chosen) >= total_cost(heavy, found.open)
            else Sites(chosen, found.objective, found.lower_bound)
        )

    def tell(best: float, bound: float) -> None:
        progress("stations", best, bound, time.monotonic() - begin)

    tell_start = silent if progress is silent else progress
    tell_start("stations", None, None, 0.0)
    found: Sites | None
    if rules.objective == "p-median":
        found = p_median(cost, count, kept, price, budget, seconds=seconds, tell=tell, **rest)
    elif rules.objective == "coverage":
        found = coverage(within, people, count, kept, price, budget, seconds=seconds, **rest)
        found = None if found is None else ties(found, people[:, None] * ~within / max(people.sum(), 1e-12))
    elif rules.objective == "p-center":
        found = _center(walks, people, count, kept, price, budget, cost, seconds, clashes, town, rest)
        found = (
            None
            if found is None
            else ties(found, (people[:, None] > 0) & reachable[:, None] & (walks > found.objective))
        )
    else:
        found = fewest(within[people > 0], kept, price, budget, seconds=seconds, **rest)
        if found is None:
            clashes.append(_fewest_clash(within, people, kept, price, budget, seconds, rest))
            found = fewest(within[people > 0], kept, price, np.inf, seconds=seconds, **rest)
        if found is not None and len(found.open):
            found = ties(found, (people[:, None] > 0) & within.any(axis=1)[:, None] & ~within)
    if found is None or not len(found.open):
        found = _fallback(cost, count, kept, price, budget, rules.objective, people, within, walks)
    objective = _objective(rules.objective, found.open, cost, people, within, walks, reachable)
    bound = found.lower_bound
    if rules.objective == "p-center" and bound is not None:
        bound = min(bound, objective)
    proof = Proof.of(objective, bound, time.monotonic() - begin, not clashes)
    progress("stations", proof.objective, proof.lower_bound, proof.seconds)
    return _assemble(town, people, found.open, walks, limit, penalty, proof, tuple(clashes))


def _objective(kind, chosen, cost, people, within, walks, reachable) -> float:
    if kind == "p-median":
        return total_cost(cost, chosen)
    if kind == "coverage":
        return float(people[~within[:, chosen].any(axis=1)].sum())
    if kind == "fewest":
        return float(len(chosen))
    there = reachable & (people > 0)
    return float(walks[there][:, chosen].min(axis=1).max()) if there.any() else 0.0


def _count(wanted: int | None, kept: np.ndarray, clashes: list[str]) -> int:
    """Return the number of stations, relaxed to what the sites allow."""
    count, least, most = wanted or int(kept.sum()) or 1, int(kept.sum()), len(kept)
    if count < least:
        clashes.append(
            f"stations.count = {count} is below the {least} existing stations, which are kept open. The smallest number that would "
            f"do is {least}."
        )
    if count > most:
        clashes.append(
            f"stations.count = {count} is above the {most} sites there are. The greatest number that would do is {most}; "
            "or name more candidate sites."
        )
    return int(np.clip(count, least, most))


def _budget(wanted: float | None, count: int, kept: np.ndarray, price: np.ndarray, clashes: list[str]) -> float:
    """Return the budget, relaxed to what the cheapest stations cost; inf for none."""
    if wanted is None:
        return np.inf
    cheapest = float(price[kept].sum() + np.sort(price[~kept])[: count - int(kept.sum())].sum())
    if wanted < cheapest - 1e-9:
        clashes.append(
            f"stations.budget = {wanted:,.0f} does not pay for {count} stations: the cheapest choice costs {cheapest:,.0f}, and "
            "that is the smallest budget that would do."
        )
        return cheapest
    return wanted


def _center(walks, people, count, kept, price, budget, cost, seconds, clashes, town, rest) -> Sites | None:
    there = people > 0
    found = p_center(walks[there], count, kept, price, budget, seconds=seconds, **rest)
    if found is not None:
        return found
    median = p_median(cost, count, kept, price, budget, seconds=seconds / 2, **rest)
    left = there & np.isfinite(walks).any(axis=1) & ~np.isfinite(walks[:, median.open]).any(axis=1)
    more = fewest(np.isfinite(walks[there]), kept, price, np.inf, seconds=seconds / 4, **rest)
    least = (
        f" The smallest number of stations that would do is {len(more.open)}."
        if more is not None and len(more.open)
        else ""
    )
    clashes.append(
        f"No {count} stations reach everyone on foot, so the farthest walk has no end: {people[left].sum():,.0f} residents stay cut off, "
        f"as in {town.units['name'][int(np.argmax(np.where(left, people, -1)))]}.{least}"
    )
    return median


def _fewest_clash(within, people, kept, price, budget, seconds, rest) -> str:
    free = fewest(within[people > 0], kept, price, np.inf, seconds=seconds / 2, **rest)
    needed = price[free.open].sum() if free is not None else np.nan
    return (
        f"stations.budget = {budget:,.0f} does not pay for stations that bring every coverable resident within the walking limit. "
        f"A budget of {needed:,.0f} would do."
    )


def _fallback(cost, count, kept, price, budget, kind, people, within, walks) -> Sites:
    """Return exchanges from a plain start, without a bound, where the exact model found nothing in time."""
    start = within_budget(np.argsort(np.where(kept, -1, price), kind="stable")[: max(count, 1)], kept, price, budget)
    chosen = exchange(cost, start if start is not None else np.flatnonzero(kept), kept, price, budget)
    reachable = np.isfinite(walks).any(axis=1)
    return Sites(chosen, _objective(kind, chosen, cost, people, within, walks, reachable), None)


def _assemble(town, people, chosen, walks, limit, penalty, proof, clashes) -> StationPlan:
    sites, rules = town.sites, town.description.stations
    to_open = walks[:, chosen]
    metres = to_open.min(axis=1)
    reached = np.isfinite(metres)
    nearest = np.where(reached, chosen[np.argmin(to_open, axis=1)], -1)
    minutes = np.where(reached, metres / (rules.walk_kmh * 1000 / 60), np.nan)
    near = reached & (metres <= limit * (1 + 1e-12))
    rows = []
    for j in chosen:
        mine = nearest == j
        residents = float(people[mine].sum())
        rows.append({
            "station": sites["station"].iat[j],
            "existing": bool(sites["existing"].iat[j]),
            "residents_within_limit": float(people[mine & near].sum()),
            "mean_walk_minutes": float((people * minutes)[mine].sum() / residents) if residents > 0 else np.nan,
            "residents": residents,
            "cost": float(sites["cost"].iat[j]),
            "x": float(sites["x"].iat[j]),
            "y": float(sites["y"].iat[j]),
        })  # fmt: skip
    able = float(people[reached].sum())
    total = float(people.sum())
    figures = {
        "count": len(chosen),
        "mean_walk_minutes": float((people * minutes)[reached].sum() / able) if able > 0 else None,
        "share_within_limit": float(people[near].sum() / total) if total > 0 else 0.0,
        "cost": float(sites["cost"].to_numpy(float)[chosen].sum()),
        "objective_kind": rules.objective,
        "walk_minutes": rules.walk_minutes,
        "walk_kmh": rules.walk_kmh,
        "unreachable_residents": float(people[~reached].sum()),
        "unreached_metres": penalty,
    }
    return StationPlan(chosen, nearest, minutes, pd.DataFrame(rows), proof, figures, clashes)
