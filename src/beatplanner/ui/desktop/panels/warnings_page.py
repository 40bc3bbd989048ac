"""What the plan warns of: clashes, warnings and facts about the data, each with the place it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from beatplanner.ui.desktop.plain_text import Label, breakable, literal
from beatplanner.ui.desktop.toolkit.narrow import WholeText
from beatplanner.ui.desktop.toolkit.quiet import quiet
from beatplanner.ui.desktop.toolkit.told import told

if TYPE_CHECKING:
    from beatplanner.planning.whole.plan_warnings import PlanWarning


class WarningsPage(QWidget):
    """A list of warnings.

    Signals
    -------
    wanted
        A warning whose place is to be shown.
    """

    wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.warnings: list[PlanWarning] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        self.headline = Label()
        self.headline.setWordWrap(True)
        self.headline.setTextFormat(Qt.TextFormat.PlainText)
        column.addWidget(self.headline)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Warnings and facts"))
        self.list.setWordWrap(True)
        self.list.setItemDelegate(WholeText(self.list))
        self.list.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setSpacing(2)
        self.list.setAlternatingRowColors(True)
        column.addWidget(self.list, 1)
        row = QHBoxLayout()
        self.where = Label()
        quiet(self.where)
        self.where.setWordWrap(True)
        self.show_place = QPushButton(self.tr("Show the place"))
        self.show_place.setToolTip(self.tr("Zoom to the beats or units that the sentence names (Enter)"))
        row.addWidget(self.where, 1)
        row.addWidget(self.show_place)
        column.addLayout(row)
        self.list.currentRowChanged.connect(lambda _: self._enable())
        self.list.itemActivated.connect(lambda _: self.want())
        self.show_place.clicked.connect(self.want)
        self.take([])

    def take(self, warnings: list[PlanWarning]) -> None:
        """Show warnings."""
        self.warnings = warnings
        marks = {
            "clash": (self.tr("Rules clash"), QStyle.StandardPixmap.SP_MessageBoxCritical),
            "warning": (self.tr("Warning"), QStyle.StandardPixmap.SP_MessageBoxWarning),
            "fact": (self.tr("Fact"), QStyle.StandardPixmap.SP_MessageBoxInformation),
        }
        self.list.clear()
        for warning in warnings:
            kind, icon = marks[warning.severity]
            item = QListWidgetItem(self.style().standardIcon(icon), breakable(told(warning.text)))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{kind}: {told(warning.text)}")
            item.setToolTip(literal(kind))
            self.list.addItem(item)
        count = {s: sum(d.severity == s for d in warnings) for s in marks}
        if count["clash"]:
            said = self.tr("Not all rules could be kept: {0} clash. {1} warnings, {2} facts about the data.").format(
                count["clash"], count["warning"], count["fact"]
            )
        elif warnings:
            said = self.tr("No rules clash. {0} warnings, {1} facts about the data.").format(
                count["warning"], count["fact"]
            )
        else:
            said = self.tr("Nothing to warn of.")
        self.headline.setText(said)
        self._enable()

    @property
    def serious(self) -> int:
        """How many clashes and warnings there are."""
        return sum(d.severity != "fact" for d in self.warnings)

    def _current(self) -> PlanWarning | None:
        row = self.list.currentRow()
        return self.warnings[row] if 0 <= row < len(self.warnings) else None

    def _enable(self) -> None:
        warning = self._current()
        there = warning is not None and bool(warning.beats or warning.units)
        self.show_place.setEnabled(there)
        if warning is None:
            self.where.setText("")
        elif there:
            parts = [self.tr("{0} beats").format(len(warning.beats))] if warning.beats else []
            parts += [self.tr("{0} units").format(len(warning.units))] if warning.units else []
            self.where.setText(self.tr("Names {0}.").format(self.tr(" and ").join(parts)))
        else:
            self.where.setText(self.tr("Names no place."))

    def want(self) -> None:
        """Ask for the place of the warning that is picked."""
        warning = self._current()
        if warning is not None and (warning.beats or warning.units):
            self.wanted.emit(warning)
