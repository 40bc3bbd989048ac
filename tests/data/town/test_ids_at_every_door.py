"""An id is one however a spreadsheet, a table of text or a person writes it: each table is read by the one reader of ids."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from shapely.geometry import box

from beatplanner.data.description.read import read_description
from beatplanner.data.formats.ids import as_known
from beatplanner.data.town.forum_tables import ForumTables, read_forum_tables, written_as_known
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.service_tables import read_service_tables
from beatplanner.planning.whole.country import _regions

WAYS = {
    "decimals": lambda n: f"{n}.0",
    "blanks": lambda n: f" {n} ",
    "zeros": lambda n: f"00{n}",
    "as it is": str,
}
SITES = (7, 8, 9)
# The tables that name units, beats, sites, officers, shifts or stations of others, as each is written with ids in one way.
DOORS = """
[beats]
count = 4
tolerance = 0.3
current = { path = "old.gpkg", id = "beat" }
locked = { path = "locked.csv", unit = "unit", beat = "beat" }
adjacency = "edges.csv"
distances = "apart.csv"

[stations]
count = 2
candidates = { path = "sites.csv", x = "x", y = "y", crs = "EPSG:32634", id = "site" }
distances = { path = "walk.csv", missing = "unreachable" }

[officers]
path = "roster.csv"
start = 2027-01-01
years = 2
posts = "posts.csv"
published = "published.csv"

[service]
shifts = [ { name = "1", start = "07:00", end = "19:00" }, { name = "2", start = "19:00", end = "07:00" } ]
calls = "calls.csv"
servers = "servers.csv"

[forum]
consents = "consents.csv"
partners = "partners.csv"
report_back = "asked.csv"
contacts = "phones.csv"
hours = "hours.csv"
"""


def _tables(way) -> dict[str, list[list[object]]]:
    return {
        "locked": [["unit", "beat"], [way(1), way(1)], [way(16), way(4)]],
        "edges": [["from", "to"], *([way(a), way(a + 1)] for a in range(1, 16))],
        "apart": [["from", "to", "metres"], *([way(a), way(b), 9] for a in range(1, 17) for b in range(1, 17))],
        "walk": [["unit", "site", "metres"], *([way(u), way(s), 10 * u + s] for u in range(1, 17) for s in SITES)],
        "roster": [["officer", "beat", "not_with", "prefers"], [11, way(1), f"{way(12)};{way(13)}", f"{way(2)};{way(3)}"], [12, way(2), "", ""], [13, "", way(11), ""]],
        "posts": [["beat", "posts", "gender"], [way(1), 1, "f"]],
        "published": [["officer", "beat", "start", "end"], [way(11), way(1), "2027-01-01", "2028-01-01"]],
        "calls": [["unit", "per_hour", "shift"], *([way(u), 0.1, way(1 + u % 2)] for u in range(1, 17))],
        "servers": [["server", "beat", "unit", "shift"], ["car", way(1), way(1), way(1)]],
        "consents": [["officer", "name", "agreed_on"], [way(11), "Ana", "2026-01-01"]],
        "partners": [["kind", "name", "area"], ["school", "Goce", way(1)]],
        "asked": [["forum", "asked_on", "asked"], [way(1), "2026-01-01", "lights"]],
        "phones": [["area", "phone"], [way(1), "070 1"]],
        "hours": [["station", "hours"], [way(7), "8 to 16"]],
    }  # fmt: skip


@pytest.fixture
def doors(town):
    """A town with every table; called with the way in which ids are written."""
    units = town.units()
    places = units.representative_point().head(len(SITES))
    rows = [f"{s},{p.x},{p.y}" for s, p in zip(SITES, places, strict=True)]
    town.path("sites.csv").write_text("\n".join(["site,x,y", *rows]), "utf-8")
    head = town.project.read_text("utf-8").split("[beats]")[0]
    town.project.write_text(head + DOORS, "utf-8")

    def read(way):
        for name, table in _tables(way).items():
            text = "\n".join(",".join(f'"{c}"' for c in row) for row in table)
            town.path(f"{name}.csv").write_text(text, "utf-8")
        return read_town(read_description(town.project))

    return read


@pytest.mark.parametrize("way", WAYS)
def test_each_table_finds_the_ids_however_they_are_written(doors, way):
    town = doors(WAYS[way])
    assert town.units["locked"].dropna().to_dict() == {0: "1", 15: "4"}
    assert len(town.edges) == 15 and town.walks[2].tolist() == [37.0, 38.0, 39.0]
    assert town.roster["beat"].dropna().tolist() == ["1", "2"]
    assert town.roster["not_with"].tolist() == [("12", "13"), (), ("11",)]
    assert town.roster["prefers"].tolist() == [("2", "3"), (), ()]
    assert town.special_posts["beat"].tolist() == ["1"]
    assert town.published[["officer", "beat"]].to_numpy().tolist() == [["11", "1"]]
    service = read_service_tables(town)
    assert service.servers[["beat", "shift"]].to_numpy().tolist() == [["1", "1"]]
    assert service.calls["shift"].tolist() == ["2", "1"] * 8
    forum = written_as_known(read_forum_tables(town), ["1", "2", "3", "4", "West"], ["7", "8"])
    assert forum.consents["officer"].tolist() == ["11"] and forum.hours == {"7": "8 to 16"}
    areas = [forum.partners["area"], forum.report_back["forum"], forum.contacts["area"]]
    assert [list(a) for a in areas] == [["1"]] * 3


def test_how_ids_were_compared_is_noted_where_they_are_not_written_alike(doors):
    asked = {"site", "not_with", "beat", "officer", "prefers"}
    assert asked <= {n.field for n in doors(WAYS["decimals"]).notes if "leading zeros" in n.what}
    assert not [n for n in doors(str).notes if "ids were compared" in n.what]


def test_an_id_of_none_stays_as_it_is_written_and_is_refused_by_it(doors, town):
    from beatplanner.data.errors import InputError

    doors(str)
    town.path("walk.csv").write_text("unit,site,metres\n1,77.0,5", "utf-8")
    with pytest.raises(InputError, match=r"no site “77\.0”"):
        read_town(read_description(town.project))
    assert as_known(["1.0", "77.0", None], ["1"])[0] == ["1", "77.0", None]


def test_cells_of_a_workbook_are_ids_too(doors, town):
    book = openpyxl.Workbook()
    for row in (["unit", "site", "metres"], *([float(u), float(s), 1.5] for u in range(1, 17) for s in SITES)):
        book.active.append(row)
    doors(str)
    book.save(town.path("walk.xlsx"))
    town.swap('path = "walk.csv"', 'path = "walk.xlsx"')
    assert (read_town(read_description(town.project)).walks == 1.5).all()


def test_regions_name_municipalities_however_they_are_written(tmp_path):
    frame = gpd.GeoDataFrame(
        {"town": [7.0, 8.0, None], "region": ["East", "West", "North"]},
        geometry=[box(0, 0, 1, 1)] * 3,
        crs="EPSG:32634",
    )
    frame.to_file(tmp_path / "regions.gpkg")
    layer = SimpleNamespace(path="regions.gpkg", layer=None, municipality="town", region="region")
    rules = SimpleNamespace(country=SimpleNamespace(regions=layer), path=lambda p: tmp_path / p)
    assert _regions(rules, ["07", "8"]) == ({"07": "East", "8": "West"}, ())


def test_tables_without_rows_stay_empty():
    empty = pd.DataFrame({"area": pd.Series(dtype=object)})
    found = written_as_known(ForumTables(empty, pd.DataFrame(), empty, {}, None, None, None), ["1"], [])
    assert len(found.partners) == 0 and found.hours == {}
