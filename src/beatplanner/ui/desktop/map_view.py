"""The map: one widget that paints beats, units, incidents and stations, and tells what is under the pointer."""

from __future__ import annotations

import numpy as np
import shapely
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap, QTransform
from PySide6.QtWidgets import QWidget

from beatplanner.data.colours import FILLS
from beatplanner.ui.desktop.scenario import Scenario

LAYERS = ("Beats", "Units", "Names", "Today's beats", "Incidents", "Stations", "Candidate sites")
SHOWN_AT_FIRST = ("Beats", "Units", "Names", "Today's beats", "Stations")


def path_of(shape: shapely.Geometry) -> QPainterPath:
    """Return the outline of polygons as a painter's path, y pointing up as on a map."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.OddEvenFill)
    for part in shapely.get_parts(shape):
        for ring in [part.exterior, *part.interiors]:
            points = shapely.get_coordinates(ring)
            path.moveTo(*points[0])
            for x, y in points[1:]:
                path.lineTo(x, y)
            path.closeSubpath()
    return path


class MapView(QWidget):
    """The map of a scenario.

    Signals
    -------
    hovered
        Position of the unit under the pointer, -1 for none.
    beat_picked
        Id of the beat that was clicked, "" for none.
    """

    hovered = Signal(int)
    beat_picked = Signal(str)

    def __init__(self, scenario: Scenario, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scenario = scenario
        self.visible_layers = set(SHOWN_AT_FIRST)
        self.selected = ""
        self.centre, self.scale = np.zeros(2), 1.0
        self._drag: QPointF | None = None
        self._moved = False
        self._picture: QPixmap | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 240)
        self.setAccessibleName("Map of the beats")
        self.setAccessibleDescription(
            "Drag to move, turn the wheel or press plus and minus to zoom, click to pick a beat."
        )
        self.load()

    # ---- content

    def load(self) -> None:
        """Take the scenario's shapes; called after every change of it."""
        self._beats: dict[str, QPainterPath] = {}
        self._today: list[QPainterPath] = []
        self._units, self._tree = QPainterPath(), shapely.STRtree([])
        self._points: dict[str, np.ndarray] = {}
        self._labels: dict[str, tuple[float, float, str]] = {}
        self._fill: dict[str, str] = {}
        if self.scenario.is_open:
            self._load_shapes()
        self._picture = None
        self.update()

    def _load_shapes(self) -> None:
        scenario = self.scenario
        shapes = scenario.units.geometry.to_numpy()
        self._tree = shapely.STRtree(shapes)
        for shape in shapes:
            self._units.addPath(path_of(shape))
        beats = scenario.beat_shapes()
        self._beats = {beat: path_of(shape) for beat, shape in beats.items()}
        self._today = [path_of(shape) for shape in scenario.today_shapes().values()]
        self._fill = _fills(beats)
        names = dict.fromkeys(beats, "")
        plan = scenario.plan
        if plan is not None and plan.beats is not None:
            names = dict(zip(plan.beats["beat"].astype(str), plan.beats["name"].astype(str), strict=True))
        for beat, shape in beats.items():
            x, y = shapely.get_coordinates(shapely.point_on_surface(shape))[0]
            self._labels[beat] = (x, y, names.get(beat) or f"Beat {beat}")
        town = scenario.town
        if town is not None and town.incidents is not None:
            self._points["Incidents"] = town.incidents[["x", "y"]].dropna().to_numpy(float)
        if town is not None and town.sites is not None:
            self._points["Candidate sites"] = town.sites[["x", "y"]].to_numpy(float)
        if plan is not None and plan.stations is not None:
            self._points["Stations"] = np.column_stack([plan.stations.geometry.x, plan.stations.geometry.y])
        elif town is not None and town.sites is not None:
            self._points["Stations"] = town.sites.loc[town.sites["existing"], ["x", "y"]].to_numpy(float)

    def set_layer(self, layer: str, shown: bool) -> None:
        """Show or hide a layer."""
        (self.visible_layers.add if shown else self.visible_layers.discard)(layer)
        self._picture = None
        self.update()

    def select(self, beat: str) -> None:
        """Highlight a beat; "" for none."""
        if beat != self.selected:
            self.selected = beat
            self.update()

    # ---- where things are

    def fit(self) -> None:
        """Show the whole town."""
        if not self.scenario.is_open:
            return
        west, south, east, north = self.scenario.units.total_bounds
        self.centre = np.array([(west + east) / 2, (south + north) / 2])
        self.scale = 0.92 * min(self.width() / max(east - west, 1.0), self.height() / max(north - south, 1.0))
        self._picture = None
        self.update()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom about a point of the widget, its middle where none is given."""
        at = at or QPointF(self.width() / 2, self.height() / 2)
        before = self.to_map(at)
        self.scale = float(np.clip(self.scale * factor, 1e-6, 1e3))
        self.centre += before - self.to_map(at)
        self._picture = None
        self.update()

    def to_map(self, point: QPointF) -> np.ndarray:
        """Return the map coordinates, metres, of a point of the widget."""
        return self.centre + np.array([point.x() - self.width() / 2, self.height() / 2 - point.y()]) / self.scale

    def to_widget(self, x: float, y: float) -> QPointF:
        """Return the point of the widget at map coordinates."""
        return QPointF(
            self.width() / 2 + (x - self.centre[0]) * self.scale, self.height() / 2 - (y - self.centre[1]) * self.scale
        )

    def unit_at(self, point: QPointF) -> int:
        """Return the position of the unit under a point of the widget, -1 for none."""
        found = self._tree.query(shapely.Point(*self.to_map(point)), predicate="intersects")
        return int(found.min()) if len(found) else -1

    def _transform(self) -> QTransform:
        x, y = self.centre
        return QTransform(
            self.scale, 0, 0, -self.scale, self.width() / 2 - x * self.scale, self.height() / 2 + y * self.scale
        )

    # ---- painting

    def paintEvent(self, _event) -> None:  # noqa: N802 - Qt's name
        """Paint the map from its cached picture, and the selection over it."""
        painter = QPainter(self)
        if self._picture is None:
            ratio = self.devicePixelRatioF()
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(QColor("#f5f6f7"))
            inner = QPainter(self._picture)
            inner.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.draw(inner)
            inner.end()
        painter.drawPixmap(0, 0, self._picture)
        if self.selected in self._beats:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            pen = QPen(QColor("#d7191c"), 3)
            painter.setPen(pen)
            painter.drawPath(self._transform().map(self._beats[self.selected]))

    def draw(self, painter: QPainter) -> None:
        """Draw every layer that is shown, with scale bar and legend."""
        transform = self._transform()
        if "Beats" in self.visible_layers:
            for beat, path in self._beats.items():
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(self._fill[beat]))
                painter.drawPath(transform.map(path))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if "Units" in self.visible_layers or not self._beats:
            painter.setPen(QPen(QColor(90, 90, 90, 110), 0.6))
            painter.drawPath(transform.map(self._units))
        if "Incidents" in self.visible_layers:
            self._draw_points(painter, "Incidents", QColor(150, 20, 90, 90), 1.6, square=False)
        if "Beats" in self.visible_layers:
            painter.setPen(QPen(QColor("#252525"), 1.8))
            for path in self._beats.values():
                painter.drawPath(transform.map(path))
        if "Today's beats" in self.visible_layers and self.scenario.plan is not None:
            pen = QPen(QColor("#5e3c99"), 1.4, Qt.PenStyle.DashLine)
            painter.setPen(pen)
            for path in self._today:
                painter.drawPath(transform.map(path))
        if "Candidate sites" in self.visible_layers:
            self._draw_points(painter, "Candidate sites", QColor("#757575"), 3.5, square=False)
        if "Stations" in self.visible_layers:
            self._draw_points(painter, "Stations", QColor("#08306b"), 6.0, square=True)
        if "Names" in self.visible_layers:
            self._draw_names(painter)
        if self.scenario.is_open:
            self._draw_scale_bar(painter)

    def _draw_points(self, painter: QPainter, layer: str, colour: QColor, size: float, square: bool) -> None:
        points = self._points.get(layer)
        if points is None or not len(points):
            return
        painter.setPen(QPen(QColor("white"), 1.2) if square else Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for x, y in points:
            at = self.to_widget(x, y)
            if square:
                painter.drawRect(QRectF(at.x() - size, at.y() - size, 2 * size, 2 * size))
            else:
                painter.drawEllipse(at, size, size)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _draw_names(self, painter: QPainter) -> None:
        """Write the names of beats where they do not collide, large beats first."""
        font = QFont(self.font())
        font.setPointSizeF(max(7.5, font.pointSizeF() * 0.9))
        metrics = QFontMetricsF(font)
        taken: list[QRectF] = []
        size = {b: path.boundingRect().width() * path.boundingRect().height() for b, path in self._beats.items()}
        for beat in sorted(self._labels, key=lambda b: -size.get(b, 0)):
            x, y, text = self._labels[beat]
            at = self.to_widget(x, y)
            box = metrics.boundingRect(text)
            box.moveCenter(at)
            if any(box.intersects(other) for other in taken):
                continue
            taken.append(box.adjusted(-2, -1, 2, 1))
            letters = QPainterPath()
            letters.addText(QPointF(box.left(), box.center().y() + metrics.ascent() / 2 - 1), font, text)
            painter.setPen(
                QPen(QColor("white"), 3.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
            )
            painter.drawPath(letters)
            painter.fillPath(letters, QColor("#1a1a1a"))

    def _draw_scale_bar(self, painter: QPainter) -> None:
        width = self.width() / 5 / self.scale
        power = 10.0 ** np.floor(np.log10(width))
        metres = float(max(f * power for f in (1, 2, 5) if f * power <= width))
        length, left, bottom = metres * self.scale, 16.0, self.height() - 16.0
        painter.fillRect(QRectF(left - 6, bottom - 24, length + 12, 32), QColor(255, 255, 255, 210))
        painter.setPen(QPen(QColor("#1a1a1a"), 3))
        painter.drawLine(QPointF(left, bottom), QPointF(left + length, bottom))
        text = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
        painter.setPen(QColor("#1a1a1a"))
        painter.drawText(QRectF(left - 6, bottom - 22, length + 12, 18), Qt.AlignmentFlag.AlignCenter, text)

    # ---- the user's hand

    def resizeEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Keep the town in view when the window grows or shrinks."""
        old = event.oldSize()
        if not old.isValid() or old.width() <= 0:
            self.fit()
        else:
            self.scale *= min(self.width() / old.width(), self.height() / max(1, old.height()))
        self._picture = None
        super().resizeEvent(event)

    def mousePressEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Begin to drag."""
        self._drag, self._moved = event.position(), False

    def mouseMoveEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Drag the map, or tell what is under the pointer."""
        if self._drag is not None and event.buttons() & Qt.MouseButton.LeftButton:
            step = event.position() - self._drag
            if self._moved or abs(step.x()) + abs(step.y()) > 4:
                self._moved = True
                self.centre -= np.array([step.x(), -step.y()]) / self.scale
                self._drag = event.position()
                self._picture = None
                self.update()
            return
        self.hovered.emit(self.unit_at(event.position()) if self.scenario.is_open else -1)

    def mouseReleaseEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Pick a beat where the mouse was clicked without dragging."""
        if self._drag is not None and not self._moved and self.scenario.is_open:
            unit = self.unit_at(event.position())
            beat = self.scenario.beat_of_unit()[unit] if unit >= 0 else None
            self.select(str(beat) if beat is not None else "")
            self.beat_picked.emit(self.selected)
        self._drag = None

    def wheelEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Zoom about the pointer."""
        self.zoom(1.0015 ** event.angleDelta().y(), event.position())

    def keyPressEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Move by the arrow keys."""
        step = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, 1),
            Qt.Key.Key_Down: (0, -1),
        }.get(event.key())
        if step is None:
            super().keyPressEvent(event)
            return
        self.centre += np.array(step) * 60 / self.scale
        self._picture = None
        self.update()


def _fills(beats: dict[str, shapely.Geometry]) -> dict[str, str]:
    """Return a fill for each beat, different for neighbours."""
    import geopandas as gpd

    from beatplanner.data.colours import beat_colours

    if not beats:
        return {}
    frame = gpd.GeoDataFrame({"beat": list(beats)}, geometry=list(beats.values()))
    return beat_colours(frame) if len(frame) > 1 else {next(iter(beats)): FILLS[0]}
