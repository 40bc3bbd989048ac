"""Instances for measurements: seeded synthetic towns of any size, and the real towns where their data are present."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import shapely

from beatplanner.data.town.adjacency import island_links, touching
from beatplanner.solver.districts.solve import DistrictingProblem

SHARED = Path(__file__).resolve().parents[2] / "shared"


@dataclass(frozen=True)
class Instance:
    """A problem with its name, tolerance and the seconds that a plan may take."""

    name: str
    tolerance: float
    seconds: float
    problem: DistrictingProblem


def town(units: int, beats: int, tolerance: float, seconds: float, seed: int) -> Instance:
    """Make a planar town of Voronoi cells, 20 ha each, denser and heavier in the middle, cut by a river with a few bridges."""
    random = np.random.default_rng(seed)
    side = np.sqrt(units * 200_000.0)
    # half of the cells crowd around three centres, as streets do
    centres = random.uniform(0.2, 0.8, (3, 2)) * side
    around = centres[random.integers(3, size=units // 2)] + random.normal(0, side / 9, (units // 2, 2))
    points = np.clip(np.concatenate([around, random.uniform(0, side, (units - len(around), 2))]), 1.0, side - 1.0)
    # two that were clipped to the same corner would share a cell
    twice = np.setdiff1d(np.arange(units), np.unique(points, axis=0, return_index=True)[1])
    points[twice] = random.uniform(1.0, side - 1.0, (len(twice), 2))
    box = shapely.box(0, 0, side, side)
    cells = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=box, ordered=True)
    polygons = shapely.intersection(np.array(cells.geoms), box)
    x = np.linspace(0, side, 40)
    river = shapely.linestrings(
        np.column_stack([x, side * (0.5 + 0.12 * np.sin(2 * np.pi * (x / side + random.random())))])
    )
    edges, borders, _ = touching(polygons)
    # the river runs along the borders of the cells that it passes: north bank and south bank only meet at bridges
    north = points[:, 1] > np.interp(points[:, 0], *np.asarray(river.coords).T)
    across = north[edges["a"].to_numpy()] != north[edges["b"].to_numpy()]
    places = shapely.get_coordinates(shapely.centroid(borders))[:, 0]
    bridges = np.linspace(0, side, max(4, beats // 4) + 2)[1:-1]
    bridge = np.zeros(len(edges), bool)
    banks = np.flatnonzero(across)
    bridge[banks[np.unique(np.abs(places[banks][:, None] - bridges[None]).argmin(axis=0))]] = True
    edges = _joined(polygons, edges[~across | bridge])
    weight = random.lognormal(0.0, 0.6, units) * 20.0
    return _problem(f"town {units:,}/{beats} seed {seed}", weight, polygons, edges, beats, tolerance, seconds)


def new_haven(seconds: float) -> Instance:
    """Return the block groups of New Haven, weighed by residents."""
    units = pyogrio.read_dataframe(SHARED / "newhaven" / "units.gpkg").to_crs(32618)
    polygons = np.asarray(units.geometry.values)
    edges = _joined(polygons, touching(polygons)[0])
    return _problem("New Haven 129/10", units["population"].to_numpy(float) + 50, polygons, edges, 10, 0.10, seconds)


def macedonia(seconds: float, units_wanted: int = 325) -> Instance:
    """Return the settlements of North Macedonia nearest to its middle, weighed by residents, with as many beats as the largest allows."""
    units = pyogrio.read_dataframe(SHARED / "macedonia" / "units.gpkg").to_crs(32634)
    points = shapely.get_coordinates(shapely.point_on_surface(np.asarray(units.geometry.values)))
    near = np.sort(np.argsort(np.hypot(*(points - points.mean(axis=0)).T))[:units_wanted])
    polygons = np.asarray(units.geometry.values)[near]
    weight = units["population"].to_numpy(float)[near] + 20
    edges = _joined(polygons, touching(polygons)[0])
    beats = max(4, int(1.05 * weight.sum() / weight.max()))
    return _problem(f"Macedonia {units_wanted}/{beats}", weight, polygons, edges, beats, 0.10, seconds)


def _joined(polygons: np.ndarray, edges: pd.DataFrame) -> pd.DataFrame:
    """Add links from islands to the rest."""
    links = island_links(polygons, np.full(len(polygons), ""), edges)
    return pd.concat([edges, links.assign(metres=0.0)[["a", "b", "metres"]]], ignore_index=True)


def _problem(name, weight, polygons, edges, beats, tolerance, seconds) -> Instance:
    mean = weight.sum() / beats
    return Instance(
        name,
        tolerance,
        seconds,
        DistrictingProblem(
            weight=weight,
            xy=shapely.get_coordinates(shapely.point_on_surface(polygons)),
            edges=edges[["a", "b"]].to_numpy(int),
            border=edges["metres"].to_numpy(float),
            count=beats,
            lower=mean * (1 - tolerance),
            upper=mean * (1 + tolerance),
        ),
    )


def _towns(units: int, beats: int, tolerance: float, seconds: float, seeds: int) -> list[Callable[[], Instance]]:
    return [lambda s=s: town(units, beats, tolerance, seconds, s) for s in range(1, seeds + 1)]


# The rows of the table: name, what must hold, and the instances.
REGISTRY: dict[str, tuple[str, list[Callable[[], Instance]]]] = {
    "100": ("100 units, 8 beats, ±10 %: optimal in 60 s on 9 of 10", _towns(100, 8, 0.10, 60, 10)),
    "newhaven": ("129 real units, 10 beats, ±10 %", [lambda: new_haven(60)]),
    "macedonia": ("325 real units, ±10 %", [lambda: macedonia(60)]),
    "325": ("325 units, 12 beats, ±10 %: gap ≤ 1 % in 60 s", _towns(325, 12, 0.10, 60, 3)),
    "325-5": ("325 units, 12 beats, ±5 %: gap ≤ 2.5 % in 60 s", _towns(325, 12, 0.05, 60, 3)),
    "1000": ("1,000 units, 40 beats, ±10 %: gap ≤ 2 % in 120 s", _towns(1000, 40, 0.10, 120, 3)),
    "5000": ("5,000 units, 200 beats, ±10 %: gap ≤ 4 % in 180 s", _towns(5000, 200, 0.10, 180, 3)),
    "20000": ("20,000 units, 800 beats, ±10 %: feasible in 600 s", _towns(20000, 800, 0.10, 550, 3)),
}
