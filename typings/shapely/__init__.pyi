"""The functions of shapely whose published types leave further arguments open, as this program uses them.

All else is that of types-shapely: this file stands only before the first file of that package.
"""

from typing import Final, overload

import numpy as np
from numpy.typing import NDArray
from shapely._coverage import coverage_simplify
from shapely._geometry import GeometryType, force_3d, get_parts, get_rings
from shapely._typing import ArrayLike, ArrayLikeSeq, GeoArray, OptGeoArrayLike, OptGeoArrayLikeSeq, OptGeoT
from shapely.constructive import (
    boundary,
    buffer,
    centroid,
    clip_by_rect,
    make_valid,
    maximum_inscribed_circle,
    node,
    normalize,
    point_on_surface,
    polygonize,
    segmentize,
    simplify,
)
from shapely.coordinates import get_coordinates, transform
from shapely.creation import box, linestrings, multilinestrings, multipolygons, points, prepare
from shapely.geometry import (
    GeometryCollection,
    LinearRing,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
)
from shapely.io import from_wkb, from_wkt, to_geojson, to_wkb
from shapely.lib import Geometry, geos_version_string
from shapely.predicates import (
    contains,
    contains_properly,
    contains_xy,
    covers,
    equals,
    has_z,
    intersects,
    intersects_xy,
    is_empty,
    is_missing,
    is_valid,
)
from shapely.set_operations import coverage_union_all, difference, intersection, symmetric_difference, union_all
from shapely.strtree import STRtree

__all__ = [
    "Geometry",
    "GeometryCollection",
    "GeometryType",
    "LineString",
    "LinearRing",
    "MultiLineString",
    "MultiPoint",
    "MultiPolygon",
    "Point",
    "Polygon",
    "STRtree",
    "area",
    "boundary",
    "bounds",
    "box",
    "buffer",
    "centroid",
    "clip_by_rect",
    "contains",
    "contains_properly",
    "contains_xy",
    "coverage_invalid_edges",
    "coverage_is_valid",
    "coverage_simplify",
    "coverage_union_all",
    "covers",
    "difference",
    "distance",
    "equals",
    "force_2d",
    "force_3d",
    "from_wkb",
    "from_wkt",
    "geos_version_string",
    "get_coordinates",
    "get_dimensions",
    "get_num_coordinates",
    "get_num_geometries",
    "get_parts",
    "get_point",
    "get_rings",
    "get_type_id",
    "get_x",
    "get_y",
    "has_z",
    "intersection",
    "intersects",
    "intersects_xy",
    "is_empty",
    "is_missing",
    "is_valid",
    "length",
    "line_interpolate_point",
    "line_locate_point",
    "line_merge",
    "linestrings",
    "make_valid",
    "maximum_inscribed_circle",
    "multilinestrings",
    "multipolygons",
    "node",
    "normalize",
    "point_on_surface",
    "points",
    "polygonize",
    "prepare",
    "segmentize",
    "set_precision",
    "shortest_line",
    "simplify",
    "symmetric_difference",
    "to_geojson",
    "to_wkb",
    "total_bounds",
    "transform",
    "union_all",
]

__version__: Final[str]

# measures: a number of one shape, an array of many
@overload
def area(geometry: Geometry | None) -> np.float64: ...
@overload
def area(geometry: OptGeoArrayLikeSeq) -> NDArray[np.float64]: ...
@overload
def length(geometry: Geometry | None) -> np.float64: ...
@overload
def length(geometry: OptGeoArrayLikeSeq) -> NDArray[np.float64]: ...
@overload
def distance(a: Geometry | None, b: Geometry | None) -> np.float64: ...
@overload
def distance(a: OptGeoArrayLikeSeq, b: OptGeoArrayLike) -> NDArray[np.float64]: ...
@overload
def distance(a: OptGeoArrayLike, b: OptGeoArrayLikeSeq) -> NDArray[np.float64]: ...
def bounds(geometry: OptGeoArrayLike) -> NDArray[np.float64]: ...
def total_bounds(geometry: OptGeoArrayLike) -> NDArray[np.float64]: ...

# what a shape is
@overload
def get_type_id(geometry: Geometry | None) -> np.int32: ...
@overload
def get_type_id(geometry: OptGeoArrayLikeSeq) -> NDArray[np.int32]: ...
@overload
def get_dimensions(geometry: Geometry | None) -> np.int32: ...
@overload
def get_dimensions(geometry: OptGeoArrayLikeSeq) -> NDArray[np.int32]: ...
@overload
def get_num_coordinates(geometry: Geometry | None) -> np.int32: ...
@overload
def get_num_coordinates(geometry: OptGeoArrayLikeSeq) -> NDArray[np.int32]: ...
@overload
def get_num_geometries(geometry: Geometry | None) -> np.int32: ...
@overload
def get_num_geometries(geometry: OptGeoArrayLikeSeq) -> NDArray[np.int32]: ...
@overload
def get_x(point: Geometry | None) -> np.float64: ...
@overload
def get_x(point: OptGeoArrayLikeSeq) -> NDArray[np.float64]: ...
@overload
def get_y(point: Geometry | None) -> np.float64: ...
@overload
def get_y(point: OptGeoArrayLikeSeq) -> NDArray[np.float64]: ...
@overload
def get_point(geometry: Geometry, index: int) -> Point | None: ...
@overload
def get_point(geometry: OptGeoArrayLikeSeq, index: ArrayLike[int]) -> GeoArray: ...
def coverage_is_valid(geometry: OptGeoArrayLike, gap_width: float = 0.0) -> np.bool_: ...
def coverage_invalid_edges(geometry: OptGeoArrayLike, gap_width: float = 0.0) -> GeoArray: ...

# a shape made of another
@overload
def force_2d(geometry: OptGeoT) -> OptGeoT: ...
@overload
def force_2d(geometry: OptGeoArrayLikeSeq) -> GeoArray: ...
@overload
def set_precision(geometry: OptGeoT, grid_size: float, mode: str = "valid_output") -> OptGeoT: ...
@overload
def set_precision(geometry: OptGeoArrayLikeSeq, grid_size: float, mode: str = "valid_output") -> GeoArray: ...

# lines
@overload
def line_interpolate_point(line: Geometry, distance: float, normalized: bool = False) -> Point: ...
@overload
def line_interpolate_point(
    line: OptGeoArrayLike, distance: ArrayLikeSeq[float], normalized: bool = False
) -> GeoArray: ...
@overload
def line_interpolate_point(
    line: OptGeoArrayLikeSeq, distance: ArrayLike[float], normalized: bool = False
) -> GeoArray: ...
@overload
def line_locate_point(line: Geometry | None, other: Geometry | None, normalized: bool = False) -> np.float64: ...
@overload
def line_locate_point(
    line: OptGeoArrayLike, other: OptGeoArrayLikeSeq, normalized: bool = False
) -> NDArray[np.float64]: ...
@overload
def line_locate_point(
    line: OptGeoArrayLikeSeq, other: OptGeoArrayLike, normalized: bool = False
) -> NDArray[np.float64]: ...
@overload
def line_merge(line: Geometry, directed: bool = False) -> LineString | MultiLineString | GeometryCollection: ...
@overload
def line_merge(line: OptGeoArrayLikeSeq, directed: bool = False) -> GeoArray: ...
@overload
def shortest_line(a: Geometry, b: Geometry) -> LineString: ...
@overload
def shortest_line(a: OptGeoArrayLike, b: OptGeoArrayLikeSeq) -> GeoArray: ...
@overload
def shortest_line(a: OptGeoArrayLikeSeq, b: OptGeoArrayLike) -> GeoArray: ...
