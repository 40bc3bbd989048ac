"""Drawing the map on any painter: the window's, a picture's or a page's; layer by layer, so that the window can pause in between."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QPainter,
    QPen,
    QTransform,
)

from beatplanner.data.colours import FILLS
from beatplanner.ui.desktop.map.labels import Name, Written, beat_names, draw_names, draw_streets
from beatplanner.ui.desktop.map.map_content import MapContent
from beatplanner.ui.desktop.map.map_layers import SHADES, LayerStack, MapLayer, class_breaks, classified
from beatplanner.ui.desktop.map.points import draw_density, draw_dots, draw_marks
from beatplanner.ui.desktop.map.rings import Rings
from beatplanner.ui.desktop.map.view import View, round_pen

# What a fill keeps of its lightness on dark paper, and what units are filled with where there are no beats yet.
DIMMED, NO_BEAT, NO_BEAT_DARK = 0.62, "#dfe4e8", "#39424b"
PATTERNS = (
    Qt.BrushStyle.BDiagPattern,
    Qt.BrushStyle.HorPattern,
    Qt.BrushStyle.FDiagPattern,
    Qt.BrushStyle.Dense6Pattern,
    Qt.BrushStyle.VerPattern,
    Qt.BrushStyle.CrossPattern,
    Qt.BrushStyle.DiagCrossPattern,
)
# Outlines of units that are smaller than this on the screen, in pixels, make a grey fog instead of a map.
LEAST_UNIT = 3.5
# Borders of municipalities lie as a band under those of beats, and are seen on both sides of them.
MUNICIPALITY, MUNICIPALITY_DARK, BAND = "#00796b", "#4db6ac", 7.0
# Borders of sectors and of commands are lines like those of beats, and thicker.
# Sectors and commands, on light and on dark paper.
LEVEL_INK = {"Sectors": ("#00441b", "#a6dba0"), "Commands": ("#67000d", "#fc9272")}
BEAT_WIDTH, LEVEL_WIDTH = 1.8, {"Sectors": 3.8, "Commands": 5.6}
# Borders of beats, and of those of today, on light paper and on dark.
BORDER, BORDER_DARK, TODAY, TODAY_DARK = "#252525", "#e6e6e6", "#5e3c99", "#b39ddb"
# What gives way to the beats that a run has found so far.
OF_BEATS = ("Beats", "Beat borders", "Sectors", "Commands", "Names")
# Rings are drawn in parts of so many, so that the window can pause between.
PART = 4_000


def fill_of(number: int, patterns: bool, dot: float = 1.0, *, dark: bool = False) -> QBrush:
    """Return the fill of a beat: a colour, darker on dark paper, or a hatch for black and white."""
    if not patterns:
        colour = QColor(FILLS[number % len(FILLS)])
        return QBrush(dimmed(colour) if dark else colour)
    brush = QBrush(QColor("#777777"), PATTERNS[number % len(PATTERNS)])
    brush.setTransform(QTransform.fromScale(dot, dot))
    return brush


def fill_of_beat(content: MapContent, number: int, patterns: bool, dot: float = 1.0, *, dark: bool = False) -> QBrush:
    """Return the fill of a beat on the map: its own colour where a planner gave one."""
    own = content.own_colours.get(content.ids[number], "")
    if own and not patterns:
        colour = QColor(own)
        return QBrush(dimmed(colour) if dark else colour)
    known = number < len(content.colour)
    return fill_of(int(content.colour[number]) if known else len(PATTERNS) - 1, patterns, dot, dark=dark)


def fills_of_beats(content: MapContent, *, dark: bool = False) -> dict[str, str]:
    """Return the colour of each beat on the map, by id."""
    return {b: fill_of_beat(content, k, patterns=False, dark=dark).color().name() for k, b in enumerate(content.ids)}


def dimmed(colour: QColor) -> QColor:
    """Return a fill as it is on dark paper."""
    hue, saturation, value = colour.hsvHueF(), colour.hsvSaturationF(), colour.valueF()
    return QColor.fromHsvF(max(hue, 0.0), min(1.0, saturation * 1.15), value * DIMMED)


def draw(painter: QPainter, view: View, content: MapContent, stack: LayerStack, *, public: bool = False) -> None:
    """Draw every visible layer; with `public` none that may not leave the office."""
    for _ in steps(painter, view, content, stack, public=public):
        pass


def steps(
    painter: QPainter,
    view: View,
    content: MapContent,
    stack: LayerStack,
    *,
    public: bool = False,
    written: list[Written] | None = None,
    covered: Iterable[QRectF] = (),
) -> Generator[None, None, None]:
    """Draw every visible layer, pausing after each part; `written` takes the names of beats and stations as they stand, none of them in `covered`."""
    taken = list(covered)
    for layer in stack.layers:
        if not layer.visible or layer.opacity <= 0 or (public and not layer.public):
            continue
        painter.save()
        painter.setOpacity(layer.opacity)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        try:
            yield from _layer(painter, view, content, stack, layer, taken, written)
        finally:
            painter.restore()
        yield


@dataclass(frozen=True)
class _Work:
    """What drawing one layer needs; `taken` holds where names and marks stand already."""

    painter: QPainter
    view: View
    content: MapContent
    stack: LayerStack
    layer: MapLayer
    taken: list[QRectF]
    written: list[Written] | None


def _layer(
    painter: QPainter,
    view: View,
    content: MapContent,
    stack: LayerStack,
    layer: MapLayer,
    taken: list[QRectF],
    written: list[Written] | None = None,
) -> Iterator[None]:
    work = _Work(painter, view, content, stack, layer, taken, written)
    if layer.shaded:
        return _shaded(painter, view, content, layer)
    if content.found is not None and layer.name in OF_BEATS:
        # a run is under way: what it has found so far is seen in place of the plan
        return _found(work) if layer.name == "Beats" else iter(())
    return _DRAWN[layer.name](work)


def _found(w: _Work) -> Iterator[None]:
    assert w.content.found is not None
    w.painter.setPen(Qt.PenStyle.NoPen)
    w.painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    # beats of one look are drawn as one
    looks = w.content.found_numbers() if w.stack.patterns else w.content.found_colours
    for look in dict.fromkeys(looks):
        alike = np.array([*(other == look for other in looks), False])
        if isinstance(look, str):
            w.painter.setBrush(dimmed(QColor(look)) if w.view.dark else QColor(look))
        else:
            w.painter.setBrush(fill_of(look, w.stack.patterns, w.view.dot))
        w.painter.drawPath(w.view.path(w.content.rings, alike[w.content.found], least=0.5))
        yield


def _background(w: _Work) -> Iterator[None]:
    if w.content.background is not None:
        view = w.view
        yield from w.content.background.draw(w.painter, view.scale, view.offset, view.window, view.dot, dark=view.dark)


def _beats(w: _Work) -> Iterator[None]:
    content, patterns, dot, dark = w.content, w.stack.patterns, w.view.dot, w.view.dark
    w.painter.setPen(Qt.PenStyle.NoPen)
    # without softened edges neighbours meet without a seam; their borders are drawn over it
    w.painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    own = np.array([b in content.own_colours and not patterns for b in content.ids], bool)
    for number in np.unique(content.colour):
        w.painter.setBrush(fill_of(int(number), patterns, dot, dark=dark))
        w.painter.drawPath(w.view.path(content.beat_rings, (content.colour == number) & ~own))
        yield
    for k in np.flatnonzero(own):
        w.painter.setBrush(fill_of_beat(content, int(k), patterns, dot, dark=dark))
        w.painter.drawPath(w.view.path(content.beat_rings, np.arange(len(own)) == k))
        yield


def _units(w: _Work) -> Iterator[None]:
    content, dark = w.content, w.view.dark
    if not (content.label >= 0).any() and len(content.polygons):
        # a town without beats is seen as an area, also where its units are too small for outlines; what a run has found lies below and stays seen
        bare = np.ones(len(content.polygons), bool) if content.found is None else content.found < 0
        w.painter.setPen(Qt.PenStyle.NoPen)
        w.painter.setBrush(QColor(NO_BEAT_DARK if dark else NO_BEAT))
        w.painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for first in range(0, len(content.polygons), PART):
            only = np.zeros(len(content.polygons), bool)
            only[first : first + PART] = True
            w.painter.drawPath(w.view.path(content.rings, only & bare, least=0.5))
            yield
    colour = QColor(170, 170, 170, 110) if dark else QColor(90, 90, 90, 130)
    yield from _outlines(w.painter, w.view, content.rings, colour, fog=True)


def _beat_borders(w: _Work) -> Iterator[None]:
    w.painter.setPen(round_pen(BORDER_DARK if w.view.dark else BORDER, w.view.line(BEAT_WIDTH)))
    yield from _strokes(w.painter, w.view, w.content.beat_rings)


def _levels(w: _Work) -> Iterator[None]:
    width = w.view.line(LEVEL_WIDTH[w.layer.name])
    w.painter.setPen(round_pen(LEVEL_INK[w.layer.name][w.view.dark], width))
    yield from _strokes(w.painter, w.view, w.content.lines[w.layer.name])


def _municipalities(w: _Work) -> Iterator[None]:
    w.painter.setPen(round_pen(MUNICIPALITY_DARK if w.view.dark else MUNICIPALITY, w.view.line(BAND)))
    w.painter.setOpacity(0.7 * w.layer.opacity)
    yield from _strokes(w.painter, w.view, w.content.lines[w.layer.name])


def _today(w: _Work) -> Iterator[None]:
    pen = round_pen(TODAY_DARK if w.view.dark else TODAY, 1.5 * w.view.dot)
    pen.setDashPattern([4, 3])
    w.painter.setPen(pen)
    yield from _strokes(w.painter, w.view, w.content.lines[w.layer.name])


def _change(w: _Work) -> Iterator[None]:
    w.painter.setPen(round_pen("#b2182b", 1.0 * w.view.dot))
    brush = QBrush(QColor("#b2182b"), Qt.BrushStyle.BDiagPattern)
    brush.setTransform(QTransform.fromScale(w.view.dot, w.view.dot))
    w.painter.setBrush(brush)
    w.painter.drawPath(w.view.path(w.content.rings, w.content.moved))
    yield


def _catchments(w: _Work) -> Iterator[None]:
    w.painter.setPen(round_pen("#08519c", 1.4 * w.view.dot))
    w.painter.setBrush(QColor(66, 146, 198, 45))
    rings = w.content.lines[w.layer.name]
    for feature in np.unique(rings.feature):
        w.painter.drawPath(w.view.path(rings, np.arange(rings.feature.max() + 1) == feature))
        yield


def _roads(w: _Work) -> Iterator[None]:
    yield from _outlines(w.painter, w.view, w.content.lines[w.layer.name], QColor(120, 110, 100), fog=False)


def _barriers(w: _Work) -> Iterator[None]:
    w.painter.setPen(round_pen("#2166ac", 3.0 * w.view.dot))
    w.painter.drawPath(w.view.path(w.content.lines[w.layer.name]))
    yield


def _links(w: _Work) -> Iterator[None]:
    path = w.view.path(w.content.lines[w.layer.name], least=0.0)
    w.painter.setPen(round_pen("white", 5.0 * w.view.dot))
    w.painter.drawPath(path)
    pen = round_pen("#b35806", 2.6 * w.view.dot)
    pen.setDashPattern([2, 1.2])
    w.painter.setPen(pen)
    w.painter.drawPath(path)
    yield


def _density(w: _Work) -> Iterator[None]:
    draw_density(w.painter, w.view, w.content.points.get("Incidents"))
    yield


def _incidents(w: _Work) -> Iterator[None]:
    draw_dots(w.painter, w.view, w.content.points.get("Incidents"))
    yield


def _places(w: _Work) -> Iterator[None]:
    square = w.layer.name == "Stations"
    draw_marks(w.painter, w.view, w.content.points.get(w.layer.name), square=square, taken=w.taken)
    yield


def _all_names(w: _Work) -> Iterator[None]:
    content = w.content
    yield from draw_names(w.painter, w.view, beat_names(content), w.taken, 12.0, bold=True, written=w.written)
    yield
    if w.stack["Stations"].visible:
        stations = zip(content.station_names, content.points.get("Stations", ()), strict=False)
        places = [Name(n, float(x), float(y)) for n, (x, y) in stations]
        yield from draw_names(w.painter, w.view, places, w.taken, 10.5, below=True, written=w.written)


def _street_names(w: _Work) -> Iterator[None]:
    if w.content.streets is not None:
        yield from draw_streets(w.painter, w.view, w.content.streets, w.taken, 9.5)


def _unit_names(w: _Work) -> Iterator[None]:
    content, view = w.content, w.view
    west, south, east, north = view.window
    x, y = content.middle.T if len(content.middle) else (np.array([]), np.array([]))
    box = content.rings.box
    wide = np.zeros(len(x))
    np.maximum.at(wide, content.rings.feature, box[:, 2] - box[:, 0])
    seen = np.flatnonzero(
        (x > west) & (x < east) & (y > south) & (y < north) & (wide * view.scale > 36 * view.letter_dot)
    )
    order = seen[np.argsort(-wide[seen], kind="stable")][:600]
    yield from draw_names(
        w.painter, view, [Name(content.unit_names[i], float(x[i]), float(y[i])) for i in order], w.taken, 10.0
    )
    yield


def _where_known(draw_lines: Callable[[_Work], Iterator[None]]) -> Callable[[_Work], Iterator[None]]:
    """Draw a layer of lines where the town has it."""
    return lambda w: draw_lines(w) if w.layer.name in w.content.lines else iter(())


_DRAWN: dict[str, Callable[[_Work], Iterator[None]]] = {
    "Background map": _background,
    "Beats": _beats,
    "Units": _units,
    "Beat borders": _beat_borders,
    "Sectors": _where_known(_levels),
    "Commands": _where_known(_levels),
    "Municipality borders": _where_known(_municipalities),
    "Today's beats": _where_known(_today),
    "Change since today": _change,
    "Catchments": _where_known(_catchments),
    "Roads": _where_known(_roads),
    "Barriers": _where_known(_barriers),
    "Links": _where_known(_links),
    "Incident density": _density,
    "Incidents": _incidents,
    "Candidate sites": _places,
    "Stations": _places,
    "Names": _all_names,
    "Street names": _street_names,
    "Names of units": _unit_names,
}


def _strokes(painter: QPainter, view: View, rings: Rings) -> Iterator[None]:
    """Draw thick outlines some at a time: a path's cost grows faster than its length."""
    count = int(rings.feature.max()) + 1 if len(rings.feature) else 0
    for first in range(0, count, 8):
        only = np.zeros(count, bool)
        only[first : first + 8] = True
        painter.drawPath(view.path(rings, only))
        yield


def _outlines(painter: QPainter, view: View, rings: Rings, colour: QColor, *, fog: bool) -> Iterator[None]:
    """Draw thin lines: one pixel on a screen, which Qt draws quickest."""
    box = rings.box
    if fog and len(box):
        typical = float(np.median(np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]))) * view.scale
        if typical < LEAST_UNIT * view.dot:
            return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, view.dot > 1.5 or len(box) < PART)
    pen = QPen(colour, 0 if view.dot <= 1.5 else 0.6 * view.dot)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    count = int(rings.feature.max()) + 1 if len(rings.feature) else 0
    for first in range(0, count, PART):
        only = np.zeros(count, bool)
        only[first : first + PART] = True
        painter.drawPath(view.path(rings, only))
        yield


def shading(content: MapContent, layer: MapLayer) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return the class of each unit, the upper limits of classes, and their colours."""
    values = content.figures.get(layer.figure)
    if values is None:
        return np.full(len(content.polygons), -1), np.array([]), []
    breaks = class_breaks(values, layer.classes, layer.method)
    shades = SHADES[layer.shades]
    at = np.linspace(0, len(shades) - 1, len(breaks)).round().astype(int)
    return (
        classified(values, breaks),
        breaks,
        [shades[k] for k in at] if len(breaks) <= len(shades) else _mixed(shades, len(breaks)),
    )


def _mixed(shades: tuple[str, ...], count: int) -> list[str]:
    """Return more shades than there are, mixed between them."""
    known = np.array([(c.red(), c.green(), c.blue()) for c in map(QColor, shades)], float)
    at = np.linspace(0, len(shades) - 1, count)
    mixed = np.column_stack([np.interp(at, np.arange(len(shades)), known[:, c]) for c in range(3)]).round().astype(int)
    return [QColor(int(m[0]), int(m[1]), int(m[2])).name() for m in mixed]


def _shaded(painter: QPainter, view: View, content: MapContent, layer: MapLayer) -> Iterator[None]:
    classes, _, colours = shading(content, layer)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(Qt.PenStyle.NoPen)
    for k, colour in enumerate(colours):
        painter.setBrush(QColor(colour))
        painter.drawPath(view.path(content.rings, classes == k, least=0.7))
        yield
