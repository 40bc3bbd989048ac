"""The limit of a command that makes several plans is one of solving: reading and writing between them take nothing from it."""

from __future__ import annotations

import pytest

from beatplanner.planning.changes import curve
from beatplanner.planning.compare import scenario_runs
from beatplanner.planning.progress import CERTIFICATES, SolvingTime
from beatplanner.solver.clock import Watch

pytestmark = pytest.mark.usefixtures("bare_plans")

BEATS = {"moved_share": 0.0, "max_deviation": 0.1, "objective": 1.0, "lower_bound": 1.0}


class Runs:
    """Stands for `run`: reads for 100 s, solves for what it is given (or a second where the proof ends then), and writes for 1,000 s."""

    def __init__(self, ends_early=()):
        self.time, self.given, self.ends_early = 0.0, [], ends_early

    def __call__(self, *_, time_limit, progress, **__):
        progress("reading", None, None, 0.0)
        self.time += 100.0
        progress("preparing", None, None, 0.0)
        self.time += 10.0
        progress("beats of West [metres]: proof", 1.0, 1.0, 0.0)
        solving = 1.0 if len(self.given) in self.ends_early else time_limit
        self.time += 0.9 * solving
        # what is proven is worked out before the plan is written: who waits, waits for that too
        progress(CERTIFICATES, None, None, 0.0)
        self.time += 0.1 * solving
        self.given.append(time_limit)
        progress("writing", None, None, 0.0)
        progress("beats", 1.0, 1.0, 0.0)
        self.time += 1000.0
        progress("writing: the plan is checked", None, None, 0.0)
        return {"feasible": True, "beats": BEATS}


def test_points_of_a_curve_share_the_solving_and_what_one_leaves_is_the_others(town, monkeypatch):
    runs, lines = Runs(ends_early=(1,)), []
    monkeypatch.setattr(curve, "run", runs)
    curve.run_curve(
        town.project,
        town.path("curve"),
        [0.0, 0.1, 0.2, "free"],
        time_limit=40.0,
        progress=lambda phase, *_: lines.append(phase),
        cancelled=Watch(clock=lambda: runs.time),
    )
    assert runs.given == pytest.approx([10, 10, 14.5, 14.5])
    assert lines[-1] == "done: solved in 40.0 s of at most 40 s, read and written in 4440.0 s"


def test_a_scenario_that_fails_costs_the_others_nothing(town, monkeypatch):
    from beatplanner.data.description.scenarios import find_scenarios
    from beatplanner.data.errors import InputError, problem

    for name in ("a", "b", "c"):
        town.path("scenarios").mkdir(exist_ok=True)
        town.path(f"scenarios/{name}.toml").write_text('extends = "../project.toml"\n', encoding="utf-8")
    runs = Runs()

    def run(file, *arguments, **options):
        if file.stem == "b":
            options["progress"]("reading", None, None, 0.0)
            raise InputError(problem("the layer is gone", "Put it back"))
        return runs(file, *arguments, **options)

    monkeypatch.setattr(scenario_runs, "run", run)
    monkeypatch.setattr(scenario_runs, "compare", lambda *_, **__: {})
    _, failed = scenario_runs.run_scenarios(
        find_scenarios(town.project), town.path("out"), time_limit=3.0, cancelled=Watch(clock=lambda: runs.time)
    )
    assert len(failed) == 1 and runs.given == pytest.approx([1, 2])


def test_no_limit_is_none_and_one_that_is_spent_is_nothing():
    time = [0.0]
    assert SolvingTime(None, lambda: time[0]).share(3) is None
    solving = SolvingTime(2.0, lambda: time[0])
    solving.heard("stations")
    time[0] = 9.0
    assert solving.share(5) == 0.0
