"""What the main window does with projects: begin, open, save, recover, scenarios, plans and history.

`ProjectActions` is mixed into the main window; `Session` holds what lives as long as the window. The window needs ``scenario`` (whose
``document`` is the project that is open), ``saved``, ``show_lines``, ``solving`` and ``open``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_documents_path
from PySide6.QtCore import QDir, QObject, Qt, QTimer
from PySide6.QtWidgets import (
    QFileDialog,
    QMessageBox,
    QPushButton,
    QToolBar,
)

from beatplanner.data.endings import PROJECT_ENDING, as_project_name, free_name, project_ending
from beatplanner.data.errors import InputError
from beatplanner.data.paths import whole_path
from beatplanner.data.project.journal import BASE, Recovery, recoveries
from beatplanner.ui.desktop.plain_text import Label, question
from beatplanner.ui.desktop.session.edit_words import edit_in_words
from beatplanner.ui.desktop.session.saving import Saving
from beatplanner.ui.desktop.toolkit.busy_sign import BusySign
from beatplanner.ui.desktop.toolkit.in_language import error_lines, in_language
from beatplanner.ui.desktop.toolkit.project_names import project_called
from beatplanner.ui.desktop.toolkit.recent import remember
from beatplanner.ui.desktop.window.main_frame import MainFrame
from beatplanner.ui.desktop.window.project_dock import ProjectDock, local_time
from beatplanner.ui.desktop.window.start_page import StartPage

if TYPE_CHECKING:
    from beatplanner.data.narrowing import Table
    from beatplanner.data.project.document import ProjectDocument

# The lock is kept fresh and the journal flushed so often: no more is lost in a power cut.
TOUCH_MS = 10_000


class Session(QObject):
    """What belongs to the open project while the window lives.

    Attributes
    ----------
    work
        Saves run here, one after another.
    dock
        Scenarios, plans and history.
    """

    def __init__(self, window: MainFrame) -> None:
        super().__init__(window)
        self.window = window
        # what the history has of the drawing in view; None until what was kept of it is laid down
        self._kept: list[Table] | None = None
        # and what each edit was called last: one that is taken back leaves no name
        self._said: list[str] = []
        # whoever changes the project, what is told of it follows, once for all that is done at one time
        self._changed = QTimer(self)
        self._changed.setSingleShot(True)
        self._changed.timeout.connect(self.refresh)
        self.work = Saving(self)
        # what is saved once the save that is under way has ended
        self._next: tuple[Path | None, Callable[[], None]] | None = None
        self._make_saving_sign()
        self.timer = QTimer(self)
        self.timer.setInterval(TOUCH_MS)
        self.timer.timeout.connect(self._touch)
        self.timer.start()
        self.banner = QToolBar(self.tr("Notice"))
        self.banner.setObjectName("notice")
        self.banner.setMovable(False)
        self.banner_text = Label()
        self.banner_text.setTextFormat(Qt.TextFormat.PlainText)
        self.banner_text.setMargin(6)
        self.banner_button = QPushButton(self.tr("Save a copy…"))
        self.banner_button.clicked.connect(lambda: window.save_project_as())
        self.banner.addWidget(self.banner_text)
        self.banner.addWidget(self.banner_button)
        self.banner.setVisible(False)
        self.dock = ProjectDock(window, self.refresh)
        self.dock.setVisible(False)
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        window.addToolBarBreak()
        window.addToolBar(self.banner)
        window.scenario.before_reading = self.offer_recovery
        window.scenario.listeners.append(self._shown_anew)

    def _follow_document(self) -> None:
        document = self.document
        if document is not None and self._changed.start not in document.listeners:
            document.listeners.append(self._changed.start)

    @property
    def document(self) -> ProjectDocument | None:
        """The project that is open."""
        return self.window.scenario.document

    def _touch(self) -> None:
        if self.document is not None:
            before = self._notices(self.document)
            self.document.touch()
            if self._notices(self.document) != before:
                self.refresh()

    def refresh(self) -> None:
        """Show whether the project is saved, may be saved, and what it holds."""
        document, window = self.document, self.window
        # what waited to be told is told with this
        self._changed.stop()
        self.dock.load()
        notices = [] if document is None else self._notices(document)
        self.banner_text.setText("\n".join(notices))
        self.banner.setVisible(bool(notices))
        if document is not None:
            scenario = f" – {document.active}" if document.active else ""
            window.setWindowTitle(f"{'• ' if document.dirty else ''}{window.scenario.name}{scenario} – beatplanner")

    def _notices(self, document: ProjectDocument) -> list[str]:
        """Say why the project cannot be saved in its place, and why what is done would be lost in a crash."""
        read_only, unsafe = document.read_only_because, document.kept.unsafe_because
        found: list[str] = []
        if read_only and not unsafe:
            found.append(self.tr("⚠ Read only: {0}. What you do is kept, and can be saved as a copy."))
        elif read_only:
            found.append(self.tr("⚠ Read only: {0}. It can be saved as a copy."))
        if unsafe:
            found.append(self.tr("⚠ What you do is not kept for recovery: {0}. Save often."))
        causes = [why for why in (read_only, unsafe) if why]
        notices = [words.format(in_language(why)) for words, why in zip(found, causes, strict=True)]
        if document.kept.brought_back and not unsafe:
            notices.append(
                self.tr(
                    "⚠ What is kept for recovery was deleted while you worked, and has been written again. Save soon."
                )
            )
        return notices

    # ---- what is drawn by hand

    def _shown_anew(self) -> None:
        self._kept = None
        self._follow_document()
        self.window.draft.follow()

    def follow_drawing(self) -> None:
        """Lay down again what was drawn by hand on the plan that is shown, as a project of an older beatplanner keeps it."""
        panel, document = self.window.drawing_panel, self.document
        if document is None or not document.edits or panel.drawing is not None:
            return
        if document.content.state.get("edits_on", 0) != self.window.scenario.plan_shown:
            # another plan is shown than the one that was drawn on
            return
        panel.lay_down(document.edits)

    def keep_drawing(self) -> None:
        """Write down what was drawn since, or taken back; what is laid down again was told when it was drawn."""
        document, drawing = self.document, self.window.drawing_panel.drawing
        found = [] if drawing is None else [e.as_json() for e in drawing.edits]
        kept, self._kept = self._kept, found
        said, self._said = self._said, [edit_in_words(edit, drawing) for edit in found]
        if document is None or kept is None or found == kept:
            return
        common = next(
            (i for i, (a, b) in enumerate(zip(found, kept, strict=False)) if a != b), min(len(found), len(kept))
        )
        if document.content.state.get("edits_on", 0) != self.window.scenario.plan_shown:
            # those that the project has are of another plan, which keeps them as its draft
            document.keep("edits_on", self.window.scenario.plan_shown)
        if document.edits != kept:
            document.keep("edits", kept)
        if common < len(kept):
            document.cut_edits(common, f"Taken back: {'; '.join(said[common:])}")
        for edit, words in zip(found[common:], self._said[common:], strict=True):
            document.add_edit(edit, words, str(edit.get("reason", "")))

    def draft_changed(self) -> None:
        """Show that the project has changed with the draft."""
        if self.document is not None:
            self.window.saved = not self.document.dirty
        self.refresh()

    # ---- recovery

    def offer_recovery(self, document: ProjectDocument) -> list[Recovery]:
        """Before a project is read: ask whether what a crash left is to be restored; return what was, to be let go once the project is open."""
        restored: list[Recovery] = []
        for recovery in recoveries(document.file):
            if document.is_file and recovery.save_id != document.save_id and not document.saved_steps(recovery.id):
                # somebody saved the project since; the start page restores it as a copy
                continue
            if not recovery.unsaved:
                # the crash came right after a save: nothing was lost
                recovery.forget()
                continue
            words = self.tr(
                "{0}: work until {1} was not saved before the program ended (changes: {2}). Restore it?"
            ).format(project_called(document.file), local_time(recovery.last), recovery.changes)
            answer = question(
                self.window,
                self.tr("Unsaved work"),
                words,
                QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No,
                QMessageBox.StandardButton.Yes,
            )
            if answer == QMessageBox.StandardButton.Yes:
                document.recover(recovery)
                restored.append(recovery)
        return restored

    def restore(self, recovery: Recovery) -> None:
        """Restore unsaved work: into its project, or into a copy where that is gone or was saved by somebody else since."""
        from beatplanner.data.project.document import read_document

        window, project = self.window, recovery.project
        if not window.may_leave():
            return
        try:
            there = read_document(project) if project.is_file() else None
        except InputError as error:
            window.show_lines(self.tr("This cannot be restored"), [str(note) for note in error.problems])
            return
        base, copied = recovery.folder / BASE, False
        if there is None or (
            there.is_file and there.save_id != recovery.save_id and not there.saved_steps(recovery.id)
        ):
            if not base.is_file():
                window.show_lines(
                    self.tr("This cannot be restored"), [self.tr("The project is gone: {0}").format(project)]
                )
                return
            project = free_name(
                _folder_for(project) / f"{project.stem} ({self.tr('recovered')}){project_ending(project)}"
            )
            try:
                shutil.copyfile(base, project)
                copied = True
            except OSError as error:
                window.show_lines(self.tr("This cannot be restored"), error_lines(error))
                return

        def taken(document: ProjectDocument) -> list[Recovery]:
            document.recover(recovery)
            return [recovery]

        before, window.scenario.before_reading = window.scenario.before_reading, taken
        try:
            window.open(project, asked=True)
        finally:
            window.scenario.before_reading = before
        if copied and (self.document is None or self.document.file != whole_path(project)):
            with suppress(OSError):
                project.unlink()
        self.refresh()

    # ---- saving

    def save(self, target: Path | None, done: Callable[[], None] = lambda: None) -> bool:
        """Save in a thread, or once the save that is under way has ended; return whether it could begin."""
        document, window = self.document, self.window
        if document is None:
            return False
        if self.work.busy:
            self._next = (target, done)
            window.statusBar().showMessage(self.tr("Saving… What was changed since is saved right after."))
            return True
        self._next = None
        try:
            job = document.prepare_save(target)
        except InputError as error:
            window.show_lines(self.tr("The project cannot be saved"), [str(note) for note in error.problems])
            return False
        window.statusBar().showMessage(self.tr("Saving…"))

        def written(_: object) -> None:
            document.finish_save(job)
            if window.scenario.document is document:
                window.scenario.project = document.file
                window.saved = not document.dirty
                remember(document.file)
                window.enable_actions()
            refused = window.rule_panel.refused() if window.scenario.document is document else []
            if refused:
                # stays in view, as what was typed does
                words = self.tr("Saved in {0}, without these rules, which were typed and are not in force: {1}")
                window.statusBar().showMessage(words.format(job.goal, "; ".join(refused)))
            else:
                window.statusBar().showMessage(self.tr("Saved in {0}").format(job.goal), 8000)
            self.refresh()
            done()
            following, self._next = self._next, None
            if following is None or self.document is not document:
                return
            if document.dirty or following[0] is not None:
                self.save(*following)
            else:
                # who asked again while nothing was changed has what was asked for
                following[1]()

        def failed(error: Exception) -> None:
            self._next = None
            if job.stopped.is_set():
                window.statusBar().showMessage(
                    self.tr("Stopped; nothing was saved, and your work is still here."), 8000
                )
                return
            lines = error_lines(error)
            lines.append(self.tr("Your work is still here, and is kept for recovery."))
            window.statusBar().clearMessage()
            window.show_lines(self.tr("The project cannot be saved"), lines)

        self.work.run(job, written, failed)
        return True

    def save_and_wait(self, target: Path | None) -> bool:
        """Save and wait for it, the window alive; return whether it is saved."""
        self.work.wait_until_done()
        saved: list[bool] = []
        if not self.save(target, lambda: saved.append(True)):
            return False
        self.work.wait_until_done()
        return bool(saved)

    def _make_saving_sign(self) -> None:
        """Put a bar and Stop into the status bar, seen while a save takes its time."""
        sign = BusySign(self.window.statusBar(), self.work.busy_changed, self.tr("Stop saving"), self.work.stop)
        sign.bar.setAccessibleName(self.tr("Saving…"))
        self.saving_bar, self.saving_stop = sign.bar, sign.button


class ProjectActions:
    """The main window's actions on projects."""

    session: Session

    def new_from_layers(self: Any, files: list[Path] | None = None) -> Any:
        """Begin a project from layers, guided."""
        from beatplanner.ui.desktop.guided_import.wizard import ImportWizard

        self.wizard = ImportWizard(self, files)
        self.wizard.made.connect(self.open)
        self.wizard.setModal(True)
        self.wizard.show()
        return self.wizard

    def save_project(self: Any) -> None:
        """Save the project in its file; one without a file is given one."""
        self.rule_panel.commit()
        document = self.scenario.document
        if document is None:
            return
        if self.session.work.busy or (document.is_file and not document.read_only_because):
            # a first save that is under way has asked for the name
            self.session.save(None)
        else:
            self.save_project_as()

    def save_project_as(self: Any) -> bool:
        """Ask for a name and save the project there."""
        self.rule_panel.commit()
        target = self._ask_project_name()
        return target is not None and self.session.save(target)

    def _ask_project_name(self: Any) -> Path | None:
        document = self.scenario.document
        if document is None:
            return None
        from beatplanner.data.output_place import project_name

        file, folder = document.file, _folder_for(document.file)
        # the copy of a project has another name beside it, and its own elsewhere
        beside = f"{file.stem} (2){project_ending(file)}" if folder == file.parent else file.name
        place = folder / (beside if document.is_file else f"{project_name(self.scenario.name)}{PROJECT_ENDING}")
        place = place if folder == file.parent else free_name(place)
        text, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save the project"), str(place), self.tr("Project (*.beatplan *.gpkg)")
        )
        if not text:
            return None
        target = as_project_name(Path(text))
        # the dialog has asked about the name that was typed, and about no other
        return target if target == Path(text) else free_name(target)

    def show_project_dock(self: Any) -> None:
        """Show scenarios, plans and history."""
        dock = self.session.dock
        if not dock.visibleRegion().isEmpty():
            dock.hide()
            return
        dock.show()
        dock.raise_()
        dock.load()

    def _may_leave_project(self: Any) -> bool:
        """Ask before unsaved work is left; return whether the window may go on."""
        document = self.scenario.document
        # what is being saved just now is neither lost nor unsaved
        self.session.work.wait_until_done()
        if document is None or not document.dirty or self.saved:
            return True
        buttons = QMessageBox.StandardButton
        words = self.tr("“{0}” has unsaved work. Save it?").format(self.scenario.name)
        if self.draft.count:
            words += (
                "\n\n"
                + self.in_draft()
                + ". "
                + self.tr("What is not in the plan is saved with the project as a draft.")
            )
        answer = question(
            self,
            self.tr("beatplanner"),
            words,
            buttons.Save | buttons.Discard | buttons.Cancel,
            buttons.Save,
        )
        if answer == buttons.Save:
            target = None
            if not document.is_file or document.read_only_because:
                target = self._ask_project_name()
                if target is None:
                    return False
            return self.session.save_and_wait(target)
        return answer == buttons.Discard

    def make_start_page(self: Any) -> StartPage:
        """Return the start page, wired."""
        page = StartPage(
            [
                (
                    self.tr("New from layers…"),
                    self.tr("Maps and tables that you have: guided, step by step"),
                    self.new_from_layers,
                ),
                (self.tr("Open project…"), self.tr("A project file or a description"), self.choose_project),
                (
                    self.tr("Open sample town"),
                    self.tr("A small invented town to try everything on"),
                    self.open_sample_town,
                ),
                (self.tr("Open result…"), self.tr("The folder of a plan"), self.choose_result),
            ]
        )
        page.opened.connect(self.open)
        page.recovered.connect(lambda recovery: self.session.restore(recovery))
        page.dropped.connect(self.new_from_layers)
        return page


def _folder_for(file: Path) -> Path:
    """Return where something is offered to be saved that belongs beside a file: there, or where that folder may only be read among the user's documents."""
    from beatplanner.data.output_place import folder_to_write

    return folder_to_write(file.parent, user_documents_path(), Path(QDir.homePath()))
