"""The service, hour by hour: the week's clock, the plan beside today, and each beat in a shift."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from beatplanner.data.result.sections import number_of
from beatplanner.data.result.service import ServiceContent, ShiftFigures, TodayOfShift
from beatplanner.data.result.service_files import fates, nobody_share, response_minutes
from beatplanner.ui.desktop.panels.charts import Bar, BarList
from beatplanner.ui.desktop.panels.week_clock import WeekClock
from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.toolkit.called import called
from beatplanner.ui.desktop.toolkit.figures_text import NONE, number, percent
from beatplanner.ui.desktop.toolkit.in_language import in_language
from beatplanner.ui.desktop.toolkit.narrow import Choice
from beatplanner.ui.desktop.toolkit.quiet import quiet
from beatplanner.ui.desktop.toolkit.still_field import still

# Figures of the table, and those that can be shown by beat.
FIGURES = (
    "response_minutes",
    "mean_minutes",
    "p90_minutes",
    "own_share",
    "wait_share",
    "lost_share",
    "away_share",
    "people_share",
)
BY_BEAT = ("response_minutes", "own_share", "people_share", "nobody_share")


class ServicePage(QWidget):
    """What the plan in force means when calls come.

    Signals
    -------
    picked
        A beat was picked.
    mapped
        What the map shall be shaded by: the figure's name and its values by beat; "" and None for nothing.
    """

    picked = Signal(str)
    mapped = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.service: ServiceContent | None = None
        self.before: ServiceContent | None = None
        self.names: dict[str, str] = {}
        self.colours: dict[str, str] = {}
        self.titles = {
            "response_minutes": self.tr("Minutes until somebody is there"),
            "mean_minutes": self.tr("Of them travel"),
            "p90_minutes": self.tr("Travel to nine of ten calls, minutes at most"),
            "own_share": self.tr("Calls answered by an officer of the beat"),
            "wait_share": self.tr("Calls that wait because all are busy"),
            "lost_share": self.tr("Calls lost because all are busy or nobody is on duty"),
            "away_share": self.tr("Time on duty on calls of other beats"),
            "people_share": self.tr("Time on duty left for people"),
            "nobody_share": self.tr("Share of the week with nobody of the beat on duty"),
        }
        self.said = Label()
        self.said.setWordWrap(True)
        self.said.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.clock = WeekClock(self.tr("Calls by hour of the week"))
        # neither a long text nor the long name of a shift may push the clock out of the panel
        self.shift, self.measure = still(Choice()), still(Choice())
        self.shift.setAccessibleName(self.tr("Shift"))
        self.measure.setAccessibleName(self.tr("Figure that the chart of the beats shows"))
        for key in BY_BEAT:
            self.measure.addItem(self.titles[key], key)
        self.on_map = QCheckBox(self.tr("Shade the map by this figure"))
        self.on_map.setToolTip(self.tr("Shade the map by this figure in this shift"))
        self.on_map.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.on_map.toggled.connect(lambda _: self.show_on_map())
        self.table = QGridLayout()
        self.table.setColumnStretch(0, 1)
        self.bars = BarList(self.tr("Service of the beats"))
        self.notes = Label()
        self.notes.setWordWrap(True)
        quiet(self.notes)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(6, 6, 6, 6)
        for widget in (self.said, self.clock, self.shift, self.measure, self.on_map):
            column.addWidget(widget)
        column.addLayout(self.table)
        self.bars.setMinimumHeight(160)
        column.addWidget(self.bars, 1)
        column.addWidget(self.notes)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)
        self.shift.currentIndexChanged.connect(lambda _: self.show_shift())
        self.measure.currentIndexChanged.connect(lambda _: self.show_beats())
        self.bars.picked.connect(self.picked)
        self.take(None, {}, {})

    def take(
        self,
        service: ServiceContent | None,
        names: dict[str, str],
        colours: dict[str, str],
        before: ServiceContent | None = None,
    ) -> None:
        """Show the service of a plan, or of what is drawn on it, `before` being the plan's; `names` and `colours` by beat."""
        self.service, self.names, self.colours, self.before = service, names, colours, before
        shown = self.shift.currentData()
        self.shift.blockSignals(True)
        self.shift.clear()
        if service is not None:
            self.shift.addItem(self.tr("Whole week"), -1)
            for i, shift in enumerate(service["shifts"]):
                self.shift.addItem(str(shift["name"]), i)
            self.shift.setCurrentIndex(max(0, self.shift.findData(shown)))
        self.shift.blockSignals(False)
        for widget in (self.clock, self.shift, self.measure, self.on_map, self.bars, self.notes):
            widget.setVisible(service is not None)
        self.clock.take((service["week"] if service is not None else None) or ())
        self.said.setText(self._of_what())
        self.notes.setText("\n".join(in_language(n) for n in (service["notes"] if service is not None else ())))
        self.show_shift()

    def call(self, names: dict[str, str]) -> None:
        """Call the beats by these names, whatever is counted of them."""
        if self.service is not None and names != self.names:
            self.names = names
            self.show_beats()

    def _of_what(self) -> str:
        if self.service is None:
            return self.tr(
                "No shifts are given. With a section [service] in the project, a plan tells how long until somebody comes, how often it is"
                " the own officer, and what time is left for people."
            )
        how: dict[str, Callable[[], str]] = {
            "exact": lambda: self.tr("Counted exactly by the queueing model."),
            "approximate": lambda: self.tr("Counted by the queueing model's approximation."),
            "simulate": lambda: self.tr("Simulated."),
        }
        return how[self.service["method"]]()

    def _chosen(self) -> tuple[ServiceContent | ShiftFigures, Mapping[str, object], Mapping[str, object]]:
        """Return the figures of what is shown, of the plan that it was drawn on, and of today, in the shift that is chosen."""
        assert self.service is not None
        at, plan = self.shift.currentData(), self.service if self.before is None else self.before
        today = plan.get("today")
        if at is None or at < 0:
            return self.service, self.before or {}, today or {}
        shift = self.service["shifts"][at]

        def same(shifts: Sequence[ShiftFigures | TodayOfShift]) -> Mapping[str, object]:
            return next((s for s in shifts if s["name"] == shift["name"]), {})

        before = () if self.before is None else self.before["shifts"]
        return shift, same(before), same(() if today is None else today["shifts"])

    def _text(self, key: str, value: float | None) -> str:
        return number(value, 1) if key.endswith("minutes") else percent(value)

    def show_shift(self) -> None:
        """Show the figures of the shift that is chosen."""
        while self.table.count():
            item = self.table.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                # it goes later: until then it must not stand below the new figures
                widget.hide()
                widget.deleteLater()
        if self.service is None:
            self.bars.take([])
            self.show_on_map()
            return
        shown, plan, today = self._chosen()
        columns: list[tuple[str, Mapping[str, object]]] = [
            (self.tr("The plan") if self.before is None else self.tr("Drawn"), shown)
        ]
        columns += [(self.tr("The plan"), plan)] if plan else []
        columns += [(self.tr("Today"), today)] if today else []
        rows = [("", *(head for head, _ in columns))]
        if shown.get("servers_on_duty") is not None:
            on_duty = (number(number_of(figures, "servers_on_duty")) for _, figures in columns)
            rows.append((self.tr("Officers on duty"), *on_duty))
        # what is drawn is counted without the rules of its plan beside it
        hidden = {"wait_share", "lost_share"} - set(
            fates({"queue": None if self.before is None else self.before.get("queue"), **self.service})
        )
        keys = [k for k in FIGURES if k not in hidden]
        rows += [(self.titles[k], *(self._text(k, _value(k, figures)) for _, figures in columns)) for k in keys]
        for r, row in enumerate(rows):
            for c, text in enumerate(row):
                label = Label(text)
                label.setWordWrap(c == 0)
                self.table.addWidget(label, r, c)
        self.show_beats()

    def values(self) -> dict[str, float | None]:
        """Return the figure that is chosen by beat, in the shift that is chosen."""
        assert self.service is not None
        key, plan = self.measure.currentData(), self._chosen()[0]
        if key == "nobody_share":
            return dict(nobody_share(self.service))
        return {b: _value(key, f) for b, f in plan["beats"].items()}

    def show_beats(self) -> None:
        """Show each beat's bar."""
        if self.service is None:
            return
        key = self.measure.currentData()
        bars = []
        for beat, value in self.values().items():
            label = called(beat, self.names.get(beat, beat))
            text = self._text(key, value)
            tip = f"{label}: {self.titles[key]}: {text if text != NONE else self.tr('unknown')}"
            colour = QColor(self.colours[beat]) if beat in self.colours else None
            bars.append(Bar(beat, label, np.nan if value is None else value, text, tip, None, colour))
        bars.sort(key=lambda b: (not np.isfinite(b.value), -b.value if np.isfinite(b.value) else 0.0, b.label))
        self.bars.take(bars, high=None if key.endswith("minutes") else 1.0)
        self.show_on_map()

    def show_on_map(self) -> None:
        """Say what the map is shaded by."""
        if self.service is None or not self.on_map.isChecked():
            self.mapped.emit("", None)
            return
        # classes of a legend are told as numbers: shares as per cent
        share = str(self.measure.currentData()).endswith("_share")
        values = {b: v if v is None or not share else 100 * v for b, v in self.values().items()}
        text = f"{self.measure.currentText()}, %" if share else self.measure.currentText()
        self.mapped.emit(f"{text} – {self.shift.currentText()}", values)


def _value(key: str, figures: Mapping[str, object]) -> float | None:
    return response_minutes(figures) if key == "response_minutes" else number_of(figures, key)
