"""A small town in files, which tests change to their liking."""

from __future__ import annotations

import builtins
import functools
import gc
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely
import typer
from forked_children import children_begin_at_once  # noqa: F401 (a fixture of every test)
from hypothesis import settings
from longest import LONG
from made_once import made_once
from pytestqt.qtbot import QtBot
from read_once import READ_ONCE, SHELF, a_town_is_read_once, install  # noqa: F401 (a fixture of every test)

# no test ends by a clock: on a busy machine an example takes as long as it takes
settings.register_profile("by examples", deadline=None)
settings.load_profile("by examples")

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
CRS = "EPSG:32634"
WEST, SOUTH, SIDE = 540_000.0, 4_650_000.0, 500.0

DESCRIPTION = """[project]
name = "Grid"

[units]
path = "units.gpkg"
id = "unit"
name = "place"
population = "pop"
municipality = "muni"
groups = { sq = "pop_sq" }

[incidents]
path = "incidents.csv"
x = "lon"
y = "lat"
crs = "EPSG:4326"
category = "type"
time = "when"

[workload.hours]
theft = 0.75

[beats]
count = 4
tolerance = 0.25
current = { path = "old.gpkg", id = "beat" }

[stations]
count = 2
candidates = { path = "sites.csv", x = "x", y = "y", crs = "EPSG:32634", id = "site", cost = "cost" }
existing = { path = "stations.geojson", id = "name" }
roads = { path = "roads.gpkg" }

[officers]
path = "officers.xlsx"
start = 2027-01-01
years = 2
min_tenure_months = 12
posts_per_beat = 1
"""


@dataclass
class GridTown:
    """A town of 4 × 4 square units in one folder."""

    folder: Path

    @property
    def project(self) -> Path:
        return self.folder / "project.toml"

    def path(self, name: str) -> Path:
        return self.folder / name

    def swap(self, old: str, new: str, file: str = "project.toml") -> None:
        """Replace text in a file; the text must be there."""
        text = self.path(file).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {file}"
        self.path(file).write_text(text.replace(old, new), encoding="utf-8")

    def units(self) -> gpd.GeoDataFrame:
        return gpd.read_file(self.path("units.gpkg"))

    def write_units(self, frame: gpd.GeoDataFrame, name: str = "units.gpkg") -> None:
        self.path(name).unlink(missing_ok=True)
        frame.to_file(self.path(name))


@functools.cache
def _grid_town_made_once() -> tempfile.TemporaryDirectory:
    place = tempfile.TemporaryDirectory(prefix="grid town ")
    _make_grid_town(Path(place.name))
    return place


def write_grid_town(folder: Path) -> GridTown:
    """Write the town of 4 × 4 units: a copy, since layers take GDAL a tenth of a second and hundreds of tests begin with them."""
    shutil.copytree(_grid_town_made_once().name, folder, dirs_exist_ok=True)
    return GridTown(folder)


def _make_grid_town(folder: Path) -> None:
    cells = [
        shapely.box(WEST + SIDE * c, SOUTH + SIDE * r, WEST + SIDE * (c + 1), SOUTH + SIDE * (r + 1))
        for r in range(4)
        for c in range(4)
    ]
    number = np.arange(16)
    units = gpd.GeoDataFrame(
        {
            "unit": number + 1,
            "place": [f"Улица {n + 1}" for n in number],
            "pop": 100 + 10 * (number % 5),
            "pop_sq": 20 + 0 * number,
            "muni": np.where(number % 4 < 2, "West", "Исток"),
        },
        geometry=cells,
        crs=CRS,
    )
    town = GridTown(folder)
    town.write_units(units)
    old = units.assign(beat=np.where(number % 4 < 2, number // 8 + 1, number // 8 + 3)).dissolve("beat").reset_index()
    old[["beat", "geometry"]].to_file(folder / "old.gpkg")
    middle = gpd.GeoSeries(units.representative_point(), crs=CRS).to_crs("EPSG:4326")
    rows = ["type,when,lon,lat,victim"]
    for i in range(64):
        p = middle.iloc[i % 16]
        kind = ("theft", "noise")[i % 2]
        rows.append(f"{kind},{2025 + i // 63}-0{1 + i % 9}-11T1{i % 10}:00,{p.x:.6f},{p.y:.6f},Secret Name {i}")
    (folder / "incidents.csv").write_text("\n".join(rows), encoding="utf-8")
    sites = ["site,x,y,cost"]
    sites += [f"School {n},{WEST + 250 + 500 * n},{SOUTH + 740},{1000 * (n + 1)}" for n in range(4)]
    (folder / "sites.csv").write_text("\n".join(sites), encoding="utf-8")
    station = gpd.GeoDataFrame(
        {"name": ["Old station"]}, geometry=gpd.points_from_xy([WEST + 250], [SOUTH + 250]), crs=CRS
    )
    station.to_crs("EPSG:4326").to_file(folder / "stations.geojson")
    grid = [shapely.LineString([(WEST + SIDE * k, SOUTH), (WEST + SIDE * k, SOUTH + 4 * SIDE)]) for k in range(5)]
    grid += [shapely.LineString([(WEST, SOUTH + SIDE * k), (WEST + 4 * SIDE, SOUTH + SIDE * k)]) for k in range(5)]
    gpd.GeoDataFrame({"kind": ["street"] * 10}, geometry=grid, crs=CRS).to_file(folder / "roads.gpkg")
    write_roster(folder / "officers.xlsx")
    town.project.write_text(DESCRIPTION, encoding="utf-8")


ROSTER = [
    ["officer", "beat", "since", "languages", "gender", "x", "y", "trained_on", "joins_on", "leaves_on"],
    ["Ana", 1, "2025-06-01", "sq;sr", "f", 21.49, 42.0, "2025-01-01", None, None],
    ["Бојан", 2, "2024-06-01", None, "m", 21.49, 42.0, "2024-01-01", None, "2028-01-01"],
    ["Cena", 3, "2026-06-01", "sq", "f", None, None, "2026-01-01", None, None],
    ["Dritan", None, None, "sq", "m", 21.49, 42.0, "2026-01-01", None, None],
    ["Elena", None, None, None, "f", 21.49, 42.0, None, "2027-03-01", None],
]


def write_roster(path: Path, rows: list[list] | None = None) -> None:
    book = openpyxl.Workbook()
    for row in rows or ROSTER:
        book.active.append(row)
    book.save(path)


# Share of the usual moves, and moves of a walk, with which a plan is a plan, and not a good one.
FEW_MOVES, FEWEST_MOVES = 0.05, 5_000
# Seconds of a test's own work in one of a limit.
A_SECOND = 1000.0


# The rewritten assertions of all test files are kept for the next run, whatever the environment says of byte code: each worker takes 5 s for them.
# What tests start keeps to the environment; the program's own byte code is there, from `prepare_all`.
sys.dont_write_bytecode = False

# As the command line does: with a thousand modules alive, a look through them all every few moments takes a tenth of the tests' work.
gc.set_threshold(50_000, 10, 10)


def pytest_configure(config: pytest.Config) -> None:
    """Compile the solvers' kernels once before several processes would each do so, a minute and a half of the processor every time.

    Towns that were read are kept in one folder of the run, which workers and children know by its name.
    """
    if SHELF not in os.environ:
        shelf = tempfile.TemporaryDirectory(prefix="towns of a run ")
        os.environ[SHELF] = shelf.name

        def taken_down() -> None:
            del os.environ[SHELF]
            shelf.cleanup()

        config.add_cleanup(taken_down)
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        from beatplanner.planning.prepared import prepare_all

        prepare_all()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return two processes more than there are cores: tests wait for downloads, children and the window."""
    return len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)) + 2


@pytest.fixture(autouse=True)
def _journals_of_their_own(tmp_path, monkeypatch):
    """Keep journals and recent projects of tests out of the user's own folders."""
    from beatplanner.data.project import journal

    monkeypatch.setattr(journal, "recovery_folder", lambda: tmp_path / "recovery")
    if "beatplanner.ui.desktop.toolkit.recent" in sys.modules:
        monkeypatch.setattr("beatplanner.ui.desktop.toolkit.recent._file", lambda: tmp_path / "recent.json")


@pytest.fixture(autouse=True)
def _a_clock_of_this_process(monkeypatch):
    """Let a second of a limit be a thousand of this process' own work: a plan ends by its moves and nodes, however busy or slow the machine is."""
    from beatplanner.solver import clock, highs_session

    monkeypatch.setattr(clock, "time", SimpleNamespace(monotonic=lambda: time.process_time() / A_SECOND))
    limit = highs_session.own_limit
    monkeypatch.setattr(highs_session, "own_limit", lambda seconds: 30 * A_SECOND * limit(seconds))


@pytest.fixture(autouse=True)
def _imports_as_without_a_window(request, monkeypatch):
    """Import as a process without Qt does: its binding looks at every import for a feature, a twentieth of all work; the window's tests import as it does."""
    plain = getattr(builtins, "__orig_import__", None)
    if plain is not None and "qtbot" not in request.fixturenames and "desktop" not in request.path.parts:
        monkeypatch.setattr(builtins, "__import__", plain)


@pytest.fixture(autouse=True)
def _waits_end_by_what_they_wait_for(monkeypatch):
    """Let a window's test wait as long as the machine needs; of one that waits for what never comes `faulthandler_timeout` shows where."""

    def patient(wait: Callable) -> Callable:
        # the timer takes milliseconds in 31 bits: 24 days
        return lambda bot, *for_what, **more: wait(bot, *for_what, **{**more, "timeout": 2**31 - 1})

    for name in ("waitSignal", "waitUntil"):
        monkeypatch.setattr(QtBot, name, patient(getattr(QtBot, name)))


@pytest.fixture(autouse=True)
def _collector_in_this_thread():
    """Keep Python's cyclic collector to the window's thread, as `open_desktop` does; what a test leaves goes at its end."""
    if "PySide6.QtWidgets" not in sys.modules:
        yield
        return
    gc.disable()
    yield
    # all that lives is looked through every two hundredth time: that takes a third of a second
    gc.collect(2 if gc.get_count()[2] > 200 else 1)


@pytest.fixture(autouse=True)
def _charts_are_made_and_not_coloured(monkeypatch):
    """Let a test's plans put their report's charts together without drawing their pixels, a quarter of the work; those of shared fixtures are drawn."""
    from beatplanner.data.publish import report_charts

    monkeypatch.setattr(report_charts, "picture_of", lambda figure, dpi=100: "data:,")


@pytest.fixture
def without_pack(monkeypatch):
    """Leave the forum's pack out of the plans of a test that looks at what a step did."""
    from beatplanner.planning.changes import mending
    from beatplanner.planning.forum import forum_pack
    from beatplanner.planning.forum.no_pack import empty_pack

    for module in (forum_pack, mending):
        monkeypatch.setattr(module, "write_pack", lambda folder, *_, **__: empty_pack(folder) or [])


@pytest.fixture
def bare_plans(request, monkeypatch):
    """Leave pack, report and officers' papers, four fifths of the work, out of a file's plans; a test marked `papers` reads them and has them."""
    if request.node.get_closest_marker("papers"):
        return
    from beatplanner.data.publish import everything
    from beatplanner.planning.whole import writing

    request.getfixturevalue("without_pack")
    monkeypatch.setattr(everything, "write_papers", lambda *_: None)
    # other processes would be given what is left out here
    monkeypatch.setattr(writing, "PAGES", float("inf"))
    monkeypatch.setattr("beatplanner.ui.commands.console.CORES", 1)


@pytest.fixture
def fixed_work(monkeypatch):
    """End the plans of a test by their work and not by a clock: few moves, and a proof without branches, however busy the machine is."""
    from beatplanner.planning.beats import alone
    from beatplanner.planning.officers import plan as of_officers
    from beatplanner.solver.districts import search, solve

    def less(solver: Callable, part: float) -> Callable:
        def run(*problem, effort: float = 1.0, **more):
            return solver(*problem, **more, effort=part * effort)

        return run

    monkeypatch.setattr(solve, "PROOF_NODES", 0)
    # the fewest moves of a walk, of which a budget that municipalities share asks for hundreds
    monkeypatch.setattr(search, "CHUNK", FEWEST_MOVES)
    monkeypatch.setattr(alone, "solve_districts", less(alone.solve_districts, FEW_MOVES))
    monkeypatch.setattr(of_officers, "assign", less(of_officers.assign, FEW_MOVES))


@pytest.fixture
def town(tmp_path) -> GridTown:
    return write_grid_town(tmp_path / "Град one")


def _plan_grid_town(folder: Path) -> None:
    from beatplanner.planning.whole.run import run

    run(write_grid_town(folder).project, folder / "plan")


@pytest.fixture(scope="session")
def _planned_by_one(tmp_path_factory) -> Path:
    return made_once(tmp_path_factory, "planned once", _plan_grid_town)


def _copied(planned: Path, folder: Path) -> GridTown:
    """Copy the planned town; the plan's own description stays that of the first, which nobody changes."""
    return GridTown(Path(shutil.copytree(planned, folder, dirs_exist_ok=True)))


@pytest.fixture(scope="session")
def planned_once(_planned_by_one, tmp_path_factory) -> GridTown:
    """The grid town as it is, with its whole plan in the folder `plan`: planned once for all workers, copied for each, whose files read it and change nothing."""
    return _copied(_planned_by_one, tmp_path_factory.mktemp("planned once"))


@pytest.fixture(scope="module")
def planned_here(_planned_by_one, tmp_path_factory) -> GridTown:
    """The same, copied for one file of tests, which may put more beside the plan."""
    return _copied(_planned_by_one, tmp_path_factory.mktemp("planned here"))


def _make_project_with_plan(folder: Path) -> None:
    from beatplanner.data.project.build import build
    from beatplanner.data.project.document import ProjectDocument
    from beatplanner.planning.whole.run import run

    town = write_grid_town(folder / "layers")
    build(town.project, folder / "town.gpkg")
    run(folder / "town.gpkg", folder / "plan")
    document = ProjectDocument.open(folder / "town.gpkg")
    document.add_plan(folder / "plan")
    document.save()
    document.close()


@pytest.fixture(scope="session")
def project_once(tmp_path_factory) -> Path:
    """A project file of the grid town with a plan in it: made once for all workers, whose files copy it."""
    return made_once(tmp_path_factory, "project once", _make_project_with_plan) / "town.gpkg"


@pytest.fixture(scope="session")
def _window_class() -> type:
    """The window's class: of the session, so that it is loaded before what looks whether it is, for each test."""
    from beatplanner.ui.desktop.window.main_window import MainWindow

    return MainWindow


@pytest.fixture
def make_window(_window_class, qtbot, monkeypatch):
    """Make windows on the screen, of a small laptop where no size is given; what they would say in a dialog is kept in their `told`."""
    monkeypatch.setattr(_window_class, "show_lines", lambda self, title, lines: self.told.append((title, lines)))

    def make(size: tuple[int, int] = (1366, 768)):
        window = _window_class()
        window.told = []
        qtbot.addWidget(window, before_close_func=let_go)
        window.resize(*size)
        window.show()
        return window

    return make


@pytest.fixture
def planned_window(make_window, planned_here):
    """Show a town with its plan, made before, in a window."""
    made = make_window()
    made.open(planned_here.project)
    made.scenario.take(planned_here.folder / "plan")
    return made


# A command line's commands, put together from the signatures of all of them: a user's process does that once, and so does one of tests.
commands_of = functools.cache(typer.main.get_command)


@pytest.fixture
def command(capsys, monkeypatch):
    """Run a command as a user would; returns exit code, standard output and standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        from beatplanner.ui.commands import app as command_line
        from beatplanner.ui.commands import console

        # the writer of reports has its libraries here already; a process beside this one would load them anew for each command
        monkeypatch.setattr(console, "CORES", 1)
        monkeypatch.setattr(typer.main, "get_command", commands_of)
        before, sys.argv = sys.argv, ["beatplanner", *(str(a) for a in arguments)]
        try:
            with pytest.raises(SystemExit) as end:
                command_line.run()
        finally:
            sys.argv = before
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return run


def let_go(window) -> None:
    """Make a window close without a question; for ``qtbot.addWidget(window, before_close_func=let_go)``, which comes before a fixture's own end."""
    window.solving.cancel()
    window.saved = True
    window.may_drop_refused = lambda: True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Take what collecting has loaded, which lives as long as the worker, out of what the collector looks through again and again."""
    session.config.stash[READ_ONCE] = install("beatplanner.data.town.read_town")
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nobody_answers(monkeypatch):
    """Fail where a dialog of the window asks and the test gave no answer, in place of waiting for ever."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None:
        return

    def refuse(name: str):
        def asked(*arguments, **_):
            words = [a for a in arguments if isinstance(a, str)]
            raise AssertionError(f"{name} waits for an answer: {words}")

        return asked

    for dialog, names in (
        (widgets.QMessageBox, ("question", "information", "warning", "critical", "exec")),
        (widgets.QInputDialog, ("getText", "getItem", "getInt", "getMultiLineText")),
        (widgets.QFileDialog, ("getOpenFileName", "getOpenFileNames", "getSaveFileName", "getExistingDirectory")),
    ):
        for name in names:
            monkeypatch.setattr(dialog, name, refuse(f"{dialog.__name__}.{name}"))
