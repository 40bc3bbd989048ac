"""Stations moved by hand: figures are those of the plan and of a count by hand, rules answer in words, what is held open opens and is verified."""

from __future__ import annotations

import numpy as np
import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.result.folder import read_result
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.stations.site_edits import SiteJudge, held
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run

pytestmark = pytest.mark.usefixtures("bare_plans")


@pytest.fixture(scope="module")
def planned(planned_here):
    return planned_here


def judge_of(town, **rules):
    description = read_description(town.project)
    read = read_town(description.model_copy(update={"stations": description.stations.model_copy(update=rules)}))
    return SiteJudge(read, np.array(["a"] * 8 + ["b"] * 8, dtype=object), {"a": "North", "b": "South"})


def test_figures_are_those_of_the_plan(planned):
    judge, plan = judge_of(planned), read_result(planned.path("plan"))
    chosen = [judge.ids.index(str(s)) for s in plan.stations["station"]]
    found = judge(chosen)
    assert found.share == pytest.approx(plan.summary["stations"]["share_within_limit"])
    assert not found.broken
    walk = judge.walks[:, chosen].min(axis=1)
    able = np.isfinite(walk)
    assert found.mean_minutes == pytest.approx(np.average(walk[able], weights=judge.people[able]) / (4500 / 60))
    assert found.worst[0] in ("North", "South")


def test_rules_answer_in_words(planned):
    judge = judge_of(planned, budget=1.0, min_distance=1e6, one_per_municipality=True, group_excess=0.0)
    fixed = int(np.flatnonzero(judge.fixed)[0])
    others = [s for s in range(len(judge.ids)) if s != fixed]
    broken = " ".join(judge(others[:3]).broken)
    assert f"{judge.labels[fixed]} stands today and may not close." in broken
    assert "3 stations are open, and the rule says 2." in broken
    assert "more than the budget of 1 EUR." in broken
    assert "m apart, less than 1,000,000 m." in broken
    nothing = judge([])
    assert nothing.share == 0 and nothing.unreached == pytest.approx(judge.total)
    assert "has no station." in " ".join(nothing.broken)


@pytest.mark.papers
def test_what_is_held_open_opens_and_the_checker_says_so(planned, tmp_path):
    judge, plan = judge_of(planned), read_result(planned.path("plan"))
    there = {str(s) for s in plan.stations["station"]}
    fixed = {judge.ids[s] for s in np.flatnonzero(judge.fixed)}
    other = next(s for s in judge.ids if s not in there)
    wanted = [*fixed, other][:2]
    description = read_description(planned.project)
    patch = held(description, wanted, 2)
    assert patch == {"stations": {"held_open": sorted(wanted)}}
    rules = description.stations.model_copy(update={"held_open": tuple(wanted)})
    run(description.model_copy(update={"stations": rules}), tmp_path / "held", pack=False)
    found = read_result(tmp_path / "held")
    assert {str(s) for s in found.stations["station"]} == set(wanted)
    verdict = verify(tmp_path / "held")
    assert verdict.ok, [str(c) for c in verdict.failed]
    assert any(c.name == "stations.held_open" for c in verdict.checks)


@pytest.mark.papers
def test_a_held_site_that_is_none_is_told(planned, tmp_path):
    description = read_description(planned.project)
    rules = description.stations.model_copy(update={"held_open": ("nowhere",)})
    summary = run(description.model_copy(update={"stations": rules}), tmp_path / "x", pack=False)
    assert any("“nowhere”, which is no site" in c for c in summary["clashes"])
