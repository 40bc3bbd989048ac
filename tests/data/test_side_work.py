"""Work that other processes do: the same comes of it whoever does it, and a lost process loses nothing."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from beatplanner.data.errors import InputError, problem
from beatplanner.data.side_work import SideWork, page_progress, pages_done, side_work


def who(*_: object) -> int:
    return os.getpid()


def refuse() -> None:
    raise InputError(problem("this cannot be used", "Mend it", file="a.csv", row="3"))


def count_to(pages: int) -> int:
    for page in range(1, pages + 1):
        pages_done(page, pages)
    return os.getpid()


def end_once(mark: Path) -> str:
    """End the whole process where nobody has done so before."""
    if not mark.exists():
        mark.write_text("ended", encoding="utf-8")
        os._exit(1)
    return "done"


def test_without_processes_the_one_who_takes_does_it():
    side = SideWork()
    task = side.give(who)
    assert task.collect() == os.getpid()
    assert task.collect() == os.getpid()
    with pytest.raises(InputError):
        side.give(refuse).collect()


def test_another_process_works_and_its_refusals_and_its_end_lose_nothing(tmp_path):
    with side_work(1) as side:
        first = side.give(who)
        first.ended.wait()
        assert first.collect() != os.getpid()
        refused = side.give(refuse)
        refused.ended.wait()
        with pytest.raises(InputError) as found:
            refused.collect()
        assert found.value.problems[0].row == "3"
        # the process ends in the middle of a task: who takes it does it again, and what waits behind it
        broken, behind = side.give(end_once, tmp_path / "mark"), side.give(who)
        broken.ended.wait()
        assert broken.collect() == "done"
        assert behind.collect() == os.getpid()
    assert side.give(who).collect() == os.getpid()


def test_who_waits_is_told_how_far_the_work_is_whoever_does_it():
    heard = {"here": [], "there": [], "inside": []}

    def of(place):
        return lambda done, pages: heard[place].append((done, pages))

    assert SideWork().give(count_to, 3, progress=of("here")).collect() == os.getpid()
    with side_work(1) as side:
        task = side.give(count_to, 3, progress=of("there"))
        task.ended.wait()
        assert task.collect() != os.getpid()
        # what nobody asked about is told to nobody
        side.give(count_to, 2).collect()
    with page_progress(of("inside")):
        SideWork().give(count_to, 3).collect()
    count_to(5)
    assert heard == {place: [(1, 3), (2, 3), (3, 3)] for place in heard}


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
        assert frozen.collect() > 1_000
        assert sweeps.collect() is True
