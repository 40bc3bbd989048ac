"""What is written on maps on paper is clear of each other and of every sign, measured by the letters of the font."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import map_boxes
import numpy as np
import pytest
import shapely

from beatplanner.data.publish.plain_figure import plain_figure
from beatplanner.data.publish.public import map_labels, map_sheet, pack_maps
from beatplanner.data.publish.public.picture_names import Paper, choose_names
from beatplanner.data.publish.public.plan import PublicPlan, StationWay

CRS = "EPSG:32634"


def town(side: int = 6, cell: float = 400.0) -> Any:
    """A town of square beats with long names of wide letters, a station in each second one and a grid of streets."""
    n = side * side
    cells = [shapely.box(c * cell, r * cell, (c + 1) * cell, (r + 1) * cell) for r in range(side) for c in range(side)]
    ids = [str(k) for k in range(n)]
    units = gpd.GeoDataFrame(
        {"unit": ids, "name": [f"Шуто Оризари MWM {k}" for k in range(n)], "beat": ids}, geometry=cells, crs=CRS
    )
    beats = gpd.GeoDataFrame({"beat": ids}, geometry=cells, crs=CRS)
    at = [shapely.Point(s.centroid.x + 60, s.centroid.y - 80) for s in cells[::2]]
    stations = gpd.GeoDataFrame(
        {"station": [f"s{k}" for k in range(len(at))], "existing": [k % 2 == 0 for k in range(len(at))]},
        geometry=at,
        crs=CRS,
    )
    lines = [shapely.LineString([(0, y), (side * cell, y)]) for y in np.arange(100.0, side * cell, 200.0)]
    streets = gpd.GeoDataFrame(
        {"name": [f"Mother Teresa Street {k}" for k in range(len(lines))]}, geometry=lines, crs=CRS
    )
    return map_boxes.MappedTown(units=units, beats=beats, stations=stations, streets=streets, ways={})


def test_no_label_of_a_crowded_map_touches_another_or_a_sign():
    t = town()
    labels = {b: f"Шуто Оризари MWM {b} ({b})" for b in t.beats["beat"]}
    names = {s: f"Полициска станица {s}" for s in t.stations["station"]}
    maps = [
        pack_maps.draw_town(
            t, t.beats, labels, width=120, height=120, stations=t.stations, names=names, streets=t.streets, parts=()
        )
    ]
    for beat in ("14", "15"):
        for numbered in (True, False):
            maps.append(
                pack_maps.draw_beat(
                    t,
                    beat,
                    width=60,
                    height=60,
                    streets=t.streets,
                    waters=None,
                    names=labels,
                    venue=tuple(t.stations.geometry.iloc[7].coords[0]),
                    venue_name="Municipal hall",
                    stations=names,
                    numbered=numbered,
                )
            )
    for drawing in maps:
        assert len(map_boxes.labels(drawing.svg)) > 8
        assert map_boxes.touching(drawing.svg) == []


def test_what_touches_is_found():
    sheet = map_sheet.sheet_of((0, 0, 500, 500), 50, 50, 10_000, 1.0)
    sheet.write("Kej 6", 20, 20, 3.0)
    sheet.write("Kej 7", 24, 22, 3.0)
    sheet.write("alone", 40, 40, 3.0)
    sheet.parts.append('<path d="M38.00 38.00h2v2h-2Z" fill="#08306b" stroke="#fff" stroke-width="0.5"/>')
    sheet.parts.append('<path d="M20.00 5.00L20.00 45.00" stroke="#1a1a1a" stroke-width="0.2"/>')
    found = map_boxes.touching(sheet.svg())
    assert ("Kej 6", "Kej 7") in found and ("alone", "a sign") in found and ("Kej 6", "the line to a name") in found


@pytest.mark.parametrize("text", ["Kej 6 (10)", "WWWMMM", "iiiill", "Ѓорче Петров", "Штип\nГоце Делчев"])
@pytest.mark.parametrize("bold", [True, False])
def test_the_box_of_a_name_holds_its_letters(text, bold):
    sheet = map_sheet.sheet_of((0, 0, 1000, 1000), 100, 100, 10_000, 1.0)
    sheet.write(text, 50, 50, 3.0, bold=bold)
    box = shapely.box(*map_labels.box_of(text, 50, 50, 3.0, bold=bold))
    ink = shapely.union_all([b for _, b in map_boxes.written("".join(sheet.parts))])
    assert box.contains(ink) and box.area < 3 * ink.envelope.area


def test_a_number_of_the_grid_gives_way_to_a_sign():
    sheet = map_sheet.sheet_of((0, 0, 5000, 5000), 100, 100, 50_000, 1.0)
    first = sheet.numbers[0]
    sheet.hold_sign(first.box[0], first.box[1], 2.0)
    sheet.draw_grid()
    written = [text for text, _ in map_boxes.written("".join(sheet.parts))]
    assert sorted(written) == sorted(n.text for n in sheet.numbers[1:])


def test_stations_of_today_stand_on_the_map_of_today_with_those_that_close():
    t = town()
    t.stations = t.stations.assign(name=None, near="")
    shut = gpd.GeoDataFrame(
        {"station": ["old"], "name": ["Old post"], "existing": [True], "near": [""]},
        geometry=[t.units.geometry.iloc[1].centroid],
        crs=CRS,
    )
    plan = PublicPlan("T", True, t.units, t.beats, t.stations, closing=shut)
    there = plan.stations_today
    assert there is not None and list(there["station"]) == [*t.stations["station"][::2], "old"]
    drawing = pack_maps.draw_town(
        plan, t.beats, {b: b for b in t.beats["beat"]}, width=200, height=200, stations=there, names={"old": "Old post"}
    )
    assert {"today", "closes"} <= drawing.shown and "new" not in drawing.shown
    assert len(map_boxes.signs(drawing.svg)) == len(there)
    assert "Old post" in [text for text, _ in map_boxes.labels(drawing.svg)]
    assert PublicPlan("T", True, t.units, t.beats, None).stations_today is None


def test_names_of_the_reports_map_lie_on_nothing():
    t = town(4)
    figure = plain_figure(5, 5, None)
    axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
    t.beats.plot(ax=axes)
    axes.set_aspect("equal")
    legend = axes.legend(handles=axes.plot([], [], label="today's beats"), loc="upper right")
    paper = Paper(figure, axes)
    held = paper.box(legend)
    names = {b: f"Шуто Оризари {b} ({b})" for b in t.beats["beat"]}
    chosen = choose_names(paper, t.beats, names, 7.5, t.stations, [held])
    boxes = [shapely.box(*map_labels.box_of(at[0], at[1], at[2], 7.5 * 25.4 / 72, bold=True)) for at in chosen if at]
    assert len(boxes) == len(t.beats)
    signs = paper.mm(shapely.get_coordinates(t.stations.geometry.to_numpy()))
    for k, box in enumerate(boxes):
        assert not shapely.intersects(box, [*boxes[:k], shapely.box(*held)]).any()
        assert shapely.distance(box, shapely.points(signs)).min() > 1.0
    # the one name, on one line or two, or the number that is in it
    full = {" ".join(at[0].split()) for at in chosen if at}
    assert full <= {*names.values(), *names}


@pytest.mark.parametrize("numbered", [True, False])
def test_stations_of_other_beats_are_named_too_or_stand_in_the_list(numbered):
    t = town(side=4, cell=900.0)
    names = {s: f"Post {s}" for s in t.stations["station"]}
    plan: Any = map_boxes.MappedTown(**{**vars(t), "ways": {"6": [StationWay("s3", 1.0, 9.0)]}})
    drawing = pack_maps.draw_beat(
        plan,
        "6",
        width=480,
        height=150,
        streets=None,
        waters=None,
        names={b: b for b in t.beats["beat"]},
        stations=names,
        numbered=numbered,
    )
    written = {text for text, _ in map_boxes.written(drawing.svg)}
    named = {n for n in names.values() if n in written}
    assert "Post s3" in named and len(named) > 1
    assert len(named) + len(drawing.unnamed) == len(map_boxes.signs(drawing.svg)) > 1
    assert map_boxes.touching(drawing.svg) == []


def test_names_of_other_symbols_are_not_taken_for_those_beside_them():
    # the only free place at the first sign is nearer to the second one, whose name is written elsewhere
    taken = [(10.0, 0.0, 90.0, 44.0), (10.0, 56.0, 90.0, 100.0), (0.0, 0.0, 47.0, 100.0)]
    place = [(50.0, 50.0)], ["Post"], 3.0, 2.0, taken, 100.0, 100.0
    assert map_labels.beside_points(*place, lines=False)[0] is not None
    assert map_labels.beside_points(*place, others=[(56.0, 50.0)], lines=False)[0] is None


def test_a_name_stands_at_the_end_of_a_line_only_where_lines_may_be_drawn():
    around = [(40.0, 40.0, 60.0, 47.0), (40.0, 53.0, 60.0, 60.0), (35.0, 47.0, 47.0, 53.0), (53.0, 47.0, 65.0, 49.0)]
    place = [(50.0, 50.0)], ["Post"], 3.0, 2.0, around, 100.0, 100.0
    at = map_labels.beside_points(*place)[0]
    assert at is not None and at[3]
    assert map_labels.beside_points(*place, lines=False)[0] is None
