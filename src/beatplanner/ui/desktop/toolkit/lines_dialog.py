"""Many lines in a dialog: a list that scrolls below one sentence on how many there are, and never more than two thirds of the screen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QMessageBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.toolkit.figures_text import number
from beatplanner.ui.desktop.toolkit.in_language import in_language
from beatplanner.ui.words import LineOfMany, lines_of_many

# So many lines stand in a message without a list.
FEW = 6
# Of the screen's height and width a dialog takes so much at most; of its width the place and what to do have so much.
MOST, PLACE, DO = 2 / 3, 0.2, 0.35


class LinesDialog(QDialog):
    """Shows lines with their places, and with what would do where that is known.

    Parameters
    ----------
    title, lines
        What is told, and of what.
    parent
        The window.
    """

    def __init__(self, title: str, lines: Sequence[LineOfMany], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        column = QVBoxLayout(self)
        # not every desktop shows a dialog's title
        self.head = Label(self.tr("{0}: {1} in the list.").format(title, number(len(lines))))
        self.head.setWordWrap(True)
        column.addWidget(self.head)
        # what would do for all of them is said once
        ways = {line.do for line in lines}
        if len(ways) == 1 and ways != {""}:
            self.way = Label(self.tr("What to do: {0}").format(in_language(lines[0].do)))
            self.way.setWordWrap(True)
            column.addWidget(self.way)
        heads = [self.tr("Municipality"), self.tr("What is wrong"), self.tr("What to do")]
        shown = [k for k, here in enumerate((any(x.place for x in lines), True, len(ways) > 1)) if here]
        self.table = QTableWidget(len(lines), len(shown))
        self.table.setHorizontalHeaderLabels([heads[k] for k in shown])
        self.table.setAccessibleName(title)
        self.table.setWordWrap(True)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.table.verticalHeader().hide()
        for row, line in enumerate(lines):
            for at, k in enumerate(shown):
                said = in_language((line.place, line.what, line.do)[k]) if k else line.place
                item = QTableWidgetItem(said[:1].upper() + said[1:])
                item.setTextAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
                self.table.setItem(row, at, item)
        column.addWidget(self.table, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok)
        buttons.accepted.connect(self.accept)
        column.addWidget(buttons)
        room = (parent.screen() or QGuiApplication.primaryScreen()).availableGeometry().size() * MOST
        self.setMaximumHeight(room.height())
        self.resize(min(room.width(), 60 * self.fontMetrics().averageCharWidth() * 2), room.height())
        width = self.width() - 60
        of_place, of_do = PLACE * width * (0 in shown), DO * width * (2 in shown)
        for at, k in enumerate(shown):
            self.table.setColumnWidth(at, round((of_place, width - of_place - of_do, of_do)[k]))
        self.table.horizontalHeader().setSectionResizeMode(shown.index(1), QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().sectionResized.connect(lambda *_: self.table.resizeRowsToContents())
        self.table.resizeRowsToContents()
        buttons.button(QDialogButtonBox.StandardButton.Ok).setFocus()


def show_many(parent: QWidget, title: str, lines: Sequence[str]) -> None:
    """Tell lines of planning in the window's language: a few in a message, more of them as a list."""
    if len(lines) > FEW:
        LinesDialog(title, lines_of_many(lines), parent).exec()
        return
    # not every desktop shows a dialog's title
    words = "\n\n".join([title, *map(in_language, lines)])
    box = QMessageBox(QMessageBox.Icon.Warning, title, words, QMessageBox.StandardButton.Ok, parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.exec()
