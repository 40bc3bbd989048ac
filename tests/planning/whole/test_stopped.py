"""A run that the user ends before it keeps the rules says so, and goes over no older result."""

import json
from contextlib import contextmanager
from dataclasses import replace

import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import EndedEarlyError
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.beats.plan import given_beats
from beatplanner.planning.proof import Unproven, clash_is_proven
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run
from beatplanner.planning.whole.stopped import STOPPED, Stops
from beatplanner.planning.workload import plan_workload
from beatplanner.ui.commands import console
from beatplanner.ui.commands.console import NOT_FOUND

pytestmark = pytest.mark.usefixtures("bare_plans", "fixed_work")


@pytest.fixture
def strict(town):
    # which no plan keeps; that is not proven where the search ends at once
    town.swap("tolerance = 0.25", "tolerance = 0.0001")
    return town


@pytest.fixture
def planned_beats(strict):
    strict_town = read_town(read_description(strict.project))
    beats = given_beats(strict_town, plan_workload(strict_town), strict_town.units["current"].to_numpy(object))
    return lambda clashes: replace(beats, clashes=clashes)


def test_a_step_that_was_ended_says_so_where_it_breaks_rules(planned_beats):
    going, ended = Stops(lambda: False), Stops(lambda: True)
    kept, broken = planned_beats(()), planned_beats((Unproven("Not found."), "Impossible."))
    assert ended.of("officers", kept) is kept and going.of("beats", broken) is broken
    assert ended.steps == going.steps == ()
    # what is proven stays so
    (proven,) = ended.of("stations", planned_beats(("Impossible.",))).clashes
    assert not isinstance(proven, Unproven) and ended.steps == ("stations",)
    first, second = ended.of("beats", broken).clashes
    assert first == f"Not found. {STOPPED['beats']}" and second == "Impossible."
    assert isinstance(first, Unproven) and ended.steps == ("beats", "stations")


def test_a_stopped_run_goes_over_no_older_result(strict, tmp_path):
    out = tmp_path / "out"
    summary = run(strict.project, out, steps=("beats",), cancelled=lambda: True)
    assert not summary["feasible"] and summary["stopped"] == ["beats"] and not clash_is_proven(summary)
    assert summary["clashes"][0].endswith(STOPPED["beats"])
    verdict = verify(out)
    assert verdict.ok
    before = {f: f.read_bytes() for f in out.rglob("*") if f.is_file()}
    with pytest.raises(EndedEarlyError) as error:
        run(strict.project, out, steps=("beats",), cancelled=lambda: True)
    assert "older result stays" in str(error.value) and STOPPED["beats"] in str(error.value)
    assert {f: f.read_bytes() for f in out.rglob("*") if f.is_file()} == before
    # one that keeps the rules may, however soon it was ended, and does not speak of any
    strict.swap("tolerance = 0.0001", "tolerance = 0.25")
    summary = run(strict.project, out, steps=("beats",), cancelled=lambda: True)
    assert summary["feasible"] and "stopped" not in summary
    assert "stopped" not in json.loads((out / "summary.json").read_text("utf-8"))


def test_the_command_says_that_it_was_stopped(strict, tmp_path, command, monkeypatch):
    @contextmanager
    def pressed():
        yield lambda: True

    monkeypatch.setattr(console, "interruptible", pressed)
    code, _, said = command("beats", strict.project, "--out", tmp_path / "out")
    assert code == NOT_FOUND and "Stopped before a plan that keeps all rules was found" in said
    assert STOPPED["beats"] in " ".join(said.split())
    code, _, said = command("beats", strict.project, "--out", tmp_path / "out")
    assert code == NOT_FOUND and "the older result stays as it was" in " ".join(said.split())
