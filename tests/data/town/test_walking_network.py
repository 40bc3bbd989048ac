"""The walking network: junctions, bridges, ferries, slopes, barriers, snapping, pieces, and OpenStreetMap extracts."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from extracts import write_extract
from rasterio.transform import from_origin

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.town.read_town import read_town
from beatplanner.data.town.roads import default_classes, read_roads, road_classes
from beatplanner.data.town.walking_network import (
    Barriers,
    WalkingLines,
    catchments,
    straight_metres,
    walk_metres,
    walking_network,
    without_barred,
)
from conftest import CRS, SIDE, SOUTH, WEST


def line(*points):
    return shapely.LineString(points)


def roads(*lines, apart=(), wait=None, factor=None) -> WalkingLines:
    n = len(lines)
    flags = np.isin(np.arange(n), list(apart))
    return WalkingLines(
        np.array(lines, dtype=object),
        flags,
        np.ones(n) if factor is None else np.array(factor, float),
        np.zeros(n) if wait is None else np.array(wait, float),
    )


def between(network, a, b, **options) -> float:
    return float(walk_metres(network, np.array([a], float), np.array([b], float), **options)[0, 0])


CROSS = (line((0, 0), (100, 0)), line((50, -50), (50, 50)))


def test_roads_that_cross_meet_but_a_bridge_does_not():
    assert between(walking_network(roads(*CROSS)), (0, 0), (50, 50)) == pytest.approx(100)
    over = roads(*CROSS, line((100, 0), (100, 50), (50, 50)), apart=[1])
    assert between(walking_network(over), (0, 0), (50, 50)) == pytest.approx(200)


def test_a_bridge_that_begins_in_the_middle_of_a_road_meets_it():
    both = roads(
        line((0, 0), (50, 0), (100, 0)), line((50, 0), (50, 80)), line((0, 80), (50, 80), (100, 80)), apart=[1]
    )
    network = walking_network(both)
    assert between(network, (0, 0), (0, 80)) == pytest.approx(180, abs=0.1)
    assert len(network.piece_metres) == 1


def test_a_long_street_shortens_nothing_and_one_way_does_not_count():
    network = walking_network(roads(line((0, 0), (30, 40), (60, 0))))
    assert between(network, (0, 0), (60, 0)) == pytest.approx(100) == between(network, (60, 0), (0, 0))


def test_ends_that_nearly_meet_are_joined_and_counted():
    apart = roads(line((0, 0), (100, 0)), line((100.8, 0), (200, 0)), line((150, 0.7), (150, 90)))
    assert walking_network(apart, snap=0.1).joined == 0
    network = walking_network(apart, snap=1.0)
    assert network.joined >= 2
    assert between(network, (0, 0), (150, 90)) == pytest.approx(240, abs=3)
    assert np.isinf(between(walking_network(apart, snap=0.1), (0, 0), (150, 90)))


def test_a_ferry_takes_its_wait_and_steps_their_time():
    ferry = roads(
        line((0, 0), (100, 0)), line((110, 0), (300, 0)), line((300, 0), (400, 0)), apart=[1], wait=[0, 500, 0]
    )
    assert between(walking_network(ferry), (0, 0), (400, 0)) == pytest.approx(400 + 500, abs=15)
    steps = roads(line((0, 0), (100, 0)), line((100, 0), (200, 0)), factor=[1, 1.5])
    assert between(walking_network(steps), (0, 0), (200, 0)) == pytest.approx(250)


def test_a_slope_counts_by_tobler_and_never_shortens():
    hill = walking_network(roads(line((0, 0), (1000, 0))), height=lambda p: 0.2 * p[:, 0])
    up, down = np.exp(3.5 * (0.25 - 0.05)), np.exp(3.5 * (0.15 - 0.05))
    assert between(hill, (0, 0), (1000, 0)) == pytest.approx(1000 * (up + down) / 2)
    gentle = walking_network(roads(line((0, 0), (1000, 0))), height=lambda p: -0.03 * p[:, 0])
    assert between(gentle, (0, 0), (1000, 0)) >= 1000


def test_a_way_beyond_the_limit_is_no_way():
    network = walking_network(roads(line((0, 0), (1000, 0))))
    assert between(network, (0, 0), (600, 0), limit=599) == np.inf
    assert between(network, (0, 0), (600, 0), limit=601) == pytest.approx(600)


def test_nobody_crosses_a_river_to_reach_a_road():
    river = Barriers(line((-100, 5), (200, 5)), np.empty((0, 2)))
    network = walking_network(roads(line((0, 0), (100, 0)), line((0, 40), (100, 40)), line((100, 0), (100, 40))))
    south = between(network, (10, 12), (10, 0), barriers=river)
    assert south > 150  # by the road on this bank and the bridge, though the other bank is nearer
    assert between(network, (10, 12), (10, 0)) < 40


def test_roads_that_cross_a_barrier_away_from_crossings_are_cut():
    streets = roads(
        line((0, -50), (0, 50)), line((500, -50), (500, 50)), line((0, 50), (500, 50)), line((0, -50), (500, -50))
    )
    rail = Barriers(line((-100, 0), (600, 0)), np.array([[500.0, 0.0]]))
    network = walking_network(without_barred(streets, rail))
    assert between(network, (0, -50), (0, 50)) == pytest.approx(1100, abs=2)


def test_straight_walks_go_around_a_river_by_its_bridge():
    home, site = np.array([[0.0, -100.0]]), np.array([[0.0, 100.0]])
    river = line((-1000, 0), (1000, 0))
    assert np.isinf(straight_metres(home, site, 1.0, Barriers(river, np.empty((0, 2)))))
    by_bridge = straight_metres(home, site, 1.0, Barriers(river, np.array([[300.0, 0.0]])))
    assert by_bridge[0, 0] == pytest.approx(2 * np.hypot(300, 100))
    assert straight_metres(home, np.array([[50.0, -100.0]]), 1.3, Barriers(river, np.empty((0, 2))))[
        0, 0
    ] == pytest.approx(65)


def test_catchments_hold_each_other_and_end_where_minutes_do():
    network = walking_network(roads(line((0, 0), (2000, 0)), line((1000, 0), (1000, 900))))
    small, large = catchments(network, np.array([[1000.0, 0.0]]), [300.0, 700.0])[0]
    assert small.within(large.buffer(1))
    assert large.covers(shapely.Point(1000, 690))
    assert not large.covers(shapely.Point(1000, 800))
    assert not small.covers(shapely.Point(1400, 0))


@pytest.mark.parametrize("seed", range(4))
def test_walks_are_those_of_a_plain_graph(seed):
    """Compare with networkx on a random street grid whose crossings are listed one by one."""
    import networkx as nx

    random = np.random.default_rng(seed)
    kept = [
        ((i, j), (i + di, j + dj))
        for i in range(6)
        for j in range(6)
        for di, dj in ((1, 0), (0, 1))
        if i + di < 6 and j + dj < 6 and random.random() < 0.8
    ]
    graph = nx.Graph()
    graph.add_weighted_edges_from((a, b, 100.0) for a, b in kept)
    network = walking_network(roads(*(line(np.array(a) * 100, np.array(b) * 100) for a, b in kept)))
    main = max(nx.connected_components(graph), key=len)
    nodes = sorted(main)
    metres = walk_metres(network, np.array(nodes) * 100.0, np.array(nodes) * 100.0)
    ways = dict(nx.all_pairs_dijkstra_path_length(graph, weight="weight"))
    assert metres == pytest.approx(np.array([[ways[a][b] for b in nodes] for a in nodes]), abs=0.1)


def test_a_network_in_pieces_is_named(town):
    streets = [line((WEST, SOUTH + k * SIDE), (WEST + 4 * SIDE, SOUTH + k * SIDE)) for k in range(5)]
    gpd.GeoDataFrame(geometry=streets, crs=CRS).to_file(town.folder / "roads.gpkg")
    notes = [str(n) for n in read_town(read_description(town.project)).notes]
    assert any("5 pieces that do not meet" in n and "Улица" in n and "snap_metres" in n for n in notes), notes
    # slow roads are no longer than they are drawn
    gpd.GeoDataFrame({"highway": ["steps"] * 5}, geometry=streets, crs=CRS).to_file(town.folder / "roads.gpkg")
    notes = [str(n) for n in read_town(read_description(town.project)).notes]
    lengths = f"the longest has {4 * SIDE / 1000:,.1f} km, the others {16 * SIDE / 1000:,.1f} km together"
    assert any(lengths in n for n in notes), notes


def test_classes_can_be_edited(town):
    assert not road_classes(None)[0]["motorway"].walked
    assert road_classes(None)[0]["ferry"].wait_minutes > 0
    assert "motorway,no" in default_classes()
    table = town.folder / "classes.csv"
    table.write_text("class,walked,factor\nStreet,no,\nMotorway,yes,1.2", encoding="utf-8")
    assert road_classes(table)[0]["motorway"].factor == 1.2
    # yes and no are the words that a roster has, too
    table.write_text("class,walked\nLane,x\nQuay,нет\nStreet,no\nMotorway,yes", encoding="utf-8")
    assert [road_classes(table)[0][k].walked for k in ("lane", "quay")] == [True, False]
    town.swap('roads = { path = "roads.gpkg" }', 'roads = { path = "roads.gpkg", classes = "classes.csv" }')
    with pytest.raises(InputError, match="no lines that people walk on"):
        read_town(read_description(town.project))
    table.write_text("class,walked\nStreet,perhaps", encoding="utf-8")
    with pytest.raises(InputError, match="neither yes nor no"):
        read_town(read_description(town.project))


def test_slopes_of_a_raster_lengthen_the_walks(town):
    level = read_town(read_description(town.project)).walks
    ramp = np.tile(np.arange(24, dtype="float32") * 30.0, (24, 1))
    with rasterio.open(
        town.folder / "dem.tif",
        "w",
        driver="GTiff",
        height=24,
        width=24,
        count=1,
        dtype="float32",
        crs=CRS,
        transform=from_origin(WEST - 200, SOUTH + 2200, 100, 100),
    ) as out:
        out.write(ramp, 1)
    town.swap('roads = { path = "roads.gpkg" }', 'roads = { path = "roads.gpkg" }\nelevation = "dem.tif"')
    steep = read_town(read_description(town.project)).walks
    assert (steep >= level - 1e-6).all()
    assert steep.sum() > 1.2 * level.sum()


def test_an_openstreetmap_extract_is_read_without_a_network(town):
    corner = gpd.GeoSeries(
        [shapely.Point(WEST + SIDE * i, SOUTH + SIDE * j) for j in range(5) for i in range(5)], crs=CRS
    ).to_crs(4326)
    nodes = {k + 1: (p.x, p.y) for k, p in enumerate(corner)}
    rows = [([5 * j + i + 1 for i in range(5)], {"highway": "residential"}) for j in range(5)]
    columns = [([5 * j + i + 1 for j in range(5)], {"highway": "footway"}) for i in (0, 4)]
    others = [
        ([3, 8, 13], {"highway": "motorway"}),
        ([2, 7], {"highway": "path", "foot": "no"}),
        ([4, 9], {"route": "ferry"}),
        ([2, 8], {"highway": "steps"}),
        ([7, 13], {"highway": "service", "bridge": "yes"}),
    ]
    write_extract(town.folder / "town.osm.pbf", nodes, [*rows, *columns, *others])
    town.swap("roads.gpkg", "town.osm.pbf")
    description = read_description(town.project)
    read = read_town(description)
    assert np.isfinite(read.walks).all()
    assert any("Nobody walks on" in str(n) and "motorway (1)" in str(n) for n in read.notes)
    found, _, rows_read, left_out = read_roads(
        town.folder / "town.osm.pbf", description.stations.roads, read.crs, read.units.geometry, 75.0, None
    )
    assert rows_read == 12
    assert left_out == {"motorway": 1, "path": 1}
    assert found.wait.max() == 15 * 75
    assert found.factor.max() == 1.5
    assert found.apart.sum() == 2
    (town.folder / "town.osm.pbf").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match=r"town.osm.pbf"):
        read_town(description)


def test_hundreds_of_roads_that_are_one_to_the_millimetre_are_one():
    """They would cross each other in every place: 300 of them took minutes, or the noding gave up."""
    from beatplanner.data.formats.geometry import node

    random = np.random.default_rng(1)
    ends = np.array([[540_000.0, 4_651_000.0], [541_500.0, 4_651_000.0], [543_000.0, 4_651_000.0]])
    roads = [shapely.LineString((ends if k % 2 else ends[::-1]) + random.normal(0, 1e-8, (3, 2))) for k in range(300)]
    crossing = shapely.LineString([(541_000.0, 4_650_000.0), (541_000.0, 4_652_000.0)])
    found = node(np.array([*roads, crossing], dtype=object))
    assert len(found) == 4 and shapely.length(found).sum() == pytest.approx(5_000)
