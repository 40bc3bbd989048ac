"""Details of the stations in ``summary.json`` and in the tables of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from beatplanner.data.narrowing import is_dict
from beatplanner.data.result.sections import section_of
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger, text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from beatplanner.data.result.summary import Claims


def check_station_details(ledger: Ledger, evidence: Evidence) -> None:
    """Check what the summary and the layers say of stations beside the main figures."""
    claims, sites, rules = evidence.summary.get("stations"), evidence.tables.sites, evidence.rules.stations
    stations = evidence.tables.stations
    if not is_dict(claims):
        if stations is not None:
            ledger.add(
                "stations",
                False,
                "nothing",
                f"{len(stations)} stations",
                "plan.gpkg has stations, but the summary does not tell of them.",
            )
        return
    if sites is None or stations is None or rules is None:
        ledger.add(
            "stations",
            False,
            "stations",
            "no layers of them",
            "The summary tells of stations, but plan.gpkg or the rules do not.",
        )
        return
    _check_claims(ledger, evidence, claims, sites)
    _check_rows(ledger, sites, stations)


def _check_claims(ledger: Ledger, evidence: Evidence, claims: Claims, sites: pd.DataFrame) -> None:
    """Check what the summary says of the rules, the sites and the groups."""
    rules, town = evidence.rules.stations, evidence.town
    assert rules is not None
    for key, rule in (
        ("objective_kind", rules.objective),
        ("walk_minutes", rules.walk_minutes),
        ("walk_kmh", rules.walk_kmh),
    ):
        ledger.add(f"stations.{key}", claims.get(key) == rule, claims.get(key), rule)
    ledger.number("stations.sites_considered", claims.get("sites"), len(sites))
    if "state" in sites:
        ledger.number(
            "stations.generated_sites", claims.get("generated_sites"), int((sites["state"] == "generated").sum())
        )
    shut = [str(s) for s, e, c in zip(sites["station"], sites["existing"], sites["chosen"], strict=True) if e and not c]
    ledger.add("stations.closed", claims.get("closed") == shut, str(claims.get("closed")), str(shut))
    if town is not None and town.walks is not None:
        finite = town.walks[np.isfinite(town.walks)]
        ledger.number(
            "stations.unreached_metres",
            claims.get("unreached_metres"),
            2 * float(finite.max()) if len(finite) else 0.0,
            "m",
        )
    access = evidence.tables.access
    if access is not None and is_dict(claims.get("share_by_minutes")):
        every = access[(access["kind"] == "all") & access["minutes"].notna()]
        found = {f"{m:g}": s for m, s in zip(every["minutes"], every["share"], strict=True)}
        said = claims["share_by_minutes"]
        ledger.pairs(
            "stations.share_by_minutes",
            "as in the layer access",
            [(m, said.get(m), found.get(m)) for m in {**found, **said}],
            "shares",
        )
    groups, units = section_of(claims, "groups"), evidence.units
    rows = [
        (g, row.get("residents"), float(units[f"group_{g}"].sum()) if f"group_{g}" in units else None)
        for g, row in groups.items()
    ]
    rows += [(g, None, 0.0) for g in evidence.rules.units.groups if g not in groups]
    ledger.pairs("stations.group_residents", "residents of each group", rows, "groups", "residents")


def _check_rows(ledger: Ledger, sites: pd.DataFrame, stations: gpd.GeoDataFrame) -> None:
    """Check that each station is called, stands and lies as its site."""
    by_site = sites.assign(key=sites["station"].astype(str)).drop_duplicates("key").set_index("key")
    wrong: list[str] = []
    for name, title, existing, place in zip(
        stations["station"].astype(str),
        stations.get("name", stations["station"]),
        stations["existing"],
        stations.geometry,
        strict=True,
    ):
        if name not in by_site.index:
            continue
        site = by_site.loc[name]
        if "name" in stations and text(title) != text(site["name"]):
            wrong.append(f"{name} is called “{title}”, and the site “{site['name']}”.")
        if bool(existing) != bool(site["existing"]):
            wrong.append(f"{name} stands today in one of the layers stations and sites only.")
        if not place.equals_exact(site.geometry, 1e-6):
            wrong.append(f"{name} lies elsewhere than the site.")
    ledger.each("stations.of_sites", "name, place and standing of the chosen site", wrong, len(stations), "stations")
