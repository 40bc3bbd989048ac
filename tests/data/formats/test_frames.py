"""Rows of tables as dictionaries: those of pandas, sooner."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from beatplanner.data.formats.frames import records

FRAMES = {
    "of all kinds": pd.DataFrame(
        {
            "whole": [1, 2],
            "small": np.array([1, 2], np.int16),
            "part": [0.5, np.nan],
            "half": np.array([0.25, 0.5], np.float32),
            "yes": [True, False],
            "text": pd.Series(["a", None], dtype="str"),
            "mixed": pd.Series([np.int64(7), None], dtype=object),
            "unknown": pd.Series([pd.NA, pd.NaT], dtype=object),
            "numbers": pd.Series([np.float64(0.5), np.bool_(True)], dtype=object),
            "day": pd.Series([dt.date(2027, 1, 31), np.datetime64("2027-01-31")], dtype=object),
            "moment": pd.to_datetime(["2027-01-31 10:00", None]),
            "kind": pd.Categorical(["x", "y"]),
            "perhaps": pd.array([1, None], "Int64"),
            7: [("a", "b"), []],
        },
        index=[5, 3],
    ),
    "a map": gpd.GeoDataFrame({"n": [1, 2]}, geometry=[shapely.Point(1, 2), None], crs=3035),
    "no rows": pd.DataFrame({"a": np.array([], int), "b": pd.Series([], dtype="str")}),
    "no columns": pd.DataFrame(index=range(3)),
    "nothing": pd.DataFrame(),
}


@pytest.mark.parametrize("name", FRAMES)
def test_rows_are_those_of_pandas(name):
    frame = FRAMES[name]
    found, wanted = records(frame), frame.to_dict("records")
    assert [list(row) for row in found] == [list(row) for row in wanted]
    for row, other in zip(found, wanted, strict=True):
        for cell, same in zip(row.values(), other.values(), strict=True):
            assert type(cell) is type(same)
            assert cell is same or cell == same or (cell != cell and same != same)
