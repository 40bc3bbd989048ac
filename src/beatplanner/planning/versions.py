"""The versions of everything that computes."""

from __future__ import annotations

import importlib.metadata
import platform

COMPUTING = (
    "beatplanner",
    "highspy",
    "pulp",
    "numpy",
    "scipy",
    "numba",
    "llvmlite",
    "networkx",
    "pandas",
    "geopandas",
    "shapely",
    "pyproj",
    "pyogrio",
    "rasterio",
    "exactextract",
    "pydantic",
)


def versions() -> dict[str, str]:
    """Return the versions of everything that computes: Python, libraries, and what is compiled into them (GEOS, PROJ, GDAL)."""
    import pyogrio
    import pyproj
    import shapely

    return {
        **installed_versions(),
        "GEOS": shapely.geos_version_string,
        "PROJ": pyproj.proj_version_str,
        "GDAL": str(pyogrio.__gdal_version_string__),
    }


def installed_versions() -> dict[str, str]:
    """Return the versions of Python and the libraries as their installation states them; nothing is loaded."""
    found = {"python": platform.python_version()}
    for name in COMPUTING:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            # run from its sources without being installed, or from a bundle that a packager made leaner
            continue
    return found
