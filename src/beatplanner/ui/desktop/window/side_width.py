"""How wide the panels at the side are: wider in a wider window and for larger text, until somebody drags their border; then as that left them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QStyle, QTabBar
from shiboken6 import isValid

from beatplanner.ui.desktop.toolkit.tab_bars import whole_where_they_fit
from beatplanner.ui.desktop.toolkit.text_scale import text_scale
from beatplanner.ui.desktop.toolkit.window_events import events_of

# Pixels at least and at most, and the share of the window between them, with the system's size of text.
LEAST, MOST, SHARE = 350, 520, 0.25
# So much of the window they take at most, however large the text is: the map has more than half.
MOST_FOR_TEXT = 0.45
# So much of the window the panels may take that were dragged in a larger one.
MOST_OF_WINDOW = 0.6


class SideWidth(QObject):
    """Gives the panels at the right side their width.

    Attributes
    ----------
    dragged
        The width in pixels that somebody dragged; None before.
    """

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self.window_ = window
        self.dragged: int | None = None
        self._pressed: int | None = None
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.fit)
        # Qt tells the window itself of a border between its panels that is dragged
        events = events_of(window)
        events.on(self._pressed_here, QEvent.Type.MouseButtonPress)
        events.on(self._released, QEvent.Type.MouseButtonRelease)
        events.on(self._fit_later, QEvent.Type.Resize, QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange)
        # asked for whenever a panel comes or goes, at the side or below; only then are its names there, or gone
        self._names_later = QTimer(self)
        self._names_later.setSingleShot(True)
        self._names_later.timeout.connect(self._fit_names)
        events.on(self._fit_names_later, QEvent.Type.LayoutRequest)
        for dock in window.findChildren(QDockWidget):
            dock.visibilityChanged.connect(self._shown)
        self._open = False

    def _pressed_here(self) -> None:
        self._pressed = self.width()

    def _released(self) -> None:
        """See how far a border was dragged."""
        if self._pressed is not None:
            before, self._pressed, now = self._pressed, None, self.width()
            if now is not None and now != before:
                self.dragged = now

    def _fit_later(self) -> None:
        """Fit to another size of the window or its text."""
        self._later.start(0)

    def _fit_names_later(self) -> None:
        """Fit the names once the window has laid out its panels."""
        self._names_later.start(0)

    def _shown(self) -> None:
        """Fit once panels come back after all of them were away."""
        if not isValid(self.window_):
            return
        is_open = bool(self._at_side())
        if is_open and not self._open:
            self._later.start(0)
        self._open = is_open

    def _at_side(self) -> list[QDockWidget]:
        """Return the panels that are open at the right side, in front or behind another."""
        window, right = self.window_, Qt.DockWidgetArea.RightDockWidgetArea
        return [
            d
            for d in window.findChildren(QDockWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
            if not d.isHidden() and not d.isFloating() and window.dockWidgetArea(d) == right
        ]

    def _panel(self) -> QDockWidget | None:
        """Return the panel in front at the right side; None where none is open."""
        return min(self._at_side(), key=lambda d: d.visibleRegion().isEmpty(), default=None)

    def width(self) -> int | None:
        """Return how wide panels and the bar of their names are; None where none is open."""
        window, centre = self.window_, self.window_.centralWidget()
        if self._panel() is None or centre is None:
            return None
        border = window.style().pixelMetric(QStyle.PixelMetric.PM_DockWidgetSeparatorExtent, None, window)
        return window.width() - centre.geometry().right() - 1 - border

    def wanted(self) -> int:
        """Return the width that the panels should have in the window as it is."""
        whole = self.window_.width()
        if self.dragged is not None:
            return min(self.dragged, round(whole * MOST_OF_WINDOW))
        scale = text_scale()
        for_text = min(round(LEAST * scale), max(LEAST, round(whole * MOST_FOR_TEXT)))
        return min(max(MOST, for_text), max(for_text, round(whole * SHARE)))

    def fit(self) -> None:
        """Give the panels their width."""
        panel = self._panel()
        if panel is not None and self.width() != self.wanted():
            self.window_.resizeDocks([panel], [self.wanted()], Qt.Orientation.Horizontal)
        self._fit_names()

    def _fit_names(self) -> None:
        """Give the names of the panels letters with which none is cut."""
        for bar in self.window_.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            whole_where_they_fit(bar, QApplication.font().pointSizeF() / text_scale())
