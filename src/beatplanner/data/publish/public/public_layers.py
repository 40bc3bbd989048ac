"""``public.gpkg``: the map layers that may be handed out, made of gated figures alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd

from beatplanner.data.formats.geopackages import append_layer
from beatplanner.data.notices import write_notice

NOTICE = "Public: every figure of this file passed the privacy gate; an empty number is hidden. It may be handed out."


def write_public_layers(path: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write layers into a new GeoPackage that says that it is public.

    Parameters
    ----------
    path
        The file.
    layers
        By name; text and numbers only.
    """
    path.unlink(missing_ok=True)
    for name, frame in layers.items():
        append_layer(path, name, frame)
    write_notice(path, NOTICE)
