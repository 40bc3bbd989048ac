"""Checks of the beats: in one piece, inside their municipality, balanced, and every figure by its formula."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pandas as pd
import shapely

from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger, missing, same, words

# A border that plan.gpkg calls shared: the two units come at least this close, in metres.
NEAR = 0.6


def check_beats(ledger: Ledger, evidence: Evidence) -> None:
    """Check the beats and the claims of ``summary["beats"]``."""
    claims, beats, units = evidence.summary.get("beats"), evidence.beats, evidence.units
    if claims is None or beats is None:
        return
    planned = bool(claims.get("planned", True))
    ledger.number("beats.count", claims.get("count"), len(beats))
    names = [evidence.beat_name(b) for b in beats["beat"]]
    empty = [f"{evidence.beat_name(b)} has no units." for b in set(beats["beat"]) - set(units["beat"])]
    ledger.each("beats.units", "every beat has units", empty, len(beats), "beats")
    _check_edges(ledger, evidence)
    broken = _broken(evidence)
    ledger.add("beats.contiguous", claims.get("contiguous") is (not broken) and (not planned or not broken),
               claims.get("contiguous"), not broken, " ".join(broken[:5]))  # fmt: skip
    crossing = [
        f"{evidence.beat_name(beat)} reaches into {', '.join(sorted(set(group['municipality'].astype(str))))}."
        for beat, group in units.groupby("beat")
        if planned and group["municipality"].nunique() > 1
    ]
    ledger.each("beats.nested", "no beat crosses a municipal border", crossing, len(beats), "beats")
    for column in ("workload", "population"):
        if column == "population" and units["population"].isna().all():
            continue
        total = evidence.total(units[column].to_numpy(float))
        ledger.pairs(f"beats.{column}", "the sum of its units", zip(names, beats[column], total, strict=True), "beats")
    deviation = _check_deviation(ledger, evidence, names)
    ledger.number("beats.max_deviation", claims.get("max_deviation"), float(np.abs(deviation).max()))
    if planned and evidence.summary.get("feasible") is True and evidence.rules.beats is not None:
        limit = evidence.rules.beats.tolerance * (1 + 1e-6) + 1e-9
        over = [f"{n} is off by {d:+.2%}." for n, d in zip(names, deviation, strict=True) if abs(d) > limit]
        ledger.each("beats.tolerance", f"every beat within ±{evidence.rules.beats.tolerance:.1%} of its municipality's mean", over, len(beats), "beats")
        wanted = evidence.rules.beats.count
        if wanted != "auto":
            ledger.number("beats.count_wanted", wanted, len(beats))
    _check_centres(ledger, evidence, claims, names, planned)
    _check_shapes(ledger, evidence, names)
    _check_officers_required(ledger, evidence, names)
    _check_change(ledger, evidence, claims)


def _check_edges(ledger: Ledger, evidence: Evidence) -> None:
    edges, shapes = evidence.edges, evidence.units.geometry.to_numpy()
    a, b = edges["a"].to_numpy(int), edges["b"].to_numpy(int)
    known = (a >= 0) & (b >= 0)
    apart = np.full(len(edges), np.inf)
    apart[known] = shapely.distance(shapes[a[known]], shapes[b[known]])
    border = (edges["kind"] == "border").to_numpy()
    wrong = [
        f"{evidence.place(a[e])} and {evidence.place(b[e])} are said to share a border, but lie {apart[e]:,.0f} m apart."
        if known[e] else "An edge names a unit that is not in the plan."
        for e in np.flatnonzero(~known | (border & (apart > NEAR)))
    ]  # fmt: skip
    ledger.each("edges.borders", "units that share a border touch", wrong, len(edges), "edges")
    if evidence.town is None:
        return
    mine = evidence.town.edges
    place = {u: i for i, u in enumerate(evidence.units["unit"])}
    ids = evidence.town.units["unit"].to_numpy(object)
    given = {frozenset((place.get(ids[i], -1), place.get(ids[j], -1))) for i, j in zip(mine["a"], mine["b"], strict=True)}
    said = {frozenset(pair) for pair in zip(a.tolist(), b.tolist(), strict=True)}
    extra = [f"{' and '.join(evidence.place(u) for u in pair if u >= 0)} are joined in one of plan and inputs only." for pair in said ^ given]
    ledger.each("edges.inputs", "the adjacency of the inputs", extra, len(given), "edges")


def _broken(evidence: Evidence) -> list[str]:
    """Return a sentence for each beat that falls into pieces over the plan's edges."""
    units, edges = evidence.units, evidence.edges
    graph = nx.Graph()
    graph.add_nodes_from(range(len(units)))
    beat = units["beat"].to_numpy(object)
    graph.add_edges_from((a, b) for a, b in zip(edges["a"], edges["b"], strict=True) if a >= 0 and b >= 0 and beat[a] == beat[b])
    sentences = []
    for b in evidence.beats["beat"] if evidence.beats is not None else []:
        pieces = sorted(nx.connected_components(graph.subgraph(np.flatnonzero(beat == b).tolist())), key=len)
        if len(pieces) > 1:
            sentences.append(f"{evidence.beat_name(b)} is in {len(pieces)} pieces; {evidence.place(min(pieces[0]))} is cut off.")
    return sentences


def _check_deviation(ledger: Ledger, evidence: Evidence, names: list[str]) -> np.ndarray:
    beats = evidence.beats
    assert beats is not None
    hours = evidence.total(evidence.units["workload"].to_numpy(float))
    mean = pd.Series(hours).groupby(beats["municipality"].astype(str).to_numpy()).transform("mean").to_numpy()
    found = np.array([h / m - 1 if m > 0 else 0.0 for h, m in zip(hours, mean, strict=True)])
    ledger.pairs("beats.deviation", "share of the municipality's mean workload", zip(names, beats["deviation"], found, strict=True), "beats")
    return found


def _check_centres(ledger: Ledger, evidence: Evidence, claims: dict, names: list[str], planned: bool) -> None:
    """Check that each centre is the beat's best member, and the objective."""
    units, beats = evidence.units, evidence.beats
    assert beats is not None
    xy, hours = units[["x", "y"]].to_numpy(float), units["workload"].to_numpy(float)
    place = {u: i for i, u in enumerate(units["unit"])}
    metres = _file_distances(evidence)
    travel, wrong = 0.0, []
    for name, beat, centre in zip(names, beats["beat"], beats["centre_unit"], strict=True):
        members = np.flatnonzero((units["beat"] == beat).to_numpy())
        c = place.get(centre, -1)
        if c not in members:
            wrong.append(f"The centre of {name}, {centre}, is not one of its units.")
            continue
        apart = metres[np.ix_(members, members)] if metres is not None else np.hypot(*(xy[members][:, None] - xy[members][None]).transpose(2, 0, 1))
        sums = hours[members] @ apart
        mine = float(sums[int(np.flatnonzero(members == c)[0])])
        travel += mine
        if mine > sums.min() * (1 + 1e-9) + 1e-6:
            wrong.append(f"{evidence.place(members[int(np.argmin(sums))])} would be a better centre of {name}.")
    ledger.each("beats.centre_unit", "the member with the least travel", wrong, len(beats), "beats")
    by_cut = planned and evidence.rules.beats is not None and evidence.rules.beats.objective == "cut"
    beat = units["beat"].to_numpy(object)
    a, b = evidence.edges["a"].to_numpy(int), evidence.edges["b"].to_numpy(int)
    # borders between municipalities are beats' borders under any plan, so they do not count
    same_town = units["municipality"].to_numpy(object)[a] == units["municipality"].to_numpy(object)[b]
    cut = float(evidence.edges["metres"].to_numpy(float)[(beat[a] != beat[b]) & same_town].sum())
    ledger.number("beats.objective", claims.get("objective"), cut if by_cut else travel, "m" if by_cut else "hours × m")


def _file_distances(evidence: Evidence) -> np.ndarray | None:
    town = evidence.town
    if town is None or town.unit_distances is None:
        return None
    place = {u: i for i, u in enumerate(town.units["unit"])}
    order = [place[u] for u in evidence.units["unit"]]
    return town.unit_distances[np.ix_(order, order)]


def _check_shapes(ledger: Ledger, evidence: Evidence, names: list[str]) -> None:
    units, beats = evidence.units, evidence.beats
    assert beats is not None
    wrong, found = [], []
    for name, beat, shape in zip(names, beats["beat"], beats.geometry, strict=True):
        members = units.geometry.to_numpy()[(units["beat"] == beat).to_numpy()]
        union = shapely.union_all(members) if len(members) else shapely.Polygon()
        differing = shapely.area(shapely.symmetric_difference(union, shape))
        if differing > 1e-5 * shapely.area(union) + 1.0:
            wrong.append(f"The polygon of {name} differs from its units by {differing:,.0f} m².")
        length = shapely.length(shape)
        found.append(4 * math.pi * shapely.area(shape) / length**2 if length else 0.0)
    ledger.each("beats.polygon", "the union of its units", wrong, len(beats), "beats")
    ledger.pairs("beats.compactness", "4π × area / perimeter²", zip(names, beats["compactness"], found, strict=True), "beats")


def _check_officers_required(ledger: Ledger, evidence: Evidence, names: list[str]) -> None:
    rules, units, beats = evidence.rules.workload, evidence.units, evidence.beats
    assert beats is not None
    reactive = evidence.total(units["reactive_hours"].to_numpy(float))
    community = evidence.total(units["community_hours"].to_numpy(float))
    found = []
    for r, c in zip(reactive, community, strict=True):
        committed = r + rules.fixed_hours_per_beat
        duty = max(committed / (1 - rules.community_share - rules.admin_share), (committed + c) / (1 - rules.admin_share))
        officer = rules.annual_hours * (1 - rules.absence) * (1 - rules.abstraction)
        found.append(max(rules.min_officers_per_beat, math.ceil(duty / officer - 1e-9)))
    ledger.pairs("beats.officers_required", "on-duty hours by hours on the beat, rounded up", zip(names, beats["officers_required"], found, strict=True), "beats")


def _check_change(ledger: Ledger, evidence: Evidence, claims: dict) -> None:
    """Check the share of residents who change beat, the change budget and the locks."""
    units, rules = evidence.units, evidence.rules.beats
    known = np.array([not missing(c) for c in units["current"]])
    people = evidence.people
    if known.any() and people[known].sum() > 0:
        moved = known & (units["current"].to_numpy(object) != units["beat"].to_numpy(object))
        share = float(people[moved].sum() / people[known].sum())
        ledger.number("beats.moved_share", claims.get("moved_share"), share)
        if rules is not None and rules.max_moved is not None and evidence.summary.get("feasible") is True and claims.get("planned", True):
            ok = share <= rules.max_moved * (1 + 1e-9) + 1e-9
            ledger.add("beats.max_moved", ok, f"at most {rules.max_moved:.1%} of residents", f"{share:.2%}")
    elif "moved_share" in claims:
        ledger.add("beats.moved_share", False, words(claims["moved_share"]), "none", "There are no beats of today to move from.")
    if evidence.town is not None and evidence.summary.get("feasible") is True and claims.get("planned", True):
        locked = dict(zip(evidence.town.units["unit"], evidence.town.units["locked"], strict=True))
        held = [(i, locked.get(u)) for i, u in enumerate(units["unit"]) if isinstance(locked.get(u), str)]
        wrong = [f"{evidence.place(i)} is locked to beat {b} but in {units['beat'].iat[i]}." for i, b in held if units["beat"].iat[i] != b]
        ledger.each("beats.locked", "locked units stay", wrong, len(held), "units")
    total = float(units["workload"].sum())
    claimed = evidence.summary.get("workload", {}).get("hours")
    ledger.add("workload.hours", same(claimed, total), claimed, total)
