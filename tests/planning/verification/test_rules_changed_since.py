"""A plan whose project got other rules since is no wrong plan: the checker says to plan again, and still finds rules that are not those of the project."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from beatplanner.data.project.document import ProjectDocument
from beatplanner.data.publish.sentence_templates import CONTEXT, Sentences, texts_of_window
from beatplanner.data.result.json_files import write_json
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run

CHANGED = (
    "The rules have changed since the plan was made: plan again. It is checked by the rules in its summary. "
    "beats.tolerance is 0.25 in the summary, and 0.41 in town.gpkg. "
    "Beat 1 has no name by hand in the summary, and is called “Nova” in town.gpkg."
)


@pytest.fixture
def planned(project_once, tmp_path):
    """A project file that was planned by its own rules, and its plan."""
    project = shutil.copyfile(project_once, tmp_path / "town.gpkg")
    run(project, tmp_path / "plan", pack=False)
    return project, tmp_path / "plan"


def change_rules(project) -> None:
    document = ProjectDocument.open(project)
    document.change_rules({"beats": {"tolerance": 0.41}}, "wider")
    document.change_rules({"beats": {"names": {"1": "Nova"}}}, "a name")
    document.save()
    document.close()


def of_rules(verdict) -> tuple[list[str], list[str]]:
    wrong = [c.detail for c in verdict.checks if c.name == "rules" and not c.ok]
    return wrong, [c.detail for c in verdict.unchecked if c.name == "rules"]


def forge(folder, key, value) -> None:
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    summary["rules"]["beats"][key] = value
    write_json(folder / "summary.json", summary)


def test_rules_of_a_project_file_that_changed_since_ask_for_a_new_plan(planned):
    project, folder = planned
    assert of_rules(verify(folder)) == ([], [])
    change_rules(project)
    verdict = verify(folder)
    assert verdict.ok and of_rules(verdict) == (
        [],
        [CHANGED],
    )


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("tolerance", 0.97, "beats.tolerance is 0.97"),
        ("names", {"1": "Nova"}, "Beat 1 is called “Nova” in the summary"),
    ],
)
def test_forged_rules_of_a_plan_of_a_project_file_are_wrong(planned, key, value, said):
    _, folder = planned
    forge(folder, key, value)
    verdict = verify(folder)
    assert not verdict.ok
    wrong, _ = of_rules(verdict)
    assert said in wrong[0] and "None" not in wrong[0]


def test_a_plan_by_typed_rules_has_those_that_its_project_is_saved_with(planned):
    project, folder = planned
    # as the window plans by what is typed and not yet saved
    forge(folder, "tolerance", 0.41)
    forge(folder, "names", {"1": "Nova"})
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    write_json(folder / "summary.json", {**summary, "description_sha256": None})
    wrong, own = of_rules(verify(folder))
    assert wrong == [] and own[0].startswith("The plan was made by rules of its own")
    change_rules(project)
    assert of_rules(verify(folder)) == ([], [])


@pytest.mark.parametrize("language", ["mk", "sq"])
def test_which_rules_changed_is_told_in_the_languages_of_the_window(language):
    spoken = Sentences(texts_of_window(language)[CONTEXT], lambda v, digits: f"{v:.{digits}f}", str)
    said = spoken(f"{CHANGED} beats.max_moved is not given in the summary, and 0.2 in town.gpkg. And 3 more.")
    rest = said.replace("beats.tolerance", "").replace("beats.max_moved", "").replace("town.gpkg", "")
    assert not {"is", "the", "by", "given", "summary", "more"} & {*re.findall(r"[a-z]+", rest)}, said
