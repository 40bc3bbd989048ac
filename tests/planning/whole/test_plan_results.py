"""Warnings with their places, proofs in plain units, and the verdict kept beside a plan."""

from __future__ import annotations

import inspect
import json
import re
import shutil
from types import SimpleNamespace

import pandas as pd
import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError, problem
from beatplanner.data.publish.comparison_words import signed_differences, verdicts
from beatplanner.data.publish.job_descriptions import stand_ins
from beatplanner.data.publish.report_filters import FILTERS, day
from beatplanner.data.publish.report_filters import signed as signed_difference
from beatplanner.data.result.folder import read_result
from beatplanner.data.result.names import language_title
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.whole import run as run_module
from beatplanner.planning.whole.plan_warnings import PlaceNames, plan_warnings
from beatplanner.planning.whole.step_proofs import step_proofs
from beatplanner.planning.whole.verdict import FILE, read_verdict, write_verdict

pytestmark = pytest.mark.usefixtures("bare_plans")


def test_the_report_writes_differences_days_and_files_as_people_do():
    assert [signed_difference(v, 2) for v in (-1.523, 0.001, 0.0, 5459.0)] == ["−1.52", "0.00", "0.00", "+5,459.00"]
    assert day("2027-01-05T10:00:00+00:00") == "5 January 2027" and day("2021") == "2021"
    assert day("2032-01-01", before=1) == "31 December 2031"
    assert FILTERS["file_name"](r"C:\Town maps\areas.shp") == FILTERS["file_name"]("/town/areas.shp") == "areas.shp"


def test_a_difference_that_rounds_to_nothing_is_none():
    row = {"kind": "share", "better": "less", "values": [0.0003, 0.0001, 0.02]}
    assert signed_differences(row) == ["", "", "+2.0 points"] and verdicts(row) == ["", "", "worse"]


def test_what_is_made_ready_is_told_before_the_layers_are_read(town, tmp_path, monkeypatch):
    # a window tells the phases in this order, and takes none back
    phases: list[str] = []

    def prepare(steps, progress):
        assert "beats" in steps
        progress("preparing", None, None, 0.0)

    def read(_):
        raise InputError(problem("this is as far as it goes"))

    monkeypatch.setattr(run_module, "prepare_solvers", prepare)
    monkeypatch.setattr(run_module, "read_town", read)
    with pytest.raises(InputError, match="as far"):
        run_module.run(town.project, tmp_path / "out", progress=lambda phase, *_: phases.append(phase))
    assert phases == ["preparing", "reading"]


@pytest.fixture(scope="module")
def folder(planned_here):
    return planned_here.folder / "plan"


@pytest.fixture(scope="module")
def tables(folder):
    return read_result(folder)


def test_places_are_found_as_they_are_written(tables):
    names = PlaceNames(tables)
    beat = tables.beats.iloc[0]
    assert names.found_in(f"No officer in {beat['name']} (3 months).") == ((str(beat["beat"]),), ())
    taken = set(tables.beats["name"])
    free = next(i for i, n in enumerate(tables.units["name"]) if n not in taken)
    assert names.found_in(f"“{tables.units['name'].iat[free]}” is an island") == ((), (free,))
    inside, units = names.found_in("Units 3, 4 and 16 lie apart; 12 hours are too many, beat 2 is full")
    assert units == (2, 3, 15)
    assert inside == ("2",)
    assert names.found_in("The 4 incidents of 12 units are outside.") == ((), ())
    west = {str(b) for b, m in zip(tables.beats["beat"], tables.beats["municipality"], strict=True) if m == "West"}
    assert set(names.found_in("The beats of West cannot be balanced.")[0]) == west


def test_clashes_stand_first_and_facts_last(tables):
    from dataclasses import replace

    summary = {
        **tables.summary,
        "clashes": ["Beat 1 is too small."],
        "notes": [{"severity": "info", "text": "a"}, {"severity": "warning", "text": "b"}],
    }
    found = plan_warnings(replace(tables, summary=summary))
    assert [(d.severity, d.text) for d in found] == [("clash", "Beat 1 is too small."), ("warning", "b"), ("fact", "a")]
    assert found[0].beats == ("1",)


def test_proofs_in_plain_units(tables):
    summary = tables.summary
    proofs = {p.step: p for p in step_proofs(summary)}
    assert list(proofs) == ["beats", "stations", "officers"]
    beats = proofs["beats"]
    assert beats.kind == "travel"
    assert beats.plain * summary["workload"]["hours"] == pytest.approx(summary["beats"]["objective"])
    # the mean way on foot, where everybody reaches a station, is told in minutes too
    metres = proofs["stations"].plain
    assert metres / (4500 / 60) == pytest.approx(summary["stations"]["mean_walk_minutes"], rel=1e-6)
    officers = proofs["officers"]
    assert sum(points for _, _, points in officers.parts) == pytest.approx(summary["officers"]["objective"])


@pytest.mark.parametrize(
    ("change", "standing"),
    [
        ({"status": "optimal", "lower_bound": 9.0, "gap": 0.0}, "best"),
        ({"status": "feasible", "lower_bound": 8.0, "gap": 0.1}, "within"),
        ({"status": "feasible", "lower_bound": None, "gap": None}, "no bound"),
        ({"status": "infeasible", "lower_bound": None, "gap": None}, "relaxed"),
        ({"status": "feasible", "lower_bound": None, "gap": None, "planned": False}, "given"),
    ],
)
def test_standings(tables, change, standing):
    said = {**tables.summary["beats"], "planned": True} | change
    assert step_proofs({**tables.summary, "beats": said})[0].standing == standing


def test_the_verdict_is_trusted_only_for_the_files_that_were_checked(folder, tmp_path):
    kept = read_verdict(folder)
    assert kept is not None and kept["ok"] and kept["failed"] == []
    assert kept["checks"] > 20
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    assert read_verdict(copy) == kept
    summary = json.loads((copy / "summary.json").read_text("utf-8"))
    summary["beats"]["max_deviation"] = 0.001
    (copy / "summary.json").write_text(json.dumps(summary), "utf-8")
    assert read_verdict(copy) is None
    anew = write_verdict(copy)
    assert not anew["ok"]
    assert "beats.max_deviation" in [f["name"] for f in anew["failed"]]
    assert read_verdict(copy) == anew
    (copy / FILE).write_text("{", "utf-8")
    assert read_verdict(copy) is None
    (copy / FILE).unlink()
    assert read_verdict(copy) is None


def test_a_stand_in_is_told_by_the_last_day():
    """The table of holders beside it has last days too; one page with two conventions is read wrong."""
    cover = pd.DataFrame(
        [{"officer": "Jana", "for_officer": "Vera", "beat": "3", "start": "2027-03-01", "end": "2027-09-01"}]
    )
    rows = stand_ins(SimpleNamespace(cover=cover), {"beat": "3"}, [{"officer": "Vera"}])
    assert rows == "Jana for Vera from 1 March 2027 to 31 August 2027 (last day)"
    assert language_title("albanian") == "Albanian" and language_title("") == ""


def _documented(holder):
    """Return the names in double backquotes by attribute, as the class's docstring tells them."""
    found, name = {}, ""
    for line in inspect.getdoc(holder).splitlines():
        if re.fullmatch(r"\w+(, \w+)*", line):
            name = line
        found.setdefault(name, set()).update(re.findall(r"``([\w<>]+)``", line))
    return found


def test_every_column_of_a_frame_is_documented_where_it_is_held(tables, folder):
    """Columns are told once, in the attributes of `Town` and `PlanTables`; one that somebody adds must be told there, and one that goes must go there."""
    for holder in (tables, read_town(read_description(folder.parent / "project.toml"))):
        documented = _documented(type(holder))
        frames = {k: v for k, v in vars(holder).items() if isinstance(v, pd.DataFrame)}
        assert len(frames) >= 6
        for name, frame in frames.items():
            columns = {re.sub(r"^group_.*", "group_<language>", c) for c in frame.columns} - {"geometry"}
            assert columns <= documented[name], (
                f"{type(holder).__name__}.{name}: {sorted(columns - documented[name])} stand nowhere"
            )
