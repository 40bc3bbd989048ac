"""Figures that a ministry's analyst worked out apart from the program, each rebuilt as a small input whose value stands in a comment."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from beatplanner.data.result.folder import read_result
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run
from beatplanner.solver.officers.assign import assign
from beatplanner.solver.officers.figures import measure
from beatplanner.solver.officers.problem import Posting, TenureProblem

pytestmark = pytest.mark.usefixtures("bare_plans")

START = dt.date(2027, 1, 1)


@pytest.mark.papers
def test_a_beat_less_is_cheaper_like_for_like(town, command):
    """Vehicles and forums stand in both columns: 30,009 less, not 126,516 more.

    A beat has a vehicle for 30,000 and 4,065.625 a year, and a forum of ten members who meet four times for 12.50 each: 39,131.25 in two years.
    Today has four beats and the plan three, which opens a station for 3,000 and 3,061.125 a year, 9,122.25 in all:
    9,122.25 − 39,131.25 = −30,009. Today without vehicles and forums is 156,525 too cheap: −30,009 + 156,525 = 126,516.
    """
    town.swap("count = 4\n", "count = 3\n")
    town.project.write_text(
        town.project.read_text(encoding="utf-8")
        + "[budget]\nyears = 2\nofficer_salary = 1000\ntraining_seat = 30\nvehicles_per_beat = 1\nvehicle_price = 30000\n"
        "vehicle_yearly = 4065.625\nforum_travel = 12.5\nstation_yearly = 3061.125\n"
        "[forum]\nneighbourhood = { members = 10, meetings_a_year = 4 }\n",
        encoding="utf-8",
    )
    run(town.project, town.path("out"), steps=("beats", "stations", "officers"), pack=False)
    claims = read_result(town.path("out")).summary["budget"]
    assert sum(claims["total"]) - sum(claims["today"]) == pytest.approx(-30_009)
    without = sum(claims["today"]) - sum(claims["today_lines"]["vehicles"]) - sum(claims["today_lines"]["forums"])
    assert sum(claims["total"]) - without == pytest.approx(126_516)
    assert verify(town.path("out")).ok
    code, out, _ = command("answer", town.path("out"), "--out", town.path("answer.html"))
    assert code == 0 and "so it costs about 30,000 EUR less" in out


def test_an_order_of_five_moves_loses_what_is_known():
    """Five officers of six years: 7,536 residents of theirs for six years are 45,216; 6,182 came with the lines, and 13,718 × 6 would be 82,308."""
    from beatplanner.planning.changes.replanning import OfficerEvent, _trust_lost

    stayed, came = [1500.0] * 4 + [1536.0], [1236.0] * 4 + [1238.0]
    rows = [(f"s{i}", str(i), str(i), n) for i, n in enumerate(stayed)]
    rows += [(f"c{i}", str((i + 1) % 5), str(i), n) for i, n in enumerate(came)]
    units = pd.DataFrame(rows, columns=["unit", "current", "beat", "population"])
    names = [f"O{i}" for i in range(5)]
    plan = SimpleNamespace(
        units=units,
        roster=pd.DataFrame({"officer": names, "beat": list("01234"), "since": [dt.date(2021, 1, 1)] * 5}),
        assignments=pd.DataFrame(
            {"officer": names, "beat": list("01234"), "start": "2027-01-01", "end": "2032-01-01"},
        ),
    )
    moves = [OfficerEvent("move", name, START, beat=str((i + 2) % 5)) for i, name in enumerate(names)]
    assert _trust_lost(plan, moves, START) == pytest.approx(45_216)
    assert sum(stayed + came) * 6 == 82_308
    # a year and a half later those who came are known for that time as well: 45,216 + 13,718 × 1.5
    late = [OfficerEvent("move", m.officer, dt.date(2028, 7, 1), beat=m.beat) for m in moves]
    assert _trust_lost(plan, late, START) == pytest.approx(65_793)


def languages(months: int, speakers: list[float], weights=None) -> TenureProblem:
    """One officer who speaks the language and one who does not, for two posts in beats with so many speakers; all are new."""
    return TenureProblem(
        posts=np.array([1, 1]),
        months=months,
        first=np.array([0, 0]),
        last=np.array([999, 999]),
        home=np.array([-1, -1]),
        rooted=np.array([False, False]),
        served=np.array([0, 0]),
        kilometres=np.zeros((2, 2)),
        has=np.array([[True], [False]]),
        needs=np.array([[True], [True]]),
        aspect=np.zeros(1, int),
        min_tenure=36,
        handover=1,
        speakers=np.array(speakers)[:, None],
    )


def test_speakers_serve_where_most_speak():
    """144 beat-months without the language either way; 167,738 speaker-months where the beat of few is left, 326,481 where that of many is."""
    problem = languages(144, [326_481 / 144, 167_738 / 144])
    found = measure(problem, assign(problem, seconds=1e6, effort=0.1).postings)
    assert found.language_gaps == 144 and found.speaker_months == pytest.approx(167_738)
    other = measure(problem, [Posting(0, 1, 0, 144), Posting(1, 0, 0, 144)])
    assert other.language_gaps == 144 and other.speaker_months == pytest.approx(326_481)


def test_129_of_142_months_cannot_be_avoided():
    """Four beats need the language and one officer speaks it: 43 × 3 = 129 months at least; in a plan without that officer in 13 months it is 142."""
    from beatplanner.planning.officers.languages import language_needs

    problem = TenureProblem(
        posts=np.ones(4, int),
        months=43,
        first=np.zeros(4, int),
        last=np.full(4, 999),
        home=np.full(4, -1),
        rooted=np.zeros(4, bool),
        served=np.zeros(4, int),
        kilometres=np.zeros((4, 4)),
        has=np.array([[True], [False], [False], [False]]),
        needs=np.ones((4, 1), bool),
        aspect=np.zeros(1, int),
        min_tenure=12,
        handover=1,
        speakers=np.array([[65.0], [14.0], [20.0], [30.0]]),
    )
    days = [(pd.Timestamp(START) + pd.DateOffset(months=m)).date() for m in range(44)]
    town = SimpleNamespace(groups=("albanian",), roster=["O0", "O1", "O2", "O3"])
    (row,) = language_needs(town, range(4), problem, days)
    # the one officer serves the beat of 65: 14 + 20 + 30 speakers are without one for 43 months; three more must speak it from the first day
    assert (row["unavoidable_beat_months"], row["unavoidable_speaker_months"]) == (129, 43 * 64.0)
    assert row["recruit"] == [{"by": "2027-01-01", "officers": 3}] and row["officers"] == 1
    late = [Posting(0, 0, 13, 43), *(Posting(o, o, 0, 43) for o in (1, 2, 3))]
    assert measure(problem, late).language_gaps == 142


@pytest.mark.papers
def test_beats_start_one_by_one_where_a_municipality_is_too_dear(town):
    """538,000 of 1,650,000 lie idle where a municipality of four beats for 278,000 each starts at once; by beat five start and 260,000 are left."""
    from beatplanner.data.description.models import Description
    from beatplanner.planning.whole.areas import rollout_areas
    from beatplanner.planning.whole.rollout import roll_out
    from beatplanner.planning.whole.spending import spending

    text = town.project.read_text(encoding="utf-8").split("[stations]")[0]
    text = text.replace("count = 4\n", "count = 8\n").replace("tolerance = 0.25", "tolerance = 1.0")
    text = "\n".join(line for line in text.splitlines() if not line.startswith("current"))
    more = "[budget]\nyears = 1\nvehicles_per_beat = 1\nvehicle_price = 278000\nceiling = 1650000\n"
    town.project.write_text(text + "\n" + more, encoding="utf-8")
    run(town.project, town.path("out"), steps=("beats",), pack=False)
    tables = read_result(town.path("out"))
    rules = Description.model_validate(tables.summary["rules"])
    for how, begun, left in (("municipality", 4, 538_000), ("beat", 5, 260_000)):
        said = rules.model_copy(update={"budget": rules.budget.model_copy(update={"start_by": how})})
        start = roll_out(tables, said).start
        spent = spending(rollout_areas(tables, said), start, np.zeros((5, 1)), said.budget, np.ones(1)).sum()
        assert ((start >= 0).sum(), 1_650_000 - spent) == (begun, left)


@pytest.mark.papers
def test_officer_months_served_are_paid_and_recruits_train(town):
    """Six officers of 24 months and eight recruits of 11 and 7 × 9 are 218 months, 18,166.67 of salaries; eight seats for 30 are 240."""
    from conftest import ROSTER, write_roster

    rows = [[f"O{k}", None, None, None, "f", None, None, "2026-01-01", None, None] for k in range(6)]
    joins = ["2028-02-01", *["2028-04-01"] * 7]
    rows += [[f"R{k}", None, None, None, "m", None, None, None, day, None] for k, day in enumerate(joins)]
    write_roster(town.path("officers.xlsx"), [ROSTER[0], *rows])
    text = town.project.read_text(encoding="utf-8")
    cut = text.split("[stations]")
    town.project.write_text(
        cut[0]
        + "[officers]"
        + cut[1].split("[officers]")[1]
        + "[budget]\nyears = 2\nofficer_salary = 1000\ntraining_seat = 30\n",
        encoding="utf-8",
    )
    run(town.project, town.path("out"), steps=("officers",), pack=False)
    claims = read_result(town.path("out")).summary["budget"]
    assert 12 * sum(claims["people"]["paid"]) == pytest.approx(218)
    assert sum(claims["lines"]["salaries"]) == pytest.approx(218 / 12 * 1000)
    assert claims["people"]["courses"] == [0, 8] and claims["lines"]["training"] == [0, 240]
    # four months of training each before a post is taken: 8 × 4 months
    assert 12 * sum(claims["people"]["in_training"]) == pytest.approx(32)
    assert verify(town.path("out")).ok


def test_a_sum_is_shown_without_what_floating_point_leaves():
    from beatplanner.data.result.cells import readable, safe_cell

    noisy = 17282.159999999996
    assert safe_cell(noisy) == 17282.16 and str(safe_cell(noisy)) == "17282.16"
    assert readable({"a": [noisy, 0.1 + 0.2, 1 / 3, 7, None]}) == {"a": [17282.16, 0.3, 0.333333333333, 7, None]}


@pytest.mark.papers
def test_officers_without_a_roster_cost_what_an_officer_costs(town):
    """(1,000 + 60) × 1.25 = 1,325 for each of eight posts: 10,600 a year, of which 8,480 are wages and 2,120 contributions; 1,000 × 8 is too little."""
    text = town.project.read_text(encoding="utf-8").split("[stations]")[0]
    more = "[budget]\nyears = 2\nofficer_salary = 1000\nallowances = 60\nemployer_part = 0.25\n"
    town.project.write_text(text + more, encoding="utf-8")
    run(town.project, town.path("out"), steps=("beats",), pack=False)
    tables = read_result(town.path("out"))
    claims = tables.summary["budget"]
    assert tables.beats["posts"].sum() == 8 and claims["one_officer"] == pytest.approx(1_325)
    assert claims["lines"]["salaries"] == pytest.approx([10_600, 10_600]) == claims["today_lines"]["salaries"]
    wages, contributions = list(claims["economic"].values())[:2]
    assert (wages[0], contributions[0]) == pytest.approx((8_480, 2_120))
    assert verify(town.path("out")).ok


def test_officers_without_a_grade_are_told_where_only_grades_are_paid(town, command):
    more = "[budget]\ngrades = { senior = 2000 }\n"
    town.project.write_text(town.project.read_text(encoding="utf-8") + more, encoding="utf-8")
    code, out, err = command("check", town.project)
    assert code == 0 and "5 officers have no grade and are paid no salary" in " ".join((out + err).split())
    town.swap("[budget]\n", "[budget]\nofficer_salary = 1000\n")
    code, out, err = command("check", town.project)
    assert code == 0 and "no grade" not in out + err


CEILING = (
    "[country]\nofficers = 6\nminimum = 2\n"
    "[budget]\nyears = 2\nofficer_salary = 1000\nallowances = 60\nemployer_part = 0.25\nceiling = 9000\n"
)


@pytest.mark.papers
@pytest.mark.usefixtures("without_pack")
def test_officers_shared_out_under_a_ceiling_wait_for_the_station(town):
    """Four officers of 1,325 and a fifth from March are 5,300 + 1,104.17 = 6,404.17; with the station's 3,000 the first year is above 9,000, so it opens in the second.

    Of 11 officers eight are needed: three are over, none is missing. The plan before keeps its 6, of which 8 − 6 = 2 are missing.
    """
    from beatplanner.planning.changes.sharing_out import share_officers_out

    town.project.write_text(town.project.read_text(encoding="utf-8") + CEILING, encoding="utf-8")
    run(town.project, town.path("out"), pack=False)
    shared, made = share_officers_out(town.path("out"), town.path("more"), officers=11, minimum=0)
    for summary in (read_result(town.path("out")).summary, shared):
        assert summary["budget"]["lines"]["salaries"] == pytest.approx([4.0 * 1_325 + 1_325 * 10 / 12, 5_300])
        assert summary["budget"]["lines"]["stations"] == [0, 3_000]
    before = read_result(town.path("out")).summary["country"]
    assert (before["officers_shared"], before["officers_missing"], before["officers_over"]) == (6, 2, 0)
    assert (
        shared["country"]["officers_shared"],
        shared["officers"]["posts"],
        shared["rules"]["country"]["officers"],
    ) == (11,) * 3
    assert (shared["country"]["officers_missing"], shared["country"]["officers_over"]) == (0, 3)
    assert made.table["posts"].iloc[-1] == 11 and verify(town.path("more")).ok


@pytest.mark.papers
@pytest.mark.usefixtures("without_pack")
def test_posts_shared_out_without_a_roster_start_when_they_can_be_paid(town):
    """Six posts of 1,325 are 7,950 a year and fit into 9,000; eleven are 14,575, so that beats of at most six posts start, and the rest lacks money."""
    from beatplanner.planning.changes.sharing_out import share_officers_out

    text = town.project.read_text(encoding="utf-8").split("[stations]")[0]
    town.project.write_text(text + CEILING.replace("minimum = 2", "minimum = 2\nset_posts = true"), encoding="utf-8")
    run(town.project, town.path("out"), steps=("beats",), pack=False)
    assert read_result(town.path("out")).summary["budget"]["total"] == pytest.approx([7_950, 7_950])
    shared, _ = share_officers_out(town.path("out"), town.path("more"), officers=11, minimum=0)
    assert shared["budget"]["all_at_once"] == pytest.approx([14_575, 14_575])
    assert max(shared["budget"]["total"]) <= 9_000 and shared["budget"]["unfunded"]
    assert verify(town.path("more")).ok
