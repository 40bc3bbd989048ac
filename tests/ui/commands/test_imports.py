"""What a command loads before it does anything: a second of imports is a second that a user waits."""

from __future__ import annotations

import ast
import functools
import gc
import json
import re
import runpy
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import pytest

from beatplanner import solver
from beatplanner.data.side_work import usable_cores
from beatplanner.planning.prepared import STEPS
from beatplanner.ui.commands import console
from conftest import ROOT

RUN = """
import json, sys
sys.argv = ["beatplanner", *json.loads(sys.argv[1])]
from beatplanner.__main__ import main
code = 0
try:
    main()
except SystemExit as end:
    code = end.code or 0
print(json.dumps([code, sorted({m.split(".")[0] for m in sys.modules} | set(sys.modules))]), file=sys.stderr)
"""
# Numbers, tables and maps; then what solves, what draws, and what writes for people.
READERS = {"typer", "rich", "numpy", "pandas", "geopandas", "shapely", "pyproj", "pyogrio", "pydantic"}
# SciPy is for roads and beats
SOLVERS = {"numba", "pulp", "highspy", "networkx", "scipy"}
WRITERS = {"matplotlib", "folium", "branca", "requests", "openpyxl", "docx", "docxtpl", "typst"}
OTHERS = {"typer", "rich", "PySide6", "distributed", "dask", "cryptography", "rasterio", "exactextract", "icalendar"}
# Of Python's own, what takes as long as a library.
OTHERS |= {"asyncio", "tkinter"}
# the report is written by a process beside the command's own, where there is a core for it
REPORT = {"matplotlib"} if usable_cores() == 1 else set()
# What of our own takes as long to load as a library: the solvers, the steps, the gate of a pack.
HEAVY = {
    f"beatplanner.solver.{name}"
    for name in ("districts.solve", "officers.assign", "service.hypercube", "location.p_median")
}
HEAVY |= {f"beatplanner.planning.{name}.plan" for name in ("beats", "stations", "officers")} | {
    "beatplanner.planning.forum.gate",
    "beatplanner.planning.forum.forum_pack",
    "beatplanner.planning.verification.officers",
    "beatplanner.planning.verification.service",
    "beatplanner.planning.whole.areas",
    "scipy.linalg",
    "scipy.sparse.linalg",
    "scipy.spatial",
    # what SciPy would load for nothing
    "numpy.f2py.crackfortran",
}
STATIONS = {
    "pulp",
    "highspy",
    "beatplanner.solver.location.p_median",
    "beatplanner.planning.stations.plan",
} | REPORT
MAY = {
    "version": set(),
    "check": READERS | {"scipy"},
    "stations": READERS | STATIONS | {"scipy"},
    "stations without roads": READERS | STATIONS,
}
# Packages of others that a command may load, with what they need themselves: whatever else is loaded is one more that a user waits for.
TEXTS = {"babel", "jinja2"}
PACKAGES = {
    "version": set(),
    "check": READERS | TEXTS | {"scipy"},
    "stations": READERS | TEXTS | {"scipy", "pulp", "highspy", "platformdirs"},
}
PACKAGES["stations without roads"] = PACKAGES["stations"] - {"scipy"}
# Rooms of our own that a command may enter, beside `beatplanner.data`.
ROOMS = {
    "version": {"planning.versions"},
    "check": {"planning.progress", "planning.proof", "ui.commands", "ui.words"},
}
ROOMS["stations"] = ROOMS["check"] | {
    *(f"planning.{r}" for r in ("beats", "forum", "officers", "prepared", "stations", "verification", "versions")),
    *(f"planning.{r}" for r in ("whole", "workload")),
    *(f"solver.{r}" for r in ("clock", "compiled", "districts", "highs", "highs_session", "location", "looped")),
}
ROOMS["stations without roads"] = ROOMS["stations"]


@functools.cache
def with_what_they_need(*packages: str) -> set[str]:
    """Return packages with all that they need themselves, as they say."""
    every, left = set[str](), [p.lower() for p in packages]
    while left:
        package = left.pop()
        if package in every:
            continue
        every.add(package)
        for needed in metadata.requires(package) or ():
            if "extra ==" not in needed:
                left.append(re.split(r"[^\w.-]", needed, maxsplit=1)[0].lower())
        left = [p for p in left if is_installed(p)]
    return {p.replace("_", "-") for p in every}


@functools.cache
def distributions() -> dict[str, list[str]]:
    """Return the packages that bring each module, as pip names them."""
    return dict(metadata.packages_distributions())


def is_installed(package: str) -> bool:
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def strangers(loaded: Iterable[str], what: str) -> set[str]:
    """Return what of packages of others and of our own rooms a command may not load."""
    tops, known = {m.split(".")[0] for m in loaded}, distributions()
    allowed = with_what_they_need(*sorted(PACKAGES[what] | (REPORT if what.startswith("stations") else set()))) | {
        "beatplanner"
    }
    # where setuptools are installed, they have a look at each start of Python
    others = {t for t in tops - {"_distutils_hack"} if t in known and t not in sys.stdlib_module_names}
    few = {t for t in others if not any(d.lower().replace("_", "-") in allowed for d in known[t])}
    rooms = {".".join(m.split(".")[1:3]) for m in loaded if re.match(r"beatplanner\.(planning|solver|ui)\.", m)}
    return few | (rooms - ROOMS[what])


def test_one_more_package_or_room_is_seen():
    for what in MAY:
        assert strangers({"numpy.linalg", "yaml", "json"}, what) == (
            {"numpy", "yaml"} if what == "version" else {"yaml"}
        )
        assert strangers({"beatplanner.data.town", "beatplanner.solver.officers.state"}, what) == {"solver.officers"}


@pytest.mark.parametrize("what", list(MAY))
def test_a_command_loads_what_it_needs_and_no_more(town, what):
    # stations alone, without beats of today: nothing is handed out, so nothing of a pack is loaded
    text = town.project.read_text(encoding="utf-8")
    for section in ("[beats]", "[officers]"):
        start = text.index(section)
        end = text.find("\n[", start + 1)
        text = text[:start] + (text[end + 1 :] if end >= 0 else "")
    if what == "stations without roads":
        assert "roads = {" in text
        text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("roads = {"))
    town.project.write_text(text, encoding="utf-8")
    stations = ["stations", str(town.project), "--out", str(town.folder / "out")]
    arguments = {
        "version": ["--version"],
        "check": ["check", str(town.project)],
        "stations": stations,
        "stations without roads": stations,
    }[what]
    done = subprocess.run(
        # as the starters do; without it a child of Windows writes in the letters of its country
        [sys.executable, "-X", "utf8", "-c", RUN, json.dumps(arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    code, loaded = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stdout + done.stderr
    assert (READERS | SOLVERS | WRITERS | OTHERS | HEAVY) & set(loaded) <= MAY[what]
    assert strangers(loaded, what) == set()


def test_the_set_up_installs_what_the_kernels_are_compiled_with_before_all_else():
    set_up = runpy.run_path(str(ROOT / "start.py"))
    assert set(set_up["STEPS"]) == set(STEPS)
    first = {re.split(r"[^\w.-]", r, maxsplit=1)[0].lower() for r in set_up["solver_libraries"]()}
    assert first == set(set_up["SOLVERS_LOAD"])
    there = with_what_they_need(*sorted(first))
    trees = [ast.parse(p.read_text("utf-8")) for p in Path(solver.__path__[0]).rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    wanted = {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
    wanted |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    alone = "import json, sys, beatplanner.planning.prepared; print(json.dumps(sorted(sys.modules)))"
    wanted |= set(json.loads(subprocess.run([sys.executable, "-c", alone], capture_output=True, check=True).stdout))
    known = distributions()
    others = {m.split(".")[0] for m in wanted} & set(known) - {"beatplanner", "_distutils_hack"}
    assert "numba" in others
    assert not {m for m in others if not any(d.lower().replace("_", "-") in there for d in known[m])}


REPORTS = """
import json, sys
from importlib import import_module
from beatplanner.data.side_work import REPORT
for module in REPORT:
    import_module(module)
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def test_what_writes_the_report_loads_neither_readers_of_layers_nor_what_it_never_draws():
    done = subprocess.run([sys.executable, "-c", REPORTS], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    assert {"matplotlib.figure", "jinja2", "geopandas"} <= loaded
    assert not loaded & {"pydantic", "pyogrio", "scipy", "mpl_toolkits.mplot3d", "matplotlib.pyplot"}


def test_a_late_module_is_there_when_something_of_it_is_asked_for():
    asked = """
import sys
from beatplanner.data.late_modules import flat_axes, graphs, load_late
load_late("numpy.f2py"); load_late("numpy.f2py"); load_late("numpy.no_such_module")
import numpy, scipy.sparse
assert "numpy.f2py.crackfortran" not in sys.modules
assert callable(numpy.f2py.run_main) and "numpy.f2py.crackfortran" in sys.modules
csgraph = graphs()
assert "scipy.linalg" not in sys.modules
two = scipy.sparse.csr_array(numpy.array([[0.0, 2.0], [2.0, 0.0]]))
assert csgraph.dijkstra(two, indices=0).tolist() == [0.0, 2.0]
assert csgraph.laplacian(two).toarray().tolist() == [[2.0, -2.0], [-2.0, 2.0]] and "scipy.linalg" in sys.modules
assert graphs() is csgraph and sys.modules["scipy.sparse.csgraph._laplacian"].__file__
with flat_axes():
    import matplotlib.figure
assert "mpl_toolkits.mplot3d" not in sys.modules
matplotlib.figure.Figure().subplots()
import mpl_toolkits.mplot3d
assert mpl_toolkits.mplot3d.Axes3D is not None
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", asked], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


ENDS = """
import atexit, gc, json, sys
# what is registered first is called last
atexit.register(lambda: print(json.dumps([len(gc.get_objects()), gc.get_freeze_count(), gc.isenabled()]), file=sys.stderr))
sys.argv = ["beatplanner", *json.loads(sys.argv[1])]
from beatplanner.__main__ import main
main()
"""


@pytest.mark.parametrize("arguments", [["check"], ["officers", "--out"]])
def test_what_a_command_loaded_is_not_looked_through_at_its_end(town, arguments):
    command, *out = arguments
    words = [command, str(town.project), *out, *([str(town.folder / "out")] if out else [])]
    # it ends in a sentence, and has loaded by then all that it would need
    town.swap("[officers]", "[officers]\nno_such_key = 1\n")
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", ENDS, json.dumps(words)], capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 1, done.stderr
    left, kept, sweeps = json.loads(done.stderr.splitlines()[-1])
    assert left < 2_000 < kept
    assert sweeps


def test_modules_are_loaded_unswept_once_in_a_process(monkeypatch):
    frozen = []
    monkeypatch.setattr(console, "_swept", [])
    monkeypatch.setattr(console.gc, "freeze", lambda: frozen.append(gc.isenabled()))
    monkeypatch.setattr(console.gc, "get_freeze_count", lambda: pytest.fail("all that is kept was counted"))
    on = gc.isenabled()
    gc.enable()
    try:
        for _ in range(3):
            with console.unswept():
                assert gc.isenabled() == bool(frozen)
        assert frozen == [False] and gc.isenabled()
    finally:
        (gc.enable if on else gc.disable)()
