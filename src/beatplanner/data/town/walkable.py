"""Where people can walk: the network of roads and paths, heights, and what nobody crosses."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from beatplanner.data.description.sections.base import Layer
from beatplanner.data.description.sections.stations import Stations
from beatplanner.data.errors import InputError, problem
from beatplanner.data.findings import listed
from beatplanner.data.formats import geometry
from beatplanner.data.formats.extracts import is_openstreetmap
from beatplanner.data.formats.frames import crs_of
from beatplanner.data.formats.rasters import opened_raster
from beatplanner.data.formats.source import Place
from beatplanner.data.town.barriers import Barriers
from beatplanner.data.town.reading import Reading, read_shapes
from beatplanner.data.town.roads import RoadClass, read_roads
from beatplanner.data.town.walking_network import SNAP, WalkingNetwork, walking_network, without_barred
from beatplanner.data.town.where import check_near


def read_network(
    reading: Reading,
    roads: Layer,
    role: str,
    units: gpd.GeoDataFrame,
    barriers: Barriers | None,
    driven: dict[str, RoadClass] | None = None,
) -> tuple[WalkingNetwork, Place]:
    """Read a layer of roads and make a network of those that people walk on, or drive on where `driven` says on which and how fast; InputError where they make none."""
    rules = reading.description.stations if role == "stations.roads" else None
    path = reading.description.path(roads.path)
    classes = getattr(roads, "classes", None)
    speed = (rules.walk_kmh if rules else 4.5) * 1000 / 60
    found, where, rows, left_out = read_roads(
        path,
        roads,
        crs_of(units),
        units.geometry,
        speed,
        None if classes is None else reading.description.path(classes),
        driven,
    )
    if not is_openstreetmap(path):
        check_near(reading, role, roads, found.lines, units)
    reading.record(role, roads.path, rows, len(found.lines))
    if classes is not None:
        reading.record(f"{role}.classes", classes, 0)
    if left_out:
        names = listed([f"{name or 'without a class'} ({count:,})" for name, count in left_out.items()])
        reading.findings.note(
            "info",
            f"Nobody {'walks' if driven is None else 'drives'} on {sum(left_out.values()):,} of {rows:,} roads: {names}",
            file=where.file,
        )
    if barriers is not None:
        found = without_barred(found, barriers)
    try:
        network = walking_network(found, rules.snap_metres if rules else SNAP, _height(reading, rules, crs_of(units)))
    except geometry.UnworkableShapesError as error:
        at = units["name"].iat[int(shapely.STRtree(units.geometry.to_numpy()).nearest(shapely.Point(error.point)))]
        what = f"roads at {at} lie on each other so that they cannot be cut at their crossings"
        mend = f"Draw them again near {error.point[0]:,.1f}, {error.point[1]:,.1f} ({reading.description.project.crs or crs_of(units)}), or take one of each pair out"
        raise InputError(where.problem(what, mend, field="geometry")) from None
    if network.joined:
        snap = rules.snap_metres if rules else SNAP
        reading.findings.note(
            "info",
            f"{network.joined:,} ends of roads that nearly met, within {snap:g} m, were joined",
            file=where.file,
        )
    _note_pieces(reading, network, units, where)
    return network, where


def _height(reading: Reading, rules: Stations | None, planned: CRS) -> Callable[[np.ndarray], np.ndarray] | None:
    """Return a reader of heights, or None where no raster is given."""
    if rules is None or rules.elevation is None:
        return None
    from pyproj import Transformer

    path = reading.description.path(rules.elevation)
    with opened_raster(path) as raster:
        crs, band, place = raster.crs, raster.read(1, masked=True).astype(float).filled(np.nan), ~raster.transform
    if crs is None:
        raise InputError(problem("the raster has no CRS", "Set it in QGIS and export it again", file=path.name))
    change = Transformer.from_crs(planned, crs.to_wkt(), always_xy=True)
    reading.record("stations.elevation", rules.elevation, band.size)

    def heights(points: np.ndarray) -> np.ndarray:
        # between the centres of four cells, so that no step of a cell looks like a cliff
        from scipy.ndimage import map_coordinates

        x, y = change.transform(points[:, 0], points[:, 1])
        column, row = (
            place @ (np.asarray(x), np.asarray(y))
            if hasattr(place, "__matmul__")
            else place * (np.asarray(x), np.asarray(y))
        )
        return map_coordinates(band, [row - 0.5, column - 0.5], order=1, cval=np.nan)

    return heights


def _note_pieces(reading: Reading, network: WalkingNetwork, units: gpd.GeoDataFrame, where: Place) -> None:
    """Name the pieces of a network that do not meet by the units they lie in."""
    if len(network.piece_metres) < 2:
        return
    of_road = network.piece[network.segments[:, 0]]
    # as drawn: the network's own lengths are longer where a class of roads is slower
    metres = np.bincount(of_road, weights=shapely.length(network.roads), minlength=len(network.piece_metres))
    total, rest = metres.sum(), metres[1:].sum()
    named: list[str] = []
    tree = shapely.STRtree(units.geometry.to_numpy())
    for p in range(1, min(6, len(network.piece_metres))):
        middle = shapely.line_interpolate_point(network.roads[of_road == p], 0.5, normalized=True)
        near = np.bincount(tree.nearest(middle), minlength=len(units))
        named.append(f"{metres[p] / 1000:,.1f} km at {units['name'].iat[int(np.argmax(near))]}")
    more = f" and {len(network.piece_metres) - 6:,} more" if len(network.piece_metres) > 6 else ""
    what = (
        f"the roads fall into {len(network.piece_metres):,} pieces that do not meet; the longest has "
        f"{metres[0] / 1000:,.1f} km, the others {rest / 1000:,.1f} km together: {', '.join(named)}{more}"
    )
    mend = "Draw the missing link, or raise stations.snap_metres" if rest > 0.02 * total else ""
    reading.findings.note("warning" if rest > 0.02 * total else "info", what, mend, file=where.file)


def read_barriers(reading: Reading, units: gpd.GeoDataFrame) -> Barriers | None:
    """Return what nobody crosses on foot: the stations' barriers, else those of the beats."""
    rules, beats = reading.description.stations, reading.description.beats
    if rules is None:
        return None
    section = rules if rules.barriers is not None else beats
    name = "stations" if section is rules else "beats"
    if section is None or section.barriers is None:
        return None
    shapes = read_shapes(reading, f"{name}.barriers", section.barriers, crs_of(units))
    if name == "stations":
        # those of the beats are looked at where borders are
        check_near(reading, "stations.barriers", section.barriers, shapes, units)
    shape = geometry.union(shapes)
    crossings = rules.crossings or section.crossings
    if crossings is None:
        return Barriers(shape, np.empty((0, 2)))
    found = read_shapes(
        reading, "stations.crossings" if rules.crossings else "beats.crossings", crossings, crs_of(units)
    )
    # a bridge drawn as a line counts where it meets the barrier
    return Barriers(shape, shapely.get_coordinates([_met(crossing, shape) for crossing in found]))


def _met(crossing: shapely.Geometry, barrier: shapely.Geometry) -> shapely.Geometry:
    """Return points as they are, and where a line meets the barrier."""
    if shapely.get_type_id(crossing) in (0, 4):
        return crossing
    return shapely.line_interpolate_point(shapely.shortest_line(crossing, barrier), 0.0)
