"""Tools that every map has: select by box or lasso, measure, search a place by name, and the coordinates under the pointer."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from PySide6.QtCore import QSize, QStringListModel, Qt
from PySide6.QtWidgets import QAbstractButton, QCompleter, QLineEdit

from beatplanner.ui.desktop.map.map_content import NamedPlace, search_places
from beatplanner.ui.desktop.map.map_view import MapView
from beatplanner.ui.desktop.map.pointer_tools import Lasso, Measure
from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.toolkit.actions import Action
from beatplanner.ui.desktop.toolkit.figures_text import number
from beatplanner.ui.desktop.toolkit.tool_actions import add_action, stays_on

ACTIONS = (
    Action("map_move", "Map", "Move and click", "Drag the map, click a beat.", "V"),
    Action(
        "map_box",
        "Map",
        "Select by box",
        "Select the units inside a box; with Shift beside those selected already.",
        "X",
    ),
    Action("map_lasso", "Map", "Select by lasso", "Select the units that you draw round.", "S"),
    Action(
        "map_measure",
        "Map",
        "Measure",
        "Measure a way or an area by clicking its corners; a double click ends it.",
        "M",
    ),
    Action(
        "map_select_beat", "Map", "Select the beat's units", "Select all units of the beat that is picked.", "Ctrl+A"
    ),
    Action("map_select_none", "Map", "Select nothing", "Drop the selection.", "Ctrl+D"),
    Action(
        "map_zoom_selection", "Map", "Zoom to selection", "Show the selected units, or the beat that is picked.", "Z"
    ),
    Action("map_search", "Map", "Search a place…", "Find a beat, station, municipality or unit by its name.", "Ctrl+F"),
)


class PlaceSearch(QLineEdit):
    """A field that finds places while one types, and shows the one that is chosen."""

    def __init__(self, view: MapView) -> None:
        super().__init__()
        self.map = view
        self.setPlaceholderText(self.tr("Search a place…"))
        self.setAccessibleName(self.tr("Search a place"))
        self.setClearButtonEnabled(True)
        self.setMaximumWidth(260)
        self._places: list[NamedPlace] | None = None
        self._found: list[NamedPlace] = []
        self._model = QStringListModel(self)
        completer = QCompleter(self._model, self)
        # the list is what the search found: the completer must not sift it again
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        completer.activated.connect(self._chosen)
        self.setCompleter(completer)
        self.textEdited.connect(self._typed)
        self.returnPressed.connect(self._entered)

    def forget(self) -> None:
        """Look the names up anew at the next search: another plan is shown."""
        self._places = None

    def found(self, text: str) -> list[NamedPlace]:
        """Return the places that are found."""
        if self._places is None:
            self._places = self.map.content.places()
        return search_places(self._places, text)

    def _typed(self, text: str) -> None:
        self._found = self.found(text)
        self._model.setStringList([self._line(p) for p in self._found])

    def _line(self, place: NamedPlace) -> str:
        return f"{place.name}  –  {self.tr(place.kind)}"

    def _chosen(self, line: str) -> None:
        for place in self._found:
            if self._line(place) == line:
                self.go_to(place)
                return

    def _entered(self) -> None:
        if not self._found:
            self._found = self.found(self.text())
        if self._found:
            self.go_to(self._found[0])

    def go_to(self, place: NamedPlace) -> None:
        """Show a place, pick it where it is a beat and select it where it is a unit."""
        self.map.zoom_to(place.box, 0.55)
        content = self.map.content
        middle = ((place.box[0] + place.box[2]) / 2, (place.box[1] + place.box[3]) / 2)
        if place.kind == "unit":
            names = [n if n == u else f"{n} ({u})" for n, u in zip(content.unit_names, content.unit_ids, strict=True)]
            self.map.select_units(np.array([names.index(place.name)]))
        elif place.kind == "beat":
            for k, beat in enumerate(content.ids):
                shape = content.shapes[k]
                if shape is not None and tuple(shapely.bounds(shape)) == tuple(place.box):
                    self.map.select(beat)
                    self.map.beat_picked.emit(beat)
        elif place.kind == "station":
            unit = content.unit_at(*middle)
            self.map.select_units(np.array([unit] if unit >= 0 else [], int))
        self.map.setFocus()


class Coordinates(Label):
    """Where the pointer is: degrees, and metres of the planning CRS."""

    def __init__(self, view: MapView) -> None:
        super().__init__()
        self.map = view
        self._to_degrees: Any = None
        self._crs: object = None
        self.setAccessibleName(self.tr("Coordinates under the pointer"))
        view.pointed.connect(self.show_at)

    def show_at(self, x: float, y: float) -> None:
        """Show coordinates, metres."""
        scenario = self.map.scenario
        if not scenario.is_open:
            self.clear()
            return
        crs = scenario.units.crs
        if crs is not self._crs:
            from pyproj import Transformer

            self._crs = crs
            self._to_degrees = None if crs is None else Transformer.from_crs(crs, 4326, always_xy=True)
        text = self.tr("E {0}  N {1} m").format(number(x), number(y))
        if self._to_degrees is not None:
            east, north = self._to_degrees.transform(x, y)
            up = self.tr("{0}° N") if north >= 0 else self.tr("{0}° S")
            right = self.tr("{0}° E") if east >= 0 else self.tr("{0}° W")
            text = f"{up.format(number(abs(north), 5))}  {right.format(number(abs(east), 5))}   ·   {text}"
        self.setText(text)


def install(window: Window) -> None:
    """Add the tools, their menu, the search and the coordinates to the window."""
    view: MapView = window.map
    search = PlaceSearch(view)
    window.place_search = search
    window.scenario.listeners.append(search.forget)
    tools = {
        "map_box": lambda: Lasso(view, box=True),
        "map_lasso": lambda: Lasso(view),
        "map_measure": lambda: Measure(view),
    }
    kinds: dict[str, Lasso | Measure] = {}

    def take(name: str, on: bool) -> None:
        if on:
            kinds[name] = tools[name]()
            view.use(kinds[name])
        elif view.tool is kinds.get(name):
            view.use(None)

    def select_beat() -> None:
        content = view.content
        if view.selected in content.ids:
            view.select_units(np.flatnonzero(content.label == content.ids.index(view.selected)))

    def zoom_selection() -> None:
        content, units = view.content, view.selected_units
        if not len(units) and view.selected in content.ids:
            units = np.flatnonzero(content.label == content.ids.index(view.selected))
        if len(units):
            box = content.rings.box[np.isin(content.rings.feature, units)]
            view.zoom_to((*box[:, :2].min(axis=0), *box[:, 2:].max(axis=0)), 0.7)

    def look_for() -> None:
        search.setFocus()
        search.selectAll()

    slots = {
        "map_move": lambda: view.use(None),
        "map_select_beat": select_beat,
        "map_select_none": lambda: view.select_units(np.array([], int)),
        "map_zoom_selection": zoom_selection,
        "map_search": look_for,
    }
    made = {}
    bar = window.addToolBar(window.tr("Map"))
    bar.setObjectName("map tools")
    bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    bar.setIconSize(QSize(18, 18))
    for entry in ACTIONS:
        if entry.name in tools:
            made[entry.name] = add_action(
                window, entry, lambda on, n=entry.name: take(n, on), checkable=True, toolbar=bar
            )
            button = bar.widgetForAction(made[entry.name])
            assert isinstance(button, QAbstractButton)
            stays_on(button)
        else:
            made[entry.name] = add_action(
                window, entry, slots[entry.name], toolbar=bar if entry.name == "map_move" else None
            )
    bar.addWidget(search)

    def show_tool() -> None:
        for name in tools:
            on = view.tool is not None and view.tool is kinds.get(name)
            if made[name].isChecked() != on:
                made[name].blockSignals(True)
                made[name].setChecked(on)
                made[name].blockSignals(False)
                made[name].changed.emit()

    view.tool_changed.connect(show_tool)
    window.coordinates = Coordinates(view)
    window.statusBar().addPermanentWidget(window.coordinates)
