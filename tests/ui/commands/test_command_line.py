"""Whole runs through the command line."""

from __future__ import annotations

import json
import re
import socket

import geopandas as gpd
import numpy as np
import pyogrio
import pytest

from conftest import GridTown

pytestmark = pytest.mark.usefixtures("bare_plans")


@pytest.fixture(scope="module")
def planned(planned_here) -> GridTown:
    """A grid town with a plan in its folder `plan`."""
    return planned_here


@pytest.mark.papers
def test_main_job_writes_the_contract_and_opens_no_socket(town, command, monkeypatch):
    def refuse(*_):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    out = town.folder / "out"
    code, said, error = command("plan", town.project, "--out", out)
    assert code == 0, error
    assert "Results:" in said
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["version"] == 1
    assert summary["feasible"] is True
    for step, keys in {
        "beats": ("count", "max_deviation", "contiguous", "moved_share"),
        "stations": ("count", "mean_walk_minutes", "share_within_limit", "cost"),
        "officers": ("posts", "vacant_months", "rotations", "tenure_violations", "language_gaps", "weights"),
    }.items():
        assert {"status", "objective", "lower_bound", "gap", "seconds", *keys} <= set(summary[step])
    units = gpd.read_file(out / "plan.gpkg", layer="units")
    assert units["unit"].dtype.kind == "i"
    assert units["population"].sum() == 1900
    assert len(gpd.read_file(out / "plan.gpkg", layer="beats")) == 4
    assignments = pyogrio.read_dataframe(out / "plan.gpkg", layer="assignments")
    assert {"officer", "beat", "start", "end"} <= set(assignments.columns)
    for name in ("report.html", "forum/map.html", "forum/beats.csv", "forum/units.csv", "forum/run_card.json"):
        assert (out / name).stat().st_size > 0
    assert command("verify", out)[0] == 0


def test_names_of_victims_reach_no_file(planned):
    for file in (planned.folder / "plan").rglob("*"):
        if file.is_file():
            assert b"Secret Name" not in file.read_bytes(), file


@pytest.mark.usefixtures("without_pack")
def test_same_seed_gives_the_same_plan(planned, command):
    out = planned.folder / "again"
    assert command("plan", planned.project, "--out", out)[0] == 0
    first, second = (gpd.read_file(planned.folder / f / "plan.gpkg", layer="units") for f in ("plan", "again"))
    assert (first["beat"] == second["beat"]).all()
    one, two = (
        pyogrio.read_dataframe(planned.folder / f / "plan.gpkg", layer="assignments") for f in ("plan", "again")
    )
    assert one.equals(two)


def test_clashing_rules_exit_with_three_and_still_plan(town, command):
    frame = town.units()
    frame.loc[5, "pop"] = 5000
    town.write_units(frame)
    out = town.folder / "out"
    code, _, error = command("plan", town.project, "--out", out)
    assert code == 3
    assert "Улица 6" in error
    assert "±" in error
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["feasible"] is False
    assert summary["beats"]["status"] == "infeasible"
    assert summary["beats"]["lower_bound"] is None
    assert command("verify", out)[0] == 0


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("count = 4\n", "count = 1\n", ["2 municipalities", "smallest number"]),
        ("count = 4\n", "count = 40\n", ["16 units"]),
        ("tolerance = 0.25\n", "tolerance = 0.001\n", ["West", "hours a year", "smallest tolerance"]),
        ("tolerance = 0.25\n", "tolerance = 0.02\nmax_moved = 0.0\n", ["max_moved", "smallest"]),
        ("count = 2\n", "count = 2\nbudget = 1\n", ["budget", "smallest"]),
        ("count = 2\n", "count = 9\n", ["5 sites"]),
    ],
)
@pytest.mark.usefixtures("without_pack")
def test_each_impossible_wish_is_explained(town, command, old, new, words):
    if "max_moved" in new:
        frame = town.units()
        frame.loc[frame["muni"] == "West", "pop"] = np.where(np.arange(8) < 2, 400, 100)
        town.write_units(frame)
    town.swap(old, new)
    code, _, error = command("plan", town.project, "--out", town.folder / "out")
    assert code == 3, error
    assert not [w for w in words if w not in error], error


@pytest.mark.usefixtures("without_pack")
def test_a_failed_run_leaves_the_old_result(town, command):
    out = town.folder / "out"
    assert command("beats", town.project, "--out", out)[0] == 0
    before = (out / "summary.json").read_bytes()
    town.swap('population = "pop"', 'population = "gone"')
    assert command("beats", town.project, "--out", out)[0] == 1
    assert (out / "summary.json").read_bytes() == before
    assert [p.name for p in town.folder.iterdir() if p.name.startswith(".")] == []


@pytest.mark.usefixtures("without_pack")
def test_steps_alone_use_the_beats_of_a_plan(planned, command):
    out = planned.folder / "officers"
    plan = planned.folder / "plan" / "plan.gpkg"
    code, _, error = command("officers", planned.project, "--out", out, "--plan", plan)
    assert code == 0, error
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert "officers" in summary
    assert "stations" not in summary
    first, second = (gpd.read_file(p / "plan.gpkg", layer="units")["beat"] for p in (planned.folder / "plan", out))
    assert (first == second).all()


@pytest.mark.usefixtures("without_pack")
def test_another_geopackage_beside_a_plan_is_not_taken_for_it(planned, command):
    out = planned.folder / "other"
    for name, said in (("people.gpkg", "no plan"), ("nothing.gpkg", "no such file")):
        given = planned.folder / "plan" / name
        code, _, error = command("officers", planned.project, "--out", out, "--plan", given)
        assert code == 1 and said in error and name in error and not out.exists()


def test_project_file_gives_the_same_plan(planned, command):
    file = planned.folder / "town.gpkg"
    assert command("build", planned.project, "-o", file)[0] == 0
    assert b"Secret Name" not in file.read_bytes()
    out = planned.folder / "from_file"
    code, _, error = command("plan", file, "--out", out)
    assert code == 0, error
    one, two = (
        json.loads((planned.folder / f / "summary.json").read_text(encoding="utf-8")) for f in ("plan", "from_file")
    )
    for step in ("beats", "stations", "officers"):
        assert one[step]["objective"] == pytest.approx(two[step]["objective"], rel=1e-6)


def test_check_prints_doubts(planned, command):
    code, said, _ = command("check", planned.project)
    assert code == 0
    assert "0 errors" in said
    assert "1,900 in the layer, 1,900 in the plan" in said


def test_version_names_what_computes(command):
    code, said, _ = command("--version")
    assert code == 0
    assert "highspy" in said


@pytest.mark.papers
def test_forum_files_are_safe(planned):
    forum = planned.folder / "plan" / "forum"
    page = (forum / "map.html").read_text(encoding="utf-8")
    assert not re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=.?https?:", page)
    assert "url(http" not in page
    assert "Content-Security-Policy" in page
    assert "Ana" not in page  # an officer
    assert (forum / "units.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.papers
def test_names_with_tags_and_formulas_stay_text(town, command):
    frame = town.units()
    frame["place"] = ["<script>alert(1)</script>", "=1+1", "`${alert(2)}`", "{{ 7*7 }}", *frame["place"][4:]]
    town.write_units(frame)
    out = town.folder / "out"
    assert command("beats", town.project, "--out", out)[0] == 0
    for name in ("report.html", "forum/map.html"):
        assert "<script>alert" not in (out / name).read_text(encoding="utf-8")
    table = (out / "forum" / "units.csv").read_text(encoding="utf-8-sig")
    assert "'=1+1" in table
    assert ",=1+1" not in table


def test_curve_of_change_budgets(town, command):
    out = town.folder / "curve"
    code, said, error = command("curve", town.project, "--out", out, "--moved", "0,free")
    assert code == 0, error
    assert "free" in said
    rows = (out / "curve.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 3
    assert rows[1].split(",")[1] == "0.0"
    assert (out / "curve.html").exists()
    # who stays in a beat whose lines do not move keeps everybody
    first = dict(zip(rows[0].split(","), rows[1].split(","), strict=True))
    assert float(first["relationship_years_kept"]) == float(first["relationship_years_today"]) > 0
    assert "trust kept" in said
    assert command("verify", out / "moved-0%")[0] == 0
    assert command("curve", town.project, "--out", out, "--moved", "0,lots")[0] == 2


@pytest.mark.parametrize(
    ("locks", "words"),
    [
        ("1,A\n2,A\n5,A\n6,A\n9,A\n10,A\n13,A\n14,A", ["West", "no room for 2 beats"]),
        ("1,A\n3,A", ["both sides of a municipal border"]),
        ("1,A\n2,B\n6,C", ["locked to 3 beats", "has only 2"]),
        ("1,A\n6,A\n2,B\n5,B", ["cannot be joined into one beat"]),
    ],
)
@pytest.mark.usefixtures("without_pack")
def test_locks_that_clash_are_explained(town, command, locks, words):
    (town.folder / "locked.csv").write_text("unit,beat\n" + locks, encoding="utf-8")
    town.swap("[beats]", '[beats]\nlocked = { path = "locked.csv" }')
    code, _, error = command("beats", town.project, "--out", town.folder / "out")
    assert code == 3, error
    assert not [w for w in words if w not in error], error


@pytest.mark.usefixtures("without_pack")
def test_locks_hold_in_the_plan(town, command):
    (town.folder / "locked.csv").write_text("unit,beat\n1,A\n2,A\n16,B", encoding="utf-8")
    town.swap("[beats]", '[beats]\nlocked = { path = "locked.csv" }')
    out = town.folder / "out"
    code, _, error = command("beats", town.project, "--out", out)
    assert code == 0, error
    beat = gpd.read_file(out / "plan.gpkg", layer="units").set_index("unit")["beat"]
    assert (beat[1], beat[2], beat[16]) == ("A", "A", "B")
    assert command("verify", out)[0] == 0
