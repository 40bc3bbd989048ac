"""A claimed bound past what the plan itself has is wrong, with a certificate or without."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from beatplanner.data.result.folder import read_result
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning.verification import check_tables
from beatplanner.planning.verification.claimed_bounds import check_claimed_bounds
from beatplanner.planning.verification.ledger import Ledger
from beatplanner.planning.whole.run import run
from conftest import write_grid_town

# Where each bound stands in a summary, what it bounds, and by how much the one is past the other.
PAIRS = [
    *(
        ((step, "certified_bound"), (step, key), past)
        for step in ("beats", "sectors", "commands", "stations", "officers")
        for key, past in (("lower_bound", 1.0), ("objective", 1.0))
    ),
    (("beats", "relaxed_bound"), ("beats", "objective"), 1.0),
    (("beats", "smallest_tolerance", "impossible_below"), ("beats", "smallest_tolerance", "found"), 1e-6),
    (("beats", "smallest_tolerance", "impossible_below"), ("beats", "max_deviation"), 1e-6),
    (("beats", "smallest_budget", "impossible_below"), ("beats", "smallest_budget", "found"), 1e-6),
    (("beats", "smallest_budget", "impossible_below"), ("beats", "moved_share"), 1e-6),
    (("stations", "phases", "lower_bound"), ("stations", "phases", "objective"), 1.0),
    (("stations", "mobile", "least_stops"), ("stations", "mobile", "stops"), 1),
    (("officers", "longest_tenure", "found"), ("officers", "longest_tenure", "impossible_above"), 1),
    (("officers", "languages", 0, "unavoidable_beat_months"), ("officers", "language_gaps"), 1),
    (("officers", "languages", 0, "unavoidable_speaker_months"), ("officers", "speaker_months"), 1.0),
    (("budget", "resident_years"), ("budget", "resident_years_bound"), 1.0),
    (("budget", "resident_years_bound"), ("budget", "certified_bound"), 1.0),
    (("service", "proposal", "shifts", 0, "at_least"), ("service", "proposal", "shifts", 0, "on_duty"), 1),
]


def with_values(pairs) -> dict:
    """Return a summary that holds these and nothing else."""
    summary: dict = {}
    for path, value in pairs:
        part = summary
        for step, below in zip(path, (*path[1:], None), strict=True):
            if below is None:
                part[step] = value
            elif isinstance(step, int):
                part = part[step]
            elif isinstance(below, int):
                part = part.setdefault(step, [{}])
            else:
                part = part.setdefault(step, {})
    return summary


def wrong_in(summary: dict) -> list[str]:
    ledger = Ledger()
    check_claimed_bounds(ledger, summary)
    return [c.detail for c in ledger.verdict().failed]


@pytest.mark.parametrize(("bound", "figure", "past"), PAIRS)
def test_a_bound_is_not_past_what_it_bounds(bound, figure, past):
    assert not wrong_in(with_values([(bound, 12.0), (figure, 12.0)]))
    assert not wrong_in(with_values([(bound, 12.0)])) and not wrong_in(with_values([(bound, 12.0), (figure, None)]))
    assert wrong_in(with_values([(bound, 12.0 + past), (figure, 12.0)]))
    assert wrong_in(with_values([(bound, "12"), (figure, 12.0)])), "a text is no bound"


def test_beats_that_too_many_change_are_no_witness_of_what_few_can_do():
    tolerance = ("beats", "smallest_tolerance", "impossible_below")
    claimed = [(tolerance, 0.3), (("beats", "max_deviation"), 0.2), (("beats", "moved_share"), 0.5)]
    assert wrong_in(with_values(claimed))
    assert wrong_in(with_values([*claimed, (("rules", "beats", "max_moved"), 0.5)]))
    assert not wrong_in(with_values([*claimed, (("rules", "beats", "max_moved"), 0.1)]))


def test_a_tolerance_that_the_plan_keeps_is_not_impossible():
    # 12, 4 and 4 hours in two beats: 20 % from the mean, which no bound strictly below that gives the lie to
    claimed = [
        (("beats", "smallest_tolerance"), {"impossible_below": 0.2, "found": 0.2}),
        (("beats", "status"), "infeasible"),
    ]
    claimed += [(("rules", "beats", "tolerance"), 0.2), (("rules", "beats", "max_moved"), 0.1)]
    assert wrong_in(with_values([*claimed, (("beats", "max_deviation"), 0.2)])) == [
        "No beats are said to be within ±20%, and the plan's are."
    ]
    assert not wrong_in(with_values([*claimed, (("beats", "max_deviation"), 0.21)]))
    many = [*claimed, (("beats", "max_deviation"), 0.2), (("beats", "moved_share"), 0.5)]
    assert not wrong_in(with_values(many)), "more residents change beat than may"


def test_stand_ins_may_speak_in_more_beats_than_one():
    claimed = [(("officers", "languages", 0, "unavoidable_beat_months"), 3), (("officers", "language_gaps"), 2)]
    assert wrong_in(with_values(claimed))
    assert not wrong_in(with_values([*claimed, (("officers", "cover"), {"officers": 1})]))


@pytest.fixture(scope="module")
def clashed(tmp_path_factory) -> dict[str, PlanTables]:
    """Return plans of rules that clash, by the interval that they tell: beats alone, so that the checks are quick."""
    found: dict[str, PlanTables] = {}
    for key, old, new in (
        ("smallest_tolerance", "tolerance = 0.25", "tolerance = 0.001"),
        ("smallest_budget", "tolerance = 0.25", "tolerance = 0.05\nmax_moved = 0.0"),
    ):
        town = write_grid_town(tmp_path_factory.mktemp(key))
        text = town.project.read_text(encoding="utf-8").replace(old, new)
        town.project.write_text(text.partition("[stations]")[0], encoding="utf-8")
        run(town.project, town.folder / "plan")
        found[key] = read_result(town.folder / "plan")
        assert key in found[key].summary["beats"]
    return found


def verdict_of(tables: PlanTables):
    ledger = Ledger()
    check_tables(ledger, tables)
    return ledger.verdict()


@pytest.mark.parametrize("certificate", ["as it is", "gone"])
@pytest.mark.parametrize(
    ("key", "figure"), [("smallest_tolerance", "max_deviation"), ("smallest_budget", "moved_share")]
)
def test_an_interval_that_the_plan_gives_the_lie_to_is_wrong(clashed, key, figure, certificate):
    tables = clashed[key]
    if certificate == "gone":
        tables = replace(tables, proofs={n: a for n, a in tables.proofs.items() if n not in ("tolerance", "budget")})
    sound = verdict_of(tables)
    assert certificate == "gone" or sound.ok, [str(c) for c in sound.failed]
    assert not [c for c in sound.failed if c.name == "summary.bounds"]
    claims = tables.summary["beats"]
    for below in (claims[key]["found"] + 0.001, claims[figure] + 1e-6):
        summary = copy.deepcopy(tables.summary)
        summary["beats"][key]["impossible_below"] = below
        assert "summary.bounds" in [c.name for c in verdict_of(replace(tables, summary=summary)).failed], below
