"""Turns a description's rules on sites into solver input, and explains which of them clash and what the smallest way out is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from beatplanner.data.description.listed_ids import stations_as_known
from beatplanner.data.findings import listed
from beatplanner.data.town.town import Town
from beatplanner.planning.proof import Unproven
from beatplanner.solver.location.site_rules import SiteRules


@dataclass(frozen=True)
class StationRules:
    """The rules that the plan keeps, after relaxation where they clash.

    Attributes
    ----------
    sites
        For the solver.
    price
        (m,) what an open site costs: ``cost`` and the yearly cost of the years that the budget pays.
    closing
        (m,) what closing a site costs that stands today and may close; 0 elsewhere.
    clashes
        Rules that cannot all be met, in words.
    """

    sites: SiteRules
    price: np.ndarray
    closing: np.ndarray
    clashes: tuple[str, ...]

    def cost(self, chosen: np.ndarray) -> float:
        """Return what a choice costs, closings included."""
        shut = np.ones(len(self.price), bool)
        shut[chosen] = False
        return float(self.price[chosen].sum() + self.closing[shut].sum())


def site_prices(town: Town) -> tuple[np.ndarray, np.ndarray]:
    """Return what each site costs while open, and what it costs to close it, (m,) each."""
    rules, sites = town.description.stations, town.sites
    assert rules is not None and sites is not None
    price = sites["cost"].to_numpy(float) + rules.cost_years * sites["yearly_cost"].to_numpy(float)
    closable = (sites["state"] == "closable").to_numpy()
    return price, np.where(closable, sites["closing_cost"].to_numpy(float), 0.0)


def station_rules(town: Town) -> StationRules:
    """Return the rules on sites; those that clash are relaxed by as little as will do, and named."""
    rules, sites = town.description.stations, town.sites
    assert rules is not None and sites is not None
    clashes: list[str] = []
    names = sites["station"].astype(str)
    rules = stations_as_known(rules, names)
    held = names.isin(rules.held_open).to_numpy()
    for name in sorted(set(rules.held_open) - set(names)):
        clashes.append(f"stations.held_open names “{name}”, which is no site. Take it out of the list.")
    kept = sites["existing"].to_numpy(bool) & (sites["state"] != "closable").to_numpy() | held
    price, closing = site_prices(town)
    count = None if rules.objective == "fewest" else _count(rules.count, kept, clashes)
    area, needed = _municipalities(town, count, clashes)
    budget = np.inf if rules.budget is None else rules.budget - closing.sum()
    wanted = SiteRules(
        kept=kept,
        count=count,
        price=price - closing,
        budget=budget,
        apart=_too_close(sites, rules.min_distance, kept),
        area=area,
        needed=needed,
    )
    possible, proven = wanted.cheapest_proven(np.zeros(len(kept)))
    if possible is None:
        relaxed: list[str] = []
        wanted = _relaxed(town, wanted, closing, relaxed)
        clashes += (
            relaxed
            if proven
            else [Unproven(f"It is not proven that no choice keeps all rules, but: {c}") for c in relaxed]
        )
    return StationRules(wanted, price, closing, tuple(clashes))


def _count(wanted: int | None, kept: np.ndarray, clashes: list[str]) -> int:
    """Return the number of stations, relaxed to what the sites allow."""
    count, least, most = wanted or int(kept.sum()) or 1, int(kept.sum()), len(kept)
    if count < least:
        clashes.append(
            f"stations.count = {count} is below the {least} stations that stand today or are held open by hand. The smallest number that would "
            f"do is {least}; or make some of them closable."
        )
    if count > most:
        clashes.append(
            f"stations.count = {count} is above the {most} sites there are. The greatest number that would do is {most}; "
            "or name more candidate sites."
        )
    return int(np.clip(count, least, most))


def _municipalities(town: Town, count: int | None, clashes: list[str]) -> tuple[np.ndarray | None, tuple[int, ...]]:
    """Return the municipality of each site and those that need a station."""
    rules, sites = town.description.stations, town.sites
    assert rules is not None and sites is not None
    if not rules.one_per_municipality:
        return None, ()
    names = pd.unique(town.units["municipality"])
    number = {name: k for k, name in enumerate(names)}
    area = np.array([number[town.units["municipality"].iat[u]] for u in sites["unit"]], int)
    without = [name for name, k in number.items() if not (area == k).any()]
    if without:
        clashes.append(
            f"stations.one_per_municipality: {len(without)} of {len(names)} municipalities have no site: {listed(without)}. Name a candidate site in "
            "each; the plan leaves them out."
        )
    needed = tuple(k for name, k in number.items() if name not in set(without))
    if count is not None and len(needed) > count:
        # the largest ones come first
        people = town.units["population" if town.has_population else "unit"].groupby(town.units["municipality"])
        size = dict((people.sum() if town.has_population else people.count()).items())
        order = sorted(needed, key=lambda k: -float(size[names[k]]))
        clashes.append(
            f"stations.one_per_municipality needs {len(needed)} stations, and stations.count = {count}. The smallest number that would do is "
            f"{len(needed)}; the plan leaves out {listed([names[k] for k in order[count:]], 5)}."
        )
        needed = tuple(sorted(order[:count]))
    return area, needed


def _too_close(sites: pd.DataFrame, metres: float, kept: np.ndarray) -> np.ndarray:
    """Return pairs of sites of which at most one opens; two that are kept are as they are."""
    place = sites[["x", "y"]].to_numpy(float)
    if metres <= 0 or len(place) < 2:
        return np.empty((0, 2), int)
    from scipy.spatial import cKDTree

    pairs = cKDTree(place).query_pairs(metres * (1 - 1e-12), output_type="ndarray")
    pairs = pairs[~kept[pairs].all(axis=1)]
    return pairs[np.lexsort(pairs.T[::-1])]


def _relaxed(town: Town, wanted: SiteRules, closing: np.ndarray, clashes: list[str]) -> SiteRules:
    """Return the rules with the first of them relaxed that alone makes the others possible; each such way out is named."""
    rules, sites = town.description.stations, town.sites
    assert rules is not None and sites is not None
    m = len(wanted.kept)
    ways: list[tuple[str, SiteRules]] = []
    said: list[str] = []
    least = False
    number = "the stations" if wanted.count is None else f"{wanted.count} stations"
    currency = town.description.currency
    if np.isfinite(wanted.budget):
        cheapest, least = wanted.replace(budget=np.inf).cheapest_proven(wanted.price)
        said.append(f"stations.budget = {rules.budget:,.0f}")
        if cheapest is not None:
            needed = float(wanted.price[cheapest].sum() + closing.sum())
            standing = sites["existing"].to_numpy(bool) & wanted.kept
            own = float(wanted.price[standing].sum() + closing.sum())
            today = (
                f" (the {int(standing.sum())} existing stations that stay open cost {own:,.0f} {currency} by themselves)"
                if standing.any()
                else ""
            )
            relaxed = float(wanted.price[cheapest].sum()) * (1 + 1e-12)
            ways.append((f"a budget of {needed:,.0f} {currency}{today}", wanted.replace(budget=relaxed)))
            closable = [
                str(s)
                for s, st, e in zip(sites["station"], sites["state"], standing, strict=True)
                if e and st == "kept"
            ]
            free = wanted.replace(kept=wanted.kept & (sites["state"] == "fixed").to_numpy())
            if closable and free.cheapest(np.zeros(m)) is not None:
                said_closable = f"making existing stations closable, such as {listed(closable, 3)}"
                ways.append((said_closable, wanted.replace(budget=relaxed)))
    if len(wanted.apart):
        said.append(f"stations.min_distance = {rules.min_distance:,.0f} m")
        metres = _greatest_distance(wanted, sites)
        if metres is not None:
            ways.append(
                (
                    f"a minimum distance of {np.floor(metres):,.0f} m",
                    wanted.replace(apart=_too_close(sites, float(np.floor(metres)), wanted.kept)),
                )
            )
    if wanted.needed:
        said.append("stations.one_per_municipality")
        free = wanted.replace(needed=())
        if free.cheapest(np.zeros(m)) is not None:
            ways.append(("doing without one station in each municipality", free))
    if wanted.count is not None:
        said.append(f"stations.count = {wanted.count}")
        fewer = wanted.replace(count=None).cheapest(np.full(m, -1.0))
        if fewer is not None and len(fewer) < wanted.count:
            ways.append((f"{len(fewer)} stations", wanted.replace(count=len(fewer))))
        elif fewer is not None:
            least = wanted.replace(count=None).cheapest(np.ones(m))
            if least is not None:
                ways.append((f"{len(least)} stations", wanted.replace(count=len(least))))
    if not ways:
        # no rule alone is the way out: distance and municipalities go, and the budget becomes what the rest costs
        loose = wanted.replace(budget=np.inf, apart=np.empty((0, 2), int), needed=())
        cheapest = loose.cheapest(wanted.price)
        assert cheapest is not None
        needed = float(wanted.price[cheapest].sum())
        clashes.append(
            f"{_joined(said)} cannot all be met, and relaxing one of them does not help. The plan does without minimum distance and without "
            f"one station in each municipality, and costs {needed + closing.sum():,.0f} {currency} at least."
        )
        return loose.replace(budget=max(wanted.budget, needed * (1 + 1e-12)))
    if said and said[0].startswith("stations.budget") and ways[0][0].startswith("a budget"):
        cheap = "costs {}, and that is the smallest budget that would do" if least else "found costs {}"
        needed_text = ways[0][0].removeprefix("a budget of ")
        others = f" Or: {_joined([w for w, _ in ways[1:]], 'or')}." if len(ways) > 1 else ""
        rest = f" under {_joined([s for s in said[1:] if not s.startswith('stations.count')])}" if len(said) > 2 else ""
        clashes.append(
            f"{said[0]} does not pay for {number}{rest}: the cheapest choice {cheap.format(needed_text)}.{others}"
        )
    else:
        clashes.append(
            f"{_joined(said)} cannot all be met. The smallest relaxation that would do is {_joined([w for w, _ in ways], 'or')}; "
            f"the plan takes the first."
        )
    return ways[0][1]


def _joined(parts: list[str], word: str = "and") -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def _greatest_distance(wanted: SiteRules, sites: pd.DataFrame) -> float | None:
    """Return the greatest minimum distance that the other rules allow, metres; None where even none helps."""
    zero = np.zeros(len(wanted.kept))
    if wanted.replace(apart=np.empty((0, 2), int)).cheapest(zero) is None:
        return None
    place = sites[["x", "y"]].to_numpy(float)
    steps = np.unique(np.hypot(*(place[wanted.apart[:, 0]] - place[wanted.apart[:, 1]]).T))
    low, high = 0, len(steps)  # pairs closer than steps[k] may not both open: possible at 0, not at the end
    while high - low > 1:
        middle = (low + high) // 2
        if wanted.replace(apart=_too_close(sites, float(steps[middle]), wanted.kept)).cheapest(zero) is None:
            high = middle
        else:
            low = middle
    return float(steps[low])
