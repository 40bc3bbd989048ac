"""A run that the user ends before it keeps the rules says so, and goes over no older result."""

import json
from contextlib import contextmanager
from dataclasses import replace

import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import EndedEarlyError
from beatplanner.data.publish.report import write_report
from beatplanner.data.result.ending import AGAIN, ending_said, of_municipalities, repeatable
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.run_card import card_rows
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.beats.plan import given_beats
from beatplanner.planning.proof import Unproven, clash_is_proven
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.plan import DEFAULT_TIME_LIMIT, Stopped
from beatplanner.planning.whole.run import run
from beatplanner.planning.whole.stopped import STOPPED, Stops
from beatplanner.planning.workload import plan_workload
from beatplanner.solver.clock import Watch
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


def test_a_run_that_a_person_ended_says_so_and_promises_no_other_of_its_seed(town, tmp_path):
    out = tmp_path / "out"
    summary = run(town.project, out, steps=("beats",), cancelled=lambda: True)
    assert summary["feasible"] and summary["ended_by_person"]["steps"] == ["beats"] and "stopped" not in summary
    assert summary["time_limit"] is None and summary["solving_limit"] == DEFAULT_TIME_LIMIT
    said = ending_said(summary)
    assert (
        said.startswith("A person ended the search after ") and "of at most 300 s" in said and not repeatable(summary)
    )
    assert any(said in check.detail for check in verify(out).unchecked)
    assert ("Seed", said) in card_rows(summary)


def test_a_watch_that_ends_by_its_clock_was_ended_by_nobody(planned_beats):
    clock = Stops(Watch(lambda: False, lambda: 9.0, 0.0))
    clock.of("beats", planned_beats(()))
    assert clock.stopped is None
    person = Stops(Watch(lambda: True, lambda: 9.0))
    person.of("beats", planned_beats(()))
    assert person.stopped == Stopped(("beats",), (), 0.0)


@pytest.mark.parametrize(
    ("claims", "same"),
    [
        ({"time_limit": None, "seconds": 20.0}, True),
        ({"time_limit": None, "seconds": 290.0}, False),
        ({"time_limit": 60.0, "solving_limit": 60.0, "seconds": 20.0}, True),
        ({"time_limit": 60.0, "solving_limit": 60.0, "beats": {"status": "feasible"}}, False),
        ({"time_limit": None, "seconds": 2.0, "beats": {"proof_cut_short": ["A"]}}, False),
        (
            {"time_limit": None, "seconds": 2.0, "ended_by_person": {"steps": ["beats"], "seconds": 1.0, "of": 9.0}},
            False,
        ),
        ({"time_limit": None, "seconds": 2.0, "solving_limit": None}, False),
    ],
)
def test_only_what_ended_by_itself_is_repeatable(claims, same):
    claims = {"solving_limit": 300.0, "beats": {"status": "optimal"}} | claims
    assert repeatable(claims) is same and (ending_said(claims) == AGAIN) is same


def test_what_was_proven_of_a_municipality_before_the_stop_stays_with_the_plan(town, tmp_path):
    seen, out = [], tmp_path / "out"

    def follow(phase, *_):
        if phase.startswith("beats of "):
            place = phase.removeprefix("beats of ").partition(":")[0].partition(" [")[0]
            seen.extend([place] if place not in seen else [])

    summary = run(town.project, out, steps=("beats",), time_limit=1e6, progress=follow, cancelled=lambda: len(seen) > 1)
    proven, cut = of_municipalities(summary)
    assert summary["beats"]["gap"] is None and {proven.name, cut.name} == set(seen)
    if proven.name != seen[0]:
        proven, cut = cut, proven
    assert proven.gap is not None and cut.gap is None
    write_report(tmp_path / "report.html", read_result(out))
    page = (tmp_path / "report.html").read_text("utf-8")
    assert f"<li>{proven.name}: at most 0.01% from its best.</li><li>{cut.name}: without a bound.</li>" in page
    assert ending_said(summary) in page
