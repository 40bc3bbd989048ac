"""Tables of the service that say too much, too little or nothing: told by `check` and before anything is planned."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from beatplanner.data.description.sections.service import Service
from beatplanner.data.description.sections.workload import Workload
from beatplanner.planning.compare.figures import _of_proof as of_proof
from beatplanner.planning.service.pattern import long_shifts, relief_factor
from beatplanner.planning.verification import verify
from beatplanner.planning.verification.compared_figures import _proof as proof_again

pytestmark = pytest.mark.usefixtures("bare_plans", "without_pack")

SERVICE = """
[service]
shifts = [ { name = "day", start = "07:00", end = "19:00" }, { name = "night", start = "19:00", end = "07:00" } ]
calls = "calls.csv"
"""
SERVERS = 'calls = "calls.csv"\nservers = "servers.csv"\n'
EVEN = "unit,per_hour\n" + "".join(f"{u},0.05\n" for u in range(1, 17))


@pytest.fixture
def served(town):
    town.path("calls.csv").write_text(EVEN, "utf-8")
    with town.project.open("a", encoding="utf-8") as stream:
        stream.write(SERVICE)
    return town


def service_of(folder):
    return json.loads((folder / "service.json").read_text("utf-8"))


def test_without_a_call_the_plan_is_made_and_the_service_is_told_to_be_empty(served, command):
    served.path("calls.csv").write_text("unit,per_hour\n1,0\n", "utf-8")
    served.swap(
        'calls = "calls.csv"\n', 'calls = "calls.csv"\nleast_minutes = true\nstandard = { people_share = 0.4 }\n'
    )
    code, _, err = command("plan", served.project, "--out", served.path("plan"))
    assert code == 0, err
    found = service_of(served.path("plan"))
    assert any("the service is empty" in n for n in found["notes"])
    assert found["calls_a_week"] == 0 and found["mean_minutes"] is None and found["people_share"] == 1
    assert any("not redrawn for the least minutes: no call comes" in n for n in found["notes"])
    verdict = verify(served.path("plan"))
    assert verdict.ok, verdict.failed
    for method in ("approximate", "simulate"):
        assert command("service", served.project, "--out", served.path(method), "--method", method)[0] == 0


def test_rates_that_add_up_are_told(served, command):
    """A row that stands twice, and a rate for all shifts beside one for the night."""
    served.path("calls.csv").write_text(
        "unit,per_hour,shift\n1,0.1,day\n2,0.1,\n1,0.2,day\n2,0.1,night\n3,0.1,day\n3,0.1,night\n", "utf-8"
    )
    code, out, _ = command("check", served.project)
    assert code == 0
    said = next(line for line in out.splitlines() if "are added up" in line)
    assert (
        said.startswith("warning")
        and "rows 2 and 4 are for the same unit (Улица 1), category and shift (and 1 more)" in said
    )
    assert command("service", served.project, "--out", served.path("service"))[0] == 0
    found = service_of(served.path("service"))
    assert found["calls_a_week"] == pytest.approx(84 * (0.3 + 0.2 + 0.1 + 0.1 + 0.1))
    assert any("are added up" in n for n in found["notes"])
    served.path("calls.csv").write_text(EVEN, "utf-8")
    assert "added up" not in command("check", served.project)[1]


def test_a_kind_of_call_without_a_row_is_told(served, command):
    served.path("kinds.csv").write_text("category,minutes_on_scene\ntheft,20\n", "utf-8")
    served.path("calls.csv").write_text("unit,per_hour,category\n1,0.1,Theft\n2,0.1,thefft\n", "utf-8")
    served.swap('calls = "calls.csv"\n', 'calls = "calls.csv"\ncategories = "kinds.csv"\n')
    out = command("check", served.project)[1]
    assert "no row for “thefft”: these calls take 30 minutes and one officer" in out
    assert "Did you mean “theft”?" in out


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("A,9,1,day", "row 2, field “beat”: there is no beat “9”"),
        ("A,1,99,day", "there is no unit “99”"),
        ("A,1,1,evening", "there is no shift “evening”"),
    ],
)
def test_a_server_of_nowhere_is_an_error_of_check(served, command, row, message):
    served.path("servers.csv").write_text(f"server,beat,unit,shift\n{row}\n", "utf-8")
    served.swap('calls = "calls.csv"\n', SERVERS)
    code, out, _ = command("check", served.project)
    assert code == 1 and message in out


def _ways(change=lambda a, b: 5.0):
    rows = [(a, b, change(a, b)) for a in range(1, 17) for b in range(a + 1, 17)]
    return "from,to,minutes\n" + "".join(f"{a},{b},{m}\n" for a, b, m in rows if m is not None)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            _ways(lambda a, b: None if (a, b) == (3, 7) else 5.0),
            "2 of 256 pairs of units have no minutes, such as Улица 3 to Улица 7",
        ),
        (_ways(lambda a, b: -1.0 if (a, b) == (1, 3) else 5.0), "row 3, field “minutes”"),
        (_ways(lambda a, b: "inf" if (a, b) == (1, 3) else 5.0), "row 3, field “minutes”"),
        (_ways() + "1,2,8\n", "the way from Улица 1 to Улица 2 takes 8 minutes, and 5 in row 2"),
        (_ways() + "1,77,8\n", "there is no unit “77”"),
        ("from,to\n1,2\n", "minutes"),
    ],
)
def test_a_table_of_ways_that_cannot_be_is_told_before_anything_is_planned(served, command, table, message):
    served.path("minutes.csv").write_text(table, "utf-8")
    served.swap('calls = "calls.csv"\n', 'calls = "calls.csv"\nminutes = "minutes.csv"\n')
    code, out, _ = command("check", served.project)
    assert code == 1 and message in out
    code, _, err = command("plan", served.project, "--out", served.path("plan"))
    assert code == 1 and message in err and not served.path("plan").exists()


def test_a_way_that_stands_twice_alike_or_in_both_directions_is_no_error(served, command):
    served.path("minutes.csv").write_text(_ways() + "1,2,5\n2,1,6\n", "utf-8")
    served.swap('calls = "calls.csv"\n', 'calls = "calls.csv"\nminutes = "minutes.csv"\n')
    assert command("check", served.project)[0] == 0


def test_relief_counts_no_more_hours_of_a_post_than_there_are_shifts():
    workload = Workload()
    day = Service.model_validate({"shifts": [{"name": "day", "start": "07:00", "end": "23:00"}]})
    # 16 hours on seven days: 112 hours of 40 less absence
    assert relief_factor(day, "day", 112, workload, 112) == pytest.approx(112 / (2080 * 7 / 365.25 * (1 - 0.184)))
    # one officer on duty in the only 16 hours of the week takes one post that is not absent, not half a post
    assert relief_factor(day, "day", 16, workload, 16) == pytest.approx(1 / (1 - 0.184))
    assert relief_factor(day, "day", 16, workload, 168) == pytest.approx(16 / (2080 * 7 / 365.25 * (1 - 0.184)))
    assert long_shifts(day) == [
        "The shift “day” lasts 16 hours: who works it two days in a row has 8 hours of rest, and 11 are asked for; cut it in two, or give a pattern."
    ]
    twelve = [{"name": "day", "start": "07:00", "end": "19:00"}, {"name": "night", "start": "19:00", "end": "07:00"}]
    assert not long_shifts(Service.model_validate({"shifts": twelve})) and not long_shifts(Service())


def test_the_comparison_says_that_redrawn_lines_have_no_bound():
    """The bound of the beats' goal beside it is none of what lines were redrawn for; the comparison and its check agree."""
    whole = {"feasible": True, "beats": {"status": "optimal", "objective": 1.0, "lower_bound": 1.0, "gap": 0.0}}
    rule = {"lines": {"rules": [{"rule": "longest_drive", "lower_bound": None}]}}
    least = {"least_minutes": {"status": "sought", "lower_bound": None}}
    for more, bounded in (
        ({}, None),
        ({"least_minutes": {"status": "too large"}}, None),
        (rule, False),
        (least, False),
    ):
        plan = SimpleNamespace(
            today=False, folder=None, tables=SimpleNamespace(summary=whole | {"beats": whole["beats"] | more})
        )
        assert of_proof(plan)["redrawn_bound"] is proof_again(plan)["redrawn_bound"] is bounded
