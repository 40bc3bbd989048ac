"""One figure, one number: all files of a result, in both languages of its forum, are read and held against the plan's own tables."""

from __future__ import annotations

import csv
import datetime as dt
import html
import json
import re
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import docx
import icalendar
import numpy as np
import openpyxl
import pandas as pd
import pytest
from paper_texts import pages_of

from beatplanner.data.publish.translation import Speech
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.names import beat_title, language_title
from beatplanner.data.result.postings import plan_span
from beatplanner.planning.forum.public.small_files import CODES
from conftest import write_grid_town

MONEY = (
    "\n[budget]\nofficer_salary = 1000\nstation_yearly = 10\nvehicles_per_beat = 0.5\nvehicle_price = 100\nforum_travel = 1.5\n"
    '[forum]\ncost_per_km = 2.5\nlanguages = ["en", "mk"]\nneighbourhood = { name = "Advisory Group", first = 2027-02-01 }\n'
)
LANGUAGES = {"": "en", ".mk": "mk"}
# A name of a column, a rule or a setting, as programs write it.
KEY = re.compile(r"(?<![\w/.@=])[a-z]{2,}(?:_[a-z0-9]+)+(?![\w./(])")


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    from beatplanner.planning.whole.run import run

    town = write_grid_town(tmp_path_factory.mktemp("one figure"))
    town.swap("posts_per_beat = 1", "posts_per_beat = 2")
    town.project.write_text(town.project.read_text("utf-8") + MONEY, encoding="utf-8")
    run(town.project, town.folder / "plan")
    return town.folder / "plan"


def page_text(path: Path) -> str:
    page = re.sub(r"(?s)<(script|style|code)\b.*?</\1>", " ", path.read_text("utf-8"))
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def paper_text(path: Path) -> str:
    return " ".join("\n".join(pages_of(path)).split())


def word_text(path: Path) -> str:
    book = docx.Document(str(path))
    cells = [c.text for t in book.tables for r in t.rows for c in r.cells]
    inner = [
        c.text
        for t in book.tables
        for r in t.rows
        for c in r.cells
        for t2 in c.tables
        for r2 in t2.rows
        for c in r2.cells
    ]
    return " ".join(" ".join([p.text for p in book.paragraphs] + cells + inner).split())


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def all_texts(folder: Path) -> dict[str, str]:
    """Return what people read in each file."""
    readers = {".html": page_text, ".pdf": paper_text, ".docx": word_text}
    found = {str(p.relative_to(folder)): readers[p.suffix](p) for p in sorted(folder.rglob("*")) if p.suffix in readers}
    for path in sorted(folder.rglob("*.xlsx")):
        book = openpyxl.load_workbook(path, data_only=True)
        found[str(path.relative_to(folder))] = " ".join(
            str(v) for s in book for r in s.iter_rows(values_only=True) for v in r if v is not None
        )
    return found


def test_every_figure_and_name_is_the_plans_in_all_files(result):
    tables = read_result(result)
    texts, summary = all_texts(result), tables.summary
    beats = tables.beats.set_index(tables.beats["beat"].astype(str))
    titles = {b: beat_title(b, str(n)) for b, n in beats["name"].items()}
    forum = result / "forum"
    public = {r["beat"]: r for r in rows_of(forum / "beats.csv")}
    assert set(public) == set(titles) and len(summary["inputs"]) > 0

    # names of beats
    for suffix in LANGUAGES:
        for file in (f"forum/map{suffix}.html", f"forum/pack{suffix}.pdf", f"forum/beat_pages{suffix}.docx"):
            assert all(t in texts[file] for t in titles.values()), file
    assert all(t in texts["report.html"] and t in texts["officers.xlsx"] for t in titles.values())
    project = ET.parse(result / "plan.qgs").getroot()
    shown = {c.get("value"): c.get("label") for c in project.iter("category") if c.get("value") in titles}
    assert shown == titles

    # residents and posts
    for beat, row in public.items():
        if row["residents"]:
            assert float(row["residents"]) == round(float(beats.loc[beat, "population"])), beat
            for suffix, language in LANGUAGES.items():
                said = Speech(language).number(float(row["residents"]))
                assert said in texts[f"forum/map{suffix}.html"], (beat, said)
            assert f"{float(row['residents']):,.0f}" in texts["report.html"]
        assert int(row["posts"]) == int(beats.loc[beat, "posts"])
        assert len(list((result / "job_descriptions").glob(f"{titles[beat]} post *.docx"))) == int(row["posts"])
    posts = int(summary["officers"]["posts"])
    book = openpyxl.load_workbook(result / "officers.xlsx", data_only=True)
    figures = dict(book["Figures"].iter_rows(min_row=2, max_col=2, values_only=True))
    assert posts == beats["posts"].sum() == figures["Officers' posts"] == sum(int(r["posts"]) for r in public.values())
    assert figures["Post-months without an officer, whole period"] == summary["officers"]["vacant_months"]
    assert f"Posts {posts} {summary['officers']['vacant_months']} vacant post-months" in texts["report.html"]

    # who holds which post, and until which last day
    wanted = {
        (
            str(r.officer),
            titles[str(r.beat)],
            str(r.start),
            str(dt.date.fromisoformat(str(r.end)) - dt.timedelta(days=1)),
        )
        for r in tables.assignments.itertuples()
    }
    sheet = {
        (o, name, str(first.date()), str(last.date()))
        for o, _, name, _, first, last, *_ in book["Postings"].iter_rows(min_row=2, values_only=True)
    }
    assert sheet == wanted
    english = Speech("en")
    jobs = {p.stem.rpartition(" post ")[0]: "" for p in (result / "job_descriptions").glob("*.docx")}
    for path in (result / "job_descriptions").glob("*.docx"):
        jobs[path.stem.rpartition(" post ")[0]] += word_text(path)
    for officer, title, first, last in wanted:
        assert f"{officer} {title}" in texts["report.html"]
        assert f"{english.date(first)} {english.date(last)}" in texts["report.html"]
        # a job description makes no promise of leaving where the plan merely ends
        stays = dt.date.fromisoformat(last) + dt.timedelta(days=1) == plan_span(tables)[1]
        until = f"no change is planned; the plan ends on {english.date(last)}" if stays else english.date(last)
        assert f"{officer} {english.date(first)} {until}" in jobs[title]
    calendar = icalendar.Calendar.from_ical((result / "handovers.ics").read_bytes())
    for event in calendar.walk("VEVENT"):
        assert any(t in str(event["summary"]) for t in titles.values())
        assert event["dtstamp"].dt <= dt.datetime.now(dt.UTC) and str(event["transp"]) == "TRANSPARENT"

    # where and how often forums meet, and what that costs
    meetings = rows_of(forum / "forums.csv")
    near = [m for m in meetings if m["level"] == "neighbourhood"]
    assert {m["area"] for m in near} == set(titles)
    for meeting in near:
        for suffix, language in LANGUAGES.items():
            day = " ".join(Speech(language).date(meeting["date"]).split())
            assert day in texts[f"forum/beat_pages{suffix}.docx"] and day in texts[f"forum/pack{suffix}.pdf"]
            assert meeting["venue"] in texts[f"forum/beat_pages{suffix}.docx"]
        assert f"{meeting['meetings_a_year']} meetings a year" in jobs[titles[meeting["area"]]]
    cost = {
        level: sum(float(m["year_cost"]) for m in meetings if m["level"] == level)
        for level in ("neighbourhood", "region")
    }
    assert (
        f"Neighbourhood {len(near)} {near[0]['meetings_a_year']} {cost['neighbourhood']:,.0f}" in texts["report.html"]
    )
    aside = summary["budget"]["lines"]["forums"][0]
    # the budget counts the places of the pack, of all levels, and not the flat price of 1.50
    assert aside == pytest.approx(sum(float(m["year_cost"]) for m in meetings), abs=0.01 * len(meetings)) and aside > 0
    assert f"The budget counts the same: {aside:,.0f} EUR in 2027" in texts["report.html"]
    assert summary["budget"]["forums"]["rule"] == "ways" and "1.50" not in texts["report.html"]

    # stations, money and the walk
    share = summary["stations"]["share_within_limit"]
    assert f"{share:.1%} of residents within" in texts["report.html"]
    for name, existing in zip(tables.stations["name"], tables.stations["existing"], strict=True):
        for suffix in LANGUAGES:
            assert str(name) in texts[f"forum/pack{suffix}.pdf"] and str(name) in texts[f"forum/map{suffix}.html"], (
                existing
            )
    assert f"{sum(summary['budget']['total']):,.0f} EUR over" in texts["report.html"]
    card = json.loads((forum / "run_card.json").read_text("utf-8"))
    assert card["project"] == summary["project"]

    # languages are called alike, and by their names
    spoken = {
        w
        for cell in book["Roster"].iter_rows(min_row=2, min_col=4, max_col=4, values_only=True)
        for w in (cell[0] or "").split("; ")
    }
    # the sheet of the roster is read back, and has the roster's own words
    assert {language_title(w) for w in spoken - {""}} == {"Albanian", "Serbian"} and "Albanian" in texts["report.html"]


def test_no_key_of_a_program_is_in_what_people_read(result):
    texts = all_texts(result)
    assert len(texts) > 12
    # the internal report's run card names files, columns and rules as the description does
    texts["report.html"] = texts["report.html"].rpartition("Run card")[0]
    assert texts["report.html"]
    found = {f: sorted(set(KEY.findall(t))) for f, t in texts.items()}
    assert not {f: k for f, k in found.items() if k}
    states = r"\b(?:nan|None|True|False|NaT|infeasible|p-median|candidate|closable)\b"
    assert not {f: re.findall(states, t) for f, t in texts.items() if re.search(states, t)}
    for file, text in texts.items():
        assert "⟦" not in text.replace("⟦ и ⟧", "").replace("⟦ and ⟧", ""), file


def test_tables_beside_one_another_hold_the_same(result):
    tables = read_result(result)
    forum = result / "forum"
    units = {r["unit"]: r for r in rows_of(forum / "units.csv")}
    assert {u: r["new_beat"] for u, r in units.items()} == dict(
        zip(tables.units["unit"].astype(str), tables.units["beat"].astype(str), strict=True)
    )
    sheet = pd.read_excel(forum / "proposal.xlsx", sheet_name="Proposal", dtype=str)
    assert dict(zip(sheet.iloc[:, 0], sheet.iloc[:, 2], strict=True)) == {u: r["new_beat"] for u, r in units.items()}
    # each sheet prints on pages of its whole width
    for path in result.rglob("*.xlsx"):
        for page in openpyxl.load_workbook(path).worksheets:
            assert page.page_setup.fitToWidth in (None, 1) and page.sheet_properties.pageSetUpPr.fitToPage, (
                path.name,
                page.title,
            )


def test_forums_are_counted_again_from_ways_and_a_false_one_is_found(result):
    from beatplanner.data.description.models import Description
    from beatplanner.planning.forum.forum_pack import town_of
    from beatplanner.planning.verification import verify
    from beatplanner.planning.verification.budget import check_budget
    from beatplanner.planning.verification.evidence import Evidence, with_text_ids
    from beatplanner.planning.verification.force_money import Force
    from beatplanner.planning.verification.forums import check_forums
    from beatplanner.planning.verification.ledger import Ledger
    from beatplanner.planning.whole.areas import FORUMS, rollout_areas
    from beatplanner.planning.whole.spending import spending

    assert verify(result).ok
    tables = read_result(result)
    rules, town, true = Description.model_validate(tables.summary["rules"]), town_of(tables, result), tables.summary

    def found(change) -> list[str]:
        claims, ledger = json.loads(json.dumps(true)), Ledger()
        change(claims["forums"])
        changed = replace(tables, summary=claims)
        check_forums(ledger, Evidence(*with_text_ids(changed), changed, claims, rules, town))
        check_budget(ledger, changed, rules)
        return [c.name for c in ledger.verdict().failed]

    def dearer(claims):
        for row in claims["plan"][:1]:
            row["travel_cost"] += 0.5
            row["year_cost"] += 0.5 * row["meetings_a_year"]

    def elsewhere(claims):
        claims["plan"][0] |= {k: claims["plan"][-1][k] for k in ("venue", "x", "y", "travel_cost", "year_cost")}

    assert found(lambda claims: None) == []
    assert "forums.ways" in found(dearer) and "budget.lines" in found(dearer)
    assert "forums.ways" in found(lambda claims: claims["today"].pop())
    assert "forums.ways" in found(elsewhere)
    # beats that start one after another: those that have not keep the forums of today's beats that live on in them
    areas, force = rollout_areas(tables, rules), Force(tables, rules)
    start = np.arange(len(areas.table)) % 3 - 1
    spent = spending(areas, start, np.zeros((5, rules.budget.years)), rules.budget, np.ones(rules.budget.years))
    asked = [None if s < 0 else int(s) for s in start]
    assert spent[FORUMS] == pytest.approx([force.forums(asked, t) for t in range(rules.budget.years)])
    assert len(set(np.round(spent[FORUMS], 6))) == 2 and force.wider > 0


def test_plans_with_and_without_places_are_compared_by_one_rule(result, tmp_path):
    from beatplanner.data.description.models import Description
    from beatplanner.planning.compare.comparison import compare
    from beatplanner.planning.verification import verify
    from beatplanner.planning.whole.summarise import sum_up

    flat = tmp_path / "flat"
    shutil.copytree(result, flat, ignore=shutil.ignore_patterns("forum", "job_descriptions"))
    tables = read_result(flat)
    del tables.summary["forums"]
    sum_up(tables, Description.model_validate(tables.summary["rules"]), 0)
    claims = json.loads((flat / "summary.json").read_text("utf-8"))
    del claims["forums"]
    claims["budget"] = json.loads(json.dumps(tables.summary["budget"]))
    (flat / "summary.json").write_text(json.dumps(claims), "utf-8")
    members, years = 15 * 6, claims["budget"]["years"]
    assert claims["budget"]["forums"]["rule"] == "flat price"
    assert claims["budget"]["lines"]["forums"][0] == len(tables.beats) * members * 1.5

    content = compare([result, flat], tmp_path / "cmp", draws=2)
    rows = {r["key"]: r for b in content["blocks"] for r in b["rows"]}
    today, ways, other = rows[f"money_{years[0]}"]["values"]
    # the same plan twice, so the same money, with today by the same price
    assert ways == pytest.approx(other) and other == pytest.approx(claims["budget"]["all_at_once"][0])
    assert today == pytest.approx(claims["budget"]["today"][0])
    assert "at a flat price" in rows["money_total"]["help"]
    failed = [c.name for c in verify(tmp_path / "cmp").failed]
    assert not [n for n in failed if "money" in n or "figures" in n], failed


def test_each_table_has_a_workbook_beside_it(result, tmp_path):
    from beatplanner.data.publish.curve_report import COLUMNS, write_curve
    from beatplanner.data.result.cells import write_twin

    forum, listed = result / "forum", json.loads((result / "manifest.json").read_text("utf-8"))
    gated = json.loads((result / "privacy.json").read_text("utf-8"))["files"]
    files = sorted(forum.glob("*.csv"))
    assert len(files) >= 7
    for path in files:
        book = openpyxl.load_workbook(path.with_suffix(".xlsx"))
        head, *lines = book.active.iter_rows(values_only=True)
        # what a program writes as a code is a word in the sheet that people open
        said = [[CODES.get(c, {}).get(v, str(v)) for c, v in r.items()] for r in rows_of(path)]
        assert [["" if v is None else str(v).removesuffix(" 00:00:00") for v in line] for line in lines] == [
            [str(float(v)) if "." in v and v.replace(".", "").isdigit() else v for v in line] for line in said
        ], path.name
        # each heading has the room that it needs, and no long text makes the whole sheet tiny
        widths = [d.width for d in book.active.column_dimensions.values()]
        assert max(widths) <= 60 and book.active.row_dimensions[1].height >= 15, path.name
        assert not [h for h in head if "_" in h or h != h.strip() or not h[:1].isupper()], (path.name, head)
        assert path.with_suffix(".xlsx").name in gated and f"forum/{path.stem}.xlsx" in json.dumps(listed)
    sheet = openpyxl.load_workbook(forum / "beats.xlsx").active
    assert all(isinstance(r[0], int) for r in sheet.iter_rows(min_row=2, values_only=True))
    assert sheet.print_title_rows and sheet.page_setup.fitToWidth == 1 and sheet.freeze_panes == "A2"

    # a text of several lines has the height for them, whoever opens the sheet
    sheet = openpyxl.load_workbook(forum / "questions.xlsx").active
    longest = max(sheet.iter_rows(min_row=2), key=lambda r: len(str(r[3].value)))
    assert len(longest[3].value) > 100 and sheet.row_dimensions[longest[3].row].height >= 30

    # days are days, so that an office program sorts them and writes them as its own
    head, *lines = openpyxl.load_workbook(forum / "forums.xlsx").active.iter_rows(values_only=True)
    assert all(isinstance(line[head.index("Date")], dt.datetime) for line in lines if line[head.index("Date")])
    write_twin(tmp_path / "d.xlsx", ["A", "B"], [["2027-01-20", "2027-01-20"], ["", "2027-02-30"]])
    assert list(openpyxl.load_workbook(tmp_path / "d.xlsx").active.iter_rows(min_row=2, values_only=True)) == [
        (dt.datetime(2027, 1, 20), "2027-01-20"),
        (None, "2027-02-30"),
    ]

    # an id with a leading zero, a hidden count and a formula of a stranger stay what they are
    write_twin(tmp_path / "t.xlsx", ["A", "B", "C"], [["007", "12", "=1+1"], ["8", "*", ""]])
    assert list(openpyxl.load_workbook(tmp_path / "t.xlsx").active.iter_rows(min_row=2, values_only=True)) == [
        ("007", 12, "'=1+1"),
        ("8", "*", None),
    ]
    row = dict.fromkeys(COLUMNS, None) | {"budget": "10%", "moved_share": 0.1, "max_deviation": 0.05, "travel": 1e6}
    write_curve(tmp_path, "Town", [row | {"feasible": True, "folder": "p10"}], 0.1)
    head, line = openpyxl.load_workbook(tmp_path / "curve.xlsx").active.iter_rows(values_only=True)
    assert list(head) == list(COLUMNS.values()) and line[1] == 0.1 and line[7] == "yes"
    # every plan of a curve has its run card in the workbook
    assert len(openpyxl.load_workbook(tmp_path / "curve.xlsx").sheetnames) == 1
    (tmp_path / "p10").mkdir()
    summary = {
        "project": "Town",
        "seed": 7,
        "beats": {"gap": 0.021},
        "inputs": [{"path": "a/units.gpkg", "sha256": "f" * 64}],
    }
    (tmp_path / "p10" / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    write_curve(tmp_path, "Town", [row | {"feasible": False, "folder": "p10"}], 0.1, "mk")
    card = list(openpyxl.load_workbook(tmp_path / "curve.xlsx").worksheets[1].iter_rows(values_only=True))
    assert any(r[0] == "p10" for r in card) and any(r[0] == "units.gpkg" and "ffff" in r[1] for r in card), card
    assert any("2.10%" in str(r[1]) or "2,1" in str(r[1]) for r in card), card
    head, line = openpyxl.load_workbook(tmp_path / "curve.xlsx").active.iter_rows(values_only=True)
    page = page_text(tmp_path / "curve.html")
    assert line[7] == "не" and "Шуплива точка" in page
    # no word of the page or of the headings is left in English
    assert not re.search(r"[A-Za-z]{3,}", f"{page} {head}".replace("Town", "")), page
