"""A project that was moved, renamed or copied with its plan is read where it lies now, by everything that reads it again."""

import json
import os
import shutil
from pathlib import Path

import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.formats.content import state_of_input
from beatplanner.data.project.document import ProjectDocument
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.moved_project import POINTER, as_it_lies, point_to
from beatplanner.data.result.stale import stale
from beatplanner.planning.changes.sharing_out import share_officers_out
from beatplanner.planning.compare.robustness import read_records
from beatplanner.planning.forum.forum_pack import town_of
from beatplanner.planning.service.command import look_at_service
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.country import sum_up_again


@pytest.fixture(scope="module", params=["moved", "renamed"])
def moved(request, planned_once, tmp_path_factory) -> tuple[Path, Path]:
    """A town whose plan was made in a folder that is not there any more; returns its description and its plan."""
    folder = tmp_path_factory.mktemp("now") / "town"
    shutil.copytree(planned_once.folder, folder)
    was = str(Path(json.loads((folder / "plan" / "summary.json").read_text("utf-8"))["description_file"]).parent)
    text = (folder / "plan" / "summary.json").read_text("utf-8")
    assert json.dumps(was, ensure_ascii=False)[1:-1] in text
    (folder / "plan" / "summary.json").write_text(
        text.replace(json.dumps(was, ensure_ascii=False)[1:-1], "/a folder/that is gone"), "utf-8"
    )
    project = folder / "project.toml"
    if request.param == "renamed":
        project = project.rename(folder / "Kej 2027.toml")
    return project, folder / "plan"


def test_a_plan_that_was_moved_with_its_project_knows_where_that_lies(moved):
    project, plan = moved
    tables = read_result(plan)
    assert tables.summary["description_file"] == str(project)
    assert {state_of_input(s) for s in tables.summary["inputs"]} == {"unchanged"}
    assert [n for n in stale(tables.summary, {}) if n.severity == "warning"] == []
    assert [c for c in verify(plan).unchecked if c.name.startswith("inputs") or c.name == "rules"] == []
    assert list(town_of(tables, plan).units["unit"]) == [str(u) for u in tables.units["unit"]]
    assert read_records(tables.summary, [str(u) for u in tables.units["unit"]]) is not None


def test_officers_are_shared_out_and_summed_up_where_a_project_was_moved(moved, tmp_path):
    project, plan = moved
    share_officers_out(plan, tmp_path / "shared", officers=9, time_limit=None, seed=0, threads=1)
    written = json.loads((tmp_path / "shared" / "summary.json").read_text("utf-8"))
    assert written["description_file"] == str(project)
    assert len(sum_up_again(tmp_path / "shared").table)


def test_calls_are_counted_where_a_project_was_moved(moved, tmp_path):
    _, plan = moved
    assert look_at_service(plan, tmp_path / "out", method="approximate", seed=0)["shifts"]


def test_a_copy_is_read_where_it_lies_unless_it_has_other_content(planned_once, tmp_path):
    copied = tmp_path / "copied"
    shutil.copytree(planned_once.folder, copied)
    assert read_result(copied / "plan").summary["description_file"] == str(copied / "project.toml")
    was = json.loads((copied / "plan" / "summary.json").read_text("utf-8"))["description_file"]
    with (copied / "project.toml").open("a", encoding="utf-8") as file:
        file.write("\n# another\n")
    assert read_result(copied / "plan").summary["description_file"] == was


def test_a_copy_with_edited_layers_is_a_project_of_its_own_while_the_old_one_is_there(planned_once, tmp_path):
    old, copied = tmp_path / "old", tmp_path / "copied"
    shutil.copytree(planned_once.folder, old)
    text = (old / "plan" / "summary.json").read_text("utf-8")
    was = str(Path(json.loads(text)["description_file"]).parent)
    (old / "plan" / "summary.json").write_text(
        text.replace(json.dumps(was, ensure_ascii=False)[1:-1], json.dumps(str(old), ensure_ascii=False)[1:-1]), "utf-8"
    )
    shutil.copytree(old, copied)
    assert read_result(copied / "plan").summary["description_file"] == str(copied / "project.toml")
    table = next(Path(s["path"]) for s in read_result(copied / "plan").summary["inputs"] if s["path"].endswith(".csv"))
    table.write_text("\n".join(table.read_text("utf-8").splitlines()[:-1]) + "\n", "utf-8")
    assert read_result(copied / "plan").summary["description_file"] == str(old / "project.toml")
    shutil.rmtree(old)
    summary = read_result(copied / "plan").summary
    assert summary["description_file"] == str(copied / "project.toml")
    assert [n for n in stale(summary, {}) if n.severity == "warning"]


def test_a_description_without_its_layers_is_not_the_project(planned_once, tmp_path):
    shutil.copytree(planned_once.folder / "plan", tmp_path / "plan")
    shutil.copy(planned_once.project, tmp_path)
    was = json.loads((tmp_path / "plan" / "summary.json").read_text("utf-8"))
    assert read_result(tmp_path / "plan").summary == was


def test_a_plan_of_a_renamed_project_file_names_that(project_once, tmp_path, command):
    project = Path(shutil.copy(project_once, tmp_path / "Kej.beatplan"))
    document = ProjectDocument.open(project)
    try:
        summary = read_result(document.plan_folder(1)).summary
        assert summary["description_file"] == str(project)
        assert {s["path"] for s in summary["inputs"]} == {str(project)}
        assert summary["rules"]["units"]["path"] == project.name
        assert summary["rules"] == read_description(project).model_dump(mode="json")
    finally:
        document.close()
    out = tmp_path / "elsewhere" / "plan"
    out.parent.mkdir()
    assert command("project", "extract", project, 1, "--out", out)[0] == 0
    assert json.loads((out / "summary.json").read_text("utf-8"))["description_file"] == str(project)
    code, said, _ = command("verify", out)
    assert code == 0, said


def test_a_plan_made_on_windows_finds_its_project_here(tmp_path):
    (tmp_path / "layers").mkdir()
    for name in ("project.toml", "layers/units.gpkg"):
        (tmp_path / name).write_text("x", "utf-8")
    claims = {
        "description_file": r"C:\Town\project.toml",
        "rules": {"units": {"path": r"layers\units.gpkg"}},
        "inputs": [{"role": "units", "path": r"C:\town\layers\units.gpkg", "sha256": "0"}],
    }
    found = as_it_lies(claims, tmp_path / "plan")
    assert found["description_file"] == str(tmp_path / "project.toml")
    assert found["inputs"][0]["path"] == str(tmp_path / "layers" / "units.gpkg")


@pytest.mark.parametrize(
    "changed",
    [
        {"description_file": "/" + "x" * 300},
        {"description_file": "/town/" + "x/" * 3000 + "project.toml"},
        {"description_file": "/town/pro\0ject.toml"},
        {"description_file": "/"},
        {"description_file": "/town/../../project.toml"},
        {"description_file": 7},
        {"inputs": None},
        {"inputs": [7]},
        {"inputs": [{"path": 7}]},
        {"inputs": [{"role": "units", "path": "/town/" + "x" * 300}]},
        {"inputs": [{"role": "units", "path": "/town/un\0its.gpkg"}]},
        {"rules": ["units.gpkg"]},
    ],
)
def test_what_is_no_path_is_left_as_it_was_written(changed, tmp_path):
    (tmp_path / "plan").mkdir()
    (tmp_path / "project.toml").write_text("x", "utf-8")
    claims = {
        "description_file": "/town/project.toml",
        "rules": {"units": {"path": "units.gpkg"}},
        "inputs": [{"role": "units", "path": "/town/units.gpkg", "sha256": "0"}],
    }
    assert as_it_lies(claims | changed, tmp_path / "plan") == claims | changed


@pytest.mark.parametrize("kind", ["link", "pipe", "server", "endless", "device"])
def test_a_pointer_that_came_with_a_plan_is_read_only_as_a_small_file(kind, tmp_path):
    (tmp_path / "plan").mkdir()
    project, pointer = tmp_path / "other.toml", tmp_path / POINTER
    project.write_text("x", "utf-8")
    if kind == "link":
        (tmp_path / "said").write_text(str(project), "utf-8")
        pointer.symlink_to(tmp_path / "said")
    elif kind == "pipe":
        os.mkfifo(pointer)
    else:
        said = {"server": "//server/share/other.toml", "endless": f"{project}{' ' * 2000}", "device": os.devnull}
        pointer.write_text(said[kind], "utf-8")
    claims = {"description_file": "/town/project.toml", "rules": {}, "inputs": []}
    if kind == "device":
        of_file = claims | {"description_file": "/town/town.beatplan"}
        assert as_it_lies(of_file, tmp_path / "plan") == of_file
    assert as_it_lies(claims, tmp_path / "plan") == claims
    pointer.unlink()
    point_to(project, tmp_path)
    assert as_it_lies(claims, tmp_path / "plan")["description_file"] == str(project)


def test_no_server_is_asked_for_a_project(tmp_path, monkeypatch):
    here = Path.stat

    def state(self: Path, **how: bool) -> os.stat_result:
        return pytest.fail(str(self)) if str(self).startswith("//") else here(self, **how)

    monkeypatch.setattr(Path, "stat", state)
    claims = {
        "description_file": "//server/share/project.toml",
        "rules": {"units": {"path": "units.gpkg"}},
        "inputs": [{"role": "units", "path": "//server/share/units.gpkg", "sha256": "0"}],
    }
    assert as_it_lies(claims, tmp_path) == claims
