"""Modules that a library names without need: they are loaded when something of theirs is asked for, which is never."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


def load_late(name: str) -> None:
    """Have a module of a package loaded when something of it is first asked for; its package is loaded now.

    SciPy takes all names of NumPy to itself, and so loads NumPy's compiler of Fortran: its sixty regular expressions and an argument parser.
    """
    spec = None if name in sys.modules else importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    package, _, own = name.rpartition(".")
    setattr(sys.modules[package], own, module)


@contextmanager
def flat_axes() -> Generator[None]:
    """Load matplotlib without its axes in three dimensions, which no picture here has; it asks for them where it is loaded, and does without."""
    name = "mpl_toolkits.mplot3d"
    if name in sys.modules or "matplotlib.projections" in sys.modules:
        yield
        return
    none = ModuleType(name)
    none.__dict__["Axes3D"] = None
    sys.modules[name] = none
    try:
        yield
    finally:
        del sys.modules[name]


def graphs() -> Any:
    """Return SciPy's walks in graphs without its linear algebra, a second library of 30 MB: of all that they know, Laplacians alone need that, and load it when one is asked for."""
    name = "scipy.sparse.csgraph"
    own = f"{name}._laplacian"
    if name in sys.modules or "scipy.sparse.linalg" in sys.modules:
        return importlib.import_module(name)
    # its package alone asks for it, so that no other thread does meanwhile
    late = ModuleType(own)
    late.__dict__["laplacian"] = _laplacian
    sys.modules[own] = late
    try:
        return importlib.import_module(name)
    except ImportError:
        # a SciPy that asks for more of it
        sys.modules.pop(own, None)
        return importlib.import_module(name)
    finally:
        if sys.modules.get(own) is late:
            del sys.modules[own]


def _laplacian(*arguments: Any, **options: Any) -> Any:
    return importlib.import_module("scipy.sparse.csgraph._laplacian").laplacian(*arguments, **options)
