"""What beats claim is so: budgets shared by municipalities, ids, cuts by a table, and random towns against enumeration."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from benchmarks.claims import nasty_town, planned, random_town, wrong_claims

from beatplanner.data.description.models import Description
from beatplanner.data.description.read import read_description
from beatplanner.data.result.folder import read_result
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.beats.plan import plan_beats
from beatplanner.planning.verification import verify
from beatplanner.planning.verification.evidence import Evidence, with_text_ids
from beatplanner.planning.verification.identity import check_identity
from beatplanner.planning.verification.ledger import Ledger
from beatplanner.planning.whole.run import run
from beatplanner.planning.workload import plan_workload
from conftest import SHARED

pytestmark = pytest.mark.usefixtures("bare_plans")

CASES = SHARED / "cases"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="the failed cases are not beside the project")


def beats_of(folder):
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))["beats"]


@pytest.mark.parametrize("first", range(0, 30, 6))
def test_no_claim_is_wrong_on_random_towns(first):
    # `benchmarks/claims.py` does hundreds
    for seed in range(first, first + 6):
        town = random_town(seed)
        assert wrong_claims(town, planned(town)) == [], seed


@pytest.mark.parametrize(
    ("seed", "unit", "status"), [(2, None, "feasible"), (17, None, "unknown"), (4, "away", "infeasible")]
)
def test_a_lock_gives_no_beat_the_id_of_a_beat_of_today_that_it_shares_nobody_with(seed, unit, status):
    """Locked units of other beats: one of today's beat joins them, or the lock is given up and told; where that beat is elsewhere, that is proven."""
    town = random_town(seed)
    if unit is not None:
        # a unit of one municipality is locked to a beat of another
        locked = town.units["locked"].to_numpy(object).copy()
        towns, current = town.units["municipality"].to_numpy(object), town.units["current"].to_numpy(object)
        mine = next(c for c in current[towns == "A"] if c is not None and c not in set(current[towns != "A"]))
        locked[:] = None
        locked[int(np.flatnonzero(towns == "B")[0])] = mine
        town = replace(town, units=town.units.assign(locked=locked))
    today, locked = town.units["current"].to_numpy(object), town.units["locked"].to_numpy(object)
    plan = planned(town)
    assert wrong_claims(town, plan) == [] and plan.proof.status == status
    clashes = [c for c in plan.clashes if "Lock a unit of that beat too" in c]
    held = [i for i, b in enumerate(locked) if isinstance(b, str)]
    if status == "feasible":
        # what the rule without it proves still holds, and the beat has the id because it shares residents
        assert not plan.clashes and all(plan.beat[i] == locked[i] for i in held) and plan.proof.lower_bound is not None
        assert all(((plan.beat == locked[i]) & (today == locked[i])).any() for i in held)
    else:
        assert len(clashes) == 1 and ("not proven impossible" in clashes[0]) is (status == "unknown")
        assert any(plan.beat[i] != locked[i] for i in held)


def test_the_checker_accepts_no_id_of_today_for_a_lock_alone(town):
    run(town.project, town.path("out"), steps=("beats",), pack=False)
    tables = read_result(town.path("out"))
    units, beats, edges = with_text_ids(tables)
    rules = Description.model_validate(tables.summary["rules"])
    # the beat with the id of one of today's holds none of its units, though a unit is locked to it
    kept = next(c for c in units["current"] if c is not None and c in set(units["beat"]))
    false = units.assign(beat=units["beat"].where(units["beat"] != kept, "new"))
    other = false.index[false["current"] != kept][0]
    false.loc[other, "beat"] = kept
    for seen, ok in ((units, True), (false, False)):
        ledger = Ledger()
        check_identity(ledger, Evidence(seen, beats, edges, tables, tables.summary, rules, None))
        assert [c for c in ledger.checks if not c.ok] != ok


@pytest.mark.parametrize(
    ("seed", "status", "best"), [(3, "optimal", 9_121.0238), (9, "optimal", 1_790.0763), (11, None, None)]
)
def test_a_beat_of_today_that_spans_municipalities_lives_on_where_that_is_best(seed, status, best):
    # a budget that just suffices, if such a beat lives on in the right one; values by enumeration
    town = nasty_town(seed)
    plan = planned(town)
    assert wrong_claims(town, plan) == []
    if best is not None:
        assert plan.proof.status == status
        assert plan.proof.objective == pytest.approx(best, rel=1e-7)
        assert plan.proof.lower_bound == pytest.approx(best, rel=1e-4)


@pytest.mark.papers
@needs_cases
@pytest.mark.parametrize(("case", "best"), [("budget-share-8", 453_363), ("budget-share-1", None)])
def test_municipalities_share_a_change_budget(case, best, tmp_path):
    run(CASES / case / "p.toml", tmp_path / "out", steps=("beats",), pack=False)
    beats = beats_of(tmp_path / "out")
    assert beats["status"] in ("feasible", "optimal")
    assert "smallest_budget" not in beats
    if best is not None:
        # by enumeration
        assert beats["lower_bound"] <= best + 1
        assert beats["certified"]
        assert beats["objective"] == pytest.approx(best, rel=2e-6)


@pytest.mark.papers
@needs_cases
def test_no_id_of_today_goes_to_a_beat_that_shares_nobody_with_it(tmp_path):
    run(CASES / "beat-id" / "p.toml", tmp_path / "out", steps=("beats",), pack=False)
    units = gpd.read_file(tmp_path / "out" / "plan.gpkg", layer="units")
    today = set(units["current"].dropna())
    for beat in today & set(units["beat"]):
        assert units.loc[(units["beat"] == beat) & (units["current"] == beat), "population"].sum() > 0


@pytest.mark.papers
def test_names_are_kept_from_plan_to_plan_and_the_checker_knows_ids_that_are_taken(town):
    run(town.project, town.path("first"), steps=("beats",), pack=False)
    plan = town.path("first") / "plan.gpkg"
    named = gpd.read_file(plan, layer="beats")
    named["name"] = [f"Quarter {k}" for k in range(len(named))]
    named[["beat", "name", "geometry"]].to_file(town.path("named.gpkg"))
    town.swap('current = { path = "old.gpkg", id = "beat" }', 'current = { path = "named.gpkg", id = "beat" }')
    run(town.project, town.path("second"), steps=("beats",), pack=False)
    again = gpd.read_file(town.path("second") / "plan.gpkg", layer="beats")
    assert dict(zip(again["beat"], again["name"], strict=True)) == dict(zip(named["beat"], named["name"], strict=True))
    assert verify(town.path("second")).ok

    # two beats of different municipalities exchange their ids: nobody stays, and the checker says so
    plan = town.path("second") / "plan.gpkg"
    home = dict(zip(again["beat"], again["municipality"], strict=True))
    one = again["beat"].iloc[0]
    other = next(b for b in again["beat"] if home[b] != home[one])
    swap = {one: other, other: one}
    for layer in ("units", "beats"):
        frame = gpd.read_file(plan, layer=layer)
        frame["beat"] = [swap.get(b, b) for b in frame["beat"]]
        frame.to_file(plan, layer=layer)
    said = {c.name: str(c) for c in verify(town.path("second")).failed}
    assert "shares no resident" in said["beats.identity"]


@pytest.mark.papers
@needs_cases
def test_as_many_beats_as_inhabited_units(tmp_path):
    run(CASES / "many-empty-units" / "project.toml", tmp_path / "out", steps=("beats",), pack=False)
    beats = beats_of(tmp_path / "out")
    assert beats["status"] == "optimal" and beats["objective"] == beats["lower_bound"] == 0.0 and beats["gap"] == 0.0
    # that nothing costs less than nothing can be checked
    assert beats["certified"] is True
    assert verify(tmp_path / "out").ok


def with_neighbours(town, text):
    town.path("edges.csv").write_text(text, encoding="utf-8")
    town.swap("[beats]\n", '[beats]\nobjective = "cut"\nadjacency = "edges.csv"\n')


def told_objective(folder):
    verdict = verify(folder)
    assert verdict.ok
    return next(str(c) for c in verdict.checks if c.name == "beats.objective")


def rows(metres=None):
    pairs = [(i, i + 1) for i in range(1, 17) if i % 4] + [(i, i + 4) for i in range(1, 13)]
    return [(a, b) if metres is None else (a, b, metres(a, b)) for a, b in pairs]


def table(head, lines):
    return "\n".join([head, *(",".join(map(str, line)) for line in lines)]) + "\n"


@pytest.mark.papers
def test_a_table_of_neighbours_without_metres_counts_links(town):
    with_neighbours(town, table("from,to", rows()))
    run(town.project, town.path("out"), steps=("beats",), pack=False)
    units = gpd.read_file(town.path("out") / "plan.gpkg", layer="units").set_index("unit")["beat"]
    beats = beats_of(town.path("out"))
    assert beats["objective"] == sum(
        units[a] != units[b] for a, b in rows() if (a % 4 < 3) == (b % 4 < 3) and not (a % 4 == 2 and b == a + 1)
    )
    assert beats["objective"] > 0 and beats["objective_unit"] == "links"
    assert told_objective(town.path("out")).endswith("links between beats")


@pytest.mark.papers
def test_a_table_of_neighbours_with_metres_is_believed(town):
    with_neighbours(town, table("from,to,metres", rows(lambda a, b: 10 * a)))
    run(town.project, town.path("out"), steps=("beats",), pack=False)
    beats = beats_of(town.path("out"))
    assert beats["objective"] % 10 == 0 and beats["objective_unit"] == "metres"
    assert told_objective(town.path("out")).endswith("metres between beats")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (table("from,to,metres", rows(lambda a, b: 0)), "every border has 0 metres"),
        (table("from,to,metres", [*rows(lambda a, b: 5), (2, 1, 7)]), "stand there twice, with different metres"),
        (table("from,to,metres", rows(lambda a, b: "" if a == 3 else 5)), "metres"),
    ],
)
def test_a_table_of_neighbours_that_says_nothing_is_refused(town, command, text, said):
    with_neighbours(town, text)
    code, _, error = command("beats", town.project, "--out", town.path("out"))
    assert code == 1 and said in error and "edges.csv" in error


@pytest.mark.papers
def test_one_clash_has_one_number_everywhere_and_it_is_one_to_enter(town):
    # uneven residents, and two beats of today in each municipality of which one has nearly all units
    units = town.units()
    units["pop"] = [50, 390, 120, 260, 330, 75, 210, 145, 95, 310, 180, 240, 365, 60, 285, 155]
    town.write_units(units)
    old = units.assign(beat=["A", "A", "B", "B"] * 3 + ["C", "C", "D", "D"]).dissolve("beat").reset_index()
    old[["beat", "geometry"]].to_file(town.path("lines.gpkg"))
    town.swap("old.gpkg", "lines.gpkg")
    # beats alone: neither the roads nor the roster is read
    text = town.project.read_text(encoding="utf-8").partition("[stations]")[0]
    town.project.write_text(text.replace("tolerance = 0.25", "tolerance = 0.1\nmax_moved = 0.01"), encoding="utf-8")
    run(town.project, town.path("out"), steps=("beats",), pack=False)
    summary = json.loads(town.path("out").joinpath("summary.json").read_text("utf-8"))
    claims = summary["beats"]["smallest_budget"]
    (clash,) = [c for c in summary["clashes"] if "max_moved" in c]
    assert f"would do is {claims['found']:.1%}" in clash
    # what is told to be impossible is: the share is rounded down
    below = re.search(r"less than ([\d.]+)% is proven impossible", clash)
    assert below and claims["impossible_below"] - 1e-4 < float(below[1]) / 100 <= claims["impossible_below"] + 1e-9
    assert clash in html.unescape(town.path("out").joinpath("report.html").read_text("utf-8"))
    assert claims["impossible_below"] <= summary["beats"]["moved_share"] <= claims["found"]
    town.swap("max_moved = 0.01", f"max_moved = {claims['found']}")
    read = read_town(read_description(town.project))
    plan = plan_beats(read, plan_workload(read), seconds=1e6, nodes=20)
    assert not plan.smallest and plan.proof.status != "infeasible"
