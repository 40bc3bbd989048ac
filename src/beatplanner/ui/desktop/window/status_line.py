"""The line below the window: a message that is longer than its place ends in dots, before what stands at the right."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QStatusBar, QStyle, QStyleOption, QWidget

MARGIN = 6


class StatusLine(QStatusBar):
    """A status bar that shows as much of a message as there is room for now; Qt's own cuts it within a letter."""

    def room(self) -> QRect:
        """Return where the message stands: before the first of the widgets at the right."""
        shown = [
            w for w in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly) if w.isVisible()
        ]
        end = min((w.geometry().left() for w in shown if w.width() > 0), default=self.width())
        return QRect(MARGIN, 0, max(0, end - 2 * MARGIN - MARGIN), self.height())

    def said(self) -> str:
        """Return the message as it is seen."""
        return self.fontMetrics().elidedText(self.currentMessage(), Qt.TextElideMode.ElideRight, self.room().width())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the ground and the message."""
        option = QStyleOption()
        option.initFrom(self)
        with QPainter(self) as painter:
            self.style().drawPrimitive(QStyle.PrimitiveElement.PE_PanelStatusBar, option, painter, self)
            painter.setPen(self.palette().windowText().color())
            painter.drawText(self.room(), int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine), self.said())
