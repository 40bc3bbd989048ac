"""Libraries that are read ahead: the large ones of a package, without loading it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from beatplanner.data.read_ahead import LARGE, read_ahead


def test_large_libraries_are_asked_for_and_nothing_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(os, "posix_fadvise"):
        pytest.skip("this system cannot be asked to read ahead")
    package, libraries = tmp_path / "some_wheel", tmp_path / "some_wheel.libs"
    package.mkdir()
    libraries.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('it was loaded')")
    with (libraries / "large.so").open("wb") as file:
        file.truncate(LARGE)
    (libraries / "small.so").write_bytes(b"x")
    (libraries / "folder").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert read_ahead("some_wheel", "not_installed") == [libraries / "large.so"]
    assert "some_wheel" not in sys.modules


def test_a_package_without_libraries_of_its_own_is_passed_over() -> None:
    assert read_ahead("beatplanner") == []
