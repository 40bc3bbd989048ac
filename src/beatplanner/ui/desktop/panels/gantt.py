"""Postings over the months: a bar each, dragged by its ends or as a whole; posts as rows, or officers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from beatplanner.ui.desktop.plain_text import literal
from beatplanner.ui.desktop.toolkit.in_language import with_counts
from beatplanner.ui.desktop.toolkit.signal_colours import signal

if TYPE_CHECKING:
    # what plans is loaded with the first plan: the window itself stands at once
    from beatplanner.planning.changes.roster_edits import EditedPosting

# Light fills, on which black text has a contrast of 7 to 1 at least; stable by an officer's place in the roster.
FILLS = (
    "#a6cee3",
    "#b2df8a",
    "#fdbf6f",
    "#cab2d6",
    "#ffff99",
    "#fbb4ae",
    "#ccebc5",
    "#decbe4",
    "#fed9a6",
    "#e5d8bd",
    "#b3e2cd",
    "#f4cae4",
)
GRIP, LEAST, MOST = 7, 4.0, 60.0


@dataclass(frozen=True)
class Row:
    """One row: its title, and what it is of."""

    title: str
    beat: str = ""
    post: int = 0
    officer: str = ""


class Gantt(QAbstractScrollArea):
    """Draws postings and lets them be dragged.

    Signals
    -------
    dragged
        Number of the posting, months by which its start and its end move, and the beat and post it goes to ("" and 0 for its own).
    picked
        Number of the posting that is chosen, -1 for none.
    """

    dragged = Signal(int, int, int, str, int)
    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.postings: list[EditedPosting] = []
        self.rows: list[Row] = []
        self.days: list[dt.date] = []
        self.marked: set[int] = set()
        self.order: dict[str, int] = {}
        self.editable = True
        self.chosen = -1
        self.month_width = 12.0
        # all years are in view until the user makes months wider or narrower
        self.fitted = True
        self._drag: tuple[int, str, float, int] | None = None  # posting, what of it, where it began, row
        self._shift = (0, 0, -1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName(self.tr("Postings over the months"))

    # ---- what is shown

    def show_postings(
        self,
        postings: Sequence[EditedPosting],
        rows: Sequence[Row],
        days: Sequence[dt.date],
        marked: set[int],
        order: dict[str, int],
    ) -> None:
        """Show postings.

        Parameters
        ----------
        postings, rows
            A posting stands in the row of its beat and post, or of its officer.
        days
            First days of the plan's months, and of the one after.
        marked
            Numbers of postings that differ from the published plan.
        order
            Of the officers, for their colours.
        """
        self.postings, self.rows, self.days = list(postings), list(rows), list(days)
        self.marked, self.order = marked, order
        if self.chosen >= len(self.postings):
            self.chosen = -1
        self._fit_bars()
        self.viewport().update()

    @property
    def months(self) -> int:
        """The number of months."""
        return max(0, len(self.days) - 1)

    @property
    def line(self) -> int:
        """The height of a row."""
        return self.fontMetrics().height() + 8

    @property
    def head(self) -> int:
        """The height of the years above."""
        return 2 * self.fontMetrics().height() + 4

    @property
    def side(self) -> int:
        """The width of the rows' titles."""
        wide = max((self.fontMetrics().horizontalAdvance(r.title) for r in self.rows), default=60)
        return min(wide + 12, max(90, self.viewport().width() // 3))

    def _fit_bars(self) -> None:
        view = self.viewport().size()
        wide, high = self.side + self.months * self.month_width, self.head + len(self.rows) * self.line
        self.horizontalScrollBar().setRange(0, max(0, int(wide) - view.width()))
        self.horizontalScrollBar().setPageStep(view.width())
        self.verticalScrollBar().setRange(0, max(0, high - view.height()))
        self.verticalScrollBar().setPageStep(view.height())
        self.verticalScrollBar().setSingleStep(self.line)

    def fit(self) -> None:
        """Make all months as wide as there is room for."""
        self.fitted = True
        if self.months:
            self.month_width = min(MOST, max(LEAST, (self.viewport().width() - self.side - 6) / self.months))
        self._fit_bars()
        self.viewport().update()

    def row_of(self, posting: EditedPosting) -> int:
        """Return the row that a posting stands in; -1 where there is none."""
        for number, row in enumerate(self.rows):
            if row.officer == posting.officer if row.officer else (row.beat, row.post) == (posting.beat, posting.post):
                return number
        return -1

    def _x(self, month: float) -> float:
        return self.side + month * self.month_width - self.horizontalScrollBar().value()

    def _y(self, row: int) -> float:
        return self.head + row * self.line - self.verticalScrollBar().value()

    def bar(self, number: int) -> QRectF:
        """Return where a posting is drawn, moved along while it is dragged."""
        p = self.postings[number]
        row, start, end = self.row_of(p), p.start, p.end
        if self._drag is not None and self._drag[0] == number:
            start, end = start + self._shift[0], end + self._shift[1]
            row = self._shift[2] if self._shift[2] >= 0 else row
        return QRectF(self._x(start), self._y(row) + 2, max(3.0, (end - start) * self.month_width), self.line - 4)

    def in_words(self, number: int) -> str:
        """Return a posting as a sentence."""
        p = self.postings[number]
        title = next((r.title for r in self.rows if (r.beat, r.post) == (p.beat, p.post)), p.beat)
        return with_counts(
            self.tr("{0}, {1}: {2} to {3}, {4} months"),
            p.officer,
            title,
            f"{self.days[p.start]:%m.%Y}",
            f"{self.days[p.end - 1]:%m.%Y}",
            p.end - p.start,
        )

    # ---- painting

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw rows, months and bars that are in view."""
        with QPainter(self.viewport()) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            palette, view = self.palette(), self.viewport().rect()
            painter.fillRect(view, palette.base())
            if not self.days:
                return
            text, faint = palette.text().color(), palette.mid().color()
            first = max(0, int((self.verticalScrollBar().value()) / self.line))
            last = min(len(self.rows), int((self.verticalScrollBar().value() + view.height()) / self.line) + 1)
            inside = QRectF(self.side, self.head, view.width() - self.side, view.height() - self.head)
            painter.save()
            painter.setClipRect(inside)
            for row in range(first, last):
                if row % 2:
                    painter.fillRect(QRectF(self.side, self._y(row), view.width(), self.line), palette.alternateBase())
            painter.setPen(QPen(faint, 1))
            for month in range(self.months + 1):
                if self.days[month].month == 1 or month in (0, self.months):
                    painter.drawLine(QPointF(self._x(month), self.head), QPointF(self._x(month), view.height()))
            self._draw_empty(painter, first, last)
            for number in sorted(range(len(self.postings)), key=self._lies_over):
                self._draw_bar(painter, number, view)
            self._draw_today(painter, view)
            painter.restore()
            painter.setPen(text)
            for row in range(first, last):
                box = QRectF(4, self._y(row), self.side - 8, self.line)
                if box.top() >= self.head - self.line:
                    painter.drawText(
                        box,
                        Qt.AlignmentFlag.AlignVCenter,
                        self.fontMetrics().elidedText(self.rows[row].title, Qt.TextElideMode.ElideRight, self.side - 8),
                    )
            self._draw_head(painter, view, text)

    def _draw_empty(self, painter: QPainter, first: int, last: int) -> None:
        """Hatch the months in which a post is empty."""
        hatch = QBrush(signal("wrong", self.palette()), Qt.BrushStyle.BDiagPattern)
        for row in range(first, last):
            entry = self.rows[row]
            if entry.officer:
                continue
            held = [False] * self.months
            for p in self.postings:
                if (p.beat, p.post) == (entry.beat, entry.post):
                    held[p.start : p.end] = [True] * (p.end - p.start)
            for month in range(self.months):
                if not held[month]:
                    painter.fillRect(QRectF(self._x(month), self._y(row) + 4, self.month_width, self.line - 8), hatch)

    def _lies_over(self, number: int) -> tuple[bool, bool]:
        """Order postings from the lowest: what was dragged is seen over what it runs into, and who is chosen over all."""
        return number == self.chosen, number in self.marked

    def _draw_bar(self, painter: QPainter, number: int, view) -> None:
        box = self.bar(number)
        if (
            box.right() < self.side
            or box.left() > view.width()
            or box.bottom() < self.head
            or box.top() > view.height()
        ):
            return
        p = self.postings[number]
        # of two who overlap in a handover the later one lies over the other, and lower
        painter.setBrush(QColor(FILLS[self.order.get(p.officer, 0) % len(FILLS)]))
        chosen = number == self.chosen
        painter.setPen(
            QPen(
                self.palette().highlight().color() if chosen else QColor("#404040"),
                3 if chosen else 1,
                Qt.PenStyle.DashLine if number in self.marked and not chosen else Qt.PenStyle.SolidLine,
            )
        )
        painter.drawRoundedRect(box, 3, 3)
        label = (
            next((r.title for r in self.rows if (r.beat, r.post) == (p.beat, p.post)), p.beat)
            if self.rows and self.rows[0].officer
            else p.officer
        )
        left = max(box.left(), float(self.side)) + 4
        room = box.right() - left - 4
        if room > 20:
            painter.setPen(QColor("#101010"))
            painter.drawText(
                QRectF(left, box.top(), room, box.height()),
                Qt.AlignmentFlag.AlignVCenter,
                self.fontMetrics().elidedText(
                    ("✎ " if number in self.marked else "") + label, Qt.TextElideMode.ElideRight, int(room)
                ),
            )

    def _draw_today(self, painter: QPainter, view) -> None:
        today = dt.date.today()
        if self.days and self.days[0] <= today < self.days[-1]:
            month = sum(d <= today for d in self.days) - 1
            x = self._x(month + (today - self.days[month]).days / 30.4)
            painter.setPen(QPen(signal("wrong", self.palette()), 1.5))
            painter.drawLine(QPointF(x, self.head), QPointF(x, view.height()))

    def _draw_head(self, painter: QPainter, view, text: QColor) -> None:
        painter.fillRect(QRectF(0, 0, view.width(), self.head), self.palette().window())
        painter.setPen(text)
        painter.save()
        painter.setClipRect(QRectF(self.side, 0, view.width() - self.side, self.head))
        high = self.fontMetrics().height()
        year_begin = 0
        for month in range(self.months + 1):
            if month == self.months or (month and self.days[month].month == 1):
                left = max(self._x(year_begin), float(self.side))
                painter.drawText(
                    QRectF(left + 3, 0, max(0.0, self._x(month) - left - 3), high + 2),
                    Qt.AlignmentFlag.AlignVCenter,
                    str(self.days[year_begin].year),
                )
                year_begin = month
        every = 1 if self.month_width >= 22 else 3 if self.month_width >= 8 else 6
        for month in range(self.months):
            if (self.days[month].month - 1) % every == 0 and self.month_width * every >= 18:
                painter.drawText(
                    QRectF(self._x(month) + 2, high + 2, self.month_width * every, high),
                    Qt.AlignmentFlag.AlignVCenter,
                    f"{self.days[month].month}",
                )
        painter.restore()

    # ---- mouse and keys

    def posting_at(self, x: float, y: float) -> tuple[int, str]:
        """Return the posting under a place of the viewport and what of it: ``"start"``, ``"end"`` or ``"all"``; -1 for none."""
        if x < self.side or y < self.head:
            return -1, ""
        for number in sorted(range(len(self.postings)), key=self._lies_over, reverse=True):
            box = self.bar(number)
            if box.adjusted(-3, 0, 3, 0).contains(x, y):
                grip = min(GRIP, box.width() / 4)
                return number, "start" if x < box.left() + grip else "end" if x > box.right() - grip else "all"
        return -1, ""

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Choose a posting, and begin to drag it."""
        number, part = self.posting_at(event.position().x(), event.position().y())
        self.choose(number)
        if number >= 0 and self.editable and event.button() == Qt.MouseButton.LeftButton:
            self._drag, self._shift = (
                (number, part, event.position().x(), self.row_of(self.postings[number])),
                (0, 0, -1),
            )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Move what is dragged by whole months and rows; else say by the cursor what would be."""
        x, y = event.position().x(), event.position().y()
        if self._drag is None:
            over, part = self.posting_at(x, y)
            self.viewport().setToolTip(literal(self.in_words(over)) if over >= 0 else "")
            part = part if self.editable else ""
            self.viewport().setCursor(
                {
                    "start": Qt.CursorShape.SizeHorCursor,
                    "end": Qt.CursorShape.SizeHorCursor,
                    "all": Qt.CursorShape.OpenHandCursor,
                }.get(part, Qt.CursorShape.ArrowCursor)
            )
            return
        number, part, begin, _ = self._drag
        p, by = self.postings[number], round((x - begin) / self.month_width)
        if part == "start":
            by = min(max(by, -p.start), p.end - p.start - 1)
            self._shift = (by, 0, -1)
        elif part == "end":
            by = min(max(by, p.start - p.end + 1), self.months - p.end)
            self._shift = (0, by, -1)
        else:
            by = min(max(by, -p.start), self.months - p.end)
            row = int((y - self.head + self.verticalScrollBar().value()) // self.line)
            row = row if 0 <= row < len(self.rows) and not self.rows[row].officer else -1
            self._shift = (by, by, row)
        self.viewport().update()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Say what was dragged."""
        if self._drag is None:
            return
        number, row = self._drag[0], self._drag[3]
        start, end, to = self._shift
        self._drag = None
        to = -1 if to == row else to
        if start or end or to >= 0:
            where = self.rows[to] if to >= 0 else Row("")
            self.dragged.emit(number, start, end, where.beat, where.post)
        self.viewport().update()

    def choose(self, number: int) -> None:
        """Choose a posting, -1 for none, and bring it into view."""
        if number != self.chosen:
            self.chosen = number
            self.picked.emit(number)
        if number >= 0:
            box = self.bar(number)
            across, down = self.horizontalScrollBar(), self.verticalScrollBar()
            if box.top() < self.head or box.bottom() > self.viewport().height():
                down.setValue(int(down.value() + box.center().y() - self.viewport().height() / 2))
            if box.right() < self.side + 20 or box.left() > self.viewport().width() - 20:
                across.setValue(int(across.value() + box.left() - self.side - 20))
            self.setAccessibleDescription(self.in_words(number))
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Arrows choose; Shift and arrows move the end, Ctrl and Shift the start, Alt the whole posting, by a month."""
        key, keys = Qt.Key(event.key()), event.modifiers()
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(key, 0)
        if not step or not self.postings:
            super().keyPressEvent(event)
            return
        shift, control, alt = (
            bool(keys & k)
            for k in (
                Qt.KeyboardModifier.ShiftModifier,
                Qt.KeyboardModifier.ControlModifier,
                Qt.KeyboardModifier.AltModifier,
            )
        )
        across = key in (Qt.Key.Key_Left, Qt.Key.Key_Right)
        if across and (shift or alt) and self.chosen >= 0 and self.editable:
            start, end = (step, step) if alt else (step, 0) if control else (0, step)
            self.dragged.emit(self.chosen, start, end, "", 0)
            return
        order = sorted(range(len(self.postings)), key=lambda n: (self.row_of(self.postings[n]), self.postings[n].start))
        at = order.index(self.chosen) if self.chosen in order else -1 if step > 0 else len(order)
        if not across and self.chosen >= 0:
            row = self.row_of(self.postings[self.chosen])
            others = [k for k, n in enumerate(order) if (self.row_of(self.postings[n]) - row) * step > 0]
            if others:
                self.choose(order[others[0] if step > 0 else others[-1]])
            return
        self.choose(order[min(max(at + step, 0), len(order) - 1)])

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Scroll; with Ctrl make months wider or narrower."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            at = (event.position().x() - self.side + self.horizontalScrollBar().value()) / self.month_width
            self.fitted = False
            self.month_width = min(
                MOST, max(LEAST, self.month_width * (1.2 if event.angleDelta().y() > 0 else 1 / 1.2))
            )
            self._fit_bars()
            self.horizontalScrollBar().setValue(int(at * self.month_width - event.position().x() + self.side))
            self.viewport().update()
        else:
            super().wheelEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep all years in view where they were, and the bars of the scroll area right."""
        super().resizeEvent(event)
        if self.fitted:
            self.fit()
        else:
            self._fit_bars()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size that shows some rows."""
        return QSize(360, 300)
