"""The map: one widget that shows beats, units, incidents and stations, picks what is under the pointer, and lends the pointer to tools.

Drawing thousands of outlines takes longer than a frame. So the picture is drawn in parts between which the window goes on, and while the map is
dragged or zoomed the last picture is moved and stretched under the hand; the sharp one follows as soon as the hand rests.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from beatplanner.ui.desktop.map import cartography
from beatplanner.ui.desktop.map.around import boxes_around, draw_around
from beatplanner.ui.desktop.map.by_hand import ByHand
from beatplanner.ui.desktop.map.labels import Written, draw_outline
from beatplanner.ui.desktop.map.map_content import MapContent
from beatplanner.ui.desktop.map.map_layers import LayerStack, first_layers
from beatplanner.ui.desktop.map.tool import Tool
from beatplanner.ui.desktop.map.view import INK, View, room
from beatplanner.ui.desktop.session.session import OpenTown
from beatplanner.ui.desktop.toolkit.text_scale import text_scale

if TYPE_CHECKING:
    from beatplanner.data.result.plan_tables import PlanTables
    from beatplanner.planning.beats.drawing import Drawing
    from beatplanner.ui.desktop.map.background_map import BackgroundMap

LAYERS = tuple(layer.name for layer in first_layers())
# Seconds that the map draws before it lets the window go on, and what a picture may cost to be drawn at once in every frame.
SLICE, AT_ONCE = 0.025, 0.02
# What a window may wait for a picture where something was switched, and for the first of a town, in seconds.
PATIENCE, FIRST = 0.08, 0.3
REST_MS, FLASH_MS = 70, 400


class MapView(ByHand, QWidget):
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
    recoloured
        The paper is light or dark now, and the fills with it.
    """

    hovered = Signal(int)
    beat_picked = Signal(str)
    units_selected = Signal(object)
    pointed = Signal(float, float)
    viewed = Signal()
    tool_changed = Signal()
    recoloured = Signal()

    def __init__(self, scenario: OpenTown, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scenario = scenario
        self.stack = LayerStack()
        self.stack.listeners.append(self.redraw)
        self.content = MapContent()
        self.background: BackgroundMap | None = None
        self.selected = ""
        self._opened = 0
        self.selected_units = np.array([], int)
        self.flashing = np.array([], int)
        self.tool: Tool | None = None
        self.shows_legend = True
        self.centre, self.scale = np.zeros(2), 1.0
        self._drag: QPointF | None = None
        self._moved = False
        self._picture: QPixmap | None = None  # the last whole picture, and the view that it shows
        self._seen: View | None = None
        self._written: list[Written] = []  # the names that stand in it
        self._writing: list[Written] = []
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
        self._silent = False  # what is to be shown is not there yet
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(320, 240)
        self.setAccessibleName(self.tr("Map of the beats"))
        self.setAccessibleDescription(
            self.tr("Drag to move, turn the wheel or press plus and minus to zoom, click to pick a beat.")
        )
        self.load()

    # ---- content

    def announce(self) -> None:
        """Say at once, while the window is busy, that another town is about to be seen here."""
        self._stop_picture()
        self._picture, self._seen, self._written, self._silent = None, None, [], True
        self.repaint()
        self._silent = False

    def load(self) -> None:
        """Take the scenario's shapes; called after every change of it."""
        another = self.scenario.opened != self._opened
        self.content = MapContent(self.scenario, {} if another else self.content.colours())
        self._lay_background()
        self.selected_units = self.flashing = np.array([], int)
        self._fresh = {}
        self._flash.stop()
        if another or self.selected not in self.content.ids:
            # a beat of this number in another project is another beat
            self.selected, self._opened = "", self.scenario.opened
        if another:
            # nor is the picture of another town, or of none, seen until this one is drawn
            self._picture, self._seen, self._written = None, None, []
        self.redraw()

    def redraw(self) -> None:
        """Make the picture anew: what it shows has changed."""
        self._begin_picture()
        if self._next is not None and self.isVisible():
            # nobody is dragging: a picture that takes a moment is better than an old one for that moment
            self._go_on(PATIENCE)

    def take_background(self, background: BackgroundMap | None) -> None:
        """Lay a background map under everything; None for none."""
        self.background = background
        self._lay_background()
        self.stack.change("Background map", visible=background is not None)

    def _lay_background(self) -> None:
        self.content.background = self.background
        if self.background is not None and self.scenario.is_open:
            self.background.use_crs(self.scenario.units.crs)

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

    def take_sites(self, places: np.ndarray, names: list[str]) -> None:
        """Show stations, (k, 2) metres, that belong to no plan yet."""
        if self.content.take_sites(places, names):
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
        return View(self.centre.copy(), self.scale, self.width(), self.height(), dark=self.dark, letters=text_scale())

    @property
    def dark(self) -> bool:
        """Whether the theme is dark, and the paper with it."""
        palette = self.palette()
        return palette.windowText().color().lightness() > palette.window().color().lightness()

    def fills(self) -> dict[str, str]:
        """Return the colour of each beat as it is seen here, by id: what stands for a beat elsewhere in the window has the same."""
        return cartography.fills_of_beats(self.content, dark=self.dark)

    def fit(self) -> None:
        """Show the whole town."""
        if self.scenario.is_open:
            self.zoom_to(self.content.bounds)

    def zoom_to(self, box: tuple[float, float, float, float], share: float = 0.92) -> None:
        """Show a part of the map: west, south, east, north, metres."""
        west, south, east, north = box
        self.centre = np.array([(west + east) / 2, (south + north) / 2])
        self.scale = share * room(box, self.size())
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
        view = self.view
        self._writing = []
        over = boxes_around(self.font(), view, self.content, self.stack, self.tr, with_legend=self.shows_legend)
        # made last: one that lives on in a fault's traceback without its picture would end the program
        painter = QPainter(picture)
        painter.setFont(self.font())
        parts = cartography.steps(painter, view, self.content, self.stack, written=self._writing, covered=over)
        self._next = (picture, painter, parts, view)
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
            except Exception as error:
                # also after a fault, which is told once: a painter that outlives its picture would end the program
                painter.end()
                self._work.stop()
                self._next = None
                self._picture, self._seen, self._written = picture, view, self._writing
                self._cost = self._spent + time.perf_counter() - begin
                self.update()
                if not isinstance(error, StopIteration):
                    raise
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
        if self._picture is None and not self._silent:
            # the first picture is worth waiting for, but not long
            if self._rest.isActive() or self._next is None:
                self._begin_picture()
            self._go_on(FIRST)
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), QColor(self.view.paper))
            view = self.view
            if self._picture is None:
                painter.setPen(QColor(view.ink))
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("The map is being drawn…"))
                return
            if self._picture is not None and self._seen is not None:
                seen = self._seen
                stretch = view.scale / seen.scale
                corner = view.pixel(seen.edges[0], seen.edges[3])
                target = QRectF(corner.x(), corner.y(), seen.width * stretch, seen.height * stretch)
                painter.drawPixmap(target, self._picture, QRectF(self._picture.rect()))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_over(painter, view)
            if self.scenario.is_open:
                draw_around(painter, view, self.content, self.stack, self.tr, with_legend=self.shows_legend)
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
                painter.drawPath(self.path_of_units(view, units[numbers == number]))
        if self.selected in content.ids:
            number = content.ids.index(self.selected)
            if number < len(content.shapes):
                path = view.path(content.beat_rings, np.arange(len(content.ids)) == number)
                draw_outline(painter, view, path, self._seen, self._written)
        if len(self.selected_units):
            painter.setPen(QPen(QColor("#c51b7d"), 2.2))
            painter.setBrush(QColor(197, 27, 125, 60))
            painter.drawPath(self.path_of_units(view, self.selected_units))
        if len(self.flashing):
            painter.setPen(QPen(QColor("#d7191c"), 3.5 if self._lit else 2.0))
            painter.setBrush(QColor(215, 25, 28, 60 if self._lit else 20))
            painter.drawPath(self.path_of_units(view, self.flashing))
        if self.tool is not None:
            self.tool.paint(painter, view)

    def named_at(self, x: float, y: float) -> tuple[float, float] | None:
        """Return the place of the station whose name is read at a place of the map, both in metres; None where none is."""
        if self._seen is None:
            return None
        pointer = self._seen.pixel(x, y)
        return next((name.at for name in self._written if name.at is not None and name.box.contains(pointer)), None)

    def path_of_units(self, view: View, units: np.ndarray) -> QPainterPath:
        """Return the outlines of some units as they are seen."""
        only = np.zeros(len(self.content.polygons), bool)
        only[units] = True
        return view.path(self.content.rings, only, least=0.0)

    # ---- the user's hand

    def resizeEvent(self, event) -> None:  # noqa: N802 - Qt's name
        """Keep the town in view when the window grows or shrinks."""
        old = event.oldSize()
        if old.isValid() and old.width() > 0:
            self.scale *= room(self.content.bounds, self.size()) / room(self.content.bounds, old)
            self._view_changed()
        elif self.scenario.is_open:
            self.fit()
        else:
            self._begin_picture()
        if self._rest.isActive():
            # a picture of another size does not wait until the hand rests
            self._begin_picture()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Draw anew where letters have another size."""
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self.redraw()
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.recoloured.emit()
