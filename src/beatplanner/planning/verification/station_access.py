"""Who can walk to a station within which time, by group, beat and municipality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from beatplanner.data.formats.frames import each_row
from beatplanner.data.result.sections import section_of
from beatplanner.data.walking_limit import edge_of
from beatplanner.planning.verification.evidence import Evidence, as_text
from beatplanner.planning.verification.ledger import Ledger, missing
from beatplanner.planning.verification.outreach import in_plan_order
from beatplanner.planning.verification.walks import HomeWalks

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


def mean_minutes(minutes: np.ndarray, people: np.ndarray) -> float | None:
    """Return the mean walk of people who reach a station; None where nobody does."""
    return float((minutes * people).sum() / people.sum()) if people.sum() > 0 else None


def check_groups(
    ledger: Ledger, evidence: Evidence, walks: HomeWalks, claims: Claims, minutes: np.ndarray, reached: np.ndarray
) -> None:
    """Check the mean walks of groups, and by how much the worst is above the average."""
    rules, town = evidence.rules.stations, evidence.town
    assert rules is not None
    residents = np.maximum(evidence.people, 1e-300)
    said = section_of(claims, "groups")
    at_home: dict[str, np.ndarray] = {}
    for group in said:
        column = f"group_{group}"
        if column in evidence.units:
            at_home[group] = evidence.units[column].to_numpy(float)[walks.unit] * _share(evidence, walks, residents)
    ledger.pairs(
        "stations.groups",
        "mean walk of each group",
        ((g, said[g].get("mean_walk_minutes"), mean_minutes(minutes[reached], w[reached])) for g, w in at_home.items()),
        "groups",
        "minutes",
    )
    near = reached & (minutes <= edge_of(rules.walk_minutes))
    rows = [
        (g, said[g].get("share_within_limit"), float(w[near].sum() / w.sum()) if w.sum() > 0 else None)
        for g, w in at_home.items()
    ]
    ledger.pairs("stations.groups_within", "share of each group within the limit", rows, "groups")
    if "group_excess" not in claims:
        return
    ways, could = walks.least.copy(), reached.copy()
    if not reached.all():
        if town is None or town.walks is None or len(town.walks) != len(ways):
            ledger.unchecked(
                "stations.group_excess", claims["group_excess"], "Who could reach a closed site needs the inputs."
            )
            return
        given = in_plan_order(evidence, town)
        could = np.isfinite(given).any(axis=1)
        ways = np.where(reached, ways, 2 * float(given[np.isfinite(given)].max()))
    count = could & (walks.people > 0)
    mean = mean_minutes(ways[count], walks.people[count]) or 0.0
    found = [m for w in at_home.values() if (m := mean_minutes(ways[count], w[count])) is not None]
    ledger.number(
        "stations.group_excess",
        claims["group_excess"],
        max(0.0, max(found, default=mean) / mean - 1) if mean > 0 else 0.0,
    )


def _share(evidence: Evidence, walks: HomeWalks, residents: np.ndarray) -> np.ndarray:
    """Return the part of its unit's residents that lives at each home; a unit without residents has one home."""
    many = np.bincount(walks.unit, minlength=len(residents))[walks.unit]
    return np.where(evidence.people[walks.unit] > 0, walks.people / residents[walks.unit], 1.0 / many)


def check_access(
    ledger: Ledger, evidence: Evidence, walks: HomeWalks, minutes: np.ndarray, reached: np.ndarray
) -> None:
    """Check every share of residents within some minutes."""
    table, units, rules = evidence.tables.access, evidence.units, evidence.rules.stations
    if table is None or rules is None:
        return
    share = _share(evidence, walks, np.maximum(evidence.people, 1e-300))
    rows: list[tuple[str, Any, float | None]] = []
    weights: dict[tuple[str, str], np.ndarray] = {}
    for row in each_row(table):
        key = (row.kind, str(row.name))
        if key not in weights:
            if row.kind == "all":
                weights[key] = walks.people
            elif row.kind in ("beat", "municipality"):
                weights[key] = np.where(
                    as_text(units[row.kind]).to_numpy(object)[walks.unit] == str(row.name), walks.people, 0.0
                )
            else:
                weights[key] = units[f"group_{row.name}"].to_numpy(float)[walks.unit] * share
        weight = weights[key]
        inside = ~reached if missing(row.minutes) else reached & (minutes <= edge_of(row.minutes))
        found = float(weight[inside].sum())
        where = f"{row.kind} {row.name}, " + ("not reachable" if missing(row.minutes) else f"{row.minutes:g} minutes")
        rows.append((where, row.residents, found))
        rows.append((where, row.share, found / weight.sum() if weight.sum() > 0 else None))
    bands = [*rules.bands, None]
    wanted = {(kind, name, b) for kind, names in _access_names(evidence).items() for name in names for b in bands}
    given = [(str(r.kind), str(r.name), None if missing(r.minutes) else float(r.minutes)) for r in each_row(table)]
    odd = [f"{k} {n}, {m or 'not reachable'} is missing." for k, n, m in wanted - set(given)]
    odd += [f"{k} {n}, {m or 'not reachable'} is none of the plan's." for k, n, m in set(given) - wanted]
    odd += ["A row stands twice."] * (len(given) != len(set(given)))
    ledger.each("access.rows", "all, each beat, municipality and group, for each band", odd, len(wanted), "rows")
    ledger.pairs("access.shares", "residents within so many minutes", rows, "figures")


def _access_names(evidence: Evidence) -> dict[str, set[str]]:
    """Return whom the layer access tells of."""
    units = evidence.units
    found = {
        "all": {evidence.rules.project.name},
        "group": {g for g in evidence.rules.units.groups if f"group_{g}" in units},
    }
    if evidence.beats is not None:
        found["beat"] = {str(b) for b in evidence.beats["beat"]}
    by_town = bool(evidence.rules.units.municipality)
    found["municipality"] = {str(m) for m in units["municipality"]} if by_town else set()
    return found
