"""What the window does with the draft: its badge, undoing with a jump to the place, and making it the plan.

`DraftActions` is mixed into the main window; it needs ``draft``, ``scenario``, ``solving``, ``gantt``, ``stations`` and ``drawing_panel``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMessageBox, QStyle, QToolButton

from beatplanner.data.errors import InputError
from beatplanner.data.narrowing import Table
from beatplanner.ui.desktop.panels.drawing_tools import Brush
from beatplanner.ui.desktop.plain_text import question
from beatplanner.ui.desktop.session.change import Change
from beatplanner.ui.desktop.session.draft import Draft, Planned
from beatplanner.ui.desktop.toolkit.in_language import error_lines, in_language, with_counts
from beatplanner.ui.desktop.window.main_frame import MainFrame

if TYPE_CHECKING:
    import numpy as np

MOST_SHOWN = 12
# Milliseconds after which tables and cards follow the brush.
STROKE_MS = 120


class DraftBadge(QToolButton):
    """How many changes are not in the plan; pressed it lists them, makes them the plan, or takes them back."""

    def __init__(self, window: MainFrame) -> None:
        super().__init__()
        self.window_ = window
        self.draft: Draft = window.draft
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.aboutToShow.connect(lambda: self._fill(menu))
        self.setMenu(menu)
        self.draft.changed.connect(self.show_count)
        self.show_count()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Leave room for the arrow beside the words."""
        arrow = self.style().pixelMetric(QStyle.PixelMetric.PM_MenuButtonIndicator, None, self)
        return super().sizeHint() + QSize(2 * arrow, 0)

    def show_count(self) -> None:
        """Say how many there are; nothing where there are none."""
        self.setVisible(self.draft.count > 0)
        text = self.window_.in_draft()
        self.setText(text)
        self.setAccessibleName(text)
        self.setToolTip(self.tr("What was changed by hand; it is kept with the project until it is made the plan."))

    def _fill(self, menu: QMenu) -> None:
        menu.clear()
        for change in reversed(self.draft.done[-MOST_SHOWN:]):
            action = QAction(change.words.replace("&", "&&"), menu)
            action.triggered.connect(lambda _=False, c=change: self.window_.show_change(c))
            menu.addAction(action)
        more = self.draft.count - MOST_SHOWN
        if more > 0:
            menu.addAction(self.tr("And {0} more.").format(more)).setEnabled(False)
        menu.addSeparator()
        for name in ("draw_keep", "drop_draft"):
            menu.addAction(self.window_.actions_by_name[name])


class DraftActions:
    """The main window's actions on the draft."""

    draft: Draft

    def follow_draft(self: Any) -> None:
        """Show the badge, and where something was undone."""
        self.badge = DraftBadge(self)
        self.statusBar().addPermanentWidget(self.badge)
        self.draft.changed.connect(self._draft_changed)
        self.draft.returned.connect(self._returned)
        self.draft.refused.connect(lambda error: self.show_lines(self.tr("This cannot be done"), error_lines(error)))
        self.draft.before_laying.append(self.session.follow_drawing)
        self.unsaved_draft = False
        self.stroke_clock = QTimer(self)
        self.stroke_clock.setSingleShot(True)
        self.stroke_clock.setInterval(STROKE_MS)
        self.stroke_clock.timeout.connect(self.show_draft)
        self.making: Callable[[], object] | None = None
        self.drawn_meanwhile = False
        self.map.tool_changed.connect(self._uncover_drawing)

    def show_found(self: Any, units: np.ndarray, district: np.ndarray) -> None:
        """Show the beats that a run has found so far, but not over those that are drawn by hand meanwhile."""
        if not self._draws():
            self.map.take_found(units, district)

    def _draws(self: Any) -> bool:
        return self.drawn_meanwhile or isinstance(self.map.tool, Brush)

    def _uncover_drawing(self: Any) -> None:
        if self._draws():
            self.map.forget_found()

    def follow_stroke(self: Any) -> None:
        """Let what is shown follow a stroke of the brush while it is drawn, some times a second."""
        if not self.stroke_clock.isActive():
            self.stroke_clock.start()

    def in_draft(self: Any, count: int | None = None) -> str:
        """Return how many changes (those of the draft for None) are not in the plan, in words."""
        count = self.draft.count if count is None else count
        return (
            self.tr("1 change not in the plan")
            if count == 1
            else with_counts(self.tr("{0} changes not in the plan"), count)
        )

    def may_end_work(self: Any, *, posting: bool = True) -> bool:
        """Ask before what works on the draft is ended with nothing to show: Improve and Repair, and with `posting` what is made of dragged postings."""
        panel, gantt = self.drawing_panel, self.gantt
        at_work = [panel.job_at_work()] if panel.process.running else []
        at_work += [gantt.sign.said.rstrip("…")] if posting and gantt.work.busy else []
        words = self.tr("At work: {0}. Stop it?").format(", ".join(at_work))
        return not at_work or question(self, self.tr("beatplanner"), words) == QMessageBox.StandardButton.Yes

    def _draft_changed(self: Any) -> None:
        self.session.keep_drawing()
        self.drawn_meanwhile = self.drawn_meanwhile or (self.solving.running and self.draft.has("beats"))
        self._uncover_drawing()
        if self.scenario.document is None:
            # a result in a folder keeps no draft
            if self.draft.count and self.saved:
                self.saved, self.unsaved_draft = False, True
            elif not self.draft.count and self.unsaved_draft:
                self.saved, self.unsaved_draft = True, False
        self.session.draft_changed()
        self.show_draft()
        self.enable_actions()

    def show_draft(self: Any) -> None:
        """Let table, figures, map, hover, cards and charts read the draft as it is now."""
        had, self.scenario.as_drawn = self.scenario.as_drawn, self._as_drawn()
        shown, plan = self.scenario.shown, self.scenario.plan
        before = plan if had is None else had
        if shown is not None and before is not None and shown.stations is not before.stations:
            self.map.take_stations(shown)
        if shown is not None and before is not None and shown.sectors is not before.sectors:
            self.map.content.take_levels(shown, of_plan=shown.sectors is not plan.sectors)
            self.map.redraw()
        if plan is None and self.stations.judge is not None:
            # before there is a plan only the panel knows which sites are open
            judge, chosen = self.stations.judge, list(self.stations.chosen)
            self.map.take_sites(judge.xy[chosen], [judge.labels[s] for s in chosen])
        self.say_unit_again()
        self.table_model.load_draft()
        self.figures.setText(self._figures())
        self.results.follow_draft()

    def _as_drawn(self: Any) -> Any:
        """Return the plan's tables as they are changed by hand; None where they are not, or there is no plan."""
        plan, drawing = self.scenario.plan, self.scenario.drawn
        drawn = drawing is not None and drawing.changed
        moved, dragged = self.draft.has("stations"), self.draft.has("postings")
        if plan is None or plan.beats is None:
            return None
        called = self.map.content.names
        planned = zip(plan.beats["beat"].astype(str), plan.beats["name"].astype(str), strict=True)
        named = self.draft.has("names")
        # a colour alone is a change too
        names = {b: called.get(b, name) for b, name in planned if named or called.get(b, name) != name}
        if not (drawn or moved or dragged or names):
            return None
        from beatplanner.planning.changes.as_drawn import as_drawn

        return as_drawn(
            plan,
            self.map.content.shapes_of,
            drawing=drawing if drawn else None,
            sites=(self.stations.judge, self.stations.chosen) if moved else None,
            assignments=self.gantt.wished() if dragged else None,
            names=names,
        )

    def _returned(self: Any, change: Change, back: bool) -> None:
        words = self.tr("Undone: {0}") if back else self.tr("Made again: {0}")
        self.show_change(change)
        self.statusBar().showMessage(words.format(change.words), 8_000)

    def show_change(self: Any, change: Change) -> None:
        """Show where a change is: its panel, and its place on the map where that is out of view."""
        self.draft.parts[change.kind].bring_up(change.field)
        if change.place is None:
            return
        west, south, east, north = change.place
        seen = self.map.rect().adjusted(8, 8, -8, -8)
        corners = (self.map.to_widget(west, south), self.map.to_widget(east, north))
        if not all(seen.contains(QPoint(round(c.x()), round(c.y()))) for c in corners):
            around = max(east - west, north - south, 50.0)
            self.map.zoom_to((west - around, south - around, east + around, north + around))

    def drop_draft(self: Any) -> None:
        """Take all changes back, after a question; they can be made again one by one."""
        if not self.draft.count:
            return
        words = self.in_draft() + ". " + self.tr("Take all of them back?")
        if question(self, self.tr("beatplanner"), words) == QMessageBox.StandardButton.Yes:
            self.draft.drop()

    def may_keep(self: Any) -> bool:
        """Show the rules that the draft breaks, and what its postings cost, and ask; return whether it shall be the plan."""
        broken = [f"✖ {in_language(text)}" for text in self.draft.broken()]
        costs = [f"• {in_language(text)}" for text in self.gantt.costs()] if self.draft.has("postings") else []
        if not broken and not costs:
            return True
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(self.tr("Make this the plan"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        blocks = [
            (self.tr("These rules are broken:"), broken),
            (self.tr("The postings that were dragged cost:"), costs),
        ]
        asks = [self.tr("Make it the plan all the same?")]
        if self.draft.has("stations") and len(self.stations.broken_in_plan()) < len(self.stations.broken()):
            asks.append(self.tr("The number of stations becomes the rule."))
        broken_in_plan = {kind: part.broken for kind, part in self.draft.parts.items() if kind != "postings"}
        broken_in_plan["stations"] = self.stations.broken_in_plan
        if any(still() for kind, still in broken_in_plan.items() if self.draft.has(kind)):
            asks.append(self.tr("It is marked as one that breaks rules."))
        if self.draft.has("postings"):
            asks.append(
                self.tr(
                    "Postings are laid down last, as far as the rules allow; those that could not be kept are named then."
                )
            )
        parts = ["\n".join([head, "", *self._first(lines)]) for head, lines in blocks if lines]
        box.setText("\n\n".join([*parts, " ".join(asks)]))
        box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No)
        box.setDefaultButton(QMessageBox.StandardButton.No)
        return self.answer(box) == QMessageBox.StandardButton.Yes

    def _first(self: Any, lines: list[str]) -> list[str]:
        """Return as many lines as a question has room for, and how many more there are."""
        more = len(lines) - MOST_SHOWN
        return lines if more <= 0 else [*lines[:MOST_SHOWN], self.tr("And {0} more.").format(more)]

    def answer(self: Any, box: QMessageBox) -> Any:
        """Show a question and return the button that was pressed."""
        return box.exec()

    def make_draft_the_plan(self: Any, *, improve: bool = False) -> bool:
        """Make every change of the draft the plan; return whether that has begun.

        Beats and stations are planned on in a child; postings that were dragged are wished of the officers' plan that comes of it. With
        `improve` only the stations that were opened by hand are held, and the others chosen anew.
        """
        draft, scenario = self.draft, self.scenario
        draft.settle()
        if self.solving.running or self.gantt.work.busy or not draft.count or not self.rules_are_taken():
            return False
        draft.settle()
        drawn = draft.has("beats") or draft.has("stations")
        if draft.has("rules") and not drawn and not draft.has("postings"):
            # nothing was moved by hand: what other rules ask for is a plan of theirs
            self.run_plan()
            return self.solving.running
        if not drawn and not draft.has("names") and not draft.has("rules"):
            return self.gantt.accept()
        if scenario.project is None or not self.may_keep():
            return False
        wished = self.gantt.wishes() if draft.has("postings") else None
        if wished is not None:
            reason = self.gantt.asked_reason()
            if reason is None:
                return False
            wished = replace(wished, reason=reason)
        drawing = self.drawing_panel.drawing
        options: dict[str, object] = {}
        ruled = self.stations.patch(improve) if draft.has("stations") else None
        try:
            project = scenario.to_plan() if ruled is None else self._with_stations(ruled[0])
        except InputError as error:
            self.show_not_planned(error)
            return False
        if draft.has("rules") and not drawn:
            # a plan by other rules, on which the postings are laid down
            options = self.start_of_search()
        elif scenario.plan is not None or drawing is not None or draft.has("names"):
            # pydantic's models cross into the child as they are
            edits = [] if drawing is None else drawing.edits
            content = self.map.content
            shown = {b: c for b, c in content.colours().items() if b in content.ids}
            options = {
                "edits": edits,
                "plan_from": scenario.result,
                "author": self.drawing_panel.who(),
                "colours": shown,
            }
        # what is changed from here on is in no plan yet
        planned = draft.to_plan(draft.parts)
        self.begin_run(project, **options)
        self.making = lambda of=scenario.opened: self._made(planned, wished, ruled, of)
        draft.being_planned = draft.count
        self.enable_actions()
        return True

    def _with_stations(self: Any, patch: Table) -> Any:
        """Return what is planned with the stations that were moved held open; the project has that rule once there is a plan with it."""
        document = self.scenario.document
        description = self.scenario.town.description if document is None else document.description()
        changes = {**patch["stations"], "held_open": tuple(patch["stations"]["held_open"] or ())}
        return description.model_copy(update={"stations": description.stations.model_copy(update=changes)})

    def _made(self: Any, planned: Planned, wished: Any, ruled: tuple[Table, str] | None, of: int) -> None:
        """Drop the draft, which is the plan now, with the rule on stations that it was made by, and lay down the postings that were dragged."""
        scenario, document = self.scenario, self.scenario.document
        if ruled is not None and document is not None:
            name = document.content.plans[scenario.plan_shown].scenario
            if not name or name in document.content.scenarios:
                patch, words = ruled
                document.do("rules", words, scenario=name, changes=patch, detail={"changes": patch})
                scenario.take_rules()
        if wished is None:
            self.draft.became_the_plan(planned)
            return
        kind = self.gantt.kind
        later = replace(planned, state={kind: planned.state[kind]})
        self.draft.became_the_plan(planned, later)
        if self.scenario.opened == of:
            self.gantt.lay_on_plan(wished, later)
