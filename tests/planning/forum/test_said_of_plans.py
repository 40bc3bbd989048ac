"""What a pack says of its plan as a whole: whether its check passed, and how far from the best it may be."""

import csv
import json
import shutil
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from paper_texts import pages_of

from beatplanner.data.result.folder import read_result
from beatplanner.data.town.forum_tables import read_forum_tables
from beatplanner.planning.forum.forum_pack import town_of, write_pack
from beatplanner.planning.forum.forums import meetings_of
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.verdict import hashes
from beatplanner.ui.commands.console import say_verdict

WRONG = {"ok": False, "checks": 2, "failed": [{"name": "beats.count", "detail": "3 is claimed."}], "unchecked": []}


def drafts(folder):
    """Return what the checker says of the pack's reasons to be a draft."""
    return next(c for c in verify(folder).checks if c.name == "forum.draft")


def test_a_pack_of_a_plan_that_failed_its_check_is_a_draft_on_every_page(planned_once, tmp_path):
    folder = tmp_path / "plan"
    shutil.copytree(planned_once.folder / "plan", folder)
    tables = read_result(folder)
    assert write_pack(folder, tables, town_of(tables, planned_once.folder / "plan"), verdict=WRONG) == []
    pages = [" ".join(p.split()) for p in pages_of(folder / "forum" / "pack.pdf")]
    assert all("DRAFT" in p and "found errors; do not use this pack" in p for p in pages)
    assert "DRAFT" in (folder / "forum" / "map.html").read_text(encoding="utf-8")
    assert drafts(folder).ok
    card = folder / "forum" / "run_card.json"
    claims = json.loads(card.read_text(encoding="utf-8"))
    assert [r["kind"] for r in claims["draft"]][:1] == ["wrong"]
    # who takes the reason out of the card, or adds it to that of a sound plan, is found out
    card.write_text(json.dumps({**claims, "draft": claims["draft"][1:]}), encoding="utf-8")
    assert not drafts(folder).ok
    card.write_text(json.dumps({**claims, "verified": {"ok": True, "checks": 2, "not_checked": 0}}), encoding="utf-8")
    assert not drafts(folder).ok


@pytest.mark.parametrize(("gap", "said"), [(0.031, "by more than 3.1%"), (None, "a better one may exist")])
def test_no_plan_is_better_only_by_what_every_step_has_proven(planned_once, tmp_path, gap, said):
    folder = tmp_path / "plan"
    shutil.copytree(planned_once.folder / "plan", folder)
    tables = read_result(folder)
    steps = {s: {**tables.summary[s], "gap": 0.0, "certified": True} for s in ("beats", "stations", "officers")}
    steps["officers"]["gap"] = gap
    tables = replace(tables, summary={**tables.summary, **steps})
    town = town_of(tables, planned_once.folder / "plan")
    assert write_pack(folder, tables, town, verdict={**WRONG, "ok": True}) == []
    with (folder / "forum" / "questions.csv").open(encoding="utf-8-sig", newline="") as stream:
        answers = {row["question"]: row["answer"] for row in csv.DictReader(stream)}
    assert said in answers["Is there a better plan?"]


def test_a_station_that_closes_is_told_and_all_that_stay_are_named(planned_once, tmp_path):
    folder = tmp_path / "plan"
    shutil.copytree(planned_once.folder / "plan", folder)
    tables = read_result(folder)
    spare = tables.sites.index[~tables.sites["chosen"].astype(bool)]
    gone = tables.sites.loc[spare[0]]
    beat = dict(zip(tables.units["unit"].astype(str), tables.units["beat"].astype(str), strict=True))[str(gone["unit"])]
    tables = replace(tables, sites=tables.sites.assign(existing=tables.sites.index.isin(spare[:1])))
    # five more stations stand in the beat
    place = tables.beats.set_index(tables.beats["beat"].astype(str)).geometry[beat].representative_point()
    more = pd.concat([tables.stations.iloc[:1].assign(station=n, name=n, geometry=place) for n in "PQRST"])
    tables = replace(tables, stations=gpd.GeoDataFrame(pd.concat([tables.stations, more]), crs=tables.stations.crs))
    assert write_pack(folder, tables, town_of(tables, planned_once.folder / "plan"), verdict=None) == []
    pages = [" ".join(p.split()) for p in pages_of(folder / "forum" / "pack.pdf")]
    closing = [p for p in pages if f"This station of today closes in this plan: {gone['name']}." in p]
    assert closing[0] == pages[0] and len(closing) == 2 and "Your station" in closing[1]
    stations = closing[1].split("Other stations of this beat:")[1].split(" of the beat's residents")[0]
    assert all(f"{n}." in stations or f"{n}," in stations for n in "PQRST")


def test_the_command_tells_what_its_check_found(planned_once, tmp_path, capsys):
    folder = tmp_path / "plan"
    shutil.copytree(planned_once.folder / "plan", folder)
    say_verdict(folder)
    assert "errors" not in capsys.readouterr().err
    (folder / "verification.json").write_text(json.dumps({**WRONG, "files": hashes(folder)}), encoding="utf-8")
    say_verdict(folder)
    assert "beats.count: 3 is claimed." in capsys.readouterr().err


def test_nobody_meets_in_a_station_that_the_plan_closes(planned_once):
    tables = read_result(planned_once.folder / "plan")
    town = town_of(tables, planned_once.folder / "plan")
    extra = read_forum_tables(town)
    met = {m.venue for m in meetings_of(tables, town, extra)}
    gone = next(iter(met))
    sites = town.sites
    station = next(
        str(s) for s, n in zip(sites["station"], sites.get("name", sites["station"]), strict=True) if n == gone
    )
    summary = {**tables.summary, "stations": {**tables.summary["stations"], "closed": [station]}}
    after = {m.venue for m in meetings_of(replace(tables, summary=summary), town, extra)}
    assert after and gone not in after
