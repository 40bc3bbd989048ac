"""Stations moved by hand: what residents would walk, and what the rules say, at once.

With y_s the open sites, w_hs the metres from home h to site s and p_h its residents::

    walk of a home = min over open s of w_hs;  share within = Σ p_h [walk ≤ limit] / Σ p_h;  mean = Σ p_h walk_h / Σ p_h over homes that reach a station

as in `planning.stations`. A drag swaps one open site, so each answer is one minimum over the open sites' columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beatplanner.data.description.models import Description
from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import share_beside, share_text
from beatplanner.data.town.town import Town
from beatplanner.data.walking_limit import edge_of
from beatplanner.planning.stations.access import groups_at_homes, people_at_homes
from beatplanner.planning.stations.rules import site_prices


@dataclass(frozen=True)
class Walks:
    """What residents walk with some stations open.

    Attributes
    ----------
    share
        Of residents within the walking limit.
    mean_minutes
        Of residents who reach a station; NaN where nobody does.
    unreached
        Residents who reach no station on foot.
    worst
        Beat (or "" without beats) with the least share, and that share.
    group_excess
        How much longer than the average the worst-off language group walks, as a share; NaN without groups.
    cost
        Of stations and closings, for the years that the rules pay.
    broken
        Rules that are broken, in sentences.
    """

    share: float
    mean_minutes: float
    unreached: float
    worst: tuple[str, float]
    group_excess: float
    cost: float
    broken: tuple[str, ...]


class SiteJudge:
    """Says what a choice of sites means.

    Parameters
    ----------
    town
        With sites and walks.
    beat
        (n,) beat of each unit; None for none.
    names
        Of beats, by id.

    Raises
    ------
    InputError
        Where the town has no sites.
    """

    def __init__(self, town: Town, beat: np.ndarray | None = None, names: dict[str, str] | None = None) -> None:
        rules = town.description.stations
        if rules is None or town.sites is None or town.walks is None or town.homes is None:
            raise InputError(problem("this town has no sites for stations", "Add a section [stations]"))
        self.town, self.rules, self.walks, self.names = town, rules, town.walks, names or {}
        people = town.units["population"].to_numpy(float) if town.has_population else np.ones(len(town.units))
        self.people = people_at_homes(town, people)
        self.groups = {g: w for g, w in groups_at_homes(town).items() if w.sum() > 0}
        self.metres_a_minute = rules.walk_kmh * 1000 / 60
        self.limit = edge_of(rules.walk_minutes * self.metres_a_minute)
        self.price, self.closing = site_prices(town)
        sites = town.sites
        self.ids = [str(s) for s in sites["station"]]
        self.labels = [str(n) if n is not None and n == n else i for n, i in zip(sites["name"], self.ids, strict=True)]
        self.xy = sites[["x", "y"]].to_numpy(float)
        self.fixed = sites["existing"].to_numpy(bool) & (sites["state"] != "closable").to_numpy()
        self.standing = sites["existing"].to_numpy(bool)
        self.municipality = town.units["municipality"].to_numpy(object)[sites["unit"].to_numpy(int)]
        unit = town.homes["unit"].to_numpy(int)
        self._beats, self._of_home = (
            (np.array([], object), None) if beat is None else np.unique(beat[unit].astype(str), return_inverse=True)
        )
        self.total = float(self.people.sum())

    def __call__(self, chosen: Sequence[int]) -> Walks:
        """Judge open sites, given by position."""
        open_ = np.asarray(sorted(set(chosen)), int)
        walk = self.walks[:, open_].min(axis=1) if len(open_) else np.full(len(self.people), np.inf)
        able, within = np.isfinite(walk), walk <= self.limit
        reached = float(self.people[able].sum())
        mean = float(self.people[able] @ walk[able]) / reached / self.metres_a_minute if reached else float("nan")
        worst = ("", float("nan"))
        if self._of_home is not None and len(self._beats):
            count = len(self._beats)
            total = np.bincount(self._of_home, self.people, count)
            inside = np.bincount(self._of_home, self.people * within, count)
            share = np.divide(inside, total, out=np.ones(count), where=total > 0)
            least = int(np.argmin(share))
            worst = (self.names.get(str(self._beats[least]), str(self._beats[least])), float(share[least]))
        excess = float("nan")
        if self.groups and reached and mean > 0:
            means = [
                float(w[able] @ walk[able]) / w[able].sum() / self.metres_a_minute
                for w in self.groups.values()
                if w[able].sum() > 0
            ]
            excess = max(means) / mean - 1 if means else excess
        shut = np.ones(len(self.price), bool)
        shut[open_] = False
        cost = float(self.price[open_].sum() + self.closing[shut].sum())
        return Walks(
            float(self.people[within].sum()) / self.total if self.total else float("nan"),
            mean,
            self.total - reached,
            worst,
            excess,
            cost,
            tuple(self._broken(open_, cost, excess, float(self.people[within].sum()))),
        )

    def _broken(self, open_: np.ndarray, cost: float, excess: float, within: float) -> list[str]:
        found: list[str] = []
        rules = self.rules
        for s in np.flatnonzero(self.fixed):
            if s not in open_:
                found.append(f"{self.labels[s]} stands today and may not close.")
        if rules.count is not None and rules.objective != "fewest" and len(open_) != rules.count:
            found.append(f"{len(open_)} stations are open, and the rule says {rules.count}.")
        if rules.budget is not None and cost > rules.budget + 1e-6:
            currency = self.town.description.currency
            found.append(
                f"They cost {cost:,.0f} {currency}, {cost - rules.budget:,.0f} {currency} more than the budget of {rules.budget:,.0f} {currency}."
            )
        if rules.min_distance > 0 and len(open_) > 1:
            xy = self.xy[open_]
            apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
            kept = self.fixed[open_]
            for i, j in np.argwhere(
                np.triu(apart < rules.min_distance * (1 - 1e-9), 1) & ~(kept[:, None] & kept[None])
            ):
                found.append(
                    f"{self.labels[open_[i]]} and {self.labels[open_[j]]} are {apart[i, j]:,.0f} m apart, less than {rules.min_distance:,.0f} m."
                )
        if rules.one_per_municipality:
            there = set(self.municipality[open_])
            found += [f"{m} has no station." for m in dict.fromkeys(self.municipality) if m not in there]
        if rules.coverage_floor is not None and within < (rules.coverage_floor - 1e-9) * self.total:
            found.append(
                f"{share_beside(within / self.total, rules.coverage_floor)} of residents are within {rules.walk_minutes:g} minutes, and the rule says "
                f"{share_text(rules.coverage_floor)}."
            )
        if rules.group_excess is not None and excess > rules.group_excess + 1e-9:
            found.append(
                f"A language group walks {share_beside(excess, rules.group_excess)} longer than the average, more than {share_text(rules.group_excess)}."
            )
        return found

    def nearest(self, x: float, y: float, among: np.ndarray | None = None) -> tuple[int, float]:
        """Return the site nearest to a place and its distance, metres; `among`, (m,) bool, says which count."""
        metres = np.hypot(self.xy[:, 0] - x, self.xy[:, 1] - y)
        if among is not None:
            metres = np.where(among, metres, np.inf)
        best = int(np.argmin(metres))
        return best, float(metres[best])


def held(description: Description, ids: Sequence[str], count: int) -> dict[str, dict[str, object]]:
    """Return the change of rules (a merge patch) that holds sites open: all of them, so that the plan is what was drawn, or only those that were moved."""
    rules = description.stations
    assert rules is not None
    patch: dict[str, object] = {"held_open": sorted(ids) or None}
    if rules.objective != "fewest" and rules.count != count:
        patch["count"] = count
    return {"stations": patch}
