"""The map: one widget that shows beats, units, incidents and stations, picks what is under the pointer, and lends the pointer to tools.

Drawing thousands of outlines takes longer than a frame. So the picture is drawn in parts between which the window goes on, and while the map is
dragged or zoomed the last picture is moved and stretched under the hand; the sharp one follows as soon as the hand rests.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Protocol

import numpy as np
import shapely
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget

from beatplanner.ui.desktop.map import cartography
from beatplanner.ui.desktop.map.cartography import INK, View
from beatplanner.ui.desktop.map.map_content import MapContent
from beatplanner.ui.desktop.map.map_layers import LayerStack, first_layers
from beatplanner.ui.desktop.session.session import OpenTown

if TYPE_CHECKING:
    from beatplanner.data.result.plan_tables import PlanTables
    from beatplanner.planning.beats.drawing import Drawing

LAYERS = tuple(layer.name for layer in first_layers())
# Seconds that the map draws before it lets the window go on, and what a picture may cost to be drawn at once in every frame.
SLICE, AT_ONCE = 0.025, 0.02
# What a window may wait for a picture where something was switched, in seconds.
PATIENCE = 0.08
REST_MS, FLASH_MS = 70, 400
# So many lines of the legend stand on the map; the tree of layers has them all.
LEGEND_LINES = 9


class Tool(Protocol):
    """What the pointer does on the map, in place of moving it; coordinates are those of the map, metres.

    `press`, `move` and `release` return whether they used the event; what is not used moves the map.
    """

    cursor: Qt.CursorShape

    def press(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> bool:
        """Take the left button's going down."""
        ...

    def move(self, x: float, y: float, pressed: bool) -> bool:
        """Take a move of the pointer."""
        ...

    def release(self, x: float, y: float) -> bool:
        """Take the left button's going up."""
        ...

    def finish(self) -> None:
        """End what was drawn, at a double click or Enter."""
        ...

    def cancel(self) -> None:
        """Drop what was drawn, at Escape."""
        ...

    def paint(self, painter: QPainter, view: View) -> None:
        """Draw over the map."""
        ...


class MapView(QWidget):
    """The map of a scenario.

    Signals
    -------
    hovered
        Position of the unit under the pointer, -1 for none.
    beat_picked
        Id of the beat that was clicked, "" for none.
    units_selected
        Positions of the units that are selected now.
    pointed
        Map coordinates under the pointer, metres.
    viewed
        The part of the map that is seen has changed.
    tool_changed
        Another tool has the pointer.
    """

    hovered = Signal(int)
    beat_picked = Signal(str)
    units_selected = Signal(object)
    pointed = Signal(float, float)
    viewed = Signal()
    tool_changed = Signal()

    def __init__(self, scenario: OpenTown, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scenario = scenario
        self.stack = LayerStack()
        self.stack.listeners.append(self.redraw)
        self.content = MapContent()
        self.selected = ""
        self.selected_units = np.array([], int)
        self.flashing = np.array([], int)
        self.tool: Tool | None = None
        self.shows_legend = True
        self.centre, self.scale = np.zeros(2), 1.0
        self._drag: QPointF | None = None
        self._moved = False
        self._picture: QPixmap | None = None  # the last whole picture, and the view that it shows
        self._seen: View | None = None
        self._next: tuple[QPixmap, QPainter, Generator[None, None, None], View] | None = None
        self._cost = 0.0
        self._spent = 0.0
        self._fresh: dict[int, int] = {}  # units painted since the picture was made, and the numbers of their beats
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._begin_picture)
        self._work = QTimer(self)
        self._work.setInterval(0)
        self._work.timeout.connect(self._go_on)
        self._flash = QTimer(self)
        self._flash.setInterval(FLASH_MS)
        self._flash.timeout.connect(self._blink)
        self._lit = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 240)
        self.setAccessibleName(self.tr("Map of the beats"))
        self.setAccessibleDescription(
            self.tr("Drag to move, turn the wheel or press plus and minus to zoom, click to pick a beat.")
        )
        self.load()

    # ---- content

    def load(self) -> None:
        """Take the scenario's shapes; called after every change of it."""
        self.content = MapContent(self.scenario)
        self.selected_units = self.flashing = np.array([], int)
        self._fresh = {}
        self._flash.stop()
        if self.selected not in self.content.ids:
            self.selected = ""
        self.redraw()

    def redraw(self) -> None:
        """Make the picture anew: what it shows has changed."""
        self._begin_picture()
        if self._next is not None and self.isVisible():
            # nobody is dragging: a picture that takes a moment is better than an old one for that moment
            self._go_on(PATIENCE)

    def set_layer(self, layer: str, shown: bool) -> None:
        """Show or hide a layer."""
        self.stack.change(layer, visible=shown)

    def select(self, beat: str) -> None:
        """Highlight a beat; "" for none."""
        if beat != self.selected:
            self.selected = beat
            self.update()

    def select_units(self, units: np.ndarray, *, more: bool = False) -> None:
        """Select units by position; with `more` beside those that are selected already, and off where all are."""
        units = np.unique(np.asarray(units, int))
        if more:
            units = (
                np.setdiff1d(self.selected_units, units)
                if len(units) and np.isin(units, self.selected_units).all()
                else np.union1d(self.selected_units, units)
            )
        self.selected_units = units
        self.units_selected.emit(units)
        self.update()

    def flash(self, units: np.ndarray) -> None:
        """Let units flash, such as those that their beat does not reach; none to stop."""
        self.flashing = np.asarray(units, int)
        if len(self.flashing):
            self._lit = True
            self._flash.start()
        else:
            self._flash.stop()
        self.update()

    def _blink(self) -> None:
        self._lit = not self._lit
        self.update()

    def paint_units(self, units: np.ndarray, number: int) -> None:
        """Show units in the colour of their new beat at once; the picture follows with `take_drawing`."""
        self._fresh |= dict.fromkeys(np.asarray(units, int).tolist(), number)
        self.update()

    def take_drawing(self, drawing: Drawing) -> None:
        """Show what is drawn."""
        self.content.take_drawing(drawing)
        self._fresh = {}
        self.redraw()

    def take_found(self, units: np.ndarray, district: np.ndarray) -> None:
        """Show the beats that a run has found so far."""
        self.content.take_found(units, district)
        self.redraw()

    def forget_found(self) -> None:
        """Show the plan's beats again."""
        if self.content.found is not None:
            self.content.forget_found()
            self.redraw()

    def take_stations(self, plan: PlanTables | None) -> None:
        """Show the stations of a plan, or as they are moved by hand."""
        self.content.take_stations(plan)
        self.redraw()

    def use(self, tool: Tool | None) -> None:
        """Give the pointer to a tool; None to move the map again."""
        if self.tool is not None:
            self.tool.cancel()
        self.tool = tool
        self.setCursor(tool.cursor if tool is not None else Qt.CursorShape.ArrowCursor)
        self.tool_changed.emit()
        self.update()

    # ---- where things are

    @property
    def view(self) -> View:
        """What is seen."""
        return View(self.centre.copy(), self.scale, self.width(), self.height(), dark=self.dark)

    @property
    def dark(self) -> bool:
        """Whether the theme is dark, and the paper with it."""
        palette = self.palette()
        return palette.windowText().color().lightness() > palette.window().color().lightness()

    def fit(self) -> None:
        """Show the whole town."""
        if self.scenario.is_open:
            self.zoom_to(self.content.bounds)

    def zoom_to(self, box: tuple[float, float, float, float], share: float = 0.92) -> None:
        """Show a part of the map: west, south, east, north, metres."""
        west, south, east, north = box
        self.centre = np.array([(west + east) / 2, (south + north) / 2])
        self.scale = share * min(self.width() / max(east - west, 1.0), self.height() / max(north - south, 1.0))
        self._view_changed()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom about a point of the widget, its middle where none is given."""
        at = at or QPointF(self.width() / 2, self.height() / 2)
        before = self.to_map(at)
        self.scale = float(np.clip(self.scale * factor, 1e-6, 1e3))
        self.centre += before - self.to_map(at)
        self._view_changed()

    def pan(self, x: float, y: float) -> None:
        """Move the map by pixels."""
        self.centre -= np.array([x, -y]) / self.scale
        self._view_changed()

    def to_map(self, point: QPointF | QPoint) -> np.ndarray:
        """Return the map coordinates, metres, of a point of the widget."""
        return self.centre + np.array([point.x() - self.width() / 2, self.height() / 2 - point.y()]) / self.scale

    def to_widget(self, x: float, y: float) -> QPointF:
        """Return the point of the widget at map coordinates."""
        return self.view.pixel(x, y)

    def unit_at(self, point: QPointF | QPoint) -> int:
        """Return the position of the unit under a point of the widget, -1 for none."""
        return self.content.unit_at(*self.to_map(point))

    def _view_changed(self) -> None:
        if self._cost > AT_ONCE:
            self._stop_picture()
            self._rest.start(REST_MS)
        else:
            self._begin_picture()
        self.viewed.emit()
        self.update()

    # ---- the picture

    def _stop_picture(self) -> None:
        self._work.stop()
        if self._next is not None:
            _, painter, parts, _ = self._next
            parts.close()
            painter.end()
            self._next = None

    def _begin_picture(self) -> None:
        """Begin to draw the picture of what is seen now; it is shown when it is whole."""
        self._stop_picture()
        self._rest.stop()
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        if picture.isNull():
            return
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(self.view.paper))
        painter = QPainter(picture)
        painter.setFont(self.font())
        view = self.view
        self._next = (picture, painter, cartography.steps(painter, view, self.content, self.stack), view)
        self._spent = 0.0
        if self._cost <= AT_ONCE and self._picture is not None and self.isVisible():
            self._go_on()
        if self._next is not None:
            self._work.start()

    def _go_on(self, limit: float = SLICE) -> None:
        """Draw the next parts of the picture, as many as fit into a slice of time."""
        if self._next is None:
            self._work.stop()
            return
        picture, painter, parts, view = self._next
        begin = time.perf_counter()
        while True:
            try:
                next(parts)
            except StopIteration:
                painter.end()
                self._work.stop()
                self._next = None
                self._picture, self._seen = picture, view
                self._cost = self._spent + time.perf_counter() - begin
                self.update()
                return
            if time.perf_counter() - begin > limit:
                self._spent += time.perf_counter() - begin
                return

    def finish_picture(self) -> None:
        """Draw the picture to its end now, for a picture of the window or a measurement."""
        if self._rest.isActive() or self._seen is None:
            self._begin_picture()
        while self._next is not None:
            self._go_on(1e9)

    def grab(self, rectangle: QRect | None = None) -> QPixmap:  # type: ignore[override]
        """Return a picture of the widget with the map as it is, not as it was a moment ago."""
        self.finish_picture()
        return super().grab() if rectangle is None else super().grab(rectangle)

    def paintEvent(self, _event) -> None:  # noqa: N802 - Qt's name
        """Paint the last picture where it belongs now, and what lies over it."""
        if self._picture is None:
            # the first picture is worth waiting for
            self.finish_picture()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self.view.paper))
        view = self.view
        if self._picture is not None and self._seen is not None:
            seen = self._seen
            stretch = view.scale / seen.scale
            corner = view.pixel(
                seen.centre[0] - seen.width / 2 / seen.scale, seen.centre[1] + seen.height / 2 / seen.scale
            )
            target = QRectF(corner.x(), corner.y(), seen.width * stretch, seen.height * stretch)
            painter.drawPixmap(target, self._picture, QRectF(self._picture.rect()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_over(painter, view)
        if self.scenario.is_open:
            cartography.draw_scale_bar(painter, view, 16.0, self.height() - 16.0, self.width() / 5)
            cartography.draw_north(painter, view, self.width() - 12.0, 14.0)
            if self.shows_legend:
                keys = cartography.legend(self.content, self.stack)[:LEGEND_LINES]
                cartography.draw_legend(painter, view, keys, self.width() - 10.0, self.height() - 10.0, self.tr)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().highlight().color(), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def _paint_over(self, painter: QPainter, view: View) -> None:
        content = self.content
        if self._fresh:
            painter.setPen(QPen(QColor(INK), 1.0))
            units, numbers = np.array(list(self._fresh)), np.array(list(self._fresh.values()))
            for number in np.unique(numbers):
                painter.setBrush(cartography.fill_of_beat(content, int(number), self.stack.patterns, dark=view.dark))
                painter.drawPath(self._path_of(view, units[numbers == number]))
        if self.selected in content.ids:
            number = content.ids.index(self.selected)
            if number < len(content.shapes):
                painter.setBrush(Qt.BrushStyle.NoBrush)
                path = view.path(content.beat_rings, np.arange(len(content.ids)) == number)
                for colour, width in (("white", 6.0), ("#d7191c", 3.0)):
                    painter.setPen(
                        QPen(
                            QColor(colour),
                            width,
                            Qt.PenStyle.SolidLine,
                            Qt.PenCapStyle.RoundCap,
                            Qt.PenJoinStyle.RoundJoin,
                        )
                    )
                    painter.drawPath(path)
        if len(self.selected_units):
            painter.setPen(QPen(QColor("#c51b7d"), 2.2))
            painter.setBrush(QColor(197, 27, 125, 60))
            painter.drawPath(self._path_of(view, self.selected_units))
        if len(self.flashing):
            painter.setPen(QPen(QColor("#d7191c"), 3.5 if self._lit else 2.0))
            painter.setBrush(QColor(215, 25, 28, 150 if self._lit else 30))
            painter.drawPath(self._path_of(view, self.flashing))
        if self.tool is not None:
            self.tool.paint(painter, view)

    def _path_of(self, view: View, units: np.ndarray) -> QPainterPath:
        only = np.zeros(len(self.content.polygons), bool)
        only[units] = True
        return view.path(self.content.rings, only, least=0.0)

    # ---- the user's hand

    def resizeEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Keep the town in view when the window grows or shrinks."""
        old = event.oldSize()
        if not old.isValid() or old.width() <= 0:
            self.fit()
        else:
            self.scale *= min(self.width() / old.width(), self.height() / max(1, old.height()))
            self._view_changed()
        self._begin_picture()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Draw anew where letters have another size."""
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self.redraw()
        super().changeEvent(event)

    def mousePressEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Begin to drag, or let the tool begin."""
        self._drag, self._moved = event.position(), False
        self.setFocus()
        tool, left = self.tool, event.button() == Qt.MouseButton.LeftButton
        x, y = self.to_map(event.position())
        if tool is not None and left and tool.press(x, y, event.modifiers()):
            self._drag = None
            self.update()

    def mouseMoveEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Drag the map, let the tool go on, or tell what is under the pointer."""
        at = event.position()
        x, y = self.to_map(at)
        held = bool(event.buttons() & (Qt.MouseButton.LeftButton | Qt.MouseButton.MiddleButton))
        if self._drag is not None and held:
            step = at - self._drag
            if self._moved or abs(step.x()) + abs(step.y()) > 4:
                self._moved = True
                self._drag = at
                self.pan(step.x(), step.y())
            return
        if self.tool is not None and self.tool.move(x, y, bool(event.buttons() & Qt.MouseButton.LeftButton)):
            self.update()
        self.pointed.emit(x, y)
        self.hovered.emit(self.content.unit_at(x, y) if self.scenario.is_open else -1)

    def mouseReleaseEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Pick a beat where the mouse was clicked without dragging."""
        if self.tool is not None and event.button() == Qt.MouseButton.LeftButton and self._drag is None:
            if self.tool.release(*self.to_map(event.position())):
                self.update()
            return
        if self._drag is not None and not self._moved and self.scenario.is_open:
            unit = self.unit_at(event.position())
            number = int(self.content.label[unit]) if unit >= 0 else -1
            self.select(self.content.ids[number] if number >= 0 else "")
            self.beat_picked.emit(self.selected)
            more = bool(event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier))
            if more and unit >= 0:
                self.select_units(np.array([unit]), more=True)
            elif len(self.selected_units):
                self.select_units(np.array([], int))
        self._drag = None

    def mouseDoubleClickEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """End what a tool draws, else zoom in."""
        if self.tool is not None:
            self.tool.finish()
            self.update()
        else:
            self.zoom(1.6, event.position())

    def wheelEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Zoom about the pointer."""
        self.zoom(1.0015 ** event.angleDelta().y(), event.position())

    def keyPressEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Move by the arrow keys, zoom by plus and minus, end or drop what a tool draws."""
        step = {
            Qt.Key.Key_Left: (60, 0),
            Qt.Key.Key_Right: (-60, 0),
            Qt.Key.Key_Up: (0, 60),
            Qt.Key.Key_Down: (0, -60),
        }.get(event.key())
        if step is not None:
            self.pan(*step)
        elif event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(1.5)
        elif event.key() == Qt.Key.Key_Minus:
            self.zoom(1 / 1.5)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.tool is not None:
            self.tool.finish()
            self.update()
        elif event.key() == Qt.Key.Key_Escape and self.tool is not None:
            self.tool.cancel()
            self.use(None)
        else:
            super().keyPressEvent(event)


# ---- tools that any map has


class Lasso:
    """Select units by drawing round them, or by a box.

    Parameters
    ----------
    view
        The map.
    box
        A box from corner to corner instead of a free line.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, view: MapView, *, box: bool = False) -> None:
        self.map, self.box = view, box
        self.line: list[tuple[float, float]] = []
        self.more = False

    def press(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> bool:
        """Begin."""
        self.more = bool(modifiers & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier))
        self.line = [(x, y)]
        return True

    def move(self, x: float, y: float, pressed: bool) -> bool:
        """Go on."""
        if not pressed or not self.line:
            return False
        self.line.append((x, y))
        return True

    def corners(self) -> list[tuple[float, float]]:
        """Return the outline."""
        if self.box and len(self.line) > 1:
            (a, b), (c, d) = self.line[0], self.line[-1]
            return [(a, b), (c, b), (c, d), (a, d)]
        return self.line

    def release(self, x: float, y: float) -> bool:
        """Select what lies inside; a click selects the unit under it."""
        corners, self.line = self.corners(), []
        area = shapely.Polygon(corners).buffer(0) if len(corners) > 2 else None
        if area is not None and area.area * self.map.scale**2 > 9:
            found = self.map.content.units_in(area)
        else:
            unit = self.map.content.unit_at(x, y)
            found = np.array([unit] if unit >= 0 else [], int)
        self.map.select_units(found, more=self.more)
        return True

    def finish(self) -> None:
        """Nothing is left open."""

    def cancel(self) -> None:
        """Drop the line."""
        self.line = []

    def paint(self, painter: QPainter, view: View) -> None:
        """Draw the outline."""
        if len(self.line) > 1:
            painter.setPen(QPen(QColor("#c51b7d"), 1.8, Qt.PenStyle.DashLine))
            painter.setBrush(QColor(197, 27, 125, 30))
            painter.drawPolygon(QPolygonF([view.pixel(x, y) for x, y in self.corners()]))


class Measure:
    """Measure a way, or the area that it goes round, by clicking its corners."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, view: MapView) -> None:
        self.map = view
        self.line: list[tuple[float, float]] = []
        self.end: tuple[float, float] | None = None
        self.done = False

    def press(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> bool:
        """Add a corner; after the end begin anew."""
        if self.done:
            self.line, self.done = [], False
        self.line.append((x, y))
        return True

    def move(self, x: float, y: float, pressed: bool) -> bool:
        """Show the way to the pointer."""
        self.end = None if self.done else (x, y)
        return bool(self.line)

    def release(self, x: float, y: float) -> bool:
        """Nothing; corners are set where the button goes down."""
        return True

    def finish(self) -> None:
        """End the way; what was measured stays on the map."""
        self.done, self.end = True, None

    def cancel(self) -> None:
        """Drop the way."""
        self.line, self.end, self.done = [], None, False

    def text(self) -> str:
        """Return what was measured, in words."""
        corners = self.line + ([self.end] if self.end else [])
        metres = float(np.hypot(*np.diff(np.array(corners), axis=0).T).sum()) if len(corners) > 1 else 0.0
        length = f"{metres / 1000:,.2f} km" if metres >= 1000 else f"{metres:,.0f} m"
        if len(corners) < 3:
            return length
        area = shapely.Polygon(corners).area
        return f"{length}  ·  {area / 1e6:,.2f} km²" if area >= 1e5 else f"{length}  ·  {area:,.0f} m²"

    def paint(self, painter: QPainter, view: View) -> None:
        """Draw the way and what it measures."""
        corners = self.line + ([self.end] if self.end else [])
        if not corners:
            return
        points = [view.pixel(x, y) for x, y in corners]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in (("white", 5.0), ("#1a1a1a", 2.0)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawPolyline(QPolygonF(points))
        painter.setBrush(QColor("white"))
        for point in points[: len(self.line)]:
            painter.drawEllipse(point, 3.5, 3.5)
        if len(points) > 1:
            text = self.text()
            box = QRectF(painter.fontMetrics().boundingRect(text)).adjusted(-6, -3, 6, 3)
            box.moveTopLeft(points[-1] + QPointF(12, 10))
            box.moveRight(min(box.right(), view.width - 4))
            box.moveBottom(min(box.bottom(), view.height - 4))
            painter.fillRect(box, QColor(255, 255, 255, 235))
            painter.setPen(QColor(INK))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
