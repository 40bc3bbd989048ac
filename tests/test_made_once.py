"""Workers of one run make a shared folder once; the next one makes it where the first failed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import made_once
import pytest

pytestmark = pytest.mark.skipif(made_once.fcntl is None, reason="without locks each worker makes its own")


def test_workers_that_want_a_folder_at_once_have_it_made_by_one(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    makers = []

    def make(folder):
        makers.append(folder)
        (folder / "a").write_text("whole", "utf-8")

    def worker(number):
        own = tmp_path / f"popen-gw{number}"
        own.mkdir()
        return made_once.made_once(SimpleNamespace(getbasetemp=lambda: own), "town", make)

    with ThreadPoolExecutor(4) as workers:
        found = list(workers.map(worker, range(4)))
    assert makers == [tmp_path / "town"] and set(found) == set(makers)
    # without workers it lies in the run's own folder
    monkeypatch.delenv("PYTEST_XDIST_WORKER")
    assert worker(4) == tmp_path / "popen-gw4" / "town"


def test_what_a_failed_worker_left_is_made_anew(tmp_path):
    def fail(folder):
        (folder / "half").write_text("half", "utf-8")
        raise RuntimeError("a worker failed")

    factory = SimpleNamespace(getbasetemp=lambda: tmp_path)
    with pytest.raises(RuntimeError):
        made_once.made_once(factory, "town", fail)
    folder = made_once.made_once(factory, "town", lambda folder: (folder / "whole").touch())
    assert [p.name for p in folder.iterdir()] == ["whole"]
