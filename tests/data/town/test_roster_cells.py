"""Cells of a roster are read by the readers of every table: days of time off and homes as any office writes them, and typed days alike."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError, Note
from beatplanner.data.formats.cells import numbers, read_day
from beatplanner.data.formats.source import Place
from beatplanner.data.guided_import.checks import check
from beatplanner.data.town.personnel import read_personnel
from beatplanner.data.town.read_town import read_town

WHERE = Place("roster.csv", "", ("2", "3", "4"))


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["2027-05-01..2027-09-01 parental", None, ""], ["2027-05-01..2027-09-01 parental", None, None]),
        (["1.5.2027..1.9.2027 parental; 13.10.2027 – 14.10.2027", None, None],
         ["2027-05-01..2027-09-01 parental; 2027-10-13..2027-10-14 leave", None, None]),
        # one day alone may be two; the column says which it is
        (["01/05/2027 to 01/09/2027 sick", "13/05/2027..14/05/2027", None],
         ["2027-05-01..2027-09-01 sick", "2027-05-13..2027-05-14 leave", None]),
        (["2027-05-01/2027-09-01", None, None], ["2027-05-01..2027-09-01 leave", None, None]),
    ],
)  # fmt: skip
def test_days_are_read_as_an_office_writes_them(cells, read):
    found = read_personnel(pd.DataFrame({"time_off": pd.Series(cells, dtype=object)}), WHERE, [])
    assert found["time_off"].tolist() == read


def test_each_cell_that_is_none_is_named():
    cells = ["next summer", "2027-05-01..2027-04-01", "31.2.2027..1.4.2027 sick"]
    with pytest.raises(InputError) as error:
        read_personnel(pd.DataFrame({"time_off": cells}), WHERE, [])
    assert [(n.row, n.what) for n in error.value.problems] == [
        (row, f"“{cell}” is no time off") for row, cell in zip(WHERE.rows, cells, strict=True)
    ]


@pytest.mark.parametrize(
    "homes",
    [
        ("21.49,42.0", "0,0", "-999,-999"),
        ("21°29'24\"E,42°00'00\"N", ",", ","),
        ('"21,49","42,0"', ",", ","),
    ],
)
def test_homes_are_coordinates_in_any_spelling_and_unknown_ones_are_none(town, homes):
    rows = [f"{name},{home}" for name, home in zip(("Ana", "Bojan", "Cena"), homes, strict=True)]
    town.path("roster.csv").write_text(
        "\n".join(["officer,x,y", *rows]).replace("'24\"E", "'24''E").replace("'00\"N", "'00''N"), "utf-8"
    )
    town.swap("officers.xlsx", "roster.csv")
    roster = read_town(read_description(town.project)).roster
    assert np.isfinite(roster["x"]).tolist() == [True, False, False]
    assert roster["x"].iat[0] == pytest.approx(540_573, abs=1000)


def test_posts_are_read_as_a_column_and_a_wrong_one_is_named_by_its_row(town):
    town.swap("posts_per_beat = 1", 'posts_per_beat = 4\nposts = "posts.csv"')
    town.path("posts.csv").write_text("beat;posts;languages\n1;1,0;sq\n2;;\n3;2,0;sr\n", encoding="utf-8")
    posts = read_town(read_description(town.project)).special_posts
    assert posts is not None
    assert posts["posts"].tolist() == [1, 1, 2]
    town.path("posts.csv").write_text("beat;posts\n1;1\n2;two\n3;1,5\n", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_town(read_description(town.project))
    assert raised.value.problems[0].row == "3"
    town.path("posts.csv").write_text("beat;posts\n1;1\n2;1\n3;1,5\n", encoding="utf-8")
    with pytest.raises(InputError, match="no whole number") as raised:
        read_town(read_description(town.project))
    assert raised.value.problems[0].row == "4"


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2027-01-31", dt.date(2027, 1, 31)),
        (" 31.1.2027 ", dt.date(2027, 1, 31)),
        ("31/01/2027", dt.date(2027, 1, 31)),
        # may be two days; is none; is a number of a workbook
        ("01/02/2027", None),
        ("2027-02-31", None),
        ("46000", None),
        ("", None),
    ],
)
def test_a_typed_day_is_read_as_a_column_of_days_is(typed, day):
    assert read_day(typed) == day


def test_what_is_decided_of_days_is_told_at_every_door(town):
    """As of incidents: which number is the day, and that a number is a day of a spreadsheet."""
    rows = ["officer,beat,since", "Ana,1,45000", "Bo,2,45400"]
    town.path("officers.csv").write_text("\n".join(rows), encoding="utf-8")
    town.swap('path = "officers.xlsx"', 'path = "officers.csv"')
    town.path("consents.csv").write_text(
        "officer,name,agreed_on,until\nAna,Ana,2026-01-01,03/04/2027\n", encoding="utf-8"
    )
    town.project.write_text(
        f'{town.project.read_text("utf-8")}\n[forum]\nconsents = "consents.csv"\n', encoding="utf-8"
    )
    notes = [str(n) for n in check(town.project)]
    assert [n for n in notes if "officers.csv" in n and "since" in n and "spreadsheet numbers" in n]
    assert [n for n in notes if "consents.csv" in n and "until" in n and "told by no row" in n]


@pytest.mark.parametrize(
    ("cells", "read", "noted"),
    [
        (["1.234", "987", "2.456"], [1.234, 987, 2.456], True),
        (["1,234", "987"], [1.234, 987], True),
        # another number tells it
        (["1.234", "0.5"], [1.234, 0.5], False),
        (["1.234", "12.25", "7"], [1.234, 12.25, 7], False),
        (["12", "987"], [12, 987], False),
    ],
)
def test_numbers_that_may_be_thousands_are_told(cells, read, noted):
    notes: list[Note] = []
    where = Place("d.csv", "", tuple(str(i) for i in range(len(cells))))
    found = numbers(pd.Series(cells, dtype=object, name="metres"), where, least=0, notes=notes)
    assert found.tolist() == read
    assert [n.field for n in notes if "with decimals" in n.what] == (["metres"] if noted else [])
