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
from beatplanner.ui.desktop.toolkit.in_language import in_language
from beatplanner.ui.desktop.toolkit.narrow import WholeText
from beatplanner.ui.desktop.toolkit.quiet import quiet

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
            item = QListWidgetItem(self.style().standardIcon(icon), breakable(in_language(warning.text)))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{kind}: {in_language(warning.text)}")
            item.setToolTip(literal(kind))
            self.list.addItem(item)
        count = {s: sum(d.severity == s for d in warnings) for s in marks}
        warned = self._many(count["warning"], self.tr("1 warning"), self.tr("{0} warnings"))
        facts = self._many(count["fact"], self.tr("1 fact about the data"), self.tr("{0} facts about the data"))
        if count["clash"]:
            clashes = self._many(count["clash"], self.tr("1 clash"), self.tr("{0} clashes"))
            said = self.tr("Not all rules could be kept: {0}. {1}, {2}.").format(clashes, warned, facts)
        elif warnings:
            said = self.tr("No rules clash. {0}, {1}.").format(warned, facts)
        else:
            said = self.tr("Nothing to warn of.")
        self.headline.setText(said)
        self._enable()

    @staticmethod
    def _many(count: int, one: str, more: str) -> str:
        """Return how many there are, in the singular where there is one."""
        return one if count == 1 else more.format(count)

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
            beats, units = len(warning.beats), len(warning.units)
            parts = [self._many(beats, self.tr("1 beat"), self.tr("{0} beats"))] if beats else []
            parts += [self._many(units, self.tr("1 unit"), self.tr("{0} units"))] if units else []
            self.where.setText(self.tr("Names {0}.").format(self.tr(" and ").join(parts)))
        else:
            self.where.setText(self.tr("Names no place."))

    def want(self) -> None:
        """Ask for the place of the warning that is picked."""
        warning = self._current()
        if warning is not None and (warning.beats or warning.units):
            self.wanted.emit(warning)
