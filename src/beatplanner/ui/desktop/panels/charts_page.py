"""Charts of all beats, one figure at a time, sorted; a bar is a beat on the map and in the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QVBoxLayout, QWidget

from beatplanner.data.result.sections import ruled_hours
from beatplanner.ui.desktop.panels.charts import Bar, BarList
from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.toolkit.called import called
from beatplanner.ui.desktop.toolkit.figures_text import as_set, number, percent
from beatplanner.ui.desktop.toolkit.in_language import with_counts
from beatplanner.ui.desktop.toolkit.narrow import Choice
from beatplanner.ui.desktop.toolkit.quiet import quiet
from beatplanner.ui.desktop.toolkit.still_field import still

if TYPE_CHECKING:
    from beatplanner.data.result.summary import Claims
    from beatplanner.planning.forum.beat_cards import BeatBook

MEASURES = ("hours", "deviation", "residents", "within", "walk", "moved", "officers", "incidents")
ORDERS = ("largest", "smallest", "name")


class ChartsPage(QWidget):
    """One chart of all beats.

    Signals
    -------
    picked
        A bar was picked.
    """

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.book: BeatBook | None = None
        self.planned: BeatBook | None = None
        self.colours: dict[str, str] = {}
        self.marked = ""
        self.titles = {
            "hours": self.tr("Officer hours a year"),
            "deviation": self.tr("Deviation from the mean"),
            "residents": self.tr("Residents"),
            "within": self.tr("Residents within the walking limit"),
            "walk": self.tr("Mean walk to a station, minutes"),
            "moved": self.tr("Residents who change beat"),
            "officers": self.tr("Officers needed"),
            "incidents": self.tr("Incidents a year"),
        }
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(4)
        self.measure, self.order = still(Choice()), still(Choice())
        self.measure.setAccessibleName(self.tr("Figure that the chart shows"))
        self.order.setAccessibleName(self.tr("Order of the bars"))
        for order, text in zip(
            ORDERS, (self.tr("Largest first"), self.tr("Smallest first"), self.tr("By name")), strict=True
        ):
            self.order.addItem(text, order)
        # one below the other: side by side no panel is wide enough for the longer figures
        column.addWidget(self.measure)
        column.addWidget(self.order)
        self.note = Label()
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        quiet(self.note)
        column.addWidget(self.note)
        self.bars = BarList(self.tr("Chart of the beats"))
        column.addWidget(self.bars, 1)
        self.measure.currentIndexChanged.connect(lambda _: self.show_chart())
        self.order.currentIndexChanged.connect(lambda _: self.show_chart())
        self.bars.picked.connect(self._picked)

    def _picked(self, beat: str) -> None:
        self.marked = beat
        self.picked.emit(beat)

    def take(self, book: BeatBook | None, colours: dict[str, str], planned: BeatBook | None = None) -> None:
        """Show the beats of another plan; `colours` are their fills on the map, `planned` the plan's book where `book` is as drawn."""
        self.book, self.colours, self.planned = book, colours, planned
        before = self.measure.currentData()
        self.measure.blockSignals(True)
        self.measure.clear()
        if book is not None:
            for key in MEASURES:
                if any(np.isfinite(v) for v in self._values(key)):
                    self.measure.addItem(self.titles[key], key)
        self.measure.setCurrentIndex(max(0, self.measure.findData(before)))
        self.measure.blockSignals(False)
        self.measure.setEnabled(book is not None)
        self.order.setEnabled(book is not None)
        self.show_chart()

    def choose(self, measure: str) -> None:
        """Show another figure."""
        self.measure.setCurrentIndex(self.measure.findData(measure))

    def _values(self, key: str, book: BeatBook | None = None) -> list[float]:
        book = book or self.book
        assert book is not None and book.tables.beats is not None
        beats, figures = book.tables.beats, book.figures
        frame, column = {
            "hours": (beats, "workload"),
            "deviation": (beats, "deviation"),
            "residents": (beats, "population"),
            "within": (figures, "share_within"),
            "walk": (figures, "walk_minutes"),
            "moved": (beats, "moved_in"),
            "officers": (beats, "officers_required"),
            "incidents": (figures, "incidents"),
        }[key]
        return [float(v) if v is not None else np.nan for v in frame[column]]

    def _text(self, key: str, value: float) -> str:
        if key == "deviation":
            return percent(value, 1, sign=True)
        return percent(value) if key == "within" else number(value)

    def _said(self, key: str, value: float) -> str:
        """Return a figure with its unit."""
        limit = as_set(self.book.tables.summary.get("stations", {}).get("walk_minutes")) if self.book else ""
        form = {
            "hours": self.tr("{0} officer hours a year"),
            "deviation": self.tr("{0} from the mean of its municipality"),
            "residents": self.tr("{0} residents"),
            "within": self.tr("{0} of residents within {1} minutes on foot of a station"),
            "walk": self.tr("{0} minutes on foot to the station, on average"),
            "moved": self.tr("{0} residents come from another of today's beats"),
            "officers": self.tr("{0} officers needed"),
            "incidents": self.tr("{0} incidents a year"),
        }[key]
        return with_counts(form, self._text(key, value), limit)

    def _limits(self) -> dict[str, Claims]:
        assert self.book is not None
        return {str(m["municipality"] or ""): m for m in ruled_hours(self.book.tables.summary)}

    def show_chart(self) -> None:
        """Draw the figure that is chosen, in the order that is chosen."""
        key = self.measure.currentData()
        if self.book is None or key is None:
            self.bars.take([])
            self.note.setText(self.tr("There is no plan yet."))
            return
        book, limits = self.book, self._limits()
        beats = book.tables.beats
        assert beats is not None
        was = {} if self.planned is None else dict(zip(self.planned.ids, self._values(key, self.planned), strict=True))
        bars = []
        for beat, municipality, value in zip(book.ids, beats["municipality"], self._values(key), strict=True):
            rule = limits.get(str(municipality or ""))
            band = None
            if rule is not None and key == "hours":
                band = (float(rule["lower"]), float(rule["upper"]))
            elif rule is not None and key == "deviation":
                band = (-float(rule["tolerance"]), float(rule["tolerance"]))
            name = book.names[beat]
            label = called(beat, name)
            title = f"{label} ({self.tr('beat {0}').format(beat)})" if label == name and name != beat else label
            tip = f"{title}: {self._said(key, value) if np.isfinite(value) else self.tr('unknown')}"
            if band is not None:
                tip += self.tr("; allowed {0} to {1}").format(*(self._text(key, v) for v in band))
            before = was.get(beat, value)
            if self.planned is not None and beat not in was:
                tip += self.tr("; not in the plan")
            elif self._text(key, before) != self._text(key, value):
                tip += self.tr("; in the plan: {0}").format(self._text(key, before))
            else:
                before = np.nan
            colour = QColor(self.colours[beat]) if beat in self.colours else None
            bars.append(Bar(beat, label, value, self._text(key, value), tip, band, colour, before))
        order = self.order.currentData()
        if order == "name":
            bars.sort(key=lambda b: b.label.casefold())
        else:
            sign = -1 if order == "largest" else 1
            bars.sort(
                key=lambda b: (not np.isfinite(b.value), sign * b.value if np.isfinite(b.value) else 0.0, b.label)
            )
        self.bars.take(bars, high=1.0 if key == "within" else None)
        self.bars.setAccessibleName(self.tr("Chart of the beats: {0}").format(self.titles[key]))
        self.note.setText(self._note(key, bars))
        self.bars.mark(self.marked)

    def _note(self, key: str, bars: list[Bar]) -> str:
        known = [b for b in bars if np.isfinite(b.value)]
        if not known:
            return ""
        least, most = min(known, key=lambda b: b.value), max(known, key=lambda b: b.value)
        lines = [self.tr("As drawn; a line across a bar is the plan.")] if self.planned is not None else []
        lines.append(self.tr("From {0} ({1}) to {2} ({3}).").format(least.text, least.label, most.text, most.label))
        if any(b.band is not None for b in bars):
            outside = sum(b.outside != 0 for b in bars)
            lines.append(
                self.tr("Green: what the rules allow. ")
                + (
                    self.tr("Every beat is inside.")
                    if not outside
                    else self.tr("{0} outside, marked ▲ or ▼.").format(outside)
                )
            )
        if key == "within" and self.book is not None:
            lines.append(
                with_counts(
                    self.tr("Limit: {0} minutes on foot."),
                    as_set(self.book.tables.summary.get("stations", {}).get("walk_minutes")),
                )
            )  # type: ignore[union-attr]
        return " ".join(lines)

    def mark(self, beat: str) -> None:
        """Show which beat is picked."""
        self.marked = beat
        self.bars.mark(beat)
