"""The table of beats below the map: the plan's, before there is one today's, and where neither is there a sentence that says so.

`TablePanel` is mixed into the main window; it needs ``scenario``, ``solving``, ``table``, ``table_model`` and ``sorted_model``.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.session.today import Today


class TablePanel:
    """The main window's table."""

    def make_table_panel(self: Any) -> QWidget:
        """Return the table with a field that filters it, and what is said in its place."""
        self.table_filter = QLineEdit()
        self.table_filter.setPlaceholderText(self.tr("Filter beats by name, number or municipality…"))
        self.table_filter.setAccessibleName(self.tr("Filter the table of beats"))
        self.table_filter.setClearButtonEnabled(True)
        self.sorted_model.setFilterKeyColumn(-1)
        self.sorted_model.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.table_filter.textChanged.connect(self.sorted_model.setFilterFixedString)
        self.today = Today(self.scenario, self)
        self.today.counted.connect(self.show_today)
        self.counting = Label(self.tr("Counting…"))
        self.counting.hide()
        self.no_beats = Label()
        self.no_beats.setWordWrap(True)
        self.no_beats.setTextFormat(Qt.TextFormat.PlainText)
        self.first_plan = QPushButton(self.tr("Plan"))
        self.first_plan.setToolTip(self.tr("Draw the beats, place the stations and assign the officers."))
        self.first_plan.clicked.connect(self.run_plan)
        empty = QWidget()
        row = QHBoxLayout(empty)
        row.addWidget(self.no_beats, 1)
        row.addWidget(self.first_plan)
        self.table_pages = QStackedWidget()
        self.table_pages.addWidget(self.table)
        self.table_pages.addWidget(empty)
        panel = QWidget()
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        above = QHBoxLayout()
        above.addWidget(self.table_filter, 1)
        above.addWidget(self.counting)
        column.addLayout(above)
        column.addWidget(self.table_pages)
        return panel

    def show_today(self: Any) -> None:
        """Let the table show today's beats, and whether they are being counted."""
        self.table_model.take_today(self.today.beats, old=self.today.counting)
        self.counting.setVisible(self.today.counting)
        self.say_without_beats()

    def say_without_beats(self: Any) -> None:
        """Say why there is no beat in the table, and offer to plan; show the table where there are some, or will be in a moment."""
        plan, drawn = self.scenario.plan, self.scenario.drawn
        nothing = self.scenario.is_open and plan is None and drawn is None and not self.today.known
        if self.scenario.is_open and plan is not None and plan.beats is None:
            self.no_beats.setText(self.tr("This plan has no beats."))
        elif self.solving.running:
            self.no_beats.setText(self.tr("The first plan is being made; its beats are listed here then."))
        else:
            self.no_beats.setText(
                self.tr("There are no beats to list: the project has no beats of today, and there is no plan yet.")
            )
        self.first_plan.setVisible(plan is None)
        self.first_plan.setEnabled(self.scenario.project is not None and not self.solving.running)
        empty = nothing or (plan is not None and plan.beats is None)
        self.table_pages.setCurrentIndex(1 if empty else 0)
        self.table_filter.setEnabled(not empty)
