"""The window by keys alone: panels by F6, and no table that swallows Tab."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDockWidget,
    QWidget,
)

from beatplanner.ui.desktop.toolkit.focus import DialogRings, FocusRing, give_focus
from beatplanner.ui.desktop.toolkit.window_events import events_of
from beatplanner.ui.desktop.window.menus import arrange, name_menus

# The panels in the order in which F6 goes through them, which is that of their tabs.
PANELS = ("plan", "layers", "draw and mend", "results", "rules", "stations", "project", "gantt")


class AfterDialogs(QObject):
    """Gives the keys back to the window once a dialog is gone, so that the first key pressed after it is heard.

    Not every desktop does so by itself; where the user has gone to another program meanwhile nothing is taken from it.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.window_ = window
        events_of(window).on(self._take_keys, QEvent.Type.WindowUnblocked)

    def _take_keys(self) -> None:
        """Take the keys as the last dialog goes."""
        if QGuiApplication.applicationState() == Qt.ApplicationState.ApplicationActive:
            self.window_.activateWindow()


def _is_behind(widget: QWidget) -> bool:
    """Return whether a widget lies in a panel that another panel covers."""
    panel: QWidget | None = widget
    while panel is not None and not isinstance(panel, QDockWidget):
        panel = panel.parentWidget()
    return panel is not None and panel.visibleRegion().isEmpty()


class KeyboardActions:
    """The main window's ways from panel to panel."""

    def prepare_keyboard(self: Any) -> None:
        """Free Tab, order and name the menus, and show the focus; called when all panels are there."""
        for view in self.findChildren(QAbstractItemView):
            # the arrows go from cell to cell, Tab to what comes next
            view.setTabKeyNavigation(False)
        arrange(self.menuBar(), self.actions_by_name)
        name_menus(self.menuBar())
        self.focus_ring = FocusRing(self)
        self.dialog_rings = DialogRings(self)
        self.after_dialogs = AfterDialogs(self)

    def panels(self: Any) -> list[QWidget]:
        """Return what F6 goes through: the map, the table, and the panels that are open, also behind another."""
        found: list[QWidget] = [self.map, self.table] if self.scenario.is_open else [self.start_page]
        docks = [d for d in self.findChildren(QDockWidget) if d.isVisible()]
        # neither their places nor their order as children last: both change as one comes to the front
        docks.sort(key=lambda d: PANELS.index(d.objectName()) if d.objectName() in PANELS else len(PANELS))
        return found + [d.widget() for d in docks if d.widget() is not None]

    def next_panel(self: Any) -> None:
        """Go to the next panel."""
        self._step_panel(1)

    def previous_panel(self: Any) -> None:
        """Go to the panel before."""
        self._step_panel(-1)

    def _step_panel(self: Any, by: int) -> None:
        panels, now = self.panels(), QApplication.focusWidget()
        here = [k for k, p in enumerate(panels) if now is not None and (p is now or p.isAncestorOf(now))]
        at = (here[-1] + by) % len(panels) if here else 0
        for k in range(len(panels)):
            panel = panels[(at + by * k) % len(panels)]
            dock = panel.parentWidget()
            if isinstance(dock, QDockWidget):
                # one that lies behind another comes to the front
                dock.raise_()
            if give_focus(panel):
                return

    def focusNextPrevChild(self: Any, forward: bool) -> bool:  # noqa: N802 - Qt's name
        """Go to what Tab comes to next that is in view: Qt counts what lies in a panel behind another too, where Space would press a button unseen."""
        begun: QWidget | None = None
        while super().focusNextPrevChild(forward):  # type: ignore[misc]
            now = self.focusWidget()
            if now is None or now is begun or not _is_behind(now):
                return True
            begun = begun or now
        return False

    def keep_focus(self: Any) -> None:
        """Leave the focus nowhere never: where nothing has it the map does."""
        if QApplication.focusWidget() is None and self.isActiveWindow():
            give_focus(self.map if self.scenario.is_open else self.start_page)
