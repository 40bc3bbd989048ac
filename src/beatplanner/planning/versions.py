"""The versions of everything that computes."""

from __future__ import annotations

import functools
import importlib.metadata
import platform
import re

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

# The field of a library's description, which stands above its long text.
_VERSION = re.compile(r"^Version: *(\S+) *$", re.MULTILINE)


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
    stated = {name: _stated(name) for name in COMPUTING}
    return {"python": platform.python_version(), **{name: found for name, found in stated.items() if found is not None}}


@functools.cache
def _stated(name: str) -> str | None:
    """Return what a library's installation states: the same as long as the program runs, and sixteen files to read for each plan.

    None where it is not installed: the program runs from its sources, or from a bundle that a packager made leaner.
    """
    try:
        stated = importlib.metadata.distribution(name).read_text("METADATA")
    except importlib.metadata.PackageNotFoundError:
        return None
    # read as a message each would take as long as a layer
    found = None if stated is None else _VERSION.search(stated)
    return importlib.metadata.version(name) if found is None else found[1]
