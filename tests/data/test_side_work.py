"""Work that other processes do: the same comes of it whoever does it, and a lost process loses nothing."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from beatplanner.data.errors import InputError, problem
from beatplanner.data.side_work import SideWork, side_work


def who(*_: object) -> int:
    return os.getpid()


def refuse() -> None:
    raise InputError(problem("this cannot be used", "Mend it", file="a.csv", row="3"))


def end_once(mark: Path) -> str:
    """End the whole process where nobody has done so before."""
    if not mark.exists():
        mark.write_text("ended", encoding="utf-8")
        os._exit(1)
    return "done"


def test_without_processes_the_one_who_takes_does_it():
    side = SideWork()
    task = side.give(who)
    assert task.take() == os.getpid()
    assert task.take() == os.getpid()
    with pytest.raises(InputError):
        side.give(refuse).take()


def test_another_process_works_and_its_refusals_and_its_end_lose_nothing(tmp_path):
    with side_work(1) as side:
        first = side.give(who)
        first.ended.wait()
        assert first.take() != os.getpid()
        refused = side.give(refuse)
        refused.ended.wait()
        with pytest.raises(InputError) as found:
            refused.take()
        assert found.value.problems[0].row == "3"
        # the process ends in the middle of a task: who takes it does it again, and what waits behind it
        broken, behind = side.give(end_once, tmp_path / "mark"), side.give(who)
        broken.ended.wait()
        assert broken.take() == "done"
        assert behind.take() == os.getpid()
    assert side.give(who).take() == os.getpid()


def test_what_is_dropped_is_begun_by_nobody():
    side = SideWork()
    task = side.give(refuse)
    task.drop()
    assert not side.waiting
    with side_work(1) as side:
        task = side.give(refuse)
        task.drop()
        assert task.ended.is_set() or not side.waiting


def test_what_another_process_loaded_is_not_looked_through_for_circles():
    with side_work(1) as side:
        frozen, sweeps = side.give(gc.get_freeze_count), side.give(gc.isenabled)
        frozen.ended.wait()
        sweeps.ended.wait()
        assert frozen.take() > 1_000
        assert sweeps.take() is True
