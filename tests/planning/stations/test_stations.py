"""Stations as a planner plans them: each rule in a whole run, checked by `verify`."""

from __future__ import annotations

import copy
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.result.folder import read_result
from beatplanner.planning.compare.rule_prices import relaxations
from beatplanner.planning.forum.forum_pack import remake_pack
from beatplanner.planning.verification import check_tables, verify
from beatplanner.planning.verification.ledger import Ledger
from beatplanner.planning.verification.phases_bound import cheaper_order
from beatplanner.solver.location.phasing import phase
from conftest import CRS, SIDE, SOUTH, WEST

pytestmark = pytest.mark.usefixtures("bare_plans")


@pytest.fixture
def planned(town, command, request):
    """Run `stations`, or the whole plan with its pack, and return exit code, messages, summary and plan; the plan must pass the checker."""

    def run(*changes: tuple[str, str], steps: str = "stations"):
        if steps == "stations":
            request.getfixturevalue("without_pack")
        for old, new in changes:
            town.swap(old, new)
        out = town.folder / "out"
        code, _, error = command(steps, town.project, "--out", out)
        if code == 1:
            return code, error, None, None
        verdict = verify(out)
        assert verdict.ok, [str(c) for c in verdict.failed]
        summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
        return code, error, summary["stations"], out / "plan.gpkg"

    return run


def layer(package, name):
    return pyogrio.read_dataframe(package, layer=name)


def states(tables):
    """Return what the checker says of each claim."""
    ledger = Ledger()
    check_tables(ledger, tables)
    return {c.name: c.state for c in ledger.checks}


COUNT = "count = 2\n"
SCHOOLS = [f"School {n}" for n in range(4)]


def existing(town, **columns):
    """Three stations of today: two at School 0's corner of the town and one far from it."""
    places = [(250, 250), (300, 300), (1750, 1750)]
    frame = gpd.GeoDataFrame(
        {"name": ["A", "B", "C"], **columns}, geometry=[shapely.Point(WEST + x, SOUTH + y) for x, y in places], crs=CRS
    )
    frame.to_file(town.folder / "stations.geojson")


def test_a_closable_station_closes_and_its_closing_costs(town, planned):
    existing(town, state=["kept", "closable", "fixed"], keep=[100, 100, 100], shut=[0, 70, 0])
    keys = '{ path = "stations.geojson", id = "name", state = "state", cost = "keep", closing_cost = "shut" }'
    code, _, said, package = planned(('{ path = "stations.geojson", id = "name" }', keys), (COUNT, "count = 3\n"))
    assert code == 0
    assert said["closed"] == ["B"]
    opened = layer(package, "stations")
    assert {"A", "C"} <= set(opened["station"])
    assert said["cost"] == opened["cost"].sum() + 70


def test_a_budget_below_what_stands_is_explained_and_a_plan_still_written(town, planned):
    existing(town, keep=[500, 500, 500])
    keys = '{ path = "stations.geojson", id = "name", cost = "keep" }'
    code, error, said, package = planned(
        ('{ path = "stations.geojson", id = "name" }', keys), (COUNT, "count = 3\nbudget = 900\n")
    )
    assert code == 3
    assert "budget = 900" in error
    assert "1,500" in error
    assert "by themselves" in error
    assert said["status"] == "infeasible"
    assert len(layer(package, "stations")) == 3


def test_an_unknown_state_is_refused(town, planned):
    existing(town, state=["kept", "half open", "fixed"])
    code, error, *_ = planned(
        ('{ path = "stations.geojson", id = "name" }', '{ path = "stations.geojson", id = "name", state = "state" }')
    )
    assert code == 1
    assert "half open" in error


def test_yearly_costs_count_for_the_years_that_are_paid(town, planned):
    text = town.path("sites.csv").read_text(encoding="utf-8").splitlines()
    town.path("sites.csv").write_text(
        "\n".join([text[0] + ",rent", *[f"{row},10" for row in text[1:]]]), encoding="utf-8"
    )
    code, _, said, _ = planned(
        ('cost = "cost" }', 'cost = "cost", yearly_cost = "rent" }'),
        (COUNT, 'count = 2\ncost_years = 5\nobjective = "coverage"\n'),
    )
    assert code == 0
    assert said["cost"] % 1000 == 50


def test_stations_keep_their_distance(planned):
    code, _, _, package = planned((COUNT, "count = 3\nmin_distance = 600\n"))
    assert code == 0
    place = layer(package, "stations").geometry
    assert min(a.distance(b) for i, a in enumerate(place) for b in place[:i]) >= 600


def test_a_distance_that_cannot_be_kept_is_explained(planned):
    code, error, *_ = planned((COUNT, "count = 4\nmin_distance = 900\n"))
    assert code == 3
    assert "minimum distance of 500 m" in error
    assert "or 2 stations" in error


def test_every_municipality_has_a_station(planned):
    code, _, _, package = planned((COUNT, "count = 2\none_per_municipality = true\n"))
    assert code == 0
    x = layer(package, "stations").geometry.x - WEST
    assert (x < 1000).any()
    assert (x > 1000).any()


def test_too_few_stations_for_the_municipalities_are_explained(planned):
    code, error, said, _ = planned((COUNT, "count = 1\none_per_municipality = true\n"))
    assert code == 3
    assert "needs 2 stations" in error
    assert said["count"] == 1


def test_no_group_walks_much_farther(town, planned):
    frame = town.units()
    frame["pop_sq"] = np.where(np.arange(16) >= 12, 90, 0)  # they live in the north, the candidates stand in the south
    town.write_units(frame)
    rows = ["site,x,y,cost"] + [
        f"S{k},{WEST + 250 + 500 * (k % 4)},{SOUTH + 250 + 500 * (k // 4)},1" for k in range(1, 16)
    ]
    town.path("sites.csv").write_text("\n".join(rows), encoding="utf-8")
    code, _, said, _ = planned((COUNT, "count = 3\ngroup_excess = 0.05\n"))
    assert code == 0
    assert said["group_excess"] <= 0.05
    assert said["gap"] is not None


def test_a_group_rule_that_nothing_keeps_says_what_was_found(town, planned):
    frame = town.units()
    frame["pop_sq"] = np.where(np.arange(16) == 15, 90, 0)
    town.write_units(frame)
    code, error, said, _ = planned((COUNT, "count = 2\ngroup_excess = 0.01\n"))
    assert code == 3
    assert "smallest excess that was found" in error
    assert "sq" in error
    assert said["lower_bound"] is None


def test_a_floor_of_coverage_is_kept_and_its_bound_is_checked(town, planned):
    rows = ["site,x,y,cost"] + [
        f"S{k},{WEST + 250 + 500 * (k % 4)},{SOUTH + 250 + 500 * (k // 4)},1" for k in range(16)
    ]
    town.path("sites.csv").write_text("\n".join(rows), encoding="utf-8")
    frame = town.units()
    frame["pop"] = [200, 150, 150, 200, 150, 200, 200, 50, 50, 100, 100, 200, 200, 50, 100, 200]
    town.write_units(frame)
    code, _, said, _ = planned((COUNT, "count = 3\nwalk_minutes = 9\ncoverage_floor = 0.15\n"))
    assert code == 0
    # by enumeration: without the floor 2,845,000 resident metres, and 11 % within the limit
    assert said["share_within_limit"] >= 0.15
    assert said["objective"] > 2_846_000
    assert said["certified"] is True
    assert said["status"] == "optimal"
    priced = {r.key: r.rules.stations for r in relaxations(read_description(town.project))}
    assert priced["stations.coverage_floor"].coverage_floor is None
    code, error, said, _ = planned(("coverage_floor = 0.15\n", "coverage_floor = 0.99\n"))
    assert code == 3
    assert "The greatest share that can be had is" in error
    assert said["lower_bound"] is None
    assert f"is {np.floor(said['share_within_limit'] * 10_000) / 10_000:g}," in error


def test_a_floor_of_coverage_goes_with_short_walks_alone(planned):
    code, error, *_ = planned((COUNT, 'count = 2\ncoverage_floor = 0.9\nobjective = "coverage"\n'))
    assert code == 1
    assert "coverage_floor" in error and "p-median" in error


@pytest.mark.parametrize("objective", ["coverage", "p-center", "fewest"])
def test_other_objectives_keep_the_rules_too(objective, planned):
    code, _, said, _ = planned(
        (
            COUNT,
            f'count = 3\nobjective = "{objective}"\nwalk_minutes = 12\nmin_distance = 600\none_per_municipality = true\n',
        )
    )
    assert code == 0
    assert said["status"] == "optimal"


def test_phases_open_pilots_first_within_each_years_money(planned):
    phases = 'count = 4\nphases = { budgets = [2000, 3000, 7000], start = 2027, pilots = ["School 1"] }\n'
    code, error, said, package = planned(
        (COUNT, phases), ('existing = { path = "stations.geojson", id = "name" }\n', "")
    )
    assert code == 0, error
    opens = dict(zip(layer(package, "stations")["station"], layer(package, "stations")["opens"], strict=True))
    assert opens["School 1"] == 2027
    years = said["phases"]["years"]
    assert np.all(np.cumsum([y["spent"] for y in years]) <= np.cumsum([2000, 3000, 7000]) + 1e-6)
    assert years[-1]["open"] == 4
    tables = read_result(package.parent)
    now = states(tables)
    assert now["phases.lower_bound"] == now["phases.objective"] == "checked"
    for key, value in (("lower_bound", said["phases"]["objective"] * (1 + 1e-9)), ("objective", 1.0)):
        other = copy.deepcopy(tables.summary)
        other["stations"]["phases"][key] = value
        assert states(replace(tables, summary=other))[f"phases.{key}"] == "wrong"


def test_no_order_of_opening_is_cheaper_than_its_bound():
    for seed in range(15):
        random = np.random.default_rng(seed)
        p, years = int(random.integers(2, 6)), int(random.integers(2, 5))
        cost, unreached = random.uniform(0, 1000, (15, p)), np.full(15, 1500.0)
        standing, pilot = np.arange(p) < random.integers(2), np.arange(p) == p - 1 + random.integers(2)
        opening, yearly = random.uniform(1, 9, p) * ~standing, random.uniform(0, 3, p) * random.integers(2)
        given = (cost, unreached, standing, opening, yearly, random.uniform(0, 12, years), pilot)
        found = phase(*given, seconds=1e6)
        bound = min(found.lower_bound, found.objective)
        assert cheaper_order(*given, bound * (1 - 1e-11)) is None
        assert cheaper_order(*given, found.objective * (1 + 1e-9)) == pytest.approx(found.objective)


def test_yearly_money_that_does_not_suffice_is_explained(planned):
    code, error, said, _ = planned((COUNT, "count = 3\nphases = { budgets = [100, 200] }\n"))
    assert code == 3
    assert "more" in error
    # money says its currency
    assert re.search(r"\(300 EUR in all\).* \d[\d,]* EUR more \(", " ".join(error.split()))
    assert said["phases"]["years"][0]["year"] == 1


def test_an_unknown_pilot_is_refused(planned):
    code, error, *_ = planned((COUNT, 'count = 3\nphases = { budgets = [9000], pilots = ["Scool 1"] }\n'))
    assert code == 1
    assert "Did you mean “School 1”" in error


def test_mobile_stops_reach_who_is_cut_off_and_their_hours_reach_the_workload(town, planned):
    changes = (
        COUNT,
        "count = 2\nreach_minutes = 17\nmobile = { visits_per_year = 10, hours_per_visit = 2, walk_minutes = 10 }\n",
    )
    code, error, said, package = planned(changes, steps="plan")
    assert code == 0, error
    assert said["unreachable_residents"] > 0
    assert said["mobile"]["residents"] == said["unreachable_residents"]
    units = layer(package, "units")
    assert units["fixed_hours"].sum() == pytest.approx(said["mobile"]["hours_a_year"])
    assert said["mobile"]["hours_a_year"] >= 20 * said["mobile"]["stops"]
    assert said["mobile"]["least_stops"] == said["mobile"]["stops"]
    # both numbers that are least are proven, or computed anew, by the checker
    tables = read_result(package.parent)
    assert states(tables)["mobile.least_stops"] == "checked"
    more = copy.deepcopy(tables.summary)
    more["stations"]["mobile"] |= {"stops": 9, "least_stops": said["mobile"]["least_stops"] + 1}
    assert states(replace(tables, summary=more))["mobile.least_stops"] == "wrong"
    u = np.zeros_like(tables.proofs["stops"]["u"])
    broken = tables.proofs | {"stops": tables.proofs["stops"] | {"u": u}}
    assert states(replace(tables, proofs=broken))["mobile.least_stops"] == "wrong"
    parts = units["reactive_hours"] + units["community_hours"] + units["fixed_hours"]
    assert units["workload"].to_numpy() == pytest.approx(parts.to_numpy())


def test_what_opening_or_closing_a_site_changes(planned):
    _, _, said, package = planned()
    sites = layer(package, "sites")
    chosen = sites["chosen"].astype(bool)
    assert (sites.loc[chosen, "change_minutes"] >= -1e-9).all()
    assert (sites.loc[~chosen, "change_minutes"] <= 1e-9).all()
    assert (sites.loc[~chosen, "residents_affected"] >= 0).all()
    assert said["share_by_minutes"]["20"] == pytest.approx(said["share_within_limit"])


def test_shares_by_minutes_rise_and_name_everybody(planned):
    _, _, _, package = planned(steps="plan")
    access = layer(package, "access")
    assert set(access["kind"]) == {"all", "beat", "municipality", "group"}
    for _, rows in access[access["minutes"].notna()].groupby(["kind", "name"]):
        assert rows.sort_values("minutes")["share"].is_monotonic_increasing
    areas = layer(package, "catchments")
    assert len(areas) == 6
    assert set(areas["minutes"]) == {5.0, 10.0, 20.0}


def with_raster(town) -> None:
    cells = np.zeros((20, 20), dtype="float32")
    cells[0, :] = 30.0  # all residents of the northern units live along their northern edge
    cells[10:, :] = 2.0
    with rasterio.open(
        town.folder / "people.tif",
        "w",
        driver="GTiff",
        height=20,
        width=20,
        count=1,
        dtype="float32",
        crs=CRS,
        transform=from_origin(WEST, SOUTH + 4 * SIDE, 100, 100),
    ) as out:
        out.write(cells, 1)
    town.swap('population = "pop"', 'population_raster = "people.tif"')
    town.swap('groups = { sq = "pop_sq" }\n', "")


@pytest.mark.papers
def test_walks_start_where_residents_of_a_raster_live_and_a_project_file_keeps_them(town, planned, command):
    with_raster(town)
    code, error, said, package = planned()
    assert code == 0, error
    homes, units = layer(package.with_name("people.gpkg"), "homes"), layer(package, "units")
    assert homes["residents"].sum() == pytest.approx(units["population"].sum()) == pytest.approx(1000)
    north = homes[homes["unit"].isin([13, 14, 15, 16])]
    assert north.geometry.y.min() > SOUTH + 4 * SIDE - 101
    assert said["mean_walk_minutes"] > 0
    # where residents live lies apart from the plan, and the checker reads both
    people = package.with_name("people.gpkg")
    inside = {str(name) for name, _ in pyogrio.list_layers(package)}
    # from the walks to some stations a home could be found
    assert not inside & {"homes", "walks"}
    assert {"homes", "walks"} <= {str(name) for name, _ in pyogrio.list_layers(people)}
    assert "INTERNAL" in " ".join(pyogrio.read_info(people, layer="homes")["dataset_metadata"].values())
    assert said["homes"] == len(read_result(package.parent).homes) > 16
    assert verify(package.parent).ok
    homes = people.read_bytes()
    with closing(sqlite3.connect(people)) as database, database:
        database.execute("UPDATE walks SET metres = metres * 1.5 WHERE fid < 4")
    assert not verify(package.parent).ok
    people.unlink()
    alone = verify(package.parent)
    assert alone.ok
    assert any(
        c.name == "stations.homes" and c.found == "not checked" and "people.gpkg" in c.detail for c in alone.checks
    )
    # a pack made without it would tell of ways as residents go them
    with pytest.raises(InputError, match="not beside the plan"):
        remake_pack(package.parent)
    people.write_bytes(homes)
    assert verify(package.parent).ok
    built, _, error = command("build", town.project, "-o", town.folder / "town.gpkg")
    assert built == 0, error
    again = town.folder / "again"
    code, _, error = command("stations", town.folder / "town.gpkg", "--out", again)
    assert code == 0, error
    objective = json.loads((again / "summary.json").read_text(encoding="utf-8"))["stations"]["objective"]
    assert objective == pytest.approx(said["objective"], rel=1e-6)


def test_sites_that_are_generated_are_said_to_be(town, planned):
    with_raster(town)
    candidates = (
        'candidates = { path = "sites.csv", x = "x", y = "y", crs = "EPSG:32634", id = "site", cost = "cost" }\n'
    )
    code, _, said, package = planned((candidates, ""), (COUNT, "count = 3\ngenerated = 9\n"))
    assert code == 0
    assert 0 < said["generated_sites"] <= 9
    text = json.loads((package.parent / "summary.json").read_text(encoding="utf-8"))["notes"]
    assert any("were generated" in n["text"] for n in text)


def test_only_some_kinds_of_buildings(town, planned):
    rows = town.path("sites.csv").read_text(encoding="utf-8").splitlines()
    town.path("sites.csv").write_text(
        "\n".join([rows[0] + ",kind", *[f"{r},{'school' if k else 'shop'}" for k, r in enumerate(rows[1:])]])
    )
    code, _, said, _ = planned(('id = "site"', 'id = "site", only = { kind = ["School"] }'))
    assert (code, said["sites"]) == (0, 4)
    code, error, *_ = planned(('["School"]', '["church"]'))
    assert code == 1
    assert "shop" in error


def test_a_site_in_a_lake_is_refused(town, planned):
    lake = gpd.GeoDataFrame(geometry=[shapely.box(WEST + 200, SOUTH + 700, WEST + 300, SOUTH + 780)], crs=CRS)
    lake.to_file(town.folder / "lake.gpkg")
    code, error, *_ = planned((COUNT, 'count = 2\nbarriers = { path = "lake.gpkg" }\n'))
    assert code == 1
    assert "School 0" in error
    assert "water" in error


def test_a_site_far_from_every_road_is_refused(town, planned):
    code, error, *_ = planned((COUNT, "count = 2\naccess_metres = 5\n"))
    assert code == 1
    assert "nearest road" in error


def test_a_table_of_walks_that_misses_a_pair_is_refused_and_an_empty_cell_is_no_way(town, planned):
    roads = 'roads = { path = "roads.gpkg" }'
    sites = ["Old station", "School 0", "School 1", "School 2", "School 3"]
    rows = [f"{u},{s},{100 * (u + k)}" for u in range(1, 17) for k, s in enumerate(sites)]
    town.path("walk.csv").write_text("\n".join(["unit,site,metres", *rows[:-1]]), encoding="utf-8")
    code, error, *_ = planned((roads, 'distances = "walk.csv"'))
    assert code == 1
    assert "1 of 80 pairs" in error
    assert "School 3" in error
    town.path("walk.csv").write_text(
        "\n".join(["unit,site,metres", *rows[:-5], *[f"16,{s}," for s in sites]]), encoding="utf-8"
    )
    code, error, said, package = planned()
    assert code == 0, error
    assert said["unreachable_residents"] == 100
    units = layer(package, "units").set_index("unit")
    assert np.isnan(units.loc[16, "walk_minutes"])
    town.path("walk.csv").write_text("\n".join(["unit,site,metres", *rows[:-5]]), encoding="utf-8")
    assert (
        planned(('distances = "walk.csv"', 'distances = { path = "walk.csv", missing = "unreachable" }'))[2][
            "unreachable_residents"
        ]
        == 100
    )


@pytest.mark.parametrize("over", [0.000001, 0.000002])
def test_who_lives_at_the_edge_of_the_limit_is_within_it_in_every_figure(town, planned, over):
    # roads are joined on a grid of a micrometre, so ways of round numbers come out a hair longer
    rows = ["unit,site,metres"]
    for unit in range(1, 17):
        near = 1500 + over if unit > 12 else 500
        rows += [f"{unit},{site},{near if site == 'School 0' else 3000}" for site in ["Old station", *SCHOOLS]]
    (town.folder / "walk.csv").write_text("\n".join(rows), encoding="utf-8")
    code, _, said, package = planned(('roads = { path = "roads.gpkg" }', 'distances = "walk.csv"'), steps="plan")
    assert code == 0
    assert said["share_within_limit"] == said["share_by_minutes"]["20"] == 1.0
    assert layer(package, "stations")["residents_within_limit"].sum() == layer(package, "units")["population"].sum()
