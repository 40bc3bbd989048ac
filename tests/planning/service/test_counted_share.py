"""The share of duty away from the beat as the service counts it, in place of the assumption."""

from __future__ import annotations

import json

import pytest

from beatplanner.data.result.stale import stale
from beatplanner.planning.service import counted
from beatplanner.planning.verification import verify

pytestmark = pytest.mark.usefixtures("bare_plans", "without_pack")

SERVICE = """
[service]
shifts = [ { name = "day", start = "07:00", end = "19:00" }, { name = "night", start = "19:00", end = "07:00" } ]
calls = "calls.csv"
abstraction = "counted"
"""


def write(town, *, per_hour: float, queue: str = "wait") -> None:
    town.path("calls.csv").write_text(
        "unit,per_hour\n" + "".join(f"{u},{per_hour * u}\n" for u in range(1, 17)), "utf-8"
    )
    town.swap(
        "[workload.hours]", "[workload]\nfixed_hours_per_beat = 3000\nmin_officers_per_beat = 1\n[workload.hours]"
    )
    town.swap("posts_per_beat = 1", 'posts_per_beat = "auto"')
    with town.project.open("a", encoding="utf-8") as stream:
        stream.write(f'{SERVICE}queue = "{queue}"\n')


def summary_of(folder):
    return json.loads((folder / "summary.json").read_text("utf-8"))


def test_officers_are_worked_out_with_the_share_that_their_own_plan_counts(town, command):
    write(town, per_hour=0.004)
    code, _, err = command("beats", town.project, "--out", town.path("plan"))
    assert code == 0, err
    claims = summary_of(town.path("plan"))
    share, away = claims["workload"]["abstraction"], claims["service"]["abstraction"]
    assert share["assumed"] == 0.2 and share["used"] == pytest.approx(claims["rules"]["workload"]["abstraction"])
    assert away["agrees"] and away["used"] == pytest.approx(claims["service"]["away_share"], abs=1e-9)
    assert away["officers_required_used"] == claims["beats"]["officers_required"] < away["officers_required_assumed"]
    assert any(f"{share['used']:.1%} of their time on duty away" in n for n in claims["service"]["notes"])
    # the plan is that of its description, and a forged share is found
    verdict = verify(town.path("plan"))
    assert verdict.ok, verdict.failed
    states = {c.name: c.state for c in verdict.checks}
    assert states["rules"] == states["service.abstraction.used"] == states["service.abstraction.agrees"] == "checked"
    assert not [n for n in stale(claims, {}) if n.severity == "warning"]
    assert command("service", town.path("plan"), "--out", town.path("again"))[0] == 0
    again = json.loads((town.path("again") / "service.json").read_text("utf-8"))
    assert again == claims["service"]
    claims["workload"]["abstraction"]["used"] = claims["rules"]["workload"]["abstraction"] = 0.1
    (town.path("plan") / "summary.json").write_text(json.dumps(claims), "utf-8")
    assert "service.abstraction.agrees" in {c.name for c in verify(town.path("plan")).failed}


def test_cars_that_beats_share_do_not_thin_the_share_of_the_officers_of_beats(town, command):
    """Three cars beside one officer of each beat: away hours over the hours of the four officers, by the table beside the figures."""
    write(town, per_hour=0.004)
    rows = [f"B{b},{b},{u}" for b, u in ((1, 1), (2, 9), (3, 3), (4, 11))] + [f"Car {k},,{6 + k}" for k in range(3)]
    town.path("servers.csv").write_text("\n".join(["server,beat,unit", *rows]) + "\n", "utf-8")
    town.swap('calls = "calls.csv"', 'calls = "calls.csv"\nservers = "servers.csv"')
    code, _, err = command("service", town.project, "--out", town.path("today"))
    assert code == 0, err
    claims = json.loads((town.path("today") / "service.json").read_text("utf-8"))
    own = [s["away_share"] for s in claims["servers"].values() if s["beat"] is not None]
    assert len(own) == 4 and claims["abstraction"]["counted"] == pytest.approx(sum(own) / 4)
    assert claims["abstraction"]["counted"] == pytest.approx(claims["away_share"] * 7 / 4)
    # a plan on these lines counts the same way, and the checker does
    town.swap("count = 4\n", "count = 4\nmax_moved = 0.0\n")
    code, _, err = command("beats", town.project, "--out", town.path("plan"))
    assert code == 0, err
    plan = summary_of(town.path("plan"))
    assert plan["workload"]["abstraction"]["used"] == pytest.approx(claims["abstraction"]["counted"], abs=1e-9)
    verdict = verify(town.path("plan"))
    assert verdict.ok, verdict.failed
    states = {c.name: c.state for c in verdict.checks}
    assert states["service.abstraction"] == states["service.abstraction.agrees"] == "checked"


def test_a_share_that_cannot_be_counted_leaves_the_assumption(town, command):
    write(town, per_hour=5.0)
    assert command("beats", town.project, "--out", town.path("plan"))[0] == 0
    claims = summary_of(town.path("plan"))
    assert claims["rules"]["workload"]["abstraction"] == 0.2 and claims["service"]["away_share"] is None
    assert any("could not be counted with these officers: 20.0%" in n for n in claims["service"]["notes"])
    assert verify(town.path("plan")).ok


def test_where_no_share_is_that_of_its_own_officers_the_greatest_of_the_round_is_taken(monkeypatch):
    """Seven posts are called away 30 % and ask for nine; nine are called away 10 % and ask for seven."""
    from types import SimpleNamespace

    import numpy as np
    import pandas as pd

    from beatplanner.data.description.models import Description

    monkeypatch.setattr(counted, "service_picture", lambda town, inputs, beat, posts, seed: posts)
    monkeypatch.setattr(counted, "figures_of_service", lambda posts: posts)
    monkeypatch.setattr(counted, "away_of_own", lambda posts: 0.3 if posts["1"] < 9 else 0.1)
    monkeypatch.setattr(counted, "_table", lambda beats, rules: beats.table)
    monkeypatch.setattr(counted, "_with", lambda town, beats, share: share)
    town = SimpleNamespace(
        description=Description.model_validate({"project": {"name": "x"}, "units": {"path": "u", "id": "u"}})
    )
    beats = SimpleNamespace(beat=None, table=pd.DataFrame({"beat": ["1"]}))
    posts = lambda rules, table: np.array([7 + (rules.workload.abstraction > 0.15) * 2])  # noqa: E731
    found = counted.with_counted_share(town, beats, None, posts)
    assert found == counted.CountedShare(0.2, 0.3, 2)
