"""Whole runs on real data beside the project; skipped where it is absent."""

from __future__ import annotations

import csv
import json
import random

import pyogrio
import pytest
from benchmarks.new_haven import LAYERS

from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run
from conftest import SHARED

pytestmark = pytest.mark.usefixtures("bare_plans", "fixed_work")

NEW_HAVEN = (
    LAYERS
    + """category = "type"
[beats]
count = 10
tolerance = 0.10
current = {{ path = "{data}/units.gpkg", id = "tract" }}
[stations]
count = 5
roads = {{ path = "{data}/roads.gpkg" }}
[officers]
path = "officers.csv"
start = 2027-01-01
posts_per_beat = 2
"""
)


@pytest.mark.skipif(not (SHARED / "newhaven").is_dir(), reason="the New Haven data are not beside the project")
def test_new_haven_in_feet(tmp_path):
    data = SHARED / "newhaven"
    tracts = sorted({str(t) for t in pyogrio.read_dataframe(data / "units.gpkg")["tract"]})
    draw = random.Random(3)
    with (tmp_path / "officers.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["officer", "beat", "since", "languages", "gender", "x", "y", "joins_on", "leaves_on"])
        for i in range(26):
            beat = draw.choice(tracts) if i < 18 else ""
            since = f"2025-{draw.randint(1, 12):02d}-01" if beat else ""
            home = [f"{-72.96 + 0.06 * draw.random():.4f}", f"{41.28 + 0.06 * draw.random():.4f}"]
            writer.writerow(
                [f"Officer {i}", beat, since, "es" if i % 3 else "", "", *home, "", "2029-06-15" if i % 7 == 0 else ""]
            )
    project = tmp_path / "project.toml"
    project.write_text(NEW_HAVEN.format(data=data.as_posix()), encoding="utf-8")
    summary = run(project, tmp_path / "out")
    assert summary["feasible"], summary["clashes"]
    assert summary["population"] == 130_550
    assert summary["beats"]["count"] == 10
    assert summary["beats"]["max_deviation"] <= 0.10 + 1e-9
    assert summary["beats"]["contiguous"]
    assert 0 <= summary["beats"]["gap"] < 0.03
    assert summary["stations"]["status"] == "optimal"
    assert summary["workload"]["incidents_read"] == 800
    assert summary["workload"]["incidents_outside"] == 14
    assert any("14 of 800 incidents" in n["text"] for n in summary["notes"])
    verdict = verify(tmp_path / "out")
    assert verdict.ok, [str(c) for c in verdict.failed]


SKOPJE = """[project]
name = "Скопје"
[units]
path = "units.gpkg"
id = "settlement"
name = "name"
population = "population"
municipality = "municipality"
[beats]
count = 30
tolerance = 0.9
[stations]
count = 15
candidates = {{ path = "{data}/sites.csv", id = "site", x = "lon", y = "lat", crs = "EPSG:4326" }}
"""


COUNTRY = """[project]
name = "Северна Македонија"
[units]
path = "{data}/units.gpkg"
id = "settlement"
name = "name"
population = "population"
municipality = "municipality"
[stations]
count = 60
reach_minutes = 90
candidates = {{ path = "{data}/sites.csv", id = "site", name = "name", x = "lon", y = "lat", crs = "EPSG:4326" }}
mobile = {{ }}
"""


@pytest.mark.papers
@pytest.mark.skipif(not (SHARED / "macedonia").is_dir(), reason="the Macedonian data are not beside the project")
def test_stations_of_a_whole_country_among_its_public_buildings(tmp_path):
    project = tmp_path / "project.toml"
    project.write_text(COUNTRY.format(data=(SHARED / "macedonia").as_posix()), encoding="utf-8")
    summary = run(project, tmp_path / "out", pack=False)
    assert summary["feasible"], summary["clashes"]
    assert summary["stations"]["status"] == "optimal"
    assert summary["stations"]["count"] == 60
    assert summary["stations"]["generated_sites"] == 0
    assert summary["stations"]["mobile"]["residents"] == pytest.approx(summary["stations"]["unreachable_residents"])
    verdict = verify(tmp_path / "out")
    assert verdict.ok, [str(c) for c in verdict.failed]


@pytest.mark.papers
@pytest.mark.skipif(not (SHARED / "macedonia").is_dir(), reason="the Macedonian data are not beside the project")
def test_greater_skopje_in_cyrillic(tmp_path):
    data = SHARED / "macedonia"
    every = pyogrio.read_dataframe(data / "municipalities.gpkg")
    wanted = set(every.loc[every["region"] == "Greater Skopje", "name"])
    units = pyogrio.read_dataframe(data / "units.gpkg")
    units = units[units["municipality"].isin(wanted)]
    pyogrio.write_dataframe(units, tmp_path / "units.gpkg")
    project = tmp_path / "project.toml"
    project.write_text(SKOPJE.format(data=data.as_posix()), encoding="utf-8")
    summary = run(project, tmp_path / "out", pack=False)
    assert summary["feasible"], summary["clashes"]
    assert summary["beats"]["count"] == 30
    plan = pyogrio.read_dataframe(tmp_path / "out" / "plan.gpkg", layer="beats")
    assert plan["municipality"].nunique() == 10
    written = pyogrio.read_dataframe(tmp_path / "out" / "plan.gpkg", layer="units")
    assert set(written["name"]) == set(units["name"])
    assert "Скопје" in json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))["project"]
    verdict = verify(tmp_path / "out")
    assert verdict.ok, [str(c) for c in verdict.failed]


@pytest.mark.skipif(not (SHARED / "newhaven").is_dir(), reason="the New Haven data are not beside the project")
def test_scenarios_of_new_haven_side_by_side(tmp_path):
    from beatplanner.data.description.scenarios import find_scenarios
    from beatplanner.planning.compare.scenario_runs import run_scenarios

    project = tmp_path / "project.toml"
    text = NEW_HAVEN.format(data=(SHARED / "newhaven").as_posix())
    project.write_text(text[: text.index("[stations]")], encoding="utf-8")
    (tmp_path / "scenarios").mkdir()
    for name, rules in (("1-ten", "tolerance = 0.15"), ("2-twelve", "count = 12\ntolerance = 0.15")):
        file = tmp_path / "scenarios" / f"{name}.toml"
        file.write_text(f'extends = "../project.toml"\n[beats]\n{rules}\n', encoding="utf-8")
    content, failed = run_scenarios(find_scenarios(project), tmp_path / "out")
    assert not failed and content is not None
    rows = {r["key"]: r["values"] for b in content["blocks"] for r in b["rows"]}
    assert rows["beats"][1:] == [10, 12]
    # plans of different numbers of beats are measured by one balance and by people
    assert rows["people_in_balance"][1] == rows["people_in_balance"][2] == 1.0
    assert rows["robust_share"][1] is not None
    verdict = verify(tmp_path / "out" / "comparison")
    assert verdict.ok, [str(c) for c in verdict.failed]
