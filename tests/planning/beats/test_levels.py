"""Two levels above the beats: sectors within a span of control and commands of sectors, against enumeration, clashes, and forged claims."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.description.sections.beats import Grouping
from beatplanner.data.errors import InputError
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning import verification
from beatplanner.planning.beats import levels
from beatplanner.planning.beats.levels import _Grouped
from beatplanner.planning.proof import Unproven, silent
from beatplanner.planning.verification import verify
from beatplanner.planning.verification.evidence import Evidence, with_text_ids
from beatplanner.planning.verification.ledger import Ledger
from beatplanner.planning.whole.run import run
from beatplanner.solver.clock import Watch
from beatplanner.solver.districts.problem import DistrictingProblem
from beatplanner.solver.districts.solve import connected, solve_districts
from conftest import ROSTER, write_roster

pytestmark = pytest.mark.usefixtures("bare_plans", "fixed_work")


def led(town, rules: str, count: int = 8):
    """Ask for so many beats, and for sectors; stations and officers are left out."""
    town.swap("count = 4\ntolerance = 0.25", f"count = {count}\ntolerance = 0.6\n{rules}")
    text = town.project.read_text(encoding="utf-8")
    town.project.write_text(text[: text.index("[stations]")], encoding="utf-8")
    out = town.path("out")
    run(town.project, out)
    return out, json.loads((out / "summary.json").read_text(encoding="utf-8"))


def is_caught(tables: PlanTables) -> set[str]:
    ledger = Ledger()
    verification.check_tables(ledger, tables)
    return {c.name for c in ledger.verdict().failed}


def least_travel(tables: PlanTables, groups: int, span: tuple[int, int], tolerance: float) -> float:
    """Return the least travel of all ways to put the beats into so many connected sectors, one by one."""
    units, beats, edges = with_text_ids(tables)
    assert beats is not None
    district = beats.index.get_indexer(units["beat"])
    hours = np.bincount(district, weights=units["workload"])
    at = units.set_index("unit").loc[list(beats["centre_unit"]), ["x", "y"]].to_numpy(float)
    far = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    ends = district[edges[["a", "b"]].to_numpy(int)]
    best, mean = np.inf, hours.sum() / groups
    for label in itertools.product(range(groups), repeat=len(hours) - 1):
        group = np.array((0, *label))
        sizes, load = np.bincount(group, minlength=groups), np.bincount(group, weights=hours, minlength=groups)
        if sizes.min() < span[0] or sizes.max() > span[1] or np.abs(load / mean - 1).max() > tolerance + 1e-9:
            continue
        if not connected(group, ends):
            continue
        members = [np.flatnonzero(group == k) for k in range(groups)]
        best = min(best, sum(float((hours[g] @ far[np.ix_(g, g)]).min()) for g in members))
    return best


def test_sectors_and_commands_are_the_best_there_are_with_a_proof_of_each(town):
    out, summary = led(
        town, "sectors = { span = [2, 3], tolerance = 0.5 }\ncommands = { span = [1, 2], tolerance = 0.6 }"
    )
    assert summary["feasible"], summary["clashes"]
    sectors, commands = summary["sectors"], summary["commands"]
    # as few as the span allows: eight beats of at most three, three sectors of at most two
    assert (sectors["count"], commands["count"]) == (3, 2)
    for level in (sectors, commands):
        assert level["status"] == "optimal"
        assert level["certified"] is True
        assert level["contiguous"] is True
    tables = read_result(out)
    assert sectors["objective"] == pytest.approx(least_travel(tables, 3, (2, 3), 0.5))
    assert sectors["max_deviation"] <= 0.5
    assert tables.sectors is not None
    assert tables.commands is not None
    assert tables.beats is not None
    assert tables.sectors["beats"].tolist() == tables.beats["sector"].value_counts().sort_index().tolist()
    assert set(tables.beats["command"]) == {"C1", "C2"} == set(tables.sectors["command"])
    assert tables.sectors.geometry.area.sum() == pytest.approx(tables.units.geometry.area.sum())
    verdict = verify(out)
    assert verdict.ok
    said = {c.name for c in verdict.checks if c.state == "checked"}
    wanted = ("count", "rules", "objective", "proof", "certified", "polygon", "centre", "best_centre", "max_deviation")
    assert {f"{level}.{key}" for level in ("sectors", "commands") for key in wanted} <= said
    _forge(tables)


def _forge(tables: PlanTables) -> None:
    """Change what is told of the sectors, one thing after another."""
    assert tables.sectors is not None
    assert tables.beats is not None
    said = tables.summary["sectors"]
    for key, value in (
        ("count", 4),
        ("span", [1, 3]),
        ("tolerance", 0.4),
        ("max_deviation", 0.0),
        ("contiguous", False),
        ("objective", said["objective"] * 0.99),
        ("lower_bound", said["lower_bound"] * 1.01),
        ("certified", False),
    ):
        forged = {**tables.summary, "sectors": {**said, key: value}}
        assert any(name.startswith("sectors.") for name in is_caught(replace(tables, summary=forged))), key
    clash = "No sectors keep the rule."
    for status, unproven in (("infeasible", []), ("unknown", [clash])):
        relaxed = said | {"status": status, "lower_bound": None, "gap": None, "certified": None}
        forged = {**tables.summary, "feasible": False, "clashes": [clash], "unproven_clashes": unproven}
        proofs = {name: arrays for name, arrays in tables.proofs.items() if name != "sectors"}
        assert is_caught(replace(tables, summary={**forged, "sectors": relaxed}, proofs=proofs)) == {"sectors.rules"}
    for column, value in (
        ("beats", 9),
        ("workload", 1.0),
        ("deviation", 2.0),
        ("centre_beat", "none"),
        ("command", "C9"),
    ):
        table = gpd.GeoDataFrame(tables.sectors.assign(**{column: value}))
        assert any(n.split(".")[0] in ("sectors", "commands") for n in is_caught(replace(tables, sectors=table))), (
            column
        )
    moved = gpd.GeoDataFrame(tables.sectors.set_geometry(tables.sectors.geometry.translate(400.0)))
    assert "sectors.polygon" in is_caught(replace(tables, sectors=moved))
    order = sorted(set(tables.beats["sector"]))
    other = tables.beats["sector"].map(dict(zip(order, [*order[1:], order[0]], strict=True)))
    assert is_caught(replace(tables, beats=gpd.GeoDataFrame(tables.beats.assign(sector=other))))
    for beats in (tables.beats.assign(command="C1"), tables.beats.drop(columns="command")):
        assert "commands.count" in is_caught(replace(tables, beats=gpd.GeoDataFrame(beats)))
    assert "sectors.count" in is_caught(replace(tables, sectors=None, commands=None))
    without = {k: v for k, v in tables.summary.items() if k not in ("sectors", "commands")}
    assert "sectors.count" in is_caught(replace(tables, sectors=None, commands=None, summary=without))


def test_a_span_that_no_number_of_sectors_fits_is_told_as_proven(town):
    out, summary = led(town, "sectors = { span = [5, 6] }", count=4)
    assert not summary["feasible"]
    assert [c for c in summary["clashes"] if "4 beats make no whole number of sectors of 5 to 6" in c]
    assert not summary["unproven_clashes"]
    assert summary["sectors"]["status"] == "infeasible"
    assert summary["sectors"]["span"] == [4, 6]
    assert verify(out).ok


def test_a_single_sector_is_told_in_the_singular(town):
    _, summary = led(town, "sectors = { span = [1, 4] }\ncommands = { span = [2, 3] }", count=2)
    claims = " ".join(summary["clashes"])
    assert "1 sector makes no command of 2 to 3." in claims and "1 sectors" not in claims


def test_work_that_is_too_uneven_gives_way_and_is_called_impossible_where_no_number_of_sectors_does(town):
    out, summary = led(town, "sectors = { span = [2, 3], tolerance = 0.000001 }")
    assert not summary["feasible"]
    assert not summary["unproven_clashes"]
    said = [c for c in summary["clashes"] if "No connected sectors of 2 to 3 beats" in c]
    assert len(said) == 1
    sectors = summary["sectors"]
    assert sectors["status"] == "infeasible"
    assert sectors["lower_bound"] is None
    assert sectors["max_deviation"] <= sectors["tolerance"] + 1e-9
    assert sectors["span"] == [2, 3]
    assert f"±{sectors['tolerance']:.1%}" in said[0]
    assert verify(out).ok


@pytest.mark.parametrize("nodes", [0, 2_000])
def test_few_beats_that_only_a_proof_groups_are_grouped(nodes):
    # eight beats in two sectors: the search ends beside the few groupings that keep the balance
    hours = [77.6, 90.4, 62.8, 66.3, 143.1, 99.7, 75.1, 44.7]
    at = [(11, 3), (11, 1), (15, 1), (17, 1), (1, 3), (5, 3), (7, 1), (3, 1)]
    edges = [(0, 1), (0, 2), (0, 5), (1, 2), (1, 6), (2, 3), (4, 5), (4, 7), (5, 6), (5, 7), (6, 7)]
    members = DistrictingProblem(
        np.array(hours), np.array(at) * 250.0, np.array(edges), np.ones(len(edges)), 1, 0.0, sum(hours)
    )
    rule = Grouping(span=(3, 5), tolerance=0.05)
    level = _Grouped("sectors", rule, members, (1e6, 1, 32, nodes), lambda: False).level(silent)
    assert not level.clash
    assert level.tolerance == 0.05
    assert level.off <= 0.05
    assert len(level.centre) == 2
    assert level.proof.status == "optimal" or nodes == 0


def drawn_members(seed: int) -> DistrictingProblem:
    """Return seven members with hours and neighbours by chance, mostly in one piece."""
    random = np.random.default_rng(seed)
    n, at, hours = 7, random.uniform(0, 1000, (7, 2)), random.uniform(20, 150, 7)
    far = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    near = {tuple(sorted((i, int(j)))) for i in range(n) for j in np.argsort(far[i])[1:3]}
    edges = np.array(sorted(near))
    return DistrictingProblem(hours, at, edges, np.ones(len(edges)), 1, 0.0, float(hours.sum()))


def some_keep(members: DistrictingProblem, rule: Grouping) -> bool:
    """Tell whether any connected groups, of whatever number, keep a rule; each way to group the members is looked at."""
    n, (low, high) = len(members.weight), rule.span
    for label in itertools.product(range(n // low or 1), repeat=n - 1):
        group = np.array((0, *label))
        if (group > np.maximum.accumulate(np.r_[-1, group[:-1]]) + 1).any():
            continue
        sizes = np.bincount(group)
        if sizes.min() < low or sizes.max() > high:
            continue
        load = np.bincount(group, weights=members.weight)
        if np.abs(load / load.mean() - 1).max() <= rule.tolerance and connected(group, members.edges):
            return True
    return False


@pytest.mark.parametrize("seed", range(12))
def test_that_no_number_of_groups_does_is_told_as_proven_and_only_then(seed):
    members = drawn_members(seed)
    random = np.random.default_rng(seed + 100)
    low = int(random.integers(1, 4))
    rule = Grouping(span=(low, int(random.integers(max(2, low), 5))), tolerance=float(random.choice([0.02, 0.1, 0.3])))
    level = _Grouped("sectors", rule, members, (1e6, 1, seed, 2_000), lambda: False).level(silent)
    assert bool(level.clash) != some_keep(members, rule)
    if level.clash:
        # seven members are gone through whole: nothing is left unproven
        assert not isinstance(level.clash, Unproven)
        assert level.proof.status == "infeasible"
        assert level.proof.lower_bound is None
    else:
        assert level.proof.status == "optimal"


@pytest.mark.parametrize(("nodes", "most"), [(None, 3), (50, 30)])
def test_no_more_groups_are_tried_once_their_time_is_over_and_some_are_known(monkeypatch, nodes, most):
    time, asked = [0.0], []

    def slow(problem, **limits):
        asked.append(problem)
        time[0] += 10.0
        return solve_districts(problem, **{**limits, "seconds": 1e6, "effort": 1e-3, "nodes": 50})

    monkeypatch.setattr(levels, "solve_districts", slow)
    squares = np.arange(24).reshape(4, 6)
    edges = np.r_[
        np.c_[squares[:, :-1].ravel(), squares[:, 1:].ravel()], np.c_[squares[:-1].ravel(), squares[1:].ravel()]
    ]
    hours = np.random.default_rng(5).uniform(20, 150, 24)
    at = np.c_[squares.ravel() % 6, squares.ravel() // 6] * 100.0
    members = DistrictingProblem(hours, at, edges, np.ones(len(edges)), 1, 0.0, float(hours.sum()))
    watch = Watch(lambda: False, lambda: time[0])
    rule = Grouping(span=(2, 6), tolerance=1e-6)
    level = _Grouped("sectors", rule, members, (5.0, 1, 0, nodes), watch).level(silent)
    # what time has not tried is not told as proven
    assert isinstance(level.clash, Unproven) or nodes is not None
    assert level.span[0] >= 2 and level.span[1] <= 6
    assert len(asked) == most if nodes is None else 3 < len(asked) <= most


def test_commands_need_sectors_and_a_span_rises(town):
    for rule, words in (
        ("commands = { span = [1, 2] }", "beats.commands"),
        ("sectors = { span = [5, 2] }", "fewest and then the most"),
        ("sectors = { span = [5] }", "fewest and then the most"),
        ("sectors = { span = [2, 4, 5] }", "fewest and then the most"),
    ):
        text = town.project.read_text(encoding="utf-8")
        town.swap("tolerance = 0.25", f"tolerance = 0.25\n{rule}")
        with pytest.raises(InputError) as wrong:
            read_description(town.project)
        assert words in "\n".join(str(p) for p in wrong.value.problems)
        town.project.write_text(text, encoding="utf-8")


def test_the_checker_reads_a_level_from_the_layers_alone(town):
    out, _ = led(town, "sectors = { span = [2, 4], tolerance = 0.5 }")
    tables = read_result(out)
    units, beats, edges = with_text_ids(tables)
    evidence = Evidence(units, beats, edges, tables, tables.summary, read_description(town.project), None)
    arrays = tables.proofs["sectors"]
    bound = tables.summary["sectors"]["lower_bound"]
    assert verification.proofs.prove_level(evidence, arrays, bound) == pytest.approx(bound)
    # other multipliers prove another bound, never a better one
    worse = {k: v for k, v in arrays.items() if k != "p0.round_multiplier"}
    worse["p0.round_multiplier"] = arrays["p0.round_multiplier"] * 0
    worse["p0.parent"] = arrays["p0.parent"]
    assert verification.proofs.prove_level(evidence, worse, bound) <= bound


def test_who_leads_leads_in_one_sector(town):
    cells = {"Ana": ["constable"], "Goran": ["constable"], "Cena": ["sergeant"], "Mira": ["constable"]}
    write_roster(
        town.path("officers.xlsx"), [[*ROSTER[0], "rank"], *([*r, *cells.get(r[0], [None])] for r in ROSTER[1:])]
    )
    town.swap("tolerance = 0.25", "tolerance = 0.6\nsectors = { span = [2, 2], tolerance = 0.6 }")
    text = town.project.read_text(encoding="utf-8")
    head, _, tail = text.partition("[stations]")
    more = 'supervisor_ranks = ["sergeant"]\nspan_of_control = 2\n'
    town.project.write_text(f"{head}[officers]{tail.partition('[officers]')[2]}{more}", encoding="utf-8")
    out = town.path("out")
    run(town.project, out)
    tables = read_result(out)
    rows = tables.summary["officers"]["supervision"]
    assert [r["area"] for r in rows] == ["", "S1", "S2"]
    assert tables.beats is not None
    assert tables.assignments is not None
    sector = dict(zip(tables.beats["beat"], tables.beats["sector"], strict=True))
    first = tables.assignments[tables.assignments["start"] == "2027-01-01"]
    for row in rows[1:]:
        here = [o for o, b in zip(first["officer"], first["beat"], strict=True) if sector[b] == row["area"]]
        assert row["officers"] == sum(o != "Cena" for o in here)
        assert row["supervisors"] == ("Cena" in here)
    assert verify(out).ok
