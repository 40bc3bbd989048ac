"""Walking distances over the streets: a graph of road lines, and shortest ways between points on it.

The graph's nodes are the vertices of the road lines, snapped to a grid; lines that cross are joined where they
cross. A point reaches the network by a straight line to the nearest spot on it (node or anywhere along an edge).
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from beatplanner.data.errors import Note

GRID = 0.5  # metres: vertices closer than this are the same place
REMNANT = 200.0  # metres: a separate piece shorter than this is a leftover of drawing, and nobody is sent there
CLASS_COLUMNS = ("highway", "kind", "fclass", "class")
NOT_ON_FOOT = frozenset(
    {
        "motorway",
        "motorway_link",
        "trunk",
        "trunk_link",
        "motorway link",
        "trunk link",
        "interstate",
        "freeway",
        "ramp",
    }
)


@dataclass(frozen=True)
class WalkingNetwork:
    """Road lines as a graph.

    Attributes
    ----------
    points
        (nodes, 2) coordinates, metres.
    ends
        (edges, 2) node numbers.
    metres
        (edges,) lengths.
    piece
        (edges,) number of the connected piece that an edge belongs to, longest first.
    remnants
        Number of pieces shorter than `REMNANT` that were left out.
    left_out
        Number of roads left out by their class.
    """

    points: np.ndarray
    ends: np.ndarray
    metres: np.ndarray
    piece: np.ndarray
    remnants: int
    left_out: int

    def piece_metres(self) -> np.ndarray:
        """Return the length of each connected piece, longest first."""
        return np.bincount(self.piece, weights=self.metres)

    def walk_metres(self, from_xy: np.ndarray, to_xy: np.ndarray, cutoff: float = np.inf) -> np.ndarray:
        """Return walking metres between points, access on both ends included.

        Parameters
        ----------
        from_xy, to_xy
            (n, 2) and (m, 2) coordinates in the network's CRS.
        cutoff
            Longer ways are not searched for.

        Returns
        -------
        numpy.ndarray
            (n, m) metres; inf where no way, or none within the cutoff, leads there.
        """
        if not len(self.metres):
            return np.full((len(from_xy), len(to_xy)), np.inf)
        all_xy = np.vstack([from_xy, to_xy]).astype(float)
        spots, access, graph = self._graph_with(all_xy)
        starts, targets = spots[len(from_xy) :], spots[: len(from_xy)]
        found = csgraph.dijkstra(graph, directed=False, indices=np.unique(starts), limit=cutoff)
        row = np.searchsorted(np.unique(starts), starts)
        total = found[np.ix_(row, targets)].T
        total = total + access[: len(from_xy), None] + access[None, len(from_xy) :]
        # Neighbours on one street need not walk to it and back: the straight line is the shortest there is.
        straight = np.hypot(*np.moveaxis(all_xy[: len(from_xy), None] - all_xy[None, len(from_xy) :], 2, 0))
        total = np.where(np.isfinite(total), np.maximum(total, straight), np.inf)
        return np.where(total <= cutoff, total, np.inf)

    def _graph_with(self, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray, sparse.csr_array]:
        """Return each point's node, its metres to there, and the graph with edges split at those nodes."""
        lines = shapely.linestrings(self.points[self.ends])
        places = shapely.points(xy)
        edge = np.full(len(xy), -1)
        # all_matches=False takes any of several nearest edges; the smallest number is the same on every machine
        pair = shapely.STRtree(lines).query_nearest(places, all_matches=True)
        order = np.lexsort((-pair[1], pair[0]))
        edge[pair[0][order]] = pair[1][order]
        along = shapely.line_locate_point(lines[edge], places)
        access = shapely.distance(lines[edge], places)
        spots = len(self.points) + np.arange(len(xy))
        edges = np.arange(len(self.metres))
        on_edge = np.concatenate([edges, edges, edge])
        position = np.concatenate([np.zeros(len(edges)), self.metres, np.clip(along, 0, self.metres[edge])])
        node = np.concatenate([self.ends[:, 0], self.ends[:, 1], spots])
        rank = np.concatenate([np.zeros(len(edges)), np.full(len(edges), 2), np.ones(len(xy))])
        order = np.lexsort((rank, position, on_edge))
        same = on_edge[order][1:] == on_edge[order][:-1]
        a, b = node[order][:-1][same], node[order][1:][same]
        length = np.diff(position[order])[same]
        return spots, access, _graph(a, b, length, len(self.points) + len(xy))

    def notes(self) -> list[Note]:
        """Return what a user should know about the network."""
        notes = []
        kilometres = self.piece_metres() / 1000
        if self.left_out:
            what = f"{self.left_out:,} roads that cannot be walked (motorways and their ramps) are left out"
            notes.append(Note("info", what))
        if len(kilometres) > 1 or self.remnants:
            lengths = ", ".join(f"{k:,.1f} km" for k in kilometres[:5])
            also = f"; {self.remnants:,} more, each shorter than {REMNANT:.0f} m, are left out" if self.remnants else ""
            what = f"the road network falls into {len(kilometres):,} separate pieces ({lengths}){also}"
            mend = "There is no way on foot between pieces; join the roads where there is one in truth"
            notes.append(Note("warning" if len(kilometres) > 1 else "info", what, mend if len(kilometres) > 1 else ""))
        return notes


def build_network(roads: gpd.GeoDataFrame) -> WalkingNetwork:
    """Make a walking network of road lines.

    Parameters
    ----------
    roads
        Lines in the planning CRS (metres); a column of `CLASS_COLUMNS` may say their class.

    Returns
    -------
    WalkingNetwork
        Its lines are joined at common vertices and wherever they cross.
    """
    classes = [c for c in CLASS_COLUMNS if c in roads.columns]
    walkable = np.ones(len(roads), dtype=bool)
    for column in classes:
        walkable &= ~roads[column].astype("str").str.strip().str.lower().isin(NOT_ON_FOOT).to_numpy()
    # Snap rounding: nodes the lines where they cross, and joins what is within a grid cell.
    merged = shapely.union_all(roads.geometry.to_numpy()[walkable], grid_size=GRID)
    parts = shapely.get_parts(merged)
    xy, line = shapely.get_coordinates(parts, return_index=True)
    cells = np.round(xy / GRID).astype(np.int64)
    unique, node = np.unique(cells, axis=0, return_inverse=True)
    node = node.reshape(-1)
    same = line[1:] == line[:-1]
    ends = np.sort(np.column_stack([node[:-1][same], node[1:][same]]), axis=1)
    ends = np.unique(ends[ends[:, 0] != ends[:, 1]], axis=0)
    points = unique * GRID
    metres = np.hypot(*(points[ends[:, 0]] - points[ends[:, 1]]).T)
    _, label = csgraph.connected_components(_graph(ends[:, 0], ends[:, 1], metres, len(points)), directed=False)
    by_piece = np.bincount(label[ends[:, 0]], weights=metres) if len(ends) else np.zeros(0)
    order = np.argsort(-by_piece, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    kept = by_piece >= min(REMNANT, by_piece.max(initial=0))
    keep = kept[label[ends[:, 0]]] if len(ends) else np.zeros(0, dtype=bool)
    piece = rank[label[ends[keep, 0]]] if len(ends) else np.zeros(0, dtype=int)
    remnants = int((~kept & (by_piece > 0)).sum())
    return WalkingNetwork(points, ends[keep], metres[keep], piece, remnants, int((~walkable).sum()))


def walk_metres(roads: gpd.GeoDataFrame, from_xy: np.ndarray, to_xy: np.ndarray, cutoff: float = np.inf) -> np.ndarray:
    """Return (n, m) walking metres over road lines; see `WalkingNetwork.walk_metres`."""
    return build_network(roads).walk_metres(from_xy, to_xy, cutoff)


def _graph(a: np.ndarray, b: np.ndarray, metres: np.ndarray, nodes: int) -> sparse.csr_array:
    """Make a sparse graph; csgraph takes a stored zero for no edge, so places at one spot get a hair's breadth."""
    return sparse.coo_array((np.maximum(metres, 1e-9), (a, b)), shape=(nodes, nodes)).tocsr()
