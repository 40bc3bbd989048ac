"""What leaves the window: the table by the clipboard, the result as a folder, the map as a picture, the report in the browser."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import (
    QDesktopServices,
    QGuiApplication,
)
from PySide6.QtWidgets import (
    QFileDialog,
)

from beatplanner.data.endings import with_ending
from beatplanner.data.errors import InputError, StoppedError
from beatplanner.data.output_place import move, place_to_write, project_name
from beatplanner.ui.desktop.map.printing import written_beside
from beatplanner.ui.desktop.map.workbook_words import card_of_view
from beatplanner.ui.desktop.panels.beat_table import as_text_table
from beatplanner.ui.desktop.session.waiting import wait_for
from beatplanner.ui.desktop.toolkit.in_language import error_lines, in_language
from beatplanner.ui.desktop.toolkit.recent import remember

# The keyword that the PNG specification has for it.
CARD_KEY = "Description"


class ResultActions:
    """The main window's actions on what was planned; it needs ``scenario``, ``results``, ``map``, ``sorted_model``, ``saved`` and ``show_lines``."""

    def failed_checks(self: Any) -> str:
        """Return in words that the checker found the plan wrong; "" where it did not, or has not looked yet."""
        # the panels come after the window's own parts
        return self.results.proof.failed_checks() if hasattr(self, "results") else ""

    def copy_table(self: Any) -> None:
        """Copy the table of beats, as it is sorted and filtered, for a spreadsheet."""
        QGuiApplication.clipboard().setText(as_text_table(self.sorted_model))
        self.statusBar().showMessage(self.tr("Copied; paste it into a spreadsheet."), 5_000)

    def save_result(self: Any) -> None:
        """Save the plan in force in a folder of the user's choice."""
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save result as a new folder"), project_name(self.scenario.name)
        )
        if name:
            self.save_to(Path(name))

    def save_to(self: Any, folder: Path) -> bool:
        """Copy the plan's folder beside and swap it in; return whether it worked."""
        assert self.scenario.result is not None
        part = folder.parent / f".{folder.name}.part"
        try:
            if folder.exists():
                self.show_lines(self.tr("This folder is there already"), [self.tr("Give the result a new name.")])
                return False
            wait_for(self, self.tr("The result is copied…"), shutil.copytree, self.scenario.result, part)
            move(part, folder)
        except StoppedError:
            shutil.rmtree(part, ignore_errors=True)
            self.statusBar().showMessage(self.tr("Stopped; nothing was written."), 8_000)
            return False
        except (OSError, InputError) as error:
            shutil.rmtree(part, ignore_errors=True)
            lines = error_lines(error)
            self.show_lines(self.tr("The result cannot be saved"), lines)
            return False
        if self.scenario.document is None:
            # a project saves its plans itself, and a draft is in no result
            self.scenario.result, self.saved = folder, not self.draft.count
            self.unsaved_draft = bool(self.draft.count)
        if self.scenario.document is not None:
            # a project file is saved of its own; a description's plan stands in the folder now
            self.saved = not self.scenario.document.is_file or not self.scenario.document.dirty
        remember(folder)
        words = self.tr("Saved in {0}")
        if self.draft.count:
            # first what is not in it: the end of a long line is not seen
            words = self.tr("Saved without what was changed by hand ({1}): {0}")
        self.statusBar().showMessage(words.format(folder, self.in_draft()), 15_000)
        return True

    def export_picture(self: Any) -> None:
        """Ask for a file and save the map as it is seen."""
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export picture"), f"{project_name(self.scenario.name)}.png", "PNG (*.png)"
        )
        if not name:
            return
        picture = self.map.grab().toImage()
        # a picture has no room for the run card; it stands in the file, as one text: the keys of a PNG are Latin letters, and each is there once
        picture.setText(CARD_KEY, "\n".join(f"{what}: {says}" for what, says in card_of_view(self)))
        file, lines = str(with_ending(name, (".png",))), list[str]()
        try:
            saved = written_beside(place_to_write(file), lambda part: picture.save(str(part)))
        except (OSError, InputError) as error:
            saved, lines = False, [in_language(line) for line in error_lines(error)]
        if not saved:
            self.show_lines(self.tr("The picture cannot be saved"), lines or [file])
            return
        self.statusBar().showMessage(self.tr("Written: {0}").format(file), 15_000)

    def open_report(self: Any) -> None:
        """Open the report in the browser; that it is gone is said: a browser is not asked for what is not there."""
        if self.scenario.result is None:
            return
        report = self.scenario.result / "report.html"
        if not report.is_file():
            self.show_lines(self.tr("This cannot be opened"), [in_language(f"{report}: it is not there.")])
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(report)))
