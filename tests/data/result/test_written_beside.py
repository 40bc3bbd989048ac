"""Report and papers are written beside the layers, and never into a folder that was given up."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from beatplanner.data.publish import everything
from beatplanner.data.result.folder import read_result, write_result
from beatplanner.data.side_work import SideWork


def test_what_is_written_beside_begins_with_an_empty_folder_and_ends_before_the_swap(planned_once, tmp_path):
    seen = []

    @contextmanager
    def beside(part):
        seen.append(sorted(p.name for p in part.iterdir()))
        yield
        seen.append(sorted(p.name for p in part.iterdir()))

    out = tmp_path / "out"
    write_result(
        out,
        read_result(planned_once.path("plan")),
        beside=beside,
        also=lambda part: (part / "also.txt").write_text("also"),
    )
    assert seen[0] == ["forum"]
    assert {"also.txt", "plan.gpkg", "summary.json"} <= set(seen[1])
    assert (out / "manifest.json").is_file()


def test_a_plan_that_is_given_up_leaves_nobody_at_its_papers(planned_once, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(everything, "write_papers", lambda part, _: written.append(part))
    side, given = SideWork(), []

    def stop(_):
        assert not given[0].begun
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        everything.write_everything(
            tmp_path / "out", read_result(planned_once.path("plan")), also=stop, side=side, given=given.append
        )
    assert given[0].begun
    assert not side.waiting
    assert not written
    assert not (tmp_path / "out").exists()
