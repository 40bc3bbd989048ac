"""A run that begins with a plan ends with no worse stations and officers, however early it is stopped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.result.folder import read_result
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.stations.choice import SiteChoice
from beatplanner.planning.whole.run import make_plan
from beatplanner.solver.location.site_rules import OpenSites


@pytest.fixture
def before(planned_once):
    return read_town(read_description(planned_once.project)), read_result(planned_once.folder / "plan")


def test_postings_are_no_worse_than_those_of_the_plan_before(before):
    town, plan = before
    beat = plan.units["beat"].astype(str).to_numpy(object)
    at_once = {"steps": ("officers",), "beat": beat, "stay": plan, "cancelled": lambda: True}
    worst, kept = make_plan(town, **at_once).officers, make_plan(town, **at_once, before=plan).officers
    assert worst.proof.objective > plan.summary["officers"]["objective"] + 1e-6
    assert kept.proof.objective == pytest.approx(plan.summary["officers"]["objective"]) and not kept.clashes
    assert kept.proof.lower_bound <= kept.proof.objective
    # postings of somebody who is in the roster no more are none of this plan
    gone = plan.assignments.assign(officer=["nobody", *plan.assignments["officer"].iloc[1:]])
    assert (
        make_plan(town, **at_once, before=replace(plan, assignments=gone)).officers.proof.objective
        == worst.proof.objective
    )
    # nor are such that break a rule: an officer twice
    twice = pd.concat([plan.assignments] * 2)
    assert (
        make_plan(town, **at_once, before=replace(plan, assignments=twice)).officers.proof.objective
        == worst.proof.objective
    )


def test_stations_are_no_worse_than_those_of_the_plan_before(before, monkeypatch):
    town, plan = before
    found = make_plan(town, steps=("stations",)).stations
    assert set(found.stations["station"]) == set(plan.stations["station"])
    others = [k for k in range(len(town.sites)) if k not in found.open]

    def poor(self):
        kept = [int(k) for k in found.open if self.rules.sites.kept[k]]
        chosen = np.sort([*kept, *others][: len(found.open)])
        return OpenSites(chosen, self.objective(chosen), 0.0)

    monkeypatch.setattr(SiteChoice, "_p_median", poor)
    worse = make_plan(town, steps=("stations",)).stations
    assert worse.proof.objective > found.proof.objective
    kept = make_plan(town, steps=("stations",), before=plan).stations
    assert kept.open.tolist() == found.open.tolist() and kept.proof.objective == pytest.approx(found.proof.objective)
    # of a plan with fewer stations than the rule says none are taken
    fewer = replace(plan, stations=plan.stations.iloc[1:])
    assert make_plan(town, steps=("stations",), before=fewer).stations.open.tolist() == worse.open.tolist()
