"""What lies over the map in the window, and where: scale bar, north arrow, legend, and whom the background is owed to; no name stands below them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QPainter, QPicture

from beatplanner.ui.desktop.map import legend
from beatplanner.ui.desktop.map.map_content import MapContent
from beatplanner.ui.desktop.map.map_layers import LayerStack
from beatplanner.ui.desktop.map.view import View

# So many lines of the legend stand on the map; the tree of layers has them all.
LEGEND_LINES = 9


def draw_around(
    painter: QPainter,
    view: View,
    content: MapContent,
    stack: LayerStack,
    words: Callable[[str], str],
    *,
    with_legend: bool = True,
) -> list[QRectF]:
    """Draw it; return the boxes that it covers, pixels. `words` translates the lines of the legend."""
    right, bottom = view.width - 10.0, view.height - 10.0
    boxes = [
        legend.draw_scale_bar(painter, view, 16.0, view.height - 16.0, view.width / 5),
        legend.draw_north(painter, view, view.width - 12.0, 14.0),
    ]
    owed = legend.attribution(content, stack, view)
    if owed:
        box = legend.draw_attribution(painter, view, owed, right, view.height - 4.0)
        boxes.append(box)
        bottom = box.top() - 4.0
    if with_legend:
        keys = legend.shortened(legend.legend_lines(content, stack, dark=view.dark), LEGEND_LINES)
        boxes.append(legend.draw_legend(painter, view, keys, right, bottom, words))
    return boxes


def boxes_around(
    font: QFont,
    view: View,
    content: MapContent,
    stack: LayerStack,
    words: Callable[[str], str],
    *,
    with_legend: bool = True,
) -> list[QRectF]:
    """Return the boxes that it will cover."""
    nothing = QPicture()
    painter = QPainter(nothing)
    painter.setFont(font)
    try:
        return draw_around(painter, view, content, stack, words, with_legend=with_legend)
    finally:
        painter.end()
