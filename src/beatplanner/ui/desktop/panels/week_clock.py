"""The clock of the week: 168 cells, a day in each row, darker where more calls come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QColor, QHelpEvent, QKeyEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from beatplanner.ui.desktop.plain_text import literal
from beatplanner.ui.desktop.toolkit.figures_text import number, weekday, weekdays
from beatplanner.ui.desktop.toolkit.in_language import with_counts

FULL = QColor("#1f5a9e")
DAYS, HOURS = 7, 24


class WeekClock(QWidget):
    """Calls by hour of the week; the arrow keys go from cell to cell, and what is under pointer or keys is told in words."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.week: tuple[float, ...] = ()
        self.on_duty: tuple[bool, ...] = (True,) * (DAYS * HOURS)
        self.at_ = -1
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def take(self, week: Sequence[float]) -> None:
        """Show (168,) calls a week in each hour from Monday 00:00; none where they are not known."""
        self.week, self.at_ = tuple(week), -1
        self.updateGeometry()
        self.update()

    def cell(self, at: int) -> str:
        """Return a cell in words."""
        day, hour = divmod(at, HOURS)
        return with_counts(
            self.tr("{0}, {1} to {2}: {3} calls a week"),
            weekday(day),
            f"{hour:02d}:00",
            f"{hour + 1:02d}:00",
            number(self.week[at], 2),
        )

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size that a panel has room for."""
        line = self.fontMetrics().height()
        return QSize(240, (DAYS + 1) * (line + 1)) if self.week else QSize(240, 0)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the least size."""
        return QSize(150, self.sizeHint().height())

    def _frame(self) -> QRectF:
        metrics = self.fontMetrics()
        left = max(metrics.horizontalAdvance(d) for d in weekdays()) + 6
        return QRectF(left, 0, max(1, self.width() - left - 1), max(1, self.height() - metrics.height() - 2))

    def place(self, x: float, y: float) -> int:
        """Return the cell at a point of the widget, -1 beside them."""
        frame = self._frame()
        if not self.week or not frame.contains(x, y):
            return -1
        hour = int((x - frame.left()) / frame.width() * HOURS)
        return min(int((y - frame.top()) / frame.height() * DAYS), DAYS - 1) * HOURS + min(hour, HOURS - 1)

    def paintEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """Draw."""
        if not self.week:
            return
        with QPainter(self) as painter:
            frame, most = self._frame(), max(max(self.week), 1e-12)
            wide, high = frame.width() / HOURS, frame.height() / DAYS
            ink = self.palette().color(QPalette.ColorRole.WindowText)
            painter.setPen(ink)
            for day, name in enumerate(weekdays()):
                box = QRectF(0, frame.top() + day * high, frame.left() - 4, high)
                painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
            for hour in range(0, HOURS, 6):
                box = QRectF(frame.left() + hour * wide, frame.bottom() + 1, 6 * wide, self.height() - frame.bottom())
                painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, f"{hour:02d}")
            for at, value in enumerate(self.week):
                day, hour = divmod(at, HOURS)
                shade = QColor(FULL)
                shade.setAlphaF(0.06 + 0.94 * value / most)
                painter.fillRect(
                    QRectF(frame.left() + hour * wide, frame.top() + day * high, wide - 0.5, high - 0.5), shade
                )
            if self.at_ >= 0:
                day, hour = divmod(self.at_, HOURS)
                painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 2))
                painter.drawRect(QRectF(frame.left() + hour * wide, frame.top() + day * high, wide, high))
            if self.hasFocus():
                painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 1, Qt.PenStyle.DotLine))
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def point(self, at: int) -> None:
        """Mark a cell and tell it to a screen reader; -1 marks none."""
        if at != self.at_:
            self.at_ = at
            self.update()
            if self.hasFocus() and at >= 0:
                self.setAccessibleDescription(self.cell(at))
                QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Go to the next cell."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -HOURS,
            Qt.Key.Key_Down: HOURS,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self.week:
            super().keyPressEvent(event)
            return
        self.point((max(self.at_, 0) + step) % (DAYS * HOURS) if self.at_ >= 0 else 0)

    def mouseMoveEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Mark what is under the pointer."""
        self.point(self.place(event.position().x(), event.position().y()))

    def leaveEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """Mark nothing."""
        self.point(-1)

    def event(self, event: QEvent) -> bool:
        """Tell the cell under the pointer."""
        if isinstance(event, QHelpEvent):
            at = self.place(event.pos().x(), event.pos().y())
            if at >= 0:
                QToolTip.showText(event.globalPos(), literal(self.cell(at)), self)
            return True
        return super().event(event)
