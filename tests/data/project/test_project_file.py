"""The project file: what it holds comes back, older ones are migrated, newer refused, and no save loses what was saved."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pyogrio
import pytest

from beatplanner.data import output_place
from beatplanner.data.description.version import version_of
from beatplanner.data.errors import InputError
from beatplanner.data.project import journal, safe_save
from beatplanner.data.project import lock as project_lock
from beatplanner.data.project.build import build
from beatplanner.data.project.document import ProjectDocument, read_document
from beatplanner.data.project.journal import recoveries
from beatplanner.data.project.lock import ProjectLock
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run
from conftest import write_grid_town

pytestmark = pytest.mark.usefixtures("bare_plans")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project file and one plan of it."""
    folder = tmp_path_factory.mktemp("project")
    town = write_grid_town(folder / "layers")
    build(town.project, folder / "town.gpkg")
    run(folder / "town.gpkg", folder / "plan", steps=("beats",))
    shutil.rmtree(folder / "layers")
    return folder


@pytest.fixture
def project(made, tmp_path):
    folder = tmp_path / "Проект folder"
    folder.mkdir()
    return Path(shutil.copyfile(made / "town.gpkg", folder / "town.gpkg"))


def test_everything_comes_back(project, made):
    with_lock = ProjectDocument.open(project)
    with_lock.author = "Ана"
    with_lock.add_scenario("Five", {"beats": {"count": 5}}, "note", "the mayor asked")
    with_lock.change_rules({"beats": {"tolerance": 0.3}}, "Tolerance 30 %")
    plan = with_lock.add_plan(made / "plan", reason="for the council")
    with_lock.keep("draft", {"3": "2"}, "Unit 3 painted to beat 2", "school moved", kind="edit")
    assert with_lock.dirty
    with_lock.save()
    assert not with_lock.dirty
    with_lock.close()
    # a project is the same under another name
    moved = project.rename(project.with_name("renamed.gpkg"))
    again = ProjectDocument.open(moved)
    assert again.active == "Five"
    assert again.description().beats.count == 5
    assert again.description().beats.tolerance == 0.3
    assert again.description("").beats.count == 4
    assert again.content.state["draft"] == {"3": "2"}
    assert [(e.what, e.author, e.reason) for e in again.content.history[1:]] == [
        ("Scenario “Five” added", "Ана", "the mayor asked"),
        ("Tolerance 30 %", "Ана", ""),
        ("Plan 1 made", "Ана", "for the council"),
        ("Unit 3 painted to beat 2", "Ана", "school moved"),
    ]
    assert again.content.plans[1].scenario == "Five"
    assert again.content.plans[1].name == plan.name
    assert verify(again.plan_folder(1)).ok
    again.close()


def test_other_programs_open_it(project, made):
    document = ProjectDocument.open(project)
    document.add_plan(made / "plan")
    document.save()
    document.close()
    layers = {str(name): kind for name, kind in pyogrio.list_layers(project)}
    assert layers["units"] == layers["plan_1_beats"] == layers["plan_1_units"] == "Polygon"
    assert layers["beatplanner_history"] is None
    units = pyogrio.read_dataframe(project, layer="plan_1_units")
    own = pyogrio.read_dataframe(made / "plan" / "plan.gpkg", layer="units")
    saved, planned = (dict(zip(f["unit"].astype(str), f["beat"], strict=True)) for f in (units, own))
    assert saved == planned
    assert units.geometry.area.sum() == pytest.approx(own.geometry.area.sum())
    with closing(sqlite3.connect(project)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        contents = {row[0] for row in database.execute("SELECT table_name FROM gpkg_contents")}
        there = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
        styled = {row[0] for row in database.execute("SELECT f_table_name FROM layer_styles")}
    assert contents <= there
    assert {"units", "plan_1_beats", "plan_1_units"} <= styled
    document = ProjectDocument.open(project)
    document.remove_plan(1, "a mistake")
    document.save()
    assert not [name for name, _ in pyogrio.list_layers(project) if str(name).startswith("plan_")]
    with closing(sqlite3.connect(project)) as database:
        assert not list(database.execute("SELECT name FROM sqlite_master WHERE name LIKE '%plan_1_%'"))
    # numbers are not given twice
    assert document.add_plan(made / "plan").id == 2
    document.close()


def as_format_1(project: Path) -> None:
    with closing(sqlite3.connect(project)) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE name LIKE 'beatplanner_%'").fetchall():
            if name != "beatplanner_project":
                database.execute(f"DROP TABLE {name}")
        database.execute("DELETE FROM gpkg_contents WHERE table_name LIKE 'beatplanner_%'")


def test_an_older_version_is_migrated_and_a_copy_kept(project, command):
    as_format_1(project)
    before = project.read_bytes()
    assert version_of(project) == (1, "")
    document = ProjectDocument.open(project)
    assert document.description().beats.count == 4
    assert project.read_bytes() == before
    document.close()
    code, out, _ = command("project", "migrate", project)
    assert code == 0
    assert "format 2" in out
    assert version_of(project)[0] == 2
    assert (project.parent / "town (format 1).gpkg").read_bytes() == before
    assert read_document(project).content.history[-1].kind == "migration"


def test_a_newer_version_is_refused_in_plain_words(project, command):
    with closing(sqlite3.connect(project)) as database, database:
        database.execute("UPDATE beatplanner_meta SET value = '7' WHERE key = 'schema'")
    with pytest.raises(InputError, match="newer beatplanner"):
        ProjectDocument.open(project)
    code, said, _ = command("check", project)
    assert code == 1
    assert "newer beatplanner" in said
    assert "Update beatplanner" in said
    assert not list(project.parent.glob(".*"))


def test_wrong_rules_change_nothing(project):
    document = ProjectDocument.open(project)
    with pytest.raises(InputError, match="cuont"):
        document.change_rules({"beats": {"cuont": 3}}, "Typing error")
    with pytest.raises(InputError, match="today's beats"):
        document.change_rules({"beats": {"current": None, "max_moved": 0.1}}, "Contradiction")
    assert not document.dirty
    document.close()


def test_two_windows_are_noticed(project):
    first, second = ProjectDocument.open(project), ProjectDocument.open(project)
    assert not first.read_only_because
    assert "has this project open" in second.read_only_because
    second.record("Work of the second window")
    with pytest.raises(InputError, match="has this project open"):
        second.save()
    copy = second.save(project.with_name("copy.gpkg"))
    assert read_document(copy).content.history[-1].what == "Work of the second window"
    assert not second.read_only_because
    # the first saves as ever, and a third opens once it is closed
    first.record("Work of the first")
    first.save()
    first.close()
    third = ProjectDocument.open(project)
    assert not third.read_only_because
    for document in (second, third):
        document.close()
    assert not list(project.parent.glob(".*"))


def test_a_stale_lock_is_taken_over(project, monkeypatch):
    lock = ProjectLock(project)
    child = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    content = {"user": "x", "host": project_lock.platform.node(), "pid": int(child.stdout), "since": "", "token": "t"}
    lock.file.write_text(json.dumps(content), encoding="utf-8")
    assert lock.acquire()
    lock.release()
    # the process number was given to another program since
    lock.file.write_text(json.dumps(content | {"pid": os.getpid(), "started": "1"}), encoding="utf-8")
    assert lock.acquire()
    lock.release()
    # on another computer only time tells
    lock.file.write_text(json.dumps(content | {"host": "elsewhere", "user": "Бојан"}), encoding="utf-8")
    assert not lock.acquire()
    assert "Бојан on elsewhere" in str(lock.holder)
    old = time.time() - 2 * project_lock.STALE
    os.utime(lock.file, (old, old))
    assert lock.acquire()
    other = ProjectLock(project)
    assert not other.acquire()
    # one that may not be read, or says nothing, belongs to somebody all the same, until it is old; a moment of that loses no lock
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", denied)
        assert lock.touch() and not other.acquire() and str(other.holder) == "another user"
    lock.release()
    assert not lock.file.exists()
    lock.file.write_text("", encoding="utf-8")
    assert not other.acquire()
    os.utime(lock.file, (old, old))
    assert other.acquire()
    other.release()


def denied(*_: object, **__: object) -> str:
    raise PermissionError(13, "denied")


def test_a_file_saved_by_another_window_is_not_overwritten(project):
    document = ProjectDocument.open(project)
    document.record("Mine")
    other = read_document(project)
    other.record("Theirs, from a computer whose lock was lost")
    other.save()
    with pytest.raises(InputError, match="saved by another window"):
        document.save()
    assert read_document(project).content.history[-1].what.startswith("Theirs")
    assert document.dirty
    document.close()


def test_kills_during_saves_lose_nothing(project, tmp_path, monkeypatch):
    from benchmarks.saving import kill_during_saves

    # the children keep their journals where the parent looks for them
    monkeypatch.undo()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    if os.name == "nt":
        monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "home"))
    found = kill_during_saves(project, 15, seed=1)
    assert found["kills"] == 15


LIMITED = """
import resource, signal, sys
from pathlib import Path
from beatplanner.data.project.document import ProjectDocument
from beatplanner.data.errors import InputError

document = ProjectDocument.open(Path(sys.argv[1]))
document.record("Something that needs room")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))
try:
    document.save()
except InputError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
document.save()
document.close()
"""


@pytest.mark.skipif(os.name == "nt", reason="the limit is one of POSIX")
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_full_disk_leaves_the_last_saved_state(project, share, tmp_path):
    limit = int(project.stat().st_size * share)
    env = os.environ | {"XDG_STATE_HOME": str(tmp_path / "home"), "PYTHONPATH": os.pathsep.join(sys.path)}
    found = subprocess.run(
        [sys.executable, "-c", LIMITED, str(project), str(limit)], capture_output=True, text=True, env=env, check=False
    )
    assert found.returncode == 0, found.stderr
    assert "no room left" in found.stdout and "last saved state is untouched" in found.stdout
    # and once there is room again the same work is saved
    assert read_document(project).content.history[-1].what == "Something that needs room"
    assert not list(project.parent.glob(".*"))


def test_a_read_only_folder_opens_and_says_so(project, monkeypatch, tmp_path):
    # root may write anywhere, so the refusal is imitated
    real = os.open

    def refuse(path, flags, *more, **named):
        if flags & os.O_CREAT and Path(path).parent == project.parent:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, flags, *more, **named)

    monkeypatch.setattr(project_lock.os, "open", refuse)
    document = ProjectDocument.open(project)
    assert "only be read" in document.read_only_because
    document.record("Work")
    with pytest.raises(InputError, match="Save it under another name"):
        document.save()
    target = tmp_path / "own" / "town.gpkg"
    target.parent.mkdir()
    document.save(target)
    assert read_document(target).content.history[-1].what == "Work"
    document.close()


def test_a_drive_that_vanishes_takes_nothing_along(project, made, tmp_path):
    document = ProjectDocument.open(project)
    document.add_plan(made / "plan")
    away = project.parent.rename(tmp_path / "drive away")
    with pytest.raises(InputError, match="folder is gone"):
        document.save()
    # the layers come from the copy on this computer
    saved = document.save(tmp_path / "rescued.gpkg")
    assert verify(ProjectDocument.open(saved, editing=False).plan_folder(1)).ok
    assert read_document(away / "town.gpkg").content.history[-1].kind == "build"
    document.close()


def test_a_file_open_in_qgis_is_neither_damaged_nor_ignored(project):
    """QGIS keeps a write-ahead log beside the file; swapping the file under it would play old pages over the new ones."""
    document = ProjectDocument.open(project)
    with closing(sqlite3.connect(project)) as qgis:
        qgis.execute("PRAGMA journal_mode=WAL")
        qgis.execute("UPDATE beatplanner_state SET value = value")
        qgis.execute("CREATE TABLE noted_in_qgis (fid INTEGER PRIMARY KEY)")
        qgis.commit()
        qgis.execute("BEGIN")
        qgis.execute("SELECT * FROM noted_in_qgis").fetchall()
        document.record("Work")
        # the save goes into the open file; who reads keeps what it reads until it reads anew
        document.save()
        assert qgis.execute("SELECT * FROM noted_in_qgis").fetchall() == []
        qgis.rollback()
    with closing(sqlite3.connect(project)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM noted_in_qgis").fetchone() == (0,)
    assert read_document(project).content.history[-1].what == "Work"
    document.close()


def test_a_target_that_nobody_may_replace_is_written_into_and_leaves_no_copy_beside(project, monkeypatch):
    document = ProjectDocument.open(project)
    document.record("Work")
    real = Path.replace

    def refuse(self, target):
        if Path(target) == project:
            raise PermissionError(13, "The process cannot access the file because it is being used by another process")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(output_place, "PAUSE", 0.0)
    document.save()
    monkeypatch.undo()
    assert read_document(project).content.history[-1].what == "Work"
    assert not list(project.parent.glob("*-new*"))
    document.close()


def test_what_a_crash_left_is_offered_once(project, made, monkeypatch):
    document = ProjectDocument.open(project)
    document.record("Saved")
    document.save()
    document.keep("draft", {"1": "2"}, "Painted", kind="edit")
    document.add_plan(made / "plan")
    document.close(keep_journal=True)
    assert recoveries(project) == []  # its program still runs
    monkeypatch.setattr(journal, "is_running", lambda pid: False)
    found = recoveries(project)
    assert len(found) == 1
    assert [d["what"] for d in found[0].done] == ["Painted", "Plan 1 made"]
    monkeypatch.undo()
    monkeypatch.setattr(journal, "recovery_folder", lambda: found[0].folder.parent)
    again = ProjectDocument.open(project)
    assert again.recover(found[0]) == 2
    found[0].forget()
    assert again.content.state["draft"] == {"1": "2"}
    assert verify(again.plan_folder(1)).ok
    again.save()
    again.close()
    assert recoveries(project) == []
    assert read_document(project).content.history[-1].kind == "recovery"
    assert verify(ProjectDocument.open(project, editing=False).plan_folder(1)).ok


def test_a_journal_cut_by_the_crash_is_read_up_to_there(project, monkeypatch):
    document = ProjectDocument.open(project)
    document.record("First")
    document.record("Second")
    folder = document._journal.folder
    document.close(keep_journal=True)
    file = folder / journal.JOURNAL
    file.write_bytes(file.read_bytes()[:-9])
    monkeypatch.setattr(journal, "is_running", lambda pid: False)
    assert [d["what"] for r in recoveries(project) for d in r.done] == ["First"]


def test_the_command_line_does_the_same(project, command, tmp_path):
    assert (
        command(
            "project",
            "scenario",
            project,
            "Five",
            "--set",
            "beats.count=5",
            "--set",
            "beats.objective=cut",
            "--reason",
            "asked",
        )[0]
        == 0
    )
    assert command("project", "scenario", project, "Five", "--set", "beats.cuont=5")[0] == 1
    assert command("project", "plan", project, "--scenario", "Five", "--name", "By hand", "--by", "Ана")[0] == 0
    code, out, _ = command("project", "show", project, "--json")
    found = json.loads(out)
    assert code == 0
    assert found["scenarios"] == {"Five": {"beats": {"count": 5, "objective": "cut"}}}
    assert [(p["name"], p["scenario"], p["author"], p["beats"]) for p in found["plans"]] == [
        ("By hand", "Five", "Ана", 5)
    ]
    assert command("project", "extract", project, 1, "--out", tmp_path / "out")[0] == 0
    code, said, _ = command("verify", tmp_path / "out")
    assert code == 0, said
    assert command("project", "drop", project, 1, "--reason", "test")[0] == 0
    assert command("project", "add", project, tmp_path / "out", "--name", "Back")[0] == 0
    code, out, _ = command("project", "history", project)
    assert "asked" in out
    assert code == 0


def test_leftovers_of_other_programs_stay(project):
    ours = project.with_name(f".{project.name}.{2**22 + 5}.part.gpkg")
    living = project.with_name(f".{project.name}.{os.getppid()}.part.gpkg")
    for file in (ours, living):
        file.write_bytes(b"half")
    safe_save.clear_leftovers(project)
    assert not ours.exists()
    assert living.exists()


def test_what_is_done_during_a_save_stays_unsaved_and_safe(project, made):
    document = ProjectDocument.open(project)
    document.add_edit({"kind": "paint", "units": ["3"], "beat": "2"}, "Painted")
    job = document.prepare_save()
    document.add_edit({"kind": "paint", "units": ["4"], "beat": "2"}, "Painted again")
    document.add_plan(made / "plan")
    job.write()
    document.finish_save(job)
    assert document.dirty
    assert len(read_document(project).edits) == 1
    assert [d["what"] for d in document._journal.since(0)] == ["Painted again", "Plan 1 made"]
    document.save()
    assert not document.dirty
    document.cut_edits(1, "Undone")
    document.save()
    document.close()
    again = ProjectDocument.open(project, editing=False)
    assert [e["units"] for e in again.edits] == [["3"]]
    assert verify(again.plan_folder(1)).ok
    again.close()


def test_a_project_that_a_reader_holds_is_written_into(tmp_path, monkeypatch):
    """Windows lets nobody replace a file that QGIS has open; the save goes into it, and leaves no copy beside it."""
    project = tmp_path / "town.gpkg"

    def put(value):
        def change(part):
            with closing(sqlite3.connect(part)) as database:
                database.execute("CREATE TABLE IF NOT EXISTS t (v)")
                database.execute("DELETE FROM t")
                database.execute("INSERT INTO t VALUES (?)", [value])
                database.commit()

        return change

    safe_save.replace_package(project, None, put("old"))
    reader = sqlite3.connect(project)
    assert reader.execute("SELECT v FROM t").fetchall() == [("old",)]

    def held(self, target):
        raise PermissionError(13, "the process cannot access the file because it is being used by another process")

    monkeypatch.setattr(output_place, "PAUSE", 0.0)
    with monkeypatch.context() as windows:
        windows.setattr(type(project), "replace", held)
        safe_save.replace_package(project, project, put("new"))
        assert reader.execute("SELECT v FROM t").fetchall() == [("new",)]
        # one that is in the middle of reading keeps what it reads, and the save says who is in the way
        cursor = reader.cursor()
        reader.execute("BEGIN")
        cursor.execute("SELECT v FROM t").fetchone()
        windows.setattr(safe_save, "BUSY_MS", 10)
        with pytest.raises(InputError, match="QGIS"):
            safe_save.replace_package(project, project, put("third"))
        reader.rollback()
    reader.close()
    assert [p.name for p in tmp_path.iterdir()] == ["town.gpkg"]
    with closing(sqlite3.connect(project)) as database:
        assert database.execute("SELECT v FROM t").fetchall() == [("new",)]
