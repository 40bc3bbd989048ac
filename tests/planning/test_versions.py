"""The versions of a run card: as installed, and read once for all plans of a program."""

from __future__ import annotations

import importlib.metadata
import platform

from beatplanner.planning import versions


def test_each_installation_is_read_once_and_one_that_is_not_there_is_left_out(monkeypatch):
    versions._stated.cache_clear()
    monkeypatch.setattr(versions, "COMPUTING", ("numpy", "not-installed-anywhere"))
    numpy, asked, real = importlib.metadata.version("numpy"), [], importlib.metadata.distribution
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: (asked.append(name), real(name))[1])
    first, second = versions.installed_versions(), versions.installed_versions()
    assert first == second == {"python": platform.python_version(), "numpy": numpy}
    assert sorted(asked) == ["not-installed-anywhere", "numpy"]
    versions._stated.cache_clear()
