"""Every key, column and file of a result changed in turn: each change is caught, or the claim was listed as not checked."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
import shapely
from benchmarks.tampering import is_listed, listed, name_of, paths, with_key
from pydantic import BaseModel

from beatplanner.data.description.models import Description
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.manifest import VERSION, renew_manifest, write_manifest, written_version
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.data.result.summary import Summary
from beatplanner.planning import verification
from beatplanner.planning.verification import verify
from beatplanner.planning.verification.coverage import KEYS, LAYERS, NOT_CHECKED_KEYS
from beatplanner.planning.verification.evidence import Evidence, with_text_ids
from beatplanner.planning.verification.ledger import Check, Ledger, Verdict
from beatplanner.planning.verification.proofs import proven
from beatplanner.planning.whole.run import run
from conftest import write_grid_town


@pytest.fixture(scope="module")
def plan(tmp_path_factory) -> Path:
    town = write_grid_town(tmp_path_factory.mktemp("tampered"))
    # more digits than a figure is told with: the rules are kept as they were given
    town.swap("tolerance = 0.25", "tolerance = 0.25000000000004321\nmax_moved = 0.50000000000001234")
    run(town.project, town.folder / "plan")
    return town.folder / "plan"


# A file that has the bytes of the plan says what it said then.
HARMLESS = ("inputs[].content gone",)


class FoundError(Exception):
    """Something is wrong: what else is, nobody asks."""


class UntilWrong(list):
    """The checks of a ledger that is closed with the first wrong one: most changes are found long before the proofs are done again."""

    def append(self, check: Check) -> None:
        super().append(check)
        if not check.ok:
            raise FoundError


def is_caught(tables: PlanTables) -> bool:
    """Tell whether the checker finds anything wrong."""
    ledger = Ledger()
    ledger.checks = UntilWrong()
    try:
        verification.check_tables(ledger, tables)
    except FoundError:
        return True
    return False


@pytest.fixture
def judged(plan, monkeypatch):
    """Return the plan, and what checks tables in memory, with the inputs read once for each set of rules."""
    read, known = verification.read_town, {}

    def once(description):
        key = description.model_dump_json()
        if key not in known:
            known[key] = read(description)
        return known[key]

    monkeypatch.setattr(verification, "read_town", once)

    def judge(tables: PlanTables) -> Verdict:
        ledger = Ledger()
        verification.check_tables(ledger, tables)
        return ledger.verdict()

    return read_result(plan), judge


def test_every_key_of_the_summary(judged):
    tables, judge = judged
    sound = judge(tables)
    assert sound.ok, [str(c) for c in sound.failed]
    known, unseen, tried = listed(sound), [], 0
    seen: set[str] = set()
    for path in paths(tables.summary):
        name = name_of(path)
        # one of the elements of a list is enough, and of the rules some
        if name in seen or (
            path[0] == "rules"
            and len(path) > 2
            and path[-1] not in ("tolerance", "absence", "walk_minutes", "max_moved")
        ):
            continue
        seen.add(name)
        if is_listed(name, known):
            continue
        # `benchmarks/tampering.py` does all of both over the command line
        gone, tried = len(seen) % 2 == 0, tried + 1
        other, what = (
            replace(tables, summary=with_key(tables.summary, path, gone=gone)),
            f"{name} {'gone' if gone else 'changed'}",
        )
        # what cannot be checked any more is told so
        if (
            what not in HARMLESS
            and not is_caught(other)
            and not {c.name for c in judge(other).unchecked} - {c.name for c in sound.unchecked}
        ):
            unseen.append(what)
    assert tried > 80
    assert not unseen, "\n".join(unseen)
    assert not is_caught(tables)
    added = judge(replace(tables, summary=tables.summary | {"praise": "the best plan ever"}))
    assert "praise" in listed(added)


def other_column(column: pd.Series) -> pd.Series:
    found = column.copy()
    if column.name == "geometry":
        return column.translate(3.0, 0.0) if hasattr(column, "translate") else column
    if pd.api.types.is_bool_dtype(column):
        return ~column
    if pd.api.types.is_numeric_dtype(column):
        return column.fillna(0) + (1 if pd.api.types.is_integer_dtype(column) else 1.5)
    found.iloc[0] = f"{found.iloc[0]}x"
    return found


def test_every_column_of_every_layer(judged):
    tables, judge = judged
    known, unseen, tried = listed(judge(tables)), [], 0
    for layer in LAYERS:
        table = getattr(tables, layer)
        for column in [] if table is None or not len(table) else table.columns:
            name = f"{layer}.{column}"
            if is_listed(name, known):
                continue
            other = table.copy()
            other[column] = other_column(table[column])
            tried += 1
            if not is_caught(replace(tables, **{layer: other})):
                unseen.append(name)
        if table is not None:
            tried += 1
            if not is_caught(replace(tables, **{layer: table.iloc[:-1]})):
                unseen.append(f"a row of {layer} gone")
    assert tried > 80
    assert not unseen, "\n".join(unseen)


def test_the_list_of_what_is_not_checked_is_short_and_has_reasons(plan):
    verdict = verify(plan)
    assert verdict.ok, [str(c) for c in verdict.failed]
    assert len(verdict.unchecked) < 15
    for check in verdict.unchecked:
        assert len(check.detail) > 20, check
        assert check.state == "not checked"
        assert not str(check).startswith("checked")
    assert not any("Unknown" in c.detail for c in verdict.unchecked), [str(c) for c in verdict.unchecked]


def test_every_file(plan, tmp_path):
    import shutil

    copied = tmp_path / "plan"
    shutil.copytree(plan, copied)
    names = [p.relative_to(copied).as_posix() for p in sorted(copied.rglob("*")) if p.is_file()]
    assert len(names) > 20
    ledger_of = verification.check_files
    tables = read_result(copied)

    def wrong_files() -> list[str]:
        ledger = Ledger()
        ledger_of(ledger, copied, tables)
        return [c.detail for c in ledger.checks if not c.ok]

    assert not wrong_files()
    for name in names:
        file = copied / name
        before = file.read_bytes()
        file.write_bytes(before + b" ")
        assert name == "manifest.json" or any(name in t for t in wrong_files()), name
        file.unlink()
        seen = [c for c in verify_files(copied, tables) if c.state != "checked" and (name in c.detail)]
        assert seen or (name == "manifest.json" and wrong_files()), name
        file.write_bytes(before)
    (copied / "forum" / "note.txt").write_text("added", encoding="utf-8")
    assert any("note.txt" in t for t in wrong_files())
    # who writes the manifest anew is still caught by what is recomputed
    (copied / "forum" / "note.txt").unlink()
    units = copied / "forum" / "units.csv"
    lines = units.read_text(encoding="utf-8-sig").splitlines()
    units.write_text("\n".join(lines[:-1]), encoding="utf-8-sig")
    write_manifest(copied)
    assert any("missing in the pack" in t for t in wrong_files())


def test_a_key_that_older_versions_did_not_write_may_be_missing_in_their_folders_alone(judged, tmp_path):
    tables, _ = judged
    without = {k: v for k, v in tables.summary.items() if k != "unproven_clashes"}
    without["stations"] = {k: v for k, v in tables.summary["stations"].items() if k != "homes"}

    def states(written: int) -> dict[str, str]:
        ledger = Ledger()
        verification.check_summary(ledger, without, written)
        return {c.name: c.state for c in ledger.checks}

    assert states(VERSION)["summary.keys"] == "wrong"
    assert states(1)["summary.keys"] == "checked" and states(1)["summary.newer_keys"] == "not checked"
    # nor may one that is null anyway, as what is told of a roll-out's bound where money limits nothing
    for key in ("certified", "resident_years_bound"):
        newer = {"forums": [], "certified": None, "resident_years_bound": None}
        without = tables.summary | {"budget": {k: v for k, v in newer.items() if k != key}}
        assert states(VERSION)["summary.keys"] == "wrong" and states(4)["summary.keys"] == "checked"
    # a folder says itself in which version it was written; where it does not, it counts as today's
    assert written_version(tmp_path) == VERSION
    (tmp_path / "manifest.json").write_text('{"version": 1, "files": {"report.html": ""}}', encoding="utf-8")
    renew_manifest(tmp_path, ["report.html"])
    assert written_version(tmp_path) == 1
    write_manifest(tmp_path)
    assert written_version(tmp_path) == VERSION


def verify_files(folder: Path, tables: PlanTables):
    ledger = Ledger()
    verification.check_files(ledger, folder, tables)
    return ledger.checks


# ---- certificates


def arrays_with(tables: PlanTables, step: str, **other: np.ndarray) -> PlanTables:
    return replace(tables, proofs=tables.proofs | {step: tables.proofs[step] | other})


@pytest.mark.parametrize("step", ["beats", "stations", "officers"])
def test_a_bound_is_certified_and_one_digit_more_is_caught(judged, step):
    tables, judge = judged
    claims = tables.summary[step]
    assert claims["certified"] is True
    state = {c.name: c.state for c in judge(tables).checks}
    assert state[f"{step}.proof"] == "checked"
    bound = claims["lower_bound"]
    shown = f"{bound:.10g}"
    digit = 10.0 ** -len(shown.partition(".")[2])
    for raised in (bound + digit, claims["objective"]):
        if raised == bound:
            continue
        summary = copy.deepcopy(tables.summary)
        summary[step] |= {"lower_bound": raised, "gap": (claims["objective"] - raised) / claims["objective"]}
        found = {c.name: c.state for c in judge(replace(tables, summary=summary)).checks}
        assert found[f"{step}.proof"] == "wrong"
        # with the claim in the certificate raised too, what it proves is still too little
        if raised - bound > 1e-6 * bound:
            lied = arrays_with(replace(tables, summary=summary), step, bound=np.array([raised]))
            assert {c.name: c.state for c in judge(lied).checks}[f"{step}.proof"] == "wrong"
    none = judge(replace(tables, proofs={k: v for k, v in tables.proofs.items() if k != step}))
    assert {c.name: c.state for c in none.checks}[f"{step}.proof"] == "wrong"


def garbled(arrays: dict[str, np.ndarray], random: np.random.Generator) -> dict[str, np.ndarray]:
    """Return a certificate with other multipliers, some hardly and some much, and now and then another claim in it."""
    size, found = 10.0 ** random.uniform(-4, 1), {}
    for key, value in arrays.items():
        if value.dtype.kind in "fi" and key.rpartition(".")[2] in MULTIPLIERS:
            noise = 1 + size * random.normal(size=value.shape)
            found[key] = (
                (value * noise + size * random.normal(size=value.shape) * np.abs(value).mean()).astype(value.dtype)
                if value.size
                else value
            )
        else:
            found[key] = value
    if "part_bound" in found:
        found["part_bound"] = found["part_bound"] * random.uniform(0.9, 1.3)
    return found


MULTIPLIERS = (
    "round_multiplier",
    "multiplier",
    "price",
    "round_price",
    "cut_price",
    "u",
    "lam",
    "posts",
    "room",
    "handover",
    "needs",
)


@pytest.mark.parametrize("step", ["beats", "stations", "officers"])
def test_no_certificate_proves_that_an_existing_plan_cannot_be(judged, step):
    tables, _ = judged
    rules = Description.model_validate(tables.summary["rules"])
    file = Path(tables.summary["description_file"])
    town = verification.read_town(rules.model_copy(update={"folder": file.parent, "file": file}))
    random, above = np.random.default_rng(7), tables.summary[step]["objective"] * (1 + 1e-6) + 1e-6
    for _ in range(40):
        arrays = garbled(tables.proofs[step], random)
        units, beats, edges = with_text_ids(tables)
        other = replace(tables, proofs={step: arrays})
        found, why = proven(Evidence(units, beats, edges, other, tables.summary, rules, town), step, above)
        assert found is None or found < above, why


@pytest.mark.parametrize("step", ["beats", "stations", "officers"])
def test_numbers_that_are_none_prove_nothing(judged, step):
    tables, _ = judged
    rules = Description.model_validate(tables.summary["rules"])
    file = Path(tables.summary["description_file"])
    town = verification.read_town(rules.model_copy(update={"folder": file.parent, "file": file}))
    above = tables.summary[step]["objective"] * 1.5 + 1.0
    units, beats, edges = with_text_ids(tables)
    for key, value in tables.proofs[step].items():
        for other in (np.nan, np.inf, -np.inf, 1e300, -1e300, -1.0, 0.0, 1e12):
            if value.dtype.kind not in "fi" or not value.size:
                continue
            with np.errstate(all="ignore"):
                arrays = tables.proofs[step] | {key: np.full(value.shape, other)}
                arrays |= {"part_bound": np.full(2, above)} if step == "beats" and key != "part_bound" else {}
                tried = replace(tables, proofs={step: arrays})
                found, _ = proven(Evidence(units, beats, edges, tried, tables.summary, rules, town), step, above)
            assert found is None or found < above, (key, other)


def test_multipliers_that_prove_less_are_caught(judged):
    tables, judge = judged
    beats, stations, officers = (tables.proofs[s] for s in ("beats", "stations", "officers"))
    for step, key, value in (
        ("beats", "part_bound", beats["part_bound"] * 0.9),
        ("stations", "u", stations["u"] * 0.5),
        ("officers", "needs", officers["needs"] * 0.5),
        ("officers", "posts", -officers["posts"] - 1.0),
        ("officers", "handover", officers["handover"][1:]),
        ("stations", "parent", stations["parent"][:-1]),
    ):
        found = judge(arrays_with(tables, step, **{key: value}))
        assert {c.name: c.state for c in found.checks}[f"{step}.proof"] == "wrong", (step, key)
    rounds = next(k for k in beats if k.endswith("round_multiplier"))
    tree = rounds.replace("round_multiplier", "multiplier")
    halved = {rounds: beats[rounds] // 2, tree: np.zeros_like(beats[tree])}
    assert {c.name: c.state for c in judge(arrays_with(tables, "beats", **halved)).checks}["beats.proof"] == "wrong"


def test_json_and_exit_codes(plan, command, tmp_path):
    code, out, _ = command("verify", plan, "--json")
    content = json.loads(out)
    assert code == 0
    assert content["ok"] and content["wrong"] == 0
    assert {c["state"] for c in content["checks"]} == {"checked", "not checked"}
    assert content["checked"] + content["not_checked"] == len(content["checks"])
    code, out, _ = command("verify", plan)
    assert code == 0
    assert "could not be checked" in out


def unknown_keys(part, place=""):
    """Yield the keys of a summary, and of its sections with a shape, that the model does not name."""
    for key, value in part:
        if key in (part.model_extra or {}):
            yield f"{place}{key}"
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, BaseModel):
                yield from unknown_keys(one, f"{place}{key}.")


def test_the_schema_names_every_key_that_the_checker_knows():
    sections = {
        key: next((t for t in get_args(f.annotation) if isinstance(t, type) and issubclass(t, BaseModel)), None)
        for key, f in Summary.model_fields.items()
    }
    missing = []
    for key in (*KEYS, *NOT_CHECKED_KEYS):
        section, _, inner = key.partition(".")
        of = sections.get(section)
        if section not in sections or (
            inner and of is not None and inner.split(".")[0].removesuffix("[]") not in of.model_fields
        ):
            missing.append(key)
    assert not missing


def test_the_published_schema_fits(plan):
    content = json.loads((plan / "summary.json").read_text(encoding="utf-8"))
    typed = Summary.model_validate(content)
    assert typed.beats is not None and typed.beats.certified is True
    assert not list(unknown_keys(typed))
    with pytest.raises(ValueError):
        Summary.model_validate(content | {"feasible": "perhaps"})


def test_a_polygon_of_a_catchment_is_told_as_not_checked(judged):
    tables, judge = judged
    assert is_listed("catchments.geometry", listed(judge(tables)))
    assert tables.catchments is None or shapely.is_valid(tables.catchments.geometry).all()
