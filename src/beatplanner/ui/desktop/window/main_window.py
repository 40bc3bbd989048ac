"""The main window: map, table of beats, rules and run, all driven by the list of actions."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType

from platformdirs import user_documents_path
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, QTimer, QUrl
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QKeySequence,
)
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QTabWidget,
    QToolBar,
    QWidget,
)

from beatplanner.data.errors import InputError, StoppedError
from beatplanner.ui.desktop.map import background_action, export_panel, layer_tree, map_tools
from beatplanner.ui.desktop.map.map_view import MapView
from beatplanner.ui.desktop.panels import (
    drawing_panel,
    gantt_panel,
    results_panel,
    rule_editor,
    run_chart,
    station_panel,
)
from beatplanner.ui.desktop.panels.beat_table import BeatTable, BeatView, SortedBeats
from beatplanner.ui.desktop.panels.comparison import install as install_comparison
from beatplanner.ui.desktop.plain_text import literal, question
from beatplanner.ui.desktop.session.draft import Draft
from beatplanner.ui.desktop.session.session import OpenTown
from beatplanner.ui.desktop.session.solving import SolveProcess
from beatplanner.ui.desktop.session.waiting import wait_for
from beatplanner.ui.desktop.toolkit import guide_pages
from beatplanner.ui.desktop.toolkit.actions import ACTIONS
from beatplanner.ui.desktop.toolkit.figures_text import number
from beatplanner.ui.desktop.toolkit.icons import application_icon, icon
from beatplanner.ui.desktop.toolkit.in_language import in_language, kind_in_language
from beatplanner.ui.desktop.toolkit.lines_dialog import show_many
from beatplanner.ui.desktop.toolkit.recent import remember
from beatplanner.ui.desktop.toolkit.tab_bars import all_in_sight
from beatplanner.ui.desktop.toolkit.tool_actions import add_panel
from beatplanner.ui.desktop.window import palette, settings, tour
from beatplanner.ui.desktop.window.draft_actions import DraftActions
from beatplanner.ui.desktop.window.keyboard import KeyboardActions
from beatplanner.ui.desktop.window.main_frame import MainFrame
from beatplanner.ui.desktop.window.place import MAP_AND_TABLE, follow_border, keep_place
from beatplanner.ui.desktop.window.plan_figures import PlanFigures
from beatplanner.ui.desktop.window.project_window import ProjectActions, Session
from beatplanner.ui.desktop.window.result_actions import ResultActions
from beatplanner.ui.desktop.window.room import RoomForMap
from beatplanner.ui.desktop.window.run_actions import AFTER_STEPS, PROVING, RunActions
from beatplanner.ui.desktop.window.side_width import SideWidth
from beatplanner.ui.desktop.window.status_line import StatusLine
from beatplanner.ui.desktop.window.table_panel import TablePanel

# the wheel carries the guide; from the sources `start.py` makes it
GUIDE = Path(__file__).parents[2] / "guide"
# The menus from left to right; those of the panels' own actions among them.
MENUS = ("File", "Edit", "Plan", "Draw", "View")


class MainWindow(
    ProjectActions, ResultActions, DraftActions, RunActions, PlanFigures, TablePanel, KeyboardActions, MainFrame
):
    """The application's window."""

    def __init__(self) -> None:
        super().__init__()
        self.scenario = OpenTown()
        self.solving = SolveProcess(self)
        self.draft = Draft(self.scenario, self)
        self.saved = True
        self.put_away: list[QWidget] = []
        self.in_front = []
        self.shown_of = 0  # which opening is shown
        self.setWindowTitle("beatplanner")
        self.setWindowIcon(application_icon())
        self.remembers = False
        self.setAcceptDrops(True)
        self.resize(1280, 720)
        self.actions_by_name: dict[str, QAction] = {}
        self._build_widgets()
        self._build_actions()
        self.comparing = install_comparison(self)
        self.session = Session(self)
        self.scenario.reading = lambda function, *arguments: wait_for(
            self, self.tr("Reading the layers…"), function, *arguments
        )
        self.scenario.follows = self.may_follow
        # the modules listen after the window, so that the map is there when they are told
        self.scenario.listeners.append(self.refresh)
        map_tools.install(self)
        self.layer_tree = layer_tree.install(self)
        self.drawing_panel = drawing_panel.install(self)
        self.results = results_panel.install(self)
        self.drawing_panel.begun.connect(self.results.make_ready)
        self.rule_panel = rule_editor.install(self)
        self.gantt = gantt_panel.install(self)
        self.stations = station_panel.install(self)
        self.chart = run_chart.install(self)
        for module in (background_action, export_panel, palette, tour, settings):
            module.install(self)
        layers = self.findChild(QDockWidget, "layers")
        if layers is not None:
            # all panels share the side, so that each has the height of a small screen; their names stand upright, so that the map keeps its width
            self.tabifyDockWidget(layers, self.session.dock)
            plan = add_panel(self, self.side, "plan", "Plan and run")
            # the plan comes first among the panels, the layers next
            for dock in (layers, *(d for d in self.tabifiedDockWidgets(plan) if d is not layers)):
                self.tabifyDockWidget(plan, dock)
            self.setTabPosition(Qt.DockWidgetArea.RightDockWidgetArea, QTabWidget.TabPosition.East)
            plan.raise_()
        self.side_width = SideWidth(self)
        if self.gantt.dock is not None:
            self.room = RoomForMap(self, self.gantt.dock, self.table_panel)
        self.follow_draft()
        self.follow_runs()
        self.prepare_keyboard()
        for field in self.findChildren(QLineEdit):
            # a field would take a dropped file for text; the window opens it
            field.setAcceptDrops(False)
        self.refresh()

    # ---- building

    def _build_actions(self) -> None:
        self.toolbar = toolbar = self.addToolBar(self.tr("Main"))
        toolbar.setObjectName("main tools")
        toolbar.setIconSize(QSize(18, 18))
        toolbar.setMovable(False)
        toolbar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        menus: dict[str, object] = {title: self.menuBar().addMenu(self.tr(title)) for title in MENUS}
        for entry in ACTIONS:
            if entry.menu not in menus:
                menus[entry.menu] = self.menuBar().addMenu(self.tr(entry.menu))
            action = QAction(self.tr(entry.text), self)
            action.setIcon(icon(entry.name))
            action.setStatusTip(self.tr(entry.help))
            action.setToolTip(f"{self.tr(entry.help)}" + (f" ({entry.shortcut})" if entry.shortcut else ""))
            if entry.shortcut:
                action.setShortcut(QKeySequence(entry.shortcut))
            action.triggered.connect(lambda _=False, name=entry.name: getattr(self, name)())
            menus[entry.menu].addAction(action)  # type: ignore[attr-defined]
            if entry.toolbar:
                toolbar.addAction(action)
            self.actions_by_name[entry.name] = action

    def _build_widgets(self) -> None:
        self.map = MapView(self.scenario)
        self._unit, self._unit_said = -1, ""
        self.map.hovered.connect(self._show_unit)
        self.map.beat_picked.connect(self.select_row)
        self.table_model = BeatTable(self.scenario)
        self.sorted_model = SortedBeats()
        self.sorted_model.setSourceModel(self.table_model)
        self.table = BeatView(self.sorted_model)
        self.table.setAccessibleName(self.tr("Table of beats"))
        self.table.selectionModel().currentRowChanged.connect(self._select_beat)
        right = QSplitter(Qt.Orientation.Vertical)
        right.addWidget(self.map)
        self.table_panel = self.make_table_panel()
        right.addWidget(self.table_panel)
        right.setSizes([585, 105])
        right.setStretchFactor(0, 1)
        right.setObjectName(MAP_AND_TABLE)
        follow_border(right)
        self.side = self._side_panel()
        self.pages = QStackedWidget()
        self.start_page = self.make_start_page()
        self.pages.addWidget(self.start_page)
        self.pages.addWidget(right)
        self.setCentralWidget(self.pages)
        self.setStatusBar(StatusLine())

    # ---- showing

    def refresh(self) -> None:
        """Show the scenario as it is now."""
        self.pages.setCurrentIndex(1 if self.scenario.is_open else 0)
        if self.scenario.opened != self.shown_of:
            self.shown_of = self.scenario.opened
            self.map.announce()
            self.table_filter.clear()
            if hasattr(self, "place_search"):
                self.place_search.clear()
        self.put_tools_away(away=not self.scenario.is_open)
        for bar in self.findChildren(QTabBar):
            all_in_sight(bar)
        self.map.load()
        self.table_model.load()
        self.today.follow()
        self.heading.setText(self.scenario.name)
        self.setWindowTitle(f"{self.scenario.name} – beatplanner" if self.scenario.is_open else "beatplanner")
        kind_words = kind_in_language(self.tr, self.scenario.kinds)
        lines = self.scenario.rules_in_words(kind_words, in_language)
        for place, count, low, high in self.scenario.hours_of_beats() if lines else ():
            one, more = (
                self.tr("1 beat between {1} and {2} hours a year"),
                self.tr("{0} beats between {1} and {2} hours a year"),
            )
            words = (one if count == 1 else more).format(count, number(low), number(high))
            lines.append(f"{place}: {words}" if place else words)
        self.rules.setText("\n".join(f"• {line}" for line in lines) or self.tr("The inputs of this result are gone."))
        self.figures.setText(self._figures())
        self.follow_plan_in_view()
        self.say_unit_again()
        self.enable_actions()
        self.session.refresh()
        self.keep_focus()

    def put_tools_away(self, *, away: bool) -> None:
        """Hide what belongs to a town while none is open, and bring back what was hidden so."""
        if away:
            tools = [
                w for w in (*self.findChildren(QDockWidget), *self.findChildren(QToolBar)) if w is not self.toolbar
            ]
            self.put_away += [w for w in tools if not w.isHidden()]
            for widget in self.put_away:
                widget.hide()
        else:
            # of panels that share a place the one shown last lies on top
            for widget in reversed(self.put_away):
                widget.show()
                if isinstance(widget, QDockWidget) and widget.objectName() in self.in_front:
                    QTimer.singleShot(0, widget.raise_)
            if self.put_away and self.scenario.is_open:
                self.in_front = []
            self.put_away = []

    def enable_actions(self) -> None:
        """Enable what can be done now, and nothing else."""
        state = {
            "": True,
            "open": self.scenario.is_open,
            "plan": self.scenario.plan is not None,
            "running": self.solving.running,
            "project": self.scenario.document is not None,
            "draft": self.draft.count > 0
            and not (self.solving.running and (self.draft.being_planned or self.draft.has("rules"))),
            "idle": self.scenario.project is not None and not self.solving.running,
        }
        for entry in ACTIONS:
            self.actions_by_name[entry.name].setEnabled(state[entry.needs])
        # a run that ends is neither ended again nor made to wait, by button or key
        going = state["running"] and not self.stopped_early
        seeking = going and self.step_running not in (PROVING, AFTER_STEPS)
        self.keep_focus_at_run(state["idle"], state["running"], going, seeking)
        self.plan_button.setEnabled(state["idle"])
        self.cancel_button.setEnabled(state["running"])
        for button, name, able in (
            (self.enough_button, "finish_early", seeking),
            (self.pause_button, "pause_plan", going),
        ):
            button.setEnabled(able)
            self.actions_by_name[name].setEnabled(able)
        for name in ("rule_panel", "drawing_panel", "gantt", "stations"):
            # the panels come after the window's own parts
            if hasattr(self, name):
                getattr(self, name).enable()
        self.pause_button.setText(self.tr("Go on") if self.solving.paused else self.tr("Pause"))
        self.say_without_beats()
        if self.scenario.is_open and self.scenario.plan is None:
            # while the first plan is made nobody is told to press Plan
            self.figures.setText(self._figures())

    def _select_beat(self, current, _previous) -> None:
        if current.isValid():
            self.map.select(self.table_model.beat(self.sorted_model.mapToSource(current).row()))

    def beat_at(self, index: QModelIndex | QPersistentModelIndex) -> str:
        """Return the beat of a row of the table as it is sorted."""
        return self.table_model.beat(self.sorted_model.mapToSource(index).row())

    def select_row(self, beat: str) -> None:
        """Select a beat in the table."""
        for row in range(self.sorted_model.rowCount()):
            if self.beat_at(self.sorted_model.index(row, 0)) == beat:
                self.table.selectRow(row)
                return
        self.table.clearSelection()

    def show_lines(self, title: str, lines: list[str]) -> None:
        """Tell lines in a dialog with a title."""
        show_many(self, title, lines)

    def may_follow(self, paths: list[str]) -> bool:
        """Show paths that lead out of a project, and ask whether they are followed."""
        shown = [f"• {path}" for path in paths[:12]]
        if len(paths) > 12:
            shown.append(self.tr("And {0} more.").format(len(paths) - 12))
        words = self.tr("This project names files that lie elsewhere, perhaps on another computer:") + "\n\n"
        words += "\n".join(shown) + "\n\n" + self.tr("Only a project that you trust should read them. Follow them?")
        return question(self, self.tr("Files elsewhere"), words) == QMessageBox.StandardButton.Yes

    # ---- actions

    def open(self, path: Path, *, asked: bool = False) -> None:
        """Open a project or result, and say what is wrong where it cannot be used; only what can be used asks to leave what is open, unless that was `asked`."""
        try:
            if not self.scenario.open(path, (lambda: True) if asked else self.may_leave):
                return
        except StoppedError:
            self.statusBar().showMessage(self.tr("Stopped; nothing was opened."), 8_000)
            return
        except InputError as error:
            self.show_lines(self.tr("This cannot be opened"), [str(note) for note in error.problems])
            return
        self.saved = self.scenario.document is None or not self.scenario.document.dirty
        self.forget_run()
        # what was said is of what was open before
        self.statusBar().clearMessage()
        remember(path)
        self.map.fit()
        background_action.say_at_opening(self)
        self.session.refresh()

    def choose_project(self) -> None:
        """Ask for a project and open it."""
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Open project"), "", self.tr("Projects (*.beatplan *.gpkg *.toml)")
        )
        if name:
            self.open(Path(name))

    def choose_result(self) -> None:
        """Ask for a result folder and open it."""
        name = QFileDialog.getExistingDirectory(self, self.tr("Open result"))
        if name:
            self.open(Path(name))

    def open_sample_town(self) -> None:
        """Open the sample town with its plan; both are made in the user's documents the first time."""
        from beatplanner.ui.desktop.session.sample import plain_sample, sample_with_plan

        if not self.may_leave():
            return
        folder = user_documents_path() / "beatplanner sample town"
        words = self.tr("The sample town is planned, this once. Stop opens it without a plan.")
        try:
            try:
                project = wait_for(self, words, sample_with_plan, folder)
            except StoppedError:
                project = wait_for(self, self.tr("The sample town is written…"), plain_sample, folder)
        except StoppedError:
            return
        except InputError as error:
            self.show_lines(self.tr("The sample town cannot be written"), [str(note) for note in error.problems])
            return
        self.open(project, asked=True)
        tour.begin_once(self)

    def verify_plan(self) -> None:
        """Recompute every figure in a process of its own, and show what was found."""
        self.results.show_proof()

    def zoom_in(self) -> None:
        """Zoom in about the middle."""
        self.map.zoom(1.5)

    def zoom_out(self) -> None:
        """Zoom out about the middle."""
        self.map.zoom(1 / 1.5)

    def zoom_all(self) -> None:
        """Show the whole town."""
        self.map.fit()

    def open_guide(self) -> None:
        """Open the guide's page of the panel in view in the browser; it lies beside the program and needs no network."""
        page = guide_pages.file_of(GUIDE, guide_pages.page_in_view(self))
        if page is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(page)))
        else:
            self.show_lines(self.tr("The guide is not here"), [self.tr("Make it with: python -m delivery.guide")])

    def show_help(self) -> None:
        """List the actions."""
        palette.ActionTable(self).exec()

    def show_about(self) -> None:
        """Show versions."""
        from beatplanner.planning.versions import versions

        QMessageBox.about(
            self,
            self.tr("About beatplanner"),
            literal("\n".join(f"{name} {number}" for name, number in versions().items())),
        )

    def report_errors(self) -> None:
        """From now on an error of the program leaves a report and a message; the window stays, and the work in it."""

        def leave_report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
            from beatplanner.ui.crash_report import write_crash_report

            report = write_crash_report(kind, trace)
            lines = [self.tr("Your work is still here; save it before you go on.")]
            if report is not None:
                lines.append(self.tr("A report that holds no data of yours is in {0}").format(report))
            self.show_lines(self.tr("beatplanner met an error of its own"), lines)

        sys.excepthook = leave_report

    # ---- what is dropped on it

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files from the file manager, wherever on the window; behind the tour or a dialog nothing is begun."""
        if event.mimeData().hasUrls() and self._takes_files():
            event.acceptProposedAction()

    def _takes_files(self) -> bool:
        # behind a dialog that is waited for a print, an export or a reading may be under way
        return self.tour is None and QApplication.activeModalWidget() is None

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Open a project, or begin one with layers."""
        if not self._takes_files():
            return
        event.acceptProposedAction()
        files = [Path(u.toLocalFile()) for u in event.mimeData().urls() if u.isLocalFile()]
        if len(files) == 1 and files[0].suffix.lower() == background_action.ENDING:
            background_action.use_background(self, files[0])
            return
        self.start_page.take_files(files)

    # ---- leaving

    def may_leave(self) -> bool:
        """Ask before a run or other work is ended, or an unsaved plan or a rule that was typed is lost."""
        if not self.may_drop_refused() or not self.may_end_work():
            return False
        if self.scenario.document is not None and not self.solving.running:
            return self._may_leave_project()
        if self.solving.running:
            words = self.tr("A plan is being made. Stop it?")
        elif not self.saved:
            words = self.tr("The plan is not saved. Go on without it?")
            if self.draft.count:
                return self.may_lose_draft() and self._leave_unsaved()
        else:
            return True
        answer = question(self, self.tr("beatplanner"), words)
        return answer == QMessageBox.StandardButton.Yes and self._leave_unsaved()

    def _leave_unsaved(self) -> bool:
        was_running = self.solving.running
        self.drop_run()
        if was_running and self.scenario.document is not None:
            return self._may_leave_project()
        self.saved = True
        return True

    def may_lose_draft(self, count: int | None = None) -> bool:
        """Ask before what was changed by hand (the draft for None) is lost: on a result in a folder, which keeps no draft, or on a plan that is removed."""
        count = self.draft.count if count is None else count
        if not count:
            return True
        words = self.in_draft(count) + ". " + self.tr("They are lost when this result is left. Go on without them?")
        return question(self, self.tr("beatplanner"), words) == QMessageBox.StandardButton.Yes

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Close, unless the user would rather not."""
        if self.may_leave():
            self.solving.cancel()
            self.session.work.wait()
            self.today.stop()
            self.gantt.work.stop()
            self.results.close_down()
            if self.remembers:
                self.room.give_back()
                keep_place(self)
            self.scenario.close_document()
            event.accept()
        else:
            event.ignore()
