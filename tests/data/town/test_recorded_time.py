"""What time records cover: the factor to a year, from dates of any fineness, with slips, holes, part years and new kinds."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beatplanner.data.description.sections.incidents import Incidents
from beatplanner.data.town.recorded import recorded_time, years_of_days


def days(first, last, each=10):
    """Return `each` times on every day."""
    return pd.Series(np.repeat(pd.date_range(first, last, freq="D"), each))


def recorded(times, category=None, **rules):
    times = pd.Series(times, dtype="datetime64[us]").reset_index(drop=True)
    kinds = pd.Series([""] * len(times) if category is None else list(category), dtype=object)
    return recorded_time(times, kinds, Incidents(path="i.csv", x="x", y="y", **rules))


def doubts(found):
    return " | ".join(what for what, _ in found.doubts)


@pytest.mark.parametrize(
    ("first", "last"), [("2025-01-01", "2025-12-31"), ("2024-01-01", "2024-12-31"), ("2023-07-01", "2024-06-30")]
)
def test_twelve_whole_months_are_a_year_exactly(first, last):
    found = recorded(days(first, last))
    assert found.years == pytest.approx(1.0, abs=2e-3) and found.a_year.sum() == pytest.approx(
        len(days(first, last)), rel=2e-3
    )
    assert not found.doubts
    if first[5:] == "01-01":
        assert found.years == 1.0


def test_one_date_of_1970_in_9800_counts_for_nothing_and_is_named():
    times = pd.concat([days("2024-01-01", "2024-12-31", 26)[:9799], pd.Series([pd.Timestamp("1970-01-01")])])
    found = recorded(times)
    assert found.years == pytest.approx(1.0, abs=0.04)
    assert found.a_year[-1] == 0 and "January 1970 (1)" in doubts(found)


def test_a_pile_on_a_default_date_is_no_month_of_records():
    found = recorded(pd.concat([days("2024-01-01", "2024-12-31"), pd.Series([pd.Timestamp("1900-01-01")] * 900)]))
    assert found.years == 1.0 and found.a_year.sum() == 3660


@pytest.mark.parametrize("step", ["month", "quarter", "year", "month end"])
def test_dates_coarser_than_days_cover_their_whole_period(step):
    starts = {
        "month": pd.date_range("2024-01-01", "2024-12-01", freq="MS"),
        "month end": pd.date_range("2024-01-31", "2024-12-31", freq="ME"),
        "quarter": pd.date_range("2023-01-01", "2024-10-01", freq="QS"),
        "year": pd.date_range("2022-01-01", "2024-01-01", freq="YS"),
    }[step]
    found = recorded(np.repeat(starts, 50))
    years = {"month": 1.0, "month end": 1.0, "quarter": 2.0, "year": 3.0}[step]
    assert found.years == years and found.a_year.sum() == pytest.approx(50 * len(starts) / years)
    assert not found.doubts
    assert any(f"the {step.split()[0]} only" in f for f in found.facts)


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["2025-03", "2025-04"], "2025-03-01"),
        (["03/2025", "04/2025"], "2025-03-01"),
        (["3.2025", "4.2025."], "2025-03-01"),
        (["March 2025", "Apr 2025"], "2025-03-01"),
        (["март 2025", "април 2025"], "2025-03-01"),
        (["202503", "202504"], "2025-03-01"),
        ([202503, 202504], "2025-03-01"),
        (["Q2 2025", "2025-Q3"], "2025-04-01"),
        (["2025", "2026"], "2025-01-01"),
        ([2025, 2026], "2025-01-01"),
        (["2025 Jan 03 10:00 AM", "2025 Jan 04 11:00 PM"], "2025-01-03 10:00"),
    ],
)
def test_months_quarters_and_years_are_read(cells, first):
    from beatplanner.data.formats.time_columns import parse_times

    found = parse_times(pd.Series(cells))
    assert not len(found.failed) and found.values.iloc[0] == pd.Timestamp(first)


def test_a_hole_is_no_time_and_is_named():
    times = days("2023-01-01", "2024-12-31")
    found = recorded(times[(times < "2023-04-01") | (times >= "2023-07-01")])
    assert found.years == pytest.approx(2 - 91 / 365)
    assert "1 April 2023 to 30 June 2023" in doubts(found)


def test_a_season_that_returns_each_year_is_no_hole():
    times = days("2021-01-01", "2024-12-31")
    found = recorded(times[~times.dt.month.isin([1, 2])])
    assert "hole" not in doubts(found)
    assert found.years == pytest.approx(4 - 59 / 365, abs=0.01)


def test_a_part_year_is_scaled_by_its_own_days_and_told():
    found = recorded(days("2025-03-01", "2025-08-31"))
    assert found.years == pytest.approx(184 / 365)
    assert "January, February, September, October, November, December" in doubts(found)


def test_an_export_in_the_middle_of_a_month_ends_there():
    found = recorded(days("2024-01-15", "2025-01-14"))
    assert found.years == pytest.approx(352 / 366 + 14 / 365)


def test_a_kind_that_is_recorded_only_since_march_counts_from_there():
    every = days("2025-01-01", "2025-12-31", 5)
    new = days("2025-03-01", "2025-12-31", 1)
    kinds = ["theft"] * len(every) + ["cyber"] * len(new)
    found = recorded(pd.concat([every, new]), kinds)
    assert found.a_year[0] == 1.0
    assert found.a_year[-1] == pytest.approx(365 / 306)
    assert "“cyber” is recorded only since March 2025" in doubts(found)
    asked = recorded(pd.concat([every, new]), kinds, seasonal=["cyber"])
    assert (asked.a_year == 1.0).all() and not asked.doubts


def test_a_kind_of_one_season_is_not_made_more_than_it_is():
    every = days("2025-01-01", "2025-12-31", 5)
    fires = days("2025-07-01", "2025-08-31", 3)
    found = recorded(pd.concat([every, fires]), ["theft"] * len(every) + ["fire"] * len(fires))
    assert (found.a_year == 1.0).all() and "“fire” is recorded only from July 2025" in doubts(found)


def test_a_rare_kind_and_a_small_town_are_left_to_chance():
    # 64 incidents over nine months: nothing can be said about days
    times = pd.Series([pd.Timestamp(2025, 1 + i % 9, 11) for i in range(64)])
    found = recorded(times, ["a"] * 60 + ["b"] * 4)
    assert found.years == pytest.approx(273 / 365) and (found.a_year == 1 / found.years).all()


def test_a_person_knows_better():
    found = recorded(days("2025-01-01", "2025-12-31"), first=dt.date(2025, 4, 1), last=dt.date(2025, 6, 30))
    assert found.years == pytest.approx(91 / 365) and found.a_year.sum() == pytest.approx(910 * 365 / 91)
    assert years_of_days(365) == years_of_days(366) == 1.0 and years_of_days(730) == 2.0
    assert years_of_days(100) == pytest.approx(100 / 365.25)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)), min_size=1, max_size=40),
    st.integers(1, 30),
    st.sampled_from(["", "a", "b"]),
)
def test_any_dates_give_a_finite_positive_year(dates, each, kind):
    times = pd.Series(np.repeat(pd.to_datetime(dates).to_numpy("datetime64[us]"), each))
    found = recorded(pd.concat([times, pd.Series([pd.NaT], dtype="datetime64[us]")]), [kind] * (len(times) + 1))
    assert np.isfinite(found.a_year).all() and (found.a_year >= 0).all() and found.a_year.sum() > 0
    assert found.years > 0 and found.months["incidents"].sum() == len(times)
    assert ((found.months["covered"] >= 0) & (found.months["covered"] <= 1)).all()
