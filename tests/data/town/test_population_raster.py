"""Residents from a raster: shared by the part of each cell that a unit covers, and nobody lost."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from beatplanner.data.description.read import read_description
from beatplanner.data.town.read_town import read_town
from conftest import CRS, SIDE, SOUTH, WEST


def test_residents_of_a_raster_are_conserved(town):
    cells = np.full((8, 8), 12.0, dtype="float32")
    # cells of 260 m do not fit units of 500 m, so most are shared
    transform = from_origin(WEST - 40, SOUTH + 4 * SIDE + 40, 260, 260)
    path = town.folder / "people.tif"
    with rasterio.open(
        path, "w", driver="GTiff", height=8, width=8, count=1, dtype="float32", crs=CRS, transform=transform
    ) as out:
        out.write(cells, 1)
    town.swap('population = "pop"', 'population_raster = "people.tif"')
    found = read_town(read_description(town.project))
    covered = (4 * SIDE) ** 2 / 260**2 * 12
    assert found.units["population"].sum() == pytest.approx(covered, rel=1e-4)
    assert any("768 in the raster" in str(n) for n in found.notes)
