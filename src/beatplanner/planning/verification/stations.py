"""Checks of the stations: the nearest open one of each unit, the walks, the rules and the figures."""

from __future__ import annotations

import numpy as np

from beatplanner.planning.verification.evidence import Evidence, as_text
from beatplanner.planning.verification.ledger import Ledger, missing


def check_stations(ledger: Ledger, evidence: Evidence) -> None:
    """Check the stations and the claims of ``summary["stations"]``."""
    claims, tables = evidence.summary.get("stations"), evidence.tables
    stations, sites, rules = tables.stations, tables.sites, evidence.rules.stations
    if claims is None or stations is None or sites is None or rules is None:
        return
    units, people = evidence.units, evidence.people
    names = [str(s) for s in stations["station"]]
    metres = _walks(evidence, names)
    _check_walks(ledger, evidence, metres, names)
    ledger.number("stations.count", claims.get("count"), len(names))
    chosen = {str(s) for s, c in zip(sites["station"], sites["chosen"], strict=True) if c}
    odd = [f"{s} is marked as chosen in one of the layers stations and sites only." for s in chosen ^ set(names)]
    ledger.each("stations.sites", "stations are the sites that were chosen", odd, len(names), "stations")
    closed = [
        f"{s} stands today but is not kept."
        for s, e in zip(sites["station"], sites["existing"], strict=True)
        if e and str(s) not in names
    ]
    ledger.each("stations.existing", "stations of today are kept", closed, int(sites["existing"].sum()), "stations")
    cost = float(stations["cost"].fillna(0).sum())
    ledger.number("stations.cost", claims.get("cost"), cost)
    feasible = evidence.summary.get("feasible") is True
    if rules.budget is not None and feasible:
        ledger.add("stations.budget", cost <= rules.budget + 1e-6, f"at most {rules.budget:,.0f}", f"{cost:,.0f}")
    if rules.count is not None and rules.objective != "fewest" and feasible:
        ledger.add("stations.count_wanted", len(names) <= rules.count, f"at most {rules.count}", len(names))
    nearest, least = np.argmin(metres, axis=1), metres.min(axis=1)
    reached = np.isfinite(least)
    _check_nearest(ledger, evidence, metres, names, least, reached)
    minutes = least / (rules.walk_kmh * 1000 / 60)
    rows = (
        (evidence.place(u), units["walk_minutes"].iat[u], minutes[u] if reached[u] else None) for u in range(len(units))
    )
    ledger.pairs("stations.walk_minutes", "metres by walking speed", rows, "units", "minutes")
    within = reached & (minutes <= rules.walk_minutes * (1 + 1e-9))
    for column in ("residents", "residents_within_limit", "mean_walk_minutes"):
        # a unit that two stations are equally near to counts where the plan says
        mine = [as_text(units["station"]).to_numpy(object) == s for s in names]
        if column == "mean_walk_minutes":
            found = [_mean(minutes[m], people[m]) for m in mine]
        else:
            found = [float(people[m & within if column == "residents_within_limit" else m].sum()) for m in mine]
        ledger.pairs(
            f"stations.{column}",
            "of those nearest to it",
            zip(names, stations[column], found, strict=True),
            "stations",
        )
    ledger.number(
        "stations.mean_walk_minutes",
        claims.get("mean_walk_minutes"),
        _mean(minutes[reached], people[reached]),
        "minutes",
    )
    ledger.number(
        "stations.share_within_limit",
        claims.get("share_within_limit"),
        float(people[within].sum() / people.sum()),
    )
    if "unreachable_residents" in claims:
        ledger.number(
            "stations.unreachable_residents",
            claims["unreachable_residents"],
            float(people[~reached].sum()),
            "residents",
        )
    _check_objective(ledger, evidence, claims, least, reached, within, nearest)


def _mean(minutes: np.ndarray, people: np.ndarray) -> float | None:
    return float((minutes * people).sum() / people.sum()) if people.sum() > 0 else None


def _walks(evidence: Evidence, names: list[str]) -> np.ndarray:
    """Return walking metres of the plan, (n, stations); inf where a pair is missing."""
    walks = evidence.tables.walks
    metres = np.full((len(evidence.units), len(names)), np.inf)
    unit = {u: i for i, u in enumerate(evidence.units["unit"])}
    station = {s: j for j, s in enumerate(names)}
    if walks is not None:
        for u, s, m in zip(as_text(walks["unit"]), walks["station"].astype(str), walks["metres"], strict=True):
            if u in unit and s in station:
                metres[unit[u], station[s]] = m
    return metres


def _check_walks(ledger: Ledger, evidence: Evidence, metres: np.ndarray, names: list[str]) -> None:
    """Check the walks against straight lines, and against the inputs where they are there."""
    stations, rules = evidence.tables.stations, evidence.rules.stations
    assert stations is not None and rules is not None
    xy = evidence.units[["x", "y"]].to_numpy(float)
    at = np.column_stack([stations.geometry.x, stations.geometry.y])
    straight = np.hypot(*(xy[:, None] - at[None]).transpose(2, 0, 1))
    if rules.distances is None:
        short = np.argwhere(metres < straight * (1 - 1e-6) - 0.01)
        wrong = [
            f"{evidence.place(u)} to {names[j]}: {metres[u, j]:,.0f} m is less than the straight line."
            for u, j in short
        ]
        ledger.each("walks.straight", "no walk is shorter than the straight line", wrong, metres.size, "walks")
    town = evidence.town
    if town is None or town.walks is None or town.sites is None:
        return
    unit = {u: i for i, u in enumerate(town.units["unit"])}
    site = {str(s): j for j, s in enumerate(town.sites["station"])}
    gone = [n for n in names if n not in site]
    if gone or any(u not in unit for u in evidence.units["unit"]):
        ledger.each(
            "walks.inputs",
            "stations are sites of the inputs",
            [f"{n} is no site of the inputs." for n in gone],
            len(names),
            "stations",
        )
        return
    given = town.walks[np.ix_([unit[u] for u in evidence.units["unit"]], [site[n] for n in names])]
    with np.errstate(invalid="ignore"):
        off = ~((np.abs(metres - given) <= 1e-6 * given + 0.01) | (np.isinf(metres) & np.isinf(given)))
    wrong = [
        f"{evidence.place(u)} to {names[j]}: {metres[u, j]:,.0f} m in the plan, {given[u, j]:,.0f} m by the inputs."
        for u, j in np.argwhere(off)
    ]
    ledger.each("walks.inputs", "the walks of the inputs", wrong, metres.size, "walks")


def _check_nearest(ledger: Ledger, evidence: Evidence, metres, names, least, reached) -> None:
    wrong = []
    place = {s: j for j, s in enumerate(names)}
    for u, said in enumerate(evidence.units["station"]):
        if missing(said):
            if reached[u]:
                wrong.append(
                    f"{evidence.place(u)} can reach {names[int(np.argmin(metres[u]))]}, but is said to reach none."
                )
        elif str(said) not in place or metres[u, place[str(said)]] > least[u] * (1 + 1e-9) + 1e-6:
            wrong.append(f"{said} is not the nearest open station of {evidence.place(u)}.")
    ledger.each("stations.nearest", "each unit has its nearest open station", wrong, len(metres), "units")


def _check_objective(ledger: Ledger, evidence: Evidence, claims, least, reached, within, nearest) -> None:
    rules, people, town = evidence.rules.stations, evidence.people, evidence.town
    assert rules is not None
    if rules.objective == "coverage":
        found = float(people[~within].sum())
    elif rules.objective == "fewest":
        found = float(claims.get("count") or 0)
    elif rules.objective == "p-center":
        found = float(least[reached & (people > 0)].max()) if (reached & (people > 0)).any() else 0.0
    else:
        found = float((people[reached] * least[reached]).sum())
        if not reached.all():
            if town is None or town.walks is None:
                ledger.unchecked(
                    "stations.objective",
                    claims.get("objective"),
                    "Who could reach a closed site needs the inputs.",
                )
                return
            longest = float(town.walks[np.isfinite(town.walks)].max())
            ledger.number("stations.unreached_metres", claims.get("unreached_metres"), 2 * longest, "m")
            unit = {u: i for i, u in enumerate(town.units["unit"])}
            could = np.isfinite(town.walks[[unit[u] for u in evidence.units["unit"]]]).any(axis=1)
            found += float(people[~reached & could].sum()) * 2 * longest
    ledger.number("stations.objective", claims.get("objective"), found)
