"""Forums: the venue by enumeration, fares, seats and dates."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from beatplanner.data.description.sections.forum import Forum, ForumLevel
from beatplanner.data.result.plan_tables import PlanTables
from beatplanner.planning.forum.forums import DETOUR, METRE, plan_forums

FIRST = dt.date(2027, 1, 18)


def tables(seed: int = 0, count: int = 12) -> PlanTables:
    rng = np.random.default_rng(seed)
    xy = np.column_stack([np.arange(count) * 1000.0 + 500, rng.uniform(0, 1000, count)])
    beat = ["1"] * (count // 2) + ["2"] * (count - count // 2)
    cells = [shapely.box(1000 * i, 0, 1000 * (i + 1), 1000) for i in range(count)]
    units = gpd.GeoDataFrame(
        {
            "unit": range(count),
            "beat": beat,
            "workload": 1.0,
            "population": rng.integers(0, 300, count).astype(float),
            "name": [f"P{i}" for i in range(count)],
            "municipality": "",
            "x": xy[:, 0],
            "y": xy[:, 1],
        },
        geometry=cells,
        crs="EPSG:32634",
    )
    beats = (
        units[["beat", "municipality", "geometry"]].dissolve("beat").reset_index().assign(name=["One", "Two"], posts=2)
    )
    none = pd.DataFrame()
    return PlanTables(units, gpd.GeoDataFrame(beats), None, None, none, None, None, None, {"project": "Town"})


def venues(seed: int = 0, count: int = 9) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    place = rng.uniform(0, 12_000, count)
    return pd.DataFrame(
        {
            "venue": [f"Hall {i}" for i in range(count)],
            "x": place,
            "y": rng.uniform(0, 1000, count),
            "cost": rng.integers(0, 30, count).astype(float),
        }
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_venue_is_the_cheapest_for_its_members(seed):
    town, halls = tables(seed), venues(seed)
    rules = Forum(cost_per_km=0.5, neighbourhood=ForumLevel(members=10))
    found = {m.area: m for m in plan_forums(town, rules, halls, None) if m.level == "neighbourhood"}
    for beat in ("1", "2"):
        own = town.units[town.units["beat"] == beat]
        shape = town.beats.geometry[(town.beats["beat"] == beat).to_numpy()].iloc[0]
        inside = [i for i in range(len(halls)) if shape.intersects(shapely.Point(halls["x"][i], halls["y"][i]))]
        share = (own["population"] / own["population"].sum()).to_numpy()
        best = {}
        for i in inside:
            metres = DETOUR * np.hypot(own["x"] - halls["x"][i], own["y"] - halls["y"][i]).to_numpy()
            fare = np.where(metres <= 1500, 0.0, 2 * metres / 1000 * 0.5)
            best[i] = 10 * (share * (fare + METRE * metres)).sum() + halls["cost"][i]
        wanted = min(best, key=lambda i: best[i])
        assert found[beat].venue == halls["venue"][wanted]
        metres = DETOUR * np.hypot(own["x"] - halls["x"][wanted], own["y"] - halls["y"][wanted]).to_numpy()
        travel = 10 * (share * np.where(metres <= 1500, 0.0, 2 * metres / 1000 * 0.5)).sum()
        assert found[beat].travel_cost == pytest.approx(travel)
        assert found[beat].year_cost == pytest.approx(6 * (travel + halls["cost"][wanted]))
        assert found[beat].walkers == pytest.approx((share * (metres <= 1500)).sum())


def test_three_levels_with_seats_by_role_and_no_name():
    rules = Forum(neighbourhood=ForumLevel(members=9, first=FIRST), roles=("School", "Imam and priest", "Youth club"))
    found = plan_forums(tables(), rules, venues(), None)
    assert [m.level for m in found] == ["neighbourhood", "neighbourhood", "municipality", "region"]
    for m in found:
        assert sum(n for _, n in m.seats) == m.members
    assert dict(found[0].seats) == {"Residents": 6, "School": 1, "Imam and priest": 1, "Youth club": 1}
    assert found[0].first == FIRST
    # no two neighbourhoods on one evening, none at a week-end
    assert len({m.first for m in found[:2]}) == 2
    assert all(m.first.weekday() < 5 for m in found[:2])


def test_walks_by_road_are_used_where_there_are_some():
    town, halls = tables(), venues()
    far = np.full((12, 9), 5000.0)
    far[:, 4] = 10.0
    found = plan_forums(town, Forum(), halls, far)
    assert found[-1].venue == "Hall 4"
    assert found[-1].travel_cost == 0
    assert found[-1].walkers == pytest.approx(1)


def test_without_buildings_the_place_is_announced_later():
    found = plan_forums(tables(), Forum(), None, None)
    # what travel there costs nobody knows: it is not nothing
    assert all(m.venue is None and np.isnan([m.travel_cost, m.trip_cost, m.year_cost]).all() for m in found)
