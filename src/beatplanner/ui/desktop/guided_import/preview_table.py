"""The first rows of a layer as they were read, with what its columns mean."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor

Index = QModelIndex | QPersistentModelIndex


NO_INDEX = QModelIndex()


class PreviewTable(QAbstractTableModel):
    """The first rows of a table; columns with a meaning say it above their name."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[list[str]] = []
        self._names: list[str] = []
        self._means: dict[str, str] = {}
        self._labels: list[str] = []

    def show_frame(self, frame, means: dict[str, str]) -> None:
        """Show a table, None for none."""
        self.beginResetModel()
        if frame is None:
            self._rows, self._names, self._labels = [], [], []
        else:
            columns = [c for c in frame.columns if c != "geometry"]
            # those with a meaning stand first
            columns = sorted(columns, key=lambda c: (c not in means, columns.index(c)))
            self._names = [str(c) for c in columns]
            # no cell of a column that will not be imported needs to be seen, but it helps to choose
            self._rows = [
                ["" if v is None or v != v else str(v)[:80] for v in row]
                for row in frame[columns].itertuples(index=False)
            ]
            self._labels = [str(int(i) + 1) for i in frame.index]
        self._means = means
        self.endResetModel()

    def rowCount(self, parent: Index = NO_INDEX) -> int:  # noqa: N802 - Qt's name
        """Return the number of rows."""
        return len(self._rows)

    def columnCount(self, parent: Index = NO_INDEX) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return len(self._names)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a cell."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self._rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.ForegroundRole and self._names[index.column()] not in self._means:
            return QBrush(QColor(128, 128, 128))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: N802 - Qt's name
        """Return a column's meaning and name, or a row's number."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Vertical:
            return self._labels[section]
        name = self._names[section]
        return f"{self._means[name]}\n{name}" if name in self._means else f"–\n{name}"
