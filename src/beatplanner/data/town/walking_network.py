"""Walking distances on a network of roads and paths, and the areas within some minutes of a station.

Distances are metres of level walking: where heights are known, a slope counts by Tobler's hiking function (Tobler 1993), in which the
speed falls as exp(−3.5 · |slope + 0.05|), there and back, so that no way is shorter than on level ground; a ferry adds its wait.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from beatplanner.data.formats import geometry
from beatplanner.data.late_modules import graphs
from beatplanner.data.town.barriers import Barriers

if TYPE_CHECKING:
    # half of scipy, which nobody needs who has no roads: each function loads what it uses
    from scipy import sparse

# Ends of roads up to this far apart, in metres, are joined where the description says nothing: drawn networks seldom meet to the millimetre.
SNAP = 1.0
# The ends of ferries are joined to the nearest road within this many metres: a pier is often not drawn.
PIER = 60.0
# A piece of the network holding less than this share of its length is no place to start a walk from: it is a drawing error.
STRAY_SHARE = 0.01
# Metres walked from a door to the network, for each metre of straight line.
ACCESS_DETOUR = 1.3
# Nearest roads of a door that are tried until one is reached without crossing a barrier.
ROADS_TRIED = 12
# A road that crosses a barrier where it must not is cut this far on both sides, in metres.
BARRED = 5.0
# Heights are read this often along a road, in metres.
HEIGHT_STEP = 50.0
SITES_AT_ONCE = 32
# A road is an area this wide on each side, in metres, where catchments are drawn, and holes up to so many square metres are filled.
CATCHMENT_REACH, CATCHMENT_HOLE = 70.0, 60_000.0


@dataclass(frozen=True)
class WalkingLines:
    """Lines that people walk on.

    Attributes
    ----------
    lines
        (l,) lines or multi-lines, planning CRS, metres.
    apart
        (l,) bool: bridges, tunnels and ferries, which meet other roads at their ends only.
    factor
        (l,) level metres for each metre, at least 1.
    wait
        (l,) metres added to each, such as the wait for a ferry.
    pace
        (l,) metres for each metre by the speed of its class; None where all are as fast. Roads keep it where they are cut.
    """

    lines: np.ndarray
    apart: np.ndarray
    factor: np.ndarray
    wait: np.ndarray
    pace: np.ndarray | None = None

    @classmethod
    def plain(cls, lines: np.ndarray) -> WalkingLines:
        """Return roads that cross each other at grade."""
        n = len(lines)
        return cls(lines, np.zeros(n, bool), np.ones(n), np.zeros(n))


@dataclass(frozen=True)
class WalkingNetwork:
    """Roads between junctions.

    Attributes
    ----------
    nodes
        (k, 2) junctions and dead ends, metres.
    roads
        (s,) lines between them.
    segments
        (s, 2) nodes that each road joins.
    lengths
        (s,) metres of level walking.
    piece
        (k,) connected piece of each node, 0 being the longest.
    piece_metres
        (p,) length of each piece, longest first.
    joined
        Ends of roads that lay up to the tolerance from each other, or from another road, and were joined.
    """

    nodes: np.ndarray
    roads: np.ndarray
    segments: np.ndarray
    lengths: np.ndarray
    piece: np.ndarray
    piece_metres: np.ndarray
    joined: int


def walking_network(
    roads: WalkingLines, snap: float = SNAP, height: Callable[[np.ndarray], np.ndarray] | None = None
) -> WalkingNetwork:
    """Build the network of roads that meet or cross each other.

    Parameters
    ----------
    roads
        The roads; those not `apart` are cut where they cross: on foot, a crossing without a junction is almost always a missing junction.
    snap
        Ends up to this far apart, or from another road, are joined, metres.
    height
        Heights in metres of points (n, 2); NaN where unknown.

    Returns
    -------
    WalkingNetwork
    """
    csgraph = graphs()
    parts, of = shapely.get_parts(shapely.force_2d(roads.lines), return_index=True)
    kept = (shapely.get_type_id(parts) == 1) & (shapely.length(parts) > 0)
    parts, of = parts[kept], of[kept]
    apart = roads.apart[of] | (roads.factor[of] > 1) | (roads.wait[of] > 0)
    ground = parts[~apart]
    reach = np.where(roads.wait[of[apart]] > 0, max(PIER, snap), snap)
    stubs, drawn = _stubs(ground, parts[apart], reach, snap)
    cut = geometry.node(np.concatenate([ground, stubs])) if len(ground) else ground
    lines = np.concatenate([cut, parts[apart]])
    factor = np.concatenate([np.ones(len(cut)), roads.factor[of[apart]]])
    wait = np.concatenate([np.zeros(len(cut)), roads.wait[of[apart]]])
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(lines, k)) for k in (0, -1)])
    node, nodes, merged = _merged(ends, snap)
    segments = np.column_stack([node[: len(lines)], node[len(lines) :]])
    if roads.pace is not None:
        factor = factor * _paces(cut, ground, roads.pace[of[~apart]], roads.pace[of[apart]])
    metres = shapely.length(lines) * factor * _slope_factor(lines, height) + wait
    loops = segments[:, 0] == segments[:, 1]
    lines, segments, metres = lines[~loops], segments[~loops], metres[~loops]
    graph = _graph(segments, metres, len(nodes))
    piece = csgraph.connected_components(graph, directed=False)[1]
    total = np.bincount(piece[segments[:, 0]], weights=metres, minlength=piece.max(initial=0) + 1)
    order = np.argsort(-total, kind="stable")
    rank = np.empty(len(order), int)
    rank[order] = np.arange(len(order))
    # junctions that stand alone, as those of loops, are no pieces
    order = order[total[order] > 0]
    return WalkingNetwork(nodes, lines, segments, metres, rank[piece], total[order], drawn + merged)


def _paces(cut: np.ndarray, ground: np.ndarray, pace: np.ndarray, of_apart: np.ndarray) -> np.ndarray:
    """Return the pace of each piece that roads were cut into, that of the road it lies on, and then those of the roads apart."""
    if not len(cut):
        return of_apart
    middle = shapely.line_interpolate_point(cut, 0.5, normalized=True)
    on = shapely.STRtree(ground).query_nearest(middle, all_matches=False)[1]
    return np.concatenate([pace[on], of_apart])


def _stubs(ground: np.ndarray, apart: np.ndarray, reach: np.ndarray, snap: float) -> tuple[np.ndarray, int]:
    """Return short lines from ends of roads to the roads that they nearly meet, and how many; also marks at which roads meet others apart."""
    if not len(ground):
        return np.empty(0, dtype=object), 0
    tree = shapely.STRtree(ground)
    found: list[Any] = []
    drawn = 0
    for lines, limit in ((ground, np.full(len(ground), snap)), (apart, reach)):
        for k in (0, -1):
            points = shapely.get_point(lines, k)
            if lines is ground:
                # an end lies on its own line, so the others are asked for
                i, j = tree.query(points, predicate="dwithin", distance=snap)
                other = i != j
                i, j = i[other], j[other]
            else:
                i, j = tree.query_nearest(points, max_distance=float(limit.max(initial=0.0)) + 1e-9, all_matches=False)
            gap = shapely.distance(points[i], ground[j])
            if lines is not ground and (gap <= 1e-6).any():
                # a bridge that begins at a corner of a road cuts it there: two strokes of a centimetre across, whatever its direction
                here = shapely.get_coordinates(points[i[gap <= 1e-6]])
                for stroke in (np.array([0.005, 0.004]), np.array([0.004, -0.005])):
                    found.append(shapely.linestrings(np.stack([here - stroke, here + stroke], axis=1)))
            near = (gap > 1e-6) & (gap <= limit[i])
            i, j, gap = i[near], j[near], gap[near]
            if not len(i):
                continue
            foot = shapely.line_interpolate_point(ground[j], shapely.line_locate_point(ground[j], points[i]))
            a, b = shapely.get_coordinates(points[i]), shapely.get_coordinates(foot)
            # a hair beyond the road, so that the two surely cross
            found.append(shapely.linestrings(np.stack([a, b + (b - a) / gap[:, None] * 0.01], axis=1)))
            drawn += len(i)
    return (np.concatenate(found) if found else np.empty(0, dtype=object)), drawn


def _merged(ends: np.ndarray, snap: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the node of each end, the nodes' places, and how many ends that did not coincide were joined."""
    from scipy import sparse

    csgraph = graphs()
    unique, of = np.unique(np.round(ends, 3), axis=0, return_inverse=True)
    points = np.array(shapely.points(unique))
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=max(snap, 1e-3))
    apart = one < other
    ones = np.ones(int(apart.sum()))
    graph = sparse.csr_matrix((ones, (one[apart], other[apart])), shape=(len(unique), len(unique)))
    count, group = csgraph.connected_components(graph, directed=False) if len(unique) else (0, np.empty(0, int))
    first = np.full(count, len(unique))
    np.minimum.at(first, group, np.arange(len(unique)))
    return group[of.ravel()], unique[first], len(unique) - count


def _slope_factor(lines: np.ndarray, height: Callable[[np.ndarray], np.ndarray] | None) -> np.ndarray:
    """Return level metres for each metre of a line, going there and coming back, by Tobler's function; 1 where heights are unknown."""
    if height is None or not len(lines):
        return np.ones(len(lines))
    points, of = shapely.get_coordinates(shapely.segmentize(lines, HEIGHT_STEP), return_index=True)
    z = height(points)
    run = np.hypot(*np.diff(points, axis=0).T)
    same = (np.diff(of) == 0) & (run > 0)
    slope = np.nan_to_num(np.diff(z)[same] / run[same])
    effort = (np.exp(3.5 * (np.abs(slope + 0.05) - 0.05)) + np.exp(3.5 * (np.abs(-slope + 0.05) - 0.05))) / 2
    weighed = np.bincount(of[:-1][same], weights=effort * run[same], minlength=len(lines))
    plain = np.bincount(of[:-1][same], weights=run[same], minlength=len(lines))
    return np.where(plain > 0, weighed / np.maximum(plain, 1e-12), 1.0)


def _graph(ends: np.ndarray, metres: np.ndarray, size: int) -> sparse.csr_matrix:
    """Return a sparse graph in which of several roads between two nodes the shortest counts."""
    from scipy import sparse

    low, high = np.sort(ends, axis=1).T if len(ends) else (np.empty(0, int), np.empty(0, int))
    order = np.lexsort((metres, high, low))
    low, high, metres = low[order], high[order], metres[order]
    first = np.r_[True, (np.diff(low) != 0) | (np.diff(high) != 0)][: len(low)]
    # a zero would be no road at all in a sparse graph
    return sparse.csr_matrix((np.maximum(metres[first], 1e-6), (low[first], high[first])), shape=(size, size))


def without_barred(roads: WalkingLines, barriers: Barriers, reach: float = 60.0) -> WalkingLines:
    """Return the roads without those that cross a barrier farther than `reach` metres from every crossing; bridges stay."""
    shapely.prepare(barriers.shape)
    hit = shapely.intersects(barriers.shape, roads.lines) & ~roads.apart
    if not hit.any() or not len(barriers.crossings):
        return roads
    lines = roads.lines.copy()
    crossings = np.asarray(shapely.points(barriers.crossings), dtype=object)
    open_area = geometry.union(geometry.buffer(crossings, reach))
    # wide enough that no tolerance joins what is cut
    closed = geometry.buffer(geometry.difference(barriers.shape, open_area), BARRED)
    lines[hit] = geometry.difference(lines[hit], closed)
    kept = ~shapely.is_empty(lines)
    pace = None if roads.pace is None else roads.pace[kept]
    return WalkingLines(lines[kept], roads.apart[kept], roads.factor[kept], roads.wait[kept], pace)


@dataclass(frozen=True)
class Access:
    """Where points join a network: the road (n,), the place along it as a share (n,), and the metres to it (n,); -1 and inf where none."""

    road: np.ndarray
    share: np.ndarray
    metres: np.ndarray


def access(network: WalkingNetwork, points: np.ndarray, barriers: Barriers | None = None) -> Access:
    """Find the nearest road of each point, (n, 2), that it reaches without crossing a barrier.

    Stray pieces of the network are left out. Metres are straight × 1.3.
    """
    big = network.piece_metres[network.piece[network.segments[:, 0]]] >= STRAY_SHARE * network.lengths.sum()
    usable = np.flatnonzero(big)
    tree = shapely.STRtree(network.roads[usable])
    shapes = np.asarray(shapely.points(points), dtype=object)
    road = usable[tree.nearest(shapes)]
    none = np.zeros(len(points), bool)
    if barriers is not None:
        foot = _foot(network.roads[road], shapes)
        for i in np.flatnonzero(barriers.cut(points, foot)):
            near = tree.query(shapes[i], predicate="dwithin", distance=3 * max(100.0, np.hypot(*(foot[i] - points[i]))))
            near = usable[near]
            near = near[np.argsort(shapely.distance(shapes[i], network.roads[near]), kind="stable")][:ROADS_TRIED]
            feet = _foot(network.roads[near], np.repeat(shapes[i], len(near)))
            free = near[~barriers.cut(np.repeat(points[i][None], len(near), axis=0), feet)]
            none[i] = not len(free)
            road[i] = free[0] if len(free) else road[i]
    share = shapely.line_locate_point(network.roads[road], shapes, normalized=True)
    gap = ACCESS_DETOUR * shapely.distance(shapes, network.roads[road])
    return Access(np.where(none, -1, road), share, np.where(none, np.inf, gap))


def _foot(lines: np.ndarray, points: np.ndarray) -> np.ndarray:
    return shapely.get_coordinates(shapely.line_interpolate_point(lines, shapely.line_locate_point(lines, points)))


def walk_metres(
    network: WalkingNetwork,
    doors: np.ndarray,
    sites: np.ndarray,
    *,
    limit: float = np.inf,
    barriers: Barriers | None = None,
    least: float = 1.0,
) -> np.ndarray:
    """Return walking metres from each door to each site.

    Parameters
    ----------
    network
        The network.
    doors, sites
        (n, 2) and (m, 2) points, metres. Each walks straight (× 1.3) to the nearest point of the network.
    limit
        Longer ways count as not reachable on foot, metres.
    barriers
        What the way from a door to the network may not cross.
    least
        The least pace of any road: no way is shorter than the straight line times it.

    Returns
    -------
    numpy.ndarray
        (n, m) metres of level walking; inf where not reachable on foot.
    """
    csgraph = graphs()
    points = np.concatenate([doors, sites])
    at = access(network, points, barriers)
    graph, k = _with_feet(network, at)
    door_nodes, site_nodes = k + np.arange(len(doors)), k + len(doors) + np.arange(len(sites))
    walked = np.empty((len(doors), len(sites)))
    for begin in range(0, len(sites), SITES_AT_ONCE):
        part = slice(begin, begin + SITES_AT_ONCE)
        walked[:, part] = csgraph.dijkstra(graph, directed=False, indices=site_nodes[part], limit=limit)[
            :, door_nodes
        ].T
    walked += at.metres[: len(doors), None] + at.metres[None, len(doors) :]
    # two doors on one side of a street need not go by the street's middle
    straight = np.hypot(doors[:, None, 0] - sites[None, :, 0], doors[:, None, 1] - sites[None, :, 1])
    walked = np.maximum(walked, straight * least)
    return np.where(walked <= limit, walked, np.inf)


def _with_feet(network: WalkingNetwork, at: Access) -> tuple[sparse.csr_matrix, int]:
    """Return the graph with a node for the foot of each point, after the network's own; feet on one road stand in a chain."""
    k, n = len(network.nodes), len(at.road)
    there = np.flatnonzero(at.road >= 0)
    order = there[np.lexsort((at.share[there], at.road[there]))]
    road, share, node = at.road[order], at.share[order], k + order
    tails, heads, metres = [network.segments[:, 0]], [network.segments[:, 1]], [network.lengths]
    same = road[1:] == road[:-1]
    tails.append(node[:-1][same])
    heads.append(node[1:][same])
    metres.append((np.diff(share) * network.lengths[road[1:]])[same])
    opening, closing = np.r_[True, ~same][: len(road)], np.r_[~same, True][: len(road)]
    for side, ends_here, distance in ((0, opening, share), (1, closing, 1.0 - share)):
        tails.append(network.segments[road[ends_here], side])
        heads.append(node[ends_here])
        metres.append((distance * network.lengths[road])[ends_here])
    ends = np.column_stack([np.concatenate(tails), np.concatenate(heads)])
    return _graph(ends, np.concatenate(metres), k + n), k


def straight_metres(
    doors: np.ndarray, sites: np.ndarray, detour: float, barriers: Barriers | None = None
) -> np.ndarray:
    """Return straight lines times a detour from doors (n, 2) to sites (m, 2); around barriers by way of their crossings.

    Returns
    -------
    numpy.ndarray
        (n, m) metres; inf where a barrier has no crossing that leads around it.
    """
    straight = np.hypot(doors[:, None, 0] - sites[None, :, 0], doors[:, None, 1] - sites[None, :, 1])
    if barriers is None:
        return detour * straight
    stops = barriers.crossings

    def ways(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        metres = np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1])
        if metres.size:
            cut = barriers.cut(np.repeat(a, len(b), axis=0), np.tile(b, (len(a), 1))).reshape(metres.shape)
            metres[cut] = np.inf
        return metres

    direct = ways(doors, sites)
    if not len(stops):
        return detour * direct
    # a crossing lies on the barrier: the way to it ends just before, and the way between two of them is free
    short = _shortened(barriers, doors, stops)
    away = _shortened(barriers, sites, stops)
    between = np.hypot(stops[:, None, 0] - stops[None, :, 0], stops[:, None, 1] - stops[None, :, 1])
    best = direct
    for c in range(len(stops)):
        best = np.minimum(best, short[:, c, None] + away[None, :, c])
        if len(stops) <= 60:
            best = np.minimum(best, short[:, c, None] + (between[c][:, None] + away.T).min(axis=0)[None, :])
    return detour * best


def _shortened(barriers: Barriers, points: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Return metres from points to crossings; inf where a barrier cuts the way before its last 60 metres."""
    metres = np.hypot(points[:, None, 0] - stops[None, :, 0], points[:, None, 1] - stops[None, :, 1])
    share = np.clip(1 - 60.0 / np.maximum(metres, 1e-9), 0.0, 1.0)[..., None]
    last = points[:, None] + share * (stops[None] - points[:, None])
    start = np.broadcast_to(points[:, None], last.shape)
    cut = barriers.cut(start.reshape(-1, 2), last.reshape(-1, 2)).reshape(metres.shape)
    return np.where(cut, np.inf, metres)


def catchments(
    network: WalkingNetwork,
    sites: np.ndarray,
    limits: list[float],
    barriers: Barriers | None = None,
    threads: int = 1,
) -> list[list[shapely.Geometry]]:
    """Return the areas within walking limits of sites along the network.

    Parameters
    ----------
    network
        The network.
    sites
        (m, 2) points.
    limits
        Metres, rising.
    barriers
        What the way from a site to the network may not cross.
    threads
        Sites at once; GEOS joins areas without holding others up.

    Returns
    -------
    list
        For each site an area for each limit; each holds the one before.
    """
    csgraph = graphs()
    at = access(network, sites, barriers)
    graph, k = _with_feet(network, at)

    def around(j: int) -> list[shapely.Geometry]:
        metres = csgraph.dijkstra(graph, directed=False, indices=np.array(k + j), limit=limits[-1])[:k] + at.metres[j]
        a, b = metres[network.segments[:, 0]], metres[network.segments[:, 1]]
        areas: list[shapely.Geometry] = []
        before = geometry.buffer(shapely.Point(sites[j]), CATCHMENT_REACH)
        for limit in limits:
            touched = np.flatnonzero(np.minimum(a, b) < limit)
            lines: list[shapely.Geometry] = []
            for s in touched:
                road, length = network.roads[s], network.lengths[s]
                one, other = max(0.0, limit - a[s]) / length, max(0.0, limit - b[s]) / length
                if one + other >= 1:
                    lines.append(road)
                    continue
                if one > 0:
                    lines.append(_part(road, 0.0, one))
                if other > 0:
                    lines.append(_part(road, 1.0 - other, 1.0))
            if at.road[j] >= 0 and at.metres[j] < limit:
                spare = (limit - at.metres[j]) / network.lengths[at.road[j]]
                road = network.roads[at.road[j]]
                lines.append(_part(road, max(0.0, at.share[j] - spare), min(1.0, at.share[j] + spare)))
            streets = geometry.buffer(np.array(lines, dtype=object), CATCHMENT_REACH)
            area = geometry.union(np.array([before, *streets], dtype=object))
            before = _filled(area)
            areas.append(shapely.simplify(before, 5.0))
        return areas

    with ThreadPoolExecutor(max(1, threads)) as pool:
        return list(pool.map(around, range(len(sites))))


def _part(line: Any, start: float, end: float) -> shapely.Geometry:
    from shapely.ops import substring

    return substring(line, start, end, normalized=True)


def _filled(area: shapely.Geometry) -> shapely.Geometry:
    """Return an area without its small holes: blocks between streets are within reach too."""
    polygons: list[shapely.Polygon] = []
    for polygon in shapely.get_parts(area):
        holes = [r for r in polygon.interiors if shapely.Polygon(r).area > CATCHMENT_HOLE]
        polygons.append(shapely.Polygon(polygon.exterior, holes))
    return geometry.union(np.array(polygons, dtype=object))
