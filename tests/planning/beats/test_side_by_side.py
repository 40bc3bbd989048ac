"""Municipalities side by side: who gets the time, by a clock that counts, and the same beats whatever the threads."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from beatplanner.planning.beats import side_by_side
from beatplanner.planning.beats.municipality import MunicipalityPlan, MunicipalityTask, Setting
from beatplanner.planning.beats.side_by_side import SideBySide, gap_of
from beatplanner.solver.clock import Watch
from beatplanner.solver.districts.solve import Districts

pytestmark = pytest.mark.usefixtures("bare_plans")


def districts(objective: float, bound: float | None) -> Districts:
    none = np.zeros(0, int)
    return Districts(none, none, none, objective, bound, 0.0, 0.0, infeasible=False)


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def side_by_side_of(monkeypatch, gaps: list[float], seconds: float, *, threads: int = 1, nodes=None, enough=0.0):
    """Plan municipalities of a hundred units and an objective of 100 each that close a hundredth of the gap a second of proof."""
    clock, calls, lock = Hand(), [], threading.Lock()

    def plan_alone(setting, pair, given, cancelled, progress, kept=None):
        k = pair[0].k
        with lock:
            calls.append(("plan", k, given))
            clock.now += given

        def further(found, given, threads, cancelled):
            with lock:
                calls.append(("further", k, given))
                clock.now += given
            return replace(found, lower_bound=min(found.objective, found.lower_bound + given))

        if kept is not None:
            kept.append(further)
        return MunicipalityPlan(districts(100.0, 100.0 * (1 - gaps[k])), {}, 1.0, 0.1)

    monkeypatch.setattr(side_by_side, "plan_alone", plan_alone)
    pairs: Any = [(SimpleNamespace(units=np.arange(100), k=k), MunicipalityTask("plan")) for k in range(len(gaps))]
    setting = Setting(np.zeros(0), (), threads, 0, nodes, None, enough)
    done = SideBySide(setting, pairs, seconds, Watch(clock=clock), lambda *_: None).run()
    return done, calls, clock


def test_time_is_spent_where_the_gap_is(monkeypatch):
    done, calls, clock = side_by_side_of(monkeypatch, [0.0035, 0.55, 0.2], 100.0)
    assert [k for what, k, _ in calls if what == "plan"] == [0, 1, 2]
    after = [k for what, k, _ in calls if what == "further"]
    # the widest first, and nobody polishes while another is above one percent
    assert after[0] == 1 and 0 not in after
    assert clock.now <= 100.0 * 1.01
    assert gap_of(done[1].found) < 0.4 and gap_of(done[0].found) == pytest.approx(0.0035)


def test_what_is_proven_leaves_its_time_and_enough_is_enough(monkeypatch):
    done, calls, clock = side_by_side_of(monkeypatch, [0.0, 0.02], 1000.0)
    assert all(gap_of(a.found) < 1e-4 for a in done)
    assert {k for what, k, _ in calls if what == "further"} == {1}
    assert clock.now < 1000.0
    # half a percent of all together, and later steps have the rest
    _, calls, clock = side_by_side_of(monkeypatch, [0.004, 0.004], 1000.0, enough=0.005)
    assert not [1 for what, *_ in calls if what == "further"] and clock.now <= 600.0


def test_without_a_limit_each_is_planned_once(monkeypatch):
    done, calls, _ = side_by_side_of(monkeypatch, [0.5, 0.4], 100.0, nodes=10, threads=2)
    assert sorted(k for _, k, _ in calls) == [0, 1] and all(what == "plan" for what, *_ in calls)
    assert [round(gap_of(a.found), 3) for a in done] == [0.5, 0.4]


def test_a_failure_in_one_municipality_is_not_lost(monkeypatch):
    def fails(*_):
        raise RuntimeError("broken")

    monkeypatch.setattr(side_by_side, "plan_alone", fails)
    pairs: Any = [(SimpleNamespace(units=np.arange(3), k=k), MunicipalityTask("plan")) for k in range(2)]
    with pytest.raises(RuntimeError, match="broken"):
        SideBySide(Setting(np.zeros(0), (), 2, 0, None, None), pairs, 10.0, Watch(), lambda *_: None).run()


def test_threads_plan_the_same_town(town):
    from beatplanner.data.description.read import read_description
    from beatplanner.data.town.read_town import read_town
    from beatplanner.planning.beats.plan import plan_beats
    from beatplanner.planning.workload import plan_workload

    read = read_town(read_description(town.project))
    units = read.units.assign(municipality=["west" if k % 4 < 2 else "east" for k in range(len(read.units))])
    both = replace(read, units=units)
    plans = [
        plan_beats(both, plan_workload(both), seconds=1e6, nodes=20, threads=threads, seed=3) for threads in (1, 2)
    ]
    assert (plans[0].beat == plans[1].beat).all()
    assert plans[0].proof.lower_bound == pytest.approx(plans[1].proof.lower_bound, rel=1e-12)
    for a, b in itertools.pairwise(plans):
        assert a.proof.objective == b.proof.objective
