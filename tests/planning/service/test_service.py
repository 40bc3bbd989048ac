"""The service picture of a town in files: when calls come, who answers, and what goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.result.manifest import write_manifest
from beatplanner.data.result.service_files import response_minutes
from beatplanner.planning.compare.rule_prices import relaxations
from beatplanner.planning.verification import verify

pytestmark = pytest.mark.usefixtures("bare_plans")

SHIFTS = """
[service]
shifts = [ { name = "day", start = "07:00", end = "19:00" }, { name = "night", start = "19:00", end = "07:00" } ]
calls = "calls.csv"
servers = "servers.csv"
"""


@pytest.fixture
def served(town):
    """The grid town with rates of calls and two servers a shift in each of today's beats."""
    town.path("calls.csv").write_text(
        "unit,per_hour,shift\n"
        + "".join(f"{u},{0.02 + 0.005 * u + 1e-7 / 3},{s}\n" for u in range(1, 17) for s in ("day", "night")),
        "utf-8",
    )
    town.path("servers.csv").write_text("server,beat,unit,shift\nA,1,1,day\nB,4,16,day\nC,1,2,night\n", "utf-8")
    with town.project.open("a", encoding="utf-8") as stream:
        stream.write(SHIFTS)
    return town


def read(folder):
    return json.loads((folder / "service.json").read_text("utf-8"))


def test_two_servers_are_those_of_the_balance_equations(served, command):
    code, out, _ = command("service", served.project, "--out", served.path("service"))
    assert code == 0 and "time for" in out
    found = read(served.path("service"))
    assert found["method"] == "exact"
    day = found["shifts"][0]
    # by hand: beats 1 and 4 have each a server; rates of calls of the units of each beat, 30 minutes on scene
    units, old = served.units(), [1, 1, 3, 3] * 2 + [2, 2, 4, 4] * 2
    rate = 0.02 + 0.005 * units["unit"].to_numpy(float) + 1e-7 / 3
    x = np.array([(g.centroid.x, g.centroid.y) for g in units.geometry])
    minutes = np.array([np.hypot(*(x - x[place]).T) * 1.3 / 500 for place in (0, 15)])
    first = np.array([0 if b == 1 else 1 if b == 4 else int(minutes[1, u] < minutes[0, u]) for u, b in enumerate(old)])
    a, b, mu = rate[first == 0].sum(), rate[first == 1].sum(), 2.0
    total = a + b
    # states 00, 10, 01, 11 without the queue
    q = np.array([[-total, mu, mu, 0], [a, -total - mu, 0, mu], [b, 0, -total - mu, mu], [1, 1, 1, 1]])
    p = np.linalg.solve(q, [0, 0, 0, 1])
    ratio = total / (2 * mu)
    p /= 1 + p[3] * ratio / (1 - ratio)
    waiting = p[3] / (1 - ratio)
    answers = lambda i, u: (p[0] + p[2 - i] if first[u] == i else p[1 + (1 - i)]) + waiting / 2  # noqa: E731
    flow = np.array([[rate[u] * answers(i, u) for u in range(16)] for i in (0, 1)])
    own = np.array([[b == 1 for b in old], [b == 4 for b in old]])
    assert flow.sum() == pytest.approx(total)
    assert day["own_share"] == pytest.approx(flow[own].sum() / total, abs=1e-9)
    assert day["mean_minutes"] == pytest.approx((flow * minutes).sum() / total, abs=1e-6)
    assert day["wait_share"] == pytest.approx(waiting, abs=1e-9)
    assert day["busy_share"] == pytest.approx(total / mu / 2, abs=1e-9)
    assert day["people_share"] == pytest.approx(1 - total / mu / 2, abs=1e-9)
    assert day["own_share"] + day["cross_share"] == pytest.approx(1)
    assert day["hours_a_week"] == 84 and set(day["beats"]) == {"1", "2", "3", "4"} and set(day["servers"]) == {"A", "B"}
    assert day["beats"]["2"]["own_share"] == 0 and day["beats"]["2"]["busy_share"] is None
    # nobody of beat 4 is on duty at night
    assert found["nobody_share"]["4"] == pytest.approx(0.5)


def test_the_three_methods_agree(served, command):
    found = []
    for method in ("exact", "approximate", "simulate"):
        assert command("service", served.project, "--out", served.path(method), "--method", method)[0] == 0
        found.append(read(served.path(method)))
    for figure in ("own_share", "mean_minutes", "busy_share"):
        exact = found[0]["shifts"][0][figure]
        assert found[1]["shifts"][0][figure] == pytest.approx(exact, rel=0.02)
        assert found[2]["shifts"][0][figure] == pytest.approx(exact, rel=0.02)


def test_a_plan_has_its_service_and_the_folder_gives_it_again(served, command):
    served.swap('servers = "servers.csv"\n', "")
    code, _, err = command("plan", served.project, "--out", served.path("plan"))
    assert code == 0, err
    summary = json.loads(
        served.path(
            "plan",
        )
        .joinpath("summary.json")
        .read_text("utf-8")
    )
    assert summary["service"] == read(served.path("plan"))
    verdict = verify(served.path("plan"))
    assert verdict.ok, verdict.failed
    solved = {c.name: c.state for c in verdict.checks}
    assert solved["service.day.equations"] == solved["service.week"] == "checked"
    tampered = served.path("plan") / "service" / "flows.csv"
    rows = tampered.read_text("utf-8-sig").splitlines()
    shift, server, unit, rate = rows[1].split(",")
    tampered.write_text("\n".join([rows[0], f"{shift},{server},{unit},{float(rate) * 1.001}", *rows[2:]]), "utf-8")
    assert {"service.day.equations", "service.day.flows"} <= {c.name for c in verify(served.path("plan")).failed}
    assert command("service", served.path("plan"), "--out", served.path("again"))[0] == 0
    assert read(served.path("again")) == summary["service"]


def test_a_plan_is_no_more_that_of_tables_of_its_service_that_were_changed(served, command):
    served.path("kinds.csv").write_text("category,minutes_on_scene,officers,priority\ntheft,30,1,1\n", "utf-8")
    pairs = (f"{a},{b},{1 + abs(a - b)}\n" for a in range(1, 17) for b in range(1, 17))
    served.path("minutes.csv").write_text("from,to,minutes\n" + "".join(pairs), "utf-8")
    served.swap('calls = "calls.csv"', 'calls = "calls.csv"\ncategories = "kinds.csv"\nminutes = "minutes.csv"')
    plan = served.path("plan")
    assert command("beats", served.project, "--out", plan)[0] == 0
    inputs = json.loads((plan / "summary.json").read_text("utf-8"))["inputs"]
    roles, role_of = [s["role"] for s in inputs], {Path(s["path"]).name: s["role"] for s in inputs}
    assert {f"service.{table}" for table in ("calls", "categories", "servers", "minutes")} < set(roles)
    assert len(set(roles)) == len(roles)
    assert command("stale", plan)[0] == 0 and verify(plan).ok
    for name in ("calls.csv", "kinds.csv", "minutes.csv", "servers.csv"):
        before = served.path(name).read_text("utf-8")
        served.path(name).write_text(before[:-2] + "7\n" if name != "servers.csv" else before + "D,2,3,day\n", "utf-8")
        code, said, _ = command("stale", plan)
        assert code == 4 and name in said
        assert [c.name for c in verify(plan).failed] == [f"inputs.{role_of[name]}"]
        served.path(name).write_text(before, "utf-8")
    # one that is left out of the list is missed
    said = json.loads((plan / "summary.json").read_text("utf-8"))
    said["inputs"] = [s for s in said["inputs"] if s["role"] != "service.servers"]
    (plan / "summary.json").write_text(json.dumps(said), "utf-8")
    write_manifest(plan)
    assert "inputs.listed" in {c.name for c in verify(plan).failed}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'start = "19:00", end = "07:00"',
            'start = "18:00", end = "07:00"',
            "rates by shift say nothing of hours in which several shifts are on duty",
        ),
        ('end = "19:00"', 'end = "25:00"', "end"),
        ('name = "night"', 'name = "day"', "two shifts are called “day”"),
        ('start = "07:00"', 'start = "24:00"', "give a time of day from “00:00” to “23:59”"),
        ('end = "19:00" }', 'end = "19:00", days = ["Mon"] }', "give one of mon, tue, wed, thu, fri, sat, sun"),
        ('end = "19:00" }', 'end = "19:00", day = ["mon"] }', "there is no key “day” here. Did you mean “days”?"),
        ('calls = "calls.csv"', 'queue = "no"', "queue"),
    ],
)
def test_what_cannot_be_is_told(served, command, old, new, message):
    served.swap(old, new)
    code, _, err = command("service", served.project, "--out", served.path("service"))
    assert code == 1 and message in err and not served.path("service").exists()


def test_wrong_rows_are_named(served, command):
    served.path("servers.csv").write_text("server,beat,unit,shift\nA,1,1,day\nB,1,99,day\n", "utf-8")
    code, _, err = command("service", served.project, "--out", served.path("service"))
    assert code == 1 and "there is no unit “99”" in err
    served.path("servers.csv").write_text("server,beat,unit,shift\nA,1,1,day\nA,1,2,\n", "utf-8")
    assert "stands twice" in command("service", served.project, "--out", served.path("service"))[2]
    served.path("kinds.csv").write_text("category,minutes_on_scene,officers\nX,20,1.5\n", "utf-8")
    with served.project.open("a", encoding="utf-8") as stream:
        stream.write('categories = "kinds.csv"\n')
    said = command("service", served.project, "--out", served.path("service"))[2]
    assert "row 2, field “officers”: holds 1.5, which is no whole number. Give a whole number" in said
    served.swap('categories = "kinds.csv"\n', "")
    served.path("servers.csv").write_text("server,beat,unit,shift\nA,9,1,day\n", "utf-8")
    assert "there is no beat “9”" in command("service", served.project, "--out", served.path("service"))[2]


def test_more_calls_than_can_be_answered_are_told_not_counted(served, command):
    served.path("calls.csv").write_text("unit,per_hour\n1,40\n", "utf-8")
    code, out, _ = command("service", served.project, "--out", served.path("service"))
    found = read(served.path("service"))
    assert code == 0 and "waits grow without end" in out
    assert found["shifts"][0]["own_share"] is None and found["shifts"][0]["mean_minutes"] is None


def _one_more(shift):
    beat = next(iter(shift["officers"]))
    shift["officers"][beat] += 1
    shift["on_duty"] += 1
    shift["at_least"] = shift["on_duty"]


@pytest.mark.usefixtures("without_pack")
def test_the_fewest_officers_that_keep_a_standard_are_proposed(served, command):
    served.swap('servers = "servers.csv"\n', "standard = { people_share = 0.6, own_share = 0.3 }\n")
    assert command("plan", served.project, "--out", served.path("plan"))[0] == 0
    found = read(served.path("plan"))["proposal"]
    workload = json.loads((served.path("plan") / "summary.json").read_text("utf-8"))["rules"]["workload"]
    calls = sum(0.02 + 0.005 * u for u in range(1, 17))
    for shift in found["shifts"]:
        # half an hour a call: people_share alone needs calls / 2 / 0.4 officers
        assert shift["at_least"] >= calls / 2 / 0.4
        assert shift["status"] == "fewest" and shift["on_duty"] == sum(shift["officers"].values())
        assert shift["proposed"]["people_share"] >= 0.6 and shift["proposed"]["own_share"] >= 0.3
    a_week = workload["annual_hours"] * (1 - workload["absence"]) / (365.25 / 7)
    assert sum(found["posts"].values()) == pytest.approx(sum(s["on_duty"] * 84 for s in found["shifts"]) / a_week)
    checks = {c.name: c.state for c in verify(served.path("plan")).checks}
    assert (
        checks["service.proposal"] == checks["service.proposal.fewest"] == checks["service.proposal.ways"] == "checked"
    )
    # who says that one officer more is the fewest is found out, and so is who tells other shares of those proposed
    whole = json.loads((served.path("plan") / "summary.json").read_text("utf-8"))
    for forge in (_one_more, lambda shift: shift["proposed"].update(own_share=shift["proposed"]["own_share"] + 0.01)):
        forged = json.loads(json.dumps(whole))
        forge(forged["service"]["proposal"]["shifts"][0])
        (served.path("plan") / "summary.json").write_text(json.dumps(forged), "utf-8")
        assert "service.proposal.fewest" in {c.name for c in verify(served.path("plan")).failed}
    (served.path("plan") / "summary.json").write_text(json.dumps(whole), "utf-8")
    # a folder of a version that did not tell calls and relief of its shifts is not called wrong for it, one of today is
    plan = served.path("plan")
    for name in ("summary.json", "service.json"):
        content = json.loads((plan / name).read_text("utf-8"))
        for shift in content.get("service", content)["shifts"]:
            del shift["relief_factor"], shift["calls_an_hour"]
        (plan / name).write_text(json.dumps(content), "utf-8")
    write_manifest(plan)
    assert not verify(plan).ok
    manifest = json.loads((plan / "manifest.json").read_text("utf-8"))
    (plan / "manifest.json").write_text(json.dumps(manifest | {"version": 2}), "utf-8")
    verdict = verify(plan)
    assert {c.name: c.state for c in verdict.checks}["service.newer_keys"] == "not checked"
    assert not [c for c in verdict.failed if c.name.startswith("service")], verdict.failed


@pytest.mark.parametrize("standard", ["{ minutes = 15 }", "{}", "{ people_share = 1.0 }"])
def test_a_standard_that_says_nothing_is_told(served, command, standard):
    served.swap('servers = "servers.csv"\n', f"standard = {standard}\n")
    code, _, err = command("service", served.project, "--out", served.path("service"))
    assert code == 1 and "standard" in err and not served.path("service").exists()


@pytest.mark.papers
@pytest.mark.usefixtures("without_pack")
def test_today_stands_beside_the_plan_in_the_report_and_the_comparison(served, command):
    served.swap('servers = "servers.csv"\n', "")
    # the last unit has no beat of today
    old, units = gpd.read_file(served.path("old.gpkg")), served.units()
    old.assign(geometry=old.geometry.difference(units.geometry.iloc[15])).to_file(served.path("old.gpkg"))
    for name in ("one", "two"):
        assert command("plan", served.project, "--out", served.path(name), "--seed", "1")[0] == 0
    service = read(served.path("one"))
    assert command("service", served.project, "--out", served.path("now"))[0] == 0
    now = read(served.path("now"))
    away = service["abstraction"]
    assert away["counted"] == service["away_share"] and away["assumed"] == 0.2
    assert ("service.abstraction = " in " ".join(service["notes"])) == (abs(away["counted"] - 0.2) >= 0.01)
    assert service["today"]["own_share"] == now["own_share"] and len(service["today"]["shifts"]) == 2
    page = (served.path("one") / "report.html").read_text("utf-8")
    assert "The service, hour by hour" in page and f"{service['shifts'][0]['own_share']:.0%}" in page
    assert command("compare", served.path("one"), served.path("two"), "--out", served.path("compared"))[0] == 0
    claims = json.loads((served.path("compared") / "comparison.json").read_text("utf-8"))
    rows = {r["key"]: r["values"] for b in claims["blocks"] for r in b["rows"]}
    assert rows["service_own"] == [now["own_share"], service["own_share"], service["own_share"]]
    assert rows["service_minutes"][0] == pytest.approx(response_minutes(now))
    assert rows["service_travel"][0] == now["mean_minutes"]
    verdict = verify(served.path("compared"))
    assert verdict.ok, verdict.failed


def test_urgent_categories_wait_less(served, command):
    served.path("kinds.csv").write_text("category,minutes_on_scene,priority\nurgent,30,1\nother,30,2\n", "utf-8")
    served.path("calls.csv").write_text(
        "unit,per_hour,shift,category\n"
        + "".join(f"{u},0.03,{s},{c}\n" for u in range(1, 17) for s in ("day", "night") for c in ("urgent", "other")),
        "utf-8",
    )
    served.swap('calls = "calls.csv"\n', 'calls = "calls.csv"\ncategories = "kinds.csv"\n')
    assert command("service", served.project, "--out", served.path("service"))[0] == 0
    for shift in read(served.path("service"))["shifts"]:
        waits = shift["mean_wait_minutes_by_priority"]
        assert 0 < waits["1"] < shift["mean_wait_minutes"] < waits["2"]
        assert (waits["1"] + waits["2"]) / 2 == pytest.approx(shift["mean_wait_minutes"])


@pytest.mark.usefixtures("without_pack")
def test_beats_are_redrawn_for_the_least_minutes_within_their_rules(served, command):
    """Calls come where the workload is not, so that the borders that balance it are not those that callers would draw."""
    served.path("calls.csv").write_text(
        "unit,per_hour\n" + "".join(f"{u},{0.3 if u in (6, 7, 13) else 0.01}\n" for u in range(1, 17)), "utf-8"
    )
    served.swap('servers = "servers.csv"\n', "least_minutes = true\n")
    served.swap("least_minutes = true\n", "least_minutes = true\nbackup_minutes = 4\n")
    # and from 17 to 19 the officers of both shifts are on duty
    served.swap('start = "19:00", end = "07:00"', 'start = "17:00", end = "07:00"')
    assert command("plan", served.project, "--out", served.path("plan"), "--seed", "1")[0] == 0
    summary = json.loads((served.path("plan") / "summary.json").read_text("utf-8"))
    claims = summary["beats"]["least_minutes"]
    assert claims["status"] == "sought" and claims["units_changed"] > 0 and claims["minutes"] < claims["minutes_before"]
    assert any("Redrawn for the least minutes" in n for n in summary["service"]["notes"])
    verdict = verify(served.path("plan"))
    assert verdict.ok, verdict.failed
    states = {c.name: c.state for c in verdict.checks}
    assert states["service.least_minutes"] == states["beats.tolerance"] == states["beats.contiguous"] == "checked"
    # one officer at a time has nobody to back him or her up
    assert states["service.night.backup"] == "checked" and summary["service"]["backup_share"] == 0
    assert states["service.periods"] == "checked" and [p["hours_a_week"] for p in summary["service"]["periods"]] == [
        70,
        14,
        84,
    ]
    claims["minutes"] *= 0.9
    (served.path("plan") / "summary.json").write_text(json.dumps(summary), "utf-8")
    assert "service.least_minutes" in {c.name for c in verify(served.path("plan")).failed}


def test_officers_of_shifts_that_overlap_are_on_duty_together(served, command):
    """From 17 to 19 two shifts are on duty: the officers of both answer, and each shift's figures hold that hour."""
    served.path("calls.csv").write_text(
        "unit,per_hour\n" + "".join(f"{u},{0.02 + 0.005 * u}\n" for u in range(1, 17)), "utf-8"
    )
    served.swap('start = "19:00", end = "07:00"', 'start = "17:00", end = "07:00"')
    assert command("service", served.project, "--out", served.path("service"))[0] == 0
    found = read(served.path("service"))
    assert [(p["name"], p["hours_a_week"], sorted(p["servers"])) for p in found["periods"]] == [
        ("day", 70, ["A", "B"]),
        ("day + night", 14, ["A", "B", "C"]),
        ("night", 84, ["C"]),
    ]
    day, both, night = found["periods"]
    shifts = {s["name"]: s for s in found["shifts"]}
    assert shifts["day"]["hours_a_week"] == 84 and shifts["night"]["hours_a_week"] == 98
    assert shifts["day"]["own_share"] == pytest.approx((70 * day["own_share"] + 14 * both["own_share"]) / 84)
    assert shifts["night"]["mean_minutes"] == pytest.approx(
        (14 * both["mean_minutes"] + 84 * night["mean_minutes"]) / 98
    )
    assert shifts["day"]["servers_on_duty"] == pytest.approx((70 * 2 + 14 * 3) / 84)
    served.path("servers.csv").write_text("server,beat,unit,shift\nA,1,1,day\nA,1,2,night\n", "utf-8")
    assert "waits at two places" in command("service", served.project, "--out", served.path("service"))[2]


def test_main_roads_are_faster_and_who_walks_is_slower(served, command):
    """A way of 2 km round the block on main roads beats one of 1.5 km on residential streets, and nobody drives on the footpath."""
    x, y = np.array([g.centroid.coords[0] for g in served.units().geometry]).T
    left, right, low, high = x.min(), x.max(), y.min(), y.max()
    import geopandas as gpd
    from shapely.geometry import LineString

    lines = {
        "residential": [LineString([(left, low), (right, low)])],
        "motorway": [
            LineString([(left, low), (left, high)]),
            LineString([(left, high), (right, high)]),
            LineString([(right, high), (right, low)]),
        ],
        "footway": [LineString([(left, low), (right, high)])],
    }
    rows = [(kind, line) for kind, many in lines.items() for line in many]
    roads = gpd.GeoDataFrame({"highway": [k for k, _ in rows]}, geometry=[g for _, g in rows], crs=served.units().crs)
    roads.to_file(served.path("roads.gpkg"))
    ends = [int(served.units()["unit"].iloc[int(np.argmin(np.hypot(x - right, y - at)))]) for at in (low, high)]
    start = int(served.units()["unit"].iloc[int(np.argmin(np.hypot(x - left, y - low)))])
    served.swap(
        'calls = "calls.csv"\n',
        'calls = "calls.csv"\nroads = { path = "roads.gpkg" }\nspeed_kmh = 20\nspeeds = { motorway = 120 }\n',
    )
    side = right - left
    for end, metres, speed, times in (
        (ends[0], min(side / 25, 3 * side / 120), "", 1.0),
        (ends[1], 2 * side / 120, "5", 4.0),
    ):
        served.path("calls.csv").write_text(f"unit,per_hour\n{end},0.1\n", "utf-8")
        served.path("servers.csv").write_text(f"server,beat,unit,speed_kmh\nA,1,{start},{speed}\n", "utf-8")
        assert command("service", served.project, "--out", served.path("service"))[0] == 0
        found = read(served.path("service"))["mean_minutes"]
        assert found == pytest.approx(times * metres * 60 / 1000, rel=1e-3)
    served.path("servers.csv").write_text(f"server,beat,unit,speed_kmh\nA,1,{start},0\n", "utf-8")
    assert "stands still" in command("service", served.project, "--out", served.path("service"))[2]


def test_a_pattern_of_duty_says_who_is_on_duty_and_what_rest_it_leaves(served, command):
    served.swap('servers = "servers.csv"\n', 'pattern = ["day", "day", "night", "night", "off", "off", "off", "off"]\n')
    served.swap('calls = "calls.csv"', 'calls = "calls.csv"\nstandard = { people_share = 0.4 }')
    served.swap("posts_per_beat = 1", "posts_per_beat = 5")
    code, _, err = command("plan", served.project, "--out", served.path("plan"))
    assert code == 0, err
    found = read(served.path("plan"))
    # a quarter of five posts less absence: one on duty in each beat and shift; 12-hour nights begin 24 hours after days
    assert [s["servers_on_duty"] for s in found["shifts"]] == [4, 4]
    assert found["shifts"][0]["relief_factor"] == pytest.approx(4 / (1 - 0.184))
    pattern = found["pattern"]
    assert (pattern["between_shifts"], pattern["weekly"], pattern["hours_a_week"]) == (12, 72, 42) and not pattern[
        "broken"
    ]
    assert sum(found["proposal"]["posts"].values()) == pytest.approx(2 * 4 / (1 - 0.184))
    verdict = verify(served.path("plan"))
    assert verdict.ok, verdict.failed
    assert {c.name: c.state for c in verdict.checks}["service.pattern"] == "checked"
    served.swap('"day", "day", "night", "night", "off"', '"night", "day", "day", "day", "day"')
    assert command("service", served.project, "--out", served.path("tired"))[0] == 0
    tired = read(served.path("tired"))
    assert tired["pattern"]["broken"] == ["between_shifts", "hours_a_week"] and tired["pattern"]["between_shifts"] == 0
    assert any("0 hours of rest between two shifts, and 11 are asked for" in n for n in tired["notes"])
    for wrong, said in (('"dayy", "off"', "there is no shift “dayy”. Did you mean “day”?"), ('"off"', "nobody works")):
        served.swap("pattern = [", f"pattern = [{wrong}] # ")
        code, _, err = command("service", served.project, "--out", served.path("none"))
        assert code == 1 and said in err
        served.swap(f"pattern = [{wrong}] # ", "pattern = [")


@pytest.mark.usefixtures("without_pack")
def test_beats_are_redrawn_for_the_busiest_shift_the_way_and_the_longest_drive(served, command):
    served.path("calls.csv").write_text(
        "unit,per_hour,shift\n"
        + "".join(f"{u},{0.16 if u % 4 == 1 else 0.02},night\n{u},0.03,day\n" for u in range(1, 17)),
        "utf-8",
    )
    served.swap('servers = "servers.csv"\n', "longest_drive = 4.5\npeak_tolerance = 0.35\ntravel_work = true\n")
    served.swap("tolerance = 0.25", "tolerance = 0.45")
    code, _, err = command("beats", served.project, "--out", served.path("plan"))
    assert code == 0, err
    summary = json.loads((served.path("plan") / "summary.json").read_text("utf-8"))
    claims = summary["beats"]["lines"]
    found = {r["rule"]: r for r in claims["rules"]}
    assert claims["shift"] == "night" and all(r["kept"] for r in claims["rules"]) and claims["units_changed"]
    assert claims["cut_short"] is False
    # the search has no bound, which is said where its result is
    assert all(r["lower_bound"] is None for r in claims["rules"])
    assert sum(n.startswith("No bound was computed of what other lines") for n in summary["service"]["notes"]) == 1
    assert any(r["before"] > r["asked"] for r in claims["rules"])
    # by hand: work of the night's calls of each beat, off the mean of all
    units = gpd.read_file(served.path("plan") / "plan.gpkg", layer="units")
    night = np.where(units["unit"].astype(int) % 4 == 1, 0.16, 0.02)
    work = pd.Series(night).groupby(units["beat"]).sum()
    home = units.groupby("beat")["municipality"].first()
    assert (work / work.groupby(home).transform("mean") - 1).abs().max() == pytest.approx(
        found["peak_tolerance"]["found"]
    )
    verdict = verify(served.path("plan"))
    assert verdict.ok, verdict.failed
    assert {c.name: c.state for c in verdict.checks}["service.lines"] == "checked"
    served.swap("longest_drive = 4.5", "longest_drive = 0.5")
    code, _, err = command("beats", served.project, "--out", served.path("none"))
    assert code and "was not reached by redrawing; the nearest that was found is" in err
    summary = json.loads((served.path("none") / "summary.json").read_text("utf-8"))
    assert not summary["feasible"] and summary["unproven_clashes"] and summary["beats"]["status"] == "unknown"
    assert verify(served.path("none")).ok
    names = {r.key for r in relaxations(read_description(served.project))}
    assert {"service.peak_tolerance", "service.travel_work", "service.longest_drive"} <= names


def test_calls_that_are_lost_stand_in_the_table_and_in_the_report(served, command):
    from beatplanner.data.publish.service_report import service_rows

    served.swap('end = "07:00"', 'end = "08:00"')
    served.path("calls.csv").write_text("unit,per_hour\n" + "".join(f"{u},0.2\n" for u in range(1, 17)), "utf-8")
    with served.project.open("a", encoding="utf-8") as stream:
        stream.write('queue = "lost"\n')
    code, out, _ = command("service", served.project, "--out", served.path("service"))
    found = read(served.path("service"))
    lost = f"{found['lost_share']:.1%}"
    assert code == 0 and found["lost_share"] > 0.1 and " lost " in out and lost in out
    assert out.split("all  ")[1].split()[0] == "168"
    assert lost in service_rows(found)[-1]["cells"]
