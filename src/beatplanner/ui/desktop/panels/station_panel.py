"""The panel of stations: a site is dragged on the map to another, opened or closed, and what residents walk is told at once."""

from __future__ import annotations

import itertools
from copy import copy
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDockWidget,
    QFrame,
    QGridLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from beatplanner.data.errors import InputError
from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.panels.site_tool import SiteTool
from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.session.change import Change
from beatplanner.ui.desktop.session.draft import Draft
from beatplanner.ui.desktop.toolkit.actions import Action
from beatplanner.ui.desktop.toolkit.figures_text import as_set, number, percent
from beatplanner.ui.desktop.toolkit.in_language import in_language, with_counts
from beatplanner.ui.desktop.toolkit.tall_scroll import TallScroll
from beatplanner.ui.desktop.toolkit.tool_actions import add_action, add_panel, stays_on, two_in_a_row


class StationPanel(QWidget):
    """Stations of the plan in force, and what was moved by hand since."""

    kind, begins, stays = "stations", 1, False

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_, self.map = window, window.map
        self.draft: Draft = window.draft
        self.draft.parts[self.kind] = self
        self.draft.changed.connect(self._draft_changed)
        self.judge: Any = None
        self._beats: Any = None
        self.steps: list[list[int]] = []
        self.undone: list[list[int]] = []
        self.before: Any = None
        self.tool: SiteTool | None = None
        self.head = Label()
        self.head.setWordWrap(True)
        self.use = QPushButton(self.tr("Move stations on the map"))
        stays_on(self.use)
        self.use.toggled.connect(self.use_tool)
        self.figures = Label()
        self.figures.setWordWrap(True)
        self.figures.setTextFormat(Qt.TextFormat.PlainText)
        self.figures.setAccessibleName(self.tr("What residents walk"))
        self.table = QTableWidget(0, 2)
        self.table.setHorizontalHeaderLabels([self.tr(t) for t in ("Site", "Open")])
        self.table.setAccessibleName(self.tr("Sites for stations"))
        self.table.verticalHeader().setVisible(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.table.setMinimumHeight(6 * self.table.verticalHeader().defaultSectionSize())
        self.table.itemChanged.connect(self._ticked)
        self.buttons = {
            "undo": QPushButton(self.tr("Undo")),
            "redo": QPushButton(self.tr("Redo")),
            "improve": QPushButton(self.tr("Improve from here")),
            "keep": QPushButton(self.tr("Make this the plan")),
            "release": QPushButton(self.tr("Hold none by hand")),
        }
        self.buttons["improve"].setToolTip(self.tr("Sites that you opened stay open; the others are chosen anew."))
        self.buttons["keep"].setToolTip(self.tr("These stations, with the beats as they are."))
        self.buttons["release"].setToolTip(self.tr("The next plan chooses all sites anew."))
        for name, slot in (
            ("undo", self.undo),
            ("redo", self.redo),
            ("release", self.release),
            ("improve", lambda: self.plan(True)),
            ("keep", lambda: self.plan(False)),
        ):
            self.buttons[name].clicked.connect(lambda _=False, s=slot: s())
        grid = QGridLayout()
        two_in_a_row(grid, list(self.buttons.values()))
        column = QVBoxLayout(self)
        column.addWidget(self.head)
        column.addWidget(self.use)
        # below the table: where its lines wrap the row under the pointer stays where it is
        column.addWidget(self.table, 1)
        column.addWidget(self.figures)
        column.addLayout(grid)

    # ---- what is shown

    @property
    def chosen(self) -> list[int]:
        """The open sites as they are now, by position."""
        return self.steps[-1] if self.steps else []

    def load(self) -> None:
        """Take the plan in force."""
        self.judge, self.steps, self.undone, self.before = None, [], [], None
        self.use.setChecked(False)
        if self.isVisible():
            self._begin()
        self._show()

    def showEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Take the plan once the panel is seen."""
        super().showEvent(event)
        if self.judge is None:
            self._begin()
            self._show()

    def _begin(self) -> None:
        from beatplanner.planning.stations.site_edits import SiteJudge

        scenario = self.window_.scenario
        if scenario.town is None:
            return
        plan = scenario.plan
        beat = self._beats = scenario.shown_beat_of_unit()
        try:
            self.judge = SiteJudge(
                scenario.town, beat if all(isinstance(b, str) for b in beat) else None, scenario.shown_names
            )
        except InputError:
            return
        if self.steps:
            # the beats were drawn on: the sites that are open stay open
            self.before = self.judge(self.steps[0])
            return
        position = {s: k for k, s in enumerate(self.judge.ids)}
        if plan is not None and plan.stations is not None:
            there = [position[str(s)] for s in plan.stations["station"] if str(s) in position]
        else:
            there = [int(k) for k in np.flatnonzero(self.judge.standing)]
        self.steps = [sorted(there)]
        self.before = self.judge(there)

    def _show(self) -> None:
        judge, running = self.judge, self.window_.solving.running
        edited = len(self.steps) > 1
        draft = self.draft
        for name, on in (
            ("undo", draft.can_undo),
            ("redo", draft.can_redo),
            ("improve", edited),
            ("keep", edited),
        ):
            self.buttons[name].setEnabled(on and not running)
        town = self.window_.scenario.town
        holds = town is not None and town.description.stations is not None and bool(town.description.stations.held_open)
        self.buttons["release"].setEnabled(holds and not running and self.window_.scenario.document is not None)
        self.use.setEnabled(judge is not None and not running)
        if judge is None:
            self.head.setText(self.tr("There are no sites for stations here, or the inputs of this result are gone."))
            self.figures.setText("")
            self.table.setRowCount(0)
            return
        self.head.setText(
            self.tr("Drag a station to another site; a click opens or closes one. The table does the same by keys.")
        )
        self.table.blockSignals(True)
        self.table.setRowCount(len(judge.ids))
        chosen = set(self.chosen)
        for k, label in enumerate(judge.labels):
            name = QTableWidgetItem(label + (self.tr(" (there today)") if judge.standing[k] else ""))
            tick = QTableWidgetItem()
            tick.setCheckState(Qt.CheckState.Checked if k in chosen else Qt.CheckState.Unchecked)
            fixed = bool(judge.fixed[k])
            tick.setFlags(
                Qt.ItemFlag.ItemIsSelectable
                | (
                    Qt.ItemFlag.NoItemFlags
                    if fixed or running
                    else Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable
                )
            )
            self.table.setItem(k, 0, name)
            self.table.setItem(k, 1, tick)
        self.table.blockSignals(False)
        self.show_figures()

    def show_figures(self, found: Any = None) -> None:
        """Show what residents walk, against the plan in force; `found` is what is tried out."""
        if self.judge is None:
            return
        now, before = found if found is not None else self.judge(self.chosen), self.before
        plan = self.window_.scenario.plan
        planned = plan is not None and plan.stations is not None
        untouched = not planned and found is None and len(self.steps) < 2
        nothing = self.tr("No stations are planned yet. Press Plan, or open sites by hand.")
        if untouched and not self.chosen:
            self.figures.setText(nothing)
            return

        def line(words: str, was: str, now_: str) -> str:
            # where nothing is open yet there is nothing to compare with
            return f"{words}: {now_}" if was == now_ or not self.steps[0] else f"{words}: {was} → {now_}"

        limit = as_set(self.judge.rules.walk_minutes)
        lines = [
            line(
                with_counts(self.tr("Residents within {0} minutes"), limit),
                percent(before.share, 1),
                percent(now.share, 1),
            ),
            line(
                self.tr("Mean walk"),
                *(with_counts(self.tr("{0} minutes"), number(f.mean_minutes, 1)) for f in (before, now)),
            ),
            line(self.tr("Residents who reach none on foot"), number(before.unreached), number(now.unreached)),
        ]
        if now.worst[0]:
            worst = self.tr("Beat with the least within the limit")
            lines.append(line(worst, *(f"{in_language(f.worst[0])} ({percent(f.worst[1])})" for f in (before, now))))
        if np.isfinite(now.group_excess):
            group = self.tr("Longest walk of a language group above the average")
            lines.append(line(group, percent(before.group_excess), percent(now.group_excess)))
        if now.cost or before.cost:
            unit = self.judge.town.description.currency
            lines.append(line(self.tr("Cost"), f"{number(before.cost)} {unit}", f"{number(now.cost)} {unit}"))
        if untouched:
            # what stands today is measured; the rules are those of a plan that is still to come
            self.figures.setText("\n".join([nothing, self.tr("With the stations that stand today:"), *lines]))
            return
        lines += [f"✖ {in_language(text)}" for text in now.broken]
        self.figures.setText("\n".join(lines))

    def enable(self) -> None:
        """Follow whether a plan is being made."""
        self._show()

    # ---- what is done

    def use_tool(self, on: bool) -> None:
        """Let the pointer move stations, or not."""
        if on and self.judge is not None:
            self.tool = SiteTool(self)
            self.map.use(self.tool)
        elif self.tool is not None:
            if self.map.tool is self.tool:
                self.map.use(None)
            self.tool = None
        self.map.update()

    def changed_tool(self) -> None:
        """Take note of the tool in hand."""
        if self.tool is not None and self.map.tool is not self.tool:
            self.tool = None
            self.use.setChecked(False)

    def _step(self, chosen: list[int]) -> None:
        self.steps.append(sorted(chosen))
        self.undone = []
        self._show()
        self.map.update()
        self.draft.add(self.changes()[-1])

    # ---- a part of the draft

    def take_back(self) -> None:
        """Take the last move back."""
        if len(self.steps) > 1:
            self.undone.append(self.steps.pop())
            self._show()
            self.map.update()

    def make_again(self) -> None:
        """Make it again."""
        if self.undone:
            self.steps.append(self.undone.pop())
            self._show()
            self.map.update()

    def changes(self) -> list[Change]:
        """Return the moves in force."""
        found = []
        for before, now in itertools.pairwise(self.steps):
            opened = [self.judge.labels[s] for s in now if s not in before]
            closed = [self.judge.labels[s] for s in before if s not in now]
            words = []
            if opened:
                words.append(self.tr("opened {0}").format(", ".join(opened)))
            if closed:
                words.append(self.tr("closed {0}").format(", ".join(closed)))
            places = np.array([self.judge.xy[s] for s in set(now) ^ set(before)]).reshape(-1, 2)
            box = (*(places.min(axis=0) - 300).tolist(), *(places.max(axis=0) + 300).tolist()) if len(places) else None
            found.append(Change(self.kind, self.tr("Stations: {0}").format("; ".join(words)), box))  # type: ignore[arg-type]
        return found

    def as_json(self) -> Any:
        """Return the open sites after each move, by id."""
        return [[self.judge.ids[s] for s in step] for step in self.steps] if self.judge is not None else []

    def lay_down(self, kept: Any) -> None:
        """Make kept moves again; sites that are gone stay out."""
        if self.judge is None:
            self._begin()
        if self.judge is None or not isinstance(kept, list):
            return
        position = {s: k for k, s in enumerate(self.judge.ids)}
        steps = [sorted(position[s] for s in step if s in position) for step in kept]
        if len(steps) > 1:
            self.steps, self.undone = [self.steps[0], *steps[1:]], []
            self._show()
            self.map.update()

    def broken(self) -> list[str]:
        """Return the rules that the stations break."""
        return [] if self.judge is None else list(self.judge(self.chosen).broken)

    def broken_in_plan(self) -> list[str]:
        """Return the rules that they break still once they are the plan, with which their number becomes the rule."""
        if self.judge is None:
            return []
        judge = copy(self.judge)
        judge.rules = judge.rules.model_copy(update={"count": len(self.chosen)})
        return list(judge(self.chosen).broken)

    def bring_up(self, field: str = "") -> None:
        """Show the panel."""
        dock = self.window_.findChild(QDockWidget, "stations")
        if dock is not None:
            dock.show()
            dock.raise_()

    def _draft_changed(self) -> None:
        """Walk by the beats as they are drawn."""
        if self.judge is not None and self._beats is not None:
            now = self.window_.scenario.shown_beat_of_unit()
            if len(now) == len(self._beats) and (now != self._beats).any():
                self._begin()
        names = self.window_.scenario.shown_names
        if self.judge is not None and self.judge.names != names:
            self.judge.names = names
            self.before = self.judge(self.steps[0])
        self._show()

    def try_out(self, taken: int, over: int) -> None:
        """Tell what would be if one site took the place of another."""
        self.show_figures(self.judge([s for s in self.chosen if s != taken] + [over]))
        self.map.update()

    def swap(self, taken: int, over: int) -> None:
        """Close one site and open another."""
        self.draft.settle()
        if self.judge.fixed[taken]:
            self.show_figures()
            self.window_.statusBar().showMessage(
                self.tr("{0} stands today and may not close.").format(self.judge.labels[taken])
            )
            return
        self._step([s for s in self.chosen if s != taken] + [over])

    def toggle(self, site: int) -> None:
        """Open a site, or close it."""
        self.draft.settle()
        if site in self.chosen and self.judge.fixed[site]:
            self.window_.statusBar().showMessage(
                self.tr("{0} stands today and may not close.").format(self.judge.labels[site])
            )
            return
        self._step([s for s in self.chosen if s != site] if site in self.chosen else [*self.chosen, site])

    def click_words(self, site: int) -> str:
        """Say what a click on a site does."""
        words = self.tr("{0}: a click opens it.")
        if site in self.chosen:
            words = (
                self.tr("{0} stands today and may not close.")
                if self.judge.fixed[site]
                else self.tr("{0}: a click closes it; dragged to another site it moves there.")
            )
        return words.format(self.judge.labels[site])

    def _ticked(self, item: QTableWidgetItem) -> None:
        if item.column() == 1 and self.judge is not None:
            self.toggle(item.row())

    def undo(self) -> None:
        """Take the last change of the draft back."""
        self.draft.undo()

    def redo(self) -> None:
        """Make it again."""
        self.draft.redo()

    def patch(self, improve: bool = False) -> tuple[dict[str, dict[str, object]], str]:
        """Return the rules that hold what was moved open, and that in words: all stations as they are, or with `improve` those opened by hand."""
        from beatplanner.planning.stations.site_edits import held

        judge = self.judge
        opened = [s for s in self.chosen if s not in self.steps[0] or judge.fixed[s]] if improve else self.chosen
        # kept in English, as all of the history: it is told in the language of who reads it
        names = f"Stations by hand: {', '.join(judge.labels[s] for s in opened)}"
        town = self.window_.scenario.town
        assert town is not None, "stations are moved in a town that is open"
        return held(town.description, [judge.ids[s] for s in opened], len(self.chosen)), names

    def release(self) -> None:
        """Let the next plan choose all sites anew."""
        scenario = self.window_.scenario
        if scenario.document is not None:
            scenario.document.change_rules({"stations": {"held_open": None}}, "No station is held by hand")
            self.window_.saved = not scenario.document.dirty
            scenario.take_rules()

    def plan(self, improve: bool) -> None:
        """Make the plan with the draft, or solve on from it: stations that were opened by hand stay open, the others are chosen anew."""
        if self.judge is None or len(self.steps) < 2:
            return
        self.use.setChecked(False)
        self.window_.make_draft_the_plan(improve=improve)
        self._show()


def install(window: Window) -> StationPanel:
    """Add the panel and its key."""
    panel = StationPanel(window)
    panel.setMinimumWidth(280)
    # in little height, as above the postings, texts are scrolled to and never cut
    scroll = TallScroll(panel)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setMinimumWidth(280)
    dock = add_panel(window, scroll, "stations", "Stations")

    def open_panel() -> None:
        dock.show()
        dock.raise_()

    entry = Action(
        "show_stations",
        "View",
        "Stations",
        "Move stations by hand and see what residents walk.",
        "Ctrl+Shift+T",
        False,
        "open",
    )
    add_action(window, entry, open_panel)
    window.scenario.listeners.append(panel.load)
    window.map.tool_changed.connect(panel.changed_tool)
    return panel
