"""The checker: a sound plan passes, and each tampering is caught."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from beatplanner.data.errors import InputError
from beatplanner.data.publish.report import proof_in_words as reported
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.manifest import write_manifest
from beatplanner.data.result.run_card import card_rows
from beatplanner.planning.verification import verify
from beatplanner.planning.verification.files import check_files
from beatplanner.planning.verification.ledger import Ledger
from beatplanner.ui.words import proof_in_few_words


@pytest.fixture(scope="module")
def plan(planned_once) -> Path:
    return planned_once.folder


@pytest.fixture
def copy(plan, tmp_path) -> Path:
    shutil.copytree(plan / "plan", tmp_path / "plan")
    return tmp_path / "plan"


def test_a_sound_plan_passes(plan):
    verdict = verify(plan / "plan")
    assert verdict.ok, [str(c) for c in verdict.failed]
    assert len(verdict.checks) > 60


def sql(*statements: str):
    def change(folder: Path) -> None:
        with closing(sqlite3.connect(folder / "plan.gpkg")) as database, database:
            # the triggers of the spatial index call functions that plain SQLite has not
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                database.execute(f'DROP TRIGGER "{name}"')
            changed = sum(database.execute(s).rowcount for s in statements)
            assert changed > 0

    return change


def said(step: str | None, key: str, value):
    def change(folder: Path) -> None:
        file = folder / "summary.json"
        summary = json.loads(file.read_text(encoding="utf-8"))
        part = summary if step is None else summary[step]
        part[key] = value(part[key]) if callable(value) else value
        file.write_text(json.dumps(summary, ensure_ascii=False), encoding="utf-8")

    return change


def without_certificate(folder: Path) -> None:
    said("officers", "certified", None)(folder)
    (folder / "proof" / "officers.npz").unlink()


def tamper_hash(folder: Path) -> None:
    file = folder / "summary.json"
    summary = json.loads(file.read_text(encoding="utf-8"))
    summary["inputs"][0]["sha256"] = "0" * 64
    file.write_text(json.dumps(summary), encoding="utf-8")


TAMPERINGS = {
    "a unit in another beat": (sql("UPDATE units SET beat = '4' WHERE unit = 1"), "beats."),
    "a unit in no beat": (sql("UPDATE units SET beat = 'x' WHERE unit = 1"), "units.beat"),
    "a unit lost": (sql("DELETE FROM units WHERE unit = 1"), "units.inputs"),
    "residents added": (sql("UPDATE units SET population = population + 1 WHERE unit = 3"), "units.population"),
    "workload lowered": (sql("UPDATE units SET workload = workload - 1 WHERE unit = 3"), "units.workload"),
    "deviation": (sql("UPDATE beats SET deviation = 0.01"), "beats.deviation"),
    "residents of a beat": (sql("UPDATE beats SET population = population + 9"), "beats.population"),
    "hours of a beat": (sql("UPDATE beats SET workload = workload + 9"), "beats.workload"),
    "compactness": (sql("UPDATE beats SET compactness = 1"), "beats.compactness"),
    "officers needed": (sql("UPDATE beats SET officers_required = 9"), "beats.officers_required"),
    "another centre": (sql("UPDATE beats SET centre_unit = 1"), "beats.centre_unit"),
    "an edge between far units": (
        sql("UPDATE edges SET unit_b = 16 WHERE unit_a = 1 AND unit_b = 2"),
        "edges.borders",
    ),
    "an edge left out": (sql("DELETE FROM edges WHERE unit_a = 1"), "edges.inputs"),
    # bounds add up the metres of all rows of a pair, so that inside beats each more lifts what is proven
    "an edge told twice": (
        sql("INSERT INTO edges (unit_a, unit_b, metres, kind) SELECT unit_a, unit_b, metres, kind FROM edges LIMIT 1"),
        "edges.once",
    ),
    "an edge told twice, the other way round": (
        sql("INSERT INTO edges (unit_a, unit_b, metres, kind) SELECT unit_b, unit_a, metres, kind FROM edges LIMIT 1"),
        "edges.once",
    ),
    "a border of a unit with itself": (
        sql("INSERT INTO edges (unit_a, unit_b, metres, kind) VALUES (1, 1, 900.0, 'link')"),
        "edges.once",
    ),
    "greatest deviation": (said("beats", "max_deviation", 0.0001), "beats.max_deviation"),
    "beats' objective": (said("beats", "objective", lambda v: v * 0.9), "beats.objective"),
    "number of beats": (said("beats", "count", 5), "beats.count"),
    "contiguous": (said("beats", "contiguous", False), "beats.contiguous"),
    "residents moved": (said("beats", "moved_share", 0.0001), "beats.moved_share"),
    "a bound above the plan": (said("beats", "lower_bound", lambda v: v * 2), "beats.lower_bound"),
    "a gap too great": (said("stations", "gap", 0.5), "stations.gap"),
    "a status that is none": (said("officers", "status", "best"), "officers.status"),
    "feasible though rules clash": (said(None, "clashes", ["a rule"]), "summary.feasible"),
    "version": (said(None, "version", 2), "summary.version"),
    "a shorter walk": (sql("UPDATE walks SET metres = metres * 0.5"), "walks."),
    "minutes": (sql("UPDATE units SET walk_minutes = walk_minutes - 1"), "stations.walk_minutes"),
    "another station is nearest": (sql("UPDATE units SET station = 'Old station'"), "stations.nearest"),
    "residents of a station": (sql("UPDATE stations SET residents = residents + 5"), "stations.residents"),
    "share within the limit": (said("stations", "share_within_limit", 0.123), "stations.share_within_limit"),
    "stations' cost": (said("stations", "cost", 1.0), "stations.cost"),
    "stations' objective": (said("stations", "objective", lambda v: v - 1000), "stations.objective"),
    "a station of today closed": (sql("UPDATE sites SET existing = 1 WHERE chosen = 0"), "stations.existing"),
    "vacant months": (said("officers", "vacant_months", -1), "officers.vacant_months"),
    "rotations": (said("officers", "rotations", 7), "officers.rotations"),
    "broken tenures": (said("officers", "tenure_violations", 7), "officers.tenure_violations"),
    "language gaps": (said("officers", "language_gaps", 777), "officers.language_gaps"),
    "officers' objective": (said("officers", "objective", 0.5), "officers.objective"),
    "postings cut short": (sql("UPDATE assignments SET end = '2027-03-01' WHERE start < '2027-03-01'"), "officers."),
    "a posting after leaving": (
        sql("UPDATE assignments SET start = '2027-01-01', end = '2029-01-01' WHERE officer = 'Бојан'"),
        "officers.availability",
    ),
    "a posting outside the months": (sql("UPDATE assignments SET start = '2027-01-17'"), "assignments.rows"),
    "two posts at once": (sql("UPDATE assignments SET officer = 'Ana'"), "officers."),
    "a layer in another zone": (
        sql(
            *(
                f"UPDATE {t} SET srs_id = 4326 WHERE table_name = 'beats'"
                for t in ("gpkg_contents", "gpkg_geometry_columns")
            )
        ),
        "plan.crs",
    ),
    "a bound of which nothing is said": (without_certificate, "officers.certified"),
    "a hash": (tamper_hash, "inputs."),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_each_tampering_is_caught(name, copy):
    change, check = TAMPERINGS[name]
    change(copy)
    verdict = verify(copy)
    assert not verdict.ok
    assert any(c.name.startswith(check) for c in verdict.failed), [str(c) for c in verdict.failed]


@pytest.mark.parametrize("name", ["summary.json", "manifest.json"])
def test_two_values_of_one_key_are_not_read(name, copy):
    """One reader would take the first, the checker the last."""
    file = copy / name
    file.write_text(file.read_text("utf-8").replace('"version"', '"version": 0, "version"', 1), "utf-8")
    if name == "summary.json":
        with pytest.raises(InputError, match="it has the key “version” twice"):
            read_result(copy)
    else:
        assert not told_of_files(copy).ok


def told_of_files(folder: Path):
    ledger = Ledger()
    check_files(ledger, folder, read_result(folder))
    return ledger.verdict()


def test_papers_that_were_taken_away_with_their_lines_are_told(copy):
    for name in ("report.html", "handovers.ics"):
        (copy / name).unlink()
    shutil.rmtree(copy / "job_descriptions")
    write_manifest(copy)
    unlisted = next(c for c in told_of_files(copy).unchecked if c.name == "files.unlisted")
    for name in ("report.html", "handovers.ics", "job_descriptions/"):
        assert name in unlisted.detail
    assert "officers.xlsx" not in unlisted.detail


def test_a_bound_without_a_certificate_is_told_where_its_gap_is():
    step = {"status": "feasible", "objective": 100.0, "lower_bound": 99.0, "gap": 0.01}
    for say in (proof_in_few_words, reported):
        assert "verify" not in say(step | {"certified": True})
        for status in ("feasible", "optimal"):
            assert re.search("cannot (be )?check", say(step | {"status": status, "certified": False}))
            assert "20.0%" in say(step | {"status": status, "certified": False, "certified_bound": 80.0})
    # prints tell what others can check
    for said, found in (
        ({}, "at most 1.0% from the best"),
        ({"certified": False}, "no bound"),
        ({"status": "optimal"}, "proven best"),
    ):
        assert ("Beats", found) in card_rows({"beats": step | said})
    assert ("Beats", "no bound") in card_rows({"beats": step | {"status": "optimal", "certified": False}})


def test_a_plan_that_was_made_on_windows_is_checked_here():
    """Its paths are Windows' own: inputs that are not here cannot be checked, and one that its rules never name is wrong all the same."""
    from beatplanner.planning.verification.ledger import Ledger
    from beatplanner.planning.verification.summary import check_inputs

    summary = {
        "description_file": r"C:\Градови\town\project.toml",
        "rules": {"units": {"path": "layers/units.gpkg"}, "incidents": {"path": r"D:\calls\calls.csv"}},
        "inputs": [
            {"role": "units", "path": r"C:\Градови\Town\layers\units.gpkg", "sha256": "0"},
            {"role": "incidents", "path": r"D:\calls\calls.csv", "sha256": "0"},
            {"role": "officers", "path": r"C:\Градови\town\officers.xlsx", "sha256": "0"},
        ],
    }
    ledger = Ledger()
    assert not check_inputs(ledger, summary)
    wrong = [c for c in ledger.checks if not c.ok]
    assert [c.name for c in wrong] == ["inputs.officers"] and wrong[0].detail == "The rules do not read officers.xlsx."
    assert len(ledger.checks) == 3
