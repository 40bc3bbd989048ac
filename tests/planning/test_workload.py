"""From incidents to officers: what the work needs, what rounding and the minimum add, and what the posts cover."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from beatplanner.data.description.sections.workload import Workload
from beatplanner.data.result.folder import read_result
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run
from beatplanner.planning.workload import covered_share, exact_officers, officers_note, officers_required

pytestmark = pytest.mark.usefixtures("bare_plans")

RULES = Workload()


def test_the_minimum_of_two_decides_fifteen_beats_and_that_is_said():
    # between 0.83 and 1.40 officers of work in each of fifteen beats: thirty are required by the minimum alone
    on_the_beat = 2080 * (1 - 0.184) * (1 - 0.20)
    reactive = np.linspace(0.83, 1.40, 15) * on_the_beat * (1 - 0.40 - 0.05)
    none = np.zeros(15)
    exact = exact_officers(reactive, none, RULES)
    assert exact.min() == pytest.approx(0.83) and exact.max() == pytest.approx(1.40)
    assert officers_required(reactive, none, RULES).sum() == 30
    note = officers_note(reactive, none, np.ones(15), RULES)
    rounded = int(np.ceil(exact).sum())
    assert f"the work needs {exact.sum():.2f} (0.83 to 1.40 a beat), {rounded} rounded up" in note.what
    assert f"the minimum of 2 a beat adds {30 - rounded}" in note.what
    assert "16% of the 8,760 hours" in note.what


def test_posts_cover_their_hours_on_the_beat_and_never_more_than_the_year():
    assert covered_share(np.array([0, 1, 2, 100]), RULES) == pytest.approx([0, 1357.824 / 8760, 2 * 1357.824 / 8760, 1])


@pytest.mark.papers
def test_a_plan_tells_exact_officers_and_coverage_and_the_checker_agrees(town, tmp_path):
    rows = ["type,when,lon,lat"]
    middle = town.units().representative_point().to_crs("EPSG:4326")
    for i, day in enumerate(pd.date_range("2025-01-01", "2025-12-31", freq="D")):
        rows.append(f"theft,{day:%Y-%m-%d},{middle.iloc[i % 16].x:.6f},{middle.iloc[i % 16].y:.6f}")
    rows.append(f"theft,1970-01-01,{middle.iloc[0].x:.6f},{middle.iloc[0].y:.6f}")
    town.path("incidents.csv").write_text("\n".join(rows), encoding="utf-8")
    run(town.project, tmp_path / "out")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert summary["workload"]["reactive_hours"] == pytest.approx(0.75 * 365)
    assert summary["workload"]["years_covered"] == 1.0 and summary["workload"]["months"][0]["month"] == "1970-01"
    assert any("January 1970 (1)" in n["text"] for n in summary["notes"] if n["severity"] == "warning")
    beats = read_result(tmp_path / "out").beats
    assert summary["beats"]["exact_officers"] == pytest.approx(beats["exact_officers"].sum())
    assert beats["covered_share"].to_numpy() == pytest.approx(1357.824 / 8760)
    assert summary["beats"]["covered_share"] == pytest.approx(1357.824 / 8760)
    assert any("officers required: the work needs" in n["text"] for n in summary["notes"])
    verdict = verify(tmp_path / "out")
    assert not verdict.failed, verdict.failed
    assert "What the records cover" in (tmp_path / "out" / "report.html").read_text("utf-8")
