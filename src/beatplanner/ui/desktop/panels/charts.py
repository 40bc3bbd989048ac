"""Bars: a list of them, one a beat or kind, and columns for hours and days. Both go by keyboard and tell a screen reader their figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QAccessible, QAccessibleEvent, QColor, QFontMetrics, QHelpEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from beatplanner.ui.desktop.plain_text import literal

Index = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()
# Legible on light and dark, and told apart without colour by the marks beside them.
FILL, WRONG, BAND = QColor("#4a86c5"), QColor("#c8553d"), QColor(70, 160, 110, 70)
BAND_EDGE = QColor(40, 130, 80, 190)
GAP = 6


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes
    ----------
    key
        What it stands for; "" where it cannot be picked.
    label, text
        What stands before and after it.
    value
        NaN where there is none.
    tip
        All about it, with units; also what a screen reader says.
    band
        What is allowed: from, to.
    colour
        Of the swatch before the label, such as the beat's on the map; None for none.
    before
        What the plan has where it is drawn otherwise; NaN where they agree. It is marked by a line across, and the figure is italic.
    """

    key: str
    label: str
    value: float
    text: str
    tip: str
    band: tuple[float, float] | None = None
    colour: QColor | None = None
    before: float = float("nan")

    @property
    def outside(self) -> int:
        """−1 below the band, 1 above it, 0 inside or without one."""
        if self.band is None or not np.isfinite(self.value):
            return 0
        low, high = self.band
        slack = 1e-6 * max(abs(low), abs(high), 1e-9)
        return -1 if self.value < low - slack else 1 if self.value > high + slack else 0


class BarModel(QAbstractListModel):
    """Bars as a list."""

    def __init__(self) -> None:
        super().__init__()
        self.bars: list[Bar] = []

    def take(self, bars: Sequence[Bar]) -> None:
        """Show other bars."""
        self.beginResetModel()
        self.bars = list(bars)
        self.endResetModel()

    def rowCount(self, parent: Index = NO_INDEX) -> int:  # noqa: N802 - Qt's name
        """Return the number of bars."""
        return len(self.bars)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return label, tip or the bar itself."""
        bar = self.bars[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return bar.label
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return bar.tip
        if role == Qt.ItemDataRole.ToolTipRole:
            return literal(bar.tip)
        return bar if role == Qt.ItemDataRole.UserRole else None


class _BarDelegate(QStyledItemDelegate):
    """Paints a bar: swatch, label, band, bar, figure."""

    def __init__(self, view: BarList) -> None:
        super().__init__(view)
        self.view = view

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802 - Qt's name
        """Return the size of a row."""
        return QSize(120, self.view.row_height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row."""
        bar: Bar = index.data(Qt.ItemDataRole.UserRole)
        view, area, palette = self.view, QRect(option.rect), option.palette  # type: ignore[attr-defined]
        state = option.state  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            shade = QColor(palette.color(QPalette.ColorRole.Highlight))
            shade.setAlpha(70 if chosen else 28)
            painter.fillRect(area, shade)
        left, right, bars = view.spans(area)
        ink = palette.color(QPalette.ColorRole.Text)
        font = painter.font()
        font.setBold(chosen)
        painter.setFont(font)
        text = QRect(left)
        if bar.colour is not None:
            swatch = QRect(left.left(), area.center().y() - 5, 11, 11)
            painter.fillRect(swatch, bar.colour)
            painter.setPen(QPen(ink, 1))
            painter.drawRect(swatch.adjusted(0, 0, -1, -1))
            text.setLeft(swatch.right() + GAP)
        painter.setPen(ink)
        metrics = QFontMetrics(font)
        label = metrics.elidedText(bar.label, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, label)
        if np.isfinite(bar.before):
            font.setBold(True)
            font.setItalic(True)
            painter.setFont(font)
        painter.drawText(right, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, view.figure(bar))
        zero = view.at(0.0, bars)
        height = max(7, area.height() - 9)
        top = area.center().y() - height / 2 + 0.5
        if bar.band is not None:
            low, high = (view.at(v, bars) for v in bar.band)
            painter.fillRect(QRectF(low, area.top(), high - low, area.height()), BAND)
        if np.isfinite(bar.value):
            end = view.at(bar.value, bars)
            shape = QRectF(min(zero, end), top, max(abs(end - zero), 1.0), height)
            painter.fillRect(shape, WRONG if bar.outside else FILL)
        if bar.band is not None:
            # over the bar: it ends before or after them
            painter.setPen(QPen(BAND_EDGE, 1))
            for x in (view.at(v, bars) for v in bar.band):
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom() + 1))
        if np.isfinite(bar.before):
            painter.setPen(QPen(ink, 2))
            x = view.at(bar.before, bars)
            painter.drawLine(QPointF(x, area.top() + 2), QPointF(x, area.bottom() - 1))
        if view.low < 0:
            painter.setPen(QPen(ink, 1))
            painter.drawLine(QPointF(zero, area.top()), QPointF(zero, area.bottom() + 1))
        if state & QStyle.StateFlag.State_HasFocus and chosen:
            pen = QPen(palette.color(QPalette.ColorRole.Highlight), 1, Qt.PenStyle.DotLine)
            painter.setPen(pen)
            painter.drawRect(area.adjusted(0, 0, -1, -1))
        painter.restore()


class BarList(QListView):
    """Bars under each other; a click, or the arrow keys, pick one.

    Signals
    -------
    picked
        The key of the bar that was picked by hand.
    """

    picked = Signal(str)

    def __init__(self, name: str, *, pickable: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bars = BarModel()
        self.low, self.high = 0.0, 1.0
        self._label = self._figure = 60
        self._marking = False
        self.setModel(self.bars)
        self.setItemDelegate(_BarDelegate(self))
        self.setAccessibleName(name)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.pickable = pickable
        if not pickable:
            self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            self.setFrameShape(QListView.Shape.NoFrame)
            self.viewport().setAutoFillBackground(False)
        self.selectionModel().currentChanged.connect(self._current)

    def take(self, bars: Sequence[Bar], *, low: float | None = None, high: float | None = None) -> None:
        """Show bars; `low` and `high` are the ends of the axis, which holds every bar, band and zero where they are not given."""
        self._marking = True
        self.bars.take(bars)
        self._marking = False
        values = [v for b in bars for v in (b.value, b.before, *(b.band or ())) if np.isfinite(v)]
        self.low = min([0.0, *values]) if low is None else low
        self.high = max([0.0, *values]) if high is None else high
        if self.high <= self.low:
            self.high = self.low + 1.0
        self._measure()
        if not self.pickable:
            # a list that is part of a page is as high as its rows
            self.setFixedHeight(max(1, len(bars)) * self.row_height() + 2)

    def _measure(self) -> None:
        font = self.font()
        font.setBold(True)
        metrics = QFontMetrics(font)
        swatch = 11 + GAP if any(b.colour is not None for b in self.bars.bars) else 0
        self._label = swatch + max((metrics.horizontalAdvance(b.label) for b in self.bars.bars), default=40) + 2
        self._figure = max((metrics.horizontalAdvance(self.figure(b)) for b in self.bars.bars), default=30) + 2

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Measure anew where the font has changed."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._measure()
            if not self.pickable:
                self.setFixedHeight(max(1, len(self.bars.bars)) * self.row_height() + 2)

    def row_height(self) -> int:
        """Return the height of a row, pixels."""
        return self.fontMetrics().height() + 6

    def figure(self, bar: Bar) -> str:
        """Return what stands after a bar; a mark says without colour that it is outside what is allowed."""
        return f"{bar.text} {('▼', '', '▲')[bar.outside + 1]}".rstrip()

    def spans(self, area: QRect) -> tuple[QRect, QRect, QRect]:
        """Return where label, figure and bar of a row stand."""
        area = area.adjusted(4, 0, -4, 0)
        label = min(self._label, max(60, int(0.42 * area.width())))
        left = QRect(area.left(), area.top(), label, area.height())
        right = QRect(area.right() - self._figure + 1, area.top(), self._figure, area.height())
        return (
            left,
            right,
            QRect(left.right() + GAP, area.top(), max(10, right.left() - left.right() - 2 * GAP), area.height()),
        )

    def at(self, value: float, bars: QRect) -> float:
        """Return where a value stands in the span of the bars."""
        return bars.left() + (value - self.low) / (self.high - self.low) * bars.width()

    def mark(self, key: str) -> None:
        """Show which bar is picked; "" for none. Nothing is emitted."""
        row = next((i for i, b in enumerate(self.bars.bars) if b.key == key and key), -1)
        self._marking = True
        if row < 0:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        else:
            self.setCurrentIndex(self.bars.index(row))
            self.scrollTo(self.bars.index(row))
        self._marking = False

    def _current(self, index: QModelIndex, _before: QModelIndex) -> None:
        if index.isValid() and not self._marking and self.pickable:
            self.picked.emit(self.bars.bars[index.row()].key)

    def wheelEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Let the page scroll where the list cannot."""
        if self.pickable:
            super().wheelEvent(event)
        else:
            event.ignore()


class Columns(QWidget):
    """Columns beside each other, such as the hours of a day.

    The arrow keys go from one to the next; what is under the pointer or the keys is told in words.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.values: tuple[int, ...] = ()
        self.ticks: list[str] = []
        self.tips: list[str] = []
        self.at_ = -1
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def take(self, values: Sequence[int], ticks: Sequence[str], tips: Sequence[str], summary: str) -> None:
        """Show values; `ticks` stand below ("" for none), `tips` tell each in words, `summary` all of them."""
        self.values, self.ticks, self.tips, self.at_ = tuple(values), list(ticks), list(tips), -1
        self.setAccessibleDescription(summary)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return a size that a panel has room for."""
        return QSize(200, 56 + self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the least size."""
        return QSize(120, 56 + self.fontMetrics().height())

    def _width(self) -> float:
        return self.width() / max(len(self.values), 1)

    def paintEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """Draw."""
        if not self.values:
            return
        with QPainter(self) as painter:
            palette, width = self.palette(), self._width()
            ink = palette.color(QPalette.ColorRole.WindowText)
            bottom = self.height() - self.fontMetrics().height() - 2
            most = max(max(self.values), 1)
            for i, value in enumerate(self.values):
                height = (bottom - 4) * value / most
                column = QRectF(i * width + 0.1 * width, bottom - height, 0.8 * width, height)
                painter.fillRect(column, FILL if i != self.at_ else palette.color(QPalette.ColorRole.Highlight))
            painter.setPen(QPen(ink, 1))
            painter.drawLine(QPointF(0, bottom), QPointF(self.width(), bottom))
            for i, tick in enumerate(self.ticks):
                if tick:
                    wide = max(float(self.fontMetrics().horizontalAdvance(tick)) + 4, width)
                    x = min(max(0.0, (i + 0.5) * width - wide / 2), self.width() - wide)
                    painter.drawText(
                        QRectF(x, bottom + 1, wide, self.height() - bottom - 1), Qt.AlignmentFlag.AlignCenter, tick
                    )
            if self.hasFocus():
                painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 1, Qt.PenStyle.DotLine))
                painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _point(self, at: int) -> None:
        if at != self.at_:
            self.at_ = at
            self.update()
            if self.hasFocus() and 0 <= at < len(self.tips):
                self.setAccessibleDescription(self.tips[at])
                QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))

    def event(self, event: QEvent) -> bool:
        """Show the figure under the pointer."""
        if isinstance(event, QHelpEvent) and self.values:
            at = min(int(event.pos().x() / self._width()), len(self.values) - 1)
            if 0 <= at < len(self.tips):
                QToolTip.showText(event.globalPos(), literal(self.tips[at]), self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Mark what is under the pointer."""
        self._point(int(event.position().x() / self._width()) if self.values else -1)

    def leaveEvent(self, _event: Any) -> None:  # noqa: N802 - Qt's name
        """Mark nothing."""
        self._point(-1)

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Go from column to column."""
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(event.key())
        if step is None or not self.values:
            super().keyPressEvent(event)
            return
        self._point(min(max(self.at_ + step, 0), len(self.values) - 1))
        QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), literal(self.tips[self.at_]), self)

    def focusInEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Show the frame of the keys."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Take it away."""
        super().focusOutEvent(event)
        self._point(-1)
        self.update()
