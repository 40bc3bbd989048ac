"""Distances between units that the project brings: a table of pairs, or a layer of roads."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from beatplanner.data.description.sections.base import Layer
from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.cells import numbers
from beatplanner.data.town.columns import read_columns
from beatplanner.data.town.reading import Reading, unit_positions
from beatplanner.data.town.walkable import read_network
from beatplanner.data.town.walking_network import walk_metres

# Units between which distances along roads are computed at most: 5,000 × 5,000 take 200 MB. A pair that no road joins counts this
# many times its straight line.
ROAD_DISTANCE_LIMIT = 5_000
UNCONNECTED_DETOUR = 2.0


def read_unit_distances(reading: Reading, units: gpd.GeoDataFrame) -> np.ndarray | None:
    """Return metres between units, (n, n), by a table or along roads; None where the straight line counts; InputError where pairs are missing or differ."""
    rules = reading.description.beats
    if rules is not None and rules.roads is not None:
        return _distances_by_road(reading, units, rules.roads)
    if rules is None or rules.distances is None:
        return None
    table = rules.distances
    frame, where = read_columns(reading, "beats.distances", table)
    a, b = unit_positions(frame["from"], units, where), unit_positions(frame["to"], units, where)
    n = len(units)
    metres = np.full((n, n), np.inf)
    metres[a, b] = numbers(frame["metres"], where, least=0, notes=reading.findings.notes)
    metres = np.where(np.isinf(metres), metres.T, metres)
    np.fill_diagonal(metres, 0.0)
    reading.record("beats.distances", rules.distances.path, len(frame))
    absent = int(np.isinf(metres).sum())
    if absent:
        i, j = np.argwhere(np.isinf(metres))[0]
        what = (
            f"{absent:,} of {n * n:,} pairs of units have no distance, such as {units['name'][i]} to {units['name'][j]}"
        )
        raise InputError(
            where.problem(what, "Give every pair, in one direction at least, or leave beats.distances out")
        )
    return metres


def _distances_by_road(reading: Reading, units: gpd.GeoDataFrame, roads: Layer) -> np.ndarray:
    """Return metres along the roads between the units' points, (n, n)."""
    points = units[["x", "y"]].to_numpy(float)
    if len(points) > ROAD_DISTANCE_LIMIT:
        what = f"distances along roads between {len(points):,} units need more memory than a laptop has"
        mend = f"Leave beats.roads out; up to {ROAD_DISTANCE_LIMIT:,} units are possible"
        raise InputError(problem(what, mend, file=reading.description.file, field="beats.roads"))
    network, where = read_network(reading, roads, "beats.roads", units, None)
    metres = walk_metres(network, points, points)
    np.fill_diagonal(metres, 0.0)
    absent = np.isinf(metres)
    if absent.any():
        straight = np.hypot(points[:, None, 0] - points[None, :, 0], points[:, None, 1] - points[None, :, 1])
        metres[absent] = UNCONNECTED_DETOUR * straight[absent]
        lonely = units["name"].iloc[int(np.argmax(absent.sum(axis=1)))]
        what = (
            f"no road joins {int(absent.sum()) // 2:,} pairs of units, most of them with {lonely}; for these "
            f"{UNCONNECTED_DETOUR:.0f} times the straight line counts"
        )
        reading.findings.note("warning", what, file=where.file)
    return metres
