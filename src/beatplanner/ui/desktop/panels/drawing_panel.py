"""The panel "Draw and repair": tools, live figures after every stroke, repair, and solving on from the drawing."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QColor, QIcon, QKeySequence, QPainter, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QDockWidget,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from beatplanner.ui.desktop.map.cartography import fill_of_beat
from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.panels.brush_size import BrushSize
from beatplanner.ui.desktop.panels.drawing_edits import DrawingEdits
from beatplanner.ui.desktop.panels.drawing_menu import ACTIONS
from beatplanner.ui.desktop.panels.drawing_solving import DrawingSolving
from beatplanner.ui.desktop.panels.drawing_tools import BarrierTool, Brush, LinkTool, RemoveTool
from beatplanner.ui.desktop.panels.drawn_changes import DrawnChanges
from beatplanner.ui.desktop.panels.live_table import LiveTable
from beatplanner.ui.desktop.panels.named_beats import NamedBeats
from beatplanner.ui.desktop.plain_text import Label
from beatplanner.ui.desktop.session.draft import Draft
from beatplanner.ui.desktop.session.drawing_process import DrawingProcess
from beatplanner.ui.desktop.toolkit.banner import Banner
from beatplanner.ui.desktop.toolkit.called import called
from beatplanner.ui.desktop.toolkit.in_language import in_language
from beatplanner.ui.desktop.toolkit.still_field import still
from beatplanner.ui.desktop.toolkit.tool_actions import add_action, add_panel, stays_on, two_in_a_row

if TYPE_CHECKING:
    from beatplanner.data.narrowing import Table
    from beatplanner.planning.beats.drawing import Done, Drawing

# Letters of a change that a menu says.
NAMED = 60


def author() -> str:
    """Return who sits at the computer, as far as the system knows."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


class DrawingPanel(DrawingEdits, DrawnChanges, DrawingSolving, QWidget):
    """Draw on the beats that the map shows.

    Signals
    -------
    edited
        After every edit, undo and redo; `history` has it all.
    begun
        A drawing is there from now on.

    Attributes
    ----------
    drawing
        What is drawn; None before the first stroke.
    history
        Every edit, undo and redo on this project, as plain values, the oldest first.
    """

    edited = Signal()
    begun = Signal()

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_, self.map, self.scenario = window, window.map, window.scenario
        self.dock: QDockWidget | None = None
        self.draft: Draft = window.draft
        self.draft.parts[self.kind] = self
        self.draft.changed.connect(self._name_undo)
        self._repaired = np.array([], int)
        self.drawing: Drawing | None = None
        self.history: list[Table] = []
        self._opened = 0
        self.actions_: dict[str, QAction] = {}
        self.buttons: dict[str, QPushButton] = {}
        self.process = DrawingProcess(self)
        self.process.progressed.connect(self._show_progress)
        self.process.finished.connect(self._take)
        self.process.refused.connect(self._refused)
        self._build()
        self.map.units_selected.connect(lambda _: self._enable())
        self.map.beat_picked.connect(self._picked)
        self.map.tool_changed.connect(self._tool_changed)
        self.map.recoloured.connect(self.fill_beats)
        self.scenario.listeners.append(self.load)
        self.named = NamedBeats(window, self)
        self.load()

    # ---- building

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        row = QHBoxLayout()
        label = Label(self.tr("Beat"))
        self.beat = still(QComboBox())
        self.beat.setAccessibleName(self.tr("Beat that is painted"))
        self.beat.setIconSize(QSize(18, 14))
        self.beat.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.beat.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.beat.setMinimumContentsLength(12)
        self.beat.activated.connect(lambda _: self.light_up(self.chosen()))
        label.setBuddy(self.beat)
        row.addWidget(label)
        row.addWidget(self.beat, 1)
        column.addLayout(row)
        row = QHBoxLayout()
        self.brush_size = still(BrushSize(row))
        column.addLayout(row)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText(self.tr("Reason of the next edits (optional)"))
        self.reason.setAccessibleName(self.tr("Reason of the next edits"))
        column.addWidget(self.reason)
        self.grid = QGridLayout()
        self.grid.setSpacing(4)
        column.addLayout(self.grid)
        self.working = QProgressBar()
        self.working.setRange(0, 0)
        self.working.setTextVisible(False)
        self.working.setAccessibleName(self.tr("At work; press again to stop."))
        column.addWidget(self.working)
        # whoever has the panel hidden, or points at the map, whose units are told in the same line, still sees what is at work
        self._make_at_work()
        self.note = self._text()
        self.note.setAccessibleName(self.tr("What happened last"))
        column.addWidget(self.note)
        self.headline = self._text()
        self.headline.setAccessibleName(self.tr("Figures of the drawing"))
        column.addWidget(self.headline)
        self.warning = self._text(Banner("wrong"))
        self.warning.setAccessibleName(self.tr("Rules that are broken"))
        column.addWidget(self.warning)
        self.table = LiveTable()
        self.table.itemSelectionChanged.connect(self._row_chosen)
        column.addWidget(self.table, 1)
        # takes the room below while there is no table
        column.addStretch()

    def _text(self, label: Label | None = None) -> Label:
        label = label or Label()
        label.setWordWrap(True)
        # names come from the user's files; a tag in one is text, not a command
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def add_buttons(self, names: tuple[str, ...]) -> None:
        """Show actions as buttons, two in a row, and those whose words need it alone in one."""
        for name in names:
            action = self.actions_[name]
            button = QPushButton(action.text().rstrip("…"))
            button.setToolTip(action.toolTip())
            button.setAccessibleDescription(action.statusTip())
            stays_on(button, checkable=action.isCheckable())
            button.setEnabled(action.isEnabled())
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setMinimumWidth(40)
            button.clicked.connect(action.trigger)
            action.changed.connect(
                lambda b=button, a=action: (b.setEnabled(a.isEnabled()), b.setChecked(a.isChecked()))
            )
            self.buttons[name] = button
        two_in_a_row(self.grid, list(self.buttons.values()))

    # ---- what is drawn on

    def load(self) -> None:
        """Forget the drawing: another plan is shown."""
        self.process.cancel()
        if self.map.tool is not None and isinstance(self.map.tool, Brush | LinkTool | BarrierTool | RemoveTool):
            self.map.use(None)
        if self.scenario.opened != self._opened:
            self.history, self._opened = [], self.scenario.opened
            self.reason.clear()
            self.beat.clear()
        self.drawing = self.scenario.drawn = None
        self._repaired = np.array([], int)
        self.warning.hide()
        self.headline.setText(
            self.tr("Choose a beat and paint, or select units on the map.") if self.scenario.is_open else ""
        )
        if self.scenario.is_open and not any(isinstance(b, str) for b in self.map.content.ids):
            self.headline.setText(self.tr("There are no beats yet. Press Plan; then they can be changed here."))
        if self.scenario.is_open and self.scenario.town is None:
            self.headline.setText(self.tr("The inputs of this result are gone, so it cannot be drawn on."))
        self.table.setRowCount(0)
        self.table.hide()
        self.say("")
        self.fill_beats()
        self._enable()

    def begin(self) -> Drawing | None:
        """Return what is drawn on; made at the first call, None where there is nothing."""
        self.draft.settle()
        if self.drawing is None and self._can_draw():
            from beatplanner.planning.beats.drawing import Drawing
            from beatplanner.planning.beats.drawn_rules import with_rules_of_plan
            from beatplanner.planning.workload import plan_workload

            town, plan = self.scenario.town, self.scenario.plan
            assert town is not None
            if plan is not None:
                town = with_rules_of_plan(town, plan.summary.get("rules", {}))
            shown = dict(zip(self.scenario.units["unit"].astype(str), self.scenario.beat_of_unit(), strict=True))
            workload = plan_workload(town)
            if plan is not None and "fixed_hours" in plan.units:
                fixed = dict(
                    zip(plan.units["unit"].astype(str), plan.units["fixed_hours"].to_numpy(float), strict=True)
                )
                workload = workload.with_fixed(np.array([fixed[u] for u in town.units["unit"]]))
            beat = np.array([shown[u] for u in town.units["unit"]], dtype=object)
            self.drawing = Drawing(town, workload, beat, names=self.scenario.beat_names, author=author())
            # the map keeps what it showed; ids and their order are those of the drawing from now on
            self.map.take_drawing(self.drawing)
            self.fill_beats()
            self.show_figures()
            self.begun.emit()
        return self.drawing

    def _can_draw(self) -> bool:
        return self.scenario.town is not None and any(isinstance(b, str) for b in self.map.content.ids)

    def chosen(self) -> str:
        """Return the id of the beat that is painted, "" for none."""
        return str(self.beat.currentData() or "")

    def choose(self, beat: str) -> None:
        """Choose the beat that is painted."""
        at = self.beat.findData(beat)
        if at >= 0:
            self.beat.setCurrentIndex(at)

    def fill_beats(self) -> None:
        """List the beats that units can be given to."""
        content, before = self.map.content, self.chosen()
        self.beat.blockSignals(True)
        self.beat.clear()
        ids = self.drawing.beats_in_use() if self.drawing is not None else content.ids
        for beat in ids:
            number = content.ids.index(beat) if beat in content.ids else 0
            name = content.names.get(beat, "")
            title = called(beat, name)
            self.beat.addItem(self._swatch(number), f"{beat}  {name}" if title == name else title, beat)
        self.choose(before or self.map.selected)
        self.beat.blockSignals(False)

    def _swatch(self, number: int) -> QIcon:
        picture = QPixmap(18, 14)
        picture.fill(QColor(self.map.view.paper))
        with QPainter(picture) as painter:
            if number < len(self.map.content.ids):
                painter.setBrush(fill_of_beat(self.map.content, number, self.map.stack.patterns, dark=self.map.dark))
            painter.drawRect(0, 0, 17, 13)
        return QIcon(picture)

    def enable(self) -> None:
        """Let be done what can be done now."""
        self._enable()

    # ---- showing

    def show_figures(self) -> None:
        """Show what the drawing comes to; called after every touch of the brush."""
        drawing = self.drawing
        if drawing is None:
            return
        f = drawing.figures()
        self.scenario.drawn = drawing
        self.headline.setText(self._headline(drawing, f))
        self.warning.setVisible(bool(f.broken))
        shown = [in_language(text) for text in f.broken[:4]]
        if len(f.broken) > 4:
            shown.append(self.tr("And {0} more.").format(len(f.broken) - 4))
        self.warning.setText("\n".join(shown))
        self.table.fill(f)
        self.table.show()
        self.map.flash(f.adrift)
        self._enable()

    def say(self, text: str, short: str = "") -> None:
        """Say what happened, and in one line (`short`, or the first) where the panel may be hidden."""
        self.note.setText(text)
        self.note.setVisible(bool(text))
        if text:
            self.window_.statusBar().showMessage(short or text.splitlines()[0], 8_000)

    def _enable(self) -> None:
        if not self.actions_:
            return
        able = self._can_draw() and not self.process.running
        drawing = self.drawing
        chosen = len(self.map.selected_units) > 0
        broken = drawing is not None and bool(drawing.figures().broken)
        state = dict.fromkeys(self.actions_, able)
        state["draw_paint_selection"] = state["draw_split"] = able and chosen
        state["draw_undo"] = self.draft.can_undo and not self.process.running
        state["draw_redo"] = self.draft.can_redo and not self.process.running
        state["draw_show_broken"] = drawing is not None and not drawing.figures().contiguous
        state |= self._jobs(repair=able and broken, improve=able and self.scenario.project is not None)
        state["draw_keep"] = bool(self.draft.done) and not self.process.running and self.scenario.project is not None
        for name, action in self.actions_.items():
            action.setEnabled(state[name])
        self.beat.setEnabled(able)
        self.brush_size.setEnabled(able)
        self.working.setVisible(self.process.running)
        for widget in (self.at_work, self.stop_work):
            widget.setVisible(self.process.running)
        if self.process.running:
            self.at_work.setText(self.tr("{0}: at work").format(self._job_name(self.process.job)))

    def _row_chosen(self) -> None:
        rows = {i.row() for i in self.table.selectedItems()}
        if len(rows) == 1:
            item = self.table.item(rows.pop(), 0)
            if item is not None:
                self.choose(item.text())
                self.light_up(item.text())

    def _picked(self, beat: str) -> None:
        if beat:
            self.choose(beat)

    def _tool_changed(self) -> None:
        kinds = {"draw_brush": Brush, "draw_link": LinkTool, "draw_barrier": BarrierTool, "draw_remove": RemoveTool}
        for name, kind in kinds.items():
            if name in self.actions_:
                on = isinstance(self.map.tool, kind)
                if self.actions_[name].isChecked() != on:
                    self.actions_[name].blockSignals(True)
                    self.actions_[name].setChecked(on)
                    self.actions_[name].blockSignals(False)
                    self.actions_[name].changed.emit()

    # ---- edits

    def edit(self, make: Callable[[Drawing], Done | None]) -> bool:
        """Make an edit and show it, or say why it is refused; return whether it was made."""
        from beatplanner.planning.beats.drawn_plan import RefusedError

        drawing = self.begin()
        if drawing is None:
            return False
        try:
            done = make(drawing)
        except RefusedError as error:
            self.map.take_drawing(drawing)
            self.show_figures()
            self.say(in_language(str(error)))
            return False
        self._after(drawing, done)
        return done is not None

    def _after(self, drawing: Drawing, done: Done | None) -> None:
        new = drawing.history[len(self._seen_history(drawing)) :]
        self.history += new
        self._shown_edits = len(drawing.history)
        self.map.take_drawing(drawing)
        self.fill_beats()
        self.show_figures()
        self.say("\n".join(done.refused) if done is not None else "")
        if new:
            self.edited.emit()
        if done is not None:
            self.draft.add(self._change(done.edit, done.units))

    def _seen_history(self, drawing: Drawing) -> list[Table]:
        if getattr(self, "_of", None) is not drawing:
            self._of, self._shown_edits = drawing, 0
        return drawing.history[: self._shown_edits]

    def undo(self) -> None:
        """Take the last change of the draft back."""
        if self.drawing is not None:
            # a brush that is down is lifted first
            self.edit(lambda d: d.end(self.reason.text().strip()))
        self.draft.undo()

    def redo(self) -> None:
        """Make it again."""
        self.draft.redo()

    def _name_undo(self) -> None:
        """Let menu and keys say what is undone."""
        if not self.actions_:
            return
        for name, words, change in (
            ("draw_undo", self.tr("Undo"), self.draft.to_undo),
            ("draw_redo", self.tr("Redo"), self.draft.to_redo),
        ):
            short = "" if change is None else change.words
            short = short if len(short) <= NAMED else f"{short[: NAMED - 1]}…"
            self.actions_[name].setText(f"{words}: {short}".replace("&", "&&") if short else words)
        self._enable()

    def who(self) -> str:
        """Return who draws."""
        return author() if self.drawing is None else self.drawing.author

    def show_broken(self) -> None:
        """Zoom to what is cut off."""
        if self.drawing is None:
            return
        units = self.drawing.figures().adrift
        if not len(units):
            return
        # the largest lonely part first; its neighbours are seen as well
        rings = self.map.content.rings
        box = rings.box[np.isin(rings.feature, units)]
        west, south, east, north = *box[:, :2].min(axis=0), *box[:, 2:].max(axis=0)
        around = max(east - west, north - south) * 0.6
        self.map.zoom_to((west - around, south - around, east + around, north + around))

    def keep(self) -> None:
        """Make the draft the plan."""
        self.map.use(None)
        drawn = self.draft.has("beats")
        if self.window_.make_draft_the_plan() and drawn:
            self.say(self.tr("The plan is made of what was drawn…"))


def install(window: Window) -> DrawingPanel:
    """Add the panel, its menu and its keys to the window."""
    panel = DrawingPanel(window)
    slots: dict[str, Callable[..., object]] = {
        "draw_brush": panel.use_brush,
        "draw_link": panel.use_link,
        "draw_barrier": panel.use_barrier,
        "draw_remove": panel.use_remove,
        "draw_paint_selection": panel.paint_selection,
        "draw_split": panel.split,
        "draw_halve": panel.halve,
        "draw_merge": panel.merge,
        "draw_name": panel.name_beat,
        "draw_lock": panel.lock,
        "draw_unlock": lambda: panel.lock(False),
        "draw_undo": panel.undo,
        "draw_redo": panel.redo,
        "draw_show_broken": panel.show_broken,
        "draw_repair": panel.repair,
        "draw_improve": panel.improve,
        "draw_keep": panel.keep,
    }
    for entry in ACTIONS:
        checkable = entry.name in ("draw_brush", "draw_link", "draw_barrier", "draw_remove")
        panel.actions_[entry.name] = add_action(window, entry, slots[entry.name], checkable=checkable)
    panel.actions_["draw_redo"].setShortcuts([QKeySequence("Ctrl+Y"), QKeySequence("Ctrl+Shift+Z")])
    panel.add_buttons(
        (
            "draw_brush",
            "draw_paint_selection",
            "draw_split",
            "draw_halve",
            "draw_merge",
            "draw_lock",
            "draw_unlock",
            "draw_link",
            "draw_barrier",
            "draw_remove",
            "draw_undo",
            "draw_redo",
            "draw_show_broken",
            "draw_repair",
            "draw_improve",
            "draw_keep",
        )
    )
    scroll = QScrollArea()
    scroll.setWidget(panel)
    scroll.setWidgetResizable(True)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setMinimumWidth(300)
    panel.dock = add_panel(window, scroll, "draw and mend", "Draw and repair")
    QTimer.singleShot(0, panel._enable)
    panel._enable()
    return panel
