"""Columns of times that programs wrote are read at once, with the same result as those that offices write."""

import numpy as np
import pandas as pd
import pytest

from beatplanner.data.formats import time_columns
from beatplanner.data.formats.time_columns import parse_times

COLUMNS = {
    "days": ["2027-01-31", None, "1900-01-01", "2199-12-31"],
    "times": ["2027-01-31T22:15", "2027-02-01 00:00:59", None, "2027-02-01"],
    "summer": ["2026-03-29T02:30", "2026-10-25 02:30:00", "2026-06-01"],
    "empty": [None, None],
    "no rows": [],
    "no such day": ["2027-02-30", "2027-01-31"],
    "no such hour": ["2027-01-31T25:00", "2027-01-31T24:00"],
    "other years": ["1899-12-31", "2200-01-01", "2027-01-31"],
    "an office's": ["2027-01-31", "31.1.2027"],
    "zone": ["2027-01-31T22:15Z", "2027-01-31T22:15"],
    "half a second": ["2027-01-31T22:15:00.5"],
    "other digits": ["２０２７-01-31"],
    "number between": ["2027-01-31", 45000],
}


def column_of(cells, zone):
    return parse_times(pd.Series(cells, dtype=object, index=range(3, 3 + len(cells))), zone)


@pytest.mark.parametrize("zone", [None, "Europe/Skopje"])
@pytest.mark.parametrize("name", COLUMNS)
def test_read_at_once_and_cell_by_cell_are_the_same(monkeypatch, name, zone):
    at_once = column_of(COLUMNS[name], zone)
    monkeypatch.setattr(time_columns, "PLAIN_CELLS", -1)
    apart = column_of(COLUMNS[name], zone)
    pd.testing.assert_series_equal(at_once.values, apart.values)
    assert np.array_equal(at_once.failed, apart.failed)
    assert (at_once.warnings, at_once.facts) == (apart.warnings, apart.facts)


def test_plain_columns_are_not_taken_apart(monkeypatch):
    def refuse(*_):
        raise AssertionError("taken apart")

    monkeypatch.setattr(time_columns, "_of_texts", refuse)
    for name in ("days", "times", "summer", "empty"):
        assert not len(column_of(COLUMNS[name], "Europe/Skopje").failed)


def test_digits_of_other_widths_and_scripts_are_digits():
    read = parse_times(pd.Series(["２０２７-01-31", "٢٠٢٧-٠٢-٠١ ٢٢:١٥", "31. јануари 2027"], dtype=object))
    assert [str(v) for v in read.values] == ["2027-01-31 00:00:00", "2027-02-01 22:15:00", "2027-01-31 00:00:00"]
