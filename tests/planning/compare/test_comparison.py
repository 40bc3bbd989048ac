"""A comparison of plans: today first, figures with known answers, and the checker that finds each falsehood."""

import json
import re
import shutil
import sys
import zipfile

import browser
import geopandas as gpd
import openpyxl
import pytest

from beatplanner.data.formats.fingerprint import file_hash
from beatplanner.data.result.service_files import response_minutes
from beatplanner.planning.compare.comparison import compare
from beatplanner.planning.verification import comparison, verify
from beatplanner.planning.whole.run import run
from conftest import ROOT, write_grid_town

pytestmark = pytest.mark.usefixtures("bare_plans")


@pytest.fixture(scope="module")
def plans(tmp_path_factory):
    """Two plans of the grid town with different numbers of beats, and their comparison."""
    folder = tmp_path_factory.mktemp("compared")
    town = write_grid_town(folder / "town")
    (town.folder / "scenarios").mkdir()
    (town.folder / "scenarios" / "more.toml").write_text(
        'extends = "../project.toml"\n[scenario]\nname = "More beats"\n[beats]\ncount = 6\ntolerance = 0.6\n'
        "[stations]\ncount = 3\n[budget]\nofficer_salary = 1000\nstation_yearly = 10\ninflation = 0.1\n"
        "[service]\ntravel_counts = true\n[[service.shifts]]\nname = 'day'\nstart = '07:00'\nend = '23:00'\n",
        encoding="utf-8",
    )
    run(town.project, folder / "same", pack=False)
    run(town.folder / "scenarios" / "more.toml", folder / "more", pack=False)
    content = compare([folder / "same", folder / "more"], folder / "cmp", draws=30)
    return folder, content


@pytest.fixture(scope="module")
def verdicts():
    """What was found of each plan, by what its files hold."""
    return {}


@pytest.fixture(autouse=True)
def _a_plan_that_is_as_it_was_is_verified_once(monkeypatch, verdicts):
    """A comparison is verified with its plans: each of them the first time, and again where a file of it is another."""
    whole = comparison.verify_comparison

    def once(folder, verify_plan):
        def found(place):
            files = sorted(p for p in place.rglob("*") if p.is_file())
            held = tuple((p.relative_to(place), file_hash(p)) for p in files)
            if held not in verdicts:
                verdicts[held] = verify_plan(place)
            return verdicts[held]

        return whole(folder, found)

    monkeypatch.setattr(comparison, "verify_comparison", once)


def rows(content):
    return {r["key"]: r["values"] for b in content["blocks"] for r in b["rows"]}


def test_today_is_first_and_measured_like_the_plans(plans):
    _, content = plans
    assert [c["name"] for c in content["columns"]] == ["Today", "same", "More beats"]
    found = rows(content)
    assert found["beats"] == [4, 4, 6]
    assert found["moved_residents"][0] == 0 and found["relationship_kept"][0] == 1
    # the roster has three officers in four of today's beats
    assert found["posts"] == [3, 4, 6] and found["beats_without_officer"][0] == 1
    # today's station stands among those of both plans, so its walks are known
    assert found["stations"] == [1, 2, 3] and found["mean_walk"][0] > found["mean_walk"][1] >= found["mean_walk"][2]
    assert [b["title"] for b in content["blocks"]] == [
        "Rules kept",
        "Fairness of work",
        "Access on foot",
        "Trust",
        "Disruption",
        "Officers, stations and money",
        "Community hours protected",
        "Service, hour by hour",
        "Robustness",
        "Proof",
    ]


def test_figures_are_those_of_the_summaries(plans):
    folder, content = plans
    found = rows(content)
    for k, name in enumerate(("same", "more"), 1):
        summary = json.loads((folder / name / "summary.json").read_text(encoding="utf-8"))
        assert found["max_deviation"][k] == pytest.approx(summary["beats"]["max_deviation"])
        assert found["moved_share"][k] == pytest.approx(summary["beats"]["moved_share"])
        assert found["mean_walk"][k] == pytest.approx(summary["stations"]["mean_walk_minutes"])
        assert found["within_limit"][k] == pytest.approx(summary["stations"]["share_within_limit"])
        assert found["mean_way"][k] == pytest.approx(summary["beats"]["objective"] / summary["workload"]["hours"])
        assert found["officers_required"][k] == summary["beats"]["officers_required"]
    moved = sum(m["residents"] for m in content["moves"][2])
    assert moved == pytest.approx(found["moved_residents"][2])
    # the roster is paid, not the posts: four officers and Elena from March 2027, and without Bojan from 2028; 3 stations; prices rise by a tenth
    officers = [4 + 10 / 12, 4, 4, 4, 4]
    paid = [(n * 1000 + 3 * 10) * 1.1**t for t, n in enumerate(officers)]
    assert found["money_total"][2] == pytest.approx(sum(paid) + opening(folder))
    # today's column is the same sum with one station
    assert found["money_total"][0] == pytest.approx(sum(paid) - 2 * 10 * sum(1.1**t for t in range(5)))


def opening(folder):
    import geopandas as gpd

    sites = gpd.read_file(folder / "more" / "plan.gpkg", layer="sites")
    return float(sites.loc[(sites["chosen"].astype(str) == "True") | (sites["chosen"] == 1), "cost"].sum())


def test_every_figure_is_verified(plans):
    folder, content = plans
    verdict = verify(folder / "cmp")
    assert verdict.ok, [str(c) for c in verdict.failed]
    names = {c.name for c in verdict.checks}
    for block in content["blocks"]:
        for r in block["rows"]:
            assert all(f"{c['name']}: {r['label']}" in names for c in content["columns"])


def test_every_figure_is_recomputed_apart_from_the_program(plans, tmp_path):
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from recompute import Plan, recompute
    from recompute_service import KEYS, of_service

    folder, _ = plans
    found, left = recompute(folder / "cmp")
    assert found["alike"].all(), found[~found["alike"]].to_string()
    # only bounds are left out, which certificates prove
    assert len(found) > 150 and all("proven that no plan is below" in name for name in left), left
    assert {"robust_share", "back_cast", "service_p90", "officers_gap", "rules_met"} <= set(found["figure"])
    # today's beats with the roster's officers, beside the plan's
    more = Plan(folder / "more", today=True)
    claims = more.summary["service"]["today"]
    again = of_service(more, [Plan(folder / "more", today=False)])
    for key, name in KEYS.items():
        wanted = response_minutes(claims) if key == "service_minutes" else claims[name]
        assert again[key] == pytest.approx(wanted, rel=1e-9)
    shutil.copytree(folder, tmp_path / "x")
    file = tmp_path / "x" / "cmp" / "comparison.json"
    false = json.loads(file.read_text(encoding="utf-8"))
    for block in false["blocks"]:
        for r in block["rows"]:
            r["values"] = [
                not v if isinstance(v, bool) else v * 1.01 + 1 if isinstance(v, int | float) else v for v in r["values"]
            ]
    file.write_text(json.dumps(false), encoding="utf-8")
    assert not recompute(tmp_path / "x" / "cmp")[0].query("figure != 'worst_beat'")["alike"].any()


def falsified(plans, tmp_path, change):
    folder, _ = plans
    shutil.copytree(folder / "cmp", tmp_path / "x" / "cmp")
    for name in ("same", "more"):
        shutil.copytree(folder / name, tmp_path / "x" / name)
    place = tmp_path / "x" / "cmp" / "comparison.json"
    content = json.loads(place.read_text(encoding="utf-8"))
    change(content, tmp_path / "x")
    place.write_text(json.dumps(content), encoding="utf-8")
    return [c.name for c in verify(tmp_path / "x" / "cmp").failed]


def test_each_kind_of_falsehood_is_found(plans, tmp_path):
    def every(content, folder):
        # one figure in each row of all columns that is a number
        for block in content["blocks"]:
            for r in block["rows"]:
                r["values"] = [
                    v * 1.01 + 0.001 if isinstance(v, float) else v + 1 if type(v) is int else v for v in r["values"]
                ]

    wrong = falsified(plans, tmp_path, every)
    _, content = plans
    for block in content["blocks"]:
        for r in block["rows"]:
            for c, v in zip(content["columns"], r["values"], strict=True):
                if isinstance(v, int | float) and not isinstance(v, bool):
                    assert f"{c['name']}: {r['label']}" in wrong
    assert "comparison.html" in wrong and "comparison.xlsx" in wrong


def test_moves_sentences_and_robustness_are_checked(plans, tmp_path):
    def change(content, folder):
        content["moves"][2][0]["residents"] += 1
        content["sentences"][1][0] = "The officer with the most work has 9,999 hours a year."
        content["robustness"]["beats"][1][0]["holds"] = 0.123

    assert set(falsified(plans, tmp_path, change)) == {
        "More beats: who moves",
        "same: sentences",
        "same: steadiness of each beat",
    }


def test_a_plan_made_anew_is_noticed(plans, tmp_path):
    def change(content, folder):
        summary = folder / "more" / "summary.json"
        summary.write_text(summary.read_text(encoding="utf-8") + " ", encoding="utf-8")

    assert "More beats: summary.json" in falsified(plans, tmp_path, change)


def test_the_page_needs_no_network_and_the_workbook_works(plans):
    folder, _ = plans
    page = (folder / "cmp" / "comparison.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "") and "https://" not in page
    assert "default-src 'none'" in page and 'src="' not in page
    book = openpyxl.load_workbook(folder / "cmp" / "comparison.xlsx")
    card = list(book["Run card"].iter_rows(min_row=2, values_only=True))
    # files with their hashes, the rules and how near to the best, of each plan
    assert len({row[0] for row in card}) >= 2 and {"Rules", "Beats", "units.gpkg", "Version"} <= {
        row[1] for row in card
    }
    cells = {str(r[0].value): r for r in book["Comparison"].iter_rows()}
    assert str(cells["Hours a year of the officer with the most work"][1].value).startswith("=MAX('Beats'!")
    assert str(cells["Residents who change beat"][4].value).startswith("=")
    # values stand beside the formulas, for programs that do not work them out; beats' numbers are numbers
    stored = openpyxl.load_workbook(folder / "cmp" / "comparison.xlsx", data_only=True)
    found = {str(r[0].value): [c.value for c in r] for r in stored["Comparison"].iter_rows()}
    plan_rows = rows(plans[1])
    assert found["Hours a year of the officer with the most work"][1:4] == pytest.approx(
        plan_rows["hours_per_officer_max"]
    )
    moved = plan_rows["moved_residents"]
    assert found["Residents who change beat"][4:6] == pytest.approx([moved[1] - moved[0], moved[2] - moved[0]])
    assert isinstance(stored["Beats"]["B2"].value, int) and stored["Beats"].page_setup.fitToWidth == 1
    # each formula has its value, of a beat without an officer an empty text
    with zipfile.ZipFile(folder / "cmp" / "comparison.xlsx") as archive:
        sheets = [archive.read(n).decode("utf-8") for n in archive.namelist() if n.startswith("xl/worksheets/sheet")]
    bare = [
        c for text in sheets for c in re.findall(r"<c [^>]*>(?:(?!</c>).)*</c>", text) if "<f>" in c and "<v/>" in c
    ]
    assert not bare and any('t="str"><f>' in text and "<v></v>" in text for text in sheets)


def test_the_decision_page_says_when_to_choose_which(plans):
    folder, content = plans
    page = (folder / "cmp" / "comparison.html").read_text(encoding="utf-8")
    decisions = {d["plan"]: d for d in content["decision"]}
    assert list(decisions) == ["same", "More beats"]
    figures = rows(content)
    # six beats of one officer each share the work out more than four do; four change less
    assert {x["key"] for x in decisions["More beats"]["best"]} >= {"hours_per_officer_max"}
    assert {x["key"] for x in decisions["same"]["best"]} >= {"moved_share"}
    assert not {x["key"] for x in decisions["same"]["best"]} & {x["key"] for x in decisions["More beats"]["best"]}
    assert decisions["same"]["worst"]["best_plan"] == "More beats"
    assert decisions["More beats"]["money"]["whole"] == pytest.approx(
        figures["money_total"][2] - figures["money_total"][0]
    )
    # three officers stand in today's beats and six posts in the plan's: three salaries of 1,000 more in each year
    risen = sum(1.1**t for t in range(5))
    posts = figures["money_total"][2] - figures["money_total"][0] + 3 * 1000 * risen
    assert decisions["More beats"]["money"]["posts"] == pytest.approx(posts)
    assert "Choose same if" in page and "Its worst point: " in page and "▲" not in page and "Best at" not in page


@pytest.mark.skipif(not browser.AVAILABLE, reason="there is no Chromium on this machine")
def test_on_a_phone_all_plans_stand_side_by_side(plans, tmp_path):
    """What a row tells stands over its figures; thousands are grouped as the language does, whatever the browser knows of it."""
    page = tmp_path / "comparison.html"
    text = (plans[0] / "cmp" / "comparison.html").read_text(encoding="utf-8")
    found = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    drawing = json.loads(found[1])
    assert drawing["group"] == ","
    drawing["group"] = "."
    for column in drawing["columns"]:
        column["load"] = [None if v is None else 1000 + 10 * v for v in column["load"]]
    page.write_text(text.replace(found[1], json.dumps(drawing)), encoding="utf-8", newline="\n")
    with browser.Page(page, 360, 740, tmp_path / "profile") as p:
        assert p.run("document.documentElement.scrollWidth") <= 360
        assert p.run("document.querySelectorAll('.side td.n').length") > 100
        wide = "[...document.querySelectorAll('.side th, .side td')].filter(e => e.getBoundingClientRect().right > 360)"
        assert p.run(wide + ".map(e => e.textContent)") == []
        legend = p.run("document.getElementById('legend').textContent")
        assert re.search(r"\d\.\d{3}", legend) and not re.search(r"\d,\d{3}", legend)
        assert p.complaints() == []


FALSE_WORDS = {"project_said": "Another town", "terms": {"Beat": "Ward"}, "language": "ro"}


@pytest.mark.parametrize(
    ("language", "strange"),
    [("mk", r"[A-Za-z]{3,}"), ("sq", r"\b(?:the|beats?|officers?|residents|of|and|or|with|today|money)\b")],
)
def test_the_page_speaks_the_language_of_the_force(plans, tmp_path, language, strange):
    """No English is left on the page but names and what planning itself says of a clash, which is marked as English."""
    folder, _ = plans
    for name in ("same", "more"):
        shutil.copytree(folder / name, tmp_path / name)
        summary = json.loads((tmp_path / name / "summary.json").read_text(encoding="utf-8"))
        terms = {"Grid": {language: "Grid West"}, "Who moves": {language: "Grid East"}}
        summary["rules"]["forum"] = {"languages": [language, "en"], "terms": terms}
        summary |= {"feasible": False, "clashes": ["No plan is that even."]} if name == "more" else {}
        (tmp_path / name / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    compare([tmp_path / "same", tmp_path / "more"], tmp_path / "cmp", draws=2)
    page = (tmp_path / "cmp" / "comparison.html").read_text(encoding="utf-8")
    said = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])["say"]
    assert f'<html lang="{language}">' in page and '<p lang="en">No plan is that even.</p>' in page
    text = re.sub(r"(?s)<(script|style)\b.*?</\1>|<p lang=\"en\">.*?</p>", " ", page)
    text = " ".join(re.findall(r'(?:title|aria-label)="([^"]*)"', text)) + re.sub(r"<[^>]+>", " ", text)
    text += " ".join(re.sub(r"\{\w+\}", "", v) for v in said.values())
    names = (
        r"Grid|West|East|More beats|same|beatplanner(?: verify)?|EUR|COFOG|School \d|&#?\w+;|Library|Clinic|Old|Tiny"
    )
    assert not re.findall(strange, re.sub(names, " ", text)), set(re.findall(strange, re.sub(names, " ", text)))
    verdict = verify(tmp_path / "cmp")
    assert next(c for c in verdict.checks if c.name == "comparison.html").ok
    # the force's own name of the project and its own words, in page and workbook, and the checker reads them
    assert re.search(r"<h1>Grid West: ", page)
    book = openpyxl.load_workbook(tmp_path / "cmp" / "comparison.xlsx")
    assert book.worksheets[0]["A1"].value == "Grid West" and book.worksheets[2].title == "Grid East"
    file = tmp_path / "cmp" / "comparison.json"
    assert not {x.name for x in verdict.failed} & {f"comparison.{key}" for key in FALSE_WORDS}
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | FALSE_WORDS), encoding="utf-8")
    assert {f"comparison.{key}" for key in FALSE_WORDS} <= {x.name for x in verify(tmp_path / "cmp").failed}


def test_a_false_decision_is_found(plans, tmp_path):
    def change(content, folder):
        content["decision"][0]["best"].append(dict(content["decision"][1]["best"][0]))
        content["decision"][1]["money"]["whole"] += 100

    assert falsified(plans, tmp_path, change) == ["decision"]


def test_plans_that_differ_in_nothing_are_no_fair_middle_and_a_beat_without_a_name_has_one_number(plans, tmp_path):
    """New Haven's beats have numbers alone; “Beat 1408 (1408)” and a middle of two equal plans were told."""
    folder, _ = plans
    for name in ("same", "twin"):
        shutil.copytree(folder / "same", tmp_path / name)
        plan = gpd.read_file(tmp_path / name / "plan.gpkg", layer="beats")
        plan["name"] = "Beat " + plan["beat"].astype(str)
        plan.to_file(tmp_path / name / "plan.gpkg", layer="beats", engine="pyogrio")
    content = compare([tmp_path / "same", tmp_path / "twin"], tmp_path / "cmp", draws=2)
    page = (tmp_path / "cmp" / "comparison.html").read_text(encoding="utf-8")
    assert "twin is like the other plans in all that decides." in page and "a fair middle" not in page
    assert all(re.fullmatch(r"beat \d+", v) for v in rows(content)["worst_beat"])


def test_the_worse_of_two_plans_is_no_fair_middle(plans, monkeypatch):
    """Between two plans there is no middle: where one is best at nothing the page says just that."""
    from beatplanner.data.publish import comparison_files

    monkeypatch.setattr(comparison_files, "_drawing", lambda *_: {})
    content = json.loads((plans[0] / "cmp" / "comparison.json").read_text(encoding="utf-8"))
    worst = content["decision"][0]["worst"] | {"best_plan": content["decision"][0]["plan"]}
    content["decision"][1] |= {"best": [], "unmet": [], "worst": worst}
    third = content["decision"][1] | {"plan": "third"}
    name = content["decision"][1]["plan"]
    two = comparison_files.comparison_page(content, None, [])
    assert f"{name} is best at nothing that decides." in two and "fair middle" not in two
    content["decision"].append(third)
    three = comparison_files.comparison_page(content, None, [])
    assert f"{name} is best at nothing that decides; choose it if it is a fair middle." in three


@pytest.mark.papers
def test_plans_of_other_units_are_refused(plans, tmp_path, command):
    folder, _ = plans
    other = write_grid_town(tmp_path / "other")
    units = other.units()
    units.loc[0, "unit"] = 99
    other.write_units(units)
    run(other.project, tmp_path / "plan", steps=("beats",), pack=False)
    code, _, err = command("compare", folder / "same", tmp_path / "plan", "--out", tmp_path / "cmp")
    assert code == 1 and "not for the same units" in err and "lacks unit 1" in err
    assert command("compare", folder / "same", "--out", tmp_path / "cmp")[0] == 2
    assert command("compare", folder / "same", tmp_path / "none", "--out", tmp_path / "cmp")[0] == 1
    code, _, err = command("compare", folder / "same", folder / "more", "--out", folder / "town")
    assert code == 1 and "not overwritten" in err


@pytest.mark.papers
def test_the_curve_is_told_and_verified(plans, tmp_path, command):
    folder, _ = plans
    assert command("curve", folder / "town" / "project.toml", "--out", tmp_path / "curve", "--moved", "free")[0] == 0
    code, _, _ = command(
        "compare",
        folder / "same",
        folder / "more",
        "--out",
        tmp_path / "cmp",
        "--curve",
        tmp_path / "curve",
        "--draws",
        20,
    )
    assert code == 0
    assert command("verify", tmp_path / "cmp")[0] == 0
    assert 'href="../curve/moved-free/report.html"' in (tmp_path / "cmp" / "comparison.html").read_text(
        encoding="utf-8"
    )


def test_one_page_answers_without_a_contradiction_elsewhere(plans):
    from benchmarks.one_page import SHARES, contradictions

    from beatplanner.planning.compare.answer import answers

    folder, content = plans
    # no pattern has lost the sentence that it reads
    said = " ".join(t for a in answers(folder / "same")["answers"] for t in a["text"])
    assert all(re.search(pattern, said) for _, pattern, key in SHARES if key != "within_limit"), said
    count, wrong = contradictions(folder / "cmp")
    assert count > 30 and not wrong, wrong
    # a page that does not agree is found
    false = json.loads(json.dumps(content))
    for block in false["blocks"]:
        for row in block["rows"]:
            if row["key"] in ("vacant_months", "money_total"):
                row["values"] = [None if v is None else v + 1 for v in row["values"]]
    (folder / "false").mkdir()
    for name in ("comparison.html", "comparison.xlsx"):
        shutil.copy(folder / "cmp" / name, folder / "false" / name)
    (folder / "false" / "comparison.json").write_text(json.dumps(false), encoding="utf-8")
    said = " ".join(contradictions(folder / "false")[1])
    assert "for vacant_months" in said and "the comparison has another sum" in said


def test_no_table_has_a_figure_that_nobody_would_write(plans):
    from shown_tables import PLURAL, UNROUNDED, faults

    folder, _ = plans
    assert not faults(folder)
    assert (
        UNROUNDED.search("17282.159999999996")
        and PLURAL.search("There are 1 beats.")
        and not PLURAL.search("1.1 hours, 11 beats")
    )


@pytest.mark.parametrize("language", ["mk", "sq", "sr-Latn"])
def test_the_workbook_is_headed_in_the_language_of_the_force(plans, tmp_path, language):
    from beatplanner.data.publish.comparison_words import beat_said
    from beatplanner.data.publish.comparison_workbook import write_workbook
    from beatplanner.data.publish.translation import Speech
    from beatplanner.planning.verification.compared_files import check_workbook
    from beatplanner.planning.verification.ledger import Ledger

    _, content = plans
    assert content["language"] == "en"
    beats = [{"column": "Today", "beat": "1", "name": "beat 1", "workload": 10.0, "residents": 20.0, "posts": 2.0}]
    write_workbook(tmp_path / "x.xlsx", content | {"language": language}, beats)
    book, said = openpyxl.load_workbook(tmp_path / "x.xlsx"), Speech(language)
    assert book.sheetnames == [said.text(name) for name in ("Comparison", "Beats", "Who moves", "About the comparison")]
    listing = book.worksheets[1]
    assert [c.value for c in listing[1]][:2] == [said.text("Plan"), said.text("Beat")]
    assert listing["A2"].value == said.text("Today") and listing["C2"].value == f"{said.text('Beat')} 1"
    formulas = [str(c.value) for row in book.worksheets[0] for c in row if "!" in str(c.value)]
    assert formulas and all(f"'{listing.title}'!" in f for f in formulas)
    english = {r["label"] for b in content["blocks"] for r in b["rows"]} | {b["title"] for b in content["blocks"]}
    cells = {str(c.value) for s in book for row in s.iter_rows() for c in row if c.value}
    assert not english & cells and not [c for c in cells if "⟦" in c or "{" in c]
    # every sheet has its number below it, without a word of English
    assert {s.oddFooter.center.text for s in book} == {"&A, &P / &N"}
    # each row of money says its currency, that of stations too
    money = [r["label"] for b in content["blocks"] for r in b["rows"] if r["kind"] == "money"]
    assert "Cost of stations, EUR" in money and all("EUR" in label for label in money)
    if language == "mk":
        assert "Пари 2027–2031, EUR" in cells and "да" in cells
        assert not [c for c in cells if re.match(r"beat \S|.*\(beat ", c)]
        worst = next(r["values"] for b in content["blocks"] for r in b["rows"] if r["key"] == "worst_beat")
        named = [v for v in worst if v and re.search(r"\bbeat ", v)]
        assert all(re.sub(r"\bbeat ", "реон ", v) in cells for v in named)
        assert any("македонски" in c or "албански" in c for c in cells)
    ledger = Ledger()
    check_workbook(ledger, tmp_path / "x.xlsx", content | {"language": language})
    wrong = [c.detail for c in ledger.verdict().failed]
    # the sheet of beats is another here, so that its formulas give other figures; the answers yes and no are found again
    assert all("yes" not in w and "да" not in w for w in wrong)
    # nor does a beat's name in the force's language differ from the one that is told
    named = {
        "title": "",
        "rows": [{"key": "worst_beat", "label": "In", "kind": "text", "values": ["beat 4", "Kej (beat 1)"]}],
    }
    own = {**content, "language": language, "blocks": [named], "columns": content["columns"][:2]}
    book = openpyxl.Workbook()
    book.active.title = "Comparison"
    book.create_sheet("Beats")
    for row in ([], [""], ["In", beat_said(said, "beat 4"), beat_said(said, "Kej (beat 1)")]):
        book["Comparison"].append(row or ["head"])
    book.save(tmp_path / "own.xlsx")
    ledger = Ledger()
    check_workbook(ledger, tmp_path / "own.xlsx", own)
    assert not ledger.verdict().failed and "beat" not in beat_said(said, "beat 4")
