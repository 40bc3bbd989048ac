"""Lists, amounts and tables of rules as people type them, with decimal commas and blanks between thousands."""

from __future__ import annotations

import pytest

from beatplanner.data.description.rules import BY_KEY
from beatplanner.planning.typed_rules import typed, written

BANDS, CEILING, HOURS = BY_KEY["stations.bands"], BY_KEY["budget.ceiling"], BY_KEY["workload.hours"]


@pytest.mark.parametrize(
    ("text", "decimal", "numbers"),
    [
        ("5, 10, 20", ".", [5, 10, 20]),
        ("5,10", ".", [5, 10]),
        ("5, 10, 20", ",", [5, 10, 20]),
        ("5,10,20", ",", [5, 10, 20]),
        ("2,5; 10", ",", [2.5, 10]),
        ("2,5; 10", ".", [2.5, 10]),
        ("2,5", ",", [2.5]),
        ("2.5, 10,", ",", [2.5, 10]),
    ],
)
def test_numbers_of_a_list_are_parted_as_the_language_parts_them(text, decimal, numbers):
    assert typed(BANDS, text, decimal) == numbers


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("250,000", 250000),
        ("250.000", 250000),
        ("1 000 000", 1000000),
        ("50000, 60000", [50000, 60000]),
        ("250,000, 300,000", [250000, 300000]),
        ("50 000; 60 000", [50000, 60000]),
    ],
)
def test_amounts_of_money_have_thousands(text, amounts, decimal):
    assert typed(CEILING, text, decimal) == amounts


def test_an_amount_in_the_way_of_another_language_is_never_two() -> None:
    assert typed(CEILING, "1.234,56", ",") == 1234.56
    for rule in (CEILING, BANDS):
        with pytest.raises(ValueError, match="with commas between"):
            typed(rule, "1.234,56", ".")


@pytest.mark.parametrize(
    ("rule", "text", "ways"),
    [
        (CEILING, "1234,56", "1234, 56 or 1234.56"),
        (CEILING, "50000, 1 234,5", "1 234, 5 or 1234.5"),
        (BANDS, "1,234.50", "1, 234.50 or 1234.5"),
    ],
)
def test_what_could_be_one_number_or_two_is_asked_about_and_never_guessed(rule, text, ways):
    with pytest.raises(ValueError, match=f"could be {ways}: write it in one of these ways"):
        typed(rule, text, ".")
    # in either of the ways, and where a semicolon or the language tells, it is read
    for way in ways.split(" or "):
        assert len(rows(typed(rule, way, "."))) == (2 if "," in way else 1)
    assert (
        len(rows(typed(rule, text.split(", ")[-1], ",")))
        == len(rows(typed(rule, f"{text.split(', ')[-1]};", ".")))
        == 1
    )


def rows(value):
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("text", ["x", "5, x", "5;x", ";"])
def test_a_list_with_what_is_no_number_says_how_it_is_written(text):
    with pytest.raises(ValueError, match="with commas between"):
        typed(BANDS, text, ",")


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("burglary = 2,5, assault = 3", {"burglary": 2.5, "assault": 3}),
        ("burglary = 1 000", {"burglary": 1000}),
        ("burglary = 2.5", {"burglary": 2.5}),
    ],
)
def test_a_table_takes_decimal_commas(text, table):
    assert typed(HOURS, text) == table


@pytest.mark.parametrize("decimal", [".", ","])
def test_what_a_list_is_written_as_is_read_as_it_was(decimal):
    for rule, value in ((BANDS, [2.5, 10.0]), (CEILING, [1500.5, 2000])):
        assert typed(rule, written(rule, value, decimal), decimal) == value
    assert written(BANDS, [2.5, 10.0], ",") == "2,5; 10"


def test_days_decimals_and_tables_are_typed_as_the_language_writes_them():
    first = BY_KEY["officers.start"]
    assert written(first, "2027-02-01", ",", lambda _: "01.02.2027") == "01.02.2027"
    assert typed(first, "01.02.2027", ",") == "2027-02-01"
    table = {"theft": 0.75, "noise; music": 2.0, "assault": 3}
    assert written(HOURS, table, ",") == 'theft = 0,75; "noise; music" = 2; assault = 3'
    assert typed(HOURS, written(HOURS, table, ","), ",") == table
    shifts = BY_KEY["service.shifts"]
    rows = [{**shifts.inner, "name": "day; or so", "start": "07:00", "end": "15:00"}]
    rows += [{**shifts.inner, "name": "late", "start": "15:00", "end": "23:00", "days": ["sat", "sun"]}]
    said = written(shifts, rows, ",")
    # days are said where they are not all of the week
    assert "mon" not in said and said.count("days") == 1
    assert [{**shifts.inner, **row} for row in typed(shifts, said, ",")] == rows
