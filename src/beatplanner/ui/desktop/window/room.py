"""Room for the map: a panel that opens below it takes so much of the window that the map keeps half of it."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QSplitter, QWidget
from shiboken6 import isValid

from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.toolkit.window_events import events_of

# So many of its least heights a panel should have: else the table, and then the panels at the side, give way to it.
COMFORT = 1.6
ALL_THE_REST = 100_000


class RoomForMap(QObject):
    """Shares the window between the map, the table of beats, the panels at the side and a panel below all of them.

    Where there is no room for all, first the table gives way while the panel below is open, then the panels at the side; they come back as it closes,
    and one that is called meanwhile comes at once. It looks as panels open and close, and as the window gets another size; what is dragged in
    between stays.

    Attributes
    ----------
    aside
        Panels at the side that gave way, the one in front first.
    """

    def __init__(self, window: Window, below: QDockWidget, table: QWidget) -> None:
        super().__init__(window)
        self.window_, self.below, self.table = window, below, table
        self.aside: list[QDockWidget] = []
        self._open = False
        self._shown: set[str] = set()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.share)
        for dock in window.findChildren(QDockWidget):
            dock.visibilityChanged.connect(self._look)
        events_of(window).on(self._resized, QEvent.Type.Resize)

    def _resized(self) -> None:
        """Share anew where the window has another size."""
        if not self.below.isHidden():
            self._later.start(0)

    def _look(self) -> None:
        """Share anew where other panels are open than before; one that only came to the front changes nothing."""
        if not isValid(self.window_):
            # panels go with the window at the program's end, and are no longer seen
            return
        docks = self.window_.findChildren(QDockWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        shown = {d.objectName() for d in docks if not d.isHidden()}
        if shown != self._shown:
            self._shown = shown
            self._later.start(0)

    def _at_side(self) -> list[QDockWidget]:
        """Return the panels at the side that are open, the one in front first."""
        window, right = self.window_, Qt.DockWidgetArea.RightDockWidgetArea
        found = [
            d
            for d in window.findChildren(QDockWidget)
            if not d.isHidden() and not d.isFloating() and window.dockWidgetArea(d) == right
        ]
        return sorted(found, key=lambda d: d.visibleRegion().isEmpty())

    def give_back(self) -> None:
        """Show table and panels again that gave way."""
        self.table.show()
        aside, self.aside = self.aside, []
        # one that was called meanwhile stays in front
        front = [*self._at_side(), *aside][:1]
        # of panels that share a place the one shown last lies on top
        for dock in reversed(aside):
            dock.show()
        if aside:
            front[0].raise_()

    def share(self) -> None:
        """Leave the map half of the window, and the panel below what is left of the height."""
        window, below = self.window_, self.below
        centre = window.centralWidget()
        if centre is None or not window.scenario.is_open:
            return
        docked = not below.isHidden() and not below.isFloating()
        if not docked or window.dockWidgetArea(below) != Qt.DockWidgetArea.BottomDockWidgetArea:
            self._open = False
            self.give_back()
            return
        opened, self._open = not self._open, True
        half = math.ceil(window.width() * window.height() / 2 / max(1, window.map.width()))
        left = centre.height() + below.height() - half
        between = self.table.parentWidget()
        handle = between.handleWidth() if isinstance(between, QSplitter) else 0
        least, table = below.minimumSizeHint().height(), self.table.minimumSizeHint().height() + handle
        comfort = round(COMFORT * least)
        self.table.setVisible(left - table >= comfort)
        side = self._at_side()
        if opened and left < comfort and side:
            self.aside = side
            for dock in side:
                dock.hide()
            # the map is wider once they are gone
            self._later.start(0)
            return
        taken = left - (table if left - table >= comfort else 0)
        if isinstance(between, QSplitter):
            # the table has its least height, so that what it had more is the map's
            between.setSizes([ALL_THE_REST, table])
        window.resizeDocks([below], [max(least, taken)], Qt.Orientation.Vertical)
