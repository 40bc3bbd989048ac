"""Ids that the description itself lists, and those of officers' tables where there are no beats of today, are found however they are written."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from beatplanner.data.description.listed_ids import budget_as_known, ids_as_known, stations_as_known
from beatplanner.data.description.read import read_description
from beatplanner.data.result.draft import accepted_sites
from beatplanner.data.result.folder import read_result
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.service.duty import duty
from beatplanner.planning.verification import verify

pytestmark = pytest.mark.usefixtures("fixed_work", "bare_plans")

WAYS = {"as they are": str, "decimals": lambda n: f"{n}.0", "zeros": lambda n: f"00{n}", "blanks": lambda n: f" {n} "}
SITES = (7, 8, 9)


def written(town, way, pilot="West") -> None:
    """Write a town without beats of today in which every list of the description and each table names ids in one way."""
    places = town.units().representative_point().head(len(SITES))
    rows = [f"{s},{p.x},{p.y},1000" for s, p in zip(SITES, places, strict=True)]
    town.path("sites.csv").write_text("\n".join(["site,x,y,cost", *rows]), "utf-8")
    town.path("posts.csv").write_text(f"beat,posts,gender\n{way(3)},1,f\n", "utf-8")
    town.path("roster.csv").write_text(f"officer,beat,gender\n11,{way(1)},m\n12,{way(3)},f\n13,,f\n", "utf-8")
    town.path("published.csv").write_text(f"officer,beat,start,end\n11,{way(1)},2027-01-01,2028-01-01\n", "utf-8")
    text = town.project.read_text("utf-8").replace('current = { path = "old.gpkg", id = "beat" }\n', "")
    text = text.replace("count = 4\n", f'count = 4\nheld = {{ 1 = ["{way(1)}"], 3 = ["{way(16)}"] }}\n', 1)
    text = text.replace(
        "[stations]", f'links = [ {{ pairs = [["{way(1)}", "{way(16)}"]], reason = "bridge" }} ]\n\n[stations]'
    )
    stations = (
        f'held_open = ["{way(8)}"]\naccepted = {{ "{way(7)}" = "Hall" }}\n'
        f'phases = {{ budgets = [3000, 3000, 9000], pilots = ["{way(8)}"] }}\n'
    )
    text = text.replace("count = 2\n", "count = 2\n" + stations).replace(
        'existing = { path = "stations.geojson", id = "name" }\n', ""
    )
    text = text.replace("[officers]", '[officers]\nposts = "posts.csv"\npublished = "published.csv"').replace(
        "officers.xlsx", "roster.csv"
    )
    money = f'\n[budget]\nyears = 3\nofficer_salary = 1000\nceiling = 9000\npilots = ["{pilot}"]\nstart_together = [["{way(3)}", "{way(4)}"]]\n'
    town.project.write_text(text + money, "utf-8")


def test_a_plan_keeps_what_lists_ask_for_however_they_write_ids(town, command):
    written(town, lambda n: f" 00{n}.0 ", "west ")
    out = town.path("out")
    code, _, error = command("plan", town.project, "--out", out)
    assert code in (0, 3), error
    tables = read_result(out)
    assert tables.roster["beat"].dropna().tolist() == ["1", "3"]
    assert accepted_sites(tables) == {"7": "Hall"}
    assert "8" in tables.stations["station"].astype(str).tolist()
    posts, starts = tables.summary["officers"]["special_posts"], tables.summary["budget"]["beat_starts"]
    assert posts == [{"beat": "3", "posts": 1, "requires": "woman"}]
    assert {s["beat"] for s in starts if s["pilot"]} == {"1", "2"}
    verdict = verify(out)
    assert verdict.ok, [str(c) for c in verdict.failed]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_layers_find_what_the_description_lists(town, way):
    written(town, way)
    read = read_town(read_description(town.project))
    assert read.units["locked"].dropna().to_dict() == {0: "1", 15: "3"}
    assert {(a, b) for a, b, kind in read.edges[["a", "b", "kind"]].to_numpy().tolist() if kind == "link"} == {(0, 15)}
    assert not [n for n in read.notes if "accepted" in n.what]
    tables = read.in_beats_of(["1", "2", "3", "4"])
    assert tables.special_posts["beat"].tolist() == ["3"] and tables.published["beat"].tolist() == ["1"]
    assert tables.roster["beat"].tolist() == ["1", "3", None]
    rules = stations_as_known(read.description.stations, ["7", "8", "9"])
    assert rules.held_open == ("8",) and rules.accepted == {"7": "Hall"} and rules.phases.pilots == ["8"]
    money = budget_as_known(read.description.budget, ["West"] * 4, ["1", "2", "3", "4"], ["1", "2", "3", "4"])
    assert money.pilots == ["West"] and money.start_together == [["3", "4"]]


def test_what_is_none_of_the_known_stays_as_it_is_written():
    assert ids_as_known(["7.0", "77.0"], ["07"]) == ["07", "77.0"]
    assert ids_as_known([], ["1"]) == []


def test_servers_are_of_the_plans_beats_where_there_are_none_of_today():
    rows = [("car", " 01", 0, None, None), ("foot", "02", 1, None, None), ("any", None, 2, None, None)]
    servers = pd.DataFrame(rows, columns=["server", "beat", "unit", "shift", "speed_kmh"], dtype=object)
    town = SimpleNamespace(description=SimpleNamespace(file="p.toml"))
    beats = np.array(["1", "2", "2"], object)
    shifts = [SimpleNamespace(name="day", shifts=["day"])]
    found = duty(town, SimpleNamespace(servers=servers), shifts, beats, {}, np.zeros((1, 3)))
    assert dict(found.servers[0][["server", "beat"]].to_numpy().tolist()) == {"car": "1", "foot": "2", "any": None}
