"""Money by year against sums by hand, limits that keep areas out, survey waves and the price of a rule."""

import numpy as np
import pandas as pd
import pytest

from beatplanner.data.result.folder import read_result
from beatplanner.planning.compare.columns import read_compared
from beatplanner.planning.compare.stress import _beside, neutral_plans
from beatplanner.planning.compare.surveys import wilson
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run
from conftest import write_grid_town

pytestmark = pytest.mark.usefixtures("bare_plans")

BUDGET = """
[budget]
first_year = 2027
years = 3
inflation = 0.10
officer_salary = 1000
vehicles_per_beat = 1
vehicle_price = 500
vehicle_years = 2
training_seat = 50
payers = { vehicles = "donor" }
"""


def planned(town, more="", steps=("beats",)):
    town.project.write_text(
        town.project.read_text(encoding="utf-8").replace("[officers]", "[x]").split("[x]")[0] + BUDGET + more,
        encoding="utf-8",
    )
    run(town.project, town.path("out"), steps=steps, pack=False)
    return read_result(town.path("out"))


def test_money_by_hand(town):
    tables = planned(town)
    claims = tables.summary["budget"]
    posts, beats = float(tables.beats["posts"].sum()), len(tables.beats)
    assert claims["years"] == ["2027", "2028", "2029"]
    assert claims["lines"]["salaries"] == pytest.approx([posts * 1000 * 1.1**t for t in range(3)])
    # bought in the first year and again after two
    assert claims["lines"]["vehicles"] == pytest.approx([beats * 500, 0, beats * 500 * 1.21])
    assert claims["payers"]["donor"] == pytest.approx(claims["lines"]["vehicles"])
    assert claims["lines"]["training"] == pytest.approx([posts * 50, 0, 0])
    assert claims["unfunded"] == [] and {s["year"] for s in claims["starts"]} == {"2027"}
    assert verify(town.path("out")).ok


def test_a_ceiling_and_pilots_name_what_is_not_funded(town):
    tables = planned(town, 'ceiling = 6000\npilots = ["West"]\n')
    claims = tables.summary["budget"]
    assert max(claims["total"]) <= 6000
    starts = {s["area"]: s["year"] for s in claims["starts"]}
    assert starts["West"] is not None
    assert {u["area"] for u in claims["unfunded"]} == {a for a, y in starts.items() if y is None}
    assert starts["Исток"] is None or starts["Исток"] > starts["West"]
    verdict = verify(town.path("out"))
    assert verdict.ok, [str(c) for c in verdict.failed]


def test_a_budget_told_wrong_is_found(town):
    import json

    planned(town)
    file = town.path("out") / "summary.json"
    summary = json.loads(file.read_text(encoding="utf-8"))
    summary["budget"]["lines"]["salaries"][1] += 5
    summary["budget"]["payers"]["donor"][0] += 5
    file.write_text(json.dumps(summary), encoding="utf-8")
    assert {"budget.lines", "budget.payers"} <= {c.name for c in verify(town.path("out")).failed}


def test_pilots_must_be_there(town, command):
    town.project.write_text(town.project.read_text(encoding="utf-8") + BUDGET + 'pilots = ["Wst"]\n', encoding="utf-8")
    code, _, err = command("beats", town.project, "--out", town.path("out"))
    assert code == 1 and "budget.pilots" in err and "Did you mean “West”?" in err


def test_wilson_against_published_values():
    # Newcombe 1998, table I: 81 of 263 and 0 of 20
    _, low, high = wilson(81 / 263, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    _, low, high = wilson(0.0, 20)
    assert (round(low, 4), round(high, 4)) == (0.0, 0.1611)


def test_survey_waves(town, command):
    run(town.project, town.path("out"), steps=("beats",))
    beats = sorted(read_result(town.path("out")).beats["beat"].astype(str))
    rows = ["beat,wave,question,n,yes"]
    for wave, yes in (("2026", 56), ("2028", 48)):
        rows += [f"{b},{wave},Feels safe,{70 if wave == '2026' else 80},{yes}" for b in beats]
    rows += [f"{beats[0]},2026,Knows an officer,5,3"]
    file = town.path("survey.csv")
    file.write_text("\n".join(rows), encoding="utf-8")
    code, out, err = command("survey", town.path("out"), file, "--out", town.path("told"))
    assert code == 0 and "Feels safe, 2026 to 2028: -20.0 points" in out and "clear of chance" in out
    assert "fewer than 20 answers" in err
    table = (town.path("told") / "changes.csv").read_text(encoding="utf-8-sig").splitlines()
    # Newcombe 1998, table II: 56/70 - 48/80 = 0.2, method 10 gives 0.0524 to 0.3339
    cells = table[1].split(",")
    assert (round(float(cells[7]), 4), round(float(cells[8]), 4)) == (-0.3339, -0.0524)
    page = (town.path("told") / "survey.html").read_text(encoding="utf-8")
    assert "too few answers" in page and "no ranking" in page
    file.write_text("beat,wave,question,n,yes\n99,2026,Q,50,20\n1,2026,Q,50,60\n", encoding="utf-8")
    code, _, err = command("survey", town.path("out"), file, "--out", town.path("told2"))
    assert code == 1 and "row 2" in err and "no beat “99”" in err and "60 agree, but 50 answered" in err


def told_survey(town, command, rows, head="beat,wave,question,n,yes"):
    town.path("survey.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    return command("survey", town.path("out"), town.path("survey.csv"), "--out", town.path("told"))


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A plan of four beats whose surveys differ."""
    town = write_grid_town(tmp_path_factory.mktemp("asked") / "town")
    run(town.project, town.path("out"), steps=("beats",), pack=False)
    return town


def test_matched_beats_waves_in_time_and_one_kind_a_question(asked, command):
    a, b, *_ = sorted(read_result(asked.path("out")).beats["beat"].astype(str))
    # beat a: 20 of 50 and then 75 of 100; beat b was answered by 19 people only the first time
    rows = [f"{a},2028,Safe,100,75", f"{b},2028,Safe,150,87", f"{a},2026,Safe,50,20", f"{b},2026,Safe,19,19"]
    # both beats of 2028 against the one of 2026, as it was once told
    unlike = 100 * ((75 + 87) / 250 - 20 / 50)
    assert unlike == pytest.approx(24.8)
    code, out, err = told_survey(asked, command, rows)
    # 75/100 - 20/50 = +35.0 points in the one beat that can be compared, whatever the order of rows
    assert code == 0 and "Safe, 2026 to 2028 (beats asked both times (1 of 4)): +35.0 points" in out
    assert "compares 1 of 4 beats from 2026 to 2028" in err and "All beats" not in out and "24.8" not in out + err
    page = asked.path("told").joinpath("survey.html").read_text(encoding="utf-8")
    assert "All beats" not in page and "Beats asked both times (1 of 4)" in page
    # a mean of 6.0 less a share of 0.4 is no change of 5.6
    wrong = [f"{a},2026,Safe,50,20,,", f"{a},2028,Safe,50,,6.0,1.0", f"{b},2026,Safe,50,,3.1,-1"]
    code, _, err = told_survey(asked, command, wrong, "beat,wave,question,n,yes,mean,sd")
    assert code == 1 and "“Safe” is told as how many agree in row 2 and as a mean here" in err and "not below 0" in err
    code, _, err = told_survey(asked, command, [f"{a},market,Safe,50,20", f"{a},school,Safe,50,30"])
    assert code == 1 and "which of the waves came first is not told: market, school" in err
    # one wave and one question in two spellings are one; two names of one time are not sorted by chance
    code, _, err = told_survey(asked, command, [f"{a},Wave 1,Safe,50,20", f"{a},wave  1,safe,50,30"])
    assert code == 1 and "two rows for “Safe” in wave Wave 1" in err
    code, _, err = told_survey(asked, command, [f"{a},2027-05,Safe,50,20", f"{b},May 2027,Safe,50,30"])
    assert code == 1 and "waves of one time have different names: 2027-05, May 2027" in err


def test_a_survey_is_read_as_every_table_is(asked, command):
    """Thousands, decimal commas, local dates and ids that a spreadsheet changed mean here what they mean elsewhere."""
    from beatplanner.planning.compare.surveys import read_survey

    tables = read_result(asked.path("out"))
    a, b, *_ = sorted(tables.beats["beat"].astype(str))
    file, found = asked.path("survey.csv"), []
    plain = [f"{a};w 1;Trust;1200;3.4;1.5;2027-05-01", f"{b};w 1;Trust;1350;2.9;1.2;2027-05-02"]
    local = [f"0{a};w 1;Trust;1.200;3,4;1,5;01.05.2027", f"0{b}.0;w 1;Trust;1.350;2,9;1,2;02.05.2027"]
    for rows in (plain, local):
        file.write_text("\n".join(["beat;wave;question;n;mean;sd;asked_on", *rows]), encoding="utf-8")
        found.append(read_survey(file, tables))
    pd.testing.assert_frame_equal(found[0].rows, found[1].rows)
    notes = " ".join(str(n) for n in found[1].notes)
    assert "read as thousands" in notes and "without leading zeros" in notes
    code, _, err = told_survey(asked, command, [f"{a},w,Q,50,20,May Day"], "beat,wave,question,n,yes,asked_on")
    assert code == 1 and "row 2" in err and "“May Day”, which is no date" in err


def test_all_beats_weigh_by_residents_and_only_where_all_were_asked(asked):
    from beatplanner.planning.compare.surveys import read_survey

    tables = read_result(asked.path("out"))
    beats = list(tables.beats["beat"].astype(str))
    residents = tables.beats["population"].to_numpy(float)
    lines = ["beat,wave,question,n,yes"]
    for wave, shift in (("Q3 2027", 20), ("spring 2027", 0)):
        lines += [f"{b},{wave},Safe,100,{40 + 5 * k + shift}" for k, b in enumerate(beats)]
    asked.path("survey.csv").write_text("\n".join(lines), encoding="utf-8")
    found = read_survey(asked.path("survey.csv"), tables)
    assert found.waves == ["spring 2027", "Q3 2027"]
    every = found.rows[(found.rows["beat"] == "")].set_index("wave")
    assert list(every["name"]) == ["All beats"] * 2
    expected = sum(r * (0.40 + 0.05 * k) for k, r in enumerate(residents)) / residents.sum()
    assert every.loc["spring 2027", "value"] == pytest.approx(expected)
    assert found.changes[found.changes["beat"] == ""].iloc[0]["change"] == pytest.approx(0.20)


@pytest.mark.parametrize(
    ("waves", "order"),
    [
        (["wave 10", "wave 9"], ["wave 9", "wave 10"]),
        (["12.2027", "1.2028", "11.2027"], ["11.2027", "12.2027", "1.2028"]),
        (["after", "before"], ["before", "after"]),
        (["May 2027", "December 2026"], ["December 2026", "May 2027"]),
        (["2027-10-01", "2027-09-30"], ["2027-09-30", "2027-10-01"]),
    ],
)
def test_waves_stand_in_time(asked, waves, order):
    from beatplanner.planning.compare.surveys import read_survey

    tables = read_result(asked.path("out"))
    beat = tables.beats["beat"].iat[0]
    lines = ["beat,wave,question,n,yes", *(f"{beat},{w},Safe,50,20" for w in waves)]
    asked.path("survey.csv").write_text("\n".join(lines), encoding="utf-8")
    assert read_survey(asked.path("survey.csv"), tables).waves == order


def test_the_price_of_each_rule(town, command):
    # the officers' rules have a test of their own
    town.project.write_text(town.project.read_text(encoding="utf-8").split("[officers]")[0], encoding="utf-8")
    code, out, _ = command("prices", town.project, "--out", town.path("prices"))
    assert code == 0
    assert "Keeping beats inside municipalities" in out and "Opening 2 stations" in out
    assert command("verify", town.path("prices"))[0] == 0
    import json

    file = town.path("prices") / "prices.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    for row in content["prices"]:
        if row["at_least"] is not None and row["at_most"] is not None:
            assert row["at_least"] <= row["at_most"] + 1e-6
    content["prices"][0]["gain"] += 1000.0
    file.write_text(json.dumps(content), encoding="utf-8")
    assert command("verify", town.path("prices"))[0] == 1


def test_robustness_says_whether_a_plan_is_an_outlier(town, command):
    run(town.project, town.path("out"), steps=("beats",))
    code, out, _ = command("robustness", town.path("out"), "--out", town.path("rob"), "--draws", 30, "--ensemble", 20)
    assert code == 0
    assert "draws of other weeks" in out and "of 20 neutral plans" in out
    again = command("robustness", town.path("out"), "--draws", 30, "--ensemble", 20)[1]
    assert again.splitlines()[:5] == out.splitlines()[:5]
    # five plans of each walk say nothing of how independent they are
    assert "too few to say how independent they are" in out and ": an outlier" not in out


def test_neutral_plans_tell_as_how_many_independent_ones_they_count(town):
    run(town.project, town.path("out"), steps=("beats",))
    _, plan = read_compared([town.path("out")])
    found = neutral_plans(plan, 120, seed=1)
    assert found["plans"] == 120
    for key in ("mean_way", "border", "max_deviation"):
        assert 0 < found[key]["effective"] <= 120 * np.log10(120) and found[key]["r_hat"] > 0.9
    least = min(found[k]["effective"] for k in ("mean_way", "border", "max_deviation"))
    assert f"count as {min(least, 120):,.0f} independent ones" in found["sentences"][-1]
    assert found["settled"] or not found["outlier"]


def test_walks_too_much_alike_are_made_longer(town):
    run(town.project, town.path("out"), steps=("beats",))
    _, plan = read_compared([town.path("out")])
    said: list[str] = []
    found = neutral_plans(plan, 120, 1, lambda stage, *_: said.append(stage))
    few = neutral_plans(plan, 20, 1)
    assert found["settled"] or said[-1] == "neutral plans, one every 320 recombinations"
    assert said[0] == "neutral plans, one every 10 recombinations" and few["plans"] == 20 and not few["settled"]


def test_walks_that_stay_apart_call_nothing_an_outlier():
    apart = np.random.default_rng(2).normal(1000, 1, (4, 50, 3))
    apart[3] += 50
    own = (5000.0, 5000.0, 5000.0)
    found = _beside(own, apart)
    assert not found["settled"] and not found["outlier"]
    assert "do not yet tell the same" in found["sentences"][-1]
    apart[3] -= 50
    found = _beside(own, apart)
    assert found["settled"] and len(found["outlier"]) == 3
