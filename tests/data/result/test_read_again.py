"""What this program writes it reads in one way: days, tables, JSON and hashes of a result."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from beatplanner.data.errors import InputError
from beatplanner.data.formats.frames import day_if_any, day_of, records
from beatplanner.data.result.cells import read_frame, read_rows, write_csv
from beatplanner.data.result.comparison import read_rule_prices
from beatplanner.planning.beats.amounts import HAIR, band, bands, outside, within

SOURCES = Path(__file__).resolve().parents[3] / "src" / "beatplanner"
# What is written once, and the file in which it stands; the second is the checker's own, that takes no moment for a day.
ONCE = {
    r"fromisoformat\(str\([^()]*\)\[:10\]\)": {
        "data/formats/frames.py",
        "data/publish/report_filters.py",
    },
    r"file_digest\(|sha256\([^()]*read_bytes\(": {"data/formats/fingerprint.py"},
    r"prices\.json\"\)\.read_text": {
        "data/result/comparison.py",
        "planning/verification/prices.py",
        "planning/verification/comparison.py",
    },
    # an id “NA” is no empty cell, and an apostrophe before “-1” is not its part
    r"read_csv\(": {"data/formats/text_tables.py", "data/result/cells.py"},
    # a cell as text, whole numbers without a point; what a wizard writes keeps the zeros that a reader of thousands needs
    r"str\(int\(\w+\)\) if .*is_integer\(\)": {"data/formats/cells.py", "data/guided_import/staging.py"},
    # what a sentence is about is carried beside it
    r"startswith\(\"There is|\"is broken\" in": set(),
    r"csv\.DictReader\(": {"data/result/cells.py", "data/town/roads.py"},
    r"removeprefix\(\"'\"\)": set(),
    # its docstring
    r"to_dict\(\"records\"\)": {"data/formats/frames.py"},
    r"max\(0\.0, mean \* \(1 - \w+\)\)": {
        "planning/beats/amounts.py",
        "planning/verification/levels.py",
        "planning/verification/balances.py",
    },
}


@pytest.mark.parametrize("what", ONCE)
def test_it_is_read_in_one_place(what):
    found = {
        file.relative_to(SOURCES).as_posix()
        for file in SOURCES.rglob("*.py")
        if re.search(what, file.read_text(encoding="utf-8"))
    }
    assert found == ONCE[what]


def test_days_of_tables():
    day = dt.date(2027, 5, 2)
    for value in ("2027-05-02", "2027-05-02T00:00:00", pd.Timestamp(day), day):
        assert day_of(value) == day_if_any(value) == day
    for value in (None, "", math.nan, pd.NaT, pd.NA):
        assert day_if_any(value) is None
    with pytest.raises(ValueError, match="isoformat"):
        day_if_any("soon")


def test_rows_of_a_table_are_those_of_pandas():
    frame = pd.DataFrame(
        {
            "n": [1, 2],
            "x": [0.5, np.nan],
            "yes": [True, False],
            "text": ["a", None],
            "day": pd.to_datetime(["2027-01-31", "2027-02-01"]),
            "mixed": pd.Series([np.int64(3), "b"], dtype=object),
        },
        index=[7, 9],
    )
    found, wanted = records(frame), frame.to_dict("records")
    assert [list(row) for row in found] == [list(row) for row in wanted]
    for row, other in zip(found, wanted, strict=True):
        for key, value in row.items():
            assert type(value) is type(other[key]) and (
                value == other[key] or (value != value and other[key] != other[key])
            )
    assert records(frame[[]]) == [{}, {}] and records(frame.iloc[:0]) == []


def test_a_table_is_read_as_it_was_written(tmp_path):
    write_csv(tmp_path / "t.csv", ["beat", "name"], [["01", "Чаир, “new”\nline"], ["2", None]])
    assert read_rows(tmp_path / "t.csv") == [{"beat": "01", "name": "Чаир, “new”\nline"}, {"beat": "2", "name": ""}]


IDS = ["NA", "None", "nan", "null", "N/A", "-1", "+2", "@x", "=3", "'4", "007", "1e5", "TRUE", "1.0"]


def test_names_are_read_as_they_were_given(tmp_path):
    """A unit “NA” was an empty cell, and “-1” was “'-1”, wherever a table of a plan was read again."""
    write_csv(tmp_path / "t.csv", ["unit", "shift", "minutes"], [[v, None, -0.5 * k] for k, v in enumerate(IDS)])
    found = read_frame(tmp_path / "t.csv", ("unit", "shift", "server"))
    assert found["unit"].tolist() == IDS and found["shift"].isna().all()
    assert found["minutes"].tolist() == [-0.5 * k for k in range(len(IDS))]
    assert [row["unit"] for row in read_rows(tmp_path / "t.csv")] == IDS
    write_csv(tmp_path / "t.csv", ["unit", "minutes"], [["1", "nan"], ["2", "3"]])
    assert read_frame(tmp_path / "t.csv", ("unit",))["minutes"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    "text", [None, "{", "[]", "{}", '{"prices": 1, "sentences": []}', '{"prices": [], "prices": [], "sentences": []}']
)
def test_prices_that_cannot_be_read(tmp_path, text):
    if text is not None:
        (tmp_path / "prices.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="no prices in this folder"):
        read_rule_prices(tmp_path)
    content = {"prices": [], "sentences": ["One."], "version": 1}
    (tmp_path / "prices.json").write_text(json.dumps(content), encoding="utf-8")
    assert read_rule_prices(tmp_path) == content


def test_what_a_beat_may_have():
    assert band(100.0, 0.05) == within(np.array([150.0, 50.0]), 2, 0.05) == (95.0, 105.0)
    assert band(100.0, 1.5) == (0.0, 250.0)
    lower, upper = bands(np.array([100.0, 0.0]), 1.5)
    assert lower.tolist() == [0.0, 0.0]
    assert upper.tolist() == [250.0, 0.0]
    edge = 105.0 * (1 + HAIR / 2)
    assert outside(np.array([edge, 105.1, 94.9]), *(np.full(3, v) for v in band(100.0, 0.05))).tolist() == [
        False,
        True,
        True,
    ]
