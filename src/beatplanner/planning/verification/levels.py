"""Checks of sectors and commands: whole, connected, within span and tolerance, and worth what the summary says; and what their certificates prove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from beatplanner.data.narrowing import is_dict, is_list
from beatplanner.data.result.sections import section_of
from beatplanner.planning.verification.beats import metres_of_pairs
from beatplanner.planning.verification.beats_proof import inner, prove_part
from beatplanner.planning.verification.evidence import Evidence, as_text
from beatplanner.planning.verification.ledger import RELAXED, Ledger, is_number, same
from beatplanner.planning.verification.proven import CannotProveError
from beatplanner.planning.verification.travel_bound import connected_pieces
from beatplanner.planning.verification.travel_pairs import Area, TooLargeError

if TYPE_CHECKING:
    from beatplanner.data.description.sections.beats import Grouping
    from beatplanner.data.result.summary import Claims

# Each level: the column of its groups' ids, and what its members are called.
LEVELS = {"sectors": ("sector", "beat"), "commands": ("command", "sector")}
# The claim that a level keeps its rule.
RULES = {"sectors": "sectors.rules", "commands": "commands.rules"}
# Share up to which sums are compared.
ROUNDED = 1e-6


@dataclass(frozen=True)
class _Members:
    """What one level groups: ids, hours (m,), unit of each one's centre (m,), member of each unit (n,), and the ids of their groups."""

    ids: list[str]
    hours: np.ndarray
    centre: np.ndarray
    of_unit: np.ndarray
    group: list[str | None]

    def edges(self, evidence: Evidence) -> np.ndarray:
        """Return neighbouring members, (p, 2): where any of their units are."""
        ends = evidence.edges[["a", "b"]].to_numpy(int)
        ends = ends[(ends >= 0).all(axis=1)]
        pairs = np.sort(self.of_unit[ends], axis=1).reshape(-1, 2)
        return np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)


def _members(evidence: Evidence, name: str) -> _Members | None:
    """Return what a level groups; None where the layer below is not there."""
    beats = evidence.beats
    if beats is None:
        return None
    place = {u: i for i, u in enumerate(evidence.units["unit"])}
    ids = [str(b) for b in beats.index]
    hours = evidence.total(evidence.units["workload"].to_numpy(float))
    centre = np.array([place.get(u, -1) for u in as_text(beats["centre_unit"])])

    def groups(table: gpd.GeoDataFrame, column: str) -> list[str | None]:
        return list(as_text(table[column])) if column in table.columns else [None] * len(table)

    if name == "sectors":
        return _Members(ids, hours, centre, evidence.district, groups(beats, "sector"))
    table = evidence.tables.sectors
    if table is None:
        return None
    sectors = [str(s) for s in as_text(table["sector"])]
    at, of_beat = {s: k for k, s in enumerate(sectors)}, groups(beats, "sector")
    member = np.array([at.get(str(s), -1) for s in of_beat])
    beat = {b: k for k, b in enumerate(ids)}
    middle = np.array([centre[beat[str(b)]] if str(b) in beat else -1 for b in as_text(table["centre_beat"])])
    load = np.bincount(member[member >= 0], weights=hours[member >= 0], minlength=len(sectors))
    return _Members(sectors, load, middle, member[evidence.district], groups(table, "command"))


def _rule(evidence: Evidence, name: str) -> Grouping | None:
    rules = evidence.rules.beats
    return None if rules is None else rules.sectors if name == "sectors" else rules.commands


def _kept(claims: Claims, rule: Grouping) -> tuple[float, int, int]:
    """Return tolerance, fewest and most that the groups are told to keep; never tighter than the rule's."""
    said, span = claims.get("tolerance"), claims.get("span")
    wide = max(rule.tolerance, float(said)) if is_number(said) else rule.tolerance
    low, high = rule.span
    if is_list(span) and len(span) == 2 and all(is_number(v) for v in span):
        low, high = min(low, int(span[0])), max(high, int(span[1]))
    return wide, low, high


def _area(evidence: Evidence, name: str, members: _Members, rule: Grouping, count: int) -> Area:
    """Return a level as the certificates take it.

    Raises
    ------
    CannotProveError
        Where the distances came from a file that is gone.
    """
    metres = metres_of_pairs(evidence)
    if metres is None:
        raise CannotProveError("The distances between units come from a file that is not there as it was.")
    tolerance, low, high = _kept(section_of(evidence.summary, name), rule)
    m, mean = len(members.ids), float(members.hours.sum()) / max(1, count)
    none, centre = np.full(m, -1), members.centre

    def between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return metres(centre[a], centre[b])

    spans = ((np.ones(m), float(low), float(high)),)
    lower, upper = max(0.0, mean * (1 - tolerance)), mean * (1 + tolerance)
    return Area(
        members.hours,
        between,
        members.edges(evidence),
        count,
        lower,
        upper,
        np.zeros(m),
        none,
        none,
        balances=spans,
    )


def prove_level(evidence: Evidence, arrays: dict[str, np.ndarray], claimed: float) -> float:
    """Return the bound that the certificate of sectors or commands proves, for as many groups as there are.

    Raises
    ------
    CannotProveError
        Where it cannot be evaluated.
    """
    name = str(arrays["kind"].ravel()[0])
    members, rule, table = _members(evidence, name), _rule(evidence, name), getattr(evidence.tables, name)
    if members is None or rule is None or table is None or (members.centre < 0).any():
        raise CannotProveError(f"There are no {name} that it could be about.")
    area = _area(evidence, name, members, rule, len(table))
    try:
        return min(prove_part(area, inner(arrays, "p0."), False, claimed), claimed)
    except TooLargeError:
        raise CannotProveError(f"There are too many members of the {name} for this checker.") from None


def check_levels(ledger: Ledger, evidence: Evidence) -> None:
    """Check sectors and commands."""
    for name in LEVELS:
        _check_level(ledger, evidence, name)


def _check_level(ledger: Ledger, evidence: Evidence, name: str) -> None:
    claims, table, rule = evidence.summary.get(name), getattr(evidence.tables, name), _rule(evidence, name)
    beats = section_of(evidence.summary, "beats")
    if claims is None and table is None:
        if rule is not None and beats.get("planned") is True:
            ledger.add(
                f"{name}.count",
                False,
                "nothing",
                f"a rule for {name}",
                f"The rules ask for {name}, and there are none.",
            )
        return
    members = _members(evidence, name)
    if not is_dict(claims) or table is None or rule is None or members is None:
        detail = f"Of the rule, the layer and the summary of {name} some are there and others are not."
        ledger.add(f"{name}.count", False, "all of them or none", "some", detail)
        return
    column, single = LEVELS[name]
    ids = [str(g) for g in as_text(table[column])]
    at = {g: k for k, g in enumerate(ids)}
    group = np.array([at.get(str(g), -1) for g in members.group])
    whole = len(at) == len(ids) == claims.get("count") and (group >= 0).all() and len(np.unique(group)) == len(ids)
    detail = (
        ""
        if whole
        else f"Not every {single} has one of the {len(ids)} {name} that the layer tells, or one of these has none."
    )
    if whole and name == "commands" and not _of_their_sectors(evidence, group, ids):
        whole, detail = False, "Not every beat is in the command of its sector."
    ledger.add(f"{name}.count", bool(whole), claims.get("count"), len(ids), detail)
    if not whole:
        return
    _check_rules(ledger, evidence, name, (members, group, ids), rule, claims)
    _check_figures(ledger, evidence, name, (members, group, ids), table, claims)


def _of_their_sectors(evidence: Evidence, group: np.ndarray, ids: list[str]) -> bool:
    """Tell whether each beat has the command of its sector; `group` is the command of each sector, a place in `ids`."""
    beats, table = evidence.beats, evidence.tables.sectors
    if beats is None or table is None or not {"sector", "command"} <= set(beats.columns):
        return False
    sectors = [str(s) for s in as_text(table["sector"])]
    command: dict[str, str] = {s: ids[int(group[k])] for k, s in enumerate(sectors)}
    stated_commands = [command.get(str(s)) for s in as_text(beats["sector"])]
    return stated_commands == [str(c) for c in as_text(beats["command"])]


def _check_rules(
    ledger: Ledger,
    evidence: Evidence,
    name: str,
    grouped: tuple[_Members, np.ndarray, list[str]],
    rule: Grouping,
    claims: Claims,
) -> None:
    members, group, ids = grouped
    met = claims.get("status") not in RELAXED
    tolerance, low, high = _kept(claims, rule)
    stated = (claims.get("tolerance"), claims.get("span"))
    wrong: list[str] = []
    if not (is_number(stated[0]) and is_list(stated[1]) and same(stated[0], tolerance) and stated[1] == [low, high]):
        wrong.append(f"The {name} are told to keep ±{stated[0]} and {stated[1]}, tighter than the rule or no numbers.")
    if met and not (same(tolerance, rule.tolerance) and [low, high] == list(rule.span)):
        wrong.append(f"The rule of the {name} is told as kept, with another tolerance or span than it has.")
    edges, hours = members.edges(evidence), np.bincount(group, weights=members.hours, minlength=len(ids))
    mean, connected = float(hours.mean()), True
    for k, g in enumerate(ids):
        inside = np.flatnonzero(group == k)
        own = edges[(group[edges] == k).all(axis=1)] if len(edges) else edges
        renumber = {int(v): n for n, v in enumerate(inside)}
        pairs = np.array([(renumber[int(a)], renumber[int(b)]) for a, b in own], int).reshape(-1, 2)
        if len(connected_pieces(len(inside), pairs)) > 1:
            connected = False
            wrong.append(f"{g} is not in one piece.")
        if not low <= len(inside) <= high:
            wrong.append(f"{g} has {len(inside)} members, not {low} to {high}.")
        if abs(hours[k] - mean) > (tolerance + ROUNDED) * mean:
            wrong.append(f"{g} has {hours[k]:,.0f} hours a year, and the mean is {mean:,.0f}.")
    sizes, asked = np.bincount(group, minlength=len(ids)), rule.tolerance + ROUNDED
    kept = connected and rule.span[0] <= sizes.min() and sizes.max() <= rule.span[1]
    if not met and kept and bool((np.abs(hours - mean) <= asked * mean).all()):
        wrong.append(f"The {name} are called {claims.get('status')}, and these keep the rule.")
    ledger.each(RULES[name], f"{name} connected, within span and tolerance", wrong, len(ids), name)
    ledger.add(f"{name}.contiguous", claims.get("contiguous") is connected, claims.get("contiguous"), connected)
    off = float(np.abs(hours / mean - 1).max()) if mean > 0 else 0.0
    ledger.number(f"{name}.max_deviation", claims.get("max_deviation"), off)


def _check_figures(
    ledger: Ledger,
    evidence: Evidence,
    name: str,
    grouped: tuple[_Members, np.ndarray, list[str]],
    table: gpd.GeoDataFrame,
    claims: Claims,
) -> None:
    members, group, ids = grouped
    single = LEVELS[name][1]
    hours = np.bincount(group, weights=members.hours, minlength=len(ids))
    mean = float(hours.mean())
    figures = {
        f"{single}s": np.bincount(group, minlength=len(ids)),
        "workload": hours,
        "deviation": hours / mean - 1 if mean > 0 else 0.0 * hours,
    }
    for column, found in figures.items():
        ledger.pairs(
            f"{name}.{column}", f"{column} of each of the {name}", zip(ids, table[column], found, strict=True), name
        )
    _check_polygons(ledger, evidence, name, grouped, table)
    at, metres = {m: k for k, m in enumerate(members.ids)}, metres_of_pairs(evidence)
    centre = np.array([at.get(str(c), -1) for c in as_text(table[f"centre_{single}"])])
    stray = [
        f"The centre of {g} is not one of its own." for k, g in enumerate(ids) if centre[k] < 0 or group[centre[k]] != k
    ]
    ledger.each(f"{name}.centre", "the centre is one of the members", stray, len(ids), name)
    if metres is None or stray or (members.centre < 0).any():
        ledger.unchecked(f"{name}.objective", claims.get("objective"), "The distances or the centres are not known.")
        return
    travel, better = 0.0, list[str]()
    for k, g in enumerate(ids):
        inside = np.flatnonzero(group == k)
        there = members.centre[inside]
        cost = members.hours[inside] @ metres(there[:, None], there[None])
        own = float(cost[np.flatnonzero(inside == centre[k])[0]])
        travel += own
        if float(cost.min()) < own - ROUNDED * max(own, 1.0):
            better.append(f"{members.ids[int(inside[int(np.argmin(cost))])]} would be a better centre of {g}.")
    ledger.each(f"{name}.best_centre", "no other member makes less travel", better, len(ids), name)
    ledger.number(f"{name}.objective", claims.get("objective"), travel, "hours × metres between centres")


def _check_polygons(
    ledger: Ledger,
    evidence: Evidence,
    name: str,
    grouped: tuple[_Members, np.ndarray, list[str]],
    table: gpd.GeoDataFrame,
) -> None:
    """Check that each polygon has the area of its units, and the point of each of them inside."""
    members, group, ids = grouped
    units, shapes = evidence.units, table.geometry.to_numpy()
    of_unit = group[members.of_unit]
    area = np.bincount(of_unit, weights=shapely.area(units.geometry.to_numpy()), minlength=len(ids))
    apart = np.abs(shapely.area(shapes) - area) > ROUNDED * area + 1.0
    points = shapely.points(units[["x", "y"]].to_numpy(float))
    out = ~shapely.intersects(shapes[of_unit], points)
    wrong = [
        f"The polygon of {g} is not that of its units."
        for k, g in enumerate(ids)
        if apart[k] or out[of_unit == k].any()
    ]
    ledger.each(f"{name}.polygon", "each polygon is that of its units", wrong, len(ids), name)
