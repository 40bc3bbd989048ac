"""A plan that was just made is that of its rules and data, whatever made it; and no more once these change."""

import json
import shutil
from pathlib import Path

import pytest

from beatplanner.data.publish.sentence_templates import KEY
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.stale import stale
from beatplanner.planning.changed_rules import differences_in_sentences

pytestmark = pytest.mark.usefixtures("bare_plans", "fixed_work")

# What has rules of its own beside those of its project: a roster and weights, officers of a country, a budget of change.
MADE_BY = {
    "replan": ("replan", "plan", "--leaves", "Ana=2027-06-01"),
    "country": ("country", "plan", "--officers", "9"),
    "curve": ("curve", "project.toml", "--moved", "0.5"),
}
BALANCE = (
    "a rule has changed since: Balance: each beat within ±25 % of its municipality's mean work → each beat within ±30 %"
)


def plans_in(folder: Path) -> list[Path]:
    return [file.parent for file in sorted(folder.rglob("summary.json"))]


@pytest.fixture
def town(planned_once, tmp_path):
    folder = Path(shutil.copytree(planned_once.folder, tmp_path / "town"))
    file = folder / "plan" / "summary.json"
    text = file.read_text("utf-8")
    was = Path(json.loads(text)["description_file"]).parent
    file.write_text(text.replace(str(was), str(folder)), "utf-8")
    return folder


@pytest.mark.parametrize("made_by", MADE_BY)
def test_a_plan_with_rules_of_its_own_is_out_of_date_by_those_of_its_project_alone(made_by, town, command):
    name, of, *options = MADE_BY[made_by]
    assert command(name, town / of, *options, "--out", town / "out")[0] in (0, 5)
    made = plans_in(town / "out")
    assert made
    for plan in made:
        assert command("stale", plan)[:2] == (0, "The plan is that of its rules and data as they are now.\n")
    rules = (town / "project.toml").read_text("utf-8")
    (town / "project.toml").write_text(rules.replace("tolerance = 0.25", "tolerance = 0.3"), "utf-8")
    for plan in made:
        code, said, _ = command("stale", plan)
        assert code == 4 and BALANCE in said and "officers" not in said


def test_what_had_changed_before_postings_were_planned_anew_stays_told(town, command):
    rules = (town / "project.toml").read_text("utf-8")
    (town / "project.toml").write_text(rules.replace("tolerance = 0.25", "tolerance = 0.3"), "utf-8")
    assert command("replan", town / "plan", "--leaves", "Ana=2027-06-01", "--out", town / "out")[0] in (0, 5)
    code, said, _ = command("stale", town / "out")
    assert code == 4 and BALANCE in said


def test_a_plan_of_a_scenario_in_a_project_file_is_that_of_its_rules(project_once, tmp_path, command):
    project = Path(shutil.copy(project_once, tmp_path / "Kej.beatplan"))
    assert command("project", "scenario", project, "more", "--set", "beats.tolerance=0.3")[0] == 0
    assert command("project", "plan", project, "--scenario", "more")[0] == 0
    assert command("project", "extract", project, 2, "--out", tmp_path / "out")[0] == 0
    assert command("stale", tmp_path / "out")[0] == 0


def test_what_changed_is_said_by_its_name_and_programs_are_told_the_keys(town, command):
    rules = (town / "project.toml").read_text("utf-8")
    rules = rules.replace("tolerance = 0.25", 'tolerance = 0.0005\nnames = { 1 = "Nova" }')
    (town / "project.toml").write_text(rules, "utf-8")
    code, said, _ = command("stale", town / "plan")
    assert code == 4 and "±25 % of its municipality's mean work → each beat within ±0.05 %" in said
    assert "Beat 1 has no name of its own → Beat 1 is called “Nova”" in said
    assert KEY.search(said.replace("project.toml", "")) is None
    notes = [n.what for n in stale(read_result(town / "plan").summary, {}) if n.severity == "warning"]
    assert sorted(n.partition(": ")[2] for n in notes) == [
        "beats.names.1: not given → Nova",
        "beats.tolerance: 0.25 → 0.0005",
    ]


def test_no_key_of_a_description_is_told_where_something_differs():
    before = {"project": {"name": "Kej"}, "units": {"path": "a.gpkg", "id": "unit"}, "workload": {}}
    now = {
        "project": {"name": "Kej"},
        "units": {"path": "a.gpkg", "id": "unit", "groups": {"serbian": "sr"}},
        "workload": {"annual_hours": 1700.0},
        "beats": {"count": 2, "links": [{"pairs": [["a", "b"]]}], "colours": {"2": "#80b1d3"}},
    }
    wider = {**now, "beats": {"count": 3, "links": [], "barriers": {"path": "layers/river.gpkg"}}}
    assert list(differences_in_sentences(before, now)) == [
        "Units, groups: not given → serbian sr",
        "Paid hours of a year: an officer is paid for 2,080 hours a year → an officer is paid for 1,700 hours a year",
        "Beats: planned",
    ]
    assert list(differences_in_sentences(now, wider)) == [
        "Number of beats: 2 beats in all → 3 beats in all",
        "Beats, barriers: not given → river.gpkg",
        "Beats, links: 1 → not given",
        "Beat 2 has the colour #80b1d3 → Beat 2 has no colour of its own",
    ]
