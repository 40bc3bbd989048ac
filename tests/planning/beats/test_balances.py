"""Several balances at once, from the description to the checker: kept, relaxed and told where they clash, and forged claims are caught."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.project.build import build
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.town.read_town import read_town
from beatplanner.planning import verification
from beatplanner.planning.beats import alone
from beatplanner.planning.beats.drawing import Drawing
from beatplanner.planning.beats.held_balances import balances_of_plan
from beatplanner.planning.beats.plan import BeatPlan, plan_beats
from beatplanner.planning.changes.drawn_municipality import DrawnMunicipality
from beatplanner.planning.compare.rule_prices import relaxations
from beatplanner.planning.service.redrawing import LineRules
from beatplanner.planning.verification import verify
from beatplanner.planning.verification.ledger import Ledger
from beatplanner.planning.whole.run import run
from beatplanner.planning.workload import plan_workload

pytestmark = pytest.mark.usefixtures("bare_plans", "fixed_work")


def balanced(town, rule: str):
    """Give the town a column of kilometres to drive, and balances; stations and officers are left out."""
    units = town.units()
    town.write_units(units.assign(km=[1.0, 5.0, 2.0, 9.0] * 4))
    town.swap('municipality = "muni"', 'municipality = "muni"\namounts = { drive = "km" }')
    town.swap("tolerance = 0.25", f"tolerance = 0.6\nbalances = {rule}")
    text = town.project.read_text(encoding="utf-8")
    town.project.write_text(text[: text.index("[stations]")], encoding="utf-8")
    return town


def summary_of(folder) -> dict:
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def beats_of(town) -> tuple[BeatPlan, np.ndarray]:
    read = read_town(read_description(town.project))
    plan = plan_beats(read, plan_workload(read), seconds=1e6, nodes=0)
    return plan, read.units["amount_drive"].to_numpy(float)


def is_caught(tables: PlanTables) -> set[str]:
    ledger = Ledger()
    verification.check_tables(ledger, tables)
    return {c.name for c in ledger.verdict().failed}


def test_a_plan_keeps_all_balances_and_the_checker_counts_them_anew(town):
    balanced(town, "{ residents = 0.2, drive = 0.3, area = 0.25, calls = 0.5 }")
    out = town.path("out")
    run(town.project, out)
    summary = summary_of(out)
    assert summary["feasible"]
    rows = {(r["municipality"], r["amount"]): r for r in summary["beats"]["balances"]}
    assert set(rows) == {(m, a) for m in ("West", "Исток") for a in ("residents", "drive", "area", "calls")}
    tables = read_result(out)
    units = tables.units
    for place, inside in units.groupby("municipality"):
        held = inside.groupby("beat")["amount_drive"].sum().to_numpy()
        off = np.abs(held / held.mean() - 1).max()
        assert off <= 0.3 + 1e-9
        assert rows[place, "drive"]["max_deviation"] == pytest.approx(off)
        assert rows[place, "drive"]["tolerance"] == 0.3
    verdict = verify(out)
    assert verdict.ok
    checked = {c.name for c in verdict.checks}
    assert {"beats.balances", "beats.balances_told", "units.amount_drive"} <= checked
    _forge(tables)


def _forge(tables: PlanTables) -> None:
    """Change each claim in turn: a deviation, a bound, a tolerance, a row that is gone, an amount, and a plan that breaks the rule."""
    for key, change in (
        ("max_deviation", lambda v: v / 2),
        ("lower", lambda v: v * 0.9),
        ("upper", lambda v: v * 1.1),
        ("tolerance", lambda v: v * 2),
        ("asked", lambda v: v * 2),
    ):
        rows = [dict(r) for r in tables.summary["beats"]["balances"]]
        rows[0][key] = change(rows[0][key])
        forged = {**tables.summary, "beats": {**tables.summary["beats"], "balances": rows}}
        assert "beats.balances_told" in is_caught(replace(tables, summary=forged)), key
    rows = tables.summary["beats"]["balances"]
    for other in (rows[1:], [*rows, rows[0]]):
        forged = {**tables.summary, "beats": {**tables.summary["beats"], "balances": other}}
        assert "beats.balances_told" in is_caught(replace(tables, summary=forged)), len(other)
    other = tables.units.assign(amount_drive=tables.units["amount_drive"].to_numpy()[::-1])
    assert "units.amount_drive" in is_caught(replace(tables, units=other))
    west = tables.units["municipality"] == "West"
    ids = sorted(set(tables.units.loc[west, "beat"]))
    moved = tables.units["beat"].where(~west, ids[0]).to_numpy(object).copy()
    moved[np.flatnonzero(west)[0]] = ids[1]
    assert "beats.balances" in is_caught(replace(tables, units=tables.units.assign(beat=moved)))


def test_a_balance_that_nothing_keeps_gives_way_as_little_as_was_found(town):
    # a unit with 90 of its municipality's 112 km
    balanced(town, "{ drive = 0.1 }")
    units = town.units()
    town.write_units(units.assign(km=[90.0, 1, 9, 9, 2, 3, 9, 9, 4, 2, 9, 9, 5, 5, 9, 9]))
    out = town.path("out")
    run(town.project, out)
    summary = summary_of(out)
    assert not summary["feasible"]
    said = [c for c in summary["clashes"] if "drive" in c]
    assert len(said) == 1
    assert "Улица 1" in said[0]
    assert "never split" in said[0]
    rows = {r["municipality"]: r for r in summary["beats"]["balances"]}
    # no beat of one unit has hours enough: the least is the neighbour with 1 km beside it
    assert rows["West"]["tolerance"] == pytest.approx(91 / 56 - 1)
    assert f"would do: drive ±{rows['West']['tolerance']:.1%}." in said[0]
    assert rows["West"]["max_deviation"] <= rows["West"]["tolerance"] + 1e-9
    assert rows["Исток"]["tolerance"] == 0.1
    assert verify(out).ok


def test_hours_and_a_further_balance_may_both_have_to_give(town, monkeypatch):
    monkeypatch.setattr(alone, "PROVEN_UNITS", 0)  # what is found is looked at, not what is proven
    balanced(town, "{ drive = 0.02 }")
    town.swap("tolerance = 0.6", "tolerance = 0.0001")
    plan, drive = beats_of(town)
    assert plan.wider
    assert plan.uneven
    for (place, name), tolerance in plan.uneven.items():
        assert name == "drive"
        assert tolerance > 0.02
        table = plan.table[plan.table["municipality"] == place]
        held = np.array([drive[plan.beat == b].sum() for b in table["beat"]])
        assert np.abs(held / held.mean() - 1).max() <= tolerance + 1e-9
    assert any("drive" in c for c in plan.clashes)
    assert any("hours" in c for c in plan.clashes)


@pytest.mark.parametrize(
    ("rule", "amounts", "words"),
    [
        ("{ drives = 0.1 }", 'drive = "km"', ["beats.balances.drives", "drive"]),
        ("{ residents = 2 }", 'drive = "km"', ["beats.balances", "at most 1"]),
        ("{ speakers = 0.1 }", 'speakers = "pop_sq"', ["units.amounts.speakers", "group"]),
        ("{ area = 0.1 }", 'area = "km"', ["units.amounts.area"]),
        ("{ drive = 0.1 }", 'drive = "kilometres"', ["units.gpkg", "kilometres"]),
        ("{ drive = 0.1 }", 'drive = "km", Drive = "pop"', ["units.amounts.Drive", "capital letters"]),
    ],
)
def test_what_cannot_be_balanced_is_told_with_its_key(town, rule, amounts, words):
    balanced(town, "{ drive = 0.1 }")
    town.swap("balances = { drive = 0.1 }", f"balances = {rule}")
    town.swap('drive = "km"', amounts)
    with pytest.raises(InputError) as wrong:
        read_town(read_description(town.project))
    said = "\n".join(str(p) for p in wrong.value.problems)
    assert all(w in said for w in words), said


def test_a_project_file_keeps_the_amounts(town):
    balanced(town, "{ drive = 0.3 }")
    build(town.project, town.path("town.gpkg"))
    read = read_town(read_description(town.path("town.gpkg")))
    assert read.units["amount_drive"].tolist() == [1.0, 5.0, 2.0, 9.0] * 4
    assert read.description.beats is not None
    assert read.description.beats.balances == {"drive": 0.3}


def test_drawing_repair_and_redrawing_keep_them_too(town):
    balanced(town, "{ drive = 0.3 }")
    plan, drive = beats_of(town)
    read = read_town(read_description(town.project))
    work = plan_workload(read)
    assert not plan.clashes
    # rows of a municipality: the beat of its left column has 4 km, that of the right 20
    columns = np.array([f"{'W' if i % 4 < 2 else 'E'}{i % 2}" for i in range(16)], dtype=object)
    drawing = Drawing(read, work, columns)
    broken = drawing.figures().broken
    assert [b for b in broken if "too little of drive" in b and "W0" in b]
    west = np.flatnonzero(read.units["municipality"].to_numpy() == "West")
    part = DrawnMunicipality(drawing, west, columns)
    assert not part.kept(part.wish)
    district, _ = part.solve(1e6, 1, 0, lambda: False)
    assert district is not None
    assert part.kept(district)
    held = np.bincount(district, weights=drive[west])
    assert np.abs(held / held.mean() - 1).max() <= 0.3 + 1e-9
    rules = LineRules(read, work, plan)
    assert rules.kept(plan.beat, sorted(set(plan.beat)))
    ids = [b for b in plan.table["beat"] if (plan.beat[west] == b).any()]
    uneven = plan.beat.copy()
    uneven[west] = np.where(west % 2 == 0, ids[0], ids[1])
    assert not rules.kept(uneven, ids, balanced=False)


def test_what_the_balances_cost_is_a_rule_with_a_price(town):
    balanced(town, "{ drive = 0.3 }")
    priced = {r.key: r for r in relaxations(read_description(town.project))}
    beats = priced["beats.balances"].rules.beats
    assert beats is not None
    assert beats.balances == {}


def test_what_beats_hold_is_counted_alike_of_a_drawing_and_of_a_plans_tables(town):
    balanced(town, "{ residents = 0.2, drive = 0.3, area = 0.5, calls = 0.5 }")
    out = town.path("out")
    run(town.project, out)
    tables = read_result(out)
    assert tables.beats is not None
    read = read_town(read_description(town.project))
    work = plan_workload(read)
    ids = [str(b) for b in tables.beats["beat"]]
    drawing = Drawing(read, work, tables.units["beat"].astype(str).to_numpy(object))
    figures = drawing.figures()
    rows = [figures.beat.index(b) for b in ids]
    planned = balances_of_plan(tables)
    assert [b.name for b in planned] == [b.name for b in figures.balances] == ["residents", "drive", "area", "calls"]
    for mine, its in zip(figures.balances, planned, strict=True):
        assert mine.tolerance == its.tolerance
        for field in ("held", "mean", "lower", "upper", "deviation"):
            np.testing.assert_allclose(getattr(mine, field)[rows], getattr(its, field), rtol=1e-6, err_msg=mine.name)
    # all but one unit of a beat go to another: what the marks tell is what the sentences tell
    place = read.units["municipality"].to_numpy(object)
    mine, other = (b for b in ids if place[drawing.members(b)[0]] == "West")
    drawing.paint(drawing.members(mine)[1:].tolist(), other)
    figures = drawing.figures()
    marked = {(figures.beat[k], b.name) for b in figures.balances for k in np.flatnonzero(b.broken)}
    said = {(m[1], m[2]) for t in figures.broken if (m := re.match(r"Beat (\S+) has too (?:much|little) of (\w+):", t))}
    assert marked == said
    assert {(mine, "residents"), (other, "residents")} <= marked
