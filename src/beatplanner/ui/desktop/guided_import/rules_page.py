"""The page of the guided import where the first rules are set."""

from __future__ import annotations

from PySide6.QtCore import QDate
from PySide6.QtWidgets import (
    QCheckBox,
    QDateEdit,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
)

from beatplanner.data.description.rules import BY_KEY
from beatplanner.ui.desktop.guided_import.page import Page, Wizard
from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.toolkit.figures_text import number, written_day
from beatplanner.ui.desktop.toolkit.number_box import NumberBox, WholeBox, bound_by
from beatplanner.ui.desktop.toolkit.quiet import quiet


class RulesPage(Page):
    """The few rules that a project begins with."""

    def __init__(self, wizard: Wizard) -> None:
        super().__init__(wizard)
        self.text(self.tr("A project begins with these rules; all of them, and many more, can be changed later."))
        form = QFormLayout()
        form.setVerticalSpacing(10)
        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name of the project"))
        form.addRow(self.tr("Name of the project"), self.name)
        self.auto = QCheckBox(self.tr("as many as the workload needs"))
        self.beats = WholeBox()
        bound_by(self.beats, BY_KEY["beats.count"])
        self.beats.setAccessibleName(self.tr("Number of beats"))
        self.auto.toggled.connect(self.beats.setDisabled)
        row = QHBoxLayout()
        row.addWidget(self.beats)
        row.addWidget(self.auto)
        row.addStretch(1)
        form.addRow(self.tr("Number of beats"), row)
        self.today = Label()
        self.today.setWordWrap(True)
        quiet(self.today)
        form.addRow("", self.today)
        self.tolerance = NumberBox()
        bound_by(self.tolerance, BY_KEY["beats.tolerance"])
        self.tolerance.setPrefix("± ")
        self.tolerance.setSuffix(" %")
        self.tolerance.setAccessibleName(self.tr("Tolerance"))
        self.tolerance.setToolTip(self.tr("How far the workload of a beat may lie from the mean of its municipality."))
        form.addRow(self.tr("Workload of a beat"), self.tolerance)
        self.stations = WholeBox()
        bound_by(self.stations, BY_KEY["stations.count"])
        self.stations.setMinimum(0)
        self.stations.usual = 0, BY_KEY["stations.count"].high
        self.stations.setSpecialValueText(self.tr("none planned"))
        self.stations.setAccessibleName(self.tr("Outreach stations"))
        form.addRow(self.tr("Outreach stations"), self.stations)
        self.days = WholeBox()
        self.days.setRange(0, 36500)
        self.days.setSpecialValueText(self.tr("one year"))
        self.days.setSuffix(self.tr(" days"))
        self.days.setAccessibleName(self.tr("Days that the incidents cover"))
        self.days_label = Label(self.tr("The incidents cover"))
        form.addRow(self.days_label, self.days)
        self.start = QDateEdit()
        self.start.setCalendarPopup(True)
        self.start.setDisplayFormat(written_day())
        self.start.setAccessibleName(self.tr("First day of the officers' plan"))
        self.start_label = Label(self.tr("Officers are planned from"))
        form.addRow(self.start_label, self.start)
        self.years = WholeBox()
        bound_by(self.years, BY_KEY["officers.years"])
        self.years.setSuffix(self.tr(" years"))
        self.years.setAccessibleName(self.tr("Years planned"))
        self.years_label = Label(self.tr("for"))
        form.addRow(self.years_label, self.years)
        for box in (self.beats, self.tolerance, self.stations, self.days, self.years, self.start):
            box.setMaximumWidth(200)
        self.column.addLayout(form)
        self.column.addStretch(1)

    def enter(self) -> None:
        """Show the rules."""
        rules = self.draft.rules
        self.name.setText(rules.name)
        self.auto.setChecked(rules.beats == "auto")
        self.beats.setValue(rules.beats if isinstance(rules.beats, int) else max(1, self.draft.beats_of_today() or 10))
        today = self.draft.beats_of_today()
        self.today.setText(
            self.tr("Today there are {0}.").format(number(today)) if today else self.tr("Today's beats are not known.")
        )
        self.tolerance.setValue(rules.tolerance * 100)
        self.stations.setValue(rules.stations)
        self.days.setValue(rules.days)
        incidents = self.draft.first("incidents")
        asks_days = incidents is not None and "time" not in incidents.columns
        for widget in (self.days, self.days_label):
            widget.setVisible(asks_days)
        for widget in (self.start, self.start_label, self.years, self.years_label):
            widget.setVisible(self.draft.first("roster") is not None)
        self.start.setDate(QDate.fromString(rules.start, "yyyy-MM-dd"))
        self.years.setValue(rules.years)

    def problems(self) -> list[str]:
        """Return which numbers are not taken, and why."""
        boxes = (self.beats, self.tolerance, self.stations, self.days, self.years)
        asked = [box for box in boxes if box.isVisibleTo(self) and box.isEnabled()]
        return [f"{box.accessibleName()}: {said}" for box in asked if (said := box.problem())]

    def leave(self) -> None:
        """Take the rules."""
        rules = self.draft.rules
        rules.name = self.name.text().strip() or rules.name
        rules.beats = "auto" if self.auto.isChecked() else self.beats.value()
        rules.tolerance = self.tolerance.value() / 100
        rules.stations = self.stations.value()
        rules.days = self.days.value()
        rules.start = self.start.date().toString("yyyy-MM-dd")
        rules.years = self.years.value()
