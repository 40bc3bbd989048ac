"""The table of what is drawn: hours, deviations, officers and residents of each beat after every touch of the brush."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
)

from beatplanner.ui.desktop.plain_text import literal
from beatplanner.ui.desktop.toolkit.amount_words import about_column, allowed_share, amount_line, amount_word
from beatplanner.ui.desktop.toolkit.figures_text import number
from beatplanner.ui.desktop.toolkit.in_language import with_counts
from beatplanner.ui.desktop.toolkit.short_heads import ShortHeads
from beatplanner.ui.desktop.toolkit.signal_colours import signal

if TYPE_CHECKING:
    from beatplanner.planning.beats.drawn_figures import DrawnFigures

COLUMNS = ("Beat", "Hours", "Deviation", "Officers", "Residents", "Moved in")
# The heading of a column whose figures say what they are; its tooltip and a screen reader have the word.
DEVIATION, SIGN = 2, "±\N{NO-BREAK SPACE}%"
# How small the headings may be, as shares of the usual letters, so that no column is out of view.
SIZES = (1.0, 0.9, 0.8, 0.72, 0.66)
# Pixels of a beat's id at least.
LEAST_ID = 28
LIGHT_TINT = 0.5
FULL_BAR = 0.3  # deviation at which the colour of a cell is full


class LiveTable(QTableWidget):
    """Figures of the beats that are drawn."""

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        # amounts that are balanced beside the hours, with what the rules allow; each has a column beside that of the hours' deviation
        self._balanced: list[tuple[str, float]] = []
        self._shown: DrawnFigures | None = None
        self.setHorizontalHeader(ShortHeads())
        self._head()
        self.setAccessibleName(self.tr("Live figures of the beats"))
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.horizontalHeader().setMinimumSectionSize(16)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.setMinimumHeight(150)

    def _head(self) -> None:
        """Write the headings."""
        words = [self.tr(c) for c in COLUMNS]
        deviations = [(SIGN, words[DEVIATION])]
        deviations += [(f"{amount_word(n)}\n{allowed_share(t)}", about_column(n, t)) for n, t in self._balanced]
        rest = words[DEVIATION + 1 :]
        self.setColumnCount(DEVIATION + len(deviations) + len(rest))
        said = [*((w, w) for w in words[:DEVIATION]), *deviations, *((w, w) for w in rest)]
        for k, (text, about) in enumerate(said):
            heading = QTableWidgetItem(text)
            heading.setToolTip(literal(about))
            heading.setData(Qt.ItemDataRole.AccessibleTextRole, about)
            self.setHorizontalHeaderItem(k, heading)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fit to the new width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Fit to another size of the text, and follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
            self.fit()
        elif event.type() == QEvent.Type.PaletteChange and self._shown is not None:
            # its cells have colours of their own
            self.fill(self._shown)

    def fit(self) -> None:
        """Let every column be seen: as wide as what it holds, with smaller headings where that spares scrolling; then those that the table of beats has too go."""
        head, usual = self.horizontalHeader(), self.font()
        first = DEVIATION + 1 + len(self._balanced)
        for column in range(self.columnCount()):
            self.setColumnHidden(column, False)
        for size in SIZES:
            font = QFont(usual)
            font.setPointSizeF(usual.pointSizeF() * size)
            head.setFont(font)
            self.resizeColumnsToContents()
            if self._over() <= 0:
                return
        # a heading may end in dots where its figures are narrower, and an id that is a long name; tooltips have them whole
        headed = [*range(DEVIATION + 1, first), *range(first, self.columnCount()), 1, DEVIATION]
        # beside further amounts a beat is hard to tell by two letters of its name; without them the few headings stay whole
        for column in (*headed, 0) if self._balanced else (0, *headed):
            self._narrow(column, max(self.sizeHintForColumn(column) if column else 0, LEAST_ID))
        for column in (first, self.columnCount() - 1, first + 1):
            # officers, who moved in and residents
            if self._over() > 0:
                self.setColumnHidden(column, True)

    def _over(self) -> int:
        """Return by how many pixels the columns are wider than what is seen of them."""
        return self.horizontalHeader().length() - self.viewport().width()

    def _narrow(self, column: int, least: int) -> None:
        if (over := self._over()) > 0:
            wide = self.columnWidth(column)
            self.setColumnWidth(column, max(min(least, wide), wide - over))

    def fill(self, f: DrawnFigures) -> None:
        """Show the figures of every beat; a number outside the rules is bold, a beat in pieces is red."""
        table, self._shown = self, f
        table.blockSignals(True)
        table.setUpdatesEnabled(False)
        if table.rowCount() != len(f.beat):
            table.setRowCount(len(f.beat))
        balanced = [(b.name, b.tolerance) for b in f.balances]
        if balanced != self._balanced:
            self._balanced = balanced
            self.setRowCount(0)
            self._head()
            self.setRowCount(len(f.beat))
        wrong = signal("wrong", self.palette())
        for row, beat in enumerate(f.beat):
            more = [b.of(row) for b in f.balances]
            outside = not f.lower[row] * (1 - 1e-9) <= f.hours[row] <= f.upper[row] * (1 + 1e-9)
            # each deviation, whether it is outside the rules, and what is said of it
            deviations = [(float(f.deviation[row]), outside, "")]
            deviations += [(b.deviation, b.broken, amount_line(b)) for b in more]
            texts = (
                beat,
                number(f.hours[row]),
                *(number(100 * off, 1, sign=True) for off, _, _ in deviations),
                number(f.officers[row]),
                number(f.residents[row]),
                number(f.moved_in[row]),
            )
            for k, text in enumerate(texts):
                item = table.item(row, k)
                if item is None:
                    item = QTableWidgetItem()
                    if k:
                        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    table.setItem(row, k, item)
                if item.text() != text:
                    item.setText(text)
                if DEVIATION <= k < DEVIATION + len(deviations):
                    self._mark(item, *deviations[k - DEVIATION])
                if k == 0:
                    apart = f.pieces[row] > 1
                    item.setForeground(QBrush(wrong if apart else self.palette().text().color()))
                    item.setToolTip(literal(with_counts(self.tr("in {0} pieces"), f.pieces[row]) if apart else beat))
        table.setUpdatesEnabled(True)
        table.blockSignals(False)
        self.fit()

    def _mark(self, item: QTableWidgetItem, off: float, outside: bool, about: str) -> None:
        """Colour a deviation by its size; one outside the rules is bold."""
        share = min(1.0, abs(off) / FULL_BAR)
        tint = QColor("#f4a582") if off > 0 else QColor("#92c5de")
        tint.setAlphaF(share)
        item.setBackground(QBrush(tint))
        # a full tint is light, also where the theme is dark
        ink = QColor("black") if share > LIGHT_TINT else self.palette().text().color()
        item.setForeground(QBrush(ink))
        font = item.font()
        if font.bold() != outside:
            font.setBold(outside)
            item.setFont(font)
        item.setToolTip(literal(about))
