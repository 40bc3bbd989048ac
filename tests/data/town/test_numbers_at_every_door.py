"""What had to be decided of a column of numbers is told by each table that has one, once."""

from __future__ import annotations

import pandas as pd
import pytest

from beatplanner.data.description.read import read_description
from beatplanner.data.formats.points import read_coordinates
from beatplanner.data.guided_import.checks import check
from beatplanner.data.town.read_town import read_town

SERVICE = '[service]\nshifts = [ { name = "day", start = "00:00", end = "24:00" } ]\n'
FORUM = '[forum]\nvenues = { path = "table.csv", x = "x", y = "y", crs = "EPSG:32634", id = "hall", cost = "cost" }\n'
OFFICERS = '[officers]\npath = "table.csv"\nstart = 2027-01-01\nyears = 2\n'
# Each door: its section, its table, and the column of it that holds “1.234” or a mark for a missing number.
DOORS = {
    "cost of venues": (FORUM, "hall,x,y,cost\nA,540100,4650100,1.234\nB,540600,4650100,987", "cost"),
    "speed of cars": (
        SERVICE + 'servers = "table.csv"\n',
        "server,beat,unit,speed_kmh\na,1,1,1.234\nb,2,2,30",
        "speed_kmh",
    ),
    "officers of a call": (
        SERVICE + 'categories = "table.csv"\n',
        "category,minutes_on_scene,officers\ntheft,30,n/a\nnoise,30,2",
        "officers",
    ),
    "priority of a call": (
        SERVICE + 'categories = "table.csv"\n',
        "category,minutes_on_scene,priority\ntheft,30,1\nnoise,30,-999",
        "priority",
    ),
    "share of officers": (OFFICERS, "officer,beat,share\nAna,1,n/a\nBo,2,0.5", "share"),
    "allowances of officers": (OFFICERS, "officer,beat,allowances\nAna,1,1.234\nBo,2,987", "allowances"),
}
DECIDED = ("read as thousands", "read with decimals", "stands for a missing number")


@pytest.mark.parametrize("door", list(DOORS))
def test_what_is_decided_of_numbers_is_told_by_each_table(town, door):
    section, table, column = DOORS[door]
    town.path("table.csv").write_text(table, "utf-8")
    text = town.project.read_text("utf-8")
    if section == OFFICERS:
        text = text[: text.index("[officers]")]
    town.project.write_text(f"{text}\n{section}", "utf-8")
    notes = [n for n in check(town.project) if n.file == "table.csv" and any(d in n.what for d in DECIDED)]
    assert [n.field for n in notes] == [column]


def test_a_column_that_is_used_twice_means_the_same_in_both_uses(town):
    units = town.units()
    town.write_units(units.assign(pop=["1.234", "987"] * 8))
    town.swap('population = "pop"', 'population = "pop"\nworkload = "pop"\namounts = { people = "pop" }')
    read = read_town(read_description(town.project))
    for column in ("population", "workload", "amount_people"):
        assert read.units[column].tolist() == [1234.0, 987.0] * 8, column
    assert [n.field for n in read.notes if "“1.234” and the like" in n.what] == ["pop"]


@pytest.mark.parametrize(
    ("x", "y", "noted"),
    [
        # eastings of metres, read with decimals; of degrees nobody writes thousands
        (["540.100", "540.600"], ["4650100", "4650600"], True),
        (["21.401", "21.405"], ["42.001", "42.003"], False),
        (["540100", "540600"], ["4650100", "4650600"], False),
    ],
)
def test_coordinates_that_may_have_thousands_are_told(x, y, noted):
    found = read_coordinates(pd.DataFrame({"x": x, "y": y}, dtype=object), "x", "y")
    assert found is not None
    assert any("with decimals" in n for n in found.notes) == noted
