"""Rules of the budget: payers, currencies, vehicles, seats, beats that start together, and dates that contradict each other."""

import numpy as np
import pytest
from budgeted import ROLLOUT, whole_plan

from beatplanner.data.result.folder import read_result
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run

pytestmark = pytest.mark.usefixtures("bare_plans")


def test_a_payer_that_no_line_names_and_a_budget_after_the_plan_are_refused(town, command):
    text = town.project.read_text(encoding="utf-8") + ROLLOUT
    town.project.write_text(text + 'funds = { donr = 100 }\npayers = { stations = "donor" }\n', encoding="utf-8")
    code, _, err = command("officers", town.project, "--out", town.path("out"))
    assert code == 1 and "no line is paid by “donr”" in err and "Did you mean “donor”?" in err
    town.project.write_text(text + "first_year = 2028\n", encoding="utf-8")
    code, _, err = command("officers", town.project, "--out", town.path("out"))
    assert code == 1 and "budget.first_year" in err and "the plan starts on 2027-01-01" in err


@pytest.mark.papers
def test_another_currency_needs_a_stated_rate(town, command, tmp_path):
    text = town.project.read_text(encoding="utf-8")
    for name, money in (("eur", ""), ("mkd", 'currency = "MKD"\n')):
        factor = 60 if money else 1
        more = (
            ROLLOUT.replace("= 1000", f"= {1000 * factor}")
            .replace("= 500", f"= {500 * factor}")
            .replace("yearly = 100", f"yearly = {100 * factor}")
        )
        more = more.replace("= 50\n", f"= {50 * factor}\n").replace("= 30\n", f"= {30 * factor}\n")
        town.project.write_text(
            text.split("[stations]")[0] + "[officers]" + text.split("[officers]")[1] + more + money, encoding="utf-8"
        )
        run(town.project, tmp_path / name, pack=False)
    code, _, err = command("compare", tmp_path / "eur", tmp_path / "mkd", "--out", tmp_path / "cmp", "--draws", 20)
    assert code == 1 and "eur is in EUR and mkd in MKD" in err and "--rate MKD=" in err
    assert (
        command(
            "compare", tmp_path / "eur", tmp_path / "mkd", "--out", tmp_path / "cmp", "--draws", 20, "--rate", "MKD=60"
        )[0]
        == 0
    )
    import json

    content = json.loads((tmp_path / "cmp" / "comparison.json").read_text(encoding="utf-8"))
    rows = {r["key"]: r["values"] for b in content["blocks"] for r in b["rows"]}
    assert rows["money_total"][1] == pytest.approx(rows["money_total"][2])
    assert verify(tmp_path / "cmp").ok
    assert command("compare", tmp_path / "eur", tmp_path / "mkd", "--out", tmp_path / "cmp", "--rate", "MKD")[0] == 2


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            ["Ana", 1, "2027-06-01", None, "f", None, None, "2025-01-01", None, None],
            "only since 2027-06-01, after the plan starts on 2027-01-01",
        ),
        (
            ["Ana", 1, "2025-06-01", None, "f", None, None, None, "2027-03-01", None],
            "holds a post in beat 1 today and joins only on 2027-03-01",
        ),
        (
            ["Ana", 1, "2025-06-01", None, "f", None, None, None, "2026-03-01", None],
            "joins on 2026-03-01, after holding a post since 2025-06-01",
        ),
        (
            ["Ana", 1, "2025-06-01", None, "f", None, None, None, None, "2025-05-01"],
            "leaves on 2025-05-01, before holding the post since 2025-06-01",
        ),
    ],
)
def test_dates_that_contradict_each_other_are_refused(town, command, row, said):
    from conftest import ROSTER, write_roster

    write_roster(town.path("officers.xlsx"), [ROSTER[0], row, *ROSTER[2:]])
    code, _, err = command("officers", town.project, "--out", town.path("out"))
    assert code == 1 and said in err and "row 2" in err and not town.path("out").exists()


def test_dates_that_are_doubtful_are_told(town, command):
    from conftest import ROSTER, write_roster

    gone = ["Filip", None, None, None, "m", None, None, "2026-01-01", None, "2026-12-01"]
    alike = ["ana", None, None, None, "f", None, None, "2026-01-01", None, None]
    write_roster(town.path("officers.xlsx"), [*ROSTER, gone, alike])
    town.swap("start = 2027-01-01", "start = 2026-01-01")
    town.swap("min_tenure_months = 12", "min_tenure_months = 36")
    text = " ".join(command("check", town.project)[1:])
    assert "which is past" in text and "a tenure of 36 months is longer than the plan of 24" in text
    assert "“ana” and “Ana” may be one officer" in text
    town.swap("start = 2026-01-01", "start = 2027-01-01")
    assert "Filip has left by 2026-12-01, before the plan starts on 2027-01-01" in " ".join(
        command("check", town.project)[1:]
    )


@pytest.mark.papers
def test_whole_vehicles_leave_no_money_idle(town):
    """The roll-out of four beats against every one of 3^4, with vehicles bought whole as they are needed."""
    import itertools

    from beatplanner.data.description.models import Description
    from beatplanner.planning.whole.areas import rollout_areas
    from beatplanner.planning.whole.budget_frame import budget_frame, staff_money
    from beatplanner.planning.whole.payroll import payroll
    from beatplanner.planning.whole.rollout import roll_out
    from beatplanner.planning.whole.spending import spending

    town.swap("count = 4\n", "count = 3\n")
    more = ROLLOUT.replace("vehicles_per_beat = 1", "vehicles_per_beat = 0.6") + "forum_travel = 1.0\n[forum]\n"
    town.project.write_text(town.project.read_text(encoding="utf-8") + more, encoding="utf-8")
    run(town.project, town.path("out"), steps=("beats", "stations", "officers"), pack=False)
    tables = read_result(town.path("out"))
    rules = Description.model_validate(tables.summary["rules"])
    areas, staff = rollout_areas(tables, rules), staff_money(payroll(tables, rules, today=True), rules.budget)
    rise, frame = np.ones(2), budget_frame(rules)
    starts = [np.array(s) for s in itertools.product((-1, 0, 1), repeat=len(areas.table))]
    costs = [spending(areas, s, staff, rules.budget, rise).sum(axis=0) for s in starts]
    worth = [float((areas.table["residents"] * np.where(s >= 0, 2 - s, 0)).sum()) for s in starts]
    assert frame.paid.shape == (1, 5, 2)
    low, high = np.array(costs).min(axis=0), np.array(costs).max(axis=0)
    limited = 0
    for part in (0.05, 0.3, 0.5, 0.7, 0.9):
        ceiling = (low + part * (high - low)).tolist()
        budget = rules.budget.model_copy(update={"ceiling": ceiling})
        found = roll_out(tables, rules.model_copy(update={"budget": budget}))
        best = max(w for w, c in zip(worth, costs, strict=True) if (c <= np.array(ceiling) + 1e-6).all())
        mine = float((areas.table["residents"] * np.where(found.start >= 0, 2 - found.start, 0)).sum())
        assert mine == best and found.bound == pytest.approx(best, rel=1e-3, abs=1), part
        limited += 0 < best < max(worth)
    assert limited >= 3


def test_donors_end_procurement_and_functions(town):
    # the donor pays courses and vehicles until 2 July 2027, the 183rd of 365 days, and the ministry from then on
    more = (
        'payers = { training = "donor", vehicles = "donor" }\nends = { donor = 2027-07-02 }\nvehicle_lead_months = 9\n'
        'station_lead_months = 6\nfunctions = { training = "09.5" }\n'
    )
    claims = whole_plan(town, more).summary["budget"]
    cars, course = 4 * 600, 30
    assert claims["payers"]["donor"] == pytest.approx([(cars + course) * 183 / 365, 0])
    assert claims["donor_ends"] == [
        {
            "payer": "donor",
            "on": "2027-07-02",
            "then": "ministry",
            "falls_on": pytest.approx([(cars + course) * 182 / 365, 4 * 100]),
        }
    ]
    assert sum(claims["payers"]["ministry"]) + sum(claims["payers"]["donor"]) == pytest.approx(sum(claims["total"]))
    assert claims["functional"]["09.5"] == [30, 0]
    assert claims["functional"]["03.1"] == pytest.approx([claims["total"][0] - 30, claims["total"][1]])
    rows = [(r["what"], r["number"], r["order_by"], r["before_start"]) for r in claims["procurement"]]
    assert rows[0] == ("vehicles", 4, "2026-04-01", True) and len(rows) == 2
    assert rows[1][0].startswith("station School") and rows[1][2:] == ("2026-07-01", True)


@pytest.mark.papers
def test_beats_that_start_together_and_seats_by_year(town, command):
    town.project.write_text(
        town.project.read_text(encoding="utf-8") + ROLLOUT + 'ceiling = [9000, 5000]\nstart_together = [["1", "2"]]\n',
        encoding="utf-8",
    )
    run(town.project, town.path("out"), pack=False)
    starts = read_result(town.path("out")).beats.set_index("beat")["starts"]
    assert verify(town.path("out")).ok and starts["1"] == starts["2"]
    town.swap('[["1", "2"]]', '[["1", "2"], ["2", "3"]]')
    code, _, err = command("plan", town.project, "--out", town.path("out2"))
    assert code == 1 and "beat “2” is in two groups" in err
    town.swap('[["1", "2"], ["2", "3"]]', '[["1", "x"]]\ntraining_seats = [1, 2, 3]')
    code, _, err = command("plan", town.project, "--out", town.path("out2"))
    assert code == 1 and ("3 amounts are given for 2 years" in err or "“x” is no beat" in err)


@pytest.mark.papers
def test_forums_and_budget_have_one_currency(town):
    from beatplanner.data.description.read import read_description
    from beatplanner.data.errors import InputError

    text = town.project.read_text(encoding="utf-8")
    money = ROLLOUT.replace("[budget]", '[budget]\ncurrency = "MKD"')
    town.project.write_text(text + money + "[forum]\n", encoding="utf-8")
    assert read_description(town.project).forum.currency == "MKD"
    town.project.write_text(text + money + '[forum]\ncurrency = "EUR"\n', encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_description(town.project)
    assert "the sums of the forums are in EUR and those of the budget in MKD" in str(error.value)
    town.project.write_text(text + money + 'rates = { EUR = 0.016 }\n[forum]\ncurrency = "EUR"\n', encoding="utf-8")
    assert read_description(town.project).forum.currency == "EUR"


def test_check_knows_the_areas_of_the_budgets_rules(town):
    """A name that is wrong is told before hours of planning, and not first by the plan that is refused."""
    from beatplanner.data.description.read import read_description
    from beatplanner.data.town.read_town import read_town

    text = town.project.read_text(encoding="utf-8").split("\n[budget]")[0]
    names = 'pilots = ["Nowhere", "West"]\nstart_together = [["1", "Z9"]]\n'
    town.project.write_text(f'{text}\n[budget]\ncurrency = "EUR"\n{names}', encoding="utf-8")
    notes = [n for n in read_town(read_description(town.project)).notes if n.field.startswith("budget.")]
    assert [(n.severity, n.field, n.what.split("”")[0]) for n in notes] == [
        ("warning", "budget.pilots", "“Nowhere"),
        ("warning", "budget.start_together", "“Z9"),
    ]
