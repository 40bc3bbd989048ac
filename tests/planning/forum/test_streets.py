"""Streets of the index: their beats, the side of each along a border, and house numbers where addresses are known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from beatplanner.data.description.read import read_description
from beatplanner.data.publish.public.figures import Register
from beatplanner.data.publish.public.public_speech import PublicSpeech
from beatplanner.data.town.forum_tables import read_forum_tables
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.forum.public.street_beats import streets_of, traced_streets
from conftest import write_grid_town

WEST, EAST = shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)
TITLES = {"1": "West (1)", "2": "East (2)"}


def street_beats(lines: dict[str, Any], houses: pd.DataFrame | None = None, language: str = "en") -> dict[str, str]:
    """Return what is said of streets in a town of two beats."""
    beats = gpd.GeoDataFrame({"beat": ["1", "2"]}, geometry=[WEST, EAST], crs="EPSG:32634")
    streets = gpd.GeoDataFrame({"name": list(lines)}, geometry=list(lines.values()), crs="EPSG:32634")
    tables: Any = SimpleNamespace(streets=streets, houses=houses)
    plan: Any = SimpleNamespace(beats=beats)
    return {
        s.name: s.said for s in streets_of(traced_streets(plan, tables), TITLES, PublicSpeech(Register(), language))
    }


def test_a_street_on_a_border_is_told_by_its_sides():
    line = shapely.LineString
    found = street_beats(
        {
            "Border": line([(1003, 0), (1003, 1000)]),
            "Across": line([(0, 500), (2000, 500)]),
            "Slanted across": line([(900, 0), (1100, 1000)]),
            "Own": line([(10, 10), (500, 10)]),
            "Corner": line([(500, 900), (1000, 900), (1000, 300)]),
            "Edge": line([(0, 0), (0, 900)]),
            "Elsewhere": line([(0, 5000), (0, 5900)]),
        }
    )
    assert found == {
        "Border": "East (2): east side; West (1): west side",
        "Across": "East (2), West (1)",
        "Slanted across": found["Slanted across"],
        "Own": "West (1)",
        "Corner": "East (2): east side; West (1): in part only the west side",
        "Edge": "West (1)",
    }
    assert {"East (2)", "West (1)"} <= set(found["Slanted across"].replace(":", ";").replace(", ", "; ").split("; "))
    assert street_beats({"Border": line([(1000, 900), (1000, 0)])}, language="mk") == {
        "Border": "East (2): источна страна; West (1): западна страна"
    }


@pytest.mark.parametrize("reverse", [False, True])
def test_house_numbers_are_told_where_addresses_have_them(reverse):
    rows = [("Across", str(n), 100 * n, 510 if n % 2 else 490) for n in range(1, 19)]
    rows += [("Border", f"{n}", 990 if n % 2 else 1020, 20 * n) for n in range(1, 31)] + [("Border", "31a", 980, 700)]
    houses = pd.DataFrame(rows[::-1] if reverse else rows, columns=["street", "number", "x", "y"])
    lines = {
        "Across": shapely.LineString([(0, 500), (2000, 500)]),
        "Border": shapely.LineString([(1000, 0), (1000, 900)]),
    }
    assert street_beats(lines, houses) == {
        "Across": "East (2): house numbers 11–18; West (1): house numbers 1–10",
        "Border": "East (2): east side, even house numbers 2–30; West (1): west side, odd house numbers 1–31a",
    }


@pytest.mark.parametrize("parted", [True, False])
def test_addresses_are_read_with_a_column_of_numbers_or_without(tmp_path, parted):
    town = write_grid_town(tmp_path)
    units = town.units()
    x, y = units.geometry.iloc[0].centroid.coords[0]
    text = f"a,n,x,y\nUl. BROAD,12b,{x},{y}\nНо број,,{x},{y}\nUnknown,3,{x},{y}\nМала,4,{x},{y}\n"
    if not parted:
        text = f"a,x,y\nUl. BROAD 12 b,{x},{y}\nНо број,{x},{y}\nUnknown 3,{x},{y}\nМала 4,{x},{y}\nBroad 3,,\n"
    town.path("houses.csv").write_text(text, encoding="utf-8")
    line = shapely.LineString([(x, y), (x + 50, y)])
    named = gpd.GeoDataFrame({"name": ["Broad street", "Мала", "Mala", "Другa"]}, geometry=[line] * 4, crs=units.crs)
    named.to_file(town.path("streets.gpkg"))
    number = ', number = "n"' if parted else ""
    section = '\n[forum]\nstreets = { path = "streets.gpkg", name = "name" }\n'
    section += f'addresses = {{ path = "houses.csv", x = "x", y = "y", crs = "EPSG:{units.crs.to_epsg()}", address = "a"{number} }}\n'
    town.project.write_text(town.project.read_text(encoding="utf-8") + section, encoding="utf-8")
    houses = read_forum_tables(read_town(read_description(town.project))).houses
    # spelled as the layer of streets does; a street that the layer writes in two ways has its addresses under both
    expected = [["Broad street", "12b"], ["Мала", "4"], ["Mala", "4"]]
    assert houses is not None and houses[["street", "number"]].to_numpy().tolist() == expected


def test_all_streets_are_looked_for_at_once(monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []

    class Tree(shapely.STRtree):
        def query(self, geometry: Any, *arguments: Any, **options: Any) -> Any:
            asked.append(len(geometry))
            return super().query(geometry, *arguments, **options)

    monkeypatch.setattr(shapely, "STRtree", Tree)
    lines: dict[str, Any] = {f"Street {k}": shapely.LineString([(0, 100 * k), (2000, 100 * k)]) for k in range(1, 8)}
    assert street_beats(lines) == {f"Street {k}": "East (2), West (1)" for k in range(1, 8)}
    # on the left, on the right and in the middle, however many streets there are
    assert len(asked) == 3
