"""What the checker calls a unit."""

from __future__ import annotations

from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd

from beatplanner.planning.verification.evidence import Evidence


def evidence_of(units: pd.DataFrame) -> Evidence:
    nothing: Any = None
    return Evidence(cast(gpd.GeoDataFrame, units), None, pd.DataFrame(), nothing, nothing, nothing, None)


def test_a_unit_is_called_by_its_name_and_its_id():
    units = pd.DataFrame({"unit": ["1", "2", "3", "4", "5"], "name": ["North", None, np.nan, "4", "Улица 5"]})
    found = evidence_of(units)
    assert [found.place(u) for u in range(5)] == ["North (unit 1)", "2", "3", "4", "Улица 5 (unit 5)"]
    assert [evidence_of(units[["unit"]]).place(u) for u in (0, 4)] == ["1", "5"]
    # ids that are numbers are told as they stand in the table
    assert evidence_of(pd.DataFrame({"unit": [7, 8], "name": ["7", "8a"]})).places == ["7", "8a (unit 8)"]


def test_names_of_all_units_are_looked_up_once(monkeypatch):
    """Checks ask for the name of every unit; a row of the table each time made `verify` grow with the town."""
    found = evidence_of(pd.DataFrame({"unit": [str(u) for u in range(2_000)], "name": ["Street"] * 2_000}))
    looked = []
    row_of = type(found.units.iloc).__getitem__
    monkeypatch.setattr(type(found.units.iloc), "__getitem__", lambda *a: looked.append(a) or row_of(*a))
    assert len({found.place(u) for _ in range(3) for u in range(2_000)}) == 2_000
    assert not looked and found.places is found.places
