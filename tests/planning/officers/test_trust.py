"""Relationship-years, by hand."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pandas as pd
import pytest

from beatplanner.planning.officers.trust import relationship_years, relationship_years_of

START = dt.date(2027, 1, 1)
# Ana has served beat 1 for two years; its unit b goes to beat 2, and unit c comes from there.
UNITS = pd.DataFrame(
    {"unit": ["a", "b", "c"], "current": ["1", "1", "2"], "beat": ["1", "2", "1"], "population": [100.0, 40.0, 60.0]}
)
ROSTER = pd.DataFrame({"officer": ["Ana"], "beat": ["1"], "since": [dt.date(2025, 1, 1)]})


def test_who_came_with_new_lines_is_known_from_the_plans_start():
    ana = ROSTER.to_dict("records")[0]
    # a year into the plan: 100 residents for 2 + 1 years, 60 for one; not 160 for three
    found = relationship_years_of(UNITS, ana, "1", START, dt.date(2028, 1, 1), START)
    assert found == pytest.approx(100 * 3 + 60 * 1)
    # a posting that began later knows nobody from before
    assert relationship_years_of(UNITS, ana, "1", dt.date(2027, 7, 1), dt.date(2028, 1, 1), START) == pytest.approx(
        160 * 0.5
    )


def test_the_first_months_figures_are_the_same_function():
    beats, postings = (
        pd.DataFrame({"beat": ["1", "2"]}),
        pd.DataFrame({"officer": ["Ana"], "beat": ["1"], "start": ["2027-01-01"]}),
    )
    found = relationship_years(UNITS, ROSTER, postings, beats, SimpleNamespace(start=START))
    assert found["relationship_years_today"] == pytest.approx(140 * 2)
    assert found["relationship_years_kept"] == pytest.approx(100 * 2)
    assert found["relationship_years_lost_by_lines"] == pytest.approx(40 * 2)
    assert found["relationship_years_lost_by_moves"] == pytest.approx(0)
    ana = ROSTER.to_dict("records")[0]
    assert found["relationship_years_kept"] == relationship_years_of(UNITS, ana, "1", START, START, START)


def test_what_sums_leave_behind_is_lost_by_nobody():
    """Years that are thirds have no end in binary; where lines alone take officers from residents, moves lose 0 and not 2.9e-11."""
    from typing import Any

    units = pd.DataFrame(
        {
            "population": [1000.1 + 7 * k for k in range(30)],
            "current": ["1", "2", "3"] * 10,
            "beat": ["1", "2", "3"] * 9 + ["2", "3", "1"],
        }
    )
    roster = pd.DataFrame(
        {"officer": ["a", "b", "c"], "beat": ["1", "2", "3"], "since": ["2026-08-01", "2025-03-01", "2020-06-01"]}
    )
    rules: Any = SimpleNamespace(start=dt.date(2027, 1, 1))
    posted = pd.DataFrame(
        {"officer": ["a", "b", "c"], "beat": ["1", "2", "3"], "start": ["2027-01-01"] * 3, "end": ["2028-01-01"] * 3}
    )
    found = relationship_years(units, roster, posted, pd.DataFrame({"beat": ["1", "2", "3"]}), rules)
    assert found["relationship_years_lost_by_lines"] > 0 and found["relationship_years_lost_by_moves"] == 0
