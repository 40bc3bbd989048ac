"""The model of the layers, without a window: breaks, colours, order, search."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("PySide6.QtGui", reason="Qt's system libraries are missing", exc_type=ImportError)

import networkx as nx
import shapely

from beatplanner.data.colours import FILLS, colours_of
from beatplanner.ui.desktop.map.map_content import NamedPlace, search_places
from beatplanner.ui.desktop.map.map_layers import LayerStack, class_breaks, classified, nice_length


def test_breaks_of_quantiles_hold_as_many_units_each():
    values = np.arange(1.0, 101.0)
    breaks = class_breaks(values, 4, "quantiles")
    assert np.bincount(classified(values, breaks)).tolist() == [25, 25, 25, 25]
    assert classified(np.array([np.nan, 0.0, 1e9]), breaks).tolist() == [-1, 0, 3]
    assert class_breaks(values, 4, "equal steps").tolist() == [25.75, 50.5, 75.25, 100.0]
    assert len(class_breaks(np.zeros(9), 5, "quantiles")) == 1
    assert len(class_breaks(np.array([np.nan]), 5, "quantiles")) == 0


@given(st.integers(0, 60), st.integers(2, 30))
def test_neighbours_on_a_map_never_look_alike(seed, count):
    random = np.random.default_rng(seed)
    from scipy.spatial import Delaunay

    points = random.random((count + 2, 2))
    pairs = np.unique(
        np.sort(np.concatenate([Delaunay(points).simplices[:, k] for k in ([0, 1], [1, 2], [0, 2])]), axis=1), axis=0
    )
    ids, near = [str(k) for k in range(count + 2)], [set() for _ in range(count + 2)]
    for a, b in pairs.tolist():
        near[a].add(b)
        near[b].add(a)
    found = colours_of(ids, near)
    assert all(found[ids[a]] != found[ids[b]] for a, b in pairs.tolist())
    assert colours_of(ids, near, before=found) == found


def test_a_stroke_recolours_only_what_clashes():
    before = {"1": FILLS[0], "2": FILLS[1], "3": FILLS[0]}
    found = colours_of(["1", "2", "3", "4"], [{1, 2}, {0, 2}, {0, 1, 3}, {2}], before=before)
    assert [found[b] for b in "12"] == list(FILLS[:2])
    assert found["3"] not in FILLS[:2]
    assert nx.Graph([(2, 3)]).number_of_edges() and found["4"] != found["3"]


def test_order_and_changes_are_told():
    stack, told = LayerStack(), []
    stack.listeners.append(lambda: told.append(1))
    first = stack.layers[0].name
    stack.move(first, 2)
    assert stack.layers[2].name == first
    stack.move(first, -99)
    assert stack.layers[0].name == first
    stack.change("Population", visible=True, classes=7)
    assert stack["Population"].visible
    assert len(told) == 3
    with pytest.raises(AttributeError):
        stack.change("Population", colour="red")
    with pytest.raises(KeyError):
        stack["Moon"]


@pytest.mark.parametrize(("metres", "found"), [(1.0, 1), (4.9, 2), (5.0, 5), (999, 500), (12_345, 10_000)])
def test_scale_bars_are_round(metres, found):
    assert nice_length(metres) == found


def test_places_are_found_without_accents_and_case():
    box = (0.0, 0.0, 1.0, 1.0)
    places = [
        NamedPlace("Čair 3", "unit", box),
        NamedPlace("Čair", "beat", box),
        NamedPlace("Old Čair market", "station", box),
    ]
    assert [p.kind for p in search_places(places, "cair")] == ["beat", "unit", "station"]
    assert search_places(places, "MARKET old")[0].kind == "station"
    assert search_places(places, "  ") == []


def test_no_two_signs_of_the_legend_look_alike():
    pytest.importorskip("PySide6.QtGui")
    from beatplanner.data.colours import alike
    from beatplanner.ui.desktop.map.legend import legend_lines
    from beatplanner.ui.desktop.map.map_content import MapContent
    from beatplanner.ui.desktop.map.rings import Rings

    content, stack = MapContent(), LayerStack()
    content.label = np.array([0])
    line = Rings.of(np.array([shapely.LineString([(0, 0), (1, 1)])], dtype=object))
    for layer in stack.layers:
        layer.visible = not layer.shaded
        content.lines[layer.name], content.points[layer.name] = line, np.zeros((1, 2))
    keys = legend_lines(content, stack)
    assert len(keys) >= 12
    for i, one in enumerate(keys):
        for other in keys[:i]:
            assert one.colour != other.colour, (one, other)
            assert one.kind != other.kind or not alike(one.colour, other.colour), (one, other)


def test_lines_of_the_legend_are_seen_on_dark_paper():
    pytest.importorskip("PySide6.QtGui")
    from PySide6.QtGui import QColor

    from beatplanner.ui.desktop.map.legend import legend_lines
    from beatplanner.ui.desktop.map.map_content import MapContent
    from beatplanner.ui.desktop.map.rings import Rings
    from beatplanner.ui.desktop.map.view import DARK_BACKGROUND

    def light(colour):
        # relative luminance, Web Content Accessibility Guidelines 2.1
        parts = [QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF()]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    content, stack = MapContent(), LayerStack()
    content.label = np.array([0])
    for layer in stack.layers:
        layer.visible = not layer.shaded
        content.lines[layer.name] = Rings.of(np.array([shapely.LineString([(0, 0), (1, 1)])], dtype=object))
    lines = [k for k in legend_lines(content, stack, dark=True) if k.kind in ("line", "dash")]
    assert len(lines) >= 6
    for key in lines:
        assert (light(key.colour) + 0.05) / (light(DARK_BACKGROUND) + 0.05) > 2, key


def test_no_class_of_a_shaded_layer_is_cut_from_the_legend():
    pytest.importorskip("PySide6.QtGui")
    from beatplanner.ui.desktop.map.legend import legend_lines, shortened
    from beatplanner.ui.desktop.map.map_content import MapContent
    from beatplanner.ui.desktop.map.rings import Rings

    content, stack = MapContent(), LayerStack()
    line = Rings.of(np.array([shapely.LineString([(0, 0), (1, 1)])], dtype=object))
    for layer in stack.layers:
        layer.visible = layer.name == "Service" or not layer.shaded
        content.lines[layer.name], content.points[layer.name] = line, np.zeros((1, 2))
    content.figures["Minutes"] = np.arange(1.0, 51.0)
    stack["Service"].figure, content.label = "Minutes", np.zeros(50, int)
    keys = legend_lines(content, stack)
    shown = shortened(keys, 9)
    classes = [k.text for k in keys if k.of_class]
    # a title and five classes, told in the window's numbers; the signs of the top layers stay
    assert len(classes) == 6 and [k.text for k in shown if k.of_class] == classes and len(shown) == 9
    assert [k for k in shown if not k.of_class] == [k for k in keys if not k.of_class][:3]
    assert classes[0] == "Minutes" and classes[1].startswith("1.0 – ")
