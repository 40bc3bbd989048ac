"""People and money against sums by hand: payroll, today, roll-out, pilots, currencies."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from budgeted import whole_plan

from beatplanner.data.publish.officers_pack import vacant_posts
from beatplanner.planning.forum.forum_pack import town_of
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.areas import RolloutAreas
from beatplanner.planning.whole.unfunded import _in_no_year

pytestmark = pytest.mark.usefixtures("bare_plans")


def test_people_are_paid_and_posts_stand_beside_them(town):
    # five officers on four posts: Ana, Бојан until 2028, Cena, Dritan, and Elena from March 2027, who trains until July
    tables = whole_plan(town)
    claims = tables.summary["budget"]
    assert claims["people"]["paid"] == pytest.approx([4 + 10 / 12, 4])
    assert claims["lines"]["salaries"] == pytest.approx([1000 * (4 + 10 / 12), 4000])
    # one course of 30 in the year in which Elena joins, and none for the four who are trained
    assert claims["lines"]["training"] == [30, 0] and claims["people"]["courses"] == [1, 0]
    assert claims["people"]["in_training"] == pytest.approx([4 / 12, 0])
    people = claims["people"]
    for t in range(2):
        assert people["in_posts"][t] + people["in_training"][t] + people["without_post"][t] == pytest.approx(
            people["paid"][t]
        )
    assert 12 * sum(people["vacant"]) == pytest.approx(tables.summary["officers"]["vacant_months"])
    # today by the same rule: the same officers, one station, four beats with a vehicle each
    assert claims["today_lines"]["vehicles"] == [4 * 600, 4 * 100] and claims["today_lines"]["stations"] == [50, 50]
    assert claims["today"] == pytest.approx([1000 * (4 + 10 / 12) + 30 + 2400 + 50, 4000 + 400 + 50])


@pytest.mark.parametrize(("officers", "posts", "spare"), [(1, 30, 0.0), (120, 30, 90.0)])
def test_one_officer_on_many_posts_and_many_officers_on_few(town, officers, posts, spare):
    from conftest import ROSTER, write_roster

    write_roster(
        town.path("officers.xlsx"),
        [ROSTER[0], *([f"O{k}", None, None, None, "f", None, None, "2026-01-01", None, None] for k in range(officers))],
    )
    town.swap("count = 4\n", "count = 3\n")
    town.swap("posts_per_beat = 1", f"posts_per_beat = {posts // 3}")
    claims = whole_plan(town).summary["budget"]
    assert claims["lines"]["salaries"] == [1000 * officers] * 2
    assert claims["people"]["posts"] == [posts] * 2 and claims["people"]["without_post"] == pytest.approx([spare] * 2)
    assert claims["people"]["money_of_posts"] == [1000 * posts] * 2
    assert claims["people"]["vacant"] == pytest.approx([max(0, posts - officers)] * 2)
    assert claims["people"]["money_without_post"] == pytest.approx([1000 * spare] * 2)


def test_the_roll_out_sets_the_days_of_postings_and_stations(town):
    tables = whole_plan(town, "ceiling = [9000, 5000]\n")
    claims = tables.summary["budget"]
    assert max(claims["total"]) <= 9000 and claims["total"][1] <= 5000
    # today's officers are paid though a beat never starts
    assert claims["lines"]["salaries"] == pytest.approx([1000 * (4 + 10 / 12), 4000])
    starts = dict(zip(tables.beats["beat"].astype(str), tables.beats["starts"], strict=True))
    late = {b for b, day in starts.items() if day is None}
    assert (
        late
        and {b for u in claims["unfunded"] for b in u["beats"]} == late
        and all(u["lacks_in_all"] > 0 for u in claims["unfunded"])
    )
    # nobody is posted to a beat that never starts and has no officer today, or before a beat's day
    for row in tables.assignments.itertuples(index=False):
        assert starts[str(row.beat)] is not None and row.start >= starts[str(row.beat)]
    assert claims["beats_started"][-1] == 4 - len(late)
    _vacant_alike(tables)


def _vacant_alike(tables):
    """Hold the sheet of vacant posts, which the page for parliament reads, against the summary and the budget."""
    claims = tables.summary
    assert vacant_posts(tables).to_numpy().sum() == claims["officers"]["vacant_months"]
    assert 12 * sum(claims["budget"]["people"]["vacant"]) == pytest.approx(claims["officers"]["vacant_months"])


def test_a_pilot_that_cannot_be_paid_is_the_cause(town):
    tables = whole_plan(town, 'ceiling = [6500, 5000]\npilots = ["West"]\n')
    claims = tables.summary["budget"]
    # today costs 7,313.33 in 2027, which is 813.33 too much; the pilot lacks at least that
    assert claims["today"][0] == pytest.approx(7313 + 1 / 3)
    assert claims["blocked"]["pilots"] == ["West"] and claims["blocked"]["lacks"][0]["amount"] == pytest.approx(
        813 + 1 / 3, abs=0.1
    )
    assert claims["blocked"]["sentence"].startswith(
        "The pilot West cannot be paid: to start in 2027 it lacks 813 EUR in 2027 (prices of 2027)"
    )
    assert "is not proven" not in claims["blocked"]["sentence"]
    assert claims["blocked"]["sentence"].endswith(
        "What stands today costs more than there is: 813 EUR in 2027 are lacking (prices of 2027), so nothing new starts."
    )
    assert all(u["waits_for_pilot"] for u in claims["unfunded"] if u["area"] != "West")


def test_a_pilot_is_said_to_be_beyond_the_money_only_where_that_is_proven():
    # two beats, two years, one line: the pilot costs 5 a year once it starts, the other saves some of 4 a year
    waiting, started = np.zeros((5, 2, 2)), np.zeros((5, 2, 2, 2))
    waiting[0, 1] = 4.0
    for s in range(2):
        started[0, 0, s, s:] = 5.0
        started[0, 1, s] = [4.0, 4.0 if s else 1.0]
    table = pd.DataFrame({"municipality": ["A", "B"], "beat": ["1", "2"], "name": ["One", "Two"]})
    areas = RolloutAreas(table, waiting, started, np.zeros((5, 2)), np.zeros((2, 2)), pd.DataFrame(), None, 0)
    rules = SimpleNamespace(years=2, pilots=["A"], vehicle_years=5, vehicle_price=0.0, vehicle_yearly=0.0)
    for ceiling, sure in ((8.9, False), (5.9, True)):
        frame = SimpleNamespace(
            first=0,
            rise=np.ones(2),
            funds=np.full((1, 2), np.inf),
            ceiling=np.full(2, ceiling),
            by_payer=lambda spent: spent.sum(axis=0)[None],
        )
        assert _in_no_year(areas, np.array([0]), np.zeros((5, 2)), rules, frame) is sure


def test_nobody_is_moved_out_of_a_beat_that_has_not_started(town, command):
    """Two serve beat 3, which has one post; what stands today cannot be paid, so neither fills the post of beat 4 or takes that of beat 1.

    Their language lacks in beat 1, whose officer would make room for one of them if only the figures counted.
    """
    from conftest import ROSTER, write_roster

    mira = ["Mira", 3, "2024-01-01", "sq", "f", None, None, "2020-01-01", None, None]
    ana = [*ROSTER[1][:3], None, *ROSTER[1][4:]]
    write_roster(town.path("officers.xlsx"), [ROSTER[0], ana, *ROSTER[2:], mira])
    tables = whole_plan(town, "ceiling = [5000, 5000]\n")
    claims = tables.summary["budget"]
    assert claims["beats_started"] == [0, 0] and claims["blocked"]["sentence"].startswith(
        "What stands today costs more"
    )
    # without a pilot nobody waits for one
    assert not any(u["waits_for_pilot"] for u in claims["unfunded"])
    serves = {(str(r.officer), str(r.beat)): str(r.end) for r in tables.assignments.itertuples()}
    for officer, beat in (("Ana", "1"), ("Cena", "3"), ("Mira", "3")):
        assert serves[officer, beat] == "2029-01-01"
    assert serves["Бојан", "2"] == "2028-01-01" and "4" not in {b for _, b in serves}
    code, out, _ = command("answer", town.path("out"), "--out", town.path("answer.html"))
    assert code == 0 and "When is the last day to recruit?" in out
    # what nobody gets is not praised: neither lines nor stations nor the work
    assert out.count("once all of it has started, which the money does not allow") == 3
    # a plan in which one of them is moved all the same is found
    import sqlite3

    with sqlite3.connect(town.path("out") / "plan.gpkg") as package:
        package.execute("UPDATE assignments SET beat = '1', start = '2027-03-01' WHERE officer = 'Mira'")
    assert "officers.waiting" in {c.name for c in verify(town.path("out")).failed}


def test_a_false_figure_of_people_or_of_the_roll_out_is_found(town):
    import json

    tables = whole_plan(
        town,
        'ceiling = [9000, 5000]\nfunds = { donor = [3000, 900] }\npayers = { vehicles = "donor" }\nends = { donor = 2028-03-01 }\n',
    )
    file = town.path("out") / "summary.json"
    whole = json.loads(file.read_text(encoding="utf-8"))
    # the inputs are those of one plan, whatever its summary says
    inputs = town_of(tables, town.path("out"))
    for change, check in (
        (lambda b: b["people"]["without_post"].__setitem__(0, 0.0), "budget.people"),
        (lambda b: b["today_lines"]["vehicles"].__setitem__(0, 0.0), "budget.today_lines"),
        (lambda b: b["unfunded"][0]["lacks"][0].__setitem__("amount", 1.0), "budget.lacks"),
        (lambda b: b["residents_served"].__setitem__(0, 1900.0), "budget.by_year"),
        (lambda b: b["beat_starts"][0].__setitem__("date", "2028-01-01"), "budget.dates"),
    ):
        false = json.loads(json.dumps(whole))
        change(false["budget"])
        file.write_text(json.dumps(false), encoding="utf-8")
        assert check in {c.name for c in verify(town.path("out"), town=inputs).failed}
    file.write_text(json.dumps(whole), encoding="utf-8")
    _bound_is_proven(tables, town.path("out"), inputs)


def _bound_is_proven(tables, out, inputs):
    """Hold the bound on the roll-out against its certificate, its rows against the sums of the budget, and falsify both."""
    import json

    from beatplanner.data.description.models import Description
    from beatplanner.planning.verification.force_money import Force
    from beatplanner.planning.verification.rollout_proof import starts_of

    claims = tables.summary["budget"]
    assert claims["certified"] is True and claims["resident_years_bound"] >= claims["resident_years"] > 0
    checked = {c.name for c in verify(out).checks if c.ok}
    assert {"budget.resident_years_bound", "budget.certified"} <= checked
    # what the certificate's rows are made of is what the lines come to, whatever starts when
    force = Force(tables, Description.model_validate(tables.summary["rules"]))
    starts = starts_of(force)
    for seed in range(20):
        at = np.random.default_rng(seed).integers(-1, 2, len(force.beats))
        start = [None if s < 0 else int(s) for s in at]
        for t, lines in enumerate(force.lines(start)):
            rest = {k: v for k, v in lines.items() if k != "vehicles"}
            chosen = sum(starts.more[:, g, s, t] for g, s in enumerate(start) if s is not None)
            by_payer = force.by_payer(rest, t)
            assert (starts.base[:, t] + chosen) == pytest.approx(
                [by_payer.get("donor", 0.0), by_payer.get("ministry", 0.0), sum(rest.values())]
            )
    file, proof = out / "summary.json", out / "proof" / "rollout.npz"
    whole, kept = json.loads(file.read_text(encoding="utf-8")), proof.read_bytes()
    arrays = dict(np.load(proof))
    false = json.loads(json.dumps(whole))
    false["budget"]["resident_years_bound"] -= 1
    for said, written in (
        (false, arrays),
        (false, arrays | {"bound": arrays["bound"] - 1}),
        (whole, arrays | {"money": 0 * arrays["money"]}),
        (whole, arrays | {"leaf": arrays["leaf"][:-1]}),
        (whole, None),
    ):
        file.write_text(json.dumps(said), encoding="utf-8")
        if written is None:
            proof.unlink()
        else:
            np.savez_compressed(proof, **written)
        assert "budget.resident_years_bound" in {c.name for c in verify(out, finished=False, town=inputs).failed}
        proof.write_bytes(kept)


@pytest.mark.papers
def test_an_answer_on_one_page_tells_the_figures_of_the_plan(town, command):
    tables = whole_plan(town)
    code, out, _ = command("answer", town.path("out"), "--out", town.path("answer.html"), "--leave", 2)
    assert code == 0
    # today: 8,833.33 of salaries, a course of 30, four vehicles for 2,000 and 800, a station for 100; the plan opens one for 3,000 with 100 of rent
    assert sum(tables.summary["budget"]["today"]) == pytest.approx(8833 + 1 / 3 + 30 + 2800 + 100)
    assert "14,900 EUR in 2027 to 2028, of which 5,000 once for vehicles and stations" in out
    assert "going on as today costs 11,800, so it costs about 3,100 EUR more" in out
    vacant = tables.summary["officers"]["vacant_months"]
    assert f"{vacant:,.0f} month" in out and "in 2 years" in out
    # four trained officers for four posts: two who leave leave two posts empty
    assert "were 2 of the holders to leave at once, 2 posts would stay empty, for 4 months at least" in out
    page = town.path("answer.html").read_text(encoding="utf-8")
    assert "Бојан" not in page and page.count("<h2>") >= 9
    # a page in parliament is public: where the forum pack hides counts of residents this counts none
    from beatplanner.data.publish.comparison_words import ENGLISH
    from beatplanner.planning.compare.answer import _orders, answers
    from beatplanner.planning.compare.answer_officers import last_day, leavers
    from beatplanner.planning.compare.columns import read_compared

    for hidden in ({"quiet": True}, {"few": 10_000}):
        said = " ".join(t for a in answers(town.path("out"), **hidden)["answers"] for t in a["text"])
        assert "counts none" in said
        assert not re.search(r"\d residents?\b|% of residents|change beat|resident-years", said), said
    # what lies behind the day of the question is told as past, never as “before the plan starts”
    import datetime as dt

    for day, word in (("2025-01-01", ", before the plan starts."), ("2026-12-01", "for 5 of these the day is past")):
        orders = [{"what": "vehicles", "number": 4}, {"what": "station A", "number": 1}]
        late = {"needed_on": "2027-01-01", "order_by": "2026-01-01", "before_start": True}
        column = read_compared([town.path("out")])[1]
        column.tables.summary["budget"]["procurement"] = [o | late for o in orders]
        assert word in _orders(column, dt.date.fromisoformat(day), ENGLISH)[0]
    # a payer whose money ends is told of where nothing falls on the next one too: the question asks for it
    column.tables.summary["budget"] |= {
        "donor_ends": [{"payer": "donor", "on": "2028-12-31", "then": "ministry", "falls_on": [0.0, 0.0]}]
    }
    assert _orders(column, dt.date(2026, 12, 1), ENGLISH)[-1] == (
        "The money of the donor ends on 31 December 2028; nothing of its lines then falls on the ministry."
    )
    # in a post that is empty from the first month there is nobody to overlap with, nor is there where holders leave at once
    postings = column.tables.assignments
    empty = replace(column, tables=replace(column.tables, assignments=postings[postings["beat"].astype(str) != "3"]))
    said = last_day(empty, dt.date(2026, 11, 29), ENGLISH)[0]
    assert (
        "empty from January 2027" in said
        and "by 1 September 2026" in said
        and "on 1 December 2026 fills posts from April 2027" in said
    )
    assert "3 officers hold 3 of the 4 posts" in leavers(empty, 20, ENGLISH)[0]
    # of the roster's posts none is empty any more in the last month that is left
    said = {a["question"]: a["text"][0] for a in answers(town.path("out"), today=dt.date(2029, 1, 1))["answers"]}
    assert "before the plan starts" not in said["When is the last day to recruit?"]
    assert command("answer", town.path("out"), "--out", town.path("answer.pdf"))[0] == 2
    assert command("answer", town.folder, "--out", town.path("a.html"))[0] == 1


def test_salaries_by_grade_and_the_budget_by_economic_class(town, command):
    from conftest import ROSTER, write_roster

    write_roster(
        town.path("officers.xlsx"),
        [[*ROSTER[0], "grade"], *([*r, "senior" if r[0] == "Ana" else None] for r in ROSTER[1:])],
    )
    claims = whole_plan(town, "grades = { senior = 1500 }\nallowances = 100\nemployer_part = 0.2\n").summary["budget"]
    # Ana is paid 1,600 and the others 1,100, and a fifth on top: 3 others and ten months of Elena in 2027, 3 others in 2028
    pay = [1600 + 1100 * (3 + 10 / 12), 1600 + 1100 * 3]
    assert claims["lines"]["salaries"] == pytest.approx([1.2 * v for v in pay])
    assert claims["economic"]["211 wages and salaries"] == pytest.approx(pay)
    assert claims["economic"]["212 employers' social contributions"] == pytest.approx([0.2 * v for v in pay])
    # four vehicles and a station are bought once; a course, rent of two stations and running of four vehicles are goods and services
    assert claims["economic"]["311 fixed assets"] == pytest.approx([4 * 500 + 3000, 0])
    assert claims["economic"]["22 use of goods and services"] == pytest.approx(
        [30 + 2 * 50 + 4 * 100, 2 * 50 + 4 * 100]
    )
    assert [sum(v[t] for v in claims["economic"].values()) for t in range(2)] == pytest.approx(claims["total"])
    town.swap("{ senior = 1500 }", "{ seniors = 1500 }")
    code, _, err = command("officers", town.project, "--out", town.path("out"))
    assert code == 1 and "the grade “senior” of the roster has no salary" in err and "Did you mean “seniors”?" in err
    # it is told with its row before anything is planned, as is everything of a budget that the description shows
    code, out, _ = command("check", town.project)
    assert code == 1 and "row 2, field “grade”" in out
    town.swap("{ seniors = 1500 }", "{ senior = 1500 }\nceiling = [1, 2, 3]\nfunds = { donr = 5 }")
    code, out, _ = command("check", town.project)
    assert code == 1 and "3 amounts are given for 2 years" in out and "no line is paid by “donr”" in out


def test_a_beat_that_never_starts_is_held_as_today_whatever_the_maximum_tenure(town):
    # the pilot cannot be paid, so nothing new starts; beat 4 has no officer today, so that its post does not exist and is not empty
    town.swap("min_tenure_months = 12", "min_tenure_months = 12\nmax_tenure_months = 15")
    tables = whole_plan(town, 'ceiling = [6500, 5000]\npilots = ["West"]\n')
    claims, officers = tables.summary["budget"], tables.summary["officers"]
    assert claims["beats_started"] == [0, 0] and 12 * sum(claims["people"]["vacant"]) == officers["vacant_months"]
    assert not any("Cheapest way out" in n["text"] and "(4)" in n["text"] for n in tables.summary["notes"])
    _vacant_alike(tables)


def test_a_beat_with_more_officers_than_posts_leaves_no_post_empty():
    """Two officers stay and two leave in March: those who stay hold the two posts, and nobody is told as missing after the others."""
    from beatplanner.data.publish.moves import posting_changes
    from beatplanner.data.result.postings import changes_of
    from beatplanner.planning.officers.plan import _posts
    from beatplanner.solver.officers.problem import Posting

    four = [Posting(o, 0, 0, end) for o, end in enumerate((2, 2, 60, 60))]
    places = SimpleNamespace(posts=np.array([2]), beat=np.array([0]))
    post = _posts(places, SimpleNamespace(handover=1), four)
    assert [post[p] for p in four] == [3, 4, 1, 2]
    end = {2: "2027-03-01", 60: "2032-01-01"}
    rows = [("ABCD"[p.officer], "1", "2027-01-01", end[p.end], post[p], "") for p in four]
    tables = SimpleNamespace(
        summary={"rules": {"officers": {"start": "2027-01-01", "years": 5, "handover_months": 1}}},
        beats=pd.DataFrame({"beat": ["1"], "posts": [2]}),
        assignments=pd.DataFrame(rows, columns=["officer", "beat", "start", "end", "post", "requires"]),
        roster=pd.DataFrame({"officer": list("ABCD"), "beat": ["1", "1", "9", "9"]}),
    )
    assert [(c.leaves, c.comes, c.days_vacant) for c in changes_of(tables)] == [("A", None, 0), ("B", None, 0)]
    assert [m["reason"] for m in posting_changes(tables)] == ["beat 9 exists no more"] * 2
    # were one to leave in February 2031, a post would be empty for the 334 days that are left
    tables.assignments.loc[2, "end"] = "2031-02-01"
    assert [c.days_vacant for c in changes_of(tables)] == [0, 0, 334]
