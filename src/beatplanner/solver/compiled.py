"""The compiler of the kernels, and where its compiled copies are kept: beside the sources, or in the user's cache where those cannot be written.

One installation for all users is compiled once, by the administrator who installs it. numba uses copies beside the sources only where it may
write there, and would compile anew for every user; here each user's cache begins with those copies instead.
"""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from numba import njit
from numba.core import caching

__all__ = ["kernels", "njit"]

Function = TypeVar("Function", bound=Callable[..., Any])

HERE = Path(__file__).resolve().parent


@functools.cache
def copy_compiled(source: Path, folder: Path) -> None:
    """Copy what was compiled of a source file, beside it, into a folder; newer copies that are there stay."""
    # the index last: it names the others
    for suffix in (".nbc", ".nbi"):
        for file in (source.parent / "__pycache__").glob(f"{source.stem}.*{suffix}"):
            target = folder / file.name
            part = folder / f"{file.name}.{os.getpid()}"
            # what cannot be copied is compiled
            with suppress(OSError):
                if not target.exists() or target.stat().st_mtime < file.stat().st_mtime:
                    shutil.copy2(file, part)
                    part.replace(target)


def begin_with_copies() -> None:
    """Let a user's cache of kernels begin with the compiled copies of an installation that only administrators may write."""
    places: list[Any] = getattr(getattr(caching, "CacheImpl", None), "_locator_classes", [])
    number = next((k for k, c in enumerate(places) if c.__name__.endswith("UserWideCacheLocator")), None)
    if number is None:
        # a numba that keeps them elsewhere: each user compiles
        return

    class Copied(places[number]):
        @classmethod
        def from_function(cls, py_func: Any, py_file: str) -> Any:
            base: Any = super()
            locator = base.from_function(py_func, py_file)
            source = Path(py_file)
            if locator is not None and HERE in source.resolve().parents:
                copy_compiled(source, Path(locator.get_cache_path()))
            return locator

    places[number] = Copied


def kernels(**options: Any) -> Callable[[Function], Function]:
    """Return a decorator of kernels that are kept on disk, with options that numba takes and does not declare."""
    compiler: Any = njit(cache=True, **options)
    return compiler


begin_with_copies()
