"""Where the keys go, and a ring around it: in the window and in every dialog."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QDialog,
    QMenuBar,
    QPushButton,
    QWidget,
)
from shiboken6 import isValid

RING = 2


class FocusRing(QWidget):
    """A ring around the widget that has the focus; the pointer goes through it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        self.around: QWidget | None = None
        self.watched: list[QWidget] = []
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self.focused)

    def focused(self, _before: QWidget | None, now: QWidget | None) -> None:
        """Lie around what has the focus now; hidden where that is in another window."""
        for widget in self.watched:
            if isValid(widget):
                widget.removeEventFilter(self)
        window = self.parentWidget()
        there = now is not None and now.window() is window and now is not window
        self.around = now if there else None
        if there and isinstance(now, QPushButton):
            # outside a dialog Qt presses a button by Space alone; whoever comes by Tab expects Enter to do it too
            now.setAutoDefault(True)
        # what holds it may move too, and take it along
        self.watched, widget = [], self.around
        while widget is not None and widget is not window:
            widget.installEventFilter(self)
            self.watched.append(widget)
            widget = widget.parentWidget()
        self.follow()

    def follow(self) -> None:
        """Lie around the widget, wherever it has gone."""
        widget, window = self.around, self.parentWidget()
        if window is None or widget is None or not widget.isVisible() or isinstance(widget, QMenuBar):
            self.hide()
            return
        place = QRect(widget.mapTo(window, widget.rect().topLeft()), widget.size())
        self.setGeometry(place.adjusted(-RING, -RING, RING, RING).intersected(window.rect()))
        self.show()
        self.raise_()
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Follow where the widget goes."""
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Hide, QEvent.Type.Show):
            self.follow()
        return False

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the ring."""
        with QPainter(self) as painter:
            painter.setPen(QPen(self.palette().highlight().color(), RING))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))


class DialogRings(QObject):
    """Gives each dialog a ring once a field in it has the focus, and lets Tab out of its tables, also those that Qt itself makes and those that the window does not wait for."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._ring)

    def _ring(self, _before: QWidget | None, now: QWidget | None) -> None:
        dialog = None if now is None else now.window()
        if isinstance(dialog, QDialog) and isinstance(now, QAbstractItemView):
            # the arrows go from cell to cell, Tab to what comes next, as in the window
            now.setTabKeyNavigation(False)
        # each window of the application hears of it, and one ring is enough
        if isinstance(dialog, QDialog) and dialog.findChild(FocusRing) is None:
            FocusRing(dialog).focused(None, now)


def give_focus(panel: QWidget) -> bool:
    """Give the focus to a panel, or to the first of its fields that takes it; return whether one did."""
    fields = [panel, *panel.findChildren(QWidget)]
    for widget in fields:
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        area = isinstance(widget, QAbstractScrollArea) and not isinstance(widget, QAbstractItemView)
        if takes and widget.isVisible() and widget.isEnabled() and not area:
            widget.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return True
    return False
