"""A small map of layers that are being imported: what lies where, before there is a project."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

# Fill, line and width in pixels of each role, from the bottom up.
LOOKS: dict[str, tuple[str, str, float]] = {
    "units": ("#e8eef4", "#9aa7b4", 0.8),
    "current": ("", "#30475e", 2.0),
    "barriers": ("", "#3182bd", 2.0),
    "roads": ("", "#b9a58a", 1.0),
    "crossings": ("#31a354", "#31a354", 3.0),
    "incidents": ("#c0392b", "", 3.0),
    "candidates": ("#e08e0b", "#ffffff", 8.0),
    "existing": ("#1f4e9c", "#ffffff", 9.0),
}
# What is light on a light window, and would be a lamp on a dark one.
LOOKS_DARK = {**LOOKS, "units": ("#39424c", "#78838f", 0.8), "current": ("", "#c3d3e3", 2.0)}
# Points that are drawn at most: more would only hide each other.
MOST_POINTS = 20_000


class PreviewMap(QWidget):
    """Layers in degrees, drawn in true proportion for their latitude; dragged and zoomed with mouse or keys."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumSize(240, 200)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Preview map"))
        self.legend: dict[str, str] = {}
        self.empty_text = self.tr("Layers with a place show here.")
        self._layers: dict[str, tuple[str, QPainterPath | QPolygonF]] = {}
        self._boxes: dict[str, tuple[float, float, float, float]] = {}
        self._shown: list[QPainterPath] = []
        self._points: QPolygonF = QPolygonF()
        self._picture: QPixmap | None = None
        self._centre, self._scale, self._stretch = QPointF(0, 0), 1.0, 1.0
        self._fits = True
        self._drag: QPointF | None = None

    # ---- what is shown

    def set_layers(self, layers: Sequence[tuple[str, str, np.ndarray]]) -> None:
        """Show layers: key, role, and geometries in degrees."""
        self._layers, self._boxes = {}, {}
        every = [g for _, _, shapes in layers for g in shapes[:2000]]
        bounds = shapely.total_bounds(np.array(every, dtype=object)) if every else np.array([np.nan] * 4)
        self._stretch = float(np.cos(np.radians((bounds[1] + bounds[3]) / 2))) if np.isfinite(bounds).all() else 1.0
        for key, role, shapes in sorted(layers, key=lambda entry: list(LOOKS).index(entry[1])):
            shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
            if not len(shapes):
                continue
            box = shapely.total_bounds(shapes)
            if not np.isfinite(box).all():
                continue
            self._boxes[key] = tuple(float(v) for v in box)  # type: ignore[assignment]
            self._layers[key] = (role, self._drawn(shapes))
        self.clear_highlight()
        self.fit()

    def highlight(self, shapes: Sequence[shapely.Geometry], box: tuple[float, ...] = ()) -> None:
        """Show places in a strong colour and go there."""
        self._shown, points = [], []
        for shape in shapes:
            if shapely.get_type_id(shape) in (shapely.GeometryType.POINT, shapely.GeometryType.MULTIPOINT):
                points += [QPointF(x * self._stretch, -y) for x, y in shapely.get_coordinates(shape)]
            else:
                self._shown.append(self._path(np.array([shape], dtype=object)))
        self._points = QPolygonF(points)
        if box:
            self._go_to(box)
        self.update()

    def clear_highlight(self) -> None:
        """Show no places any more."""
        self._shown, self._points = [], QPolygonF()
        self.update()

    @property
    def highlighted(self) -> int:
        """How many places are shown in a strong colour."""
        return len(self._shown) + self._points.size()

    def fit(self) -> None:
        """Show the units, or all there is; a layer that lies elsewhere must not make them a dot."""
        boxes = [b for k, b in self._boxes.items() if self._layers[k][0] == "units"] or list(self._boxes.values())
        self._fits = True
        if boxes:
            west, south, east, north = np.array(boxes).T
            self._go_to((west.min(), south.min(), east.max(), north.max()), tight=True)
        self._fits = True
        self.update()

    def _go_to(self, box: tuple[float, ...], *, tight: bool = False) -> None:
        west, south, east, north = box
        wide, high = max((east - west) * self._stretch, 1e-5), max(north - south, 1e-5)
        if not tight:
            # with what lies around it
            wide, high = max(wide * 2.0, 4e-3), max(high * 2.0, 4e-3)
        self._centre = QPointF((west + east) / 2 * self._stretch, -(south + north) / 2)
        self._scale = 0.94 * min(max(self.width(), 50) / wide, max(self.height(), 50) / high)
        self._fits, self._picture = False, None

    # ---- drawing

    def _drawn(self, shapes: np.ndarray) -> QPainterPath | QPolygonF:
        kinds = shapely.get_dimensions(shapes)
        if (kinds == 0).all():
            xy = shapely.get_coordinates(shapes)
            step = max(1, len(xy) // MOST_POINTS)
            return QPolygonF([QPointF(x * self._stretch, -y) for x, y in xy[::step]])
        return self._path(shapes)

    def _path(self, shapes: np.ndarray) -> QPainterPath:
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.OddEvenFill)
        parts = shapely.get_parts(shapes)
        areas = parts[shapely.get_dimensions(parts) == 2]
        lines = parts[shapely.get_dimensions(parts) == 1]
        rings = shapely.get_rings(areas) if len(areas) else np.array([], dtype=object)
        for closed, group in ((True, rings), (False, lines)):
            xy, of = shapely.get_coordinates(group, return_index=True)
            xy = xy * (self._stretch, -1)
            for start, end in zip(*_runs(of), strict=True):
                polygon = QPolygonF([QPointF(x, y) for x, y in xy[start:end]])
                path.addPolygon(polygon)
                if closed:
                    path.closeSubpath()
        return path

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the layers, from a picture kept until the view changes, and the highlighted places over it."""
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), self.palette().base())
            if not self._layers:
                painter.setPen(self.palette().placeholderText().color())
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.empty_text)
            else:
                ratio = self.devicePixelRatioF()
                if self._picture is None:
                    self._picture = QPixmap(self.size() * ratio)
                    self._picture.setDevicePixelRatio(ratio)
                    self._picture.fill(Qt.GlobalColor.transparent)
                    with QPainter(self._picture) as inner:
                        self._draw_layers(inner)
                painter.drawPixmap(0, 0, self._picture)
                self._draw_highlight(painter)
                self._draw_legend(painter)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self.palette().mid().color()))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _place(self, painter: QPainter) -> QTransform:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = QTransform()
        place.translate(self.width() / 2, self.height() / 2)
        place.scale(self._scale, self._scale)
        place.translate(-self._centre.x(), -self._centre.y())
        return place

    def _draw_layers(self, painter: QPainter) -> None:
        place = self._place(painter)
        for role, drawn in self._layers.values():
            fill, line, width = self._looks()[role]
            if isinstance(drawn, QPolygonF):
                _draw_dots(painter, place.map(drawn), fill, line, width * self._grown())
                continue
            painter.setPen(QPen(QColor(line), width * self._grown()))
            painter.setBrush(QColor(fill) if fill else Qt.BrushStyle.NoBrush)
            painter.drawPath(place.map(drawn))

    def _draw_highlight(self, painter: QPainter) -> None:
        place = self._place(painter)
        painter.setPen(QPen(QColor("#d6006e"), 3.0))
        painter.setBrush(QColor(214, 0, 110, 60))
        for path in self._shown:
            painter.drawPath(place.map(path))
        if not self._points.isEmpty():
            _draw_dots(painter, place.map(self._points), "#d6006e", "#ffffff", 9 * self._grown())

    def _looks(self) -> dict[str, tuple[str, str, float]]:
        dark = self.palette().base().color().lightnessF() < 0.5
        return LOOKS_DARK if dark else LOOKS

    def _grown(self) -> float:
        """Return how much stronger signs are drawn where the user's letters are larger."""
        return max(1.0, self.fontMetrics().height() / 17)

    def _draw_legend(self, painter: QPainter) -> None:
        """Name the colours in the lower left corner."""
        roles = list(dict.fromkeys(role for role, _ in self._layers.values()))
        if not roles:
            return
        font = self.fontMetrics()
        high, dot = font.height() + 2, font.height() * 0.7
        wide = max(font.horizontalAdvance(self.legend.get(r, r)) for r in roles) + 2.6 * dot + 8
        box = QRectF(6, self.height() - high * len(roles) - 14, wide, high * len(roles) + 8)
        background = self.palette().base().color()
        background.setAlpha(225)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(background)
        painter.drawRoundedRect(box, 4, 4)
        for number, role in enumerate(reversed(roles)):
            fill, line, width = self._looks()[role]
            top = box.top() + 4 + number * high
            middle = top + high / 2
            start = box.left() + 6
            if role in ("roads", "barriers", "crossings"):
                painter.setPen(QPen(QColor(line), max(2.0, width)))
                painter.drawLine(QPointF(start, middle), QPointF(start + dot * 1.4, middle))
            elif role in ("units", "current"):
                painter.setPen(QPen(QColor(line), width))
                painter.setBrush(QColor(fill) if fill else Qt.BrushStyle.NoBrush)
                painter.drawRect(QRectF(start, middle - dot / 2, dot * 1.4, dot))
            else:
                _draw_dots(painter, QPolygonF([QPointF(start + dot * 0.7, middle)]), fill, line, max(5.0, width))
            painter.setPen(self.palette().text().color())
            painter.drawText(
                QRectF(start + 2 * dot, top, wide, high), Qt.AlignmentFlag.AlignVCenter, self.legend.get(role, role)
            )

    # ---- moving

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep the whole in view where it was."""
        self._picture = None
        if self._fits:
            self.fit()
        super().resizeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Zoom about the pointer."""
        self._zoom(1.0015 ** event.angleDelta().y(), event.position())

    def _zoom(self, factor: float, at: QPointF) -> None:
        middle = QPointF(self.width() / 2, self.height() / 2)
        there = self._centre + (at - middle) / self._scale
        self._scale *= factor
        self._centre = there - (at - middle) / self._scale
        self._fits, self._picture = False, None
        self.update()

    def mousePressEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Begin to drag."""
        self._drag = event.position()

    def mouseMoveEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Drag."""
        if self._drag is not None:
            self._centre -= (event.position() - self._drag) / self._scale
            self._drag, self._picture, self._fits = event.position(), None, False
            self.update()

    def mouseReleaseEvent(self, _event) -> None:  # noqa: N802 - Qt's name
        """End dragging."""
        self._drag = None

    def mouseDoubleClickEvent(self, _event) -> None:  # noqa: N802 - Qt's name
        """Show the whole again."""
        self.fit()

    def keyPressEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Move by the arrow keys, zoom by plus and minus, 0 for the whole."""
        step = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }.get(event.key())
        if step is not None:
            self._centre += QPointF(*step) * (60 / self._scale)
            self._picture, self._fits = None, False
            self.update()
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Minus):
            self._zoom(1.5 if event.key() == Qt.Key.Key_Plus else 1 / 1.5, QRectF(self.rect()).center())
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)


def _draw_dots(painter: QPainter, dots: QPolygonF, fill: str, line: str, width: float) -> None:
    for colour, size in ((line, width + 3), (fill, width)):
        if colour:
            painter.setPen(QPen(QColor(colour), size, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawPoints(dots)


def _runs(of: np.ndarray) -> tuple[list[int], list[int]]:
    """Return where each run of equal numbers starts and ends."""
    if not len(of):
        return [], []
    cuts = np.flatnonzero(np.diff(of)) + 1
    return [0, *cuts.tolist()], [*cuts.tolist(), len(of)]
