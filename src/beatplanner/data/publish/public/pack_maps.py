"""The pack's maps: drawings at an exact scale, as SVG, safe in black and white.

A map is made in millimetres of paper. Beats that touch differ in fill and in pattern, so that a photocopy still tells them apart; labels have
a white halo and never lie on one another. What is too dense for its names is drawn once more, larger, on a sheet of its own.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from beatplanner.data.colours import beat_colours, beat_numbers
from beatplanner.data.formats import geometry
from beatplanner.data.formats.frames import crs_of
from beatplanner.data.publish.public.map_labels import Box, dense_parts
from beatplanner.data.publish.public.map_sheet import (
    DARK,
    GREY,
    LIGHT,
    PaperSheet,
    SheetDrawing,
    filled_sheet,
    ground_per_map_metre,
    round_scale,
    sheet_of,
)
from beatplanner.data.publish.public.map_signs import (
    area_names,
    borders_on,
    draw_fill,
    draw_ground,
    draw_groups,
    draw_lines,
    draw_stations,
    group_names,
    mark_part,
    names_beside,
    neighbour_names,
    place_names,
    river_under,
    write_station_names,
    write_street_names,
)
from beatplanner.data.publish.public.plan import PublicPlan

# Millimetres from the middle of a forum's sign to its ring, which goes around a station's sign.
RING = 2.9
# A dense part is drawn on a sheet of its own where that shows it at least so many times larger.
LARGER = 1.5


def fills_of(shapes: gpd.GeoDataFrame, beats: gpd.GeoDataFrame) -> dict[str, tuple[str, int]]:
    """Return the colour of each beat, and the number of its pattern; today's beats have the colours that the plan's `beats` of the same id have."""
    colours = beat_colours(shapes)
    if "colour" not in shapes:
        colours = beat_colours(shapes, before=colours | beat_colours(beats))
    numbers = beat_numbers(shapes, colours)
    return {beat: (colour, numbers[beat]) for beat, colour in colours.items()}


def draw_town(
    plan: PublicPlan,
    areas: gpd.GeoDataFrame,
    labels: dict[str, str],
    *,
    width: float,
    height: float,
    streets: gpd.GeoDataFrame | None = None,
    waters: gpd.GeoSeries | None = None,
    today: gpd.GeoDataFrame | None = None,
    stations: gpd.GeoDataFrame | None = None,
    names: Mapping[str, str] | None = None,
    groups: Mapping[str, gpd.GeoDataFrame] | None = None,
    part: Box | None = None,
    parts: Sequence[Box] | None = None,
) -> SheetDrawing:
    """Draw the whole town, or a dense part of it.

    Parameters
    ----------
    plan
        The plan.
    areas
        Today's or the new beats: ``beat`` and polygons.
    labels
        What is written in each.
    width, height
        Of the frame, mm.
    streets, waters
        Drawn thin below the borders.
    today
        Older lines, drawn dashed.
    stations
        ``station``, ``existing`` and points, and ``closes`` where some of today's stations do; None where there are none.
    names
        What each station is called.
    groups
        Sectors and commands with ``group`` and polygons, by their column; None where there are none.
    part
        The part that is drawn alone (west, south, east, north in metres).
    parts
        Where parts are marked that have sheets of their own; None: where names have no room.
    """
    bounds = plan.units.total_bounds if part is None else part
    ground = ground_per_map_metre(crs_of(plan.units), (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2)
    pad = 0.01 * max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    bounds = (bounds[0] - pad, bounds[1] - pad, bounds[2] + pad, bounds[3] + pad)
    scale = round_scale(bounds, width, height, ground)
    sheet = sheet_of(bounds, width, height, scale, ground)
    fills = fills_of(areas, plan.beats)
    for beat, shape in zip(areas["beat"].astype(str), areas.geometry, strict=True):
        draw_fill(sheet, shape, *fills[beat])
    draw_ground(sheet, streets, waters, 0.12)
    sheet.draw(plan.borders, line=LIGHT, width=0.08)
    sheet.shown |= {"area", "border", "fill"}
    if today is not None:
        older = geometry.union(shapely.get_parts(shapely.boundary(today.geometry.to_numpy())))
        sheet.draw(older, line="#fff", width=0.9)
        sheet.draw(older, line=DARK, width=0.35, dash="1.6 1.2")
        sheet.shown.add("line")
    river_under(sheet, waters, areas.geometry.to_numpy(), 0.6)
    for shape in areas.geometry:
        sheet.draw(shape, line=DARK, width=0.6)
    draw_groups(sheet, groups or {})
    draw_stations(sheet, stations, size=2.6)
    for number, box in enumerate(parts or ()):
        mark_part(sheet, box, chr(ord("A") + number))
    size = 3.2 if len(areas) <= 60 else 2.2
    unnamed: list[str] = []
    at: list[Box] = []
    if names is not None:
        # stations first: a beat without room for its name has its number, a station has nothing shorter
        unnamed, at = write_station_names(sheet, stations, names, 2.6, borders_on(sheet, areas.geometry.to_numpy()))
    listed, cramped = area_names(sheet, areas, labels, size)
    cramped += at
    group_names(sheet, groups or {}, 1.15 * size)
    if parts is None and part is None:

        def fits(box: Box) -> bool:
            return round_scale(_padded(box), width, height, ground) * LARGER <= scale

        found = [_padded(b) for b in dense_parts(cramped, fits)]
        if found:
            # drawn again: the names make room for the lines around the parts
            return draw_town(
                plan,
                areas,
                labels,
                width=width,
                height=height,
                streets=streets,
                waters=waters,
                today=today,
                stations=stations,
                names=names,
                groups=groups,
                parts=found,
            )
    return _finished(sheet, scale, listed, unnamed, parts=parts or ())


def _padded(box: Box) -> Box:
    """Return a part with some of what lies around it."""
    pad = 0.06 * max(box[2] - box[0], box[3] - box[1], 100.0)
    return box[0] - pad, box[1] - pad, box[2] + pad, box[3] + pad


def _finished(
    sheet: PaperSheet,
    scale: float,
    listed: Sequence[str] = (),
    unnamed: Sequence[str] = (),
    places: Sequence[tuple[int, str]] = (),
    parts: Sequence[Box] = (),
) -> SheetDrawing:
    """Return the drawing of a sheet with its grid."""
    sheet.draw_grid()
    listing = tuple(listed), tuple(n.text for n in sheet.numbers), sheet.step, tuple(unnamed), tuple(places)
    return SheetDrawing(sheet.svg(), sheet.width, sheet.height, scale, *listing, frozenset(sheet.shown), tuple(parts))


def _own_stations(plan: PublicPlan, beat: str) -> set[str]:
    """Return the stations that people of a beat reach first."""
    return {str(way.station) for way in plan.ways.get(beat, ())}


def _wanted(plan: PublicPlan, beat: str, venue: tuple[float, float] | None) -> list[tuple[float, float]]:
    """Return where the nearest stations of a beat and its forum are, metres: what its map shows where it can."""
    own = _own_stations(plan, beat)
    at = plan.stations[plan.stations["station"].astype(str).isin(own)] if plan.stations is not None else None
    found = [] if at is None else [(float(x), float(y)) for x, y in shapely.get_coordinates(at.geometry.to_numpy())]
    return [p for p in (*found, *([venue] if venue is not None else [])) if all(math.isfinite(v) for v in p)]


def _in_a_station(plan: PublicPlan, venue: tuple[float, float] | None, name: str, stations: Mapping[str, str]) -> bool:
    """Return whether a forum meets in a station that has its name there already; two buildings may have one name."""
    if plan.stations is None or venue is None:
        return False
    near = plan.stations.geometry.distance(shapely.Point(venue)).to_numpy() < 1.0
    return any(stations.get(str(s)) == name for s in plan.stations["station"][near])


def _meeting(area: BaseGeometry, shapes: np.ndarray) -> np.ndarray:
    """Return which shapes lie in an area, in part at least."""
    shapely.prepare(area)
    return shapely.intersects(area, shapes)


def draw_beat(
    plan: PublicPlan,
    beat: str,
    *,
    width: float,
    height: float,
    streets: gpd.GeoDataFrame | None,
    waters: gpd.GeoSeries | None,
    names: dict[str, str],
    venue: tuple[float, float] | None = None,
    venue_name: str | None = None,
    stations: Mapping[str, str] | None = None,
    numbered: bool = False,
) -> SheetDrawing:
    """Draw one beat with its streets, places, station and venue, and what lies around it.

    Parameters
    ----------
    plan
        The plan.
    beat
        Its id.
    width, height
        Of the frame, mm.
    streets
        Lines with ``name``.
    waters
        Rivers and other barriers.
    names
        Name of each beat.
    venue, venue_name
        Where its forum meets, metres, and what the building is called.
    stations
        What each station is called, those of other beats too; they have no names where none are given.
    numbered
        Whether a place whose name has no room has a number, and a station of another beat its name at the end of a line; else they have nothing.
    """
    beats = plan.beats
    ids = beats["beat"].astype(str)
    shape: BaseGeometry = beats.geometry[(ids == beat).to_numpy()].to_numpy()[0]
    west, south, east, north = shape.bounds
    pad = 0.04 * max(east - west, north - south, 100.0)
    bounds = (west - pad, south - pad, east + pad, north + pad)
    ground = ground_per_map_metre(crs_of(plan.units), (west + east) / 2, (south + north) / 2)
    scale = round_scale(bounds, width, height, ground)
    shapes = beats.geometry.to_numpy()
    reach = max(width, height) * scale / 1000 / ground
    # what lies farther away is on no sheet
    land = shapely.clip_by_rect(
        plan.land, west - pad - reach, south - pad - reach, east + pad + reach, north + pad + reach
    )
    sheet = filled_sheet(bounds, width, height, scale, ground, land, _wanted(plan, beat, venue), 0.75 * pad)
    frame = sheet.frame
    around = _meeting(frame, shapes)
    for other in shapes[around]:
        sheet.draw(other, fill="#f1f1ee")
    sheet.draw(shape, fill="#fdf3d0")
    near = None if streets is None else gpd.GeoDataFrame(streets[_meeting(frame, streets.geometry.to_numpy())])
    seen = None if waters is None else gpd.GeoSeries(waters[_meeting(frame, waters.to_numpy())])
    draw_ground(sheet, near, seen, 0.3)
    own = plan.units[plan.units["beat"].astype(str) == beat]
    if len(own) > 1:
        draw_lines(sheet, shapely.boundary(own.geometry.to_numpy()), GREY, 0.1, "0.6 0.6")
        sheet.shown.add("area")
    for other in shapes[around]:
        sheet.draw(other, line=GREY, width=0.4)
    river_under(sheet, seen, [shape], 1.1)
    sheet.draw(shape, line=DARK, width=1.1)
    sheet.shown.add("border")
    at_venue = None
    if venue is not None and all(math.isfinite(v) for v in venue):
        # a forum often meets in a station: the ring is drawn first, and wide enough to stand around the station's sign
        x, y = sheet.mm(np.array([venue]))[0]
        if sheet.holds(float(x), float(y), RING):
            at_venue = float(x), float(y)
            sheet.parts.append(
                f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{RING}" fill="#fff" stroke="{DARK}" stroke-width="0.5"/><circle cx="{x:.2f}" cy="{y:.2f}" r="0.8" fill="{DARK}"/>'
            )
            sheet.hold_sign(float(x), float(y), RING)
            sheet.shown.add("venue")
    draw_stations(sheet, plan.stations, size=3.6)
    borders = borders_on(sheet, shapes[around])
    # a beat's own stations come before its places, those of others after them: their names take no room from its own
    first = {s: n for s, n in (stations or {}).items() if s in _own_stations(plan, beat)} or stations or {}
    unnamed = write_station_names(sheet, plan.stations, first, 3.6, borders, shape)[0]
    if at_venue is not None and venue_name and not _in_a_station(plan, venue, venue_name, stations or {}):
        names_beside(sheet, [at_venue], [venue_name], 2.4, RING, [DARK], borders, shape)
    places = place_names(sheet, own, numbered)
    if near is not None:
        write_street_names(sheet, near, shape)
    rest = {s: n for s, n in (stations or {}).items() if s not in first}
    nameless = write_station_names(sheet, plan.stations, rest, 3.6, borders, lines=numbered)[0]
    neighbours: list[BaseGeometry] = list(shapes[around])
    parts = {
        other_id: geometry.intersection(other, frame)
        for other_id, other in zip(ids[around], neighbours, strict=True)
        if other_id != beat
    }
    parts = {i: p for i, p in parts.items() if p.area > 0.01 * frame.area}
    neighbour_names(sheet, list(parts.values()), [(names.get(i, i), i) for i in parts])
    return _finished(sheet, scale, unnamed=[*unnamed, *nameless], places=places)
