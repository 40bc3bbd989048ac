"""The window's children of tests are forked from one process that has loaded what they need: no test waits for imports."""

from __future__ import annotations

import functools
import multiprocessing
import os
import sys
from multiprocessing.context import BaseContext
from pathlib import Path
from types import SimpleNamespace

import pytest


@functools.cache
def _forks() -> BaseContext:
    """Start the process that children are forked from, with what they need loaded."""
    # no system but these has it
    from multiprocessing import forkserver

    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["in_children"])
    # it finds modules as a new process does, and tells nobody of one that it does not find
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(
            "PYTHONPATH", os.pathsep.join(p for p in (str(Path(__file__).parent), os.environ.get("PYTHONPATH")) if p)
        )
        forkserver.ensure_running()
    return forks


@pytest.fixture(autouse=True)
def children_begin_at_once(request, monkeypatch):
    """Fork the window's children where a system can; a test marked `spawned` starts them as a user's window does."""
    child_process = sys.modules.get("beatplanner.ui.desktop.session.child_process")
    if child_process is None or sys.platform != "linux" or request.node.get_closest_marker("spawned"):
        return
    monkeypatch.setattr(child_process, "multiprocessing", SimpleNamespace(get_context=lambda _: _forks()))
