"""A plan begins with the beats of another where it is told to, and is no worse."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.usefixtures("bare_plans", "fixed_work")


def beats(folder):
    return json.loads((folder / "summary.json").read_text("utf-8"))["beats"]


def test_a_plan_that_begins_with_another_is_no_worse(town, planned_once, command):
    first = beats(planned_once.folder / "plan")
    start = ("--start", planned_once.folder / "plan")
    assert command("beats", town.project, "--out", town.path("again"), "--seed", "5", *start)[0] == 0
    assert beats(town.path("again"))["objective"] <= first["objective"] * (1 + 1e-9)
    # its file does as well, and one of other units starts nothing
    units = town.units()
    units["unit"] += 1000
    town.write_units(units)
    code, _, said = command(
        "beats", town.project, "--out", town.path("other"), "--start", planned_once.folder / "plan" / "plan.gpkg"
    )
    assert code == 0, said
    assert beats(town.path("other"))["count"] == 4
    code, _, said = command("beats", town.project, "--out", town.path("none"), "--start", town.path("nothing"))
    assert code == 1 and "nothing" in said
