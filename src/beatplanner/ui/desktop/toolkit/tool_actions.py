"""Actions of the map's modules: each is an entry like those of `actions.ACTIONS`, joined to what it does and placed in its menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor, QKeySequence, QPalette
from PySide6.QtWidgets import QAbstractButton, QApplication, QDockWidget, QGridLayout, QMenu, QToolBar, QWidget

from beatplanner.ui.desktop.toolkit.actions import Action
from beatplanner.ui.desktop.toolkit.frame import Frame
from beatplanner.ui.desktop.toolkit.icons import icon

# Pixels of a button of which two stand in a row of the narrowest panel.
HALF_ROW = 126


def menu_named(window: Frame, title: str) -> QMenu:
    """Return the window's menu of this title, made where there is none (before Help)."""
    text = window.tr(title)
    for action in window.menuBar().actions():
        menu = action.menu()
        if isinstance(menu, QMenu) and action.text().replace("&", "") == text:
            return menu
    menu = QMenu(text, window)
    others = window.menuBar().actions()
    last = others[-1] if others and others[-1].text().replace("&", "") == window.tr("Help") else None
    if last is None:
        window.menuBar().addMenu(menu)
    else:
        window.menuBar().insertMenu(last, menu)
    return menu


def stays_on(button: QAbstractButton, *, checkable: bool = True) -> None:
    """Let a button stay on, and fill it then as what is selected is filled: in the dark theme the style's own shade is hardly another.

    Behind an icon stands a paler mix, on which its lines are seen.
    """

    def mark(*, on: bool) -> None:
        palette, role = QPalette(), QPalette.ColorRole
        if on:
            usual, pictured = QApplication.palette(), not button.icon().isNull()
            fill, below = usual.color(role.Highlight), usual.color(role.Button)
            if pictured:
                both = (fill, below)
                fill = QColor(*(sum(c) // 2 for c in zip(*((c.red(), c.green(), c.blue()) for c in both), strict=True)))
            else:
                # the style lays light over a button
                fill = fill.darker(140)
            palette.setColor(role.Button, fill)
            palette.setColor(role.ButtonText, usual.color(role.ButtonText if pictured else role.HighlightedText))
        button.setPalette(palette)

    button.setCheckable(checkable)
    if checkable:
        button.toggled.connect(lambda on: mark(on=on))
        mark(on=button.isChecked())


def add_action(
    window: Frame,
    entry: Action,
    slot: Callable[..., object],
    *,
    checkable: bool = False,
    toolbar: QToolBar | None = None,
) -> QAction:
    """Make an action from its entry, place it in its menu, and register it with the window.

    A checkable action calls `slot` with whether it is on, any other without arguments.
    """
    action = QAction(window.tr(entry.text), window)
    action.setObjectName(entry.name)
    action.setIcon(icon(entry.name))
    action.setStatusTip(window.tr(entry.help))
    action.setToolTip(window.tr(entry.help) + (f" ({entry.shortcut})" if entry.shortcut else ""))
    action.setCheckable(checkable)
    if entry.shortcut:
        action.setShortcut(QKeySequence(entry.shortcut))
    if checkable:
        action.toggled.connect(slot)
    else:
        action.triggered.connect(lambda _=False: slot())
    menu_named(window, entry.menu).addAction(action)
    if toolbar is not None:
        toolbar.addAction(action)
    window.actions_by_name[entry.name] = action
    return action


def add_panel(window: Frame, panel: QWidget, name: str, title: str, *, below: bool = False) -> QDockWidget:
    """Put a panel at the window's right side, where all share one place; or `below` the map over the whole width, hidden until it is asked for.

    Parameters
    ----------
    panel
        What is shown.
    name
        Of the dock as an object, by which the guide's page is found.
    title
        In English; it is translated.
    """
    dock = QDockWidget(window.tr(title), window)
    dock.setObjectName(name)
    dock.setWidget(panel)
    if below:
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
        dock.hide()
        return dock
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    layers = window.findChild(QDockWidget, "layers")
    if layers is not None and layers is not dock:
        window.tabifyDockWidget(layers, dock)
        layers.raise_()
    return dock


def two_in_a_row(grid: QGridLayout, buttons: Sequence[QWidget]) -> None:
    """Place buttons two in a row of a panel, and those whose words need it alone in one."""
    rows: list[list[QWidget]] = []
    narrow: list[QWidget] = []
    for button in buttons:
        if button.sizeHint().width() > HALF_ROW:
            rows.append([button])
            narrow = []
        elif len(narrow) == 1:
            narrow.append(button)
            narrow = []
        else:
            narrow = [button]
            rows.append(narrow)
    for place, row in enumerate(rows):
        for column, button in enumerate(row):
            # one alone in its row fills it, so that all stand in line on both sides
            grid.addWidget(button, place, column, 1, 3 - len(row) if len(row) == 1 else 1)
    for column in (0, 1):
        grid.setColumnStretch(column, 1)
