"""Colours of beats: any two differ for every reader, and dark letters can be read on them."""

from __future__ import annotations

from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from beatplanner.data.colours import FILLS, USED, alike, beat_colours, beat_numbers, colours_of, neighbours, preferred
from beatplanner.planning.beats.naming import distinct

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
VISION = {
    "usual": np.eye(3),
    "no red": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "no blue": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour: str) -> np.ndarray:
    share = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    ratio = np.clip(TO_XYZ @ np.clip(rgb, 0, 1), 0, None) / np.array([0.9505, 1.0, 1.089])
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", VISION)
def test_any_two_fills_differ(vision):
    for one, other in combinations(FILLS, 2):
        apart = np.linalg.norm(lab(VISION[vision] @ linear(one)) - lab(VISION[vision] @ linear(other)))
        assert apart >= 18, (one, other)


@pytest.mark.parametrize("fill", FILLS)
def test_dark_letters_can_be_read(fill):
    # WCAG 2: at least 4.5 : 1
    bright, dark = TO_XYZ[1] @ linear(fill), TO_XYZ[1] @ linear("#1a1a1a")
    assert (bright + 0.05) / (dark + 0.05) >= 4.5


def grid(side: int) -> gpd.GeoDataFrame:
    cells = [shapely.box(100 * c, 100 * r, 100 * c + 100, 100 * r + 100) for r in range(side) for c in range(side)]
    return gpd.GeoDataFrame({"beat": [str(k + 1) for k in range(side**2)]}, geometry=cells, crs="EPSG:32634")


def test_a_colour_belongs_to_its_beat_and_neighbours_never_look_alike():
    beats = grid(4)
    own = {"6": "#fdd99b", "16": "#123456"}
    found = beat_colours(beats, own)
    assert {b: found[b] for b in own} == own
    numbers = beat_numbers(beats.assign(colour=[found[b] for b in beats["beat"]]))
    for i, one in enumerate(beats.geometry):
        for j, other in enumerate(beats.geometry):
            if i < j and one.touches(other):
                a, b = str(i + 1), str(j + 1)
                assert not alike(found[a], found[b]), (a, b)
                assert numbers[a] != numbers[b]
    # what a plan has given stays, whoever asks next and however the map has changed
    written = beats.assign(colour=[found[b] for b in beats["beat"]])
    assert beat_colours(written.iloc[::-1]) == found
    # without a plan the id alone decides where it can: two maps of the same beats agree
    apart = grid(3).iloc[[0, 2, 6, 8]]
    assert all(beat_colours(apart)[b] == FILLS[preferred(b)] for b in apart["beat"])


@given(st.integers(0, 60), st.integers(2, 40))
def test_beats_keep_the_colour_that_they_had_unless_a_neighbour_looks_alike(seed, count):
    random = np.random.default_rng(seed)
    near = [set() for _ in range(count + 2)]
    for corners in Delaunay(random.random((count + 2, 2))).simplices.tolist():
        for a, b in combinations(corners, 2):
            near[a].add(b)
            near[b].add(a)
    ids = [str(k + 1) for k in range(count + 2)]
    before = {b: FILLS[int(random.integers(USED))] for b in ids if random.random() < 0.8}
    found = colours_of(ids, near, before=before)
    assert not any(alike(found[ids[a]], found[ids[b]]) for a, around in enumerate(near) for b in around)
    assert colours_of(ids, near, before=found) == found
    # whatever the order in which they are told
    order = random.permutation(count + 2).tolist()
    place = {k: n for n, k in enumerate(order)}
    moved = colours_of([ids[k] for k in order], [{place[o] for o in near[k]} for k in order], before=before)
    assert moved == found


def test_neighbours_of_what_changed_are_those_of_all():
    shapes = np.array(grid(4).geometry.to_numpy())
    near = neighbours(shapes)
    assert near[5] == {0, 1, 2, 4, 6, 8, 9, 10}
    # one gives its ground to the next, one is gone, and one is new
    shapes = np.array([*shapes, shapely.box(400, 0, 500, 100)], dtype=object)
    shapes[5], shapes[6], shapes[15] = None, shapes[5].union(shapes[6]), None
    found = neighbours(shapes, np.array([5, 6, 15, 16]), near)
    assert found == neighbours(shapes) and found[16] == {3, 7} and not found[5]


def test_a_beat_among_all_colours_takes_one_that_a_single_neighbour_had():
    ids, near = [str(k) for k in range(1, 10)], [set(range(1, 9)), *({0} for _ in range(8))]
    before = {str(k + 2): FILLS[k % USED] for k in range(8)}
    found = colours_of(ids, near, before=before)
    assert [b for b in before if found[b] != before[b]] == ["3"] and found["1"] == before["3"]
    # a planner's colours are never taken
    found = colours_of(ids, near, own={"3": FILLS[1]}, before=before)
    assert found["1"] == before["4"] and found["3"] == FILLS[1]


def test_a_name_is_never_given_twice():
    assert distinct("Mill", "3", ["Hill"]) == "Mill"
    assert distinct("Mill", "3", ["mill"]) == "Mill (3)"
    assert distinct("Mill", "3", ["MILL", "Mill (3)"]) == "Mill (3, 2)"
