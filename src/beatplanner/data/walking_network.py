"""Walking distances on a network of roads and paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse import csgraph

# Ends of lines that lie closer than this, in metres, are one junction: drawn networks seldom meet to the millimetre.
SNAP = 0.5
# A piece of the network holding less than this share of its length is no place to start a walk from: it is a drawing error.
STRAY_SHARE = 0.01
# Metres walked from a door to the network, for each metre of straight line.
ACCESS_DETOUR = 1.3
SITES_AT_ONCE = 64


@dataclass(frozen=True)
class WalkingNetwork:
    """Straight segments between junctions.

    Attributes
    ----------
    nodes
        (k, 2) metres.
    segments
        (s, 2) nodes that each segment joins.
    lengths
        (s,) metres.
    piece
        (k,) connected piece of each node, 0 being the longest.
    piece_metres
        (p,) length of each piece, longest first.
    """

    nodes: np.ndarray
    segments: np.ndarray
    lengths: np.ndarray
    piece: np.ndarray
    piece_metres: np.ndarray


def walking_network(lines: np.ndarray) -> WalkingNetwork:
    """Build the network of lines that meet or cross each other.

    Parameters
    ----------
    lines
        Lines or multi-lines in the planning CRS, metres; everything else is left out.

    Returns
    -------
    WalkingNetwork
        Lines are cut where they cross: on foot, a crossing without a junction is almost always a missing junction.
    """
    lines = shapely.get_parts(lines[np.isin(shapely.get_type_id(lines), [1, 5])])
    lines = shapely.get_parts(shapely.node(shapely.multilinestrings(shapely.force_2d(lines))))
    points, line = shapely.get_coordinates(lines, return_index=True)
    _, first, node = np.unique(np.round(points / SNAP).astype(np.int64), axis=0, return_index=True, return_inverse=True)
    same_line = line[1:] == line[:-1]
    segments = np.column_stack([node.ravel()[:-1][same_line], node.ravel()[1:][same_line]])
    segments = np.unique(np.sort(segments[segments[:, 0] != segments[:, 1]], axis=1), axis=0)
    nodes = points[first]
    lengths = np.hypot(*(nodes[segments[:, 0]] - nodes[segments[:, 1]]).T)
    graph = sparse.csr_matrix((lengths, segments.T), shape=(len(nodes), len(nodes)))
    piece = csgraph.connected_components(graph, directed=False)[1]
    metres = np.bincount(piece[segments[:, 0]], weights=lengths, minlength=piece.max(initial=0) + 1)
    order = np.argsort(-metres, kind="stable")
    rank = np.empty(len(order), int)
    rank[order] = np.arange(len(order))
    return WalkingNetwork(nodes, segments, lengths, rank[piece], metres[order])


def walk_metres(network: WalkingNetwork, doors: np.ndarray, sites: np.ndarray) -> np.ndarray:
    """Return walking metres from each door to each site.

    Parameters
    ----------
    network
        The network.
    doors, sites
        (n, 2) and (m, 2) points, metres. Each walks straight (× 1.3) to the nearest point of the network.

    Returns
    -------
    numpy.ndarray
        (n, m) metres; inf where the two lie on pieces that do not meet.
    """
    points = np.concatenate([doors, sites])
    big = network.piece_metres[network.piece[network.segments[:, 0]]] >= STRAY_SHARE * network.lengths.sum()
    usable = np.flatnonzero(big)
    ends = network.nodes[network.segments[usable]]
    tree = shapely.STRtree(shapely.linestrings(ends))
    at = usable[tree.nearest(shapely.points(points))]
    start, along = network.nodes[network.segments[at, 0]], network.nodes[network.segments[at, 1]]
    direction = along - start
    share = ((points - start) * direction).sum(axis=1) / np.maximum((direction**2).sum(axis=1), 1e-12)
    share = np.clip(share, 0.0, 1.0)
    foot = start + share[:, None] * direction
    access = ACCESS_DETOUR * np.hypot(*(points - foot).T)
    # each point's foot becomes a node; the feet on one segment stand in a chain between its ends
    k = len(network.nodes)
    order = np.lexsort((share, at))
    tails, heads, metres = [network.segments[:, 0]], [network.segments[:, 1]], [network.lengths]
    chain_at, chain_share, chain_node = at[order], share[order], k + order
    same = chain_at[1:] == chain_at[:-1]
    tails.append(chain_node[:-1][same])
    heads.append(chain_node[1:][same])
    metres.append((np.diff(chain_share) * network.lengths[chain_at[1:]])[same])
    opening = np.r_[True, ~same]
    closing = np.r_[~same, True]
    for side, ends_here, distance in ((0, opening, chain_share), (1, closing, 1.0 - chain_share)):
        tails.append(network.segments[chain_at[ends_here], side])
        heads.append(chain_node[ends_here])
        metres.append((distance * network.lengths[chain_at])[ends_here])
    size = k + len(points)
    weight = np.maximum(np.concatenate(metres), 1e-6)  # a zero would be no edge at all in a sparse graph
    graph = sparse.csr_matrix((weight, (np.concatenate(tails), np.concatenate(heads))), shape=(size, size))
    door_nodes, site_nodes = k + np.arange(len(doors)), k + len(doors) + np.arange(len(sites))
    walked = np.empty((len(doors), len(sites)))
    for begin in range(0, len(sites), SITES_AT_ONCE):
        part = slice(begin, begin + SITES_AT_ONCE)
        walked[:, part] = csgraph.dijkstra(graph, directed=False, indices=site_nodes[part])[:, door_nodes].T
    walked += access[: len(doors), None] + access[None, len(doors) :]
    # two doors on one side of a street need not go by the street's middle
    straight = np.hypot(doors[:, None, 0] - sites[None, :, 0], doors[:, None, 1] - sites[None, :, 1])
    return np.maximum(walked, straight)
