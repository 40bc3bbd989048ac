"""Stations are named by the area that they lie in or are nearest to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from beatplanner.data.result.station_names import areas_near


def test_the_nearest_area_is_that_of_all_distances_and_of_equal_ones_the_first():
    random = np.random.default_rng(5)
    corner = random.permutation(100)
    # squares that share their borders, in no order
    squares = [shapely.box(k % 10, k // 10, k % 10 + 1, k // 10 + 1) for k in corner]
    units = gpd.GeoDataFrame({"unit": [f"u{k}" for k in corner]}, geometry=squares)
    places = [*random.uniform(-5, 15, (60, 2)), (3.0, 4.0), (10.0, 10.0), (0.0, 2.5), (5.0, 11.0)]
    stations = gpd.GeoDataFrame(geometry=[shapely.Point(p) for p in places])
    distances = shapely.distance(units.geometry.to_numpy()[:, None], stations.geometry.to_numpy()[None])
    expected = [units["unit"].iloc[k] for k in distances.argmin(axis=0)]
    tables: Any = SimpleNamespace(units=units, stations=stations)
    assert areas_near(tables) == expected
    tables.units = units.assign(name=[f"area {k}" for k in corner])
    assert areas_near(tables) == [f"area {u[1:]}" for u in expected]
