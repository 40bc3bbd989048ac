"""A rule that is a table of numbers, as a small grid: a name and a number in each row, typed in the language's way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from beatplanner.data.formats.number_columns import typed_number
from beatplanner.ui.desktop.toolkit.number_box import own_sign

if TYPE_CHECKING:
    from beatplanner.data.description.sections.rule import Rule

NAME, VALUE = 0, 1
# So many rows are in view at most; the others are scrolled to.
MOST_ROWS = 6
# What the numbers of a rule without a unit of its own are.
UNITS = {"workload.hours": "hours", "service.rest": "hours"}


class FigureGrid(QWidget):
    """Names and numbers of one rule.

    Parameters
    ----------
    rule
        The rule; where its names are given no rows are added.
    name
        What it is called.

    Signals
    -------
    changed
        A cell was typed, or a row removed.
    """

    changed = Signal()

    def __init__(self, rule: Rule, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rule = rule
        self.table = QTableWidget(0, 2, self)
        self.table.setAccessibleName(name)
        # the arrows go from cell to cell, Tab to what comes next
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(VALUE, QHeaderView.ResizeMode.ResizeToContents)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.itemChanged.connect(lambda _: self.changed.emit())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.table)
        self.add, self.remove = QToolButton(), QToolButton()
        self.name_unit("")
        if not rule.names:
            row = QHBoxLayout()
            said = (
                (self.add, self.tr("Add a row"), self.add_row),
                (self.remove, self.tr("Remove the row"), self.remove_row),
            )
            for button, words, slot in said:
                button.setText(words)
                button.setAccessibleName(f"{words}: {name}")
                button.clicked.connect(slot)
                row.addWidget(button)
            row.addStretch(1)
            column.addLayout(row)
            for key, slot in ((Qt.Key.Key_Insert, self.add_row), (Qt.Key.Key_Delete, self.remove_row)):
                shortcut = QShortcut(QKeySequence(key), self.table)
                shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
                shortcut.activated.connect(slot)

    def name_unit(self, currency: str) -> None:
        """Let the unit stand above the numbers."""
        unit = currency or self.rule.unit or UNITS.get(self.rule.key, "")
        unit = self.tr(unit) if unit and unit not in ("%", currency) else unit
        value = self.tr("Value")
        self.table.setHorizontalHeaderLabels([self.tr("Name"), f"{value} ({unit})" if unit else value])

    # ---- what it holds

    def show_values(self, values: Mapping[str, float | None]) -> None:
        """Show a table, unless the cells say the same already."""
        wanted = {name: number for name, number in values.items() if number is not None}
        try:
            if self.table.rowCount() and self.values() == wanted:
                return
        except ValueError:
            pass
        names = list(self.rule.names) or list(wanted)
        self.table.blockSignals(True)
        self.table.setRowCount(len(names))
        for row, name in enumerate(names):
            self._fill(row, name, "" if wanted.get(name) is None else self._written(name, wanted[name]))
        self.table.blockSignals(False)
        self._fit()

    def _fill(self, row: int, name: str, number: str) -> None:
        told = name
        if self.rule.names:
            told = self.tr(name.replace("_", " ")) + (" (%)" if name.endswith("_share") else "")
        called, value = QTableWidgetItem(told), QTableWidgetItem(number)
        called.setData(Qt.ItemDataRole.ToolTipRole, told)
        if self.rule.names:
            called.setFlags(called.flags() & ~Qt.ItemFlag.ItemIsEditable)
        value.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.table.setItem(row, NAME, called)
        self.table.setItem(row, VALUE, value)

    def _scale(self, name: str) -> float:
        """Return what a number is shown by: shares are in percents."""
        return 100.0 if self.rule.unit == "%" or name.endswith("_share") else 1.0

    def _written(self, name: str, number: float) -> str:
        return f"{round(number * self._scale(name), 10):.12g}".replace(".", own_sign())

    def values(self) -> dict[str, float]:
        """Return what was typed.

        Raises
        ------
        ValueError
            Where a row lacks its name or its number, or has no number in its place; the words say which.
        """
        found: dict[str, float] = {}
        for row, (name, text) in enumerate(self._cells()):
            key = self.rule.names[row] if self.rule.names else name
            if not text and (self.rule.names or not name):
                continue
            if not text or not key:
                raise ValueError(self.tr("Each row needs a name and a number."))
            number = typed_number(text.removesuffix("%").strip(), whole=False, own=own_sign())
            if number is None:
                raise ValueError(self.tr("“{0}” is no number.").format(text))
            if key in found:
                raise ValueError(self.tr("“{0}” is there twice.").format(key))
            number = round(number / self._scale(key), 12)
            found[key] = int(number) if number.is_integer() else number
        return found

    def is_unfinished(self) -> bool:
        """Tell whether a row has only one of its two parts yet."""
        return not self.rule.names and any(bool(name) != bool(text) for name, text in self._cells())

    def _cells(self) -> list[tuple[str, str]]:
        def said(row: int, column: int) -> str:
            item = self.table.item(row, column)
            return "" if item is None else item.text().strip()

        return [(said(row, NAME), said(row, VALUE)) for row in range(self.table.rowCount())]

    # ---- rows

    def add_row(self) -> None:
        """Add a row and begin to type its name."""
        row = self.table.rowCount()
        self.table.blockSignals(True)
        self.table.insertRow(row)
        self._fill(row, "", "")
        self.table.blockSignals(False)
        self._fit()
        self.table.setCurrentCell(row, NAME)
        called = self.table.item(row, NAME)
        if called is not None:
            self.table.editItem(called)

    def remove_row(self) -> None:
        """Remove the row that is chosen."""
        row = self.table.currentRow()
        if row >= 0:
            self.table.removeRow(row)
            self._fit()
            self.changed.emit()

    def _fit(self) -> None:
        """Be as high as the rows, up to `MOST_ROWS`."""
        rows = min(MOST_ROWS, max(1, self.table.rowCount()))
        high = self.table.horizontalHeader().sizeHint().height() + 2 * self.table.frameWidth()
        self.table.setFixedHeight(high + rows * self.table.verticalHeader().defaultSectionSize())
        self.remove.setEnabled(self.table.rowCount() > 0)
