"""The panel of the project: its scenarios, its plans, and the history of who did what, when and why."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDockWidget,
    QFrame,
    QGridLayout,
    QHeaderView,
    QInputDialog,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QPushButton,
    QTableView,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from beatplanner.data.errors import InputError
from beatplanner.ui.desktop.plain_text import Label, breakable, literal, question
from beatplanner.ui.desktop.session.edit_words import history_words
from beatplanner.ui.desktop.toolkit.figures_text import percent
from beatplanner.ui.desktop.toolkit.in_language import in_counts, in_language
from beatplanner.ui.desktop.toolkit.quiet import quiet
from beatplanner.ui.desktop.toolkit.tall_scroll import TallScroll
from beatplanner.ui.desktop.toolkit.tool_actions import two_in_a_row
from beatplanner.ui.desktop.window.main_frame import MainFrame

if TYPE_CHECKING:
    from beatplanner.data.project.document import ProjectDocument
    from beatplanner.data.result.summary import Claims

Index = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()
# What stands for today's beats among the numbers of plans.
TODAY = 0


class ProjectDock(QDockWidget):
    """Scenarios and plans, and the history."""

    def __init__(self, window: MainFrame, refresh: Callable[[], None]) -> None:
        super().__init__(window.tr("Project"), window)
        self.setObjectName("project")
        self.window_, self._refresh = window, refresh
        tabs = QTabWidget()
        # with large text, and the postings below, it would make the window higher than the screen
        scroll = TallScroll(self._scenarios_tab())
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        tabs.addTab(scroll, self.tr("Scenarios and plans"))
        self.history = HistoryModel()
        self.history_view = QTableView()
        self.history_view.setObjectName("history")
        self.history_view.setModel(self.history)
        self.history_view.setAccessibleName(self.tr("History"))
        self.history_view.setWordWrap(True)
        self.history_view.verticalHeader().setVisible(False)
        head = self.history_view.horizontalHeader()
        for column, mode in enumerate(("ResizeToContents", "ResizeToContents", "Stretch", "Stretch")):
            head.setSectionResizeMode(column, getattr(QHeaderView.ResizeMode, mode))
        self.history_view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.history_view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        tabs.addTab(self.history_view, self.tr("History"))
        self.setWidget(tabs)

    def _scenarios_tab(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        # a result that was opened alone has none of these
        self.nothing = Label(self.tr("No project is open: scenarios, plans and history belong to a project."))
        self.nothing.setWordWrap(True)
        quiet(self.nothing)
        column.addWidget(self.nothing)
        column.addWidget(Label(self.tr("Scenarios")))
        self.scenarios = QListWidget()
        self.scenarios.setAccessibleName(self.tr("Scenarios"))
        self.scenarios.setWordWrap(True)
        self.scenarios.setSpacing(3)
        self.scenarios.itemActivated.connect(lambda item: self._activate(item.data(Qt.ItemDataRole.UserRole)))
        column.addWidget(self.scenarios, 1)
        column.addLayout(
            _buttons(
                (self.tr("Use"), self._use),
                (self.tr("Add…"), self._add),
                (self.tr("Rename…"), self._rename),
                (self.tr("Remove"), self._remove),
            )
        )
        column.addWidget(Label(self.tr("Plans")))
        self.plans = QListWidget()
        self.plans.setAccessibleName(self.tr("Plans"))
        self.plans.setWordWrap(True)
        self.plans.setSpacing(3)
        self.plans.itemActivated.connect(lambda item: self._show_plan(item.data(Qt.ItemDataRole.UserRole)))
        column.addWidget(self.plans, 1)
        column.addLayout(
            _buttons(
                (self.tr("Show"), self._show_chosen),
                (self.tr("Rename…"), self._rename_plan),
                (self.tr("Remove"), self._remove_plan),
            )
        )
        return page

    @property
    def document(self) -> ProjectDocument | None:
        """The project that is open."""
        return self.window_.scenario.document

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Show the project as it is, however the panel came into view."""
        super().showEvent(event)
        self.load()

    def load(self) -> None:
        """Show the project as it is."""
        if not self.isVisible():
            return
        document = self.document
        self.scenarios.clear()
        self.plans.clear()
        self.nothing.setVisible(document is None)
        self.history.load([] if document is None else document.content.history)
        if document is None:
            return
        for name in ("", *document.content.scenarios):
            text = name or self.tr("The project's own rules")
            found = document.content.scenarios.get(name)
            if found is not None:
                text += "\n" + (found.note or changes_in_words(found.changes, self.tr))
            item = QListWidgetItem(("▶ " if name == document.active else "    ") + breakable(text))
            item.setData(Qt.ItemDataRole.UserRole, name)
            self.scenarios.addItem(item)
            if name == document.active:
                self.scenarios.setCurrentItem(item)
        for plan in reversed(document.content.plans.values()):
            scenario = f" · {plan.scenario}" if plan.scenario else ""
            self._list_plan(
                plan.id,
                f"{plan_name(plan.name, self.tr)}{scenario}\n    {local_time(plan.made_on)} · {plan.author} · {_figures(plan.summary)}",
            )
        if document.content.plans and (self.window_.draft.kept_on(TODAY) or not self.window_.scenario.plan_shown):
            # what was drawn on today's beats before there was a plan
            self._list_plan(TODAY, self.tr("Today's beats"))

    def _list_plan(self, plan: int, text: str) -> None:
        """Add a plan to the list, with what was changed by hand on it and is not in view."""
        shown = plan == self.window_.scenario.plan_shown
        if not shown and (kept := self.window_.draft.kept_on(plan)):
            text += f"\n    {self.window_.in_draft(kept)}"
        item = QListWidgetItem(("▶ " if shown else "    ") + breakable(text))
        item.setData(Qt.ItemDataRole.UserRole, plan)
        self.plans.addItem(item)

    # ---- scenarios

    def _chosen(self, view: QListWidget) -> Any:
        item = view.currentItem()
        return None if item is None else item.data(Qt.ItemDataRole.UserRole)

    def _use(self) -> None:
        name = self._chosen(self.scenarios)
        if name is not None:
            self._activate(name)

    def _activate(self, name: str) -> None:
        document = self.document
        before = "" if document is None else document.active

        def activate(document: ProjectDocument) -> None:
            document.activate(name)
            try:
                self.window_.scenario.reread()
            except InputError:
                # what is shown is the town of the one before
                document.activate(before)
                raise

        if name == before or self._may_end_work():
            self._try(activate)

    def _may_end_work(self) -> bool:
        """Ask before Improve or Repair is ended by what is shown next."""
        may = self.window_.may_end_work(posting=False)
        if not may:
            self.load()
        return may

    def _add(self) -> None:
        name, ok = QInputDialog.getText(
            self, self.tr("New scenario"), self.tr("Name; it begins with the rules in view:")
        )
        if ok:
            self._try(lambda document: document.add_scenario(name))

    def _rename(self) -> None:
        old = self._chosen(self.scenarios)
        if old:
            name, ok = QInputDialog.getText(self, self.tr("Rename scenario"), self.tr("Name:"), text=old)
            if ok and name != old:
                self._try(lambda document: document.rename_scenario(old, name))

    def _remove(self) -> None:
        name, document = self._chosen(self.scenarios), self.document
        if not name or document is None:
            return
        changes = document.content.scenarios[name].changes
        # nothing brings it back, and rules are no copy of anything
        if changes:
            words = self.tr("The scenario “{0}” is removed, and its rules with it:").format(name)
            words += f"\n{changes_in_words(changes, self.tr)}\n\n" + self.tr("Remove it?")
            if question(self, self.tr("beatplanner"), words) != QMessageBox.StandardButton.Yes:
                return
        if self._may_end_work():
            self._try(lambda document: document.remove_scenario(name), reread=True)

    def _try(self, change: Callable[[Any], object], *, reread: bool = False) -> None:
        document = self.document
        if document is None:
            return
        # what was just typed is a rule of the scenario in which it was typed
        if not self.window_.may_drop_refused():
            self._refresh()
            return
        try:
            change(document)
            if reread:
                self.window_.scenario.reread()
        except InputError as error:
            self.window_.show_lines(self.tr("This cannot be done"), [str(note) for note in error.problems])
        self.window_.saved = not document.dirty
        self._refresh()

    # ---- plans

    def _show_chosen(self) -> None:
        plan = self._chosen(self.plans)
        if plan is not None:
            self._show_plan(plan)

    def _show_plan(self, plan: int) -> None:
        if not self._may_end_work():
            return
        try:
            if plan == TODAY:
                self.window_.scenario.show_no_plan()
            else:
                self.window_.scenario.show_plan(plan)
        except InputError as error:
            self.window_.show_lines(self.tr("This plan cannot be shown"), [str(note) for note in error.problems])
        self.load()

    def _rename_plan(self) -> None:
        plan, document = self._chosen(self.plans), self.document
        if plan and document is not None:
            name, ok = QInputDialog.getText(
                self, self.tr("Rename plan"), self.tr("Name:"), text=document.content.plans[plan].name
            )
            if ok and name.strip():
                self._try(lambda d: d.rename_plan(plan, name.strip()))

    def _remove_plan(self) -> None:
        plan = self._chosen(self.plans)
        window, document = self.window_, self.document
        if not plan or document is None or not window.may_lose_draft(window.draft.kept_on(plan)):
            return
        in_view = plan == window.scenario.plan_shown
        window.draft.drop_with(plan)
        self._try(lambda document: document.remove_plan(plan))
        left = max(document.content.plans, default=0)
        if in_view and left:
            self._show_plan(left)
        elif in_view:
            window.scenario.show_no_plan()


class HistoryModel(QAbstractTableModel):
    """The history, the latest first."""

    COLUMNS = ("When", "Who", "What", "Why")

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[str, str, str, str]] = []

    def load(self, history: list) -> None:
        """Show a history."""
        self.beginResetModel()
        self._rows = [(local_time(e.time), e.author, history_words(e.what), e.reason) for e in reversed(history)]
        self.endResetModel()

    def rowCount(self, parent: Index = NO_INDEX) -> int:  # noqa: N802 - Qt's name
        """Return the number of entries."""
        return len(self._rows)

    def columnCount(self, parent: Index = NO_INDEX) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return len(self.COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a cell."""
        text = self._rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return literal(text)
        return text if role == Qt.ItemDataRole.DisplayRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: N802 - Qt's name
        """Return a column's title."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self.tr(self.COLUMNS[section])
        return None


def _buttons(*named: tuple[str, Callable[[], None]]) -> QGridLayout:
    """Return buttons two in a row: four side by side would make the panel so wide that the map has less than half of a small window."""
    grid, buttons = QGridLayout(), []
    for text, slot in named:
        button = QPushButton(text)
        button.clicked.connect(lambda _=False, s=slot: s())
        buttons.append(button)
    two_in_a_row(grid, buttons)
    return grid


def changes_in_words(changes: Mapping[str, object], translated: Callable[[str], str] = str) -> str:
    """Return what a scenario changes as the rules say it, such as “14 beats; every beat's work within 5 % of the mean”.

    Parameters
    ----------
    changes
        Sections and keys of the description with their new values; None takes a key away.
    translated
        Turns the catalogue's English into the reader's language.
    """
    from beatplanner.data.description.rules import RULES
    from beatplanner.planning.changed_rules import (
        OF_BEATS,
        about_input,
        beat_in_words,
        input_in_words,
        section_in_words,
    )
    from beatplanner.planning.rule_catalog import rule_in_sentence

    rules = {rule.key: rule for rule in RULES}

    def said(values: Mapping[str, object], start: str) -> list[str]:
        parts: list[str] = []
        for key, value in values.items():
            name = f"{start}{key}"
            rule = rules.get(name)
            if rule is not None:
                try:
                    given = rule.default if value is None else value
                    parts.append(in_counts(rule_in_sentence(rule, given, translated, in_language)))
                    continue
                except (KeyError, TypeError, ValueError, AttributeError):
                    pass  # a value that the rule does not have is shown as it is written
            if name in OF_BEATS and isinstance(value, dict):
                parts += [beat_in_words(name, beat, given, translated) for beat, given in value.items()]
            elif isinstance(value, dict) and not start:
                parts += said(value, f"{name}.")
            elif not start:
                parts.append(section_in_words(name, there=value is not None, translated=translated))
            else:
                shown = translated(rule.label) if rule is not None else about_input(name, translated)
                parts.append(f"{shown}: {'–' if value is None else input_in_words(value)}")
        return parts

    return "; ".join(said(changes, ""))


def plan_name(name: str, translated: Callable[[str], str]) -> str:
    """Return what a plan is called: one that nobody has named by its number, in the reader's language."""
    number = re.fullmatch(r"Plan (\d+)", name)
    return name if number is None else translated("Plan {0}").format(number[1])


def _figures(summary: Claims) -> str:
    parts = []
    if "beats" in summary:
        parts.append(f"{_many(summary['beats']['count'], 'beat')} ±{percent(summary['beats']['max_deviation'], 1)}")
    if "stations" in summary:
        parts.append(_many(summary["stations"]["count"], "station"))
    if "officers" in summary:
        parts.append(_many(summary["officers"]["posts"], "post"))
    return ", ".join(parts)


def _many(count: int, what: str) -> str:
    return in_language(f"{count:,} {what}{'' if count == 1 else 's'}")


def local_time(time: str) -> str:
    """Return a time as it is written here, such as “05.03.2027 14:02”."""
    try:
        return f"{dt.datetime.fromisoformat(time).astimezone():%d.%m.%Y %H:%M}"
    except ValueError:
        return time
