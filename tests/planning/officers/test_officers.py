"""The officers' step on the grid town: options of the description, what is written, and what happens after a plan was published."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import icalendar
import numpy as np
import openpyxl
import pytest
from docx import Document

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.publish.comparison_words import ENGLISH
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.postings import DAY, plan_span
from beatplanner.data.result.run_card import CHECKED_LATER, PROOF
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.changes.replanning import OfficerEvent, replan
from beatplanner.planning.changes.succession import succession
from beatplanner.planning.verification import check_tables, verify
from beatplanner.planning.verification.ledger import Ledger
from beatplanner.planning.whole.run import make_plan, run
from beatplanner.planning.whole.summarise import summarise
from beatplanner.planning.whole.tables import tables
from conftest import ROSTER, GridTown, write_grid_town, write_roster

pytestmark = pytest.mark.usefixtures("bare_plans")


@pytest.fixture(scope="module")
def planned(tmp_path_factory) -> GridTown:
    town = write_grid_town(tmp_path_factory.mktemp("staffed"))
    with town.project.open("a", encoding="utf-8") as file:
        file.write("\n[budget]\nofficer_salary = 1000\nstation_yearly = 10\n[service]\n")
        file.write('shifts = [{ name = "day", start = "07:00", end = "23:00" }]\n')
    run(town.project, town.folder / "plan", pack=False)
    return town


def sound(folder: Path) -> None:
    verdict = verify(folder)
    assert verdict.ok, [str(c) for c in verdict.failed]


@pytest.mark.papers
def test_workbook_calendar_and_job_descriptions_are_written(planned):
    out = planned.folder / "plan"
    book = openpyxl.load_workbook(out / "officers.xlsx")
    assert book.sheetnames == ["Postings", "Handovers", "Moves", "Roster", "Vacant posts", "Figures", "Run card"]
    assert len(list(book["Roster"].iter_rows())) == len(ROSTER)
    # it is written before the plan is checked, and says so first
    assert next(book["Run card"].iter_rows(min_row=2, values_only=True)) == (PROOF, CHECKED_LATER)
    calendar = icalendar.Calendar.from_ical((out / "handovers.ics").read_bytes())
    changes = list(book["Handovers"].iter_rows(min_row=2, values_only=True))
    assert len(list(calendar.walk("VEVENT"))) == len(changes)
    jobs = sorted((out / "job_descriptions").glob("*.docx"))
    assert len(jobs) == 4
    text = "\n".join(p.text for p in Document(str(jobs[0])).paragraphs)
    assert "Handover notes" in text
    assert "{{" not in text
    # the end of the plan is nobody's last day, and days are told as people say them
    claims = read_result(out)
    end = plan_span(claims)[1]
    until = [row.cells[2].text for job in jobs for row in Document(str(job)).tables[0].rows[1:]]
    from_day = [row.cells[1].text for job in jobs for row in Document(str(job)).tables[0].rows[1:]]
    stays = f"no change is planned; the plan ends on {ENGLISH.date(end - DAY)}"
    lasting = [str(day) >= end.isoformat() for day in claims.assignments["end"]]
    assert any(lasting) and until.count(stays) == sum(lasting)
    assert ENGLISH.date(end - DAY) not in until
    assert from_day and not any(re.search(r"\d{4}-\d\d", day) for day in [*until, *from_day])
    lines = list(openpyxl.load_workbook(out / "officers.xlsx")["Postings"].iter_rows(min_row=2, values_only=True))
    then = [line[7] == "the plan ends" for line in lines]
    assert then == [line[5].date() == end - DAY for line in lines] and sum(then) == sum(lasting)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert f"Who is posted until {ENGLISH.date(end - DAY)} stays when the plan ends" in page


@pytest.mark.papers
def test_the_forces_own_template_is_filled_in_and_a_broken_one_is_an_error(tmp_path):
    town = write_grid_town(tmp_path)
    document = Document()
    document.add_paragraph("Пост {{ post }} во {{ beat_name }}")
    document.save(str(town.path("own.docx")))
    town.swap("posts_per_beat = 1", 'posts_per_beat = 1\njob_template = "own.docx"')
    run(town.project, tmp_path / "plan", steps=("officers",), pack=False)
    assert "Пост 1 во" in Document(str(next((tmp_path / "plan" / "job_descriptions").iterdir()))).paragraphs[0].text
    document.add_paragraph("{{ post")
    document.save(str(town.path("own.docx")))
    with pytest.raises(InputError, match="template"):
        run(town.project, tmp_path / "broken", steps=("officers",), pack=False)


@pytest.mark.papers
def test_every_option_together_is_verified(tmp_path):
    town = write_grid_town(tmp_path)
    town.path("posts.csv").write_text("beat,languages,licence\n1,sq,\n", encoding="utf-8")
    town.path("published.csv").write_text("officer,beat,start,end\nAna,1,2027-01-01,2028-06-01\n", encoding="utf-8")
    town.swap(
        "posts_per_beat = 1",
        'posts_per_beat = 2\ngender_mix = true\nmax_tenure_months = 40\nmoves_a_month = 2\nhalf_a_year = true\nposts = "posts.csv"\n'
        'published = "published.csv"\nfreeze_months = 3',
    )
    summary = run(town.project, tmp_path / "plan", steps=("officers",), pack=False)
    assert summary["officers"]["gender_gaps"] > 0
    sound(tmp_path / "plan")
    # special posts and a published plan have a certificate, whose prices are of places
    states = {c.name: c.state for c in verify(tmp_path / "plan").checks}
    assert summary["officers"]["lower_bound"] is not None and states["officers.proof"] == "checked"
    with np.load(tmp_path / "plan" / "proof" / "officers.npz") as arrays:
        assert arrays["posts"].shape[0] == arrays["needs"].shape[0] + 1


@pytest.mark.papers
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("posts", "beat,licence\n77,yes\n", ["77"]),
        ("posts", "beat,licence\n1,maybe\n", ["maybe", "yes or no"]),
        ("posts", "beat,posts\n1,9\n", ["9", "posts"]),
        ("published", "officer,beat,start,end\nAna,1,2027-06-01,2027-01-01\n", ["end"]),
        ("published", "officer,beat,start,end\nAna,1,soon,2028-01-01\n", ["soon"]),
    ],
)
def test_bad_tables_are_told(tmp_path, name, content, words):
    town = write_grid_town(tmp_path)
    town.path("table.csv").write_text(content, encoding="utf-8")
    town.swap("posts_per_beat = 1", f'posts_per_beat = 1\n{name} = "table.csv"')
    with pytest.raises(InputError) as raised:
        run(town.project, tmp_path / "plan", steps=("officers",), pack=False)
    assert all(w in str(raised.value) for w in words)


def test_a_leaver_changes_little_and_the_frozen_months_stay(planned):
    found = replan(
        planned.folder / "plan", planned.folder / "anew", [OfficerEvent("leaves", "Ana", dt.date(2027, 7, 1))]
    )
    assert {d["officer"] for d in found["diff"]} >= {"Ana"}
    sound(planned.folder / "anew")
    before = {(r["officer"], r["beat"]) for r in _rows(planned.folder / "plan") if r["start"] == "2027-01-01"}
    after = {(r["officer"], r["beat"]) for r in _rows(planned.folder / "anew") if r["start"] == "2027-01-01"}
    assert before == after


@pytest.mark.parametrize("day", [1, 20])
def test_neither_the_month_of_leaving_nor_the_handover_before_it_is_frozen(planned, day):
    found = replan(planned.folder / "plan", None, [OfficerEvent("leaves", "Ana", dt.date(2027, 7, day))])
    rules = found["summary"]["rules"]["officers"]
    assert rules["handover_months"] == 1
    # January to May
    assert rules["freeze_months"] == 5


def test_who_is_sick_comes_back_to_the_post(planned):
    sick = [OfficerEvent("sick", "Ana", dt.date(2027, 7, 1), dt.date(2028, 1, 1))]
    found = replan(planned.folder / "plan", planned.folder / "sick", sick)
    before = [r for r in _rows(planned.folder / "plan") if r["officer"] == "Ana"]
    after = [r for r in _rows(planned.folder / "sick") if r["officer"] == "Ana"]
    assert after == before
    assert found["summary"]["officers"]["changed_months"] == 0
    sound(planned.folder / "sick")
    # beats and posts are the same, and so is the service that they give
    claims = [json.loads((planned.folder / n / "service.json").read_text(encoding="utf-8")) for n in ("plan", "sick")]
    assert claims[0] == claims[1] and claims[0]["own_share"] is not None


def test_the_template_is_exported_and_filled_in_as_it_is(town, command):
    out = town.folder / "own.docx"
    assert command("job-template", "-o", out)[0] == 0
    assert command("job-template", "-o", out)[0] == 1
    code, _, error = command("job-template", "-o", out.with_name("xx.docx"), "--language", "xx")
    assert code == 1 and "en, mk, sq" in error
    other = out.with_name("mk.docx")
    assert command("job-template", "-o", other, "--language", "mk")[0] == 0
    assert "Задача" in [p.text for p in Document(str(other)).paragraphs]
    assert any("{{ beat_name }}" in p.text for p in Document(str(out)).paragraphs)


WRITES: list[str] = []


def _note_writes(event: str, arguments: tuple) -> None:
    """Note files that are written, moved or deleted while `WRITES` is asked for; an audit hook cannot be taken away again."""
    if not WRITES:
        return
    wants = event in {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink"}
    if event == "open" and isinstance(arguments[0], str | bytes):
        _, mode, flags = arguments
        wants = (
            any(c in mode for c in "wax+")
            if isinstance(mode, str)
            else bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        )
    elif event == "sqlite3.connect":
        wants = "mode=ro" not in str(arguments[0])
    if wants and "__pycache__" not in str(arguments[0]):
        WRITES.append(str(arguments[0]))


def test_planning_opens_no_file_for_writing(planned):
    town = read_town(read_description(planned.project))
    sys.addaudithook(_note_writes)
    before = sorted(planned.folder.rglob("*"))
    WRITES.append("begin")
    try:
        made = make_plan(town)
        tables(made, summarise(made, seed=0, threads=1, time_limit=None, seconds=1.0))
        planning = WRITES[1:]
        replan(planned.folder / "plan", None, [OfficerEvent("moves", "Ana", dt.date(2027, 7, 1), beat="4")])
        looking = WRITES[1:]
    finally:
        WRITES.clear()
    assert not planning
    # an order that is only looked at leaves nothing behind, nor names and homes beside the plan
    assert not [w for w in looking if Path(w).exists() and "beatplanner" in w]
    assert not [w for w in looking if w.startswith(str(planned.folder))]
    assert sorted(planned.folder.rglob("*")) == before


def test_an_order_is_priced_and_its_reason_kept(planned):
    move = [OfficerEvent("moves", "Ana", dt.date(2027, 7, 1), beat="4")]
    shown = replan(planned.folder / "plan", None, move)
    assert shown["trust"] > 0
    replan(planned.folder / "plan", planned.folder / "ordered", move, reason="A new school", by="Ministry")
    audit = json.loads((planned.folder / "ordered" / "audit.jsonl").read_text(encoding="utf-8"))
    assert (audit["reason"], audit["by"]) == ("A new school", "Ministry")
    there = [r for r in _rows(planned.folder / "ordered") if r["officer"] == "Ana" and r["beat"] == "4"]
    assert there[0]["start"] == "2027-07-01"
    # beats and stations stay as they were published, with their proofs
    was, now = read_result(planned.folder / "plan"), read_result(planned.folder / "ordered")
    assert now.stations.equals(was.stations)
    assert (now.summary["beats"], now.summary["stations"]) == (was.summary["beats"], was.summary["stations"])
    sound(planned.folder / "ordered")


def test_an_unknown_officer_in_a_change_is_told(planned):
    with pytest.raises(InputError, match="Anna"):
        replan(planned.folder / "plan", None, [OfficerEvent("leaves", "Anna", dt.date(2027, 7, 1))])


def test_succession_is_the_same_for_a_seed_and_grows_with_attrition(planned):
    folder = planned.folder / "plan"
    one, same = (succession(folder, attrition=0.1, draws=20, seed=3) for _ in range(2))
    assert one.months.equals(same.months)
    many = succession(folder, attrition=0.5, draws=20, seed=3, today=dt.date(2028, 2, 10))
    assert many.months["vacancies"].sum() > one.months["vacancies"].sum()
    # whole people, none ordered in the past, at least as many in nine draws of ten as in five
    assert (many.classes["order_by"] >= "2028-03-01").all()
    assert (many.classes["people_p90"] >= many.classes["people"]).all()
    assert many.classes[["people", "people_p90"]].dtypes.map(lambda t: t.kind == "i").all()
    assert many.classes["people"].sum() > 0
    assert many.quarters["quarter"].iat[0] == "2028 Q1"


def _rows(folder: Path) -> list[dict]:
    from beatplanner.data.result.folder import read_result

    frame = read_result(folder).assignments
    assert frame is not None
    return frame.to_dict("records")


@pytest.mark.papers
def test_rules_that_are_told_as_broken_are_checked_and_no_others(tmp_path):
    town = write_grid_town(tmp_path)
    # the publication keeps two in one beat who must not share one, and moves a third there at once, for whom there is no post
    head, *rows = [list(r) for r in ROSTER]
    beat = head.index("beat")
    rows[1][beat] = rows[0][beat]
    write_roster(
        town.path("officers.xlsx"),
        [[*head, "not_with"], *([*r, rows[1][0] if i == 0 else None] for i, r in enumerate(rows))],
    )
    names = [r[0] for r in rows[:2]]
    postings = "".join(f"{o},{rows[0][beat]},2027-01-01,2029-01-01\n" for o in [*names, rows[2][0]])
    town.path("published.csv").write_text("officer,beat,start,end\n" + postings, encoding="utf-8")
    town.swap(
        "posts_per_beat = 1", 'posts_per_beat = 1\nnotice_months = 2\npublished = "published.csv"\nfreeze_months = 12'
    )
    out = tmp_path / "plan"
    summary = run(town.project, out, steps=("officers",), pack=False)
    assert {r["rule"] for r in summary["officers"]["broken_rules"]} == {"couple", "capacity", "notice"}
    assert all(any(words in c for c in summary["clashes"]) for words in ("more officers than posts", "of notice"))
    assert not summary["feasible"]
    sound(out)
    # the files are sound: what is told is changed in memory, and the layers are read once
    result, inputs = read_result(out), read_town(read_description(town.project))

    def failed(broken: list[dict]) -> set[str]:
        ledger, officers = Ledger(), {**result.summary["officers"], "broken_rules": broken}
        check_tables(ledger, replace(result, summary={**result.summary, "officers": officers}), read=inputs)
        return {c.name for c in ledger.verdict().failed}

    claims = result.summary["officers"]["broken_rules"]
    assert failed(claims) == set()
    others = {"officer": rows[3][0], "beat": rows[3][beat], "month": "2028-12-01"}
    for k, row in enumerate(claims):
        for key, other in others.items():
            if row["rule"] in ("couple", "notice") and row[key] != other:
                assert "officers.broken_rows" in failed([*claims[:k], row | {key: other}, *claims[k + 1 :]]), (row, key)
    assert {"officers.couples", "officers.capacity", "officers.notice"} <= failed([])


def test_who_stands_in_from_the_pool_takes_no_post_and_no_number():
    import pandas as pd

    from beatplanner.planning.officers.plan import _assignments
    from beatplanner.solver.officers.problem import Posting

    # Ana until April, Bo until December, away from February; Cy stands in for Bo, and Dee follows Ana in March for the handover
    found = [Posting(0, 0, 0, 15), Posting(1, 0, 0, 23), Posting(3, 0, 13, 16), Posting(2, 0, 15, 60)]
    table = _assignments(
        SimpleNamespace(roster=pd.DataFrame({"officer": ["Ana", "Bo", "Dee"]})),
        pd.DataFrame({"beat": ["5"]}),
        SimpleNamespace(beat=np.array([0]), posts=np.array([2]), requires=("",)),
        SimpleNamespace(handover=1),
        SimpleNamespace(postings=found),
        [dt.date(2027 + m // 12, m % 12 + 1, 1) for m in range(61)],
    )
    assert dict(zip(table["officer"], table["post"], strict=True)) == {"Ana": 1, "Dee": 1, "Bo": 2}
