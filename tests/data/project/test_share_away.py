"""A project stays its window's while the share that it lies on is away."""

from __future__ import annotations

import pytest

from beatplanner.data.errors import InputError
from beatplanner.data.project.build import build
from beatplanner.data.project.document import ProjectDocument, read_document
from conftest import write_grid_town


def test_a_share_that_is_away_for_a_while_is_nobody_elses(tmp_path):
    folder = tmp_path / "share"
    folder.mkdir()
    shared = folder / "town.gpkg"
    build(write_grid_town(tmp_path / "layers").project, shared)
    document = ProjectDocument.open(shared)
    away = folder.rename(tmp_path / "away")
    document.touch()
    assert not document.read_only_because
    document.record("Work meanwhile")
    with pytest.raises(InputError, match=r"not there|gone|moved"):
        document.save()
    away.rename(folder)
    document.touch()
    document.save()
    assert read_document(shared).content.history[-1].what == "Work meanwhile"
    # another window that took it over meanwhile is noticed all the same
    folder.rename(away)
    document.touch()
    (away / shared.name).with_name(f".{shared.name}.lock").write_text('{"token": "other"}', encoding="utf-8")
    away.rename(folder)
    document.touch()
    assert "another window" in document.read_only_because
    document.close()
