"""What stands around the map: legend, scale bar and north arrow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF, QTransform

from beatplanner.ui.desktop.map.cartography import (
    BAND,
    BORDER,
    BORDER_DARK,
    LEVEL_INK,
    LEVEL_WIDTH,
    MUNICIPALITY,
    MUNICIPALITY_DARK,
    TODAY,
    TODAY_DARK,
    shading,
)
from beatplanner.ui.desktop.map.map_content import MapContent
from beatplanner.ui.desktop.map.map_layers import LayerStack, nice_length
from beatplanner.ui.desktop.map.view import INK, View, round_pen
from beatplanner.ui.desktop.toolkit.figures_text import number
from beatplanner.ui.desktop.toolkit.in_language import translated


@dataclass(frozen=True)
class Key:
    """One line of the legend: ``"fill"``, ``"line"``, ``"dash"``, ``"band"``, ``"square"``, ``"dot"`` or a layer of `LEVEL_WIDTH`, its colour, and words; a class of a shaded layer or not."""

    kind: str
    colour: str
    text: str
    pattern: Qt.BrushStyle = Qt.BrushStyle.SolidPattern
    of_class: bool = False


def attribution(content: MapContent, stack: LayerStack, view: View) -> str:
    """Return whom the background map that is seen is owed to; "" where none is seen, or it names nobody."""
    layer, background = stack["Background map"], content.background
    seen = background is not None and not background.broken and layer.visible and layer.opacity > 0
    # a map of elsewhere is not in this picture
    return background.file.attribution if background is not None and seen and background.covers(view.edges) else ""


def draw_attribution(painter: QPainter, view: View, text: str, right: float, bottom: float) -> QRectF:
    """Write whom the background map is owed to, its corner given; return where it is."""
    font, dot = QFont(painter.font()), view.dot
    font.setPixelSize(max(1, round(9.5 * view.letter_dot)))
    # what was drawn before may have written in bold
    font.setBold(False)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    wide = metrics.horizontalAdvance(text) + 8 * dot
    box = QRectF(right - wide, bottom - metrics.height() - 2 * dot, wide, metrics.height() + 2 * dot)
    painter.fillRect(box, QColor(255, 255, 255, 215))
    painter.setPen(QColor("#333333"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    return box


def _short(value: float) -> str:
    """Return a round length without digits that say nothing."""
    return number(value, 0 if value == round(value) else 1)


def draw_scale_bar(painter: QPainter, view: View, left: float, bottom: float, longest: float) -> QRectF:
    """Draw a scale bar of round length; return where it is."""
    dot, big = view.dot, view.letter_dot
    metres = nice_length(longest / view.scale)
    length = metres * view.scale
    text = f"{_short(metres / 1000)} km" if metres >= 1000 else f"{_short(metres)} m"
    font = QFont(painter.font())
    font.setPixelSize(round(11.5 * big))
    painter.setFont(font)
    high = 17 * big
    # a short bar is as wide as what it says
    wide = max(length, QFontMetricsF(font).horizontalAdvance(text))
    box = QRectF(left - 6 * dot, bottom - high - 7 * dot, wide + 12 * dot, high + 15 * dot)
    ground = QColor(view.paper if view.dark else "white")
    ground.setAlpha(215)
    painter.fillRect(box, ground)
    painter.setPen(QPen(QColor(view.ink), 1.2 * dot))
    half = QRectF(left, bottom - 4 * dot, length / 2, 5 * dot)
    painter.fillRect(half, QColor(view.ink))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(QRectF(left, bottom - 4 * dot, length, 5 * dot))
    words = QRectF(left, bottom - high - 6 * dot, wide, high)
    painter.drawText(words, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter, text)
    return box


def draw_legend(
    painter: QPainter, view: View, keys: list[Key], right: float, bottom: float, words: Callable[[str], str]
) -> QRectF:
    """Draw the lines of the legend in a box whose corner is given; return the box. `words` translates them."""
    if not keys:
        return QRectF(right, bottom, 0.0, 0.0)
    # signs and distances grow with the letters
    dot = view.letter_dot
    font = QFont(painter.font())
    font.setPixelSize(round(11 * dot))
    # what was drawn before may have written in bold
    font.setBold(False)
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
            draw_key(painter, key, QRectF(box.left() + 6 * dot, top + 2 * dot, 22 * dot, high - 4 * dot), view)
        painter.setPen(QColor(view.ink))
        left = box.left() + (6 if key.kind == "title" else 33) * dot
        painter.drawText(QRectF(left, top, box.right() - left, high), Qt.AlignmentFlag.AlignVCenter, text)
    return box


def draw_north(painter: QPainter, view: View, right: float, top: float) -> QRectF:
    """Draw an arrow to the grid's north; return where it is."""
    dot = view.letter_dot
    middle = right - 14 * dot
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(view.ink), 1.0 * dot))
    corners = [(0, 0), (8, 24), (0, 18), (-8, 24)]
    arrow = QPolygonF([QPointF(middle + x * dot, top + 15 * dot + y * dot) for x, y in corners])
    letter = QRectF(middle - 14 * dot, top - 3 * dot, 28 * dot, 17 * dot)
    # as the scale bar's: ink of dark paper is not seen on a light background map, nor that of light paper on a dark one
    box = letter.united(arrow.boundingRect()).adjusted(0, -1 * dot, 0, 4 * dot)
    ground = QColor(view.paper if view.dark else "white")
    ground.setAlpha(215)
    painter.fillRect(box, ground)
    painter.setBrush(QColor(255, 255, 255, 230))
    painter.drawPolygon(arrow)
    # the half that is shaded is seen on dark paper, too
    painter.setBrush(QColor("#7d868d" if view.dark else INK))
    painter.drawPolygon(QPolygonF(arrow.toList()[:3]))
    font = QFont(painter.font())
    font.setPixelSize(round(13 * dot))
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor(view.ink))
    painter.drawText(letter, Qt.AlignmentFlag.AlignCenter, translated("N"))
    return box


def legend_lines(content: MapContent, stack: LayerStack, *, public: bool = False, dark: bool = False) -> list[Key]:
    """Return the lines of the legend for what is seen, from the top layer to the bottom; in the colours of dark paper where that is it."""
    simple = {
        "Stations": Key("square", "#08306b", "Outreach station"),
        "Candidate sites": Key("dot", "#5a5a5a", "Candidate site"),
        "Links": Key("dash", "#b35806", "Link (bridge, ferry)"),
        "Barriers": Key("line", "#2166ac", "Barrier"),
        "Today's beats": Key("dash", TODAY_DARK if dark else TODAY, "Today's beats"),
        "Beat borders": Key("line", BORDER_DARK if dark else BORDER, "Border of a beat"),
        "Sectors": Key("Sectors", LEVEL_INK["Sectors"][dark], "Border of a sector"),
        "Commands": Key("Commands", LEVEL_INK["Commands"][dark], "Border of a command"),
        "Incidents": Key("dot", "#96145a", "Incident"),
        "Incident density": Key("fill", "#5a001e", "Many incidents close together"),
        "Roads": Key("line", "#786e64", "Road"),
        "Catchments": Key("fill", "#9ecae1", "Within the walking limit of a station"),
        "Change since today": Key("fill", "#b2182b", "In another beat than today", Qt.BrushStyle.BDiagPattern),
        "Units": Key("line", "#a0a0a0", "Border of a unit"),
        "Municipality borders": Key("band", MUNICIPALITY_DARK if dark else MUNICIPALITY, "Border of a municipality"),
    }
    if content.levels_of_plan:
        sector, command = LEVEL_INK["Sectors"][dark], LEVEL_INK["Commands"][dark]
        simple["Sectors"] = Key("Sectors", sector, "Border of a sector (as planned)")
        simple["Commands"] = Key("Commands", command, "Border of a command (as planned)")
    found: list[Key] = []
    for layer in reversed(stack.layers):
        name = layer.name
        if not layer.visible or layer.opacity <= 0 or (public and not layer.public):
            continue
        if layer.shaded:
            _, breaks, colours = shading(content, layer)
            if len(breaks):
                found.append(Key("title", "", layer.figure, of_class=True))
            low = float(np.nanmin(content.figures[layer.figure])) if len(breaks) else 0.0
            for high, colour in zip(breaks, colours, strict=True):
                found.append(Key("fill", colour, f"{_rounded(low)} – {_rounded(float(high))}", of_class=True))
                low = float(high)
        elif name in ("Beat borders", *LEVEL_WIDTH) and (content.found is not None or not (content.label >= 0).any()):
            # beats that a run has found so far have colours alone
            continue
        elif name in simple and (name not in _DATA or _has(content, name)):
            found.append(simple[name])
    return found


def shortened(keys: list[Key], most: int) -> list[Key]:
    """Return lines of a legend that fit: signs of the lowest layers give way, the classes of a shaded layer stay whole."""
    left = max(3, most - sum(k.of_class for k in keys))
    found: list[Key] = []
    for key in keys:
        if key.of_class:
            found.append(key)
        elif left > 0:
            found, left = [*found, key], left - 1
    return found


_DATA = (
    *LEVEL_WIDTH,
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
    return number(value, 0 if abs(value) >= 10 else 1)


def draw_key(painter: QPainter, key: Key, box: QRectF, view: View) -> None:
    """Draw the sign of a line of the legend, as it is seen on the map of a view."""
    dot = view.dot
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = box.center()
    if key.kind == "fill":
        brush = QBrush(QColor(key.colour), key.pattern)
        brush.setTransform(QTransform.fromScale(dot, dot))
        painter.setPen(QPen(QColor("#666666"), 0.8 * dot))
        painter.setBrush(brush)
        painter.drawRect(box)
    elif key.kind in ("line", "dash", "band", *LEVEL_WIDTH):
        borders = {"band": BAND, **LEVEL_WIDTH}
        pen = round_pen(key.colour, view.line(borders[key.kind]) if key.kind in borders else 2.2 * dot)
        if key.kind == "dash":
            pen.setDashPattern([2.5, 2])
        painter.setPen(pen)
        painter.drawLine(QPointF(box.left(), middle.y()), QPointF(box.right(), middle.y()))
    elif key.kind in ("square", "dot"):
        size = min(box.width(), box.height()) * (0.42 if key.kind == "square" else 0.26)
        # a dark sign is seen on dark paper by its white border, as on the map
        painter.setPen(QPen(QColor("white"), 1.0 * dot))
        painter.setBrush(QColor(key.colour))
        sign = QRectF(middle.x() - size, middle.y() - size, 2 * size, 2 * size)
        painter.drawRect(sign) if key.kind == "square" else painter.drawEllipse(sign)
