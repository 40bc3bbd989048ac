"""The one room through which every GEOS operation on outside data goes.

GEOS works with floating numbers and now and then fails where lines of outside data lie on each other but for some nanometres. Each
function here tries the exact operation first, so that sound data are untouched to the last digit; where GEOS fails, the operands are
put onto a grid, then onto coarser ones; where even `COARSEST` does not help, the place is named in an `InputError`.
Grids are in metres; coordinates that look like degrees get the same width in degrees.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast, overload

import numpy as np
import shapely
from shapely.errors import GEOSException

from beatplanner.data.errors import InputError, problem

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

# Grids that are tried one after the other, in metres: far below what anybody surveys, then up to the width of a kerb.
# its published annotations do not know `coverage_clean` yet
_shapely: Any = shapely
GRIDS = (1e-6, 1e-4, 1e-3, 1e-2, 0.1, 0.5)
COARSEST = GRIDS[-1]
# Two lines whose coordinates are this alike, in metres, are one.
ALIKE = 1e-3
METRES_A_DEGREE = 111_320.0
_POINT = re.compile(r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)[ ,]+(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)", re.IGNORECASE)


class UnworkableShapesError(InputError):
    """No grid helped.

    Attributes
    ----------
    point
        The place that GEOS names, else the middle of the shapes, in their own coordinates.
    """

    def __init__(self, doing: str, point: tuple[float, float]) -> None:
        what = f"lines or borders near {point[0]:.7g}, {point[1]:.7g} lie on each other so that they cannot be {doing}"
        super().__init__(problem(what, "Draw them again there, or mend them in QGIS (Fix geometries, Snap geometries)"))
        self.point = point


def union(shapes: np.ndarray) -> shapely.Geometry:
    """Return the union of an array of geometries."""
    return _one("put together", lambda s: shapely.union_all(s), np.asarray(shapes, dtype=object))


def frame_of(shapes: np.ndarray) -> shapely.Polygon:
    """Return the upright rectangle around an array of geometries."""
    west, south, east, north = (float(v) for v in shapely.total_bounds(shapes))
    return shapely.box(west, south, east, north)


def dissolve(polygons: np.ndarray) -> shapely.Geometry:
    """Return the union of polygons that make a coverage, quickly where they do; never one that is invalid."""
    polygons = np.asarray(polygons, dtype=object)
    try:
        merged = shapely.coverage_union_all(polygons)
        # overlaps vanish from a coverage union, and with them area
        if shapely.is_valid(merged) and abs(shapely.area(merged) - shapely.area(polygons).sum()) <= 1e-6 * max(
            1.0, shapely.area(merged)
        ):
            return merged
    except GEOSException:
        pass
    return union(polygons)


def dissolved(frame: gpd.GeoDataFrame, column: str) -> gpd.GeoDataFrame:
    """Return one row for each value of a column, sorted, with the union of its polygons."""
    # the window draws with this room before there is a town, and geopandas takes a second to load
    import geopandas as gpd

    groups = {name: dissolve(group.geometry.to_numpy()) for name, group in frame.groupby(column, sort=True)}
    return gpd.GeoDataFrame({column: list(groups)}, geometry=list(groups.values()), crs=frame.crs)


@overload
def intersection(a: np.ndarray, b: np.ndarray | shapely.Geometry) -> np.ndarray: ...
@overload
def intersection(a: shapely.Geometry, b: np.ndarray) -> np.ndarray: ...
@overload
def intersection(a: shapely.Geometry, b: shapely.Geometry) -> BaseGeometry: ...
def intersection(a: np.ndarray | shapely.Geometry, b: np.ndarray | shapely.Geometry) -> Any:
    """Return what each pair has in common; arrays or single geometries, as in `shapely.intersection`."""
    return _each("cut", shapely.intersection, a, b)


@overload
def difference(a: np.ndarray, b: np.ndarray | shapely.Geometry) -> np.ndarray: ...
@overload
def difference(a: shapely.Geometry, b: np.ndarray) -> np.ndarray: ...
@overload
def difference(a: shapely.Geometry, b: shapely.Geometry) -> BaseGeometry: ...
def difference(a: np.ndarray | shapely.Geometry, b: np.ndarray | shapely.Geometry) -> Any:
    """Return each `a` without its `b`."""
    return _each("cut", shapely.difference, a, b)


@overload
def symmetric_difference(a: np.ndarray, b: np.ndarray | shapely.Geometry) -> np.ndarray: ...
@overload
def symmetric_difference(a: shapely.Geometry, b: np.ndarray) -> np.ndarray: ...
@overload
def symmetric_difference(a: shapely.Geometry, b: shapely.Geometry) -> BaseGeometry: ...
def symmetric_difference(a: np.ndarray | shapely.Geometry, b: np.ndarray | shapely.Geometry) -> Any:
    """Return what only one of each pair covers."""
    return _each("compared", shapely.symmetric_difference, a, b)


@overload
def buffer(a: np.ndarray, metres: float) -> np.ndarray: ...
@overload
def buffer(a: shapely.Geometry, metres: float) -> BaseGeometry: ...
def buffer(a: np.ndarray | shapely.Geometry, metres: float) -> Any:
    """Return each geometry with everything that lies within a distance of it."""

    def widened(shapes: np.ndarray) -> np.ndarray:
        return shapely.buffer(shapes, metres)

    return _each("widened", widened, a)


@overload
def valid(a: np.ndarray) -> np.ndarray: ...
@overload
def valid(a: shapely.Geometry) -> BaseGeometry: ...
def valid(a: np.ndarray | shapely.Geometry) -> Any:
    """Return each geometry made valid by its structure: rings keep their area, what collapses is dropped."""

    def mended(shapes: np.ndarray) -> np.ndarray:
        return shapely.make_valid(shapes, method="structure", keep_collapsed=False)

    return _each("mended", mended, a)


def coverage_gaps(polygons: np.ndarray, metres: float) -> np.ndarray:
    """Return the edges of each polygon that do not match those of its neighbours; none where GEOS cannot tell."""
    try:
        return shapely.coverage_invalid_edges(polygons, gap_width=metres)
    except GEOSException:
        return np.full(len(polygons), shapely.LineString(), dtype=object)


def coverage_clean(polygons: np.ndarray, metres: float) -> np.ndarray:
    """Return polygons without gaps up to a width and without overlaps; those on the finest grid that serves, else as they were."""
    for grid in (0.0, *GRIDS[:-2]):
        try:
            return _shapely.coverage_clean(polygons if grid == 0 else _on_grid(polygons, grid), gap_width=metres)
        except GEOSException:
            continue
    return polygons


def node(lines: np.ndarray) -> np.ndarray:
    """Return lines cut wherever two of them cross or touch, (m,) line strings with a length."""
    lines = np.asarray(lines, dtype=object)
    parts = shapely.get_parts(_one("cut at their crossings", _noded, lines))
    return parts[shapely.length(parts) > 0]


def _noded(lines: np.ndarray) -> shapely.Geometry:
    parts = shapely.get_parts(lines)
    parts = parts[(shapely.get_type_id(parts) == 1) & ~shapely.is_empty(parts)]
    if not len(parts):
        return shapely.MultiLineString()
    # of lines that are one on a grid of millimetres the first is enough: hundreds of them would cross each other in every place
    alike = shapely.to_wkb(shapely.normalize(_on_grid(parts, ALIKE)))
    parts = parts[np.sort(np.unique(alike, return_index=True)[1])]
    return shapely.node(cast(shapely.Geometry, shapely.multilinestrings(parts)))


def _one(doing: str, work: Callable[[np.ndarray], Any], shapes: np.ndarray) -> Any:
    """Do one operation over an array of geometries, exactly or on the first grid that serves."""
    said = ""
    for grid in (0.0, *GRIDS):
        try:
            return work(shapes if grid == 0 else _on_grid(shapes, grid))
        except GEOSException as error:
            said = str(error)
    raise UnworkableShapesError(doing, _place(said, shapes))


def _each(doing: str, work: Callable[..., Any], *operands: Any) -> Any:
    """Do an operation on every element; only where GEOS fails are elements taken one by one."""
    try:
        return work(*operands)
    except GEOSException:
        arrays = np.broadcast_arrays(*(np.asarray(o, dtype=object) for o in operands))
    shape = arrays[0].shape
    found = np.empty(arrays[0].size, dtype=object)
    for i, members in enumerate(zip(*(a.ravel() for a in arrays), strict=True)):
        found[i] = _one(doing, lambda pair: work(*pair), np.array(members, dtype=object))
    return found.reshape(shape) if shape else found[0]


def _on_grid(shapes: np.ndarray, metres: float) -> np.ndarray:
    bounds = shapely.total_bounds(shapes)
    degrees = np.isfinite(bounds).all() and np.abs(bounds).max(initial=0.0) <= 360
    size = metres / METRES_A_DEGREE if degrees else metres
    lines = np.isin(shapely.get_dimensions(shapes), [0, 1])
    found = shapes.copy()
    # lines keep their vertices one by one: the strict mode would node them, which is what fails
    found[lines] = shapely.set_precision(shapes[lines], size, mode="pointwise")
    found[~lines] = shapely.set_precision(shapes[~lines], size)
    return found


def _place(said: str, shapes: np.ndarray) -> tuple[float, float]:
    found = _POINT.search(said)
    if found:
        return float(found[1]), float(found[2])
    west, south, east, north = shapely.total_bounds(shapes)
    return float((west + east) / 2), float((south + north) / 2)
