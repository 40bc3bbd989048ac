"""The table of what is drawn: hours, deviation, officers and residents of each beat after every touch of the brush."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import (
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
)

from beatplanner.ui.desktop.plain_text import literal
from beatplanner.ui.desktop.toolkit.figures_text import number, percent
from beatplanner.ui.desktop.toolkit.signal_colours import signal

if TYPE_CHECKING:
    from beatplanner.planning.beats.drawn_figures import Figures

COLUMNS = ("Beat", "Hours", "Deviation", "Officers", "Residents", "Moved in")
LIGHT_TINT = 0.5
FULL_BAR = 0.3  # deviation at which the colour of a cell is full


class LiveTable(QTableWidget):
    """Figures of the beats that are drawn."""

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        self.setHorizontalHeaderLabels([self.tr(c) for c in COLUMNS])
        self.setAccessibleName(self.tr("Live figures of the beats"))
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.setMinimumHeight(150)

    def fill(self, f: Figures) -> None:
        """Show the figures of every beat; a number outside the rules is bold, a beat in pieces is red."""
        table = self
        table.blockSignals(True)
        table.setUpdatesEnabled(False)
        if table.rowCount() != len(f.beat):
            table.setRowCount(len(f.beat))
        wrong = signal("wrong", self.palette())
        for row, beat in enumerate(f.beat):
            texts = (
                beat,
                number(f.hours[row]),
                percent(f.deviation[row], 1, sign=True),
                number(f.officers[row]),
                number(f.residents[row]),
                number(f.moved_in[row]),
            )
            outside = not f.lower[row] * (1 - 1e-9) <= f.hours[row] <= f.upper[row] * (1 + 1e-9)
            for k, text in enumerate(texts):
                item = table.item(row, k)
                if item is None:
                    item = QTableWidgetItem()
                    if k:
                        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    table.setItem(row, k, item)
                if item.text() != text:
                    item.setText(text)
                if k == 2:
                    share = min(1.0, abs(float(f.deviation[row])) / FULL_BAR)
                    tint = QColor("#f4a582") if f.deviation[row] > 0 else QColor("#92c5de")
                    tint.setAlphaF(share)
                    item.setBackground(QBrush(tint))
                    # a full tint is light, also where the theme is dark
                    ink = QColor("black") if share > LIGHT_TINT else self.palette().text().color()
                    item.setForeground(QBrush(ink))
                    font = item.font()
                    if font.bold() != outside:
                        font.setBold(outside)
                        item.setFont(font)
                if k == 0:
                    apart = f.pieces[row] > 1
                    item.setForeground(QBrush(wrong if apart else self.palette().text().color()))
                    item.setToolTip(literal(self.tr("in {0} pieces").format(f.pieces[row])) if apart else "")
        table.setUpdatesEnabled(True)
        table.blockSignals(False)
