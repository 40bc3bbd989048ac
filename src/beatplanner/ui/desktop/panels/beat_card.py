"""The card of a beat: everything that a planner asks of it, in words, bars and columns."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from beatplanner.ui.desktop.panels.card_words import KINDS, CardSection, CardWords
from beatplanner.ui.desktop.panels.charts import Bar, BarList, Columns
from beatplanner.ui.desktop.plain_text import Label, literal
from beatplanner.ui.desktop.toolkit.amount_words import amount_line, amount_number, amount_word
from beatplanner.ui.desktop.toolkit.figures_text import number, weekday, weekdays
from beatplanner.ui.desktop.toolkit.in_language import with_counts
from beatplanner.ui.desktop.toolkit.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Callable

    from beatplanner.planning.forum.beat_cards import BeatBook, BeatCard, BeatIncidents

# Hours between the figures under the columns of a day.
TICK = 6


class BeatCardView(QScrollArea):
    """Shows a card.

    Signals
    -------
    picked
        A neighbour was clicked.
    stepped
        The next (1) or the previous (−1) beat is wanted.
    zoomed, copied
        The buttons.
    """

    picked = Signal(str)
    stepped = Signal(int)
    zoomed = Signal()
    copied = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = CardWords(self)
        self.card: BeatCard | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Card of the beat"))
        self.page = page = QWidget()
        self.column = QVBoxLayout(page)
        self.column.setContentsMargins(8, 6, 8, 8)
        self.column.setSpacing(4)
        self.name = Label()
        font = self.name.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.3)
        self.name.setFont(font)
        self.under = Label()
        quiet(self.under)
        for label in (self.name, self.under):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.name.setAccessibleName(self.tr("Beat"))
        step, act = self._buttons()
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.name, 1)
        head.addLayout(step)
        self.column.addLayout(head)
        self.column.addWidget(self.under)
        self.column.addLayout(act)
        self.body = QWidget()
        self.column.addWidget(self.body)
        self.column.addStretch(1)
        self.setWidget(page)
        self.say(self.tr("Click a beat on the map or in the table."))

    def _buttons(self) -> tuple[QHBoxLayout, QHBoxLayout]:
        """Return those that step to another beat, beside the name, and the others: all four are wider than the panel where the text is large."""
        step, act = QHBoxLayout(), QHBoxLayout()
        for row in (step, act):
            row.setSpacing(4)
        self.previous, self.next = QPushButton("◀"), QPushButton("▶")
        self.zoom, self.copy = QPushButton(self.tr("Zoom to it")), QPushButton(self.tr("Copy"))
        for button, name, tip, slot in (
            (
                self.previous,
                self.tr("Previous beat"),
                self.tr("Previous beat of the table (Ctrl+PgUp)"),
                lambda: self.stepped.emit(-1),
            ),
            (
                self.next,
                self.tr("Next beat"),
                self.tr("Next beat of the table (Ctrl+PgDown)"),
                lambda: self.stepped.emit(1),
            ),
            (self.zoom, self.tr("Zoom to the beat"), self.tr("Show the beat large on the map"), self.zoomed.emit),
            (
                self.copy,
                self.tr("Copy the card as text"),
                self.tr("Copy the card as text, without officers' names and small figures (Ctrl+Alt+C)"),
                self.copied.emit,
            ),
        ):
            button.setAccessibleName(name)
            button.setToolTip(tip)
            button.clicked.connect(slot)
        for button in (self.previous, self.next):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            button.setMaximumWidth(button.fontMetrics().height() * 2 + 8)
            step.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        for button in (self.zoom, self.copy):
            act.addWidget(button)
        return step, act

    def say(self, text: str) -> None:
        """Show a sentence in place of a card."""
        self.card = None
        self.name.setText(text)
        self.under.setText("")
        self._put(QWidget())
        for button in (self.zoom, self.copy):
            button.setEnabled(False)

    def _put(self, body: QWidget) -> None:
        """Show another body."""
        self.column.replaceWidget(self.body, body)
        self.body.hide()
        self.body.deleteLater()
        self.body = body

    def show_card(self, card: BeatCard, book: BeatBook, planned: BeatCard | None = None) -> None:
        """Show a card; where it is as drawn, `planned` is the plan's card of the same beat (None: the plan has no such beat)."""
        at = self.verticalScrollBar().value() if self.card is not None else 0
        self.card = card
        self.name.setText(self.words.title(card))
        self.under.setText(self.words.under(card))
        for button in (self.zoom, self.copy):
            button.setEnabled(True)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(3)
        if book.drawn:
            marked = _text(self.words.as_drawn(card, planned))
            marked.setAccessibleName(self.tr("What is drawn and not in the plan"))
            font = marked.font()
            font.setItalic(True)
            marked.setFont(font)
            column.addWidget(marked)
        column.addWidget(self._tiles(card, planned))
        for section in self.words.sections(card, book):
            column.addWidget(_heading(section.title))
            if section.key == "work":
                column.addWidget(self._hours(card))
                for bars in self._balances(card):
                    column.addWidget(bars)
            if card.problems is not None and section.key == "problems":
                self._charts(column, card.problems, section, self.words.kinds(book))
                continue
            if section.lines:
                column.addWidget(_text("\n".join(section.lines)))
            if section.links:
                column.addWidget(self._links(section))
        self._put(body)
        # the next card is read where the last one was
        self.page.adjustSize()
        self.verticalScrollBar().setValue(at)

    def _tiles(self, card: BeatCard, planned: BeatCard | None = None) -> QWidget:
        frame = QFrame()
        frame.setFrameShape(QFrame.Shape.StyledPanel)
        grid = QGridLayout(frame)
        grid.setContentsMargins(8, 6, 8, 6)
        grid.setVerticalSpacing(0)
        before = [] if planned is None else [value for value, _ in self.words.tiles(planned)]
        for k, (value, what) in enumerate(self.words.tiles(card)):
            changed = bool(before) and before[k] != value
            figure, caption = Label(value), Label(what)
            font = figure.font()
            font.setBold(True)
            font.setItalic(changed)
            if changed:
                figure.setToolTip(literal(self.tr("In the plan: {0}").format(before[k])))
            font.setPointSizeF(font.pointSizeF() * 1.15)
            figure.setFont(font)
            figure.setAccessibleName(f"{what}: {value}")
            caption.setWordWrap(True)
            quiet(caption)
            small = caption.font()
            small.setPointSizeF(small.pointSizeF() * 0.9)
            caption.setFont(small)
            caption.setAlignment(Qt.AlignmentFlag.AlignTop)
            # apart from the figure below it
            caption.setContentsMargins(0, 0, 0, 4)
            row = 2 * (k // 3)
            grid.addWidget(figure, row, k % 3)
            grid.addWidget(caption, row + 1, k % 3)
            grid.setColumnStretch(k % 3, 1)
        return frame

    def _hours(self, card: BeatCard) -> BarList:
        band = None if card.lower is None or card.upper is None else (card.lower, card.upper)
        bars = BarList(self.tr("Hours of the beat and what the rules allow"), pickable=False)
        lines = self.words.work_section(card).lines
        tip = " ".join(lines[: len(lines) - len(card.balances)])
        bars.take([Bar("", self.tr("Hours"), card.hours, number(card.hours), tip, band)])
        return bars

    def _balances(self, card: BeatCard) -> list[BarList]:
        """Return a bar for each amount that is balanced beside the hours; each has a scale of its own."""
        found = []
        for b in card.balances:
            name, has = amount_word(b.name), amount_number(b.held, b.mean)
            bars = BarList(self.tr("{0} of the beat and what the rules allow").format(name), pickable=False)
            bars.take([Bar("", name, b.held, has, amount_line(b), (b.lower, b.upper))])
            found.append(bars)
        return found

    def _charts(
        self, column: QVBoxLayout, problems: BeatIncidents, section: CardSection, called: Callable[[str], str]
    ) -> None:
        column.addWidget(_text(section.lines[0]))
        shown = [(called(kind), n) for kind, n in problems.by_category]
        if len(shown) > KINDS + 1:
            shown, kinds = shown[:KINDS], len(shown) - KINDS
            rest = sum(n for _, n in problems.by_category[KINDS:])
            shown.append((with_counts(self.tr("{0} other kinds"), kinds), rest))
        if shown:
            bars = BarList(self.tr("Problems by kind"), pickable=False)
            bars.take(
                [Bar("", kind, n, number(n), self.tr("{0}: {1} recorded").format(kind, number(n))) for kind, n in shown]
            )
            column.addWidget(bars)
        if problems.by_hour is not None:
            hours = Columns(self.tr("Problems by hour of the day"))
            tips = [
                self.tr("{0}:00 to {1}:00: {2} recorded").format(h, h + 1, number(n))
                for h, n in enumerate(problems.by_hour)
            ]
            hours.take(problems.by_hour, [str(h) if h % TICK == 0 else "" for h in range(24)], tips, "; ".join(tips))
            column.addWidget(_caption(self.tr("By hour of the day")))
            column.addWidget(hours)
        if problems.by_weekday is not None:
            days = Columns(self.tr("Problems by day of the week"))
            tips = [
                self.tr("{0}: {1} recorded").format(weekday(d), number(n)) for d, n in enumerate(problems.by_weekday)
            ]
            days.take(problems.by_weekday, weekdays(), tips, "; ".join(tips))
            column.addWidget(_caption(self.tr("By day of the week")))
            column.addWidget(days)
        if len(section.lines) > 1:
            column.addWidget(_text("\n".join(section.lines[1:])))

    def _links(self, section: CardSection) -> QLabel:
        said = "<br>".join(
            f'<a href="{html.escape(beat, quote=True)}">{html.escape(text)}</a>' for text, beat in section.links
        )
        label = Label(said)
        label.setTextFormat(Qt.TextFormat.RichText)
        label.setWordWrap(True)
        label.setAccessibleName(section.title)
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByKeyboard | Qt.TextInteractionFlag.LinksAccessibleByMouse
        )
        label.linkActivated.connect(self.picked.emit)
        return label


def _heading(text: str) -> QLabel:
    label = Label(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    label.setContentsMargins(0, 8, 0, 0)
    return label


def _caption(text: str) -> QLabel:
    label = Label(text)
    quiet(label)
    label.setContentsMargins(0, 4, 0, 0)
    return label


def _text(text: str) -> QLabel:
    label = Label(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label
