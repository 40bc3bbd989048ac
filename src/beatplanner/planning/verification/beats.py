"""Checks of the beats: whole, connected, nested, balanced, little changed, and worth what the summary says."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from beatplanner.data.findings import share_beside, share_text
from beatplanner.data.formats.frames import records
from beatplanner.data.narrowing import is_dict
from beatplanner.data.result.sections import list_of
from beatplanner.planning.verification.adjacency import check_contiguity, check_edges
from beatplanner.planning.verification.balances import check_balances
from beatplanner.planning.verification.beat_figures import check_beat_figures, check_people, check_polygons
from beatplanner.planning.verification.evidence import Evidence, as_text
from beatplanner.planning.verification.identity import check_identity
from beatplanner.planning.verification.ledger import (
    RELAXED,
    Ledger,
    is_number,
    missing,
    same,
    text,
    value_in_words,
    whole_months,
)

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims


def check_beats(ledger: Ledger, evidence: Evidence) -> None:
    """Check the layer ``beats`` and what the summary says of it."""
    claims = evidence.summary.get("beats")
    beats, units = evidence.beats, evidence.units
    if beats is None:
        if is_dict(claims):
            ledger.add(
                "beats.count",
                False,
                claims.get("count"),
                "no layer of beats",
                "The summary tells of beats, but plan.gpkg has none.",
            )
        return
    if not is_dict(claims):
        ledger.add(
            "beats.count",
            False,
            "nothing",
            len(beats),
            "plan.gpkg has beats, but the summary does not tell of them.",
        )
        return
    written = len(evidence.tables.beats) if evidence.tables.beats is not None else 0
    used = units["beat"].nunique()
    ledger.add(
        "beats.count",
        claims.get("count") == written == len(beats) == used,
        claims.get("count"),
        used,
        ""
        if claims.get("count") == written == len(beats) == used
        else f"The summary counts {value_in_words(claims.get('count'))} beats, the layer has {written:,}, and units lie in {used:,}.",
    )
    planned = bool(claims.get("planned", True))
    met = claims.get("status") not in RELAXED
    joined = check_edges(ledger, evidence)
    check_contiguity(ledger, evidence, claims, planned, joined)
    check_beat_figures(ledger, evidence)
    check_people(ledger, evidence)
    check_polygons(ledger, evidence)
    _check_balance(ledger, evidence, claims, planned, met)
    if planned:
        _check_nesting(ledger, evidence)
        _check_locks(ledger, evidence, met)
    _check_moved(ledger, evidence, claims, planned and met)
    if planned and not met and _keeps_all(ledger, evidence, claims):
        status = claims.get("status")
        detail = f"The beats are called {status}, and these keep every rule."
        ledger.add("beats.status", False, status, "a plan that keeps all rules", detail)
    if planned:
        check_identity(ledger, evidence)
    _check_objective(ledger, evidence, claims, planned)


# ---- adjacency and contiguity


# ---- figures of each beat


# ---- rules


def _check_balance(ledger: Ledger, evidence: Evidence, claims: Claims, planned: bool, met: bool) -> None:
    beats, rules = evidence.beats, evidence.rules.beats
    assert beats is not None
    hours = evidence.total(evidence.units["workload"].to_numpy(float))
    municipality = beats["municipality"].fillna("").astype(str)
    mean = pd.Series(hours, index=beats.index).groupby(municipality).transform("mean").to_numpy()
    deviation = np.where(mean > 0, hours / np.where(mean > 0, mean, 1) - 1, 0.0)
    ledger.number("beats.max_deviation", claims.get("max_deviation"), float(np.abs(deviation).max(initial=0.0)))
    if not planned or rules is None:
        return
    relaxed = {str(m.get("municipality")): float(m.get("tolerance", 0.0)) for m in list_of(claims, "municipalities")}
    wrong: list[str] = []
    for k, beat in enumerate(beats.index):
        tolerance = rules.tolerance if met else max(rules.tolerance, relaxed.get(str(municipality.iat[k]), np.inf))
        low, high = mean[k] * (1 - tolerance), mean[k] * (1 + tolerance)
        if not low - 1e-6 * mean[k] <= hours[k] <= high + 1e-6 * mean[k]:
            wrong.append(
                f"{evidence.beat_name(beat)} has {hours[k]:,.0f} hours a year, not between {low:,.0f} and {high:,.0f}."
            )
    said = (
        f"every beat within ±{share_text(rules.tolerance)} of its municipality's mean"
        if met
        else "every beat within the relaxed tolerance"
    )
    ledger.each("beats.tolerance", said, wrong, len(beats), "beats")
    check_balances(ledger, evidence, claims, met)
    wish = rules.count
    if met and wish != "auto":
        ledger.add("beats.wished_count", len(beats) == wish, wish, len(beats))


def _check_nesting(ledger: Ledger, evidence: Evidence) -> None:
    units, beats = evidence.units, evidence.beats
    assert beats is not None
    wrong: list[str] = []
    for beat, rows in units.groupby("beat"):
        inside = set(rows["municipality"].fillna("").astype(str))
        own = (
            ""
            if beat not in beats.index or missing(beats.at[beat, "municipality"])
            else str(beats.at[beat, "municipality"])
        )
        if inside != {own}:
            wrong.append(
                f"{evidence.beat_name(beat)} of “{own}” has units in {', '.join(f'“{m}”' for m in sorted(inside))}."
            )
    ledger.each("beats.nested", "beats never cross municipalities", wrong, len(beats), "beats")


def _check_locks(ledger: Ledger, evidence: Evidence, met: bool) -> None:
    rules, town = evidence.rules.beats, evidence.town
    if rules is None or (rules.locked is None and not rules.held):
        return
    if town is None or not met:
        ledger.unchecked(
            "beats.locks",
            "kept",
            "The inputs are not there as they were."
            if town is None
            else "The beats' rules were relaxed; see the clashes.",
        )
        return
    lock = {
        unit: beat for unit, beat in zip(town.units["unit"], town.units["locked"], strict=True) if not missing(beat)
    }
    wrong = [
        f"{evidence.place(u)} is locked to beat {lock[unit]} but lies in beat {evidence.units['beat'].iat[u]}."
        for u, unit in enumerate(evidence.units["unit"])
        if unit in lock and lock[unit] != evidence.units["beat"].iat[u]
    ]
    ledger.each("beats.locks", "every locked unit is in its beat", wrong, len(lock), "locked units")


def _check_relationships(ledger: Ledger, evidence: Evidence, claims: Claims) -> None:
    """Recompute residents × years that their officer has served, today and where each officer stays with the beat that carries on."""
    units, roster, rules = evidence.units, evidence.tables.roster, evidence.rules.officers
    if roster is None or rules is None or evidence.beats is None:
        return
    residents = units["population"].fillna(1.0)
    today = kept = 0.0
    for row in records(roster):
        there = units["current"] == text(row["beat"])
        if missing(row["since"]) or text(row["beat"]) is None or not there.any():
            continue
        years = whole_months(row["since"], rules.start) / 12
        by_beat = residents[there].groupby(units["beat"][there]).sum()
        heir = text(row["beat"]) if text(row["beat"]) in evidence.beats.index else by_beat.idxmax()
        today += years * float(by_beat.sum())
        kept += years * float(by_beat.get(heir, 0.0))
    ledger.number("beats.relationship_years_today", claims["relationship_years_today"], today)
    ledger.number("beats.relationship_years_kept", claims.get("relationship_years_kept"), kept)
    lost = claims.get("relationship_years_lost_by_lines")
    ledger.number("beats.relationship_years_lost_by_lines", lost, today - kept)


def _check_moved(ledger: Ledger, evidence: Evidence, claims: Claims, ruled: bool) -> None:
    units, beats, people = evidence.units, evidence.beats, evidence.people
    assert beats is not None
    known = units["current"].notna().to_numpy()
    moved = known & (units["current"] != units["beat"]).to_numpy()
    of = float(people[known].sum())
    share = float(people[moved].sum()) / of if of > 0 else None
    ledger.number("beats.moved_share", claims.get("moved_share"), share)
    if "relationship_years_today" in claims:
        _check_relationships(ledger, evidence, claims)
    limit = evidence.rules.beats.max_moved if evidence.rules.beats is not None else None
    if ruled and limit is not None and share is not None:
        ledger.add(
            "beats.max_moved",
            share <= limit + 1e-9,
            f"at most {share_text(limit)} of residents change beat",
            share_beside(share, limit),
            ""
            if share <= limit + 1e-9
            else f"{people[moved].sum():,.0f} residents of today's beats change beat, {share:.2%} of them.",
        )
    if "moved_in" in beats.columns:
        into = evidence.total(np.where(moved, people, 0.0)) if known.any() else np.full(len(beats), np.nan)
        names = [evidence.beat_name(b) for b in beats.index]
        ledger.pairs(
            "beats.moved_in",
            "residents who come from another of today's beats",
            zip(names, beats["moved_in"], into, strict=True),
            "beats",
            "residents",
        )


def _keeps_all(ledger: Ledger, evidence: Evidence, claims: Claims) -> bool:
    """Tell whether beats that are said not to keep all rules do, as far as that can be told: not of locks and lines, nor where their number is free.

    What was not found, and not proven impossible, a plan with a wider tolerance may have met by chance.
    """
    rules, beats = evidence.rules.beats, evidence.beats
    if rules is None or beats is None or rules.locked is not None or rules.held or "lines" in claims:
        return False
    rows, balances = list_of(claims, "municipalities"), list_of(claims, "balances")
    by_chance = claims.get("status") != "infeasible"
    if by_chance and any(not same(row.get("tolerance"), rules.tolerance) for row in rows):
        return False
    if any(not is_number(row.get("max_deviation")) or not is_number(row.get("asked")) for row in balances):
        return False
    even = all(float(row["max_deviation"]) <= float(row["asked"]) for row in balances)
    off, moved = ledger.values.get("beats.max_deviation", np.inf), ledger.values.get("beats.moved_share", 0.0)
    little = rules.max_moved is None or moved <= rules.max_moved
    return rules.count == len(beats) and claims.get("contiguous") is True and off <= rules.tolerance and even and little


# ---- objective


def _check_objective(ledger: Ledger, evidence: Evidence, claims: Claims, planned: bool) -> None:
    rules, units, beats = evidence.rules.beats, evidence.units, evidence.beats
    assert beats is not None
    kind = rules.objective if rules is not None and planned else "travel"
    district = evidence.district
    place = {unit: i for i, unit in enumerate(units["unit"])}
    centre = np.array([place.get(c, -1) for c in as_text(beats["centre_unit"])])
    stray = [k for k in range(len(beats)) if centre[k] < 0 or district[centre[k]] != k]
    ledger.each(
        "beats.centre_unit",
        "the centre is one of the beat's units",
        [f"The centre {beats['centre_unit'].iat[k]} is not in {evidence.beat_name(beats.index[k])}." for k in stray],
        len(beats),
        "beats",
    )
    by_file = rules is not None and (rules.distances is not None or rules.roads is not None)
    metres = metres_of_pairs(evidence)
    if metres is None:
        ledger.unchecked(
            "beats.objective",
            claims.get("objective"),
            "The distances between units come from a file that is not there as it was.",
        )
        return
    hours = units["workload"].to_numpy(float)
    better: list[str] = []
    travel = 0.0
    for k, beat in enumerate(beats.index):
        members = np.flatnonzero(district == k)
        if not len(members) or centre[k] < 0:
            continue
        cost = hours[members] @ metres(members[:, None], members[None])
        own = float(hours[members] @ metres(members, centre[k]))
        travel += own
        best = int(np.argmin(cost))
        if cost[best] < own - 1e-6 * max(own, 1.0):
            better.append(
                f"{evidence.place(members[best])} would be a better centre of {evidence.beat_name(beat)}: {cost[best]:,.0f} against {own:,.0f} hours × metres."
            )
    ledger.each("beats.best_centre", "no other unit of the beat makes less travel", better, len(beats), "beats")
    if kind == "travel":
        unit = "hours × metres " + ("by the given distances" if by_file else "in a straight line")
        ledger.number("beats.objective", claims.get("objective"), travel, unit)
        return
    edges = evidence.edges[(evidence.edges["a"] >= 0) & (evidence.edges["b"] >= 0)]
    a, b = edges["a"].to_numpy(), edges["b"].to_numpy()
    municipality = units["municipality"].fillna("").astype(str).to_numpy()
    # borders between municipalities are the same in every plan, so they are no part of the objective
    between = (district[a] != district[b]) & (municipality[a] == municipality[b])
    ledger.number(
        "beats.objective",
        claims.get("objective"),
        float(edges["metres"].to_numpy(float)[between].sum()),
        f"{unit_of_objective(evidence)} between beats",
    )


def unit_of_objective(evidence: Evidence) -> str:
    """Return what the objective of the beats counts; without metres in a table of neighbours every link counts one."""
    rules, edges = evidence.rules.beats, evidence.edges
    if rules is None or rules.objective == "travel":
        return "hours × metres"
    by_table = rules.adjacency is not None and bool((edges.loc[edges["kind"] == "file", "metres"] == 1.0).all())
    return "links" if by_table else "metres"


def metres_of_pairs(evidence: Evidence) -> Callable[[Any, Any], np.ndarray] | None:
    """Return the function from two arrays of units, which are broadcast, to metres; None where the distances came from a file that is gone."""
    rules, units, town = evidence.rules.beats, evidence.units, evidence.town
    if rules is None or (rules.distances is None and rules.roads is None):
        xy = units[["x", "y"]].to_numpy(float)

        def straight(a: Any, b: Any) -> np.ndarray:
            return np.hypot(xy[a, 0] - xy[b, 0], xy[a, 1] - xy[b, 1])

        return straight
    if town is None or town.unit_distances is None:
        return None
    row = {u: i for i, u in enumerate(town.units["unit"])}
    if any(u not in row for u in units["unit"]):
        return None
    place, given = np.array([row[u] for u in units["unit"]], int), town.unit_distances

    def by_file(a: Any, b: Any) -> np.ndarray:
        return given[place[a], place[b]]

    return by_file
