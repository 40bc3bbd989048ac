"""Of a plan that was changed by hand a comparison claims nothing that was proven of the one before."""

from __future__ import annotations

import shutil

import geopandas as gpd

from beatplanner.planning.compare.comparison import compare


def test_of_a_plan_that_was_changed_by_hand_no_gap_is_told(planned_once, tmp_path):
    made, changed = planned_once.folder / "plan", tmp_path / "changed"
    shutil.copytree(made, changed)
    units = gpd.read_file(changed / "plan.gpkg", layer="units")
    units.loc[0, "population"] += 1
    units.to_file(changed / "plan.gpkg", layer="units", driver="GPKG", mode="w")
    content = compare([made, changed], tmp_path / "compared", draws=5)
    (row,) = (r for b in content["blocks"] for r in b["rows"] if r["key"] == "beats_gap")
    assert row["values"][-2] is not None and row["values"][-1] is None
