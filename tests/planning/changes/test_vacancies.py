"""Who is on duty by the officers' plan: posts that are vacant have nobody on duty, month by month."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from beatplanner.data.result.folder import read_result
from beatplanner.data.result.service_files import nobody_share
from beatplanner.planning.changes.roster_edits import accept, postings_of
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run
from conftest import write_grid_town

pytestmark = pytest.mark.usefixtures("bare_plans")

SERVICE = """
[service]
shifts = [ { name = "day", start = "07:00", end = "19:00" }, { name = "night", start = "19:00", end = "07:00" } ]
calls = "calls.csv"
pattern = ["day", "day", "night", "night", "off"]
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """The grid town with two posts in each of four beats, and five officers of whom one comes and one leaves within the plan."""
    made = write_grid_town(tmp_path_factory.mktemp("vacant"))
    made.path("calls.csv").write_text("unit,per_hour\n" + "".join(f"{u},0.02\n" for u in range(1, 17)), "utf-8")
    made.swap("posts_per_beat = 1", "posts_per_beat = 2")
    with made.project.open("a", encoding="utf-8") as stream:
        stream.write(SERVICE)
    run(made.project, made.path("plan"), pack=False)
    return made


def summary_of(folder):
    return json.loads((folder / "summary.json").read_text("utf-8"))


def test_posts_that_are_vacant_have_nobody_on_duty(town):
    folder = town.path("plan")
    summary, plan = summary_of(folder), read_result(folder)
    told = summary["service"]["vacancies"]
    # by hand: two fifths of a post's days less absence are a third of an officer, so that two posts of a beat are 0.65 and one is 0.33
    days = [d.date().isoformat() for d in pd.date_range("2027-01-01", periods=24, freq="MS")]
    rows = list(plan.assignments[["beat", "start", "end"]].astype(str).itertuples(index=False))
    beats = plan.beats["beat"].astype(str).tolist()
    held = np.array([[min(2, sum(b == k and a <= d < z for b, a, z in rows)) for k in beats] for d in days])
    assert told["posts"] == 8 and told["months"] == 24 and held.sum(axis=1).max() <= 5
    assert told["posts_held"] == pytest.approx(held.sum(axis=1).mean())
    assert [y["posts_held"] for y in told["years"]] == pytest.approx([held[:12].sum() / 12, held[12:].sum() / 12])
    part = 2 / 5 * (1 - 0.184)
    for y, months in zip(told["years"], (held[:12], held[12:]), strict=True):
        for shift in ("day", "night"):
            assert y["on_duty"][shift] == pytest.approx(part * months.sum(axis=1).mean(), abs=1)
    # nobody holds a post of a beat: nobody is on duty; more posts held are never fewer on duty
    empty = {b for k, b in enumerate(beats) if not held[:, k].any()}
    assert all(told["nobody_share"][b] == 1.0 for b in empty)
    full = summary["service"]["nobody_share"]
    assert sum(told["nobody_share"].values()) > sum(full.values())
    assert nobody_share(summary["service"]) == told["nobody_share"]
    said = " ".join(summary["service"]["notes"])
    assert (
        f"{told['posts_held']:.1f} of them are held on average" in said
        and "no officer of the beat is on duty in" in said
    )


def test_the_checker_counts_vacancies_anew_and_finds_what_is_forged(town, tmp_path):
    folder = town.path("plan")
    verdict = verify(folder)
    assert verdict.ok, verdict.failed
    states = {c.name: c.state for c in verdict.checks}
    names = ("service.vacancies", "service.vacancies.held", "service.vacancies.on_duty")
    assert [states[n] for n in names] == ["checked"] * 3
    text, table = (folder / "summary.json").read_text("utf-8"), (folder / "service" / "held.csv").read_text("utf-8-sig")

    def failed(summary=None, held=table):
        (folder / "summary.json").write_text(json.dumps(summary) if summary else text, "utf-8")
        (folder / "service" / "held.csv").write_text(held, "utf-8")
        return {c.name for c in verify(folder).failed}

    try:
        forged = json.loads(text)
        beat = next(iter(forged["service"]["vacancies"]["nobody_share"]))
        forged["service"]["vacancies"]["nobody_share"][beat] *= 0.5
        assert "service.vacancies" in failed(forged)
        forged = json.loads(text)
        forged["service"]["vacancies"]["years"][1]["posts_held"] += 1
        assert "service.vacancies.held" in failed(forged)
        forged = json.loads(text)
        del forged["service"]["vacancies"]
        assert "service.vacancies" in failed(forged)
        # two officers where a third of one is on duty
        lines = table.splitlines()
        more = "\n".join([lines[0], *(",".join([*row.split(",")[:-1], "2"]) for row in lines[1:])])
        assert "service.vacancies.on_duty" in failed(held=more)
    finally:
        assert "service.vacancies" not in failed()


def test_postings_moved_by_hand_change_who_is_on_duty(town, tmp_path):
    plan = read_result(town.path("plan"))
    postings = postings_of(plan, plan.assignments)
    gone = next(p for p in postings if (p.start, p.end) == (0, 24))
    accept(town.path("plan"), tmp_path / "moved", [p for p in postings if p is not gone], reason="Left", by="A")
    before, after = (summary_of(f)["service"] for f in (town.path("plan"), tmp_path / "moved"))
    assert after["vacancies"]["posts_held"] == pytest.approx(before["vacancies"]["posts_held"] - 1)
    assert json.loads((tmp_path / "moved" / "service.json").read_text("utf-8")) == after
    assert len(after["notes"]) == len(before["notes"]) and after["notes"] != before["notes"]
    verdict = verify(tmp_path / "moved")
    assert not [c for c in verdict.failed if c.name.startswith("service")], verdict.failed
