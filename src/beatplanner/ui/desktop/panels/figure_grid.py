"""A rule that is a table, as a small grid: a name and a value in each row, or a row of values, each typed in the language's way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QBrush, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QScrollArea,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from beatplanner.data.formats.number_columns import typed_number
from beatplanner.ui.desktop.panels.cell_rows import CellError, Cells, compared_name, headed
from beatplanner.ui.desktop.panels.cell_table import CellTable
from beatplanner.ui.desktop.plain_text import literal
from beatplanner.ui.desktop.toolkit.in_language import in_language
from beatplanner.ui.desktop.toolkit.number_box import own_sign
from beatplanner.ui.desktop.toolkit.signal_colours import signal

if TYPE_CHECKING:
    from beatplanner.data.description.sections.rule import Cell, Rule
    from beatplanner.data.narrowing import Table

NAME, VALUE = 0, 1
# So many rows are in view at most; the others are scrolled to.
MOST_ROWS = 6
# What the numbers of a rule without a unit of its own are.
UNITS = {"workload.hours": "hours", "service.rest": "hours"}


def typing_of_rules():
    """Return how rules are typed; it is loaded with the first project, so that the window itself stands at once."""
    from beatplanner.planning import typed_rules

    return typed_rules


class FigureGrid(QWidget):
    """Names and values of one rule, or its rows of values.

    Parameters
    ----------
    rule
        The rule; where it is a table whose names are given no rows are added.
    name
        What it is called.
    words
        What the window calls a word of the description, a kind of incidents say, and which word is meant by what was typed.

    Signals
    -------
    changed
        A cell was typed, rows were pasted, or one removed.
    unfit
        Why what was pasted was not put down.

    Attributes
    ----------
    before
        The cells before the last change.
    pasted
        Whether the last change put rows down: they are whole, and a row that is typed may not be yet.
    """

    changed = Signal()
    unfit = Signal(str)

    def __init__(
        self,
        rule: Rule,
        name: str,
        words: tuple[Callable[[str], str], Callable[[str], str]] = (str, str),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.rule, (self._called, self._meant) = rule, words
        # a list of rows has a column for each name of theirs, and a table one for its names and one for its values
        self.columns = tuple(rule.cells) if rule.kind == "rows" else ()
        self.given = () if self.columns else tuple(n for n in rule.cells if n)
        self.table = CellTable(0, len(self.columns) or 2, self)
        self.table.pasted.connect(self.put_down)
        self.table.setAccessibleName(name)
        # the arrows go from cell to cell, Tab to what comes next
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        # in a list of rows the last is the longest, a list of days say; texts and lists may be as long as names, and neither pushes the other out
        wide = {len(self.columns) - 1} if self.columns else {NAME}
        if not self.columns and not {*rule.cells.values()} <= {"number", "date"}:
            wide.add(VALUE)
        for column in range(self.table.columnCount()):
            of_room = QHeaderView.ResizeMode.Stretch if column in wide else QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(column, of_room)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.before: Cells = ()
        self._now: Cells = ()
        self.pasted = False
        self.table.itemChanged.connect(lambda _: self._edited())
        below = QVBoxLayout(self)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(2)
        below.addWidget(self.table)
        self.add, self.remove = QToolButton(), QToolButton()
        self.name_unit("")
        if not self.given:
            row = QHBoxLayout()
            said = (
                (self.add, self.tr("Add a row"), self.add_row),
                (self.remove, self.tr("Remove the row"), self.remove_row),
            )
            for button, what, slot in said:
                button.setText(what)
                button.setAccessibleName(f"{what}: {name}")
                button.clicked.connect(slot)
                row.addWidget(button)
            row.addStretch(1)
            below.addLayout(row)
            for key, slot in ((Qt.Key.Key_Insert, self.add_row), (Qt.Key.Key_Delete, self.remove_row)):
                shortcut = QShortcut(QKeySequence(key), self.table)
                shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
                shortcut.activated.connect(slot)

    def name_unit(self, currency: str) -> None:
        """Let the unit stand above the numbers."""
        if self.columns:
            self.table.setHorizontalHeaderLabels([self.tr(name.replace("_", " ")) for name in self.columns])
            return
        unit = currency or self.rule.unit or UNITS.get(self.rule.key, "")
        unit = self.tr(unit) if unit and unit not in ("%", currency) else unit
        value = self.tr("Value")
        self.table.setHorizontalHeaderLabels([self.tr("Name"), f"{value} ({unit})" if unit else value])

    # ---- what it holds

    def show_values(self, values: Any) -> None:
        """Show a table by its names or a list of rows, unless the cells say the same already."""
        try:
            if self.table.rowCount() and self.values() == self.without_empty(values):
                return
        except ValueError:
            pass
        if self.columns:
            rows = [[self._written(name, row.get(name)) for name in self.columns] for row in values or []]
        else:
            said: Table = values or {}
            rows = [[name, self._written(name, said.get(name))] for name in self.given or said]
        self.table.blockSignals(True)
        self.table.setRowCount(len(rows))
        for row, texts in enumerate(rows):
            self._fill(row, texts)
        self.table.blockSignals(False)
        self._fit()
        self._now = self.cells()

    def cells(self) -> Cells:
        """Return the cells as they stand."""
        rows: list[tuple[tuple[str, str], ...]] = []
        for row in range(self.table.rowCount()):
            items = [self.table.item(row, column) for column in range(self.table.columnCount())]
            rows.append(
                tuple(("", "") if i is None else (i.text(), i.data(Qt.ItemDataRole.UserRole) or "") for i in items)
            )
        return tuple(rows)

    def put_back(self, cells: Cells) -> None:
        """Let cells stand as they stood."""
        self.table.blockSignals(True)
        self.table.setRowCount(len(cells))
        for row, texts in enumerate(cells):
            self._fill(row, [word for _, word in texts])
            for column, (text, _) in enumerate(texts):
                item = self.table.item(row, column)
                if item is not None:
                    item.setText(text)
        self.table.blockSignals(False)
        self._fit()
        self._now = cells
        self.table.viewport().update()

    def _edited(self, *, pasted: bool = False) -> None:
        self.before, self._now, self.pasted = self._now, self.cells(), pasted
        self.changed.emit()

    def mark(self, cell: tuple[int, int] | None, words: str = "") -> None:
        """Mark the cell that is wrong, with what is wrong as its tip, and no other."""
        self.table.blockSignals(True)
        for row in range(self.table.rowCount()):
            for column in range(self.table.columnCount()):
                item, wrong = self.table.item(row, column), (row, column) == cell
                if item is None:
                    continue
                colour = signal("wrong", self.table.palette())
                colour.setAlpha(90)
                item.setData(Qt.ItemDataRole.BackgroundRole, QBrush(colour) if wrong else None)
                item.setData(Qt.ItemDataRole.ToolTipRole, literal(words if wrong else item.text()))
        self.table.blockSignals(False)
        if cell is not None and (item := self.table.item(*cell)) is not None:
            self.table.scrollToItem(item)
        self.table.viewport().update()

    def words_at(self, place: tuple[int, int], words: str) -> str:
        """Return what is wrong in a cell with its row and column, or the name that is given to its row."""
        row, column = place
        head = self.table.item(row, NAME) if self.given else self.table.horizontalHeaderItem(column)
        return self.tr("Row {0}, “{1}”: {2}").format(row + 1, "" if head is None else head.text(), words)

    def place_of(self, path: str) -> tuple[int, int] | None:
        """Return the cell of a value within the rule, by its path such as ``1.start``; None where it is in none."""
        if self.columns:
            number, _, path = path.partition(".")
            rows = [row for row, texts in enumerate(self._cells()) if any(texts)]
            name = path.partition(".")[0]
            known = number.isdigit() and int(number) < len(rows) and name in self.columns
            return (rows[int(number)], self.columns.index(name)) if known else None
        names = self.given or [texts[NAME] for texts in self._cells()]
        found = [row for row, name in enumerate(names) if name and (path == name or path.startswith(f"{name}."))]
        return (found[0], VALUE) if found else None

    def without_empty(self, values: Any) -> Any:
        """Return values as cells hold them: what is not said has none, and where nothing is said there is neither table nor list."""
        if self.columns:
            return [self._said(row) for row in values or []] or None
        return self._said(values or {}) or None

    def _said(self, row: Mapping[str, Any]) -> Table:
        # an empty list, too, is an empty cell
        return {name: list(v) if isinstance(v, tuple) else v for name, v in row.items() if v not in (None, [], ())}

    def _fill(self, row: int, texts: list[str]) -> None:
        for column, text in enumerate(texts):
            shown = text
            if self.given and column == NAME:
                shown = self.tr(text.replace("_", " ")) + (" (%)" if self._is_share(text) else "")
            elif text and self._is_word(row, column):
                shown = self._called(text)
            item = QTableWidgetItem(shown)
            item.setData(Qt.ItemDataRole.UserRole, text)
            item.setData(Qt.ItemDataRole.ToolTipRole, literal(shown))
            if self.given and column == NAME:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
            elif (self.columns or column == VALUE) and self._cell(self._name_in(row, column)) in ("number", "amounts"):
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.setItem(row, column, item)

    def _name_in(self, row: int, column: int) -> str:
        """Return the name whose value a cell holds; "" where names are typed."""
        return self.columns[column] if self.columns else self.given[row] if self.given else ""

    def _is_word(self, row: int, column: int) -> bool:
        """Tell whether a cell holds a word of the description: a name that is typed, or a text."""
        if not self.columns and column == NAME:
            return not self.given
        return self._cell(self._name_in(row, column)) == "text"

    def _cell(self, name: str) -> Cell:
        return self.rule.cells.get(name) or self.rule.cells[""]

    def _is_share(self, name: str) -> bool:
        """Tell whether a number is shown in percents under a name that says so, as the sentence of the rule has it."""
        return name == "tolerance" or name.endswith("_share")

    def _scale(self, name: str) -> float:
        return 100.0 if self.rule.unit == "%" or self._is_share(name) else 1.0

    def _written(self, name: str, value: Any) -> str:
        """Return a value as it is typed; words that belong to the program in the window's language."""
        cell = self._cell(name)
        if cell == "number":
            return "" if value is None else f"{round(value * self._scale(name), 10):.12g}".replace(".", own_sign())
        if cell == "texts":
            value = [self.tr(word) for word in value or ()]
        return typing_of_rules().cell_written(cell, value, own_sign(), in_language)

    def _typed(self, name: str, text: str) -> Any:
        cell = self._cell(name)
        if cell == "number":
            number = typed_number(text.removesuffix("%").strip(), whole=False, own=own_sign())
            if number is None:
                raise ValueError(self.tr("“{0}” is no number.").format(text))
            number = round(number / self._scale(name), 12)
            return int(number) if number.is_integer() else number
        found = typing_of_rules().cell_typed(cell, text, own_sign())
        if cell == "texts":
            # words of the program that are shown in the window's language are kept as the file has them
            own = {self.tr(word): word for word in self.rule.inner.get(name) or ()}
            return [own.get(word, word) for word in found]
        return found

    def values(self) -> Any:
        """Return what was typed: values by their names, or a list of rows; None where nothing was.

        Raises
        ------
        ValueError
            Where a row lacks its name or its value, or a value is not what belongs there; the words say which.
        """
        if self.columns:
            rows: list[Table] = []
            for row, texts in enumerate(self._cells()):
                if any(texts):
                    said = zip(self.columns, texts, strict=True)
                    rows.append(
                        {n: v for k, (n, text) in enumerate(said) if (v := self._value((row, k), n, text)) != ""}
                    )
            return rows or None
        found: Table = {}
        there = self._cells()
        for row, (name, text) in enumerate(there):
            key = self.given[row] if self.given else name
            needed = key in self._needed() and any(texts[VALUE] for texts in there)
            if not text and not needed and (self.given or not name):
                continue
            if not key:
                self._value((row, NAME), "", "")
            if key in found:
                words = self.tr("“{0}” is there twice.").format(self._called(key))
                raise CellError(self.words_at((row, NAME), words), (row, NAME))
            found[key] = self._value((row, VALUE), key, text, needed=True)
        return found or None

    def _needed(self) -> list[str]:
        """Return the names that have no default."""
        names = self.columns or self.given
        return [name for name in names if name in self.rule.names and name not in self.rule.inner]

    def _value(self, place: tuple[int, int], name: str, text: str, *, needed: bool = False) -> Any:
        """Return what stands in a cell, "" for nothing where it is not needed; CellError, which names row and column, where it is wrong or missing."""
        if not text:
            if needed or not name or name in self._needed():
                words = self.tr("nothing stands there yet")
                raise CellError(self.words_at(place, words), place, missing=True)
            return ""
        try:
            return self._typed(name, text)
        except ValueError as error:
            raise CellError(self.words_at(place, in_language(self.tr(str(error)))), place) from None

    def _cells(self) -> list[list[str]]:
        def said(row: int, column: int) -> str:
            item = self.table.item(row, column)
            text = "" if item is None else item.text().strip()
            word = None if item is None else item.data(Qt.ItemDataRole.UserRole)
            if not text or not self._is_word(row, column):
                return text
            # what still stands as it was shown is what the description has
            return word if word and text == self._called(word) else self._meant(text)

        columns = range(self.table.columnCount())
        return [[said(row, column) for column in columns] for row in range(self.table.rowCount())]

    # ---- rows

    def add_row(self) -> None:
        """Add a row and begin to type its name."""
        row = self.table.rowCount()
        self.table.blockSignals(True)
        self.table.insertRow(row)
        self._fill(row, [""] * self.table.columnCount())
        self.table.blockSignals(False)
        self._fit()
        self.table.setCurrentCell(row, NAME)
        called = self.table.item(row, NAME)
        if called is not None:
            self.table.editItem(called)
        # the grid has its new height once it has been laid out
        QTimer.singleShot(0, self, lambda: self._bring_into_sight(row))

    def _bring_into_sight(self, row: int) -> None:
        """Scroll to a row: within the grid, and the panel to the grid's row."""
        item = self.table.item(row, NAME)
        if item is None:
            return
        self.table.scrollToItem(item)
        place, around = self.table.visualItemRect(item), self.parentWidget()
        while around is not None and not isinstance(around, QScrollArea):
            around = around.parentWidget()
        page = None if around is None else around.widget()
        if around is not None and page is not None:
            middle = self.table.viewport().mapTo(page, place.center())
            around.ensureVisible(0, middle.y(), 0, 2 * place.height())

    def put_down(self, rows: list[list[str]]) -> None:
        """Put rows of texts down from the chosen cell on, as one change: by their names where names are given, all of it or nothing; rows are added where names are free."""
        first, left = max(0, self.table.currentRow()), max(0, self.table.currentColumn())
        columns: list[int | None] = [*range(left, self.table.columnCount())]
        head = headed(rows, self._names_of_columns())
        problem = "" if head is None else self._unknown(rows, head)
        if head is not None:
            columns, rows = head, rows[1:]
        # what a row says beyond the columns, or under no name
        beyond = [t for r in rows for k, t in enumerate(r) if k >= len(columns) or columns[k] is None]
        cells = [{c: t.strip() for c, t in zip(columns, texts, strict=False) if c is not None} for texts in rows]
        placed = [*enumerate(cells, first)]
        if problem:
            pass
        elif any(text.strip() for text in beyond):
            problem = self.tr("Nothing was pasted: it is wider than the table from the chosen cell on.")
        elif self.given and NAME in columns:
            placed, problem = self._by_name([texts for texts in cells if any(texts.values())])
        elif self.given and placed[-1][0] >= self.table.rowCount():
            problem = self.tr("Nothing was pasted: it is longer than the table from the chosen cell on.")
        self.unfit.emit(problem)
        if problem:
            return
        self.table.blockSignals(True)
        for row, texts in placed:
            if row == self.table.rowCount():
                self.table.insertRow(row)
                self._fill(row, [""] * self.table.columnCount())
            for column, text in texts.items():
                item = self.table.item(row, column)
                if item is not None and item.flags() & Qt.ItemFlag.ItemIsEditable:
                    item.setText(text)
        self.table.blockSignals(False)
        self._fit()
        self.table.viewport().update()
        self._edited(pasted=True)

    def _names_of_columns(self) -> dict[str, int]:
        """Return the columns by what they are called, by the file and by the window."""
        names = {compared_name(name): k for k, name in enumerate(self.columns or ("name", "value"))}
        if not self.columns:
            unit = self.rule.unit or UNITS.get(self.rule.key, "")
            others = (self.tr("Value"), unit, self.tr(unit) if unit else "", self.rule.name, self.tr(self.rule.label))
            names |= {compared_name(name): VALUE for name in others if name}
        heads = [self.table.horizontalHeaderItem(k) for k in range(self.table.columnCount())]
        return names | {compared_name(head.text()): k for k, head in enumerate(heads) if head is not None}

    def _unknown(self, rows: list[list[str]], head: list[int | None]) -> str:
        """Return why rows under names of columns cannot be put down; "" where they can."""
        unknown = [t.strip() for t, column in zip(rows[0], head, strict=True) if t.strip() and column is None]
        if unknown:
            return self.tr("Nothing was pasted: the table has no column “{0}”.").format(unknown[0])
        return self.tr("Nothing was pasted: there are names of columns alone.") if len(rows) == 1 else ""

    def _by_name(self, rows: list[dict[int, str]]) -> tuple[list[tuple[int, dict[int, str]]], str]:
        """Return rows with the places of their names, as the file or the window has them, and what is wrong with the names."""
        place = {compared_name(name): k for k, name in enumerate(self.given)}
        place |= {compared_name(item.text()): k for k in range(len(self.given)) if (item := self.table.item(k, NAME))}
        placed: dict[int, dict[int, str]] = {}
        for texts in rows:
            name = texts.get(NAME, "")
            row = place.get(compared_name(name))
            if row is None:
                return [], self.tr("Nothing was pasted: the table has no row “{0}”.").format(name)
            if row in placed:
                return [], self.tr("“{0}” is there twice.").format(name)
            placed[row] = texts
        return [*placed.items()], ""

    def remove_row(self) -> None:
        """Remove the row that is chosen."""
        row = self.table.currentRow()
        if row >= 0:
            self.table.removeRow(row)
            self._fit()
            self._edited()

    def _fit(self) -> None:
        """Be as high as the rows, up to `MOST_ROWS`."""
        rows = min(MOST_ROWS, max(1, self.table.rowCount()))
        high = self.table.horizontalHeader().sizeHint().height() + 2 * self.table.frameWidth()
        self.table.setFixedHeight(high + rows * self.table.verticalHeader().defaultSectionSize())
        self.remove.setEnabled(self.table.rowCount() > 0)
