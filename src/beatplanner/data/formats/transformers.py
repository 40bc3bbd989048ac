"""Transformations between coordinate systems, made once: to find one in PROJ's tables takes thirty milliseconds, and a layer asks several times."""

from __future__ import annotations

import functools

from pyproj import CRS, Transformer


@functools.lru_cache(maxsize=512)
def to_lonlat(crs: CRS | int) -> Transformer:
    """Return the transformation of a system, or of its EPSG code, to longitudes and latitudes of WGS 84.

    Raises
    ------
    pyproj.exceptions.ProjError
        Where there is none.
    """
    return Transformer.from_crs(crs, 4326, always_xy=True)
