"""The panel "Draw and mend": tools, live figures after every stroke, repair, and solving on from the drawing."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QBrush, QColor, QIcon, QKeySequence, QPainter, QPixmap
from PySide6.QtWidgets import (
    QColorDialog,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDockWidget,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from beatplanner.data.colours import alike
from beatplanner.data.errors import InputError
from beatplanner.ui.desktop.map.cartography import fill_of_beat
from beatplanner.ui.desktop.map.window import Window
from beatplanner.ui.desktop.panels.drawing_tools import BarrierTool, Brush, LinkTool, RemoveTool
from beatplanner.ui.desktop.plain_text import Label, literal
from beatplanner.ui.desktop.session.draft import Change, Draft
from beatplanner.ui.desktop.session.drawing_process import DrawingProcess
from beatplanner.ui.desktop.session.edit_words import edit_in_words
from beatplanner.ui.desktop.toolkit.actions import Action
from beatplanner.ui.desktop.toolkit.figures_text import number, percent
from beatplanner.ui.desktop.toolkit.told import told
from beatplanner.ui.desktop.toolkit.tool_actions import add_action, add_panel, two_in_a_row

if TYPE_CHECKING:
    from beatplanner.data.project.edits import Edit
    from beatplanner.planning.beats.drawing import Done, Drawing
    from beatplanner.planning.beats.drawn_figures import Figures

MENU = "Draw"
ACTIONS = (
    Action("draw_brush", MENU, "Brush", "Paint units into the chosen beat.", "B"),
    Action("draw_link", MENU, "Draw link…", "Join two units that officers can go between, such as by a bridge.", "L"),
    Action(
        "draw_barrier", MENU, "Draw barrier…", "Close the borders that a line passes between, such as a railway.", "R"
    ),
    Action("draw_remove", MENU, "Remove link or barrier", "Click a drawn link or barrier to take it away."),
    Action(
        "draw_paint_selection", MENU, "Selected units to the beat", "Move the selected units to the chosen beat.", "P"
    ),
    Action("draw_split", MENU, "Split off selected units", "Make the selected units a beat of their own."),
    Action("draw_halve", MENU, "Halve the beat", "Split the chosen beat into two of about the same hours."),
    Action("draw_merge", MENU, "Merge with beat…", "Make the chosen beat and another one beat."),
    Action(
        "draw_name",
        MENU,
        "Name and colour…",
        "Give the chosen beat a name and a colour that it keeps in every plan.",
        "F2",
    ),
    Action("draw_lock", MENU, "Lock", "Keep the selected units, or the whole chosen beat, where they are.", "K"),
    Action(
        "draw_unlock", MENU, "Unlock", "Let the selected units, or the whole chosen beat, be moved again.", "Shift+K"
    ),
    Action("draw_undo", "Edit", "Undo", "Take the last change by hand back, and show where it was.", "Ctrl+Z"),
    Action("draw_redo", "Edit", "Redo", "Make the change again that was taken back.", "Ctrl+Y"),
    Action(
        "draw_show_broken", MENU, "Show what is cut off", "Zoom to the units that their beat does not reach.", "Ctrl+J"
    ),
    Action(
        "draw_repair",
        MENU,
        "Repair",
        "Make the least change that restores the rules, and show what else moved.",
        "Ctrl+M",
    ),
    Action(
        "draw_improve", MENU, "Improve from here", "Solve on from what is drawn, with locks, links and barriers kept."
    ),
    Action("draw_keep", MENU, "Make this the plan", "Plan stations and officers on the drawn beats, and check all."),
)
WAYS = ("bridge", "footbridge", "ferry", "underpass", "road", "other link")
OBSTACLES = ("river", "railway", "motorway", "wall or fence", "steep slope", "other barrier")
COLUMNS = ("Beat", "Hours", "Deviation", "Officers", "Residents", "Moved in")
REPAIR_SECONDS, IMPROVE_SECONDS = 8.0, 60.0
# Letters of a change that a menu says.
NAMED = 60
LIGHT_TINT = 0.5
FULL_BAR = 0.3  # deviation at which the colour of a cell is full


def author() -> str:
    """Return who sits at the computer, as far as the system knows."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


class ReasonDialog(QDialog):
    """Ask what is drawn and why."""

    def __init__(self, title: str, question: str, kinds: tuple[str, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        form = QFormLayout(self)
        label = Label(question)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        form.addRow(label)
        self.kind = QComboBox()
        self.kind.addItems([self.tr(k) for k in kinds])
        self.reason = QLineEdit()
        self.reason.setPlaceholderText(self.tr("kept with the plan and shown to everyone"))
        self.reason.setMinimumWidth(340)
        form.addRow(self.tr("What it is"), self.kind)
        form.addRow(self.tr("Reason"), self.reason)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self.ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.ok.setEnabled(False)
        self.reason.textChanged.connect(lambda text: self.ok.setEnabled(bool(text.strip())))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)

    @classmethod
    def ask(cls, title: str, question: str, kinds: tuple[str, ...], parent: QWidget) -> tuple[str, str] | None:
        """Return what and why, None where it was dropped."""
        dialog = cls(title, question, kinds, parent)
        if dialog.exec() != QDialog.DialogCode.Accepted:
            return None
        return kinds[dialog.kind.currentIndex()], dialog.reason.text().strip()


class NameDialog(QDialog):
    """Ask for a beat's name and colour."""

    def __init__(self, beat: str, name: str, colour: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Beat {0}").format(beat))
        self.colour = colour
        self.name = QLineEdit(name)
        self.name.setMinimumWidth(300)
        self.name.setAccessibleName(self.tr("Name"))
        self.swatch = QPushButton()
        self.swatch.clicked.connect(self._choose)
        self.none = QPushButton(self.tr("No colour of its own"))
        self.none.clicked.connect(lambda: self._take(""))
        form = QFormLayout(self)
        form.addRow(self.tr("Name"), self.name)
        form.addRow(self.tr("Colour"), self.swatch)
        form.addRow("", self.none)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)
        self._take(colour)

    def _take(self, colour: str) -> None:
        self.colour = colour
        self.swatch.setText(colour or self.tr("Choose…"))
        self.swatch.setStyleSheet(
            f"background: {colour}; color: {'black' if QColor(colour).lightness() > 128 else 'white'};"
            if colour
            else ""
        )

    def _choose(self) -> None:
        found = QColorDialog.getColor(QColor(self.colour or "#80b1d3"), self)
        if found.isValid():
            self._take(found.name())

    @classmethod
    def ask(cls, beat: str, name: str, colour: str, parent: QWidget) -> tuple[str, str] | None:
        """Return name and colour, "" for none; None where it was dropped."""
        dialog = cls(beat, name, colour, parent)
        return (dialog.name.text().strip(), dialog.colour) if dialog.exec() == QDialog.DialogCode.Accepted else None


class DrawingPanel(QWidget):
    """Draw on the beats that the map shows.

    Signals
    -------
    edited
        After every edit, undo and redo; `history` has it all.

    Attributes
    ----------
    drawing
        What is drawn; None before the first stroke.
    history
        Every edit, undo and redo on this project, as plain values, the oldest first.
    """

    edited = Signal()
    kind = "beats"

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window_, self.map, self.scenario = window, window.map, window.scenario
        self.dock: QDockWidget | None = None
        self.draft: Draft = window.draft
        self.draft.parts[self.kind] = self
        self.draft.changed.connect(self._name_undo)
        self._repaired = np.array([], int)
        self.drawing: Drawing | None = None
        self.history: list[dict[str, Any]] = []
        self._project: object = None
        self.actions_: dict[str, QAction] = {}
        self.process = DrawingProcess(self)
        self.process.progressed.connect(self._show_progress)
        self.process.finished.connect(self._take)
        self.process.refused.connect(self._refused)
        self._build()
        self.map.units_selected.connect(lambda _: self._enable())
        self.map.beat_picked.connect(self._picked)
        self.map.tool_changed.connect(self._tool_changed)
        self.scenario.listeners.append(self.load)
        self.load()

    # ---- building

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        row = QHBoxLayout()
        label = Label(self.tr("Beat"))
        self.beat = QComboBox()
        self.beat.setAccessibleName(self.tr("Beat that is painted"))
        self.beat.setIconSize(QSize(18, 14))
        self.beat.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.beat.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.beat.setMinimumContentsLength(12)
        self.beat.activated.connect(lambda _: self.map.select(self.chosen()))
        label.setBuddy(self.beat)
        row.addWidget(label)
        row.addWidget(self.beat, 1)
        column.addLayout(row)
        row = QHBoxLayout()
        label = Label(self.tr("Brush"))
        self.brush_size = QSlider(Qt.Orientation.Horizontal)
        self.brush_size.setRange(0, 60)
        self.brush_size.setValue(0)
        self.brush_size.setAccessibleName(self.tr("Size of the brush, 0 for one unit"))
        self.brush_size.setToolTip(self.tr("Size of the brush; quite left it paints one unit at a time"))
        label.setBuddy(self.brush_size)
        row.addWidget(label)
        row.addWidget(self.brush_size, 1)
        column.addLayout(row)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText(self.tr("Reason of the next edits (optional)"))
        self.reason.setAccessibleName(self.tr("Reason of the next edits"))
        column.addWidget(self.reason)
        self.grid = QGridLayout()
        self.grid.setSpacing(4)
        column.addLayout(self.grid)
        self.headline = self._text()
        self.headline.setAccessibleName(self.tr("Figures of the drawing"))
        column.addWidget(self.headline)
        self.warning = self._text()
        self.warning.setAccessibleName(self.tr("Rules that are broken"))
        self.warning.setStyleSheet("QLabel { background: #fde0dd; color: #67000d; border-radius: 4px; padding: 6px; }")
        column.addWidget(self.warning)
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setHorizontalHeaderLabels([self.tr(c) for c in COLUMNS])
        self.table.setAccessibleName(self.tr("Live figures of the beats"))
        self.table.verticalHeader().setVisible(False)
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setMinimumHeight(150)
        self.table.itemSelectionChanged.connect(self._row_chosen)
        column.addWidget(self.table, 1)
        self.note = self._text()
        self.note.setAccessibleName(self.tr("What happened last"))
        column.addWidget(self.note)

    def _text(self) -> QLabel:
        label = Label()
        label.setWordWrap(True)
        # names come from the user's files; a tag in one is text, not a command
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def add_buttons(self, names: tuple[str, ...]) -> None:
        """Show actions as buttons, two in a row, and those whose words need it alone in one."""
        buttons: list[QWidget] = []
        for name in names:
            action = self.actions_[name]
            button = QPushButton(action.text().rstrip("…"))
            button.setToolTip(action.toolTip())
            button.setAccessibleDescription(action.statusTip())
            button.setCheckable(action.isCheckable())
            button.setEnabled(action.isEnabled())
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setMinimumWidth(40)
            button.clicked.connect(action.trigger)
            action.changed.connect(
                lambda b=button, a=action: (b.setEnabled(a.isEnabled()), b.setChecked(a.isChecked()))
            )
            buttons.append(button)
        two_in_a_row(self.grid, buttons)

    # ---- what is drawn on

    def load(self) -> None:
        """Forget the drawing: another plan is shown."""
        self.process.cancel()
        if self.map.tool is not None and isinstance(self.map.tool, Brush | LinkTool | BarrierTool | RemoveTool):
            self.map.use(None)
        if self.scenario.project != self._project:
            self.history, self._project = [], self.scenario.project
        self.drawing = self.scenario.drawn = None
        self._repaired = np.array([], int)
        self.warning.hide()
        self.headline.setText(
            self.tr("Choose a beat and paint, or select units on the map.") if self.scenario.is_open else ""
        )
        if self.scenario.is_open and self.scenario.town is None:
            self.headline.setText(self.tr("The inputs of this result are gone, so it cannot be drawn on."))
        self.table.setRowCount(0)
        self.note.setText("")
        self._fill_beats()
        self._enable()

    def begin(self) -> Drawing | None:
        """Return what is drawn on; made at the first call, None where there is nothing."""
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
            self.drawing = Drawing(town, workload, beat, names=self.map.content.names, author=author())
            # the map keeps what it showed; ids and their order are those of the drawing from now on
            self.map.take_drawing(self.drawing)
            self._fill_beats()
            self.show_figures()
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

    def _fill_beats(self) -> None:
        content, before = self.map.content, self.chosen()
        self.beat.blockSignals(True)
        self.beat.clear()
        ids = self.drawing.beats_in_use() if self.drawing is not None else content.ids
        for beat in ids:
            number = content.ids.index(beat) if beat in content.ids else 0
            name = content.names.get(beat, "")
            self.beat.addItem(self._swatch(number), f"{beat}  {name}" if name and name != beat else beat, beat)
        self.choose(before or self.map.selected)
        self.beat.blockSignals(False)

    def _swatch(self, number: int) -> QIcon:
        picture = QPixmap(18, 14)
        picture.fill(QColor("white"))
        painter = QPainter(picture)
        if number < len(self.map.content.ids):
            painter.setBrush(fill_of_beat(self.map.content, number, self.map.stack.patterns))
        painter.drawRect(0, 0, 17, 13)
        painter.end()
        return QIcon(picture)

    # ---- showing

    def show_figures(self) -> None:
        """Show what the drawing comes to; called after every touch of the brush."""
        drawing = self.drawing
        if drawing is None:
            return
        f = drawing.figures()
        self.scenario.drawn = drawing
        lines = [
            self.tr("{0} beats  ·  greatest deviation ±{1}  ·  {2} officers").format(
                len(f.beat), percent(f.max_deviation, 1), number(int(f.officers.sum()))
            )
        ]
        known = drawing.town.has_population
        if f.moved_share is not None:
            words = (
                self.tr("{0} of residents in another beat than today")
                if known
                else self.tr("{0} of the work in another beat than today")
            )
            lines.append(words.format(percent(f.moved_share, 1)))
        words = (
            self.tr("{0} residents moved since drawing began")
            if known
            else self.tr("{0} hours moved since drawing began")
        )
        lines.append(words.format(number(f.changed)))
        self.headline.setText("\n".join(lines))
        self.warning.setVisible(bool(f.broken))
        shown = [told(text) for text in f.broken[:4]]
        if len(f.broken) > 4:
            shown.append(self.tr("And {0} more.").format(len(f.broken) - 4))
        self.warning.setText("\n".join(shown))
        self._fill_table(f)
        self.map.flash(f.adrift)
        self._enable()

    def _fill_table(self, f: Figures) -> None:
        table = self.table
        table.blockSignals(True)
        table.setUpdatesEnabled(False)
        if table.rowCount() != len(f.beat):
            table.setRowCount(len(f.beat))
        wrong = QColor("#b2182b")
        for row, beat in enumerate(f.beat):
            texts = (
                beat,
                number(f.hours[row]),
                percent(f.deviation[row], 1, sign=True),
                number(f.officers[row]),
                number(f.residents[row]),
                number(f.moved_in[row]),
            )
            outside = not f.lower[row] * (1 - 1e-9) <= f.hours[row] <= f.upper[row] * (1 + 1e-9)
            for k, text in enumerate(texts):
                item = table.item(row, k)
                if item is None:
                    item = QTableWidgetItem()
                    if k:
                        item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    table.setItem(row, k, item)
                if item.text() != text:
                    item.setText(text)
                if k == 2:
                    share = min(1.0, abs(float(f.deviation[row])) / FULL_BAR)
                    tint = QColor("#f4a582") if f.deviation[row] > 0 else QColor("#92c5de")
                    tint.setAlphaF(share)
                    item.setBackground(QBrush(tint))
                    # a full tint is light, also where the theme is dark
                    ink = QColor("black") if share > LIGHT_TINT else self.palette().text().color()
                    item.setForeground(QBrush(ink))
                    font = item.font()
                    if font.bold() != outside:
                        font.setBold(outside)
                        item.setFont(font)
                if k == 0:
                    apart = f.pieces[row] > 1
                    item.setForeground(QBrush(wrong if apart else self.palette().text().color()))
                    item.setToolTip(literal(self.tr("in {0} pieces").format(f.pieces[row])) if apart else "")
        table.setUpdatesEnabled(True)
        table.blockSignals(False)

    def _say(self, text: str) -> None:
        self.note.setText(text)
        if text:
            self.window_.statusBar().showMessage(text.splitlines()[0], 8_000)

    def _enable(self) -> None:
        if not self.actions_:
            return
        able = self._can_draw() and not self.process.running
        drawing = self.drawing
        chosen = len(self.map.selected_units) > 0
        broken = drawing is not None and bool(drawing.figures().broken)
        state = dict.fromkeys(self.actions_, able)
        state["draw_paint_selection"] = state["draw_split"] = able and chosen
        state["draw_undo"] = bool(self.draft.done) and not self.process.running
        state["draw_redo"] = bool(self.draft.undone) and not self.process.running
        state["draw_show_broken"] = drawing is not None and not drawing.figures().contiguous
        state["draw_repair"] = self.process.running or (able and broken)
        state["draw_improve"] = self.process.running or (able and self.scenario.project is not None)
        state["draw_keep"] = bool(self.draft.done) and not self.process.running and self.scenario.project is not None
        for name, action in self.actions_.items():
            action.setEnabled(state[name])
        self.beat.setEnabled(able)
        self.brush_size.setEnabled(able)

    def _row_chosen(self) -> None:
        rows = {i.row() for i in self.table.selectedItems()}
        if len(rows) == 1:
            item = self.table.item(rows.pop(), 0)
            if item is not None:
                self.choose(item.text())
                self.map.select(item.text())

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
            self._say(told(str(error)))
            return False
        self._after(drawing, done)
        return done is not None

    def _after(self, drawing: Drawing, done: Done | None) -> None:
        new = drawing.history[len(self._seen_history(drawing)) :]
        self.history += new
        self._told = len(drawing.history)
        self.map.take_drawing(drawing)
        self._fill_beats()
        self.show_figures()
        self._say("\n".join(done.refused) if done is not None else "")
        if new:
            self.edited.emit()
        if done is not None:
            self.draft.add(self._change(done.edit, done.units))

    def _change(self, edit: Edit, units: np.ndarray) -> Change:
        """Return an edit as a change of the draft, with the place where it is seen."""
        if not len(units):
            named = [
                u
                for u in (*edit.units, *(u for pair in edit.pairs for u in pair), *edit.moves)
                if self.drawing is not None and u in self.drawing.place
            ]
            units = np.array([self.drawing.place[u] for u in named] if self.drawing is not None else [], int)
        if not len(units):
            return Change(self.kind, edit_in_words(edit.as_json()))
        rings = self.map.content.rings
        box = rings.box[np.isin(rings.feature, units)]
        west, south = box[:, :2].min(axis=0).tolist()
        east, north = box[:, 2:].max(axis=0).tolist()
        return Change(self.kind, edit_in_words(edit.as_json()), (west, south, east, north))

    def _seen_history(self, drawing: Drawing) -> list[dict[str, Any]]:
        if getattr(self, "_of", None) is not drawing:
            self._of, self._told = drawing, 0
        return drawing.history[: self._told]

    def use_brush(self, on: bool) -> None:
        """Take the brush, or lay it down."""
        if not on:
            self._lay_down(Brush)
            return
        self.begin()
        if not self.chosen() and self.beat.count():
            self.beat.setCurrentIndex(0)
        self.map.use(
            Brush(self.map, lambda: self.drawing, self.chosen, self.brush_size.value, self._touched, self._lifted)
        )

    def _lay_down(self, kind: type) -> None:
        if isinstance(self.map.tool, kind):
            self.map.use(None)

    def _touched(self, units: np.ndarray) -> None:
        drawing = self.drawing
        assert drawing is not None
        self.map.paint_units(units, drawing.ids.index(self.chosen()))
        self.show_figures()
        self.window_.follow_stroke()

    def _lifted(self) -> None:
        self.edit(lambda d: d.end(self.reason.text().strip()))

    def use_link(self, on: bool) -> None:
        """Draw links."""
        if on:
            self.begin()
            self.map.use(LinkTool(self.map, self._link_drawn))
        else:
            self._lay_down(LinkTool)

    def _link_drawn(self, one: int, other: int) -> None:
        drawing = self.begin()
        if drawing is None:
            return
        question = self.tr("Officers can go from {0} to {1}.").format(drawing.places([one]), drawing.places([other]))
        found = ReasonDialog.ask(self.tr("Link"), question, WAYS, self)
        if found is not None:
            self.edit(lambda d: d.link(one, other, *found))

    def use_barrier(self, on: bool) -> None:
        """Draw barriers."""
        if on:
            self.begin()
            self.map.use(BarrierTool(self.map, lambda: self.drawing, self._barrier_drawn))
        else:
            self._lay_down(BarrierTool)

    def _barrier_drawn(self, line: np.ndarray) -> None:
        drawing = self.begin()
        if drawing is None:
            return
        count = len(drawing.parted_by(line))
        if not count:
            self._say(self.tr("This line passes between no two neighbours; draw it between the middles of units."))
            return
        question = self.tr("This line parts {0} pairs of neighbouring units.").format(count)
        found = ReasonDialog.ask(self.tr("Barrier"), question, OBSTACLES, self)
        if found is not None:
            self.edit(lambda d: d.barrier(line, *found))

    def use_remove(self, on: bool) -> None:
        """Take drawn links and barriers away."""
        if on:
            self.begin()
            self.map.use(RemoveTool(self.map, lambda: self.drawing, self._remove))
        else:
            self._lay_down(RemoveTool)

    def _remove(self, pairs: list) -> None:
        self.edit(lambda d: d.remove(pairs, self.reason.text().strip()))

    def paint_selection(self) -> None:
        """Move the selected units to the chosen beat."""
        self._with_selection(lambda d, units: d.paint(units, self.chosen(), self.reason.text().strip()))

    def split(self) -> None:
        """Make the selected units a beat of their own."""
        self._with_selection(lambda d, units: d.split(units, reason=self.reason.text().strip()))

    def _with_selection(self, make: Callable[[Drawing, np.ndarray], Done | None]) -> None:
        units = self.map.selected_units
        if self.edit(lambda d: make(d, units)):
            self.map.select_units(np.array([], int))

    def halve(self) -> None:
        """Split the chosen beat into two of about the same hours."""
        self.edit(lambda d: d.split(d.halves(self.chosen()), reason=self.reason.text().strip()))

    def merge(self) -> None:
        """Ask for another beat and make both one."""
        drawing = self.begin()
        first = self.chosen()
        if drawing is None or not first:
            return
        near = self._neighbours(drawing, first)
        if not near:
            self._say(self.tr("No beat of the same municipality touches this one."))
            return
        names = [f"{b}  {self.map.content.names.get(b, '')}".strip() for b in near]
        text, done = QInputDialog.getItem(
            self,
            self.tr("Merge beats"),
            literal(self.tr("Becomes part of beat {0}:").format(drawing.name(first))),
            names,
            0,
            False,
        )
        if done:
            other = near[names.index(text)]
            self.edit(lambda d: d.merge([first, other], self.reason.text().strip()))

    def _neighbours(self, drawing: Drawing, beat: str) -> list[str]:
        """Return the beats that touch a beat and may be merged with it, those with the longest border first."""
        edges, label = drawing.edges, drawing.label
        a, b = label[edges["a"]], label[edges["b"]]
        k = drawing.ids.index(beat)
        home = drawing.municipality[drawing.members(beat)[0]]
        metres: dict[int, float] = {}
        for x, y, m in zip(a, b, edges["metres"], strict=True):
            if (x == k) != (y == k):
                other = int(y if x == k else x)
                metres[other] = metres.get(other, 0.0) + float(m)
        order = sorted(metres, key=lambda o: -metres[o])
        return [drawing.ids[o] for o in order if drawing.municipality[drawing.members(drawing.ids[o])[0]] == home]

    def name_beat(self) -> None:
        """Ask for name and colour of the chosen beat, and keep them with the project."""
        beat, document = self.chosen() or self.map.selected, self.scenario.document
        if not beat or document is None:
            self._say(self.tr("Choose a beat of a project first."))
            return
        found = NameDialog.ask(
            beat, self.map.content.names.get(beat, ""), self.map.content.own_colours.get(beat, ""), self
        )
        if found is None:
            return
        name, colour = found
        others = {n.casefold() for b, n in self.map.content.names.items() if b != beat}
        if name and name.casefold() in others:
            self._say(self.tr("Another beat is called “{0}” already.").format(name))
            return
        twin = next(
            (b for b, c in self.map.content.own_colours.items() if b != beat and colour and alike(c, colour)), ""
        )
        if twin:
            self._say(self.tr("Beat {0} has a colour that looks the same; choose another.").format(twin))
            return
        changes = {"beats": {"names": {beat: name or None}, "colours": {beat: colour or None}}}
        words = (
            self.tr("Beat {0} is called “{1}”").format(beat, name)
            if name
            else self.tr("Beat {0} has no name of its own").format(beat)
        )
        try:
            document.change_rules(changes, words)
        except InputError as error:
            self.window_._tell(self.tr("This cannot be done"), [str(note) for note in error.problems])
            return
        self.window_.saved = not document.dirty
        self.scenario.take_rules()

    def lock(self, locked: bool = True) -> None:
        """Lock the selected units, or the whole chosen beat, or let them free."""
        drawing = self.begin()
        if drawing is None:
            return
        units = self.map.selected_units if len(self.map.selected_units) else drawing.members(self.chosen())
        if self.edit(lambda d: d.lock(units, locked, self.reason.text().strip())):
            what = self.tr("{0} units locked.") if locked else self.tr("{0} units unlocked.")
            self._say(what.format(len(units)))

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
        for name, words, changes in (
            ("draw_undo", self.tr("Undo"), self.draft.done),
            ("draw_redo", self.tr("Redo"), self.draft.undone),
        ):
            short = changes[-1].words if changes else ""
            short = short if len(short) <= NAMED else f"{short[: NAMED - 1]}…"
            self.actions_[name].setText(f"{words}: {short}".replace("&", "&&") if short else words)
        self._enable()

    # ---- a part of the draft

    def take_back(self) -> None:
        """Take the last edit of the drawing back; what a repair marked is marked no more."""
        self._back_or_on("undo")

    def make_again(self) -> None:
        """Make it again."""
        self._back_or_on("redo")

    def _back_or_on(self, name: str) -> None:
        drawing = self.drawing
        if drawing is not None:
            done = getattr(drawing, name)()
            if done is not None and len(self._repaired):
                if set(self.map.selected_units.tolist()) == set(self._repaired.tolist()):
                    self.map.select_units(np.array([], int))
                self._repaired = np.array([], int)
            self._after(drawing, None)

    def changes(self) -> list[Change]:
        """Return the edits in force."""
        return [] if self.drawing is None else [self._change(d.edit, d.units) for d in self.drawing.done]

    def as_json(self) -> Any:
        """Return the edits as plain values."""
        return [] if self.drawing is None else [e.as_json() for e in self.drawing.edits]

    def lay_down(self, kept: Any) -> None:
        """Make kept edits again."""
        from beatplanner.data.project.edits import Edit

        if self.drawing is not None and [e.as_json() for e in self.drawing.edits] == kept:
            return
        drawing = self.begin()
        if drawing is None or not kept:
            return
        try:
            for edit in kept:
                drawing.apply(Edit.model_validate(edit))
        except ValueError as error:
            self.window_._tell(self.tr("Some manual edits could not be re-applied"), [str(error)])
        self._after(drawing, None)

    def who(self) -> str:
        """Return who draws."""
        return author() if self.drawing is None else self.drawing.author

    def broken(self) -> list[str]:
        """Return the rules that the drawing breaks."""
        return [] if self.drawing is None else list(self.drawing.figures().broken)

    def bring_up(self) -> None:
        """Show the panel."""
        dock = getattr(self, "dock", None)
        if dock is not None:
            dock.show()
            dock.raise_()

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

    # ---- repair and solving on

    def repair(self) -> None:
        """Look for the least change that restores the rules; pressed again it stops."""
        self._start("repair", REPAIR_SECONDS)

    def improve(self) -> None:
        """Solve on; pressed again it stops."""
        self._start("improve", IMPROVE_SECONDS)

    def _start(self, job: Any, seconds: float) -> None:
        if self.process.running:
            self.process.cancel()
            self._say(self.tr("Stopped; the drawing is as it was."))
            self._enable()
            return
        drawing = self.begin()
        if drawing is None:
            return
        self.map.use(None)
        self.process.start(drawing, job, seconds)
        self._say(self.tr("At work; press again to stop."))
        self._enable()

    def _show_progress(self, phase: str, best: object, bound: object, seconds: float) -> None:
        from beatplanner.ui.words import progress_line

        number = [v if isinstance(v, float | int) else None for v in (best, bound)]
        self.note.setText(
            self.tr("{0}\n{1} s; press again to stop.").format(told(progress_line(phase, *number)), f"{seconds:,.0f}")
        )

    def _take(self, job: str, moves: object, words: object, left: object) -> None:
        """Take what the child found as one edit, show what moved, and let it be undone."""
        drawing = self.drawing
        assert drawing is not None and isinstance(moves, dict)
        if not moves:
            self._enable()
            nothing = (
                self.tr("Nothing better was found.")
                if job == "improve"
                else self.tr("No change was found that restores the rules.")
            )
            self._say("\n".join([nothing, *left]) if isinstance(left, list | tuple) and left else nothing)
            return
        from beatplanner.planning.changes.repair import moves_in_words

        before = drawing.beat.astype(str)
        if not self.edit(lambda d: d.move(moves, "repair" if job == "repair" else "take")):
            return
        lines = (
            list(words)
            if isinstance(words, list | tuple) and words
            else list(moves_in_words(drawing, before, drawing.beat.astype(str)))
        )
        title = self.tr("Moved to restore the rules:") if job == "repair" else self.tr("Moved by solving on:")
        more = [self.tr("And {0} more.").format(len(lines) - 6)] if len(lines) > 6 else []
        broken = [self.tr("Still: {0}").format(b) for b in left] if isinstance(left, list | tuple) else []
        self._say("\n".join([title, *(f"• {line}" for line in lines[:6]), *more, *broken]))
        self._repaired = np.array(sorted(moves))
        self.map.select_units(self._repaired)

    def _refused(self, text: str) -> None:
        self._say(told(text))
        self._enable()

    def keep(self) -> None:
        """Make the draft the plan."""
        self.map.use(None)
        if self.window_.make_draft_the_plan():
            self._say(self.tr("The plan is made of what was drawn…"))


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
    panel.dock = add_panel(window, scroll, "draw and mend", "Draw and mend")
    QTimer.singleShot(0, panel._enable)
    panel._enable()
    return panel
