"""One rule of the panel of rules: its field, its sentence, why it is there, and the way back to its default."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QFont, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QWhatsThis,
    QWidget,
)

from beatplanner.ui.desktop.panels.cell_rows import CellError, Refusal, Standing
from beatplanner.ui.desktop.panels.figure_grid import FigureGrid, typing_of_rules
from beatplanner.ui.desktop.panels.rule_host import RuleHost, catalog, words_within
from beatplanner.ui.desktop.plain_text import Label, literal
from beatplanner.ui.desktop.toolkit.in_language import in_counts, in_language, kind_in_language, with_counts
from beatplanner.ui.desktop.toolkit.number_box import NumberBox, bound_by, own_sign
from beatplanner.ui.desktop.toolkit.signal_colours import signal_words
from beatplanner.ui.desktop.toolkit.still_field import still

if TYPE_CHECKING:
    from beatplanner.data.description.sections.rule import Rule

W = TypeVar("W", bound=QWidget)
TIP = Qt.ItemDataRole.ToolTipRole
# Pixels that a choice needs beside its text.
ARROW = 34
# Going on by the arrows is one edit once they rest for so long, in milliseconds; what is typed is taken when it is entered or its field is left.
REST = 600


class RuleField(QFrame):
    """One rule: its field, its sentence, “why?” and, where its value is another, the way back to the default.

    Attributes
    ----------
    refusal
        Why what stands in the field is not in force: it was typed and stays there, with the reason below it, until it is taken or given up; None else.
    """

    def __init__(self, panel: RuleHost, rule: Rule) -> None:
        super().__init__()
        self.panel, self.rule = panel, rule
        self.value: Any = None
        self._rules: Mapping[str, object] = {}
        self.currency, self._shown = "", 0.0
        self.refusal: Refusal | None = None
        self._cell: tuple[int, int] | None = None
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setInterval(REST)
        self.timer.timeout.connect(self._edit)
        self.label = Label(self.tr(rule.label))
        self.label.setWordWrap(True)
        font = QFont(self.label.font())
        font.setBold(True)
        self.label.setFont(font)
        self.sentence, self.wrong = Label(), Label()
        for label in (self.sentence, self.wrong):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        signal_words(self.wrong, "wrong")
        self.wrong.hide()
        # before the two buttons, for Tab
        row = self._field_row()
        self.why = QToolButton()
        self.why.setText(self.tr("why?"))
        self.why.setAutoRaise(True)
        self.why.setAccessibleName(self.tr("Why is there the rule “{0}”?").format(self.label.text()))
        self.why.clicked.connect(self.explain)
        self.back = QToolButton()
        self.back.setText("↺")
        self.back.setAutoRaise(True)
        self.back.clicked.connect(self._go_back)
        # below the two buttons, for the eye and for Tab
        self.grid = FigureGrid(rule, self.label.text(), (self._called, self._meant), self) if rule.cells else None
        if self.grid is not None:
            self.grid.changed.connect(self._cells_typed)
            # what is wrong with cells that are not in force stays
            self.grid.unfit.connect(lambda problem: self._warn(problem) if problem or not self.refused else None)
        row.addWidget(self.back)
        row.addWidget(self.why)
        self._lay_out(row)

    @property
    def refused(self) -> bool:
        """Whether what stands in the field is not in force."""
        return self.refusal is not None

    # A rule has one of these or two, and only those are made; with their place at once: without it each that is shown would be a window for a moment.

    @cached_property
    def number(self) -> NumberBox:
        """The field of a number."""
        number = self._named(still(NumberBox(self)))
        number.installEventFilter(self)
        return number

    @cached_property
    def choice(self) -> QComboBox:
        """The field of a choice."""
        return self._named(still(QComboBox(self)))

    @cached_property
    def on(self) -> QCheckBox:
        """The field of a switch, and what switches a number on."""
        return self._named(QCheckBox(self))

    @cached_property
    def text(self) -> QLineEdit:
        """The field of what is written."""
        text = self._named(QLineEdit(self))
        text.setAcceptDrops(False)  # files are taken by the window
        text.installEventFilter(self)
        return text

    def _named(self, field: W) -> W:
        field.setAccessibleName(self.label.text())
        return field

    def _field_row(self) -> QHBoxLayout:
        """Return the line of the rule's own field."""
        rule = self.rule
        row = QHBoxLayout()
        row.setSpacing(4)
        if rule.kind == "choice":
            for value in rule.choices:
                self.choice.addItem(self.tr(rule.choices[value]), value)
                self.choice.setItemData(self.choice.count() - 1, self.tr(rule.choices[value]), TIP)
            self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            self.choice.setMinimumContentsLength(12)
            self.choice.activated.connect(lambda _: self._set(self.choice.currentData()))
            row.addWidget(self.choice, 1)
        elif rule.kind == "switch":
            self.on.setText(self.tr("yes"))
            self.on.clicked.connect(lambda on: self._set(bool(on)))
            row.addWidget(self.on, 1)
        elif rule.cells:
            # a table takes the whole width, and the buttons stand above it
            row.addWidget(self.label, 1)
        elif rule.kind in catalog().WRITTEN:
            self.text.editingFinished.connect(self._written)
            row.addWidget(self.text, 1)
        else:
            bound_by(self.number, rule)
            self._shown = self.number.value()
            self.number.setGroupSeparatorShown(not rule.plain)
            self.number.thousands = bool(rule.money)
            self.number.valueChanged.connect(lambda _: self._name_unit())
            self.number.editingFinished.connect(self._left)
            self._name_unit()
            self.number.setKeyboardTracking(True)
            # in languages of long words the field gives way, and not what stands beside it
            self.number.setMinimumWidth(84)
            self.number.valueChanged.connect(self._typed)
            if rule.off or rule.auto:
                self.on.setText(self.tr("set") if rule.off else self.tr("by hand"))
                self.on.clicked.connect(self._switched)
                row.addWidget(self.on)
            row.addWidget(self.number, 1)
        return row

    def _lay_out(self, row: QHBoxLayout) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 6)
        grid.setVerticalSpacing(1)
        if self.grid is None:
            grid.addWidget(self.label, 0, 0)
            grid.addLayout(row, 1, 0)
        else:
            grid.addLayout(row, 0, 0)
            grid.addWidget(self.grid, 1, 0)
        grid.addWidget(self.sentence, 2, 0)
        grid.addWidget(self.wrong, 3, 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Leave the keys of undo and redo to the window, whose changes rules are, but while something is typed that is no rule yet."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and not self._is_typed():
            undo_or_redo = QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo
            if any(event.matches(key) for key in undo_or_redo):
                event.ignore()
                return True
        return False

    def _is_typed(self) -> bool:
        """Tell whether what stands in the field is not in force, or not yet."""
        written = self.rule.kind in catalog().WRITTEN and self.grid is None
        typed = self.text.text() != self._as_written() if written else bool(self._problem()) or self._is_another()
        return self.refused or typed

    def _is_number(self) -> bool:
        return self.rule.kind not in ("choice", "switch", *catalog().WRITTEN)

    def _is_another(self) -> bool:
        """Tell whether another number stands in the field than the one in force."""
        return self._is_number() and self.number.isEnabled() and self.number.value() != self._shown

    def _problem(self) -> str:
        """Return why the number that stands in the field is not taken; "" where it is, or where there is none."""
        return self.number.problem() if self._is_number() and self.number.isEnabled() else ""

    def _name_unit(self) -> None:
        """Let the unit stand behind the number, in the singular behind one; not while the number is typed, which would write it anew."""
        if self.number.lineEdit().isModified() or self.number.problem():
            return
        unit = self.rule.unit
        one = catalog().ONE.get(unit, "")
        many, single = self.tr(unit), self.tr(one)
        if one and self.number.value() == 1 and (single != one or many == unit):
            many = single
        suffix = "".join(f" {word}" for word in (self.currency, many if unit else "") if word)
        if self.number.suffix() != suffix:
            self.number.setSuffix(suffix)
        # in languages of long words the unit may be cut
        self.number.setToolTip(literal(self.number.text()))

    def _left(self) -> None:
        """Take a number that was typed, or refused before: it may go with the other rules now."""
        self.number.lineEdit().setModified(False)
        if problem := self._problem():
            self._refuse(Refusal(problem))
            return
        self._name_unit()
        if self.refused or self._is_another():
            self._edit()

    def load(self, rules: Mapping[str, object], *, anew: bool = False) -> None:
        """Show the value in force, unless another was typed; of a project or scenario that is shown `anew` in any case."""
        if anew:
            self.timer.stop()
            self.refusal = None
        if not anew and not self.refused and self._is_another():
            return  # it is still typed
        self._rules = rules
        before, self.value = self.value, catalog().value_of(rules, self.rule)
        if self.refused and self.value != before:
            # what was refused was typed in the place of another value
            anew, self.refusal = True, None
        self.currency = catalog().currency_of_rule(self.rule, rules)
        if not self.refused:
            self._show(anew=anew)

    def _show(self, *, anew: bool = True) -> None:
        """Show the value in force, in any case or `anew` alone over what is typed and no number yet."""
        self.wrong.setText("")
        self.wrong.hide()
        number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        if self.rule.kind == "choice":
            self.choice.setCurrentIndex(self.choice.findData(self.value))
            self.choice.setToolTip(literal(self.choice.currentText()))
        elif self.rule.kind == "switch":
            self.on.setChecked(bool(self.value))
        elif self.grid is not None:
            self.grid.name_unit(self.currency)
            self.grid.show_values(self.value)
            self.grid.mark(None)
        elif self.rule.kind in catalog().WRITTEN:
            self.text.setText(self._as_written())
            self.text.setCursorPosition(0)
            self.text.setToolTip(literal(self.text.text()))
        else:
            self.number.blockSignals(True)
            shown = catalog().shown(self.rule, self.value) if number else 0.0
            if number and (self.number.value() != shown or (anew and self.number.problem())):
                # what is typed and means the same stays as it is typed
                self.number.setValue(shown)
            self.number.blockSignals(False)
            self._shown = self.number.value()
            self._name_unit()
            self.number.setEnabled(number)
            if self.rule.off or self.rule.auto:
                self.on.setChecked(number)
        self._show_back()
        self._say(self.value)

    def _show_back(self) -> None:
        """Let the way back lead to the value in force where another was refused, else to the default."""
        words = self.tr("Back to the value in force") if self.refused else self.tr("Back to the default")
        self.back.setToolTip(literal(words))
        self.back.setAccessibleName(f"{words}: {self.label.text()}")
        self.back.setEnabled(self.refused or (self.value != self.rule.default and not self._must_be_said()))

    def give_up(self) -> None:
        """Show the value in force in the place of what was refused."""
        if self.refused:
            self.refusal = None
            self._show()

    def _go_back(self) -> None:
        if self.refused:
            before = self._standing()
            self.give_up()
            self._keep_typed(before)
        else:
            self._set(None)

    def _called(self, word: str) -> str:
        """Return a word within the rule as the window calls it, a kind of incidents say."""
        return kind_in_language(self.tr, self.panel.kinds())(word)

    def _meant(self, text: str) -> str:
        """Return the word of the rules that the window calls by what was typed, of a payer that another table names say; else what was typed."""
        return next((word for word in words_within(self._rules) if self._called(word) == text), text)

    def _in_words(self, value: Any) -> str:
        """Return the rule with a value as a sentence in the window's language."""
        return in_counts(catalog().rule_in_sentence(self.rule, value, self._called, in_language, self.currency))

    def _must_be_said(self) -> bool:
        return self.rule.key in ("beats.count", "officers.start")

    def _say(self, value: Any) -> None:
        words = self._in_words(value)
        if self.rule.key == "beats.tolerance" and isinstance(value, float):
            hours = self.panel.hours(value)
            if hours:
                words += ": " + with_counts(self.tr("{0} hours a year"), "; ".join(hours))
        self.sentence.setText(words)
        self._show_sentence()

    def _show_sentence(self) -> None:
        """Show the sentence, but not of a choice that says it whole itself."""
        cut = False
        if self.rule.kind == "choice":
            choice = self.choice
            cut = choice.fontMetrics().horizontalAdvance(choice.currentText()) > choice.width() - ARROW
        self.sentence.setVisible(not self.wrong.text() and (self.rule.kind != "choice" or cut))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Say below a choice what it has no room for now."""
        super().resizeEvent(event)
        if self.rule.kind == "choice":
            self._show_sentence()

    def _as_written(self) -> str:
        """Return the value as it is typed in the window's language."""
        if self.rule.kind == "text" and isinstance(self.value, str):
            return self._called(self.value)
        return typing_of_rules().written(self.rule, self.value, own_sign(), in_language)

    def _typed(self, number: float) -> None:
        self._say(catalog().kept(self.rule, number))
        if self.number.lineEdit().isModified():
            self.timer.stop()  # between two digits it is no value yet
        else:
            self.timer.start()

    def _switched(self, on: bool) -> None:
        if on:
            begin = self.number.value() if self.number.value() > self.rule.low else self._usual()
            self._set(catalog().kept(self.rule, begin))
        else:
            self._set("auto" if self.rule.auto else None)

    def _usual(self) -> float:
        default = self.rule.default
        if isinstance(default, int | float) and not isinstance(default, bool):
            return catalog().shown(self.rule, default)
        if self.rule.key in ("beats.count", "stations.count"):
            count = self.panel.count(self.rule.section)
            if count:
                return float(count)
        return {"%": 10.0, "months": 60.0}.get(self.rule.unit, self.rule.low)

    def _edit(self) -> None:
        if self._problem():
            return  # it is still typed, or stays with its sentence
        self._shown = self.number.value()
        self._set(catalog().kept(self.rule, self._shown), typed=True)

    def _cells_typed(self) -> None:
        """Take a table as it stands now; where that does not come into force it is a step that is undone all the same."""
        if self.grid is None or not self.isEnabled():
            return
        before, value = (self.grid.before, self.refusal), self.value
        self._written(whole=self.grid.pasted)
        if self.refused or self.value == value:
            self._keep_typed(before)

    def _standing(self) -> Standing:
        return (() if self.grid is None else self.grid.cells()), self.refusal

    def _keep_typed(self, before: Standing) -> None:
        after = self._standing()
        if self.grid is not None and before != after and (before[1], after[1]) != (None, None):
            words = self.tr("{0}: what was typed").format(self.label.text())
            self.panel.typed(self.rule.key, words, (before, after))

    def stand(self, standing: Standing) -> None:
        """Let the cells stand as they stood, in force or with what was wrong with them."""
        cells, refusal = standing
        if self.grid is None:
            return
        self.refusal = None
        if refusal is None:
            self._show()
        else:
            self.grid.put_back(cells)
            self._refuse(refusal)

    def words_in_cell(self, path: str, words: str) -> str:
        """Return what is wrong with a value of the table by its path in the description, told with its row and column."""
        cell = None if self.grid is None else self.grid.place_of(path.removeprefix(f"{self.rule.key}."))
        if self.grid is None or cell is None:
            return words
        self._cell = self._cell or cell
        return self.grid.words_at(cell, words)

    def _written(self, *, whole: bool = True) -> None:
        """Take a date, list or table that was written; where it need not be `whole` a cell in which nothing stands yet is waited for."""
        if not self.isEnabled():
            return
        try:
            if self.grid is not None:
                value = self.grid.values()
                as_it_was = value == self.grid.without_empty(self.value)
            else:
                as_it_was = self.text.text() == self._as_written()
                text = self._meant(self.text.text().strip()) if self.rule.kind == "text" else self.text.text()
                value = self.value if as_it_was else typing_of_rules().typed(self.rule, text, own_sign())
        except CellError as problem:
            self._refuse(Refusal(str(problem), problem.place, waits=problem.missing and not whole))
            return
        except ValueError as error:
            self._refuse(Refusal(in_language(self.tr(str(error)))))
            return
        if self.refused or not as_it_was:
            self._set(value, typed=True)

    def commit(self) -> None:
        """Take what was typed at once, and what was refused where it can be taken now."""
        if self.rule.kind in catalog().WRITTEN:
            self._written()
        elif problem := self._problem():
            self._refuse(Refusal(problem))
        elif self._is_another() or (self.refused and self._is_number() and self.number.isEnabled()):
            self._edit()

    def _set(self, value: Any, *, typed: bool = False) -> None:
        """Change the rule; where that is refused, say why: what was `typed` stays, a choice or a switch shows what is in force again."""
        self.timer.stop()
        was, self.refusal, self._cell = self.refused, None, None
        problem = self.panel.set({self.rule.key: value})
        if problem and typed:
            self._refuse(Refusal(problem, self._cell))
            return
        if problem or was:
            self._show()
        self._warn(problem)

    def _refuse(self, refusal: Refusal) -> None:
        """Leave what was typed in the field, with the reason below it."""
        self.timer.stop()
        self.refusal = refusal
        self._show_back()
        words = refusal.words
        if self.grid is not None:
            self.grid.mark(None if refusal.waits else refusal.cell, words)
            words = "\n".join((words, self.tr("Until then the values before stay in force.")))
        self._warn("" if refusal.waits else words)
        if refusal.waits:
            self.sentence.setText(words)

    def _warn(self, problem: str) -> None:
        # in the place of the sentence, so that what stands below stays under the pointer
        self.wrong.setText(problem)
        self.wrong.setVisible(bool(problem))
        self._show_sentence()

    def explain(self) -> None:
        """Say why there is such a rule, its default and where that comes from."""
        default = self.rule.default
        words = (
            self.tr("There is no default.")
            if default is None and self._must_be_said()
            else self.tr("Default: {0}.").format(self._in_words(default))
        )
        text = f"{self.label.text()}\n\n{self.tr(self.rule.why)}\n\n{words}\n{self.tr(self.rule.source)}"
        place = self.why.mapToGlobal(self.why.rect().bottomLeft())
        QWhatsThis.showText(
            place,
            "<p>"
            + text.replace("&", "&amp;").replace("<", "&lt;").replace("\n\n", "</p><p>").replace("\n", "<br>")
            + "</p>",
            self,
        )
        self.panel.explained = text
