"""The versions of everything that computes; light, so that asking for them loads nothing heavy but the libraries of geometry."""

from __future__ import annotations

import importlib.metadata
import platform

COMPUTING = (
    "beatplanner", "highspy", "pulp", "numpy", "scipy", "numba", "llvmlite", "networkx", "pandas", "geopandas", "shapely", "pyproj",
    "pyogrio", "rasterio", "exactextract", "pydantic",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Return the versions of everything that computes: Python, libraries, and what is compiled into them (GEOS, PROJ, GDAL)."""
    import pyogrio
    import pyproj
    import shapely

    found = {"python": platform.python_version()}
    for name in COMPUTING:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            # run from its sources without being installed, or from a bundle that a packager made leaner
            continue
    found["GEOS"] = shapely.geos_version_string
    found["PROJ"] = pyproj.proj_version_str
    found["GDAL"] = str(pyogrio.__gdal_version_string__)
    return found
