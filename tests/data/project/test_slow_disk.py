"""A large project on a slow disk: it is open before its copy is made, a save ends where it is stopped, and nothing half written stays."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing

import pytest

from beatplanner.data.errors import InputError
from beatplanner.data.project import journal, safe_save
from beatplanner.data.project.document import ProjectDocument, read_document
from beatplanner.data.project.journal import BASE


@pytest.fixture
def project(project_once, tmp_path):
    return shutil.copyfile(project_once, tmp_path / "town.gpkg")


@pytest.fixture
def slow(monkeypatch):
    """Let a copy beside the work wait until the test lets it go on; it looks meanwhile whether it is still wanted."""
    go, copy = threading.Event(), journal.copy_package

    def slowly(source, target, look):
        while not go.wait(0.001):
            look()
        copy(source, target, look)

    monkeypatch.setattr(journal, "AT_ONCE", 0)
    monkeypatch.setattr(journal, "copy_package", slowly)
    yield go
    go.set()


def test_a_project_is_open_before_it_is_copied_and_its_copy_is_whole_or_not_there(project, slow):
    document = ProjectDocument.open(project)
    folder = document._journal.folder
    document.record("Work")
    assert not (folder / BASE).exists()
    slow.set()
    document._journal.wait_for_base()
    assert (folder / BASE).read_bytes() == project.read_bytes()
    assert sorted(p.name for p in folder.iterdir()) == [BASE, journal.JOURNAL]
    document.close()
    assert not folder.exists()


def test_closing_waits_for_no_copy(project, slow):
    document = ProjectDocument.open(project)
    folder = document._journal.folder
    document.close()
    assert not folder.exists() and not slow.is_set()


def test_a_save_waits_for_the_copy_and_is_stopped_in_it(project, slow):
    document = ProjectDocument.open(project)
    document.record("Work")
    before, job = project.read_bytes(), document.prepare_save()
    threading.Timer(0.05, job.stop).start()
    with pytest.raises(InputError, match="was stopped"):
        job.write()
    assert project.read_bytes() == before and document.dirty
    slow.set()
    document.save()
    assert read_document(project).content.history[-1].what == "Work"
    document.close()


@pytest.mark.parametrize("logged", [False, True])
@pytest.mark.parametrize("looks", [1, 2, 3])
def test_a_save_ends_at_the_look_at_which_it_was_stopped(project, monkeypatch, looks, logged):
    # many looks for few bytes
    monkeypatch.setattr(safe_save, "PIECE", 1 << 14)
    monkeypatch.setattr(safe_save, "PAGES", 4)
    reader = sqlite3.connect(project)
    if logged:
        # another program has changes of its own in the log beside the file
        assert reader.execute("PRAGMA journal_mode=WAL").fetchall() == [("wal",)]
        with closing(sqlite3.connect(project)) as other:
            other.execute("CREATE TABLE beside (v)")
            other.commit()
            # who reads last would take the log away as it goes
            reader.execute("SELECT count(*) FROM beside").fetchall()
        assert project.with_name("town.gpkg-wal").exists()
    document = ProjectDocument.open(project)
    document.record("Work")
    before, job = project.read_bytes(), document.prepare_save()
    seen: list[int] = []
    look = job._look

    def count() -> None:
        seen.append(1)
        if len(seen) == looks + 2:
            job.stop()
        look()

    monkeypatch.setattr(job, "_look", count)
    with pytest.raises(InputError, match="was stopped"):
        job.write()
    # nothing was done after it
    assert len(seen) == looks + 2
    assert project.read_bytes() == before
    assert not [p.name for p in project.parent.iterdir() if "part" in p.name]
    document.close()
    reader.close()
