"""What a plan compiles was compiled before its clock started."""

from __future__ import annotations

import importlib
import pkgutil
from types import SimpleNamespace
from typing import Any

import numpy as np

import beatplanner.solver.prepare
from beatplanner.planning import prepared
from beatplanner.planning.prepared import prepare_solvers
from beatplanner.solver.prepare import prepare
from beatplanner.solver.service.approximate import approximate
from beatplanner.solver.service.backup import backup_share
from beatplanner.solver.service.drawn import by_drawn_states
from beatplanner.solver.service.hypercube import hypercube
from beatplanner.solver.service.simulation import simulate
from beatplanner.solver.service.system import ServiceSystem, preference


def dispatchers() -> dict[str, Any]:
    """Return every kernel of the solver."""
    from numba.core.dispatcher import Dispatcher

    found = {}
    for module in pkgutil.walk_packages(beatplanner.solver.__path__, "beatplanner.solver."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, Dispatcher) and value.py_func.__module__ == module.name:
                found[f"{module.name}.{name}"] = value
    return found


def is_part_of_others(kernel: Any) -> bool:
    """Tell whether a kernel is written into those that call it, and has no copy of its own."""
    return kernel.targetoptions.get("inline") == "always"


def kernels() -> dict[str, set[tuple]]:
    """Return the compiled signatures of every kernel of the solver."""
    return {name: set(kernel.signatures) for name, kernel in dispatchers().items()}


def test_a_plan_needs_no_compiler(town, command):
    prepare()
    before = kernels()
    assert command("plan", town.project, "--out", town.path("plan"), "--seed", "1")[0] == 0
    after = kernels()
    used = {name.split(".")[2] for name, signatures in after.items() if signatures}
    assert used >= {"districts", "location", "officers"}
    new = {name: signatures - before[name] for name, signatures in after.items() if signatures - before[name]}
    assert not new


def test_a_service_picture_needs_no_compiler():
    prepare(["service"])
    before = kernels()
    minutes = np.array([[1.0, 4.0, 9.0], [5.0, 2.0, 3.0], [7.0, 6.0, 1.0]])
    own = np.eye(3, dtype=bool)
    for waits, travel in ((True, True), (False, False)):
        system = ServiceSystem(np.ones(3), preference(minutes, own), minutes, 9.0, travel, waits)
        backup_share(system, hypercube(system), 5.0)
        approximate(system)
        by_drawn_states(system)
        simulate(system, own, calls=50)
    assert kernels() == before
    # `sent` is called by compiled code alone: read from the cache with its callers, it has no signature of its own
    inner = "beatplanner.solver.service.dispatch.sent"
    assert all(signatures for name, signatures in before.items() if ".service." in name and name != inner)


def test_every_kernel_was_compiled_whatever_the_goal():
    """A goal or a rule that a plan of the tests does not have is compiled for too: each kernel in the sources has a copy on disk."""
    prepare()
    kept = {name: kernel for name, kernel in dispatchers().items() if not is_part_of_others(kernel)}
    assert len(kept) > 30
    assert [name for name, kernel in kept.items() if not kernel._cache._cache_file._load_index()] == []


def test_kernels_of_another_folder_do_not_count_as_compiled(tmp_path, monkeypatch):
    done: list[str] = []
    monkeypatch.setattr(beatplanner.solver.prepare, "prepare", done.extend)
    for folder in ("a", "b", "b"):
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / folder))
        prepare_solvers(["stations"])
    assert done == ["stations", "stations"]


def test_an_installation_writes_the_programs_byte_code(tmp_path, monkeypatch):
    package = tmp_path / "package"
    (package / "room").mkdir(parents=True)
    for file in (package / "__init__.py", package / "room" / "one.py"):
        file.write_text("VALUE = 1\n", encoding="utf-8")
    monkeypatch.setattr(beatplanner, "__file__", str(package / "__init__.py"))
    monkeypatch.setattr(prepared.subprocess, "Popen", lambda _: SimpleNamespace(wait=lambda: 0))
    assert prepared.prepare_all() == 0
    assert len(list(package.rglob("__pycache__/*.pyc"))) == 2


def test_an_installation_lists_the_fonts_before_a_first_report_looks_for_them(tmp_path, monkeypatch):
    package = tmp_path / "package"
    package.mkdir()
    monkeypatch.setattr(beatplanner, "__file__", str(package / "__init__.py"))
    # no step: its kernels are compiled in the folder of all tests
    monkeypatch.setattr(prepared, "STEPS", ())
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "fonts"))
    assert prepared.prepare_all() == 0
    assert len(list((tmp_path / "fonts").glob("fontlist-*.json"))) == 1


def test_no_kernel_is_compiled_once_more_for_a_constant():
    """A number or a truth that stands in a call is a type of its own for numba: what is called was compiled for 1, for -1, and for any number."""
    prepare()
    # also of those that compiled code alone calls: what their indexes beside the sources list
    kept = {name: dispatcher._cache._cache_file._load_index() for name, dispatcher in dispatchers().items()}
    assert sum(map(len, kept.values())) > 50
    assert [name for name, index in kept.items() if any("Literal" in str(key[0]) for key in index)] == []
