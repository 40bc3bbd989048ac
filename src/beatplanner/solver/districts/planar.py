"""A map drawn in the plane, and its dual: a node for each face, an arc each way across each edge.

Districts of a connected map are two, each connected, where the edges between them are those that a simple cycle of the dual crosses (a bridge
is a loop of its own). What such a cycle encloses is read off its arcs: along a spanning tree of the map, an arc across a tree's edge bears the
workload beyond it, with the sign of its direction, and every other arc bears none. The sum along a cycle is the workload of the side without the tree's root
in one direction, and its negative in the other.

Any drawing without crossings will do. Whether there is one, networkx finds out (Boyer and Myrvold's test in the way of Brandes 2009, The left-right planarity
test); that the faces of what it returns are those of a drawing in the plane is held against Euler's formula.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph


@dataclass(frozen=True)
class Dual:
    """The dual of a map.

    Attributes
    ----------
    faces
        How many there are.
    tail, head
        (2m,) faces that each arc leads from and to; arc k + m is arc k in the other direction.
    load
        (2m,) workload that an arc bears.
    border
        (2m,) of the edge that it crosses.
    edges
        (m, 2) units of each edge, the lower one first.
    """

    faces: int
    tail: np.ndarray
    head: np.ndarray
    load: np.ndarray
    border: np.ndarray
    edges: np.ndarray

    def rooted(self, weight: np.ndarray, root: int) -> Dual:
        """Return the same dual with the loads of a spanning tree from another unit."""
        load = _beyond(weight, self.edges, root)
        return replace(self, load=np.concatenate([load, -load]))

    def outside(self, weight: np.ndarray, inside: np.ndarray) -> Dual:
        """Return the dual of the map without some units.

        Parameters
        ----------
        weight
            (n,) workload of all units.
        inside
            (n,) which units are left out; they hold together, and so do the others. The faces around them are one, the first; units and edges
            are numbered as they are left.
        """
        m = len(self.edges)
        gone = inside[self.edges].any(axis=1)
        around = np.zeros(self.faces, bool)
        around[self.tail[:m][gone]] = around[self.head[:m][gone]] = True
        face = np.where(around, 0, np.cumsum(~around))
        edges = (np.cumsum(~inside) - 1)[self.edges[~gone]]
        load, both = _beyond(weight[~inside], edges, 0), np.concatenate([~gone, ~gone])
        return Dual(
            int(face.max()) + 1,
            face[self.tail[both]],
            face[self.head[both]],
            np.concatenate([load, -load]),
            self.border[both],
            edges,
        )

    def sides(self, units: int, arcs: np.ndarray) -> np.ndarray:
        """Return the pieces, (n,) of 0, 1, …, into which a map falls without the edges that some arcs cross."""
        kept = np.ones(len(self.edges), bool)
        kept[arcs % len(self.edges)] = False
        a, b = self.edges[kept].T
        return csgraph.connected_components(sparse.csr_matrix((np.ones(len(a)), (a, b)), shape=(units, units)), False)[
            1
        ]


def dual_of(weight: np.ndarray, edges: np.ndarray, border: np.ndarray) -> Dual | None:
    """Return the dual of a map, None where it falls into pieces or cannot be drawn without crossings.

    Parameters
    ----------
    weight
        (n,) workload.
    edges, border
        (m, 2) adjacent units and (m,) their border; that of a pair which stands twice is the sum.
    """
    n = len(weight)
    pairs, length = _once(edges, border)
    # the one question that needs it, of few plans; loading it takes 0.2 s
    import networkx as nx

    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from((int(a), int(b)) for a, b in pairs)
    if n < 2 or not nx.is_connected(graph):
        return None
    _, drawn = nx.check_planarity(graph)
    if not isinstance(drawn, nx.PlanarEmbedding):
        return None
    face: dict[tuple[int, int], int] = {}
    seen: set[tuple[int, int]] = set()
    count = 0
    for a, b in [(int(v), int(w)) for v, w in np.concatenate([pairs, pairs[:, ::-1]])]:
        if (a, b) not in seen:
            around = [int(v) for v in drawn.traverse_face(a, b, seen)]
            face.update(dict.fromkeys(zip(around, [*around[1:], around[0]], strict=True), count))
            count += 1
    if n - len(pairs) + count != 2 or len(face) != 2 * len(pairs):
        return None
    left = np.array([face[int(a), int(b)] for a, b in pairs])
    right = np.array([face[int(b), int(a)] for a, b in pairs])
    load = _beyond(weight, pairs, 0)
    return Dual(
        count,
        np.concatenate([left, right]),
        np.concatenate([right, left]),
        np.concatenate([load, -load]),
        np.concatenate([length, length]),
        pairs,
    )


def _once(edges: np.ndarray, border: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each pair of units once, the lower one first, with all its border."""
    pairs = np.sort(edges[edges[:, 0] != edges[:, 1]], axis=1)
    pairs, place = np.unique(pairs, axis=0, return_inverse=True)
    return pairs, np.bincount(place.ravel(), weights=border[edges[:, 0] != edges[:, 1]], minlength=len(pairs))


def _beyond(weight: np.ndarray, pairs: np.ndarray, root: int) -> np.ndarray:
    """Return the workload beyond each edge of a spanning tree, negative where the tree leads from the second unit to the first; 0 of other edges."""
    n = len(weight)
    a, b = pairs.T
    graph = sparse.csr_matrix((np.ones(len(a)), (a, b)), shape=(n, n))
    order, parent = csgraph.breadth_first_order(graph, root, directed=False)
    below = weight.astype(float).copy()
    for v in order[:0:-1]:
        below[parent[v]] += below[v]
    return np.where(parent[b] == a, below[b], np.where(parent[a] == b, -below[a], 0.0))
