"""Which units touch, which borders a barrier closes, and how islands are joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from beatplanner.data.formats import geometry

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

# What a border is (stated in docs/beats.md; the checker has code of its own for the same rule): two units are neighbours where they
# share at least `LEAST_BORDER` metres of outline. Where their outlines coincide for less than that, because one border was digitised
# twice, what counts is how far the outline of one runs within `SNAP` metres of the other, less the metre (twice `SNAP`) that two units
# meeting in a mere corner share that way; the mean of both directions. Less is a corner, through which no beat holds together.
SNAP = 0.5
LEAST_BORDER = 2.0
# A barrier closes a border where it runs within this many metres of at least this share of it.
BARRIER_REACH = 15.0
# Outlines of more corners than this are cut to what can meet before they are laid on each other.
LONG_OUTLINE = 200
BARRIER_SHARE = 0.7
# Pairs of units that are laid on each other at once, and pieces of a border beyond which they are joined to lines.
AT_ONCE, MANY_PIECES = 2_000, 16
# A bridge or ford opens the border that it comes this close to, in metres.
CROSSING_REACH = 60.0


def touching(polygons: np.ndarray) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame]:
    """Return pairs of units that share a border (rook adjacency), the borders, and the pairs that all but share one.

    Parameters
    ----------
    polygons
        (n,) valid polygons, metres.

    Returns
    -------
    tuple of pandas.DataFrame, numpy.ndarray and pandas.DataFrame
        Columns ``a``, ``b`` (positions, a < b) and ``metres`` of shared border, at least `LEAST_BORDER`; the borders as lines, in the same
        order; and, with the same columns, pairs that share some border but less than that.
    """
    tree = shapely.STRtree(polygons)
    a, b = tree.query(polygons, predicate="dwithin", distance=SNAP)
    a, b = a[a < b], b[a < b]
    outline = shapely.boundary(polygons)
    border, metres = np.empty(len(a), dtype=object), np.zeros(len(a))
    for start in range(0, len(a), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        # of a long outline only what lies in the other's frame can be shared
        found = np.asarray(
            geometry.intersection(_near(outline, a[some], b[some]), _near(outline, b[some], a[some])), dtype=object
        )
        metres[some] = shapely.length(found)
        # GEOS gives every segment as a line of its own, which takes ten times the memory of the whole
        many = shapely.get_num_geometries(found) > MANY_PIECES
        found[many] = shapely.line_merge(found[many])
        border[some] = found
    apart = np.flatnonzero(metres < LEAST_BORDER)
    u, v = a[apart], b[apart]
    beside = geometry.intersection(_near(outline, u, v), geometry.buffer(_near(polygons, v, u), SNAP))
    other = geometry.intersection(_near(outline, v, u), geometry.buffer(_near(polygons, u, v), SNAP))
    near = (shapely.length(beside) + shapely.length(other)) / 2 - 2 * SNAP
    border[apart] = np.where(near >= LEAST_BORDER, beside, border[apart])
    metres[apart] = np.maximum(metres[apart], near)
    pairs = pd.DataFrame({"a": a, "b": b, "metres": metres})
    kept = metres >= LEAST_BORDER
    short = pairs[~kept & (metres > 1e-6)]
    return pairs[kept].reset_index(drop=True), border[kept], short.reset_index(drop=True)


def _near(shapes: np.ndarray, of: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """Return shapes `of` some positions, cut to the frames of those `beside` them and a little more; small ones are left whole."""
    found = shapes[of].copy()
    long = np.flatnonzero(shapely.get_num_coordinates(found) > LONG_OUTLINE)
    frames = shapely.bounds(shapes[beside[long]])
    for i, (west, south, east, north) in zip(long, frames, strict=True):
        whole: BaseGeometry = found[i]
        part = shapely.clip_by_rect(whole, west - 2 * SNAP, south - 2 * SNAP, east + 2 * SNAP, north + 2 * SNAP)
        if part.geom_type.endswith("String") or shapely.is_valid(part):
            found[i] = part
    return found


def open_borders(borders: np.ndarray, barriers: np.ndarray, crossings: np.ndarray) -> np.ndarray:
    """Tell which borders stay open: those that no barrier runs along, and those with a crossing.

    Parameters
    ----------
    borders
        (m,) shared borders, lines.
    barriers
        Lines or polygons, such as rivers and railways.
    crossings
        Points or lines, such as bridges.

    Returns
    -------
    numpy.ndarray
        (m,) bool.
    """
    reach = geometry.buffer(geometry.union(barriers), BARRIER_REACH)
    shapely.prepare(reach)
    touched = shapely.intersects(reach, borders)
    along = np.zeros(len(borders))
    along[touched] = shapely.length(geometry.intersection(borders[touched], reach)) / shapely.length(borders[touched])
    closed = along >= BARRIER_SHARE
    if len(crossings) and closed.any():
        tree = shapely.STRtree(crossings)
        bridged = np.unique(tree.query(borders, predicate="dwithin", distance=CROSSING_REACH)[0])
        closed[bridged] = False
    return ~closed


def linked_pieces(n: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the piece of each of `n` places that links hold together, (n,), each piece called by its first place.

    Places take over the least name that a link or a name brings them, and names theirs, until none changes: a number of rounds that grows as
    the logarithm of `n` (Zhang, Azad and Hu 2020). `scipy.sparse.csgraph` does the same, and takes longer to load than a whole town does.
    """
    name = np.arange(n)
    while True:
        least = name.copy()
        for one, other in ((a, b), (b, a)):
            np.minimum.at(least, name[one], name[other])
            np.minimum.at(least, one, name[other])
        least = least[least]
        if np.array_equal(least, name):
            return name
        name = least


def island_links(polygons: np.ndarray, municipality: np.ndarray, edges: pd.DataFrame) -> pd.DataFrame:
    """Propose the shortest links that join each municipality's islands to the rest of it.

    Parameters
    ----------
    polygons
        (n,) polygons.
    municipality
        (n,) names; no link crosses their borders.
    edges
        Adjacency before barriers, columns ``a``, ``b``.

    Returns
    -------
    pandas.DataFrame
        Columns ``a``, ``b`` (a < b) and ``distance``, metres of water or gap between the two.
    """
    same = municipality[edges["a"]] == municipality[edges["b"]]
    piece = linked_pieces(len(polygons), edges["a"][same].to_numpy(int), edges["b"][same].to_numpy(int))
    links: list[tuple[int, int, float]] = []
    for name in pd.unique(municipality):
        inside = np.flatnonzero(municipality == name)
        while len(np.unique(piece[inside])) > 1:
            ids, sizes = np.unique(piece[inside], return_counts=True)
            smallest = ids[np.argmin(sizes)]
            island, rest = inside[piece[inside] == smallest], inside[piece[inside] != smallest]
            tree = shapely.STRtree(polygons[rest])
            (mine, other), distance = tree.query_nearest(polygons[island], return_distance=True, all_matches=False)
            best = int(np.argmin(distance))
            u, v = int(island[mine[best]]), int(rest[other[best]])
            links.append((min(u, v), max(u, v), float(distance[best])))
            piece[island] = piece[v]
    return pd.DataFrame(links, columns=["a", "b", "distance"])


def drawn_edges(edges: pd.DataFrame, links: list[tuple[int, int]], closed: list[tuple[int, int]]) -> pd.DataFrame:
    """Return the adjacency with links and closed borders that were drawn by hand.

    Parameters
    ----------
    edges
        Columns ``a``, ``b`` (positions, a < b), ``metres``, ``kind``.
    links
        Pairs of positions that are joined; those that are neighbours already stay as they are.
    closed
        Pairs of positions that are neighbours no more. A link that was drawn between the same two wins.

    Returns
    -------
    pandas.DataFrame
        Sorted by ``a`` and ``b``, with the same columns.
    """
    apart = {(min(p), max(p)) for p in closed}
    if apart:
        gone = [pair in apart for pair in zip(edges["a"], edges["b"], strict=True)]
        edges = pd.DataFrame(edges[~np.array(gone, bool)])
    known = set(zip(edges["a"], edges["b"], strict=True))
    new = sorted({(min(p), max(p)) for p in links if p[0] != p[1]} - known)
    if new:
        a, b = zip(*new, strict=True)
        edges = pd.concat([edges, pd.DataFrame({"a": a, "b": b, "metres": 0.0, "kind": "link"})])
    return edges.sort_values(["a", "b"], ignore_index=True).astype({"a": int, "b": int})
