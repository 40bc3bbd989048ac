"""``public.gpkg``: the map layers that may be handed out, made of gated figures alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio

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
        # every GDAL of a QGIS from 3.16 reads this version without a warning
        options: dict[str, Any] = {} if path.exists() else {"dataset_options": {"VERSION": "1.2"}}
        pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", append=path.exists(), **options)
    write_notice(path, NOTICE)
