"""What a personnel office adds to a roster: pool and cover, part time, ranks, notice, hardship, appeals; invisible where absent."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.result.folder import read_result
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.changes.roster_edits import Judge
from beatplanner.planning.officers.personnel import personnel_warnings
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run

pytestmark = pytest.mark.usefixtures("bare_plans")


def roster(town, columns, cells):
    """Write the roster of the grid town with more columns; `cells` by officer, None elsewhere."""
    from conftest import ROSTER, write_roster

    rows = [[*ROSTER[0], *columns]]
    rows += [[*r, *cells.get(r[0], [None] * len(columns))] for r in ROSTER[1:]]
    rows += [
        [o, None, None, None, "m", 21.49, 42.0, "2026-01-01", None, None, *c]
        for o, c in cells.items()
        if o not in {r[0] for r in rows}
    ]
    write_roster(town.path("officers.xlsx"), rows)


def officers(town, more="", budget=""):
    text = town.project.read_text(encoding="utf-8")
    cut = text.split("[stations]")
    town.project.write_text(cut[0] + "[officers]" + cut[1].split("[officers]")[1] + more + budget, encoding="utf-8")
    run(town.project, town.path("out"), steps=("officers",), pack=False)
    verdict = verify(town.path("out"))
    assert verdict.ok, [str(c) for c in verdict.failed]
    return read_result(town.path("out"))


BUDGET = "[budget]\nyears = 2\nofficer_salary = 1200\n"


def test_a_named_pool_stands_in_and_breaks_no_tenure(town):
    # Cena is away for six months from March 2027; Filip is of the pool and stands in, Ана is on leave for a month in 2028
    roster(
        town,
        ["pool", "time_off"],
        {
            "Cena": [None, "2027-03-01..2027-09-01 sick"],
            "Filip": ["yes", None],
            "Ana": [None, "2028-03-01..2028-04-01 parental"],
        },
    )
    tables = officers(town, "notice_months = 2\n", BUDGET)
    assert tables.cover is not None
    rows = tables.cover[["officer", "for_officer", "beat", "start", "end"]].astype(str).values.tolist()
    assert rows == [
        ["Filip", "Cena", "3", "2027-03-01", "2027-09-01"],
        ["Filip", "Ana", "1", "2028-03-01", "2028-04-01"],
    ]
    claims = tables.summary["officers"]
    # the bound with months of notice and stand-ins is proven apart
    assert claims["certified"] and claims["status"] == "optimal"
    assert claims["cover"] == {"pool": 1, "away_months": 7, "covered_months": 7}
    assert claims["tenure_violations"] == 0 and "Filip" not in set(tables.assignments["officer"])
    # Cena keeps the post for two years, and no month of it is vacant
    assert (
        tables.assignments.query("officer == 'Cena'")[["start", "end"]].astype(str).values
        == ["2027-01-01", "2029-01-01"]
    ).all()
    people = tables.summary["budget"]["people"]
    assert people["in_pool"] == pytest.approx([1, 1]) and 12 * sum(people["vacant"]) == claims["vacant_months"]
    # what is told of empty posts is what is counted: months that a stand-in fills are not empty
    empty = Judge(tables).as_published.empty
    assert claims["vacant_months"] == 0 and not empty


def test_a_false_temporary_posting_is_found(town):
    import sqlite3

    roster(town, ["pool", "time_off"], {"Cena": [None, "2027-03-01..2027-09-01 sick"], "Filip": ["yes", None]})
    officers(town)
    inputs = read_town(read_description(town.project))
    whole = (town.path("out") / "plan.gpkg").read_bytes()
    for change, check in (
        ("UPDATE cover SET end = '2027-12-01'", "cover.rows"),
        ("UPDATE cover SET officer = 'Ana'", "cover.rows"),
        ("DELETE FROM cover", "officers.vacant_months"),
    ):
        (town.path("out") / "plan.gpkg").write_bytes(whole)
        with sqlite3.connect(town.path("out") / "plan.gpkg") as package:
            package.execute(change)
        assert check in {c.name for c in verify(town.path("out"), town=inputs).failed}


def surplus(town, columns, cells, more=()):
    """Write two officers of beat 1 for one post, and an empty beat 4: one of them is moved where the rules let the plan."""
    from conftest import ROSTER, write_roster

    base = [
        ["Ana", 1, "2024-06-01"],
        ["Goran", 1, "2022-06-01"],
        ["Cena", 3, "2026-06-01"],
        ["Mira", 2, "2025-01-01"],
        *more,
    ]
    rows = [
        [*r, None, "f", 21.49, 42.0, "2020-01-01", None, None, *cells.get(r[0], [None] * len(columns))] for r in base
    ]
    write_roster(town.path("officers.xlsx"), [[*ROSTER[0], *columns], *rows])


@pytest.mark.papers
def test_supervisors_part_time_and_why_somebody_is_moved(town):
    import openpyxl

    columns = ["rank", "share", "seniority", "allowances", "appeal", "appeal_on"]
    cells = {
        "Ana": ["constable", 0.5, "2024-01-01", 100, "open", "2026-11-01"],
        "Goran": ["constable", None, "2020-01-01", None, None, None],
        "Cena": ["constable", None, "2021-01-01", None, "rejected", None],
        "Mira": ["sergeant", None, "2015-01-01", None, None, None],
    }
    surplus(town, columns, cells)
    more = 'supervisor_ranks = ["sergeant"]\nspan_of_control = 2\n'
    tables = officers(town, more, BUDGET + "allowances = 60\nemployer_part = 0.5\n")
    claims = tables.summary["officers"]
    # four officers hold four posts; three of them are led, by two each, so two sergeants are needed and there is one
    assert claims["ranks"] == {"constable": 3, "sergeant": 1} and claims["vacant_months"] == 0
    assert claims["supervision"][0] == {"area": "", "officers": 3, "supervisors": 1, "needed": 2, "missing": 1}
    assert claims["part_time"] == {"officers": 1, "post_months_missing": 12.0}
    assert claims["appeals"] == {"open": 1, "upheld": 0, "rejected": 1}
    # Ana: half of 1,260 and 100 of her own; the others 1,260 each; half of all on top
    assert tables.summary["budget"]["lines"]["salaries"] == pytest.approx([1.5 * (730 + 3 * 1260)] * 2)
    people = tables.summary["budget"]["people"]
    assert people["paid"] == pytest.approx([4, 4]) and people["full_time"] == pytest.approx([3.5, 3.5])
    book = openpyxl.load_workbook(town.path("out") / "officers.xlsx")
    moved = [[c.value for c in row] for row in book["Moves"].iter_rows(min_row=2)]
    assert (
        len(moved) == 1
        and moved[0][0] in ("Ana", "Goran")
        and moved[0][4] == "needed more elsewhere; fills an empty post"
    )
    # Ana has three years of service and Goran seven: Goran has no junior only where Ana is moved
    assert moved[0][5:] == ([3, "no"] if moved[0][0] == "Ana" else [7, "yes"])
    assert [c.value for c in book["Supervision"][2]] == ["All of the force", 3, 1, 2, 1]
    assert book["Appeals"]["A2"].value == "Ana" and book["Appeals"].max_row == 3
    notes = " ".join(n["text"] for n in tables.summary["notes"])
    assert (
        "3 officers at their posts need 2 supervisors (2 each), and there is 1" in notes
        and "1 appeal is open: Ana" in notes
    )


@pytest.mark.papers
def test_notice_hardship_and_upheld_appeals_are_limits(town):
    columns = ["hardship", "appeal"]
    surplus(town, columns, {"Ana": ["yes", None], "Goran": [None, "upheld"]})
    tables = officers(town)
    # both stay in beat 1, and beat 4 is empty for two years
    assert tables.summary["officers"]["vacant_months"] == 24 and tables.summary["officers"]["rotations"] == 0
    assert tables.summary["officers"]["certified"]
    # without the appeal and with six months of notice Goran goes in July
    surplus(town, columns, {"Ana": ["yes", None]})
    town.swap("min_tenure_months = 12", "min_tenure_months = 12\nnotice_months = 6")
    run(town.project, town.path("out"), steps=("officers",), pack=False)
    tables = read_result(town.path("out"))
    assert verify(town.path("out")).ok and tables.summary["officers"]["vacant_months"] == 6
    assert tables.summary["officers"]["certified"]
    there = tables.assignments.query("beat == '4'")
    assert set(there["start"].astype(str)) == {"2027-07-01"} and set(there["officer"]) == {"Goran"}
    # nobody is moved farther than a kilometre from home, and the homes lie farther
    town.swap("notice_months = 6", "max_home_km = 1.0")
    run(town.project, town.path("out"), steps=("officers",), pack=False)
    assert verify(town.path("out")).ok
    assert read_result(town.path("out")).summary["officers"]["vacant_months"] == 24


@pytest.mark.parametrize(
    ("columns", "cell", "more", "said"),
    [
        (["pool"], "yes", "", "is in the pool of stand-ins and holds a post in beat 1"),
        (["share"], 1.5, "", "is no share of full time"),
        (["time_off"], "next summer", "", "“next summer” is no time off"),
        (["time_off"], "2027-05-01..2027-04-01", "", "is no time off"),
        (["appeal"], "upheldd", "", "Did you mean “upheld”?"),
        (["appeal_on"], "2026-05-01", "", "and its state is not said"),
        (["rank"], "constable", 'supervisor_ranks = ["sargeant"]\n', "nobody in the roster has the rank “sargeant”"),
        (["rank"], "constable", "span_of_control = 8\n", "needs to know who supervises"),
        (["allowances"], -5, "", "allowances"),
    ],
)
def test_personnel_columns_that_cannot_be_are_refused(town, columns, cell, more, said):
    from beatplanner.data.errors import InputError

    surplus(town, columns, {"Ana": [cell]})
    town.project.write_text(town.project.read_text(encoding="utf-8") + more, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_town(read_description(town.project))
    assert said in " ".join(str(n) for n in error.value.problems)


@pytest.mark.papers
def test_a_force_without_these_columns_sees_none_of_them(town):
    import openpyxl

    tables = officers(town, budget=BUDGET)
    assert not {"cover", "ranks", "supervision", "part_time", "appeals"} & set(tables.summary["officers"])
    assert tables.cover is None and not {"in_pool", "full_time"} & set(tables.summary["budget"]["people"])
    assert not {"pool", "rank", "share", "time_off", "appeal"} & set(tables.roster.columns)
    sheets = openpyxl.load_workbook(town.path("out") / "officers.xlsx").sheetnames
    assert not {"Temporary postings", "Supervision", "Appeals"} & set(sheets)
    # nor among the rules of the report
    from beatplanner.data.publish.report_section import flat_rules

    shown = dict(flat_rules(tables.summary["rules"]))
    assert shown["officers.min_tenure_months"] == "12" and shown["budget.officer_salary"] == "1200.0"
    added = (
        "notice|drop_out|class_size|supervisor|span|max_home|allowances|employer|grades|functions|lead|ends|then|seats"
    )
    assert not [k for k in shown if re.search(added, k)]
    more = flat_rules(
        {"officers": {"notice_months": 2}, "budget": {"ends": {"donor": "2027-12-31"}, "then": "ministry"}}
    )
    assert [k for k, _ in more] == ["officers.notice_months", "budget.ends.donor", "budget.then"]


def test_prices_of_the_officers_rules_by_hand(town, command, monkeypatch):
    """Of three in beat 1, which has two posts, one stays idle for want of a move: 24 × 10,000 for a rotation of 20 and some kilometres."""
    import json

    from beatplanner.planning.compare import rule_prices

    every = rule_prices.relaxations
    monkeypatch.setattr(rule_prices, "relaxations", lambda d: (r for r in every(d) if r.step == "officers"))
    surplus(town, ["seniority"], {}, [["Vera", 1, "2023-06-01"]])
    town.swap("posts_per_beat = 1", "posts_per_beat = 2")
    text = town.project.read_text(encoding="utf-8")
    text = text.replace("tolerance = 0.25", "tolerance = 1.0\nmax_moved = 0.0")
    cut = text.split("[stations]")
    town.project.write_text(
        cut[0] + "[officers]" + cut[1].split("[officers]")[1] + "moves_a_month = 0\n" + BUDGET, encoding="utf-8"
    )
    code, _, err = command("prices", town.project, "--out", town.path("prices"))
    assert code == 0, err
    rows = {
        r["key"]: r for r in json.loads((town.path("prices") / "prices.json").read_text(encoding="utf-8"))["prices"]
    }
    moves = rows["officers.moves_a_month"]
    assert moves["gain"] == pytest.approx(24 * 10_000 - 20, abs=20) and moves["vacant_months"] == -24
    # the moves of a month have a price in the bound of the plan itself, so that what is found is proven, but for what HiGHS and rounding leave
    assert moves["gain"] - 30 <= moves["at_least"] <= moves["gain"] <= moves["at_most"] + 1e-6 < moves["gain"] + 30
    claims = json.loads((town.path("prices") / "plan" / "summary.json").read_text(encoding="utf-8"))["officers"]
    assert claims["certified"] and claims["status"] == "optimal"
    assert "24 vacant months fewer, 1 move more" in moves["sentence"]
    # with no move nothing else is possible, so the minimum tenure costs nothing
    tenure = rows["officers.min_tenure_months"]
    assert tenure["gain"] == pytest.approx(0, abs=1e-6) and tenure["at_least"] <= 0 <= tenure["at_most"] < 30
    assert re.match(r"A minimum tenure of 12 months costs (nothing|0 points) \(none at all[;)]", tenure["sentence"])
    # a second post in each beat: four posts, 3 × 24 months of them without anybody, and 4 × 1,200 a year
    two = rows["officers.posts_per_beat"]
    assert two["posts"] == -4 and two["vacant_months"] == -72 and two["money"] == -4800
    assert "4 posts fewer, 72 vacant months fewer" in two["sentence"] and "4,800 EUR a year less" in two["sentence"]
    assert command("verify", town.path("prices"))[0] == 0


def test_headers_of_other_languages_are_understood(town):
    surplus(
        town,
        ["Чин", "Додатоци", "Жалба", "Стаж од", "Заменски состав"],
        {"Ana": ["водник", 50, None, "2015-01-01", None]},
    )
    roster = read_town(read_description(town.project)).roster.set_index("officer").loc["Ana"]
    assert (roster["rank"], roster["allowances"], str(roster["seniority"])) == ("водник", 50, "2015-01-01")


@pytest.mark.papers
def test_the_workbook_speaks_the_forces_language_and_is_read_back(town):
    import openpyxl

    from beatplanner.data.publish.officers_pack import write_officers_pack
    from beatplanner.data.publish.translation import Speech

    tables = officers(town)
    before = tables.roster.set_index("officer")
    layer = "Roster"
    town.swap('path = "officers.xlsx"', f'path = "out/officers.xlsx"\nlayer = "{layer}"')
    for language in ("en", "mk", "sq", "sr-Latn", "sr-Cyrl", "ro", "ru"):
        town.swap(f'layer = "{layer}"', f'layer = "{Speech(language).text("Roster")}"')
        layer = Speech(language).text("Roster")
        tables.summary["rules"]["forum"] = {"languages": [language, "en"]}
        write_officers_pack(town.path("out"), tables)
        # the sheet is a roster again: its headings are understood
        again = read_town(read_description(town.project)).roster.set_index("officer")
        for column in ("beat", "since", "languages", "gender", "trained_on", "joins_on", "leaves_on"):
            said, was = again[column], before[column].loc[again.index]
            if column == "languages":
                was = was.map(lambda v: v if isinstance(v, tuple) else tuple(str(v).split(";")) if v == v and v else ())
            assert said.astype(str).tolist() == was.astype(str).tolist(), (language, column)
        book = openpyxl.load_workbook(town.path("out") / "officers.xlsx")
        assert not any("⟦" in str(c.value) for sheet in book for row in sheet for c in row)
        sheets = {name: book[Speech(language).text(name)] for name in ("Roster", "Moves", "Figures", "Run card")}
        if language == "mk":
            assert [c.value for c in sheets["Roster"][1]][:4] == ["Полицаец", "Денешен реон", "Од ден", "Јазици"]
            assert {c.value for c in sheets["Roster"]["I"][1:]} <= {"распореден", "резерва"}
            reasons = [r[4] for r in sheets["Moves"].iter_rows(min_row=2, values_only=True)]
            assert reasons and not [r for r in reasons if re.search(r"succeeds|fills|first post|needed", r)]
            # of the calendar all but the names
            calendar = (town.path("out") / "handovers.ics").read_text(encoding="utf-8").replace("\r\n ", "")
            entries = re.findall(r"(?:SUMMARY|DESCRIPTION):(.*)", calendar)
            assert entries and not [t for t in entries if re.search(r"Handover|begins|leaves|day|no successor", t)]
            figures = {r[0]: r[1] for r in sheets["Figures"].iter_rows(min_row=2, values_only=True)}
            assert figures[Speech(language).text("Officers' posts")] == tables.summary["officers"]["posts"]
        if language in ("mk", "ru", "sr-Cyrl"):
            said = [r[0].value for s in ("Figures", "Run card") for r in sheets[s] if "." not in str(r[0].value)]
            assert not [v for v in said if re.search("[A-Za-z]{3}", v)], said


def test_a_course_starts_with_more_than_end_it():
    """9 and 10 who must end, of whom a tenth drops out: 10 and 12 start, in classes of 11 one and two; of 22 for 20 seats two are too many."""
    import datetime as dt

    import pandas as pd

    from beatplanner.data.description.sections.budget import Budget
    from beatplanner.data.description.sections.officers import Officers
    from beatplanner.planning.changes.succession import _pipeline

    rules = Officers(path="officers.csv", start=dt.date(2027, 1, 1), drop_out=0.1, class_size=11)
    classes = pd.DataFrame(
        [(2027, "", 8, 9, "2027-01-01"), (2027, "sq", 9, 10, "2027-03-01"), (2028, "", 0, 1, "2028-01-01")],
        columns=["year", "language", "people", "people_p90", "order_by"],
    )
    found = _pipeline(classes, rules, Budget(training_seats=[20, 30, 0, 0, 0]), [])
    assert found["to_start"].tolist() == [10, 12, 2] and found["classes"].tolist() == [1, 2, 1]
    assert found["seats"].fillna(-1).tolist() == [20, -1, 30] and found["seats_missing"].fillna(-1).tolist() == [
        2,
        -1,
        0,
    ]
    # a force that says nothing of this sees none of it
    assert list(_pipeline(classes, Officers(path="o.csv", start=dt.date(2027, 1, 1)), None, [])) == list(classes)


def test_a_workbooks_one_and_zero_are_yes_and_no(town):
    """Spreadsheet programs keep 1 as 1.0."""
    roster(town, ["pool", "hardship"], {"Dritan": [1, 0], "Cena": [0, True], "Elena": ["да", None]})
    found = read_town(read_description(town.project)).roster.set_index("officer")
    assert found["pool"].to_dict() == {"Ana": False, "Бојан": False, "Cena": False, "Dritan": True, "Elena": True}
    assert found["hardship"].tolist() == [False, False, True, False, False]


def test_a_language_is_one_whether_a_roster_has_its_code_or_its_name():
    """Residents speak “albanian”, an officer “sq”: the plan must not call the language missing."""
    from beatplanner.data.town.roster import as_in_groups

    assert as_in_groups(("sq", "Rom", "sr", "klingon"), ["albanian", "romani"]) == (
        "albanian",
        "romani",
        "sr",
        "klingon",
    )
    assert as_in_groups(("sq", "Albanian"), ["sq"]) == ("sq",)


def test_nobody_stands_in_for_who_is_published_elsewhere(town):
    # Cena is published in beat 4 and is away later: the pool does not hold beat 3 for her, against the published plan
    roster(town, ["pool", "time_off"], {"Cena": [None, "2027-05-01..2027-09-01 sick"], "Filip": ["yes", None]})
    rows = "officer,beat,start,end\nCena,4,2027-01-01,2029-01-01\n"
    town.path("published.csv").write_text(rows, encoding="utf-8")
    tables = officers(town, 'published = "published.csv"\nfreeze_months = 8\n')
    claims = tables.summary["officers"]
    assert claims["broken_rules"] == [] and claims["rules_kept"] == "yes"
    assert claims["cover"] == {"pool": 1, "away_months": 4, "covered_months": 0}
    cena = tables.assignments.query("officer == 'Cena'")
    assert list(cena["beat"].astype(str)) == ["4"] and str(cena["start"].iat[0])[:10] == "2027-01-01"


def test_who_serves_untrained_today_hands_over_like_others(town):
    # Cena serves in beat 3, trained or not, and is published into beat 1, where nobody's post is free
    from conftest import ROSTER, write_roster

    rows = [[*r[:7], "2028-01-01", *r[8:]] if r[0] == "Cena" else r for r in ROSTER]
    write_roster(town.path("officers.xlsx"), rows)
    published = "Ana,1,2027-01-01,2029-01-01\nCena,3,2027-01-01,2027-03-01\nCena,1,2027-03-01,2029-01-01\n"
    town.path("published.csv").write_text("officer,beat,start,end\n" + published, encoding="utf-8")
    claims = officers(town, 'published = "published.csv"\nfreeze_months = 8\n').summary["officers"]
    assert ("handover", "1") in {(r["rule"], r["beat"]) for r in claims["broken_rules"]}


def test_the_only_post_of_a_beat_has_one_number_whoever_holds_it(town):
    # Бојан holds the post today without the language that it asks for, until his notice ends and Dritan, who has it, is trained
    from conftest import ROSTER, write_roster

    rows = [[*r[:7], "2027-07-01", *r[8:]] if r[0] == "Dritan" else r for r in ROSTER]
    write_roster(town.path("officers.xlsx"), rows)
    town.path("posts.csv").write_text("beat,posts,languages\n2,1,sq\n", encoding="utf-8")
    tables = officers(town, 'handover_months = 0\nnotice_months = 6\nposts = "posts.csv"\n')
    here = tables.assignments.query("beat == '2'")
    assert len(here) > 1 and set(here["post"]) == {1}


@pytest.mark.parametrize(("in_sectors", "where"), [(False, "in one municipality"), (True, "in one sector")])
def test_where_a_supervisor_leads_is_said_as_the_plan_has_it(in_sectors, where):
    row = {"area": "", "officers": 4, "supervisors": 2, "needed": 2, "missing": 0}
    figures = {"supervision": [row, {**row, "area": "West", "missing": 1}]}
    nobody, rules = pd.DataFrame({"officer": []}), SimpleNamespace(span_of_control=10, years=2)
    (note,) = personnel_warnings(nobody, nobody, figures, rules, in_sectors=in_sectors)
    assert note.what == f"Supervisors are missing in West (1): one leads at most 10 officers, {where}"
