"""Boxes to tick in lists, which are seen in the dark theme too."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QPainter, QPalette, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem


class SeenBoxes(QStyledItemDelegate):
    """Draws the frame of a box in the colour of faint text where the ground is dark; the style draws it darker than the ground, so that a box that is not ticked is not seen."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Draw the item, and the frame of its box."""
        super().paint(painter, option, index)
        palette: QPalette = option.palette  # type: ignore[attr-defined]
        dark = palette.text().color().lightness() > palette.base().color().lightness()
        if index.data(Qt.ItemDataRole.CheckStateRole) is None or not dark:
            return
        item = QStyleOptionViewItem(option)
        self.initStyleOption(item, index)
        widget = option.widget  # type: ignore[attr-defined]
        box = widget.style().subElementRect(QStyle.SubElement.SE_ItemViewItemCheckIndicator, item, widget)
        painter.save()
        painter.setPen(QPen(palette.color(QPalette.ColorRole.PlaceholderText), 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box.adjusted(0, 0, -1, -1))
        painter.restore()
