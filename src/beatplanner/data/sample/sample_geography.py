"""The sample town's ground: a fictional town with villages on a river, as units, river, bridges and roads.

Everything is drawn by chance from one random generator, in metres of `WORKING_CRS`; nothing is a real place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import networkx as nx
import numpy as np
import shapely
from scipy.spatial import Voronoi, cKDTree
from shapely import LineString, Point, Polygon
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry
from shapely.ops import split

WORKING_CRS = "EPSG:32634"
ORIGIN = (541_400.0, 4_649_900.0)  # 21.5 E 42.0 N, the middle of the town
UNITS = 300
RESIDENTS = 90_000
GRID = 0.01  # metres; all lines are noded on this grid, so that neighbours share their borders exactly
QUAY_OFFSET = 35.0  # metres from the river's line to the streets along it
TOWN_RADIUS = 2_700.0

QUARTERS = (
    "Stara Čaršija",
    "Зелен Рид",
    "Lipnik",
    "Sučidol",
    "Мала Кула",
    "Kodra e Re",
    "Topolnjak",
    "Железара",
    "Novo Pole",
    "Kalinjak",
    "Садовник",
    "Rrapishtë",
    "Kej",
)
VILLAGES = (
    "Vranoluka",
    "Трнокоп",
    "Kodramollë",
    "Dubokamen",
    "Ветроглав",
    "Fushagur",
    "Pčelodol",
    "Меднополе",
    "Jasenokrin",
    "Arrëzim",
    "Ждребник",
    "Kukurečje",
    "Lugëmirë",
    "Бороглед",
)
MUNICIPALITIES = ("Rekagrad", "Podmostje", "Сребробор")
SEATS = np.array([(0.0, 0.0), (4_300.0, -3_300.0), (-4_000.0, 3_900.0)])
SHARES = (9 / 15, 4 / 15, 2 / 15)  # of the workload, so that 15 beats are shared out as whole ones


@dataclass(frozen=True)
class Geography:
    """The ground of the sample town; all coordinates in `WORKING_CRS`.

    Attributes
    ----------
    outline
        The edge of the region.
    river
        The river's line, longer than the region is wide.
    bridges
        Three lines across the river.
    cells
        Unit polygons, a coverage without gaps or overlaps.
    centres
        (n, 2) where most residents of a unit live.
    places
        Name of the quarter or village of each unit.
    municipalities
        Name of the municipality of each unit.
    residents
        Whole number of residents of each unit.
    roads
        Pairs of kind (``"street"``, ``"road"``, ``"bridge"``) and line; lines meet in shared end points.
    neighbours
        Graph of unit positions that share a border, the river cutting it except at the bridges; ``metres`` is the
        distance between centres.
    """

    outline: Polygon
    river: LineString
    bridges: tuple[LineString, ...]
    cells: list[Polygon]
    centres: np.ndarray
    places: list[str]
    municipalities: list[str]
    residents: np.ndarray
    roads: list[tuple[str, LineString]]
    neighbours: nx.Graph[int]


def draw_geography(rng: np.random.Generator) -> Geography:
    """Draw the sample town's ground from a random generator."""
    outline, river = _outline(rng), _river(rng)
    sides = [part for part in split(outline, river).geoms if isinstance(part, Polygon)]
    banks = sorted(sides, key=lambda part: -part.centroid.y)[:2]
    villages = _villages(outline, river, rng)
    homes = _scatter(RESIDENTS, 0.05, outline, villages, rng)
    spread = _scatter(30_000, 0.26, outline, villages, rng)
    centres, bank = _unit_centres(spread, banks, rng)
    cells = _cells(centres, bank, banks, outline, river, rng)
    centres = np.array([_inside(cell, centre) for cell, centre in zip(cells, centres, strict=True)])
    residents = _count_residents(homes, centres, bank, banks)
    land, facing = _borders(cells, bank)
    municipality = _municipalities(centres, bank, residents, land)
    bridges, spans = _bridges(facing, municipality, river)
    neighbours: nx.Graph[int] = nx.Graph()
    neighbours.add_nodes_from(range(len(cells)))
    for a, b in [*land, *spans]:
        neighbours.add_edge(a, b, metres=float(np.hypot(*(centres[a] - centres[b]))))
    roads = _roads(cells, centres, land, river, bridges, spans)
    places = _places(centres, villages)
    move = {"xoff": ORIGIN[0], "yoff": ORIGIN[1]}
    return Geography(
        outline=translate(outline, **move),
        river=translate(river, **move),
        bridges=tuple(translate(bridge, **move) for bridge in bridges),
        cells=[translate(cell, **move) for cell in cells],
        centres=centres + ORIGIN,
        places=places,
        municipalities=[MUNICIPALITIES[i] for i in municipality],
        residents=residents,
        roads=[(kind, translate(line, **move)) for kind, line in roads],
        neighbours=neighbours,
    )


def _outline(rng: np.random.Generator) -> Polygon:
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    radius = np.full(angle.shape, 7_200.0)
    for wave in range(2, 14):
        radius += 900 / wave * rng.normal() * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    return Polygon(np.column_stack([1.15 * radius * np.cos(angle), 0.9 * radius * np.sin(angle)]).round(2))


def _river(rng: np.random.Generator) -> LineString:
    x = np.arange(-13_000.0, 13_001.0, 80.0)
    first, second = (float(v) for v in rng.uniform(0, 2 * np.pi, 2))
    y = -450 + 0.07 * x + 420 * np.sin(x / 1_500 + first) + 130 * np.sin(x / 520 + second)
    y -= np.interp(0.0, x, y) + 450  # through the town, south of its middle
    return LineString(np.column_stack([x, y]).round(2))


def _villages(outline: Polygon, river: LineString, rng: np.random.Generator) -> np.ndarray:
    inner = outline.buffer(-900)
    found: list[np.ndarray] = []
    spacing = 2_400.0
    while len(found) < len(VILLAGES):
        spot = rng.uniform(-8_500, 8_500, 2)
        away = min(np.hypot(*(spot - other)) for other in [*SEATS, *found])
        if (
            away > spacing
            and np.hypot(*spot) > 3_300
            and inner.contains(Point(spot))
            and river.distance(Point(spot)) > 800
        ):
            found.append(spot)
        else:
            spacing *= 0.999  # a crowded draw settles for closer villages instead of searching for ever
    return np.array(found)


def _scatter(
    count: int, open_land: float, outline: Polygon, villages: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw points by where people live; a share ``open_land`` of them anywhere."""
    hubs = np.vstack([SEATS, villages])
    size = np.array([950.0, 620.0, 430.0, *rng.uniform(200, 300, len(villages))])
    mass = np.array([0.60, 0.15, 0.07, *rng.uniform(0.5, 1.5, len(villages)) * 0.18 / len(villages)])
    found = np.empty((0, 2))
    while len(found) < count:
        hub = rng.choice(len(hubs), size=count, p=mass / mass.sum())
        near = hubs[hub] + rng.normal(size=(count, 2)) * size[hub, None]
        spots = np.where(rng.random((count, 1)) < open_land, rng.uniform(-10_500, 10_500, (count, 2)), near)
        found = np.vstack([found, spots[shapely.contains_xy(outline, spots[:, 0], spots[:, 1])]])
    return found[:count]


def _unit_centres(spread: np.ndarray, banks: list[Polygon], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Place unit centres on each bank by a few rounds of Lloyd's algorithm: even, but not too even."""
    centres: list[np.ndarray] = []
    bank: list[np.ndarray] = []
    inside = [spread[shapely.contains_xy(part, spread[:, 0], spread[:, 1])] for part in banks]
    first = round(UNITS * len(inside[0]) / sum(len(points) for points in inside))
    for side, (points, count) in enumerate(zip(inside, (first, UNITS - first), strict=True)):
        spots = points[rng.choice(len(points), count, replace=False)]
        for _ in range(6):
            nearest = cKDTree(spots).query(points)[1]
            share = np.maximum(np.bincount(nearest, minlength=count), 1)
            sums = np.column_stack([np.bincount(nearest, points[:, axis], count) for axis in (0, 1)])
            spots = np.where((sums != 0).any(axis=1)[:, None], sums / share[:, None], spots)
        centres.append(spots)
        bank.append(np.full(count, side))
    return np.vstack(centres), np.concatenate(bank)


def _winding(start: np.ndarray, end: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bend a long border by midpoint displacement, as field borders and country roads are bent."""
    points = np.array([start, end])
    while np.hypot(*np.diff(points[:2], axis=0)[0]) > 260:
        step = np.diff(points, axis=0)
        aside = np.column_stack([-step[:, 1], step[:, 0]]) * rng.normal(0, 0.07, (len(step), 1)).clip(-0.13, 0.13)
        bent = np.empty((2 * len(points) - 1, 2))
        bent[::2], bent[1::2] = points, points[:-1] + step / 2 + aside
        points = bent
    return points


def _cells(
    centres: np.ndarray,
    bank: np.ndarray,
    banks: list[Polygon],
    outline: Polygon,
    river: LineString,
    rng: np.random.Generator,
) -> list[Polygon]:
    """Cut each bank into Voronoi cells of its centres; pieces without a centre join their longest neighbour."""
    lines: list[BaseGeometry] = [outline.exterior, river.intersection(outline)]
    frame = np.array([(-60_000, 0), (60_000, 0), (0, -60_000), (0, 60_000)])
    for side, part in enumerate(banks):
        voronoi = Voronoi(np.vstack([centres[bank == side], frame]))
        for a, b in voronoi.ridge_vertices:
            if a < 0 or b < 0:
                continue
            straight = LineString(voronoi.vertices[[a, b]])
            if straight.intersects(part):
                inner = straight.within(part)
                points = _winding(voronoi.vertices[a], voronoi.vertices[b], rng) if inner else voronoi.vertices[[a, b]]
                lines.append(LineString(points).intersection(part))
    noded = shapely.union_all(lines, grid_size=GRID)
    faces = list(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))
    tree = shapely.STRtree(faces)
    owner: dict[int, int] = {}
    for unit, centre in enumerate(centres):
        side_faces = tree.query(Point(centre), predicate="intersects")
        owner[int(side_faces[0])] = unit
    for face in sorted(set(range(len(faces))) - set(owner), key=lambda i: -faces[i].area):
        bordering = [i for i in tree.query(faces[face], predicate="touches") if int(i) in owner]
        same = [i for i in bordering if _side(faces[i], banks) == _side(faces[face], banks)]
        best = max(same, key=lambda i: faces[i].intersection(faces[face]).length)
        owner[face] = owner[int(best)]
    return [
        cast(Polygon, shapely.union_all([faces[i] for i in sorted(owner) if owner[i] == unit], grid_size=GRID))
        for unit in range(len(centres))
    ]


def _side(face: Polygon, banks: list[Polygon]) -> int:
    point = face.representative_point()
    return min((0, 1), key=lambda side: banks[side].distance(point))


def _inside(cell: Polygon, centre: np.ndarray) -> np.ndarray:
    """Return the centre, or a point of the cell where the centre lies outside."""
    if cell.buffer(-5).contains(Point(centre)):
        return np.asarray(centre)
    return shapely.get_coordinates(cell.representative_point())[0]


def _count_residents(homes: np.ndarray, centres: np.ndarray, bank: np.ndarray, banks: list[Polygon]) -> np.ndarray:
    """Count homes by the nearest centre on their bank; nobody is lost, and no unit is empty."""
    count = np.zeros(len(centres), int)
    for side, part in enumerate(banks):
        units = np.flatnonzero(bank == side)
        mine = homes[shapely.contains_xy(part, homes[:, 0], homes[:, 1])]
        count += np.bincount(units[cKDTree(centres[units]).query(mine)[1]], minlength=len(centres))
    return np.maximum(count, 15)


def _borders(cells: list[Polygon], bank: np.ndarray) -> tuple[list[tuple[int, int]], list[tuple[int, int, LineString]]]:
    """Return the pairs that share a border on one bank, and those that face each other over the river with their border."""
    shapes = np.array(cells, dtype=object)
    a, b = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    a, b = a[a < b], b[a < b]
    border = shapely.intersection(shapely.boundary(shapes[a]), shapely.boundary(shapes[b]))
    long = shapely.length(border) > 1.0
    land = [(int(i), int(j)) for i, j in zip(a[long], b[long], strict=True) if bank[i] == bank[j]]
    facing = [
        (int(i), int(j), line) for i, j, line in zip(a[long], b[long], border[long], strict=True) if bank[i] != bank[j]
    ]
    return land, facing


def _municipalities(
    centres: np.ndarray, bank: np.ndarray, residents: np.ndarray, land: list[tuple[int, int]]
) -> np.ndarray:
    """Divide the units between the seats by size, the second on the south bank alone and the third on the north."""
    distance = ((centres[:, None] - SEATS[None]) ** 2).sum(axis=2)
    allowed = np.column_stack([np.ones(len(bank), bool), bank == 1, bank == 0])
    weight, owner = np.zeros(3), np.zeros(len(bank), int)
    for _ in range(400):
        owner = np.argmin(np.where(allowed, distance - weight, np.inf), axis=1)
        have = np.bincount(owner, weights=residents, minlength=3) / residents.sum()
        weight += 4e6 * (np.array(SHARES) - have)
    graph = nx.Graph(land)
    for part in (1, 2, 0):
        for side in (0, 1):
            units = np.flatnonzero((owner == part) & (bank == side)).tolist()
            pieces = sorted(nx.connected_components(graph.subgraph(units)), key=len)
            for piece in pieces[:-1]:
                for unit in sorted(piece):
                    others = [owner[v] for v in graph[unit] if owner[v] != part]
                    owner[unit] = others[0] if others else owner[unit]
    return owner


def _bridges(
    facing: list[tuple[int, int, LineString]], municipality: np.ndarray, river: LineString
) -> tuple[tuple[LineString, ...], list[tuple[int, int]]]:
    """Put three bridges over the river inside the first municipality, and return which units each joins."""
    within = [
        (a, b, line.interpolate(0.5, normalized=True))
        for a, b, line in facing
        if municipality[a] == municipality[b] == 0
    ]
    bridges: list[shapely.LineString] = []
    spans: list[tuple[int, int]] = []
    for x in (-1_100.0, 0.0, 1_200.0):
        a, b, middle = min(within, key=lambda pair: abs(pair[2].x - x))
        along = river.project(middle)
        before, after = (shapely.get_coordinates(river.interpolate(along + step))[0] for step in (-20, 20))
        aside = np.array([before[1] - after[1], after[0] - before[0]])
        aside = 60.0 * aside / np.hypot(*aside)
        here = np.array([middle.x, middle.y])
        bridges.append(LineString([here - aside, here + aside]))
        spans.append((a, b))
    return tuple(bridges), spans


def _roads(
    cells: list[Polygon],
    centres: np.ndarray,
    land: list[tuple[int, int]],
    river: LineString,
    bridges: tuple[LineString, ...],
    spans: list[tuple[int, int]],
) -> list[tuple[str, LineString]]:
    """Lay streets along the blocks of the town, roads from unit to unit, and a way over each bridge."""
    water = river.buffer(QUAY_OFFSET)
    roads: list[tuple[str, LineString]] = []
    for a, b in land:
        border = shapely.line_merge(shapely.intersection(cells[a].boundary, cells[b].boundary))
        middle = (
            border.interpolate(0.5, normalized=True)
            if border.geom_type == "LineString"
            else border.representative_point()
        )
        way = LineString([centres[a], (middle.x, middle.y), centres[b]])
        in_town = max(np.hypot(*centres[a]), np.hypot(*centres[b])) < TOWN_RADIUS
        if in_town:
            roads += [
                ("street", line)
                for line in shapely.get_parts(border.difference(water))
                if line.geom_type == "LineString"
            ]
        if not way.intersects(water):
            roads.append(("street" if in_town else "road", way))
    for bridge, (a, b) in zip(bridges, spans, strict=True):
        ends = shapely.get_coordinates(bridge)
        if np.hypot(*(ends[0] - centres[a])) > np.hypot(*(ends[1] - centres[a])):
            ends = ends[::-1]
        roads.append(("bridge", LineString([centres[a], *ends, centres[b]])))
    return roads


def _places(centres: np.ndarray, villages: np.ndarray) -> list[str]:
    """Name each unit after the nearest quarter in the town, else after the nearest village or seat."""
    angle = np.linspace(0, 2 * np.pi, len(QUARTERS) - 1, endpoint=False)
    quarters = np.vstack([[0.0, 0.0], np.column_stack([np.cos(angle), np.sin(angle)]) * 0.6 * TOWN_RADIUS])
    spots = np.vstack([quarters, villages, SEATS[1:]])
    names = [*QUARTERS, *VILLAGES, *MUNICIPALITIES[1:]]
    return [names[int(i)] for i in np.atleast_1d(cKDTree(spots).query(centres)[1])]
