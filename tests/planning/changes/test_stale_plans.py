"""A plan that was just made is that of its rules and data, whatever made it; and no more once these change."""

import json
import shutil
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("bare_plans", "fixed_work")

# What has rules of its own beside those of its project: a roster and weights, officers of a country, a budget of change.
MADE_BY = {
    "replan": ("replan", "plan", "--leaves", "Ana=2027-06-01"),
    "country": ("country", "plan", "--officers", "9"),
    "curve": ("curve", "project.toml", "--moved", "0.5"),
}


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
        assert code == 4 and "beats.tolerance: 0.25 → 0.3" in said and "officers" not in said


def test_what_had_changed_before_postings_were_planned_anew_stays_told(town, command):
    rules = (town / "project.toml").read_text("utf-8")
    (town / "project.toml").write_text(rules.replace("tolerance = 0.25", "tolerance = 0.3"), "utf-8")
    assert command("replan", town / "plan", "--leaves", "Ana=2027-06-01", "--out", town / "out")[0] in (0, 5)
    code, said, _ = command("stale", town / "out")
    assert code == 4 and "beats.tolerance: 0.25 → 0.3" in said


def test_a_plan_of_a_scenario_in_a_project_file_is_that_of_its_rules(project_once, tmp_path, command):
    project = Path(shutil.copy(project_once, tmp_path / "Kej.beatplan"))
    assert command("project", "scenario", project, "more", "--set", "beats.tolerance=0.3")[0] == 0
    assert command("project", "plan", project, "--scenario", "more")[0] == 0
    assert command("project", "extract", project, 2, "--out", tmp_path / "out")[0] == 0
    assert command("stale", tmp_path / "out")[0] == 0
