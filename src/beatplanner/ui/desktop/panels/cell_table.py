"""A table of cells with the keys of a spreadsheet."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QTableWidget


class CellTable(QTableWidget):
    """Cells with the keys of a spreadsheet, which are the window's elsewhere: F2 types into a cell, Ctrl+C and Ctrl+V carry cells from and to other programs.

    Signals
    -------
    pasted
        The rows of texts that are to be put down where the chosen cell is.
    """

    pasted = Signal(list)

    def event(self, event: QEvent) -> bool:
        """Have the keys before the window has them."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_own(event):
            event.accept()
            return True
        return super().event(event)

    def _is_own(self, event: QKeyEvent) -> bool:
        own = QKeySequence.StandardKey.Copy, QKeySequence.StandardKey.Paste
        return event.key() == Qt.Key.Key_F2 or any(event.matches(key) for key in own)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Copy and paste; what else there is Qt knows."""
        if event.matches(QKeySequence.StandardKey.Paste):
            if text := QApplication.clipboard().text().strip("\r\n"):
                self.pasted.emit([line.split("\t") for line in text.splitlines()])
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def copy(self) -> None:
        """Put the chosen cells on the clipboard, as a spreadsheet reads them."""
        chosen = [(i.row(), i.column()) for i in self.selectedIndexes()]
        if not chosen:
            return
        rows, columns = ({cell[k] for cell in chosen} for k in (0, 1))
        texts = [
            [item.text() if (item := self.item(row, column)) is not None else "" for column in sorted(columns)]
            for row in sorted(rows)
        ]
        QApplication.clipboard().setText("\n".join("\t".join(row) for row in texts))
