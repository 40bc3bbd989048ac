"""Rasters: GeoTIFF and nothing else, looked at before GDAL sees it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beatplanner.data.errors import InputError, problem
from beatplanner.data.formats.damage import unreadable
from beatplanner.data.formats.drivers import restrict_rasters
from beatplanner.data.formats.vector_files import check_kind

MEND = "Give a GeoTIFF"


@contextmanager
def opened_raster(path: Path) -> Generator[Any]:
    """Open a GeoTIFF; what fails inside the block is told as a file that cannot be read.

    Raises
    ------
    InputError
        Where it is none, or broken.
    """
    if path.suffix.lower() not in {".tif", ".tiff"}:
        raise InputError(problem("the raster is no GeoTIFF by its name", MEND, file=path.name))
    check_kind(path, path)
    restrict_rasters()
    # a heavy library, and few projects have a raster
    import rasterio

    try:
        with rasterio.open(path, driver="GTiff") as raster:
            yield raster
    except InputError:
        raise
    except Exception:  # GDAL and exactextract raise whatever they like on broken files
        raise InputError(unreadable(path)) from None
