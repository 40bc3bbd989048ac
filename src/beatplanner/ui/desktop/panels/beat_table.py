"""The table of beats."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from beatplanner.ui.desktop.session.session import Scenario
from beatplanner.ui.desktop.window.figures_text import number, percent

Index = QModelIndex | QPersistentModelIndex
# Heading, column of the beats layer, how it is written; the raw number is what the table sorts by.
COLUMNS = (
    ("Beat", "beat", str), ("Name", "name", str), ("Municipality", "municipality", str), ("Hours a year", "workload", number),
    ("Deviation", "deviation", lambda v: percent(v, 1, sign=True)), ("Residents", "population", number), ("Moved in", "moved_in", number),
    ("Officers needed", "officers_required", number), ("Posts", "posts", number), ("Compactness", "compactness", lambda v: number(v, 2)),
)  # fmt: skip


class BeatTable(QAbstractTableModel):
    """Beats as rows; empty before there is a plan."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__()
        self.scenario = scenario

    def load(self) -> None:
        """Take the scenario's beats; called after every change of it."""
        self.beginResetModel()
        self.endResetModel()

    def beat(self, row: int) -> str:
        """Return the id of the beat in a row."""
        return str(self._beats()["beat"].iat[row])

    def _beats(self) -> Any:
        plan = self.scenario.plan
        return None if plan is None else plan.beats

    def rowCount(self, _parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of beats."""
        beats = self._beats()
        return 0 if beats is None else len(beats)

    def columnCount(self, _parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802 - Qt's name
        """Return a heading."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self.tr(COLUMNS[section][0])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell as text, for sorting (user role), or its alignment."""
        _, column, written = COLUMNS[index.column()]
        value = self._beats()[column].iat[index.row()]
        is_number = isinstance(value, int | float | np.number)
        if role == Qt.ItemDataRole.DisplayRole:
            return written(value) if value is not None else ""
        if role == Qt.ItemDataRole.UserRole:
            text = str(value)
            return float(value) if is_number else int(text) if text.isdigit() else text
        if role == Qt.ItemDataRole.TextAlignmentRole and is_number:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


def as_text_table(model: QAbstractTableModel) -> str:
    """Return a table as it is sorted and filtered, as lines with tabs between cells, which a spreadsheet takes from the clipboard.

    Numbers stand as numbers; text that a spreadsheet would take for a formula is neutralised.
    """
    from beatplanner.data.result.cells import safe_cell

    def cell(value: Any) -> str:
        text = "" if isinstance(value, float) and not np.isfinite(value) else str(safe_cell(value))
        return " ".join(text.split())

    columns = range(model.columnCount())
    across = Qt.Orientation.Horizontal
    lines = [[str(model.headerData(c, across)) for c in columns]]
    for row in range(model.rowCount()):
        lines.append([cell(model.data(model.index(row, c), Qt.ItemDataRole.UserRole)) for c in columns])
    return "\n".join("\t".join(line) for line in lines) + "\n"
