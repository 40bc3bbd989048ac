"""Who is on duty by the officers' plan: posts that are vacant have nobody on duty, month by month."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.service_files import nobody_share, response_minutes
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.changes.roster_edits import accept, postings_of
from beatplanner.planning.service.held import HeldInputs, figures_held
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
    claims = summary["service"]["vacancies"]
    # by hand: two fifths of a post's days less absence are a third of an officer, so that two posts of a beat are 0.65 and one is 0.33
    days = [d.date().isoformat() for d in pd.date_range("2027-01-01", periods=24, freq="MS")]
    rows = list(plan.assignments[["beat", "start", "end"]].astype(str).itertuples(index=False))
    beats = plan.beats["beat"].astype(str).tolist()
    held = np.array([[min(2, sum(b == k and a <= d < z for b, a, z in rows)) for k in beats] for d in days])
    assert claims["posts"] == 8 and claims["months"] == 24 and held.sum(axis=1).max() <= 5
    assert claims["posts_held"] == pytest.approx(held.sum(axis=1).mean())
    assert [y["posts_held"] for y in claims["years"]] == pytest.approx([held[:12].sum() / 12, held[12:].sum() / 12])
    part = 2 / 5 * (1 - 0.184)
    for y, months in zip(claims["years"], (held[:12], held[12:]), strict=True):
        for shift in ("day", "night"):
            assert y["on_duty"][shift] == pytest.approx(part * months.sum(axis=1).mean(), abs=1)
    # nobody holds a post of a beat: nobody is on duty; more posts held are never fewer on duty
    empty = {b for k, b in enumerate(beats) if not held[:, k].any()}
    assert all(claims["nobody_share"][b] == 1.0 for b in empty)
    full = summary["service"]["nobody_share"]
    assert sum(claims["nobody_share"].values()) > sum(full.values())
    assert nobody_share(summary["service"]) == claims["nobody_share"]
    said = " ".join(summary["service"]["notes"])
    assert (
        f"{claims['posts_held']:.1f} of them are held on average" in said
        and "no officer of the beat is on duty in" in said
    )


def test_the_checker_counts_vacancies_anew_and_finds_what_is_forged(town, tmp_path):
    folder = town.path("plan")
    verdict = verify(folder)
    assert verdict.ok, verdict.failed
    states = {c.name: c.state for c in verdict.checks}
    names = ("", ".held", ".on_duty", ".months", ".figures", ".ways", ".solved")
    assert [states["service.vacancies" + n] for n in names] == ["checked"] * len(names)
    files = [folder / "service" / name for name in ("held.csv", "held_sums.csv", "held_ways.csv")]
    inputs = read_town(read_description(town.project))
    text, (table, sums, ways) = (folder / "summary.json").read_text("utf-8"), [f.read_text("utf-8-sig") for f in files]

    def failed(summary=None, held=table, sums=sums, ways=ways):
        (folder / "summary.json").write_text(json.dumps(summary) if summary else text, "utf-8")
        for file, content in zip(files, (held, sums, ways), strict=True):
            file.write_text(content, "utf-8")
        # layers are not forged: they are read once
        return {c.name for c in verify(folder, town=inputs).failed}

    def changed(content, column, times):
        frame = pd.read_csv(io.StringIO(content), dtype={"unit": str, "beat": str, "from": str})
        return frame.assign(**{column: frame[column] * times}).to_csv(index=False)

    try:
        forged = json.loads(text)
        beat = next(iter(forged["service"]["vacancies"]["nobody_share"]))
        forged["service"]["vacancies"]["nobody_share"][beat] *= 0.5
        assert "service.vacancies" in failed(forged)
        forged = json.loads(text)
        forged["service"]["vacancies"]["years"][1]["posts_held"] += 1
        assert "service.vacancies.held" in failed(forged)
        for key, other in (("year", 7), ("first", "2031-01-01")):
            forged = json.loads(text)
            forged["service"]["vacancies"]["years"][1][key] = other
            assert "service.vacancies.years" in failed(forged)
        forged = json.loads(text)
        del forged["service"]["vacancies"]
        assert "service.vacancies" in failed(forged)
        # minutes and shares that are told, what they are summed from, and the ways
        for key in ("own_share", "mean_minutes", "mean_wait_minutes"):
            forged = json.loads(text)
            forged["service"]["vacancies"][key] *= 0.9
            assert "service.vacancies.figures" in failed(forged)
            forged = json.loads(text)
            forged["service"]["vacancies"]["years"][0][key] *= 0.9
            assert "service.vacancies.figures" in failed(forged)
        for method in ("approximate", None):
            forged = json.loads(text)
            forged["service"]["vacancies"]["method"] = method
            assert "service.vacancies.figures.method" in failed(forged)
        forged = json.loads(text)
        del forged["service"]["vacancies"]["months_between"]
        assert "service.vacancies.figures" in failed(forged)
        for column in ("own", "travel_minutes", "wait_minutes", "came", "busy"):
            assert "service.vacancies.solved" in failed(sums=changed(sums, column, 0.9))
        assert "service.vacancies.months" in failed(sums=changed(sums, "on_duty", 2))
        assert "service.vacancies.ways" in failed(ways=changed(ways, "minutes", 0.9))
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
    # one officer less: the minutes with those who are there are counted again, those with all posts filled are not
    assert response_minutes(after["vacancies"]) > response_minutes(before["vacancies"]) > response_minutes(before)
    assert after["mean_minutes"] == before["mean_minutes"]
    verdict = verify(tmp_path / "moved")
    assert not [c for c in verdict.failed if c.name.startswith("service")], verdict.failed


def test_months_with_fewer_officers_are_weighted_by_hand():
    """Two beats of one unit each, half an hour a call: months with both officers, with one of them, with nobody, and with too many calls for one."""
    beat, days = (
        np.array(["1", "2"], dtype=object),
        [d.date().isoformat() for d in pd.date_range("2027-01-01", periods=13, freq="MS")],
    )
    made = HeldInputs(
        np.array([[0.6, 0.4], [2.0, 2.0]]), np.array([30.0, 30.0]), None, beat, ["a", "b"], ["a", "b"],
        np.array([[0.0, 6.0], [6.0, 0.0]]), False, True, True,
    )  # fmt: skip
    there = np.zeros((12, 2, 2), int)
    there[:6, 0] = (1, 0)
    quiet = figures_held(made, ["1", "2"], ["quiet", "busy"], np.array([100.0, 0.0]), there, days)
    assert quiet is not None
    # M/M/1 in six months, half of whose officer's time goes to calls: half of the calls wait, half an hour on average; nobody in the others
    figures = quiet[0]
    assert figures["lost_share"] == pytest.approx(0.5) and figures["own_share"] == pytest.approx(0.6)
    assert figures["mean_minutes"] == pytest.approx(0.4 * 6) and figures["people_share"] == pytest.approx(0.5)
    assert figures["wait_share"] == pytest.approx(0.25) and figures["mean_wait_minutes"] == pytest.approx(30 / 2)
    assert response_minutes(figures) == pytest.approx(0.4 * 6 + 30)
    assert figures["method"] == "exact" and figures["months_between"] == 1 and figures["overloaded_share"] == 0
    assert quiet[1] == [{k: v for k, v in figures.items() if k not in ("method", "months_between")}]
    # four calls an hour are more than one officer answers: these hours are told, and left out
    there[:6, 1] = (0, 1)
    busy = figures_held(made, ["1", "2"], ["quiet", "busy"], np.array([100.0, 60.0]), there, days)
    assert busy is not None and busy[0]["overloaded_share"] == pytest.approx(6 * 60 / (12 * 160))
    assert busy[0]["own_share"] == pytest.approx(0.6)


def test_so_many_systems_are_looked_at_every_few_months_or_not_at_all():
    days = [d.date().isoformat() for d in pd.date_range("2027-01-01", periods=25, freq="MS")]
    beat = np.array(["1", "2"], dtype=object)

    def looked_at(first: int):
        made = HeldInputs(
            np.full((1, 2), 0.1), np.array([30.0]), None, beat, ["a", "b"], ["a", "b"], np.ones((2, 2)), False, True, False
        )  # fmt: skip
        there = np.array([[[first + t, 1]] for t in range(24)])
        return figures_held(made, ["1", "2"], ["all"], np.array([168.0]), there, days)

    every, some = looked_at(20), looked_at(64)
    assert every is not None and every[0]["months_between"] == 1 and len(every[2]) == 24
    assert some is not None and some[0]["months_between"] > 1 and len(some[1]) == 2
    assert looked_at(300) is None
