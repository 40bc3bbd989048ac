"""Swaps and saves that are killed at each of their steps leave the old or the new; places are tried before the work."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from beatplanner.data import output_place, running_programs
from beatplanner.data.errors import InputError
from beatplanner.data.output_place import cannot_write, recover_output, scratch_folder, swap_in, try_place

# A child that ends itself, as a kill would, at one of the steps that change files; it counts them in a trace of the interpreter's own events.
KILLED = """
import os, signal, sys
from pathlib import Path
from beatplanner.data import output_place

kill_at, steps = int(sys.argv[1]), 0
def count(event, arguments):
    global steps
    if event in ("os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "ctypes.dlsym"):
        if event == "ctypes.dlsym" and arguments[1] != "renameat2":
            return
        steps += 1
        if steps == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[3] == "two renames":
    output_place._exchange = lambda one, other: False
out = Path(sys.argv[2])
part = out.parent / f".{out.name}.{os.getpid()}.part"
(part / "forum").mkdir(parents=True)
for name in ("plan.gpkg", "forum/pack.pdf"):
    (part / name).write_text("new")
sys.addaudithook(count)
output_place.swap_in(part, out)
"""


@pytest.mark.skipif(os.name == "nt", reason="kills by signal")
@pytest.mark.parametrize("how", ["in one step", "two renames"])
def test_a_kill_at_any_step_of_a_swap_leaves_the_old_or_the_new(tmp_path, how):
    seen, step = set(), 0
    while True:
        step += 1
        shutil.rmtree(tmp_path / "p", ignore_errors=True)
        out = tmp_path / "p" / "plan"
        (out / "forum").mkdir(parents=True)
        for name in ("plan.gpkg", "forum/pack.pdf"):
            (out / name).write_text("old")
        ended = subprocess.run([sys.executable, "-c", KILLED, str(step), str(out), how], capture_output=True)
        recover_output(out / "plan.gpkg")
        recover_output(out)
        found = {(out / name).read_text() for name in ("plan.gpkg", "forum/pack.pdf")}
        assert len(found) == 1, f"step {step}: half a result"
        assert [p.name for p in out.parent.iterdir()] == ["plan"], f"step {step}: leftovers stay"
        seen |= found
        if ended.returncode == 0:
            break
    assert step > 3
    assert seen == {"old", "new"}


def test_what_a_running_program_writes_stays(tmp_path):
    ours, other = tmp_path / f".plan.{2**22 + 7}.part", tmp_path / f".plan.{os.getppid()}.part"
    strange = tmp_path / ".plan.old"
    for folder in (ours, other, strange):
        folder.mkdir()
    recover_output(tmp_path / "plan")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([other.name, strange.name])


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing tells when a process began")
def test_what_a_running_program_keeps_is_no_older_than_itself_whenever_the_system_looked_at_it(tmp_path, monkeypatch):
    """Where memory is short Linux forgets the folders below /proc and makes them anew with the time of then; a plan under way was deleted by another."""
    began = running_programs._began(os.getppid())
    assert began is not None and began < time.time()
    kept = tmp_path / f".plan.{os.getppid()}.part"
    kept.mkdir()
    real = Path.stat

    def looked_at_now(path, **more):
        return SimpleNamespace(st_mtime=time.time() + 3600) if "proc" in path.parts else real(path, **more)

    monkeypatch.setattr(Path, "stat", looked_at_now)
    # as old as the process, to the second; a number that was another's is known by what is older
    for age, is_old in ((began, False), (began + 5, False), (began - 5, True)):
        os.utime(kept, (age, age))
        assert running_programs.is_left_over(kept, os.getppid()) is is_old
    # where nothing is told of a process that runs, what it wrote stays
    monkeypatch.setattr(running_programs, "_linux_field", lambda pid, number: "")
    assert not running_programs.is_left_over(kept, os.getppid())
    recover_output(tmp_path / "plan")
    assert kept.exists()


def test_the_next_command_brings_a_result_back(tmp_path, command):
    aside = tmp_path / f".plan.{2**22 + 7}.old"
    aside.mkdir()
    (aside / "summary.json").write_text("{}")
    code, _, error = command("verify", tmp_path / "plan")
    assert code == 1
    assert "plan.gpkg" in error
    assert json.loads((tmp_path / "plan" / "summary.json").read_text()) == {}


def test_a_swap_of_folders_needs_no_exchange(tmp_path, monkeypatch):
    monkeypatch.setattr(output_place, "_exchange", lambda one, other: False)
    for name in ("plan", ".plan.1.part"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text(name)
    swap_in(tmp_path / ".plan.1.part", tmp_path / "plan")
    assert [p.name for p in tmp_path.iterdir()] == ["plan"]
    assert (tmp_path / "plan" / "a").read_text() == ".plan.1.part"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no room left"),
        (errno.EROFS, "only be read"),
        (errno.EACCES, "may not write"),
        (errno.EIO, "cannot be written"),
    ],
)
def test_a_place_is_tried_before_the_work_and_named(tmp_path, monkeypatch, number, words):
    def refuse(self, *arguments, **options):
        if self.parent == tmp_path:
            raise OSError(number, os.strerror(number), str(self))
        return original(self, *arguments, **options)

    original = Path.open
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match=words) as raised:
        try_place(tmp_path / "plan")
    assert str(tmp_path / "plan") in str(raised.value)
    # below folders that are still to be made, too
    with pytest.raises(InputError, match=words) as raised:
        try_place(tmp_path / "a" / "b" / "plan")
    assert str(tmp_path / "a" / "b" / "plan") in str(raised.value)
    assert output_place.PROBE not in str(raised.value)


def test_a_full_scratch_place_is_named_itself(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(output_place.tempfile, "gettempdir", lambda: str(scratch))
    usage = shutil.disk_usage(tmp_path)._replace(free=0)
    real = shutil.disk_usage
    monkeypatch.setattr(output_place.shutil, "disk_usage", lambda p: usage if Path(p) == scratch else real(p))
    with pytest.raises(InputError, match="no room left") as raised:
        try_place(tmp_path / "plan")
    assert str(scratch) in str(raised.value)


def test_an_error_elsewhere_is_told_with_its_own_place(tmp_path):
    out, part = tmp_path / "plan", tmp_path / ".plan.5.part" / "plan.gpkg"
    assert str(cannot_write(OSError(28, "No space left", str(part)), out).file) == str(out)
    elsewhere = str(Path("/somewhere/else/x"))
    assert str(cannot_write(OSError(28, "No space left", elsewhere), out).file) == elsewhere


def test_every_command_names_the_place_that_it_cannot_write(town, command, monkeypatch, tmp_path):
    from beatplanner.ui.commands import app

    out = tmp_path / "no" / "town.beatplan"
    (tmp_path / "no").touch()
    monkeypatch.setattr("beatplanner.data.project.build.read_town", textwrap.dedent)  # would fail if it were reached
    code, _, error = command("build", town.project, "-o", out)
    assert code == 1
    assert str(out) in error
    # a command whose writer says nothing itself
    for number in (errno.ENOSPC, errno.EROFS, errno.EACCES):

        def refuse(*arguments, number=number, **options):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr("sys.argv", ["beatplanner", "build", "p.toml", "-o", str(out)])
        monkeypatch.setattr(app, "app", refuse)
        with pytest.raises(SystemExit) as left:
            app.run()
        assert left.value.code == 1
    # the name of a file that is being written is no place
    half = tmp_path / ".map.77.part.png"
    assert str(cannot_write(OSError(28, "No space left", str(half)), tmp_path / "b" / "map.png").file) == str(tmp_path)


def test_scratch_folders_of_dead_programs_are_deleted(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(output_place.tempfile, "tempdir", None)
    dead, living = tmp_path / f"beatplanner-{2**22 + 7}-abc", tmp_path / f"beatplanner-{os.getppid()}-abc"
    for folder in (dead, living):
        folder.mkdir()
        (folder / "names.json").write_text("{}")
    with scratch_folder() as folder:
        assert folder.parent == tmp_path
        assert not dead.exists()
        assert living.exists()
    assert not folder.exists()


def test_planning_does_not_begin_where_the_result_cannot_go(town, command, monkeypatch):
    def no(out):
        raise InputError(cannot_write(PermissionError(13, "Permission denied"), out))

    monkeypatch.setattr(output_place, "try_place", no)
    monkeypatch.setattr("beatplanner.planning.whole.run.read_town", textwrap.dedent)  # would fail if it were reached
    code, _, error = command("plan", town.project, "--out", town.folder / "plan")
    assert code == 1
    assert "you may not write here" in error


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch, command):
    from beatplanner.data.errors import InputError
    from beatplanner.data.output_place import write_file

    file, whole = tmp_path / "kept.docx", Path.write_bytes
    write_file(file, b"before")

    def full(path, content):
        whole(path, content[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(InputError, match="no room left"):
            write_file(file, b"after")
        code, _, error = command("job-template", "--out", tmp_path / "new.docx")
        assert code == 1 and "no room left" in error and "new.docx" in error
    assert file.read_bytes() == b"before" and [p.name for p in tmp_path.iterdir()] == ["kept.docx"]


def test_a_file_that_another_program_holds_is_told_as_held():
    """Windows refuses it as it refuses a place that may not be written; only its own number tells the two apart."""
    from beatplanner.data.output_place import cannot_write
    from beatplanner.data.project.safe_save import cannot_save

    for number, said in ((32, "another program, such as"), (33, "another program, such as"), (5, "may")):
        error = PermissionError(13, "The process cannot access the file")
        error.winerror = number
        for refused in (cannot_write(error, "map.png"), cannot_save(error, Path("town.beatplan"))):
            assert said in str(refused) and ("another program" in str(refused)) == (number != 5)
