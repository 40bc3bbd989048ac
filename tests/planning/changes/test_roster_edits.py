"""Postings moved by hand: the rules answer with officer, place and month, a plan that is accepted passes the checker, a broken one is refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pandas as pd
import pytest

from beatplanner.data.errors import InputError
from beatplanner.data.result.folder import read_result
from beatplanner.planning.changes.replanning import replan
from beatplanner.planning.changes.roster_edits import Judge, accept, moved, postings_of, table_of
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run
from conftest import ROSTER, write_grid_town, write_roster

pytestmark = pytest.mark.usefixtures("bare_plans")

SPARE = [[name, None, None, "sq", "m", 21.49, 42.0, "2025-01-01", None, None] for name in ("Filip", "Goran")]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    made = write_grid_town(tmp_path_factory.mktemp("posted"))
    write_roster(made.path("officers.xlsx"), [*ROSTER, *SPARE])
    with made.project.open("a", encoding="utf-8") as file:
        file.write("\n[budget]\nofficer_salary = 1000\n[service]\n")
        file.write('shifts = [{ name = "day", start = "07:00", end = "23:00" }]\n')
    run(made.project, made.path("plan"), pack=False)
    return made


@pytest.fixture
def plan(town):
    return read_result(town.path("plan"))


def longest(postings):
    """A posting over the whole plan."""
    return next(n for n, p in enumerate(postings) if (p.start, p.end) == (0, 24))


def test_the_published_plan_is_judged_as_it_says_itself(plan):
    judge = Judge(plan)
    judged = judge(judge.published)
    assert not judged.broken and not judged.reason_needed
    for key, value in judged.figures.items():
        assert value == pytest.approx(plan.summary["officers"][key]), key
    assert table_of(judge.published, plan).shape == plan.assignments.shape


def test_a_tenure_cut_short_is_told_with_officer_place_and_month(plan):
    judge = Judge(plan)
    number = next(
        n
        for n, p in enumerate(judge.published)
        if (p.start, p.end) == (0, 24) and plan.roster.set_index("officer")["beat"].get(p.officer) is None
    )
    p = judge.published[number]
    judged = judge(moved(judge.published, number, end=-17, months=24))
    assert judged.reason_needed and not judged.broken
    assert judged.costs[0].startswith(f"{p.officer} leaves ")
    assert judged.costs[0].endswith("in August 2027 after 7 of 12 months: 5 too few.")
    assert any("is empty: August 2027 to December 2028." in t for t in judged.costs)
    assert judged.figures["vacant_months"] == judge.before["vacant_months"] + 17
    assert judged.figures["tenure_violations"] == judge.before["tenure_violations"] + 1


def test_two_posts_at_once_and_too_many_in_one_beat_stop_it(plan, town, tmp_path):
    judge = Judge(plan)
    first, other = longest(judge.published), longest(judge.published[::-1])
    postings = list(judge.published)
    twin = replace(postings[first], beat=postings[len(postings) - 1 - other].beat)
    judged = judge([*postings, twin])
    assert any("holds two posts at once" in t for t in judged.broken)
    assert any(re.search(r"officers in [A-Z][a-z]+ 20\d\d for", t) for t in judged.broken)
    with pytest.raises(InputError, match="two posts at once"):
        accept(town.path("plan"), tmp_path / "no", [*postings, twin])
    assert not (tmp_path / "no").exists()


def test_what_is_accepted_passes_the_checker_and_is_kept_with_its_reason(plan, town, tmp_path):
    judge = Judge(plan)
    shorter = moved(judge.published, longest(judge.published), end=-17, months=24)
    if judge(shorter).reason_needed:
        with pytest.raises(InputError, match="nobody says why"):
            accept(town.path("plan"), tmp_path / "new", shorter)
    found = accept(town.path("plan"), tmp_path / "new", shorter, reason="moves to the school", by="Ana")
    verdict = verify(tmp_path / "new")
    assert verdict.ok, [str(c) for c in verdict.failed]
    assert len(found["diff"]) == 1
    summary = read_result(tmp_path / "new").summary
    assert summary["edited_postings"]["reason"] == "moves to the school"
    counted = [k for k, v in plan.summary["officers"].items() if type(v) is int and k in summary["officers"]]
    assert "rotations" in counted and all(type(summary["officers"][k]) is int for k in counted), "no 10.0 rotations"
    assert summary["officers"]["lower_bound"] == pytest.approx(plan.summary["officers"]["lower_bound"])
    audit = json.loads((tmp_path / "new" / "audit.jsonl").read_text("utf-8").splitlines()[-1])
    assert audit["edited_postings"]["by"] == "Ana"
    # and it can be moved on from
    again = postings_of(read_result(tmp_path / "new"))
    assert sorted(again, key=str) == sorted(shorter, key=str)


def test_repair_keeps_the_rules_with_few_changes(plan, town, tmp_path):
    judge = Judge(plan)
    first = longest(judge.published)
    other = next(n for n, p in enumerate(judge.published) if p.beat != judge.published[first].beat)
    wish = moved(judge.published, first, beat=judge.published[other].beat, months=24)
    assert judge(wish).broken
    replan(town.path("plan"), tmp_path / "mended", [], wished=table_of(wish, plan))
    mended = read_result(tmp_path / "mended")
    assert verify(tmp_path / "mended").ok
    assert not Judge(mended)(postings_of(mended)).broken


def test_nothing_leaves_the_plan_and_a_month_stays(plan):
    postings = postings_of(plan)
    first = longest(postings)
    for start, end in ((-99, 0), (99, 0), (0, -99), (0, 99), (50, -50)):
        p = moved(postings, first, start=start, end=end, months=24)[first]
        assert 0 <= p.start < p.end <= 24


def test_the_command_line_judges_and_accepts(town, command, tmp_path, plan):
    judge = Judge(plan)
    table = tmp_path / "edited.csv"
    table_of(moved(judge.published, longest(judge.published), end=-17, months=24), plan).to_csv(table, index=False)
    code, said, _ = command("postings", town.path("plan"), "--table", table)
    assert code == 0 and "is empty: August 2027" in said and "vacant months:" in said
    first, named = said, tmp_path / "named.csv"
    named.write_text(table.read_text("utf-8").replace("officer,beat", "Полицаец,Реон", 1), "utf-8")
    code, other, err = command("postings", town.path("plan"), "--table", named)
    assert code == 0 and other == said and "“Реон” is taken for beat" in err
    code, said, err = command(
        "postings", town.path("plan"), "--table", table, "--out", tmp_path / "out", "--reason", "a wish"
    )
    assert code == 0, err
    assert command("verify", tmp_path / "out")[0] == 0
    table.write_text(table.read_text("utf-8").replace(judge.published[0].officer, "Nobody"), "utf-8")
    code, _, err = command("postings", town.path("plan"), "--table", table)
    assert code == 1 and "there is no officer “Nobody”" in err
    rows = pd.read_csv(named.rename(tmp_path / "local.csv"), dtype=str)
    for column in ("start", "end"):
        rows[column] = pd.to_datetime(rows[column]).dt.strftime("%d.%m.%Y")
    rows["Реон"] = rows["Реон"].str.zfill(2) + ".0"
    rows.to_csv(named, index=False, sep=";")
    code, other, err = command("postings", town.path("plan"), "--table", named)
    assert code == 0 and other == first and "without leading zeros" in err
    table.write_text("officer,beat,start,end\nAna,1,2027-01-15,2027-07-01\n", "utf-8")
    assert "no first day of a month" in command("postings", town.path("plan"), "--table", table)[2]


def test_every_tenure_that_the_checker_counts_is_named(plan):
    judge = Judge(plan)
    for number in range(len(judge.published)):
        for start, end in ((1, 0), (6, 0), (0, -3), (0, -20), (2, 2)):
            judged = judge(moved(judge.published, number, start=start, end=end, months=24))
            assert len(judged.cut) == judged.figures["tenure_violations"], (judge.published[number], start, end)


def test_a_tenure_that_is_cut_is_a_clash_of_the_plan_that_is_accepted(plan, town, tmp_path, command):
    judge = Judge(plan)
    tried = (moved(judge.published, n, end=-17, months=24) for n in range(len(judge.published)))
    wish = next(p for p in tried if judge(p).reason_needed and not judge(p).broken)
    table = tmp_path / "edited.csv"
    table_of(wish, plan).to_csv(table, index=False)
    out = tmp_path / "out"
    code, _, _ = command("postings", town.path("plan"), "--table", table, "--out", out, "--reason", "a wish")
    summary = read_result(out).summary
    assert code == 3 and not summary["feasible"]
    cut = [c for c in summary["clashes"] if c.startswith("Minimum tenure: ")]
    assert len(cut) == summary["officers"]["tenure_violations"] > 0
    assert verify(out).ok
