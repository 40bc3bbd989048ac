"""Ways out of what a roster cannot do are offered only where solving with them shows that they help."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from beatplanner.planning.officers.clashes import _surplus
from beatplanner.planning.officers.roster_problem import month_starts
from beatplanner.planning.officers.ways_out import (
    NOT_CHECKED,
    Trials,
    with_officer,
    with_shorter_tenure,
    with_speaker,
    without,
)
from beatplanner.solver.clock import read_clock
from beatplanner.solver.officers.assign import assign
from beatplanner.solver.officers.figures import breaches, broken_tenures
from beatplanner.solver.officers.problem import Posting, Postings, TenureProblem


def problem(**more) -> TenureProblem:
    """Two beats: the officer of the first is the only one who may take the second, and the newcomer may take the first only."""
    values = {
        "posts": np.array([1, 1]),
        "months": 24,
        "first": np.array([0, 0]),
        "last": np.array([99, 99]),
        "home": np.array([0, -1]),
        "rooted": np.array([True, False]),
        "served": np.array([10, 0]),
        "kilometres": np.zeros((2, 2)),
        "has": np.zeros((2, 1), bool),
        "needs": np.array([[True], [False]]),
        "aspect": np.zeros(1, int),
        "min_tenure": 36,
        "handover": 1,
        "allowed": np.array([[True, True], [True, False]]),
    }
    return TenureProblem(**{**values, **more})


def trials(of: TenureProblem, seconds: float = 60.0) -> Trials:
    return Trials(of, assign(of, seconds=1e6).postings, read_clock(lambda: False) + seconds)


def test_a_broken_tenure_is_mended_by_a_shorter_one_for_that_post():
    town = problem()
    tried = trials(town)
    broken = broken_tenures(town, tried.postings)
    assert [(o, p) for o, p, _, _ in broken] == [(0, 0)]
    useless, useful = ("nothing", town), ("a shorter tenure", with_shorter_tenure(town, broken))
    assert tried.mends([useless, useful], "tenure") == "a shorter tenure (checked by solving with it)"
    assert (
        tried.mends([useless], "tenure")
        == "no single change was found that mends it; 1 were tried by solving with them"
    )


def test_one_more_officer_fills_the_post_and_a_speaker_closes_the_gap():
    town = problem(allowed=np.array([[True, False], [True, False]]))
    tried = trials(town)
    assert tried.before.vacant_months == 24
    assert tried.lessens(with_officer(town, 12), "vacant_months", "months") == (
        "checked by solving with it: 12 months instead of 24"
    )
    gaps = tried.lessens(with_speaker(town, 0, 0), "language_gaps", "months")
    assert gaps == "checked by solving with it: 0 months instead of 24"
    assert tried.lessens(town, "vacant_months", "months") is None


def test_without_time_a_way_out_is_called_unchecked():
    town = problem()
    late = trials(town, seconds=0.0)
    assert late.lessens(with_officer(town, 0), "vacant_months", "months") == NOT_CHECKED
    assert NOT_CHECKED in late.mends([("this", town)], "tenure")


@pytest.mark.parametrize("rule", ["couple", "moves", "frozen"])
def test_lifting_a_rule_changes_that_rule_alone(rule):
    frozen = np.full((2, 24), -2)
    frozen[0] = 0
    town = problem(couples=((0, 1),), moves_a_month=0, frozen=frozen)
    lifted = without(town, rule, 0, 0)
    assert lifted.couples == (() if rule == "couple" else ((0, 1),))
    assert lifted.moves_a_month == (1 if rule == "moves" else 0)
    assert lifted.frozen is not None
    assert (lifted.frozen[0] == (-2 if rule == "frozen" else 0)).all()
    assert not breaches(lifted, assign(lifted, seconds=1e6).postings)


def test_officers_beyond_the_posts_are_told():
    town, days = SimpleNamespace(roster=pd.DataFrame({"officer": ["a", "b"]})), month_starts(dt.date(2027, 1, 1), 24)
    assert not _surplus(town, problem(), Postings([], None), days)
    one_post = problem(posts=np.array([1, 0]))
    report = _surplus(town, one_post, Postings([Posting(0, 0, 0, 24)], None), days)
    assert (
        "2 officers for 1 post in January 2027: no post for 1 officer in January 2027, and never for 1 officer"
        in str(report[0])
    )
    assert report[0].severity == "warning"


def test_a_trial_ends_by_its_work_and_not_by_a_clock(monkeypatch):
    """What a way out mends must be the same on a busy machine: no model whose length nobody knows runs where the search kept the rules."""
    from beatplanner.solver.officers import assign as assigning

    many = 30
    town = TenureProblem(
        posts=np.ones(many, int),
        months=24,
        first=np.zeros(many, int),
        last=np.where(np.arange(many) < 10, 12, 99),
        home=np.arange(many),
        rooted=np.ones(many, bool),
        served=np.zeros(many, int),
        kilometres=np.random.default_rng(3).uniform(0, 9, (many, many)),
        has=np.random.default_rng(4).random((many, 2)) < 0.3,
        needs=np.random.default_rng(5).random((many, 2)) < 0.4,
        aspect=np.zeros(2, int),
        min_tenure=12,
        handover=1,
    )

    def refuse(*_, **__):
        raise AssertionError("a quick look went on to a model without a fixed length")

    monkeypatch.setattr(assigning.tenure_exact, "solve", refuse)
    monkeypatch.setattr(assigning.tenure_whole, "whole_series", refuse)
    # what is no quick look does go on to one
    with pytest.raises(AssertionError, match="went on to a model"):
        assign(town, seconds=1e6, effort=0.1)
    postings = assign(town, seconds=1e6, effort=0.1, quick=True).postings
    assert not breaches(town, postings)
    tried = Trials(town, postings, read_clock(lambda: False) + 10_000)
    monkeypatch.setattr("beatplanner.planning.officers.ways_out.EACH", 1_000.0)
    tried.until = read_clock(lambda: False) + 10_000
    once, again = tried.solve(with_officer(town, 0)), tried.solve(with_officer(town, 0))
    assert once is not None and again is not None
    assert once[0] == again[0]


def test_what_is_solved_after_the_proof_is_told_once():
    town, said = problem(), []
    tried = Trials(
        town, trials(town).postings, read_clock(lambda: False) + 60.0, report=lambda: said.append("ways out")
    )
    assert not said
    assert tried.solve(town) is not None
    assert tried.solve(town) is not None
    assert said == ["ways out"]
    late = Trials(town, tried.postings, read_clock(lambda: False), report=lambda: said.append("too late"))
    assert late.solve(town) is None
    assert said == ["ways out"]
