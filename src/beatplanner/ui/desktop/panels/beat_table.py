"""The table of beats."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QCollator,
    QEvent,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QBrush, QFont, QGuiApplication, QPalette, QResizeEvent
from PySide6.QtWidgets import QTableView

from beatplanner.ui.desktop.plain_text import literal
from beatplanner.ui.desktop.session.session import OpenTown
from beatplanner.ui.desktop.session.today import ALLOWED, BALANCE, BROKEN, figures_of_drawing, figures_of_plan
from beatplanner.ui.desktop.toolkit.amount_words import about_column, allowed_share, amount_heading, amount_word
from beatplanner.ui.desktop.toolkit.called import called
from beatplanner.ui.desktop.toolkit.figures_text import number, percent
from beatplanner.ui.desktop.toolkit.short_heads import ShortHeads
from beatplanner.ui.desktop.toolkit.signal_colours import signal

if TYPE_CHECKING:
    from collections.abc import Callable

Index = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()


def _signed(share: float) -> str:
    return percent(share, 1, sign=True)


# Heading, column of the beats layer, how it is written; the raw number is what the table sorts by.
Column = tuple[str, str, "Callable[[Any], str]"]
COLUMNS: tuple[Column, ...] = (
    ("Beat", "beat", str),
    ("Name", "name", str),
    ("Municipality", "municipality", str),
    ("Hours a year", "workload", number),
    ("Deviation", "deviation", _signed),
    ("Residents", "population", number),
    ("Moved in", "moved_in", number),
    ("Officers needed", "officers_required", number),
    ("Posts", "posts", number),
    ("Compactness", "compactness", lambda v: number(v, 2)),
)


# Columns of the groups of beats, after the municipality, where the plan has any.
LEVELS: tuple[Column, ...] = (("Sector", "sector", str), ("Command", "command", str))
# What is made narrower where not all columns fit.
SHRINK = ("name", "municipality", "sector", "command")
# Headings where there is little room; their tooltips have the whole ones.
SHORT = {"Hours a year": "Hours", "Deviation": "±\N{NO-BREAK SPACE}%", "Officers needed": "Officers"}
# How headings are written, from the one that needs most room: in one line, in two, and in short words.
ONE_LINE, TWO_LINES, SHORT_WORDS = range(3)


def in_two_lines(text: str) -> str:
    """Return a text with its break at the space nearest to its middle; as it is where it has none."""
    spaces = [k for k, c in enumerate(text) if c == " "]
    if not spaces:
        return text
    at = min(spaces, key=lambda k: abs(2 * k - len(text)))
    return f"{text[:at]}\n{text[at + 1 :]}"


def _shape(beats: Any) -> tuple[list[str], list[str]]:
    """Return the rows and columns of beats, by their names."""
    return list(beats["beat"]), list(beats.columns)


class Cells:
    """Beats to be read cell by cell, which a frame takes long for: a column is taken out of it once."""

    def __init__(self, beats: Any) -> None:
        self.beats = beats
        self._columns: dict[str, np.ndarray] = {}
        self._rows: dict[str, int] = {}

    def at(self, row: int, column: str) -> Any:
        """Return a cell."""
        if column not in self._columns:
            self._columns[column] = self.beats[column].to_numpy()
        return self._columns[column][row]

    def row(self, beat: str) -> int | None:
        """Return the row of a beat; None where it has none."""
        if not self._rows:
            beats = [str(b) for b in self.beats["beat"]]
            self._rows = {b: k for k, b in reversed(list(enumerate(beats)))}
        return self._rows.get(beat)


# What a view is told of a cell; it asks for as much again, cell by cell.
ANSWERED = frozenset(
    {
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.UserRole,
        Qt.ItemDataRole.FontRole,
        Qt.ItemDataRole.ToolTipRole,
        Qt.ItemDataRole.ForegroundRole,
        Qt.ItemDataRole.TextAlignmentRole,
    }
)


class BeatTable(QAbstractTableModel):
    """Beats as rows: those of the plan, before there is one today's, and over them what is drawn by hand."""

    def __init__(self, scenario: OpenTown) -> None:
        super().__init__()
        self.scenario = scenario
        self._drawn: Any = None
        self._today: Any = None
        # whether those are still by other rules
        self._old = False
        # the plan whose beats were last asked for, with its columns
        self._plan: tuple[Any, Any] = (None, None)
        # of what is shown and of the plan below it
        self._read: list[Cells] = []
        self.columns: tuple[Column, ...] = COLUMNS
        # how the headings are written, so that more columns are seen
        self.headings = ONE_LINE

    def load(self) -> None:
        """Take the scenario's beats; called after every change of it."""
        self.beginResetModel()
        self._drawn = None
        self._take_columns()
        self.endResetModel()

    def take_today(self, beats: Any, *, old: bool = False) -> None:
        """Take the figures of today's beats, which are shown while there is no plan; None where they are not known. Old ones, which are being counted by other rules, are marked."""
        self._old = old
        if beats is self._today:
            # what is chosen stays so
            if self.rowCount():
                self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, len(self.columns) - 1))
            return
        self.beginResetModel()
        self._today = beats
        self._take_columns()
        self.endResetModel()

    def _take_columns(self) -> None:
        """Have columns of sector and command where there are any, and of each amount that is balanced beside the hours, after their deviation."""
        beats = self._beats()
        groups = tuple(c for c in LEVELS if beats is not None and c[1] in beats.columns)
        names = (
            []
            if beats is None or not len(beats)
            else [c.removeprefix(BALANCE) for c in beats.columns if c.startswith(BALANCE)]
        )
        place, at = (1 + [c for _, c, _ in COLUMNS].index(c) for c in ("municipality", "deviation"))
        more = tuple((amount_heading(n, self._allowed(n)), BALANCE + n, _signed) for n in names)
        self.columns = (*COLUMNS[:place], *groups, *COLUMNS[place:at], *more, *COLUMNS[at:])

    def _allowed(self, amount: str) -> float:
        """Return how far from the mean the rules let beats be in an amount."""
        return float(self._beats()[ALLOWED + amount].iloc[0])

    def load_draft(self) -> None:
        """Take what is drawn by hand, if anything is; what it changes is marked."""
        shown, drawing = self.scenario.as_drawn, self.scenario.drawn
        if shown is not None:
            # stations and postings alone change no beat
            frame = None if shown.beats is self._planned_beats() else figures_of_plan(shown)
        else:
            frame = figures_of_drawing(drawing) if drawing is not None and drawing.changed else None
        # where names alone are changed, sectors and commands are as they were
        same = frame is not None and self._drawn is not None and _shape(frame) == _shape(self._drawn)
        if same or (frame is None and self._drawn is None):
            self._drawn = frame
            if frame is not None:
                self.dataChanged.emit(self.index(0, 0), self.index(len(frame) - 1, len(self.columns) - 1))
            return
        self.beginResetModel()
        self._drawn = frame
        self._take_columns()
        self.endResetModel()

    def beat(self, row: int) -> str:
        """Return the id of the beat in a row."""
        return str(self._cells(self._beats()).at(row, "beat"))

    def _cells(self, beats: Any) -> Cells:
        """Return the cells of beats; frames are made anew and never changed."""
        found = next((c for c in self._read if c.beats is beats), None)
        if found is None:
            found = Cells(beats)
            self._read = [*self._read[-1:], found]
        return found

    def _planned(self) -> Any:
        plan = self.scenario.plan
        if plan is None or plan.beats is None:
            return self._today if plan is None else None
        if self._plan[0] is not plan:
            self._plan = (plan, figures_of_plan(plan))
        return self._plan[1]

    def _planned_beats(self) -> Any:
        plan = self.scenario.plan
        return self._today if plan is None else plan.beats

    def _beats(self) -> Any:
        return self._planned() if self._drawn is None else self._drawn

    @property
    def old(self) -> bool:
        """Whether what is shown are figures of today by rules as they were."""
        return self._old and self.scenario.plan is None and self._drawn is None

    def _was(self, row: int, column: str) -> str | None:
        """Return what the plan has where the draft has something else, as text; None where they agree, or it is not known yet."""
        if self._drawn is None or (self._old and self.scenario.plan is None):
            return None
        planned = self._planned()
        written = {c: w for _, c, w in self.columns}[column]
        now = self._cells(self._drawn).at(row, column)
        before = None
        if planned is not None and column in planned.columns:
            at = self._cells(planned).row(self.beat(row))
            before = None if at is None else self._cells(planned).at(at, column)
        was, is_ = ("" if v is None else written(v) for v in (before, now))
        if was == is_:
            return None
        return was or (self.tr("not among today's beats") if self.scenario.plan is None else self.tr("not in the plan"))

    def rowCount(self, parent: Index = NO_INDEX) -> int:  # noqa: N802 - Qt's name
        """Return the number of beats."""
        beats = self._beats()
        return 0 if beats is None else len(beats)

    def columnCount(self, parent: Index = NO_INDEX) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802 - Qt's name
        """Return a heading."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self._heading(section)
        if role == Qt.ItemDataRole.ToolTipRole and orientation == Qt.Orientation.Horizontal:
            text, amount, _ = self.columns[section]
            if amount.startswith(BALANCE) and self.rowCount():
                amount = amount.removeprefix(BALANCE)
                return literal(about_column(amount, self._allowed(amount)))
            if (text, amount, str) in LEVELS and self._drawn is not None:
                return literal(
                    f"{self.tr(text)}: {self.tr('grouped as in the plan; the next plan groups the beats again')}"
                )
            return literal(text if amount.startswith(BALANCE) else self.tr(text))
        return None

    def _heading(self, section: int) -> str:
        """Return a heading as there is room for it."""
        text, column, _ = self.columns[section]
        if column.startswith(BALANCE):
            if self.headings == ONE_LINE or not self.rowCount():
                return text
            name = column.removeprefix(BALANCE)
            # what is allowed stands below the amount
            return f"{amount_word(name)}\n{allowed_share(self._allowed(name))}"
        if self.headings == SHORT_WORDS and text in SHORT:
            return SHORT[text] if text == "Deviation" else self.tr(SHORT[text])
        return self.tr(text) if self.headings == ONE_LINE else in_two_lines(self.tr(text))

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell as text, for sorting (user role), or its alignment."""
        if role not in ANSWERED:
            return None
        _, column, written = self.columns[index.column()]
        cells = self._cells(self._beats())
        value = cells.at(index.row(), column)
        broken = column.startswith(BALANCE) and bool(cells.at(index.row(), BROKEN + column.removeprefix(BALANCE)))
        if column == "name":
            beat = self.beat(index.row())
            value = called(beat, str(self.scenario.given_names.get(beat, value) or beat))
        is_number = isinstance(value, int | float | np.number)
        if role == Qt.ItemDataRole.DisplayRole:
            return written(value) if value is not None else ""
        if role == Qt.ItemDataRole.UserRole:
            text = str(value)
            return float(value) if is_number else int(text) if text.isdecimal() else text
        if role in (Qt.ItemDataRole.FontRole, Qt.ItemDataRole.ToolTipRole):
            was = self._was(index.row(), column)
            if was is not None and role == Qt.ItemDataRole.ToolTipRole:
                words = self.tr("Today: {0}") if self.scenario.plan is None else self.tr("In the plan: {0}")
                return literal(words.format(was))
            if role == Qt.ItemDataRole.FontRole and (was is not None or broken):
                font = QFont()
                font.setBold(True)
                font.setItalic(was is not None)
                return font
            if role == Qt.ItemDataRole.ToolTipRole and self.old:
                return literal(self.tr("By the rules as they were; the figures are being computed again."))
            if role == Qt.ItemDataRole.ToolTipRole and column in SHRINK:
                return literal(str(value))
        if role == Qt.ItemDataRole.ForegroundRole and self.old:
            return QGuiApplication.palette().brush(QPalette.ColorRole.PlaceholderText)
        if role == Qt.ItemDataRole.ForegroundRole and broken:
            return QBrush(signal("wrong", QGuiApplication.palette()))
        if role == Qt.ItemDataRole.TextAlignmentRole and is_number:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


class SortedBeats(QSortFilterProxyModel):
    """The rows as they are sorted: numbers by their size, words by the alphabet of the window's language."""

    def __init__(self) -> None:
        super().__init__()
        self.setSortRole(Qt.ItemDataRole.UserRole)
        self.collator = QCollator(QLocale())
        # “Центар 2” comes before “Центар 10”
        self.collator.setNumericMode(True)

    def lessThan(self, left: Index, right: Index) -> bool:  # noqa: N802 - Qt's name
        """Tell whether a cell comes before another; ids that are numbers come before those that are words."""
        a, b = (self.sourceModel().data(index, self.sortRole()) for index in (left, right))
        if isinstance(a, str) and isinstance(b, str):
            return self.collator.compare(a, b) < 0
        if isinstance(a, str) or isinstance(b, str):
            return isinstance(b, str)
        return super().lessThan(left, right)


class BeatView(QTableView):
    """The table as it is seen: columns are as wide as what they hold, until somebody sets their widths or their order."""

    def __init__(self, model: QAbstractItemModel) -> None:
        super().__init__()
        # what it is remembered by
        self.setObjectName("beats")
        self.by_hand, self._fitting = False, False
        # widths that somebody set, by column
        self._set_by_hand: dict[str, int] = {}
        self.setHorizontalHeader(ShortHeads())
        self.horizontalHeader().setSectionsClickable(True)
        self.setModel(model)
        model.modelReset.connect(self.fit_columns)
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setAlternatingRowColors(True)
        self.verticalHeader().setVisible(False)
        # so many rows in so little height that the map has half of a small window
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        head = self.horizontalHeader()
        head.setSectionsMovable(True)
        # a row that is chosen makes no heading bold, which would be wider
        head.setHighlightSections(False)
        head.sectionResized.connect(self._set)
        head.sectionMoved.connect(self._set)

    def _set(self, *_: int) -> None:
        if self._fitting:
            return
        self.by_hand = True
        source = self._source()
        if source is not None:
            self._set_by_hand = {name: self.columnWidth(k) for k, (_, name, _) in enumerate(source.columns)}

    def _source(self) -> BeatTable | None:
        model = self.model()
        source = model.sourceModel() if isinstance(model, QSortFilterProxyModel) else model
        return source if isinstance(source, BeatTable) else None

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fit to the new width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit_columns()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Fit to another size of the text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
            self.fit_columns()

    def _too_wide(self) -> int:
        """Return by how many pixels the columns are wider than what is seen of them."""
        return self.horizontalHeader().length() - self.viewport().width()

    def fit_columns(self) -> None:
        """Let all columns be seen, unless they were set by hand: where there is little room headings stand in two lines, in short words, and end in dots.

        Widths that were set stay with their columns, also where others come or go.
        """
        source = self._source()
        if source is None:
            return
        self._fitting = True
        if self.by_hand:
            for k, (_, name, _) in enumerate(source.columns):
                if name in self._set_by_hand:
                    self.setColumnWidth(k, self._set_by_hand[name])
                elif self._set_by_hand:
                    self.resizeColumnToContents(k)
            self._fitting = False
            return
        for source.headings in (ONE_LINE, TWO_LINES, SHORT_WORDS):
            self.resizeColumnsToContents()
            if self._too_wide() <= 0:
                break
        if self._too_wide() > 0:
            self._narrow_all(source)
        source.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, source.columnCount() - 1)
        self._fitting = False

    def _narrow_all(self, source: BeatTable) -> None:
        """Make the columns narrower than they ask to be."""
        words = [k for k, (_, name, _) in enumerate(source.columns) if name in SHRINK]
        head = self.horizontalHeader()
        least = head.least() if isinstance(head, ShortHeads) else 0
        figures = [k for k in range(source.columnCount()) if k not in words]
        # a name may lose a third of its width, then a heading what is wider than its figures, then a name more; tooltips have all whole
        self._narrow(words, [self.columnWidth(k) * 2 // 3 for k in words])
        self._narrow(figures[1:], [max(least, self.sizeHintForColumn(k)) for k in figures[1:]])
        self._narrow(words, [least for _ in words])
        self._narrow(figures[:1], [max(least, self.sizeHintForColumn(k)) for k in figures[:1]])

    def _narrow(self, columns: list[int], least: list[int]) -> None:
        """Make columns narrower while not all columns fit, each by the same share of what it can spare."""
        spare = [max(0, self.columnWidth(k) - floor) for k, floor in zip(columns, least, strict=True)]
        share = min(1.0, max(0, self._too_wide()) / max(1, sum(spare)))
        for column, pixels in zip(columns, spare, strict=True):
            if less := math.ceil(share * pixels):
                self.setColumnWidth(column, self.columnWidth(column) - min(less, pixels))


def as_text_table(model: QAbstractItemModel) -> str:
    """Return a table as it is sorted and filtered, as lines with tabs between cells, which a spreadsheet takes from the clipboard.

    Numbers stand as numbers; text that a spreadsheet would take for a formula is neutralised.
    """
    from beatplanner.data.result.cells import safe_cell

    def cell(value: Any) -> str:
        text = "" if isinstance(value, float) and not np.isfinite(value) else str(safe_cell(value))
        return " ".join(text.split())

    columns = range(model.columnCount())
    across = Qt.Orientation.Horizontal
    lines = [[" ".join(str(model.headerData(c, across)).split()) for c in columns]]
    for row in range(model.rowCount()):
        lines.append([cell(model.data(model.index(row, c), Qt.ItemDataRole.UserRole)) for c in columns])
    return "\n".join("\t".join(line) for line in lines) + "\n"
