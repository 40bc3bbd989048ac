"""What the layers of a town mean where outside data are on the edge: hair-thin lines, corners, parts, and lines of today."""

from __future__ import annotations

import sqlite3

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse import csgraph
from shapely.errors import GEOSException

from beatplanner.data.description.read import read_description
from beatplanner.data.errors import InputError
from beatplanner.data.formats import geometry
from beatplanner.data.town.adjacency import LEAST_BORDER, linked_pieces, touching
from beatplanner.data.town.coverage import spanning_links
from beatplanner.data.town.read_town import read_town
from beatplanner.planning.verification import verify
from beatplanner.planning.whole.run import run

pytestmark = pytest.mark.usefixtures("bare_plans")

X, Y = 540_000.0, 4_650_000.0
# Three footpaths, two of which run along the first within some millimetres, as in extracts of OpenStreetMap.
FOOTPATHS = [
    "LINESTRING (6.0513727382 73.29407036, 3.429939024 76.295457257, 3.46632528905 77.642777486, 3.56786000024 81.439802258, "
    "3.5820669833 82.07458162, 0.95091734064 87.260543892)",
    "LINESTRING (3.56786000024 81.439802258, 3.582290737 82.084579117)",
    "LINESTRING (3.5820669833 82.07458162, 3.56200219766 81.429979754)",
]


def project(folder, units, extra="", **columns):
    """Write units (a list of polygons, or a dict by id) and a description; return the description's path."""
    units = units if isinstance(units, dict) else {f"{i:02d}": g for i, g in enumerate(units, 1)}
    frame = gpd.GeoDataFrame(
        {"unit": list(units), "pop": [100] * len(units), **columns}, geometry=list(units.values()), crs="EPSG:32634"
    )
    frame.to_file(folder / "units.gpkg")
    path = folder / "project.toml"
    path.write_text(
        f'[project]\nname = "t"\n[units]\npath = "units.gpkg"\nid = "unit"\npopulation = "pop"\n{extra}', "utf-8"
    )
    return path


def box(x, y, w=500.0, h=500.0):
    return shapely.box(X + x, Y + y, X + x + w, Y + y + h)


def said(town, word):
    return [n for n in town.notes if word in n.what]


def now(town):
    return [b if isinstance(b, str) else None for b in town.units["current"]]


def edges_by_name(town):
    ids = town.units["unit"].to_numpy(object)
    return {(ids[a], ids[b]): k for a, b, k in zip(town.edges["a"], town.edges["b"], town.edges["kind"], strict=True)}


# ---- operations that GEOS cannot do exactly


def test_footpaths_that_nearly_lie_on_each_other_make_a_network(tmp_path):
    lines = [shapely.transform(shapely.from_wkt(w), lambda c: c + [386_000, 6_672_600]) for w in FOOTPATHS]
    gpd.GeoDataFrame({"highway": ["footway"] * 3}, geometry=lines, crs=32635).to_file(tmp_path / "roads.gpkg")
    units = [shapely.box(385_800 + 200 * k, 6_672_500, 386_000 + 200 * k, 6_672_900) for k in (0, 1)]
    path = project(tmp_path, units, '[stations]\ncount = 1\nroads = { path = "roads.gpkg" }\n')
    gpd.read_file(tmp_path / "units.gpkg").set_crs(32635, allow_override=True).to_file(tmp_path / "units.gpkg")
    town = read_town(read_description(path))
    assert town.network is not None and len(town.network.piece_metres) == 1
    # the two that double the first add some millimetres at most
    assert shapely.length(town.network.roads).sum() == pytest.approx(shapely.length(lines[0]), abs=1.5)


def failing(monkeypatch, name, grids):
    """Let an operation of GEOS fail unless its coordinates lie on a grid at least as coarse as this, in metres."""
    exact = getattr(shapely, name)

    def work(*operands, **options):
        flat = shapely.get_coordinates(
            np.concatenate(
                [
                    np.atleast_1d(np.asarray(o, dtype=object))
                    for o in operands
                    if o is not None and not isinstance(o, float)
                ]
            )
        )
        if not np.allclose(flat / grids, np.round(flat / grids), atol=1e-6):
            raise GEOSException("TopologyException: side location conflict at 3.25 4.5. This can occur ...")
        return exact(*operands, **options)

    monkeypatch.setattr(shapely, name, work)


def test_a_coarser_grid_is_tried_where_geos_fails_and_the_rest_stays_exact(monkeypatch):
    odd, even, whole = box(0.003, 0, 10, 10), box(5.001, 0, 15, 10), box(0, 0, 4, 4)
    failing(monkeypatch, "intersection", 0.01)
    found = geometry.intersection(np.array([odd, whole]), np.array([even, whole]))
    assert shapely.area(found) == pytest.approx([50.0, 16.0], abs=0.2)
    assert found[1].equals(whole)


def test_the_place_is_named_where_no_grid_helps(monkeypatch):
    def never(*_, **__):
        raise GEOSException("TopologyException: side location conflict at 3.25 4.5. This can occur ...")

    monkeypatch.setattr(shapely, "union_all", never)
    with pytest.raises(geometry.UnworkableShapesError, match=r"near 3\.25, 4\.5") as raised:
        geometry.union(np.array([shapely.box(0, 0, 1, 1)]))
    assert raised.value.point == (3.25, 4.5)


def test_a_dissolved_overlap_keeps_its_area():
    assert geometry.dissolve(np.array([box(0, 0), box(250, 0)])).area == 750 * 500


# ---- what a border is


@pytest.mark.papers
@pytest.mark.parametrize(
    ("metres", "neighbours"), [(0.02, False), (1.0, False), (1.9, False), (2.1, True), (30.0, True)]
)
def test_a_border_has_at_least_two_metres_for_planner_and_checker(tmp_path, metres, neighbours):
    d = metres / 2
    corners = {
        "A": [(0, 500), (500 - d, 500), (500 + d, 500), (500, 1000), (0, 1000)],
        "B": [(500 + d, 500), (1000, 500), (1000, 1000), (500, 1000)],
        "C": [(0, 0), (500, 0), (500 - d, 500), (0, 500)],
        "D": [(500, 0), (1000, 0), (1000, 500), (500 + d, 500), (500 - d, 500)],
    }
    units = {name: shapely.Polygon([(X + x, Y + y) for x, y in ring]) for name, ring in corners.items()}
    path = project(tmp_path, units, "[beats]\ncount = 2\ntolerance = 0.1\n")
    town = read_town(read_description(path))
    assert (("A", "D") in edges_by_name(town)) == neighbours
    assert bool(said(town, "A and D")) != neighbours
    assert run(path, tmp_path / "plan")["feasible"]
    report = verify(tmp_path / "plan")
    assert not report.failed, report.failed


def test_borders_digitised_twice_count_and_corners_do_not():
    # a gap of 0.3 m along a whole side; a corner that meets a corner across the same gap
    polygons = np.array([box(0, 0), box(500.3, 0), box(500.3, 500.3), box(0, 500.3)])
    found, _, _ = touching(polygons)
    assert set(zip(found["a"], found["b"], strict=True)) == {(0, 1), (1, 2), (2, 3), (0, 3)}
    assert (found["metres"] > 490).all() and LEAST_BORDER == 2.0


# ---- which of today's beats a unit lies in


def today(folder, beats):
    frame = gpd.GeoDataFrame({"beat": list(beats)}, geometry=list(beats.values()), crs="EPSG:32634")
    frame.to_file(folder / "old.gpkg")
    return '[beats]\ncount = 2\ntolerance = 0.5\ncurrent = { path = "old.gpkg", id = "beat" }\n'


def test_a_unit_that_touches_a_beat_by_a_hair_is_not_in_it(tmp_path):
    units = [box(500 * (k % 4), 500 * (k // 4)) for k in range(8)]
    # as after a change of CRS: the beat reaches 4 cm into the third column
    extra = today(tmp_path, {"A": box(0, 0, 1000.04, 1000)})
    town = read_town(read_description(project(tmp_path, units, extra)))
    assert now(town) == ["A", "A", None, None, "A", "A", None, None]
    assert not said(town, "split")


def test_the_largest_share_decides_and_splits_are_told(tmp_path):
    units = [box(0, 0), box(500, 0), box(1000, 0), box(1500, 0)]
    # 02 lies 60 % in A and 40 % in B; 03 lies 30 % in B and 70 % in none
    extra = today(tmp_path, {"A": box(0, 0, 800, 500), "B": box(800, 0, 350, 500)})
    town = read_town(read_description(project(tmp_path, units, extra)))
    assert now(town) == ["A", "A", None, None]
    (note,) = said(town, "split")
    assert note.severity == "warning" and "2 units" in note.what
    assert "02 (counts as A, 40% in B)" in note.what and "03 (counts in none, 30% in B)" in note.what


def test_beats_of_today_that_lie_on_each_other_do_not_make_a_unit_fuller_than_it_is(tmp_path):
    # two beats cover the same 40 % of the unit: most of it lies in none
    extra = today(tmp_path, {"A": box(0, 0, 200, 500), "B": box(0, 0, 200, 500), "C": box(500, 0)})
    town = read_town(read_description(project(tmp_path, [box(0, 0), box(500, 0)], extra)))
    assert now(town) == [None, "C"]


# ---- contiguity is of the ground


def far_apart(folder, gap, decided=""):
    """Write a row of units of which the first has a second part beyond the last, so many metres off."""
    units = {str(k): box(500 * k, 0) for k in range(4)}
    units["0"] = shapely.MultiPolygon([box(0, 0), box(2000 + gap, 0)])
    extra = "[beats]\ncount = 2\ntolerance = 0.5\n"
    if decided:
        (folder / "links.csv").write_text(f"from,to,accept,reason\n0,0,{decided},ferry\n", "utf-8")
        extra += 'decided_links = "links.csv"\n'
    return project(folder, units, extra)


def test_a_unit_in_far_parts_is_told_and_its_link_listed_and_checked(tmp_path):
    path = far_apart(tmp_path, 3000)
    town = read_town(read_description(path))
    (note,) = said(town, "in parts more than")
    # from the first part to the second are 4,500 m
    assert note.severity == "warning" and "0 (a link of 4,500 m)" in note.what
    assert town.proposals["links"][["from", "to", "metres"]].to_numpy().tolist() == [["0", "0", 4500.0]]
    run(path, tmp_path / "plan")
    assert not verify(tmp_path / "plan").failed
    # without the listed link the checker finds the beat in pieces on the ground
    edges = pyogrio.read_dataframe(tmp_path / "plan" / "plan.gpkg", layer="edges")
    assert ((edges["unit_a"] == edges["unit_b"]) & (edges["kind"] == "link")).sum() == 1
    with sqlite3.connect(tmp_path / "plan" / "plan.gpkg") as base:
        base.execute("delete from edges where unit_a = unit_b")
    wrong = {check.name for check in verify(tmp_path / "plan").failed}
    assert {"beats.contiguous_on_map", "edges.inputs"} <= wrong


def test_parts_on_both_sides_of_a_street_are_one_piece_of_ground(tmp_path):
    units = {str(k): box(500 * k, 0) for k in range(3)}
    units["0"] = shapely.MultiPolygon([box(0, 0), box(0, 530)])
    town = read_town(read_description(project(tmp_path, units, "[beats]\ncount = 2\ntolerance = 0.9\n")))
    assert town.part_links.empty and not said(town, "in parts more than")


def test_a_person_accepts_or_refuses_the_link_of_parts(tmp_path):
    town = read_town(read_description(far_apart(tmp_path, 3000, "yes")))
    (note,) = said(town, "the parts of 0 are linked")
    assert note.severity == "info" and "ferry" in note.what and not said(town, "in parts more than")
    with pytest.raises(InputError, match="an id of its own"):
        read_town(read_description(far_apart(tmp_path, 3000, "no")))


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 9), st.integers(0, 10_000))
def test_links_of_an_archipelago_are_a_shortest_tree(number, seed):
    rng = np.random.default_rng(seed)
    # some coasts are long enough to be cut, and some islands lie in each other's frames
    parts = np.array(
        [
            shapely.Point(rng.uniform(0, 3000, 2)).buffer(rng.uniform(5, 200), quad_segs=int(rng.choice([2, 90])))
            for _ in range(number)
        ],
        dtype=object,
    )
    apart = np.maximum(shapely.distance(parts[:, None], parts[None, :]), 1e-9)
    tree = csgraph.minimum_spanning_tree(sparse.csr_matrix(np.triu(apart, 1))).data
    assert sorted(spanning_links(parts)) == pytest.approx(sorted(tree), abs=1e-6)


def test_the_beats_of_a_roster_are_those_of_today_however_a_spreadsheet_writes_them(town):
    """A roster with “01” passed the check, and the plan broke off at the officers, for which 01 was no beat."""
    rows = ["officer,beat", "Ana,01", "Bojan,02.0", "Cena,", "Dritan,07"]
    town.path("roster.csv").write_text("\n".join(rows), encoding="utf-8")
    town.swap("officers.xlsx", "roster.csv")
    found = read_town(read_description(town.project))
    assert found.roster["beat"].tolist() == ["1", "2", None, "07"]
    notes = [str(n) for n in found.notes if "roster.csv" in str(n)]
    assert any("without leading zeros" in t for t in notes)
    assert any("“07” is none of today's beats" in t and n.severity == "warning" for n in found.notes for t in [str(n)])


def test_the_wishes_of_a_roster_are_those_of_today_and_one_for_no_beat_is_told(town):
    """A wish for beat 99, which nobody draws, stood in the roster without a word, and with a worst wish its officer could be moved nowhere."""
    rows = ["officer,beat,prefers", "Ana,1,02;01", "Bojan,2,99;2", "Cena,,"]
    town.path("roster.csv").write_text("\n".join(rows), encoding="utf-8")
    town.swap("officers.xlsx", "roster.csv")
    found = read_town(read_description(town.project))
    assert found.roster["prefers"].tolist() == [("2", "1"), ("99", "2"), ()]
    notes = [str(n) for n in found.notes if n.severity == "warning"]
    assert any("“99”, which is none of today's beats (1 such wishes)" in t for t in notes)
    assert not any("worst_wish" in t for t in notes)


def test_a_worst_wish_that_binds_nobody_is_told(town):
    """The rule was taken in silence where the roster has no wishes at all."""
    town.path("roster.csv").write_text("officer,beat\nAna,1\nBojan,2", encoding="utf-8")
    town.swap("officers.xlsx", "roster.csv")
    town.swap("[officers]", "[officers]\nworst_wish = 1")
    found = read_town(read_description(town.project))
    assert any("officers.worst_wish is given" in str(n) for n in found.notes if n.severity == "warning")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_pieces_are_those_of_a_graph_and_called_by_their_first_place(data):
    n = data.draw(st.integers(1, 40))
    links = data.draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=60))
    a, b = np.array(links, int).reshape(-1, 2).T
    found = linked_pieces(n, a, b)
    graph = sparse.csr_matrix((np.ones(len(links)), (a, b)), shape=(n, n))
    expected = csgraph.connected_components(graph, directed=False)[1]
    first = [int(np.flatnonzero(expected == p)[0]) for p in expected]
    assert list(found) == first
