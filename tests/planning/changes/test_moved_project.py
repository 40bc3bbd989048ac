"""A project that was moved, renamed or copied with its plan is read where it lies now, by everything that reads it again."""

import json
import os
import shutil
from pathlib import Path

import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.formats.content import state_of_input
from beatplanner.data.formats.fingerprint import fingerprint
from beatplanner.data.project.document import ProjectDocument
from beatplanner.data.result import moved_project
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.moved_project import POINTER, as_it_lies, other_beside, point_to
from beatplanner.data.result.stale import stale
from beatplanner.planning.changes.sharing_out import share_officers_out
from beatplanner.planning.compare.robustness import read_records
from beatplanner.planning.forum.forum_pack import town_of
from beatplanner.planning.service.command import look_at_service
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.country import sum_up_again


def _as_if_made_in(place: str, plan: Path) -> None:
    """Write into a plan's summary that it was made in another folder."""
    text = (plan / "summary.json").read_text("utf-8")
    was = json.dumps(str(Path(json.loads(text)["description_file"]).parent), ensure_ascii=False)[1:-1]
    assert was in text
    (plan / "summary.json").write_text(text.replace(was, json.dumps(place, ensure_ascii=False)[1:-1]), "utf-8")


@pytest.fixture(scope="module", params=["moved", "renamed"])
def moved(request, planned_once, tmp_path_factory) -> tuple[Path, Path]:
    """A town whose plan was made in a folder that is not there any more; returns its description and its plan."""
    folder = tmp_path_factory.mktemp("now") / "town"
    shutil.copytree(planned_once.folder, folder)
    _as_if_made_in("/a folder/that is gone", folder / "plan")
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
    _as_if_made_in(str(old), old / "plan")
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


def test_a_project_on_the_server_of_its_plan_is_looked_for_there(tmp_path, monkeypatch):
    """As Windows has the folders of an office; “//tmp/…” is a path of this computer, which leads to a server as ours are told apart."""
    monkeypatch.setattr(moved_project, "whole_path", lambda path: Path(os.path.abspath(path)))  # noqa: PTH100
    there = Path(f"/{tmp_path}")
    for name in ("project.toml", "a backup.toml", "units.csv"):
        (tmp_path / name).write_text("as planned", "utf-8")
    claims = {
        "description_file": str(there / "project.toml"),
        "description_sha256": fingerprint(tmp_path / "project.toml"),
        "rules": {"units": {"path": "units.csv"}},
        "inputs": [{"role": "units", "path": str(there / "units.csv"), "sha256": fingerprint(tmp_path / "units.csv")}],
    }
    assert as_it_lies(claims, there / "plan") == claims
    # what was changed there is not taken for its backup
    (tmp_path / "project.toml").write_text("changed", "utf-8")
    assert as_it_lies(claims, there / "plan") == claims
    # moved on that server
    (tmp_path / "moved").mkdir()
    for name in ("project.toml", "units.csv"):
        (tmp_path / name).rename(tmp_path / "moved" / name)
    (tmp_path / "a backup.toml").unlink()
    found = as_it_lies(claims, there / "moved" / "plan")
    assert found["description_file"] == str(there / "moved" / "project.toml")
    assert found["inputs"][0]["path"] == str(there / "moved" / "units.csv")
    # to a plan that lies here it is another computer's
    here = Path.stat

    def state(self: Path, **how: bool) -> os.stat_result:
        return pytest.fail(str(self)) if str(self).startswith("//") else here(self, **how)

    with monkeypatch.context() as asked:
        asked.setattr(Path, "stat", state)
        assert as_it_lies(claims, tmp_path / "elsewhere" / "plan") == claims


@pytest.mark.parametrize("what", ["rules", "layer"])
def test_a_copy_that_was_edited_is_no_silent_stand_in_for_the_old_place(what, planned_once, tmp_path, command):
    """“stale” called such a plan that of its rules and data, and “pack” took the consents of the old place."""
    copied = Path(shutil.copytree(planned_once.folder, tmp_path / "2028"))
    assert other_beside(read_result(copied / "plan").summary, copied / "plan") is None
    assert command("stale", copied / "plan")[0] == 0
    changed = copied / ("project.toml" if what == "rules" else "sites.csv")
    old, new = ("tolerance = 0.25", "tolerance = 0.2") if what == "rules" else ("1000", "1001")
    text = changed.read_text("utf-8")
    assert old in text
    changed.write_text(text.replace(old, new), "utf-8")
    before = {f: f.read_bytes() for f in (copied / "plan").rglob("*") if f.is_file()}
    code, said, _ = command("stale", copied / "plan")
    assert code == 4 and "project.toml" in said
    code, _, said = command("pack", copied / "plan")
    assert code == 1 and "has other rules or data than the plan" in " ".join(said.split())
    assert {f: f.read_bytes() for f in (copied / "plan").rglob("*") if f.is_file()} == before


def test_of_two_copies_of_a_renamed_description_the_one_with_layers_is_the_project(planned_once, tmp_path):
    town = Path(shutil.copytree(planned_once.folder, tmp_path / "town"))
    _as_if_made_in("/a folder/that is gone", town / "plan")
    (town / "out").mkdir()
    (town / "plan").rename(town / "out" / "plan")
    (town / "project.toml").rename(town / "Kej.toml")
    shutil.copy(town / "Kej.toml", town / "out" / "copy.toml")
    assert read_result(town / "out" / "plan").summary["description_file"] == str(town / "Kej.toml")


def test_a_backup_is_not_taken_for_the_project_that_was_moved_and_edited(planned_once, tmp_path):
    town = Path(shutil.copytree(planned_once.folder, tmp_path / "town"))
    _as_if_made_in("/a folder/that is gone", town / "plan")
    shutil.copy(town / "project.toml", town / "a backup.toml")
    text = (town / "project.toml").read_text("utf-8")
    (town / "project.toml").write_text(text.replace("tolerance = 0.25", "tolerance = 0.2"), "utf-8")
    summary = read_result(town / "plan").summary
    assert summary["description_file"] == str(town / "project.toml")
    assert [n for n in stale(summary, {}) if n.severity == "warning"]
    # one that was renamed and lies nearer than another of the old name is the project
    nearer = Path(shutil.copytree(town, town / "nearer"))
    (nearer / "project.toml").unlink()
    assert read_result(nearer / "plan").summary["description_file"] == str(nearer / "a backup.toml")


def test_a_loop_of_links_where_the_project_was_is_no_fault_of_the_plan(tmp_path):
    (tmp_path / "town").symlink_to(tmp_path / "town")
    (tmp_path / "now").mkdir()
    for name in ("project.toml", "units.csv"):
        (tmp_path / "now" / name).write_text("x", "utf-8")
    claims = {
        "description_file": str(tmp_path / "town" / "project.toml"),
        "rules": {"units": {"path": "units.csv"}},
        "inputs": [{"role": "units", "path": str(tmp_path / "town" / "units.csv"), "sha256": "0"}],
    }
    found = as_it_lies(claims, tmp_path / "now" / "plan")
    assert found["description_file"] == str(tmp_path / "now" / "project.toml")
    assert found["inputs"][0]["path"] == str(tmp_path / "now" / "units.csv")


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
