"""Reader of OpenStreetMap extracts, by GDAL's driver, which needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pyogrio

from beatplanner.data.formats.layers import check_driver, errors_as
from beatplanner.data.formats.source import Place
from beatplanner.data.formats.vector_files import opened

ENDINGS = (".osm.pbf", ".osm", ".pbf")


def is_openstreetmap(path: Path) -> bool:
    """Tell whether a file is an OpenStreetMap extract by its name."""
    return path.name.lower().endswith(ENDINGS)


def read_extract(
    path: Path, layer: str | None, columns: Sequence[str], where: str, around: gpd.GeoSeries, margin: float = 0.0
) -> tuple[gpd.GeoDataFrame, Place]:
    """Read the ways of an extract around the units.

    Parameters
    ----------
    path
        The extract.
    layer
        GDAL's layer of it; None for its lines.
    columns
        The tags that are read, ``other_tags`` for those without a column.
    where
        Which ways are read, in GDAL's SQL.
    around
        Units, of any CRS.
    margin
        How far around them ways are read, degrees.

    Raises
    ------
    InputError
        Where the file is no extract, or broken.
    """
    west, south, east, north = around.to_crs(4326).total_bounds
    place = Place(path.name, layer or "lines", ())
    with opened(path) as inner, errors_as("the extract cannot be read ({error})", place, inner, "Download it again"):
        check_driver(pyogrio.read_info(inner, layer=place.layer), place)
        frame = pyogrio.read_dataframe(
            inner,
            layer=place.layer,
            columns=list(columns),
            where=where,
            bbox=(west - margin, south - margin, east + margin, north + margin),
        )
    return gpd.GeoDataFrame(frame), place
