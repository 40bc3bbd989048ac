"""Who is whose neighbour, recomputed from the polygons and the inputs, and whether each beat is in one piece."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from beatplanner.data.formats import geometry
from beatplanner.planning.verification.evidence import Evidence
from beatplanner.planning.verification.ledger import Ledger, same

if TYPE_CHECKING:
    import networkx as nx

    from beatplanner.data.result.summary import Claims


# The rule of docs/beats.md: a border has at least so many metres, outlines up to a hair apart counting as one.
LEAST_BORDER = 2.0


HAIR = 0.5


# Parts of a unit farther apart than this are pieces of their own, unless a link of the unit with itself is listed.
GROUND_GAP = 100.0


ROUNDING = 1e-6


# Of a border's length; corners rounded by the gap that is allowed for make the two ways of measuring differ a little.
BORDER_SHARE = 0.02


def check_edges(ledger: Ledger, evidence: Evidence) -> nx.Graph[int]:
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
    _check_once(ledger, evidence, known)
    shared = _shared_borders(evidence.units.geometry.to_numpy())
    borders = known[known["kind"] == "border"]
    wrong: list[str] = []
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


def _check_once(ledger: Ledger, evidence: Evidence, known: pd.DataFrame) -> None:
    """Check that no border counts more than once: bounds add up the metres of all rows of a pair, and a unit has none with itself."""
    # a link beside a border, which somebody may decide on, adds no metres
    counted = known[known["metres"] != 0]
    pairs = pd.Series([(min(a, b), max(a, b)) for a, b in zip(counted["a"], counted["b"], strict=True)], dtype=object)
    wrong = [
        f"The border of {evidence.place(a)} and {evidence.place(b)} is listed more than once."
        for a, b in pairs[pairs.duplicated()].unique()
    ]
    within = counted[counted["a"] == counted["b"]]
    wrong += [
        f"A link within {evidence.place(a)} has no border, but {m:,.0f} m are told."
        for a, m in zip(within["a"], within["metres"], strict=True)
    ]
    ledger.each("edges.once", "no border counts twice", wrong, len(known), "edges")


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


def _ground(evidence: Evidence, links: list[tuple[int, int]]) -> nx.Graph[int]:
    """Return which pieces of ground touch or are linked; each node has the ``unit`` that it is a piece of.

    Parts of a unit up to `GROUND_GAP` metres apart are one piece. A link between two units joins their nearest pieces, one from a unit to
    itself all of its pieces.
    """
    import networkx as nx

    pieces: list[Any] = []
    unit_of: list[int] = []
    for u, polygon in enumerate(evidence.units.geometry.to_numpy()):
        parts = shapely.get_parts(polygon)
        near: nx.Graph[int] = nx.Graph()
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
            graph.add_edges_from(itertools.pairwise(one.tolist()))
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
    shared: np.ndarray = geometry.intersection(shapely.boundary(polygons[a]), shapely.boundary(polygons[b]))
    exact = shapely.length(shared)
    # where digitised borders miss each other by a hair, the part of one that runs along the other counts, less what a corner gives
    doubtful = np.flatnonzero(exact < LEAST_BORDER)
    along = np.zeros(len(doubtful))
    for one, other in ((a[doubtful], b[doubtful]), (b[doubtful], a[doubtful])):
        beside: np.ndarray = geometry.intersection(
            shapely.boundary(polygons[one]), geometry.buffer(polygons[other], HAIR)
        )
        along += shapely.length(beside) / 2
    exact[doubtful] = np.maximum(exact[doubtful], along - 2 * HAIR)
    return {(int(i), int(j)): float(m) for i, j, m in zip(a, b, exact, strict=True) if m >= LEAST_BORDER - ROUNDING}


def check_contiguity(ledger: Ledger, evidence: Evidence, claims: Claims, planned: bool, joined: nx.Graph[int]) -> None:
    """Check that each beat is in one piece, and what the summary says of it."""
    import networkx as nx

    edges = evidence.edges
    adjacent: nx.Graph[int] = nx.Graph()
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


def _pieces(evidence: Evidence, graph: nx.Graph[int]) -> list[str]:
    """Return a sentence for each beat that falls apart in `graph`."""
    import networkx as nx

    assert evidence.beats is not None
    sentences: list[str] = []
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
