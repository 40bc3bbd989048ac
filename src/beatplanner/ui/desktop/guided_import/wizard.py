"""The guided import: pick files, say what they are, see what is doubtful, mend it, and have a project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from beatplanner.data.endings import as_project_name
from beatplanner.ui.desktop.guided_import import jobs
from beatplanner.ui.desktop.guided_import.columns_page import ColumnsPage
from beatplanner.ui.desktop.guided_import.doubts_page import DoubtsPage
from beatplanner.ui.desktop.guided_import.files_page import FILES, FilesPage, role_names
from beatplanner.ui.desktop.guided_import.preview_table import PreviewTable
from beatplanner.ui.desktop.guided_import.rules_page import RulesPage
from beatplanner.ui.desktop.guided_import.save_page import SavePage
from beatplanner.ui.desktop.map.preview_map import LOOKS, PreviewMap
from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.session.child_process import Work
from beatplanner.ui.desktop.toolkit.figures_text import number
from beatplanner.ui.desktop.toolkit.focus import give_focus
from beatplanner.ui.desktop.toolkit.frame import Frame
from beatplanner.ui.desktop.toolkit.guide_pages import explain
from beatplanner.ui.desktop.toolkit.in_language import error_lines, in_language, with_counts

ROWS_SHOWN = 500
# Letters of a column of the preview at most.
WIDEST = 40
# So many lines of what is wrong stand beside the buttons at most.
MOST_SHOWN = 8


class ImportWizard(QDialog):
    """Makes a project from layers; `project` is the file once it is made.

    Signals
    -------
    made
        The project file.
    """

    made = Signal(Path)

    def __init__(self, parent: QWidget | None = None, files: list[Path] | None = None) -> None:
        super().__init__(parent)
        if isinstance(parent, Frame):
            explain(self, parent)
        # what reads layers is loaded when it is needed first
        from beatplanner.data.guided_import.draft import ImportDraft

        self.draft = ImportDraft()
        self.project: Path | None = None
        self.making: Path | None = None
        self.setWindowTitle(self.tr("New project from layers"))
        self.setAcceptDrops(True)
        self.work = Work(self)
        # dropped while others were read: a child is given the draft as it is, and what comes back of it replaces that
        self.waiting: list[Path] = []
        self.work.busy_changed.connect(self._show_busy)
        # what gets the focus once it can have it
        self._focus_goal: QWidget | None = None
        self._build()
        self._fit_to_screen()
        self.go(0)
        if files:
            self.add_files(files)

    # ---- building

    def _fit_to_screen(self) -> None:
        room = self.screen().availableGeometry() if self.screen() else None
        wide, high = (room.width(), room.height()) if room else (1366, 768)
        self.resize(min(1500, int(wide * 0.94)), min(950, int(high * 0.9)))

    def _build(self) -> None:
        self.pages = QStackedWidget()
        self.steps = [FilesPage(self), ColumnsPage(self), RulesPage(self), DoubtsPage(self), SavePage(self)]
        titles = (self.tr("Files"), self.tr("Columns"), self.tr("Rules"), self.tr("Check"), self.tr("Save"))
        row = QHBoxLayout()
        row.setSpacing(4)
        self.step_labels: list[QLabel] = []
        for place, (title, page) in enumerate(zip(titles, self.steps, strict=True), start=1):
            label = Label(f"{place}  {title}")
            label.setMargin(7)
            self.step_labels.append(label)
            row.addWidget(label)
            self.pages.addWidget(page)
        row.addStretch(1)
        self.map = PreviewMap()
        self.map.legend = {role: self.tr(words) for role, words in role_names().items()}
        self.table_title = Label()
        self.table_title.setTextFormat(Qt.TextFormat.PlainText)
        self.table_model = PreviewTable()
        self.table = QTableView()
        self.table.setModel(self.table_model)
        self.table.setAccessibleName(self.tr("Preview table"))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        below = QWidget()
        inner = QVBoxLayout(below)
        inner.setContentsMargins(0, 4, 0, 0)
        inner.addWidget(self.table_title)
        inner.addWidget(self.table)
        right = QSplitter(Qt.Orientation.Vertical)
        right.addWidget(self.map)
        right.addWidget(below)
        right.setSizes([420, 200])
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.addWidget(self.pages)
        self.split.addWidget(right)
        self.split.setStretchFactor(0, 5)
        self.split.setStretchFactor(1, 4)
        self.split.setChildrenCollapsible(False)
        self.split.setSizes([680, 520])
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setMaximumWidth(180)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Reading"))
        self.message = Label()
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.cancel_button.clicked.connect(self.reject)
        self.back_button = QPushButton(self.tr("‹ Back"))
        self.back_button.clicked.connect(lambda: self.go(self.pages.currentIndex() - 1))
        self.next_button = QPushButton(self.tr("Next ›"))
        self.next_button.setDefault(True)
        self.next_button.clicked.connect(self.next)
        foot = QHBoxLayout()
        for widget in (self.bar, self.message, self.cancel_button, self.back_button, self.next_button):
            foot.addWidget(widget)
        outer = QVBoxLayout(self)
        outer.addLayout(row)
        outer.addWidget(self.split, 1)
        outer.addLayout(foot)
        self.bar.setVisible(False)

    # ---- moving on

    def next(self) -> None:
        """Go to the next step, or make the project on the last."""
        here = self.pages.currentIndex()
        if problems := self.steps[here].problems():
            self.say(self.listed(problems))
            return
        self.steps[here].leave()
        if here + 1 == len(self.steps):
            self._make()
            return
        if here == 1 and self.draft.missing():
            self.say(self.listed(self.draft.missing()))
            return
        self.go(here + 1)

    def go(self, step: int) -> None:
        """Show a step."""
        self.say("")
        self.pages.setCurrentIndex(step)
        for place, label in enumerate(self.step_labels):
            here = place == step
            font = label.font()
            font.setBold(here)
            label.setFont(font)
            label.setEnabled(place <= step)
            label.setStyleSheet(
                "border-bottom: 3px solid palette(highlight);" if here else "border-bottom: 3px solid transparent;"
            )
        self._focus_goal = self.steps[step]
        self.steps[step].enter()
        self.enable()
        self._place_focus()

    def _place_focus(self) -> None:
        """Give the focus to the first field of the page; while it is read, to the button that ends that."""
        if self._focus_goal is None or not self.isVisible():
            return
        if self.work.busy:
            self.cancel_button.setFocus(Qt.FocusReason.TabFocusReason)
        elif give_focus(self._focus_goal):
            self._focus_goal = None

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Begin with the focus where it is seen."""
        super().showEvent(event)
        self._place_focus()

    def enable(self) -> None:
        """Enable the buttons that can be pressed now."""
        step = self.pages.currentIndex()
        self.back_button.setEnabled(step > 0 and not self.work.busy)
        self.cancel_button.setText(self.tr("Cancel") if self.making is None else self.tr("Stop"))
        self.next_button.setText(self.tr("Make the project") if step + 1 == len(self.steps) else self.tr("Next ›"))
        self.next_button.setEnabled(not self.work.busy and self.steps[step].is_complete())

    def say(self, text: str) -> None:
        """Show a message beside the buttons."""
        self.message.setText(text)

    def _show_busy(self, busy: bool) -> None:
        self.bar.setVisible(busy)
        focus = self.focusWidget()
        if busy and self._focus_goal is None and focus is not None and self.pages.isAncestorOf(focus):
            # what is disabled loses it
            self._focus_goal = self.steps[self.pages.currentIndex()]
        for page in self.steps[:4]:
            page.setEnabled(not busy)
        self.enable()
        self._place_focus()
        if not busy and self.waiting:
            # once what was read is taken
            QTimer.singleShot(0, self._add_waiting)

    def _add_waiting(self) -> None:
        files, self.waiting = self.waiting, []
        self.add_files(files)

    def listed(self, lines: Sequence[str]) -> str:
        """Return all that is wrong, a line each, so that all files are mended in one go; how many more there are where they are very many."""
        if len(lines) <= MOST_SHOWN:
            return "\n".join(lines)
        more = self.tr("And {0} more.").format(len(lines) - MOST_SHOWN + 1)
        return "\n".join([*lines[: MOST_SHOWN - 1], more])

    def failed(self, error: Exception) -> None:
        """Say what went wrong in the child."""
        self.steps[self.pages.currentIndex()].enter()
        self.enable()
        # last: a page that has something to say, or no more, puts that in its place
        self.say(self.listed([in_language(line) for line in error_lines(error)]))

    # ---- files

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files from the file manager."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Take in what was dropped."""
        self.add_files([Path(u.toLocalFile()) for u in event.mimeData().urls() if u.isLocalFile()])

    def add_files(self, files: list[Path]) -> None:
        """Look into files, and into those of folders, in a child; while one is at work they wait."""
        if self.work.busy:
            self.waiting += files
            return
        wanted: list[Path] = []
        endings = tuple(p.removeprefix("*") for p in FILES.split())
        for file in files:
            wanted += sorted(p for p in file.iterdir() if p.name.lower().endswith(endings)) if file.is_dir() else [file]

        def done(found: tuple) -> None:
            self.take(found[0])
            self.say(self.listed([in_language(line) for line in found[1]]))
            self.steps[0].enter()
            if self.steps[0].is_complete():
                # what is next is the next page, not more files
                self._focus_goal = self.next_button
            self.refresh_map()

        self.say(self.tr("Reading…"))
        self.work.run(done, self.failed, jobs.take_in, jobs.bare(self.draft), wanted)

    def take(self, draft) -> None:
        """Go on with the draft that a child gives back; the tables that were read stay."""
        draft.frames = {**self.draft.frames, **draft.frames}
        self.draft = draft

    def refresh_map(self) -> None:
        """Draw the layers anew, as they are mended."""
        self.work.run(self._show_layers, self.failed, jobs.layers_to_draw, jobs.bare(self.draft), tuple(LOOKS))

    def _show_layers(self, layers: list) -> None:
        self.map.set_layers(layers)
        self.enable()

    def show_table(self, source, rows: tuple[int, ...] = ()) -> None:
        """Show a layer's table, or only some of its rows."""
        from beatplanner.data.guided_import.sources import MEANING_WORDS

        if source is None or source.look.geometry == "raster":
            self.table_model.show_frame(None, {})
            self.table_title.setText(self.tr("A raster has no table.") if source is not None else "")
            return
        frame = self.draft.frame(source) if not rows else self.draft.mended(source)
        means = {c: self.tr(MEANING_WORDS[m]) for m, c in source.columns.items()}
        if rows:
            frame = frame.iloc[[r for r in rows if r < len(frame)]]
            text = self.tr("{0}: rows in doubt").format(source.look.title)
        else:
            text = with_counts(self.tr("{0}: {1} rows"), source.look.title, number(source.look.rows))
        self.table_title.setText(text)
        self.table_model.show_frame(frame.head(ROWS_SHOWN), means)
        self.table.resizeColumnsToContents()
        # one long text does not push the columns after it, and its own heading, out of sight
        head, most = self.table.horizontalHeader(), WIDEST * self.fontMetrics().averageCharWidth()
        for k in range(head.count()):
            head.resizeSection(k, min(most, head.sectionSize(k)))

    # ---- the end

    def _make(self) -> None:
        page = self.steps[-1]
        assert isinstance(page, SavePage)
        out = as_project_name(Path(page.place.text()))
        if out.exists() and not page.replace_box.isChecked():
            page.replace_box.setVisible(True)
            self.say(self.tr("This file is there already. Give another name, or tick the box to replace it."))
            return
        self.say(self.tr("Making the project…"))
        self.making = out

        def done(project: Path) -> None:
            self.making, self.project = None, project
            self.made.emit(project)
            self.accept()

        self.work.run(done, self.failed, jobs.write, jobs.bare(self.draft), out)

    def reject(self) -> None:
        """Leave the import; while the project is made stop that alone: what was chosen on the pages before is not lost."""
        if self.making is None:
            super().reject()
            return
        from beatplanner.data.project.safe_save import clear_leftovers

        out, self.making = self.making, None
        self.work.stop()
        clear_leftovers(out)
        self.say(self.tr("Stopped; no project was made, and what you have chosen is still here."))
        self.enable()

    def done(self, result: int) -> None:
        """Close; what is under way ends."""
        self.work.stop()
        super().done(result)
