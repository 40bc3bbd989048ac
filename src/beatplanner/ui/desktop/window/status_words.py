"""What the status line says of the unit at the pointer, and of a run whose box lies behind another panel."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QProgressBar

from beatplanner.ui.desktop.toolkit.figures_text import number

# Pixels of the bar of a run in the status line.
WIDTH = 260


class StatusWords:
    """The main window's words in its status line; it needs ``scenario``, ``solving``, ``phase`` and ``bar``."""

    def make_run_mark(self: Any) -> None:
        """Put a bar with step and seconds of a run into the status line, where nothing that is said there covers it."""
        self.run_said = ""
        self.run_mark = QProgressBar()
        self.run_mark.setMaximumWidth(WIDTH)
        self.run_mark.setMinimumWidth(WIDTH)
        self.run_mark.setAccessibleName(self.tr("How far the run is"))
        self.statusBar().addPermanentWidget(self.run_mark)
        self.run_mark.hide()

    def say_run_in_status_line(self: Any, lines: list[str], *, ended: bool = False) -> None:
        """Say how far the run is where its box is out of sight; what else is said there stays."""
        status, said = self.statusBar(), self.run_said
        seen = not self.phase.visibleRegion().isEmpty()
        self.run_said = "" if seen else " · ".join(lines).replace("\n", " · ")
        if status.currentMessage() in ("", said):
            status.showMessage(self.run_said)
        mark = self.run_mark
        mark.setRange(self.bar.minimum(), self.bar.maximum())
        mark.setValue(self.bar.value())
        mark.setFormat(" · ".join(lines[:2]).replace("%", "%%"))
        mark.setVisible(not seen and not ended)

    def _show_unit(self: Any, unit: int) -> None:
        self._unit = unit
        text = self.scenario.unit_text(unit, self.tr, number) if unit >= 0 else ""
        status, said, self._unit_said = self.statusBar(), self._unit_said, text
        # where the pointer leaves the units only what was said of one is taken back
        if text or status.currentMessage() == said:
            status.showMessage(text)

    def say_unit_again(self: Any) -> None:
        """Say of the unit at the pointer what is so now: another plan is in view, or it is drawn into another beat."""
        if self._unit_said and self.statusBar().currentMessage() == self._unit_said:
            self._show_unit(self._unit if self.scenario.is_open and self._unit < len(self.scenario.units) else -1)
