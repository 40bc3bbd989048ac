"""What takes seconds to make and is only read is made by one worker of a run, for all of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


@contextmanager
def _one_at_a_time(file: Path) -> Iterator[None]:
    """Let one process in, and the next when it is done; a process that dies lets the next one in."""
    with file.open("w") as stream:
        if fcntl is not None:
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that one worker of a run makes and all others read: they wait while it is made, and nobody changes it.

    Where files cannot be locked (Windows) each worker makes its own.
    """
    base = factory.getbasetemp()
    if fcntl is not None and "PYTEST_XDIST_WORKER" in os.environ:
        # a worker's own folder lies in that of the run
        base = base.parent
    folder, done = base / name, base / f"{name}.made"
    with _one_at_a_time(base / f"{name}.lock"):
        if not done.exists():
            # a worker that failed half-way left something
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder
