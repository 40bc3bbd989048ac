"""Checks of the beats: whole, connected, nested, balanced, little changed, and worth what the summary says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from beatplanner.data.colours import beat_colours
from beatplanner.data.formats import geometry
from beatplanner.data.formats.frames import records
from beatplanner.planning.verification.country import posts_by_share
from beatplanner.planning.verification.evidence import Evidence, as_text
from beatplanner.planning.verification.identity import check_identity
from beatplanner.planning.verification.ledger import RELAXED, Ledger, missing, same, text, whole_months, words

if TYPE_CHECKING:
    import networkx as nx

# The rule of docs/beats.md: a border has at least so many metres, outlines up to a hair apart counting as one.
LEAST_BORDER = 2.0
HAIR = 0.5
# Parts of a unit farther apart than this are pieces of their own, unless a link of the unit with itself is listed.
GROUND_GAP = 100.0
ROUNDING = 1e-6
# Of a border's length; corners rounded by the gap that is allowed for make the two ways of measuring differ a little.
BORDER_SHARE = 0.02
# Polygons of beats are unions of units: their areas may differ only by the hair that the union mends.
AREA_SHARE = 1e-5
LANGUAGE_SHARE = 0.10


def check_beats(ledger: Ledger, evidence: Evidence) -> None:
    """Check the layer ``beats`` and what the summary says of it."""
    claims = evidence.summary.get("beats")
    beats, units = evidence.beats, evidence.units
    if beats is None:
        if isinstance(claims, dict):
            ledger.add(
                "beats.count",
                False,
                claims.get("count"),
                "no layer of beats",
                "The summary tells of beats, but plan.gpkg has none.",
            )
        return
    if not isinstance(claims, dict):
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
        else f"The summary counts {words(claims.get('count'))} beats, the layer has {written:,}, and units lie in {used:,}.",
    )
    planned = bool(claims.get("planned", True))
    met = claims.get("status") not in RELAXED
    joined = _check_edges(ledger, evidence)
    _check_contiguity(ledger, evidence, claims, planned, joined)
    _check_figures(ledger, evidence)
    _check_people(ledger, evidence)
    _check_polygons(ledger, evidence)
    _check_balance(ledger, evidence, claims, planned, met)
    if planned:
        _check_nesting(ledger, evidence)
        _check_locks(ledger, evidence, met)
    _check_moved(ledger, evidence, claims, planned and met)
    if planned:
        check_identity(ledger, evidence)
    _check_objective(ledger, evidence, claims, planned)


# ---- adjacency and contiguity


def _check_edges(ledger: Ledger, evidence: Evidence) -> nx.Graph:
    """Check the layer ``edges`` against polygons and inputs; return which pieces of ground touch by geometry or by a link."""
    edges = evidence.edges
    unknown = edges[(edges["a"] < 0) | (edges["b"] < 0)]
    ledger.each(
        "edges.units",
        "every edge joins two units of the plan",
        [f"The edge {row.unit_a}–{row.unit_b} joins a unit that is not in the plan." for row in unknown.itertuples()],
        len(edges),
        "edges",
    )
    known = edges.drop(unknown.index)
    shared = _shared_borders(evidence.units.geometry.to_numpy())
    borders = known[known["kind"] == "border"]
    wrong = []
    for a, b, metres in zip(borders["a"], borders["b"], borders["metres"], strict=True):
        found = shared.get((min(a, b), max(a, b)), 0.0)
        if found <= 0:
            wrong.append(f"{evidence.place(a)} and {evidence.place(b)} share no border.")
        elif not same(metres, found, relative=BORDER_SHARE, absolute=LEAST_BORDER):
            wrong.append(f"{evidence.place(a)} and {evidence.place(b)} share {found:,.0f} m, not {metres:,.0f} m.")
    ledger.each("edges.borders", "each border is one on the map", wrong, len(borders), "borders")
    beats = evidence.rules.beats
    if beats is None or (beats.barriers is None and beats.adjacency is None and not beats.closed):
        present = {(min(a, b), max(a, b)) for a, b in zip(known["a"], known["b"], strict=True)}
        absent = [pair for pair, metres in shared.items() if metres > LEAST_BORDER + ROUNDING and pair not in present]
        ledger.each(
            "edges.complete",
            "each shared border is an edge",
            [
                f"{evidence.place(a)} and {evidence.place(b)} share {shared[a, b]:,.0f} m, but are not listed."
                for a, b in absent
            ],
            len(shared),
            "shared borders",
        )
    drawn = known[known["kind"] != "border"]
    if len(drawn):
        named = [f"{evidence.place(a)}–{evidence.place(b)}" for a, b in zip(drawn["a"], drawn["b"], strict=True)]
        more = f" and {len(named) - 10:,} more" if len(named) > 10 else ""
        ledger.add(
            "edges.links",
            bool(drawn["kind"].isin(["link", "file"]).all()),
            f"{len(drawn):,} links",
            f"{len(drawn):,} links",
            f"Joined without a border on the map: {', '.join(named[:10])}{more}.",
        )
    _check_edges_against_inputs(ledger, evidence, known)
    return _ground(evidence, list(zip(drawn["a"].astype(int), drawn["b"].astype(int), strict=True)))


def _check_edges_against_inputs(ledger: Ledger, evidence: Evidence, known: pd.DataFrame) -> None:
    town = evidence.town
    if town is None:
        return
    names = town.units["unit"].to_numpy(object)
    given = {
        frozenset((names[a], names[b])): kind
        for a, b, kind in zip(town.edges["a"], town.edges["b"], town.edges["kind"], strict=True)
    }
    if town.part_links is not None:
        given |= {frozenset((names[u],)): "link" for u in town.part_links["unit"]}
    ids = evidence.units["unit"].to_numpy(object)
    used = {frozenset((ids[a], ids[b])): kind for a, b, kind in zip(known["a"], known["b"], known["kind"], strict=True)}
    wrong = [
        f"The edge {'–'.join(sorted(pair))} ({used[pair]}) does not follow from the inputs."
        for pair in used
        if given.get(pair) != used[pair]
    ]
    wrong += [
        f"The edge {'–'.join(sorted(pair))} ({given[pair]}) of the inputs is missing."
        for pair in given
        if pair not in used
    ]
    length = {
        frozenset((names[a], names[b])): m
        for a, b, m in zip(town.edges["a"], town.edges["b"], town.edges["metres"], strict=True)
    }
    said = zip(known["a"], known["b"], known["metres"], strict=True)
    wrong += [
        f"The edge {ids[a]}–{ids[b]} has {m:,.1f} m in the plan, {length[pair]:,.1f} m by the inputs."
        for a, b, m in said
        if (pair := frozenset((ids[a], ids[b]))) in length and not same(m, length[pair], absolute=0.01)
    ]
    ledger.each("edges.inputs", "the adjacency of the inputs", wrong, len(given), "edges")


def _ground(evidence: Evidence, links: list[tuple[int, int]]) -> nx.Graph:
    """Return which pieces of ground touch or are linked; each node has the ``unit`` that it is a piece of.

    Parts of a unit up to `GROUND_GAP` metres apart are one piece. A link between two units joins their nearest pieces, one from a unit to
    itself all of its pieces.
    """
    import networkx as nx

    pieces, unit_of = [], []
    for u, polygon in enumerate(evidence.units.geometry.to_numpy()):
        parts = shapely.get_parts(polygon)
        near = nx.Graph()
        near.add_nodes_from(range(len(parts)))
        if len(parts) > 1:
            near.add_edges_from(
                zip(*shapely.STRtree(parts).query(parts, predicate="dwithin", distance=GROUND_GAP), strict=True)
            )
        for together in nx.connected_components(near):
            at = sorted(together)
            pieces.append(polygon if len(at) == len(parts) else shapely.multipolygons(parts[at]))
            unit_of.append(u)
    shapes, of = np.array(pieces, dtype=object), np.array(unit_of)
    graph = nx.Graph(list(_shared_borders(shapes)))
    graph.add_nodes_from((i, {"unit": u}) for i, u in enumerate(unit_of))
    for a, b in links:
        one, other = np.flatnonzero(of == a), np.flatnonzero(of == b)
        if a == b:
            nx.add_path(graph, one.tolist())
            continue
        apart = shapely.distance(shapes[one][:, None], shapes[other][None, :])
        i, j = np.unravel_index(int(np.argmin(apart)), apart.shape)
        graph.add_edge(int(one[i]), int(other[j]))
    return graph


def _shared_borders(polygons: np.ndarray) -> dict[tuple[int, int], float]:
    """Return the border, in metres, that each pair of touching polygons shares."""
    tree = shapely.STRtree(polygons)
    a, b = tree.query(polygons, predicate="dwithin", distance=HAIR)
    a, b = a[a < b], b[a < b]
    if not len(a):
        return {}
    exact = shapely.length(geometry.intersection(shapely.boundary(polygons[a]), shapely.boundary(polygons[b])))
    # where digitised borders miss each other by a hair, the part of one that runs along the other counts, less what a corner gives
    doubtful = np.flatnonzero(exact < LEAST_BORDER)
    along = np.zeros(len(doubtful))
    for one, other in ((a[doubtful], b[doubtful]), (b[doubtful], a[doubtful])):
        beside = geometry.intersection(shapely.boundary(polygons[one]), geometry.buffer(polygons[other], HAIR))
        along += shapely.length(beside) / 2
    exact[doubtful] = np.maximum(exact[doubtful], along - 2 * HAIR)
    return {(int(i), int(j)): float(m) for i, j, m in zip(a, b, exact, strict=True) if m >= LEAST_BORDER - ROUNDING}


def _check_contiguity(
    ledger: Ledger, evidence: Evidence, claims: dict[str, Any], planned: bool, joined: nx.Graph
) -> None:
    import networkx as nx

    edges = evidence.edges
    adjacent = nx.Graph()
    adjacent.add_nodes_from((u, {"unit": u}) for u in range(len(evidence.units)))
    adjacent.add_edges_from((a, b) for a, b in zip(edges["a"], edges["b"], strict=True) if a >= 0 and b >= 0)
    apart = _pieces(evidence, adjacent)
    whole = not apart
    detail = " ".join(apart[:5])
    ok = claims.get("contiguous") is whole and (whole or not planned)
    ledger.add("beats.contiguous", ok, claims.get("contiguous"), whole, detail)
    if planned:
        assert evidence.beats is not None
        ledger.each(
            "beats.contiguous_on_map",
            "each beat is connected by its polygons and links",
            _pieces(evidence, joined),
            len(evidence.beats),
            "beats",
        )


def _pieces(evidence: Evidence, graph: nx.Graph) -> list[str]:
    """Return a sentence for each beat that falls apart in `graph`."""
    import networkx as nx

    assert evidence.beats is not None
    sentences = []
    for beat, units in evidence.units.groupby("beat").groups.items():
        members = set(units)
        inside = [node for node, unit in graph.nodes(data="unit") if unit in members]
        pieces = sorted(nx.connected_components(graph.subgraph(inside)), key=len)
        if len(pieces) > 1:
            cut_off = evidence.place(graph.nodes[min(pieces[0])]["unit"])
            sentences.append(
                f"{evidence.beat_name(beat)[0].upper()}{evidence.beat_name(beat)[1:]} falls into {len(pieces):,} pieces: {cut_off} is cut off."
            )
    return sentences


# ---- figures of each beat


def _check_figures(ledger: Ledger, evidence: Evidence) -> None:
    beats, units = evidence.beats, evidence.units
    assert beats is not None
    names = [evidence.beat_name(b) for b in beats.index]
    hours = evidence.total(units["workload"].to_numpy(float))
    ledger.pairs(
        "beats.workload",
        "the sum of its units",
        zip(names, beats["workload"], hours, strict=True),
        "beats",
        "hours a year",
    )
    ledger.pairs(
        "beats.population",
        "the sum of its units",
        zip(names, beats["population"], evidence.total(units["population"].to_numpy(float)), strict=True),
        "beats",
        "residents",
    )
    mean = (
        pd.Series(hours, index=beats.index)
        .groupby(beats["municipality"].fillna("").astype(str))
        .transform("mean")
        .to_numpy()
    )
    deviation = np.where(mean > 0, hours / np.where(mean > 0, mean, 1) - 1, 0.0)
    ledger.pairs(
        "beats.deviation",
        "the share above or below its municipality's mean",
        zip(names, beats["deviation"], deviation, strict=True),
        "beats",
    )
    ledger.pairs(
        "beats.officers_required",
        "by the formula",
        zip(names, beats["officers_required"], _officers(evidence), strict=True),
        "beats",
        "officers",
    )
    claims = evidence.summary["beats"]
    if "officers_required" in claims:
        ledger.number(
            "beats.officers_required_total",
            claims["officers_required"],
            float(_officers(evidence).sum()),
            "officers",
        )
    exact, committed, covered = _use_of_officers(evidence)
    for column, found in (("exact_officers", exact), ("committed_share", committed), ("covered_share", covered)):
        if column in beats.columns:
            ledger.pairs(
                f"beats.{column}", "by the formula", zip(names, beats[column], found, strict=True), "beats", ""
            )
    if "exact_officers" in claims:
        ledger.number("beats.exact_officers_total", claims["exact_officers"], float(exact.sum()), "officers")
    if "covered_share" in claims:
        ledger.number("beats.covered_share_mean", claims["covered_share"], float(covered.mean()))
    has = evidence.rules.country
    if "posts" in beats.columns and has is not None and has.set_posts and has.officers is not None:
        shared = posts_by_share(records(beats), has)
        ledger.pairs(
            "beats.posts",
            "as the officers are shared out",
            [(n, p, shared[str(b)]) for n, b, p in zip(names, beats["beat"], beats["posts"], strict=True)],
            "beats",
            "posts",
        )
    elif "posts" in beats.columns:
        # without officers in the rules the beats have what they need
        wish = "auto" if evidence.rules.officers is None else evidence.rules.officers.posts_per_beat
        posts = beats["officers_required"] if wish == "auto" else [wish] * len(beats)
        ledger.pairs(
            "beats.posts",
            "as the rules have it",
            zip(names, beats["posts"], posts, strict=True),
            "beats",
            "posts",
        )


def _answering_hours(evidence: Evidence) -> np.ndarray:
    """Return the hours a year that incidents and fixed tasks take in each beat, (K,)."""
    rules, units = evidence.rules.workload, evidence.units
    fixed = units["fixed_hours"].to_numpy(float) if "fixed_hours" in units.columns else np.zeros(len(units))
    return evidence.total(units["reactive_hours"].to_numpy(float) + fixed) + rules.fixed_hours_per_beat


def _use_of_officers(evidence: Evidence) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return officers before rounding and minimum, the share of the hours of those needed that calls take, and of 8,760 hours covered."""
    beats, rules = evidence.beats, evidence.rules.workload
    assert beats is not None
    on_the_beat = rules.annual_hours * (1 - rules.absence) * (1 - rules.abstraction)
    answering, promised = _answering_hours(evidence), evidence.total(evidence.units["community_hours"].to_numpy(float))
    by_share = answering / (1 - rules.community_share - rules.admin_share)
    exact = np.maximum(by_share, (answering + promised) / (1 - rules.admin_share)) / on_the_beat
    needed = _officers(evidence)
    # the posts themselves are checked apart
    posts = beats["posts"].to_numpy(float) if "posts" in beats.columns else needed
    return exact, answering / (needed * on_the_beat), np.minimum(1.0, posts * on_the_beat / (365 * 24))


def _officers(evidence: Evidence) -> np.ndarray:
    """Return the officers that each beat needs, (K,), by the formula of the domain."""
    rules, units = evidence.rules.workload, evidence.units
    reactive = _answering_hours(evidence)
    community = evidence.total(units["community_hours"].to_numpy(float))
    on_the_beat = rules.annual_hours * (1 - rules.absence) * (1 - rules.abstraction)
    needed = []
    for answering, promised in zip(reactive, community, strict=True):
        on_duty = answering / (1 - rules.community_share - rules.admin_share)
        # what residents were promised may be more than the community share leaves for them
        on_duty = max(on_duty, (answering + promised) / (1 - rules.admin_share))
        officers = on_duty / on_the_beat
        whole = round(officers) if abs(officers - round(officers)) < 1e-9 else np.ceil(officers)
        needed.append(max(int(whole), rules.min_officers_per_beat))
    return np.array(needed)


def _check_people(ledger: Ledger, evidence: Evidence) -> None:
    """Check what follows from residents: languages of each beat."""
    beats, units = evidence.beats, evidence.units
    assert beats is not None
    groups = list(evidence.rules.units.groups)
    if "languages" not in beats.columns:
        return
    residents = evidence.total(units["population"].to_numpy(float))
    spoken: list[set[str]] = [set() for _ in range(len(beats))]
    for group in groups:
        speakers = evidence.total(units[f"group_{group}"].to_numpy(float))
        for k in np.flatnonzero((residents > 0) & (speakers >= LANGUAGE_SHARE * residents)):
            spoken[k].add(group)
    wrong = [
        f"{evidence.beat_name(b)}: “{said}” is claimed, “{';'.join(sorted(was))}” was found."
        for b, said, was in zip(beats.index, beats["languages"], spoken, strict=True)
        if {s for s in ("" if missing(said) else str(said)).split(";") if s} != was
    ]
    ledger.each("beats.languages", "those of at least 10 % of its residents", wrong, len(beats), "beats")


def _check_polygons(ledger: Ledger, evidence: Evidence) -> None:
    beats, district = evidence.beats, evidence.district
    assert beats is not None
    polygons = evidence.units.geometry.to_numpy()
    shapes = beats.geometry.to_numpy()
    wrong = []
    for k, beat in enumerate(beats.index):
        union = geometry.union(polygons[district == k])
        differing = shapely.area(geometry.symmetric_difference(union, shapes[k]))
        if not differing <= AREA_SHARE * max(shapely.area(union), 1.0):
            wrong.append(
                f"The polygon of {evidence.beat_name(beat)} differs from that of its units by {differing:,.0f} m²."
            )
    ledger.each("beats.polygon", "each beat is the union of its units", wrong, len(beats), "beats")
    around = shapely.length(shapes)
    compactness = np.divide(4 * np.pi * shapely.area(shapes), around**2, out=np.zeros(len(shapes)), where=around > 0)
    names = [evidence.beat_name(b) for b in beats.index]
    ledger.pairs(
        "beats.compactness",
        "Polsby–Popper, 4π × area / perimeter²",
        zip(names, beats["compactness"], compactness, strict=True),
        "beats",
    )
    if "colour" in beats.columns:
        rules = evidence.rules.beats
        bare = beats.drop(columns=["colour"]).assign(beat=list(beats.index))
        colours = beat_colours(bare, None if rules is None else rules.colours)
        wrong = [
            f"{evidence.beat_name(b)} has the colour {said}, and should have {colours[str(b)]}."
            for b, said in zip(beats.index, beats["colour"], strict=True)
            if said != colours[str(b)]
        ]
        ledger.each("beats.colour", "its own, else one that no neighbour has", wrong, len(beats), "beats")


# ---- rules


def _check_balance(ledger: Ledger, evidence: Evidence, claims: dict[str, Any], planned: bool, met: bool) -> None:
    beats, rules = evidence.beats, evidence.rules.beats
    assert beats is not None
    hours = evidence.total(evidence.units["workload"].to_numpy(float))
    municipality = beats["municipality"].fillna("").astype(str)
    mean = pd.Series(hours, index=beats.index).groupby(municipality).transform("mean").to_numpy()
    deviation = np.where(mean > 0, hours / np.where(mean > 0, mean, 1) - 1, 0.0)
    ledger.number("beats.max_deviation", claims.get("max_deviation"), float(np.abs(deviation).max(initial=0.0)))
    if not planned or rules is None:
        return
    relaxed = {str(m.get("municipality")): float(m.get("tolerance", 0.0)) for m in claims.get("municipalities") or []}
    wrong = []
    for k, beat in enumerate(beats.index):
        tolerance = rules.tolerance if met else max(rules.tolerance, relaxed.get(str(municipality.iat[k]), np.inf))
        low, high = mean[k] * (1 - tolerance), mean[k] * (1 + tolerance)
        if not low - 1e-6 * mean[k] <= hours[k] <= high + 1e-6 * mean[k]:
            wrong.append(
                f"{evidence.beat_name(beat)} has {hours[k]:,.0f} hours a year, not between {low:,.0f} and {high:,.0f}."
            )
    said = (
        f"every beat within ±{rules.tolerance:.1%} of its municipality's mean"
        if met
        else "every beat within the relaxed tolerance"
    )
    ledger.each("beats.tolerance", said, wrong, len(beats), "beats")
    wish = rules.count
    if met and wish != "auto":
        ledger.add("beats.wished_count", len(beats) == wish, wish, len(beats))


def _check_nesting(ledger: Ledger, evidence: Evidence) -> None:
    units, beats = evidence.units, evidence.beats
    assert beats is not None
    wrong = []
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


def _check_relationships(ledger: Ledger, evidence: Evidence, claims: dict[str, Any]) -> None:
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


def _check_moved(ledger: Ledger, evidence: Evidence, claims: dict[str, Any], ruled: bool) -> None:
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
            f"at most {limit:.2%} of residents change beat",
            f"{share:.2%}",
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


# ---- objective


def _check_objective(ledger: Ledger, evidence: Evidence, claims: dict[str, Any], planned: bool) -> None:
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
    metres = _metres(evidence)
    if metres is None:
        ledger.unchecked(
            "beats.objective",
            claims.get("objective"),
            "The distances between units come from a file that is not there as it was.",
        )
        return
    hours = units["workload"].to_numpy(float)
    travel, better = 0.0, []
    for k, beat in enumerate(beats.index):
        members = np.flatnonzero(district == k)
        if not len(members) or centre[k] < 0:
            continue
        cost = hours[members] @ metres(members)
        own = float(hours[members] @ metres(members, np.array([centre[k]]))[:, 0])
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
        "metres between beats",
    )


def _metres(evidence: Evidence):
    """Return the function from units (and centres; the units themselves where none are given) to metres, or None."""
    rules, units, town = evidence.rules.beats, evidence.units, evidence.town
    if rules is None or (rules.distances is None and rules.roads is None):
        xy = units[["x", "y"]].to_numpy(float)
        return lambda members, to=None: np.hypot(
            *(xy[members][:, None] - xy[members if to is None else to][None]).transpose(2, 0, 1)
        )
    if town is None or town.unit_distances is None:
        return None
    row = pd.Series(np.arange(len(town.units)), index=town.units["unit"]).reindex(units["unit"]).to_numpy()
    if np.isnan(row.astype(float)).any():
        return None
    row, given = row.astype(int), town.unit_distances
    return lambda members, to=None: given[np.ix_(row[members], row[members if to is None else to])]


def metres_between(evidence: Evidence):
    """Return the function from two arrays of units, one by one, to metres; None where the distances came from a file that is gone."""
    rules, units, town = evidence.rules.beats, evidence.units, evidence.town
    if rules is None or (rules.distances is None and rules.roads is None):
        xy = units[["x", "y"]].to_numpy(float)
        return lambda a, b: np.hypot(xy[a, 0] - xy[b, 0], xy[a, 1] - xy[b, 1])
    if town is None or town.unit_distances is None:
        return None
    row = {u: i for i, u in enumerate(town.units["unit"])}
    if any(u not in row for u in units["unit"]):
        return None
    place, given = np.array([row[u] for u in units["unit"]], int), town.unit_distances
    return lambda a, b: given[place[a], place[b]]
