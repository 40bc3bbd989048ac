"""Drawing the map on any painter: the window's, a picture's or a page's; layer by layer, so that the window can pause in between."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
    QTransform,
)

from beatplanner.data.colours import FILLS, USED
from beatplanner.ui.desktop.map.map_content import MapContent
from beatplanner.ui.desktop.map.map_layers import SHADES, LayerStack, MapLayer, class_breaks, classified, nice_length
from beatplanner.ui.desktop.map.rings import Rings

BACKGROUND, INK = "#f5f6f7", "#1a1a1a"
DARK_BACKGROUND, DARK_INK = "#1f2328", "#f0f0f0"
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
MUNICIPALITY = "#00796b"
# Rings are drawn in parts of so many, so that the window can pause between.
PART = 4_000


@dataclass(frozen=True)
class View:
    """What is seen.

    Attributes
    ----------
    centre
        (2,) metres.
    scale
        Pixels a metre.
    width, height
        Pixels.
    dot
        Pixels of what is one pixel wide on a screen; greater on paper.
    dark
        Whether the paper is dark, as a screen in the dark theme has it; a print never is.
    """

    centre: np.ndarray
    scale: float
    width: float
    height: float
    dot: float = 1.0
    dark: bool = False

    @property
    def ink(self) -> str:
        """Colour of lines and letters."""
        return DARK_INK if self.dark else INK

    @property
    def paper(self) -> str:
        """Colour of what lies under everything, and around letters."""
        return DARK_BACKGROUND if self.dark else BACKGROUND

    @property
    def offset(self) -> tuple[float, float]:
        """Pixel of the map's origin."""
        return self.width / 2 - self.centre[0] * self.scale, self.height / 2 + self.centre[1] * self.scale

    @property
    def window(self) -> tuple[float, float, float, float]:
        """West, south, east, north of what is seen, metres, with a little more for thick lines."""
        x, y = (self.width / 2 + 20) / self.scale, (self.height / 2 + 20) / self.scale
        return self.centre[0] - x, self.centre[1] - y, self.centre[0] + x, self.centre[1] + y

    def pixel(self, x: float, y: float) -> QPointF:
        """Return the pixel at map coordinates."""
        left, top = self.offset
        return QPointF(left + x * self.scale, top - y * self.scale)

    def path(self, rings: Rings, only: np.ndarray | None = None, least: float = 1.2) -> QPainterPath:
        """Return outlines in pixels."""
        return rings.path(self.scale, self.offset, self.window, only, least * self.dot)


@dataclass(frozen=True)
class Key:
    """One line of the legend: ``"fill"``, ``"line"``, ``"dash"``, ``"square"`` or ``"dot"``, its colour, and words."""

    kind: str
    colour: str
    text: str
    pattern: Qt.BrushStyle = Qt.BrushStyle.SolidPattern


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


def dimmed(colour: QColor) -> QColor:
    """Return a fill as it is on dark paper."""
    hue, saturation, value = colour.hsvHueF(), colour.hsvSaturationF(), colour.valueF()
    return QColor.fromHsvF(max(hue, 0.0), min(1.0, saturation * 1.15), value * DIMMED)


def draw(painter: QPainter, view: View, content: MapContent, stack: LayerStack, *, public: bool = False) -> None:
    """Draw every visible layer; with `public` none that may not leave the office."""
    for _ in steps(painter, view, content, stack, public=public):
        pass


def steps(
    painter: QPainter, view: View, content: MapContent, stack: LayerStack, *, public: bool = False
) -> Generator[None, None, None]:
    """Draw every visible layer, pausing after each part."""
    taken: list[QRectF] = []
    for layer in stack.layers:
        if not layer.visible or layer.opacity <= 0 or (public and not layer.public):
            continue
        painter.save()
        painter.setOpacity(layer.opacity)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        try:
            yield from _layer(painter, view, content, stack, layer, taken)
        finally:
            painter.restore()
        yield


def _layer(  # noqa: C901 - one branch a kind of layer
    painter: QPainter, view: View, content: MapContent, stack: LayerStack, layer: MapLayer, taken: list[QRectF]
) -> Iterator[None]:
    name, dot = layer.name, view.dot
    if content.found is not None and name in ("Beats", "Beat borders", "Names"):
        # a run is under way: what it has found so far is seen in place of the plan
        if name == "Beats":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            of = np.append(content.found_colour, -1)[content.found]
            for number in range(USED):
                painter.setBrush(fill_of(number, stack.patterns, dot, dark=view.dark))
                painter.drawPath(view.path(content.rings, of == number, least=0.5))
                yield
    elif name == "Beats":
        painter.setPen(Qt.PenStyle.NoPen)
        # without softened edges neighbours meet without a seam; their borders are drawn over it
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        own = np.array([b in content.own_colours and not stack.patterns for b in content.ids], bool)
        for number in np.unique(content.colour):
            painter.setBrush(fill_of(int(number), stack.patterns, dot, dark=view.dark))
            painter.drawPath(view.path(content.beat_rings, (content.colour == number) & ~own))
            yield
        for k in np.flatnonzero(own):
            painter.setBrush(fill_of_beat(content, int(k), stack.patterns, dot, dark=view.dark))
            painter.drawPath(view.path(content.beat_rings, np.arange(len(own)) == k))
            yield
    elif layer.shaded:
        yield from _shaded(painter, view, content, layer)
    elif name == "Units":
        if not (content.label >= 0).any() and len(content.polygons):
            # a town without beats is seen as an area, also where its units are too small for outlines
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(NO_BEAT_DARK if view.dark else NO_BEAT))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            for first in range(0, len(content.polygons), PART):
                only = np.zeros(len(content.polygons), bool)
                only[first : first + PART] = True
                painter.drawPath(view.path(content.rings, only, least=0.5))
                yield
        yield from _outlines(
            painter, view, content.rings, QColor(170, 170, 170, 110) if view.dark else QColor(90, 90, 90, 130), fog=True
        )
    elif name == "Beat borders":
        painter.setPen(_pen("#e6e6e6" if view.dark else "#252525", 1.8 * dot))
        yield from _strokes(painter, view, content.beat_rings)
    elif name == "Municipality borders" and name in content.lines:
        painter.setPen(_pen(MUNICIPALITY, 4.2 * dot))
        painter.setOpacity(0.55 * layer.opacity)
        yield from _strokes(painter, view, content.lines[name])
    elif name == "Today's beats":
        pen = _pen("#5e3c99", 1.5 * dot)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        if name in content.lines:
            yield from _strokes(painter, view, content.lines[name])
    elif name == "Change since today":
        painter.setPen(_pen("#b2182b", 1.0 * dot))
        brush = QBrush(QColor("#b2182b"), Qt.BrushStyle.BDiagPattern)
        brush.setTransform(QTransform.fromScale(dot, dot))
        painter.setBrush(brush)
        painter.drawPath(view.path(content.rings, content.moved))
    elif name == "Catchments" and name in content.lines:
        painter.setPen(_pen("#08519c", 1.4 * dot))
        painter.setBrush(QColor(66, 146, 198, 45))
        rings = content.lines[name]
        for feature in np.unique(rings.feature):
            painter.drawPath(view.path(rings, np.arange(rings.feature.max() + 1) == feature))
            yield
    elif name == "Roads" and name in content.lines:
        yield from _outlines(painter, view, content.lines[name], QColor(120, 110, 100), fog=False)
    elif name == "Barriers" and name in content.lines:
        painter.setPen(_pen("#2166ac", 3.0 * dot))
        painter.drawPath(view.path(content.lines[name]))
    elif name == "Links" and name in content.lines:
        painter.setPen(_pen("white", 5.0 * dot))
        path = view.path(content.lines[name], least=0.0)
        painter.drawPath(path)
        pen = _pen("#b35806", 2.6 * dot)
        pen.setDashPattern([2, 1.2])
        painter.setPen(pen)
        painter.drawPath(path)
    elif name == "Incident density":
        _density(painter, view, content.points.get("Incidents"))
    elif name == "Incidents":
        _scatter(painter, view, content.points.get("Incidents"))
    elif name in ("Candidate sites", "Stations"):
        _marks(painter, view, content.points.get(name), square=name == "Stations", taken=taken)
    elif name == "Names":
        _names(painter, view, _beat_names(content), taken, 12.0, bold=True)
        stations = zip(content.station_names, content.points.get("Stations", ()), strict=False)
        if stack["Stations"].visible:
            _names(painter, view, [(n, float(x), float(y)) for n, (x, y) in stations], taken, 10.5, below=True)
    elif name == "Names of units":
        west, south, east, north = view.window
        x, y = content.middle.T if len(content.middle) else (np.array([]), np.array([]))
        box = content.rings.box
        wide = np.zeros(len(x))
        np.maximum.at(wide, content.rings.feature, box[:, 2] - box[:, 0])
        seen = np.flatnonzero((x > west) & (x < east) & (y > south) & (y < north) & (wide * view.scale > 36 * view.dot))
        order = seen[np.argsort(-wide[seen], kind="stable")][:600]
        _names(painter, view, [(content.unit_names[i], float(x[i]), float(y[i])) for i in order], taken, 10.0)


def _strokes(painter: QPainter, view: View, rings: Rings) -> Iterator[None]:
    """Draw thick outlines some at a time: a path's cost grows faster than its length."""
    count = int(rings.feature.max()) + 1 if len(rings.feature) else 0
    for first in range(0, count, 8):
        only = np.zeros(count, bool)
        only[first : first + 8] = True
        painter.drawPath(view.path(rings, only))
        yield


def _pen(colour: str | QColor, width: float) -> QPen:
    return QPen(QColor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


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
    at = np.linspace(0, len(shades) - 1, max(len(breaks), 1)).round().astype(int)
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


def _pixels(view: View, points: np.ndarray | None, cell: float) -> tuple[np.ndarray, int, int]:
    """Return the cell of each point that is seen, and the size of the grid."""
    width, height = max(1, int(np.ceil(view.width / cell))), max(1, int(np.ceil(view.height / cell)))
    if points is None or not len(points):
        return np.array([], int), width, height
    left, top = view.offset
    x = np.floor((points[:, 0] * view.scale + left) / cell).astype(np.int64)
    y = np.floor((top - points[:, 1] * view.scale) / cell).astype(np.int64)
    seen = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return y[seen] * width + x[seen], width, height


def _scatter(painter: QPainter, view: View, points: np.ndarray | None) -> None:
    """Draw points as dots, the darker the more lie on each other; counted in a grid, since there may be hundreds of thousands."""
    cell = max(1.0, view.dot)
    at, width, height = _pixels(view, points, cell)
    count = np.bincount(at, minlength=width * height).reshape(height, width)
    dots = count.copy()
    for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        dots += np.roll(count, (dy, dx), (0, 1))
    alpha = (255 * (1 - 0.55 ** np.minimum(dots, 12))).astype(np.uint32)
    red, green, blue = (alpha * c // 255 for c in (150, 20, 90))
    _picture(painter, view, (alpha << 24) | (red << 16) | (green << 8) | blue)


def _density(painter: QPainter, view: View, points: np.ndarray | None) -> None:
    """Draw how close points lie together: counted in cells of some pixels and smoothed, from nothing over orange to dark red."""
    cell = 6.0 * view.dot
    at, width, height = _pixels(view, points, cell)
    if not len(at):
        return
    count = np.bincount(at, minlength=width * height).reshape(height, width).astype(np.float32)
    smooth = _smoothed(count, 2.2)
    share = np.sqrt(np.clip(smooth / max(np.quantile(smooth[smooth > 0.01], 0.995), 1e-6), 0, 1))
    stops = np.array([0, 0.35, 0.7, 1.0])
    colours = np.array([[255, 237, 160], [253, 141, 60], [189, 0, 38], [90, 0, 30]], float)
    alpha = np.clip(share * 1.6, 0, 1) * 230
    channel = [np.interp(share, stops, colours[:, c]) * alpha / 255 for c in range(3)]
    red, green, blue = (c.astype(np.uint32) for c in channel)
    _picture(painter, view, (alpha.astype(np.uint32) << 24) | (red << 16) | (green << 8) | blue, smooth=True)


def _smoothed(grid: np.ndarray, width: float) -> np.ndarray:
    """Return a grid smoothed by a bell of this width in cells, first along the rows and then along the columns."""
    reach = int(np.ceil(3 * width))
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    for axis in (0, 1):
        padded = np.pad(grid, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)])
        parts = (np.take(padded, np.arange(k, k + grid.shape[axis]), axis) * w for k, w in enumerate(bell / bell.sum()))
        grid = sum(parts, np.zeros_like(grid))
    return grid


def _picture(painter: QPainter, view: View, pixels: np.ndarray, *, smooth: bool = False) -> None:
    pixels = np.ascontiguousarray(pixels, dtype=np.uint32)
    height, width = pixels.shape
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    cell = view.width / width if not smooth else 6.0 * view.dot
    size = QRectF(
        0,
        0,
        width * (max(1.0, view.dot) if not smooth else cell),
        height * (max(1.0, view.dot) if not smooth else cell),
    )
    painter.drawImage(size, image)


def _marks(painter: QPainter, view: View, points: np.ndarray | None, *, square: bool, taken: list[QRectF]) -> None:
    if points is None or not len(points):
        return
    size = (6.0 if square else 3.5) * view.dot
    painter.setPen(QPen(QColor("white"), 1.4 * view.dot))
    painter.setBrush(QColor("#08306b" if square else "#5a5a5a"))
    west, south, east, north = view.window
    seen = (points[:, 0] > west) & (points[:, 0] < east) & (points[:, 1] > south) & (points[:, 1] < north)
    for x, y in points[seen]:
        at = view.pixel(x, y)
        box = QRectF(at.x() - size, at.y() - size, 2 * size, 2 * size)
        if square:
            painter.drawRect(box)
            taken.append(box)
        else:
            painter.drawEllipse(box)


def _beat_names(content: MapContent) -> list[tuple[str, float, float]]:
    """Return the names of beats and where they stand, those of large beats first."""
    size = [0.0 if s is None else float(shapely.area(s)) for s in content.shapes]
    found = []
    for k in np.argsort(-np.array(size), kind="stable") if size else []:
        at = content.anchor(int(k))
        if at is not None:
            found.append((content.beat_name(int(k)), *at))
    return found


def _names(
    painter: QPainter,
    view: View,
    names: list[tuple[str, float, float]],
    taken: list[QRectF],
    size: float,
    *,
    bold: bool = False,
    below: bool = False,
) -> None:
    """Write names where they collide with nothing: in place, else a little above, below or beside; else not at all."""
    font = QFont(painter.font())
    font.setPixelSize(max(6, round(size * view.dot)))
    font.setBold(bold)
    metrics = QFontMetricsF(font)
    frame = QRectF(0, 0, view.width, view.height)
    for text, x, y in names:
        at = view.pixel(x, y)
        wide, high = metrics.horizontalAdvance(text), metrics.height()
        gap = 9.0 * view.dot
        places = [(0.0, 0.0), (0.0, -high), (0.0, high), (wide / 2 + gap, 0.0), (-wide / 2 - gap, 0.0)]
        if below:
            places = [(0.0, high / 2 + gap), (0.0, -high / 2 - gap), (wide / 2 + gap, 0.0), (-wide / 2 - gap, 0.0)]
        for dx, dy in places:
            box = QRectF(at.x() + dx - wide / 2, at.y() + dy - high / 2, wide, high)
            if frame.contains(box) and not any(box.intersects(other) for other in taken):
                break
        else:
            continue
        taken.append(box.adjusted(-3 * view.dot, -view.dot, 3 * view.dot, view.dot))
        letters = QPainterPath()
        letters.addText(QPointF(box.left(), box.top() + metrics.ascent()), font, text)
        painter.setPen(_pen(view.paper if view.dark else "white", 3.5 * view.dot))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(letters)
        painter.fillPath(letters, QColor(view.ink))


# ---- around the map


def draw_scale_bar(painter: QPainter, view: View, left: float, bottom: float, longest: float) -> QRectF:
    """Draw a scale bar of round length; return where it is."""
    dot = view.dot
    metres = nice_length(longest / view.scale)
    length = metres * view.scale
    box = QRectF(left - 6 * dot, bottom - 24 * dot, length + 12 * dot, 32 * dot)
    painter.fillRect(box, QColor(255, 255, 255, 215))
    painter.setPen(QPen(QColor(INK), 1.2 * dot))
    half = QRectF(left, bottom - 4 * dot, length / 2, 5 * dot)
    painter.fillRect(half, QColor(INK))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(left, bottom - 4 * dot, length, 5 * dot))
    font = QFont(painter.font())
    font.setPixelSize(round(11.5 * dot))
    painter.setFont(font)
    text = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    painter.drawText(
        QRectF(left - 6 * dot, bottom - 23 * dot, length + 12 * dot, 17 * dot), Qt.AlignmentFlag.AlignCenter, text
    )
    return box


def draw_legend(
    painter: QPainter, view: View, keys: list[Key], right: float, bottom: float, words: Callable[[str], str]
) -> None:
    """Draw the lines of the legend in a box whose corner is given; `words` translates them."""
    if not keys:
        return
    dot = view.dot
    font = QFont(painter.font())
    font.setPixelSize(round(11 * dot))
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    texts = [words(k.text) for k in keys]
    high = max(metrics.height(), 13 * dot) + 2 * dot
    wide = max(metrics.horizontalAdvance(t) for t in texts) + 40 * dot
    box = QRectF(right - wide, bottom - high * len(keys) - 8 * dot, wide, high * len(keys) + 8 * dot)
    ground = QColor(view.paper if view.dark else "white")
    ground.setAlpha(225)
    painter.fillRect(box, ground)
    for k, (key, text) in enumerate(zip(keys, texts, strict=True)):
        top = box.top() + 4 * dot + k * high
        if key.kind != "title":
            draw_key(painter, key, QRectF(box.left() + 6 * dot, top + 2 * dot, 22 * dot, high - 4 * dot), dot)
        painter.setPen(QColor(view.ink))
        left = box.left() + (6 if key.kind == "title" else 33) * dot
        painter.drawText(QRectF(left, top, box.right() - left, high), Qt.AlignmentFlag.AlignVCenter, text)


def draw_north(painter: QPainter, view: View, right: float, top: float) -> None:
    """Draw an arrow to the grid's north."""
    dot = view.dot
    middle = right - 14 * dot
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(INK), 1.0 * dot))
    corners = [(0, 0), (8, 24), (0, 18), (-8, 24)]
    arrow = QPolygonF([QPointF(middle + x * dot, top + 15 * dot + y * dot) for x, y in corners])
    painter.setBrush(QColor(255, 255, 255, 230))
    painter.drawPolygon(arrow)
    painter.setBrush(QColor(INK))
    painter.drawPolygon(QPolygonF(arrow.toList()[:3]))
    font = QFont(painter.font())
    font.setPixelSize(round(13 * dot))
    font.setBold(True)
    painter.setFont(font)
    painter.drawText(QRectF(middle - 14 * dot, top - 3 * dot, 28 * dot, 17 * dot), Qt.AlignmentFlag.AlignCenter, "N")


def legend(content: MapContent, stack: LayerStack, *, public: bool = False) -> list[Key]:
    """Return the lines of the legend for what is seen, from the top layer to the bottom."""
    simple = {
        "Stations": Key("square", "#08306b", "Outreach station"),
        "Candidate sites": Key("dot", "#5a5a5a", "Candidate site"),
        "Links": Key("dash", "#b35806", "Link (bridge, ferry)"),
        "Barriers": Key("line", "#2166ac", "Barrier"),
        "Today's beats": Key("dash", "#5e3c99", "Today's beats"),
        "Beat borders": Key("line", "#252525", "Border of a beat"),
        "Incidents": Key("dot", "#96145a", "Incident"),
        "Incident density": Key("fill", "#5a001e", "Many incidents close together"),
        "Roads": Key("line", "#786e64", "Road"),
        "Catchments": Key("fill", "#9ecae1", "Within the walking limit of a station"),
        "Change since today": Key("fill", "#b2182b", "In another beat than today", Qt.BrushStyle.BDiagPattern),
        "Units": Key("line", "#a0a0a0", "Border of a unit"),
        "Municipality borders": Key("line", MUNICIPALITY, "Border of a municipality"),
    }
    found: list[Key] = []
    for layer in reversed(stack.layers):
        name = layer.name
        if not layer.visible or layer.opacity <= 0 or (public and not layer.public):
            continue
        if layer.shaded:
            _, breaks, colours = shading(content, layer)
            if len(breaks):
                found.append(Key("title", "", layer.figure))
            low = float(np.nanmin(content.figures[layer.figure])) if len(breaks) else 0.0
            for high, colour in zip(breaks, colours, strict=True):
                found.append(Key("fill", colour, f"{_rounded(low)} – {_rounded(float(high))}"))
                low = float(high)
        elif name == "Beat borders" and not (content.label >= 0).any():
            continue
        elif name in simple and (name not in _DATA or _has(content, name)):
            found.append(simple[name])
    return found


_DATA = (
    "Stations",
    "Candidate sites",
    "Links",
    "Barriers",
    "Today's beats",
    "Incidents",
    "Incident density",
    "Roads",
    "Catchments",
    "Municipality borders",
)


def _has(content: MapContent, name: str) -> bool:
    name = "Incidents" if name == "Incident density" else name
    rings = content.lines.get(name)
    points = content.points.get(name)
    return (rings is not None and len(rings.feature) > 0) or (points is not None and len(points) > 0)


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:,.1f}"


def draw_key(painter: QPainter, key: Key, box: QRectF, dot: float) -> None:
    """Draw the sign of a line of the legend."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = box.center()
    if key.kind == "fill":
        brush = QBrush(QColor(key.colour), key.pattern)
        brush.setTransform(QTransform.fromScale(dot, dot))
        painter.setPen(QPen(QColor("#666666"), 0.8 * dot))
        painter.setBrush(brush)
        painter.drawRect(box)
    elif key.kind in ("line", "dash"):
        pen = _pen(key.colour, 2.2 * dot)
        if key.kind == "dash":
            pen.setDashPattern([2.5, 2])
        painter.setPen(pen)
        painter.drawLine(QPointF(box.left(), middle.y()), QPointF(box.right(), middle.y()))
    elif key.kind in ("square", "dot"):
        size = min(box.width(), box.height()) * (0.42 if key.kind == "square" else 0.26)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(key.colour))
        sign = QRectF(middle.x() - size, middle.y() - size, 2 * size, 2 * size)
        painter.drawRect(sign) if key.kind == "square" else painter.drawEllipse(sign)
