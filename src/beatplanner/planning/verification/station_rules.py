"""Checks of the rules on stations: what is kept, prices, budget, distance, municipalities, shares of residents, and that stations said not to keep all of them do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from beatplanner.data.description.listed_ids import stations_as_known
from beatplanner.data.description.models import Stations
from beatplanner.data.findings import share_beside, share_text
from beatplanner.data.result.sections import list_of, section_of
from beatplanner.data.walking_limit import edge_of
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import RELAXED, Ledger, is_number
from beatplanner.planning.verification.outreach import in_plan_order
from beatplanner.planning.verification.walks import HomeWalks

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


def check_station_rules(ledger: Ledger, evidence: Evidence, walks: HomeWalks, names: list[str], claims: Claims) -> None:
    """Check prices and cost; and that all rules are kept, or that one is not where the stations are said to be infeasible or unknown."""
    cost = _check_cost(ledger, evidence, names, claims)
    if claims.get("status") not in RELAXED:
        _check_kept(ledger, evidence, names, claims, cost)
        return
    trial = Ledger()
    _check_kept(trial, evidence, names, claims, cost)
    if trial.verdict().ok and _keeps_unlisted(evidence, walks, names, claims):
        status = claims.get("status")
        detail = f"The stations are called {status}, and these keep every rule."
        ledger.add("stations.status", False, status, "a plan that keeps all rules", detail)


def _check_cost(ledger: Ledger, evidence: Evidence, names: list[str], claims: Claims) -> float:
    """Check the price of each station and the cost of all, which is returned."""
    stations, sites, rules = evidence.tables.stations, evidence.tables.sites, evidence.rules.stations
    assert stations is not None and sites is not None and rules is not None
    yearly = sites["yearly_cost"].fillna(0) if "yearly_cost" in sites else 0.0
    each = sites["cost"].fillna(0) + rules.cost_years * yearly
    price = dict(zip(sites["station"].astype(str), each, strict=True))
    ledger.pairs(
        "stations.prices",
        "cost and yearly cost",
        ((n, c, price.get(n)) for n, c in zip(names, stations["cost"], strict=True)),
        "stations",
    )
    shut = sites["existing"] & (_states(sites) == "closable") & ~sites["station"].astype(str).isin(names)
    closing = float(sites.loc[shut, "closing_cost"].sum()) if "closing_cost" in sites else 0.0
    cost = float(stations["cost"].fillna(0).sum()) + closing
    ledger.number("stations.cost", claims.get("cost"), cost)
    return cost


def _states(sites: pd.DataFrame) -> pd.Series:
    """Return what may become of each site; older plans do not tell, and keep what stands."""
    return sites["state"] if "state" in sites else pd.Series(["kept"] * len(sites), index=sites.index)


def _check_kept(ledger: Ledger, evidence: Evidence, names: list[str], claims: Claims, cost: float) -> None:
    """Check what is kept, the budget, the number, the distance between stations, municipalities and groups."""
    stations, sites, rules = evidence.tables.stations, evidence.tables.sites, evidence.rules.stations
    assert stations is not None and sites is not None and rules is not None
    state = _states(sites)
    rules = stations_as_known(rules, sites["station"].astype(str))
    if rules.held_open:
        absent = [f"{s} is held open by hand, and is not chosen." for s in rules.held_open if s not in names]
        ledger.each("stations.held_open", "sites held open by hand are chosen", absent, len(rules.held_open), "sites")
    closed = [
        f"{s} stands today but is not kept."
        for s, e, st in zip(sites["station"], sites["existing"], state, strict=True)
        if e and st != "closable" and str(s) not in names
    ]
    standing = int(sites["existing"].sum())
    ledger.each("stations.existing", "stations of today are kept unless closable", closed, standing, "stations")
    if rules.budget is not None:
        ledger.add("stations.budget", cost <= rules.budget + 1e-6, f"at most {rules.budget:,.0f}", f"{cost:,.0f}")
    if rules.count is not None and rules.objective != "fewest":
        ledger.add("stations.count_wanted", len(names) <= rules.count, f"at most {rules.count}", len(names))
    if rules.min_distance > 0 and len(names) > 1:
        at = np.column_stack([stations.geometry.x, stations.geometry.y])
        closable = stations["station"].isin(sites.loc[state == "closable", "station"])
        # two that stand and stay, or are held open by hand, are as they are
        held = stations["station"].astype(str).isin(rules.held_open)
        kept = (stations["existing"] & ~closable | held).to_numpy(bool)
        apart = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
        close = np.argwhere(np.triu(apart < rules.min_distance * (1 - 1e-9), 1) & ~(kept[:, None] & kept[None]))
        wrong = [f"{names[a]} and {names[b]} are {apart[a, b]:,.0f} m apart." for a, b in close]
        ledger.each(
            "stations.min_distance", f"at least {rules.min_distance:,.0f} m apart", wrong, len(names), "stations"
        )
    if rules.one_per_municipality:
        at = shapely.points(np.column_stack([stations.geometry.x, stations.geometry.y]))
        home = evidence.units["municipality"].to_numpy(object)[
            shapely.STRtree(evidence.units.geometry.to_numpy()).nearest(at)
        ]
        every = sorted({str(m) for m in evidence.units["municipality"]})
        ledger.each(
            "stations.municipalities",
            "one station at least in each",
            [f"{m} has no station." for m in every if m not in set(home)],
            len(every),
            "municipalities",
        )
    _check_shares(ledger, rules, claims)


def _check_shares(ledger: Ledger, rules: Stations, claims: Claims) -> None:
    """Check the rules on shares of residents; the shares themselves are recomputed elsewhere."""
    if rules.coverage_floor is not None:
        share = claims.get("share_within_limit")
        ledger.add(
            "stations.coverage_rule",
            share is not None and share >= rules.coverage_floor - 1e-9,
            f"at least {share_text(rules.coverage_floor)} within {rules.walk_minutes:g} minutes",
            "none" if share is None else share_beside(share, rules.coverage_floor),
        )
    if rules.group_excess is not None:
        excess = claims.get("group_excess")
        ok = excess is not None and excess <= rules.group_excess + 1e-9
        ledger.add(
            "stations.group_rule",
            ok,
            f"at most {share_text(rules.group_excess)} above the average",
            "none" if excess is None else share_beside(excess, rules.group_excess),
        )


def _keeps_unlisted(evidence: Evidence, walks: HomeWalks, names: list[str], claims: Claims) -> bool:
    """Tell whether stations also keep what no rule of its own says: their number, whom they must reach, and the money of each year."""
    rules, sites = evidence.rules.stations, evidence.tables.sites
    assert rules is not None and sites is not None
    by_hand = stations_as_known(rules, sites["station"].astype(str)).held_open
    held = sites["existing"] & (_states(sites) != "closable") | sites["station"].astype(str).isin(by_hand)
    if rules.objective != "fewest" and len(names) != (rules.count or int(held.sum()) or 1):
        return False
    minutes = edge_of(rules.walk_minutes * rules.walk_kmh * 1000 / 60)
    limit = {"fewest": minutes, "p-center": np.inf}.get(rules.objective)
    if limit is not None:
        near = np.isfinite(walks.least) & (walks.least <= limit)
        far = ~near & (walks.people > 0)
        town = evidence.town
        if far.any():
            if town is None or town.walks is None or len(town.walks) != len(walks.people):
                return False  # whom a closed site could reach is not known
            given = in_plan_order(evidence, town)
            if (np.isfinite(given) & (given <= limit))[far].any():
                return False
    spent = budget = 0.0
    for row in list_of(section_of(claims, "phases"), "years"):
        if not (is_number(row.get("spent")) and is_number(row.get("budget"))):
            return False
        spent, budget = spent + float(row["spent"]), budget + float(row["budget"])
        if spent > budget + 1e-3:
            return False
    return True
