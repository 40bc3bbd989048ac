"""The panel "Results": a card per beat and charts of the plan as it is drawn, warnings and the proof of the plan in force, linked to map and table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDockWidget, QVBoxLayout, QWidget

from beatplanner.data.result.service import ServiceContent, service_in
from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.panels import jobs
from beatplanner.ui.desktop.panels.beat_card import BeatCardView
from beatplanner.ui.desktop.panels.charts_page import ChartsPage
from beatplanner.ui.desktop.panels.proof_page import ProofPage
from beatplanner.ui.desktop.panels.service_page import ServicePage
from beatplanner.ui.desktop.panels.warnings_page import WarningsPage
from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.session.child_process import Work
from beatplanner.ui.desktop.session.live_service import LiveService
from beatplanner.ui.desktop.toolkit.actions import Action
from beatplanner.ui.desktop.toolkit.tab_bars import Tabs
from beatplanner.ui.desktop.toolkit.tool_actions import add_action, add_panel

if TYPE_CHECKING:
    from beatplanner.data.result.plan_tables import PlanTables
    from beatplanner.planning.forum.beat_cards import BeatBook
    from beatplanner.planning.whole.plan_warnings import PlanWarning

ACTIONS = (
    Action("show_results", "View", "Results", "Show cards, charts, warnings and the proof of the plan.", "Ctrl+I"),
    Action("show_card", "View", "Page: beat", "Show the card of the beat that is picked.", "Ctrl+1"),
    Action("show_charts", "View", "Page: charts", "Show the charts that compare the beats.", "Ctrl+2"),
    Action("show_service", "View", "Page: service", "Show how soon callers are reached.", "Ctrl+3"),
    Action("show_warnings", "View", "Page: warnings", "Show the warnings of the plan.", "Ctrl+4"),
    Action("show_proof", "View", "Page: proof", "Show how near the plan is to the best.", "Ctrl+5"),
    Action("next_beat", "View", "Next beat", "Go to the next beat of the table.", "Ctrl+PgDown"),
    Action("previous_beat", "View", "Previous beat", "Go to the previous beat of the table.", "Ctrl+PgUp"),
    Action(
        "copy_card",
        "View",
        "Copy card of the beat",
        "Copy the beat's card as text, without officers' names and small figures.",
        "Ctrl+Alt+C",
    ),
)


class ResultsPanel(QWidget):
    """Cards, charts, service, warnings and proof of the plan in force.

    Attributes
    ----------
    book
        The cards, as drawn where anything is; None before they are counted, and without a plan.
    planned
        Those of the plan in force.
    beat
        The beat that is picked; "" for none.
    """

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_, self.scenario = window, window.scenario
        self.book: BeatBook | None = None
        self.planned: BeatBook | None = None
        self.beat = ""
        self.dock: QDockWidget | None = None
        # before anything is loaded it is not even no plan
        self._plan: object = self
        self.work = Work(self)
        self.tabs = Tabs()
        self.tabs.setAccessibleName(self.tr("Results"))
        self.card, self.charts = BeatCardView(), ChartsPage()
        self.service, self.warnings, self.proof = ServicePage(), WarningsPage(), ProofPage(self.work)
        for page, words in (
            (self.card, self.tr("Beat")),
            (self.charts, self.tr("Charts")),
            (self.service, self.tr("Service")),
            (self.warnings, self.tr("Warnings")),
            (self.proof, self.tr("Proof")),
        ):
            self.tabs.addTab(page, words)
            self.tabs.name(page, words)
        self.of_plan = Label(self.tr("About the plan; what is drawn since is not in it."))
        self.of_plan.setWordWrap(True)
        self.of_plan.setMargin(6)
        self.of_plan.hide()
        self.tabs.currentChanged.connect(lambda _: self._say_of_what())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.of_plan)
        column.addWidget(self.tabs)
        self.card.picked.connect(self.choose)
        self.card.stepped.connect(self.step)
        self.card.zoomed.connect(self.zoom)
        self.card.copied.connect(self.copy)
        self.charts.picked.connect(self.choose)
        self.service.picked.connect(self.choose)
        self.service.mapped.connect(self._shade)
        self.live = LiveService(self)
        self.live.counted.connect(self._served)
        self.warnings.wanted.connect(self.show_place)
        self.proof.judged.connect(self._judged)
        window.map.beat_picked.connect(self._on_map)
        window.map.recoloured.connect(self._recolour)
        window.table.selectionModel().currentRowChanged.connect(self._in_table)
        window.table.doubleClicked.connect(lambda _: self.open_card())
        self.scenario.listeners.append(self.load)
        self.load()

    # ---- the plan

    def load(self) -> None:
        """Take the plan in force; its cards are counted in a child."""
        plan = self.scenario.plan
        if plan is self._plan and (plan is None or self.book is not None):
            # the map was made anew, and is shaded by nothing of the service yet
            self.service.show_on_map()
            self._say_of_shifts()
            self.follow_draft()
            return
        # what is drawn on another plan is counted no more
        self.live.stop()
        self._plan, self.book, self.planned, self.beat = plan, None, None, ""
        self.charts.take(None, {})
        self.service.take(None, {}, {})
        self._warn([])
        self._say_of_what()
        self.proof.take(None if plan is None else self.scenario.result, None if plan is None else plan.summary)
        if plan is None:
            self.card.say(self.tr("There is no plan yet. Press Plan, then click a beat."))
            self._wait(self.tr("There is no plan yet."))
            self._say_of_shifts()
            return
        self.card.say(self.tr("Counting…") if plan.beats is not None else self.tr("This plan has no beats."))
        self._wait(self.tr("Counting…") if plan.beats is not None else self.tr("This plan has no beats."))
        town = self.scenario.town

        def done(found: tuple[dict[str, object], list[PlanWarning]]) -> None:
            if self._plan is plan:
                self._warn(found[1])
                if plan.beats is not None:
                    from beatplanner.planning.forum.beat_cards import BeatBook

                    book = BeatBook(plan, town)
                    vars(book).update(found[0])
                    self._take(book)

        def failed(error: Exception) -> None:
            if self._plan is plan:
                said = self.tr("The figures of the beats cannot be counted: {0}").format(error)
                self.card.say(said)
                self._wait(said)

        self.work.run(done, failed, jobs.count_cards, plan, town)

    def _wait(self, text: str) -> None:
        """Say on every page why it is empty: what is not counted yet is neither missing nor free of warnings."""
        for label in (self.charts.note, self.service.said, self.warnings.headline):
            label.setText(text)

    def _warn(self, warnings: list[PlanWarning]) -> None:
        self.warnings.take(warnings)
        number = self.warnings.serious
        title = self.tr("Warnings ({0})").format(number) if number else self.tr("Warnings")
        self.tabs.name(self.warnings, title)

    def _judged(self, ok: bool | None) -> None:
        mark = {True: " ✔", False: " ✘"}.get(ok, "") if ok is not None else ""  # type: ignore[arg-type]
        self.tabs.name(self.proof, self.tr("Proof") + mark)
        self.window_.refresh_proof()

    def show_proof(self) -> None:
        """Show the proof, and check the plan again."""
        self.tabs.setCurrentWidget(self.proof)
        self.open()
        self.proof.check()

    def _say_of_shifts(self) -> None:
        """Say that the service waits for a plan, where it does not wait for shifts."""
        town = self.scenario.town
        if self.scenario.plan is None and town is not None and town.description.service is not None:
            self.service.said.setText(self.tr("There is no plan yet."))

    def show_place(self, warning: PlanWarning) -> None:
        """Zoom to what a sentence names, and select it."""
        view = self.window_.map
        content = view.content
        units = [u for u in warning.units if u < len(content.polygons)]
        shapes = [content.polygons[u] for u in units]
        beats = [k for k in (self._place(b) for b in warning.beats) if k is not None]
        shapes += [s for s in (content.shapes[k] for k in beats) if s is not None]
        if not shapes:
            return
        boxes = np.array([s.bounds for s in shapes])
        west, south, east, north = *boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)
        # a lone unit is told by what lies around it
        around = max(east - west, north - south) * (0.6 if not beats else 0.1)
        view.zoom_to((west - around, south - around, east + around, north + around))
        members = np.flatnonzero(np.isin(content.label, beats)) if len(beats) > 1 else np.array([], int)
        view.select_units(np.union1d(np.array(units, int), members))
        if len(beats) == 1:
            beat = content.ids[beats[0]]
            self.window_.select_row(beat)
            view.select(beat)
            self.show_beat(beat)

    def _take(self, book: BeatBook) -> None:
        self.planned = book
        self.service.take(self._service, book.names, self.window_.map.fills())
        self.card.say(self.tr("Click a beat on the map or in the table."))
        self.follow_draft()
        self.show_beat(self.beat or self.window_.map.selected)

    def follow_draft(self) -> None:
        """Show cards and charts of the plan as it is drawn, or of the plan once nothing is."""
        if self.planned is None:
            return
        shown = self.scenario.as_drawn
        self.book = self.planned if shown is None else self.planned.as_drawn(shown)
        self.charts.take(self.book, self.window_.map.fills(), None if shown is None else self.planned)
        self._follow_service(shown)
        # counting takes a moment; a name holds at once
        self.service.call(self.book.names)
        self._say_of_what()
        if self.card.card is not None:
            beat, self.card.card = self.card.card.beat, None
            if beat in self.book.place:
                self.show_beat(beat)
            else:
                self.card.say(self.tr("Beat {0} has no units any more.").format(beat))

    def _recolour(self) -> None:
        """Show the beats of charts and service in the colours that the map has now."""
        fills = self.window_.map.fills()
        self.charts.take(self.book, fills, self.charts.planned)
        service = self.service
        service.take(service.service, service.names, fills, service.before)

    @property
    def _service(self) -> ServiceContent | None:
        return None if self.planned is None else service_in(self.planned.tables.summary)

    def make_ready(self) -> None:
        """Read what the service of drawn beats is counted from before the first stroke, which then waits for its figures alone."""
        drawing = self.scenario.drawn
        if self._service is not None and drawing is not None and drawing.town.description.service is not None:
            self.live.make_ready(drawing.town)

    def _follow_service(self, shown: PlanTables | None) -> None:
        """Count the service of what is drawn, or show the plan's again."""
        drawing = self.scenario.drawn
        if self._service is None or self.planned is None:
            return
        if shown is not None and drawing is not None and drawing.town.description.service is not None:
            self.live.follow(drawing.town, shown)
        elif self.service.before is not None:
            self.live.stop()
            self.service.take(self._service, self.planned.names, self.service.colours)

    def _served(self, figures: ServiceContent) -> None:
        if self.book is not None and self.scenario.as_drawn is not None:
            self.service.take(figures, self.book.names, self.window_.map.fills(), self._service)
            # its figures are now of what is drawn
            self._say_of_what()

    def _shade(self, name: str, values: dict[str, float | None] | None) -> None:
        """Shade the map by a figure of the service, or no more."""
        view = self.window_.map
        content, layer = view.content, view.stack["Service"]
        if values is None:
            if layer.visible:
                view.stack.change("Service", visible=False)
            return
        content.figures.pop(layer.figure, None)
        of_beat = np.array([np.nan if (v := values.get(b)) is None else v for b in content.ids] + [np.nan])
        content.figures[name] = of_beat[content.label]
        view.stack.change("Service", visible=True, figure=name)

    def _say_of_what(self) -> None:
        of_plan = self.tabs.currentWidget() in (self.warnings, self.proof) or (
            self.tabs.currentWidget() is self.service and self.service.before is None
        )
        self.of_plan.setVisible(of_plan and self.scenario.plan is not None and self.window_.draft.count > 0)

    # ---- which beat

    def _on_map(self, beat: str) -> None:
        if beat:
            self.bring_up()
            self.show_beat(beat)

    def _in_table(self, current: Any, _before: Any) -> None:
        if current.isValid():
            window = self.window_
            self.show_beat(window.beat_at(current))
            if window.table.hasFocus():
                self.bring_up()

    def show_beat(self, beat: str) -> None:
        """Show the card of a beat and mark its bar."""
        self.beat = beat
        if self.book is None or beat not in self.book.place:
            return
        self.charts.mark(beat)
        if self.card.card is None or self.card.card.beat != beat:
            planned = self.planned.card(beat) if self.planned is not None and beat in self.planned.place else None
            self.card.show_card(self.book.card(beat), self.book, planned)

    def choose(self, beat: str) -> None:
        """Pick a beat from here, and show it on the map and in the table."""
        window = self.window_
        window.select_row(beat)
        window.map.select(beat)
        self.show_beat(beat)
        self._bring_in(beat)

    def step(self, by: int) -> None:
        """Go to the next beat (1) or the previous one (−1), in the order of the table."""
        window = self.window_
        model = window.sorted_model
        order = [window.beat_at(model.index(r, 0)) for r in range(model.rowCount())]
        if not order:
            return
        at = order.index(self.beat) + by if self.beat in order else (0 if by > 0 else len(order) - 1)
        self.choose(order[at % len(order)])
        self.open_card()

    def _place(self, beat: str) -> int | None:
        ids = self.window_.map.content.ids
        return ids.index(beat) if beat in ids else None

    def _bring_in(self, beat: str) -> None:
        """Move the map so far that the beat is seen."""
        view, number = self.window_.map, self._place(beat)
        at = None if number is None else view.content.anchor(number)
        if at is None:
            return
        point = view.to_widget(*at)
        if not view.rect().adjusted(20, 20, -20, -20).contains(point.toPoint()):
            middle = view.rect().center()
            view.pan(middle.x() - point.x(), middle.y() - point.y())

    def zoom(self) -> None:
        """Show the beat large on the map."""
        number = self._place(self.beat)
        shape = None if number is None else self.window_.map.content.shapes[number]
        if shape is not None:
            west, south, east, north = shapely.bounds(shape).tolist()
            self.window_.map.zoom_to((west, south, east, north), 0.8)

    def copy(self) -> None:
        """Copy the card as text."""
        if self.book is not None and self.card.card is not None:
            QGuiApplication.clipboard().setText(self.card.words.text(self.card.card, self.book))
            self.window_.statusBar().showMessage(
                self.tr("The card is copied, without officers' names and small figures."), 5_000
            )

    # ---- where it stands

    def _busy_elsewhere(self) -> bool:
        """Whether the planner is at a work that must not be covered: a tool in hand, or another panel for drawing."""
        window = self.window_
        if window.map.tool is not None:
            return True
        others = (getattr(window, name, None) for name in ("drawing_panel", "gantt", "stations", "rule_panel"))
        return any(panel is not None and not panel.visibleRegion().isEmpty() for panel in others)

    def bring_up(self) -> None:
        """Show the card, unless the panel was closed or something else is being done."""
        if self.dock is None or self.dock.isHidden() or self._busy_elsewhere():
            return
        if self.tabs.currentWidget() is not self.charts or self.visibleRegion().isEmpty():
            self.tabs.setCurrentWidget(self.card)
        if self.visibleRegion().isEmpty():
            self.dock.raise_()

    def open_card(self) -> None:
        """Show the card, whatever lies over it."""
        self.tabs.setCurrentWidget(self.card)
        self.open()

    def open(self) -> None:
        """Show the panel."""
        if self.dock is not None:
            self.dock.show()
            self.dock.raise_()

    def open_page(self, page: QWidget) -> None:
        """Show a page, and give its tab the keys: arrows go to the pages beside it, Tab into it."""
        self.tabs.setCurrentWidget(page)
        self.open()
        self.tabs.tabBar().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def toggle(self) -> None:
        """Show the panel, or hide it where it is seen."""
        if self.dock is not None and not self.visibleRegion().isEmpty():
            self.dock.hide()
        else:
            self.open()

    def close_down(self) -> None:
        """End what is under way; the window is closed."""
        self.proof.process.cancel()
        self.live.stop()
        self.work.stop()


def install(window: Window) -> ResultsPanel:
    """Add the panel, its actions and keys to the window."""
    panel = ResultsPanel(window)
    slots = {
        "show_results": panel.toggle,
        "show_card": lambda: panel.open_page(panel.card),
        "show_charts": lambda: panel.open_page(panel.charts),
        "show_service": lambda: panel.open_page(panel.service),
        "show_warnings": lambda: panel.open_page(panel.warnings),
        "show_proof": lambda: panel.open_page(panel.proof),
        "next_beat": lambda: panel.step(1),
        "previous_beat": lambda: panel.step(-1),
        "copy_card": panel.copy,
    }
    for entry in ACTIONS:
        add_action(window, entry, slots[entry.name])
    panel.setMinimumWidth(300)
    dock = add_panel(window, panel, "results", "Results")
    panel.dock = dock
    return panel
