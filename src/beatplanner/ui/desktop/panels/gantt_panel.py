"""The panel of postings: dragged in the Gantt or typed by keys, judged at once in words, repaired, and accepted as a plan with a reason."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from beatplanner.data.errors import InputError
from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.panels.gantt import Gantt, Row
from beatplanner.ui.desktop.panels.postings_to_plan import PostingsToPlan
from beatplanner.ui.desktop.plain_text import Browser
from beatplanner.ui.desktop.session.change import Change
from beatplanner.ui.desktop.session.child_process import Work
from beatplanner.ui.desktop.session.draft import Draft
from beatplanner.ui.desktop.toolkit.actions import Action
from beatplanner.ui.desktop.toolkit.figures_text import number as written
from beatplanner.ui.desktop.toolkit.in_language import in_language
from beatplanner.ui.desktop.toolkit.tool_actions import add_action, add_panel

FIGURES = {
    "vacant_months": "vacant months",
    "tenure_violations": "broken tenures",
    "language_gaps": "language gaps",
    "rotations": "rotations",
}


# Lines of text that postings and the rules' answer have at least.
LEAST_ROWS = 5


class GanttPanel(PostingsToPlan, QWidget):
    """Postings of the plan in force, and what was moved by hand since."""

    kind, begins, stays = "postings", 1, False

    def __init__(self, window: Window) -> None:
        QWidget.__init__(self)
        self.window_ = window
        self.draft: Draft = window.draft
        self.draft.parts[self.kind] = self
        self.draft.changed.connect(self._show)
        self.dock: QDockWidget | None = None
        self.judge: Any = None
        self.folder: Path | None = None
        self._opened, self._plan = 0, None
        self.steps: list[list[Any]] = []
        self.undone: list[list[Any]] = []
        self.judged: Any = None
        self.work = Work(self)
        self.sign = self.show_work()
        self.rows_by = QComboBox()
        for words in (self.tr("By beat and post"), self.tr("By officer"), self.tr("As a table")):
            self.rows_by.addItem(words)
        self.rows_by.setAccessibleName(self.tr("How postings are shown"))
        self.rows_by.currentIndexChanged.connect(lambda _: self._show())
        self.whole = QPushButton(self.tr("All years"))
        self.whole.clicked.connect(lambda: self.gantt.fit())
        self.gantt = Gantt()
        self.gantt.dragged.connect(self.move_posting)
        self.gantt.picked.connect(self._picked)
        self.table = QTableWidget(0, 5)
        self.table.setHorizontalHeaderLabels([self.tr(t) for t in ("Officer", "Beat", "From", "Until", "Months")])
        self.table.setAccessibleName(self.tr("Table of postings"))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().setVisible(False)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.currentCellChanged.connect(lambda row, *_: self.gantt.choose(row) if row >= 0 else None)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.gantt)
        self.pages.addWidget(self.table)
        self.answer = Browser()
        self.answer.setAccessibleName(self.tr("What the rules say"))
        for widget in (self.gantt, self.table, self.answer):
            # some rows of many, the rest is scrolled to
            widget.setMinimumHeight(LEAST_ROWS * self.fontMetrics().height())
        self.buttons = {
            "undo": QPushButton(self.tr("Undo")),
            "redo": QPushButton(self.tr("Redo")),
            "repair": QPushButton(self.tr("Repair")),
            "accept": QPushButton(self.tr("Make this the plan")),
        }
        for name, tip in (
            ("repair", self.tr("Find the fewest changes that keep the rules.")),
            ("accept", self.tr("Take the postings as they are; a tenure that is cut short needs a reason.")),
        ):
            self.buttons[name].setToolTip(tip)
        for name, slot in (
            ("undo", self.undo),
            ("redo", self.redo),
            ("repair", self.repair),
            ("accept", self.accept_draft),
        ):
            self.buttons[name].clicked.connect(slot)
        # all in one row, for the height of a small screen; what is left of it stands between seeing and changing
        top = QHBoxLayout()
        top.addWidget(self.rows_by)
        top.addWidget(self.whole)
        top.addStretch()
        for button in self.buttons.values():
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 2, 4, 2)
        column.setSpacing(3)
        column.addLayout(top)
        # the answer stands beside the postings: below them it would take the height of the map
        self.beside = QSplitter(Qt.Orientation.Horizontal)
        self.beside.addWidget(self.pages)
        self.beside.addWidget(self.answer)
        self.beside.setStretchFactor(0, 3)
        self.beside.setStretchFactor(1, 1)
        self.beside.setSizes([720, 240])
        self.beside.setChildrenCollapsible(False)
        column.addWidget(self.beside, 1)

    # ---- what is shown

    @property
    def postings(self) -> list[Any]:
        """The postings as they are now."""
        return self.steps[-1] if self.steps else []

    def load(self) -> None:
        """Take the plan in force; what was moved by hand on another plan is left behind."""
        scenario = self.window_.scenario
        if scenario.opened != self._opened:
            # what is sought for the postings of what was open before is wanted no more
            self.work.stop()
            self._opened = scenario.opened
        self.folder, plan = scenario.result, scenario.plan
        if plan is self._plan and self.judge is not None:
            self._show()
            return
        self._plan, self.judge, self.judged, self.steps, self.undone = plan, None, None, [], []
        if plan is not None and plan.assignments is not None and plan.roster is not None and self.isVisible():
            self._begin(plan)
        self._show()

    def _begin(self, plan: Any) -> None:
        from beatplanner.planning.changes.roster_edits import Judge

        try:
            self.judge = Judge(plan)
        except InputError:
            return
        self.steps = [list(self.judge.published)]
        self._weigh()
        self._show()
        self.gantt.fit()

    def showEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Load what is needed once the panel is seen."""
        super().showEvent(event)
        if self.judge is None:
            self.load()

    def _weigh(self) -> None:
        self.judged = self.judge(self.postings) if self.judge is not None else None

    def _take_names(self) -> None:
        """Let the rules call beats as they are called now."""
        if self.judge is not None and self.judge.call(self.window_.map.content.names):
            self._weigh()

    def _show(self) -> None:
        judge, running = self.judge, self.window_.solving.running or self.work.busy
        by = self.rows_by.currentIndex()
        self.pages.setCurrentIndex(1 if by == 2 else 0)
        edited = len(self.steps) > 1
        self.buttons["undo"].setEnabled(self.draft.can_undo and not running)
        self.buttons["redo"].setEnabled(self.draft.can_redo and not running)
        self.buttons["repair"].setEnabled(edited and not running)
        self.buttons["accept"].setEnabled(edited and not running and self.judged is not None and not self.judged.broken)
        if judge is None:
            self.gantt.show_postings([], [], [], set(), {})
            self.table.setRowCount(0)
            none = self.window_.scenario.plan is None
            self.answer.setPlainText(
                self.tr("There is no plan yet.") if none else self.tr("The plan in force has no officers.")
            )
            return
        self._take_names()
        published = set(judge.published)
        changed = {n for n, p in enumerate(self.postings) if p not in published}
        order = {officer: k for k, officer in enumerate(judge.roster)}
        if by == 1:
            rows = [Row(officer, officer=officer) for officer in judge.roster]
        else:
            several = {b for b, n in judge.posts.items() if n > 1}
            rows = [
                Row(in_language(judge.name[b]).partition(" (")[0] + (f" · {k}" if b in several else ""), beat=b, post=k)
                for b, n in judge.posts.items()
                for k in range(1, n + 1)
            ]
        self.gantt.editable = not running
        self.gantt.show_postings(self.postings, rows, judge.days, changed, order)
        self._fill_table()
        self.answer.setPlainText(self.in_words())

    def _fill_table(self) -> None:
        judge = self.judge
        self.table.setRowCount(len(self.postings))
        for n, p in enumerate(self.postings):
            cells = (
                p.officer,
                in_language(judge.name.get(p.beat, p.beat)),
                f"{judge.days[p.start]:%m.%Y}",
                f"{judge.days[p.end]:%m.%Y}",
                str(p.end - p.start),
            )
            for k, text in enumerate(cells):
                self.table.setItem(n, k, QTableWidgetItem(text))

    def _picked(self, posting: int) -> None:
        if 0 <= posting < len(self.postings):
            beat = self.postings[posting].beat
            self.window_.select_row(beat)
            self.window_.map.select(beat)

    def in_words(self) -> str:
        """Return what the rules say of the postings, and the figures against the published plan."""
        if self.judged is None:
            return ""
        if len(self.steps) == 1:
            return self.tr(
                "Drag the end of a posting, or a whole posting to another post; Shift and the arrows do the same by a month."
            )
        lines = [f"✖ {in_language(text)}" for text in self.judged.broken]
        lines += [f"• {in_language(text)}" for text in self.costs()]
        for key, words in FIGURES.items():
            before, now = self.judge.before.get(key, 0.0), self.judged.figures.get(key, 0.0)
            if before != now:
                lines.append(f"{self.tr(words)}: {written(before)} → {written(now)}")
        kept = "relationship_years_kept"
        lost = self.judge.before.get(kept, 0.0) - self.judged.figures.get(kept, 0.0)
        if abs(lost) >= 0.5:
            words = (
                self.tr("Trust lost: {0} residents × years")
                if lost > 0
                else self.tr("Trust kept: {0} residents × years more")
            )
            lines.append(words.format(written(abs(lost))))
        return "\n".join(lines) or self.tr("Every rule is kept, and nothing is worse than before.")

    def enable(self) -> None:
        """Follow whether a plan is being made."""
        self._show()

    # ---- what is done

    def move_posting(self, posting: int, start: int, end: int, beat: str, post: int) -> None:
        """Move a posting by months, or to another post."""
        from beatplanner.planning.changes.roster_edits import moved

        if self.judge is None or not 0 <= posting < len(self.postings):
            return
        meant = self.postings[posting]
        self.draft.settle()
        if meant not in self.postings:
            return
        posting = self.postings.index(meant)
        now = moved(self.postings, posting, start=start, end=end, beat=beat, post=post, months=len(self.judge.days) - 1)
        if now != self.postings:
            self.steps.append(now)
            self.undone = []
            self._weigh()
            self._show()
            self.draft.add(self.changes()[-1])

    def undo(self) -> None:
        """Take the last change of the draft back."""
        self.draft.undo()

    def redo(self) -> None:
        """Make it again."""
        self.draft.redo()

    # ---- a part of the draft

    def take_back(self) -> None:
        """Take the last move back."""
        if len(self.steps) > 1:
            self.undone.append(self.steps.pop())
            self._weigh()
            self._show()

    def make_again(self) -> None:
        """Make it again."""
        if self.undone:
            self.steps.append(self.undone.pop())
            self._weigh()
            self._show()

    def changes(self) -> list[Change]:
        """Return the moves in force."""
        self._take_names()
        found = []
        for before, now in itertools.pairwise(self.steps):
            moved = [p for p in now if p not in set(before)]
            words = "; ".join(
                f"{p.officer}: {in_language(self.judge.name.get(p.beat, p.beat))}, "
                f"{self.judge.days[p.start]:%m.%Y} – {self.judge.days[p.end]:%m.%Y}"
                for p in moved[:2]
            )
            found.append(Change(self.kind, self.tr("Posting: {0}").format(words)))
        return found

    def as_json(self) -> Any:
        """Return the postings after each move."""
        return [[asdict(p) for p in step] for step in self.steps]

    def lay_down(self, kept: Any) -> None:
        """Make kept moves again."""
        from beatplanner.planning.changes.roster_edits import EditedPosting

        plan = self.window_.scenario.plan
        if self.judge is None and plan is not None and plan.assignments is not None and plan.roster is not None:
            self._begin(plan)
        if self.judge is None or not isinstance(kept, list) or len(kept) < 2:
            return
        try:
            steps = [[EditedPosting(**posting) for posting in step] for step in kept[1:]]
        except TypeError:
            return
        self.steps, self.undone = [self.steps[0], *steps], []
        self._weigh()
        self._show()

    def broken(self) -> list[str]:
        """Return the rules that the postings break."""
        return [] if self.judged is None else list(self.judged.broken)

    def costs(self) -> list[str]:
        """Return what the postings cost that those of the plan do not."""
        known = set() if self.judge is None else set(self.judge.as_published.costs)
        return [] if self.judged is None else [text for text in self.judged.costs if text not in known]

    def bring_up(self, field: str = "") -> None:
        """Show the panel."""
        if self.dock is not None:
            self.dock.show()
            self.dock.raise_()

    def wished(self) -> Any:
        """Return the postings as they were dragged, as a table that the solver can begin with."""
        from beatplanner.planning.changes.roster_edits import table_of

        return table_of(self.postings, self.judge.tables)


def install(window: Window) -> GanttPanel:
    """Add the panel and its key."""
    panel = GanttPanel(window)
    panel.setMinimumWidth(320)
    dock = add_panel(window, panel, "gantt", "Postings", below=True)
    panel.dock = dock

    def open_panel() -> None:
        dock.show()
        dock.raise_()

    entry = Action(
        "show_postings",
        "View",
        "Postings",
        "Show who holds which post when, and move postings by hand.",
        "Ctrl+T",
        False,
        "open",
    )
    add_action(window, entry, open_panel)
    window.scenario.listeners.append(panel.load)
    return panel
