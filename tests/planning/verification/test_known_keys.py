"""What nobody reads is told: keys and rows of a summary, arrays of a certificate, tables of a package; and rules that are kept are not called broken."""

from __future__ import annotations

import copy
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from beatplanner.data.result.folder import PEOPLE, read_result
from beatplanner.data.result.manifest import VERSION, write_manifest
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning.verification import check_files, check_tables
from beatplanner.planning.verification.known_arrays import OWN, strange_arrays
from beatplanner.planning.verification.known_keys import ONCE, check_rows, unknown_keys
from beatplanner.planning.verification.ledger import Ledger
from beatplanner.planning.verification.proofs import BUDGET, PROVERS, STOPS, TOLERANCE
from beatplanner.planning.verification.rollout_proof import ROLLOUT


@pytest.fixture(scope="module")
def plan(planned_once) -> Path:
    return planned_once.folder / "plan"


@pytest.fixture(scope="module")
def tables(plan) -> PlanTables:
    return read_result(plan)


def wrong_names(tables: PlanTables) -> set[str]:
    ledger = Ledger()
    check_tables(ledger, tables)
    return {c.name for c in ledger.verdict().failed}


def states_of_rows(summary: dict, written: int = VERSION) -> dict[str, str]:
    ledger = Ledger()
    check_rows(ledger, summary, written)
    return {c.name: c.state for c in ledger.checks}


def lists_of(content: object, name: str = "", path: tuple = ()) -> list[tuple[str, tuple]]:
    """Return every row of a list that is a table: its list's name, and the way to it."""
    found = []
    if isinstance(content, dict):
        for key, value in content.items():
            found += lists_of(value, f"{name}.{key}".lstrip("."), (*path, key)) if key != "rules" else []
    elif isinstance(content, list):
        for k, value in enumerate(content[:1]):
            found += ([(name, (*path, k))] if isinstance(value, dict) else []) + lists_of(
                value, f"{name}[]", (*path, k)
            )
    return found


def test_a_plan_has_known_keys_alone_and_each_row_and_array_once(tables):
    assert list(unknown_keys(tables.summary)) == []
    assert wrong_names(tables) == set()
    assert states_of_rows(tables.summary) == {"summary.rows": "checked"}


def test_a_key_in_any_row_that_no_summary_has_is_wrong(tables):
    rows = lists_of(tables.summary)
    assert {"beats.municipalities", "inputs"} <= {name for name, _ in rows}
    for name, path in rows:
        summary = copy.deepcopy(tables.summary)
        row = summary
        for step in path:
            row = row[step]
        row["approved"] = True
        assert list(unknown_keys(summary)) == [f"{name}[].approved"]
        assert states_of_rows(summary)["summary.rows"] == "wrong", name
        # an older program may have told more
        assert states_of_rows(summary, VERSION - 1) == {"summary.older_keys": "not checked", "summary.rows": "checked"}


def test_a_key_below_a_known_one_is_told_as_unknown(tables):
    summary = copy.deepcopy(tables.summary)
    summary["workload"]["signed_by"] = "nobody"
    summary["beats"]["smallest_tolerance"] = {"found": 0.25, "impossible_below": None, "of": 3}
    ledger = Ledger()
    check_tables(ledger, replace(tables, summary=summary))
    said = " ".join(c.detail for c in ledger.checks if c.detail.startswith("Unknown"))
    assert "workload.signed_by" in said and "beats.smallest_tolerance.of" in said


@pytest.mark.parametrize("of", list(ONCE), ids=".".join)
def test_a_row_that_stands_twice_is_wrong(of):
    section, key = of
    row = dict.fromkeys(ONCE[of], "a")
    for others, state in (([], "checked"), ([row], "wrong"), ([row | {ONCE[of][-1]: "b"}], "checked")):
        rows = {key: [row, *others]}
        ledger = Ledger()
        check_rows(ledger, {section: rows})
        assert {c.name: c.state for c in ledger.checks}["summary.rows"] == state


def test_a_municipality_told_twice_with_other_bounds_is_wrong(tables):
    summary = copy.deepcopy(tables.summary)
    rows = summary["beats"]["municipalities"]
    rows.append(rows[0] | {"beats": rows[0]["beats"] + 1})
    assert {"summary.rows", "beats.municipalities"} <= wrong_names(replace(tables, summary=summary))


def test_every_certificate_is_known_by_its_arrays(tables):
    assert set(OWN) == {*PROVERS, TOLERANCE, BUDGET, STOPS, ROLLOUT}
    assert {"beats", "stations", "officers"} <= set(tables.proofs)
    for kind, arrays in tables.proofs.items():
        assert strange_arrays(kind, arrays) == []
        for name in ("approved", "p9.parent", "p0.approved", "q0.parent", "p.parent", "p00.parent"):
            assert strange_arrays(kind, arrays | {name: np.ones(1)}) == [name], (kind, name)
        forged = tables.proofs | {kind: arrays | {"approved": np.ones(1)}}
        assert "proof.arrays" in wrong_names(replace(tables, proofs=forged))


def test_choices_of_hosts_have_parts_of_their_own():
    arrays = {"names": np.array(["a", "b"]), "home": np.zeros((1, 1), int)}
    for name in ("h0.p1.parent", "h0.least", "h0.part_bound"):
        assert strange_arrays("beats", arrays | {name: np.ones(1)}) == []
    for name in ("h1.least", "h0.p2.parent", "h0.p1.approved", "h0.approved", "l0.parent"):
        assert strange_arrays("beats", arrays | {name: np.ones(1)}) == [name]


ADDED = {
    "a table that no list names": ("plan.gpkg", "CREATE TABLE approved (fid INTEGER PRIMARY KEY)"),
    "a view": ("plan.gpkg", "CREATE VIEW better AS SELECT * FROM units"),
    "a table with a system's name": ("plan.gpkg", "CREATE TABLE gpkg_approved (fid INTEGER PRIMARY KEY)"),
    "an index of no layer": ("plan.gpkg", "CREATE TABLE rtree_approved_geom (fid INTEGER PRIMARY KEY)"),
    "a part of the plan that is no layer": ("plan.gpkg", "CREATE TABLE summary (fid INTEGER PRIMARY KEY)"),
    "a roster of its own": ("plan.gpkg", "ALTER TABLE roster ADD COLUMN beat TEXT"),
    "a table among the persons'": (PEOPLE, "CREATE TABLE approved (fid INTEGER PRIMARY KEY)"),
    "a layer of the plan among the persons'": (PEOPLE, "CREATE TABLE units (fid INTEGER PRIMARY KEY)"),
}


@pytest.mark.parametrize("added", list(ADDED))
def test_a_table_that_belongs_to_no_plan_is_wrong(plan, tmp_path, added):
    (tmp_path / "plan").mkdir()
    for name in ("plan.gpkg", PEOPLE, "summary.json"):
        (tmp_path / "plan" / name).write_bytes((plan / name).read_bytes())
    file, statement = ADDED[added]

    def states() -> dict[str, str]:
        write_manifest(tmp_path / "plan")
        ledger = Ledger()
        check_files(ledger, tmp_path / "plan", read_result(tmp_path / "plan"))
        return {c.name: c.state for c in ledger.checks}

    assert states()["plan.layers"] == "checked"
    with closing(sqlite3.connect(tmp_path / "plan" / file)) as database:
        database.execute(statement)
        database.commit()
    assert states()["plan.layers"] == "wrong"


def test_the_files_of_a_plan_are_opened_for_reading_alone(plan, monkeypatch):
    """A plan.gpkg with a write-ahead log, as QGIS leaves it, would get files beside it."""
    opened: list[str] = []
    connect = sqlite3.connect

    def noted(name, *more, **named):
        opened.append(str(name))
        return connect(name, *more, **named)

    tables = read_result(plan)
    monkeypatch.setattr(sqlite3, "connect", noted)
    check_files(Ledger(), plan, tables)
    assert opened and not [name for name in opened if "mode=ro" not in name]


def called(tables: PlanTables, step: str, status: str) -> PlanTables:
    """Return a plan of which a step is called so, without a bound."""
    summary, clash = copy.deepcopy(tables.summary), "No plan keeps the rules."
    summary |= {"feasible": False, "clashes": [clash], "unproven_clashes": [clash] if status == "unknown" else []}
    summary[step] |= {"status": status, "lower_bound": None, "gap": None, "certified": None}
    summary[step].pop("certified_bound", None)
    return replace(tables, summary=summary, proofs={name: a for name, a in tables.proofs.items() if name != step})


@pytest.mark.parametrize("status", ["infeasible", "unknown"])
@pytest.mark.parametrize(
    ("step", "check"),
    [("beats", "beats.status"), ("stations", "stations.status"), ("officers", "officers.broken_rules")],
)
def test_a_plan_that_keeps_all_rules_is_not_called_relaxed(tables, step, check, status):
    assert wrong_names(called(tables, step, status)) == {check}


def test_stations_that_miss_their_number_may_be_called_relaxed(tables):
    relaxed = called(tables, "stations", "infeasible")
    # no rule of its own says how many there must be at least
    relaxed.summary["rules"]["stations"]["count"] = 3
    assert "stations.status" not in wrong_names(relaxed)


def test_beats_of_which_it_cannot_be_told_may_be_called_relaxed(tables):
    for key, value in (("count", "auto"), ("max_moved", 0.0), ("tolerance", 1e-9), ("held", {"1": "1"})):
        relaxed = called(tables, "beats", "infeasible")
        relaxed.summary["rules"]["beats"][key] = value
        assert "beats.status" not in wrong_names(relaxed), key
    relaxed = called(tables, "beats", "unknown")
    for row in relaxed.summary["beats"]["municipalities"]:
        row["tolerance"] *= 2
    assert "beats.status" not in wrong_names(relaxed)


def test_a_walk_that_stands_twice_and_a_version_that_is_no_number_are_wrong(tables):
    assert tables.walks is not None
    twice = pd.concat([tables.walks, tables.walks.iloc[:1]], ignore_index=True)
    assert "walks.once" in wrong_names(replace(tables, walks=twice))
    assert "summary.version" in wrong_names(replace(tables, summary=tables.summary | {"version": True}))


def test_rules_of_stations_count_where_other_rules_clash(tables):
    summary = copy.deepcopy(tables.summary)
    summary |= {"feasible": False, "clashes": ["Beats clash."], "unproven_clashes": []}
    summary["rules"]["stations"]["budget"] = 0.5
    summary["stations"]["cost"] = 2.0
    stations = tables.stations.assign(cost=1.0)
    assert "stations.budget" in wrong_names(replace(tables, summary=summary, stations=stations))
