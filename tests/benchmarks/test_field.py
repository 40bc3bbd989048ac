"""The table of the field: what is published, the peers' models on instances small enough to know, and how rows are counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks import field_sites, head_of_field, stations, tsplib
from benchmarks.field_rows import OURS, PEER_LEAST, Answer, Line, Methods, Together, answers_of, together
from benchmarks.published import REGISTER, instances_of, known, sites_in
from benchmarks.states import STATES

from beatplanner.solver.districts.problem import DistrictingProblem
from beatplanner.solver.location.relaxation import Floor

OBJECTIVES = ("p-median", "p-center", "coverage", "fewest")


def test_each_published_value_has_its_source_and_each_state_its_graph():
    assert [sites_in(name) for name in instances_of("p-median", "rl1304")] == [5, 10, 20, 50, 100, 200, 300, 400, 500]
    for work in ("p-median", "p-center"):
        assert instances_of(work, "pmed") == [f"pmed{k}" for k in range(1, 41)]
    assert all(p.value > 0 and 0 <= p.gap < 1 and "(" in p.source for p in REGISTER.values())
    assert {name.split(",")[0] for work, name in REGISTER if work in ("travel", "cut")} <= STATES.keys()
    assert known("cut", "UT, tracts") == REGISTER["cut", "UT, tracts"]
    assert known("cut", "XX, tracts") is None
    # a gap is told beside its value, what is proven stands alone
    assert REGISTER["cut", "UT, tracts"].said() == "79 (16.5% left)"
    assert REGISTER["p-median", "pmed1"].said() == "5,819"


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_textbook_model_comes_to_the_value_of_ours(objective):
    town = stations.town(40, 12, 3, 5)
    ours = field_sites.ours(town, objective, 1e6)
    peer = field_sites.textbook(town, objective, 1e6)
    assert ours.value is not None and peer.value is not None
    assert ours.value == pytest.approx(peer.value, rel=1e-4)
    assert ours.bound == pytest.approx(peer.bound, rel=2e-4)
    most = town.people.sum() * town.metres.max()
    assert 0 < peer.value < most


def test_a_floor_makes_the_textbook_model_walk_further():
    town = stations.town(40, 12, 3, 5)
    cost, within = town.metres * town.people[:, None], town.metres <= stations.LIMIT
    free = field_sites.floor_model(cost, Floor(within, town.people, town.people.sum()), 3, 1e6)
    median = field_sites.ours(town, "p-median", 1e6)
    assert free.value == pytest.approx(median.value, rel=1e-4)
    most = field_sites.ours(town, "coverage", 1e6)
    assert most.value is not None and free.value is not None
    held = field_sites.floor_model(cost, Floor(within, town.people, most.value), 3, 1e6)
    assert held.value is not None
    assert held.value > free.value * (1 + 1e-3)


def test_a_file_that_is_not_there_is_replaced_and_said_so(tmp_path):
    called, metres = field_sites._ways(tmp_path, "fl14")
    assert (called, metres.shape) == ("seeded in place of fl14", (14, 14))
    (tmp_path / "below").mkdir()
    text = "DIMENSION : 2\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 3 4\nEOF\n"
    (tmp_path / "below" / "fl14.tsp").write_text(text, encoding="ascii")
    called, metres = field_sites._ways(tmp_path, "fl14")
    assert called == "TSPLIB, fl14"
    assert metres.tolist() == tsplib.straight(np.array([[0, 0], [3, 4]])).tolist()


def test_a_model_of_too_many_pairs_is_told_and_not_tried():
    methods = field_sites.placed(field_sites.plain(np.ones((600, 600)), 5), "p-median")
    answer = methods["HiGHS, textbook model"][1](1.0)
    assert answer == Answer(None, untried="not tried: 360,000 pairs")


def methods_of(value: float, bound: float, given: list[tuple[str, float]]) -> Methods:
    def method(name: str, answer: Answer):
        def run(seconds: float) -> Answer:
            given.append((name, seconds))
            return answer

        return run

    def breaks(seconds: float) -> Answer:
        raise ValueError("no such model")

    return {
        "peer": (None, method("peer", Answer(value + 1))),
        OURS: (None, method(OURS, Answer(value, bound))),
        "breaks": (None, breaks),
        "absent": ("no_such_package", method("absent", Answer(0.0))),
    }


def test_ours_comes_first_and_peers_have_at_least_their_seconds(capsys):
    given: list[tuple[str, float]] = []
    lines = answers_of(methods_of(10.0, 9.0, given), 77.0)
    assert given[0] == (OURS, 77.0)
    assert given[1][0] == "peer" and given[1][1] >= PEER_LEAST
    answers_of(methods_of(10.0, 9.0, given), PEER_LEAST / 2)
    assert given[-1] == ("peer", PEER_LEAST / 2)
    assert [line.method for line in lines] == [OURS, "peer", "breaks", "absent"]
    assert lines[2].answer is None
    assert lines[3].answer == Answer(None, untried="not installed")
    assert "no such model" in capsys.readouterr().out


def test_many_instances_are_counted_by_what_is_published(capsys):
    given: list[tuple[str, float]] = []
    each = [
        (10.0, lambda: methods_of(10.0, 10.0, given)),
        (9.0, lambda: methods_of(10.0, 8.0, given)),
    ]
    together("p-median", "two files", "", each, 5.0)
    rows = {line.split("|")[3].strip(): line for line in capsys.readouterr().out.splitlines() if line.startswith("|")}
    assert (
        "1 of 2 at the published value" in rows[OURS] and "1 proven" in rows[OURS] and "20.000% at most" in rows[OURS]
    )
    assert "0 of 2 at the published value" in rows["peer"] and "0 proven" in rows["peer"]
    assert "0 of 0" in rows["absent"] and "2 not tried" in rows["absent"]
    assert "no plan for one" in rows["breaks"]


def test_a_plan_that_breaks_a_rule_is_not_at_the_published_value():
    count = Together()
    count.add(Line("peer", Answer(8.0, None, kept=False), 1.0, 0.1), 10.0, 9.0)
    assert (count.tried, count.found, count.worst) == (1, 0, 1.0)


def test_districts_that_move_more_than_the_budget_are_no_plan():
    edges = np.array([[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]])
    today, mine = np.array([0, 0, 1, 1, 1, 1]), np.array([0, 0, 0, 1, 1, 1])
    xy = np.column_stack([np.arange(6.0), np.zeros(6)])
    problem = DistrictingProblem(
        np.ones(6), xy, edges, np.ones(5), 2, 2.5, 3.5, current=today, residents=np.ones(6), budget=1.0
    )
    assert head_of_field.kept(problem, mine)
    assert not head_of_field.kept(replace(problem, budget=0.5), mine)
    assert not head_of_field.kept(problem, today)
    assert not head_of_field.kept(problem, np.array([0, 0, 1, 0, 1, 1]))
