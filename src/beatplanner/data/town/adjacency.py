"""Which units touch, which borders a barrier closes, and how islands are joined."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph

# Borders drawn up to this far apart, in metres, count as shared.
SNAP = 0.5
# With such a snap two units that meet in a corner alone share up to about a metre; less than this is a corner, not a border.
LEAST_SNAPPED_BORDER = 3.0
# A barrier closes a border where it runs within this many metres of at least this share of it.
BARRIER_REACH = 15.0
BARRIER_SHARE = 0.7
# A bridge or ford opens the border that it comes this close to, in metres.
CROSSING_REACH = 60.0


def touching(polygons: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Return pairs of units that share a border (rook adjacency), and the borders.

    Parameters
    ----------
    polygons
        (n,) valid polygons, metres.

    Returns
    -------
    tuple of pandas.DataFrame and numpy.ndarray
        Columns ``a``, ``b`` (positions, a < b) and ``metres`` of shared border; and the borders as lines, in the same order.
    """
    tree = shapely.STRtree(polygons)
    a, b = tree.query(polygons, predicate="dwithin", distance=SNAP)
    a, b = a[a < b], b[a < b]
    outline = shapely.boundary(polygons)
    border = shapely.intersection(outline[a], outline[b])
    metres = shapely.length(border)
    # where the borders do not coincide exactly, one is taken as far as it runs beside the other
    apart = np.flatnonzero(metres < LEAST_SNAPPED_BORDER)
    beside = shapely.intersection(outline[a[apart]], shapely.buffer(polygons[b[apart]], SNAP))
    near = shapely.length(beside)
    snapped = near >= LEAST_SNAPPED_BORDER
    border[apart[snapped]], metres[apart[snapped]] = beside[snapped], near[snapped]
    kept = metres > 1e-6
    return pd.DataFrame({"a": a[kept], "b": b[kept], "metres": metres[kept]}), border[kept]


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
    reach = shapely.buffer(shapely.union_all(barriers), BARRIER_REACH)
    shapely.prepare(reach)
    touched = shapely.intersects(reach, borders)
    along = np.zeros(len(borders))
    along[touched] = shapely.length(shapely.intersection(borders[touched], reach)) / shapely.length(borders[touched])
    closed = along >= BARRIER_SHARE
    if len(crossings) and closed.any():
        tree = shapely.STRtree(crossings)
        bridged = np.unique(tree.query(borders, predicate="dwithin", distance=CROSSING_REACH)[0])
        closed[bridged] = False
    return ~closed


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
    n = len(polygons)
    same = municipality[edges["a"]] == municipality[edges["b"]]
    graph = sparse.csr_matrix((np.ones(same.sum()), (edges["a"][same], edges["b"][same])), shape=(n, n))
    piece = csgraph.connected_components(graph, directed=False)[1]
    links = []
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
