from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from beatplanner.data.description.read import read_description
from beatplanner.data.result.provenance import provenance


@pytest.mark.parametrize("folder", ["plain", "Plan #2", "what?", "100%20"])
def test_the_title_of_a_layer_is_told_wherever_it_lies(town, tmp_path, folder):
    place = tmp_path / folder
    place.mkdir()
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:32634")
    frame.to_file(place / "areas.gpkg", IDENTIFIER="Census of 2021")
    assert provenance(read_description(town.project), "units", place / "areas.gpkg", "").name == "Census of 2021"
