"""Modules that a library names without need: they are loaded when something of theirs is asked for, which is never."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import ModuleType


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
